//! The clock of a running program.

use peerway_model::clock::after;
use peerway_model::{Clock, Timestamp};
use tokio::time::Instant;

/// A clock that starts at `epoch` and runs with tokio's, so that pausing tokio's time pauses it too.
#[must_use]
pub fn tokio_clock(epoch: Timestamp) -> Clock {
    let start = Instant::now();
    Clock::new(move || after(epoch, start.elapsed()))
}
