//! Finding balancers, and how they look; how many there may be.

use std::collections::BTreeSet;

use peerway_model::Region;

use super::wire::{
    BackendItem, BalancerItem, DescribeLoadBalancers, DescribeLoadBalancersReply,
    ElbDescribeAccountLimits, ElbDescribeAccountLimitsReply, Instance, LimitItem, SourceGroup,
};
use super::{Balancer, find, policies};
use crate::ApiError;
use crate::id::digest;
use crate::paging::{Ask, Limits, Page};
use crate::scope::Scope;

/// How long pages may be.
const LIMITS: Limits = Limits { min: 1, max: 400 };

fn page<'a>(
    scope: &Scope<'a>,
    action: &str,
    size: Option<i32>,
    marker: Option<&str>,
) -> Result<Page<'a>, ApiError> {
    let Limits { min, max } = LIMITS;
    if size.is_some_and(|size| !(min..=max).contains(&size)) {
        return Err(ApiError::validation(format!("PageSize must be between {min} and {max}")));
    }
    let place = [action, scope.spot.account.as_str(), scope.spot.region.as_str()];
    let ask =
        Ask { max_results: size, next_token: marker, limits: LIMITS, question: digest(0, &place) };
    let page = Page::new(ask, scope.settings);
    let page = page.map_err(|error| ApiError::validation(error.message()))?;
    Ok(page.seen_with(scope.sight))
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeLoadBalancers,
) -> Result<DescribeLoadBalancersReply, ApiError> {
    let names: BTreeSet<&str> = request.load_balancer_names.iter().map(String::as_str).collect();
    for name in &names {
        find(scope, name)?;
    }
    let marker = request.marker.as_deref().filter(|marker| !marker.is_empty());
    let page = page(scope, "DescribeLoadBalancers", request.page_size, marker)?;
    let balancers = scope.here().balancers.iter();
    let asked = balancers
        .filter(|(name, _)| names.is_empty() || names.contains(name.as_str()))
        .filter(|(name, _)| !page.is_past(name) && !scope.sight.hides_balancer(scope.spot, name));
    let (load_balancer_descriptions, next_marker) =
        page.fill(asked.map(|(name, balancer)| (name, show(scope, name, balancer))));
    Ok(DescribeLoadBalancersReply { load_balancer_descriptions, next_marker })
}

fn show(scope: &Scope<'_>, name: &str, balancer: &Balancer) -> BalancerItem {
    let region = scope.here();
    let first = balancer.groups.iter().next().and_then(|id| region.security_groups.get(id));
    let dns_name = balancer.dns_name(scope.spot, name);
    BalancerItem {
        load_balancer_name: name.to_owned(),
        canonical_hosted_zone_name: (!balancer.is_internal).then(|| dns_name.clone()),
        dns_name,
        canonical_hosted_zone_name_id: hosted_zone(&scope.spot.region),
        listener_descriptions: balancer
            .listeners
            .iter()
            .map(|(port, listener)| listener.item(*port))
            .collect(),
        policies: policies::items(balancer),
        backend_server_descriptions: balancer
            .backends
            .iter()
            .map(|(port, policies)| BackendItem {
                instance_port: *port,
                policy_names: policies.iter().cloned().collect(),
            })
            .collect(),
        availability_zones: balancer.zone_names(scope),
        subnets: balancer.subnets.iter().cloned().collect(),
        vpc_id: balancer.vpc.clone(),
        instances: balancer
            .members
            .keys()
            .map(|id| Instance { instance_id: id.to_string() })
            .collect(),
        health_check: balancer.health_check.item(),
        source_security_group: first.map(|group| SourceGroup {
            owner_alias: scope.spot.account.to_string(),
            group_name: group.name.clone(),
        }),
        security_groups: balancer.groups.iter().cloned().collect(),
        created_time: balancer.created,
        scheme: if balancer.is_internal { "internal" } else { "internet-facing" },
    }
}

/// The Route 53 zone that Classic balancers of a Region are in
/// (<https://docs.aws.amazon.com/general/latest/gr/elb.html>).
fn hosted_zone(region: &Region) -> Option<&'static str> {
    Some(match region.as_str() {
        "us-east-1" => "Z35SXDOTRQ7X7K",
        "us-east-2" => "Z3AADJGX6KTTL2",
        "us-west-1" => "Z368ELLRRE2KJ0",
        "us-west-2" => "Z1H1FL5HABSF5",
        "ca-central-1" => "ZQSVJUPU6J1EY",
        "eu-central-1" => "Z215JYRZR1TBD5",
        "eu-west-1" => "Z32O12XQLNTSW2",
        "eu-west-2" => "ZHURV8PSTC4K8",
        "eu-west-3" => "Z3Q77PNBQS71R4",
        "eu-north-1" => "Z23TAZ6LKFMNIO",
        "ap-northeast-1" => "Z14GRHDCWA56QT",
        "ap-southeast-1" => "Z1LMS91P8CMLE5",
        "ap-southeast-2" => "Z1GM3OXH4ZPM65",
        "sa-east-1" => "Z2P70J7HTTTPLU",
        _ => return None,
    })
}

pub(crate) fn account_limits(
    scope: &Scope<'_>,
    request: &ElbDescribeAccountLimits,
) -> Result<ElbDescribeAccountLimitsReply, ApiError> {
    let quotas = &scope.settings.quotas;
    let limits = [
        ("classic-listeners", quotas.listeners_per_balancer),
        ("classic-load-balancers", quotas.balancers),
        ("classic-registered-instances", quotas.instances_per_balancer),
    ];
    let marker = request.marker.as_deref().filter(|marker| !marker.is_empty());
    let page = page(scope, "DescribeAccountLimits", request.page_size, marker)?;
    let limits = limits.into_iter().filter(|(name, _)| !page.is_past(name));
    let (limits, next_marker) =
        page.fill(limits.map(|(name, max)| (name, LimitItem { name, max: max.to_string() })));
    Ok(ElbDescribeAccountLimitsReply { limits, next_marker })
}
