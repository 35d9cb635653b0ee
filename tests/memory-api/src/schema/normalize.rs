//! What decoding does to an object: fields that the schema does not know are dropped, and defaults are filled in.

use serde_json::Value;

use super::Schema;

impl Schema {
    /// Drops what the schema does not name.
    pub(crate) fn prune(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if !self.preserve && self.additional.is_none() {
                    fields.retain(|name, _| self.properties.contains_key(name));
                }
                for (name, field) in fields.iter_mut() {
                    if let Some(schema) = self.field(name) {
                        schema.prune(field);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for item in items {
                        schema.prune(item);
                    }
                }
            }
            _ => {}
        }
    }

    /// Drops nulls that may not be ones and have no default.
    pub(crate) fn drop_nulls(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, field| {
                    !field.is_null() || self.field(name).is_none_or(Schema::may_be_null)
                });
                for (name, field) in fields.iter_mut() {
                    if let Some(schema) = self.field(name) {
                        schema.drop_nulls(field);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for item in items {
                        schema.drop_nulls(item);
                    }
                }
            }
            _ => {}
        }
    }

    fn may_be_null(&self) -> bool {
        let is_anything = self.kind.is_none() && !self.int_or_string;
        self.nullable || self.default.is_some() || is_anything
    }

    /// Fills in defaults, from the outside in; a null that may not be one counts as absent where there is a default.
    pub(crate) fn fill_in(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, schema) in &self.properties {
                    let Some(default) = &schema.default else { continue };
                    let is_missing = match fields.get(name) {
                        None => true,
                        Some(Value::Null) => !schema.nullable,
                        Some(_) => false,
                    };
                    if is_missing {
                        fields.insert(name.clone(), default.clone());
                    }
                }
                for (name, field) in fields.iter_mut() {
                    if let Some(schema) = self.field(name) {
                        schema.fill_in(field);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for item in items {
                        schema.fill_in(item);
                    }
                }
            }
            _ => {}
        }
    }
}
