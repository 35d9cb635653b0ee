//! The plan for an object that goes while everything it owns stays: our tags come off, and nothing else changes.

use peerway_model::ownership;

use super::absent;
use super::desired::Desired;
use super::ingress;
use super::owned::{distinct, is_present, owned};
use super::plan::{Plan, Report};
use super::recorded::Recorded;
use super::step::Step;
use crate::observed::{Observed, Readable};
use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_model::ownership::Claim;
use peerway_model::{Place, Tags};

pub(super) fn plan(
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    views: [Readable<'_>; 2],
) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let pair = absent::pair(desired, recorded, views);
    let pair = pair.as_ref().map(|(requester, accepter)| (requester, accepter));
    let revoked = absent::revoked(desired, pair, views);
    if !revoked.is_empty() {
        plan.findings = revoked;
        return plan;
    }
    plan.report.judge_connections(
        &owned(desired, recorded, pair, views),
        observed,
        recorded,
        views,
    );
    let is_claimed =
        |tags: &Tags| matches!(desired.owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation);
    let written = absent::with_wanted_rules(desired, recorded, views);
    let mut seen: Vec<&Place> = Vec::new();
    for (view, side) in distinct(views).into_iter().zip([SideName::Requester, SideName::Accepter]) {
        // Two AWSAccounts may lead to one account.
        if seen.iter().any(|place| place.is_same_spot(view.place)) {
            continue;
        }
        seen.push(view.place);
        for connection in view.connections.iter() {
            let fits = pair.is_some_and(|(one, other)| connection.joins(one, other));
            if fits && is_present(connection) && is_claimed(&connection.tags) {
                plan.steps.push(Step::UntagConnection {
                    place: view.place.clone(),
                    connection: connection.id.clone(),
                    tags: ownership::marks(&connection.tags),
                });
            }
        }
        for rule in view.security_group_rules.iter() {
            if is_claimed(&rule.tags) && ingress::is_ours(desired, &written, rule) {
                plan.steps.push(Step::UntagRule {
                    place: view.place.clone(),
                    side,
                    id: rule.id.clone(),
                    tags: ownership::marks(&rule.tags),
                });
            }
        }
    }
    if plan.steps.is_empty() {
        absent::confirm(&mut plan, observed, recorded, views);
    }
    plan
}
