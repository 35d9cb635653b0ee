//! A failed AWS call, as data: what was tried, what kind of failure it is, and AWS's own words.

use std::fmt;

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
            | Self::Other => true,
            Self::Denied | Self::Credentials | Self::Quota | Self::Invalid => false,
        }
    }

    /// Whether a write that ended so may nevertheless have been applied, now or a little later.
    #[must_use]
    pub fn is_ambiguous(self) -> bool {
        matches!(self, Self::Transient | Self::Unreachable | Self::Other)
    }
}

/// The longest message that is kept. `UnauthorizedOperation` carries kilobytes of an encoded blob.
const MESSAGE_LIMIT: usize = 400;

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
        let mut kept: String = message.chars().take(MESSAGE_LIMIT).collect();
        if kept.len() < message.len() {
            kept.push('…');
        }
        Self { operation, kind, code, message: kept, request_id }
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
