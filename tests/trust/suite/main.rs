//! The trust suite.

mod scenarios;

use std::time::Instant;

use libtest_mimic::{Arguments, Failed, Trial};
use peerway_trust::life::Tuning;
use peerway_trust::scenario::Scenario;

/// Of the reads, one in so many is a crash point; of the writes, all are.
const SAMPLE: usize = 7;

fn main() {
    let arguments = Arguments::from_args();
    let trials = scenarios::all().into_iter().map(|scenario| {
        Trial::test(format!("crash points of: {}", scenario.name), move || crash(&scenario))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

#[expect(clippy::print_stdout, reason = "the count is what the suite is for")]
#[expect(clippy::disallowed_methods, reason = "it tells how long it took")]
fn crash(scenario: &Scenario) -> Result<(), Failed> {
    let begun = Instant::now();
    let recorded = scenario.record(Tuning::default())?;
    recorded.stays_still()?;
    let replays = recorded.replays(SAMPLE);
    let mut problems = Vec::new();
    for replay in &replays {
        if let Err(problem) = recorded.replay(*replay) {
            let call = &recorded.call(replay.point.call);
            problems.push(format!("{replay} ({call}):\n{problem}"));
        }
    }
    println!(
        "trust: {}: {} calls, {} crash points, {} violations, {:.1} s",
        scenario.name,
        recorded.calls().len(),
        replays.len(),
        problems.len(),
        begun.elapsed().as_secs_f64()
    );
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n\n").into()) }
}
