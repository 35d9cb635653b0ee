//! A world, and the one way through it: [`World::call`].
//!
//! Each call passes the same stations, under one lock (`passage.rs`). Both fronts come this way and do none of it themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peerway_model::Timestamp;

use crate::action::{Action, Call, Reply, Request};
use crate::ec2::instances::{self, HealthCheck, Heard};
use crate::estate::{self, BrokenEstate, Estate, EstateError, Include};
use crate::id::{Ids, InstanceId};
use crate::identity::Caller;
use crate::ledger::{Entry, Ledger, Tally, tally};
use crate::passage::{Answer, Attempt, Inner};
use crate::scope::Moment;
use crate::settings::{Quotas, Settings};
use crate::state::State;
use crate::weather::{
    Conditions, Fault, FaultKind, FaultName, Forecast, Journey, Lag, Latency, Throttling, Weather,
};
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

impl World {
    /// A world in which `estate` stands.
    ///
    /// # Errors
    /// When the estate contradicts itself or what AWS allows.
    pub fn new(estate: &Estate, settings: Settings) -> Result<Self, EstateError> {
        Self::loaded(estate, settings).map_err(|mut errors| errors.swap_remove(0))
    }

    /// A world in which the estate of a file stands; `file` is its name, for complaints.
    ///
    /// # Errors
    /// What is wrong with the file, with lines and remedies: all that can be told at once.
    pub fn from_file(file: &str, text: &str, settings: Settings) -> Result<Self, BrokenEstate> {
        let broken = |errors: Vec<EstateError>| BrokenEstate::new(file, text, &errors);
        let estate = Estate::from_yaml(text).map_err(|error| broken(vec![error]))?;
        Self::loaded(&estate, settings).map_err(broken)
    }

    fn loaded(estate: &Estate, settings: Settings) -> Result<Self, Vec<EstateError>> {
        let now = settings.clock.now();
        let quotas = estate.quotas.clone().unwrap_or_else(|| settings.quotas.clone());
        let settings = Settings { quotas, ..settings };
        let (state, beginning) = estate::load(estate, &settings, now)?;
        let world = Self::of(state, &beginning, settings, now);
        if let Some(weather) = &estate.weather {
            world.set_conditions(weather.clone());
        }
        Ok(world)
    }

    /// A world without any account.
    #[must_use]
    pub fn empty(settings: Settings) -> Self {
        let now = settings.clock.now();
        Self::of(State::default(), "", settings, now)
    }

    fn of(state: State, beginning: &str, settings: Settings, now: Timestamp) -> Self {
        let mut weather = Weather::default();
        weather.set(settings.weather.clone());
        let inner = Inner {
            state,
            ids: Ids::new(settings.seed, beginning),
            weather,
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
        let problem = |problem: String| EstateError::Content {
            place: instance.to_string(),
            field: None,
            problem,
        };
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
        self.ledger_behind(seq, usize::MAX)
    }

    /// At most so many calls behind number `seq`, the earliest.
    #[must_use]
    pub fn ledger_behind(&self, seq: u64, most: usize) -> Vec<Entry> {
        self.lock().ledger.since(seq).take(most).cloned().collect()
    }

    /// The number of the last call; 0 before the first.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().ledger.last()
    }

    /// What the ledger says by action, like `ec2:CreateRoute`.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<String, Tally> {
        tally(self.lock().ledger.since(0))
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

    /// Lets everything go on that is [`FaultKind::Stuck`]: what is over time ends now.
    pub fn resume_stuck(&self) {
        let mut inner = self.lock();
        inner.catch_up(&self.settings);
        inner.resume_stuck();
    }

    /// The faults that have not struck as often as they should.
    #[must_use]
    pub fn pending_faults(&self) -> Vec<Fault> {
        self.lock().weather.pending().cloned().collect()
    }

    /// How often each kind of trouble has struck.
    #[must_use]
    pub fn struck(&self) -> BTreeMap<FaultName, u64> {
        self.lock().weather.tally()
    }

    /// What holds for all calls, and what is still to strike.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        self.lock().weather.conditions()
    }

    /// Changes all of the weather at once.
    pub fn set_conditions(&self, conditions: Conditions) {
        self.lock().weather.set(conditions);
    }

    /// Lets calls through a front take so long, in real time. [`call`](Self::call) itself never waits.
    pub fn set_latency(&self, latency: impl Into<Latency>) {
        self.lock().weather.set_latency(latency.into());
    }

    /// Lets AWS take so many calls only. All buckets are full then.
    pub fn set_throttling(&self, throttling: Throttling) {
        self.lock().weather.set_throttling(throttling);
    }

    /// Lets reads lag; the first that covers a call is its own.
    pub fn set_lag(&self, lag: Vec<Lag>) {
        self.lock().weather.set_lag(lag);
    }

    /// Lets things go wrong by chance, or no longer.
    pub fn set_forecast(&self, forecast: Option<Forecast>) {
        self.lock().weather.set_forecast(forecast);
    }

    /// A call sets out for the world: how long it is on its way.
    pub(crate) fn depart(&self) -> Journey {
        self.lock().weather.depart()
    }

    /// What stands in the world now, as an estate: only what is state, so that equal worlds give equal estates.
    #[must_use]
    pub fn estate(&self) -> Estate {
        self.estate_with(Include::default())
    }

    /// The same, with more than is compared.
    #[must_use]
    pub fn estate_with(&self, include: Include) -> Estate {
        let quotas = Some(&self.settings.quotas);
        let quotas = quotas.filter(|quotas| include.untouched || **quotas != Quotas::default());
        Estate { quotas: quotas.cloned(), ..estate::save(&self.present().state, include) }
    }

    /// A second world that is what this one is now, and goes its own way from here: same objects, same ids to come, same
    /// pending faults, same ledger.
    #[must_use]
    pub fn fork(&self) -> Self {
        self.fork_with(|_| ())
    }

    /// The same, in settings that are others from here on.
    #[must_use]
    pub fn fork_with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let inner = self.lock().clone();
        let mut settings = Settings { clock: self.settings.clock.fork(), ..self.settings.clone() };
        change(&mut settings);
        Self { settings, inner: Mutex::new(inner) }
    }

    /// Puts an attempt through all stations.
    pub(crate) fn answer(&self, caller: &Caller, attempt: Attempt) -> Answer {
        self.present().pass(&self.settings, caller, attempt)
    }

    /// Completes the ledger's entry for an answer that has been written out.
    pub(crate) fn note_answer(&self, seq: u64, bytes: u64) {
        self.lock().ledger.note_answer(seq, bytes);
    }

    /// The world as it is now: whatever is due has happened.
    fn present(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        inner.catch_up(&self.settings);
        inner
    }

    /// A panic within a call leaves a world that may be half changed, but one that can still be looked at.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
