//! Token buckets, in world time: who calls too much is throttled, and nothing is done.

use std::collections::BTreeMap;

use peerway_model::Timestamp;
use peerway_model::clock::since;
use serde::{Deserialize, Serialize};

use super::limits::{self, Size};
use crate::Action;
use crate::state::Spot;

/// How many calls AWS takes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Throttling {
    /// Any number.
    #[default]
    Unlimited,
    /// As many as AWS takes of an account that has asked for nothing more.
    Default,
    /// This share of it: what other tools in the account leave.
    Share(f64),
}

/// The buckets of a world, filled by its time.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets {
    throttling: Throttling,
    levels: BTreeMap<Spot, BTreeMap<&'static str, Level>>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

impl Buckets {
    pub(super) fn throttling(&self) -> Throttling {
        self.throttling
    }

    /// All buckets are full again.
    pub(super) fn set(&mut self, throttling: Throttling) {
        *self = Self { throttling, levels: BTreeMap::new() };
    }

    /// Takes a token out of each bucket that the call draws from; out of none where one is empty.
    pub(super) fn draw(
        &mut self,
        spot: &Spot,
        action: Action,
        params: &[(String, String)],
        now: Timestamp,
    ) -> bool {
        let share = match self.throttling {
            Throttling::Unlimited => return true,
            Throttling::Default => 1.0,
            Throttling::Share(share) => share.max(0.0),
        };
        if !self.levels.contains_key(spot) {
            self.levels.insert(spot.clone(), BTreeMap::new());
        }
        let Some(levels) = self.levels.get_mut(spot) else { return true };
        let buckets = limits::of(action, params);
        let mut drawn = [None; 2];
        for (slot, (name, Size { capacity, refill })) in
            drawn.iter_mut().zip(buckets.into_iter().flatten())
        {
            // A bucket that could not hold one token would never let anything through.
            let capacity = (capacity * share).max(1.0);
            let level = levels.get(name).copied().unwrap_or(Level { tokens: capacity, at: now });
            let came_in = since(now, level.at).as_secs_f64() * refill * share;
            let tokens = (level.tokens + came_in).min(capacity);
            if tokens < 1.0 {
                return false;
            }
            *slot = Some((name, Level { tokens: tokens - 1.0, at: now }));
        }
        levels.extend(drawn.into_iter().flatten());
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use peerway_model::clock::after;

    use super::*;

    fn spot(account: &str) -> Spot {
        Spot { account: account.parse().unwrap(), region: "us-west-2".parse().unwrap() }
    }

    /// How many calls in a row get through.
    fn burst(buckets: &mut Buckets, spot: &Spot, action: Action, now: Timestamp) -> usize {
        (0..1000).take_while(|_| buckets.draw(spot, action, &[], now)).count()
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_then_what_comes_in() {
        let mut buckets = Buckets::default();
        let (ours, start) = (spot("111111111111"), Timestamp::UNIX_EPOCH);
        assert_eq!(burst(&mut buckets, &ours, Action::CreateRoute, start), 1000);
        buckets.set(Throttling::Default);
        assert_eq!(burst(&mut buckets, &ours, Action::CreateRoute, start), 50);
        let theirs = spot("222222222222");
        assert_eq!(burst(&mut buckets, &ours, Action::DeleteRoute, start), 50);
        assert_eq!(burst(&mut buckets, &theirs, Action::CreateRoute, start), 50);
        let later = after(start, Duration::from_secs(2));
        assert_eq!(burst(&mut buckets, &ours, Action::CreateRoute, later), 10);
        let much_later = after(start, Duration::from_hours(1));
        assert_eq!(burst(&mut buckets, &ours, Action::CreateRoute, much_later), 50);
    }

    #[test]
    fn a_share_of_a_bucket_is_smaller_and_fills_slower_but_lets_one_call_through() {
        let mut buckets = Buckets::default();
        let (ours, start) = (spot("111111111111"), Timestamp::UNIX_EPOCH);
        buckets.set(Throttling::Share(0.1));
        assert_eq!(burst(&mut buckets, &ours, Action::CreateRoute, start), 5);
        let later = after(start, Duration::from_secs(4));
        assert_eq!(burst(&mut buckets, &ours, Action::CreateRoute, later), 2);
        buckets.set(Throttling::Share(0.001));
        assert_eq!(burst(&mut buckets, &ours, Action::CreateRoute, start), 1);
    }
}
