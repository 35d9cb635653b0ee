//! Auto-scaling groups.

use aws_sdk_autoscaling::types;
use peerway_model::AutoScalingGroup;

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
    Ok(AutoScalingGroup {
        name: parsed("AutoScalingGroupName", group.auto_scaling_group_name())?,
        zones: zones
            .map(|zone| parsed("AvailabilityZones", Some(zone.as_str())))
            .collect::<Result<_, Problem>>()?,
        subnets: subnets
            .map(|id| parsed("VPCZoneIdentifier", Some(id)))
            .collect::<Result<_, Problem>>()?,
        tags: group.tags().iter().map(tag).collect(),
    })
}
