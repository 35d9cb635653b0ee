//! Internet, egress-only and NAT gateways, Elastic IP addresses.

use peerway_sim::ec2::addresses::*;
use peerway_sim::ec2::egress_only_gateways::*;
use peerway_sim::ec2::gateways::*;
use peerway_sim::ec2::nat_gateways::*;
use peerway_sim::ec2::network_interfaces::{
    DeleteNetworkInterface, DescribeNetworkInterfaces, ModifyNetworkInterfaceAttribute,
};
use peerway_sim::ec2::route_tables::CreateRoute;
use peerway_sim::ec2::subnets::DeleteSubnet;
use peerway_sim::ec2::{TagSpecification, TextValue};
use peerway_sim::{Settings, World};

use super::support::*;

const SUBNET: &str = "subnet-0000000b";

fn attach(gateway: &str, vpc: &str) -> AttachInternetGateway {
    AttachInternetGateway {
        internet_gateway_id: gateway.to_owned(),
        vpc_id: vpc.to_owned(),
        dry_run: None,
    }
}

fn detach(gateway: &str, vpc: &str) -> DetachInternetGateway {
    DetachInternetGateway {
        internet_gateway_id: gateway.to_owned(),
        vpc_id: vpc.to_owned(),
        dry_run: None,
    }
}

fn delete(gateway: &str) -> DeleteInternetGateway {
    DeleteInternetGateway { internet_gateway_id: gateway.to_owned(), dry_run: None }
}

fn allocate(world: &World) -> String {
    done(world, &ours(), AllocateAddress::default()).allocation_id.to_string()
}

fn nat(allocation: Option<&str>) -> CreateNatGateway {
    CreateNatGateway {
        subnet_id: SUBNET.to_owned(),
        allocation_id: allocation.map(str::to_owned),
        connectivity_type: allocation.is_none().then(|| "private".to_owned()),
        ..CreateNatGateway::default()
    }
}

fn nat_item(world: &World, id: &str) -> NatGatewayItem {
    let request =
        DescribeNatGateways { nat_gateway_ids: vec![id.to_owned()], ..Default::default() };
    done(world, &ours(), request).nat_gateway_set.remove(0)
}

#[test]
fn a_vpc_has_one_internet_gateway_and_a_gateway_one_vpc() {
    let world = world();
    let request = CreateInternetGateway {
        tag_specifications: vec![TagSpecification {
            resource_type: "internet-gateway".to_owned(),
            tags: vec![tag("Name", "second")],
        }],
        dry_run: None,
    };
    let second = done(&world, &ours(), request).internet_gateway;
    assert_eq!(second.tag_set.0["Name"], "second");
    let second = second.internet_gateway_id.to_string();
    assert_eq!(code(&world, &ours(), attach(&second, OURS)), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), attach("igw-0000000a", TWIN)), "Resource.AlreadyAssociated");
    assert_eq!(
        code(&world, &ours(), attach("igw-00000bad", TWIN)),
        "InvalidInternetGatewayID.NotFound"
    );
    done(&world, &ours(), attach(&second, TWIN));
    assert_eq!(code(&world, &ours(), delete(&second)), "DependencyViolation");
    assert_eq!(code(&world, &ours(), detach(&second, OURS)), "Gateway.NotAttached");
    done(&world, &ours(), detach(&second, TWIN));
    done(&world, &ours(), delete(&second));
    assert_eq!(code(&world, &ours(), delete(&second)), "InvalidInternetGatewayID.NotFound");
}

#[test]
fn a_gateway_that_public_addresses_need_stays_and_routes_to_a_detached_one_are_black_holes() {
    let world = world();
    let route = CreateRoute {
        route_table_id: "rtb-0000000a".to_owned(),
        destination_cidr_block: Some("0.0.0.0/0".to_owned()),
        gateway_id: Some("igw-0000000a".to_owned()),
        ..CreateRoute::default()
    };
    done(&world, &ours(), route);
    let address = allocate(&world);
    let nat = done(&world, &ours(), nat(Some(&address))).nat_gateway.nat_gateway_id.to_string();
    assert_eq!(code(&world, &ours(), detach("igw-0000000a", OURS)), "DependencyViolation");
    done(&world, &ours(), DeleteNatGateway { nat_gateway_id: nat, dry_run: None });
    world.advance(seconds(45));
    done(&world, &ours(), detach("igw-0000000a", OURS));
    assert_eq!(route_state(&world, &ours(), "rtb-0000000a", "0.0.0.0/0"), "blackhole");
    done(&world, &ours(), attach("igw-0000000a", OURS));
    assert_eq!(route_state(&world, &ours(), "rtb-0000000a", "0.0.0.0/0"), "active");
}

#[test]
fn a_nat_gateway_comes_and_goes_over_time_and_is_listed_for_an_hour() {
    let world = world();
    let address = allocate(&world);
    let made = done(&world, &ours(), nat(Some(&address))).nat_gateway;
    let id = made.nat_gateway_id.to_string();
    assert_eq!(made.state, "pending");
    assert_eq!(made.nat_gateway_address_set[0].allocation_id.as_ref().unwrap().as_str(), address);
    world.advance(seconds(60));
    assert_eq!(nat_item(&world, &id).state, "available");
    assert_eq!(code(&world, &ours(), nat(Some(&address))), "Resource.AlreadyAssociated");
    let release = || ReleaseAddress { allocation_id: Some(address.clone()), ..Default::default() };
    assert_eq!(code(&world, &ours(), release()), "InvalidIPAddress.InUse");

    let delete = || DeleteNatGateway { nat_gateway_id: id.clone(), dry_run: None };
    done(&world, &ours(), delete());
    assert_eq!(nat_item(&world, &id).state, "deleting");
    world.advance(seconds(45));
    assert_eq!(nat_item(&world, &id).state, "deleted");
    assert_eq!(code(&world, &ours(), delete()), "NatGatewayNotFound");
    done(&world, &ours(), release());
    world.advance(hours(1));
    let request = DescribeNatGateways { nat_gateway_ids: vec![id], ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "NatGatewayNotFound");
}

#[test]
fn a_public_nat_gateway_without_a_way_out_fails() {
    let world = world();
    done(&world, &ours(), detach("igw-0000000a", OURS));
    let address = allocate(&world);
    let id = done(&world, &ours(), nat(Some(&address))).nat_gateway.nat_gateway_id.to_string();
    world.advance(seconds(60));
    let failed = nat_item(&world, &id);
    assert_eq!((failed.state, failed.failure_code), ("failed", Some("Gateway.NotAttached")));
    let private = done(&world, &ours(), nat(None)).nat_gateway.nat_gateway_id.to_string();
    world.advance(seconds(60));
    assert_eq!(nat_item(&world, &private).state, "available");
    let both =
        CreateNatGateway { connectivity_type: Some("private".to_owned()), ..nat(Some(&address)) };
    assert_eq!(code(&world, &ours(), both), "InvalidParameterCombination");
    let neither = CreateNatGateway { connectivity_type: None, ..nat(None) };
    assert_eq!(code(&world, &ours(), neither), "MissingParameter");
}

#[test]
fn the_interface_of_a_nat_gateway_is_aws_s_own_and_holds_its_subnet() {
    let world = world();
    let request =
        DescribeNetworkInterfaces { filters: filter("subnet-id", &[SUBNET]), ..Default::default() };
    let interface = done(&world, &ours(), request).network_interface_set.remove(0);
    assert!(interface.requester_managed);
    assert_eq!(interface.description, "Interface for NAT Gateway nat-0000000a");
    assert_eq!(interface.interface_type, "nat_gateway");
    let id = interface.network_interface_id.to_string();
    let change = ModifyNetworkInterfaceAttribute {
        network_interface_id: id.clone(),
        description: Some(TextValue { value: "mine".to_owned() }),
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), change), "OperationNotPermitted");
    let delete = DeleteNetworkInterface { network_interface_id: id, dry_run: None };
    assert_eq!(code(&world, &ours(), delete), "InvalidParameterValue");

    let request = DeleteNatGateway { nat_gateway_id: "nat-0000000a".to_owned(), dry_run: None };
    done(&world, &ours(), request);
    let subnet = || DeleteSubnet { subnet_id: SUBNET.to_owned(), dry_run: None };
    assert_eq!(code(&world, &ours(), subnet()), "DependencyViolation");
    world.advance(seconds(45));
    done(&world, &ours(), subnet());
}

#[test]
fn a_vpc_has_one_egress_only_gateway_that_holds_it() {
    let world = world();
    let create =
        || CreateEgressOnlyInternetGateway { vpc_id: TWIN.to_owned(), ..Default::default() };
    let made = done(&world, &ours(), create()).egress_only_internet_gateway;
    assert_eq!(made.attachment_set[0].vpc_id.as_str(), TWIN);
    assert_eq!(code(&world, &ours(), create()), "Resource.AlreadyAssociated");
    let vpc = || peerway_sim::ec2::vpcs::DeleteVpc { vpc_id: TWIN.to_owned(), dry_run: None };
    let group = peerway_sim::ec2::security_groups::DeleteSecurityGroup {
        group_id: Some("sg-0000000b".to_owned()),
        ..Default::default()
    };
    done(&world, &ours(), group);
    assert_eq!(code(&world, &ours(), vpc()), "DependencyViolation");
    let delete = || DeleteEgressOnlyInternetGateway {
        egress_only_internet_gateway_id: made.egress_only_internet_gateway_id.to_string(),
        dry_run: None,
    };
    done(&world, &ours(), delete());
    assert_eq!(code(&world, &ours(), delete()), "InvalidGatewayID.NotFound");
    done(&world, &ours(), vpc());
}

#[test]
fn quotas_are_the_world_s() {
    let mut settings = Settings::default();
    settings.quotas.addresses = 1;
    settings.quotas.internet_gateways = 1;
    settings.quotas.nat_gateways_per_zone = 1;
    let world = world_with(settings);
    assert_eq!(
        code(&world, &ours(), CreateInternetGateway::default()),
        "InternetGatewayLimitExceeded"
    );
    assert_eq!(code(&world, &ours(), nat(None)), "NatGatewayLimitExceeded");
    allocate(&world);
    assert_eq!(code(&world, &ours(), AllocateAddress::default()), "AddressLimitExceeded");
}
