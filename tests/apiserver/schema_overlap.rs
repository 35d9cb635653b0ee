//! What the definitions of overlap subnet groups and load balancers refuse, in which words, and what they accept.

use anyhow::{Context, ensure};
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use serde_json::{Value, json};

use crate::objects::{create, merge, namespace, with};

const NAMESPACE: &str = "schema-overlap";
const CERTIFICATE: &str = "arn:aws:acm:us-west-2:111111111111:certificate/0e000001";

type Bad = (Value, &'static [&'static str]);

fn group() -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "OverlapSubnetGroup",
        "metadata": { "name": "good", "namespace": NAMESPACE },
        "spec": {
            "peers": [{ "name": "billing", "peeringRef": { "name": "druid" }, "side": "Requester" }],
            "cidrs": { "prefixLength": 26, "within": ["10.50.6.0/23"] },
        },
    })
}

/// `query` of the golden example.
fn follower() -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "ProxyLoadBalancer",
        "metadata": { "name": "good", "namespace": NAMESPACE },
        "spec": {
            "subnetGroupRef": { "name": "druid" },
            "name": "imply-query-my-peering",
            "reference": { "loadBalancerName": "imply-e04-elbinter-qqsuirj9f9ep" },
            "targets": { "autoScalingGroups": { "matchTags": { "Name": "imply-e04-Query-*" } } },
        },
    })
}

/// One with a specification of its own.
fn own() -> Value {
    let listener = json!({ "port": 443, "protocol": "SSL", "instancePort": 21050, "instanceProtocol": "TCP",
        "certificateARN": CERTIFICATE, "securityPolicy": "ELBSecurityPolicy-TLS-1-2-2017-01" });
    let create =
        json!({ "name": "front", "ingress": [{ "protocol": "TCP", "cidrs": ["10.0.0.0/8"] }] });
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "ProxyLoadBalancer",
        "metadata": { "name": "own", "namespace": NAMESPACE },
        "spec": {
            "subnets": { "accountRef": { "name": "service" }, "region": "us-west-2", "ids": ["subnet-0a000001"] },
            "listeners": [listener],
            "healthCheck": { "protocol": "TCP", "port": 21000, "intervalSeconds": 30, "timeoutSeconds": 5 },
            "attributes": { "accessLogs": { "bucket": "logs", "intervalMinutes": 5 }, "desyncMode": "Strictest" },
            "securityGroups": [{ "create": create }],
            "targets": { "instances": { "matchTags": { "type": "worker" }, "backendSecurityGroup": { "create": { "name": "back" } } } },
        },
    })
}

pub(crate) async fn good_manifests_are_accepted(environment: &Environment) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    let zones = |zones| with(group(), "/spec/availabilityZones", zones);
    let good = [
        group(),
        with(group(), "/spec/cidrs", Value::Null),
        zones(json!({ "ofSubnets": { "matchTags": { "Name": "imply-*" } } })),
        zones(json!({ "ofAutoScalingGroups": { "names": ["query"] } })),
        with(
            zones(json!({ "list": [{ "id": "usw2-az1", "cidr": "10.50.6.0/26" }] })),
            "/spec/cidrs",
            Value::Null,
        ),
        with(group(), "/spec/routeTable", json!({ "id": "rtb-0000000a" })),
        follower(),
        with(follower(), "/spec/name", Value::Null),
        with(follower(), "/spec/readiness", json!({ "minInService": 0 })),
        with(follower(), "/spec/healthCheck", json!({ "intervalSeconds": 10 })),
        with(follower(), "/spec/healthCheck", json!({ "protocol": "HTTPS" })),
        with(follower(), "/spec/attributes", json!({ "accessLogs": { "enabled": false } })),
        with(follower(), "/spec/attributes", json!({ "accessLogs": { "prefix": "druid" } })),
        own(),
    ];
    for object in good {
        create(&client, &object, true).await.with_context(|| format!("refused: {object}"))?;
    }
    Ok(())
}

fn bad_groups() -> Vec<Bad> {
    let change = |pointer: &str, value: Value| with(group(), pointer, value);
    let peer = |pointer: &str, value: Value| change(&format!("/spec/peers/0{pointer}"), value);
    let zones = |zones| change("/spec/availabilityZones", zones);
    vec![
        (change("/spec/peers", json!([])), &["spec.peers", "at least 1"]),
        (change("/spec/peers", Value::Null), &["spec.peers", "Required"]),
        (peer("/side", json!("Both")), &["peers[0].side", "Unsupported value"]),
        (peer("/peeringRef", Value::Null), &["peers[0].peeringRef", "Required"]),
        (peer("/peerRoutes", json!({})), &["peers[0].peerRoutes.tables", "Required"]),
        (
            peer("/peerRoutes", json!({ "tables": { "scope": "Main", "ids": ["rtb-0000000a"] } })),
            &["peerRoutes.tables", "exactly one of"],
        ),
        (
            change("/spec/cidrs/prefixLength", json!(15)),
            &["cidrs.prefixLength", "greater than or equal to 16"],
        ),
        (
            change("/spec/cidrs/prefixLength", json!(28)),
            &["cidrs.prefixLength", "less than or equal to 27"],
        ),
        (
            change("/spec/cidrs/within", json!(["10.50.6.1/23"])),
            &["cidrs.within[0]", "without host bits"],
        ),
        (zones(json!({})), &["availabilityZones", "exactly one of `ofSubnets`"]),
        (
            zones(json!({ "list": [{ "id": "us-west-2a" }] })),
            &["availabilityZones.list[0].id", "should match"],
        ),
        (
            zones(json!({ "list": [{ "id": "usw2-az1" }, { "id": "usw2-az1" }] })),
            &["availabilityZones.list[1]", "Duplicate"],
        ),
        (
            zones(json!({ "list": [{ "id": "usw2-az1", "cidr": "10.50.6.0/26" }] })),
            &["`cidrs.within` and `availabilityZones.list[].cidr` exclude each other"],
        ),
        (
            change("/spec/adopt", json!({ "routeTableID": "rtb-0000000a" })),
            &["`deletionPolicy` must be written beside `adopt`"],
        ),
        (
            change("/spec/tags", json!({ "peerway.dev/owner": "me" })),
            &["spec.tags", "must not start with `peerway.dev/`"],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list, each line a case of its own")]
fn bad_balancers() -> Vec<Bad> {
    let change = |pointer: &str, value: Value| with(own(), pointer, value);
    let listener =
        |pointer: &str, value: Value| change(&format!("/spec/listeners/0{pointer}"), value);
    let check = |pointer: &str, value: Value| change(&format!("/spec/healthCheck{pointer}"), value);
    let instances = |value: Value| change("/spec/targets/instances", value);
    vec![
        (
            change("/spec/subnetGroupRef", json!({ "name": "druid" })),
            &["exactly one of `subnetGroupRef` and `subnets`"],
        ),
        (change("/spec/subnets/ids", Value::Null), &["spec.subnets", "exactly one of `ids` and"]),
        (change("/spec/type", json!("Network")), &["spec.type", "Unsupported value"]),
        (
            change("/spec/name", json!("a-name-of-more-than-32-characters")),
            &["spec.name", "than 32"],
        ),
        (change("/spec/name", json!("-query")), &["spec.name", "should match"]),
        (
            with(follower(), "/spec/scheme", json!("InternetFacing")),
            &["`scheme: InternetFacing` needs `subnets`"],
        ),
        (
            with(follower(), "/spec/reference", Value::Null),
            &["without `reference`, `listeners` and `securityGroups` must be set"],
        ),
        (
            with(follower(), "/spec/name", json!("imply-e04-elbinter-qqsuirj9f9ep")),
            &["a load balancer cannot follow itself"],
        ),
        (
            with(
                with(
                    with(follower(), "/spec/name", Value::Null),
                    "/spec/deletionPolicy",
                    json!("Retain"),
                ),
                "/spec/adopt",
                json!({ "loadBalancerName": "imply-e04-elbinter-qqsuirj9f9ep" }),
            ),
            &["`adopt.loadBalancerName` must differ: a load balancer cannot follow itself"],
        ),
        (
            with(
                with(own(), "/spec/listeners/0/certificateARN", Value::Null),
                "/spec/listeners/0/securityPolicy",
                Value::Null,
            ),
            &["listeners[0]", "`certificateARN` must be set with protocol SSL or HTTPS"],
        ),
        (listener("/protocol", json!("TCP")), &["listeners[0]", "`certificateARN`", "no other"]),
        (
            listener("/instanceProtocol", json!("HTTP")),
            &["listeners[0]", "does not translate between them"],
        ),
        (listener("/port", json!(0)), &["listeners[0].port", "greater than or equal to 1"]),
        (listener("/certificateARN", json!("mine")), &["certificateARN", "should match"]),
        (
            change(
                "/spec/listeners",
                json!([
                    { "port": 80, "protocol": "TCP", "instancePort": 80 },
                    { "port": 80, "protocol": "TCP", "instancePort": 81 },
                ]),
            ),
            &["listeners[1]", "Duplicate"],
        ),
        (
            check("/path", json!("/png")),
            &["healthCheck", "`path` must be absent with protocol TCP or SSL", "TCP:21000/png"],
        ),
        (check("/protocol", json!("HTTPS")), &["spec", "`healthCheck.path` must be set"]),
        (
            check("/timeoutSeconds", json!(30)),
            &["healthCheck", "`timeoutSeconds` must be less than `intervalSeconds`"],
        ),
        (check("/healthyThreshold", json!(1)), &["healthyThreshold", "greater than or equal to 2"]),
        (
            change("/spec/attributes/accessLogs/intervalMinutes", json!(10)),
            &["`intervalMinutes` must be 5 or 60"],
        ),
        (
            change("/spec/attributes/accessLogs/prefix", json!("AWSLogs")),
            &["`prefix` must not contain `AWSLogs`"],
        ),
        (
            change("/spec/attributes/accessLogs", json!({ "enabled": true })),
            &["accessLogs", "`bucket` must be set"],
        ),
        (
            change("/spec/attributes/accessLogs/enabled", json!(false)),
            &["accessLogs", "must be absent where `enabled` is false"],
        ),
        (
            change("/spec/attributes/idleTimeoutSeconds", json!(4000)),
            &["idleTimeoutSeconds", "less than or equal to 3600"],
        ),
        (
            change("/spec/securityGroups", json!([{ "id": "sg-0000000a", "name": "a" }])),
            &["securityGroups[0]", "exactly one of `id`, `name`"],
        ),
        (
            change(
                "/spec/securityGroups",
                json!(["a", "b", "c", "d", "e", "f"].map(|name| json!({ "name": name }))),
            ),
            &["securityGroups", "at most 5"],
        ),
        (
            change("/spec/securityGroups/0/create/name", json!("sg-mine")),
            &["`name` must not begin with `sg-`"],
        ),
        (change("/spec/targets", json!({})), &["spec.targets", "at least one of"]),
        (
            instances(json!({ "ids": ["i-0000000a"], "matchTags": { "a": "b" } })),
            &["targets.instances", "exactly one of `ids` and `matchTags`"],
        ),
        (
            instances(json!({ "ids": ["i-0000000a"],
                "allowFrom": { "securityGroup": { "name": "nodes" } },
                "backendSecurityGroup": { "create": { "name": "back" } } })),
            &["at most one of `allowFrom` and `backendSecurityGroup`"],
        ),
        (
            change("/spec/tags", json!({ "aws:owner": "me" })),
            &["spec.tags", "must not start with `peerway.dev/` or `aws:`"],
        ),
        (
            change("/spec/adopt", json!({ "loadBalancerName": "theirs" })),
            &["`deletionPolicy` must be written beside `adopt`"],
        ),
    ]
}

pub(crate) async fn bad_manifests_are_refused_with_field_and_remedy(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    for (object, words) in bad_groups().into_iter().chain(bad_balancers()) {
        let Err(refused) = create(&client, &object, true).await else {
            anyhow::bail!("accepted, though it should say {words:?}: {object}");
        };
        let text = refused.to_string();
        let missing: Vec<_> = words.iter().filter(|word| !text.contains(**word)).collect();
        ensure!(missing.is_empty(), "{missing:?} is not in: {text}");
    }
    Ok(())
}

pub(crate) async fn what_is_immutable_cannot_be_changed(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    let with_table = with(group(), "/spec/routeTable", json!({ "id": "rtb-0000000a" }));
    for object in [&with_table, &follower(), &own()] {
        create(&client, object, false).await?;
    }
    let spec = |change: Value| json!({ "spec": change });
    let refused = [
        (with_table, json!({ "routeTable": null }), "`routeTable` is immutable"),
        (follower(), json!({ "name": "another" }), "`name` is immutable"),
        (follower(), json!({ "name": null }), "`name` is immutable"),
        (follower(), json!({ "subnetGroupRef": { "name": "x" } }), "`subnetGroupRef` is immutable"),
        (own(), json!({ "scheme": "InternetFacing" }), "`scheme` is immutable"),
        (own(), json!({ "subnets": { "region": "eu-central-1" } }), "`region` is immutable"),
    ];
    for (object, change, words) in refused {
        let changed = merge(&client, &object, &spec(change)).await;
        let error = changed.err().with_context(|| format!("it was changed: {words}"))?;
        ensure!(error.to_string().contains(words), "{error}");
    }
    // Saying what is so anyway changes nothing.
    merge(&client, &follower(), &spec(json!({ "scheme": "Internal", "type": "Classic" }))).await?;
    merge(&client, &own(), &spec(json!({ "readiness": { "minInService": 2 } }))).await?;
    Ok(())
}
