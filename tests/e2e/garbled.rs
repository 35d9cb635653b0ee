//! Answers that no AWS would give: cut off, without what they must hold, of somebody else, of forty mebibytes.

use std::time::Duration;

use anyhow::{Context, ensure};
use peerway_tests::Environment;
use peerway_tests::environment::example;
use serde_json::json;

use crate::{MANIFESTS, QUICK, manifests};

/// What `deploy/manager/deployment.yaml` allows the controller.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;

pub(crate) async fn answers_that_cannot_be_read_end_in_a_condition(
    environment: &Environment,
) -> anyhow::Result<()> {
    for garble in ["truncated", "incomplete", "foreign", "huge"] {
        unread_tables(environment, garble).await.with_context(|| garble)?;
    }
    Ok(())
}

/// A world and a controller for each: where one fault took another's place, the tables could be read well in between.
async fn unread_tables(environment: &Environment, garble: &str) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    let fault = json!({
        "action": "DescribeRouteTables",
        "times": u32::MAX,
        "kind": { "garbled": garble },
    });
    sim.aws.inject(&fault).await?;
    kubectl.apply(&manifests(&MANIFESTS)?).await?;
    let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
    let said = "--for=condition=Ready=False";
    kubectl.run(&[&["wait", said, "--timeout=30s"][..], &peering].concat()).await?;
    let message = ["get", "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].message}"];
    let told = async || {
        let message = kubectl.run(&[&message[..], &peering].concat()).await.ok()?;
        message.contains("DescribeRouteTables").then_some(())
    };
    controller.process.wait_for("named call", Duration::from_secs(30), told).await?;
    let calls = sim.aws.ledger_since(0).await?;
    let written: Vec<_> =
        calls.iter().filter(|call| call.is_write && call.action != "AssumeRole").collect();
    ensure!(written.is_empty(), "{written:?}");
    ensure!(controller.is_ready().await, "it is up");
    let memory = controller.process.resident_memory()?;
    ensure!(memory < MOST_MEMORY, "{memory} bytes");
    sim.aws.clear_faults().await?;
    // And it recovers as if nothing had been.
    let ready = ["wait", "--for=condition=Ready", "--timeout=30s"];
    kubectl.run(&[&ready[..], &peering].concat()).await?;
    kubectl.run(&[&["delete", "--timeout=30s"][..], &peering].concat()).await?;
    kubectl.run(&["delete", "--timeout=20s", "awsaccount/service"]).await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    ensure!(!controller.process.log().contains("panicked"), "{}", controller.process.log());
    let differences = peerway_sim::Estate::diff(&before, &sim.aws.estate().await?);
    ensure!(differences.is_empty(), "{differences:?}");
    Ok(())
}

/// Each is done, and its answer cut off: what stands is found, not made again.
pub(crate) async fn writes_that_were_done_are_not_repeated(
    environment: &Environment,
) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    let writes = ["CreateVpcPeeringConnection", "CreateRoute", "AuthorizeSecurityGroupIngress"];
    for action in writes {
        let kind = json!({ "garbled": "truncated" });
        sim.aws.inject(&json!({ "action": action, "times": 2, "kind": kind })).await?;
    }
    kubectl.apply(&manifests(&MANIFESTS)?).await?;
    let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
    kubectl
        .run(&[&["wait", "--for=condition=Ready", "--timeout=90s"][..], &peering].concat())
        .await?;
    let calls = sim.aws.ledger_since(0).await?;
    for (action, times) in writes.into_iter().zip([1, 2, 1]) {
        let made: Vec<_> = calls.iter().filter(|call| call.action == action).collect();
        ensure!(made.len() == times, "{action}: {made:?}");
    }
    let made = sim.aws.estate().await?.peerings;
    ensure!(made.len() == before.peerings.len() + 1, "{made:?}");
    sim.aws.clear_faults().await?;
    // What was answered by half may land for thirty seconds: nothing is taken away before.
    kubectl.run(&[&["delete", "--timeout=90s"][..], &peering].concat()).await?;
    kubectl.run(&["delete", "--timeout=20s", "awsaccount/service"]).await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    let differences = peerway_sim::Estate::diff(&before, &sim.aws.estate().await?);
    ensure!(differences.is_empty(), "{differences:?}");
    Ok(())
}
