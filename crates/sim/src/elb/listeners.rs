//! Listeners: which ports a balancer listens on, and where it sends what it hears.

use std::collections::{BTreeMap, BTreeSet};

use super::policies::Policy;
use super::wire::{
    CreateLoadBalancerListeners, DeleteLoadBalancerListeners, Listener as Item, ListenerItem,
    Nothing, SetLoadBalancerListenerSSLCertificate,
};
use super::{PREDEFINED, certificates, conflict, find, find_mut, read_port};
use crate::ApiError;
use crate::scope::Scope;
use crate::state::RegionState;

/// A listener; the port it listens on is its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listener {
    pub(crate) protocol: Protocol,
    pub(crate) instance_protocol: Protocol,
    pub(crate) instance_port: u16,
    pub(crate) certificate: Option<String>,
    pub(crate) policies: BTreeSet<String>,
}

/// What a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Ssl,
    Http,
    Https,
}

impl Protocol {
    /// AWS takes either case.
    pub(crate) fn read(text: &str) -> Result<Self, ApiError> {
        match text.to_ascii_uppercase().as_str() {
            "TCP" => Ok(Self::Tcp),
            "SSL" => Ok(Self::Ssl),
            "HTTP" => Ok(Self::Http),
            "HTTPS" => Ok(Self::Https),
            _ => Err(ApiError::new(
                "UnsupportedProtocol",
                format!(
                    "The protocol '{text}' is not supported. Use one of HTTP, HTTPS, TCP, SSL."
                ),
            )),
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Ssl => "SSL",
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
        }
    }

    pub(crate) fn is_secure(self) -> bool {
        matches!(self, Self::Ssl | Self::Https)
    }

    pub(crate) fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

impl Listener {
    pub(super) fn item(&self, port: u16) -> ListenerItem {
        ListenerItem {
            listener: Item {
                protocol: self.protocol.as_str().to_owned(),
                load_balancer_port: port.into(),
                instance_protocol: Some(self.instance_protocol.as_str().to_owned()),
                instance_port: self.instance_port.into(),
                ssl_certificate_id: self.certificate.clone(),
            },
            policy_names: self.policies.iter().cloned().collect(),
        }
    }

    /// Whether it is what a request asks for; policies are set by other calls.
    pub(crate) fn is_as_asked(&self, asked: &Self) -> bool {
        self.protocol == asked.protocol
            && self.instance_protocol == asked.instance_protocol
            && self.instance_port == asked.instance_port
            && self.certificate == asked.certificate
    }
}

/// Reads one listener; its certificate must be there.
fn read(region: &RegionState, item: &Item) -> Result<(u16, Listener), ApiError> {
    let protocol = Protocol::read(&item.protocol)?;
    let port = read_port("LoadBalancerPort", item.load_balancer_port)?;
    let instance_port = read_port("InstancePort", item.instance_port)?;
    // Left out it is the listener's own; AWS's reference promises that only for the pairs that make sense.
    let instance_protocol = match &item.instance_protocol {
        Some(text) => Protocol::read(text)?,
        None => protocol,
    };
    if protocol.is_http() != instance_protocol.is_http() {
        return Err(conflict(format!(
            "The listener protocol {} cannot be used with the instance protocol {}: both must be HTTP or HTTPS, or \
             both TCP or SSL",
            protocol.as_str(),
            instance_protocol.as_str()
        )));
    }
    let certificate = item.ssl_certificate_id.clone().filter(|id| !id.is_empty());
    match (&certificate, protocol.is_secure()) {
        (None, true) => {
            return Err(ApiError::validation(
                "Secure Listeners need to specify a SSLCertificateId",
            ));
        }
        (Some(_), false) => {
            return Err(ApiError::validation(
                "SSLCertificateId can only be specified for listeners with protocol HTTPS or SSL",
            ));
        }
        (Some(arn), true) => certificates::check(region, arn)?,
        (None, false) => {}
    }
    // Who asks for no negotiation policy gets AWS's default one.
    let policies = protocol.is_secure().then(|| PREDEFINED[0].to_owned()).into_iter().collect();
    Ok((port, Listener { protocol, instance_protocol, instance_port, certificate, policies }))
}

/// Reads listeners; none twice, and those with the same instance port agree on how secure it is.
pub(crate) fn read_listeners(
    region: &RegionState,
    items: &[Item],
) -> Result<BTreeMap<u16, Listener>, ApiError> {
    let mut listeners: BTreeMap<u16, Listener> = BTreeMap::new();
    for item in items {
        let (port, listener) = read(region, item)?;
        match listeners.get(&port) {
            Some(other) if *other != listener => return Err(duplicate(port)),
            _ => drop(listeners.insert(port, listener)),
        }
    }
    Ok(listeners)
}

fn duplicate(port: u16) -> ApiError {
    ApiError::new(
        "DuplicateListener",
        format!(
            "A listener already exists for LoadBalancerPort {port}, but with a different InstancePort, Protocol, or \
             SSLCertificateId"
        ),
    )
}

/// Whether listeners that share an instance port agree on whether it is spoken to securely.
pub(super) fn check_together(listeners: &BTreeMap<u16, Listener>) -> Result<(), ApiError> {
    let mut by_port: BTreeMap<u16, bool> = BTreeMap::new();
    for listener in listeners.values() {
        let is_secure = listener.instance_protocol.is_secure();
        if by_port.insert(listener.instance_port, is_secure).is_some_and(|was| was != is_secure) {
            return Err(conflict(format!(
                "Listeners that share the instance port {} must all use a secure instance protocol, or none of them",
                listener.instance_port
            )));
        }
    }
    Ok(())
}

/// The policies that come with listeners by themselves.
pub(crate) fn policies_along<'a>(
    listeners: impl Iterator<Item = &'a Listener>,
) -> BTreeMap<String, Policy> {
    let names = listeners.flat_map(|listener| &listener.policies);
    let names = names.filter(|name| *name == PREDEFINED[0]);
    names.map(|name| (name.clone(), Policy::predefined(name))).collect()
}

pub(crate) fn create_listeners(
    scope: &mut Scope<'_>,
    request: &CreateLoadBalancerListeners,
) -> Result<Nothing, ApiError> {
    let name = &request.load_balancer_name;
    let present = &find(scope, name)?.listeners;
    if request.listeners.is_empty() {
        return Err(ApiError::validation("Listeners cannot be empty"));
    }
    let asked = read_listeners(scope.here(), &request.listeners)?;
    let mut all = present.clone();
    for (port, listener) in &asked {
        match present.get(port) {
            // With the same properties nothing happens, also not to its policies.
            Some(present) if present.is_as_asked(listener) => {}
            Some(_) => return Err(duplicate(*port)),
            None => drop(all.insert(*port, listener.clone())),
        }
    }
    check_together(&all)?;
    let most = scope.settings.quotas.listeners_per_balancer;
    if all.len() > most {
        return Err(conflict(format!("A load balancer cannot have more than {most} listeners")));
    }
    let balancer = find_mut(scope, name)?;
    let along = policies_along(asked.values());
    for (policy, content) in along {
        balancer.policies.entry(policy).or_insert(content);
    }
    balancer.listeners = all;
    Ok(Nothing {})
}

/// A port that nothing listens on is no error.
pub(crate) fn delete_listeners(
    scope: &mut Scope<'_>,
    request: &DeleteLoadBalancerListeners,
) -> Result<Nothing, ApiError> {
    let balancer = find_mut(scope, &request.load_balancer_name)?;
    let ports = request.load_balancer_ports.iter();
    let ports: BTreeSet<u16> =
        ports.map(|port| read_port("LoadBalancerPort", *port)).collect::<Result<_, _>>()?;
    balancer.listeners.retain(|port, _| !ports.contains(port));
    Ok(Nothing {})
}

pub(crate) fn set_certificate(
    scope: &mut Scope<'_>,
    request: &SetLoadBalancerListenerSSLCertificate,
) -> Result<Nothing, ApiError> {
    let name = &request.load_balancer_name;
    let port = read_port("LoadBalancerPort", request.load_balancer_port)?;
    let listener =
        find(scope, name)?.listeners.get(&port).ok_or_else(|| no_listener(name, port))?;
    if !listener.protocol.is_secure() {
        return Err(conflict(format!(
            "The listener on port {port} uses {}, which needs no certificate",
            listener.protocol.as_str()
        )));
    }
    certificates::check(scope.here(), &request.ssl_certificate_id)?;
    if let Some(listener) = find_mut(scope, name)?.listeners.get_mut(&port) {
        listener.certificate = Some(request.ssl_certificate_id.clone());
    }
    Ok(Nothing {})
}

pub(super) fn no_listener(balancer: &str, port: u16) -> ApiError {
    ApiError::new(
        "ListenerNotFound",
        format!("The load balancer '{balancer}' has no listener on port {port}"),
    )
}
