//! How a load balancer is set up.

use kube::KubeSchema;
use peerway_model::{CidrBlock, SecurityGroupId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::v1alpha1::selectors::MatchTags;
use crate::v1alpha1::vpc_peering::{IngressProtocol, Ports};

/// A protocol of a Classic Load Balancer.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum BalancerProtocol {
    /// TCP.
    #[serde(rename = "TCP")]
    Tcp,
    /// TLS in front of TCP.
    #[serde(rename = "SSL")]
    Ssl,
    /// HTTP.
    #[serde(rename = "HTTP")]
    Http,
    /// HTTPS.
    #[serde(rename = "HTTPS")]
    Https,
}

/// A listener: what clients send to a port goes to the instances' port.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = ("(self.protocol in ['SSL', 'HTTPS']) == has(self.certificateARN)",
        "`certificateARN` must be set with protocol SSL or HTTPS, and with no other: clients are shown the certificate of an encrypted listener"),
    validation = ("!has(self.securityPolicy) || self.protocol in ['SSL', 'HTTPS']",
        "`securityPolicy` must be absent unless `protocol` is SSL or HTTPS"),
    validation = ("!has(self.instanceProtocol) || (self.protocol in ['HTTP', 'HTTPS']) == (self.instanceProtocol in ['HTTP', 'HTTPS'])",
        "`protocol` and `instanceProtocol` must both be HTTP or HTTPS, or both TCP or SSL: a Classic Load Balancer does not translate between them"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// The port that clients use.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// What clients speak: TCP, SSL, HTTP or HTTPS.
    pub protocol: BalancerProtocol,
    /// The port of the instances.
    #[schemars(range(min = 1, max = 65535))]
    pub instance_port: u16,
    /// What instances are spoken to in. Absent: the same as `protocol`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BalancerProtocol")]
    pub instance_protocol: Option<BalancerProtocol>,
    /// The certificate shown to clients, of ACM (same Region) or IAM: its ARN. With SSL and HTTPS only, and then required.
    #[serde(rename = "certificateARN", default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "String",
        length(max = 2048),
        regex(pattern = r"^arn:aws[a-z-]*:(acm|iam):")
    )]
    pub certificate_arn: Option<String>,
    /// One of AWS's security policies, like `ELBSecurityPolicy-TLS-1-2-2017-01`: which TLS versions and ciphers are offered. Absent: AWS's default. With SSL and HTTPS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub security_policy: Option<String>,
}

/// How instances are judged.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[x_kube(
    validation = ("!(has(self.protocol) && self.protocol in ['TCP', 'SSL'] && has(self.path))",
        "`path` must be absent with protocol TCP or SSL: such a check only opens a connection and asks for nothing, so AWS refuses a target like TCP:21000/png; remove `path`, or use HTTP or HTTPS"),
    validation = ("!(has(self.intervalSeconds) && has(self.timeoutSeconds)) || self.timeoutSeconds < self.intervalSeconds",
        "`timeoutSeconds` must be less than `intervalSeconds`: a check must end before the next begins"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheck {
    /// TCP, SSL, HTTP or HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BalancerProtocol")]
    pub protocol: Option<BalancerProtocol>,
    /// The instances' port; it need not be one of a listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// What is asked for, like `/health`; only an answer of 200 counts. With HTTP and HTTPS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 1024), regex(pattern = "^/"))]
    pub path: Option<String>,
    /// Seconds between two checks: 5 to 300. AWS's default is 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 5, max = 300))]
    pub interval_seconds: Option<u16>,
    /// Seconds until a check has failed: 2 to 60, less than the interval. AWS's default is 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 2, max = 60))]
    pub timeout_seconds: Option<u16>,
    /// How many failures in a row take an instance out: 2 to 10. AWS's default is 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 2, max = 10))]
    pub unhealthy_threshold: Option<u16>,
    /// How many successes in a row take it in: 2 to 10. AWS's default is 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 2, max = 10))]
    pub healthy_threshold: Option<u16>,
}

/// Settings of a load balancer.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attributes {
    /// Whether each node serves the instances of all zones. Peerway's default is true, AWS's own false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub cross_zone: Option<bool>,
    /// Seconds after which a silent connection is closed: 1 to 3600. AWS's default is 60; long queries need more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 3600))]
    pub idle_timeout_seconds: Option<u32>,
    /// What becomes of requests under way when an instance leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_draining: Option<ConnectionDraining>,
    /// Where requests are logged. Those of a reference are followed with a prefix of this load balancer's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_logs: Option<AccessLogs>,
    /// How requests are treated that may be an attempt to smuggle others in: `Monitor`, `Defensive` (AWS's default) or `Strictest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DesyncMode")]
    pub desync_mode: Option<DesyncMode>,
}

/// What becomes of requests under way.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = ("self.enabled || !has(self.timeoutSeconds)", "`timeoutSeconds` must be absent unless `enabled`"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionDraining {
    /// Whether they may end.
    pub enabled: bool,
    /// How long at most, in seconds: 1 to 3600. Absent: as long as the reference lets them, else 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 3600))]
    pub timeout_seconds: Option<u32>,
}

/// Where requests are logged.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = ("!has(self.enabled) || self.enabled || !(has(self.bucket) || has(self.prefix) || has(self.intervalMinutes))", "`bucket`, `prefix` and `intervalMinutes` must be absent where `enabled` is false"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessLogs {
    /// Whether they are logged. Absent: true; `false` switches off what a reference has on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub enabled: Option<bool>,
    /// The S3 bucket, in the same Region, whose policy lets Elastic Load Balancing write. Absent: that of the reference's logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 3, max = 63))]
    pub bucket: Option<String>,
    /// What the logs' names begin with. It must not contain `AWSLogs`. Absent: a folder of this load balancer's own beside the reference's logs, else nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 512))]
    #[x_kube(validation = ("!self.contains('AWSLogs')", "`prefix` must not contain `AWSLogs`: AWS adds that itself"))]
    pub prefix: Option<String>,
    /// Minutes between two logs: 5 or 60. Absent: as with the reference, else 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 5, max = 60))]
    #[x_kube(validation = ("self == 5 || self == 60", "`intervalMinutes` must be 5 or 60"))]
    pub interval_minutes: Option<u16>,
}

/// How suspicious requests are treated.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum DesyncMode {
    /// All are let through, and counted.
    Monitor,
    /// Those known to be dangerous are refused.
    Defensive,
    /// Only those that follow the RFC are let through.
    Strictest,
}

/// A security group that the load balancer carries. Exactly one of `id`, `name`, `description`, `matchTags` and `create`; one that exists must match exactly one group.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = (
    "[has(self.id), has(self.name), has(self.description), has(self.matchTags), has(self.create)].exists_one(x, x)",
    "exactly one of `id`, `name`, `description`, `matchTags` and `create` must be set"
))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BalancerGroup {
    /// The group's id, like `sg-0123456789abcdef0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SecurityGroupId>,
    /// The group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 255))]
    pub name: Option<String>,
    /// The group's description, as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 255))]
    pub description: Option<String>,
    /// The group's tags: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
    /// A group to make, and to keep exactly so: ingress rules that others write into it are taken out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<NewGroup>,
}

/// A security group to make.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGroup {
    /// Its name, unique in the VPC. AWS fixes it at creation: another name is another group.
    #[schemars(length(min = 1, max = 255))]
    #[x_kube(validation = ("!self.startsWith('sg-')", "`name` must not begin with `sg-`"))]
    pub name: String,
    /// Its description, fixed at creation too. Absent: it says whose group it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 255))]
    pub description: Option<String>,
    /// Whom it admits.
    #[schemars(length(min = 1, max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub ingress: Vec<NewGroupIngress>,
}

/// One kind of traffic to admit. Exactly one of `cidrs` and `securityGroupID`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = ("has(self.cidrs) != has(self.securityGroupID)", "exactly one of `cidrs` and `securityGroupID` must be set"),
    validation = ("self.protocol in ['TCP', 'UDP'] || !has(self.ports)", "`ports` must be absent unless `protocol` is TCP or UDP"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGroupIngress {
    /// The protocol: TCP, UDP, ICMP, ICMPv6 or All.
    pub protocol: IngressProtocol,
    /// The ports, with TCP and UDP. Absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// CIDR blocks that are admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<CidrBlock>", length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub cidrs: Option<Vec<CidrBlock>>,
    /// A security group whose members are admitted.
    #[serde(rename = "securityGroupID", default, skip_serializing_if = "Option::is_none")]
    pub security_group_id: Option<SecurityGroupId>,
}
