use peerway_model::{Direction, Protocol};

use super::scenario::{A, Scenario, two_vpcs};
use crate::{Sender, Service};

const B6: &str = "2001:db8:b::10";

/// Two VPCs of both families; IPv6 is routed one way at first.
fn both() -> Scenario {
    Scenario::default()
        .vpc("vpc-0000000a", &["10.0.0.0/16", "2001:db8:a::/56"])
        .vpc("vpc-0000000b", &["10.1.0.0/16", "2001:db8:b::/56"])
        .subnet("subnet-0000000a", "vpc-0000000a", &["10.0.1.0/24", "2001:db8:a::/64"])
        .subnet("subnet-0000000b", "vpc-0000000b", &["10.1.1.0/24", "2001:db8:b::/64"])
        .peering("pcx-000000ab", "vpc-0000000a", "vpc-0000000b")
        .route("rtb-0000000a", "10.1.0.0/16", "pcx-000000ab")
        .route("rtb-0000000b", "10.0.0.0/16", "pcx-000000ab")
        .route("rtb-0000000a", "2001:db8:b::/56", "pcx-000000ab")
        .instance(A, "subnet-0000000a", &["10.0.1.10", "2001:db8:a::10"], &["sg-0000000a"])
        .instance("i-0000000b", "subnet-0000000b", &["10.1.1.10", B6], &["sg-0000000b"])
}

#[test]
fn each_family_is_routed_by_itself() {
    assert_eq!(both().said(A, "10.1.1.10"), "reachable");
    assert_eq!(both().said(A, B6), "no-return-route at rtb-0000000b");
    let routed = both().route("rtb-0000000b", "2001:db8:a::/56", "pcx-000000ab");
    assert_eq!(routed.said(A, B6), "reachable");
    assert_eq!(routed.said_of(A, B6, Service::Ping), "reachable");
}

#[test]
fn an_egress_only_gateway_leads_to_no_address_of_a_vpc() {
    let out = both().route("rtb-0000000b", "::/0", "eigw-1");
    assert_eq!(out.said(A, B6), "no-return-route at rtb-0000000b");
}

#[test]
fn rules_of_one_family_say_nothing_of_the_other() {
    let mut network = both().route("rtb-0000000b", "2001:db8:a::/56", "pcx-000000ab");
    network.rules.retain(|rule| rule.direction == Direction::Egress);
    let network = network.rule("sg-0000000b", Direction::Ingress, Protocol::All, None, "0.0.0.0/0");
    assert_eq!(network.said(A, "10.1.1.10"), "reachable");
    assert_eq!(network.said(A, B6), "security-group at sg-0000000b");
}

#[test]
fn who_has_no_address_of_the_family_sends_nothing() {
    assert_eq!(
        two_vpcs().sentence(A, B6),
        "nobody sends: eni-0000000a has no address of the family of 2001:db8:b::10"
    );
}

#[test]
fn an_interface_sends_like_its_instance() {
    let mut flow = both().flow(A, "10.1.1.10", Service::Tcp(9088));
    flow.sender = Sender::Interface("eni-0000000a".parse().unwrap());
    assert_eq!(both().judge(&flow).as_str(), "reachable");
}
