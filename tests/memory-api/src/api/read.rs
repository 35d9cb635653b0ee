//! Reading one object, and lists in pages.

use serde_json::{Map, Value, json};

use super::request::Request;
use super::selector::Selector;
use super::store::{Name, Store};
use crate::failure::Failure;
use crate::kinds::Kind;

pub(super) fn get(store: &Store, request: &Request) -> Result<Value, Failure> {
    let found = store.get(&request.kind.qualified(), &request.name);
    found
        .map(|object| object.as_ref().clone())
        .ok_or_else(|| Failure::not_found(&request.kind, &request.name.name))
}

/// A page of a list. Every page of one list shows the same moment.
pub(super) fn list(store: &Store, request: &Request) -> Result<Value, Failure> {
    let kind = &request.kind;
    let selector = Selector::parse(
        kind,
        request.parameter("labelSelector"),
        request.parameter("fieldSelector"),
    )?;
    let (revision, after) = where_to_begin(store, request)?;
    let objects =
        store.list_at(&kind.qualified(), &request.name.namespace, revision).ok_or_else(expired)?;
    let limit: usize = request.parameter("limit").parse().unwrap_or(0);
    let mut left =
        objects.iter().filter(|(name, _)| after.as_ref().is_none_or(|after| *name > after));
    let mut items = Vec::new();
    let mut last = None;
    for (name, object) in left.by_ref() {
        if selector.matches(object) {
            items.push(item(kind, object, request.only_metadata));
        }
        if limit > 0 && items.len() == limit {
            last = Some(name);
            break;
        }
    }
    // Also where none of what is left matches: the server does not look ahead.
    let remaining = left.count();
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".to_owned(), revision.to_string().into());
    // Custom resources say it also when it is empty.
    if kind.built_in.is_none() && !request.only_metadata {
        metadata.insert("continue".to_owned(), "".into());
    }
    if let Some(last) = last.filter(|_| remaining > 0) {
        let token = format!("{revision}/{}/{}", last.namespace, last.name);
        metadata.insert("continue".to_owned(), token.into());
        if selector.is_empty() {
            metadata.insert("remainingItemCount".to_owned(), remaining.into());
        }
    }
    let (api_version, list_kind) = if request.only_metadata {
        ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadataList".to_owned())
    } else {
        (kind.api_version(), kind.list_kind.clone())
    };
    // Go writes a list that was never begun as null.
    let items = if items.is_empty() && request.only_metadata { Value::Null } else { items.into() };
    Ok(
        json!({ "apiVersion": api_version, "kind": list_kind, "metadata": metadata, "items": items }),
    )
}

fn expired() -> Failure {
    Failure::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    )
}

/// At which revision, and behind which object.
fn where_to_begin(store: &Store, request: &Request) -> Result<(u64, Option<Name>), Failure> {
    let token = request.parameter("continue");
    if !token.is_empty() {
        let invalid = || Failure::bad_request("continue key is not valid");
        let mut parts = token.split('/');
        let revision = parts.next().and_then(|part| part.parse().ok()).ok_or_else(invalid)?;
        let (Some(namespace), Some(name)) = (parts.next(), parts.next()) else {
            return Err(invalid());
        };
        let name = Name { namespace: namespace.to_owned(), name: name.to_owned() };
        return Ok((revision, Some(name)));
    }
    let asked: u64 = request.parameter("resourceVersion").parse().unwrap_or(0);
    if asked > store.revision() {
        return Err(Failure::too_large(asked, store.revision()));
    }
    let is_exact = request.parameter("resourceVersionMatch") == "Exact";
    Ok((if is_exact { asked } else { store.revision() }, None))
}

/// An object in a list: of built-in kinds without its kind.
fn item(kind: &Kind, object: &Value, only_metadata: bool) -> Value {
    if only_metadata {
        return metadata(object);
    }
    let mut item = object.clone();
    if let Some(fields) = item.as_object_mut().filter(|_| kind.built_in.is_some()) {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    item
}

/// An object's metadata as an object of its own.
pub(super) fn metadata(object: &Value) -> Value {
    json!({
        "apiVersion": "meta.k8s.io/v1",
        "kind": "PartialObjectMetadata",
        "metadata": object["metadata"],
    })
}
