//! What firewalls look at beside addresses: the protocol, and ports or the ICMP type.

use std::net::IpAddr;

use peerway_model::{PortRange, Protocol};

use crate::Service;

/// Where replies go: the sender's port is one of these, whichever its system chooses; a load balancer chooses from all of them
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>).
const EPHEMERAL: PortRange = PortRange { from: 1024, to: u16::MAX };

/// Packets that are alike to firewalls. Of ICMP the range is one type, of code 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) protocol: Protocol,
    pub(crate) ports: PortRange,
}

impl Traffic {
    /// The packets of a request to this address.
    pub(crate) fn request(service: Service, to: IpAddr) -> Self {
        match service {
            Service::Tcp(port) => Self::one(Protocol::Tcp, port),
            Service::Udp(port) => Self::one(Protocol::Udp, port),
            Service::Ping if to.is_ipv4() => Self::one(Protocol::Icmp, 8),
            Service::Ping => Self::one(Protocol::Icmpv6, 128),
        }
    }

    /// The packets of the reply to it, to whichever port it was sent from.
    pub(crate) fn reply(service: Service, to: IpAddr) -> Self {
        match service {
            Service::Tcp(_) => Self { protocol: Protocol::Tcp, ports: EPHEMERAL },
            Service::Udp(_) => Self { protocol: Protocol::Udp, ports: EPHEMERAL },
            Service::Ping if to.is_ipv4() => Self::one(Protocol::Icmp, 0),
            Service::Ping => Self::one(Protocol::Icmpv6, 129),
        }
    }

    fn one(protocol: Protocol, number: u16) -> Self {
        Self { protocol, ports: PortRange { from: number, to: number } }
    }

    /// Those of these ports (or this type) that a rule is about.
    pub(crate) fn within(self, protocol: Protocol, ports: Option<PortRange>) -> Option<PortRange> {
        if protocol == Protocol::All {
            return Some(self.ports);
        }
        if protocol != self.protocol {
            return None;
        }
        let Some(ports) = ports else { return Some(self.ports) };
        if self.protocol.has_ports() {
            let shared = PortRange {
                from: ports.from.max(self.ports.from),
                to: ports.to.min(self.ports.to),
            };
            return (shared.from <= shared.to).then_some(shared);
        }
        // A type and a code; the largest code stands for all of them.
        let is_meant = ports.from == self.ports.from && matches!(ports.to, 0 | u16::MAX);
        is_meant.then_some(self.ports)
    }
}
