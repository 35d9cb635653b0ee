//! VPC peering connections, as one account in one Region sees them.

use std::fmt;

use crate::ownership::OWNER;
use crate::part::{Item, PartKind};
use crate::{AccountId, CidrBlock, ConnectionId, Region, Tags, Timestamp, VpcId};

/// A peering connection. Tags are those of the reading account and Region: the other side has its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id, the same on both sides.
    pub id: ConnectionId,
    /// The end that asked.
    pub requester: ConnectionEnd,
    /// The end that was asked.
    pub accepter: ConnectionEnd,
    /// Where it is in its life.
    pub state: ConnectionState,
    /// AWS's words on the state, such as why it failed.
    pub message: String,
    /// When a request that nobody accepts expires.
    pub expires_at: Option<Timestamp>,
    /// The tags that the reading account sees.
    pub tags: Tags,
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionEnd {
    /// The VPC's owner.
    pub account: AccountId,
    /// The VPC's Region.
    pub region: Region,
    /// The VPC.
    pub vpc: VpcId,
    /// The VPC's blocks as the connection knows them. AWS fills both ends only while the connection is active.
    pub cidrs: Vec<CidrBlock>,
    /// `AllowDnsResolutionFromRemoteVpc` of this end; known only while the connection is active.
    pub dns_resolution: Option<bool>,
}

/// A connection's life (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Being checked by AWS, seconds.
    InitiatingRequest,
    /// Waiting for the accepter, at most seven days.
    PendingAcceptance,
    /// Accepted, being set up.
    Provisioning,
    /// Up.
    Active,
    /// Being taken down (between Regions).
    Deleting,
    /// Gone; still listed for hours.
    Deleted,
    /// The accepter said no.
    Rejected,
    /// Never possible: overlapping CIDRs, or no such VPC or account. Listed for two hours.
    Failed,
    /// Nobody accepted it in time.
    Expired,
}

impl ConnectionState {
    /// Whether the connection holds the VPC pair: AWS allows one such connection per pair.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(
            self,
            Self::InitiatingRequest | Self::PendingAcceptance | Self::Provisioning | Self::Active
        )
    }

    /// The name AWS uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InitiatingRequest => "initiating-request",
            Self::PendingAcceptance => "pending-acceptance",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// The state of this name, if AWS has such a one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::InitiatingRequest,
            Self::PendingAcceptance,
            Self::Provisioning,
            Self::Active,
            Self::Deleting,
            Self::Deleted,
            Self::Rejected,
            Self::Failed,
            Self::Expired,
        ]
        .into_iter()
        .find(|state| state.as_str() == name)
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Connection {
    /// The end at this VPC.
    #[must_use]
    pub fn end_at(&self, vpc: &VpcId) -> Option<&ConnectionEnd> {
        [&self.requester, &self.accepter].into_iter().find(|end| end.vpc == *vpc)
    }

    /// The end behind the connection, seen from this VPC.
    #[must_use]
    pub fn far_from(&self, vpc: &VpcId) -> Option<&ConnectionEnd> {
        if self.requester.vpc == *vpc {
            Some(&self.accepter)
        } else if self.accepter.vpc == *vpc {
            Some(&self.requester)
        } else {
            None
        }
    }

    /// Whether it joins these two VPCs, asked for in either direction.
    #[must_use]
    pub fn joins(&self, one: &VpcId, other: &VpcId) -> bool {
        self.far_from(one).is_some_and(|far| far.vpc == *other)
    }
}

impl Item for Connection {
    type Id = ConnectionId;
    const KIND: PartKind = PartKind::Connections;

    fn id(&self) -> &ConnectionId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.requester.vpc.as_str(), self.accepter.vpc.as_str()]
    }

    /// Its VPCs, and whoever its tags say owns it.
    fn belongs_to(&self) -> Vec<&str> {
        let mut keys = vec![self.requester.vpc.as_str(), self.accepter.vpc.as_str()];
        keys.dedup();
        keys.extend(self.tags.get(OWNER).map(String::as_str));
        keys
    }
}
