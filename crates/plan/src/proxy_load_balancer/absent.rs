//! The plan for a balancer that should be gone: out of every auto-scaling group and its instances out of it first, then
//! itself, then its interfaces, then what was made for it. Whatever may stay loses our tags.

use peerway_model::ownership::{self, marks};
use peerway_model::{NetworkInterface, Part, PartKind, VpcId};

use super::desired::Desired;
use super::placement::not_granted;
use super::plan::{BalancerReport, Plan, Report};
use super::recorded::Recorded;
use super::scene::{Scene, Whose};
use super::step::Call;
use super::{Observed, firewall, members, scaling};
use crate::Waiting;
use crate::confirmation::Look;

/// Who makes the interfaces of balancers.
const REQUESTER: &str = "amazon-elb";

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
    let there = match &whose {
        Whose::Ours(there, _) => Some(*there),
        Whose::Nobodys | Whose::Foreign(_) => None,
    };
    let vpc = recorded.home.as_ref().map(|home| home.vpc_id.clone());
    let vpc = vpc.or_else(|| there.and_then(|there| there.vpc.clone()));
    // Without a record, and the balancer gone already: where our groups are.
    let vpc = vpc.or_else(|| firewall::home(&scene));
    plan.report.balancer = Some(BalancerReport::of(&desired.name, there, scene.is_adopted()));
    if let Some(vpc) = vpc.as_ref().filter(|vpc| scene.view.leaves_out(vpc)) {
        plan.waiting.push(scene.view.until_listed(vpc));
        return plan;
    }
    // Revoking a grant freezes what stands, and does not take it down.
    let known = vpc.as_ref().and_then(|vpc| scene.view.vpcs.get(vpc));
    if let Some(finding) = known.and_then(|vpc| not_granted(desired, scene.view, vpc)) {
        plan.findings.push(finding);
        return plan;
    }
    plan.report.has_judged = true;
    plan.report.is_resolved = true;
    if desired.policies.leaves_everything() {
        let_stay(&mut plan, &scene, vpc.as_ref());
    } else {
        let is_foreign = matches!(whose, Whose::Foreign(_));
        take_apart(&mut plan, &scene, is_foreign, vpc.as_ref());
    }
    if plan.steps.is_empty() && plan.waiting.is_empty() && plan.unreadable.is_empty() {
        confirm(&mut plan, &scene);
    }
    plan
}

fn let_stay(plan: &mut Plan, scene: &Scene<'_>, vpc: Option<&VpcId>) {
    if let Some(Ok(tags)) = &scene.details_of(&scene.desired.name).tags
        && matches!(
            scene.desired.owner.claim(tags),
            ownership::Claim::Ours | ownership::Claim::EarlierIncarnation
        )
    {
        let name = &scene.desired.name;
        if plan.is_confirmed(scene.balancers, name, scene.look(), || format!("the tags of {name}"))
        {
            plan.steps.push(scene.at(Call::UntagBalancer { tags: marks(tags) }));
        }
    }
    if let Some(vpc) = vpc {
        firewall::untag(plan, scene, vpc);
    }
}

fn is_idle(plan: &Plan) -> bool {
    plan.steps.is_empty() && plan.waiting.is_empty() && plan.unreadable.is_empty()
}

fn take_apart(plan: &mut Plan, scene: &Scene<'_>, is_foreign: bool, vpc: Option<&VpcId>) {
    let name = &scene.desired.name;
    if !is_foreign {
        if let Ok(Whose::Ours(_, Some(tags))) = scene.whose() {
            // What lost our tags is tagged again first: the status alone would not be enough after a crash, nor for IAM.
            plan.steps.push(scene.at(Call::TagBalancer { tags }));
            return;
        }
        // Also where it is gone: a group that names what is gone cannot launch instances.
        scaling::report(plan, scene, None);
        for attachment in plan.report.attachments.values_mut() {
            attachment.is_wanted = false;
        }
        if !plan.unreadable.is_empty() || !scaling::detach(plan, scene) {
            return;
        }
        if let Some(there) = scene.balancers.get(name) {
            if !members::deregister_ours(plan, scene, there) {
                return;
            }
            let what = || format!("load balancer {name}");
            if plan.is_confirmed(scene.balancers, name, scene.look(), what) {
                plan.steps.push(scene.at(Call::DeleteBalancer));
            }
            return;
        }
        if linger(plan, scene, vpc) {
            return;
        }
    }
    let Some(vpc) = vpc else { return };
    if firewall::tag_again(plan, scene, vpc) {
        return;
    }
    let mut is_free = true;
    for group in firewall::made(scene, vpc) {
        is_free &= members::release(plan, scene, &group.id, &[]);
    }
    if is_free && is_idle(plan) {
        firewall::remove(plan, scene, vpc);
    }
}

/// Whether interfaces of the balancer are still there: AWS takes them away within minutes, and until then neither subnets
/// nor security groups can go
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-getting-started.html>).
fn linger(plan: &mut Plan, scene: &Scene<'_>, vpc: Option<&VpcId>) -> bool {
    let description = format!("ELB {}", scene.desired.name);
    let is_its = |interface: &&NetworkInterface| {
        interface.description == description
            && interface.requester.as_deref() == Some(REQUESTER)
            && vpc.is_none_or(|vpc| interface.vpc == *vpc)
    };
    let interfaces = scene.interfaces.into_iter().flat_map(Part::iter).filter(is_its);
    let left: Vec<String> = interfaces.map(|interface| interface.id.to_string()).collect();
    if left.is_empty() {
        return false;
    }
    plan.waiting.push(Waiting::Part {
        what: format!(
            "AWS to take away {}, the interfaces of {}",
            left.join(", "),
            scene.desired.name
        ),
        place: scene.view.place.clone(),
        part: PartKind::NetworkInterfaces,
    });
    true
}

/// Nothing of ours is to be seen. That is believed after a second look at everything it could be seen in.
fn confirm(plan: &mut Plan, scene: &Scene<'_>) {
    let observed = scene.observed;
    let mut looks = vec![
        Look::at_all(scene.balancers, observed),
        Look::at_one(scene.balancers, &scene.desired.name, observed.settle),
        Look::at_all(scene.view.security_groups, observed),
        Look::at_all(scene.view.security_group_rules, observed),
        Look::at_all(scene.groups, observed),
    ];
    looks.extend(scene.interfaces.map(|interfaces| Look::at_all(interfaces, observed)));
    plan.confirm_gone(scene.view.place, looks);
}
