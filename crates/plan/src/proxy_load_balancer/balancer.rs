//! From how a balancer stands to how it should: the smallest calls, in an order that never leaves it without a subnet or
//! a listener that clients use.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::{AutoScalingGroup, LoadBalancer, LoadBalancerAttributes};

use super::attributes::{describe, difference};
use super::firewall::Firewall;
use super::listeners::{backends, listeners};
use super::placement::Placement;
use super::plan::Plan;
use super::scene::Scene;
use super::settings::Settings;
use super::step::{Call, list};
use super::subnets::subnets;
use super::targets::BY_BALANCERS;
use crate::Finding;

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
