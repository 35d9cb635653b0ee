//! The plan for an object that goes while everything it owns stays: our tags come off, and nothing else changes. They come
//! off by a confirmed view: whoever asks for what has happened already is refused, since only what carries our tags may
//! lose them, and a refusal is taken for the last word.

use std::fmt::Display;

use peerway_model::ownership::{self, Claim};
use peerway_model::{Item, Part, Place, Tags};

use super::absent;
use super::desired::Desired;
use super::ingress;
use super::owned::{is_present, owned};
use super::plan::{Plan, Report};
use super::recorded::Recorded;
use super::seen::{Seen, distinct};
use super::step::Step;
use crate::observed::Observed;

pub(super) fn plan(
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    sides: [Seen<'_>; 2],
) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let views = &distinct(&sides);
    let pair = absent::pair(recorded, &sides);
    let pair = pair.as_ref().map(|(requester, accepter)| (requester, accepter));
    plan.waiting = absent::left_out(pair, views);
    if !plan.waiting.is_empty() {
        return plan;
    }
    let revoked = absent::revoked(desired, pair, &sides);
    if !revoked.is_empty() {
        plan.findings = revoked;
        return plan;
    }
    plan.report.judge_connections(
        desired,
        &owned(desired, recorded, pair, views),
        observed,
        recorded,
        views,
    );
    let is_claimed =
        |tags: &Tags| matches!(desired.owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation);
    let written = absent::with_wanted(recorded, &sides);
    let mut seen: Vec<&Place> = Vec::new();
    for side in &sides {
        let Seen::Managed(side, view) = side else { continue };
        // Two AWSAccounts may lead to one account.
        if seen.iter().any(|place| place.is_same_spot(view.place)) {
            continue;
        }
        seen.push(view.place);
        for connection in view.connections.iter() {
            let fits = pair.is_some_and(|(one, other)| connection.joins(one, other));
            let is_ours = fits && is_present(connection) && is_claimed(&connection.tags);
            if is_ours
                && is_settled(&mut plan, view.connections, connection, (view.place, observed))
            {
                plan.steps.push(Step::UntagConnection {
                    place: view.place.clone(),
                    connection: connection.id.clone(),
                    tags: ownership::marks(&connection.tags),
                });
            }
        }
        for rule in view.security_group_rules.iter() {
            let is_ours = is_claimed(&rule.tags) && ingress::is_ours(desired, &written, rule);
            let rules = view.security_group_rules;
            if is_ours && is_settled(&mut plan, rules, rule, (view.place, observed)) {
                plan.steps.push(Step::UntagRule {
                    place: view.place.clone(),
                    side: side.name,
                    id: rule.id.clone(),
                    tags: ownership::marks(&rule.tags),
                });
            }
        }
    }
    if plan.steps.is_empty() && plan.waiting.is_empty() {
        absent::confirm(&mut plan, observed, recorded, views);
    }
    plan
}

/// Whether this view of a thing is confirmed; if not, that is waited for.
fn is_settled<T: Item<Id: Display>>(
    plan: &mut Plan,
    part: &Part<T>,
    item: &T,
    at: (&Place, &Observed),
) -> bool {
    plan.is_confirmed(part, item.id(), at, || format!("the tags of {}", item.id()))
}
