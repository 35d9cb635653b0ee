//! Follows single packets. Reads route tables, subnets, connections and rules, and shares nothing with the planner, not
//! even the arithmetic of blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use peerway_model::{
    CidrBlock, ConnectionId, ConnectionState, Destination, Direction, RouteOrigin, RouteState,
    RouteTarget, RuleSource, SubnetId, VpcId,
};
use peerway_plan::View;

use crate::world::items;

/// The addresses `first..=last`.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: u32,
    last: u32,
}

impl Range {
    /// IPv4 only.
    fn of(block: &CidrBlock) -> Option<Self> {
        let IpAddr::V4(network) = block.network() else { return None };
        let first = u32::from(network);
        let hosts = (1_u64 << (32 - u32::from(block.prefix_len()))) - 1;
        let last = first | u32::try_from(hosts).expect("a block has at most 2^32 addresses");
        Some(Self { first, last })
    }

    fn holds(self, address: u32) -> bool {
        self.first <= address && address <= self.last
    }
}

fn ranges(blocks: &[CidrBlock]) -> Vec<Range> {
    blocks.iter().filter_map(Range::of).collect()
}

/// A place that packets come from and go to.
#[derive(Debug)]
struct Spot {
    id: SubnetId,
    vpc: VpcId,
    ranges: Vec<Range>,
    table: usize,
}

#[derive(Debug)]
struct Row {
    range: Range,
    /// The greater wins: by length, then by origin.
    rank: (u8, u8),
    target: Option<usize>,
    is_local: bool,
}

#[derive(Debug)]
struct Link {
    id: ConnectionId,
    is_active: bool,
    ends: [(VpcId, Vec<Range>); 2],
}

/// The network at one moment.
#[derive(Debug)]
pub struct Network {
    vpcs: BTreeMap<VpcId, Vec<Range>>,
    spots: Vec<Spot>,
    tables: Vec<Vec<Row>>,
    links: Vec<Link>,
    admitting: Vec<(VpcId, Range)>,
    /// Of every VPC, what subnets without an association of their own follow.
    main: BTreeMap<VpcId, usize>,
}

/// Who gets a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The VPC.
    pub vpc: VpcId,
    /// Over which connection; `None` within a VPC.
    pub over: Option<ConnectionId>,
}

/// A packet, or all alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packet {
    /// From which subnet; `None` from a VPC that is not ours to see.
    pub from: Option<SubnetId>,
    /// Of which VPC.
    pub vpc: VpcId,
    /// From which address.
    pub source: u32,
    /// To which.
    pub target: u32,
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.as_ref().map_or(self.vpc.as_str(), SubnetId::as_str);
        let (source, target) = (Ipv4Addr::from(self.source), Ipv4Addr::from(self.target));
        write!(f, "{source} ({from} of {}) to {target}", self.vpc)
    }
}

impl Network {
    /// The network that a view shows.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let links: Vec<Link> = items(&view.connections)
            .map(|seen| {
                let is_active = seen.state == ConnectionState::Active;
                let [near, far] = [seen.requester, seen.accepter]
                    .map(|end| (end.vpc.clone(), ranges(&end.cidrs)));
                Link { id: seen.id, is_active, ends: [near, far] }
            })
            .collect();
        let (mut tables, mut main, mut explicit) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for (index, table) in items(&view.route_tables).enumerate() {
            if table.is_main() {
                main.insert(table.vpc.clone(), index);
            }
            for subnet in table.explicit_subnets() {
                explicit.insert(subnet.clone(), index);
            }
            let row = |route: &peerway_model::Route| {
                let Destination::Cidr(block) = &route.destination else { return None };
                let origin = match route.origin {
                    RouteOrigin::Table => 2,
                    RouteOrigin::Static => 1,
                    RouteOrigin::Propagated => 0,
                };
                let target = match &route.target {
                    RouteTarget::Connection(id) if route.state == RouteState::Active => {
                        links.iter().position(|link| link.id == *id)
                    }
                    _ => None,
                };
                let rank = (block.prefix_len(), origin);
                let is_local = route.target == RouteTarget::Local;
                Some(Row { range: Range::of(block)?, rank, target, is_local })
            };
            tables.push(table.routes.iter().filter_map(row).collect());
        }
        let spots = items(&view.subnets)
            .filter_map(|subnet| {
                let table = explicit.get(&subnet.id).or_else(|| main.get(&subnet.vpc)).copied()?;
                let ranges = ranges(&subnet.cidrs);
                Some(Spot { id: subnet.id, vpc: subnet.vpc, ranges, table })
            })
            .collect();
        let groups: BTreeMap<_, _> =
            items(&view.security_groups).map(|group| (group.id, group.vpc)).collect();
        let admitting = items(&view.security_group_rules)
            .filter(|rule| rule.direction == Direction::Ingress)
            .filter_map(|rule| {
                let RuleSource::Cidr(block) = &rule.source else { return None };
                Some((groups.get(&rule.group)?.clone(), Range::of(block)?))
            })
            .collect();
        let vpcs = items(&view.vpcs).map(|vpc| (vpc.id, ranges(&vpc.cidrs))).collect();
        Self { vpcs, spots, tables, links, admitting, main }
    }

    /// One address of every kind there is: whatever lies between two bounds of anything meets the same everywhere. Of the
    /// VPCs every sixteenth: subnets may be made at any of them.
    #[must_use]
    pub fn addresses(&self) -> Vec<u32> {
        let rows = self.tables.iter().flatten().map(|row| row.range);
        let spots = self.spots.iter().flat_map(|spot| spot.ranges.iter().copied());
        let ends = self
            .links
            .iter()
            .flat_map(|link| &link.ends)
            .flat_map(|(_, ranges)| ranges.iter().copied());
        let rules = self.admitting.iter().map(|(_, range)| *range);
        let vpcs = self.vpcs.values().flatten().copied();
        let sixteenths = vpcs.clone().flat_map(|range| (range.first..=range.last).step_by(16));
        let bounds: BTreeSet<u32> = rows
            .chain(spots)
            .chain(ends)
            .chain(rules)
            .chain(vpcs)
            .flat_map(|range| [range.first, range.last.wrapping_add(1)])
            .chain(sixteenths)
            .collect();
        bounds.into_iter().collect()
    }

    /// Who gets a packet to `target` that is sent by a table of `vpc`.
    fn arrival(&self, table: usize, vpc: &VpcId, target: u32) -> Option<Arrival> {
        let rows = self.tables[table].iter().filter(|row| row.range.holds(target));
        let row = rows.max_by_key(|row| row.rank)?;
        if row.is_local {
            return Some(Arrival { vpc: vpc.clone(), over: None });
        }
        let link = &self.links[row.target?];
        let (far, ranges) = link.ends.iter().find(|(end, _)| end != vpc)?;
        let is_there = ranges.iter().any(|range| range.holds(target));
        (link.is_active && is_there)
            .then(|| Arrival { vpc: far.clone(), over: Some(link.id.clone()) })
    }

    fn spot_at(&self, vpc: &VpcId, address: u32) -> Option<&Spot> {
        let holds =
            |spot: &&Spot| spot.vpc == *vpc && spot.ranges.iter().any(|it| it.holds(address));
        self.spots.iter().find(holds)
    }

    /// Every packet from a subnet that arrives somewhere over a connection, and where.
    #[must_use]
    pub fn arrivals(&self, addresses: &[u32]) -> Vec<(Packet, Arrival)> {
        let mut arrivals = Vec::new();
        for spot in &self.spots {
            let held = |address: &&u32| spot.ranges.iter().any(|range| range.holds(**address));
            for &target in addresses {
                let Some(arrival) = self.arrival(spot.table, &spot.vpc, target) else { continue };
                if arrival.over.is_none() {
                    continue;
                }
                for &source in addresses.iter().filter(held) {
                    let packet = Packet {
                        from: Some(spot.id.clone()),
                        vpc: spot.vpc.clone(),
                        source,
                        target,
                    };
                    arrivals.push((packet, arrival.clone()));
                }
            }
        }
        arrivals
    }

    /// Where a packet arrives now, if its subnet is still there.
    #[must_use]
    pub fn arrival_of(&self, packet: &Packet) -> Option<Arrival> {
        let spot = self.spots.iter().find(|spot| Some(&spot.id) == packet.from.as_ref())?;
        self.arrival(spot.table, &spot.vpc, packet.target)
    }

    /// Who gets the reply to a packet that arrived in `vpc`: nobody, where no subnet stands at the address.
    #[must_use]
    pub fn reply(&self, packet: &Packet, vpc: &VpcId) -> Option<Arrival> {
        let spot = self.spot_at(vpc, packet.target)?;
        self.arrival(spot.table, vpc, packet.source)
    }

    /// Who would get the reply if a packet arrived in `vpc` in a subnet that was made just now: that follows the main table.
    #[must_use]
    pub fn reply_of_new(&self, packet: &Packet, vpc: &VpcId) -> Option<Arrival> {
        self.arrival(*self.main.get(vpc)?, vpc, packet.source)
    }

    /// The subnet that a packet meets in a VPC.
    #[must_use]
    pub fn receiver(&self, packet: &Packet, vpc: &VpcId) -> Option<&SubnetId> {
        self.spot_at(vpc, packet.target).map(|spot| &spot.id)
    }

    /// Whether some rule of the VPC admits packets from an address.
    #[must_use]
    pub fn admits(&self, vpc: &VpcId, source: u32) -> bool {
        self.admitting.iter().any(|(by, range)| by == vpc && range.holds(source))
    }

    /// Packets that may come in over the connection from a VPC that is not ours to see.
    #[must_use]
    pub fn from_elsewhere(&self, addresses: &[u32]) -> Vec<(Packet, Arrival)> {
        let mut packets = Vec::new();
        for link in self.links.iter().filter(|link| link.is_active) {
            for (here, there) in [(0, 1), (1, 0)] {
                let (vpc, _) = &link.ends[here];
                let (far, ranges) = &link.ends[there];
                if self.vpcs.contains_key(far) {
                    continue;
                }
                for &source in
                    addresses.iter().filter(|it| ranges.iter().any(|range| range.holds(**it)))
                {
                    for &target in addresses.iter().filter(|it| self.spot_at(vpc, **it).is_some()) {
                        let packet = Packet { from: None, vpc: far.clone(), source, target };
                        packets.push((
                            packet,
                            Arrival { vpc: vpc.clone(), over: Some(link.id.clone()) },
                        ));
                    }
                }
            }
        }
        packets
    }
}
