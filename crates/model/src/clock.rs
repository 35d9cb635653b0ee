//! Time as data. Nothing below the binary asks the machine for the time: it is handed a [`Clock`], so that a test can
//! pause it, and controller and simulated world agree on it.

use std::fmt;
use std::sync::Arc;

/// A moment in UTC.
pub type Timestamp = jiff::Timestamp;

/// Tells the time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// `later - earlier` as a duration that is zero where the order is reversed.
#[must_use]
pub fn since(later: Timestamp, earlier: Timestamp) -> std::time::Duration {
    later.duration_since(earlier).try_into().unwrap_or_default()
}

/// `moment + duration`, at most the end of time.
#[must_use]
pub fn after(moment: Timestamp, duration: std::time::Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// `moment - duration`, at least the beginning of time.
#[must_use]
pub fn before(moment: Timestamp, duration: std::time::Duration) -> Timestamp {
    moment.checked_sub(duration).unwrap_or(Timestamp::MIN)
}
