//! Seeds: each plays a scenario in weather that follows from its number, then in calm, and takes everything down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::{CallNumber, CrashPoint, Fate, Run};
use peerway_model::AccountId;
use peerway_model::clock::after;
use peerway_sim::weather::{Behind, FaultName, Garble, Hand, Landing, Mischief};
use peerway_sim::{Action, Effect, Fault, FaultKind};
use peerway_trust::judge::Judge;
use peerway_trust::kubernetes::{Mishap, Weather};
use peerway_trust::life::{Life, Tuning};
use peerway_trust::scenario::{Goal, QUIET, Recorded, Scenario};
use peerway_trust::stage::{NAMESPACE, Stage};

use crate::SCENARIOS;

/// How many are played unless `SEEDS` says otherwise.
const SEEDS: u64 = 10_000;
/// In how many tests, so that they run side by side.
const PARTS: u64 = 20;
/// How long anything may take to come right once the weather is fair.
const LIMIT: Duration = Duration::from_mins(40);
/// By then a call that was under way has landed, or never will.
const LOST: Duration = Duration::from_secs(30);
/// Longer than the longest pause after failures.
const LONG: Duration = Duration::from_secs(330);

/// Without a lease, whose renewals are most of the calls: a life follows upon another's death at once, and its takeover
/// is what waits.
fn tuning() -> Tuning {
    Tuning { is_leased: false, needs_lease: false, restarts: true, ..Tuning::default() }
}

/// How far the clock of a controller may be ahead of the others'.
const SKEW: u64 = 17;

/// With a lease, as one in so many seeds is played: then renewals go wrong as well, clocks differ, and whoever comes next
/// waits until the lease of the one before has lapsed.
const LEASED: u64 = 12;

#[derive(Default)]
struct Totals {
    seeds: u64,
    crashes: u64,
    violations: u64,
    by_kind: BTreeMap<String, u64>,
    begun: Option<Instant>,
}

static TOTALS: Mutex<Option<Totals>> = Mutex::new(None);

static RECORDED: LazyLock<Result<Vec<(Recorded<'static>, Things)>, String>> = LazyLock::new(|| {
    let played = |scenario: &&Scenario| scenario.between.is_none() && scenario.goal != Goal::Any;
    let recorded = SCENARIOS.iter().filter(played).map(|scenario| scenario.record(tuning()));
    let with_things = |recorded: Result<Recorded<'static>, String>| {
        let recorded = recorded?;
        let things = Things::of(&recorded.fork_with_pages(None));
        Ok((recorded, things))
    };
    recorded.map(with_things).collect()
});

/// What the seeds did.
#[expect(clippy::print_stdout, reason = "the counts are what the suite is for")]
pub(crate) fn totals() {
    let totals = TOTALS.lock().expect("nobody panics while holding it");
    let Some(totals) = &*totals else { return };
    let seconds = totals.begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64());
    let faults: u64 = totals.by_kind.values().sum();
    println!(
        "trust: {} seeds, {} crashes, {faults} faults of {} kinds, {} violations, {seconds:.1} s",
        totals.seeds,
        totals.crashes,
        totals.by_kind.len(),
        totals.violations
    );
    let kinds: Vec<String> =
        totals.by_kind.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("trust: faults: {}", kinds.join(", "));
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

pub(crate) fn trials() -> Vec<Trial> {
    if let Some(seed) = number("SEED") {
        return vec![Trial::test(format!("seed {seed}"), move || part(seed, seed + 1))];
    }
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    (0..PARTS)
        .map(|index| {
            let (from, to) = (seeds * index / PARTS, seeds * (index + 1) / PARTS);
            Trial::test(format!("seeds {from} to {to}"), move || part(from, to))
        })
        .collect()
}

fn part(from: u64, to: u64) -> Result<(), Failed> {
    let recorded = RECORDED.as_ref()?;
    TOTALS
        .lock()
        .expect("nobody panics while holding it")
        .get_or_insert_default()
        .begun
        .get_or_insert_with(Instant::now);
    let mut problems = Vec::new();
    for seed in from..to {
        if let Err(problem) = play(recorded, seed) {
            let again =
                format!("SEED={seed} cargo test -p peerway-trust --test trust -- \"seed {seed}\"");
            problems.push(format!("seed {seed}: {problem}\n  again: {again}"));
        }
    }
    let mut totals = TOTALS.lock().expect("nobody panics while holding it");
    let totals = totals.get_or_insert_default();
    totals.seeds += to - from;
    totals.violations += problems.len() as u64;
    problems.truncate(crate::MOST_COMPLAINTS);
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n\n").into()) }
}

/// Chance that repeats (splitmix64).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn small(&mut self, bound: u32) -> u32 {
        u32::try_from(self.below(bound.into())).expect("it is below one that fits")
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).expect("it fits")]
    }
}

/// What there is in AWS before anything goes wrong.
struct Things {
    accounts: Vec<AccountId>,
    /// Ids that calls name.
    named: Vec<String>,
}

impl Things {
    fn of(stage: &Stage) -> Self {
        const PREFIXES: [&str; 5] = ["vpc-", "subnet-", "rtb-", "pcx-", "sg-"];
        let estate = stage.world.estate();
        let text = estate.to_yaml().expect("it is one");
        let is_id = |word: &&str| PREFIXES.iter().any(|prefix| word.starts_with(prefix));
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(is_id);
        let named: BTreeSet<String> = words.map(str::to_owned).collect();
        Self { accounts: estate.accounts.into_keys().collect(), named: named.into_iter().collect() }
    }
}

const GARBLES: [Garble; 4] = [Garble::Truncated, Garble::Incomplete, Garble::Foreign, Garble::Huge];

/// Something that AWS, the network or time does; nobody else's hand.
fn trouble(dice: &mut Dice, things: &Things) -> Fault {
    let effect = if dice.one_in(2) { Effect::Applied } else { Effect::NotApplied };
    let kind = match dice.below(22) {
        0 => FaultKind::InternalError { effect },
        1 => FaultKind::Unavailable { effect },
        2 | 3 => FaultKind::NoAnswer { effect },
        // What was sent lands within its time limit, or never.
        4 | 5 => {
            FaultKind::LandsLate(Landing::AfterSeconds(Duration::from_secs(1 + dice.below(24))))
        }
        6 => FaultKind::Throttled,
        7 => FaultKind::Denied,
        8 => FaultKind::Dependency,
        // Reads lag less than two of them are apart that are to agree.
        9 => FaultKind::Stale(Behind::time(Duration::from_millis(dice.below(4_500)))),
        10 => FaultKind::FreshNotFound,
        11 => FaultKind::Slow { seconds: Duration::from_millis(dice.below(9_000)) },
        12 => FaultKind::MissingItem { nth: usize::try_from(dice.below(8)).expect("it fits") },
        13 => FaultKind::CredentialsExpired,
        14 => FaultKind::PageLost,
        15 => FaultKind::PageRepeated,
        16 => FaultKind::PageTokenExpired,
        17 => FaultKind::DeniedResource { resource: dice.pick(&things.named).clone() },
        18 => FaultKind::WrongAccount { account: dice.pick(&things.accounts).clone() },
        19 => FaultKind::Stuck,
        20 => FaultKind::Garbled(*dice.pick(&GARBLES)),
        _ => FaultKind::Quota,
    };
    let times = match kind {
        // One list that leaves something out is a fault; that two in a row leave out the same is not to be survived. Nor
        // does a session end at once after another one did.
        FaultKind::Stale(_)
        | FaultKind::MissingItem { .. }
        | FaultKind::PageLost
        | FaultKind::CredentialsExpired => 1,
        FaultKind::Throttled if dice.one_in(4) => 20 + dice.small(40),
        _ if dice.one_in(3) => 1 + dice.small(5),
        _ => 1,
    };
    let action = match dice.below(4) {
        0 => Some(Action::AssumeRole),
        _ => None,
    };
    let action = action.filter(|_| matches!(kind, FaultKind::Denied | FaultKind::NoAnswer { .. }));
    // Few calls name any one thing, or set anything in motion.
    let calls = match kind {
        FaultKind::DeniedResource { .. } | FaultKind::Stuck => dice.small(4),
        FaultKind::WrongAccount { .. } => dice.small(2),
        _ => dice.small(60),
    };
    Fault { times, action, ..Fault::any(kind) }.after(calls)
}

/// Something that somebody else does, or that AWS says of them.
fn hand(dice: &mut Dice) -> Fault {
    const ALL: [Mischief; 13] = [
        Mischief::PeerRejects,
        Mischief::PeerDeletes,
        Mischief::PeerRequests,
        Mischief::RequestExpires,
        Mischief::RouteCreated,
        Mischief::RouteReplaced,
        Mischief::RouteDeleted,
        Mischief::TagsStripped,
        Mischief::TagsCopied,
        Mischief::DeletedByHand,
        Mischief::GroupDetached,
        Mischief::InstanceDeregistered,
        Mischief::ListenerDeleted,
    ];
    let nth = usize::try_from(dice.below(14)).expect("it fits");
    match ALL.get(nth) {
        Some(mischief) => {
            Fault::any(FaultKind::Hand(Hand::Mischief(*mischief))).after(dice.small(60))
        }
        // Connections are made so rarely that one of the first must be meant.
        None => Fault::any(FaultKind::ConnectionFails),
    }
}

/// What goes wrong at the API server, one request in so many.
fn kubernetes(
    mut dice: Dice,
    rarity: u64,
    tally: Arc<Mutex<BTreeMap<String, u64>>>,
) -> Box<Weather> {
    Box::new(move |_, writes| {
        if !dice.one_in(rarity) {
            return None;
        }
        let mishap = match (writes, dice.below(6)) {
            (true, 0) => Mishap::Refused(409),
            (true, 1) => Mishap::AppliedAndRefused(504),
            (true, 2) => Mishap::ReplyLost,
            // A client in memory has none of the time limits by which a real one gives up a watch that never begins.
            (true, 3) => Mishap::Lost,
            (_, 4) => Mishap::Refused(429),
            _ => Mishap::Refused(500),
        };
        let name = format!("kubernetes {mishap:?}");
        *tally.lock().expect("nobody panics while holding it").entry(name).or_default() += 1;
        Some(mishap)
    })
}

/// Somebody writes what is no concern of ours: the objects are others by then, and whoever writes upon what was read before
/// is refused.
fn touch(stage: &Stage) {
    for (kind, name) in stage.subjects() {
        stage.rewrite(kind, &name, |object| {
            object["metadata"]["annotations"]["example.com/touched"] = "yes".into();
        });
    }
}

/// Somebody writes upon the statuses, which are not theirs.
fn restate(stage: &Stage) {
    for (kind, name) in stage.subjects() {
        stage.restate(kind, &name, |status| status["conditions"] = serde_json::json!([]));
    }
}

fn take_finalizers_off(stage: &Stage) {
    for (kind, name) in stage.subjects() {
        stage.take_finalizers_off(kind, &name);
    }
}

/// Plays one seed.
fn play(recorded: &'static [(Recorded<'static>, Things)], seed: u64) -> Result<(), String> {
    let mut dice = Dice(seed.wrapping_mul(0xd134_2543_de82_ef95));
    let (recorded, things) = dice.pick(recorded);
    let scenario = recorded.scenario();
    // Short pages, so that lists come in several.
    let pages = dice.one_in(3).then(|| usize::try_from(2 + dice.below(6)).expect("it fits"));
    let stage = recorded.fork_with_pages(pages);
    // Two pairs of hands at once would get into each other's way.
    let has_hands = dice.one_in(4) && !scenario.is_by_hand;
    for _ in 0..=dice.below(6) {
        let fault = trouble(&mut dice, things);
        // Two lists in a row that leave out the same are not to be survived; a scenario may bring the first.
        let leaves_out = matches!(fault.kind, FaultKind::MissingItem { .. } | FaultKind::PageLost);
        let is_second = scenario.is_by_hand && leaves_out;
        if !is_second {
            stage.world.inject(fault);
        }
    }
    if has_hands {
        for _ in 0..=dice.below(3) {
            stage.world.inject(hand(&mut dice));
        }
    }
    let crash = dice.one_in(2).then(|| CrashPoint {
        call: CallNumber(1 + dice.below(80)),
        fate: Fate::ALL[usize::try_from(dice.below(4)).expect("it fits")],
    });
    let is_leased = dice.one_in(LEASED);
    let tally = Arc::new(Mutex::new(BTreeMap::new()));
    let shared = tally.clone();
    let result = Play {
        scenario,
        recorded,
        stage: &stage,
        has_hands,
        crash,
        is_leased,
        dice,
        tally: shared,
    }
    .all()
    .map_err(|problem| {
        format!("{}: {problem}\n{}\n{}", scenario.name, stage.words(), story(&stage))
    });
    let mut totals = TOTALS.lock().expect("nobody panics while holding it");
    let totals = totals.get_or_insert_default();
    let struck: Vec<(FaultName, u64)> = stage.world.struck().into_iter().collect();
    for (name, count) in struck {
        *totals.by_kind.entry(name.as_str().to_owned()).or_default() += count;
    }
    for (name, count) in tally.lock().expect("nobody panics while holding it").iter() {
        *totals.by_kind.entry(name.clone()).or_default() += count;
    }
    if let Some(crash) = crash {
        totals.crashes += 1;
        *totals.by_kind.entry(format!("crash {:?}", crash.fate)).or_default() += 1;
    }
    result
}

/// The writes of everybody to AWS, the last of them last.
fn story(stage: &Stage) -> String {
    const MOST: usize = 25;
    let ledger = stage.world.ledger();
    let writes = ledger.iter().filter(|call| call.is_write && call.action != "AssumeRole");
    let mut lines: Vec<String> = writes
        .map(|call| {
            let who = call.principal.as_deref().and_then(|arn| arn.rsplit(':').next());
            let (at, applied) = (call.world_time, call.was_applied);
            let (action, outcome) = (&call.action, &call.outcome);
            format!("  {at} {who:?} {action} {outcome} applied={applied} {}", call.summary)
        })
        .collect();
    lines.split_off(lines.len().saturating_sub(MOST)).join("\n")
}

/// Whether AWS said that something may not be, as opposed to not now.
fn was_refused(stage: &Stage) -> bool {
    let refusals = ["denied", "denied-resource", "assume-role-denied", "quota"];
    stage.world.struck().iter().any(|(name, count)| *count > 0 && refusals.contains(&name.as_str()))
}

fn was_stripped(stage: &Stage) -> bool {
    stage.world.struck().iter().any(|(name, count)| *count > 0 && name.as_str() == "tags-stripped")
}

struct Play<'a> {
    scenario: &'a Scenario,
    recorded: &'a Recorded<'static>,
    stage: &'a Stage,
    has_hands: bool,
    crash: Option<CrashPoint>,
    is_leased: bool,
    dice: Dice,
    tally: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Play<'_> {
    fn all(mut self) -> Result<(), String> {
        let stage = self.stage;
        let judge = Judge::new(stage);
        let run = self.crash.map_or_else(Run::recording, Run::crashing_at);
        let (warm, chaos) = (self.seconds(40), self.seconds(60));
        let rarity = 5 + self.dice.below(60);
        let first = kubernetes(Dice(self.dice.next()), rarity, self.tally.clone());
        let has_crashed = peerway_trust::time::within(async {
            let life = Life::start(stage, self.tuning(), run.clone(), judge.clone(), "first");
            life.traffic.set_weather(Some(first));
            tokio::time::sleep(warm).await;
            (self.scenario.change)(stage);
            if self.dice.one_in(3) {
                stage.api.disconnect_watches();
                self.note("watches dropped");
            }
            if self.dice.one_in(4) {
                stage.api.expire();
                self.note("watches expired");
            }
            if self.dice.one_in(3) {
                let (delay, changes) = (self.seconds(60), 1 + self.dice.below(12));
                stage.later(delay, move |user| user.api.rewind_watches(changes));
                self.note("watches wound back");
            }
            if self.dice.one_in(3) {
                stage.later(self.seconds(60), touch);
                self.note("objects touched");
            }
            if self.dice.one_in(6) {
                stage.later(self.seconds(60), restate);
                self.note("statuses edited");
            }
            // What is deleted without its finalizer leaves everything, which is another story.
            if let Some((kind, name)) = self.chosen_to_be_remade() {
                stage.remake_later(kind, name, self.seconds(60));
                self.note("object made again");
            } else if self.dice.one_in(6) {
                stage.later(self.seconds(60), take_finalizers_off);
                self.note("finalizers taken off");
            }
            tokio::select! {
                () = run.crashed() => return Ok(true),
                () = tokio::time::sleep(chaos) => {}
            }
            if self.crash.is_some() {
                return Ok(false);
            }
            self.calm(&life, &judge).await.map(|()| false)
        })?;
        if self.crash.is_some() {
            peerway_trust::time::within(async {
                let tuning = self.tuning();
                let life = Life::start(stage, tuning, Run::recording(), judge.clone(), "second");
                let second = kubernetes(Dice(self.dice.next()), rarity, self.tally.clone());
                life.traffic.set_weather(Some(second));
                tokio::time::sleep(self.seconds(25)).await;
                if has_crashed {
                    // The weather of its time may hold it for ever.
                    let _ = tokio::time::timeout(LOST, run.deliver()).await;
                }
                tokio::time::sleep(self.seconds(30)).await;
                self.calm(&life, &judge).await
            })?;
        }
        Ok(())
    }

    /// How the next life is lived.
    fn tuning(&mut self) -> Tuning {
        if !self.is_leased {
            return tuning();
        }
        self.note("lease held");
        let ahead = Duration::from_secs(self.dice.below(SKEW + 1));
        Tuning { is_leased: true, needs_lease: true, ahead, ..tuning() }
    }

    /// An object that may go and come again: nobody else uses it, and what it comes to then is what it was.
    fn chosen_to_be_remade(&mut self) -> Option<(&'static str, String)> {
        let is_played = self.crash.is_none()
            && !self.has_hands
            && !self.scenario.is_by_hand
            && self.scenario.goal == Goal::Ready;
        if !self.dice.one_in(4) || !is_played {
            return None;
        }
        let (kind, name) = self.stage.subjects().pop()?;
        let object = self.stage.object(kind, &name);
        let (spec, metadata) = (&object["spec"], &object["metadata"]);
        let plain = ["adopt", "deletionPolicy", "managementPolicy"];
        let is_plain = plain.iter().all(|field| spec[*field].is_null());
        let is_there = metadata["deletionTimestamp"].is_null();
        (is_plain && is_there && metadata["annotations"].is_null()).then_some((kind, name))
    }

    fn note(&self, what: &str) {
        let mut tally = self.tally.lock().expect("nobody panics while holding it");
        *tally.entry(format!("kubernetes {what}")).or_default() += 1;
    }

    fn seconds(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.dice.below(most * 1000))
    }

    /// The weather is fair from now on: it must come right, stay right, and leave nothing behind.
    async fn calm(&mut self, life: &Life, judge: &Judge) -> Result<(), String> {
        let stage = self.stage;
        stage.world.clear_faults();
        stage.world.resume_stuck();
        life.traffic.set_weather(None);
        let begun = stage.world.ledger().last().map(|call| call.world_time);
        // What somebody else did may need somebody to set it right.
        let (quiet, is_bound) = if self.has_hands { (LONG, false) } else { (3 * QUIET, true) };
        let is_there = || self.scenario.holds(stage) || (!is_bound && self.scenario.then.is_none());
        if !life.rests(quiet, LIMIT, is_there).await && is_bound {
            return Err("it does not come right".to_owned());
        }
        // Whoever lets everything stay goes at the first refusal, our tags and all.
        let may_differ = self.scenario.goal == Goal::Released && was_refused(stage);
        self.check(judge, self.recorded.differences(stage), is_bound && !may_differ)?;
        let noted = self.recorded.noted() + &stage.noted();
        if self.has_hands {
            stage.clear_strays(&noted);
        }
        if self.scenario.goal != Goal::Gone || !is_bound {
            if self.dice.one_in(4) {
                stage.delete("Namespace", NAMESPACE);
                self.note("namespace terminating");
            }
            for (kind, name) in stage.subjects() {
                stage.delete(kind, &name);
            }
            if !life.rests(QUIET, LIMIT, || stage.has_no_subject()).await {
                return Err("it does not go".to_owned());
            }
        }
        let mut problems =
            if self.scenario.goal == Goal::Released { Vec::new() } else { stage.left(&noted) };
        // What was sent before may still land, when what it names is gone.
        let ledger = stage.world.ledger();
        let is_late = |at| begun.is_some_and(|begun| at <= after(begun, LOST));
        let landed =
            ledger.iter().filter(|call| is_late(call.world_time)).map(|call| call.seq).max();
        // Without our tags we may not, until they are back.
        if !was_stripped(stage) {
            problems.extend(stage.refused_since(landed.unwrap_or_default()));
        }
        self.check(judge, problems, true)
    }

    #[expect(clippy::unused_self, reason = "it reads as the question of this plight")]
    fn check(&self, judge: &Judge, differences: Vec<String>, matters: bool) -> Result<(), String> {
        let mut problems = judge.violations();
        if matters {
            problems.extend(differences);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }
}
