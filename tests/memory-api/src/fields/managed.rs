//! `metadata.managedFields`: who owns what.

use serde_json::{Value, json};

use super::set::Set;

/// Who writes, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Writer {
    pub(crate) manager: String,
    /// Whether it says all that it wants (an apply), or only changes (everything else).
    pub(crate) applies: bool,
    pub(crate) api_version: String,
    /// `status`, or nothing.
    pub(crate) subresource: String,
}

impl Writer {
    /// As a conflict names it.
    pub(super) fn display(&self) -> String {
        let mut name = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            name = format!("{name} with subresource {:?}", self.subresource);
        }
        if !self.applies {
            name = format!("{name} using {}", self.api_version);
        }
        name
    }
}

/// What one writer owns.
#[derive(Debug, Clone)]
pub(super) struct Owned {
    pub(super) writer: Writer,
    pub(super) time: String,
    pub(super) fields: Set,
}

pub(super) fn parse(object: &Value) -> Vec<Owned> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let owned = entries.map(|entry| Owned {
        writer: Writer {
            manager: text(entry, "manager"),
            applies: entry["operation"] == "Apply",
            api_version: text(entry, "apiVersion"),
            subresource: text(entry, "subresource"),
        },
        time: text(entry, "time"),
        fields: Set::from_json(&entry["fieldsV1"]),
    });
    owned.collect()
}

/// Writes what everybody owns into the object, appliers first, then the oldest.
pub(super) fn store(object: &mut Value, mut owners: Vec<Owned>) {
    owners.retain(|owned| !owned.fields.is_empty());
    owners.sort_by(|one, other| {
        let key = |owned: &Owned| {
            (
                !owned.writer.applies,
                owned.time.clone(),
                owned.writer.manager.clone(),
                owned.writer.subresource.clone(),
            )
        };
        key(one).cmp(&key(other))
    });
    let entries = owners.into_iter().map(|owned| {
        let mut entry = json!({
            "manager": owned.writer.manager,
            "operation": if owned.writer.applies { "Apply" } else { "Update" },
            "apiVersion": owned.writer.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": owned.fields.to_json(),
        });
        // Who took fields without changing any has no time.
        if !owned.time.is_empty() {
            entry["time"] = owned.time.into();
        }
        if !owned.writer.subresource.is_empty() {
            entry["subresource"] = owned.writer.subresource.into();
        }
        entry
    });
    let entries: Vec<Value> = entries.collect();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        if entries.is_empty() {
            metadata.remove("managedFields");
        } else {
            metadata.insert("managedFields".to_owned(), entries.into());
        }
    }
}
