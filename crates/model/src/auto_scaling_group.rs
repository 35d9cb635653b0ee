//! Auto-scaling groups.

use crate::part::{Item, PartKind};
use crate::{AutoScalingGroupName, SubnetId, Tags, ZoneName};

/// An auto-scaling group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoScalingGroup {
    /// Its name, which is its id.
    pub name: AutoScalingGroupName,
    /// The zones it launches instances in, by the account's names for them.
    pub zones: Vec<ZoneName>,
    /// The subnets it launches instances in; none outside of VPCs of one's own.
    pub subnets: Vec<SubnetId>,
    /// Its tags.
    pub tags: Tags,
}

impl Item for AutoScalingGroup {
    type Id = AutoScalingGroupName;
    const KIND: PartKind = PartKind::AutoScalingGroups;

    fn id(&self) -> &AutoScalingGroupName {
        &self.name
    }

    fn keys(&self) -> Vec<&str> {
        let subnets = self.subnets.iter().map(SubnetId::as_str);
        [self.name.as_str()].into_iter().chain(subnets).collect()
    }
}
