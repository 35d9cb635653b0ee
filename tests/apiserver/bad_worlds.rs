//! Worlds in which a peering cannot be made: each ends in a condition with a remedy, and in no write.

use std::time::Duration;

use anyhow::{Context, ensure};
use kube::Client;
use peerway_sim::ec2::vpcs::{CreateVpc, ModifyVpcAttribute};
use peerway_sim::ec2::{Flag, Tag, TagSpecification};
use peerway_sim::{Action, Effect, Fault, FaultKind, Outcome, World};
use peerway_tests::Environment;
use peerway_tests::api_server::{ADMIN, CONTROLLER};
use peerway_tests::environment::example;
use peerway_tests::in_process::{InProcess, world};
use serde_json::{Value, json};

use crate::objects::{
    account, by_hand, create, delete_account, delete_peerings, is_ready, namespace, peering, ready,
    until, with,
};

const NAMESPACE: &str = "bad-worlds";

/// What is wrong, and what must be said of it.
struct Case {
    name: &'static str,
    peering: fn(Value) -> Value,
    account: fn(Value) -> Value,
    weather: fn(&World),
    reason: &'static str,
    words: &'static [&'static str],
    /// Whether it is a call that fails again and again.
    lasts: bool,
}

const FINE: Case = Case {
    name: "",
    peering: |object| object,
    account: |object| object,
    weather: |_| (),
    reason: "",
    words: &[],
    lasts: false,
};

/// A fault that lasts.
fn always(action: Action, kind: FaultKind) -> Fault {
    Fault { times: u32::MAX, ..Fault::next(action, kind) }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "vpc-not-found",
            peering: |object| with(object, "/spec/accepter/vpc/id", json!("vpc-00000000")),
            reason: "VPCNotFound",
            words: &["accepter.vpc.id", "vpc-00000000", "111111111111 us-west-2", "Correct"],
            ..FINE
        },
        Case {
            name: "selector-matches-two",
            peering: |object| with(object, "/spec/requester/vpc/matchTags/Name", json!("*-vpc")),
            reason: "SelectorMatchesSeveral",
            words: &["requester.vpc.matchTags", "vpc-ce78dbb7", "Name one by `id`"],
            ..FINE
        },
        Case {
            name: "wrong-account-id",
            account: |object| with(object, "/spec/accountID", json!("222222222222")),
            reason: "WrongAccount",
            words: &["lead to account 111111111111", "not to 222222222222", "Nothing is written"],
            ..FINE
        },
        Case {
            name: "assume-role-denied",
            account: |object| {
                with(
                    object,
                    "/spec/credentials/assumeRole/roleARN",
                    json!("arn:aws:iam::111111111111:role/nobody"),
                )
            },
            reason: "CredentialsUnavailable",
            words: &["AssumeRole", "AccessDenied", "trust policy"],
            ..FINE
        },
        Case {
            name: "region-not-listed",
            account: |object| with(object, "/spec/regions", json!(["eu-central-1"])),
            reason: "RegionNotListed",
            words: &["us-west-2", "spec.regions"],
            ..FINE
        },
        Case {
            name: "not-granted",
            account: |object| {
                with(object, "/spec/grants/0/namespaces/names", json!(["somebody-else"]))
            },
            reason: "NotGranted",
            words: &[NAMESPACE, "Ask whoever administers"],
            ..FINE
        },
        Case {
            name: "no-such-account",
            peering: |object| with(object, "/spec/accepter/accountRef/name", json!("nobody")),
            reason: "AccountNotFound",
            words: &["accepter.accountRef", "'nobody'", "Create it"],
            ..FINE
        },
        Case {
            name: "one-call-denied",
            lasts: true,
            weather: |world| {
                world.inject(always(Action::DescribeRouteTables, FaultKind::unauthorized()));
            },
            reason: "AccessDenied",
            words: &["DescribeRouteTables", "UnauthorizedOperation", "IAM policy"],
            ..FINE
        },
        Case {
            name: "dns-attributes-off",
            weather: without_host_names,
            reason: "DNSAttributesOff",
            words: &["enableDnsHostnames", "vpc-641fee1c", "modify-vpc-attribute"],
            ..FINE
        },
        Case {
            name: "endpoint-unreachable",
            weather: |world| {
                let silence = FaultKind::NoAnswer { effect: Effect::NotApplied };
                world.inject(Fault { times: u32::MAX, ..Fault::any(silence) });
            },
            reason: "AWSUnreachable",
            lasts: true,
            words: &["Nothing is changed while AWS cannot be read"],
            ..FINE
        },
        Case {
            name: "cidr-overlap",
            peering: |object| {
                let object = with(
                    object,
                    "/spec/accepter/vpc",
                    json!({ "matchTags": { "Name": "overlapping-the-service" } }),
                );
                let object =
                    with(object, "/spec/accepter/routes", json!({ "tables": { "scope": "Main" } }));
                let object = with(object, "/spec/requester/routes/destinations", Value::Null);
                with(object, "/spec/requester/ingress", Value::Null)
            },
            weather: with_overlapping_vpc,
            reason: "CIDROverlap",
            words: &["10.50.0.0/21", "10.50.4.0/22", "cannot peer"],
            ..FINE
        },
    ]
}

fn without_host_names(world: &World) {
    by_hand(
        world,
        ModifyVpcAttribute {
            vpc_id: "vpc-641fee1c".to_owned(),
            enable_dns_hostnames: Some(Flag { value: false }),
            ..ModifyVpcAttribute::default()
        },
    );
}

fn with_overlapping_vpc(world: &World) {
    let name = Tag { key: "Name".to_owned(), value: Some("overlapping-the-service".to_owned()) };
    let tags = TagSpecification { resource_type: "vpc".to_owned(), tags: vec![name] };
    by_hand(
        world,
        CreateVpc {
            cidr_block: "10.50.4.0/22".to_owned(),
            tag_specifications: vec![tags],
            ..CreateVpc::default()
        },
    );
}

async fn in_world(client: &Client, controller: &Client, case: &Case) -> anyhow::Result<()> {
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let controller = InProcess::start(controller.clone(), world(&golden), Duration::from_secs(1));
    (case.weather)(&controller.world);
    let by_hand = controller.writes().len();
    create(client, &(case.account)(account(case.name, &[NAMESPACE])), false).await?;
    create(client, &(case.peering)(peering(NAMESPACE, case.name, case.name)), false).await?;
    let said = until(client, NAMESPACE, case.name, case.reason, |peering| {
        ready(peering).is_some_and(|(_, reason, _)| reason == case.reason)
    })
    .await?;
    let (status, _, message) = ready(&said).context("there is a Ready condition")?;
    ensure!(status == "False", "Ready={status}");
    for word in case.words {
        ensure!(message.contains(word), "{word:?} is not in: {message}");
    }
    let writes = &controller.writes()[by_hand..];
    ensure!(writes.is_empty(), "written: {writes:?}");
    if case.lasts {
        // The same failure again has another request id, and is no news.
        let seq = controller.world.ledger().last().map_or(0, |call| call.seq);
        let failed_again = async {
            let has_failed = |call: &peerway_sim::Entry| call.outcome != Outcome::Ok;
            while controller.world.ledger_since(seq).iter().filter(|call| has_failed(call)).count()
                < 4
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), failed_again).await.context("read again")?;
        let now = until(client, NAMESPACE, case.name, case.reason, |_| true).await?;
        ensure!(now.metadata.resource_version == said.metadata.resource_version, "{now:#?}");
    }
    // Nothing was made, so nothing holds the objects.
    delete_peerings(client, NAMESPACE).await?;
    delete_account(client, case.name).await?;
    controller.stop().await;
    Ok(())
}

pub(crate) async fn each_ends_in_a_condition_with_a_remedy_and_no_write(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    let controller = environment.api_server.client(CONTROLLER).await?;
    namespace(&client, NAMESPACE).await?;
    for case in cases() {
        in_world(&client, &controller, &case)
            .await
            .with_context(|| format!("in world {}", case.name))?;
    }
    Ok(())
}

pub(crate) async fn a_write_that_is_denied_is_said_and_repeated_until_it_is_allowed(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let controller = InProcess::start(
        environment.api_server.client(CONTROLLER).await?,
        world(&golden),
        Duration::from_secs(2),
    );
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
