//! EC2: one module per noun, each with what stands in the world, the requests and replies in AWS's own words, and one
//! function per action.

pub mod availability_zones;
pub mod gateways;
pub(crate) mod listing;
pub mod nat_gateways;
pub mod peerings;
pub mod prefix_lists;
pub mod route_tables;
pub mod security_groups;
pub mod subnets;
pub mod tags;
pub mod vpcs;
mod wire;

pub use wire::{Done, Filter, Flag, FlagValue, Tag, TagSet, TagSpecification};
