//! What every kind's status is made from, and what is the same in all of them.

use std::fmt;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use peerway_api::v1alpha1::vpc_peering::{WaitingStatus, WarningStatus};
use peerway_api::{ConditionType, PAUSED, Reason};
use peerway_model::Timestamp;

use crate::conditions::{Conditions, Value, is_true};
use crate::{Effect, Finding, Outcome, Plan, Presence, Waiting};

/// How many warnings are listed.
const WARNINGS: usize = 16;
/// The longest message in a list.
const MESSAGE: usize = 1024;

/// Everything a status is made from: of a kind with status `T`, steps `S` and reports `R`.
#[derive(Debug)]
pub struct StatusInput<'a, T, S, R> {
    /// The status before.
    pub previous: Option<&'a T>,
    /// The generation that was looked at.
    pub generation: i64,
    /// Whether the object should be there.
    pub presence: Presence,
    /// The plan made from the last observation.
    pub plan: &'a Plan<S, R>,
    /// What became of the steps before it.
    pub outcome: &'a Outcome,
    /// Now.
    pub now: Timestamp,
    /// How old the last good read may be before what it said counts as unknown.
    pub stale_after: Duration,
}

impl<T, S, R> Clone for StatusInput<'_, T, S, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, S, R> Copy for StatusInput<'_, T, S, R> {}

/// What a pause holds back.
pub(crate) fn paused<S: fmt::Display, R>(plan: &Plan<S, R>) -> String {
    let held: Vec<String> = plan.held.iter().take(4).map(ToString::to_string).collect();
    match plan.held.len() {
        0 => format!("The annotation {PAUSED} stops every write to AWS. Nothing is waiting."),
        1 => format!("The annotation {PAUSED} stops every write to AWS. Not done: {}", held[0]),
        count => format!(
            "The annotation {PAUSED} stops every write to AWS. {count} steps are not done, first: {}",
            held.join("; ")
        ),
    }
}

/// The conditions of an object that is being deleted.
pub(crate) fn deleting<S, R>(
    conditions: &mut Conditions<'_>,
    plan: &Plan<S, R>,
    failures: &[Finding],
) {
    let holding = plan
        .findings
        .iter()
        .filter(|finding| finding.effect != Effect::Warning)
        .max_by_key(|finding| finding.effect);
    let (reason, message) = match holding.or(failures.first()) {
        Some(finding) => (finding.reason, finding.message.clone()),
        None => (Reason::Deleting, "Being taken apart.".to_owned()),
    };
    conditions.set(ConditionType::Ready, Value::False, reason, message.clone());
    let is_stalled = holding.is_some_and(|finding| finding.effect == Effect::Stalled);
    let kind = if is_stalled { ConditionType::Stalled } else { ConditionType::Reconciling };
    conditions.set(kind, Value::True, reason, message);
}

/// `Stalled` when only a human helps, `Reconciling` while anything else is not done; never both.
pub(crate) fn progress<S, R>(
    conditions: &mut Conditions<'_>,
    plan: &Plan<S, R>,
    failures: &[Finding],
) {
    let stalled =
        plan.findings.iter().chain(failures).find(|finding| finding.effect == Effect::Stalled);
    if let Some(finding) = stalled {
        conditions.set(
            ConditionType::Stalled,
            Value::True,
            finding.reason,
            finding.message.clone(),
        );
        return;
    }
    let Some((value, reason, message)) = conditions.get(ConditionType::Ready) else { return };
    if value != Value::True {
        let message = message.to_owned();
        conditions.set(ConditionType::Reconciling, Value::True, reason, message);
    }
}

/// `Paused` comes and goes also while nothing else can be told.
pub(crate) fn pause<T, S: fmt::Display, R>(
    conditions: &mut Vec<Condition>,
    input: StatusInput<'_, T, S, R>,
) {
    let kind = ConditionType::Paused;
    let is_told = is_true(conditions, kind);
    if !input.plan.is_paused {
        conditions.retain(|condition| condition.type_ != kind.as_str());
    } else if !is_told {
        let mut one = Conditions::new(conditions, input.generation, input.now);
        one.set(kind, Value::True, Reason::Paused, paused(input.plan));
        let one = one.into_list();
        conditions.extend(one);
    }
}

/// Whether a status was ever made from what AWS told, also by a process before this one.
pub(crate) fn was_read(conditions: &[Condition]) -> bool {
    let resolved =
        conditions.iter().find(|found| found.type_ == ConditionType::ResolvedRefs.as_str());
    resolved.is_some_and(|resolved| {
        let only_failed = [
            Reason::AwsUnreachable,
            Reason::AccessDenied,
            Reason::CredentialsUnavailable,
            Reason::Throttled,
            Reason::Progressing,
        ];
        resolved.status != "False"
            || !only_failed.iter().any(|reason| reason.as_str() == resolved.reason)
    })
}

/// What is waited for, and since when.
pub(crate) fn waiting_for(
    before: Option<&WaitingStatus>,
    waiting: &[Waiting],
    now: Timestamp,
) -> Option<WaitingStatus> {
    let what: Vec<String> = waiting.iter().map(ToString::to_string).collect();
    if what.is_empty() {
        return None;
    }
    let what = bounded(&what.join("; "));
    let since = before
        .filter(|before| before.what == what)
        .map_or_else(|| Time(now), |before| before.since.clone());
    Some(WaitingStatus { what, since })
}

/// What deserves a look, as far as fits.
pub(crate) fn warnings(findings: &[Finding]) -> Vec<WarningStatus> {
    findings
        .iter()
        .filter(|finding| finding.effect == Effect::Warning)
        .take(WARNINGS)
        .map(|finding| WarningStatus {
            reason: finding.reason.as_str().to_owned(),
            message: bounded(&finding.message),
        })
        .collect()
}

/// A message that fits into a list.
pub(crate) fn bounded(message: &str) -> String {
    if message.chars().count() <= MESSAGE {
        return message.to_owned();
    }
    let mut cut: String = message.chars().take(MESSAGE - 1).collect();
    cut.push('…');
    cut
}
