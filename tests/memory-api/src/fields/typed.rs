//! Values seen through their schema: which fields they have, how two differ, merging one into another, taking fields out.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::set::{Element, Set};
use crate::schema::{List, Schema};

/// What two values differ in.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) added: Set,
    pub(super) modified: Set,
    pub(super) removed: Set,
}

/// How a value is looked at.
enum Shape<'a> {
    /// As a whole.
    Leaf,
    /// Field by field.
    Fields(&'a Map<String, Value>),
    /// Item by item.
    Items(&'a [Value]),
}

fn shape<'a>(value: &'a Value, schema: Option<&Schema>) -> Shape<'a> {
    match value {
        Value::Object(fields) if !schema.is_some_and(|schema| schema.is_atomic) => {
            Shape::Fields(fields)
        }
        Value::Array(items)
            if schema.is_some_and(|schema| !matches!(schema.list, List::Atomic)) =>
        {
            Shape::Items(items)
        }
        _ => Shape::Leaf,
    }
}

fn of_field<'a>(schema: Option<&'a Schema>, name: &str) -> Option<&'a Schema> {
    schema.filter(|schema| !schema.is_opaque()).and_then(|schema| schema.field(name))
}

fn of_items(schema: Option<&Schema>) -> Option<&Schema> {
    schema.and_then(|schema| schema.items.as_deref())
}

/// How the item of a list is named.
fn element(item: &Value, schema: Option<&Schema>) -> Element {
    match schema.map(|schema| &schema.list) {
        Some(List::Map(keys)) => {
            let of_item = of_items(schema);
            let pairs = keys.iter().filter_map(|key| {
                let default = || of_item?.properties.get(key)?.default.clone();
                Some((key.clone(), item.get(key).cloned().or_else(default)?))
            });
            Element::Key(Value::Object(pairs.collect()).to_string())
        }
        _ => Element::Value(item.to_string()),
    }
}

/// The fields of a value that somebody says: leaves, items of lists, keys of maps, empty maps; not objects by themselves.
pub(super) fn fields(value: &Value, schema: Option<&Schema>) -> Set {
    let mut set = Set::default();
    collect(value, schema, &mut Vec::new(), &mut set);
    set
}

fn collect(value: &Value, schema: Option<&Schema>, path: &mut Vec<Element>, set: &mut Set) {
    match shape(value, schema) {
        Shape::Leaf => set.insert(path),
        Shape::Fields(fields) => {
            for (name, field) in fields {
                path.push(Element::Field(name.clone()));
                collect(field, of_field(schema, name), path, set);
                let is_key = !schema.is_some_and(|schema| schema.properties.contains_key(name));
                let is_empty = field.as_object().is_some_and(Map::is_empty);
                if is_key || is_empty {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Shape::Items(items) => {
            for item in items {
                path.push(element(item, schema));
                collect(item, of_items(schema), path, set);
                set.insert(path);
                path.pop();
            }
        }
    }
}

/// What leads from `old` to `new`.
pub(super) fn compare(old: &Value, new: &Value, schema: &Schema) -> Difference {
    let mut difference = Difference::default();
    let root = Some(schema);
    compare_at(Some(old), Some(new), root, &mut Vec::new(), &mut difference);
    difference
}

fn compare_at(
    old: Option<&Value>,
    new: Option<&Value>,
    schema: Option<&Schema>,
    path: &mut Vec<Element>,
    out: &mut Difference,
) {
    let old_shape = old.map(|old| shape(old, schema));
    let new_shape = new.map(|new| shape(new, schema));
    match (old_shape, new_shape) {
        (None, None) => return,
        (Some(Shape::Fields(old)), Some(Shape::Fields(new)))
            if !(old.is_empty() && new.is_empty()) =>
        {
            compare_fields(Some(old), Some(new), schema, path, out);
        }
        (Some(Shape::Fields(old)), None) if !old.is_empty() => {
            compare_fields(Some(old), None, schema, path, out);
        }
        (None, Some(Shape::Fields(new))) if !new.is_empty() => {
            compare_fields(None, Some(new), schema, path, out);
        }
        (Some(Shape::Items(old)), Some(Shape::Items(new)))
            if !(old.is_empty() && new.is_empty()) =>
        {
            compare_items(old, new, schema, path, out);
        }
        (Some(Shape::Items(old)), None) if !old.is_empty() => {
            compare_items(old, &[], schema, path, out);
        }
        (None, Some(Shape::Items(new))) if !new.is_empty() => {
            compare_items(&[], new, schema, path, out);
        }
        // A null is an empty object or list that is there.
        (Some(Shape::Fields(old)), Some(Shape::Leaf)) if is_null(new) && !old.is_empty() => {
            compare_fields(Some(old), None, schema, path, out);
        }
        (Some(Shape::Leaf), Some(Shape::Fields(new))) if is_null(old) && !new.is_empty() => {
            compare_fields(None, Some(new), schema, path, out);
        }
        (Some(Shape::Items(old)), Some(Shape::Leaf)) if is_null(new) && !old.is_empty() => {
            compare_items(old, &[], schema, path, out);
        }
        (Some(Shape::Leaf), Some(Shape::Items(new))) if is_null(old) && !new.is_empty() => {
            compare_items(&[], new, schema, path, out);
        }
        (Some(_), Some(_)) if old != new => out.modified.insert(path),
        _ => {}
    }
    if old.is_none() {
        out.added.insert(path);
    } else if new.is_none() {
        out.removed.insert(path);
    }
}

fn is_null(value: Option<&Value>) -> bool {
    value.is_some_and(Value::is_null)
}

fn compare_fields(
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
    schema: Option<&Schema>,
    path: &mut Vec<Element>,
    out: &mut Difference,
) {
    let names: BTreeSet<&String> =
        old.into_iter().chain(new).flat_map(|fields| fields.keys()).collect();
    for name in names {
        path.push(Element::Field(name.clone()));
        let (old, new) = (old.and_then(|old| old.get(name)), new.and_then(|new| new.get(name)));
        compare_at(old, new, of_field(schema, name), path, out);
        path.pop();
    }
}

fn compare_items(
    old: &[Value],
    new: &[Value],
    schema: Option<&Schema>,
    path: &mut Vec<Element>,
    out: &mut Difference,
) {
    let all = |items: &[Value], wanted: &Element| -> Vec<Value> {
        items.iter().filter(|item| element(item, schema) == *wanted).cloned().collect()
    };
    let elements: BTreeSet<Element> =
        old.iter().chain(new).map(|item| element(item, schema)).collect();
    for element in elements {
        let (old, new) = (all(old, &element), all(new, &element));
        path.push(element);
        match (&old[..], &new[..]) {
            ([] | [_], [] | [_]) => {
                compare_at(old.first(), new.first(), of_items(schema), path, out);
            }
            // Items that are there twice are compared together.
            ([], _) => out.added.insert(path),
            (_, []) => out.removed.insert(path),
            (old, new) if old != new => out.modified.insert(path),
            _ => {}
        }
        path.pop();
    }
}

/// `said` laid over `live`.
pub(super) fn merge(live: &Value, said: &Value, schema: Option<&Schema>) -> Value {
    match (shape(live, schema), shape(said, schema)) {
        (Shape::Fields(live), Shape::Fields(said)) => {
            let mut merged = live.clone();
            for (name, field) in said {
                let field = match live.get(name) {
                    Some(live) => merge(live, field, of_field(schema, name)),
                    None => field.clone(),
                };
                merged.insert(name.clone(), field);
            }
            Value::Object(merged)
        }
        (Shape::Items(live), Shape::Items(said)) => merge_items(live, said, schema),
        _ => said.clone(),
    }
}

/// What is said comes in the order in which it is said; what is only live stays behind what it stood behind.
fn merge_items(live: &[Value], said: &[Value], schema: Option<&Schema>) -> Value {
    let live: Vec<_> = live.iter().map(|item| (element(item, schema), item)).collect();
    let said: Vec<_> = said.iter().map(|item| (element(item, schema), item)).collect();
    let is_in = |items: &[(Element, &Value)], wanted: &Element| {
        items.iter().any(|(element, _)| element == wanted)
    };
    let mut shared =
        said.iter().map(|(element, _)| element).filter(|said| is_in(&live, said)).peekable();
    let mut merged = Vec::new();
    let mut next = 0;
    for (name, item) in &said {
        while let Some((element, only_live)) = live.get(next) {
            if !is_in(&said, element) {
                merged.push((*only_live).clone());
            } else if shared.peek() == Some(&element) {
                break;
            }
            next += 1;
        }
        if live.get(next).is_some_and(|(element, _)| element == name) {
            next += 1;
        }
        if shared.peek() == Some(&name) {
            shared.next();
        }
        let old = live.iter().find(|(element, _)| element == name);
        merged.push(match old {
            Some((_, old)) => merge(old, item, of_items(schema)),
            None => (*item).clone(),
        });
    }
    let rest = live.iter().skip(next).filter(|(element, _)| !is_in(&said, element));
    merged.extend(rest.map(|(_, item)| (*item).clone()));
    Value::Array(merged)
}

/// `value` without these fields; nothing where nothing is left of it.
pub(super) fn without(value: &Value, fields: &Set, schema: Option<&Schema>) -> Option<Value> {
    match shape(value, schema) {
        Shape::Leaf => Some(value.clone()),
        Shape::Fields(all) => {
            let mut left = Map::new();
            for (name, field) in all {
                let element = Element::Field(name.clone());
                if fields.has(&element) {
                    continue;
                }
                let field = match fields.below(&element) {
                    Some(below) => without(field, below, of_field(schema, name)),
                    None => Some(field.clone()),
                };
                left.insert(name.clone(), field.unwrap_or(Value::Null));
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        Shape::Items(all) => {
            let mut left = Vec::new();
            for item in all {
                let element = element(item, schema);
                if fields.has(&element) {
                    continue;
                }
                let item = match fields.below(&element) {
                    Some(below) => without(item, below, of_items(schema)),
                    None => Some(item.clone()),
                };
                left.push(item.unwrap_or(Value::Null));
            }
            (!left.is_empty()).then_some(Value::Array(left))
        }
    }
}
