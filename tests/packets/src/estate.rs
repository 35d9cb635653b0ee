//! Random estates: VPCs with nested, equal and disjoint blocks, tables main and explicit, foreign peerings and foreign rows
//! of every sort, and the objects of a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use peerway_api::v1alpha1::aws_account::{
    AccountCredentials, AssumeRole, AwsAccountSpec, Grant, NamespaceSelector, NamespacesFrom,
};
use peerway_api::v1alpha1::selectors::{
    RouteTableSelector, SecurityGroupSelector, TableScope, VpcSelector,
};
use peerway_api::v1alpha1::vpc_peering::{
    AccountRef, IngressProtocol, IngressSource, OnConflict, PeerVpc, PeeringIngress, PeeringRoutes,
    PeeringSide, VpcPeeringSpec,
};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_model::{
    AccountId, Association, AssociationScope, CidrBlock, Connection, ConnectionEnd,
    ConnectionState, Destination, Direction, Protocol, Route, RouteOrigin, RouteState, RouteTable,
    RouteTarget, RuleSource, SecurityGroup, SecurityGroupRule, Subnet, Tags, Vpc,
};
use peerway_plan::access::{Namespace, enter};
use peerway_plan::vpc_peering::Desired;

use crate::dice::Dice;
use crate::object::{Object, Peering};
use crate::world::{Things, World, ZONES, parsed};
use crate::{Terms, groups};

const ACCOUNT: &str = "111111111111";
const STRANGERS: &str = "222222222222";
const REGION: &str = "us-west-2";

/// An estate, and the objects that are to change it.
#[derive(Debug)]
pub struct Estate {
    /// The world before anything was done.
    pub world: World,
    /// The objects.
    pub objects: Vec<Object>,
}

/// The block of 10.0.0.0/24 that begins at this sixteenth.
fn block(sixteenth: usize, length: u8) -> CidrBlock {
    let offset = u32::try_from(sixteenth * 16).expect("there are sixteen");
    let address = Ipv4Addr::from(0x0a00_0000 + offset).into();
    CidrBlock::truncating(address, length).expect("the length fits")
}

fn any_block(dice: &mut Dice, shortest: u8, longest: u8) -> CidrBlock {
    let length = shortest
        + u8::try_from(dice.below(usize::from(longest - shortest) + 1)).expect("it is small");
    block(dice.below(16), length)
}

/// One of these, or a block inside or around it.
fn near(dice: &mut Dice, blocks: &[CidrBlock]) -> CidrBlock {
    let chosen = *dice.pick(blocks);
    let length = match dice.below(4) {
        0 => chosen.prefix_len().saturating_sub(1).max(24),
        1 => (chosen.prefix_len() + 1).min(28),
        _ => return chosen,
    };
    let inside: Vec<CidrBlock> =
        (0..16).map(|at| block(at, length)).filter(|other| other.meets(&chosen)).collect();
    *dice.pick(&inside)
}

fn meet(left: &[CidrBlock], right: &[CidrBlock]) -> bool {
    left.iter().any(|one| right.iter().any(|other| one.meets(other)))
}

/// A row that somebody else wrote.
fn row(destination: CidrBlock, target: RouteTarget, origin: RouteOrigin) -> Route {
    let destination = Destination::Cidr(destination);
    Route { destination, target, origin, state: RouteState::Active }
}

impl Estate {
    /// The estate of this seed, on these terms.
    #[must_use]
    pub fn of(dice: &mut Dice, terms: Terms) -> Self {
        let account: AccountId = parsed(ACCOUNT);
        let mut things = Things::default();
        for number in 0..dice.between(2, 5) {
            vpc(dice, number, &account, &mut things);
        }
        foreign_connections(dice, &mut things);
        for index in 0..things.tables.len() {
            let rows = foreign_rows(dice, &things, index);
            things.tables[index].routes.extend(rows);
        }
        let entry = AwsAccount::new("estate", account_spec());
        let namespace = Namespace { name: "network".to_owned(), labels: BTreeMap::new() };
        let region = parsed(REGION);
        let place =
            enter(Some(&entry), "estate", &namespace, &region).expect("it is granted").place;
        let (peerings, mut objects) = objects(dice, &things, &entry, &namespace, terms);
        objects.truncate(terms.most_objects);
        if terms.groups {
            let groups =
                groups::groups(dice, &things, &peerings, &entry, &namespace, &place, terms);
            objects.extend(groups.into_iter().map(|group| Object::Group(Box::new(group))));
        }
        Self { world: World::of(&place, &account, things), objects }
    }
}

/// A VPC with its tables, subnets and a security group.
fn vpc(dice: &mut Dice, number: usize, account: &AccountId, things: &mut Things) {
    let id: peerway_model::VpcId = parsed(&format!("vpc-{number:08x}"));
    let mut cidrs = vec![any_block(dice, 25, 27)];
    let second = any_block(dice, 26, 28);
    if dice.chance(25) && !second.meets(&cidrs[0]) {
        cidrs.push(second);
    }
    let tables = dice.between(1, 3);
    for table in 0..tables {
        let id_of_table = format!("{:08x}", number * 16 + table);
        let main = Association {
            id: parsed(&format!("rtbassoc-{id_of_table}")),
            scope: AssociationScope::Main,
        };
        let local = |cidr: &CidrBlock| row(*cidr, RouteTarget::Local, RouteOrigin::Table);
        things.tables.push(RouteTable {
            id: parsed(&format!("rtb-{id_of_table}")),
            vpc: id.clone(),
            associations: (table == 0).then_some(main).into_iter().collect(),
            routes: cidrs.iter().map(local).collect(),
            tags: Tags::new(),
        });
    }
    let sixteenths: Vec<CidrBlock> = (0..16)
        .map(|at| block(at, 28))
        .filter(|it| cidrs.iter().any(|cidr| cidr.contains(it)))
        .collect();
    for (place, cidr) in sixteenths.iter().enumerate() {
        if !dice.chance(45) {
            continue;
        }
        let text = format!("{:08x}", number * 16 + place);
        let subnet: peerway_model::SubnetId = parsed(&format!("subnet-{text}"));
        let used = things.tables.len() - tables + dice.below(tables);
        if used > things.tables.len() - tables || dice.chance(30) {
            things.tables[used].associations.push(Association {
                id: parsed(&format!("rtbassoc-1{}", &text[1..])),
                scope: AssociationScope::Subnet(subnet.clone()),
            });
        }
        things.subnets.push(Subnet {
            id: subnet,
            vpc: id.clone(),
            zone: parsed(ZONES[place % ZONES.len()]),
            cidrs: vec![*cidr],
            available_addresses: 11,
            tags: Tags::new(),
        });
    }
    let group: peerway_model::SecurityGroupId = parsed(&format!("sg-{number:08x}"));
    for rule in 0..dice.below(3) {
        things.rules.push(SecurityGroupRule {
            id: parsed(&format!("sgr-{:08x}", number * 16 + rule)),
            group: group.clone(),
            direction: Direction::Ingress,
            protocol: Protocol::All,
            ports: None,
            source: RuleSource::Cidr(any_block(dice, 24, 28)),
            tags: Tags::new(),
        });
    }
    things.groups.push(SecurityGroup {
        id: group,
        vpc: id.clone(),
        owner: account.clone(),
        name: format!("group-{number}"),
        description: String::new(),
        tags: Tags::new(),
    });
    things.vpcs.push(Vpc { id, owner: account.clone(), cidrs, tags: Tags::new() });
}

/// Peerings of others: among these VPCs, and with some that are not ours to see.
fn foreign_connections(dice: &mut Dice, things: &mut Things) {
    let mut ends: Vec<(String, peerway_model::VpcId, Vec<CidrBlock>)> = things
        .vpcs
        .iter()
        .map(|vpc| (ACCOUNT.to_owned(), vpc.id.clone(), vpc.cidrs.clone()))
        .collect();
    let own = ends.len();
    for number in 0..dice.below(4) {
        let id = parsed(&format!("vpc-{:08x}", 0xe0 + number));
        ends.push((STRANGERS.to_owned(), id, vec![any_block(dice, 25, 28)]));
    }
    for number in 0..dice.below(6) {
        let (one, other) = (dice.below(own), dice.below(ends.len()));
        let is_joined = things
            .connections
            .iter()
            .any(|known| known.state.is_live() && known.joins(&ends[one].1, &ends[other].1));
        if one == other || is_joined || meet(&ends[one].2, &ends[other].2) {
            continue;
        }
        let state = match dice.below(10) {
            0 => ConnectionState::PendingAcceptance,
            1 => ConnectionState::Deleted,
            _ => ConnectionState::Active,
        };
        let end = |(account, vpc, cidrs): &(String, peerway_model::VpcId, Vec<CidrBlock>)| {
            let is_known = state == ConnectionState::Active;
            ConnectionEnd {
                account: parsed(account),
                region: parsed(REGION),
                vpc: vpc.clone(),
                cidrs: if is_known { cidrs.clone() } else { Vec::new() },
                dns_resolution: is_known.then_some(false),
            }
        };
        things.connections.push(Connection {
            id: parsed(&format!("pcx-{number:08x}")),
            requester: end(&ends[one]),
            accepter: end(&ends[other]),
            state,
            message: String::new(),
            expires_at: None,
            tags: Tags::new(),
        });
    }
}

/// What others have written into a table: mostly what their peerings need.
fn foreign_rows(dice: &mut Dice, things: &Things, table: usize) -> Vec<Route> {
    let vpc = &things.tables[table].vpc;
    let own = things.vpcs.iter().find(|it| it.id == *vpc).expect("a table has a VPC");
    let mut taken = BTreeSet::new();
    let mut rows = Vec::new();
    for _ in 0..dice.below(5) {
        let peerings: Vec<&Connection> =
            things.connections.iter().filter(|it| it.end_at(vpc).is_some()).collect();
        let is_over_peering = dice.chance(75) && !peerings.is_empty();
        let (destination, target) = if is_over_peering {
            let connection = dice.pick(&peerings);
            let far = connection.far_from(vpc).map_or(&[][..], |end| &end.cidrs);
            let destination =
                if far.is_empty() { any_block(dice, 24, 28) } else { near(dice, far) };
            (destination, RouteTarget::Connection(connection.id.clone()))
        } else {
            let everything: CidrBlock = parsed("0.0.0.0/0");
            let destination = if dice.chance(40) { everything } else { any_block(dice, 24, 28) };
            let targets = [
                RouteTarget::InternetGateway("igw-00000001".to_owned()),
                RouteTarget::TransitGateway("tgw-00000001".to_owned()),
            ];
            (destination, dice.pick(&targets).clone())
        };
        // AWS refuses rows at or inside the VPC's own blocks.
        if own.cidrs.iter().any(|cidr| cidr.contains(&destination)) || !taken.insert(destination) {
            continue;
        }
        let is_dead = matches!(&target, RouteTarget::Connection(id)
            if things.connections.iter().any(|it| it.id == *id && it.state != ConnectionState::Active));
        let mut route = row(destination, target, RouteOrigin::Static);
        if is_dead {
            route.state = RouteState::Blackhole;
        }
        rows.push(route);
    }
    rows
}

fn account_spec() -> AwsAccountSpec {
    AwsAccountSpec {
        account_id: parsed(ACCOUNT),
        regions: vec![parsed(REGION)],
        credentials: Some(AccountCredentials {
            assume_role: AssumeRole {
                role_arn: format!("arn:aws:iam::{ACCOUNT}:role/peerway"),
                external_id: None,
                session_tags: false,
            },
        }),
        grants: vec![Grant {
            name: "all".to_owned(),
            namespaces: NamespaceSelector {
                from: NamespacesFrom::All,
                names: None,
                match_labels: None,
            },
            regions: None,
            vpcs: None,
        }],
    }
}

/// Peerings of ours between pairs that nobody has joined.
fn objects(
    dice: &mut Dice,
    things: &Things,
    account: &AwsAccount,
    namespace: &Namespace,
    terms: Terms,
) -> (Vec<VpcPeering>, Vec<Object>) {
    let (mut peerings, mut objects) = (Vec::new(), Vec::new());
    let mut pairs = BTreeSet::new();
    for number in 0..dice.between(1, 6) {
        let (one, other) = (dice.below(things.vpcs.len()), dice.below(things.vpcs.len()));
        let [left, right] = [&things.vpcs[one], &things.vpcs[other]];
        let is_joined = things.connections.iter().any(|known| known.joins(&left.id, &right.id));
        if one == other
            || is_joined
            || meet(&left.cidrs, &right.cidrs)
            || !pairs.insert((one.min(other), one.max(other)))
        {
            continue;
        }
        let mut spec = VpcPeeringSpec::joining(
            side(dice, things, left, right),
            side(dice, things, right, left),
        );
        let declared =
            [(&mut spec.requester, right), (&mut spec.accepter, left)].map(|(side, far)| {
                match &mut side.routes {
                    Some(routes) => {
                        // What a peering takes already, no group can be seen to take.
                        if terms.longest_prefix && (!terms.groups || dice.chance(50)) {
                            routes.on_conflict = Some(OnConflict::LongestPrefix);
                        }
                        routes.destinations.clone().unwrap_or_else(|| far.cidrs.clone())
                    }
                    None => Vec::new(),
                }
            });
        let mut object = VpcPeering::new(&format!("peering-{number}"), spec);
        object.metadata.namespace = Some(namespace.name.clone());
        object.metadata.uid = Some(format!("uid-{number}"));
        object.metadata.generation = Some(1);
        let desired = Desired::from_object(&object, |_| Some(account), namespace, "cluster")
            .expect("it is granted");
        let pair = [left.id.clone(), right.id.clone()];
        objects.push(Object::Peering(Box::new(Peering {
            desired,
            pair,
            declared,
            status: None,
            said: Vec::new(),
        })));
        peerings.push(object);
    }
    (peerings, objects)
}

/// Some tables of a VPC.
pub(crate) fn tables_of(dice: &mut Dice, things: &Things, own: &Vpc) -> RouteTableSelector {
    let tables: Vec<_> = things.tables.iter().filter(|table| table.vpc == own.id).collect();
    let all = RouteTableSelector { ids: None, match_tags: None, of_subnets: None, scope: None };
    match dice.below(4) {
        0 => RouteTableSelector { scope: Some(TableScope::All), ..all },
        1 => RouteTableSelector { scope: Some(TableScope::Main), ..all },
        _ => RouteTableSelector { ids: Some(vec![dice.pick(&tables).id.clone()]), ..all },
    }
}

/// What to do about a route that would mislead packets; whatever is said here, it is not written.
pub(crate) fn careful(dice: &mut Dice) -> Option<OnConflict> {
    *dice.pick(&[None, None, Some(OnConflict::Isolate), Some(OnConflict::Refuse)])
}

fn side(dice: &mut Dice, things: &Things, own: &Vpc, far: &Vpc) -> PeeringSide {
    let selector = tables_of(dice, things, own);
    let destinations = dice.chance(35).then(|| {
        let inside = near(dice, &far.cidrs);
        far.cidrs.iter().filter_map(|cidr| cidr.intersection(&inside)).take(1).collect()
    });
    let on_conflict = careful(dice);
    let routes = PeeringRoutes { tables: selector, destinations, on_conflict };
    let ingress = dice.chance(40).then(|| {
        let group = things.groups.iter().find(|group| group.vpc == own.id).expect("each has one");
        let source =
            IngressSource { security_group_id: None, cidrs: None, peer_vpc: Some(PeerVpc {}) };
        let security_group = SecurityGroupSelector {
            id: Some(group.id.clone()),
            name: None,
            description: None,
            match_tags: None,
        };
        vec![PeeringIngress { security_group, protocol: IngressProtocol::All, ports: None, source }]
    });
    PeeringSide {
        account_ref: Some(AccountRef { name: "estate".to_owned() }),
        external: None,
        region: Some(parsed(REGION)),
        vpc: Some(VpcSelector { id: Some(own.id.clone()), match_tags: None }),
        dns_resolution: None,
        routes: dice.chance(85).then_some(routes),
        ingress,
    }
}
