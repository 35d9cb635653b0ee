//! What is played: a `VPCPeering` that is bound elsewhere, under other policies, and whose record is lost.

use std::time::Duration;

use peerway_sim::ec2::peerings::DeleteVpcPeeringConnection;
use peerway_sim::ec2::vpcs::{AssociateVpcCidrBlock, DescribeVpcs, DisassociateVpcCidrBlock};
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;
use serde_json::{Value, json};

use crate::balancers::complaint;
use crate::groups::OVERLAP;
use crate::owners::is_owner;
use crate::policies::{CONSUMER, SERVICE, TABLE, lose_a_route};
use crate::scenarios::{
    ACCOUNT, DIRECT, NAME, REGION, TWO_ACCOUNTS, TWO_NAME, drift, edit, golden, golden_accounts,
    two,
};

pub(crate) const KIND: &str = "VPCPeering";
const OTHER_VPC: &str = "vpc-3607f64e";
const SECOND_CIDR: &str = "172.21.0.0/20";
pub(crate) const FRONT: &str = "sg-0e1b0001";
/// A destination to which the service's table has a broader route, over the provider's connection.
const SHADOWING: &str = "172.19.8.0/24";
const SHADOWING_NAME: &str = "druid-to-billing";

/// The service's account by another name, in the consumer's Region.
const THIRD: &str = r#"
apiVersion: peerway.dev/v1alpha1
kind: AWSAccount
metadata: {name: third}
spec:
  accountID: "111111111111"
  regions: [eu-central-1]
  credentials: {assumeRole: {roleARN: "arn:aws:iam::111111111111:role/peerway"}}
  grants:
    - name: analytics
      namespaces: {from: Names, names: [analytics]}
"#;

/// Two accounts, of which the service's has a VPC of the consumer's name in the consumer's Region.
static TWO_CONSUMERS: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    let more = "    regions:\n      eu-central-1:\n        vpcs:\n          \
                - {id: vpc-0c8300ff, cidr: 10.90.0.0/16, dnsHostnames: true, tags: {Name: consumer}}\n";
    TWO_ACCOUNTS.replacen("    regions:\n", more, 1)
});

pub(crate) fn all() -> Vec<Scenario> {
    let all = [management(), conflicts(), ingress(), bound(), cidrs(), lost()];
    all.into_iter().flatten().collect()
}

/// A step is tried every so often while a controller lives, so that it can die behind each.
pub(crate) fn step_by_step(stage: &Stage, step: fn(&Stage) -> bool) {
    for nth in 1..=9 {
        stage.later(nth * Duration::from_secs(40), move |stage| {
            step(stage);
        });
    }
}

/// The same step whenever all is quiet, until it says that it was the last.
pub(crate) fn until(step: fn(&Stage) -> bool) -> Step {
    Step { once: step, change: |_| {} }
}

pub(crate) fn object(stage: &Stage, name: &str) -> Option<Value> {
    let mut objects = stage.api.objects("vpcpeerings.peerway.dev").into_iter();
    objects.find(|object| object["metadata"]["name"] == name)
}

/// Whether a condition of the object gives this reason, at its generation.
pub(crate) fn says(stage: &Stage, name: &str, reason: &str) -> bool {
    object(stage, name).is_some_and(|object| {
        let mut conditions = object["status"]["conditions"].as_array().into_iter().flatten();
        object["status"]["observedGeneration"] == object["metadata"]["generation"]
            && conditions.any(|condition| condition["reason"] == reason)
    })
}

/// How many connections, routes and rules the controller has made.
pub(crate) fn made(stage: &Stage) -> [usize; 3] {
    let ledger = stage.world.ledger();
    let actions = ["CreateVpcPeeringConnection", "CreateRoute", "AuthorizeSecurityGroupIngress"];
    actions.map(|action| {
        let is_made = |call: &&peerway_sim::Entry| {
            let who = call.principal.as_deref().unwrap_or_default();
            call.action == action
                && call.is_applied_write()
                && who.contains("assumed-role/peerway/")
        };
        ledger.iter().filter(is_made).count()
    })
}

/// A rule on the service's front: its id, whether it carries tags, and whom it admits.
pub(crate) fn rules(stage: &Stage) -> Vec<(String, bool, String)> {
    let estate = stage.world.estate();
    let groups = peerway_trust::judge::vpcs(&estate).flat_map(|vpc| &vpc.security_groups);
    let front = groups.filter(|group| group.id.as_ref().is_some_and(|id| id.as_str() == FRONT));
    let rules = front.flat_map(|group| &group.ingress);
    rules
        .filter_map(|rule| {
            let source = rule.source.clone().unwrap_or_default();
            Some((rule.id.as_ref()?.to_string(), !rule.tags.is_empty(), source))
        })
        .collect()
}

fn management() -> Vec<Scenario> {
    vec![
        Scenario {
            before: golden_accounts,
            then: Some(until(is_managed)),
            also: |stage| complaint("it is not its own", is_owner(stage, NAME)),
            ..edit("management: observed, then managed", |stage| {
                stage.apply(&DIRECT.replacen("spec:\n", "spec:\n  managementPolicy: Observe\n", 1));
                step_by_step(stage, is_managed);
            })
        },
        Scenario {
            then: Some(until(is_managed_again)),
            ..drift("management: no more than observed, then managed again", |stage| {
                stage.edit(NAME, |spec| spec["managementPolicy"] = json!("Observe"));
                step_by_step(stage, is_managed_again);
            })
        },
    ]
}

fn is_observed(stage: &Stage, name: &str) -> bool {
    object(stage, name).is_some_and(|object| object["spec"]["managementPolicy"] == "Observe")
}

/// As long as it only looks, nothing is there.
fn is_managed(stage: &Stage) -> bool {
    let is_nothing_there = stage.connection_between([SERVICE, CONSUMER]).is_none();
    if is_observed(stage, NAME) && says(stage, NAME, "DriftObserved") && is_nothing_there {
        stage.edit(NAME, |spec| spec["managementPolicy"] = json!("Full"));
    }
    !is_observed(stage, NAME)
}

/// As long as it only looks, nothing is repaired.
fn is_managed_again(stage: &Stage) -> bool {
    if is_observed(stage, NAME) {
        if stage.has_route(TABLE, "172.20.0.0/22") {
            lose_a_route(stage);
        } else if says(stage, NAME, "DriftObserved") {
            stage.edit(NAME, |spec| spec["managementPolicy"] = json!("Full"));
        }
    }
    !is_observed(stage, NAME)
}

/// A peering with a route that would take packets from the provider.
fn shadowing(stage: &Stage, on_conflict: &str) {
    stage.apply_changed(OVERLAP, KIND, |object| {
        object["spec"]["requester"]["routes"] = json!({
            "tables": { "ids": [TABLE] }, "destinations": [SHADOWING], "onConflict": on_conflict,
        });
    });
}

fn conflicts() -> Vec<Scenario> {
    vec![
        Scenario {
            before: golden_accounts,
            then: Some(until(is_allowed_at_last)),
            also: |stage| complaint("no route", stage.has_route(TABLE, SHADOWING)),
            ..edit("onConflict: Isolate, Refuse, then LongestPrefix", |stage| {
                shadowing(stage, "Isolate");
                step_by_step(stage, is_allowed_at_last);
            })
        },
        Scenario {
            before: |stage| {
                golden_accounts(stage);
                shadowing(stage, "LongestPrefix");
            },
            then: Some(until(is_allowed_again)),
            also: |stage| {
                let routes = made(stage)[1];
                complaint("the route was withdrawn", routes == 1)
            },
            goal: Goal::AsBefore,
            ..edit("onConflict: LongestPrefix, Isolate, Refuse, and back", |stage| {
                set_on_conflict(stage, "Isolate");
                step_by_step(stage, is_allowed_again);
            })
        },
    ]
}

fn set_on_conflict(stage: &Stage, value: &str) {
    stage.edit(SHADOWING_NAME, |spec| spec["requester"]["routes"]["onConflict"] = json!(value));
}

fn on_conflict(stage: &Stage) -> String {
    let object = object(stage, SHADOWING_NAME).unwrap_or_default();
    let value = object["spec"]["requester"]["routes"]["onConflict"].as_str();
    value.unwrap_or_default().to_owned()
}

/// Neither of the first two writes the route.
fn is_allowed_at_last(stage: &Stage) -> bool {
    let is_withheld = !stage.has_route(TABLE, SHADOWING);
    match on_conflict(stage).as_str() {
        "Isolate" if is_withheld && says(stage, SHADOWING_NAME, "IsolationRequired") => {
            set_on_conflict(stage, "Refuse");
        }
        "Refuse" if is_withheld && says(stage, SHADOWING_NAME, "RouteWouldShadow") => {
            set_on_conflict(stage, "LongestPrefix");
        }
        _ => {}
    }
    on_conflict(stage) == "LongestPrefix"
}

/// None of them takes a route that stands away.
fn is_allowed_again(stage: &Stage) -> bool {
    let is_told = says(stage, SHADOWING_NAME, "RouteWouldShadow");
    match on_conflict(stage).as_str() {
        "Isolate" if is_told => set_on_conflict(stage, "Refuse"),
        "Refuse" if is_told => set_on_conflict(stage, "LongestPrefix"),
        _ => {}
    }
    on_conflict(stage) == "LongestPrefix"
}

fn ingress() -> Vec<Scenario> {
    let of_one = |name, change, also| Scenario { also, ..edit(name, change) };
    vec![
        of_one(
            "ingress: other ports",
            |stage| {
                stage.edit(NAME, |spec| {
                    spec["requester"]["ingress"][0]["ports"] = json!({ "from": 443, "to": 443 });
                });
            },
            |stage| {
                let is_one = matches!(&rules(stage)[..], [(_, true, _)]);
                complaint("the rule is not another", is_one)
            },
        ),
        of_one(
            "ingress: another source",
            |stage| {
                stage.edit(NAME, |spec| {
                    spec["requester"]["ingress"][0]["source"] =
                        json!({ "cidrs": ["172.20.0.0/22", "172.20.4.0/22"] });
                });
            },
            |stage| {
                let all = rules(stage);
                let is_block = |(_, is_ours, source): &(String, bool, String)| {
                    *is_ours && source.starts_with("172.20.")
                };
                complaint("the rules are others", all.len() == 2 && all.iter().all(is_block))
            },
        ),
    ]
}

fn bound() -> Vec<Scenario> {
    vec![
        Scenario {
            then: Some(until(is_bound_again)),
            ..drift("bound elsewhere: another VPC, and back", |stage| {
                name_vpc(stage, OTHER_VPC);
                step_by_step(stage, is_bound_again);
            })
        },
        Scenario {
            goal: Goal::Gone,
            then: Some(until(is_deleted)),
            ..edit("bound elsewhere: another VPC, and deleted", |stage| {
                name_vpc(stage, OTHER_VPC);
                step_by_step(stage, is_deleted);
            })
        },
        Scenario {
            estate: &TWO_CONSUMERS,
            before: with_third,
            goal: Goal::AsBefore,
            then: Some(until(is_entered_again)),
            ..edit("bound elsewhere: another account, and back", |stage| {
                name_account(stage, "third");
                step_by_step(stage, is_entered_again);
            })
        },
        Scenario {
            estate: &TWO_CONSUMERS,
            before: with_third,
            goal: Goal::Gone,
            then: Some(until(is_entered_again)),
            ..edit("bound elsewhere: another account, deleted, and back", |stage| {
                name_account(stage, "third");
                stage.delete(KIND, TWO_NAME);
                step_by_step(stage, is_entered_again);
            })
        },
    ]
}

fn with_third(stage: &Stage) {
    stage.apply(THIRD);
    two(stage);
}

fn name_vpc(stage: &Stage, id: &str) {
    stage.edit(NAME, |spec| spec["accepter"]["vpc"]["id"] = json!(id));
}

fn name_account(stage: &Stage, name: &str) {
    stage.edit(TWO_NAME, |spec| spec["requester"]["accountRef"]["name"] = json!(name));
}

fn is_elsewhere(stage: &Stage) -> bool {
    object(stage, NAME).is_some_and(|object| object["spec"]["accepter"]["vpc"]["id"] == OTHER_VPC)
}

/// As long as it is bound elsewhere, nothing is repaired.
fn is_bound_again(stage: &Stage) -> bool {
    if is_elsewhere(stage) && says(stage, NAME, "BoundElsewhere") {
        if stage.has_route(TABLE, "172.20.0.0/22") {
            lose_a_route(stage);
        } else {
            name_vpc(stage, CONSUMER);
        }
    }
    !is_elsewhere(stage)
}

fn is_deleted(stage: &Stage) -> bool {
    let is_told = says(stage, NAME, "BoundElsewhere");
    if is_told {
        stage.delete(KIND, NAME);
    }
    is_told || stage.has_no_subject()
}

fn is_entered_again(stage: &Stage) -> bool {
    if says(stage, TWO_NAME, "BoundElsewhere") {
        name_account(stage, "consumer");
    }
    object(stage, TWO_NAME)
        .is_none_or(|object| object["spec"]["requester"]["accountRef"]["name"] == "consumer")
}

fn cidrs() -> Vec<Scenario> {
    vec![
        Scenario {
            before: |stage| {
                second_cidr(stage);
                golden(stage);
                stage.edit(NAME, |spec| {
                    let routes = spec["requester"]["routes"].as_object_mut();
                    routes.expect("it is one").remove("destinations");
                });
            },
            then: Some(until(|stage| !stage.has_route(TABLE, SECOND_CIDR))),
            also: |stage| complaint("too much went", stage.has_route(TABLE, "172.20.0.0/20")),
            is_by_hand: true,
            ..edit("a VPC loses a CIDR that is followed", lose_second_cidr)
        },
        Scenario {
            before: |stage| {
                second_cidr(stage);
                golden(stage);
                stage.edit(NAME, |spec| {
                    spec["requester"]["routes"]["destinations"] =
                        json!(["172.20.0.0/22", SECOND_CIDR]);
                });
            },
            then: Some(until(is_narrowed)),
            also: |stage| complaint("the route stays", !stage.has_route(TABLE, SECOND_CIDR)),
            is_by_hand: true,
            ..edit("a VPC loses a CIDR that is named", |stage| {
                lose_second_cidr(stage);
                step_by_step(stage, is_narrowed);
            })
        },
    ]
}

fn second_cidr(stage: &Stage) {
    let cidr_block = Some(SECOND_CIDR.to_owned());
    let request =
        AssociateVpcCidrBlock { vpc_id: CONSUMER.to_owned(), cidr_block, ..Default::default() };
    stage.hand(ACCOUNT, REGION, request);
    peerway_trust::time::pass(Duration::from_mins(1));
}

fn lose_second_cidr(stage: &Stage) {
    let request = DescribeVpcs { vpc_ids: vec![CONSUMER.to_owned()], ..DescribeVpcs::default() };
    let vpc = stage.hand(ACCOUNT, REGION, request).vpc_set.remove(0);
    let mut blocks = vpc.cidr_block_association_set.into_iter();
    let second = blocks.find(|it| it.cidr_block.to_string() == SECOND_CIDR);
    let association_id = second.expect("it has it").association_id.to_string();
    stage.hand(ACCOUNT, REGION, DisassociateVpcCidrBlock { association_id });
}

/// What no longer resolves takes nothing away; whoever asked for it decides.
fn is_narrowed(stage: &Stage) -> bool {
    let is_kept = stage.has_route(TABLE, SECOND_CIDR);
    if is_kept && says(stage, NAME, "DestinationOutsidePeer") {
        stage.edit(NAME, |spec| {
            spec["requester"]["routes"]["destinations"] = json!(["172.20.0.0/22"]);
        });
    }
    !is_kept
}

/// What the object notes of itself is lost, and with it nothing in AWS. Tags alone say then what is ours: no other hands
/// must take those off meanwhile.
fn lost() -> Vec<Scenario> {
    let still = |name, change| Scenario {
        goal: Goal::AsBefore,
        is_by_hand: true,
        also: |stage| {
            let again = complaint("something was made again", made(stage) == [1, 2, 1]);
            again.into_iter().chain(complaint("nothing holds it", is_held(stage))).collect()
        },
        ..edit(name, change)
    };
    let gone = |name, change| Scenario { goal: Goal::Gone, is_by_hand: true, ..edit(name, change) };
    vec![
        still("lost: the status", wipe),
        still("lost: the finalizer", let_loose),
        still("lost: the status and the finalizer", |stage| {
            wipe(stage);
            let_loose(stage);
        }),
        gone("lost: the status, and deleted", |stage| {
            wipe(stage);
            stage.delete(KIND, NAME);
        }),
        gone("lost: the status, when something is no longer wanted, and deleted", |stage| {
            wipe(stage);
            stage.edit(NAME, |spec| {
                spec["requester"]["routes"]["destinations"] = json!(["172.20.0.0/24"]);
            });
            stage.delete(KIND, NAME);
        }),
        Scenario {
            estate: TWO_ACCOUNTS,
            before: two,
            goal: Goal::AsBefore,
            then: Some(until(|stage| stage.has_route("rtb-0c830001", "10.50.0.0/23"))),
            is_by_hand: true,
            ..edit("lost: the status and the connection, across accounts and Regions", |stage| {
                let vpc_peering_connection_id = stage.connection();
                let request =
                    DeleteVpcPeeringConnection { vpc_peering_connection_id, dry_run: None };
                stage.hand("333333333333", "eu-central-1", request);
                stage.restate(KIND, TWO_NAME, |status| *status = json!({}));
            })
        },
    ]
}

fn wipe(stage: &Stage) {
    stage.restate(KIND, NAME, |status| *status = json!({}));
}

fn let_loose(stage: &Stage) {
    stage.rewrite(KIND, NAME, |object| object["metadata"]["finalizers"] = json!([]));
}

fn is_held(stage: &Stage) -> bool {
    let finalizers = object(stage, NAME).map(|object| object["metadata"]["finalizers"].clone());
    finalizers.is_some_and(|all| all.as_array().is_some_and(|all| !all.is_empty()))
}
