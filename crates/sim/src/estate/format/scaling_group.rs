//! Auto-scaling groups.

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::{SecurityGroupId, SubnetId, Tags};
use serde::{Deserialize, Serialize};

use super::either::read_either;
use super::{is_default, is_false};
use crate::id::{ImageId, InstanceId, LaunchTemplateId};

/// An auto-scaling group. Its instances are registered with its balancers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoScalingGroup {
    /// Its name.
    pub name: String,
    /// Where it launches instances.
    pub subnets: Vec<SubnetId>,
    /// The instances it has.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub instances: BTreeSet<InstanceId>,
    /// How many it shall have; absent: as many as it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// How few it may have; absent: as many as it shall have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// How many it may have; absent: as many as it shall have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// What it launches.
    #[serde(default, skip_serializing_if = "is_default")]
    pub launch: LaunchRecipe,
    /// The balancers it is attached to, by `AttachLoadBalancers`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub load_balancers: BTreeSet<String>,
    /// The balancers it is attached to by `AttachTrafficSources`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traffic_sources: BTreeSet<String>,
    /// By balancer, those of its instances that this one does not have: taken out by hand, or never put in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unregistered: BTreeMap<String, BTreeSet<InstanceId>>,
    /// Whether something that it names is gone or of another VPC, so that it can launch nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stale: bool,
    /// Like `EC2` or `EC2,ELB`; absent: `EC2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check_type: Option<String>,
    /// For how many seconds a new instance is not judged by balancers; absent: 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grace_period: u32,
    /// Seconds between scaling activities; absent: 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<u32>,
    /// Whether instances it launches are protected from being ended when it shrinks.
    #[serde(default, skip_serializing_if = "is_false")]
    pub protects_new_instances: bool,
    /// By what it chooses whom to end; absent: `Default`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub termination_policies: Vec<String>,
    /// Seconds until a new instance counts in metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_warmup: Option<u32>,
    /// Seconds after which an instance is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_lifetime: Option<u32>,
    /// `CapacityRebalance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_rebalance: Option<bool>,
    /// Those of its instances that are protected so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub protected_instances: BTreeSet<InstanceId>,
    /// Those of its instances that it takes for unhealthy, where it may not replace them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unhealthy_instances: BTreeSet<InstanceId>,
    /// Processes that are suspended, like `AddToLoadBalancer`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub suspended: BTreeSet<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, GroupTag>,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// What an auto-scaling group launches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaunchRecipe {
    /// A launch template, which then says all the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<LaunchTemplateId>,
    /// The template's name, where the template is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// Its version: a number, `$Latest` or `$Default`; absent: `$Default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The image; absent: the first of those that `DescribeImages` lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
    /// The type; absent: `m5.large`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The groups; absent: the VPC's default group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<BTreeSet<SecurityGroupId>>,
    /// Tags beside those of the group.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A tag of a group: a value that the instances it launches get too, or a value with a word about that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum GroupTag {
    /// Also given to instances.
    Plain(String),
    /// With a word about instances.
    Told(ToldTag),
}

read_either!(GroupTag, Plain, Told);

/// A tag of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToldTag {
    /// The value.
    pub value: String,
    /// Whether instances get it too.
    pub at_launch: bool,
}
