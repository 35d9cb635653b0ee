//! Classic balancers: what is refused, what follows from what.

use peerway_sim::ec2::network_interfaces::DescribeNetworkInterfaces;
use peerway_sim::ec2::security_groups::DeleteSecurityGroup;
use peerway_sim::ec2::subnets::{CreateSubnet, DeleteSubnet};
use peerway_sim::elb::*;
use peerway_sim::{Quotas, RepeatedBalancer, Request, Settings, World};

use super::support::*;

/// A service in three zones, with small and full subnets beside; instances in two of the zones.
pub(crate) const BALANCED: &str = r#"
accounts:
  "111111111111":
    regions:
      us-west-2:
        certificates: [{arn: "arn:aws:acm:us-west-2:111111111111:certificate/one"}]
        logBuckets: [logs]
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            gateways: [igw-0000000a]
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
              - {id: subnet-0000000c, zone: usw2-az3, cidr: 10.50.2.0/24}
              - {id: subnet-0000001a, zone: usw2-az1, cidr: 10.50.3.0/24}
              - {id: subnet-0000000e, zone: usw2-az3, cidr: 10.50.7.0/28}
              - {id: subnet-0000000f, zone: usw2-az3, cidr: 10.50.7.32/27}
            securityGroups:
              - {id: sg-0000000a, name: balancer}
              - {id: sg-0000000b, name: nodes}
            instances:
              - {id: i-0000000a, subnet: subnet-0000000a, securityGroups: [sg-0000000b], leader: true}
              - {id: i-0000000b, subnet: subnet-0000000b, securityGroups: [sg-0000000b]}
              - {id: i-0000000c, subnet: subnet-0000000b, securityGroups: [sg-0000000b], stopped: true}
          - id: vpc-0000000b
            cidr: 10.60.0.0/21
            subnets: [{id: subnet-0000000d, zone: usw2-az2, cidr: 10.60.0.0/24}]
            securityGroups: [{id: sg-0000000d, name: elsewhere}]
            instances: [{id: i-0000000d, subnet: subnet-0000000d}]
"#;

pub(crate) const CERTIFICATE: &str = "arn:aws:acm:us-west-2:111111111111:certificate/one";

pub(crate) fn balanced() -> World {
    world_of(BALANCED, Settings::default())
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub(crate) fn listener(protocol: &str, port: i32) -> Listener {
    Listener {
        protocol: protocol.to_owned(),
        load_balancer_port: port,
        instance_port: port,
        ..Listener::default()
    }
}

fn secure(protocol: &str, port: i32, certificate: &str) -> Listener {
    let ssl_certificate_id = Some(certificate.to_owned());
    Listener { ssl_certificate_id, ..listener(protocol, port) }
}

/// An internal balancer in two zones, as yet unmade.
pub(crate) fn proxy(name: &str) -> CreateLoadBalancer {
    CreateLoadBalancer {
        load_balancer_name: name.to_owned(),
        listeners: vec![listener("TCP", 8888)],
        subnets: texts(&["subnet-0000000a", "subnet-0000000b"]),
        security_groups: texts(&["sg-0000000a"]),
        scheme: Some("internal".to_owned()),
        ..CreateLoadBalancer::default()
    }
}

pub(crate) fn make(world: &World, name: &str) -> String {
    done(world, &ours(), proxy(name)).dns_name
}

pub(crate) fn shown(world: &World, name: &str) -> BalancerItem {
    let request = DescribeLoadBalancers {
        load_balancer_names: texts(&[name]),
        ..DescribeLoadBalancers::default()
    };
    done(world, &ours(), request).load_balancer_descriptions.remove(0)
}

pub(crate) fn remove(name: &str) -> DeleteLoadBalancer {
    DeleteLoadBalancer { load_balancer_name: name.to_owned() }
}

/// The interfaces of a balancer, by subnet.
fn interfaces(world: &World, name: &str) -> Vec<String> {
    let request = DescribeNetworkInterfaces {
        filters: filter("description", &[&format!("ELB {name}")]),
        ..DescribeNetworkInterfaces::default()
    };
    let all = done(world, &ours(), request).network_interface_set;
    assert!(all.iter().all(|it| it.requester_managed));
    let mut subnets: Vec<String> = all.iter().map(|it| it.subnet_id.to_string()).collect();
    subnets.sort_unstable();
    subnets
}

#[track_caller]
fn refused<R: Request>(world: &World, request: R, expected: &str)
where
    R::Reply: std::fmt::Debug,
{
    assert_eq!(code(world, &ours(), request), expected);
}

#[test]
fn a_balancer_is_shown_as_it_was_made() {
    let world = balanced();
    let dns_name = make(&world, "proxy");
    let item = shown(&world, "proxy");
    assert_eq!(item.dns_name, dns_name);
    assert!(dns_name.starts_with("internal-proxy-"), "{dns_name}");
    assert!(dns_name.ends_with(".us-west-2.elb.amazonaws.com"), "{dns_name}");
    assert_eq!(item.availability_zones, ["us-west-2a", "us-west-2b"]);
    assert_eq!(item.vpc_id.as_str(), OURS);
    assert_eq!(item.scheme, "internal");
    assert_eq!(item.health_check.target, "TCP:8888");
    assert_eq!((item.health_check.interval, item.health_check.healthy_threshold), (30, 10));
    assert_eq!(item.listener_descriptions[0].listener.instance_protocol.as_deref(), Some("TCP"));
    assert_eq!(interfaces(&world, "proxy"), ["subnet-0000000a", "subnet-0000000b"]);
}

#[test]
fn a_new_balancer_must_be_one_that_aws_would_make() {
    type Change = fn(&mut CreateLoadBalancer);
    let cases: &[(&str, Change)] = &[
        ("ValidationError", |it| it.load_balancer_name = "x".repeat(33)),
        ("ValidationError", |it| it.load_balancer_name = "a_b".to_owned()),
        ("ValidationError", |it| it.load_balancer_name = "-a".to_owned()),
        ("ValidationError", |it| it.listeners.clear()),
        ("ValidationError", |it| it.subnets.clear()),
        ("ValidationError", |it| it.availability_zones = texts(&["us-west-2a"])),
        ("InvalidScheme", |it| it.scheme = Some("external".to_owned())),
        ("SubnetNotFound", |it| it.subnets = texts(&["subnet-00000bad"])),
        ("InvalidConfigurationRequest", |it| it.subnets.push("subnet-0000001a".to_owned())),
        ("InvalidConfigurationRequest", |it| it.subnets.push("subnet-0000000d".to_owned())),
        ("InvalidSubnet", |it| it.subnets.push("subnet-0000000e".to_owned())),
        ("InvalidSecurityGroup", |it| it.security_groups = texts(&["sg-00000bad"])),
        ("InvalidConfigurationRequest", |it| it.security_groups = texts(&["sg-0000000d"])),
        ("UnsupportedProtocol", |it| it.listeners = vec![listener("UDP", 53)]),
        ("ValidationError", |it| it.listeners = vec![listener("TCP", 0)]),
        ("ValidationError", |it| it.listeners = vec![listener("HTTPS", 443)]),
        ("ValidationError", |it| it.listeners = vec![secure("TCP", 443, CERTIFICATE)]),
        ("CertificateNotFound", |it| it.listeners = vec![secure("SSL", 443, "arn:none")]),
        ("InvalidConfigurationRequest", |it| {
            it.listeners[0].instance_protocol = Some("HTTP".to_owned());
        }),
        ("DuplicateTagKeys", |it| {
            let tag = Tag { key: "a".to_owned(), value: None };
            it.tags = vec![tag.clone(), tag];
        }),
        ("TooManyTags", |it| {
            let keys = (0..11).map(|n| Tag { key: format!("k{n}"), value: None });
            it.tags = keys.collect();
        }),
    ];
    let world = balanced();
    for (expected, change) in cases {
        let mut request = proxy("proxy");
        change(&mut request);
        let error = refusal(&world, &ours(), request.clone());
        assert_eq!(error.code(), Some(*expected), "{request:?}: {error}");
    }
    assert!(
        done(&world, &ours(), DescribeLoadBalancers::default())
            .load_balancer_descriptions
            .is_empty()
    );
    let outward = CreateLoadBalancer {
        scheme: None,
        subnets: texts(&["subnet-0000000d"]),
        security_groups: Vec::new(),
        ..proxy("outward")
    };
    refused(&world, outward, "InvalidSubnet");
}

#[test]
fn eight_free_addresses_are_needed_in_each_subnet() {
    let world = balanced();
    let narrow =
        |name: &str| CreateLoadBalancer { subnets: texts(&["subnet-0000000f"]), ..proxy(name) };
    // A /27 has 27 addresses; each balancer takes one, and the last one that fits finds eight.
    for number in 1..=20 {
        done(&world, &ours(), narrow(&format!("b{number}")));
    }
    let roomy =
        Settings { quotas: Quotas { balancers: 100, ..Quotas::default() }, ..Settings::default() };
    refused(&world, proxy("one-more"), "TooManyLoadBalancers");
    let world = world_of(BALANCED, roomy);
    for number in 1..=20 {
        done(&world, &ours(), narrow(&format!("b{number}")));
    }
    let error = refusal(&world, &ours(), narrow("b21"));
    assert_eq!(error.code(), Some("InvalidSubnet"));
    assert_eq!(
        error.message(),
        "Not enough IP space available in subnet-0000000f. ELB requires at least 8 free IP addresses in each subnet."
    );
}

#[test]
fn a_name_is_taken_but_the_same_balancer_may_be_asked_for_again() {
    let world = balanced();
    let dns_name = make(&world, "proxy");
    assert_eq!(make(&world, "proxy"), dns_name);
    let other = CreateLoadBalancer { listeners: vec![listener("TCP", 9088)], ..proxy("proxy") };
    refused(&world, other, "DuplicateLoadBalancerName");
    // Another account and another Region have names of their own.
    assert!(refusal(&world, &theirs(), proxy("proxy")).code() != Some("DuplicateLoadBalancerName"));
    let settings = Settings { repeated_balancer: RepeatedBalancer::Refused, ..Settings::default() };
    let world = world_of(BALANCED, settings);
    make(&world, "proxy");
    refused(&world, proxy("proxy"), "DuplicateLoadBalancerName");
}

#[test]
fn every_call_about_a_balancer_that_is_not_there_says_so() {
    let world = balanced();
    let name = || "none".to_owned();
    let expected = "LoadBalancerNotFound";
    refused(
        &world,
        DescribeLoadBalancers { load_balancer_names: vec![name()], ..Default::default() },
        expected,
    );
    refused(&world, DescribeLoadBalancerAttributes { load_balancer_name: name() }, expected);
    refused(
        &world,
        DescribeInstanceHealth { load_balancer_name: name(), instances: vec![] },
        expected,
    );
    refused(
        &world,
        AttachLoadBalancerToSubnets { load_balancer_name: name(), subnets: vec![] },
        expected,
    );
    refused(&world, ElbDescribeTags { load_balancer_names: vec![name()] }, expected);
    refused(&world, AddTags { load_balancer_names: vec![name()], tags: vec![] }, expected);
    refused(
        &world,
        DeleteLoadBalancerListeners { load_balancer_name: name(), load_balancer_ports: vec![] },
        expected,
    );
    refused(
        &world,
        RegisterInstancesWithLoadBalancer { load_balancer_name: name(), instances: vec![] },
        expected,
    );
    done(&world, &ours(), remove("none"));
}

#[test]
fn interfaces_linger_and_hold_subnet_and_group() {
    let world = balanced();
    make(&world, "proxy");
    done(&world, &ours(), remove("proxy"));
    assert_eq!(interfaces(&world, "proxy").len(), 2);
    let subnet = || DeleteSubnet { subnet_id: "subnet-0000001a".to_owned(), dry_run: None };
    let group = || DeleteSecurityGroup {
        group_id: Some("sg-0000000a".to_owned()),
        ..DeleteSecurityGroup::default()
    };
    refused(&world, group(), "DependencyViolation");
    done(&world, &ours(), subnet());
    world.advance(seconds(120));
    assert!(interfaces(&world, "proxy").is_empty());
    done(&world, &ours(), group());
}

#[test]
fn a_zone_has_one_subnet_and_the_last_one_stays() {
    let world = balanced();
    make(&world, "proxy");
    let attach = |subnet: &str| AttachLoadBalancerToSubnets {
        load_balancer_name: "proxy".to_owned(),
        subnets: texts(&[subnet]),
    };
    let detach = |subnets: &[&str]| DetachLoadBalancerFromSubnets {
        load_balancer_name: "proxy".to_owned(),
        subnets: texts(subnets),
    };
    refused(&world, attach("subnet-0000001a"), "InvalidConfigurationRequest");
    refused(&world, attach("subnet-0000000e"), "InvalidSubnet");
    let all = detach(&["subnet-0000000a", "subnet-0000000b"]);
    refused(&world, all, "InvalidConfigurationRequest");
    refused(&world, detach(&["subnet-0000000c"]), "InvalidConfigurationRequest");
    assert_eq!(done(&world, &ours(), detach(&["subnet-0000000a"])).subnets.len(), 1);
    // The subnet that was left counts until its interface is gone.
    refused(&world, attach("subnet-0000001a"), "InvalidConfigurationRequest");
    world.advance(seconds(120));
    assert_eq!(done(&world, &ours(), attach("subnet-0000001a")).subnets.len(), 2);
    assert_eq!(shown(&world, "proxy").availability_zones, ["us-west-2a", "us-west-2b"]);
    let zones = EnableAvailabilityZonesForLoadBalancer {
        load_balancer_name: "proxy".to_owned(),
        availability_zones: texts(&["us-west-2c"]),
    };
    refused(&world, zones, "ValidationError");
}

#[test]
fn listeners_come_and_go() {
    let world = balanced();
    make(&world, "proxy");
    let add = |listener: Listener| CreateLoadBalancerListeners {
        load_balancer_name: "proxy".to_owned(),
        listeners: vec![listener],
    };
    done(&world, &ours(), add(listener("TCP", 8888)));
    let other = Listener { instance_port: 1, ..listener("tcp", 8888) };
    refused(&world, add(other), "DuplicateListener");
    let unlike = Listener { load_balancer_port: 9, ..secure("SSL", 8888, CERTIFICATE) };
    refused(&world, add(unlike), "InvalidConfigurationRequest");
    done(&world, &ours(), add(secure("HTTPS", 443, CERTIFICATE)));
    let item = shown(&world, "proxy");
    let secured = &item.listener_descriptions[0];
    assert_eq!(secured.policy_names, ["ELBSecurityPolicy-2016-08"]);
    assert_eq!(item.policies.other_policies, ["ELBSecurityPolicy-2016-08"]);
    let certify = |port, arn: &str| SetLoadBalancerListenerSSLCertificate {
        load_balancer_name: "proxy".to_owned(),
        load_balancer_port: port,
        ssl_certificate_id: arn.to_owned(),
    };
    refused(&world, certify(444, CERTIFICATE), "ListenerNotFound");
    refused(&world, certify(8888, CERTIFICATE), "InvalidConfigurationRequest");
    refused(&world, certify(443, "arn:none"), "CertificateNotFound");
    done(&world, &ours(), certify(443, CERTIFICATE));
    let gone = DeleteLoadBalancerListeners {
        load_balancer_name: "proxy".to_owned(),
        load_balancer_ports: vec![443, 8888, 1],
    };
    done(&world, &ours(), gone);
    assert!(shown(&world, "proxy").listener_descriptions.is_empty());
}

#[test]
fn policies_are_set_where_they_fit_and_not_deleted_in_use() {
    let world = balanced();
    make(&world, "proxy");
    let create = |name: &str, kind: &str, attribute: (&str, &str)| CreateLoadBalancerPolicy {
        load_balancer_name: "proxy".to_owned(),
        policy_name: name.to_owned(),
        policy_type_name: kind.to_owned(),
        policy_attributes: vec![PolicyAttribute {
            attribute_name: attribute.0.to_owned(),
            attribute_value: attribute.1.to_owned(),
        }],
    };
    let header = create("header", "ProxyProtocolPolicyType", ("ProxyProtocol", "true"));
    done(&world, &ours(), header.clone());
    refused(&world, header, "DuplicatePolicyName");
    refused(&world, create("x", "NoSuchType", ("a", "b")), "PolicyTypeNotFound");
    let wrong = create("x", "ProxyProtocolPolicyType", ("ProxyProtocol", "perhaps"));
    refused(&world, wrong, "InvalidConfigurationRequest");
    let wrong = create("x", "SSLNegotiationPolicyType", ("Reference-Security-Policy", "none"));
    refused(&world, wrong, "InvalidConfigurationRequest");
    let on_port = |port, names: &[&str]| SetLoadBalancerPoliciesForBackendServer {
        load_balancer_name: "proxy".to_owned(),
        instance_port: port,
        policy_names: texts(names),
    };
    refused(&world, on_port(8888, &["none"]), "PolicyNotFound");
    refused(&world, on_port(1, &["header"]), "InvalidConfigurationRequest");
    done(&world, &ours(), on_port(8888, &["header"]));
    let on_listener = SetLoadBalancerPoliciesOfListener {
        load_balancer_name: "proxy".to_owned(),
        load_balancer_port: 8888,
        policy_names: texts(&["header"]),
    };
    refused(&world, on_listener, "InvalidConfigurationRequest");
    let gone = || DeleteLoadBalancerPolicy {
        load_balancer_name: "proxy".to_owned(),
        policy_name: "header".to_owned(),
    };
    refused(&world, gone(), "InvalidConfigurationRequest");
    assert_eq!(shown(&world, "proxy").backend_server_descriptions[0].policy_names, ["header"]);
    done(&world, &ours(), on_port(8888, &[]));
    done(&world, &ours(), gone());
    done(&world, &ours(), gone());
    assert!(shown(&world, "proxy").policies.other_policies.is_empty());
    let samples = done(&world, &ours(), DescribeLoadBalancerPolicies::default());
    assert!(samples.policy_descriptions.len() > 5);
}

#[test]
fn attributes_that_are_not_named_stay() {
    let world = balanced();
    make(&world, "proxy");
    let modify = |attributes: AttributesItem| ModifyLoadBalancerAttributes {
        load_balancer_name: "proxy".to_owned(),
        load_balancer_attributes: attributes,
    };
    let cross_zone = AttributesItem {
        cross_zone_load_balancing: Some(EnabledItem { enabled: true }),
        ..AttributesItem::default()
    };
    done(&world, &ours(), modify(cross_zone));
    let idle = |idle_timeout| AttributesItem {
        connection_settings: Some(IdleItem { idle_timeout }),
        ..AttributesItem::default()
    };
    done(&world, &ours(), modify(idle(3600)));
    refused(&world, modify(idle(99999)), "ValidationError");
    let log = |bucket: &str| AttributesItem {
        access_log: Some(AccessLogItem {
            enabled: true,
            s3_bucket_name: Some(bucket.to_owned()),
            emit_interval: None,
            s3_bucket_prefix: None,
        }),
        ..AttributesItem::default()
    };
    refused(&world, modify(log("others")), "InvalidConfigurationRequest");
    done(&world, &ours(), modify(log("logs")));
    let unknown = AttributesItem {
        additional_attributes: vec![AdditionalAttribute { key: "elb.x".to_owned(), value: None }],
        ..AttributesItem::default()
    };
    refused(&world, modify(unknown), "LoadBalancerAttributeNotFound");
    let request = DescribeLoadBalancerAttributes { load_balancer_name: "proxy".to_owned() };
    let shown = done(&world, &ours(), request).load_balancer_attributes;
    assert!(shown.cross_zone_load_balancing.unwrap().enabled);
    assert_eq!(shown.connection_settings.unwrap().idle_timeout, 3600);
    assert!(shown.access_log.unwrap().enabled);
    let draining = shown.connection_draining.unwrap();
    assert_eq!((draining.enabled, draining.timeout), (false, Some(300)));
}

#[test]
fn tags_are_few_and_of_one_balancer() {
    let world = balanced();
    make(&world, "proxy");
    let names = || texts(&["proxy"]);
    let tags = |range: std::ops::Range<u32>| -> Vec<Tag> {
        range.map(|n| Tag { key: format!("k{n}"), value: Some("v".to_owned()) }).collect()
    };
    done(&world, &ours(), AddTags { load_balancer_names: names(), tags: tags(0..10) });
    refused(&world, AddTags { load_balancer_names: names(), tags: tags(10..11) }, "TooManyTags");
    let two = texts(&["proxy", "proxy"]);
    refused(&world, AddTags { load_balancer_names: two, tags: tags(0..1) }, "ValidationError");
    let gone = vec![TagKey { key: "k0".to_owned() }, TagKey { key: "none".to_owned() }];
    done(&world, &ours(), RemoveTags { load_balancer_names: names(), tags: gone });
    let request = ElbDescribeTags { load_balancer_names: names() };
    assert_eq!(done(&world, &ours(), request).tag_descriptions[0].tags.len(), 9);
    let many = ElbDescribeTags { load_balancer_names: vec!["proxy".to_owned(); 21] };
    refused(&world, many, "ValidationError");
}

#[test]
fn lists_are_cut_into_pages() {
    let world = balanced();
    for name in ["a", "b", "c"] {
        make(&world, name);
    }
    let page = |marker: Option<String>, size| DescribeLoadBalancers {
        marker,
        page_size: Some(size),
        ..DescribeLoadBalancers::default()
    };
    let first = done(&world, &ours(), page(None, 2));
    assert_eq!(first.load_balancer_descriptions.len(), 2);
    let second = done(&world, &ours(), page(first.next_marker, 2));
    assert_eq!(second.load_balancer_descriptions[0].load_balancer_name, "c");
    assert_eq!(second.next_marker, None);
    refused(&world, page(Some("forged".to_owned()), 2), "ValidationError");
    refused(&world, page(None, 401), "ValidationError");
    refused(&world, page(None, 0), "ValidationError");
    let limits = done(&world, &ours(), ElbDescribeAccountLimits::default()).limits;
    assert_eq!((limits[1].name, limits[1].max.as_str()), ("classic-load-balancers", "20"));
}

#[test]
fn groups_are_replaced_as_a_whole_also_on_the_interfaces() {
    let world = balanced();
    make(&world, "proxy");
    let apply = |groups: &[&str]| ApplySecurityGroupsToLoadBalancer {
        load_balancer_name: "proxy".to_owned(),
        security_groups: texts(groups),
    };
    refused(&world, apply(&[]), "ValidationError");
    refused(&world, apply(&["sg-0000000d"]), "InvalidConfigurationRequest");
    refused(&world, apply(&["sg-00000bad"]), "InvalidSecurityGroup");
    done(&world, &ours(), apply(&["sg-0000000b"]));
    let request = DescribeNetworkInterfaces {
        filters: filter("group-id", &["sg-0000000a"]),
        ..DescribeNetworkInterfaces::default()
    };
    assert!(done(&world, &ours(), request).network_interface_set.is_empty());
}

#[test]
fn a_subnet_made_for_a_balancer_is_held_by_it() {
    let world = balanced();
    let request = CreateSubnet {
        vpc_id: OURS.to_owned(),
        cidr_block: Some("10.50.6.0/26".to_owned()),
        availability_zone_id: Some("usw2-az3".to_owned()),
        ..CreateSubnet::default()
    };
    let subnet = done(&world, &ours(), request).subnet.subnet_id.to_string();
    let request = CreateLoadBalancer { subnets: vec![subnet.clone()], ..proxy("proxy") };
    done(&world, &ours(), request);
    let delete = || DeleteSubnet { subnet_id: subnet.clone(), dry_run: None };
    refused(&world, delete(), "DependencyViolation");
    done(&world, &ours(), remove("proxy"));
    refused(&world, delete(), "DependencyViolation");
    world.advance(seconds(120));
    done(&world, &ours(), delete());
}

#[test]
fn what_is_switched_off_is_kept_for_when_it_is_switched_on_again() {
    let world = balanced();
    make(&world, "proxy");
    let modify = |attributes: AttributesItem| {
        let request = ModifyLoadBalancerAttributes {
            load_balancer_name: "proxy".to_owned(),
            load_balancer_attributes: attributes,
        };
        done(&world, &ours(), request);
    };
    let draining = |enabled, timeout| AttributesItem {
        connection_draining: Some(DrainingItem { enabled, timeout }),
        ..AttributesItem::default()
    };
    let logs = |enabled, bucket: Option<&str>, emit_interval| AttributesItem {
        access_log: Some(AccessLogItem {
            enabled,
            s3_bucket_name: bucket.map(str::to_owned),
            emit_interval,
            s3_bucket_prefix: None,
        }),
        ..AttributesItem::default()
    };
    let shown = |world: &World| {
        let request = DescribeLoadBalancerAttributes { load_balancer_name: "proxy".to_owned() };
        let it = done(world, &ours(), request).load_balancer_attributes;
        let (draining, log) = (it.connection_draining.unwrap(), it.access_log.unwrap());
        ((draining.enabled, draining.timeout), (log.enabled, log.s3_bucket_name, log.emit_interval))
    };
    assert_eq!(shown(&world), ((false, Some(300)), (false, None, None)));
    modify(draining(true, Some(400)));
    modify(logs(true, Some("logs"), Some(5)));
    modify(draining(false, None));
    modify(logs(false, None, None));
    let kept = (false, Some("logs".to_owned()), Some(5));
    assert_eq!(shown(&world), ((false, Some(400)), kept.clone()));
    check_saving(&world);
    let clock = world.clock().clone();
    let again = World::new(&world.estate(), Settings { clock, ..Settings::default() }).unwrap();
    assert_eq!(shown(&again), shown(&world));
    modify(draining(true, None));
    assert_eq!(shown(&world), ((true, Some(400)), kept));
    modify(logs(false, Some("others"), None));
    assert_eq!(shown(&world).1, (false, Some("others".to_owned()), Some(5)));
}
