//! Peering connections.

use peerway_model::{AccountId, ConnectionId, Region, Tags, Timestamp, VpcId};
use serde::{Deserialize, Serialize};

use super::either::read_either;
use super::is_default;

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Peering {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ConnectionId>,
    /// The VPC that asked.
    pub requester: End,
    /// The VPC that was asked.
    pub accepter: End,
    /// AWS's name for its state; absent: `active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `AllowDnsResolutionFromRemoteVpc` of each side.
    #[serde(default, skip_serializing_if = "Sides::is_default")]
    pub dns_resolution: Sides<bool>,
    /// The tags that each side has given it. Where both sides are one account and Region they share one set of tags,
    /// written as the requester's.
    #[serde(default, skip_serializing_if = "Sides::is_default")]
    pub tags: Sides<Tags>,
    /// When a pending request expires; absent: as long after loading as a new one would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Who deleted or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<AccountId>,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// One end of a connection: a VPC of this estate, or one that is none of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum End {
    /// A VPC of this estate.
    Here(VpcId),
    /// A VPC that nobody has described.
    Elsewhere(ElsewhereEnd),
}

read_either!(End, Here, Elsewhere);

/// An end outside the estate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ElsewhereEnd {
    /// Its account.
    pub account: AccountId,
    /// Its Region.
    pub region: Region,
    /// The VPC.
    pub vpc: VpcId,
}

/// Something for each side of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sides<T: Default + PartialEq> {
    /// The requester's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub requester: T,
    /// The accepter's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub accepter: T,
}

impl<T: Default + PartialEq> Sides<T> {
    fn is_default(&self) -> bool {
        is_default(&self.requester) && is_default(&self.accepter)
    }
}
