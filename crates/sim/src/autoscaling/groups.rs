//! Making, changing and deleting groups.

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::{SubnetId, VpcId};

use super::habits::Asked;
use super::wire::{
    CreateAutoScalingGroup, DeleteAutoScalingGroup, NoResult, UpdateAutoScalingGroup,
};
use super::{Family, Habits, Life, ScalingGroup, find, find_mut, links, source, tags, tend};
use crate::ApiError;
use crate::scope::Scope;
use crate::state::RegionState;

/// What AWS takes as a health check type: a list of these.
const HEALTH_CHECK_TYPES: [&str; 4] = ["EC2", "ELB", "EBS", "VPC_LATTICE"];

pub(crate) fn is_health_check_type(text: &str) -> bool {
    text.split(',').all(|kind| HEALTH_CHECK_TYPES.contains(&kind))
}

fn read_health_check_type(text: Option<&str>) -> Result<String, ApiError> {
    let text = text.unwrap_or("EC2");
    if is_health_check_type(text) {
        return Ok(text.to_owned());
    }
    Err(ApiError::validation(format!(
        "Invalid HealthCheckType '{text}'. Valid values are: {}",
        HEALTH_CHECK_TYPES.join(", ")
    )))
}

/// A number that is not negative.
pub(super) fn read_count(parameter: &str, value: i32) -> Result<u32, ApiError> {
    u32::try_from(value).map_err(|_| {
        ApiError::validation(format!(
            "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: Member must \
             have value greater than or equal to 0"
        ))
    })
}

fn check_bounds(min: u32, max: u32, desired: u32) -> Result<(), ApiError> {
    if min > max {
        return Err(ApiError::validation(format!(
            "Min bound, {min}, must be less than or equal to max bound, {max}"
        )));
    }
    if !(min..=max).contains(&desired) {
        return Err(ApiError::validation(format!(
            "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
        )));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let length = name.chars().count();
    if (1..=255).contains(&length) && !name.contains(':') {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "1 validation error detected: Value '{name}' at 'autoScalingGroupName' failed to satisfy constraint: a name \
         has 1 to 255 characters and no colon"
    )))
}

/// Whether a group may launch into these subnets; their VPC.
pub(crate) fn check_subnets(region: &RegionState, subnets: &[SubnetId]) -> Result<VpcId, ApiError> {
    let mut vpc: Option<VpcId> = None;
    for id in subnets {
        let subnet = region
            .subnets
            .get(id)
            .ok_or_else(|| ApiError::validation(format!("The subnet ID '{id}' does not exist")))?;
        if vpc.as_ref().is_some_and(|vpc| *vpc != subnet.vpc) {
            return Err(ApiError::validation("The subnets must all be in the same VPC"));
        }
        vpc = Some(subnet.vpc.clone());
    }
    vpc.ok_or_else(|| {
        ApiError::validation("At least one Availability Zone or VPC Subnet is required.")
    })
}

fn read_subnets(region: &RegionState, text: &str) -> Result<Vec<SubnetId>, ApiError> {
    let mut subnets = Vec::new();
    for text in text.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let id = text
            .parse()
            .map_err(|_| ApiError::validation(format!("The subnet ID '{text}' does not exist")))?;
        if !subnets.contains(&id) {
            subnets.push(id);
        }
    }
    check_subnets(region, &subnets)?;
    Ok(subnets)
}

macro_rules! asked_habits {
    ($request:ident) => {
        Asked {
            termination: &$request.termination_policies,
            warmup: $request.default_instance_warmup,
            lifetime: $request.max_instance_lifetime,
            rebalances: $request.capacity_rebalance,
        }
    };
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateAutoScalingGroup,
) -> Result<NoResult, ApiError> {
    let name = &request.auto_scaling_group_name;
    check_name(name)?;
    if scope.here().scaling_groups.contains_key(name) {
        return Err(ApiError::new(
            "AlreadyExists",
            format!(
                "AutoScalingGroup by this name already exists - A group with the name {name} already exists"
            ),
        ));
    }
    let most = scope.settings.quotas.scaling_groups;
    if scope.here().scaling_groups.len() >= most {
        return Err(ApiError::new(
            "LimitExceeded",
            format!("You have already reached your limit of {most} AutoScalingGroups"),
        ));
    }
    let source = source::read(
        scope,
        request.launch_template.as_ref(),
        request.launch_configuration_name.as_deref(),
        request.instance_id.as_deref(),
    )?;
    let source = source.ok_or_else(|| {
        ApiError::validation(
            "Valid requests must contain either launchTemplate, LaunchConfigurationName, InstanceId or \
             MixedInstancesPolicy parameter.",
        )
    })?;
    let min = read_count("minSize", request.min_size)?;
    let max = read_count("maxSize", request.max_size)?;
    let desired = request.desired_capacity.map(|desired| read_count("desiredCapacity", desired));
    let desired = desired.transpose()?.unwrap_or(min);
    check_bounds(min, max, desired)?;
    let subnets = request.vpc_zone_identifier.as_deref();
    let subnets = match asked_subnets(scope, subnets, &request.availability_zones)? {
        Some(subnets) => subnets,
        None => read_subnets(scope.here(), "")?,
    };
    let grace =
        read_count("healthCheckGracePeriod", request.health_check_grace_period.unwrap_or(0))?;
    let group = ScalingGroup {
        source,
        min,
        max,
        desired,
        subnets,
        links: BTreeMap::new(),
        health_check_type: read_health_check_type(request.health_check_type.as_deref())?,
        grace,
        cooldown: read_count("defaultCooldown", request.default_cooldown.unwrap_or(300))?,
        protects_new: request.new_instances_protected_from_scale_in == Some(true),
        habits: Habits::default().changed(&asked_habits!(request))?,
        members: BTreeMap::new(),
        suspended: BTreeMap::new(),
        tags: tags::read_own(scope, name, &request.tags)?,
        activities: Vec::new(),
        is_deleting: false,
        failing_since: None,
        created: scope.now,
        maker: scope.maker(),
    };
    let sources = links::names_of(&request.traffic_sources)?;
    let named = &request.load_balancer_names;
    let balancers: Vec<String> = sources.iter().chain(named).cloned().collect();
    links::check(scope, &group, &balancers)?;
    scope.here_mut().scaling_groups.insert(name.clone(), group);
    links::add(scope, name, named, Family::LoadBalancers)?;
    links::add(scope, name, &sources, Family::TrafficSources)?;
    let spot = scope.spot;
    tend::tend(&mut scope.moment(), spot, name);
    Ok(NoResult)
}

/// The default subnets of zones that are named without any.
fn defaults(scope: &Scope<'_>, zones: &[String]) -> Result<Vec<SubnetId>, ApiError> {
    let one = |zone: &String| {
        crate::ec2::subnets::default_in(scope, zone).ok_or_else(|| {
            ApiError::validation(format!("No default subnet for availability zone: '{zone}'"))
        })
    };
    let subnets: BTreeSet<SubnetId> = zones.iter().map(one).collect::<Result<_, _>>()?;
    Ok(subnets.into_iter().collect())
}

/// The subnets that a request means by subnets, by zones, or by both; none where it says nothing of either.
fn asked_subnets(
    scope: &Scope<'_>,
    subnets: Option<&str>,
    zones: &[String],
) -> Result<Option<Vec<SubnetId>>, ApiError> {
    let subnets = match subnets {
        None if zones.is_empty() => return Ok(None),
        None => defaults(scope, zones)?,
        Some(text) => read_subnets(scope.here(), text)?,
    };
    if !zones.is_empty() {
        check_zones(scope, &subnets, zones)?;
    }
    Ok(Some(subnets))
}

/// Zones beside subnets must be those of the subnets, all of them.
fn check_zones(scope: &Scope<'_>, subnets: &[SubnetId], zones: &[String]) -> Result<(), ApiError> {
    let known = crate::ec2::availability_zones::of(scope.state, scope.spot);
    let asked: BTreeSet<_> = zones.iter().map(|zone| known.get(zone)).collect();
    let stand = subnets.iter().filter_map(|id| scope.here().subnets.get(id));
    let stand: BTreeSet<_> = stand.map(|subnet| Some(&subnet.zone)).collect();
    if asked == stand {
        return Ok(());
    }
    Err(ApiError::validation(
        "The availability zones of the specified subnets and the AutoScalingGroup do not match",
    ))
}

pub(crate) fn update(
    scope: &mut Scope<'_>,
    request: &UpdateAutoScalingGroup,
) -> Result<NoResult, ApiError> {
    let name = &request.auto_scaling_group_name;
    find_mut(scope, name)?;
    let mut group = find(scope, name)?.clone();
    let source = source::read(
        scope,
        request.launch_template.as_ref(),
        request.launch_configuration_name.as_deref(),
        None,
    )?;
    if let Some(source) = source {
        group.source = source;
    }
    let subnets = request.vpc_zone_identifier.as_deref();
    if let Some(subnets) = asked_subnets(scope, subnets, &request.availability_zones)? {
        group.subnets = subnets;
    }
    if let Some(kind) = &request.health_check_type {
        group.health_check_type = read_health_check_type(Some(kind))?;
    }
    for (parameter, asked, value) in [
        ("minSize", request.min_size, &mut group.min),
        ("maxSize", request.max_size, &mut group.max),
        ("healthCheckGracePeriod", request.health_check_grace_period, &mut group.grace),
        ("defaultCooldown", request.default_cooldown, &mut group.cooldown),
    ] {
        if let Some(asked) = asked {
            *value = read_count(parameter, asked)?;
        }
    }
    // A group follows its new bounds, unless the request says how large it shall be.
    group.desired = match request.desired_capacity {
        Some(desired) => read_count("desiredCapacity", desired)?,
        None => group.desired.min(group.max).max(group.min),
    };
    check_bounds(group.min, group.max, group.desired)?;
    if let Some(protects) = request.new_instances_protected_from_scale_in {
        group.protects_new = protects;
    }
    group.habits = group.habits.changed(&asked_habits!(request))?;
    group.failing_since = None;
    *find_mut(scope, name)? = group;
    let spot = scope.spot;
    tend::check(&mut scope.moment(), spot, name);
    Ok(NoResult)
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteAutoScalingGroup,
) -> Result<NoResult, ApiError> {
    let name = &request.auto_scaling_group_name;
    let group = find(scope, name)?;
    if request.force_delete != Some(true) {
        if group.live().next().is_some() {
            return Err(ApiError::new(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) \
                 still in the group.",
            ));
        }
        if group.members.values().any(|member| member.life == Life::Terminating) {
            return Err(ApiError::new(
                "ScalingActivityInProgress",
                "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
            ));
        }
    }
    if let Some(group) = scope.here_mut().scaling_groups.get_mut(name) {
        group.is_deleting = true;
    }
    let spot = scope.spot;
    tend::tend(&mut scope.moment(), spot, name);
    Ok(NoResult)
}
