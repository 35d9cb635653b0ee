//! The plan for an object that should be there.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::v1alpha1::vpc_peering::{OnConflict, RequestedFor, SideName};
use peerway_api::{ConditionType, Reason};
use peerway_model::cidr::first_meeting;
use peerway_model::ownership::origin;
use peerway_model::{
    Connection, ConnectionId, ConnectionState, Destination, IngressRule, Origin, PartKind, Place,
    RouteTable, RouteTarget, Vpc,
};

use super::desired::{Desired, External, Managed};
use super::owned::{Owned, is_present, owned};
use super::plan::{Plan, Report, SideReport, rule_key};
use super::recorded::Recorded;
use super::seen::{Seen, distinct};
use super::step::Step;
use super::{
    adoption, binding, external, groups, incumbents, ingress, lifecycle, pair, peer_actions,
    resolve,
};
use crate::Waiting;
use crate::network::Network;
use crate::observed::{Observed, Readable};
use crate::routes::{self, Claimed, Judged, Judgement, Standing, Verdict, Wish};
use crate::{Effect, Finding};

/// The most routes, and the most rules, that an object may record.
const MOST_RECORDED: usize = 1000;

/// The most CIDRs that are recorded with a request.
const MOST_CIDRS: usize = 128;

/// Both sides with their VPCs, ours or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) seen: [Seen<'a>; 2],
    pub(super) vpcs: [&'a Vpc; 2],
}

impl<'a> Pair<'a> {
    /// The side of somebody else, if one is.
    pub(super) fn external(&self) -> Option<&'a External> {
        self.seen.iter().find_map(|seen| match seen {
            Seen::Managed(..) => None,
            Seen::External(side) => Some(*side),
        })
    }
}

/// One side that we manage, with its selectors resolved.
pub(super) struct ResolvedSide<'a> {
    pub(super) side: &'a Managed,
    pub(super) view: Readable<'a>,
    pub(super) network: Network<'a>,
    pub(super) tables: Vec<&'a RouteTable>,
    pub(super) wishes: BTreeSet<Wish>,
    /// Whether every selector of routes resolved; if not, nothing of ours is removed.
    pub(super) has_routes_resolved: bool,
    pub(super) rules: BTreeSet<IngressRule>,
    /// Whether every selector of rules resolved; if not, nothing of ours is removed.
    pub(super) has_rules_resolved: bool,
}

impl ResolvedSide<'_> {
    pub(super) fn name(&self) -> SideName {
        self.side.name
    }

    pub(super) fn on_conflict(&self) -> OnConflict {
        self.side.spec.routes.as_ref().and_then(|routes| routes.on_conflict).unwrap_or_default()
    }
}

pub(super) fn plan(
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    seen: [Seen<'_>; 2],
) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let views = &distinct(&seen);
    let Some(vpcs) = resolve_vpcs(desired, &seen, &mut plan) else {
        plan.findings.extend(ended(recorded, views));
        return plan;
    };
    let joined = Pair { seen, vpcs };
    let mut owned = owned(desired, recorded, Some((&vpcs[0].id, &vpcs[1].id)), views);
    let held = binding::moved(recorded, vpcs, &seen)
        .or_else(|| owned.unclear.clone())
        .or_else(|| binding::unknown(&owned, recorded));
    if let Some(finding) = held {
        plan.findings.push(finding);
        return plan;
    }
    plan.findings.extend(owned.elsewhere.iter().map(|connection| binding::copied(connection)));
    let mut to_adopt = None;
    match adoption::connection(desired, observed, &owned, vpcs, views) {
        // Whoever only looks needs no tags to know it by.
        Some(Ok(live)) if desired.policies.management == ManagementPolicy::Observe => {
            owned.live = Some(live);
        }
        Some(Ok(live)) => to_adopt = Some(live),
        Some(Err(finding)) => plan.findings.push(finding),
        None => {}
    }
    plan.report.judge_connections(desired, &owned, observed, recorded, views);
    plan.report.request_for = Some(request_for(desired, vpcs));
    let sides = resolve_sides(&joined, &mut plan);
    report_sides(&mut plan, &joined, &sides, &owned);
    let own = [&vpcs[0].id, &vpcs[1].id];
    let live = owned.live.map(|live| &live.id);
    if let Some(finding) = pair::taken(desired, &observed.siblings, own, live) {
        plan.findings.push(finding);
        return plan;
    }
    if let Some(finding) = overlap(vpcs[0], vpcs[1]) {
        plan.findings.push(finding);
        return plan;
    }
    plan.report.is_resolved =
        sides.iter().all(|side| side.has_routes_resolved && side.has_rules_resolved);

    let judgement = judge(desired, observed, &sides, &owned, &mut plan);
    report_routes(&mut plan, desired, &sides, &judgement);
    ingress::report(&mut plan, desired, observed, recorded, &sides, &owned);
    lifecycle::dns(&mut plan, &sides, &owned);
    if let Some(finding) = external::mismatch(&joined, owned.live.or(to_adopt)) {
        plan.report.is_resolved = false;
        plan.findings.push(finding);
        return plan;
    }
    if let Some(finding) = too_many(&sides, recorded) {
        plan.findings.push(finding);
        return plan;
    }

    let context = lifecycle::Life { desired, observed, recorded, pair: &joined, sides: &sides };
    if let Some(live) = to_adopt {
        adopt(&mut plan, desired, views, live);
        return plan;
    }
    if let Some(live) = owned.live
        && is_just_adopted(desired, recorded, views, live)
    {
        lifecycle::tag(&mut plan, &context, &owned, live);
        plan.waiting.push(Waiting::Adoption { id: live.id.to_string() });
        return plan;
    }
    let connection = lifecycle::plan(&mut plan, &context, &owned);
    plan.report.peer_actions = peer_actions::peer_actions(&plan, &joined, &sides, &owned);
    let Some(connection) = connection else { return plan };
    lifecycle::dns_steps(&mut plan, &sides, &owned);
    ingress::steps(&mut plan, desired, observed, recorded, &sides);
    route_steps(&mut plan, desired, observed, recorded, &sides, &judgement, &connection);
    plan
}

/// Tags, on every view of it, and nothing else.
fn adopt(plan: &mut Plan, desired: &Desired, views: &[Readable<'_>], live: &Connection) {
    let mut seen: Vec<&Place> = Vec::new();
    for view in views {
        let is_tagged = seen.iter().any(|place| place.is_same_spot(view.place));
        if is_tagged || view.connections.get(&live.id).is_none() {
            continue;
        }
        seen.push(view.place);
        plan.steps.push(Step::TagConnection {
            place: view.place.clone(),
            connection: live.id.clone(),
            tags: desired.owner.tags(Origin::Adopted),
        });
    }
}

/// Whether it was adopted, and the visit that did so has not written that down yet: that visit writes tags only.
fn is_just_adopted(
    desired: &Desired,
    recorded: &Recorded,
    views: &[Readable<'_>],
    live: &Connection,
) -> bool {
    recorded.connection.as_ref() != Some(&live.id)
        && desired.policies.management == ManagementPolicy::Full
        && adoption::origin_of(desired, views, &live.id) == Origin::Adopted
}

/// That the connection has ended: with its VPC gone it is known by the record alone.
fn ended(recorded: &Recorded, views: &[Readable<'_>]) -> Option<Finding> {
    let id = recorded.connection.as_ref()?;
    let mut listed = views.iter().filter_map(|view| view.connections.get(id));
    let ended = listed.find(|connection| !is_present(connection))?;
    Some(Finding::passing(
        ConditionType::Connected,
        Reason::ConnectionPending,
        format!("{id} is {}.", ended.state),
    ))
}

/// Both VPCs, if both resolve, are granted, and differ.
fn resolve_vpcs<'a>(
    desired: &Desired,
    seen: &[Seen<'a>; 2],
    plan: &mut Plan,
) -> Option<[&'a Vpc; 2]> {
    let mut found = Vec::new();
    for side in seen {
        match (side.vpc(), side) {
            (Ok(vpc), Seen::Managed(side, _)) if !side.entry.covers(vpc) => {
                plan.findings.push(resolve::not_granted(desired, side, &vpc.id));
            }
            (Ok(vpc), Seen::Managed(..) | Seen::External(_)) => found.push(vpc),
            (Err(finding), _) => plan.findings.push(finding),
        }
    }
    let [requester, accepter] = found.try_into().ok()?;
    if requester.id == accepter.id {
        plan.findings.push(Finding::stalled(
            ConditionType::Valid,
            Reason::InvalidSpec,
            format!("`requester.vpc` and `accepter.vpc` both resolve to {}. A VPC cannot be peered with itself.", requester.id),
        ));
        return None;
    }
    Some([requester, accepter])
}

fn resolve_sides<'a>(pair: &Pair<'a>, plan: &mut Plan) -> Vec<ResolvedSide<'a>> {
    let mut sides = Vec::new();
    for (this, that) in [(0, 1), (1, 0)] {
        let Seen::Managed(side, view) = pair.seen[this] else { continue };
        let other = (pair.vpcs[that], pair.seen[that].view());
        sides.push(resolve_side(side, (pair.vpcs[this], view), other, plan));
    }
    sides
}

fn resolve_side<'a>(
    side: &'a Managed,
    own: (&'a Vpc, Readable<'a>),
    other: (&'a Vpc, Option<Readable<'a>>),
    plan: &mut Plan,
) -> ResolvedSide<'a> {
    let (vpc, view) = own;
    let mut resolved = ResolvedSide {
        side,
        view,
        network: Network::of(vpc, view),
        tables: Vec::new(),
        wishes: BTreeSet::new(),
        has_routes_resolved: true,
        rules: BTreeSet::new(),
        has_rules_resolved: true,
    };
    if let Some(routes) = &side.spec.routes {
        let tables = resolve::tables(
            &format!("{}.routes.tables", side.field()),
            &routes.tables,
            &resolved.network,
        );
        let destinations = resolve::destinations(side.field(), routes, vpc, other.0);
        match (tables, destinations) {
            (Ok(tables), Ok(destinations)) => {
                resolved.wishes = tables
                    .iter()
                    .flat_map(|table| {
                        destinations.iter().map(|destination| Wish {
                            table: table.id.clone(),
                            destination: *destination,
                        })
                    })
                    .collect();
                resolved.tables = tables;
            }
            (tables, destinations) => {
                resolved.has_routes_resolved = false;
                plan.findings.extend(tables.err());
                plan.findings.extend(destinations.err());
            }
        }
    }
    for (index, ingress) in side.spec.ingress.iter().flatten().enumerate() {
        let field = format!("{}.ingress[{index}]", side.field());
        match resolve::rules(&field, ingress, own, other) {
            Ok(rules) => resolved.rules.extend(rules),
            Err(finding) => {
                resolved.has_rules_resolved = false;
                plan.findings.push(finding);
            }
        }
    }
    resolved
}

fn report_sides(plan: &mut Plan, pair: &Pair<'_>, sides: &[ResolvedSide<'_>], owned: &Owned<'_>) {
    let dns_resolution = |view: Readable<'_>, vpc: &Vpc| {
        view.connections.get(&owned.live?.id)?.end_at(&vpc.id)?.dns_resolution
    };
    for side in sides {
        let vpc = side.network.vpc;
        let report = SideReport {
            account: side.view.place.account().clone(),
            region: side.view.place.region.clone(),
            vpc: vpc.id.clone(),
            cidrs: vpc.cidrs.clone(),
            tables: side.tables.iter().map(|table| table.id.clone()).collect(),
            dns_resolution: dns_resolution(side.view, vpc),
        };
        *plan.report.side(side.name()) = Some(report);
    }
    if let Some(external) = pair.external() {
        let vpc = &external.vpc;
        let report = SideReport {
            account: vpc.owner.clone(),
            region: external.region.clone(),
            vpc: vpc.id.clone(),
            cidrs: vpc.cidrs.clone(),
            tables: Vec::new(),
            dns_resolution: sides.iter().find_map(|side| dns_resolution(side.view, vpc)),
        };
        *plan.report.side(external.name) = Some(report);
    }
}

fn request_for(desired: &Desired, vpcs: [&Vpc; 2]) -> RequestedFor {
    let cidrs: BTreeSet<_> = vpcs.into_iter().flat_map(|vpc| &vpc.cidrs).copied().collect();
    RequestedFor {
        generation: desired.generation,
        reconcile_at: desired.reconcile_at.clone(),
        cidrs: cidrs.into_iter().take(MOST_CIDRS).collect(),
    }
}

/// AWS answers a request between overlapping VPCs with an id, and lets it fail a moment later: we must know before.
fn overlap(requester: &Vpc, accepter: &Vpc) -> Option<Finding> {
    let (one, other) = first_meeting(&requester.cidrs, &accepter.cidrs)?;
    Some(Finding::stalled(
        ConditionType::Connected,
        Reason::CidrOverlap,
        format!(
            "{one} of {} overlaps {other} of {}: AWS cannot peer two VPCs whose CIDRs overlap, whichever addresses are used. Peer another VPC, or reach the service without peering, for instance by PrivateLink.",
            requester.id, accepter.id
        ),
    ))
}

/// More than can be recorded: what is wanted now, and what was written before and has yet to go.
fn too_many(sides: &[ResolvedSide<'_>], recorded: &Recorded) -> Option<Finding> {
    let mut routes = recorded.routes.clone();
    routes.extend(sides.iter().flat_map(|side| side.wishes.iter().cloned()));
    let mut rules = recorded.rules.clone();
    rules.extend(sides.iter().flat_map(|side| side.rules.iter().map(rule_key)));
    let (reason, count, what, fewer) = if routes.len() > MOST_RECORDED {
        (Reason::TooManyRoutes, routes.len(), "routes", "tables or destinations")
    } else if rules.len() > MOST_RECORDED {
        (Reason::TooManyRules, rules.len(), "security group rules", "groups or sources")
    } else {
        return None;
    };
    Some(Finding::stalled(
        ConditionType::Programmed,
        reason,
        format!(
            "The spec asks for {what} that make {count} with those written before, and {MOST_RECORDED} can be kept a record of. Select fewer {fewer}; to exchange many, drop the old ones first and add the new ones once they are gone."
        ),
    ))
}

/// Judges the routes; those that are missing also by what older objects are about to write.
fn judge(
    desired: &Desired,
    observed: &Observed,
    sides: &[ResolvedSide<'_>],
    owned: &Owned<'_>,
    plan: &mut Plan,
) -> Judgement {
    let ours = owned.live.map(|live| &live.id);
    let mut route_sides = route_sides(sides);
    let judged = routes::judge(&route_sides, ours, &plan.report.former);
    let is_wanting =
        |route: &Judged| route.against.is_none() && route.standing != Standing::InPlace;
    if !judged.routes.iter().any(is_wanting) {
        return judged;
    }
    let claims: Vec<Vec<Claimed>> = sides
        .iter()
        .map(|side| incumbents::claims(desired, &observed.siblings, &side.network, side.view))
        .collect();
    if claims.iter().all(Vec::is_empty) {
        return judged;
    }
    for (side, claims) in route_sides.iter_mut().zip(&claims) {
        side.claimed = claims;
    }
    let contested = routes::judge(&route_sides, ours, &plan.report.former);
    incumbents::give_way(plan, observed, judged, contested)
}

fn route_sides<'a>(sides: &[ResolvedSide<'a>]) -> Vec<routes::Side<'a>> {
    sides
        .iter()
        .map(|side| routes::Side {
            name: side.name(),
            network: side.network.clone(),
            wishes: side.wishes.clone(),
            on_conflict: side.on_conflict(),
            claimed: &[],
        })
        .collect()
}

fn report_routes(
    plan: &mut Plan,
    desired: &Desired,
    sides: &[ResolvedSide<'_>],
    judgement: &Judgement,
) {
    for route in &judgement.routes {
        for warning in &route.warnings {
            let finding = Finding::warning(warning.reason(), warning.as_warning());
            if !plan.findings.contains(&finding) {
                plan.findings.push(finding);
            }
        }
    }
    let stands_against =
        |route: &&Judged| route.against.is_some() && route.standing == Standing::InPlace;
    for route in judgement.routes.iter().filter(stands_against) {
        let Some(verdict) = &route.against else { continue };
        plan.findings.push(Finding {
            condition: ConditionType::Programmed,
            reason: verdict.reason(),
            message: format!(
                "The route to {} in {} stays as it is, but would not be written today. {}",
                route.wish.destination,
                route.wish.table,
                verdict.message()
            ),
            effect: verdict.effect(),
        });
    }
    plan.report.supplied = groups::supplied(desired, &judgement.routes);
    let withheld: Vec<&Judged> = judgement
        .routes
        .iter()
        .filter(|route| groups::is_withheld(route) && !plan.report.supplied.contains(&route.side))
        .collect();
    plan.findings.extend(withheld_finding(sides, &withheld));
    plan.report.routes.clone_from(&judgement.routes);
    plan.report.suggested_group = groups::manifest(desired, &plan.report);
}

/// One finding for all withheld routes: the status lists each with its own verdict.
fn withheld_finding(sides: &[ResolvedSide<'_>], withheld: &[&Judged]) -> Option<Finding> {
    let first = withheld.first()?;
    let verdict = first.against.as_ref()?;
    if matches!(verdict, Verdict::ListUnreadable { .. } | Verdict::TableUnknown { .. }) {
        return Some(Finding::passing(
            ConditionType::Programmed,
            verdict.reason(),
            verdict.message(),
        ));
    }
    let count = match withheld.len() {
        1 => "1 route is withheld".to_owned(),
        several => format!("{several} routes are withheld"),
    };
    let named: Vec<String> = withheld
        .iter()
        .take(4)
        .filter_map(|route| {
            let reason = route.against.as_ref()?.reason();
            Some(format!("{} in {} ({reason})", route.wish.destination, route.wish.table))
        })
        .collect();
    let refuses = sides.iter().any(|side| {
        side.on_conflict() == OnConflict::Refuse
            && withheld.iter().any(|route| route.side == side.name())
    });
    let message = format!("{count}: {}. {}", named.join(", "), verdict.message());
    Some(if refuses {
        Finding::stalled(
            ConditionType::Programmed,
            verdict.reason(),
            format!("{message} With `onConflict: Refuse` nothing is written at all."),
        )
    } else {
        Finding::passing(ConditionType::Programmed, Reason::IsolationRequired, message)
    })
}

/// One side is written and seen, then the other; what is no longer wanted goes after that, in the reverse order.
fn route_steps(
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

/// Whether anything forbids to make what does not exist yet.
pub(super) fn is_blocked(plan: &Plan) -> bool {
    plan.findings.iter().any(|finding| finding.effect == Effect::Stalled)
}

/// Whether a connection in this state can carry routes, options and rules.
pub(super) fn is_active(owned: &Owned<'_>) -> bool {
    owned.live.is_some_and(|live| live.state == ConnectionState::Active)
}
