//! VPC peering connections: what they are and how they are seen. Their lives are in `lifecycle.rs`.
//!
//! A connection stands in no single place: it has an end in each of two VPCs, and each account and Region that may see
//! it has a *view* of it, with tags of its own.

mod create;
mod lifecycle;
mod options;
mod wire;

use std::sync::Arc;

use peerway_model::{
    AccountId, CidrBlock, ConnectionId, ConnectionState, Family, Timestamp, VpcId,
};

pub(crate) use create::{block_is_added, check_new_block, create};
pub(crate) use lifecycle::{
    FAILED, accept, checked, delete, end, expires, forgotten, install, provisioned, reject,
    taken_down, vpc_is_deleted,
};
pub(crate) use options::modify_options;
pub use wire::{
    AcceptVpcPeeringConnection, ConnectionItem, CreateVpcPeeringConnection,
    DeleteVpcPeeringConnection, DescribeVpcPeeringConnections, DescribeVpcPeeringConnectionsReply,
    ModifyVpcPeeringConnectionOptions, ModifyVpcPeeringConnectionOptionsReply, NewPeeringOptions,
    PeeredBlock, PeeredIpv6Block, PeeringOptions, RejectVpcPeeringConnection, Status, VpcInfo,
    VpcPeeringConnectionReply,
};

use super::TagSet;
use super::listing::{Question, describe as describe_all};
use crate::filters::{Field, Filterable};
use crate::id::AwsId;
use crate::paging::Limits;
use crate::scope::Scope;
use crate::state::{Maker, SharedTags, Spot, State};
use crate::{Action, ApiError};

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) requester: End,
    pub(crate) accepter: End,
    pub(crate) state: ConnectionState,
    /// AWS's words on the state.
    pub(crate) message: String,
    /// When a request that nobody has answered expires.
    pub(crate) expires: Option<Timestamp>,
    /// Who deleted or rejected it.
    pub(crate) ended_by: Option<AccountId>,
    pub(crate) maker: Maker,
}

/// One end: a VPC that may be anybody's, or nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) spot: Spot,
    pub(crate) vpc: VpcId,
    /// `AllowDnsResolutionFromRemoteVpc`.
    pub(crate) allows_dns: bool,
}

/// What one account and Region adds to a connection that it sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct View {
    pub(crate) tags: SharedTags,
}

impl Connection {
    /// Requester and accepter.
    pub(crate) fn ends(&self) -> impl Iterator<Item = &End> {
        [&self.requester, &self.accepter].into_iter()
    }

    /// Whether the two ends are in different Regions.
    fn is_between_regions(&self) -> bool {
        self.requester.spot.region != self.accepter.spot.region
    }

    /// Whether it joins these two VPCs, in either direction.
    pub(crate) fn joins(&self, one: &VpcId, other: &VpcId) -> bool {
        let pair = (&self.requester.vpc, &self.accepter.vpc);
        pair == (one, other) || pair == (other, one)
    }
}

/// The connection of this id, if the caller's account sees it in the call's Region.
fn find(scope: &Scope<'_>, id: &str) -> Result<(ConnectionId, Connection), ApiError> {
    let id = ConnectionId::read(id)?;
    let connection =
        scope.state.connections.get(&id).filter(|_| scope.here().views.contains_key(&id));
    let connection = connection.cloned().ok_or_else(|| ConnectionId::not_found(&id))?;
    Ok((id, connection))
}

impl Filterable for ConnectionItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("accepter-vpc-info.cidr-block", |connection, probe| {
            probe.displays(connection.accepter_vpc_info.blocks());
        }),
        ("accepter-vpc-info.owner-id", |connection, probe| {
            probe.text(connection.accepter_vpc_info.owner_id.as_str());
        }),
        ("accepter-vpc-info.vpc-id", |connection, probe| {
            probe.text(connection.accepter_vpc_info.vpc_id.as_str());
        }),
        ("expiration-time", |connection, probe| probe.displays(connection.expiration_time)),
        ("requester-vpc-info.cidr-block", |connection, probe| {
            probe.displays(connection.requester_vpc_info.blocks());
        }),
        ("requester-vpc-info.owner-id", |connection, probe| {
            probe.text(connection.requester_vpc_info.owner_id.as_str());
        }),
        ("requester-vpc-info.vpc-id", |connection, probe| {
            probe.text(connection.requester_vpc_info.vpc_id.as_str());
        }),
        ("status-code", |connection, probe| probe.text(connection.status.code)),
        ("status-message", |connection, probe| probe.text(&connection.status.message)),
        ("vpc-peering-connection-id", |connection, probe| {
            probe.text(connection.vpc_peering_connection_id.as_str());
        }),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

impl VpcInfo {
    fn blocks(&self) -> impl Iterator<Item = CidrBlock> {
        self.cidr_block_set.iter().flatten().map(|block| block.cidr_block)
    }
}

fn show(state: &State, id: &ConnectionId, connection: &Connection, view: &View) -> ConnectionItem {
    let is_active = connection.state == ConnectionState::Active;
    ConnectionItem {
        vpc_peering_connection_id: id.clone(),
        requester_vpc_info: show_end(state, &connection.requester, true, is_active),
        // Whom one asks shows nothing of itself before it has agreed.
        accepter_vpc_info: show_end(state, &connection.accepter, is_active, is_active),
        status: Status { code: connection.state.as_str(), message: connection.message.clone() },
        expiration_time: connection.expires,
        tag_set: TagSet(Arc::clone(&view.tags)),
    }
}

fn show_end(state: &State, end: &End, with_blocks: bool, with_options: bool) -> VpcInfo {
    let vpc = state.vpc(&end.spot, &end.vpc).filter(|_| with_blocks);
    VpcInfo {
        owner_id: end.spot.account.clone(),
        vpc_id: end.vpc.clone(),
        region: end.spot.region.clone(),
        cidr_block: vpc.and_then(|vpc| vpc.blocks_of(Family::V4).next().copied()),
        cidr_block_set: vpc.map(|vpc| {
            vpc.blocks_of(Family::V4).map(|block| PeeredBlock { cidr_block: *block }).collect()
        }),
        ipv6_cidr_block_set: vpc.filter(|vpc| vpc.has_ipv6()).map(|vpc| {
            let blocks = vpc.blocks_of(Family::V6);
            blocks.map(|block| PeeredIpv6Block { ipv6_cidr_block: *block }).collect()
        }),
        peering_options: with_options.then(|| show_options(end)),
    }
}

fn show_options(end: &End) -> PeeringOptions {
    PeeringOptions {
        allow_dns_resolution_from_remote_vpc: end.allows_dns,
        allow_egress_from_local_classic_link_to_remote_vpc: false,
        allow_egress_from_local_vpc_to_remote_classic_link: false,
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeVpcPeeringConnections,
) -> Result<DescribeVpcPeeringConnectionsReply, ApiError> {
    let question = Question {
        action: Action::DescribeVpcPeeringConnections,
        ids: ("VpcPeeringConnectionIds", &request.vpc_peering_connection_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let state = &*scope.state;
    let views = &scope.here().views;
    let (vpc_peering_connection_set, next_token) =
        describe_all(scope, &question, views, |id, view| match state.connections.get(id) {
            Some(connection) => show(state, id, connection, view),
            None => unreachable!("{id} is seen, so it is there"),
        })?;
    Ok(DescribeVpcPeeringConnectionsReply { vpc_peering_connection_set, next_token })
}
