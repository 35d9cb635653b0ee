//! The objects under test, whatever their kind: what to do next, and what that makes of the world.

use std::collections::BTreeSet;
use std::time::Duration;

use peerway_api::Reason;
use peerway_api::v1alpha1::{OverlapSubnetGroup, VpcPeeringStatus};
use peerway_model::{CidrBlock, ConnectionId, VpcId};
use peerway_plan::overlap_subnet_group::step::Call;
use peerway_plan::overlap_subnet_group::{self, Neighbour};
use peerway_plan::vpc_peering::groups::Group as User;
use peerway_plan::vpc_peering::{self, Desired, Recorded, StatusInput, Step, project, status};
use peerway_plan::{Observed, Outcome, Presence};

use crate::Sabotage;
use crate::group::{self, Group};
use crate::world::{World, items, now};

/// An object.
#[derive(Debug)]
pub enum Object {
    /// A `VPCPeering`.
    Peering(Box<Peering>),
    /// An `OverlapSubnetGroup`.
    Group(Box<Group>),
}

/// A step of any kind.
#[derive(Debug, Clone)]
pub enum Move {
    /// Of a `VPCPeering`.
    Peering(Step),
    /// Of an `OverlapSubnetGroup`.
    Group(Box<overlap_subnet_group::Step>),
}

impl std::fmt::Display for Move {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Peering(step) => step.fmt(f),
            Self::Group(step) => step.fmt(f),
        }
    }
}

/// What becomes of a step.
#[derive(Debug)]
pub enum Fate {
    /// It is made now.
    Made(Move),
    /// It is made when the visit has nothing more to do, or never; the planner believes that it was.
    PutOff(Move),
}

impl Move {
    /// What becomes of it under sabotage.
    #[must_use]
    pub fn sabotaged(self, sabotage: Sabotage, world: &World) -> Fate {
        let Self::Group(step) = &self else { return Fate::Made(self) };
        match (sabotage, &step.call) {
            (Sabotage::Association | Sabotage::Order, Call::Associate { .. })
            | (Sabotage::Order, Call::CreateRoute { is_far: false, .. }) => Fate::PutOff(self),
            (
                Sabotage::Narrow,
                Call::CreateRoute { table, destination, connection, is_far: true },
            ) => {
                let vpcs = items(&world.view().vpcs).flat_map(|vpc| vpc.cidrs);
                let joined = items(&world.view().connections).find(|it| it.id == *connection);
                let far: Vec<CidrBlock> = joined
                    .iter()
                    .flat_map(|it| [&it.requester.cidrs, &it.accepter.cidrs])
                    .flatten()
                    .copied()
                    .collect();
                let whole = vpcs
                    .filter(|cidr| far.contains(cidr) && cidr.contains(destination))
                    .find(|cidr| {
                        items(&world.view().route_tables)
                            .any(|known| known.id == *table && known.route_to(cidr).is_none())
                    });
                let call = Call::CreateRoute {
                    table: table.clone(),
                    destination: whole.unwrap_or(*destination),
                    connection: connection.clone(),
                    is_far: true,
                };
                let place = step.place.clone();
                Fate::Made(Self::Group(Box::new(overlap_subnet_group::Step { place, call })))
            }
            _ => Fate::Made(self),
        }
    }

    /// Where the subnet is to stand that it makes, if it makes one.
    pub(crate) fn new_subnet(&self) -> Option<(&VpcId, &CidrBlock)> {
        let Self::Group(step) = self else { return None };
        let Call::CreateSubnet { vpc, cidr, .. } = &step.call else { return None };
        Some((vpc, cidr))
    }

    /// The world after it.
    #[must_use]
    pub fn project(&self, observed: &Observed) -> Observed {
        match self {
            Self::Peering(step) => project(observed, step),
            Self::Group(step) => {
                let next =
                    overlap_subnet_group::project(&group::observed(observed, Vec::new()), step);
                Observed { views: next.views, ..observed.clone() }
            }
        }
    }
}

/// What an object would do and say now.
#[derive(Debug)]
pub struct Intent {
    /// The steps to take, in this order.
    pub moves: Vec<Move>,
    /// What it warns of, or is kept by: reason and message.
    pub said: Vec<(Reason, String)>,
    /// Whether others that waited for it need not any more.
    pub lets_go: bool,
}

/// What an object needs to know of all others.
#[derive(Debug, Default)]
pub struct Others {
    /// The groups: to each other, and to the peerings.
    neighbours: Vec<Neighbour>,
    groups: Vec<(OverlapSubnetGroup, bool)>,
    /// The peerings that are being deleted.
    going: BTreeSet<String>,
}

impl Others {
    /// The others of the object at `index`.
    #[must_use]
    pub fn of(objects: &[Object], index: usize) -> Self {
        let mut others = Self::default();
        for (at, object) in objects.iter().enumerate() {
            match object {
                Object::Peering(peering) if peering.desired.presence == Presence::Absent => {
                    others.going.insert(peering.desired.owner.name.clone());
                }
                Object::Peering(_) => {}
                Object::Group(group) => {
                    others.groups.push((group.object.clone(), group.holds));
                    if at != index {
                        others.neighbours.push(group.neighbour());
                    }
                }
            }
        }
        others
    }
}

impl Object {
    /// Its plan, made from what it is shown; the record is written first where it must be.
    pub fn plan(&mut self, shown: &Observed, others: Others) -> Intent {
        match self {
            Self::Peering(peering) => {
                let name = peering.desired.owner.name.clone();
                let groups = others.groups.iter();
                let users = groups.flat_map(|(object, holds)| User::of(object, &name, *holds));
                peering.desired.groups = users.collect();
                peering.plan(shown)
            }
            Self::Group(group) => {
                for peer in &mut group.desired.peers {
                    peer.is_going = others.going.contains(&peer.peering.name);
                }
                group.plan(&group::observed(shown, others.neighbours))
            }
        }
    }

    /// From now on it is being deleted.
    pub fn delete(&mut self) {
        match self {
            Self::Peering(peering) => peering.desired.presence = Presence::Absent,
            Self::Group(group) => group.desired.presence = Presence::Absent,
        }
    }

    /// What it wrote down is lost.
    pub fn forget(&mut self) {
        match self {
            Self::Peering(peering) => peering.status = None,
            Self::Group(group) => group.object.status = None,
        }
    }

    /// The connections that are its own.
    #[must_use]
    pub fn connections(&self, world: &World) -> Vec<ConnectionId> {
        match self {
            Self::Peering(peering) => items(&world.view().connections)
                .filter(|seen| seen.joins(&peering.pair[0], &peering.pair[1]))
                .filter(|seen| peerway_model::ownership::is_marked(&seen.tags))
                .map(|seen| seen.id)
                .collect(),
            Self::Group(_) => Vec::new(),
        }
    }
}

/// A `VPCPeering` between visits.
#[derive(Debug)]
pub struct Peering {
    /// What it wants.
    pub desired: Desired,
    /// The VPCs it joins.
    pub pair: [VpcId; 2],
    /// To where each of them is to have routes.
    pub declared: [Vec<CidrBlock>; 2],
    /// What it said last.
    pub status: Option<VpcPeeringStatus>,
    /// What it warned of last, while it was wanted: on its way out it says nothing new of the routes it still has.
    pub said: Vec<(Reason, String)>,
}

impl Peering {
    fn plan(&mut self, shown: &Observed) -> Intent {
        let recorded = Recorded::of(self.status.as_ref());
        let plan = vpc_peering::plan(&self.desired, shown, &recorded);
        if plan.steps.is_empty() || plan.must_record_first(&recorded) {
            let outcome = Outcome::default();
            self.status = Some(status(StatusInput {
                previous: self.status.as_ref(),
                generation: self.desired.generation,
                presence: self.desired.presence,
                plan: &plan,
                outcome: &outcome,
                now: now(),
                awake_since: peerway_model::Timestamp::MIN,
                stale_after: Duration::from_secs(150),
            }));
        }
        let said: Vec<(Reason, String)> =
            plan.findings.into_iter().map(|finding| (finding.reason, finding.message)).collect();
        if self.desired.presence == Presence::Present {
            self.said.clone_from(&said);
        }
        let said = self.said.iter().cloned().chain(said).collect();
        let moves = plan.steps.into_iter().map(Move::Peering).collect();
        Intent { moves, said, lets_go: false }
    }
}
