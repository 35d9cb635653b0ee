//! What goes wrong, and how: by script ([`Fault`]: the n-th call of an action), by chance ([`Forecast`]: a probability for
//! each kind and a seed), and standing conditions ([`Latency`], [`Throttling`], [`Lag`]).
//!
//! | to understand | read |
//! |---|---|
//! | what may happen to a call | `kind.rs`, by name `name.rs` |
//! | when it happens | `fault.rs`, `forecast.rs` |
//! | what others do in between | `hands.rs`, `mischief.rs` |
//! | token buckets | `buckets.rs`, AWS's sizes in `limits.rs` |
//! | reads that lag, new things not found | `lag.rs`, `history.rs` |
//!
//! Faults strike in one place, around the action (`passage.rs`), so that every action can fail in every way without
//! knowing it. Everything repeats: a script counts calls, and chance follows from the seed and the number of the call.

mod buckets;
mod dice;
mod fault;
mod forecast;
mod hands;
mod history;
mod kind;
mod lag;
mod late;
mod latency;
mod limits;
mod mischief;
mod name;
mod refusals;
mod struck;
pub(crate) mod stuck;

use std::collections::BTreeMap;
use std::time::Duration;

use peerway_model::Timestamp;
use serde::{Deserialize, Serialize};

pub use buckets::Throttling;
pub(crate) use fault::Facts;
pub use fault::{Fault, Where};
pub use forecast::Forecast;
pub(crate) use hands::Deed;
pub use hands::{Hand, Mischief};
pub(crate) use history::History;
pub use kind::{Behind, Effect, FaultKind, Garble, Landing};
pub(crate) use lag::{Blemish, Sight, Thing};
pub use lag::{Lag, NewIds};
pub(crate) use late::{InFlight, Late};
pub use latency::Latency;
pub use name::FaultName;
pub(crate) use struck::{Early, Ending, Struck};

use crate::ApiError;
use crate::error::Refusal;
use crate::state::State;
use buckets::Buckets;
use dice::Dice;
use lag::{Fresh, farther};

/// All of a world's weather: what holds for every call, chances, and scripted faults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Conditions {
    /// How long answers take.
    pub latency: Latency,
    /// How many calls AWS takes.
    pub throttling: Throttling,
    /// Which reads lag; the first that covers a call is its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lag: Vec<Lag>,
    /// What may go wrong by chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    /// What will go wrong, as often as it has not yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// The weather of a world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    scripted: Vec<Scripted>,
    /// How many faults have been scripted.
    numbered: u64,
    latency: Latency,
    buckets: Buckets,
    lag: Vec<Lag>,
    forecast: Option<Forecast>,
    fresh: Fresh,
    pub(crate) history: History,
    pub(crate) in_flight: InFlight,
    /// How many calls have set out, and how many have arrived.
    departed: u64,
    arrived: u64,
    struck: BTreeMap<FaultName, u64>,
}

#[derive(Debug, Clone)]
struct Scripted {
    number: u64,
    fault: Fault,
    /// The name that chance gave it.
    name: Option<FaultName>,
}

/// The latency of one call: half of it before the call is done, half after.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Journey {
    pub(crate) there: Duration,
    pub(crate) back: Duration,
}

impl Weather {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.script(fault, None);
        self.look_back();
    }

    fn script(&mut self, fault: Fault, name: Option<FaultName>) {
        if fault.times > 0 {
            self.numbered += 1;
            self.scripted.push(Scripted { number: self.numbered, fault, name });
        }
    }

    /// The faults that have not struck as often as they should.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Fault> {
        self.scripted.iter().map(|scripted| &scripted.fault).filter(|fault| fault.times > 0)
    }

    /// Forgets every fault that has not struck yet.
    pub(crate) fn clear(&mut self) {
        self.scripted.clear();
        self.look_back();
    }

    pub(crate) fn conditions(&self) -> Conditions {
        Conditions {
            latency: self.latency,
            throttling: self.buckets.throttling(),
            lag: self.lag.clone(),
            forecast: self.forecast.clone(),
            faults: self.pending().cloned().collect(),
        }
    }

    /// Another weather altogether. What has struck so far stays counted.
    pub(crate) fn set(&mut self, conditions: Conditions) {
        let Conditions { latency, throttling, lag, forecast, faults } = conditions;
        self.latency = latency;
        self.buckets.set(throttling);
        self.lag = lag;
        self.forecast = forecast;
        self.scripted.clear();
        for fault in faults {
            self.script(fault, None);
        }
        self.look_back();
    }

    pub(crate) fn set_latency(&mut self, latency: Latency) {
        self.latency = latency;
    }

    pub(crate) fn set_throttling(&mut self, throttling: Throttling) {
        self.buckets.set(throttling);
    }

    pub(crate) fn set_lag(&mut self, lag: Vec<Lag>) {
        self.lag = lag;
        self.look_back();
    }

    pub(crate) fn set_forecast(&mut self, forecast: Option<Forecast>) {
        self.forecast = forecast;
        self.look_back();
    }

    /// Keeps as much of the past as anybody may be shown.
    fn look_back(&mut self) {
        let by_script = self.scripted.iter().map(|scripted| match scripted.fault.kind {
            FaultKind::Stale(behind) => behind,
            _ => Behind::default(),
        });
        let by_chance = self.forecast.iter().map(Forecast::reach);
        let standing = self.lag.iter().map(Lag::reach);
        let reach = by_script.chain(by_chance).chain(standing).fold(Behind::default(), farther);
        self.history.set_reach(reach);
    }

    /// How often each kind has struck.
    pub(crate) fn tally(&self) -> BTreeMap<FaultName, u64> {
        self.struck.clone()
    }

    /// A call sets out.
    pub(crate) fn depart(&mut self) -> Journey {
        self.departed += 1;
        let latency = self.latency.of_call(self.departed);
        let there = latency / 2;
        Journey { there, back: latency.saturating_sub(there) }
    }

    /// What strikes this call. Every fault that is for it counts it; of those that are due, hands and delays all come,
    /// and of the others the oldest. Chance comes after script.
    pub(crate) fn strike(&mut self, facts: &Facts<'_>, state: &State, now: Timestamp) -> Struck {
        self.arrived += 1;
        let mut struck = Struck::default();
        if !self.scripted.is_empty() {
            self.strike_by_script(facts, state, now, &mut struck);
        }
        if let Some(forecast) = self.forecast.take() {
            self.strike_by_chance(&forecast, facts, state, now, &mut struck);
            self.forecast = Some(forecast);
        }
        struck
    }

    fn strike_by_script(
        &mut self,
        facts: &Facts<'_>,
        state: &State,
        now: Timestamp,
        struck: &mut Struck,
    ) {
        let mut dice = Dice::new(0, self.arrived, "script");
        self.scripted.retain(|scripted| scripted.fault.times > 0);
        for scripted in &mut self.scripted {
            let fault = &mut scripted.fault;
            if !fault.is_for(facts) || !fault.kind.is_possible(facts, &self.fresh, now) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            let name = scripted.name.unwrap_or_else(|| fault.kind.name(facts.action));
            let number = Some(scripted.number);
            if struck.takes(&fault.kind, name, number, (state, facts), &mut dice) {
                // What strikes always is never used up.
                if fault.times != Fault::ALWAYS {
                    fault.times -= 1;
                }
                if struck.number != number {
                    *self.struck.entry(name).or_default() += 1;
                }
            }
        }
    }

    fn strike_by_chance(
        &mut self,
        forecast: &Forecast,
        facts: &Facts<'_>,
        state: &State,
        now: Timestamp,
        struck: &mut Struck,
    ) {
        for (name, mut dice) in forecast.for_call(facts, self.arrived) {
            let Some(mut fault) = forecast::conjure(name, facts, state, &mut dice) else {
                continue;
            };
            if !fault.kind.is_possible(facts, &self.fresh, now)
                || !struck.takes(&fault.kind, name, None, (state, facts), &mut dice)
            {
                continue;
            }
            if struck.name != Some(name) {
                *self.struck.entry(name).or_default() += 1;
            }
            fault.times -= 1;
            self.script(fault, Some(name));
        }
    }

    /// What happened to the call has shown, or not: then it strikes another one.
    pub(crate) fn is_over(&mut self, struck: &Struck, has_shown: bool) {
        let Some(name) = struck.name else { return };
        if has_shown {
            *self.struck.entry(name).or_default() += 1;
        } else if let Some(number) = struck.number {
            let it = self.scripted.iter_mut().find(|scripted| scripted.number == number);
            if let Some(scripted) = it.filter(|scripted| scripted.fault.times != Fault::ALWAYS) {
                scripted.fault.times += 1;
            }
        }
    }

    /// Takes the tokens that a call costs.
    pub(crate) fn draw(&mut self, facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
        if self.buckets.draw(facts.spot, facts.action, facts.params, now) {
            return Ok(());
        }
        *self.struck.entry(FaultName::BucketEmpty).or_default() += 1;
        Err(refusals::throttled(facts.action))
    }

    /// A thing has been made.
    pub(crate) fn is_made(&mut self, thing: Thing, now: Timestamp) {
        self.fresh.add(thing, now);
    }

    /// What this call sees, and whether it finds what it names.
    pub(crate) fn sight(
        &mut self,
        facts: &Facts<'_>,
        fault: Option<&FaultKind>,
        now: Timestamp,
    ) -> Result<Sight, ApiError> {
        let mut sight = Sight::default();
        match fault {
            Some(FaultKind::Stale(behind)) => sight.behind = *behind,
            Some(FaultKind::MissingItem { nth }) => {
                sight.blemish = Some(Blemish::MissingItem(*nth));
            }
            Some(FaultKind::PageLost) => sight.blemish = Some(Blemish::NextPageLost),
            Some(FaultKind::PageRepeated) => sight.blemish = Some(Blemish::PageRepeated),
            Some(FaultKind::FreshNotFound) => {
                if let Some(thing) = self.fresh.named(facts, now).map(|made| made.thing.clone()) {
                    self.fresh.forget(&thing);
                    return Err(thing.not_found(facts.action));
                }
            }
            _ => {}
        }
        let Some(lag) = self.lag.iter().find(|lag| lag.of.covers(facts)) else { return Ok(sight) };
        let NewIds { seconds, calls } = lag.new_ids;
        sight.hidden = self.fresh.unfound(seconds, calls, now).map(|m| m.thing.clone()).collect();
        if let Some(thing) = sight.unfound(facts) {
            *self.struck.entry(FaultName::Lagged).or_default() += 1;
            self.fresh.miss(thing);
            return Err(thing.not_found(facts.action));
        }
        if facts.is_read()
            && sight.behind == Behind::default()
            && let Some(behind) = lag.of_read(facts, self.arrived)
        {
            *self.struck.entry(FaultName::Lagged).or_default() += 1;
            sight.behind = behind;
        }
        Ok(sight)
    }

    /// A call has seen what it could.
    pub(crate) fn has_looked(&mut self, sight: Sight) {
        for thing in sight.missed.into_inner() {
            *self.struck.entry(FaultName::Lagged).or_default() += 1;
            self.fresh.miss(&thing);
        }
    }
}
