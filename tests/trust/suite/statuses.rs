//! A status that somebody else wrote, or that landed late, is not left until the next visit comes round by itself.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::Run;
use peerway_trust::judge::Judge;
use peerway_trust::life::{Life, Tuning};
use peerway_trust::scenario::QUIET;
use peerway_trust::stage::Stage;
use serde_json::Value;

use crate::scenarios::{self, GOLDEN};
use crate::{balancers, groups};

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
    all.collect()
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
