//! Requests and replies about VPCs.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use peerway_model::{AccountId, CidrBlock, Region, VpcId};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, Flag, FlagValue, TagSet, TagSpecification};
use crate::id::CidrAssociationId;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeVpcs {
    #[serde(default, rename = "VpcId")]
    pub vpc_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeVpcsReply {
    pub vpc_set: Vec<VpcItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcItem {
    pub vpc_id: VpcId,
    pub owner_id: AccountId,
    pub state: &'static str,
    pub cidr_block: Option<CidrBlock>,
    pub cidr_block_association_set: Vec<VpcBlock>,
    pub ipv6_cidr_block_association_set: Vec<VpcIpv6Block>,
    pub dhcp_options_id: &'static str,
    pub instance_tenancy: &'static str,
    pub is_default: bool,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcBlock {
    pub association_id: CidrAssociationId,
    pub cidr_block: CidrBlock,
    pub cidr_block_state: CidrBlockState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcIpv6Block {
    pub association_id: CidrAssociationId,
    pub ipv6_cidr_block: CidrBlock,
    pub ipv6_cidr_block_state: CidrBlockState,
    pub network_border_group: Region,
    pub ipv6_pool: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CidrBlockState {
    pub state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateVpc {
    pub cidr_block: String,
    pub amazon_provided_ipv6_cidr_block: Option<bool>,
    pub instance_tenancy: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateDefaultVpc {
    pub dry_run: Option<bool>,
}

/// The reply to making one, the default one too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateVpcReply {
    pub vpc: VpcItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteVpc {
    pub vpc_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociateVpcCidrBlock {
    pub vpc_id: String,
    pub cidr_block: Option<String>,
    pub amazon_provided_ipv6_cidr_block: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DisassociateVpcCidrBlock {
    pub association_id: String,
}

/// The reply to associating and to disassociating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcCidrBlockReply {
    pub vpc_id: VpcId,
    pub cidr_block_association: Option<VpcBlock>,
    pub ipv6_cidr_block_association: Option<VpcIpv6Block>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeVpcAttribute {
    pub vpc_id: String,
    pub attribute: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeVpcAttributeReply {
    pub vpc_id: VpcId,
    pub enable_dns_support: Option<FlagValue>,
    pub enable_dns_hostnames: Option<FlagValue>,
    pub enable_network_address_usage_metrics: Option<FlagValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyVpcAttribute {
    pub vpc_id: String,
    pub enable_dns_support: Option<Flag>,
    pub enable_dns_hostnames: Option<Flag>,
    pub enable_network_address_usage_metrics: Option<Flag>,
}
