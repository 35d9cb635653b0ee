//! The planner against worlds that it changes itself, by `project`.

mod adoption;
mod bad_worlds;
mod deletion;
mod drift;
mod external;
mod golden;
mod groups;
mod ipv6;
mod lives;
mod ownership;
mod pacing;
mod pair;
mod policies;
mod properties;
mod record;

use std::fmt::Write;
use std::time::Duration;

use peerway_api::v1alpha1::VpcPeeringStatus;
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::Claim;
use peerway_model::{ConnectionId, ConnectionState, Origin, RouteTarget, Timestamp};

use super::status::invalid;
use super::{Desired, Plan, Recorded, StatusInput, Step, needs, plan, project, status};
use crate::observed::Observed;
use crate::testing::now;
use crate::{FailedStep, Outcome, PlanStep};

/// No visit may need more rounds than the driver allows.
const MOST_ROUNDS: usize = 16;

/// An object and its world, between visits.
#[derive(Debug, Clone)]
struct Run {
    desired: Desired,
    observed: Observed,
    status: Option<VpcPeeringStatus>,
    awake_since: Timestamp,
}

impl Run {
    fn new(desired: Desired, observed: Observed) -> Self {
        Self { desired, observed, status: None, awake_since: Timestamp::MIN }
    }

    fn plan(&self) -> Plan {
        plan(&self.desired, &self.observed, &Recorded::of(self.status.as_ref()))
    }

    fn publish(&mut self, plan: &Plan) {
        let outcome = Outcome::default();
        let status = status(StatusInput {
            previous: self.status.as_ref(),
            generation: self.desired.generation,
            presence: self.desired.presence,
            plan,
            outcome: &outcome,
            now: now(),
            awake_since: self.awake_since,
            stale_after: Duration::from_secs(150),
        });
        self.status = Some(status);
    }

    /// One visit: rounds until nothing is left to do now. What it did, round by round.
    fn visit(&mut self) -> Vec<Vec<Step>> {
        self.visit_dying_after(usize::MAX)
    }

    /// A visit whose process dies after so many steps: what it would have published at its end is lost.
    fn visit_dying_after(&mut self, steps: usize) -> Vec<Vec<Step>> {
        let mut left = steps;
        let mut done = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let plan = self.plan();
            if plan.steps.is_empty() {
                self.publish(&plan);
                return done;
            }
            if plan.must_record_first(&Recorded::of(self.status.as_ref())) {
                self.publish(&plan);
            }
            let mut round = Vec::new();
            for step in plan.steps {
                if left == 0 {
                    done.push(round);
                    return done;
                }
                left -= 1;
                check(&self.desired, &self.observed, self.status.as_ref(), &step);
                self.observed = project(&self.observed, &step);
                round.push(step);
            }
            done.push(round);
        }
        panic!("not settled after {MOST_ROUNDS} rounds: {}", self.plan());
    }

    fn ready(&self) -> (String, String) {
        let status = self.status.as_ref().unwrap();
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready").unwrap();
        (ready.status.clone(), ready.reason.clone())
    }

    fn condition(&self, kind: ConditionType) -> Option<String> {
        let status = self.status.as_ref().unwrap();
        let found = status.conditions.iter().find(|condition| condition.type_ == kind.as_str());
        found.map(|condition| condition.status.clone())
    }

    /// Everything in the world that is ours or points at something of ours.
    fn of_ours(&self) -> Vec<String> {
        let mut found = Vec::new();
        let owner = &self.desired.owner;
        for view in self.observed.views.values() {
            let connections = view.connections.part.as_ref().unwrap();
            let ours: Vec<&ConnectionId> = connections
                .iter()
                .filter(|connection| matches!(owner.claim(&connection.tags), Claim::Ours))
                .map(|connection| &connection.id)
                .collect();
            found.extend(
                connections
                    .iter()
                    .filter(|connection| {
                        ours.contains(&&connection.id) && connection.state.is_live()
                    })
                    .map(|connection| connection.id.as_str().to_owned()),
            );
            for table in view.route_tables.part.as_ref().unwrap().iter() {
                for route in &table.routes {
                    if matches!(&route.target, RouteTarget::Connection(id) if ours.contains(&id)) {
                        found.push(format!("{} {}", table.id, route.destination));
                    }
                }
            }
            for rule in view.security_group_rules.part.as_ref().unwrap().iter() {
                if owner.claim(&rule.tags) == Claim::Ours {
                    found.push(rule.id.as_str().to_owned());
                }
            }
        }
        found
    }
}

/// What every step must keep to, whatever the world: it touches nothing that is not ours.
fn check(desired: &Desired, observed: &Observed, status: Option<&VpcPeeringStatus>, step: &Step) {
    let owner = &desired.owner;
    let recorded = Recorded::of(status);
    let view = &observed.views[step.place()];
    let claims = |tags: &peerway_model::Tags| {
        matches!(owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation)
    };
    // The record speaks for a connection only where no view shows it as somebody else's.
    let is_our_connection = |id: &ConnectionId| {
        let connections = observed.views.values().map(|view| view.connections.part.as_ref());
        let seen: Vec<Claim> = connections
            .filter_map(|part| Some(owner.claim(&part.unwrap().get(id)?.tags)))
            .collect();
        let is_recorded = recorded.connection.as_ref() == Some(id) || recorded.former.contains(id);
        !seen.contains(&Claim::Others)
            && (is_recorded
                || seen.contains(&Claim::Ours)
                || seen.contains(&Claim::EarlierIncarnation))
    };
    match step {
        Step::RequestConnection { requester, accepter, .. } => {
            let taken = view.connections.part.as_ref().unwrap().iter().any(|connection| {
                connection.state.is_live() && connection.joins(requester, accepter)
            });
            assert!(!taken, "{step}: the pair is taken");
        }
        // Also what only now becomes ours is tagged: where it is named, and nobody else's.
        Step::TagConnection { connection, tags, .. }
            if peerway_model::ownership::origin(tags) == Some(Origin::Adopted) =>
        {
            let adopt = desired.adopt.as_ref().unwrap();
            assert_eq!(adopt.connection_id.as_ref(), Some(connection), "{step}: not named");
        }
        Step::TagRule { id, tags, .. }
            if peerway_model::ownership::origin(tags) == Some(Origin::Adopted) =>
        {
            let named = desired.adopt.as_ref().unwrap().security_group_rule_ids.iter().flatten();
            assert!(named.into_iter().any(|named| named == id), "{step}: not named");
        }
        Step::TagConnection { connection, .. } => {
            // A request of the declared external side becomes ours by being tagged.
            let seen = view.connections.part.as_ref().unwrap().get(connection).unwrap();
            let is_declared = desired.requester.external().is_some_and(|external| {
                seen.state == ConnectionState::PendingAcceptance
                    && seen.requester.vpc == external.vpc.id
                    && seen.requester.account == external.vpc.owner
                    && owner.claim(&seen.tags) == Claim::Untagged
            });
            assert!(is_declared || is_our_connection(connection), "{step}: not ours");
        }
        Step::AcceptConnection { connection, .. }
        | Step::UntagConnection { connection, .. }
        | Step::SetDnsResolution { connection, .. }
        | Step::DeleteConnection { connection, .. } => {
            assert!(is_our_connection(connection), "{step}: not ours");
        }
        Step::CreateRoute { table, destination, connection, .. } => {
            let table = view.route_tables.part.as_ref().unwrap().get(table).unwrap();
            assert!(table.route_to(destination).is_none(), "{step}: the key is taken");
            assert!(is_our_connection(connection), "{step}: not ours");
        }
        Step::ReplaceRoute { table, destination, was: target, .. }
        | Step::DeleteRoute { table, destination, connection: target, .. } => {
            let table = view.route_tables.part.as_ref().unwrap().get(table).unwrap();
            let route = table.route_to(destination).unwrap();
            assert_eq!(route.target, RouteTarget::Connection(target.clone()), "{step}");
            assert!(is_our_connection(target), "{step}: not ours");
        }
        Step::AuthorizeIngress { rule, .. } => {
            let rules = view.security_group_rules.part.as_ref().unwrap();
            assert!(!rules.iter().any(|there| rule.is_key_of(there)), "{step}: it is there");
        }
        Step::TagRule { id, .. } | Step::UntagRule { id, .. } | Step::RevokeIngress { id, .. } => {
            let rule = view.security_group_rules.part.as_ref().unwrap().get(id).unwrap();
            assert!(claims(&rule.tags) || recorded.rule_ids.contains(id), "{step}: not ours");
        }
    }
}

/// The rounds of a visit as text, for golden files.
fn text(rounds: &[Vec<Step>]) -> String {
    let mut text = String::new();
    for (index, round) in rounds.iter().enumerate() {
        writeln!(text, "round {}", index + 1).unwrap();
        for step in round {
            writeln!(text, "  {step}").unwrap();
        }
    }
    text
}

fn reasons(plan: &Plan) -> Vec<Reason> {
    plan.findings.iter().map(|finding| finding.reason).collect()
}

#[test]
fn a_spec_that_cannot_be_acted_upon_says_so_and_keeps_what_is_known() {
    let finding = crate::Finding::stalled(
        ConditionType::Valid,
        Reason::InvalidSpec,
        "`spec.x`: no".to_owned(),
    );
    let status = invalid(None, 3, &[finding], now());
    assert_eq!(status.observed_generation, 3);
    let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready").unwrap();
    assert_eq!((ready.status.as_str(), ready.reason.as_str()), ("False", "InvalidSpec"));
    assert!(status.conditions.iter().any(|condition| condition.type_ == "Stalled"));
}
