//! How a balancer is to be set up: the spec, else the reference, else a default; each setting with its origin.

use std::collections::BTreeMap;

use peerway_api::v1alpha1::proxy_load_balancer::settings as spec;
use peerway_api::v1alpha1::proxy_load_balancer::status::SettingOrigin;
use peerway_api::v1alpha1::{ProxyLoadBalancerSpec, proxy_load_balancer::settings::BalancerGroup};
use peerway_api::{ConditionType, Reason};
use peerway_model::{
    HealthCheck, Listener, ListenerProtocol, LoadBalancer, LoadBalancerAttributes,
    LoadBalancerName, LoadBalancerPolicy, SecurityGroupId,
};

use super::attributes::attributes;
use super::policies;
use super::say;
use crate::Finding;

/// What AWS gives a health check whose fields nobody sets
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html>).
const INTERVAL: u16 = 30;
const TIMEOUT: u16 = 5;
const UNHEALTHY: u16 = 2;
const HEALTHY: u16 = 10;
/// The balancer that is followed, with what is told of it one by one.
#[derive(Debug, Clone, Copy)]
pub struct Followed<'a> {
    /// The balancer.
    pub balancer: &'a LoadBalancer,
    /// Its attributes.
    pub attributes: &'a LoadBalancerAttributes,
    /// Its policies.
    pub policies: &'a [LoadBalancerPolicy],
    /// Whether it is the balancer itself, adopted and without a reference: what nobody asks for stays as it is.
    pub is_itself: bool,
}

impl Followed<'_> {
    /// Where its settings come from.
    pub(super) fn origin(&self) -> SettingOrigin {
        if self.is_itself { SettingOrigin::Default } else { SettingOrigin::Reference }
    }
}

/// How a balancer is to be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its listeners, by port.
    pub listeners: BTreeMap<u16, WantedListener>,
    /// The policies of instance ports, by port: their names.
    pub backends: BTreeMap<u16, Vec<String>>,
    /// The policies that these name, by name, each after what it needs.
    pub policies: Vec<LoadBalancerPolicy>,
    /// How it judges its instances.
    pub health_check: HealthCheck,
    /// Its attributes, every one of them.
    pub attributes: LoadBalancerAttributes,
    /// The security groups it carries.
    pub groups: Groups,
    /// Each setting as people read it.
    pub table: Vec<Setting>,
    /// What the reference has and cannot be followed.
    pub not_followed: Vec<String>,
}

/// A listener that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedListener {
    /// The listener.
    pub listener: Listener,
    /// The names of its policies; nothing where AWS's own choice is left.
    pub policies: Option<Vec<String>>,
}

/// Security groups that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// Those of the spec: found, or made.
    Spec(Vec<BalancerGroup>),
    /// Those of the reference.
    Reference(Vec<SecurityGroupId>),
    /// Whatever it has: an adopted balancer, of which the spec says nothing.
    Unchanged,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As the spec names it.
    pub field: String,
    /// Its value.
    pub value: String,
    /// Where it comes from.
    pub origin: SettingOrigin,
}

/// A short text that is the same for the same words, on every machine and in every release: FNV-1a of 64 bits
/// (RFC 9923), each word ended by a byte that no UTF-8 text holds.
#[must_use]
pub fn digest(words: &[&str]) -> String {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0xff]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// How the balancer `name` is to be set up.
///
/// # Errors
/// Findings about what spec and reference make together that AWS would refuse.
pub fn settings(
    spec: &ProxyLoadBalancerSpec,
    followed: Option<Followed<'_>>,
    name: &LoadBalancerName,
) -> Result<Settings, Vec<Finding>> {
    let mut table = Vec::new();
    let mut not_followed = Vec::new();
    let mut all: Vec<LoadBalancerPolicy> = Vec::new();
    let mut backends = BTreeMap::new();
    let mut listeners = BTreeMap::new();
    let reference = followed.filter(|followed| !followed.is_itself);
    match (&spec.listeners, reference) {
        (Some(own), _) => {
            for one in own {
                let listener = listener(one);
                let policies = one.security_policy.as_ref().map(|policy| {
                    let policy = policies::security(policy);
                    let name = policy.name.clone();
                    add(&mut all, vec![policy]);
                    vec![name]
                });
                // In the clear there is none to leave to AWS.
                let is_plain = !listener.protocol.is_secure();
                let policies = policies.or_else(|| is_plain.then(Vec::new));
                listeners.insert(one.port, WantedListener { listener, policies });
            }
        }
        (None, Some(followed)) => {
            let theirs: BTreeMap<&str, &LoadBalancerPolicy> =
                followed.policies.iter().map(|policy| (policy.name.as_str(), policy)).collect();
            let mut follow = |names: &[String], of: String| {
                let mut ours = Vec::new();
                for name in names {
                    match policies::copy(name, &theirs) {
                        Some(copies) => {
                            ours.extend(copies.last().map(|policy| policy.name.clone()));
                            add(&mut all, copies);
                        }
                        None => not_followed.push(format!("policy '{name}' of {of}")),
                    }
                }
                ours
            };
            for (port, there) in &followed.balancer.listeners {
                let policies = follow(&there.policies, format!("listener {port}"));
                let listener = there.listener.clone();
                listeners.insert(*port, WantedListener { listener, policies: Some(policies) });
            }
            // What is set for an instance port outlives its last listener, and cannot be set without one.
            let is_used = |port: &u16| {
                let mut listeners = followed.balancer.listeners.values();
                listeners.any(|it| it.listener.instance_port == *port)
            };
            let used = followed.balancer.backends.iter().filter(|(port, _)| is_used(port));
            for (port, names) in used {
                backends.insert(*port, follow(names, format!("instance port {port}")));
            }
        }
        (None, None) => {}
    }
    let origin = origin(spec.listeners.is_some(), reference);
    let groups = match (&spec.security_groups, reference) {
        (Some(groups), _) => Groups::Spec(groups.clone()),
        (None, Some(followed)) => Groups::Reference(followed.balancer.security_groups.clone()),
        (None, None) => Groups::Unchanged,
    };
    table.push(setting("listeners", say::listeners(&listeners), origin));
    table.push(say::groups(&groups));
    let mut findings = clashing(&listeners);
    let first = listeners.values().next().map(|wanted| wanted.listener.instance_port);
    let first = first.unwrap_or(80);
    let health_check = match health_check(spec, followed, first, &mut table) {
        Ok(check) => Some(check),
        Err(finding) => {
            findings.push(finding);
            None
        }
    };
    let attributes = attributes(spec, followed, name, &mut table);
    let attributes = attributes.map_err(|finding| findings.push(finding)).ok();
    // Last: there may be more of them than the status can hold.
    table.extend(say::parts(&listeners, &backends, &all, origin));
    match (health_check, attributes) {
        (Some(health_check), Some(attributes)) if findings.is_empty() => Ok(Settings {
            listeners,
            backends,
            policies: all,
            health_check,
            attributes,
            groups,
            table,
            not_followed,
        }),
        _ => Err(findings),
    }
}

fn add(all: &mut Vec<LoadBalancerPolicy>, more: Vec<LoadBalancerPolicy>) {
    for policy in more {
        if !all.contains(&policy) {
            all.push(policy);
        }
    }
}

fn origin(is_of_spec: bool, followed: Option<Followed<'_>>) -> SettingOrigin {
    match followed {
        _ if is_of_spec => SettingOrigin::Spec,
        Some(followed) => followed.origin(),
        None => SettingOrigin::Default,
    }
}

pub(super) fn setting(field: &str, value: String, origin: SettingOrigin) -> Setting {
    Setting { field: field.to_owned(), value, origin }
}

pub(super) fn invalid(message: String) -> Finding {
    Finding::stalled(ConditionType::Valid, Reason::InvalidSpec, message)
}

pub(super) fn protocol(protocol: spec::BalancerProtocol) -> ListenerProtocol {
    match protocol {
        spec::BalancerProtocol::Tcp => ListenerProtocol::Tcp,
        spec::BalancerProtocol::Ssl => ListenerProtocol::Ssl,
        spec::BalancerProtocol::Http => ListenerProtocol::Http,
        spec::BalancerProtocol::Https => ListenerProtocol::Https,
    }
}

fn listener(one: &spec::Listener) -> Listener {
    Listener {
        port: one.port,
        protocol: protocol(one.protocol),
        instance_port: one.instance_port,
        instance_protocol: protocol(one.instance_protocol.unwrap_or(one.protocol)),
        certificate: one.certificate_arn.clone(),
    }
}

/// Listeners to one instance port must agree whether the instances are spoken to in the clear
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-listener-config.html>).
fn clashing(listeners: &BTreeMap<u16, WantedListener>) -> Vec<Finding> {
    let mut by_instance_port: BTreeMap<u16, &Listener> = BTreeMap::new();
    let mut findings = Vec::new();
    for WantedListener { listener, .. } in listeners.values() {
        let first = by_instance_port.entry(listener.instance_port).or_insert(listener);
        if first.instance_protocol.is_secure() != listener.instance_protocol.is_secure() {
            findings.push(invalid(format!(
                "`listeners`: {first} and {listener} send to the same instance port, one encrypted and one in the clear. Let both be encrypted or neither, or use another instance port."
            )));
        }
    }
    findings
}

/// A target as AWS writes it: protocol, port, and with HTTP and HTTPS a path.
struct Target {
    protocol: ListenerProtocol,
    port: u16,
    path: Option<String>,
}

impl Target {
    fn read(text: &str) -> Option<Self> {
        let (protocol, rest) = text.split_once(':')?;
        let (port, path) = match rest.find('/') {
            Some(slash) => (&rest[..slash], Some(rest[slash..].to_owned())),
            None => (rest, None),
        };
        let protocol = ListenerProtocol::of(protocol)?;
        Some(Self { protocol, port: port.parse().ok()?, path })
    }
}

fn health_check(
    spec: &ProxyLoadBalancerSpec,
    followed: Option<Followed<'_>>,
    first_port: u16,
    table: &mut Vec<Setting>,
) -> Result<HealthCheck, Finding> {
    let own = spec.health_check.clone().unwrap_or_default();
    let theirs = followed.map(|followed| &followed.balancer.health_check);
    let target = theirs.and_then(|theirs| Target::read(&theirs.target));
    let mut say = |field, value: String, is_own: bool| {
        table.push(setting(field, value, origin(is_own, followed)));
    };
    let followed_protocol = target.as_ref().map(|target| target.protocol);
    let protocol =
        own.protocol.map(protocol).or(followed_protocol).unwrap_or(ListenerProtocol::Tcp);
    say("healthCheck.protocol", protocol.to_string(), own.protocol.is_some());
    let port = own.port.or(target.as_ref().map(|target| target.port)).unwrap_or(first_port);
    say("healthCheck.port", port.to_string(), own.port.is_some());
    let path = own.path.clone().or(target.and_then(|target| target.path));
    let path = if protocol.is_http() {
        let path = path.ok_or_else(|| {
            invalid(format!("`healthCheck.path` must be set with protocol {protocol}: an instance is healthy that answers it with 200."))
        })?;
        say("healthCheck.path", path.clone(), own.path.is_some());
        path
    } else if own.path.is_some() {
        let whence = match (own.protocol, followed) {
            (None, Some(followed)) if followed.is_itself => ", which it has",
            (None, Some(_)) => ", which the reference has",
            (None, None) => ", which it has where nothing is said",
            (Some(_), _) => "",
        };
        return Err(invalid(format!(
            "`healthCheck.path` must be absent with protocol {protocol}{whence}: such a check only opens a connection. Set `healthCheck.protocol` to HTTP or HTTPS, or remove `path`."
        )));
    } else {
        String::new()
    };
    let mut number = |field, own: Option<u16>, theirs: Option<u16>, default: u16| {
        let value = own.or(theirs).unwrap_or(default);
        say(field, value.to_string(), own.is_some());
        value
    };
    let interval = number(
        "healthCheck.intervalSeconds",
        own.interval_seconds,
        theirs.map(|it| it.interval),
        INTERVAL,
    );
    let timeout = number(
        "healthCheck.timeoutSeconds",
        own.timeout_seconds,
        theirs.map(|it| it.timeout),
        TIMEOUT,
    );
    let unhealthy_threshold = number(
        "healthCheck.unhealthyThreshold",
        own.unhealthy_threshold,
        theirs.map(|it| it.unhealthy_threshold),
        UNHEALTHY,
    );
    let healthy_threshold = number(
        "healthCheck.healthyThreshold",
        own.healthy_threshold,
        theirs.map(|it| it.healthy_threshold),
        HEALTHY,
    );
    if timeout >= interval {
        return Err(invalid(format!(
            "`healthCheck`: a timeout of {timeout} s does not fit into an interval of {interval} s. Set `timeoutSeconds` to less, or `intervalSeconds` to more."
        )));
    }
    let target = format!("{protocol}:{port}{path}");
    Ok(HealthCheck { target, interval, timeout, unhealthy_threshold, healthy_threshold })
}
