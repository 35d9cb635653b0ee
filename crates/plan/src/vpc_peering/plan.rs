//! The plan: what to do now, what is waited for, what stands in the way, and how things stand.

use std::collections::BTreeSet;
use std::fmt;

use peerway_api::v1alpha1::vpc_peering::{PeerAction, RequestedFor, RuleStanding, SideName};
use peerway_api::{ConditionType, Reason};
use peerway_model::{
    AccountId, CidrBlock, ConnectionId, ConnectionState, IngressRule, PartKind, Place, Region,
    Route, RouteTableId, RouteTarget, SecurityGroupRuleId, Timestamp, VpcId,
};

use super::desired::{Desired, Presence};
use super::owned::{Ended, Owned};
use super::recorded::Recorded;
use super::seen::seen;
use super::step::Step;
use super::{absent, policy, present, retain};
use crate::observed::{Observed, Readable, Unreadable};
use crate::routes::{Judged, Standing, Wish};
use crate::{Effect, Finding};

/// What today's observation permits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The steps to take now, in this order.
    pub steps: Vec<Step>,
    /// The steps that would be taken, were the object not paused or only observed.
    pub held: Vec<Step>,
    /// Whether writes are stopped for now.
    pub is_paused: bool,
    /// What time will bring.
    pub waiting: Vec<Waiting>,
    /// What stands in the way, and what deserves a look.
    pub findings: Vec<Finding>,
    /// What could not be read; nothing is planned then.
    pub unreadable: Vec<Unreadable>,
    /// How things stand.
    pub report: Report,
}

/// Something that time will bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// The connection is on its way to another state.
    Connection {
        /// The connection.
        id: ConnectionId,
        /// Where it is now.
        state: ConnectionState,
    },
    /// One side does not see the connection yet.
    Visibility {
        /// The connection.
        id: ConnectionId,
        /// Who does not see it.
        place: Place,
    },
    /// What was just adopted is written down before anything is built on it.
    Adoption {
        /// The connection.
        id: ConnectionId,
    },
    /// The owner of the external side has something to do. That may take days, and is seen when it is done.
    Peer {
        /// Who.
        owner: AccountId,
        /// What.
        what: String,
    },
    /// Something must look the same for a while before it is acted upon.
    Confirmation {
        /// What.
        what: String,
        /// In which place.
        place: Place,
        /// In which part it is read.
        part: PartKind,
        /// From when on a read confirms it.
        from: Timestamp,
    },
}

impl Waiting {
    /// Whether it is for the owner of the external side to end it: nothing needs to be looked at sooner than by itself.
    #[must_use]
    pub fn is_up_to_peer(&self) -> bool {
        match self {
            Self::Peer { .. } => true,
            Self::Connection { .. }
            | Self::Visibility { .. }
            | Self::Adoption { .. }
            | Self::Confirmation { .. } => false,
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { id, state } => write!(f, "{id} is {state}"),
            Self::Visibility { id, place } => write!(f, "{id} to be visible in {place}"),
            Self::Adoption { id } => write!(f, "{id}, which was adopted, to be recorded"),
            Self::Peer { owner, what } => write!(f, "account {owner} to {what}"),
            Self::Confirmation { what, .. } => write!(f, "a second look at {what}"),
        }
    }
}

/// How things stand, for the status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What the requester's side resolved to.
    pub requester: Option<SideReport>,
    /// What the accepter's side resolved to.
    pub accepter: Option<SideReport>,
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
    policy::hold(desired, recorded, &mut plan);
    plan
}

/// The same, whatever the policies.
fn unheld(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let sides = match seen(desired, observed) {
        Ok(sides) => sides,
        Err(unreadable) => return Plan { unreadable, ..Plan::default() },
    };
    if let Some(finding) = wrong_account(desired, observed) {
        return Plan { findings: vec![finding], report: Report::of(recorded), ..Plan::default() };
    }
    let mut plan = match desired.presence {
        Presence::Present => present::plan(desired, observed, recorded, sides),
        Presence::Absent if desired.policies.leaves_everything() => {
            retain::plan(desired, observed, recorded, sides)
        }
        Presence::Absent => absent::plan(desired, observed, recorded, sides),
    };
    plan.report.reconcile_at.clone_from(&desired.reconcile_at);
    plan
}

/// Credentials that lead elsewhere would make us write into somebody's account.
fn wrong_account(desired: &Desired, observed: &Observed) -> Option<Finding> {
    desired.managed().find_map(|side| {
        let place = side.place();
        let caller = observed.views.get(place)?.caller.account.as_ref().ok()?;
        (caller != place.account()).then(|| {
            Finding::passing(
                ConditionType::Valid,
                Reason::WrongAccount,
                format!(
                    "The credentials of AWSAccount '{}' lead to account {caller}, not to {}. Nothing is written; correct its `credentials`, or make an AWSAccount for {caller}.",
                    place.access.name,
                    place.account()
                ),
            )
        })
    })
}

impl Plan {
    /// Whether anything must be acted upon by a human.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.findings.iter().any(|finding| finding.effect == Effect::Stalled)
    }

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

    /// The smallest time until a confirmation that is waited for becomes possible.
    #[must_use]
    pub fn confirmed_from(&self) -> Option<Timestamp> {
        self.waiting
            .iter()
            .filter_map(|waiting| match waiting {
                Waiting::Confirmation { from, .. } => Some(*from),
                Waiting::Connection { .. }
                | Waiting::Visibility { .. }
                | Waiting::Adoption { .. }
                | Waiting::Peer { .. } => None,
            })
            .min()
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

    /// Whether every wanted route, rule and option was seen in place, and nothing of ours beside them.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.is_resolved
            && self.is_dns_in_place
            && self.surplus == 0
            && matches!(self.connection, Some((_, ConnectionState::Active)))
            && self.routes.iter().all(|route| route.standing == Standing::InPlace)
            && self.rules.iter().all(|rule| rule.standing != RuleStanding::Missing)
    }
}

/// The plan as people read it: golden files, logs, the command line.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for unreadable in &self.unreadable {
            writeln!(f, "? {}: {}", unreadable.place, unreadable.failure)?;
        }
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        for step in &self.held {
            writeln!(f, "held: {step}")?;
        }
        for waiting in &self.waiting {
            writeln!(f, "… {waiting}")?;
        }
        for finding in &self.findings {
            let mark = match finding.effect {
                Effect::Warning => "!",
                Effect::Passing => "…",
                Effect::Stalled => "✗",
            };
            writeln!(f, "{mark} {}: {}", finding.reason, finding.message)?;
        }
        for route in &self.report.routes {
            let standing = match (&route.standing, &route.against) {
                (Standing::InPlace, None) => "in place".to_owned(),
                (Standing::InPlace, Some(verdict)) => format!("in place, but {}", verdict.reason()),
                (_, Some(verdict)) => format!("withheld, {}", verdict.reason()),
                (Standing::Stale, None) => "stale".to_owned(),
                (Standing::Missing, None) => "missing".to_owned(),
            };
            writeln!(f, "= route {} in {}: {standing}", route.wish.destination, route.wish.table)?;
        }
        for rule in &self.report.rules {
            writeln!(f, "= rule {} of {}: {:?}", rule.rule, rule.rule.group, rule.standing)?;
        }
        if self.steps.is_empty()
            && self.held.is_empty()
            && self.waiting.is_empty()
            && self.findings.is_empty()
            && self.unreadable.is_empty()
        {
            writeln!(f, "nothing to do")?;
        }
        Ok(())
    }
}
