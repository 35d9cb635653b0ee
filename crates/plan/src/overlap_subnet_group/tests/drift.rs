//! Somebody changes what is ours: it is repaired, and said so; what is not ours is named and left alone.

use peerway_api::v1alpha1::overlap_subnet_group::{ExtraTags, OverlapSubnetGroupSpec, TableRef};
use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::v1alpha1::vpc_peering::WarningStatus;
use peerway_model::{
    Association, CidrBlock, NetworkAclEntry, PortRange, Protocol, Route, RouteOrigin, RouteState,
    RouteTable, RouteTableId,
};

use super::scenario::*;
use super::*;
use crate::testing::{block, target};

/// One visit after the drift: what it did, and that it is told and at rest again.
fn repair(run: &mut Run) -> Vec<String> {
    let before = run.object.status.clone();
    let rounds = run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert!(run.visit().is_empty());
    let done: Vec<Step> = rounds.iter().flatten().cloned().collect();
    let status = run.object.status.as_ref().unwrap();
    let told = events(&run.desired(), before.as_ref(), status, 1, &done);
    let repaired = told.iter().filter(|event| event.reason == "DriftRepaired").count();
    assert_eq!(repaired, done.len(), "{told:?}");
    lines(&rounds)
}

fn row(to: &str, over: &str) -> Route {
    Route {
        destination: Destination::Cidr(block(to)),
        target: target(over),
        origin: RouteOrigin::Static,
        state: RouteState::Active,
    }
}

fn without(table: &mut RouteTable, to: &CidrBlock) {
    table.routes.retain(|route| route.destination != Destination::Cidr(*to));
}

/// Moves a subnet of ours to a table of somebody else, or to the main one.
fn move_association(run: &mut Run, subnet: &str, to: Option<&str>) {
    let scope = AssociationScope::Subnet(subnet.parse().unwrap());
    edit(&mut run.view().route_tables, |tables| {
        for table in tables {
            table.associations.retain(|association| association.scope != scope);
            if Some(table.id.as_str()) == to {
                let id = "rtbassoc-0000000d".parse().unwrap();
                table.associations.push(Association { id, scope: scope.clone() });
            }
        }
    });
}

#[test]
fn a_moved_association_comes_back_once_it_was_seen_twice() {
    let mut run = settled();
    move_association(&mut run, "subnet-0f000002", Some("rtb-7122e509"));
    unconfirm(&mut run.view().route_tables);
    assert!(run.visit().is_empty(), "one look is not enough");
    assert!(run.waiting().contains("the association of subnet-0f000002"), "{}", run.waiting());
    assert_eq!(run.ready(), ("False".to_owned(), "Progressing".to_owned()));
    confirm(&mut run.view().route_tables);
    let steps = run.steps();
    assert_eq!(steps, ["~ associate subnet-0f000002 with rtb-0f000001 instead of rtb-7122e509"]);
    assert_eq!(run.ready().0, "True");
}

/// Replies would follow whatever the other table says, wherever else something is amiss.
#[test]
fn a_moved_association_comes_back_also_while_a_peer_cannot_be_answered() {
    let world = with_third(billing_world(), "172.21.0.0/20");
    let mut spec = with_table("rtb-0e000001");
    spec.peers.push(third_peer());
    let world = world.table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let mut run = run_in(&world, spec);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    edit_table(&mut run, "rtb-0e000001", |table| {
        table.routes.push(row("172.21.4.0/24", "pcx-d3c1e8ba"));
    });
    move_association(&mut run, "subnet-0f000002", Some("rtb-7122e509"));
    assert_eq!(
        run.steps(),
        ["~ associate subnet-0f000002 with rtb-0e000001 instead of rtb-7122e509"]
    );
    assert_eq!(run.ready().1, "RouteConflict");
}

/// By one list a subnet whose table it leaves out follows the main table.
#[test]
fn no_route_is_written_or_taken_away_while_a_list_lacks_what_was_there() {
    let mut run = settled();
    edit_table(&mut run, "rtb-48598f33", |table| without(table, &block("10.50.6.0/26")));
    let part = run.view().subnets.part.clone().unwrap();
    let is_listed = |subnet: &&peerway_model::Subnet| subnet.id.as_str() != "subnet-0a000004";
    let fewer = part.iter().filter(is_listed).cloned().collect();
    let at = part.ended_at + Duration::from_secs(1);
    let (next, _) = part.next(fewer, at, at, [], peerway_model::Timestamp::MIN);
    run.view().subnets = peerway_model::Reading::read(std::sync::Arc::new(next));
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert!(run.waiting().contains("which lack what was there before"), "{}", run.waiting());
    confirm(&mut run.view().subnets);
    assert_eq!(run.steps(), ["+ route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000b"]);
}

/// Replies to whoever has the block now would come to our subnets.
#[test]
fn a_peers_route_to_a_block_that_somebody_took_goes_though_no_other_is_free() {
    let mut run = settled();
    delete_subnet(&mut run, "subnet-0f000002");
    edit(&mut run.view().subnets, |subnets| {
        for (id, cidr) in [
            ("subnet-0a0000fd", "10.50.6.64/27"),
            ("subnet-0a0000fe", "10.50.6.192/26"),
            ("subnet-0a0000ff", "10.50.7.0/24"),
        ] {
            let mut foreign = subnets[0].clone();
            (foreign.id, foreign.cidrs) = (id.parse().unwrap(), vec![block(cidr)]);
            foreign.tags = Tags::new();
            subnets.push(foreign);
        }
    });
    assert_eq!(run.steps(), ["- route 10.50.6.64/26 in rtb-48598f33 over pcx-0000000b"]);
    assert_eq!(run.ready().1, "NoFreeCIDR");
}

/// `LongestPrefix` leaves out of account whom the peer does not name, not the peer.
#[test]
fn a_peers_route_by_longest_prefix_needs_a_way_back_to_the_peer() {
    let mut spec = billing();
    let routes = spec.peers[0].peer_routes.as_mut().unwrap();
    routes.on_conflict = Some(peerway_api::v1alpha1::vpc_peering::OnConflict::LongestPrefix);
    let mut run = settled_as(spec);
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.routes.push(row("172.19.4.0/24", "pcx-d3c1e8ba"));
    });
    edit_table(&mut run, "rtb-48598f33", |table| without(table, &block("10.50.6.0/26")));
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready().1, "ReturnGoesElsewhere");
}

#[test]
fn an_association_that_is_gone_is_made_at_once() {
    let mut run = settled();
    move_association(&mut run, "subnet-0f000002", None);
    assert_eq!(repair(&mut run), ["+ associate subnet-0f000002 with rtb-0f000001"]);
}

#[test]
fn a_route_of_our_table_comes_back_whether_deleted_or_replaced() {
    let mut run = settled();
    edit_table(&mut run, "rtb-0f000001", |table| without(table, &block("172.19.0.0/20")));
    assert_eq!(repair(&mut run), ["+ route 172.19.0.0/20 in rtb-0f000001 over pcx-0000000b"]);
    edit_table(&mut run, "rtb-0f000001", |table| {
        without(table, &block("172.19.0.0/20"));
        table.routes.push(row("172.19.0.0/20", "pcx-d3c1e8ba"));
    });
    unconfirm(&mut run.view().route_tables);
    assert!(run.visit().is_empty(), "one look is not enough");
    assert!(run.waiting().contains("172.19.0.0/20 in rtb-0f000001"), "{}", run.waiting());
    confirm(&mut run.view().route_tables);
    assert_eq!(
        run.steps(),
        ["~ route 172.19.0.0/20 in rtb-0f000001 over pcx-0000000b instead of pcx-d3c1e8ba"]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_peers_route_comes_back_and_what_replaced_it_stays() {
    let mut run = settled();
    edit_table(&mut run, "rtb-48598f33", |table| without(table, &block("10.50.6.64/26")));
    assert_eq!(repair(&mut run), ["+ route 10.50.6.64/26 in rtb-48598f33 over pcx-0000000b"]);
    edit_table(&mut run, "rtb-48598f33", |table| {
        without(table, &block("10.50.6.64/26"));
        table.routes.push(row("10.50.6.64/26", "tgw-00000001"));
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "RouteConflict".to_owned()));
    assert!(run.message().contains("tgw-00000001"), "{}", run.message());
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));
}

fn delete_subnet(run: &mut Run, id: &str) {
    let id: SubnetId = id.parse().unwrap();
    edit(&mut run.view().subnets, |subnets| subnets.retain(|subnet| subnet.id != id));
    move_association(run, id.as_str(), None);
}

#[test]
fn a_subnet_that_vanished_is_looked_at_twice_and_made_anew_with_its_block() {
    let mut run = settled();
    delete_subnet(&mut run, "subnet-0f000002");
    unconfirm(&mut run.view().subnets);
    for _ in 0..2 {
        assert!(run.visit().is_empty(), "one look is not enough, however often it is judged");
        assert!(run.waiting().contains("subnet-0f000002, which is gone"), "{}", run.waiting());
    }
    assert_eq!(run.object.status.as_ref().unwrap().ready, "2/3");
    confirm(&mut run.view().subnets);
    assert_eq!(
        run.steps(),
        ["+ subnet 10.50.6.64/26 in usw2-az2", "+ associate subnet-0f000004 with rtb-0f000001"]
    );
    assert_eq!(run.ready().0, "True");
}

/// The route to it stands in the peer's table: another block would leave it leading nowhere.
#[test]
fn a_vanished_subnet_keeps_its_block_though_a_lower_one_is_free_by_now() {
    let mut world = billing_world().subnet("subnet-0a00000f", "vpc-ce78dbb7", "10.50.6.0/26", "");
    world.subnets.last_mut().unwrap().tags = Tags::new();
    let mut run = run_in(&world, billing());
    run.visit();
    edit(&mut run.view().subnets, |subnets| {
        subnets.retain(|subnet| subnet.id.as_str() != "subnet-0a00000f");
    });
    delete_subnet(&mut run, "subnet-0f000002");
    unconfirm(&mut run.view().subnets);
    assert!(run.visit().is_empty());
    confirm(&mut run.view().subnets);
    let steps = run.steps();
    assert_eq!(steps[0], "+ subnet 10.50.6.128/26 in usw2-az2");
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_vanished_subnet_whose_block_somebody_took_gets_another_one() {
    let mut run = settled();
    delete_subnet(&mut run, "subnet-0f000002");
    edit(&mut run.view().subnets, |subnets| {
        let mut foreign = subnets[0].clone();
        foreign.id = "subnet-0a0000ff".parse().unwrap();
        foreign.cidrs = vec![block("10.50.6.64/27")];
        foreign.tags = Tags::new();
        subnets.push(foreign);
    });
    let steps = run.steps();
    assert_eq!(
        steps,
        [
            "+ subnet 10.50.6.192/26 in usw2-az2",
            "- route 10.50.6.64/26 in rtb-48598f33 over pcx-0000000b",
            "+ associate subnet-0f000004 with rtb-0f000001",
            "+ route 10.50.6.192/26 in rtb-48598f33 over pcx-0000000b",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_table_that_vanished_is_looked_at_twice_and_made_anew() {
    let mut run = settled();
    let gone: RouteTableId = "rtb-0f000001".parse().unwrap();
    edit(&mut run.view().route_tables, |tables| tables.retain(|table| table.id != gone));
    unconfirm(&mut run.view().route_tables);
    for _ in 0..2 {
        assert!(run.visit().is_empty(), "one look is not enough, however often it is judged");
        assert!(run.waiting().contains("rtb-0f000001, which is gone"), "{}", run.waiting());
    }
    confirm(&mut run.view().route_tables);
    let first = run.plan().steps.into_iter().next().unwrap();
    let Call::CreateTable { token, .. } = &first.call else { panic!("{first}") };
    assert!(token.ends_with("-0f000001"), "another request than the first: {token}");
    assert_eq!(
        run.steps(),
        [
            "+ route table in vpc-ce78dbb7",
            "+ route 172.19.0.0/20 in rtb-0f000002 over pcx-0000000b",
            "+ associate subnet-0f000001 with rtb-0f000002",
            "+ associate subnet-0f000002 with rtb-0f000002",
            "+ associate subnet-0f000003 with rtb-0f000002",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn stripped_tags_come_back_before_anything_else() {
    let mut run = settled();
    edit(&mut run.view().subnets, |subnets| {
        for subnet in subnets.iter_mut().filter(|it| it.id.as_str().starts_with("subnet-0f")) {
            subnet.tags = Tags::new();
        }
    });
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.tags = Tags::new();
        without(table, &block("172.19.0.0/20"));
    });
    let rounds = run.visit();
    assert_eq!(
        lines(&rounds[..1]),
        [
            "~ tag subnet-0f000001",
            "~ tag subnet-0f000002",
            "~ tag subnet-0f000003",
            "~ tag rtb-0f000001",
        ]
    );
    assert_eq!(lines(&rounds[1..]), ["+ route 172.19.0.0/20 in rtb-0f000001 over pcx-0000000b"]);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn what_carries_somebody_elses_tags_by_now_is_left_alone() {
    let other = peering_owner("x", "y").tags(Origin::Created);
    let mut run = settled();
    edit(&mut run.view().subnets, |subnets| {
        subnets.iter_mut().find(|it| it.id.as_str() == "subnet-0f000002").unwrap().tags =
            other.clone();
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
    let mut run = settled();
    edit_table(&mut run, "rtb-0f000001", |table| table.tags = other);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}

#[test]
fn our_tags_on_a_foreign_subnet_prove_nothing() {
    let run = settled();
    let copied = owner(&run.object).tags(Origin::Created);
    let mut run = start();
    edit(&mut run.view().subnets, |subnets| {
        subnets.iter_mut().find(|it| it.id.as_str() == "subnet-0a000001").unwrap().tags =
            copied.clone();
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
    let mut run = start();
    edit_table(&mut run, "rtb-7122e509", |table| table.tags = copied);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}

#[test]
fn two_candidates_are_both_left_alone() {
    let mut run = settled();
    edit(&mut run.view().subnets, |subnets| {
        let mut twin =
            subnets.iter().find(|it| it.id.as_str() == "subnet-0f000002").unwrap().clone();
        twin.id = "subnet-0f0000aa".parse().unwrap();
        twin.cidrs = vec![block("10.50.7.0/26")];
        subnets.push(twin);
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
    assert!(run.message().contains("subnet-0f0000aa"), "{}", run.message());
}

#[test]
fn a_foreign_subnet_on_our_table_stops_every_write() {
    let mut run = settled();
    move_association(&mut run, "subnet-0a000001", Some("rtb-0f000001"));
    edit_table(&mut run, "rtb-0f000001", |table| without(table, &block("172.19.0.0/20")));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "RouteTableShared".to_owned()));
    assert!(run.message().contains("subnet-0a000001"), "{}", run.message());
}

#[test]
fn who_else_lies_in_the_subnets_is_named() {
    let mut run = settled();
    put(&mut run, interface("eni-0000000a", "subnet-0f000001", true));
    assert!(run.visit().is_empty());
    assert!(run.warnings().is_empty(), "a load balancer belongs there");
    put(&mut run, interface("eni-0000000b", "subnet-0f000001", false));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True");
    assert_eq!(run.warnings(), ["ForeignInterface"]);
    let warnings = &run.object.status.as_ref().unwrap().warnings;
    let names = |it: &WarningStatus| it.message.contains("eni-0000000b (i-0a100001)");
    assert!(warnings.iter().any(names), "{warnings:?}");
}

#[test]
fn a_network_acl_that_blocks_is_named_and_a_given_one_is_put_to_use() {
    let open = [(100, false, "0.0.0.0/0", true), (100, true, "0.0.0.0/0", true)];
    let shut = [(90, false, "172.16.0.0/12", false), open[0], open[1]];
    let world = billing_world().acl("acl-0000000a", "vpc-ce78dbb7", true, &shut, &[]).acl(
        "acl-0000000b",
        "vpc-ce78dbb7",
        false,
        &open,
        &[],
    );
    let mut run = run_in(&world, billing());
    run.visit();
    assert_eq!(run.ready().0, "True", "it is in place, and deserves a look");
    assert_eq!(run.warnings(), ["NetworkACLBlocks"; 3]);
    let mut spec = billing();
    spec.network_acl = Some(peerway_api::v1alpha1::overlap_subnet_group::AclRef {
        id: "acl-0000000b".parse().unwrap(),
    });
    run.object.spec = spec;
    assert_eq!(
        run.steps(),
        [
            "~ let subnet-0f000001 use acl-0000000b instead of acl-0000000a",
            "~ let subnet-0f000002 use acl-0000000b instead of acl-0000000a",
            "~ let subnet-0f000003 use acl-0000000b instead of acl-0000000a",
        ]
    );
    assert_eq!(run.ready().0, "True");
    assert!(run.warnings().is_empty());
    let missing =
        peerway_api::v1alpha1::overlap_subnet_group::AclRef { id: "acl-0000000f".parse().unwrap() };
    run.object.spec.network_acl = Some(missing);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "NetworkACLNotFound".to_owned()));
}

fn entry(
    number: u16,
    egress: bool,
    cidr: &str,
    ports: Option<(u16, u16)>,
    allow: bool,
) -> NetworkAclEntry {
    let ports = ports.map(|(from, to)| PortRange { from, to });
    let cidr = block(cidr);
    NetworkAclEntry { number, egress, cidr, protocol: Protocol::Tcp, ports, allow }
}

/// Whether a default ACL with these rules is warned of.
fn is_warned(entries: Vec<NetworkAclEntry>) -> bool {
    let mut world = billing_world().acl("acl-0000000a", "vpc-ce78dbb7", true, &[], &[]);
    world.network_acls[0].entries = entries;
    let mut run = run_in(&world, billing());
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run.warnings().contains(&"NetworkACLBlocks".to_owned())
}

/// Peers reach the balancer and are answered; what the instances answer does not come in.
#[test]
fn an_acl_that_keeps_the_instances_replies_out_is_named() {
    let entries = [
        (90, false, "10.50.0.0/21", false),
        (100, false, "0.0.0.0/0", true),
        (100, true, "0.0.0.0/0", true),
    ];
    let world = billing_world().acl("acl-0000000a", "vpc-ce78dbb7", true, &entries, &[]);
    let mut run = run_in(&world, billing());
    run.visit();
    assert_eq!(run.warnings(), ["NetworkACLBlocks"; 3]);
    let warnings = &run.object.status.as_ref().unwrap().warnings;
    let says = ["acl-0000000a", "10.50.0.0/21", "1024-65535", "`networkACL`"];
    let is_said = |it: &WarningStatus| says.iter().all(|word| it.message.contains(word));
    assert!(warnings.iter().any(is_said), "{warnings:?}");
}

#[test]
fn an_acl_that_denies_tcp_before_it_allows_all_is_named() {
    let open = |number, egress| NetworkAclEntry {
        protocol: Protocol::All,
        ..entry(number, egress, "0.0.0.0/0", None, true)
    };
    let with = |more| [vec![open(100, false), open(100, true)], vec![more]].concat();
    let peer = "172.19.0.0/20";
    assert!(!is_warned(with(entry(110, false, peer, None, false))), "too late");
    for is_egress in [false, true] {
        assert!(is_warned(with(entry(90, is_egress, peer, None, false))));
        assert!(is_warned(with(entry(90, is_egress, "172.19.4.0/24", None, false))), "in part");
        assert!(is_warned(with(entry(90, is_egress, peer, Some((9088, 9088)), false))));
    }
    assert!(!is_warned(with(entry(90, false, "172.20.0.0/16", None, false))), "somebody else");
    let udp = NetworkAclEntry { protocol: Protocol::Udp, ..entry(90, false, peer, None, false) };
    assert!(!is_warned(with(udp)), "load balancers speak TCP");
}

#[test]
fn an_acl_without_a_way_back_for_the_replies_is_named() {
    let peer = "172.19.0.0/20";
    let https = Some((443, 443));
    let ephemeral = Some((1024, 65_535));
    let (inwards, outwards) =
        (entry(100, false, peer, None, true), entry(100, true, peer, ephemeral, true));
    assert!(is_warned(vec![
        entry(100, false, peer, https, true),
        entry(100, true, peer, https, true)
    ]));
    assert!(is_warned(vec![inwards.clone(), entry(100, true, peer, https, true)]));
    assert!(is_warned(vec![inwards.clone()]));
    assert!(is_warned(vec![inwards.clone(), entry(100, true, "172.19.0.0/21", None, true)]));
    let instances = entry(120, false, "10.50.0.0/21", ephemeral, true);
    let enough = vec![inwards.clone(), outwards, instances.clone()];
    assert!(!is_warned(enough), "what the messages ask for is enough");
    let halves = ["172.19.0.0/21", "172.19.8.0/21"].into_iter().zip(100..);
    let halves = halves.map(|(half, number)| entry(number, true, half, None, true));
    let all = [vec![inwards, instances], halves.collect()].concat();
    assert!(!is_warned(all), "two halves are the whole");
}

#[test]
fn a_route_in_our_table_that_we_did_not_write_is_reported_and_left() {
    let mut run = settled();
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.routes.push(row("192.168.0.0/16", "tgw-00000001"));
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.warnings(), ["UndeclaredRoute"]);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn who_comes_in_over_another_connection_and_is_answered_by_ours_is_named() {
    let mut world = billing_world();
    world = world
        .vpc("vpc-0d000001", &["172.19.0.0/20"], "another")
        .table("rtb-0d000001", "*vpc-0d000001", &[("10.50.0.0/21", "pcx-0000000d")])
        .connection(
            "pcx-0000000d",
            ("vpc-0d000001", &["172.19.0.0/20"]),
            ("vpc-ce78dbb7", &["10.50.0.0/21"]),
            peerway_model::ConnectionState::Active,
        );
    let mut run = run_in(&world, billing());
    run.visit();
    assert_eq!(run.ready().0, "True");
    assert_eq!(run.warnings(), ["AmbiguousSource"]);
    let warnings = &run.object.status.as_ref().unwrap().warnings;
    let says = |word: &str| warnings.iter().any(|warning| warning.message.contains(word));
    for subnet in ["subnet-0f000001", "subnet-0f000002", "subnet-0f000003", "rtb-0d000001"] {
        assert!(says(subnet), "{warnings:?}");
    }
}

/// A VPC with the peer's addresses, whose table leads over its own connection to what a prefix list holds.
fn led_by_list(world: Estate) -> Estate {
    world
        .vpc("vpc-0d000001", &["172.19.0.0/20"], "another")
        .table("rtb-0d000001", "*vpc-0d000001", &[("pl-00000001", "pcx-0000000d")])
        .connection(
            "pcx-0000000d",
            ("vpc-0d000001", &["172.19.0.0/20"]),
            ("vpc-ce78dbb7", &["10.50.0.0/21"]),
            peerway_model::ConnectionState::Active,
        )
}

#[test]
fn who_comes_in_by_a_prefix_list_is_named_too() {
    let warned = |world: &Estate| {
        let mut run = run_in(world, billing());
        run.visit();
        assert_eq!(run.ready().0, "True");
        (run.warnings(), run.object.status.unwrap().warnings)
    };
    let of = |entries| warned(&led_by_list(billing_world().prefix_list("pl-00000001", entries)));
    assert_eq!(of(Some(&["10.99.0.0/16", "10.50.6.0/23"])).0, ["AmbiguousSource"]);
    assert!(of(Some(&["10.99.0.0/16"])).0.is_empty());
    // What it holds is not known: better told once too often.
    for (reasons, warnings) in [of(None), warned(&led_by_list(billing_world()))] {
        assert_eq!(reasons, ["AmbiguousSource"]);
        let unknown = |text: &str| text.contains("pl-00000001") && text.contains("cannot be read");
        assert!(warnings.iter().any(|warning| unknown(&warning.message)), "{warnings:?}");
    }
}

fn extra(key: &str, value: &str) -> ExtraTags {
    ExtraTags(crate::testing::tags(&[(key, value)]))
}

#[test]
fn tags_of_the_spec_are_written_again_where_they_are_missing() {
    let spec = OverlapSubnetGroupSpec { tags: Some(extra("team", "druid")), ..billing() };
    let mut run = settled_as(spec);
    let all = [
        "~ tag rtb-0f000001",
        "~ tag subnet-0f000001",
        "~ tag subnet-0f000002",
        "~ tag subnet-0f000003",
    ];
    // Taken off by hand, or given another value.
    edit(&mut run.view().subnets, |subnets| {
        let subnet = subnets.iter_mut().find(|it| it.id.as_str() == "subnet-0f000002").unwrap();
        subnet.tags.remove("team");
    });
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.tags.insert("team".to_owned(), "nobody".to_owned());
    });
    assert!(!run.plan().is_in_sync());
    assert_eq!(repair(&mut run), [all[0], all[2]]);
    // Another wish; what is no longer declared stays, and others' tags do anyway.
    run.object.spec.tags = Some(extra("cost", "42"));
    assert_eq!(run.steps(), all);
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());
    let tables = run.view().route_tables.part.clone().unwrap();
    let tags = &tables.get(&"rtb-0f000001".parse().unwrap()).unwrap().tags;
    assert_eq!((tags["team"].as_str(), tags["cost"].as_str()), ("druid", "42"));
    assert_eq!(ownership::origin(tags), Some(Origin::Created));
}

/// A role may be allowed to write our own tags alone: whose a thing is, and what else is to be done, does not wait.
#[test]
fn tags_of_the_spec_are_written_apart_from_ours_and_hold_nothing_up() {
    let spec = OverlapSubnetGroupSpec { tags: Some(extra("team", "druid")), ..billing() };
    let mut run = settled_as(spec);
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.tags = Tags::new();
        without(table, &block("172.19.0.0/20"));
    });
    let rounds = run.visit();
    let tags_of = |step: &Step| {
        let Call::TagTable { tags, .. } = &step.call else { panic!("{step}") };
        tags.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(lines(&rounds[..1]), ["~ tag rtb-0f000001"]);
    assert!(tags_of(&rounds[0][0]).iter().all(|key| key.starts_with("peerway.dev/")));
    assert_eq!(
        lines(&rounds[1..2]),
        ["+ route 172.19.0.0/20 in rtb-0f000001 over pcx-0000000b", "~ tag rtb-0f000001"]
    );
    assert_eq!(tags_of(&rounds[1][1]), ["team"]);
    assert_eq!(rounds.len(), 2);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn tags_of_the_spec_that_are_missing_are_drift_where_nothing_may_be_written() {
    let mut run = settled();
    run.object.spec.tags = Some(extra("team", "druid"));
    super::policies::pause(&mut run);
    assert!(run.visit().is_empty());
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));
    // Nobody who only looks ever tags.
    run.object.metadata.annotations = None;
    run.object.spec.management_policy = Some(ManagementPolicy::Observe);
    assert!(run.visit().is_empty());
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("True"));
}

#[test]
fn a_given_table_gets_no_tags() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let spec = OverlapSubnetGroupSpec {
        route_table: Some(TableRef { id: "rtb-0e000001".parse().unwrap() }),
        tags: Some(extra("team", "druid")),
        ..billing()
    };
    let mut run = run_in(&world, spec);
    let steps = run.steps();
    assert!(!steps.iter().any(|step| step.contains("tag rtb-0e000001")), "{steps:?}");
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_lost_status_costs_nothing() {
    let mut run = settled();
    let before = run.object.status.take().unwrap();
    assert!(run.visit().is_empty());
    let after = run.object.status.clone().unwrap();
    assert_eq!((before.subnets, before.route_table), (after.subnets, after.route_table));
    assert_eq!(before.routes, after.routes);
    assert_eq!(run.ready().0, "True");
}

/// A block that is in use is asked for in a third zone: nothing more can be made, and what was made is still looked after.
#[test]
fn drift_is_repaired_also_while_no_block_is_free() {
    let two = [("usw2-az1", None), ("usw2-az2", None)];
    let mut run = run_in(&billing_world(), super::zones::in_zones(Some(listed(&two))));
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    let three = [two[0], two[1], ("usw2-az3", Some("10.50.6.0/26"))];
    run.object.spec.availability_zones = Some(listed(&three));
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "NoFreeCIDR".to_owned()));
    edit(&mut run.view().route_tables, |tables| {
        let own = tables.iter_mut().find(|table| table.id.as_str() == "rtb-0f000001").unwrap();
        without(own, &block("172.19.0.0/20"));
    });
    move_association(&mut run, "subnet-0f000002", None);
    let steps: Vec<String> = lines(&run.visit());
    assert!(steps.iter().any(|it| it.contains("172.19.0.0/20 in rtb-0f000001")), "{steps:?}");
    assert!(steps.iter().any(|it| it.contains("subnet-0f000002")), "{steps:?}");
    assert_eq!(run.ready(), ("False".to_owned(), "NoFreeCIDR".to_owned()));
    assert!(run.visit().is_empty(), "{}", run.plan());
}
