//! Is there a path, and back? Which hop blocks it?
//!
//! [`Network`] is made of the rows that an observer of every VPC on the way reads; [`Network::judge`] follows one packet and
//! its reply through them, as AWS would, and names the first thing that stops either. Nothing is sent: every answer is a pure
//! function of the rows, the same whatever their order.
//!
//! This crate must not know Kubernetes, AWS clients, an async runtime, a clock or the planner: what the planner promises is
//! judged here by other code than the planner's.

mod admission;
mod flow;
mod lookup;
mod network;
mod network_acl;
mod rows;
mod security_group;
#[cfg(test)]
mod tests;
mod traffic;
mod verdict;
mod walk;

pub use flow::{Flow, Sender, Service, Target};
pub use lookup::{Ending, Lookup, Row};
pub use network::Network;
pub use rows::Rows;
pub use verdict::{Leg, Unseen, Verdict};
