//! Overlap subnets: whose they are, for whom, and what the network was like right before each was made.

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::ownership::OWNER;
use peerway_model::{CidrBlock, ConnectionId, SubnetId, VpcId};

use crate::object::{Move, Object};
use crate::walker::{Arrival, Network, Packet};
use crate::world::{World, items};

/// The connections that are ours, each with the index of its peering.
pub(crate) type Connections = BTreeMap<ConnectionId, usize>;

/// Finds them.
pub(crate) fn connections(world: &World, objects: &[Object]) -> Connections {
    let mut found = Connections::new();
    for (index, object) in objects.iter().enumerate() {
        found.extend(object.connections(world).into_iter().map(|id| (id, index)));
    }
    found
}

/// An overlap subnet.
#[derive(Debug)]
pub(crate) struct OverlapSubnet {
    /// The index of its group.
    pub(crate) group: usize,
    /// Whether the group uses a table that somebody gave it.
    pub(crate) is_given: bool,
    /// The connections of the peers it is for.
    pub(crate) peers: BTreeSet<ConnectionId>,
    /// In which VPC it is.
    pub(crate) vpc: VpcId,
    /// Its blocks.
    pub(crate) cidrs: Vec<CidrBlock>,
}

/// Every overlap subnet there is, known by its tags.
pub(crate) fn overlap_subnets(
    world: &World,
    objects: &[Object],
    ours: &Connections,
) -> BTreeMap<SubnetId, OverlapSubnet> {
    let mut found = BTreeMap::new();
    for subnet in items(&world.view().subnets) {
        let Some(owner) = subnet.tags.get(OWNER) else { continue };
        let group = objects.iter().enumerate().find_map(|(index, object)| match object {
            Object::Group(group) if owner.ends_with(&format!("/{}", group.desired.owner.name)) => {
                Some((index, &group.object.spec))
            }
            Object::Group(_) | Object::Peering(_) => None,
        });
        let Some((group, spec)) = group else { continue };
        let names: BTreeSet<&str> =
            spec.peers.iter().map(|peer| peer.peering_ref.name.as_str()).collect();
        let is_peer = |index: usize| match &objects[index] {
            Object::Peering(peering) => names.contains(peering.desired.owner.name.as_str()),
            Object::Group(_) => false,
        };
        let peers = ours.iter().filter(|(_, index)| is_peer(**index));
        let overlap = OverlapSubnet {
            group,
            is_given: spec.route_table.is_some(),
            peers: peers.map(|(id, _)| id.clone()).collect(),
            vpc: subnet.vpc,
            cidrs: subnet.cidrs,
        };
        found.insert(subnet.id, overlap);
    }
    found
}

/// The subnets that were made, each with the network as it was right before.
#[derive(Debug, Default)]
pub(crate) struct Births(BTreeMap<SubnetId, Network>);

impl Births {
    /// Makes a step; before a subnet is made, the network is kept.
    pub(crate) fn make(&mut self, world: &mut World, step: &Move) {
        let made = step.new_subnet().map(|place| (place, Network::of(world.view())));
        let next = step.project(&world.observed);
        world.becomes(next);
        let Some(((vpc, cidr), before)) = made else { return };
        let mut subnets = items(&world.view().subnets);
        let subnet = subnets.find(|subnet| subnet.vpc == *vpc && subnet.cidrs.contains(cidr));
        if let Some(subnet) = subnet {
            self.0.insert(subnet.id, before);
        }
    }

    /// Whether a packet into this subnet went the same way before that was made, when the main table, which every new subnet
    /// follows, sent replies to it elsewhere already. Then no step since has led it there, nor turned its reply away.
    pub(crate) fn was_so(&self, subnet: &SubnetId, packet: &Packet, arrival: &Arrival) -> bool {
        let Some(before) = self.0.get(subnet) else { return false };
        let reply = before.reply_of_new(packet, &arrival.vpc);
        before.arrival_of(packet).as_ref() == Some(arrival)
            && reply.is_some_and(|reply| reply.vpc != packet.vpc)
    }
}
