//! VPCs, tables and routes that are not as a peering needs them, or not any more.

use peerway_sim::World;
use peerway_sim::ec2::route_tables::DeleteRouteTable;
use peerway_sim::ec2::tags::CreateTags;
use peerway_sim::ec2::vpcs::{CreateVpc, ModifyVpcAttribute};
use peerway_sim::ec2::{Flag, Tag, TagSpecification};
use serde_json::{Value, json};

use super::{ACCEPT, Case, DNS, FINE, REQUEST, ROUTE, RULE, exchanged, refusing};
use crate::objects::{by_hand, with};

/// A row of the service's table in the golden estate.
const ROW: &str = "                  - {destination: 172.19.0.0/20, target: pcx-d3c1e8ba}";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "vpc-not-found",
            peering: |object| with(object, "/spec/accepter/vpc/id", json!("vpc-00000000")),
            reason: "VPCNotFound",
            words: &["accepter.vpc.id", "vpc-00000000", "111111111111 us-west-2", "Correct"],
            ..FINE
        },
        Case {
            name: "selector-matches-two",
            peering: |object| with(object, "/spec/requester/vpc/matchTags/Name", json!("*-vpc")),
            reason: "SelectorMatchesSeveral",
            words: &["requester.vpc.matchTags", "vpc-ce78dbb7", "Name one by `id`"],
            ..FINE
        },
        Case {
            name: "tags-moved-to-another-vpc",
            then: &[("Ready", |world| {
                named(world, "vpc-ce78dbb7", "formerly");
                named(world, "vpc-3607f64e", "imply-e04-network-vpc");
            })],
            reason: "BoundElsewhere",
            words: &["bound to", "vpc-ce78dbb7", "vpc-3607f64e", "name the former again"],
            writes: &[REQUEST, ACCEPT, DNS, ROUTE, RULE],
            ..FINE
        },
        Case {
            name: "table-gone",
            estate: |golden| {
                let main = "              - id: rtb-8c4492f7";
                exchanged(&golden, main, &format!("              - id: rtb-0dead001\n{main}"))
            },
            peering: |object| {
                let tables = json!({ "ids": ["rtb-0dead001"] });
                with(object, "/spec/accepter/routes/tables", tables)
            },
            then: &[("Ready", |world| {
                let route_table_id = "rtb-0dead001".to_owned();
                by_hand(world, DeleteRouteTable { route_table_id, ..DeleteRouteTable::default() });
            })],
            reason: "RouteTableNotFound",
            words: &["accepter.routes.tables", "rtb-0dead001", "vpc-641fee1c"],
            writes: &[REQUEST, ACCEPT, DNS, ROUTE, RULE],
            ..FINE
        },
        Case {
            name: "dns-attributes-off",
            weather: |world| {
                by_hand(
                    world,
                    ModifyVpcAttribute {
                        vpc_id: "vpc-641fee1c".to_owned(),
                        enable_dns_hostnames: Some(Flag { value: false }),
                        ..ModifyVpcAttribute::default()
                    },
                );
            },
            reason: "DNSAttributesOff",
            words: &["enableDnsHostnames", "vpc-641fee1c", "modify-vpc-attribute"],
            ..FINE
        },
        Case {
            name: "cidr-overlap",
            peering: |object| bare(object, json!({ "matchTags": { "Name": "overlapping" } })),
            weather: |world| {
                let tag = Tag { key: "Name".to_owned(), value: Some("overlapping".to_owned()) };
                let tags = TagSpecification { resource_type: "vpc".to_owned(), tags: vec![tag] };
                by_hand(
                    world,
                    CreateVpc {
                        cidr_block: "10.50.4.0/22".to_owned(),
                        tag_specifications: vec![tags],
                        ..CreateVpc::default()
                    },
                );
            },
            reason: "CIDROverlap",
            words: &["10.50.0.0/21", "10.50.4.0/22", "cannot peer"],
            ..FINE
        },
        Case {
            name: "black-hole-of-others",
            estate: |golden| {
                also(&golden, "{destination: 172.20.0.0/22, target: pcx-0dead001, gone: true}")
            },
            peering: refusing,
            reason: "RouteConflict",
            words: &["rtb-7122e509", "172.20.0.0/22", "pcx-0dead001", "Remove that route"],
            ..FINE
        },
    ]
}

/// With another accepter, and no more than routes in main tables.
fn bare(object: Value, vpc: Value) -> Value {
    let main = json!({ "tables": { "scope": "Main" } });
    let object = with(object, "/spec/accepter/vpc", vpc);
    let object = with(object, "/spec/accepter/routes", main.clone());
    let object = with(object, "/spec/requester/routes", main);
    let object = with(object, "/spec/requester/dnsResolution", Value::Null);
    with(object, "/spec/requester/ingress", Value::Null)
}

/// One more row in the service's table.
fn also(golden: &str, row: &str) -> String {
    exchanged(golden, ROW, &format!("{ROW}\n                  - {row}"))
}

fn named(world: &World, vpc: &str, name: &str) {
    let tag = Tag { key: "Name".to_owned(), value: Some(name.to_owned()) };
    let resource_ids = vec![vpc.to_owned()];
    by_hand(world, CreateTags { resource_ids, tags: vec![tag], ..CreateTags::default() });
}
