//! What goes again: rules, then groups, once nobody carries or admits them; and our tags, off what stays.

use peerway_model::ownership::{self, Claim};
use peerway_model::{PartKind, RuleSource, SecurityGroup, SecurityGroupRule, Vpc, VpcId};

use super::super::plan::Plan;
use super::super::scene::Scene;
use super::super::step::Call;
use super::rules::{expel, is_claimed, recorded_rules, take_back};
use super::{Firewall, Rules, Wanted, made, tag};
use crate::extra_tags;

/// What was made and is no longer wanted goes: rules, then groups, once nobody carries them.
pub(in super::super) fn clear(plan: &mut Plan, scene: &Scene<'_>, vpc: &Vpc, firewall: &Firewall) {
    let made = made(scene, &vpc.id);
    let allowed = firewall.allowed(vpc);
    let surplus = |rule: &&SecurityGroupRule| !allowed.iter().any(|it| it.is_key_of(rule));
    for rule in recorded_rules(scene).filter(surplus) {
        take_back(plan, scene, rule);
    }
    for group in &made {
        let wanted = firewall.wanted.get(&group.name);
        if let Some(wanted @ Wanted { rules: Rules::Backend, .. }) = wanted {
            let rules = firewall.rules_of(vpc, &group.id, wanted);
            expel(plan, scene, group, &rules);
        }
    }
    let unwanted: Vec<_> =
        made.iter().filter(|it| !firewall.wanted.contains_key(&it.name)).copied().collect();
    plan.report.surplus += unwanted.len();
    // What lost our tags gets them back first: they are what lets us at it.
    for group in &unwanted {
        if scene.desired.owner.claim(&group.tags) == Claim::Untagged {
            plan.steps.push(tag(scene, &group.id, PartKind::SecurityGroups));
        }
    }
    // A rule that names a group keeps it from going.
    if is_idle(plan) {
        delete_groups(plan, scene, &made, &unwanted);
    }
    // Nothing waits for these: a role may be allowed to write our own tags and no others.
    for group in made.iter().filter(|it| firewall.wanted.contains_key(&it.name)) {
        if let Some(tags) = extra_tags::lacking(scene.desired.spec.tags.as_ref(), &group.tags) {
            let (id, part) = (group.id.to_string(), PartKind::SecurityGroups);
            plan.steps.push(scene.at(Call::Tag { id, part, tags }));
        }
    }
    // One list may leave it out: without the record nothing would know it by its tags again.
    let (groups, observed) = (scene.view.security_groups, scene.observed);
    plan.report.made.retain(|name, id| {
        let is_uncertain = match id {
            Some(id) => !groups.is_confirmed(id, observed.settle),
            None => !groups.is_quiet(observed.settle, observed.wrote_at),
        };
        firewall.wanted.contains_key(name)
            || made.iter().any(|group| group.name == *name)
            || is_uncertain
    });
}

fn is_idle(plan: &Plan) -> bool {
    plan.steps.is_empty() && plan.waiting.is_empty()
}

/// Deletes groups of ours, those first that no other of them (`made`) admits: AWS keeps what a rule names.
fn delete_groups(
    plan: &mut Plan,
    scene: &Scene<'_>,
    made: &[&SecurityGroup],
    groups: &[&SecurityGroup],
) {
    let is_named = |group: &SecurityGroup| {
        let others = made.iter().filter(|other| other.id != group.id);
        let rules = others.flat_map(|other| scene.view.security_group_rules.of(other.id.as_str()));
        let mut sources = rules.map(|rule| &rule.source);
        sources.any(|it| matches!(it, RuleSource::SecurityGroup { id, .. } if *id == group.id))
    };
    let mut free: Vec<_> = groups.iter().copied().filter(|group| !is_named(group)).collect();
    if free.is_empty() {
        free = groups.to_vec();
    }
    for group in free {
        delete_group(plan, scene, group);
    }
}

/// What lost our tags gets them back before it is deleted; whether any did.
pub(in super::super) fn tag_again(plan: &mut Plan, scene: &Scene<'_>, vpc: &VpcId) -> bool {
    let before = plan.steps.len();
    for group in made(scene, vpc) {
        if scene.desired.owner.claim(&group.tags) == Claim::Untagged {
            plan.steps.push(tag(scene, &group.id, PartKind::SecurityGroups));
        }
    }
    plan.steps.len() > before
}

/// Deletes a group of ours, unless it is still carried.
fn delete_group(plan: &mut Plan, scene: &Scene<'_>, group: &SecurityGroup) {
    let carriers: Vec<String> = scene
        .interfaces
        .into_iter()
        .flat_map(peerway_model::Part::iter)
        .filter(|interface| interface.groups.contains(&group.id))
        .map(|interface| interface.id.to_string())
        .collect();
    if !carriers.is_empty() {
        plan.waiting.push(crate::Waiting::Part {
            what: format!(
                "{} to no longer carry {} ('{}')",
                carriers.join(", "),
                group.id,
                group.name
            ),
            place: scene.view.place.clone(),
            part: PartKind::NetworkInterfaces,
        });
        return;
    }
    let names = |rule: &&SecurityGroupRule| {
        let is_it = matches!(&rule.source, RuleSource::SecurityGroup { id, .. } if *id == group.id);
        is_it && rule.group != group.id && !is_claimed(scene, rule)
    };
    if let Some(rule) = scene.view.security_group_rules.iter().find(names) {
        plan.waiting.push(crate::Waiting::Part {
            what: format!(
                "{} of {} to no longer admit {} ('{}')",
                rule.id, rule.group, group.id, group.name
            ),
            place: scene.view.place.clone(),
            part: PartKind::SecurityGroupRules,
        });
        return;
    }
    let what = || format!("security group {} ('{}')", group.id, group.name);
    if plan.is_confirmed(scene.view.security_groups, &group.id, scene.look(), what) {
        let (group, name) = (group.id.clone(), group.name.clone());
        plan.steps.push(scene.at(Call::DeleteGroup { group, name }));
    }
}

/// Takes rules and groups away for good; whether none is left.
pub(in super::super) fn remove(plan: &mut Plan, scene: &Scene<'_>, vpc: &VpcId) -> bool {
    let made = made(scene, vpc);
    for rule in recorded_rules(scene) {
        take_back(plan, scene, rule);
    }
    if plan.steps.is_empty() && plan.waiting.is_empty() {
        plan.report.written_rules.clear();
        delete_groups(plan, scene, &made, &made);
    }
    made.is_empty() && plan.report.written_rules.is_empty()
}

/// Takes our tags off what stays.
pub(in super::super) fn untag(plan: &mut Plan, scene: &Scene<'_>, vpc: &VpcId) {
    let made = made(scene, vpc);
    for group in &made {
        let tags = ownership::marks(&group.tags);
        let what = || format!("the tags of {}", group.id);
        if !tags.is_empty()
            && plan.is_confirmed(scene.view.security_groups, &group.id, scene.look(), what)
        {
            let (id, part) = (group.id.to_string(), PartKind::SecurityGroups);
            plan.steps.push(scene.at(Call::Untag { id, part, tags }));
        }
    }
    let on_made = made
        .iter()
        .flat_map(|group| scene.view.security_group_rules.of(group.id.as_str()))
        .filter(|rule| is_claimed(scene, rule));
    for rule in recorded_rules(scene).chain(on_made) {
        let tags = ownership::marks(&rule.tags);
        let what = || format!("the tags of {}", rule.id);
        if !tags.is_empty()
            && plan.is_confirmed(scene.view.security_group_rules, &rule.id, scene.look(), what)
        {
            let (id, part) = (rule.id.to_string(), PartKind::SecurityGroupRules);
            plan.steps.push(scene.at(Call::Untag { id, part, tags }));
        }
    }
}
