//! How much of what an object describes is ours to do, and how a deleted object goes.

use std::{fmt, mem};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use peerway_api::v1alpha1::policies::{DeletionPolicy, ManagementPolicy};
use peerway_api::{ConditionType, PAUSED, Reason, is_paused};
use peerway_model::AwsFailure;

use crate::{Effect, Finding, Outcome, Plan};

/// Whether what an object describes should be there. Deletion is a desired state, not a second program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Yes.
    Present,
    /// No: the object is being deleted.
    Absent,
}

impl Presence {
    /// That of an object.
    #[must_use]
    pub fn of(metadata: &ObjectMeta) -> Self {
        if metadata.deletion_timestamp.is_some() { Self::Absent } else { Self::Present }
    }
}

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

/// How many things are named in a sentence.
const NAMED: usize = 4;

impl Policies {
    /// Those of an object: what its spec says of them, where it does, and its annotation.
    #[must_use]
    pub fn of(
        metadata: &ObjectMeta,
        deletion: Option<DeletionPolicy>,
        management: Option<ManagementPolicy>,
    ) -> Self {
        Self {
            deletion: deletion.unwrap_or_default(),
            management: management.unwrap_or_default(),
            is_paused: is_paused(metadata),
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

/// Takes the steps out of a plan that may not be taken, and says so. Steps that only tag
/// (`is_tag`) are not missed by whoever only looks, and how AWS differs then (`drift`) is for the kind to say.
pub(crate) fn hold<S, R>(
    presence: Presence,
    policies: Policies,
    plan: &mut Plan<S, R>,
    is_tag: impl Fn(&S) -> bool,
    drift: impl FnOnce(&Plan<S, R>) -> Option<Finding>,
) {
    plan.held = mem::take(&mut plan.steps);
    match (presence, policies.management) {
        (Presence::Present, ManagementPolicy::Full) => {}
        (Presence::Present, ManagementPolicy::Observe) => {
            // Nobody who only looks ever tags.
            plan.held.retain(|step| !is_tag(step));
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

/// Whether it can be told at all how AWS differs: of a spec that does not hold or resolve nothing follows.
pub(crate) fn can_tell(findings: &[Finding]) -> bool {
    !findings.iter().any(|finding| {
        finding.effect != Effect::Warning
            && matches!(finding.condition, ConditionType::Valid | ConditionType::ResolvedRefs)
    })
}

/// That AWS differs and nothing is done about it: by what is held back, or `otherwise` where that is nothing.
pub(crate) fn drifted<S: fmt::Display>(
    condition: ConditionType,
    held: &[S],
    otherwise: &str,
) -> Finding {
    let first: Vec<String> = held.iter().take(NAMED).map(ToString::to_string).collect();
    let differences = match (first.is_empty(), held.len().saturating_sub(NAMED)) {
        (true, _) => otherwise.to_owned(),
        (false, 0) => first.join("; "),
        (false, more) => format!("{}; and {more} more", first.join("; ")),
    };
    Finding::stalled(
        condition,
        Reason::DriftObserved,
        format!(
            "AWS differs from the spec, and with `managementPolicy: Observe` nothing is written: {differences}. Change AWS or the spec, or set `managementPolicy: Full` to have it done."
        ),
    )
}

/// How a deleted object goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// What stays in AWS.
    pub left: Vec<String>,
    /// Whether our tags are still on it.
    pub is_tagged: bool,
}

/// Whether waiting helps. A session that has ended is followed by another one.
fn passes(failure: &AwsFailure) -> bool {
    let is_over =
        || matches!(failure.code.as_deref(), Some("ExpiredToken" | "ExpiredTokenException"));
    failure.kind.is_passing() || is_over()
}

impl Release {
    /// Whether an object that is being deleted may go now, after this plan and what became of its steps; `left` is what a
    /// policy lets stay.
    #[must_use]
    pub fn of<S, R>(
        presence: Presence,
        policies: Policies,
        plan: &Plan<S, R>,
        outcome: &Outcome,
        left: impl FnOnce() -> Vec<String>,
    ) -> Option<Self> {
        if presence == Presence::Present {
            return None;
        }
        // Whoever is used waits, also with `Retain` or paused.
        if plan.findings.iter().any(|finding| finding.reason == Reason::DependentsExist) {
            return None;
        }
        let is_done = plan.steps.is_empty() && plan.waiting.is_empty();
        let failures: Vec<&AwsFailure> = plan
            .unreadable
            .iter()
            .map(|unreadable| &unreadable.failure)
            .chain(outcome.failures.iter().map(|failed| &failed.failure))
            .collect();
        let is_held = plan.findings.iter().any(|finding| finding.effect != Effect::Warning);
        if !policies.leaves_everything() {
            let is_gone = is_done && failures.is_empty() && !is_held;
            return is_gone.then(Self::default);
        }
        if !policies.may_write() {
            return Some(Self { left: left(), is_tagged: true });
        }
        // Whoever may not go in will not be let in by waiting; what is slow or away for now will be back.
        let is_refused = is_held || !failures.is_empty();
        if is_refused {
            let is_seen = !failures.is_empty() || plan.waiting.is_empty();
            let is_final = is_seen && failures.iter().all(|failure| !passes(failure));
            return is_final.then(|| Self { left: left(), is_tagged: true });
        }
        is_done.then(|| Self { left: left(), is_tagged: false })
    }

    /// Whether an object may go though none of its accounts can be entered: what stays is told from its record alone.
    #[must_use]
    pub fn unentered(
        presence: Presence,
        policies: Policies,
        left: impl FnOnce() -> Vec<String>,
    ) -> Option<Self> {
        (presence == Presence::Absent && policies.leaves_everything())
            .then(|| Self { left: left(), is_tagged: true })
    }

    /// What its author is told of what stays.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let named: Vec<&str> = self.left.iter().map(String::as_str).collect();
        let tags =
            if self.is_tagged { "our tags may still be on it" } else { "our tags were taken off" };
        (!named.is_empty()).then(|| format!("Left in AWS, {tags}: {}.", named.join(", ")))
    }
}
