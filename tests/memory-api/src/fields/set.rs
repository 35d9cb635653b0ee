//! A set of fields: a tree whose nodes may be members.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::Schema;

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    /// A field of an object, or a key of a map.
    Field(String),
    /// The item of a list with these keys, as JSON.
    Key(String),
    /// The item of a set with this value, as JSON.
    Value(String),
}

impl Element {
    fn to_name(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => format!("k:{keys}"),
            Self::Value(value) => format!("v:{value}"),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let (kind, rest) = name.split_once(':')?;
        match kind {
            "f" => Some(Self::Field(rest.to_owned())),
            "k" => Some(Self::Key(rest.to_owned())),
            "v" => Some(Self::Value(rest.to_owned())),
            _ => None,
        }
    }

    /// As conflicts name it.
    fn display(&self) -> String {
        match self {
            Self::Field(name) => format!(".{name}"),
            Self::Value(value) => format!("[={value}]"),
            Self::Key(keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let pairs: Vec<String> =
                    keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("[{}]", pairs.join(","))
            }
        }
    }
}

/// A set of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Set(BTreeMap<Element, Node>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    is_member: bool,
    below: Set,
}

impl Set {
    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(|node| !node.is_member && node.below.is_empty())
    }

    pub(super) fn insert(&mut self, path: &[Element]) {
        let Some((first, rest)) = path.split_first() else { return };
        let node = self.0.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.is_member = true;
        } else {
            node.below.insert(rest);
        }
    }

    /// Takes out one field, and not what is below it.
    pub(super) fn remove(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else { return };
        let Some(node) = self.0.get_mut(&Element::Field((*first).to_owned())) else { return };
        if rest.is_empty() {
            node.is_member = false;
        } else {
            node.below.remove(rest);
        }
    }

    pub(super) fn has(&self, element: &Element) -> bool {
        self.0.get(element).is_some_and(|node| node.is_member)
    }

    /// What is in it below `element`.
    pub(super) fn below(&self, element: &Element) -> Option<&Self> {
        self.0.get(element).map(|node| &node.below).filter(|below| !below.is_empty())
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for (element, theirs) in &other.0 {
            let node = union.0.entry(element.clone()).or_default();
            node.is_member |= theirs.is_member;
            node.below = node.below.union(&theirs.below);
        }
        union
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        self.filtered(other, |ours, theirs| ours && !theirs)
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        self.filtered(other, |ours, theirs| ours && theirs)
    }

    fn filtered(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let nothing = Node::default();
        let nodes = self.0.iter().filter_map(|(element, node)| {
            let theirs = other.0.get(element).unwrap_or(&nothing);
            let is_member = keep(node.is_member, theirs.is_member);
            let below = node.below.filtered(&theirs.below, keep);
            (is_member || !below.is_empty()).then(|| (element.clone(), Node { is_member, below }))
        });
        Self(nodes.collect())
    }

    /// What of it lies at or below one of these top-level fields, or none of them.
    pub(super) fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let nodes = self.0.iter().filter(|(element, _)| match element {
            Element::Field(name) => keep(name),
            Element::Key(_) | Element::Value(_) => false,
        });
        Self(nodes.map(|(element, node)| (element.clone(), node.clone())).collect())
    }

    /// With the fields of objects that only occur on the way to a member, too.
    pub(super) fn with_named_fields(&self, schema: Option<&Schema>) -> Self {
        let nodes = self.0.iter().map(|(element, node)| {
            let (is_named, below) = match (element, schema) {
                (Element::Field(name), Some(schema)) => {
                    let is_named = schema.properties.contains_key(name);
                    (is_named && !node.below.is_empty(), schema.field(name))
                }
                (_, schema) => (false, schema.and_then(|schema| schema.items.as_deref())),
            };
            let below = node.below.with_named_fields(below);
            (element.clone(), Node { is_member: node.is_member || is_named, below })
        });
        Self(nodes.collect())
    }

    /// Every member, as conflicts name it and in their order: what is below comes after all that is not.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect_paths("", &mut paths);
        paths
    }

    fn collect_paths(&self, prefix: &str, paths: &mut Vec<String>) {
        let path = |element: &Element| format!("{prefix}{}", element.display());
        let members = self.0.iter().filter(|(_, node)| node.is_member);
        paths.extend(members.map(|(element, _)| path(element)));
        for (element, node) in &self.0 {
            node.below.collect_paths(&path(element), paths);
        }
    }

    /// As `fieldsV1`.
    pub(super) fn to_json(&self) -> Value {
        let fields = self.0.iter().filter(|(_, node)| node.is_member || !node.below.is_empty());
        let fields = fields.map(|(element, node)| {
            let mut below = node.below.to_json();
            if node.is_member && !node.below.is_empty() {
                below["."] = json!({});
            }
            (element.to_name(), below)
        });
        Value::Object(fields.collect())
    }

    /// From `fieldsV1`.
    pub(super) fn from_json(fields: &Value) -> Self {
        let fields = fields.as_object().into_iter().flatten();
        let nodes = fields.filter_map(|(name, below)| {
            let is_leaf = below.as_object().is_none_or(Map::is_empty);
            let node = Node {
                is_member: is_leaf || below.get(".").is_some(),
                below: Self::from_json(below),
            };
            Some((Element::from_name(name)?, node))
        });
        Self(nodes.collect())
    }
}
