//! Classic Elastic Load Balancing.
//!
//! | file | what |
//! |---|---|
//! | `create.rs` | making and deleting balancers |
//! | `describe.rs` | finding them, and how they look; quotas |
//! | `listeners.rs`, `certificates.rs` | ports, protocols, certificates |
//! | `policies.rs`, `policy_types.rs` | policies of listeners and of instance ports |
//! | `attributes.rs`, `health_check.rs`, `tags.rs` | settings |
//! | `subnets.rs`, `groups.rs` | where a balancer stands, and its network interfaces |
//! | `instances.rs` | which instances it has |
//! | `health.rs` | what it thinks of them, as time passes |
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

mod attributes;
mod certificates;
mod create;
mod describe;
mod groups;
mod health;
mod health_check;
mod instances;
mod listeners;
mod policies;
mod policy_types;
mod subnets;
mod tags;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::{SecurityGroupId, SubnetId, Timestamp, VpcId, ZoneId};

pub(crate) use attributes::{
    AccessLog, Attributes, USUAL_DRAINING, check_desync_mode, check_timeout, describe_attributes,
    modify_attributes, read_log_interval,
};
pub use attributes::{
    AccessLogItem, AdditionalAttribute, AttributesItem, DrainingItem, EnabledItem, IdleItem,
};
pub(crate) use certificates::Certificate;
pub(crate) use create::{check_name, create, delete, derived_number};
pub(crate) use describe::{account_limits, describe};
pub(crate) use groups::apply_groups;
pub(crate) use health::{Member, Verdict, instance_changed, instance_forgotten, passes};
pub(crate) use health_check::{HealthCheck, check_target, configure_health_check};
pub(crate) use instances::{deregister, describe_health, let_go, register, take_in};
pub(crate) use listeners::{
    Listener as ListenerSettings, create_listeners, delete_listeners,
    policies_along as default_policies, read_listeners, set_certificate,
};
pub(crate) use policies::{
    Policy, create_app_cookie, create_balancer_cookie, create_policy, delete_policy,
    describe_policies, set_of_backend, set_of_listener,
};
pub(crate) use policy_types::{PREDEFINED, check_attributes, describe_types};
pub(crate) use subnets::{
    attach, check_kind, check_subnets, detach, disable_zones, enable_zones, interface_description,
    interface_gone,
};
pub(crate) use tags::{add as add_tags, describe as describe_tags, remove as remove_tags};
pub use wire::{
    AddTags, AppCookieItem, ApplySecurityGroupsToLoadBalancer, AttachLoadBalancerToSubnets,
    AvailabilityZonesReply, BackendItem, BalancerCookieItem, BalancerItem, ConfigureHealthCheck,
    ConfigureHealthCheckReply, CreateAppCookieStickinessPolicy, CreateLBCookieStickinessPolicy,
    CreateLoadBalancer, CreateLoadBalancerListeners, CreateLoadBalancerPolicy,
    CreateLoadBalancerReply, DeleteLoadBalancer, DeleteLoadBalancerListeners,
    DeleteLoadBalancerPolicy, DeregisterInstancesFromLoadBalancer, DescribeInstanceHealth,
    DescribeInstanceHealthReply, DescribeLoadBalancerAttributes,
    DescribeLoadBalancerAttributesReply, DescribeLoadBalancerPolicies,
    DescribeLoadBalancerPoliciesReply, DescribeLoadBalancerPolicyTypes,
    DescribeLoadBalancerPolicyTypesReply, DescribeLoadBalancers, DescribeLoadBalancersReply,
    DetachLoadBalancerFromSubnets, DisableAvailabilityZonesForLoadBalancer,
    ElbDescribeAccountLimits, ElbDescribeAccountLimitsReply, ElbDescribeTags, ElbDescribeTagsReply,
    EnableAvailabilityZonesForLoadBalancer, HealthCheckItem, Instance, InstanceStateItem,
    InstancesReply, LimitItem, Listener, ListenerItem, ModifyLoadBalancerAttributes,
    ModifyLoadBalancerAttributesReply, Nothing, PoliciesItem, PolicyAttribute,
    PolicyAttributeTypeItem, PolicyItem, PolicyTypeItem, RegisterInstancesWithLoadBalancer,
    RemoveTags, SecurityGroupsReply, SetLoadBalancerListenerSSLCertificate,
    SetLoadBalancerPoliciesForBackendServer, SetLoadBalancerPoliciesOfListener, SourceGroup,
    SubnetsReply, Tag, TagKey, TagsItem,
};

use crate::ApiError;
use crate::ec2::availability_zones;
use crate::id::InstanceId;
use crate::scope::Scope;
use crate::state::{Maker, RegionState, SharedTags, Spot};

/// A Classic balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Balancer {
    pub(crate) vpc: VpcId,
    pub(crate) is_internal: bool,
    /// What tells its DNS name from that of an earlier one of the same name.
    pub(crate) number: u32,
    pub(crate) subnets: BTreeSet<SubnetId>,
    pub(crate) groups: BTreeSet<SecurityGroupId>,
    /// By the port they listen on.
    pub(crate) listeners: BTreeMap<u16, ListenerSettings>,
    pub(crate) policies: BTreeMap<String, Policy>,
    /// Names of policies by instance port.
    pub(crate) backends: BTreeMap<u16, BTreeSet<String>>,
    pub(crate) attributes: Attributes,
    pub(crate) health_check: HealthCheck,
    pub(crate) members: BTreeMap<InstanceId, Member>,
    /// Instances that have been let go but are not gone yet, and until when.
    pub(crate) leaving: BTreeMap<InstanceId, Timestamp>,
    pub(crate) created: Timestamp,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

impl Balancer {
    /// The zones it stands in.
    pub(crate) fn zones(&self, region: &RegionState) -> BTreeSet<ZoneId> {
        let subnets = self.subnets.iter().filter_map(|subnet| region.subnets.get(subnet));
        subnets.map(|subnet| subnet.zone.clone()).collect()
    }

    /// Those, by the account's names for them.
    pub(crate) fn zone_names(&self, scope: &Scope<'_>) -> Vec<String> {
        let zones = self.zones(scope.here());
        let name = |zone| availability_zones::name_of(scope.state, scope.spot, zone);
        zones.iter().filter_map(name).collect()
    }

    /// The name under which clients reach it. Internal ones resolve to private addresses, also from outside.
    pub(crate) fn dns_name(&self, spot: &Spot, name: &str) -> String {
        let prefix = if self.is_internal { "internal-" } else { "" };
        let domain = if spot.region.as_str().starts_with("cn-") { "com.cn" } else { "com" };
        format!("{prefix}{name}-{}.{}.elb.amazonaws.{domain}", self.number, spot.region)
    }
}

pub(crate) fn not_found(name: &str) -> ApiError {
    ApiError::new(
        "LoadBalancerNotFound",
        format!("There is no ACTIVE Load Balancer named '{name}'"),
    )
}

/// What every call but those about nothing does first.
fn find<'a>(scope: &'a Scope<'_>, name: &str) -> Result<&'a Balancer, ApiError> {
    scope.here().balancers.get(name).ok_or_else(|| not_found(name))
}

/// The same, to change it.
fn find_mut<'a>(scope: &'a mut Scope<'_>, name: &str) -> Result<&'a mut Balancer, ApiError> {
    scope.here_mut().balancers.get_mut(name).ok_or_else(|| not_found(name))
}

/// A request that asks for what cannot be together.
fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidConfigurationRequest", message)
}

/// A port of a request.
fn read_port(parameter: &str, port: i32) -> Result<u16, ApiError> {
    u16::try_from(port).ok().filter(|port| *port > 0).ok_or_else(|| {
        ApiError::validation(format!("{parameter} must be between 1 and 65535: {port}"))
    })
}
