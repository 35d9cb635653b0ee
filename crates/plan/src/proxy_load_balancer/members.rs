//! Instances registered one by one, and the group of ours that they carry. What an attached auto-scaling group lists is
//! that group's.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::{
    AutoScalingGroup, Instance, InstanceId, LoadBalancer, NetworkInterface, Part, SecurityGroupId,
};

use super::firewall;
use super::plan::Plan;
use super::scaling::attached;
use super::scene::Scene;
use super::step::Call;
use super::targets::Targets;
use crate::Finding;

/// The instances of the groups that the balancer is attached to.
fn of_groups(scene: &Scene<'_>) -> BTreeSet<InstanceId> {
    let listed = attached(scene).flat_map(|group| group.instances.iter().map(|it| it.id.clone()));
    let names: BTreeSet<&str> = attached(scene).map(|group| group.name.as_str()).collect();
    let tagged = scene.instances.into_iter().flat_map(Part::iter).filter(|instance| {
        instance.auto_scaling_group.as_ref().is_some_and(|name| names.contains(name.as_str()))
    });
    listed.chain(tagged.map(|instance| instance.id.clone())).collect()
}

/// Whether somebody stands registered whom nobody lists: then every instance must be looked at.
pub(super) fn has_strangers(
    there: &LoadBalancer,
    groups: &[&peerway_model::AutoScalingGroup],
) -> bool {
    let listed: BTreeSet<&InstanceId> =
        groups.iter().flat_map(|group| group.instances.iter().map(|it| &it.id)).collect();
    there.instances.iter().any(|id| !listed.contains(id))
}

/// Registers who is missing, and reports who is there.
pub(super) fn register(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    targets: &Targets<'_>,
    backend: Option<&SecurityGroupId>,
) {
    let mut wanted = targets.instances.clone();
    plan.report.instances = wanted.iter().map(|instance| instance.id.clone()).collect();
    if !targets.has_all_instances {
        // Who is not found may be there all the same, and was registered by us.
        plan.report.instances.extend(scene.recorded.instances.iter().cloned());
    }
    // Whose interface may have no room for one more group comes last, and keeps nobody waiting.
    wanted.sort_by_key(|instance| groups_of(scene, instance));
    let mut missing = Vec::new();
    for instance in wanted.iter().filter(|instance| instance.is_running()) {
        if let Some(group) = backend {
            carry(plan, scene, instance, group);
        }
        if !there.instances.contains(&instance.id) {
            missing.push(instance.id.clone());
        }
    }
    for id in &missing {
        plan.report.differs.push(format!("{id} is not registered"));
    }
    for id in missing {
        plan.steps.push(scene.at(Call::Register { instances: vec![id] }));
    }
}

/// How many groups the instance's first interface carries.
fn groups_of(scene: &Scene<'_>, instance: &Instance) -> usize {
    let (Some(interfaces), Some((id, _))) = (scene.interfaces, instance.interfaces.first()) else {
        return 0;
    };
    interfaces.get(id).map_or(0, |interface| interface.groups.len())
}

/// The instance's first interface carries our group beside those it has.
fn carry(plan: &mut Plan, scene: &Scene<'_>, instance: &Instance, group: &SecurityGroupId) {
    let Some((id, _)) = instance.interfaces.first() else { return };
    let Some(interfaces) = scene.interfaces else { return };
    let Some(interface) = interfaces.get(id) else { return };
    if let Some(theirs) = &instance.auto_scaling_group {
        plan.findings.push(Finding::warning(
            Reason::ForeignChange,
            format!(
                "{} belongs to the auto-scaling group '{theirs}', so {group} is not added to it: what that group launches next would not carry it. Let such instances in by `allowFrom`, or in the group's launch template.",
                instance.id
            ),
        ));
        return;
    }
    if interface.groups.contains(group) {
        return;
    }
    plan.report.differs.push(format!("{id} of {} does not carry {group}", instance.id));
    // What ours takes the place of goes with the same call: an interface has room for five.
    let made = firewall::made(scene, &interface.vpc);
    let is_past = |id: &&SecurityGroupId| made.iter().any(|past| past.id == **id);
    let kept = interface.groups.iter().filter(|id| !is_past(id));
    let groups = kept.chain([group]).cloned().collect();
    set_groups(plan, scene, interfaces, interface, groups, true);
}

/// The only write that replaces somebody else's list: one interface at a time, from a list that was just read.
fn set_groups(
    plan: &mut Plan,
    scene: &Scene<'_>,
    interfaces: &Part<NetworkInterface>,
    interface: &NetworkInterface,
    groups: Vec<SecurityGroupId>,
    adds: bool,
) {
    let is_begun = plan.steps.iter().any(|it| matches!(it.call, Call::SetInterfaceGroups { .. }));
    let Some(instance) = interface.instance.as_ref().and_then(|id| id.parse().ok()) else { return };
    let what = || format!("the security groups of {}", interface.id);
    if !is_begun && plan.is_confirmed(interfaces, &interface.id, scene.look(), what) {
        let interface = interface.id.clone();
        plan.steps.push(scene.at(Call::SetInterfaceGroups { interface, instance, groups, adds }));
    }
}

/// Takes our group off interfaces that are not to carry it; whether none has it any more.
pub(super) fn release(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroupId,
    wanted: &[&Instance],
) -> bool {
    let Some(interfaces) = scene.interfaces else { return true };
    let is_wanted = |interface: &NetworkInterface| {
        wanted.iter().any(|instance| instance.interfaces.iter().any(|(id, _)| *id == interface.id))
    };
    let mut is_free = true;
    let carriers = interfaces
        .iter()
        .filter(|it| it.groups.contains(group) && it.instance.is_some() && !is_wanted(it));
    for interface in carriers {
        is_free = false;
        plan.report.surplus += 1;
        let left: Vec<SecurityGroupId> =
            interface.groups.iter().filter(|id| *id != group).cloned().collect();
        if left.is_empty() {
            plan.findings.push(Finding::stalled(
                ConditionType::Programmed,
                Reason::ForeignChange,
                format!(
                    "{} carries no security group but {group}, which is to be taken off it, and AWS wants at least one. Give it another.",
                    interface.id
                ),
            ));
            continue;
        }
        set_groups(plan, scene, interfaces, interface, left, false);
    }
    is_free
}

/// Deregisters those that we registered; whether none of them is left. Whom others registered goes with the balancer.
pub(super) fn deregister_ours(plan: &mut Plan, scene: &Scene<'_>, there: &LoadBalancer) -> bool {
    let is_ours = |id: &&InstanceId| scene.recorded.instances.contains(*id);
    let mut is_free = true;
    for id in there.instances.iter().filter(is_ours) {
        is_free = false;
        leave(plan, scene, id);
    }
    is_free
}

/// Deregisters those who are neither wanted nor an attached group's.
pub(super) fn deregister(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    targets: &Targets<'_>,
) {
    for id in unwanted(plan, scene, there, targets) {
        leave(plan, scene, &id);
    }
}

/// Those who are registered and neither wanted nor an attached group's.
fn unwanted(
    plan: &Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    targets: &Targets<'_>,
) -> Vec<InstanceId> {
    let Some(known) = scene.instances.filter(|_| targets.has_all_instances) else {
        return Vec::new();
    };
    let wanted = &targets.instances;
    let of_groups = of_groups(scene);
    let is_wanted = |id: &InstanceId| wanted.iter().any(|instance| instance.id == *id);
    // What a group is letting go leaves by itself.
    let leaves = |id: &InstanceId| {
        let group = known.get(id).and_then(|instance| instance.auto_scaling_group.as_ref());
        group.is_some_and(|name| plan.report.attachments.keys().any(|it| it.as_str() == name))
    };
    let registered = there.instances.iter();
    registered
        .filter(|id| !is_wanted(id) && !of_groups.contains(*id) && !leaves(id))
        .cloned()
        .collect()
}

/// Those who are registered and would go with the groups and instances that are no longer wanted.
pub(super) fn leaving(
    plan: &Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    targets: &Targets<'_>,
) -> BTreeSet<InstanceId> {
    let is_wanted = |group: &AutoScalingGroup| {
        plan.report.attachments.get(&group.name).is_none_or(|report| report.is_wanted)
    };
    let groups = attached(scene).filter(|group| !is_wanted(group));
    let listed = groups.flat_map(|group| group.instances.iter().map(|it| it.id.clone()));
    let listed = listed.filter(|id| there.instances.contains(id));
    listed.chain(unwanted(plan, scene, there, targets)).collect()
}

/// Deregisters one, once it is certain that it is registered.
fn leave(plan: &mut Plan, scene: &Scene<'_>, id: &InstanceId) {
    plan.report.surplus += 1;
    let name = &scene.desired.name;
    let what = || format!("{id}, registered with {name}");
    if plan.is_confirmed(scene.balancers, name, scene.look(), what) {
        plan.steps.push(scene.at(Call::Deregister { instances: vec![id.clone()] }));
    }
}
