//! The subnets that a balancer stands in.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::{AutoScalingGroup, LoadBalancer, SubnetId, ZoneId};

use super::placement::Placement;
use super::plan::Plan;
use super::scene::Scene;
use super::step::{Call, list};
use crate::{Finding, Waiting};

/// Subnets are added before others are taken away, except in one zone, where AWS has it the other way round.
pub(super) fn subnets(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    placement: &Placement<'_>,
    heeding: &[&AutoScalingGroup],
) {
    let wanted: BTreeSet<&SubnetId> = placement.subnets.values().map(|subnet| &subnet.id).collect();
    if wanted.is_empty() {
        return;
    }
    let has: BTreeSet<&SubnetId> = there.subnets.iter().collect();
    let zone = |id: &SubnetId| scene.view.subnets.get(id).map(|subnet| &subnet.zone);
    let missing: Vec<&SubnetId> = wanted.difference(&has).copied().collect();
    let is_open = |id: &SubnetId| zone(id).is_some_and(|zone| placement.open_zones.contains(zone));
    let surplus: Vec<&SubnetId> =
        has.difference(&wanted).copied().filter(|id| !is_open(id)).collect();
    if missing.is_empty() && surplus.is_empty() {
        return;
    }
    plan.report.differs.push("subnets".to_owned());
    let takes_place_of =
        |old: &SubnetId| zone(old).is_some_and(|of| missing.iter().any(|id| zone(id) == Some(of)));
    let (mut swapped, mut gone): (Vec<&SubnetId>, Vec<&SubnetId>) =
        surplus.into_iter().partition(|old| takes_place_of(old));
    let free: Vec<SubnetId> = missing
        .iter()
        .filter(|id| !swapped.iter().any(|old| zone(old) == zone(id)))
        .map(|id| (*id).clone())
        .collect();
    let name = &scene.desired.name;
    if !free.is_empty() {
        plan.steps.push(scene.at(Call::AttachSubnets { subnets: free.clone() }));
    }
    if !heeding.is_empty() {
        return;
    }
    // One zone after the other: AWS may not take the new one at once, and what it left serves nobody until then.
    // It stands elsewhere first, where it is to.
    swapped.truncate(usize::from(free.is_empty()));
    if !swapped.is_empty() && swapped.len() == has.len() {
        plan.findings.push(Finding::stalled(
            ConditionType::Programmed,
            Reason::SubnetUnsuitable,
            format!(
                "{name} stands in one zone only, and AWS takes neither a second subnet there nor the last one away. Add a subnet in another zone for as long as this one is exchanged, or make another ProxyLoadBalancer."
            ),
        ));
    } else if !swapped.is_empty() {
        let what = || format!("the subnets of {name}");
        if plan.is_confirmed(scene.balancers, name, scene.look(), what) {
            let old = swapped.iter().map(|id| (*id).clone()).collect();
            plan.steps.push(scene.at(Call::DetachSubnets { subnets: old }));
            let takes_its_place =
                |new: &&&SubnetId| swapped.iter().any(|old| zone(old) == zone(new));
            let new = missing.iter().filter(takes_its_place).map(|id| (*id).clone());
            plan.steps.push(scene.at(Call::AttachSubnets { subnets: new.collect() }));
        }
    }
    if gone.is_empty() || !free.is_empty() || !swapped.is_empty() {
        return;
    }
    plan.report.surplus += gone.len();
    // A zone is left for another one once it stands there, too.
    let stands_in = |of: &ZoneId| there.subnets.iter().any(|id| zone(id) == Some(of));
    let to_come: Vec<&ZoneId> = placement.open_zones.iter().filter(|of| !stands_in(of)).collect();
    let kept = gone.split_off(gone.len().saturating_sub(to_come.len()));
    if !kept.is_empty() {
        plan.waiting.push(Waiting::Dependency {
            what: format!("a subnet in {}, before {} is left", list(&to_come), list(&kept)),
        });
    }
    if !gone.is_empty() {
        let what = || format!("the subnets of {name}");
        if plan.is_confirmed(scene.balancers, name, scene.look(), what) {
            let subnets = gone.into_iter().cloned().collect();
            plan.steps.push(scene.at(Call::DetachSubnets { subnets }));
        }
    }
}
