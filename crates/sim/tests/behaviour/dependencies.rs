use peerway_sim::Settings;
use peerway_sim::ec2::route_tables::{CreateRouteTable, DeleteRouteTable};
use peerway_sim::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, CreateSecurityGroup, DeleteSecurityGroup, GroupPair,
    IpPermission,
};
use peerway_sim::ec2::subnets::{CreateSubnet, DeleteSubnet};
use peerway_sim::ec2::vpcs::{CreateVpc, DeleteVpc};

use super::support::*;

fn delete_group(id: &str) -> DeleteSecurityGroup {
    DeleteSecurityGroup { group_id: Some(id.to_owned()), ..DeleteSecurityGroup::default() }
}

fn delete_table(id: &str) -> DeleteRouteTable {
    DeleteRouteTable { route_table_id: id.to_owned(), dry_run: None }
}

#[test]
fn a_subnet_with_an_interface_in_it_stays() {
    let world = world();
    let request = DeleteSubnet { subnet_id: "subnet-0000000b".to_owned(), dry_run: None };
    assert_eq!(code(&world, &ours(), request), "DependencyViolation");
}

#[test]
fn a_table_that_is_used_and_the_main_one_stay() {
    let world = world();
    assert_eq!(code(&world, &ours(), delete_table("rtb-0000000a")), "DependencyViolation");
    assert_eq!(code(&world, &ours(), delete_table("rtb-0000000b")), "DependencyViolation");
    assert_eq!(code(&world, &ours(), delete_table("rtb-00000bad")), "InvalidRouteTableID.NotFound");
}

#[test]
fn a_group_that_another_one_of_its_vpc_refers_to_stays() {
    let world = world();
    let request = CreateSecurityGroup {
        group_name: "instances".to_owned(),
        group_description: "d".to_owned(),
        vpc_id: Some(OURS.to_owned()),
        ..CreateSecurityGroup::default()
    };
    let second = done(&world, &ours(), request).group_id.to_string();
    let pair = |id: &str| GroupPair { group_id: Some(id.to_owned()), ..GroupPair::default() };
    for (group, source) in [(&second, "sg-0000000a"), (&second, second.as_str())] {
        let request = AuthorizeSecurityGroupIngress {
            group_id: Some(group.clone()),
            ip_permissions: vec![IpPermission {
                ip_protocol: "-1".to_owned(),
                groups: vec![pair(source)],
                ..IpPermission::default()
            }],
            ..AuthorizeSecurityGroupIngress::default()
        };
        done(&world, &ours(), request);
    }
    assert_eq!(code(&world, &ours(), delete_group("sg-0000000a")), "DependencyViolation");
    done(&world, &ours(), delete_group(&second));
    done(&world, &ours(), delete_group("sg-0000000a"));
}

#[test]
fn the_default_group_cannot_be_deleted() {
    let world = world();
    let request = peerway_sim::ec2::security_groups::DescribeSecurityGroups {
        filters: filter("group-name", &["default"]),
        ..Default::default()
    };
    let group = done(&world, &ours(), request).security_group_info.remove(0);
    assert_eq!(code(&world, &ours(), delete_group(group.group_id.as_str())), "CannotDelete");
}

#[test]
fn a_vpc_goes_only_when_nothing_is_left_in_it() {
    let world = world_of("accounts: {'111111111111': {}}", Settings::default());
    let vpc = CreateVpc { cidr_block: "10.0.0.0/16".to_owned(), ..CreateVpc::default() };
    let vpc = done(&world, &ours(), vpc).vpc.vpc_id.to_string();
    let delete_vpc = || DeleteVpc { vpc_id: vpc.clone(), dry_run: None };

    let subnet = CreateSubnet {
        vpc_id: vpc.clone(),
        cidr_block: Some("10.0.0.0/24".to_owned()),
        ..CreateSubnet::default()
    };
    let subnet = done(&world, &ours(), subnet).subnet.subnet_id.to_string();
    assert_eq!(code(&world, &ours(), delete_vpc()), "DependencyViolation");
    done(&world, &ours(), DeleteSubnet { subnet_id: subnet, dry_run: None });

    let table = CreateRouteTable { vpc_id: vpc.clone(), ..CreateRouteTable::default() };
    let table = done(&world, &ours(), table).route_table.route_table_id.to_string();
    assert_eq!(code(&world, &ours(), delete_vpc()), "DependencyViolation");
    done(&world, &ours(), delete_table(&table));

    let group = CreateSecurityGroup {
        group_name: "g".to_owned(),
        group_description: "d".to_owned(),
        vpc_id: Some(vpc.clone()),
        ..CreateSecurityGroup::default()
    };
    let group = done(&world, &ours(), group).group_id.to_string();
    assert_eq!(code(&world, &ours(), delete_vpc()), "DependencyViolation");
    done(&world, &ours(), delete_group(&group));

    done(&world, &ours(), delete_vpc());
    assert_eq!(world.estate().to_yaml().unwrap(), "accounts:\n  \"111111111111\": {}\n");
}

#[test]
fn a_vpc_with_a_gateway_attached_stays() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{id: vpc-0000000a, \
                  cidr: 10.0.0.0/16, gateways: [igw-0000000a]}]}}}}";
    let world = world_of(estate, Settings::default());
    let request = DeleteVpc { vpc_id: OURS.to_owned(), dry_run: None };
    assert_eq!(code(&world, &ours(), request), "DependencyViolation");
}
