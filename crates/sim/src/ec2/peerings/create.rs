//! Asking for a connection, and what overlapping blocks do to one.
//!
//! A request is looked at by AWS only after it has been answered: an overlap, or a VPC or account that is not there, shows
//! as a connection that failed, not as an error.

use peerway_model::clock::after;
use peerway_model::{AccountId, CidrBlock, ConnectionId, ConnectionState, Region, VpcId};

use super::lifecycle::{FAILED, end};
use super::wire::{CreateVpcPeeringConnection, VpcPeeringConnectionReply};
use super::{Connection, End, View, show};
use crate::ApiError;
use crate::ec2::tags;
use crate::ec2::vpcs::Vpc;
use crate::events::Event;
use crate::id::AwsId;
use crate::scope::{Scope, find};
use crate::state::Spot;

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateVpcPeeringConnection,
) -> Result<VpcPeeringConnectionReply, ApiError> {
    let vpc = VpcId::read(&request.vpc_id)?;
    find(&scope.here().vpcs, &vpc)?;
    let accepter = read_peer(scope, request)?;
    let tags = tags::specified(scope, &request.tag_specifications, "vpc-peering-connection")?;
    let requester = End { spot: scope.spot.clone(), vpc, allows_dns: false };
    if let Some((id, connection)) = existing(scope, &requester, &accepter) {
        // The same pair in the same direction: AWS answers what is there, tags of the new request or not.
        let view = &scope.here().views[id];
        let item = show(scope.state, id, connection, view);
        return Ok(VpcPeeringConnectionReply { vpc_peering_connection: item });
    }
    let outstanding = scope.here().views.keys().filter_map(|id| scope.state.connections.get(id));
    let outstanding =
        outstanding.filter(|c| c.requester.spot == *scope.spot && is_outstanding(c.state));
    if outstanding.count() >= scope.settings.quotas.outstanding_requests {
        return Err(ApiError::new(
            "OutstandingVpcPeeringConnectionLimitExceeded",
            "The maximum number of outstanding VPC peering connection requests has been reached.",
        ));
    }
    let id: ConnectionId = scope.ids.fresh();
    let timings = &scope.settings.timings;
    let expires = after(scope.now, timings.request_expiry);
    let connection = Connection {
        message: format!("Initiating Request to {}", accepter.spot.account),
        requester,
        accepter,
        state: ConnectionState::InitiatingRequest,
        expires: Some(expires.round(jiff::Unit::Second).unwrap_or(expires)),
        ended_by: None,
        maker: scope.maker(),
    };
    let checked = after(scope.now, timings.request_check);
    scope.state.schedule(checked, Event::ConnectionChecked(id.clone()));
    scope.state.schedule(expires, Event::ConnectionExpires(id.clone()));
    // Nobody but the requester sees it before AWS has looked at it.
    let view = View { tags };
    let item = show(scope.state, &id, &connection, &view);
    scope.here_mut().views.insert(id.clone(), view);
    scope.state.connections.insert(id, connection);
    Ok(VpcPeeringConnectionReply { vpc_peering_connection: item })
}

fn read_peer(scope: &Scope<'_>, request: &CreateVpcPeeringConnection) -> Result<End, ApiError> {
    let vpc = VpcId::read(&request.peer_vpc_id)?;
    let account = match &request.peer_owner_id {
        None => scope.spot.account.clone(),
        Some(text) => text.parse::<AccountId>().map_err(|_| {
            ApiError::invalid_value(format!("Invalid user id '{text}' for parameter peerOwnerId"))
        })?,
    };
    let region = match &request.peer_region {
        None => scope.spot.region.clone(),
        Some(text) => text.parse::<Region>().map_err(|_| {
            ApiError::invalid_value(format!("Value ({text}) for parameter peerRegion is invalid"))
        })?,
    };
    Ok(End { spot: Spot { account, region }, vpc, allows_dns: false })
}

/// The live connection of this pair in this direction: AWS never makes a second one.
fn existing<'a>(
    scope: &'a Scope<'_>,
    requester: &End,
    accepter: &End,
) -> Option<(&'a ConnectionId, &'a Connection)> {
    let visible = scope.here().views.keys();
    let mut connections = visible.filter_map(|id| scope.state.connections.get_key_value(id));
    connections.find(|(_, connection)| {
        let same = |one: &End, other: &End| one.spot == other.spot && one.vpc == other.vpc;
        connection.state.is_live()
            && same(&connection.requester, requester)
            && same(&connection.accepter, accepter)
    })
}

fn is_outstanding(state: ConnectionState) -> bool {
    matches!(state, ConnectionState::InitiatingRequest | ConnectionState::PendingAcceptance)
}

/// What a new block of a VPC must not do to its connections: meet a block behind an active one; and come at all while
/// a request of the VPC is pending (<https://docs.aws.amazon.com/vpc/latest/peering/invalid-peering-configurations.html>).
pub(crate) fn check_new_block(
    scope: &Scope<'_>,
    vpc: &VpcId,
    block: CidrBlock,
) -> Result<(), ApiError> {
    for (id, connection) in connections_of(scope, vpc) {
        let is_requester = connection.requester.vpc == *vpc;
        if is_requester && is_outstanding(connection.state) {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!(
                    "The vpc {vpc} cannot be given another CIDR block while its request {id} is pending"
                ),
            ));
        }
        let is_up =
            matches!(connection.state, ConnectionState::Active | ConnectionState::Provisioning);
        let far = far_vpc(scope, connection, vpc).filter(|_| is_up);
        if far.is_some_and(|far| far.claimed().any(|theirs| theirs.meets(&block))) {
            return Err(ApiError::new(
                "InvalidVpc.Range",
                format!("The CIDR '{block}' conflicts with a CIDR block of a VPC peered by {id}"),
            ));
        }
    }
    Ok(())
}

/// A block has come: pending requests to the VPC with which it overlaps can never be accepted any more.
pub(crate) fn block_is_added(scope: &mut Scope<'_>, vpc: &VpcId, block: CidrBlock) {
    let meets = |far: &Vpc| far.claimed().any(|theirs| theirs.meets(&block));
    let hopeless: Vec<ConnectionId> = connections_of(scope, vpc)
        .filter(|(_, connection)| connection.state == ConnectionState::PendingAcceptance)
        .filter(|(_, connection)| far_vpc(scope, connection, vpc).is_some_and(meets))
        .map(|(id, _)| id.clone())
        .collect();
    for id in hopeless {
        end(scope.state, scope.settings, scope.now, &id, ConnectionState::Failed, FAILED);
    }
}

fn connections_of<'a>(
    scope: &'a Scope<'_>,
    vpc: &'a VpcId,
) -> impl Iterator<Item = (&'a ConnectionId, &'a Connection)> {
    let visible = scope.here().views.keys();
    let connections = visible.filter_map(|id| scope.state.connections.get_key_value(id));
    connections.filter(move |(_, connection)| connection.ends().any(|end| end.vpc == *vpc))
}

fn far_vpc<'a>(scope: &'a Scope<'_>, connection: &Connection, vpc: &VpcId) -> Option<&'a Vpc> {
    let far = connection.ends().find(|end| end.vpc != *vpc)?;
    scope.state.vpc(&far.spot, &far.vpc)
}
