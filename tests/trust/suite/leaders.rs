//! Two controllers that both lead, on one world: nothing twice, nothing foreign touched; and one that loses its lease.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::Run;
use peerway_trust::judge::Judge;
use peerway_trust::kubernetes::Mishap;
use peerway_trust::life::{Life, Tuning};
use peerway_trust::stage::Stage;
use serde_json::json;

use crate::SCENARIOS;
use crate::scenarios::{ACCOUNTS, DIRECT, GOLDEN, NAME};

pub(crate) fn trials() -> Vec<Trial> {
    let two = SCENARIOS.iter().filter(|scenario| scenario.between.is_none()).flat_map(|scenario| {
        [0, 17].map(|ahead| {
            let name = format!("two leaders, {ahead} s apart: {}", scenario.name);
            Trial::test(name, move || {
                scenario.play_by_two(Duration::from_secs(ahead))?;
                Ok(())
            })
        })
    });
    let lost =
        Trial::test("whoever cannot renew the lease stops writing, and the next goes on", || {
            lease_lost(Mishap::Refused(500)).map_err(Failed::from)
        });
    two.chain([lost]).collect()
}

/// The leader cannot renew its lease any more; its watches go on. A change comes when it still holds the lease, but not
/// for long enough to finish a call.
pub(crate) fn lease_lost(renewals: Mishap) -> Result<(), String> {
    let tuning = Tuning::default();
    let stage = Stage::new(GOLDEN, None);
    stage.apply(ACCOUNTS);
    stage.apply(DIRECT);
    let judge = Judge::new(&stage);
    let second = |seconds| Duration::from_secs(seconds);
    let ended = peerway_trust::time::within(async {
        let one = Life::start(&stage, tuning, Run::recording(), judge.clone(), "one");
        if !one.rests(second(60), second(600), || stage.is_ready()).await {
            return Err(format!("it does not become Ready: {}", stage.words()));
        }
        let other = Life::start(&stage, tuning, Run::recording(), judge.clone(), "other");
        one.traffic.set_weather(Some(Box::new(move |target, writes| {
            (writes && target.plural == "leases").then_some(renewals)
        })));
        tokio::time::sleep(Duration::from_millis(18_500)).await;
        stage.edit(NAME, |spec| {
            spec["requester"]["routes"]["destinations"] = json!(["172.20.0.0/24"]);
        });
        if !other.rests(second(100), second(600), || stage.is_ready()).await {
            return Err(format!("the next does not go on: {}", stage.words()));
        }
        let goes_on = (!one.has_ended()).then(|| "it goes on without its lease".to_owned());
        Ok(goes_on)
    });
    let mut violations = judge.violations();
    violations.extend(stage.refused_since(0));
    violations.extend(ended?);
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n")) }
}
