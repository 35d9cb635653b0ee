//! Finding groups and their instances, and how they look.

use std::collections::BTreeSet;

use super::wire::{
    AutoScalingDescribeAccountLimits, AutoScalingDescribeAccountLimitsReply,
    DescribeAutoScalingGroups, DescribeAutoScalingGroupsReply, DescribeAutoScalingInstances,
    DescribeAutoScalingInstancesReply, GroupFilter, GroupItem, InstanceItem,
    LaunchTemplateSpecification, SuspendedItem, TrafficSource,
};
use super::{Family, Member, ScalingGroup, tags};
use crate::ApiError;
use crate::ec2::instances::Instance;
use crate::ec2::{availability_zones, launch_templates};
use crate::id::{InstanceId, digest};
use crate::paging::{Ask, Limits, Page};
use crate::scope::Scope;
use crate::state::RegionState;

/// A page of an answer about something; `usual` and `most` say how long it is.
pub(super) fn page<'a>(
    scope: &Scope<'a>,
    about: (&str, &str),
    asked: Option<i32>,
    token: Option<&str>,
    (usual, most): (i32, i32),
) -> Result<Page<'a>, ApiError> {
    let size = asked.unwrap_or(usual);
    if !(1..=most).contains(&size) {
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value '{size}' at 'maxRecords' failed to satisfy constraint: Member must \
             have value between 1 and {most}"
        )));
    }
    let place = [about.0, about.1, scope.spot.account.as_str(), scope.spot.region.as_str()];
    let ask = Ask {
        max_results: Some(size),
        next_token: token.filter(|token| !token.is_empty()),
        limits: Limits { min: 1, max: most },
        question: digest(0, &place),
    };
    Ok(Page::new(ask, scope.settings)?.seen_with(scope.sight))
}

/// How many groups one call may name.
const MOST_NAMES: usize = 50;

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeAutoScalingGroups,
) -> Result<DescribeAutoScalingGroupsReply, ApiError> {
    let names: BTreeSet<&String> = request.auto_scaling_group_names.iter().collect();
    if request.auto_scaling_group_names.len() > MOST_NAMES {
        return Err(ApiError::validation(format!(
            "The maximum number of AutoScalingGroup names per call is {MOST_NAMES}"
        )));
    }
    for filter in &request.filters {
        check_filter(filter)?;
    }
    let page = page(
        scope,
        ("DescribeAutoScalingGroups", ""),
        request.max_records,
        request.next_token.as_deref(),
        (50, 100),
    )?;
    let groups = scope.here().scaling_groups.iter();
    // A name that no group has is no error.
    let asked = groups
        .filter(|(name, _)| names.is_empty() || names.contains(name))
        .filter(|(_, group)| request.filters.iter().all(|filter| passes(group, filter)))
        .filter(|(name, _)| !page.is_past(name));
    let with_instances = request.include_instances != Some(false);
    let (auto_scaling_groups, next_token) =
        page.fill(asked.map(|(name, group)| (name, show(scope, name, group, with_instances))));
    Ok(DescribeAutoScalingGroupsReply { auto_scaling_groups, next_token })
}

fn check_filter(filter: &GroupFilter) -> Result<(), ApiError> {
    let name = filter.name.as_str();
    if matches!(name, "tag-key" | "tag-value") || name.strip_prefix("tag:").is_some() {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "Filter type {name} is not correct. Allowed Filter types are: [tag-key, tag-value, tag:<key>]"
    )))
}

/// Unlike elsewhere a value is only itself: `*` means a star.
fn passes(group: &ScalingGroup, filter: &GroupFilter) -> bool {
    let is_asked = |text: &str| filter.values.iter().any(|value| value == text);
    match filter.name.strip_prefix("tag:") {
        Some(key) => group.tags.get(key).is_some_and(|tag| is_asked(&tag.value)),
        None if filter.name == "tag-key" => group.tags.keys().any(|key| is_asked(key)),
        None => group.tags.values().any(|tag| is_asked(&tag.value)),
    }
}

fn show(scope: &Scope<'_>, name: &str, group: &ScalingGroup, with_instances: bool) -> GroupItem {
    let spot = scope.spot;
    let (account, region) = (&spot.account, &spot.region);
    let created = group.created.to_string();
    let number = digest(0, &["group", account.as_str(), region.as_str(), name, &created]);
    let subnets = group.subnets.iter().filter_map(|id| scope.here().subnets.get(id));
    let zones: BTreeSet<_> = subnets.map(|subnet| subnet.zone.clone()).collect();
    let balancers = group.links.iter().filter(|(_, link)| link.removing_until.is_none());
    let balancers: Vec<(&String, Family)> =
        balancers.map(|(name, link)| (name, link.family)).collect();
    let named = balancers.iter().filter(|(_, family)| *family == Family::LoadBalancers);
    let members = group.members.iter().filter(|_| with_instances);
    GroupItem {
        auto_scaling_group_name: name.to_owned(),
        auto_scaling_group_arn: format!(
            "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:{:08x}-{:04x}-4{:03x}-a000-{:012x}:autoScalingGroupName/{name}",
            number >> 32,
            (number >> 16) & 0xffff,
            number & 0xfff,
            number & 0xffff_ffff_ffff
        ),
        launch_configuration_name: group.source.configuration(name),
        launch_template: group.source.template(),
        min_size: group.min,
        max_size: group.max,
        desired_capacity: group.desired,
        default_cooldown: group.cooldown,
        availability_zones: zones
            .iter()
            .filter_map(|zone| availability_zones::name_of(scope.state, spot, zone))
            .collect(),
        availability_zone_ids: zones.into_iter().collect(),
        load_balancer_names: named.map(|(name, _)| (*name).clone()).collect(),
        target_group_arns: Vec::new(),
        health_check_type: group.health_check_type.clone(),
        health_check_grace_period: group.grace,
        instances: members
            .map(|(id, it)| show_member(scope, Call::Groups, (name, group), id, it))
            .collect(),
        created_time: group.created,
        suspended_processes: group
            .suspended
            .iter()
            .map(|(process, reason)| SuspendedItem {
                process_name: process.clone(),
                suspension_reason: reason.clone(),
            })
            .collect(),
        vpc_zone_identifier: group
            .subnets
            .iter()
            .map(peerway_model::SubnetId::as_str)
            .collect::<Vec<_>>()
            .join(","),
        enabled_metrics: Vec::new(),
        status: group.is_deleting.then_some("Delete in progress"),
        tags: tags::items(name, group),
        termination_policies: match &group.habits.termination[..] {
            [] => vec!["Default".to_owned()],
            chosen => chosen.to_vec(),
        },
        default_instance_warmup: group.habits.warmup,
        max_instance_lifetime: group.habits.lifetime,
        capacity_rebalance: group.habits.rebalances,
        new_instances_protected_from_scale_in: group.protects_new,
        service_linked_role_arn: format!(
            "arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
        ),
        traffic_sources: balancers
            .into_iter()
            .map(|(name, _)| TrafficSource {
                identifier: name.clone(),
                kind: Some("elb".to_owned()),
            })
            .collect(),
    }
}

/// Which call tells of an instance: the two do so each in its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Groups,
    Instances,
}

fn show_member(
    scope: &Scope<'_>,
    call: Call,
    (name, group): (&str, &ScalingGroup),
    id: &InstanceId,
    member: &Member,
) -> InstanceItem {
    let instance = scope.here().instances.get(id);
    // What it was launched with, whatever the group would launch today. Who is of the estate was launched by the group.
    let launched = instance.and_then(|instance| launched_with(scope.here(), group, instance));
    let (launch_template, launch_configuration_name) = match launched {
        Some(template) => (Some(template), None),
        None => (group.source.resolved(scope.here()), group.source.configuration(name)),
    };
    let subnet = instance.and_then(|instance| scope.here().subnets.get(&instance.subnet));
    let zone = subnet.map(|subnet| subnet.zone.clone());
    let zone_name =
        zone.as_ref().and_then(|zone| availability_zones::name_of(scope.state, scope.spot, zone));
    InstanceItem {
        instance_id: id.clone(),
        instance_type: instance.map(|instance| instance.kind.to_string()).unwrap_or_default(),
        auto_scaling_group_name: (call == Call::Instances).then(|| name.to_owned()),
        availability_zone: zone_name.unwrap_or_default(),
        availability_zone_id: zone,
        lifecycle_state: member.life.as_str(),
        health_status: match (call, member.is_healthy) {
            (Call::Groups, true) => "Healthy",
            (Call::Groups, false) => "Unhealthy",
            (Call::Instances, true) => "HEALTHY",
            (Call::Instances, false) => "UNHEALTHY",
        },
        launch_configuration_name,
        launch_template,
        protected_from_scale_in: member.is_protected,
    }
}

/// The version of a template that an instance was launched with, as EC2 wrote into its tags.
fn launched_with(
    region: &RegionState,
    group: &ScalingGroup,
    instance: &Instance,
) -> Option<LaunchTemplateSpecification> {
    let id = instance.tags.get(launch_templates::ID_TAG)?;
    let version = instance.tags.get(launch_templates::VERSION_TAG)?;
    let known = id.parse().ok().and_then(|id| region.launch_templates.get(&id));
    let of_group = group.source.template().filter(|it| it.launch_template_id.as_ref() == Some(id));
    let name = known.map(|template| template.name.to_string());
    Some(LaunchTemplateSpecification {
        launch_template_id: Some(id.clone()),
        launch_template_name: name.or(of_group.and_then(|it| it.launch_template_name)),
        version: Some(version.clone()),
    })
}

pub(crate) fn describe_instances(
    scope: &Scope<'_>,
    request: &DescribeAutoScalingInstances,
) -> Result<DescribeAutoScalingInstancesReply, ApiError> {
    let page = page(
        scope,
        ("DescribeAutoScalingInstances", ""),
        request.max_records,
        request.next_token.as_deref(),
        (50, 50),
    )?;
    let asked = &request.instance_ids;
    let mut items = std::collections::BTreeMap::new();
    for (name, group) in &scope.here().scaling_groups {
        for (id, member) in &group.members {
            if asked.is_empty() || asked.iter().any(|asked| asked == id.as_str()) {
                items.insert(
                    id.to_string(),
                    show_member(scope, Call::Instances, (name, group), id, member),
                );
            }
        }
    }
    let (auto_scaling_instances, next_token) =
        page.fill(items.into_iter().filter(|(id, _)| !page.is_past(id)));
    Ok(DescribeAutoScalingInstancesReply { auto_scaling_instances, next_token })
}

#[expect(clippy::unnecessary_wraps, reason = "every action may fail, as far as its caller knows")]
pub(crate) fn account_limits(
    scope: &Scope<'_>,
    _: &AutoScalingDescribeAccountLimits,
) -> Result<AutoScalingDescribeAccountLimitsReply, ApiError> {
    Ok(AutoScalingDescribeAccountLimitsReply {
        max_number_of_auto_scaling_groups: scope.settings.quotas.scaling_groups,
        max_number_of_launch_configurations: 200,
        number_of_auto_scaling_groups: scope.here().scaling_groups.len(),
        number_of_launch_configurations: 0,
    })
}
