//! Dry runs and client tokens.

use peerway_sim::ec2::prefix_lists::CreateManagedPrefixList;
use peerway_sim::ec2::route_tables::{CreateRouteTable, DeleteRouteTable, DescribeRouteTables};
use peerway_sim::ec2::vpcs::CreateVpc;
use peerway_sim::{Action, FaultKind};

use super::support::*;

fn table(token: &str) -> CreateRouteTable {
    CreateRouteTable {
        vpc_id: OURS.to_owned(),
        client_token: Some(token.to_owned()),
        ..CreateRouteTable::default()
    }
}

#[test]
fn a_dry_run_changes_nothing_and_says_whether_it_would_be_allowed() {
    let world = world();
    let id = connect(&world);
    let before = world.estate();
    let vpc = CreateVpc {
        cidr_block: "10.0.0.0/16".to_owned(),
        dry_run: Some(true),
        ..CreateVpc::default()
    };
    assert_eq!(code(&world, &ours(), vpc.clone()), "DryRunOperation");
    let route = peerway_sim::ec2::route_tables::CreateRoute {
        dry_run: Some(true),
        ..route_over("rtb-0000000b", "172.19.0.0/20", &id)
    };
    assert_eq!(code(&world, &ours(), route), "DryRunOperation");
    let gone = peerway_sim::ec2::peerings::DeleteVpcPeeringConnection {
        dry_run: Some(true),
        ..delete(&id)
    };
    assert_eq!(code(&world, &ours(), gone), "DryRunOperation");
    let read = DescribeRouteTables { dry_run: Some(true), ..DescribeRouteTables::default() };
    assert_eq!(code(&world, &ours(), read), "DryRunOperation");
    assert_eq!(world.estate(), before);
    world.fail_next(Action::CreateVpc, FaultKind::unauthorized());
    assert_eq!(code(&world, &ours(), vpc), "UnauthorizedOperation");
}

#[test]
fn the_same_token_makes_one_thing() {
    let world = world();
    let first = done(&world, &ours(), table("t"));
    let again = done(&world, &ours(), table("t"));
    assert_eq!(first, again);
    let other = done(&world, &ours(), table("u"));
    assert_ne!(first.route_table.route_table_id, other.route_table.route_table_id);
    let all = done(&world, &ours(), DescribeRouteTables::default());
    assert_eq!(all.route_table_set.len(), 5);
}

#[test]
fn a_token_used_for_something_else_is_a_mistake() {
    let world = world();
    done(&world, &ours(), table("t"));
    let other = CreateRouteTable { vpc_id: TWIN.to_owned(), ..table("t") };
    assert_eq!(code(&world, &ours(), other), "IdempotentParameterMismatch");
    let list = CreateManagedPrefixList {
        prefix_list_name: "p".to_owned(),
        address_family: "IPv4".to_owned(),
        max_entries: 1,
        client_token: Some("t".to_owned()),
        ..CreateManagedPrefixList::default()
    };
    done(&world, &ours(), list);
    assert_eq!(code(&world, &ours(), table(&"t".repeat(65))), "InvalidParameterValue");
}

#[test]
fn a_token_stands_for_the_first_answer_even_when_the_thing_is_gone() {
    let world = world();
    let made = done(&world, &ours(), table("t"));
    let id = made.route_table.route_table_id.to_string();
    done(&world, &ours(), DeleteRouteTable { route_table_id: id, dry_run: None });
    assert_eq!(done(&world, &ours(), table("t")), made);
    assert_eq!(done(&world, &ours(), DescribeRouteTables::default()).route_table_set.len(), 3);
}

#[test]
fn a_refused_call_does_not_use_its_token_up() {
    let world = world();
    let wrong = CreateRouteTable { vpc_id: "vpc-00000bad".to_owned(), ..table("t") };
    assert_eq!(code(&world, &ours(), wrong), "InvalidVpcID.NotFound");
    done(&world, &ours(), table("t"));
}
