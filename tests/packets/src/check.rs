//! After every step every packet is followed, and the reply to it.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::Reason;
use peerway_model::{ConnectionId, RouteTable, SubnetId};

use crate::declared::Said;
use crate::given::GivenTable;
use crate::object::{Move, Object, Others};
use crate::overlap::{Births, Connections, OverlapSubnet, connections, overlap_subnets};
use crate::run::{Promise, Tally, shown};
use crate::walker::{Arrival, Network, Packet};
use crate::world::{World, items};
use crate::{NAMED_BY, Terms};

/// A promise that is broken, and how.
pub(crate) type Broken = (Promise, String);

/// What a check is made from.
pub(crate) struct Check<'w> {
    /// The world after the step.
    pub(crate) world: &'w World,
    /// One address of every kind there was at the beginning.
    pub(crate) addresses: &'w [u32],
    /// Who reached whom at the beginning.
    pub(crate) before: &'w [(Packet, Arrival)],
    /// On which terms the estate is played.
    pub(crate) terms: Terms,
    /// The steps that the planner believes were made.
    pub(crate) put_off: &'w [Move],
    /// What the network was like when subnets were made.
    pub(crate) births: &'w Births,
    /// The tables that are given to groups.
    pub(crate) given: &'w [GivenTable],
}

/// The world after a step, as it is looked at.
pub(crate) struct Scene {
    /// How packets go.
    pub(crate) network: Network,
    /// The connections that are ours.
    pub(crate) ours: Connections,
    /// The overlap subnets.
    pub(crate) overlap: BTreeMap<SubnetId, OverlapSubnet>,
}

/// Where a packet goes, in words.
pub(crate) fn to(arrival: Option<&Arrival>) -> String {
    arrival.map_or_else(
        || "nobody".to_owned(),
        |arrival| match &arrival.over {
            Some(connection) => format!("{} over {connection}", arrival.vpc),
            None => format!("{} itself", arrival.vpc),
        },
    )
}

impl Check<'_> {
    /// Every promise.
    pub(crate) fn all(&self, objects: &mut [Object], tally: &mut Tally) -> Result<(), Broken> {
        let ours = connections(self.world, objects);
        let overlap = overlap_subnets(self.world, objects, &ours);
        let scene = Scene { network: Network::of(self.world.view()), ours, overlap };
        self.others(&scene, objects, tally)?;
        if !self.terms.longest_prefix {
            self.replies(&scene, objects, tally)?;
        }
        // Last: where a packet is misled as well, that tells more.
        self.given.iter().try_for_each(|given| given.check(self.world, objects, &scene))
    }

    /// Whoever reached somebody at the beginning still does, or goes where a declared destination sends it.
    fn others(
        &self,
        scene: &Scene,
        objects: &mut [Object],
        tally: &mut Tally,
    ) -> Result<(), Broken> {
        let mut said = Said::default();
        for (packet, arrival) in self.before {
            tally.others += 1;
            let now = scene.network.arrival_of(packet);
            if now.as_ref() == Some(arrival) {
                continue;
            }
            if !self.terms.longest_prefix {
                let (was, now) = (to(Some(arrival)), to(now.as_ref()));
                let story = format!("{packet} went to {was}, and goes to {now}");
                return Err((Promise::NothingLost, story));
            }
            let by = self.declared(scene, objects, &mut said, packet, now.as_ref())?;
            tally.moved += 1;
            tally.led += u64::from(matches!(objects[by], Object::Group(_)));
        }
        Ok(())
    }

    /// Whoever goes by a route of ours is answered or gets nothing; all others whose reply a route of ours takes elsewhere are
    /// named.
    fn replies(
        &self,
        scene: &Scene,
        objects: &mut [Object],
        tally: &mut Tally,
    ) -> Result<(), Broken> {
        let Scene { network, ours, overlap } = scene;
        let is_ours =
            |arrival: &Arrival| arrival.over.as_ref().is_some_and(|it| ours.contains_key(it));
        let waiting = self.waiting_subnets(scene);
        let mut unnamed = Vec::new();
        for (packet, arrival) in network
            .arrivals(self.addresses)
            .into_iter()
            .chain(network.from_elsewhere(self.addresses))
        {
            // Only load balancers stand in overlap subnets, and they only answer.
            if packet.from.as_ref().is_some_and(|from| overlap.contains_key(from)) {
                continue;
            }
            let receiver = network.receiver(&packet, &arrival.vpc);
            let at = receiver.and_then(|subnet| overlap.get(subnet));
            let is_for_others = at.is_some_and(|at| {
                arrival.over.as_ref().is_none_or(|connection| !at.peers.contains(connection))
            });
            let reply = network.reply(&packet, &arrival.vpc);
            let is_astray = reply.as_ref().is_some_and(|reply| reply.vpc != packet.vpc);
            let is_promised = is_ours(&arrival) && !is_for_others;
            let was_so = is_promised
                && is_astray
                && receiver.is_some_and(|subnet| {
                    waiting.contains(subnet) && self.births.was_so(subnet, &packet, &arrival)
                });
            tally.unassociated += u64::from(was_so);
            if is_promised && !was_so {
                if is_astray {
                    let (there, back) = (to(Some(&arrival)), to(reply.as_ref()));
                    let story = format!("{packet} goes to {there}, the reply to {back}");
                    return Err((Promise::AnsweredToSender, story));
                }
                let is_answered = reply.is_some();
                tally.ours += 1;
                tally.answered += u64::from(is_answered);
                tally.overlap += u64::from(is_answered && at.is_some());
                tally.given += u64::from(is_answered && at.is_some_and(|at| at.is_given));
            } else if is_astray
                && reply.as_ref().is_some_and(is_ours)
                && network.admits(&arrival.vpc, packet.source)
            {
                unnamed.push((packet, arrival, reply));
            }
        }
        self.named(objects, &unnamed)?;
        tally.named += u64::try_from(unnamed.len()).expect("a number of packets fits");
        Ok(())
    }

    /// The overlap subnets that are not associated yet, as far as the planner knows: no subnet can be made with its
    /// association, and no load balancer comes before the group says that it was seen.
    fn waiting_subnets(&self, scene: &Scene) -> BTreeSet<SubnetId> {
        if scene.overlap.is_empty() {
            return BTreeSet::new();
        }
        let believed = shown(self.world, self.terms.sabotage, self.put_off);
        let tables: Vec<RouteTable> =
            believed.views.values().flat_map(|view| items(&view.route_tables)).collect();
        let associated: BTreeSet<&SubnetId> =
            tables.iter().flat_map(RouteTable::explicit_subnets).collect();
        scene.overlap.keys().filter(|subnet| !associated.contains(subnet)).cloned().collect()
    }

    /// Whether every one of these is named: by an object, with the connection it came over.
    fn named(
        &self,
        objects: &mut [Object],
        packets: &[(Packet, Arrival, Option<Arrival>)],
    ) -> Result<(), Broken> {
        if packets.is_empty() {
            return Ok(());
        }
        let shown = shown(self.world, self.terms.sabotage, self.put_off);
        let said: Vec<(Reason, String)> = (0..objects.len())
            .flat_map(|index| {
                let others = Others::of(objects, index);
                objects[index].plan(&shown, others).said
            })
            .collect();
        for (packet, arrival, reply) in packets {
            let over = arrival.over.as_ref().map_or("", ConnectionId::as_str);
            let is_named =
                said.iter().any(|(reason, text)| NAMED_BY.contains(reason) && text.contains(over));
            if !is_named {
                let story = format!(
                    "{packet} goes to {}, the reply to {}, and nobody says so; what is said: {said:?}",
                    to(Some(arrival)),
                    to(reply.as_ref())
                );
                return Err((Promise::Named, story));
            }
        }
        Ok(())
    }
}
