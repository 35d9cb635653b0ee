//! What must be read beyond the lists, how old it may be, and what a balancer wants to hear of.

use std::collections::BTreeSet;
use std::time::Duration;

use peerway_model::clock::since;
use peerway_model::{LoadBalancerName, PartKind, Place};

use super::desired::Desired;
use super::recorded::Recorded;
use super::{Observed, members, scaling};
use crate::observed::{Detail, Needs, Read};
use crate::{Presence, View};

/// How old tags, attributes and the contents of policies may be at rest.
const RARELY: Duration = Duration::from_mins(10);
/// How old the state of an attachment may be that is on its way, where nobody waits for it.
const SOON: Duration = Duration::from_secs(10);

/// What must be read, given what was read so far.
#[must_use]
pub fn needs(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Needs {
    let mut needs = Needs::default();
    let Some(place) = desired.entry.as_ref().map(|entry| &entry.place) else { return needs };
    let Some(view) = observed.views.get(place) else { return needs };
    let mut part = |part| needs.parts.insert((place.clone(), part));
    part(PartKind::LoadBalancers);
    part(PartKind::AutoScalingGroups);
    let instances = desired.spec.targets.instances.as_ref();
    let has_backend = instances.is_some_and(|it| it.backend_security_group.is_some());
    let is_going = desired.presence == Presence::Absent;
    if is_going || has_backend || !recorded.made.is_empty() {
        part(PartKind::NetworkInterfaces);
    }
    if !is_going && (instances.is_some() || has_strangers(desired, view)) {
        part(PartKind::Instances);
    }
    details(&mut needs, desired, observed, place, view);
    if let Some(groups) = view.auto_scaling_groups.as_ref().and_then(|it| it.current().ok()) {
        let names =
            |group: &&peerway_model::AutoScalingGroup| group.load_balancers.contains(&desired.name);
        let attached: BTreeSet<_> =
            groups.iter().filter(names).map(|group| group.name.clone()).collect();
        for group in scaling::unsettled(recorded, &attached) {
            needs.attachments.insert((place.clone(), group), SOON);
        }
    }
    needs
}

/// What AWS tells only of one balancer at a time: of our own, and of the one that is followed.
fn details(needs: &mut Needs, desired: &Desired, observed: &Observed, place: &Place, view: &View) {
    let balancers = view.load_balancers.as_ref().and_then(|reading| reading.current().ok());
    let is_listed = |name: &LoadBalancerName| balancers.is_some_and(|it| it.get(name).is_some());
    let mut need = |name: &LoadBalancerName, detail, age| {
        needs.balancers.insert((place.clone(), name.clone(), detail), age);
    };
    let since_it_looks_so = |name: &LoadBalancerName| {
        let same_since = balancers.map(|it| it.same_since(name));
        RARELY.min(same_since.map_or(Duration::ZERO, |at| since(observed.now, at)))
    };
    if is_listed(&desired.name) {
        // Of a balancer that looks otherwise than it did, the tags may be another's: a name can be given again.
        need(&desired.name, Detail::Tags, since_it_looks_so(&desired.name));
        if desired.presence == Presence::Present {
            need(&desired.name, Detail::Attributes, RARELY);
            need(&desired.name, Detail::Policies, since_it_looks_so(&desired.name));
            need(&desired.name, Detail::Health, observed.siblings.in_progress);
        }
    }
    let reference = desired.spec.reference.as_ref().map(|it| &it.load_balancer_name);
    if let Some(name) = reference.filter(|_| desired.presence == Presence::Present)
        && is_listed(name)
    {
        need(name, Detail::Attributes, RARELY);
        // The list names policies, and what they say was told before they were there.
        need(name, Detail::Policies, since_it_looks_so(name));
    }
}

fn has_strangers(desired: &Desired, view: &View) -> bool {
    let balancers = view.load_balancers.as_ref().and_then(|reading| reading.current().ok());
    let groups = view.auto_scaling_groups.as_ref().and_then(|reading| reading.current().ok());
    let (Some(balancers), Some(groups)) = (balancers, groups) else { return false };
    let Some(there) = balancers.get(&desired.name) else { return false };
    let attached: Vec<_> =
        groups.iter().filter(|group| group.load_balancers.contains(&desired.name)).collect();
    members::has_strangers(there, &attached)
}

/// What the balancer read, for waking it when that changes.
#[must_use]
pub fn reads(desired: &Desired, observed: &Observed) -> Vec<Read> {
    let mut reads = Vec::new();
    let Some(place) = desired.entry.as_ref().map(|entry| &entry.place) else { return reads };
    let Some(view) = observed.views.get(place) else { return reads };
    let mut read = |part, keys: Option<BTreeSet<String>>| {
        reads.push(Read { place: place.clone(), part, keys });
    };
    let own = desired.name.to_string();
    let reference = desired.spec.reference.iter().map(|it| it.load_balancer_name.to_string());
    read(PartKind::LoadBalancers, Some(reference.chain([own]).collect()));
    // Selectors look at every group, instance, subnet and security group; of these there are few.
    read(PartKind::AutoScalingGroups, None);
    read(PartKind::Subnets, None);
    read(PartKind::SecurityGroups, None);
    read(PartKind::Vpcs, None);
    let groups = desired.spec.security_groups.iter().flatten();
    let allows = desired.spec.targets.instances.as_ref().and_then(|it| it.allow_from.as_ref());
    if allows.is_some() || view.network_interfaces.is_some() || groups.count() > 0 {
        read(PartKind::SecurityGroupRules, None);
    }
    if view.instances.is_some() {
        read(PartKind::Instances, None);
    }
    if view.network_interfaces.is_some() {
        read(PartKind::NetworkInterfaces, None);
    }
    reads
}
