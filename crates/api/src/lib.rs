//! The custom resources of `peerway.dev`: what users write, what we report.
//!
//! Types and their schemas. This crate must not know clients, AWS, or what any of this leads to: that is decided in
//! `peerway-plan`. Doc comments of fields become `kubectl explain`, so they are written for operators.

pub mod conditions;
pub mod crd;
pub mod v1alpha1;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

pub use conditions::{ConditionType, Reason};

/// The API group.
pub const GROUP: &str = "peerway.dev";

/// The finalizer on objects that own, or let others own, things in AWS.
pub const FINALIZER: &str = "peerway.dev/cleanup";

/// The annotation that stops every write to AWS for an object while it is `"true"`.
pub const PAUSED: &str = "peerway.dev/paused";

/// Whether an object is paused.
#[must_use]
pub fn is_paused(metadata: &ObjectMeta) -> bool {
    let value = metadata.annotations.as_ref().and_then(|annotations| annotations.get(PAUSED));
    value.is_some_and(|value| value == "true")
}

/// The annotation that asks for a fresh look: any value; the one that was answered is in `status.lastHandledReconcileAt`.
pub const RECONCILE_AT: &str = "peerway.dev/reconcile-at";

/// How much of that annotation is looked at: as much as the status can answer.
const MOST_OF_RECONCILE_AT: usize = 256;

/// The fresh look that an object asks for.
#[must_use]
pub fn reconcile_at(metadata: &ObjectMeta) -> Option<String> {
    let value = metadata.annotations.as_ref()?.get(RECONCILE_AT)?;
    Some(value.chars().take(MOST_OF_RECONCILE_AT).collect())
}

/// The name under which the controller writes to the API server.
pub const FIELD_MANAGER: &str = "peerway";
