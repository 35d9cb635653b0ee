//! `VPCPeering`: what it means ([`desired`]), what its selectors name ([`resolve`]), what is ours ([`owned`]), what to do
//! ([`plan`]), what that would lead to ([`project`]), what to say ([`status`], [`events`]).

pub mod desired;
pub mod events;
pub mod needs;
pub mod owned;
pub mod plan;
pub mod project;
pub mod recorded;
pub mod resolve;
pub mod status;
pub mod step;

mod absent;
mod ingress;
mod lifecycle;
mod present;

pub use desired::{Desired, Presence, Side};
pub use events::{Event, events};
pub use needs::{Needs, Read, needs, reads};
pub use plan::{Plan, Report, Waiting, plan};
pub use project::project;
pub use recorded::Recorded;
pub use status::{Outcome, StatusInput, status};
pub use step::Step;

#[cfg(test)]
mod tests;
