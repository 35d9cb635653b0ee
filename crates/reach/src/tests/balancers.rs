use super::scenario::{A, Scenario, id, two_vpcs};
use crate::{Network, Service};

const NAME: &str = "query";

/// A balancer with two nodes, in subnets with tables of their own.
fn balanced() -> Scenario {
    two_vpcs().subnet("subnet-000000b2", "vpc-0000000b", &["10.1.2.0/24"]).balancer(
        NAME,
        &[("subnet-000000b2", "10.1.2.4"), ("subnet-0000000b", "10.1.1.4")],
        9088,
        &["sg-0000000b"],
    )
}

#[test]
fn a_balancer_is_reached_when_each_of_its_nodes_is() {
    assert_eq!(balanced().said(A, NAME), "reachable");
    let one = balanced().table("rtb-000000b2", "vpc-0000000b", &["subnet-000000b2"]);
    assert_eq!(one.said(A, NAME), "no-return-route at rtb-000000b2");
    let rows = one.rows();
    let each = Network::of(&rows).judge_each(&one.flow(A, NAME, Service::Tcp(9088)));
    let each: Vec<_> = each
        .iter()
        .map(|(address, verdict)| (address.unwrap().to_string(), verdict.as_str()))
        .collect();
    let (near, far) = ("10.1.1.4".to_owned(), "10.1.2.4".to_owned());
    assert_eq!(each, [(near, "reachable"), (far, "no-return-route")]);
}

#[test]
fn a_balancer_answers_where_it_listens() {
    let port = Service::Tcp(9089);
    assert_eq!(balanced().said_of(A, NAME, port), "no-listener at query");
    assert_eq!(balanced().said_of(A, "10.1.1.4", port), "no-listener at query");
    assert_eq!(balanced().said_of(A, NAME, Service::Udp(9088)), "no-listener at query");
    assert_eq!(balanced().said_of(A, NAME, Service::Ping), "reachable");
}

#[test]
fn a_balancer_without_nodes_is_nowhere() {
    let mut network = balanced();
    network.interfaces.retain(|it| it.description.is_empty());
    assert_eq!(network.said(A, NAME), "unknown-destination");
}

#[test]
fn an_interface_of_that_description_that_aws_did_not_make_is_no_node() {
    let mut network =
        balanced().interface("eni-0bad0001", "subnet-0000000b", &["10.1.1.66"], "ELB query");
    network.interfaces.last_mut().unwrap().is_requester_managed = false;
    let rows = network.rows();
    let nodes = Network::of(&rows);
    assert_eq!(nodes.nodes(&id(NAME), &id("vpc-0000000b")).len(), 2);
}

#[test]
fn clients_whose_routes_lead_to_another_vpc_of_these_addresses_do_not_reach_it() {
    let network = balanced()
        .vpc("vpc-0000000c", &["10.1.0.0/16"])
        .peering("pcx-000000ac", "vpc-0000000a", "vpc-0000000c")
        .route("rtb-0000000a", "10.1.1.0/24", "pcx-000000ac");
    assert_eq!(
        network.said(A, NAME),
        "goes-elsewhere at rtb-0000000a sends 10.1.1.0/24 to pcx-000000ac"
    );
}
