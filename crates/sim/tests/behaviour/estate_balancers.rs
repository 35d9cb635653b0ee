//! Estates with balancers and auto-scaling groups: loaded, saved, compared, refused.

use peerway_sim::autoscaling::{
    AttachLoadBalancers, CreateAutoScalingGroup, DescribeScalingActivities, DetachLoadBalancers,
};
use peerway_sim::ec2::images::DescribeImages;
use peerway_sim::ec2::instances::{DescribeInstances, RunInstances};
use peerway_sim::ec2::network_interfaces::DescribeNetworkInterfaces;
use peerway_sim::elb::{
    DeleteLoadBalancer, DeregisterInstancesFromLoadBalancer, DescribeInstanceHealth,
    DescribeLoadBalancers, Instance,
};
use peerway_sim::{Estate, Settings, World};

use super::elb::{shown, texts};
use super::support::*;

/// Everything that an estate can say about them.
const RICH: &str = r#"
accounts:
  "111111111111":
    regions:
      us-west-2:
        certificates:
          - {arn: "arn:aws:acm:us-west-2:111111111111:certificate/one", domain: example.com, tags: {a: b}}
        logBuckets: [logs]
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            gateways: [igw-0000000a]
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
            securityGroups: [{id: sg-0000000a, name: balancer}]
            instances:
              - {id: i-0000000a, subnet: subnet-0000000a, ip: 10.50.0.10}
              - {id: i-0000000b, subnet: subnet-0000000b, ip: 10.50.1.10}
              - {id: i-0000000c, subnet: subnet-0000000b, ip: 10.50.1.11}
        loadBalancers:
          - name: plain
            subnets: [subnet-0000000a]
            listeners: [{protocol: TCP, port: 8888}]
          - name: rich
            number: 12345678
            internetFacing: true
            subnets: [subnet-0000000a, subnet-0000000b]
            securityGroups: [sg-0000000a]
            listeners:
              - {protocol: TCP, port: 80, instancePort: 8080, instanceProtocol: SSL}
              - {protocol: HTTPS, port: 443, certificate: "arn:aws:acm:us-west-2:111111111111:certificate/one"}
              - {protocol: SSL, port: 444, certificate: "arn:aws:acm:us-west-2:111111111111:certificate/one", policies: [own]}
            healthCheck: {target: "HTTPS:8080/health", interval: 10, timeout: 3, unhealthyThreshold: 3, healthyThreshold: 2}
            attributes: {crossZone: true, idleTimeout: 120, drainingTimeout: 30, accessLog: {bucket: logs, prefix: x, interval: 5}, desyncMode: strictest}
            policies:
              - {name: keys, type: BackendServerAuthenticationPolicyType, attributes: [{name: PublicKeyPolicyName, value: zkey}]}
              - {name: own, type: SSLNegotiationPolicyType, attributes: [{name: Protocol-TLSv1.2, value: "true"}]}
              - {name: zkey, type: PublicKeyPolicyType, attributes: [{name: PublicKey, value: MIIB}]}
            backendPolicies: {8080: [keys]}
            instances: [i-0000000a]
            tags: {team: data}
        autoScalingGroups:
          - name: nodes
            subnets: [subnet-0000000a, subnet-0000000b]
            instances: [i-0000000b, i-0000000c]
            min: 1
            max: 5
            launch: {type: t3.micro, securityGroups: [sg-0000000a], tags: {x: y}}
            loadBalancers: [gone, rich]
            healthCheckType: EC2,ELB
            gracePeriod: 60
            cooldown: 10
            protectsNewInstances: true
            protectedInstances: [i-0000000b]
            suspended: [AlarmNotification]
            tags: {Name: node, owner: {value: data, atLaunch: false}}
"#;

fn estate(text: &str) -> Estate {
    Estate::from_yaml(text).unwrap()
}

fn rich() -> World {
    world_of(RICH, Settings::default())
}

#[test]
fn what_is_saved_is_what_was_loaded() {
    let saved = rich().estate();
    assert_eq!(saved.canonical().unwrap(), saved);
    let region = &saved.accounts.values().next().unwrap().regions.values().next().unwrap();
    let written = estate(RICH);
    let original = &written.accounts.values().next().unwrap().regions.values().next().unwrap();
    assert_eq!(region.auto_scaling_groups, original.auto_scaling_groups);
    assert_eq!(region.certificates, original.certificates);
    assert_eq!(region.load_balancers[1], {
        let mut expected = original.load_balancers[1].clone();
        expected.policies.sort_by(|one, other| one.name.cmp(&other.name));
        expected
    });
    // Read again from its text, too.
    assert_eq!(estate(&saved.to_yaml().unwrap()), saved);
}

#[test]
fn what_has_stood_for_long_is_in_service_from_the_beginning() {
    let world = rich();
    let request =
        DescribeInstanceHealth { load_balancer_name: "rich".to_owned(), instances: Vec::new() };
    let states = done(&world, &ours(), request).instance_states;
    assert_eq!(states.len(), 3);
    assert!(states.iter().all(|item| item.state == "InService"), "{states:?}");
    let request = DescribeNetworkInterfaces {
        filters: filter("attachment.instance-owner-id", &["amazon-elb"]),
        ..DescribeNetworkInterfaces::default()
    };
    assert_eq!(done(&world, &ours(), request).network_interface_set.len(), 3);
    let all = done(&world, &ours(), DescribeLoadBalancers::default()).load_balancer_descriptions;
    assert!(all[1].dns_name.starts_with("rich-12345678."), "{}", all[1].dns_name);
}

#[test]
fn attaching_and_detaching_again_leaves_the_estate_as_it_was() {
    let world = rich();
    let before = world.estate();
    let attach = AttachLoadBalancers {
        auto_scaling_group_name: "nodes".to_owned(),
        load_balancer_names: texts(&["plain"]),
    };
    done(&world, &ours(), attach);
    let lines = Estate::diff(&before, &world.estate());
    assert_eq!(
        lines,
        ["auto-scaling group nodes in 111111111111 us-west-2: load balancer plain is new"]
    );
    let detach = DetachLoadBalancers {
        auto_scaling_group_name: "nodes".to_owned(),
        load_balancer_names: texts(&["plain"]),
    };
    done(&world, &ours(), detach);
    world.advance(seconds(60));
    assert_eq!(Estate::diff(&before, &world.estate()), [""; 0]);
}

#[test]
fn a_diff_tells_of_a_balancer_in_one_line() {
    let world = rich();
    let before = world.estate();
    done(&world, &ours(), DeleteLoadBalancer { load_balancer_name: "plain".to_owned() });
    let lines = Estate::diff(&before, &world.estate());
    assert_eq!(lines.len(), 1);
    for part in [
        "load balancer plain in 111111111111 us-west-2 is gone",
        "listener TCP 8888 to TCP 8888",
        "subnet subnet-0000000a",
    ] {
        assert!(lines[0].contains(part), "{}", lines[0]);
    }
}

#[test]
fn a_group_launches_what_its_estate_lacks() {
    let text =
        RICH.replace("max: 5", "max: 5\n            desired: 4").replace("[gone, rich]", "[rich]");
    let world = world_of(&text, Settings::default());
    world.advance(seconds(20));
    let request = DescribeInstances {
        filters: filter("tag:aws:autoscaling:groupName", &["nodes"]),
        ..DescribeInstances::default()
    };
    let mut launched = done(&world, &ours(), request).reservation_set;
    assert_eq!(launched.len(), 4, "those that it had carry its tag too");
    launched.retain(|it| !it.instances_set[0].instance_id.as_str().starts_with("i-0000000"));
    assert_eq!(launched.len(), 2);
    let instance = &launched[0].instances_set[0];
    assert_eq!(instance.tag_set.0["x"], "y");
    assert!(!instance.tag_set.0.contains_key("owner"));
    let saved = world.estate();
    assert_eq!(saved.canonical().unwrap(), saved);
}

#[test]
fn what_contradicts_itself_is_refused_with_place_and_reason() {
    for (from, to, place, reason) in [
        ("name: plain", "name: a_b", "a_b", "letters"),
        ("name: plain", "name: rich", "rich", "twice"),
        ("instances: [i-0000000a]", "instances: [i-00000bad]", "rich", "i-00000bad"),
        ("policies: [own]", "policies: [none]", "rich", "no policy none"),
        ("bucket: logs", "bucket: other", "rich", "logBuckets"),
        ("\"HTTPS:8080/health\"", "\"TCP:8080/health\"", "rich", "no path"),
        ("[i-0000000b, i-0000000c]", "[i-00000bad]", "nodes", "i-00000bad"),
        ("max: 5", "max: 1", "nodes", "desired 2 is more than its max 1"),
        ("EC2,ELB", "EC3", "nodes", "health check type"),
        ("[AlarmNotification]", "[Sleep]", "nodes", "Sleep"),
    ] {
        let text = RICH.replace(from, to);
        assert_ne!(text, RICH, "{from}");
        let error = World::new(&estate(&text), Settings::default()).unwrap_err().to_string();
        assert!(error.contains(place) && error.contains(reason), "{from} -> {to}: {error}");
    }
}

#[test]
fn a_group_that_names_what_is_gone_is_saved_as_stale_and_launches_nothing() {
    let world = rich();
    // Its example is of another VPC: AWS takes the group, and then cannot launch.
    let elsewhere = RICH.replacen(
        "        loadBalancers:",
        "          - id: vpc-0000000b
            cidr: 10.60.0.0/21
            subnets: [{id: subnet-0000000d, zone: usw2-az2, cidr: 10.60.0.0/24}]
            instances: [{id: i-0000000d, subnet: subnet-0000000d}]
        loadBalancers:",
        1,
    );
    let strange = world_of(&elsewhere, Settings::default());
    let request = CreateAutoScalingGroup {
        auto_scaling_group_name: "strange".to_owned(),
        instance_id: Some("i-0000000d".to_owned()),
        min_size: 1,
        max_size: 1,
        vpc_zone_identifier: Some("subnet-0000000a".to_owned()),
        ..Default::default()
    };
    done(&strange, &ours(), request);
    let activities = done(&strange, &ours(), DescribeScalingActivities::default()).activities;
    let message = activities[0].status_message.as_deref().unwrap();
    assert!(message.contains("belong to different networks"), "{message}");
    let saved = strange.estate();
    assert_eq!(saved.canonical().unwrap(), saved);
    let text = saved.to_yaml().unwrap();
    assert!(text.contains("stale: true"), "{text}");
    let told =
        World::new(&estate(&text.replace("stale: true", "stale: false")), Settings::default());
    assert!(told.unwrap_err().to_string().contains("belong to different networks"));
    let text = world
        .estate()
        .to_yaml()
        .unwrap()
        .replace("- name: nodes", "- name: nodes\n          stale: true");
    let told = World::new(&estate(&text), Settings::default()).unwrap_err().to_string();
    assert!(told.contains("not stale"), "{told}");
}

#[test]
fn an_instance_that_was_taken_out_by_hand_stays_out() {
    let world = rich();
    let request = DeregisterInstancesFromLoadBalancer {
        load_balancer_name: "rich".to_owned(),
        instances: vec![Instance { instance_id: "i-0000000c".to_owned() }],
    };
    done(&world, &ours(), request);
    world.advance(seconds(60));
    let saved = world.estate();
    assert_eq!(saved.canonical().unwrap(), saved);
    let again = World::new(&saved, Settings::default()).unwrap();
    let members = |world: &World| shown(world, "rich").instances;
    assert_eq!(members(&again), members(&world));
    assert_eq!(members(&again).len(), 2);
}

#[test]
fn a_balancer_stays_where_others_have_taken_the_room() {
    let full = RICH.replace("cidr: 10.50.0.0/24", "cidr: 10.50.0.0/27");
    let world = world_of(&full, Settings::default());
    let filters = filter("architecture", &["x86_64"]);
    let images = done(&world, &ours(), DescribeImages { filters, ..Default::default() }).images_set;
    let request = RunInstances {
        image_id: Some(images[0].image_id.to_string()),
        instance_type: Some("m5.large".to_owned()),
        min_count: 20,
        max_count: 20,
        subnet_id: Some("subnet-0000000a".to_owned()),
        ..Default::default()
    };
    done(&world, &ours(), request);
    world.advance(seconds(60));
    let saved = world.estate();
    assert_eq!(saved.canonical().unwrap(), saved);
}

/// Names of balancers and groups are an account's own in each Region.
#[test]
fn a_diff_tells_things_of_one_name_in_two_accounts_apart() {
    let account = |number: &str, port: u16| {
        format!(
            "  \"{number}\":\n    regions:\n      us-west-2:\n        vpcs: [{{id: vpc-{number}, cidr: 10.0.0.0/16, \
             subnets: [{{id: subnet-{number}, zone: usw2-az1, cidr: 10.0.0.0/24}}]}}]\n        loadBalancers: [{{name: \
             query, subnets: [subnet-{number}], listeners: [{{protocol: TCP, port: {port}}}]}}]\n"
        )
    };
    let estate = |port, more: &str| {
        let text = format!(
            "accounts:\n{}{}{more}",
            account("111111111111", port),
            account("222222222222", 80)
        );
        Estate::from_yaml(&text).unwrap().canonical().unwrap()
    };
    let told = Estate::diff(&estate(80, ""), &estate(81, "quotas: {balancers: 7}\n"));
    let balancer = "load balancer query in 111111111111 us-west-2";
    for wanted in [
        &format!("{balancer}: listener TCP 80 is gone"),
        &format!("{balancer}: listener TCP 81 is new"),
        "quotas is new",
    ] {
        assert!(told.iter().any(|line| line.starts_with(wanted)), "{wanted}: {told:#?}");
    }
    assert!(told.iter().all(|line| !line.contains("222222222222")), "{told:#?}");
}
