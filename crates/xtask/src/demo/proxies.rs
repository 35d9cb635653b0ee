//! Load balancers in the overlap subnets, to the same instances as the provider's own.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use peerway_sim::estate::LoadBalancer;
use peerway_tests::{Environment, Sim};

use super::checks::Checks;
use super::world::World;
use super::{ONE_RESYNC, apply, kubectl, say, until, wait_ready};

const ACCOUNT: &str = "111111111111";
const REGION: &str = "us-west-2";
const REFERENCE: &str = "imply-e04-elbinter-qqsuirj9f9ep";
const QUERY: &str = "imply-query-my-peering";
const COORDINATOR: &str = "imply-coordinator-my-peering";
const OVERLORD: &str = "imply-overlord-my-peering";
/// The manifests.
pub(super) const FILES: [&str; 3] =
    ["golden/query.yaml", "golden/coordinator.yaml", "golden/overlord.yaml"];

/// What one balancer must be like.
struct Wanted {
    name: &'static str,
    listeners: &'static [u16],
    health_check: &'static str,
    in_service: (usize, usize),
}

const WANTED: [Wanted; 3] = [
    Wanted {
        name: QUERY,
        listeners: &[8888, 9088, 9095],
        health_check: "HTTPS:9095/health",
        in_service: (3, 3),
    },
    Wanted {
        name: COORDINATOR,
        listeners: &[8281],
        health_check: "HTTPS:8281/druid/coordinator/v1/isLeader",
        in_service: (1, 3),
    },
    Wanted {
        name: OVERLORD,
        listeners: &[8290],
        health_check: "HTTPS:8290/druid/indexer/v1/isLeader",
        in_service: (1, 3),
    },
];

/// Three balancers for the consumer of `druid-to-billing`.
pub(super) async fn stand(
    environment: &Environment,
    sim: &Sim,
    subnets: &BTreeSet<String>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    say(
        "\n== The same consumer reaches the same instances, through balancers in its overlap subnets ==",
    );
    for file in FILES {
        apply(environment, file).await?;
    }
    for name in ["query", "coordinator", "overlord"] {
        wait_ready(environment, &format!("proxyloadbalancer/{name}")).await?;
    }
    println!("\nIn AWS:");
    let estate = sim.aws.estate().await?;
    let world = World::new(&estate);
    for wanted in &WANTED {
        balancer(checks, &world, wanted, subnets);
        let found = in_service(sim, wanted.name).await?;
        checks.check(
            &format!(
                "{}: {} of {} in service",
                wanted.name, wanted.in_service.0, wanted.in_service.1
            ),
            found == wanted.in_service,
            &format!("{found:?}"),
        );
    }
    attached(checks, &world);
    Ok(())
}

/// What they follow changes; the id of the instance that went meanwhile, and of the one that came.
pub(super) async fn change(
    environment: &Environment,
    sim: &Sim,
    checks: &mut Checks,
) -> anyhow::Result<Vec<String>> {
    leader(sim, checks).await?;
    listener(sim, checks).await?;
    let replaced = replaced(sim, checks).await?;
    // The old instance is told of until AWS has let it go, and until somebody looks again.
    let query = ["-n", "analytics", "proxyloadbalancer/query"];
    let look = ["annotate", "peerway.dev/reconcile-at=replaced"];
    kubectl(environment, &[&look[..1], &query, &look[1..]].concat()).await?;
    let looked = "--for=jsonpath={.status.lastHandledReconcileAt}=replaced";
    kubectl(environment, &[&["wait", looked, "--timeout=60s"][..], &query].concat()).await?;
    println!(
        "\n$ kubectl get proxylb -n analytics\n{}",
        kubectl(environment, &["get", "proxylb", "-n", "analytics"]).await?.trim_end()
    );
    Ok(replaced)
}

fn balancer(checks: &mut Checks, world: &World<'_>, wanted: &Wanted, subnets: &BTreeSet<String>) {
    let Some(there) = world.balancer(wanted.name) else {
        checks.check(&format!("{} stands", wanted.name), false, "it does not");
        return;
    };
    let stands = there.subnets.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let listeners: BTreeSet<u16> = there.listeners.iter().map(|listener| listener.port).collect();
    let check = there.health_check.as_ref().map(|check| check.target.clone()).unwrap_or_default();
    let groups: BTreeSet<String> =
        there.security_groups.iter().flatten().map(ToString::to_string).collect();
    let LoadBalancer { internet_facing, attributes, .. } = there;
    let holds = stands == *subnets
        && listeners == wanted.listeners.iter().copied().collect()
        && check == wanted.health_check
        && groups == ["sg-0def0001", "sg-0e1b0001"].map(str::to_owned).into()
        && attributes.cross_zone
        && !internet_facing;
    checks.check(
        &format!(
            "{} is internal, stands in the three overlap subnets, listens on {:?}, asks {}, carries both groups, cross-zone on",
            wanted.name, wanted.listeners, wanted.health_check
        ),
        holds,
        &format!("{there:?}"),
    );
}

/// How many instances of a balancer are in service, and how many there are, by AWS's word.
async fn in_service(sim: &Sim, name: &str) -> anyhow::Result<(usize, usize)> {
    let parameters = [("LoadBalancerName", name)];
    let answer = sim.aws.elb(ACCOUNT, REGION, "DescribeInstanceHealth", &parameters).await?;
    let count = |mark: &str| answer.matches(mark).count();
    Ok((count("<State>InService</State>"), count("<State>")))
}

/// The instances of a balancer that are in service.
async fn serving(sim: &Sim, name: &str) -> anyhow::Result<Vec<String>> {
    let parameters = [("LoadBalancerName", name)];
    let answer = sim.aws.elb(ACCOUNT, REGION, "DescribeInstanceHealth", &parameters).await?;
    let members = answer.split("<member>").filter(|it| it.contains("<State>InService</State>"));
    let id = |member: &str| {
        let (_, rest) = member.split_once("<InstanceId>")?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    Ok(members.filter_map(id).collect())
}

fn attached(checks: &mut Checks, world: &World<'_>) {
    let masters = [COORDINATOR, OVERLORD].map(str::to_owned);
    let wanted: BTreeMap<String, BTreeSet<String>> = [
        ("imply-e04-Query-ASG".to_owned(), [REFERENCE, QUERY].map(str::to_owned).into()),
        ("imply-e04-Master-ASG-1".to_owned(), masters.clone().into()),
        ("imply-e04-Master-ASG-2".to_owned(), masters.clone().into()),
        ("imply-e04-Master-ASG-3".to_owned(), masters.into()),
    ]
    .into();
    let found = world.attachments();
    checks.check(
        "each auto-scaling group has the balancers it had, and the new ones",
        wanted == found,
        &format!("{found:?}"),
    );
}

/// Leadership moves to another master.
async fn leader(sim: &Sim, checks: &mut Checks) -> anyhow::Result<()> {
    say("\nLeadership moves from i-0b200001 to i-0b200002 …");
    sim.aws.lead("i-0b200001", false).await?;
    sim.aws.lead("i-0b200002", true).await?;
    for name in [COORDINATOR, OVERLORD] {
        let follows = async || {
            let serving = serving(sim, name).await.ok()?;
            (serving == ["i-0b200002"]).then_some(())
        };
        let holds = until(2 * ONE_RESYNC, follows).await.is_some();
        checks.check(&format!("{name} follows, with exactly one in service"), holds, "");
    }
    sim.aws.lead("i-0b200002", false).await?;
    sim.aws.lead("i-0b200001", true).await?;
    Ok(())
}

/// The reference gets a listener, and loses it again.
async fn listener(sim: &Sim, checks: &mut Checks) -> anyhow::Result<()> {
    say("\nThe provider adds a listener 9999 to its balancer …");
    let parameters = [
        ("LoadBalancerName", REFERENCE),
        ("Listeners.member.1.Protocol", "TCP"),
        ("Listeners.member.1.LoadBalancerPort", "9999"),
        ("Listeners.member.1.InstancePort", "9999"),
    ];
    sim.aws.elb(ACCOUNT, REGION, "CreateLoadBalancerListeners", &parameters).await?;
    let has = async |wanted: bool| {
        until(2 * ONE_RESYNC, async || {
            let estate = sim.aws.estate().await.ok()?;
            let there = World::new(&estate).balancer(QUERY)?.listeners.iter();
            (there.map(|it| it.port).any(|port| port == 9999) == wanted).then_some(())
        })
        .await
        .is_some()
    };
    checks.check(&format!("{QUERY} has it within one resync"), has(true).await, "");
    let parameters = [("LoadBalancerName", REFERENCE), ("LoadBalancerPorts.member.1", "9999")];
    sim.aws.elb(ACCOUNT, REGION, "DeleteLoadBalancerListeners", &parameters).await?;
    checks.check("and loses it again with the provider's", has(false).await, "");
    Ok(())
}

/// An auto-scaling group replaces an instance; both ids.
async fn replaced(sim: &Sim, checks: &mut Checks) -> anyhow::Result<Vec<String>> {
    say("\nA query server dies, and its group replaces it …");
    let gone = "i-0a100001".to_owned();
    let parameters = [("InstanceId", gone.as_str()), ("ShouldDecrementDesiredCapacity", "false")];
    sim.aws
        .auto_scaling(ACCOUNT, REGION, "TerminateInstanceInAutoScalingGroup", &parameters)
        .await?;
    let new = until(4 * ONE_RESYNC, async || {
        let serving = serving(sim, QUERY).await.ok()?;
        let known = ["i-0a100001", "i-0a100002", "i-0a100003"];
        let new = serving.iter().find(|id| !known.contains(&id.as_str()))?.clone();
        let is_settled = in_service(sim, QUERY).await.ok()? == (3, 3);
        is_settled.then_some(new)
    })
    .await;
    checks.check("three of three are in service again, one of them new", new.is_some(), "");
    Ok([gone].into_iter().chain(new).collect())
}

/// Nothing of the provider's was ever written to by the controller, from the first apply to the last delete.
pub(super) async fn untouched(sim: &Sim, checks: &mut Checks) -> anyhow::Result<()> {
    let calls = sim.aws.ledger_since(0).await?;
    let ours = calls.iter().filter(|call| {
        call.is_write
            && call.principal.as_deref().is_some_and(|it| it.contains(":assumed-role/peerway/"))
    });
    let touched: Vec<String> = ours
        .filter(|call| call.summary.contains(REFERENCE))
        .map(|call| format!("{} {}", call.action, call.summary))
        .collect();
    checks.check(
        &format!("no write of the controller ever named {REFERENCE}"),
        touched.is_empty(),
        &touched.join("; "),
    );
    let query = "imply-e04-Query-ASG";
    let detached = calls.iter().filter(|call| call.action.starts_with("Detach"));
    let is_own = |summary: &str| WANTED.iter().any(|wanted| summary.contains(wanted.name));
    let detached: Vec<&str> = detached
        .filter(|call| call.summary.contains(query) && !is_own(&call.summary))
        .map(|call| call.summary.as_str())
        .collect();
    checks.check(
        &format!("nothing but balancers of ours was ever detached from {query}"),
        detached.is_empty(),
        &detached.join("; "),
    );
    Ok(())
}

/// The subnets of a group, by id.
pub(super) fn subnets_of(world: &World<'_>, owner: &str) -> anyhow::Result<BTreeSet<String>> {
    let ids = world.subnet_ids(owner);
    (!ids.is_empty()).then_some(ids).context("the group has no subnets")
}
