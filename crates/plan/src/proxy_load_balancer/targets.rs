//! Whom a balancer serves: auto-scaling groups and instances, as far as it may.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::proxy_load_balancer::targets::{AutoScalingTargets, InstanceTargets};
use peerway_api::{ConditionType, Reason};
use peerway_model::{
    AutoScalingGroup, AutoScalingGroupName, Instance, LoadBalancer, LoadBalancerName, Part, Vpc,
    ZoneName,
};

use super::desired::Desired;
use crate::Finding;
use crate::observed::Readable;
use crate::vpc_peering::resolve::matches;

/// How many balancers AWS lets a group have
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html>).
const MOST: usize = 50;
/// The health check type by which balancers decide about instances' lives.
const BY_BALANCERS: &str = "ELB";
/// The process that tells balancers of new instances.
const ADD: &str = "AddToLoadBalancer";

/// The state of an instance that is gone for good.
const TERMINATED: &str = "terminated";

/// Whom a balancer serves.
#[derive(Debug, Clone, Default)]
pub struct Targets<'a> {
    /// The groups that the spec selects; nothing where that cannot be told: what is attached stays.
    pub groups: Option<Vec<&'a AutoScalingGroup>>,
    /// Those of them that it must not be attached to.
    pub refused: BTreeSet<AutoScalingGroupName>,
    /// The instances that the spec selects, without those of attached groups; nothing where that cannot be told.
    pub instances: Option<Vec<&'a Instance>>,
    /// What does not resolve, must not be, or deserves a look.
    pub findings: Vec<Finding>,
}

fn unresolved(reason: Reason, message: String) -> Finding {
    Finding::stalled(ConditionType::ResolvedRefs, reason, message)
}

/// Resolves the spec's selectors in the balancer's VPC.
#[must_use]
pub fn targets<'a>(
    desired: &Desired,
    vpc: &Vpc,
    view: Readable<'_>,
    groups: &'a Part<AutoScalingGroup>,
    instances: Option<&'a Part<Instance>>,
) -> Targets<'a> {
    let mut targets = Targets { groups: Some(Vec::new()), ..Targets::default() };
    if let Some(wanted) = &desired.spec.targets.auto_scaling_groups {
        match select_groups(wanted, groups) {
            Ok(found) => {
                for group in &found {
                    judge(&mut targets, wanted, &desired.name, vpc, view, group);
                }
                targets.groups = Some(found);
            }
            Err(finding) => {
                targets.groups = None;
                targets.findings.push(finding);
            }
        }
    }
    targets.instances = Some(Vec::new());
    if let (Some(wanted), Some(instances)) = (&desired.spec.targets.instances, instances) {
        match select_instances(wanted, vpc, instances) {
            Ok(found) => {
                let is_alone = |instance: &&Instance| {
                    let group = instance.auto_scaling_group.as_ref();
                    // What a group is attached to by itself it fills by itself, whether it is selected or not.
                    let is_attached =
                        |group: &&AutoScalingGroup| group.load_balancers.contains(&desired.name);
                    let is_of = |name: &String| {
                        let selected = targets.groups.iter().flatten().copied();
                        let mut all = selected.chain(groups.iter().filter(is_attached));
                        all.any(|group| group.name.as_str() == name)
                    };
                    !group.is_some_and(is_of)
                };
                targets.instances = Some(found.into_iter().filter(is_alone).collect());
            }
            Err(finding) => {
                targets.instances = None;
                targets.findings.push(finding);
            }
        }
    }
    targets
}

fn select_groups<'a>(
    wanted: &AutoScalingTargets,
    groups: &'a Part<AutoScalingGroup>,
) -> Result<Vec<&'a AutoScalingGroup>, Finding> {
    if let Some(names) = &wanted.names {
        let is_named = |name: &&String| groups.iter().any(|group| group.name.as_str() == **name);
        if let Some(missing) = names.iter().find(|name| !is_named(name)) {
            return Err(unresolved(
                Reason::AutoScalingGroupNotFound,
                format!(
                    "`targets.autoScalingGroups.names`: there is no auto-scaling group '{missing}' in this account and Region. What is attached stays; correct the name."
                ),
            ));
        }
        let is_wanted =
            |group: &&AutoScalingGroup| names.iter().any(|name| name == group.name.as_str());
        return Ok(groups.iter().filter(is_wanted).collect());
    }
    let tags = wanted.match_tags.as_ref();
    let is_wanted = |group: &&AutoScalingGroup| tags.is_some_and(|it| matches(it, &group.tags));
    let found: Vec<&AutoScalingGroup> = groups.iter().filter(is_wanted).collect();
    if found.is_empty() {
        return Err(unresolved(
            Reason::SelectorMatchesNothing,
            "`targets.autoScalingGroups.matchTags`: no auto-scaling group in this account and Region has these tags. What is attached stays; correct the tags.".to_owned(),
        ));
    }
    Ok(found)
}

/// Whether a balancer may be attached to a group, and what its owner should know.
fn judge(
    targets: &mut Targets<'_>,
    wanted: &AutoScalingTargets,
    name: &LoadBalancerName,
    vpc: &Vpc,
    view: Readable<'_>,
    group: &AutoScalingGroup,
) {
    let mut refuse = |finding| {
        targets.refused.insert(group.name.clone());
        targets.findings.push(finding);
    };
    let is_attached = group.load_balancers.contains(name);
    let elsewhere = group
        .subnets
        .iter()
        .filter_map(|id| view.subnets.get(id))
        .find(|subnet| subnet.vpc != vpc.id);
    if let Some(subnet) = elsewhere {
        refuse(unresolved(
            Reason::TargetElsewhere,
            format!(
                "`targets.autoScalingGroups`: '{}' launches into {} of {}, and the load balancer stands in {}. It serves instances of its own VPC only; select other groups.",
                group.name, subnet.id, subnet.vpc, vpc.id
            ),
        ));
    }
    let heeds_balancers =
        group.health_check_types.iter().any(|it| it.eq_ignore_ascii_case(BY_BALANCERS));
    if heeds_balancers && !wanted.allow_elb_health_checks.unwrap_or_default() {
        refuse(Finding::stalled(
            ConditionType::Valid,
            Reason::ElbHealthChecks,
            format!(
                "`targets.autoScalingGroups`: '{}' has the health check type {}: it replaces every instance that any attached load balancer finds unhealthy, and a check that only a leader passes would end all others. Attach it to groups with EC2 health checks only, or set `allowELBHealthChecks: true` if that is what you want.",
                group.name,
                group.health_check_types.join(",")
            ),
        ));
    }
    if !is_attached && group.load_balancers.len() >= MOST {
        refuse(unresolved(
            Reason::TooManyLoadBalancers,
            format!(
                "`targets.autoScalingGroups`: '{}' is attached to {} load balancers, and AWS allows {MOST}. Detach one that is no longer used.",
                group.name,
                group.load_balancers.len()
            ),
        ));
    }
    if group.suspended.iter().any(|process| process == ADD) {
        targets.findings.push(Finding::warning(
            Reason::AddToLoadBalancerSuspended,
            format!(
                "The process {ADD} of '{}' is suspended: instances that it launches are never registered, also not once it is resumed. Resume it, and let the group replace those launched meanwhile.",
                group.name
            ),
        ));
    }
}

fn select_instances<'a>(
    wanted: &InstanceTargets,
    vpc: &Vpc,
    instances: &'a Part<Instance>,
) -> Result<Vec<&'a Instance>, Finding> {
    // What was terminated is listed for a while, and never comes back.
    let is_here = |instance: &&Instance| {
        instance.vpc.as_ref() == Some(&vpc.id) && instance.state != TERMINATED
    };
    if let Some(ids) = &wanted.ids {
        let missing = ids.iter().find(|id| !instances.get(id).as_ref().is_some_and(is_here));
        if let Some(missing) = missing {
            let there = instances.get(missing).and_then(|instance| instance.vpc.as_ref());
            let there = there.filter(|there| **there != vpc.id);
            return Err(match there {
                Some(other) => unresolved(
                    Reason::TargetElsewhere,
                    format!(
                        "`targets.instances.ids`: {missing} is in {other}, and the load balancer stands in {}. It serves instances of its own VPC only.",
                        vpc.id
                    ),
                ),
                None => unresolved(
                    Reason::InstanceNotFound,
                    format!(
                        "`targets.instances.ids`: there is no {missing} in {}. What is registered stays; correct the id.",
                        vpc.id
                    ),
                ),
            });
        }
        return Ok(ids.iter().filter_map(|id| instances.get(id)).collect());
    }
    let tags = wanted.match_tags.as_ref();
    let is_wanted = |it: &&Instance| tags.is_some_and(|tags| matches(tags, &it.tags));
    let found: Vec<&Instance> =
        instances.of(vpc.id.as_str()).filter(is_here).filter(is_wanted).collect();
    if found.is_empty() {
        return Err(unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`targets.instances.matchTags`: no instance of {} has these tags. What is registered stays; correct the tags.",
                vpc.id
            ),
        ));
    }
    Ok(found)
}

/// Zones in which there are instances to serve and the balancer has no subnet: AWS never puts these in service.
pub(super) fn uncovered(there: &LoadBalancer, targets: &Targets<'_>) -> BTreeMap<ZoneName, usize> {
    let groups = targets.groups.iter().flatten();
    let groups = groups.filter(|group| {
        group.load_balancers.contains(&there.name) || !targets.refused.contains(&group.name)
    });
    let of_groups = groups.flat_map(|group| &group.instances).map(|instance| &instance.zone);
    let alone = targets.instances.iter().flatten().map(|instance| &instance.zone);
    let mut missing = BTreeMap::<_, usize>::new();
    for zone in of_groups.chain(alone).filter(|zone| !there.zones.contains(zone)) {
        *missing.entry(zone.clone()).or_default() += 1;
    }
    missing
}

/// That the instances of a zone without a subnet stay out, as people read it.
pub(super) fn stay_out((zone, count): (&ZoneName, &usize)) -> String {
    let (who, stay) = match count {
        1 => ("1 instance".to_owned(), "stays"),
        count => (format!("{count} instances"), "stay"),
    };
    format!("{who} in {zone} {stay} out of service: the load balancer has no subnet there")
}

/// The warning about a zone without a subnet.
pub(super) fn without_subnet(zone: (&ZoneName, &usize)) -> Finding {
    let stay_out = stay_out(zone);
    Finding::warning(
        Reason::ZoneWithoutSubnet,
        format!("{stay_out}, and cross-zone balancing does not help. Add a subnet in that zone."),
    )
}
