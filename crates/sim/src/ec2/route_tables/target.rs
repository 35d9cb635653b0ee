//! What routes point at: read from a request, looked up in the world.

use peerway_model::{ConnectionState, RouteTarget, VpcId};

use super::wire::{CreateRoute, ReplaceRoute};
use crate::ApiError;
use crate::ec2::instances::{self, InstanceState};
use crate::ec2::network_interfaces::{Holder, NetworkInterface};
use crate::ec2::peerings::Connection;
use crate::id::{
    AwsId, EgressOnlyGatewayId, InstanceId, InternetGatewayId, NetworkInterfaceId, is_digits,
};
use crate::scope::find;
use crate::state::{RegionState, Spot, State};

/// The target parameters of a request: each with its name and value.
type Given<'a> = [(&'static str, Option<&'a str>); 11];

macro_rules! given {
    ($request:ident) => {
        [
            ("gatewayId", $request.gateway_id.as_deref()),
            ("egressOnlyInternetGatewayId", $request.egress_only_internet_gateway_id.as_deref()),
            ("natGatewayId", $request.nat_gateway_id.as_deref()),
            ("transitGatewayId", $request.transit_gateway_id.as_deref()),
            ("networkInterfaceId", $request.network_interface_id.as_deref()),
            ("instanceId", $request.instance_id.as_deref()),
            ("vpcEndpointId", $request.vpc_endpoint_id.as_deref()),
            ("vpcPeeringConnectionId", $request.vpc_peering_connection_id.as_deref()),
            ("localGatewayId", $request.local_gateway_id.as_deref()),
            ("carrierGatewayId", $request.carrier_gateway_id.as_deref()),
            ("coreNetworkArn", $request.core_network_arn.as_deref()),
        ]
    };
}

pub(super) fn of_create(
    region: &RegionState,
    request: &CreateRoute,
) -> Result<RouteTarget, ApiError> {
    match only(&given!(request))? {
        Some((parameter, value)) => read(region, parameter, value),
        None => Err(none_given()),
    }
}

pub(super) fn of_replace(
    region: &RegionState,
    request: &ReplaceRoute,
) -> Result<RouteTarget, ApiError> {
    match (only(&given!(request))?, request.local_target == Some(true)) {
        (Some((parameter, value)), false) => read(region, parameter, value),
        (None, true) => Ok(RouteTarget::Local),
        (Some(_), true) => Err(too_many()),
        (None, false) => Err(none_given()),
    }
}

fn only<'a>(given: &Given<'a>) -> Result<Option<(&'static str, &'a str)>, ApiError> {
    let mut present = given.iter().filter_map(|(name, value)| value.map(|value| (*name, value)));
    match (present.next(), present.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(too_many()),
    }
}

const TARGETS: &str = "gatewayId, egressOnlyInternetGatewayId, natGatewayId, networkInterfaceId, \
                       vpcPeeringConnectionId, transitGatewayId, vpcEndpointId or instanceId";

fn none_given() -> ApiError {
    ApiError::new("MissingParameter", format!("The request must contain exactly one of {TARGETS}"))
}

fn too_many() -> ApiError {
    ApiError::invalid_combination(format!("The request may contain only one of {TARGETS}"))
}

fn read(
    region: &RegionState,
    parameter: &'static str,
    value: &str,
) -> Result<RouteTarget, ApiError> {
    if parameter == "instanceId" {
        // A route to an instance is one to its only interface.
        let id = InstanceId::read(value)?;
        find(&region.instances, &id)?;
        let interface = instances::only_interface(region, &id)?;
        return Ok(RouteTarget::NetworkInterface(interface.to_string()));
    }
    let found = parse(value).filter(|target| match (parameter, target) {
        ("gatewayId", RouteTarget::InternetGateway(_) | RouteTarget::VpnGateway(_))
        | ("egressOnlyInternetGatewayId", RouteTarget::EgressOnlyInternetGateway(_))
        | ("natGatewayId", RouteTarget::NatGateway(_))
        | ("transitGatewayId", RouteTarget::TransitGateway(_))
        | ("networkInterfaceId", RouteTarget::NetworkInterface(_))
        | ("vpcEndpointId", RouteTarget::VpcEndpoint(_))
        | ("vpcPeeringConnectionId", RouteTarget::Connection(_)) => true,
        ("localGatewayId", RouteTarget::Other(id)) => id.starts_with("lgw-"),
        ("carrierGatewayId", RouteTarget::Other(id)) => id.starts_with("cagw-"),
        ("coreNetworkArn", RouteTarget::Other(id)) => id.starts_with("arn:"),
        _ => false,
    });
    found.ok_or_else(|| not_found(parameter, value))
}

/// The error for a target that nothing is; its code goes by the parameter.
fn not_found(parameter: &str, value: &str) -> ApiError {
    let (code, noun) = match parameter {
        "gatewayId" if value.starts_with("igw-") => {
            return InternetGatewayId::not_found(value);
        }
        "gatewayId" => ("InvalidGatewayID.NotFound", "gateway ID"),
        "egressOnlyInternetGatewayId" => {
            ("InvalidGatewayID.NotFound", "egress-only internet gateway ID")
        }
        "natGatewayId" => ("InvalidNatGatewayID.NotFound", "natGateway ID"),
        "transitGatewayId" => ("InvalidTransitGatewayID.NotFound", "transitGateway ID"),
        "networkInterfaceId" => ("InvalidNetworkInterfaceID.NotFound", "networkInterface ID"),
        "instanceId" => ("InvalidInstanceID.NotFound", "instance ID"),
        "vpcEndpointId" => ("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"),
        "vpcPeeringConnectionId" => {
            return match peerway_model::ConnectionId::read(value) {
                Err(error) => error,
                Ok(id) => peerway_model::ConnectionId::not_found(id),
            };
        }
        _ => ("InvalidParameterValue", "route target"),
    };
    ApiError::new(code, format!("The {noun} '{value}' does not exist"))
}

/// The target that an id means, by its prefix; nothing for what is no id of a target.
pub(crate) fn parse(id: &str) -> Option<RouteTarget> {
    if id == "local" {
        return Some(RouteTarget::Local);
    }
    if id.starts_with("arn:") {
        return Some(RouteTarget::Other(id.to_owned()));
    }
    let (prefix, digits) = id.split_once('-')?;
    if !is_digits(digits) {
        return None;
    }
    let owned = id.to_owned();
    Some(match prefix {
        "pcx" => RouteTarget::Connection(id.parse().ok()?),
        "nat" => RouteTarget::NatGateway(id.parse().ok()?),
        "igw" => RouteTarget::InternetGateway(owned),
        "eigw" => RouteTarget::EgressOnlyInternetGateway(owned),
        "vgw" => RouteTarget::VpnGateway(owned),
        "tgw" => RouteTarget::TransitGateway(owned),
        "eni" => RouteTarget::NetworkInterface(owned),
        "vpce" => RouteTarget::VpcEndpoint(owned),
        "lgw" | "cagw" => RouteTarget::Other(owned),
        _ => return None,
    })
}

/// Whether packets that a table of `vpc` sends to `target` get anywhere.
pub(super) fn is_usable(state: &State, spot: &Spot, vpc: &VpcId, target: &RouteTarget) -> bool {
    let region = state.at(spot);
    match target {
        RouteTarget::Local => true,
        RouteTarget::Connection(id) => {
            let connection = state.connections.get(id);
            connection.is_some_and(|connection| {
                connection.state == ConnectionState::Active && joins(connection, spot, vpc)
            })
        }
        RouteTarget::NatGateway(id) => {
            let nat = region.nat_gateways.get(id);
            nat.is_some_and(|nat| nat.state.is_live() && nat.vpc == *vpc)
        }
        RouteTarget::InternetGateway(id) => {
            let id: Option<InternetGatewayId> = id.parse().ok();
            let gateway = id.and_then(|id| region.internet_gateways.get(&id));
            gateway.is_some_and(|gateway| gateway.vpc.as_ref() == Some(vpc))
        }
        RouteTarget::EgressOnlyInternetGateway(id) => {
            let id: Option<EgressOnlyGatewayId> = id.parse().ok();
            let gateway = id.and_then(|id| region.egress_only_gateways.get(&id));
            gateway.is_some_and(|gateway| gateway.vpc == *vpc)
        }
        RouteTarget::NetworkInterface(id) if interface(region, id).is_some() => {
            let found = interface(region, id).filter(|interface| interface.vpc == *vpc);
            found.is_some_and(|interface| forwards(region, interface))
        }
        RouteTarget::NetworkInterface(id)
        | RouteTarget::VpnGateway(id)
        | RouteTarget::TransitGateway(id)
        | RouteTarget::VpcEndpoint(id)
        | RouteTarget::Other(id) => {
            region.other_gateways.get(id).is_some_and(|vpcs| vpcs.contains(vpc))
        }
    }
}

fn joins(connection: &Connection, spot: &Spot, vpc: &VpcId) -> bool {
    connection.ends().any(|end| end.spot == *spot && end.vpc == *vpc)
}

/// Whether a route of `vpc` can ever have been pointed at a target that is there: gateways are attached to one VPC after
/// another, but connections, NAT gateways and interfaces stay where they were made.
pub(crate) fn may_ever_lead(state: &State, spot: &Spot, vpc: &VpcId, target: &RouteTarget) -> bool {
    let region = state.at(spot);
    match target {
        RouteTarget::Connection(id) => {
            state.connections.get(id).is_none_or(|connection| joins(connection, spot, vpc))
        }
        RouteTarget::NatGateway(id) => {
            region.nat_gateways.get(id).is_none_or(|nat| nat.vpc == *vpc)
        }
        RouteTarget::NetworkInterface(id) => {
            interface(region, id).is_none_or(|interface| interface.vpc == *vpc)
        }
        RouteTarget::Local
        | RouteTarget::InternetGateway(_)
        | RouteTarget::EgressOnlyInternetGateway(_)
        | RouteTarget::VpnGateway(_)
        | RouteTarget::TransitGateway(_)
        | RouteTarget::VpcEndpoint(_)
        | RouteTarget::Other(_) => true,
    }
}

/// The interface of this id, if it is one that the world knows more about than its id.
pub(super) fn interface<'a>(region: &'a RegionState, id: &str) -> Option<&'a NetworkInterface> {
    region.network_interfaces.get(&id.parse::<NetworkInterfaceId>().ok()?)
}

/// Whether somebody takes what an interface gets.
fn forwards(region: &RegionState, interface: &NetworkInterface) -> bool {
    match &interface.holder {
        Holder::Nobody => false,
        Holder::Balancer(_) | Holder::NatGateway(_) => true,
        Holder::Instance { id, .. } => {
            let instance = region.instances.get(id);
            instance.is_some_and(|instance| {
                matches!(instance.state, InstanceState::Pending | InstanceState::Running)
            })
        }
    }
}

/// Whether there is such a thing at all, wherever it is attached.
pub(crate) fn exists(state: &State, spot: &Spot, target: &RouteTarget) -> bool {
    let region = state.at(spot);
    match target {
        RouteTarget::Local => true,
        RouteTarget::Connection(id) => state.connections.contains_key(id),
        RouteTarget::NatGateway(id) => region.nat_gateways.contains_key(id),
        RouteTarget::InternetGateway(id) => {
            let id: Option<InternetGatewayId> = id.parse().ok();
            id.is_some_and(|id| region.internet_gateways.contains_key(&id))
        }
        RouteTarget::EgressOnlyInternetGateway(id) => {
            let id: Option<EgressOnlyGatewayId> = id.parse().ok();
            id.is_some_and(|id| region.egress_only_gateways.contains_key(&id))
        }
        RouteTarget::NetworkInterface(id) => {
            interface(region, id).is_some() || region.other_gateways.contains_key(id)
        }
        RouteTarget::VpnGateway(id)
        | RouteTarget::TransitGateway(id)
        | RouteTarget::VpcEndpoint(id)
        | RouteTarget::Other(id) => region.other_gateways.contains_key(id),
    }
}

/// A new route may point only at what is there and belongs to the table's VPC; a connection may still be pending.
pub(super) fn check(
    state: &State,
    spot: &Spot,
    table: &str,
    vpc: &VpcId,
    target: &RouteTarget,
) -> Result<(), ApiError> {
    let region = state.at(spot);
    let elsewhere = |noun: &str| {
        ApiError::invalid_value(format!(
            "route table {table} and {noun} {target} belong to different networks"
        ))
    };
    let parameter = match target {
        RouteTarget::Local => return Ok(()),
        RouteTarget::Connection(id) => {
            let connection = state.connections.get(id).filter(|_| region.views.contains_key(id));
            // Ended connections are still listed for hours, but nothing can be pointed at them.
            let connection = connection.filter(|connection| connection.state.is_live());
            let connection =
                connection.ok_or_else(|| peerway_model::ConnectionId::not_found(id))?;
            let is_ours = joins(connection, spot, vpc);
            return if is_ours { Ok(()) } else { Err(elsewhere("vpc peering connection")) };
        }
        RouteTarget::NatGateway(id) => {
            return match region.nat_gateways.get(id) {
                Some(nat) if !nat.state.is_live() => Err(not_found("natGatewayId", id.as_str())),
                Some(nat) if nat.vpc == *vpc => Ok(()),
                Some(_) => Err(elsewhere("NAT gateway")),
                None => Err(not_found("natGatewayId", id.as_str())),
            };
        }
        RouteTarget::InternetGateway(_) | RouteTarget::VpnGateway(_) => "gatewayId",
        RouteTarget::EgressOnlyInternetGateway(_) => "egressOnlyInternetGatewayId",
        // A transit gateway that is there but not attached to the VPC is "not found" as well.
        RouteTarget::TransitGateway(id) if !is_usable(state, spot, vpc, target) => {
            return Err(not_found("transitGatewayId", id));
        }
        RouteTarget::TransitGateway(_) => "transitGatewayId",
        RouteTarget::NetworkInterface(id) => match interface(region, id) {
            // Whether anybody holds it is the route's state, not a condition of making one.
            Some(interface) if interface.vpc == *vpc => return Ok(()),
            Some(_) => return Err(elsewhere("interface")),
            None => "networkInterfaceId",
        },
        RouteTarget::VpcEndpoint(_) => "vpcEndpointId",
        RouteTarget::Other(_) => "",
    };
    if !exists(state, spot, target) {
        Err(not_found(parameter, &target.to_string()))
    } else if is_usable(state, spot, vpc, target) {
        Ok(())
    } else {
        Err(elsewhere("network gateway"))
    }
}

/// Whether AWS lets a route inside the VPC's own blocks point at such a target
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html>).
pub(crate) fn may_stand_inside(target: &RouteTarget) -> bool {
    match target {
        RouteTarget::Local
        | RouteTarget::NatGateway(_)
        | RouteTarget::NetworkInterface(_)
        | RouteTarget::VpcEndpoint(_) => true,
        RouteTarget::Connection(_)
        | RouteTarget::InternetGateway(_)
        | RouteTarget::EgressOnlyInternetGateway(_)
        | RouteTarget::VpnGateway(_)
        | RouteTarget::TransitGateway(_)
        | RouteTarget::Other(_) => false,
    }
}
