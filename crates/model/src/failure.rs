//! A failed AWS call, as data: what was tried, what kind of failure it is, and AWS's own words.

use std::fmt;

use crate::Timestamp;

/// A failed AWS call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFailure {
    /// The action, as AWS names it, like `CreateRoute`.
    pub operation: &'static str,
    /// What kind of failure it is; decides what happens next.
    pub kind: FailureKind,
    /// AWS's code, when AWS answered.
    pub code: Option<String>,
    /// AWS's message, or ours when AWS did not answer. Bounded, so that it fits into a condition.
    pub message: String,
    /// AWS's id of the request, to quote to its support.
    pub request_id: Option<String>,
}

/// What AWS did not tell of one thing: why, and when it last did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct Untold {
    /// Why.
    pub failure: AwsFailure,
    /// When it was last told, if ever.
    pub last_good: Option<Timestamp>,
}

/// What a failure means. Each kind has one answer everywhere: retry, wait, ask a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Too many calls: try again, more slowly.
    Throttled,
    /// AWS's own trouble, or a fresh id it does not know yet: try again.
    Transient,
    /// No answer: the endpoint, the network or a time limit. A write may have been applied.
    Unreachable,
    /// Something else must finish first (`DependencyViolation`, `IncorrectState`): wait.
    NotYet,
    /// What we wanted to make is there already; whose it is, the next read tells.
    AlreadyExists,
    /// What we wanted to change or delete does not exist.
    NotFound,
    /// We may not.
    Denied,
    /// No credentials: the role cannot be assumed, the token has expired, there is no identity.
    Credentials,
    /// The credentials that a role gave are of another account. Nothing is done by them.
    WrongAccount,
    /// A quota is used up.
    Quota,
    /// AWS will never accept this input as it is.
    Invalid,
    /// A code that the table does not know.
    Other,
}

impl FailureKind {
    /// Whether trying again, without anybody's help, can succeed.
    #[must_use]
    pub fn is_passing(self) -> bool {
        match self {
            Self::Throttled
            | Self::Transient
            | Self::Unreachable
            | Self::NotYet
            | Self::AlreadyExists
            | Self::NotFound
            | Self::WrongAccount
            | Self::Other => true,
            Self::Denied | Self::Credentials | Self::Quota | Self::Invalid => false,
        }
    }
}

/// The longest message that is kept.
const MESSAGE_LIMIT: usize = 400;
/// What begins the blob of `UnauthorizedOperation`: kilobytes that differ with every call and only AWS can read
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>).
const BLOB: &str = "Encoded authorization failure message:";

impl AwsFailure {
    /// A failure; a long `message` is cut.
    #[must_use]
    pub fn new(
        operation: &'static str,
        kind: FailureKind,
        code: Option<String>,
        message: &str,
        request_id: Option<String>,
    ) -> Self {
        let message = message.split(BLOB).next().unwrap_or_default().trim_end();
        let mut kept: String = message.chars().take(MESSAGE_LIMIT).collect();
        if kept.len() < message.len() {
            kept.push('…');
        }
        Self { operation, kind, code, message: kept, request_id }
    }

    /// Whether a write that ended so may nevertheless have been applied, now or a little later: AWS did not answer, or
    /// answered with trouble of its own. A definite refusal, also by a code we do not know, is none.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        match self.kind {
            FailureKind::Unreachable => true,
            FailureKind::Transient => {
                // A fresh id that AWS does not know yet is trouble that passes, and yet a refusal.
                !self.code.as_deref().is_some_and(|code| code.ends_with("NotFound"))
            }
            FailureKind::Other => self.code.is_none(),
            FailureKind::Throttled
            | FailureKind::NotYet
            | FailureKind::AlreadyExists
            | FailureKind::NotFound
            | FailureKind::Denied
            | FailureKind::Credentials
            | FailureKind::WrongAccount
            | FailureKind::Quota
            | FailureKind::Invalid => false,
        }
    }

    /// Whether `other` says the same: request ids differ with every call.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let what = |failure: &Self| (failure.operation, failure.kind, failure.code.clone());
        what(self) == what(other)
    }
}

impl fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed", self.operation)?;
        if let Some(code) = &self.code {
            write!(f, ": {code}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for AwsFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_and_says_so() {
        let failure =
            AwsFailure::new("CreateRoute", FailureKind::Denied, None, &"é".repeat(1000), None);
        assert_eq!(failure.message.chars().count(), MESSAGE_LIMIT + 1);
        assert!(failure.message.ends_with('…'));
    }

    #[test]
    fn the_blob_of_a_denial_is_left_out() {
        let message = "You are not authorized to perform this operation. Encoded authorization failure message: 4h2Kx";
        let failure = AwsFailure::new("CreateRoute", FailureKind::Denied, None, message, None);
        assert_eq!(failure.message, "You are not authorized to perform this operation.");
    }

    #[test]
    fn only_what_may_have_been_applied_is_ambiguous() {
        let failure = |kind, code: Option<&str>| {
            AwsFailure::new("CreateRoute", kind, code.map(str::to_owned), "", None).is_ambiguous()
        };
        assert!(failure(FailureKind::Unreachable, None));
        assert!(failure(FailureKind::Transient, Some("InternalError")));
        assert!(failure(FailureKind::Other, None), "an answer that cannot be read");
        assert!(!failure(FailureKind::Other, Some("SomethingNew")), "a refusal by an unknown code");
        assert!(!failure(FailureKind::Transient, Some("InvalidRouteTableID.NotFound")));
        assert!(!failure(FailureKind::Throttled, Some("RequestLimitExceeded")));
    }

    #[test]
    fn it_reads_as_a_sentence() {
        let failure = AwsFailure::new(
            "CreateRoute",
            FailureKind::Denied,
            Some("UnauthorizedOperation".to_owned()),
            "You are not authorized to perform this operation.",
            Some("req-1".to_owned()),
        );
        assert_eq!(
            failure.to_string(),
            "CreateRoute failed: UnauthorizedOperation: You are not authorized to perform this operation. (request req-1)"
        );
    }
}
