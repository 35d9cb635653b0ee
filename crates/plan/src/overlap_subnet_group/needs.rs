//! What must be read beyond the lists, and what a group wants to hear of.

use std::collections::BTreeSet;

use peerway_model::{CidrBlock, Destination, PartKind, Route, RouteTarget, VpcId};

use super::Observed;
use super::desired::Desired;
use super::resolve;
use crate::Presence;
use crate::observed::{Needs, Read, View};
use crate::vpc_peering::needs::vpc_of;

/// What must be read, given the lists: for a removal nothing but who is left in the subnets.
#[must_use]
pub fn needs(desired: &Desired, observed: &Observed) -> Needs {
    let mut needs = Needs::default();
    if desired.presence == Presence::Absent {
        needs.parts.extend(
            observed.views.keys().map(|place| (place.clone(), PartKind::NetworkInterfaces)),
        );
        return needs;
    }
    for peer in &desired.peers {
        let home = peer.home.place().clone();
        for part in [PartKind::Zones, PartKind::NetworkAcls, PartKind::NetworkInterfaces] {
            needs.parts.insert((home.clone(), part));
        }
        // What a neighbour wants is known only with what its zones are found by.
        let siblings = observed.siblings.iter().filter_map(|sibling| sibling.desired.as_ref());
        if siblings.chain([desired]).any(has_zones_of_groups) {
            needs.parts.insert((home, PartKind::AutoScalingGroups));
        }
    }
    let sides = desired.peers.iter().flat_map(|peer| [Some(&peer.home), peer.far.managed()]);
    for side in sides.flatten() {
        let (place, vpc) = (side.place(), vpc_of(side, observed));
        if let (Some(view), Some(vpc)) = (observed.views.get(place), vpc) {
            needs.of_rows(place, view, &vpc);
        }
    }
    for peer in &desired.peers {
        let view = observed.views.get(peer.home.place());
        if let (Some(view), Some(vpc)) = (view, vpc_of(&peer.home, observed)) {
            of_ways_in(&mut needs, observed, view, &vpc);
        }
    }
    needs
}

fn has_zones_of_groups(desired: &Desired) -> bool {
    let zones = desired.spec.availability_zones.as_ref();
    zones.is_some_and(|zones| zones.of_auto_scaling_groups.is_some())
}

/// The lists by which other VPCs send packets to this one, over whichever connection.
fn of_ways_in(needs: &mut Needs, observed: &Observed, home: &View, vpc: &VpcId) {
    let connections = home.connections.part.as_ref();
    let leads_in = |route: &Route| {
        let RouteTarget::Connection(id) = &route.target else { return false };
        matches!(route.destination, Destination::PrefixList(_))
            && connections.and_then(|part| part.get(id)).is_some_and(|connection| {
                connection.state.is_live() && connection.far_from(vpc).is_some()
            })
    };
    for (place, view) in &observed.views {
        let mut tables = view.route_tables.part.iter().flat_map(|part| part.iter());
        if tables.any(|table| table.routes.iter().any(leads_in)) {
            needs.parts.insert((place.clone(), PartKind::PrefixLists));
        }
    }
}

/// What the group read, for waking it when that changes.
#[must_use]
pub fn reads(desired: &Desired, observed: &Observed) -> Vec<Read> {
    let mut reads = Vec::new();
    let vpcs = vpcs(desired, observed);
    for place in desired.places() {
        // Zones, connections and groups are few and carry no VPC as a key.
        let keyed =
            [PartKind::Vpcs, PartKind::Subnets, PartKind::RouteTables, PartKind::Connections];
        for part in keyed {
            reads.push(Read { place: place.clone(), part, keys: vpcs.clone() });
        }
        let Some(view) = observed.views.get(place) else { continue };
        let optional = [
            (PartKind::Zones, view.zones.is_some(), false),
            (PartKind::NetworkAcls, view.network_acls.is_some(), true),
            (PartKind::NetworkInterfaces, view.network_interfaces.is_some(), true),
            (PartKind::AutoScalingGroups, view.auto_scaling_groups.is_some(), false),
            (PartKind::NatGateways, view.nat_gateways.is_some(), true),
            (PartKind::PrefixLists, view.prefix_lists.is_some(), false),
        ];
        for (part, is_read, is_keyed) in optional {
            if is_read {
                let keys = if is_keyed { vpcs.clone() } else { None };
                reads.push(Read { place: place.clone(), part, keys });
            }
        }
    }
    reads
}

/// The VPCs that matter, where they all resolve.
fn vpcs(desired: &Desired, observed: &Observed) -> Option<BTreeSet<String>> {
    let views = resolve::views(desired.places(), observed).ok()?;
    let home = resolve::home(desired, &views).ok()?;
    let peers = resolve::peers(desired, &home, &views).ok()?;
    let own = &home.network.vpc.id;
    let far = peers.iter().filter_map(|peer| Some(peer.far?.0.id.to_string()));
    // From there packets may come that our table answers to a peer.
    let meets = |cidrs: &[CidrBlock]| {
        let mut own = peers.iter().flat_map(|peer| &peer.cidrs);
        own.any(|own| cidrs.iter().any(|cidr| cidr.meets(own)))
    };
    let others = home.network.other_connections(None).filter(|(_, cidrs)| meets(cidrs));
    let others = others.filter_map(|(other, _)| Some(other.far_from(own)?.vpc.to_string()));
    Some(far.chain(others).chain([own.to_string()]).collect())
}
