//! One VPC's routing as packets meet it: which table a subnet really uses, which rows an address really follows, and
//! where these lead.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use peerway_model::{
    CidrBlock, Connection, ConnectionId, Destination, NatConnectivity, PrefixList, PrefixListId,
    RouteOrigin, RouteState, RouteTable, RouteTableId, RouteTarget, Subnet, SubnetId, Vpc, VpcId,
};

use crate::observed::Readable;

/// One VPC's tables and subnets.
#[derive(Debug, Clone)]
pub struct Network<'a> {
    /// The VPC.
    pub vpc: &'a Vpc,
    /// Its route tables, in the order of ids.
    tables: BTreeMap<&'a RouteTableId, &'a RouteTable>,
    /// Its subnets, in the order of ids.
    subnets: BTreeMap<&'a SubnetId, &'a Subnet>,
    /// What it was read with.
    view: Readable<'a>,
}

/// One row, with prefix lists taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Which packets.
    pub destination: CidrBlock,
    /// Where to.
    pub target: Target<'a>,
    /// The prefix list it comes from.
    pub list: Option<&'a PrefixListId>,
    /// Whether packets pass.
    pub state: RouteState,
    /// Smaller wins among rows of one destination.
    precedence: u8,
}

impl Row<'_> {
    /// In which order rows that hold an address are considered, the one that packets follow first: by the longest prefix,
    /// then local before static before prefix list before propagated
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
    #[must_use]
    pub fn preference(&self) -> impl Ord + use<> {
        (Reverse(self.destination.prefix_len()), self.precedence)
    }
}

/// Where a row leads, seen from one connection of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// Over our connection; it may not exist yet.
    Ours,
    /// Anywhere else.
    Foreign(&'a RouteTarget),
}

/// Where a packet ends that follows a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<'a> {
    /// At our connection.
    Ours,
    /// Nowhere: the target is gone for good, leads to the internet, or to a peering behind which the address is not.
    Nowhere,
    /// At another peering, behind which the address is.
    OtherPeering(&'a ConnectionId),
    /// At something we cannot look into: a transit gateway, a VPN, an interface, an endpoint, a private NAT gateway.
    Opaque(&'a RouteTarget),
}

/// A prefix list whose blocks AWS does not tell us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableList {
    /// The list.
    pub list: PrefixListId,
    /// The table that names it.
    pub table: RouteTableId,
}

impl<'a> Network<'a> {
    /// The routing of `vpc` in what was read.
    #[must_use]
    pub fn of(vpc: &'a Vpc, view: Readable<'a>) -> Self {
        Self {
            vpc,
            tables: view.route_tables.of(vpc.id.as_str()).map(|table| (&table.id, table)).collect(),
            subnets: view.subnets.of(vpc.id.as_str()).map(|subnet| (&subnet.id, subnet)).collect(),
            view,
        }
    }

    /// Another VPC of the same account and Region.
    #[must_use]
    pub fn elsewhere(&self, vpc: &VpcId) -> Option<Self> {
        self.view.vpcs.get(vpc).map(|vpc| Self::of(vpc, self.view))
    }

    /// The VPC's tables.
    pub fn tables(&self) -> impl Iterator<Item = &'a RouteTable> + '_ {
        self.tables.values().copied()
    }

    /// A table of the VPC.
    #[must_use]
    pub fn table(&self, id: &RouteTableId) -> Option<&'a RouteTable> {
        self.tables.get(id).copied()
    }

    /// The VPC's subnets.
    pub fn subnets(&self) -> impl Iterator<Item = &'a Subnet> + '_ {
        self.subnets.values().copied()
    }

    /// A subnet of the VPC.
    #[must_use]
    pub fn subnet(&self, id: &SubnetId) -> Option<&'a Subnet> {
        self.subnets.get(id).copied()
    }

    /// The main table.
    #[must_use]
    pub fn main_table(&self) -> Option<&'a RouteTable> {
        self.tables().find(|table| table.is_main())
    }

    /// The table that a subnet really uses: its explicit association, else the main table.
    #[must_use]
    pub fn table_of(&self, subnet: &SubnetId) -> Option<&'a RouteTable> {
        self.tables()
            .find(|table| table.explicit_subnets().any(|associated| associated == subnet))
            .or_else(|| self.main_table())
    }

    /// The addresses whose packets meet this table: of its subnets; for the main table the whole VPC, since any new
    /// subnet starts there.
    #[must_use]
    pub fn sources(&self, table: &RouteTable) -> Vec<CidrBlock> {
        if table.is_main() {
            return self.vpc.cidrs.clone();
        }
        table
            .explicit_subnets()
            .filter_map(|subnet| self.subnet(subnet))
            .flat_map(|subnet| subnet.cidrs.iter().copied())
            .collect()
    }

    /// What a destination holds. Lists that AWS owns are those of gateway endpoints: they never hold a VPC's addresses.
    ///
    /// # Errors
    /// When it is a list that we cannot look into.
    pub fn blocks(
        &self,
        destination: &'a Destination,
    ) -> Result<&'a [CidrBlock], &'a PrefixListId> {
        match destination {
            Destination::Cidr(block) => Ok(std::slice::from_ref(block)),
            Destination::PrefixList(id) => {
                match self.view.prefix_lists.and_then(|lists| lists.get(id)) {
                    Some(list) if list.is_owned_by_aws => Ok(&[]),
                    Some(PrefixList { entries: Some(entries), .. }) => Ok(entries),
                    Some(PrefixList { entries: None, .. }) | None => Err(id),
                }
            }
        }
    }

    /// Every row of a table, of any origin, with prefix lists taken apart.
    ///
    /// # Errors
    /// When the table names a list that we cannot look into.
    pub fn rows(
        &self,
        table: &'a RouteTable,
        ours: Option<&ConnectionId>,
    ) -> Result<Vec<Row<'a>>, UnreadableList> {
        let mut rows = Vec::new();
        for route in &table.routes {
            let state = route.state;
            let is_ours = matches!(&route.target, RouteTarget::Connection(id) if Some(id) == ours);
            let target = if is_ours { Target::Ours } else { Target::Foreign(&route.target) };
            let precedence = match route.origin {
                RouteOrigin::Table => 0,
                RouteOrigin::Static => 1,
                RouteOrigin::Propagated => 3,
            };
            let (list, precedence) = match &route.destination {
                Destination::Cidr(_) => (None, precedence),
                Destination::PrefixList(id) => (Some(id), 2),
            };
            let blocks = self
                .blocks(&route.destination)
                .map_err(|list| UnreadableList { list: list.clone(), table: table.id.clone() })?;
            rows.extend(blocks.iter().map(|destination| Row {
                destination: *destination,
                target,
                list,
                state,
                precedence,
            }));
        }
        Ok(rows)
    }

    /// Where packets to addresses behind our connection end when they follow a row.
    #[must_use]
    pub fn end(&self, followed: &Followed<'_, 'a>) -> End<'a> {
        let row = followed.row;
        let target = match row.target {
            Target::Ours => return End::Ours,
            Target::Foreign(target) => target,
        };
        match target {
            RouteTarget::Connection(id) => match self.view.connections.get(id) {
                Some(connection) if connection.state.is_live() => {
                    let far = connection.far_from(&self.vpc.id).map_or(&[][..], |end| &end.cidrs);
                    // Before it is active AWS does not tell what lies behind it: assume the worst.
                    if far.is_empty() || far.iter().any(|cidr| followed.meets(cidr)) {
                        End::OtherPeering(id)
                    } else {
                        End::Nowhere
                    }
                }
                // Dead: AWS never reuses an id.
                Some(_) => End::Nowhere,
                // Not listed any more if packets do not pass, else not yet: tables and connections are read at different
                // moments.
                None => match row.state {
                    RouteState::Blackhole => End::Nowhere,
                    RouteState::Active => End::OtherPeering(id),
                },
            },
            RouteTarget::InternetGateway(_) | RouteTarget::EgressOnlyInternetGateway(_) => {
                End::Nowhere
            }
            RouteTarget::NatGateway(id) => {
                let gateway = self.view.nat_gateways.and_then(|gateways| gateways.get(id));
                match (row.state, gateway.map(|gateway| gateway.connectivity)) {
                    // A NAT gateway that is gone never comes back.
                    (RouteState::Blackhole, _) | (_, Some(NatConnectivity::Public)) => End::Nowhere,
                    // Not listed yet: it may be private.
                    (RouteState::Active, Some(NatConnectivity::Private) | None) => {
                        End::Opaque(target)
                    }
                }
            }
            // The blocks of two peered VPCs never meet, so a local row never takes a packet to the other one.
            RouteTarget::Local => End::Nowhere,
            // Also as a black hole: an instance starts again, a gateway is attached again.
            RouteTarget::VpnGateway(_)
            | RouteTarget::TransitGateway(_)
            | RouteTarget::NetworkInterface(_)
            | RouteTarget::VpcEndpoint(_)
            | RouteTarget::Other(_) => End::Opaque(target),
        }
    }

    /// A connection, whoever's.
    #[must_use]
    pub fn connection(&self, id: &ConnectionId) -> Option<&'a Connection> {
        self.view.connections.get(id)
    }

    /// The other live connections of the VPC, with the blocks behind them.
    pub fn other_connections(
        &self,
        ours: Option<&'a ConnectionId>,
    ) -> impl Iterator<Item = (&'a Connection, &'a [CidrBlock])> + '_ {
        self.view
            .connections
            .of(self.vpc.id.as_str())
            .filter(move |connection| Some(&connection.id) != ours && connection.state.is_live())
            .filter_map(|connection| {
                connection.far_from(&self.vpc.id).map(|far| (connection, far.cidrs.as_slice()))
            })
    }
}

/// A route to assume in a table, over our connection.
#[must_use]
pub fn assumed_row<'a>(destination: CidrBlock) -> Row<'a> {
    Row { destination, target: Target::Ours, list: None, state: RouteState::Active, precedence: 1 }
}

/// A row that some packets follow, and which.
#[derive(Debug, Clone)]
pub struct Followed<'r, 'a> {
    /// The row.
    pub row: &'r Row<'a>,
    /// The addresses in question that the row holds.
    part: CidrBlock,
    /// Those of them that follow another row, or are left out of account.
    except: Vec<CidrBlock>,
}

impl Followed<'_, '_> {
    /// Whether packets to an address of `block` follow the row.
    #[must_use]
    pub fn meets(&self, block: &CidrBlock) -> bool {
        self.part.intersection(block).is_some_and(|part| !part.is_covered_by(&self.except))
    }

    /// The same for those addresses only that follow `other` (in another table, or before), if there are any.
    #[must_use]
    pub fn only(&self, other: &Followed<'_, '_>) -> Option<Self> {
        let part = self.part.intersection(&other.part)?;
        Self { part, ..self.clone() }.leaving_out(&other.except)
    }

    /// The same for fewer addresses, if any is left.
    #[must_use]
    pub fn leaving_out(mut self, blocks: &[CidrBlock]) -> Option<Self> {
        self.except.extend(blocks);
        (!self.part.is_covered_by(&self.except)).then_some(self)
    }
}

/// The rows that packets to some address of `block` follow: each address the most preferred that holds it.
#[must_use]
pub fn followed<'r, 'a>(rows: &'r [Row<'a>], block: &CidrBlock) -> Vec<Followed<'r, 'a>> {
    let mut meeting: Vec<&Row<'a>> =
        rows.iter().filter(|row| row.destination.meets(block)).collect();
    meeting.sort_by_key(|row| row.preference());
    let preferred = |index: usize| -> Vec<CidrBlock> {
        meeting[..index].iter().map(|row| row.destination).collect()
    };
    meeting
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let part = row.destination.intersection(block).expect("it meets the block");
            Followed { row, part, except: Vec::new() }.leaving_out(&preferred(index))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(text: &str) -> CidrBlock {
        text.parse().unwrap()
    }

    fn row(destination: &str, precedence: u8) -> Row<'static> {
        Row { precedence, ..assumed_row(block(destination)) }
    }

    fn destinations(followed: &[Followed<'_, '_>]) -> Vec<String> {
        followed.iter().map(|followed| followed.row.destination.to_string()).collect()
    }

    #[test]
    fn a_broad_row_is_followed_only_for_what_longer_rows_leave_over() {
        let rows = [row("0.0.0.0/0", 1), row("172.19.0.0/20", 1), row("172.19.0.0/24", 1)];
        assert_eq!(
            destinations(&followed(&rows, &block("172.19.0.0/22"))),
            ["172.19.0.0/24", "172.19.0.0/20"]
        );
        assert_eq!(destinations(&followed(&rows, &block("172.19.0.0/25"))), ["172.19.0.0/24"]);
        assert_eq!(
            destinations(&followed(&rows, &block("172.16.0.0/12"))),
            ["172.19.0.0/24", "172.19.0.0/20", "0.0.0.0/0"]
        );
        assert!(followed(&rows[1..], &block("10.0.0.0/8")).is_empty());
    }

    #[test]
    fn two_halves_hide_what_lies_under_them() {
        let rows = [row("10.0.0.0/16", 1), row("10.0.0.0/17", 1), row("10.0.128.0/17", 1)];
        assert_eq!(
            destinations(&followed(&rows, &block("10.0.0.0/16"))),
            ["10.0.0.0/17", "10.0.128.0/17"]
        );
    }

    #[test]
    fn among_equals_static_beats_propagated() {
        let rows = [row("10.0.0.0/16", 3), row("10.0.0.0/16", 1)];
        let followed = followed(&rows, &block("10.0.0.0/24"));
        assert_eq!(followed.len(), 1);
        assert_eq!(followed[0].row.precedence, 1);
    }

    proptest! {
        /// The reference looks every address up by itself.
        #[test]
        fn the_rows_followed_are_those_that_single_addresses_follow(
            rows in prop::collection::vec((0_u32..64, 26_u8..=32, 0_u8..4), 0..8),
            address in 0_u32..64, length in 26_u8..=32,
        ) {
            let at = |address: u32, length| {
                CidrBlock::truncating(std::net::Ipv4Addr::from(0x0a00_0000 + address).into(), length).unwrap()
            };
            let rows: Vec<Row<'static>> = rows
                .into_iter()
                .map(|(address, length, precedence)| Row { precedence, ..assumed_row(at(address, length)) })
                .collect();
            let wanted = at(address, length);
            let mut expected: Vec<(CidrBlock, u8)> = (wanted.range().0..=wanted.range().1)
                .filter_map(|number| {
                    let single = peerway_model::cidr::address(wanted.family(), number).unwrap();
                    rows.iter()
                        .filter(|row| row.destination.contains_address(single))
                        .min_by_key(|row| (std::cmp::Reverse(row.destination.prefix_len()), row.precedence))
                        .map(|row| (row.destination, row.precedence))
                })
                .collect();
            expected.sort_unstable();
            expected.dedup();
            let mut got: Vec<(CidrBlock, u8)> =
                followed(&rows, &wanted).iter().map(|it| (it.row.destination, it.row.precedence)).collect();
            got.sort_unstable();
            got.dedup();
            prop_assert_eq!(got, expected);
        }
    }
}
