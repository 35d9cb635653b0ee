//! How much of what an object describes is the controller's to make, keep and take away. The same on every kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a deletion does to what the object owns in AWS.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Default)]
pub enum DeletionPolicy {
    /// It is taken apart, in a safe order.
    #[default]
    Delete,
    /// It stays; only our tags are taken off it.
    Retain,
}

/// Whether anything may be written to AWS for the object.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Default)]
pub enum ManagementPolicy {
    /// Yes: differences are repaired.
    #[default]
    Full,
    /// Never, also not when the object is deleted: differences are reported.
    Observe,
}
