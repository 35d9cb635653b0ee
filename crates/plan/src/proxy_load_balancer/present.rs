//! The plan for a balancer that should be there: groups and rules, the balancer with all its settings, and only then its
//! instances: what is not set up yet must not judge anybody. Removal comes last.

use peerway_api::{ConditionType, Reason};
use peerway_model::clock::after;
use peerway_model::{InstanceId, InstanceState, LoadBalancer, NewLoadBalancer, Origin, PartKind};

use super::desired::Desired;
use super::firewall::{self, Firewall};
use super::health::Health;
use super::listeners::clear_policies;
use super::placement::{Placement, placement};
use super::plan::{BalancerReport, Plan, Report};
use super::recorded::Recorded;
use super::reference::follow;
use super::refusals::{follows_itself, going, misplaced, scheme, too_many_tags};
use super::scene::{Scene, Whose};
use super::settings::Settings;
use super::step::{Call, Group, Step};
use super::targets::{Targets, targets, uncovered, without_subnet};
use super::{Observed, balancer, members, scaling};
use crate::overlap_subnet_group::resolve::place;
use crate::policies::can_tell;
use crate::{Finding, PlanStep, Waiting};

pub(super) fn plan(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let scene = match Scene::of(desired, observed, recorded) {
        Ok(Some(scene)) => scene,
        Ok(None) => return plan,
        Err(unreadable) => return Plan { unreadable, ..plan },
    };
    let whose = match scene.whose() {
        Ok(whose) => whose,
        Err(unreadable) => return Plan { unreadable: vec![unreadable], ..plan },
    };
    let there = match whose {
        Whose::Foreign(finding) => {
            plan.findings.push(finding);
            return plan;
        }
        Whose::Nobodys => None,
        Whose::Ours(there, tags) => Some((there, tags)),
    };
    let standing = there.as_ref().map(|(there, _)| *there);
    let placement = placement(desired, scene.view, standing);
    // Whoever may no longer act in the VPC does not, whatever that costs.
    let is_granted = !matches!(&placement, Err(finding) if finding.reason == Reason::NotGranted);
    // Before anything else that may be wrong: until then nobody who names what is gone can launch instances.
    let is_let_go = there.is_some() || is_granted && is_let_go(&mut plan, &scene);
    let invalid = follows_itself(&scene).or_else(|| too_many_tags(&scene));
    let placement = invalid.map_or(placement, Err).and_then(|placement| {
        let misplaced = misplaced(&scene, &placement, standing);
        misplaced.map_or(Ok(placement), Err)
    });
    let placement = match placement {
        Ok(placement) => placement,
        Err(finding) => {
            plan.findings.push(finding);
            // It serves on meanwhile, well or not.
            if standing.is_some() {
                report(&mut plan, &scene, standing);
            }
            return plan;
        }
    };
    plan.report.home = Some(place(scene.view.place, placement.vpc));
    plan.report.has_judged = true;
    report(&mut plan, &scene, standing);
    plan.findings.extend(placement.unsuitable.clone());
    let targets = targets(desired, placement.vpc, scene.view, scene.groups, scene.instances);
    plan.findings.extend(targets.findings.iter().cloned());
    scaling::report(&mut plan, &scene, Some(&targets));
    let settings = follow(&mut plan, &scene, standing);
    let firewall = settings.as_ref().and_then(|settings| {
        let firewall = firewall::resolve(&scene, placement.vpc, settings);
        firewall.map_err(|findings| plan.findings.extend(findings)).ok()
    });
    if !plan.unreadable.is_empty() {
        return plan;
    }
    plan.report.is_resolved = can_tell(&plan.findings);
    if let Some(finding) = going(&scene, standing) {
        plan.findings.push(finding);
        return plan;
    }
    if !is_let_go {
        return plan;
    }
    match (there, settings, firewall) {
        (Some((there, tags)), settings, firewall) => {
            if let Some(tags) = tags {
                plan.report.differs.push("tags".to_owned());
                plan.steps.push(scene.at(Call::TagBalancer { tags }));
                return plan;
            }
            keep(
                &mut plan,
                &scene,
                there,
                &placement,
                settings.as_ref(),
                firewall.as_ref(),
                &targets,
            );
            if let Some(settings) = settings.filter(|_| plan.unreadable.is_empty()) {
                balancer::log(&mut plan, &scene, &settings);
            }
            plan.waiting.extend(placement.waiting.filter(|_| !placement.open_zones.is_empty()));
        }
        (None, Some(settings), Some(firewall)) if plan.report.is_resolved => {
            make(&mut plan, &scene, &placement, settings, &firewall);
        }
        (None, ..) => {}
    }
    plan
}

fn report(plan: &mut Plan, scene: &Scene<'_>, there: Option<&LoadBalancer>) {
    plan.report.min_in_service =
        scene.desired.spec.readiness.as_ref().and_then(|it| it.min_in_service).unwrap_or(1);
    plan.report.balancer = Some(BalancerReport::of(&scene.desired.name, there, scene.is_adopted()));
    match &scene.details_of(&scene.desired.name).health {
        Some(Ok(health)) => {
            plan.report.health = Some(Health::of(health, scene.groups, scene.instances));
        }
        Some(Err(untold)) => plan.report.health_untold = Some(untold.clone()),
        None => {}
    }
    if there.is_some() {
        let pace = scene.observed.siblings;
        let every = match plan.report.is_in_service() {
            Some(true) => pace.at_rest,
            Some(false) | None => pace.in_progress,
        };
        plan.report.again_at = Some(after(scene.observed.now, every));
    }
}

/// What is gone and still named is let go of; whether it is certain that nobody names it.
///
/// Whoever names what is gone cannot launch instances any more
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-loadbalancer.html>).
fn is_let_go(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    let name = &scene.desired.name;
    let mut is_named = false;
    for group in scaling::attached(scene) {
        is_named = true;
        let what = || format!("'{}' naming {name}, which is gone", group.name);
        let is_certain = plan.is_confirmed(scene.balancers, name, scene.look(), what)
            && plan.is_confirmed(scene.groups, &group.name, scene.look(), what);
        if is_certain {
            let (group, api) = (group.name.clone(), group.attachment_api);
            plan.steps.push(scene.at(Call::DetachFrom { group, api }));
        }
    }
    let what = || format!("load balancer {name}, which is gone");
    let is_known = scene.recorded.exists;
    !is_named && (!is_known || plan.is_confirmed(scene.balancers, name, scene.look(), what))
}

/// Makes the balancer, once everything it stands on does.
fn make(
    plan: &mut Plan,
    scene: &Scene<'_>,
    placement: &Placement<'_>,
    settings: Settings,
    firewall: &Firewall,
) {
    let name = &scene.desired.name;
    if scene.desired.spec.adopt.is_some() {
        // Nobody names it, and it is certain that it is gone: another one may be named instead.
        if let Some(balancer) = &mut plan.report.balancer {
            balancer.is_given_up = true;
        }
        plan.findings.push(Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::AdoptedGone,
            format!(
                "`adopt.loadBalancerName`: {name} is not there. It is not made anew as long as it is named."
            ),
        ));
        return;
    }
    if let Some(waiting) = &placement.waiting {
        plan.waiting.push(waiting.clone());
        return;
    }
    if !firewall::write(plan, scene, placement.vpc, firewall) {
        return;
    }
    let Some(security_groups) = firewall.carried.clone() else { return };
    plan.steps.push(scene.at(Call::CreateBalancer(NewLoadBalancer {
        name: name.clone(),
        scheme: scheme(scene.desired),
        listeners: settings.listeners.into_values().map(|wanted| wanted.listener).collect(),
        subnets: placement.subnets.values().map(|subnet| subnet.id.clone()).collect(),
        security_groups,
        tags: scene.tags(Origin::Created),
    })));
}

/// Keeps a balancer that stands as it should be.
fn keep(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    placement: &Placement<'_>,
    settings: Option<&Settings>,
    firewall: Option<&Firewall>,
    targets: &Targets<'_>,
) {
    plan.report.uncovered = uncovered(there, targets);
    plan.findings.extend(plan.report.uncovered.iter().map(without_subnet));
    let own = scene.details_of(&scene.desired.name);
    let attributes = own.attributes.as_ref().and_then(|it| it.as_ref().err());
    let policies = own.policies.as_ref().and_then(|it| it.as_ref().err());
    if let Some(untold) = attributes.or(policies) {
        plan.unreadable.push(scene.unreadable(untold));
        return;
    }
    // Whoever cannot tell how it should judge instances gives it none, and takes none from it.
    let (Some(settings), Some(firewall)) = (settings, firewall) else { return };
    let is_open = firewall::write(plan, scene, placement.vpc, firewall);
    let heeding = scaling::heeding(scene);
    let is_set =
        balancer::change(plan, scene, there, settings, (firewall, is_open), placement, &heeding);
    // While some group heeds it, it stays as it is: others it can serve so, and what is not wanted can go.
    if !is_open || !is_set && heeding.is_empty() {
        return;
    }
    scaling::attach(plan, scene, targets);
    members::register(plan, scene, there, targets, firewall.backend.as_ref());
    // Listeners AWS may refuse for ever: whoever is not wanted goes all the same.
    let is_of_listeners = |step: &Step| step.group() == Group::Listeners;
    let is_listening = plan.steps.is_empty();
    if !plan.steps.iter().all(is_of_listeners) || !may_take_away(plan, scene, there, targets) {
        return;
    }
    let is_detached = scaling::detach(plan, scene);
    members::deregister(plan, scene, there, targets);
    // By rules and groups that are to go instances may still let it in, as long as anything is on its way.
    let is_over = is_detached && plan.steps.is_empty() && plan.waiting.is_empty();
    if is_detached && is_listening {
        clear_policies(plan, scene, there, settings);
    }
    // Nor may what is judged as before, because of whom it would end, be cut off from those it judges.
    if !is_set || !is_over || !plan.waiting.is_empty() {
        return;
    }
    let mut is_free = true;
    if targets.has_all_instances {
        for group in firewall::made(scene, &placement.vpc.id) {
            let is_backend = firewall.backend.as_ref() == Some(&group.id);
            let carriers = if is_backend { &targets.instances[..] } else { &[] };
            is_free &= members::release(plan, scene, &group.id, carriers);
        }
    }
    if is_free {
        firewall::clear(plan, scene, placement.vpc, firewall);
    }
}

/// What is no longer wanted goes once what is wanted stands, and never the last that is in service.
fn may_take_away(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    targets: &Targets<'_>,
) -> bool {
    let leaving = members::leaving(plan, scene, there, targets);
    if leaving.is_empty() {
        return true;
    }
    let is_attached =
        plan.report.attachments.values().all(|tie| !tie.is_wanted || tie.is_in_place());
    let told = plan.report.health.as_ref().map(|health| health.instances.as_slice());
    let told = told.unwrap_or_default();
    // Whoever is let go serves what he has, and is told to be in service till the end.
    let is_served = told.iter().any(|one| {
        one.state == InstanceState::InService
            && there.instances.contains(&one.instance)
            && !leaving.contains(&one.instance)
    });
    let is_out = |id: &InstanceId| {
        told.iter().any(|one| one.instance == *id && one.state == InstanceState::OutOfService)
    };
    let is_needless = plan.report.min_in_service == 0;
    if is_needless || is_attached && (is_served || leaving.iter().all(is_out)) {
        return true;
    }
    plan.report.surplus += leaving.len();
    if !is_attached {
        return false;
    }
    // Nobody who could be waited for: what changes that shows in another list.
    let is_coming = targets.instances.iter().any(|it| it.is_running());
    let is_alone = !is_coming && there.instances.iter().all(|id| leaving.contains(id));
    plan.waiting.push(if is_alone {
        Waiting::Dependency {
            what: "somebody to serve instead: nobody who is registered stays; select others too, or set `readiness.minInService: 0` to let the last go".to_owned(),
        }
    } else {
        Waiting::Part {
            what: "an instance that stays to be in service, before others are taken out"
                .to_owned(),
            place: scene.view.place.clone(),
            part: PartKind::LoadBalancers,
        }
    });
    false
}
