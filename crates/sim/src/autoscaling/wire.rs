//! Requests and replies of EC2 Auto Scaling, in AWS's own words.

use peerway_model::{Timestamp, ZoneId};
use serde::{Deserialize, Serialize};

use crate::id::InstanceId;

/// An answer whose result says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Nothing {}

/// An answer without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NoResult;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LaunchTemplateSpecification {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub version: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrafficSource {
    pub identifier: String,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupTag {
    pub resource_id: Option<String>,
    pub resource_type: Option<String>,
    pub key: String,
    pub value: Option<String>,
    pub propagate_at_launch: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateAutoScalingGroup {
    pub auto_scaling_group_name: String,
    pub launch_configuration_name: Option<String>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub instance_id: Option<String>,
    pub min_size: i32,
    pub max_size: i32,
    pub desired_capacity: Option<i32>,
    pub default_cooldown: Option<i32>,
    #[serde(default)]
    pub availability_zones: Vec<String>,
    #[serde(default)]
    pub load_balancer_names: Vec<String>,
    #[serde(default)]
    pub traffic_sources: Vec<TrafficSource>,
    pub health_check_type: Option<String>,
    pub health_check_grace_period: Option<i32>,
    #[serde(rename = "VPCZoneIdentifier")]
    pub vpc_zone_identifier: Option<String>,
    pub new_instances_protected_from_scale_in: Option<bool>,
    #[serde(default)]
    pub termination_policies: Vec<String>,
    /// -1 takes it back.
    pub default_instance_warmup: Option<i32>,
    /// 0 takes it back.
    pub max_instance_lifetime: Option<i32>,
    pub capacity_rebalance: Option<bool>,
    #[serde(default)]
    pub tags: Vec<GroupTag>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateAutoScalingGroup {
    pub auto_scaling_group_name: String,
    pub launch_configuration_name: Option<String>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub min_size: Option<i32>,
    pub max_size: Option<i32>,
    pub desired_capacity: Option<i32>,
    pub default_cooldown: Option<i32>,
    #[serde(default)]
    pub availability_zones: Vec<String>,
    pub health_check_type: Option<String>,
    pub health_check_grace_period: Option<i32>,
    #[serde(rename = "VPCZoneIdentifier")]
    pub vpc_zone_identifier: Option<String>,
    pub new_instances_protected_from_scale_in: Option<bool>,
    #[serde(default)]
    pub termination_policies: Vec<String>,
    /// -1 takes it back.
    pub default_instance_warmup: Option<i32>,
    /// 0 takes it back.
    pub max_instance_lifetime: Option<i32>,
    pub capacity_rebalance: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteAutoScalingGroup {
    pub auto_scaling_group_name: String,
    pub force_delete: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupFilter {
    pub name: String,
    #[serde(default)]
    pub values: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAutoScalingGroups {
    #[serde(default)]
    pub auto_scaling_group_names: Vec<String>,
    pub include_instances: Option<bool>,
    #[serde(default)]
    pub filters: Vec<GroupFilter>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAutoScalingGroupsReply {
    pub auto_scaling_groups: Vec<GroupItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupItem {
    pub auto_scaling_group_name: String,
    #[serde(rename = "AutoScalingGroupARN")]
    pub auto_scaling_group_arn: String,
    pub launch_configuration_name: Option<String>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub min_size: u32,
    pub max_size: u32,
    pub desired_capacity: u32,
    pub default_cooldown: u32,
    pub availability_zones: Vec<String>,
    pub availability_zone_ids: Vec<ZoneId>,
    pub load_balancer_names: Vec<String>,
    /// Always empty: there are no target groups here.
    #[serde(rename = "TargetGroupARNs")]
    pub target_group_arns: Vec<String>,
    pub health_check_type: String,
    pub health_check_grace_period: u32,
    pub instances: Vec<InstanceItem>,
    pub created_time: Timestamp,
    pub suspended_processes: Vec<SuspendedItem>,
    #[serde(rename = "VPCZoneIdentifier")]
    pub vpc_zone_identifier: String,
    pub enabled_metrics: Vec<String>,
    pub status: Option<&'static str>,
    pub tags: Vec<GroupTag>,
    pub termination_policies: Vec<String>,
    pub new_instances_protected_from_scale_in: bool,
    pub default_instance_warmup: Option<u32>,
    pub max_instance_lifetime: Option<u32>,
    pub capacity_rebalance: Option<bool>,
    #[serde(rename = "ServiceLinkedRoleARN")]
    pub service_linked_role_arn: String,
    pub traffic_sources: Vec<TrafficSource>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceItem {
    pub instance_id: InstanceId,
    pub instance_type: String,
    /// Only in `DescribeAutoScalingInstances`.
    pub auto_scaling_group_name: Option<String>,
    pub availability_zone: String,
    pub availability_zone_id: Option<ZoneId>,
    pub lifecycle_state: &'static str,
    pub health_status: &'static str,
    pub launch_configuration_name: Option<String>,
    pub launch_template: Option<LaunchTemplateSpecification>,
    pub protected_from_scale_in: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SuspendedItem {
    pub process_name: String,
    pub suspension_reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachLoadBalancers {
    pub auto_scaling_group_name: String,
    pub load_balancer_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DetachLoadBalancers {
    pub auto_scaling_group_name: String,
    pub load_balancer_names: Vec<String>,
}

/// `DescribeLoadBalancers` of Auto Scaling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoScalingDescribeLoadBalancers {
    pub auto_scaling_group_name: String,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoScalingDescribeLoadBalancersReply {
    pub load_balancers: Vec<LinkItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LinkItem {
    pub load_balancer_name: String,
    pub state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachTrafficSources {
    pub auto_scaling_group_name: String,
    pub traffic_sources: Vec<TrafficSource>,
    pub skip_zonal_shift_validation: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DetachTrafficSources {
    pub auto_scaling_group_name: String,
    pub traffic_sources: Vec<TrafficSource>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeTrafficSources {
    pub auto_scaling_group_name: String,
    pub traffic_source_type: Option<String>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeTrafficSourcesReply {
    pub traffic_sources: Vec<TrafficSourceItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrafficSourceItem {
    pub traffic_source: String,
    pub state: &'static str,
    pub identifier: String,
    #[serde(rename = "Type")]
    pub kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetDesiredCapacity {
    pub auto_scaling_group_name: String,
    pub desired_capacity: i32,
    pub honor_cooldown: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TerminateInstanceInAutoScalingGroup {
    pub instance_id: String,
    pub should_decrement_desired_capacity: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TerminateInstanceInAutoScalingGroupReply {
    pub activity: ActivityItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ActivityItem {
    pub activity_id: String,
    pub auto_scaling_group_name: String,
    pub description: String,
    pub cause: String,
    pub start_time: Timestamp,
    pub end_time: Option<Timestamp>,
    pub status_code: &'static str,
    pub status_message: Option<String>,
    pub progress: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeScalingActivities {
    pub auto_scaling_group_name: Option<String>,
    #[serde(default)]
    pub activity_ids: Vec<String>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeScalingActivitiesReply {
    pub activities: Vec<ActivityItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAutoScalingInstances {
    #[serde(default)]
    pub instance_ids: Vec<String>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAutoScalingInstancesReply {
    pub auto_scaling_instances: Vec<InstanceItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SuspendProcesses {
    pub auto_scaling_group_name: String,
    #[serde(default)]
    pub scaling_processes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResumeProcesses {
    pub auto_scaling_group_name: String,
    #[serde(default)]
    pub scaling_processes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateOrUpdateTags {
    pub tags: Vec<GroupTag>,
}

/// `DeleteTags` of Auto Scaling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoScalingDeleteTags {
    pub tags: Vec<GroupTag>,
}

/// `DescribeTags` of Auto Scaling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoScalingDescribeTags {
    #[serde(default)]
    pub filters: Vec<GroupFilter>,
    pub max_records: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoScalingDescribeTagsReply {
    pub tags: Vec<GroupTag>,
    pub next_token: Option<String>,
}

/// `DescribeAccountLimits` of Auto Scaling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AutoScalingDescribeAccountLimits {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AutoScalingDescribeAccountLimitsReply {
    pub max_number_of_auto_scaling_groups: usize,
    pub max_number_of_launch_configurations: usize,
    pub number_of_auto_scaling_groups: usize,
    pub number_of_launch_configurations: usize,
}
