//! The schema of a kind: a `CustomResourceDefinition`'s structural `OpenAPI` v3 schema, or the few lines written here for
//! a kind that is built in. What it is used for: unknown fields dropped, defaults filled in ([`Schema::prune`], [`Schema::fill_in`]),
//! values checked ([`Schema::validate`]), and what field ownership must know of lists and maps ([`crate::fields`]).
//!
//! Not done: `x-kubernetes-validations` (CEL), `oneOf`, `anyOf`, `allOf`, `not`, ratcheting, `x-kubernetes-embedded-resource`.

mod normalize;
mod validate;

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

/// A node of a schema.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the schema itself")]
pub(crate) struct Schema {
    /// `object`, `array`, `string`, …; nothing where anything goes.
    kind: Option<String>,
    pub(crate) properties: BTreeMap<String, Schema>,
    pub(crate) additional: Option<Box<Schema>>,
    pub(crate) items: Option<Box<Schema>>,
    pub(crate) list: List,
    pub(crate) is_atomic: bool,
    preserve: bool,
    nullable: bool,
    int_or_string: bool,
    pub(crate) default: Option<Value>,
    required: Vec<String>,
    allowed: Vec<Value>,
    pattern: Option<Regex>,
    format: Option<String>,
    bounds: Bounds,
}

/// How a list is merged and whose its items are.
#[derive(Debug, Clone, Default)]
pub(crate) enum List {
    /// As a whole.
    #[default]
    Atomic,
    /// Item by item, by value.
    Set,
    /// Item by item, by these fields.
    Map(Vec<String>),
}

#[derive(Debug, Clone, Default)]
struct Bounds {
    minimum: Option<f64>,
    maximum: Option<f64>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    min_items: Option<u64>,
    max_items: Option<u64>,
    min_properties: Option<u64>,
    max_properties: Option<u64>,
}

impl Schema {
    /// The schema of a whole object, its `metadata` as every kind has it.
    ///
    /// # Errors
    /// When it holds a pattern that is no regular expression.
    pub(crate) fn of_object(schema: &Value) -> Result<Self, String> {
        let mut schema = Self::parse(schema)?;
        for field in ["apiVersion", "kind"] {
            schema.properties.insert(field.to_owned(), Self::parse(&json!({ "type": "string" }))?);
        }
        schema.properties.insert("metadata".to_owned(), Self::parse(&metadata())?);
        Ok(schema)
    }

    fn parse(schema: &Value) -> Result<Self, String> {
        let child = |name: &str| match schema.get(name) {
            Some(child) if child.is_object() => Self::parse(child).map(Box::new).map(Some),
            _ => Ok(None),
        };
        let mut properties = BTreeMap::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            properties.insert(name.clone(), Self::parse(property)?);
        }
        let strings = |name: &str| -> Vec<String> {
            let values = schema[name].as_array().into_iter().flatten();
            values.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let pattern = schema["pattern"].as_str().map(Regex::new).transpose();
        let list = match schema["x-kubernetes-list-type"].as_str() {
            Some("set") => List::Set,
            Some("map") => List::Map(strings("x-kubernetes-list-map-keys")),
            _ => List::Atomic,
        };
        let flag = |name: &str| schema[name] == true;
        Ok(Self {
            kind: schema["type"].as_str().map(str::to_owned),
            properties,
            additional: child("additionalProperties")?,
            items: child("items")?,
            list,
            is_atomic: schema["x-kubernetes-map-type"] == "atomic",
            preserve: flag("x-kubernetes-preserve-unknown-fields"),
            nullable: flag("nullable"),
            int_or_string: flag("x-kubernetes-int-or-string"),
            default: schema.get("default").cloned(),
            required: strings("required"),
            allowed: schema["enum"].as_array().cloned().unwrap_or_default(),
            pattern: pattern.map_err(|error| error.to_string())?,
            format: schema["format"].as_str().map(str::to_owned),
            bounds: Bounds {
                minimum: schema["minimum"].as_f64(),
                maximum: schema["maximum"].as_f64(),
                min_length: schema["minLength"].as_u64(),
                max_length: schema["maxLength"].as_u64(),
                min_items: schema["minItems"].as_u64(),
                max_items: schema["maxItems"].as_u64(),
                min_properties: schema["minProperties"].as_u64(),
                max_properties: schema["maxProperties"].as_u64(),
            },
        })
    }

    /// `object`, `array`, `string`, …; nothing where anything goes.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.kind.as_deref().filter(|_| !self.int_or_string)
    }

    /// The schema of a field of this object.
    pub(crate) fn field(&self, name: &str) -> Option<&Schema> {
        self.properties.get(name).or(self.additional.as_deref())
    }

    /// Whether its values are objects or lists without a schema of their own.
    pub(crate) fn is_opaque(&self) -> bool {
        self.properties.is_empty() && self.additional.is_none() && self.items.is_none()
    }
}

/// `ObjectMeta`, as field ownership sees it.
fn metadata() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "object", "additionalProperties": text });
    let owner = json!({
        "type": "object", "x-kubernetes-map-type": "atomic",
        "properties": {
            "apiVersion": text, "kind": text, "name": text, "uid": text,
            "controller": { "type": "boolean" }, "blockOwnerDeletion": { "type": "boolean" },
        },
    });
    json!({
        "type": "object",
        "properties": {
            "name": text, "generateName": text, "namespace": text, "uid": text,
            "resourceVersion": text, "creationTimestamp": text, "deletionTimestamp": text,
            "generation": { "type": "integer" }, "deletionGracePeriodSeconds": { "type": "integer" },
            "labels": texts, "annotations": texts,
            "finalizers": { "type": "array", "items": text, "x-kubernetes-list-type": "set" },
            "ownerReferences": {
                "type": "array", "items": owner,
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
            },
            "managedFields": { "type": "array", "items": { "x-kubernetes-preserve-unknown-fields": true } },
        },
    })
}
