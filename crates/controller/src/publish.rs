//! Writing a status: once per change, by server-side apply, so that conditions of others survive.

use std::borrow::Cow;
use std::fmt::Debug;

use kube::api::{Patch, PatchParams};
use kube::{Api, Resource, ResourceExt};
use peerway_api::FIELD_MANAGER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::error::Error;
use crate::limit::within;

/// Writes `status` where it differs from `before`, the one that the object has: the object as it is then, or nothing when
/// it is gone, or another one than was looked at.
pub(crate) async fn changed<'a, K, S>(
    api: &Api<K>,
    object: &'a K,
    before: Option<&S>,
    status: &S,
) -> Result<Option<Cow<'a, K>>, Error>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
    S: Serialize + PartialEq,
{
    if before == Some(status) {
        return Ok(Some(Cow::Borrowed(object)));
    }
    Ok(self::status(api, object, status).await?.map(Cow::Owned))
}

/// Writes `status`; the object as it is then, or nothing when it is gone, or another one than was looked at.
pub(crate) async fn status<K, S>(api: &Api<K>, object: &K, status: &S) -> Result<Option<K>, Error>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
    S: Serialize,
{
    let name = object.name_any();
    let patch = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        // An object of the same name that is not this one, or one that was edited meanwhile, must not get this status.
        // The API server looks at the resource version of an apply to a status, and not at its uid.
        "metadata": { "resourceVersion": object.resource_version() },
        "status": status,
    });
    let params = PatchParams::apply(FIELD_MANAGER).force();
    match within(api.patch_status(&name, &params, &Patch::Apply(&patch))).await {
        Ok(object) => Ok(Some(object)),
        Err(kube::Error::Api(answer)) if answer.code == 404 || answer.code == 409 => {
            tracing::debug!(%name, code = answer.code, "the object is gone or another one; its status is not written");
            Ok(None)
        }
        Err(source) => Err(Error::Publish { object: name, source: Box::new(source) }),
    }
}
