//! What every kind's status is made from.

use std::time::Duration;

use peerway_model::Timestamp;

use crate::{Outcome, Plan, Presence};

/// Everything a status is made from: of a kind with status `T`, steps `S` and reports `R`.
#[derive(Debug)]
pub struct StatusInput<'a, T, S, R> {
    /// The status before.
    pub previous: Option<&'a T>,
    /// The generation that was looked at.
    pub generation: i64,
    /// Whether the object should be there.
    pub presence: Presence,
    /// The plan made from the last observation.
    pub plan: &'a Plan<S, R>,
    /// What became of the steps before it.
    pub outcome: &'a Outcome,
    /// Now.
    pub now: Timestamp,
    /// How old the last good read may be before what it said counts as unknown.
    pub stale_after: Duration,
}

impl<T, S, R> Clone for StatusInput<'_, T, S, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, S, R> Copy for StatusInput<'_, T, S, R> {}
