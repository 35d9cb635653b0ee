//! Subnets, and what surrounds them: zones, network ACLs, network interfaces.

use aws_sdk_ec2::types;
use peerway_model::{
    CidrBlock, NetworkAcl, NetworkAclEntry, NetworkInterface, Protocol, Subnet, Zone,
};

use super::{Problem, cidr, parsed, ports, tags};

pub(crate) fn subnet(subnet: &types::Subnet) -> Result<Subnet, Problem> {
    // An IPv6-only subnet has no IPv4 block; AWS then sends an empty one or none.
    let mut cidrs: Vec<CidrBlock> = subnet
        .cidr_block()
        .filter(|text| !text.is_empty())
        .map(|text| cidr("cidrBlock", text))
        .transpose()?
        .into_iter()
        .collect();
    for association in subnet.ipv6_cidr_block_association_set() {
        let state = association.ipv6_cidr_block_state().and_then(|state| state.state());
        if let (Some(types::SubnetCidrBlockStateCode::Associated), Some(text)) =
            (state, association.ipv6_cidr_block())
        {
            cidrs.push(cidr("ipv6CidrBlockAssociationSet", text)?);
        }
    }
    let available = subnet
        .available_ip_address_count()
        .ok_or_else(|| Problem("no availableIpAddressCount".to_owned()))?;
    Ok(Subnet {
        id: parsed("subnetId", subnet.subnet_id())?,
        vpc: parsed("vpcId", subnet.vpc_id())?,
        zone: parsed("availabilityZoneId", subnet.availability_zone_id())?,
        cidrs,
        available_addresses: u32::try_from(available).unwrap_or_default(),
        tags: tags(subnet.tags()),
    })
}

pub(crate) fn network_acl(acl: &types::NetworkAcl) -> Result<NetworkAcl, Problem> {
    let associations = acl.associations().iter().map(|association| {
        let id = association.network_acl_association_id();
        Ok::<_, Problem>((
            parsed("networkAclAssociationId", id)?,
            parsed("associationSet.subnetId", association.subnet_id())?,
        ))
    });
    Ok(NetworkAcl {
        id: parsed("networkAclId", acl.network_acl_id())?,
        vpc: parsed("vpcId", acl.vpc_id())?,
        is_default: acl.is_default() == Some(true),
        entries: acl.entries().iter().map(network_acl_entry).collect::<Result<_, Problem>>()?,
        associations: associations.collect::<Result<_, Problem>>()?,
        tags: tags(acl.tags()),
    })
}

fn network_acl_entry(entry: &types::NetworkAclEntry) -> Result<NetworkAclEntry, Problem> {
    let block = entry.cidr_block().or(entry.ipv6_cidr_block());
    let block = block.ok_or_else(|| Problem("an entry without a block".to_owned()))?;
    let wire = entry.protocol().unwrap_or_default();
    let number = entry.rule_number().and_then(|number| u16::try_from(number).ok());
    Ok(NetworkAclEntry {
        number: number.ok_or_else(|| Problem("no ruleNumber".to_owned()))?,
        egress: entry.egress() == Some(true),
        cidr: cidr("cidrBlock", block)?,
        protocol: Protocol::from_wire(wire).ok_or_else(|| Problem(format!("protocol {wire:?}")))?,
        ports: match (entry.port_range(), entry.icmp_type_code()) {
            (Some(range), _) => ports(range.from(), range.to()),
            (None, Some(icmp)) => ports(icmp.r#type(), icmp.code()),
            (None, None) => None,
        },
        // Whatever is not said to pass does not.
        allow: entry.rule_action() == Some(&types::RuleAction::Allow),
    })
}

pub(crate) fn zone(zone: &types::AvailabilityZone) -> Result<Zone, Problem> {
    Ok(Zone {
        id: parsed("zoneId", zone.zone_id())?,
        name: parsed("zoneName", zone.zone_name())?,
        is_availability_zone: zone.zone_type() == Some("availability-zone"),
        is_available: zone.state() == Some(&types::AvailabilityZoneState::Available),
    })
}

pub(crate) fn network_interface(
    interface: &types::NetworkInterface,
) -> Result<NetworkInterface, Problem> {
    let groups =
        interface.groups().iter().map(|group| parsed("groupSet.groupId", group.group_id()));
    let instance = interface.attachment().and_then(|attachment| attachment.instance_id());
    Ok(NetworkInterface {
        id: parsed("networkInterfaceId", interface.network_interface_id())?,
        vpc: parsed("vpcId", interface.vpc_id())?,
        subnet: parsed("subnetId", interface.subnet_id())?,
        description: interface.description().unwrap_or_default().to_owned(),
        is_requester_managed: interface.requester_managed() == Some(true),
        owner: parsed("ownerId", interface.owner_id())?,
        requester: interface.requester_id().filter(|id| !id.is_empty()).map(str::to_owned),
        groups: groups.collect::<Result<_, Problem>>()?,
        instance: instance.map(str::to_owned),
    })
}
