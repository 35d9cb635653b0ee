//! Visits of a `VPCPeering`: observe, plan, apply, publish.

mod apply;
mod observe;
mod rounds;
mod session;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::runtime::controller::Action;
use kube::{Api, ResourceExt};
use peerway_api::v1alpha1::VpcPeering;
use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_aws::{Interest, Keys};
use peerway_model::OwnerKind;
use peerway_model::clock::since;
use peerway_plan::Finding;
use peerway_plan::vpc_peering::status::invalid;
use peerway_plan::vpc_peering::{
    Desired, Outcome, Presence, Recorded, Release, StatusInput, Waiting, events, reads, release,
    release_unentered, status, vpcs,
};

use self::rounds::{End, Rounds, rounds};
use crate::backoff::jittered;
use crate::context::Context;
use crate::error::Error;
use crate::finalizer::{self, Patched};
use crate::object::{Guarded, ObjectKey};
use crate::{publish, unparsable};

/// How often a visit starts over because the object moved under it.
const MOST_RESTARTS: usize = 5;
/// How soon to look again while AWS is at work.
const SOON: Duration = Duration::from_secs(1);

/// One visit: read the world, decide, act, report. Nothing is remembered between visits; whatever a crash left behind is
/// simply what the next visit observes.
pub(crate) async fn reconcile(
    object: Arc<Guarded<VpcPeering>>,
    ctx: Arc<Context>,
) -> Result<Action, Error> {
    ctx.synced().await;
    let _look = match &object.0 {
        Ok(object) => {
            if let Some(due) = ctx.rested.due(&ctx, object) {
                return Ok(Action::requeue(due));
            }
            Some(ctx.first_looks.enter(object).await)
        }
        Err(_) => None,
    };
    // One object that makes us panic must not end the visits of all others.
    let visits = AssertUnwindSafe(Box::pin(visits(&object, &ctx))).catch_unwind().await;
    visits.unwrap_or_else(|panic| Err(Error::Panicked(panic_message(panic.as_ref()))))
}

async fn visits(object: &Guarded<VpcPeering>, ctx: &Context) -> Result<Action, Error> {
    let mut object = match &object.0 {
        Ok(object) => object.clone(),
        Err(unparsable) => {
            unparsable::publish::<VpcPeering>(&ctx.client, unparsable, ctx.clock.now()).await?;
            return Ok(Action::await_change());
        }
    };
    for _ in 0..MOST_RESTARTS {
        match Box::pin(visit(ctx, object)).await? {
            Visited::Done(action) => return Ok(action),
            Visited::Moved(moved) => object = *moved,
        }
    }
    Ok(Action::requeue(SOON))
}

/// How a visit ended.
enum Visited {
    Done(Action),
    /// The object is another one now; look at that.
    Moved(Box<VpcPeering>),
}

async fn visit(ctx: &Context, object: VpcPeering) -> Result<Visited, Error> {
    let key = ObjectKey::of(OwnerKind::VpcPeering, &object);
    let is_going = object.metadata.deletion_timestamp.is_some();
    if is_going && !finalizer::is_set(&object) {
        // Without our finalizer we never wrote anything for it.
        ctx.forget(&key, &object.uid().unwrap_or_default());
        return Ok(Visited::Done(Action::await_change()));
    }
    let api = Api::namespaced(ctx.client.clone(), &key.namespace);
    let desired = match desired(ctx, &object) {
        Ok(desired) => desired,
        Err(findings) => {
            // Without a way in nothing can be taken apart, and what is to stay need not be.
            return match release_unentered(&object) {
                Some(left) => let_go(ctx, &api, &key, &object, &left).await,
                None => publish_invalid(ctx, &api, &object, &findings).await,
            };
        }
    };
    let end = rounds(ctx, &api, &key, object, &desired).await?;
    let mut rounds = match end {
        End::Moved(moved) => return Ok(Visited::Moved(moved)),
        End::Gone => return Ok(Visited::Done(Action::await_change())),
        End::AccountGone => return Ok(Visited::Done(Action::requeue(SOON))),
        End::Rested(rounds) => *rounds,
    };
    let interests = interests(&desired, &rounds);
    let read = interests.clone();
    ctx.rested.forget(&desired.owner.uid);
    let is_new = ctx.interests.register(&key, interests);
    if let Some(at) = rounds.not_before
        && rounds.done.is_empty()
        && rounds.outcome.failures.is_empty()
    {
        // Many wait for their turn at once; none of them has anything new to say.
        return Ok(Visited::Done(Action::requeue(since(at, ctx.clock.now()).max(SOON / 100))));
    }
    if !publish_status(ctx, &api, &desired, &mut rounds).await? {
        // Somebody else wrote meanwhile; the next visit looks at that.
        return Ok(Visited::Done(Action::requeue(SOON / 10)));
    }
    let recorded = Recorded::of(rounds.object.status.as_ref());
    if let Some(left) = release(&desired, &recorded, &rounds.plan, &rounds.outcome) {
        return let_go(ctx, &api, &key, &rounds.object, &left).await;
    }
    let may_own = desired.policies.management == ManagementPolicy::Full && owns(&rounds);
    if desired.presence == Presence::Present && !finalizer::is_set(&rounds.object) && may_own {
        // Somebody took it off; without it a deletion would leave everything in AWS.
        finalizer::add(&api, &rounds.object).await?;
    }
    if is_new && read.iter().any(|read| has_moved(ctx, &rounds, read)) {
        // Nobody was woken for it.
        return Ok(Visited::Done(Action::requeue(SOON / 10)));
    }
    if rounds.plan.steps.is_empty() && rounds.plan.waiting.iter().all(Waiting::is_up_to_peer) {
        ctx.leave(&desired.owner.uid);
    }
    let due = next_visit(ctx, &key, &rounds);
    if is_at_rest(&desired, &rounds) && finalizer::is_set(&rounds.object) {
        note_rest(ctx, &desired, &rounds, read, due);
    }
    Ok(Visited::Done(Action::requeue(due)))
}

fn desired(ctx: &Context, object: &VpcPeering) -> Result<Desired, Vec<Finding>> {
    let accounts: Vec<_> =
        object.spec.accounts().map(|account| (account, ctx.account(account))).collect();
    let account = |name: &str| {
        let (_, account) = accounts.iter().find(|(known, _)| *known == name)?;
        account.as_ref()?.0.as_ref().ok()
    };
    let namespace = ctx.namespace(&object.namespace().unwrap_or_default());
    Desired::from_object(object, account, &namespace, &ctx.cluster)
}

fn interests(desired: &Desired, rounds: &Rounds) -> Vec<Interest> {
    reads(desired, &rounds.observed)
        .into_iter()
        .map(|read| Interest {
            place: read.place,
            kind: read.part,
            keys: read.keys.map_or(Keys::Any, Keys::Of),
        })
        .collect()
}

/// Whether anything in AWS is, or may be, the object's.
fn owns(rounds: &Rounds) -> bool {
    let report = &rounds.plan.report;
    report.connection.is_some()
        || !report.written_routes.is_empty()
        || !report.written_rules.is_empty()
}

/// Whether what was observed changed before the object was registered to hear of it.
fn has_moved(ctx: &Context, rounds: &Rounds, read: &Interest) -> bool {
    observe::revision(&rounds.observed, &read.place, read.kind)
        .is_some_and(|revision| ctx.snapshots.has_moved(&read.place, read.kind, revision))
}

/// The one status write of a visit, and only if something differs; whether the object is still the one it is about.
async fn publish_status(
    ctx: &Context,
    api: &Api<VpcPeering>,
    desired: &Desired,
    rounds: &mut Rounds,
) -> Result<bool, Error> {
    let generation = rounds.object.metadata.generation.unwrap_or_default();
    let status = status(status_input(ctx, desired, rounds));
    let events =
        events::events(desired, rounds.first_status.as_ref(), &status, generation, &rounds.done);
    if rounds.object.status.as_ref() != Some(&status) {
        let Some(published) = publish::status(api, &rounds.object, &status).await? else {
            return Ok(false);
        };
        rounds.object = published;
    }
    crate::events::publish(&ctx.recorder, &rounds.object, events).await;
    Ok(true)
}

fn status_input<'a>(ctx: &Context, desired: &Desired, rounds: &'a Rounds) -> StatusInput<'a> {
    StatusInput {
        previous: rounds.object.status.as_ref(),
        generation: rounds.object.metadata.generation.unwrap_or_default(),
        presence: desired.presence,
        plan: &rounds.plan,
        outcome: &rounds.outcome,
        now: ctx.clock.now(),
        stale_after: ctx.settings.stale_after,
    }
}

/// Takes the finalizer off; what stays in AWS is told first, while there is an object to tell it of.
async fn let_go(
    ctx: &Context,
    api: &Api<VpcPeering>,
    key: &ObjectKey,
    object: &VpcPeering,
    left: &Release,
) -> Result<Visited, Error> {
    let told = events::retained(left).into_iter().collect();
    crate::events::publish(&ctx.recorder, object, told).await;
    match finalizer::remove(api, object).await? {
        Patched::Done(_) => {
            tracing::info!(object = %key, left = left.left.len(), "let go");
            ctx.forget(key, &object.uid().unwrap_or_default());
            for account in object.spec.accounts() {
                let _ = ctx.wake_account.send(account.to_owned());
            }
            Ok(Visited::Done(Action::await_change()))
        }
        Patched::Moved => Ok(Visited::Done(Action::requeue(SOON))),
    }
}

async fn publish_invalid(
    ctx: &Context,
    api: &Api<VpcPeering>,
    object: &VpcPeering,
    findings: &[Finding],
) -> Result<Visited, Error> {
    let generation = object.metadata.generation.unwrap_or_default();
    let status = invalid(object.status.as_ref(), generation, findings, ctx.clock.now());
    if object.status.as_ref() != Some(&status)
        && publish::status(api, object, &status).await?.is_none()
    {
        return Ok(Visited::Done(Action::requeue(SOON / 10)));
    }
    // Whoever may not act does not read either.
    ctx.interests.register(&ObjectKey::of(OwnerKind::VpcPeering, object), Vec::new());
    // Accounts, grants and labels wake the object when they change.
    Ok(Visited::Done(Action::requeue(jittered(10 * ctx.settings.resync, &object.uid()))))
}

/// Whether there is nothing to do, nothing to wait for, and nothing that time alone changes.
fn is_at_rest(desired: &Desired, rounds: &Rounds) -> bool {
    let plan = &rounds.plan;
    desired.presence == Presence::Present
        && desired.adopt.is_none()
        && plan.steps.is_empty()
        && plan.waiting.is_empty()
        && plan.unreadable.is_empty()
        && plan.report.again_at.is_none()
        && rounds.outcome == Outcome::default()
        && rounds.not_before.is_none()
        && rounds.observed.siblings.is_empty()
        && rounds.observed.views.values().all(|view| view.vpc_dns.is_empty())
}

/// Notes that the object rests, if everything it read is still so.
fn note_rest(
    ctx: &Context,
    desired: &Desired,
    rounds: &Rounds,
    read: Vec<Interest>,
    due: Duration,
) {
    let [Some(requester), Some(accepter)] = &vpcs(desired, &rounds.observed) else { return };
    let revision = |read: Interest| {
        let revision = observe::revision(&rounds.observed, &read.place, read.kind)?;
        Some((read, revision))
    };
    if let Some(read) = read.into_iter().map(revision).collect::<Option<Vec<_>>>() {
        ctx.rested.note(ctx, &rounds.object, [requester, accepter], &read, due);
    }
}

fn next_visit(ctx: &Context, key: &ObjectKey, rounds: &Rounds) -> Duration {
    if !rounds.outcome.failures.is_empty() {
        return ctx.backoff.failed(key);
    }
    ctx.backoff.succeeded(key);
    if !rounds.plan.unreadable.is_empty() {
        return jittered(ctx.settings.resync, key);
    }
    let now = ctx.clock.now();
    let confirmation = rounds.plan.confirmed_from().map(|from| since(from, now).max(SOON / 10));
    let is_waiting = rounds.plan.waiting.iter().any(|waiting| match waiting {
        Waiting::Connection { .. } | Waiting::Visibility { .. } | Waiting::Adoption { .. } => true,
        // Looked at when it can be confirmed, or when somebody else did something.
        Waiting::Confirmation { .. } | Waiting::Peer { .. } => false,
    });
    let turn = rounds.not_before.map(|at| since(at, now).max(SOON / 100));
    let soon = (is_waiting || !rounds.outcome.unseen.is_empty() || !rounds.plan.steps.is_empty())
        .then(|| patience(rounds, now));
    let rest = jittered(10 * ctx.settings.resync, key);
    let again = rounds.plan.report.again_at.map(|at| since(at, now).max(SOON));
    let rest = again.map_or(rest, |again| again.min(rest));
    confirmation.into_iter().chain(turn.or(soon)).min().unwrap_or(rest)
}

/// What takes seconds is looked at every second; what has taken a minute already, every five.
fn patience(rounds: &Rounds, now: peerway_model::Timestamp) -> Duration {
    let waiting_for = rounds.object.status.as_ref().and_then(|status| status.waiting_for.as_ref());
    let waited = waiting_for.map_or(Duration::ZERO, |waiting| since(now, waiting.since.0));
    if waited < Duration::from_mins(1) { SOON } else { 5 * SOON }
}

/// What to do after a failure towards the API server: try again, more slowly each time.
#[expect(clippy::needless_pass_by_value, reason = "kube calls it so")]
pub(crate) fn error_policy(
    object: Arc<Guarded<VpcPeering>>,
    error: &Error,
    ctx: Arc<Context>,
) -> Action {
    let key = ObjectKey::of(OwnerKind::VpcPeering, object.as_ref());
    tracing::warn!(object = %key, error = %Chain(error), "visit failed");
    Action::requeue(ctx.backoff.failed(&key))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

/// An error with its causes, in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
