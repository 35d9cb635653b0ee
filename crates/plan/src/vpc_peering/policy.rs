//! What `managementPolicy`, `deletionPolicy` and the pause leave of a plan, and when a deleted object is let go.

use std::mem;

use peerway_api::v1alpha1::VpcPeering;
use peerway_api::v1alpha1::policies::{DeletionPolicy, ManagementPolicy};
use peerway_api::{ConditionType, PAUSED, Reason, is_paused};
use peerway_model::FailureKind;

use super::desired::{Desired, Presence};
use super::plan::Plan;
use super::recorded::Recorded;
use super::status::Outcome;
use super::step::Step;
use crate::{Effect, Finding};

/// How many things are named in a sentence.
const NAMED: usize = 4;

/// How much of what an object describes is ours to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policies {
    /// What a deletion does.
    pub deletion: DeletionPolicy,
    /// Whether anything may be written.
    pub management: ManagementPolicy,
    /// Whether writes are stopped for now.
    pub is_paused: bool,
}

impl Policies {
    /// Those of an object.
    #[must_use]
    pub fn of(object: &VpcPeering) -> Self {
        Self {
            deletion: object.spec.deletion_policy.unwrap_or_default(),
            management: object.spec.management_policy.unwrap_or_default(),
            is_paused: is_paused(&object.metadata),
        }
    }

    /// Whether AWS may be written to.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.management == ManagementPolicy::Full && !self.is_paused
    }

    /// Whether what stands in AWS outlives the object.
    #[must_use]
    pub fn leaves_everything(&self) -> bool {
        self.deletion == DeletionPolicy::Retain || self.management == ManagementPolicy::Observe
    }
}

/// Takes the steps out of a plan that may not be taken, and says so.
pub(super) fn hold(desired: &Desired, recorded: &Recorded, plan: &mut Plan) {
    let policies = desired.policies;
    plan.is_paused = policies.is_paused;
    if policies.may_write() {
        return;
    }
    plan.held = mem::take(&mut plan.steps);
    // What is not written is not recorded as written.
    plan.report.written_routes.retain(|wish| recorded.routes.contains(wish));
    plan.report.written_rules.retain(|key| recorded.rules.contains(key));
    match (desired.presence, policies.management) {
        (Presence::Present, ManagementPolicy::Full) => {}
        (Presence::Present, ManagementPolicy::Observe) => {
            // Nobody who only looks ever tags.
            plan.held.retain(|step| {
                !matches!(step, Step::TagConnection { .. } | Step::TagRule { .. })
            });
            plan.findings.extend(drift(plan));
        }
        (Presence::Absent, _) if policies.leaves_everything() => {}
        (Presence::Absent, _) => plan.findings.push(Finding::passing(
            ConditionType::Programmed,
            Reason::Paused,
            format!(
                "The object is being deleted and is paused: nothing is taken apart. Remove the annotation {PAUSED}, or set `deletionPolicy: Retain` to let it go and leave everything in AWS."
            ),
        )),
    }
}

fn drift(plan: &Plan) -> Option<Finding> {
    let is_unknown = |finding: &Finding| {
        finding.effect != Effect::Warning
            && matches!(finding.condition, ConditionType::Valid | ConditionType::ResolvedRefs)
    };
    let is_told = !plan.report.has_judged_connections || plan.findings.iter().any(is_unknown);
    if is_told || plan.is_in_sync() {
        return None;
    }
    let differences = if plan.held.is_empty() {
        "not everything that the spec describes is there, or more than it describes".to_owned()
    } else {
        named(plan.held.iter().map(ToString::to_string))
    };
    let condition = if plan.report.connection.is_some() {
        ConditionType::Programmed
    } else {
        ConditionType::Connected
    };
    Some(Finding::stalled(
        condition,
        Reason::DriftObserved,
        format!(
            "AWS differs from the spec, and with `managementPolicy: Observe` nothing is written: {differences}. Change AWS or the spec, or set `managementPolicy: Full` to have it done."
        ),
    ))
}

fn named(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let first: Vec<String> = all.take(NAMED).collect();
    let first = first.join("; ");
    if more == 0 { first } else { format!("{first}; and {more} more") }
}

/// How a deleted object goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// What stays in AWS.
    pub left: Vec<String>,
    /// Whether our tags are still on it.
    pub is_tagged: bool,
}

impl Release {
    /// What its author is told of what stays.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let named: Vec<&str> = self.left.iter().map(String::as_str).collect();
        let tags =
            if self.is_tagged { "our tags may still be on it" } else { "our tags were taken off" };
        (!named.is_empty()).then(|| format!("Left in AWS, {tags}: {}.", named.join(", ")))
    }
}

/// Whether an object that is being deleted may go now, after this plan and what became of its steps.
#[must_use]
pub fn release(
    desired: &Desired,
    recorded: &Recorded,
    plan: &Plan,
    outcome: &Outcome,
) -> Option<Release> {
    if desired.presence == Presence::Present {
        return None;
    }
    let is_done = plan.steps.is_empty() && plan.waiting.is_empty();
    let failures: Vec<FailureKind> = plan
        .unreadable
        .iter()
        .map(|unreadable| unreadable.failure.kind)
        .chain(outcome.failures.iter().map(|failure| failure.kind))
        .collect();
    let is_held = plan.findings.iter().any(|finding| finding.effect != Effect::Warning);
    let policies = desired.policies;
    if !policies.leaves_everything() {
        let is_gone = is_done && failures.is_empty() && !is_held;
        return is_gone.then(Release::default);
    }
    let left = left(recorded);
    if !policies.may_write() {
        return Some(Release { left, is_tagged: true });
    }
    // Whoever may not go in will not be let in by waiting; what is slow or away for now will be back.
    let is_refused = is_held || !failures.is_empty();
    if is_refused {
        let is_final = failures.iter().all(|kind| !kind.is_passing());
        return is_final.then_some(Release { left, is_tagged: true });
    }
    is_done.then_some(Release { left, is_tagged: false })
}

/// Whether an object may go though none of its accounts can be entered: what stays is told from its record alone.
#[must_use]
pub fn release_unentered(object: &VpcPeering) -> Option<Release> {
    let recorded = Recorded::of(object.status.as_ref());
    (object.metadata.deletion_timestamp.is_some() && Policies::of(object).leaves_everything())
        .then(|| Release { left: left(&recorded), is_tagged: true })
}

/// What a record knows to stand in AWS.
fn left(recorded: &Recorded) -> Vec<String> {
    let connection = recorded.connection.iter().filter(|_| recorded.ended.is_none());
    connection
        .map(ToString::to_string)
        .chain(recorded.rule_ids.iter().map(ToString::to_string))
        .chain(
            recorded
                .routes
                .iter()
                .map(|wish| format!("route {} in {}", wish.destination, wish.table)),
        )
        .collect()
}
