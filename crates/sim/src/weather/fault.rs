//! Faults by script: what goes wrong, for which calls, when and how often.

use peerway_model::{AccountId, Region, Timestamp};
use serde::{Deserialize, Serialize};

use super::kind::FaultKind;
use super::lag::Fresh;
use super::refusals;
use crate::action::Service;
use crate::state::Spot;
use crate::{Action, Call};

use super::hands::Hand;

/// Something that will go wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Calls of this action; absent: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Calls of this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Calls in this Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// How many such calls pass before it strikes.
    #[serde(default)]
    pub after: u32,
    /// How many such calls it then strikes, one after the other; [`ALWAYS`](Self::ALWAYS) for all.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    pub kind: FaultKind,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// As often as there are such calls.
    pub const ALWAYS: u32 = u32::MAX;

    /// Strikes the next call of `action` once.
    #[must_use]
    pub fn next(action: Action, kind: FaultKind) -> Self {
        Self { action: Some(action), ..Self::any(kind) }
    }

    /// Strikes the next call of whatever action once.
    #[must_use]
    pub fn any(kind: FaultKind) -> Self {
        Self { action: None, account: None, region: None, after: 0, times: 1, kind }
    }

    /// Lets the root of an account make a call behind the next `after` calls of anybody.
    #[must_use]
    pub fn hand(after: u32, account: &AccountId, region: &Region, call: impl Into<Call>) -> Self {
        let hand = Hand::Call {
            account: account.clone(),
            region: region.clone(),
            call: Box::new(call.into()),
        };
        Self { after, ..Self::any(FaultKind::Hand(hand)) }
    }

    /// The same fault, as often as there are such calls.
    #[must_use]
    pub fn always(self) -> Self {
        Self { times: Self::ALWAYS, ..self }
    }

    /// The same fault, behind so many such calls.
    #[must_use]
    pub fn after(self, calls: u32) -> Self {
        Self { after: calls, ..self }
    }

    pub(super) fn is_for(&self, facts: &Facts<'_>) -> bool {
        let Spot { account, region } = facts.spot;
        self.action.is_none_or(|wanted| wanted == facts.action)
            && self.account.as_ref().is_none_or(|wanted| wanted == account)
            && self.region.as_ref().is_none_or(|wanted| wanted == region)
    }
}

/// Some of all calls.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Where {
    /// Calls of this action; absent: of any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Calls of this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Calls in this Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

impl Where {
    pub(super) fn covers(&self, facts: &Facts<'_>) -> bool {
        let Spot { account, region } = facts.spot;
        self.action.is_none_or(|wanted| wanted == facts.action)
            && self.account.as_ref().is_none_or(|wanted| wanted == account)
            && self.region.as_ref().is_none_or(|wanted| wanted == region)
    }
}

/// What the weather looks at in a call.
pub(crate) struct Facts<'a> {
    pub(crate) action: Action,
    pub(crate) spot: &'a Spot,
    /// The parameters, as a client sends them.
    pub(crate) params: &'a [(String, String)],
    /// Whether it comes with temporary credentials.
    pub(crate) is_session: bool,
    /// Whether a client waits for its answer, which may be spoilt on the way; over HTTP or in process.
    pub(crate) is_carried: bool,
}

impl Facts<'_> {
    /// Whether it shows what stands: reads of STS show who calls, and nothing lags there.
    pub(super) fn is_read(&self) -> bool {
        !self.action.is_write() && self.action.service() != Service::Sts
    }

    pub(super) fn brings_page_token(&self) -> bool {
        const TOKENS: [&str; 2] = ["NextToken", "Marker"];
        self.params.iter().any(|(name, _)| TOKENS.contains(&name.as_str()))
    }

    pub(super) fn has_tag_filter(&self) -> bool {
        let mut filters = self.params.iter().filter(|(name, _)| name.ends_with(".Name"));
        filters.any(|(_, value)| value.starts_with("tag:") || value == "tag-key")
    }

    /// Whether it asks for things by id: in a parameter of its own, not in a filter.
    pub(super) fn names_ids(&self) -> bool {
        self.params.iter().any(|(name, _)| {
            let stem = name.split('.').next().unwrap_or_default();
            stem.ends_with("Id") || stem.ends_with("Ids")
        })
    }
}

impl FaultKind {
    /// Whether such a call can be struck at all. What a hand finds to do is asked when it strikes.
    pub(super) fn is_possible(&self, facts: &Facts<'_>, fresh: &Fresh, now: Timestamp) -> bool {
        match self {
            Self::Error { .. }
            | Self::InternalError { .. }
            | Self::Unavailable { .. }
            | Self::NoAnswer { .. }
            | Self::Throttled
            | Self::Slow { .. }
            | Self::Denied
            | Self::Hand(_) => true,
            Self::LandsLate(_) | Self::Stuck => facts.action.is_write(),
            Self::DeniedResource { resource } => {
                facts.params.iter().any(|(_, value)| value == resource)
            }
            Self::CredentialsExpired => facts.is_session,
            Self::WrongAccount { .. } => facts.action == Action::AssumeRole,
            Self::Stale(_) | Self::MissingItem { .. } | Self::PageLost | Self::PageRepeated => {
                facts.is_read()
            }
            Self::FreshNotFound => fresh.named(facts, now).is_some(),
            Self::PageTokenExpired => facts.brings_page_token(),
            Self::Dependency => refusals::dependency(facts.action, facts.params).is_some(),
            Self::Quota => refusals::quota(facts.action).is_some(),
            Self::ConnectionFails => facts.action == Action::CreateVpcPeeringConnection,
            Self::Garbled(_) => facts.is_carried,
        }
    }
}
