//! Worlds in which a peering cannot be made: each ends in a condition with a remedy, and in no write.

use peerway_api::v1alpha1::selectors::VpcSelector;
use peerway_api::v1alpha1::vpc_peering::VpcPeeringSpec;
use peerway_model::{AwsFailure, Caller, ConnectionState, FailureKind, VpcDns};

use super::*;
use crate::testing::managed;
use crate::testing::{
    admit, by_tags, desired, druid_to_reports, from_cidrs, from_group, golden, in_tables,
    in_tables_of, service,
};

fn run(spec: VpcPeeringSpec, world: Observed) -> Run {
    let mut run = Run::new(desired(spec), world);
    assert!(run.visit().is_empty(), "nothing may be written: {}", run.plan());
    run
}

#[track_caller]
fn assert_blocked(run: &Run, reason: &str, is_stalled: bool) {
    assert_eq!(run.ready(), ("False".to_owned(), reason.to_owned()));
    let stalled = run.condition(ConditionType::Stalled).as_deref() == Some("True");
    let reconciling = run.condition(ConditionType::Reconciling).as_deref() == Some("True");
    assert_eq!((stalled, reconciling), (is_stalled, !is_stalled));
    let conditions = &run.status.as_ref().unwrap().conditions;
    let message = &conditions.iter().find(|condition| condition.type_ == "Ready").unwrap().message;
    assert!(message.len() > 40, "{message:?} names no remedy");
}

#[test]
fn a_vpc_that_does_not_exist() {
    let mut spec = druid_to_reports();
    spec.accepter.vpc.as_mut().unwrap().id = Some("vpc-00000000".parse().unwrap());
    assert_blocked(&run(spec, golden().observed()), "VPCNotFound", true);
}

#[test]
fn tags_that_no_vpc_has() {
    let mut spec = druid_to_reports();
    spec.requester.vpc =
        Some(VpcSelector { id: None, match_tags: Some(by_tags(&[("Name", "nobody")])) });
    assert_blocked(&run(spec, golden().observed()), "SelectorMatchesNothing", true);
}

#[test]
fn tags_that_two_vpcs_have() {
    let mut spec = druid_to_reports();
    spec.requester.vpc =
        Some(VpcSelector { id: None, match_tags: Some(by_tags(&[("Name", "*-vpc")])) });
    let run = run(spec, golden().observed());
    assert_blocked(&run, "SelectorMatchesSeveral", true);
    let message = &run.plan().findings[0].message;
    assert!(message.contains("vpc-ce78dbb7") && message.contains("vpc-641fee1c"), "{message}");
}

#[test]
fn both_sides_are_the_same_vpc() {
    let mut spec = druid_to_reports();
    spec.accepter.vpc.as_mut().unwrap().id = Some("vpc-ce78dbb7".parse().unwrap());
    assert_blocked(&run(spec, golden().observed()), "InvalidSpec", true);
}

#[test]
fn overlapping_cidrs_in_the_pair() {
    let mut world = golden();
    world.vpcs[1].cidrs.push("10.50.7.0/24".parse().unwrap());
    let run = run(druid_to_reports(), world.observed());
    assert_blocked(&run, "CIDROverlap", true);
    let message = &run.plan().findings[0].message;
    assert!(message.contains("10.50.0.0/21") && message.contains("10.50.7.0/24"), "{message}");
}

#[test]
fn credentials_of_another_account() {
    let mut world = golden().observed();
    world.views.get_mut(&service()).unwrap().caller.account = Ok("222222222222".parse().unwrap());
    assert_blocked(&run(druid_to_reports(), world), "WrongAccount", false);
}

#[test]
fn a_role_that_cannot_be_assumed() {
    let mut world = golden().observed();
    let failure = AwsFailure::new(
        "AssumeRole",
        FailureKind::Credentials,
        Some("AccessDenied".to_owned()),
        "no",
        None,
    );
    world.views.get_mut(&service()).unwrap().caller =
        Caller { account: Err(failure), last_good: None };
    assert_blocked(&run(druid_to_reports(), world), "CredentialsUnavailable", false);
}

#[test]
fn one_denied_read_or_an_endpoint_that_does_not_answer() {
    for (kind, reason) in
        [(FailureKind::Denied, "AccessDenied"), (FailureKind::Unreachable, "AWSUnreachable")]
    {
        let mut world = golden().observed();
        let view = world.views.get_mut(&service()).unwrap();
        view.route_tables.failure =
            Some(AwsFailure::new("DescribeRouteTables", kind, None, "no", None));
        let run = run(druid_to_reports(), world);
        assert_blocked(&run, reason, false);
        assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));
    }
}

#[test]
fn dns_attributes_that_are_off_on_either_vpc() {
    for (vpc, support, hostnames) in [("vpc-641fee1c", true, false), ("vpc-ce78dbb7", false, true)]
    {
        let mut world = golden();
        world.dns.insert(vpc.parse().unwrap(), VpcDns { support, hostnames });
        let run = run(druid_to_reports(), world.observed());
        assert_blocked(&run, "DNSAttributesOff", true);
        assert!(run.plan().findings[0].message.contains(vpc));
    }
}

#[test]
fn selectors_of_tables_subnets_and_groups_that_match_nothing() {
    type Edit = fn(&mut VpcPeeringSpec);
    let cases: [(&str, Edit); 7] = [
        ("RouteTableNotFound", |spec| {
            spec.requester.routes = Some(in_tables(&["rtb-00000000"], &[]));
        }),
        // A table of the other VPC is none of this one.
        ("RouteTableNotFound", |spec| {
            spec.requester.routes = Some(in_tables(&["rtb-8c4492f7"], &[]));
        }),
        ("SubnetNotFound", |spec| spec.accepter.routes = Some(in_tables_of(&["subnet-0a000001"]))),
        ("SecurityGroupNotFound", |spec| {
            spec.requester.ingress = Some(vec![admit("Imply Cloud", from_group("sg-dee0b1ae"))]);
        }),
        // A group of the right name in the wrong VPC.
        ("SecurityGroupNotFound", |spec| {
            spec.requester.ingress =
                Some(vec![admit("Imply Cloud Default", from_group("sg-0c0ffee1"))]);
        }),
        ("SelectorMatchesNothing", |spec| {
            let group = &mut spec.requester.ingress.as_mut().unwrap()[0].security_group;
            (group.description, group.match_tags) = (None, Some(by_tags(&[("Name", "nobody")])));
        }),
        ("SelectorMatchesNothing", |spec| {
            spec.requester.routes.as_mut().unwrap().tables.ids = None;
            spec.requester.routes.as_mut().unwrap().tables.match_tags =
                Some(by_tags(&[("Name", "nothing")]));
        }),
    ];
    for (reason, edit) in cases {
        let mut spec = druid_to_reports();
        edit(&mut spec);
        assert_blocked(&run(spec, golden().observed()), reason, true);
    }
}

#[test]
fn a_table_selector_that_says_nothing_does_not_mean_every_table() {
    // The schema refuses it today; an object stored under another one may still hold it.
    let mut spec = druid_to_reports();
    spec.requester.routes.as_mut().unwrap().tables.ids = None;
    assert_blocked(&run(spec, golden().observed()), "InvalidSpec", true);
}

#[test]
fn destinations_and_sources_outside_the_other_vpc() {
    let mut spec = druid_to_reports();
    spec.requester.routes = Some(in_tables(&["rtb-7122e509"], &["172.16.0.0/12"]));
    assert_blocked(&run(spec, golden().observed()), "DestinationOutsidePeer", true);
    let mut spec = druid_to_reports();
    spec.requester.ingress = Some(vec![admit("Imply Cloud Default", from_cidrs(&["10.0.0.0/8"]))]);
    assert_blocked(&run(spec, golden().observed()), "SourceOutsidePeer", true);
}

#[test]
fn adjacent_cidrs_of_the_other_vpc_hold_what_neither_holds_alone() {
    let mut world = golden();
    world.vpcs[1].cidrs =
        ["172.20.0.0/21", "172.20.8.0/21"].map(|cidr| cidr.parse().unwrap()).into();
    let mut spec = druid_to_reports();
    spec.requester.routes = Some(in_tables(&["rtb-7122e509"], &["172.20.0.0/20"]));
    spec.requester.ingress =
        Some(vec![admit("Imply Cloud Default", from_cidrs(&["172.20.0.0/20"]))]);
    let mut run = Run::new(desired(spec.clone()), world.observed());
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    // One of them less, and it reaches somebody else.
    world.vpcs[1].cidrs.pop();
    spec.requester.ingress = None;
    assert_blocked(&self::run(spec, world.observed()), "DestinationOutsidePeer", true);
}

#[test]
fn addresses_of_a_family_that_the_own_vpc_does_not_have() {
    let mut world = golden();
    world.vpcs[1].cidrs.push("2600:1f14:1::/56".parse().unwrap());
    let mut spec = druid_to_reports();
    spec.requester.routes = Some(in_tables(&["rtb-7122e509"], &["2600:1f14:1::/56"]));
    assert_blocked(&run(spec, world.observed()), "DestinationOutsidePeer", true);
    let mut spec = druid_to_reports();
    spec.requester.ingress =
        Some(vec![admit("Imply Cloud Default", from_cidrs(&["2600:1f14:1::/56"]))]);
    assert_blocked(&run(spec, world.observed()), "SourceOutsidePeer", true);
}

#[test]
fn somebody_elses_connection_between_the_two() {
    for state in [ConnectionState::PendingAcceptance, ConnectionState::Active] {
        for (requester, accepter) in
            [("vpc-641fee1c", "vpc-ce78dbb7"), ("vpc-ce78dbb7", "vpc-641fee1c")]
        {
            let world =
                golden().connection("pcx-0000000f", (requester, &[]), (accepter, &[]), state);
            assert_blocked(&run(druid_to_reports(), world.observed()), "ConnectionExists", true);
        }
    }
}

/// Somebody asked at the same moment, and was faster.
#[test]
fn somebody_elses_connection_that_stands_beside_our_request() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit_dying_after(1);
    let view = run.observed.views.get_mut(&service()).unwrap();
    super::drift::edit(&mut view.connections, |connections| {
        let ours = connections.iter().find(|it| it.id.is_pending()).unwrap().clone();
        assert_eq!(ours.state, ConnectionState::PendingAcceptance);
        let (requester, accepter) = (ours.accepter.clone(), ours.requester.clone());
        let id = "pcx-0000000f".parse().unwrap();
        let tags = peerway_model::Tags::new();
        let state = ConnectionState::Active;
        connections.push(peerway_model::Connection {
            id,
            requester,
            accepter,
            tags,
            state,
            ..ours
        });
    });
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "ConnectionExists".to_owned()));
}

#[test]
fn a_dead_connection_of_somebody_else_does_not_hold_the_pair() {
    for state in [
        ConnectionState::Deleted,
        ConnectionState::Failed,
        ConnectionState::Rejected,
        ConnectionState::Expired,
    ] {
        let world = golden().connection(
            "pcx-0000000f",
            ("vpc-641fee1c", &[]),
            ("vpc-ce78dbb7", &[]),
            state,
        );
        let mut run = Run::new(desired(druid_to_reports()), world.observed());
        run.visit();
        assert_eq!(run.ready().0, "True", "{state}");
    }
}

#[test]
fn an_account_that_is_being_deleted_makes_nothing_new_but_keeps_what_there_is() {
    let mut desired = desired(druid_to_reports());
    let mut made = Run::new(desired.clone(), golden().observed());
    made.visit();
    managed(&mut desired.requester).entry.is_terminating = true;
    managed(&mut desired.accepter).entry.is_terminating = true;
    let mut blocked = Run::new(desired.clone(), golden().observed());
    assert!(blocked.visit().is_empty());
    assert_blocked(&blocked, "DependencyDeleting", false);
    made.desired = desired;
    assert!(made.visit().is_empty());
    assert_eq!(made.ready().0, "True");
}

#[test]
fn tags_of_ours_on_a_connection_between_others_are_no_proof() {
    let mut world = golden();
    let desired = desired(druid_to_reports());
    world.connections[0].tags = desired.owner.tags(peerway_model::Origin::Created);
    let run = run(druid_to_reports(), world.observed());
    assert_blocked(&run, "OwnershipUnclear", true);
}

#[test]
fn more_routes_than_can_be_recorded_are_refused_before_any_write() {
    let mut spec = druid_to_reports();
    let destinations: Vec<String> =
        (0..64).map(|number| format!("172.20.{}.{}/28", number / 16, number % 16 * 16)).collect();
    let destinations: Vec<&str> = destinations.iter().map(String::as_str).collect();
    let mut world = golden();
    let mut ids = Vec::new();
    for number in 0..20 {
        let id = format!("rtb-000000{number:02}");
        world = world.table(&id, "vpc-ce78dbb7", &[]);
        ids.push(id);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    spec.requester.routes = Some(in_tables(&ids, &destinations));
    assert_blocked(&run(spec, world.observed()), "TooManyRoutes", true);
}

#[test]
fn credentials_that_fail_for_a_moment_change_nothing_and_for_long_are_said_to_be_unknown() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit();
    let settled = run.status.clone();
    let failure = AwsFailure::new("AssumeRole", FailureKind::Throttled, None, "slow down", None);
    let fails = |last_good| Caller { account: Err(failure.clone()), last_good };
    run.observed.views.get_mut(&service()).unwrap().caller = fails(Some(now()));
    assert!(run.visit().is_empty());
    assert_eq!(run.status, settled);
    // What stood there when this process began counts as told then.
    run.awake_since = now();
    run.observed.views.get_mut(&service()).unwrap().caller = fails(None);
    run.visit();
    assert_eq!(run.status, settled);
    // Too long ago: it was read once at this generation, and may still hold.
    run.awake_since = peerway_model::clock::before(now(), std::time::Duration::from_mins(5));
    let long_ago = peerway_model::clock::before(now(), std::time::Duration::from_mins(10));
    for last_good in [Some(long_ago), None] {
        run.observed.views.get_mut(&service()).unwrap().caller = fails(last_good);
        run.visit();
        assert_eq!(run.ready(), ("Unknown".to_owned(), "Throttled".to_owned()));
    }
}
