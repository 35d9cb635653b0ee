//! More lives of an `OverlapSubnetGroup`: with a network ACL, adopted, kept, only observed.

use std::sync::LazyLock;

use peerway_sim::ec2::Filter;
use peerway_sim::ec2::network_acls::{DescribeNetworkAcls, ReplaceNetworkAclAssociation};
use peerway_sim::ec2::route_tables::CreateRoute;
use peerway_sim::ec2::tags::DeleteTags;
use peerway_sim::estate::Subnet;
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;
use serde_json::{Value, json};

use crate::groups::{
    FAR_TABLE, KIND, NAME, OVERLAP, group, is_ours, peering, route_deleted, says, table,
};
use crate::scenarios::{ACCOUNT, ACCOUNTS, GOLDEN, REGION, edit};

const ACLS: [&str; 2] = ["acl-0a000001", "acl-0a000002"];
const TABLE: &str = "rtb-0e000001";
const SUBNETS: [&str; 2] = ["subnet-0e000001", "subnet-0e000002"];

/// The golden estate with two network ACLs, and with two overlap subnets and their table, begun by hand.
static BY_HAND: LazyLock<String> = LazyLock::new(|| {
    let everything = "[{number: 100, protocol: all, cidr: 0.0.0.0/0}, \
                       {number: 100, egress: true, protocol: all, cidr: 0.0.0.0/0}]";
    let indent = "            ";
    let acls = ACLS.map(|acl| format!("{indent}  - {{id: {acl}, entries: {everything}}}\n"));
    let tables = format!("{indent}routeTables:\n");
    let subnets = format!("{indent}subnets:\n");
    let [first, second] = SUBNETS;
    // The first VPC is the service's.
    GOLDEN
        .replacen(
            &tables,
            &format!(
                "{indent}networkACLs:\n{}{tables}{indent}  - {{id: {TABLE}, tags: {{Name: by-hand}}}}\n",
                acls.concat()
            ),
            1,
        )
        .replacen(
            &subnets,
            &format!(
                "{subnets}{indent}  - {{id: {first}, zone: usw2-az1, cidr: 10.50.7.0/27, routeTable: {TABLE}, tags: {{Name: by-hand}}}}\n\
                 {indent}  - {{id: {second}, zone: usw2-az2, cidr: 10.50.7.32/27}}\n"
            ),
            1,
        )
});

/// A change where a part of what is wanted was made by hand.
fn change(name: &'static str, change: fn(&Stage)) -> Scenario {
    Scenario { estate: &BY_HAND, before: peering, ..edit(name, change) }
}

fn respec(stage: &Stage, kind: &str, more: &Value) {
    stage.rewrite(kind, NAME, |object| {
        for (field, value) in more.as_object().expect("it is one") {
            object["spec"][field] = value.clone();
        }
    });
}

fn with_acl(stage: &Stage) {
    peering(stage);
    group(stage, &json!({ "networkACL": { "id": ACLS[0] } }));
}

fn adoption(deletion: &str) -> Value {
    json!({
        "adopt": { "routeTableID": TABLE, "subnetIDs": SUBNETS },
        "deletionPolicy": deletion,
    })
}

pub(crate) fn all() -> Vec<Scenario> {
    [acls(), adopted(), kept()].into_iter().flatten().collect()
}

fn acls() -> Vec<Scenario> {
    vec![
        Scenario {
            also: |stage| all_on(stage, ACLS[0]),
            ..change("group: create, with a network ACL", |stage| {
                group(stage, &json!({ "networkACL": { "id": ACLS[0] } }));
            })
        },
        Scenario {
            before: with_acl,
            then: Some(Step {
                once: |stage| all_on(stage, ACLS[1]).is_empty(),
                change: |stage| {
                    stage.rewrite(KIND, NAME, |object| {
                        object["spec"].as_object_mut().expect("it is one").remove("networkACL");
                    });
                },
            }),
            // Which ACL is used when none is named is for whoever gives it.
            also: |stage| all_on(stage, ACLS[1]),
            ..change("group: another network ACL, then none", |stage| {
                respec(stage, KIND, &json!({ "networkACL": { "id": ACLS[1] } }));
            })
        },
        Scenario {
            before: with_acl,
            goal: Goal::AsBefore,
            is_by_hand: true,
            also: |stage| all_on(stage, ACLS[0]),
            ..change("group: a subnet is given another network ACL", |stage| {
                let subnets = ours(stage);
                let subnet = subnets[0].id.as_ref().expect("it has one");
                // The one list in which it stands, however short pages are.
                let name = "association.subnet-id".to_owned();
                let filters = vec![Filter { name, values: vec![subnet.to_string()] }];
                let named = DescribeNetworkAcls { filters, ..DescribeNetworkAcls::default() };
                let acls = stage.hand(ACCOUNT, REGION, named);
                let mut associations =
                    acls.network_acl_set.iter().flat_map(|acl| &acl.association_set);
                let found = associations.find(|found| found.subnet_id == *subnet);
                let found = found.expect("every subnet has one");
                let request = ReplaceNetworkAclAssociation {
                    association_id: found.network_acl_association_id.to_string(),
                    network_acl_id: ACLS[1].to_owned(),
                    dry_run: None,
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
    ]
}

fn adopted() -> Vec<Scenario> {
    vec![
        Scenario {
            is_by_hand: true,
            also: |stage| {
                let subnets = ours(stage);
                let named = |id: &str| subnets.iter().any(|it| is_called(it, id));
                let is_taken = SUBNETS.into_iter().all(named) && table(stage) == TABLE;
                complaint("it is not adopted", is_taken && subnets.len() == 3)
            },
            ..change("group: create, adopting a table and subnets", |stage| {
                let route = CreateRoute {
                    route_table_id: TABLE.to_owned(),
                    destination_cidr_block: Some("172.19.0.0/20".to_owned()),
                    vpc_peering_connection_id: Some(stage.connection()),
                    ..CreateRoute::default()
                };
                stage.hand(ACCOUNT, REGION, route);
                group(stage, &adoption("Delete"));
            })
        },
        Scenario {
            before: |stage| {
                peering(stage);
                group(stage, &adoption("Delete"));
            },
            also: |stage| complaint("something is left", by_hand(stage).is_empty()),
            ..change("group: delete what was adopted", |stage| stage.delete(KIND, NAME))
        },
        Scenario {
            before: |stage| {
                peering(stage);
                group(stage, &adoption("Retain"));
                respec(stage, "VPCPeering", &json!({ "deletionPolicy": "Retain" }));
            },
            goal: Goal::Released,
            also: |stage| complaint("it is not released", are_released(stage)),
            ..change("group: delete, retaining what was adopted", |stage| {
                stage.delete("VPCPeering", NAME);
                stage.delete(KIND, NAME);
            })
        },
    ]
}

fn kept() -> Vec<Scenario> {
    vec![
        Scenario {
            before: |stage| {
                peering(stage);
                group(stage, &json!({ "deletionPolicy": "Retain" }));
                respec(stage, "VPCPeering", &json!({ "deletionPolicy": "Retain" }));
            },
            estate: GOLDEN,
            goal: Goal::Released,
            also: |stage| complaint("it is not released", are_released(stage)),
            ..change("group: delete, retaining", |stage| {
                stage.delete("VPCPeering", NAME);
                stage.delete(KIND, NAME);
            })
        },
        Scenario {
            then: Some(Step { once: differs, change: |stage| stage.delete(KIND, NAME) }),
            also: |stage| {
                let is_mine = |call: &peerway_sim::Entry| {
                    let who = call.principal.as_deref().unwrap_or_default();
                    let named = [TABLE, SUBNETS[0], SUBNETS[1], "10.50.6."];
                    call.is_write
                        && who.contains("assumed-role/peerway/")
                        && named.iter().any(|id| call.summary.contains(id))
                };
                let calls = stage.world.ledger().into_iter().filter(is_mine);
                let calls = calls.map(|call| format!("{} {}", call.action, call.summary));
                calls.chain(complaint("something is marked", ours(stage).is_empty())).collect()
            },
            ..change("group: create, only observed, and delete", |stage| {
                let mut spec = adoption("Delete");
                spec["managementPolicy"] = json!("Observe");
                group(stage, &spec);
            })
        },
        Scenario {
            estate: GOLDEN,
            before: |stage| {
                stage.apply(ACCOUNTS);
                stage.apply(OVERLAP);
                respec(stage, "VPCPeering", &json!({ "deletionPolicy": "Retain" }));
            },
            then: Some(Step {
                once: differs,
                change: |stage| {
                    stage.delete("VPCPeering", NAME);
                    stage.delete(KIND, NAME);
                },
            }),
            goal: Goal::Released,
            is_by_hand: true,
            also: |stage| {
                let is_untouched =
                    ours(stage).len() == 2 && !stage.has_route(FAR_TABLE, "10.50.6.64/26");
                complaint("it was written to", is_untouched && !table(stage).is_empty())
            },
            ..change("group: no more than observed, and delete", |stage| {
                respec(stage, KIND, &json!({ "managementPolicy": "Observe" }));
                route_deleted(stage, FAR_TABLE, "10.50.6.64/26");
                let subnet = ours(stage)[0].id.as_ref().expect("it has one").to_string();
                let resource_ids = vec![subnet];
                stage.hand(ACCOUNT, REGION, DeleteTags { resource_ids, ..DeleteTags::default() });
            })
        },
    ]
}

fn complaint(text: &str, is_well: bool) -> Vec<String> {
    if is_well { Vec::new() } else { vec![text.to_owned()] }
}

fn subnets(stage: &Stage, wanted: impl Fn(&Subnet) -> bool) -> Vec<Subnet> {
    let estate = stage.world.estate();
    let regions = estate.accounts.into_values().flat_map(|account| account.regions.into_values());
    let subnets = regions.flat_map(|region| region.vpcs).flat_map(|vpc| vpc.subnets);
    subnets.filter(wanted).collect()
}

/// The subnets that carry the group's tags.
pub(crate) fn ours(stage: &Stage) -> Vec<Subnet> {
    subnets(stage, |subnet| is_ours(&subnet.tags))
}

fn is_called(subnet: &Subnet, id: &str) -> bool {
    subnet.id.as_ref().is_some_and(|known| known.as_str() == id)
}

/// What was made by hand and is there.
fn by_hand(stage: &Stage) -> Vec<Subnet> {
    subnets(stage, |subnet| SUBNETS.iter().any(|id| is_called(subnet, id)))
}

/// The subnets in the group's blocks that use another ACL; or that there are none.
fn all_on(stage: &Stage, acl: &str) -> Vec<String> {
    let ours = ours(stage);
    let is_on = |subnet: &Subnet| subnet.network_acl.as_ref().is_some_and(|id| id.as_str() == acl);
    let is_well = ours.len() == 3 && ours.iter().all(is_on);
    complaint("a subnet uses another network ACL", is_well)
}

/// Three subnets in the group's range, each explicitly on a table, and nothing that carries our tags.
fn are_released(stage: &Stage) -> bool {
    let is_in_range = |subnet: &Subnet| {
        let range = "10.50.6.0/23".parse::<peerway_model::CidrBlock>().expect("it is one");
        subnet.cidr.as_ref().is_some_and(|block| range.contains(block))
    };
    let left = subnets(stage, is_in_range);
    let is_free = |subnet: &Subnet| subnet.route_table.is_some() && !is_marked(&subnet.tags);
    let tables = stage.world.estate();
    let mut tables = tables
        .accounts
        .values()
        .flat_map(|account| account.regions.values())
        .flat_map(|region| &region.vpcs)
        .flat_map(|vpc| &vpc.route_tables);
    left.len() == 3 && left.iter().all(is_free) && !tables.any(|table| is_marked(&table.tags))
}

fn is_marked(tags: &peerway_model::Tags) -> bool {
    peerway_model::ownership::is_marked(tags)
}

/// Whether the group says that AWS differs from it.
fn differs(stage: &Stage) -> bool {
    says(stage, "DriftObserved")
}
