//! As whom an account is entered: with tags that its policies may ask for, and by each `AWSAccount` for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, ensure};
use peerway_aws::Rate;
use peerway_model::Action;
use peerway_model::clock::since;
use peerway_tests::Environment;
use peerway_tests::api_server::{ADMIN, CONTROLLER};
use peerway_tests::environment::example;
use peerway_tests::in_process::{InProcess, world};
use serde_json::{Value, json};

use crate::objects::{
    account, create, delete_account, delete_peerings, is_ready, merge, namespace, peering, ready,
    until, with,
};

const RESYNC: Duration = Duration::from_secs(2);
const TRUST: &str = "trusts: [arn:aws:iam::999999999999:user/peerway-controller]";
/// A role that lets anybody look, and write only whoever shows to be at work for `tagged/joined`.
const TAGGED: &str = r#"
        tagSession: true
        policy:
          Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Action: ["ec2:Describe*", "ec2:Get*"], Resource: "*"}
            - Effect: Allow
              Action: "ec2:*"
              Resource: "*"
              Condition: {StringEquals: {"aws:PrincipalTag/peerway.dev/owner": VPCPeering/tagged/joined}}"#;

pub(crate) async fn tags_of_sessions_open_what_two_accounts_give_to_one_object_alone(
    environment: &Environment,
) -> anyhow::Result<()> {
    const NAMESPACE: &str = "tagged";
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    let estate = std::fs::read_to_string(example("two-accounts/estate.yaml"))?;
    let estate = estate.replace(TRUST, &format!("{TRUST}{TAGGED}"));
    let controller = environment.start_in_process(world(&estate), RESYNC).await?;
    let service = account("service-tagged", &[NAMESPACE]);
    let consumer = with(
        account("consumer-tagged", &[NAMESPACE]),
        "/spec/credentials/assumeRole",
        json!({
            "roleARN": "arn:aws:iam::333333333333:role/peerway",
            "externalID": "consumer-to-peerway",
        }),
    );
    let consumer = with(consumer, "/spec/accountID", json!("333333333333"));
    let consumer = with(consumer, "/spec/regions", json!(["eu-central-1"]));
    let tags = json!({ "spec": { "credentials": { "assumeRole": { "sessionTags": true } } } });
    for account in [&service, &consumer] {
        create(&client, account, false).await?;
    }
    create(&client, &frankfurt_to_oregon(NAMESPACE, "joined"), false).await?;
    // Without tags nobody may write.
    until(&client, NAMESPACE, "joined", "AccessDenied", |peering| {
        ready(peering).is_some_and(|(_, reason, _)| reason == "AccessDenied")
    })
    .await?;
    for account in [&service, &consumer] {
        merge(&client, account, &tags).await?;
    }
    until(&client, NAMESPACE, "joined", "Ready", is_ready).await?;
    let writers: BTreeSet<String> = controller
        .writes()
        .iter()
        .filter(|call| call.was_applied)
        .filter_map(|call| call.principal.as_ref().map(ToString::to_string))
        .collect();
    let expected = ["111111111111", "333333333333"]
        .map(|id| format!("arn:aws:sts::{id}:assumed-role/peerway/peerway-tagged-joined"));
    ensure!(writers == expected.into(), "{writers:?}");
    delete_peerings(&client, NAMESPACE).await?;
    for account in ["service-tagged", "consumer-tagged"] {
        delete_account(&client, account).await?;
    }
    controller.stop().await;
    Ok(())
}

/// The peering of the example, between accounts of other names.
fn frankfurt_to_oregon(namespace: &str, name: &str) -> Value {
    let side = |account: &str, region: &str, vpc: &str, table: &str, destination: &str| {
        json!({
            "accountRef": { "name": account },
            "region": region,
            "vpc": { "id": vpc },
            "routes": { "tables": { "ids": [table] }, "destinations": [destination] },
        })
    };
    let spec = json!({
        "requester": side("consumer-tagged", "eu-central-1", "vpc-0c830001", "rtb-0c830001", "10.50.0.0/23"),
        "accepter": side("service-tagged", "us-west-2", "vpc-0a510001", "rtb-0a510001", "10.80.0.0/19"),
    });
    with(peering(namespace, name, ""), "/spec", spec)
}

/// How fast routes are written, whichever way leads to the account.
const ROUTES: Rate = Rate { capacity: 4.0, per_second: 4.0 };

pub(crate) async fn two_ways_into_one_account_read_each_for_themselves_and_share_its_buckets(
    environment: &Environment,
) -> anyhow::Result<()> {
    const NAMESPACE: &str = "two-ways";
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let other = format!("{TRUST}\n      peerway-two:\n        {TRUST}");
    let controller = InProcess::start_at(
        environment.api_server.client(CONTROLLER).await?,
        world(&golden.replace(TRUST, &other)),
        RESYNC,
        BTreeMap::from([(Action::CreateRoute, ROUTES)]),
    );
    create(&client, &account("one", &[NAMESPACE]), false).await?;
    let role = json!("arn:aws:iam::111111111111:role/peerway-two");
    let two = with(account("two", &[NAMESPACE]), "/spec/credentials/assumeRole/roleARN", role);
    create(&client, &two, false).await?;
    // Eight routes each.
    let service = ("vpc-ce78dbb7", "rtb-a822e5d0", "10.50");
    let reports = ("vpc-641fee1c", "rtb-8c4492f7", "172.20");
    let billing = ("vpc-3607f64e", "rtb-48598f33", "172.19");
    create(&client, &joined(NAMESPACE, "by-one", [("one", service), ("one", reports)]), false)
        .await?;
    create(&client, &joined(NAMESPACE, "by-two", [("two", reports), ("two", billing)]), false)
        .await?;
    for name in ["by-one", "by-two"] {
        until(&client, NAMESPACE, name, "Ready", is_ready).await?;
    }
    let calls = controller.world.ledger();
    let written: Vec<_> = calls
        .iter()
        .filter(|call| call.action == "CreateRoute" && call.was_applied)
        .map(|call| call.wall_time)
        .collect();
    ensure!(written.len() == 16, "{} routes", written.len());
    let took = written.first().zip(written.last()).map(|(first, last)| since(*last, *first));
    // With a bucket each, eight would take a second.
    let least = Duration::from_millis(2500);
    ensure!(took.is_some_and(|took| took >= least), "sixteen routes took {took:?}");
    // One side each: both see the same connection, each in reads of its own.
    let mixed = joined(NAMESPACE, "by-both", [("one", service), ("two", billing)]);
    let mixed = with(
        with(mixed, "/spec/requester/routes", Value::Null),
        "/spec/accepter/routes",
        Value::Null,
    );
    create(&client, &mixed, false).await?;
    until(&client, NAMESPACE, "by-both", "Ready", is_ready).await?;
    for action in ["DescribeVpcs", "DescribeRouteTables", "DescribeVpcPeeringConnections"] {
        let calls = controller.world.ledger();
        let readers: BTreeSet<&str> = calls
            .iter()
            .filter(|call| call.action == action)
            .filter_map(|call| call.principal.as_deref()?.split('/').nth(1))
            .collect();
        ensure!(readers == ["peerway", "peerway-two"].into(), "{action} by {readers:?}");
    }
    delete_peerings(&client, NAMESPACE).await?;
    delete_account(&client, "one").await.context("one")?;
    delete_account(&client, "two").await.context("two")?;
    controller.stop().await;
    Ok(())
}

/// Two VPCs by account, id, table and the beginning of their addresses, with four routes on each side.
fn joined(namespace: &str, name: &str, sides: [(&str, (&str, &str, &str)); 2]) -> Value {
    let side = |(account, (vpc, table, _)): (&str, (&str, &str, &str)), far: &str| {
        let destinations: Vec<String> = (0..4).map(|block| format!("{far}.{block}.0/24")).collect();
        json!({
            "accountRef": { "name": account },
            "region": "us-west-2",
            "vpc": { "id": vpc },
            "routes": { "tables": { "ids": [table] }, "destinations": destinations },
        })
    };
    let [requester, accepter] = sides;
    let spec = json!({
        "requester": side(requester, accepter.1.2),
        "accepter": side(accepter, requester.1.2),
    });
    with(peering(namespace, name, ""), "/spec", spec)
}
