//! Requests and replies about NAT gateways.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::net::Ipv4Addr;

use peerway_model::{NatGatewayId, SubnetId, Timestamp, VpcId};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, TagSet, TagSpecification};
use crate::id::{AddressAssociationId, AllocationId, NetworkInterfaceId};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeNatGateways {
    #[serde(default, rename = "NatGatewayId")]
    pub nat_gateway_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNatGatewaysReply {
    pub nat_gateway_set: Vec<NatGatewayItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NatGatewayItem {
    pub nat_gateway_id: NatGatewayId,
    pub state: &'static str,
    pub connectivity_type: &'static str,
    pub vpc_id: VpcId,
    pub subnet_id: SubnetId,
    pub create_time: Timestamp,
    pub delete_time: Option<Timestamp>,
    pub failure_code: Option<&'static str>,
    pub failure_message: Option<String>,
    pub nat_gateway_address_set: Vec<NatAddressItem>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NatAddressItem {
    pub allocation_id: Option<AllocationId>,
    pub association_id: Option<AddressAssociationId>,
    pub network_interface_id: Option<NetworkInterfaceId>,
    pub private_ip: Option<Ipv4Addr>,
    pub public_ip: Option<Ipv4Addr>,
    pub is_primary: bool,
    pub status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateNatGateway {
    pub subnet_id: String,
    pub allocation_id: Option<String>,
    pub connectivity_type: Option<String>,
    pub private_ip_address: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateNatGatewayReply {
    pub nat_gateway: NatGatewayItem,
    pub client_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteNatGateway {
    pub nat_gateway_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteNatGatewayReply {
    pub nat_gateway_id: NatGatewayId,
}
