//! What an earlier visit left in the status that AWS cannot tell: which routes and rules are ours, which connections were.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::VpcPeeringStatus;
use peerway_api::v1alpha1::vpc_peering::{SideName, WrittenRoutes};
use peerway_model::{ConnectionId, SecurityGroupRuleId, VpcId};

use crate::routes::Wish;

/// The record in a status. Losing it costs tidiness, never safety.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The connection.
    pub connection: Option<ConnectionId>,
    /// Connections before it.
    pub former: BTreeSet<ConnectionId>,
    /// The requester's VPC.
    pub requester_vpc: Option<VpcId>,
    /// The accepter's VPC.
    pub accepter_vpc: Option<VpcId>,
    /// Routes that we wrote, or were about to.
    pub routes: BTreeSet<Wish>,
    /// The keys of the security group rules that we wrote, or were about to: see [`super::plan::rule_key`].
    pub rules: BTreeSet<String>,
    /// The ids of our security group rules.
    pub rule_ids: BTreeSet<SecurityGroupRuleId>,
}

impl Recorded {
    /// The record in a status.
    #[must_use]
    pub fn of(status: Option<&VpcPeeringStatus>) -> Self {
        let Some(status) = status else { return Self::default() };
        let connection = status.connection.as_ref();
        let routes = status.routes.as_ref();
        let ingress = status.ingress.as_ref();
        Self {
            connection: connection.map(|connection| connection.id.clone()),
            former: connection.map(|c| c.former_ids.iter().cloned().collect()).unwrap_or_default(),
            requester_vpc: status.requester.as_ref().map(|side| side.vpc_id.clone()),
            accepter_vpc: status.accepter.as_ref().map(|side| side.vpc_id.clone()),
            routes: routes.map(|routes| wishes(&routes.written)).unwrap_or_default(),
            rules: ingress.map(|i| i.written.iter().cloned().collect()).unwrap_or_default(),
            rule_ids: ingress
                .map(|i| i.items.iter().filter_map(|item| item.rule_id.clone()).collect())
                .unwrap_or_default(),
        }
    }

    /// The VPC that a side was bound to.
    #[must_use]
    pub fn vpc(&self, side: SideName) -> Option<&VpcId> {
        match side {
            SideName::Requester => self.requester_vpc.as_ref(),
            SideName::Accepter => self.accepter_vpc.as_ref(),
        }
    }
}

fn wishes(written: &[WrittenRoutes]) -> BTreeSet<Wish> {
    written
        .iter()
        .flat_map(|routes| {
            routes
                .destinations
                .iter()
                .map(|destination| Wish { table: routes.table.clone(), destination: *destination })
        })
        .collect()
}

/// The routes of a record, as the status holds them.
#[must_use]
pub fn written(routes: &BTreeSet<Wish>) -> Vec<WrittenRoutes> {
    let mut written: Vec<WrittenRoutes> = Vec::new();
    for wish in routes {
        match written.last_mut().filter(|last| last.table == wish.table) {
            Some(last) => last.destinations.push(wish.destination),
            None => written.push(WrittenRoutes {
                table: wish.table.clone(),
                destinations: vec![wish.destination],
            }),
        }
    }
    written
}
