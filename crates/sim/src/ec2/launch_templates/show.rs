//! How a launch template's data looks in replies.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use serde::Serialize;

use super::data::LaunchTemplateData;
use crate::ec2::instances::{
    IamProfile, MetadataOptions, NetworkInterfaceSpecification, PrivateDnsNameOptions,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataItem {
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    pub user_data: Option<String>,
    pub ebs_optimized: Option<bool>,
    pub disable_api_termination: Option<bool>,
    pub disable_api_stop: Option<bool>,
    pub instance_initiated_shutdown_behavior: Option<String>,
    pub iam_instance_profile: Option<ProfileItem>,
    pub monitoring: Option<MonitoringItem>,
    pub placement: Option<PlacementItem>,
    pub metadata_options: Option<MetadataItem>,
    pub credit_specification: Option<CreditsItem>,
    pub cpu_options: Option<CpuItem>,
    pub enclave_options: Option<EnclaveItem>,
    pub hibernation_options: Option<HibernationItem>,
    pub private_dns_name_options: Option<DnsNameItem>,
    pub security_group_id_set: Vec<String>,
    pub security_group_set: Vec<String>,
    pub network_interface_set: Vec<InterfaceItem>,
    pub block_device_mapping_set: Vec<BlockDeviceItem>,
    pub tag_specification_set: Vec<TagsItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileItem {
    pub arn: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonitoringItem {
    pub enabled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementItem {
    pub availability_zone: Option<String>,
    pub group_name: Option<String>,
    pub tenancy: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataItem {
    pub state: &'static str,
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub http_put_response_hop_limit: Option<u32>,
    pub http_tokens: Option<String>,
    pub instance_metadata_tags: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditsItem {
    pub cpu_credits: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CpuItem {
    pub core_count: Option<u32>,
    pub threads_per_core: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnclaveItem {
    pub enabled: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HibernationItem {
    pub configured: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DnsNameItem {
    pub hostname_type: Option<String>,
    pub enable_resource_name_dns_a_record: Option<bool>,
    #[serde(rename = "enableResourceNameDnsAAAARecord")]
    pub enable_resource_name_dns_aaaa_record: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceItem {
    pub device_index: Option<u32>,
    pub network_interface_id: Option<String>,
    pub subnet_id: Option<String>,
    pub description: Option<String>,
    pub private_ip_address: Option<String>,
    pub group_set: Vec<String>,
    pub associate_public_ip_address: Option<bool>,
    pub delete_on_termination: Option<bool>,
    pub interface_type: Option<String>,
    pub network_card_index: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockDeviceItem {
    pub device_name: Option<String>,
    pub virtual_name: Option<String>,
    pub no_device: Option<String>,
    pub ebs: Option<VolumeItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeItem {
    pub delete_on_termination: Option<bool>,
    pub encrypted: Option<bool>,
    pub iops: Option<u32>,
    pub kms_key_id: Option<String>,
    pub snapshot_id: Option<String>,
    pub throughput: Option<u32>,
    pub volume_size: Option<u32>,
    pub volume_type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagsItem {
    pub resource_type: String,
    pub tag_set: Vec<TagItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagItem {
    pub key: String,
    pub value: String,
}

impl From<&LaunchTemplateData> for DataItem {
    fn from(data: &LaunchTemplateData) -> Self {
        let profile = |it: &IamProfile| ProfileItem { arn: it.arn.clone(), name: it.name.clone() };
        Self {
            image_id: data.image_id.clone(),
            instance_type: data.instance_type.clone(),
            key_name: data.key_name.clone(),
            user_data: data.user_data.clone(),
            ebs_optimized: data.ebs_optimized,
            disable_api_termination: data.disable_api_termination,
            disable_api_stop: data.disable_api_stop,
            instance_initiated_shutdown_behavior: data.instance_initiated_shutdown_behavior.clone(),
            iam_instance_profile: data.iam_instance_profile.as_ref().map(profile),
            monitoring: data.monitoring.as_ref().map(|it| MonitoringItem { enabled: it.enabled }),
            placement: data.placement.as_ref().map(|it| PlacementItem {
                availability_zone: it.availability_zone.clone(),
                group_name: it.group_name.clone(),
                tenancy: it.tenancy.clone(),
            }),
            metadata_options: data.metadata_options.as_ref().map(metadata),
            credit_specification: data
                .credit_specification
                .as_ref()
                .map(|it| CreditsItem { cpu_credits: it.cpu_credits.clone() }),
            cpu_options: data.cpu_options.as_ref().map(|it| CpuItem {
                core_count: it.core_count,
                threads_per_core: it.threads_per_core,
            }),
            enclave_options: data
                .enclave_options
                .as_ref()
                .map(|it| EnclaveItem { enabled: it.enabled }),
            hibernation_options: data
                .hibernation_options
                .as_ref()
                .map(|it| HibernationItem { configured: it.configured }),
            private_dns_name_options: data.private_dns_name_options.as_ref().map(dns_name),
            security_group_id_set: data.security_group_ids.clone(),
            security_group_set: data.security_groups.clone(),
            network_interface_set: data.network_interfaces.iter().map(interface).collect(),
            block_device_mapping_set: block_devices(data),
            tag_specification_set: tags(data),
        }
    }
}

fn metadata(options: &MetadataOptions) -> MetadataItem {
    MetadataItem {
        state: "pending",
        http_endpoint: options.http_endpoint.clone(),
        http_protocol_ipv6: options.http_protocol_ipv6.clone(),
        http_put_response_hop_limit: options.http_put_response_hop_limit,
        http_tokens: options.http_tokens.clone(),
        instance_metadata_tags: options.instance_metadata_tags.clone(),
    }
}

fn dns_name(options: &PrivateDnsNameOptions) -> DnsNameItem {
    DnsNameItem {
        hostname_type: options.hostname_type.clone(),
        enable_resource_name_dns_a_record: options.enable_resource_name_dns_a_record,
        enable_resource_name_dns_aaaa_record: options.enable_resource_name_dns_aaaa_record,
    }
}

fn interface(interface: &NetworkInterfaceSpecification) -> InterfaceItem {
    InterfaceItem {
        device_index: interface.device_index,
        network_interface_id: interface.network_interface_id.clone(),
        subnet_id: interface.subnet_id.clone(),
        description: interface.description.clone(),
        private_ip_address: interface.private_ip_address.clone(),
        group_set: interface.groups.clone(),
        associate_public_ip_address: interface.associate_public_ip_address,
        delete_on_termination: interface.delete_on_termination,
        interface_type: interface.interface_type.clone(),
        network_card_index: interface.network_card_index,
    }
}

fn block_devices(data: &LaunchTemplateData) -> Vec<BlockDeviceItem> {
    let devices = data.block_device_mappings.iter().map(|device| BlockDeviceItem {
        device_name: device.device_name.clone(),
        virtual_name: device.virtual_name.clone(),
        no_device: device.no_device.clone(),
        ebs: device.ebs.as_ref().map(|volume| VolumeItem {
            delete_on_termination: volume.delete_on_termination,
            encrypted: volume.encrypted,
            iops: volume.iops,
            kms_key_id: volume.kms_key_id.clone(),
            snapshot_id: volume.snapshot_id.clone(),
            throughput: volume.throughput,
            volume_size: volume.volume_size,
            volume_type: volume.volume_type.clone(),
        }),
    });
    devices.collect()
}

fn tags(data: &LaunchTemplateData) -> Vec<TagsItem> {
    let all = data.tag_specifications.iter().map(|specification| TagsItem {
        resource_type: specification.resource_type.clone(),
        tag_set: specification
            .tags
            .iter()
            .map(|tag| TagItem {
                key: tag.key.clone(),
                value: tag.value.clone().unwrap_or_default(),
            })
            .collect(),
    });
    all.collect()
}
