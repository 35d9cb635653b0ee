//! Somebody else's hands: what the owner of an account, or the one at the other end of a connection, does between two
//! calls. Their calls are ordinary ones, in the ledger like all others.

use peerway_model::{AccountId, ConnectionId, Region};
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::mischief::Ground;
use super::name::FaultName;
use crate::Call;
use crate::state::{Spot, State};

/// What somebody else does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hand {
    /// The root of this account makes this call.
    Call {
        /// The account.
        account: AccountId,
        /// The Region.
        region: Region,
        /// The call.
        #[serde(flatten)]
        call: Box<Call>,
    },
    /// Something of this kind, to whatever is there; nothing, as long as there is nothing to do it to.
    Mischief(Mischief),
}

/// What somebody may do to things that callers work on. What it hits is of the account and Region of the call before
/// which it happens; the weather picks which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mischief {
    /// The accepter rejects a request.
    PeerRejects,
    /// The other end deletes an active connection.
    PeerDeletes,
    /// The accepter asks the requester for a connection between the same VPCs.
    PeerRequests,
    /// A request expires.
    RequestExpires,
    /// A route to where a connection leads is written, over that connection or elsewhere.
    RouteCreated,
    /// A route over a connection is pointed elsewhere.
    RouteReplaced,
    /// A route over a connection is deleted.
    RouteDeleted,
    /// A thing that a caller made loses all its tags.
    TagsStripped,
    /// The tags of a thing that a caller made are put on another thing.
    TagsCopied,
    /// A thing that a caller made is deleted.
    DeletedByHand,
    /// An auto-scaling group is detached from a balancer that a caller made.
    GroupDetached,
    /// An instance is deregistered from a balancer that a caller made.
    InstanceDeregistered,
    /// A listener of a balancer that a caller made is deleted.
    ListenerDeleted,
}

impl Hand {
    pub(super) fn name(&self) -> FaultName {
        match self {
            Self::Call { .. } => FaultName::Hand,
            Self::Mischief(mischief) => match mischief {
                Mischief::PeerRejects => FaultName::PeerRejects,
                Mischief::PeerDeletes => FaultName::PeerDeletes,
                Mischief::PeerRequests => FaultName::PeerRequests,
                Mischief::RequestExpires => FaultName::RequestExpires,
                Mischief::RouteCreated => FaultName::RouteCreated,
                Mischief::RouteReplaced => FaultName::RouteReplaced,
                Mischief::RouteDeleted => FaultName::RouteDeleted,
                Mischief::TagsStripped => FaultName::TagsStripped,
                Mischief::TagsCopied => FaultName::TagsCopied,
                Mischief::DeletedByHand => FaultName::DeletedByHand,
                Mischief::GroupDetached => FaultName::GroupDetached,
                Mischief::InstanceDeregistered => FaultName::InstanceDeregistered,
                Mischief::ListenerDeleted => FaultName::ListenerDeleted,
            },
        }
    }
}

/// What a hand does, all choices made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Deed {
    /// A call of this account's root.
    Call(Spot, Box<Call>),
    /// Time is up for a request.
    Expire(ConnectionId),
}

impl Hand {
    /// What it does now, before a call at `spot`; nothing where there is nothing to do it to.
    pub(super) fn deed(&self, state: &State, spot: &Spot, dice: &mut Dice) -> Option<Deed> {
        match self {
            Self::Call { account, region, call } => {
                let spot = Spot { account: account.clone(), region: region.clone() };
                Some(Deed::Call(spot, call.clone()))
            }
            Self::Mischief(mischief) => mischief.deed(&Ground { state, spot }, dice),
        }
    }
}
