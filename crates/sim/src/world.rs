//! A world, and the one way through it: [`World::call`].
//!
//! Each call passes the same stations, under one lock: time passes, the caller is identified, weather strikes, a dry run
//! ends, the action acts, the ledger notes. Both fronts come this way and do none of it themselves.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peerway_model::Timestamp;

use crate::action::{Action, Call, Reply, Request, Service};
use crate::ec2::instances::{self, HealthCheck, Heard};
use crate::estate::{self, Estate, EstateError, Include};
use crate::events;
use crate::id::{Ids, InstanceId, digest};
use crate::identity::{Caller, Principal, identify};
use crate::ledger::{Entry, Ledger, Outcome, summarise};
use crate::scope::{Moment, Scope};
use crate::settings::Settings;
use crate::state::{Spot, State};
use crate::weather::{Effect, Fault, FaultKind, Weather};
use crate::{ApiError, SimClock};

/// A simulated AWS: accounts, Regions, objects, time, weather and a ledger. Share it in an `Arc`.
pub struct World {
    settings: Settings,
    inner: Mutex<Inner>,
}

impl fmt::Debug for World {
    /// Without what stands in it: that may be thousands of things, and the credentials of everybody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Inner {
    state: State,
    ids: Ids,
    weather: Weather,
    ledger: Ledger,
    /// World time never goes back, whatever the wall does.
    latest: Timestamp,
}

/// What a front makes of a request: a call, or why it is none. Both are identified, counted and noted.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) service: Service,
    pub(crate) action: Cow<'static, str>,
    pub(crate) call: Result<Call, ApiError>,
    pub(crate) bytes: u64,
}

impl From<Call> for Attempt {
    fn from(call: Call) -> Self {
        let action = call.action();
        Self { service: action.service(), action: action.name().into(), call: Ok(call), bytes: 0 }
    }
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) seq: u64,
    pub(crate) request_id: String,
    pub(crate) result: Result<Reply, ApiError>,
}

impl World {
    /// A world in which `estate` stands.
    ///
    /// # Errors
    /// When the estate contradicts itself or what AWS allows.
    pub fn new(estate: &Estate, settings: Settings) -> Result<Self, EstateError> {
        let now = settings.clock.now();
        let (state, beginning) = estate::load(estate, &settings, now)?;
        Ok(Self::of(state, &beginning, settings, now))
    }

    /// A world without any account.
    #[must_use]
    pub fn empty(settings: Settings) -> Self {
        let now = settings.clock.now();
        Self::of(State::default(), "", settings, now)
    }

    fn of(state: State, beginning: &str, settings: Settings, now: Timestamp) -> Self {
        let inner = Inner {
            state,
            ids: Ids::new(settings.seed, beginning),
            weather: Weather::default(),
            ledger: Ledger::default(),
            latest: now,
        };
        Self { settings, inner: Mutex::new(inner) }
    }

    /// Makes a call.
    ///
    /// # Errors
    /// AWS's error, or none of its answers at all.
    pub fn call(&self, caller: &Caller, call: Call) -> Result<Reply, ApiError> {
        self.answer(caller, call.into()).result
    }

    /// Makes a call of a known action, and gives the reply of that action.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn ask<R: Request>(&self, caller: &Caller, request: R) -> Result<R::Reply, ApiError> {
        let reply = self.call(caller, request.into())?;
        match R::unwrap(reply) {
            Some(reply) => Ok(reply),
            None => unreachable!("each action answers with its own reply"),
        }
    }

    /// The world's clock.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        &self.settings.clock
    }

    /// The world's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Moves the world's time forward, and lets happen what is due by then.
    pub fn advance(&self, by: Duration) {
        self.settings.clock.advance(by);
        drop(self.present());
    }

    /// What an instance answers to a health check now; none when there is no such instance.
    #[must_use]
    pub fn hears(&self, instance: &InstanceId, check: HealthCheck<'_>) -> Option<Heard> {
        let present = self.present();
        let mut regions = present.state.regions.values();
        let found = regions.find_map(|region| region.instances.get(instance));
        found.map(|instance| instance.hears(check))
    }

    /// Lets an instance answer otherwise from now on, as its service would after a change of leader or a fault: the same
    /// words as in an estate.
    ///
    /// # Errors
    /// When there is no such instance, or the answers contradict each other.
    pub fn set_answers(
        &self,
        instance: &InstanceId,
        leader: bool,
        answers: Option<&[estate::Answer]>,
    ) -> Result<(), EstateError> {
        let problem =
            |problem: String| EstateError::Content { place: instance.to_string(), problem };
        let answers = estate::read_answers(leader, answers).map_err(problem)?;
        let mut present = self.present();
        let inner = &mut *present;
        let mut regions = inner.state.regions.iter_mut();
        let found =
            regions.find_map(|(spot, region)| Some((spot, region.instances.get_mut(instance)?)));
        let (spot, found) = found.ok_or_else(|| problem("there is no such instance".to_owned()))?;
        found.answers = answers;
        let spot = spot.clone();
        let (settings, now) = (&self.settings, inner.latest);
        let mut moment = Moment { state: &mut inner.state, ids: &mut inner.ids, settings, now };
        instances::tell(&mut moment, &spot, instance);
        Ok(())
    }

    /// Every call that the ledger still has.
    #[must_use]
    pub fn ledger(&self) -> Vec<Entry> {
        self.ledger_since(0)
    }

    /// The calls behind number `seq`.
    #[must_use]
    pub fn ledger_since(&self, seq: u64) -> Vec<Entry> {
        self.lock().ledger.since(seq).cloned().collect()
    }

    /// Lets the next call of `action` fail.
    pub fn fail_next(&self, action: Action, kind: FaultKind) {
        self.inject(Fault::next(action, kind));
    }

    /// Lets something go wrong.
    pub fn inject(&self, fault: Fault) {
        self.lock().weather.add(fault);
    }

    /// Takes back every fault that has not struck yet.
    pub fn clear_faults(&self) {
        self.lock().weather.clear();
    }

    /// Lets every call through a front take so long, in real time. [`call`](Self::call) itself never waits.
    pub fn set_latency(&self, latency: Duration) {
        self.lock().weather.latency = latency;
    }

    pub(crate) fn latency(&self) -> Duration {
        self.lock().weather.latency
    }

    /// What stands in the world now, as an estate: only what is state, so that equal worlds give equal estates.
    #[must_use]
    pub fn estate(&self) -> Estate {
        self.estate_with(Include::default())
    }

    /// The same, with more than is compared.
    #[must_use]
    pub fn estate_with(&self, include: Include) -> Estate {
        estate::save(&self.present().state, include)
    }

    /// A second world that is what this one is now, and goes its own way from here: same objects, same ids to come, same
    /// pending faults, same ledger.
    #[must_use]
    pub fn fork(&self) -> Self {
        let inner = self.lock().clone();
        let settings = Settings { clock: self.settings.clock.fork(), ..self.settings.clone() };
        Self { settings, inner: Mutex::new(inner) }
    }

    /// Puts an attempt through all stations.
    pub(crate) fn answer(&self, caller: &Caller, attempt: Attempt) -> Answer {
        let mut guard = self.present();
        let inner = &mut *guard;
        let seq = inner.ledger.next_seq();
        let request_id = request_id(self.settings.seed, seq);
        let wall = self.settings.clock.wall();
        let (principal, (result, was_applied)) =
            match identify(&inner.state, caller, attempt.service, wall) {
                Ok(principal) => {
                    let done = match &attempt.call {
                        Ok(call) => inner.strike_and_act(&self.settings, &principal, caller, call),
                        Err(error) => (Err(error.clone()), false),
                    };
                    (Some(principal), done)
                }
                Err(error) => (None, (Err(error), false)),
            };
        let call = attempt.call.as_ref().ok();
        let params = call.map(|call| call.params().unwrap_or_default()).unwrap_or_default();
        let entry = Entry {
            seq,
            world_time: inner.latest,
            wall_time: wall,
            account: principal.as_ref().map(|principal| principal.account.clone()),
            principal: principal.as_ref().map(|principal| principal.arn.clone()),
            region: caller.region.clone(),
            service: attempt.service,
            action: attempt.action,
            is_write: call.is_some_and(|call| call.action().is_write()),
            outcome: Outcome::of(&result),
            was_applied,
            summary: summarise(&params),
            request_id: request_id.clone(),
            bytes_in: attempt.bytes,
            bytes_out: 0,
        };
        inner.ledger.push(entry, self.settings.ledger_capacity);
        Answer { seq, request_id, result }
    }

    /// Completes the ledger's entry for an answer that has been written out.
    pub(crate) fn note_answer(&self, seq: u64, bytes: u64) {
        self.lock().ledger.note_answer(seq, bytes);
    }

    /// The world as it is now: whatever is due has happened.
    fn present(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        inner.latest = inner.latest.max(self.settings.clock.now());
        let present = &mut *inner;
        events::run_due(&mut present.state, &mut present.ids, &self.settings, present.latest);
        inner
    }

    /// A panic within a call leaves a world that may be half changed, but one that can still be looked at.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Lets the weather have the call first; says besides the result whether the action was done.
    fn strike_and_act(
        &mut self,
        settings: &Settings,
        caller: &Principal,
        from: &Caller,
        call: &Call,
    ) -> (Result<Reply, ApiError>, bool) {
        let fault = self.weather.strike(call.action(), &caller.account, &from.region);
        let spared = fault.as_ref().is_none_or(|fault| fault.effect() == Effect::Applied);
        let result = spared.then(|| self.act(settings, caller, from, call));
        let was_applied = matches!(result, Some(Ok(_)));
        let answer = match (fault, result) {
            (None, Some(result)) => result,
            (Some(FaultKind::Error { refusal, .. }), _) => Err(ApiError::Refused(refusal)),
            (Some(FaultKind::NoAnswer { .. }), _) | (None, None) => Err(ApiError::NoAnswer),
        };
        (answer, was_applied)
    }

    fn act(
        &mut self,
        settings: &Settings,
        caller: &Principal,
        from: &Caller,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        if call.is_dry_run() {
            return Err(ApiError::new(
                "DryRunOperation",
                "Request would have succeeded, but DryRun flag is set.",
            ));
        }
        let spot = Spot { account: caller.account.clone(), region: from.region.clone() };
        let mut scope = Scope {
            state: &mut self.state,
            ids: &mut self.ids,
            settings,
            caller,
            spot: &spot,
            now: self.latest,
        };
        call.act(&mut scope)
    }
}

/// The id of a request, in the form of a UUID.
fn request_id(seed: u64, seq: u64) -> String {
    let (high, low) = (digest(seed, &["request"]) ^ seq, digest(seed ^ seq, &["request"]));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        low >> 32,
        (low >> 16) & 0xffff,
        low & 0xfff,
        (high >> 48) & 0xfff,
        high & 0xffff_ffff_ffff
    )
}
