//! Overlap subnet groups for the peerings of an estate, whether they need one or not.

use peerway_api::v1alpha1::overlap_subnet_group::{
    GroupCidrs, GroupPeer, GroupZone, OverlapSubnetGroupSpec, PeerRoutes, PeeringRef, TableRef,
    ZoneSelection,
};
use peerway_api::v1alpha1::vpc_peering::{OnConflict, SideName};
use peerway_api::v1alpha1::{AwsAccount, OverlapSubnetGroup, VpcPeering};
use peerway_model::{Place, RouteTable, Vpc, VpcId};
use peerway_plan::access::{Namespace, enter};
use peerway_plan::overlap_subnet_group::Desired;

use crate::Terms;
use crate::dice::Dice;
use crate::estate::{careful, tables_of};
use crate::group::Group;
use crate::world::{Things, ZONES, parsed};

/// Groups on some of the peerings.
pub(crate) fn groups(
    dice: &mut Dice,
    things: &Things,
    peerings: &[VpcPeering],
    account: &AwsAccount,
    namespace: &Namespace,
    place: &Place,
    terms: Terms,
) -> Vec<Group> {
    let mut groups = Vec::new();
    for (number, peering) in peerings.iter().enumerate() {
        if !dice.chance(60) {
            continue;
        }
        let side = if dice.chance(50) { SideName::Requester } else { SideName::Accepter };
        let mut peers = vec![peer(dice, things, peering, side, terms)];
        let home = &ends(things, peering, side).0.id;
        for other in &peerings[number + 1..] {
            let sides = [SideName::Requester, SideName::Accepter];
            let joins = sides.into_iter().find(|side| ends(things, other, *side).0.id == *home);
            if let Some(side) = joins.filter(|_| dice.chance(30)) {
                peers.push(peer(dice, things, other, side, terms));
            }
        }
        let listed = dice.chance(60).then(|| ZoneSelection {
            of_subnets: None,
            of_auto_scaling_groups: None,
            list: Some(
                ZONES[..dice.between(1, 2)]
                    .iter()
                    .map(|id| GroupZone { id: parsed(id), cidr: None })
                    .collect(),
            ),
        });
        let spec = OverlapSubnetGroupSpec {
            peers,
            availability_zones: listed,
            cidrs: Some(GroupCidrs { prefix_length: Some(27), within: None }),
            route_table: given(dice, things, home),
            network_acl: None,
            tags: None,
            deletion_policy: None,
            management_policy: None,
            adopt: None,
        };
        let mut object = OverlapSubnetGroup::new(&format!("group-{number}"), spec);
        object.metadata.namespace = Some(namespace.name.clone());
        object.metadata.uid = Some(format!("uid-group-{number}"));
        object.metadata.generation = Some(1);
        let named = |name: &str| {
            peerings.iter().find(|peering| peering.metadata.name.as_deref() == Some(name))
        };
        let mut desired =
            Desired::from_object(&object, named, |_| Some(account), namespace, "cluster")
                .expect("its peerings are there and granted");
        // So it would be as soon as the status says where.
        desired.known =
            enter(Some(account), "estate", namespace, &place.region).into_iter().collect();
        groups.push(Group { object, desired, holds: false, said: Vec::new() });
    }
    groups
}

/// The VPC of a side, and the other one.
fn ends<'t>(things: &'t Things, peering: &VpcPeering, side: SideName) -> (&'t Vpc, &'t Vpc) {
    let named = |side: &peerway_api::v1alpha1::vpc_peering::PeeringSide| {
        let id = side.vpc.as_ref().and_then(|vpc| vpc.id.as_ref());
        things.vpcs.iter().find(|vpc| Some(&vpc.id) == id).expect("it was made from one")
    };
    let (requester, accepter) = (named(&peering.spec.requester), named(&peering.spec.accepter));
    match side {
        SideName::Requester => (requester, accepter),
        SideName::Accepter => (accepter, requester),
    }
}

/// A table that exists, for some groups: mostly one that nobody uses, now and then whichever comes, perhaps to be refused.
fn given(dice: &mut Dice, things: &Things, home: &VpcId) -> Option<TableRef> {
    if !dice.chance(30) {
        return None;
    }
    let tables: Vec<&RouteTable> =
        things.tables.iter().filter(|table| table.vpc == *home).collect();
    let is_unused =
        |table: &&RouteTable| !table.is_main() && table.explicit_subnets().next().is_none();
    let unused: Vec<&RouteTable> = tables.iter().copied().filter(is_unused).collect();
    let from = if unused.is_empty() || dice.chance(20) { &tables } else { &unused };
    Some(TableRef { id: dice.pick(from).id.clone() })
}

fn peer(
    dice: &mut Dice,
    things: &Things,
    peering: &VpcPeering,
    side: SideName,
    terms: Terms,
) -> GroupPeer {
    let name = peering.metadata.name.clone().expect("every object has one");
    let far = ends(things, peering, side).1;
    let tables = tables_of(dice, things, far);
    let on_conflict =
        if terms.longest_prefix { Some(OnConflict::LongestPrefix) } else { careful(dice) };
    let routes = PeerRoutes { tables, on_conflict };
    GroupPeer {
        name: name.clone(),
        peering_ref: PeeringRef { name },
        side,
        peer_routes: dice.chance(85).then_some(routes),
    }
}
