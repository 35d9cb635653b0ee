//! Network ACLs: stateless, in the order of their numbers, the first that fits decides
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).

use std::net::IpAddr;

use peerway_model::{Direction, NetworkAcl, NetworkAclEntry, PortRange};

use crate::traffic::Traffic;

/// Whether a network ACL lets all of some traffic pass, to or from `peer`.
pub(crate) fn lets(acl: &NetworkAcl, direction: Direction, peer: IpAddr, traffic: Traffic) -> bool {
    let mut entries: Vec<&NetworkAclEntry> = acl
        .entries
        .iter()
        .filter(|entry| entry.egress == (direction == Direction::Egress))
        .filter(|entry| entry.cidr.contains_address(peer))
        .collect();
    entries.sort_by_key(|entry| entry.number);
    let mut undecided = vec![traffic.ports];
    for entry in entries {
        let Some(fitting) = traffic.within(entry.protocol, entry.ports) else { continue };
        if entry.allow {
            undecided = undecided.into_iter().flat_map(|range| without(range, fitting)).collect();
        } else if undecided.iter().any(|range| range.from <= fitting.to && fitting.from <= range.to)
        {
            return false;
        }
        if undecided.is_empty() {
            return true;
        }
    }
    false
}

/// What is left of a range.
fn without(range: PortRange, taken: PortRange) -> impl Iterator<Item = PortRange> {
    let below = (range.from < taken.from)
        .then(|| PortRange { from: range.from, to: range.to.min(taken.from - 1) });
    let above = (range.to > taken.to)
        .then(|| PortRange { from: range.from.max(taken.to + 1), to: range.to });
    below.into_iter().chain(above)
}
