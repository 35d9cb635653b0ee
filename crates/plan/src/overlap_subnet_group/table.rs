//! The own table and its routes: they stand before a subnet uses it.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::{
    CidrBlock, ConnectionId, Destination, Origin, Route, RouteTable, RouteTableId, RouteTarget,
};

use super::plan::{Plan, TableRoute};
use super::present::Scene;
use super::step::Call;
use crate::routes::{Standing, Wish};
use crate::{Finding, Waiting};

/// The table and its routes; whether they are in place as far as they can be.
pub(super) fn own_table(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    let view = scene.home.view;
    let at = (scene.home.place(), scene.observed);
    let Some(table) = scene.owned.table else {
        if scene.peers.iter().all(|peer| peer.active().is_none()) {
            await_connections(plan, scene);
            return false;
        }
        let replaced = scene.recorded.table.as_ref();
        let is_sure = replaced.is_none_or(|gone| {
            plan.is_confirmed(view.route_tables, gone, at, || format!("{gone}, which is gone"))
        });
        if is_sure {
            plan.steps.push(scene.at_home(Call::CreateTable {
                vpc: scene.home.network.vpc.id.clone(),
                token: token(&scene.desired.owner.uid, replaced),
                tags: scene.tags(Origin::Created),
            }));
        }
        return false;
    };
    await_connections(plan, scene);
    let routes = plan.report.table_routes.clone();
    for route in routes.iter().filter(|route| !is_foreign(scene, table, route)) {
        plan.report
            .written_routes
            .insert(Wish { table: table.id.clone(), destination: route.destination });
    }
    for route in routes.iter().filter(|route| route.standing != Standing::InPlace) {
        write(plan, scene, table, route);
    }
    !routes.is_empty() && routes.iter().all(|route| route.standing == Standing::InPlace)
}

fn await_connections(plan: &mut Plan, scene: &Scene<'_>) {
    for peer in scene.peers.iter().filter(|peer| peer.active().is_none()) {
        plan.waiting.push(Waiting::Dependency {
            what: format!("the connection of VPCPeering '{}' to be active", peer.peer.peering.name),
        });
    }
}

/// Whether somebody else's route stands where one is wanted: in a given table whatever does not lead over the peer's
/// connection, or one before that, also where our route once was. In a table that we made, what we want is ours.
pub(super) fn is_foreign(scene: &Scene<'_>, table: &RouteTable, route: &TableRoute) -> bool {
    let there = table.route_to(&route.destination).filter(|_| scene.owned.is_given);
    there.is_some_and(|there| match &there.target {
        RouteTarget::Connection(id) => {
            let peer = scene.peers.iter().find(|peer| peer.cidrs.contains(&route.destination));
            *id != route.connection && peer.is_none_or(|peer| !peer.former.contains(id))
        }
        RouteTarget::Local
        | RouteTarget::InternetGateway(_)
        | RouteTarget::EgressOnlyInternetGateway(_)
        | RouteTarget::NatGateway(_)
        | RouteTarget::VpnGateway(_)
        | RouteTarget::TransitGateway(_)
        | RouteTarget::NetworkInterface(_)
        | RouteTarget::VpcEndpoint(_)
        | RouteTarget::Other(_) => true,
    })
}

fn write(plan: &mut Plan, scene: &Scene<'_>, table: &RouteTable, route: &TableRoute) {
    let (destination, connection) = (route.destination, route.connection.clone());
    let Some(there) = table.route_to(&destination) else {
        let call =
            Call::CreateRoute { table: table.id.clone(), destination, connection, is_far: false };
        plan.steps.push(scene.at_home(call));
        return;
    };
    if is_foreign(scene, table, route) {
        plan.findings.push(Finding::stalled(
            ConditionType::Programmed,
            Reason::RouteConflict,
            format!(
                "{} has a route to {destination} over {} that is not ours, and one to {connection} is wanted. It is left alone; remove it, or name another table.",
                table.id, there.target
            ),
        ));
        return;
    }
    let at = (scene.home.place(), scene.observed);
    let part = scene.home.view.route_tables;
    if plan
        .is_confirmed(part, &table.id, at, || format!("the route to {destination} in {}", table.id))
    {
        plan.steps.push(scene.at_home(Call::ReplaceRoute {
            table: table.id.clone(),
            destination,
            connection,
            was: there.target.to_string(),
            is_far: false,
        }));
    }
}

/// Recorded routes of the own table that are no longer wanted: they go once nobody is led here any more whom they answer.
pub(super) fn remove_table_routes(plan: &mut Plan, scene: &Scene<'_>) {
    let Some(table) = scene.owned.table else { return };
    if plan.report.is_clearing {
        return;
    }
    let wanted: BTreeSet<CidrBlock> =
        plan.report.table_routes.iter().map(|route| route.destination).collect();
    // A peer that is not connected now may be again: what was written for it stays.
    let waits = scene.peers.iter().filter(|peer| peer.active().is_none());
    let awaited: BTreeSet<CidrBlock> = waits.flat_map(|peer| peer.cidrs.clone()).collect();
    let at = (scene.home.place(), scene.observed);
    let part = scene.home.view.route_tables;
    let own = scene.recorded.routes.iter().filter(|wish| wish.table == table.id);
    for wish in own {
        if wanted.contains(&wish.destination) || awaited.contains(&wish.destination) {
            continue;
        }
        let destination = wish.destination;
        let what = || format!("the route to {destination} in {}", table.id);
        match table.route_to(&destination) {
            None => {
                if plan.is_confirmed(part, &table.id, at, what) {
                    plan.report.written_routes.remove(wish);
                }
            }
            Some(route) if matches!(route.target, RouteTarget::Connection(_)) => {
                plan.report.surplus += 1;
                if plan.is_confirmed(part, &table.id, at, what) {
                    plan.steps.push(scene.at_home(Call::DeleteRoute {
                        table: table.id.clone(),
                        destination,
                        target: route.target.to_string(),
                        is_far: false,
                    }));
                }
            }
            // Somebody pointed it elsewhere: theirs now.
            Some(_) => drop(plan.report.written_routes.remove(wish)),
        }
    }
}

/// By which AWS knows a repeated request for the same table
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html>): another one where that is gone.
fn token(uid: &str, replaced: Option<&RouteTableId>) -> String {
    let replaced = replaced.map_or("first", |id| id.as_str());
    format!("peerway-{uid}-{replaced}")
}

pub(super) fn leads_to(route: &Route, connection: &ConnectionId) -> bool {
    matches!(&route.target, RouteTarget::Connection(id) if id == connection)
}

/// Whether a row leads to a block over a connection.
#[must_use]
pub(super) fn is_row(route: &Route, destination: &CidrBlock, connection: &ConnectionId) -> bool {
    route.destination == Destination::Cidr(*destination) && leads_to(route, connection)
}
