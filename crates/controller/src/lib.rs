//! The Kubernetes edge: watches, visits, finalizers, status, events.
//!
//! A visit observes, plans, acts and reports; nothing is remembered between visits that AWS or the object do not tell
//! again. What to do is decided in `peerway-plan`; this crate must not know the SDK, the simulated AWS or the command
//! line.
#![warn(clippy::wildcard_enum_match_arm)]

mod aws_account;
mod backoff;
mod context;
mod error;
mod events;
mod finalizer;
mod first_look;
mod lease;
mod limit;
mod looked_at;
mod object;
mod outstanding;
mod overlap_subnet_group;
mod pairs;
mod proxy_load_balancer;
mod publish;
mod rested;
mod run;
mod unparsable;
mod users;
mod visit;
mod vpc_peering;

pub use context::Settings;
pub use error::Error;
pub use lease::LeaseConfig;
pub use run::{DEBOUNCE, Health, RunConfig, run};
