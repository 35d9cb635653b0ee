//! What whoever makes a row of subnets with a table and an ACL of their own lives through: in fair weather from the first
//! call to the last, in foul weather call by call.

use peerway_sim::ec2::availability_zones::{DescribeAvailabilityZones, ZoneItem};
use peerway_sim::ec2::network_acls::{
    CreateNetworkAcl, DeleteNetworkAcl, DescribeNetworkAcls, ReplaceNetworkAclAssociation,
};
use peerway_sim::ec2::network_interfaces::{
    CreateNetworkInterface, DeleteNetworkInterface, DescribeNetworkInterfaces,
};
use peerway_sim::ec2::route_tables::*;
use peerway_sim::ec2::subnets::*;
use peerway_sim::ec2::{Flag, Tag, TagSpecification};
use peerway_sim::elb::{AttachLoadBalancerToSubnets, CreateLoadBalancer, Listener};
use peerway_sim::weather::{Behind, Lag, NewIds, Throttling};
use peerway_sim::{
    Action, ApiError, Effect, Fault, FaultKind, Quotas, RepeatedRoute, Settings, World,
};

use super::support::*;

const BLOCK: &str = "10.50.6.0/26";

fn subnet(block: &str) -> CreateSubnet {
    CreateSubnet {
        vpc_id: OURS.to_owned(),
        cidr_block: Some(block.to_owned()),
        availability_zone_id: Some("usw2-az1".to_owned()),
        tag_specifications: tags("subnet"),
        ..CreateSubnet::default()
    }
}

fn tags(kind: &str) -> Vec<TagSpecification> {
    let tags: Vec<Tag> = vec![tag("peerway/owner", "group")];
    vec![TagSpecification { resource_type: kind.to_owned(), tags }]
}

fn make_subnet(world: &World) -> String {
    done(world, &ours(), subnet(BLOCK)).subnet.subnet_id.to_string()
}

fn new_table(token: &str) -> CreateRouteTable {
    CreateRouteTable {
        vpc_id: OURS.to_owned(),
        client_token: Some(token.to_owned()),
        tag_specifications: tags("route-table"),
        ..CreateRouteTable::default()
    }
}

fn make_table(world: &World) -> String {
    done(world, &ours(), new_table("one")).route_table.route_table_id.to_string()
}

fn associate(table: &str, subnet: &str) -> AssociateRouteTable {
    AssociateRouteTable {
        route_table_id: table.to_owned(),
        subnet_id: Some(subnet.to_owned()),
        ..AssociateRouteTable::default()
    }
}

fn delete_subnet(id: &str) -> DeleteSubnet {
    DeleteSubnet { subnet_id: id.to_owned(), dry_run: None }
}

fn delete_table(id: &str) -> DeleteRouteTable {
    DeleteRouteTable { route_table_id: id.to_owned(), dry_run: None }
}

fn disassociate(id: &str) -> DisassociateRouteTable {
    DisassociateRouteTable { association_id: id.to_owned(), dry_run: None }
}

fn subnet_by_id(id: &str) -> DescribeSubnets {
    DescribeSubnets { subnet_ids: vec![id.to_owned()], ..DescribeSubnets::default() }
}

fn table_by_id(id: &str) -> DescribeRouteTables {
    DescribeRouteTables { route_table_ids: vec![id.to_owned()], ..DescribeRouteTables::default() }
}

fn ids_by_tag(world: &World) -> (Vec<String>, Vec<String>) {
    let filters = filter("tag:peerway/owner", &["group"]);
    let subnets = DescribeSubnets { filters: filters.clone(), ..DescribeSubnets::default() };
    let tables = DescribeRouteTables { filters, ..DescribeRouteTables::default() };
    let subnets = done(world, &ours(), subnets).subnet_set;
    let tables = done(world, &ours(), tables).route_table_set;
    (
        subnets.iter().map(|it| it.subnet_id.to_string()).collect(),
        tables.iter().map(|it| it.route_table_id.to_string()).collect(),
    )
}

/// The table that a subnet uses explicitly.
fn table_of(world: &World, subnet: &str) -> Option<String> {
    let request = DescribeRouteTables {
        filters: filter("association.subnet-id", &[subnet]),
        ..DescribeRouteTables::default()
    };
    let found = done(world, &ours(), request).route_table_set;
    found.first().map(|table| table.route_table_id.to_string())
}

#[test]
fn a_group_of_subnets_comes_and_goes_without_a_trace() {
    let world = world();
    let connection = connect(&world);
    let before = world.estate();

    let (subnet, table) = (make_subnet(&world), make_table(&world));
    assert_eq!(table_of(&world, &subnet), None, "it begins on the main table");
    let association = done(&world, &ours(), associate(&table, &subnet)).association_id.to_string();
    done(&world, &ours(), route_over(&table, "172.19.0.0/20", &connection));
    assert_eq!(table_of(&world, &subnet), Some(table.clone()));
    assert_eq!(ids_by_tag(&world), (vec![subnet.clone()], vec![table.clone()]));

    let acl = CreateNetworkAcl { vpc_id: OURS.to_owned(), ..CreateNetworkAcl::default() };
    let acl = done(&world, &ours(), acl).network_acl.network_acl_id.to_string();
    let of_subnet = || DescribeNetworkAcls {
        filters: filter("association.subnet-id", &[&subnet]),
        ..DescribeNetworkAcls::default()
    };
    let default = done(&world, &ours(), of_subnet()).network_acl_set.remove(0);
    assert!(default.default, "it begins on the default ACL");
    let of_acl = default.association_set.iter().find(|it| it.subnet_id.as_str() == subnet).unwrap();
    let moved = ReplaceNetworkAclAssociation {
        association_id: of_acl.network_acl_association_id.to_string(),
        network_acl_id: acl.clone(),
        dry_run: None,
    };
    done(&world, &ours(), moved);
    assert_eq!(done(&world, &ours(), of_subnet()).network_acl_set[0].network_acl_id.as_str(), acl);

    assert_eq!(code(&world, &ours(), delete_table(&table)), "DependencyViolation");
    done(&world, &ours(), disassociate(&association));
    assert_eq!(table_of(&world, &subnet), None, "it is back on the main table");
    assert_eq!(code(&world, &ours(), disassociate(&association)), "InvalidAssociationID.NotFound");
    done(&world, &ours(), delete_table(&table));
    done(&world, &ours(), delete_subnet(&subnet));
    let delete_acl = DeleteNetworkAcl { network_acl_id: acl, dry_run: None };
    done(&world, &ours(), delete_acl);
    assert_eq!(code(&world, &ours(), delete_table(&table)), "InvalidRouteTableID.NotFound");
    assert_eq!(code(&world, &ours(), delete_subnet(&subnet)), "InvalidSubnetID.NotFound");
    assert_eq!(world.estate(), before);
}

#[test]
fn a_subnet_has_no_token_its_block_is_its_key() {
    let world = world();
    let id = make_subnet(&world);
    let again = refusal(&world, &ours(), subnet(BLOCK));
    assert_eq!(again.code(), Some("InvalidSubnet.Conflict"));
    assert!(again.to_string().contains(BLOCK), "{again}");
    // Of another zone and with other tags it is a conflict just the same.
    let other = CreateSubnet {
        availability_zone_id: Some("usw2-az2".to_owned()),
        tag_specifications: Vec::new(),
        ..subnet(BLOCK)
    };
    assert_eq!(code(&world, &ours(), other), "InvalidSubnet.Conflict");
    done(&world, &ours(), delete_subnet(&id));
    assert_ne!(make_subnet(&world), id, "an id is never given twice");
}

#[test]
fn a_lost_answer_leaves_one_subnet_and_one_table() {
    let lost = [
        FaultKind::NoAnswer { effect: Effect::Applied },
        FaultKind::internal_error(Effect::Applied),
        FaultKind::Unavailable { effect: Effect::Applied },
    ];
    for kind in lost {
        let world = world();
        world.fail_next(Action::CreateSubnet, kind.clone());
        world.fail_next(Action::CreateRouteTable, kind.clone());
        assert!(world.ask(&ours(), subnet(BLOCK)).is_err());
        assert!(world.ask(&ours(), new_table("one")).is_err());
        assert_eq!(code(&world, &ours(), subnet(BLOCK)), "InvalidSubnet.Conflict", "{kind:?}");
        // The token gives the table that was made; another one would make another.
        let table = make_table(&world);
        let (subnets, tables) = ids_by_tag(&world);
        assert_eq!((subnets.len(), tables), (1, vec![table]), "{kind:?}");
        let changed = CreateRouteTable { tag_specifications: Vec::new(), ..new_table("one") };
        assert_eq!(code(&world, &ours(), changed), "IdempotentParameterMismatch");
        done(&world, &ours(), new_table("two"));
        assert_eq!(ids_by_tag(&world).1.len(), 2);
    }
}

#[test]
fn a_subnet_that_is_made_late_meets_the_one_made_meanwhile() {
    let world = world();
    world.fail_next(Action::CreateSubnet, FaultKind::lands_behind(1));
    assert_eq!(world.ask(&ours(), subnet(BLOCK)).unwrap_err(), ApiError::NoAnswer);
    let id = make_subnet(&world);
    let landed = world.ledger().pop().unwrap();
    assert_eq!(landed.outcome.to_string(), "InvalidSubnet.Conflict");
    assert_eq!(ids_by_tag(&world).0, [id]);

    // A deletion that lands late finds what stands then: a subnet in use stays.
    let world = self::world();
    let id = make_subnet(&world);
    world.fail_next(Action::DeleteSubnet, FaultKind::lands_behind(1));
    assert_eq!(world.ask(&ours(), delete_subnet(&id)).unwrap_err(), ApiError::NoAnswer);
    let interface =
        CreateNetworkInterface { subnet_id: id.clone(), ..CreateNetworkInterface::default() };
    done(&world, &ours(), interface);
    assert_eq!(world.ledger().pop().unwrap().outcome.to_string(), "DependencyViolation");
    done(&world, &ours(), subnet_by_id(&id));
}

#[test]
fn new_subnets_and_tables_are_not_found_at_first_by_reads_nor_by_writes() {
    let world = world();
    let new_ids = NewIds { seconds: seconds(4), calls: 0 };
    world.set_lag(vec![Lag { new_ids, ..Lag::default() }]);
    let (subnet, table) = (make_subnet(&world), make_table(&world));
    let connection = "pcx-00000bad";
    for (code, wanted) in [
        (code(&world, &ours(), subnet_by_id(&subnet)), "InvalidSubnetID.NotFound"),
        (code(&world, &ours(), delete_subnet(&subnet)), "InvalidSubnetID.NotFound"),
        (code(&world, &ours(), associate("rtb-0000000b", &subnet)), "InvalidSubnetID.NotFound"),
        (
            code(
                &world,
                &ours(),
                CreateNetworkInterface { subnet_id: subnet.clone(), ..Default::default() },
            ),
            "InvalidSubnetID.NotFound",
        ),
        (
            code(
                &world,
                &ours(),
                GetSubnetCidrReservations { subnet_id: subnet.clone(), ..Default::default() },
            ),
            "InvalidSubnetID.NotFound",
        ),
        (code(&world, &ours(), table_by_id(&table)), "InvalidRouteTableID.NotFound"),
        (code(&world, &ours(), delete_table(&table)), "InvalidRouteTableID.NotFound"),
        (
            code(&world, &ours(), associate(&table, "subnet-0000000b")),
            "InvalidRouteTableID.NotFound",
        ),
        (
            code(&world, &ours(), route_over(&table, "172.19.0.0/20", connection)),
            "InvalidRouteTableID.NotFound",
        ),
    ] {
        assert_eq!(code, wanted);
    }
    assert_eq!(ids_by_tag(&world), (vec![], vec![]), "lists do not show them either");
    assert_eq!(code(&world, &ours(), self::subnet(BLOCK)), "InvalidSubnet.Conflict");
    world.advance(seconds(4));
    done(&world, &ours(), associate(&table, &subnet));
    assert_eq!(ids_by_tag(&world), (vec![subnet], vec![table]));
}

#[test]
fn a_new_association_is_shown_late_and_not_found_at_first() {
    let world = world();
    let (subnet, table) = (make_subnet(&world), make_table(&world));
    let lag = Lag { chance: 1.0, by_list: Behind::writes(1), ..Lag::default() };
    world.set_lag(vec![lag]);
    let association = done(&world, &ours(), associate(&table, &subnet)).association_id.to_string();
    assert_eq!(table_of(&world, &subnet), None, "the list is one write behind");
    world.set_lag(Vec::new());
    assert_eq!(table_of(&world, &subnet), Some(table.clone()));
    world.inject(Fault::any(FaultKind::FreshNotFound));
    assert_eq!(code(&world, &ours(), disassociate(&association)), "InvalidAssociationID.NotFound");
    let replace = ReplaceRouteTableAssociation {
        association_id: association.clone(),
        route_table_id: "rtb-0000000b".to_owned(),
        dry_run: None,
    };
    let replaced = done(&world, &ours(), replace).new_association_id;
    assert_ne!(replaced.as_str(), association);
    assert_eq!(table_of(&world, &subnet), Some("rtb-0000000b".to_owned()));
}

#[test]
fn a_subnet_stays_as_long_as_interfaces_are_in_it() {
    let world = world();
    let id = make_subnet(&world);
    let in_subnet = || DescribeNetworkInterfaces {
        filters: filter("subnet-id", &[&id]),
        ..DescribeNetworkInterfaces::default()
    };
    assert!(done(&world, &ours(), in_subnet()).network_interface_set.is_empty());
    let interface =
        CreateNetworkInterface { subnet_id: id.clone(), ..CreateNetworkInterface::default() };
    done(&world, &ours(), interface);
    let refused = refusal(&world, &ours(), delete_subnet(&id));
    assert_eq!(refused.code(), Some("DependencyViolation"));
    let words = format!("The subnet '{id}' has dependencies and cannot be deleted.");
    assert!(refused.to_string().contains(&words), "{refused}");
    let mut found = done(&world, &ours(), in_subnet()).network_interface_set;
    let interface = found.remove(0).network_interface_id.to_string();
    let delete = DeleteNetworkInterface { network_interface_id: interface, dry_run: None };
    done(&world, &ours(), delete);
    // And once more by weather, with nothing in it at all.
    world.fail_next(Action::DeleteSubnet, FaultKind::Dependency);
    assert_eq!(code(&world, &ours(), delete_subnet(&id)), "DependencyViolation");
    done(&world, &ours(), delete_subnet(&id));
}

#[test]
fn quotas_of_subnets_tables_and_routes_are_reached_and_left() {
    let quotas = Quotas {
        subnets_per_vpc: 3,
        route_tables_per_vpc: 3,
        routes_per_table: 2,
        ..Quotas::default()
    };
    let settings =
        Settings { quotas, repeated_route: RepeatedRoute::Refused, ..Settings::default() };
    let world = world_with(settings);
    let connection = connect(&world);
    let (id, table) = (make_subnet(&world), make_table(&world));
    assert_eq!(code(&world, &ours(), subnet("10.50.7.0/26")), "SubnetLimitExceeded");
    assert_eq!(code(&world, &ours(), new_table("two")), "RouteTableLimitExceeded");
    assert_eq!(make_table(&world), table, "the token's table is no further one");
    done(&world, &ours(), route_over(&table, "172.19.0.0/24", &connection));
    let third = route_over(&table, "172.19.1.0/24", &connection);
    assert_eq!(code(&world, &ours(), third), "RouteLimitExceeded");
    done(&world, &ours(), delete_subnet(&id));
    done(&world, &ours(), delete_table(&table));
    done(&world, &ours(), subnet("10.50.7.0/26"));
    done(&world, &ours(), new_table("two"));

    // The same by weather, far below every quota.
    let world = self::world();
    world.fail_next(Action::CreateSubnet, FaultKind::Quota);
    world.fail_next(Action::CreateRouteTable, FaultKind::Quota);
    assert_eq!(code(&world, &ours(), subnet(BLOCK)), "SubnetLimitExceeded");
    assert_eq!(code(&world, &ours(), new_table("one")), "RouteTableLimitExceeded");
    assert_eq!(ids_by_tag(&world), (vec![], vec![]));
}

#[test]
fn each_of_these_calls_has_a_bucket_and_is_throttled_alone() {
    let world = world();
    let id = make_subnet(&world);
    world.set_throttling(Throttling::Default);
    let reserve = |number: u8| CreateSubnetCidrReservation {
        subnet_id: id.clone(),
        cidr: format!("10.50.6.{}/30", 4 * number),
        reservation_type: "explicit".to_owned(),
        ..CreateSubnetCidrReservation::default()
    };
    for number in 1..=5 {
        done(&world, &ours(), reserve(number));
    }
    assert_eq!(code(&world, &ours(), reserve(6)), "RequestLimitExceeded");
    done(&world, &ours(), subnet("10.50.7.0/26"));
    world.advance(seconds(1));
    done(&world, &ours(), reserve(6));
}

#[test]
fn an_ipv6_subnet_has_a_length_in_steps_of_four_and_conflicts_like_any_other() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{id: vpc-0000000a, \
                  cidr: 10.50.0.0/21, ipv6Cidrs: ['2600:1f14:aa::/56']}]}}}}";
    let world = world_of(estate, Settings::default());
    let with = |block: &str, ipv6: &str| CreateSubnet {
        ipv6_cidr_block: Some(ipv6.to_owned()),
        ..subnet(block)
    };
    let made = done(&world, &ours(), with("10.50.0.0/26", "2600:1f14:aa:1::/64")).subnet;
    let block = &made.ipv6_cidr_block_association_set[0];
    assert_eq!(block.ipv6_cidr_block.to_string(), "2600:1f14:aa:1::/64");
    assert_eq!(block.ipv6_cidr_block_state.state, "associated");
    let taken = with("10.50.1.0/26", "2600:1f14:aa:1::/64");
    assert_eq!(code(&world, &ours(), taken), "InvalidSubnet.Conflict");
    for wrong in ["2600:1f14:aa:2::/63", "2600:1f14:aa:2::/80", "2600:1f14:bb::/64"] {
        let wrong = with("10.50.1.0/26", wrong);
        assert_eq!(code(&world, &ours(), wrong), "InvalidSubnet.Range");
    }
    done(&world, &ours(), with("10.50.2.0/26", "2600:1f14:aa:10::/60"));
}

#[test]
fn a_subnet_that_stands_gets_one_ipv6_block_and_loses_it_again() {
    let estate = "accounts: {'111111111111': {regions: {us-west-2: {vpcs: [{id: vpc-0000000a, \
                  cidr: 10.50.0.0/21, ipv6Cidrs: ['2600:1f14:aa::/56'], subnets: \
                  [{id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/26}, \
                  {id: subnet-0000000b, zone: usw2-az1, cidr: 10.50.1.0/26}]}]}}}}";
    let world = world_of(estate, Settings::default());
    let give = |id: &str, block: &str| AssociateSubnetCidrBlock {
        subnet_id: id.to_owned(),
        ipv6_cidr_block: Some(block.to_owned()),
    };
    let shown = |id: &str| {
        let request = DescribeSubnets { subnet_ids: vec![id.to_owned()], ..Default::default() };
        let subnet = done(&world, &ours(), request).subnet_set.remove(0);
        let blocks = subnet.ipv6_cidr_block_association_set.into_iter();
        let told = blocks.map(|block| {
            (block.association_id, block.ipv6_cidr_block, block.ipv6_cidr_block_state.state)
        });
        told.collect::<Vec<_>>()
    };
    let (one, other) = ("subnet-0000000a", "subnet-0000000b");
    for (id, block, expected) in [
        ("subnet-00000bad", "2600:1f14:aa::/64", "InvalidSubnetID.NotFound"),
        (one, "2600:1f14:aa::/63", "InvalidSubnet.Range"),
        (one, "2600:1f14:bb::/64", "InvalidSubnet.Range"),
        (one, "10.50.2.0/26", "InvalidParameterValue"),
    ] {
        assert_eq!(code(&world, &ours(), give(id, block)), expected, "{block}");
    }
    let nothing = AssociateSubnetCidrBlock { ipv6_cidr_block: None, ..give(one, "") };
    assert_eq!(code(&world, &ours(), nothing), "MissingParameter");
    assert!(shown(one).is_empty());

    let given = done(&world, &ours(), give(one, "2600:1f14:aa:1::/64"));
    assert_eq!(given.subnet_id.as_str(), one);
    let association = given.ipv6_cidr_block_association;
    let id = association.association_id;
    assert_eq!(association.ipv6_cidr_block_state.state, "associating");
    assert_eq!(shown(one), [(id.clone(), association.ipv6_cidr_block, "associated")]);
    // Nobody gets what somebody has, nor a second one.
    for (subnet, block) in [(other, "2600:1f14:aa:1::/64"), (one, "2600:1f14:aa:2::/64")] {
        assert_eq!(code(&world, &ours(), give(subnet, block)), "InvalidSubnet.Conflict");
    }
    let saved = world.estate();
    assert_eq!(World::new(&saved, Settings::default()).unwrap().estate(), saved);

    let take = |id: &str| DisassociateSubnetCidrBlock { association_id: id.to_owned() };
    let assigns = |value| ModifySubnetAttribute {
        subnet_id: one.to_owned(),
        assign_ipv6_address_on_creation: Some(Flag { value }),
        ..ModifySubnetAttribute::default()
    };
    done(&world, &ours(), assigns(true));
    assert_eq!(code(&world, &ours(), take(id.as_str())), "InvalidCidrBlock.InUse");
    done(&world, &ours(), assigns(false));
    let taken = done(&world, &ours(), take(id.as_str())).ipv6_cidr_block_association;
    assert_eq!(taken.ipv6_cidr_block_state.state, "disassociating");
    assert!(shown(one).is_empty());
    for (id, expected) in [
        (id.as_str(), "InvalidSubnetCidrBlockAssociationID.NotFound"),
        ("bogus", "InvalidSubnetCidrBlockAssociationId.Malformed"),
    ] {
        assert_eq!(code(&world, &ours(), take(id)), expected);
    }
    done(&world, &ours(), give(other, "2600:1f14:aa:1::/64"));
}

#[test]
fn a_reservation_is_of_a_part_and_goes_with_its_subnet() {
    let world = world();
    let id = make_subnet(&world);
    let reserve = |block: &str, kind: &str| CreateSubnetCidrReservation {
        subnet_id: id.clone(),
        cidr: block.to_owned(),
        reservation_type: kind.to_owned(),
        ..CreateSubnetCidrReservation::default()
    };
    let get = || GetSubnetCidrReservations { subnet_id: id.clone(), ..Default::default() };
    let made = done(&world, &ours(), reserve("10.50.6.16/28", "prefix")).subnet_cidr_reservation;
    done(&world, &ours(), reserve("10.50.6.32/28", "explicit"));
    assert_eq!(
        code(&world, &ours(), reserve("10.50.6.24/29", "explicit")),
        "InvalidCidrReservation.Conflict"
    );
    assert_eq!(code(&world, &ours(), reserve("10.50.7.0/28", "prefix")), "InvalidParameterValue");
    let all = done(&world, &ours(), get()).subnet_ipv4_cidr_reservation_set;
    assert_eq!(all.len(), 2);
    let of_kind =
        GetSubnetCidrReservations { filters: filter("reservationType", &["prefix"]), ..get() };
    let found = done(&world, &ours(), of_kind).subnet_ipv4_cidr_reservation_set;
    assert_eq!(found, std::slice::from_ref(&made));
    let delete = || DeleteSubnetCidrReservation {
        subnet_cidr_reservation_id: made.subnet_cidr_reservation_id.to_string(),
        dry_run: None,
    };
    done(&world, &ours(), delete());
    assert_eq!(code(&world, &ours(), delete()), "InvalidSubnetCidrReservationID.NotFound");
    done(&world, &ours(), delete_subnet(&id));
    assert_eq!(code(&world, &ours(), get()), "InvalidSubnetID.NotFound");
    let estate = world.estate().to_yaml().unwrap();
    assert!(!estate.contains("10.50.6.32"), "{estate}");
}

#[test]
fn a_local_zone_is_listed_as_what_it_is_and_takes_subnets_but_no_balancers() {
    let estate = ESTATE.replacen(
        "        vpcs:",
        "        zones: {us-west-2a: usw2-az1, us-west-2b: usw2-az2, us-west-2-lax-1a: usw2-lax1-az1}\n        vpcs:",
        1,
    );
    let world = world_of(&estate, Settings::default());
    let zones =
        |request: DescribeAvailabilityZones| done(&world, &ours(), request).availability_zone_info;
    let own = zones(DescribeAvailabilityZones::default());
    let local: Vec<&ZoneItem> = own.iter().filter(|it| it.zone_type == "local-zone").collect();
    assert_eq!((own.len(), local.len()), (3, 1));
    assert_eq!(local[0].zone_name, "us-west-2-lax-1a");
    assert_eq!(local[0].group_name, "us-west-2-lax-1");
    assert_eq!(local[0].network_border_group, "us-west-2-lax-1");
    assert_eq!(local[0].opt_in_status, "opted-in");
    assert_eq!(local[0].parent_zone_name.as_deref(), Some("us-west-2a"));
    let usual = DescribeAvailabilityZones {
        filters: filter("zone-type", &["availability-zone"]),
        ..DescribeAvailabilityZones::default()
    };
    assert_eq!(zones(usual).len(), 2);
    let all = DescribeAvailabilityZones {
        all_availability_zones: Some(true),
        filters: filter("opt-in-status", &["not-opted-in"]),
        ..DescribeAvailabilityZones::default()
    };
    let offered: Vec<String> = zones(all).into_iter().map(|zone| zone.zone_name).collect();
    assert_eq!(offered, ["us-west-2-den-1a", "us-west-2-lax-1b"]);
    // One that was not asked for is no zone of the account.
    let unasked = DescribeAvailabilityZones {
        zone_names: vec!["us-west-2-den-1a".to_owned()],
        ..DescribeAvailabilityZones::default()
    };
    assert_eq!(code(&world, &ours(), unasked), "InvalidParameterValue");
    let in_zone = |block: &str, zone: &str| CreateSubnet {
        availability_zone: Some(zone.to_owned()),
        availability_zone_id: None,
        ..subnet(block)
    };
    let refused = in_zone(BLOCK, "us-west-2-den-1a");
    assert_eq!(code(&world, &ours(), refused), "InvalidParameterValue");
    let made = done(&world, &ours(), in_zone(BLOCK, "us-west-2-lax-1a")).subnet;
    assert_eq!(made.availability_zone_id.as_str(), "usw2-lax1-az1");
    let anywhere = CreateSubnet { availability_zone_id: None, ..subnet("10.50.7.0/26") };
    let anywhere = done(&world, &ours(), anywhere).subnet;
    assert_eq!(anywhere.availability_zone, "us-west-2a", "nobody gets a Local Zone unasked");

    let listener = Listener {
        protocol: "TCP".to_owned(),
        load_balancer_port: 8888,
        instance_protocol: None,
        instance_port: 8888,
        ssl_certificate_id: None,
    };
    let balancer = |subnet: &str| CreateLoadBalancer {
        load_balancer_name: "proxy".to_owned(),
        listeners: vec![listener.clone()],
        subnets: vec![subnet.to_owned()],
        security_groups: vec!["sg-0000000a".to_owned()],
        scheme: Some("internal".to_owned()),
        ..CreateLoadBalancer::default()
    };
    let local = made.subnet_id.as_str();
    assert_eq!(code(&world, &ours(), balancer(local)), "InvalidSubnet");
    done(&world, &ours(), balancer(anywhere.subnet_id.as_str()));
    let attach = AttachLoadBalancerToSubnets {
        load_balancer_name: "proxy".to_owned(),
        subnets: vec![local.to_owned()],
    };
    assert_eq!(code(&world, &ours(), attach), "InvalidSubnet");
    let again = world.estate().canonical().unwrap();
    assert_eq!(again, world.estate());
}
