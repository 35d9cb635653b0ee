//! Where a run ends: at which of its calls, and what becomes of that call.
//!
//! A [`Run`] is one life of a program whose calls to the outside pass through it, whatever they go to: it numbers them in
//! the order in which they begin, remembers them, and at one of them lets the program die. From then on no call of that
//! life leaves any more, at whichever edge. The call and those after it never return; whoever waits for [`Run::crashed`]
//! drops the program with its runtime, as a crash would.
//!
//! Nothing here knows Kubernetes or AWS. What it does not do: it does not delay calls, reorder them or answer errors, and
//! it does not stop what needs no call: a watch that was open goes on bringing events until the runtime is dropped.

use std::fmt;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex, MutexGuard};

use futures::future::BoxFuture;
use tokio::sync::watch;

/// The how-manieth call of a run; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallNumber(pub u64);

impl fmt::Display for CallNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What becomes of the call at which a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It never left.
    NotSent,
    /// It left and is under way; it lands when [`Run::deliver`] says so, however long after the crash.
    LandsLater,
    /// It was carried out, and nobody heard the answer.
    ReplyLost,
    /// It was carried out and answered; no later call leaves.
    Replied,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NotSent, Self::LandsLater, Self::ReplyLost, Self::Replied];
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "not-sent",
            Self::LandsLater => "lands-later",
            Self::ReplyLost => "reply-lost",
            Self::Replied => "replied",
        })
    }
}

/// A call and its fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrashPoint {
    /// Which call.
    pub call: CallNumber,
    /// What becomes of it.
    pub fate: Fate,
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.call, self.fate)
    }
}

/// A call as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Where it goes: `kubernetes`, `aws`.
    pub edge: &'static str,
    /// What it does there: `patch vpcpeerings/status`, `CreateRoute`.
    pub operation: String,
    /// On what: `default/orders`, `rtb-1`.
    pub target: String,
    /// Whether it can change anything there.
    pub writes: bool,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.edge, self.operation, self.target)
    }
}

/// One life of a program, seen from its calls. Cheap to clone.
#[derive(Clone)]
pub struct Run(Arc<Inner>);

struct Inner {
    crash: Option<CrashPoint>,
    state: Mutex<State>,
    crashed: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    is_over: bool,
    under_way: Option<BoxFuture<'static, ()>>,
}

enum Admission {
    Pass,
    Last(Fate),
    Over,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("crash", &self.0.crash)
            .field("calls", &self.calls().len())
            .finish_non_exhaustive()
    }
}

impl Run {
    /// A run that only records.
    #[must_use]
    pub fn recording() -> Self {
        Self::new(None)
    }

    /// A run that ends at `point`, if it comes that far.
    #[must_use]
    pub fn crashing_at(point: CrashPoint) -> Self {
        Self::new(Some(point))
    }

    fn new(crash: Option<CrashPoint>) -> Self {
        let (crashed, _) = watch::channel(false);
        Self(Arc::new(Inner { crash, state: Mutex::default(), crashed }))
    }

    /// Carries out `perform` for `call`, unless the run is over or ends here. Never returns then, but for the answer of a
    /// call whose fate is [`Fate::Replied`].
    ///
    /// `perform` must not need the runtime that the program lives in: it may land after that is gone.
    pub async fn pass<T, F>(&self, call: Call, perform: F) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        match self.admit(call) {
            Admission::Pass => {
                let reply = perform.await;
                // A crash at another call while this one was carried out: its answer finds nobody.
                if self.has_crashed() {
                    return pending().await;
                }
                reply
            }
            Admission::Over => pending().await,
            Admission::Last(fate) => self.end(fate, perform).await,
        }
    }

    async fn end<T, F>(&self, fate: Fate, perform: F) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        match fate {
            Fate::NotSent => {}
            Fate::LandsLater => {
                let landing = async { drop(perform.await) };
                self.state().under_way = Some(Box::pin(landing));
            }
            Fate::ReplyLost => drop(perform.await),
            Fate::Replied => {
                let reply = perform.await;
                self.0.crashed.send_replace(true);
                return reply;
            }
        }
        self.0.crashed.send_replace(true);
        pending().await
    }

    fn admit(&self, call: Call) -> Admission {
        let mut state = self.state();
        if state.is_over {
            return Admission::Over;
        }
        state.calls.push(call);
        let number = state.calls.len() as u64;
        match self.0.crash {
            Some(CrashPoint { call: CallNumber(last), fate }) if last == number => {
                state.is_over = true;
                Admission::Last(fate)
            }
            Some(_) | None => Admission::Pass,
        }
    }

    /// Whether the run has ended at its crash point.
    #[must_use]
    pub fn has_crashed(&self) -> bool {
        *self.0.crashed.borrow()
    }

    /// Resolves when the run has ended at its crash point; never, if it does not come that far.
    pub async fn crashed(&self) {
        let mut crashed = self.0.crashed.subscribe();
        if crashed.wait_for(|crashed| *crashed).await.is_err() {
            pending::<()>().await;
        }
    }

    /// Lets the call that was under way land. False when there is none, or it has landed.
    pub async fn deliver(&self) -> bool {
        let under_way = self.state().under_way.take();
        match under_way {
            Some(call) => {
                call.await;
                true
            }
            None => false,
        }
    }

    /// Whether a call of this run is still to land.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.state().under_way.is_some()
    }

    /// The calls so far, the first of them number 1; those that came after the end are not among them.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// Every place where a run with these calls can end.
    #[must_use]
    pub fn crash_points(&self) -> Vec<CrashPoint> {
        let calls = 1..=self.state().calls.len() as u64;
        calls
            .flat_map(|call| Fate::ALL.map(|fate| CrashPoint { call: CallNumber(call), fate }))
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panics while holding it")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::FutureExt;

    use super::*;

    fn call(target: &str) -> Call {
        Call { edge: "test", operation: "add".to_owned(), target: target.to_owned(), writes: true }
    }

    /// Makes three calls that each add one, and says how many answers came back.
    async fn program(run: Run, sum: Arc<AtomicU64>, answers: Arc<AtomicU64>) {
        for target in ["a", "b", "c"] {
            let sum = sum.clone();
            run.pass(call(target), async move { sum.fetch_add(1, Ordering::Relaxed) }).await;
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn until_crash(fate: Fate) -> (Run, Arc<AtomicU64>, u64) {
        let run = Run::crashing_at(CrashPoint { call: CallNumber(2), fate });
        let (sum, answers) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let program = tokio::spawn(program(run.clone(), sum.clone(), answers.clone()));
        run.crashed().await;
        tokio::task::yield_now().await;
        program.abort();
        assert!(program.await.unwrap_err().is_cancelled(), "a parked call returned");
        let answers = answers.load(Ordering::Relaxed);
        (run, sum, answers)
    }

    #[tokio::test]
    async fn a_run_without_a_crash_records_its_calls() {
        let run = Run::recording();
        let sum = Arc::new(AtomicU64::new(0));
        program(run.clone(), sum.clone(), Arc::default()).await;
        assert_eq!(sum.load(Ordering::Relaxed), 3);
        let targets: Vec<_> = run.calls().into_iter().map(|call| call.target).collect();
        assert_eq!(targets, ["a", "b", "c"]);
        assert_eq!(run.crash_points().len(), 12);
        assert!(run.crashed().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_call_that_was_not_sent_does_nothing() {
        let (run, sum, answers) = until_crash(Fate::NotSent).await;
        assert_eq!((sum.load(Ordering::Relaxed), answers), (1, 1));
        assert!(!run.deliver().await);
    }

    #[tokio::test]
    async fn a_late_call_lands_once_and_on_command() {
        let (run, sum, answers) = until_crash(Fate::LandsLater).await;
        assert_eq!((sum.load(Ordering::Relaxed), answers), (1, 1));
        assert!(run.deliver().await);
        assert_eq!(sum.load(Ordering::Relaxed), 2);
        assert!(!run.deliver().await);
    }

    #[tokio::test]
    async fn a_lost_reply_leaves_what_was_done() {
        let (_, sum, answers) = until_crash(Fate::ReplyLost).await;
        assert_eq!((sum.load(Ordering::Relaxed), answers), (2, 1));
    }

    #[tokio::test]
    async fn after_a_reply_no_call_leaves() {
        let (run, sum, answers) = until_crash(Fate::Replied).await;
        assert_eq!((sum.load(Ordering::Relaxed), answers), (2, 2));
        assert_eq!(run.calls().len(), 2);
    }

    #[tokio::test]
    async fn a_run_that_is_over_lets_nothing_pass_at_any_edge() {
        let (run, _, _) = until_crash(Fate::NotSent).await;
        let other = Call { edge: "other", ..call("d") };
        assert!(run.pass(other, async {}).now_or_never().is_none());
        assert_eq!(run.calls().len(), 2);
    }
}
