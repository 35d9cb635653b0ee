use peerway_model::{Direction, Protocol};

use super::scenario::{A, B, Scenario, id, two_vpcs};
use crate::{Flow, Sender, Service, Target};

const A_VPC: &str = "vpc-0000000a";
const B_VPC: &str = "vpc-0000000b";
const EPHEMERAL: Option<(u16, u16)> = Some((1024, 65535));

/// `two_vpcs`, where the second one's instance carries a group that admits these.
fn admitting(sources: &[&str]) -> Scenario {
    let mut network = two_vpcs().group("sg-000000bb", B_VPC, sources);
    network.interfaces[1].groups = vec![id("sg-000000bb")];
    network
}

#[test]
fn who_no_rule_admits_is_not_let_in() {
    assert_eq!(admitting(&[]).said(A, B), "security-group at sg-000000bb");
    assert_eq!(admitting(&["10.0.2.0/24"]).said(A, B), "security-group at sg-000000bb");
    assert_eq!(admitting(&["10.0.2.0/24", "10.0.1.0/24"]).said(A, B), "reachable");
}

#[test]
fn rules_are_for_their_protocol_and_ports() {
    let tcp = |from, to| {
        let ports = Some((from, to));
        admitting(&[]).rule("sg-000000bb", Direction::Ingress, Protocol::Tcp, ports, "10.0.0.0/8")
    };
    assert_eq!(tcp(9000, 9088).said(A, B), "reachable");
    assert_eq!(tcp(9089, 9999).said(A, B), "security-group at sg-000000bb");
    assert_eq!(tcp(0, 65535).said_of(A, B, Service::Udp(53)), "security-group at sg-000000bb");
    assert_eq!(tcp(0, 65535).said_of(A, B, Service::Ping), "security-group at sg-000000bb");
    for (icmp, said) in [
        (None, "reachable"),
        (Some((8, u16::MAX)), "reachable"),
        (Some((8, 0)), "reachable"),
        (Some((0, u16::MAX)), "security-group at sg-000000bb"),
    ] {
        let ping = admitting(&[]).rule(
            "sg-000000bb",
            Direction::Ingress,
            Protocol::Icmp,
            icmp,
            "10.0.0.0/8",
        );
        assert_eq!(ping.said_of(A, B, Service::Ping), said, "{icmp:?}");
    }
}

#[test]
fn a_group_of_the_peer_is_known_while_both_are_in_one_region() {
    assert_eq!(admitting(&["sg-0000000a"]).said(A, B), "reachable");
    assert_eq!(admitting(&["sg-0000000c"]).said(A, B), "security-group at sg-000000bb");
    let mut across = admitting(&["sg-0000000a"]);
    across.connection("pcx-000000ab").accepter.region = id("eu-central-1");
    assert_eq!(across.said(A, B), "security-group at sg-000000bb");
}

#[test]
fn a_group_that_admits_itself_admits_its_other_members() {
    let members = |groups: &[&str]| {
        two_vpcs()
            .group("sg-000000aa", A_VPC, &["sg-000000aa"])
            .instance("i-000000a1", "subnet-0000000a", &["10.0.1.20"], groups)
            .instance("i-000000a2", "subnet-0000000a", &["10.0.1.21"], &["sg-000000aa"])
            .said("i-000000a1", "10.0.1.21")
    };
    assert_eq!(members(&["sg-000000aa"]), "reachable");
    assert_eq!(members(&["sg-0000000a"]), "security-group at sg-000000aa");
}

#[test]
fn the_sender_must_be_let_out() {
    let mut network = two_vpcs();
    network
        .rules
        .retain(|rule| rule.group != id("sg-0000000a") || rule.direction == Direction::Ingress);
    assert_eq!(network.said(A, B), "security-group at sg-0000000a");
    assert_eq!(network.sentence(A, B), "none of sg-0000000a lets tcp 9088 out to 10.1.1.10");
    let network = network.rule(
        "sg-0000000a",
        Direction::Egress,
        Protocol::Tcp,
        Some((9088, 9088)),
        "sg-0000000b",
    );
    assert_eq!(network.said(A, B), "reachable");
}

#[test]
fn an_interface_without_groups_is_filtered_by_none() {
    let mut network = two_vpcs();
    network.interfaces[1].groups.clear();
    assert_eq!(network.said(A, B), "reachable");
}

#[test]
fn of_an_address_that_nobody_has_only_routes_and_blocks_count() {
    let flow = Flow {
        sender: Sender::Address {
            subnet: id("subnet-0000000a"),
            address: "10.0.1.99".parse().unwrap(),
        },
        target: Target::Address(B.parse().unwrap()),
        service: Service::Tcp(9088),
    };
    assert_eq!(admitting(&["10.0.1.0/24"]).judge(&flow).as_str(), "reachable");
    assert_eq!(admitting(&["sg-0000000a"]).judge(&flow).as_str(), "security-group");
    let outside = Sender::Address { subnet: id("subnet-0000000b"), address: id("10.0.1.99") };
    let flow = Flow { sender: outside, ..flow };
    assert_eq!(two_vpcs().judge(&flow).as_str(), "unknown-source");
}

#[test]
fn network_acls_are_asked_at_both_edges_and_in_both_directions() {
    let tcp = |ports| (Protocol::Tcp, ports);
    let port = Some((9088, 9088));
    for (vpc, egress, ports, acl) in [
        (A_VPC, true, port, "acl-0000000a"),
        (B_VPC, false, port, "acl-0000000b"),
        (B_VPC, true, EPHEMERAL, "acl-0000000b"),
        (A_VPC, false, EPHEMERAL, "acl-0000000a"),
        // One port is enough: nobody knows which the sender's is.
        (B_VPC, true, Some((40000, 40000)), "acl-0000000b"),
    ] {
        let network = two_vpcs().first_entry(vpc, egress, tcp(ports), false);
        assert_eq!(network.said(A, B), format!("network-acl at {acl}"), "{vpc} {egress}");
    }
    for (vpc, egress, ports) in [
        (A_VPC, true, EPHEMERAL.map(|_| (9089, 9999))),
        (A_VPC, false, port.map(|_| (22, 1023))),
        (B_VPC, true, port.map(|_| (22, 1023))),
    ] {
        let network = two_vpcs().first_entry(vpc, egress, tcp(ports), false);
        assert_eq!(network.said(A, B), "reachable", "{vpc} {egress} {ports:?}");
    }
}

#[test]
fn the_entry_of_the_lowest_number_decides() {
    let everything = (Protocol::All, None);
    let network = two_vpcs().first_entry(B_VPC, false, everything, false).first_entry(
        B_VPC,
        false,
        (Protocol::Tcp, Some((9088, 9088))),
        true,
    );
    assert_eq!(network.said(A, B), "reachable");
    assert_eq!(network.said_of(A, B, Service::Tcp(9089)), "network-acl at acl-0000000b");
}

#[test]
fn within_a_subnet_no_network_acl_is_asked() {
    let network = two_vpcs()
        .instance("i-000000a2", "subnet-0000000a", &["10.0.1.11"], &["sg-0000000a"])
        .subnet("subnet-000000a3", A_VPC, &["10.0.3.0/24"])
        .instance("i-000000a3", "subnet-000000a3", &["10.0.3.11"], &["sg-0000000a"])
        .first_entry(A_VPC, true, (Protocol::All, None), false);
    assert_eq!(network.said(A, "10.0.1.11"), "reachable");
    assert_eq!(network.said(A, "10.0.3.11"), "network-acl at acl-0000000a");
}

#[test]
fn a_reply_that_a_network_acl_stops_is_called_one() {
    let network = two_vpcs().first_entry(B_VPC, true, (Protocol::All, None), false);
    assert_eq!(
        network.sentence(A, B),
        "acl-0000000b, the network ACL of subnet-0000000b, does not let the reply to tcp 9088 out to \
         10.0.1.10 on every port of 1024-65535"
    );
    assert_eq!(network.said_of(A, B, Service::Ping), "network-acl at acl-0000000b");
}

#[test]
fn a_way_back_that_is_missing_comes_before_a_network_acl_on_it() {
    let network = two_vpcs().table("rtb-000000bb", B_VPC, &["subnet-0000000b"]).first_entry(
        B_VPC,
        true,
        (Protocol::All, None),
        false,
    );
    assert_eq!(network.said(A, B), "no-return-route at rtb-000000bb");
}
