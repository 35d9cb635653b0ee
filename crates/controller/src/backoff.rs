//! How long to leave an object alone after trouble, and how to keep many from coming back at once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::object::ObjectKey;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);

/// Failures in a row, by object.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: Mutex<HashMap<ObjectKey, u32>>,
}

impl Backoff {
    fn failures(&self) -> MutexGuard<'_, HashMap<ObjectKey, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a failure; how long to wait now.
    pub(crate) fn failed(&self, key: &ObjectKey) -> Duration {
        let mut failures = self.failures();
        let count = failures.entry(key.clone()).or_default();
        *count = count.saturating_add(1);
        delay(*count, spread(&(key, *count)))
    }

    /// Forgets the failures of an object that is well, or gone.
    pub(crate) fn succeeded(&self, key: &ObjectKey) {
        self.failures().remove(key);
    }
}

/// Doubling from one second to five minutes, of which a share between a half and the whole is waited.
fn delay(failures: u32, share: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    doubled.mul_f64(0.5 + share / 2.0)
}

/// `period` ± 10 %, by a factor of `what` of its own.
pub(crate) fn jittered(period: Duration, what: &impl Hash) -> Duration {
    period.mul_f64(0.9 + spread(what) / 5.0)
}

/// A number in 0..1 that differs from thing to thing, and is the same each time.
fn spread(what: &impl Hash) -> f64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    f64::from(u32::try_from(hasher.finish() >> 32).expect("32 bits fit")) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use peerway_model::OwnerKind;

    use super::*;

    fn key() -> ObjectKey {
        ObjectKey { kind: OwnerKind::VpcPeering, namespace: "a".to_owned(), name: "b".to_owned() }
    }

    #[test]
    fn delays_double_to_a_limit_and_start_over_after_success() {
        let backoff = Backoff::default();
        let delays: Vec<Duration> = (0..20).map(|_| backoff.failed(&key())).collect();
        assert!(delays[0] >= FIRST / 2 && delays[0] <= FIRST);
        assert!(delays[5] > delays[2]);
        assert!(delays.iter().all(|delay| *delay <= LONGEST));
        assert!(delays[19] >= LONGEST / 2);
        backoff.succeeded(&key());
        assert!(backoff.failed(&key()) <= FIRST);
    }

    #[test]
    fn jitter_stays_within_a_tenth_and_differs() {
        let period = Duration::from_secs(100);
        let jitters: Vec<Duration> = (0..50).map(|number| jittered(period, &number)).collect();
        assert!(jitters.iter().all(|j| *j >= period * 9 / 10 && *j <= period * 11 / 10));
        assert!(jitters.iter().any(|j| *j < period) && jitters.iter().any(|j| *j > period));
    }
}
