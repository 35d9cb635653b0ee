//! Rules: exactly the wanted ones on a group of ours, ours beside others' on a group that is not.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::Claim;
use peerway_model::{
    Direction, IngressRule, Origin, PartKind, PortRange, RuleSource, SecurityGroup,
    SecurityGroupRule,
};

use super::super::plan::Plan;
use super::super::scene::Scene;
use super::super::step::Call;
use super::{is_own, tag};
use crate::Finding;
use crate::vpc_peering::plan::rule_key;

/// The most rules that an object may record.
const MOST_RECORDED: usize = 256;

pub(super) fn ingress_of<'a>(
    scene: &Scene<'a>,
    group: &SecurityGroup,
) -> Vec<&'a SecurityGroupRule> {
    let rules = scene.view.security_group_rules.of(group.id.as_str());
    rules.filter(|rule| rule.group == group.id && rule.direction == Direction::Ingress).collect()
}

/// A group of ours has these rules and no others, but for those of its own by which a listener is reached that is leaving.
pub(super) fn exact(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
    leaving: &BTreeSet<u16>,
) {
    admit(plan, scene, group, wanted);
    for rule in surplus(scene, group, wanted) {
        let is_needed = |ports: PortRange| leaving.iter().any(|port| ports.contains(*port));
        // One without ports admits to every port.
        if is_claimed(scene, rule) && rule.ports.map_or(!leaving.is_empty(), is_needed) {
            plan.report.surplus += 1;
        } else {
            revoke(plan, scene, rule);
        }
    }
}

/// Rules that nobody wants.
fn surplus<'a>(
    scene: &Scene<'a>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
) -> impl Iterator<Item = &'a SecurityGroupRule> {
    let there = ingress_of(scene, group).into_iter();
    there.filter(|rule| !wanted.iter().any(|wanted| wanted.is_key_of(rule)))
}

/// Writes the rules that are missing.
pub(super) fn admit(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
) {
    let there = ingress_of(scene, group);
    for rule in wanted {
        if !there.iter().any(|there| rule.is_key_of(there)) {
            let tags = scene.desired.owner.tags(Origin::Created);
            plan.steps.push(scene.at(Call::AuthorizeIngress { rule: rule.clone(), tags }));
        }
    }
}

/// Takes out the rules that nobody wants.
pub(super) fn expel(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
) {
    for rule in surplus(scene, group, wanted) {
        revoke(plan, scene, rule);
    }
}

/// Takes a rule of ours off a group that is not. What lost our tags gets them back first: they are what lets us at it.
pub(super) fn take_back(plan: &mut Plan, scene: &Scene<'_>, rule: &SecurityGroupRule) {
    if is_claimed(scene, rule) {
        revoke(plan, scene, rule);
    } else {
        plan.report.surplus += 1;
        plan.steps.push(tag(scene, &rule.id, PartKind::SecurityGroupRules));
    }
}

pub(super) fn revoke(plan: &mut Plan, scene: &Scene<'_>, rule: &SecurityGroupRule) {
    plan.report.surplus += 1;
    let key = IngressRule::of(rule);
    let what = || format!("rule '{key}' of {}", rule.group);
    if plan.is_confirmed(scene.view.security_group_rules, &rule.id, scene.look(), what) {
        plan.steps.push(scene.at(Call::RevokeIngress {
            group: rule.group.clone(),
            rule: rule.id.clone(),
            text: key.to_string(),
        }));
    }
}

/// Rules of ours on a group that is not: written beside whatever is there. An identical one of somebody else's counts as
/// in place. What is no longer wanted stays in the record until it is taken away. Whether there is room for all.
pub(super) fn allow(plan: &mut Plan, scene: &Scene<'_>, wanted: &[IngressRule]) -> bool {
    let keys = wanted.iter().map(rule_key).chain(scene.recorded.rules.keys().cloned());
    let count = keys.collect::<BTreeSet<_>>().len();
    if count > MOST_RECORDED {
        plan.findings.push(too_many(count));
        return false;
    }
    let rules = scene.view.security_group_rules;
    let mut record = BTreeMap::new();
    for rule in wanted {
        let there = rules.of(rule.group.as_str()).find(|there| rule.is_key_of(there));
        match there {
            Some(there) if is_claimed(scene, there) => {
                record.insert(rule_key(rule), Some(there.id.clone()));
            }
            Some(there) if has_lost_its_tags(scene, there) => {
                record.insert(rule_key(rule), Some(there.id.clone()));
                plan.steps.push(tag(scene, &there.id, PartKind::SecurityGroupRules));
            }
            Some(_) => {}
            None => {
                record.insert(rule_key(rule), None);
                let tags = scene.desired.owner.tags(Origin::Created);
                plan.steps.push(scene.at(Call::AuthorizeIngress { rule: rule.clone(), tags }));
            }
        }
    }
    record.extend(
        recorded_rules(scene).map(|it| (rule_key(&IngressRule::of(it)), Some(it.id.clone()))),
    );
    // A key without a rule is kept until it is certain that none will appear.
    if !rules.is_quiet(scene.observed.settle, scene.observed.wrote_at) {
        for (key, id) in &scene.recorded.rules {
            record.entry(key.clone()).or_insert_with(|| id.clone());
        }
    }
    plan.report.written_rules = record;
    true
}

fn too_many(count: usize) -> Finding {
    Finding::stalled(
        ConditionType::Programmed,
        Reason::TooManyRules,
        format!(
            "`targets.instances.allowFrom` asks for security group rules that make {count} with those written before: one for each port of the instances and each security group of the load balancer. {MOST_RECORDED} can be kept a record of. Use fewer listeners or security groups, or a `backendSecurityGroup`."
        ),
    )
}

pub(super) fn is_claimed(scene: &Scene<'_>, rule: &SecurityGroupRule) -> bool {
    let claim = scene.desired.owner.claim(&rule.tags);
    matches!(claim, Claim::Ours | Claim::EarlierIncarnation)
}

/// Whether a rule is the very one that was recorded as ours, and carries no tags any more.
fn has_lost_its_tags(scene: &Scene<'_>, rule: &SecurityGroupRule) -> bool {
    scene.desired.owner.claim(&rule.tags) == Claim::Untagged
        && scene.recorded.rules.get(&rule_key(&IngressRule::of(rule)))
            == Some(&Some(rule.id.clone()))
}

/// Rules of ours: our tags together with a key that we wrote down, or that leads to a group of ours; or the very rule that
/// was recorded.
pub(super) fn recorded_rules<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a SecurityGroupRule> {
    let groups = scene.view.security_groups.iter();
    let own: BTreeSet<_> = groups.filter(|it| is_own(scene, it)).map(|it| it.id.clone()).collect();
    scene.view.security_group_rules.iter().filter(move |rule| {
        let admits_ours =
            matches!(&rule.source, RuleSource::SecurityGroup { id, .. } if own.contains(id));
        let is_known =
            || admits_ours || scene.recorded.rules.contains_key(&rule_key(&IngressRule::of(rule)));
        rule.direction == Direction::Ingress
            && !own.contains(&rule.group)
            // The rules of a group that is gone went with it; their list may be the older one.
            && scene.view.security_groups.get(&rule.group).is_some()
            && (is_claimed(scene, rule) && is_known() || has_lost_its_tags(scene, rule))
    })
}
