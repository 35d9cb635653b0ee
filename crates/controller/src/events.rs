//! Telling users by Events. A lost Event never fails a visit.

use kube::Resource;
use kube::runtime::events::{Event as KubeEvent, EventType, Recorder};
use peerway_plan::Event;

use crate::limit::within;

/// The longest note the API server takes.
const NOTE: usize = 1000;

/// Publishes what happened to `object`.
pub(crate) async fn publish<K: Resource<DynamicType = ()>>(
    recorder: &Recorder,
    object: &K,
    events: Vec<Event>,
) {
    for event in events {
        let mut reference = object.object_ref(&());
        // Events of one reason within six minutes become a series under the first one's note, unless they are about
        // different things.
        reference.field_path = event.about;
        let kube_event = KubeEvent {
            type_: if event.is_warning { EventType::Warning } else { EventType::Normal },
            reason: event.reason.to_owned(),
            note: Some(event.note.chars().take(NOTE).collect()),
            action: event.action.to_owned(),
            secondary: None,
        };
        if let Err(error) = within(recorder.publish(&kube_event, &reference)).await {
            tracing::warn!(%error, reason = event.reason, "failed to publish an event");
        }
    }
}
