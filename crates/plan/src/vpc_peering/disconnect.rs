//! How a connection goes, once nothing leads over it any more.

use peerway_api::Reason;
use peerway_model::ownership::{self, Claim};
use peerway_model::{Connection, ConnectionState};

use super::adoption;
use super::desired::Desired;
use super::owned::Owned;
use super::plan::Plan;
use super::step::Step;
use crate::Finding;
use crate::Waiting;
use crate::observed::{Observed, Readable};

/// A connection that lost all our tags is tagged again before anything is taken apart: what the status alone knows would be
/// lost with the status.
pub(super) fn tag_again(
    plan: &mut Plan,
    desired: &Desired,
    owned: &Owned<'_>,
    views: &[Readable<'_>],
) {
    let Some(live) = owned.live.filter(|live| owned.is_stripped && can_go(live)) else { return };
    if is_only_asked_of_us(live, views) {
        return;
    }
    let origin = adoption::origin_of(desired, views, &live.id);
    plan.steps.extend(owned.to_tag.iter().map(|place| Step::TagConnection {
        place: place.clone(),
        connection: live.id.clone(),
        tags: desired.owner.tags(origin),
    }));
}

/// Takes the connection down, or our tags off a request that is not ours to take down.
pub(super) fn remove(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    owned: &Owned<'_>,
    views: &[Readable<'_>],
) {
    let Some(live) = owned.live else { return };
    if !can_go(live) {
        plan.waiting.push(Waiting::Connection { id: live.id.clone(), state: live.state });
        return;
    }
    if is_only_asked_of_us(live, views) {
        return untag(plan, desired, observed, live, views);
    }
    let view = requester(live, views).unwrap_or(views[0]);
    // Policies let only what carries our tags be deleted, and each account has tags of its own on a connection.
    if let Some(step) = tag(desired, owned, views, view) {
        plan.steps.push(step);
    } else if is_settled(plan, observed, live, view) {
        plan.steps.push(Step::DeleteConnection {
            place: view.place.clone(),
            connection: live.id.clone(),
        });
    }
}

/// AWS deletes what is pending or active; what is on its way there, or away already, must arrive first.
fn can_go(live: &Connection) -> bool {
    matches!(live.state, ConnectionState::PendingAcceptance | ConnectionState::Active)
}

fn requester<'a>(live: &Connection, views: &[Readable<'a>]) -> Option<Readable<'a>> {
    let end = &live.requester;
    let is_its = |view: &Readable<'_>| {
        *view.place.account() == end.account && view.place.region == end.region
    };
    views.iter().copied().find(is_its)
}

/// Either side may delete an active connection, only the requester a pending one.
fn is_only_asked_of_us(live: &Connection, views: &[Readable<'_>]) -> bool {
    live.state == ConnectionState::PendingAcceptance && requester(live, views).is_none()
}

/// Our tags come off a request of somebody else, and it stays as it was. Only where it has been so for a while: what was
/// accepted a moment ago must go, and is known by our tags.
fn untag(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    live: &Connection,
    views: &[Readable<'_>],
) {
    plan.findings.push(Finding::warning(
        Reason::UndeclaredRequest,
        format!("{} was asked for by account {}, and was not accepted. It is left as it is: reject it, or let it expire.", live.id, live.requester.account),
    ));
    for view in views {
        let Some(seen) = view.connections.get(&live.id) else { continue };
        let is_marked =
            matches!(desired.owner.claim(&seen.tags), Claim::Ours | Claim::EarlierIncarnation);
        if is_marked && is_settled(plan, observed, live, *view) {
            plan.steps.push(Step::UntagConnection {
                place: view.place.clone(),
                connection: live.id.clone(),
                tags: ownership::marks(&seen.tags),
            });
        }
    }
}

/// Whether this view of the connection is confirmed; if not, that is waited for.
fn is_settled(plan: &mut Plan, observed: &Observed, live: &Connection, view: Readable<'_>) -> bool {
    plan.is_confirmed(view.connections, &live.id, (view.place, observed), || live.id.to_string())
}

/// Puts our tags back where a view has none of them; what was adopted or accepted stays so.
fn tag(
    desired: &Desired,
    owned: &Owned<'_>,
    views: &[Readable<'_>],
    view: Readable<'_>,
) -> Option<Step> {
    let live = owned.live?;
    let is_missing = desired.owner.claim(&view.connections.get(&live.id)?.tags) == Claim::Untagged;
    is_missing.then(|| Step::TagConnection {
        place: view.place.clone(),
        connection: live.id.clone(),
        tags: desired.owner.tags(adoption::origin_of(desired, views, &live.id)),
    })
}
