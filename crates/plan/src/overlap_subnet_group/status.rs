//! What the status says: one pure function of what was, what is desired, what was observed, planned and done.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use peerway_api::v1alpha1::OverlapSubnetGroupStatus;
use peerway_api::v1alpha1::overlap_subnet_group::{
    GroupRouteStatus, GroupSubnetStatus, GroupTableStatus, PeerStatus,
};
use peerway_api::v1alpha1::vpc_peering::{RouteStanding, RouteStatus, RoutesStatus};
use peerway_api::{ConditionType, Reason};
use peerway_model::Timestamp;
use peerway_model::clock::since;

use super::plan::{Plan, Report};
use super::step::Step;
use crate::conditions::{Conditions, Value};
use crate::routes::Standing;
use crate::status::{deleting, pause, paused, progress, waiting_for, warnings, was_read};
use crate::vpc_peering::recorded::written;
use crate::vpc_peering::status::route_status;
use crate::{Effect, Finding, Outcome, Presence};

/// How many things are listed for people.
const LISTED: usize = 64;

/// Everything a status is made from.
pub type StatusInput<'a> = crate::StatusInput<'a, OverlapSubnetGroupStatus, Step, Report>;

/// What the status says.
#[must_use]
pub fn status(input: StatusInput<'_>) -> OverlapSubnetGroupStatus {
    if !input.plan.unreadable.is_empty() {
        return unreadable(input);
    }
    let report = &input.plan.report;
    let mut status = input.previous.cloned().unwrap_or_default();
    status.observed_generation = input.generation;
    status.conditions = conditions(input);
    let before = input.previous.and_then(|status| status.waiting_for.as_ref());
    status.waiting_for = waiting_for(before, &input.plan.waiting, input.now);
    status.warnings = warnings(&input.plan.findings);
    if report.reconcile_at.is_some() {
        status.last_handled_reconcile_at.clone_from(&report.reconcile_at);
    }
    if report.home.is_some() {
        status.home.clone_from(&report.home);
    }
    if !report.has_judged {
        return status;
    }
    if input.presence == Presence::Present {
        status.peers = peers(report, &status.peers);
    }
    let wanted = report.subnets.values().filter(|subnet| subnet.is_wanted).count();
    let ready =
        report.subnets.values().filter(|subnet| subnet.is_wanted && subnet.is_in_place()).count();
    status.ready = format!("{ready}/{wanted}");
    status.subnets = subnets(report, &status.subnets);
    // What vanished is known until it was made anew: else one look would be enough to make another.
    let known = status.route_table.take().map(|table| table.id);
    status.route_table = report.table.clone().or(known).map(|id| GroupTableStatus {
        id,
        routes: report
            .table_routes
            .iter()
            .take(LISTED)
            .map(|route| GroupRouteStatus {
                destination: route.destination,
                connection_id: route.connection.clone(),
                state: match (route.standing == Standing::InPlace, route.is_withheld) {
                    (true, _) => RouteStanding::InPlace,
                    (false, true) => RouteStanding::Withheld,
                    (false, false) => RouteStanding::Missing,
                },
            })
            .collect(),
    });
    status.routes = routes(report);
    status
}

/// The peers. What was known of one keeps until it is known anew: by it things are found when the peering is gone. One
/// that is no longer named is known until its routes are gone.
fn peers(report: &Report, before: &[PeerStatus]) -> Vec<PeerStatus> {
    let peers = report.peers.iter().map(|peer| {
        let known = before.iter().find(|known| known.name == peer.name);
        PeerStatus {
            name: peer.name.clone(),
            far: peer.far.clone(),
            connection_id: peer
                .connection
                .clone()
                .or_else(|| known.and_then(|known| known.connection_id.clone())),
            cidrs: peer.cidrs.iter().take(LISTED).copied().collect(),
        }
    });
    let gone = before.iter().filter(|known| {
        report.is_clearing && report.peers.iter().all(|peer| peer.name != known.name)
    });
    peers.chain(gone.cloned()).collect()
}

/// The subnets, wanted or not. The id of one that vanished is known until it was made anew, or is wanted no more.
fn subnets(report: &Report, before: &[GroupSubnetStatus]) -> Vec<GroupSubnetStatus> {
    let subnets = report.subnets.iter().map(|(zone, subnet)| {
        let known = before.iter().find(|known| known.zone == *zone && known.cidr == subnet.cidr);
        GroupSubnetStatus {
            zone: zone.clone(),
            cidr: subnet.cidr,
            ipv6_cidr: subnet.ipv6,
            id: subnet.id.clone().or_else(|| known.and_then(|known| known.id.clone())),
            association_id: subnet.association.clone(),
            wanted: subnet.is_wanted,
        }
    });
    subnets.collect()
}

fn routes(report: &Report) -> Option<RoutesStatus> {
    if report.routes.is_empty() && report.written_routes.is_empty() {
        return None;
    }
    let in_place = report.routes.iter().filter(|route| route.standing == Standing::InPlace).count();
    let mut items: Vec<RouteStatus> = report.routes.iter().map(route_status).collect();
    items.sort_by_key(|item| item.state == RouteStanding::InPlace && item.reason.is_none());
    items.truncate(LISTED);
    Some(RoutesStatus {
        ready: format!("{in_place}/{}", report.routes.len()),
        items,
        written: written(&report.written_routes),
    })
}

/// A spec that cannot be acted upon: what stands in AWS is neither read nor changed.
#[must_use]
pub fn invalid(
    previous: Option<&OverlapSubnetGroupStatus>,
    generation: i64,
    findings: &[Finding],
    now: Timestamp,
) -> OverlapSubnetGroupStatus {
    let plan = Plan { findings: findings.to_vec(), ..Plan::default() };
    let input = StatusInput {
        previous,
        generation,
        presence: Presence::Present,
        plan: &plan,
        outcome: &Outcome::default(),
        now,
        stale_after: std::time::Duration::MAX,
    };
    let mut status = previous.cloned().unwrap_or_default();
    status.observed_generation = generation;
    status.conditions = conditions(input);
    status.waiting_for = None;
    status
}

fn conditions(input: StatusInput<'_>) -> Vec<Condition> {
    let StatusInput { plan, outcome, .. } = input;
    let previous = input.previous.map_or(&[][..], |status| &status.conditions);
    let mut conditions = Conditions::new(previous, input.generation, input.now);
    let finding = |kind| {
        plan.findings
            .iter()
            .filter(|finding| finding.condition == kind && finding.effect != Effect::Warning)
            .max_by_key(|finding| finding.effect)
    };
    let failures: Vec<Finding> = outcome
        .failures
        .iter()
        .map(|failure| Finding::of_failure(ConditionType::Programmed, failure))
        .collect();
    let mut is_judged = true;
    for kind in [ConditionType::Valid, ConditionType::ResolvedRefs] {
        match finding(kind) {
            Some(finding) => {
                conditions.set(kind, Value::False, finding.reason, finding.message.clone());
                is_judged &= kind != ConditionType::Valid;
            }
            None if is_judged => conditions.set(kind, Value::True, Reason::Fulfilled, ""),
            None => conditions.set(
                kind,
                Value::Unknown,
                Reason::DependencyNotReady,
                "The spec must be valid first.",
            ),
        }
    }
    programmed(&mut conditions, input, finding(ConditionType::Programmed), &failures, is_judged);
    if plan.is_paused {
        conditions.set(ConditionType::Paused, Value::True, Reason::Paused, paused(plan));
    }
    let (value, reason) = if plan.is_in_sync() {
        (Value::True, Reason::Fulfilled)
    } else {
        (Value::False, Reason::Progressing)
    };
    conditions.set(ConditionType::InSync, value, reason, "");
    if input.presence == Presence::Absent {
        deleting(&mut conditions, plan, &failures);
        return conditions.into_list();
    }
    let parts = [ConditionType::Valid, ConditionType::ResolvedRefs, ConditionType::Programmed];
    conditions.derive_ready(
        &parts,
        "The subnets answer their peers: table, routes, subnets and associations were seen in place.",
    );
    progress(&mut conditions, plan, &failures);
    conditions.into_list()
}

fn programmed(
    conditions: &mut Conditions<'_>,
    input: StatusInput<'_>,
    finding: Option<&Finding>,
    failures: &[Finding],
    is_valid: bool,
) {
    let kind = ConditionType::Programmed;
    let report = &input.plan.report;
    let worst = failures.iter().max_by_key(|failure| failure.effect);
    let waiting = report.peers.iter().find(|peer| !peer.is_active);
    if let Some(finding) = worst.or(finding) {
        conditions.set(kind, Value::False, finding.reason, finding.message.clone());
    } else if report.is_in_place() && input.plan.steps.is_empty() {
        conditions.set(kind, Value::True, Reason::Fulfilled, "");
    } else if !is_valid {
        conditions.set(
            kind,
            Value::False,
            Reason::DependencyNotReady,
            "Nothing is written while the conditions above do not hold.",
        );
    } else if let Some(peer) = waiting {
        conditions.set(
            kind,
            Value::False,
            Reason::DependencyNotReady,
            format!("The connection to peer '{}' is not active yet.", peer.name),
        );
    } else {
        let unseen = input.outcome.unseen.join("; ");
        let message = match (unseen.is_empty(), report.surplus) {
            (false, _) => format!("Written, and not seen in place yet: {unseen}."),
            (true, 0) => "Not everything was seen in place yet.".to_owned(),
            (true, surplus) => {
                format!("Still there and no longer wanted: {surplus} of our routes and subnets.")
            }
        };
        conditions.set(kind, Value::False, Reason::Progressing, message);
    }
}

/// What cannot be read keeps its last known status until that is too old; at a generation never read, it is false at once.
fn unreadable(input: StatusInput<'_>) -> OverlapSubnetGroupStatus {
    let first = &input.plan.unreadable[0];
    let finding = Finding::of_failure(ConditionType::Programmed, &first.failure);
    let message = format!("{}: {}", first.place, finding.message);
    let known = input.previous.filter(|status| status.observed_generation == input.generation);
    let oldest = input.plan.unreadable.iter().map(|unreadable| unreadable.last_good).min();
    let is_recent = oldest.flatten().is_some_and(|at| since(input.now, at) <= input.stale_after);
    if let Some(known) = known.filter(|_| is_recent) {
        let mut status = known.clone();
        pause(&mut status.conditions, input);
        return status;
    }
    let previous = input.previous.map_or(&[][..], |status| &status.conditions);
    let mut conditions = Conditions::new(previous, input.generation, input.now);
    let is_known = known.is_some_and(|status| was_read(&status.conditions));
    // Known once, and too long ago: it may well still hold. Never known: it does not hold yet.
    let value = if is_known { Value::Unknown } else { Value::False };
    conditions.set(ConditionType::Valid, Value::True, Reason::Fulfilled, "");
    conditions.set(ConditionType::ResolvedRefs, value, finding.reason, message.clone());
    for kind in [ConditionType::Programmed, ConditionType::InSync] {
        conditions.set(kind, value, finding.reason, "It cannot be told while AWS cannot be read.");
    }
    conditions.derive_ready(&[ConditionType::ResolvedRefs, ConditionType::Programmed], "");
    if finding.effect == Effect::Stalled {
        conditions.set(ConditionType::Stalled, Value::True, finding.reason, message);
    } else {
        conditions.set(ConditionType::Reconciling, Value::True, finding.reason, message);
    }
    let mut status = input.previous.cloned().unwrap_or_default();
    status.observed_generation = input.generation;
    status.conditions = conditions.into_list();
    pause(&mut status.conditions, input);
    status
}
