//! The steps: each is exactly one AWS call, with everything needed to make it and no choices left in it.

use std::fmt;

use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_model::{
    AccountId, Action, CidrBlock, ConnectionId, IngressRule, PartKind, Place, Region, RouteTableId,
    SecurityGroupId, SecurityGroupRuleId, Tags, VpcId,
};

use crate::PlanStep;

/// One AWS call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask for the connection, with our tags.
    RequestConnection {
        /// The requester's place.
        place: Place,
        /// The requester's VPC.
        requester: VpcId,
        /// The accepter's VPC.
        accepter: VpcId,
        /// Its owner.
        accepter_account: AccountId,
        /// Its Region.
        accepter_region: Region,
        /// Our tags.
        tags: Tags,
    },
    /// Accept it.
    AcceptConnection {
        /// The accepter's place.
        place: Place,
        /// The connection.
        connection: ConnectionId,
    },
    /// Put our tags on one side's view of it.
    TagConnection {
        /// That side's place.
        place: Place,
        /// The connection.
        connection: ConnectionId,
        /// Our tags.
        tags: Tags,
    },
    /// Take our tags off one side's view of it.
    UntagConnection {
        /// That side's place.
        place: Place,
        /// The connection.
        connection: ConnectionId,
        /// Our tags, as they are on it.
        tags: Tags,
    },
    /// Set one side's DNS resolution.
    SetDnsResolution {
        /// That side's place.
        place: Place,
        /// That side.
        side: SideName,
        /// Which end of the connection it is: the other one, where the request once went the other way.
        end: SideName,
        /// The connection.
        connection: ConnectionId,
        /// To what.
        allow: bool,
    },
    /// Write a route.
    CreateRoute {
        /// The table's place.
        place: Place,
        /// On which side.
        side: SideName,
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: CidrBlock,
        /// The connection.
        connection: ConnectionId,
    },
    /// Point a route of ours, over a connection that is gone, at the present one.
    ReplaceRoute {
        /// The table's place.
        place: Place,
        /// On which side.
        side: SideName,
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: CidrBlock,
        /// The connection.
        connection: ConnectionId,
        /// Where it points now.
        was: ConnectionId,
    },
    /// Delete a route of ours.
    DeleteRoute {
        /// The table's place.
        place: Place,
        /// On which side.
        side: SideName,
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: CidrBlock,
        /// Where it points.
        connection: ConnectionId,
    },
    /// Write a security group rule, with our tags.
    AuthorizeIngress {
        /// The group's place.
        place: Place,
        /// On which side.
        side: SideName,
        /// The rule.
        rule: IngressRule,
        /// Our tags.
        tags: Tags,
    },
    /// Put our tags back on a security group rule.
    TagRule {
        /// The group's place.
        place: Place,
        /// On which side.
        side: SideName,
        /// The rule.
        id: SecurityGroupRuleId,
        /// Our tags.
        tags: Tags,
    },
    /// Take our tags off a security group rule.
    UntagRule {
        /// The group's place.
        place: Place,
        /// On which side.
        side: SideName,
        /// The rule.
        id: SecurityGroupRuleId,
        /// Our tags, as they are on it.
        tags: Tags,
    },
    /// Delete a security group rule of ours.
    RevokeIngress {
        /// The group's place.
        place: Place,
        /// On which side.
        side: SideName,
        /// The group.
        group: SecurityGroupId,
        /// The rule.
        id: SecurityGroupRuleId,
        /// What it admits.
        rule: String,
    },
    /// Take the connection down.
    DeleteConnection {
        /// The requester's place.
        place: Place,
        /// The connection.
        connection: ConnectionId,
    },
}

/// Which steps stand or fall together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The connection itself.
    Connection,
    /// Tags on one side's view.
    Tags,
    /// One side's DNS resolution.
    Dns(SideName),
    /// One side's routes.
    Routes(SideName),
    /// One side's rules.
    Ingress(SideName),
}

impl PlanStep for Step {
    type Group = Group;

    fn place(&self) -> &Place {
        match self {
            Self::RequestConnection { place, .. }
            | Self::AcceptConnection { place, .. }
            | Self::TagConnection { place, .. }
            | Self::UntagConnection { place, .. }
            | Self::UntagRule { place, .. }
            | Self::SetDnsResolution { place, .. }
            | Self::CreateRoute { place, .. }
            | Self::ReplaceRoute { place, .. }
            | Self::DeleteRoute { place, .. }
            | Self::AuthorizeIngress { place, .. }
            | Self::TagRule { place, .. }
            | Self::RevokeIngress { place, .. }
            | Self::DeleteConnection { place, .. } => place,
        }
    }

    fn action(&self) -> Action {
        match self {
            Self::RequestConnection { .. } => Action::CreateVpcPeeringConnection,
            Self::AcceptConnection { .. } => Action::AcceptVpcPeeringConnection,
            Self::TagConnection { .. } | Self::TagRule { .. } => Action::CreateTags,
            Self::UntagConnection { .. } | Self::UntagRule { .. } => Action::DeleteTags,
            Self::SetDnsResolution { .. } => Action::ModifyVpcPeeringConnectionOptions,
            Self::CreateRoute { .. } => Action::CreateRoute,
            Self::ReplaceRoute { .. } => Action::ReplaceRoute,
            Self::DeleteRoute { .. } => Action::DeleteRoute,
            Self::AuthorizeIngress { .. } => Action::AuthorizeSecurityGroupIngress,
            Self::RevokeIngress { .. } => Action::RevokeSecurityGroupIngress,
            Self::DeleteConnection { .. } => Action::DeleteVpcPeeringConnection,
        }
    }

    fn group(&self) -> Group {
        match self {
            Self::RequestConnection { .. }
            | Self::AcceptConnection { .. }
            | Self::DeleteConnection { .. } => Group::Connection,
            Self::TagConnection { .. } | Self::UntagConnection { .. } => Group::Tags,
            Self::SetDnsResolution { side, .. } => Group::Dns(*side),
            Self::CreateRoute { side, .. }
            | Self::ReplaceRoute { side, .. }
            | Self::DeleteRoute { side, .. } => Group::Routes(*side),
            Self::AuthorizeIngress { side, .. }
            | Self::TagRule { side, .. }
            | Self::UntagRule { side, .. }
            | Self::RevokeIngress { side, .. } => Group::Ingress(*side),
        }
    }

    fn is_destructive(&self) -> bool {
        match self {
            Self::ReplaceRoute { .. }
            | Self::DeleteRoute { .. }
            | Self::RevokeIngress { .. }
            | Self::DeleteConnection { .. }
            // Only the claim goes, and only where it is the one that was seen: its value is part of the call. But whose tags
            // are gone already, nobody may take them off again.
            | Self::UntagConnection { .. }
            | Self::UntagRule { .. } => true,
            Self::RequestConnection { .. }
            | Self::AcceptConnection { .. }
            | Self::TagConnection { .. }
            | Self::SetDnsResolution { .. }
            | Self::CreateRoute { .. }
            | Self::AuthorizeIngress { .. }
            | Self::TagRule { .. } => false,
        }
    }

    fn part(&self) -> PartKind {
        match self {
            Self::RequestConnection { .. }
            | Self::AcceptConnection { .. }
            | Self::TagConnection { .. }
            | Self::UntagConnection { .. }
            | Self::SetDnsResolution { .. }
            | Self::DeleteConnection { .. } => PartKind::Connections,
            Self::CreateRoute { .. } | Self::ReplaceRoute { .. } | Self::DeleteRoute { .. } => {
                PartKind::RouteTables
            }
            Self::AuthorizeIngress { .. }
            | Self::TagRule { .. }
            | Self::UntagRule { .. }
            | Self::RevokeIngress { .. } => PartKind::SecurityGroupRules,
        }
    }

    fn judged_by(&self) -> &'static [PartKind] {
        // A way back is judged by the tables and subnets of both sides, and a route in place is not withdrawn again.
        if matches!(self, Self::CreateRoute { .. }) {
            &[PartKind::RouteTables, PartKind::Subnets]
        } else {
            &[]
        }
    }
}

impl Step {
    /// The mark in front of it in a plan: `+` makes, `~` changes, `-` takes away.
    fn mark(&self) -> char {
        match self {
            Self::RequestConnection { .. }
            | Self::CreateRoute { .. }
            | Self::AuthorizeIngress { .. } => '+',
            Self::AcceptConnection { .. }
            | Self::TagConnection { .. }
            | Self::UntagConnection { .. }
            | Self::UntagRule { .. }
            | Self::SetDnsResolution { .. }
            | Self::ReplaceRoute { .. }
            | Self::TagRule { .. } => '~',
            Self::DeleteRoute { .. }
            | Self::RevokeIngress { .. }
            | Self::DeleteConnection { .. } => '-',
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.mark())?;
        match self {
            Self::RequestConnection { requester, accepter, .. } => {
                write!(f, "request a connection from {requester} to {accepter}")
            }
            Self::AcceptConnection { connection, .. } => write!(f, "accept {connection}"),
            Self::TagConnection { connection, .. } => write!(f, "tag {connection}"),
            Self::SetDnsResolution { side, connection, allow, .. } => {
                let word = if *allow { "allow" } else { "forbid" };
                write!(
                    f,
                    "{word} DNS resolution of the {} over {connection}",
                    super::desired::field(*side)
                )
            }
            Self::ReplaceRoute { table, destination, connection, was, .. } => {
                write!(f, "route {destination} in {table} over {connection} instead of {was}")
            }
            Self::CreateRoute { table, destination, connection, .. }
            | Self::DeleteRoute { table, destination, connection, .. } => {
                write!(f, "route {destination} in {table} over {connection}")
            }
            Self::AuthorizeIngress { rule, .. } => write!(f, "admit {rule} to {}", rule.group),
            Self::UntagConnection { connection, .. } => write!(f, "take our tags off {connection}"),
            Self::TagRule { id, .. } => write!(f, "tag {id}"),
            Self::UntagRule { id, .. } => write!(f, "take our tags off {id}"),
            Self::RevokeIngress { group, id, rule, .. } => {
                write!(f, "rule {id} of {group}: {rule}")
            }
            Self::DeleteConnection { connection, .. } => write!(f, "delete {connection}"),
        }?;
        write!(f, "  ({})", self.place())
    }
}
