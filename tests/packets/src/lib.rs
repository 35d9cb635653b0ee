//! The packet test: over random estates the shipped planner makes its steps one by one, and after each of them a walker
//! that shares no code with it follows every packet there is, and the reply to it.
//!
//! What is promised (`docs/overlap.md`): whoever reached somebody before still does; a packet that follows a route of ours
//! is answered to its sender or not at all; and a flow of others whose reply a route of ours would take elsewhere is named.
//! Under `LongestPrefix` it is less: whoever reaches somebody else than before was sent there by a declared destination, and
//! a status says so. And a table that is given to a group keeps what it had.
//!
//! An estate is told by its seed alone. A kind takes part by one more arm of [`object::Object`].

mod check;
mod declared;
pub mod dice;
pub mod estate;
mod given;
pub mod group;
mod groups;
pub mod object;
mod overlap;
pub mod run;
pub mod walker;
pub mod world;

use peerway_api::Reason;

/// The reasons under which a flow of others whose reply a route of ours takes elsewhere counts as named. That another
/// connection has the same addresses behind it, and that our route answers what comes in over it, is said by `PeerOverlap`;
/// that a rule of ours lets it in, or that it leads to an overlap subnet, by the other.
pub const NAMED_BY: &[Reason] = &[Reason::AmbiguousSource, Reason::PeerOverlap];

/// On which terms estates are played.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How many objects an estate has at most.
    pub most_objects: usize,
    /// Whether there are overlap subnet groups too.
    pub groups: bool,
    /// Whether routes are `LongestPrefix`, which promises less: only what is declared changes, and it is said. So is every
    /// side; where there are groups, all of their routes on the peers' sides, and some of the sides.
    pub longest_prefix: bool,
    /// What is taken out.
    pub sabotage: Sabotage,
}

/// What is taken out of the planner, to see whether the test would notice. The planner knows nothing of it: it happens at
/// its edges, in what it is shown ([`run`]) and in what becomes of its steps ([`object::Move::sabotaged`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sabotage {
    /// Nothing: the planner as it is shipped.
    #[default]
    None,
    /// No way there without a way back: the planner is shown no subnets, and so finds nobody who would answer.
    WayBack,
    /// The explicit association: it is never made, and a group's subnet follows the main table. The planner believes it was.
    Association,
    /// The order table before subnet: the table's routes and the association come last, after the peers' routes. The planner
    /// believes that they came when it said.
    Order,
    /// Nothing wider: a peer's routes lead to the VPC's whole block instead of to the overlap subnet.
    Narrow,
}
