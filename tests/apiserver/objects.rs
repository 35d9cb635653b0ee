//! Objects as JSON, and changes to them.

use anyhow::{Context, bail};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::core::{DynamicObject, GroupVersionKind};
use kube::discovery::ApiResource;
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, ResourceExt};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_sim::{Caller, Request, World};
use serde_json::{Value, json};
use std::time::Duration;

/// The account of the golden estate, granted to `namespaces`.
pub(crate) fn account(name: &str, namespaces: &[&str]) -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "AWSAccount",
        "metadata": { "name": name },
        "spec": {
            "accountID": "111111111111",
            "regions": ["us-west-2"],
            "credentials": { "assumeRole": { "roleARN": "arn:aws:iam::111111111111:role/peerway" } },
            "grants": [{ "name": "tests", "namespaces": { "from": "Names", "names": namespaces } }],
        },
    })
}

/// `druid-to-reports` of the golden example.
pub(crate) fn peering(namespace: &str, name: &str, account: &str) -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "VPCPeering",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "requester": {
                "accountRef": { "name": account },
                "region": "us-west-2",
                "vpc": { "matchTags": { "Name": "imply-e04-network-vpc" } },
                "dnsResolution": true,
                "routes": { "tables": { "ids": ["rtb-7122e509"] }, "destinations": ["172.20.0.0/22"] },
                "ingress": [{
                    "securityGroup": { "description": "Imply Cloud ELB Unmanaged" },
                    "protocol": "TCP",
                    "ports": { "from": 0, "to": 65535 },
                    "source": { "securityGroupID": "sg-dee0b1ae" },
                }],
            },
            "accepter": {
                "accountRef": { "name": account },
                "region": "us-west-2",
                "vpc": { "id": "vpc-641fee1c" },
                "routes": { "tables": { "ofSubnets": { "ids": ["subnet-0b000001"] } } },
            },
        },
    })
}

/// `object` with a change at a JSON pointer; `null` takes away.
pub(crate) fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    match object.pointer_mut(parent) {
        Some(Value::Object(map)) if value.is_null() => drop(map.remove(key)),
        Some(Value::Object(map)) => drop(map.insert(key.to_owned(), value)),
        Some(Value::Array(items)) => items[key.parse::<usize>().expect("an index")] = value,
        _ => panic!("there is no {parent}"),
    }
    object
}

/// Where objects like this one are.
fn api(client: &Client, object: &Value) -> Api<DynamicObject> {
    let kind = object["kind"].as_str().expect("an object has a kind");
    // Every plural of ours is the kind with an s.
    let plural = format!("{}s", kind.to_lowercase());
    let kind = GroupVersionKind::gvk("peerway.dev", "v1alpha1", kind);
    let resource = ApiResource::from_gvk_with_plural(&kind, &plural);
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Creates an object, for a trial only if so asked.
pub(crate) async fn create(
    client: &Client,
    object: &Value,
    dry_run: bool,
) -> Result<DynamicObject, kube::Error> {
    let typed: DynamicObject =
        serde_json::from_value(object.clone()).expect("it has the shape of an object");
    api(client, object).create(&PostParams { dry_run, ..PostParams::default() }, &typed).await
}

/// Merges a change into an object.
pub(crate) async fn merge(
    client: &Client,
    object: &Value,
    change: &Value,
) -> Result<DynamicObject, kube::Error> {
    let name = object["metadata"]["name"].as_str().expect("an object has a name");
    api(client, object).patch(name, &PatchParams::default(), &Patch::Merge(change)).await
}

/// Creates an object and waits until it is not Ready for this reason, in a message with all these words.
pub(crate) async fn create_refused(
    client: &Client,
    object: &Value,
    reason: &str,
    words: &[&str],
) -> anyhow::Result<DynamicObject> {
    let made = create(client, object, false).await?;
    let says = |object: Option<&DynamicObject>| {
        let conditions = object.and_then(|it| it.data["status"]["conditions"].as_array());
        conditions.into_iter().flatten().any(|it| {
            let message = it["message"].as_str().unwrap_or_default();
            it["type"] == "Ready"
                && it["status"] == "False"
                && it["reason"] == reason
                && words.iter().all(|word| message.contains(word))
        })
    };
    let (api, name) = (api(client, object), made.name_any());
    let said = await_condition(api.clone(), &name, says);
    if tokio::time::timeout(Duration::from_secs(30), said).await.is_err() {
        bail!("it is not said: {:#}", api.get(&name).await?.data["status"]);
    }
    Ok(made)
}

/// Deletes an object and waits until it is gone.
pub(crate) async fn delete(
    client: &Client,
    object: &Value,
    made: &DynamicObject,
) -> anyhow::Result<()> {
    let (api, name) = (api(client, object), made.name_any());
    api.delete(&name, &DeleteParams::default()).await?;
    let uid = made.uid().unwrap_or_default();
    let gone = await_condition(api, &name, conditions::is_deleted(&uid));
    tokio::time::timeout(Duration::from_secs(30), gone).await.context("it stays")??;
    Ok(())
}

/// A namespace of its own for a test.
pub(crate) async fn namespace(client: &Client, name: &str) -> anyhow::Result<()> {
    let namespace: Namespace = serde_json::from_value(json!({ "metadata": { "name": name } }))?;
    Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await?;
    Ok(())
}

/// Waits until a peering satisfies `test`; with the last one seen when it never does.
pub(crate) async fn until(
    client: &Client,
    namespace: &str,
    name: &str,
    what: &str,
    test: impl Fn(&VpcPeering) -> bool,
) -> anyhow::Result<VpcPeering> {
    let api: Api<VpcPeering> = Api::namespaced(client.clone(), namespace);
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut events = watcher(api.clone(), config).applied_objects().boxed();
    let wait = async {
        while let Some(event) = events.next().await {
            if let Some(peering) = event.ok().filter(&test) {
                return Some(peering);
            }
        }
        None
    };
    if let Ok(Some(peering)) = tokio::time::timeout(Duration::from_secs(30), wait).await {
        return Ok(peering);
    }
    let last = api.get_opt(name).await?.and_then(|peering| peering.status);
    bail!("{namespace}/{name} is not {what}: {last:#?}")
}

/// The status and reason of `Ready`, at the present generation.
pub(crate) fn ready(peering: &VpcPeering) -> Option<(String, String, String)> {
    let status = peering.status.as_ref()?;
    if Some(status.observed_generation) != peering.metadata.generation {
        return None;
    }
    let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready")?;
    Some((ready.status.clone(), ready.reason.clone(), ready.message.clone()))
}

/// Whether it is Ready.
pub(crate) fn is_ready(peering: &VpcPeering) -> bool {
    ready(peering).is_some_and(|(status, _, _)| status == "True")
}

/// Deletes a namespace's peerings and waits until they are gone.
pub(crate) async fn delete_peerings(client: &Client, namespace: &str) -> anyhow::Result<()> {
    let api: Api<VpcPeering> = Api::namespaced(client.clone(), namespace);
    for peering in api.list(&kube::api::ListParams::default()).await? {
        api.delete(&peering.name_any(), &DeleteParams::default()).await?;
    }
    let gone = async {
        loop {
            if api.list(&kube::api::ListParams::default()).await?.items.is_empty() {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), gone).await.context("peerings stay")?
}

/// Deletes an account and waits until it is gone.
pub(crate) async fn delete_account(client: &Client, name: &str) -> anyhow::Result<()> {
    let api: Api<AwsAccount> = Api::all(client.clone());
    api.delete(name, &DeleteParams::default()).await?;
    let gone = async {
        while api.get_opt(name).await?.is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.context("the account stays")?
}

/// Somebody's hands in the world, beside the controller's.
pub(crate) fn by_hand<R: Request>(world: &World, request: R) {
    by_hand_of("111111111111", world, request);
}

/// The same, of another account.
pub(crate) fn by_hand_of<R: Request>(account: &str, world: &World, request: R) {
    let (account, region) =
        (account.parse().expect("an id"), "us-west-2".parse().expect("a Region"));
    let caller = Caller::root(&account, &region);
    world.ask(&caller, request).unwrap_or_else(|error| panic!("{error:?}"));
}
