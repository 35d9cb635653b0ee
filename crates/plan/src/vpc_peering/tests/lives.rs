//! The connection's life: asked for, refused, vanished, made anew, remembered.

use peerway_api::v1alpha1::vpc_peering::{OnConflict, SideName};
use peerway_model::{ConnectionState, Destination};

use super::drift::{edit, ours, rename, settled, view};
use super::*;
use crate::testing::managed;
use crate::testing::{admit, desired, druid_to_reports, from_group, golden, service, target};

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
    managed(&mut run.desired.requester).spec.ingress =
        Some(vec![admit("no such group", from_group("sg-dee0b1ae"))]);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(steps.iter().any(|step| matches!(step, Step::RequestConnection { .. })), "{steps:?}");
    assert!(steps.iter().any(|step| matches!(step, Step::ReplaceRoute { .. })), "{steps:?}");

    let mut run = settled();
    deleted(&mut run);
    managed(&mut run.desired.requester).entry.is_terminating = true;
    managed(&mut run.desired.accepter).entry.is_terminating = true;
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// AWS deletes a VPC only without active connections: whoever deletes one ends those first.
#[test]
fn a_connection_that_ended_with_its_vpc_is_not_said_to_be_there() {
    let mut run = settled();
    deleted(&mut run);
    edit(&mut view(&mut run).vpcs, |vpcs| vpcs.retain(|vpc| vpc.id.as_str() == "vpc-ce78dbb7"));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "VPCNotFound");
    assert_eq!(run.condition(ConditionType::Connected).as_deref(), Some("False"));
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
    let mut unknown = run.clone();
    unknown.status.as_mut().unwrap().connection.as_mut().unwrap().requested_for = None;
    assert!(!requests(&mut unknown), "nothing is known to differ");
    unknown.desired.generation = 2;
    assert!(requests(&mut unknown), "but from now on it is");
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
