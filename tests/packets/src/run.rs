//! One estate: its objects make their steps in a random order, and after every step every packet is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

use peerway_api::Reason;
use peerway_model::ownership::OWNER;
use peerway_model::{ConnectionId, RouteTable, SubnetId};

use crate::dice::Dice;
use crate::estate::Estate;
use crate::object::{Fate, Move, Object, Others};
use crate::walker::{Arrival, Network, Packet};
use crate::world::{World, items};
use crate::{NAMED_BY, Sabotage, Terms};

/// What was seen in one estate or in many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Estates.
    pub estates: u64,
    /// Steps, after each of which every packet was followed.
    pub steps: u64,
    /// Packets of others that were followed again.
    pub others: u64,
    /// Packets that followed a route of ours.
    pub ours: u64,
    /// Of these, the ones that were answered to their sender.
    pub answered: u64,
    /// And of these, the ones that were answered from an overlap subnet.
    pub overlap: u64,
    /// Admitted packets of others whose reply a route of ours took elsewhere: each of them was named.
    pub named: u64,
    /// Packets of others that came to somebody else by a declared destination: each of them was named.
    pub moved: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.estates += other.estates;
        self.steps += other.steps;
        self.others += other.others;
        self.ours += other.ours;
        self.answered += other.answered;
        self.overlap += other.overlap;
        self.named += other.named;
        self.moved += other.moved;
    }
}

/// Which promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// Whoever reached somebody before our steps still does.
    NothingLost,
    /// A packet that follows a route of ours is answered to its sender, or not at all.
    AnsweredToSender,
    /// An admitted packet of others whose reply a route of ours takes elsewhere is named.
    Named,
    /// Under `LongestPrefix`, whoever reaches somebody else than before was sent there by a declared destination, and a
    /// status says so.
    OnlyDeclared,
}

/// A promise that is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The estate.
    pub seed: u64,
    /// After how many steps.
    pub steps: usize,
    /// Which promise.
    pub promise: Promise,
    /// How.
    pub story: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, steps, promise, story } = self;
        write!(f, "seed {seed}, after {steps} steps: {promise:?}: {story}")
    }
}

/// How many visits an estate has: enough for every object to come to rest, and to be deleted.
const VISITS: usize = 24;
/// How many steps one visit takes at most; a visit that takes fewer ends as if the process had died.
const MOST_STEPS: usize = 12;

/// Plays the estate of this seed.
///
/// # Errors
/// The first promise that is broken.
pub fn play(seed: u64, terms: Terms) -> Result<Tally, Violation> {
    let mut dice = Dice::new(seed);
    let Estate { mut world, mut objects } = Estate::of(&mut dice, terms);
    let mut tally = Tally { estates: 1, ..Tally::default() };
    if objects.is_empty() {
        return Ok(tally);
    }
    let addresses = Network::of(world.view()).addresses();
    let before = Network::of(world.view()).arrivals(&addresses);
    let mut steps: Vec<String> = Vec::new();
    let mut at_rest = BTreeSet::new();
    let mut put_off: Vec<Move> = Vec::new();
    for _ in 0..VISITS * if terms.groups { 2 } else { 1 } {
        if at_rest.len() == objects.len() {
            if !dice.chance(60) {
                break;
            }
            let gone = dice.below(objects.len());
            objects[gone].delete();
            at_rest.clear();
        }
        let index = dice.below(objects.len());
        if at_rest.contains(&index) {
            continue;
        }
        if dice.chance(4) {
            objects[index].forget();
        }
        let patience = dice.between(1, MOST_STEPS);
        let mut left = patience;
        'visit: loop {
            let others = Others::of(&objects, index);
            let intent = objects[index].plan(&shown(&world, terms.sabotage, &put_off), others);
            if intent.lets_go {
                at_rest.clear();
            }
            let is_done = intent.moves.is_empty();
            let moves = if is_done && terms.sabotage == Sabotage::Order {
                std::mem::take(&mut put_off).into_iter().map(Fate::Made).collect()
            } else {
                let fate = |step: Move| step.sabotaged(terms.sabotage, &world);
                intent.moves.into_iter().map(fate).collect::<Vec<_>>()
            };
            for fate in moves {
                if left == 0 {
                    break 'visit;
                }
                left -= 1;
                let step = match fate {
                    Fate::Made(step) => step,
                    Fate::PutOff(step) => {
                        put_off.push(step);
                        continue;
                    }
                };
                steps.push(format!("{index}: {step}"));
                apply(&mut world, &step);
                at_rest.clear();
                let put_off = put_off.as_slice();
                let check =
                    Check { world: &world, addresses: &addresses, before: &before, terms, put_off };
                check.all(&mut objects, &mut tally).map_err(|(promise, story)| {
                    let story = format!("{story}\n  {}", steps.join("\n  "));
                    Violation { seed, steps: steps.len(), promise, story }
                })?;
            }
            if is_done {
                at_rest.insert(index);
                break;
            }
        }
    }
    tally.steps = u64::try_from(steps.len()).expect("a number of steps fits");
    Ok(tally)
}

fn shown(world: &World, sabotage: Sabotage, put_off: &[Move]) -> peerway_plan::Observed {
    match sabotage {
        Sabotage::None | Sabotage::Narrow => world.observed.clone(),
        Sabotage::WayBack => world.without_subnets(),
        Sabotage::Association | Sabotage::Order => {
            let believed = world.observed.clone();
            put_off.iter().fold(believed, |observed, step| step.project(&observed))
        }
    }
}

fn apply(world: &mut World, step: &Move) {
    let next = step.project(&world.observed);
    world.becomes(next);
}

struct Check<'w> {
    world: &'w World,
    addresses: &'w [u32],
    before: &'w [(Packet, Arrival)],
    terms: Terms,
    put_off: &'w [Move],
}

type Broken = (Promise, String);

fn to(arrival: Option<&Arrival>) -> String {
    arrival.map_or_else(
        || "nobody".to_owned(),
        |arrival| match &arrival.over {
            Some(connection) => format!("{} over {connection}", arrival.vpc),
            None => format!("{} itself", arrival.vpc),
        },
    )
}

impl Check<'_> {
    fn all(&self, objects: &mut [Object], tally: &mut Tally) -> Result<(), Broken> {
        let network = Network::of(self.world.view());
        let ours: BTreeSet<ConnectionId> =
            objects.iter().flat_map(|object| object.connections(self.world)).collect();
        for (packet, arrival) in self.before {
            tally.others += 1;
            let now = network.arrival_of(packet);
            if now.as_ref() == Some(arrival) {
                continue;
            }
            if self.terms.longest_prefix {
                tally.moved += 1;
                self.declared(objects, packet, now.as_ref())?;
            } else {
                let story = format!(
                    "{packet} went to {}, and goes to {}",
                    to(Some(arrival)),
                    to(now.as_ref())
                );
                return Err((Promise::NothingLost, story));
            }
        }
        if self.terms.longest_prefix {
            return Ok(());
        }
        let is_ours = |arrival: &Arrival| arrival.over.as_ref().is_some_and(|it| ours.contains(it));
        let overlap = self.overlap_subnets(objects);
        let waiting = self.waiting_subnets(&overlap);
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
            if receiver.is_some_and(|subnet| waiting.contains(subnet)) {
                continue;
            }
            let group = receiver.and_then(|subnet| overlap.get(subnet));
            let is_for_others = group.is_some_and(|peers| {
                arrival.over.as_ref().is_none_or(|connection| !peers.contains(connection))
            });
            let reply = network.reply(&packet, &arrival.vpc);
            let is_astray = reply.as_ref().is_some_and(|reply| reply.vpc != packet.vpc);
            if is_ours(&arrival) && !is_for_others {
                tally.overlap += u64::from(group.is_some() && reply.is_some() && !is_astray);
                tally.ours += 1;
                tally.answered += u64::from(reply.is_some() && !is_astray);
                if is_astray {
                    let story = format!(
                        "{packet} goes to {}, the reply to {}",
                        to(Some(&arrival)),
                        to(reply.as_ref())
                    );
                    return Err((Promise::AnsweredToSender, story));
                }
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

    /// Whether a packet that goes elsewhere now goes where an object declares to send it, and that object says so.
    fn declared(
        &self,
        objects: &mut [Object],
        packet: &Packet,
        now: Option<&Arrival>,
    ) -> Result<(), Broken> {
        let story = |what: &str| {
            (Promise::OnlyDeclared, format!("{packet} goes to {} now, {what}", to(now)))
        };
        let over = now.and_then(|arrival| arrival.over.as_ref());
        let index = objects
            .iter()
            .position(|object| over.is_some_and(|it| object.connections(self.world).contains(it)))
            .ok_or_else(|| story("over no connection of ours"))?;
        let Object::Peering(peering) = &objects[index] else {
            return Err(story("over that of a group"));
        };
        let own = usize::from(peering.pair[1] == packet.vpc);
        let target = Ipv4Addr::from(packet.target).into();
        let mut declared = peering.declared[own].iter();
        let declared = declared
            .find(|block| block.contains_address(target))
            .ok_or_else(|| story("which nobody declared"))?
            .to_string();
        let others = Others::of(objects, index);
        let said = objects[index].plan(&self.world.observed, others).said;
        let names = |(reason, text): &(Reason, String)| {
            [Reason::ShadowsBroaderRoute, Reason::RouteWouldShadow].contains(reason)
                && text.contains(&format!("to {declared} "))
        };
        if said.iter().any(names) {
            Ok(())
        } else {
            Err(story(&format!("and nobody says so; what is said: {said:?}")))
        }
    }

    /// The overlap subnets that are not associated yet, as far as the planner knows: no subnet can be made with its
    /// association, and no load balancer comes before the group says that it was seen.
    fn waiting_subnets(
        &self,
        overlap: &BTreeMap<SubnetId, BTreeSet<ConnectionId>>,
    ) -> BTreeSet<SubnetId> {
        if overlap.is_empty() {
            return BTreeSet::new();
        }
        let believed = shown(self.world, self.terms.sabotage, self.put_off);
        let tables: Vec<RouteTable> =
            believed.views.values().flat_map(|view| items(&view.route_tables)).collect();
        let associated: BTreeSet<&SubnetId> =
            tables.iter().flat_map(RouteTable::explicit_subnets).collect();
        overlap.keys().filter(|subnet| !associated.contains(subnet)).cloned().collect()
    }

    /// The overlap subnets, each with the connections of the peers it is for.
    fn overlap_subnets(&self, objects: &[Object]) -> BTreeMap<SubnetId, BTreeSet<ConnectionId>> {
        let mut found = BTreeMap::new();
        for subnet in items(&self.world.view().subnets) {
            let Some(owner) = subnet.tags.get(OWNER) else { continue };
            let group = objects.iter().find_map(|object| match object {
                Object::Group(group)
                    if owner.ends_with(&format!("/{}", group.desired.owner.name)) =>
                {
                    Some(group)
                }
                Object::Group(_) | Object::Peering(_) => None,
            });
            let names: BTreeSet<&str> = group
                .iter()
                .flat_map(|group| &group.object.spec.peers)
                .map(|peer| peer.peering_ref.name.as_str())
                .collect();
            let peers = objects.iter().filter(|object| match object {
                Object::Peering(peering) => names.contains(peering.desired.owner.name.as_str()),
                Object::Group(_) => false,
            });
            let connections = peers.flat_map(|peering| peering.connections(self.world)).collect();
            found.insert(subnet.id, connections);
        }
        found
    }

    /// Whether every one of these is named: by the object whose route takes the reply, with the connection it came over.
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
