//! What only AWS can tell of an `OverlapSubnetGroup`: a condition that names the field and the remedy, and nothing written.

use std::time::Duration;

use anyhow::Context;
use kube::Client;
use peerway_api::v1alpha1::VpcPeering;
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use peerway_tests::environment::example;
use peerway_tests::in_process::{InProcess, world};
use serde_json::{Value, json};

use crate::objects::{
    account, create, create_refused, delete, delete_account, delete_peerings, namespace, until,
    with,
};

const NAMESPACE: &str = "bad-groups";
const PEERING: &str = "druid-to-billing";

/// What is wrong with the spec, and what must be said of it.
struct Case {
    name: &'static str,
    change: fn(Value) -> Value,
    reason: &'static str,
    words: &'static [&'static str],
}

fn zones(object: Value, zones: Value) -> Value {
    with(with(object, "/spec/cidrs", Value::Null), "/spec/availabilityZones", zones)
}

fn adopting(object: Value, adopt: Value) -> Value {
    with(with(object, "/spec/adopt", adopt), "/spec/deletionPolicy", json!("Retain"))
}

const CASES: [Case; 12] = [
    Case {
        name: "a-pool-outside-the-vpc",
        change: |object| with(object, "/spec/cidrs/within", json!(["10.60.0.0/24"])),
        reason: "InvalidSpec",
        words: &["`cidrs.within`", "10.60.0.0/24", "vpc-ce78dbb7", "10.50.0.0/21"],
    },
    Case {
        name: "a-pool-without-room",
        change: |object| with(object, "/spec/cidrs/within", json!(["10.50.6.0/25"])),
        reason: "NoFreeCIDR",
        words: &["no room for 3 /26 blocks", "10.50.6.0/25", "`prefixLength`"],
    },
    Case {
        name: "a-block-outside-the-vpc",
        change: |object| {
            zones(object, json!({ "list": [{ "id": "usw2-az1", "cidr": "10.60.0.0/26" }] }))
        },
        reason: "InvalidSpec",
        words: &["`availabilityZones.list[usw2-az1].cidr`", "10.60.0.0/26"],
    },
    Case {
        name: "a-block-in-use",
        change: |object| {
            zones(object, json!({ "list": [{ "id": "usw2-az1", "cidr": "10.50.0.0/26" }] }))
        },
        reason: "NoFreeCIDR",
        words: &["10.50.0.0/26", "in use by subnet-", "Name another block"],
    },
    Case {
        name: "a-block-twice",
        change: |object| {
            let twice =
                ["usw2-az1", "usw2-az2"].map(|zone| json!({ "id": zone, "cidr": "10.50.6.0/26" }));
            zones(object, json!({ "list": twice }))
        },
        reason: "NoFreeCIDR",
        words: &["10.50.6.0/26", "is named for"],
    },
    Case {
        name: "a-zone-that-is-none",
        change: |object| zones(object, json!({ "list": [{ "id": "usw2-az9" }] })),
        reason: "ZoneNotFound",
        words: &["no zone usw2-az9", "usw2-az1"],
    },
    Case {
        name: "zones-of-nothing",
        change: |object| {
            zones(object, json!({ "ofSubnets": { "matchTags": { "Name": "none-*" } } }))
        },
        reason: "SelectorMatchesNothing",
        words: &["availabilityZones.ofSubnets", "none-*"],
    },
    Case {
        name: "the-main-table",
        change: |object| with(object, "/spec/routeTable", json!({ "id": "rtb-a822e5d0" })),
        reason: "RouteTableShared",
        words: &["rtb-a822e5d0", "main route table"],
    },
    Case {
        name: "a-table-in-use",
        change: |object| with(object, "/spec/routeTable", json!({ "id": "rtb-7122e509" })),
        reason: "RouteTableShared",
        words: &["rtb-7122e509", "not of this group"],
    },
    Case {
        name: "a-table-that-is-not-there",
        change: |object| with(object, "/spec/routeTable", json!({ "id": "rtb-0000000f" })),
        reason: "RouteTableNotFound",
        words: &["rtb-0000000f", "Correct the id"],
    },
    Case {
        name: "adopting-what-is-not-there",
        change: |object| adopting(object, json!({ "subnetIDs": ["subnet-0000000f"] })),
        reason: "AdoptedGone",
        words: &["`adopt.subnetIDs`", "subnet-0000000f"],
    },
    Case {
        name: "a-peering-that-is-not-there",
        change: |object| with(object, "/spec/peers/0/peeringRef/name", json!("elsewhere")),
        reason: "PeeringNotFound",
        words: &["no VPCPeering 'elsewhere'", NAMESPACE],
    },
];

fn side(vpc: &str) -> Value {
    json!({ "accountRef": { "name": NAMESPACE }, "region": "us-west-2", "vpc": { "id": vpc } })
}

fn peering() -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "VPCPeering",
        "metadata": { "name": PEERING, "namespace": NAMESPACE },
        "spec": { "requester": side("vpc-ce78dbb7"), "accepter": side("vpc-3607f64e") },
    })
}

fn group(name: &str) -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "OverlapSubnetGroup",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": {
            "peers": [{
                "name": "billing",
                "peeringRef": { "name": PEERING },
                "side": "Requester",
                "peerRoutes": { "tables": { "ofSubnets": { "ids": ["subnet-567e171d"] } } },
            }],
            "availabilityZones": { "ofSubnets": { "matchTags": { "Name": "imply-e04-*" } } },
            "cidrs": { "prefixLength": 26, "within": ["10.50.6.0/23"] },
        },
    })
}

pub(crate) async fn each_ends_in_a_condition_that_names_the_field(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let controller = environment.start_in_process(world(&golden), Duration::from_secs(2)).await?;
    create(&client, &account(NAMESPACE, &[NAMESPACE]), false).await?;
    create(&client, &peering(), false).await?;
    let is_connected = |peering: &VpcPeering| {
        let conditions = peering.status.iter().flat_map(|status| &status.conditions);
        conditions.into_iter().any(|it| it.type_ == "Connected" && it.status == "True")
    };
    until(&client, NAMESPACE, PEERING, "connected", is_connected).await?;
    for case in CASES {
        refused(&client, &case, &controller).await.with_context(|| case.name)?;
    }
    delete_peerings(&client, NAMESPACE).await?;
    delete_account(&client, NAMESPACE).await?;
    controller.stop().await;
    Ok(())
}

async fn refused(client: &Client, case: &Case, controller: &InProcess) -> anyhow::Result<()> {
    let before = controller.writes().len();
    let object = (case.change)(group(case.name));
    let made = create_refused(client, &object, case.reason, case.words).await?;
    delete(client, &object, &made).await?;
    let written = &controller.writes()[before..];
    anyhow::ensure!(written.is_empty(), "written: {written:?}");
    Ok(())
}
