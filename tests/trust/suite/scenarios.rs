//! What is played: every life of a `VPCPeering`. A scenario is what stands before, what happens, and what must hold then.

use std::time::Duration;

use peerway_model::SubnetId;
use peerway_sim::ec2::peerings::{
    DeleteVpcPeeringConnection, ModifyVpcPeeringConnectionOptions, NewPeeringOptions,
};
use peerway_sim::ec2::route_tables::{
    DeleteRoute, DescribeRouteTables, ReplaceRoute, ReplaceRouteTableAssociation,
};
use peerway_sim::ec2::security_groups::RevokeSecurityGroupIngress;
use peerway_sim::ec2::tags::DeleteTags;
use peerway_sim::{Action, Fault, FaultKind};
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;
use serde_json::json;

use crate::{
    adopted_balancers, balanced_instances, balancers, followed_balancers, group_policies,
    group_shapes, groups, late_balancers, lives, owners, policies, requests,
};

pub(crate) const GOLDEN: &str = include_str!("../../../deploy/examples/golden/estate.yaml");
pub(crate) const ACCOUNTS: &str = include_str!("../../../deploy/examples/golden/accounts.yaml");
pub(crate) const DIRECT: &str =
    include_str!("../../../deploy/examples/golden/druid-to-reports.yaml");
pub(crate) const NAME: &str = "druid-to-reports";
pub(crate) const TWO_ACCOUNTS: &str =
    include_str!("../../../deploy/examples/two-accounts/estate.yaml");
const TWO_MANIFESTS: &str = include_str!("../../../deploy/examples/two-accounts/manifests.yaml");
pub(crate) const TWO_NAME: &str = "frankfurt-to-oregon";
pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const REGION: &str = "us-west-2";

pub(crate) fn golden_accounts(stage: &Stage) {
    stage.apply(ACCOUNTS);
}

pub(crate) fn golden(stage: &Stage) {
    stage.apply(ACCOUNTS);
    stage.apply(DIRECT);
}

pub(crate) fn two(stage: &Stage) {
    stage.apply(TWO_MANIFESTS);
}

/// A change of the golden peering's spec.
pub(crate) fn edit(name: &'static str, change: fn(&Stage)) -> Scenario {
    Scenario {
        name,
        estate: GOLDEN,
        before: golden,
        aged: None,
        change,
        between: None,
        then: None,
        goal: Goal::Ready,
        also: |_| Vec::new(),
        is_by_hand: false,
    }
}

/// Something done by hand to what we made for the golden peering.
pub(crate) fn drift(name: &'static str, change: fn(&Stage)) -> Scenario {
    Scenario { goal: Goal::AsBefore, is_by_hand: true, ..edit(name, change) }
}

/// All of them.
pub(crate) fn all() -> Vec<Scenario> {
    let groups = [groups::all(), group_policies::all(), group_shapes::all()].into_iter().flatten();
    [
        creations(),
        edits(),
        drifts(),
        deletions(),
        policies::all(),
        lives::all(),
        owners::all(),
        requests::all(),
    ]
    .into_iter()
    .flatten()
    .chain(groups)
    .chain(balancers::all())
    .chain(followed_balancers::all())
    .chain(adopted_balancers::all())
    .chain(late_balancers::all())
    .chain(balanced_instances::all())
    .chain(temptations())
    .collect()
}

fn creations() -> Vec<Scenario> {
    vec![
        Scenario { before: golden_accounts, ..edit("create, direct", |stage| stage.apply(DIRECT)) },
        Scenario {
            before: |_| {},
            ..edit("create, with its account", |stage| {
                stage.apply(DIRECT);
                stage.apply(ACCOUNTS);
            })
        },
        Scenario {
            estate: TWO_ACCOUNTS,
            before: |stage| stage.apply_kind(TWO_MANIFESTS, "AWSAccount"),
            ..edit("create, across accounts and Regions", |stage| {
                stage.apply_kind(TWO_MANIFESTS, "VPCPeering");
            })
        },
    ]
}

fn edits() -> Vec<Scenario> {
    vec![
        edit("edit: routes narrowed", |stage| {
            stage.edit(NAME, |spec| {
                spec["requester"]["routes"]["destinations"] = json!(["172.20.0.0/24"]);
            });
        }),
        edit("edit: routes widened", |stage| {
            stage.edit(NAME, |spec| {
                spec["requester"]["routes"]["destinations"] =
                    json!(["172.20.0.0/22", "172.20.4.0/22"]);
            });
        }),
        edit("edit: other tables selected", |stage| {
            stage.edit(NAME, |spec| {
                spec["requester"]["routes"]["tables"] = json!({ "ids": ["rtb-a822e5d0"] });
            });
        }),
        Scenario {
            before: |stage| {
                golden(stage);
                stage.edit(NAME, |spec| {
                    spec["requester"]["routes"]["tables"] = json!({ "ids": ["rtb-a822e5d0"] });
                });
            },
            ..edit("edit: every table in use", |stage| {
                stage.edit(NAME, |spec| {
                    spec["requester"]["routes"]["tables"] = json!({ "scope": "All" });
                });
            })
        },
        // The route follows the subnet into the other table.
        Scenario {
            before: |stage| {
                golden(stage);
                stage.edit(NAME, |spec| {
                    let subnets = json!({ "ids": ["subnet-0a000004"] });
                    spec["requester"]["routes"]["tables"] = json!({ "ofSubnets": subnets });
                });
            },
            is_by_hand: true,
            ..edit("a subnet moves to another table", |stage| {
                let request = ReplaceRouteTableAssociation {
                    association_id: association(stage, "rtb-7122e509", "subnet-0a000004"),
                    route_table_id: "rtb-a822e5d0".to_owned(),
                    ..ReplaceRouteTableAssociation::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        edit("edit: no routes on one side", |stage| {
            stage.edit(NAME, |spec| {
                spec["accepter"].as_object_mut().expect("it is one").remove("routes");
            });
        }),
        edit("edit: DNS resolution off", |stage| {
            stage.edit(NAME, |spec| spec["requester"]["dnsResolution"] = json!(false));
        }),
        edit("edit: ingress added", |stage| {
            stage.edit(NAME, |spec| {
                let rule = json!({
                    "securityGroup": { "id": "sg-0e1b0001" }, "protocol": "TCP",
                    "ports": { "from": 443, "to": 443 }, "source": { "cidrs": ["172.20.0.0/22"] },
                });
                spec["requester"]["ingress"].as_array_mut().expect("it is one").push(rule);
            });
        }),
        edit("edit: ingress removed", |stage| {
            stage.edit(NAME, |spec| {
                spec["requester"].as_object_mut().expect("it is one").remove("ingress");
            });
        }),
    ]
}

/// The association of a subnet with this table.
fn association(stage: &Stage, table: &str, subnet: &str) -> String {
    let route_table_ids = vec![table.to_owned()];
    let request = DescribeRouteTables { route_table_ids, ..DescribeRouteTables::default() };
    let tables = stage.hand(ACCOUNT, REGION, request).route_table_set;
    let mut associations = tables.into_iter().flat_map(|table| table.association_set);
    let is_it = |subnet_id: &SubnetId| subnet_id.as_str() == subnet;
    let found = associations.find(|it| it.subnet_id.as_ref().is_some_and(is_it));
    found.expect("it is associated").route_table_association_id.to_string()
}

fn drifts() -> Vec<Scenario> {
    vec![
        drift("drift: route deleted", |stage| {
            let request = DeleteRoute {
                route_table_id: "rtb-7122e509".to_owned(),
                destination_cidr_block: Some("172.20.0.0/22".to_owned()),
                ..DeleteRoute::default()
            };
            stage.hand(ACCOUNT, REGION, request);
        }),
        drift("drift: rule revoked", |stage| {
            for (group, rule) in stage.rules() {
                let request = RevokeSecurityGroupIngress {
                    group_id: Some(group),
                    security_group_rule_ids: vec![rule],
                    ..RevokeSecurityGroupIngress::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            }
        }),
        drift("drift: connection deleted", |stage| delete_connection(stage, ACCOUNT, REGION)),
        drift("drift: connection's tags stripped", |stage| {
            let resource_ids = vec![stage.connection()];
            stage.hand(ACCOUNT, REGION, DeleteTags { resource_ids, ..DeleteTags::default() });
        }),
        drift("drift: rule's tags stripped", |stage| {
            let resource_ids = stage.rules().into_iter().map(|(_, rule)| rule).collect();
            stage.hand(ACCOUNT, REGION, DeleteTags { resource_ids, ..DeleteTags::default() });
        }),
        drift("drift: DNS resolution switched off", |stage| {
            let request = ModifyVpcPeeringConnectionOptions {
                vpc_peering_connection_id: stage.connection(),
                requester_peering_connection_options: Some(NewPeeringOptions {
                    allow_dns_resolution_from_remote_vpc: Some(false),
                }),
                ..ModifyVpcPeeringConnectionOptions::default()
            };
            stage.hand(ACCOUNT, REGION, request);
        }),
        Scenario {
            estate: TWO_ACCOUNTS,
            before: two,
            ..drift("drift: connection deleted, across accounts and Regions", |stage| {
                delete_connection(stage, "333333333333", "eu-central-1");
            })
        },
    ]
}

fn deletions() -> Vec<Scenario> {
    let delete = |name, change| Scenario { goal: Goal::Gone, ..edit(name, change) };
    vec![
        delete("delete", |stage| stage.delete("VPCPeering", NAME)),
        delete("delete everything at once", |stage| {
            stage.delete("AWSAccount", "service");
            stage.delete("VPCPeering", NAME);
        }),
        Scenario {
            estate: TWO_ACCOUNTS,
            before: two,
            ..delete("delete, across accounts and Regions", |stage| {
                stage.delete("VPCPeering", TWO_NAME);
            })
        },
        Scenario {
            then: Some(Step { once: Stage::has_no_subject, change: |stage| stage.apply(DIRECT) }),
            ..drift("delete, and create anew", |stage| stage.delete("VPCPeering", NAME))
        },
        drift("lost without its finalizer, and restored", |stage| {
            stage.lose("VPCPeering", NAME);
            stage.apply(DIRECT);
        }),
    ]
}

/// What tempts into giving up a rule; all of them hold as long as no rule is given up.
pub(crate) fn temptations() -> Vec<Scenario> {
    vec![
        Scenario {
            before: golden_accounts,
            between: Some(|stage| stage.delete("VPCPeering", NAME)),
            goal: Goal::Gone,
            ..edit("create, and delete while nobody leads", |stage| stage.apply(DIRECT))
        },
        Scenario {
            before: |stage| {
                stage.apply(ACCOUNTS);
                stage.apply(DIRECT);
                stage.edit(NAME, |spec| {
                    for side in ["requester", "accepter"] {
                        let side = spec[side].as_object_mut().expect("it is one");
                        side.remove("routes");
                        side.remove("ingress");
                    }
                });
            },
            goal: Goal::Gone,
            is_by_hand: true,
            ..edit("delete, while a list leaves the connection out", |stage| {
                let mut all: Vec<_> = stage
                    .world
                    .estate()
                    .peerings
                    .into_iter()
                    .filter_map(|peering| peering.id)
                    .collect();
                all.sort();
                let ours = stage.connection();
                let nth = all.iter().position(|id| id.as_str() == ours).expect("it is one of them");
                let missing = FaultKind::MissingItem { nth };
                let action = Action::DescribeVpcPeeringConnections;
                stage.world.inject(Fault { times: 1, ..Fault::next(action, missing) });
                stage.delete("VPCPeering", NAME);
            })
        },
        Scenario {
            goal: Goal::Any,
            ..edit("edit: routes withdrawn, when somebody has just turned one away", |stage| {
                stage.hand(ACCOUNT, REGION, turned_away());
                stage.edit_later(NAME, Duration::from_secs(3), |spec| {
                    spec["requester"].as_object_mut().expect("it is one").remove("routes");
                });
            })
        },
    ]
}

/// A row of ours, led over somebody else's connection.
pub(crate) fn turned_away() -> ReplaceRoute {
    ReplaceRoute {
        route_table_id: "rtb-7122e509".to_owned(),
        destination_cidr_block: Some("172.20.0.0/22".to_owned()),
        vpc_peering_connection_id: Some("pcx-d3c1e8ba".to_owned()),
        ..ReplaceRoute::default()
    }
}

fn delete_connection(stage: &Stage, account: &str, region: &str) {
    let vpc_peering_connection_id = stage.connection();
    let request = DeleteVpcPeeringConnection { vpc_peering_connection_id, dry_run: None };
    stage.hand(account, region, request);
}
