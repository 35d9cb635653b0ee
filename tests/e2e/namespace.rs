//! A namespace that is deleted with everything in it.

use std::time::Duration;

use anyhow::ensure;
use peerway_tests::Environment;
use peerway_tests::environment::example;
use serde_json::{Value, json};

use crate::{MANIFESTS, QUICK, manifests};

/// What is deleted in it, by no order that anybody thought of.
const KINDS: &str = "vpcpeerings,overlapsubnetgroups,proxyloadbalancers";

/// In a namespace that ends, nothing can be created any more, no Event either. All in it goes, and it says who waits.
pub(crate) async fn ends_clean(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    let consumer = ["golden/druid-to-billing.yaml", "golden/query.yaml"];
    kubectl.apply(&manifests(&[&MANIFESTS[..], &consumer].concat())?).await?;
    for object in ["overlapsubnetgroup/druid-to-billing", "proxyloadbalancer/query"] {
        let ready = ["wait", "--for=condition=Ready", "--timeout=120s", "-n", "analytics", object];
        kubectl.run(&ready).await?;
    }
    // The API server only marks it; the rest is the work of a controller that does not run here.
    kubectl.run(&["delete", "--wait=false", "namespace/analytics"]).await?;
    let all = ["-n", "analytics", KINDS, "--all"];
    kubectl.run(&[&["delete", "--wait=false"][..], &all].concat()).await?;
    tokio::try_join!(
        says(
            environment,
            "overlapsubnetgroup/druid-to-billing",
            "Load balancers stand in its subnets: ProxyLoadBalancer 'query'. It is taken apart once they are gone."
        ),
        says(
            environment,
            "vpcpeering/druid-to-billing",
            "Used by OverlapSubnetGroup 'druid-to-billing': it goes once they are gone."
        ),
    )?;
    let objects = [
        "vpcpeering/druid-to-reports",
        "vpcpeering/druid-to-billing",
        "overlapsubnetgroup/druid-to-billing",
        "proxyloadbalancer/query",
    ];
    let gone = ["wait", "--for=delete", "--timeout=120s", "-n", "analytics"];
    kubectl.run(&[&gone[..], &objects].concat()).await?;
    kubectl.run(&["delete", "--timeout=20s", "awsaccount/service"]).await?;
    let differences = peerway_sim::Estate::diff(&before, &sim.aws.estate().await?);
    ensure!(differences.is_empty(), "{differences:?}");
    controller.process.terminate(Duration::from_secs(20)).await?;
    finalize(environment).await
}

/// Until that is why an object is not Ready.
async fn says(environment: &Environment, object: &str, message: &str) -> anyhow::Result<()> {
    let path = "{.status.conditions[?(@.type==\"Ready\")].message}";
    let says = format!("--for=jsonpath={path}={message}");
    environment.kubectl.run(&["wait", &says, "--timeout=30s", "-n", "analytics", object]).await?;
    Ok(())
}

/// What the namespace's controller does in the end.
async fn finalize(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let namespace = kubectl.run(&["get", "-o", "json", "namespace/analytics"]).await?;
    let mut namespace: Value = serde_json::from_str(&namespace)?;
    namespace["spec"]["finalizers"] = json!([]);
    let file = environment.folder().join("analytics.json");
    std::fs::write(&file, namespace.to_string())?;
    let path = "/api/v1/namespaces/analytics/finalize";
    kubectl.run(&["replace", "--raw", path, "-f", &file.display().to_string()]).await?;
    kubectl.run(&["wait", "--for=delete", "--timeout=20s", "namespace/analytics"]).await?;
    Ok(())
}
