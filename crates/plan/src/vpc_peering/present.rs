//! The plan for an object that should be there.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::v1alpha1::vpc_peering::RequestedFor;
use peerway_api::{ConditionType, Reason};
use peerway_model::cidr::first_meeting;
use peerway_model::{Connection, ConnectionState, Origin, Place, Vpc};

use super::desired::Desired;
use super::owned::{Owned, is_present, owned};
use super::plan::{Plan, Report, rule_key};
use super::recorded::Recorded;
use super::route_steps::route_steps;
use super::routing::{judge, report_routes};
use super::seen::{Seen, distinct};
use super::sides::{Pair, ResolvedSide, report_sides, resolve_sides, resolve_vpcs};
use super::step::Step;
use super::{adoption, binding, external, ingress, lifecycle, pair, peer_actions};
use crate::observed::{Observed, Readable};
use crate::{Effect, Finding, Waiting};

/// The most routes, and the most rules, that an object may record.
const MOST_RECORDED: usize = 1000;

/// The most CIDRs that are recorded with a request.
const MOST_CIDRS: usize = 128;

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

/// Whether anything forbids to make what does not exist yet.
pub(super) fn is_blocked(plan: &Plan) -> bool {
    plan.findings.iter().any(|finding| finding.effect == Effect::Stalled)
}

/// Whether a connection in this state can carry routes, options and rules.
pub(super) fn is_active(owned: &Owned<'_>) -> bool {
    owned.live.is_some_and(|live| live.state == ConnectionState::Active)
}
