//! Answers that no AWS would give: cut off, without what they must hold, of somebody else, of ten megabytes.

use std::time::Duration;

use anyhow::{Context, ensure};
use peerway_tests::Environment;
use peerway_tests::environment::example;
use serde_json::json;

use crate::{QUICK, manifests};

/// More than the controller ever needs for a handful of objects.
const MOST_MEMORY: u64 = 300 * 1024 * 1024;

pub(crate) async fn answers_that_cannot_be_read_end_in_a_condition(
    environment: &Environment,
) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
    for garble in ["truncated", "incomplete", "foreign", "huge"] {
        let fault = json!({
            "action": "DescribeRouteTables",
            "times": u32::MAX,
            "kind": { "garbled": garble },
        });
        // Nobody may read the tables well between two garbles: the object before is gone first, and by faults alone.
        sim.aws.clear_faults().await?;
        sim.aws.inject(&fault).await.with_context(|| garble)?;
        let seq = sim.aws.last_seq().await?;
        kubectl
            .apply(&manifests(&[
                "namespace.yaml",
                "golden/accounts.yaml",
                "golden/druid-to-reports.yaml",
            ])?)
            .await?;
        let said = "--for=condition=Ready=False";
        kubectl.run(&[&["wait", said, "--timeout=30s"][..], &peering].concat()).await?;
        let asked = async || {
            let calls = sim.aws.ledger_since(seq).await.ok()?;
            calls.iter().any(|call| call.action == "DescribeRouteTables").then_some(())
        };
        controller.process.wait_for("read of the tables", Duration::from_secs(30), asked).await?;
        let message = ["get", "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].message}"];
        let message = kubectl.run(&[&message[..], &peering].concat()).await?;
        ensure!(message.contains("DescribeRouteTables"), "{garble}: {message}");
        let calls = sim.aws.ledger_since(seq).await?;
        let written: Vec<_> =
            calls.iter().filter(|call| call.is_write && call.action != "AssumeRole").collect();
        ensure!(written.is_empty(), "{garble}: {written:?}");
        ensure!(controller.is_ready().await, "{garble}: it is up");
        let memory = controller.process.resident_memory()?;
        ensure!(memory < MOST_MEMORY, "{garble}: {memory} bytes");
        // Nothing was made, so nothing holds it.
        kubectl.run(&[&["delete", "--timeout=30s"][..], &peering].concat()).await?;
    }
    sim.aws.clear_faults().await?;
    // And it recovers as if nothing had been.
    kubectl.apply(&manifests(&["golden/druid-to-reports.yaml"])?).await?;
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
    kubectl
        .apply(&manifests(&[
            "namespace.yaml",
            "golden/accounts.yaml",
            "golden/druid-to-reports.yaml",
        ])?)
        .await?;
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
