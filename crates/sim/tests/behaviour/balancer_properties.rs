//! Whatever is called in whatever order, balancers, auto-scaling groups, launch templates and prefix lists stay sound.

use std::collections::{BTreeMap, BTreeSet};

use peerway_sim::autoscaling::*;
use peerway_sim::ec2::instances::{
    DescribeInstances, RunInstances, StopInstances, TerminateInstances,
};
use peerway_sim::ec2::launch_templates::*;
use peerway_sim::ec2::network_interfaces::{DescribeNetworkInterfaces, NetworkInterfaceItem};
use peerway_sim::ec2::prefix_lists::*;
use peerway_sim::ec2::route_tables::{CreateRoute, DeleteRoute, DescribeRouteTables};
use peerway_sim::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, CreateSecurityGroup, DeleteSecurityGroup,
    DescribeSecurityGroupRules, DescribeSecurityGroups, GroupItem as SecurityGroupItem,
    IpPermission, PrefixListReference, RevokeSecurityGroupIngress,
};
use peerway_sim::ec2::subnets::{CreateSubnet, DeleteSubnet, DescribeSubnets, SubnetItem};
use peerway_sim::elb::*;
use peerway_sim::{Call, Caller, Settings, World};
use proptest::prelude::*;

use super::elb::{CERTIFICATE, listener, texts};
use super::support::*;
use super::{autoscaling, census};

/// Two accounts with the same names for what they have, and little room in some subnets.
const TWINS: &str = r#"
accounts:
  "111111111111":
    regions:
      us-west-2:
        certificates: [{arn: "arn:aws:acm:us-west-2:111111111111:certificate/one"}]
        logBuckets: [logs]
        launchTemplates:
          - {id: lt-0000000a, name: first, versions: {1: {data: {InstanceType: m5.large}}}}
        prefixLists:
          - {id: pl-0000000a, name: offices, maxEntries: 4, entries: [10.1.0.0/16]}
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            gateways: [igw-0000000a]
            routeTables: [{id: rtb-0000000a, main: true}]
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/27}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/27}
              - {id: subnet-0000000c, zone: usw2-az1, cidr: 10.50.2.0/24}
            securityGroups: [{id: sg-0000000a, name: balancer}, {id: sg-0000000b, name: nodes}]
            instances:
              - {id: i-0000000a, subnet: subnet-0000000a, leader: true}
              - {id: i-0000000b, subnet: subnet-0000000b, securityGroups: [sg-0000000b]}
              - {id: i-0000000c, subnet: subnet-0000000b}
          - id: vpc-0000000b
            cidr: 10.60.0.0/21
            subnets: [{id: subnet-0000000d, zone: usw2-az2, cidr: 10.60.0.0/24}]
            instances: [{id: i-0000000d, subnet: subnet-0000000d}]
        loadBalancers:
          - name: proxy
            subnets: [subnet-0000000a, subnet-0000000b]
            securityGroups: [sg-0000000a]
            listeners:
              - {protocol: HTTP, port: 80}
              - {protocol: SSL, port: 443, certificate: "arn:aws:acm:us-west-2:111111111111:certificate/one"}
            instances: [i-0000000a]
          - {name: api, subnets: [subnet-0000000b], listeners: [{protocol: TCP, port: 8888}]}
        autoScalingGroups:
          - name: nodes
            subnets: [subnet-0000000b]
            instances: [i-0000000b, i-0000000c]
            min: 0
            max: 4
            loadBalancers: [proxy]
            trafficSources: [api]
  "222222222222":
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000c
            cidr: 10.50.0.0/21
            routeTables: [{id: rtb-0000000c, main: true}]
            subnets: [{id: subnet-0000001a, zone: usw2-az1, cidr: 10.50.0.0/24}]
            instances: [{id: i-0000001a, subnet: subnet-0000001a}]
"#;

/// One thing that may happen: somebody calls with names out of those that there are, or time passes.
#[derive(Debug, Clone)]
struct Step {
    action: u8,
    theirs: bool,
    picks: [usize; 4],
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = prop_oneof![3 => Just(false), 1 => Just(true)];
    let step = (any::<u8>(), who, any::<[usize; 4]>());
    let step = step.prop_map(|(action, theirs, picks)| Step { action, theirs, picks });
    prop::collection::vec(step, 1..60)
}

/// What one account has.
struct Seen {
    subnets: Vec<SubnetItem>,
    security_groups: Vec<SecurityGroupItem>,
    tables: Vec<String>,
    /// Instances with their states.
    instances: Vec<(String, &'static str)>,
    interfaces: Vec<NetworkInterfaceItem>,
    balancers: Vec<BalancerItem>,
    groups: Vec<GroupItem>,
    templates: Vec<LaunchTemplateItem>,
    lists: Vec<PrefixListItem>,
}

fn look(world: &World, who: &Caller) -> Seen {
    let reservations = done(world, who, DescribeInstances::default()).reservation_set;
    let instances = reservations.into_iter().flat_map(|it| it.instances_set);
    let tables = done(world, who, DescribeRouteTables::default()).route_table_set;
    Seen {
        subnets: done(world, who, DescribeSubnets::default()).subnet_set,
        security_groups: done(world, who, DescribeSecurityGroups::default()).security_group_info,
        tables: tables.iter().map(|it| it.route_table_id.to_string()).collect(),
        instances: instances
            .map(|it| (it.instance_id.to_string(), it.instance_state.name))
            .collect(),
        interfaces: done(world, who, DescribeNetworkInterfaces::default()).network_interface_set,
        balancers: done(world, who, DescribeLoadBalancers::default()).load_balancer_descriptions,
        groups: done(world, who, DescribeAutoScalingGroups::default()).auto_scaling_groups,
        templates: done(world, who, DescribeLaunchTemplates::default()).launch_templates,
        lists: done(world, who, DescribeManagedPrefixLists::default()).prefix_list_set,
    }
}

/// One of the ids that are there or, now and then, one that never was.
fn pick<T>(all: &[T], at: usize, unknown: &str, id: impl Fn(&T) -> String) -> String {
    let found = if at % 16 == 15 { None } else { all.get(at / 16 % all.len().max(1)) };
    found.map_or_else(|| unknown.to_owned(), id)
}

const NAMES: [&str; 3] = ["proxy", "api", "queue"];
const PORTS: [i32; 3] = [80, 443, 8888];
const POLICIES: [&str; 4] = ["proxied", "sticky", "key", "keys"];
const PROCESSES: [&str; 4] = ["Launch", "Terminate", "AddToLoadBalancer", "ReplaceUnhealthy"];
const BLOCKS: [&str; 5] =
    ["10.1.0.0/16", "10.2.0.0/16", "192.168.0.0/24", "192.168.1.0/24", "172.16.0.0/12"];

fn of<const N: usize>(all: [&str; N], at: usize) -> String {
    all[at % N].to_owned()
}

fn some_listener(at: usize) -> Listener {
    let port = PORTS[at % PORTS.len()];
    let certificate = Some(CERTIFICATE.to_owned());
    match at / 3 % 4 {
        0 => listener("HTTP", port),
        1 => Listener { ssl_certificate_id: certificate, ..listener("HTTPS", port) },
        2 => Listener { ssl_certificate_id: certificate, ..listener("SSL", port) },
        _ => listener("TCP", port),
    }
}

fn some_policy(load_balancer_name: String, at: usize) -> CreateLoadBalancerPolicy {
    let (name, kind, attribute, value) = [
        ("proxied", "ProxyProtocolPolicyType", "ProxyProtocol", "true"),
        ("sticky", "AppCookieStickinessPolicyType", "CookieName", "id"),
        ("key", "PublicKeyPolicyType", "PublicKey", "MIIB"),
        ("keys", "BackendServerAuthenticationPolicyType", "PublicKeyPolicyName", "key"),
        (
            "tls",
            "SSLNegotiationPolicyType",
            "Reference-Security-Policy",
            "ELBSecurityPolicy-2015-05",
        ),
    ][at % 5];
    CreateLoadBalancerPolicy {
        load_balancer_name,
        policy_name: name.to_owned(),
        policy_type_name: kind.to_owned(),
        policy_attributes: vec![PolicyAttribute {
            attribute_name: attribute.to_owned(),
            attribute_value: value.to_owned(),
        }],
    }
}

fn classic(name: String) -> Vec<TrafficSource> {
    vec![TrafficSource { identifier: name, kind: Some("elb".to_owned()) }]
}

fn from_list(prefix_list_id: String) -> Vec<IpPermission> {
    vec![IpPermission {
        ip_protocol: "-1".to_owned(),
        prefix_list_ids: vec![PrefixListReference { prefix_list_id, description: None }],
        ..IpPermission::default()
    }]
}

fn group_tag(group: String, at: usize) -> GroupTag {
    GroupTag {
        resource_id: Some(group),
        resource_type: Some("auto-scaling-group".to_owned()),
        key: of(["team", "Name"], at),
        value: Some(of(["data", "web"], at / 2)),
        propagate_at_launch: Some(at.is_multiple_of(3)),
    }
}

/// What is done to balancers.
#[expect(clippy::too_many_lines, reason = "a line or two for each call")]
fn of_balancers(step: &Step, seen: &Seen) -> Call {
    let [one, two, three, four] = step.picks;
    let load_balancer_name = pick(&seen.balancers, one, "none", |it| it.load_balancer_name.clone());
    let subnet = |at| pick(&seen.subnets, at, "subnet-00000bad", |it| it.subnet_id.to_string());
    let security_group =
        |at| pick(&seen.security_groups, at, "sg-00000bad", |it| it.group_id.to_string());
    let instance = |at| {
        let instance_id = pick(&seen.instances, at, "i-00000bad", |it| it.0.clone());
        Instance { instance_id }
    };
    let port = PORTS[two % PORTS.len()];
    match step.action % 21 {
        0..=2 => CreateLoadBalancer {
            load_balancer_name: of(NAMES, one),
            listeners: vec![some_listener(two)],
            subnets: if four % 3 == 0 {
                vec![subnet(three), subnet(three + 1)]
            } else {
                vec![subnet(three)]
            },
            security_groups: if four % 2 == 0 {
                vec![security_group(four / 2)]
            } else {
                Vec::new()
            },
            scheme: (four % 5 > 0).then(|| "internal".to_owned()),
            ..Default::default()
        }
        .into(),
        3 => DeleteLoadBalancer { load_balancer_name }.into(),
        4 => {
            CreateLoadBalancerListeners { load_balancer_name, listeners: vec![some_listener(two)] }
                .into()
        }
        5 => DeleteLoadBalancerListeners { load_balancer_name, load_balancer_ports: vec![port] }
            .into(),
        6 => SetLoadBalancerListenerSSLCertificate {
            load_balancer_name,
            load_balancer_port: port,
            ssl_certificate_id: CERTIFICATE.to_owned(),
        }
        .into(),
        7 => {
            let target = of(["TCP:8888", "HTTP:80/", "HTTPS:443/status", "SSL:443"], two);
            autoscaling::check(&load_balancer_name, &target).into()
        }
        8 | 9 => {
            AttachLoadBalancerToSubnets { load_balancer_name, subnets: vec![subnet(two)] }.into()
        }
        10 => {
            DetachLoadBalancerFromSubnets { load_balancer_name, subnets: vec![subnet(two)] }.into()
        }
        11 => ApplySecurityGroupsToLoadBalancer {
            load_balancer_name,
            security_groups: vec![security_group(two)],
        }
        .into(),
        12 => ModifyLoadBalancerAttributes {
            load_balancer_name,
            load_balancer_attributes: AttributesItem {
                cross_zone_load_balancing: Some(EnabledItem { enabled: two % 2 == 0 }),
                connection_draining: Some(DrainingItem {
                    enabled: three % 2 == 0,
                    timeout: Some(60),
                }),
                connection_settings: Some(IdleItem { idle_timeout: 30 }),
                ..AttributesItem::default()
            },
        }
        .into(),
        13 | 14 => {
            let instances = vec![instance(two), instance(three)];
            RegisterInstancesWithLoadBalancer { load_balancer_name, instances }.into()
        }
        15 => {
            let instances = vec![instance(two)];
            DeregisterInstancesFromLoadBalancer { load_balancer_name, instances }.into()
        }
        16 => some_policy(load_balancer_name, two).into(),
        17 => {
            DeleteLoadBalancerPolicy { load_balancer_name, policy_name: of(POLICIES, two) }.into()
        }
        18 => SetLoadBalancerPoliciesOfListener {
            load_balancer_name,
            load_balancer_port: port,
            policy_names: if three % 3 == 0 {
                Vec::new()
            } else {
                texts(&[["sticky", "tls"][three % 2]])
            },
        }
        .into(),
        19 => SetLoadBalancerPoliciesForBackendServer {
            load_balancer_name,
            instance_port: port,
            policy_names: if three % 3 == 0 {
                Vec::new()
            } else {
                texts(&[["proxied", "keys"][three % 2]])
            },
        }
        .into(),
        _ => {
            let tags = vec![Tag { key: of(["team", "env"], two), value: Some("x".to_owned()) }];
            AddTags { load_balancer_names: vec![load_balancer_name], tags }.into()
        }
    }
}

/// What is done to auto-scaling groups.
fn of_groups(step: &Step, seen: &Seen) -> Call {
    let [one, two, three, four] = step.picks;
    let auto_scaling_group_name =
        pick(&seen.groups, one, "nobody", |it| it.auto_scaling_group_name.clone());
    let name = of(["nodes", "others"], one);
    let subnet = |at| pick(&seen.subnets, at, "subnet-00000bad", |it| it.subnet_id.to_string());
    let instance = |at| pick(&seen.instances, at, "i-00000bad", |it| it.0.clone());
    let template = |at| {
        let id = pick(&seen.templates, at, "lt-00000bad", |it| it.launch_template_id.to_string());
        LaunchTemplateSpecification {
            launch_template_id: Some(id),
            version: (at % 2 == 0).then(|| of(["$Latest", "$Default", "1", "2"], at / 2)),
            ..Default::default()
        }
    };
    let names = vec![of(NAMES, two)];
    match step.action % 17 {
        0..=2 => CreateAutoScalingGroup {
            auto_scaling_group_name: name.clone(),
            launch_template: (four % 2 == 0).then(|| template(four / 2)),
            instance_id: (four % 2 != 0).then(|| instance(four / 2)),
            min_size: 0,
            max_size: 4,
            desired_capacity: Some(i32::try_from(three % 4).unwrap()),
            vpc_zone_identifier: Some(subnet(two)),
            load_balancer_names: if three % 3 == 0 { names } else { Vec::new() },
            traffic_sources: if three % 5 == 0 { classic(of(NAMES, three)) } else { Vec::new() },
            health_check_type: (two % 2 == 0).then(|| "ELB".to_owned()),
            tags: if two % 3 == 0 { vec![group_tag(name, four)] } else { Vec::new() },
            ..Default::default()
        }
        .into(),
        3 => {
            let force_delete = Some(two % 2 == 0);
            DeleteAutoScalingGroup { auto_scaling_group_name, force_delete }.into()
        }
        4 => UpdateAutoScalingGroup {
            auto_scaling_group_name,
            launch_template: (two % 2 == 0).then(|| template(three)),
            max_size: (two % 3 == 0).then_some(2),
            vpc_zone_identifier: (two % 5 == 0).then(|| subnet(four)),
            new_instances_protected_from_scale_in: (two % 7 == 0).then_some(four % 2 == 0),
            ..Default::default()
        }
        .into(),
        5 => SetDesiredCapacity {
            auto_scaling_group_name,
            desired_capacity: i32::try_from(two % 5).unwrap(),
            honor_cooldown: None,
        }
        .into(),
        6 => TerminateInstanceInAutoScalingGroup {
            instance_id: instance(two),
            should_decrement_desired_capacity: three % 2 == 0,
        }
        .into(),
        7 | 8 => AttachLoadBalancers { auto_scaling_group_name, load_balancer_names: names }.into(),
        9 => DetachLoadBalancers { auto_scaling_group_name, load_balancer_names: names }.into(),
        10 | 11 => AttachTrafficSources {
            auto_scaling_group_name,
            traffic_sources: classic(of(NAMES, two)),
            skip_zonal_shift_validation: None,
        }
        .into(),
        12 => DetachTrafficSources {
            auto_scaling_group_name,
            traffic_sources: classic(of(NAMES, two)),
        }
        .into(),
        13 => SuspendProcesses {
            auto_scaling_group_name,
            scaling_processes: vec![of(PROCESSES, two)],
        }
        .into(),
        14 => ResumeProcesses { auto_scaling_group_name, scaling_processes: Vec::new() }.into(),
        15 => CreateOrUpdateTags { tags: vec![group_tag(auto_scaling_group_name, two)] }.into(),
        _ => AutoScalingDeleteTags { tags: vec![group_tag(auto_scaling_group_name, two)] }.into(),
    }
}

/// What is done to launch templates and prefix lists.
fn of_templates_and_lists(step: &Step, seen: &Seen, image: &str) -> Call {
    let [one, two, three, four] = step.picks;
    let template =
        |at| Some(pick(&seen.templates, at, "lt-00000bad", |it| it.launch_template_id.to_string()));
    let list = |at| pick(&seen.lists, at, "pl-00000bad", |it| it.prefix_list_id.to_string());
    let security_group =
        |at| pick(&seen.security_groups, at, "sg-00000bad", |it| it.group_id.to_string());
    let table = |at| pick(&seen.tables, at, "rtb-00000bad", Clone::clone);
    let entry =
        |at| NewEntry { cidr: of(BLOCKS, at), description: (at % 2 == 0).then(|| "x".to_owned()) };
    let launch_template_data = LaunchTemplateData {
        image_id: (four % 4 > 0).then(|| image.to_owned()),
        instance_type: (four % 3 > 0).then(|| "m5.large".to_owned()),
        security_group_ids: if four % 5 == 0 { vec![security_group(four / 5)] } else { Vec::new() },
        ..LaunchTemplateData::default()
    };
    let number = |at: usize| (at % 4 + 1).to_string();
    match step.action % 15 {
        0 | 1 => CreateLaunchTemplate {
            launch_template_name: of(["first", "second", "third"], one),
            launch_template_data,
            ..Default::default()
        }
        .into(),
        2 | 3 => CreateLaunchTemplateVersion {
            launch_template_id: template(one),
            source_version: (two % 2 == 0).then(|| "$Latest".to_owned()),
            launch_template_data,
            ..Default::default()
        }
        .into(),
        4 => ModifyLaunchTemplate {
            launch_template_id: template(one),
            default_version: Some(number(two)),
            ..Default::default()
        }
        .into(),
        5 => {
            DeleteLaunchTemplate { launch_template_id: template(one), ..Default::default() }.into()
        }
        6 => DeleteLaunchTemplateVersions {
            launch_template_id: template(one),
            versions: vec![number(two)],
            ..Default::default()
        }
        .into(),
        7 => CreateManagedPrefixList {
            prefix_list_name: of(["offices", "sites"], one),
            address_family: "IPv4".to_owned(),
            max_entries: i32::try_from(two % 4 + 1).unwrap(),
            entries: vec![entry(three)],
            ..Default::default()
        }
        .into(),
        8 | 9 => ModifyManagedPrefixList {
            prefix_list_id: list(one),
            current_version: Some(i64::try_from(two % 3 + 1).unwrap()),
            add_entries: vec![entry(three)],
            remove_entries: if four % 2 == 0 {
                vec![RemovedEntry { cidr: of(BLOCKS, four / 2) }]
            } else {
                Vec::new()
            },
            ..Default::default()
        }
        .into(),
        10 => ModifyManagedPrefixList {
            prefix_list_id: list(one),
            max_entries: Some(i32::try_from(two % 60).unwrap()),
            ..Default::default()
        }
        .into(),
        11 => DeleteManagedPrefixList { prefix_list_id: list(one), dry_run: None }.into(),
        12 => CreateRoute {
            route_table_id: table(two),
            destination_prefix_list_id: Some(list(one)),
            gateway_id: Some("igw-0000000a".to_owned()),
            ..Default::default()
        }
        .into(),
        13 if four % 2 == 0 => DeleteRoute {
            route_table_id: table(two),
            destination_prefix_list_id: Some(list(one)),
            ..Default::default()
        }
        .into(),
        13 => RevokeSecurityGroupIngress {
            group_id: Some(security_group(two)),
            ip_permissions: from_list(list(one)),
            ..Default::default()
        }
        .into(),
        _ => AuthorizeSecurityGroupIngress {
            group_id: Some(security_group(two)),
            ip_permissions: from_list(list(one)),
            ..Default::default()
        }
        .into(),
    }
}

/// What happens to that which balancers and groups stand on.
fn of_hosts(step: &Step, seen: &Seen, image: &str) -> Call {
    let [one, two, three, _] = step.picks;
    let subnet = |at| pick(&seen.subnets, at, "subnet-00000bad", |it| it.subnet_id.to_string());
    let security_group =
        |at| pick(&seen.security_groups, at, "sg-00000bad", |it| it.group_id.to_string());
    let instance = |at| pick(&seen.instances, at, "i-00000bad", |it| it.0.clone());
    match step.action % 8 {
        0 | 1 => RunInstances {
            image_id: Some(image.to_owned()),
            instance_type: Some("m5.large".to_owned()),
            min_count: 1,
            max_count: i32::try_from(two % 12).unwrap() + 1,
            subnet_id: Some(subnet(one)),
            security_group_ids: if three % 2 == 0 {
                vec![security_group(three)]
            } else {
                Vec::new()
            },
            ..RunInstances::default()
        }
        .into(),
        2 => TerminateInstances { instance_ids: vec![instance(one)], dry_run: None }.into(),
        3 => StopInstances { instance_ids: vec![instance(one)], ..Default::default() }.into(),
        4 => DeleteSubnet { subnet_id: subnet(one), dry_run: None }.into(),
        5 => CreateSubnet {
            vpc_id: OURS.to_owned(),
            cidr_block: Some(of(["10.50.0.0/27", "10.50.4.0/24"], one)),
            availability_zone_id: Some(of(["usw2-az1", "usw2-az3"], two)),
            ..Default::default()
        }
        .into(),
        6 => CreateSecurityGroup {
            group_name: of(["nodes", "more"], one),
            group_description: "x".to_owned(),
            vpc_id: Some(OURS.to_owned()),
            ..Default::default()
        }
        .into(),
        _ => {
            DeleteSecurityGroup { group_id: Some(security_group(one)), ..Default::default() }.into()
        }
    }
}

fn take(step: &Step, world: &World, image: &str) {
    let who = if step.theirs { theirs() } else { ours() };
    let inner = Step { action: step.action / 8, ..step.clone() };
    let seen = || look(world, &who);
    let call = match step.action % 8 {
        0..=2 => of_balancers(&inner, &seen()),
        3 | 4 => of_groups(&inner, &seen()),
        5 => of_templates_and_lists(&inner, &seen(), image),
        6 => of_hosts(&inner, &seen(), image),
        _ => {
            world.advance(seconds([1, 2, 10, 60, 300, 4000][step.picks[0] % 6]));
            return;
        }
    };
    let _ = world.call(&who, call);
}

fn check_balancers(world: &World, who: &Caller, seen: &Seen) {
    for balancer in &seen.balancers {
        let name = &balancer.load_balancer_name;
        let subnets: Vec<&SubnetItem> = balancer
            .subnets
            .iter()
            .map(|id| {
                seen.subnets.iter().find(|it| it.subnet_id == *id).expect("its subnets are there")
            })
            .collect();
        assert!(!subnets.is_empty() && subnets.iter().all(|it| it.vpc_id == balancer.vpc_id));
        let zones: BTreeSet<_> = subnets.iter().map(|it| &it.availability_zone_id).collect();
        assert_eq!(zones.len(), subnets.len(), "one subnet in each zone");
        assert_eq!(zones.len(), balancer.availability_zones.len());
        for group in &balancer.security_groups {
            let of = seen.security_groups.iter().find(|it| it.group_id == *group);
            assert_eq!(of.expect("its groups are there").vpc_id, balancer.vpc_id);
        }
        for subnet in &balancer.subnets {
            let description = format!("ELB {name}");
            let own = seen.interfaces.iter().filter(|it| it.description == description);
            let own: Vec<_> = own.filter(|it| it.subnet_id == *subnet).collect();
            // One that has been left there by an earlier balancer of this name may still be.
            assert!(!own.is_empty(), "{name} has no interface in {subnet}");
            let groups: BTreeSet<_> = balancer.security_groups.iter().collect();
            let has_groups = |it: &&NetworkInterfaceItem| {
                it.group_set.iter().map(|it| &it.group_id).collect::<BTreeSet<_>>() == groups
            };
            assert!(own.into_iter().any(|it| has_groups(&it)), "{name}'s interface has its groups");
        }
        let request = DescribeLoadBalancerPolicies {
            load_balancer_name: Some(name.clone()),
            ..Default::default()
        };
        let policies = done(world, who, request).policy_descriptions;
        let of_listeners = balancer.listener_descriptions.iter().flat_map(|it| &it.policy_names);
        let of_ports = balancer.backend_server_descriptions.iter().flat_map(|it| &it.policy_names);
        for used in of_listeners.chain(of_ports) {
            assert!(
                policies.iter().any(|it| it.policy_name == *used),
                "{name} has no policy {used}"
            );
        }
        let request =
            DescribeInstanceHealth { load_balancer_name: name.clone(), instances: Vec::new() };
        let states = done(world, who, request).instance_states;
        let states: BTreeSet<_> = states.iter().map(|it| it.instance_id.to_string()).collect();
        for instance in &balancer.instances {
            let id = &instance.instance_id;
            assert!(
                seen.instances.iter().any(|it| it.0 == *id),
                "{name} has {id}, which is not there"
            );
            assert!(states.contains(id), "{name} says nothing of {id}");
        }
    }
}

fn check_groups(world: &World, who: &Caller, seen: &Seen) {
    let mut members = BTreeSet::new();
    for group in &seen.groups {
        let name = &group.auto_scaling_group_name;
        assert!(
            group.min_size <= group.desired_capacity && group.desired_capacity <= group.max_size
        );
        for member in &group.instances {
            let id = member.instance_id.to_string();
            assert!(
                seen.instances.iter().any(|it| it.0 == id),
                "{name} has {id}, which is not there"
            );
            assert!(members.insert(id.clone()), "{id} is in two groups");
        }
        let request = AutoScalingDescribeLoadBalancers {
            auto_scaling_group_name: name.clone(),
            ..Default::default()
        };
        let links = done(world, who, request).load_balancers.into_iter();
        let links: Vec<_> = links.map(|it| (it.load_balancer_name, it.state)).collect();
        let request =
            DescribeTrafficSources { auto_scaling_group_name: name.clone(), ..Default::default() };
        let sources = done(world, who, request).traffic_sources.into_iter();
        let sources: Vec<_> = sources.map(|it| (it.identifier, it.state)).collect();
        assert_eq!(links, sources, "both families see the same");
        let names: BTreeSet<_> = links.iter().map(|(name, _)| name).collect();
        assert!(group.load_balancer_names.iter().all(|it| names.contains(it)));
        assert!(group.traffic_sources.iter().all(|it| names.contains(&it.identifier)));
    }
    let listed = done(world, who, DescribeAutoScalingInstances::default()).auto_scaling_instances;
    let listed: BTreeSet<_> = listed.iter().map(|it| it.instance_id.to_string()).collect();
    assert_eq!(listed, members);
}

fn check_templates_and_lists(world: &World, who: &Caller, seen: &Seen) {
    for template in &seen.templates {
        let request = DescribeLaunchTemplateVersions {
            launch_template_id: Some(template.launch_template_id.to_string()),
            ..Default::default()
        };
        let versions = done(world, who, request).launch_template_version_set;
        let defaults: Vec<_> = versions.iter().filter(|it| it.default_version).collect();
        assert_eq!(defaults.len(), 1, "one default version");
        assert_eq!(defaults[0].version_number, template.default_version_number);
        assert!(versions.iter().all(|it| it.version_number <= template.latest_version_number));
    }
    for list in &seen.lists {
        let request = |version| GetManagedPrefixListEntries {
            prefix_list_id: list.prefix_list_id.to_string(),
            target_version: version,
            ..Default::default()
        };
        let entries = done(world, who, request(None)).entry_set;
        assert!(entries.len() <= list.max_entries.unwrap(), "more entries than room");
        for version in 1..=list.version.unwrap() {
            let of_it = done(world, who, request(Some(version))).entry_set;
            assert_eq!(of_it == entries, version == list.version.unwrap() || of_it == entries);
        }
    }
    let is_there = |id: &peerway_model::PrefixListId| {
        seen.lists.iter().any(|it| it.prefix_list_id == *id && it.state != "delete-in-progress")
    };
    let tables = done(world, who, DescribeRouteTables::default()).route_table_set;
    let routes = tables.iter().flat_map(|it| &it.route_set);
    assert!(routes.filter_map(|it| it.destination_prefix_list_id.as_ref()).all(is_there));
    let rules = done(world, who, DescribeSecurityGroupRules::default()).security_group_rule_set;
    assert!(rules.iter().filter_map(|it| it.prefix_list_id.as_ref()).all(is_there));
}

/// Each address of a subnet is taken once, also by what balancers leave behind.
fn check_addresses(seen: &Seen) {
    let mut taken: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for interface in &seen.interfaces {
        let is_new =
            taken.entry(&interface.subnet_id).or_default().insert(interface.private_ip_address);
        assert!(is_new, "{} is taken twice", interface.private_ip_address);
        for group in &interface.group_set {
            let of = seen.security_groups.iter().find(|it| it.group_id == group.group_id);
            assert_eq!(of.expect("its groups are there").vpc_id, interface.vpc_id);
        }
    }
    for subnet in &seen.subnets {
        let capacity = 2_u64.pow(32 - u32::from(subnet.cidr_block.unwrap().prefix_len())) - 5;
        let used = taken.remove(&subnet.subnet_id).map_or(0, |it| it.len()) as u64;
        assert_eq!(subnet.available_ip_address_count, capacity - used);
    }
    assert!(taken.is_empty(), "interfaces where no subnet is: {taken:?}");
}

/// What must be so in every world.
fn check(world: &World) {
    for who in [ours(), theirs()] {
        let seen = look(world, &who);
        check_balancers(world, &who, &seen);
        check_groups(world, &who, &seen);
        check_templates_and_lists(world, &who, &seen);
        check_addresses(&seen);
    }
    census::check(world);
}

/// What an account has, without what a saved world does not keep: times, and ids of what AWS made.
fn told(world: &World, who: &Caller) -> Vec<String> {
    let Seen { mut balancers, mut groups, mut templates, mut lists, .. } = look(world, who);
    for balancer in &mut balancers {
        balancer.created_time = peerway_model::Timestamp::UNIX_EPOCH;
    }
    for group in &mut groups {
        group.created_time = peerway_model::Timestamp::UNIX_EPOCH;
        // AWS has a number in it that is another one for each making.
        group.auto_scaling_group_arn.clear();
        group.suspended_processes.iter_mut().for_each(|it| it.suspension_reason.clear());
    }
    for template in &mut templates {
        template.create_time = peerway_model::Timestamp::UNIX_EPOCH;
        template.created_by = "".into();
    }
    for list in &mut lists {
        (list.state, list.state_message) = ("", None);
    }
    let text = format!("{balancers:#?} {groups:#?} {templates:#?} {lists:#?}");
    text.lines().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_row_of_calls_leaves_balancers_and_groups_sound_and_the_world_can_be_saved(steps in steps()) {
        let world = world_of(TWINS, Settings::default());
        let image = image(&world);
        for step in &steps {
            take(step, &world, &image);
            check(&world);
            check_saving(&world);
        }
        census::check_strangers(&world);
        // Let everything settle that passes by itself: what is under way is not saved in every detail.
        world.advance(seconds(4000));
        check(&world);
        let saved = world.estate();
        let clock = world.clock().clone();
        let again = World::new(&saved, Settings { clock, ..Settings::default() }).unwrap();
        prop_assert_eq!(again.estate().to_yaml().unwrap(), saved.to_yaml().unwrap());
        check(&again);
        for who in [ours(), theirs()] {
            let (found, wanted) = (told(&again, &who), told(&world, &who));
            let differs = wanted.iter().zip(&found).position(|(one, other)| one != other);
            let around = |lines: &[String], at: usize| lines[at.saturating_sub(30)..=at].join("\n");
            let differs = differs.map(|at| (around(&wanted, at), around(&found, at)));
            prop_assert_eq!(differs.map(|(wanted, found)| format!("{wanted}\nbut\n{found}")), None);
            prop_assert_eq!(found.len(), wanted.len());
        }
    }

    #[test]
    fn the_same_calls_make_the_same_balancers(steps in steps()) {
        let (one, two) = (world_of(TWINS, Settings::default()), world_of(TWINS, Settings::default()));
        let image = image(&one);
        prop_assert_eq!(&self::image(&two), &image);
        for step in &steps {
            take(step, &one, &image);
            take(step, &two, &image);
        }
        prop_assert_eq!(one.ledger(), two.ledger());
        prop_assert_eq!(one.estate(), two.estate());
    }
}
