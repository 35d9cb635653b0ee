//! What the world was like: kept only while somebody may be shown it.

use std::collections::VecDeque;
use std::time::Duration;

use peerway_model::Timestamp;
use peerway_model::clock::before;

use super::kind::Behind;
use crate::state::State;

/// More than any test looks back; keeps a world whose time stands from growing with every write.
const MOST_KEPT: usize = 256;

/// The states before each change of late.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    past: VecDeque<Past>,
    /// How far back anybody may look.
    reach: Behind,
}

#[derive(Debug, Clone)]
struct Past {
    /// What stood until this moment.
    state: State,
    until: Timestamp,
    /// Whether a write changed it, or time.
    by_write: bool,
}

impl History {
    pub(crate) fn is_kept(&self) -> bool {
        self.reach != Behind::default()
    }

    pub(super) fn set_reach(&mut self, reach: Behind) {
        self.reach = reach;
        if !self.is_kept() {
            self.past.clear();
        }
    }

    /// Keeps what stands, before a write or time changes it.
    pub(crate) fn keep(&mut self, state: &State, now: Timestamp, by_write: bool) {
        self.past.push_back(Past { state: state.clone(), until: now, by_write });
        let horizon = before(now, self.reach.seconds);
        let mut writes = self.past.iter().filter(|past| past.by_write).count();
        let most_writes = usize::try_from(self.reach.writes).unwrap_or(usize::MAX);
        while let Some(oldest) = self.past.front() {
            let is_needed = oldest.until > horizon || writes <= most_writes;
            if is_needed && self.past.len() <= MOST_KEPT {
                break;
            }
            writes -= usize::from(oldest.by_write);
            self.past.pop_front();
        }
    }

    /// The write before which something was kept has changed nothing.
    pub(crate) fn forget_last(&mut self) {
        self.past.pop_back();
    }

    /// The state so far back; nothing where that is the present.
    pub(crate) fn view(&mut self, behind: Behind, now: Timestamp) -> Option<&mut State> {
        let moment = before(now, behind.seconds);
        let by_time = (behind.seconds > Duration::ZERO)
            .then(|| self.past.iter().position(|past| past.until > moment))
            .flatten();
        let writes = usize::try_from(behind.writes).unwrap_or(usize::MAX);
        let by_writes = (1..=self.past.len())
            .rev()
            .map(|at| at - 1)
            .filter(|at| self.past[*at].by_write)
            .take(writes)
            .last();
        let at = match (by_time, by_writes) {
            (Some(one), Some(other)) => one.min(other),
            (one, other) => one.or(other)?,
        };
        self.past.get_mut(at).map(|past| &mut past.state)
    }
}

#[cfg(test)]
mod tests {
    use peerway_model::clock::after;

    use super::*;
    use crate::identity::Account;

    fn at(second: u64) -> Timestamp {
        after(Timestamp::UNIX_EPOCH, Duration::from_secs(second))
    }

    /// A state that can be told from others: with so many accounts.
    fn state(accounts: u32) -> State {
        let number = |n: u32| format!("{n:012}").parse().unwrap();
        let accounts = (0..accounts).map(|n| (number(n), Account::default()));
        State { accounts: accounts.collect(), ..State::default() }
    }

    fn seen(history: &mut History, behind: Behind, now: u64) -> Option<usize> {
        history.view(behind, at(now)).map(|state| state.accounts.len())
    }

    #[test]
    fn the_past_is_found_by_time_and_by_writes() {
        let mut history = History::default();
        history.set_reach(Behind { seconds: Duration::from_secs(100), writes: 2 });
        // State 0 stood until second 10, state 1 until 20, state 2 (which time changed) until 30.
        history.keep(&state(0), at(10), true);
        history.keep(&state(1), at(20), true);
        history.keep(&state(2), at(30), false);
        let time = |seconds| Behind::time(Duration::from_secs(seconds));
        assert_eq!(seen(&mut history, time(1), 35), None, "nothing has changed since");
        assert_eq!(seen(&mut history, time(6), 35), Some(2));
        assert_eq!(seen(&mut history, time(16), 35), Some(1));
        assert_eq!(seen(&mut history, time(99), 35), Some(0));
        assert_eq!(seen(&mut history, Behind::writes(1), 35), Some(1));
        assert_eq!(seen(&mut history, Behind::writes(2), 35), Some(0));
        assert_eq!(seen(&mut history, Behind::writes(9), 35), Some(0));
        let both = Behind { seconds: Duration::from_secs(6), writes: 1 };
        assert_eq!(seen(&mut history, both, 35), Some(1));
        assert_eq!(seen(&mut history, Behind::default(), 35), None);
    }

    #[test]
    fn what_nobody_may_look_at_is_not_kept() {
        let mut history = History::default();
        assert!(!history.is_kept());
        history.set_reach(Behind { seconds: Duration::from_secs(10), writes: 1 });
        for second in 0..50 {
            history.keep(&state(0), at(second), true);
        }
        assert_eq!(history.past.len(), 10);
        for _ in 0..1000 {
            history.keep(&state(0), at(50), true);
        }
        assert_eq!(history.past.len(), MOST_KEPT);
        history.forget_last();
        history.set_reach(Behind::default());
        assert!(history.past.is_empty());
    }
}
