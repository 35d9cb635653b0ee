//! What can be said about a wanted route, and in which words.

use peerway_api::Reason;
use peerway_api::v1alpha1::vpc_peering::OnConflict;
use peerway_model::{CidrBlock, ConnectionId, PrefixListId, RouteTableId, SubnetId};

use crate::Effect;
use crate::network::UnreadableList;

/// Something about a wanted route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A route of somebody else has the same destination.
    RouteConflict {
        /// The table.
        table: RouteTableId,
        /// The destination.
        destination: CidrBlock,
        /// Where the other route leads.
        target: String,
        /// The prefix list through which it has the destination.
        prefix_list: Option<PrefixListId>,
    },
    /// A broader route leads over another peering to the same addresses.
    RouteWouldShadow {
        /// The table.
        table: RouteTableId,
        /// The wanted destination.
        destination: CidrBlock,
        /// The broader destination.
        by: CidrBlock,
        /// The other peering.
        target: ConnectionId,
    },
    /// Replies go elsewhere for certain.
    ReturnGoesElsewhere {
        /// A subnet that the route makes reachable.
        subnet: SubnetId,
        /// The table it really uses.
        table: RouteTableId,
        /// The route that its replies follow.
        route: CidrBlock,
        /// Where that leads.
        target: String,
    },
    /// Packets that come in over another connection would be answered by this route, to somebody else.
    TakesReplies {
        /// The table.
        table: RouteTableId,
        /// The wanted destination.
        destination: CidrBlock,
        /// A subnet that uses the table, and is reached over the other connection.
        subnet: SubnetId,
        /// The other connection.
        connection: ConnectionId,
        /// The table on its far side that leads to the subnet.
        far_table: RouteTableId,
        /// By this route.
        route: CidrBlock,
    },
    /// Replies follow a broad route to something we cannot look into.
    ReturnUnknown {
        /// A subnet that the route makes reachable.
        subnet: SubnetId,
        /// The table it really uses.
        table: RouteTableId,
        /// The route that its replies follow.
        route: CidrBlock,
        /// Where that leads.
        target: String,
    },
    /// Ours takes packets from a broader route to something other than a peering.
    ShadowsBroaderRoute {
        /// The table.
        table: RouteTableId,
        /// The wanted destination.
        destination: CidrBlock,
        /// The broader destination.
        by: CidrBlock,
        /// Where that leads.
        target: String,
    },
    /// A longer route takes packets from ours.
    RouteShadowed {
        /// The table.
        table: RouteTableId,
        /// The wanted destination.
        destination: CidrBlock,
        /// The longer destination.
        by: CidrBlock,
        /// Where that leads.
        target: String,
    },
    /// Another live connection of the VPC has these addresses behind it.
    PeerOverlap {
        /// The wanted destination.
        destination: CidrBlock,
        /// The other connection.
        connection: ConnectionId,
        /// The block behind it.
        cidr: CidrBlock,
    },
    /// A table names a prefix list that we may not look into.
    ListUnreadable {
        /// The table.
        table: RouteTableId,
        /// The list.
        list: PrefixListId,
    },
    /// AWS lists no table for a subnet that the route makes reachable, and every subnet uses one.
    TableUnknown {
        /// The subnet.
        subnet: SubnetId,
    },
    /// So it would be once an older object of this cluster has written what it is about to write.
    OlderFirst(Box<Verdict>),
}

impl Verdict {
    pub(super) fn unreadable(list: &UnreadableList) -> Self {
        Self::ListUnreadable { table: list.table.clone(), list: list.list.clone() }
    }

    /// Whether the route is not written because of this.
    #[must_use]
    pub fn withholds(&self, on_conflict: OnConflict) -> bool {
        match self {
            Self::RouteConflict { .. }
            | Self::ReturnGoesElsewhere { .. }
            | Self::TableUnknown { .. }
            | Self::ListUnreadable { .. } => true,
            // Both take packets from somebody; `LongestPrefix` says that it is meant so.
            Self::RouteWouldShadow { .. } | Self::TakesReplies { .. } => {
                on_conflict != OnConflict::LongestPrefix
            }
            Self::ReturnUnknown { .. } => on_conflict == OnConflict::Refuse,
            Self::OlderFirst(verdict) => verdict.withholds(on_conflict),
            Self::ShadowsBroaderRoute { .. }
            | Self::RouteShadowed { .. }
            | Self::PeerOverlap { .. } => false,
        }
    }

    /// Who can help when a route that is in place would not be written today: a list may become readable again by itself,
    /// all else needs somebody.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::ListUnreadable { .. } | Self::TableUnknown { .. } | Self::OlderFirst(_) => {
                Effect::Passing
            }
            Self::RouteConflict { .. }
            | Self::RouteWouldShadow { .. }
            | Self::ReturnGoesElsewhere { .. }
            | Self::TakesReplies { .. }
            | Self::ReturnUnknown { .. } => Effect::Stalled,
            Self::ShadowsBroaderRoute { .. }
            | Self::RouteShadowed { .. }
            | Self::PeerOverlap { .. } => Effect::Warning,
        }
    }

    /// The reason of the reference.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::RouteConflict { .. } => Reason::RouteConflict,
            Self::RouteWouldShadow { .. } => Reason::RouteWouldShadow,
            Self::ReturnGoesElsewhere { .. } => Reason::ReturnGoesElsewhere,
            Self::TakesReplies { .. } => Reason::TakesReplies,
            Self::ReturnUnknown { .. } | Self::TableUnknown { .. } => Reason::ReturnUnknown,
            Self::ShadowsBroaderRoute { .. } => Reason::ShadowsBroaderRoute,
            Self::RouteShadowed { .. } => Reason::RouteShadowed,
            Self::PeerOverlap { .. } => Reason::PeerOverlap,
            Self::ListUnreadable { .. } => Reason::AccessDenied,
            Self::OlderFirst(verdict) => verdict.reason(),
        }
    }

    /// The same of a route that is written all the same.
    #[must_use]
    pub fn as_warning(&self) -> String {
        match self {
            Self::RouteWouldShadow { table, destination, by, target } => format!(
                "In {table} the route to {destination} takes packets from {by}, which leads to {target}, where the same addresses lie: `onConflict: LongestPrefix` says that nobody else uses them."
            ),
            Self::TakesReplies { table, destination, subnet, connection, far_table, route } => {
                format!(
                    "{far_table}, on the far side of {connection}, leads to {subnet} by its route to {route}, and the route to {destination} in {table}, which {subnet} uses, takes the replies to somebody else: `onConflict: LongestPrefix` says that nobody uses that route."
                )
            }
            Self::OlderFirst(verdict) => verdict.as_warning(),
            Self::RouteConflict { .. }
            | Self::ReturnGoesElsewhere { .. }
            | Self::ReturnUnknown { .. }
            | Self::ShadowsBroaderRoute { .. }
            | Self::RouteShadowed { .. }
            | Self::PeerOverlap { .. }
            | Self::TableUnknown { .. }
            | Self::ListUnreadable { .. } => self.message(),
        }
    }

    /// What, where, why, and what to do.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::RouteConflict { table, destination, target, prefix_list } => {
                let via = prefix_list
                    .as_ref()
                    .map(|list| format!(" (through {list})"))
                    .unwrap_or_default();
                format!(
                    "{table} already sends {destination}{via} to {target}, which is not ours and is left alone. Remove that route if nobody needs it, or reach this side through an OverlapSubnetGroup."
                )
            }
            Self::RouteWouldShadow { table, destination, by, target } => format!(
                "{table} sends {by} to {target}, and the same addresses lie behind it: a route to {destination} would take its packets. Choose other destinations, use an OverlapSubnetGroup, or, if nobody else uses these addresses, set `onConflict: LongestPrefix`."
            ),
            Self::ReturnGoesElsewhere { subnet, table, route, target } => format!(
                "Replies from {subnet} would not come back over this connection: its table {table} sends {route} to {target}. Narrow the destinations to subnets that answer over this connection, or reach that side through an OverlapSubnetGroup."
            ),
            Self::TakesReplies { table, destination, subnet, connection, far_table, route } => {
                format!(
                    "{far_table}, on the far side of {connection}, leads to {subnet} by its route to {route}, and a route to {destination} in {table}, which {subnet} uses, would take the replies to somebody else. Choose destinations that are not behind {connection}, reach this side through an OverlapSubnetGroup, or, if nobody uses that route, remove it or set `onConflict: LongestPrefix`."
                )
            }
            Self::ReturnUnknown { subnet, table, route, target } => format!(
                "Replies from {subnet} follow {route} to {target} in {table}; what is behind that cannot be seen from here. A route back over this connection in {table} makes it certain."
            ),
            Self::ShadowsBroaderRoute { table, destination, by, target } => format!(
                "In {table} the route to {destination} takes packets from {by}, which leads to {target}."
            ),
            Self::RouteShadowed { table, destination, by, target } => format!(
                "In {table} the route to {by}, which leads to {target}, takes packets from {destination}: these addresses of the other VPC are not reached."
            ),
            Self::PeerOverlap { destination, connection, cidr } => format!(
                "{connection}, another connection of the same VPC, has {cidr} behind it, which meets {destination}: tables without our route send such packets there, and what comes in over it is answered by our route where that stands."
            ),
            Self::TableUnknown { subnet } => format!(
                "AWS lists no route table that {subnet} uses, so where its replies would go is unknown, and nothing is written. Usually the next look tells; should it last, allow ec2:DescribeRouteTables for all tables of that VPC."
            ),
            Self::OlderFirst(verdict) => format!(
                "An older VPCPeering of this cluster comes first, whose routes are about to be written. Once they are: {}",
                verdict.message()
            ),
            Self::ListUnreadable { table, list } => format!(
                "{table} has a route to prefix list {list}, and its entries cannot be read: whether it holds our destinations is unknown, so nothing is written there. Allow ec2:GetManagedPrefixListEntries, or ask the list's owner."
            ),
        }
    }
}
