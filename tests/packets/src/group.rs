//! An `OverlapSubnetGroup` between visits.

use std::time::Duration;

use peerway_api::Reason;
use peerway_api::v1alpha1::OverlapSubnetGroup;
use peerway_plan::overlap_subnet_group::{
    self, Desired, Neighbour, Observed, Recorded, StatusInput, status,
};
use peerway_plan::{Outcome, Presence};

use crate::object::{Intent, Move};
use crate::world::now;

/// The object, with its last status.
#[derive(Debug)]
pub struct Group {
    /// As it is in the cluster.
    pub object: OverlapSubnetGroup,
    /// What it wants.
    pub desired: Desired,
    /// Whether anything in AWS may be its own: then its peerings wait for it.
    pub holds: bool,
    /// What it warned of last, while it was wanted.
    pub said: Vec<(Reason, String)>,
}

/// The same world for a group.
#[must_use]
pub fn observed(shown: &peerway_plan::Observed, siblings: Vec<Neighbour>) -> Observed {
    Observed {
        now: shown.now,
        settle: shown.settle,
        wrote_at: shown.wrote_at,
        views: shown.views.clone(),
        siblings,
    }
}

impl Group {
    /// What it is to other groups.
    #[must_use]
    pub fn neighbour(&self) -> Neighbour {
        Neighbour {
            desired: Some(self.desired.clone()),
            recorded: Recorded::of(self.object.status.as_ref()),
            uid: self.desired.owner.uid.clone(),
            created: self.desired.created,
        }
    }

    pub(crate) fn plan(&mut self, observed: &Observed) -> Intent {
        let recorded = Recorded::of(self.object.status.as_ref());
        let plan = overlap_subnet_group::plan(&self.desired, observed, &recorded);
        if plan.steps.is_empty() || plan.must_record_first(&recorded) {
            let outcome = Outcome::default();
            self.object.status = Some(status(StatusInput {
                previous: self.object.status.as_ref(),
                generation: self.desired.generation,
                presence: self.desired.presence,
                plan: &plan,
                outcome: &outcome,
                now: now(),
                awake_since: peerway_model::Timestamp::MIN,
                stale_after: Duration::from_secs(150),
            }));
        }
        let held = self.holds;
        self.holds = match self.desired.presence {
            Presence::Present => held || !plan.steps.is_empty(),
            Presence::Absent => held && !(plan.steps.is_empty() && plan.waiting.is_empty()),
        };
        let said: Vec<(Reason, String)> =
            plan.findings.into_iter().map(|finding| (finding.reason, finding.message)).collect();
        if self.desired.presence == Presence::Present {
            self.said.clone_from(&said);
        }
        let said = self.said.iter().cloned().chain(said).collect();
        let moves = plan.steps.into_iter().map(|step| Move::Group(Box::new(step))).collect();
        Intent { moves, said, lets_go: held && !self.holds }
    }
}
