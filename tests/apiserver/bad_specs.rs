//! Specs that do not fit the world they are for, all in one world: each ends in a condition with a remedy and in no write.

use std::time::Duration;

use anyhow::{Context, ensure};
use peerway_api::RECONCILE_AT;
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use peerway_tests::environment::example;
use peerway_tests::in_process::world;
use serde_json::{Value, json};

use crate::objects::{
    account, create, delete_account, delete_peerings, namespace, peering, ready, until, with,
};

const NAMESPACE: &str = "bad-specs";

/// What is wrong with the spec, and what must be said of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) change: fn(Value) -> Value,
    pub(crate) reason: &'static str,
    words: &'static [&'static str],
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "tags-that-no-vpc-has",
            change: |o| with(o, "/spec/requester/vpc/matchTags/Name", json!("nobody")),
            reason: "SelectorMatchesNothing",
            words: &["requester.vpc.matchTags", "nobody"],
        },
        Case {
            name: "a-vpc-with-itself",
            change: |o| with(o, "/spec/accepter/vpc", json!({ "id": "vpc-ce78dbb7" })),
            reason: "InvalidSpec",
            words: &["vpc-ce78dbb7", "itself"],
        },
        Case {
            name: "a-table-that-is-not-there",
            change: |o| with(o, "/spec/requester/routes/tables/ids/0", json!("rtb-00000000")),
            reason: "RouteTableNotFound",
            words: &["requester.routes.tables", "rtb-00000000"],
        },
        Case {
            name: "a-table-of-another-vpc",
            change: |o| with(o, "/spec/requester/routes/tables/ids/0", json!("rtb-8c4492f7")),
            reason: "RouteTableNotFound",
            words: &["rtb-8c4492f7"],
        },
        Case {
            name: "tags-that-no-table-has",
            change: |o| {
                with(o, "/spec/requester/routes/tables", json!({ "matchTags": { "Name": "no" } }))
            },
            reason: "SelectorMatchesNothing",
            words: &["requester.routes.tables"],
        },
        Case {
            name: "subnets-that-are-not-there",
            change: |o| {
                with(o, "/spec/accepter/routes/tables/ofSubnets/ids/0", json!("subnet-00000000"))
            },
            reason: "SubnetNotFound",
            words: &["accepter.routes.tables", "subnet-00000000"],
        },
        Case {
            name: "a-destination-outside-the-peer",
            change: |o| with(o, "/spec/requester/routes/destinations/0", json!("192.0.2.0/24")),
            reason: "DestinationOutsidePeer",
            words: &["192.0.2.0/24", "172.20.0.0/20"],
        },
        Case {
            name: "a-destination-wider-than-the-peer",
            change: |o| with(o, "/spec/requester/routes/destinations/0", json!("172.16.0.0/12")),
            reason: "DestinationOutsidePeer",
            words: &["172.16.0.0/12"],
        },
        Case {
            name: "a-security-group-id-that-is-not-there",
            change: |o| {
                with(o, "/spec/requester/ingress/0/securityGroup", json!({ "id": "sg-00000000" }))
            },
            reason: "SecurityGroupNotFound",
            words: &["requester.ingress", "sg-00000000"],
        },
        Case {
            name: "a-security-group-name-that-is-not-there",
            change: |o| {
                with(o, "/spec/requester/ingress/0/securityGroup", json!({ "name": "nobody" }))
            },
            reason: "SecurityGroupNotFound",
            words: &["requester.ingress", "nobody"],
        },
        Case {
            name: "a-source-outside-the-peer",
            change: |o| {
                with(o, "/spec/requester/ingress/0/source", json!({ "cidrs": ["192.0.2.0/24"] }))
            },
            reason: "SourceOutsidePeer",
            words: &["192.0.2.0/24"],
        },
        Case {
            name: "a-source-group-that-is-not-there",
            change: |o| {
                let source = json!({ "securityGroupID": "sg-00000000" });
                with(o, "/spec/requester/ingress/0/source", source)
            },
            reason: "SecurityGroupNotFound",
            words: &["sg-00000000"],
        },
        Case {
            name: "no-routes-at-all-towards-one-that-is-taken",
            change: |o| {
                let o = with(o, "/spec/accepter/vpc", json!({ "id": "vpc-3607f64e" }));
                let o = with(o, "/spec/accepter/routes", Value::Null);
                let o = with(o, "/spec/requester/ingress", Value::Null);
                let o = with(o, "/spec/requester/routes/onConflict", json!("Refuse"));
                with(o, "/spec/requester/routes/destinations", Value::Null)
            },
            reason: "RouteConflict",
            words: &["rtb-7122e509", "172.19.0.0/20", "pcx-d3c1e8ba"],
        },
    ]
}

pub(crate) async fn each_ends_in_a_condition_with_a_remedy_and_no_write(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let controller = environment.start_in_process(world(&golden), Duration::from_secs(2)).await?;
    create(&client, &account("bad-specs", &[NAMESPACE]), false).await?;
    for case in cases() {
        let object = (case.change)(peering(NAMESPACE, case.name, "bad-specs"));
        let object = with(object, "/metadata/annotations", json!({ RECONCILE_AT: "now" }));
        create(&client, &object, false).await?;
        let said = until(&client, NAMESPACE, case.name, case.reason, |peering| {
            ready(peering).is_some_and(|(_, reason, _)| reason == case.reason)
        })
        .await
        .with_context(|| case.name)?;
        let (status, _, message) = ready(&said).context("there is a Ready condition")?;
        ensure!(status == "False", "{}: Ready={status}", case.name);
        // Who asked for a visit is told that there was one.
        let handled = said.status.and_then(|status| status.last_handled_reconcile_at);
        ensure!(handled.as_deref() == Some("now"), "{}: {handled:?}", case.name);
        for word in case.words {
            ensure!(message.contains(word), "{}: {word:?} is not in: {message}", case.name);
        }
        let writes = controller.writes();
        ensure!(writes.is_empty(), "{}: written: {writes:?}", case.name);
        // Nothing was made, so nothing holds the object.
        delete_peerings(&client, NAMESPACE).await.with_context(|| case.name)?;
    }
    delete_account(&client, "bad-specs").await?;
    controller.stop().await;
    Ok(())
}
