//! What `managementPolicy`, `deletionPolicy` and the pause leave of a plan, and when a deleted object is let go.

use peerway_api::ConditionType;
use peerway_api::v1alpha1::VpcPeering;

use super::desired::{Desired, policies};
use super::plan::Plan;
use super::recorded::Recorded;
use super::step::Step;
use crate::policies::{can_tell, drifted};
use crate::{Finding, Outcome, Presence, Release};

/// Takes the steps out of a plan that may not be taken, and says so.
pub(super) fn hold(desired: &Desired, recorded: &Recorded, plan: &mut Plan) {
    let policies = desired.policies;
    plan.is_paused = policies.is_paused;
    if policies.may_write() {
        return;
    }
    // What is not written is not recorded as written.
    plan.report.written_routes.retain(|wish| recorded.routes.contains(wish));
    plan.report.written_rules.retain(|key| recorded.rules.contains(key));
    let is_tag = |step: &Step| matches!(step, Step::TagConnection { .. } | Step::TagRule { .. });
    crate::policies::hold(desired.presence, policies, plan, is_tag, drift);
}

fn drift(plan: &Plan) -> Option<Finding> {
    let is_told = plan.report.has_judged_connections && can_tell(&plan.findings);
    if !is_told || plan.is_in_sync() {
        return None;
    }
    let condition = if plan.report.connection.is_some() {
        ConditionType::Programmed
    } else {
        ConditionType::Connected
    };
    let otherwise = "not everything that the spec describes is there, or more than it describes";
    Some(drifted(condition, &plan.held, otherwise))
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
    Release::unentered(Presence::of(&object.metadata), policies(object), || {
        left(&Recorded::of(object.status.as_ref()))
    })
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
