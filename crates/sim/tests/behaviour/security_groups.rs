use peerway_sim::ec2::TagSpecification;
use peerway_sim::ec2::security_groups::*;
use peerway_sim::{Quotas, Settings, World};

use super::support::*;

const GROUP: &str = "sg-0000000a";

fn cidr(protocol: &str, ports: (i32, i32), block: &str) -> IpPermission {
    IpPermission {
        ip_protocol: protocol.to_owned(),
        from_port: Some(ports.0),
        to_port: Some(ports.1),
        ip_ranges: vec![IpRange { cidr_ip: block.to_owned(), description: None }],
        ..IpPermission::default()
    }
}

fn group(id: &str, account: Option<&str>) -> IpPermission {
    let pair = GroupPair {
        group_id: Some(id.to_owned()),
        user_id: account.map(str::to_owned),
        ..GroupPair::default()
    };
    IpPermission { ip_protocol: "-1".to_owned(), groups: vec![pair], ..IpPermission::default() }
}

fn authorize(ip_permissions: Vec<IpPermission>) -> AuthorizeSecurityGroupIngress {
    AuthorizeSecurityGroupIngress {
        group_id: Some(GROUP.to_owned()),
        ip_permissions,
        ..AuthorizeSecurityGroupIngress::default()
    }
}

fn revoke(ip_permissions: Vec<IpPermission>) -> RevokeSecurityGroupIngress {
    RevokeSecurityGroupIngress {
        group_id: Some(GROUP.to_owned()),
        ip_permissions,
        ..RevokeSecurityGroupIngress::default()
    }
}

fn rules(world: &World) -> Vec<RuleItem> {
    let request =
        DescribeSecurityGroupRules { filters: filter("group-id", &[GROUP]), ..Default::default() };
    done(world, &ours(), request).security_group_rule_set
}

fn ingress(world: &World) -> Vec<RuleItem> {
    rules(world).into_iter().filter(|rule| !rule.is_egress).collect()
}

fn create(name: &str) -> CreateSecurityGroup {
    CreateSecurityGroup {
        group_name: name.to_owned(),
        group_description: "d".to_owned(),
        vpc_id: Some(OURS.to_owned()),
        ..CreateSecurityGroup::default()
    }
}

#[test]
fn a_new_group_admits_nothing_and_lets_everything_out() {
    let world = world();
    let id = done(&world, &ours(), create("g")).group_id;
    let request = DescribeSecurityGroups { group_ids: vec![id.to_string()], ..Default::default() };
    let made = done(&world, &ours(), request).security_group_info.remove(0);
    assert!(made.ip_permissions.is_empty());
    let [egress] = made.ip_permissions_egress.as_slice() else { panic!("{made:?}") };
    assert_eq!((egress.ip_protocol.as_str(), egress.from_port), ("-1", None));
    assert_eq!(egress.ip_ranges[0].cidr_ip.to_string(), "0.0.0.0/0");
}

#[test]
fn names_are_unique_in_a_vpc_whatever_their_case_and_some_are_not_allowed() {
    let world = world();
    assert_eq!(code(&world, &ours(), create("Balancer")), "InvalidGroup.Duplicate");
    let elsewhere = CreateSecurityGroup { vpc_id: Some(TWIN.to_owned()), ..create("Balancer") };
    done(&world, &ours(), elsewhere);
    assert_eq!(code(&world, &ours(), create("sg-mine")), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), create("ü")), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), create("default")), "InvalidGroup.Reserved");
    let no_vpc = CreateSecurityGroup { vpc_id: None, ..create("g") };
    assert_eq!(code(&world, &ours(), no_vpc), "VPCIdNotSpecified");
}

#[test]
fn rules_are_compared_in_canonical_form_and_without_their_descriptions() {
    let world = world();
    let mut described = cidr("tcp", (80, 80), "10.1.2.3/16");
    described.ip_ranges[0].description = Some("first".to_owned());
    let written = done(&world, &ours(), authorize(vec![described]));
    assert_eq!(written.security_group_rule_set[0].cidr_ipv4.unwrap().to_string(), "10.1.0.0/16");
    let same = authorize(vec![cidr("6", (80, 80), "10.1.0.0/16")]);
    let refused = refusal(&world, &ours(), same);
    assert_eq!(refused.code(), Some("InvalidPermission.Duplicate"));
    assert_eq!(
        refused.message(),
        "the specified rule \"peer: 10.1.0.0/16, TCP, from port: 80, to port: 80, ALLOW\" already exists"
    );
    done(&world, &ours(), authorize(vec![cidr("udp", (80, 80), "10.1.0.0/16")]));
}

#[test]
fn a_call_writes_all_of_its_rules_or_none() {
    let world = world();
    done(&world, &ours(), authorize(vec![cidr("tcp", (80, 80), "10.1.0.0/16")]));
    let half = vec![cidr("tcp", (81, 81), "10.1.0.0/16"), cidr("tcp", (80, 80), "10.1.0.0/16")];
    assert_eq!(code(&world, &ours(), authorize(half)), "InvalidPermission.Duplicate");
    assert_eq!(ingress(&world).len(), 1);
    let twice = vec![cidr("tcp", (81, 81), "10.1.0.1/16"), cidr("tcp", (81, 81), "10.1.0.2/16")];
    assert_eq!(code(&world, &ours(), authorize(twice)), "InvalidParameterValue");
    assert_eq!(ingress(&world).len(), 1);

    let half = vec![cidr("tcp", (80, 80), "10.1.0.0/16"), cidr("tcp", (9, 9), "10.1.0.0/16")];
    assert_eq!(code(&world, &ours(), revoke(half)), "InvalidPermission.NotFound");
    assert_eq!(ingress(&world).len(), 1);
    done(&world, &ours(), revoke(vec![cidr("tcp", (80, 80), "10.1.9.9/16")]));
    assert!(ingress(&world).is_empty());
}

#[test]
fn rules_are_revoked_by_id_within_their_group_and_direction() {
    let world = world();
    let written = done(&world, &ours(), authorize(vec![cidr("tcp", (80, 80), "10.1.0.0/16")]));
    let id = written.security_group_rule_set[0].security_group_rule_id.to_string();
    let by_id = |group: &str| RevokeSecurityGroupIngress {
        group_id: Some(group.to_owned()),
        security_group_rule_ids: vec![id.clone()],
        ..RevokeSecurityGroupIngress::default()
    };
    let unknown = "InvalidSecurityGroupRuleId.NotFound";
    assert_eq!(code(&world, &ours(), by_id("sg-0000000b")), unknown);
    let wrong_direction = RevokeSecurityGroupEgress {
        group_id: Some(GROUP.to_owned()),
        security_group_rule_ids: vec![id.clone()],
        ..RevokeSecurityGroupEgress::default()
    };
    assert_eq!(code(&world, &ours(), wrong_direction), unknown);
    let revoked = done(&world, &ours(), by_id(GROUP));
    assert_eq!(revoked.revoked_security_group_rule_set[0].security_group_rule_id.as_str(), id);
    assert_eq!(code(&world, &ours(), by_id(GROUP)), unknown);
}

#[test]
fn a_group_of_a_peer_can_be_meant_only_over_an_active_connection() {
    let world = world();
    let reference = || authorize(vec![group("sg-0000000c", Some("222222222222"))]);
    assert_eq!(code(&world, &ours(), reference()), "InvalidGroup.NotFound");
    let id = request(&world);
    world.advance(seconds(1));
    done(&world, &theirs(), accept(&id));
    let refused = refusal(&world, &ours(), reference());
    assert_eq!(refused.code(), Some("InvalidGroup.NotFound"));
    assert!(refused.message().contains("different networks"), "{refused}");
    world.advance(seconds(3));
    assert_eq!(
        code(&world, &ours(), authorize(vec![group("sg-0000000c", None)])),
        "InvalidGroup.NotFound",
        "a group of another account needs its owner"
    );
    let written = done(&world, &ours(), reference()).security_group_rule_set.remove(0);
    let info = written.referenced_group_info.unwrap();
    assert_eq!(info.vpc_id.unwrap().as_str(), THEIRS);
    assert_eq!(info.vpc_peering_connection_id.unwrap().as_str(), id);
    assert_eq!(info.peering_status, Some("active"));
}

#[test]
fn groups_of_unpeered_vpcs_and_of_other_regions_cannot_be_meant() {
    let world = world();
    let unpeered = authorize(vec![group("sg-0000000b", None)]);
    assert_eq!(code(&world, &ours(), unpeered), "InvalidGroup.NotFound");
    connect_far(&world);
    let far_group = authorize(vec![group("sg-0000000d", Some("333333333333"))]);
    assert_eq!(code(&world, &ours(), far_group), "InvalidGroup.NotFound");
}

#[test]
fn a_reference_goes_stale_with_its_connection_and_revives_with_a_new_one() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), authorize(vec![group("sg-0000000c", Some("222222222222"))]));
    let peering = |world: &World| {
        let info = ingress(world).remove(0).referenced_group_info.unwrap();
        (info.vpc_peering_connection_id.unwrap().to_string(), info.peering_status.unwrap())
    };
    done(&world, &theirs(), delete(&id));
    assert_eq!(peering(&world), (id.clone(), "deleted"));
    let saved = world.estate();
    let again = connect(&world);
    assert_eq!(peering(&world), (again, "active"));

    // Also across saving and loading: the stale rule is written down as one.
    let loaded = World::new(&saved, Settings::default()).unwrap();
    assert_eq!(peering(&loaded), (id, "deleted"));
    assert_eq!(loaded.estate(), saved);
    let again = connect(&loaded);
    assert_eq!(peering(&loaded), (again, "active"));
}

#[test]
fn a_group_that_only_a_peer_refers_to_can_be_deleted() {
    let world = world();
    connect(&world);
    done(&world, &ours(), authorize(vec![group("sg-0000000c", Some("222222222222"))]));
    let request =
        DeleteSecurityGroup { group_id: Some("sg-0000000c".to_owned()), ..Default::default() };
    done(&world, &theirs(), request);
    assert_eq!(ingress(&world).len(), 1, "the rule stays, without effect");
    let reloaded = World::new(&world.estate(), Settings::default()).unwrap();
    assert_eq!(reloaded.estate(), world.estate());
    let own = authorize(vec![group("sg-0000000c", Some("222222222222"))]);
    assert_eq!(code(&world, &ours(), own), "InvalidGroup.NotFound");
    done(&world, &ours(), revoke(vec![group("sg-0000000c", Some("222222222222"))]));
    assert!(ingress(&world).is_empty());
}

#[test]
fn rules_are_limited_for_each_direction_and_family() {
    let quotas = Quotas { rules_per_group: 2, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    done(&world, &ours(), authorize(vec![cidr("tcp", (1, 1), "1.0.0.0/8")]));
    done(&world, &ours(), authorize(vec![group(GROUP, None)]));
    let third = authorize(vec![cidr("tcp", (2, 2), "1.0.0.0/8")]);
    assert_eq!(code(&world, &ours(), third), "RulesPerSecurityGroupLimitExceeded");
    let mut ipv6 = cidr("tcp", (2, 2), "");
    ipv6.ip_ranges.clear();
    ipv6.ipv6_ranges.push(Ipv6Range { cidr_ipv6: "fd00::1/64".to_owned(), description: None });
    done(&world, &ours(), authorize(vec![ipv6]));
}

#[test]
fn protocols_and_ports_are_read_as_aws_reads_them() {
    let world = world();
    let port = |protocol: &str, ports| authorize(vec![cidr(protocol, ports, "1.0.0.0/8")]);
    for (protocol, ports, shown) in [
        ("6", (0, 65535), ("tcp", 0, 65535)),
        ("UDP", (5, 5), ("udp", 5, 5)),
        ("icmp", (8, -1), ("icmp", 8, -1)),
        ("58", (-1, -1), ("icmpv6", -1, -1)),
        ("-1", (80, 80), ("-1", -1, -1)),
        ("50", (7, 9), ("50", -1, -1)),
    ] {
        let rule = done(&world, &ours(), port(protocol, ports)).security_group_rule_set.remove(0);
        assert_eq!((rule.ip_protocol.as_str(), rule.from_port, rule.to_port), shown);
    }
    for (protocol, ports) in [
        ("tcp", (80, 79)),
        ("tcp", (-1, -1)),
        ("udp", (0, 65536)),
        ("icmp", (-1, 0)),
        ("icmp", (256, 0)),
        ("ftp", (1, 1)),
        ("256", (1, 1)),
    ] {
        assert_eq!(
            code(&world, &ours(), port(protocol, ports)),
            "InvalidParameterValue",
            "{protocol}"
        );
    }
    let mut portless = cidr("tcp", (1, 1), "1.0.0.0/8");
    portless.to_port = None;
    assert_eq!(code(&world, &ours(), authorize(vec![portless])), "MissingParameter");
    let mut sourceless = cidr("tcp", (1, 1), "");
    sourceless.ip_ranges.clear();
    assert_eq!(code(&world, &ours(), authorize(vec![sourceless])), "MissingParameter");
    assert_eq!(code(&world, &ours(), authorize(vec![])), "MissingParameter");
    let malformed = authorize(vec![cidr("tcp", (1, 1), "1.0.0.0/33")]);
    assert_eq!(code(&world, &ours(), malformed), "InvalidParameterValue");
}

#[test]
fn the_older_form_gathers_the_sources_of_one_port_range() {
    let world = world();
    let mut two = cidr("tcp", (80, 80), "1.0.0.0/8");
    two.ip_ranges.push(IpRange { cidr_ip: "2.0.0.0/8".to_owned(), description: None });
    two.groups = vec![GroupPair { group_name: Some("balancer".to_owned()), ..Default::default() }];
    let written = done(&world, &ours(), authorize(vec![two, cidr("tcp", (81, 81), "1.0.0.0/8")]));
    assert_eq!(written.security_group_rule_set.len(), 4);
    let request =
        DescribeSecurityGroups { group_ids: vec![GROUP.to_owned()], ..Default::default() };
    let shown = done(&world, &ours(), request).security_group_info.remove(0).ip_permissions;
    let shape: Vec<_> =
        shown.iter().map(|p| (p.from_port, p.ip_ranges.len(), p.groups.len())).collect();
    assert_eq!(shape, [(Some(80), 2, 1), (Some(81), 1, 0)]);
}

#[test]
fn groups_are_found_by_what_they_are_and_by_their_rules() {
    let world = world();
    done(&world, &ours(), authorize(vec![cidr("tcp", (80, 81), "1.0.0.0/8")]));
    let found = |name: &str, values: &[&str]| {
        let request =
            DescribeSecurityGroups { filters: filter(name, values), ..Default::default() };
        done(&world, &ours(), request).security_group_info.len()
    };
    assert_eq!(found("description", &["The balancer"]), 1);
    assert_eq!(found("group-name", &["default"]), 2);
    assert_eq!(found("ip-permission.cidr", &["1.0.0.0/8"]), 1);
    assert_eq!(found("ip-permission.from-port", &["80"]), 1);
    assert_eq!(found("ip-permission.to-port", &["80"]), 0);
    assert_eq!(found("ip-permission.protocol", &["tcp"]), 1);
    assert_eq!(found("egress.ip-permission.cidr", &["0.0.0.0/0"]), 4);
    assert_eq!(found("vpc-id", &[OURS]), 2);
    // A default group admits itself.
    assert_eq!(found("ip-permission.group-name", &["default"]), 2);
    assert_eq!(found("egress.ip-permission.group-name", &["default"]), 0);
}

#[test]
fn rules_carry_tags_from_their_creation() {
    let world = world();
    let tags = [("owner".to_owned(), "me".to_owned())].into();
    let request = AuthorizeSecurityGroupIngress {
        tag_specifications: TagSpecification::of("security-group-rule", &tags),
        ..authorize(vec![cidr("tcp", (1, 1), "1.0.0.0/8")])
    };
    done(&world, &ours(), request);
    let request =
        DescribeSecurityGroupRules { filters: filter("tag:owner", &["me"]), ..Default::default() };
    assert_eq!(done(&world, &ours(), request).security_group_rule_set.len(), 1);
}

#[test]
fn in_a_default_vpc_a_rule_that_is_not_there_is_told_not_refused() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{id: vpc-0000000a, cidr: 172.31.0.0/16, \
                  default: true, securityGroups: [{id: sg-0000000a, name: g}]}]}}}}";
    let world = world_of(estate, Settings::default());
    let by_name = RevokeSecurityGroupIngress {
        group_id: None,
        group_name: Some("g".to_owned()),
        ..revoke(vec![cidr("tcp", (1, 1), "1.0.0.0/8")])
    };
    let revoked = done(&world, &ours(), by_name);
    assert_eq!(revoked.unknown_ip_permission_set.len(), 1);
    assert!(revoked.revoked_security_group_rule_set.is_empty());
    done(&world, &ours(), CreateSecurityGroup { vpc_id: None, ..create("second") });
}

/// One change to a rule, the rest of it as `rule` admits.
fn update(rule: &str, wanted: SecurityGroupRuleRequest) -> ModifySecurityGroupRules {
    ModifySecurityGroupRules {
        group_id: "sg-0000000a".to_owned(),
        security_group_rules: vec![SecurityGroupRuleUpdate {
            security_group_rule_id: rule.to_owned(),
            security_group_rule: Some(wanted),
        }],
        dry_run: None,
    }
}

fn admits(cidr: &str, port: i32) -> SecurityGroupRuleRequest {
    SecurityGroupRuleRequest {
        ip_protocol: Some("tcp".to_owned()),
        from_port: Some(port),
        to_port: Some(port),
        cidr_ipv4: Some(cidr.to_owned()),
        ..SecurityGroupRuleRequest::default()
    }
}

#[test]
fn a_rule_is_changed_in_place_but_not_into_one_of_another_kind() {
    let world = world();
    let make = |cidr: &str| {
        let request = AuthorizeSecurityGroupIngress {
            group_id: Some("sg-0000000a".to_owned()),
            ip_protocol: Some("tcp".to_owned()),
            from_port: Some(443),
            to_port: Some(443),
            cidr_ip: Some(cidr.to_owned()),
            ..AuthorizeSecurityGroupIngress::default()
        };
        let made = done(&world, &ours(), request).security_group_rule_set.remove(0);
        made.security_group_rule_id.to_string()
    };
    let (first, second) = (make("10.1.0.0/16"), make("10.2.0.0/16"));
    let described = SecurityGroupRuleRequest {
        description: Some("from the office".to_owned()),
        ..admits("10.3.0.0/16", 8443)
    };
    done(&world, &ours(), update(&first, described));
    done(&world, &ours(), update(&first, admits("10.3.0.0/16", 8444)));
    let request = DescribeSecurityGroupRules {
        security_group_rule_ids: vec![first.clone()],
        ..DescribeSecurityGroupRules::default()
    };
    let rule = done(&world, &ours(), request).security_group_rule_set.remove(0);
    assert_eq!(rule.cidr_ipv4.unwrap().to_string(), "10.3.0.0/16");
    assert_eq!((rule.from_port, rule.to_port), (8444, 8444));
    assert_eq!(rule.description.as_deref(), Some("from the office"));

    let before = world.estate();
    let none = SecurityGroupRuleRequest { cidr_ipv4: None, ..admits("", 1) };
    let group = SecurityGroupRuleRequest {
        referenced_group_id: Some("sg-0000000a".to_owned()),
        ..none.clone()
    };
    let ipv6 = SecurityGroupRuleRequest { cidr_ipv6: Some("fd00::/8".to_owned()), ..none.clone() };
    let both = SecurityGroupRuleRequest {
        cidr_ipv6: Some("fd00::/8".to_owned()),
        ..admits("10.3.0.0/16", 1)
    };
    let silent = SecurityGroupRuleRequest { ip_protocol: None, ..admits("10.3.0.0/16", 1) };
    for (wanted, expected) in [
        (admits("10.2.0.0/16", 443), "InvalidPermission.Duplicate"),
        (admits("10.3.1.2/16", 443), "InvalidParameterValue"),
        (group, "InvalidParameterValue"),
        (ipv6, "InvalidParameterValue"),
        (both, "InvalidParameterCombination"),
        (none, "MissingParameter"),
        (silent, "InvalidParameterValue"),
    ] {
        assert_eq!(code(&world, &ours(), update(&first, wanted)), expected);
    }
    let nobody = update("sgr-0123456789abcdef0", admits("10.3.0.0/16", 1));
    assert_eq!(code(&world, &ours(), nobody), "InvalidSecurityGroupRuleId.NotFound");
    // Two rules change at once, or none does.
    let twins = ModifySecurityGroupRules {
        security_group_rules: [&first, &second]
            .map(|id| update(id, admits("10.4.0.0/16", 443)).security_group_rules.remove(0))
            .to_vec(),
        ..update(&first, admits("10.4.0.0/16", 443))
    };
    assert_eq!(code(&world, &ours(), twins), "InvalidPermission.Duplicate");
    assert_eq!(world.estate(), before);
    // What a rule was, another may become in the same call.
    let swapped = ModifySecurityGroupRules {
        security_group_rules: vec![
            update(&first, admits("10.2.0.0/16", 443)).security_group_rules.remove(0),
            update(&second, admits("10.3.0.0/16", 8444)).security_group_rules.remove(0),
        ],
        ..update(&first, admits("10.4.0.0/16", 443))
    };
    done(&world, &ours(), swapped);
}

#[test]
fn descriptions_are_given_anew_by_what_a_rule_admits_or_by_its_id() {
    let world = world();
    done(&world, &ours(), authorize(vec![cidr("tcp", (443, 443), "10.1.0.0/16")]));
    let described = |block: &str, text: Option<&str>| {
        let mut permission = cidr("tcp", (443, 443), block);
        permission.ip_ranges[0].description = text.map(str::to_owned);
        UpdateSecurityGroupRuleDescriptionsIngress {
            group_id: Some(GROUP.to_owned()),
            ip_permissions: vec![permission],
            ..Default::default()
        }
    };
    let told = || ingress(&world).remove(0).description;
    assert!(done(&world, &ours(), described("10.1.2.3/16", Some("the office"))).done);
    assert_eq!(told().as_deref(), Some("the office"));
    done(&world, &ours(), described("10.1.0.0/16", None));
    assert_eq!(told(), None, "what is left out is taken away");
    let id = ingress(&world).remove(0).security_group_rule_id.to_string();
    let by_id = |id: &str, text: &str| UpdateSecurityGroupRuleDescriptionsIngress {
        group_id: Some(GROUP.to_owned()),
        security_group_rule_descriptions: vec![SecurityGroupRuleDescription {
            security_group_rule_id: Some(id.to_owned()),
            description: Some(text.to_owned()),
        }],
        ..Default::default()
    };
    done(&world, &ours(), by_id(&id, "by id"));
    assert_eq!(told().as_deref(), Some("by id"));
    let egress = UpdateSecurityGroupRuleDescriptionsEgress {
        group_id: Some(GROUP.to_owned()),
        ip_permissions: vec![cidr("tcp", (443, 443), "10.1.0.0/16")],
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), egress), "InvalidPermission.NotFound");
    let neither = UpdateSecurityGroupRuleDescriptionsIngress {
        group_id: Some(GROUP.to_owned()),
        ..Default::default()
    };
    let mut both = by_id(&id, "x");
    both.ip_permissions = vec![cidr("tcp", (443, 443), "10.1.0.0/16")];
    for (request, expected) in [
        (described("10.2.0.0/16", Some("x")), "InvalidPermission.NotFound"),
        (described("10.1.0.0/16", Some("\u{e4}")), "InvalidParameterValue"),
        (by_id("sgr-00000bad", "x"), "InvalidSecurityGroupRuleId.NotFound"),
        (by_id(&id, "\u{e4}"), "InvalidParameterValue"),
        (neither, "MissingParameter"),
        (both, "InvalidParameterCombination"),
    ] {
        assert_eq!(code(&world, &ours(), request), expected);
    }
    assert_eq!(told().as_deref(), Some("by id"), "what is refused has changed nothing");
}
