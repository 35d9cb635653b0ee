//! What `managementPolicy`, `deletionPolicy` and the pause leave of a plan, and when a deleted object is let go.

use std::mem;

use peerway_api::v1alpha1::VpcPeering;
use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::{ConditionType, PAUSED, Reason};

use super::desired::{Desired, policies};
use super::plan::Plan;
use super::recorded::Recorded;
use super::step::Step;
use crate::{Effect, Finding, Outcome, Presence, Release};

/// How many things are named in a sentence.
const NAMED: usize = 4;

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

/// Whether an object that is being deleted may go now, after this plan and what became of its steps.
#[must_use]
pub fn release(
    desired: &Desired,
    recorded: &Recorded,
    plan: &Plan,
    outcome: &Outcome,
) -> Option<Release> {
    Release::of(desired.presence, desired.policies, plan, outcome, || left(recorded))
}

/// Whether an object may go though none of its accounts can be entered: what stays is told from its record alone.
#[must_use]
pub fn release_unentered(object: &VpcPeering) -> Option<Release> {
    let recorded = Recorded::of(object.status.as_ref());
    (object.metadata.deletion_timestamp.is_some() && policies(object).leaves_everything())
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
