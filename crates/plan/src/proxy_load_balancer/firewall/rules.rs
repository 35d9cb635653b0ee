//! Rules: exactly the wanted ones on a group of ours, ours beside others' on a group that is not.

use std::collections::BTreeSet;

use peerway_model::ownership::Claim;
use peerway_model::{Direction, IngressRule, Origin, RuleSource, SecurityGroup, SecurityGroupRule};

use super::super::plan::Plan;
use super::super::present::Scene;
use super::super::step::Call;
use super::is_own;
use crate::vpc_peering::plan::rule_key;

pub(super) fn ingress_of<'a>(
    scene: &Scene<'a>,
    group: &SecurityGroup,
) -> Vec<&'a SecurityGroupRule> {
    let rules = scene.view.security_group_rules.of(group.id.as_str());
    rules.filter(|rule| rule.group == group.id && rule.direction == Direction::Ingress).collect()
}

/// A group of ours has these rules and no others.
pub(super) fn exact(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
) {
    admit(plan, scene, group, wanted);
    expel(plan, scene, group, wanted);
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
    for rule in ingress_of(scene, group) {
        if !wanted.iter().any(|wanted| wanted.is_key_of(rule)) {
            revoke(plan, scene, rule);
        }
    }
}

pub(super) fn revoke(plan: &mut Plan, scene: &Scene<'_>, rule: &SecurityGroupRule) {
    plan.report.surplus += 1;
    let key = key(rule);
    let what = || format!("rule '{key}' of {}", rule.group);
    if plan.is_confirmed(scene.view.security_group_rules, &rule.id, scene.look(), what) {
        plan.steps.push(scene.at(Call::RevokeIngress {
            group: rule.group.clone(),
            rule: rule.id.clone(),
            text: key.to_string(),
        }));
    }
}

fn key(rule: &SecurityGroupRule) -> IngressRule {
    IngressRule {
        group: rule.group.clone(),
        protocol: rule.protocol,
        ports: rule.ports,
        source: rule.source.clone(),
    }
}

/// Rules of ours on a group that is not: written beside whatever is there. An identical one of somebody else's counts as
/// in place. What is no longer wanted stays in the record until it is taken away.
pub(super) fn allow(plan: &mut Plan, scene: &Scene<'_>, wanted: &[IngressRule]) {
    let rules = scene.view.security_group_rules;
    let mut record: BTreeSet<String> = BTreeSet::new();
    for rule in wanted {
        let there = rules.of(rule.group.as_str()).find(|there| rule.is_key_of(there));
        match there {
            Some(there) if is_claimed(scene, there) => {
                record.insert(rule_key(rule));
            }
            Some(_) => {}
            None => {
                record.insert(rule_key(rule));
                let tags = scene.desired.owner.tags(Origin::Created);
                plan.steps.push(scene.at(Call::AuthorizeIngress { rule: rule.clone(), tags }));
            }
        }
    }
    record.extend(recorded_rules(scene).map(|rule| rule_key(&key(rule))));
    // A key without a rule is kept until it is certain that none will appear.
    if !rules.is_quiet(scene.observed.settle, scene.observed.wrote_at) {
        record.extend(scene.recorded.rules.iter().cloned());
    }
    plan.report.written_rules = record;
}

pub(super) fn is_claimed(scene: &Scene<'_>, rule: &SecurityGroupRule) -> bool {
    let claim = scene.desired.owner.claim(&rule.tags);
    matches!(claim, Claim::Ours | Claim::EarlierIncarnation)
}

/// Rules of ours: our tags together with a key that we wrote down, or that leads to a group of ours.
pub(super) fn recorded_rules<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a SecurityGroupRule> {
    let groups = scene.view.security_groups.iter();
    let own: BTreeSet<_> = groups.filter(|it| is_own(scene, it)).map(|it| it.id.clone()).collect();
    scene.view.security_group_rules.iter().filter(move |rule| {
        let admits_ours =
            matches!(&rule.source, RuleSource::SecurityGroup { id, .. } if own.contains(id));
        rule.direction == Direction::Ingress
            && !own.contains(&rule.group)
            // The rules of a group that is gone went with it; their list may be the older one.
            && scene.view.security_groups.get(&rule.group).is_some()
            && is_claimed(scene, rule)
            && (admits_ours || scene.recorded.rules.contains(&rule_key(&key(rule))))
    })
}
