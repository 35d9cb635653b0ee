//! What stops where it is, of all that ends when its time has come: instances that balancers take in or let go, and balancers
//! that groups are being attached to. What ends by an event stops when that is called off.

use std::collections::BTreeSet;

use peerway_model::Timestamp;

use crate::state::RegionState;

/// What is under way, by name.
pub(crate) type UnderWay = BTreeSet<String>;

/// What is under way in a Region.
pub(crate) fn under_way(region: &mut RegionState, now: Timestamp) -> UnderWay {
    let mut all = UnderWay::new();
    for_each(region, now, &mut |name, _| {
        all.insert(name);
    });
    all
}

/// Stops whatever was not yet under way `before`; whether there was anything.
pub(crate) fn stop(region: &mut RegionState, now: Timestamp, before: &UnderWay) -> bool {
    let mut has_stopped = false;
    for_each(region, now, &mut |name, ends_at| {
        if !before.contains(&name) {
            *ends_at = Timestamp::MAX;
            has_stopped = true;
        }
    });
    has_stopped
}

/// Lets whatever was stopped end now.
pub(crate) fn resume(region: &mut RegionState, now: Timestamp) {
    for_each(region, now, &mut |_, ends_at| {
        if *ends_at == Timestamp::MAX {
            *ends_at = now;
        }
    });
}

fn for_each(
    region: &mut RegionState,
    now: Timestamp,
    each: &mut dyn FnMut(String, &mut Timestamp),
) {
    let mut look = |name: String, ends_at: &mut Timestamp| {
        if *ends_at > now {
            each(name, ends_at);
        }
    };
    for (name, balancer) in &mut region.balancers {
        for (id, member) in &mut balancer.members {
            look(format!("{name} takes in {id}"), member.checked_from());
        }
        for (id, ends_at) in &mut balancer.leaving {
            look(format!("{name} lets go {id}"), ends_at);
        }
    }
    for (name, group) in &mut region.scaling_groups {
        for (balancer, link) in &mut group.links {
            look(format!("{name} is attached to {balancer}"), &mut link.adding_until);
        }
    }
}
