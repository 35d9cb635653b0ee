use peerway_sim::World;
use peerway_sim::ec2::account_attributes::DescribeAccountAttributes;
use peerway_sim::ec2::images::DescribeImages;
use peerway_sim::ec2::network_interfaces::*;
use peerway_sim::ec2::regions::DescribeRegions;
use peerway_sim::ec2::security_groups::DeleteSecurityGroup;
use peerway_sim::ec2::subnets::*;
use peerway_sim::ec2::vpcs::DeleteVpc;

use super::support::*;

const SUBNET: &str = "subnet-0000000a";

fn create(subnet: &str) -> CreateNetworkInterface {
    CreateNetworkInterface {
        subnet_id: subnet.to_owned(),
        groups: vec!["sg-0000000a".to_owned()],
        ..CreateNetworkInterface::default()
    }
}

fn made(world: &World, request: CreateNetworkInterface) -> NetworkInterfaceItem {
    done(world, &ours(), request).network_interface
}

fn delete(id: &impl ToString) -> DeleteNetworkInterface {
    DeleteNetworkInterface { network_interface_id: id.to_string(), dry_run: None }
}

fn free(world: &World) -> u64 {
    let request = DescribeSubnets { subnet_ids: vec![SUBNET.to_owned()], ..Default::default() };
    done(world, &ours(), request).subnet_set[0].available_ip_address_count
}

#[test]
fn an_interface_holds_subnet_group_and_vpc_and_takes_addresses() {
    let world = world();
    assert_eq!(free(&world), 251);
    let request =
        CreateNetworkInterface { secondary_private_ip_address_count: Some(2), ..create(SUBNET) };
    let interface = made(&world, request);
    assert_eq!(interface.private_ip_address.to_string(), "10.50.0.4", "the first four are AWS's");
    assert_eq!(interface.private_ip_addresses_set.len(), 3);
    assert_eq!(free(&world), 248);
    let subnet = || DeleteSubnet { subnet_id: SUBNET.to_owned(), dry_run: None };
    let group =
        || DeleteSecurityGroup { group_id: Some("sg-0000000a".to_owned()), ..Default::default() };
    assert_eq!(code(&world, &ours(), subnet()), "DependencyViolation");
    assert_eq!(code(&world, &ours(), group()), "DependencyViolation");
    let vpc = DeleteVpc { vpc_id: OURS.to_owned(), dry_run: None };
    assert_eq!(code(&world, &ours(), vpc), "DependencyViolation");
    done(&world, &ours(), delete(&interface.network_interface_id));
    assert_eq!(free(&world), 251);
    done(&world, &ours(), subnet());
    done(&world, &ours(), group());
}

#[test]
fn what_an_interface_names_must_be_there_and_fit() {
    let world = world();
    let at = |address: &str| CreateNetworkInterface {
        private_ip_address: Some(address.to_owned()),
        ..create(SUBNET)
    };
    made(&world, at("10.50.0.10"));
    for (request, expected) in [
        (at("10.50.0.10"), "InvalidIPAddress.InUse"),
        (at("10.50.0.3"), "InvalidParameterValue"),
        (at("10.50.0.255"), "InvalidParameterValue"),
        (at("10.50.1.4"), "InvalidParameterValue"),
        (at("ten"), "InvalidParameterValue"),
        (create("subnet-00000bad"), "InvalidSubnetID.NotFound"),
        (
            CreateNetworkInterface { groups: vec!["sg-0000000b".to_owned()], ..create(SUBNET) },
            "InvalidParameter",
        ),
        (
            CreateNetworkInterface { groups: vec!["sg-00000bad".to_owned()], ..create(SUBNET) },
            "InvalidGroup.NotFound",
        ),
    ] {
        assert_eq!(code(&world, &ours(), request), expected);
    }
    let default = made(&world, CreateNetworkInterface { groups: Vec::new(), ..create(SUBNET) });
    assert_eq!(&*default.group_set[0].group_name, "default");
}

#[test]
fn one_attribute_is_changed_at_a_time() {
    let world = world();
    let id = made(&world, create(SUBNET)).network_interface_id.to_string();
    let change = || ModifyNetworkInterfaceAttribute {
        network_interface_id: id.clone(),
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), change()), "MissingParameter");
    let no_check = Some(peerway_sim::ec2::Flag { value: false });
    let both = ModifyNetworkInterfaceAttribute {
        source_dest_check: no_check,
        groups: vec!["sg-0000000a".to_owned()],
        ..change()
    };
    assert_eq!(code(&world, &ours(), both), "InvalidParameterCombination");
    done(
        &world,
        &ours(),
        ModifyNetworkInterfaceAttribute { source_dest_check: no_check, ..change() },
    );
    let request = DescribeNetworkInterfaceAttribute {
        network_interface_id: id.clone(),
        attribute: Some("sourceDestCheck".to_owned()),
        dry_run: None,
    };
    assert!(!done(&world, &ours(), request).source_dest_check.unwrap().value);
    assert_eq!(world.estate().canonical().unwrap(), world.estate());
}

#[test]
fn an_unknown_filter_is_refused_and_known_ones_find() {
    let world = world();
    let id = made(&world, create(SUBNET)).network_interface_id;
    let ask = |name: &str, value: &str| DescribeNetworkInterfaces {
        filters: filter(name, &[value]),
        ..Default::default()
    };
    let found = done(&world, &ours(), ask("group-id", "sg-0000000a")).network_interface_set;
    assert_eq!(found.iter().map(|it| &it.network_interface_id).collect::<Vec<_>>(), [&id]);
    assert_eq!(code(&world, &ours(), ask("color", "red")), "InvalidParameterValue");
}

#[test]
fn reserved_ranges_are_given_only_to_who_asks_for_them() {
    let world = world();
    let reserve = |cidr: &str| CreateSubnetCidrReservation {
        subnet_id: SUBNET.to_owned(),
        cidr: cidr.to_owned(),
        reservation_type: "explicit".to_owned(),
        ..Default::default()
    };
    done(&world, &ours(), reserve("10.50.0.0/28"));
    assert_eq!(code(&world, &ours(), reserve("10.50.0.8/29")), "InvalidCidrReservation.Conflict");
    assert_eq!(code(&world, &ours(), reserve("10.50.1.0/28")), "InvalidParameterValue");
    assert_eq!(made(&world, create(SUBNET)).private_ip_address.to_string(), "10.50.0.16");
    let asked = CreateNetworkInterface {
        private_ip_address: Some("10.50.0.9".to_owned()),
        ..create(SUBNET)
    };
    assert_eq!(made(&world, asked).private_ip_address.to_string(), "10.50.0.9");
    assert_eq!(free(&world), 251 - 12 - 1);
    assert_eq!(world.estate().canonical().unwrap(), world.estate());
}

#[test]
fn what_an_account_and_a_region_offer_is_listed() {
    let world = world();
    let attributes = done(&world, &ours(), DescribeAccountAttributes::default());
    let names: Vec<_> = attributes.account_attribute_set.iter().map(|a| a.attribute_name).collect();
    assert!(names.contains(&"default-vpc") && names.contains(&"max-instances"), "{names:?}");
    let request =
        DescribeAccountAttributes { attribute_names: vec!["shoe-size".to_owned()], dry_run: None };
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
    let regions = done(&world, &ours(), DescribeRegions::default()).region_info;
    assert!(regions.iter().any(|region| region.region_name.as_str() == "us-west-2"));
    let images = |owner: &str| {
        let request = DescribeImages { owners: vec![owner.to_owned()], ..Default::default() };
        done(&world, &ours(), request).images_set.len()
    };
    assert_eq!((images("amazon"), images("self")), (4, 0));
}
