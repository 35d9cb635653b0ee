//! `ProxyLoadBalancer`: what it means ([`mod@desired`]), where it stands ([`mod@placement`]), how it is to be set up
//! ([`mod@settings`]), whom it serves ([`mod@targets`]), what to do ([`mod@plan`]), what that would lead to
//! ([`mod@project`]), what to say ([`mod@status`], [`mod@events`]).

pub mod desired;
pub mod events;
pub mod health;
pub mod needs;
pub mod placement;
pub mod plan;
pub mod project;
pub mod recorded;
pub mod settings;
pub mod status;
pub mod step;
pub mod targets;

mod absent;
mod attributes;
mod balancer;
mod exchange;
mod firewall;
mod listeners;
mod members;
mod policies;
mod policy;
mod present;
mod reference;
mod refusals;
mod say;
mod scaling;
mod scene;
mod subnets;

use std::time::Duration;

pub use desired::{Desired, SubnetGroup};
pub use events::events;
pub use needs::{needs, reads};
pub use plan::{Plan, Report, plan};
pub use policy::{release, release_unentered};
pub use project::project;
pub use recorded::Recorded;
pub use status::{StatusInput, status};
pub use step::Step;

/// How often the health of instances may be asked for, so that all balancers together stay within a quarter of what AWS
/// answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Once enough instances are in service.
    pub at_rest: Duration,
    /// Before.
    pub in_progress: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at_rest: Duration::from_secs(30), in_progress: Duration::from_secs(5) }
    }
}

/// What is known of the world for a load balancer.
pub type Observed = crate::Observed<Pace>;

#[cfg(test)]
mod tests;
