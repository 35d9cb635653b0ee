//! Which account, with which credentials, in which Region.

use std::fmt;
use std::sync::Arc;

use crate::{AccountId, AwsFailure, Region, Timestamp};

/// The name of an `AWSAccount` object.
pub type AccountName = Arc<str>;

/// Where credentials come from. Never the credentials themselves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credentials {
    /// The controller's own identity.
    Own,
    /// A role assumed with the controller's own identity.
    AssumeRole {
        /// The role's ARN.
        role_arn: String,
        /// The external id its trust policy asks for.
        external_id: Option<String>,
        /// Whether the role lets its sessions carry tags.
        tags_sessions: bool,
        /// As what, and for what; nothing for what only reads, for everybody.
        session: Option<Session>,
    },
}

/// A session of a role for one object: what `CloudTrail` shows, and what it may do of what the role may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session {
    /// Its name: 2 to 64 characters of `[\w+=,.@-]`
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
    pub name: String,
    /// Its policy: at most 2,048 characters.
    pub policy: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("Own"),
            // The external id is no secret to AWS, but nobody needs it in a log either.
            Self::AssumeRole { role_arn, external_id, session, .. } => f
                .debug_struct("AssumeRole")
                .field("role_arn", role_arn)
                .field("external_id", &external_id.as_ref().map(|_| "…"))
                .field("session", &session.as_ref().map(|session| &session.name))
                .finish(),
        }
    }
}

/// How an `AWSAccount` object lets us into an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// The object's name: two objects for one account have credentials and snapshots of their own.
    pub name: AccountName,
    /// The account it must be.
    pub account: AccountId,
    /// How to become somebody there.
    pub credentials: Credentials,
}

/// One account, through one `AWSAccount`, in one Region: what snapshots and clients are kept by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Whose account, and how we get in.
    pub access: Arc<Access>,
    /// The Region.
    pub region: Region,
}

impl Place {
    /// The same place, entered as a session of its own; the controller's own identity has none.
    #[must_use]
    pub fn entered_as(&self, session: Session) -> Self {
        let Credentials::AssumeRole { role_arn, external_id, tags_sessions, .. } =
            &self.access.credentials
        else {
            return self.clone();
        };
        let tags = if *tags_sessions { session.tags } else { Vec::new() };
        let credentials = Credentials::AssumeRole {
            role_arn: role_arn.clone(),
            external_id: external_id.clone(),
            tags_sessions: *tags_sessions,
            session: Some(Session { tags, ..session }),
        };
        let access = Access { credentials, ..self.access.as_ref().clone() };
        Self { access: Arc::new(access), region: self.region.clone() }
    }

    /// Whether it was entered as a session of its own.
    #[must_use]
    pub fn is_session(&self) -> bool {
        matches!(&self.access.credentials, Credentials::AssumeRole { session: Some(_), .. })
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.access.account
    }

    /// Whether both are the same account and Region, whichever `AWSAccount` leads there.
    #[must_use]
    pub fn is_same_spot(&self, other: &Self) -> bool {
        self.account() == other.account() && self.region == other.region
    }
}

/// Which account some credentials lead to, as far as AWS told.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account, or why nobody knows now.
    pub account: Result<AccountId, AwsFailure>,
    /// When it was last told.
    pub last_good: Option<Timestamp>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account(), self.region)
    }
}
