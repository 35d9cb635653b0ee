//! What is told of a load balancer.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use peerway_model::{
    AutoScalingGroupName, InstanceId, LoadBalancerName, SecurityGroupId, SecurityGroupRuleId,
    SubnetId, ZoneName,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::v1alpha1::overlap_subnet_group::GroupPlace;
use crate::v1alpha1::vpc_peering::{WaitingStatus, WarningStatus};

/// What was resolved, what stands in AWS, and how its instances are.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct ProxyLoadBalancerStatus {
    /// The `metadata.generation` that the status is about; -1 until the controller has seen the object.
    #[serde(default)]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// The value of the annotation `peerway.dev/reconcile-at` that was answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
    /// How many instances are in service, of how many, like `3/3`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 32))]
    pub in_service: String,
    /// The VPC it stands in, and how we get there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<GroupPlace>,
    /// The load balancer in AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancerStatus>,
    /// Each setting with its value and where that comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), extend("x-kubernetes-list-type" = "atomic"))]
    pub settings: Vec<SettingStatus>,
    /// The auto-scaling groups it is attached to, or is to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub auto_scaling_groups: Vec<AttachmentStatus>,
    /// The security groups that were made for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub security_groups: Vec<MadeGroupStatus>,
    /// The security group rules that are ours on groups that are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "atomic"))]
    pub rules: Vec<WrittenRuleStatus>,
    /// The instances that were registered one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "set"))]
    pub instances: Vec<InstanceId>,
    /// How the instances are, by zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub zones: Vec<ZoneHealthStatus>,
    /// The instances that are not in service, and why, as far as fit here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub out_of_service: Vec<InstanceHealthStatus>,
    /// What is in place but deserves a look: each names a reason of the reference and says why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub warnings: Vec<WarningStatus>,
    /// What the controller is waiting for, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingStatus>,
    /// `Ready`, what it is made of, and `Reconciling` or `Stalled` while they hold.
    #[serde(default)]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// The load balancer.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancerStatus {
    /// Its name.
    pub name: LoadBalancerName,
    /// Whether it was seen in AWS.
    pub exists: bool,
    /// Whether it was there before, and adopted: of what the spec does not speak it keeps what it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// The name under which clients reach it: publicly resolvable, to private addresses that change. Never pin these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 255))]
    pub dns_name: Option<String>,
    /// The hosted zone of that name, for alias records of Route 53.
    #[serde(rename = "hostedZoneID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 64))]
    pub hosted_zone_id: Option<String>,
    /// Its subnets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub subnets: Vec<SubnetId>,
}

/// One setting.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SettingStatus {
    /// Which, as it is named in the spec, like `attributes.crossZone`.
    #[schemars(length(max = 128))]
    pub field: String,
    /// Its value.
    #[schemars(length(max = 512))]
    pub value: String,
    /// Where it comes from.
    pub origin: SettingOrigin,
}

/// Where a setting comes from.
#[derive(
    Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum SettingOrigin {
    /// From this object's spec.
    Spec,
    /// From the reference.
    Reference,
    /// From nobody: Peerway's default, or AWS's.
    Default,
}

/// An auto-scaling group.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentStatus {
    /// Its name.
    pub name: AutoScalingGroupName,
    /// How far the attachment is, in AWS's word: `Adding`, `Added`, `InService`, `Removing`; `Missing` before.
    #[schemars(length(max = 32))]
    pub state: String,
    /// Whether the spec selects it; one that it no longer selects is detached.
    pub wanted: bool,
}

/// A security group that was made.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct MadeGroupStatus {
    /// Its name.
    #[schemars(length(max = 255))]
    pub name: String,
    /// Its id, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecurityGroupId")]
    pub id: Option<SecurityGroupId>,
}

/// A security group rule of ours on a group that is not.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct WrittenRuleStatus {
    /// The group, and what it admits: `sg-0a tcp 443 from sg-0b`.
    #[schemars(length(max = 256))]
    pub rule: String,
    /// Its id, once it was seen: by that it stays ours when somebody strips its tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecurityGroupRuleId")]
    pub id: Option<SecurityGroupRuleId>,
}

/// How the instances of a zone are.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ZoneHealthStatus {
    /// The zone, by the account's name for it.
    pub zone: ZoneName,
    /// How many are in service.
    #[schemars(range(max = 1_000_000))]
    pub in_service: u32,
    /// How many there are.
    #[schemars(range(max = 1_000_000))]
    pub total: u32,
}

/// An instance that is not in service.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct InstanceHealthStatus {
    /// The instance.
    pub id: InstanceId,
    /// AWS's word: `OutOfService` or `Unknown`.
    #[schemars(length(max = 32))]
    pub state: String,
    /// Whose fault it is, by AWS: `ELB`, `Instance` or `N/A`.
    #[schemars(length(max = 32))]
    pub reason_code: String,
    /// Why, in AWS's words.
    #[schemars(length(max = 512))]
    pub description: String,
}
