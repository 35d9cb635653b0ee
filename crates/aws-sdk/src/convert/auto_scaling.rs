//! Auto-scaling groups.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types;
use peerway_model::{
    AttachState, Attachment, AttachmentApi, AutoScalingGroup, AutoScalingInstance,
};

use super::{Problem, parsed};

pub(crate) fn auto_scaling_group(
    group: &types::AutoScalingGroup,
) -> Result<AutoScalingGroup, Problem> {
    // The subnets are one text, with commas between them.
    let subnets = group.vpc_zone_identifier().unwrap_or_default().split(',').map(str::trim);
    let subnets = subnets.filter(|id| !id.is_empty());
    let zones = group.availability_zones().iter();
    let tag = |tag: &types::TagDescription| {
        (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned())
    };
    let name = |name: &str| parsed("LoadBalancerName", Some(name));
    let load_balancers = group.load_balancer_names().iter().map(|it| name(it));
    let load_balancers = load_balancers.collect::<Result<BTreeSet<_>, Problem>>()?;
    let sources = group.traffic_sources().iter().filter(|it| it.r#type() == Some("elb"));
    let classic = sources.filter_map(types::TrafficSourceIdentifier::identifier).map(name);
    let classic = classic.collect::<Result<BTreeSet<_>, Problem>>()?;
    Ok(AutoScalingGroup {
        name: parsed("AutoScalingGroupName", group.auto_scaling_group_name())?,
        zones: zones
            .map(|zone| parsed("AvailabilityZones", Some(zone.as_str())))
            .collect::<Result<_, Problem>>()?,
        subnets: subnets
            .map(|id| parsed("VPCZoneIdentifier", Some(id)))
            .collect::<Result<_, Problem>>()?,
        attachment_api: if load_balancers.is_empty() && !classic.is_empty() {
            AttachmentApi::TrafficSources
        } else {
            AttachmentApi::LoadBalancers
        },
        load_balancers: load_balancers.union(&classic).cloned().collect(),
        health_check_types: group
            .health_check_type()
            .unwrap_or_default()
            .split(',')
            .map(|kind| kind.trim().to_owned())
            .collect(),
        suspended: group
            .suspended_processes()
            .iter()
            .filter_map(|process| Some(process.process_name()?.to_owned()))
            .collect(),
        is_going: group.status().is_some(),
        instances: group.instances().iter().map(instance).collect::<Result<_, Problem>>()?,
        tags: group.tags().iter().map(tag).collect(),
    })
}

fn instance(instance: &types::Instance) -> Result<AutoScalingInstance, Problem> {
    Ok(AutoScalingInstance {
        id: parsed("InstanceId", instance.instance_id())?,
        zone: parsed("AvailabilityZone", instance.availability_zone())?,
        is_in_service: instance.lifecycle_state() == Some(&types::LifecycleState::InService),
    })
}

pub(crate) fn attachment(source: &types::TrafficSourceState) -> Result<Attachment, Problem> {
    Ok(Attachment {
        load_balancer: parsed("Identifier", source.identifier())?,
        state: match source.state() {
            Some("Added") => AttachState::Added,
            Some("InService") => AttachState::InService,
            Some("Removing") => AttachState::Removing,
            Some("Removed") => AttachState::Removed,
            // What is new, or unheard of, is not done.
            _ => AttachState::Adding,
        },
    })
}

#[cfg(test)]
mod tests {
    use peerway_model::SubnetId;

    use super::*;

    #[test]
    fn the_subnets_stand_in_one_text() {
        let read = |subnets: &str| {
            let answer = types::AutoScalingGroup::builder()
                .auto_scaling_group_name("query")
                .availability_zones("us-west-2a")
                .vpc_zone_identifier(subnets)
                .build();
            auto_scaling_group(&answer)
        };
        let group = read("subnet-0000000a, subnet-0000000b").unwrap();
        let subnets: Vec<&str> = group.subnets.iter().map(SubnetId::as_str).collect();
        assert_eq!(subnets, ["subnet-0000000a", "subnet-0000000b"]);
        assert_eq!(group.zones[0].as_str(), "us-west-2a");
        assert!(read("").unwrap().subnets.is_empty());
        assert!(read("somewhere").is_err());
        assert!(auto_scaling_group(&types::AutoScalingGroup::builder().build()).is_err());
    }
}
