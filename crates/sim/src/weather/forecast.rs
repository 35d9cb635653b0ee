//! Faults by chance: a chance for each kind of trouble, and a seed from which it follows which calls it strikes.

use std::collections::BTreeMap;
use std::time::Duration;

use peerway_model::AccountId;
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::fault::{Facts, Fault, Where};
use super::hands::{Hand, Mischief};
use super::kind::{Behind, Effect, FaultKind, Garble, Landing};
use super::name::FaultName;
use crate::state::State;

/// What may go wrong with any call, and how likely each is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Forecast {
    /// What follows from the same seed and the same calls is the same.
    pub seed: u64,
    /// Which calls.
    #[serde(rename = "where")]
    pub of: Where,
    /// The chance of each kind, between 0 and 1, for each call that it can strike.
    pub chances: BTreeMap<FaultName, f64>,
}

impl Forecast {
    /// Fair weather, to be made worse by [`chance`](Self::chance).
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Gives a kind of trouble a chance.
    #[must_use]
    pub fn chance(mut self, name: FaultName, chance: f64) -> Self {
        self.chances.insert(name, chance);
        self
    }

    /// Everything that can happen by chance, each with this one.
    #[must_use]
    pub fn everything(seed: u64, chance: f64) -> Self {
        let chances = FaultName::BY_CHANCE.iter().map(|name| (*name, chance));
        Self { chances: chances.collect(), ..Self::new(seed) }
    }

    /// A part of everything, chosen by the seed, with chances up to this one: all at once would hide what some do alone.
    #[must_use]
    pub fn swarm(seed: u64, most: f64) -> Self {
        let mut dice = Dice::new(seed, 0, "swarm");
        let share = dice.unit();
        let chances = FaultName::BY_CHANCE.iter().filter_map(|name| {
            let chance = most * dice.unit();
            dice.happens(share).then_some((*name, chance))
        });
        Self { chances: chances.collect(), ..Self::new(seed) }
    }

    /// How far back a read may be shown.
    pub(super) fn reach(&self) -> Behind {
        if self.chances.contains_key(&FaultName::Stale) {
            Behind { seconds: FARTHEST_BACK, writes: MOST_WRITES_BACK }
        } else {
            Behind::default()
        }
    }

    /// What may strike this call, in an order of its own, so that no kind is always asked first.
    pub(super) fn for_call<'a>(
        &'a self,
        facts: &Facts<'_>,
        call: u64,
    ) -> impl Iterator<Item = (FaultName, Dice)> + 'a {
        let covered = if self.of.covers(facts) { self.chances.len() } else { 0 };
        let first = Dice::new(self.seed, call, "order").below(self.chances.len());
        let row = self.chances.iter().cycle().skip(first).take(covered);
        row.filter_map(move |(name, chance)| {
            let mut dice = Dice::new(self.seed, call, name.as_str());
            dice.happens(*chance).then_some((*name, dice))
        })
    }
}

const FARTHEST_BACK: Duration = Duration::from_secs(30);
const MOST_WRITES_BACK: u32 = 8;

/// The fault of this name, all choices made; nothing where this call offers none.
pub(super) fn conjure(
    name: FaultName,
    facts: &Facts<'_>,
    state: &State,
    dice: &mut Dice,
) -> Option<Fault> {
    let is_assume_role = facts.action == crate::Action::AssumeRole;
    let hand = |mischief| FaultKind::Hand(Hand::Mischief(mischief));
    let kind = match name {
        // They need somebody to say what exactly happens; a forecast that names them all the same is fair weather.
        FaultName::Error
        | FaultName::ErrorApplied
        | FaultName::Hand
        | FaultName::BucketEmpty
        | FaultName::Lagged => return None,
        FaultName::InternalError => FaultKind::InternalError { effect: Effect::NotApplied },
        FaultName::InternalErrorApplied => FaultKind::InternalError { effect: Effect::Applied },
        FaultName::Unavailable => FaultKind::Unavailable { effect: Effect::NotApplied },
        FaultName::UnavailableApplied => FaultKind::Unavailable { effect: Effect::Applied },
        FaultName::NoAnswer => FaultKind::NoAnswer { effect: Effect::NotApplied },
        FaultName::NoAnswerApplied => FaultKind::NoAnswer { effect: Effect::Applied },
        FaultName::LandsLate => FaultKind::LandsLate(Landing::BehindCalls(dice.between(1, 20))),
        FaultName::Throttled => FaultKind::Throttled,
        FaultName::ThrottledLong | FaultName::ThrottledAccount => {
            return Some(sustained(name, facts, dice));
        }
        FaultName::Slow | FaultName::Denied if is_assume_role => return None,
        FaultName::AssumeRoleSlow | FaultName::AssumeRoleDenied if !is_assume_role => return None,
        FaultName::Slow | FaultName::AssumeRoleSlow => {
            FaultKind::Slow { seconds: Duration::from_millis(dice.between(500, 30_000).into()) }
        }
        FaultName::Denied | FaultName::AssumeRoleDenied => FaultKind::Denied,
        FaultName::DeniedResource => denied_resource(facts, dice)?,
        FaultName::CredentialsExpired => FaultKind::CredentialsExpired,
        FaultName::WrongAccount => {
            let all: Vec<&AccountId> = state.accounts.keys().collect();
            FaultKind::WrongAccount { account: (*dice.pick(&all)?).clone() }
        }
        FaultName::Stale => FaultKind::Stale(Behind {
            seconds: FARTHEST_BACK.mul_f64(dice.unit()),
            writes: dice.between(1, MOST_WRITES_BACK),
        }),
        FaultName::MissingItem => FaultKind::MissingItem { nth: dice.below(1000) },
        FaultName::FreshNotFound => FaultKind::FreshNotFound,
        FaultName::PageLost => FaultKind::PageLost,
        FaultName::PageRepeated => FaultKind::PageRepeated,
        FaultName::PageTokenExpired => FaultKind::PageTokenExpired,
        FaultName::Dependency => FaultKind::Dependency,
        FaultName::Quota => FaultKind::Quota,
        FaultName::Stuck => FaultKind::Stuck,
        FaultName::ConnectionFails => FaultKind::ConnectionFails,
        FaultName::PeerRejects => hand(Mischief::PeerRejects),
        FaultName::PeerDeletes => hand(Mischief::PeerDeletes),
        FaultName::PeerRequests => hand(Mischief::PeerRequests),
        FaultName::RequestExpires => hand(Mischief::RequestExpires),
        FaultName::RouteCreated => hand(Mischief::RouteCreated),
        FaultName::RouteReplaced => hand(Mischief::RouteReplaced),
        FaultName::RouteDeleted => hand(Mischief::RouteDeleted),
        FaultName::TagsStripped => hand(Mischief::TagsStripped),
        FaultName::TagsCopied => hand(Mischief::TagsCopied),
        FaultName::DeletedByHand => hand(Mischief::DeletedByHand),
        FaultName::GroupDetached => hand(Mischief::GroupDetached),
        FaultName::InstanceDeregistered => hand(Mischief::InstanceDeregistered),
        FaultName::ListenerDeleted => hand(Mischief::ListenerDeleted),
        FaultName::AnswerTruncated => FaultKind::Garbled(Garble::Truncated),
        FaultName::AnswerIncomplete => FaultKind::Garbled(Garble::Incomplete),
        FaultName::AnswerForeign => FaultKind::Garbled(Garble::Foreign),
        FaultName::AnswerHuge => FaultKind::Garbled(Garble::Huge),
    };
    Some(Fault::any(kind))
}

/// Throttling that goes on for a row of calls: those of one action, or all of the account in the Region.
fn sustained(name: FaultName, facts: &Facts<'_>, dice: &mut Dice) -> Fault {
    Fault {
        action: (name == FaultName::ThrottledLong).then_some(facts.action),
        account: Some(facts.spot.account.clone()),
        region: Some(facts.spot.region.clone()),
        times: dice.between(2, 10),
        ..Fault::any(FaultKind::Throttled)
    }
}

/// One of the things that the call names.
fn denied_resource(facts: &Facts<'_>, dice: &mut Dice) -> Option<FaultKind> {
    const NAMES: [&str; 5] =
        ["Id", "Ids", "LoadBalancerName", "LoadBalancerNames", "AutoScalingGroupName"];
    let names_one = |name: &str| {
        // `LoadBalancerNames.member.1`, `Instances.member.1.InstanceId`.
        let mut parts = name.split('.').filter(|part| part.parse::<u32>().is_err());
        parts.any(|part| NAMES.iter().any(|known| part.ends_with(known)))
    };
    let ids = facts.params.iter().filter(|(name, _)| names_one(name));
    let ids: Vec<&String> = ids.map(|(_, value)| value).collect();
    let resource = dice.pick(&ids)?;
    Some(FaultKind::DeniedResource { resource: (*resource).clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swarm_is_a_part_of_everything_and_follows_from_its_seed() {
        assert_eq!(Forecast::swarm(1, 0.1), Forecast::swarm(1, 0.1));
        let sizes: Vec<usize> = (0..50).map(|n| Forecast::swarm(n, 0.1).chances.len()).collect();
        assert!(sizes.iter().any(|size| *size < 10) && sizes.iter().any(|size| *size > 30));
        let all = Forecast::everything(1, 0.1).chances.len();
        assert!(sizes.iter().all(|size| *size <= all));
    }

    #[test]
    fn a_forecast_is_written_and_read_as_json() {
        let forecast = Forecast::new(7).chance(FaultName::NoAnswerApplied, 0.25);
        let json = serde_json::to_string(&forecast).unwrap();
        assert_eq!(json, r#"{"seed":7,"where":{},"chances":{"no-answer-applied":0.25}}"#);
        assert_eq!(serde_json::from_str::<Forecast>(&json).unwrap(), forecast);
    }
}
