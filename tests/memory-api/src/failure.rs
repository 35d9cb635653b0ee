//! Refusals as the API server words them: a `Status` body.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::kinds::Kind;

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) code: StatusCode,
    reason: &'static str,
    message: String,
    details: Option<Value>,
}

/// One thing that is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Cause {
    pub(crate) fn new(reason: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self { reason, field: field.to_owned(), message: message.into() }
    }

    fn to_json(&self) -> Value {
        let mut cause = Map::new();
        for (name, text) in
            [("reason", self.reason), ("message", &self.message), ("field", &self.field)]
        {
            if !text.is_empty() {
                cause.insert(name.to_owned(), text.into());
            }
        }
        Value::Object(cause)
    }
}

impl Failure {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None }
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} not found", kind.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(kind, name)
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str, is_going: bool) -> Self {
        let head = if is_going { "object is being deleted: " } else { "" };
        let message = format!("{head}{} {name:?} already exists", kind.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(kind, name)
    }

    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} {name:?}: {why}", kind.qualified());
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(kind, name)
    }

    pub(crate) fn modified(kind: &Kind, name: &str) -> Self {
        Self::conflict(
            kind,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// Fields of other managers that an apply without force would take.
    pub(crate) fn apply_conflict(message: String, causes: &[Cause]) -> Self {
        let causes: Vec<Value> = causes.iter().map(Cause::to_json).collect();
        let details = Some(json!({ "causes": causes }));
        Self { details, ..Self::new(StatusCode::CONFLICT, "Conflict", message) }
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        let mut parts = Vec::new();
        for cause in causes {
            let part = format!("{}: {}", cause.field, cause.message);
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let list =
            if parts.len() == 1 { parts.remove(0) } else { format!("[{}]", parts.join(", ")) };
        let qualified = kind.qualified_kind();
        let message = format!("{qualified} {name:?} is invalid: {list}");
        let mut failure =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about_kind(kind, name);
        if let Some(details) = &mut failure.details {
            details["causes"] = causes.iter().map(Cause::to_json).collect();
        }
        failure
    }

    /// The same of a write whose kind the server does not look at.
    pub(crate) fn invalid_resource(kind: &Kind, name: &str, cause: &Cause) -> Self {
        let kind = Kind { kind: kind.plural.clone(), ..kind.clone() };
        Self::invalid(&kind, name, std::slice::from_ref(cause))
    }

    /// The object is not the one that is to be deleted.
    pub(crate) fn other_object(
        kind: &Kind,
        name: &str,
        what: &str,
        wanted: &str,
        found: &str,
        might: &str,
    ) -> Self {
        let qualified = kind.qualified_kind();
        let message = format!(
            "Operation cannot be fulfilled on {qualified} {name:?}: the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). The object might have been {might}"
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).about_kind(kind, name)
    }

    /// An apply that does not fit the schema: the server has no reason for it.
    pub(crate) fn unfitting(kind: &Kind, object: &Value, complaints: &str) -> Self {
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
        let message = format!(
            "failed to create typed patch object ({}/{}; {}, Kind={}): {complaints}",
            text("namespace"),
            text("name"),
            kind.api_version(),
            kind.kind
        );
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "", message)
    }

    /// What only the storage notices: an error without a reason.
    pub(crate) fn unexpected(message: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "", message)
    }

    /// A JSON patch that cannot be applied.
    pub(crate) fn unprocessable() -> Self {
        let message = "the server rejected our request due to an error in our request";
        let details = Some(json!({}));
        Self { details, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message) }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Nothing may be created in a namespace that is going.
    pub(crate) fn namespace_terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let message = format!("{} {name:?} is forbidden: {why}", kind.qualified());
        let mut failure = Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(kind, name);
        if let Some(details) = &mut failure.details {
            let cause = Cause::new(
                "NamespaceTerminating",
                "metadata.namespace",
                format!("namespace {namespace} is being terminated"),
            );
            details["causes"] = json!([cause.to_json()]);
        }
        failure
    }

    /// What a client asks to read from is not kept any more.
    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Expired", message)
    }

    pub(crate) fn unsupported_media_type(accepted: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        let details = Some(json!({}));
        Self { details, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message) }
    }

    /// A resource version that has not been reached yet.
    pub(crate) fn too_large(asked: u64, current: u64) -> Self {
        let message = format!("Too large resource version: {asked}, current: {current}");
        let cause =
            json!({ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" });
        let details = Some(json!({ "causes": [cause], "retryAfterSeconds": 1 }));
        let message = format!("Timeout: {message}");
        Self { details, ..Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message) }
    }

    /// Nothing is served there.
    pub(crate) fn no_such_path() -> Self {
        let message = "the server could not find the requested resource";
        let details = Some(json!({}));
        Self { details, ..Self::new(StatusCode::NOT_FOUND, "NotFound", message) }
    }

    fn about(self, kind: &Kind, name: &str) -> Self {
        self.with_details(&kind.group, &kind.plural, name)
    }

    fn about_kind(self, kind: &Kind, name: &str) -> Self {
        self.with_details(kind.group_of_kind(), &kind.kind, name)
    }

    fn with_details(mut self, group: &str, kind: &str, name: &str) -> Self {
        let mut details = Map::new();
        for (field, text) in [("name", name), ("group", group), ("kind", kind)] {
            if !text.is_empty() {
                details.insert(field.to_owned(), text.into());
            }
        }
        self.details = Some(Value::Object(details));
        self
    }

    /// The body.
    pub(crate) fn to_json(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code.as_u16(),
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status
    }
}
