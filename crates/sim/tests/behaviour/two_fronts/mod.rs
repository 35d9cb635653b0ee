//! The two fronts cannot drift: each method of the edge, in process, beside the request that an AWS client sends for it.
//! Both end alike, leave the same ledger and the same world behind.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::BoxFuture;
use peerway_aws::{AutoScaling, Cloud, Ec2, LoadBalancing, PrefixListHead};
use peerway_model::*;
use peerway_sim::{Action, Entry, Fault, FaultKind, Settings, SimCloud, World};

use crate::http::Server;
use crate::support::world_of;

const ESTATE: &str = r#"
accounts:
  "111111111111":
    regions:
      us-west-2:
        prefixLists: [{id: pl-0000000a, name: offices, entries: [198.51.100.0/24, 203.0.113.0/24]}]
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            ipv6Cidrs: ["2600:1f14:aa::/56"]
            dnsHostnames: true
            routeTables:
              - {id: rtb-0000000a, main: true, routes: [{destination: 172.19.0.0/20, target: pcx-0000000a}]}
              - {id: rtb-0000000b}
              - {id: rtb-0000000c}
            networkACLs: [{id: acl-0000000a, default: true}, {id: acl-0000000b}]
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24, networkACLAssociation: aclassoc-0000000a}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
              - {id: subnet-0000000c, zone: usw2-az2, cidr: 10.50.2.0/24, routeTable: rtb-0000000c, association: rtbassoc-0000000c}
              - {id: subnet-0000000d, zone: usw2-az1, cidr: 10.50.3.0/24}
            natGateways: [{id: nat-0000000a, subnet: subnet-0000000a}]
            securityGroups:
              - {id: sg-0000000a, name: balancer, ingress: [{id: sgr-0000000a, protocol: tcp, ports: 443, source: 10.9.0.0/16}]}
              - {id: sg-0000000b, name: workers}
            instances:
              - {id: i-0000000a, subnet: subnet-0000000a, interface: eni-0000000a, tags: {Name: master}}
              - {id: i-0000000b, subnet: subnet-0000000d, interface: eni-0000000b}
          - {id: vpc-0000000b, cidr: 10.60.0.0/16}
        logBuckets: [balancer-logs]
        certificates:
          - {arn: "arn:aws:acm:us-west-2:111111111111:certificate/one"}
          - {arn: "arn:aws:acm:us-west-2:111111111111:certificate/two"}
        loadBalancers:
          - name: query
            subnets: [subnet-0000000a]
            securityGroups: [sg-0000000a]
            listeners:
              - {protocol: TCP, port: 8888}
              - {protocol: SSL, port: 443, instanceProtocol: SSL, instancePort: 8889,
                 certificate: "arn:aws:acm:us-west-2:111111111111:certificate/one"}
            policies: [{name: proxied, type: ProxyProtocolPolicyType, attributes: [{name: ProxyProtocol, value: "true"}]}]
            instances: [i-0000000b]
            tags: {k: v}
          - {name: proxy, subnets: [subnet-0000000a], securityGroups: [sg-0000000a], listeners: [{protocol: TCP, port: 8888}]}
          - {name: other, subnets: [subnet-0000000a], securityGroups: [sg-0000000a], listeners: [{protocol: TCP, port: 8888}]}
        autoScalingGroups:
          - {name: masters, subnets: [subnet-0000000a], instances: [i-0000000a], loadBalancers: [query], trafficSources: [other]}
  "222222222222":
    regions:
      us-west-2:
        vpcs:
          - {id: vpc-0000000c, cidr: 172.19.0.0/20, dnsHostnames: true, securityGroups: [{id: sg-0000000c, name: clients}]}
          - {id: vpc-0000000d, cidr: 172.20.0.0/20, dnsHostnames: true}
peerings:
  - {id: pcx-0000000a, requester: vpc-0000000a, accepter: vpc-0000000c}
  - {id: pcx-0000000b, requester: vpc-0000000d, accepter: vpc-0000000a, status: pending-acceptance}
"#;

pub(super) type Asked = BoxFuture<'static, Result<String, AwsFailure>>;

/// A method of the edge with arguments; what a client sends instead; how both end.
pub(super) struct Case {
    pub(super) ask: fn(Arc<Named>) -> Asked,
    /// Which service is asked.
    pub(super) service: &'static str,
    pub(super) wire: Vec<String>,
    pub(super) code: Option<&'static str>,
    /// What strikes the action in both worlds.
    pub(super) fault: Option<(Action, fn() -> FaultKind)>,
}

macro_rules! case {
    (|$ec2:ident| $ask:expr, [$($wire:expr),*], $code:expr $(, $fault:expr)?) => {{
        let mut case = Case {
            ask: |$ec2| Box::pin(async move { $ask.await.map(|answer| format!("{answer:?}")) }),
            wire: vec![$(String::from($wire)),*],
            code: $code,
            fault: None,
            service: "ec2",
        };
        $(case.fault = Some($fault);)?
        let _ = &mut case;
        case
    }};
}

/// A list that is answered, and one that is not.
macro_rules! list {
    ($method:ident $action:ident $page:literal) => {
        [
            case!(
                |ec2| ec2.$method(),
                [concat!("Action=", stringify!($action), "&MaxResults=", $page)],
                None
            ),
            case!(
                |ec2| ec2.$method(),
                [concat!("Action=", stringify!($action), "&MaxResults=", $page)],
                Some("RequestLimitExceeded"),
                (Action::$action, FaultKind::throttled)
            ),
        ]
    };
}

mod balancers;

pub(super) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

pub(super) fn tags() -> Tags {
    Tags::from([("k".to_owned(), "v".to_owned())])
}

fn rule(group: &str, source: RuleSource) -> IngressRule {
    let ports = Some(PortRange { from: 1, to: 2 });
    IngressRule { group: id(group), protocol: Protocol::Tcp, ports, source }
}

fn from_theirs() -> RuleSource {
    RuleSource::SecurityGroup { id: id("sg-0000000c"), account: id("222222222222") }
}

fn lists() -> Vec<Case> {
    [
        list!(list_vpcs DescribeVpcs 1000),
        list!(list_subnets DescribeSubnets 1000),
        list!(list_route_tables DescribeRouteTables 100),
        list!(list_connections DescribeVpcPeeringConnections 1000),
        list!(list_security_groups DescribeSecurityGroups 1000),
        list!(list_security_group_rules DescribeSecurityGroupRules 1000),
        list!(list_nat_gateways DescribeNatGateways 1000),
        list!(list_prefix_lists DescribeManagedPrefixLists 100),
        list!(list_network_acls DescribeNetworkAcls 1000),
        list!(list_network_interfaces DescribeNetworkInterfaces 1000),
        list!(list_instances DescribeInstances 1000),
        [
            case!(
                |ec2| ec2.list_zones(),
                ["Action=DescribeAvailabilityZones&AllAvailabilityZones=false"],
                None
            ),
            case!(
                |ec2| ec2.list_zones(),
                ["Action=DescribeAvailabilityZones&AllAvailabilityZones=false"],
                Some("RequestLimitExceeded"),
                (Action::DescribeAvailabilityZones, FaultKind::throttled)
            ),
        ],
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn lookups() -> Vec<Case> {
    vec![
        case!(
            |ec2| ec2.prefix_list_entries(&id("pl-0000000a")),
            ["Action=GetManagedPrefixListEntries&PrefixListId=pl-0000000a&MaxResults=100"],
            None
        ),
        case!(
            |ec2| ec2.prefix_list_entries(&id("pl-00000bad")),
            ["Action=GetManagedPrefixListEntries&PrefixListId=pl-00000bad&MaxResults=100"],
            Some("InvalidPrefixListID.NotFound")
        ),
        case!(
            |ec2| ec2.vpc_dns(&id("vpc-0000000a")),
            [
                "Action=DescribeVpcAttribute&VpcId=vpc-0000000a&Attribute=enableDnsSupport",
                "Action=DescribeVpcAttribute&VpcId=vpc-0000000a&Attribute=enableDnsHostnames"
            ],
            None
        ),
        case!(
            |ec2| ec2.vpc_dns(&id("vpc-00000bad")),
            ["Action=DescribeVpcAttribute&VpcId=vpc-00000bad&Attribute=enableDnsSupport"],
            Some("InvalidVpcID.NotFound")
        ),
    ]
}

const REQUEST: &str = "&PeerOwnerId=222222222222&PeerRegion=us-west-2\
    &TagSpecification.1.ResourceType=vpc-peering-connection&TagSpecification.1.Tag.1.Key=k\
    &TagSpecification.1.Tag.1.Value=v";

/// A request to the second VPC of theirs.
async fn request(
    ec2: Arc<dyn Ec2>,
    requester: &str,
    tags: Tags,
) -> Result<ConnectionId, AwsFailure> {
    let (account, region) = (id("222222222222"), id("us-west-2"));
    ec2.request_connection(&id(requester), &id("vpc-0000000d"), &account, &region, &tags).await
}

fn connections() -> Vec<Case> {
    vec![
        case!(
            |ec2| request(ec2, "vpc-0000000b", tags()),
            [[
                "Action=CreateVpcPeeringConnection&VpcId=vpc-0000000b&PeerVpcId=vpc-0000000d",
                REQUEST
            ]
            .concat()],
            None
        ),
        case!(
            |ec2| request(ec2, "vpc-00000bad", tags()),
            [[
                "Action=CreateVpcPeeringConnection&VpcId=vpc-00000bad&PeerVpcId=vpc-0000000d",
                REQUEST
            ]
            .concat()],
            Some("InvalidVpcID.NotFound")
        ),
        case!(
            |ec2| ec2.accept_connection(&id("pcx-0000000b")),
            ["Action=AcceptVpcPeeringConnection&VpcPeeringConnectionId=pcx-0000000b"],
            None
        ),
        case!(
            |ec2| ec2.accept_connection(&id("pcx-0000000a")),
            ["Action=AcceptVpcPeeringConnection&VpcPeeringConnectionId=pcx-0000000a"],
            Some("OperationNotPermitted")
        ),
        case!(
            |ec2| ec2.delete_connection(&id("pcx-0000000a")),
            ["Action=DeleteVpcPeeringConnection&VpcPeeringConnectionId=pcx-0000000a"],
            None
        ),
        case!(
            |ec2| ec2.delete_connection(&id("pcx-0000000b")),
            ["Action=DeleteVpcPeeringConnection&VpcPeeringConnectionId=pcx-0000000b"],
            Some("OperationNotPermitted")
        ),
        case!(
            |ec2| ec2.set_requester_dns_resolution(&id("pcx-0000000a"), true),
            ["Action=ModifyVpcPeeringConnectionOptions&VpcPeeringConnectionId=pcx-0000000a\
              &RequesterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc=true"],
            None
        ),
        case!(
            |ec2| ec2.set_requester_dns_resolution(&id("pcx-00000bad"), true),
            ["Action=ModifyVpcPeeringConnectionOptions&VpcPeeringConnectionId=pcx-00000bad\
              &RequesterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc=true"],
            Some("InvalidVpcPeeringConnectionID.NotFound")
        ),
        case!(
            |ec2| ec2.set_accepter_dns_resolution(&id("pcx-0000000a"), false),
            ["Action=ModifyVpcPeeringConnectionOptions&VpcPeeringConnectionId=pcx-0000000a\
              &AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc=false"],
            Some("OperationNotPermitted")
        ),
        case!(
            |ec2| accept_and_allow(ec2),
            [
                "Action=AcceptVpcPeeringConnection&VpcPeeringConnectionId=pcx-0000000b",
                "Action=ModifyVpcPeeringConnectionOptions&VpcPeeringConnectionId=pcx-0000000b\
                 &AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc=true"
            ],
            None
        ),
    ]
}

async fn accept_and_allow(ec2: Arc<dyn Ec2>) -> Result<(), AwsFailure> {
    ec2.accept_connection(&id("pcx-0000000b")).await?;
    ec2.set_accepter_dns_resolution(&id("pcx-0000000b"), true).await
}

fn routes() -> Vec<Case> {
    vec![
        case!(
            |ec2| ec2.create_route(&id("rtb-0000000a"), &id("172.19.4.0/22"), &id("pcx-0000000a")),
            ["Action=CreateRoute&RouteTableId=rtb-0000000a&DestinationCidrBlock=172.19.4.0/22\
              &VpcPeeringConnectionId=pcx-0000000a"],
            None
        ),
        case!(
            |ec2| ec2.create_route(&id("rtb-0000000a"), &id("172.19.0.0/20"), &id("pcx-0000000a")),
            ["Action=CreateRoute&RouteTableId=rtb-0000000a&DestinationCidrBlock=172.19.0.0/20\
              &VpcPeeringConnectionId=pcx-0000000a"],
            Some("RouteAlreadyExists")
        ),
        case!(
            |ec2| ec2.create_route(&id("rtb-0000000a"), &id("2600:1f00::/56"), &id("pcx-00000bad")),
            [
                "Action=CreateRoute&RouteTableId=rtb-0000000a&DestinationIpv6CidrBlock=2600:1f00::/56\
              &VpcPeeringConnectionId=pcx-00000bad"
            ],
            Some("InvalidVpcPeeringConnectionID.NotFound")
        ),
        case!(
            |ec2| ec2.replace_route(&id("rtb-0000000a"), &id("172.19.0.0/20"), &id("pcx-0000000a")),
            ["Action=ReplaceRoute&RouteTableId=rtb-0000000a&DestinationCidrBlock=172.19.0.0/20\
              &VpcPeeringConnectionId=pcx-0000000a"],
            None
        ),
        case!(
            |ec2| ec2.replace_route(&id("rtb-0000000a"), &id("172.19.4.0/22"), &id("pcx-0000000a")),
            ["Action=ReplaceRoute&RouteTableId=rtb-0000000a&DestinationCidrBlock=172.19.4.0/22\
              &VpcPeeringConnectionId=pcx-0000000a"],
            Some("InvalidParameterValue")
        ),
        case!(
            |ec2| ec2.delete_route(&id("rtb-0000000a"), &id("172.19.0.0/20")),
            ["Action=DeleteRoute&RouteTableId=rtb-0000000a&DestinationCidrBlock=172.19.0.0/20"],
            None
        ),
        case!(
            |ec2| ec2.delete_route(&id("rtb-0000000a"), &id("10.50.0.0/21")),
            ["Action=DeleteRoute&RouteTableId=rtb-0000000a&DestinationCidrBlock=10.50.0.0/21"],
            Some("InvalidParameterValue")
        ),
    ]
}

const TAGGED: &str = "&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v";

async fn make_subnet(ec2: Arc<dyn Ec2>, block: &str) -> Result<SubnetId, AwsFailure> {
    ec2.create_subnet(&id("vpc-0000000a"), &id("usw2-az1"), &id(block), None, &tags()).await
}

fn subnets() -> Vec<Case> {
    let create = |block: &str| {
        let head = "Action=CreateSubnet&VpcId=vpc-0000000a&AvailabilityZoneId=usw2-az1&CidrBlock=";
        [head, block, "&TagSpecification.1.ResourceType=subnet", TAGGED].concat()
    };
    vec![
        case!(|ec2| make_subnet(ec2, "10.50.6.0/26"), [create("10.50.6.0/26")], None),
        case!(
            |ec2| make_subnet(ec2, "10.50.0.64/26"),
            [create("10.50.0.64/26")],
            Some("InvalidSubnet.Conflict")
        ),
        case!(
            |ec2| make_subnet(ec2, "10.51.0.0/26"),
            [create("10.51.0.0/26")],
            Some("InvalidSubnet.Range")
        ),
        case!(
            |ec2| ec2.delete_subnet(&id("subnet-0000000b")),
            ["Action=DeleteSubnet&SubnetId=subnet-0000000b"],
            None
        ),
        // The interface of the NAT gateway stands in it.
        case!(
            |ec2| ec2.delete_subnet(&id("subnet-0000000a")),
            ["Action=DeleteSubnet&SubnetId=subnet-0000000a"],
            Some("DependencyViolation")
        ),
        case!(
            |ec2| ec2.delete_subnet(&id("subnet-00000bad")),
            ["Action=DeleteSubnet&SubnetId=subnet-00000bad"],
            Some("InvalidSubnetID.NotFound")
        ),
        case!(
            |ec2| ec2
                .associate_subnet_cidr_block(&id("subnet-0000000b"), &id("2600:1f14:aa:1::/64")),
            ["Action=AssociateSubnetCidrBlock&SubnetId=subnet-0000000b\
              &Ipv6CidrBlock=2600:1f14:aa:1::/64"],
            None
        ),
        case!(
            |ec2| ec2.associate_subnet_cidr_block(&id("subnet-0000000b"), &id("2600:1f14:bb::/64")),
            ["Action=AssociateSubnetCidrBlock&SubnetId=subnet-0000000b\
              &Ipv6CidrBlock=2600:1f14:bb::/64"],
            Some("InvalidSubnet.Range")
        ),
        case!(
            |ec2| ec2
                .replace_network_acl_association(&id("aclassoc-0000000a"), &id("acl-0000000b")),
            ["Action=ReplaceNetworkAclAssociation&AssociationId=aclassoc-0000000a\
              &NetworkAclId=acl-0000000b"],
            None
        ),
        case!(
            |ec2| ec2
                .replace_network_acl_association(&id("aclassoc-00000bad"), &id("acl-0000000b")),
            ["Action=ReplaceNetworkAclAssociation&AssociationId=aclassoc-00000bad\
              &NetworkAclId=acl-0000000b"],
            Some("InvalidAssociationID.NotFound")
        ),
    ]
}

async fn make_table(ec2: Arc<dyn Ec2>, vpc: &str) -> Result<RouteTableId, AwsFailure> {
    ec2.create_route_table(&id(vpc), "token", &tags()).await
}

/// The same token makes the same table.
async fn make_table_twice(ec2: Arc<dyn Ec2>) -> Result<RouteTableId, AwsFailure> {
    let first = make_table(ec2.clone(), "vpc-0000000a").await?;
    let second = make_table(ec2, "vpc-0000000a").await?;
    assert_eq!(first, second);
    Ok(second)
}

fn tables() -> Vec<Case> {
    let create = |vpc: &str| {
        let tail = "&ClientToken=token&TagSpecification.1.ResourceType=route-table";
        ["Action=CreateRouteTable&VpcId=", vpc, tail, TAGGED].concat()
    };
    vec![
        case!(|ec2| make_table_twice(ec2), [create("vpc-0000000a"), create("vpc-0000000a")], None),
        case!(
            |ec2| make_table(ec2, "vpc-00000bad"),
            [create("vpc-00000bad")],
            Some("InvalidVpcID.NotFound")
        ),
        case!(
            |ec2| ec2.delete_route_table(&id("rtb-0000000b")),
            ["Action=DeleteRouteTable&RouteTableId=rtb-0000000b"],
            None
        ),
        case!(
            |ec2| ec2.delete_route_table(&id("rtb-0000000c")),
            ["Action=DeleteRouteTable&RouteTableId=rtb-0000000c"],
            Some("DependencyViolation")
        ),
        case!(
            |ec2| ec2.delete_route_table(&id("rtb-00000bad")),
            ["Action=DeleteRouteTable&RouteTableId=rtb-00000bad"],
            Some("InvalidRouteTableID.NotFound")
        ),
        case!(
            |ec2| ec2.associate_route_table(&id("rtb-0000000b"), &id("subnet-0000000b")),
            ["Action=AssociateRouteTable&RouteTableId=rtb-0000000b&SubnetId=subnet-0000000b"],
            None
        ),
        case!(
            |ec2| ec2.associate_route_table(&id("rtb-0000000b"), &id("subnet-0000000c")),
            ["Action=AssociateRouteTable&RouteTableId=rtb-0000000b&SubnetId=subnet-0000000c"],
            Some("Resource.AlreadyAssociated")
        ),
        case!(
            |ec2| ec2
                .replace_route_table_association(&id("rtbassoc-0000000c"), &id("rtb-0000000b")),
            ["Action=ReplaceRouteTableAssociation&AssociationId=rtbassoc-0000000c\
              &RouteTableId=rtb-0000000b"],
            None
        ),
        case!(
            |ec2| ec2
                .replace_route_table_association(&id("rtbassoc-00000bad"), &id("rtb-0000000b")),
            ["Action=ReplaceRouteTableAssociation&AssociationId=rtbassoc-00000bad\
              &RouteTableId=rtb-0000000b"],
            Some("InvalidAssociationID.NotFound")
        ),
    ]
}

const PORTS: &str =
    "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=2";
const THEIRS: &str =
    "&IpPermissions.1.Groups.1.GroupId=sg-0000000c&IpPermissions.1.Groups.1.UserId=222222222222";
const RULE_TAGS: &str = "&TagSpecification.1.ResourceType=security-group-rule\
    &TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v";

async fn authorize(
    ec2: Arc<dyn Ec2>,
    group: &str,
    source: RuleSource,
) -> Result<SecurityGroupRuleId, AwsFailure> {
    ec2.authorize_ingress(&rule(group, source), &tags()).await
}

fn rules_and_tags() -> Vec<Case> {
    vec![
        case!(
            |ec2| authorize(ec2, "sg-0000000a", from_theirs()),
            [[
                "Action=AuthorizeSecurityGroupIngress&GroupId=sg-0000000a",
                PORTS,
                THEIRS,
                RULE_TAGS
            ]
            .concat()],
            None
        ),
        case!(
            |ec2| authorize(ec2, "sg-0000000a", RuleSource::Cidr(id("10.9.0.0/16"))),
            [[
                "Action=AuthorizeSecurityGroupIngress&GroupId=sg-0000000a",
                PORTS,
                "&IpPermissions.1.IpRanges.1.CidrIp=10.9.0.0/16",
                RULE_TAGS
            ]
            .concat()],
            None
        ),
        case!(
            |ec2| authorize(ec2, "sg-00000bad", from_theirs()),
            [[
                "Action=AuthorizeSecurityGroupIngress&GroupId=sg-00000bad",
                PORTS,
                THEIRS,
                RULE_TAGS
            ]
            .concat()],
            Some("InvalidGroup.NotFound")
        ),
        case!(
            |ec2| ec2.revoke_ingress(&id("sg-0000000a"), &id("sgr-0000000a")),
            [
                "Action=RevokeSecurityGroupIngress&GroupId=sg-0000000a&SecurityGroupRuleId.1=sgr-0000000a"
            ],
            None
        ),
        case!(
            |ec2| ec2.revoke_ingress(&id("sg-0000000a"), &id("sgr-00000bad")),
            [
                "Action=RevokeSecurityGroupIngress&GroupId=sg-0000000a&SecurityGroupRuleId.1=sgr-00000bad"
            ],
            Some("InvalidSecurityGroupRuleId.NotFound")
        ),
        case!(
            |ec2| ec2.create_tags("vpc-0000000a", &tags()),
            ["Action=CreateTags&ResourceId.1=vpc-0000000a&Tag.1.Key=k&Tag.1.Value=v"],
            None
        ),
        case!(
            |ec2| ec2.create_tags("bogus", &tags()),
            ["Action=CreateTags&ResourceId.1=bogus&Tag.1.Key=k&Tag.1.Value=v"],
            Some("InvalidID")
        ),
        case!(
            |ec2| ec2.delete_tags("vpc-0000000a", &tags()),
            ["Action=DeleteTags&ResourceId.1=vpc-0000000a&Tag.1.Key=k&Tag.1.Value=v"],
            None
        ),
        case!(
            |ec2| ec2.delete_tags("bogus", &tags()),
            ["Action=DeleteTags&ResourceId.1=bogus&Tag.1.Key=k&Tag.1.Value=v"],
            Some("InvalidID")
        ),
    ]
}

fn groups_and_interfaces() -> Vec<Case> {
    const CREATE: &str = "Action=CreateSecurityGroup&VpcId=vpc-0000000a&GroupDescription=d\
        &TagSpecification.1.ResourceType=security-group&TagSpecification.1.Tag.1.Key=k\
        &TagSpecification.1.Tag.1.Value=v";
    vec![
        case!(
            |ec2| ec2.create_security_group(&id("vpc-0000000a"), "proxy", "d", &tags()),
            [format!("{CREATE}&GroupName=proxy")],
            None
        ),
        case!(
            |ec2| ec2.create_security_group(&id("vpc-0000000a"), "balancer", "d", &tags()),
            [format!("{CREATE}&GroupName=balancer")],
            Some("InvalidGroup.Duplicate")
        ),
        case!(
            |ec2| ec2.delete_security_group(&id("sg-0000000b")),
            ["Action=DeleteSecurityGroup&GroupId=sg-0000000b"],
            None
        ),
        case!(
            |ec2| ec2.delete_security_group(&id("sg-0000000a")),
            ["Action=DeleteSecurityGroup&GroupId=sg-0000000a"],
            Some("DependencyViolation")
        ),
        case!(
            |ec2| ec2
                .set_interface_groups(&id("eni-0000000a"), &[id("sg-0000000a"), id("sg-0000000b")]),
            ["Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId=eni-0000000a\
              &SecurityGroupId.1=sg-0000000a&SecurityGroupId.2=sg-0000000b"],
            None
        ),
        case!(
            |ec2| ec2.set_interface_groups(&id("eni-0000000a"), &[id("sg-00000bad")]),
            ["Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId=eni-0000000a\
              &SecurityGroupId.1=sg-00000bad"],
            Some("InvalidGroup.NotFound")
        ),
    ]
}

/// The edge, noting which methods are called. A method that the trait gains must be named here, and then in a case.
pub(super) struct Named {
    ec2: Arc<dyn Ec2>,
    auto_scaling: Arc<dyn AutoScaling>,
    load_balancing: Arc<dyn LoadBalancing>,
    called: Mutex<Vec<&'static str>>,
}

macro_rules! named {
    ($methods:ident: $edge:ident in $field:ident,
     $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        const $methods: &[&str] = &[$(stringify!($method)),*];

        #[async_trait]
        impl $edge for Named {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$answer, AwsFailure> {
                self.called.lock().unwrap().push(stringify!($method));
                self.$field.$method($($argument),*).await
            })*
        }
    };
}

named! {
    EC2: Ec2 in ec2,
    list_vpcs() -> Vec<Vpc>;
    list_subnets() -> Vec<Subnet>;
    list_route_tables() -> Vec<RouteTable>;
    list_connections() -> Vec<Connection>;
    list_security_groups() -> Vec<SecurityGroup>;
    list_security_group_rules() -> Vec<SecurityGroupRule>;
    list_nat_gateways() -> Vec<NatGateway>;
    list_prefix_lists() -> Vec<PrefixListHead>;
    prefix_list_entries(list: &PrefixListId) -> Vec<CidrBlock>;
    list_network_acls() -> Vec<NetworkAcl>;
    list_zones() -> Vec<Zone>;
    list_network_interfaces() -> Vec<NetworkInterface>;
    list_instances() -> Vec<Instance>;
    vpc_dns(vpc: &VpcId) -> VpcDns;
    request_connection(requester: &VpcId, accepter: &VpcId, account: &AccountId, region: &Region, tags: &Tags) -> ConnectionId;
    accept_connection(connection: &ConnectionId) -> ();
    delete_connection(connection: &ConnectionId) -> ();
    set_requester_dns_resolution(connection: &ConnectionId, allow: bool) -> ();
    set_accepter_dns_resolution(connection: &ConnectionId, allow: bool) -> ();
    create_route(table: &RouteTableId, destination: &CidrBlock, connection: &ConnectionId) -> ();
    replace_route(table: &RouteTableId, destination: &CidrBlock, connection: &ConnectionId) -> ();
    delete_route(table: &RouteTableId, destination: &CidrBlock) -> ();
    create_subnet(vpc: &VpcId, zone: &ZoneId, cidr: &CidrBlock, ipv6: Option<&CidrBlock>, tags: &Tags) -> SubnetId;
    delete_subnet(subnet: &SubnetId) -> ();
    associate_subnet_cidr_block(subnet: &SubnetId, ipv6: &CidrBlock) -> ();
    create_route_table(vpc: &VpcId, client_token: &str, tags: &Tags) -> RouteTableId;
    delete_route_table(table: &RouteTableId) -> ();
    associate_route_table(table: &RouteTableId, subnet: &SubnetId) -> AssociationId;
    replace_route_table_association(association: &AssociationId, table: &RouteTableId) -> AssociationId;
    replace_network_acl_association(association: &NetworkAclAssociationId, acl: &NetworkAclId) -> NetworkAclAssociationId;
    authorize_ingress(rule: &IngressRule, tags: &Tags) -> SecurityGroupRuleId;
    revoke_ingress(group: &SecurityGroupId, rule: &SecurityGroupRuleId) -> ();
    create_security_group(vpc: &VpcId, name: &str, description: &str, tags: &Tags) -> SecurityGroupId;
    delete_security_group(group: &SecurityGroupId) -> ();
    set_interface_groups(interface: &NetworkInterfaceId, groups: &[SecurityGroupId]) -> ();
    create_tags(id: &str, tags: &Tags) -> ();
    delete_tags(id: &str, tags: &Tags) -> ();
}

named! {
    AUTO_SCALING: AutoScaling in auto_scaling,
    list_groups() -> Vec<AutoScalingGroup>;
    attachments(group: &AutoScalingGroupName) -> Vec<Attachment>;
    attach(group: &AutoScalingGroupName, load_balancer: &LoadBalancerName, api: AttachmentApi) -> ();
    detach(group: &AutoScalingGroupName, load_balancer: &LoadBalancerName, api: AttachmentApi) -> ();
}

named! {
    LOAD_BALANCING: LoadBalancing in load_balancing,
    list_load_balancers() -> Vec<LoadBalancer>;
    tags(name: &LoadBalancerName) -> Tags;
    attributes(name: &LoadBalancerName) -> LoadBalancerAttributes;
    policies(name: &LoadBalancerName) -> Vec<LoadBalancerPolicy>;
    instance_health(name: &LoadBalancerName) -> Vec<InstanceHealth>;
    create_load_balancer(new: &NewLoadBalancer) -> ();
    delete_load_balancer(name: &LoadBalancerName) -> ();
    create_listeners(name: &LoadBalancerName, listeners: &[Listener]) -> ();
    delete_listeners(name: &LoadBalancerName, ports: &[u16]) -> ();
    set_listener_certificate(name: &LoadBalancerName, port: u16, certificate: &str) -> ();
    configure_health_check(name: &LoadBalancerName, check: &HealthCheck) -> ();
    attach_subnets(name: &LoadBalancerName, subnets: &[SubnetId]) -> ();
    detach_subnets(name: &LoadBalancerName, subnets: &[SubnetId]) -> ();
    apply_security_groups(name: &LoadBalancerName, groups: &[SecurityGroupId]) -> ();
    modify_attributes(name: &LoadBalancerName, attributes: &LoadBalancerAttributes) -> ();
    create_policy(name: &LoadBalancerName, policy: &LoadBalancerPolicy) -> ();
    delete_policy(name: &LoadBalancerName, policy: &str) -> ();
    set_listener_policies(name: &LoadBalancerName, port: u16, policies: &[String]) -> ();
    set_backend_policies(name: &LoadBalancerName, instance_port: u16, policies: &[String]) -> ();
    register_instances(name: &LoadBalancerName, instances: &[InstanceId]) -> ();
    deregister_instances(name: &LoadBalancerName, instances: &[InstanceId]) -> ();
    add_tags(name: &LoadBalancerName, tags: &Tags) -> ();
    remove_tags(name: &LoadBalancerName, tags: &Tags) -> ();
}

fn new_world() -> World {
    let timings = peerway_sim::Timings::immediate();
    world_of(ESTATE, Settings { timings, ..Settings::default() })
}

/// The root of the first account.
fn place() -> Place {
    let access =
        Access { name: "root".into(), account: id("111111111111"), credentials: Credentials::Own };
    Place { access: Arc::new(access), region: id("us-west-2") }
}

/// What one of the two fronts made of a case.
#[derive(Debug, PartialEq)]
struct Seen {
    code: Option<String>,
    ledger: Vec<Entry>,
    estate: String,
}

impl Seen {
    fn of(code: Option<String>, world: &World) -> Self {
        // How long requests and answers are is all that may differ.
        let ledger = world.ledger().into_iter();
        let ledger = ledger.map(|entry| Entry { bytes_in: 0, bytes_out: 0, ..entry }).collect();
        Self { code, ledger, estate: world.estate().to_yaml().unwrap() }
    }
}

/// A case in process: what it came to, what was answered, and the methods that were called.
async fn in_process(case: &Case) -> (Seen, String, Vec<&'static str>) {
    let cloud = SimCloud::new(Arc::new(new_world()), "111111111111");
    strike(cloud.world(), case);
    let here = place();
    let named = Arc::new(Named {
        ec2: cloud.ec2(&here),
        auto_scaling: cloud.auto_scaling(&here),
        load_balancing: cloud.load_balancing(&here),
        called: Mutex::default(),
    });
    let answer = (case.ask)(named.clone()).await;
    let code = answer.as_ref().err().map(|failure| failure.code.clone().unwrap_or_default());
    let called = named.called.lock().unwrap().clone();
    (Seen::of(code, cloud.world()), answer.unwrap_or_default(), called)
}

/// The same over HTTP: what it came to, and all that was answered.
async fn over_http(case: &Case) -> (Seen, String) {
    let server = Server::start(new_world()).await;
    strike(&server.world, case);
    let mut code = None;
    let mut answers = String::new();
    for request in &case.wire {
        let answer = server.call(case.service, request).await;
        let found = answer.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        code = found.map(|(code, _)| code.to_owned());
        assert_eq!(answer.starts_with("HTTP/1.1 200"), code.is_none(), "{request}: {answer}");
        answers += &answer;
    }
    let seen = Seen::of(code, &server.world);
    server.stop().await;
    (seen, answers)
}

fn strike(world: &World, case: &Case) {
    if let Some((action, fault)) = case.fault {
        world.inject(Fault::next(action, fault()));
    }
}

/// Ids and addresses in a text: what both fronts must tell alike.
fn nouns(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-./".contains(c)));
    words
        .filter(|word| word.ends_with(|c: char| c.is_ascii_digit() || ('a'..='d').contains(&c)))
        .filter(|word| word.contains("-0000000") || (word.contains('/') && word.contains('.')))
        .collect()
}

fn cases() -> Vec<Case> {
    [
        lists(),
        lookups(),
        connections(),
        routes(),
        subnets(),
        tables(),
        rules_and_tags(),
        groups_and_interfaces(),
        balancers::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn both_fronts_end_alike_and_leave_the_same_behind() {
    for case in cases() {
        let (ours, said, _) = in_process(&case).await;
        let (theirs, answers) = over_http(&case).await;
        let name = case.wire.join(", then ");
        assert_eq!(ours.code.as_deref(), case.code, "in process: {name}");
        assert_eq!(ours, theirs, "{name}");
        let told = nouns(&answers);
        for noun in nouns(&said) {
            assert!(told.contains(noun), "{noun} is told in process only: {name}\n{answers}");
        }
    }
}

/// Also what `docs/reference/simulated-aws.md` says about the in-process front comes from here.
#[tokio::test]
async fn every_method_of_the_edge_has_a_case_that_succeeds_and_one_that_is_refused() {
    let (mut succeed, mut are_refused) = (BTreeSet::new(), BTreeSet::new());
    for case in cases() {
        let (seen, _, called) = in_process(&case).await;
        if case.code.is_some() {
            are_refused.extend(called);
        } else {
            let last = seen.ledger.last().unwrap();
            let action = format!("{}.{}", last.service.name(), last.action);
            succeed.insert((*called.last().unwrap(), action));
        }
    }
    let all = [EC2, AUTO_SCALING, LOAD_BALANCING].concat();
    let all: BTreeSet<&str> = all.into_iter().collect();
    assert_eq!(succeed.iter().map(|(method, _)| *method).collect::<BTreeSet<_>>(), all);
    assert_eq!(are_refused, all);
    let lines: Vec<String> =
        succeed.iter().map(|(method, action)| format!("{action} {method}")).collect();
    let listed = lines.join("\n") + "\n";
    assert_eq!(include_str!("../two_fronts.txt"), listed, "two_fronts.txt must say so");
}

/// The other service: its one list, whole over pages, and refused.
#[tokio::test]
async fn auto_scaling_groups_are_the_same_from_both_fronts() {
    const WIRE: &str = "Action=DescribeAutoScalingGroups&MaxRecords=100&Version=2011-01-01";
    let estate = r#"
accounts:
  "111111111111":
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
        autoScalingGroups:
          - {name: query, subnets: [subnet-0000000a, subnet-0000000b], min: 0, max: 2, launch: {type: t3.micro}, tags: {Name: imply-e04-Query}}
          - {name: master, subnets: [subnet-0000000b], min: 0, max: 1, launch: {type: t3.micro}}
"#;
    let settings = || Settings { page_limit: Some(1), ..Settings::default() };
    let cloud = SimCloud::new(Arc::new(world_of(estate, settings())), "111111111111");
    let groups = cloud.auto_scaling(&place()).list_groups().await.unwrap();
    let seen: Vec<(&str, Vec<&str>, Vec<&str>)> = groups
        .iter()
        .map(|group| {
            let zones = group.zones.iter().map(ZoneName::as_str).collect();
            (group.name.as_str(), zones, group.subnets.iter().map(SubnetId::as_str).collect())
        })
        .collect();
    let both = vec!["subnet-0000000a", "subnet-0000000b"];
    assert_eq!(
        seen,
        [
            ("master", vec!["us-west-2b"], vec!["subnet-0000000b"]),
            ("query", vec!["us-west-2a", "us-west-2b"], both),
        ]
    );
    let query = groups.iter().find(|group| group.name.as_str() == "query").unwrap();
    assert_eq!(query.tags, Tags::from([("Name".to_owned(), "imply-e04-Query".to_owned())]));
    assert_eq!(cloud.world().ledger().len(), 2, "one group a page");

    let strike = |world: &World| {
        world.inject(Fault::next(Action::DescribeAutoScalingGroups, FaultKind::throttled()));
    };
    strike(cloud.world());
    let refused = cloud.auto_scaling(&place()).list_groups().await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Throttled, "{refused}");
    let server = Server::start(world_of(estate, Settings::default())).await;
    let answer = server.call("autoscaling", WIRE).await;
    for name in ["master", "query", "imply-e04-Query"] {
        assert!(answer.contains(&format!(">{name}<")), "{name} is missing in {answer}");
    }
    strike(&server.world);
    let answer = server.call("autoscaling", WIRE).await;
    assert!(answer.contains(&format!("<Code>{}</Code>", refused.code.unwrap())), "{answer}");
    server.stop().await;
}
