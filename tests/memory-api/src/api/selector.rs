//! Label and field selectors, as far as clients of this project use them: equality, sets, existence.

use serde_json::Value;

use crate::failure::Failure;
use crate::kinds::Kind;

/// What objects must be like to be listed or watched.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Debug, Clone)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

impl Selector {
    pub(super) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, Failure> {
        let labels =
            split(labels).into_iter().map(|part| requirement(&part)).collect::<Option<_>>();
        let labels = labels.ok_or_else(|| Failure::bad_request("unable to parse requirement"))?;
        let mut parsed = Vec::new();
        for part in fields.split(',').filter(|part| !part.is_empty()) {
            let (name, is_equal, value) = equality(part).ok_or_else(|| {
                Failure::bad_request(format!(
                    "invalid selector: '{part}'; can't understand '{part}'"
                ))
            })?;
            let is_known = ["metadata.name", "metadata.namespace"].contains(&name.as_str())
                || kind.selectable.contains(&name);
            if !is_known {
                let message = if kind.built_in.is_some() {
                    format!(
                        "{name:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    )
                } else {
                    format!("field label not supported: {name}")
                };
                return Err(Failure::bad_request(message));
            }
            parsed.push((name, is_equal, value));
        }
        Ok(Self { labels, fields: parsed })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        let label = |name: &str| object["metadata"]["labels"].get(name).and_then(Value::as_str);
        let has = |name: &str, values: &[String]| {
            label(name).is_some_and(|found| values.iter().any(|value| value == found))
        };
        let labels_match = self.labels.iter().all(|requirement| match requirement {
            Requirement::In(name, values) => has(name, values),
            Requirement::NotIn(name, values) => !has(name, values),
            Requirement::Exists(name) => label(name).is_some(),
            Requirement::Absent(name) => label(name).is_none(),
        });
        labels_match
            && self.fields.iter().all(|(path, is_equal, value)| {
                let found = object.pointer(&format!("/{}", path.replace('.', "/")));
                (found.and_then(Value::as_str).unwrap_or_default() == value) == *is_equal
            })
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if character == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn requirement(text: &str) -> Option<Requirement> {
    let text = text.trim();
    let values = |rest: &str| -> Option<Vec<String>> {
        let list = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(list.split(',').map(|value| value.trim().to_owned()).collect())
    };
    if let Some((name, rest)) = text.split_once(" notin ") {
        return Some(Requirement::NotIn(name.trim().to_owned(), values(rest)?));
    }
    if let Some((name, rest)) = text.split_once(" in ") {
        return Some(Requirement::In(name.trim().to_owned(), values(rest)?));
    }
    if let Some((name, is_equal, value)) = equality(text) {
        let values = vec![value];
        return Some(if is_equal {
            Requirement::In(name, values)
        } else {
            Requirement::NotIn(name, values)
        });
    }
    Some(match text.strip_prefix('!') {
        Some(name) => Requirement::Absent(name.trim().to_owned()),
        None => Requirement::Exists(text.to_owned()),
    })
}

fn equality(text: &str) -> Option<(String, bool, String)> {
    let (name, is_equal, value) = if let Some((name, value)) = text.split_once("!=") {
        (name, false, value)
    } else if let Some((name, value)) = text.split_once("==") {
        (name, true, value)
    } else {
        let (name, value) = text.split_once('=')?;
        (name, true, value)
    };
    Some((name.trim().to_owned(), is_equal, value.trim().to_owned()))
}
