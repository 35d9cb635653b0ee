//! What a user would want to have been told: the first Ready, drift repaired, trouble, deletion. Never a visit by itself.

use peerway_api::ConditionType;
use peerway_api::v1alpha1::ProxyLoadBalancerStatus;

use super::desired::Desired;
use super::step::{Call, Step};
use crate::conditions::is_true;
use crate::event::trouble;
use crate::{Event, Presence};

/// What happened between two statuses of a load balancer, given the steps that were taken.
#[must_use]
pub fn events(
    desired: &Desired,
    previous: Option<&ProxyLoadBalancerStatus>,
    status: &ProxyLoadBalancerStatus,
    generation: i64,
    done: &[Step],
) -> Vec<Event> {
    let was_in_place = previous.is_some_and(|previous| {
        previous.observed_generation == generation
            && is_true(&previous.conditions, ConditionType::Programmed)
    });
    let about = |step: &Step| match desired.presence {
        Presence::Present if was_in_place => Some(told(step, "DriftRepaired", "Repair")),
        Presence::Present => made(step),
        Presence::Absent => gone(step),
    };
    let mut events: Vec<Event> = done.iter().filter_map(about).collect();
    let was_ready =
        previous.is_some_and(|previous| is_true(&previous.conditions, ConditionType::Ready));
    if is_true(&status.conditions, ConditionType::Ready) && !was_ready {
        let dns = status.load_balancer.as_ref().and_then(|balancer| balancer.dns_name.clone());
        events.push(Event {
            is_warning: false,
            reason: "Ready",
            action: "Reconcile",
            note: format!(
                "{} instances in service behind {}.",
                status.in_service,
                dns.unwrap_or_default()
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
    let is_news = matches!(
        step.call,
        Call::CreateBalancer(_)
            | Call::CreateGroup { .. }
            | Call::AttachTo { .. }
            | Call::DetachFrom { .. }
            | Call::DeleteListeners { .. }
            | Call::Deregister { .. }
    );
    is_news.then(|| told(step, "Progressing", "Reconcile"))
}

fn gone(step: &Step) -> Option<Event> {
    let is_news = matches!(
        step.call,
        Call::DeleteBalancer | Call::DeleteGroup { .. } | Call::DetachFrom { .. }
    );
    is_news.then(|| told(step, "Deleting", "Delete"))
}
