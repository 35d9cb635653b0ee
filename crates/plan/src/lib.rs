//! The decisions: from what is desired and what was observed to the steps to take, what is waited for, what blocks, and
//! what the status says. One folder per kind; what kinds share lies beside them.
//!
//! Everything here is a pure function of its arguments. No I/O, no async, no clock, no randomness: time comes in as data.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod access;
pub mod allocation;
pub mod aws_account;
pub mod conditions;
mod confirmation;
pub mod event;
mod extra_tags;
pub mod finding;
pub mod network;
pub mod observed;
pub mod overlap_subnet_group;
pub mod plan;
pub mod policies;
pub mod proxy_load_balancer;
pub mod routes;
pub mod status;
#[cfg(test)]
mod testing;
pub mod vpc_peering;
mod world;

pub use event::Event;
pub use finding::{Effect, Finding};
pub use observed::{Needs, Observed, Read, View};
pub use plan::{FailedStep, Outcome, Plan, PlanStep, Waiting};
pub use policies::{Policies, Presence, Release};
pub use status::{KindStatus, StatusInput};
