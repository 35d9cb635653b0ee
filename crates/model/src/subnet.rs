//! Subnets.

use crate::part::{Item, PartKind};
use crate::{CidrBlock, SubnetId, Tags, VpcId, ZoneId};

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// The VPC it lies in.
    pub vpc: VpcId,
    /// Its Availability Zone.
    pub zone: ZoneId,
    /// Every associated block: the IPv4 one (absent in IPv6-only subnets), then IPv6.
    pub cidrs: Vec<CidrBlock>,
    /// How many of its addresses nobody has; the five that AWS keeps are not among them.
    pub available_addresses: u32,
    /// Its tags.
    pub tags: Tags,
}

impl Item for Subnet {
    type Id = SubnetId;
    const KIND: PartKind = PartKind::Subnets;

    fn id(&self) -> &SubnetId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.vpc.as_str()]
    }

    /// Addresses are taken and given back all the time: that is no news to anybody.
    fn is_like(&self, before: &Self) -> bool {
        Self { available_addresses: before.available_addresses, ..self.clone() } == *before
    }
}
