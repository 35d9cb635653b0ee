//! Worlds in which a peering cannot be made, or cannot go on: each ends in a condition that says what, where and what to
//! do, in no write but those that it names, and leaves nothing behind.

mod accounts;
mod calls;
mod connections;
mod networks;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use kube::Client;
use peerway_api::v1alpha1::VpcPeering;
use peerway_sim::{Action, Entry, Estate, Fault, FaultKind, Outcome, Quotas, World};
use peerway_tests::Environment;
use peerway_tests::api_server::{ADMIN, CONTROLLER};
use peerway_tests::environment::example;
use peerway_tests::in_process::{InProcess, world, world_with};
use serde_json::{Value, json};

use crate::objects::{
    account, create, delete_account, delete_peerings, is_ready, namespace, peering, ready, until,
    with,
};

const NAMESPACE: &str = "bad-worlds";
/// How many of them there must be.
const AT_LEAST: usize = 25;

/// A reason that the peering gives, and what somebody does then.
type Then = (&'static str, fn(&World));

/// What is wrong, and what must be said of it.
struct Case {
    name: &'static str,
    /// What stands in AWS, made of the golden estate.
    estate: fn(String) -> String,
    quotas: fn() -> Quotas,
    weather: fn(&World),
    account: fn(Value) -> Value,
    peering: fn(Value) -> Value,
    /// Another object, older than the peering, made of it.
    older: Option<fn(Value) -> Value>,
    /// What somebody does, once the peering gives this reason.
    then: &'static [Then],
    reason: &'static str,
    words: &'static [&'static str],
    /// Which actions wrote something.
    writes: &'static [&'static str],
    /// Whether it is a call that fails again and again.
    lasts: bool,
}

const FINE: Case = Case {
    name: "",
    estate: |golden| golden,
    quotas: Quotas::default,
    weather: |_| (),
    account: |object| object,
    peering: |object| object,
    older: None,
    then: &[],
    reason: "",
    words: &[],
    writes: &[],
    lasts: false,
};

/// What making a peering writes.
const REQUEST: &str = "CreateVpcPeeringConnection";
const ACCEPT: &str = "AcceptVpcPeeringConnection";
const DNS: &str = "ModifyVpcPeeringConnectionOptions";
const ROUTE: &str = "CreateRoute";
const RULE: &str = "AuthorizeSecurityGroupIngress";

/// A fault that lasts.
fn always(action: Action, kind: FaultKind) -> Fault {
    Fault::next(action, kind).always()
}

/// The golden estate with this in the place of that.
fn exchanged(golden: &str, this: &str, that: &str) -> String {
    assert!(golden.contains(this), "{this} is not in the golden estate");
    golden.replace(this, that)
}

/// Nothing is made while a route is not safe.
fn refusing(object: Value) -> Value {
    with(object, "/spec/requester/routes/onConflict", json!("Refuse"))
}

fn cases() -> Vec<Case> {
    [accounts::cases(), calls::cases(), connections::cases(), networks::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// What is not as it should be.
async fn in_world(
    client: &Client,
    controller: &Client,
    case: &Case,
) -> anyhow::Result<Vec<String>> {
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let world = world_with(&(case.estate)(golden), (case.quotas)());
    (case.weather)(&world);
    let (before, first) = (world.estate(), last_call(&world));
    let controller = InProcess::start(controller.clone(), world, Duration::from_secs(1));
    let world = &controller.world;
    create(client, &(case.account)(account(case.name, &[NAMESPACE])), false).await?;
    let object = (case.peering)(peering(NAMESPACE, case.name, case.name));
    if let Some(older) = case.older {
        create_before(client, &older(object.clone()), &object).await?;
    }
    create(client, &object, false).await?;
    for (reason, act) in case.then {
        said(client, case.name, reason).await?;
        act(world);
    }
    let said = said(client, case.name, case.reason).await?;
    let (status, _, message) = ready(&said).context("there is a Ready condition")?;
    let mut wrong = Vec::new();
    if status != "False" {
        wrong.push(format!("Ready={status}"));
    }
    let unsaid = case.words.iter().filter(|word| !message.contains(**word));
    wrong.extend(unsaid.map(|word| format!("{word:?} is not in: {message}")));
    if case.lasts {
        // The same failure again has another request id, and is no news.
        failed_again(world).await?;
        let now = until(client, NAMESPACE, case.name, case.reason, |_| true).await?;
        ensure!(now.metadata.resource_version == said.metadata.resource_version, "{now:#?}");
    }
    let calls = world.ledger_since(first);
    let written: BTreeSet<&str> =
        calls.iter().filter(|call| is_ours(call)).map(|call| call.action.as_ref()).collect();
    if written != case.writes.iter().copied().collect() {
        wrong.push(format!("written: {written:?}"));
    }
    if !case.writes.is_empty() {
        world.clear_faults();
    }
    delete_peerings(client, NAMESPACE).await?;
    delete_account(client, case.name).await?;
    wrong.extend(left(&before, &world.estate())?.into_iter().map(|line| format!("left: {line}")));
    controller.stop().await;
    Ok(wrong)
}

async fn said(client: &Client, name: &str, reason: &str) -> anyhow::Result<VpcPeering> {
    until(client, NAMESPACE, name, reason, |peering| {
        ready(peering).is_some_and(|(_, said, _)| said == reason)
    })
    .await
}

/// Creates an object of another name, and waits until what is created next is younger: the API server counts seconds.
async fn create_before(client: &Client, older: &Value, next: &Value) -> anyhow::Result<()> {
    let created = create(client, older, false).await?.metadata.creation_timestamp;
    let is_younger = async {
        while create(client, next, true).await?.metadata.creation_timestamp <= created {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(5), is_younger).await.context("time stands still")?
}

async fn failed_again(world: &World) -> anyhow::Result<()> {
    let seq = last_call(world);
    let failed = || world.ledger_since(seq).iter().filter(|c| c.outcome != Outcome::Ok).count();
    let often = async {
        while failed() < 4 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), often).await.context("it is not tried again")
}

fn last_call(world: &World) -> u64 {
    world.ledger().last().map_or(0, |call| call.seq)
}

/// Whether it is a write of the controller's that was done; nobody counts sessions.
fn is_ours(call: &Entry) -> bool {
    let by_hand = call.principal.as_ref().is_some_and(|arn| arn.ends_with(":root"));
    call.is_applied_write() && call.action != "AssumeRole" && !by_hand
}

/// What carries tags of ours, or leads to a connection, and was not there before.
fn left(before: &Estate, after: &Estate) -> anyhow::Result<Vec<String>> {
    let (before, after) = (before.to_yaml()?, after.to_yaml()?);
    let known: BTreeSet<&str> = before.lines().collect();
    let new = after.lines().filter(|line| !known.contains(line));
    let ours = new.filter(|line| line.contains("peerway.dev/") || line.contains("pcx-"));
    Ok(ours.map(str::to_owned).collect())
}

pub(crate) async fn each_ends_in_a_condition_with_a_remedy_and_no_write(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    let controller = environment.api_server.client(CONTROLLER).await?;
    namespace(&client, NAMESPACE).await?;
    let cases = cases();
    ensure!(cases.len() >= AT_LEAST, "only {} worlds", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        match in_world(&client, &controller, &case).await {
            Ok(found) => {
                wrong.extend(
                    found.into_iter().map(|what| format!("in world {}: {what}", case.name)),
                );
            }
            Err(error) => {
                // What it leaves would be in the way of all others.
                wrong.push(format!("in world {}: {error:#}", case.name));
                break;
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

pub(crate) async fn a_write_that_is_denied_is_said_and_repeated_until_it_is_allowed(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let controller = environment.start_in_process(world(&golden), Duration::from_secs(2)).await?;
    controller.world.inject(always(Action::CreateRoute, FaultKind::unauthorized()));
    create(&client, &account("denied", &[NAMESPACE]), false).await?;
    create(&client, &peering(NAMESPACE, "denied", "denied"), false).await?;
    let said = until(&client, NAMESPACE, "denied", "denied", |peering| {
        ready(peering).is_some_and(|(_, reason, _)| reason == "AccessDenied")
    })
    .await?;
    let (_, _, message) = ready(&said).context("there is a Ready condition")?;
    ensure!(message.contains("CreateRoute") && message.contains("request "), "{message}");
    let routes = said.status.and_then(|status| status.routes).context("routes are reported")?;
    ensure!(routes.ready == "0/2", "{}", routes.ready);
    // While the first side's write fails, the second's is not tried.
    let writes = controller.writes();
    let tried = writes.iter().filter(|call| call.action == "CreateRoute");
    ensure!(
        tried.clone().all(|call| call.summary.contains("rtb-7122e509")),
        "{:?}",
        tried.collect::<Vec<_>>()
    );
    controller.world.clear_faults();
    until(&client, NAMESPACE, "denied", "Ready", is_ready).await?;
    delete_peerings(&client, NAMESPACE).await?;
    delete_account(&client, "denied").await?;
    controller.stop().await;
    Ok(())
}
