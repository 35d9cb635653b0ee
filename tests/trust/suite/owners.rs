//! What is played: whose a connection is. One of two objects that name its pair has it, or one that takes over what others made.

use std::time::Duration;

use peerway_sim::ec2::security_groups::{AuthorizeSecurityGroupIngress, GroupPair, IpPermission};
use peerway_trust::scenario::{Goal, Scenario};
use peerway_trust::stage::Stage;
use serde_json::json;

use crate::balancers::complaint;
use crate::lives::{FRONT, KIND, made, object, rules, says, step_by_step, until};
use crate::policies::{CONSUMER, SERVICE, accept, request};
use crate::scenarios::{ACCOUNT, DIRECT, NAME, REGION, edit, golden, golden_accounts};

const YOUNGER: &str = "reports-once-more";

pub(crate) fn all() -> Vec<Scenario> {
    [pairs(), adoptions()].into_iter().flatten().collect()
}

fn pairs() -> Vec<Scenario> {
    vec![
        Scenario {
            then: Some(until(takes_over)),
            also: |stage| complaint("it is not the younger's", is_owner(stage, YOUNGER)),
            ..edit("pair: held by the older, taken over by the younger", |stage| {
                stage.apply(&DIRECT.replacen(NAME, YOUNGER, 1));
                step_by_step(stage, takes_over);
            })
        },
        Scenario {
            goal: Goal::AsBefore,
            then: Some(until(is_turned_away)),
            also: |stage| complaint("it is not the older's", is_owner(stage, NAME)),
            ..edit("pair: held by the older, the younger deleted", |stage| {
                stage.apply(&DIRECT.replacen(NAME, YOUNGER, 1));
                step_by_step(stage, is_turned_away);
            })
        },
        Scenario {
            before: |stage| {
                golden(stage);
                stage.edit(NAME, |spec| spec["deletionPolicy"] = json!("Retain"));
            },
            then: Some(until(|stage| object(stage, NAME).is_none())),
            is_by_hand: true,
            also: |stage| {
                let is_whole = is_owner(stage, YOUNGER) && made(stage) == [1, 2, 1];
                complaint("it was not handed over", is_whole)
            },
            ..edit("pair: handed over by retaining and adopting", |stage| {
                stage.delete(KIND, NAME);
                stage.apply(&adopting("Delete", stage).replacen(NAME, YOUNGER, 1));
            })
        },
    ]
}

/// The older goes as soon as the younger knows of it.
fn takes_over(stage: &Stage) -> bool {
    if object(stage, NAME).is_some() && says(stage, YOUNGER, "PairTaken") {
        stage.delete(KIND, NAME);
    }
    object(stage, NAME).is_none()
}

fn is_turned_away(stage: &Stage) -> bool {
    if says(stage, YOUNGER, "PairTaken") {
        stage.delete(KIND, YOUNGER);
    }
    object(stage, YOUNGER).is_none()
}

/// Whether the tags of the connection name this object.
pub(crate) fn is_owner(stage: &Stage, name: &str) -> bool {
    let id = stage.connection_between([SERVICE, CONSUMER]).map(|(id, _)| id);
    stage.world.estate().peerings.iter().any(|peering| {
        let owner = peering.tags.requester.get("peerway.dev/owner");
        peering.id.as_ref().map(ToString::to_string) == id
            && owner.is_some_and(|owner| *owner == format!("VPCPeering/analytics/{name}"))
    })
}

/// The golden one, which takes over what stands between its VPCs.
fn adopting(deletion: &str, stage: &Stage) -> String {
    let (id, _) = stage.connection_between([SERVICE, CONSUMER]).expect("it was made");
    let rules: Vec<String> = rules(stage).into_iter().map(|(id, ..)| id).collect();
    let adopt = format!(
        "spec:\n  deletionPolicy: {deletion}\n  adopt: {{connectionID: {id}, securityGroupRuleIDs: [{}]}}\n",
        rules.join(", ")
    );
    DIRECT.replacen("spec:\n", &adopt, 1)
}

/// A connection and a rule over it that were made by hand.
fn by_hand(stage: &Stage) {
    golden_accounts(stage);
    request(stage, ACCOUNT, CONSUMER, SERVICE);
    peerway_trust::time::pass(Duration::from_mins(1));
    accept(stage, ACCOUNT, [SERVICE, CONSUMER]);
    peerway_trust::time::pass(Duration::from_mins(1));
    let source = GroupPair { group_id: Some("sg-dee0b1ae".to_owned()), ..GroupPair::default() };
    let request = AuthorizeSecurityGroupIngress {
        group_id: Some(FRONT.to_owned()),
        ip_permissions: vec![IpPermission {
            ip_protocol: "tcp".to_owned(),
            from_port: Some(0),
            to_port: Some(65535),
            groups: vec![source],
            ..IpPermission::default()
        }],
        ..AuthorizeSecurityGroupIngress::default()
    };
    stage.hand(ACCOUNT, REGION, request);
}

fn adoptions() -> Vec<Scenario> {
    vec![
        Scenario {
            before: by_hand,
            is_by_hand: true,
            also: |stage| {
                let is_taken = matches!(&rules(stage)[..], [(_, true, _)]);
                complaint("it is not adopted", is_taken && made(stage) == [0, 2, 0])
            },
            ..edit("adopt: a connection and its rule", |stage| {
                stage.apply(&adopting("Delete", stage));
            })
        },
        Scenario {
            before: |stage| {
                by_hand(stage);
                stage.apply(&adopting("Delete", stage));
            },
            goal: Goal::Gone,
            ..edit("adopt: delete, with the connection and its rule", |stage| {
                stage.delete(KIND, NAME);
            })
        },
        Scenario {
            before: |stage| {
                by_hand(stage);
                stage.apply(&adopting("Retain", stage));
            },
            goal: Goal::Released,
            also: |stage| {
                let is_free = matches!(&rules(stage)[..], [(_, false, _)]);
                complaint("it is not released", is_free && !is_owner(stage, NAME))
            },
            ..edit("adopt: delete, retaining the connection and its rule", |stage| {
                stage.delete(KIND, NAME);
            })
        },
    ]
}
