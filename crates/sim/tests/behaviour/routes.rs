use peerway_sim::ec2::route_tables::*;
use peerway_sim::ec2::vpcs::AssociateVpcCidrBlock;
use peerway_sim::{Quotas, RepeatedRoute, Settings};

use super::support::*;

const TABLE: &str = "rtb-0000000b";

fn route(destination: &str) -> CreateRoute {
    CreateRoute {
        route_table_id: TABLE.to_owned(),
        destination_cidr_block: Some(destination.to_owned()),
        ..CreateRoute::default()
    }
}

fn to_internet(destination: &str) -> CreateRoute {
    CreateRoute { gateway_id: Some("igw-0000000a".to_owned()), ..route(destination) }
}

fn to_nat(destination: &str) -> CreateRoute {
    CreateRoute { nat_gateway_id: Some("nat-0000000a".to_owned()), ..route(destination) }
}

fn replace_over(destination: &str, connection: &str) -> ReplaceRoute {
    ReplaceRoute {
        route_table_id: TABLE.to_owned(),
        destination_cidr_block: Some(destination.to_owned()),
        vpc_peering_connection_id: Some(connection.to_owned()),
        ..ReplaceRoute::default()
    }
}

fn delete_route(destination: &str) -> DeleteRoute {
    DeleteRoute {
        route_table_id: TABLE.to_owned(),
        destination_cidr_block: Some(destination.to_owned()),
        ..DeleteRoute::default()
    }
}

#[test]
fn a_route_over_a_connection_is_black_until_it_is_active_and_again_after_it() {
    let world = world();
    let id = request(&world);
    done(&world, &ours(), route_over(TABLE, "172.19.0.0/20", &id));
    assert_eq!(route_state(&world, &ours(), TABLE, "172.19.0.0/20"), "blackhole");
    world.advance(seconds(1));
    done(&world, &theirs(), accept(&id));
    assert_eq!(route_state(&world, &ours(), TABLE, "172.19.0.0/20"), "blackhole");
    world.advance(seconds(3));
    assert_eq!(route_state(&world, &ours(), TABLE, "172.19.0.0/20"), "active");
    done(&world, &theirs(), delete(&id));
    assert_eq!(route_state(&world, &ours(), TABLE, "172.19.0.0/20"), "blackhole");
    world.advance(hours(48));
    assert_eq!(
        route_state(&world, &ours(), TABLE, "172.19.0.0/20"),
        "blackhole",
        "nobody heals it"
    );
}

#[test]
fn a_new_peering_of_the_same_vpcs_does_not_heal_an_old_route() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), route_over(TABLE, "172.19.0.0/20", &id));
    done(&world, &ours(), delete(&id));
    let second = connect(&world);
    assert_eq!(route_state(&world, &ours(), TABLE, "172.19.0.0/20"), "blackhole");
    let again = route_over(TABLE, "172.19.0.0/20", &second);
    assert_eq!(code(&world, &ours(), again), "RouteAlreadyExists", "the row keeps its key");
    done(&world, &ours(), replace_over("172.19.0.0/20", &second));
    assert_eq!(route_state(&world, &ours(), TABLE, "172.19.0.0/20"), "active");
}

#[test]
fn one_destination_has_one_target() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), to_internet("172.19.0.0/20"));
    assert_eq!(
        code(&world, &ours(), route_over(TABLE, "172.19.0.0/20", &id)),
        "RouteAlreadyExists"
    );
    assert_eq!(code(&world, &ours(), to_nat("172.19.0.0/20")), "RouteAlreadyExists");
    done(&world, &ours(), route_over(TABLE, "172.19.0.0/21", &id));
}

#[test]
fn a_repetition_with_the_same_target_is_refused_or_accepted_as_the_world_is_set() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), route_over(TABLE, "172.19.0.0/20", &id));
    let again = || route_over(TABLE, "172.19.3.4/20", &id);
    assert_eq!(code(&world, &ours(), again()), "RouteAlreadyExists");

    let repeated_route = RepeatedRoute::Accepted;
    let world = world_with(Settings { repeated_route, ..Settings::default() });
    let id = connect(&world);
    done(&world, &ours(), route_over(TABLE, "172.19.0.0/20", &id));
    done(&world, &ours(), route_over(TABLE, "172.19.0.0/20", &id));
    assert_eq!(code(&world, &ours(), to_nat("172.19.0.0/20")), "RouteAlreadyExists");
}

#[test]
fn destinations_lose_their_host_bits() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), route_over(TABLE, "172.19.3.4/20", &id));
    assert_eq!(route_state(&world, &ours(), TABLE, "172.19.0.0/20"), "active");
    done(&world, &ours(), delete_route("172.19.15.255/20"));
    assert_eq!(routes(&world, &ours(), TABLE).len(), 1);
}

#[test]
fn exactly_one_destination_and_one_target_are_needed() {
    let world = world();
    let id = connect(&world);
    assert_eq!(code(&world, &ours(), route("1.0.0.0/8")), "MissingParameter");
    let two_targets =
        CreateRoute { nat_gateway_id: Some("nat-0000000a".to_owned()), ..to_internet("1.0.0.0/8") };
    assert_eq!(code(&world, &ours(), two_targets), "InvalidParameterCombination");
    let no_destination = CreateRoute { destination_cidr_block: None, ..route_over(TABLE, "", &id) };
    assert_eq!(code(&world, &ours(), no_destination), "MissingParameter");
    let two_destinations = CreateRoute {
        destination_ipv6_cidr_block: Some("fd00::/8".to_owned()),
        ..route_over(TABLE, "1.0.0.0/8", &id)
    };
    assert_eq!(code(&world, &ours(), two_destinations), "InvalidParameterCombination");
    let wrong_family = route_over(TABLE, "fd00::/8", &id);
    assert_eq!(code(&world, &ours(), wrong_family), "InvalidParameterValue");
}

#[test]
fn a_target_must_be_there_and_belong_to_the_tables_vpc() {
    let world = world();
    let id = connect(&world);
    let unknown = |set: fn(&mut CreateRoute)| {
        let mut request = route("1.0.0.0/8");
        set(&mut request);
        code(&world, &ours(), request)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        unknown(|r| r.gateway_id = Some("igw-00000bad".into())),
        "InvalidInternetGatewayID.NotFound"
    );
    assert_eq!(
        unknown(|r| r.gateway_id = Some("vgw-00000bad".into())),
        "InvalidGatewayID.NotFound"
    );
    assert_eq!(
        unknown(|r| r.nat_gateway_id = Some("nat-00000bad".into())),
        "InvalidNatGatewayID.NotFound"
    );
    assert_eq!(
        unknown(|r| r.transit_gateway_id = Some("tgw-00000bad".into())),
        "InvalidTransitGatewayID.NotFound"
    );
    assert_eq!(
        unknown(|r| r.network_interface_id = Some("eni-00000bad".into())),
        "InvalidNetworkInterfaceID.NotFound"
    );
    assert_eq!(
        unknown(|r| r.instance_id = Some("i-00000bad".into())),
        "InvalidInstanceID.NotFound"
    );
    assert_eq!(
        code(&world, &ours(), route_over(TABLE, "1.0.0.0/8", "pcx-00000bad")),
        "InvalidVpcPeeringConnectionID.NotFound"
    );
    let other_vpc =
        CreateRoute { route_table_id: "rtb-0000000c".to_owned(), ..to_internet("1.0.0.0/8") };
    assert_eq!(code(&world, &ours(), other_vpc), "InvalidParameterValue");
    let refused = refusal(&world, &ours(), route_over("rtb-0000000c", "1.0.0.0/8", &id));
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
    assert!(refused.message().contains("belong to different networks"), "{refused}");
    let no_table = CreateRoute {
        gateway_id: some("igw-0000000a"),
        route_table_id: "rtb-00000bad".to_owned(),
        ..route("1.0.0.0/8")
    };
    assert_eq!(code(&world, &ours(), no_table), "InvalidRouteTableID.NotFound");
    let not_ours = route_over("rtb-0000000d", "1.0.0.0/8", &id);
    assert_eq!(code(&world, &ours(), not_ours), "InvalidRouteTableID.NotFound");
}

#[test]
fn a_dead_connection_is_no_target() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), delete(&id));
    assert!(is_listed(&world, &ours(), &id));
    assert_eq!(
        code(&world, &ours(), route_over(TABLE, "1.0.0.0/8", &id)),
        "InvalidVpcPeeringConnectionID.NotFound"
    );
}

#[test]
fn local_routes_are_aws_s_own() {
    let world = world();
    let id = connect(&world);
    for inside in ["10.50.0.0/21", "10.50.1.0/24", "10.50.7.255/32"] {
        let refused = refusal(&world, &ours(), route_over(TABLE, inside, &id));
        assert_eq!(refused.code(), Some("InvalidParameterValue"), "{inside}");
        assert_eq!(code(&world, &ours(), to_internet(inside)), "InvalidParameterValue", "{inside}");
    }
    done(&world, &ours(), route_over(TABLE, "10.0.0.0/8", &id));
    assert_eq!(code(&world, &ours(), to_nat("10.50.0.0/21")), "RouteAlreadyExists");
    assert_eq!(code(&world, &ours(), delete_route("10.50.0.0/21")), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), replace_over("10.50.0.0/21", &id)), "InvalidParameterValue");
}

#[test]
fn inside_the_vpc_a_middlebox_may_stand_before_a_whole_subnet() {
    let world = world();
    done(&world, &ours(), to_nat("10.50.0.0/24"));
    assert_eq!(code(&world, &ours(), to_nat("10.50.0.0/25")), "InvalidParameterValue");
    let middlebox = ReplaceRoute {
        vpc_peering_connection_id: None,
        nat_gateway_id: Some("nat-0000000a".to_owned()),
        ..replace_over("10.50.0.0/21", "")
    };
    done(&world, &ours(), middlebox);
    assert_eq!(code(&world, &ours(), delete_route("10.50.0.0/21")), "InvalidParameterValue");
    let back = ReplaceRoute {
        vpc_peering_connection_id: None,
        local_target: Some(true),
        ..replace_over("10.50.0.0/21", "")
    };
    done(&world, &ours(), back);
    let restored = routes(&world, &ours(), TABLE);
    assert_eq!(restored[0].gateway_id.as_deref(), Some("local"));
}

#[test]
fn what_is_not_there_is_neither_replaced_nor_deleted() {
    let world = world();
    let id = connect(&world);
    let refused = refusal(&world, &ours(), replace_over("1.0.0.0/8", &id));
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
    assert!(refused.message().contains("no route defined"), "{refused}");
    assert_eq!(code(&world, &ours(), delete_route("1.0.0.0/8")), "InvalidRoute.NotFound");
}

#[test]
fn ranges_of_aws_itself_are_no_destinations() {
    let world = world();
    assert_eq!(code(&world, &ours(), to_internet("169.254.169.254/32")), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), to_internet("169.254.168.0/22")), "InvalidParameterValue");
    done(&world, &ours(), to_internet("169.254.0.0/16"));
}

#[test]
fn routes_are_limited_for_each_family_apart() {
    let quotas = Quotas { routes_per_table: 2, ..Quotas::default() };
    let world = world_with(Settings { quotas, ..Settings::default() });
    done(&world, &ours(), to_internet("1.0.0.0/8"));
    assert_eq!(code(&world, &ours(), to_internet("2.0.0.0/8")), "RouteLimitExceeded");
    let ipv6 = CreateRoute {
        destination_cidr_block: None,
        destination_ipv6_cidr_block: Some("::/0".to_owned()),
        ..to_internet("")
    };
    done(&world, &ours(), ipv6);
}

#[test]
fn a_block_of_the_vpc_brings_local_routes_and_takes_them_with_it() {
    let world = world();
    let block = AssociateVpcCidrBlock {
        vpc_id: OURS.to_owned(),
        cidr_block: Some("100.64.0.0/24".to_owned()),
        ..AssociateVpcCidrBlock::default()
    };
    let association =
        done(&world, &ours(), block).cidr_block_association.unwrap().association_id.to_string();
    assert_eq!(routes(&world, &ours(), TABLE).len(), 1, "not before it is associated");
    world.advance(seconds(2));
    for table in ["rtb-0000000a", TABLE] {
        let added = &routes(&world, &ours(), table)[1];
        assert_eq!(added.gateway_id.as_deref(), Some("local"));
        assert_eq!(added.origin, "CreateRouteTable");
    }
    let request = peerway_sim::ec2::vpcs::DisassociateVpcCidrBlock { association_id: association };
    done(&world, &ours(), request);
    world.advance(seconds(2));
    assert_eq!(routes(&world, &ours(), TABLE).len(), 1);
}

#[test]
fn tables_are_found_by_any_of_several_values_and_shown_whole() {
    let world = world();
    let id = connect(&world);
    done(&world, &ours(), route_over(TABLE, "172.19.0.0/20", &id));
    done(&world, &ours(), to_internet("0.0.0.0/0"));
    let found = |name: &str, values: &[&str]| -> Vec<RouteTableItem> {
        let request = DescribeRouteTables { filters: filter(name, values), ..Default::default() };
        done(&world, &ours(), request).route_table_set
    };
    assert_eq!(found("association.subnet-id", &["subnet-0000000a", "subnet-00000bad"]).len(), 1);
    assert_eq!(
        found("association.subnet-id", &["subnet-0000000b"]).len(),
        0,
        "implicit use is listed nowhere"
    );
    assert_eq!(found("association.main", &["true"]).len(), 2);
    assert_eq!(found("route.state", &["active"]).len(), 3);
    assert_eq!(found("route.origin", &["CreateRoute"]).len(), 1);
    assert_eq!(found("route.gateway-id", &["local"]).len(), 3);
    let by_connection = found("route.vpc-peering-connection-id", &[&id]);
    assert_eq!(by_connection[0].route_set.len(), 3, "a filter selects tables, not rows");
    assert_eq!(found("route.instance-id", &["*"]).len(), 0);
    assert_eq!(found("vpc-id", &[OURS]).len(), 2);
    assert_eq!(found("tag:Name", &["priv*"]).len(), 1);
}
