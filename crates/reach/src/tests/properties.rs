use std::net::IpAddr;

use peerway_model::{
    CidrBlock, Direction, NetworkAcl, NetworkAclEntry, PortRange, Protocol, RouteTarget, Tags,
};
use proptest::prelude::*;

use super::scenario::{A, B, Scenario, id, two_vpcs};
use crate::traffic::Traffic;
use crate::{Network, Service, network_acl};

/// Ports around the bounds of what replies are for.
fn ports() -> impl Strategy<Value = Option<PortRange>> {
    let some = (1020_u16..1030, 0_u16..6).prop_map(|(from, more)| {
        let to = if more == 5 { u16::MAX } else { from + more };
        Some(PortRange { from, to })
    });
    prop_oneof![some, Just(None)]
}

fn entries() -> impl Strategy<Value = Vec<NetworkAclEntry>> {
    let protocol = prop_oneof![Just(Protocol::All), Just(Protocol::Tcp), Just(Protocol::Udp)];
    let cidr = prop_oneof![Just("0.0.0.0/0"), Just("10.0.1.0/24"), Just("10.0.2.0/24")];
    let entry = (1_u16..20, any::<bool>(), cidr, protocol, ports(), any::<bool>()).prop_map(
        |(number, egress, cidr, protocol, ports, allow)| NetworkAclEntry {
            number,
            egress,
            cidr: id(cidr),
            protocol,
            ports,
            allow,
        },
    );
    prop::collection::vec(entry, 0..8).prop_map(|mut entries| {
        entries.sort_by_key(|entry| entry.number);
        entries.dedup_by_key(|entry| entry.number);
        entries
    })
}

/// The reference: one packet to one port, entry by entry.
fn lets_one(acl: &NetworkAcl, egress: bool, peer: IpAddr, port: u16) -> bool {
    let mut entries: Vec<_> = acl.entries.iter().filter(|it| it.egress == egress).collect();
    entries.sort_by_key(|entry| entry.number);
    let fits = |entry: &&&NetworkAclEntry| {
        let ports = entry.ports.unwrap_or(PortRange::ALL);
        let is_meant = entry.protocol == Protocol::All
            || (entry.protocol == Protocol::Tcp && (ports.from..=ports.to).contains(&port));
        entry.cidr.contains_address(peer) && is_meant
    };
    entries.iter().find(fits).is_some_and(|entry| entry.allow)
}

const BLOCKS: [&str; 6] =
    ["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.0.1.0/24", "10.1.1.10/32", "0.0.0.0/0"];
const TARGETS: [&str; 5] = ["pcx-000000ab", "pcx-000000ac", "pcx-000000bc", "igw-1", "tgw-1"];

/// Rows of a table, one for a block.
fn routes() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let row = (prop::sample::select(&BLOCKS[..]), prop::sample::select(&TARGETS[..]));
    prop::collection::vec(row, 0..5).prop_map(|mut rows| {
        rows.sort_unstable();
        rows.dedup_by_key(|(block, _)| *block);
        rows
    })
}

/// Two VPCs and a third that has both their blocks behind connections to each.
fn world(left: &[(&str, &str)], right: &[(&str, &str)]) -> Scenario {
    let mut network = two_vpcs()
        .vpc("vpc-0000000c", &["10.2.0.0/16"])
        .peering("pcx-000000ac", "vpc-0000000a", "vpc-0000000c")
        .peering("pcx-000000bc", "vpc-0000000b", "vpc-0000000c");
    network.vpcs[2].cidrs.extend(["10.0.0.0/16", "10.1.0.0/16"].map(id::<CidrBlock>));
    for table in &mut network.tables {
        table.routes.retain(|route| route.target == RouteTarget::Local);
    }
    let network = left.iter().fold(network, |it, (block, to)| it.route("rtb-0000000a", block, to));
    right.iter().fold(network, |it, (block, to)| it.route("rtb-0000000b", block, to))
}

proptest! {
    #[test]
    fn a_network_acl_lets_a_range_pass_when_it_lets_each_port_pass(entries in entries(), out: bool, single: bool) {
        let acl = NetworkAcl {
            id: id("acl-0000000a"),
            vpc: id("vpc-0000000a"),
            is_default: false,
            entries,
            associations: Vec::new(),
            tags: Tags::new(),
        };
        let peer: IpAddr = "10.0.1.10".parse().unwrap();
        let service = Service::Tcp(1025);
        let traffic =
            if single { Traffic::request(service, peer) } else { Traffic::reply(service, peer) };
        let direction = if out { Direction::Egress } else { Direction::Ingress };
        let each = (traffic.ports.from..=traffic.ports.to).all(|port| lets_one(&acl, out, peer, port));
        prop_assert_eq!(network_acl::lets(&acl, direction, peer, traffic), each);
    }

    #[test]
    fn the_verdict_does_not_depend_on_the_order_of_rows_nor_on_reading_them_twice(left in routes(), right in routes()) {
        let network = world(&left, &right);
        let flow = network.flow(A, B, Service::Tcp(9088));
        let mut turned = network.clone();
        turned.tables.reverse();
        turned.tables.iter_mut().for_each(|table| table.routes.reverse());
        turned.interfaces.reverse();
        turned.rules.reverse();
        turned.acls.reverse();
        let mut rows = turned.rows();
        rows.connections.extend(network.connections.iter().rev());
        rows.subnets.extend(&network.subnets);
        rows.network_interfaces.extend(&network.interfaces);
        prop_assert_eq!(Network::of(&rows).judge(&flow), network.judge(&flow));
    }

    /// A request that comes back came over the one connection there is: then the other may ask as well.
    #[test]
    fn where_everybody_is_let_in_who_gets_replies_can_be_asked_too(left in routes(), right in routes()) {
        let network = world(&left, &right);
        let there = network.said(A, B) == "reachable";
        let back = network.said("i-0000000b", "10.0.1.10") == "reachable";
        prop_assert_eq!(there, back);
    }
}
