//! Whether what is applied fits the schema, in the words of structured merge.

use serde_json::Value;

use crate::schema::{List, Schema};

const DUPLICATE: &str = "duplicate entries for key";

/// What does not fit; empty when everything does.
pub(super) fn unfitting(said: &Value, schema: &Schema) -> String {
    let mut complaints = Vec::new();
    check("", said, Some(schema), &mut complaints);
    complaint(&complaints)
}

/// Whether an object can be compared field by field. Items may be there twice.
pub(super) fn fits(object: &Value, schema: &Schema) -> bool {
    let mut complaints = Vec::new();
    check("", object, Some(schema), &mut complaints);
    complaints.iter().all(|complaint| complaint.contains(DUPLICATE))
}

fn complaint(complaints: &[String]) -> String {
    match complaints {
        [] => String::new(),
        [only] => only.clone(),
        all => format!("errors:\n  {}", all.join("\n  ")),
    }
}

fn check(path: &str, value: &Value, schema: Option<&Schema>, complaints: &mut Vec<String>) {
    let Some(schema) = schema else { return };
    if value.is_null() {
        return;
    }
    let mut wrong = |wanted: &str| {
        complaints.push(format!("{path}: expected {wanted}, got &{{{}}}", in_go(value)));
    };
    match (schema.kind(), value) {
        (Some("object"), Value::Object(_)) | (Some("array"), Value::Array(_)) => {}
        (Some("object"), _) => return wrong("map"),
        (Some("array"), _) => return wrong("list"),
        (Some("string"), value) if !value.is_string() => {
            let found = format!("&value.valueUnstructured{{Value:{}}}", in_go(value));
            complaints.push(format!("{path}: expected string, got {found}"));
            return;
        }
        (Some("integer" | "number"), value) if !value.is_number() => {
            let found = type_in_go(value);
            complaints.push(format!("{path}: expected numeric (int or float), got {found}"));
            return;
        }
        (Some("boolean"), value) if !value.is_boolean() => return wrong("boolean"),
        _ => {}
    }
    match value {
        Value::Object(fields) if !schema.is_opaque() => {
            for (name, field) in fields {
                match schema.field(name) {
                    Some(of_field) => {
                        check(&format!("{path}.{name}"), field, Some(of_field), complaints);
                    }
                    None => complaints.push(format!("{path}.{name}: field not declared in schema")),
                }
            }
        }
        Value::Array(items) => check_items(path, items, schema, complaints),
        _ => {}
    }
}

fn check_items(path: &str, items: &[Value], schema: &Schema, complaints: &mut Vec<String>) {
    let of_item = schema.items.as_deref();
    let mut seen = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let name = match &schema.list {
            List::Atomic => format!("[{index}]"),
            List::Set => format!("[={item}]"),
            List::Map(keys) => {
                let has_default = |key: &String| {
                    let of_key = of_item.and_then(|of_item| of_item.properties.get(key));
                    of_key.is_some_and(|of_key| of_key.default.is_some())
                };
                if keys.iter().all(|key| item.get(key).is_none() && !has_default(key)) {
                    let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
                    complaints.push(format!(
                        "{path}: element {index}: associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
                        keys.join(" ")
                    ));
                    continue;
                }
                let pairs = keys.iter().filter_map(|key| Some(format!("{key}={}", item.get(key)?)));
                format!("[{}]", pairs.collect::<Vec<_>>().join(","))
            }
        };
        if !matches!(schema.list, List::Atomic) && seen.contains(&name) {
            complaints.push(format!("{path}: {DUPLICATE} {name}"));
        }
        check(&format!("{path}{name}"), item, of_item, complaints);
        seen.push(name);
    }
}

/// A value as Go prints it.
fn in_go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(in_go).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, field)| format!("{name}:{}", in_go(field))).collect();
            format!("map[{}]", fields.join(" "))
        }
    }
}

/// The name of its type in Go.
fn type_in_go(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
