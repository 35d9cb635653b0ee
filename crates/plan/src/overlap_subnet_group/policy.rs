//! What `managementPolicy`, `deletionPolicy` and the pause leave of a plan, and when a deleted group is let go.

use peerway_api::ConditionType;
use peerway_api::v1alpha1::OverlapSubnetGroup;

use super::desired::Desired;
use super::plan::Plan;
use super::recorded::Recorded;
use super::step::{Call, Step};
use crate::policies::{self, can_tell, drifted};
use crate::{Finding, Outcome, Policies, Presence, Release};

/// Takes the steps out of a plan that may not be taken, and says so.
pub(super) fn hold(desired: &Desired, recorded: &Recorded, plan: &mut Plan) {
    let policies = desired.policies;
    plan.is_paused = policies.is_paused;
    if policies.may_write() {
        return;
    }
    // What is not written is not recorded as written.
    plan.report.written_routes.retain(|wish| recorded.routes.contains(wish));
    let is_tag = |step: &Step| matches!(step.call, Call::TagTable { .. } | Call::TagSubnet { .. });
    policies::hold(desired.presence, policies, plan, is_tag, drift);
}

fn drift(plan: &Plan) -> Option<Finding> {
    let is_told = plan.report.has_judged && can_tell(&plan.findings);
    (is_told && !plan.is_in_sync()).then(|| {
        let otherwise = "not everything that the spec describes is there";
        drifted(ConditionType::Programmed, &plan.held, otherwise)
    })
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
    Release::unentered(Presence::of(&object.metadata), policies, || {
        left(&Recorded::of(object.status.as_ref()))
    })
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
