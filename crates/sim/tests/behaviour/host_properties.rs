//! Whatever is called in whatever order, what stands in subnets stays sound: addresses, interfaces, instances, gateways.

use std::collections::{BTreeMap, BTreeSet};

use peerway_sim::ec2::Flag;
use peerway_sim::ec2::addresses::*;
use peerway_sim::ec2::gateways::*;
use peerway_sim::ec2::instances::*;
use peerway_sim::ec2::nat_gateways::*;
use peerway_sim::ec2::network_acls::*;
use peerway_sim::ec2::network_interfaces::*;
use peerway_sim::ec2::route_tables::{CreateRoute, DescribeRouteTables};
use peerway_sim::ec2::security_groups::{DeleteSecurityGroup, DescribeSecurityGroups};
use peerway_sim::ec2::subnets::*;
use peerway_sim::ec2::vpcs::{DeleteVpc, DescribeVpcs};
use peerway_sim::{Call, Settings, World};
use proptest::prelude::*;

use super::census;
use super::support::*;

#[derive(Debug, Clone)]
struct Step {
    action: u8,
    picks: [usize; 3],
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<u8>(), any::<[usize; 3]>());
    prop::collection::vec(step.prop_map(|(action, picks)| Step { action, picks }), 1..50)
}

/// Everything that there is, as our account sees it.
struct Seen {
    vpcs: Vec<String>,
    subnets: Vec<SubnetItem>,
    groups: Vec<String>,
    tables: Vec<String>,
    instances: Vec<InstanceItem>,
    interfaces: Vec<NetworkInterfaceItem>,
    nats: Vec<NatGatewayItem>,
    gateways: Vec<InternetGatewayItem>,
    addresses: Vec<AddressItem>,
    acls: Vec<NetworkAclItem>,
}

fn look(world: &World) -> Seen {
    let us = &ours();
    let vpcs = done(world, us, DescribeVpcs::default()).vpc_set;
    let groups = done(world, us, DescribeSecurityGroups::default()).security_group_info;
    let tables = done(world, us, DescribeRouteTables::default()).route_table_set;
    let reservations = done(world, us, DescribeInstances::default()).reservation_set;
    Seen {
        vpcs: vpcs.iter().map(|vpc| vpc.vpc_id.to_string()).collect(),
        subnets: done(world, us, DescribeSubnets::default()).subnet_set,
        groups: groups.iter().map(|group| group.group_id.to_string()).collect(),
        tables: tables.iter().map(|table| table.route_table_id.to_string()).collect(),
        instances: reservations.into_iter().flat_map(|it| it.instances_set).collect(),
        interfaces: done(world, us, DescribeNetworkInterfaces::default()).network_interface_set,
        nats: done(world, us, DescribeNatGateways::default()).nat_gateway_set,
        gateways: done(world, us, DescribeInternetGateways::default()).internet_gateway_set,
        addresses: done(world, us, DescribeAddresses::default()).addresses_set,
        acls: done(world, us, DescribeNetworkAcls::default()).network_acl_set,
    }
}

/// One of the ids that are there, or one that never was.
fn pick<T>(all: &[T], at: usize, unknown: &str, id: impl Fn(&T) -> String) -> String {
    all.get(at % (all.len() + 1)).map_or_else(|| unknown.to_owned(), id)
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of call")]
fn call(step: &Step, seen: &Seen, image: &str) -> Option<Call> {
    let [one, two, three] = step.picks;
    let vpc = |at| pick(&seen.vpcs, at, "vpc-00000bad", Clone::clone);
    let subnet = |at| pick(&seen.subnets, at, "subnet-00000bad", |it| it.subnet_id.to_string());
    let group = |at| pick(&seen.groups, at, "sg-00000bad", Clone::clone);
    let instance = |at| pick(&seen.instances, at, "i-00000bad", |it| it.instance_id.to_string());
    let interface =
        |at| pick(&seen.interfaces, at, "eni-00000bad", |it| it.network_interface_id.to_string());
    let address =
        |at| pick(&seen.addresses, at, "eipalloc-00000bad", |it| it.allocation_id.to_string());
    let gateway =
        |at| pick(&seen.gateways, at, "igw-00000bad", |it| it.internet_gateway_id.to_string());
    Some(match step.action % 25 {
        0 | 1 => RunInstances {
            image_id: Some(image.to_owned()),
            instance_type: Some("m5.large".to_owned()),
            min_count: 1,
            max_count: i32::try_from(two % 8).unwrap() + 1,
            subnet_id: Some(subnet(one)),
            security_group_ids: if three % 2 == 0 { vec![group(three)] } else { Vec::new() },
            ..RunInstances::default()
        }
        .into(),
        2 => TerminateInstances { instance_ids: vec![instance(one)], dry_run: None }.into(),
        3 => StopInstances { instance_ids: vec![instance(one)], ..Default::default() }.into(),
        4 => StartInstances { instance_ids: vec![instance(one)], dry_run: None }.into(),
        5 | 6 => CreateNetworkInterface {
            subnet_id: subnet(one),
            secondary_private_ip_address_count: i32::try_from(two % 4).ok().filter(|_| two % 3 > 0),
            groups: if three % 2 == 0 { vec![group(three)] } else { Vec::new() },
            ..Default::default()
        }
        .into(),
        7 => DeleteNetworkInterface { network_interface_id: interface(one), dry_run: None }.into(),
        8 | 9 => AttachNetworkInterface {
            network_interface_id: interface(one),
            instance_id: instance(two),
            device_index: u32::try_from(three % 3).unwrap(),
            ..Default::default()
        }
        .into(),
        10 => {
            let attached = seen.interfaces.get(one % seen.interfaces.len().max(1))?;
            let attachment_id = attached.attachment.as_ref()?.attachment_id.clone();
            DetachNetworkInterface { attachment_id, ..Default::default() }.into()
        }
        11 => CreateNatGateway {
            subnet_id: subnet(one),
            allocation_id: (two % 2 == 0).then(|| address(three)),
            connectivity_type: (two % 2 != 0).then(|| "private".to_owned()),
            ..Default::default()
        }
        .into(),
        12 => {
            let nat_gateway_id =
                pick(&seen.nats, one, "nat-00000bad", |it| it.nat_gateway_id.to_string());
            DeleteNatGateway { nat_gateway_id, dry_run: None }.into()
        }
        13 => AllocateAddress::default().into(),
        14 => AssociateAddress {
            allocation_id: Some(address(one)),
            network_interface_id: Some(interface(two)),
            allow_reassociation: Some(three % 2 == 0),
            ..Default::default()
        }
        .into(),
        15 => ReleaseAddress { allocation_id: Some(address(one)), ..Default::default() }.into(),
        16 => AttachInternetGateway {
            internet_gateway_id: gateway(one),
            vpc_id: vpc(two),
            dry_run: None,
        }
        .into(),
        17 => DetachInternetGateway {
            internet_gateway_id: gateway(one),
            vpc_id: vpc(two),
            dry_run: None,
        }
        .into(),
        18 => DeleteSubnet { subnet_id: subnet(one), dry_run: None }.into(),
        19 => DeleteSecurityGroup { group_id: Some(group(one)), ..Default::default() }.into(),
        20 => DeleteVpc { vpc_id: vpc(one), dry_run: None }.into(),
        21 => {
            let association = seen.acls.iter().flat_map(|acl| &acl.association_set).next()?;
            ReplaceNetworkAclAssociation {
                association_id: association.network_acl_association_id.to_string(),
                network_acl_id: pick(&seen.acls, one, "acl-00000bad", |it| {
                    it.network_acl_id.to_string()
                }),
                dry_run: None,
            }
            .into()
        }
        22 => CreateNetworkAcl { vpc_id: vpc(one), ..Default::default() }.into(),
        23 => CreateRoute {
            route_table_id: pick(&seen.tables, one, "rtb-00000bad", Clone::clone),
            destination_cidr_block: Some(format!("192.168.{}.0/24", two % 4)),
            network_interface_id: Some(interface(three)),
            ..Default::default()
        }
        .into(),
        _ => ModifySubnetAttribute {
            subnet_id: subnet(one),
            map_public_ip_on_launch: Some(Flag { value: two % 2 == 0 }),
            ..Default::default()
        }
        .into(),
    })
}

fn take(step: &Step, world: &World, image: &str) {
    if step.action >= 225 {
        world.advance(seconds([1, 20, 60, 4000][step.picks[0] % 4]));
    } else if let Some(call) = call(step, &look(world), image) {
        let _ = world.call(&ours(), call);
    }
}

/// What must be so in every world.
fn check(world: &World) {
    let seen = look(world);
    let subnets: BTreeMap<_, _> = seen.subnets.iter().map(|it| (&it.subnet_id, it)).collect();
    let mut taken: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for interface in &seen.interfaces {
        let subnet = subnets[&interface.subnet_id];
        assert_eq!(subnet.vpc_id, interface.vpc_id);
        for address in &interface.private_ip_addresses_set {
            let address = address.private_ip_address;
            assert!(subnet.cidr_block.unwrap().contains_address(address.into()));
            let is_new = taken.entry(&interface.subnet_id).or_default().insert(address);
            assert!(is_new, "{address} is taken twice");
        }
        for group in &interface.group_set {
            assert!(seen.groups.contains(&group.group_id.to_string()), "its groups are there");
        }
        let attached = interface.attachment.as_ref().and_then(|it| it.instance_id.as_ref());
        if let Some(id) = attached {
            let instance = seen.instances.iter().find(|it| it.instance_id == *id).unwrap();
            let mut own = instance.network_interface_set.iter();
            assert!(own.any(|it| it.network_interface_id == interface.network_interface_id));
        }
    }
    for (id, subnet) in &subnets {
        let capacity = 2_u64.pow(32 - u32::from(subnet.cidr_block.unwrap().prefix_len())) - 5;
        let used = taken.get(id).map_or(0, BTreeSet::len) as u64;
        assert_eq!(subnet.available_ip_address_count, capacity - used);
        let users = seen.acls.iter().flat_map(|acl| &acl.association_set);
        assert_eq!(users.filter(|it| it.subnet_id == **id).count(), 1, "a subnet uses one ACL");
    }
    for instance in &seen.instances {
        let devices = instance.network_interface_set.iter().map(|it| it.attachment.device_index);
        let primary = devices.filter(|device| *device == 0).count();
        assert_eq!(primary, usize::from(instance.instance_state.name != "terminated"));
    }
    for address in &seen.addresses {
        let used = address.network_interface_id.as_ref();
        assert!(
            used.is_none_or(|id| seen.interfaces.iter().any(|it| it.network_interface_id == *id))
        );
    }
    census::check(world);
}

const SMALL: &str = "
accounts:
  '111111111111':
    regions:
      us-west-2:
        gateways: [{id: igw-0000000b}]
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            gateways: [igw-0000000a]
            routeTables: [{id: rtb-0000000a, main: true}]
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/28}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/28, mapPublicIp: true}
            securityGroups: [{id: sg-0000000a, name: workers}]
            networkACLs: [{id: acl-0000000a}]
            instances:
              - {id: i-0000000a, subnet: subnet-0000000a, securityGroups: [sg-0000000a]}
            natGateways: [{id: nat-0000000a, subnet: subnet-0000000b}]
          - id: vpc-0000000b
            cidr: 10.60.0.0/24
            subnets: [{id: subnet-0000000c, zone: usw2-az1, cidr: 10.60.0.0/28}]
";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_row_of_calls_leaves_subnets_sound_and_the_world_can_be_saved(steps in steps()) {
        let world = world_of(SMALL, Settings::default());
        let image = image(&world);
        for step in &steps {
            take(step, &world, &image);
            check(&world);
            check_saving(&world);
        }
        // Let everything settle that passes by itself: what is under way is not saved in every detail.
        world.advance(seconds(4000));
        let saved = world.estate();
        let clock = world.clock().clone();
        let again = World::new(&saved, Settings { clock, ..Settings::default() }).unwrap();
        prop_assert_eq!(again.estate().to_yaml().unwrap(), saved.to_yaml().unwrap());
        check(&again);
        let us = ours();
        let tables = |world: &World| done(world, &us, DescribeRouteTables::default());
        prop_assert_eq!(tables(&again), tables(&world));
        let acls = |world: &World| done(world, &us, DescribeNetworkAcls::default());
        prop_assert_eq!(acls(&again), acls(&world));
        let addresses = |world: &World| done(world, &us, DescribeAddresses::default());
        prop_assert_eq!(addresses(&again), addresses(&world));
        let states = |world: &World| -> Vec<_> {
            let all = look(world).instances.into_iter();
            all.map(|it| (it.instance_id, it.instance_state, it.private_ip_address, it.group_set)).collect()
        };
        prop_assert_eq!(states(&again), states(&world));
    }
}
