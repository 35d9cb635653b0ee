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
}
