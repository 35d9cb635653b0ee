//! What may happen to a call.

use std::time::Duration;

use peerway_model::AccountId;
use serde::{Deserialize, Serialize};

use super::hands::Hand;
use super::name::FaultName;
use crate::Action;
use crate::error::Refusal;
use crate::json::seconds;

/// Whether a call that goes wrong was done nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It was done; only the answer is wrong.
    Applied,
    /// Nothing was done.
    #[default]
    NotApplied,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum FaultKind {
    /// AWS answers with this error.
    Error {
        /// The error.
        refusal: Refusal,
        /// Whether the call was done all the same, as with AWS's 500s it may be.
        #[serde(default)]
        effect: Effect,
    },
    /// AWS answers with the service's word for trouble of its own: `InternalError`, `InternalFailure`.
    InternalError {
        /// Whether the call was done.
        #[serde(default)]
        effect: Effect,
    },
    /// AWS answers that the service is not there: `Unavailable`, `ServiceUnavailable`.
    Unavailable {
        /// Whether the call was done.
        #[serde(default)]
        effect: Effect,
    },
    /// No answer comes.
    NoAnswer {
        /// Whether the call was done.
        #[serde(default)]
        effect: Effect,
    },
    /// No answer comes, and the call is done later, when its caller has given up. Strikes writes only.
    LandsLate(Landing),
    /// AWS answers with the service's word for too many calls: `RequestLimitExceeded`, `Throttling`.
    Throttled,
    /// The answer takes so much longer, in real time.
    Slow {
        /// How much.
        #[serde(with = "seconds")]
        seconds: Duration,
    },
    /// AWS answers that the caller may not: `UnauthorizedOperation`, `AccessDenied`.
    Denied,
    /// The same, for calls that name this thing.
    DeniedResource {
        /// The thing's id or name.
        resource: String,
    },
    /// The credentials of the session that calls end now. Strikes calls with temporary credentials only.
    CredentialsExpired,
    /// The credentials that `AssumeRole` gives lead to this account.
    WrongAccount {
        /// The account.
        account: AccountId,
    },
    /// The read shows the past. Strikes reads only.
    Stale(Behind),
    /// The list leaves one item out.
    MissingItem {
        /// Which of the page's; counted round.
        #[serde(default)]
        nth: usize,
    },
    /// The first call that names a thing made lately, by its id or as a balancer by its name, does not find it. Strikes no
    /// other.
    FreshNotFound,
    /// The page after this one is left out. Strikes lists of more than one page.
    PageLost,
    /// The page after this one is this one again. Strikes lists of more than one page.
    PageRepeated,
    /// The page token that the call brings is no longer good. Strikes calls that bring one.
    PageTokenExpired,
    /// `DependencyViolation` though nothing is there. Strikes deletions.
    Dependency,
    /// The quota that the call would count against is reached. Strikes calls that have one.
    Quota,
    /// What the call sets in motion stops where it is: no state that the call leads to passes before
    /// [`World::resume_stuck`](crate::World::resume_stuck). Strikes writes.
    Stuck,
    /// The connection that is asked for fails. Strikes `CreateVpcPeeringConnection`.
    ConnectionFails,
    /// Before the call, somebody else does something. The call itself goes its way.
    Hand(Hand),
    /// The answer cannot be read; the call was done. Strikes what clients wait for, over HTTP and in process.
    Garbled(Garble),
}

/// When a late call lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Landing {
    /// Behind so many further calls of anybody.
    BehindCalls(u32),
    /// After so long, in world time.
    #[serde(with = "seconds")]
    AfterSeconds(Duration),
}

/// How far a read is behind: it does not see what happened within this time, nor the last so many writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Behind {
    /// In world time.
    #[serde(with = "seconds")]
    pub seconds: Duration,
    /// Writes that changed something, anywhere in the world.
    pub writes: u32,
}

impl Behind {
    /// By time alone.
    #[must_use]
    pub fn time(seconds: Duration) -> Self {
        Self { seconds, writes: 0 }
    }

    /// By writes alone.
    #[must_use]
    pub fn writes(writes: u32) -> Self {
        Self { seconds: Duration::ZERO, writes }
    }
}

/// How an answer is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Garble {
    /// XML that ends in its middle.
    Truncated,
    /// XML without the elements that it must have.
    Incomplete,
    /// A page of something else altogether.
    Foreign,
    /// Forty mebibytes: more than a page of anything.
    Huge,
}

impl FaultKind {
    /// An error with this code, nothing done.
    #[must_use]
    pub fn error(code: &'static str, message: &str) -> Self {
        Self::Error { refusal: Refusal::new(code, message), effect: Effect::NotApplied }
    }

    /// The service's throttling.
    #[must_use]
    pub fn throttled() -> Self {
        Self::Throttled
    }

    /// The service's word for "you may not".
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::Denied
    }

    /// AWS's own trouble.
    #[must_use]
    pub fn internal_error(effect: Effect) -> Self {
        Self::InternalError { effect }
    }

    /// No answer, and the call lands behind so many further calls.
    #[must_use]
    pub fn lands_behind(calls: u32) -> Self {
        Self::LandsLate(Landing::BehindCalls(calls))
    }

    /// Its name, when it strikes a call of this action.
    #[must_use]
    pub fn name(&self, action: Action) -> FaultName {
        let is_assume_role = action == Action::AssumeRole;
        let by = |effect: Effect, applied: FaultName, not_applied: FaultName| match effect {
            Effect::Applied => applied,
            Effect::NotApplied => not_applied,
        };
        match self {
            Self::Error { effect, .. } => by(*effect, FaultName::ErrorApplied, FaultName::Error),
            Self::InternalError { effect } => {
                by(*effect, FaultName::InternalErrorApplied, FaultName::InternalError)
            }
            Self::Unavailable { effect } => {
                by(*effect, FaultName::UnavailableApplied, FaultName::Unavailable)
            }
            Self::NoAnswer { effect } => {
                by(*effect, FaultName::NoAnswerApplied, FaultName::NoAnswer)
            }
            Self::LandsLate(_) => FaultName::LandsLate,
            Self::Throttled => FaultName::Throttled,
            Self::Slow { .. } if is_assume_role => FaultName::AssumeRoleSlow,
            Self::Slow { .. } => FaultName::Slow,
            Self::Denied if is_assume_role => FaultName::AssumeRoleDenied,
            Self::Denied => FaultName::Denied,
            Self::DeniedResource { .. } => FaultName::DeniedResource,
            Self::CredentialsExpired => FaultName::CredentialsExpired,
            Self::WrongAccount { .. } => FaultName::WrongAccount,
            Self::Stale(_) => FaultName::Stale,
            Self::MissingItem { .. } => FaultName::MissingItem,
            Self::FreshNotFound => FaultName::FreshNotFound,
            Self::PageLost => FaultName::PageLost,
            Self::PageRepeated => FaultName::PageRepeated,
            Self::PageTokenExpired => FaultName::PageTokenExpired,
            Self::Dependency => FaultName::Dependency,
            Self::Quota => FaultName::Quota,
            Self::Stuck => FaultName::Stuck,
            Self::ConnectionFails => FaultName::ConnectionFails,
            Self::Hand(hand) => hand.name(),
            Self::Garbled(Garble::Truncated) => FaultName::AnswerTruncated,
            Self::Garbled(Garble::Incomplete) => FaultName::AnswerIncomplete,
            Self::Garbled(Garble::Foreign) => FaultName::AnswerForeign,
            Self::Garbled(Garble::Huge) => FaultName::AnswerHuge,
        }
    }
}
