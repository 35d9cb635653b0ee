//! One look-up in one route table: which row a packet follows, and where that ends.

use std::cmp::Reverse;
use std::fmt;
use std::net::IpAddr;

use peerway_model::{
    CidrBlock, Connection, ConnectionState, Destination, NatConnectivity, PrefixList, Route,
    RouteOrigin, RouteState, RouteTable, RouteTableId, RouteTarget, Subnet, SubnetId, VpcId,
};

use crate::{Network, Unseen};

/// A look-up of an address in the table that a subnet really uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// What was looked up.
    pub address: IpAddr,
    /// For a packet that leaves this subnet.
    pub subnet: SubnetId,
    /// In this table.
    pub table: RouteTableId,
    /// The row that the packet follows.
    pub row: Option<Row>,
    /// Where that ends.
    pub ending: Ending,
}

/// A row that a packet follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which packets it is for, as it is written.
    pub destination: Destination,
    /// Where it sends them.
    pub target: RouteTarget,
}

/// Where a look-up ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In a VPC that has the address.
    Vpc,
    /// No row holds the address.
    NoRow,
    /// At an internet gateway, an egress-only one or a public NAT gateway: no private address lies behind it.
    WayOut,
    /// At something that is gone or unusable; a connection that is not active is such.
    BlackHole,
    /// At a connection behind which the address does not lie. AWS passes only addresses of the far VPC
    /// (<https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>, `PCX_REQUIRES_ADDRESS_IN_VPC_CIDR`).
    NotBehind,
    /// At something that the rows do not tell more of.
    Beyond,
}

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, subnet, table, .. } = self;
        let Some(Row { destination, target }) = &self.row else {
            return write!(f, "{table}, which {subnet} uses, has no row for {address}");
        };
        write!(f, "{table}, which {subnet} uses, sends {destination} to {target}")?;
        match self.ending {
            Ending::Vpc | Ending::NoRow => Ok(()),
            Ending::WayOut => f.write_str(", a way out behind which no private address lies"),
            Ending::BlackHole => f.write_str(", which is gone or not active: a black hole"),
            Ending::NotBehind => write!(f, ", behind which {address} does not lie"),
            Ending::Beyond => f.write_str(", and what lies behind that was not read"),
        }
    }
}

/// Where a packet gets to.
pub(crate) struct Passage<'a> {
    pub(crate) lookup: Lookup,
    /// The VPC that it enters or stays in.
    pub(crate) vpc: &'a VpcId,
    /// The connection that it takes.
    pub(crate) over: Option<&'a Connection>,
}

/// Why a packet gets nowhere.
pub(crate) enum Lost {
    At(Lookup),
    Unseen(Unseen),
}

impl<'a> Network<'a> {
    /// Where a packet to `address` gets to that leaves `subnet`.
    pub(crate) fn carry(&self, subnet: &'a Subnet, address: IpAddr) -> Result<Passage<'a>, Lost> {
        let table = self.table_of(subnet);
        let table = table.ok_or_else(|| Lost::Unseen(Unseen::RouteTable(subnet.id.clone())))?;
        // Within a subnet no table is asked.
        let is_neighbour = subnet.cidrs.iter().any(|block| block.contains_address(address));
        let (route, (ending, over)) = if is_neighbour {
            (None, (Ending::Vpc, None))
        } else {
            let route = self.longest(table, address).map_err(Lost::Unseen)?;
            let nowhere = (Ending::NoRow, None);
            (route, route.map_or(nowhere, |route| self.ending(route, &subnet.vpc, address)))
        };
        let lookup = Lookup {
            address,
            subnet: subnet.id.clone(),
            table: table.id.clone(),
            row: route.map(|route| Row {
                destination: route.destination.clone(),
                target: route.target.clone(),
            }),
            ending,
        };
        if ending != Ending::Vpc {
            return Err(Lost::At(lookup));
        }
        let far = over.and_then(|connection| connection.far_from(&subnet.vpc));
        Ok(Passage { lookup, vpc: far.map_or(&subnet.vpc, |far| &far.vpc), over })
    }

    /// The row that a packet follows: of those that hold its address the longest; of equals local before static before
    /// prefix list before propagated. What a VPN propagates never comes before a local row
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
    fn longest(&self, table: &'a RouteTable, address: IpAddr) -> Result<Option<&'a Route>, Unseen> {
        let mut rows: Vec<(Reverse<u8>, u8, &Route)> = Vec::new();
        let mut unread = None;
        for route in &table.routes {
            let block = match &route.destination {
                Destination::Cidr(block) => Some(*block).filter(|it| it.contains_address(address)),
                Destination::PrefixList(id) => match self.prefix_lists.get(id) {
                    // Gateway endpoints: never the addresses of a VPC.
                    Some(PrefixList { is_owned_by_aws: true, .. }) => None,
                    Some(PrefixList { entries: Some(blocks), .. }) => longest_of(blocks, address),
                    Some(PrefixList { entries: None, .. }) | None => {
                        unread = Some(id);
                        None
                    }
                },
            };
            rows.extend(block.map(|it| (Reverse(it.prefix_len()), precedence(route), route)));
        }
        let is_local = rows.iter().any(|(_, _, route)| route.target == RouteTarget::Local);
        rows.retain(|(_, _, route)| {
            let is_vpn = matches!(route.target, RouteTarget::VpnGateway(_));
            !(is_local && is_vpn && route.origin == RouteOrigin::Propagated)
        });
        // The first of equals, which AWS does not have.
        let best = rows.into_iter().min_by_key(|(length, precedence, _)| (*length, *precedence));
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let is_certain = best.is_some_and(|(Reverse(length), precedence, _)| {
            length == whole && precedence < OF_A_LIST
        });
        match unread {
            Some(list) if !is_certain => {
                Err(Unseen::PrefixList { list: list.clone(), named_by: table.id.to_string() })
            }
            _ => Ok(best.map(|(_, _, route)| route)),
        }
    }

    fn ending(
        &self,
        route: &Route,
        vpc: &VpcId,
        address: IpAddr,
    ) -> (Ending, Option<&'a Connection>) {
        let way_out = || if self.is_private(address) { Ending::WayOut } else { Ending::Beyond };
        let ending = match &route.target {
            _ if route.state == RouteState::Blackhole => Ending::BlackHole,
            RouteTarget::Local => Ending::Vpc,
            RouteTarget::Connection(id) => {
                let connection = self.connections.get(id).copied();
                let ending = connection.map_or(Ending::Beyond, |it| self.behind(it, vpc, address));
                return (ending, connection.filter(|_| ending == Ending::Vpc));
            }
            RouteTarget::InternetGateway(_) | RouteTarget::EgressOnlyInternetGateway(_) => {
                way_out()
            }
            // One that is not listed may be a private one.
            RouteTarget::NatGateway(id) => match self.nat_gateways.get(id) {
                Some(NatConnectivity::Public) => way_out(),
                Some(NatConnectivity::Private) | None => Ending::Beyond,
            },
            RouteTarget::VpnGateway(_)
            | RouteTarget::TransitGateway(_)
            | RouteTarget::NetworkInterface(_)
            | RouteTarget::VpcEndpoint(_)
            | RouteTarget::Other(_) => Ending::Beyond,
        };
        (ending, None)
    }

    /// Whether a connection passes an address, seen from one of its VPCs.
    fn behind(&self, connection: &Connection, vpc: &VpcId, address: IpAddr) -> Ending {
        if connection.state != ConnectionState::Active {
            return Ending::BlackHole;
        }
        let Some(far) = connection.far_from(vpc) else { return Ending::Beyond };
        // The connection tells of blocks that were associated since only after a while.
        let blocks = self.vpcs.get(&far.vpc).map_or(&far.cidrs, |vpc| &vpc.cidrs);
        if blocks.iter().any(|block| block.contains_address(address)) {
            Ending::Vpc
        } else if blocks.is_empty() {
            Ending::Beyond
        } else {
            Ending::NotBehind
        }
    }

    /// Whether no internet gateway leads to an address: one of a VPC, of either family, or one set aside for private use.
    fn is_private(&self, address: IpAddr) -> bool {
        let ends = self.connections.values().flat_map(|it| [&it.requester, &it.accepter]);
        let blocks = self.vpcs.values().flat_map(|vpc| &vpc.cidrs);
        let mut blocks = blocks.chain(ends.flat_map(|end| &end.cidrs));
        let is_set_aside = match address {
            IpAddr::V4(v4) => {
                let [first, second, ..] = v4.octets();
                v4.is_private() || (first == 100 && (64..128).contains(&second))
            }
            IpAddr::V6(v6) => v6.is_unique_local(),
        };
        is_set_aside || blocks.any(|block| block.contains_address(address))
    }
}

fn longest_of(blocks: &[CidrBlock], address: IpAddr) -> Option<CidrBlock> {
    let holding = blocks.iter().filter(|block| block.contains_address(address));
    holding.max_by_key(|block| block.prefix_len()).copied()
}

/// The precedence of a row whose destination is a prefix list.
const OF_A_LIST: u8 = 2;

/// Smaller wins among rows of one length.
fn precedence(route: &Route) -> u8 {
    match (route.origin, &route.destination) {
        (RouteOrigin::Table, _) => 0,
        (RouteOrigin::Static, Destination::Cidr(_)) => 1,
        (RouteOrigin::Static, Destination::PrefixList(_)) => OF_A_LIST,
        (RouteOrigin::Propagated, _) => 3,
    }
}
