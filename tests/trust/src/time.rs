//! One time for everything on a thread: controller, API server and world.
//!
//! It goes on from runtime to runtime: each life of a controller has a runtime of its own, whose paused time begins anew.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use peerway_model::clock::after;
use peerway_model::{Clock, Timestamp};
use tokio::time::Instant;

/// The first moment of 2026.
const BEGINNING: Timestamp = Timestamp::constant(1_767_225_600, 0);

thread_local! {
    /// The moment at which the present runtime began, and its own name for it; nothing between two runtimes.
    static TIME: Cell<(Timestamp, Option<Instant>)> = const { Cell::new((BEGINNING, None)) };
}

/// The present moment of this thread.
#[must_use]
pub fn now() -> Timestamp {
    let (moment, begun) = TIME.get();
    begun.map_or(moment, |begun| after(moment, begun.elapsed()))
}

/// The clock that everything is given.
#[must_use]
pub fn clock() -> Clock {
    Clock::new(now)
}

/// Sets the time of this thread, between two lives.
pub fn set(moment: Timestamp) {
    TIME.set((moment, None));
}

/// The beginning of time.
#[must_use]
pub fn beginning() -> Timestamp {
    BEGINNING
}

/// Runs `life` in a runtime of its own with paused time, which goes on from the thread's present moment. Whatever the
/// runtime still holds afterwards is dropped, as in a crash.
pub fn within<T>(life: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without drivers can be built");
    let result = runtime.block_on(async {
        let (moment, _) = TIME.get();
        TIME.set((moment, Some(Instant::now())));
        let result = life.await;
        set(now());
        result
    });
    drop(runtime);
    result
}

/// Lets time pass between two lives.
pub fn pass(duration: Duration) {
    set(after(now(), duration));
}
