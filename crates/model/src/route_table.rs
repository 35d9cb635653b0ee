//! Route tables, their routes, and who uses them.

use std::fmt;

use crate::part::{Item, PartKind};
use crate::{
    AssociationId, CidrBlock, ConnectionId, NatGatewayId, PrefixListId, RouteTableId, SubnetId,
    Tags, VpcId,
};

/// A route table with every route and every explicit association.
///
/// Subnets without an explicit association use the VPC's main table and are listed nowhere
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// The VPC it belongs to.
    pub vpc: VpcId,
    /// Who uses it explicitly; the VPC itself, for the main table.
    pub associations: Vec<Association>,
    /// Its rows, of every origin.
    pub routes: Vec<Route>,
    /// Its tags.
    pub tags: Tags,
}

impl RouteTable {
    /// Whether subnets without an explicit association use it.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.associations.iter().any(|association| association.scope == AssociationScope::Main)
    }

    /// Whether it steers what enters through a gateway instead of what leaves a subnet.
    #[must_use]
    pub fn is_edge_associated(&self) -> bool {
        self.associations
            .iter()
            .any(|association| matches!(association.scope, AssociationScope::Gateway(_)))
    }

    /// The subnets associated explicitly.
    pub fn explicit_subnets(&self) -> impl Iterator<Item = &SubnetId> {
        self.associations.iter().filter_map(|association| match &association.scope {
            AssociationScope::Subnet(subnet) => Some(subnet),
            AssociationScope::Main | AssociationScope::Gateway(_) => None,
        })
    }

    /// The row with exactly this destination that packets follow, if there is one. Among rows that can be written, (table,
    /// destination) is the key; a propagated one may lie beneath it and is not used
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
    #[must_use]
    pub fn route_to(&self, destination: &CidrBlock) -> Option<&Route> {
        let key = Destination::Cidr(*destination);
        let rows = self.routes.iter().filter(|route| route.destination == key);
        rows.min_by_key(|route| route.origin == RouteOrigin::Propagated)
    }
}

impl Item for RouteTable {
    type Id = RouteTableId;
    const KIND: PartKind = PartKind::RouteTables;

    fn id(&self) -> &RouteTableId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.vpc.as_str()]
    }
}

/// One use of a route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// Its id; a new one whenever the association moves.
    pub id: AssociationId,
    /// What uses the table.
    pub scope: AssociationScope,
}

/// What uses a route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssociationScope {
    /// Every subnet without an association of its own.
    Main,
    /// One subnet.
    Subnet(SubnetId),
    /// Traffic that enters through this internet or virtual private gateway, or with an address of this public pool. Empty
    /// where AWS names something else.
    Gateway(String),
}

/// One row of a route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Which packets.
    pub destination: Destination,
    /// Where to.
    pub target: RouteTarget,
    /// Who wrote it.
    pub origin: RouteOrigin,
    /// Whether packets pass.
    pub state: RouteState,
}

/// The packets a row is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// Those to one block.
    Cidr(CidrBlock),
    /// Those to any block of a managed prefix list.
    PrefixList(PrefixListId),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(block) => block.fmt(f),
            Self::PrefixList(list) => list.fmt(f),
        }
    }
}

/// Where a row sends packets. Ids that Peerway never acts on stay text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteTarget {
    /// Within the VPC.
    Local,
    /// A peering connection.
    Connection(ConnectionId),
    /// An internet gateway, `igw-…`.
    InternetGateway(String),
    /// An egress-only internet gateway, `eigw-…`.
    EgressOnlyInternetGateway(String),
    /// A NAT gateway, public or private.
    NatGateway(NatGatewayId),
    /// A virtual private gateway, `vgw-…`.
    VpnGateway(String),
    /// A transit gateway, `tgw-…`.
    TransitGateway(String),
    /// A network interface, `eni-…`, alone or of an instance.
    NetworkInterface(String),
    /// A gateway or Gateway Load Balancer endpoint, `vpce-…`.
    VpcEndpoint(String),
    /// A carrier, local, core network or later kind of target, by its id or ARN.
    Other(String),
}

impl fmt::Display for RouteTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Connection(id) => id.fmt(f),
            Self::NatGateway(id) => id.fmt(f),
            Self::InternetGateway(id)
            | Self::EgressOnlyInternetGateway(id)
            | Self::VpnGateway(id)
            | Self::TransitGateway(id)
            | Self::NetworkInterface(id)
            | Self::VpcEndpoint(id)
            | Self::Other(id) => f.write_str(id),
        }
    }
}

/// Who wrote a row (`Origin` in EC2's answers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteOrigin {
    /// AWS, with the table: the local routes.
    Table,
    /// Somebody, by `CreateRoute`. Only such rows can be replaced or deleted.
    Static,
    /// A virtual private gateway or a route server.
    Propagated,
}

/// Whether packets pass (`State` in EC2's answers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteState {
    /// They pass.
    Active,
    /// The target is missing or unusable; the row keeps its key.
    Blackhole,
}
