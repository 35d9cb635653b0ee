//! What the status says: one pure function of what was, what is desired, what was observed, planned and done.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use peerway_api::v1alpha1::VpcPeeringStatus;
use peerway_api::v1alpha1::vpc_peering::{
    ConnectionStatus, IngressStatus, RouteStanding, RouteStatus, RoutesStatus, RuleStanding,
    RuleStatus, SideStatus,
};
use peerway_api::{ConditionType, Reason};
use peerway_model::clock::since;
use peerway_model::{ConnectionId, ConnectionState, Timestamp};

use super::owned::came_to_nothing;
use super::plan::{Plan, Report, SideReport, rule_key};
use super::recorded::written;
use super::step::Step;
use crate::conditions::{Conditions, Value};
use crate::routes::{Judged, Standing};
use crate::status::{bounded, deleting, pause, paused, progress, waiting_for, warnings, was_read};
use crate::{Effect, Finding, Outcome, Presence};

/// How many routes and rules are listed for people.
const LISTED: usize = 64;
/// How many earlier connections are remembered.
const REMEMBERED: usize = 10;

/// Everything a status is made from.
pub type StatusInput<'a> = crate::StatusInput<'a, VpcPeeringStatus, Step, Report>;

/// What the status says.
#[must_use]
pub fn status(input: StatusInput<'_>) -> VpcPeeringStatus {
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
    if !report.has_judged_connections {
        return status;
    }
    if report.requester.is_some() || report.accepter.is_some() {
        status.requester = report.requester.as_ref().map(side_status);
        status.accepter = report.accepter.as_ref().map(side_status);
    }
    status.peer_actions.clone_from(&report.peer_actions);
    status.routes = routes_status(report);
    status.suggested_group.clone_from(&report.suggested_group);
    status.ingress = ingress_status(report, status.ingress.as_ref());
    status.connection = connection_status(report, status.connection.as_ref(), input.now);
    status
}

/// A spec that cannot be acted upon: what stands in AWS is neither read nor changed.
#[must_use]
pub fn invalid(
    previous: Option<&VpcPeeringStatus>,
    generation: i64,
    findings: &[Finding],
    now: Timestamp,
) -> VpcPeeringStatus {
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
    let is_blocked = plan.findings.iter().any(|finding| {
        (matches!(finding.condition, ConditionType::Valid | ConditionType::Connected)
            || finding.reason == Reason::CidrMismatch)
            && finding.effect != Effect::Warning
    });
    let stalled = plan.findings.iter().find(|finding| finding.effect == Effect::Stalled);
    // Without a connection, what keeps it from being made is the reason, whichever part it is about.
    let report = &plan.report;
    let missing = stalled.filter(|_| report.has_judged_connections && report.connection.is_none());
    connected(&mut conditions, report, finding(ConditionType::Connected).or(missing), &failures);
    programmed(&mut conditions, input, finding(ConditionType::Programmed), &failures, is_blocked);
    if plan.is_paused {
        conditions.set(ConditionType::Paused, Value::True, Reason::Paused, paused(plan));
    }
    let (value, reason) = if plan.is_in_sync() {
        (Value::True, Reason::Fulfilled)
    } else {
        (Value::False, Reason::Progressing)
    };
    conditions.set(ConditionType::InSync, value, reason, "");

    let parts = [
        ConditionType::Valid,
        ConditionType::ResolvedRefs,
        ConditionType::Connected,
        ConditionType::Programmed,
    ];
    if input.presence == Presence::Absent {
        deleting(&mut conditions, plan, &failures);
        return conditions.into_list();
    }
    let ready = if plan.report.is_isolated() { Reason::Isolated } else { Reason::Ready };
    conditions.derive_ready_as(
        &parts,
        ready,
        "The VPCs are joined: connection, DNS resolution, routes and rules were seen in place.",
    );
    progress(&mut conditions, plan, &failures);
    conditions.into_list()
}

fn connected(
    conditions: &mut Conditions<'_>,
    report: &Report,
    finding: Option<&Finding>,
    failures: &[Finding],
) {
    let kind = ConditionType::Connected;
    let is_known = !report.has_judged_connections && finding.is_none() && conditions.keep(kind);
    if is_known {
        return;
    }
    match (&report.connection, finding) {
        (_, Some(finding)) => {
            conditions.set(kind, Value::False, finding.reason, finding.message.clone());
        }
        (Some((id, ConnectionState::Active)), None) => {
            conditions.set(kind, Value::True, Reason::Fulfilled, format!("{id} is active."));
        }
        (connection, None) => {
            let (reason, message) = match (failures.first(), connection) {
                (Some(failure), _) => (failure.reason, failure.message.clone()),
                (None, Some((id, state))) => {
                    (Reason::ConnectionPending, format!("{id} is {state}."))
                }
                (None, None) => {
                    (Reason::ConnectionPending, "There is no connection yet.".to_owned())
                }
            };
            conditions.set(kind, Value::False, reason, message);
        }
    }
}

fn programmed(
    conditions: &mut Conditions<'_>,
    input: StatusInput<'_>,
    finding: Option<&Finding>,
    failures: &[Finding],
    is_blocked: bool,
) {
    let kind = ConditionType::Programmed;
    let worst = failures.iter().max_by_key(|failure| failure.effect);
    if let Some(finding) = worst.or(finding) {
        conditions.set(kind, Value::False, finding.reason, finding.message.clone());
    } else if input.plan.report.is_in_place() && input.plan.steps.is_empty() {
        conditions.set(kind, Value::True, Reason::Fulfilled, "");
    } else if is_blocked {
        conditions.set(
            kind,
            Value::False,
            Reason::DependencyNotReady,
            "Nothing is written while the conditions above do not hold.",
        );
    } else {
        let unseen = input.outcome.unseen.join("; ");
        let message = match (unseen.is_empty(), input.plan.report.surplus) {
            (false, _) => format!("Written, and not seen in place yet: {unseen}."),
            (true, 0) => "Not everything was seen in place yet.".to_owned(),
            (true, surplus) => {
                format!("Still there and no longer wanted: {surplus} of our routes and rules.")
            }
        };
        conditions.set(kind, Value::False, Reason::Progressing, message);
    }
}

/// What cannot be read keeps its last known status until that is too old; at a generation never read, it is false at once.
fn unreadable(input: StatusInput<'_>) -> VpcPeeringStatus {
    let first = &input.plan.unreadable[0];
    let finding = Finding::of_failure(ConditionType::Programmed, &first.failure);
    let message = format!("{}: {}", first.place, finding.message);
    let known = input.previous.filter(|status| status.observed_generation == input.generation);
    let oldest =
        input.plan.unreadable.iter().map(|unreadable| unreadable.last_good).min().flatten();
    let is_recent = oldest.is_some_and(|at| since(input.now, at) <= input.stale_after);
    if let Some(known) = known.filter(|_| is_recent) {
        let mut status = known.clone();
        pause(&mut status.conditions, input);
        return status;
    }
    let previous = input.previous.map_or(&[][..], |status| &status.conditions);
    let mut conditions = Conditions::new(previous, input.generation, input.now);
    // Known once, and too long ago: it may well still hold. Never known: it does not hold yet.
    let value = if known.is_some_and(|status| was_read(&status.conditions)) {
        Value::Unknown
    } else {
        Value::False
    };
    conditions.set(ConditionType::ResolvedRefs, value, finding.reason, message.clone());
    for kind in [ConditionType::Connected, ConditionType::Programmed, ConditionType::InSync] {
        conditions.set(kind, value, finding.reason, "It cannot be told while AWS cannot be read.");
    }
    conditions.set(ConditionType::Valid, Value::True, Reason::Fulfilled, "");
    conditions.derive_ready(
        &[ConditionType::ResolvedRefs, ConditionType::Connected, ConditionType::Programmed],
        "",
    );
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

fn side_status(report: &SideReport) -> SideStatus {
    SideStatus {
        account_id: report.account.clone(),
        region: report.region.clone(),
        vpc_id: report.vpc.clone(),
        cidrs: report.cidrs.iter().take(LISTED).copied().collect(),
        tables: report.tables.iter().take(LISTED).cloned().collect(),
        dns_resolution: report.dns_resolution,
    }
}

fn connection_status(
    report: &Report,
    before: Option<&ConnectionStatus>,
    now: Timestamp,
) -> Option<ConnectionStatus> {
    let ended = report.ended.as_ref();
    let (id, state) = match (&report.connection, ended) {
        (Some((id, state)), _) => (id, *state),
        (None, Some(ended)) => (&ended.id, ended.state),
        // Gone: its id is kept, so that its routes and its return are known again.
        (None, None) => (&before?.id, ConnectionState::Deleted),
    };
    let known = before.filter(|before| before.id == *id);
    let attempts = match (state, before) {
        (ConnectionState::Active, _) => 0,
        (_, Some(before)) if before.id == *id => before.attempts,
        (_, before) => before.map_or(0, |before| before.attempts).saturating_add(1).min(1_000_000),
    };
    let (last_requested_at, requested_for) = known.map_or_else(
        || (Some(Time(now)), report.request_for.clone()),
        |known| {
            // A record that lacks it could never be seen to differ.
            let requested_for = known.requested_for.clone().or_else(|| report.request_for.clone());
            // One that is up can only be deleted: what its owner is asked for after that must differ from what was wanted
            // when it was.
            let requested_for = match (state, &report.request_for) {
                (ConnectionState::Active, Some(wanted)) => Some(wanted.clone()),
                _ => requested_for,
            };
            (known.last_requested_at.clone(), requested_for)
        },
    );
    Some(ConnectionStatus {
        id: id.clone(),
        state: state.to_string(),
        message: ended
            .filter(|ended| came_to_nothing(ended.state) && !ended.message.is_empty())
            .map(|ended| bounded(&ended.message)),
        last_requested_at,
        attempts,
        requested_for,
        former_ids: former_ids(report, before, id),
    })
}

/// The connections before this one, the oldest first, and of too many the newest.
fn former_ids(
    report: &Report,
    before: Option<&ConnectionStatus>,
    id: &ConnectionId,
) -> Vec<ConnectionId> {
    let known: Vec<&ConnectionId> = before
        .into_iter()
        .flat_map(|before| before.former_ids.iter().chain([&before.id]))
        .filter(|former| report.former.contains(*former))
        .collect();
    // What AWS lists and we do not remember was forgotten as too old.
    let forgotten = report.former.iter().filter(|former| !known.contains(former));
    let all = forgotten.chain(known.iter().copied());
    let mut ids: Vec<ConnectionId> = all.filter(|former| *former != id).cloned().collect();
    ids.split_off(ids.len().saturating_sub(REMEMBERED))
}

fn routes_status(report: &Report) -> Option<RoutesStatus> {
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

pub(crate) fn route_status(route: &Judged) -> RouteStatus {
    let state = match (&route.standing, &route.against) {
        (Standing::InPlace, _) => RouteStanding::InPlace,
        (Standing::Stale | Standing::Missing, Some(_)) => RouteStanding::Withheld,
        (Standing::Stale | Standing::Missing, None) => RouteStanding::Missing,
    };
    RouteStatus {
        side: route.side,
        table: route.wish.table.clone(),
        destination: route.wish.destination,
        state,
        reason: route.against.as_ref().map(|verdict| verdict.reason().as_str().to_owned()),
        message: route.against.as_ref().map(|verdict| bounded(&verdict.message())),
    }
}

fn ingress_status(report: &Report, before: Option<&IngressStatus>) -> Option<IngressStatus> {
    if report.rules.is_empty() && report.written_rules.is_empty() {
        return None;
    }
    let in_place =
        report.rules.iter().filter(|rule| rule.standing != RuleStanding::Missing).count();
    let mut items: Vec<RuleStatus> = report
        .rules
        .iter()
        .map(|rule| RuleStatus {
            side: rule.side,
            security_group_id: rule.rule.group.clone(),
            rule: rule.rule.to_string(),
            state: rule.standing,
            rule_id: rule.id.clone(),
        })
        .collect();
    // A rule that lost our tags is known by its id alone, until it is gone.
    let to_go = before.into_iter().flat_map(|before| &before.items).filter(|item| {
        let key = format!("{} {}", item.security_group_id, item.rule);
        item.rule_id.is_some()
            && report.written_rules.contains(&key)
            && !report.rules.iter().any(|rule| rule_key(&rule.rule) == key)
    });
    items.extend(to_go.cloned());
    items.sort_by_key(|item| item.state != RuleStanding::Missing);
    items.truncate(LISTED);
    Some(IngressStatus {
        ready: format!("{in_place}/{}", report.rules.len()),
        items,
        written: report.written_rules.iter().cloned().collect(),
    })
}
