//! The rounds of a visit: observe, plan, act, until nothing is left to do now.

use std::time::Duration;

use kube::{Api, Resource, ResourceExt};
use peerway_api::ConditionType;
use peerway_api::v1alpha1::{AwsAccount, VpcPeering, VpcPeeringStatus};
use peerway_aws::{Reservation, Urgency};
use peerway_model::clock::{after, before};
use peerway_model::{AwsFailure, FailureKind, PartKind, Place, Timestamp};
use peerway_plan::Observed;
use peerway_plan::vpc_peering::step::Group;
use peerway_plan::vpc_peering::{
    Desired, Outcome, Plan, Presence, Recorded, StatusInput, Step, Waiting, plan, status,
};

use super::apply::apply;
use super::observe::{Demands, begun_at, ended_at, observe};
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
/// How long ago a view may have been complete that something is taken away by, or that a way back is judged by.
const FRESH: Duration = Duration::from_secs(2);
/// How old a view may be that something is waited for in.
const WAITING_AGE: Duration = Duration::from_secs(1);

/// How the rounds ended.
pub(super) enum End {
    /// Nothing is left to do now.
    Rested(Box<Rounds>),
    /// The object is another one than the rounds began with.
    Moved(Box<VpcPeering>),
    /// The object is gone.
    Gone,
    /// An account went away at the same time; nothing was written.
    AccountGone,
}

/// What the rounds did, and what the last of them saw.
pub(super) struct Rounds {
    /// The object, as last read or written.
    pub(super) object: VpcPeering,
    /// The status with which the visit began.
    pub(super) first_status: Option<VpcPeeringStatus>,
    /// The last observation.
    pub(super) observed: Observed,
    /// The plan made from it.
    pub(super) plan: Plan,
    /// Steps that AWS took.
    pub(super) done: Vec<Step>,
    /// What became of the others.
    pub(super) outcome: Outcome,
    /// Steps of which AWS said that they are done already, or have nothing to be done to.
    contradicted: Vec<(Step, AwsFailure)>,
    /// When the first of the steps that must wait may be taken.
    pub(super) not_before: Option<Timestamp>,
}

/// Whether something may be written for the object.
enum Permission {
    Granted(Box<VpcPeering>),
    Moved(Box<VpcPeering>),
    Gone,
    AccountGone,
}

pub(super) async fn rounds(
    ctx: &Context,
    api: &Api<VpcPeering>,
    key: &ObjectKey,
    object: VpcPeering,
    desired: &Desired,
) -> Result<End, Error> {
    let mut demands = Demands::at_the_start(ctx, &object);
    let observed = observe(ctx, desired, &demands).await;
    let current = plan(desired, &observed, &Recorded::of(object.status.as_ref()));
    let mut rounds = Rounds {
        first_status: object.status.clone(),
        object,
        observed,
        plan: current,
        done: Vec::new(),
        outcome: Outcome::default(),
        contradicted: Vec::new(),
        not_before: None,
    };
    let mut may_write = false;
    let mut tried: Vec<Step> = Vec::new();
    let mut acted = 0;
    for _ in 0..MOST_LOOKS {
        if acted == MOST_ROUNDS {
            break;
        }
        if demands.freshen(&wanted_ages(ctx, &rounds), &rounds.observed) {
            rounds.look_again(ctx, desired, &demands).await;
            continue;
        }
        let steps = rounds.plan.steps.clone();
        if steps.iter().all(|step| tried.contains(step)) {
            // AWS took them, and does not show it yet; or there are none.
            rounds.outcome.unseen = steps.iter().map(ToString::to_string).collect();
            rounds.despair(&steps);
            break;
        }
        if !may_write {
            match permission(ctx, api, &rounds.object, desired).await? {
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
        rounds.act(ctx, desired, steps, &mut tried).await;
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
async fn permission(
    ctx: &Context,
    api: &Api<VpcPeering>,
    object: &VpcPeering,
    desired: &Desired,
) -> Result<Permission, Error> {
    if desired.presence == Presence::Present && !finalizer::is_set(object) {
        if let Patched::Done(object) = finalizer::add(api, object).await? {
            return with_accounts(ctx, api, object, desired).await;
        }
        return Ok(match read(api, object).await? {
            Some(moved) => Permission::Moved(Box::new(moved)),
            None => Permission::Gone,
        });
    }
    let Some(fresh) = read(api, object).await? else {
        let key = ObjectKey::of(desired.owner.kind, object);
        ctx.forget(&key, &desired.owner.uid);
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
async fn with_accounts(
    ctx: &Context,
    api: &Api<VpcPeering>,
    object: Box<VpcPeering>,
    desired: &Desired,
) -> Result<Permission, Error> {
    let accounts: Api<Guarded<AwsAccount>> = Api::all(ctx.client.clone());
    for side in desired.managed() {
        let name = side.place().access.name.to_string();
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

async fn read(api: &Api<VpcPeering>, object: &VpcPeering) -> Result<Option<VpcPeering>, Error> {
    let name = object.name_any();
    within(api.get_opt(&name))
        .await
        .map_err(|source| Error::Read { object: name, source: Box::new(source) })
}

/// How young the parts must be that the plan waits in, or takes something away by.
fn wanted_ages(ctx: &Context, rounds: &Rounds) -> Vec<(Place, PartKind, Timestamp)> {
    let now = ctx.clock.now();
    // A list of many pages takes longer than its view may be old: what counts is when it was complete.
    let is_older = |place: &Place, part, age| {
        let ended = ended_at(&rounds.observed, place, part);
        ended.is_some_and(|ended| ended < before(now, age))
    };
    let mut wanted = Vec::new();
    for step in rounds.plan.steps.iter().filter(|step| step.is_destructive()) {
        if is_older(step.place(), step.part(), FRESH) {
            wanted.push((step.place().clone(), step.part(), now));
        }
    }
    // A way back is judged by the tables and subnets of both sides, and a route in place is not withdrawn again.
    if rounds.plan.steps.iter().any(|step| matches!(step, Step::CreateRoute { .. })) {
        for place in rounds.observed.views.keys() {
            for part in [PartKind::RouteTables, PartKind::Subnets] {
                if is_older(place, part, FRESH) {
                    wanted.push((place.clone(), part, now));
                }
            }
        }
    }
    for waiting in &rounds.plan.waiting {
        match waiting {
            Waiting::Confirmation { place, part, from, .. } if *from <= now => {
                wanted.push((place.clone(), *part, *from));
            }
            // It cannot be confirmed yet, or is written down at the end of this visit: there is no use in looking. What
            // somebody else does the poller sees, whenever that is.
            Waiting::Confirmation { .. } | Waiting::Adoption { .. } | Waiting::Peer { .. } => {}
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
        begun_at(&rounds.observed, place, *part).is_some_and(|begun| begun < *at)
    });
    wanted
}

impl Rounds {
    async fn look_again(&mut self, ctx: &Context, desired: &Desired, demands: &Demands) {
        self.observed = observe(ctx, desired, demands).await;
        self.plan = plan(desired, &self.observed, &Recorded::of(self.object.status.as_ref()));
    }

    /// Writes down what the steps will write: routes and rules are known again by it after a crash.
    async fn record(
        &mut self,
        ctx: &Context,
        api: &Api<VpcPeering>,
        desired: &Desired,
    ) -> Result<(), Error> {
        if !self.plan.must_record_first(&Recorded::of(self.object.status.as_ref())) {
            return Ok(());
        }
        let status = status(StatusInput {
            previous: self.object.status.as_ref(),
            generation: self.object.metadata.generation.unwrap_or_default(),
            presence: desired.presence,
            plan: &self.plan,
            outcome: &self.outcome,
            now: ctx.clock.now(),
            stale_after: ctx.settings.stale_after,
        });
        match publish::status(api, &self.object, &status).await? {
            Some(object) => self.object = object,
            // Gone, or another one: the steps must not be taken.
            None => self.plan.steps.clear(),
        }
        Ok(())
    }

    /// One of the steps must wait until then.
    fn wait_until(&mut self, at: Timestamp) {
        self.not_before = Some(self.not_before.map_or(at, |before| before.min(at)));
    }

    /// What AWS said of `steps` that look as necessary as before is a failure after all: reads and writes disagree.
    fn despair(&mut self, steps: &[Step]) {
        let disagree = self.contradicted.extract_if(.., |(step, _)| steps.contains(step));
        self.outcome.failures.extend(disagree.map(|(_, failure)| failure));
    }

    /// Whoever was served before and is cut off now comes before whoever is served for the first time.
    fn urgency(&self) -> Urgency {
        let conditions = self.first_status.iter().flat_map(|status| &status.conditions);
        let was_ready = conditions
            .filter(|condition| condition.type_ == ConditionType::Ready.as_str())
            .any(|condition| condition.status == "True");
        if was_ready { Urgency::Urgent } else { Urgency::Ordinary }
    }

    /// Whether the part in which the step shows was read too long ago to take something away by.
    fn is_old(&self, ctx: &Context, step: &Step) -> bool {
        let oldest = before(ctx.clock.now(), FRESH);
        ended_at(&self.observed, step.place(), step.part()).is_none_or(|ended| ended < oldest)
    }

    /// Takes the steps in their order. A failure ends its group, not the others; so does a step that must wait.
    async fn act(
        &mut self,
        ctx: &Context,
        desired: &Desired,
        steps: Vec<Step>,
        tried: &mut Vec<Step>,
    ) {
        if self.plan.steps.is_empty() {
            return;
        }
        let mut failed: Vec<Group> = Vec::new();
        for step in steps {
            if failed.contains(&step.group()) {
                continue;
            }
            let urgency = self.urgency();
            match ctx.pacing.reserve(step.place(), step.action(), &desired.owner.uid, urgency) {
                Reservation::Go => {}
                Reservation::NotBefore(at) => {
                    failed.push(step.group());
                    self.wait_until(at);
                    continue;
                }
            }
            if matches!(step, Step::RequestConnection { .. })
                && let Err(at) =
                    ctx.outstanding.begin(step.place(), &desired.owner.uid, ctx.clock.now())
            {
                failed.push(step.group());
                self.wait_until(at);
                continue;
            }
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
            let recorded = Recorded::of(self.object.status.as_ref());
            let entered = session::entered(desired, &self.plan, &recorded, step.place());
            ctx.entered(&desired.owner.uid, &entered);
            let result = apply(ctx, desired, &entered, &step).await;
            drop(permit);
            ctx.wrote(&desired.owner.uid);
            let is_request = matches!(step, Step::RequestConnection { .. });
            if is_request == result.is_err() {
                ctx.outstanding.end(&desired.owner.uid);
            }
            match result {
                Ok(()) => self.done.push(step),
                Err(failure) => {
                    failed.push(step.group());
                    if failure.kind == FailureKind::Throttled {
                        ctx.pacing.throttled(step.place(), step.action());
                    }
                    tracing::warn!(%step, %failure, "step failed");
                    // What is there already, or gone already, was wanted so: the next look tells.
                    if matches!(failure.kind, FailureKind::AlreadyExists | FailureKind::NotFound) {
                        self.contradicted.push((step, failure));
                    } else {
                        self.outcome.failures.push(failure);
                    }
                }
            }
        }
    }
}
