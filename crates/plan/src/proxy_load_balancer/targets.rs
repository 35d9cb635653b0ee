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
pub(super) const BY_BALANCERS: &str = "ELB";
/// The process that tells balancers of new instances.
const ADD: &str = "AddToLoadBalancer";

/// The state of an instance that is gone for good.
const TERMINATED: &str = "terminated";

/// Whom a balancer serves.
#[derive(Debug, Clone, Default)]
pub struct Targets<'a> {
    /// The groups that the spec selects.
    pub groups: Vec<&'a AutoScalingGroup>,
    /// Whether those are all: where something selected is not found, what is attached stays.
    pub has_all_groups: bool,
    /// Those of them that it must not be attached to.
    pub refused: BTreeSet<AutoScalingGroupName>,
    /// The instances that the spec selects, without those of attached groups.
    pub instances: Vec<&'a Instance>,
    /// Whether those are all: where something selected is not found, what is registered stays.
    pub has_all_instances: bool,
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
    let mut targets =
        Targets { has_all_groups: true, has_all_instances: true, ..Targets::default() };
    let is_attached = |group: &&AutoScalingGroup| group.load_balancers.contains(&desired.name);
    if let Some(wanted) = &desired.spec.targets.auto_scaling_groups {
        let (found, missing) = select_groups(wanted, groups);
        targets.has_all_groups = missing.is_none();
        targets.findings.extend(missing);
        // To what is being deleted nothing can be attached any more.
        let lasts = |group: &&AutoScalingGroup| !group.is_going || is_attached(group);
        targets.groups = found.into_iter().filter(lasts).collect();
        for group in targets.groups.clone() {
            judge(&mut targets, wanted, &desired.name, vpc, view, group);
        }
    }
    if let (Some(wanted), Some(instances)) = (&desired.spec.targets.instances, instances) {
        let (found, missing) = select_instances(wanted, vpc, instances);
        targets.has_all_instances = missing.is_none();
        targets.findings.extend(missing);
        let is_alone = |instance: &&Instance| {
            // What a group is attached to by itself it fills by itself, whether it is selected or not.
            let is_of = |name: &String| {
                let selected = targets.groups.iter().copied();
                let mut all = selected.chain(groups.iter().filter(is_attached));
                all.any(|group| group.name.as_str() == name)
            };
            !instance.auto_scaling_group.as_ref().is_some_and(is_of)
        };
        targets.instances = found.into_iter().filter(is_alone).collect();
    }
    targets
}

/// What is selected and there, and what is said of the rest.
fn select_groups<'a>(
    wanted: &AutoScalingTargets,
    groups: &'a Part<AutoScalingGroup>,
) -> (Vec<&'a AutoScalingGroup>, Option<Finding>) {
    if let Some(names) = &wanted.names {
        let is_named = |name: &&String| groups.iter().any(|group| group.name.as_str() == **name);
        let missing = names.iter().find(|name| !is_named(name)).map(|missing| {
            unresolved(
                Reason::AutoScalingGroupNotFound,
                format!(
                    "`targets.autoScalingGroups.names`: there is no auto-scaling group '{missing}' in this account and Region. What is attached stays; correct the name."
                ),
            )
        });
        let is_wanted =
            |group: &&AutoScalingGroup| names.iter().any(|name| name == group.name.as_str());
        return (groups.iter().filter(is_wanted).collect(), missing);
    }
    let tags = wanted.match_tags.as_ref();
    let is_wanted = |group: &&AutoScalingGroup| tags.is_some_and(|it| matches(it, &group.tags));
    let found: Vec<&AutoScalingGroup> = groups.iter().filter(is_wanted).collect();
    let missing = found.is_empty().then(|| {
        unresolved(
            Reason::SelectorMatchesNothing,
            "`targets.autoScalingGroups.matchTags`: no auto-scaling group in this account and Region has these tags. What is attached stays; correct the tags.".to_owned(),
        )
    });
    (found, missing)
}

/// Whether a group ends instances that its balancers find unhealthy
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html>).
pub(super) fn heeds_balancers(group: &AutoScalingGroup) -> bool {
    group.health_check_types.iter().any(|it| it.eq_ignore_ascii_case(BY_BALANCERS))
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
    if heeds_balancers(group) && !wanted.allow_elb_health_checks.unwrap_or_default() {
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
) -> (Vec<&'a Instance>, Option<Finding>) {
    // What was terminated is listed for a while, and never comes back.
    let is_here = |instance: &&Instance| {
        instance.vpc.as_ref() == Some(&vpc.id) && instance.state != TERMINATED
    };
    if let Some(ids) = &wanted.ids {
        let named = ids.iter().filter_map(|id| instances.get(id));
        let found: Vec<&Instance> = named.filter(is_here).collect();
        let missing = ids.iter().find(|id| !found.iter().any(|instance| instance.id == **id));
        let missing = missing.map(|missing| {
            let there = instances.get(missing).and_then(|instance| instance.vpc.as_ref());
            let there = there.filter(|there| **there != vpc.id);
            match there {
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
            }
        });
        return (found, missing);
    }
    let tags = wanted.match_tags.as_ref();
    let is_wanted = |it: &&Instance| tags.is_some_and(|tags| matches(tags, &it.tags));
    let found: Vec<&Instance> =
        instances.of(vpc.id.as_str()).filter(is_here).filter(is_wanted).collect();
    let missing = found.is_empty().then(|| {
        unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`targets.instances.matchTags`: no instance of {} has these tags. What is registered stays; correct the tags.",
                vpc.id
            ),
        )
    });
    (found, missing)
}

/// Zones in which there are instances to serve and the balancer has no subnet: AWS never puts these in service.
pub(super) fn uncovered(there: &LoadBalancer, targets: &Targets<'_>) -> BTreeMap<ZoneName, usize> {
    let groups = targets.groups.iter().filter(|group| {
        group.load_balancers.contains(&there.name) || !targets.refused.contains(&group.name)
    });
    let of_groups = groups.flat_map(|group| &group.instances).map(|instance| &instance.zone);
    let alone = targets.instances.iter().map(|instance| &instance.zone);
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
