//! How an instance looks.

use std::sync::Arc;

use peerway_model::Timestamp;

use super::wire::{
    CpuOptionsItem, IamProfileItem, InstanceInterfaceAttachment, InstanceInterfaceItem,
    InstanceItem, MonitoringItem, PlacementItem, StateItem, StateReason,
};
use super::{Instance, InstanceState, interfaces_of, types};
use crate::ec2::network_interfaces::{self, NetworkInterface};
use crate::ec2::{TagSet, availability_zones, images};
use crate::id::{InstanceId, NetworkInterfaceId, digest};
use crate::scope::Scope;

pub(super) fn state(state: InstanceState) -> StateItem {
    StateItem { code: state.code(), name: state.as_str() }
}

/// An instance as AWS shows it. A terminated one has neither place nor addresses any more.
pub(super) fn instance(scope: &Scope<'_>, id: &InstanceId, instance: &Instance) -> InstanceItem {
    let here = scope.here();
    let details = &instance.details;
    let zone = here.subnets.get(&instance.subnet).map(|subnet| subnet.zone.clone());
    let zone_name = zone.as_ref();
    let zone_name =
        zone_name.and_then(|zone| availability_zones::name_of(scope.state, scope.spot, zone));
    let interfaces: Vec<InstanceInterfaceItem> = interfaces_of(here, id)
        .filter_map(|(_, id, content)| interface(scope, id, content))
        .collect();
    let primary = interfaces.first().filter(|primary| primary.attachment.device_index == 0);
    let association = primary.and_then(|primary| primary.association.as_ref());
    let is_there = instance.state != InstanceState::Terminated;
    let architecture = images::architecture(&scope.spot.region, &instance.image);
    InstanceItem {
        instance_id: id.clone(),
        image_id: instance.image.clone(),
        instance_state: state(instance.state),
        private_dns_name: primary.map(|it| it.private_dns_name.clone()).unwrap_or_default(),
        dns_name: association.map(|it| it.public_dns_name.clone()).unwrap_or_default(),
        reason: if instance.state.is_live() { "" } else { "User initiated" }.to_owned(),
        key_name: details.key_name.clone(),
        ami_launch_index: instance.launch_index,
        instance_type: Arc::clone(&instance.kind),
        launch_time: to_seconds(instance.launched),
        placement: PlacementItem {
            availability_zone: zone_name.unwrap_or_default(),
            availability_zone_id: zone,
            group_name: String::new(),
            tenancy: "default",
        },
        monitoring: MonitoringItem {
            state: if details.is_monitored { "enabled" } else { "disabled" },
        },
        subnet_id: is_there.then(|| instance.subnet.clone()),
        vpc_id: is_there.then(|| instance.vpc.clone()),
        private_ip_address: primary.map(|primary| primary.private_ip_address),
        ip_address: association.map(|association| association.public_ip),
        source_dest_check: primary.map(|primary| primary.source_dest_check),
        group_set: primary.map(|primary| primary.group_set.clone()).unwrap_or_default(),
        state_reason: reason(instance.state),
        architecture: architecture.unwrap_or_else(|| types::architecture(&instance.kind)),
        root_device_type: "ebs",
        root_device_name: ROOT_DEVICE,
        virtualization_type: "hvm",
        hypervisor: "xen",
        client_token: details.client_token.clone().unwrap_or_default(),
        tag_set: TagSet(Arc::clone(&instance.tags)),
        iam_instance_profile: details.profile.as_ref().map(|arn| IamProfileItem {
            arn: arn.clone(),
            id: format!("AIPA{:016X}", digest(0, &[arn])),
        }),
        network_interface_set: interfaces,
        ebs_optimized: details.is_ebs_optimized,
        ena_support: true,
        platform_details: "Linux/UNIX",
        usage_operation: "RunInstances",
        metadata_options: details.metadata.item("applied"),
        cpu_options: details.processors.map(|processors| CpuOptionsItem {
            core_count: processors.cores,
            threads_per_core: processors.threads,
        }),
        reservation_id: instance.reservation.clone(),
    }
}

pub(super) const ROOT_DEVICE: &str = "/dev/xvda";

pub(super) fn to_seconds(at: Timestamp) -> Timestamp {
    at.round(jiff::Unit::Second).unwrap_or(at)
}

fn reason(state: InstanceState) -> Option<StateReason> {
    match state {
        InstanceState::Pending => Some(StateReason { code: "pending", message: "pending" }),
        InstanceState::Running => None,
        InstanceState::ShuttingDown
        | InstanceState::Terminated
        | InstanceState::Stopping
        | InstanceState::Stopped => Some(StateReason {
            code: "Client.UserInitiatedShutdown",
            message: "Client.UserInitiatedShutdown: User initiated shutdown",
        }),
    }
}

fn interface(
    scope: &Scope<'_>,
    id: &NetworkInterfaceId,
    content: &NetworkInterface,
) -> Option<InstanceInterfaceItem> {
    let item = network_interfaces::show(scope, id, content);
    let attachment = item.attachment?;
    Some(InstanceInterfaceItem {
        network_interface_id: item.network_interface_id,
        subnet_id: item.subnet_id,
        vpc_id: item.vpc_id,
        description: item.description,
        owner_id: item.owner_id,
        status: item.status,
        mac_address: item.mac_address,
        private_ip_address: item.private_ip_address,
        private_dns_name: item.private_dns_name,
        source_dest_check: item.source_dest_check,
        group_set: item.group_set,
        attachment: InstanceInterfaceAttachment {
            attachment_id: attachment.attachment_id,
            device_index: attachment.device_index,
            status: attachment.status,
            attach_time: attachment.attach_time,
            delete_on_termination: attachment.delete_on_termination,
            network_card_index: attachment.network_card_index,
        },
        association: item.association,
        private_ip_addresses_set: item.private_ip_addresses_set,
        interface_type: item.interface_type,
    })
}
