//! The rows, in the order in which they are asked for.

use std::collections::BTreeMap;
use std::net::IpAddr;

use peerway_model::{
    Connection, ConnectionId, Instance, LoadBalancer, LoadBalancerName, NatConnectivity,
    NatGatewayId, NetworkAcl, NetworkInterface, NetworkInterfaceId, PrefixList, PrefixListId,
    RouteTable, SecurityGroup, SecurityGroupId, SecurityGroupRule, Subnet, SubnetId, Vpc, VpcId,
};

use crate::Rows;

/// The network that some rows show.
#[derive(Debug)]
pub struct Network<'a> {
    pub(crate) vpcs: BTreeMap<&'a VpcId, &'a Vpc>,
    pub(crate) subnets: BTreeMap<&'a SubnetId, &'a Subnet>,
    explicit_tables: BTreeMap<&'a SubnetId, &'a RouteTable>,
    main_tables: BTreeMap<&'a VpcId, &'a RouteTable>,
    pub(crate) connections: BTreeMap<&'a ConnectionId, &'a Connection>,
    pub(crate) nat_gateways: BTreeMap<&'a NatGatewayId, NatConnectivity>,
    pub(crate) prefix_lists: BTreeMap<&'a PrefixListId, &'a PrefixList>,
    pub(crate) security_groups: BTreeMap<&'a SecurityGroupId, &'a SecurityGroup>,
    pub(crate) rules: BTreeMap<&'a SecurityGroupId, Vec<&'a SecurityGroupRule>>,
    pub(crate) acls: BTreeMap<&'a SubnetId, &'a NetworkAcl>,
    pub(crate) interfaces: BTreeMap<&'a NetworkInterfaceId, &'a NetworkInterface>,
    holders: BTreeMap<(&'a VpcId, IpAddr), &'a NetworkInterface>,
    pub(crate) instances: BTreeMap<&'a str, &'a Instance>,
    balancers: BTreeMap<(&'a VpcId, &'a str), &'a LoadBalancer>,
    nodes: BTreeMap<(&'a VpcId, &'a str), Vec<IpAddr>>,
}

impl<'a> Network<'a> {
    /// The network that these rows show.
    #[must_use]
    pub fn of(rows: &Rows<'a>) -> Self {
        let mut interfaces = rows.network_interfaces.clone();
        interfaces.sort_by_key(|interface| &interface.id);
        interfaces.dedup_by_key(|interface| &interface.id);
        let mut network = Self {
            vpcs: by(&rows.vpcs, |vpc| &vpc.id),
            subnets: by(&rows.subnets, |subnet| &subnet.id),
            explicit_tables: BTreeMap::new(),
            main_tables: BTreeMap::new(),
            connections: by(&rows.connections, |connection| &connection.id),
            nat_gateways: rows.nat_gateways.iter().map(|it| (&it.id, it.connectivity)).collect(),
            prefix_lists: BTreeMap::new(),
            security_groups: by(&rows.security_groups, |group| &group.id),
            rules: BTreeMap::new(),
            acls: BTreeMap::new(),
            interfaces: by(&interfaces, |interface| &interface.id),
            holders: BTreeMap::new(),
            instances: by(&rows.instances, |instance| instance.id.as_str()),
            balancers: BTreeMap::new(),
            nodes: BTreeMap::new(),
        };
        for table in by(&rows.route_tables, |table| &table.id).into_values() {
            if table.is_main() {
                network.main_tables.insert(&table.vpc, table);
            }
            network.explicit_tables.extend(table.explicit_subnets().map(|it| (it, table)));
        }
        for list in &rows.prefix_lists {
            // Its owner may read the entries of a list that is shared with somebody who may not.
            let known = network.prefix_lists.entry(&list.id).or_insert(list);
            if known.entries.is_none() {
                *known = list;
            }
        }
        for rule in by(&rows.security_group_rules, |rule| &rule.id).into_values() {
            network.rules.entry(&rule.group).or_default().push(rule);
        }
        for acl in &rows.network_acls {
            network.acls.extend(acl.associations.iter().map(|(_, subnet)| (subnet, *acl)));
        }
        for balancer in &rows.load_balancers {
            if let Some(vpc) = &balancer.vpc {
                network.balancers.insert((vpc, balancer.name.as_str()), balancer);
            }
        }
        for interface in interfaces {
            for address in &interface.addresses {
                network.holders.entry((&interface.vpc, *address)).or_insert(interface);
            }
            if let Some((name, address)) = balancer_of(interface).zip(interface.addresses.first()) {
                network.nodes.entry((&interface.vpc, name)).or_default().push(*address);
            }
        }
        network.nodes.values_mut().for_each(|nodes| nodes.sort_unstable());
        network
    }

    /// The table that a subnet really uses: that of its association, else the VPC's main one
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>).
    pub(crate) fn table_of(&self, subnet: &Subnet) -> Option<&'a RouteTable> {
        self.explicit_tables.get(&subnet.id).or_else(|| self.main_tables.get(&subnet.vpc)).copied()
    }

    /// Who has an address in a VPC.
    pub(crate) fn holder(&self, vpc: &VpcId, address: IpAddr) -> Option<&'a NetworkInterface> {
        self.holders.get(&(vpc, address)).copied()
    }

    /// The balancer that an interface is a node of.
    pub(crate) fn balancer_at(&self, interface: &NetworkInterface) -> Option<&'a LoadBalancer> {
        self.balancers.get(&(&interface.vpc, balancer_of(interface)?)).copied()
    }

    /// The addresses of a balancer's nodes, in their order.
    pub(crate) fn nodes<'n>(&'n self, name: &'n LoadBalancerName, vpc: &'n VpcId) -> &'n [IpAddr] {
        self.nodes.get(&(vpc, name.as_str())).map_or(&[], Vec::as_slice)
    }
}

/// The first row of each key.
fn by<'a, K: Ord, T>(rows: &[&'a T], key: impl Fn(&'a T) -> K) -> BTreeMap<K, &'a T> {
    rows.iter().rev().map(|row| (key(row), *row)).collect()
}

/// The name of the balancer that an interface was made for. AWS writes it into the description, and nowhere else
/// (<https://repost.aws/knowledge-center/elb-find-load-balancer-IP>).
fn balancer_of(interface: &NetworkInterface) -> Option<&str> {
    let name = interface.description.strip_prefix("ELB ")?;
    interface.is_requester_managed.then_some(name)
}
