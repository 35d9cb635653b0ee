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
    let mut private: Vec<_> = interface.private_ip_addresses().iter().collect();
    private.sort_by_key(|address| address.primary() != Some(true));
    let private = private
        .into_iter()
        .map(|address| ("privateIpAddressesSet.privateIpAddress", address.private_ip_address()));
    let ipv6 = interface.ipv6_addresses().iter();
    let ipv6 = ipv6.map(|address| ("ipv6AddressesSet.ipv6Address", address.ipv6_address()));
    let addresses = private.chain(ipv6).map(|(field, text)| parsed(field, text));
    let instance = interface.attachment().and_then(|attachment| attachment.instance_id());
    Ok(NetworkInterface {
        id: parsed("networkInterfaceId", interface.network_interface_id())?,
        vpc: parsed("vpcId", interface.vpc_id())?,
        subnet: parsed("subnetId", interface.subnet_id())?,
        addresses: addresses.collect::<Result<_, Problem>>()?,
        description: interface.description().unwrap_or_default().to_owned(),
        is_requester_managed: interface.requester_managed() == Some(true),
        owner: parsed("ownerId", interface.owner_id())?,
        requester: interface.requester_id().filter(|id| !id.is_empty()).map(str::to_owned),
        groups: groups.collect::<Result<_, Problem>>()?,
        instance: instance.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use peerway_model::PortRange;

    use super::*;

    fn entry() -> aws_sdk_ec2::types::builders::NetworkAclEntryBuilder {
        types::NetworkAclEntry::builder().rule_number(100).cidr_block("10.0.0.0/8")
    }

    #[test]
    fn a_subnet_says_how_many_addresses_are_free_or_is_none() {
        let answer = || {
            types::Subnet::builder()
                .subnet_id("subnet-0a000001")
                .vpc_id("vpc-ce78dbb7")
                .availability_zone_id("usw2-az1")
                .cidr_block("10.50.6.0/26")
        };
        let read = subnet(&answer().available_ip_address_count(59).build()).unwrap();
        assert_eq!(read.available_addresses, 59);
        assert!(subnet(&answer().build()).is_err());
    }

    #[test]
    fn entries_have_ports_types_or_neither_and_allow_only_what_they_say() {
        let tcp = entry()
            .protocol("6")
            .port_range(types::PortRange::builder().from(1024).to(65535).build())
            .rule_action(types::RuleAction::Allow)
            .build();
        let tcp = network_acl_entry(&tcp).unwrap();
        assert_eq!((tcp.protocol, tcp.allow, tcp.egress), (Protocol::Tcp, true, false));
        assert_eq!(tcp.ports, Some(PortRange { from: 1024, to: 65535 }));
        let every_type = types::IcmpTypeCode::builder().r#type(-1).code(-1).build();
        let icmp = entry().protocol("1").icmp_type_code(every_type).egress(true).build();
        let icmp = network_acl_entry(&icmp).unwrap();
        assert_eq!((icmp.protocol, icmp.ports, icmp.egress), (Protocol::Icmp, None, true));
        assert!(!icmp.allow, "nothing says that it may pass");
        assert!(network_acl_entry(&entry().protocol("nonsense").build()).is_err());
        let without_block = types::NetworkAclEntry::builder().rule_number(100).protocol("-1");
        assert!(network_acl_entry(&without_block.build()).is_err());
    }

    #[test]
    fn only_availability_zones_are_such() {
        let answer = |kind: &str| {
            let answer = types::AvailabilityZone::builder()
                .zone_id("usw2-lax1-az1")
                .zone_name("us-west-2-lax-1a")
                .zone_type(kind)
                .state(types::AvailabilityZoneState::Available);
            zone(&answer.build()).unwrap()
        };
        assert!(!answer("local-zone").is_availability_zone);
        assert!(answer("availability-zone").is_availability_zone);
        assert!(zone(&types::AvailabilityZone::builder().zone_id("usw2-az1").build()).is_err());
    }

    #[test]
    fn an_interface_has_its_primary_address_first_and_ipv6_last() {
        let private = |text: &str, primary| {
            let address = types::NetworkInterfacePrivateIpAddress::builder();
            address.private_ip_address(text).primary(primary).build()
        };
        let answer = types::NetworkInterface::builder()
            .network_interface_id("eni-0000000a")
            .vpc_id("vpc-ce78dbb7")
            .subnet_id("subnet-0a000001")
            .owner_id("111111111111")
            .ipv6_addresses(
                types::NetworkInterfaceIpv6Address::builder().ipv6_address("2001:db8::5").build(),
            )
            .private_ip_addresses(private("10.50.0.9", false))
            .private_ip_addresses(private("10.50.0.20", true));
        let read = network_interface(&answer.clone().build()).unwrap();
        let addresses: Vec<String> = read.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["10.50.0.20", "10.50.0.9", "2001:db8::5"]);
        let garbled = answer.private_ip_addresses(private("10.50.0", false)).build();
        assert!(network_interface(&garbled).is_err());
    }

    #[test]
    fn an_interface_of_a_service_has_no_instance() {
        let answer = types::NetworkInterface::builder()
            .network_interface_id("eni-0000000a")
            .vpc_id("vpc-ce78dbb7")
            .subnet_id("subnet-0a000001")
            .owner_id("111111111111")
            .description("ELB x")
            .requester_id("amazon-elb")
            .requester_managed(true)
            .groups(types::GroupIdentifier::builder().group_id("sg-0e1b0001").build())
            .attachment(
                types::NetworkInterfaceAttachment::builder()
                    .instance_owner_id("amazon-elb")
                    .build(),
            )
            .build();
        let read = network_interface(&answer).unwrap();
        assert_eq!((read.instance, read.requester.as_deref()), (None, Some("amazon-elb")));
        assert!(read.is_requester_managed);
        assert_eq!(read.groups, ["sg-0e1b0001".parse().unwrap()]);
    }
}
