//! What is played: an `OverlapSubnetGroup` of another shape than the golden one: upon a table that is given, with a
//! second peer, with blocks that are given, and in the zones of auto-scaling groups.

use std::sync::LazyLock;

use peerway_sim::autoscaling::UpdateAutoScalingGroup;
use peerway_sim::estate::Subnet;
use peerway_trust::scenario::{Goal, Scenario};
use peerway_trust::stage::Stage;
use serde_json::{Value, json};

use crate::balancers::{MASTERS, complaint};
use crate::group_policies::ours;
use crate::groups::{
    KIND, NAME, PEER_CIDR, change, group, has_subnets, in_one_zone, is_ours, led_elsewhere,
    one_zone, peering, route_deleted, says, table, target,
};
use crate::lives::{step_by_step, until};
use crate::scenarios::{self, ACCOUNT, DIRECT, GOLDEN, REGION};

const GIVEN: &str = "rtb-0e000001";
/// The provider's connection: behind it are the same addresses as behind the peer's.
const PROVIDERS: &str = "pcx-d3c1e8ba";

const SECOND_PEER_CIDR: &str = "172.20.0.0/20";
const SECOND_PEERS_TABLE: &str = "rtb-8c4492f7";
/// What a group in one zone chooses.
const CHOSEN: &str = "10.50.6.0/26";

/// Others than would be chosen.
const BLOCKS: [&str; 2] = ["10.50.7.0/27", "10.50.7.64/27"];

/// The golden estate with a table in the service's VPC, which is the first, that nobody uses.
static WITH_TABLE: LazyLock<String> = LazyLock::new(|| {
    let tables = "            routeTables:\n";
    let more = format!("{tables}              - {{id: {GIVEN}, tags: {{Name: by-hand}}}}\n");
    GOLDEN.replacen(tables, &more, 1)
});

pub(crate) fn all() -> Vec<Scenario> {
    [upon_given_table(), peers(), zones()].into_iter().flatten().collect()
}

fn upon_given_table() -> Vec<Scenario> {
    let upon = |name, happens| Scenario {
        estate: &WITH_TABLE,
        before: |stage| {
            peering(stage);
            upon_given(stage);
        },
        ..change(name, happens)
    };
    vec![
        Scenario {
            before: peering,
            also: |stage| complaint("the given table is not used alone", is_used_alone(stage)),
            ..upon("group: create, upon a given table", upon_given)
        },
        Scenario {
            goal: Goal::Gone,
            ..upon("group: delete, upon a given table", |stage| {
                stage.delete("VPCPeering", NAME);
                stage.delete(KIND, NAME);
            })
        },
        Scenario {
            goal: Goal::AsBefore,
            then: Some(until(is_free_again)),
            is_by_hand: true,
            ..upon("group: route of a given table led elsewhere, and taken away", |stage| {
                led_elsewhere(stage, GIVEN);
                step_by_step(stage, is_free_again);
            })
        },
    ]
}

fn upon_given(stage: &Stage) {
    group(stage, &json!({ "availabilityZones": one_zone(), "routeTable": { "id": GIVEN } }));
}

fn is_used_alone(stage: &Stage) -> bool {
    let estate = stage.world.estate();
    let mut tables = peerway_trust::judge::vpcs(&estate).flat_map(|vpc| &vpc.route_tables);
    let is_upon =
        |subnet: &Subnet| subnet.route_table.as_ref().is_some_and(|id| id.as_str() == GIVEN);
    let subnets = ours(stage);
    subnets.len() == 1
        && subnets.iter().all(is_upon)
        && stage.has_route(GIVEN, PEER_CIDR)
        && !tables.any(|table| is_ours(&table.tags))
}

/// Whoever led the route elsewhere takes it away once the group has named it. Until then nothing is written over it.
fn is_free_again(stage: &Stage) -> bool {
    let is_theirs = target(stage, GIVEN, PEER_CIDR).as_deref() == Some(PROVIDERS);
    if is_theirs && says(stage, "RouteConflict") {
        route_deleted(stage, GIVEN, PEER_CIDR);
    }
    !is_theirs
}

fn peers() -> Vec<Scenario> {
    vec![
        Scenario {
            before: beside_reports,
            also: |stage| complaint("it is not answered", ways(stage) == [true, true]),
            ..change("group: a peer more", add_reports)
        },
        Scenario {
            before: |stage| {
                beside_reports(stage);
                add_reports(stage);
            },
            also: |stage| complaint("a way is left", ways(stage) == [false, false]),
            ..change("group: a peer fewer", |stage| {
                stage.rewrite(KIND, NAME, |object| {
                    object["spec"]["peers"].as_array_mut().expect("it is one").pop();
                });
            })
        },
    ]
}

/// A group of one peer, and the peering of another with other addresses, which has routes of its own.
fn beside_reports(stage: &Stage) {
    in_one_zone(stage);
    stage.apply(DIRECT);
}

fn add_reports(stage: &Stage) {
    stage.rewrite(KIND, NAME, |object| {
        let peer = json!({
            "name": "reports", "peeringRef": { "name": scenarios::NAME }, "side": "Requester",
            "peerRoutes": { "tables": { "scope": "Main" } },
        });
        object["spec"]["peers"].as_array_mut().expect("it is one").push(peer);
    });
}

/// Whether there is a way to the second peer, and one from there.
fn ways(stage: &Stage) -> [bool; 2] {
    [stage.has_route(&table(stage), SECOND_PEER_CIDR), stage.has_route(SECOND_PEERS_TABLE, CHOSEN)]
}

fn zones() -> Vec<Scenario> {
    vec![
        Scenario {
            before: |stage| {
                peering(stage);
                group(stage, &in_blocks(&BLOCKS[..1]));
            },
            also: |stage| complaint("the blocks are others", blocks(stage) == BLOCKS),
            ..change("group: a zone more, its block given", |stage| {
                group(stage, &in_blocks(&BLOCKS));
            })
        },
        Scenario {
            before: |stage| {
                peering(stage);
                let zones = json!({ "ofAutoScalingGroups": { "names": [MASTERS[0]] } });
                group(stage, &json!({ "availabilityZones": zones }));
            },
            is_by_hand: true,
            then: Some(until(|stage| has_subnets(stage, 2).is_empty())),
            ..change("group: a zone more of an auto-scaling group", |stage| {
                let request = UpdateAutoScalingGroup {
                    auto_scaling_group_name: MASTERS[0].to_owned(),
                    vpc_zone_identifier: Some("subnet-0a000001,subnet-0a000002".to_owned()),
                    ..UpdateAutoScalingGroup::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
    ]
}

/// A zone for each block. Where blocks are given, none may be chosen from a range.
fn in_blocks(blocks: &[&str]) -> Value {
    let zones = ["usw2-az1", "usw2-az2"].into_iter().zip(blocks);
    let list: Vec<Value> = zones.map(|(id, cidr)| json!({ "id": id, "cidr": cidr })).collect();
    json!({ "availabilityZones": { "list": list }, "cidrs": { "prefixLength": 27 } })
}

fn blocks(stage: &Stage) -> Vec<String> {
    let subnets = ours(stage);
    let mut blocks: Vec<String> =
        subnets.iter().filter_map(|subnet| Some(subnet.cidr?.to_string())).collect();
    blocks.sort();
    blocks
}
