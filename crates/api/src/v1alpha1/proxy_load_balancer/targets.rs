//! Which instances a load balancer serves.

use kube::KubeSchema;
use peerway_model::InstanceId;
use serde::{Deserialize, Serialize};

use crate::v1alpha1::selectors::{MatchTags, SecurityGroupSelector};

/// Which instances. At least one of `autoScalingGroups` and `instances`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = ("has(self.autoScalingGroups) || has(self.instances)", "at least one of `autoScalingGroups` and `instances` must be set"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Targets {
    /// Auto-scaling groups to attach it to, beside whatever they are attached to; followed as they come and go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_scaling_groups: Option<AutoScalingTargets>,
    /// Instances to register with it, one by one; those of attached auto-scaling groups are not among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<InstanceTargets>,
}

/// Auto-scaling groups. Exactly one of `names` and `matchTags`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = ("[has(self.names), has(self.matchTags)].exists_one(x, x)", "exactly one of `names` and `matchTags` must be set"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoScalingTargets {
    /// Their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>", length(min = 1, max = 64), inner(length(min = 1, max = 255)), extend("x-kubernetes-list-type" = "set"))]
    pub names: Option<Vec<String>>,
    /// Their tags: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
    /// Whether to attach it also to a group whose health check type contains `ELB`. Absent: no. Such a group *replaces* every
    /// instance that any attached load balancer thinks ill of: one wrong health check here, one missing security group rule or subnet, and it kills a healthy
    /// fleet; a check that only a leader passes kills all followers, over and over.
    #[serde(rename = "allowELBHealthChecks", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub allow_elb_health_checks: Option<bool>,
}

/// Instances. Exactly one of `ids` and `matchTags`; at most one of `allowFrom` and `backendSecurityGroup`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = ("[has(self.ids), has(self.matchTags)].exists_one(x, x)", "exactly one of `ids` and `matchTags` must be set"),
    validation = ("!(has(self.allowFrom) && has(self.backendSecurityGroup))", "at most one of `allowFrom` and `backendSecurityGroup` may be set"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstanceTargets {
    /// Instance ids, like `[i-0123456789abcdef0]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<InstanceId>", length(min = 1, max = 256), extend("x-kubernetes-list-type" = "set"))]
    pub ids: Option<Vec<InstanceId>>,
    /// Tags of the instances: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
    /// Let the load balancer in by rules of ours on a security group that the instances carry already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_from: Option<AllowFrom>,
    /// Let the load balancer in by a security group of ours, added to each of the instances beside those it has, and taken off again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_security_group: Option<BackendGroup>,
}

/// Rules on a group that exists: from the load balancer's own groups, to the ports of its listeners and its health check.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowFrom {
    /// The group that the instances carry; it must match exactly one.
    pub security_group: SecurityGroupSelector,
}

/// A group to make for the instances.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackendGroup {
    /// How it is made. It admits the load balancer's own groups, to the ports of its listeners and its health check.
    pub create: NewBackendGroup,
}

/// How a group for the instances is made.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewBackendGroup {
    /// Its name, unique in the VPC. AWS fixes it at creation: another name is another group.
    #[schemars(length(min = 1, max = 255))]
    #[x_kube(validation = ("!self.startsWith('sg-')", "`name` must not begin with `sg-`"))]
    pub name: String,
    /// Its description, fixed at creation too. Absent: it says whose group it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 255))]
    pub description: Option<String>,
}
