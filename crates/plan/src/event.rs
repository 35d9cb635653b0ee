//! What a user would want to have been told.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use peerway_api::{ConditionType, Reason};

use crate::Release;

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whether it is trouble.
    pub is_warning: bool,
    /// A short reason, few in number.
    pub reason: &'static str,
    /// What was done, in one word.
    pub action: &'static str,
    /// What happened, with field, old and new value where something was repaired.
    pub note: String,
    /// What it is about, where an object may have several such events within minutes.
    pub about: Option<String>,
}

/// A new reason not to be ready that somebody must look at.
pub(crate) fn trouble(previous: &[Condition], conditions: &[Condition]) -> Option<Event> {
    let ready = |conditions: &[Condition]| {
        let kind = ConditionType::Ready.as_str();
        conditions.iter().find(|condition| condition.type_ == kind).cloned()
    };
    let now = ready(conditions)?;
    let before = ready(previous).map(|condition| condition.reason);
    let reason = Reason::from_name(&now.reason)?;
    let is_ordinary = matches!(
        reason,
        Reason::Ready
            | Reason::Isolated
            | Reason::Fulfilled
            | Reason::Pending
            | Reason::Progressing
            | Reason::Deleting
            | Reason::ConnectionPending
            | Reason::AcceptancePending
            | Reason::RequestPending
            | Reason::InstancesOutOfService
            | Reason::DependencyNotReady
    );
    if is_ordinary || before.as_deref() == Some(&now.reason) {
        return None;
    }
    Some(Event {
        is_warning: true,
        reason: reason.as_str(),
        action: "Reconcile",
        note: now.message,
        about: None,
    })
}

/// What stays in AWS when its object goes.
#[must_use]
pub fn retained(release: &Release) -> Option<Event> {
    Some(Event {
        is_warning: release.is_tagged,
        reason: "Retained",
        action: "Delete",
        note: release.note()?,
        about: None,
    })
}
