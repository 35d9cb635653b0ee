//! The reference: single packets through random tables. Whatever `judge` lets through, no reply may reach somebody else.

use peerway_model::{Destination, Route, RouteOrigin, RouteState};
use proptest::prelude::*;

use super::*;
use crate::testing::target;

/// The row that a single packet to `address` follows in `table`: the longest that holds it; of two, not the propagated one.
fn hop(table: &RouteTable, address: std::net::IpAddr) -> Option<&Route> {
    table
        .routes
        .iter()
        .filter_map(|route| match &route.destination {
            Destination::Cidr(cidr) if cidr.contains_address(address) => {
                Some(((cidr.prefix_len(), route.origin != RouteOrigin::Propagated), route))
            }
            Destination::Cidr(_) | Destination::PrefixList(_) => None,
        })
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, route)| route)
}

fn table_of<'e>(estate: &'e Estate, subnet: &str, vpc: &str) -> &'e RouteTable {
    estate
        .route_tables
        .iter()
        .find(|table| table.explicit_subnets().any(|id| id.as_str() == subnet))
        .or_else(|| {
            estate.route_tables.iter().find(|table| table.vpc.as_str() == vpc && table.is_main())
        })
        .unwrap()
}

/// Whether a packet to `address` that follows `route` reaches somebody over another peering, or may. A connection that is
/// not listed is younger than the list, with anything behind it, if packets pass; if they do not, it is gone.
fn reaches_others(
    estate: &Estate,
    ours: &ConnectionId,
    route: &Route,
    address: std::net::IpAddr,
) -> bool {
    let RouteTarget::Connection(id) = &route.target else { return false };
    let listed = estate.connections.iter().find(|connection| connection.id == *id);
    id != ours
        && match listed {
            Some(connection) => {
                connection.accepter.cidrs.iter().any(|cidr| cidr.contains_address(address))
            }
            None => route.state == RouteState::Active,
        }
}

/// Who may send by a table: its subnets; by the main one anybody of the VPC, since a new subnet starts there.
fn senders<'e>(estate: &'e Estate, table: &'e RouteTable) -> Vec<CidrBlock> {
    if table.is_main() {
        return estate.vpcs.iter().find(|vpc| vpc.id == table.vpc).unwrap().cidrs.clone();
    }
    let uses = |subnet: &&Subnet| table.explicit_subnets().any(|id| *id == subnet.id);
    estate.subnets.iter().filter(uses).map(|subnet| subnet.cidrs[0]).collect()
}

fn addresses(cidr: &CidrBlock) -> impl Iterator<Item = std::net::IpAddr> {
    let (first, last) = cidr.range();
    (first..=last)
        .map(|number| peerway_model::cidr::address(peerway_model::Family::V4, number).unwrap())
}

/// A packet that reached somebody else over another peering, and that the routes written since send over our connection.
fn taken(
    before: &Estate,
    after: &Estate,
    ours: &ConnectionId,
    counts: impl Fn(&str) -> bool,
) -> Option<String> {
    let over_ours = RouteTarget::Connection(ours.clone());
    for (was, is) in before.route_tables.iter().zip(&after.route_tables) {
        for target in addresses(&block("10.0.0.0/27")) {
            if counts(is.vpc.as_str())
                && hop(is, target).is_some_and(|route| route.target == over_ours)
                && let Some(route) = hop(was, target)
                && reaches_others(before, ours, route, target)
            {
                return Some(format!("{target} by {}: it went to {}", is.id, route.target));
            }
        }
    }
    None
}

/// Whether the reply to `source` that follows `route` goes elsewhere for certain: to another peering behind which the
/// address is, or to a gateway by a row that is not broader than the VPC the packet came from.
fn goes_elsewhere(
    estate: &Estate,
    ours: &ConnectionId,
    route: &Route,
    source: std::net::IpAddr,
) -> bool {
    let Destination::Cidr(destination) = &route.destination else { return false };
    let is_made_for_them = estate
        .vpcs
        .iter()
        .flat_map(|vpc| &vpc.cidrs)
        .any(|cidr| cidr.contains_address(source) && cidr.contains(destination));
    reaches_others(estate, ours, route, source)
        || matches!(route.target, RouteTarget::VpnGateway(_)) && is_made_for_them
}

/// A reply that would not come back if `wish` were written too: whichever of the subnets that it meets sends it.
fn lost(
    estate: &Estate,
    ours: &ConnectionId,
    wish: &Wish,
    counts: impl Fn(&str, std::net::IpAddr) -> bool,
) -> Option<String> {
    let table = estate.route_tables.iter().find(|table| table.id == wish.table).unwrap();
    for receiving in estate.subnets.iter().filter(|subnet| subnet.vpc != table.vpc) {
        if !receiving.cidrs[0].meets(&wish.destination) {
            continue;
        }
        let answers = table_of(estate, receiving.id.as_str(), receiving.vpc.as_str());
        for source in senders(estate, table).iter().flat_map(addresses) {
            let Some(route) = hop(answers, source) else { continue };
            if goes_elsewhere(estate, ours, route, source) && counts(table.vpc.as_str(), source) {
                return Some(format!("{source} from {}: to {}", receiving.id, route.target));
            }
        }
    }
    None
}

/// A packet over our connection that would be answered to somebody else: by which table, from where, to where.
type Leak = (RouteTableId, std::net::IpAddr, std::net::IpAddr);

fn leaks(estate: &Estate, ours: &ConnectionId) -> BTreeSet<Leak> {
    let mut leaks = BTreeSet::new();
    for table in &estate.route_tables {
        for receiving in estate.subnets.iter().filter(|subnet| subnet.vpc != table.vpc) {
            for target in addresses(&receiving.cidrs[0]) {
                let over_ours = RouteTarget::Connection(ours.clone());
                if hop(table, target).is_none_or(|route| route.target != over_ours) {
                    continue;
                }
                let answers = table_of(estate, receiving.id.as_str(), receiving.vpc.as_str());
                for source in senders(estate, table).iter().flat_map(addresses) {
                    if let Some(route) = hop(answers, source)
                        && goes_elsewhere(estate, ours, route, source)
                    {
                        leaks.insert((table.id.clone(), source, target));
                    }
                }
            }
        }
    }
    leaks
}

/// Whose packets follow this table.
fn vpc_of<'e>(estate: &'e Estate, table: &RouteTableId) -> &'e str {
    estate.route_tables.iter().find(|known| known.id == *table).unwrap().vpc.as_str()
}

/// The same world with these routes over our connection.
fn with<'w>(
    estate: &Estate,
    ours: &ConnectionId,
    wishes: impl IntoIterator<Item = &'w Wish>,
) -> Estate {
    let mut estate = estate.clone();
    for wish in wishes {
        let table = estate.route_tables.iter_mut().find(|table| table.id == wish.table).unwrap();
        assert!(table.route_to(&wish.destination).is_none(), "an occupied key is never written");
        table.routes.push(Route {
            destination: Destination::Cidr(wish.destination),
            target: RouteTarget::Connection(ours.clone()),
            origin: RouteOrigin::Static,
            state: RouteState::Active,
        });
    }
    estate
}

/// The same world without these routes.
fn without(estate: &Estate, ours: &ConnectionId, wishes: &BTreeSet<Wish>) -> Estate {
    let mut estate = estate.clone();
    for table in &mut estate.route_tables {
        let id = table.id.clone();
        table.routes.retain(|route| {
            let Destination::Cidr(destination) = route.destination else { return true };
            route.target != RouteTarget::Connection(ours.clone())
                || !wishes.contains(&Wish { table: id.clone(), destination })
        });
    }
    estate
}

/// A foreign row: a destination around the other VPC's sixteen addresses, to a peering with a stranger, listed or not, to a
/// gateway or to the internet; who wrote it; and whether packets pass.
#[derive(Debug, Clone)]
struct Foreign {
    destination: CidrBlock,
    target: &'static str,
    origin: RouteOrigin,
    is_blackhole: bool,
}

fn rows() -> impl Strategy<Value = Vec<Foreign>> {
    let targets = vec!["pcx", "pcx", "pcx-0000000d", "igw-00000001", "vgw-00000001"];
    let target = prop::sample::select(targets);
    let row = (0_u32..32, 24_u8..=30, target, any::<bool>(), any::<bool>());
    prop::collection::vec(row, 0..4).prop_map(|rows| {
        let mut seen = BTreeSet::new();
        rows.into_iter()
            .map(|(low, length, target, is_propagated, is_blackhole)| {
                let address = std::net::Ipv4Addr::from(0x0a00_0000 + low).into();
                let destination = CidrBlock::truncating(address, length).unwrap();
                let origin =
                    if is_propagated { RouteOrigin::Propagated } else { RouteOrigin::Static };
                let is_blackhole = is_blackhole && target != "pcx";
                Foreign { destination, target, origin, is_blackhole }
            })
            .filter(|row| seen.insert((row.destination, row.origin == RouteOrigin::Propagated)))
            .collect()
    })
}

fn far() -> impl Strategy<Value = String> {
    (0_u32..32, 25_u8..=30).prop_map(|(low, length)| {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + low).into();
        CidrBlock::truncating(address, length).unwrap().to_string()
    })
}

/// The left VPC has 10.0.0.0/28, the right one 10.0.0.16/28, two subnets each, on tables of their own or the main one.
fn world() -> impl Strategy<Value = Estate> {
    let tables = prop::collection::vec(rows(), 4);
    let used = prop::collection::vec(any::<bool>(), 4);
    (tables, used, far(), far()).prop_map(|(tables, used, far_e, far_f)| {
        let mut world = estate().vpc("vpc-0000000a", &["10.0.0.0/28"], "left").vpc(
            "vpc-0000000b",
            &["10.0.0.16/28"],
            "right",
        );
        let ids = ["rtb-000000a1", "rtb-000000a2", "rtb-000000b1", "rtb-000000b2"];
        for (index, (id, rows)) in ids.iter().zip(&tables).enumerate() {
            let own = if index < 2 { "vpc-0000000a" } else { "vpc-0000000b" };
            let vpc = if index % 2 == 0 { format!("*{own}") } else { own.to_owned() };
            let local = block(if index < 2 { "10.0.0.0/28" } else { "10.0.0.16/28" });
            world = world.table(id, &vpc, &[]);
            let table = world.route_tables.last_mut().unwrap();
            // AWS refuses rows at or inside the VPC's own block.
            for row in rows.iter().filter(|row| !local.contains(&row.destination)) {
                let stranger = if index < 2 { "pcx-0000000e" } else { "pcx-0000000f" };
                table.routes.push(Route {
                    destination: Destination::Cidr(row.destination),
                    target: target(if row.target == "pcx" { stranger } else { row.target }),
                    origin: row.origin,
                    state: if row.is_blackhole {
                        RouteState::Blackhole
                    } else {
                        RouteState::Active
                    },
                });
            }
        }
        for (index, cidr) in
            ["10.0.0.0/29", "10.0.0.8/29", "10.0.0.16/29", "10.0.0.24/29"].iter().enumerate()
        {
            let (letter, vpc) =
                if index < 2 { ('a', "vpc-0000000a") } else { ('b', "vpc-0000000b") };
            let table = if used[index] { format!("rtb-000000{letter}2") } else { String::new() };
            world =
                world.subnet(&format!("subnet-000000{letter}{}", index % 2 + 1), vpc, cidr, &table);
        }
        world
            .connection(
                OURS,
                ("vpc-0000000a", &["10.0.0.0/28"]),
                ("vpc-0000000b", &["10.0.0.16/28"]),
                ConnectionState::Active,
            )
            .connection(
                "pcx-0000000e",
                ("vpc-0000000a", &[]),
                ("vpc-0000000e", &[&far_e]),
                ConnectionState::Active,
            )
            .connection(
                "pcx-0000000f",
                ("vpc-0000000b", &[]),
                ("vpc-0000000f", &[&far_f]),
                ConnectionState::Active,
            )
    })
}

fn wished(vpc: char) -> impl Strategy<Value = BTreeSet<Wish>> {
    let low = if vpc == 'a' { 16_u32..32 } else { 0_u32..16 };
    prop::collection::btree_set((1_u8..=2, low, 28_u8..=30), 0..3).prop_map(move |wishes| {
        wishes
            .into_iter()
            .map(|(table, low, length)| Wish {
                table: format!("rtb-000000{vpc}{table}").parse().unwrap(),
                destination: CidrBlock::truncating(
                    std::net::Ipv4Addr::from(0x0a00_0000 + low).into(),
                    length,
                )
                .unwrap(),
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// When both sides are written no reply reaches somebody else; nor in between, unless neither order could help.
    #[test]
    fn no_reply_ever_reaches_somebody_else(
        world in world(), left in wished('a'), right in wished('b'), knowingly: (bool, bool),
    ) {
        let mut case = Case::new(&world, ("vpc-0000000a", &[]), ("vpc-0000000b", &[]));
        let on_conflict = |knowingly| if knowingly { OnConflict::LongestPrefix } else { OnConflict::Isolate };
        case.requester = ("vpc-0000000a", left, on_conflict(knowingly.0));
        case.accepter = ("vpc-0000000b", right, on_conflict(knowingly.1));
        // Under LongestPrefix only those senders are promised anything whom the other side's routes name.
        let counts = |from: &str, address| {
            let (own, other) =
                if from == "vpc-0000000a" { (&case.requester, &case.accepter) } else { (&case.accepter, &case.requester) };
            own.2 == OnConflict::Isolate || other.1.iter().any(|wish| wish.destination.contains_address(address))
        };
        let judgement = case.judge();
        let with = |sides: &[SideName]| {
            let chosen = judgement.routes.iter().filter(|route| sides.contains(&route.side) && route.against.is_none());
            with(&world, &case.ours, chosen.map(|route| &route.wish))
        };
        let leak = |sides: &[SideName]| {
            let estate = with(sides);
            let is_careful = |vpc: &str| {
                let side = if vpc == "vpc-0000000a" { &case.requester } else { &case.accepter };
                side.2 != OnConflict::LongestPrefix
            };
            assert_eq!(taken(&world, &estate, &case.ours, is_careful), None);
            leaks(&estate, &case.ours).into_iter().find(|(table, source, _)| counts(vpc_of(&world, table), *source))
        };
        prop_assert_eq!(leak(&[SideName::Requester, SideName::Accepter]), None);
        // What is withheld for its replies would lose one, and what is written loses none.
        let all = with(&[SideName::Requester, SideName::Accepter]);
        for route in &judgement.routes {
            let lost = lost(&all, &case.ours, &route.wish, counts);
            match &route.against {
                None => prop_assert_eq!(lost, None, "{:?}", route),
                Some(Verdict::ReturnGoesElsewhere { .. }) => prop_assert!(lost.is_some(), "{:?}", route),
                Some(_) => {}
            }
        }
        let second = if judgement.first == SideName::Requester { SideName::Accepter } else { SideName::Requester };
        if let Some(found) = leak(&[judgement.first]) {
            prop_assert!(leak(&[second]).is_some(), "the other order had been safe: {:?}", found);
            prop_assert!(knowingly.0 || knowingly.1, "without LongestPrefix some order is safe: {:?}", found);
        }
    }

    /// What was written and is no longer wanted goes in an order in which no reply that came back is lost, unless neither
    /// order could help; and what stays would lose one.
    #[test]
    fn no_reply_is_lost_when_routes_go(
        world in world(), left in wished('a'), right in wished('b'), knowingly: (bool, bool), keep: u8,
    ) {
        let on_conflict = |knowingly| if knowingly { OnConflict::LongestPrefix } else { OnConflict::Isolate };
        let mut case = Case::new(&world, ("vpc-0000000a", &[]), ("vpc-0000000b", &[]));
        case.requester = ("vpc-0000000a", left, on_conflict(knowingly.0));
        case.accepter = ("vpc-0000000b", right, on_conflict(knowingly.1));
        let judgement = case.judge();
        let written = judgement.routes.iter().filter(|route| route.against.is_none());
        let mut recorded: BTreeMap<SideName, BTreeSet<Wish>> = BTreeMap::new();
        for route in written {
            recorded.entry(route.side).or_default().insert(route.wish.clone());
        }
        let all: BTreeSet<Wish> = recorded.values().flatten().cloned().collect();
        let kept: BTreeSet<Wish> =
            all.iter().enumerate().filter(|(index, _)| keep & (1 << index) != 0).map(|(_, wish)| wish.clone()).collect();
        let of = |side| recorded.get(&side).into_iter().flatten().filter(|wish| kept.contains(wish)).cloned().collect();
        case.requester = ("vpc-0000000a", of(SideName::Requester), OnConflict::Isolate);
        case.accepter = ("vpc-0000000b", of(SideName::Accepter), OnConflict::Isolate);

        let mut estate = with(&world, &case.ours, &all);
        let mut gone: BTreeSet<Wish> = BTreeSet::new();
        for _ in 0..3 {
            case.observed = observed([(service(), &estate)]);
            let surplus: BTreeMap<SideName, BTreeSet<Wish>> = recorded
                .iter()
                .map(|(side, wishes)| (*side, wishes.iter().filter(|wish| !kept.contains(wish) && !gone.contains(wish)).cloned().collect()))
                .collect();
            let removal = removal(&case.sides(), Some(&case.ours), case.judge().first, &all, &surplus);
            let before = leaks(&estate, &case.ours);
            let is_lost_without = |wishes: &BTreeSet<Wish>| {
                leaks(&without(&estate, &case.ours, wishes), &case.ours).difference(&before).next().cloned()
            };
            for (side, verdict) in &removal.kept {
                let after = without(&estate, &case.ours, &surplus[side]);
                let is_needed = all.difference(&gone).any(|wish| lost(&after, &case.ours, wish, |_, _| true).is_some());
                prop_assert!(is_needed, "{:?} may go: {:?}", side, verdict);
            }
            let Some(now) = removal.now else {
                prop_assert!(surplus.iter().all(|(side, wishes)| wishes.is_empty() || removal.kept.iter().any(|(kept, _)| kept == side)));
                break;
            };
            if let Some(found) = is_lost_without(&surplus[&now]) {
                let other = surplus.iter().find(|(side, _)| **side != now).map(|(_, wishes)| wishes);
                prop_assert!(other.is_some_and(|other| is_lost_without(other).is_some()), "the other order had been safe: {:?}", found);
            }
            estate = without(&estate, &case.ours, &surplus[&now]);
            gone.extend(surplus[&now].iter().cloned());
        }
    }
}
