//! One side is somebody else's: our half is done, theirs is said.

use peerway_api::v1alpha1::VpcPeering;
use peerway_api::v1alpha1::vpc_peering::{
    ExternalVpc, PeeringAdoption, PeeringSide, SideName, VpcPeeringSpec,
};
use peerway_model::ownership::origin;
use peerway_model::{
    CidrBlock, Connection, ConnectionEnd, ConnectionState, Destination, Origin, Route, RouteOrigin,
    RouteState, RuleSource, Tags,
};

use super::drift::{edit, unconfirm, view};
use super::*;
use crate::Waiting;
use crate::testing::{
    absent, account, admit, block, desired, estate, from_cidrs, from_group, in_tables, namespace,
    object, service, side, target,
};

/// What their request is called, and whose it is.
const THEIRS: &str = "pcx-0000000e";
const STRANGER: &str = "222222222222";

pub(super) fn external(vpc: &str, cidrs: &[&str]) -> PeeringSide {
    PeeringSide {
        account_ref: None,
        external: Some(ExternalVpc {
            account_id: STRANGER.parse().unwrap(),
            region: "us-west-2".parse().unwrap(),
            vpc_id: vpc.parse().unwrap(),
            cidrs: cidrs.iter().map(|cidr| block(cidr)).collect(),
        }),
        region: None,
        vpc: None,
        dns_resolution: None,
        routes: None,
        ingress: None,
    }
}

fn ours() -> PeeringSide {
    let mut ours = side("us-west-2", "service", "vpc-0000000a");
    ours.dns_resolution = Some(true);
    ours.routes = Some(in_tables(&["rtb-000000a2"], &[]));
    ours.ingress = Some(vec![admit("service", from_cidrs(&["10.2.1.0/24"]))]);
    ours
}

fn theirs() -> PeeringSide {
    external("vpc-0000000e", &["10.2.0.0/16"])
}

fn we_ask() -> VpcPeeringSpec {
    VpcPeeringSpec::joining(ours(), theirs())
}

fn they_ask() -> VpcPeeringSpec {
    VpcPeeringSpec::joining(theirs(), ours())
}

fn world() -> Observed {
    estate()
        .vpc("vpc-0000000a", &["10.1.0.0/16"], "service")
        .table("rtb-000000a1", "*vpc-0000000a", &[])
        .table("rtb-000000a2", "vpc-0000000a", &[])
        .subnet("subnet-000000a1", "vpc-0000000a", "10.1.1.0/24", "")
        .subnet("subnet-000000a2", "vpc-0000000a", "10.1.2.0/24", "rtb-000000a2")
        .subnet("subnet-000000a3", "vpc-0000000a", "10.1.3.0/24", "rtb-000000a2")
        .group("sg-0000000a", "vpc-0000000a", "service")
        .observed()
}

/// A request of theirs to our VPC, as our account shows it.
pub(super) fn request(from: (&str, &str), to: &str) -> Connection {
    let end = |account: &str, vpc: &str| ConnectionEnd {
        account: account.parse().unwrap(),
        region: "us-west-2".parse().unwrap(),
        vpc: vpc.parse().unwrap(),
        cidrs: Vec::new(),
        dns_resolution: None,
    };
    Connection {
        id: THEIRS.parse().unwrap(),
        requester: end(from.0, from.1),
        accepter: end("111111111111", to),
        state: ConnectionState::PendingAcceptance,
        message: String::new(),
        expires_at: None,
        tags: Tags::new(),
    }
}

fn they_request(run: &mut Run) {
    edit(&mut view(run).connections, |connections| {
        connections.push(request((STRANGER, "vpc-0000000e"), "vpc-0000000a"));
    });
}

/// Every connection of this life comes to this state, with these CIDRs behind it.
pub(super) fn turn(run: &mut Run, state: ConnectionState, message: &str, far: &[&str]) {
    let far: Vec<CidrBlock> = far.iter().map(|cidr| block(cidr)).collect();
    let near = view(run).vpcs.part.as_ref().unwrap().iter().next().unwrap().cidrs.clone();
    edit(&mut view(run).connections, |connections| {
        for connection in connections.iter_mut() {
            connection.state = state;
            connection.message = message.to_owned();
            for end in [&mut connection.requester, &mut connection.accepter] {
                let is_far = end.vpc.as_str() == "vpc-0000000e";
                end.cidrs = if is_far { far.clone() } else { near.clone() };
                end.dns_resolution =
                    (state == ConnectionState::Active).then(|| end.dns_resolution == Some(true));
            }
        }
    });
}

fn they_accept(run: &mut Run) {
    turn(run, ConnectionState::Active, "", &["10.2.0.0/16"]);
}

pub(super) fn actions(run: &Run) -> String {
    let actions = &run.status.as_ref().unwrap().peer_actions;
    let text = |action: &peerway_api::v1alpha1::vpc_peering::PeerAction| {
        format!("{}\nbefore: {}\n{}\n", action.action, action.before, action.command)
    };
    actions.iter().map(text).collect::<Vec<_>>().join("\n")
}

fn asked_and_accepted() -> Run {
    let mut run = Run::new(desired(we_ask()), world());
    run.visit();
    they_accept(&mut run);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run
}

fn taken() -> Run {
    let mut run = Run::new(desired(they_ask()), world());
    they_request(&mut run);
    run.visit();
    they_accept(&mut run);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run
}

fn asks(rounds: &[Vec<Step>]) -> bool {
    rounds.iter().flatten().any(|step| matches!(step, Step::RequestConnection { .. }))
}

#[test]
fn as_requester_it_asks_says_what_is_left_to_the_other_party_and_does_its_half_when_they_accept() {
    let mut run = Run::new(desired(we_ask()), world());
    let mut life = text(&run.visit());
    assert_eq!(run.ready(), ("False".to_owned(), "AcceptancePending".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled), None);
    let plan = run.plan();
    assert!(plan.waiting.iter().all(Waiting::is_up_to_others) && plan.waiting.len() == 1, "{plan}");
    writeln!(life, "\n{plan}\n{}", actions(&run)).unwrap();
    assert!(run.visit().is_empty(), "waiting writes nothing");

    they_accept(&mut run);
    writeln!(life, "{}", text(&run.visit())).unwrap();
    writeln!(life, "{}\n{}", run.plan(), actions(&run)).unwrap();
    insta::assert_snapshot!(life);
    assert_eq!(run.ready(), ("True".to_owned(), "Ready".to_owned()));
    assert!(run.visit().is_empty());
    let status = run.status.unwrap();
    let accepter = status.accepter.unwrap();
    assert_eq!(
        (accepter.account_id.as_str(), accepter.vpc_id.as_str()),
        (STRANGER, "vpc-0000000e")
    );
    assert_eq!(accepter.cidrs, [block("10.2.0.0/16")]);
    assert_eq!(accepter.dns_resolution, Some(false), "as our side of the connection shows it");
    assert!(!status.conditions.iter().any(|condition| condition.type_ == "Reachable"));
}

#[test]
fn as_accepter_it_waits_for_the_declared_request_and_marks_it_before_it_accepts() {
    let mut run = Run::new(desired(they_ask()), world());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "RequestPending".to_owned()));
    let mut life = format!("{}\n{}", run.plan(), actions(&run));

    they_request(&mut run);
    writeln!(life, "\n{}", text(&run.visit())).unwrap();
    writeln!(life, "{}\n{}", run.plan(), actions(&run)).unwrap();
    insta::assert_snapshot!(life);
    assert_eq!(run.ready().0, "True");
    let connections = view(&mut run).connections.part.clone().unwrap();
    let tags = &connections.get(&THEIRS.parse().unwrap()).unwrap().tags;
    assert_eq!(origin(tags), Some(Origin::Accepted));
}

#[test]
fn only_the_declared_vpc_of_the_declared_account_is_accepted_and_only_if_nobody_else_claims_it() {
    let cases = [
        (request((STRANGER, "vpc-0000000d"), "vpc-0000000a"), "RequestPending"),
        (request((STRANGER, "vpc-0000000e"), "vpc-0000000c"), "RequestPending"),
        (request(("999999999999", "vpc-0000000e"), "vpc-0000000a"), "ConnectionExists"),
    ];
    let mut claimed = request((STRANGER, "vpc-0000000e"), "vpc-0000000a");
    let mut other = desired(they_ask()).owner;
    other.cluster = "cluster-2".into();
    claimed.tags = other.tags(Origin::Accepted);
    for (connection, reason) in cases.into_iter().chain([(claimed, "ConnectionExists")]) {
        let mut run = Run::new(desired(they_ask()), world());
        edit(&mut view(&mut run).connections, |all| all.push(connection.clone()));
        assert!(run.visit().is_empty(), "{connection:?}");
        assert_eq!(run.ready().1, reason, "{connection:?}");
    }
}

#[test]
fn other_cidrs_than_declared_stop_every_write_and_both_are_named() {
    let mut run = Run::new(desired(we_ask()), world());
    run.visit();
    turn(&mut run, ConnectionState::Active, "", &["10.2.0.0/16", "10.7.0.0/16"]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "CIDRMismatch".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
    let message = run.plan().findings[0].message.clone();
    assert!(message.contains("declares 10.2.0.0/16 ") && message.contains("10.7.0.0/16"));

    let mut corrected = we_ask();
    corrected.accepter = external("vpc-0000000e", &["10.7.0.0/16", "10.2.0.0/16"]);
    run.desired = desired(corrected);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());

    // What stands stays when they change their VPC.
    let before = run.of_ours();
    turn(&mut run, ConnectionState::Active, "", &["10.2.0.0/16"]);
    assert!(run.visit().is_empty());
    assert_eq!((run.of_ours(), run.ready().1.as_str()), (before, "CIDRMismatch"));
}

#[test]
fn what_is_to_be_adopted_is_not_even_tagged_while_other_cidrs_lie_behind_it() {
    let mut run = Run::new(desired(we_ask()), world());
    run.visit();
    turn(&mut run, ConnectionState::Active, "", &["10.7.0.0/16"]);
    edit(&mut view(&mut run).connections, |all| all[0].tags = Tags::default());
    let status = run.status.as_ref().unwrap();
    let connection_id = status.connection.as_ref().map(|connection| connection.id.clone());
    let mut spec = we_ask();
    spec.adopt = Some(PeeringAdoption { connection_id, security_group_rule_ids: None });
    let mut adopting = Run::new(desired(spec), run.observed);
    assert!(adopting.visit().is_empty());
    assert_eq!(adopting.ready().1, "CIDRMismatch");
}

#[test]
fn a_request_from_other_cidrs_than_declared_is_not_accepted() {
    let mut run = Run::new(desired(they_ask()), world());
    they_request(&mut run);
    turn(&mut run, ConnectionState::PendingAcceptance, "", &["10.3.0.0/16"]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "CIDRMismatch");
}

#[test]
fn declared_cidrs_that_overlap_ours_are_refused_before_any_call() {
    for mut spec in [we_ask(), they_ask()] {
        let is_accepter = spec.accepter.external.is_some();
        let end = if is_accepter { &mut spec.accepter } else { &mut spec.requester };
        *end = external("vpc-0000000e", &["10.1.128.0/20"]);
        for side in [&mut spec.requester, &mut spec.accepter] {
            side.ingress = None;
        }
        let mut run = Run::new(desired(spec), world());
        they_request(&mut run);
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), "CIDROverlap".to_owned()));
    }
}

#[test]
fn what_they_reject_or_delete_is_asked_for_again_only_when_somebody_here_says_so() {
    let rejected = || {
        let mut run = Run::new(desired(we_ask()), world());
        run.visit();
        turn(&mut run, ConnectionState::Rejected, "", &[]);
        run
    };
    let deleted = || {
        let mut run = asked_and_accepted();
        // An edit while it was up is no new wish after it was taken down.
        run.desired.generation = 2;
        run.visit();
        turn(&mut run, ConnectionState::Deleted, "Deleted by 222222222222", &[]);
        run
    };
    for mut run in [rejected(), deleted()] {
        for _ in 0..2 {
            assert!(!asks(&run.visit()));
            assert_eq!(run.ready(), ("False".to_owned(), "PeerRefused".to_owned()));
            assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
            assert_eq!(actions(&run), "", "nobody is asked for what they refused");
            // AWS forgets it after some hours.
            edit(&mut view(&mut run).connections, Vec::clear);
        }
        let mut edited = run.clone();
        edited.desired.generation = 3;
        assert!(asks(&edited.visit()));
        run.desired.reconcile_at = Some("now".to_owned());
        assert!(asks(&run.visit()));
        assert_eq!(run.ready().1, "AcceptancePending");
    }
}

#[test]
fn what_somebody_here_deleted_is_drift() {
    let mut run = asked_and_accepted();
    turn(&mut run, ConnectionState::Deleted, "Deleted by 111111111111", &[]);
    assert!(asks(&run.visit()));
}

#[test]
fn what_they_deleted_and_ask_for_again_is_accepted_again() {
    let mut run = taken();
    turn(&mut run, ConnectionState::Deleted, "Deleted by 222222222222", &[]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "PeerRefused".to_owned()));
    assert!(actions(&run).contains("create-vpc-peering-connection"));
    edit(&mut view(&mut run).connections, |connections| {
        let mut again = request((STRANGER, "vpc-0000000e"), "vpc-0000000a");
        again.id = "pcx-0000000f".parse().unwrap();
        connections.push(again);
    });
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(steps.iter().any(|step| matches!(step, Step::ReplaceRoute { .. })), "{steps:?}");
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn what_we_asked_for_goes_with_everything_of_ours_and_waits_for_nobody() {
    let mut run = asked_and_accepted();
    run.desired = absent(we_ask());
    insta::assert_snapshot!(text(&run.visit()));
    assert!(run.of_ours().is_empty());
    assert!(run.plan().waiting.is_empty() && actions(&run).is_empty(), "{}", run.plan());

    // Also before anybody accepted it.
    let mut run = Run::new(desired(we_ask()), world());
    run.visit();
    run.desired = absent(we_ask());
    assert_eq!(run.visit().len(), 1);
    assert!(run.of_ours().is_empty() && run.plan().waiting.is_empty());
}

#[test]
fn of_what_they_asked_for_only_routes_that_we_wrote_go() {
    for lose_status in [false, true] {
        let mut run = taken();
        edit(&mut view(&mut run).route_tables, |tables| {
            let main = tables.iter_mut().find(|table| table.id.as_str() == "rtb-000000a1").unwrap();
            main.routes.push(Route {
                destination: Destination::Cidr(block("10.2.3.0/24")),
                target: target(THEIRS),
                origin: RouteOrigin::Static,
                state: RouteState::Active,
            });
        });
        run.visit();
        let warnings = run.status.as_ref().unwrap().warnings.clone();
        assert!(warnings[0].message.contains("leads nowhere"), "{warnings:?}");
        if lose_status {
            run.status = None;
        }
        run.desired = absent(they_ask());
        let steps: Vec<String> =
            run.visit().into_iter().flatten().map(|step| step.to_string()).collect();
        assert_eq!(steps.len(), 3, "a rule, a route, the connection: {steps:?}");
        assert_eq!(run.of_ours(), ["rtb-000000a1 10.2.3.0/24"]);
        let plan = run.plan();
        assert!(plan.waiting.is_empty() && !plan.is_stalled(), "{plan}");
        assert!(reasons(&plan).contains(&Reason::UndeclaredRoute), "{plan}");
    }
}

#[test]
fn a_request_that_was_not_accepted_is_left_to_those_who_made_it() {
    let mut run = Run::new(desired(they_ask()), world());
    they_request(&mut run);
    run.visit_dying_after(1);
    run.desired = absent(they_ask());
    // It may have been accepted, by us, a moment ago: then it is to be taken down, and known by our tags.
    unconfirm(&mut view(&mut run).connections);
    assert!(run.visit().is_empty());
    assert!(matches!(run.plan().waiting.as_slice(), [Waiting::Confirmation { .. }]));
    edit(&mut view(&mut run).connections, |_| {});
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps.as_slice(), [Step::UntagConnection { .. }]), "{steps:?}");
    assert!(run.of_ours().is_empty());
    let request = run.observed.views[&service()].connections.part.as_ref().unwrap();
    assert_eq!(request.get(&THEIRS.parse().unwrap()).unwrap().tags, Tags::new());
    assert!(run.visit().is_empty(), "it is not tagged again");
    let plan = run.plan();
    assert!(plan.waiting.is_empty() && !plan.is_stalled(), "{plan}");
    assert_eq!(reasons(&plan), [Reason::UndeclaredRequest]);
}

#[test]
fn what_stands_stays_bound_to_the_declared_vpc_and_account() {
    let mut run = asked_and_accepted();
    let mut elsewhere = we_ask();
    elsewhere.accepter = external("vpc-0000000d", &["10.2.0.0/16"]);
    run.desired = desired(elsewhere);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "BoundElsewhere".to_owned()));
    // Whatever was edited into the other side, our half can be taken down.
    let mut elsewhere = we_ask();
    elsewhere.accepter.external.as_mut().unwrap().account_id = "999999999999".parse().unwrap();
    run.desired = absent(elsewhere);
    run.visit();
    assert!(run.of_ours().is_empty(), "{}", run.plan());
}

#[test]
fn their_security_group_is_taken_as_declared() {
    let mut spec = we_ask();
    spec.requester.ingress = Some(vec![admit("service", from_group("sg-0000000e"))]);
    let mut run = Run::new(desired(spec), world());
    run.visit();
    they_accept(&mut run);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    let expected = RuleSource::SecurityGroup {
        id: "sg-0000000e".parse().unwrap(),
        account: STRANGER.parse().unwrap(),
    };
    let admits = |step: &Step| matches!(step, Step::AuthorizeIngress { rule, .. } if rule.source == expected);
    assert!(steps.iter().any(admits), "{steps:?}");
}

#[test]
fn a_spec_that_slipped_past_the_schema_is_refused() {
    let accounts = [account("service", "111111111111")];
    let findings = |spec: VpcPeeringSpec| -> Vec<crate::Finding> {
        let object: VpcPeering = object(spec);
        Desired::from_object(&object, |_| accounts.first(), &namespace(), "cluster-1").unwrap_err()
    };
    let both = VpcPeeringSpec::joining(theirs(), theirs());
    let neither = VpcPeeringSpec::joining(PeeringSide { external: None, ..theirs() }, ours());
    let nowhere = VpcPeeringSpec::joining(PeeringSide { region: None, ..ours() }, theirs());
    for spec in [both, neither, nowhere] {
        let findings = findings(spec);
        assert_eq!(findings[0].reason, Reason::InvalidSpec);
        assert!(findings[0].message.contains("`requester"), "{}", findings[0].message);
    }
}

/// What the owner of the other side does next, if anything; whether there was something.
pub(super) fn peer_acts(run: &mut Run) -> bool {
    let Some(external) = run.desired.external().cloned() else { return false };
    let connections = run.observed.views[&service()].connections.part.clone().unwrap();
    let of_pair = |connection: &&Connection| {
        connection.state.is_live()
            && connection.end_at(&external.vpc.id).is_some()
            && run.desired.owner.claim(&connection.tags) != Claim::Others
            && connection.requester.account != connection.accepter.account
    };
    let live = connections.iter().find(of_pair);
    match (external.name, live) {
        (SideName::Accepter, Some(live)) if live.state == ConnectionState::PendingAcceptance => {
            let step = Step::AcceptConnection { place: service(), connection: live.id.clone() };
            run.observed = project(&run.observed, &step);
            true
        }
        (SideName::Requester, None) => {
            let to = if external.vpc.id.as_str() == "vpc-0000000a" { 'b' } else { 'a' };
            let to = format!("vpc-0000000{to}");
            edit(&mut view(run).connections, |all| {
                let mut request = request((STRANGER, external.vpc.id.as_str()), &to);
                request.id = format!("pcx-000000{:02}", 20 + all.len()).parse().unwrap();
                all.push(request);
            });
            true
        }
        (SideName::Accepter | SideName::Requester, _) => false,
    }
}
