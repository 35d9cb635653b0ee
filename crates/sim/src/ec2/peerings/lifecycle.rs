//! A connection's life (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html>): the transitions that
//! calls make, those that time makes, and how long who sees what has ended.

use std::time::Duration;

use peerway_model::clock::after;
use peerway_model::{ConnectionId, ConnectionState, Timestamp, VpcId};

use super::wire::{
    AcceptVpcPeeringConnection, DeleteVpcPeeringConnection, RejectVpcPeeringConnection,
    VpcPeeringConnectionReply,
};
use super::{Connection, View, find, show};
use crate::ApiError;
use crate::ec2::Done;
use crate::ec2::vpcs::overlap;
use crate::events::Event;
use crate::scope::Scope;
use crate::settings::Settings;
use crate::state::{Spot, State};

/// AWS has one text for every reason.
pub(crate) const FAILED: &str =
    "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";

pub(crate) fn accept(
    scope: &mut Scope<'_>,
    request: &AcceptVpcPeeringConnection,
) -> Result<VpcPeeringConnectionReply, ApiError> {
    let (id, connection) = find(scope, &request.vpc_peering_connection_id)?;
    check_is_accepter(scope, &id, &connection, "accept")?;
    check_transition(&id, &connection, ConnectionState::PendingAcceptance, "provisioning")?;
    let twin = scope.state.connections.iter().find(|(other, twin)| {
        **other != id
            && twin.joins(&connection.requester.vpc, &connection.accepter.vpc)
            && matches!(twin.state, ConnectionState::Active | ConnectionState::Provisioning)
    });
    if let Some((twin, _)) = twin {
        return Err(ApiError::new(
            "VpcPeeringConnectionAlreadyExists",
            format!("A VPC peering connection {twin} between the VPCs already exists"),
        ));
    }
    for end in connection.ends() {
        check_active_quota(scope, &end.vpc)?;
    }
    let timings = &scope.settings.timings;
    let takes = if connection.is_between_regions() {
        timings.provisioning_between_regions
    } else {
        timings.provisioning
    };
    let at = after(scope.now, takes);
    scope.state.schedule(at, Event::ConnectionProvisioned(id.clone()));
    let connection = set(scope.state, &id, ConnectionState::Provisioning, "Provisioning");
    let view = &scope.here().views[&id];
    Ok(VpcPeeringConnectionReply {
        vpc_peering_connection: show(scope.state, &id, &connection, view),
    })
}

fn check_active_quota(scope: &Scope<'_>, vpc: &VpcId) -> Result<(), ApiError> {
    let active = scope.state.connections.values().filter(|connection| {
        matches!(connection.state, ConnectionState::Active | ConnectionState::Provisioning)
            && connection.ends().any(|end| end.vpc == *vpc)
    });
    if active.count() >= scope.settings.quotas.active_connections_per_vpc {
        return Err(ApiError::new(
            "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
            format!(
                "The maximum number of active VPC peering connections of {vpc} has been reached."
            ),
        ));
    }
    Ok(())
}

pub(crate) fn reject(
    scope: &mut Scope<'_>,
    request: &RejectVpcPeeringConnection,
) -> Result<Done, ApiError> {
    let (id, connection) = find(scope, &request.vpc_peering_connection_id)?;
    check_is_accepter(scope, &id, &connection, "reject")?;
    check_transition(&id, &connection, ConnectionState::PendingAcceptance, "rejected")?;
    let message = format!("Rejected by {}", scope.spot.account);
    ended_by_caller(scope, &id);
    end(scope.state, scope.settings, scope.now, &id, ConnectionState::Rejected, &message);
    Ok(Done::YES)
}

/// Only the owner of the VPC that was asked may answer, in that VPC's Region.
fn check_is_accepter(
    scope: &Scope<'_>,
    id: &ConnectionId,
    connection: &Connection,
    verb: &str,
) -> Result<(), ApiError> {
    let Spot { account, region } = scope.spot;
    let accepter = &connection.accepter.spot;
    if accepter.account != *account {
        Err(ApiError::new(
            "OperationNotPermitted",
            format!("User ({account}) cannot {verb} peering {id}"),
        ))
    } else if accepter.region != *region {
        Err(ApiError::new(
            "OperationNotPermitted",
            format!(
                "Incorrect region ({region}) specified for this request. VPC peering connection {id} must be \
                 {verb}ed in region {}",
                accepter.region
            ),
        ))
    } else {
        Ok(())
    }
}

fn check_transition(
    id: &ConnectionId,
    connection: &Connection,
    from: ConnectionState,
    to: &str,
) -> Result<(), ApiError> {
    if connection.state == from { Ok(()) } else { Err(no_transition(id, connection, to)) }
}

fn no_transition(id: &ConnectionId, connection: &Connection, to: &str) -> ApiError {
    ApiError::new(
        "InvalidStateTransition",
        format!(
            "Invalid state transition for {id}, attempted to transition from {} to {to}",
            connection.state
        ),
    )
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteVpcPeeringConnection,
) -> Result<Done, ApiError> {
    let (id, connection) = find(scope, &request.vpc_peering_connection_id)?;
    match connection.state {
        ConnectionState::Active => {}
        // Only who asked can take a request back; the other side can reject it.
        ConnectionState::PendingAcceptance if connection.requester.spot == *scope.spot => {}
        ConnectionState::PendingAcceptance => {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!(
                    "User ({}) cannot delete peering {id} before it is accepted",
                    scope.spot.account
                ),
            ));
        }
        _ => return Err(no_transition(&id, &connection, "deleting")),
    }
    delete_now(scope, &id, &connection);
    Ok(Done::YES)
}

fn delete_now(scope: &mut Scope<'_>, id: &ConnectionId, connection: &Connection) {
    let message = format!("Deleted by {}", scope.spot.account);
    ended_by_caller(scope, id);
    if connection.state == ConnectionState::Active && connection.is_between_regions() {
        set(scope.state, id, ConnectionState::Deleting, &message);
        let at = after(scope.now, scope.settings.timings.deleting_between_regions);
        scope.state.schedule(at, Event::ConnectionTakenDown(id.clone()));
    } else {
        end(scope.state, scope.settings, scope.now, id, ConnectionState::Deleted, &message);
    }
}

/// Notes who ends a connection, which decides how long who sees it.
fn ended_by_caller(scope: &mut Scope<'_>, id: &ConnectionId) {
    if let Some(connection) = scope.state.connections.get_mut(id) {
        connection.ended_by = Some(scope.spot.account.clone());
    }
}

/// A VPC is deleted: its connections go with it, whatever state they are in.
pub(crate) fn vpc_is_deleted(scope: &mut Scope<'_>, vpc: &VpcId) {
    let connections: Vec<(ConnectionId, Connection)> = scope
        .state
        .connections
        .iter()
        .filter(|(_, connection)| connection.state.is_live())
        .filter(|(_, connection)| connection.ends().any(|end| end.vpc == *vpc))
        .map(|(id, connection)| (id.clone(), connection.clone()))
        .collect();
    for (id, connection) in connections {
        delete_now(scope, &id, &connection);
    }
}

/// AWS has looked at a request: its accepter sees it, or it has failed.
pub(crate) fn checked(state: &mut State, settings: &Settings, at: Timestamp, id: &ConnectionId) {
    let Some(connection) = state.connections.get(id) else { return };
    if connection.state != ConnectionState::InitiatingRequest {
        return;
    }
    let (requester, accepter) = (&connection.requester, &connection.accepter);
    let vpcs =
        state.vpc(&requester.spot, &requester.vpc).zip(state.vpc(&accepter.spot, &accepter.vpc));
    let can_be = vpcs.is_some_and(|(one, other)| overlap(one, other).is_none());
    if can_be && requester.vpc != accepter.vpc {
        let spot = accepter.spot.clone();
        let message = format!("Pending Acceptance by {}", spot.account);
        set(state, id, ConnectionState::PendingAcceptance, &message);
        state.at_mut(&spot).views.entry(id.clone()).or_default();
    } else {
        end(state, settings, at, id, ConnectionState::Failed, FAILED);
    }
}

/// Nobody has answered in time.
pub(crate) fn expires(state: &mut State, settings: &Settings, at: Timestamp, id: &ConnectionId) {
    let is_pending = |c: &Connection| c.state == ConnectionState::PendingAcceptance;
    if state.connections.get(id).is_some_and(is_pending) {
        end(state, settings, at, id, ConnectionState::Expired, "Expired");
    }
}

/// An accepted connection is up.
pub(crate) fn provisioned(state: &mut State, id: &ConnectionId) {
    let is_provisioning = |c: &Connection| c.state == ConnectionState::Provisioning;
    if state.connections.get(id).is_some_and(is_provisioning) {
        set(state, id, ConnectionState::Active, "Active");
    }
}

/// A connection between Regions is down at last.
pub(crate) fn taken_down(state: &mut State, settings: &Settings, at: Timestamp, id: &ConnectionId) {
    let Some(connection) = state.connections.get(id) else { return };
    if connection.state != ConnectionState::Deleting {
        return;
    }
    let message = connection.message.clone();
    end(state, settings, at, id, ConnectionState::Deleted, &message);
}

/// A place stops listing a connection; where nobody lists it, it is gone.
pub(crate) fn forgotten(state: &mut State, id: &ConnectionId, spot: &Spot) {
    state.at_mut(spot).views.remove(id);
    let Some(connection) = state.connections.get(id) else { return };
    if !connection.ends().any(|end| state.at(&end.spot).views.contains_key(id)) {
        state.connections.remove(id);
    }
}

fn set(state: &mut State, id: &ConnectionId, to: ConnectionState, message: &str) -> Connection {
    match state.connections.get_mut(id) {
        Some(connection) => {
            connection.state = to;
            message.clone_into(&mut connection.message);
            if !matches!(to, ConnectionState::PendingAcceptance | ConnectionState::Expired) {
                connection.expires = None;
            }
            connection.clone()
        }
        None => unreachable!("{id} was just looked at"),
    }
}

/// Ends a connection: it stays visible for a while, longer to those who did not end it themselves.
pub(crate) fn end(
    state: &mut State,
    settings: &Settings,
    at: Timestamp,
    id: &ConnectionId,
    to: ConnectionState,
    message: &str,
) {
    let connection = set(state, id, to, message);
    let is_one_account = connection.requester.spot.account == connection.accepter.spot.account;
    let timings = &settings.timings;
    for end in connection.ends() {
        let is_requester = end.spot == connection.requester.spot;
        let long = match to {
            ConnectionState::Failed if !is_requester => Duration::ZERO,
            ConnectionState::Expired => timings.visible_long,
            ConnectionState::Failed => timings.visible_short,
            _ if is_one_account || connection.ended_by.as_ref() == Some(&end.spot.account) => {
                timings.visible_short
            }
            _ => timings.visible_long,
        };
        let event = Event::ConnectionForgotten(id.clone(), end.spot.clone());
        state.schedule(after(at, long), event);
    }
}

/// Lets a connection of an estate stand as if it had come to its state just now.
pub(crate) fn install(
    state: &mut State,
    settings: &Settings,
    now: Timestamp,
    id: &ConnectionId,
    connection: Connection,
    views: Vec<(Spot, View)>,
) {
    let (life, message) = (connection.state, connection.message.clone());
    for (spot, view) in views {
        state.at_mut(&spot).views.insert(id.clone(), view);
    }
    let expires = connection.expires;
    state.connections.insert(id.clone(), connection);
    if let Some(expires) = expires {
        state.schedule(expires, Event::ConnectionExpires(id.clone()));
    }
    let timings = &settings.timings;
    match life {
        ConnectionState::InitiatingRequest => {
            let event = Event::ConnectionChecked(id.clone());
            state.schedule(after(now, timings.request_check), event);
        }
        ConnectionState::Provisioning => {
            let event = Event::ConnectionProvisioned(id.clone());
            state.schedule(after(now, timings.provisioning), event);
        }
        ConnectionState::Deleting => {
            let event = Event::ConnectionTakenDown(id.clone());
            state.schedule(after(now, timings.deleting_between_regions), event);
        }
        ConnectionState::Deleted
        | ConnectionState::Rejected
        | ConnectionState::Failed
        | ConnectionState::Expired => end(state, settings, now, id, life, &message),
        ConnectionState::PendingAcceptance | ConnectionState::Active => {}
    }
}
