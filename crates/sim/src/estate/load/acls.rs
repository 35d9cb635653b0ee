//! Network ACLs with their use by subnets, and reservations within subnets.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{Protocol, SubnetId, VpcId};

use super::{Loading, at, maker, problem, refused};
use crate::ec2::network_acls::{
    self, Entry, EntryKey, NetworkAcl, default_acl_id, default_entries, original_association,
};
use crate::ec2::{security_groups, subnets};
use crate::estate::{EstateError, Ports, format};
use crate::id::{NetworkAclId, derived};
use crate::state::Spot;

/// The id given, or the one that follows from VPC and position.
pub(super) fn acl_id(vpc: &VpcId, position: usize, acl: &format::NetworkAcl) -> NetworkAclId {
    let derived = || {
        if acl.default {
            default_acl_id(vpc)
        } else {
            derived(&[vpc.as_str(), "acl", &position.to_string()])
        }
    };
    acl.id.clone().unwrap_or_else(derived)
}

impl Loading<'_> {
    /// The ACLs of a VPC; without a default one it gets one.
    pub(super) fn acls(
        &mut self,
        spot: &Spot,
        vpc_id: &VpcId,
        of: &format::Vpc,
    ) -> Result<(), EstateError> {
        let Some(vpc) = self.state.vpc(spot, vpc_id).cloned() else { return Ok(()) };
        for (position, acl) in of.network_acls.iter().enumerate() {
            let id = acl_id(vpc_id, position, acl);
            let place = at(spot, &id);
            let entries = match &acl.entries {
                None if acl.default => default_entries(&vpc),
                None => BTreeMap::new(),
                Some(entries) => read_entries(entries).map_err(|error| problem(place, error))?,
            };
            let loaded = NetworkAcl {
                vpc: vpc_id.clone(),
                is_default: acl.default,
                entries,
                associations: BTreeMap::new(),
                tags: Arc::new(acl.tags.clone()),
                maker: maker(acl.made_by.as_ref()),
            };
            let acls = &mut self.state.at_mut(spot).network_acls;
            let mut others = acls.values();
            if acl.default && others.any(|other| other.is_default && other.vpc == *vpc_id) {
                return Err(problem(place, format!("{vpc_id} has another default ACL")));
            }
            if acls.insert(id.clone(), loaded).is_some() {
                return Err(problem(place, "the network ACL is there twice"));
            }
        }
        network_acls::install_default(self.state.at_mut(spot), vpc_id, &vpc);
        Ok(())
    }

    /// Lets a subnet use the ACL that the estate says, or the default one.
    pub(super) fn use_acl(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        id: &SubnetId,
        subnet: &format::Subnet,
    ) -> Result<(), EstateError> {
        let place = at(spot, id);
        let region = self.state.at_mut(spot);
        let default = network_acls::default_of(region, vpc).cloned();
        let acl = subnet.network_acl.clone().or(default);
        let acl = acl.ok_or_else(|| problem(place, "its VPC has no network ACL"))?;
        let association = subnet.network_acl_association.clone();
        let association = association.unwrap_or_else(|| original_association(&acl, id));
        let mut all = region.network_acls.values();
        if all.any(|other| other.associations.contains_key(&association)) {
            return Err(problem(place, format!("the association {association} is there twice")));
        }
        let found = region.network_acls.get_mut(&acl).filter(|found| found.vpc == *vpc);
        let found = found.ok_or_else(|| problem(place, format!("{acl} is no ACL of {vpc}")))?;
        found.associations.insert(association, id.clone());
        Ok(())
    }

    pub(super) fn reservations(
        &mut self,
        spot: &Spot,
        id: &SubnetId,
        subnet: &format::Subnet,
    ) -> Result<(), EstateError> {
        for reservation in &subnet.reservations {
            let place = at(spot, &reservation.id);
            let kind = subnets::read_type(&reservation.kind).map_err(refused(place))?;
            let region = self.state.at_mut(spot);
            let is_inside = subnet.cidr.iter().chain(&subnet.ipv6_cidr);
            if !is_inside.into_iter().any(|own| own.contains(&reservation.cidr)) {
                return Err(problem(
                    place,
                    format!("{} lies outside of the subnet", reservation.cidr),
                ));
            }
            let mut others = region.reservations.values().filter(|other| other.subnet == *id);
            if others.any(|other| other.block.meets(&reservation.cidr)) {
                return Err(problem(
                    place,
                    format!("{} overlaps another reservation", reservation.cidr),
                ));
            }
            let loaded = subnets::Reservation {
                subnet: id.clone(),
                block: reservation.cidr,
                kind,
                description: reservation.description.clone(),
                tags: Arc::new(reservation.tags.clone()),
                maker: maker(reservation.made_by.as_ref()),
            };
            if region.reservations.insert(reservation.id.clone(), loaded).is_some() {
                return Err(problem(place, "the reservation is there twice"));
            }
        }
        Ok(())
    }
}

fn read_entries(entries: &[format::AclEntry]) -> Result<BTreeMap<EntryKey, Entry>, String> {
    let mut read = BTreeMap::new();
    for entry in entries {
        let key = EntryKey { egress: entry.egress, number: entry.number };
        let protocol = match entry.protocol.as_str() {
            "all" => Protocol::All,
            other => {
                network_acls::read_protocol(other).map_err(|error| error.message().to_owned())?
            }
        };
        let ports = read_ports(protocol, entry.ports)?;
        let is_allowed = !entry.deny;
        let loaded = Entry { protocol, is_allowed, block: entry.cidr, ports };
        if !(1..=32766).contains(&entry.number) || read.insert(key, loaded).is_some() {
            return Err(format!("the rule number {} is out of range or there twice", entry.number));
        }
    }
    Ok(read)
}

/// The ports that a rule means: protocols without ports have none.
fn read_ports(protocol: Protocol, ports: Option<Ports>) -> Result<Option<(i32, i32)>, String> {
    let ports = match (protocol, ports) {
        (Protocol::Tcp | Protocol::Udp, None) => (0, 65535),
        (Protocol::Icmp | Protocol::Icmpv6, None) => (-1, -1),
        (Protocol::All | Protocol::Number(_), None) => return Ok(None),
        (Protocol::All | Protocol::Number(_), Some(_)) => {
            return Err("only TCP, UDP and ICMP have ports".to_owned());
        }
        (Protocol::Icmp | Protocol::Icmpv6, Some(Ports { first, second })) => {
            (first.into(), second.map_or(-1, i32::from))
        }
        (_, Some(Ports { first, second })) => (first.into(), second.unwrap_or(first).into()),
    };
    security_groups::check_ports(protocol, ports).map_err(|error| error.message().to_owned())?;
    Ok(Some(ports))
}
