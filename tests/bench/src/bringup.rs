//! Everything declared at once: how long until the last is ready, and what it took.

use std::collections::BTreeMap;
use std::time::Duration;

use peerway_sim::{Entry, Outcome};

use crate::fleet::Fleet;
use crate::machine::thread_time;
use crate::running::{Aws, Running, in_paused_time};
use crate::table::Row;

const PEERINGS: u32 = 1_000;
/// AWS's bucket of every writing action that a peering needs, and what comes in by the second
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
const BUCKET: f64 = 50.0;
const REFILL: f64 = 5.0;

/// T5, T2's throttled answers, T11 of a bring-up.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    in_paused_time(async {
        let running = Running::start(Fleet { peerings: PEERINGS }, Aws::like_the_real_one())?;
        // It has listed what there is: nothing.
        tokio::time::sleep(Duration::from_mins(2)).await;
        let used = thread_time();
        running.declare().await?;
        let (first, last) =
            running.all_ready(Duration::from_millis(250), Duration::from_hours(3)).await?;
        let used = thread_time().saturating_sub(used);
        let ledger = running.world.ledger();
        let (floor, bottleneck) = floor(&ledger);
        let throttled = ledger.iter().filter(|call| is_throttled(call)).count();
        let refused = ledger.iter().filter(|call| call.outcome != Outcome::Ok).count();
        let writes = running.kubernetes_writes();
        if std::env::var_os("BENCH_VERBOSE").is_some() {
            say(&running, &ledger);
        }
        let per_object = f64::from(u32::try_from(writes)?) / f64::from(PEERINGS);
        let share = f64::from(u32::try_from(throttled)?) / f64::from(u32::try_from(ledger.len())?);
        Ok(vec![
            Row::at_least("T5 bring-up of 1,000 peerings", floor / last.as_secs_f64(), 0.97, "of the floor").counted(
                format!(
                    "simulated time to the last Ready: {:.0} s; the floor is {floor:.0} s ({bottleneck} out of a bucket of 50, 5/s); {:.1} s of processor",
                    last.as_secs_f64(),
                    used.as_secs_f64()
                ),
            ),
            Row::beside("   first Ready", first.as_secs_f64(), "s")
                .counted("simulated time; AWS takes 4 s of it from request to active"),
            Row::at_most("T2 throttled answers in it", share * 100.0, 0.5, "%").counted(format!(
                "{throttled} throttled and {refused} refused in all, of {} calls in the ledger",
                ledger.len()
            )),
            Row::at_most("T11 Kubernetes writes per bring-up", per_object, 3.0, "")
                .counted(format!("{writes} for 1,000 peerings and their account; events apart")),
        ])
    })
}

pub(crate) fn is_throttled(call: &Entry) -> bool {
    matches!(&call.outcome, Outcome::Refused(code) if code.contains("Throttling") || code == "RequestLimitExceeded")
}

/// How long the calls that were needed take at AWS's pace, and which of them take longest.
fn floor(ledger: &[Entry]) -> (f64, String) {
    let mut writes: BTreeMap<&str, u32> = BTreeMap::new();
    for call in ledger.iter().filter(|call| call.is_applied_write() && call.service.name() == "ec2")
    {
        *writes.entry(&call.action).or_default() += 1;
    }
    let longest = writes.into_iter().max_by_key(|(_, count)| *count);
    let (action, count) = longest.unwrap_or_default();
    (((f64::from(count) - BUCKET) / REFILL).max(0.0), format!("{count} {action}"))
}

/// What happened when: for whoever looks for what is slow.
fn say(running: &Running, ledger: &[Entry]) {
    let Some(begun) = ledger.first().map(|call| call.world_time) else { return };
    let mut spans: BTreeMap<(String, String), (u32, f64, f64)> = BTreeMap::new();
    for call in ledger {
        let at = call.world_time.duration_since(begun).as_secs_f64();
        let key = (call.action.to_string(), call.outcome.to_string());
        let span = spans.entry(key).or_insert((0, at, at));
        (span.0, span.2) = (span.0 + 1, at);
    }
    for ((action, outcome), (count, first, last)) in spans {
        eprintln!("{count:7} {action} {outcome}: from {first:.1} s to {last:.1} s");
    }
    let mut kubernetes: BTreeMap<String, u32> = BTreeMap::new();
    for call in running.calls.calls() {
        *kubernetes.entry(call.operation).or_default() += 1;
    }
    for (operation, count) in kubernetes {
        eprintln!("{count:7} {operation}");
    }
}
