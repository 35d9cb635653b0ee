//! Objects that do not parse: stored under another version of their definition. They are never acted upon, and say so.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta};
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::ApiResource;
use kube::core::error_boundary::InvalidObject;
use kube::{Api, Client, Resource};
use peerway_api::{ConditionType, Reason};
use peerway_model::Timestamp;
use peerway_plan::conditions::{Conditions, Value};
use serde_json::json;

use crate::error::Error;
use crate::limit::within;

/// Says in the conditions what does not parse. Everything else in the status is left as it is, the record of what was
/// written above all: whoever can read the object again needs it. Nothing is written when it was said before.
pub(crate) async fn publish<K: Resource<DynamicType = ()>>(
    client: &Client,
    unparsable: &InvalidObject,
    now: Timestamp,
) -> Result<(), Error> {
    let metadata = &unparsable.metadata;
    let name = metadata.name.clone().unwrap_or_default();
    let api = api::<K>(client, metadata);
    let failed = |source| Error::Publish { object: name.clone(), source: Box::new(source) };
    let Some(object) = within(api.get_opt(&name)).await.map_err(failed)? else { return Ok(()) };
    let previous: Vec<Condition> = object
        .data
        .pointer("/status/conditions")
        .and_then(|conditions| serde_json::from_value(conditions.clone()).ok())
        .unwrap_or_default();
    let conditions = conditions(&previous, unparsable, now);
    if conditions == previous {
        return Ok(());
    }
    let patch = json!({
        "metadata": { "resourceVersion": object.metadata.resource_version },
        "status": { "conditions": conditions },
    });
    match within(api.patch_status(&name, &PatchParams::default(), &Patch::Merge(&patch))).await {
        Ok(_) => Ok(()),
        // It changed meanwhile, and comes back for that.
        Err(kube::Error::Api(answer)) if answer.code == 404 || answer.code == 409 => Ok(()),
        Err(source) => Err(failed(source)),
    }
}

fn api<K: Resource<DynamicType = ()>>(
    client: &Client,
    metadata: &ObjectMeta,
) -> Api<DynamicObject> {
    let resource = ApiResource::erase::<K>(&());
    match &metadata.namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Ours, and whatever others set beside them.
fn conditions(
    previous: &[Condition],
    unparsable: &InvalidObject,
    now: Timestamp,
) -> Vec<Condition> {
    let message = format!(
        "The object does not parse: {}. It was stored under another version of its definition; correct it, nothing is read or written for it until then.",
        unparsable.error
    );
    let generation = unparsable.metadata.generation.unwrap_or_default();
    let mut ours = Conditions::new(previous, generation, now);
    ours.set(ConditionType::Valid, Value::False, Reason::InvalidSpec, message.clone());
    ours.set(ConditionType::Ready, Value::False, Reason::InvalidSpec, message.clone());
    ours.set(ConditionType::Stalled, Value::True, Reason::InvalidSpec, message);
    let mut conditions = ours.into_list();
    let is_ours = |kind: &str| ConditionType::ALL.iter().any(|ours| ours.as_str() == kind);
    conditions.extend(previous.iter().filter(|condition| !is_ours(&condition.type_)).cloned());
    conditions
}
