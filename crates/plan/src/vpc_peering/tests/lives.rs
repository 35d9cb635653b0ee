//! What becomes of an object's things when the object, its record, or somebody else's hand changes them.

use peerway_api::v1alpha1::selectors::VpcSelector;
use peerway_api::v1alpha1::vpc_peering::{OnConflict, RuleStanding, SideName, VpcPeeringSpec};
use peerway_model::{
    AwsFailure, ConnectionState, Destination, FailureKind, NatConnectivity, Origin, Owner, Place,
    Tags,
};

use super::drift::{edit, ours, rename, settled, unconfirm, view};
use super::*;
use crate::testing::{
    Estate, absent, admit, by_tags, desired, druid_to_reports, estate_in, from_cidrs, from_group,
    golden, in_tables, place, service, target,
};
use crate::vpc_peering::Presence;

/// Somebody else's controller takes over whatever carries our tags.
fn taken_over(run: &mut Run) {
    let theirs = Owner { name: "another".to_owned(), ..run.desired.owner.clone() };
    edit(&mut view(run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.tags = theirs.tags(Origin::Created);
        }
    });
}

#[test]
fn a_connection_that_carries_somebody_elses_tags_now_is_left_with_all_its_routes() {
    let mut run = settled();
    taken_over(&mut run);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));

    let mut run = settled();
    taken_over(&mut run);
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    run.desired = absent(druid_to_reports());
    assert!(run.visit().is_empty(), "the routes are the new owner's");
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}

#[test]
fn a_wanted_rule_with_our_tags_is_ours_also_without_a_record() {
    let mut run = settled();
    run.status = None;
    run.desired.owner.uid = "uid-2".to_owned();
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(steps.iter().any(|step| matches!(step, Step::TagRule { .. })), "{steps:?}");
    let ingress = run.status.as_ref().unwrap().ingress.as_ref().unwrap();
    assert_eq!(ingress.items[0].state, RuleStanding::InPlace);
    assert_eq!(ingress.written.len(), 1);

    let mut spec = druid_to_reports();
    spec.requester.ingress = None;
    run.desired = Desired { owner: run.desired.owner.clone(), ..desired(spec) };
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps.as_slice(), [Step::RevokeIngress { .. }]), "{steps:?}");
}

#[test]
fn without_a_record_what_an_edited_spec_no_longer_names_is_not_forgotten() {
    let mut run = settled();
    run.status = None;
    let mut spec = druid_to_reports();
    spec.accepter.vpc = VpcSelector { id: Some("vpc-3607f64e".parse().unwrap()), match_tags: None };
    run.desired = absent(spec);
    assert!(run.visit().is_empty());
    assert!(run.plan().is_stalled(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}

/// The same VPCs, by name, in another account.
fn staging() -> (VpcPeeringSpec, Place, Estate) {
    let twins = estate_in("333333333333", "us-west-2")
        .vpc("vpc-0000000a", &["10.50.0.0/21"], "imply-e04-network-vpc")
        .vpc("vpc-0000000b", &["172.20.0.0/20"], "non-overlapping-vpc")
        .table("rtb-0000000a", "*vpc-0000000a", &[])
        .table("rtb-0000000b", "*vpc-0000000b", &[]);
    let mut spec = druid_to_reports();
    for side in [&mut spec.requester, &mut spec.accepter] {
        side.account_ref.name = "consumer".to_owned();
        side.routes = None;
        side.ingress = None;
    }
    let named = by_tags(&[("Name", "non-overlapping-vpc")]);
    spec.accepter.vpc = VpcSelector { id: None, match_tags: Some(named) };
    (spec, place("consumer", "333333333333", "us-west-2"), twins)
}

#[test]
fn moved_to_another_account_it_remembers_what_it_owns_in_the_old_one() {
    let mut run = settled();
    let (spec, place, twins) = staging();
    run.desired = desired(spec);
    run.observed.views.insert(place, twins.view());
    let before = run.status.clone().unwrap();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "BoundElsewhere".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
    let message = run.plan().findings[0].message.clone();
    assert!(message.contains("vpc-ce78dbb7") && message.contains("111111111111"), "{message}");
    let after = run.status.as_ref().unwrap();
    assert_eq!((&after.requester, &after.accepter), (&before.requester, &before.accepter));
}

#[test]
fn what_owns_nothing_may_name_other_vpcs() {
    let mut run = settled();
    run.observed = golden().observed();
    let mut status = run.status.take().unwrap();
    status.connection = None;
    status.routes = None;
    status.ingress = None;
    run.status = Some(status);
    let (spec, place, twins) = staging();
    run.desired = desired(spec);
    run.observed.views.insert(place, twins.view());
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_deletion_that_no_longer_leads_to_the_account_is_held() {
    let mut run = settled();
    let (spec, place, twins) = staging();
    run.desired = absent(spec);
    run.observed.views.insert(place, twins.view());
    let before = run.status.clone().unwrap();
    assert!(run.visit().is_empty());
    assert!(run.plan().is_stalled());
    assert_eq!(run.ready(), ("False".to_owned(), "BoundElsewhere".to_owned()));
    let after = run.status.as_ref().unwrap();
    assert_eq!(after.routes.as_ref().unwrap().written, before.routes.unwrap().written);
    run.desired = absent(druid_to_reports());
    run.visit();
    assert!(run.of_ours().is_empty());
}

#[test]
fn after_a_rejection_another_vpc_may_be_named() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit_dying_after(1);
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.id = "pcx-000000aa".parse().unwrap();
            connection.state = ConnectionState::Rejected;
        }
    });
    run.visit();
    assert_eq!(run.ready().1, "PeerRefused");
    let mut spec = druid_to_reports();
    spec.accepter.vpc = VpcSelector { id: Some("vpc-3607f64e".parse().unwrap()), match_tags: None };
    spec.accepter.routes = None;
    spec.requester.routes = None;
    spec.requester.ingress = None;
    run.desired = desired(spec);
    run.desired.generation = 2;
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_plan_that_ends_early_leaves_what_is_known_of_the_connection() {
    let mut run = settled();
    let mut status = run.status.take().unwrap();
    status.connection.as_mut().unwrap().former_ids = vec!["pcx-000000aa".parse().unwrap()];
    run.status = Some(status.clone());

    let mut twice = run.clone();
    edit(&mut view(&mut twice).vpcs, |vpcs| {
        let name = vpcs.iter().find(|vpc| vpc.id.as_str() == "vpc-ce78dbb7").unwrap().tags.clone();
        for vpc in vpcs {
            vpc.tags = name.clone();
        }
    });
    assert!(twice.visit().is_empty());
    let after = twice.status.as_ref().unwrap();
    assert_eq!(twice.ready().1, "SelectorMatchesSeveral");
    assert_eq!(after.connection, status.connection);
    assert_eq!((&after.routes, &after.ingress), (&status.routes, &status.ingress));
    assert_eq!(twice.condition(ConditionType::Connected).as_deref(), Some("True"));

    for presence in [Presence::Present, Presence::Absent] {
        let mut wrong = run.clone();
        wrong.desired.presence = presence;
        view(&mut wrong).caller.account = Ok("222222222222".parse().unwrap());
        assert!(wrong.visit().is_empty());
        let after = wrong.status.as_ref().unwrap();
        assert_eq!(wrong.ready().1, "WrongAccount");
        assert_eq!(after.connection, status.connection);
        assert_eq!((&after.routes, &after.ingress), (&status.routes, &status.ingress));
        assert_eq!(wrong.condition(ConditionType::Connected).as_deref(), Some("True"));
    }
}

#[test]
fn a_rule_that_lost_our_tags_is_still_known_when_its_removal_takes_several_visits() {
    let mut run = settled();
    edit(&mut view(&mut run).security_group_rules, |rules| rules[0].tags = Tags::new());
    unconfirm(&mut view(&mut run).security_group_rules);
    run.desired = absent(druid_to_reports());
    assert!(run.visit().is_empty());
    edit(&mut view(&mut run).security_group_rules, |_| {});
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps[0], Step::RevokeIngress { .. }), "{steps:?}");
}

#[test]
fn what_is_no_longer_wanted_and_still_there_keeps_it_from_being_ready() {
    let mut spec = druid_to_reports();
    spec.requester.routes = Some(in_tables(&["rtb-7122e509"], &["172.20.0.0/24"]));
    spec.requester.ingress = None;
    let mut run = settled();
    let mut narrower = run.clone();
    narrower.desired = desired(spec.clone());
    let status = narrower.status.clone();
    narrower.visit();
    assert_eq!(narrower.ready().0, "True");
    // The new route is there already; only the removal waits.
    run.observed = narrower.observed.clone();
    let old = peerway_model::Route {
        destination: Destination::Cidr("172.20.0.0/22".parse().unwrap()),
        target: ours(),
        origin: peerway_model::RouteOrigin::Static,
        state: peerway_model::RouteState::Active,
    };
    edit(&mut view(&mut run).route_tables, |tables| {
        let table = tables.iter_mut().find(|table| table.id.as_str() == "rtb-7122e509").unwrap();
        table.routes.push(old.clone());
    });
    unconfirm(&mut view(&mut run).route_tables);
    run.desired = desired(spec.clone());
    run.status = status.clone();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "Progressing".to_owned()), "{}", run.plan());
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));

    let mut rules = settled();
    rules.desired.requester.spec.ingress = None;
    unconfirm(&mut view(&mut rules).security_group_rules);
    assert!(rules.visit().is_empty());
    assert_eq!(rules.ready(), ("False".to_owned(), "Progressing".to_owned()), "{}", rules.plan());
}

#[test]
fn dns_resolution_is_set_on_the_right_end_whoever_asked_once() {
    let mut run = settled();
    let mut spec = druid_to_reports();
    std::mem::swap(&mut spec.requester, &mut spec.accepter);
    spec.requester.dns_resolution = Some(true);
    spec.accepter.dns_resolution = None;
    run.desired = desired(spec);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    let [Step::SetDnsResolution { side, end, allow: true, .. }] = steps.as_slice() else {
        panic!("{steps:?}")
    };
    assert_eq!((*side, *end), (SideName::Requester, SideName::Accepter));
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());
}

/// Somebody deletes our connection.
fn deleted(run: &mut Run) {
    rename(run, &"pcx-000000aa".parse().unwrap());
    edit(&mut view(run).connections, |connections| {
        for connection in connections.iter_mut().filter(|c| c.id.as_str() == "pcx-000000aa") {
            connection.state = ConnectionState::Deleted;
        }
    });
}

#[test]
fn a_connection_that_vanished_is_made_anew_whatever_else_does_not_resolve() {
    let mut run = settled();
    deleted(&mut run);
    run.desired.requester.spec.ingress =
        Some(vec![admit("no such group", from_group("sg-dee0b1ae"))]);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(steps.iter().any(|step| matches!(step, Step::RequestConnection { .. })), "{steps:?}");
    assert!(steps.iter().any(|step| matches!(step, Step::ReplaceRoute { .. })), "{steps:?}");

    let mut run = settled();
    deleted(&mut run);
    run.desired.requester.entry.is_terminating = true;
    run.desired.accepter.entry.is_terminating = true;
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn with_refuse_nothing_is_requested_or_accepted_while_a_list_cannot_be_read() {
    let mut spec = druid_to_reports();
    for side in [&mut spec.requester, &mut spec.accepter] {
        side.routes.as_mut().unwrap().on_conflict = Some(OnConflict::Refuse);
    }
    let listed = |entries: Option<&[&str]>| {
        let mut world = golden().prefix_list("pl-0000000f", entries);
        let table = world.route_tables.iter_mut().find(|t| t.id.as_str() == "rtb-7122e509");
        table.unwrap().routes.push(peerway_model::Route {
            destination: Destination::PrefixList("pl-0000000f".parse().unwrap()),
            target: target("tgw-00000001"),
            origin: peerway_model::RouteOrigin::Static,
            state: peerway_model::RouteState::Active,
        });
        world.observed()
    };
    let mut run = Run::new(desired(spec.clone()), listed(None));
    assert!(run.visit().is_empty(), "{}", run.plan());

    // Asked for while all was well; the conflict came before it was accepted.
    let mut run = Run::new(desired(spec), listed(Some(&[])));
    run.visit_dying_after(1);
    view(&mut run).prefix_lists = view_of(&listed(None)).prefix_lists.clone();
    assert!(run.visit().is_empty(), "{}", run.plan());
}

fn view_of(observed: &Observed) -> &crate::View {
    &observed.views[&service()]
}

/// The first request, as AWS or the accepter ended it.
fn came_to_nothing(state: ConnectionState) -> Run {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit_dying_after(1);
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.id = "pcx-000000aa".parse().unwrap();
            connection.state = state;
            connection.message = "because of this and that".to_owned();
        }
    });
    run
}

/// AWS does not list it any more.
fn forgotten(run: &mut Run) {
    edit(&mut view(run).connections, |connections| {
        connections.retain(|connection| connection.id.as_str() != "pcx-000000aa");
    });
}

fn requests(run: &mut Run) -> bool {
    run.visit().iter().flatten().any(|step| matches!(step, Step::RequestConnection { .. }))
}

#[test]
fn what_failed_is_asked_for_again_only_when_spec_or_cidrs_change() {
    let mut run = came_to_nothing(ConnectionState::Failed);
    for _ in 0..2 {
        assert!(!requests(&mut run));
        assert_eq!(run.ready(), ("False".to_owned(), "ConnectionFailed".to_owned()));
        let message = &run.plan().findings[0].message;
        assert!(message.contains("because of this and that"), "{message}");
        forgotten(&mut run);
    }
    let connection = run.status.as_ref().unwrap().connection.clone().unwrap();
    assert_eq!((connection.id.as_str(), connection.state.as_str()), ("pcx-000000aa", "failed"));

    let mut asked = run.clone();
    asked.desired.reconcile_at = Some("now".to_owned());
    assert!(!requests(&mut asked), "AWS would say the same again");
    let mut edited = run.clone();
    edited.desired.generation = 2;
    assert!(requests(&mut edited));
    assert_eq!(edited.ready().0, "True");
    edit(&mut view(&mut run).vpcs, |vpcs| {
        let vpc = vpcs.iter_mut().find(|vpc| vpc.id.as_str() == "vpc-641fee1c").unwrap();
        vpc.cidrs.push("172.21.0.0/20".parse().unwrap());
    });
    assert!(requests(&mut run));
}

#[test]
fn what_was_rejected_is_asked_for_again_only_when_somebody_says_so() {
    let mut run = came_to_nothing(ConnectionState::Rejected);
    for _ in 0..2 {
        assert!(!requests(&mut run));
        assert_eq!(run.ready(), ("False".to_owned(), "PeerRefused".to_owned()));
        forgotten(&mut run);
    }
    let mut edited = run.clone();
    edited.desired.generation = 2;
    assert!(requests(&mut edited));
    run.desired.reconcile_at = Some("now".to_owned());
    assert!(requests(&mut run));
    assert_eq!(run.status.unwrap().last_handled_reconcile_at.as_deref(), Some("now"));
}

#[test]
fn an_older_failure_does_not_hold_a_connection_that_vanished_since() {
    let mut run = came_to_nothing(ConnectionState::Failed);
    run.visit();
    run.desired.generation = 2;
    assert!(requests(&mut run));
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.id = "pcx-000000bb".parse().unwrap();
        }
    });
    edit(&mut view(&mut run).route_tables, |tables| {
        for route in tables.iter_mut().flat_map(|table| &mut table.routes) {
            if route.target == ours() {
                route.target = target("pcx-000000bb");
            }
        }
    });
    assert!(!requests(&mut run));
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    edit(&mut view(&mut run).connections, |connections| {
        let ours = connections.iter_mut().find(|c| c.id.as_str() == "pcx-000000bb").unwrap();
        ours.state = ConnectionState::Deleted;
    });
    assert!(requests(&mut run));
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn what_nobody_accepted_is_asked_for_again_once_a_day() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit_dying_after(1);
    rename_connection(&mut run, ConnectionState::Provisioning);
    run.visit();
    rename_connection(&mut run, ConnectionState::Expired);
    assert!(!requests(&mut run));
    assert_eq!(run.ready(), ("False".to_owned(), "ConnectionPending".to_owned()));
    assert!(run.plan().findings[0].message.contains("expired"));
    run.observed.now = peerway_model::clock::after(now(), Duration::from_hours(25));
    assert!(requests(&mut run));
}

fn rename_connection(run: &mut Run, state: ConnectionState) {
    edit(&mut view(run).connections, |connections| {
        for connection in connections.iter_mut().filter(|c| c.id.as_str() != "pcx-d3c1e8ba") {
            connection.id = "pcx-000000aa".parse().unwrap();
            connection.state = state;
        }
    });
}

#[test]
fn a_read_that_no_removal_needs_does_not_keep_it_from_going() {
    let world = golden().nat("nat-0000000f", "vpc-ce78dbb7", NatConnectivity::Public);
    let mut run = Run::new(desired(druid_to_reports()), world.observed());
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables.iter_mut().filter(|table| table.id.as_str() == "rtb-a822e5d0") {
            table.routes.push(peerway_model::Route {
                destination: Destination::Cidr("0.0.0.0/0".parse().unwrap()),
                target: target("nat-0000000f"),
                origin: peerway_model::RouteOrigin::Static,
                state: peerway_model::RouteState::Active,
            });
        }
    });
    run.visit();
    assert_eq!(run.ready().0, "True");
    assert!(!needs(&run.desired, &run.observed).nat_gateways.is_empty());
    let denied = AwsFailure::new("DescribeNatGateways", FailureKind::Denied, None, "no", None);
    view(&mut run).nat_gateways.as_mut().unwrap().failure = Some(denied);
    assert!(!run.plan().unreadable.is_empty());
    run.desired = absent(druid_to_reports());
    assert!(needs(&run.desired, &run.observed).nat_gateways.is_empty());
    run.visit();
    assert!(run.of_ours().is_empty());
    assert!(run.plan().unreadable.is_empty() && run.plan().waiting.is_empty());
}

#[test]
fn more_rules_than_can_be_recorded_are_refused_before_any_write() {
    let mut spec = druid_to_reports();
    let sources: Vec<String> =
        (0..64).map(|number| format!("172.20.{}.{}/28", number / 16, number % 16 * 16)).collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let mut world = golden();
    let mut rules = Vec::new();
    for number in 0..16 {
        let name = format!("group {number}");
        world = world.group(&format!("sg-000000{number:02}"), "vpc-ce78dbb7", &name);
        rules.push(admit(&name, from_cidrs(&sources)));
    }
    spec.requester.ingress = Some(rules);
    let mut run = Run::new(desired(spec.clone()), world.observed());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "TooManyRules".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));

    spec.requester.ingress.as_mut().unwrap().truncate(15);
    run.desired = desired(spec);
    run.visit();
    assert_eq!(run.ready().0, "True");
}

#[test]
fn what_is_recorded_and_what_is_wanted_must_fit_together() {
    let destinations = |block: usize| -> Vec<String> {
        (0..45)
            .map(|number| format!("172.20.{}.{}/28", block + number / 16, number % 16 * 16))
            .collect()
    };
    let mut world = golden();
    let mut ids = Vec::new();
    for number in 0..20 {
        let id = format!("rtb-000000{number:02}");
        world = world.table(&id, "vpc-ce78dbb7", &[]);
        ids.push(id);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let wanting = |block| {
        let mut spec = druid_to_reports();
        let destinations = destinations(block);
        let destinations: Vec<&str> = destinations.iter().map(String::as_str).collect();
        spec.requester.routes = Some(in_tables(&ids, &destinations));
        desired(spec)
    };
    let mut run = Run::new(wanting(0), world.observed());
    run.visit();
    assert_eq!(run.ready().0, "True");
    run.desired = wanting(8);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "TooManyRoutes".to_owned()));
    assert!(run.plan().findings[0].message.contains("1801"), "{}", run.plan().findings[0].message);
}

#[test]
fn of_many_former_connections_the_newest_are_remembered_and_only_while_they_matter() {
    let mut run = settled();
    for generation in 0..12 {
        let id: ConnectionId = format!("pcx-000000{}", 10 + generation).parse().unwrap();
        rename(&mut run, &id);
        edit(&mut view(&mut run).connections, |connections| {
            let ours = connections.iter_mut().find(|connection| connection.id == id).unwrap();
            ours.state = ConnectionState::Deleted;
        });
        run.visit();
        assert_eq!(run.ready().0, "True", "{}", run.plan());
    }
    let former = |run: &Run| -> Vec<String> {
        let connection = run.status.as_ref().unwrap().connection.clone().unwrap();
        connection.former_ids.iter().map(ToString::to_string).collect()
    };
    let newest: Vec<String> = (12..22).map(|number| format!("pcx-000000{number}")).collect();
    assert_eq!(former(&run), newest);

    // AWS forgets them; one route still leads to one of them.
    edit(&mut view(&mut run).connections, |connections| {
        connections.retain(|connection| connection.state != ConnectionState::Deleted);
    });
    edit(&mut view(&mut run).route_tables, |tables| {
        let table = tables.iter_mut().find(|table| table.id.as_str() == "rtb-a822e5d0").unwrap();
        table.routes.push(peerway_model::Route {
            destination: Destination::Cidr("172.20.8.0/24".parse().unwrap()),
            target: target("pcx-00000015"),
            origin: peerway_model::RouteOrigin::Static,
            state: peerway_model::RouteState::Blackhole,
        });
    });
    run.visit();
    assert_eq!(former(&run), ["pcx-00000015"]);
}

#[test]
fn lost_tags_are_put_back_before_anything_else() {
    let mut run = settled();
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections {
            connection.tags = Tags::new();
        }
    });
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables {
            table.routes.retain(|route| route.target != ours());
        }
    });
    let rounds = run.visit();
    assert!(matches!(rounds[0].as_slice(), [Step::TagConnection { .. }]), "{}", text(&rounds));
    assert_eq!(run.ready().0, "True");
}

#[test]
fn copied_tags_on_another_connection_do_not_hold_what_is_known_to_be_ours() {
    let mut run = settled();
    let tags = run.desired.owner.tags(Origin::Created);
    edit(&mut view(&mut run).connections, |connections| {
        let other = connections.iter_mut().find(|c| c.id.as_str() == "pcx-d3c1e8ba").unwrap();
        other.tags = tags.clone();
    });
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps.as_slice(), [Step::AuthorizeIngress { .. }]), "{steps:?}");
    assert_eq!(run.ready().0, "True");
    let warning = &run.status.as_ref().unwrap().warnings[0];
    assert_eq!(warning.reason, "OwnershipUnclear");
    assert!(warning.message.contains("pcx-d3c1e8ba"), "{}", warning.message);
}
