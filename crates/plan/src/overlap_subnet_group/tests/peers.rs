//! Peers and their blocks come and go.

use peerway_api::v1alpha1::overlap_subnet_group::OverlapSubnetGroupSpec;
use peerway_model::ConnectionState;

use super::scenario::*;
use super::*;
use crate::testing::block;

fn world() -> Estate {
    with_third(billing_world(), "172.21.0.0/20")
}

fn two() -> OverlapSubnetGroupSpec {
    let mut spec = billing();
    spec.peers.push(third_peer());
    spec.availability_zones = Some(listed(&[("usw2-az1", None)]));
    spec
}

fn only(mut spec: OverlapSubnetGroupSpec, name: &str) -> OverlapSubnetGroupSpec {
    spec.peers.retain(|peer| peer.name == name);
    spec
}

#[test]
fn two_peers_are_answered_by_one_table() {
    let mut run = run_in(&world(), two());
    assert_eq!(
        run.steps(),
        [
            "+ route table in vpc-ce78dbb7",
            "+ route 172.19.0.0/20 in rtb-0f000001 over pcx-0000000b",
            "+ route 172.21.0.0/20 in rtb-0f000001 over pcx-0000000c",
            "+ subnet 10.50.6.0/26 in usw2-az1",
            "+ associate subnet-0f000001 with rtb-0f000001",
            "+ route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000b",
            "+ route 10.50.6.0/26 in rtb-0c000001 over pcx-0000000c",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn one_whose_connection_is_not_active_does_not_hold_up_the_other() {
    let mut world = world();
    world.connections.last_mut().unwrap().state = ConnectionState::Provisioning;
    let mut run = run_in(&world, two());
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "DependencyNotReady".to_owned()));
    assert!(run.of_ours().contains(&"rtb-48598f33 10.50.6.0/26".to_owned()));
    edit(&mut run.view().connections, |connections| {
        for connection in connections {
            connection.state = ConnectionState::Active;
        }
    });
    assert_eq!(
        run.steps(),
        [
            "+ route 172.21.0.0/20 in rtb-0f000001 over pcx-0000000c",
            "+ route 10.50.6.0/26 in rtb-0c000001 over pcx-0000000c",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_peer_added_later_is_answered_and_one_that_is_removed_loses_the_way_there_first() {
    let mut run = run_in(&world(), only(two(), "billing"));
    run.visit();
    run.object.spec = two();
    assert_eq!(
        run.steps(),
        [
            "+ route 172.21.0.0/20 in rtb-0f000001 over pcx-0000000c",
            "+ route 10.50.6.0/26 in rtb-0c000001 over pcx-0000000c",
        ]
    );
    run.object.spec = only(two(), "billing");
    assert_eq!(
        run.steps(),
        [
            "- route 10.50.6.0/26 in rtb-0c000001 over pcx-0000000c",
            "- route 172.21.0.0/20 in rtb-0f000001 over pcx-0000000c",
        ]
    );
    assert_eq!(run.ready().0, "True");
    assert!(run.of_ours().iter().all(|thing| !thing.starts_with("rtb-0c")));
}

#[test]
fn a_removed_peers_routes_are_not_forgotten_where_nobody_may_look() {
    let mut run = run_in(&world(), two());
    run.visit();
    run.object.spec = only(two(), "billing");
    let far = run.object.status.as_mut().unwrap().peers[1].far.as_mut().unwrap();
    far.account_ref.name = "closed".to_owned();
    far.account_id = "333333333333".parse().unwrap();
    edit(&mut run.view().route_tables, |tables| {
        tables.retain(|table| table.id.as_str() != "rtb-0c000001");
    });
    for _ in 0..2 {
        assert!(run.visit().is_empty(), "{}", run.plan());
        assert_eq!(run.ready().1, "NotGranted");
        assert!(run.message().contains("'closed'"), "{}", run.message());
        assert_eq!(run.recorded().routes.len(), 4, "both peers' and both of our table");
    }
}

/// In a table that we did not make only what leads over our connections is ours.
#[test]
fn what_stands_in_a_given_table_in_the_place_of_a_removed_peers_route_stays() {
    let world = world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let mut spec = two();
    spec.route_table = with_table("rtb-0e000001").route_table;
    let mut run = run_in(&world, spec.clone());
    run.visit();
    edit_table(&mut run, "rtb-0e000001", |table| {
        let to = Destination::Cidr(block("172.19.0.0/20"));
        let route = table.routes.iter_mut().find(|route| route.destination == to).unwrap();
        route.target = crate::testing::target("pcx-d3c1e8ba");
    });
    run.object.spec = only(spec, "third");
    let steps = run.steps();
    assert_eq!(steps, ["- route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000b"]);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// The first look publishes a status without the peer: what it had is still known by the second.
#[test]
fn a_removed_peers_routes_go_also_when_the_first_look_was_not_enough() {
    let mut run = run_in(&world(), two());
    run.visit();
    run.object.spec = only(two(), "billing");
    unconfirm(&mut run.view().route_tables);
    for _ in 0..2 {
        assert!(run.visit().is_empty());
    }
    confirm(&mut run.view().route_tables);
    assert_eq!(run.steps().len(), 2, "{}", run.plan());
    let status = run.object.status.as_ref().unwrap();
    assert_eq!(status.peers.len(), 1, "what is gone is forgotten");
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());
}

#[test]
fn routes_over_another_peering_than_before_take_the_place_of_the_old_ones() {
    let mut run = run_in(&world(), only(two(), "billing"));
    run.visit();
    run.object.spec.peers = vec![third_peer()];
    "billing".clone_into(&mut run.object.spec.peers[0].name);
    unconfirm(&mut run.view().route_tables);
    run.visit();
    confirm(&mut run.view().route_tables);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    let ours = run.of_ours();
    assert_eq!(
        ours,
        [
            "subnet-0f000001",
            "rtb-0c000001 10.50.6.0/26",
            "rtb-0f000001",
            "rtb-0f000001 172.21.0.0/20"
        ]
    );
}

fn with_cidrs(run: &mut Run, cidrs: &[&str]) {
    let cidrs: Vec<_> = cidrs.iter().map(|cidr| block(cidr)).collect();
    edit(&mut run.view().vpcs, |vpcs| {
        let peer = vpcs.iter_mut().find(|vpc| vpc.id.as_str() == "vpc-3607f64e").unwrap();
        peer.cidrs.clone_from(&cidrs);
    });
}

#[test]
fn the_peers_blocks_are_followed_as_they_change() {
    let mut run = settled();
    with_cidrs(&mut run, &["172.19.0.0/20", "172.30.0.0/24"]);
    assert_eq!(run.steps(), ["+ route 172.30.0.0/24 in rtb-0f000001 over pcx-0000000b"]);
    assert_eq!(run.ready().0, "True");
    with_cidrs(&mut run, &["172.19.0.0/20"]);
    unconfirm(&mut run.view().route_tables);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "Progressing".to_owned()));
    confirm(&mut run.view().route_tables);
    assert_eq!(run.steps(), ["- route 172.30.0.0/24 in rtb-0f000001 over pcx-0000000b"]);
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());
}

#[test]
fn no_more_tables_means_fewer_routes_and_no_peer_routes_means_none() {
    let world = billing_world().table("rtb-0c0000aa", "vpc-3607f64e", &[]).subnet(
        "subnet-0c0000aa",
        "vpc-3607f64e",
        "172.19.4.0/24",
        "rtb-0c0000aa",
    );
    let mut spec = billing();
    spec.availability_zones = Some(listed(&[("usw2-az1", None)]));
    spec.peers[0].peer_routes = Some(routes_in(&["rtb-48598f33", "rtb-0c0000aa"]));
    let mut run = run_in(&world, spec.clone());
    run.visit();
    assert_eq!(run.ready().0, "True");
    spec.peers[0].peer_routes = Some(routes_in(&["rtb-0c0000aa"]));
    run.object.spec = spec.clone();
    assert_eq!(run.steps(), ["- route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000b"]);
    spec.peers[0].peer_routes = None;
    run.object.spec = spec;
    assert_eq!(run.steps(), ["- route 10.50.6.0/26 in rtb-0c0000aa over pcx-0000000b"]);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn more_routes_than_can_be_recorded_are_refused_before_the_first() {
    let ids: Vec<String> = (0..340).map(|number| format!("rtb-0d000{number:03x}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let world = ids.iter().fold(billing_world(), |world, id| world.table(id, "vpc-3607f64e", &[]));
    let mut spec = billing();
    spec.peers[0].peer_routes = Some(routes_in(&ids));
    let mut run = run_in(&world, spec);
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "TooManyRoutes".to_owned()));
    assert!(run.message().contains("the 1000 that can be kept a record of"), "{}", run.message());
    assert!(!run.of_ours().iter().any(|thing| thing.starts_with("rtb-0d0")), "{:?}", run.of_ours());
}

/// A broader row of the peer's leads to another peering behind which these addresses are.
fn led_elsewhere(world: Estate) -> Estate {
    let mut world = world.connection(
        "pcx-0000000e",
        ("vpc-3607f64e", &["172.19.0.0/20"]),
        ("vpc-0000000e", &["10.50.0.0/16"]),
        ConnectionState::Active,
    );
    let table = world.route_tables.iter_mut().find(|it| it.id.as_str() == "rtb-48598f33").unwrap();
    table.routes.push(peerway_model::Route {
        destination: Destination::Cidr(block("10.50.0.0/16")),
        target: crate::testing::target("pcx-0000000e"),
        origin: peerway_model::RouteOrigin::Static,
        state: peerway_model::RouteState::Active,
    });
    world
}

#[test]
fn a_route_that_would_take_packets_from_another_peering_is_withheld() {
    let mut run = run_in(&led_elsewhere(billing_world()), billing());
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "RouteWouldShadow".to_owned()));
    assert!(!run.of_ours().iter().any(|thing| thing.starts_with("rtb-48598f33 10.50.6")));
    let routes = run.object.spec.peers[0].peer_routes.as_mut().unwrap();
    routes.on_conflict = Some(peerway_api::v1alpha1::vpc_peering::OnConflict::LongestPrefix);
    assert_eq!(run.steps().len(), 3);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn what_a_route_takes_from_another_peering_is_said_also_while_another_peer_comes() {
    let mut world = led_elsewhere(world());
    let third = world.connections.iter_mut().find(|it| it.id.as_str() == "pcx-0000000c").unwrap();
    third.state = ConnectionState::Provisioning;
    let mut spec = two();
    let routes = spec.peers[0].peer_routes.as_mut().unwrap();
    routes.on_conflict = Some(peerway_api::v1alpha1::vpc_peering::OnConflict::LongestPrefix);
    let mut run = run_in(&world, spec);
    run.visit();
    let is_said = |run: &Run| {
        run.plan().findings.iter().any(|finding| finding.reason == Reason::RouteWouldShadow)
    };
    assert!(is_said(&run), "{}", run.plan());
    edit(&mut run.view().connections, |connections| {
        for connection in connections {
            connection.state = ConnectionState::Active;
        }
    });
    assert!(is_said(&run), "{}", run.plan());
}

/// The peering made its connection anew: every route over the old one is pointed at the new one, ours first.
#[test]
fn a_connection_made_anew_is_followed() {
    for is_listed in [true, false] {
        for is_given in [true, false] {
            let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
            let mut spec = billing();
            spec.availability_zones = Some(listed(&[("usw2-az1", None)]));
            if is_given {
                let id = "rtb-0e000001".parse().unwrap();
                spec.route_table =
                    Some(peerway_api::v1alpha1::overlap_subnet_group::TableRef { id });
            }
            let mut run = run_in(&world, spec);
            run.visit();
            edit(&mut run.view().connections, |connections| {
                let old = connections.iter_mut().find(|it| it.id.as_str() == "pcx-0000000b");
                let old = old.unwrap();
                let mut new = old.clone();
                new.id = "pcx-0000000a".parse().unwrap();
                old.state = ConnectionState::Deleted;
                connections.push(new);
                connections.retain(|it| is_listed || it.id.as_str() != "pcx-0000000b");
            });
            let former = vec!["pcx-0000000b".parse().unwrap()];
            run.peerings[0].status = Some(peerway_api::v1alpha1::VpcPeeringStatus {
                connection: Some(peerway_api::v1alpha1::vpc_peering::ConnectionStatus {
                    id: "pcx-0000000a".parse().unwrap(),
                    state: "active".to_owned(),
                    message: None,
                    last_requested_at: None,
                    attempts: 0,
                    requested_for: None,
                    former_ids: former,
                }),
                ..Default::default()
            });
            unconfirm(&mut run.view().route_tables);
            assert!(run.visit().is_empty(), "one look is not enough");
            confirm(&mut run.view().route_tables);
            let own = if is_given { "rtb-0e000001" } else { "rtb-0f000001" };
            let rounds = run.visit();
            assert_eq!(
                lines(&rounds),
                [
                    format!("~ route 172.19.0.0/20 in {own} over pcx-0000000a instead of pcx-0000000b"),
                    "~ route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000a instead of pcx-0000000b"
                        .to_owned(),
                ]
            );
            assert_eq!(rounds.len(), 2, "ours is seen first");
            assert_eq!(run.ready().0, "True");
            run.delete();
            run.visit();
            assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
        }
    }
}
