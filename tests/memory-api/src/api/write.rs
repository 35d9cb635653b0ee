//! Creating, replacing, patching, applying, deleting.

use serde_json::{Value, json};

use super::request::{PatchType, Request};
use super::store::{Name, Store, Wording};
use super::{json_patch, strategy};
use crate::failure::{Cause, Failure};
use crate::fields::{self, Applied};
use crate::kinds::{BuiltIn, Kind};
use http::StatusCode;

/// What a write needs beside the objects.
pub(super) struct Moment {
    /// As `metadata` says it.
    pub(super) now: String,
    /// For a new object.
    pub(super) number: u64,
}

impl Moment {
    pub(super) fn uid(&self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.number)
    }
}

type Written = Result<(StatusCode, Value), Failure>;

/// POST.
pub(super) fn create(store: &mut Store, request: &Request, moment: &Moment) -> Written {
    let kind = &request.kind;
    let mut object = request.body.clone();
    expect_kind(kind, &object)?;
    let given = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    let (mut name, prefix) = (given("name"), given("generateName"));
    if name.is_empty() && prefix.is_empty() {
        let cause = Cause::new(
            "FieldValueRequired",
            "metadata.name",
            "Required value: name or generateName is required",
        );
        return Err(Failure::invalid(kind, "", &[cause]));
    }
    if name.is_empty() {
        name = format!("{prefix}{:05x}", moment.number);
    }
    let name = Name { namespace: request.name.namespace.clone(), name };
    place(&mut object, &name)?;
    strategy::decode(kind, &mut object);
    let writer = request.writer();
    fields::update(
        &nothing(kind),
        &mut object,
        &kind.schema,
        kind.has_status,
        &writer,
        &moment.now,
    );
    store_new(store, request, &name, object, moment)
}

fn store_new(
    store: &mut Store,
    request: &Request,
    name: &Name,
    mut object: Value,
    moment: &Moment,
) -> Written {
    let kind = &request.kind;
    if kind.is_namespaced {
        admit_to_namespace(store, kind, name)?;
    }
    object["metadata"]["name"] = name.name.as_str().into();
    if kind.is_namespaced {
        object["metadata"]["namespace"] = name.namespace.as_str().into();
    }
    let has_version = object["metadata"]["resourceVersion"].is_string();
    strategy::prepare_create(kind, &mut object, &moment.uid(), &moment.now);
    strategy::validate(kind, None, &object)?;
    if has_version {
        return Err(Failure::unexpected(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    if let Some(found) = store.get(&kind.qualified(), name) {
        let is_going = found["metadata"]["deletionTimestamp"].is_string();
        return Err(Failure::already_exists(kind, &name.name, is_going));
    }
    let mut filled = object.clone();
    kind.schema.fill_in(&mut filled);
    let wording = if filled == object { Wording::AsRead } else { Wording::Other };
    let object = store.put(&kind.qualified(), name, filled, false);
    store.set_wording(&kind.qualified(), name, wording);
    Ok((StatusCode::CREATED, object.as_ref().clone()))
}

/// Nothing is created in a namespace that does not exist or is going.
fn admit_to_namespace(store: &Store, kind: &Kind, name: &Name) -> Result<(), Failure> {
    let namespaces =
        Kind::built_in().into_iter().find(|kind| kind.built_in == Some(BuiltIn::Namespace));
    let namespaces = namespaces.expect("it is built in");
    let key = Name { namespace: String::new(), name: name.namespace.clone() };
    match store.get(&namespaces.qualified(), &key) {
        None => Err(Failure::not_found(&namespaces, &name.namespace)),
        Some(found) if found["metadata"]["deletionTimestamp"].is_string() => {
            Err(Failure::namespace_terminating(kind, &name.name, &name.namespace))
        }
        Some(_) => Ok(()),
    }
}

/// PUT.
pub(super) fn replace(store: &mut Store, request: &Request, moment: &Moment) -> Written {
    let kind = &request.kind;
    let mut object = request.body.clone();
    expect_kind(kind, &object)?;
    place(&mut object, &request.name)?;
    check_name(&object, &request.name)?;
    strategy::decode(kind, &mut object);
    let live = live(store, request);
    let Some(live) = live else {
        let creates = matches!(kind.built_in, Some(BuiltIn::Lease | BuiltIn::Event));
        if !creates {
            return Err(Failure::not_found(kind, &request.name.name));
        }
        if let Some(uid) = object["metadata"]["uid"].as_str() {
            let mut nowhere = nothing(kind);
            nowhere["metadata"]["namespace"] = request.name.namespace.as_str().into();
            check_uid(kind, &nowhere, &request.name.name, uid)?;
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("resourceVersion");
        }
        fields::update(
            &nothing(kind),
            &mut object,
            &kind.schema,
            kind.has_status,
            &request.writer(),
            &moment.now,
        );
        return store_new(store, request, &request.name, object, moment);
    };
    if let Some(uid) = object["metadata"]["uid"].as_str() {
        check_uid(kind, &live, &request.name.name, uid)?;
    }
    let is_unconditional = object["metadata"]["resourceVersion"].as_str().is_none_or(str::is_empty);
    if is_unconditional && matches!(kind.built_in, None | Some(BuiltIn::Lease)) {
        let message = "Invalid value: 0: must be specified for an update";
        let cause = Cause::new("FieldValueInvalid", "metadata.resourceVersion", message);
        return Err(Failure::invalid_resource(kind, &request.name.name, &cause));
    }
    fields::update(
        &live,
        &mut object,
        &kind.schema,
        kind.has_status,
        &request.writer(),
        &moment.now,
    );
    finish(store, request, &live, object, Wording::AsRead)
}

/// PATCH.
pub(super) fn patch(store: &mut Store, request: &Request, moment: &Moment) -> Written {
    let kind = &request.kind;
    let type_ = request.patch.expect("a patch without a type was refused");
    if type_ == PatchType::Apply {
        return apply(store, request, moment);
    }
    let live = live(store, request).ok_or_else(|| Failure::not_found(kind, &request.name.name))?;
    let mut object = if type_ == PatchType::Json {
        json_patch::json(&live, &request.body).map_err(|refused| match refused {
            json_patch::Refused::Malformed => Failure::bad_request("error decoding patch"),
            json_patch::Refused::Unfitting => Failure::unprocessable(),
        })?
    } else {
        json_patch::merge(&live, &request.body)
    };
    expect_kind(kind, &object)?;
    check_name(&object, &request.name)?;
    strategy::decode(kind, &mut object);
    fields::update(
        &live,
        &mut object,
        &kind.schema,
        kind.has_status,
        &request.writer(),
        &moment.now,
    );
    finish(store, request, &live, object, Wording::AsRead)
}

fn apply(store: &mut Store, request: &Request, moment: &Moment) -> Written {
    let kind = &request.kind;
    if request.parameter("fieldManager").is_empty() {
        let options = Kind {
            group: "meta.k8s.io".to_owned(),
            plural: "PatchOptions".to_owned(),
            kind: "PatchOptions".to_owned(),
            ..kind.as_ref().clone()
        };
        let cause = Cause::new(
            "FieldValueRequired",
            "fieldManager",
            "Required value: is required for apply patch",
        );
        return Err(Failure::invalid(&options, "", &[cause]));
    }
    let said = request.body.clone();
    let live = live(store, request);
    if live.is_none() && !request.subresource.is_empty() {
        return Err(Failure::not_found(kind, &request.name.name));
    }
    expect_kind(kind, &said)?;
    check_name(&said, &request.name)?;
    let nothing = nothing(kind);
    let base = live.as_ref().unwrap_or(&nothing);
    let applied = fields::apply(
        base,
        &said,
        &kind.schema,
        kind.has_status,
        &request.writer(),
        request.flag("force"),
        &moment.now,
    );
    let mut merged = match applied {
        Applied::Unfitting(complaints) => return Err(Failure::unfitting(kind, &said, &complaints)),
        Applied::Merged(merged) => merged,
        Applied::Conflicts { message, causes } => {
            return Err(Failure::apply_conflict(message, &causes));
        }
    };
    if live.is_none()
        && let Some(uid) = said["metadata"]["uid"].as_str()
    {
        let why = format!(
            "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        );
        return Err(Failure::conflict(kind, &request.name.name, &why));
    }
    // An apply is stored as it was merged, empty lists and all.
    let has_empty = kind.built_in.is_none()
        && request.subresource.is_empty()
        && strategy::has_empty_metadata(&merged);
    let wording = if has_empty { Wording::Other } else { Wording::AsRead };
    let managed = merged["metadata"].get("managedFields").cloned();
    strategy::complete(kind, &mut merged);
    if let Some(managed) = managed {
        merged["metadata"]["managedFields"] = managed;
    }
    match live {
        Some(live) => finish(store, request, &live, merged, wording),
        None => store_new(store, request, &request.name, merged, moment),
    }
}

/// Stores what replaces `live`, unless nothing changed; lets it go, if nothing holds it any more.
fn finish(
    store: &mut Store,
    request: &Request,
    live: &Value,
    mut new: Value,
    wording: Wording,
) -> Written {
    let kind = &request.kind;
    let name = &request.name.name;
    let version = new["metadata"]["resourceVersion"].as_str();
    if version.is_some_and(|version| live["metadata"]["resourceVersion"] != version) {
        return Err(Failure::modified(kind, name));
    }
    strategy::prepare_update(kind, live, &mut new, &request.subresource);
    strategy::validate(kind, Some(live), &new)?;
    let is_going = new["metadata"]["deletionTimestamp"].is_string();
    if is_going && !strategy::is_held(kind, &new) {
        store.put(&kind.qualified(), &request.name, new.clone(), true);
        return Ok((StatusCode::OK, new));
    }
    if new == *live && store.wording(&kind.qualified(), &request.name) == wording {
        return Ok((StatusCode::OK, new));
    }
    let object = store.put(&kind.qualified(), &request.name, new, false);
    store.set_wording(&kind.qualified(), &request.name, wording);
    Ok((StatusCode::OK, object.as_ref().clone()))
}

/// DELETE.
pub(super) fn delete(store: &mut Store, request: &Request, moment: &Moment) -> Written {
    let kind = &request.kind;
    let name = &request.name.name;
    let live = live(store, request).ok_or_else(|| Failure::not_found(kind, name))?;
    let preconditions = &request.body["preconditions"];
    for (field, what, might) in [
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ] {
        let found = live["metadata"][field].as_str().unwrap_or_default();
        if let Some(wanted) = preconditions[field].as_str().filter(|wanted| *wanted != found) {
            return Err(Failure::other_object(kind, name, what, wanted, found, might));
        }
    }
    if strategy::is_held(kind, &live) {
        if live["metadata"]["deletionTimestamp"].is_string() {
            return Ok((StatusCode::OK, live));
        }
        let mut going = live;
        strategy::mark_deleted(kind, &mut going, &moment.now);
        let object = store.put(&kind.qualified(), &request.name, going, false);
        return Ok((StatusCode::OK, object.as_ref().clone()));
    }
    let uid = live["metadata"]["uid"].clone();
    store.put(&kind.qualified(), &request.name, live, true);
    let mut details = json!({ "name": name, "kind": kind.plural, "uid": uid });
    if !kind.group.is_empty() {
        details["group"] = kind.group.as_str().into();
    }
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
    });
    Ok((StatusCode::OK, status))
}

/// What a new object is compared with: built-in kinds have some fields even when they are empty.
fn nothing(kind: &Kind) -> Value {
    let mut nothing =
        json!({ "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": {} });
    if kind.built_in.is_some() {
        kind.schema.fill_in(&mut nothing);
    }
    nothing
}

fn live(store: &Store, request: &Request) -> Option<Value> {
    store.get(&request.kind.qualified(), &request.name).map(|object| object.as_ref().clone())
}

fn check_uid(kind: &Kind, live: &Value, name: &str, wanted: &str) -> Result<(), Failure> {
    let found = live["metadata"]["uid"].as_str().unwrap_or_default();
    if found == wanted {
        return Ok(());
    }
    let group = if kind.built_in.is_some() { "" } else { kind.group.as_str() };
    let parts =
        [group, &kind.plural, live["metadata"]["namespace"].as_str().unwrap_or_default(), name];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: /registry/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}",
        parts.join("/")
    );
    Err(Failure::conflict(kind, name, &why))
}

fn expect_kind(kind: &Kind, object: &Value) -> Result<(), Failure> {
    let is = |field: &str, wanted: &str| object[field].as_str().is_none_or(|found| found == wanted);
    if object.is_object() && is("apiVersion", &kind.api_version()) && is("kind", &kind.kind) {
        return Ok(());
    }
    Err(Failure::bad_request(format!(
        "the object provided is unrecognized (must be of type {}, {})",
        kind.kind,
        kind.api_version()
    )))
}

/// An object lies in the namespace of its path, whether it says so or not.
fn place(object: &mut Value, name: &Name) -> Result<(), Failure> {
    if name.namespace.is_empty() {
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("namespace");
        }
        return Ok(());
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    if namespace.is_empty() || namespace == name.namespace {
        object["metadata"]["namespace"] = name.namespace.as_str().into();
        return Ok(());
    }
    Err(Failure::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request",
    ))
}

fn check_name(object: &Value, name: &Name) -> Result<(), Failure> {
    match object["metadata"]["name"].as_str() {
        Some(given) if given != name.name => Err(Failure::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({})",
            name.name
        ))),
        _ => Ok(()),
    }
}
