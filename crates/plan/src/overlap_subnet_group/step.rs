//! The steps: each is exactly one AWS call, with everything needed to make it and no choices left in it.

use std::fmt;

use peerway_model::{
    Action, AssociationId, CidrBlock, ConnectionId, NetworkAclAssociationId, NetworkAclId,
    PartKind, Place, RouteTableId, SubnetId, Tags, VpcId, ZoneId,
};

use crate::PlanStep;

/// One AWS call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the call is made.
    pub place: Place,
    /// The call.
    pub call: Call,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Make the table, with our tags.
    CreateTable {
        /// In which VPC.
        vpc: VpcId,
        /// The token by which AWS knows a repeated call.
        token: String,
        /// Our tags.
        tags: Tags,
    },
    /// Put tags on the table.
    TagTable {
        /// The table.
        table: RouteTableId,
        /// The tags.
        tags: Tags,
    },
    /// Take our tags off the table.
    UntagTable {
        /// The table.
        table: RouteTableId,
        /// Our tags, as they are on it.
        tags: Tags,
    },
    /// Delete the table, with its routes.
    DeleteTable {
        /// The table.
        table: RouteTableId,
    },
    /// Write a route.
    CreateRoute {
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: CidrBlock,
        /// The connection.
        connection: ConnectionId,
        /// Whether it is in a peer's table.
        is_far: bool,
    },
    /// Point a route of ours at a peer's connection.
    ReplaceRoute {
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: CidrBlock,
        /// The connection.
        connection: ConnectionId,
        /// Where it points now.
        was: String,
        /// Whether it is in a peer's table.
        is_far: bool,
    },
    /// Delete a route of ours.
    DeleteRoute {
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: CidrBlock,
        /// Where it points.
        target: String,
        /// Whether it is in a peer's table.
        is_far: bool,
    },
    /// Make a subnet, with our tags.
    CreateSubnet {
        /// In which VPC.
        vpc: VpcId,
        /// In which zone.
        zone: ZoneId,
        /// Its block.
        cidr: CidrBlock,
        /// Its IPv6 block.
        ipv6: Option<CidrBlock>,
        /// Our tags.
        tags: Tags,
    },
    /// Put tags on a subnet.
    TagSubnet {
        /// The subnet.
        subnet: SubnetId,
        /// The tags.
        tags: Tags,
    },
    /// Take our tags off a subnet.
    UntagSubnet {
        /// The subnet.
        subnet: SubnetId,
        /// Our tags, as they are on it.
        tags: Tags,
    },
    /// Delete a subnet.
    DeleteSubnet {
        /// The subnet.
        subnet: SubnetId,
        /// Its block.
        cidr: CidrBlock,
    },
    /// Give a subnet, which has an IPv4 block alone, its IPv6 block.
    AssociateBlock {
        /// The subnet.
        subnet: SubnetId,
        /// Its IPv6 block.
        ipv6: CidrBlock,
    },
    /// Associate a subnet, which follows the main table, with the group's table.
    Associate {
        /// The table.
        table: RouteTableId,
        /// The subnet.
        subnet: SubnetId,
    },
    /// Move a subnet's association, which leads to another table, to the group's.
    ReplaceAssociation {
        /// The association.
        association: AssociationId,
        /// The table.
        table: RouteTableId,
        /// The subnet.
        subnet: SubnetId,
        /// The table it uses now.
        was: RouteTableId,
    },
    /// Let a subnet use the given network ACL.
    ReplaceAclAssociation {
        /// The association.
        association: NetworkAclAssociationId,
        /// The ACL.
        acl: NetworkAclId,
        /// The subnet.
        subnet: SubnetId,
        /// The ACL it uses now.
        was: NetworkAclId,
    },
}

/// Steps of one group follow each other; once one fails, the rest of its group is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The table and its routes.
    Table,
    /// The subnets.
    Subnets,
    /// The IPv6 blocks of subnets that stand, for which a role may not be allowed yet.
    Blocks,
    /// Tags.
    Tags,
    /// The peers' tables.
    Far,
}

impl PlanStep for Step {
    type Group = Group;

    fn place(&self) -> &Place {
        &self.place
    }

    fn action(&self) -> Action {
        match &self.call {
            Call::CreateTable { .. } => Action::CreateRouteTable,
            Call::TagTable { .. } | Call::TagSubnet { .. } => Action::CreateTags,
            Call::UntagTable { .. } | Call::UntagSubnet { .. } => Action::DeleteTags,
            Call::DeleteTable { .. } => Action::DeleteRouteTable,
            Call::CreateRoute { .. } => Action::CreateRoute,
            Call::ReplaceRoute { .. } => Action::ReplaceRoute,
            Call::DeleteRoute { .. } => Action::DeleteRoute,
            Call::CreateSubnet { .. } => Action::CreateSubnet,
            Call::DeleteSubnet { .. } => Action::DeleteSubnet,
            Call::AssociateBlock { .. } => Action::AssociateSubnetCidrBlock,
            Call::Associate { .. } => Action::AssociateRouteTable,
            Call::ReplaceAssociation { .. } => Action::ReplaceRouteTableAssociation,
            Call::ReplaceAclAssociation { .. } => Action::ReplaceNetworkAclAssociation,
        }
    }

    fn group(&self) -> Group {
        match &self.call {
            Call::TagTable { .. }
            | Call::UntagTable { .. }
            | Call::TagSubnet { .. }
            | Call::UntagSubnet { .. } => Group::Tags,
            Call::CreateTable { .. } | Call::DeleteTable { .. } => Group::Table,
            Call::CreateRoute { is_far, .. }
            | Call::ReplaceRoute { is_far, .. }
            | Call::DeleteRoute { is_far, .. } => {
                if *is_far {
                    Group::Far
                } else {
                    Group::Table
                }
            }
            Call::CreateSubnet { .. }
            | Call::DeleteSubnet { .. }
            | Call::Associate { .. }
            | Call::ReplaceAssociation { .. }
            | Call::ReplaceAclAssociation { .. } => Group::Subnets,
            Call::AssociateBlock { .. } => Group::Blocks,
        }
    }

    fn is_destructive(&self) -> bool {
        match &self.call {
            // Whose tags are gone already, nobody may take them off again.
            Call::UntagTable { .. }
            | Call::UntagSubnet { .. }
            | Call::DeleteTable { .. }
            | Call::ReplaceRoute { .. }
            | Call::DeleteRoute { .. }
            | Call::DeleteSubnet { .. }
            | Call::ReplaceAssociation { .. }
            | Call::ReplaceAclAssociation { .. } => true,
            Call::CreateTable { .. }
            | Call::TagTable { .. }
            | Call::CreateRoute { .. }
            | Call::CreateSubnet { .. }
            | Call::TagSubnet { .. }
            | Call::AssociateBlock { .. }
            | Call::Associate { .. } => false,
        }
    }

    fn part(&self) -> PartKind {
        match &self.call {
            Call::CreateTable { .. }
            | Call::TagTable { .. }
            | Call::UntagTable { .. }
            | Call::DeleteTable { .. }
            | Call::CreateRoute { .. }
            | Call::ReplaceRoute { .. }
            | Call::DeleteRoute { .. }
            | Call::Associate { .. }
            | Call::ReplaceAssociation { .. } => PartKind::RouteTables,
            Call::CreateSubnet { .. }
            | Call::TagSubnet { .. }
            | Call::UntagSubnet { .. }
            | Call::DeleteSubnet { .. }
            | Call::AssociateBlock { .. } => PartKind::Subnets,
            Call::ReplaceAclAssociation { .. } => PartKind::NetworkAcls,
        }
    }

    fn judged_by(&self) -> &'static [PartKind] {
        match &self.call {
            // A block is chosen, a way back judged, and an association missed by these.
            Call::CreateSubnet { .. } | Call::CreateRoute { .. } | Call::Associate { .. } => {
                &[PartKind::RouteTables, PartKind::Subnets]
            }
            Call::DeleteSubnet { .. } => &[PartKind::NetworkInterfaces, PartKind::RouteTables],
            Call::DeleteTable { .. } => &[PartKind::Subnets],
            Call::CreateTable { .. }
            | Call::TagTable { .. }
            | Call::UntagTable { .. }
            | Call::ReplaceRoute { .. }
            | Call::DeleteRoute { .. }
            | Call::TagSubnet { .. }
            | Call::UntagSubnet { .. }
            | Call::AssociateBlock { .. }
            | Call::ReplaceAssociation { .. }
            | Call::ReplaceAclAssociation { .. } => &[],
        }
    }
}

impl Step {
    /// The mark in front of it in a plan: `+` makes, `~` changes, `-` takes away.
    fn mark(&self) -> char {
        match &self.call {
            Call::CreateTable { .. }
            | Call::CreateRoute { .. }
            | Call::CreateSubnet { .. }
            | Call::AssociateBlock { .. }
            | Call::Associate { .. } => '+',
            Call::TagTable { .. }
            | Call::UntagTable { .. }
            | Call::ReplaceRoute { .. }
            | Call::TagSubnet { .. }
            | Call::UntagSubnet { .. }
            | Call::ReplaceAssociation { .. }
            | Call::ReplaceAclAssociation { .. } => '~',
            Call::DeleteTable { .. } | Call::DeleteRoute { .. } | Call::DeleteSubnet { .. } => '-',
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.mark())?;
        match &self.call {
            Call::CreateTable { vpc, .. } => write!(f, "route table in {vpc}"),
            Call::TagTable { table, .. } => write!(f, "tag {table}"),
            Call::UntagTable { table, .. } => write!(f, "take our tags off {table}"),
            Call::DeleteTable { table } => write!(f, "delete {table}"),
            Call::CreateRoute { table, destination, connection, .. } => {
                write!(f, "route {destination} in {table} over {connection}")
            }
            Call::ReplaceRoute { table, destination, connection, was, .. } => {
                write!(f, "route {destination} in {table} over {connection} instead of {was}")
            }
            Call::DeleteRoute { table, destination, target, .. } => {
                write!(f, "route {destination} in {table} over {target}")
            }
            Call::CreateSubnet { zone, cidr, ipv6, .. } => {
                write!(f, "subnet {cidr} in {zone}")?;
                ipv6.map_or(Ok(()), |ipv6| write!(f, ", {ipv6}"))
            }
            Call::TagSubnet { subnet, .. } => write!(f, "tag {subnet}"),
            Call::UntagSubnet { subnet, .. } => write!(f, "take our tags off {subnet}"),
            Call::DeleteSubnet { subnet, cidr } => write!(f, "delete {subnet} ({cidr})"),
            Call::AssociateBlock { subnet, ipv6 } => write!(f, "associate {subnet} with {ipv6}"),
            Call::Associate { table, subnet } => write!(f, "associate {subnet} with {table}"),
            Call::ReplaceAssociation { table, subnet, was, .. } => {
                write!(f, "associate {subnet} with {table} instead of {was}")
            }
            Call::ReplaceAclAssociation { acl, subnet, was, .. } => {
                write!(f, "let {subnet} use {acl} instead of {was}")
            }
        }?;
        write!(f, "  ({})", self.place)
    }
}
