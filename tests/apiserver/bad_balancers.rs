//! What only AWS can tell of a `ProxyLoadBalancer`, and refuses: a condition that names the field.

use std::time::Duration;

use anyhow::Context;
use kube::Client;
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use peerway_tests::environment::example;
use peerway_tests::in_process::{InProcess, world};
use serde_json::{Value, json};

use crate::objects::{account, create, create_refused, delete, delete_account, namespace, with};

const NAMESPACE: &str = "bad-balancers";

/// What is wrong with the spec, and what must be said of it.
struct Case {
    name: &'static str,
    change: fn(Value) -> Value,
    words: &'static [&'static str],
    /// Which actions wrote something all the same.
    writes: &'static [&'static str],
}

const CASES: [Case; 2] = [
    Case {
        name: "a-certificate-that-is-not-there",
        change: |object| {
            let listener = json!({ "port": 443, "protocol": "SSL", "instancePort": 8888, "instanceProtocol": "TCP",
                "certificateARN": "arn:aws:acm:us-west-2:111111111111:certificate/00000000-0000-4000-8000-000000000000" });
            with(object, "/spec/listeners", json!([listener]))
        },
        words: &["CertificateNotFound", "`listeners[].certificateARN`", "ACM in the same Region"],
        writes: &[],
    },
    Case {
        name: "a-bucket-that-lets-nobody-write",
        change: |object| {
            with(object, "/spec/attributes", json!({ "accessLogs": { "bucket": "elsewhere" } }))
        },
        words: &["Access Denied for bucket: elsewhere", "`attributes.accessLogs`", "its policy"],
        // Only with a load balancer does AWS look at the bucket; the other attributes do not wait for it.
        writes: &[
            "CreateLoadBalancer",
            "ConfigureHealthCheck",
            "ModifyLoadBalancerAttributes",
            "AttachLoadBalancers",
        ],
    },
];

fn balancer(name: &str) -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "ProxyLoadBalancer",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": {
            "subnets": { "accountRef": { "name": NAMESPACE }, "region": "us-west-2", "ids": ["subnet-0a000001"] },
            "listeners": [{ "port": 8888, "protocol": "TCP", "instancePort": 8888 }],
            "healthCheck": { "protocol": "TCP", "port": 8888, "intervalSeconds": 30, "timeoutSeconds": 5 },
            "securityGroups": [{ "id": "sg-0e1b0001" }],
            "targets": { "autoScalingGroups": { "names": ["imply-e04-Query-ASG"] } },
        },
    })
}

pub(crate) async fn each_ends_in_a_condition_that_names_the_field(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    create(&client, &account(NAMESPACE, &[NAMESPACE]), false).await?;
    for case in CASES {
        let controller =
            environment.start_in_process(world(&golden), Duration::from_secs(2)).await?;
        refused(&client, &case, &controller).await.with_context(|| case.name)?;
        controller.stop().await;
    }
    let controller = environment.start_in_process(world(&golden), Duration::from_secs(2)).await?;
    delete_account(&client, NAMESPACE).await?;
    controller.stop().await;
    Ok(())
}

async fn refused(client: &Client, case: &Case, controller: &InProcess) -> anyhow::Result<()> {
    let object = (case.change)(balancer(case.name));
    let made = create_refused(client, &object, "AWSRefused", case.words).await?;
    let mut written = controller.writes().into_iter().filter(|call| call.was_applied);
    let other = written.find(|call| !case.writes.iter().any(|it| call.action == *it));
    anyhow::ensure!(other.is_none(), "written: {other:?}");
    delete(client, &object, &made).await
}
