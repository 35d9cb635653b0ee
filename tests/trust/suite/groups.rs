//! What is played: every life of an `OverlapSubnetGroup`.

use peerway_sim::ec2::peerings::DeleteVpcPeeringConnection;
use peerway_sim::ec2::route_tables::{
    DeleteRoute, DeleteRouteTable, DisassociateRouteTable, ReplaceRoute,
    ReplaceRouteTableAssociation,
};
use peerway_sim::ec2::subnets::DeleteSubnet;
use peerway_sim::ec2::tags::DeleteTags;
use peerway_sim::ec2::vpcs::{AssociateVpcCidrBlock, DescribeVpcs, DisassociateVpcCidrBlock};
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;
use serde_json::{Value, json};

use crate::balancers::complaint;
use crate::lives::until;
use crate::scenarios::{ACCOUNT, ACCOUNTS, GOLDEN, REGION, edit, turned_away};

pub(crate) const OVERLAP: &str =
    include_str!("../../../deploy/examples/golden/druid-to-billing.yaml");
pub(crate) const NAME: &str = "druid-to-billing";
const OWNER: &str = "OverlapSubnetGroup/analytics/druid-to-billing";
pub(crate) const KIND: &str = "OverlapSubnetGroup";
pub(crate) const FAR_TABLE: &str = "rtb-48598f33";

const SERVICE: &str = "vpc-ce78dbb7";
const PEER: &str = "vpc-3607f64e";
pub(crate) const PEER_CIDR: &str = "172.19.0.0/20";
const PEERS_GATEWAY: &str = "igw-0e4f5a6b";
/// The block of one of the subnets.
const BLOCK: &str = "10.50.6.64/26";
const SECOND_CIDR: &str = "100.64.0.0/20";

pub(crate) fn overlap(stage: &Stage) {
    stage.apply(ACCOUNTS);
    stage.apply(OVERLAP);
}

pub(crate) fn peering(stage: &Stage) {
    stage.apply(ACCOUNTS);
    stage.apply_kind(OVERLAP, "VPCPeering");
}

/// The golden group, with more in its spec.
pub(crate) fn group(stage: &Stage, more: &Value) {
    stage.apply_changed(OVERLAP, KIND, |object| {
        for (field, value) in more.as_object().expect("it is one") {
            object["spec"][field] = value.clone();
        }
    });
}

pub(crate) fn one_zone_fewer(stage: &Stage) {
    stage.rewrite(KIND, NAME, |object| {
        object["spec"]["availabilityZones"] =
            json!({ "list": [{ "id": "usw2-az1" }, { "id": "usw2-az2" }] });
    });
}

/// Enough where what is told does not depend on how many there are.
pub(crate) fn one_zone() -> Value {
    json!({ "list": [{ "id": "usw2-az1" }] })
}

pub(crate) fn in_one_zone(stage: &Stage) {
    peering(stage);
    group(stage, &json!({ "availabilityZones": one_zone() }));
}

/// A change of a group that is in place.
pub(crate) fn change(name: &'static str, change: fn(&Stage)) -> Scenario {
    Scenario { estate: GOLDEN, before: overlap, ..edit(name, change) }
}

/// Something done by hand to what we made for it.
fn drift(name: &'static str, by_hand: fn(&Stage)) -> Scenario {
    Scenario { goal: Goal::AsBefore, is_by_hand: true, ..change(name, by_hand) }
}

fn delete(name: &'static str, gone: fn(&Stage)) -> Scenario {
    Scenario { goal: Goal::Gone, ..change(name, gone) }
}

/// The spec wants a tag that it did not want before.
fn tagged() -> Scenario {
    Scenario {
        also: |stage| {
            let estate = stage.world.estate();
            let tagged = |tags: &peerway_model::Tags| tags.contains_key("team");
            let vpcs = || peerway_trust::judge::vpcs(&estate);
            let subnets = vpcs().flat_map(|vpc| &vpc.subnets).filter(|it| tagged(&it.tags));
            let tables = vpcs().flat_map(|vpc| &vpc.route_tables).filter(|it| tagged(&it.tags));
            match (subnets.count(), tables.count()) {
                (3, 1) => Vec::new(),
                counts => vec![format!("{counts:?} subnets and tables carry the tag")],
            }
        },
        ..change("group: a tag more", |stage| {
            stage.rewrite(KIND, NAME, |object| {
                object["spec"]["tags"] = json!({ "team": "data" });
            });
        })
    }
}

pub(crate) fn all() -> Vec<Scenario> {
    [changes(), drifts(), deletions()].into_iter().flatten().collect()
}

fn changes() -> Vec<Scenario> {
    vec![
        Scenario {
            before: peering,
            ..change("group: create", |stage| stage.apply_kind(OVERLAP, KIND))
        },
        Scenario {
            before: |stage| stage.apply(ACCOUNTS),
            ..change("group: create, with its peering", |stage| stage.apply(OVERLAP))
        },
        Scenario {
            also: |stage| has_subnets(stage, 2),
            ..change("group: one zone fewer", one_zone_fewer)
        },
        Scenario {
            before: in_one_zone,
            also: |stage| has_subnets(stage, 3),
            ..change("group: zones added", |stage| stage.apply(OVERLAP))
        },
        tagged(),
        Scenario {
            is_by_hand: true,
            then: Some(Step {
                once: |stage| stage.has_route(&table(stage), SECOND_CIDR),
                change: |_| {},
            }),
            ..change("group: a CIDR more behind the peer", second_cidr)
        },
        Scenario {
            // AWS gives the blocks other ids each time.
            goal: Goal::Any,
            is_by_hand: true,
            then: Some(Step { once: has_ipv6, change: |_| {} }),
            also: |stage| complaint("not every subnet is reached by IPv6", has_ipv6(stage)),
            ..change("group: IPv6 blocks added later", ipv6_comes)
        },
        Scenario {
            before: |stage| {
                overlap(stage);
                second_cidr(stage);
            },
            is_by_hand: true,
            then: Some(Step {
                once: |stage| !stage.has_route(&table(stage), SECOND_CIDR),
                change: |_| {},
            }),
            ..change("group: a CIDR fewer behind the peer", |stage| {
                let request =
                    DescribeVpcs { vpc_ids: vec![PEER.to_owned()], ..DescribeVpcs::default() };
                let vpc = stage.hand(ACCOUNT, REGION, request).vpc_set.remove(0);
                let mut blocks = vpc.cidr_block_association_set.into_iter();
                let second = blocks.find(|it| it.cidr_block.to_string() == SECOND_CIDR);
                let association_id = second.expect("it has it").association_id.to_string();
                stage.hand(ACCOUNT, REGION, DisassociateVpcCidrBlock { association_id });
            })
        },
    ]
}

fn drifts() -> Vec<Scenario> {
    vec![
        drift("group: association moved", |stage| {
            let subnets = subnets(stage);
            let association = subnets.first().and_then(|(_, association)| association.clone());
            let request = ReplaceRouteTableAssociation {
                association_id: association.expect("it is associated"),
                route_table_id: "rtb-7122e509".to_owned(),
                ..ReplaceRouteTableAssociation::default()
            };
            stage.hand(ACCOUNT, REGION, request);
        }),
        drift("group: own route deleted", |stage| {
            route_deleted(stage, &table(stage), PEER_CIDR);
        }),
        // In a table that the group made, what it wants is its own, whoever points it elsewhere.
        drift("group: own route led elsewhere", |stage| led_elsewhere(stage, &table(stage))),
        drift("group: peer's route deleted", |stage| route_deleted(stage, FAR_TABLE, BLOCK)),
        Scenario {
            goal: Goal::Any,
            then: Some(until(|stage| says(stage, "RouteConflict"))),
            also: |stage| {
                let is_left = target(stage, FAR_TABLE, BLOCK).as_deref() == Some(PEERS_GATEWAY);
                complaint("it is not left so, and named", is_left && says(stage, "RouteConflict"))
            },
            ..drift("group: peer's route led elsewhere, and left so", |stage| {
                let request = ReplaceRoute {
                    route_table_id: FAR_TABLE.to_owned(),
                    destination_cidr_block: Some(BLOCK.to_owned()),
                    gateway_id: Some(PEERS_GATEWAY.to_owned()),
                    ..ReplaceRoute::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario { before: in_one_zone, ..drift("group: route table deleted", table_deleted) },
        drift("group: subnet deleted", |stage| {
            let (subnet, _) = subnets(stage).remove(0);
            stage.hand(ACCOUNT, REGION, DeleteSubnet { subnet_id: subnet, dry_run: None });
        }),
        drift("group: connection deleted", |stage| {
            let request = DeleteVpcPeeringConnection {
                vpc_peering_connection_id: stage.connection(),
                dry_run: None,
            };
            stage.hand(ACCOUNT, REGION, request);
        }),
        drift("group: tags stripped", |stage| {
            let mut resource_ids: Vec<String> =
                subnets(stage).into_iter().map(|(subnet, _)| subnet).collect();
            resource_ids.push(table(stage));
            stage.hand(ACCOUNT, REGION, DeleteTags { resource_ids, ..DeleteTags::default() });
        }),
    ]
}

fn deletions() -> Vec<Scenario> {
    vec![
        delete("group: delete, with its peering and account", |stage| {
            stage.delete("AWSAccount", "service");
            stage.delete("VPCPeering", NAME);
            stage.delete(KIND, NAME);
        }),
        Scenario { goal: Goal::Ready, ..change("group: delete", |stage| stage.delete(KIND, NAME)) },
    ]
}

/// The peer gets another block.
fn second_cidr(stage: &Stage) {
    let request = AssociateVpcCidrBlock {
        vpc_id: PEER.to_owned(),
        cidr_block: Some(SECOND_CIDR.to_owned()),
        ..AssociateVpcCidrBlock::default()
    };
    stage.hand(ACCOUNT, REGION, request);
}

/// Both VPCs get IPv6.
fn ipv6_comes(stage: &Stage) {
    for vpc in [SERVICE, PEER] {
        let request = AssociateVpcCidrBlock {
            vpc_id: vpc.to_owned(),
            amazon_provided_ipv6_cidr_block: Some(true),
            ..AssociateVpcCidrBlock::default()
        };
        stage.hand(ACCOUNT, REGION, request);
    }
}

/// Whether each of the group's subnets has an IPv6 block, to which the peer's table leads.
fn has_ipv6(stage: &Stage) -> bool {
    let estate = stage.world.estate();
    let subnets = peerway_trust::judge::vpcs(&estate).flat_map(|vpc| &vpc.subnets);
    let mut ours = subnets.filter(|subnet| is_ours(&subnet.tags)).peekable();
    let is_led_to =
        |block: &peerway_model::CidrBlock| stage.has_route(FAR_TABLE, &block.to_string());
    ours.peek().is_some() && ours.all(|subnet| subnet.ipv6_cidr.as_ref().is_some_and(is_led_to))
}

/// Somebody deletes the table, which AWS lets nobody do as long as a subnet uses it.
fn table_deleted(stage: &Stage) {
    let route_table_id = table(stage);
    for (_, association) in subnets(stage) {
        let association_id = association.expect("it is associated");
        stage.hand(ACCOUNT, REGION, DisassociateRouteTable { association_id, dry_run: None });
    }
    stage.hand(ACCOUNT, REGION, DeleteRouteTable { route_table_id, dry_run: None });
}

pub(crate) fn has_subnets(stage: &Stage, count: usize) -> Vec<String> {
    let there = subnets(stage).len();
    if there == count { Vec::new() } else { vec![format!("it has {there} subnets")] }
}

/// The group's subnets, each with its association.
fn subnets(stage: &Stage) -> Vec<(String, Option<String>)> {
    let estate = stage.world.estate();
    let regions = estate.accounts.values().flat_map(|account| account.regions.values());
    let subnets = regions.flat_map(|region| &region.vpcs).flat_map(|vpc| &vpc.subnets);
    let ours = subnets.filter(|subnet| is_ours(&subnet.tags));
    ours.filter_map(|subnet| {
        let association = subnet.association.as_ref().map(ToString::to_string);
        Some((subnet.id.as_ref()?.to_string(), association))
    })
    .collect()
}

pub(crate) fn table(stage: &Stage) -> String {
    let estate = stage.world.estate();
    let regions = estate.accounts.values().flat_map(|account| account.regions.values());
    let mut tables = regions.flat_map(|region| &region.vpcs).flat_map(|vpc| &vpc.route_tables);
    let ours = tables.find(|table| is_ours(&table.tags)).and_then(|table| table.id.as_ref());
    ours.expect("the group has a table").to_string()
}

pub(crate) fn is_ours(tags: &peerway_model::Tags) -> bool {
    tags.get("peerway.dev/owner").map(String::as_str) == Some(OWNER)
}

pub(crate) fn route_deleted(stage: &Stage, table: &str, destination: &str) {
    let request = DeleteRoute {
        route_table_id: table.to_owned(),
        destination_cidr_block: Some(destination.to_owned()),
        ..DeleteRoute::default()
    };
    stage.hand(ACCOUNT, REGION, request);
}

/// Somebody leads the route to the peer over the provider's connection, behind which the same addresses are.
pub(crate) fn led_elsewhere(stage: &Stage, table: &str) {
    let request = ReplaceRoute {
        route_table_id: table.to_owned(),
        destination_cidr_block: Some(PEER_CIDR.to_owned()),
        ..turned_away()
    };
    stage.hand(ACCOUNT, REGION, request);
}

/// Where a table sends a block.
pub(crate) fn target(stage: &Stage, table: &str, destination: &str) -> Option<String> {
    let estate = stage.world.estate();
    let mut tables = peerway_trust::judge::vpcs(&estate).flat_map(|vpc| &vpc.route_tables);
    let found = tables.find(|known| known.id.as_ref().is_some_and(|id| id.as_str() == table))?;
    let route = found.routes.iter().find(|route| route.destination == destination)?;
    Some(route.target.clone())
}

/// Whether this is why the group is not Ready, at its generation.
pub(crate) fn says(stage: &Stage, reason: &str) -> bool {
    stage.api.objects("overlapsubnetgroups.peerway.dev").iter().any(|group| {
        let mut conditions = group["status"]["conditions"].as_array().into_iter().flatten();
        group["status"]["observedGeneration"] == group["metadata"]["generation"]
            && conditions.any(|it| it["type"] == "Ready" && it["reason"] == reason)
    })
}
