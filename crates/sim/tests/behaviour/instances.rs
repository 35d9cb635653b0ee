use peerway_sim::ec2::Flag;
use peerway_sim::ec2::address_attributes::DescribeAddressesAttribute;
use peerway_sim::ec2::addresses::AllocateAddress;
use peerway_sim::ec2::instance_types::DescribeInstanceTypes;
use peerway_sim::ec2::instances::*;
use peerway_sim::ec2::key_pairs::{CreateKeyPair, DeleteKeyPair, DescribeKeyPairs, ImportKeyPair};
use peerway_sim::ec2::network_interfaces::{
    AttachNetworkInterface, CreateNetworkInterface, DescribeNetworkInterfaces, NetworkInterfaceItem,
};
use peerway_sim::ec2::route_tables::CreateRoute;
use peerway_sim::ec2::security_groups::DeleteSecurityGroup;
use peerway_sim::ec2::subnets::{DeleteSubnet, DescribeSubnets};
use peerway_sim::ec2::volumes::DescribeVolumes;
use peerway_sim::ec2::vpcs::DeleteVpc;
use peerway_sim::ec2::{TagSpecification, TextValue};
use peerway_sim::{ApiError, Call, Reply, Service, Settings, World};

use super::support::*;

const ESTATE_WITH_INSTANCES: &str = "
accounts:
  '111111111111':
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/28}
            securityGroups: [{id: sg-0000000a, name: workers}, {id: sg-0000000b, name: others}]
            instances:
              - {id: i-00000001, subnet: subnet-0000000a, ip: 10.50.0.20, securityGroups: [sg-0000000a], leader: true}
              - {id: i-00000002, subnet: subnet-0000000a, tags: {Name: follower}}
              - id: i-00000003
                subnet: subnet-0000000b
                answers: [{port: 9095, tls: true, paths: {/health: 503}}]
          - {id: vpc-0000000b, cidr: 10.60.0.0/16, securityGroups: [{id: sg-0000000c, name: elsewhere}]}
";

fn with_instances() -> World {
    world_of(ESTATE_WITH_INSTANCES, Settings::default())
}

fn image() -> String {
    let world = with_instances();
    let request = peerway_sim::ec2::images::DescribeImages {
        filters: filter("architecture", &["x86_64"]),
        ..Default::default()
    };
    let images = done(&world, &ours(), request);
    images.images_set[0].image_id.to_string()
}

fn run(subnet: &str, count: i32) -> RunInstances {
    RunInstances {
        image_id: Some(image()),
        instance_type: Some("m5.large".to_owned()),
        min_count: count,
        max_count: count,
        subnet_id: Some(subnet.to_owned()),
        ..RunInstances::default()
    }
}

/// Runs one instance there; its id.
fn one(world: &World, subnet: &str) -> String {
    let reply = done(world, &ours(), run(subnet, 1));
    reply.instances_set[0].instance_id.to_string()
}

#[track_caller]
fn instance(world: &World, id: &str) -> InstanceItem {
    let request = DescribeInstances { instance_ids: vec![id.to_owned()], ..Default::default() };
    done(world, &ours(), request).reservation_set.remove(0).instances_set.remove(0)
}

#[track_caller]
fn state(world: &World, id: &str) -> &'static str {
    instance(world, id).instance_state.name
}

fn interfaces(world: &World, instance: &str) -> Vec<NetworkInterfaceItem> {
    let filters = filter("attachment.instance-id", &[instance]);
    let request = DescribeNetworkInterfaces { filters, ..Default::default() };
    done(world, &ours(), request).network_interface_set
}

fn terminate(id: &str) -> TerminateInstances {
    TerminateInstances { instance_ids: vec![id.to_owned()], dry_run: None }
}

fn stop(id: &str) -> StopInstances {
    StopInstances { instance_ids: vec![id.to_owned()], ..Default::default() }
}

fn start(id: &str) -> StartInstances {
    StartInstances { instance_ids: vec![id.to_owned()], dry_run: None }
}

fn free(world: &World, subnet: &str) -> u64 {
    let request = DescribeSubnets { subnet_ids: vec![subnet.to_owned()], ..Default::default() };
    done(world, &ours(), request).subnet_set[0].available_ip_address_count
}

#[test]
fn an_instance_goes_through_its_states_and_is_forgotten_after_an_hour() {
    let world = with_instances();
    let id = one(&world, "subnet-0000000a");
    assert_eq!(state(&world, &id), "pending");
    world.advance(seconds(20));
    assert_eq!(state(&world, &id), "running");

    let change = done(&world, &ours(), stop(&id)).instances_set.remove(0);
    assert_eq!((change.previous_state.name, change.current_state.name), ("running", "stopping"));
    assert_eq!(code(&world, &ours(), start(&id)), "IncorrectInstanceState");
    world.advance(seconds(20));
    assert_eq!(state(&world, &id), "stopped");
    done(&world, &ours(), start(&id));
    assert_eq!(state(&world, &id), "pending");
    assert_eq!(code(&world, &ours(), stop(&id)), "IncorrectInstanceState");
    world.advance(seconds(20));

    done(&world, &ours(), terminate(&id));
    assert_eq!(state(&world, &id), "shutting-down");
    world.advance(seconds(20));
    let gone = instance(&world, &id);
    assert_eq!(
        (gone.instance_state.code, gone.subnet_id, gone.private_ip_address),
        (48, None, None)
    );
    done(&world, &ours(), terminate(&id));
    assert_eq!(code(&world, &ours(), start(&id)), "IncorrectInstanceState");
    world.advance(hours(1));
    assert_eq!(code(&world, &ours(), terminate(&id)), "InvalidInstanceID.NotFound");
}

#[test]
fn an_instance_that_is_ended_while_it_starts_does_not_run_any_more() {
    let world = with_instances();
    let id = one(&world, "subnet-0000000a");
    world.advance(seconds(15));
    done(&world, &ours(), terminate(&id));
    world.advance(seconds(6));
    assert_eq!(state(&world, &id), "shutting-down");
    world.advance(seconds(14));
    assert_eq!(state(&world, &id), "terminated");
}

#[test]
fn its_interface_takes_an_address_and_goes_with_it() {
    let world = with_instances();
    let before = free(&world, "subnet-0000000b");
    let id = one(&world, "subnet-0000000b");
    let primary = interfaces(&world, &id).remove(0);
    assert_eq!(primary.status, "in-use");
    assert_eq!(primary.attachment.unwrap().device_index, 0);
    assert_eq!(free(&world, "subnet-0000000b"), before - 1);
    done(&world, &ours(), terminate(&id));
    assert_eq!(interfaces(&world, &id).len(), 1, "as long as it shuts down");
    world.advance(seconds(20));
    assert_eq!(interfaces(&world, &id).len(), 0);
    assert_eq!(free(&world, "subnet-0000000b"), before);
}

#[test]
fn a_subnet_a_group_and_a_vpc_that_an_instance_uses_stay() {
    let world = with_instances();
    let subnet = || DeleteSubnet { subnet_id: "subnet-0000000b".to_owned(), dry_run: None };
    let group =
        || DeleteSecurityGroup { group_id: Some("sg-0000000a".to_owned()), ..Default::default() };
    let vpc = DeleteVpc { vpc_id: OURS.to_owned(), dry_run: None };
    assert_eq!(code(&world, &ours(), subnet()), "DependencyViolation");
    assert_eq!(code(&world, &ours(), group()), "DependencyViolation");
    assert_eq!(code(&world, &ours(), vpc), "DependencyViolation");
    for id in ["i-00000001", "i-00000003"] {
        done(&world, &ours(), terminate(id));
    }
    assert_eq!(code(&world, &ours(), subnet()), "DependencyViolation");
    world.advance(seconds(20));
    done(&world, &ours(), subnet());
    done(&world, &ours(), group());
}

#[test]
fn a_call_that_finds_too_little_room_makes_as_many_as_it_may_or_none() {
    let world = with_instances();
    // A /28 has eleven addresses, one is taken.
    let request = RunInstances { min_count: 11, max_count: 20, ..run("subnet-0000000b", 1) };
    assert_eq!(code(&world, &ours(), request.clone()), "InsufficientFreeAddressesInSubnet");
    assert_eq!(free(&world, "subnet-0000000b"), 10);
    let reply = done(&world, &ours(), RunInstances { min_count: 3, ..request });
    assert_eq!(reply.instances_set.len(), 10);
    let indices: Vec<u32> = reply.instances_set.iter().map(|it| it.ami_launch_index).collect();
    assert_eq!(indices, (0..10).collect::<Vec<_>>());
    assert_eq!(free(&world, "subnet-0000000b"), 0);
}

#[test]
fn what_a_launch_names_must_be_there_and_fit() {
    let world = with_instances();
    let base = || run("subnet-0000000a", 1);
    let groups = |groups: &[&str]| groups.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let text = |text: &str| Some(text.to_owned());
    for (request, expected) in [
        (run("subnet-00000bad", 1), "InvalidSubnetID.NotFound"),
        (RunInstances { subnet_id: None, ..base() }, "VPCIdNotSpecified"),
        (RunInstances { image_id: None, ..base() }, "MissingParameter"),
        (RunInstances { image_id: text("ami-00000bad"), ..base() }, "InvalidAMIID.NotFound"),
        (RunInstances { image_id: text("x"), ..base() }, "InvalidAMIID.Malformed"),
        (RunInstances { instance_type: text("huge"), ..base() }, "InvalidParameterValue"),
        (RunInstances { instance_type: text("m6g.large"), ..base() }, "InvalidParameterValue"),
        (RunInstances { min_count: 0, ..base() }, "InvalidParameterValue"),
        (RunInstances { min_count: 2, ..base() }, "InvalidParameterValue"),
        (
            RunInstances { security_group_ids: groups(&["sg-00000bad"]), ..base() },
            "InvalidGroup.NotFound",
        ),
        (
            RunInstances { security_group_ids: groups(&["sg-0000000c"]), ..base() },
            "InvalidParameter",
        ),
        (
            RunInstances { private_ip_address: text("10.50.0.20"), ..base() },
            "InvalidIPAddress.InUse",
        ),
        (RunInstances { private_ip_address: text("10.50.1.5"), ..base() }, "InvalidParameterValue"),
        (RunInstances { private_ip_address: text("10.50.0.3"), ..base() }, "InvalidParameterValue"),
        (
            RunInstances {
                placement: Some(Placement {
                    availability_zone: text("us-west-2c"),
                    ..Placement::default()
                }),
                ..base()
            },
            "InvalidParameterValue",
        ),
        (
            RunInstances {
                placement: Some(Placement { group_name: text("near"), ..Placement::default() }),
                ..base()
            },
            "InvalidPlacementGroup.Unknown",
        ),
        (
            RunInstances { private_ip_address: text("10.50.0.99"), max_count: 2, ..base() },
            "InvalidParameterCombination",
        ),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(code(&world, &ours(), request), expected, "{shown}");
    }
}

#[test]
fn the_same_token_launches_once() {
    let world = with_instances();
    let request =
        RunInstances { client_token: Some("once".to_owned()), ..run("subnet-0000000a", 2) };
    let first = done(&world, &ours(), request.clone());
    assert_eq!(done(&world, &ours(), request.clone()), first);
    let other = RunInstances { max_count: 3, ..request };
    assert_eq!(code(&world, &ours(), other), "IdempotentParameterMismatch");
}

#[test]
fn a_launch_names_a_key_pair_that_is_there() {
    let world = with_instances();
    let named = || RunInstances { key_name: Some("ops".to_owned()), ..run("subnet-0000000a", 1) };
    assert_eq!(code(&world, &ours(), named()), "InvalidKeyPair.NotFound");
    let import = |material: &str| ImportKeyPair {
        key_name: "ops".to_owned(),
        public_key_material: material.to_owned(),
        ..ImportKeyPair::default()
    };
    assert_eq!(code(&world, &ours(), import("bm9uc2Vuc2U=")), "InvalidKey.Format");
    let rsa = "c3NoLXJzYSBBQUFBIG9wcw==";
    let key = done(&world, &ours(), import(rsa));
    let shown = done(&world, &ours(), DescribeKeyPairs::default()).key_set.remove(0);
    assert_eq!(shown.key_type, Some("rsa"));
    assert_eq!(code(&world, &ours(), import(rsa)), "InvalidKeyPair.Duplicate");
    done(&world, &ours(), named());
    world.advance(seconds(20));
    assert_eq!(world.estate().canonical().unwrap(), world.estate());
    let delete = || DeleteKeyPair { key_name: Some("ops".to_owned()), ..Default::default() };
    assert_eq!(done(&world, &ours(), delete()).key_pair_id, Some(key.key_pair_id));
    assert_eq!(done(&world, &ours(), delete()).key_pair_id, None);
    let request = DescribeKeyPairs { key_names: vec!["ops".to_owned()], ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "InvalidKeyPair.NotFound");
}

#[test]
fn a_quota_counts_what_lives() {
    let mut settings = Settings::default();
    settings.quotas.instances = 4;
    let world = world_of(ESTATE_WITH_INSTANCES, settings);
    let id = one(&world, "subnet-0000000a");
    assert_eq!(code(&world, &ours(), run("subnet-0000000a", 1)), "InstanceLimitExceeded");
    done(&world, &ours(), terminate(&id));
    one(&world, "subnet-0000000a");
}

#[test]
fn protected_instances_are_not_ended() {
    let world = with_instances();
    let flag = |value| ModifyInstanceAttribute {
        instance_id: "i-00000001".to_owned(),
        disable_api_termination: Some(Flag { value }),
        ..Default::default()
    };
    done(&world, &ours(), flag(true));
    let both = TerminateInstances {
        instance_ids: vec!["i-00000001".to_owned(), "i-00000002".to_owned()],
        dry_run: None,
    };
    assert_eq!(code(&world, &ours(), both.clone()), "OperationNotPermitted");
    assert_eq!(state(&world, "i-00000002"), "running", "a call that fails changes nothing");
    done(&world, &ours(), flag(false));
    done(&world, &ours(), both);
}

#[test]
fn groups_are_changed_as_a_whole_and_only_to_groups_of_the_vpc() {
    let world = with_instances();
    let groups = |groups: &[&str]| ModifyInstanceAttribute {
        instance_id: "i-00000001".to_owned(),
        groups: groups.iter().map(|id| (*id).to_owned()).collect(),
        ..Default::default()
    };
    done(&world, &ours(), groups(&["sg-0000000b"]));
    let shown = instance(&world, "i-00000001").group_set;
    assert_eq!(shown.iter().map(|g| g.group_id.as_str()).collect::<Vec<_>>(), ["sg-0000000b"]);
    assert_eq!(code(&world, &ours(), groups(&["sg-0000000c"])), "InvalidParameter");
    assert_eq!(code(&world, &ours(), groups(&[])), "InvalidParameterCombination");
    let two = ModifyInstanceAttribute {
        source_dest_check: Some(Flag { value: false }),
        ..groups(&["sg-0000000a"])
    };
    assert_eq!(code(&world, &ours(), two), "InvalidParameterCombination");
    let asked = DescribeInstanceAttribute {
        instance_id: "i-00000001".to_owned(),
        attribute: "groupSet".to_owned(),
        dry_run: None,
    };
    assert_eq!(done(&world, &ours(), asked).group_set.unwrap(), shown);
}

#[test]
fn an_attribute_may_be_named_and_its_value_written_as_a_text() {
    let world = with_instances();
    let id = one(&world, "subnet-0000000a");
    let request = |attribute: &str, value: &str| ModifyInstanceAttribute {
        instance_id: id.clone(),
        attribute: Some(attribute.to_owned()),
        value: Some(value.to_owned()),
        ..ModifyInstanceAttribute::default()
    };
    done(&world, &ours(), request("disableApiTermination", "true"));
    assert_eq!(code(&world, &ours(), terminate(&id)), "OperationNotPermitted");
    done(&world, &ours(), request("disableApiTermination", "false"));
    for (request, expected) in [
        (request("disableApiTermination", "maybe"), "InvalidParameterValue"),
        (request("colour", "red"), "InvalidParameterValue"),
        (ModifyInstanceAttribute { attribute: None, ..request("", "red") }, "MissingParameter"),
        (
            ModifyInstanceAttribute {
                instance_type: Some(TextValue { value: "t3.micro".to_owned() }),
                ..request("disableApiStop", "true")
            },
            "InvalidParameterCombination",
        ),
    ] {
        assert_eq!(code(&world, &ours(), request), expected);
    }
    done(&world, &ours(), terminate(&id));
}

#[test]
fn only_a_stopped_instance_takes_another_type() {
    let world = with_instances();
    let kind = |kind: &str| ModifyInstanceAttribute {
        instance_id: "i-00000001".to_owned(),
        instance_type: Some(TextValue { value: kind.to_owned() }),
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), kind("m5.xlarge")), "IncorrectInstanceState");
    done(&world, &ours(), stop("i-00000001"));
    world.advance(seconds(20));
    assert_eq!(code(&world, &ours(), kind("m6g.xlarge")), "InvalidParameterValue");
    done(&world, &ours(), kind("m5.xlarge"));
    assert_eq!(&*instance(&world, "i-00000001").instance_type, "m5.xlarge");
}

#[test]
fn what_has_two_interfaces_must_say_which_one_is_meant() {
    let world = with_instances();
    let request = CreateNetworkInterface {
        subnet_id: "subnet-0000000a".to_owned(),
        ..CreateNetworkInterface::default()
    };
    let interface = done(&world, &ours(), request).network_interface.network_interface_id;
    let attach = |instance: &str, device_index| AttachNetworkInterface {
        network_interface_id: interface.to_string(),
        instance_id: instance.to_owned(),
        device_index,
        ..AttachNetworkInterface::default()
    };
    assert_eq!(code(&world, &ours(), attach("i-00000003", 1)), "InvalidParameterCombination");
    assert_eq!(code(&world, &ours(), attach("i-00000001", 0)), "InvalidParameterValue");
    done(&world, &ours(), attach("i-00000001", 1));
    assert_eq!(code(&world, &ours(), attach("i-00000002", 1)), "InvalidNetworkInterface.InUse");
    assert_eq!(instance(&world, "i-00000001").network_interface_set.len(), 2);

    let request = peerway_sim::ec2::route_tables::DescribeRouteTables {
        filters: filter("vpc-id", &[OURS]),
        ..Default::default()
    };
    let table = done(&world, &ours(), request);
    let table = table.route_table_set[0].route_table_id.to_string();
    let route = |instance: &str| CreateRoute {
        route_table_id: table.clone(),
        destination_cidr_block: Some("192.168.0.0/16".to_owned()),
        instance_id: Some(instance.to_owned()),
        ..CreateRoute::default()
    };
    assert_eq!(code(&world, &ours(), route("i-00000001")), "InvalidInstanceID");
    done(&world, &ours(), route("i-00000002"));
    let seen = |world: &World| {
        let routes = routes(world, &ours(), &table);
        let route = routes.into_iter().find(|route| route.instance_id.is_some());
        route.map(|route| (route.instance_id.unwrap().to_string(), route.state))
    };
    assert_eq!(seen(&world), Some(("i-00000002".to_owned(), "active")));
    done(&world, &ours(), stop("i-00000002"));
    assert_eq!(seen(&world), Some(("i-00000002".to_owned(), "blackhole")));

    // What was attached later stays when its instance ends.
    done(&world, &ours(), terminate("i-00000001"));
    world.advance(seconds(20));
    let request = DescribeNetworkInterfaces {
        network_interface_ids: vec![interface.to_string()],
        ..Default::default()
    };
    assert_eq!(done(&world, &ours(), request).network_interface_set[0].status, "available");
}

#[test]
fn tags_of_a_launch_go_to_instances_and_interfaces() {
    let world = with_instances();
    let of = |kind: &str| TagSpecification {
        resource_type: kind.to_owned(),
        tags: vec![tag("Name", kind)],
    };
    let request = RunInstances {
        tag_specifications: vec![of("instance"), of("network-interface"), of("volume")],
        ..run("subnet-0000000a", 1)
    };
    let id = done(&world, &ours(), request).instances_set[0].instance_id.to_string();
    assert_eq!(instance(&world, &id).tag_set.0["Name"], "instance");
    assert_eq!(interfaces(&world, &id)[0].tag_set.0["Name"], "network-interface");
    let request = RunInstances { tag_specifications: vec![of("vpc")], ..run("subnet-0000000a", 1) };
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
}

#[test]
fn instances_are_found_by_what_is_shown_and_by_nothing_unknown() {
    let world = with_instances();
    let found = |name: &str, value: &str| -> Vec<String> {
        let request = DescribeInstances { filters: filter(name, &[value]), ..Default::default() };
        let reservations = done(&world, &ours(), request).reservation_set;
        let all = reservations.iter().flat_map(|reservation| &reservation.instances_set);
        all.map(|instance| instance.instance_id.to_string()).collect()
    };
    assert_eq!(found("private-ip-address", "10.50.0.20"), ["i-00000001"]);
    assert_eq!(found("tag:Name", "follow*"), ["i-00000002"]);
    assert_eq!(found("subnet-id", "subnet-0000000b"), ["i-00000003"]);
    assert_eq!(found("instance.group-id", "sg-0000000a"), ["i-00000001"]);
    assert_eq!(found("instance-state-name", "stopped"), Vec::<String>::new());
    let request = DescribeInstances { filters: filter("colour", &["red"]), ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
    let both = DescribeInstances {
        instance_ids: vec!["i-00000001".to_owned()],
        max_results: Some(5),
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), both), "InvalidParameterCombination");
}

#[test]
fn the_status_call_shows_what_runs_unless_all_is_asked_for() {
    let world = with_instances();
    one(&world, "subnet-0000000a");
    let count = |all| {
        let request =
            DescribeInstanceStatus { include_all_instances: Some(all), ..Default::default() };
        done(&world, &ours(), request).instance_status_set.len()
    };
    assert_eq!((count(false), count(true)), (3, 4));
}

#[test]
fn an_instance_answers_what_its_estate_says_while_it_runs() {
    let world = with_instances();
    let hears = |instance: &str, port, path| {
        let check = HealthCheck { port, tls: true, path: Some(path) };
        world.hears(&instance.parse().unwrap(), check).unwrap()
    };
    let leader = "/druid/coordinator/v1/isLeader";
    assert_eq!(hears("i-00000001", 8281, leader), Heard::Status(200));
    assert_eq!(hears("i-00000002", 8281, leader), Heard::Status(404));
    assert_eq!(hears("i-00000002", 9095, "/health"), Heard::Status(200));
    assert_eq!(hears("i-00000003", 9095, "/health"), Heard::Status(503));
    assert_eq!(hears("i-00000003", 8281, leader), Heard::Nothing);

    world.set_answers(&"i-00000001".parse().unwrap(), false, None).unwrap();
    world.set_answers(&"i-00000002".parse().unwrap(), true, None).unwrap();
    assert_eq!(hears("i-00000001", 8281, leader), Heard::Status(404));
    assert_eq!(hears("i-00000002", 8281, leader), Heard::Status(200));
    done(&world, &ours(), stop("i-00000002"));
    assert_eq!(hears("i-00000002", 8281, leader), Heard::Nothing);
    assert!(world.set_answers(&"i-00000bad".parse().unwrap(), true, None).is_err());
}

#[test]
fn saved_and_loaded_the_instances_are_the_same() {
    let world = with_instances();
    let id = one(&world, "subnet-0000000a");
    one(&world, "subnet-0000000a");
    done(&world, &ours(), stop("i-00000002"));
    done(&world, &ours(), terminate("i-00000003"));
    world.advance(seconds(20));
    let saved = world.estate();
    let clock = world.clock().clone();
    let again = World::new(&saved, Settings { clock, ..Settings::default() }).unwrap();
    assert_eq!(again.estate().to_yaml().unwrap(), saved.to_yaml().unwrap());
    assert_eq!(
        instance(&again, &id).network_interface_set[0].network_interface_id,
        instance(&world, &id).network_interface_set[0].network_interface_id
    );
    assert_eq!(state(&again, "i-00000002"), "stopped");
    assert_eq!(code(&again, &ours(), terminate("i-00000003")), "InvalidInstanceID.NotFound");
}

#[test]
fn a_key_pair_is_made_once_and_its_private_half_shown_only_then() {
    let world = with_instances();
    let create = |kind: Option<&str>| CreateKeyPair {
        key_name: "ops".to_owned(),
        key_type: kind.map(str::to_owned),
        ..CreateKeyPair::default()
    };
    assert_eq!(code(&world, &ours(), create(Some("dsa"))), "InvalidParameterValue");
    let made = done(&world, &ours(), create(None));
    assert!(made.key_material.starts_with("-----BEGIN RSA"), "{}", made.key_material);
    assert_eq!(code(&world, &ours(), create(Some("ed25519"))), "InvalidKeyPair.Duplicate");
    let shown = done(&world, &ours(), DescribeKeyPairs::default()).key_set.remove(0);
    assert_eq!((shown.key_type, shown.key_fingerprint), (Some("rsa"), made.key_fingerprint));
    let named = RunInstances { key_name: Some("ops".to_owned()), ..run("subnet-0000000a", 1) };
    done(&world, &ours(), named);
    let secret = made.key_material.lines().nth(1).unwrap();
    assert!(!world.estate().to_yaml().unwrap().contains(secret));
}

#[test]
fn types_are_listed_in_pages_and_told_by_name() {
    let world = with_instances();
    let mut request = DescribeInstanceTypes { max_results: Some(20), ..Default::default() };
    let mut names = Vec::new();
    loop {
        let reply = done(&world, &ours(), request.clone());
        names.extend(reply.instance_type_set.into_iter().map(|kind| kind.instance_type));
        request.next_token = reply.next_token;
        if request.next_token.is_none() {
            break;
        }
    }
    assert!(names.len() > 40 && names.is_sorted(), "{names:?}");
    let named = |name: &str| DescribeInstanceTypes {
        instance_types: vec![name.to_owned()],
        ..DescribeInstanceTypes::default()
    };
    let kind = done(&world, &ours(), named("m6g.xlarge")).instance_type_set.remove(0);
    assert_eq!(kind.processor_info.supported_architectures, ["arm64"]);
    assert_eq!(kind.v_cpu_info.unwrap().default_vcpus, 4);
    assert_eq!(code(&world, &ours(), named("m6g.huge")), "InvalidInstanceType");
    let burstable = DescribeInstanceTypes {
        filters: filter("burstable-performance-supported", &["true"]),
        ..DescribeInstanceTypes::default()
    };
    let found = done(&world, &ours(), burstable).instance_type_set;
    assert!(found.len() == 21 && found.iter().all(|kind| kind.instance_type.starts_with('t')));
}

#[test]
fn no_address_has_a_name() {
    let world = with_instances();
    let id = done(&world, &ours(), AllocateAddress::default()).allocation_id;
    let of = |id: &str| DescribeAddressesAttribute {
        allocation_ids: vec![id.to_owned()],
        attribute: Some("domain-name".to_owned()),
        ..DescribeAddressesAttribute::default()
    };
    let found = done(&world, &ours(), of(id.as_str())).address_set;
    assert_eq!((found.len(), &found[0].allocation_id), (1, &id));
    let unknown = of("eipalloc-0123456789abcdef0");
    assert_eq!(code(&world, &ours(), unknown), "InvalidAllocationID.NotFound");
    let bogus = DescribeAddressesAttribute { attribute: Some("x".to_owned()), ..of(id.as_str()) };
    assert_eq!(code(&world, &ours(), bogus), "InvalidParameterValue");
}

#[test]
fn a_name_that_is_empty_is_none_to_ec2_and_an_empty_description_is_one() {
    let world = with_instances();
    let call = |form: &str| -> Result<Reply, ApiError> {
        Call::from_form(Service::Ec2, form).and_then(|call| world.call(&ours(), call))
    };
    let image = image();
    let launch = format!(
        "Action=RunInstances&ImageId={image}&InstanceType=m5.large&MinCount=1&MaxCount=1&SubnetId=subnet-0000000a\
         &Placement.AvailabilityZone=&Placement.GroupName=&IamInstanceProfile.Name="
    );
    let Ok(Reply::RunInstances(made)) = call(&launch) else { panic!("it is launched") };
    assert_eq!(made.instances_set[0].iam_instance_profile, None);
    let subnet = "Action=CreateSubnet&VpcId=vpc-0000000a&CidrBlock=10.50.4.0/24";
    let zoned = format!("{subnet}&AvailabilityZone=us-west-2b&AvailabilityZoneId=");
    let Ok(Reply::CreateSubnet(made)) = call(&zoned) else { panic!("it is made") };
    assert_eq!(made.subnet.availability_zone, "us-west-2b");
    let rule = "Action=AuthorizeSecurityGroupIngress&GroupId=sg-0000000a&IpPermissions.1.IpProtocol=-1\
                &IpPermissions.1.Groups.1.GroupId=sg-0000000a&IpPermissions.1.Groups.1.UserId=\
                &IpPermissions.1.Groups.1.Description=";
    let Ok(Reply::AuthorizeSecurityGroupIngress(made)) = call(rule) else { panic!("it is made") };
    assert_eq!(made.security_group_rule_set[0].description.as_deref(), Some(""));
    for (form, expected) in [
        // What must be said is.
        ("Action=CreateSubnet&VpcId=&CidrBlock=10.50.5.0/24", "InvalidVpcID.Malformed"),
        ("Action=DescribeSubnets&SubnetId.1=", "InvalidSubnetID.Malformed"),
        ("Action=DescribeSubnets&SubnetId=&Bogus=", "UnknownParameter"),
    ] {
        assert_eq!(call(form).unwrap_err().code(), Some(expected), "{form}");
    }
}

/// An instance of a type, with what is asked about its credits; its id.
fn of_type(world: &World, kind: &str, credits: Option<&str>) -> String {
    let credits = credits.map(|it| CreditSpecification { cpu_credits: it.to_owned() });
    let request = RunInstances {
        instance_type: Some(kind.to_owned()),
        credit_specification: credits,
        ..run("subnet-0000000a", 1)
    };
    done(world, &ours(), request).instances_set[0].instance_id.to_string()
}

fn credits(ids: &[&str]) -> DescribeInstanceCreditSpecifications {
    DescribeInstanceCreditSpecifications {
        instance_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Default::default()
    }
}

#[test]
fn burstable_instances_have_credits_as_asked_or_as_their_family_has_them() {
    let world = with_instances();
    let told = |id: &str| {
        let reply = done(&world, &ours(), credits(&[id]));
        reply.instance_credit_specification_set[0].cpu_credits
    };
    let t2 = of_type(&world, "t2.micro", None);
    let t3 = of_type(&world, "t3.micro", None);
    let asked = of_type(&world, "t3a.micro", Some("standard"));
    assert_eq!([told(&t2), told(&t3), told(&asked)], ["standard", "unlimited", "standard"]);
    // Who names none hears of the unlimited ones.
    let listed = |world: &World| {
        let all = done(world, &ours(), credits(&[])).instance_credit_specification_set;
        all.into_iter().map(|it| it.instance_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&world), std::slice::from_ref(&t3));
    let plain = code(&world, &ours(), credits(&["i-00000001"]));
    assert_eq!(plain, "InstanceCreditSpecification.NotSupported");
    assert_eq!(code(&world, &ours(), credits(&["i-00000bad"])), "InvalidInstanceID.NotFound");
    for (kind, credits, expected) in [
        ("m5.large", "standard", "InstanceCreditSpecification.NotSupported"),
        ("t3.micro", "endless", "InvalidParameterValue"),
    ] {
        let request = RunInstances {
            instance_type: Some(kind.to_owned()),
            credit_specification: Some(CreditSpecification { cpu_credits: credits.to_owned() }),
            ..run("subnet-0000000a", 1)
        };
        assert_eq!(code(&world, &ours(), request), expected);
    }

    let one = |id: &str, credits: &str| InstanceCredits {
        instance_id: id.to_owned(),
        cpu_credits: Some(credits.to_owned()),
    };
    let request = ModifyInstanceCreditSpecification {
        instance_credit_specifications: vec![
            one(&t2, "unlimited"),
            one("i-00000001", "unlimited"),
            one("i-00000bad", "standard"),
        ],
        ..Default::default()
    };
    let reply = done(&world, &ours(), request);
    let changed = &reply.successful_instance_credit_specification_set;
    assert_eq!(changed[0].instance_id.as_str(), t2);
    let refused = reply.unsuccessful_instance_credit_specification_set.iter();
    assert_eq!(
        refused.map(|it| it.error.code.as_str()).collect::<Vec<_>>(),
        ["InstanceCreditSpecification.NotSupported", "InvalidInstanceID.NotFound"]
    );
    assert_eq!(told(&t2), "unlimited");
    world.advance(seconds(20));
    let clock = world.clock().clone();
    let again = World::new(&world.estate(), Settings { clock, ..Settings::default() }).unwrap();
    assert_eq!(listed(&again), listed(&world));
    check_saving(&world);
}

#[test]
fn what_is_switched_on_and_off_about_an_instance_is_told() {
    let world = with_instances();
    let text = |text: &str| Some(text.to_owned());
    let request = RunInstances {
        metadata_options: Some(MetadataOptions {
            http_tokens: text("optional"),
            http_put_response_hop_limit: Some(3),
            http_protocol_ipv6: text("enabled"),
            ..MetadataOptions::default()
        }),
        cpu_options: Some(CpuOptions { core_count: Some(1), threads_per_core: Some(2) }),
        ..run("subnet-0000000a", 1)
    };
    let bad = MetadataOptions { http_tokens: text("perhaps"), ..MetadataOptions::default() };
    let refused = RunInstances { metadata_options: Some(bad), ..request.clone() };
    assert_eq!(code(&world, &ours(), refused), "InvalidParameterValue");
    let half = Some(CpuOptions { core_count: Some(1), threads_per_core: None });
    let refused = RunInstances { cpu_options: half, ..request.clone() };
    assert_eq!(code(&world, &ours(), refused), "InvalidParameterCombination");
    let id = done(&world, &ours(), request).instances_set[0].instance_id.to_string();
    let options = |world: &World| {
        let it = instance(world, &id).metadata_options;
        (
            it.http_tokens,
            it.http_put_response_hop_limit,
            it.http_protocol_ipv6,
            it.instance_metadata_tags,
        )
    };
    assert_eq!(options(&world), ("optional", 3, "enabled", "disabled"));
    let cpu = instance(&world, &id).cpu_options.unwrap();
    assert_eq!((cpu.core_count, cpu.threads_per_core), (1, 2));
    let modify = ModifyInstanceMetadataOptions {
        instance_id: id.clone(),
        instance_metadata_tags: text("enabled"),
        ..Default::default()
    };
    let reply = done(&world, &ours(), modify.clone());
    assert_eq!(reply.instance_metadata_options.state, "pending");
    assert_eq!(options(&world), ("optional", 3, "enabled", "enabled"));
    let far = ModifyInstanceMetadataOptions { http_put_response_hop_limit: Some(65), ..modify };
    assert_eq!(code(&world, &ours(), far), "InvalidParameterValue");

    let instance_ids = vec![id.clone()];
    let on = MonitorInstances { instance_ids: instance_ids.clone(), dry_run: None };
    assert_eq!(done(&world, &ours(), on).instances_set[0].monitoring.state, "pending");
    assert_eq!(instance(&world, &id).monitoring.state, "enabled");
    world.advance(seconds(20));
    let clock = world.clock().clone();
    let again = World::new(&world.estate(), Settings { clock, ..Settings::default() }).unwrap();
    assert_eq!(options(&again), options(&world));
    assert_eq!(instance(&again, &id).cpu_options, Some(cpu));
    check_saving(&world);
    let off = UnmonitorInstances { instance_ids, dry_run: None };
    assert_eq!(done(&world, &ours(), off).instances_set[0].monitoring.state, "disabling");
    assert_eq!(instance(&world, &id).monitoring.state, "disabled");
}

#[test]
fn there_are_no_volumes() {
    let world = with_instances();
    let of_one = filter("attachment.instance-id", &["i-00000001"]);
    let request = DescribeVolumes { filters: of_one, ..Default::default() };
    assert_eq!(done(&world, &ours(), request).volume_set, []);
    let request =
        DescribeVolumes { volume_ids: vec!["vol-0000000a".to_owned()], ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "InvalidVolume.NotFound");
    let request = DescribeVolumes { filters: filter("bogus", &["x"]), ..Default::default() };
    assert_eq!(code(&world, &ours(), request), "InvalidParameterValue");
}

#[test]
fn a_public_key_is_told_to_who_asks_for_it() {
    let world = with_instances();
    let request = ImportKeyPair {
        key_name: "ops".to_owned(),
        // "ssh-ed25519 AAAA ops"
        public_key_material: "c3NoLWVkMjU1MTkgQUFBQSBvcHM=".to_owned(),
        ..ImportKeyPair::default()
    };
    done(&world, &ours(), request);
    let told = |world: &World, include_public_key| {
        let request = DescribeKeyPairs { include_public_key, ..Default::default() };
        done(world, &ours(), request).key_set.remove(0).public_key
    };
    assert_eq!(told(&world, None), None);
    assert_eq!(told(&world, Some(true)).as_deref(), Some("ssh-ed25519 AAAA ops"));
    let again = World::new(&world.estate(), Settings::default()).unwrap();
    assert_eq!(told(&again, Some(true)), told(&world, Some(true)));
}
