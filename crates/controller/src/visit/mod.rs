//! Visits: observe, plan, apply, publish. The same for every kind of object ([`Kind`]).

mod apply;
mod demands;
mod kind;
mod observe;
mod rounds;
mod session;

use std::sync::Arc;
use std::time::Duration;

use kube::runtime::controller::Action;
use kube::{Api, Resource, ResourceExt};
use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::{ConditionType, Reason, reconcile_at};
use peerway_aws::{Interest, Keys};
use peerway_model::clock::since;
use peerway_plan::{Finding, KindStatus, Outcome, Presence, Release, Waiting, event};

pub(crate) use self::kind::{Frame, Kind, ObservedOf, PlanOf, StatusInputOf};
use self::rounds::{End, Rounds, rounds};
use crate::backoff::jittered;
use crate::context::Context;
use crate::error::{Chain, Error, caught};
use crate::finalizer::{self, Patched};
use crate::object::{Guarded, ObjectKey};
use crate::rested::Inputs;
use crate::{publish, unparsable};

/// How often a visit starts over because the object moved under it.
const MOST_RESTARTS: usize = 5;
/// How soon to look again while AWS is at work.
const SOON: Duration = Duration::from_secs(1);

/// One visit: read the world, decide, act, report. Nothing is remembered between visits; whatever a crash left behind is
/// simply what the next visit observes.
pub(crate) async fn reconcile<K: Kind>(
    object: Arc<Guarded<K::Object>>,
    ctx: Arc<Context>,
) -> Result<Action, Error> {
    ctx.synced().await;
    let visited = caught(async {
        let Ok(parsed) = &object.0 else { return visits::<K>(&object, &ctx).await };
        if let Some(due) = ctx.rested.due::<K>(&ctx, parsed) {
            return Ok(Action::requeue(due));
        }
        let _look = ctx.first_looks.enter(&K::spots(parsed)).await;
        visits::<K>(&object, &ctx).await
    })
    .await;
    if let (Err(Error::Panicked(_)), Ok(parsed)) = (&visited, &object.0)
        && let Err(error) = caught(publish_fault::<K>(&ctx, parsed)).await
    {
        // The fault itself is what the caller is to hear of.
        tracing::warn!(error = %Chain(&error), "the fault is not in the object's status");
    }
    visited
}

/// Says in the status that a fault of ours ended the visit. What panicked may hold anything, and goes to the log only.
async fn publish_fault<K: Kind>(ctx: &Context, object: &K::Object) -> Result<(), Error> {
    // Nothing else can be judged then, and `Ready` takes its reason from the first that is not so.
    let fault = Finding::stalled(
        ConditionType::Valid,
        Reason::InternalError,
        "A fault of Peerway's own ended the last visit of this object; the controller's log says which. What stands in AWS is left as it is, and the object is visited again with growing pauses. Please report it.".to_owned(),
    );
    let generation = object.meta().generation.unwrap_or_default();
    let status = K::invalid(K::status_of(object), generation, &[fault], ctx.clock.now());
    let namespace = object.meta().namespace.clone().unwrap_or_default();
    let api = Api::namespaced(ctx.client.clone(), &namespace);
    publish::changed(&api, object, K::status_of(object), &status).await?;
    Ok(())
}

async fn visits<K: Kind>(object: &Guarded<K::Object>, ctx: &Context) -> Result<Action, Error> {
    let mut object = match &object.0 {
        Ok(object) => object.clone(),
        Err(unparsable) => {
            unparsable::publish::<K::Object>(&ctx.client, unparsable, ctx.clock.now()).await?;
            return Ok(Action::await_change());
        }
    };
    for _ in 0..MOST_RESTARTS {
        match Box::pin(visit::<K>(ctx, object)).await? {
            Visited::Done(action) => return Ok(action),
            Visited::Moved(moved) => object = *moved,
        }
    }
    Ok(Action::requeue(SOON))
}

/// How a visit ended.
enum Visited<K: Kind> {
    Done(Action),
    /// The object is another one now; look at that.
    Moved(Box<K::Object>),
}

async fn visit<K: Kind>(ctx: &Context, object: K::Object) -> Result<Visited<K>, Error> {
    let key = ObjectKey::of(K::OWNER, &object);
    let is_going = object.meta().deletion_timestamp.is_some();
    if is_going && !finalizer::is_set(&object) {
        // Without our finalizer we never wrote anything for it.
        ctx.forget(&key, &object.uid().unwrap_or_default());
        return Ok(Visited::Done(Action::await_change()));
    }
    let uid = object.uid().unwrap_or_default();
    ctx.rested.forget(&uid);
    ctx.looked_at.forget(&uid);
    let version = object.resource_version();
    let api = Api::namespaced(ctx.client.clone(), &key.namespace);
    let inputs = Inputs::of::<K>(ctx, &object);
    let desired = match K::desired(ctx, &object) {
        Ok(desired) => desired,
        Err(findings) => {
            // Without a way in nothing can be taken apart, and what is to stay need not be.
            return match K::release_unentered(&object) {
                Some(left) => let_go::<K>(ctx, &api, &key, &object, &left).await,
                None => publish_invalid::<K>(ctx, &api, &object, &findings).await,
            };
        }
    };
    let end = rounds::<K>(ctx, &api, &key, object, &desired).await?;
    let mut rounds = match end {
        End::Moved(moved) => return Ok(Visited::Moved(moved)),
        End::Gone => return Ok(Visited::Done(Action::await_change())),
        End::AccountGone => return Ok(Visited::Done(Action::requeue(SOON))),
        End::Rested(rounds) => *rounds,
    };
    let frame = K::frame(&desired);
    let interests = interests(&desired, &rounds);
    let read = interests.clone();
    let is_new = ctx.interests.register(&key, interests);
    if let Some(at) = rounds.not_before
        && rounds.done.is_empty()
        && rounds.outcome.failures.is_empty()
    {
        ctx.looked_at.note(&rounds.object);
        // Many wait for their turn at once; none of them has anything new to say.
        return Ok(Visited::Done(Action::requeue(since(at, ctx.clock.now()).max(SOON / 100))));
    }
    if !publish_status(ctx, &api, &desired, &mut rounds).await? {
        // Somebody else wrote meanwhile; the next visit looks at that.
        return Ok(Visited::Done(Action::requeue(SOON / 10)));
    }
    let recorded = rounds.recorded();
    if let Some(left) = K::release(&desired, &recorded, &rounds.plan, &rounds.outcome) {
        return let_go::<K>(ctx, &api, &key, &rounds.object, &left).await;
    }
    let may_own =
        frame.policies.management == ManagementPolicy::Full && K::owns(&rounds.plan.report);
    if frame.presence == Presence::Present && !finalizer::is_set(&rounds.object) && may_own {
        // Somebody took it off; without it a deletion would leave everything in AWS.
        match finalizer::add(&api, &rounds.object).await? {
            Patched::Done(object) => rounds.object = *object,
            Patched::Moved => return Ok(Visited::Done(Action::requeue(SOON / 10))),
        }
    }
    if is_new && read.iter().any(|read| has_moved(ctx, &rounds, read)) {
        // Nobody was woken for it.
        return Ok(Visited::Done(Action::requeue(SOON / 10)));
    }
    if rounds.plan.steps.is_empty() && rounds.plan.waiting.iter().all(Waiting::is_up_to_others) {
        ctx.leave(&frame.owner.uid);
    }
    let due = next_visit(ctx, &key, &rounds);
    if let Some(inputs) = inputs
        && is_at_rest(&desired, &rounds)
        && let Some(read) = revisions(&rounds, read)
    {
        ctx.rested.note(ctx, &rounds.object, inputs, read, due);
    }
    ctx.looked_at.note(&rounds.object);
    if version == rounds.object.resource_version() && was_changed::<K>(ctx, &key) {
        // It wrote nothing that would have met with what somebody else wrote meanwhile.
        return Ok(Visited::Done(Action::requeue(SOON / 10)));
    }
    Ok(Visited::Done(Action::requeue(due)))
}

/// Whether the object is another one by now than the visit ended with.
fn was_changed<K: Kind>(ctx: &Context, key: &ObjectKey) -> bool {
    let known = K::store(ctx).get(&key.to_ref());
    known.is_some_and(|known| ctx.looked_at.was_changed(known.as_ref()))
}

/// Whether there is nothing to do, nothing to wait for, and nothing that time alone changes.
fn is_at_rest<K: Kind>(desired: &K::Desired, rounds: &Rounds<K>) -> bool {
    let plan = &rounds.plan;
    K::frame(desired).presence == Presence::Present
        && finalizer::is_set(&rounds.object)
        && plan.steps.is_empty()
        && plan.waiting.is_empty()
        && plan.unreadable.is_empty()
        && K::again_at(&plan.report).is_none()
        && rounds.outcome == Outcome::default()
        && rounds.not_before.is_none()
        && rounds.observed.views.values().all(|view| view.vpc_dns.is_empty())
        && K::may_rest(desired, &rounds.observed)
}

/// What was observed of all that was read; nothing if something could not be read.
fn revisions<K: Kind>(rounds: &Rounds<K>, read: Vec<Interest>) -> Option<Vec<(Interest, u64)>> {
    let revision = |read: Interest| {
        let revision = demands::revision(&rounds.observed.views, &read.place, read.kind)?;
        Some((read, revision))
    };
    read.into_iter().map(revision).collect()
}

fn interests<K: Kind>(desired: &K::Desired, rounds: &Rounds<K>) -> Vec<Interest> {
    K::reads(desired, &rounds.observed)
        .into_iter()
        .map(|read| Interest {
            place: read.place,
            kind: read.part,
            keys: read.keys.map_or(Keys::Any, Keys::Of),
        })
        .collect()
}

/// Whether what was observed changed before the object was registered to hear of it.
fn has_moved<K: Kind>(ctx: &Context, rounds: &Rounds<K>, read: &Interest) -> bool {
    demands::revision(&rounds.observed.views, &read.place, read.kind)
        .is_some_and(|revision| ctx.snapshots.has_moved(&read.place, read.kind, revision))
}

/// The one status write of a visit, and only if something differs; whether the object is still the one it is about.
async fn publish_status<K: Kind>(
    ctx: &Context,
    api: &Api<K::Object>,
    desired: &K::Desired,
    rounds: &mut Rounds<K>,
) -> Result<bool, Error> {
    let generation = rounds.object.meta().generation.unwrap_or_default();
    let status = K::status(rounds.status_input(ctx, desired));
    let events =
        K::events(desired, rounds.first_status.as_ref(), &status, generation, &rounds.done);
    if K::status_of(&rounds.object) != Some(&status) {
        let Some(published) = publish::status(api, &rounds.object, &status).await? else {
            return Ok(false);
        };
        rounds.object = published;
    }
    crate::events::publish(&ctx.recorder, &rounds.object, events).await;
    Ok(true)
}

/// Takes the finalizer off; what stays in AWS is told first, while there is an object to tell it of.
async fn let_go<K: Kind>(
    ctx: &Context,
    api: &Api<K::Object>,
    key: &ObjectKey,
    object: &K::Object,
    left: &Release,
) -> Result<Visited<K>, Error> {
    let users = K::users(ctx, object).await?;
    if !users.is_empty() {
        return await_users(ctx, api, object, &users).await;
    }
    let told = event::retained(left).into_iter().collect();
    crate::events::publish(&ctx.recorder, object, told).await;
    match finalizer::remove(api, object).await? {
        Patched::Done(_) => {
            tracing::info!(object = %key, left = left.left.len(), "let go");
            ctx.forget(key, &object.uid().unwrap_or_default());
            for account in K::accounts(object) {
                let _ = ctx.wake_account.send(account.to_owned());
            }
            Ok(Visited::Done(Action::await_change()))
        }
        Patched::Moved => Ok(Visited::Done(Action::requeue(SOON))),
    }
}

/// An object that is used stays, whatever is left of it in AWS; it says who uses it.
async fn await_users<K: Kind>(
    ctx: &Context,
    api: &Api<K::Object>,
    object: &K::Object,
    users: &[String],
) -> Result<Visited<K>, Error> {
    let finding = Finding::passing(
        ConditionType::Valid,
        Reason::DependentsExist,
        format!("Used by {}: it goes once they are gone.", users.join(", ")),
    );
    let generation = object.meta().generation.unwrap_or_default();
    let status = K::invalid(K::status_of(object), generation, &[finding], ctx.clock.now());
    publish::changed(api, object, K::status_of(object), &status).await?;
    // Their going wakes it.
    Ok(Visited::Done(Action::requeue(jittered(ctx.settings.resync, &object.uid()))))
}

async fn publish_invalid<K: Kind>(
    ctx: &Context,
    api: &Api<K::Object>,
    object: &K::Object,
    findings: &[Finding],
) -> Result<Visited<K>, Error> {
    let generation = object.meta().generation.unwrap_or_default();
    let mut status = K::invalid(K::status_of(object), generation, findings, ctx.clock.now());
    // Whoever asks for a visit and waits for it gets the answer that there is.
    if let Some(at) = reconcile_at(object.meta()) {
        *status.shared().last_handled_reconcile_at = Some(at);
    }
    let before = K::status_of(object);
    let Some(published) = publish::changed(api, object, before, &status).await? else {
        return Ok(Visited::Done(Action::requeue(SOON / 10)));
    };
    ctx.looked_at.note(published.as_ref());
    // Whoever may not act does not read either.
    ctx.interests.register(&ObjectKey::of(K::OWNER, object), Vec::new());
    // Accounts, grants and labels wake the object when they change.
    Ok(Visited::Done(Action::requeue(jittered(10 * ctx.settings.resync, &object.uid()))))
}

fn next_visit<K: Kind>(ctx: &Context, key: &ObjectKey, rounds: &Rounds<K>) -> Duration {
    // What AWS took and does not show is written once more by the next visit: with growing pauses, like what it refused.
    if !rounds.outcome.failures.is_empty() || !rounds.outcome.unseen.is_empty() {
        return ctx.backoff.failed(key);
    }
    ctx.backoff.succeeded(key);
    if !rounds.plan.unreadable.is_empty() {
        return jittered(ctx.settings.resync, key);
    }
    let now = ctx.clock.now();
    let confirmation = rounds.plan.confirmed_from().map(|from| since(from, now).max(SOON / 10));
    let is_waiting = rounds.plan.waiting.iter().any(|waiting| match waiting {
        Waiting::Connection { .. }
        | Waiting::Visibility { .. }
        | Waiting::Part { .. }
        | Waiting::Adoption { .. } => true,
        // Looked at when it can be confirmed, or when somebody else did something.
        Waiting::Confirmation { .. } | Waiting::Dependency { .. } | Waiting::Peer { .. } => false,
    });
    let turn = rounds.not_before.map(|at| since(at, now).max(SOON / 100));
    let soon = (is_waiting || !rounds.plan.steps.is_empty()).then(|| patience(rounds, now));
    let rest = jittered(10 * ctx.settings.resync, key);
    let again = K::again_at(&rounds.plan.report).map(|at| since(at, now).max(SOON));
    let rest = again.map_or(rest, |again| again.min(rest));
    confirmation.into_iter().chain(turn.or(soon)).min().unwrap_or(rest)
}

/// What takes seconds is looked at every second; what has taken a minute already, every five.
fn patience<K: Kind>(rounds: &Rounds<K>, now: peerway_model::Timestamp) -> Duration {
    let waiting = K::status_of(&rounds.object).and_then(KindStatus::waiting_for);
    let waited = waiting.map_or(Duration::ZERO, |waiting| since(now, waiting.since.0));
    if waited < Duration::from_mins(1) { SOON } else { 5 * SOON }
}

/// What to do after a failure towards the API server: try again, more slowly each time.
#[expect(clippy::needless_pass_by_value, reason = "kube calls it so")]
pub(crate) fn error_policy<K: Kind>(
    object: Arc<Guarded<K::Object>>,
    error: &Error,
    ctx: Arc<Context>,
) -> Action {
    let key = ObjectKey::of(K::OWNER, object.as_ref());
    tracing::warn!(object = %key, error = %Chain(error), "visit failed");
    Action::requeue(ctx.backoff.failed(&key))
}
