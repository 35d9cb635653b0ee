//! One part of one place: the last read, its failure, and at most one read under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use peerway_model::clock::after;
use peerway_model::{AwsFailure, Change, Clock, FailureKind, Item, Part, Reading, Timestamp};
use tokio::sync::oneshot;

/// What a finished read means for those who are waiting to be woken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing differs.
    Same,
    /// These items differ.
    Differs(Vec<Change>),
    /// The part became unreadable, or for another reason than before, or readable again.
    Readability,
}

/// A read of every item.
pub(super) type List<T> = BoxFuture<'static, Result<Vec<T>, AwsFailure>>;

pub(super) struct Slot<T: Item> {
    state: Mutex<State<T>>,
    clock: Clock,
    /// How long a read may take in all, so that nobody waits for ever.
    limit: Duration,
}

struct State<T: Item> {
    part: Option<Arc<Part<T>>>,
    /// The last failure, with the moment its read began; forgotten with the next success.
    failure: Option<(AwsFailure, Timestamp)>,
    flight: Option<Shared<BoxFuture<'static, ()>>>,
    /// Our writes since the last complete read began.
    touched: Vec<(T::Id, Timestamp)>,
    /// When the last read began.
    begun_at: Timestamp,
    /// Nobody is answered from a read that began before this: our own last write.
    written_at: Timestamp,
    unsettled_until: Timestamp,
}

impl<T: Item> Slot<T> {
    pub(super) fn new(clock: Clock, limit: Duration, unsettled_until: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                part: None,
                failure: None,
                flight: None,
                touched: Vec::new(),
                begun_at: Timestamp::MIN,
                written_at: Timestamp::MIN,
                unsettled_until,
            }),
            clock,
            limit,
        })
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The part as of a read that began no earlier than `not_older_than`, nor than our own last write. Joins a read under
    /// way if that is young enough, else waits for it to end and starts the next.
    pub(super) async fn get(
        self: &Arc<Self>,
        not_older_than: Timestamp,
        list: impl Fn(Option<Arc<Part<T>>>) -> List<T>,
        tell: impl Fn(Outcome) + Send + Sync + Clone + 'static,
    ) -> Reading<T> {
        loop {
            let flight = {
                let mut state = self.state();
                if let Some(reading) = state.answer(not_older_than) {
                    return reading;
                }
                if let Some(flight) = &state.flight {
                    flight.clone()
                } else {
                    let list = list(state.part.clone());
                    self.start(&mut state, list, tell.clone())
                }
            };
            flight.await;
        }
    }

    fn start(
        self: &Arc<Self>,
        state: &mut State<T>,
        list: List<T>,
        tell: impl FnOnce(Outcome) + Send + 'static,
    ) -> Shared<BoxFuture<'static, ()>> {
        let (landed, landing) = oneshot::channel();
        let begun_at = self.clock.now().max(state.written_at);
        state.begun_at = begun_at;
        let slot = self.clone();
        // A task of its own: whoever asked first may lose interest, the others must still get their answer.
        let task = tokio::spawn(tokio::time::timeout(self.limit, list));
        tokio::spawn(async move {
            let result = match task.await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(AwsFailure::new(
                    "List",
                    FailureKind::Unreachable,
                    None,
                    &format!("the {} could not be read within {:?}", T::KIND, slot.limit),
                    None,
                )),
                Err(panic) => Err(AwsFailure::new(
                    "List",
                    FailureKind::Other,
                    None,
                    &format!("reading the {} ended without an answer: {panic}", T::KIND),
                    None,
                )),
            };
            let outcome = slot.state().land(begun_at, slot.clock.now(), result);
            let _ = landed.send(());
            tell(outcome);
        });
        let flight = landing.map(|_| ()).boxed().shared();
        state.flight = Some(flight.clone());
        flight
    }

    /// Notes a write of ours that was answered at this moment.
    pub(super) fn touch(&self, id: T::Id) {
        let mut state = self.state();
        state.write(self.clock.now());
        let written_at = state.written_at;
        state.touched.push((id, written_at));
    }
}

/// What can be asked of a part whatever is in it.
pub(super) trait AnySlot {
    /// Which row of items was read last: grows whenever they differ from those before.
    fn revision(&self) -> Option<u64>;

    /// Whether whoever wants it no older than that is answered at once, with this revision.
    fn is_still(&self, revision: u64, not_older_than: Timestamp) -> bool;

    /// Notes a write of ours whose outcome we do not know: it may still land for as long as `landing`.
    fn touch_unknown(&self, landing: Duration);
}

impl<T: Item> AnySlot for Slot<T> {
    fn revision(&self) -> Option<u64> {
        self.state().part.as_ref().map(|part| part.revision)
    }

    fn is_still(&self, revision: u64, not_older_than: Timestamp) -> bool {
        let state = self.state();
        let oldest = not_older_than.max(state.written_at);
        let is_same = |part: &Arc<Part<T>>| part.revision == revision && part.begun_at >= oldest;
        state.failure.is_none() && state.part.as_ref().is_some_and(is_same)
    }

    fn touch_unknown(&self, landing: Duration) {
        let now = self.clock.now();
        let mut state = self.state();
        state.write(now);
        state.unsettled_until = state.unsettled_until.max(after(now, landing));
    }
}

impl<T: Item> State<T> {
    /// Notes a write: no read begun before it counts any more, also where the clock cannot tell which came first.
    fn write(&mut self, now: Timestamp) {
        let begun_before = after(self.begun_at, Duration::from_nanos(1));
        self.written_at = self.written_at.max(now).max(begun_before);
    }

    fn answer(&self, not_older_than: Timestamp) -> Option<Reading<T>> {
        let not_older_than = not_older_than.max(self.written_at);
        if let Some(part) = self.part.as_ref().filter(|part| part.begun_at >= not_older_than) {
            return Some(Reading::read(part.clone()));
        }
        let (failure, _) =
            self.failure.as_ref().filter(|(_, begun_at)| *begun_at >= not_older_than)?;
        Some(Reading { part: self.part.clone(), failure: Some(failure.clone()) })
    }

    fn land(
        &mut self,
        begun_at: Timestamp,
        ended_at: Timestamp,
        result: Result<Vec<T>, AwsFailure>,
    ) -> Outcome {
        self.flight = None;
        let items = match result {
            Ok(items) => items,
            Err(failure) => {
                let is_news =
                    self.failure.as_ref().is_none_or(|(before, _)| !before.is_like(&failure));
                self.failure = Some((failure, begun_at));
                return if is_news { Outcome::Readability } else { Outcome::Same };
            }
        };
        let was_unreadable = self.failure.take().is_some();
        let seen: Vec<T::Id> =
            self.touched.extract_if(.., |(_, at)| *at <= begun_at).map(|(id, _)| id).collect();
        let (part, changes) = match &self.part {
            None => (Part::first(items, begun_at, ended_at, self.unsettled_until), Vec::new()),
            Some(before) => before.next(items, begun_at, ended_at, seen, self.unsettled_until),
        };
        self.part = Some(Arc::new(part));
        if was_unreadable {
            Outcome::Readability
        } else if changes.is_empty() {
            Outcome::Same
        } else {
            Outcome::Differs(changes)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use peerway_model::{NatConnectivity, NatGateway};

    use super::*;
    use crate::clock::tokio_clock;

    const LIMIT: Duration = Duration::from_mins(1);

    /// A part whose reads take a second each and are counted.
    struct Counted {
        slot: Arc<Slot<NatGateway>>,
        reads: Arc<AtomicUsize>,
        clock: Clock,
    }

    impl Counted {
        fn new() -> Self {
            let clock = tokio_clock(Timestamp::UNIX_EPOCH);
            Self {
                slot: Slot::new(clock.clone(), LIMIT, Timestamp::MIN),
                reads: Arc::default(),
                clock,
            }
        }

        async fn get(&self, not_older_than: Timestamp) -> Reading<NatGateway> {
            let reads = self.reads.clone();
            let list = move |_| {
                let reads = reads.clone();
                async move {
                    reads.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Ok(vec![NatGateway {
                        id: "nat-0000000a".parse().unwrap(),
                        vpc: "vpc-00000001".parse().unwrap(),
                        connectivity: NatConnectivity::Public,
                    }])
                }
                .boxed()
            };
            self.slot.get(not_older_than, list, |_| ()).await
        }

        fn count(&self) -> usize {
            self.reads.load(Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_demands_at_once_are_one_read() {
        let part = Counted::new();
        let now = part.clock.now();
        let readings = futures::future::join_all((0..100).map(|_| part.get(now))).await;
        assert_eq!(part.count(), 1);
        assert!(readings.iter().all(|reading| reading.current().is_ok()));
        part.get(now).await;
        assert_eq!(part.count(), 1, "an old demand is answered from what is there");
    }

    #[tokio::test(start_paused = true)]
    async fn a_demand_after_our_write_joins_only_a_read_begun_after_it() {
        let part = Arc::new(Counted::new());
        let early = part.get(part.clock.now());
        let late = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            part.slot.touch("nat-0000000a".parse().unwrap());
            let wrote_at = part.clock.now();
            let reading = part.get(Timestamp::MIN).await;
            assert!(reading.current().unwrap().begun_at >= wrote_at);
        };
        futures::join!(early, late);
        assert_eq!(part.count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_started_the_read_may_go_away() {
        let part = Arc::new(Counted::new());
        let now = part.clock.now();
        let first = tokio::time::timeout(Duration::from_millis(100), part.get(now)).await;
        assert!(first.is_err());
        assert!(part.get(now).await.current().is_ok());
        assert_eq!(part.count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_hangs_or_panics_is_a_failure_beside_the_old_part() {
        let part = Counted::new();
        part.get(part.clock.now()).await;
        let old = part.slot.state().part.clone().unwrap().begun_at;
        tokio::time::sleep(Duration::from_secs(10)).await;
        for list in [(|| futures::future::pending().boxed()) as fn() -> List<NatGateway>, || {
            async { panic!("on purpose") }.boxed()
        }] {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let reading = part.slot.get(part.clock.now(), |_| list(), |_| ()).await;
            assert!(reading.current().is_err());
            assert_eq!(reading.part.unwrap().begun_at, old);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        part.get(part.clock.now()).await.current().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_is_still_so_until_it_is_old_written_to_or_unreadable() {
        let part = Counted::new();
        let begun = part.clock.now();
        assert!(!part.slot.is_still(1, begun), "nothing was read yet");
        part.get(begun).await;
        assert!(part.slot.is_still(1, begun));
        assert!(!part.slot.is_still(2, begun));
        assert!(!part.slot.is_still(1, part.clock.now()), "it is older than that");
        part.slot.touch("nat-0000000a".parse().unwrap());
        assert!(!part.slot.is_still(1, begun), "it was written to");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let again = part.clock.now();
        part.get(again).await;
        assert!(part.slot.is_still(1, again));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let denied = |_| {
            async { Err(AwsFailure::new("List", FailureKind::Denied, None, "no", None)) }.boxed()
        };
        part.slot.get(part.clock.now(), denied, |_| ()).await;
        assert!(!part.slot.is_still(1, again), "the last read failed");
    }

    #[tokio::test(start_paused = true)]
    async fn one_failure_answers_everybody_who_asked_before_it() {
        let part = Counted::new();
        let asked = part.clock.now();
        let calls = Arc::new(AtomicUsize::new(0));
        for _ in 0..3 {
            let calls = calls.clone();
            let list = move |_| {
                calls.fetch_add(1, Ordering::SeqCst);
                async {
                    Err(AwsFailure::new(
                        "DescribeNatGateways",
                        FailureKind::Denied,
                        None,
                        "no",
                        None,
                    ))
                }
                .boxed()
            };
            assert!(part.slot.get(asked, list, |_| ()).await.current().is_err());
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
