//! What `managementPolicy`, `deletionPolicy` and the pause leave of a plan, and when a deleted balancer is let go.

use peerway_api::ConditionType;
use peerway_api::v1alpha1::ProxyLoadBalancer;

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
    plan.report.written_rules.retain(|key, _| recorded.rules.contains_key(key));
    let is_tag = |step: &Step| matches!(step.call, Call::Tag { .. } | Call::TagBalancer { .. });
    policies::hold(desired.presence, policies, plan, is_tag, drift);
}

fn drift(plan: &Plan) -> Option<Finding> {
    let is_told = plan.report.has_judged && can_tell(&plan.findings);
    (is_told && !plan.is_in_sync()).then(|| {
        let otherwise = "not everything that the spec describes is there";
        drifted(ConditionType::Programmed, &plan.held, otherwise)
    })
}

/// Whether a balancer that is being deleted may go now, after this plan and what became of its steps.
#[must_use]
pub fn release(
    desired: &Desired,
    recorded: &Recorded,
    plan: &Plan,
    outcome: &Outcome,
) -> Option<Release> {
    Release::of(desired.presence, desired.policies, plan, outcome, || left(recorded))
}

/// Whether a balancer may go though its account cannot be entered: what stays is told from its record alone.
#[must_use]
pub fn release_unentered(object: &ProxyLoadBalancer) -> Option<Release> {
    let spec = &object.spec;
    let policies = Policies::of(&object.metadata, spec.deletion_policy, spec.management_policy);
    Release::unentered(Presence::of(&object.metadata), policies, || {
        left(&Recorded::of(object.status.as_ref()))
    })
}

/// What a record knows to stand in AWS.
fn left(recorded: &Recorded) -> Vec<String> {
    let balancer = recorded.name.iter().filter(|_| recorded.exists).map(ToString::to_string);
    let groups = recorded.made.values().flatten().map(ToString::to_string);
    let attachments =
        recorded.attachments.keys().map(|group| format!("the attachment to '{group}'"));
    balancer.chain(groups).chain(attachments).chain(recorded.rules.keys().cloned()).collect()
}
