//! VPCs.

use crate::part::{Item, PartKind};
use crate::{AccountId, CidrBlock, Tags, VpcId};

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpc {
    /// Its id.
    pub id: VpcId,
    /// The account that owns it; differs from the reading account where subnets are shared.
    pub owner: AccountId,
    /// Every *associated* block, IPv4 (the primary one first) and IPv6.
    pub cidrs: Vec<CidrBlock>,
    /// Its tags.
    pub tags: Tags,
}

impl Item for Vpc {
    type Id = VpcId;
    const KIND: PartKind = PartKind::Vpcs;

    fn id(&self) -> &VpcId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str()]
    }
}

/// The two DNS attributes of a VPC. AWS answers them only one at a time, so they are read when needed, not in lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VpcDns {
    /// `enableDnsSupport`.
    pub support: bool,
    /// `enableDnsHostnames`.
    pub hostnames: bool,
}
