//! Somebody changes what is ours: it is repaired, and said so with old and new value.

use std::sync::Arc;

use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_model::{ConnectionState, Destination, Item, Part, Reading, Tags};

use super::*;
use crate::testing::{
    SETTLE, confirmed, desired, druid_to_reports, estate, fresh, golden, in_tables, service, target,
};
use crate::vpc_peering::events;

pub(super) fn settled() -> Run {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit();
    assert_eq!(run.ready().0, "True");
    run
}

/// Changes items of a part by hand, as AWS would show them for a while now.
pub(super) fn edit<T: Item>(reading: &mut Reading<T>, change: impl Fn(&mut Vec<T>)) {
    let mut items: Vec<T> = reading.part.as_ref().unwrap().iter().cloned().collect();
    change(&mut items);
    *reading = confirmed(&items);
}

/// Makes a part look as if it had been read only once.
pub(super) fn unconfirm<T: Item>(reading: &mut Reading<T>) {
    let items: Vec<T> = reading.part.as_ref().unwrap().iter().cloned().collect();
    *reading = fresh(&items);
}

/// One visit after the drift; the notes of its events.
fn repair(run: &mut Run) -> Vec<String> {
    let before = run.status.clone();
    let done: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert!(run.visit().is_empty());
    events(&run.desired, before.as_ref(), run.status.as_ref().unwrap(), 1, &done)
        .into_iter()
        .filter(|event| event.reason == "DriftRepaired")
        .map(|event| event.note)
        .collect()
}

pub(super) fn view(run: &mut Run) -> &mut crate::View {
    run.observed.views.get_mut(&service()).unwrap()
}

pub(super) fn ours() -> RouteTarget {
    RouteTarget::Connection(ConnectionId::pending("connection"))
}

#[test]
fn a_deleted_route_comes_back() {
    let mut run = settled();
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables {
            table.routes.retain(|route| route.target != ours());
        }
    });
    assert_eq!(
        repair(&mut run),
        [
            "route 172.20.0.0/22 in rtb-7122e509: missing -> (known after apply)",
            "route 10.50.0.0/21 in rtb-8c4492f7: missing -> (known after apply)",
        ]
    );
}

#[test]
fn a_route_that_now_leads_elsewhere_is_left_alone_and_reported() {
    let mut run = settled();
    edit(&mut view(&mut run).route_tables, |tables| {
        for route in tables.iter_mut().flat_map(|table| &mut table.routes) {
            if route.destination == Destination::Cidr("172.20.0.0/22".parse().unwrap()) {
                route.target = target("tgw-00000001");
            }
        }
    });
    assert!(run.visit().is_empty());
    // The other side's route is in place and stays; its replies now go elsewhere, which is the worse of the two.
    assert_eq!(run.ready(), ("False".to_owned(), "ReturnGoesElsewhere".to_owned()));
    let item = &run.status.as_ref().unwrap().routes.as_ref().unwrap().items[0];
    assert_eq!(item.reason.as_deref(), Some("RouteConflict"));
    assert!(item.message.as_ref().unwrap().contains("tgw-00000001"));
}

#[test]
fn a_list_that_cannot_be_read_beside_a_route_in_place_may_pass() {
    let mut run = settled();
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables.iter_mut().filter(|table| table.id.as_str() == "rtb-7122e509") {
            table.routes.push(peerway_model::Route {
                destination: Destination::PrefixList("pl-00000001".parse().unwrap()),
                target: target("tgw-00000001"),
                origin: peerway_model::RouteOrigin::Static,
                state: peerway_model::RouteState::Active,
            });
        }
    });
    let mut show = |entries| {
        let list = estate().prefix_list("pl-00000001", entries);
        view(&mut run).prefix_lists = Some(confirmed(&list.prefix_lists));
        assert!(run.visit().is_empty());
        let is_stalled = run.condition(ConditionType::Stalled).is_some();
        (run.ready(), is_stalled, run.condition(ConditionType::Reconciling).is_some())
    };
    let ready = |status: &str, reason: &str| (status.to_owned(), reason.to_owned());
    assert_eq!(show(Some(&["192.168.0.0/16"])), (ready("True", "Ready"), false, false));
    assert_eq!(show(None), (ready("False", "AccessDenied"), false, true));
    // What it is found to hold then needs somebody.
    assert_eq!(show(Some(&["172.20.0.0/22"])), (ready("False", "RouteConflict"), true, false));
}

#[test]
fn dns_resolution_is_set_back() {
    let mut run = settled();
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections {
            connection.requester.dns_resolution = Some(false);
        }
    });
    assert_eq!(repair(&mut run), ["requester.dnsResolution: false -> true"]);
}

#[test]
fn a_revoked_rule_comes_back_and_a_changed_one_is_put_right() {
    let mut run = settled();
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    assert_eq!(
        repair(&mut run),
        ["ingress of sg-0e1b0001: missing -> tcp 0-65535 from sg-dee0b1ae"]
    );

    let mut run = settled();
    edit(&mut view(&mut run).security_group_rules, |rules| {
        rules[0].id = "sgr-000000aa".parse().unwrap();
    });
    run.visit();
    edit(&mut view(&mut run).security_group_rules, |rules| {
        rules[0].ports = Some(peerway_model::PortRange { from: 22, to: 22 });
    });
    assert_eq!(
        repair(&mut run),
        [
            "ingress of sg-0e1b0001: missing -> tcp 0-65535 from sg-dee0b1ae",
            "ingress of sg-0e1b0001: tcp 22 from sg-dee0b1ae -> removed",
        ]
    );
}

#[test]
fn stripped_tags_come_back() {
    let mut run = settled();
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections {
            connection.tags = Tags::new();
        }
    });
    edit(&mut view(&mut run).security_group_rules, |rules| rules[0].tags = Tags::new());
    let notes = repair(&mut run);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes.iter().all(|note| note.contains("tags")), "{notes:?}");
}

#[test]
fn an_identical_rule_of_somebody_else_serves_until_it_goes() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    let mut made = settled();
    let foreign: Vec<_> = view(&mut made)
        .security_group_rules
        .part
        .as_ref()
        .unwrap()
        .iter()
        .map(|rule| peerway_model::SecurityGroupRule {
            tags: Tags::new(),
            id: "sgr-0000000f".parse().unwrap(),
            ..rule.clone()
        })
        .collect();
    view(&mut run).security_group_rules = confirmed(&foreign);
    run.visit();
    assert_eq!(run.ready().0, "True");
    let item = run.status.as_ref().unwrap().ingress.as_ref().unwrap().items[0].clone();
    assert_eq!(
        (item.state, item.rule_id),
        (peerway_api::v1alpha1::vpc_peering::RuleStanding::InPlaceByOthers, None)
    );
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    assert_eq!(
        repair(&mut run),
        ["ingress of sg-0e1b0001: missing -> tcp 0-65535 from sg-dee0b1ae"]
    );
}

#[test]
fn a_connection_that_vanished_is_looked_at_twice_made_anew_and_its_routes_are_pointed_at_the_new_one()
 {
    let mut run = settled();
    let old: ConnectionId = "pcx-000000aa".parse().unwrap();
    rename(&mut run, &old);
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id == old) {
            connection.state = ConnectionState::Deleted;
        }
    });
    let confirmed_view = view(&mut run).connections.clone();
    unconfirm(&mut view(&mut run).connections);
    assert!(run.visit().is_empty(), "one look is not enough");
    assert!(run.status.as_ref().unwrap().waiting_for.is_some());
    view(&mut run).connections = confirmed_view;
    insta::assert_snapshot!(text(&run.visit()));
    assert_eq!(run.ready().0, "True");
    let connection = run.status.as_ref().unwrap().connection.as_ref().unwrap();
    assert_eq!(connection.former_ids, [old]);
}

/// Gives the connection that a projection made an id, as AWS would have.
pub(super) fn rename(run: &mut Run, id: &ConnectionId) {
    edit(&mut view(run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.id = id.clone();
        }
    });
    edit(&mut view(run).route_tables, |tables| {
        for route in tables.iter_mut().flat_map(|table| &mut table.routes) {
            if route.target == ours() {
                route.target = RouteTarget::Connection(id.clone());
            }
        }
    });
    run.visit();
}

#[test]
fn a_narrower_spec_removes_only_what_it_wrote_after_a_second_look() {
    let mut run = settled();
    let mut spec = druid_to_reports();
    spec.requester.routes = Some(in_tables(&["rtb-7122e509"], &["172.20.0.0/24"]));
    spec.requester.ingress = None;
    run.desired = desired(spec);
    insta::assert_snapshot!(text(&run.visit()));
    let part: &Part<_> = &Arc::clone(view(&mut run).route_tables.part.as_ref().unwrap());
    let table = part.get(&"rtb-7122e509".parse().unwrap()).unwrap();
    assert_eq!(table.routes.len(), 4, "local, the lifeline, the internet, and ours");
    assert_eq!(SETTLE, std::time::Duration::from_secs(5));
    assert_eq!(run.desired.requester.name(), SideName::Requester);
}

/// Below the accepter's route of [`druid_to_reports`] lies a broader one to another peering, over which the service's
/// addresses are behind too: without ours, its replies go there.
fn settled_over_a_broader_peering() -> Run {
    let mut world = golden().connection(
        "pcx-0000000f",
        ("vpc-641fee1c", &[]),
        ("vpc-0000000f", &["10.48.0.0/14"]),
        ConnectionState::Active,
    );
    let table = world.route_tables.iter_mut().find(|table| table.id.as_str() == "rtb-8c4492f7");
    table.unwrap().routes.push(peerway_model::Route {
        destination: Destination::Cidr("10.48.0.0/12".parse().unwrap()),
        target: target("pcx-0000000f"),
        origin: peerway_model::RouteOrigin::Static,
        state: peerway_model::RouteState::Active,
    });
    let mut spec = druid_to_reports();
    spec.accepter.routes.as_mut().unwrap().on_conflict =
        Some(peerway_api::v1alpha1::vpc_peering::OnConflict::LongestPrefix);
    let mut run = Run::new(desired(spec), world.observed());
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run
}

#[test]
fn when_both_sides_routes_go_the_side_whose_replies_need_the_other_goes_first() {
    let mut run = settled_over_a_broader_peering();
    let mut spec = druid_to_reports();
    (spec.requester.routes, spec.accepter.routes) = (None, None);
    run.desired = desired(spec);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(
        matches!(
            steps.as_slice(),
            [
                Step::DeleteRoute { side: SideName::Requester, .. },
                Step::DeleteRoute { side: SideName::Accepter, .. }
            ]
        ),
        "{steps:?}"
    );
}

#[test]
fn a_route_is_kept_for_one_whose_selector_does_not_resolve_any_more() {
    let mut run = settled_over_a_broader_peering();
    let mut spec = druid_to_reports();
    spec.requester.routes = Some(in_tables(&["rtb-00000000"], &[]));
    spec.accepter.routes = None;
    run.desired = desired(spec);
    assert!(run.visit().is_empty());
    assert!(reasons(&run.plan()).contains(&Reason::ReturnGoesElsewhere), "{}", run.plan());
}

#[test]
fn a_route_over_our_connection_that_somebody_else_wrote_is_left_while_the_object_lives() {
    let mut run = settled();
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables.iter_mut().filter(|table| table.id.as_str() == "rtb-a822e5d0") {
            table.routes.push(peerway_model::Route {
                destination: Destination::Cidr("172.20.8.0/24".parse().unwrap()),
                target: ours(),
                origin: peerway_model::RouteOrigin::Static,
                state: peerway_model::RouteState::Active,
            });
        }
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True");
    assert_eq!(run.status.as_ref().unwrap().warnings[0].reason, "UndeclaredRoute");
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));
}

#[test]
fn a_lost_status_costs_nothing() {
    let mut run = settled();
    let before = run.status.take();
    assert!(run.visit().is_empty());
    let after = run.status.clone();
    assert_eq!(before.unwrap().routes, after.clone().unwrap().routes);
    assert_eq!(run.ready().0, "True");
}
