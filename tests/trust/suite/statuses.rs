//! Statuses that do not come from a visit: one that somebody else wrote, or that landed late, is not left until the next
//! visit comes round by itself; and one of an object whose visits panic says so.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::Run;
use peerway_trust::aws::Tampering;
use peerway_trust::judge::Judge;
use peerway_trust::life::{Life, Tuning};
use peerway_trust::scenario::QUIET;
use peerway_trust::stage::Stage;
use serde_json::Value;

use crate::scenarios::{self, GOLDEN};
use crate::{balancers, groups, lives};

/// How soon it is as it was.
const SOON: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_mins(30);

type Subject = (&'static str, &'static str, &'static str, fn(&Stage));

const SUBJECTS: [Subject; 4] = [
    ("AWSAccount", "service", "awsaccounts.peerway.dev", scenarios::golden_accounts),
    ("VPCPeering", scenarios::NAME, "vpcpeerings.peerway.dev", scenarios::golden),
    (groups::KIND, groups::NAME, "overlapsubnetgroups.peerway.dev", groups::overlap),
    (balancers::KIND, "own", "proxyloadbalancers.peerway.dev", balancers::standalone),
];

pub(crate) fn trials() -> Vec<Trial> {
    let all = SUBJECTS.into_iter().map(|subject| {
        let name = format!("a status that another hand wrote is put right at once: {}", subject.0);
        Trial::test(name, move || put_right(subject).map_err(Failed::from))
    });
    let panicking = "a visit that panics says so in the status, and delays no other";
    all.chain([Trial::test(panicking, || panicking_visit().map_err(Failed::from))]).collect()
}

/// Both peerings of the golden example; the visits of one panic before they write.
fn panicking_visit() -> Result<(), String> {
    let stage = Stage::new(GOLDEN, None);
    scenarios::golden(&stage);
    stage.apply_kind(groups::OVERLAP, "VPCPeering");
    let judge = Judge::new(&stage);
    let said = |name: &str| {
        let object = lives::object(&stage, name).expect("it is there");
        let conditions = object["status"]["conditions"].as_array().cloned().into_iter().flatten();
        let text = |condition: &Value| format!("{} {}", condition["status"], condition["reason"]);
        let known =
            conditions.map(|it| (it["type"].as_str().unwrap_or_default().to_owned(), text(&it)));
        known.collect::<BTreeMap<String, String>>()
    };
    let (panics, goes_on) = (scenarios::NAME, groups::NAME);
    peerway_trust::time::within(async {
        let tampering = Tampering { panics_for: Some(panics), ..Tampering::default() };
        let tuning = Tuning { tampering, ..Tuning::default() };
        let life = Life::start(&stage, tuning, Run::recording(), judge.clone(), "first");
        tokio::time::sleep(QUIET).await;
        let (broken, other) = (said(panics), said(goes_on));
        let fault = "\"False\" \"InternalError\"";
        if broken.get("Ready").map(String::as_str) != Some(fault) || !broken.contains_key("Stalled")
        {
            return Err(format!("{panics} says {broken:?}"));
        }
        if other.get("Ready").is_none_or(|ready| !ready.starts_with("\"True\"")) {
            return Err(format!("{goes_on} says {other:?}"));
        }
        life.stop().await;
        let life = Life::start(&stage, Tuning::default(), Run::recording(), judge, "second");
        if !life.rests(QUIET, LIMIT, || stage.is_ready()).await {
            return Err(format!("it does not become Ready: {}", stage.words()));
        }
        let mended = said(panics);
        if mended.contains_key("Stalled") {
            Err(format!("{panics} says {mended:?}"))
        } else {
            Ok(())
        }
    })
}

fn put_right((kind, name, plural, before): Subject) -> Result<(), String> {
    let stage = Stage::new(GOLDEN, None);
    before(&stage);
    let judge = Judge::new(&stage);
    let status = || -> Value {
        let objects = stage.api.objects(plural);
        let found = objects.iter().find(|object| object["metadata"]["name"] == name);
        found.expect("it is there")["status"].clone()
    };
    peerway_trust::time::within(async {
        let life = Life::start(&stage, Tuning::default(), Run::recording(), judge.clone(), "first");
        if !life.rests(QUIET, LIMIT, || stage.is_ready()).await {
            return Err(format!("it does not become Ready: {}", stage.words()));
        }
        let (is, written) = (status(), (judge.writes().len(), life.traffic.writes()));
        stage.restate(kind, name, |status| {
            let conditions = status["conditions"].as_array_mut().expect("it has some");
            for condition in conditions {
                condition["message"] = "another hand was here".into();
            }
        });
        tokio::time::sleep(SOON).await;
        if status() != is {
            return Err(format!("it says {}, and said {is}", status()));
        }
        let more = (judge.writes().len() - written.0, life.traffic.writes() - written.1);
        // To write it once is enough, and wakes nobody.
        if more == (0, 1) { Ok(()) } else { Err(format!("{more:?} writes to AWS and Kubernetes")) }
    })
}
