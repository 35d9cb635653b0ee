//! Whatever is called in whatever order, the world stays one that AWS could be in.

use peerway_sim::ec2::peerings::*;
use peerway_sim::ec2::route_tables::*;
use peerway_sim::ec2::security_groups::*;
use peerway_sim::ec2::subnets::*;
use peerway_sim::ec2::vpcs::*;
use peerway_sim::estate::{Block, End, Include};
use peerway_sim::{Call, Caller, Settings, World};
use proptest::prelude::*;

use super::census;
use super::support::*;

/// One thing that may happen: somebody calls with ids out of those that have been seen, or time passes.
#[derive(Debug, Clone)]
struct Step {
    action: u8,
    who: u8,
    picks: [usize; 4],
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<u8>(), 0_u8..3, any::<[usize; 4]>());
    prop::collection::vec(step.prop_map(|(action, who, picks)| Step { action, who, picks }), 1..50)
}

/// Ids of each kind that are in the world, and some that never were.
fn ids(world: &World) -> Ids {
    let estate = world.estate_with(Include { ended_connections: true, ..Include::default() });
    let mut ids = Ids::default();
    for vpc in estate.accounts.values().flat_map(|a| a.regions.values()).flat_map(|r| &r.vpcs) {
        ids.vpcs.extend(vpc.id.iter().map(ToString::to_string));
        ids.subnets.extend(vpc.subnets.iter().flat_map(|s| &s.id).map(ToString::to_string));
    }
    ids.connections.extend(estate.peerings.iter().flat_map(|p| &p.id).map(ToString::to_string));
    for caller in [ours(), theirs(), far()] {
        for table in world.ask(&caller, DescribeRouteTables::default()).unwrap().route_table_set {
            ids.tables.push(table.route_table_id.to_string());
            let associations = table.association_set.iter();
            ids.associations.extend(associations.map(|a| a.route_table_association_id.to_string()));
        }
        let groups = world.ask(&caller, DescribeSecurityGroups::default()).unwrap();
        ids.groups.extend(groups.security_group_info.iter().map(|g| g.group_id.to_string()));
    }
    ids.vpcs.push("vpc-00000bad".to_owned());
    ids.connections.push("pcx-00000bad".to_owned());
    ids.subnets.push("subnet-00000bad".to_owned());
    ids
}

#[derive(Default)]
struct Ids {
    vpcs: Vec<String>,
    subnets: Vec<String>,
    tables: Vec<String>,
    associations: Vec<String>,
    connections: Vec<String>,
    groups: Vec<String>,
}

const BLOCKS: [&str; 6] = [
    "10.50.2.0/24",
    "172.19.0.0/20",
    "172.19.0.0/24",
    "10.80.0.0/16",
    "100.64.0.0/24",
    "10.50.0.0/16",
];
const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];

fn take(step: &Step, world: &World) {
    let ids = ids(world);
    let who: Caller = [ours(), theirs(), far()][usize::from(step.who)].clone();
    let pick = |list: &[String], at: usize| list[step.picks[at] % list.len()].clone();
    let block = |at: usize| BLOCKS[step.picks[at] % BLOCKS.len()].to_owned();
    let call: Call = match step.action % 18 {
        0 => CreateVpcPeeringConnection {
            vpc_id: pick(&ids.vpcs, 0),
            peer_vpc_id: pick(&ids.vpcs, 1),
            peer_owner_id: Some(ACCOUNTS[step.picks[2] % 3].to_owned()),
            peer_region: Some(["us-west-2", "eu-central-1"][step.picks[3] % 2].to_owned()),
            ..CreateVpcPeeringConnection::default()
        }
        .into(),
        1 | 2 => accept(&pick(&ids.connections, 0)).into(),
        3 => delete(&pick(&ids.connections, 0)).into(),
        4 => RejectVpcPeeringConnection {
            vpc_peering_connection_id: pick(&ids.connections, 0),
            dry_run: None,
        }
        .into(),
        5 | 6 => route_over(&pick(&ids.tables, 0), &block(1), &pick(&ids.connections, 2)).into(),
        7 => DeleteRoute {
            route_table_id: pick(&ids.tables, 0),
            destination_cidr_block: Some(block(1)),
            ..DeleteRoute::default()
        }
        .into(),
        8 => CreateSubnet {
            vpc_id: pick(&ids.vpcs, 0),
            cidr_block: Some(block(1)),
            ..Default::default()
        }
        .into(),
        9 => DeleteSubnet { subnet_id: pick(&ids.subnets, 0), dry_run: None }.into(),
        10 => CreateRouteTable { vpc_id: pick(&ids.vpcs, 0), ..Default::default() }.into(),
        11 => DeleteRouteTable { route_table_id: pick(&ids.tables, 0), dry_run: None }.into(),
        12 => AssociateRouteTable {
            route_table_id: pick(&ids.tables, 0),
            subnet_id: Some(pick(&ids.subnets, 1)),
            ..Default::default()
        }
        .into(),
        13 => ReplaceRouteTableAssociation {
            association_id: pick(&ids.associations, 0),
            route_table_id: pick(&ids.tables, 1),
            dry_run: None,
        }
        .into(),
        14 => AssociateVpcCidrBlock {
            vpc_id: pick(&ids.vpcs, 0),
            cidr_block: Some(block(1)),
            ..Default::default()
        }
        .into(),
        15 => AuthorizeSecurityGroupIngress {
            group_id: Some(pick(&ids.groups, 0)),
            ip_permissions: vec![IpPermission {
                ip_protocol: "-1".to_owned(),
                groups: vec![GroupPair {
                    group_id: Some(pick(&ids.groups, 1)),
                    user_id: Some(ACCOUNTS[step.picks[2] % 3].to_owned()),
                    ..GroupPair::default()
                }],
                ..IpPermission::default()
            }],
            ..Default::default()
        }
        .into(),
        16 => DeleteSecurityGroup { group_id: Some(pick(&ids.groups, 0)), ..Default::default() }
            .into(),
        _ => {
            world.advance(seconds([1, 5, 60, 8000, 700_000][step.picks[0] % 5]));
            return;
        }
    };
    let _ = world.call(&who, call);
}

/// No two VPCs that are actively peered have blocks that meet.
fn check_peerings(world: &World) {
    let estate = world.estate();
    let regions = estate.accounts.values().flat_map(|account| account.regions.values());
    let blocks: std::collections::BTreeMap<_, Vec<_>> = regions
        .flat_map(|region| &region.vpcs)
        .map(|vpc| {
            let further = vpc.secondary_cidrs.iter().map(|block| match block {
                Block::Plain(cidr) => *cidr,
                Block::Named(named) => named.cidr,
            });
            (vpc.id.clone().unwrap(), std::iter::once(vpc.cidr).chain(further).collect())
        })
        .collect();
    for peering in estate.peerings.iter().filter(|peering| peering.status.is_none()) {
        let (End::Here(one), End::Here(other)) = (&peering.requester, &peering.accepter) else {
            continue;
        };
        let mut pairs = blocks[one].iter().flat_map(|a| blocks[other].iter().map(move |b| (a, b)));
        assert!(pairs.all(|(a, b)| !a.meets(b)), "{one} and {other} overlap");
    }
}

/// What must be so in every world.
fn check(world: &World) {
    check_peerings(world);
    for caller in [ours(), theirs(), far()] {
        let vpcs = world.ask(&caller, DescribeVpcs::default()).unwrap().vpc_set;
        let tables = world.ask(&caller, DescribeRouteTables::default()).unwrap().route_table_set;
        for vpc in &vpcs {
            let of_vpc = tables.iter().filter(|table| table.vpc_id == vpc.vpc_id);
            let main = of_vpc.clone().flat_map(|table| &table.association_set).filter(|a| a.main);
            assert_eq!(main.count(), 1, "a VPC has one main table");
            let blocks = vpc.cidr_block_association_set.iter();
            let blocks =
                blocks.filter(|block| block.cidr_block_state.state != "associating").count();
            for table in of_vpc {
                let local =
                    table.route_set.iter().filter(|r| r.gateway_id.as_deref() == Some("local"));
                assert_eq!(local.count(), blocks, "a local route for each block, and no other");
                let mut destinations: Vec<_> = table
                    .route_set
                    .iter()
                    .map(|r| (r.destination_cidr_block, r.destination_ipv6_cidr_block))
                    .collect();
                destinations.sort();
                destinations.dedup();
                assert_eq!(destinations.len(), table.route_set.len(), "one route per destination");
            }
        }
        let mut users: Vec<_> = tables
            .iter()
            .flat_map(|t| &t.association_set)
            .filter_map(|a| a.subnet_id.as_ref())
            .collect();
        let subnets = world.ask(&caller, DescribeSubnets::default()).unwrap().subnet_set;
        assert!(users.iter().all(|used| subnets.iter().any(|s| s.subnet_id == **used)));
        users.sort();
        let count = users.len();
        users.dedup();
        assert_eq!(users.len(), count, "a subnet uses one table");
    }
    census::check(world);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_row_of_calls_leaves_a_sound_world_that_can_be_saved_and_loaded(steps in steps()) {
        let world = world();
        for step in &steps {
            take(step, &world);
            check(&world);
            check_saving(&world);
        }
        census::check_strangers(&world);
        // Let everything settle that passes by itself: what is under way is not saved in every detail.
        world.advance(seconds(20));
        let saved = world.estate();
        let clock = world.clock().clone();
        let again = World::new(&saved, Settings { clock, ..Settings::default() }).unwrap();
        prop_assert_eq!(again.estate().to_yaml().unwrap(), saved.to_yaml().unwrap());
        check(&again);
        for caller in [ours(), theirs(), far()] {
            let tables = |world: &World| world.ask(&caller, DescribeRouteTables::default()).unwrap();
            prop_assert_eq!(tables(&again), tables(&world));
            let groups = |world: &World| world.ask(&caller, DescribeSecurityGroups::default()).unwrap();
            prop_assert_eq!(groups(&again), groups(&world));
        }
    }

    #[test]
    fn the_same_calls_make_the_same_world(steps in steps()) {
        let (one, two) = (world(), world());
        for step in &steps {
            take(step, &one);
            take(step, &two);
        }
        prop_assert_eq!(one.ledger(), two.ledger());
        prop_assert_eq!(one.estate(), two.estate());
    }
}
