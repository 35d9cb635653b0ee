//! Requests and replies about instances.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{AccountId, SubnetId, Timestamp, VpcId};
use serde::{Deserialize, Serialize};

use crate::ec2::network_interfaces::{AssociationItem, GroupIdentifier, PrivateAddressItem};
use crate::ec2::{Filter, Flag, FlagValue, TagSet, TagSpecification, Text, TextValue};
use crate::id::{ImageId, InstanceId, NetworkInterfaceId, ReservationId};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunInstances {
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub min_count: i32,
    pub max_count: i32,
    pub key_name: Option<String>,
    #[serde(default, rename = "SecurityGroupId")]
    pub security_group_ids: Vec<String>,
    /// Names of groups, in the default VPC only.
    #[serde(default, rename = "SecurityGroup")]
    pub security_groups: Vec<String>,
    pub subnet_id: Option<String>,
    pub private_ip_address: Option<String>,
    #[serde(default, rename = "NetworkInterface")]
    pub network_interfaces: Vec<NetworkInterfaceSpecification>,
    pub user_data: Option<String>,
    pub placement: Option<Placement>,
    pub iam_instance_profile: Option<IamProfile>,
    pub monitoring: Option<Monitoring>,
    pub ebs_optimized: Option<bool>,
    pub disable_api_termination: Option<bool>,
    pub disable_api_stop: Option<bool>,
    pub instance_initiated_shutdown_behavior: Option<String>,
    #[serde(default, rename = "BlockDeviceMapping")]
    pub block_device_mappings: Vec<BlockDevice>,
    pub metadata_options: Option<MetadataOptions>,
    pub credit_specification: Option<CreditSpecification>,
    pub cpu_options: Option<CpuOptions>,
    pub enclave_options: Option<EnclaveOptions>,
    pub hibernation_options: Option<HibernationOptions>,
    pub private_dns_name_options: Option<PrivateDnsNameOptions>,
    /// Supplies what is not said here.
    pub launch_template: Option<TemplateReference>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

/// A launch template, by id or name, in a version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TemplateReference {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    /// A number, `$Latest` or `$Default`; absent: the default one.
    pub version: Option<String>,
}

/// An interface made with an instance, or one that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NetworkInterfaceSpecification {
    pub device_index: Option<u32>,
    pub network_interface_id: Option<String>,
    pub subnet_id: Option<String>,
    pub description: Option<String>,
    pub private_ip_address: Option<String>,
    #[serde(default, rename = "SecurityGroupId")]
    pub groups: Vec<String>,
    pub associate_public_ip_address: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub interface_type: Option<String>,
    pub network_card_index: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Placement {
    pub availability_zone: Option<String>,
    pub group_name: Option<String>,
    pub tenancy: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IamProfile {
    pub arn: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Monitoring {
    pub enabled: bool,
}

/// Volumes are not simulated: what is asked for is read and kept by nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlockDevice {
    pub device_name: Option<String>,
    pub virtual_name: Option<String>,
    pub no_device: Option<String>,
    pub ebs: Option<BlockDeviceVolume>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlockDeviceVolume {
    pub delete_on_termination: Option<bool>,
    pub encrypted: Option<bool>,
    pub iops: Option<u32>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub throughput: Option<u32>,
    pub volume_size: Option<u32>,
    pub volume_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetadataOptions {
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub http_put_response_hop_limit: Option<u32>,
    pub http_tokens: Option<String>,
    pub instance_metadata_tags: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreditSpecification {
    pub cpu_credits: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CpuOptions {
    pub core_count: Option<u32>,
    pub threads_per_core: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EnclaveOptions {
    pub enabled: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HibernationOptions {
    pub configured: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PrivateDnsNameOptions {
    pub hostname_type: Option<String>,
    pub enable_resource_name_dns_a_record: Option<bool>,
    #[serde(rename = "EnableResourceNameDnsAAAARecord")]
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
}

/// One reservation, as `RunInstances` answers.
pub type RunInstancesReply = ReservationItem;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationItem {
    pub reservation_id: ReservationId,
    pub owner_id: AccountId,
    /// Always empty: groups belong to interfaces.
    pub group_set: Vec<GroupIdentifier>,
    pub instances_set: Vec<InstanceItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstances {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeInstancesReply {
    pub reservation_set: Vec<ReservationItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceItem {
    pub instance_id: InstanceId,
    pub image_id: ImageId,
    pub instance_state: StateItem,
    pub private_dns_name: String,
    pub dns_name: String,
    pub reason: String,
    pub key_name: Option<String>,
    pub ami_launch_index: u32,
    pub instance_type: Arc<str>,
    pub launch_time: Timestamp,
    pub placement: PlacementItem,
    pub monitoring: MonitoringItem,
    pub subnet_id: Option<SubnetId>,
    pub vpc_id: Option<VpcId>,
    pub private_ip_address: Option<Ipv4Addr>,
    pub ip_address: Option<Ipv4Addr>,
    pub source_dest_check: Option<bool>,
    pub group_set: Vec<GroupIdentifier>,
    pub state_reason: Option<StateReason>,
    pub architecture: &'static str,
    pub root_device_type: &'static str,
    pub root_device_name: &'static str,
    pub virtualization_type: &'static str,
    pub hypervisor: &'static str,
    pub client_token: String,
    pub tag_set: TagSet,
    pub network_interface_set: Vec<InstanceInterfaceItem>,
    pub iam_instance_profile: Option<IamProfileItem>,
    pub ebs_optimized: bool,
    pub ena_support: bool,
    pub platform_details: &'static str,
    pub usage_operation: &'static str,
    pub metadata_options: MetadataOptionsItem,
    /// Only where somebody asked for them.
    pub cpu_options: Option<CpuOptionsItem>,
    /// Of the reservation it came with; shown there.
    #[serde(skip)]
    pub reservation_id: ReservationId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateItem {
    pub code: u16,
    pub name: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementItem {
    pub availability_zone: String,
    pub availability_zone_id: Option<peerway_model::ZoneId>,
    pub group_name: String,
    pub tenancy: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonitoringItem {
    pub state: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StateReason {
    pub code: &'static str,
    pub message: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IamProfileItem {
    pub arn: String,
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataOptionsItem {
    pub state: &'static str,
    pub http_tokens: &'static str,
    pub http_put_response_hop_limit: u32,
    pub http_endpoint: &'static str,
    pub http_protocol_ipv6: &'static str,
    pub instance_metadata_tags: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CpuOptionsItem {
    pub core_count: u32,
    pub threads_per_core: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceInterfaceItem {
    pub network_interface_id: NetworkInterfaceId,
    pub subnet_id: SubnetId,
    pub vpc_id: VpcId,
    pub description: String,
    pub owner_id: AccountId,
    pub status: &'static str,
    pub mac_address: String,
    pub private_ip_address: Ipv4Addr,
    pub private_dns_name: String,
    pub source_dest_check: bool,
    pub group_set: Vec<GroupIdentifier>,
    pub attachment: InstanceInterfaceAttachment,
    pub association: Option<AssociationItem>,
    pub private_ip_addresses_set: Vec<PrivateAddressItem>,
    pub interface_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceInterfaceAttachment {
    pub attachment_id: String,
    pub device_index: u32,
    pub status: &'static str,
    pub attach_time: Option<Timestamp>,
    pub delete_on_termination: bool,
    pub network_card_index: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstanceStatus {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    /// Also those that do not run.
    pub include_all_instances: Option<bool>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeInstanceStatusReply {
    pub instance_status_set: Vec<InstanceStatusItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceStatusItem {
    pub instance_id: InstanceId,
    pub availability_zone: String,
    pub instance_state: StateItem,
    pub system_status: StatusSummary,
    pub instance_status: StatusSummary,
    /// The tags of the instance, for filters.
    #[serde(skip)]
    pub tags: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusSummary {
    pub status: &'static str,
    pub details: Vec<StatusDetail>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusDetail {
    pub name: &'static str,
    pub status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartInstances {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StopInstances {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    pub hibernate: Option<bool>,
    pub force: Option<bool>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TerminateInstances {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransitionReply {
    pub instances_set: Vec<StateChangeItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateChangeItem {
    pub instance_id: InstanceId,
    pub current_state: StateItem,
    pub previous_state: StateItem,
}

/// One attribute per call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyInstanceAttribute {
    pub instance_id: String,
    /// The whole list of groups of the primary interface.
    #[serde(default, rename = "GroupId")]
    pub groups: Vec<String>,
    pub source_dest_check: Option<Flag>,
    pub disable_api_termination: Option<Flag>,
    pub disable_api_stop: Option<Flag>,
    pub ebs_optimized: Option<Flag>,
    pub instance_type: Option<TextValue>,
    pub instance_initiated_shutdown_behavior: Option<TextValue>,
    pub user_data: Option<TextValue>,
    /// The older form: the attribute's name, and what it shall be as a text.
    pub attribute: Option<String>,
    pub value: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstanceAttribute {
    pub instance_id: String,
    pub attribute: String,
    pub dry_run: Option<bool>,
}

/// Only what was asked for is present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeInstanceAttributeReply {
    pub instance_id: InstanceId,
    pub group_set: Option<Vec<GroupIdentifier>>,
    pub source_dest_check: Option<FlagValue>,
    pub disable_api_termination: Option<FlagValue>,
    pub disable_api_stop: Option<FlagValue>,
    pub ebs_optimized: Option<FlagValue>,
    pub ena_support: Option<FlagValue>,
    pub instance_type: Option<Text>,
    pub instance_initiated_shutdown_behavior: Option<Text>,
    pub root_device_name: Option<Text>,
    pub user_data: Option<Text>,
}
