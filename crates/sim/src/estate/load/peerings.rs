//! Peering connections.

use std::sync::Arc;

use peerway_model::clock::after;
use peerway_model::{ConnectionId, ConnectionState};

use super::{Loading, maker, problem};
use crate::ec2::peerings::{self, Connection, View};
use crate::ec2::vpcs::overlap;
use crate::estate::{End, EstateError, Peering};
use crate::id::derived;
use crate::state::Spot;

/// The id given, or the one that follows from the position.
pub(super) fn id(position: usize, peering: &Peering) -> ConnectionId {
    peering.id.clone().unwrap_or_else(|| derived(&["peering", &position.to_string()]))
}

impl Loading<'_> {
    pub(super) fn peering(
        &mut self,
        position: usize,
        peering: &Peering,
    ) -> Result<(), EstateError> {
        let id = id(position, peering);
        let place = id.to_string();
        let life = match &peering.status {
            None => ConnectionState::Active,
            Some(name) => ConnectionState::from_name(name)
                .ok_or_else(|| problem(&*place, format!("{name:?} is no state of a connection")))
                .map_err(|error| error.of("status"))?,
        };
        let requester = self.end(&peering.requester, peering.dns_resolution.requester);
        let accepter = self.end(&peering.accepter, peering.dns_resolution.accepter);
        let requester = requester.map_err(|error| problem(&*place, error).of("requester"))?;
        let accepter = accepter.map_err(|error| problem(&*place, error).of("accepter"))?;
        let is_pending =
            matches!(life, ConnectionState::InitiatingRequest | ConnectionState::PendingAcceptance);
        let usual_expiry = || after(self.now, self.settings.timings.request_expiry);
        let expires = is_pending.then(|| peering.expires.unwrap_or_else(usual_expiry));
        let connection = Connection {
            message: message(life, &requester.spot, &accepter.spot, peering),
            requester,
            accepter,
            state: life,
            expires: expires.map(|at| at.round(jiff::Unit::Second).unwrap_or(at)),
            ended_by: peering.ended_by.clone(),
            maker: maker(peering.made_by.as_ref()),
        };
        self.check_pair(&connection).map_err(|error| problem(&*place, error))?;
        let views = self.views(&connection, peering).map_err(|error| problem(&*place, error))?;
        if self.state.connections.contains_key(&id) {
            return Err(problem(place, "the connection is there twice"));
        }
        peerings::install(&mut self.state, self.settings, self.now, &id, connection, views);
        Ok(())
    }

    fn end(&self, end: &End, allows_dns: bool) -> Result<peerings::End, String> {
        let (spot, vpc) = match end {
            End::Here(vpc) => {
                let spot = self.owners.get(vpc).ok_or_else(|| {
                    format!(
                        "{vpc} is no VPC of this estate; one outside of it needs account and region"
                    )
                })?;
                (spot.clone(), vpc.clone())
            }
            End::Elsewhere(end) => {
                let spot = Spot { account: end.account.clone(), region: end.region.clone() };
                (spot, end.vpc.clone())
            }
        };
        Ok(peerings::End { spot, vpc, allows_dns })
    }

    /// What AWS would never have let come about: an active connection of VPCs that overlap, or a second one.
    fn check_pair(&self, connection: &Connection) -> Result<(), String> {
        if !matches!(connection.state, ConnectionState::Active | ConnectionState::Provisioning) {
            return Ok(());
        }
        let (requester, accepter) = (&connection.requester, &connection.accepter);
        let vpcs = self.state.vpc(&requester.spot, &requester.vpc);
        let vpcs = vpcs.zip(self.state.vpc(&accepter.spot, &accepter.vpc));
        if let Some((one, other)) = vpcs.and_then(|(one, other)| overlap(one, other)) {
            return Err(format!("the VPCs overlap: {one} and {other}"));
        }
        let is_twin = |other: &Connection| {
            other.joins(&requester.vpc, &accepter.vpc)
                && matches!(other.state, ConnectionState::Active | ConnectionState::Provisioning)
        };
        match self.state.connections.iter().find(|(_, other)| is_twin(other)) {
            Some((twin, _)) => Err(format!("{twin} joins the same VPCs")),
            None => Ok(()),
        }
    }

    /// Who sees a connection: its requester, and its accepter once AWS has looked at it; accounts of the estate only.
    fn views(
        &self,
        connection: &Connection,
        peering: &Peering,
    ) -> Result<Vec<(Spot, View)>, String> {
        let (requester, accepter) = (&connection.requester.spot, &connection.accepter.spot);
        if requester == accepter && !peering.tags.accepter.is_empty() {
            return Err("one account and Region has one set of tags: the requester's".to_owned());
        }
        let is_hidden = matches!(
            connection.state,
            ConnectionState::InitiatingRequest | ConnectionState::Failed
        );
        let sides = [
            (requester, &peering.tags.requester, true),
            (accepter, &peering.tags.accepter, requester != accepter && !is_hidden),
        ];
        let seen = sides
            .into_iter()
            .filter(|(spot, _, sees)| *sees && self.state.accounts.contains_key(&spot.account));
        Ok(seen
            .map(|(spot, tags, _)| (spot.clone(), View { tags: Arc::new(tags.clone()) }))
            .collect())
    }
}

/// AWS's words on a state.
fn message(life: ConnectionState, requester: &Spot, accepter: &Spot, peering: &Peering) -> String {
    let by = |usual: &Spot| peering.ended_by.clone().unwrap_or_else(|| usual.account.clone());
    match life {
        ConnectionState::InitiatingRequest => format!("Initiating Request to {}", accepter.account),
        ConnectionState::PendingAcceptance => format!("Pending Acceptance by {}", accepter.account),
        ConnectionState::Provisioning => "Provisioning".to_owned(),
        ConnectionState::Active => "Active".to_owned(),
        ConnectionState::Deleting | ConnectionState::Deleted => {
            format!("Deleted by {}", by(requester))
        }
        ConnectionState::Rejected => format!("Rejected by {}", by(accepter)),
        ConnectionState::Expired => "Expired".to_owned(),
        ConnectionState::Failed => peerings::FAILED.to_owned(),
    }
}
