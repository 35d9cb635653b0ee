//! What a user would want to have been told: the first Ready, drift repaired, trouble, deletion. Never a visit by itself.

use peerway_api::v1alpha1::VpcPeeringStatus;
use peerway_api::v1alpha1::vpc_peering::WarningStatus;
use peerway_api::{ConditionType, Reason};
use peerway_model::Origin;
use peerway_model::ownership::origin;

use super::desired::{Desired, field};
use super::recorded::Recorded;
use super::step::Step;
use crate::conditions::is_true;
use crate::event::trouble;
use crate::routes::Wish;
use crate::{Event, Presence};

/// What happened between two statuses of an object, given the steps that were taken.
#[must_use]
pub fn events(
    desired: &Desired,
    previous: Option<&VpcPeeringStatus>,
    status: &VpcPeeringStatus,
    generation: i64,
    done: &[Step],
) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let was_in_place = previous.is_some_and(|previous| {
        previous.observed_generation == generation
            && is_true(&previous.conditions, ConditionType::Programmed)
    });
    match desired.presence {
        Presence::Present => {
            let had_connection = Recorded::of(previous).connection.is_some();
            events.extend(done.iter().filter_map(|step| {
                // A repair of several visits: what stood once is made anew, or pointed at what was.
                let makes_anew = (had_connection && matches!(step, Step::RequestConnection { .. }))
                    || matches!(step, Step::ReplaceRoute { .. });
                if was_in_place || makes_anew { Some(repaired(step)) } else { made(step) }
            }));
        }
        Presence::Absent => {
            let recorded = Recorded::of(previous);
            events.extend(done.iter().filter_map(|step| taken_along(&recorded, step)));
            events.extend(left_behind(previous, status));
        }
    }
    let was_ready =
        previous.is_some_and(|previous| is_true(&previous.conditions, ConditionType::Ready));
    let is_ready = is_true(&status.conditions, ConditionType::Ready);
    if is_ready && !was_ready {
        let connection = status.connection.as_ref().map(|connection| connection.id.to_string());
        events.push(Event {
            is_warning: false,
            reason: "Ready",
            action: "Reconcile",
            note: format!("Joined over {}.", connection.unwrap_or_default()),
            about: None,
        });
    }
    let before = previous.map_or(&[][..], |previous| &previous.conditions);
    events.extend(trouble(before, &status.conditions));
    events
}

/// What was repaired, with field, old and new value.
fn repaired(step: &Step) -> Event {
    let (what, old, new) = match step {
        Step::RequestConnection { requester, accepter, .. } => (
            "connection".to_owned(),
            "gone".to_owned(),
            format!("requested from {requester} to {accepter}"),
        ),
        Step::AcceptConnection { connection, .. } => {
            (connection.to_string(), "pending-acceptance".to_owned(), "accepted".to_owned())
        }
        Step::TagConnection { connection, place, .. } => (
            format!("tags of {connection} in {place}"),
            "missing or changed".to_owned(),
            "ours".to_owned(),
        ),
        Step::UntagConnection { connection, place, .. } => (
            format!("tags of {connection} in {place}"),
            "ours".to_owned(),
            "none of ours".to_owned(),
        ),
        Step::UntagRule { id, .. } => {
            (format!("tags of {id}"), "ours".to_owned(), "none of ours".to_owned())
        }
        Step::SetDnsResolution { side, allow, .. } => {
            (format!("{}.dnsResolution", field(*side)), (!allow).to_string(), allow.to_string())
        }
        Step::CreateRoute { table, destination, connection, .. } => (
            format!("route {destination} in {table}"),
            "missing".to_owned(),
            connection.to_string(),
        ),
        Step::ReplaceRoute { table, destination, connection, was, .. } => {
            (format!("route {destination} in {table}"), was.to_string(), connection.to_string())
        }
        Step::DeleteRoute { table, destination, connection, .. } => (
            format!("route {destination} in {table}"),
            connection.to_string(),
            "removed".to_owned(),
        ),
        Step::AuthorizeIngress { rule, .. } => {
            (format!("ingress of {}", rule.group), "missing".to_owned(), rule.to_string())
        }
        Step::TagRule { id, .. } => {
            (format!("tags of {id}"), "missing or changed".to_owned(), "ours".to_owned())
        }
        Step::RevokeIngress { group, rule, .. } => {
            (format!("ingress of {group}"), rule.clone(), "removed".to_owned())
        }
        Step::DeleteConnection { connection, .. } => {
            ("connection".to_owned(), connection.to_string(), "deleted".to_owned())
        }
    };
    Event {
        is_warning: false,
        reason: "DriftRepaired",
        action: "Repair",
        note: format!("{what}: {old} -> {new}"),
        about: Some(what),
    }
}

/// What was made for the first time and is worth a line.
fn made(step: &Step) -> Option<Event> {
    let note = match step {
        Step::RequestConnection { requester, accepter, .. } => {
            format!("Requested a connection from {requester} to {accepter}.")
        }
        Step::AcceptConnection { connection, .. } => format!("Accepted {connection}."),
        Step::DeleteRoute { table, destination, .. } => {
            format!("Removed the route to {destination} from {table}.")
        }
        Step::RevokeIngress { group, rule, .. } => format!("Removed '{rule}' from {group}."),
        Step::TagConnection { connection, tags, .. } if origin(tags) == Some(Origin::Adopted) => {
            format!("Adopted {connection}.")
        }
        Step::TagRule { id, tags, .. } if origin(tags) == Some(Origin::Adopted) => {
            format!("Adopted {id}.")
        }
        Step::TagConnection { .. }
        | Step::UntagConnection { .. }
        | Step::UntagRule { .. }
        | Step::SetDnsResolution { .. }
        | Step::CreateRoute { .. }
        | Step::ReplaceRoute { .. }
        | Step::AuthorizeIngress { .. }
        | Step::TagRule { .. }
        | Step::DeleteConnection { .. } => return None,
    };
    Some(Event {
        is_warning: false,
        reason: "Progressing",
        about: Some(note.clone()),
        action: "Reconcile",
        note,
    })
}

/// Routes over our connection that somebody else wrote and that stay as black holes; that deserves to be told, once.
fn left_behind<'s>(
    previous: Option<&'s VpcPeeringStatus>,
    status: &'s VpcPeeringStatus,
) -> impl Iterator<Item = Event> {
    let is_told = move |warning: &&WarningStatus| {
        previous.is_some_and(|previous| previous.warnings.contains(warning))
    };
    status
        .warnings
        .iter()
        .filter(|warning| warning.reason == Reason::UndeclaredRoute.as_str())
        .filter(move |warning| !is_told(warning))
        .map(|warning| Event {
            is_warning: true,
            reason: "UndeclaredRoute",
            action: "Delete",
            note: warning.message.clone(),
            about: Some(warning.message.clone()),
        })
}

/// Routes over our connection that somebody else wrote go with it; that deserves to be told.
fn taken_along(recorded: &Recorded, step: &Step) -> Option<Event> {
    match step {
        Step::DeleteRoute { table, destination, connection, .. } => {
            let wish = Wish { table: table.clone(), destination: *destination };
            (!recorded.routes.contains(&wish)).then(|| Event {
                is_warning: true,
                reason: "UndeclaredRoute",
                action: "Delete",
                note: format!("The route to {destination} in {table}, which this object did not write, goes with {connection}."),
                about: Some(format!("{table} {destination}")),
            })
        }
        Step::DeleteConnection { connection, .. } => Some(Event {
            is_warning: false,
            reason: "Deleting",
            action: "Delete",
            note: format!("Deleted {connection}."),
            about: None,
        }),
        Step::RequestConnection { .. }
        | Step::AcceptConnection { .. }
        | Step::TagConnection { .. }
        | Step::UntagConnection { .. }
        | Step::UntagRule { .. }
        | Step::SetDnsResolution { .. }
        | Step::CreateRoute { .. }
        | Step::ReplaceRoute { .. }
        | Step::AuthorizeIngress { .. }
        | Step::TagRule { .. }
        | Step::RevokeIngress { .. } => None,
    }
}
