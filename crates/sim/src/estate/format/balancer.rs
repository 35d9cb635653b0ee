//! Classic balancers, and the certificates that their listeners name.

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::{SecurityGroupId, SubnetId, Tags};
use serde::{Deserialize, Serialize};

use super::{is_default, is_false};
use crate::id::InstanceId;

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// Its ARN, of ACM or IAM.
    pub arn: String,
    /// The name that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// A Classic balancer. It gets a network interface in each of its subnets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// Its name.
    pub name: String,
    /// What stands in its DNS name behind its name; absent: a number that follows from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Whether it faces the internet; absent: it is internal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub internet_facing: bool,
    /// Where it stands: at most one subnet for each zone.
    pub subnets: BTreeSet<SubnetId>,
    /// Its groups; absent: the VPC's default group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<BTreeSet<SecurityGroupId>>,
    /// What it listens on.
    pub listeners: Vec<Listener>,
    /// Absent: a connection to the first listener's instance port, with AWS's usual numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attributes: BalancerAttributes,
    /// Its policies, beside the one that secure listeners get by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    /// Names of policies by instance port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub backend_policies: BTreeMap<u16, BTreeSet<String>>,
    /// The instances registered with it, beside those of the auto-scaling groups that name it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub instances: BTreeSet<InstanceId>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// What a balancer listens on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// Its protocol: TCP, SSL, HTTP or HTTPS.
    pub protocol: String,
    /// The port.
    pub port: u16,
    /// The protocol towards the instances; absent: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_protocol: Option<String>,
    /// The instances' port; absent: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_port: Option<u16>,
    /// The ARN of its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// Its policies; absent: AWS's default one for a secure listener, none for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<BTreeSet<String>>,
}

/// A health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// Like `HTTPS:9095/health` or `TCP:21000`.
    pub target: String,
    /// Seconds between checks; absent: 30.
    #[serde(default = "thirty")]
    pub interval: u16,
    /// Seconds to wait for an answer; absent: 5.
    #[serde(default = "five")]
    pub timeout: u16,
    /// Failures in a row until an instance is unhealthy; absent: 2.
    #[serde(default = "two")]
    pub unhealthy_threshold: u16,
    /// Successes in a row until it is healthy; absent: 10.
    #[serde(default = "ten")]
    pub healthy_threshold: u16,
}

fn thirty() -> u16 {
    30
}

fn five() -> u16 {
    5
}

fn two() -> u16 {
    2
}

fn ten() -> u16 {
    10
}

fn sixty() -> u16 {
    60
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_sixty(value: &u16) -> bool {
    *value == 60
}

/// A balancer's attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BalancerAttributes {
    /// Whether each node uses the instances of all zones.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cross_zone: bool,
    /// Seconds until an idle connection is closed; absent: 60.
    #[serde(default = "sixty", skip_serializing_if = "is_sixty")]
    pub idle_timeout: u16,
    /// For how many seconds connections are drained; absent: they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draining_timeout: Option<u16>,
    /// For how many seconds connections were drained when they last were; absent: 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_draining_timeout: Option<u16>,
    /// Where access logs go; absent: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_log: Option<AccessLog>,
    /// Where they last went, if they go nowhere now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_access_log: Option<AccessLog>,
    /// The desync mitigation mode; absent: `defensive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desync_mode: Option<String>,
}

impl Default for BalancerAttributes {
    fn default() -> Self {
        Self {
            cross_zone: false,
            idle_timeout: sixty(),
            draining_timeout: None,
            former_draining_timeout: None,
            access_log: None,
            former_access_log: None,
            desync_mode: None,
        }
    }
}

/// Where access logs go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessLog {
    /// The bucket.
    pub bucket: String,
    /// What the names of the files begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Minutes between files; absent: 60.
    #[serde(default = "sixty", skip_serializing_if = "is_sixty")]
    pub interval: u16,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its type, like `ProxyProtocolPolicyType`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<PolicyAttribute>,
}

/// One thing that a policy says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyAttribute {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}
