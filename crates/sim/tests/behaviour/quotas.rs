//! Quotas, each set to what stands already by the estate: one more is refused, with AWS's code.

use std::collections::BTreeSet;

use peerway_sim::ec2::network_interfaces::DescribeNetworkInterfaces;
use peerway_sim::ec2::security_groups::*;
use peerway_sim::ec2::vpcs::CreateDefaultVpc;
use peerway_sim::elb::CreateLoadBalancer;
use peerway_sim::{ApiError, Call, Estate, Quotas, Settings, World};
use serde_json::{Value, json};

use super::elb::{BALANCED, listener};
use super::support::{code, done, image, ours};

/// What is refused (action and parameters), under which quota, and the code.
type Case = (&'static str, usize, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    ("vpcs", 3, "CreateVpc", "CidrBlock=10.80.0.0/21", "VpcLimitExceeded"),
    (
        "cidrsPerVpc",
        1,
        "AssociateVpcCidrBlock",
        "VpcId=vpc-0000000c CidrBlock=100.64.0.0/24",
        "VpcCidrLimitExceeded",
    ),
    (
        "subnetsPerVpc",
        6,
        "CreateSubnet",
        "VpcId=vpc-0000000a CidrBlock=10.50.4.0/24",
        "SubnetLimitExceeded",
    ),
    ("routeTablesPerVpc", 1, "CreateRouteTable", "VpcId=vpc-0000000a", "RouteTableLimitExceeded"),
    (
        "routesPerTable",
        0,
        "CreateRoute",
        "RouteTableId=rtb-0000000a DestinationCidrBlock=0.0.0.0/0 GatewayId=igw-0000000a",
        "RouteLimitExceeded",
    ),
    (
        "activeConnectionsPerVpc",
        0,
        "AcceptVpcPeeringConnection",
        "VpcPeeringConnectionId=pcx-0000000a",
        "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
    ),
    (
        "outstandingRequests",
        1,
        "CreateVpcPeeringConnection",
        "VpcId=vpc-0000000a PeerVpcId=vpc-0000000c",
        "OutstandingVpcPeeringConnectionLimitExceeded",
    ),
    (
        "securityGroups",
        6,
        "CreateSecurityGroup",
        "GroupName=one GroupDescription=more VpcId=vpc-0000000a",
        "SecurityGroupLimitExceeded",
    ),
    (
        "rulesPerGroup",
        0,
        "AuthorizeSecurityGroupIngress",
        "GroupId=sg-0000000a IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=1 IpPermissions.1.ToPort=1 \
         IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8",
        "RulesPerSecurityGroupLimitExceeded",
    ),
    (
        "interfaces",
        0,
        "CreateNetworkInterface",
        "SubnetId=subnet-0000000a",
        "NetworkInterfaceLimitExceeded",
    ),
    (
        "groupsPerInterface",
        1,
        "CreateNetworkInterface",
        "SubnetId=subnet-0000000a SecurityGroupId.1=sg-0000000a SecurityGroupId.2=sg-0000000b",
        "SecurityGroupsPerInterfaceLimitExceeded",
    ),
    ("addresses", 0, "AllocateAddress", "Domain=vpc", "AddressLimitExceeded"),
    ("internetGateways", 1, "CreateInternetGateway", "", "InternetGatewayLimitExceeded"),
    (
        "internetGateways",
        0,
        "CreateEgressOnlyInternetGateway",
        "VpcId=vpc-0000000a",
        "EgressOnlyInternetGatewayLimitExceeded",
    ),
    (
        "natGatewaysPerZone",
        0,
        "CreateNatGateway",
        "SubnetId=subnet-0000000a ConnectivityType=private",
        "NatGatewayLimitExceeded",
    ),
    ("networkAclsPerVpc", 1, "CreateNetworkAcl", "VpcId=vpc-0000000a", "NetworkAclLimitExceeded"),
    (
        "rulesPerNetworkAcl",
        1,
        "CreateNetworkAclEntry",
        "NetworkAclId=acl-0000000a RuleNumber=90 Protocol=-1 RuleAction=allow Egress=true CidrBlock=10.0.0.0/8",
        "NetworkAclEntryLimitExceeded",
    ),
    (
        "instances",
        4,
        "RunInstances",
        "ImageId={image} InstanceType=m5.large MinCount=1 MaxCount=1 SubnetId=subnet-0000000a",
        "InstanceLimitExceeded",
    ),
    (
        "launchTemplates",
        0,
        "CreateLaunchTemplate",
        "LaunchTemplateName=nodes LaunchTemplateData.InstanceType=m5.large",
        "LaunchTemplateLimitExceeded",
    ),
    (
        "balancers",
        1,
        "CreateLoadBalancer",
        "LoadBalancerName=second Scheme=internal Subnets.member.1=subnet-0000000b Listeners.member.1.Protocol=TCP \
         Listeners.member.1.LoadBalancerPort=80 Listeners.member.1.InstancePort=80",
        "TooManyLoadBalancers",
    ),
    (
        "listenersPerBalancer",
        1,
        "CreateLoadBalancerListeners",
        "LoadBalancerName=proxy Listeners.member.1.Protocol=TCP Listeners.member.1.LoadBalancerPort=80 \
         Listeners.member.1.InstancePort=80",
        "InvalidConfigurationRequest",
    ),
    (
        "instancesPerBalancer",
        0,
        "RegisterInstancesWithLoadBalancer",
        "LoadBalancerName=proxy Instances.member.1.InstanceId=i-0000000a",
        "ValidationError",
    ),
    (
        "groupsPerBalancer",
        1,
        "ApplySecurityGroupsToLoadBalancer",
        "LoadBalancerName=proxy SecurityGroups.member.1=sg-0000000a SecurityGroups.member.2=sg-0000000b",
        "InvalidConfigurationRequest",
    ),
    (
        "policiesPerBalancer",
        0,
        "CreateAppCookieStickinessPolicy",
        "LoadBalancerName=proxy PolicyName=sticky CookieName=session",
        "TooManyPolicies",
    ),
    (
        "tagsPerBalancer",
        1,
        "AddTags",
        "LoadBalancerNames.member.1=proxy Tags.member.1.Key=a Tags.member.1.Value=1 Tags.member.2.Key=b \
         Tags.member.2.Value=2",
        "TooManyTags",
    ),
    (
        "scalingGroups",
        1,
        "CreateAutoScalingGroup",
        "AutoScalingGroupName=second InstanceId=i-0000000b MinSize=0 MaxSize=1 VPCZoneIdentifier=subnet-0000000a",
        "LimitExceeded",
    ),
    (
        "balancersPerScalingGroup",
        0,
        "AttachLoadBalancers",
        "AutoScalingGroupName=nodes LoadBalancerNames.member.1=proxy",
        "LimitExceeded",
    ),
    (
        "tags",
        1,
        "CreateTags",
        "ResourceId.1=vpc-0000000a Tag.1.Key=a Tag.1.Value=1 Tag.2.Key=b Tag.2.Value=2",
        "TagLimitExceeded",
    ),
    (
        "prefixListEntries",
        5,
        "CreateManagedPrefixList",
        "PrefixListName=offices AddressFamily=IPv4 MaxEntries=6",
        "InvalidParameterValue",
    ),
];

/// Something of everything that is counted.
fn estate() -> String {
    let tables = "routeTables: [{id: rtb-0000000a, main: true}]\n            networkACLs: [{id: acl-0000000a, default: true}]";
    let third = "- {id: vpc-0000000c, cidr: 10.70.0.0/21}";
    let regional = "loadBalancers: [{name: proxy, subnets: [subnet-0000000a], securityGroups: [sg-0000000a], \
        listeners: [{protocol: TCP, port: 8888}]}]\n        \
        autoScalingGroups: [{name: nodes, subnets: [subnet-0000000b], instances: [i-0000000b]}]";
    BALANCED
        .replacen(
            "gateways: [igw-0000000a]",
            &format!("gateways: [igw-0000000a]\n            {tables}"),
            1,
        )
        .replacen("- id: vpc-0000000b", &format!("{third}\n          - id: vpc-0000000b"), 1)
        .replacen("logBuckets: [logs]", &format!("logBuckets: [logs]\n        {regional}"), 1)
        + "peerings: [{id: pcx-0000000a, requester: vpc-0000000a, accepter: vpc-0000000b, status: pending-acceptance}]\n"
}

fn call(world: &World, action: &str, parameters: &str) -> Call {
    let parameters = parameters.replace("{image}", &image(world));
    let pairs = parameters.split_whitespace().filter_map(|pair| pair.split_once('='));
    let parameters: serde_json::Map<String, Value> =
        pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
    serde_json::from_value(json!({ "action": action, "parameters": parameters })).unwrap()
}

#[test]
fn each_quota_is_set_by_the_estate_and_refuses_with_awss_code() {
    for (quota, most, action, parameters, code) in CASES {
        let text = estate() + &format!("quotas: {{{quota}: {most}}}\n");
        let estate = Estate::from_yaml(&text).unwrap();
        let world = World::new(&estate, Settings::default()).unwrap();
        match world.call(&ours(), call(&world, action, parameters)) {
            Err(ApiError::Refused(refusal)) => {
                assert_eq!(refusal.code, *code, "{quota}: {}", refusal.message);
            }
            other => panic!("{quota}: {action} gives {other:?}"),
        }
        let saved = world.estate();
        let quotas = saved.quotas.clone().unwrap();
        assert_eq!(serde_json::to_value(quotas).unwrap()[quota], *most);
        assert_eq!(World::new(&saved, Settings::default()).unwrap().estate(), saved);
    }
}

#[test]
fn within_the_usual_quotas_the_same_calls_are_taken() {
    for (quota, _, action, parameters, _) in CASES {
        let estate = Estate::from_yaml(&estate()).unwrap();
        let world = World::new(&estate, Settings::default()).unwrap();
        world.call(&ours(), call(&world, action, parameters)).unwrap_or_else(|error| {
            panic!("{quota}: {action} is refused all the same: {error:?}");
        });
        assert_eq!(world.estate().quotas, None);
    }
}

/// A world like that of the cases, with these quotas and one more of whatever `more` says of the estate.
fn world_with(quotas: &str, more: &str) -> World {
    let text =
        estate().replacen("logBuckets: [logs]", &format!("logBuckets: [logs]\n        {more}"), 1);
    let estate = Estate::from_yaml(&(text + &format!("quotas: {quotas}\n"))).unwrap();
    World::new(&estate, Settings::default()).unwrap()
}

#[test]
fn a_balancer_gets_an_interface_in_every_subnet_asked_for_or_in_none() {
    let asked = CreateLoadBalancer {
        load_balancer_name: "second".to_owned(),
        scheme: Some("internal".to_owned()),
        subnets: vec!["subnet-0000000a".to_owned(), "subnet-0000000b".to_owned()],
        listeners: vec![listener("TCP", 80)],
        ..CreateLoadBalancer::default()
    };
    let count = |world: &World| {
        done(world, &ours(), DescribeNetworkInterfaces::default()).network_interface_set.len()
    };
    let most = count(&world_with("{}", "")) + 1;
    let world = world_with(&format!("{{interfaces: {most}}}"), "");
    assert_eq!(code(&world, &ours(), asked), "NetworkInterfaceLimitExceeded");
    assert_eq!(count(&world) + 1, most);
}

#[test]
fn a_default_vpc_is_made_whole_or_not_at_all() {
    for (quotas, refusal) in [
        ("{subnetsPerVpc: 2}", "SubnetLimitExceeded"),
        ("{routesPerTable: 1}", "RouteLimitExceeded"),
        ("{internetGateways: 1}", "InternetGatewayLimitExceeded"),
    ] {
        let world = world_with(quotas, "");
        let before = world.estate();
        assert_eq!(code(&world, &ours(), CreateDefaultVpc::default()), refusal);
        assert_eq!(world.estate(), before, "{quotas}");
    }
}

#[test]
fn a_rule_that_refers_to_a_longer_prefix_list_counts_with_all_its_entries() {
    let lists = "prefixLists: [{id: pl-0000000a, name: short, maxEntries: 2}, {id: pl-0000000b, name: long, maxEntries: 9}]";
    let world = world_with("{rulesPerGroup: 8}", lists);
    let permission = IpPermission {
        ip_protocol: "tcp".to_owned(),
        from_port: Some(443),
        to_port: Some(443),
        prefix_list_ids: vec![PrefixListReference {
            prefix_list_id: "pl-0000000a".to_owned(),
            description: None,
        }],
        ..IpPermission::default()
    };
    let authorize = AuthorizeSecurityGroupIngress {
        group_id: Some("sg-0000000b".to_owned()),
        ip_permissions: vec![permission],
        ..AuthorizeSecurityGroupIngress::default()
    };
    let made = done(&world, &ours(), authorize).security_group_rule_set.remove(0);
    let mut before = world.estate();
    let to = |list: &str| ModifySecurityGroupRules {
        group_id: "sg-0000000b".to_owned(),
        security_group_rules: vec![SecurityGroupRuleUpdate {
            security_group_rule_id: made.security_group_rule_id.to_string(),
            security_group_rule: Some(SecurityGroupRuleRequest {
                ip_protocol: Some("tcp".to_owned()),
                from_port: Some(443),
                to_port: Some(443),
                prefix_list_id: Some(list.to_owned()),
                ..SecurityGroupRuleRequest::default()
            }),
        }],
        ..ModifySecurityGroupRules::default()
    };
    let refusal = "RulesPerSecurityGroupLimitExceeded";
    assert_eq!(code(&world, &ours(), to("pl-0000000b")), refusal);
    assert_eq!(world.estate(), before);
    // What is too long already may change, but not grow.
    before.quotas.as_mut().unwrap().rules_per_group = 1;
    let world = World::new(&before, Settings::default()).unwrap();
    assert_eq!(code(&world, &ours(), to("pl-0000000b")), refusal);
    done(&world, &ours(), to("pl-0000000a"));
}

#[test]
fn there_is_a_case_for_every_quota() {
    let quotas = serde_json::to_value(Quotas::default()).unwrap();
    let all: BTreeSet<&str> = quotas.as_object().unwrap().keys().map(String::as_str).collect();
    let cases: BTreeSet<&str> = CASES.iter().map(|(quota, ..)| *quota).collect();
    assert_eq!(all, cases);
}
