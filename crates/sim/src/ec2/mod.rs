//! EC2: one module per noun, each with what stands in the world, the requests and replies in AWS's own words, and one
//! function per action.

pub mod account_attributes;
pub mod address_attributes;
pub mod addresses;
pub mod availability_zones;
pub mod egress_only_gateways;
pub mod gateways;
pub mod images;
pub mod instance_types;
pub mod instances;
pub mod key_pairs;
pub mod launch_templates;
pub(crate) mod listing;
pub mod nat_gateways;
pub mod network_acls;
pub mod network_interfaces;
pub mod peerings;
pub mod prefix_lists;
pub mod regions;
pub mod route_tables;
pub mod security_groups;
pub mod subnets;
pub mod tags;
pub mod volumes;
pub mod vpc_endpoints;
pub mod vpcs;
mod wire;

pub use wire::{Done, Filter, Flag, FlagValue, Tag, TagSet, TagSpecification, Text, TextValue};
