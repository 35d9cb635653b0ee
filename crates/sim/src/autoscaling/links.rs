//! The balancers of a group. `…LoadBalancers` and `…TrafficSources` are two views of one store.

use std::collections::BTreeSet;

use peerway_model::clock::after;

use super::wire::{
    AttachLoadBalancers, AttachTrafficSources, AutoScalingDescribeLoadBalancers,
    AutoScalingDescribeLoadBalancersReply, DescribeTrafficSources, DescribeTrafficSourcesReply,
    DetachLoadBalancers, DetachTrafficSources, LinkItem, Nothing, TrafficSource, TrafficSourceItem,
};
use super::{Family, Link, ScalingGroup, describe, find, find_mut};
use crate::ApiError;
use crate::elb::{self, Verdict};
use crate::events::Event;
use crate::scope::{Moment, Scope};
use crate::state::Spot;

/// How many balancers one call may name, and how many may be on their way in or out.
const MOST_AT_ONCE: usize = 10;

/// What AWS calls a Classic balancer among traffic sources.
const CLASSIC: &str = "elb";
const KINDS: [&str; 3] = [CLASSIC, "elbv2", "vpc-lattice"];

/// The names of the Classic balancers among traffic sources; there are no others here.
pub(super) fn names_of(sources: &[TrafficSource]) -> Result<Vec<String>, ApiError> {
    let names = sources.iter().map(|source| match source.kind.as_deref() {
        Some(CLASSIC) => Ok(source.identifier.clone()),
        // Without a type AWS takes the identifier for an ARN.
        None if !source.identifier.starts_with("arn:") => Err(ApiError::validation(format!(
            "The type of the traffic source '{}' must be specified: {CLASSIC} for a Classic Load Balancer",
            source.identifier
        ))),
        Some(kind) if !KINDS.contains(&kind) => Err(ApiError::validation(format!(
            "The traffic source type '{kind}' is not valid. Valid types are: {}",
            KINDS.join(", ")
        ))),
        _ => Err(invalid_balancers()),
    });
    names.collect()
}

/// Balancers that are not there, or not of the group's VPC: Auto Scaling does not say which.
pub(crate) fn invalid_balancers() -> ApiError {
    ApiError::validation(
        "Provided Load Balancers may not be valid. Please ensure they exist and try again.",
    )
}

fn too_many() -> ApiError {
    ApiError::validation(format!(
        "Trying to update too many Load Balancers/Target Groups at once. The limit is {MOST_AT_ONCE}"
    ))
}

/// Whether a group may be attached to these balancers: they must be there, and in its VPC.
pub(super) fn check(
    scope: &Scope<'_>,
    group: &ScalingGroup,
    names: &[String],
) -> Result<(), ApiError> {
    let vpc = group.vpc(scope.here());
    let new: BTreeSet<&String> = names
        .iter()
        .filter(|name| group.links.get(*name).is_none_or(|link| link.removing_until.is_some()))
        .collect();
    let is_valid = |name: &&String| {
        scope.here().balancers.get(*name).is_some_and(|balancer| Some(&balancer.vpc) == vpc)
    };
    if !new.iter().all(is_valid) {
        return Err(invalid_balancers());
    }
    // Those still on their way count, and what a call adds comes on top.
    let on_the_way = group
        .links
        .values()
        .filter(|link| link.removing_until.is_some() || scope.now < link.adding_until);
    if names.len() > MOST_AT_ONCE || on_the_way.count() + new.len() > MOST_AT_ONCE {
        return Err(too_many());
    }
    let most = scope.settings.quotas.balancers_per_scaling_group;
    if group.links.len() + new.len() > most {
        return Err(ApiError::new(
            "LimitExceeded",
            format!("An AutoScalingGroup cannot have more than {most} load balancers"),
        ));
    }
    Ok(())
}

/// Attaches a group to balancers that have been checked.
pub(super) fn add(
    scope: &mut Scope<'_>,
    group: &str,
    names: &[String],
    family: Family,
) -> Result<(), ApiError> {
    let adding_until = after(scope.now, scope.settings.timings.registration);
    let spot = scope.spot;
    for name in names {
        let of = find_mut(scope, group)?;
        if of.links.get(name).is_some_and(|link| link.removing_until.is_none()) {
            continue;
        }
        let link = Link { adding_until, removing_until: None, was_in_service: false, family };
        of.links.insert(name.clone(), link);
        if !of.is_suspended("AddToLoadBalancer") {
            let members = of.in_service();
            elb::take_in(&mut scope.moment(), spot, name, &members);
        }
    }
    Ok(())
}

fn attach(
    scope: &mut Scope<'_>,
    group: &str,
    names: &[String],
    family: Family,
) -> Result<Nothing, ApiError> {
    find_mut(scope, group)?;
    if names.is_empty() {
        return Err(ApiError::validation("At least one load balancer must be specified"));
    }
    check(scope, find(scope, group)?, names)?;
    add(scope, group, names, family)?;
    Ok(Nothing {})
}

pub(crate) fn attach_balancers(
    scope: &mut Scope<'_>,
    request: &AttachLoadBalancers,
) -> Result<Nothing, ApiError> {
    let names = &request.load_balancer_names;
    attach(scope, &request.auto_scaling_group_name, names, Family::LoadBalancers)
}

pub(crate) fn attach_sources(
    scope: &mut Scope<'_>,
    request: &AttachTrafficSources,
) -> Result<Nothing, ApiError> {
    find_mut(scope, &request.auto_scaling_group_name)?;
    let names = names_of(&request.traffic_sources)?;
    attach(scope, &request.auto_scaling_group_name, &names, Family::TrafficSources)
}

fn detach(scope: &mut Scope<'_>, group: &str, names: &[String]) -> Result<Nothing, ApiError> {
    let of = find_mut(scope, group)?;
    if names.is_empty() {
        return Err(ApiError::validation("At least one load balancer must be specified"));
    }
    if names.len() > MOST_AT_ONCE {
        return Err(too_many());
    }
    let strangers: Vec<&str> =
        names.iter().filter(|name| !of.links.contains_key(*name)).map(String::as_str).collect();
    if !strangers.is_empty() {
        return Err(ApiError::validation(format!(
            "Trying to remove Load Balancers that are not part of the group: [{}]",
            strangers.join(", ")
        )));
    }
    let members: Vec<_> = of.members.keys().cloned().collect();
    let (spot, now) = (scope.spot, scope.now);
    for name in names {
        let of = find_mut(scope, group)?;
        if of.links.get(name).is_none_or(|link| link.removing_until.is_some()) {
            continue;
        }
        // Only this group's instances, and only from this balancer.
        let until = elb::let_go(&mut scope.moment(), spot, name, &members);
        let of = find_mut(scope, group)?;
        if until <= now {
            of.links.remove(name);
        } else if let Some(link) = of.links.get_mut(name) {
            link.removing_until = Some(until);
            let event = Event::GroupLeftBalancer(spot.clone(), group.to_owned(), name.clone());
            scope.state.schedule(until, event);
        }
    }
    Ok(Nothing {})
}

pub(crate) fn detach_balancers(
    scope: &mut Scope<'_>,
    request: &DetachLoadBalancers,
) -> Result<Nothing, ApiError> {
    detach(scope, &request.auto_scaling_group_name, &request.load_balancer_names)
}

pub(crate) fn detach_sources(
    scope: &mut Scope<'_>,
    request: &DetachTrafficSources,
) -> Result<Nothing, ApiError> {
    find_mut(scope, &request.auto_scaling_group_name)?;
    // What is no Classic balancer is certainly not part of the group.
    let names: Vec<String> =
        request.traffic_sources.iter().map(|source| source.identifier.clone()).collect();
    detach(scope, &request.auto_scaling_group_name, &names)
}

/// A group's instances have left a balancer.
pub(crate) fn gone(moment: &mut Moment<'_>, spot: &Spot, group: &str, balancer: &str) {
    let now = moment.now;
    if let Some(group) = moment.state.at_mut(spot).scaling_groups.get_mut(group) {
        // Attached again in between, the link is another one.
        let is_over = |link: &Link| link.removing_until.is_some_and(|until| until <= now);
        if group.links.get(balancer).is_some_and(is_over) {
            group.links.remove(balancer);
        }
    }
}

/// How far a group is with a balancer.
fn state(scope: &Scope<'_>, group: &ScalingGroup, name: &str, link: &Link) -> &'static str {
    if link.removing_until.is_some() {
        return "Removing";
    }
    let Some(balancer) = scope.here().balancers.get(name) else { return "Added" };
    let registered = group.members.keys().filter_map(|id| balancer.members.get(id));
    let verdicts: Vec<Verdict> =
        registered.map(|member| member.verdict(balancer, scope.settings, scope.now)).collect();
    if scope.now < link.adding_until || verdicts.contains(&Verdict::Registering) {
        "Adding"
    } else if group.heeds_balancers() && verdicts.contains(&Verdict::Healthy) {
        "InService"
    } else {
        "Added"
    }
}

pub(crate) fn describe_balancers(
    scope: &Scope<'_>,
    request: &AutoScalingDescribeLoadBalancers,
) -> Result<AutoScalingDescribeLoadBalancersReply, ApiError> {
    let name = &request.auto_scaling_group_name;
    let group = find(scope, name)?;
    let page = describe::page(
        scope,
        ("DescribeLoadBalancers", name),
        request.max_records,
        request.next_token.as_deref(),
        (100, 100),
    )?;
    let links = group.links.iter().filter(|(balancer, _)| !page.is_past(balancer));
    let (load_balancers, next_token) = page.fill(links.map(|(balancer, link)| {
        let state = state(scope, group, balancer, link);
        (balancer, LinkItem { load_balancer_name: balancer.clone(), state })
    }));
    Ok(AutoScalingDescribeLoadBalancersReply { load_balancers, next_token })
}

pub(crate) fn describe_sources(
    scope: &Scope<'_>,
    request: &DescribeTrafficSources,
) -> Result<DescribeTrafficSourcesReply, ApiError> {
    let name = &request.auto_scaling_group_name;
    let group = find(scope, name)?;
    let kind = request.traffic_source_type.as_deref();
    if let Some(kind) = kind.filter(|kind| !KINDS.contains(kind)) {
        return Err(ApiError::validation(format!(
            "The traffic source type '{kind}' is not valid. Valid types are: {}",
            KINDS.join(", ")
        )));
    }
    let page = describe::page(
        scope,
        ("DescribeTrafficSources", name),
        request.max_records,
        request.next_token.as_deref(),
        (50, 50),
    )?;
    let links = group.links.iter().filter(|(balancer, _)| !page.is_past(balancer));
    let links = links.filter(|_| kind.is_none_or(|kind| kind == CLASSIC));
    let (traffic_sources, next_token) = page.fill(links.map(|(balancer, link)| {
        let item = TrafficSourceItem {
            traffic_source: balancer.clone(),
            state: state(scope, group, balancer, link),
            identifier: balancer.clone(),
            kind: CLASSIC,
        };
        (balancer, item)
    }));
    Ok(DescribeTrafficSourcesReply { traffic_sources, next_token })
}
