//! More lives of a `VPCPeering`: what is somebody else's, adopted, kept, paused or revoked, and what grows.

use std::time::Duration;

use peerway_sim::ec2::peerings::{AcceptVpcPeeringConnection, CreateVpcPeeringConnection};
use peerway_sim::ec2::prefix_lists::{CreateManagedPrefixList, NewEntry};
use peerway_sim::ec2::route_tables::{CreateRoute, DeleteRoute};
use peerway_sim::ec2::vpcs::AssociateVpcCidrBlock;
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;
use serde_json::json;

use crate::scenarios::{ACCOUNT, DIRECT, NAME, REGION, edit, golden, golden_accounts};

pub(crate) const SERVICE: &str = "vpc-ce78dbb7";
pub(crate) const CONSUMER: &str = "vpc-641fee1c";
/// A VPC of an account that nobody may enter.
pub(crate) const OUTSIDE: (&str, &str) = ("222222222222", "vpc-828a54fb");
pub(crate) const TABLE: &str = "rtb-7122e509";

pub(crate) const WE_ASK: &str = r#"
apiVersion: peerway.dev/v1alpha1
kind: VPCPeering
metadata: {name: reports-to-provider, namespace: analytics}
spec:
  requester:
    accountRef: {name: service}
    region: us-west-2
    vpc: {id: vpc-641fee1c}
    routes: {tables: {scope: Main}}
    ingress: [{securityGroup: {id: sg-dee0b1ae}, protocol: TCP, ports: {from: 443, to: 443}, source: {peerVPC: {}}}]
  accepter:
    external: {accountID: "222222222222", region: us-west-2, vpcID: vpc-828a54fb, cidrs: [172.19.0.0/20]}
"#;
pub(crate) const THEY_ASK: &str = r#"
apiVersion: peerway.dev/v1alpha1
kind: VPCPeering
metadata: {name: provider-to-reports, namespace: analytics}
spec:
  requester:
    external: {accountID: "222222222222", region: us-west-2, vpcID: vpc-828a54fb, cidrs: [172.19.0.0/20]}
  accepter:
    accountRef: {name: service}
    region: us-west-2
    vpc: {id: vpc-641fee1c}
    routes: {tables: {scope: Main}}
"#;

pub(crate) fn all() -> Vec<Scenario> {
    vec![
        Scenario {
            before: golden_accounts,
            then: Some(Step { once: is_asked, change: they_accept }),
            is_by_hand: true,
            ..edit("create, one side external, we ask", |stage| stage.apply(WE_ASK))
        },
        Scenario {
            before: golden_accounts,
            is_by_hand: true,
            ..edit("create, one side external, they ask", |stage| {
                request(stage, OUTSIDE.0, OUTSIDE.1, CONSUMER);
                stage.apply(THEY_ASK);
            })
        },
        Scenario {
            before: |stage| {
                golden_accounts(stage);
                request(stage, ACCOUNT, CONSUMER, SERVICE);
                peerway_trust::time::pass(Duration::from_mins(1));
                accept(stage, ACCOUNT, [SERVICE, CONSUMER]);
            },
            is_by_hand: true,
            ..edit("create, adopting a connection", |stage| {
                let (id, _) = stage.connection_between([SERVICE, CONSUMER]).expect("it was made");
                let adopt =
                    format!("spec:\n  deletionPolicy: Delete\n  adopt: {{connectionID: {id}}}\n");
                stage.apply(&DIRECT.replacen("spec:\n", &adopt, 1));
            })
        },
        Scenario {
            before: |stage| {
                golden(stage);
                stage.edit(NAME, |spec| spec["deletionPolicy"] = json!("Retain"));
            },
            goal: Goal::Released,
            ..edit("delete, retaining", |stage| stage.delete("VPCPeering", NAME))
        },
        Scenario {
            // Nothing is repaired in between.
            then: Some(Step { once: has_lost_its_route, change: |stage| pause(stage, "false") }),
            is_by_hand: true,
            ..edit("paused, and unpaused", |stage| {
                pause(stage, "true");
                stage.edit(NAME, |spec| spec["requester"]["dnsResolution"] = json!(false));
                lose_a_route(stage);
            })
        },
        Scenario {
            before: |stage| {
                golden(stage);
                stage.edit(NAME, |spec| {
                    spec["requester"]["routes"]
                        .as_object_mut()
                        .expect("it is one")
                        .remove("destinations");
                });
            },
            then: Some(Step {
                once: |stage| stage.has_route(TABLE, "172.21.0.0/20"),
                change: |_| {},
            }),
            is_by_hand: true,
            ..edit("a VPC gets another CIDR", |stage| {
                let vpc_id = CONSUMER.to_owned();
                let cidr_block = Some("172.21.0.0/20".to_owned());
                let request = AssociateVpcCidrBlock { vpc_id, cidr_block, ..Default::default() };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario {
            before: with_a_prefix_list,
            is_by_hand: true,
            ..edit("drift, beside a route to a prefix list", lose_a_route)
        },
        Scenario {
            // Nothing is repaired in between.
            then: Some(Step {
                once: has_lost_its_route,
                change: |stage| grant(stage, "analytics"),
            }),
            is_by_hand: true,
            ..edit("revoked while in use, and granted again", |stage| {
                grant(stage, "others");
                lose_a_route(stage);
            })
        },
        Scenario {
            then: Some(Step { once: Stage::has_no_subject, change: the_other_way_round }),
            ..edit("delete, and create the other way round under the same name", |stage| {
                stage.delete("VPCPeering", NAME);
            })
        },
    ]
}

/// A foreign route to a prefix list stands in the table.
fn with_a_prefix_list(stage: &Stage) {
    let entry = NewEntry { cidr: "198.51.100.0/24".to_owned(), description: None };
    let list = CreateManagedPrefixList {
        prefix_list_name: "offices".to_owned(),
        address_family: "IPv4".to_owned(),
        max_entries: 1,
        entries: vec![entry],
        ..CreateManagedPrefixList::default()
    };
    let list = stage.hand(ACCOUNT, REGION, list).prefix_list.prefix_list_id.to_string();
    let route = CreateRoute {
        route_table_id: TABLE.to_owned(),
        destination_prefix_list_id: Some(list),
        gateway_id: Some("igw-acd20cca".to_owned()),
        ..CreateRoute::default()
    };
    stage.hand(ACCOUNT, REGION, route);
    golden(stage);
}

pub(crate) fn request(stage: &Stage, account: &str, from: &str, to: &str) {
    let request = CreateVpcPeeringConnection {
        vpc_id: from.to_owned(),
        peer_vpc_id: to.to_owned(),
        peer_owner_id: Some(ACCOUNT.to_owned()),
        ..CreateVpcPeeringConnection::default()
    };
    stage.hand(account, REGION, request);
}

pub(crate) fn accept(stage: &Stage, account: &str, ends: [&str; 2]) {
    let (vpc_peering_connection_id, _) = stage.connection_between(ends).expect("there is one");
    let request = AcceptVpcPeeringConnection { vpc_peering_connection_id, dry_run: None };
    stage.hand(account, REGION, request);
}

pub(crate) fn is_asked(stage: &Stage) -> bool {
    stage.connection_between([CONSUMER, OUTSIDE.1]).is_some_and(|(_, is_pending)| is_pending)
}

pub(crate) fn they_accept(stage: &Stage) {
    accept(stage, OUTSIDE.0, [CONSUMER, OUTSIDE.1]);
}

fn pause(stage: &Stage, value: &str) {
    stage.rewrite("VPCPeering", NAME, |object| {
        object["metadata"]["annotations"][peerway_api::PAUSED] = json!(value);
    });
}

fn grant(stage: &Stage, namespace: &str) {
    stage.rewrite("AWSAccount", "service", |object| {
        object["spec"]["grants"][0]["namespaces"]["names"] = json!([namespace]);
    });
}

pub(crate) fn lose_a_route(stage: &Stage) {
    let request = DeleteRoute {
        route_table_id: TABLE.to_owned(),
        destination_cidr_block: Some("172.20.0.0/22".to_owned()),
        ..DeleteRoute::default()
    };
    stage.hand(ACCOUNT, REGION, request);
}

/// Whether the route is still away when all is quiet. A visit under way when that became forbidden may have repaired it
/// once; it is lost again then, and no later visit may.
fn has_lost_its_route(stage: &Stage) -> bool {
    let is_lost = !stage.has_route(TABLE, "172.20.0.0/22");
    if !is_lost {
        lose_a_route(stage);
    }
    is_lost
}

fn the_other_way_round(stage: &Stage) {
    let turned = DIRECT.replace("  requester:\n", "  ACCEPTER:\n");
    let turned =
        turned.replace("  accepter:\n", "  requester:\n").replace("  ACCEPTER:\n", "  accepter:\n");
    stage.apply(&turned);
}
