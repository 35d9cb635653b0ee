//! What is read beyond the lists.

use peerway_model::PartKind;

use super::scenario::*;
use super::*;
use crate::overlap_subnet_group::{needs, reads};

/// The billing peer's world with a table of this VPC that sends something to a NAT gateway and names a list.
fn with_rows_in(vpc: &str) -> Run {
    let rows = [("0.0.0.0/0", "nat-0000000f"), ("pl-00000001", "tgw-00000001")];
    run_in(&billing_world().table("rtb-0d000001", vpc, &rows), billing())
}

fn of_rows(run: &Run) -> Vec<PartKind> {
    let parts = needs(&run.desired(), &run.observed).parts;
    let of_rows = [PartKind::NatGateways, PartKind::PrefixLists];
    of_rows.into_iter().filter(|part| parts.contains(&(service(), *part))).collect()
}

#[test]
fn what_the_rows_of_its_vpcs_name_is_read() {
    for vpc in ["vpc-ce78dbb7", "vpc-3607f64e"] {
        let run = with_rows_in(vpc);
        assert_eq!(of_rows(&run), [PartKind::NatGateways, PartKind::PrefixLists], "{vpc}");
    }
}

#[test]
fn what_the_rows_of_other_vpcs_name_is_not_read() {
    assert_eq!(of_rows(&with_rows_in("vpc-641fee1c")), []);
}

/// Who comes in over another connection may do so by a list.
#[test]
fn lists_that_lead_to_its_vpc_over_another_connection_are_read() {
    let world = billing_world()
        .vpc("vpc-0d000001", &["172.19.0.0/20"], "another")
        .table("rtb-0d000001", "vpc-0d000001", &[("pl-00000001", "pcx-0000000d")])
        .connection(
            "pcx-0000000d",
            ("vpc-0d000001", &["172.19.0.0/20"]),
            ("vpc-ce78dbb7", &["10.50.0.0/21"]),
            peerway_model::ConnectionState::Active,
        );
    assert_eq!(of_rows(&run_in(&world, billing())), [PartKind::PrefixLists]);
}

/// What leads from there to its subnets would be answered to its peer.
#[test]
fn tables_of_another_vpc_with_the_addresses_of_a_peer_wake_the_group() {
    let world = billing_world().vpc("vpc-0d000001", &["172.19.0.0/20"], "another").connection(
        "pcx-0000000d",
        ("vpc-0d000001", &["172.19.0.0/20"]),
        ("vpc-ce78dbb7", &["10.50.0.0/21"]),
        peerway_model::ConnectionState::Active,
    );
    let run = run_in(&world, billing());
    let reads = reads(&run.desired(), &run.observed);
    let tables = reads.into_iter().find(|read| read.part == PartKind::RouteTables).unwrap();
    assert!(tables.keys.unwrap().contains("vpc-0d000001"));
}

#[test]
fn nat_gateways_of_other_vpcs_wake_no_group() {
    let run = with_rows_in("vpc-3607f64e");
    let reads = reads(&run.desired(), &run.observed);
    let read = reads.into_iter().find(|read| read.part == PartKind::NatGateways);
    let keys = read.and_then(|read| read.keys).unwrap();
    assert!(["vpc-3607f64e", "vpc-ce78dbb7"].iter().all(|vpc| keys.contains(*vpc)), "{keys:?}");
    assert!(!keys.contains("vpc-641fee1c"), "{keys:?}");
}
