//! What estates say about instances and what stands beside them.

use peerway_sim::ec2::instances::{DescribeInstances, StopInstances};
use peerway_sim::{Estate, Settings, World};

use super::support::*;

/// An estate with one more line about what stands in its VPC.
fn with(line: &str) -> String {
    format!(
        "
accounts:
  '111111111111':
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            subnets:
              - {{id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}}
              - {{id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}}
            securityGroups: [{{id: sg-0000000a, name: workers}}]
            {line}
          - id: vpc-0000000b
            cidr: 10.60.0.0/16
            subnets: [{{id: subnet-0000000c, zone: usw2-az1, cidr: 10.60.0.0/24}}]
            securityGroups: [{{id: sg-0000000b, name: elsewhere}}]
            networkACLs: [{{id: acl-0000000b}}]
"
    )
}

#[test]
fn what_aws_would_never_hold_is_refused_with_place_and_reason() {
    let twice = "{id: i-00000001, subnet: subnet-0000000a, ip: 10.50.0.9}";
    for (line, expected) in [
        ("instances: [{id: i-00000001, subnet: subnet-0000000c}]".to_owned(), "no subnet of vpc-0000000a"),
        ("instances: [{id: i-00000001, subnet: subnet-0000000a, ip: 10.50.1.9}]".to_owned(), "does not fall within"),
        ("instances: [{id: i-00000001, subnet: subnet-0000000a, ip: 10.50.0.2}]".to_owned(), "reserved address range"),
        (format!("instances: [{twice}, {{id: i-00000002, subnet: subnet-0000000a, ip: 10.50.0.9}}]"), "is in use"),
        (format!("instances: [{twice}, {twice}]"), "there twice"),
        ("instances: [{id: i-00000001, subnet: subnet-0000000a, securityGroups: [sg-0000000b]}]".to_owned(), "different networks"),
        ("instances: [{id: i-00000001, subnet: subnet-0000000a, type: huge}]".to_owned(), "InstanceType"),
        ("instances: [{id: i-00000001, subnet: subnet-0000000a, image: ami-00000001}]".to_owned(), "does not exist"),
        ("instances: [{id: i-00000001, subnet: subnet-0000000a, answers: [{port: 1}, {port: 1}]}]".to_owned(), "port 1 is there twice"),
        ("instances: [{id: i-00000001, subnet: subnet-0000000a, answers: [{port: 1, paths: {/: 99}}]}]".to_owned(), "no HTTP status"),
        (format!("instances: [{twice}]\n            interfaces: [{{id: eni-00000001, subnet: subnet-0000000a, instance: i-00000001}}]"), "listed among `interfaces`"),
        (format!("instances: [{twice}]\n            interfaces: [{{id: eni-00000001, subnet: subnet-0000000b, instance: i-00000001, device: 1}}]"), "another zone"),
        ("interfaces: [{id: eni-00000001, subnet: subnet-0000000a, instance: i-00000001}]".to_owned(), "no instance of"),
        ("natGateways: [{id: nat-00000001, subnet: subnet-0000000c}]".to_owned(), "no subnet of vpc-0000000a"),
        ("networkACLs: [{id: acl-00000001, entries: [{number: 32767, protocol: all, cidr: 0.0.0.0/0}]}]".to_owned(), "out of range"),
        ("networkACLs: [{id: acl-00000001, entries: [{number: 1, protocol: all, ports: 80, cidr: 0.0.0.0/0}]}]".to_owned(), "have ports"),
        ("networkACLs: [{id: acl-00000001, default: true}, {id: acl-00000002, default: true}]".to_owned(), "another default ACL"),
    ] {
        let estate = Estate::from_yaml(&with(&line)).unwrap();
        let error = World::new(&estate, Settings::default()).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("111111111111 us-west-2"), "{line}: {error}");
    }
}

#[test]
fn what_is_unsaid_gets_what_is_left_over() {
    let estate = with(
        "instances: [{id: i-00000001, subnet: subnet-0000000a}, {id: i-00000002, subnet: subnet-0000000a, ip: 10.50.0.4}]",
    );
    let world = world_of(&estate, Settings::default());
    let request =
        DescribeInstances { instance_ids: vec!["i-00000001".to_owned()], ..Default::default() };
    let instance = done(&world, &ours(), request).reservation_set.remove(0).instances_set.remove(0);
    assert_eq!(instance.private_ip_address.unwrap().to_string(), "10.50.0.5");
    assert_eq!(&*instance.group_set[0].group_name, "default");
    assert_eq!(instance.instance_state.name, "running");
}

#[test]
fn every_noun_survives_saving_and_loading() {
    let estate = with(
        "networkACLs:
              - id: acl-00000001
                tags: {Name: tight}
                entries:
                  - {number: 100, protocol: tcp, ports: 1024-65535, cidr: 10.0.0.0/8}
                  - {number: 110, protocol: icmp, ports: 8-0, cidr: 10.0.0.0/8, deny: true}
                  - {number: 100, egress: true, protocol: all, cidr: 0.0.0.0/0}
            natGateways: [{id: nat-00000001, subnet: subnet-0000000a, ip: 10.50.0.7}]
            instances:
              - {id: i-00000001, subnet: subnet-0000000a, stopped: true, type: t3.micro}
              - {id: i-00000002, subnet: subnet-0000000a, leader: true, details: {keyName: k, stopProtection: true}}
              - {id: i-00000003, subnet: subnet-0000000b, answers: [{port: 80, tls: false, paths: {/: 302}}]}
            interfaces:
              - {id: eni-00000001, subnet: subnet-0000000a, securityGroups: []}
              - {id: eni-00000002, subnet: subnet-0000000a, instance: i-00000001, sourceDestCheck: false}
              - {id: eni-00000003, subnet: subnet-0000000a, instance: i-00000002, device: 1, secondaryIPs: [10.50.0.40]}",
    );
    let estate = estate
        + "        addresses: [{id: eipalloc-00000001, interface: eni-00000001, tags: {Name: a}}]
        launchTemplates:
          - {id: lt-00000001, name: query, versions: {1: {data: {InstanceType: m5.large, SecurityGroupId.1: sg-0000000a}}}}
";
    let first = world_of(&estate, Settings::default()).estate();
    let again = Estate::from_yaml(&first.to_yaml().unwrap()).unwrap();
    assert_eq!(again, first);
    assert_eq!(again.canonical().unwrap(), first);
    assert!(Estate::diff(&first, &again).is_empty());
    let text = first.to_yaml().unwrap();
    for named in [
        "acl-00000001",
        "eni-00000002",
        "eipalloc-00000001",
        "lt-00000001",
        "t3.micro",
        "10.50.0.40",
        "8-0",
        "302",
    ] {
        assert!(text.contains(named), "{named} is lost:\n{text}");
    }
}

#[test]
fn what_changes_about_an_instance_is_told() {
    let estate =
        with("instances: [{id: i-00000001, subnet: subnet-0000000a, ip: 10.50.0.9, leader: true}]");
    let world = world_of(&estate, Settings::default());
    let before = world.estate();
    let request =
        StopInstances { instance_ids: vec!["i-00000001".to_owned()], ..Default::default() };
    done(&world, &ours(), request);
    world.set_answers(&"i-00000001".parse().unwrap(), false, Some(&[])).unwrap();
    let mut told = Estate::diff(&before, &world.estate());
    told.sort();
    assert_eq!(
        told,
        [
            "instance i-00000001: answers nothing is new",
            "instance i-00000001: leader is gone",
            "instance i-00000001: stopped is new",
        ]
    );
}
