//! Eventual consistency as a standing condition: which reads are behind, how far, and how long a new id is not found.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::fault::{Facts, Where};
use super::kind::Behind;
use crate::json::seconds;

/// How far reads lag behind writes. Tag filters lag more than lists, and lists more than reads by id: as in EC2.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Lag {
    /// Which calls.
    #[serde(rename = "where")]
    pub of: Where,
    /// The share of reads that lag; the others see the present, so that what is read may go back and forth.
    pub chance: f64,
    /// What follows from the same seed is the same.
    pub seed: u64,
    /// How far a read by id may be behind.
    pub by_id: Behind,
    /// How far a list may be behind.
    pub by_list: Behind,
    /// How far a list may be behind that is filtered by tags.
    pub by_tag: Behind,
    /// How long a new id is not found, by reads and by writes alike.
    pub new_ids: NewIds,
}

/// How long a new id is not found: until both have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewIds {
    /// For so long, in world time.
    #[serde(with = "seconds")]
    pub seconds: Duration,
    /// For so many calls that name it or would list it.
    pub calls: u32,
}

impl Lag {
    /// Lag as EC2 shows it when it shows any: lists up to so much behind, tag filters three times as far, reads by id a
    /// third.
    #[must_use]
    pub fn usual(seed: u64, list: Duration) -> Self {
        Self {
            chance: 1.0,
            seed,
            by_id: Behind::time(list / 3),
            by_list: Behind::time(list),
            by_tag: Behind::time(list * 3),
            ..Self::default()
        }
    }

    /// The farthest that any read may be behind.
    pub(super) fn reach(&self) -> Behind {
        let all = [self.by_id, self.by_list, self.by_tag];
        all.into_iter().fold(Behind::default(), farther)
    }

    /// How far this read is behind.
    pub(super) fn of_read(&self, facts: &Facts<'_>, call: u64) -> Option<Behind> {
        let most = if facts.has_tag_filter() {
            self.by_tag
        } else if facts.names_ids() {
            self.by_id
        } else {
            self.by_list
        };
        let mut dice = Dice::new(self.seed, call, "lag");
        if most == Behind::default() || !dice.happens(self.chance) {
            return None;
        }
        // A time that any f64 between nothing and all of it gives cannot be too long.
        let seconds = most.seconds.mul_f64(dice.unit());
        Some(Behind { seconds, writes: dice.between(most.writes.min(1), most.writes) })
    }
}

/// The farther of two, by time and by writes.
pub(super) fn farther(one: Behind, other: Behind) -> Behind {
    Behind {
        seconds: one.seconds.max(other.seconds),
        writes: one.writes.max(other.writes),
    }
}
