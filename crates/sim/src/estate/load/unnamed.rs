//! What things without an id of their own are called in complaints: the list they stand in, and their number in it.

use std::collections::BTreeMap;

use super::{hosts, network, peerings};
use crate::estate::{Estate, EstateError, Regional};
use crate::state::Spot;

/// By the ids that were derived for them: `vpcs[1] subnets[0]`, counted from 0 as in a path.
struct Unnamed(BTreeMap<String, String>);

/// The same complaint without ids that its reader has never seen.
pub(super) fn by_position(estate: &Estate, errors: Vec<EstateError>) -> Vec<EstateError> {
    let mut unnamed = Unnamed(BTreeMap::new());
    for (spot, regional) in super::regions(estate) {
        unnamed.region(&spot, regional);
    }
    for (position, peering) in estate.peerings.iter().enumerate() {
        if peering.id.is_none() {
            let path = format!("peerings[{position}]");
            unnamed.0.insert(peerings::id(position, peering).to_string(), path);
        }
    }
    let told = errors.into_iter().map(|error| match error {
        EstateError::Content { place, field, problem } => EstateError::Content {
            place: unnamed.replaced(&place),
            field,
            problem: unnamed.replaced(&problem),
        },
        EstateError::Form(message) => EstateError::Form(message),
    });
    told.collect()
}

impl Unnamed {
    fn region(&mut self, spot: &Spot, regional: &Regional) {
        for (position, vpc) in regional.vpcs.iter().enumerate() {
            let vpc_id = network::vpc_id(spot, position, vpc);
            let vpc_path = format!("vpcs[{position}]");
            if vpc.id.is_none() {
                self.0.insert(vpc_id.to_string(), vpc_path.clone());
            }
            let mut note = |list: &str, at: usize, is_named: bool, id: String| {
                if !is_named {
                    self.0.insert(id, format!("{vpc_path} {list}[{at}]"));
                }
            };
            for (at, table) in vpc.route_tables.iter().enumerate() {
                let id = network::table_id(&vpc_id, at, table).to_string();
                note("routeTables", at, table.id.is_some(), id);
            }
            for (at, subnet) in vpc.subnets.iter().enumerate() {
                if let Some(id) = network::subnet_id(&vpc_id, subnet) {
                    note("subnets", at, subnet.id.is_some(), id.to_string());
                }
            }
            for (at, nat) in vpc.nat_gateways.iter().enumerate() {
                let id = hosts::nat_id(&vpc_id, at, nat).to_string();
                note("natGateways", at, nat.id.is_some(), id);
            }
            for (at, instance) in vpc.instances.iter().enumerate() {
                let id = hosts::instance_id(&vpc_id, at, instance).to_string();
                note("instances", at, instance.id.is_some(), id);
            }
            for (at, group) in vpc.security_groups.iter().enumerate() {
                let id = super::groups::group_id(&vpc_id, group).to_string();
                note("securityGroups", at, group.id.is_some(), id);
            }
            for (at, acl) in vpc.network_acls.iter().enumerate() {
                let id = super::acls::acl_id(&vpc_id, at, acl).to_string();
                note("networkACLs", at, acl.id.is_some(), id);
            }
        }
    }

    fn replaced(&self, text: &str) -> String {
        let mut told = text.to_owned();
        for (id, path) in &self.0 {
            if told.contains(id.as_str()) {
                told = told.replace(id.as_str(), path);
            }
        }
        told
    }
}
