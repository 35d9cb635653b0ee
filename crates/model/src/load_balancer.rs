//! Classic Load Balancers: how they look, and what they are made of.
//!
//! AWS has no version and no token for them: the name is the key, unique in an account and Region
//! (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html>).

use std::collections::BTreeMap;
use std::fmt;

use crate::part::{Item, PartKind};
use crate::{InstanceId, LoadBalancerName, SecurityGroupId, SubnetId, Tags, VpcId, ZoneName};

/// A Classic Load Balancer, as the list call shows it: without tags, attributes, policies' contents and health, which AWS
/// tells only one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Its name, which is its id.
    pub name: LoadBalancerName,
    /// The VPC it stands in; none for one of EC2-Classic.
    pub vpc: Option<VpcId>,
    /// Whether it can be reached from outside.
    pub scheme: Scheme,
    /// The name under which clients reach it. An internal one's is publicly resolvable too, to private addresses.
    pub dns_name: String,
    /// The hosted zone of that name, for alias records of Route 53.
    pub hosted_zone_id: Option<String>,
    /// Its subnets, at most one per zone.
    pub subnets: Vec<SubnetId>,
    /// The zones it stands in, by the account's names for them.
    pub zones: Vec<ZoneName>,
    /// The security groups it carries.
    pub security_groups: Vec<SecurityGroupId>,
    /// What it listens on, by port.
    pub listeners: BTreeMap<u16, ListenerDescription>,
    /// The policies of instance ports, by port, in AWS's order.
    pub backends: BTreeMap<u16, Vec<String>>,
    /// How it judges its instances.
    pub health_check: HealthCheck,
    /// The instances registered with it, by hand or by an auto-scaling group.
    pub instances: Vec<InstanceId>,
}

impl Item for LoadBalancer {
    type Id = LoadBalancerName;
    const KIND: PartKind = PartKind::LoadBalancers;

    fn id(&self) -> &LoadBalancerName {
        &self.name
    }

    fn keys(&self) -> Vec<&str> {
        let vpc = self.vpc.iter().map(VpcId::as_str);
        [self.name.as_str()].into_iter().chain(vpc).collect()
    }
}

/// Whether a balancer can be reached from outside. Fixed at creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `internal`: only private addresses.
    Internal,
    /// `internet-facing`.
    InternetFacing,
}

impl Scheme {
    /// As AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::InternetFacing => "internet-facing",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A protocol that a Classic Load Balancer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListenerProtocol {
    /// TCP.
    Tcp,
    /// SSL: TLS in front of TCP.
    Ssl,
    /// HTTP.
    Http,
    /// HTTPS.
    Https,
}

impl ListenerProtocol {
    /// Every protocol.
    pub const ALL: [Self; 4] = [Self::Tcp, Self::Ssl, Self::Http, Self::Https];

    /// As AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Ssl => "SSL",
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
        }
    }

    /// The protocol of this name, in any case: AWS answers in the case it was asked in.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether it is encrypted.
    #[must_use]
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Ssl | Self::Https)
    }

    /// Whether it is HTTP or HTTPS: the two sides of a listener must agree in this
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-listener-config.html>).
    #[must_use]
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

impl fmt::Display for ListenerProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A listener: what is taken in on a port goes to the instances' port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The port that clients use, and the listener's key.
    pub port: u16,
    /// What clients speak.
    pub protocol: ListenerProtocol,
    /// The port of the instances.
    pub instance_port: u16,
    /// What instances are spoken to in.
    pub instance_protocol: ListenerProtocol,
    /// The certificate shown to clients, an ARN of ACM or IAM; of `SSL` and `HTTPS` only.
    pub certificate: Option<String>,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{} -> {}:{}",
            self.protocol, self.port, self.instance_protocol, self.instance_port
        )
    }
}

/// A listener as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerDescription {
    /// The listener.
    pub listener: Listener,
    /// The names of its policies, in AWS's order.
    pub policies: Vec<String>,
}

/// How a balancer judges its instances
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HealthCheck {
    /// What is asked, as AWS writes it: `TCP:21000`, `HTTPS:8281/path`.
    pub target: String,
    /// Seconds between two checks: 5 to 300.
    pub interval: u16,
    /// Seconds until a check has failed: 2 to 60, less than the interval.
    pub timeout: u16,
    /// How many failures in a row take an instance out: 2 to 10.
    pub unhealthy_threshold: u16,
    /// How many successes in a row take it in: 2 to 10.
    pub healthy_threshold: u16,
}

/// Settings of a balancer. In a change, what is `None` stays as it is
/// (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_LoadBalancerAttributes.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadBalancerAttributes {
    /// Whether a node serves the instances of all zones; off unless set.
    pub cross_zone: Option<bool>,
    /// Seconds after which a silent connection is closed: 1 to 3600; 60 unless set.
    pub idle_timeout: Option<u32>,
    /// How long requests under way may take when an instance leaves, in seconds (1 to 3600); `Some(None)` is switched off.
    pub draining: Option<Option<u32>>,
    /// Where requests are logged; `Some(None)` is switched off.
    pub access_log: Option<Option<AccessLog>>,
    /// `elb.http.desyncmitigationmode`: `monitor`, `defensive` or `strictest`.
    pub desync_mode: Option<String>,
}

impl LoadBalancerAttributes {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a balancer logs its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLog {
    /// The bucket, in the balancer's Region.
    pub bucket: String,
    /// What the objects' names begin with; may be empty.
    pub prefix: String,
    /// Minutes between two logs: 5 or 60.
    pub interval: u16,
}

/// A policy of a balancer: of its listeners or of instance ports. Immutable: another content is another name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadBalancerPolicy {
    /// Its name, unique in its balancer.
    pub name: String,
    /// What it does, like `SSLNegotiationPolicyType`.
    pub kind: String,
    /// Its attributes, in the order of names. One of a name may come more than once.
    pub attributes: Vec<(String, String)>,
}

/// What a balancer thinks of an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceHealth {
    /// The instance.
    pub instance: InstanceId,
    /// `InService`, `OutOfService` or `Unknown`.
    pub state: InstanceState,
    /// Whose fault it is: `ELB`, `Instance` or `N/A`.
    pub reason_code: String,
    /// Why, in AWS's words.
    pub description: String,
}

/// Whether a balancer sends requests to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceState {
    /// It does.
    InService,
    /// It does not.
    OutOfService,
    /// It cannot tell.
    Unknown,
}

impl fmt::Display for InstanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InService => "InService",
            Self::OutOfService => "OutOfService",
            Self::Unknown => "Unknown",
        })
    }
}

/// A balancer that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLoadBalancer {
    /// Its name.
    pub name: LoadBalancerName,
    /// Whether it can be reached from outside.
    pub scheme: Scheme,
    /// Its listeners.
    pub listeners: Vec<Listener>,
    /// Its subnets.
    pub subnets: Vec<SubnetId>,
    /// The security groups it carries.
    pub security_groups: Vec<SecurityGroupId>,
    /// Its tags.
    pub tags: Tags,
}
