//! Shapes that many actions share.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use peerway_model::Tags;
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::state::SharedTags;

/// One filter of a describe call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Filter {
    pub name: String,
    #[serde(default, rename = "Value")]
    pub values: Vec<String>,
}

/// One tag of a request. A value left out is empty when tagging, and any value when untagging.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    pub value: Option<String>,
}

/// Tags for what a call creates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagSpecification {
    pub resource_type: String,
    #[serde(default, rename = "Tag")]
    pub tags: Vec<Tag>,
}

impl TagSpecification {
    /// One specification with these tags; none for no tags.
    #[must_use]
    pub fn of(resource_type: &str, tags: &Tags) -> Vec<Self> {
        if tags.is_empty() {
            return Vec::new();
        }
        vec![Self { resource_type: resource_type.to_owned(), tags: Tag::list(tags) }]
    }
}

impl Tag {
    /// These tags, as a request lists them.
    #[must_use]
    pub fn list(tags: &Tags) -> Vec<Self> {
        tags.iter()
            .map(|(key, value)| Self { key: key.clone(), value: Some(value.clone()) })
            .collect()
    }
}

/// The answer of an action that has nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    #[serde(rename = "return")]
    pub done: bool,
}

impl Done {
    pub(crate) const YES: Self = Self { done: true };
}

/// A flag wrapped into a structure, as requests have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Flag {
    pub value: bool,
}

/// A flag wrapped into a structure, as replies have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FlagValue {
    pub value: bool,
}

/// A text wrapped into a structure, as requests have it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TextValue {
    pub value: String,
}

/// A text wrapped into a structure, as replies have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    pub value: String,
}

/// The tags of an item in a reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagSet(pub SharedTags);

impl Serialize for TagSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Item<'a> {
            key: &'a str,
            value: &'a str,
        }
        let mut items = serializer.serialize_seq(Some(self.0.len()))?;
        for (key, value) in self.0.iter() {
            items.serialize_element(&Item { key, value })?;
        }
        items.end()
    }
}
