//! The objects under test, whatever their kind: what to do next, and what that makes of the world.

use std::time::Duration;

use peerway_api::Reason;
use peerway_api::v1alpha1::VpcPeeringStatus;
use peerway_model::{ConnectionId, VpcId};
use peerway_plan::vpc_peering::{self, Desired, Recorded, StatusInput, Step, project, status};
use peerway_plan::{Observed, Outcome, Presence};

use crate::Sabotage;
use crate::world::{World, items, now};

/// An object.
#[derive(Debug)]
pub enum Object {
    /// A `VPCPeering`.
    Peering(Box<Peering>),
}

/// A step of any kind.
#[derive(Debug)]
pub enum Move {
    /// Of a `VPCPeering`.
    Peering(Step),
}

impl std::fmt::Display for Move {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Peering(step) => step.fmt(f),
        }
    }
}

impl Move {
    /// What becomes of it under sabotage: itself, another step, or none.
    #[must_use]
    pub fn sabotaged(self, sabotage: Sabotage) -> Option<Self> {
        match (self, sabotage) {
            (step @ Self::Peering(_), Sabotage::None | Sabotage::WayBack) => Some(step),
        }
    }

    /// The world after it.
    #[must_use]
    pub fn project(&self, observed: &Observed) -> Observed {
        match self {
            Self::Peering(step) => project(observed, step),
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
}

impl Object {
    /// Its plan, made from what it is shown; the record is written first where it must be.
    pub fn plan(&mut self, shown: &Observed) -> Intent {
        match self {
            Self::Peering(peering) => peering.plan(shown),
        }
    }

    /// From now on it is being deleted.
    pub fn delete(&mut self) {
        match self {
            Self::Peering(peering) => peering.desired.presence = Presence::Absent,
        }
    }

    /// What it wrote down is lost.
    pub fn forget(&mut self) {
        match self {
            Self::Peering(peering) => peering.status = None,
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
                stale_after: Duration::from_secs(150),
            }));
        }
        let said: Vec<(Reason, String)> =
            plan.findings.into_iter().map(|finding| (finding.reason, finding.message)).collect();
        if self.desired.presence == Presence::Present {
            self.said.clone_from(&said);
        }
        let said = if said.is_empty() { self.said.clone() } else { said };
        Intent { said, moves: plan.steps.into_iter().map(Move::Peering).collect() }
    }
}
