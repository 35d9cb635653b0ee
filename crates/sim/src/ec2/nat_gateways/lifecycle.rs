//! A NAT gateway's life: it takes a while to come and a while to go, and stays listed for an hour after its end.

use peerway_model::{NatConnectivity, NatGatewayId, SubnetId};

use super::wire::{
    CreateNatGateway, CreateNatGatewayReply, DeleteNatGateway, DeleteNatGatewayReply,
};
use super::{NatGateway, NatState, show};
use crate::ApiError;
use crate::ec2::network_interfaces::{self, Holder, New, parse_address};
use crate::ec2::{addresses, tags};
use crate::events::Event;
use crate::id::{AllocationId, AwsId};
use crate::idempotency::once;
use crate::scope::{Moment, Scope, find, find_mut};
use crate::state::Spot;

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateNatGateway,
) -> Result<CreateNatGatewayReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let subnet_id = SubnetId::read(&request.subnet_id)?;
        let here = scope.here();
        let subnet = find(&here.subnets, &subnet_id)?;
        let (vpc, zone) = (subnet.vpc.clone(), subnet.zone.clone());
        let connectivity = match request.connectivity_type.as_deref() {
            None | Some("public") => NatConnectivity::Public,
            Some("private") => NatConnectivity::Private,
            Some(other) => {
                return Err(ApiError::invalid_value(format!(
                    "Value ({other}) for parameter connectivityType is invalid."
                )));
            }
        };
        let allocation = read_allocation(scope, connectivity, request)?;
        let tags = tags::specified(scope, &request.tag_specifications, "natgateway")?;
        let in_zone = |nat: &&NatGateway| {
            let subnet = here.subnets.get(&nat.subnet);
            nat.state.is_live() && subnet.is_some_and(|subnet| subnet.zone == zone)
        };
        if here.nat_gateways.values().filter(in_zone).count()
            >= scope.settings.quotas.nat_gateways_per_zone
        {
            return Err(ApiError::new(
                "NatGatewayLimitExceeded",
                "The maximum number of NAT gateways in the Availability Zone has been reached.",
            ));
        }
        let address = request.private_ip_address.as_deref();
        let address = address.map(|text| parse_address("privateIpAddress", text)).transpose()?;
        let id: NatGatewayId = scope.ids.fresh();
        let description = format!("Interface for NAT Gateway {id}");
        let holder = Holder::NatGateway(id.clone());
        let new = New { address, ..New::of_aws(subnet_id.clone(), description, holder) };
        let (spot, now) = (scope.spot, scope.now);
        let interface = network_interfaces::make(&mut scope.moment(), spot, new)?;
        let nat = NatGateway {
            vpc,
            subnet: subnet_id,
            connectivity,
            state: NatState::Pending,
            interface: Some(interface.clone()),
            created: now,
            deleted: None,
            tags,
            maker: scope.maker(),
        };
        if let Some(allocation) = allocation {
            find_mut(&mut scope.here_mut().addresses, &allocation)?.interface = Some(interface);
        }
        scope.here_mut().nat_gateways.insert(id.clone(), nat);
        let takes = scope.settings.timings.nat_gateway_start;
        scope.moment().schedule(takes, Event::NatGatewaySettled(spot.clone(), id.clone()));
        let nat_gateway = show(scope, &id, &scope.here().nat_gateways[&id]);
        let client_token = request.client_token.clone();
        Ok(CreateNatGatewayReply { nat_gateway, client_token })
    })
}

/// The Elastic IP address that a public NAT gateway needs and a private one cannot have.
fn read_allocation(
    scope: &Scope<'_>,
    connectivity: NatConnectivity,
    request: &CreateNatGateway,
) -> Result<Option<AllocationId>, ApiError> {
    let given = request.allocation_id.as_deref();
    match (connectivity, given) {
        (NatConnectivity::Private, None) => Ok(None),
        (NatConnectivity::Private, Some(_)) => Err(ApiError::invalid_combination(
            "An allocation ID cannot be specified for a private NAT gateway",
        )),
        (NatConnectivity::Public, None) => Err(ApiError::missing("AllocationId")),
        (NatConnectivity::Public, Some(text)) => {
            let id = AllocationId::read(text)?;
            let address = find(&scope.here().addresses, &id)?;
            match &address.interface {
                None => Ok(Some(id)),
                Some(used) => {
                    let association = addresses::association_id(&id, used);
                    Err(ApiError::new(
                        "Resource.AlreadyAssociated",
                        format!(
                            "resource {id} is already associated with associate-id {association}"
                        ),
                    ))
                }
            }
        }
    }
}

/// A NAT gateway is up, or has found no way to the internet.
pub(crate) fn settled(moment: &mut Moment<'_>, spot: &Spot, id: &NatGatewayId) {
    let region = moment.state.at_mut(spot);
    let Some(nat) = region.nat_gateways.get(id) else { return };
    if nat.state != NatState::Pending {
        return;
    }
    let needs_gateway = nat.connectivity == NatConnectivity::Public;
    if needs_gateway && addresses::check_gateway(region, &nat.vpc).is_err() {
        end(moment, spot, id, NatState::Failed);
    } else if let Some(nat) = region.nat_gateways.get_mut(id) {
        nat.state = NatState::Available;
    }
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteNatGateway,
) -> Result<DeleteNatGatewayReply, ApiError> {
    let id = NatGatewayId::read(&request.nat_gateway_id)?;
    let (spot, now) = (scope.spot, scope.now);
    let takes = scope.settings.timings.nat_gateway_stop;
    let nat = find_mut(&mut scope.here_mut().nat_gateways, &id)?;
    match nat.state {
        NatState::Deleted => return Err(NatGatewayId::not_found(&id)),
        // Once more changes nothing.
        NatState::Deleting => {}
        NatState::Pending | NatState::Available | NatState::Failed => {
            nat.state = NatState::Deleting;
            nat.deleted = Some(now);
            scope.moment().schedule(takes, Event::NatGatewayGone(spot.clone(), id.clone()));
        }
    }
    Ok(DeleteNatGatewayReply { nat_gateway_id: id })
}

/// A NAT gateway is down.
pub(crate) fn gone(moment: &mut Moment<'_>, spot: &Spot, id: &NatGatewayId) {
    let nat = moment.state.at(spot).nat_gateways.get(id);
    if nat.is_some_and(|nat| nat.state == NatState::Deleting) {
        end(moment, spot, id, NatState::Deleted);
    }
}

/// Ends a NAT gateway: its interface goes, its Elastic IP address is free, and it is listed for a while.
fn end(moment: &mut Moment<'_>, spot: &Spot, id: &NatGatewayId, state: NatState) {
    let region = moment.state.at_mut(spot);
    let Some(nat) = region.nat_gateways.get_mut(id) else { return };
    nat.state = state;
    if let Some(interface) = nat.interface.take() {
        network_interfaces::remove(region, &interface);
    }
    let visible = moment.settings.timings.nat_gateway_visible;
    moment.schedule(visible, Event::NatGatewayForgotten(spot.clone(), id.clone()));
}

/// A NAT gateway that has ended is no longer listed.
pub(crate) fn forgotten(moment: &mut Moment<'_>, spot: &Spot, id: &NatGatewayId) {
    let gateways = &mut moment.state.at_mut(spot).nat_gateways;
    // One that failed and is being deleted is forgotten when that is done.
    if gateways.get(id).is_some_and(|nat| matches!(nat.state, NatState::Failed | NatState::Deleted))
    {
        gateways.remove(id);
    }
}
