//! What an earlier visit left in the status that AWS cannot tell, or not prove: which routes are ours, which blocks and
//! which table.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::OverlapSubnetGroupStatus;
use peerway_api::v1alpha1::overlap_subnet_group::{GroupPlace, PeerStatus};
use peerway_model::{CidrBlock, ConnectionId, RouteTableId, SubnetId, VpcId, ZoneId};

use crate::routes::Wish;
use crate::vpc_peering::recorded::wishes;

/// The record in a status. Losing it costs tidiness, never safety.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The VPC that the subnets are in.
    pub vpc: Option<VpcId>,
    /// Where, and how we get there.
    pub home: Option<GroupPlace>,
    /// The peers as they were last.
    pub peers: Vec<PeerStatus>,
    /// The table.
    pub table: Option<RouteTableId>,
    /// The subnets, or those about to be made, with their ids once they have one.
    pub subnets: BTreeMap<(ZoneId, CidrBlock), Option<SubnetId>>,
    /// The zones that were wanted last.
    pub zones: BTreeSet<ZoneId>,
    /// Routes that we wrote, or were about to.
    pub routes: BTreeSet<Wish>,
    /// The peers' connections, as they were last.
    pub connections: BTreeSet<ConnectionId>,
}

impl Recorded {
    /// The record in a status.
    #[must_use]
    pub fn of(status: Option<&OverlapSubnetGroupStatus>) -> Self {
        let Some(status) = status else { return Self::default() };
        Self {
            vpc: status.home.as_ref().map(|home| home.vpc_id.clone()),
            home: status.home.clone(),
            peers: status.peers.clone(),
            table: status.route_table.as_ref().map(|table| table.id.clone()),
            subnets: status
                .subnets
                .iter()
                .map(|subnet| ((subnet.zone.clone(), subnet.cidr), subnet.id.clone()))
                .collect(),
            zones: status
                .subnets
                .iter()
                .filter(|subnet| subnet.wanted)
                .map(|subnet| subnet.zone.clone())
                .collect(),
            routes: status
                .routes
                .as_ref()
                .map(|routes| wishes(&routes.written))
                .unwrap_or_default(),
            connections: status
                .peers
                .iter()
                .filter_map(|peer| peer.connection_id.clone())
                .collect(),
        }
    }

    /// Where something of the group may lie: the subnets, and the peers' routes.
    pub fn places(&self) -> impl Iterator<Item = &GroupPlace> {
        self.home.iter().chain(self.peers.iter().filter_map(|peer| peer.far.as_ref()))
    }

    /// Whether the record knows this subnet: by its id, and its zone and block.
    #[must_use]
    pub fn knows(&self, id: &SubnetId, zone: &ZoneId, block: &CidrBlock) -> bool {
        self.subnets.get(&(zone.clone(), *block)).is_some_and(|known| known.as_ref() == Some(id))
    }
}
