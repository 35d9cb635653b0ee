//! What must be read beyond the lists, and what a group wants to hear of.

use std::collections::BTreeSet;

use peerway_model::PartKind;

use super::Observed;
use super::desired::Desired;
use super::resolve;
use crate::Presence;
use crate::observed::{Needs, Read};
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
        let zones = desired.spec.availability_zones.as_ref();
        if zones.is_some_and(|zones| zones.of_auto_scaling_groups.is_some()) {
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
    needs
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
    let far = peers.iter().filter_map(|peer| Some(peer.far?.0.id.to_string()));
    Some(far.chain([home.network.vpc.id.to_string()]).collect())
}
