//! The golden example, step by step.

use super::scenario::*;
use super::*;

#[test]
fn the_group_is_made_table_first_and_the_peer_learns_of_it_last() {
    let mut run = start();
    insta::assert_snapshot!(text(&run.visit()));
    assert_eq!(run.ready(), ("True".to_owned(), "Ready".to_owned()));
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("True"));
    assert!(run.visit().is_empty(), "what is settled stays settled");
    insta::assert_snapshot!("the_group_at_rest", run.plan().to_string());
}

/// Its table answers before its subnets have anything to answer from, and they have before the peer learns of it.
#[test]
fn subnets_that_stand_get_ipv6_blocks_once_both_vpcs_have_them() {
    let mut run = settled();
    ipv6_comes(&mut run);
    let plan = run.plan();
    assert!(!plan.is_in_sync(), "{plan}");
    let told: Vec<_> =
        plan.report.subnets.values().map(|subnet| (subnet.ipv6, subnet.ipv6_to_come)).collect();
    let to_come = |at| (None, Some(crate::testing::block(at)));
    assert_eq!(
        told,
        [
            to_come("2600:1f14:1:100::/64"),
            to_come("2600:1f14:1:101::/64"),
            to_come("2600:1f14:1:102::/64"),
        ]
    );
    insta::assert_snapshot!(text(&run.visit()));
    assert_eq!(run.ready(), ("True".to_owned(), "Ready".to_owned()));
    let status = run.object.status.as_ref().unwrap();
    let blocks: Vec<_> = status.subnets.iter().filter_map(|subnet| subnet.ipv6_cidr).collect();
    assert_eq!(told.iter().filter_map(|(_, to_come)| *to_come).collect::<Vec<_>>(), blocks);
    assert!(run.visit().is_empty(), "what is settled stays settled");
}

#[test]
fn the_peer_has_a_route_to_each_subnet_and_nothing_wider() {
    let run = settled();
    let view = &run.observed.views[&service()];
    let tables = view.route_tables.part.as_ref().unwrap();
    let rows = |id: &str| -> Vec<(String, String)> {
        let table = tables.get(&id.parse().unwrap()).unwrap();
        let row = |route: &peerway_model::Route| {
            (route.destination.to_string(), route.target.to_string())
        };
        table.routes.iter().map(row).collect()
    };
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(to, over)| ((*to).to_owned(), (*over).to_owned())).collect()
    };
    assert_eq!(
        rows("rtb-48598f33"),
        own(&[
            ("172.19.0.0/20", "local"),
            ("0.0.0.0/0", "igw-0e4f5a6b"),
            ("10.50.6.0/26", "pcx-0000000b"),
            ("10.50.6.64/26", "pcx-0000000b"),
            ("10.50.6.128/26", "pcx-0000000b"),
        ])
    );
    assert_eq!(
        rows("rtb-0f000001"),
        own(&[("10.50.0.0/21", "local"), ("172.19.0.0/20", "pcx-0000000b")])
    );
    let before = billing_world().observed();
    let before = before.views[&service()].route_tables.part.as_ref().unwrap().clone();
    for table in before.iter().filter(|table| table.id.as_str() != "rtb-48598f33") {
        assert_eq!(tables.get(&table.id), Some(table), "what was there is untouched");
    }
}

#[test]
fn the_status_tells_what_stands_and_what_is_ours() {
    let run = settled();
    let status = run.object.status.as_ref().unwrap();
    assert_eq!(status.ready, "3/3");
    assert_eq!(status.home.as_ref().unwrap().vpc_id.as_str(), "vpc-ce78dbb7");
    assert_eq!(status.peers[0].connection_id.as_ref().unwrap().as_str(), "pcx-0000000b");
    let subnets: Vec<String> = status
        .subnets
        .iter()
        .map(|it| format!("{} {} {}", it.zone, it.cidr, it.id.as_ref().unwrap()))
        .collect();
    assert_eq!(
        subnets,
        [
            "usw2-az1 10.50.6.0/26 subnet-0f000001",
            "usw2-az2 10.50.6.64/26 subnet-0f000002",
            "usw2-az3 10.50.6.128/26 subnet-0f000003",
        ]
    );
    let written: Vec<String> = run
        .recorded()
        .routes
        .iter()
        .map(|wish| format!("{} {}", wish.table, wish.destination))
        .collect();
    assert_eq!(
        written,
        [
            "rtb-0f000001 172.19.0.0/20",
            "rtb-48598f33 10.50.6.0/26",
            "rtb-48598f33 10.50.6.64/26",
            "rtb-48598f33 10.50.6.128/26",
        ]
    );
    // The provider's side, in an account that is never read here, has the same addresses behind its connection.
    let reasons: Vec<&str> = status.warnings.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(reasons, ["PeerOverlap"]);
}

#[test]
fn the_first_ready_is_told_once() {
    let mut run = start();
    let done: Vec<Step> = run.visit().into_iter().flatten().collect();
    let status = run.object.status.clone().unwrap();
    let told = events(&run.desired(), None, &status, 1, &done);
    let count = |reason: &str| told.iter().filter(|event| event.reason == reason).count();
    assert_eq!((count("Ready"), count("Progressing")), (1, 4), "{told:?}");
    assert!(events(&run.desired(), Some(&status), &status, 1, &[]).is_empty());
}

#[test]
fn nothing_is_made_before_the_connection_is_active() {
    let mut world = billing_world();
    world.connections.last_mut().unwrap().state = peerway_model::ConnectionState::PendingAcceptance;
    let mut run = run_in(&world, billing());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "DependencyNotReady".to_owned()));
    assert!(run.waiting().contains("'druid-to-billing' to be active"), "{}", run.waiting());
    assert_eq!(run.condition(ConditionType::Stalled), None);
}

#[test]
fn a_connection_of_another_object_is_no_way() {
    let mut world = billing_world();
    world.connections.last_mut().unwrap().tags =
        peering_owner("somebody-elses", "uid-x").tags(Origin::Created);
    let mut run = run_in(&world, billing());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "DependencyNotReady");
}
