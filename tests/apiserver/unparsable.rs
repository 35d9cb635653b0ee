//! Objects stored under another version of their definition.

use anyhow::{Context, ensure};
use futures::StreamExt;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::ApiResource;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use peerway_tests::environment::example;
use peerway_tests::in_process::world;
use serde_json::json;
use std::time::Duration;

use crate::objects::{account, create, namespace, peering, with};

const NAMESPACE: &str = "unparsable";

/// Gives a definition a field that this version does not know.
async fn add_field(client: &Client, definition: &str) -> anyhow::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/future";
    let field = json!({ "type": "string", "maxLength": 10 });
    let patch = serde_json::from_value(json!([{ "op": "add", "path": path, "value": field }]))?;
    definitions.patch(definition, &PatchParams::default(), &Patch::<()>::Json(patch)).await?;
    Ok(())
}

async fn until_stalled(api: &Api<DynamicObject>, name: &str) -> anyhow::Result<DynamicObject> {
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut events = watcher(api.clone(), config).applied_objects().boxed();
    let wait = async {
        while let Some(event) = events.next().await {
            let is_said = |object: &DynamicObject| {
                let conditions = object.data.pointer("/status/conditions");
                conditions.and_then(|list| list.as_array()).is_some_and(|list| {
                    list.iter()
                        .any(|one| one["type"] == "Stalled" && one["reason"] == "InvalidSpec")
                })
            };
            if let Some(object) = event.ok().filter(is_said) {
                return Some(object);
            }
        }
        None
    };
    let said = tokio::time::timeout(Duration::from_secs(20), wait).await;
    said.ok().flatten().with_context(|| format!("{name} does not say that it does not parse"))
}

pub(crate) async fn an_object_that_does_not_parse_says_so_and_keeps_its_record(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    add_field(&client, "vpcpeerings.peerway.dev").await?;
    add_field(&client, "awsaccounts.peerway.dev").await?;
    // The API server takes a new definition a moment after it answered for it.
    let newer = |object| with(object, "/spec/future", json!("x"));
    let written = json!([{ "table": "rtb-7122e509", "destinations": ["172.20.0.0/22"] }]);
    let status =
        json!({ "status": { "routes": { "ready": "1/1", "items": [], "written": written } } });
    let peerings: Api<DynamicObject> =
        Api::namespaced_with(client.clone(), NAMESPACE, &ApiResource::erase::<VpcPeering>(&()));
    let accounts: Api<DynamicObject> =
        Api::all_with(client.clone(), &ApiResource::erase::<AwsAccount>(&()));
    let kept = async {
        loop {
            create(&client, &newer(peering(NAMESPACE, "newer", "newer")), false).await?;
            let made = peerings.get("newer").await?;
            if made.data.pointer("/spec/future").is_some() {
                return anyhow::Ok(());
            }
            peerings.delete("newer", &kube::api::DeleteParams::default()).await?;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), kept).await.context("the field is dropped")??;
    create(&client, &newer(account("newer", &[NAMESPACE])), false).await?;
    peerings.patch_status("newer", &PatchParams::default(), &Patch::Merge(&status)).await?;

    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let controller = environment.start_in_process(world(&golden), Duration::from_secs(1)).await?;
    let said = until_stalled(&peerings, "newer").await?;
    ensure!(said.data.pointer("/status/routes/written") == Some(&written), "{}", said.data);
    until_stalled(&accounts, "newer").await?;
    controller.stop().await;
    peerings.delete("newer", &kube::api::DeleteParams::default()).await?;
    accounts.delete("newer", &kube::api::DeleteParams::default()).await?;
    environment.install().await
}
