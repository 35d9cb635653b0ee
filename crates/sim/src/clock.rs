//! The time of a world: real, scaled or stepped, on one formula.
//!
//! World time drives states, lingering and expiry of what stands in the world. Wall time is the clock it is derived
//! from: credentials and page tokens expire by it, and the ledger shows it beside world time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use peerway_model::clock::{after, since};
use peerway_model::{Clock, Timestamp};

/// A world's clock: `start + (wall - wall at the start) × speed + what was advanced by hand`. Clones share the last part.
#[derive(Debug, Clone)]
pub struct SimClock {
    wall: Clock,
    start: Timestamp,
    speed: f64,
    advanced: Arc<Mutex<Duration>>,
}

impl SimClock {
    /// World time is wall time.
    #[must_use]
    pub fn real(wall: Clock) -> Self {
        Self::scaled(wall, 1.0)
    }

    /// World time starts at wall time and runs `speed` times as fast. Without a sense for negative speeds: those stand.
    #[must_use]
    pub fn scaled(wall: Clock, speed: f64) -> Self {
        let start = wall.now();
        Self { wall, start, speed: speed.max(0.0), advanced: Arc::default() }
    }

    /// World time moves only by [`advance`](Self::advance); wall time stands at `start`.
    #[must_use]
    pub fn stepped(start: Timestamp) -> Self {
        Self::scaled(Clock::new(move || start), 0.0)
    }

    /// The world's present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed = since(self.wall.now(), self.start);
        // A duration too long for the product means a clock gone wild: time stands at its end, it does not panic.
        let scaled = Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.speed)
            .unwrap_or(Duration::MAX);
        let elapsed = if self.speed.to_bits() == 1.0_f64.to_bits() { elapsed } else { scaled };
        after(after(self.start, elapsed), *self.lock())
    }

    /// The moment on the clock that this one is derived from.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        self.wall.now()
    }

    /// Moves the world's time forward, whatever kind of clock it is.
    pub fn advance(&self, by: Duration) {
        let mut advanced = self.lock();
        *advanced = advanced.saturating_add(by);
    }

    /// A clock of its own that shows the same time now and is advanced apart from this one.
    pub(crate) fn fork(&self) -> Self {
        let advanced = Arc::new(Mutex::new(*self.lock()));
        Self { advanced, ..self.clone() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Duration> {
        self.advanced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SimClock {
    /// Stepped, from the first moment of 2026.
    fn default() -> Self {
        Self::stepped(Timestamp::constant(1_767_225_600, 0))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn wall_that_can_be_set() -> (Clock, Arc<AtomicI64>) {
        let second = Arc::new(AtomicI64::new(1000));
        let shown = Arc::clone(&second);
        (Clock::new(move || at(shown.load(Ordering::Relaxed))), second)
    }

    #[test]
    fn a_stepped_clock_stands_until_it_is_advanced() {
        let clock = SimClock::stepped(at(50));
        let same = clock.clone();
        clock.advance(Duration::from_secs(7));
        assert_eq!((clock.now(), same.now(), clock.wall()), (at(57), at(57), at(50)));
    }

    #[test]
    fn a_scaled_clock_runs_faster_than_the_wall_and_can_be_advanced_too() {
        let (wall, second) = wall_that_can_be_set();
        let clock = SimClock::scaled(wall.clone(), 60.0);
        let real = SimClock::real(wall);
        second.store(1010, Ordering::Relaxed);
        assert_eq!((clock.now(), real.now(), clock.wall()), (at(1600), at(1010), at(1010)));
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), at(1605));
    }

    #[test]
    fn a_fork_is_advanced_apart() {
        let clock = SimClock::stepped(at(0));
        let fork = clock.fork();
        fork.advance(Duration::from_secs(9));
        assert_eq!((clock.now(), fork.now()), (at(0), at(9)));
    }

    #[test]
    fn no_wall_and_no_step_is_too_far() {
        let (wall, second) = wall_that_can_be_set();
        let clock = SimClock::scaled(wall, f64::MAX);
        second.store(0, Ordering::Relaxed);
        assert_eq!(clock.now(), at(1000), "a wall that goes back does not take the world with it");
        second.store(5000, Ordering::Relaxed);
        assert_eq!(clock.now(), Timestamp::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
