//! The custom resources of `peerway.dev`: what users write, what we report.
//!
//! Types and their schemas. This crate must not know clients, AWS, or what any of this leads to: that is decided in
//! `peerway-plan`. Doc comments of fields become `kubectl explain`, so they are written for operators.

pub mod conditions;
pub mod crd;
pub mod v1alpha1;

pub use conditions::{ConditionType, Reason};

/// The API group.
pub const GROUP: &str = "peerway.dev";

/// The finalizer on objects that own, or let others own, things in AWS.
pub const FINALIZER: &str = "peerway.dev/cleanup";

/// The name under which the controller writes to the API server.
pub const FIELD_MANAGER: &str = "peerway";
