use aws_sdk_ec2::types::{
    CidrBlock as SdkCidr, ConnectivityType, NatGatewayState, ReferencedSecurityGroup,
    Route as SdkRoute, RouteOrigin as SdkOrigin, RouteState as SdkState,
    RouteTable as SdkRouteTable, RouteTableAssociation, RouteTableAssociationState,
    RouteTableAssociationStateCode, SecurityGroupRule as SdkRule, Tag, VpcCidrBlockAssociation,
    VpcCidrBlockState, VpcCidrBlockStateCode, VpcPeeringConnection,
    VpcPeeringConnectionStateReason, VpcPeeringConnectionStateReasonCode,
    VpcPeeringConnectionVpcInfo,
};

use super::*;

fn block(text: &str) -> CidrBlock {
    text.parse().unwrap()
}

#[test]
fn a_vpc_has_its_associated_blocks_once_each() {
    let association = |cidr: &str, state| {
        VpcCidrBlockAssociation::builder()
            .cidr_block(cidr)
            .cidr_block_state(VpcCidrBlockState::builder().state(state).build())
            .build()
    };
    let answer = types::Vpc::builder()
        .vpc_id("vpc-ce78dbb7")
        .owner_id("111111111111")
        .cidr_block("10.50.0.0/21")
        .cidr_block_association_set(association("10.50.0.0/21", VpcCidrBlockStateCode::Associated))
        .cidr_block_association_set(association("100.64.0.0/20", VpcCidrBlockStateCode::Associated))
        .cidr_block_association_set(association(
            "10.9.0.0/16",
            VpcCidrBlockStateCode::Disassociating,
        ))
        .tags(Tag::builder().key("Name").value("x").build())
        .build();
    let read = vpc(&answer).unwrap();
    assert_eq!(read.cidrs, [block("10.50.0.0/21"), block("100.64.0.0/20")]);
    assert_eq!(read.tags["Name"], "x");
}

#[test]
fn what_aws_always_sends_and_does_not_is_an_error() {
    assert_eq!(
        vpc(&types::Vpc::builder().owner_id("111111111111").build()),
        Err(Problem("no vpcId".to_owned()))
    );
    assert!(
        subnet(
            &types::Subnet::builder().subnet_id("subnet-0a000001").vpc_id("vpc-ce78dbb7").build()
        )
        .is_err()
    );
    assert!(route_table(&SdkRouteTable::builder().route_table_id("rtb-7122e509").build()).is_err());
}

#[test]
fn every_kind_of_target_is_read_and_an_unknown_one_stays_a_target() {
    let to = |build: fn(
        aws_sdk_ec2::types::builders::RouteBuilder,
    ) -> aws_sdk_ec2::types::builders::RouteBuilder| {
        let row = build(SdkRoute::builder().destination_cidr_block("10.0.0.0/8")).build();
        route(&row).unwrap().target
    };
    assert_eq!(to(|r| r.gateway_id("local")), RouteTarget::Local);
    assert_eq!(to(|r| r.gateway_id("igw-1")), RouteTarget::InternetGateway("igw-1".to_owned()));
    assert_eq!(to(|r| r.gateway_id("vgw-1")), RouteTarget::VpnGateway("vgw-1".to_owned()));
    assert_eq!(to(|r| r.gateway_id("vpce-1")), RouteTarget::VpcEndpoint("vpce-1".to_owned()));
    assert_eq!(
        to(|r| r.nat_gateway_id("nat-0000000a")),
        RouteTarget::NatGateway("nat-0000000a".parse().unwrap())
    );
    assert_eq!(
        to(|r| r.transit_gateway_id("tgw-1")),
        RouteTarget::TransitGateway("tgw-1".to_owned())
    );
    assert_eq!(
        to(|r| r.egress_only_internet_gateway_id("eigw-1")),
        RouteTarget::EgressOnlyInternetGateway("eigw-1".to_owned())
    );
    // A route to an instance is read back with both ids.
    assert_eq!(
        to(|r| r.instance_id("i-1").network_interface_id("eni-1")),
        RouteTarget::NetworkInterface("eni-1".to_owned())
    );
    assert_eq!(
        to(|r| r.vpc_peering_connection_id("pcx-d3c1e8ba")),
        RouteTarget::Connection("pcx-d3c1e8ba".parse().unwrap())
    );
    assert_eq!(to(|r| r.core_network_arn("arn:x")), RouteTarget::Other("arn:x".to_owned()));
    assert!(matches!(to(|r| r), RouteTarget::Other(_)));
}

#[test]
fn only_what_somebody_wrote_is_static_and_only_active_passes_packets() {
    let row = |origin: &str, state: &str| {
        let row = SdkRoute::builder()
            .destination_prefix_list_id("pl-0123abcd")
            .gateway_id("igw-1")
            .origin(SdkOrigin::from(origin))
            .state(SdkState::from(state))
            .build();
        let read = route(&row).unwrap();
        (read.origin, read.state)
    };
    assert_eq!(row("CreateRouteTable", "active"), (RouteOrigin::Table, RouteState::Active));
    assert_eq!(row("CreateRoute", "blackhole"), (RouteOrigin::Static, RouteState::Blackhole));
    assert_eq!(row("EnableVgwRoutePropagation", "active").0, RouteOrigin::Propagated);
    assert_eq!(row("Advertisement", "filtered"), (RouteOrigin::Propagated, RouteState::Blackhole));
    assert_eq!(row("SomethingNew", "active").0, RouteOrigin::Propagated);
}

/// Addresses that somebody brought along, and whatever comes to be associated one day: what cannot be a subnet's.
#[test]
fn an_association_with_no_subnet_is_no_reason_to_read_nothing() {
    let base = || RouteTableAssociation::builder().route_table_association_id("rtbassoc-0000000a");
    for (answer, scope) in [
        (base().public_ipv4_pool("ipv4pool-ec2-012345").build(), "ipv4pool-ec2-012345"),
        (base().build(), ""),
    ] {
        let read = association(&answer).unwrap().unwrap();
        assert_eq!(read.scope, AssociationScope::Gateway(scope.to_owned()));
    }
}

#[test]
fn associations_on_their_way_out_are_left_out() {
    let association = |build: RouteTableAssociation| build;
    let state = |code| RouteTableAssociationState::builder().state(code).build();
    let base = || RouteTableAssociation::builder().route_table_association_id("rtbassoc-0000000a");
    let table = SdkRouteTable::builder()
        .route_table_id("rtb-7122e509")
        .vpc_id("vpc-ce78dbb7")
        .associations(association(base().main(true).build()))
        .associations(association(
            base()
                .subnet_id("subnet-0a000001")
                .association_state(state(RouteTableAssociationStateCode::Associated))
                .build(),
        ))
        .associations(association(
            base()
                .subnet_id("subnet-0a000002")
                .association_state(state(RouteTableAssociationStateCode::Disassociated))
                .build(),
        ))
        .associations(association(base().gateway_id("igw-1").build()))
        .build();
    let read = route_table(&table).unwrap();
    assert!(read.is_main() && read.is_edge_associated());
    assert_eq!(read.explicit_subnets().count(), 1);
}

fn info(vpc: &str) -> VpcPeeringConnectionVpcInfo {
    VpcPeeringConnectionVpcInfo::builder()
        .vpc_id(vpc)
        .owner_id("111111111111")
        .region("us-west-2")
        .build()
}

fn peering(code: &str) -> aws_sdk_ec2::types::builders::VpcPeeringConnectionBuilder {
    let status = VpcPeeringConnectionStateReason::builder()
        .code(VpcPeeringConnectionStateReasonCode::from(code))
        .message("as it is")
        .build();
    VpcPeeringConnection::builder().vpc_peering_connection_id("pcx-d3c1e8ba").status(status)
}

#[test]
fn a_connection_is_read_in_every_state_and_an_unknown_state_is_an_error() {
    for code in [
        "initiating-request",
        "pending-acceptance",
        "provisioning",
        "active",
        "deleting",
        "deleted",
        "rejected",
        "failed",
        "expired",
    ] {
        let answer = peering(code)
            .requester_vpc_info(info("vpc-828a54fb"))
            .accepter_vpc_info(info("vpc-ce78dbb7"))
            .build();
        assert_eq!(connection(&answer).unwrap().unwrap().state.as_str(), code);
    }
    let odd = peering("levitating")
        .requester_vpc_info(info("vpc-828a54fb"))
        .accepter_vpc_info(info("vpc-ce78dbb7"))
        .build();
    assert!(connection(&odd).is_err());
}

#[test]
fn a_dead_connection_without_its_ends_is_left_out_and_a_live_one_is_an_error() {
    assert_eq!(connection(&peering("deleted").build()), Ok(None));
    assert!(connection(&peering("active").build()).is_err());
}

#[test]
fn an_end_has_its_blocks_once_each() {
    let end = VpcPeeringConnectionVpcInfo::builder()
        .vpc_id("vpc-ce78dbb7")
        .owner_id("111111111111")
        .region("us-west-2")
        .cidr_block("10.50.0.0/21")
        .cidr_block_set(SdkCidr::builder().cidr_block("10.50.0.0/21").build())
        .cidr_block_set(SdkCidr::builder().cidr_block("100.64.0.0/20").build())
        .build();
    assert_eq!(
        super::end(Some(&end)).unwrap().cidrs,
        [block("10.50.0.0/21"), block("100.64.0.0/20")]
    );
}

#[test]
fn rules_keep_their_key() {
    let base = || {
        SdkRule::builder()
            .security_group_rule_id("sgr-0123abcd")
            .group_id("sg-0e1b0001")
            .group_owner_id("111111111111")
            .is_egress(false)
    };
    let all = security_group_rule(
        &base().ip_protocol("-1").from_port(-1).to_port(-1).cidr_ipv4("0.0.0.0/0").build(),
    )
    .unwrap();
    assert_eq!((all.protocol, all.ports), (Protocol::All, None));
    let tcp = security_group_rule(
        &base().ip_protocol("tcp").from_port(0).to_port(65535).cidr_ipv6("fd00::/64").build(),
    )
    .unwrap();
    assert_eq!((tcp.protocol, tcp.ports), (Protocol::Tcp, Some(PortRange::ALL)));
    let group = ReferencedSecurityGroup::builder().group_id("sg-dee0b1ae").build();
    let own = security_group_rule(
        &base().ip_protocol("udp").from_port(53).to_port(53).referenced_group_info(group).build(),
    )
    .unwrap();
    assert_eq!(
        own.source,
        RuleSource::SecurityGroup {
            id: "sg-dee0b1ae".parse().unwrap(),
            account: "111111111111".parse().unwrap()
        }
    );
    let echo = security_group_rule(
        &base().ip_protocol("icmp").from_port(8).to_port(-1).cidr_ipv4("10.0.0.0/8").build(),
    )
    .unwrap();
    assert_eq!(echo.ports, Some(PortRange { from: 8, to: u16::MAX }));
    let list = security_group_rule(&base().ip_protocol("47").prefix_list_id("pl-0123abcd").build())
        .unwrap();
    assert_eq!(
        (list.protocol, list.source),
        (Protocol::Number(47), RuleSource::PrefixList("pl-0123abcd".parse().unwrap()))
    );
    assert!(security_group_rule(&base().ip_protocol("tcp").build()).is_err());
}

#[test]
fn a_nat_gateway_of_an_unknown_kind_is_not_taken_for_the_internet() {
    let base =
        || types::NatGateway::builder().nat_gateway_id("nat-0000000a").vpc_id("vpc-ce78dbb7");
    let kind = |gateway: types::NatGateway| {
        nat_gateway(&gateway).unwrap().map(|gateway| gateway.connectivity)
    };
    assert_eq!(
        kind(base().connectivity_type(ConnectivityType::Public).build()),
        Some(NatConnectivity::Public)
    );
    assert_eq!(
        kind(base().connectivity_type(ConnectivityType::Private).build()),
        Some(NatConnectivity::Private)
    );
    assert_eq!(kind(base().build()), Some(NatConnectivity::Private));
    assert_eq!(kind(base().state(NatGatewayState::Deleted).build()), None);
}
