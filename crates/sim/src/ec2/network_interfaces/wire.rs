//! Requests and replies about network interfaces.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{AccountId, SecurityGroupId, SubnetId, Timestamp, VpcId, ZoneId};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, Flag, FlagValue, TagSet, TagSpecification, Text, TextValue};
use crate::id::{AddressAssociationId, AllocationId, InstanceId, NetworkInterfaceId};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeNetworkInterfaces {
    #[serde(default, rename = "NetworkInterfaceId")]
    pub network_interface_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNetworkInterfacesReply {
    pub network_interface_set: Vec<NetworkInterfaceItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInterfaceItem {
    pub network_interface_id: NetworkInterfaceId,
    pub subnet_id: SubnetId,
    pub vpc_id: VpcId,
    pub availability_zone: String,
    pub availability_zone_id: Option<ZoneId>,
    pub description: String,
    pub owner_id: AccountId,
    /// The service of AWS that made it.
    pub requester_id: Option<&'static str>,
    pub requester_managed: bool,
    pub status: &'static str,
    pub mac_address: String,
    pub private_ip_address: Ipv4Addr,
    pub private_dns_name: String,
    pub source_dest_check: bool,
    pub group_set: Vec<GroupIdentifier>,
    pub attachment: Option<AttachmentItem>,
    pub association: Option<AssociationItem>,
    pub tag_set: TagSet,
    pub private_ip_addresses_set: Vec<PrivateAddressItem>,
    /// Always empty: interfaces have IPv4 addresses here.
    pub ipv6_addresses_set: Vec<String>,
    pub interface_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupIdentifier {
    pub group_id: SecurityGroupId,
    pub group_name: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentItem {
    pub attachment_id: String,
    pub instance_id: Option<InstanceId>,
    /// An account, or a service of AWS.
    pub instance_owner_id: String,
    pub device_index: u32,
    pub network_card_index: u32,
    pub status: &'static str,
    pub attach_time: Option<Timestamp>,
    pub delete_on_termination: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationItem {
    pub public_ip: Ipv4Addr,
    pub public_dns_name: String,
    /// An account, or `amazon` for an address that is only lent.
    pub ip_owner_id: String,
    pub allocation_id: Option<AllocationId>,
    pub association_id: Option<AddressAssociationId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateAddressItem {
    pub private_ip_address: Ipv4Addr,
    pub private_dns_name: String,
    pub primary: bool,
    pub association: Option<AssociationItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateNetworkInterface {
    pub subnet_id: String,
    pub description: Option<String>,
    pub private_ip_address: Option<String>,
    #[serde(default)]
    pub private_ip_addresses: Vec<AddressSpecification>,
    pub secondary_private_ip_address_count: Option<i32>,
    #[serde(default, rename = "SecurityGroupId")]
    pub groups: Vec<String>,
    pub interface_type: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddressSpecification {
    pub private_ip_address: String,
    pub primary: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateNetworkInterfaceReply {
    pub network_interface: NetworkInterfaceItem,
    pub client_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteNetworkInterface {
    pub network_interface_id: String,
    pub dry_run: Option<bool>,
}

/// One attribute per call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyNetworkInterfaceAttribute {
    pub network_interface_id: String,
    pub description: Option<TextValue>,
    pub source_dest_check: Option<Flag>,
    /// The whole list of groups.
    #[serde(default, rename = "SecurityGroupId")]
    pub groups: Vec<String>,
    pub attachment: Option<AttachmentChange>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachmentChange {
    pub attachment_id: String,
    pub delete_on_termination: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeNetworkInterfaceAttribute {
    pub network_interface_id: String,
    pub attribute: Option<String>,
    pub dry_run: Option<bool>,
}

/// Only what was asked for is present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNetworkInterfaceAttributeReply {
    pub network_interface_id: NetworkInterfaceId,
    pub description: Option<Text>,
    pub group_set: Option<Vec<GroupIdentifier>>,
    pub source_dest_check: Option<FlagValue>,
    pub attachment: Option<AttachmentItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachNetworkInterface {
    pub network_interface_id: String,
    pub instance_id: String,
    pub device_index: u32,
    pub network_card_index: Option<u32>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachNetworkInterfaceReply {
    pub attachment_id: String,
    pub network_card_index: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DetachNetworkInterface {
    pub attachment_id: String,
    pub force: Option<bool>,
    pub dry_run: Option<bool>,
}
