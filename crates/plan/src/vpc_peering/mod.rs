//! `VPCPeering`: what it means ([`mod@desired`]), what its selectors name ([`mod@resolve`]), what is ours ([`mod@owned`]), what to do
//! ([`mod@plan`]), what that would lead to ([`mod@project`]), what to say ([`mod@status`], [`mod@events`]).

pub mod desired;
pub mod events;
pub mod groups;
pub mod needs;
pub mod owned;
pub mod pair;
pub mod plan;
pub mod policy;
pub mod project;
pub mod recorded;
pub mod resolve;
pub mod seen;
pub mod status;
pub mod step;

mod absent;
mod adoption;
mod binding;
mod disconnect;
mod external;
mod incumbents;
mod ingress;
mod lifecycle;
mod peer_actions;
mod present;
mod retain;
mod route_steps;
mod routing;
mod sides;

pub use desired::{Desired, External, Managed, ManagedSpec, Side};
pub use events::events;
pub use needs::{needs, reads, vpcs};
pub use pair::Sibling;
pub use plan::{Plan, Report, plan};
pub use policy::{release, release_unentered};
pub use project::project;
pub use recorded::Recorded;
pub use seen::Seen;
pub use status::{StatusInput, status};
pub use step::Step;

#[cfg(test)]
mod tests;
