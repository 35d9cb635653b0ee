use peerway_sim::ec2::route_tables::*;
use peerway_sim::ec2::subnets::DeleteSubnet;

use super::support::*;

fn associate(table: &str, subnet: &str) -> AssociateRouteTable {
    AssociateRouteTable {
        route_table_id: table.to_owned(),
        subnet_id: Some(subnet.to_owned()),
        ..AssociateRouteTable::default()
    }
}

fn disassociate(association: &str) -> DisassociateRouteTable {
    DisassociateRouteTable { association_id: association.to_owned(), dry_run: None }
}

fn replace(association: &str, table: &str) -> ReplaceRouteTableAssociation {
    ReplaceRouteTableAssociation {
        association_id: association.to_owned(),
        route_table_id: table.to_owned(),
        dry_run: None,
    }
}

fn table(world: &peerway_sim::World, id: &str) -> RouteTableItem {
    let request =
        DescribeRouteTables { route_table_ids: vec![id.to_owned()], ..Default::default() };
    done(world, &ours(), request).route_table_set.remove(0)
}

#[test]
fn a_subnet_on_another_table_is_not_moved() {
    let world = world();
    let request = associate("rtb-0000000a", "subnet-0000000a");
    assert_eq!(code(&world, &ours(), request), "Resource.AlreadyAssociated");
    assert_eq!(table(&world, "rtb-0000000b").association_set.len(), 1);
}

#[test]
fn associating_with_the_same_table_again_answers_the_same_association() {
    let world = world();
    let first = done(&world, &ours(), associate("rtb-0000000b", "subnet-0000000b"));
    let again = done(&world, &ours(), associate("rtb-0000000b", "subnet-0000000b"));
    assert_eq!(first.association_id, again.association_id);
    assert_eq!(table(&world, "rtb-0000000b").association_set.len(), 2);
}

#[test]
fn table_and_subnet_must_be_of_one_vpc() {
    let world = world();
    let request = associate("rtb-0000000c", "subnet-0000000b");
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
    assert_eq!(
        code(&world, &ours(), associate("rtb-0000000b", "subnet-00000bad")),
        "InvalidSubnetID.NotFound"
    );
    assert_eq!(
        code(&world, &ours(), associate("rtb-00000bad", "subnet-0000000b")),
        "InvalidRouteTableID.NotFound"
    );
}

#[test]
fn replacing_an_association_gives_it_a_new_id_and_kills_the_old_one() {
    let world = world();
    let old = table(&world, "rtb-0000000b").association_set[0].clone();
    let old_id = old.route_table_association_id.as_str();
    let replaced = done(&world, &ours(), replace(old_id, "rtb-0000000a"));
    assert_ne!(replaced.new_association_id.as_str(), old_id);
    for stale in [
        code(&world, &ours(), replace(old_id, "rtb-0000000b")),
        code(&world, &ours(), disassociate(old_id)),
    ] {
        assert_eq!(stale, "InvalidAssociationID.NotFound");
    }
    let other_vpc = replace(replaced.new_association_id.as_str(), "rtb-0000000c");
    assert_eq!(code(&world, &ours(), other_vpc), "InvalidParameterValue");
}

#[test]
fn the_main_association_moves_but_never_goes() {
    let world = world();
    let main = table(&world, "rtb-0000000a").association_set[0].clone();
    assert!(main.main);
    let main_id = main.route_table_association_id.as_str();
    assert_eq!(code(&world, &ours(), disassociate(main_id)), "InvalidParameterValue");
    done(&world, &ours(), replace(main_id, "rtb-0000000b"));
    assert!(table(&world, "rtb-0000000a").association_set.is_empty());
    assert!(table(&world, "rtb-0000000b").association_set.iter().any(|a| a.main));
    let request = DeleteRouteTable { route_table_id: "rtb-0000000a".to_owned(), dry_run: None };
    done(&world, &ours(), request);
}

#[test]
fn a_disassociated_or_deleted_subnet_leaves_its_table_free() {
    let world = world();
    let own = table(&world, "rtb-0000000b").association_set.remove(0);
    let second = done(&world, &ours(), associate("rtb-0000000b", "subnet-0000000b"));
    done(&world, &ours(), disassociate(second.association_id.as_str()));
    assert_eq!(table(&world, "rtb-0000000b").association_set, [own]);
    done(&world, &ours(), DeleteSubnet { subnet_id: "subnet-0000000a".to_owned(), dry_run: None });
    assert!(table(&world, "rtb-0000000b").association_set.is_empty());
}

#[test]
fn a_gateway_can_use_a_table_if_it_is_attached() {
    let world = world();
    let edge = |gateway: &str| AssociateRouteTable {
        route_table_id: "rtb-0000000b".to_owned(),
        gateway_id: Some(gateway.to_owned()),
        ..AssociateRouteTable::default()
    };
    done(&world, &ours(), edge("igw-0000000a"));
    assert_eq!(code(&world, &ours(), edge("igw-00000bad")), "InvalidParameterValue");
    let both = AssociateRouteTable {
        subnet_id: Some("subnet-0000000b".to_owned()),
        ..edge("igw-0000000a")
    };
    assert_eq!(code(&world, &ours(), both), "InvalidParameterCombination");
}
