//! A request, read.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use serde_json::Value;

use super::store::Name;
use crate::failure::Failure;
use crate::fields::Writer;
use crate::kinds::Kind;
use crate::path::{Target, Verb};

/// How a patch says what to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatchType {
    Json,
    Merge,
    Apply,
}

/// A request for a kind that is served.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) kind: Arc<Kind>,
    pub(super) verb: Verb,
    pub(super) name: Name,
    pub(super) subresource: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Value,
    pub(super) patch: Option<PatchType>,
    /// Whether only metadata is asked for.
    pub(super) only_metadata: bool,
    user_agent: String,
}

impl Request {
    pub(super) fn read(
        parts: &Parts,
        body: &Bytes,
        kind: Arc<Kind>,
        target: Target,
    ) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        let verb = target.verb(&parts.method, query).ok_or_else(Failure::method_not_allowed)?;
        let has_subresource = match target.subresource.as_str() {
            "" => true,
            "status" => kind.has_status && matches!(verb, Verb::Get | Verb::Update | Verb::Patch),
            _ => false,
        };
        if !has_subresource {
            return Err(Failure::not_found(&kind, &target.name));
        }
        if !target.namespace.is_empty() && !kind.is_namespaced {
            return Err(Failure::no_such_path());
        }
        let header = |name| {
            let value = parts.headers.get(name);
            value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let patch = match (verb, header(CONTENT_TYPE).split(';').next().unwrap_or_default()) {
            (Verb::Patch, "application/json-patch+json") => Some(PatchType::Json),
            (Verb::Patch, "application/merge-patch+json") => Some(PatchType::Merge),
            (Verb::Patch, "application/apply-patch+yaml") => Some(PatchType::Apply),
            (Verb::Patch, _) => {
                return Err(Failure::unsupported_media_type(
                    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor",
                ));
            }
            _ => None,
        };
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(body).map_err(|error| Failure::bad_request(error.to_string()))?
        };
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Self {
            verb,
            name: Name { namespace: target.namespace, name: target.name },
            subresource: target.subresource,
            query,
            body,
            patch,
            only_metadata: header(ACCEPT).contains("as=PartialObjectMetadata"),
            user_agent: header(USER_AGENT),
            kind,
        })
    }

    /// A parameter; empty when it is absent.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.parameter(name), "true" | "1")
    }

    /// Who writes: the field manager, else the client's name.
    pub(super) fn writer(&self) -> Writer {
        let manager = match self.parameter("fieldManager") {
            "" => self.user_agent.split('/').next().unwrap_or_default(),
            manager => manager,
        };
        Writer {
            manager: if manager.is_empty() { "unknown" } else { manager }.to_owned(),
            applies: self.patch == Some(PatchType::Apply),
            api_version: self.kind.api_version(),
            subresource: self.subresource.clone(),
        }
    }
}
