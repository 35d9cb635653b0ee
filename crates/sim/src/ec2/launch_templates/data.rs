//! What a launch template says: the same words as in `RunInstances`, all of them optional.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use serde::{Deserialize, Serialize};

use crate::ApiError;
use crate::ec2::TagSpecification;
use crate::ec2::instances::{
    BlockDevice, CpuOptions, CreditSpecification, EnclaveOptions, HibernationOptions, IamProfile,
    MetadataOptions, Monitoring, NetworkInterfaceSpecification, Placement, PrivateDnsNameOptions,
    RunInstances,
};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LaunchTemplateData {
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    pub key_name: Option<String>,
    #[serde(default, rename = "SecurityGroupId")]
    pub security_group_ids: Vec<String>,
    #[serde(default, rename = "SecurityGroup")]
    pub security_groups: Vec<String>,
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
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
}

/// Fills what `$target` leaves open with what `$source` says: scalars first, then lists.
macro_rules! fill {
    ($target:ident, $source:ident: $($scalar:ident)*; $($list:ident)*) => {
        $(if $target.$scalar.is_none() {
            $target.$scalar.clone_from(&$source.$scalar);
        })*
        $(if $target.$list.is_empty() {
            $target.$list.clone_from(&$source.$list);
        })*
    };
}

macro_rules! fill_all {
    ($target:ident, $source:ident) => {
        fill! {
            $target, $source:
            image_id instance_type key_name user_data placement iam_instance_profile monitoring ebs_optimized
            disable_api_termination disable_api_stop instance_initiated_shutdown_behavior metadata_options
            credit_specification cpu_options enclave_options hibernation_options private_dns_name_options;
            security_group_ids security_groups network_interfaces block_device_mappings
        }
    };
}

impl LaunchTemplateData {
    /// These words, and for what they leave open those of `source`.
    pub(super) fn over(mut self, source: &Self) -> Self {
        fill_all!(self, source);
        if self.tag_specifications.is_empty() {
            self.tag_specifications.clone_from(&source.tag_specifications);
        }
        self
    }

    /// A template cannot say everything: interfaces and groups exclude each other here as they do at launch.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if *self == Self::default() {
            return Err(ApiError::missing("LaunchTemplateData"));
        }
        let has_groups = !(self.security_group_ids.is_empty() && self.security_groups.is_empty());
        if has_groups && !self.network_interfaces.is_empty() {
            return Err(ApiError::invalid_combination(
                "Network interfaces and an instance-level security groups may not be specified on the same request",
            ));
        }
        Ok(())
    }

    /// A launch that leaves open what this template says. Tags of one kind of thing come from one of the two.
    pub(super) fn fill(&self, request: &mut RunInstances) {
        // Who says a subnet for the whole instance means the template's primary interface.
        fill_all!(request, self);
        for tags in &self.tag_specifications {
            let given = &mut request.tag_specifications;
            if !given.iter().any(|own| own.resource_type == tags.resource_type) {
                given.push(tags.clone());
            }
        }
        if let Some(subnet) = request.subnet_id.clone()
            && let Some(primary) =
                request.network_interfaces.iter_mut().find(|it| it.device_index == Some(0))
            && primary.network_interface_id.is_none()
            && primary.subnet_id.is_none()
        {
            primary.subnet_id = Some(subnet);
            request.subnet_id = None;
        }
    }
}
