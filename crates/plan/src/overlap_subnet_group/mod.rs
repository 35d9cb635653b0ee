//! `OverlapSubnetGroup`: what it means ([`mod@desired`]), what its references and selectors name ([`mod@resolve`]), what is
//! ours ([`mod@owned`]), what to do ([`mod@plan`]), what that would lead to ([`mod@project`]), what to say
//! ([`mod@status`], [`mod@events`]).

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
mod acl;
mod blocks;
mod peer_routes;
mod policy;
mod present;
mod subnets;
mod table;
mod warnings;

pub use desired::{Desired, Neighbour, Peer, PeerRoutes};
pub use events::events;
pub use needs::{needs, reads};
pub use plan::{Plan, Report, plan};
pub use policy::{release, release_unentered};
pub use project::project;
pub use recorded::Recorded;
pub use status::{StatusInput, status};
pub use step::Step;

/// What is known of the world for a group: beside what was read, the other groups of the cluster.
pub type Observed = crate::Observed<Vec<Neighbour>>;

#[cfg(test)]
mod tests;
