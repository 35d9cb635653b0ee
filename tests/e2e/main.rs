//! The shipped binary, as a process: started, stopped, and used with kubectl.

mod canary;
mod garbled;
mod killed;
mod namespace;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::FutureExt;
use peerway_tests::environment::{Sim, example};
use peerway_tests::{Controller, Environment, suite};
use serde_json::json;

const QUICK: &[&str] = &["--settle", "200ms", "--takeover", "200ms", "--resync", "2s"];

/// The peering of the first consumer, and all that it needs.
const MANIFESTS: [&str; 3] =
    ["namespace.yaml", "golden/accounts.yaml", "golden/druid-to-reports.yaml"];

fn main() -> ExitCode {
    suite::run(&[
        ("it_stops_within_its_bound_when_the_definitions_are_missing", |e| {
            without_definitions(e).boxed_local()
        }),
        ("definitions_that_are_deleted_take_what_was_made_with_them", |e| {
            definitions_deleted(e).boxed_local()
        }),
        ("it_stops_within_its_bound_when_aws_does_not_answer", |e| without_aws(e).boxed_local()),
        ("kubectl_wait_and_delete_behave", |e| wait_and_delete(e).boxed_local()),
        ("drift_is_repaired_with_an_event_that_names_field_old_and_new", |e| {
            drift(e).boxed_local()
        }),
        ("a_replica_that_stands_by_takes_over_within_five_seconds_of_sigterm", |e| {
            handover(e).boxed_local()
        }),
        ("a_replica_takes_over_within_five_seconds_of_sigterm_amid_a_slow_write", |e| {
            handover_at_work(e).boxed_local()
        }),
        ("a_paused_leader_is_replaced_within_35_seconds_and_writes_no_more_when_it_wakes", |e| {
            paused(e).boxed_local()
        }),
        ("a_leader_that_is_killed_is_replaced_within_35_seconds", |e| killed(e).boxed_local()),
        ("killed_behind_any_write_the_next_process_finishes_what_it_began", |e| {
            killed::at_any_write_the_next_finishes(e).boxed_local()
        }),
        ("a_namespace_that_is_deleted_with_all_in_it_ends_clean", |e| {
            namespace::ends_clean(e).boxed_local()
        }),
        ("credentials_appear_nowhere_in_logs_events_and_status", |e| {
            canary::nowhere_in_logs_events_and_status(e).boxed_local()
        }),
        ("answers_that_cannot_be_read_end_in_a_condition_and_bounded_memory", |e| {
            garbled::answers_that_cannot_be_read_end_in_a_condition(e).boxed_local()
        }),
        ("writes_that_were_done_and_cannot_be_read_about_are_not_repeated", |e| {
            garbled::writes_that_were_done_are_not_repeated(e).boxed_local()
        }),
        ("without_its_role_it_is_not_ready_and_says_why", |e| without_rbac(e).boxed_local()),
    ])
}

fn manifests(names: &[&str]) -> anyhow::Result<String> {
    let texts: Result<Vec<String>, _> =
        names.iter().map(|name| std::fs::read_to_string(example(name))).collect();
    Ok(texts?.join("\n---\n"))
}

/// Kube's graceful stop never ends while the first list has not succeeded; ours must.
async fn without_definitions(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    kubectl.run(&["delete", "crd", "vpcpeerings.peerway.dev", "awsaccounts.peerway.dev"]).await?;
    let mut controller = environment.start_controller_unready("http://127.0.0.1:9", &[])?;
    controller.process.wait_for_log("watch failed", Duration::from_secs(20)).await?;
    let status = controller.process.terminate(Duration::from_secs(5)).await?;
    ensure!(status.success(), "{status}");
    environment.install().await
}

/// The kinds without objects go at once; nobody waits for users of kinds that are no more.
async fn definitions_deleted(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    kubectl.apply(&manifests(&MANIFESTS)?).await?;
    let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
    kubectl
        .run(&[&["wait", "--for=condition=Ready", "--timeout=30s"][..], &peering].concat())
        .await?;
    let kinds = ["overlapsubnetgroups", "proxyloadbalancers", "vpcpeerings", "awsaccounts"];
    let definitions = kinds.map(|kind| format!("crd/{kind}.peerway.dev"));
    let definitions: Vec<&str> = definitions.iter().map(String::as_str).collect();
    kubectl.run(&[&["delete", "--timeout=60s"][..], &definitions].concat()).await?;
    let differences = peerway_sim::Estate::diff(&before, &sim.aws.estate().await?);
    ensure!(differences.is_empty(), "{differences:?}");
    controller.process.terminate(Duration::from_secs(20)).await?;
    environment.install().await
}

async fn without_aws(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    kubectl.apply(&manifests(&MANIFESTS)?).await?;
    let mut controller = environment.start_controller("http://127.0.0.1:9", QUICK).await?;
    let wait = "--for=jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}=AWSUnreachable";
    kubectl
        .run(&["wait", wait, "--timeout=30s", "-n", "analytics", "vpcpeering/druid-to-reports"])
        .await?;
    let status = controller.process.terminate(Duration::from_secs(5)).await?;
    ensure!(status.success(), "{status}");
    let mut controller = environment.start_controller("http://127.0.0.1:9", QUICK).await?;
    // Nothing was made, so nothing holds the objects.
    kubectl
        .run(&[
            "delete",
            "--timeout=20s",
            "-n",
            "analytics",
            "vpcpeering/druid-to-reports",
            "--wait",
        ])
        .await?;
    kubectl.run(&["delete", "--timeout=20s", "awsaccount/service"]).await?;
    controller.process.terminate(Duration::from_secs(5)).await?;
    Ok(())
}

async fn wait_and_delete(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    kubectl.apply(&manifests(&MANIFESTS)?).await?;
    let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
    kubectl
        .run(&[&["wait", "--for=condition=Ready", "--timeout=30s"][..], &peering].concat())
        .await?;
    kubectl.run(&["wait", "--for=condition=Ready", "--timeout=30s", "awsaccount/service"]).await?;
    let table = kubectl.run(&["get", "peering", "-n", "analytics"]).await?;
    for line in table.lines() {
        ensure!(line.chars().count() <= 80, "more than 80 columns: {line}");
    }
    // An account in use is held, and says by whom; the peering goes first, then it.
    kubectl.run(&["delete", "--wait=false", "awsaccount/service"]).await?;
    let held = "--for=jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}=DependentsExist";
    kubectl.run(&["wait", held, "--timeout=20s", "awsaccount/service"]).await?;
    kubectl.run(&[&["delete", "--timeout=30s"][..], &peering].concat()).await?;
    kubectl.run(&["wait", "--for=delete", "--timeout=20s", "awsaccount/service"]).await?;
    let differences = peerway_sim::Estate::diff(&before, &sim.aws.estate().await?);
    ensure!(differences.is_empty(), "{differences:?}");
    controller.process.terminate(Duration::from_secs(20)).await?;
    Ok(())
}

async fn drift(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let mut controller = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    kubectl.apply(&manifests(&MANIFESTS)?).await?;
    let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
    kubectl
        .run(&[&["wait", "--for=condition=Ready", "--timeout=30s"][..], &peering].concat())
        .await?;
    let seq = sim.aws.last_seq().await?;
    let hand = [("RouteTableId", "rtb-8c4492f7"), ("DestinationCidrBlock", "10.50.0.0/21")];
    sim.aws.ec2("111111111111", "us-west-2", "DeleteRoute", &hand).await?;
    let repaired = async || {
        let calls = sim.aws.ledger_since(seq).await.ok()?;
        calls.iter().any(|call| call.action == "CreateRoute").then_some(())
    };
    controller.process.wait_for("repair", Duration::from_secs(5), repaired).await?;
    let told = async || {
        let events = kubectl
            .run(&[
                "get",
                "events.events.k8s.io",
                "-n",
                "analytics",
                "-o",
                "jsonpath={.items[*].note}",
            ])
            .await
            .ok()?;
        events.contains("route 10.50.0.0/21 in rtb-8c4492f7: missing -> pcx-").then_some(())
    };
    controller
        .process
        .wait_for("event", Duration::from_secs(5), told)
        .await
        .context("no event names field, old and new")?;
    kubectl.run(&[&["delete", "--timeout=30s"][..], &peering].concat()).await?;
    kubectl.run(&["delete", "--timeout=20s", "awsaccount/service"]).await?;
    controller.process.terminate(Duration::from_secs(20)).await?;
    Ok(())
}

/// Starts a second controller beside one that leads; it says for whom it stands by, and is ready.
async fn stand_by(environment: &Environment, endpoint: &str) -> anyhow::Result<Controller> {
    let mut second = environment.start_controller(endpoint, QUICK).await?;
    second.process.wait_for_log("standing by", Duration::from_secs(5)).await?;
    Ok(second)
}

async fn handover(environment: &Environment) -> anyhow::Result<()> {
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let mut first = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    let mut second = stand_by(environment, &sim.aws.endpoint).await?;
    let begun = Instant::now();
    let status = first.process.terminate(Duration::from_secs(5)).await?;
    ensure!(status.success(), "{status}");
    let rest = Duration::from_secs(5).saturating_sub(begun.elapsed());
    second.process.wait_for_log("leading", rest).await?;
    second.process.terminate(Duration::from_secs(5)).await?;
    Ok(())
}

/// A write is under way at SIGTERM, whose answer takes so long: within the drain, and longer than any.
async fn handover_at_work(environment: &Environment) -> anyhow::Result<()> {
    for seconds in [1, 9] {
        handed_over_amid(environment, seconds)
            .await
            .with_context(|| format!("amid a write of {seconds} s"))?;
    }
    Ok(())
}

async fn handed_over_amid(environment: &Environment, seconds: u32) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
    let before = sim.aws.estate().await?;
    let slow = json!({ "slow": { "seconds": seconds } });
    let request = "CreateVpcPeeringConnection";
    sim.aws.inject(&json!({ "action": request, "kind": slow })).await?;
    let mut first = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
    let mut second = stand_by(environment, &sim.aws.endpoint).await?;
    kubectl
        .apply(&manifests(&[
            "namespace.yaml",
            "golden/accounts.yaml",
            "golden/druid-to-reports.yaml",
        ])?)
        .await?;
    let written = async || {
        let calls = sim.aws.ledger_since(0).await.ok()?;
        let writes = calls.into_iter().filter(|call| call.is_write && call.action != "AssumeRole");
        Some(writes.map(|call| call.action).collect::<Vec<_>>())
    };
    let under_way = async || written().await.filter(|writes| writes == &[request]).map(drop);
    first.process.wait_for("request under way", Duration::from_secs(20), under_way).await?;
    let begun = Instant::now();
    let status = first.process.terminate(Duration::from_secs(5)).await?;
    ensure!(status.success(), "{status}");
    // Whoever takes over has to read everything first.
    ensure!(written().await == Some(vec![request.to_owned()]), "it went on: {:?}", written().await);
    let rest = Duration::from_secs(5).saturating_sub(begun.elapsed());
    second.process.wait_for_log("leading", rest).await?;
    let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
    let ready = ["wait", "--for=condition=Ready", "--timeout=30s"];
    kubectl.run(&[&ready[..], &peering].concat()).await?;
    kubectl.run(&[&["delete", "--timeout=30s"][..], &peering].concat()).await?;
    kubectl.run(&["delete", "--timeout=20s", "awsaccount/service"]).await?;
    let differences = peerway_sim::Estate::diff(&before, &sim.aws.estate().await?);
    ensure!(differences.is_empty(), "{differences:?}");
    second.process.terminate(Duration::from_secs(5)).await?;
    Ok(())
}

/// A leader in the middle of its work, and a replica that stands by.
struct Pair {
    sim: Sim,
    before: peerway_sim::Estate,
    first: Controller,
    second: Controller,
}

impl Pair {
    async fn at_work(environment: &Environment) -> anyhow::Result<Self> {
        let sim = environment.start_sim(&example("golden/estate.yaml"), 60).await?;
        let before = sim.aws.estate().await?;
        let mut first = environment.start_controller(&sim.aws.endpoint, QUICK).await?;
        let second = stand_by(environment, &sim.aws.endpoint).await?;
        environment.kubectl.apply(&manifests(&MANIFESTS)?).await?;
        let at_work = async || sim.aws.last_seq().await.ok().filter(|seq| *seq > 0).map(drop);
        first.process.wait_for("work", Duration::from_secs(10), at_work).await?;
        Ok(Self { sim, before, first, second })
    }

    /// The one that stood by leads within 35 s, and finishes what the other began.
    async fn is_succeeded(&mut self, environment: &Environment) -> anyhow::Result<()> {
        let wait = ["wait", "--for=condition=Ready", "--timeout=60s", "-n", "analytics"];
        self.second.process.wait_for_log("leading", Duration::from_secs(35)).await?;
        let ready = [&wait[..], &["vpcpeering/druid-to-reports"]].concat();
        environment.kubectl.run(&ready).await?;
        Ok(())
    }

    /// What was made is taken down again, and nothing is left.
    async fn ends(mut self, environment: &Environment) -> anyhow::Result<()> {
        let peering = ["-n", "analytics", "vpcpeering/druid-to-reports"];
        let delete = [&["delete", "--timeout=30s"][..], &peering].concat();
        environment.kubectl.run(&delete).await?;
        environment.kubectl.run(&["delete", "--timeout=20s", "awsaccount/service"]).await?;
        let differences = peerway_sim::Estate::diff(&self.before, &self.sim.aws.estate().await?);
        ensure!(differences.is_empty(), "{differences:?}");
        self.second.process.terminate(Duration::from_secs(20)).await?;
        Ok(())
    }
}

async fn killed(environment: &Environment) -> anyhow::Result<()> {
    let mut pair = Pair::at_work(environment).await?;
    pair.first.process.kill().await?;
    pair.is_succeeded(environment).await?;
    pair.ends(environment).await
}

async fn paused(environment: &Environment) -> anyhow::Result<()> {
    let mut pair = Pair::at_work(environment).await?;
    pair.first.process.pause().await?;
    pair.is_succeeded(environment).await?;
    let Pair { sim, first, .. } = &mut pair;
    let seq = sim.aws.last_seq().await?;
    first.process.resume().await?;
    let status = first.process.ended(Duration::from_secs(20)).await?;
    ensure!(!status.success(), "it should say that it lost the lease");
    ensure!(first.process.log().contains("lost the lease"), "{}", first.process.log());
    let late: Vec<_> =
        sim.aws.ledger_since(seq).await?.into_iter().filter(|call| call.is_write).collect();
    ensure!(late.iter().all(|call| call.action == "AssumeRole"), "{late:?}");
    pair.ends(environment).await
}

async fn without_rbac(environment: &Environment) -> anyhow::Result<()> {
    let kubectl = &environment.kubectl;
    kubectl.run(&["delete", "clusterrolebinding", "peerway-controller"]).await?;
    let mut controller =
        environment.start_controller_unready("http://127.0.0.1:9", &["--cluster-id", "x"])?;
    controller.process.wait_for_log("forbidden", Duration::from_secs(20)).await?;
    ensure!(!controller.is_ready().await, "ready without having listed anything");
    controller.process.terminate(Duration::from_secs(5)).await?;
    environment.install().await
}
