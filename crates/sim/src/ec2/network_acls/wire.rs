//! Requests and replies about network ACLs.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use peerway_model::{AccountId, CidrBlock, SubnetId, VpcId};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, TagSet, TagSpecification};
use crate::id::{NetworkAclAssociationId, NetworkAclId};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeNetworkAcls {
    #[serde(default, rename = "NetworkAclId")]
    pub network_acl_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNetworkAclsReply {
    pub network_acl_set: Vec<NetworkAclItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkAclItem {
    pub network_acl_id: NetworkAclId,
    pub vpc_id: VpcId,
    pub owner_id: AccountId,
    pub default: bool,
    pub entry_set: Vec<EntryItem>,
    pub association_set: Vec<AclAssociationItem>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryItem {
    pub rule_number: u16,
    pub protocol: String,
    pub rule_action: &'static str,
    pub egress: bool,
    pub cidr_block: Option<CidrBlock>,
    pub ipv6_cidr_block: Option<CidrBlock>,
    pub icmp_type_code: Option<TypeCodeItem>,
    pub port_range: Option<PortRangeItem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TypeCodeItem {
    pub code: i32,
    #[serde(rename = "type")]
    pub kind: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PortRangeItem {
    pub from: i32,
    pub to: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AclAssociationItem {
    pub network_acl_association_id: NetworkAclAssociationId,
    pub network_acl_id: NetworkAclId,
    pub subnet_id: SubnetId,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateNetworkAcl {
    pub vpc_id: String,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateNetworkAclReply {
    pub network_acl: NetworkAclItem,
    pub client_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteNetworkAcl {
    pub network_acl_id: String,
    pub dry_run: Option<bool>,
}

/// Either block; ports for TCP and UDP, type and code for ICMP.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateNetworkAclEntry {
    pub network_acl_id: String,
    pub rule_number: i32,
    pub protocol: String,
    pub rule_action: String,
    pub egress: bool,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub icmp: Option<IcmpTypeCode>,
    pub port_range: Option<AclPortRange>,
    pub dry_run: Option<bool>,
}

/// Like [`CreateNetworkAclEntry`], for an entry that is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplaceNetworkAclEntry {
    pub network_acl_id: String,
    pub rule_number: i32,
    pub protocol: String,
    pub rule_action: String,
    pub egress: bool,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub icmp: Option<IcmpTypeCode>,
    pub port_range: Option<AclPortRange>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IcmpTypeCode {
    #[serde(rename = "Type")]
    pub kind: Option<i32>,
    pub code: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AclPortRange {
    pub from: Option<i32>,
    pub to: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteNetworkAclEntry {
    pub network_acl_id: String,
    pub rule_number: i32,
    pub egress: bool,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplaceNetworkAclAssociation {
    pub association_id: String,
    pub network_acl_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceNetworkAclAssociationReply {
    pub new_association_id: NetworkAclAssociationId,
}
