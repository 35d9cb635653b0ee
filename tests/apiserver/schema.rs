//! What the definitions refuse, in which words, and what they accept.

use anyhow::{Context, ensure};
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use serde_json::{Value, json};

use crate::objects::{account, create, merge, namespace, peering, with};

fn good_account() -> Value {
    account("good", &["schema"])
}

fn good_peering() -> Value {
    peering("schema", "good", "service")
}

/// The same with somebody else's VPC as the accepter.
fn with_external() -> Value {
    let external = json!({ "external": {
        "accountID": "222222222222",
        "region": "us-west-2",
        "vpcID": "vpc-828a54fb",
        "cidrs": ["172.19.0.0/20"],
    } });
    let object = with(good_peering(), "/metadata/name", json!("external"));
    let object = with(object, "/spec/requester/routes/destinations", Value::Null);
    with(object, "/spec/accepter", external)
}

/// The same with somebody else as the one who asks.
fn asked_by_external() -> Value {
    let object = with_external();
    let (ours, theirs) = (object["spec"]["requester"].clone(), object["spec"]["accepter"].clone());
    with(with(object, "/spec/requester", theirs), "/spec/accepter", ours)
}

pub(crate) async fn good_manifests_are_accepted_and_start_in_progress(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, "schema").await?;
    let grants = |namespaces: Value| json!([{ "name": "a", "namespaces": namespaces }]);
    let tables = |tables| with(good_peering(), "/spec/requester/routes/tables", tables);
    let ingress = |pointer: &str, value| {
        with(good_peering(), &format!("/spec/requester/ingress/0{pointer}"), value)
    };
    let good = [
        good_account(),
        with(good_account(), "/spec/credentials", Value::Null),
        with(good_account(), "/spec/grants", Value::Null),
        with(good_account(), "/spec/grants", grants(json!({ "from": "All" }))),
        with(
            good_account(),
            "/spec/grants",
            grants(json!({ "from": "Selector", "matchLabels": { "team": "data" } })),
        ),
        good_peering(),
        with(good_peering(), "/spec/requester/routes", Value::Null),
        with(good_peering(), "/spec/requester/routes/onConflict", json!("LongestPrefix")),
        tables(json!({ "scope": "All" })),
        tables(json!({ "matchTags": { "Name": "private-*" } })),
        tables(json!({ "ofSubnets": { "matchTags": { "Name": "private-*" } } })),
        ingress("/source", json!({ "peerVPC": {} })),
        ingress("/source", json!({ "cidrs": ["172.20.0.0/22", "fd00:1::/64"] })),
        ingress("/ports", Value::Null),
        with(good_peering(), "/spec/deletionPolicy", json!("Retain")),
        with(good_peering(), "/spec/managementPolicy", json!("Observe")),
        with(
            with(good_peering(), "/spec/deletionPolicy", json!("Delete")),
            "/spec/adopt",
            json!({ "connectionID": "pcx-d3c1e8ba", "securityGroupRuleIDs": ["sgr-0000000a"] }),
        ),
        with_external(),
        asked_by_external(),
        with(
            with(with_external(), "/spec/accepter/external/region", json!("eu-central-1")),
            "/spec/requester/ingress/0/source",
            json!({ "peerVPC": {} }),
        ),
        with(
            with_external(),
            "/spec/accepter/external/cidrs",
            json!(["172.19.0.0/20", "fd00:1::/64"]),
        ),
    ];
    for object in good {
        create(&client, &object, true).await.with_context(|| object.to_string())?;
    }
    let object = with(good_peering(), "/metadata/name", json!("in-progress"));
    let created = create(&client, &object, false).await?;
    let status = &created.data["status"];
    ensure!(
        status["observedGeneration"] == -1 && status["conditions"][0]["status"] == "Unknown",
        "{status}"
    );
    Ok(())
}

/// A bad manifest, and words that its refusal must hold: the field and what to do.
type Bad = (Value, &'static [&'static str]);

#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_peerings() -> Vec<Bad> {
    let change = |pointer: &str, value: Value| with(good_peering(), pointer, value);
    let long_name = "n".repeat(64);
    vec![
        (change("/metadata/name", json!(long_name)), &["metadata.name", "63"]),
        (
            change("/spec/requester/accountRef", Value::Null),
            &["spec.requester", "exactly one of `accountRef` and `external`"],
        ),
        (
            change("/spec/requester/region", json!("Oregon")),
            &["spec.requester.region", "should match"],
        ),
        (
            change("/spec/requester/vpc", json!({})),
            &["spec.requester.vpc", "exactly one of `id` and `matchTags`"],
        ),
        (
            change(
                "/spec/accepter/vpc",
                json!({ "id": "vpc-641fee1c", "matchTags": { "a": "b" } }),
            ),
            &["spec.accepter.vpc", "exactly one of"],
        ),
        (
            change("/spec/accepter/vpc/id", json!("641fee1c")),
            &["spec.accepter.vpc.id", "should match"],
        ),
        (
            change("/spec/requester/vpc", json!({ "matchTags": {} })),
            &["spec.requester.vpc.matchTags", "at least 1"],
        ),
        (
            change("/spec/requester/vpc", json!({ "matchTags": { "peerway.dev/owner": "x" } })),
            &["spec.requester.vpc.matchTags", "Peerway's own tags"],
        ),
        (
            with(
                change("/spec/requester/vpc", json!({ "id": "vpc-641fee1c" })),
                "/spec/requester/dnsResolution",
                Value::Null,
            ),
            &["two sides must differ", "requester.vpc.id"],
        ),
        (
            change("/spec/requester/routes/destinations", json!([])),
            &["spec.requester.routes.destinations", "at least 1"],
        ),
        (
            change("/spec/requester/routes/destinations", json!(["172.20.0.5/22"])),
            &["destinations[0]", "without host bits"],
        ),
        (
            change("/spec/requester/routes/destinations", json!(["everything"])),
            &["destinations[0]", "CIDR block"],
        ),
        (
            change(
                "/spec/requester/routes/destinations",
                json!(["172.20.0.0/22", "172.20.0.0/22"]),
            ),
            &["destinations[1]", "Duplicate"],
        ),
        (
            change("/spec/requester/routes/tables", json!({})),
            &["routes.tables", "exactly one of `ids`"],
        ),
        (
            change(
                "/spec/requester/routes/tables",
                json!({ "ids": ["rtb-7122e509"], "scope": "All" }),
            ),
            &["routes.tables", "exactly one of"],
        ),
        (
            change("/spec/requester/routes/tables", json!({ "scope": "Some" })),
            &["routes.tables.scope", "\"Main\", \"All\""],
        ),
        (
            change("/spec/requester/routes/tables", json!({ "ofSubnets": {} })),
            &["ofSubnets", "exactly one of `ids` and `matchTags`"],
        ),
        (
            change("/spec/requester/routes/onConflict", json!("Overwrite")),
            &["onConflict", "\"Isolate\""],
        ),
        (change("/spec/requester/ingress", json!([])), &["spec.requester.ingress", "at least 1"]),
        (
            change(
                "/spec/requester/ingress/0/securityGroup",
                json!({ "id": "sg-0e1b0001", "name": "x" }),
            ),
            &["securityGroup", "exactly one of"],
        ),
        (
            change("/spec/requester/ingress/0/source", json!({})),
            &["source", "exactly one of `securityGroupID`"],
        ),
        (
            change("/spec/requester/ingress/0/source", json!({ "cidrs": ["10.0.0.1/8"] })),
            &["source.cidrs[0]", "without host bits"],
        ),
        (
            change("/spec/requester/ingress/0/ports", json!({ "from": 443, "to": 80 })),
            &["ports", "must not be greater"],
        ),
        (
            change("/spec/requester/ingress/0/ports", json!({ "from": 0, "to": 65536 })),
            &["ports.to", "65535"],
        ),
        (change("/spec/requester/ingress/0/protocol", json!("tcp")), &["protocol", "\"TCP\""]),
        (
            change("/spec/requester/ingress/0/protocol", json!("ICMP")),
            &["ingress[0]", "`ports` must be absent"],
        ),
        (change("/spec/accepter/region", json!("eu-central-1")), &["between Regions", "cidrs"]),
    ]
}

/// Policies, and what is to be adopted.
fn bad_policies() -> Vec<Bad> {
    let change = |pointer: &str, value: Value| with(good_peering(), pointer, value);
    let adopt =
        |value: Value| with(change("/spec/deletionPolicy", json!("Retain")), "/spec/adopt", value);
    vec![
        (
            change("/spec/adopt", json!({ "connectionID": "pcx-d3c1e8ba" })),
            &["`deletionPolicy` must be written", "Delete", "Retain"],
        ),
        (
            change("/spec/deletionPolicy", json!("Orphan")),
            &["spec.deletionPolicy", "\"Delete\", \"Retain\""],
        ),
        (change("/spec/deletionPolicy", json!("")), &["spec.deletionPolicy", "\"Delete\""]),
        (
            change("/spec/managementPolicy", json!("ReadOnly")),
            &["spec.managementPolicy", "\"Full\", \"Observe\""],
        ),
        (
            change("/spec/managementPolicy", json!(["Observe"])),
            &["spec.managementPolicy", "string"],
        ),
        (adopt(json!({})), &["spec.adopt", "at least one of `connectionID`"]),
        (
            adopt(json!({ "connectionID": "d3c1e8ba" })),
            &["spec.adopt.connectionID", "should match"],
        ),
        (
            adopt(json!({ "connectionID": ["pcx-d3c1e8ba"] })),
            &["spec.adopt.connectionID", "string"],
        ),
        (
            adopt(json!({ "securityGroupRuleIDs": [] })),
            &["spec.adopt.securityGroupRuleIDs", "at least 1"],
        ),
        (
            adopt(json!({ "securityGroupRuleIDs": ["sg-0e1b0001"] })),
            &["securityGroupRuleIDs[0]", "should match"],
        ),
        (
            adopt(json!({ "securityGroupRuleIDs": ["sgr-0000000a", "sgr-0000000a"] })),
            &["securityGroupRuleIDs[1]", "Duplicate"],
        ),
    ]
}

/// What a side of somebody else must not say, and what it must.
fn bad_external_sides() -> Vec<Bad> {
    let change = |pointer: &str, value: Value| with(with_external(), pointer, value);
    let external = with_external()["spec"]["accepter"].clone();
    let absent: &[&str] = &["spec.accepter", "must be absent", "status.peerActions"];
    vec![
        (
            change("/spec/accepter/accountRef", json!({ "name": "service" })),
            &["spec.accepter", "exactly one of `accountRef` and `external`"],
        ),
        (
            change("/spec/accepter", json!({})),
            &["spec.accepter", "exactly one of `accountRef` and `external`"],
        ),
        (
            change("/spec/requester", external),
            &["at most one side may be `external`", "accountRef"],
        ),
        (change("/spec/accepter/region", json!("us-west-2")), absent),
        (change("/spec/accepter/vpc", json!({ "id": "vpc-828a54fb" })), absent),
        (change("/spec/accepter/dnsResolution", json!(true)), absent),
        (change("/spec/accepter/routes", json!({ "tables": { "scope": "All" } })), absent),
        (
            change(
                "/spec/accepter/ingress",
                json!([{ "securityGroup": { "name": "x" }, "protocol": "All", "source": { "peerVPC": {} } }]),
            ),
            absent,
        ),
        (
            change("/spec/requester/region", Value::Null),
            &["spec.requester", "`region` and `vpc` must be set"],
        ),
        (
            change("/spec/requester/vpc", Value::Null),
            &["spec.requester", "`region` and `vpc` must be set"],
        ),
        (
            change("/spec/accepter/external/accountID", json!(222_222_222_222_i64)),
            &["spec.accepter.external.accountID", "string"],
        ),
        (
            change("/spec/accepter/external/accountID", Value::Null),
            &["spec.accepter.external.accountID", "Required"],
        ),
        (
            change("/spec/accepter/external/region", json!("Oregon")),
            &["spec.accepter.external.region", "should match"],
        ),
        (
            change("/spec/accepter/external/vpcID", json!("828a54fb")),
            &["spec.accepter.external.vpcID", "should match"],
        ),
        (
            change("/spec/accepter/external/cidrs", Value::Null),
            &["spec.accepter.external.cidrs", "Required"],
        ),
        (
            change("/spec/accepter/external/cidrs", json!([])),
            &["spec.accepter.external.cidrs", "at least 1"],
        ),
        (
            change("/spec/accepter/external/cidrs", json!(["172.19.0.1/20"])),
            &["cidrs[0]", "without host bits"],
        ),
        (
            change("/spec/accepter/external/cidrs", json!(["172.19.0.0/20", "172.19.0.0/20"])),
            &["cidrs[1]", "Duplicate"],
        ),
        (
            change("/spec/requester/vpc", json!({ "id": "vpc-828a54fb" })),
            &["two sides must differ", "accepter.external.vpcID"],
        ),
        (
            with(asked_by_external(), "/spec/accepter/vpc", json!({ "id": "vpc-828a54fb" })),
            &["two sides must differ", "requester.external.vpcID"],
        ),
        (
            change("/spec/accepter/external/region", json!("eu-central-1")),
            &["between Regions", "requester.ingress", "cidrs"],
        ),
    ]
}

fn bad_accounts() -> Vec<Bad> {
    let change = |pointer: &str, value: Value| with(good_account(), pointer, value);
    let grant = |namespaces: Value| {
        change("/spec/grants", json!([{ "name": "a", "namespaces": namespaces }]))
    };
    vec![
        (change("/spec/accountID", json!("11111111111")), &["spec.accountID", "should match"]),
        (change("/spec/accountID", json!(111_111_111_111_i64)), &["spec.accountID", "string"]),
        (change("/spec/regions", json!([])), &["spec.regions", "at least 1"]),
        (change("/spec/credentials", json!({})), &["spec.credentials.assumeRole", "Required"]),
        (
            change("/spec/credentials/assumeRole/roleARN", json!("peerway")),
            &["roleARN", "should match"],
        ),
        (
            change("/spec/credentials/assumeRole/externalID", json!("x")),
            &["externalID", "at least 2"],
        ),
        (grant(json!({ "from": "Names" })), &["grants[0].namespaces", "`names` must be set"]),
        (
            grant(json!({ "from": "Names", "names": [] })),
            &["grants[0].namespaces.names", "at least 1"],
        ),
        (grant(json!({ "from": "Selector", "matchLabels": {} })), &["matchLabels", "at least 1"]),
        (grant(json!({ "from": "All", "names": ["a"] })), &["grants[0].namespaces", "only then"]),
        (
            change(
                "/spec/grants",
                json!([
                    { "name": "a", "namespaces": { "from": "All" } },
                    { "name": "a", "namespaces": { "from": "All" } },
                ]),
            ),
            &["spec.grants[1]", "Duplicate"],
        ),
        (
            change(
                "/spec/grants",
                json!([{ "name": "a", "namespaces": { "from": "All" }, "vpcs": {} }]),
            ),
            &["grants[0].vpcs", "exactly one of"],
        ),
    ]
}

pub(crate) async fn bad_manifests_are_refused_with_field_and_remedy(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    let bad: Vec<Bad> = [bad_peerings(), bad_external_sides(), bad_policies(), bad_accounts()]
        .into_iter()
        .flatten()
        .collect();
    ensure!(bad.len() >= 60);
    for (object, words) in bad {
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
    let peering = with(good_peering(), "/metadata/name", json!("immutable"));
    create(&client, &peering, false).await?;
    let account = with(good_account(), "/metadata/name", json!("immutable"));
    create(&client, &account, false).await?;
    let external = with(with_external(), "/metadata/name", json!("immutable-external"));
    create(&client, &external, false).await?;
    let refused = [
        (
            &external,
            json!({ "spec": { "accepter": { "external": { "region": "eu-central-1" } },
                "requester": { "ingress": null } } }),
            "`external.region` is immutable",
        ),
        (
            &external,
            json!({ "spec": { "accepter": { "external": null, "accountRef": { "name": "other" },
                "region": "us-west-2", "vpc": { "id": "vpc-828a54fb" } } } }),
            "a side never changes between `accountRef` and `external`",
        ),
        (
            &peering,
            json!({ "spec": { "requester": { "region": "eu-central-1", "ingress": null } } }),
            "`region` is immutable",
        ),
        (&account, json!({ "spec": { "accountID": "222222222222" } }), "`accountID` is immutable"),
    ];
    for (object, change, words) in refused {
        let error = merge(&client, object, &change).await.err().context("it was changed")?;
        ensure!(error.to_string().contains(words), "{error}");
    }
    // What may be edited can be edited.
    merge(&client, &peering, &json!({ "spec": { "requester": { "dnsResolution": false } } }))
        .await?;
    merge(
        &client,
        &peering,
        &json!({ "spec": { "accepter": { "accountRef": { "name": "other" } } } }),
    )
    .await?;
    merge(
        &client,
        &external,
        &json!({ "spec": { "accepter": { "external": { "cidrs": ["172.19.0.0/19"] } } } }),
    )
    .await?;
    Ok(())
}

pub(crate) async fn kubectl_explain_documents_the_fields(
    environment: &Environment,
) -> anyhow::Result<()> {
    for (path, words) in [
        (
            "vpcpeering.spec.requester.routes",
            &["tables", "destinations", "never replaced", "OverlapSubnetGroup"][..],
        ),
        (
            "vpcpeering.spec.requester.ingress.source",
            &["securityGroupID", "peerVPC", "within one Region"],
        ),
        ("awsaccount.spec.grants", &["namespaces", "Absent: every VPC"]),
    ] {
        let text = environment.kubectl.run(&["explain", path]).await?;
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            ensure!(flat.contains(word), "{word:?} is not in kubectl explain {path}:\n{text}");
        }
    }
    Ok(())
}
