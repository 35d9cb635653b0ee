//! From how a balancer stands to how it should: the smallest calls, in an order that never leaves it without a subnet or
//! a listener that clients use.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::{LoadBalancer, SubnetId};

use super::firewall::Firewall;
use super::placement::Placement;
use super::plan::Plan;
use super::present::{Scene, is_confirmed};
use super::settings::{Settings, describe, difference};
use super::step::Call;
use super::{policies, present};
use crate::Finding;

/// Changes what differs; whether nothing does.
pub(super) fn change(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    settings: &Settings,
    firewall: &Firewall,
    placement: &Placement<'_>,
) -> bool {
    let before = plan.report.differs.len();
    listeners(plan, scene, there, settings);
    backends(plan, scene, there, settings);
    if let Some(carried) = &firewall.carried {
        let has: BTreeSet<_> = there.security_groups.iter().collect();
        if has != carried.iter().collect() {
            plan.report.differs.push("security groups".to_owned());
            plan.steps.push(scene.at(Call::ApplyGroups { groups: carried.clone() }));
        }
    }
    subnets(plan, scene, there, placement);
    if there.health_check != settings.health_check {
        plan.report.differs.push(format!("health check {}", there.health_check.target));
        let check = settings.health_check.clone();
        plan.steps.push(scene.at(Call::ConfigureHealthCheck { check }));
    }
    if let Some(known) = scene.details_of(&scene.desired.name).attributes.as_ref()
        && let Ok(known) = known
    {
        let attributes = difference(&settings.attributes, known);
        if !attributes.is_empty() {
            plan.report.differs.push(format!("attributes: {}", describe(&attributes)));
            plan.steps.push(scene.at(Call::ModifyAttributes { attributes }));
        }
    }
    plan.report.differs.len() == before
}

/// Policies that are wanted and not there, by their names.
fn make_policies(plan: &mut Plan, scene: &Scene<'_>, settings: &Settings, names: &[String]) {
    let there = present::policies(scene);
    let has = |name: &str| there.iter().any(|policy| policy.name == name);
    // What they name comes with them: keys before what is authenticated by them.
    let is_needed = |name: &str| {
        names.iter().any(|wanted| wanted == name)
            || settings.policies.iter().any(|policy| {
                names.contains(&policy.name)
                    && policy.attributes.iter().any(|(_, value)| value == name)
            })
    };
    for policy in &settings.policies {
        let step = scene.at(Call::CreatePolicy { policy: policy.clone() });
        if is_needed(&policy.name) && !has(&policy.name) && !plan.steps.contains(&step) {
            plan.steps.push(step);
        }
    }
}

fn same(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
}

fn listeners(plan: &mut Plan, scene: &Scene<'_>, there: &LoadBalancer, settings: &Settings) {
    if settings.listeners.is_empty() {
        return;
    }
    let missing: Vec<_> = settings
        .listeners
        .iter()
        .filter(|(port, _)| !there.listeners.contains_key(port))
        .map(|(_, wanted)| wanted.listener.clone())
        .collect();
    if !missing.is_empty() {
        plan.report.differs.extend(missing.iter().map(|listener| format!("listener {listener}")));
        plan.steps.push(scene.at(Call::CreateListeners { listeners: missing }));
    }
    for (port, wanted) in &settings.listeners {
        let Some(known) = there.listeners.get(port) else { continue };
        let with_certificate = peerway_model::Listener {
            certificate: wanted.listener.certificate.clone(),
            ..known.listener.clone()
        };
        if with_certificate != wanted.listener {
            // AWS cannot change a listener in place: it is gone for the moment between these two calls.
            plan.report.differs.push(format!("listener {}", known.listener));
            let name = &scene.desired.name;
            let what = || format!("listener {port} of {name}");
            if is_confirmed(plan, scene, scene.balancers, name, what) {
                plan.steps.push(scene.at(Call::DeleteListeners { ports: vec![*port] }));
                let listeners = vec![wanted.listener.clone()];
                plan.steps.push(scene.at(Call::CreateListeners { listeners }));
            }
            continue;
        }
        if known.listener.certificate != wanted.listener.certificate
            && let Some(certificate) = wanted.listener.certificate.clone()
        {
            plan.report.differs.push(format!("certificate of listener {port}"));
            plan.steps.push(scene.at(Call::SetCertificate { port: *port, certificate }));
        }
        if let Some(names) = &wanted.policies
            && !same(names, &known.policies)
        {
            plan.report.differs.push(format!("policies of listener {port}"));
            make_policies(plan, scene, settings, names);
            let policies = names.clone();
            plan.steps.push(scene.at(Call::SetListenerPolicies { port: *port, policies }));
        }
    }
    let surplus: Vec<u16> = there
        .listeners
        .keys()
        .filter(|port| !settings.listeners.contains_key(port))
        .copied()
        .collect();
    if !surplus.is_empty() {
        plan.report.surplus += surplus.len();
        plan.report
            .differs
            .extend(surplus.iter().map(|port| format!("listener {port}, not wanted")));
        let name = &scene.desired.name;
        let what = || format!("the listeners of {name}");
        if is_confirmed(plan, scene, scene.balancers, name, what) {
            plan.steps.push(scene.at(Call::DeleteListeners { ports: surplus }));
        }
    }
}

fn backends(plan: &mut Plan, scene: &Scene<'_>, there: &LoadBalancer, settings: &Settings) {
    if settings.listeners.is_empty() {
        return;
    }
    let ports: BTreeSet<u16> =
        settings.backends.keys().chain(there.backends.keys()).copied().collect();
    for instance_port in ports {
        let wanted = settings.backends.get(&instance_port).cloned().unwrap_or_default();
        let known = there.backends.get(&instance_port).cloned().unwrap_or_default();
        if !same(&wanted, &known) {
            plan.report.differs.push(format!("policies of instance port {instance_port}"));
            make_policies(plan, scene, settings, &wanted);
            plan.steps.push(scene.at(Call::SetBackendPolicies { instance_port, policies: wanted }));
        }
    }
}

/// Subnets are added before others are taken away, except in one zone, where AWS has it the other way round.
fn subnets(plan: &mut Plan, scene: &Scene<'_>, there: &LoadBalancer, placement: &Placement<'_>) {
    let wanted: BTreeSet<&SubnetId> = placement.subnets.values().map(|subnet| &subnet.id).collect();
    if wanted.is_empty() {
        return;
    }
    let has: BTreeSet<&SubnetId> = there.subnets.iter().collect();
    let zone = |id: &SubnetId| scene.view.subnets.get(id).map(|subnet| &subnet.zone);
    let missing: Vec<&SubnetId> = wanted.difference(&has).copied().collect();
    let surplus: Vec<&SubnetId> = has.difference(&wanted).copied().collect();
    if missing.is_empty() && surplus.is_empty() {
        return;
    }
    plan.report.differs.push("subnets".to_owned());
    let takes_place_of =
        |old: &SubnetId| zone(old).is_some_and(|of| missing.iter().any(|id| zone(id) == Some(of)));
    let (swapped, gone): (Vec<&SubnetId>, Vec<&SubnetId>) =
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
    let stays = has.len() - swapped.len() - gone.len() + free.len();
    if !swapped.is_empty() && stays == 0 {
        plan.findings.push(Finding::stalled(
            ConditionType::Programmed,
            Reason::SubnetUnsuitable,
            format!(
                "{name} stands in one zone only, and AWS takes neither a second subnet there nor the last one away. Add a subnet in another zone for as long as this one is exchanged, or make another ProxyLoadBalancer."
            ),
        ));
    } else if !swapped.is_empty() {
        let what = || format!("the subnets of {name}");
        if is_confirmed(plan, scene, scene.balancers, name, what) {
            let old = swapped.iter().map(|id| (*id).clone()).collect();
            plan.steps.push(scene.at(Call::DetachSubnets { subnets: old }));
            let new = missing.iter().filter(|id| !free.contains(id)).map(|id| (*id).clone());
            plan.steps.push(scene.at(Call::AttachSubnets { subnets: new.collect() }));
        }
    }
    let is_settled = free.is_empty() && swapped.is_empty();
    if !gone.is_empty() && is_settled {
        plan.report.surplus += gone.len();
        let what = || format!("the subnets of {name}");
        if is_confirmed(plan, scene, scene.balancers, name, what) {
            let subnets = gone.into_iter().cloned().collect();
            plan.steps.push(scene.at(Call::DetachSubnets { subnets }));
        }
    }
}

/// Deletes policies of ours that nothing uses any more.
pub(super) fn clear_policies(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    settings: &Settings,
) {
    let used: BTreeSet<&String> = there
        .listeners
        .values()
        .flat_map(|listener| &listener.policies)
        .chain(there.backends.values().flatten())
        .chain(settings.policies.iter().map(|policy| &policy.name))
        .collect();
    let name = &scene.desired.name;
    for policy in present::policies(scene) {
        if policies::is_ours(&policy.name) && !used.contains(&policy.name) {
            plan.report.surplus += 1;
            let what = || format!("policy {} of {name}", policy.name);
            if is_confirmed(plan, scene, scene.balancers, name, what) {
                plan.steps.push(scene.at(Call::DeletePolicy { policy: policy.name.clone() }));
            }
        }
    }
}
