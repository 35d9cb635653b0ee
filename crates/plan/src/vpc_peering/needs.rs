//! What must be read beyond the lists, and what an object wants to hear of.

use std::collections::BTreeSet;

use peerway_model::{ConnectionState, PartKind, Place, VpcId};

use super::desired::{Desired, Managed, Side};
use super::resolve;
use crate::Presence;
use crate::observed::{Needs, Observed, Read, View};

/// The VPC of a side, where the spec resolves.
pub(crate) fn vpc_of<S>(side: &Managed, observed: &Observed<S>) -> Option<VpcId> {
    let place = side.place();
    let view = observed.views.get(place)?.readable_to_remove(place).ok()?;
    resolve::vpc(side.field(), &side.spec.vpc, view).ok().map(|vpc| vpc.id.clone())
}

/// The VPCs of both sides, where the spec resolves; somebody else's is declared.
#[must_use]
pub fn vpcs(desired: &Desired, observed: &Observed) -> [Option<VpcId>; 2] {
    desired.sides().map(|side| match side {
        Side::Managed(side) => vpc_of(side, observed),
        Side::External(side) => Some(side.vpc.id.clone()),
    })
}

/// What must be read, given the lists: for a removal nothing more, lest a read that is denied keep it from ending.
#[must_use]
pub fn needs(desired: &Desired, observed: &Observed) -> Needs {
    let mut needs = Needs::default();
    if desired.presence == Presence::Absent {
        return needs;
    }
    for side in desired.managed() {
        let vpc = vpc_of(side, observed);
        let (Some(view), Some(vpc)) = (observed.views.get(side.place()), vpc) else { continue };
        needs.of_rows(side.place(), view, &vpc);
    }
    let [Some(requester), Some(accepter)] = &vpcs(desired, observed) else { return needs };
    let wants_dns = |vpc: &VpcId, view: &View| {
        let Some(part) = &view.connections.part else { return false };
        !part.of(vpc.as_str()).any(|connection| {
            connection.state == ConnectionState::Active
                && connection.joins(requester, accepter)
                && connection.end_at(vpc).is_some_and(|end| end.dns_resolution == Some(true))
        })
    };
    let ends = || desired.sides().into_iter().zip([requester, accepter]);
    let is_wanted = ends().any(|(side, vpc)| {
        side.managed().is_some_and(|side| {
            side.spec.dns_resolution == Some(true)
                && observed.views.get(side.place()).is_some_and(|view| wants_dns(vpc, view))
        })
    });
    if is_wanted {
        let managed = ends().filter_map(|(side, vpc)| Some((side.managed()?, vpc)));
        needs.vpc_dns.extend(managed.map(|(side, vpc)| (side.place().clone(), vpc.clone())));
    }
    needs
}

/// What the object read, for waking it when that changes.
#[must_use]
pub fn reads(desired: &Desired, observed: &Observed) -> Vec<Read> {
    let mut reads: Vec<Read> = Vec::new();
    let mut add = |place: &Place, part: PartKind, keys: Option<BTreeSet<String>>| {
        match reads.iter_mut().find(|read| read.place == *place && read.part == part) {
            // Both sides in one place: what concerns either.
            Some(read) => match (&mut read.keys, keys) {
                (Some(known), Some(more)) => known.extend(more),
                (known, _) => *known = None,
            },
            None => reads.push(Read { place: place.clone(), part, keys }),
        }
    };
    for side in desired.managed() {
        let vpc = vpc_of(side, observed);
        let (place, Some(view)) = (side.place(), observed.views.get(side.place())) else {
            continue;
        };
        let of_vpc = vpc.as_ref().map(|vpc| BTreeSet::from([vpc.to_string()]));
        // Another VPC may come to match a selector by tags.
        let vpc_keys = side.spec.vpc.id.as_ref().map(|id| BTreeSet::from([id.to_string()]));
        add(place, PartKind::Vpcs, vpc_keys);
        for part in [
            PartKind::Subnets,
            PartKind::RouteTables,
            PartKind::Connections,
            PartKind::SecurityGroups,
        ] {
            add(place, part, of_vpc.clone());
        }
        let groups = vpc.as_ref().map(|vpc| {
            let groups = view.security_groups.part.iter().flat_map(|part| part.of(vpc.as_str()));
            groups.map(|group| group.id.to_string()).collect()
        });
        add(place, PartKind::SecurityGroupRules, groups);
        if view.nat_gateways.is_some() {
            add(place, PartKind::NatGateways, of_vpc.clone());
        }
        if view.prefix_lists.is_some() {
            add(place, PartKind::PrefixLists, None);
        }
    }
    reads
}
