use peerway_model::{ConnectionState, NatConnectivity, Route, RouteOrigin, RouteState};

use super::scenario::{A, B, Scenario, id, route, two_vpcs};

const CONNECTION: &str = "pcx-000000ab";

#[test]
fn two_joined_vpcs_reach_each_other() {
    assert_eq!(two_vpcs().said(A, B), "reachable");
    assert_eq!(two_vpcs().said("i-0000000b", "10.0.1.10"), "reachable");
}

#[test]
fn within_a_vpc_the_local_row_leads_there_and_back() {
    let neighbours = two_vpcs()
        .subnet("subnet-000000a2", "vpc-0000000a", &["10.0.2.0/24"])
        .instance("i-000000a2", "subnet-000000a2", &["10.0.2.10"], &["sg-0000000a"]);
    assert_eq!(neighbours.said(A, "10.0.2.10"), "reachable");
}

#[test]
fn within_a_subnet_no_table_is_asked() {
    let detour = two_vpcs()
        .instance("i-000000a2", "subnet-0000000a", &["10.0.1.11"], &["sg-0000000a"])
        .route("rtb-0000000a", "10.0.1.0/24", "vpce-firewall");
    assert_eq!(detour.said(A, "10.0.1.11"), "reachable");
}

#[test]
fn an_explicit_table_counts_and_not_the_main_one() {
    let own = two_vpcs().table("rtb-000000aa", "vpc-0000000a", &["subnet-0000000a"]);
    assert_eq!(own.said(A, B), "no-route at rtb-000000aa");
    let own = two_vpcs().table("rtb-000000bb", "vpc-0000000b", &["subnet-0000000b"]);
    assert_eq!(own.said(A, B), "no-return-route at rtb-000000bb");
}

#[test]
fn the_longest_row_wins_whatever_the_order() {
    let elsewhere = two_vpcs()
        .vpc("vpc-0000000c", &["10.1.0.0/16"])
        .peering("pcx-000000ac", "vpc-0000000a", "vpc-0000000c")
        .route("rtb-0000000a", "10.1.1.0/24", "pcx-000000ac");
    assert_eq!(elsewhere.said(A, B), "unknown-destination");
    let elsewhere = two_vpcs()
        .vpc("vpc-0000000c", &["10.0.0.0/16"])
        .peering("pcx-000000bc", "vpc-0000000b", "vpc-0000000c")
        .route("rtb-0000000b", "10.0.1.10/32", "pcx-000000bc");
    assert_eq!(
        elsewhere.said(A, B),
        "return-goes-elsewhere at rtb-0000000b sends 10.0.1.10/32 to pcx-000000bc"
    );
}

#[test]
fn a_written_row_wins_over_a_propagated_one_and_local_over_what_a_vpn_propagates() {
    let propagated = |destination: &str| Route {
        origin: RouteOrigin::Propagated,
        ..route(destination, "vgw-office")
    };
    let equal = two_vpcs().row("rtb-0000000a", propagated("10.1.0.0/16"));
    assert_eq!(equal.said(A, B), "reachable");
    let longer = two_vpcs().row("rtb-0000000a", propagated("10.1.1.0/24"));
    assert_eq!(longer.said(A, B), "unknown at rtb-0000000a sends 10.1.1.0/24 to vgw-office");
    let inside = two_vpcs()
        .subnet("subnet-000000a2", "vpc-0000000a", &["10.0.2.0/24"])
        .instance("i-000000a2", "subnet-000000a2", &["10.0.2.10"], &["sg-0000000a"])
        .row("rtb-0000000a", propagated("10.0.2.0/24"));
    assert_eq!(inside.said(A, "10.0.2.10"), "reachable");
}

#[test]
fn prefix_lists_count_entry_by_entry_and_lose_against_an_equal_block() {
    let list = |entries: &[&str]| {
        let network = two_vpcs().list("pl-00000001", Some(entries));
        network.route("rtb-0000000a", "pl-00000001", "tgw-core")
    };
    assert_eq!(list(&["10.1.0.0/16", "10.9.0.0/16"]).said(A, B), "reachable");
    assert_eq!(
        list(&["10.1.0.0/16", "10.1.1.0/24"]).said(A, B),
        "unknown at rtb-0000000a sends pl-00000001 to tgw-core"
    );
}

#[test]
fn ways_out_lead_to_no_private_address() {
    let alone = || {
        Scenario::default()
            .vpc("vpc-0000000a", &["10.0.0.0/16"])
            .subnet("subnet-0000000a", "vpc-0000000a", &["10.0.1.0/24"])
            .instance(A, "subnet-0000000a", &["10.0.1.10"], &["sg-0000000a"])
            .nat("nat-00000001", "vpc-0000000a", NatConnectivity::Public)
            .nat("nat-00000002", "vpc-0000000a", NatConnectivity::Private)
    };
    for way_out in ["igw-1", "nat-00000001"] {
        let network = alone().route("rtb-0000000a", "0.0.0.0/0", way_out);
        for private in [B, "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.127.0.1"] {
            assert_eq!(network.said(A, private), "no-route at rtb-0000000a", "{private}");
        }
        for public in ["8.8.8.8", "100.128.0.1"] {
            let said = network.said(A, public);
            assert!(said.starts_with("unknown at rtb-0000000a sends"), "{public}: {said}");
        }
    }
    // One that is not listed may be a private one.
    for opaque in ["nat-00000002", "nat-00000003", "tgw-core"] {
        let network = alone().route("rtb-0000000a", "0.0.0.0/0", opaque);
        let said = format!("unknown at rtb-0000000a sends 0.0.0.0/0 to {opaque}");
        assert_eq!(network.said(A, B), said);
    }
}

#[test]
fn public_addresses_of_a_vpc_are_private_to_it() {
    let network =
        two_vpcs().vpc("vpc-0000000c", &["8.8.0.0/16"]).route("rtb-0000000a", "0.0.0.0/0", "igw-1");
    assert_eq!(network.said(A, "8.8.8.8"), "no-route at rtb-0000000a");
}

#[test]
fn what_is_gone_or_not_active_is_a_black_hole_there_and_no_route_back() {
    for state in [ConnectionState::PendingAcceptance, ConnectionState::Deleted] {
        let mut network = two_vpcs();
        network.connection(CONNECTION).state = state;
        let said = "black-hole at rtb-0000000a sends 10.1.0.0/16 to pcx-000000ab";
        assert_eq!(network.said(A, B), said);
    }
    let gone = Route { state: RouteState::Blackhole, ..route("10.1.1.0/24", "pcx-0000dead") };
    assert_eq!(
        two_vpcs().row("rtb-0000000a", gone).said(A, B),
        "black-hole at rtb-0000000a sends 10.1.1.0/24 to pcx-0000dead"
    );
    let gone = Route { state: RouteState::Blackhole, ..route("10.0.1.0/24", "pcx-0000dead") };
    let network = two_vpcs().row("rtb-0000000b", gone);
    assert_eq!(network.said(A, B), "no-return-route at rtb-0000000b");
    assert!(
        network
            .sentence(A, B)
            .ends_with("to pcx-0000dead, which is gone or not active: a black hole")
    );
}

#[test]
fn a_connection_passes_only_addresses_of_the_far_vpc() {
    let network = two_vpcs().route("rtb-0000000a", "10.2.0.0/16", CONNECTION);
    assert_eq!(network.said(A, "10.2.0.1"), "no-route at rtb-0000000a");
    assert!(network.sentence(A, "10.2.0.1").ends_with("behind which 10.2.0.1 does not lie"));
    let network = two_vpcs()
        .vpc("vpc-0000000c", &["10.7.0.0/16"])
        .peering("pcx-000000bc", "vpc-0000000b", "vpc-0000000c")
        .route("rtb-0000000b", "10.0.1.0/24", "pcx-000000bc");
    assert_eq!(network.said(A, B), "no-return-route at rtb-0000000b");
}

#[test]
fn a_secondary_block_counts_although_the_connection_does_not_tell_of_it_yet() {
    let mut network = two_vpcs()
        .subnet("subnet-000000b2", "vpc-0000000b", &["10.9.0.0/24"])
        .instance("i-000000b2", "subnet-000000b2", &["10.9.0.10"], &["sg-0000000b"]);
    network.vpcs[1].cidrs.push(id("10.9.0.0/24"));
    let network = network.route("rtb-0000000a", "10.9.0.0/24", CONNECTION);
    assert_eq!(network.said(A, "10.9.0.10"), "reachable");
}

#[test]
fn where_nothing_runs_nothing_answers() {
    assert_eq!(two_vpcs().said(A, "10.1.1.77"), "unknown-destination");
    assert_eq!(two_vpcs().sentence(A, "10.1.1.77"), "nothing runs at 10.1.1.77 in vpc-0000000b");
    let mut stopped = two_vpcs();
    stopped.instances[1].state = "stopped".to_owned();
    assert_eq!(stopped.said(A, B), "unknown-destination");
}

#[test]
fn who_is_not_there_sends_nothing() {
    assert_eq!(two_vpcs().said("i-0000dead", B), "unknown-source");
    let mut stopped = two_vpcs();
    stopped.instances[0].state = "stopped".to_owned();
    assert_eq!(stopped.sentence(A, B), "nobody sends: i-0000000a is stopped");
}
