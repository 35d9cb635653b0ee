//! The rounds of a visit: observe, plan, act, until nothing is left to do now.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::mem;
use std::time::Duration;

use kube::{Api, Resource, ResourceExt};
use peerway_api::ConditionType;
use peerway_api::v1alpha1::AwsAccount;
use peerway_aws::{Reservation, Urgency};
use peerway_model::clock::{after, before};
use peerway_model::{Action, AwsFailure, FailureKind, PartKind, Place, Timestamp};
use peerway_plan::{FailedStep, KindStatus, Outcome, PlanStep, Presence, StatusInput, Waiting};
use serde::de::DeserializeOwned;

use super::apply::apply;
use super::demands::{Demands, FRESH, begun_at, ended_at};
use super::kind::{Kind, ObservedOf, PlanOf, StatusInputOf};
use super::observe::observe;
use super::session;
use crate::context::Context;
use crate::error::Error;
use crate::finalizer::{self, Patched};
use crate::limit::within;
use crate::object::{Guarded, ObjectKey};
use crate::publish;

/// More rounds of steps than any plan needs, and more looks; bounds, in case one never rests.
const MOST_ROUNDS: usize = 16;
const MOST_LOOKS: usize = 64;
/// How old a view may be that something is waited for in.
const WAITING_AGE: Duration = Duration::from_secs(1);

/// How the rounds ended.
pub(super) enum End<K: Kind> {
    /// Nothing is left to do now.
    Rested(Box<Rounds<K>>),
    /// The object is another one than the rounds began with.
    Moved(Box<K::Object>),
    /// The object is gone.
    Gone,
    /// An account went away at the same time; nothing was written.
    AccountGone,
}

/// What the rounds did, and what the last of them saw.
pub(super) struct Rounds<K: Kind> {
    /// The object, as last read or written.
    pub(super) object: K::Object,
    /// The status with which the visit began.
    pub(super) first_status: Option<K::Status>,
    /// The last observation.
    pub(super) observed: ObservedOf<K>,
    /// The plan made from it.
    pub(super) plan: PlanOf<K>,
    /// Steps that AWS took.
    pub(super) done: Vec<K::Step>,
    /// What became of the others.
    pub(super) outcome: Outcome,
    /// Steps of which AWS said that they are done already, or have nothing to be done to.
    contradicted: Vec<(K::Step, AwsFailure)>,
    /// When the first of the steps that must wait may be taken.
    pub(super) not_before: Option<Timestamp>,
}

/// Whether something may be written for the object.
enum Permission<K: Kind> {
    Granted(Box<K::Object>),
    Moved(Box<K::Object>),
    Gone,
    AccountGone,
}

pub(super) async fn rounds<K: Kind>(
    ctx: &Context,
    api: &Api<K::Object>,
    key: &ObjectKey,
    object: K::Object,
    desired: &K::Desired,
) -> Result<End<K>, Error> {
    let mut demands = Demands::at_the_start::<K>(ctx, &object);
    let recorded = K::recorded(K::status_of(&object));
    let observed = observe::<K>(ctx, desired, &recorded, &demands).await;
    let current = K::plan(desired, &observed, &recorded);
    let mut rounds = Rounds::<K> {
        first_status: K::status_of(&object).cloned(),
        object,
        observed,
        plan: current,
        done: Vec::new(),
        outcome: Outcome::default(),
        contradicted: Vec::new(),
        not_before: None,
    };
    let mut may_write = false;
    let mut tried: Vec<K::Step> = Vec::new();
    let mut acted = 0;
    for _ in 0..MOST_LOOKS {
        if acted == MOST_ROUNDS {
            break;
        }
        if demands.freshen(&wanted_ages(ctx, &rounds), &rounds.observed.views) {
            rounds.look_again(ctx, desired, &demands).await;
            continue;
        }
        if rounds.plan.steps.iter().all(|step| tried.contains(step)) {
            // AWS took them, and does not show it yet; or there are none.
            rounds.outcome.unseen = rounds.plan.steps.iter().map(ToString::to_string).collect();
            rounds.despair();
            break;
        }
        if !may_write {
            match permission::<K>(ctx, api, &rounds, desired).await? {
                Permission::Granted(object) => rounds.object = *object,
                Permission::Moved(object) => return Ok(End::Moved(object)),
                Permission::Gone => return Ok(End::Gone),
                Permission::AccountGone => return Ok(End::AccountGone),
            }
            may_write = true;
        }
        rounds.record(ctx, api, desired).await?;
        tracing::info!(object = %key, plan = %rounds.plan, "acting");
        let written = tried.len();
        acted += 1;
        rounds.act(ctx, desired, &mut tried).await;
        if tried.len() > written {
            rounds.look_again(ctx, desired, &demands).await;
        }
        if !rounds.outcome.failures.is_empty() || rounds.not_before.is_some() {
            break;
        }
    }
    Ok(End::Rested(Box::new(rounds)))
}

/// Before the first write: the object must still be the one that was looked at, and carry our finalizer.
async fn permission<K: Kind>(
    ctx: &Context,
    api: &Api<K::Object>,
    rounds: &Rounds<K>,
    desired: &K::Desired,
) -> Result<Permission<K>, Error> {
    let object = &rounds.object;
    let frame = K::frame(desired);
    if frame.presence == Presence::Present && !finalizer::is_set(object) {
        if let Patched::Done(object) = finalizer::add(api, object).await? {
            // Whose finalizer was taken off by hand may own things already: they stay held.
            return if K::owns(&rounds.plan.report) {
                Ok(Permission::Granted(object))
            } else {
                with_accounts::<K>(ctx, api, object, desired).await
            };
        }
        return Ok(match read(api, object).await? {
            Some(moved) => Permission::Moved(Box::new(moved)),
            None => Permission::Gone,
        });
    }
    let Some(fresh) = read(api, object).await? else {
        ctx.forget(&ObjectKey::of(K::OWNER, object), &frame.owner.uid);
        return Ok(Permission::Gone);
    };
    let is_same =
        fresh.uid() == object.uid() && fresh.resource_version() == object.resource_version();
    Ok(if is_same {
        Permission::Granted(Box::new(fresh))
    } else {
        Permission::Moved(Box::new(fresh))
    })
}

/// An account may go while nobody with a finalizer uses it, and that was so until this moment: now that ours is set, it
/// must still be there and not be going, or nothing may be made in it.
async fn with_accounts<K: Kind>(
    ctx: &Context,
    api: &Api<K::Object>,
    object: Box<K::Object>,
    desired: &K::Desired,
) -> Result<Permission<K>, Error> {
    let accounts: Api<Guarded<AwsAccount>> = Api::all(ctx.client.clone());
    for place in K::frame(desired).places {
        let name = place.access.name.to_string();
        let account = within(accounts.get_opt(&name))
            .await
            .map_err(|source| Error::Read { object: name, source: Box::new(source) })?;
        if account.is_none_or(|account| account.meta().deletion_timestamp.is_some()) {
            finalizer::remove(api, object.as_ref()).await?;
            return Ok(Permission::AccountGone);
        }
    }
    Ok(Permission::Granted(object))
}

async fn read<O>(api: &Api<O>, object: &O) -> Result<Option<O>, Error>
where
    O: Resource + Clone + DeserializeOwned + Debug,
{
    let name = object.name_any();
    within(api.get_opt(&name))
        .await
        .map_err(|source| Error::Read { object: name, source: Box::new(source) })
}

/// How young the parts must be that the plan waits in, or takes something away by.
fn wanted_ages<K: Kind>(ctx: &Context, rounds: &Rounds<K>) -> Vec<(Place, PartKind, Timestamp)> {
    let now = ctx.clock.now();
    // A list of many pages takes longer than its view may be old: what counts is when it was complete.
    let is_older = |place: &Place, part, age| {
        let ended = ended_at(&rounds.observed.views, place, part);
        ended.is_some_and(|ended| ended < before(now, age))
    };
    let mut wanted = Vec::new();
    for step in rounds.plan.steps.iter().filter(|step| step.is_destructive()) {
        if is_older(step.place(), step.part(), FRESH) {
            wanted.push((step.place().clone(), step.part(), now));
        }
    }
    let judged_by: BTreeSet<PartKind> =
        rounds.plan.steps.iter().flat_map(PlanStep::judged_by).copied().collect();
    for place in rounds.observed.views.keys() {
        for part in &judged_by {
            if is_older(place, *part, FRESH) {
                wanted.push((place.clone(), *part, now));
            }
        }
    }
    for waiting in &rounds.plan.waiting {
        match waiting {
            Waiting::Confirmation { place, part, from, .. } if *from <= now => {
                wanted.push((place.clone(), *part, *from));
            }
            Waiting::Part { place, part, .. } => {
                if is_older(place, *part, WAITING_AGE) {
                    wanted.push((place.clone(), *part, now));
                }
            }
            // It cannot be confirmed yet, or is written down at the end of this visit: there is no use in looking. What
            // somebody else does the poller sees, or a watch, whenever that is.
            Waiting::Confirmation { .. }
            | Waiting::Adoption { .. }
            | Waiting::Dependency { .. }
            | Waiting::Peer { .. } => {}
            Waiting::Connection { .. } | Waiting::Visibility { .. } => {
                let places = rounds.observed.views.keys();
                wanted.extend(
                    places
                        .filter(|place| is_older(place, PartKind::Connections, WAITING_AGE))
                        .map(|place| (place.clone(), PartKind::Connections, now)),
                );
            }
        }
    }
    wanted.retain(|(place, part, at)| {
        begun_at(&rounds.observed.views, place, *part).is_some_and(|begun| begun < *at)
    });
    wanted
}

impl<K: Kind> Rounds<K> {
    async fn look_again(&mut self, ctx: &Context, desired: &K::Desired, demands: &Demands) {
        let recorded = self.recorded();
        self.observed = observe::<K>(ctx, desired, &recorded, demands).await;
        self.plan = K::plan(desired, &self.observed, &recorded);
    }

    /// What the status remembers.
    pub(super) fn recorded(&self) -> K::Recorded {
        K::recorded(K::status_of(&self.object))
    }

    /// What a status is made from now.
    pub(super) fn status_input<'a>(
        &'a self,
        ctx: &Context,
        desired: &K::Desired,
    ) -> StatusInputOf<'a, K> {
        StatusInput {
            previous: K::status_of(&self.object),
            generation: self.object.meta().generation.unwrap_or_default(),
            presence: K::frame(desired).presence,
            plan: &self.plan,
            outcome: &self.outcome,
            now: ctx.clock.now(),
            awake_since: ctx.awake_since,
            stale_after: ctx.settings.stale_after,
        }
    }

    /// Writes down what the steps will write: routes and rules are known again by it after a crash.
    async fn record(
        &mut self,
        ctx: &Context,
        api: &Api<K::Object>,
        desired: &K::Desired,
    ) -> Result<(), Error> {
        if !K::must_record_first(&self.plan, &self.recorded()) {
            return Ok(());
        }
        let status = K::status(self.status_input(ctx, desired));
        match publish::status(api, &self.object, &status).await? {
            Some(object) => self.object = object,
            // Gone, or another one: the steps must not be taken.
            None => self.plan.steps.clear(),
        }
        Ok(())
    }

    /// What AWS said of steps that look as necessary as before is a failure after all: reads and writes disagree.
    fn despair(&mut self) {
        let steps = &self.plan.steps;
        let disagree = self.contradicted.extract_if(.., |(step, _)| steps.contains(step));
        let failed = disagree.map(|(step, failure)| FailedStep { step: step.to_string(), failure });
        self.outcome.failures.extend(failed);
    }

    /// One of the steps must wait until then.
    fn wait_until(&mut self, at: Timestamp) {
        self.not_before = Some(self.not_before.map_or(at, |before| before.min(at)));
    }

    /// Whoever was served before and is cut off now comes before whoever is served for the first time.
    fn urgency(&self) -> Urgency {
        let conditions = self.first_status.iter().flat_map(KindStatus::conditions);
        let was_ready = conditions
            .filter(|condition| condition.type_ == ConditionType::Ready.as_str())
            .any(|condition| condition.status == "True");
        if was_ready { Urgency::Urgent } else { Urgency::Ordinary }
    }

    /// Whether the part in which the step shows was read too long ago to take something away by.
    fn is_old(&self, ctx: &Context, step: &K::Step) -> bool {
        let oldest = before(ctx.clock.now(), FRESH);
        ended_at(&self.observed.views, step.place(), step.part()).is_none_or(|ended| ended < oldest)
    }

    /// Takes the steps in their order. A failure ends its group, not the others, and not what makes room where AWS takes no
    /// more; so does a step that must wait.
    async fn act(&mut self, ctx: &Context, desired: &K::Desired, tried: &mut Vec<K::Step>) {
        let owner = K::frame(desired).owner;
        let (urgency, recorded) = (self.urgency(), self.recorded());
        let mut failed: Vec<<K::Step as PlanStep>::Group> = Vec::new();
        let mut full: Vec<<K::Step as PlanStep>::Group> = Vec::new();
        let mut is_paid = false;
        let steps = self.plan.steps.clone();
        for (nth, step) in steps.iter().enumerate() {
            let was_paid = mem::take(&mut is_paid);
            let step = step.clone();
            let may_go_on = step.makes_room() && full.contains(&step.group());
            if failed.contains(&step.group()) && !may_go_on {
                continue;
            }
            // Whoever must wait for his turn takes no token from others.
            let is_request = step.action() == Action::CreateVpcPeeringConnection;
            if is_request
                && let Err(at) = ctx.outstanding.begin(step.place(), &owner.uid, ctx.clock.now())
            {
                failed.push(step.group());
                self.wait_until(at);
                continue;
            }
            let turn = || ctx.pacing.reserve(step.place(), step.action(), &owner.uid, urgency);
            match if was_paid { Reservation::Go } else { turn() } {
                Reservation::Go => {
                    // Between these two nobody is served: the second has its token with the first.
                    if let Some(next) = steps.get(nth + 1).filter(|next| step.is_made_good_by(next))
                    {
                        ctx.pacing.charge(next.place(), next.action(), 1);
                        is_paid = true;
                    }
                }
                Reservation::NotBefore(at) => {
                    if is_request {
                        ctx.outstanding.end(&owner.uid);
                    }
                    failed.push(step.group());
                    self.wait_until(at);
                    continue;
                }
            }
            let scope = K::scope(desired, &self.plan, &recorded, step.place());
            let entered = session::entered(owner, step.place(), scope);
            ctx.entered(&owner.uid, &entered);
            let way_in = ctx.cloud.enter(&entered).await;
            let permit = ctx.pacing.permit(step.place(), step.action()).await;
            // Waiting took time: what was seen may be too old by now to take anything away by, and the lease gone.
            if !ctx.leadership.may_write() {
                self.not_before = Some(after(ctx.clock.now(), WAITING_AGE));
                return;
            }
            if step.is_destructive() && self.is_old(ctx, &step) {
                return;
            }
            tried.push(step.clone());
            let result = match way_in {
                Ok(()) => apply::<K>(ctx, desired, &entered, &step).await,
                Err(failure) => Err(failure),
            };
            drop(permit);
            ctx.wrote(&owner.uid);
            if is_request == result.is_err() {
                ctx.outstanding.end(&owner.uid);
            }
            match result {
                Ok(()) => self.done.push(step),
                Err(failure) => {
                    failed.push(step.group());
                    if failure.kind == FailureKind::Quota {
                        full.push(step.group());
                    }
                    ctx.pacing.heed(step.place(), step.action(), &failure);
                    tracing::warn!(%step, %failure, "step failed");
                    // What is there already, or gone already, was wanted so: the next look tells.
                    if matches!(failure.kind, FailureKind::AlreadyExists | FailureKind::NotFound) {
                        self.contradicted.push((step, failure));
                    } else {
                        let step = step.to_string();
                        self.outcome.failures.push(FailedStep { step, failure });
                    }
                }
            }
        }
    }
}
