//! What an earlier visit wrote into the status, and this one builds on.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::ProxyLoadBalancerStatus;
use peerway_api::v1alpha1::overlap_subnet_group::GroupPlace;
use peerway_model::{
    AutoScalingGroupName, InstanceId, LoadBalancerName, SecurityGroupId, SecurityGroupRuleId,
};

/// The record of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Where it stands.
    pub home: Option<GroupPlace>,
    /// Its name, once it was to be made.
    pub name: Option<LoadBalancerName>,
    /// Whether it was seen.
    pub exists: bool,
    /// Whether it was there before, and adopted.
    pub is_adopted: bool,
    /// Under which name clients reach it: another balancer of its name has another one.
    pub dns_name: Option<String>,
    /// The security groups that were made, by name.
    pub made: BTreeMap<String, Option<SecurityGroupId>>,
    /// The rules of ours on groups that are not, by key, with their ids once they were seen.
    pub rules: BTreeMap<String, Option<SecurityGroupRuleId>>,
    /// The instances that were registered one by one.
    pub instances: BTreeSet<InstanceId>,
    /// The auto-scaling groups it was attached to, or was to be, with how far that was.
    pub attachments: BTreeMap<AutoScalingGroupName, String>,
    /// Whether enough instances were in service.
    pub is_in_service: bool,
}

impl Recorded {
    /// The record in a status.
    #[must_use]
    pub fn of(status: Option<&ProxyLoadBalancerStatus>) -> Self {
        let Some(status) = status else { return Self::default() };
        let balancer = status.load_balancer.as_ref();
        let groups = status.auto_scaling_groups.iter();
        Self {
            home: status.home.clone(),
            name: balancer.map(|balancer| balancer.name.clone()),
            exists: balancer.is_some_and(|balancer| balancer.exists),
            is_adopted: balancer.is_some_and(|balancer| balancer.adopted),
            dns_name: balancer.and_then(|balancer| balancer.dns_name.clone()),
            made: status
                .security_groups
                .iter()
                .map(|group| (group.name.clone(), group.id.clone()))
                .collect(),
            rules: status.rules.iter().map(|it| (it.rule.clone(), it.id.clone())).collect(),
            instances: status.instances.iter().cloned().collect(),
            attachments: groups.map(|group| (group.name.clone(), group.state.clone())).collect(),
            is_in_service: crate::conditions::is_true(
                &status.conditions,
                peerway_api::ConditionType::InService,
            ),
        }
    }
}
