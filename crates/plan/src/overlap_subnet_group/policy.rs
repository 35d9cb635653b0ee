//! What `managementPolicy`, `deletionPolicy` and the pause leave of a plan, and when a deleted group is let go.

use std::mem;

use peerway_api::v1alpha1::OverlapSubnetGroup;
use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::{ConditionType, PAUSED, Reason};

use super::desired::Desired;
use super::plan::Plan;
use super::recorded::Recorded;
use super::step::Call;
use crate::{Effect, Finding, Outcome, Policies, Presence, Release};

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
    match (desired.presence, policies.management) {
        (Presence::Present, ManagementPolicy::Full) => {}
        (Presence::Present, ManagementPolicy::Observe) => {
            // Nobody who only looks ever tags.
            plan.held.retain(|step| {
                !matches!(step.call, Call::TagTable { .. } | Call::TagSubnet { .. })
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
    let is_told = !plan.report.has_judged || plan.findings.iter().any(is_unknown);
    if is_told || plan.is_in_sync() {
        return None;
    }
    let more = plan.held.len().saturating_sub(NAMED);
    let first: Vec<String> = plan.held.iter().take(NAMED).map(ToString::to_string).collect();
    let differences = match (first.is_empty(), more) {
        (true, _) => "not everything that the spec describes is there".to_owned(),
        (false, 0) => first.join("; "),
        (false, more) => format!("{}; and {more} more", first.join("; ")),
    };
    Some(Finding::stalled(
        ConditionType::Programmed,
        Reason::DriftObserved,
        format!(
            "AWS differs from the spec, and with `managementPolicy: Observe` nothing is written: {differences}. Change AWS or the spec, or set `managementPolicy: Full` to have it done."
        ),
    ))
}

/// Whether a group that is being deleted may go now, after this plan and what became of its steps.
#[must_use]
pub fn release(
    desired: &Desired,
    recorded: &Recorded,
    plan: &Plan,
    outcome: &Outcome,
) -> Option<Release> {
    Release::of(desired.presence, desired.policies, plan, outcome, || left(recorded))
}

/// Whether a group may go though none of its accounts can be entered: what stays is told from its record alone.
#[must_use]
pub fn release_unentered(object: &OverlapSubnetGroup) -> Option<Release> {
    let spec = &object.spec;
    let policies = Policies::of(&object.metadata, spec.deletion_policy, spec.management_policy);
    let recorded = Recorded::of(object.status.as_ref());
    (object.metadata.deletion_timestamp.is_some() && policies.leaves_everything())
        .then(|| Release { left: left(&recorded), is_tagged: true })
}

/// What a record knows to stand in AWS.
fn left(recorded: &Recorded) -> Vec<String> {
    let subnets = recorded.subnets.values().flatten().map(ToString::to_string);
    let table = recorded.table.iter().map(ToString::to_string);
    let routes = recorded.routes.iter();
    subnets
        .chain(table)
        .chain(routes.map(|wish| format!("route {} in {}", wish.destination, wish.table)))
        .collect()
}
