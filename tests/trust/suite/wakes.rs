//! Who waits for another object is woken by what that comes to, not by a look that comes round by itself.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use peerway_memory_api::crash::Run;
use peerway_model::Timestamp;
use peerway_model::clock::since;
use peerway_trust::judge::Judge;
use peerway_trust::life::{Life, Tuning};
use peerway_trust::scenario::QUIET;
use peerway_trust::stage::Stage;

use crate::groups::{FAR_TABLE, PEER_CIDR, overlap};
use crate::scenarios::GOLDEN;

/// A list is looked at every second while a connection is on its way.
const AT_ONCE: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_mins(5);

pub(crate) fn trials() -> Vec<Trial> {
    let name = "a group goes on as soon as its peering's connection is active";
    vec![Trial::test(name, || follows_at_once().map_err(Failed::from))]
}

fn follows_at_once() -> Result<(), String> {
    let stage = Stage::new(GOLDEN, None);
    let judge = Judge::new(&stage);
    peerway_trust::time::within(async {
        let life = Life::start(&stage, Tuning::default(), Run::recording(), judge.clone(), "one");
        tokio::time::sleep(QUIET).await;
        overlap(&stage);
        if life.rests(QUIET, LIMIT, || stage.is_ready()).await {
            Ok(())
        } else {
            Err(format!("it does not become Ready: {}", stage.words()))
        }
    })?;
    let ledger = stage.world.ledger();
    // AWS takes neither before the connection is active: the one is the peering's, the other the group's.
    let at = |action: &str, what: &str| -> Result<Timestamp, String> {
        let mut calls = ledger.iter().filter(|call| call.action == action && call.was_applied);
        let found = calls.find(|call| call.summary.contains(what));
        found.map(|call| call.world_time).ok_or_else(|| format!("no {action} of {what}"))
    };
    let peering = at("ModifyVpcPeeringConnectionOptions", "")?;
    let group = [at("CreateRoute", PEER_CIDR)?, at("CreateRoute", FAR_TABLE)?];
    let late = group.into_iter().map(|group| since(group, peering)).max().unwrap_or_default();
    if late > AT_ONCE { Err(format!("it goes on {late:?} later")) } else { Ok(()) }
}
