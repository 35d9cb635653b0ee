//! What the server itself says about an object, whatever a request says: names, times, generation, finalizers.

use serde_json::{Map, Value, json};

use crate::failure::{Cause, Failure};
use crate::kinds::{BuiltIn, Kind};

/// Fields of `metadata` that no request changes.
const FIXED: &[&str] = &[
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
];

/// What decoding does to an object that a request brought.
pub(super) fn decode(kind: &Kind, object: &mut Value) {
    kind.schema.drop_nulls(object);
    complete(kind, object);
}

/// The same for an object that an apply merged: it may hold nulls where the apply took away all that there was of a map
/// or list. The real server then refuses it, and so it is done here.
pub(super) fn complete(kind: &Kind, object: &mut Value) {
    prune(kind, object);
    kind.schema.fill_in(object);
    if kind.built_in == Some(BuiltIn::Namespace) {
        let name = object["metadata"]["name"].clone();
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
    }
}

fn prune(kind: &Kind, object: &mut Value) {
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    kind.schema.prune(object);
    object["apiVersion"] = kind.api_version().into();
    object["kind"] = kind.kind.as_str().into();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|_, value| !is_empty(value));
        metadata.remove("selfLink");
        metadata.remove("managedFields");
    }
    if kind.built_in.is_some() {
        drop_empty_texts(object);
    }
}

/// Whether its metadata holds what decoding drops.
pub(super) fn has_empty_metadata(object: &Value) -> bool {
    object["metadata"].as_object().is_some_and(|metadata| metadata.values().any(is_empty))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Go leaves out empty strings and lists, and what is nothing.
fn drop_empty_texts(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else { return };
    fields.retain(|name, value| {
        name == "metadata"
            || !matches!(value, Value::Null)
                && value.as_str() != Some("")
                && value.as_array().is_none_or(|items| !items.is_empty())
    });
    for (name, field) in fields.iter_mut() {
        if !matches!(name.as_str(), "labels" | "annotations") {
            drop_empty_texts(field);
        }
    }
}

/// A new object, decoded, before it is stored for the first time.
pub(super) fn prepare_create(kind: &Kind, object: &mut Value, uid: &str, now: &str) {
    if kind.has_status {
        remove(object, "status");
    }
    let generation = kind.built_in.is_none().then_some(1);
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for name in
            ["deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion"]
        {
            metadata.remove(name);
        }
        metadata.insert("uid".to_owned(), uid.into());
        metadata.insert("creationTimestamp".to_owned(), now.into());
        if let Some(generation) = generation {
            metadata.insert("generation".to_owned(), generation.into());
        }
    }
    if kind.built_in == Some(BuiltIn::Namespace) {
        object["status"] = json!({ "phase": "Active" });
        object["spec"] = json!({ "finalizers": ["kubernetes"] });
    }
}

/// `new` as it may replace `live`.
pub(super) fn prepare_update(kind: &Kind, live: &Value, new: &mut Value, subresource: &str) {
    if subresource == "status" {
        let mut kept = live.clone();
        set(&mut kept, "status", new.get("status").cloned());
        let managed = new["metadata"].get("managedFields").cloned();
        set(&mut kept["metadata"], "managedFields", managed);
        *new = kept;
    } else {
        if kind.has_status {
            set(new, "status", live.get("status").cloned());
        }
        for name in FIXED {
            set(&mut new["metadata"], name, live["metadata"].get(name).cloned());
        }
        if new["metadata"]["uid"].is_null() {
            new["metadata"]["uid"] = live["metadata"]["uid"].clone();
        }
        if kind.built_in == Some(BuiltIn::Namespace) {
            set(new, "spec", live.get("spec").cloned());
        }
        let generation = live["metadata"]["generation"].as_i64();
        if let Some(generation) = generation.filter(|_| content(kind, live) != content(kind, new)) {
            new["metadata"]["generation"] = (generation + 1).into();
        }
    }
    kind.schema.fill_in(new);
    new["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
}

/// What a generation counts changes of.
fn content(kind: &Kind, object: &Value) -> Map<String, Value> {
    let fields = object.as_object().cloned().unwrap_or_default();
    let is_counted = |name: &str| name != "metadata" && !(kind.has_status && name == "status");
    fields.into_iter().filter(|(name, _)| is_counted(name)).collect()
}

/// What is wrong with an object that is to be stored.
pub(super) fn validate(kind: &Kind, live: Option<&Value>, new: &Value) -> Result<(), Failure> {
    let name = new["metadata"]["name"].as_str().unwrap_or_default();
    let mut causes = Vec::new();
    let uid = &new["metadata"]["uid"];
    if live.is_some_and(|live| live["metadata"]["uid"] != *uid) {
        let message = format!("Invalid value: {uid}: field is immutable");
        let cause = Cause::new("FieldValueInvalid", "metadata.uid", message);
        causes.extend([cause.clone(), cause]);
    }
    if let Some(live) = live.filter(|live| live["metadata"]["deletionTimestamp"].is_string()) {
        let before = finalizers(live);
        let added: Vec<String> =
            finalizers(new).into_iter().filter(|name| !before.contains(name)).collect();
        if !added.is_empty() {
            let message = format!(
                "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
            );
            let cause = Cause::new("FieldValueForbidden", "metadata.finalizers", message);
            // Metadata is checked twice.
            causes.extend([cause.clone(), cause]);
        }
    }
    causes.extend(kind.schema.validate(new));
    if causes.is_empty() { Ok(()) } else { Err(Failure::invalid(kind, name, &causes)) }
}

/// What holds an object: its finalizers, and those of a namespace's spec.
pub(super) fn is_held(kind: &Kind, object: &Value) -> bool {
    let spec = object["spec"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
    !finalizers(object).is_empty() || (kind.built_in == Some(BuiltIn::Namespace) && spec)
}

/// Marks an object as going.
pub(super) fn mark_deleted(kind: &Kind, object: &mut Value, now: &str) {
    let generation = object["metadata"]["generation"].as_i64();
    object["metadata"]["deletionTimestamp"] = now.into();
    if kind.built_in == Some(BuiltIn::Namespace) {
        object["status"]["phase"] = "Terminating".into();
        return;
    }
    object["metadata"]["deletionGracePeriodSeconds"] = 0.into();
    if let Some(generation) = generation {
        object["metadata"]["generation"] = (generation + 1).into();
    }
}

fn finalizers(object: &Value) -> Vec<String> {
    let finalizers = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    finalizers.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn set(object: &mut Value, name: &str, value: Option<Value>) {
    match value {
        Some(value) => object[name] = value,
        None => remove(object, name),
    }
}

fn remove(object: &mut Value, name: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(name);
    }
}
