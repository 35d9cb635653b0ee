//! Who uses an object: asked of the API server right before the object is let go, since the watches may be behind.

use kube::api::ListParams;
use kube::{Api, ResourceExt};

use crate::error::Error;
use crate::finalizer;
use crate::limit::within;
use crate::object::Guarded;
use crate::visit::Kind;

/// The objects of a kind that refer to `object` by `refers` and own, or may own, something in AWS.
pub(crate) async fn users<K: Kind>(
    api: Api<Guarded<K::Object>>,
    object: &str,
    refers: impl Fn(&K::Object) -> bool,
) -> Result<Vec<Guarded<K::Object>>, Error> {
    let mut listed = match within(api.list(&ListParams::default())).await {
        Ok(listed) => listed.items,
        // Its definition is gone, and with it every object of the kind.
        Err(kube::Error::Api(answer)) if answer.code == 404 => return Ok(Vec::new()),
        Err(source) => {
            return Err(Error::Users { object: object.to_owned(), source: Box::new(source) });
        }
    };
    // What cannot be read may refer to anything.
    listed.retain(|it| finalizer::is_set(it) && it.0.as_ref().map_or(true, &refers));
    Ok(listed)
}

/// The users of an object in its own namespace, as its status names them.
pub(crate) async fn in_namespace<K: Kind>(
    client: &kube::Client,
    object: &impl ResourceExt,
    refers: impl Fn(&K::Object) -> bool,
) -> Result<Vec<String>, Error> {
    let namespace = object.namespace().unwrap_or_default();
    let api = Api::namespaced(client.clone(), &namespace);
    let users = users::<K>(api, &object.name_any(), refers).await?;
    Ok(users.iter().map(|it| format!("{} '{}'", K::OWNER, it.name_any())).collect())
}

/// The users of an `AWSAccount` in all namespaces, as its status names them.
pub(crate) async fn of_account<K: Kind>(
    client: &kube::Client,
    account: &str,
) -> Result<Vec<String>, Error> {
    let refers = |object: &K::Object| K::accounts(object).contains(&account);
    let users = users::<K>(Api::all(client.clone()), account, refers).await?;
    let text = |it: &Guarded<K::Object>| {
        format!("{}/{}/{}", K::OWNER, it.namespace().unwrap_or_default(), it.name_any())
    };
    Ok(users.iter().map(text).collect())
}
