//! NAT gateways: read only to tell a way to the internet from a way into somebody's private network.

use crate::part::{Item, PartKind};
use crate::{NatGatewayId, VpcId};

/// Whether a NAT gateway leads to the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NatConnectivity {
    /// To the internet.
    Public,
    /// To other VPCs or on-premises networks.
    Private,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatGateway {
    /// Its id.
    pub id: NatGatewayId,
    /// The VPC it stands in.
    pub vpc: VpcId,
    /// Where it leads.
    pub connectivity: NatConnectivity,
}

impl Item for NatGateway {
    type Id = NatGatewayId;
    const KIND: PartKind = PartKind::NatGateways;

    fn id(&self) -> &NatGatewayId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.vpc.as_str()]
    }
}
