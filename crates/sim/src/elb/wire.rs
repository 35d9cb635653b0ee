//! Requests and replies of Classic ELB, in AWS's own words.

use std::sync::Arc;

use peerway_model::{SecurityGroupId, SubnetId, Timestamp, VpcId};
use serde::{Deserialize, Serialize};

use super::attributes::AttributesItem;
use crate::id::InstanceId;

/// Requests that name a balancer and one list.
macro_rules! about_a_balancer {
    ($($request:ident { $($field:ident: $type:ty),* $(,)? })*) => {
        $(#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "PascalCase")]
        pub struct $request {
            pub load_balancer_name: String,
            $(pub $field: $type,)*
        })*
    };
}

about_a_balancer! {
    DeleteLoadBalancer {}
    CreateLoadBalancerListeners { listeners: Vec<Listener> }
    DeleteLoadBalancerListeners { load_balancer_ports: Vec<i32> }
    ConfigureHealthCheck { health_check: HealthCheckItem }
    AttachLoadBalancerToSubnets { subnets: Vec<String> }
    DetachLoadBalancerFromSubnets { subnets: Vec<String> }
    ApplySecurityGroupsToLoadBalancer { security_groups: Vec<String> }
    EnableAvailabilityZonesForLoadBalancer { availability_zones: Vec<String> }
    DisableAvailabilityZonesForLoadBalancer { availability_zones: Vec<String> }
    RegisterInstancesWithLoadBalancer { instances: Vec<Instance> }
    DeregisterInstancesFromLoadBalancer { instances: Vec<Instance> }
    DescribeLoadBalancerAttributes {}
    ModifyLoadBalancerAttributes { load_balancer_attributes: AttributesItem }
    CreateAppCookieStickinessPolicy { policy_name: String, cookie_name: String }
    CreateLBCookieStickinessPolicy { policy_name: String, cookie_expiration_period: Option<i64> }
    DeleteLoadBalancerPolicy { policy_name: String }
    SetLoadBalancerPoliciesOfListener { load_balancer_port: i32, policy_names: Vec<String> }
    SetLoadBalancerPoliciesForBackendServer { instance_port: i32, policy_names: Vec<String> }
}

/// An answer that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Nothing {}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateLoadBalancer {
    pub load_balancer_name: String,
    pub listeners: Vec<Listener>,
    #[serde(default)]
    pub availability_zones: Vec<String>,
    #[serde(default)]
    pub subnets: Vec<String>,
    #[serde(default)]
    pub security_groups: Vec<String>,
    pub scheme: Option<String>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateLoadBalancerReply {
    #[serde(rename = "DNSName")]
    pub dns_name: String,
}

/// A listener, in requests and replies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listener {
    pub protocol: String,
    pub load_balancer_port: i32,
    pub instance_protocol: Option<String>,
    pub instance_port: i32,
    #[serde(rename = "SSLCertificateId")]
    pub ssl_certificate_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    pub value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagKey {
    pub key: String,
}

/// An instance, in requests and replies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    pub instance_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HealthCheckItem {
    pub target: String,
    pub interval: i32,
    pub timeout: i32,
    pub unhealthy_threshold: i32,
    pub healthy_threshold: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConfigureHealthCheckReply {
    pub health_check: HealthCheckItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLoadBalancers {
    #[serde(default)]
    pub load_balancer_names: Vec<String>,
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLoadBalancersReply {
    pub load_balancer_descriptions: Vec<BalancerItem>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BalancerItem {
    pub load_balancer_name: String,
    #[serde(rename = "DNSName")]
    pub dns_name: String,
    pub canonical_hosted_zone_name: Option<String>,
    #[serde(rename = "CanonicalHostedZoneNameID")]
    pub canonical_hosted_zone_name_id: Option<&'static str>,
    pub listener_descriptions: Vec<ListenerItem>,
    pub policies: PoliciesItem,
    pub backend_server_descriptions: Vec<BackendItem>,
    pub availability_zones: Vec<String>,
    pub subnets: Vec<SubnetId>,
    #[serde(rename = "VPCId")]
    pub vpc_id: VpcId,
    pub instances: Vec<Instance>,
    pub health_check: HealthCheckItem,
    pub source_security_group: Option<SourceGroup>,
    pub security_groups: Vec<SecurityGroupId>,
    pub created_time: Timestamp,
    pub scheme: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListenerItem {
    pub listener: Listener,
    pub policy_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackendItem {
    pub instance_port: u16,
    pub policy_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PoliciesItem {
    pub app_cookie_stickiness_policies: Vec<AppCookieItem>,
    #[serde(rename = "LBCookieStickinessPolicies")]
    pub lb_cookie_stickiness_policies: Vec<BalancerCookieItem>,
    pub other_policies: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppCookieItem {
    pub policy_name: String,
    pub cookie_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BalancerCookieItem {
    pub policy_name: String,
    pub cookie_expiration_period: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SourceGroup {
    pub owner_alias: String,
    pub group_name: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetLoadBalancerListenerSSLCertificate {
    pub load_balancer_name: String,
    pub load_balancer_port: i32,
    #[serde(rename = "SSLCertificateId")]
    pub ssl_certificate_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubnetsReply {
    pub subnets: Vec<SubnetId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroupsReply {
    pub security_groups: Vec<SecurityGroupId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AvailabilityZonesReply {
    pub availability_zones: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstancesReply {
    pub instances: Vec<Instance>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstanceHealth {
    pub load_balancer_name: String,
    #[serde(default)]
    pub instances: Vec<Instance>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstanceHealthReply {
    pub instance_states: Vec<InstanceStateItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceStateItem {
    pub instance_id: InstanceId,
    pub state: &'static str,
    pub reason_code: &'static str,
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLoadBalancerAttributesReply {
    pub load_balancer_attributes: AttributesItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyLoadBalancerAttributesReply {
    pub load_balancer_name: String,
    pub load_balancer_attributes: AttributesItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateLoadBalancerPolicy {
    pub load_balancer_name: String,
    pub policy_name: String,
    pub policy_type_name: String,
    #[serde(default)]
    pub policy_attributes: Vec<PolicyAttribute>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyAttribute {
    pub attribute_name: String,
    pub attribute_value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLoadBalancerPolicies {
    pub load_balancer_name: Option<String>,
    #[serde(default)]
    pub policy_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLoadBalancerPoliciesReply {
    pub policy_descriptions: Vec<PolicyItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyItem {
    pub policy_name: String,
    pub policy_type_name: String,
    pub policy_attribute_descriptions: Vec<PolicyAttribute>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLoadBalancerPolicyTypes {
    #[serde(default)]
    pub policy_type_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLoadBalancerPolicyTypesReply {
    pub policy_type_descriptions: Vec<PolicyTypeItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyTypeItem {
    pub policy_type_name: &'static str,
    pub description: &'static str,
    pub policy_attribute_type_descriptions: Vec<PolicyAttributeTypeItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyAttributeTypeItem {
    pub attribute_name: &'static str,
    pub attribute_type: &'static str,
    pub cardinality: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddTags {
    pub load_balancer_names: Vec<String>,
    pub tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemoveTags {
    pub load_balancer_names: Vec<String>,
    pub tags: Vec<TagKey>,
}

/// `DescribeTags` of ELB.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ElbDescribeTags {
    pub load_balancer_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ElbDescribeTagsReply {
    pub tag_descriptions: Vec<TagsItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagsItem {
    pub load_balancer_name: String,
    pub tags: Vec<Tag>,
}

/// `DescribeAccountLimits` of ELB.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ElbDescribeAccountLimits {
    pub marker: Option<String>,
    pub page_size: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ElbDescribeAccountLimitsReply {
    pub limits: Vec<LimitItem>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LimitItem {
    pub name: &'static str,
    pub max: String,
}
