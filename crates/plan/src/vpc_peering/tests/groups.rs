//! The overlap subnet groups that use a peering.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::OverlapSubnetGroup;
use peerway_api::v1alpha1::overlap_subnet_group::{
    GroupPeer, GroupRouteStatus, GroupTableStatus, OverlapSubnetGroupSpec,
    OverlapSubnetGroupStatus, PeerRoutes, PeerStatus, PeeringRef,
};
use peerway_api::v1alpha1::policies::DeletionPolicy;
use peerway_api::v1alpha1::selectors::{RouteTableSelector, TableScope};
use peerway_api::v1alpha1::vpc_peering::{
    RouteStanding, RouteStatus, RoutesStatus, SideName, VpcPeeringSpec, WrittenRoutes,
};
use peerway_model::{Destination, RouteOrigin, RouteState, Tags};

use super::drift::{edit, ours, view};
use super::*;
use crate::conditions::{Conditions, Value};
use crate::testing::{block, careless, desired, druid_to_reports, golden, in_tables, now};
use crate::vpc_peering::groups::Group;
use crate::vpc_peering::release;

/// A group of the peering `druid` on its requester's side.
fn group(name: &str) -> OverlapSubnetGroup {
    let peer = GroupPeer {
        name: "billing".to_owned(),
        peering_ref: PeeringRef { name: "druid".to_owned() },
        side: SideName::Requester,
        peer_routes: Some(PeerRoutes {
            tables: in_tables(&["rtb-48598f33"], &[]).tables,
            on_conflict: None,
        }),
    };
    let spec = OverlapSubnetGroupSpec {
        peers: vec![peer],
        availability_zones: None,
        cidrs: None,
        route_table: None,
        network_acl: None,
        tags: None,
        deletion_policy: None,
        management_policy: None,
        adopt: None,
    };
    OverlapSubnetGroup::new(name, spec)
}

/// The same, once everything it wants was seen in place.
fn programmed(run: &Run, is_programmed: bool) -> OverlapSubnetGroup {
    let connection = run.status.as_ref().unwrap().connection.as_ref().unwrap().id.clone();
    let value = if is_programmed { Value::True } else { Value::False };
    let mut conditions = Conditions::new(&[], 1, now());
    conditions.set(ConditionType::Programmed, value, Reason::Fulfilled, "");
    let route = |to: &str| RouteStatus {
        side: SideName::Accepter,
        table: "rtb-48598f33".parse().unwrap(),
        destination: block(to),
        state: RouteStanding::InPlace,
        reason: None,
        message: None,
    };
    let mut object = group("druid-to-billing");
    object.status = Some(OverlapSubnetGroupStatus {
        peers: vec![PeerStatus {
            name: "billing".to_owned(),
            far: None,
            connection_id: Some(connection.clone()),
            cidrs: vec![block("172.19.0.0/20")],
        }],
        route_table: Some(GroupTableStatus {
            id: "rtb-0f000001".parse().unwrap(),
            routes: vec![GroupRouteStatus {
                destination: block("172.19.0.0/20"),
                connection_id: connection,
                state: RouteStanding::InPlace,
            }],
        }),
        routes: Some(RoutesStatus {
            ready: "1/1".to_owned(),
            items: vec![route("10.50.6.0/26")],
            written: vec![WrittenRoutes {
                table: "rtb-48598f33".parse().unwrap(),
                destinations: vec![block("10.50.6.0/26")],
            }],
        }),
        conditions: conditions.into_list(),
        ..OverlapSubnetGroupStatus::default()
    });
    object
}

fn used(spec: VpcPeeringSpec, object: &OverlapSubnetGroup, holds: bool) -> Desired {
    let groups = Group::of(object, "druid", holds).collect();
    desired(spec).used_by(groups, BTreeSet::new())
}

fn careless_run() -> Run {
    let mut run = Run::new(desired(careless()), golden().observed());
    run.visit();
    assert_eq!(run.ready().1, "IsolationRequired");
    run
}

#[test]
fn a_group_that_carries_the_finalizer_holds_the_peering() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit();
    for (deletion, is_paused) in [
        (DeletionPolicy::Delete, false),
        (DeletionPolicy::Retain, false),
        (DeletionPolicy::Delete, true),
        (DeletionPolicy::Retain, true),
    ] {
        let mut held = run.clone();
        held.desired = used(druid_to_reports(), &group("one"), true);
        held.desired.presence = crate::Presence::Absent;
        held.desired.policies.deletion = deletion;
        held.desired.policies.is_paused = is_paused;
        assert!(held.visit().is_empty());
        let plan = held.plan();
        assert_eq!(reasons(&plan)[0], Reason::DependentsExist, "{plan}");
        assert!(plan.findings[0].message.contains("OverlapSubnetGroup 'one'"), "{plan}");
        let recorded = Recorded::of(held.status.as_ref());
        let released = release(&held.desired, &recorded, &plan, &Outcome::default());
        assert_eq!(released, None, "{deletion:?}, paused: {is_paused}");
        // One that made nothing does not.
        held.desired.groups.clear();
        held.desired.policies.is_paused = false;
        held.desired.groups = Group::of(&group("one"), "druid", false).collect();
        held.visit();
        let plan = held.plan();
        let released =
            release(&held.desired, &Recorded::of(held.status.as_ref()), &plan, &Outcome::default());
        assert!(released.is_some(), "{plan}");
    }
}

#[test]
fn a_group_of_another_peering_is_none_of_its_business() {
    assert_eq!(Group::of(&group("one"), "another", true).count(), 0);
}

#[test]
fn what_is_withheld_is_supplied_by_a_programmed_group() {
    let mut run = careless_run();
    let object = programmed(&run, false);
    run.desired = used(careless(), &object, true);
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "IsolationRequired".to_owned()));
    let object = programmed(&run, true);
    run.desired = used(careless(), &object, true);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("True".to_owned(), "Isolated".to_owned()), "{}", run.plan());
    assert_eq!(run.status.as_ref().unwrap().suggested_group, None);
    // It goes as it came.
    run.desired = desired(careless());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "IsolationRequired");
}

#[test]
fn a_table_that_leads_elsewhere_and_routes_in_another_table_supply_nothing() {
    let run = careless_run();
    let whole = programmed(&run, true);
    let mut missing = whole.clone();
    missing.status.as_mut().unwrap().route_table.as_mut().unwrap().routes[0].state =
        RouteStanding::Missing;
    let mut other = whole.clone();
    other.status.as_mut().unwrap().route_table.as_mut().unwrap().routes[0].connection_id =
        "pcx-d3c1e8ba".parse().unwrap();
    let mut elsewhere = whole;
    elsewhere.status.as_mut().unwrap().routes.as_mut().unwrap().written[0].table =
        "rtb-0000000f".parse().unwrap();
    for object in [missing, other, elsewhere] {
        let mut run = run.clone();
        run.desired = used(careless(), &object, true);
        run.visit();
        assert_eq!(run.ready().1, "IsolationRequired");
    }
}

/// A part of what the group's table leads to is led there too.
#[test]
fn a_group_supplies_what_is_withheld_of_narrower_destinations() {
    let mut spec = careless();
    let routes = spec.requester.routes.as_mut().unwrap();
    routes.destinations = Some(vec![block("172.19.0.0/22"), block("172.19.8.0/22")]);
    let mut run = Run::new(desired(spec.clone()), golden().observed());
    run.visit();
    assert_eq!(run.ready().1, "IsolationRequired");
    run.desired = used(spec, &programmed(&run, true), true);
    run.visit();
    assert_eq!(run.ready(), ("True".to_owned(), "Isolated".to_owned()), "{}", run.plan());
}

/// The list of a group's routes is cut; what it wrote is known whole.
#[test]
fn a_group_of_many_tables_supplies_all_of_them() {
    let run = careless_run();
    let mut object = programmed(&run, true);
    object.status.as_mut().unwrap().routes.as_mut().unwrap().items.clear();
    let mut run = run.clone();
    run.desired = used(careless(), &object, true);
    run.visit();
    assert_eq!(run.ready().1, "Isolated", "{}", run.plan());
}

#[test]
fn the_suggested_group_takes_no_name_of_a_group_of_another_peering() {
    let mut run = careless_run();
    run.desired = desired(careless()).used_by(Vec::new(), BTreeSet::from(["druid".to_owned()]));
    run.visit();
    let suggested = run.status.as_ref().unwrap().suggested_group.clone().unwrap();
    assert!(suggested.contains("metadata: {name: druid-2, namespace: analytics}"), "{suggested}");
}

#[test]
fn the_suggested_group_is_a_whole_manifest() {
    let run = careless_run();
    assert_eq!(
        run.status.as_ref().unwrap().suggested_group.as_deref(),
        Some(
            "apiVersion: peerway.dev/v1alpha1
kind: OverlapSubnetGroup
metadata: {name: druid, namespace: analytics}
spec:
  peers:
    - name: accepter
      peeringRef: {name: druid}
      side: Requester
      peerRoutes: {tables: {ids: [rtb-48598f33]}}
"
        )
    );
}

/// A manifest that the API server refuses would be no help.
#[test]
fn more_tables_than_a_manifest_may_list_are_suggested_as_the_peering_selects_them() {
    let world = (0..65).fold(golden(), |world, number| {
        let table = format!("rtb-0d0000{number:02x}");
        let (subnet, cidr) =
            (format!("subnet-0d0000{number:02x}"), format!("172.19.8.{number}/32"));
        let world = world.table(&table, "vpc-3607f64e", &[]);
        world.subnet(&subnet, "vpc-3607f64e", &cidr, &table)
    });
    let mut spec = careless();
    spec.accepter.routes.as_mut().unwrap().tables = RouteTableSelector {
        ids: None,
        match_tags: None,
        of_subnets: None,
        scope: Some(TableScope::All),
    };
    let mut run = Run::new(desired(spec), world.observed());
    run.visit();
    let suggested = run.status.as_ref().unwrap().suggested_group.clone().unwrap();
    assert!(suggested.contains("peerRoutes: {tables: {\"scope\":\"All\"}}"), "{suggested}");
}

/// Only the accepter declares a route: its packets would go over, and their answers leave by the requester's table.
fn one_way() -> VpcPeeringSpec {
    let mut spec = careless();
    spec.requester.routes = None;
    spec
}

fn one_way_run() -> Run {
    let mut run = Run::new(desired(one_way()), golden().observed());
    run.visit();
    assert_eq!(run.ready().1, "IsolationRequired");
    let plan = run.plan();
    let against = plan.report.routes.iter().map(|route| route.against.as_ref().unwrap().reason());
    assert_eq!(against.collect::<Vec<_>>(), [Reason::ReturnGoesElsewhere], "{plan}");
    run
}

/// The same group on the accepter's side, whose table leads over the connection to everything there.
fn on_accepters_side(mut object: OverlapSubnetGroup) -> OverlapSubnetGroup {
    object.spec.peers[0].side = SideName::Accepter;
    object.spec.peers[0].peer_routes = None;
    let status = object.status.as_mut().unwrap();
    status.route_table.as_mut().unwrap().routes[0].destination = block("10.50.0.0/21");
    status.routes = None;
    object
}

#[test]
fn a_group_is_suggested_where_the_answers_go_astray() {
    let run = one_way_run();
    assert_eq!(
        run.status.as_ref().unwrap().suggested_group.as_deref(),
        Some(
            "apiVersion: peerway.dev/v1alpha1
kind: OverlapSubnetGroup
metadata: {name: druid, namespace: analytics}
spec:
  peers:
    - name: accepter
      peeringRef: {name: druid}
      side: Requester
      peerRoutes: {tables: {ids: [rtb-48598f33]}}
"
        )
    );
}

#[test]
fn only_a_group_where_the_answers_go_astray_supplies_what_is_withheld() {
    let mut run = one_way_run();
    let right = programmed(&run, true);
    run.desired = used(one_way(), &on_accepters_side(right.clone()), true);
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "IsolationRequired".to_owned()));
    assert!(run.status.as_ref().unwrap().suggested_group.is_some());
    run.desired = used(one_way(), &right, true);
    run.visit();
    assert_eq!(run.ready(), ("True".to_owned(), "Isolated".to_owned()), "{}", run.plan());
    // Where both sides declare routes, it makes up for neither's answers.
    let mut run = careless_run();
    let wrong = on_accepters_side(programmed(&run, true));
    run.desired = used(careless(), &wrong, true);
    run.visit();
    assert_eq!(run.ready().1, "IsolationRequired");
}

#[test]
fn a_suggested_group_has_a_name_of_its_own() {
    let mut run = one_way_run();
    let mut wrong = on_accepters_side(programmed(&run, true));
    wrong.metadata.name = Some("druid".to_owned());
    run.desired = used(one_way(), &wrong, true);
    run.visit();
    let suggested = |run: &Run| run.status.as_ref().unwrap().suggested_group.clone().unwrap();
    let text = suggested(&run);
    assert!(text.contains("metadata: {name: druid-2, "), "{text}");
    assert!(text.contains("peeringRef: {name: druid}"), "{text}");
    // The very one that was suggested, and is not there yet.
    let mut same = programmed(&run, false);
    same.metadata.name = Some("druid".to_owned());
    run.desired = used(one_way(), &same, true);
    run.visit();
    let text = suggested(&run);
    assert!(text.contains("metadata: {name: druid, "), "{text}");
}

#[test]
fn the_routes_of_a_group_are_declared() {
    let mut run = careless_run();
    let object = programmed(&run, true);
    run.desired = used(careless(), &object, true);
    let row = |to: &str| peerway_model::Route {
        destination: Destination::Cidr(block(to)),
        target: ours(),
        origin: RouteOrigin::Static,
        state: RouteState::Active,
    };
    edit(&mut view(&mut run).route_tables, |tables| {
        let mut own = tables[0].clone();
        own.id = "rtb-0f000001".parse().unwrap();
        own.vpc = "vpc-ce78dbb7".parse().unwrap();
        own.associations = Vec::new();
        own.routes = vec![row("172.19.0.0/20")];
        own.tags = Tags::new();
        tables.push(own);
        let far = tables.iter_mut().find(|table| table.id.as_str() == "rtb-48598f33").unwrap();
        far.routes.push(row("10.50.6.0/26"));
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("True".to_owned(), "Isolated".to_owned()));
    let warnings = |run: &Run| -> Vec<String> {
        let warnings = &run.status.as_ref().unwrap().warnings;
        warnings.iter().map(|warning| warning.reason.clone()).collect()
    };
    assert!(!warnings(&run).contains(&"UndeclaredRoute".to_owned()), "{:?}", warnings(&run));
    run.desired = desired(careless());
    run.visit();
    let undeclared = warnings(&run).into_iter().filter(|it| it == "UndeclaredRoute").count();
    assert_eq!(undeclared, 2);
}
