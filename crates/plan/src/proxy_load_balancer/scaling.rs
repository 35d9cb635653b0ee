//! Ties to auto-scaling groups. Attaching adds to what a group has; detaching takes away only this balancer.

use std::collections::BTreeSet;

use peerway_model::{
    AttachState, Attachment, AutoScalingGroup, AutoScalingGroupName, PartKind, Untold,
};

use super::plan::{AttachmentReport, Plan};
use super::scene::Scene;
use super::step::Call;
use super::targets::{Targets, heeds_balancers};
use crate::Waiting;

/// The state of a group that AWS tells none of.
pub(super) const NEVER: &str = "Missing";

/// The groups that name this balancer, as AWS lists them.
pub(super) fn attached<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a AutoScalingGroup> {
    let name = scene.desired.name.clone();
    scene.groups.iter().filter(move |group| group.load_balancers.contains(&name))
}

/// Groups of which it matters how far AWS is with them: those that are not known to be done, and those that once were. One
/// that is wanted and was never there has nothing to tell; to ask them all would take a call for each.
pub(super) fn unsettled(
    recorded: &super::Recorded,
    attached: &BTreeSet<AutoScalingGroupName>,
) -> BTreeSet<AutoScalingGroupName> {
    let is_done = |name: &AutoScalingGroupName| {
        let state = recorded.attachments.get(name).map(String::as_str);
        matches!(state, Some("Added" | "InService"))
    };
    let begun = attached.iter().filter(|name| !is_done(name));
    let was_there = recorded.attachments.iter().filter(|(_, state)| *state != NEVER);
    let left = was_there.map(|(name, _)| name).filter(|name| !attached.contains(*name));
    begun.chain(left).cloned().collect()
}

/// How far AWS is with a group: asked, or as it was recorded where nothing is on its way.
fn state(scene: &Scene<'_>, name: &AutoScalingGroupName) -> Result<Option<AttachState>, Untold> {
    let known = || scene.recorded.attachments.get(name).and_then(|word| read_state(word));
    match scene.details.attachments.get(name) {
        Some(Ok(attachments)) => {
            Ok(attachments.iter().find(|it| is_of(scene, it)).map(|it| it.state))
        }
        Some(Err(failure)) => Err(failure.clone()),
        None if attached(scene).any(|group| group.name == *name) => Ok(known()),
        None => Ok(None),
    }
}

fn is_of(scene: &Scene<'_>, attachment: &Attachment) -> bool {
    attachment.load_balancer == scene.desired.name && attachment.state != AttachState::Removed
}

/// AWS's word for a state.
#[must_use]
pub(super) fn word(state: AttachState) -> &'static str {
    match state {
        AttachState::Adding => "Adding",
        AttachState::Added => "Added",
        AttachState::InService => "InService",
        AttachState::Removing => "Removing",
        AttachState::Removed => "Removed",
    }
}

fn read_state(text: &str) -> Option<AttachState> {
    use AttachState::{Added, Adding, InService, Removed, Removing};
    [Adding, Added, InService, Removing, Removed].into_iter().find(|it| word(*it) == text)
}

/// How every tie stands, wanted or not.
pub(super) fn report(plan: &mut Plan, scene: &Scene<'_>, targets: Option<&Targets<'_>>) {
    let selected = targets.into_iter().flat_map(|targets| &targets.groups);
    let has_all = targets.is_some_and(|targets| targets.has_all_groups);
    let refused = targets.map(|targets| &targets.refused);
    let listed: BTreeSet<_> = attached(scene).map(|group| group.name.clone()).collect();
    let wanted = selected.map(|group| group.name.clone());
    // To one that is refused it is not attached; where it stands attached, it stays.
    let wanted: BTreeSet<_> = wanted
        .filter(|name| listed.contains(name) || refused.is_none_or(|it| !it.contains(name)))
        .collect();
    let known = scene.recorded.attachments.keys();
    let names: BTreeSet<_> = wanted.iter().chain(&listed).chain(known).cloned().collect();
    for name in names {
        let is_wanted = wanted.contains(&name) || !has_all && listed.contains(&name);
        match state(scene, &name) {
            Ok(None) if !is_wanted && !listed.contains(&name) => {}
            Ok(state) => {
                let state = state.or(listed.contains(&name).then_some(AttachState::Adding));
                plan.report.attachments.insert(name, AttachmentReport { state, is_wanted });
            }
            // A group that is gone holds nothing.
            Err(_) if scene.groups.get(&name).is_none() => {}
            Err(untold) => plan.unreadable.push(scene.unreadable(&untold)),
        }
    }
}

/// Attaches it to the groups that are selected and do not have it yet.
pub(super) fn attach(plan: &mut Plan, scene: &Scene<'_>, targets: &Targets<'_>) {
    for group in &targets.groups {
        let Some(report) = plan.report.attachments.get(&group.name) else { continue };
        let is_listed = group.load_balancers.contains(&scene.desired.name);
        match report.state {
            // What is on its way out must be gone before it can come back.
            Some(AttachState::Removing) => await_group(plan, scene, &group.name, "let it go"),
            Some(AttachState::Adding) if is_listed => {
                await_group(plan, scene, &group.name, "register its instances");
            }
            Some(_) if is_listed => {}
            None | Some(_) => {
                let call = Call::AttachTo { group: group.name.clone(), api: group.attachment_api };
                plan.steps.push(scene.at(call));
            }
        }
    }
}

/// Groups that name it, end the instances that it finds unhealthy, and must not: what it judges by stays as it is.
pub(super) fn heeding<'a>(scene: &Scene<'a>) -> Vec<&'a AutoScalingGroup> {
    let wanted = scene.desired.spec.targets.auto_scaling_groups.as_ref();
    if wanted.is_some_and(|wanted| wanted.allow_elb_health_checks.unwrap_or_default()) {
        return Vec::new();
    }
    attached(scene).filter(|group| heeds_balancers(group)).collect()
}

/// Detaches it from the groups that are not wanted; whether none has it any more.
pub(super) fn detach(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    let surplus: Vec<AutoScalingGroupName> = plan
        .report
        .attachments
        .iter()
        .filter(|(_, report)| !report.is_wanted)
        .map(|(name, _)| name.clone())
        .collect();
    for name in &surplus {
        plan.report.surplus += 1;
        let listed =
            scene.groups.get(name).filter(|it| it.load_balancers.contains(&scene.desired.name));
        let is_leaving = plan.report.attachments[name].state == Some(AttachState::Removing);
        match listed {
            Some(group) if !is_leaving => {
                let what = || format!("'{name}' naming {}", scene.desired.name);
                if plan.is_confirmed(scene.groups, name, scene.look(), what) {
                    let api = group.attachment_api;
                    plan.steps.push(scene.at(Call::DetachFrom { group: name.clone(), api }));
                }
            }
            _ => await_group(plan, scene, name, "let it go"),
        }
    }
    surplus.is_empty()
}

fn await_group(plan: &mut Plan, scene: &Scene<'_>, name: &AutoScalingGroupName, what: &str) {
    plan.waiting.push(Waiting::Part {
        what: format!("auto-scaling group '{name}' to {what}"),
        place: scene.view.place.clone(),
        part: PartKind::AutoScalingGroups,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_wanted_and_was_never_there_is_not_asked_about() {
        let states = [
            ("never", NEVER),
            ("going", word(AttachState::Removing)),
            ("vanished", word(AttachState::InService)),
            ("coming", word(AttachState::Adding)),
            ("done", word(AttachState::Added)),
        ];
        let name = |name: &str| name.parse::<AutoScalingGroupName>().unwrap();
        let attachments = states.map(|(group, state)| (name(group), state.to_owned()));
        let recorded =
            super::super::Recorded { attachments: attachments.into(), ..Default::default() };
        let attached = ["coming", "done", "new"].map(name).into();
        let asked = unsettled(&recorded, &attached);
        assert_eq!(asked, ["coming", "going", "new", "vanished"].map(name).into());
    }
}
