//! What load balancers cost that have nothing to do, and how fast many are made.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use kube::api::PostParams;
use kube::{Api, Client};
use peerway_api::v1alpha1::{AwsAccount, ProxyLoadBalancer};
use peerway_memory_api::MemoryApi;
use peerway_memory_api::crash::Run;
use peerway_sim::{Quotas, World};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::bringup::is_throttled;
use crate::fleet::{ACCOUNT, ACCOUNT_NAME, Fleet, NAMESPACE, REGION};
use crate::running::{Aws, RESYNC, api, controller, in_paused_time, is_ready, world};
use crate::simulated::{clock, unlimited};
use crate::table::Row;

const CYCLES: u32 = 20;
const KIND: &str = "proxyloadbalancers.peerway.dev";
/// One call per page of each part that a balancer reads: six that everybody reads, balancers, auto-scaling groups.
const FLOOR: f64 = 8.0;
/// What AWS answers of all calls about balancers together, per second, and how often one may be made, in seconds
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html>).
const READS_PER_SECOND: f64 = 10.0;
const SECONDS_PER_CREATE: f64 = 5.0;
/// How many may be made at once before that.
const BURST: u32 = 10;

/// A VPC with three subnets, and an auto-scaling group of one instance for each balancer.
fn estate(balancers: u32) -> String {
    let mut text = format!(
        "accounts:\n  \"{ACCOUNT}\":\n    roles:\n      peerway: {{trusts: [\"arn:aws:iam::999999999999:user/peerway-controller\"]}}\n    regions:\n      {REGION}:\n        vpcs:\n          - id: vpc-0000000a\n            cidr: 10.0.0.0/16\n            routeTables: [{{id: rtb-0000000a, main: true}}]\n            subnets:\n"
    );
    for zone in 1..=3 {
        let _ = writeln!(
            text,
            "              - {{id: subnet-0000000{zone}, zone: usw2-az{zone}, cidr: 10.0.{}.0/20, tags: {{for: balancers}}}}",
            zone * 16
        );
    }
    text.push_str(
        "            securityGroups: [{id: sg-0000000a, name: front}]\n            instances:\n",
    );
    for number in 0..balancers {
        let _ = writeln!(
            text,
            "              - {{id: i-{number:08x}, subnet: subnet-00000001, securityGroups: [sg-0000000a]}}"
        );
    }
    text.push_str("        autoScalingGroups:\n");
    for number in 0..balancers {
        let _ = writeln!(
            text,
            "          - {{name: group-{number}, subnets: [subnet-00000001], instances: [i-{number:08x}], tags: {{Name: group-{number}}}}}"
        );
    }
    text.push_str("  \"999999999999\":\n    users:\n      peerway-controller:\n        accessKeys: {AKIAPEERWAYCONTROLLR: simulated-secret-access-key}\n");
    text
}

fn manifest(number: u32) -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "ProxyLoadBalancer",
        "metadata": { "name": format!("proxy-{number}"), "namespace": NAMESPACE },
        "spec": {
            "subnets": { "accountRef": { "name": ACCOUNT_NAME }, "region": REGION, "matchTags": { "for": "balancers" } },
            "listeners": [{ "port": 8080, "protocol": "TCP", "instancePort": 8080 }],
            "healthCheck": { "intervalSeconds": 5, "timeoutSeconds": 2, "healthyThreshold": 2 },
            "securityGroups": [{ "name": "front" }],
            "targets": { "autoScalingGroups": { "names": [format!("group-{number}")] } },
        },
    })
}

/// A controller with load balancers; it ends when dropped.
struct Proxies {
    world: Arc<World>,
    api: MemoryApi,
    calls: Run,
    task: JoinHandle<()>,
}

impl Drop for Proxies {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxies {
    /// Declares so many at once.
    async fn declare(balancers: u32, aws: Aws) -> anyhow::Result<Self> {
        let clock = clock();
        let api = api(clock.clone())?;
        let world = world(aws, &estate(balancers), &clock)?;
        let (calls, task) = controller(&world, &api, &clock);
        let (client, post) = (Client::new(api.clone(), "default"), PostParams::default());
        let accounts: Api<AwsAccount> = Api::all(client.clone());
        accounts.create(&post, &serde_json::from_value(Fleet::account())?).await?;
        let objects: Api<ProxyLoadBalancer> = Api::namespaced(client, NAMESPACE);
        for number in 0..balancers {
            objects.create(&post, &serde_json::from_value(manifest(number))?).await?;
        }
        Ok(Self { world, api, calls, task })
    }

    /// Lets time pass until all are ready; how long it took.
    async fn ready(&self, balancers: u32, most: Duration) -> anyhow::Result<Duration> {
        let begun = tokio::time::Instant::now();
        loop {
            let ready = self.api.count(KIND, is_ready);
            if ready == balancers as usize {
                return Ok(begun.elapsed());
            }
            let unready = || self.api.objects(KIND).into_iter().find(|object| !is_ready(object));
            ensure!(
                begun.elapsed() < most,
                "{ready} of {balancers} are ready after {:?} of simulated time; one that is not: {}",
                begun.elapsed(),
                unready().map(|mut object| object["status"].take()).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn kubernetes_writes(&self) -> usize {
        let calls = self.calls.calls();
        calls.iter().filter(|call| call.writes && !call.operation.ends_with(" events")).count()
    }
}

/// Calls at rest, and how fast twenty are made.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for balancers in [10, 100] {
        rows.extend(in_paused_time(at_rest(balancers))?);
    }
    rows.extend(in_paused_time(brought_up(20))?);
    Ok(rows)
}

async fn at_rest(balancers: u32) -> anyhow::Result<Vec<Row>> {
    let quotas = Quotas { balancers: 1_000, scaling_groups: 1_000, ..unlimited() };
    let proxies = Proxies::declare(balancers, Aws { quotas, ..Aws::at_once() }).await?;
    proxies.ready(balancers, Duration::from_hours(1)).await?;
    tokio::time::sleep(4 * RESYNC).await;
    let seq = proxies.world.ledger().last().map_or(0, |entry| entry.seq);
    let written = proxies.kubernetes_writes();
    tokio::time::sleep(CYCLES * RESYNC).await;
    let mut by_action: BTreeMap<String, f64> = BTreeMap::new();
    let mut writes = 0.0;
    for entry in proxies.world.ledger_since(seq) {
        if entry.is_write && entry.action != "AssumeRole" {
            writes += 1.0;
        } else if !entry.is_write {
            *by_action.entry(entry.action.to_string()).or_default() += 1.0 / f64::from(CYCLES);
        }
    }
    let of = |one_by_one: bool| -> f64 {
        let is_told_alone = |action: &str| {
            ["DescribeInstanceHealth", "DescribeTags", "DescribeTrafficSources"].contains(&action)
                || action.starts_with("DescribeLoadBalancerA")
                || action.starts_with("DescribeLoadBalancerP")
        };
        let chosen = by_action.iter().filter(|(action, _)| is_told_alone(action) == one_by_one);
        chosen.map(|(_, calls)| calls).sum()
    };
    let text = |action: &str| format!("{action} {:.2}", by_action.get(action).unwrap_or(&0.0));
    let told_alone = of(true);
    let share = told_alone / RESYNC.as_secs_f64() / READS_PER_SECOND * 100.0;
    let kubernetes = f64::from(u32::try_from(proxies.kubernetes_writes() - written)?);
    Ok(vec![
        Row::at_most(
            &format!("balancers: lists per cycle, {balancers} of them"),
            of(false),
            FLOOR * 1.1,
            "calls",
        )
        .counted(format!(
            "ledger, {CYCLES} cycles at rest: {}, {}",
            text("DescribeLoadBalancers"),
            text("DescribeAutoScalingGroups")
        )),
        Row::at_most("   what is told one by one, of AWS's rate", share, 25.0, "%").counted(
            format!(
                "{told_alone:.2} calls per cycle: {}; AWS answers {READS_PER_SECOND} a second",
                text("DescribeInstanceHealth")
            ),
        ),
        Row::at_most("   writes at rest, AWS and Kubernetes", writes + kubernetes, 0.0, "")
            .counted("events apart".to_owned()),
    ])
}

async fn brought_up(balancers: u32) -> anyhow::Result<Vec<Row>> {
    let aws = Aws::like_the_real_one();
    let proxies = Proxies::declare(balancers, aws).await?;
    proxies.ready(balancers, Duration::from_hours(1)).await?;
    let ledger = proxies.world.ledger();
    let mut made = ledger.iter().filter(|entry| entry.action == "CreateLoadBalancer");
    let first = made.next().map(|entry| entry.world_time);
    let last = made.next_back().map(|entry| entry.world_time);
    let (Some(first), Some(last)) = (first, last) else { anyhow::bail!("none was made") };
    let took = last.duration_since(first).as_secs_f64();
    let floor = f64::from(balancers - BURST) * SECONDS_PER_CREATE;
    let throttled = ledger.iter().filter(|entry| is_throttled(entry)).count();
    Ok(vec![
        Row::at_most(
            &format!("balancers: {balancers} made at once, over the bucket's floor"),
            took / floor,
            1.05,
            "×",
        )
        .counted(format!(
            "{took:.0} s of simulated time from the first CreateLoadBalancer to the last; the floor is {floor:.0} s; {throttled} of {} calls throttled",
            ledger.len()
        )),
    ])
}
