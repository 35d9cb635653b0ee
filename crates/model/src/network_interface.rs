//! Network interfaces: who stands in a subnet.

use std::net::IpAddr;

use crate::part::{Item, PartKind};
use crate::{AccountId, NetworkInterfaceId, SecurityGroupId, SubnetId, VpcId};

/// A network interface, of an instance or of one of AWS's own services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInterface {
    /// Its id.
    pub id: NetworkInterfaceId,
    /// The VPC it belongs to.
    pub vpc: VpcId,
    /// The subnet it stands in.
    pub subnet: SubnetId,
    /// Its private addresses: the IPv4 ones, the primary one first, then IPv6.
    pub addresses: Vec<IpAddr>,
    /// What it is for. AWS writes `ELB <name>` on those of a Classic Load Balancer.
    pub description: String,
    /// Whether one of AWS's services made it, and takes it away again.
    pub is_requester_managed: bool,
    /// The account it belongs to.
    pub owner: AccountId,
    /// Who made it on the owner's behalf: a service (`amazon-elb`), or the id of a principal.
    pub requester: Option<String>,
    /// The security groups it carries.
    pub groups: Vec<SecurityGroupId>,
    /// The instance it is attached to.
    pub instance: Option<String>,
}

impl Item for NetworkInterface {
    type Id = NetworkInterfaceId;
    const KIND: PartKind = PartKind::NetworkInterfaces;

    fn id(&self) -> &NetworkInterfaceId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.subnet.as_str(), self.vpc.as_str()]
    }

    /// Further addresses come and go with every pod of some clusters: that is no news to anybody.
    fn is_like(&self, before: &Self) -> bool {
        Self { addresses: before.addresses.clone(), ..self.clone() } == *before
    }
}
