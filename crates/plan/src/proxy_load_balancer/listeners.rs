//! A balancer's listeners, their certificates, and the policies of listeners and instance ports.

use std::collections::BTreeSet;

use peerway_model::LoadBalancer;

use super::exchange::{Exchange, is_alike, trial};
use super::plan::Plan;
use super::scene::Scene;
use super::settings::Settings;
use super::step::Call;
use super::{policies, scene};

pub(super) fn listeners(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    settings: &Settings,
    is_open: bool,
) {
    if settings.listeners.is_empty() {
        return;
    }
    let name = &scene.desired.name;
    let what = || format!("the listeners of {name}");
    let exchange = Exchange::of(there, settings);
    if !exchange.missing.is_empty() {
        let listeners = exchange.missing.clone();
        plan.report.differs.extend(listeners.iter().map(|listener| format!("listener {listener}")));
        if is_open {
            plan.steps.push(scene.at(Call::CreateListeners { listeners }));
        }
    }
    for (old, new) in &exchange.batches {
        let differs = new.iter().map(|listener| format!("listener {listener}"));
        plan.report.differs.extend(differs);
        if !is_open {
            continue;
        }
        // AWS has no dry run here: what it might refuse is tried where nobody is cut off by that.
        if let Some(trial) = trial(scene, there, settings, new, &plan.steps) {
            plan.steps.push(scene.at(trial));
            continue;
        }
        if is_sure(plan, scene, what) {
            plan.steps.push(scene.at(Call::DeleteListeners { ports: old.clone() }));
            plan.steps.push(scene.at(Call::CreateListeners { listeners: new.clone() }));
        }
    }
    for (port, wanted) in &settings.listeners {
        let Some(known) = there.listeners.get(port) else { continue };
        if !is_alike(&known.listener, &wanted.listener) {
            continue;
        }
        if known.listener.certificate != wanted.listener.certificate
            && let Some(certificate) = wanted.listener.certificate.clone()
        {
            plan.report.differs.push(format!("certificate of listener {port}"));
            plan.steps.push(scene.at(Call::SetCertificate { port: *port, certificate }));
        }
        // What we set when somebody asked for it does not stay when nobody does.
        let default = policies::security(policies::DEFAULT);
        let is_left_over = |name: &String| policies::is_ours(name) && *name != default.name;
        let names = match &wanted.policies {
            Some(names) => names.clone(),
            None if known.policies.iter().any(is_left_over) => {
                let step = scene.at(Call::CreatePolicy { policy: default.clone() });
                let is_there = scene::policies(scene).iter().any(|it| it.name == default.name);
                if !is_there && !plan.steps.contains(&step) {
                    plan.steps.push(step);
                }
                vec![default.name]
            }
            None => continue,
        };
        if !same(&names, &known.policies) {
            plan.report.differs.push(format!("policies of listener {port}"));
            make_policies(plan, scene, settings, &names);
            let policies = names;
            plan.steps.push(scene.at(Call::SetListenerPolicies { port: *port, policies }));
        }
    }
    let surplus = exchange.surplus;
    if !surplus.is_empty() {
        plan.report.surplus += surplus.len();
        plan.report
            .differs
            .extend(surplus.iter().map(|port| format!("listener {port}, not wanted")));
        // What takes its place comes before.
        let may_go = is_open || exchange.missing.is_empty();
        if may_go && is_sure(plan, scene, what) {
            plan.steps.push(scene.at(Call::DeleteListeners { ports: surplus }));
        }
    }
}

/// Whether ours has had these listeners for two reads, and the reference its own: who exchanges one takes it away first.
fn is_sure(plan: &mut Plan, scene: &Scene<'_>, what: impl FnOnce() -> String) -> bool {
    let reference = scene.desired.spec.reference.as_ref().map(|it| &it.load_balancer_name);
    let is_settled = reference.is_none_or(|name| {
        let what = || format!("the listeners of {name}");
        plan.is_confirmed(scene.balancers, name, scene.look(), what)
    });
    let own = &scene.desired.name;
    is_settled && plan.is_confirmed(scene.balancers, own, scene.look(), what)
}

pub(super) fn backends(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    settings: &Settings,
) {
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

/// Policies that are wanted and not there, by their names.
fn make_policies(plan: &mut Plan, scene: &Scene<'_>, settings: &Settings, names: &[String]) {
    let there = scene::policies(scene);
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
    // One that another names goes after that.
    let mut all: Vec<_> = scene::policies(scene).iter().collect();
    all.sort_by_key(|policy| policies::is_key(policy));
    for policy in all {
        if policies::is_ours(&policy.name) && !used.contains(&policy.name) {
            plan.report.surplus += 1;
            let what = || format!("policy {} of {name}", policy.name);
            if plan.is_confirmed(scene.balancers, name, scene.look(), what) {
                plan.steps.push(scene.at(Call::DeletePolicy { policy: policy.name.clone() }));
            }
        }
    }
}
