//! The plan of an `OverlapSubnetGroup`, and how its things stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use peerway_api::v1alpha1::overlap_subnet_group::GroupPlace;
use peerway_api::{ConditionType, Reason};
use peerway_model::{
    AssociationId, CidrBlock, ConnectionId, RouteTableId, SubnetId, Timestamp, ZoneId,
};

use super::desired::Desired;
use super::recorded::Recorded;
use super::step::{Call, Step};
use super::{Observed, absent, policy, present};
use crate::access::wrong_account;
use crate::routes::{Judged, Standing, Wish};
use crate::{Finding, Presence};

/// What today's observation permits.
pub type Plan = crate::Plan<Step, Report>;

/// How things stand, for the status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Where the subnets are.
    pub home: Option<GroupPlace>,
    /// The peers.
    pub peers: Vec<PeerReport>,
    /// The fresh look that was asked for and is answered by this.
    pub reconcile_at: Option<String>,
    /// Whether what is ours was looked at; if not, what was known of it stays.
    pub has_judged: bool,
    /// Whether every reference and selector resolved.
    pub is_resolved: bool,
    /// The table.
    pub table: Option<RouteTableId>,
    /// The wanted routes in it.
    pub table_routes: Vec<TableRoute>,
    /// The subnets, wanted or not, by zone.
    pub subnets: BTreeMap<ZoneId, SubnetReport>,
    /// Recorded subnets that one list leaves out: they are known until a second one does.
    pub missed: BTreeMap<(ZoneId, CidrBlock), Option<SubnetId>>,
    /// The wanted routes on the peers' sides.
    pub routes: Vec<Judged>,
    /// The record of routes as it should be now.
    pub written_routes: BTreeSet<Wish>,
    /// Whether routes are still recorded that are no longer wanted.
    pub is_clearing: bool,
    /// How many routes and subnets of ours are there and no longer wanted, and could go.
    pub surplus: usize,
    /// When to look again, though nothing is waited for.
    pub again_at: Option<Timestamp>,
}

/// What a peer resolved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerReport {
    /// Its name in the spec.
    pub name: String,
    /// Its VPC, where it is ours to write to.
    pub far: Option<GroupPlace>,
    /// Its connection.
    pub connection: Option<ConnectionId>,
    /// Whether that is active.
    pub is_active: bool,
    /// Its blocks.
    pub cidrs: Vec<CidrBlock>,
}

/// A wanted route of the group's own table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRoute {
    /// To which block.
    pub destination: CidrBlock,
    /// Over which connection.
    pub connection: ConnectionId,
    /// Whether it is there.
    pub standing: Standing,
    /// Whether somebody else's route stands, or may stand, in the way, in a table that is not ours.
    pub is_withheld: bool,
}

/// A zone's subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetReport {
    /// Its block.
    pub cidr: CidrBlock,
    /// Its IPv6 block.
    pub ipv6: Option<CidrBlock>,
    /// The IPv6 block that it is to get, where it is there without one.
    pub ipv6_to_come: Option<CidrBlock>,
    /// Its id, once it is there.
    pub id: Option<SubnetId>,
    /// Its association with the group's table.
    pub association: Option<AssociationId>,
    /// Whether the zone is wanted.
    pub is_wanted: bool,
    /// Whether it uses the network ACL that it should.
    pub has_acl: bool,
}

impl SubnetReport {
    /// Whether it is there, as it should be.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.id.is_some()
            && self.association.is_some()
            && self.has_acl
            && self.ipv6_to_come.is_none()
    }
}

/// What to do about `desired`, given what was `observed` and what an earlier visit `recorded`.
#[must_use]
pub fn plan(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let in_use = in_use(desired).filter(|_| desired.presence == Presence::Absent);
    let mut plan = match in_use.or_else(|| wrong_account(desired.places(), &observed.views)) {
        Some(finding) => {
            Plan { findings: vec![finding], report: Report::of(recorded), ..Plan::default() }
        }
        None => match desired.presence {
            Presence::Present => {
                let mut plan = present::plan(desired, observed, recorded);
                plan.hold_until_lists_are_whole(observed);
                plan
            }
            Presence::Absent => absent::plan(desired, observed, recorded),
        },
    };
    plan.report.reconcile_at.clone_from(&desired.reconcile_at);
    policy::hold(desired, recorded, &mut plan);
    plan
}

/// What is used stays, whatever becomes of it then.
fn in_use(desired: &Desired) -> Option<Finding> {
    (!desired.users.is_empty()).then(|| {
        Finding::passing(
            ConditionType::Valid,
            Reason::DependentsExist,
            format!(
                "Load balancers stand in its subnets: {}. It is taken apart once they are gone.",
                desired.users.join(", ")
            ),
        )
    })
}

impl Plan {
    /// Whether nothing differs between what is desired and what is there, also where nothing may be written.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.steps.is_empty() && self.held.is_empty() && self.report.is_in_place()
    }

    /// Whether something needs to be in the record before the steps are taken: routes carry no tags, and the tags of a
    /// subnet prove nothing without its zone and block.
    #[must_use]
    pub fn must_record_first(&self, recorded: &Recorded) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::CreateRoute { table, destination, .. }
            | Call::ReplaceRoute { table, destination, .. } => {
                !recorded.routes.contains(&Wish { table: table.clone(), destination: *destination })
            }
            Call::CreateSubnet { zone, cidr, .. } => {
                !recorded.subnets.contains_key(&(zone.clone(), *cidr))
            }
            // What is to be taken apart one day is found where the record says.
            Call::CreateTable { .. } => recorded.home.is_none(),
            Call::TagTable { .. }
            | Call::UntagTable { .. }
            | Call::DeleteTable { .. }
            | Call::DeleteRoute { .. }
            | Call::TagSubnet { .. }
            | Call::UntagSubnet { .. }
            | Call::DeleteSubnet { .. }
            | Call::AssociateBlock { .. }
            | Call::Associate { .. }
            | Call::ReplaceAssociation { .. }
            | Call::ReplaceAclAssociation { .. } => false,
        })
    }
}

impl Report {
    /// What is known before anything is judged: a plan may end early, and the record outlives that.
    #[must_use]
    pub(super) fn of(recorded: &Recorded) -> Self {
        Self { written_routes: recorded.routes.clone(), ..Self::default() }
    }

    /// Whether everything wanted was seen in place, and nothing of ours beside it.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.is_resolved
            && self.surplus == 0
            && self.table.is_some()
            && self.peers.iter().all(|peer| peer.is_active)
            && self.table_routes.iter().all(|route| route.standing == Standing::InPlace)
            && self.subnets.values().all(|subnet| !subnet.is_wanted || subnet.is_in_place())
            && self.routes.iter().all(|route| route.standing == Standing::InPlace)
    }
}

/// The wanted things one by one, as people read them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for route in &self.table_routes {
            writeln!(
                f,
                "= own route {} over {}: {:?}",
                route.destination, route.connection, route.standing
            )?;
        }
        for (zone, subnet) in &self.subnets {
            let standing = if subnet.is_in_place() { "in place" } else { "not in place" };
            let wanted = if subnet.is_wanted { "" } else { ", no longer wanted" };
            writeln!(f, "= subnet {} in {zone}: {standing}{wanted}", subnet.cidr)?;
        }
        for route in &self.routes {
            let standing = match &route.against {
                None => format!("{:?}", route.standing),
                Some(verdict) => format!("{:?}, but {}", route.standing, verdict.reason()),
            };
            writeln!(f, "= route {} in {}: {standing}", route.wish.destination, route.wish.table)?;
        }
        Ok(())
    }
}
