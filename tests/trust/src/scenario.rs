//! Scenarios, and how they are played: once without a fault, then once for every place where the controller can die.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use peerway_memory_api::crash::{Call, CallNumber, CrashPoint, Fate, Run};

use crate::end::End;
use crate::judge::Judge;
use crate::life::{Life, Tuning};
use crate::stage::Stage;

/// How long nothing must be written until all is quiet: longer than a poll takes to come round.
pub const QUIET: Duration = Duration::from_secs(40);
/// The same where it is checked whether it stays so: longer than a visit takes to come round.
const LONG_QUIET: Duration = Duration::from_secs(400);
/// How long it may take.
const LIMIT: Duration = Duration::from_mins(30);
/// How long a controller runs before anything happens: its first views are confirmed then.
const WARM: Duration = Duration::from_secs(45);
/// A late call lands at the latest so long behind the start of the next life: the lease lapses in 30 s, and calls may
/// land until the takeover is over, 30 s later.
const LATEST: Duration = Duration::from_secs(55);
/// By then the lease of the dead has lapsed, the takeover is over, and the next has had its first confirmed views.
const TAKEN_OVER: Duration = Duration::from_secs(80);

/// More reads than a poll of everything is, in two places.
const POLL_OF_EVERYTHING: usize = 30;

/// What must hold when all is quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Every object is Ready.
    Ready,
    /// Every object is Ready, and the estate is as it was before the change.
    AsBefore,
    /// Nothing but rest, and no harm.
    Any,
    /// No peering is left, and the estate is as it was in the beginning.
    Gone,
    /// No peering is left, and what it made stays.
    Released,
}

/// The second step of a scenario.
#[derive(Clone, Copy)]
pub struct Step {
    /// What must hold first.
    pub once: fn(&Stage) -> bool,
    /// What happens.
    pub change: fn(&Stage),
}

/// What stands before a scenario without being Ready, and for how long.
#[derive(Clone, Copy)]
pub struct Aged {
    /// What must hold first.
    pub once: fn(&Stage) -> bool,
    /// How long no controller runs then.
    pub by: Duration,
}

/// Something that happens while a controller runs.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The world it begins in.
    pub estate: &'static str,
    /// What is applied, and has become Ready, before it begins.
    pub before: fn(&Stage),
    /// What that comes to instead, where it does not become Ready.
    pub aged: Option<Aged>,
    /// What happens.
    pub change: fn(&Stage),
    /// What happens while no controller runs; without a crash, once all is Ready.
    pub between: Option<fn(&Stage)>,
    /// What happens once all is quiet and that holds.
    pub then: Option<Step>,
    /// What must hold in the end.
    pub goal: Goal,
    /// What does not hold in the end, beside that.
    pub also: fn(&Stage) -> Vec<String>,
    /// Whether it is played by somebody's hands in AWS, who would be stopped by others' hands.
    pub is_by_hand: bool,
}

/// When a call lands that was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// Before the next life begins.
    Before,
    /// Behind the next life's first write to AWS, or when it is about to trust what it sees.
    BehindFirstWrite,
}

/// One replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// Where it dies.
    pub point: CrashPoint,
    /// When the call lands that was under way, if one was.
    pub landing: Landing,
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.point)?;
        if self.point.fate == Fate::LandsLater && self.landing == Landing::BehindFirstWrite {
            f.write_str("-behind-first-write")?;
        }
        Ok(())
    }
}

impl Scenario {
    /// Plays it with two controllers that both lead, the clock of one ahead of the other's.
    ///
    /// # Errors
    /// What does not hold.
    pub fn play_by_two(&self, ahead: Duration) -> Result<u64, String> {
        let mut stage = Stage::new(self.estate, None);
        self.prepare(&mut stage)?;
        let before = end_of(&stage);
        let judge = Judge::new(&stage);
        let tuning = Tuning { is_leased: false, needs_lease: false, ..Tuning::default() };
        let writes = crate::time::within(async {
            let start =
                |tuning, name| Life::start(&stage, tuning, Run::recording(), judge.clone(), name);
            let one = start(tuning, "one");
            let other = start(Tuning { ahead, ..tuning }, "other");
            tokio::time::sleep(WARM).await;
            (self.change)(&stage);
            let is_there =
                || self.holds(&stage) && other.quiet_for(crate::time::beginning()) >= LONG_QUIET;
            if !one.rests(LONG_QUIET, LIMIT, is_there).await {
                return Err(format!("it does not come to rest: {}", stage.words()));
            }
            let written = |life: &Life| life.writes();
            let before = (written(&one), written(&other));
            tokio::time::sleep(LONG_QUIET).await;
            if before != (written(&one), written(&other)) {
                return Err("two controllers do not leave each other's work alone".to_owned());
            }
            Ok(judge.writes().len() as u64)
        })?;
        let end = end_of(&stage);
        let mut problems = self.problems(&stage, &judge, &end);
        if self.goal == Goal::AsBefore {
            problems.extend(before.estate_differences(&end));
        }
        // Two come to what one comes to.
        if matches!(self.goal, Goal::Ready | Goal::Released) {
            let alone = self.record(Tuning::default())?.end;
            problems.extend(alone.estate_differences(&end));
        }
        if problems.is_empty() { Ok(writes) } else { Err(problems.join("\n")) }
    }
}

/// A scenario that has been played without a fault.
pub struct Recorded<'a> {
    scenario: &'a Scenario,
    stage: Stage,
    end: End,
    calls: Vec<Call>,
    /// How many of the calls came before the change.
    first: usize,
    tuning: Tuning,
}

impl Scenario {
    /// Plays it without a fault.
    ///
    /// # Errors
    /// What does not hold.
    pub fn record(&self, tuning: Tuning) -> Result<Recorded<'_>, String> {
        let mut stage = Stage::new(self.estate, tuning.denied);
        self.prepare(&mut stage)?;
        let played = stage.fork();
        let run = Run::recording();
        let judge = Judge::new(&played);
        let mut last = None;
        let first = crate::time::within(async {
            let life = Life::start(&played, tuning, run.clone(), judge.clone(), "first");
            tokio::time::sleep(WARM).await;
            let first = run.calls().len();
            (self.change)(&played);
            if let Some(between) = self.between {
                if !life.rests(QUIET, LIMIT, || played.is_ready()).await {
                    return Err(format!("it does not become Ready: {}", played.words()));
                }
                last = Some(run.calls().len());
                between(&played);
            }
            // The record of routes is tidied by the next visit that comes round by itself.
            if !life.rests(LONG_QUIET, LIMIT, || self.holds(&played)).await {
                return Err(format!("it does not come to rest: {}", played.words()));
            }
            Ok(first)
        })?;
        let mut calls = run.calls();
        calls.truncate(last.unwrap_or(usize::MAX));
        let end = end_of(&played);
        let mut problems = self.problems(&played, &judge, &end);
        if self.goal == Goal::AsBefore {
            let left = end_of(&stage).estate_differences(&end);
            problems.extend(left.into_iter().map(|line| format!("not as before: {line}")));
        }
        if !problems.is_empty() {
            return Err(problems.join("\n"));
        }
        Ok(Recorded { scenario: self, stage, end, calls, first, tuning })
    }

    /// Lets what stands before it become Ready, or what else it is to be, and checks that it then stays still.
    fn prepare(&self, stage: &mut Stage) -> Result<(), String> {
        (self.before)(stage);
        let judge = Judge::new(stage);
        let once = self.aged.map_or(Stage::is_ready as fn(&Stage) -> bool, |aged| aged.once);
        crate::time::within(async {
            let life = Life::start(stage, Tuning::default(), Run::recording(), judge, "before");
            if !life.rests(QUIET, LIMIT, || once(stage)).await {
                return Err(format!("it does not become Ready: {}", stage.words()));
            }
            life.stop().await;
            Ok(())
        })?;
        crate::time::pass(self.aged.map_or(Duration::ZERO, |aged| aged.by));
        stage.mark();
        Ok(())
    }

    /// Whether all is as it is to be in the end; takes the second step of the scenario when its time has come.
    #[must_use]
    pub fn holds(&self, stage: &Stage) -> bool {
        if let Some(then) = self.then
            && !stage.has_gone_on()
        {
            if (then.once)(stage) && stage.goes_on() {
                (then.change)(stage);
            }
            return false;
        }
        self.goal.holds(stage)
    }

    fn problems(&self, stage: &Stage, judge: &Judge, end: &End) -> Vec<String> {
        let mut problems = judge.violations();
        problems.extend(stage.refused_since(0));
        problems.extend((self.also)(stage));
        if self.goal == Goal::Gone {
            let untouched = End::untouched(&stage.beginning);
            let left = untouched.estate_differences(end);
            problems.extend(left.into_iter().map(|line| format!("not as it was: {line}")));
        }
        problems
    }
}

impl Goal {
    fn holds(self, stage: &Stage) -> bool {
        match self {
            Self::Ready | Self::AsBefore => stage.is_ready(),
            Self::Gone | Self::Released => stage.has_no_subject(),
            Self::Any => true,
        }
    }
}

impl<'a> Recorded<'a> {
    /// What was played.
    #[must_use]
    pub fn scenario(&self) -> &'a Scenario {
        self.scenario
    }

    /// The stage as it was before anything happened.
    #[must_use]
    pub fn fork(&self) -> Stage {
        self.stage.fork()
    }

    /// The same, where AWS's pages are at most so long.
    #[must_use]
    pub fn fork_with_pages(&self, most: Option<usize>) -> Stage {
        self.stage.fork_with(|settings| settings.page_limit = most)
    }

    /// What the objects noted before anything happened.
    #[must_use]
    pub fn noted(&self) -> String {
        self.stage.noted()
    }

    /// How the end of `stage` differs from that without a fault.
    #[must_use]
    pub fn differences(&self, stage: &Stage) -> Vec<String> {
        self.end.differences(&end_of(stage))
    }

    /// Its calls since the change.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls[self.first..]
    }

    /// One of its calls, counted from the beginning of the life.
    #[must_use]
    pub fn call(&self, number: CallNumber) -> &Call {
        &self.calls[usize::try_from(number.0).expect("it fits") - 1]
    }

    /// Every replay there is: all fates at every write, and one at one read in `sample`, since a read changes nothing,
    /// whether it was sent or answered. Watches, rows of renewals of the lease and reads at rest are left out: each
    /// would be the same as its neighbour.
    #[must_use]
    pub fn replays(&self, sample: usize) -> Vec<Replay> {
        let mut replays = Vec::new();
        for (index, call) in self.calls.iter().enumerate().skip(self.first) {
            let number = CallNumber(index as u64 + 1);
            let before = self.calls[..index].iter().rev().find(|call| call.writes);
            if is_renewal(call) && before.is_some_and(is_renewal) {
                continue;
            }
            if !call.writes {
                let is_left_out = call.operation.starts_with("watch") || index % sample != 0;
                if !is_left_out && !self.is_at_rest(index) {
                    let point = CrashPoint { call: number, fate: Fate::NotSent };
                    replays.push(Replay { point, landing: Landing::Before });
                }
                continue;
            }
            for fate in Fate::ALL {
                let point = CrashPoint { call: number, fate };
                replays.push(Replay { point, landing: Landing::Before });
                if fate == Fate::LandsLater {
                    replays.push(Replay { point, landing: Landing::BehindFirstWrite });
                }
            }
        }
        replays
    }

    /// How many crash points, of all fates at all calls behind the change, are not among these.
    #[must_use]
    pub fn left_out(&self, replays: &[Replay]) -> usize {
        let points: BTreeSet<CrashPoint> = replays.iter().map(|replay| replay.point).collect();
        (self.calls.len() - self.first) * Fate::ALL.len() - points.len()
    }

    /// Whether the call is further than a poll of everything behind the last write, and before the next.
    fn is_at_rest(&self, index: usize) -> bool {
        let from = index.saturating_sub(POLL_OF_EVERYTHING);
        let to = (index + POLL_OF_EVERYTHING).min(self.calls.len());
        !self.calls[from..to].iter().any(|call| call.writes && !is_renewal(call))
    }

    /// Plays it again up to a crash, and on with another controller.
    ///
    /// # Errors
    /// What does not hold.
    pub fn replay(&self, replay: Replay) -> Result<(), String> {
        let stage = self.stage.fork();
        let judge = Judge::new(&stage);
        let run = Run::crashing_at(replay.point);
        crate::time::within(async {
            let _life = Life::start(&stage, self.tuning, run.clone(), judge.clone(), "first");
            tokio::time::sleep(WARM).await;
            (self.scenario.change)(&stage);
            tokio::select! {
                () = run.crashed() => Ok(()),
                () = tokio::time::sleep(LIMIT) => Err("it did not come that far".to_owned()),
            }
        })?;
        // Where two tasks are ready at once their order may differ from the recorded one: the place to die is the number,
        // and what the call of that number was then is as good as any.
        if let Some(between) = self.scenario.between {
            between(&stage);
        }
        crate::time::within(self.afterlife(&stage, &judge, &run, replay.landing))?;
        let end = end_of(&stage);
        let mut problems = self.scenario.problems(&stage, &judge, &end);
        problems.extend(self.end.differences(&end));
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    async fn afterlife(
        &self,
        stage: &Stage,
        judge: &Arc<Judge>,
        dead: &Run,
        landing: Landing,
    ) -> Result<(), String> {
        match landing {
            Landing::Before => {
                dead.deliver().await;
            }
            Landing::BehindFirstWrite => judge.deliver_behind_next_write(dead.clone()),
        }
        let quiet = if dead.is_under_way() { LATEST + QUIET } else { TAKEN_OVER };
        let life = Life::start(stage, self.tuning, Run::recording(), judge.clone(), "second");
        let late = async {
            tokio::time::sleep(LATEST).await;
            dead.deliver().await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            is_quiet = life.rests(quiet, LIMIT, || self.scenario.holds(stage)) => {
                if is_quiet { Ok(()) } else { Err(format!("no rest: {}", stage.words())) }
            }
            () = late => unreachable!("it never ends"),
        }
    }

    /// Lets all be as it is for long: nothing may be written.
    ///
    /// # Errors
    /// What is written.
    pub fn stays_still(&self) -> Result<(), String> {
        if self.scenario.between.is_some() || self.scenario.then.is_some() {
            return Ok(());
        }
        let stage = self.stage.fork();
        let judge = Judge::new(&stage);
        crate::time::within(async {
            let life = Life::start(&stage, self.tuning, Run::recording(), judge.clone(), "first");
            tokio::time::sleep(WARM).await;
            (self.scenario.change)(&stage);
            if !life.rests(LONG_QUIET, LIMIT, || self.scenario.holds(&stage)).await {
                return Err("it does not come to rest".to_owned());
            }
            let before = life.writes();
            tokio::time::sleep(LONG_QUIET).await;
            match life.writes() - before {
                0 => Ok(()),
                writes => Err(format!("{writes} writes at rest")),
            }
        })
    }
}

fn is_renewal(call: &Call) -> bool {
    call.operation == "update leases"
}

fn end_of(stage: &Stage) -> End {
    End::of(&stage.world, &stage.api, &stage.beginning)
}
