//! What `LongestPrefix` promises: whoever reaches somebody else than before was sent there by a declared destination, of a
//! peering or of a group's routes on the peer's side, and a status says so.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use peerway_api::Reason;
use peerway_model::{CidrBlock, ConnectionId};

use crate::check::{Broken, Check, Scene, to};
use crate::object::{Object, Others};
use crate::run::Promise;
use crate::walker::{Arrival, Packet};
use crate::world::World;

/// The reasons under which a route counts as named that takes packets from a broader one.
const NAMED_BY: &[Reason] = &[Reason::ShadowsBroaderRoute, Reason::RouteWouldShadow];

/// What objects say at this moment, each asked once: many packets move by one route.
#[derive(Debug, Default)]
pub(crate) struct Said(BTreeMap<usize, Vec<(Reason, String)>>);

impl Said {
    fn by(&mut self, index: usize, objects: &mut [Object], world: &World) -> &[(Reason, String)] {
        self.0.entry(index).or_insert_with(|| {
            let others = Others::of(objects, index);
            objects[index].plan(&world.observed, others).said
        })
    }
}

impl Check<'_> {
    /// The index of the object that declares to send a packet where it goes now, and says so.
    pub(crate) fn declared(
        &self,
        scene: &Scene,
        objects: &mut [Object],
        said: &mut Said,
        packet: &Packet,
        now: Option<&Arrival>,
    ) -> Result<usize, Broken> {
        let story = |what: &str| {
            (Promise::OnlyDeclared, format!("{packet} goes to {} now, {what}", to(now)))
        };
        let way = now.and_then(|arrival| {
            let over = arrival.over.as_ref()?;
            Some((arrival, over, *scene.ours.get(over)?))
        });
        let Some((arrival, over, peering)) = way else {
            return Err(story("over no connection of ours"));
        };
        let mut declared = by_peering(objects, peering, packet);
        declared.extend(by_groups(scene, arrival, over));
        let target = IpAddr::from(Ipv4Addr::from(packet.target));
        declared.retain(|(_, block)| block.contains_address(target));
        let mut heard = Vec::new();
        for (index, block) in declared {
            let names = |(reason, text): &(Reason, String)| {
                NAMED_BY.contains(reason) && text.contains(&format!("to {block} "))
            };
            let by_this = said.by(index, objects, self.world);
            if by_this.iter().any(names) {
                return Ok(index);
            }
            heard.push(format!("of {block}: {by_this:?}"));
        }
        Err(if heard.is_empty() {
            story("which nobody declared")
        } else {
            story(&format!("and nobody says so; what is said {}", heard.join("; ")))
        })
    }
}

/// To where a peering is to have routes, in the VPC that a packet leaves.
fn by_peering(objects: &[Object], index: usize, packet: &Packet) -> Vec<(usize, CidrBlock)> {
    let Object::Peering(peering) = &objects[index] else { return Vec::new() };
    let own = usize::from(peering.pair[1] == packet.vpc);
    peering.declared[own].iter().map(|block| (index, *block)).collect()
}

/// To where groups are to have routes on the side of this peer: their own subnets, and nothing wider.
fn by_groups<'s>(
    scene: &'s Scene,
    arrival: &'s Arrival,
    over: &'s ConnectionId,
) -> impl Iterator<Item = (usize, CidrBlock)> + 's {
    let there = scene.overlap.values();
    let there = there.filter(move |at| at.vpc == arrival.vpc && at.peers.contains(over));
    there.flat_map(|at| at.cidrs.iter().map(move |block| (at.group, *block)))
}
