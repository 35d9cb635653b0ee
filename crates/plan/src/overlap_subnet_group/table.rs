//! The own table and its routes: they stand before a subnet uses it.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::origin;
use peerway_model::{
    CidrBlock, ConnectionId, Destination, Origin, Route, RouteTable, RouteTableId, RouteTarget,
};

use super::peer_routes::is_ours;
use super::plan::{Plan, TableRoute};
use super::present::Scene;
use super::step::Call;
use crate::network::{Row, Target, UnreadableList};
use crate::routes::{Standing, Verdict, Wish};
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
    let mut is_clear = true;
    for route in &routes {
        if let Some(there) = in_the_way(scene, table, route) {
            is_clear = false;
            refuse(plan, table, route, there);
        }
    }
    // A table that does not serve is none to begin with; where subnets use it already, the rest is kept.
    if !is_clear && scene.owned.subnets.is_empty() {
        return false;
    }
    let is_in_place = |route: &&TableRoute| route.standing == Standing::InPlace;
    for route in routes.iter().filter(|route| is_in_place(route) || !route.is_withheld) {
        plan.report
            .written_routes
            .insert(Wish { table: table.id.clone(), destination: route.destination });
        if !is_in_place(&route) {
            write(plan, scene, table, route);
        }
    }
    is_clear && !routes.is_empty() && routes.iter().all(|route| is_in_place(&route))
}

fn await_connections(plan: &mut Plan, scene: &Scene<'_>) {
    for peer in scene.peers.iter().filter(|peer| peer.active().is_none()) {
        plan.waiting.push(Waiting::Dependency {
            what: format!("the connection of VPCPeering '{}' to be active", peer.peer.peering.name),
        });
    }
}

/// What stands in the way of a wanted route in a given table.
pub(super) enum InTheWay<'a> {
    /// A row that some packets to the peer would follow.
    Row(Row<'a>),
    /// A list that may hold such rows.
    List(UnreadableList),
}

/// What stands in the way of a wanted route: in a given table every row for addresses of the peer, or for some of them, that
/// does not lead over its connection, prefix lists taken apart. Where our own route stood, one to a connection before that
/// one is ours. An adopted table is like a given one; in a table that we made, what we want is ours.
pub(super) fn in_the_way<'a>(
    scene: &Scene<'a>,
    table: &'a RouteTable,
    route: &TableRoute,
) -> Option<InTheWay<'a>> {
    if is_made(scene, table) {
        return None;
    }
    let rows = match scene.home.network.rows(table, Some(&route.connection)) {
        Ok(rows) => rows,
        Err(list) => return Some(InTheWay::List(list)),
    };
    let peer = scene.peers.iter().find(|peer| peer.cidrs.contains(&route.destination));
    let is_foreign = |row: &Row<'a>| match row.target {
        Target::Ours => false,
        Target::Foreign(RouteTarget::Connection(id)) => {
            row.destination != route.destination
                || peer.is_none_or(|peer| !peer.former.contains(id))
        }
        Target::Foreign(_) => true,
    };
    rows.into_iter()
        .filter(|row| route.destination.contains(&row.destination) && is_foreign(row))
        .min_by_key(|row| (row.destination != route.destination, row.preference()))
        .map(InTheWay::Row)
}

/// Whether we made the table, neither given nor adopted.
fn is_made(scene: &Scene<'_>, table: &RouteTable) -> bool {
    let is_adopted = || origin(&table.tags) == Some(Origin::Adopted);
    !scene.owned.is_given && !is_adopted()
}

fn refuse(plan: &mut Plan, table: &RouteTable, route: &TableRoute, there: InTheWay<'_>) {
    let (destination, connection) = (route.destination, &route.connection);
    let finding = match there {
        InTheWay::Row(row) => {
            let via = row.list.map(|list| format!(" (through {list})")).unwrap_or_default();
            let over = match row.target {
                Target::Ours => connection.to_string(),
                Target::Foreign(target) => target.to_string(),
            };
            Finding::stalled(
                ConditionType::Programmed,
                Reason::RouteConflict,
                format!(
                    "{} has a route to {}{via} over {over} that is not ours, and {destination} is wanted to lead to {connection}. It is left alone; remove it, or name another table.",
                    table.id, row.destination
                ),
            )
        }
        InTheWay::List(UnreadableList { list, table }) => {
            let verdict = Verdict::ListUnreadable { table, list };
            Finding::passing(ConditionType::Programmed, verdict.reason(), verdict.message())
        }
    };
    if !plan.findings.contains(&finding) {
        plan.findings.push(finding);
    }
}

fn write(plan: &mut Plan, scene: &Scene<'_>, table: &RouteTable, route: &TableRoute) {
    let (destination, connection) = (route.destination, route.connection.clone());
    let Some(there) = table.route_to(&destination) else {
        let call =
            Call::CreateRoute { table: table.id.clone(), destination, connection, is_far: false };
        plan.steps.push(scene.at_home(call));
        return;
    };
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
    let is_to_go = |route: &Route| {
        let RouteTarget::Connection(id) = &route.target else { return false };
        is_made(scene, table) || is_ours(scene, id)
    };
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
            Some(route) if is_to_go(route) => {
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
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html>): another one where that is gone. It
/// takes 64 characters, of which a UID has 36 and the number of a table 17.
fn token(uid: &str, replaced: Option<&RouteTableId>) -> String {
    let replaced = replaced.map_or("first", |id| id.as_str().trim_start_matches("rtb-"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_as_long_as_aws_takes_it_and_another_one_for_another_table() {
        let uid = "00000000-0000-4000-8000-000000000008";
        let tokens = [None, Some("rtb-098cfd88bf836df58"), Some("rtb-0a1b2c3d")]
            .map(|id| token(uid, id.map(|id| id.parse().unwrap()).as_ref()));
        assert!(tokens.iter().all(|token| token.len() <= 64), "{tokens:?}");
        assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2]);
    }
}
