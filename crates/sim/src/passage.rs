//! How a call passes: the caller is identified, the weather strikes, token buckets give, permission is asked, the action
//! acts, the ledger notes. All of it under the world's lock, and the same for both fronts.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use peerway_model::{ConnectionState, Timestamp};

use crate::ApiError;
use crate::action::{Action, Call, Reply, Service};
use crate::ec2::peerings;
use crate::error::Refusal;
use crate::events;
use crate::iam::{self, Matter};
use crate::id::{Ids, digest};
use crate::identity::{self, Caller, Principal, Proof, expired, identify};
use crate::ledger::{Cause, Entry, Ledger, Outcome, summarise};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::state::{Spot, State};
use crate::weather::{
    Deed, Early, Ending, Facts, FaultKind, Garble, Journey, Late, Sight, Struck, Thing, Weather,
    stuck,
};

/// Everything of a world that changes.
#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) state: State,
    pub(crate) ids: Ids,
    pub(crate) weather: Weather,
    pub(crate) ledger: Ledger,
    /// World time never goes back, whatever the wall does.
    pub(crate) latest: Timestamp,
}

/// What a front makes of a request: a call, or why it is none. Both are identified, counted and noted.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) service: Service,
    pub(crate) action: Cow<'static, str>,
    pub(crate) call: Result<Call, ApiError>,
    pub(crate) bytes: u64,
    /// Whether a client waits for the answer.
    pub(crate) is_carried: bool,
    /// What its latency is.
    pub(crate) journey: Journey,
    /// What there is to verify, where signatures are verified.
    pub(crate) proof: Option<Proof>,
}

impl From<Call> for Attempt {
    fn from(call: Call) -> Self {
        let action = call.action();
        Self {
            service: action.service(),
            action: action.name().into(),
            call: Ok(call),
            bytes: 0,
            is_carried: false,
            journey: Journey::default(),
            proof: None,
        }
    }
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) seq: u64,
    pub(crate) request_id: String,
    pub(crate) result: Result<Reply, ApiError>,
    /// How the answer is to be spoilt on its way.
    pub(crate) garble: Option<Garble>,
    /// How long it is on its way.
    pub(crate) delay: Duration,
}

/// What came of a call, before it is noted.
struct Passed {
    result: Result<Reply, ApiError>,
    was_applied: bool,
    garble: Option<Garble>,
    slow: Duration,
}

impl Passed {
    fn refused(error: ApiError) -> Self {
        Self { result: Err(error), was_applied: false, garble: None, slow: Duration::ZERO }
    }
}

/// Who makes a call, from where.
#[derive(Clone, Copy)]
struct Who<'a> {
    principal: &'a Arc<Principal>,
    from: &'a Caller,
    spot: &'a Spot,
}

/// What a call is told of the world, beside the world.
struct Look<'a> {
    settings: &'a Settings,
    now: Timestamp,
    sight: &'a Sight,
}

impl Inner {
    /// Lets everything happen that is due by now: events, and calls that land late.
    pub(crate) fn catch_up(&mut self, settings: &Settings) {
        self.latest = self.latest.max(settings.clock.now());
        let now = self.latest;
        loop {
            let event = self.state.events.next_due(now);
            let landing = self.weather.in_flight.next_landing(now);
            match (event, landing) {
                (Some(at), landing) if landing.is_none_or(|landing| at <= landing) => {
                    if self.weather.history.is_kept() {
                        self.weather.history.keep(&self.state, at, false);
                    }
                    events::run_due(&mut self.state, &mut self.ids, settings, at);
                }
                (_, Some(at)) => {
                    for late in self.weather.in_flight.landed_by(at) {
                        self.land(settings, &late, at);
                    }
                }
                (_, None) => break,
            }
        }
    }

    /// Puts an attempt through all stations.
    pub(crate) fn pass(&mut self, settings: &Settings, from: &Caller, attempt: Attempt) -> Answer {
        let wall = settings.clock.wall();
        let call = attempt.call.as_ref().ok();
        let params = call.map(|call| call.params().unwrap_or_default()).unwrap_or_default();
        let identified = identify(&self.state, from, attempt.service, wall).and_then(|principal| {
            if let Some(proof) = &attempt.proof {
                identity::verify(&self.state, from, attempt.service, proof, wall)?;
            }
            Ok(principal)
        });
        let (principal, passed) = match (identified, &attempt.call) {
            (Ok(principal), Ok(call)) => {
                let spot = Spot { account: principal.account.clone(), region: from.region.clone() };
                let who = Who { principal: &principal, from, spot: &spot };
                let facts = Facts {
                    action: call.action(),
                    spot: &spot,
                    params: &params,
                    is_session: from.session_token.is_some(),
                    is_carried: attempt.is_carried,
                };
                let passed = self.brave(settings, who, call, &facts);
                (Some(principal), passed)
            }
            (Ok(principal), Err(error)) => (Some(principal), Passed::refused(error.clone())),
            (Err(error), _) => (None, Passed::refused(error)),
        };
        let seq = self.ledger.next_seq();
        let request_id = request_id(settings.seed, seq);
        let delay = attempt.journey.back.saturating_add(passed.slow);
        let outcome = match passed.garble {
            Some(_) => Outcome::Garbled,
            None => Outcome::of(&passed.result),
        };
        let entry = Entry {
            seq,
            world_time: self.latest,
            wall_time: wall,
            account: principal.as_ref().map(|principal| principal.account.clone()),
            principal: principal.as_ref().map(|principal| Arc::clone(&principal.arn)),
            region: from.region.clone(),
            cause: Cause::Caller,
            service: attempt.service,
            action: attempt.action,
            is_write: call.is_some_and(|call| call.action().is_write()),
            outcome,
            was_applied: passed.was_applied,
            summary: summarise(&params, settings.ledger_summary),
            request_id: request_id.clone(),
            bytes_in: attempt.bytes,
            bytes_out: 0,
            latency: attempt.journey.there.saturating_add(delay),
        };
        self.ledger.push(entry, settings.ledger_capacity);
        for late in self.weather.in_flight.landed_behind_call() {
            self.land(settings, &late, self.latest);
        }
        Answer { seq, request_id, result: passed.result, garble: passed.garble, delay }
    }

    /// Lets the weather have the call before, while and after it is done.
    fn brave(
        &mut self,
        settings: &Settings,
        who: Who<'_>,
        call: &Call,
        facts: &Facts<'_>,
    ) -> Passed {
        let now = self.latest;
        let mut struck = self.weather.strike(facts, &self.state, now);
        for deed in std::mem::take(&mut struck.hands) {
            self.lend_hand(settings, deed);
        }
        if let Err(refusal) = self.weather.draw(facts, now) {
            self.weather.is_over(&struck, false);
            return Passed { slow: struck.slow, ..Passed::refused(ApiError::Refused(refusal)) };
        }
        let (mut passed, has_shown) = self.weathered(settings, who, call, facts, &struck);
        self.weather.is_over(&struck, has_shown);
        passed.slow = struck.slow;
        passed
    }

    /// What comes of a call that something may have struck, and whether that has shown.
    fn weathered(
        &mut self,
        settings: &Settings,
        who: Who<'_>,
        call: &Call,
        facts: &Facts<'_>,
        struck: &Struck,
    ) -> (Passed, bool) {
        let now = self.latest;
        let fault = struck.fault.as_ref();
        match fault.map_or(Early::Passes, |fault| fault.early(facts)) {
            Early::Passes => {}
            Early::Refused(refusal) => return (Passed::refused(ApiError::Refused(refusal)), true),
            Early::Lost => return (Passed::refused(ApiError::NoAnswer), true),
            Early::Late(landing) => {
                let (principal, from) = (Arc::clone(who.principal), who.from.clone());
                let late = Late { principal, from, call: call.clone() };
                self.weather.in_flight.send(late, landing, now);
                return (Passed::refused(ApiError::NoAnswer), true);
            }
            Early::SessionEnds => {
                let key = who.from.access_key_id.as_deref().unwrap_or_default();
                if let Some(session) = self.state.sessions.get_mut(key) {
                    session.expires = settings.clock.wall();
                }
                return (Passed::refused(expired(facts.action.service())), true);
            }
        }
        let sight = match self.weather.sight(facts, fault, now) {
            Ok(sight) => sight,
            Err(error) => {
                let has_shown = matches!(fault, Some(FaultKind::FreshNotFound));
                return (Passed::refused(error), has_shown);
            }
        };
        let scheduled = self.state.events.scheduled();
        let is_stuck = matches!(fault, Some(FaultKind::Stuck));
        let before = is_stuck.then(|| stuck::under_way(self.state.at_mut(who.spot), now));
        let look = Look { settings, now, sight: &sight };
        let (mut result, is_past) = self.act(&look, who, call);
        let made = self.ids.take_made();
        let was_applied = result.is_ok();
        let has_shown = match fault {
            Some(FaultKind::Stale(_)) => is_past,
            Some(FaultKind::Stuck) => {
                let has_events = self.state.events.scheduled() > scheduled;
                self.state.events.call_off_since(scheduled);
                let before = before.unwrap_or_default();
                stuck::stop(self.state.at_mut(who.spot), now, &before) || has_events
            }
            Some(FaultKind::ConnectionFails) => self.fail_connection(settings, &made),
            Some(FaultKind::WrongAccount { account }) => match &mut result {
                Ok(Reply::AssumeRole(reply)) if *account != who.spot.account => {
                    self.lead_astray(account, reply)
                }
                _ => false,
            },
            _ => sight.has_shown(),
        };
        for thing in made {
            self.weather.is_made(thing, now);
        }
        self.weather.has_looked(sight);
        let mut passed = Passed { result, was_applied, garble: None, slow: Duration::ZERO };
        match fault.map_or(Ending::AsItIs, |fault| fault.ending(facts)) {
            Ending::AsItIs => return (passed, has_shown),
            Ending::Refused(refusal) => passed.result = Err(ApiError::Refused(refusal)),
            Ending::Lost => passed.result = Err(ApiError::NoAnswer),
            Ending::Garbled(how) => passed.garble = Some(how),
        }
        (passed, true)
    }

    /// Does it; says besides the result whether what it saw was the past.
    fn act(
        &mut self,
        look: &Look<'_>,
        who: Who<'_>,
        call: &Call,
    ) -> (Result<Reply, ApiError>, bool) {
        if let Err(refusal) = self.may(who, call) {
            return (Err(ApiError::Refused(refusal)), false);
        }
        if call.is_dry_run() {
            let message = "Request would have succeeded, but DryRun flag is set.";
            return (Err(ApiError::new("DryRunOperation", message)), false);
        }
        let is_write = call.action().is_write();
        let is_kept = is_write && self.weather.history.is_kept();
        if is_kept {
            self.weather.history.keep(&self.state, look.now, true);
        }
        let past =
            if is_write { None } else { self.weather.history.view(look.sight.behind, look.now) };
        let is_past = past.is_some();
        let mut scope = Scope {
            state: past.unwrap_or(&mut self.state),
            ids: &mut self.ids,
            settings: look.settings,
            caller: who.principal,
            spot: who.spot,
            now: look.now,
            sight: look.sight,
        };
        let result = call.act(&mut scope);
        if is_kept && result.is_err() {
            self.weather.history.forget_last();
        }
        (result, is_past)
    }

    /// Whether the policies of the caller allow it.
    fn may(&self, who: Who<'_>, call: &Call) -> Result<(), Refusal> {
        let policies = iam::policies(&self.state, who.principal);
        if policies.iter().all(Option::is_none) {
            return Ok(());
        }
        let params = call.params().unwrap_or_default();
        let (action, spot) = (call.action(), who.spot);
        let (state, principal) = (&self.state, who.principal);
        Matter { state, principal, spot, action, params: &params }.judge(&policies)
    }

    /// Lets everything end now that was stopped.
    pub(crate) fn resume_stuck(&mut self) {
        self.state.events.resume(self.latest);
        for region in self.state.regions.values_mut() {
            stuck::resume(region, self.latest);
        }
    }

    /// Lets a connection that was just asked for fail.
    fn fail_connection(&mut self, settings: &Settings, made: &[Thing]) -> bool {
        let is_new = |id: &&peerway_model::ConnectionId| {
            made.iter().any(|made| matches!(made, Thing::Id(made) if made == id.as_str()))
        };
        let Some(id) = self.state.connections.keys().find(is_new).cloned() else { return false };
        let (to, message) = (ConnectionState::Failed, peerings::FAILED);
        peerings::end(&mut self.state, settings, self.latest, &id, to, message);
        true
    }

    /// Lets the credentials of a role lead into another account.
    fn lead_astray(
        &mut self,
        account: &peerway_model::AccountId,
        reply: &mut crate::sts::AssumeRoleReply,
    ) -> bool {
        let key = &reply.credentials.access_key_id;
        let Some(session) = self.state.sessions.get_mut(key) else { return false };
        let right = Arc::clone(&session.principal);
        if right.account == *account {
            return false;
        }
        let moved = |arn: &str| arn.replacen(right.account.as_str(), account.as_str(), 1).into();
        let wrong = Principal {
            account: account.clone(),
            arn: moved(&right.arn),
            role_arn: right.role_arn.as_deref().map(moved),
            ..(*right).clone()
        };
        reply.assumed_role_user.arn = Arc::clone(&wrong.arn);
        session.principal = Arc::new(wrong);
        true
    }

    /// Lets somebody else do something.
    fn lend_hand(&mut self, settings: &Settings, deed: Deed) {
        let (spot, call) = match deed {
            Deed::Call(spot, call) => (spot, call),
            Deed::Expire(id) => {
                if self.weather.history.is_kept() {
                    self.weather.history.keep(&self.state, self.latest, false);
                }
                peerings::expires(&mut self.state, settings, self.latest, &id);
                return;
            }
        };
        let Some(root) = self.state.keys.get(spot.account.as_str()).map(Arc::clone) else {
            return;
        };
        let from = Caller::root(&spot.account, &spot.region);
        let who = Who { principal: &root, from: &from, spot: &spot };
        self.do_unseen(settings, who, &call, Cause::Hand, self.latest);
    }

    /// A call lands whose caller has long given up.
    fn land(&mut self, settings: &Settings, late: &Late, at: Timestamp) {
        let account = late.principal.account.clone();
        let spot = Spot { account, region: late.from.region.clone() };
        let who = Who { principal: &late.principal, from: &late.from, spot: &spot };
        self.do_unseen(settings, who, &late.call, Cause::Landing, at);
    }

    /// Does a call that no weather strikes and whose answer nobody gets, and notes it.
    fn do_unseen(
        &mut self,
        settings: &Settings,
        who: Who<'_>,
        call: &Call,
        cause: Cause,
        at: Timestamp,
    ) {
        let sight = Sight::default();
        let (result, _) = self.act(&Look { settings, now: at, sight: &sight }, who, call);
        for thing in self.ids.take_made() {
            self.weather.is_made(thing, at);
        }
        let action: Action = call.action();
        let seq = self.ledger.next_seq();
        let entry = Entry {
            seq,
            world_time: at,
            wall_time: settings.clock.wall(),
            account: Some(who.spot.account.clone()),
            principal: Some(Arc::clone(&who.principal.arn)),
            region: who.spot.region.clone(),
            cause,
            service: action.service(),
            action: action.name().into(),
            is_write: action.is_write(),
            was_applied: result.is_ok(),
            outcome: Outcome::of(&result),
            summary: summarise(&call.params().unwrap_or_default(), settings.ledger_summary),
            request_id: request_id(settings.seed, seq),
            bytes_in: 0,
            bytes_out: 0,
            latency: Duration::ZERO,
        };
        self.ledger.push(entry, settings.ledger_capacity);
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
