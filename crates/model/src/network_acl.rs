//! Network ACLs: what subnets let in and out, whatever their security groups say.

use crate::part::{Item, PartKind};
use crate::{
    CidrBlock, NetworkAclAssociationId, NetworkAclId, PortRange, Protocol, SubnetId, Tags, VpcId,
};

/// A network ACL with its rules. Every subnet has exactly one; a new subnet gets the VPC's default
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Its id.
    pub id: NetworkAclId,
    /// The VPC it belongs to.
    pub vpc: VpcId,
    /// Whether new subnets of the VPC get it.
    pub is_default: bool,
    /// Its rules. Within a direction the one of the lowest number that fits decides.
    pub entries: Vec<NetworkAclEntry>,
    /// The subnets that use it.
    pub associations: Vec<(NetworkAclAssociationId, SubnetId)>,
    /// Its tags.
    pub tags: Tags,
}

impl NetworkAcl {
    /// The association of this subnet, which is what a replacement names.
    #[must_use]
    pub fn association_of(&self, subnet: &SubnetId) -> Option<&NetworkAclAssociationId> {
        self.associations.iter().find(|(_, other)| other == subnet).map(|(id, _)| id)
    }
}

/// One rule of a network ACL; direction and number are its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAclEntry {
    /// Its place in the order. AWS's own last rules have 32767 (IPv4) and 32768 (IPv6).
    pub number: u16,
    /// Whether it judges what leaves the subnets; else what enters them.
    pub egress: bool,
    /// The addresses on the other side.
    pub cidr: CidrBlock,
    /// Which protocol.
    pub protocol: Protocol,
    /// Which destination ports (for ICMP: type and code); `None` is all of them.
    pub ports: Option<PortRange>,
    /// Whether what fits may pass.
    pub allow: bool,
}

impl Item for NetworkAcl {
    type Id = NetworkAclId;
    const KIND: PartKind = PartKind::NetworkAcls;

    fn id(&self) -> &NetworkAclId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.vpc.as_str()]
    }
}
