//! How the simulated AWS says no: a code, a message and an HTTP status, as the real one does.

use std::borrow::Cow;
use std::fmt;

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// AWS answered with an error.
    #[error("{0}")]
    Refused(Refusal),
    /// Nothing came back: the connection broke. A write may have been applied.
    #[error("no answer")]
    NoAnswer,
}

/// An error as AWS answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code, like `InvalidVpcID.NotFound`.
    pub code: Cow<'static, str>,
    /// The message for a person.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Refusal {
    /// An error with the status that AWS sends with this code.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let code = code.into();
        Self { status: status_of(&code), message: message.into(), code }
    }
}

/// The HTTP status that goes with a code: most are plain 400.
fn status_of(code: &str) -> u16 {
    match code {
        "AuthFailure" => 401,
        "UnauthorizedOperation"
        | "AccessDenied"
        | "InvalidClientTokenId"
        | "MissingAuthenticationToken"
        | "ExpiredToken"
        | "SignatureDoesNotMatch"
        | "OptInRequired" => 403,
        "InvalidConfigurationRequest" => 409,
        "DryRunOperation" => 412,
        "InternalError" | "InternalFailure" | "ResourceContention" | "ServiceLinkedRoleFailure" => {
            500
        }
        "RequestLimitExceeded" | "ServiceUnavailable" | "Unavailable" => 503,
        _ => 400,
    }
}

impl ApiError {
    /// An error with the status that AWS sends with this code.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(code, message))
    }

    /// AWS's code, when AWS answered.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.code),
            Self::NoAnswer => None,
        }
    }

    /// AWS's message, when AWS answered.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.message,
            Self::NoAnswer => "no answer",
        }
    }

    pub(crate) fn invalid_value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", message)
    }

    pub(crate) fn invalid_combination(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterCombination", message)
    }

    /// The one code that ELB and Auto Scaling have for whatever is wrong with a request's values.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }

    /// Something hangs on what is to go.
    pub(crate) fn dependency(message: impl Into<String>) -> Self {
        Self::new("DependencyViolation", message)
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
    }

    pub(crate) fn unknown_parameter(parameter: &str) -> Self {
        Self::new("UnknownParameter", format!("The parameter {parameter} is not recognized"))
    }
}
