//! Requests and replies about peering connections.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use peerway_model::{AccountId, CidrBlock, ConnectionId, Region, Timestamp, VpcId};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, TagSet, TagSpecification};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeVpcPeeringConnections {
    #[serde(default, rename = "VpcPeeringConnectionId")]
    pub vpc_peering_connection_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeVpcPeeringConnectionsReply {
    pub vpc_peering_connection_set: Vec<ConnectionItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionItem {
    pub vpc_peering_connection_id: ConnectionId,
    pub requester_vpc_info: VpcInfo,
    pub accepter_vpc_info: VpcInfo,
    pub status: Status,
    pub expiration_time: Option<Timestamp>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcInfo {
    pub owner_id: AccountId,
    pub vpc_id: VpcId,
    pub region: Region,
    pub cidr_block: Option<CidrBlock>,
    pub cidr_block_set: Option<Vec<PeeredBlock>>,
    pub ipv6_cidr_block_set: Option<Vec<PeeredIpv6Block>>,
    pub peering_options: Option<PeeringOptions>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeeredBlock {
    pub cidr_block: CidrBlock,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeeredIpv6Block {
    pub ipv6_cidr_block: CidrBlock,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeeringOptions {
    pub allow_dns_resolution_from_remote_vpc: bool,
    pub allow_egress_from_local_classic_link_to_remote_vpc: bool,
    pub allow_egress_from_local_vpc_to_remote_classic_link: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub code: &'static str,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateVpcPeeringConnection {
    pub vpc_id: String,
    pub peer_vpc_id: String,
    pub peer_owner_id: Option<String>,
    pub peer_region: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

/// The reply to creating and to accepting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcPeeringConnectionReply {
    pub vpc_peering_connection: ConnectionItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AcceptVpcPeeringConnection {
    pub vpc_peering_connection_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RejectVpcPeeringConnection {
    pub vpc_peering_connection_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteVpcPeeringConnection {
    pub vpc_peering_connection_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyVpcPeeringConnectionOptions {
    pub vpc_peering_connection_id: String,
    pub requester_peering_connection_options: Option<NewPeeringOptions>,
    pub accepter_peering_connection_options: Option<NewPeeringOptions>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewPeeringOptions {
    pub allow_dns_resolution_from_remote_vpc: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifyVpcPeeringConnectionOptionsReply {
    pub requester_peering_connection_options: Option<PeeringOptions>,
    pub accepter_peering_connection_options: Option<PeeringOptions>,
}
