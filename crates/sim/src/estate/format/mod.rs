//! What an estate file may say. Only shapes; what they mean to AWS is checked when a world is made.

mod balancer;
mod either;
mod host;
mod launch_template;
mod network_acl;
mod peering;
mod scaling_group;
mod security_group;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use peerway_model::{
    AssociationId, CidrBlock, NatGatewayId, PrefixListId, Region, RouteTableId, SubnetId, Tags,
    VpcId, ZoneId,
};
use serde::{Deserialize, Serialize};

pub use balancer::{
    AccessLog, BalancerAttributes, Certificate, HealthCheck, Listener, LoadBalancer, Policy,
    PolicyAttribute,
};
pub use host::{
    Address, Answer, Instance, InstanceDetails, Interface, KeyPair, MetadataService, Processors,
};
pub use launch_template::{LaunchTemplate, LaunchTemplateVersion};
pub use network_acl::{AclEntry, NetworkAcl, Reservation};
pub use peering::{ElsewhereEnd, End, Peering, Sides};
pub use scaling_group::{AutoScalingGroup, GroupTag, LaunchRecipe, ToldTag};
pub use security_group::{Ports, Rule, SecurityGroup};

use either::read_either;

use crate::iam::{OneOrMany, Policy as RolePolicy};
use crate::id::{CidrAssociationId, NetworkAclAssociationId, NetworkAclId, NetworkInterfaceId};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Users by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, User>,
    /// Roles by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, Role>,
    /// What it has, by Region.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<Region, Regional>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Secrets by access key id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access_keys: BTreeMap<String, String>,
    /// What must be shown beside those of them that are temporary, by their ids, which begin with `ASIA`. They end only
    /// with the world.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub session_tokens: BTreeMap<String, String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// Who may assume it: ARNs of users, roles or accounts' roots, accounts' numbers, or `*`.
    pub trusts: Vec<String>,
    /// The external id that must be shown.
    #[serde(default, rename = "externalID", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Whether its trust policy allows `sts:TagSession` too, without which no session can be tagged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tag_session: bool,
    /// What it may do, as an IAM policy document or a list of them. Absent: everything in its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<OneOrMany<RolePolicy>>,
}

/// What an account has in a Region.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Regional {
    /// The account's names for the zones, like `us-west-2a: usw2-az1`. Absent: three zones, in the order of their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<String, ZoneId>,
    /// VPCs with what stands in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpcs: Vec<Vpc>,
    /// Gateways that have tags or that no VPC mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<Gateway>,
    /// Certificates of ACM or IAM that listeners may name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
    /// Buckets that let the Region's balancers write their access logs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub log_buckets: BTreeSet<String>,
    /// Classic balancers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub load_balancers: Vec<LoadBalancer>,
    /// Auto-scaling groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub auto_scaling_groups: Vec<AutoScalingGroup>,
    /// Key pairs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_pairs: Vec<KeyPair>,
    /// Launch templates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub launch_templates: Vec<LaunchTemplate>,
    /// Elastic IP addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Managed prefix lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefix_lists: Vec<PrefixList>,
}

/// A VPC and what stands in it.
#[expect(clippy::struct_excessive_bools, reason = "AWS has as many switches")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vpc {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<VpcId>,
    /// Its primary block.
    pub cidr: CidrBlock,
    /// Further IPv4 blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary_cidrs: Vec<Block>,
    /// IPv6 blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_cidrs: Vec<Block>,
    /// Whether it is the Region's default VPC.
    #[serde(default, skip_serializing_if = "is_false")]
    pub default: bool,
    /// `enableDnsSupport`; absent: true.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub dns_support: bool,
    /// `enableDnsHostnames`; absent: false.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dns_hostnames: bool,
    /// `enableNetworkAddressUsageMetrics`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub network_address_usage_metrics: bool,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// Ids of what is attached to it and may be a route's target: internet (`igw-`), egress-only (`eigw-`), virtual
    /// private (`vgw-`) and transit gateways (`tgw-`), endpoints (`vpce-`), network interfaces (`eni-`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<String>,
    /// Network ACLs. Without a default one, the VPC gets one.
    #[serde(default, rename = "networkACLs", skip_serializing_if = "Vec::is_empty")]
    pub network_acls: Vec<NetworkAcl>,
    /// Route tables. Without a main one, the VPC gets one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_tables: Vec<RouteTable>,
    /// Subnets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<Subnet>,
    /// NAT gateways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nat_gateways: Vec<NatGateway>,
    /// Security groups. Without one named `default`, the VPC gets one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<SecurityGroup>,
    /// Instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<Instance>,
    /// Network interfaces that nothing else here comes with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<Interface>,
}

/// A further block of a VPC: a block, or a block with the id of its association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Block {
    /// Only the block.
    Plain(CidrBlock),
    /// With an id that is not the one that follows.
    Named(NamedBlock),
}

read_either!(Block, Plain, Named);

/// A block with the id of its association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedBlock {
    /// The block.
    pub cidr: CidrBlock,
    /// The association's id.
    pub association: CidrAssociationId,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteTable {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RouteTableId>,
    /// Whether it is the VPC's main table.
    #[serde(default, skip_serializing_if = "is_false")]
    pub main: bool,
    /// The id of the main association, where it is not the one that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<AssociationId>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// Its rows, beside the local ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Gateways whose incoming traffic it steers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
}

/// A row of a route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// A block, or the id of a prefix list.
    pub destination: String,
    /// The id of the target.
    pub target: String,
    /// Whether a virtual private gateway propagated it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub propagated: bool,
    /// Whether the target is gone: said aloud, so that a mistyped id is an error and not a black hole.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gone: bool,
    /// Who wrote it as it is; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// The use of a route table by a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edge {
    /// The gateway's id.
    pub gateway: String,
    /// The association's id, where it is not the one that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<AssociationId>,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subnet {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SubnetId>,
    /// Its zone, by id or by the account's name for it.
    pub zone: String,
    /// Its IPv4 block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<CidrBlock>,
    /// Its IPv6 block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_cidr: Option<CidrBlock>,
    /// The table it uses explicitly; absent: the main one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table: Option<RouteTableId>,
    /// The association's id, where it is not the one that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association: Option<AssociationId>,
    /// The network ACL it uses; absent: the default one.
    #[serde(default, rename = "networkACL", skip_serializing_if = "Option::is_none")]
    pub network_acl: Option<NetworkAclId>,
    /// The id of that use, where it is not the one that follows.
    #[serde(default, rename = "networkACLAssociation", skip_serializing_if = "Option::is_none")]
    pub network_acl_association: Option<NetworkAclAssociationId>,
    /// Ranges that are set aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<Reservation>,
    /// `assignIpv6AddressOnCreation`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub assign_ipv6: bool,
    /// How what stands in it is named, and finds names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dns: SubnetDns,
    /// Whether it is its zone's default subnet.
    #[serde(default, skip_serializing_if = "is_false")]
    pub default: bool,
    /// `mapPublicIpOnLaunch`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub map_public_ip: bool,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// Where names in a subnet are not as usual.
#[expect(clippy::struct_excessive_bools, reason = "AWS has as many switches")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubnetDns {
    /// `enableDns64`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dns64: bool,
    /// Instances are named after their ids, not their addresses.
    #[serde(default, skip_serializing_if = "is_false")]
    pub resource_names: bool,
    /// Names of that kind have A records.
    #[serde(default, skip_serializing_if = "is_false")]
    pub a_records: bool,
    /// Names of that kind have AAAA records.
    #[serde(default, skip_serializing_if = "is_false")]
    pub aaaa_records: bool,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NatGateway {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<NatGatewayId>,
    /// Where it stands.
    pub subnet: SubnetId,
    /// Its private address; absent: the lowest one that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<Ipv4Addr>,
    /// The id of its interface, where it is not the one that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<NetworkInterfaceId>,
    /// Whether it leads to other private networks instead of the internet.
    #[serde(default, skip_serializing_if = "is_false")]
    pub private: bool,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// A gateway beside what its VPC says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// Its id.
    pub id: String,
    /// Its tags; only internet and egress-only ones have any.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// A managed prefix list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrefixList {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PrefixListId>,
    /// Its name.
    pub name: String,
    /// Whether AWS owns it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub owned_by_aws: bool,
    /// Whether it holds IPv6 blocks instead of IPv4 ones.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ipv6: bool,
    /// How many entries it has room for; absent: as many as it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_entries: Option<usize>,
    /// Its version; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Its blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<PrefixListEntry>,
    /// The blocks of versions before, as far as they can still be asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: BTreeMap<i64, Vec<PrefixListEntry>>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// An entry of a prefix list: a block, or a block with a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PrefixListEntry {
    /// Only the block.
    Plain(CidrBlock),
    /// With a description.
    Described(DescribedBlock),
}

read_either!(PrefixListEntry, Plain, Described);

/// A block with a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DescribedBlock {
    /// The block.
    pub cidr: CidrBlock,
    /// The description.
    pub description: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
