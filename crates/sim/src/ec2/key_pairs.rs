//! Key pairs: nobody can log in to a simulated instance, but a launch must name a key that is there.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::listing::{Question, describe as describe_all};
use super::{Filter, TagSet, TagSpecification, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, KeyPairId, digest};
use crate::paging::Limits;
use crate::scope::Scope;
use crate::state::{Maker, RegionState, SharedTags};
use crate::{Action, ApiError};

/// A key pair, or rather the public half of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyPair {
    pub(crate) name: Arc<str>,
    pub(crate) kind: &'static str,
    pub(crate) fingerprint: String,
    /// As OpenSSH writes it, where somebody has said or made it.
    pub(crate) public: Option<String>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeKeyPairs {
    #[serde(default, rename = "KeyName")]
    pub key_names: Vec<String>,
    #[serde(default, rename = "KeyPairId")]
    pub key_pair_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub include_public_key: Option<bool>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeKeyPairsReply {
    pub key_set: Vec<KeyPairItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyPairItem {
    pub key_pair_id: KeyPairId,
    pub key_name: Arc<str>,
    pub key_fingerprint: String,
    /// Not told of one that was just imported.
    pub key_type: Option<&'static str>,
    /// Only told to who asks for it.
    pub public_key: Option<String>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateKeyPair {
    pub key_name: String,
    /// `rsa`, or `ed25519`.
    pub key_type: Option<String>,
    /// `pem`, or `ppk`.
    pub key_format: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateKeyPairReply {
    pub key_pair_id: KeyPairId,
    pub key_name: Arc<str>,
    pub key_fingerprint: String,
    /// In the form of a private key, but it opens nothing: there is nothing to log in to.
    pub key_material: String,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportKeyPair {
    pub key_name: String,
    /// In base 64, as the protocol has it.
    pub public_key_material: String,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

/// By name or id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteKeyPair {
    pub key_name: Option<String>,
    pub key_pair_id: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteKeyPairReply {
    #[serde(rename = "return")]
    pub done: bool,
    pub key_pair_id: Option<KeyPairId>,
}

impl Filterable for KeyPairItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("fingerprint", |key, probe| probe.text(&key.key_fingerprint)),
        ("key-name", |key, probe| probe.text(&key.key_name)),
        ("key-pair-id", |key, probe| probe.text(key.key_pair_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn show(id: &KeyPairId, key: &KeyPair) -> KeyPairItem {
    KeyPairItem {
        key_pair_id: id.clone(),
        key_name: Arc::clone(&key.name),
        key_fingerprint: key.fingerprint.clone(),
        key_type: Some(key.kind),
        public_key: None,
        tag_set: TagSet(Arc::clone(&key.tags)),
    }
}

fn by_name<'a>(keys: &'a BTreeMap<KeyPairId, KeyPair>, name: &str) -> Option<&'a KeyPairId> {
    keys.iter().find(|(_, key)| *key.name == *name).map(|(id, _)| id)
}

/// A launch names a key pair by its name.
pub(crate) fn check_name(region: &RegionState, name: &str) -> Result<(), ApiError> {
    match by_name(&region.key_pairs, name) {
        Some(_) => Ok(()),
        None => Err(not_found(name)),
    }
}

fn not_found(name: &str) -> ApiError {
    ApiError::new(KeyPairId::NOT_FOUND, format!("The key pair '{name}' does not exist"))
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeKeyPairs,
) -> Result<DescribeKeyPairsReply, ApiError> {
    let keys = &scope.here().key_pairs;
    let mut ids = request.key_pair_ids.clone();
    for name in &request.key_names {
        ids.push(by_name(keys, name).ok_or_else(|| not_found(name))?.to_string());
    }
    let question = Question {
        action: Action::DescribeKeyPairs,
        ids: ("KeyPairIds", &ids),
        filters: &request.filters,
        max_results: None,
        next_token: None,
        // This call has no pages.
        limits: Limits { min: 1, max: i32::MAX },
    };
    let told =
        |key: &KeyPair| key.public.clone().filter(|_| request.include_public_key == Some(true));
    let (key_set, _) = describe_all(scope, &question, keys, |id, key| KeyPairItem {
        public_key: told(key),
        ..show(id, key)
    })?;
    Ok(DescribeKeyPairsReply { key_set })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateKeyPair,
) -> Result<CreateKeyPairReply, ApiError> {
    let kind = one_of("keyType", request.key_type.as_deref(), ["rsa", "ed25519"])?;
    let format = one_of("keyFormat", request.key_format.as_deref(), ["pem", "ppk"])?;
    check_new_name(scope, &request.key_name)?;
    let tags = tags::specified(scope, &request.tag_specifications, "key-pair")?;
    let id: KeyPairId = scope.ids.fresh();
    let fingerprint = fingerprint(id.as_str());
    let label = match (format, kind) {
        ("ppk", _) => "PuTTY-User-Key-File-3",
        (_, "rsa") => "RSA PRIVATE KEY",
        _ => "OPENSSH PRIVATE KEY",
    };
    let key_material =
        format!("-----BEGIN {label}-----\nsimulated {fingerprint}\n-----END {label}-----");
    let key_name = Arc::from(request.key_name.as_str());
    let reply = CreateKeyPairReply {
        key_pair_id: id.clone(),
        key_name: Arc::clone(&key_name),
        key_fingerprint: fingerprint.clone(),
        key_material,
        tag_set: TagSet(Arc::clone(&tags)),
    };
    // It fits no private key, as that one opens nothing.
    let material = fingerprint.replace(':', "");
    let public = Some(format!("ssh-{kind} AAAA{material} {key_name}"));
    let key = KeyPair { name: key_name, kind, fingerprint, public, tags, maker: scope.maker() };
    scope.here_mut().key_pairs.insert(id, key);
    Ok(reply)
}

/// One of the values that a parameter may have; the first one where none is asked for.
fn one_of(
    parameter: &str,
    asked: Option<&str>,
    known: [&'static str; 2],
) -> Result<&'static str, ApiError> {
    let asked = asked.unwrap_or(known[0]);
    known.into_iter().find(|known| *known == asked).ok_or_else(|| {
        ApiError::invalid_value(format!("Value ({asked}) for parameter {parameter} is invalid."))
    })
}

/// A new key pair needs a name that no other has.
fn check_new_name(scope: &Scope<'_>, name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.len() > 255 || !name.is_ascii() {
        return Err(ApiError::invalid_value(format!(
            "Value ({name}) for parameter keyName is invalid. Up to 255 ASCII characters are allowed."
        )));
    }
    if by_name(&scope.here().key_pairs, name).is_some() {
        return Err(ApiError::new(
            "InvalidKeyPair.Duplicate",
            format!("The keypair '{name}' already exists."),
        ));
    }
    Ok(())
}

pub(crate) fn import(
    scope: &mut Scope<'_>,
    request: &ImportKeyPair,
) -> Result<KeyPairItem, ApiError> {
    let name = request.key_name.as_str();
    check_new_name(scope, name)?;
    let kind = kind_of(&request.public_key_material).ok_or_else(|| {
        ApiError::new("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
    })?;
    let tags = tags::specified(scope, &request.tag_specifications, "key-pair")?;
    let fingerprint = fingerprint(&request.public_key_material);
    let public = decode(&request.public_key_material);
    let key = KeyPair { name: name.into(), kind, fingerprint, public, tags, maker: scope.maker() };
    let id: KeyPairId = scope.ids.fresh();
    let item = KeyPairItem { key_type: None, ..show(&id, &key) };
    scope.here_mut().key_pairs.insert(id, key);
    Ok(item)
}

/// The kind of an OpenSSH public key in base 64, by the word that it begins with.
fn kind_of(material: &str) -> Option<&'static str> {
    let begins = [("c3NoLXJzYS", "rsa"), ("c3NoLWVkMjU1MTkg", "ed25519")];
    begins.into_iter().find(|(start, _)| material.starts_with(start)).map(|(_, kind)| kind)
}

/// A text out of base 64; none for what is no text.
fn decode(material: &str) -> Option<String> {
    let (mut bits, mut count) = (0_u32, 0);
    let mut bytes = Vec::new();
    for letter in material.bytes().filter(|letter| !b"=\r\n ".contains(letter)) {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_le_bytes()[0]);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Sixteen bytes that follow from a text, as fingerprints are written.
pub(crate) fn fingerprint(text: &str) -> String {
    let halves = [digest(0, &[text]), digest(1, &[text])];
    let bytes = halves.iter().flat_map(|half| half.to_be_bytes());
    let hex: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    hex.join(":")
}

/// Deletes a key pair; one that is not there is as good as deleted.
pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteKeyPair,
) -> Result<DeleteKeyPairReply, ApiError> {
    let keys = &mut scope.here_mut().key_pairs;
    let id = match (&request.key_name, &request.key_pair_id) {
        (Some(name), None) => by_name(keys, name).cloned(),
        (None, Some(id)) => Some(KeyPairId::read(id)?),
        (None, None) => return Err(ApiError::missing("KeyName or KeyPairId")),
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid_combination(
                "Either the key name or the key pair ID may be specified, but not both",
            ));
        }
    };
    let key_pair_id = id.filter(|id| keys.remove(id).is_some());
    Ok(DeleteKeyPairReply { done: true, key_pair_id })
}
