//! Where a balancer stands: one subnet for each zone, a network interface in each. What it leaves keeps its interfaces
//! for a while, and with them whatever they keep from being deleted.

use std::collections::BTreeMap;

use peerway_model::{CidrBlock, SubnetId, VpcId, ZoneId};

use super::wire::{
    AttachLoadBalancerToSubnets, AvailabilityZonesReply, DetachLoadBalancerFromSubnets,
    DisableAvailabilityZonesForLoadBalancer, EnableAvailabilityZonesForLoadBalancer, SubnetsReply,
};
use super::{Balancer, conflict, find, find_mut, health};
use crate::ApiError;
use crate::ec2::availability_zones::{self, Kind};
use crate::ec2::network_interfaces::{self, Holder, New};
use crate::ec2::{subnets, vpcs};
use crate::events::Event;
use crate::id::NetworkInterfaceId;
use crate::scope::{Moment, Scope};
use crate::state::{RegionState, Spot};

/// How many addresses a subnet must have left, and how small it may be
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-backend-instances.html>).
const FREE_ADDRESSES: u64 = 8;
const SMALLEST: u8 = 27;

const SAME_ZONE: &str = "ELB cannot be attached to multiple subnets in the same AZ.";

/// Reads the subnets of a request, and checks whether a balancer may newly stand in them all.
pub(super) fn read(
    region: &RegionState,
    subnets: &[String],
) -> Result<BTreeMap<SubnetId, VpcId>, ApiError> {
    let mut read = BTreeMap::new();
    for text in subnets {
        let id = text.parse::<SubnetId>().ok();
        let found = id.and_then(|id| Some((region.subnets.get(&id)?.vpc.clone(), id)));
        let (vpc, id) = found.ok_or_else(|| {
            ApiError::new("SubnetNotFound", format!("The subnet ID '{text}' does not exist"))
        })?;
        read.insert(id, vpc);
    }
    Ok(read)
}

/// Whether a subnet is in one of the Region's own zones and large enough for a balancer; its block. (With which code AWS refuses one in
/// a Local Zone is not documented; this is what it says of subnets that are no good otherwise.)
fn check_one(region: &RegionState, id: &SubnetId) -> Result<CidrBlock, ApiError> {
    let subnet = region.subnets.get(id);
    if let Some(zone) = subnet.map(|it| &it.zone).filter(|zone| Kind::of(zone) != Kind::Usual) {
        return Err(ApiError::new(
            "InvalidSubnet",
            format!("{id} is in the zone {zone}, which does not support Classic Load Balancers."),
        ));
    }
    let Some(block) = subnet.and_then(|subnet| subnet.cidr) else {
        return Err(ApiError::new("InvalidSubnet", format!("{id} has no IPv4 CIDR block.")));
    };
    if block.prefix_len() > SMALLEST {
        return Err(ApiError::new(
            "InvalidSubnet",
            format!(
                "Subnet {id} is too small: its CIDR block {block} must have at least a /{SMALLEST} bitmask."
            ),
        ));
    }
    Ok(block)
}

/// Whether a subnet is such a one, and has the addresses that a balancer wants that comes there.
fn check_room(region: &RegionState, id: &SubnetId) -> Result<(), ApiError> {
    let block = check_one(region, id)?;
    if network_interfaces::free_count(region, id, block) < FREE_ADDRESSES {
        return Err(ApiError::new(
            "InvalidSubnet",
            format!(
                "Not enough IP space available in {id}. ELB requires at least {FREE_ADDRESSES} free IP addresses in \
                 each subnet."
            ),
        ));
    }
    Ok(())
}

/// Whether these subnets are of one VPC and no two of one zone.
pub(crate) fn check_subnets<'a>(
    region: &RegionState,
    subnets: impl Iterator<Item = &'a SubnetId>,
) -> Result<(), ApiError> {
    let mut zones: BTreeMap<&ZoneId, &SubnetId> = BTreeMap::new();
    let mut vpc: Option<&VpcId> = None;
    for (id, subnet) in subnets.filter_map(|id| region.subnets.get_key_value(id)) {
        if vpc.is_some_and(|vpc| *vpc != subnet.vpc) {
            return Err(conflict("All subnets must belong to the same VPC."));
        }
        vpc = Some(&subnet.vpc);
        if zones.insert(&subnet.zone, id).is_some() {
            return Err(conflict(SAME_ZONE));
        }
    }
    Ok(())
}

/// The same, for subnets that a balancer does not stand in yet: they also need room, and the account an interface for each.
pub(crate) fn check_new<'a>(
    scope: &Scope<'_>,
    subnets: impl ExactSizeIterator<Item = &'a SubnetId>,
) -> Result<(), ApiError> {
    network_interfaces::check_quota(scope.here(), scope.settings, subnets.len())?;
    for id in subnets {
        check_room(scope.here(), id)?;
    }
    Ok(())
}

/// The same, for subnets that a balancer has stood in for long, when others may have taken what was left.
pub(crate) fn check_kind<'a>(
    region: &RegionState,
    mut subnets: impl Iterator<Item = &'a SubnetId>,
) -> Result<(), ApiError> {
    subnets.try_for_each(|id| check_one(region, id).map(drop))
}

pub(crate) fn attach(
    scope: &mut Scope<'_>,
    request: &AttachLoadBalancerToSubnets,
) -> Result<SubnetsReply, ApiError> {
    let name = &request.load_balancer_name;
    let balancer = find(scope, name)?;
    if request.subnets.is_empty() {
        return Err(ApiError::validation("At least one subnet must be specified"));
    }
    let asked = read(scope.here(), &request.subnets)?;
    let new: Vec<SubnetId> =
        asked.into_keys().filter(|id| !balancer.subnets.contains(id)).collect();
    check_subnets(scope.here(), balancer.subnets.iter().chain(&new))?;
    for id in &new {
        check_left(scope.here(), name, balancer, id)?;
    }
    check_new(scope, new.iter())?;
    let spot = scope.spot;
    for id in new {
        stand(&mut scope.moment(), spot, name, &id)?;
        find_mut(scope, name)?.subnets.insert(id);
    }
    health::look_again(scope, name);
    Ok(items(find(scope, name)?))
}

/// A subnet that was left counts until its interfaces are gone, as long as another one is to take its place.
fn check_left(
    region: &RegionState,
    name: &str,
    balancer: &Balancer,
    new: &SubnetId,
) -> Result<(), ApiError> {
    let zone = region.subnets.get(new).map(|subnet| &subnet.zone);
    let interfaces = region.network_interfaces.values();
    let is_held = interfaces.filter(|it| is_of(&it.holder, name)).any(|interface| {
        interface.subnet != *new
            && !balancer.subnets.contains(&interface.subnet)
            && region.subnets.get(&interface.subnet).map(|subnet| &subnet.zone) == zone
    });
    if is_held { Err(conflict(SAME_ZONE)) } else { Ok(()) }
}

fn is_of(holder: &Holder, name: &str) -> bool {
    matches!(holder, Holder::Balancer(balancer) if balancer == name)
}

pub(crate) fn detach(
    scope: &mut Scope<'_>,
    request: &DetachLoadBalancerFromSubnets,
) -> Result<SubnetsReply, ApiError> {
    let name = &request.load_balancer_name;
    let balancer = find(scope, name)?;
    let mut kept = balancer.subnets.clone();
    let mut gone = Vec::new();
    for text in &request.subnets {
        let id = text.parse::<SubnetId>().ok().filter(|id| kept.remove(id));
        let id = id.ok_or_else(|| {
            conflict(format!("The load balancer '{name}' is not attached to the subnet {text}"))
        })?;
        gone.push(id);
    }
    if kept.is_empty() {
        return Err(conflict("Cannot detach the load balancer from its last subnet"));
    }
    let spot = scope.spot;
    leave(&mut scope.moment(), spot, name, gone.iter());
    find_mut(scope, name)?.subnets = kept;
    health::look_again(scope, name);
    Ok(items(find(scope, name)?))
}

fn items(balancer: &Balancer) -> SubnetsReply {
    SubnetsReply { subnets: balancer.subnets.iter().cloned().collect() }
}

/// What a balancer's interfaces are called, by which AWS's users find them.
pub(crate) fn interface_description(name: &str) -> String {
    format!("ELB {name}")
}

/// Gives a balancer an interface in a subnet.
pub(super) fn stand(
    moment: &mut Moment<'_>,
    spot: &Spot,
    name: &str,
    subnet: &SubnetId,
) -> Result<NetworkInterfaceId, ApiError> {
    let balancer = moment.state.at(spot).balancers.get(name);
    let groups = balancer.map(|balancer| balancer.groups.clone()).unwrap_or_default();
    let holder = Holder::Balancer(name.to_owned());
    let new = New::of_aws(subnet.clone(), interface_description(name), holder);
    network_interfaces::make(moment, spot, New { groups, ..new })
}

/// Lets a balancer's interfaces in some subnets go, after a while.
pub(super) fn leave<'a>(
    moment: &mut Moment<'_>,
    spot: &Spot,
    name: &str,
    subnets: impl Iterator<Item = &'a SubnetId>,
) {
    let takes = moment.settings.timings.balancer_interfaces;
    for subnet in subnets {
        let interfaces = moment.state.at(spot).network_interfaces.iter();
        let ids: Vec<NetworkInterfaceId> = interfaces
            .filter(|(_, interface)| interface.subnet == *subnet && is_of(&interface.holder, name))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            moment.schedule(takes, Event::BalancerInterfaceGone(spot.clone(), id));
        }
    }
}

/// An interface that a balancer has left is gone.
pub(crate) fn interface_gone(moment: &mut Moment<'_>, spot: &Spot, id: &NetworkInterfaceId) {
    network_interfaces::remove(moment.state.at_mut(spot), id);
}

/// The default subnet of a zone, which may be named in its place.
pub(super) fn default_in(scope: &Scope<'_>, zone: &str) -> Result<SubnetId, ApiError> {
    subnets::default_in(scope, zone).ok_or_else(|| {
        ApiError::validation(format!(
            "The Availability Zone {zone} has no default subnet. Specify subnets instead"
        ))
    })
}

/// Zones stand for subnets in the default VPC alone
/// (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_EnableAvailabilityZonesForLoadBalancer.html>).
pub(crate) fn enable_zones(
    scope: &mut Scope<'_>,
    request: &EnableAvailabilityZonesForLoadBalancer,
) -> Result<AvailabilityZonesReply, ApiError> {
    let name = &request.load_balancer_name;
    let balancer = find(scope, name)?;
    if vpcs::default_of(scope.here()) != Some(&balancer.vpc) {
        return Err(ApiError::validation(
            "Availability Zones cannot be enabled for a load balancer in a VPC. Use AttachLoadBalancerToSubnets instead",
        ));
    }
    let has = balancer.zone_names(scope);
    let new = request.availability_zones.iter().filter(|zone| !has.contains(zone));
    let new: Vec<String> = new
        .map(|zone| Ok(default_in(scope, zone)?.to_string()))
        .collect::<Result<_, ApiError>>()?;
    if !new.is_empty() {
        let load_balancer_name = name.clone();
        attach(scope, &AttachLoadBalancerToSubnets { load_balancer_name, subnets: new })?;
    }
    zones(scope, name)
}

/// As [`enable_zones`].
pub(crate) fn disable_zones(
    scope: &mut Scope<'_>,
    request: &DisableAvailabilityZonesForLoadBalancer,
) -> Result<AvailabilityZonesReply, ApiError> {
    let name = &request.load_balancer_name;
    let balancer = find(scope, name)?;
    if vpcs::default_of(scope.here()) != Some(&balancer.vpc) {
        return Err(conflict(
            "Availability Zones cannot be disabled for a load balancer in a VPC. Use DetachLoadBalancerFromSubnets instead",
        ));
    }
    let known = availability_zones::of(scope.state, scope.spot);
    let is_named = |id: &&SubnetId| {
        let zone = scope.here().subnets.get(*id).map(|subnet| &subnet.zone);
        request.availability_zones.iter().any(|name| known.get(name) == zone)
    };
    let subnets: Vec<String> =
        balancer.subnets.iter().filter(is_named).map(ToString::to_string).collect();
    let load_balancer_name = name.clone();
    detach(scope, &DetachLoadBalancerFromSubnets { load_balancer_name, subnets })?;
    zones(scope, name)
}

fn zones(scope: &Scope<'_>, name: &str) -> Result<AvailabilityZonesReply, ApiError> {
    let availability_zones = find(scope, name)?.zone_names(scope);
    Ok(AvailabilityZonesReply { availability_zones })
}
