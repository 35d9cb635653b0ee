//! What reachability is judged by.

use peerway_model::{
    Connection, Instance, LoadBalancer, NatGateway, NetworkAcl, NetworkInterface, PrefixList,
    RouteTable, SecurityGroup, SecurityGroupRule, Subnet, Vpc,
};

/// The rows of every account and Region on the way, in any order.
///
/// All of a place's rows or none: a VPC that is among them has every one of its subnets, tables, groups, network ACLs and
/// interfaces among them too, else what is missing is taken for absent. What two places both tell of (a connection, a shared
/// subnet) may come twice.
#[derive(Debug, Clone, Default)]
pub struct Rows<'a> {
    /// The VPCs.
    pub vpcs: Vec<&'a Vpc>,
    /// Their subnets.
    pub subnets: Vec<&'a Subnet>,
    /// Their route tables.
    pub route_tables: Vec<&'a RouteTable>,
    /// Peering connections, in every state.
    pub connections: Vec<&'a Connection>,
    /// NAT gateways: only their kind counts.
    pub nat_gateways: Vec<&'a NatGateway>,
    /// Managed prefix lists, which routes and rules may name.
    pub prefix_lists: Vec<&'a PrefixList>,
    /// Security groups.
    pub security_groups: Vec<&'a SecurityGroup>,
    /// The rules of these groups.
    pub security_group_rules: Vec<&'a SecurityGroupRule>,
    /// Network ACLs.
    pub network_acls: Vec<&'a NetworkAcl>,
    /// Network interfaces: who stands at which address.
    pub network_interfaces: Vec<&'a NetworkInterface>,
    /// Instances.
    pub instances: Vec<&'a Instance>,
    /// Classic Load Balancers.
    pub load_balancers: Vec<&'a LoadBalancer>,
}
