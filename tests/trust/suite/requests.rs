//! What is played: what becomes of a connection whose other side is somebody else's, when they do not do as they should.

use std::time::Duration;

use peerway_api::RECONCILE_AT;
use peerway_sim::ec2::peerings::{DeleteVpcPeeringConnection, RejectVpcPeeringConnection};
use peerway_sim::estate::Include;
use peerway_trust::scenario::{Aged, Goal, Scenario};
use peerway_trust::stage::Stage;
use serde_json::json;

use crate::balancers::complaint;
use crate::lives::{says, step_by_step, until};
use crate::policies::{CONSUMER, OUTSIDE, THEY_ASK, WE_ASK, is_asked, request, they_accept};
use crate::scenarios::{REGION, edit, golden_accounts};

const NAME: &str = "reports-to-provider";
const THEIRS: &str = "provider-to-reports";
/// Which nobody has.
const MISTYPED: &str = "vpc-828a54f0";

/// A request for a connection to the VPC of somebody else, who first does something else than to accept it.
fn asking(name: &'static str, step: fn(&Stage) -> bool, change: fn(&Stage)) -> Scenario {
    Scenario {
        before: golden_accounts,
        then: Some(until(step)),
        is_by_hand: true,
        ..edit(name, change)
    }
}

pub(crate) fn all() -> Vec<Scenario> {
    vec![
        Scenario {
            also: |stage| came_to("rejected", stage),
            ..asking("request: rejected, asked anew and accepted", is_asked_again, |stage| {
                stage.apply(WE_ASK);
                step_by_step(stage, is_asked_again);
            })
        },
        Scenario {
            goal: Goal::Any,
            also: |stage| {
                let is_refused = says(stage, NAME, "PeerRefused") && live(stage).is_none();
                let left = complaint("it does not stand still", is_refused);
                left.into_iter().chain(came_to("rejected", stage)).collect()
            },
            ..asking("request: rejected, and left so", is_rejected, |stage| {
                stage.apply(WE_ASK);
                step_by_step(stage, is_rejected);
            })
        },
        Scenario {
            before: |stage| {
                golden_accounts(stage);
                stage.apply(WE_ASK);
            },
            // It expires a while after the next controller has begun.
            aged: Some(Aged { once: is_asked, by: Duration::from_mins(7 * 24 * 60 - 4) }),
            also: |stage| came_to("expired", stage),
            ..asking("request: expired, asked anew and accepted", has_expired, |stage| {
                step_by_step(stage, has_expired);
            })
        },
        Scenario {
            also: |stage| came_to("failed", stage),
            ..asking("request: failed, corrected and accepted", is_corrected, |stage| {
                stage.apply(&WE_ASK.replace(OUTSIDE.1, MISTYPED));
                step_by_step(stage, is_corrected);
            })
        },
        Scenario {
            goal: Goal::Gone,
            ..asking("request: rejected, and deleted", is_deleted, |stage| {
                stage.apply(WE_ASK);
                step_by_step(stage, is_deleted);
            })
        },
        Scenario {
            before: |stage| {
                golden_accounts(stage);
                request(stage, OUTSIDE.0, OUTSIDE.1, CONSUMER);
                stage.apply(THEY_ASK);
            },
            also: |stage| came_to("deleted", stage),
            then: Some(until(they_ask_anew)),
            is_by_hand: true,
            ..edit("request: theirs, deleted by them and made anew", |stage| {
                let vpc_peering_connection_id = live(stage).expect("it is up").0;
                let request =
                    DeleteVpcPeeringConnection { vpc_peering_connection_id, dry_run: None };
                stage.hand(OUTSIDE.0, REGION, request);
                step_by_step(stage, they_ask_anew);
            })
        },
    ]
}

/// The connection that lives or may come to live, with AWS's word for its state.
fn live(stage: &Stage) -> Option<(String, String)> {
    let (id, _) = stage.connection_between([CONSUMER, OUTSIDE.1])?;
    let estate = stage.world.estate();
    let mut all = estate.peerings.into_iter();
    let found = all.find(|peering| peering.id.as_ref().is_some_and(|it| it.as_str() == id))?;
    Some((id, found.status.unwrap_or_else(|| "active".to_owned())))
}

/// How many came to this end.
fn ended(stage: &Stage, state: &str) -> usize {
    let estate = stage.world.estate_with(Include { ended_connections: true, ..Include::default() });
    estate.peerings.iter().filter(|peering| peering.status.as_deref() == Some(state)).count()
}

/// That one was asked for that came to this, and not again and again.
fn came_to(state: &str, stage: &Stage) -> Vec<String> {
    let count = ended(stage, state);
    complaint(&format!("{count} were {state}"), count == 1)
}

/// They reject it the first time; whether it is rejected, and that is known.
fn is_rejected(stage: &Stage) -> bool {
    if let Some((id, state)) = live(stage)
        && state == "pending-acceptance"
        && ended(stage, "rejected") == 0
    {
        let request = RejectVpcPeeringConnection { vpc_peering_connection_id: id, dry_run: None };
        stage.hand(OUTSIDE.0, REGION, request);
    }
    says(stage, NAME, "PeerRefused")
}

/// Once it was rejected somebody asks for a fresh look, and they accept.
fn is_asked_again(stage: &Stage) -> bool {
    if is_rejected(stage) {
        stage.rewrite("VPCPeering", NAME, |object| {
            object["metadata"]["annotations"][RECONCILE_AT] = json!("they agree now");
        });
    }
    is_accepted_after(stage, "rejected")
}

/// They accept what is asked for after another came to this end.
fn is_accepted_after(stage: &Stage, end: &str) -> bool {
    let state = live(stage).filter(|_| ended(stage, end) > 0).map(|(_, state)| state);
    if state.as_deref() == Some("pending-acceptance") {
        they_accept(stage);
    }
    state.as_deref() == Some("active")
}

fn has_expired(stage: &Stage) -> bool {
    is_accepted_after(stage, "expired")
}

fn is_corrected(stage: &Stage) -> bool {
    if says(stage, NAME, "ConnectionFailed") {
        stage.edit(NAME, |spec| spec["accepter"]["external"]["vpcID"] = json!(OUTSIDE.1));
    }
    is_accepted_after(stage, "failed")
}

fn is_deleted(stage: &Stage) -> bool {
    let is_rejected = is_rejected(stage);
    if is_rejected {
        stage.delete("VPCPeering", NAME);
    }
    is_rejected || stage.has_no_subject()
}

fn they_ask_anew(stage: &Stage) -> bool {
    let is_live = live(stage).is_some();
    if !is_live && says(stage, THEIRS, "PeerRefused") {
        request(stage, OUTSIDE.0, OUTSIDE.1, CONSUMER);
    }
    is_live
}
