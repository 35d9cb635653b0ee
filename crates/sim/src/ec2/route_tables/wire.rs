//! Requests and replies about route tables.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use peerway_model::{
    AccountId, AssociationId, CidrBlock, ConnectionId, NatGatewayId, PrefixListId, RouteTableId,
    SubnetId, VpcId,
};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, TagSet, TagSpecification};
use crate::id::InstanceId;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeRouteTables {
    #[serde(default, rename = "RouteTableId")]
    pub route_table_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeRouteTablesReply {
    pub route_table_set: Vec<RouteTableItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteTableItem {
    pub route_table_id: RouteTableId,
    pub vpc_id: VpcId,
    pub owner_id: AccountId,
    pub route_set: Vec<RouteItem>,
    pub association_set: Vec<AssociationItem>,
    pub propagating_vgw_set: Vec<PropagatingGateway>,
    pub tag_set: TagSet,
}

/// A row; one destination and one target are present.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteItem {
    pub destination_cidr_block: Option<CidrBlock>,
    pub destination_ipv6_cidr_block: Option<CidrBlock>,
    pub destination_prefix_list_id: Option<PrefixListId>,
    pub gateway_id: Option<String>,
    pub egress_only_internet_gateway_id: Option<String>,
    pub nat_gateway_id: Option<NatGatewayId>,
    pub transit_gateway_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub instance_id: Option<InstanceId>,
    pub instance_owner_id: Option<AccountId>,
    pub vpc_peering_connection_id: Option<ConnectionId>,
    pub local_gateway_id: Option<String>,
    pub carrier_gateway_id: Option<String>,
    pub core_network_arn: Option<String>,
    pub origin: &'static str,
    pub state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationItem {
    pub route_table_association_id: AssociationId,
    pub route_table_id: RouteTableId,
    pub main: bool,
    pub subnet_id: Option<SubnetId>,
    pub gateway_id: Option<String>,
    pub association_state: AssociationState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationState {
    pub state: &'static str,
}

impl AssociationState {
    pub(super) const ASSOCIATED: Self = Self { state: "associated" };
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PropagatingGateway {
    pub gateway_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateRouteTable {
    pub vpc_id: String,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRouteTableReply {
    pub route_table: RouteTableItem,
    pub client_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteRouteTable {
    pub route_table_id: String,
    pub dry_run: Option<bool>,
}

/// Exactly one destination and exactly one target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateRoute {
    pub route_table_id: String,
    pub destination_cidr_block: Option<String>,
    pub destination_ipv6_cidr_block: Option<String>,
    pub destination_prefix_list_id: Option<String>,
    pub gateway_id: Option<String>,
    pub egress_only_internet_gateway_id: Option<String>,
    pub nat_gateway_id: Option<String>,
    pub transit_gateway_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub instance_id: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub local_gateway_id: Option<String>,
    pub carrier_gateway_id: Option<String>,
    pub core_network_arn: Option<String>,
    pub dry_run: Option<bool>,
}

/// Exactly one destination and exactly one target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplaceRoute {
    pub route_table_id: String,
    pub destination_cidr_block: Option<String>,
    pub destination_ipv6_cidr_block: Option<String>,
    pub destination_prefix_list_id: Option<String>,
    /// Puts the local route back.
    pub local_target: Option<bool>,
    pub gateway_id: Option<String>,
    pub egress_only_internet_gateway_id: Option<String>,
    pub nat_gateway_id: Option<String>,
    pub transit_gateway_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub instance_id: Option<String>,
    pub vpc_endpoint_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    pub local_gateway_id: Option<String>,
    pub carrier_gateway_id: Option<String>,
    pub core_network_arn: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteRoute {
    pub route_table_id: String,
    pub destination_cidr_block: Option<String>,
    pub destination_ipv6_cidr_block: Option<String>,
    pub destination_prefix_list_id: Option<String>,
    pub dry_run: Option<bool>,
}

/// Exactly one of subnet and gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociateRouteTable {
    pub route_table_id: String,
    pub subnet_id: Option<String>,
    pub gateway_id: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociateRouteTableReply {
    pub association_id: AssociationId,
    pub association_state: AssociationState,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DisassociateRouteTable {
    pub association_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplaceRouteTableAssociation {
    pub association_id: String,
    pub route_table_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceRouteTableAssociationReply {
    pub new_association_id: AssociationId,
    pub association_state: AssociationState,
}
