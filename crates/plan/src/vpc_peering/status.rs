//! What the status says: one pure function of what was, what is desired, what was observed, planned and done.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use peerway_api::v1alpha1::VpcPeeringStatus;
use peerway_api::v1alpha1::vpc_peering::{
    ConnectionStatus, IngressStatus, RuleStanding, RuleStatus, SideStatus,
};
use peerway_api::{ConditionType, Reason};
use peerway_model::{ConnectionId, ConnectionState, Timestamp};

use super::owned::came_to_nothing;
use super::plan::{Report, SideReport, rule_key};
use super::step::Step;
use crate::conditions::{Conditions, Value};
use crate::status::{
    BLOCKED, LISTED, Standings, begin, bounded, deleting, failures, programmed, progress, routes,
    spec, sync, unreadable, worst,
};
use crate::{Effect, Finding, Presence};

/// How many earlier connections are remembered.
const REMEMBERED: usize = 10;

/// Everything a status is made from.
pub type StatusInput<'a> = crate::StatusInput<'a, VpcPeeringStatus, Step, Report>;

/// What the status says.
#[must_use]
pub fn status(input: StatusInput<'_>) -> VpcPeeringStatus {
    if !input.plan.unreadable.is_empty() {
        return unreadable(input, &[ConditionType::Connected, ConditionType::Programmed]);
    }
    let report = &input.plan.report;
    let mut status = begin(input, conditions(input), report.reconcile_at.as_ref());
    if !report.has_judged_connections {
        return status;
    }
    if report.requester.is_some() || report.accepter.is_some() {
        status.requester = report.requester.as_ref().map(side_status);
        status.accepter = report.accepter.as_ref().map(side_status);
    }
    status.peer_actions.clone_from(&report.peer_actions);
    status.routes = routes(&report.routes, &report.written_routes);
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
    crate::status::invalid(previous, generation, findings, now, conditions)
}

fn conditions(input: StatusInput<'_>) -> Vec<Condition> {
    let StatusInput { plan, outcome, .. } = input;
    let previous = input.previous.map_or(&[][..], |status| &status.conditions);
    let mut conditions = Conditions::new(previous, input.generation, input.now);
    let failures = failures(outcome);
    spec(&mut conditions, &plan.findings);
    let is_blocked = plan.findings.iter().any(|finding| {
        (matches!(finding.condition, ConditionType::Valid | ConditionType::Connected)
            || finding.reason == Reason::CidrMismatch)
            && finding.effect != Effect::Warning
    });
    let stalled = plan.findings.iter().find(|finding| finding.effect == Effect::Stalled);
    // Without a connection, what keeps it from being made is the reason, whichever part it is about.
    let report = &plan.report;
    let missing = stalled.filter(|_| report.has_judged_connections && report.connection.is_none());
    let connection = worst(&plan.findings, ConditionType::Connected).or(missing);
    connected(&mut conditions, report, connection, &failures);
    let standings = Standings {
        is_in_place: report.is_in_place(),
        blocked: is_blocked.then(|| BLOCKED.to_owned()),
        surplus: (report.surplus, "routes and rules"),
    };
    programmed(&mut conditions, input, &failures, standings);
    sync(&mut conditions, plan, plan.is_in_sync());

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
