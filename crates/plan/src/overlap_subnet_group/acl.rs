//! Whether a network ACL lets a load balancer answer a peer. ACLs are stateless, and of the rules that fit a packet the one
//! of the lowest number decides (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).

use std::collections::BTreeSet;
use std::iter;

use peerway_model::{CidrBlock, NetworkAcl, NetworkAclEntry, PortRange, Protocol};

/// From where clients send, and where the replies to them go.
const EPHEMERAL: PortRange = PortRange { from: 1024, to: u16::MAX };

/// Whether all TCP packets of clients in `block` pass, whichever port a load balancer may listen on, and the replies to
/// them.
pub(super) fn lets_answer(acl: &NetworkAcl, block: &CidrBlock) -> bool {
    lets_pass(acl, false, block, PortRange::ALL) && lets_pass(acl, true, block, EPHEMERAL)
}

/// Whether the replies of instances in `block` come in: to health checks, and to what a load balancer hands on.
pub(super) fn lets_hear(acl: &NetworkAcl, block: &CidrBlock) -> bool {
    lets_pass(acl, false, block, EPHEMERAL)
}

fn lets_pass(acl: &NetworkAcl, is_egress: bool, block: &CidrBlock, ports: PortRange) -> bool {
    let fits = |entry: &&NetworkAclEntry| {
        entry.egress == is_egress
            && entry.cidr.meets(block)
            && matches!(entry.protocol, Protocol::All | Protocol::Tcp)
    };
    let mut entries: Vec<&NetworkAclEntry> = acl.entries.iter().filter(fits).collect();
    entries.sort_by_key(|entry| entry.number);
    // Where no rule begins or has just ended, a port fares as the one below it.
    let bounds = entries.iter().map(|entry| ports_of(entry));
    let bounds = bounds.flat_map(|range| [Some(range.from), range.to.checked_add(1)]);
    let telling: BTreeSet<u16> = iter::once(ports.from)
        .chain(bounds.flatten().filter(|port| (ports.from..=ports.to).contains(port)))
        .collect();
    telling.into_iter().all(|port| lets_port(&entries, block, port))
}

/// Whether all of `block` passes at one port.
fn lets_port(entries: &[&NetworkAclEntry], block: &CidrBlock, port: u16) -> bool {
    let mut allowed = Vec::new();
    for entry in entries {
        let ports = ports_of(entry);
        let Some(part) = entry.cidr.intersection(block) else { continue };
        if !(ports.from..=ports.to).contains(&port) {
            continue;
        }
        if entry.allow {
            allowed.push(part);
        } else if !part.is_covered_by(&allowed) {
            return false;
        }
    }
    block.is_covered_by(&allowed)
}

fn ports_of(entry: &NetworkAclEntry) -> PortRange {
    match entry.protocol {
        Protocol::All => None,
        Protocol::Tcp | Protocol::Udp | Protocol::Icmp | Protocol::Icmpv6 | Protocol::Number(_) => {
            entry.ports
        }
    }
    .unwrap_or(PortRange::ALL)
}
