//! Instances and the groups that keep their number.

use peerway_model::id::ParseIdError;
use peerway_model::{
    AttachState, Attachment, AttachmentApi, AutoScalingGroup, AutoScalingInstance, Instance,
    LoadBalancerName,
};

use super::tags;
use crate::autoscaling::{GROUP_TAG, GroupItem, InstanceItem as MemberItem, TrafficSourceItem};
use crate::ec2::instances::InstanceItem;

/// What AWS calls a Classic balancer among traffic sources.
const CLASSIC: &str = "elb";

/// An instance, if its zone's name is one.
pub(in super::super) fn instance(item: InstanceItem) -> Result<Instance, ParseIdError> {
    let tags = tags(item.tag_set);
    let mut interfaces = item.network_interface_set;
    interfaces.sort_by_key(|interface| interface.attachment.device_index);
    let interfaces = interfaces.into_iter().map(|interface| {
        let groups = interface.group_set.into_iter().map(|group| group.group_id);
        (interface.network_interface_id, groups.collect())
    });
    Ok(Instance {
        id: item.instance_id,
        vpc: item.vpc_id,
        subnet: item.subnet_id,
        zone: item.placement.availability_zone.parse()?,
        state: item.instance_state.name.to_owned(),
        auto_scaling_group: tags.get(GROUP_TAG).cloned(),
        interfaces: interfaces.collect(),
        tags,
    })
}

/// A group, if its name and what it names are such.
pub(in super::super) fn auto_scaling_group(
    item: GroupItem,
) -> Result<AutoScalingGroup, ParseIdError> {
    let subnets = item.vpc_zone_identifier.split(',').map(str::trim).filter(|id| !id.is_empty());
    let named = parsed(item.load_balancer_names.iter())?;
    let sources = item.traffic_sources.iter();
    let sources = sources.filter(|source| source.kind.as_deref() == Some(CLASSIC));
    let sources = parsed(sources.map(|source| &source.identifier))?;
    let attachment_api = if named.is_empty() && !sources.is_empty() {
        AttachmentApi::TrafficSources
    } else {
        AttachmentApi::LoadBalancers
    };
    let mut load_balancers = named;
    for name in sources {
        if !load_balancers.contains(&name) {
            load_balancers.push(name);
        }
    }
    let types = item.health_check_type.split(',').map(str::trim).filter(|kind| !kind.is_empty());
    let suspended = item.suspended_processes.into_iter().map(|process| process.process_name);
    Ok(AutoScalingGroup {
        name: item.auto_scaling_group_name.parse()?,
        zones: item.availability_zones.iter().map(|zone| zone.parse()).collect::<Result<_, _>>()?,
        subnets: subnets.map(str::parse).collect::<Result<_, _>>()?,
        load_balancers,
        attachment_api,
        health_check_types: types.map(str::to_owned).collect(),
        suspended: suspended.collect(),
        is_going: item.status.is_some(),
        instances: item.instances.into_iter().map(member).collect::<Result<_, _>>()?,
        tags: item.tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect(),
    })
}

fn parsed<'a>(
    names: impl Iterator<Item = &'a String>,
) -> Result<Vec<LoadBalancerName>, ParseIdError> {
    names.map(|name| name.parse()).collect()
}

fn member(item: MemberItem) -> Result<AutoScalingInstance, ParseIdError> {
    Ok(AutoScalingInstance {
        id: item.instance_id,
        zone: item.availability_zone.parse()?,
        is_in_service: item.lifecycle_state == "InService",
    })
}

/// A tie; nothing for one that is none any more.
pub(in super::super) fn attachment(item: &TrafficSourceItem) -> Result<Attachment, ParseIdError> {
    Ok(Attachment {
        load_balancer: item.identifier.parse()?,
        state: match item.state {
            "Adding" => AttachState::Adding,
            "Added" => AttachState::Added,
            "InService" => AttachState::InService,
            "Removing" => AttachState::Removing,
            "Removed" => AttachState::Removed,
            other => unreachable!("no attachment is {other}"),
        },
    })
}
