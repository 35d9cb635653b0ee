//! JSON patch and JSON merge patch as the API server applies them.

use serde_json::Value;

/// Why a patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no patch.
    Malformed,
    /// An operation does not fit the object, a test among them.
    Unfitting,
}

/// Applies a JSON patch. A `test` of a missing field against null holds, as it does in the real server.
pub(super) fn json(object: &Value, patch: &Value) -> Result<Value, Refused> {
    let mut object = object.clone();
    for operation in patch.as_array().ok_or(Refused::Malformed)? {
        let path = operation["path"].as_str().ok_or(Refused::Malformed)?;
        let value = || operation.get("value").cloned().unwrap_or(Value::Null);
        match operation["op"].as_str().ok_or(Refused::Malformed)? {
            "test" => {
                let found = object.pointer(path).unwrap_or(&Value::Null);
                if *found != value() {
                    return Err(Refused::Unfitting);
                }
            }
            "add" => add(&mut object, path, value())?,
            "replace" => replace(&mut object, path, value())?,
            "remove" => drop(remove(&mut object, path)?),
            "move" => {
                let from = operation["from"].as_str().ok_or(Refused::Malformed)?;
                let moved = remove(&mut object, from)?;
                add(&mut object, path, moved)?;
            }
            "copy" => {
                let from = operation["from"].as_str().ok_or(Refused::Malformed)?;
                let copied = object.pointer(from).ok_or(Refused::Unfitting)?.clone();
                add(&mut object, path, copied)?;
            }
            _ => return Err(Refused::Unfitting),
        }
    }
    Ok(object)
}

fn split(path: &str) -> Result<(&str, String), Refused> {
    let (parent, last) = path.rsplit_once('/').ok_or(Refused::Unfitting)?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), Refused> {
    let (parent, last) = split(path)?;
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.insert(last, value);
        }
        Some(Value::Array(items)) => {
            let index = if last == "-" { Ok(items.len()) } else { last.parse() };
            let index = index.map_err(|_| Refused::Unfitting)?;
            if index > items.len() {
                return Err(Refused::Unfitting);
            }
            items.insert(index, value);
        }
        _ => return Err(Refused::Unfitting),
    }
    Ok(())
}

/// Of an object a field that is missing is added: the real server does not mind.
fn replace(object: &mut Value, path: &str, value: Value) -> Result<(), Refused> {
    let (parent, last) = split(path)?;
    if let Some(Value::Object(fields)) = object.pointer_mut(parent) {
        fields.insert(last, value);
        return Ok(());
    }
    *object.pointer_mut(path).ok_or(Refused::Unfitting)? = value;
    Ok(())
}

fn remove(object: &mut Value, path: &str) -> Result<Value, Refused> {
    let (parent, last) = split(path)?;
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.remove(&last).ok_or(Refused::Unfitting),
        Some(Value::Array(items)) => {
            let index: usize = last.parse().map_err(|_| Refused::Unfitting)?;
            (index < items.len()).then(|| items.remove(index)).ok_or(Refused::Unfitting)
        }
        _ => Err(Refused::Unfitting),
    }
}

/// Applies a JSON merge patch.
pub(super) fn merge(object: &Value, patch: &Value) -> Value {
    let Value::Object(fields) = object else { return without_nulls(patch) };
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut fields = fields.clone();
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            let new = match fields.get(name) {
                Some(old) => merge(old, change),
                None => without_nulls(change),
            };
            fields.insert(name.clone(), new);
        }
    }
    Value::Object(fields)
}

/// What is new has no nulls, not even in objects inside lists; only the lists' own stay.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, field)| !field.is_null());
            fields.map(|(name, field)| (name.clone(), without_nulls(field))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_field_passes_a_test_for_null() {
        let patch = json!([
            { "op": "test", "path": "/metadata/finalizers", "value": null },
            { "op": "add", "path": "/metadata/finalizers", "value": ["a"] },
        ]);
        let patched = json(&json!({ "metadata": {} }), &patch).unwrap();
        assert_eq!(patched, json!({ "metadata": { "finalizers": ["a"] } }));
        assert_eq!(json(&patched, &patch), Err(Refused::Unfitting));
    }

    #[test]
    fn items_are_added_at_the_end_and_removed_by_index() {
        let patch = json!([
            { "op": "add", "path": "/list/-", "value": 3 },
            { "op": "remove", "path": "/list/0" },
        ]);
        assert_eq!(json(&json!({ "list": [1, 2] }), &patch).unwrap(), json!({ "list": [2, 3] }));
    }

    #[test]
    fn a_merge_patch_takes_nulls_as_removal_also_in_what_is_new() {
        let patched = merge(&json!({ "a": 1, "b": 2 }), &json!({ "a": null, "c": { "d": null } }));
        assert_eq!(patched, json!({ "b": 2, "c": {} }));
    }
}
