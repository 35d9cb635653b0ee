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
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("Own"),
            // The external id is no secret to AWS, but nobody needs it in a log either.
            Self::AssumeRole { role_arn, external_id } => f
                .debug_struct("AssumeRole")
                .field("role_arn", role_arn)
                .field("external_id", &external_id.as_ref().map(|_| "…"))
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
