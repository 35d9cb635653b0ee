//! What every kind's status is made from, and what is the same in all of them.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use peerway_api::v1alpha1::vpc_peering::{
    RouteStanding, RouteStatus, RoutesStatus, WaitingStatus, WarningStatus,
};
use peerway_api::v1alpha1::{OverlapSubnetGroupStatus, ProxyLoadBalancerStatus, VpcPeeringStatus};
use peerway_api::{ConditionType, PAUSED, Reason};
use peerway_model::Timestamp;
use peerway_model::clock::since;

use crate::conditions::{Conditions, Value, is_true};
use crate::routes::{Judged, Standing, Wish};
use crate::vpc_peering::recorded::written;
use crate::{Effect, Finding, Outcome, Plan, Presence, Waiting};

/// How many things of a sort are listed for people.
pub(crate) const LISTED: usize = 64;

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
    /// Since when this process has been reading. What was told before counts as told then.
    pub awake_since: Timestamp,
    /// How old the last good read may be before what it said counts as unknown.
    pub stale_after: Duration,
}

impl<T, S, R> Clone for StatusInput<'_, T, S, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, S, R> Copy for StatusInput<'_, T, S, R> {}

impl<T, S, R> StatusInput<'_, T, S, R> {
    /// Whether what was last told then may still be repeated.
    pub(crate) fn is_recent(&self, last_good: Option<Timestamp>) -> bool {
        let told = last_good.unwrap_or(self.awake_since);
        since(self.now, told) <= self.stale_after
    }
}

/// What every kind's status tells.
pub trait KindStatus: Clone + Default {
    /// The generation that it is about.
    fn observed_generation(&self) -> i64;
    /// The fresh look that was answered last.
    fn last_handled_reconcile_at(&self) -> Option<&str>;
    /// The conditions.
    fn conditions(&self) -> &[Condition];
    /// What is waited for.
    fn waiting_for(&self) -> Option<&WaitingStatus>;
    /// The same, to write.
    fn shared(&mut self) -> Shared<'_>;
}

/// The fields of a status that every kind has.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The generation that it is about.
    pub observed_generation: &'a mut i64,
    /// The fresh look that was answered last.
    pub last_handled_reconcile_at: &'a mut Option<String>,
    /// What is waited for.
    pub waiting_for: &'a mut Option<WaitingStatus>,
    /// What deserves a look.
    pub warnings: &'a mut Vec<WarningStatus>,
    /// The conditions.
    pub conditions: &'a mut Vec<Condition>,
}

macro_rules! kind_status {
    ($($status:ty),*) => {
        $(
            impl KindStatus for $status {
                fn observed_generation(&self) -> i64 {
                    self.observed_generation
                }

                fn last_handled_reconcile_at(&self) -> Option<&str> {
                    self.last_handled_reconcile_at.as_deref()
                }

                fn conditions(&self) -> &[Condition] {
                    &self.conditions
                }

                fn waiting_for(&self) -> Option<&WaitingStatus> {
                    self.waiting_for.as_ref()
                }

                fn shared(&mut self) -> Shared<'_> {
                    Shared {
                        observed_generation: &mut self.observed_generation,
                        last_handled_reconcile_at: &mut self.last_handled_reconcile_at,
                        waiting_for: &mut self.waiting_for,
                        warnings: &mut self.warnings,
                        conditions: &mut self.conditions,
                    }
                }
            }
        )*
    };
}

kind_status!(VpcPeeringStatus, OverlapSubnetGroupStatus, ProxyLoadBalancerStatus);

/// The status before with what every kind's says anew; what a kind adds to it is its own.
pub(crate) fn begin<T: KindStatus, S, R>(
    input: StatusInput<'_, T, S, R>,
    conditions: Vec<Condition>,
    reconcile_at: Option<&String>,
) -> T {
    let before = input.previous.and_then(KindStatus::waiting_for);
    let waiting = waiting_for(before, &input.plan.waiting, input.now);
    let mut status = input.previous.cloned().unwrap_or_default();
    let shared = status.shared();
    *shared.observed_generation = input.generation;
    *shared.conditions = conditions;
    *shared.waiting_for = waiting;
    *shared.warnings = warnings(&input.plan.findings);
    if let Some(at) = reconcile_at {
        *shared.last_handled_reconcile_at = Some(at.clone());
    }
    status
}

/// A spec that cannot be acted upon: what stands in AWS is neither read nor changed.
pub(crate) fn invalid<T: KindStatus, S, R: Default>(
    previous: Option<&T>,
    generation: i64,
    findings: &[Finding],
    now: Timestamp,
    conditions: impl FnOnce(StatusInput<'_, T, S, R>) -> Vec<Condition>,
) -> T {
    let plan = Plan { findings: findings.to_vec(), ..Plan::default() };
    let input = StatusInput {
        previous,
        generation,
        presence: Presence::Present,
        plan: &plan,
        outcome: &Outcome::default(),
        now,
        awake_since: now,
        stale_after: Duration::MAX,
    };
    let conditions = conditions(input);
    let mut status = previous.cloned().unwrap_or_default();
    let shared = status.shared();
    *shared.observed_generation = generation;
    *shared.conditions = conditions;
    *shared.waiting_for = None;
    status
}

/// What cannot be read keeps its last known status until that is too old; at a generation never read, it is false at once.
/// `parts` are the conditions that the kind derives from what it reads.
pub(crate) fn unreadable<T: KindStatus, S: fmt::Display, R>(
    input: StatusInput<'_, T, S, R>,
    parts: &[ConditionType],
) -> T {
    let first = &input.plan.unreadable[0];
    let finding = Finding::of_failure(ConditionType::Programmed, &first.failure);
    let message = format!("{}: {}", first.place, finding.message);
    let known = input.previous.filter(|status| status.observed_generation() == input.generation);
    let is_recent = input.plan.unreadable.iter().all(|part| input.is_recent(part.last_good));
    if let Some(known) = known.filter(|_| is_recent) {
        let mut status = known.clone();
        pause(status.shared().conditions, input);
        return status;
    }
    let previous = input.previous.map_or(&[][..], KindStatus::conditions);
    let mut conditions = Conditions::new(previous, input.generation, input.now);
    let is_known = known.is_some_and(|status| was_read(status.conditions()));
    // Known once, and too long ago: it may well still hold. Never known: it does not hold yet.
    let value = if is_known { Value::Unknown } else { Value::False };
    conditions.set(ConditionType::Valid, Value::True, Reason::Fulfilled, "");
    conditions.set(ConditionType::ResolvedRefs, value, finding.reason, message.clone());
    for kind in parts.iter().chain(&[ConditionType::InSync]) {
        conditions.set(*kind, value, finding.reason, "It cannot be told while AWS cannot be read.");
    }
    let judged: Vec<ConditionType> = [&[ConditionType::ResolvedRefs][..], parts].concat();
    conditions.derive_ready(&judged, "");
    if finding.effect == Effect::Stalled {
        conditions.set(ConditionType::Stalled, Value::True, finding.reason, message);
    } else {
        conditions.set(ConditionType::Reconciling, Value::True, finding.reason, message);
    }
    let conditions = conditions.into_list();
    let mut status = input.previous.cloned().unwrap_or_default();
    let shared = status.shared();
    *shared.observed_generation = input.generation;
    *shared.conditions = conditions;
    pause(shared.conditions, input);
    status
}

/// The worst that keeps a condition from holding.
pub(crate) fn worst(findings: &[Finding], kind: ConditionType) -> Option<&Finding> {
    findings
        .iter()
        .filter(|finding| finding.condition == kind && finding.effect != Effect::Warning)
        .max_by_key(|finding| finding.effect)
}

/// What failed calls mean for an object.
pub(crate) fn failures(outcome: &Outcome) -> Vec<Finding> {
    let failures = outcome.failures.iter();
    failures.map(|failed| Finding::of_step(ConditionType::Programmed, failed)).collect()
}

/// `Valid` and `ResolvedRefs`; whether the spec is valid.
pub(crate) fn spec(conditions: &mut Conditions<'_>, findings: &[Finding]) -> bool {
    let mut is_judged = true;
    for kind in [ConditionType::Valid, ConditionType::ResolvedRefs] {
        match worst(findings, kind) {
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
    is_judged
}

/// What writes nothing until something above it holds.
pub(crate) const BLOCKED: &str = "Nothing is written while the conditions above do not hold.";

/// How things stand, as far as `Programmed` asks.
pub(crate) struct Standings {
    /// Whether everything was seen in place.
    pub(crate) is_in_place: bool,
    /// What else must hold before anything is written, where it does not.
    pub(crate) blocked: Option<String>,
    /// How much of ours is there and no longer wanted, and what sort of things.
    pub(crate) surplus: (usize, &'static str),
}

/// `Programmed`.
pub(crate) fn programmed<T, S, R>(
    conditions: &mut Conditions<'_>,
    input: StatusInput<'_, T, S, R>,
    failures: &[Finding],
    standings: Standings,
) {
    let kind = ConditionType::Programmed;
    let failed = failures.iter().max_by_key(|failure| failure.effect);
    if let Some(finding) = failed.or_else(|| worst(&input.plan.findings, kind)) {
        conditions.set(kind, Value::False, finding.reason, finding.message.clone());
    } else if standings.is_in_place && input.plan.steps.is_empty() {
        conditions.set(kind, Value::True, Reason::Fulfilled, "");
    } else if let Some(message) = standings.blocked {
        conditions.set(kind, Value::False, Reason::DependencyNotReady, message);
    } else {
        let unseen = input.outcome.unseen.join("; ");
        let message = match (unseen.is_empty(), standings.surplus) {
            (false, _) => format!("Written, and not seen in place yet: {unseen}."),
            (true, (0, _)) => "Not everything was seen in place yet.".to_owned(),
            (true, (surplus, what)) => {
                format!("Still there and no longer wanted: {surplus} of our {what}.")
            }
        };
        conditions.set(kind, Value::False, Reason::Progressing, message);
    }
}

/// `Paused`, while it is, and `InSync`.
pub(crate) fn sync<S: fmt::Display, R>(
    conditions: &mut Conditions<'_>,
    plan: &Plan<S, R>,
    is_in_sync: bool,
) {
    if plan.is_paused {
        conditions.set(ConditionType::Paused, Value::True, Reason::Paused, paused(plan));
    }
    let (value, reason, message) = if is_in_sync {
        (Value::True, Reason::Fulfilled, "")
    } else {
        let message = "What is desired and what is there differ; the other conditions say in what.";
        (Value::False, Reason::Progressing, message)
    };
    conditions.set(ConditionType::InSync, value, reason, message);
}

/// The wanted routes and the record of ours.
pub(crate) fn routes(judged: &[Judged], record: &BTreeSet<Wish>) -> Option<RoutesStatus> {
    if judged.is_empty() && record.is_empty() {
        return None;
    }
    let in_place = judged.iter().filter(|route| route.standing == Standing::InPlace).count();
    let mut items: Vec<RouteStatus> = judged.iter().map(route).collect();
    items.sort_by_key(|item| item.state == RouteStanding::InPlace && item.reason.is_none());
    items.truncate(LISTED);
    Some(RoutesStatus {
        ready: format!("{in_place}/{}", judged.len()),
        items,
        written: written(record),
    })
}

fn route(route: &Judged) -> RouteStatus {
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

/// What a pause holds back.
fn paused<S: fmt::Display, R>(plan: &Plan<S, R>) -> String {
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
fn pause<T, S: fmt::Display, R>(conditions: &mut Vec<Condition>, input: StatusInput<'_, T, S, R>) {
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
fn was_read(conditions: &[Condition]) -> bool {
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
fn waiting_for(
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
fn warnings(findings: &[Finding]) -> Vec<WarningStatus> {
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
