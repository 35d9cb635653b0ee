//! Finding instances.

use super::show;
use super::wire::{DescribeInstances, DescribeInstancesReply, InstanceItem, ReservationItem};
use crate::ec2::listing::{Question, describe as describe_all};
use crate::filters::{Field, Filterable};
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

/// The filters of `DescribeInstances`
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>).
impl Filterable for InstanceItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("architecture", |it, probe| probe.text(it.architecture)),
        ("availability-zone", |it, probe| probe.text(&it.placement.availability_zone)),
        ("availability-zone-id", |it, probe| probe.displays(&it.placement.availability_zone_id)),
        ("client-token", |it, probe| probe.text(&it.client_token)),
        ("dns-name", |it, probe| probe.text(&it.dns_name)),
        ("hypervisor", |it, probe| probe.text(it.hypervisor)),
        ("iam-instance-profile.arn", |it, probe| {
            probe.texts(it.iam_instance_profile.iter().map(|profile| profile.arn.as_str()));
        }),
        ("image-id", |it, probe| probe.text(it.image_id.as_str())),
        ("instance-id", |it, probe| probe.text(it.instance_id.as_str())),
        ("instance-state-code", |it, probe| probe.display(it.instance_state.code)),
        ("instance-state-name", |it, probe| probe.text(it.instance_state.name)),
        ("instance-type", |it, probe| probe.text(&it.instance_type)),
        ("instance.group-id", |it, probe| {
            probe.texts(it.group_set.iter().map(|group| group.group_id.as_str()));
        }),
        ("instance.group-name", |it, probe| {
            probe.texts(it.group_set.iter().map(|group| &*group.group_name));
        }),
        ("ip-address", |it, probe| probe.displays(it.ip_address)),
        ("key-name", |it, probe| probe.texts(it.key_name.as_deref())),
        ("launch-index", |it, probe| probe.display(it.ami_launch_index)),
        ("launch-time", |it, probe| probe.display(it.launch_time)),
        ("monitoring-state", |it, probe| probe.text(it.monitoring.state)),
        ("network-interface.addresses.private-ip-address", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            let addresses = interfaces.flat_map(|interface| &interface.private_ip_addresses_set);
            probe.displays(addresses.map(|address| address.private_ip_address));
        }),
        ("network-interface.attachment.attachment-id", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            probe.texts(interfaces.map(|interface| interface.attachment.attachment_id.as_str()));
        }),
        ("network-interface.attachment.device-index", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            probe.displays(interfaces.map(|interface| interface.attachment.device_index));
        }),
        ("network-interface.description", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            probe.texts(interfaces.map(|interface| interface.description.as_str()));
        }),
        ("network-interface.group-id", |it, probe| {
            let groups = it.network_interface_set.iter().flat_map(|interface| &interface.group_set);
            probe.texts(groups.map(|group| group.group_id.as_str()));
        }),
        ("network-interface.group-name", |it, probe| {
            let groups = it.network_interface_set.iter().flat_map(|interface| &interface.group_set);
            probe.texts(groups.map(|group| &*group.group_name));
        }),
        ("network-interface.network-interface-id", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            probe.texts(interfaces.map(|interface| interface.network_interface_id.as_str()));
        }),
        ("network-interface.source-dest-check", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            interfaces.for_each(|interface| probe.flag(interface.source_dest_check));
        }),
        ("network-interface.status", |it, probe| {
            probe.texts(it.network_interface_set.iter().map(|interface| interface.status));
        }),
        ("network-interface.subnet-id", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            probe.texts(interfaces.map(|interface| interface.subnet_id.as_str()));
        }),
        ("network-interface.vpc-id", |it, probe| {
            let interfaces = it.network_interface_set.iter();
            probe.texts(interfaces.map(|interface| interface.vpc_id.as_str()));
        }),
        ("owner-id", |it, probe| {
            probe.texts(
                it.network_interface_set.iter().map(|interface| interface.owner_id.as_str()),
            );
        }),
        ("private-dns-name", |it, probe| probe.text(&it.private_dns_name)),
        ("private-ip-address", |it, probe| probe.displays(it.private_ip_address)),
        ("reason", |it, probe| probe.text(&it.reason)),
        ("reservation-id", |it, probe| probe.text(it.reservation_id.as_str())),
        ("root-device-name", |it, probe| probe.text(it.root_device_name)),
        ("root-device-type", |it, probe| probe.text(it.root_device_type)),
        ("source-dest-check", |it, probe| {
            it.source_dest_check.into_iter().for_each(|check| probe.flag(check));
        }),
        ("state-reason-code", |it, probe| probe.texts(it.state_reason.map(|reason| reason.code))),
        ("state-reason-message", |it, probe| {
            probe.texts(it.state_reason.map(|reason| reason.message));
        }),
        ("subnet-id", |it, probe| probe.displays(&it.subnet_id)),
        ("tenancy", |it, probe| probe.text(it.placement.tenancy)),
        ("virtualization-type", |it, probe| probe.text(it.virtualization_type)),
        ("vpc-id", |it, probe| probe.displays(&it.vpc_id)),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeInstances,
) -> Result<DescribeInstancesReply, ApiError> {
    let question = Question {
        action: Action::DescribeInstances,
        ids: ("InstanceIds", &request.instance_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let instances = &scope.here().instances;
    let (items, next_token) = describe_all(scope, &question, instances, |id, instance| {
        show::instance(scope, id, instance)
    })?;
    let reservation_set = by_reservation(scope, items);
    Ok(DescribeInstancesReply { reservation_set, next_token })
}

/// Instances in the reservations that they came with, in the order in which these first appear.
pub(super) fn by_reservation(scope: &Scope<'_>, items: Vec<InstanceItem>) -> Vec<ReservationItem> {
    let mut reservations: Vec<ReservationItem> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for item in items {
        let place = *places.entry(item.reservation_id.clone()).or_insert_with(|| {
            reservations.push(ReservationItem {
                reservation_id: item.reservation_id.clone(),
                owner_id: scope.spot.account.clone(),
                group_set: Vec::new(),
                instances_set: Vec::new(),
            });
            reservations.len() - 1
        });
        reservations[place].instances_set.push(item);
    }
    reservations
}
