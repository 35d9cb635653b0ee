//! From how a balancer stands to how it should: the smallest calls, in an order that never leaves it without a subnet or
//! a listener that clients use.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::{
    AutoScalingGroup, Listener, LoadBalancer, LoadBalancerAttributes, SubnetId, ZoneId,
};

use super::attributes::{describe, difference};
use super::firewall::Firewall;
use super::placement::Placement;
use super::plan::Plan;
use super::present::Scene;
use super::settings::Settings;
use super::step::{Call, Step, list};
use super::targets::BY_BALANCERS;
use super::{policies, present};
use crate::{Finding, Waiting};

/// Changes what differs; whether nothing does by which it judges instances. What needs rules comes once the firewall
/// `is_open`: whoever is served by what stands is not cut off by rules that AWS has refused. As long as groups heed what it
/// finds and must not, nothing changes that could make instances look unhealthy.
pub(super) fn change(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    settings: &Settings,
    (firewall, is_open): (&Firewall, bool),
    placement: &Placement<'_>,
    heeding: &[&AutoScalingGroup],
) -> bool {
    listeners(plan, scene, there, settings, is_open);
    backends(plan, scene, there, settings);
    let before = plan.report.differs.len();
    let may_change = is_open && heeding.is_empty();
    if let Some(carried) = &firewall.carried {
        let has: BTreeSet<_> = there.security_groups.iter().collect();
        if has != carried.iter().collect() {
            plan.report.differs.push("security groups".to_owned());
            if may_change {
                plan.steps.push(scene.at(Call::ApplyGroups { groups: carried.clone() }));
            }
        }
    }
    if there.health_check != settings.health_check {
        plan.report.differs.push(format!("health check {}", there.health_check.target));
        if may_change {
            let check = settings.health_check.clone();
            plan.steps.push(scene.at(Call::ConfigureHealthCheck { check }));
        }
    }
    let is_set = plan.report.differs.len() == before;
    subnets(plan, scene, there, placement, heeding);
    if !heeding.is_empty() && plan.report.differs.len() > before {
        plan.findings.push(heeded(heeding));
    }
    let attributes = LoadBalancerAttributes { access_log: None, ..lacking(scene, settings) };
    modify(plan, scene, attributes);
    is_set
}

/// That it is not changed as it should be, because of whom it would end.
fn heeded(groups: &[&AutoScalingGroup]) -> Finding {
    let names: Vec<String> = groups.iter().map(|group| format!("'{}'", group.name)).collect();
    let replaces = if names.len() == 1 { "replaces" } else { "replace" };
    Finding::stalled(
        ConditionType::Programmed,
        Reason::ElbHealthChecks,
        format!(
            "It is attached to {}, which by health checks of the type {BY_BALANCERS} {replaces} every instance that it finds unhealthy: its health check, its security groups and the subnets it has stay as they are meanwhile. Give these groups EC2 health checks, detach them, or set `allowELBHealthChecks: true` if that is what you want.",
            list(&names)
        ),
    )
}

/// Where it logs, by a call of its own: nothing else waits for a bucket that AWS refuses.
pub(super) fn log(plan: &mut Plan, scene: &Scene<'_>, settings: &Settings) {
    let access_log = lacking(scene, settings).access_log;
    modify(plan, scene, LoadBalancerAttributes { access_log, ..LoadBalancerAttributes::default() });
}

/// The attributes that are not as they should be; none as long as nobody knows how they are.
fn lacking(scene: &Scene<'_>, settings: &Settings) -> LoadBalancerAttributes {
    match &scene.details_of(&scene.desired.name).attributes {
        Some(Ok(known)) => difference(&settings.attributes, known),
        Some(Err(_)) | None => LoadBalancerAttributes::default(),
    }
}

fn modify(plan: &mut Plan, scene: &Scene<'_>, attributes: LoadBalancerAttributes) {
    if !attributes.is_empty() {
        plan.report.differs.push(format!("attributes: {}", describe(&attributes)));
        plan.steps.push(scene.at(Call::ModifyAttributes { attributes }));
    }
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

/// Whether a listener can stay: only its certificate can be set in place.
fn is_alike(known: &Listener, wanted: &Listener) -> bool {
    let certificate = wanted.certificate.clone();
    Listener { certificate, ..known.clone() } == *wanted
}

/// How listeners come to be others. AWS changes none in place, and refuses one to an instance port to which another one
/// sends in the other way, encrypted or in the clear.
#[derive(Default)]
struct Exchange {
    /// Those that can be added at once, and so come first.
    missing: Vec<Listener>,
    /// Ports to take away, with what takes their place: one call each, for the moment between them nobody listens.
    batches: Vec<(Vec<u16>, Vec<Listener>)>,
    /// Ports that nobody wants any more.
    surplus: Vec<u16>,
}

impl Exchange {
    fn of(there: &LoadBalancer, settings: &Settings) -> Self {
        let wanted = |port: &u16| settings.listeners.get(port).map(|wanted| &wanted.listener);
        let known = || there.listeners.values().map(|known| &known.listener);
        let leaves =
            |known: &Listener| !wanted(&known.port).is_some_and(|wanted| is_alike(known, wanted));
        let new: Vec<&Listener> = settings
            .listeners
            .iter()
            .filter(|(port, wanted)| {
                let known = there.listeners.get(port);
                known.is_none_or(|known| !is_alike(&known.listener, &wanted.listener))
            })
            .map(|(_, wanted)| &wanted.listener)
            .collect();
        let clash = |one: &Listener, other: &Listener| {
            one.instance_port == other.instance_port
                && one.instance_protocol.is_secure() != other.instance_protocol.is_secure()
        };
        // Who stands in the way of somebody new, and whoever would come before these are gone, change places at once.
        let blocks = |known: &&Listener| leaves(known) && new.iter().any(|new| clash(known, new));
        let mut old: BTreeSet<u16> = known().filter(blocks).map(|known| known.port).collect();
        let is_late = |new: &Listener| known().any(|known| leaves(known) && clash(known, new));
        old.extend(new.iter().filter(|new| is_late(new)).map(|new| new.port));
        let mut exchange = Self::default();
        let mut together = Vec::new();
        let mut alone = Vec::new();
        for listener in new {
            let is_there = there.listeners.contains_key(&listener.port);
            if old.contains(&listener.port) {
                together.push(listener.clone());
            } else if is_there {
                alone.push((vec![listener.port], vec![listener.clone()]));
            } else {
                exchange.missing.push(listener.clone());
            }
        }
        let old: Vec<u16> =
            old.into_iter().filter(|port| there.listeners.contains_key(port)).collect();
        let unwanted = there.listeners.keys().filter(|port| wanted(port).is_none());
        exchange.surplus = unwanted.filter(|port| !old.contains(port)).copied().collect();
        if !old.is_empty() {
            exchange.batches.push((old, together));
        }
        exchange.batches.extend(alone);
        exchange
    }
}

/// A call that shows whether AWS takes the certificate of a listener that is to take another's place; nothing where that
/// is known. A listener that has a certificate is given the new one; else one is made beside, on a port that nobody uses,
/// and goes again as unwanted.
fn trial(
    scene: &Scene<'_>,
    there: &LoadBalancer,
    settings: &Settings,
    new: &[Listener],
    steps: &[Step],
) -> Option<Call> {
    let reference = scene.desired.spec.reference.as_ref();
    let reference = reference.and_then(|it| scene.balancers.get(&it.load_balancer_name));
    let known: BTreeSet<&String> = [Some(there), reference]
        .into_iter()
        .flatten()
        .flat_map(|balancer| balancer.listeners.values())
        .filter_map(|known| known.listener.certificate.as_ref())
        .collect();
    let is_unknown = |listener: &&Listener| {
        listener.certificate.as_ref().is_some_and(|certificate| !known.contains(certificate))
    };
    let wanted = new.iter().find(is_unknown)?;
    let is_secure =
        there.listeners.get(&wanted.port).is_some_and(|known| known.listener.certificate.is_some());
    if is_secure {
        let certificate = wanted.certificate.clone()?;
        return Some(Call::SetCertificate { port: wanted.port, certificate });
    }
    let is_used = |port: &u16| {
        let known = there.listeners.values().map(|known| &known.listener);
        let wanted = settings.listeners.values().map(|wanted| &wanted.listener);
        let tried = steps.iter().filter_map(|step| {
            if let Call::CreateListeners { listeners } = &step.call {
                Some(listeners)
            } else {
                None
            }
        });
        let all = known.chain(wanted).chain(tried.flatten());
        all.flat_map(|listener| [listener.port, listener.instance_port]).any(|used| used == *port)
    };
    let port = (1024..=u16::MAX).rev().find(|port| !is_used(port))?;
    // To an instance port of its own, too: AWS takes one either encrypted or in the clear.
    let listener = Listener { port, instance_port: port, ..wanted.clone() };
    Some(Call::CreateListeners { listeners: vec![listener] })
}

fn listeners(
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
        if plan.is_confirmed(scene.balancers, name, scene.look(), what) {
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
                let is_there = present::policies(scene).iter().any(|it| it.name == default.name);
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
        if may_go && plan.is_confirmed(scene.balancers, name, scene.look(), what) {
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
fn subnets(
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
    let mut all: Vec<_> = present::policies(scene).iter().collect();
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
