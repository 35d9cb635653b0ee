//! What is asked: who sends what to whom.

use std::fmt;
use std::net::IpAddr;

use peerway_model::{InstanceId, LoadBalancerName, NetworkInterfaceId, SubnetId, VpcId};

/// A request, and with it the reply to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Who sends.
    pub sender: Sender,
    /// To whom.
    pub target: Target,
    /// What.
    pub service: Service,
}

/// Who sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// An instance, from the first address of its first interface.
    Instance(InstanceId),
    /// An interface, from its first address.
    Interface(NetworkInterfaceId),
    /// Whoever has this address in this subnet. Where nobody has it, only what does not depend on security groups is judged
    /// of the sender: it is let out, and no rule that names a group lets it in.
    Address {
        /// The subnet.
        subnet: SubnetId,
        /// The address.
        address: IpAddr,
    },
}

/// Whom a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whoever has this address, in the VPC that the sender's routes lead to.
    Address(IpAddr),
    /// A Classic Load Balancer, at the address of each of its nodes: clients take any that its DNS name tells them. What
    /// lies behind the balancer is not judged.
    LoadBalancer {
        /// Its name.
        name: LoadBalancerName,
        /// Its VPC: names are unique only in an account and Region.
        vpc: VpcId,
    },
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// TCP to this port.
    Tcp(u16),
    /// UDP to this port.
    Udp(u16),
    /// An echo request of ICMP or `ICMPv6`.
    Ping,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(port) => write!(f, "tcp {port}"),
            Self::Udp(port) => write!(f, "udp {port}"),
            Self::Ping => f.write_str("ping"),
        }
    }
}
