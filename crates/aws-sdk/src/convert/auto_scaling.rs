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
