//! Making and deleting balancers.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::VpcId;

use super::wire::{CreateLoadBalancer, CreateLoadBalancerReply, DeleteLoadBalancer, Nothing};
use super::{Attributes, Balancer, HealthCheck, groups, listeners, subnets, tags};
use crate::ApiError;
use crate::ec2::security_groups;
use crate::id::digest;
use crate::scope::Scope;
use crate::settings::RepeatedBalancer;
use crate::state::Spot;

const LONGEST_NAME: usize = 32;

/// Whether AWS takes this as a balancer's name.
pub(crate) fn check_name(name: &str) -> Result<(), ApiError> {
    let problem = if name.is_empty() {
        "LoadBalancer name cannot be empty"
    } else if name.len() > LONGEST_NAME {
        "LoadBalancer name cannot be longer than 32 characters"
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        "LoadBalancer name cannot contain characters that are not letters, or digits or the dash."
    } else if name.starts_with('-') || name.ends_with('-') {
        "LoadBalancer name cannot begin or end with a dash"
    } else {
        return Ok(());
    };
    Err(ApiError::validation(format!("{problem}: '{name}'")))
}

/// The number in the DNS name of a balancer that was there from the beginning.
pub(crate) fn derived_number(spot: &Spot, name: &str) -> u32 {
    number(digest(0, &["elb", spot.account.as_str(), spot.region.as_str(), name]))
}

/// As many digits as AWS has there.
fn number(any: u64) -> u32 {
    u32::try_from(any % 2_000_000_000).unwrap_or_default() + 10_000_000
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateLoadBalancer,
) -> Result<CreateLoadBalancerReply, ApiError> {
    let name = &request.load_balancer_name;
    check_name(name)?;
    let asked = read(scope, request)?;
    let spot = scope.spot;
    if let Some(present) = scope.here().balancers.get(name) {
        let is_same = scope.settings.repeated_balancer == RepeatedBalancer::Accepted
            && present.is_internal == asked.is_internal
            && present.subnets == asked.subnets
            && present.groups == asked.groups
            && present.listeners.len() == asked.listeners.len()
            && asked.listeners.iter().all(|(port, listener)| {
                present.listeners.get(port).is_some_and(|present| present.is_as_asked(listener))
            });
        if is_same {
            return Ok(CreateLoadBalancerReply { dns_name: present.dns_name(spot, name) });
        }
        return Err(ApiError::new(
            "DuplicateLoadBalancerName",
            format!(
                "The load balancer '{name}' already exists and it is configured with different parameters."
            ),
        ));
    }
    let most = scope.settings.quotas.balancers;
    if scope.here().balancers.len() >= most {
        return Err(ApiError::new(
            "TooManyLoadBalancers",
            format!("Exceeded quota of account {}: {most} load balancers", spot.account),
        ));
    }
    subnets::check_new(scope, asked.subnets.iter())?;
    let dns_name = asked.dns_name(spot, name);
    let stands_in = asked.subnets.clone();
    scope.here_mut().balancers.insert(name.clone(), asked);
    for subnet in &stands_in {
        subnets::stand(&mut scope.moment(), spot, name, subnet)?;
    }
    scope.ids.has_named(spot, name);
    Ok(CreateLoadBalancerReply { dns_name })
}

/// The balancer that a request asks for, whether there may be another of its name or not.
fn read(scope: &mut Scope<'_>, request: &CreateLoadBalancer) -> Result<Balancer, ApiError> {
    if request.listeners.is_empty() {
        return Err(ApiError::validation("Listeners cannot be empty"));
    }
    let is_internal = match request.scheme.as_deref() {
        None | Some("internet-facing") => false,
        Some("internal") => true,
        Some(other) => {
            return Err(ApiError::new(
                "InvalidScheme",
                format!("The scheme '{other}' is not valid: use internal or internet-facing"),
            ));
        }
    };
    let (stands_in, vpc) = place(scope, request)?;
    if !is_internal {
        check_internet(scope, &vpc)?;
    }
    let listeners = listeners::read_listeners(scope.here(), &request.listeners)?;
    listeners::check_together(&listeners)?;
    if listeners.len() > scope.settings.quotas.listeners_per_balancer {
        return Err(super::conflict("The load balancer would have too many listeners"));
    }
    let groups = if request.security_groups.is_empty() {
        security_groups::default_of(scope.here(), &vpc).cloned().into_iter().collect()
    } else {
        groups::read(scope, &vpc, &request.security_groups)?
    };
    let tags = tags::read(&request.tags)?;
    tags::check_count(scope, &tags)?;
    // The check begins with the first listener of the request, not with that of the lowest port.
    let first = request.listeners.first().and_then(|first| u16::try_from(first.instance_port).ok());
    Ok(Balancer {
        vpc,
        is_internal,
        number: number(scope.ids.number()),
        subnets: stands_in.into_keys().collect(),
        groups,
        policies: listeners::policies_along(listeners.values()),
        listeners,
        backends: BTreeMap::new(),
        attributes: Attributes::default(),
        health_check: HealthCheck::usual(first.unwrap_or(80)),
        members: BTreeMap::new(),
        leaving: BTreeMap::new(),
        created: scope.now,
        tags: Arc::new(tags),
        maker: scope.maker(),
    })
}

/// The subnets of a request and their VPC.
fn place(
    scope: &Scope<'_>,
    request: &CreateLoadBalancer,
) -> Result<(BTreeMap<peerway_model::SubnetId, VpcId>, VpcId), ApiError> {
    match (request.subnets.is_empty(), request.availability_zones.is_empty()) {
        (true, true) => {
            return Err(ApiError::validation(
                "Either AvailabilityZones or SubnetIds must be specified",
            ));
        }
        (false, false) => {
            return Err(ApiError::validation(
                "Only one of SubnetIds or AvailabilityZones may be specified",
            ));
        }
        (true, false) | (false, true) => {}
    }
    let mut asked = request.subnets.clone();
    for zone in &request.availability_zones {
        asked.push(subnets::default_in(scope, zone)?.to_string());
    }
    let read = subnets::read(scope.here(), &asked)?;
    subnets::check_subnets(scope.here(), read.keys())?;
    let vpc = read.values().next().cloned();
    let vpc = vpc.ok_or_else(|| ApiError::validation("SubnetIds cannot be empty"))?;
    Ok((read, vpc))
}

/// What faces the internet needs a way there.
fn check_internet(scope: &Scope<'_>, vpc: &VpcId) -> Result<(), ApiError> {
    let mut gateways = scope.here().internet_gateways.values();
    if gateways.any(|gateway| gateway.vpc.as_ref() == Some(vpc)) {
        return Ok(());
    }
    Err(ApiError::new("InvalidSubnet", format!("VPC {vpc} has no internet gateway")))
}

/// A balancer that is not there is no error. Its interfaces stay for a while; auto-scaling groups still name it.
#[expect(clippy::unnecessary_wraps, reason = "every action may fail, as far as its caller knows")]
pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteLoadBalancer,
) -> Result<Nothing, ApiError> {
    let name = &request.load_balancer_name;
    let spot = scope.spot;
    if let Some(balancer) = scope.here_mut().balancers.remove(name) {
        subnets::leave(&mut scope.moment(), spot, name, balancer.subnets.iter());
    }
    Ok(Nothing {})
}
