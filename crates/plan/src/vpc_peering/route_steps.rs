//! The routes of both sides, one side after the other: what is written, what goes, and what is recorded of them.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::origin;
use peerway_model::{ConnectionId, Destination, Origin, PartKind, RouteTarget};

use super::desired::Desired;
use super::plan::Plan;
use super::recorded::Recorded;
use super::routing::route_sides;
use super::sides::ResolvedSide;
use super::step::Step;
use crate::observed::Observed;
use crate::routes::{self, Judged, Judgement, Standing, Wish};
use crate::{Finding, Waiting};

/// One side is written and seen, then the other; what is no longer wanted goes after that, in the reverse order.
pub(super) fn route_steps(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
    judgement: &Judgement,
    connection: &ConnectionId,
) {
    update_record(plan, observed, recorded, sides, judgement);
    count_surplus(plan, recorded, sides, connection);
    report_undeclared(plan, desired, recorded, sides, connection);
    let mut ordered: Vec<&ResolvedSide<'_>> = sides.iter().collect();
    ordered.sort_by_key(|side| side.name() != judgement.first);
    for side in &ordered {
        let missing: Vec<&Judged> = judgement
            .routes
            .iter()
            .filter(|route| route.side == side.name() && route.against.is_none())
            .filter(|route| route.standing != Standing::InPlace)
            .collect();
        for route in &missing {
            write_route(plan, observed, side, route, connection);
        }
        if !missing.is_empty() {
            return;
        }
    }
    remove_routes(plan, observed, recorded, sides, judgement, connection);
}

fn write_route(
    plan: &mut Plan,
    observed: &Observed,
    side: &ResolvedSide<'_>,
    route: &Judged,
    connection: &ConnectionId,
) {
    let place = side.view.place.clone();
    let (table, destination) = (route.wish.table.clone(), route.wish.destination);
    let there = side.network.table(&table).and_then(|table| table.route_to(&destination));
    match (&route.standing, there.map(|route| &route.target)) {
        (Standing::Stale, Some(RouteTarget::Connection(was))) => {
            let what = || format!("the route to {destination} in {table}");
            if !plan.is_confirmed(side.view.route_tables, &table, (&place, observed), what) {
                return;
            }
            plan.steps.push(Step::ReplaceRoute {
                place,
                side: side.name(),
                table,
                destination,
                connection: connection.clone(),
                was: was.clone(),
            });
        }
        _ => plan.steps.push(Step::CreateRoute {
            place,
            side: side.name(),
            table,
            destination,
            connection: connection.clone(),
        }),
    }
}

/// Removes recorded routes that are no longer wanted, as far as the other side's replies do not need them.
fn remove_routes(
    plan: &mut Plan,
    observed: &Observed,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
    judgement: &Judgement,
    connection: &ConnectionId,
) {
    let surplus: BTreeMap<SideName, BTreeSet<Wish>> =
        sides.iter().map(|side| (side.name(), surplus(side, recorded, plan, connection))).collect();
    let removal = routes::removal(
        &route_sides(sides),
        Some(connection),
        judgement.first,
        &recorded.routes,
        &surplus,
    );
    for side in sides {
        if let Some((_, verdict)) = removal.kept.iter().find(|(name, _)| *name == side.name()) {
            plan.findings.push(Finding::stalled(
                ConditionType::Programmed,
                verdict.reason(),
                format!("Routes of the {} are no longer wanted, but the other side still needs them. {} Remove the other side's routes first.", side.side.field(), verdict.message()),
            ));
        }
        if removal.now != Some(side.name()) {
            continue;
        }
        for wish in &surplus[&side.name()] {
            remove_route(plan, observed, side, wish, connection);
        }
    }
}

/// A side's recorded routes that stand and are no longer wanted; none as long as that cannot be told.
fn surplus(
    side: &ResolvedSide<'_>,
    recorded: &Recorded,
    plan: &Plan,
    connection: &ConnectionId,
) -> BTreeSet<Wish> {
    let is_surplus = |wish: &&Wish| {
        side.has_routes_resolved
            && !side.wishes.contains(wish)
            && our_target(side, wish, plan, connection).is_some()
    };
    recorded.routes.iter().filter(is_surplus).cloned().collect()
}

fn remove_route(
    plan: &mut Plan,
    observed: &Observed,
    side: &ResolvedSide<'_>,
    wish: &Wish,
    connection: &ConnectionId,
) {
    let Some(target) = our_target(side, wish, plan, connection) else { return };
    let what = || format!("the route to {} in {}", wish.destination, wish.table);
    let at = (side.view.place, observed);
    if plan.is_confirmed(side.view.route_tables, &wish.table, at, what) {
        plan.steps.push(Step::DeleteRoute {
            place: side.view.place.clone(),
            side: side.name(),
            table: wish.table.clone(),
            destination: wish.destination,
            connection: target,
        });
    }
}

/// The connection of ours, present or past, that a recorded route points at; `None` when it is gone or somebody else's.
fn our_target(
    side: &ResolvedSide<'_>,
    wish: &Wish,
    plan: &Plan,
    connection: &ConnectionId,
) -> Option<ConnectionId> {
    let route = side.network.table(&wish.table)?.route_to(&wish.destination)?;
    let RouteTarget::Connection(id) = &route.target else { return None };
    (id == connection || plan.report.former.contains(id)).then(|| id.clone())
}

/// A key enters the record before its route is written, and leaves it when a confirmed view shows no such route of ours;
/// that is looked for as soon as it can be.
fn update_record(
    plan: &mut Plan,
    observed: &Observed,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
    judgement: &Judgement,
) {
    let wanted = judgement
        .routes
        .iter()
        .filter(|route| route.standing == Standing::InPlace || route.against.is_none())
        .map(|route| route.wish.clone());
    let mut record: BTreeSet<Wish> = wanted.collect();
    let live = plan.report.connection.as_ref().map(|(id, _)| id.clone());
    let is_ours = |wish: &Wish, plan: &Plan| {
        live.as_ref()
            .is_some_and(|id| sides.iter().any(|side| our_target(side, wish, plan, id).is_some()))
    };
    for wish in &recorded.routes {
        if record.contains(wish) {
            continue;
        }
        if is_ours(wish, plan) {
            record.insert(wish.clone());
            continue;
        }
        for side in sides {
            let from = side.view.route_tables.confirmed_from(&wish.table, observed.settle);
            if side.view.route_tables.begun_at >= from {
                continue;
            }
            record.insert(wish.clone());
            let waiting = Waiting::Confirmation {
                what: format!("{}, which has no route to {} of ours", wish.table, wish.destination),
                place: side.view.place.clone(),
                part: PartKind::RouteTables,
                from,
            };
            if !plan.waiting.contains(&waiting) {
                plan.waiting.push(waiting);
            }
        }
    }
    plan.report.written_routes = record;
}

/// Counts recorded routes that stand and are no longer wanted, whether or not they can go at once.
fn count_surplus(
    plan: &mut Plan,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
    connection: &ConnectionId,
) {
    let is_surplus = |side: &ResolvedSide<'_>, wish: &Wish| {
        side.has_routes_resolved
            && !side.wishes.contains(wish)
            && our_target(side, wish, plan, connection).is_some()
    };
    let count = recorded
        .routes
        .iter()
        .filter(|wish| sides.iter().any(|side| is_surplus(side, wish)))
        .count();
    plan.report.surplus += count;
}

/// Routes over our connection that nobody declared.
fn report_undeclared(
    plan: &mut Plan,
    desired: &Desired,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
    connection: &ConnectionId,
) {
    for side in sides {
        // Of a connection that somebody else asked for only what we wrote goes with the object.
        let live = side.view.connections.get(connection);
        let origin = live.and_then(|live| origin(&live.tags)).unwrap_or(Origin::Created);
        for table in side.network.tables() {
            for route in &table.routes {
                if route.target != RouteTarget::Connection(connection.clone()) {
                    continue;
                }
                let end = match &route.destination {
                    Destination::Cidr(destination) => {
                        let wish = Wish { table: table.id.clone(), destination: *destination };
                        let is_of_group =
                            || desired.groups.iter().any(|group| group.routes.contains(&wish));
                        if side.wishes.contains(&wish)
                            || recorded.routes.contains(&wish)
                            || is_of_group()
                        {
                            continue;
                        }
                        if origin == Origin::Created {
                            "goes when the connection goes"
                        } else {
                            "leads nowhere once the connection is gone"
                        }
                    }
                    Destination::PrefixList(_) => "leads nowhere once the connection is gone",
                };
                plan.report.undeclared += 1;
                plan.findings.push(Finding::warning(
                    Reason::UndeclaredRoute,
                    format!("{} has a route to {} over {connection} that this object did not write. It is left alone, and {end}.", table.id, route.destination),
                ));
            }
        }
    }
}
