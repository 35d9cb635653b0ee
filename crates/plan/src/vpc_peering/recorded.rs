//! What an earlier visit left in the status that AWS cannot tell: which routes and rules are ours, which connections were.

use std::collections::BTreeSet;
use std::fmt;

use peerway_api::v1alpha1::VpcPeeringStatus;
use peerway_api::v1alpha1::vpc_peering::{
    ConnectionStatus, RequestedFor, SideName, SideStatus, WrittenRoutes,
};
use peerway_model::{
    AccountId, ConnectionId, ConnectionState, SecurityGroupRuleId, Timestamp, VpcId,
};

use super::owned::{Ended, came_to_nothing};
use crate::routes::Wish;

/// The record in a status. Losing it costs tidiness, never safety.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The connection.
    pub connection: Option<ConnectionId>,
    /// How it ended, if its request came to nothing. AWS lists such a one for hours only.
    pub ended: Option<Ended>,
    /// When it was requested.
    pub requested_at: Option<Timestamp>,
    /// How many requests in a row did not lead to an active connection.
    pub attempts: u32,
    /// What it was requested for.
    pub requested_for: Option<RequestedFor>,
    /// Connections before it.
    pub former: BTreeSet<ConnectionId>,
    /// Where the requester's side was.
    pub requester: Option<Bound>,
    /// Where the accepter's side was.
    pub accepter: Option<Bound>,
    /// Routes that we wrote, or were about to.
    pub routes: BTreeSet<Wish>,
    /// The keys of the security group rules that we wrote, or were about to: see [`super::plan::rule_key`].
    pub rules: BTreeSet<String>,
    /// The ids of our security group rules.
    pub rule_ids: BTreeSet<SecurityGroupRuleId>,
}

/// What a side was bound to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// The account.
    pub account: AccountId,
    /// The VPC.
    pub vpc: VpcId,
}

impl Bound {
    fn of(side: &SideStatus) -> Self {
        Self { account: side.account_id.clone(), vpc: side.vpc_id.clone() }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of account {}", self.vpc, self.account)
    }
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
            ended: connection.and_then(ended),
            requested_at: connection.and_then(|c| Some(c.last_requested_at.as_ref()?.0)),
            attempts: connection.map_or(0, |connection| connection.attempts),
            requested_for: connection.and_then(|connection| connection.requested_for.clone()),
            former: connection.map(|c| c.former_ids.iter().cloned().collect()).unwrap_or_default(),
            requester: status.requester.as_ref().map(Bound::of),
            accepter: status.accepter.as_ref().map(Bound::of),
            routes: routes.map(|routes| wishes(&routes.written)).unwrap_or_default(),
            rules: ingress.map(|i| i.written.iter().cloned().collect()).unwrap_or_default(),
            rule_ids: ingress
                .map(|i| i.items.iter().filter_map(|item| item.rule_id.clone()).collect())
                .unwrap_or_default(),
        }
    }

    /// What a side was bound to.
    #[must_use]
    pub fn bound(&self, side: SideName) -> Option<&Bound> {
        match side {
            SideName::Requester => self.requester.as_ref(),
            SideName::Accepter => self.accepter.as_ref(),
        }
    }

    /// What both sides were bound to.
    #[must_use]
    pub fn pair(&self) -> Option<[&Bound; 2]> {
        Some([self.requester.as_ref()?, self.accepter.as_ref()?])
    }

    /// Whether anything of ours may stand in AWS: routes, rules, or a connection that came about and is not known to be
    /// `dead`.
    #[must_use]
    pub fn owns(&self, dead: impl Fn(&ConnectionId) -> bool) -> bool {
        !self.routes.is_empty()
            || !self.rules.is_empty()
            || self.connection.as_ref().is_some_and(|id| self.ended.is_none() && !dead(id))
    }
}

fn ended(connection: &ConnectionStatus) -> Option<Ended> {
    let state = ConnectionState::from_name(&connection.state).filter(|s| came_to_nothing(*s))?;
    let message = connection.message.clone().unwrap_or_default();
    Some(Ended { id: connection.id.clone(), state, message })
}

pub(crate) fn wishes(written: &[WrittenRoutes]) -> BTreeSet<Wish> {
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
