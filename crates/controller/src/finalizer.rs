//! The finalizer: added right before the first write to AWS, removed after a visit that found nothing left to take apart.
//!
//! Kube's own helper cannot say "not yet"; this one is two JSON patches, each with a test of what it expects.

use std::fmt::Debug;

use kube::api::{Patch, PatchParams};
use kube::{Api, Resource, ResourceExt};
use peerway_api::FINALIZER;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::error::Error;
use crate::limit::within;

/// What became of a patch.
#[derive(Debug)]
pub(crate) enum Patched<K> {
    /// It holds; this is the object now.
    Done(Box<K>),
    /// The object is not what we looked at any more, or it is gone.
    Moved,
}

pub(crate) fn is_set<K: Resource>(object: &K) -> bool {
    object.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
}

/// Adds the finalizer to exactly the object that was looked at.
pub(crate) async fn add<K>(api: &Api<K>, object: &K) -> Result<Patched<K>, Error>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    let add = if object.finalizers().is_empty() {
        json!({ "op": "add", "path": "/metadata/finalizers", "value": [FINALIZER] })
    } else {
        json!({ "op": "add", "path": "/metadata/finalizers/-", "value": FINALIZER })
    };
    let test = json!({ "op": "test", "path": "/metadata/resourceVersion", "value": object.resource_version() });
    patch(api, object, json!([test, add])).await
}

/// Removes the finalizer; others stay. What a controller sends before it dies may land on another object of the same name.
pub(crate) async fn remove<K>(api: &Api<K>, object: &K) -> Result<Patched<K>, Error>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    let Some(index) = object.finalizers().iter().position(|finalizer| finalizer == FINALIZER)
    else {
        return Ok(Patched::Done(Box::new(object.clone())));
    };
    let path = format!("/metadata/finalizers/{index}");
    let same = json!({ "op": "test", "path": "/metadata/uid", "value": object.uid() });
    let test = json!({ "op": "test", "path": path, "value": FINALIZER });
    let remove = json!({ "op": "remove", "path": path });
    patch(api, object, json!([same, test, remove])).await
}

async fn patch<K>(api: &Api<K>, object: &K, patch: serde_json::Value) -> Result<Patched<K>, Error>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    let name = object.name_any();
    let patch: Patch<()> =
        Patch::Json::<()>(serde_json::from_value(patch).expect("it is a JSON patch"));
    match within(api.patch(&name, &PatchParams::default(), &patch)).await {
        Ok(patched) => Ok(Patched::Done(Box::new(patched))),
        // A failed test is 422; so is a finalizer on an object that began to go; 404 and 409 speak for themselves.
        Err(kube::Error::Api(status)) if [404, 409, 422].contains(&status.code) => {
            Ok(Patched::Moved)
        }
        Err(source) => Err(Error::Finalizer { object: name, source: Box::new(source) }),
    }
}
