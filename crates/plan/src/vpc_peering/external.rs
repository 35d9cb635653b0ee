//! The half that is somebody else's: what they are waited for, what they refused, whether they are whom the spec declares.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, RECONCILE_AT, Reason};
use peerway_model::ownership::Claim;
use peerway_model::{CidrBlock, Connection, ConnectionState, Origin};

use super::desired::External;
use super::lifecycle::{Life, is_terminating, must_look_again, refuses};
use super::owned::came_to_nothing;
use super::plan::Plan;
use super::present::is_blocked;
use super::sides::Pair;
use super::step::Step;
use crate::Finding;
use crate::Waiting;

/// AWS shows other CIDRs behind the connection than the spec declares: every judgement made from these is void.
pub(super) fn mismatch(pair: &Pair<'_>, connection: Option<&Connection>) -> Option<Finding> {
    let external = pair.external()?;
    let connection = connection?;
    let shown = &connection.end_at(&external.vpc.id)?.cidrs;
    let set = |cidrs: &[CidrBlock]| cidrs.iter().copied().collect::<BTreeSet<_>>();
    // Before the connection is active AWS may show none.
    if shown.is_empty() || set(shown) == set(&external.vpc.cidrs) {
        return None;
    }
    Some(Finding::stalled(
        ConditionType::ResolvedRefs,
        Reason::CidrMismatch,
        format!(
            "`{}.external.cidrs` declares {} for {}, and AWS shows {} behind {}. Nothing is written or removed until they agree: correct the declaration, if these are the CIDRs you want to reach.",
            external.field(),
            list(&external.vpc.cidrs),
            external.vpc.id,
            list(shown),
            connection.id
        ),
    ))
}

fn list(cidrs: &[CidrBlock]) -> String {
    let named: Vec<String> = cidrs.iter().map(ToString::to_string).collect();
    named.join(", ")
}

/// A request from the declared account, Region and VPC to ours that waits for us, and that nobody else has a claim on.
pub(super) fn incoming<'a>(life: &Life<'_, 'a>) -> Option<&'a Connection> {
    let external = life.desired.requester.external()?;
    let [accepter] = life.sides else { return None };
    accepter.view.connections.of(external.vpc.id.as_str()).find(|connection| {
        let from = &connection.requester;
        connection.state == ConnectionState::PendingAcceptance
            && (&from.account, &from.region, &from.vpc)
                == (&external.vpc.owner, &external.region, &external.vpc.id)
            && connection.accepter.vpc == accepter.network.vpc.id
            && life.desired.owner.claim(&connection.tags) == Claim::Untagged
    })
}

/// Takes the request of the external side, or waits for one. It is tagged before it is accepted: what is accepted and
/// carries no tag of ours could not be told from somebody else's after a crash.
pub(super) fn take(
    plan: &mut Plan,
    life: &Life<'_, '_>,
    external: &External,
    incoming: Option<&Connection>,
) {
    let [accepter] = life.sides else { return };
    let Some(incoming) = incoming else {
        if must_look_again(plan, life, accepter.view) {
            return;
        }
        return await_request(plan, life, external);
    };
    if let Some(finding) = mismatch(life.pair, Some(incoming)) {
        plan.report.is_resolved = false;
        plan.findings.push(finding);
        return;
    }
    if refuses(plan, life.sides) {
        return;
    }
    let owns = life.recorded.owns(|_| false);
    if !owns && (is_terminating(plan, life.sides) || is_blocked(plan)) {
        return;
    }
    plan.steps.push(Step::TagConnection {
        place: accepter.view.place.clone(),
        connection: incoming.id.clone(),
        tags: life.desired.owner.tags(Origin::Accepted),
    });
}

fn await_request(plan: &mut Plan, life: &Life<'_, '_>, external: &External) {
    if let Some(finding) = refused(plan, life) {
        plan.findings.push(finding);
        return;
    }
    let [_, accepter] = life.pair.vpcs;
    let ended =
        plan.report.ended.as_ref().map(|ended| format!("{} is {}. ", ended.id, ended.state));
    plan.findings.push(Finding::passing(
        ConditionType::Connected,
        Reason::RequestPending,
        format!(
            "{}Account {} has yet to ask for a connection from {} in {} to {}; it is accepted when it comes. `status.peerActions` says how.",
            ended.unwrap_or_default(),
            external.vpc.owner,
            external.vpc.id,
            external.region,
            accepter.id
        ),
    ));
    plan.waiting.push(Waiting::Peer {
        owner: external.vpc.owner.clone(),
        what: format!("ask for a connection from {}", external.vpc.id),
    });
}

/// Waits for somebody else to accept our request.
pub(super) fn await_acceptance(plan: &mut Plan, live: &Connection) {
    let expiry = live.expires_at.map(|at| format!(" It expires at {at}.")).unwrap_or_default();
    plan.findings.push(Finding::passing(
        ConditionType::Connected,
        Reason::AcceptancePending,
        format!(
            "{} waits for account {} to accept it. `status.peerActions` says how.{expiry}",
            live.id, live.accepter.account
        ),
    ));
    plan.waiting.push(Waiting::Peer {
        owner: live.accepter.account.clone(),
        what: format!("accept {}", live.id),
    });
}

/// The owner of the external side took the connection down, or would not have it: that is theirs to decide, and asking
/// again is for somebody here to decide.
pub(super) fn refused(plan: &Plan, life: &Life<'_, '_>) -> Option<Finding> {
    let external = life.pair.external()?;
    let id = life.recorded.connection.as_ref()?;
    let ended = plan.report.ended.as_ref().filter(|ended| ended.id == *id);
    let is_ours_to_ask = life.desired.requester.managed().is_some();
    let what = match ended.map(|ended| ended.state) {
        Some(ConnectionState::Rejected) => "rejected",
        // A request of ours that came to nothing is judged by what ended it; one of theirs is theirs to make again.
        Some(state) if came_to_nothing(state) => return None,
        _ => "deleted",
    };
    let words = ended.map(|ended| ended.message.as_str()).filter(|words| !words.is_empty());
    // AWS tells who deleted it: one of us, and it is drift like any other.
    let by_us = words.is_some_and(|words| {
        life.sides.iter().any(|side| {
            let account = side.view.place.account();
            *account != external.vpc.owner && words.contains(account.as_str())
        })
    });
    let (was, is) = (life.recorded.requested_for.as_ref(), plan.report.request_for.as_ref()?);
    let differs = was
        .is_some_and(|was| was.generation != is.generation || was.reconcile_at != is.reconcile_at);
    if differs || (by_us && what == "deleted") {
        return None;
    }
    let words = words.map(|words| format!(" (\"{words}\")")).unwrap_or_default();
    let again = if is_ours_to_ask {
        format!("It is requested again when the spec changes, or the annotation {RECONCILE_AT}.")
    } else {
        format!("A new request is accepted when account {} makes one.", external.vpc.owner)
    };
    Some(Finding::stalled(
        ConditionType::Connected,
        Reason::PeerRefused,
        format!(
            "{id} was {what}{words}, and the other side is account {}'s. {again}",
            external.vpc.owner
        ),
    ))
}
