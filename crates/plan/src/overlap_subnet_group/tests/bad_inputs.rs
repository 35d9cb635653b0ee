//! What cannot be done is said: what, where, why and what to do; and nothing is written.

use peerway_api::v1alpha1::overlap_subnet_group::{
    GroupAdoption, GroupCidrs, OverlapSubnetGroupSpec, ZoneSelection,
};
use peerway_api::v1alpha1::selectors::{SubnetSelector, VpcSelector};
use peerway_api::v1alpha1::vpc_peering::{ExternalVpc, PeeringSide, SideName};

use super::scenario::*;
use super::*;
use crate::testing::{block, by_tags, estate_in, observed, place};

/// No step, `Ready=False` with this reason, and a message that says all of this.
fn refused(run: &mut Run, reason: &str, says: &[&str]) {
    assert!(run.visit().is_empty(), "{reason}: it must write nothing");
    assert_eq!(run.ready(), ("False".to_owned(), reason.to_owned()), "{}", run.plan());
    let message = run.message();
    for part in says {
        assert!(message.contains(part), "{part:?} is not said: {message}");
    }
    let stalled = run.condition(ConditionType::Stalled);
    let reconciling = run.condition(ConditionType::Reconciling);
    assert_ne!(stalled, reconciling, "one of the two, and not both");
}

fn refused_spec(spec: OverlapSubnetGroupSpec, reason: &str, says: &[&str]) {
    refused(&mut run_in(&billing_world(), spec), reason, says);
}

fn with_cidrs(length: Option<u8>, within: &[&str]) -> OverlapSubnetGroupSpec {
    let within = within.iter().map(|cidr| block(cidr)).collect();
    let cidrs = GroupCidrs { prefix_length: length, within: Some(within) };
    OverlapSubnetGroupSpec { cidrs: Some(cidrs), ..billing() }
}

fn with_zones(zones: ZoneSelection) -> OverlapSubnetGroupSpec {
    OverlapSubnetGroupSpec { availability_zones: Some(zones), cidrs: None, ..billing() }
}

#[test]
fn blocks_outside_the_vpc() {
    refused_spec(
        with_cidrs(Some(26), &["10.50.6.0/23", "10.60.0.0/24"]),
        "InvalidSpec",
        &["`cidrs.within`", "10.60.0.0/24", "vpc-ce78dbb7", "10.50.0.0/21"],
    );
    refused_spec(
        with_zones(listed(&[("usw2-az1", Some("10.60.0.0/26"))])),
        "InvalidSpec",
        &["`availabilityZones.list[usw2-az1].cidr`", "10.60.0.0/26", "10.50.0.0/21"],
    );
}

#[test]
fn a_prefix_of_another_length() {
    for length in [15, 28] {
        refused_spec(
            with_cidrs(Some(length), &["10.50.6.0/23"]),
            "InvalidSpec",
            &["`cidrs.prefixLength` must be 16 to 27", &length.to_string()],
        );
    }
}

/// A block that the spec names itself must be able to hold a load balancer too.
#[test]
fn a_named_block_of_another_length() {
    refused_spec(
        with_zones(listed(&[("usw2-az1", Some("10.50.6.0/28"))])),
        "InvalidSpec",
        &["`availabilityZones.list[usw2-az1].cidr`", "10.50.6.0/28", "/27"],
    );
}

#[test]
fn a_named_block_in_which_a_subnet_stands() {
    refused_spec(
        with_zones(listed(&[("usw2-az1", Some("10.50.0.0/26"))])),
        "NoFreeCIDR",
        &["10.50.0.0/26, named for usw2-az1, is taken", "is in use by subnet-0a00000"],
    );
}

#[test]
fn zones_that_are_none() {
    refused_spec(
        with_zones(listed(&[("usw2-az1", None), ("usw2-az9", None)])),
        "ZoneNotFound",
        &["no zone usw2-az9", "usw2-az1, usw2-az2, usw2-az3"],
    );
    refused_spec(
        with_zones(listed(&[("usw2-lax1-az1", None)])),
        "ZoneNotFound",
        &["usw2-lax1-az1 is a Local or Wavelength Zone", "Availability Zones"],
    );
    let by_subnets = |selector| ZoneSelection {
        of_subnets: Some(selector),
        of_auto_scaling_groups: None,
        list: None,
    };
    refused_spec(
        with_zones(by_subnets(SubnetSelector {
            ids: None,
            match_tags: Some(by_tags(&[("Name", "none-*")])),
        })),
        "SelectorMatchesNothing",
        &["availabilityZones.ofSubnets", "none-*"],
    );
    refused_spec(
        with_zones(by_subnets(SubnetSelector {
            ids: Some(vec!["subnet-0a0000ff".parse().unwrap()]),
            match_tags: None,
        })),
        "SubnetNotFound",
        &["subnet-0a0000ff"],
    );
}

/// The same object, made at this second.
fn born_at(second: i64, mut run: Run) -> Run {
    let at = peerway_model::Timestamp::from_second(second).unwrap();
    run.object.metadata.creation_timestamp =
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at));
    run
}

/// Another group of these wishes, made at this second.
fn rival(name: &str, second: i64, world: &Estate, spec: &OverlapSubnetGroupSpec) -> Run {
    let mut run = run_in(world, spec.clone());
    run.object = group(name, "uid-h", spec.clone());
    born_at(second, run)
}

#[test]
fn one_block_for_two_groups() {
    let named = with_zones(listed(&[("usw2-az1", Some("10.50.6.0/26"))]));
    let older = born_at(1, run_in(&billing_world(), named.clone()));
    let mut younger = rival("another", 2, &billing_world(), &named);
    younger.observed.siblings = vec![super::many::neighbour(&older)];
    refused(&mut younger, "NoFreeCIDR", &["10.50.6.0/26", "promised to an older group"]);
    // One that stands there already.
    let mut made = older.clone();
    made.visit();
    made.object = younger.object.clone();
    refused(&mut made, "NoFreeCIDR", &["10.50.6.0/26 is in use", "Name another block"]);
    // Two zones of one group.
    refused_spec(
        with_zones(listed(&[
            ("usw2-az1", Some("10.50.6.0/26")),
            ("usw2-az2", Some("10.50.6.0/26")),
        ])),
        "NoFreeCIDR",
        &["10.50.6.0/26"],
    );
}

#[test]
fn no_room() {
    refused_spec(
        with_cidrs(Some(26), &["10.50.6.0/25"]),
        "NoFreeCIDR",
        &["no room for 3 /26 blocks in 10.50.6.0/25", "usw2-az3", "the largest free"],
    );
}

#[test]
fn a_given_table_that_is_not_free() {
    refused_spec(
        with_table("rtb-a822e5d0"),
        "RouteTableShared",
        &["rtb-a822e5d0", "main route table"],
    );
    refused_spec(
        with_table("rtb-7122e509"),
        "RouteTableShared",
        &["rtb-7122e509", "subnet-0a00000", "not of this group"],
    );
    refused_spec(with_table("rtb-0000000f"), "RouteTableNotFound", &["rtb-0000000f"]);
    let world =
        billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[("172.19.0.0/20", "pcx-d3c1e8ba")]);
    let mut run = run_in(&world, with_table("rtb-0e000001"));
    refused(
        &mut run,
        "RouteConflict",
        &["rtb-0e000001 has a route to 172.19.0.0/20 over pcx-d3c1e8ba", "another table"],
    );
    // Withheld in the status, and still nothing after somebody looked again.
    let table = run.object.status.as_ref().unwrap().route_table.clone().unwrap();
    assert_eq!(table.routes[0].state, peerway_api::v1alpha1::vpc_peering::RouteStanding::Withheld);
    refused(&mut run, "RouteConflict", &[]);
}

/// Nobody's subnets use it yet: both would write their routes.
#[test]
fn a_given_table_that_an_older_group_is_given_too() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let given = with_table("rtb-0e000001");
    let mut older = rival("older", 1, &world, &given);
    let mut younger = born_at(2, run_in(&world, given));
    younger.observed.siblings = vec![super::many::neighbour(&older)];
    let says = ["rtb-0e000001", "OverlapSubnetGroup 'analytics/older'", "which comes first"];
    refused(&mut younger, "RouteTableShared", &says);
    older.observed.siblings = vec![super::many::neighbour(&younger)];
    let first = older.plan().steps[0].to_string();
    assert!(first.starts_with("+ route 172.19.0.0/20 in rtb-0e000001"), "{first}");
    // Who has it keeps it, however old the other is.
    younger.observed.siblings = Vec::new();
    younger.visit();
    older.object.status = None;
    older.observed.siblings = vec![super::many::neighbour(&younger)];
    refused(&mut older, "RouteTableShared", &["rtb-0e000001", "which comes first"]);
    // Also without its status: its subnets use the table.
    younger.object.status = None;
    older.object.status = None;
    younger.observed.siblings = vec![super::many::neighbour(&older)];
    younger.visit();
    assert_eq!(younger.ready().0, "True", "{}", younger.plan());
}

/// Who wants to adopt a table comes behind those who use it, and who may write nothing claims none.
#[test]
fn a_given_table_that_another_group_would_adopt() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let given = born_at(2, run_in(&world, with_table("rtb-0e000001")));
    let id = "rtb-0e000001".parse().unwrap();
    let adopt = GroupAdoption { route_table_id: Some(id), subnet_ids: None };
    let spec = OverlapSubnetGroupSpec { adopt: Some(adopt), ..billing() };
    let mut adopting = rival("adopting", 1, &world, &spec);
    let mut written = given.clone();
    written.visit();
    adopting.observed.siblings = vec![super::many::neighbour(&written)];
    let says = ["`adopt.routeTableID`: rtb-0e000001", "'analytics/druid-to-billing'"];
    refused(&mut adopting, "AdoptionConflict", &says);
    let mut given = given;
    adopting.object.status = None;
    given.observed.siblings = vec![super::many::neighbour(&adopting)];
    refused(&mut given, "RouteTableShared", &["'analytics/adopting'"]);
    given.observed.siblings[0].desired.as_mut().unwrap().policies.is_paused = true;
    given.object.status = None;
    given.visit();
    assert_eq!(given.ready().0, "True", "{}", given.plan());
}

/// What somebody in another VPC names by mistake is no claim.
#[test]
fn a_given_table_that_a_group_of_another_vpc_names_too() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let given = with_table("rtb-0e000001");
    let mut neighbour = super::many::neighbour(&rival("elsewhere", 1, &world, &given));
    for peer in &mut neighbour.desired.as_mut().unwrap().peers {
        let id = Some("vpc-0000000f".parse().unwrap());
        peer.home.spec.vpc = VpcSelector { id, match_tags: None };
    }
    let mut run = born_at(2, run_in(&world, given));
    run.observed.siblings = vec![neighbour];
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// A group's own table has no subnets yet when it is made.
#[test]
fn a_given_table_that_carries_the_tags_of_another_object() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let mut run = run_in(&world, with_table("rtb-0e000001"));
    edit_table(&mut run, "rtb-0e000001", |table| {
        table.tags = peering_owner("x", "y").tags(Origin::Created);
    });
    refused(&mut run, "RouteTableShared", &["rtb-0e000001", "another object, by its tags"]);
}

#[test]
fn a_network_acl_that_is_not_there() {
    let id = "acl-0000000f".parse().unwrap();
    let network_acl = Some(peerway_api::v1alpha1::overlap_subnet_group::AclRef { id });
    refused_spec(
        OverlapSubnetGroupSpec { network_acl, ..billing() },
        "NetworkACLNotFound",
        &["`networkACL.id`", "acl-0000000f", "vpc-ce78dbb7"],
    );
}

#[test]
fn a_free_given_table_serves_and_a_clash_that_comes_later_is_named() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let mut run = run_in(&world, with_table("rtb-0e000001"));
    let steps = run.steps();
    assert_eq!(steps[0], "+ route 172.19.0.0/20 in rtb-0e000001 over pcx-0000000b");
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());
    // Another target in a table that is not ours is foreign, also where our route once was.
    edit_table(&mut run, "rtb-0e000001", |table| {
        let to = Destination::Cidr(block("172.19.0.0/20"));
        let route = table.routes.iter_mut().find(|route| route.destination == to).unwrap();
        route.target = crate::testing::target("pcx-d3c1e8ba");
    });
    refused(&mut run, "RouteConflict", &["pcx-d3c1e8ba"]);
}

/// A given table with this row, and what the list of that name holds.
fn with_row(to: &str, over: &str, list: Option<&[&str]>) -> Run {
    let world = billing_world()
        .table("rtb-0e000001", "vpc-ce78dbb7", &[(to, over)])
        .prefix_list("pl-00000001", list);
    run_in(&world, with_table("rtb-0e000001"))
}

/// Packets to a part of the peer's addresses would follow it, though the route to all of them can be written.
#[test]
fn a_longer_route_of_somebody_else_in_a_given_table() {
    for over in ["pcx-d3c1e8ba", "tgw-00000001"] {
        let mut run = with_row("172.19.4.0/24", over, None);
        let says = format!("rtb-0e000001 has a route to 172.19.4.0/24 over {over}");
        refused(&mut run, "RouteConflict", &[&says, "172.19.0.0/20", "another table"]);
        let table = run.object.status.as_ref().unwrap().route_table.clone().unwrap();
        let withheld = peerway_api::v1alpha1::vpc_peering::RouteStanding::Withheld;
        assert_eq!(table.routes[0].state, withheld);
        assert!(run.recorded().routes.is_empty(), "nothing was written");
    }
}

#[test]
fn a_prefix_list_that_meets_the_peer_in_a_given_table() {
    for entry in ["172.19.0.0/20", "172.19.4.0/24"] {
        let mut run = with_row("pl-00000001", "tgw-00000001", Some(&["10.99.0.0/16", entry]));
        let says = format!("rtb-0e000001 has a route to {entry} (through pl-00000001) over tgw");
        refused(&mut run, "RouteConflict", &[&says]);
    }
    let mut run = with_row("pl-00000001", "tgw-00000001", None);
    refused(&mut run, "AccessDenied", &["pl-00000001", "cannot be read"]);
}

#[test]
fn rows_of_a_given_table_that_take_nothing_from_the_peer_do_not_matter() {
    for (to, list) in [
        ("172.16.0.0/12", None),
        ("10.99.0.0/16", None),
        ("pl-00000001", Some(&["10.99.0.0/16", "172.16.0.0/12"][..])),
    ] {
        let mut run = with_row(to, "tgw-00000001", list);
        assert_eq!(run.steps()[0], "+ route 172.19.0.0/20 in rtb-0e000001 over pcx-0000000b");
        assert_eq!(run.ready().0, "True", "{to}: {}", run.plan());
    }
}

/// Nothing is written for one peer into a table that does not serve the other.
#[test]
fn a_clash_with_one_of_two_peers_in_a_given_table() {
    for clash in ["172.19.0.0/20", "172.19.4.0/24"] {
        let world = with_third(billing_world(), "172.21.0.0/20").table(
            "rtb-0e000001",
            "vpc-ce78dbb7",
            &[(clash, "pcx-d3c1e8ba")],
        );
        let mut spec = with_table("rtb-0e000001");
        spec.peers.push(third_peer());
        refused(&mut run_in(&world, spec), "RouteConflict", &[clash]);
    }
}

#[test]
fn a_longer_route_that_comes_later_into_a_given_table_is_named() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let mut run = run_in(&world, with_table("rtb-0e000001"));
    run.visit();
    assert_eq!(run.ready().0, "True");
    edit_table(&mut run, "rtb-0e000001", |table| {
        let mut longer = table.routes.last().unwrap().clone();
        longer.destination = Destination::Cidr(block("172.19.4.0/24"));
        longer.target = crate::testing::target("pcx-d3c1e8ba");
        table.routes.push(longer);
    });
    let recorded = run.recorded().routes;
    refused(&mut run, "RouteConflict", &["172.19.4.0/24"]);
    assert_eq!(run.recorded().routes, recorded, "what was written stays known");
}

fn external(vpc: &str, cidrs: &[&str]) -> PeeringSide {
    PeeringSide {
        account_ref: None,
        external: Some(ExternalVpc {
            account_id: "222222222222".parse().unwrap(),
            region: "us-west-2".parse().unwrap(),
            vpc_id: vpc.parse().unwrap(),
            cidrs: cidrs.iter().map(|cidr| block(cidr)).collect(),
        }),
        region: None,
        vpc: None,
        dns_resolution: None,
        routes: None,
        ingress: None,
    }
}

#[test]
fn a_side_of_somebody_else() {
    let mut run = start();
    run.peerings[0].spec.accepter = external("vpc-3607f64e", &["172.19.0.0/20"]);
    let findings = run.try_desired().unwrap_err();
    assert_eq!(reasons(&findings), [Reason::InvalidSpec]);
    assert!(findings[0].message.contains("`peers[billing].peerRoutes` must be absent"));
    run.object.spec.peers[0].side = SideName::Accepter;
    let findings = run.try_desired().unwrap_err();
    assert_eq!(reasons(&findings), [Reason::InvalidSpec]);
    assert!(findings[0].message.contains("`peers[billing].side`: the accepter"));
    // Without routes there it serves: their owner writes them.
    run.object.spec.peers[0].side = SideName::Requester;
    run.object.spec.peers[0].peer_routes = None;
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert!(!run.of_ours().iter().any(|thing| thing.starts_with("rtb-48598f33")));
}

#[test]
fn a_peering_that_is_not_there() {
    let mut run = start();
    run.peerings.clear();
    let findings = run.try_desired().unwrap_err();
    assert_eq!(reasons(&findings), [Reason::PeeringNotFound]);
    let message = &findings[0].message;
    assert!(message.contains("no VPCPeering 'druid-to-billing' in namespace 'analytics'"));
    assert_eq!(findings[0].effect, crate::Effect::Passing, "it may come");
}

#[test]
fn a_peering_that_is_going() {
    let going = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now());
    let mut run = start();
    run.peerings[0].metadata.deletion_timestamp = Some(going.clone());
    refused(&mut run, "DependencyDeleting", &["'druid-to-billing' is being deleted"]);
    // What stands is kept as before.
    let mut run = settled();
    run.peerings[0].metadata.deletion_timestamp = Some(going);
    edit_table(&mut run, "rtb-0f000001", |table| table.routes.truncate(1));
    assert_eq!(run.steps(), ["+ route 172.19.0.0/20 in rtb-0f000001 over pcx-0000000b"]);
    assert_eq!(run.ready().0, "True");
}

fn with_two(world: &Estate) -> Run {
    let mut spec = billing();
    spec.peers.push(third_peer());
    run_in(world, spec)
}

#[test]
fn peers_that_overlap_each_other() {
    let mut run = with_two(&with_third(billing_world(), "172.19.8.0/22"));
    refused(
        &mut run,
        "PeersOverlap",
        &["172.19.0.0/20 of peer 'billing'", "172.19.8.0/22 of peer 'third'"],
    );
}

#[test]
fn peers_of_different_vpcs() {
    let mut run = with_two(&with_third(billing_world(), "172.21.0.0/20"));
    run.peerings[1].spec.requester.vpc =
        Some(VpcSelector { id: Some("vpc-641fee1c".parse().unwrap()), match_tags: None });
    refused(&mut run, "InvalidSpec", &["vpc-ce78dbb7", "vpc-641fee1c", "one VPC"]);
}

#[test]
fn a_peering_inside_which_the_cidrs_overlap() {
    let mut world = with_third(billing_world(), "10.50.4.0/22");
    world.connections.pop();
    let mut spec = billing();
    spec.peers = vec![third_peer()];
    refused(
        &mut run_in(&world, spec),
        "CIDROverlap",
        &["10.50.0.0/21 of vpc-ce78dbb7", "10.50.4.0/22 of vpc-0c000001"],
    );
}

#[test]
fn a_vpc_of_the_peering_that_is_not_there() {
    let mut run = start();
    run.peerings[0].spec.accepter.vpc =
        Some(VpcSelector { id: Some("vpc-0000000f".parse().unwrap()), match_tags: None });
    refused(&mut run, "VPCNotFound", &["peers[billing].peeringRef: accepter", "vpc-0000000f"]);
}

#[test]
fn tables_of_the_peer_that_are_not_there() {
    let mut spec = billing();
    spec.peers[0].peer_routes = Some(routes_in(&["rtb-0000000f"]));
    refused_spec(spec.clone(), "RouteTableNotFound", &["peers[billing].peerRoutes.tables.ids"]);
    // What was written before stays.
    let mut run = settled();
    run.object.spec = spec;
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "RouteTableNotFound");
    run.object.spec = billing();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True");
}

#[test]
fn credentials_that_lead_to_another_account() {
    let elsewhere = estate_in("444444444444", "us-west-2");
    let world = observed([(place("service", "111111111111", "us-west-2"), &elsewhere)]);
    let mut run = start();
    run.observed = of_group(world);
    refused(&mut run, "WrongAccount", &["account 444444444444, not to 111111111111"]);
}

#[test]
fn other_peerings_than_those_of_the_subnets_that_exist() {
    let mut run = settled();
    run.peerings[0].spec.requester.vpc =
        Some(VpcSelector { id: Some("vpc-641fee1c".parse().unwrap()), match_tags: None });
    refused(&mut run, "BoundElsewhere", &["vpc-ce78dbb7", "vpc-641fee1c"]);
}
