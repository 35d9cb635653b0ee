//! Ids of what was made lately: AWS may not find a thing by its id for a while after it gave that id out.

use std::collections::VecDeque;
use std::time::Duration;

use peerway_model::Timestamp;
use peerway_model::clock::since;

/// How many ids are remembered, and for how long: longer than AWS takes to find them.
const MOST_KEPT: usize = 256;
pub(super) const LATELY: Duration = Duration::from_mins(5);

#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) id: String,
    at: Timestamp,
    /// How many calls have missed it so far.
    missed: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Fresh(VecDeque<Made>);

impl Fresh {
    pub(super) fn add(&mut self, id: String, now: Timestamp) {
        if self.0.len() >= MOST_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Made { id, at: now, missed: 0 });
    }

    /// A thing made lately that one of these parameters names.
    pub(super) fn named(&self, params: &[(String, String)], now: Timestamp) -> Option<&Made> {
        let mut recent = self.0.iter().rev().take_while(|made| since(now, made.at) <= LATELY);
        recent.find(|made| params.iter().any(|(_, value)| *value == made.id))
    }

    /// Things that are not found yet: made within `time`, or missed by fewer calls than `calls`.
    pub(super) fn unfound(
        &self,
        time: Duration,
        calls: u32,
        now: Timestamp,
    ) -> impl Iterator<Item = &Made> {
        let is_unfound = move |made: &&Made| {
            since(now, made.at) < time || (made.missed < calls && since(now, made.at) <= LATELY)
        };
        self.0.iter().filter(is_unfound)
    }

    /// A call has missed a thing.
    pub(super) fn miss(&mut self, id: &str) {
        for made in self.0.iter_mut().filter(|made| made.id == id) {
            made.missed += 1;
        }
    }

    /// Nothing is fresh to a fault that it has hit.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.retain(|made| made.id != id);
    }
}
