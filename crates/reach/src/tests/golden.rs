//! The golden example: a service, a consumer beside it, one whose block is taken, and the one that has taken it.

use peerway_model::{Direction, Protocol};

use super::scenario::Scenario;

const SERVICE: &str = "vpc-ce78dbb7";
const REFERENCE: &str = "imply-e04-elbinter-qqsuirj9f9ep";
const QUERY: &str = "imply-query-my-peering";
const ALL_TCP: Option<(u16, u16)> = Some((0, 65535));

/// As it is when everything is ready.
fn golden() -> Scenario {
    let ingress = Direction::Ingress;
    Scenario::default()
        .vpc(SERVICE, &["10.50.0.0/21"])
        .vpc("vpc-641fee1c", &["172.20.0.0/20"])
        .vpc("vpc-3607f64e", &["172.19.0.0/20"])
        .vpc("vpc-828a54fb", &["172.19.0.0/20"])
        .subnet("subnet-0a000001", SERVICE, &["10.50.0.0/24"])
        .subnet("subnet-0a000004", SERVICE, &["10.50.3.0/24"])
        .subnet("subnet-0f000001", SERVICE, &["10.50.6.0/26"])
        .subnet("subnet-0f000002", SERVICE, &["10.50.6.64/26"])
        .subnet("subnet-0b000001", "vpc-641fee1c", &["172.20.0.0/22"])
        .subnet("subnet-0b000002", "vpc-641fee1c", &["172.20.4.0/22"])
        .subnet("subnet-567e171d", "vpc-3607f64e", &["172.19.0.0/22"])
        .subnet("subnet-0d000001", "vpc-828a54fb", &["172.19.0.0/22"])
        .peering("pcx-d3c1e8ba", "vpc-828a54fb", SERVICE)
        .peering("pcx-6ca76b04", SERVICE, "vpc-641fee1c")
        .peering("pcx-ceb27ea6", SERVICE, "vpc-3607f64e")
        .table("rtb-7122e509", SERVICE, &["subnet-0a000001", "subnet-0a000004"])
        .route("rtb-7122e509", "172.19.0.0/20", "pcx-d3c1e8ba")
        .route("rtb-7122e509", "172.20.0.0/22", "pcx-6ca76b04")
        .route("rtb-7122e509", "0.0.0.0/0", "igw-acd20cca")
        .table("rtb-05600001", SERVICE, &["subnet-0f000001", "subnet-0f000002"])
        .route("rtb-05600001", "172.19.0.0/20", "pcx-ceb27ea6")
        .route("rtb-641fee1c", "10.50.0.0/21", "pcx-6ca76b04")
        .route("rtb-641fee1c", "0.0.0.0/0", "igw-0a1b2c3d")
        .route("rtb-3607f64e", "10.50.6.0/26", "pcx-ceb27ea6")
        .route("rtb-3607f64e", "10.50.6.64/26", "pcx-ceb27ea6")
        .route("rtb-3607f64e", "0.0.0.0/0", "igw-0e4f5a6b")
        .route("rtb-828a54fb", "10.50.0.0/21", "pcx-d3c1e8ba")
        .group("sg-dee0b1ae", "vpc-641fee1c", &[])
        .group("sg-0c0ffee1", "vpc-3607f64e", &[])
        .group("sg-0def0001", SERVICE, &["sg-0def0001"])
        .group("sg-0e1b0001", SERVICE, &[])
        .group("sg-0aa00001", SERVICE, &[])
        .rule("sg-0def0001", ingress, Protocol::Tcp, ALL_TCP, "sg-0e1b0001")
        .rule("sg-0e1b0001", ingress, Protocol::Tcp, ALL_TCP, "sg-dee0b1ae")
        .rule("sg-0e1b0001", ingress, Protocol::Tcp, ALL_TCP, "sg-0c0ffee1")
        .rule("sg-0aa00001", ingress, Protocol::Tcp, ALL_TCP, "172.19.0.0/20")
        .instance("i-0a100001", "subnet-0a000004", &["10.50.3.10"], &["sg-0def0001", "sg-0aa00001"])
        .instance("i-0c300001", "subnet-0b000001", &["172.20.2.51"], &["sg-dee0b1ae"])
        .instance("i-0c300003", "subnet-0b000002", &["172.20.4.5"], &["sg-dee0b1ae"])
        .instance("i-0c300002", "subnet-567e171d", &["172.19.2.170"], &["sg-0c0ffee1"])
        .instance("i-0d400001", "subnet-0d000001", &["172.19.1.10"], &["sg-828a54fb"])
        .balancer(
            REFERENCE,
            &[("subnet-0a000001", "10.50.0.4")],
            9088,
            &["sg-0def0001", "sg-0e1b0001"],
        )
        .balancer(
            QUERY,
            &[("subnet-0f000001", "10.50.6.4"), ("subnet-0f000002", "10.50.6.68")],
            9088,
            &["sg-0def0001", "sg-0e1b0001"],
        )
}

#[test]
fn consumers_reach_the_balancer_that_answers_them() {
    assert_eq!(golden().said("i-0c300001", REFERENCE), "reachable");
    assert_eq!(golden().said("i-0c300002", QUERY), "reachable");
}

#[test]
fn the_lifeline_of_the_provider_stands() {
    assert_eq!(golden().said("i-0d400001", "10.50.3.10"), "reachable");
}

#[test]
fn the_overlapping_consumer_has_no_route_past_the_overlap_subnets() {
    assert_eq!(golden().said("i-0c300002", "10.50.3.10"), "no-route at rtb-3607f64e");
    assert_eq!(
        golden().sentence("i-0c300002", "10.50.3.10"),
        "no way there: rtb-3607f64e, which subnet-567e171d uses, sends 0.0.0.0/0 to igw-0e4f5a6b, \
         a way out behind which no private address lies"
    );
}

#[test]
fn overlap_subnets_answer_nobody_else() {
    assert_eq!(golden().said("i-0c300001", QUERY), "no-return-route at rtb-05600001");
    assert_eq!(
        golden().sentence("i-0c300001", QUERY),
        "no way back: rtb-05600001, which subnet-0f000001 uses, has no row for 172.20.2.51"
    );
}

#[test]
fn a_subnet_outside_the_destinations_gets_no_reply() {
    assert_eq!(golden().said("i-0c300003", REFERENCE), "no-return-route at rtb-7122e509");
}

#[test]
fn the_group_that_others_are_let_in_by_is_named_before_the_way_back_is_looked_at() {
    assert_eq!(golden().said("i-0d400001", QUERY), "security-group at sg-0e1b0001");
    assert_eq!(
        golden().sentence("i-0d400001", QUERY),
        "none of sg-0e1b0001, sg-0def0001 lets tcp 9088 in from 172.19.1.10"
    );
    let admitted =
        golden().rule("sg-0e1b0001", Direction::Ingress, Protocol::Tcp, ALL_TCP, "172.19.0.0/20");
    assert_eq!(
        admitted.said("i-0d400001", QUERY),
        "return-goes-elsewhere at rtb-05600001 sends 172.19.0.0/20 to pcx-ceb27ea6"
    );
}

#[test]
fn the_careless_route_lets_replies_go_to_somebody_else() {
    let careless = golden().route("rtb-3607f64e", "10.50.0.0/21", "pcx-ceb27ea6");
    assert_eq!(
        careless.said("i-0c300002", "10.50.3.10"),
        "return-goes-elsewhere at rtb-7122e509 sends 172.19.0.0/20 to pcx-d3c1e8ba"
    );
    assert_eq!(
        careless.sentence("i-0c300002", "10.50.3.10"),
        "the reply goes elsewhere: rtb-7122e509, which subnet-0a000004 uses, sends 172.19.0.0/20 \
         to pcx-d3c1e8ba"
    );
}
