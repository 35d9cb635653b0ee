//! From AWS's shapes to Peerway's nouns, and back for what is written.

mod balancers;
mod hosts;

use peerway_aws::PrefixListHead;
use peerway_model::id::ParseIdError;
use peerway_model::{
    Association, AssociationScope, CidrBlock, Connection, ConnectionEnd, ConnectionState,
    Destination, Direction, Family, IngressRule, NatConnectivity, NatGateway, NetworkAcl,
    NetworkAclEntry, NetworkInterface, PortRange, Protocol, Route, RouteOrigin, RouteState,
    RouteTable, RouteTarget, RuleSource, SecurityGroup, SecurityGroupRule, Subnet, Tags, Vpc, Zone,
};

use crate::ec2::TagSet;
use crate::ec2::availability_zones::ZoneItem;
use crate::ec2::nat_gateways::NatGatewayItem;
use crate::ec2::network_acls::{EntryItem, NetworkAclItem};
use crate::ec2::network_interfaces::NetworkInterfaceItem;
use crate::ec2::peerings::{ConnectionItem, VpcInfo};
use crate::ec2::prefix_lists::PrefixListItem;
use crate::ec2::route_tables::{AssociationItem, RouteItem, RouteTableItem, parse_target};
use crate::ec2::security_groups::{
    GroupItem, GroupPair, IpPermission, IpRange, Ipv6Range, PrefixListReference, RuleItem,
};
use crate::ec2::subnets::SubnetItem;
use crate::ec2::vpcs::VpcItem;

pub(super) use balancers::{
    attributes, health, load_balancer, policy, to_attributes, to_instances, to_listener,
    to_new_balancer, to_policy, to_tags,
};
pub(super) use hosts::{attachment, auto_scaling_group, instance};

fn tags(set: TagSet) -> Tags {
    std::sync::Arc::unwrap_or_clone(set.0)
}

pub(super) fn vpc(item: VpcItem) -> Vpc {
    let ipv4 = item.cidr_block_association_set.iter();
    let ipv4 = ipv4.filter(|block| block.cidr_block_state.state == "associated");
    let ipv6 = item.ipv6_cidr_block_association_set.iter();
    let ipv6 = ipv6.filter(|block| block.ipv6_cidr_block_state.state == "associated");
    Vpc {
        cidrs: ipv4
            .map(|block| block.cidr_block)
            .chain(ipv6.map(|block| block.ipv6_cidr_block))
            .collect(),
        id: item.vpc_id,
        owner: item.owner_id,
        tags: tags(item.tag_set),
    }
}

pub(super) fn subnet(item: SubnetItem) -> Subnet {
    let ipv6 = item.ipv6_cidr_block_association_set.iter().map(|block| block.ipv6_cidr_block);
    Subnet {
        id: item.subnet_id,
        vpc: item.vpc_id,
        zone: item.availability_zone_id,
        cidrs: item.cidr_block.into_iter().chain(ipv6).collect(),
        available_addresses: u32::try_from(item.available_ip_address_count).unwrap_or(u32::MAX),
        tags: tags(item.tag_set),
    }
}

pub(super) fn route_table(item: RouteTableItem) -> RouteTable {
    RouteTable {
        id: item.route_table_id,
        vpc: item.vpc_id,
        associations: item.association_set.into_iter().map(association).collect(),
        routes: item.route_set.into_iter().filter_map(route).collect(),
        tags: tags(item.tag_set),
    }
}

fn association(item: AssociationItem) -> Association {
    let scope = match (item.subnet_id, item.gateway_id) {
        (Some(subnet), _) => AssociationScope::Subnet(subnet),
        (None, Some(gateway)) => AssociationScope::Gateway(gateway),
        (None, None) => AssociationScope::Main,
    };
    Association { id: item.route_table_association_id, scope }
}

/// A row; nothing for one without destination or target, which EC2 does not answer.
fn route(item: RouteItem) -> Option<Route> {
    let block = item.destination_cidr_block.or(item.destination_ipv6_cidr_block);
    let destination = match block {
        Some(block) => Destination::Cidr(block),
        None => Destination::PrefixList(item.destination_prefix_list_id?),
    };
    let gateway = item.gateway_id.as_deref().and_then(parse_target);
    let target = gateway
        .or_else(|| item.vpc_peering_connection_id.map(RouteTarget::Connection))
        .or_else(|| item.nat_gateway_id.map(RouteTarget::NatGateway))
        .or_else(|| {
            item.egress_only_internet_gateway_id.map(RouteTarget::EgressOnlyInternetGateway)
        })
        .or_else(|| item.transit_gateway_id.map(RouteTarget::TransitGateway))
        .or_else(|| item.network_interface_id.map(RouteTarget::NetworkInterface))
        .or_else(|| item.local_gateway_id.map(RouteTarget::Other))
        .or_else(|| item.carrier_gateway_id.map(RouteTarget::Other))
        .or_else(|| item.core_network_arn.map(RouteTarget::Other))?;
    Some(Route {
        destination,
        target,
        origin: match item.origin {
            "CreateRouteTable" => RouteOrigin::Table,
            "CreateRoute" => RouteOrigin::Static,
            _ => RouteOrigin::Propagated,
        },
        state: if item.state == "active" { RouteState::Active } else { RouteState::Blackhole },
    })
}

pub(super) fn connection(item: ConnectionItem) -> Connection {
    Connection {
        id: item.vpc_peering_connection_id,
        requester: end(item.requester_vpc_info),
        accepter: end(item.accepter_vpc_info),
        state: match ConnectionState::from_name(item.status.code) {
            Some(state) => state,
            None => unreachable!("replies name the states by the same table"),
        },
        message: item.status.message,
        expires_at: item.expiration_time,
        tags: tags(item.tag_set),
    }
}

fn end(info: VpcInfo) -> ConnectionEnd {
    let ipv4 = info.cidr_block_set.into_iter().flatten().map(|block| block.cidr_block);
    let ipv6 = info.ipv6_cidr_block_set.into_iter().flatten().map(|block| block.ipv6_cidr_block);
    ConnectionEnd {
        account: info.owner_id,
        region: info.region,
        vpc: info.vpc_id,
        cidrs: ipv4.chain(ipv6).collect(),
        dns_resolution: info
            .peering_options
            .map(|options| options.allow_dns_resolution_from_remote_vpc),
    }
}

pub(super) fn security_group(item: GroupItem) -> SecurityGroup {
    SecurityGroup {
        id: item.group_id,
        vpc: item.vpc_id,
        owner: item.owner_id,
        name: item.group_name.to_string(),
        description: item.group_description.to_string(),
        tags: tags(item.tag_set),
    }
}

/// A rule; nothing for one without any source, which EC2 does not answer.
pub(super) fn security_group_rule(item: RuleItem) -> Option<SecurityGroupRule> {
    let block = item.cidr_ipv4.or(item.cidr_ipv6).map(RuleSource::Cidr);
    let source =
        block.or_else(|| item.prefix_list_id.map(RuleSource::PrefixList)).or_else(|| {
            let group = item.referenced_group_info;
            group.map(|group| RuleSource::SecurityGroup {
                id: group.group_id,
                account: group.user_id,
            })
        })?;
    Some(SecurityGroupRule {
        id: item.security_group_rule_id,
        group: item.group_id,
        direction: if item.is_egress { Direction::Egress } else { Direction::Ingress },
        protocol: Protocol::from_wire(&item.ip_protocol)?,
        ports: ports(item.from_port, item.to_port),
        source,
        tags: tags(item.tag_set),
    })
}

/// AWS's -1 stands for all; alone as the second number (the code of an ICMP type) it becomes the largest one.
fn ports(from: i32, to: i32) -> Option<PortRange> {
    let from = u16::try_from(from).ok()?;
    Some(PortRange { from, to: u16::try_from(to).unwrap_or(u16::MAX) })
}

pub(super) fn nat_gateway(item: NatGatewayItem) -> NatGateway {
    NatGateway {
        id: item.nat_gateway_id,
        vpc: item.vpc_id,
        connectivity: match item.connectivity_type {
            "private" => NatConnectivity::Private,
            _ => NatConnectivity::Public,
        },
    }
}

pub(super) fn prefix_list(item: PrefixListItem) -> PrefixListHead {
    PrefixListHead {
        id: item.prefix_list_id,
        is_owned_by_aws: item.owner_id == "AWS",
        // AWS's own lists are answered without a version.
        version: item.version.unwrap_or_default(),
    }
}

pub(super) fn network_acl(item: NetworkAclItem) -> NetworkAcl {
    let associations = item.association_set.into_iter();
    NetworkAcl {
        id: item.network_acl_id,
        vpc: item.vpc_id,
        is_default: item.default,
        entries: item.entry_set.into_iter().filter_map(network_acl_entry).collect(),
        associations: associations
            .map(|association| (association.network_acl_association_id, association.subnet_id))
            .collect(),
        tags: tags(item.tag_set),
    }
}

/// A rule; nothing for one without addresses, which EC2 does not answer.
#[expect(clippy::needless_pass_by_value, reason = "as its siblings")]
fn network_acl_entry(item: EntryItem) -> Option<NetworkAclEntry> {
    let icmp = item.icmp_type_code.map(|icmp| (icmp.kind, icmp.code));
    let ports_or_icmp = item.port_range.map(|range| (range.from, range.to)).or(icmp);
    Some(NetworkAclEntry {
        number: item.rule_number,
        egress: item.egress,
        cidr: item.cidr_block.or(item.ipv6_cidr_block)?,
        protocol: Protocol::from_wire(&item.protocol)?,
        ports: ports_or_icmp.and_then(|(from, to)| ports(from, to)),
        allow: item.rule_action == "allow",
    })
}

/// A zone, if its name is one.
pub(super) fn zone(item: ZoneItem) -> Result<Zone, ParseIdError> {
    Ok(Zone {
        id: item.zone_id,
        name: item.zone_name.parse()?,
        is_availability_zone: item.zone_type == "availability-zone",
        is_available: item.zone_state == "available",
    })
}

pub(super) fn network_interface(item: NetworkInterfaceItem) -> NetworkInterface {
    let addresses = item.private_ip_addresses_set.into_iter();
    NetworkInterface {
        id: item.network_interface_id,
        vpc: item.vpc_id,
        subnet: item.subnet_id,
        // Interfaces have no IPv6 addresses here.
        addresses: addresses.map(|address| address.private_ip_address.into()).collect(),
        description: item.description,
        is_requester_managed: item.requester_managed,
        owner: item.owner_id,
        requester: item.requester_id.map(str::to_owned),
        groups: item.group_set.into_iter().map(|group| group.group_id).collect(),
        instance: item
            .attachment
            .and_then(|attachment| attachment.instance_id)
            .map(|instance| instance.to_string()),
    }
}

/// A destination as the parameter of its family.
pub(super) fn to_destination(block: &CidrBlock) -> (Option<String>, Option<String>) {
    match block.family() {
        Family::V4 => (Some(block.to_string()), None),
        Family::V6 => (None, Some(block.to_string())),
    }
}

pub(super) fn to_permission(rule: &IngressRule) -> IpPermission {
    let (from_port, to_port) = match (rule.protocol, rule.ports) {
        (Protocol::All | Protocol::Number(_), _) => (None, None),
        (Protocol::Tcp | Protocol::Udp, ports) => {
            let PortRange { from, to } = ports.unwrap_or(PortRange::ALL);
            (Some(from.into()), Some(to.into()))
        }
        (Protocol::Icmp | Protocol::Icmpv6, None) => (Some(-1), Some(-1)),
        (Protocol::Icmp | Protocol::Icmpv6, Some(PortRange { from, to })) => {
            (Some(from.into()), Some(if to == u16::MAX { -1 } else { to.into() }))
        }
    };
    let mut permission = IpPermission {
        ip_protocol: rule.protocol.to_wire(),
        from_port,
        to_port,
        ..IpPermission::default()
    };
    match &rule.source {
        RuleSource::Cidr(block) if block.family() == Family::V4 => {
            permission.ip_ranges.push(IpRange { cidr_ip: block.to_string(), description: None });
        }
        RuleSource::Cidr(block) => {
            let cidr_ipv6 = block.to_string();
            permission.ipv6_ranges.push(Ipv6Range { cidr_ipv6, description: None });
        }
        RuleSource::PrefixList(list) => {
            let prefix_list_id = list.to_string();
            permission
                .prefix_list_ids
                .push(PrefixListReference { prefix_list_id, description: None });
        }
        RuleSource::SecurityGroup { id, account } => permission.groups.push(GroupPair {
            group_id: Some(id.to_string()),
            user_id: Some(account.to_string()),
            ..GroupPair::default()
        }),
    }
    permission
}
