//! What a user would want to have been told: the first Ready, drift repaired, trouble, deletion. Never a visit by itself.

use peerway_api::ConditionType;
use peerway_api::v1alpha1::OverlapSubnetGroupStatus;

use super::desired::Desired;
use super::step::{Call, Step};
use crate::conditions::is_true;
use crate::event::trouble;
use crate::{Event, Presence};

/// What happened between two statuses of a group, given the steps that were taken.
#[must_use]
pub fn events(
    desired: &Desired,
    previous: Option<&OverlapSubnetGroupStatus>,
    status: &OverlapSubnetGroupStatus,
    generation: i64,
    done: &[Step],
) -> Vec<Event> {
    let was_in_place = previous.is_some_and(|previous| {
        previous.observed_generation == generation
            && is_true(&previous.conditions, ConditionType::Programmed)
    });
    let about = |step: &Step| match desired.presence {
        Presence::Present => {
            let is_repair = was_in_place
                || matches!(step.call, Call::ReplaceRoute { .. } | Call::ReplaceAssociation { .. });
            if is_repair { Some(told(step, "DriftRepaired", "Repair")) } else { made(step) }
        }
        Presence::Absent => gone(step),
    };
    let mut events: Vec<Event> = done.iter().filter_map(about).collect();
    let was_ready =
        previous.is_some_and(|previous| is_true(&previous.conditions, ConditionType::Ready));
    if is_true(&status.conditions, ConditionType::Ready) && !was_ready {
        let table = status.route_table.as_ref().map(|table| table.id.to_string());
        events.push(Event {
            is_warning: false,
            reason: "Ready",
            action: "Reconcile",
            note: format!(
                "{} subnets answer {} peers by {}.",
                status.subnets.iter().filter(|subnet| subnet.wanted).count(),
                status.peers.len(),
                table.unwrap_or_default()
            ),
            about: None,
        });
    }
    let before = previous.map_or(&[][..], |previous| &previous.conditions);
    events.extend(trouble(before, &status.conditions));
    events
}

fn told(step: &Step, reason: &'static str, action: &'static str) -> Event {
    let note = step.to_string();
    Event { is_warning: false, reason, action, about: Some(note.clone()), note }
}

/// What was made for the first time and is worth a line.
fn made(step: &Step) -> Option<Event> {
    match &step.call {
        Call::CreateTable { .. }
        | Call::CreateSubnet { .. }
        | Call::DeleteSubnet { .. }
        | Call::AssociateBlock { .. }
        | Call::DeleteRoute { .. } => Some(told(step, "Progressing", "Reconcile")),
        Call::TagTable { .. }
        | Call::UntagTable { .. }
        | Call::DeleteTable { .. }
        | Call::CreateRoute { .. }
        | Call::ReplaceRoute { .. }
        | Call::TagSubnet { .. }
        | Call::UntagSubnet { .. }
        | Call::Associate { .. }
        | Call::ReplaceAssociation { .. }
        | Call::ReplaceAclAssociation { .. } => None,
    }
}

fn gone(step: &Step) -> Option<Event> {
    matches!(step.call, Call::DeleteSubnet { .. } | Call::DeleteTable { .. })
        .then(|| told(step, "Deleting", "Delete"))
}
