//! VPCs and subnets, their blocks and attributes; zones.

use peerway_sim::ec2::Flag;
use peerway_sim::ec2::availability_zones::DescribeAvailabilityZones;
use peerway_sim::ec2::subnets::*;
use peerway_sim::ec2::vpc_endpoints::DescribeVpcEndpoints;
use peerway_sim::ec2::vpcs::*;
use peerway_sim::{Quotas, Settings};

use super::support::*;

fn associate(block: &str) -> AssociateVpcCidrBlock {
    AssociateVpcCidrBlock {
        vpc_id: OURS.to_owned(),
        cidr_block: Some(block.to_owned()),
        ..AssociateVpcCidrBlock::default()
    }
}

fn subnet(block: &str) -> CreateSubnet {
    CreateSubnet {
        vpc_id: OURS.to_owned(),
        cidr_block: Some(block.to_owned()),
        ..CreateSubnet::default()
    }
}

fn vpc(world: &peerway_sim::World) -> VpcItem {
    let request = DescribeVpcs { vpc_ids: vec![OURS.to_owned()], ..DescribeVpcs::default() };
    done(world, &ours(), request).vpc_set.remove(0)
}

#[test]
fn vpcs_have_a_size_and_lose_their_host_bits() {
    let world = world();
    let create = |block: &str| CreateVpc { cidr_block: block.to_owned(), ..CreateVpc::default() };
    let made = done(&world, &ours(), create("10.9.8.7/16")).vpc;
    assert_eq!(made.cidr_block.unwrap().to_string(), "10.9.0.0/16");
    assert_eq!(made.state, "pending");
    for bad in [
        "10.0.0.0/15",
        "10.0.0.0/29",
        "0.0.0.0/16",
        "127.0.0.0/16",
        "169.254.1.0/24",
        "224.0.0.0/16",
    ] {
        assert_eq!(code(&world, &ours(), create(bad)), "InvalidVpc.Range");
    }
    for bad in ["10.0.0.0", "10.0.0.0/33", "fd00::/56", ""] {
        assert_eq!(code(&world, &ours(), create(bad)), "InvalidParameterValue");
    }
}

#[test]
fn the_default_vpc_comes_back_with_a_way_out_and_a_subnet_in_each_zone() {
    let world = world();
    let create = CreateDefaultVpc::default;
    let zone = |name: &str| CreateDefaultSubnet {
        availability_zone: Some(name.to_owned()),
        ..CreateDefaultSubnet::default()
    };
    assert_eq!(code(&world, &ours(), zone("us-west-2a")), "DefaultVpcDoesNotExist");
    let made = done(&world, &ours(), create()).vpc;
    assert_eq!(made.cidr_block.unwrap().to_string(), "172.31.0.0/16");
    assert!(made.is_default);
    assert_eq!(code(&world, &ours(), create()), "DefaultVpcAlreadyExists");
    let subnets = |world: &peerway_sim::World| {
        let all = done(world, &ours(), DescribeSubnets::default()).subnet_set;
        all.into_iter().filter(|subnet| subnet.default_for_az).collect::<Vec<_>>()
    };
    let stand = subnets(&world);
    let mut blocks: Vec<_> = stand.iter().map(|it| it.cidr_block.unwrap().to_string()).collect();
    blocks.sort_unstable();
    assert_eq!(blocks, ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]);
    assert!(stand.iter().all(|it| it.map_public_ip_on_launch && it.vpc_id == made.vpc_id));
    let taken = "DefaultSubnetAlreadyExistsInAvailabilityZone";
    assert_eq!(code(&world, &ours(), zone("us-west-2a")), taken);
    let gone = stand.iter().find(|subnet| subnet.availability_zone == "us-west-2a").unwrap();
    let id = gone.subnet_id.to_string();
    done(&world, &ours(), DeleteSubnet { subnet_id: id, ..DeleteSubnet::default() });
    let again = done(&world, &ours(), zone("us-west-2a")).subnet;
    assert_eq!(again.cidr_block, gone.cidr_block);
    let saved = world.estate();
    let loaded = peerway_sim::World::new(&saved, Settings::default()).unwrap();
    assert_eq!(loaded.estate(), saved);
    assert_eq!(subnets(&loaded).len(), 3);
}

#[test]
fn accounts_and_regions_are_apart() {
    let world = world();
    let all = |caller| done(&world, &caller, DescribeVpcs::default()).vpc_set.len();
    assert_eq!(all(ours()), 2);
    assert_eq!(all(theirs()), 1);
    assert_eq!(all(caller("111111111111", "eu-central-1")), 0);
    let theirs_asked_by_us =
        DescribeVpcs { vpc_ids: vec![THEIRS.to_owned()], ..Default::default() };
    assert_eq!(code(&world, &ours(), theirs_asked_by_us), "InvalidVpcID.NotFound");
    let write = ModifyVpcAttribute {
        vpc_id: THEIRS.to_owned(),
        enable_dns_support: Some(Flag { value: false }),
        ..ModifyVpcAttribute::default()
    };
    assert_eq!(code(&world, &ours(), write), "InvalidVpcID.NotFound");
}

#[test]
fn attributes_are_read_and_written_one_at_a_time() {
    let world = world();
    let read = |attribute: &str| DescribeVpcAttribute {
        vpc_id: OURS.to_owned(),
        attribute: attribute.to_owned(),
        dry_run: None,
    };
    let hostnames = done(&world, &ours(), read("enableDnsHostnames"));
    assert!(hostnames.enable_dns_hostnames.unwrap().value);
    assert_eq!(hostnames.enable_dns_support, None);
    assert_eq!(code(&world, &ours(), read("bogus")), "InvalidParameterValue");
    let write = ModifyVpcAttribute {
        vpc_id: OURS.to_owned(),
        enable_dns_hostnames: Some(Flag { value: false }),
        ..ModifyVpcAttribute::default()
    };
    let both =
        ModifyVpcAttribute { enable_dns_support: Some(Flag { value: true }), ..write.clone() };
    let none = ModifyVpcAttribute { enable_dns_hostnames: None, ..write.clone() };
    assert_eq!(code(&world, &ours(), both), "InvalidParameterCombination");
    assert_eq!(code(&world, &ours(), none), "MissingParameter");
    done(&world, &ours(), write);
    let hostnames = done(&world, &ours(), read("enableDnsHostnames"));
    assert!(!hostnames.enable_dns_hostnames.unwrap().value);
}

#[test]
fn a_block_takes_a_moment_to_come_and_to_go() {
    let world = world();
    let added = done(&world, &ours(), associate("100.64.1.2/24")).cidr_block_association.unwrap();
    assert_eq!(added.cidr_block.to_string(), "100.64.1.0/24");
    assert_eq!(added.cidr_block_state.state, "associating");
    assert_eq!(code(&world, &ours(), subnet("100.64.1.0/26")), "InvalidSubnet.Range");
    world.advance(seconds(2));
    assert_eq!(vpc(&world).cidr_block_association_set[1].cidr_block_state.state, "associated");
    let within = done(&world, &ours(), subnet("100.64.1.0/26")).subnet.subnet_id.to_string();
    let disassociate = |id: &str| DisassociateVpcCidrBlock { association_id: id.to_owned() };
    let id = added.association_id.as_str();
    assert_eq!(code(&world, &ours(), disassociate(id)), "InvalidCidrBlock.InUse");
    done(&world, &ours(), DeleteSubnet { subnet_id: within, dry_run: None });
    let going = done(&world, &ours(), disassociate(id)).cidr_block_association.unwrap();
    assert_eq!(going.cidr_block_state.state, "disassociating");
    world.advance(seconds(2));
    assert_eq!(vpc(&world).cidr_block_association_set.len(), 1);
    assert_eq!(
        code(&world, &ours(), disassociate(id)),
        "InvalidVpcCidrBlockAssociationID.NotFound"
    );
    let primary = vpc(&world).cidr_block_association_set[0].association_id.to_string();
    assert_eq!(code(&world, &ours(), disassociate(&primary)), "OperationNotPermitted");
}

#[test]
fn blocks_that_aws_would_not_associate_are_refused() {
    let quotas = Quotas { cidrs_per_vpc: 2, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    for (block, expected) in [
        ("10.50.4.0/24", "InvalidVpc.Range"),
        ("10.48.0.0/15", "InvalidVpc.Range"),
        ("172.16.0.0/16", "InvalidVpc.Range"),
        ("192.168.0.0/24", "InvalidVpc.Range"),
        ("100.64.0.0/8", "InvalidVpc.Range"),
        ("fd00::/56", "InvalidParameterValue"),
    ] {
        assert_eq!(code(&world, &ours(), associate(block)), expected, "{block}");
    }
    let id = connect(&world);
    done(&world, &ours(), route_over("rtb-0000000b", "100.64.0.0/24", &id));
    assert_eq!(code(&world, &ours(), associate("100.64.0.0/16")), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), associate("100.64.0.0/24")), "InvalidParameterValue");
    done(&world, &ours(), associate("100.64.0.0/25"));
    assert_eq!(code(&world, &ours(), associate("100.65.0.0/25")), "VpcCidrLimitExceeded");
}

/// The table of <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions>.
#[test]
fn which_blocks_may_stand_beside_which_follows_awss_table() {
    for (primary, block, is_allowed) in [
        ("10.50.0.0/16", "10.60.0.0/16", true),
        ("10.50.0.0/16", "10.0.0.0/24", true),
        ("10.1.0.0/16", "10.0.0.0/24", false),
        ("10.50.0.0/16", "172.16.0.0/16", false),
        ("10.50.0.0/16", "192.168.0.0/24", false),
        ("10.50.0.0/16", "198.19.0.0/24", false),
        ("10.50.0.0/16", "100.64.0.0/24", true),
        ("10.50.0.0/16", "8.8.0.0/24", true),
        ("172.16.0.0/16", "172.17.0.0/16", true),
        ("172.16.0.0/16", "172.31.0.0/24", false),
        ("192.168.0.0/20", "192.168.16.0/20", true),
        ("192.168.0.0/20", "10.0.0.0/24", false),
        ("198.19.0.0/24", "198.19.1.0/24", true),
        ("198.19.0.0/24", "10.0.0.0/24", false),
        ("198.19.0.0/24", "100.64.0.0/24", true),
        ("100.64.0.0/24", "10.0.0.0/24", false),
        ("100.64.0.0/24", "198.19.0.0/24", false),
        ("100.64.0.0/24", "100.65.0.0/24", true),
        ("8.8.0.0/16", "172.16.0.0/24", false),
        ("8.8.0.0/16", "9.9.0.0/24", true),
    ] {
        let world = world();
        let request = CreateVpc { cidr_block: primary.to_owned(), ..CreateVpc::default() };
        let vpc_id = done(&world, &ours(), request).vpc.vpc_id.to_string();
        let request = AssociateVpcCidrBlock { vpc_id, ..associate(block) };
        if is_allowed {
            done(&world, &ours(), request);
        } else {
            assert_eq!(code(&world, &ours(), request), "InvalidVpc.Range", "{primary} {block}");
        }
    }
}

#[test]
fn subnets_are_sized_within_their_vpc_and_apart_from_each_other() {
    let world = world();
    let made = done(&world, &ours(), subnet("10.50.6.63/26")).subnet;
    assert_eq!(made.cidr_block.unwrap().to_string(), "10.50.6.0/26");
    assert_eq!(made.available_ip_address_count, 59);
    assert_eq!(made.availability_zone, "us-west-2a", "some zone, when none is asked for");
    for (block, expected) in [
        ("10.50.6.0/26", "InvalidSubnet.Conflict"),
        ("10.50.6.32/27", "InvalidSubnet.Conflict"),
        ("10.50.6.64/29", "InvalidSubnet.Range"),
        ("10.50.8.0/26", "InvalidSubnet.Range"),
        ("10.48.0.0/15", "InvalidSubnet.Range"),
    ] {
        assert_eq!(code(&world, &ours(), subnet(block)), expected, "{block}");
    }
    let request =
        DescribeSubnets { subnet_ids: vec!["subnet-0000000b".to_owned()], ..Default::default() };
    let with_nat = done(&world, &ours(), request).subnet_set.remove(0);
    assert_eq!(with_nat.available_ip_address_count, 250, "a NAT gateway takes an address");
}

#[test]
fn zones_are_named_by_account_or_by_id() {
    let renamed = ESTATE.replace(
        "      us-west-2:\n        vpcs:\n          - id: vpc-0000000a",
        "      us-west-2:\n        zones: {us-west-2a: usw2-az3, us-west-2b: usw2-az1, us-west-2c: usw2-az2}\n        \
         vpcs:\n          - id: vpc-0000000a",
    );
    let world = world_of(&renamed, Settings::default());
    let by_name =
        CreateSubnet { availability_zone: Some("us-west-2a".to_owned()), ..subnet("10.50.6.0/26") };
    assert_eq!(
        done(&world, &ours(), by_name.clone()).subnet.availability_zone_id.as_str(),
        "usw2-az3"
    );
    let by_id = CreateSubnet {
        availability_zone_id: Some("usw2-az1".to_owned()),
        ..subnet("10.50.6.64/26")
    };
    assert_eq!(done(&world, &ours(), by_id).subnet.availability_zone, "us-west-2b");
    let both = CreateSubnet { availability_zone_id: Some("usw2-az1".to_owned()), ..by_name };
    assert_eq!(code(&world, &ours(), both), "InvalidParameterCombination");
    let unknown = CreateSubnet {
        availability_zone: Some("eu-central-1a".to_owned()),
        ..subnet("10.50.7.0/26")
    };
    assert_eq!(code(&world, &ours(), unknown), "InvalidParameterValue");

    let zones = |caller, request: DescribeAvailabilityZones| {
        let found = world.ask(&caller, request).unwrap().availability_zone_info;
        found.into_iter().map(|zone| zone.zone_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        zones(ours(), DescribeAvailabilityZones::default()),
        ["usw2-az3", "usw2-az1", "usw2-az2"]
    );
    assert_eq!(
        zones(theirs(), DescribeAvailabilityZones::default()),
        ["usw2-az1", "usw2-az2", "usw2-az3"]
    );
    let unused = caller("111111111111", "ap-southeast-2");
    assert_eq!(zones(unused, DescribeAvailabilityZones::default())[0], "apse2-az1");
    let request =
        DescribeAvailabilityZones { zone_names: vec!["x".to_owned()], ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
}

#[test]
fn ipv6_blocks_come_from_aws_and_subnets_take_a_64_of_them() {
    let world = world();
    let request = AssociateVpcCidrBlock {
        cidr_block: None,
        amazon_provided_ipv6_cidr_block: Some(true),
        ..associate("")
    };
    let block = done(&world, &ours(), request).ipv6_cidr_block_association.unwrap().ipv6_cidr_block;
    assert_eq!(block.prefix_len(), 56);
    world.advance(seconds(2));
    let within = block.to_string().replace("/56", "/64");
    let request = CreateSubnet { ipv6_cidr_block: Some(within.clone()), ..subnet("10.50.6.0/26") };
    let made = done(&world, &ours(), request).subnet;
    assert_eq!(made.ipv6_cidr_block_association_set[0].ipv6_cidr_block.to_string(), within);
    for (length, expected) in [("/56", "InvalidSubnet.Conflict"), ("/58", "InvalidSubnet.Range")] {
        let ipv6_cidr_block = Some(block.to_string().replace("/56", length));
        let request = CreateSubnet { ipv6_cidr_block, ..subnet("10.50.7.0/26") };
        assert_eq!(code(&world, &ours(), request), expected, "{length}");
    }
}

/// A block that is about to be associated counts like one that is: else both ends of a connection could have it.
#[test]
fn what_is_on_its_way_to_a_vpc_is_taken() {
    let world = world();
    let id = connect(&world);
    let block = |vpc: &str| AssociateVpcCidrBlock {
        vpc_id: vpc.to_owned(),
        cidr_block: Some("100.64.0.0/24".to_owned()),
        ..AssociateVpcCidrBlock::default()
    };
    done(&world, &ours(), block(OURS));
    assert_eq!(code(&world, &theirs(), block(THEIRS)), "InvalidVpc.Range");
    let inside = route_over("rtb-0000000b", "100.64.0.128/25", &id);
    assert_eq!(code(&world, &ours(), inside), "InvalidParameterValue");
    world.advance(seconds(10));
    let saved = world.estate();
    assert_eq!(peerway_sim::World::new(&saved, Settings::default()).unwrap().estate(), saved);
}

#[test]
fn whoever_counts_addresses_is_told_so() {
    let world = world();
    let modify = ModifyVpcAttribute {
        vpc_id: OURS.to_owned(),
        enable_network_address_usage_metrics: Some(Flag { value: true }),
        ..ModifyVpcAttribute::default()
    };
    done(&world, &ours(), modify);
    let read = DescribeVpcAttribute {
        vpc_id: OURS.to_owned(),
        attribute: "enableNetworkAddressUsageMetrics".to_owned(),
        dry_run: None,
    };
    let told = done(&world, &ours(), read).enable_network_address_usage_metrics;
    assert!(told.unwrap().value);
    check_saving(&world);
    assert!(world.estate().to_yaml().unwrap().contains("networkAddressUsageMetrics: true"));
}

#[test]
fn a_default_vpc_is_found_by_the_older_name_of_the_filter_too() {
    let world = world();
    for name in ["is-default", "isDefault"] {
        let request = DescribeVpcs { filters: filter(name, &["true"]), ..Default::default() };
        assert_eq!(done(&world, &ours(), request).vpc_set, [], "{name}");
        let request = DescribeVpcs { filters: filter(name, &["false"]), ..Default::default() };
        assert_eq!(done(&world, &ours(), request).vpc_set.len(), 2, "{name}");
    }
}

#[test]
fn there_are_no_endpoints() {
    let world = world();
    let request = |filters| DescribeVpcEndpoints { filters, ..Default::default() };
    let of_vpc = filter("vpc-id", &[OURS]);
    assert_eq!(done(&world, &ours(), request(of_vpc)).vpc_endpoint_set, []);
    assert_eq!(code(&world, &ours(), request(filter("bogus", &["x"]))), "InvalidParameterValue");
    let unknown = DescribeVpcEndpoints {
        vpc_endpoint_ids: vec!["vpce-0000000a".to_owned()],
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), unknown), "InvalidVpcEndpointId.NotFound");
}

#[test]
fn how_a_subnet_names_what_stands_in_it_is_kept() {
    let world = world();
    let base = || ModifySubnetAttribute {
        subnet_id: "subnet-0000000a".to_owned(),
        ..ModifySubnetAttribute::default()
    };
    let on = Some(Flag { value: true });
    let names = |text: &str| ModifySubnetAttribute {
        private_dns_hostname_type_on_launch: Some(text.to_owned()),
        ..base()
    };
    let shown = |world: &peerway_sim::World| {
        let subnet_ids = vec!["subnet-0000000a".to_owned()];
        let request = DescribeSubnets { subnet_ids, ..DescribeSubnets::default() };
        let it = done(world, &ours(), request).subnet_set.remove(0);
        let names = it.private_dns_name_options_on_launch;
        (
            it.enable_dns64,
            names.hostname_type,
            names.enable_resource_name_dns_a_record,
            names.enable_resource_name_dns_aaaa_record,
        )
    };
    assert_eq!(shown(&world), (false, "ip-name", false, false));
    assert!(!world.estate().to_yaml().unwrap().contains("dns:"));
    for request in [
        ModifySubnetAttribute { enable_dns64: on, ..base() },
        ModifySubnetAttribute { enable_resource_name_dns_a_record_on_launch: on, ..base() },
        ModifySubnetAttribute { enable_resource_name_dns_aaaa_record_on_launch: on, ..base() },
        names("resource-name"),
    ] {
        done(&world, &ours(), request);
    }
    assert_eq!(shown(&world), (true, "resource-name", true, true));
    let again = peerway_sim::World::new(&world.estate(), Settings::default()).unwrap();
    assert_eq!(shown(&again), shown(&world));
    check_saving(&world);
    done(&world, &ours(), names("ip-name"));
    assert_eq!(shown(&world).1, "ip-name");
    assert_eq!(code(&world, &ours(), names("bogus")), "InvalidParameterValue");
    let two = ModifySubnetAttribute { map_public_ip_on_launch: on, enable_dns64: on, ..base() };
    assert_eq!(code(&world, &ours(), two), "InvalidParameterCombination");
    assert_eq!(code(&world, &ours(), base()), "MissingParameter");
    let filters = filter("enable-dns64", &["true"]);
    let request = DescribeSubnets { filters, ..DescribeSubnets::default() };
    assert_eq!(done(&world, &ours(), request).subnet_set.len(), 1);
}
