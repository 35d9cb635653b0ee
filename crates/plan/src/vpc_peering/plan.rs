//! The plan of a `VPCPeering`, and how its things stand.

use std::collections::BTreeSet;
use std::fmt;

use peerway_api::v1alpha1::vpc_peering::{PeerAction, RequestedFor, RuleStanding, SideName};
use peerway_model::{
    AccountId, CidrBlock, ConnectionId, ConnectionState, IngressRule, Region, Route, RouteTableId,
    RouteTarget, SecurityGroupRuleId, Timestamp, VpcId,
};

use super::desired::Desired;
use super::owned::{Ended, Owned};
use super::recorded::Recorded;
use super::seen::seen;
use super::step::Step;
use super::{absent, groups, policy, present, retain};
use crate::Presence;
use crate::access::wrong_account;
use crate::observed::{Observed, Readable};
use crate::routes::{Judged, Standing, Wish};

/// What today's observation permits.
pub type Plan = crate::Plan<Step, Report>;

/// How things stand, for the status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What the requester's side resolved to.
    pub requester: Option<SideReport>,
    /// What the accepter's side resolved to.
    pub accepter: Option<SideReport>,
    /// The VPCs that are joined, the requester's first, as far as both are known.
    pub pair: Option<(VpcId, VpcId)>,
    /// The fresh look that was asked for and is answered by this.
    pub reconcile_at: Option<String>,
    /// Whether the connections were looked at; if not, what was known of them stays.
    pub has_judged_connections: bool,
    /// The connection.
    pub connection: Option<(ConnectionId, ConnectionState)>,
    /// The last request, where there is no connection.
    pub ended: Option<Ended>,
    /// What the owner of the external side must do.
    pub peer_actions: Vec<PeerAction>,
    /// What a request made now is made for.
    pub request_for: Option<RequestedFor>,
    /// Connections before it, newest knowledge included.
    pub former: BTreeSet<ConnectionId>,
    /// The wanted routes.
    pub routes: Vec<Judged>,
    /// The sides whose withheld routes a group makes up for.
    pub supplied: BTreeSet<SideName>,
    /// A group that would supply what is withheld, ready to apply.
    pub suggested_group: Option<String>,
    /// The wanted rules.
    pub rules: Vec<RuleReport>,
    /// The record of routes as it should be now.
    pub written_routes: BTreeSet<Wish>,
    /// The record of rules as it should be now.
    pub written_rules: BTreeSet<String>,
    /// How many routes and rules of ours are there and no longer wanted.
    pub surplus: usize,
    /// How many routes over our connection nobody declared.
    pub undeclared: usize,
    /// Whether every wanted DNS option is as it should be.
    pub is_dns_in_place: bool,
    /// Whether what is there is judged at all: false while selectors do not resolve.
    pub is_resolved: bool,
    /// When to look again, though nothing is waited for: something may be asked for anew then.
    pub again_at: Option<Timestamp>,
}

/// What a side resolved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideReport {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// The VPC.
    pub vpc: VpcId,
    /// Its blocks.
    pub cidrs: Vec<CidrBlock>,
    /// The selected tables.
    pub tables: Vec<RouteTableId>,
    /// DNS resolution as AWS has it.
    pub dns_resolution: Option<bool>,
}

/// A wanted rule, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReport {
    /// On which side.
    pub side: SideName,
    /// The rule.
    pub rule: IngressRule,
    /// Whether it is there.
    pub standing: RuleStanding,
    /// Ours, if it is ours.
    pub id: Option<SecurityGroupRuleId>,
}

/// The key of a rule, as the record holds it.
#[must_use]
pub fn rule_key(rule: &IngressRule) -> String {
    format!("{} {rule}", rule.group)
}

/// What to do about `desired`, given what was `observed` and what an earlier visit `recorded`.
#[must_use]
pub fn plan(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let mut plan = unheld(desired, observed, recorded);
    if plan.unreadable.is_empty() {
        plan.report.reconcile_at.clone_from(&desired.reconcile_at);
    }
    policy::hold(desired, recorded, &mut plan);
    plan
}

/// The same, whatever the policies.
fn unheld(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let sides = match seen(desired, observed) {
        Ok(sides) => sides,
        Err(unreadable) => return Plan { unreadable, ..Plan::default() },
    };
    if let Some(finding) = groups::in_use(desired).filter(|_| desired.presence == Presence::Absent)
    {
        return Plan { findings: vec![finding], report: Report::of(recorded), ..Plan::default() };
    }
    if let Some(finding) = wrong_account(desired.places(), &observed.views) {
        return Plan { findings: vec![finding], report: Report::of(recorded), ..Plan::default() };
    }
    let pair = absent::pair(recorded, &sides);
    let mut plan = match desired.presence {
        Presence::Present => {
            let mut plan = present::plan(desired, observed, recorded, sides);
            plan.hold_until_lists_are_whole(observed);
            plan
        }
        Presence::Absent if desired.policies.leaves_everything() => {
            retain::plan(desired, observed, recorded, sides)
        }
        Presence::Absent => absent::plan(desired, observed, recorded, sides),
    };
    plan.report.pair = pair;
    plan
}

impl Plan {
    /// Whether nothing differs between what is desired and what is there, also where nothing may be written.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.steps.is_empty()
            && self.held.is_empty()
            && self.report.is_in_place()
            && self.report.undeclared == 0
    }

    /// Whether something needs to be in the record before the steps are taken.
    #[must_use]
    pub fn must_record_first(&self, recorded: &Recorded) -> bool {
        self.steps.iter().any(|step| match step {
            Step::CreateRoute { table, destination, .. }
            | Step::ReplaceRoute { table, destination, .. } => {
                !recorded.routes.contains(&Wish { table: table.clone(), destination: *destination })
            }
            Step::AuthorizeIngress { rule, .. } => !recorded.rules.contains(&rule_key(rule)),
            Step::RequestConnection { .. }
            | Step::AcceptConnection { .. }
            | Step::TagConnection { .. }
            | Step::UntagConnection { .. }
            | Step::UntagRule { .. }
            | Step::SetDnsResolution { .. }
            | Step::DeleteRoute { .. }
            | Step::TagRule { .. }
            | Step::RevokeIngress { .. }
            | Step::DeleteConnection { .. } => false,
        })
    }
}

/// Whether a route leads to this connection, or may and is only hidden by a read that lags.
fn may_lead_to(view: Readable<'_>, observed: &Observed, id: &ConnectionId) -> bool {
    let is_over = |route: &Route| matches!(&route.target, RouteTarget::Connection(to) if to == id);
    !view.route_tables.is_quiet(observed.settle, observed.wrote_at)
        || view.route_tables.iter().any(|table| table.routes.iter().any(is_over))
}

impl Report {
    /// What is known before anything is judged: a plan may end early, and the record outlives that.
    #[must_use]
    pub(super) fn of(recorded: &Recorded) -> Self {
        Self {
            former: recorded.former.clone(),
            written_routes: recorded.routes.clone(),
            written_rules: recorded.rules.clone(),
            ..Self::default()
        }
    }

    /// How the connections stand, once it is clear which are ours.
    pub(super) fn judge_connections(
        &mut self,
        desired: &Desired,
        owned: &Owned<'_>,
        observed: &Observed,
        recorded: &Recorded,
        views: &[Readable<'_>],
    ) {
        self.has_judged_connections = true;
        self.connection = owned.live.map(|live| (live.id.clone(), live.state));
        self.ended = owned.ended(recorded);
        self.former = owned.former(desired, recorded, views);
        self.former.retain(|id| {
            owned.dead.contains_key(id)
                || recorded.connection.as_ref() == Some(id)
                || views.iter().any(|view| may_lead_to(*view, observed, id))
        });
    }

    /// What a side resolved to.
    pub(super) fn side(&mut self, name: SideName) -> &mut Option<SideReport> {
        match name {
            SideName::Requester => &mut self.requester,
            SideName::Accepter => &mut self.accepter,
        }
    }

    /// Whether it takes a group to make up for what is withheld.
    #[must_use]
    pub fn is_isolated(&self) -> bool {
        self.routes
            .iter()
            .any(|route| groups::is_withheld(route) && self.supplied.contains(&route.side))
    }

    /// Whether every wanted route, rule and option was seen in place, and nothing of ours beside them.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.is_resolved
            && self.is_dns_in_place
            && self.surplus == 0
            && matches!(self.connection, Some((_, ConnectionState::Active)))
            && self.routes.iter().all(|route| {
                route.standing == Standing::InPlace
                    || groups::is_withheld(route) && self.supplied.contains(&route.side)
            })
            && self.rules.iter().all(|rule| rule.standing != RuleStanding::Missing)
    }
}

/// The wanted things one by one, as people read them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for route in &self.routes {
            let standing = match (&route.standing, &route.against) {
                (Standing::InPlace, None) => "in place".to_owned(),
                (Standing::InPlace, Some(verdict)) => format!("in place, but {}", verdict.reason()),
                (_, Some(verdict)) => format!("withheld, {}", verdict.reason()),
                (Standing::Stale, None) => "stale".to_owned(),
                (Standing::Missing, None) => "missing".to_owned(),
            };
            writeln!(f, "= route {} in {}: {standing}", route.wish.destination, route.wish.table)?;
        }
        for rule in &self.rules {
            writeln!(f, "= rule {} of {}: {:?}", rule.rule, rule.rule.group, rule.standing)?;
        }
        Ok(())
    }
}
