//! Calls on their way whose callers have given up: they are done when they land.

use std::sync::Arc;

use peerway_model::Timestamp;

use super::kind::Landing;
use crate::Call;
use crate::identity::{Caller, Principal};
use peerway_model::clock::after;

/// A call on its way.
#[derive(Debug, Clone)]
pub(crate) struct Late {
    pub(crate) principal: Arc<Principal>,
    pub(crate) from: Caller,
    pub(crate) call: Call,
}

#[derive(Debug, Clone, Copy)]
enum Due {
    At(Timestamp),
    BehindCalls(u32),
}

/// All calls on their way.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight(Vec<(Due, Late)>);

impl InFlight {
    pub(crate) fn send(&mut self, late: Late, landing: Landing, now: Timestamp) {
        let due = match landing {
            // The call itself is counted when it is over.
            Landing::BehindCalls(calls) => Due::BehindCalls(calls.saturating_add(1)),
            Landing::AfterSeconds(seconds) => Due::At(after(now, seconds)),
        };
        self.0.push((due, late));
    }

    /// When the next one lands by time, if that is no later than `now`.
    pub(crate) fn next_landing(&self, now: Timestamp) -> Option<Timestamp> {
        let moments = self.0.iter().filter_map(|(due, _)| match due {
            Due::At(at) => Some(*at),
            Due::BehindCalls(_) => None,
        });
        moments.min().filter(|at| *at <= now)
    }

    /// Those that land at this moment, in the order in which they were sent.
    pub(crate) fn landed_by(&mut self, now: Timestamp) -> Vec<Late> {
        self.take(|due| matches!(due, Due::At(at) if *at <= now))
    }

    /// A call is over: those that land behind it.
    pub(crate) fn landed_behind_call(&mut self) -> Vec<Late> {
        if self.0.is_empty() {
            return Vec::new();
        }
        for (due, _) in &mut self.0 {
            if let Due::BehindCalls(calls) = due {
                *calls -= 1;
            }
        }
        self.take(|due| matches!(due, Due::BehindCalls(0)))
    }

    fn take(&mut self, is_due: impl Fn(&Due) -> bool) -> Vec<Late> {
        let all = std::mem::take(&mut self.0);
        let (landed, flying): (Vec<_>, Vec<_>) = all.into_iter().partition(|(due, _)| is_due(due));
        self.0 = flying;
        landed.into_iter().map(|(_, late)| late).collect()
    }
}
