//! The trust suite: crash points, two leaders, seeds, and whether the suite would notice.
//!
//! `SEEDS=100000` plays more seeds; `SEED=17` plays that one and no other. Each test says in one line what it did.

mod adopted_balancers;
mod balanced_instances;
mod balancers;
mod followed_balancers;
mod group_policies;
mod group_shapes;
mod groups;
mod late_balancers;
mod leaders;
mod lives;
mod many;
mod many_balancers;
mod owners;
mod policies;
mod requests;
mod sabotage;
mod scenarios;
mod seeds;
mod statuses;
mod wakes;
mod way_in;

use std::sync::LazyLock;
use std::time::Instant;

use libtest_mimic::{Arguments, Failed, Trial};
use peerway_trust::aws::PANICS;
use peerway_trust::life::Tuning;
use peerway_trust::scenario::Scenario;

/// That of the `peerway` binary: most of what the suite does is to allocate.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Of the reads, one in so many is a crash point; of the writes, all are.
const SAMPLE: usize = 1;
/// A complaint for each would hide the first.
const MOST_COMPLAINTS: usize = 5;

static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(scenarios::all);

fn main() {
    let arguments = Arguments::from_args();
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Two pages of frames for what is meant to happen would hide what is not.
        if panic.payload_as_str() != Some(PANICS) {
            report(panic);
        }
    }));
    let crashes = SCENARIOS.iter().map(|scenario| {
        Trial::test(format!("crash points of: {}", scenario.name), move || crash(scenario))
    });
    let trials = crashes
        .chain(leaders::trials())
        .chain(many::trials())
        .chain(late_balancers::trials())
        .chain(many_balancers::trials())
        .chain(sabotage::trials())
        .chain(way_in::trials())
        .chain(wakes::trials())
        .chain(statuses::trials())
        .chain(seeds::trials());
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    totals();
    conclusion.exit();
}

/// The sums of all tests that ran.
#[expect(clippy::print_stdout, reason = "the counts are what the suite is for")]
fn totals() {
    let counts = *COUNTS.lock().expect("nobody panics while holding it");
    if counts.points > 0 {
        let Counts { scenarios, points, left_out, violations } = counts;
        println!("trust: {scenarios} scenarios, {points} crash points, {violations} violations");
        println!(
            "trust: {left_out} more crash points are each like a neighbour, and not played: behind a read nothing \
             differs from before it, nor in a row of renewals of the lease, nor at rest"
        );
    }
    seeds::totals();
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    scenarios: usize,
    points: usize,
    left_out: usize,
    violations: usize,
}

static COUNTS: std::sync::Mutex<Counts> =
    std::sync::Mutex::new(Counts { scenarios: 0, points: 0, left_out: 0, violations: 0 });

#[expect(clippy::print_stdout, reason = "the counts are what the suite is for")]
fn crash(scenario: &Scenario) -> Result<(), Failed> {
    let begun = Instant::now();
    let recorded = scenario.record(Tuning::default())?;
    recorded.stays_still()?;
    let replays = recorded.replays(SAMPLE);
    let left_out = recorded.left_out(&replays);
    let mut problems = Vec::new();
    for replay in &replays {
        if let Err(problem) = recorded.replay(*replay) {
            let call = &recorded.call(replay.point.call);
            problems.push(format!("{replay} ({call}):\n{problem}"));
        }
    }
    println!(
        "trust: {}: {} calls, {} crash points, {left_out} more like a neighbour, {} violations, {:.1} s",
        scenario.name,
        recorded.calls().len(),
        replays.len(),
        problems.len(),
        begun.elapsed().as_secs_f64()
    );
    let mut counts = COUNTS.lock().expect("nobody panics while holding it");
    counts.scenarios += 1;
    counts.points += replays.len();
    counts.left_out += left_out;
    counts.violations += problems.len();
    problems.truncate(MOST_COMPLAINTS);
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n\n").into()) }
}
