//! SIGKILL in the middle of its work, behind the nth write to AWS: the next process finishes what the dead one began, and
//! the end is that of a run that nobody disturbed.

use std::time::Duration;

use anyhow::{Context, ensure};
use peerway_sim::Estate;
use peerway_tests::environment::{Sim, example};
use peerway_tests::{Controller, Environment};
use peerway_trust::end::comparable;
use serde_json::json;

use crate::{MANIFESTS, QUICK, manifests};

/// The same pace; calls of a predecessor are waited for one second.
const NEXT: &[&str] = &["--settle", "200ms", "--takeover", "1s", "--resync", "2s"];
/// Behind how many writes it dies, while it makes and while it takes down.
const KILLS: [(usize, usize); 4] = [(1, 1), (2, 2), (4, 3), (6, 4)];
const PEERING: [&str; 3] = ["-n", "analytics", "vpcpeering/druid-to-reports"];
/// What may be written. Each answer comes late: whoever is killed behind a write has not heard of it.
const WRITES: [&str; 9] = [
    "CreateVpcPeeringConnection",
    "AcceptVpcPeeringConnection",
    "ModifyVpcPeeringConnectionOptions",
    "CreateRoute",
    "AuthorizeSecurityGroupIngress",
    "CreateTags",
    "DeleteRoute",
    "RevokeSecurityGroupIngress",
    "DeleteVpcPeeringConnection",
];

pub(crate) async fn at_any_write_the_next_finishes(
    environment: &Environment,
) -> anyhow::Result<()> {
    let undisturbed = played(environment, None).await.context("undisturbed")?;
    for kills in KILLS {
        let what = || format!("killed behind writes {} and {}", kills.0, kills.1);
        let end = played(environment, Some(kills)).await.with_context(what)?;
        let differences = Estate::diff(&undisturbed, &end);
        ensure!(differences.is_empty(), "{}: {differences:?}", what());
    }
    Ok(())
}

/// Makes a peering and takes it down again on a world of its own; what stood in between.
async fn played(
    environment: &Environment,
    kills: Option<(usize, usize)>,
) -> anyhow::Result<Estate> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    for action in WRITES {
        let slow = json!({ "slow": { "seconds": 0.3 } });
        sim.aws.inject(&json!({ "action": action, "times": u32::MAX, "kind": slow })).await?;
    }
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    let seq = sim.aws.last_seq().await?;
    kubectl.apply(&manifests(&MANIFESTS)?).await?;
    if let Some((writes, _)) = kills {
        controller = succeeded(environment, &sim, controller, seq, writes).await?;
    }
    kubectl
        .run(&[&["wait", "--for=condition=Ready", "--timeout=90s"][..], &PEERING].concat())
        .await?;
    let made = comparable(&sim.aws.estate().await?, &before);
    let seq = sim.aws.last_seq().await?;
    kubectl.run(&[&["delete", "--wait=false"][..], &PEERING].concat()).await?;
    if let Some((_, writes)) = kills {
        controller = succeeded(environment, &sim, controller, seq, writes).await?;
    }
    kubectl.run(&[&["wait", "--for=delete", "--timeout=90s"][..], &PEERING].concat()).await?;
    kubectl.run(&["delete", "--timeout=30s", "awsaccount/service"]).await?;
    let differences = Estate::diff(&before, &sim.aws.estate().await?);
    ensure!(differences.is_empty(), "it leaves {differences:?}");
    controller.process.terminate(Duration::from_secs(20)).await?;
    Ok(made)
}

/// Kills `controller` as soon as AWS has seen so many writes behind call `seq`, and starts another.
async fn succeeded(
    environment: &Environment,
    sim: &Sim,
    mut controller: Controller,
    seq: u64,
    writes: usize,
) -> anyhow::Result<Controller> {
    let written = async || {
        let calls = sim.aws.ledger_since(seq).await.ok()?;
        let made = calls.iter().filter(|call| call.is_write && call.action != "AssumeRole");
        (made.count() >= writes).then_some(())
    };
    let what = format!("write number {writes}");
    controller.process.wait_for(&what, Duration::from_mins(1), written).await?;
    controller.process.kill().await?;
    // It would lapse by itself in 30 s; that it does, another test waits to see.
    let lease = ["delete", "lease", "-n", "peerway-system", "peerway-controller"];
    environment.kubectl.run(&lease).await?;
    environment.start_controller(&sim.aws.endpoint, NEXT).await
}
