//! Checking values, in the API server's words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{List, Schema};
use crate::failure::Cause;

const REQUIRED: &str = "FieldValueRequired";
const INVALID: &str = "FieldValueInvalid";
const TYPE: &str = "FieldValueTypeInvalid";
const DUPLICATE: &str = "FieldValueDuplicate";
const UNSUPPORTED: &str = "FieldValueNotSupported";
const TOO_LONG: &str = "FieldValueTooLong";
const TOO_MANY: &str = "FieldValueTooMany";

impl Schema {
    /// What is wrong with a whole object.
    pub(crate) fn validate(&self, object: &Value) -> Vec<Cause> {
        let mut causes = Vec::new();
        self.check("", object, &mut causes);
        // Finalizers may be there twice.
        for (name, field) in object.as_object().into_iter().flatten() {
            if let Some(schema) = self.field(name).filter(|_| name != "metadata") {
                schema.check_lists(name, field, &mut causes);
            }
        }
        causes
    }

    fn check(&self, path: &str, value: &Value, causes: &mut Vec<Cause>) {
        if value.is_null() && self.nullable {
            return;
        }
        if let Some(wrong) = self.wrong_type(path, value) {
            causes.push(wrong);
            return;
        }
        match value {
            Value::Object(fields) => {
                self.check_counts(path, value, fields.len() as u64, causes);
                for name in &self.required {
                    if !fields.contains_key(name) {
                        causes.push(Cause::new(REQUIRED, &join(path, name), "Required value"));
                    }
                }
                for (name, field) in fields {
                    if let Some(schema) = self.field(name) {
                        schema.check(&join(path, name), field, causes);
                    }
                }
            }
            Value::Array(items) => {
                self.check_counts(path, value, items.len() as u64, causes);
                for (index, item) in items.iter().enumerate() {
                    if let Some(schema) = &self.items {
                        schema.check(&format!("{path}[{index}]"), item, causes);
                    }
                }
            }
            Value::String(text) => self.check_text(path, text, causes),
            Value::Number(number) => self.check_number(path, number, causes),
            Value::Null | Value::Bool(_) => {}
        }
        if !self.allowed.is_empty() && !self.allowed.contains(value) {
            let allowed: Vec<String> = self.allowed.iter().map(Value::to_string).collect();
            let message =
                format!("Unsupported value: {value}: supported values: {}", allowed.join(", "));
            causes.push(Cause::new(UNSUPPORTED, path, message));
        }
    }

    fn wrong_type(&self, path: &str, value: &Value) -> Option<Cause> {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if self.int_or_string {
            return (!matches!(found, "integer" | "string")).then(|| {
                let message = format!("Invalid value: {found:?}: {path} in body must be of type integer,string: {found:?}");
                Cause::new(TYPE, path, message)
            });
        }
        let wanted = self.kind.as_deref()?;
        if wanted == found || (wanted == "number" && found == "integer") {
            return None;
        }
        let message =
            format!("Invalid value: {found:?}: {path} in body must be of type {wanted}: {found:?}");
        Some(Cause::new(TYPE, path, message))
    }

    fn check_text(&self, path: &str, text: &str, causes: &mut Vec<Cause>) {
        let length = text.chars().count() as u64;
        if let Some(limit) = self.bounds.max_length.filter(|limit| length > *limit) {
            let message = format!("Too long: may not be more than {limit} bytes");
            causes.push(Cause::new(TOO_LONG, path, message));
        }
        if let Some(limit) = self.bounds.min_length.filter(|limit| length < *limit) {
            let message = format!(
                "Invalid value: {text:?}: {path} in body should be at least {limit} chars long"
            );
            causes.push(Cause::new(INVALID, path, message));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            let message =
                format!("Invalid value: {text:?}: {path} in body should match '{pattern}'");
            causes.push(Cause::new(INVALID, path, message));
        }
        if self.format.as_deref() == Some("date-time") && text.parse::<jiff::Timestamp>().is_err() {
            let name = path.rsplit('.').next().unwrap_or(path);
            let message = format!(
                "Invalid value: {text:?}: {name} in body must be of type date-time: {text:?}"
            );
            causes.push(Cause::new(TYPE, path, message));
        }
    }

    fn check_number(&self, path: &str, number: &serde_json::Number, causes: &mut Vec<Cause>) {
        let value = number.as_f64().unwrap_or_default();
        if let Some(limit) = self.bounds.minimum.filter(|limit| value < *limit) {
            let message = format!(
                "Invalid value: {number}: {path} in body should be greater than or equal to {limit}"
            );
            causes.push(Cause::new(INVALID, path, message));
        }
        if let Some(limit) = self.bounds.maximum.filter(|limit| value > *limit) {
            let message = format!(
                "Invalid value: {number}: {path} in body should be less than or equal to {limit}"
            );
            causes.push(Cause::new(INVALID, path, message));
        }
    }

    fn check_counts(&self, path: &str, value: &Value, count: u64, causes: &mut Vec<Cause>) {
        let (least, most, what) = if value.is_array() {
            (self.bounds.min_items, self.bounds.max_items, "items")
        } else {
            (self.bounds.min_properties, self.bounds.max_properties, "properties")
        };
        if let Some(limit) = most.filter(|limit| count > *limit) {
            let message = format!("Too many: {count}: must have at most {limit} items");
            causes.push(Cause::new(TOO_MANY, path, message));
        }
        if let Some(limit) = least.filter(|limit| count < *limit) {
            let message = format!(
                "Invalid value: {count}: {path} in body should have at least {limit} {what}"
            );
            causes.push(Cause::new(INVALID, path, message));
        }
    }

    /// Items of sets and keyed lists must differ; this check follows the others.
    fn check_lists(&self, path: &str, value: &Value, causes: &mut Vec<Cause>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    if let Some(schema) = self.field(name) {
                        schema.check_lists(&join(path, name), field, causes);
                    }
                }
            }
            Value::Array(items) => {
                let mut seen = BTreeSet::new();
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    if let Some(identity) = self.list.identity(item)
                        && !seen.insert(identity.to_string())
                    {
                        let message = format!("Duplicate value: {identity}");
                        causes.push(Cause::new(DUPLICATE, &path, message));
                    }
                    if let Some(schema) = &self.items {
                        schema.check_lists(&path, item, causes);
                    }
                }
            }
            _ => {}
        }
    }
}

impl List {
    /// What tells an item from the others.
    fn identity(&self, item: &Value) -> Option<Value> {
        match self {
            Self::Atomic => None,
            Self::Set => Some(item.clone()),
            Self::Map(keys) => {
                let pairs =
                    keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
                Some(Value::Object(pairs.collect()))
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
