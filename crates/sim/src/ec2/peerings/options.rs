//! A connection's options: each side its own, and only while it is active.

use peerway_model::{ConnectionId, ConnectionState};

use super::wire::{
    ModifyVpcPeeringConnectionOptions, ModifyVpcPeeringConnectionOptionsReply, NewPeeringOptions,
    PeeringOptions,
};
use super::{Connection, End, find, show_options};
use crate::ApiError;
use crate::scope::Scope;

pub(crate) fn modify_options(
    scope: &mut Scope<'_>,
    request: &ModifyVpcPeeringConnectionOptions,
) -> Result<ModifyVpcPeeringConnectionOptionsReply, ApiError> {
    let (id, mut connection) = find(scope, &request.vpc_peering_connection_id)?;
    let wanted_requester = request.requester_peering_connection_options.as_ref();
    let wanted_accepter = request.accepter_peering_connection_options.as_ref();
    if wanted_requester.is_none() && wanted_accepter.is_none() {
        return Err(ApiError::new(
            "MissingParameter",
            "The request must contain requesterPeeringConnectionOptions or accepterPeeringConnectionOptions",
        ));
    }
    if connection.state != ConnectionState::Active {
        return Err(ApiError::new(
            "OperationNotPermitted",
            format!(
                "VPC Peering Connection {id} is not active. Peering options can be added only to active peerings."
            ),
        ));
    }
    for (wanted, end, side) in [
        (wanted_requester, &connection.requester, "requester"),
        (wanted_accepter, &connection.accepter, "accepter"),
    ] {
        if let Some(wanted) = wanted {
            check(scope, &id, &connection, end, side, wanted)?;
        }
    }
    let mut apply = |end: fn(&mut Connection) -> &mut End, wanted: Option<&NewPeeringOptions>| {
        wanted.map(|wanted| -> PeeringOptions {
            let end = end(&mut connection);
            end.allows_dns = wanted.allow_dns_resolution_from_remote_vpc.unwrap_or(end.allows_dns);
            show_options(end)
        })
    };
    let reply = ModifyVpcPeeringConnectionOptionsReply {
        requester_peering_connection_options: apply(|c| &mut c.requester, wanted_requester),
        accepter_peering_connection_options: apply(|c| &mut c.accepter, wanted_accepter),
    };
    scope.state.connections.insert(id, connection);
    Ok(reply)
}

fn check(
    scope: &Scope<'_>,
    id: &ConnectionId,
    connection: &Connection,
    end: &End,
    side: &str,
    wanted: &NewPeeringOptions,
) -> Result<(), ApiError> {
    if end.spot != *scope.spot {
        return Err(ApiError::new(
            "OperationNotPermitted",
            format!(
                "User ({}) cannot modify the {side} peering options of {id} in region {}",
                scope.spot.account, scope.spot.region
            ),
        ));
    }
    if wanted.allow_dns_resolution_from_remote_vpc == Some(true) {
        for end in connection.ends() {
            let dns = scope.state.vpc(&end.spot, &end.vpc).map(|vpc| vpc.dns);
            if !dns.is_some_and(|dns| dns.support && dns.hostnames) {
                return Err(ApiError::new(
                    "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
                    format!(
                        "DNS resolution and DNS hostnames must be enabled for the VPC {} to enable DNS resolution \
                         for the VPC peering connection {id}",
                        end.vpc
                    ),
                ));
            }
        }
    }
    Ok(())
}
