//! What was not read is neither reachable nor blocked.

use peerway_model::{Direction, Protocol};

use super::scenario::{A, B, id, two_vpcs};

#[test]
fn a_vpc_that_was_not_read_may_answer() {
    let mut network = two_vpcs();
    network.vpcs.retain(|vpc| vpc.id != id("vpc-0000000b"));
    assert_eq!(network.said(A, B), "unknown at vpc-0000000b");
    assert_eq!(
        network.sentence(A, B),
        "whether the request arrives cannot be told: vpc-0000000b was not read"
    );
}

#[test]
fn a_connection_that_was_not_read_may_lead_there_but_never_back() {
    let unread = |table: &str, destination: &str| {
        two_vpcs().route(table, destination, "pcx-0000ffff").said(A, B)
    };
    assert_eq!(
        unread("rtb-0000000a", "10.1.1.0/24"),
        "unknown at rtb-0000000a sends 10.1.1.0/24 to pcx-0000ffff"
    );
    assert_eq!(
        unread("rtb-0000000b", "10.0.1.0/24"),
        "return-goes-elsewhere at rtb-0000000b sends 10.0.1.0/24 to pcx-0000ffff"
    );
}

#[test]
fn a_reply_by_what_cannot_be_looked_into_may_arrive() {
    let network = two_vpcs().route("rtb-0000000b", "10.0.1.0/24", "tgw-core");
    assert_eq!(network.said(A, B), "unknown at rtb-0000000b sends 10.0.1.0/24 to tgw-core");
    assert_eq!(
        network.sentence(A, B),
        "whether the reply comes back cannot be told: rtb-0000000b, which subnet-0000000b uses, sends \
         10.0.1.0/24 to tgw-core, and what lies behind that was not read"
    );
}

#[test]
fn a_list_whose_entries_were_not_read_may_hold_any_address_that_no_row_is_for_alone() {
    for network in [two_vpcs().list("pl-00000001", None), two_vpcs()] {
        let network = network.route("rtb-0000000a", "pl-00000001", "tgw-core");
        assert_eq!(network.said(A, B), "unknown at pl-00000001");
        let certain = network.route("rtb-0000000a", "10.1.1.10/32", "pcx-000000ab");
        assert_eq!(certain.said(A, B), "reachable");
    }
}

#[test]
fn a_list_that_another_account_reads_is_read() {
    let network = two_vpcs()
        .list("pl-00000001", None)
        .list("pl-00000001", Some(&["10.9.0.0/16"]))
        .route("rtb-0000000a", "pl-00000001", "tgw-core");
    assert_eq!(network.said(A, B), "reachable");
}

#[test]
fn the_lists_of_gateway_endpoints_hold_nobody() {
    let mut network =
        two_vpcs().list("pl-00000001", None).route("rtb-0000000a", "pl-00000001", "vpce-s3");
    network.lists[0].is_owned_by_aws = true;
    assert_eq!(network.said(A, B), "reachable");
}

#[test]
fn a_rule_by_such_a_list_may_admit_unless_another_does() {
    let mut network = two_vpcs();
    network.rules.retain(|rule| rule.direction == Direction::Egress);
    let network =
        network.rule("sg-0000000b", Direction::Ingress, Protocol::All, None, "pl-00000001");
    assert_eq!(network.said(A, B), "unknown at pl-00000001");
    let listed = network.clone().list("pl-00000001", Some(&["10.0.1.0/24"]));
    assert_eq!(listed.said(A, B), "reachable");
    let other = network.rule("sg-0000000b", Direction::Ingress, Protocol::All, None, "10.0.0.0/8");
    assert_eq!(other.said(A, B), "reachable");
}

#[test]
fn a_group_a_network_acl_or_a_table_that_was_not_read_may_let_it_pass() {
    let mut network = two_vpcs();
    network.groups.retain(|group| group.id != id("sg-0000000b"));
    network.rules.retain(|rule| rule.group != id("sg-0000000b"));
    assert_eq!(network.said(A, B), "unknown at sg-0000000b");
    let mut network = two_vpcs();
    network.acls.retain(|acl| acl.vpc != id("vpc-0000000b"));
    assert_eq!(network.said(A, B), "unknown at subnet-0000000b");
    let mut network = two_vpcs();
    network.tables.retain(|table| table.vpc != id("vpc-0000000b"));
    assert_eq!(network.said(A, B), "unknown at subnet-0000000b");
}
