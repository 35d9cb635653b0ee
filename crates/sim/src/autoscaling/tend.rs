//! What a group does by itself: launch what is missing, end what is too much, replace what is unhealthy.
//!
//! A group at rest has nothing scheduled. What may disturb it (a call, an instance that changes, a balancer that comes to
//! a verdict) looks at it again, and has it look after itself a while later where AWS takes that while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use peerway_model::clock::{after, since};
use peerway_model::{AccountId, SubnetId, Tags};

use super::{Life, Member, ScalingGroup, activities};
use crate::ApiError;
use crate::ec2::instances::{self, InstanceState};
use crate::elb::{self, Verdict};
use crate::events::Event;
use crate::id::InstanceId;
use crate::identity::Principal;
use crate::scope::{Moment, Scope};
use crate::state::{RegionState, Spot};
use crate::weather::Sight;

/// AWS gives up on a group that has launched nothing for so long.
const GIVES_UP: Duration = Duration::from_hours(24);

fn group<'a>(moment: &'a mut Moment<'_>, spot: &Spot, name: &str) -> Option<&'a mut ScalingGroup> {
    moment.state.at_mut(spot).scaling_groups.get_mut(name)
}

fn check_later(moment: &mut Moment<'_>, spot: &Spot, name: &str) {
    let takes = moment.settings.timings.group_check;
    moment.schedule(takes, Event::GroupChecks(spot.clone(), name.to_owned()));
}

/// An instance has changed its state.
pub(crate) fn instance_changed(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    let region = moment.state.at(spot);
    let mut groups = region.scaling_groups.iter();
    let found = groups.find_map(|(name, group)| Some((name, group.members.get(id)?.life)));
    let Some((name, life)) = found.map(|(name, life)| (name.clone(), life)) else { return };
    let state = region.instances.get(id).map(|instance| instance.state);
    match (life, state) {
        (Life::Pending, Some(InstanceState::Running)) => starts(moment, spot, &name, id),
        // What is no longer listed is in no group, also where nothing may be replaced.
        (_, None) | (Life::Terminating, Some(InstanceState::Terminated)) => {
            if let Some(group) = group(moment, spot, &name) {
                group.members.remove(id);
            }
            tend(moment, spot, &name);
        }
        (Life::Terminating, _)
        | (Life::Pending, Some(InstanceState::Pending))
        | (Life::InService, Some(InstanceState::Running)) => {}
        (Life::Pending | Life::InService, _) => check_later(moment, spot, &name),
    }
}

/// An instance runs: it goes into service, and to the balancers.
fn starts(moment: &mut Moment<'_>, spot: &Spot, name: &str, id: &InstanceId) {
    let now = moment.now;
    let Some(of) = group(moment, spot, name) else { return };
    if let Some(member) = of.members.get_mut(id) {
        (member.life, member.since) = (Life::InService, now);
    }
    if of.is_suspended("AddToLoadBalancer") {
        return;
    }
    let balancers = of.links.iter().filter(|(_, link)| link.removing_until.is_none());
    let balancers: Vec<String> = balancers.map(|(balancer, _)| balancer.clone()).collect();
    for balancer in balancers {
        elb::take_in(moment, spot, &balancer, std::slice::from_ref(id));
    }
}

/// A balancer may have come to a verdict.
pub(crate) fn balancer_judges(moment: &mut Moment<'_>, spot: &Spot, balancer: &str) {
    let (settings, now) = (moment.settings, moment.now);
    let region = moment.state.at_mut(spot);
    let Some(judge) = region.balancers.get(balancer) else { return };
    let mut disturbed = Vec::new();
    for (name, group) in &mut region.scaling_groups {
        let heeds = group.heeds_balancers();
        let verdict = |id| judge.members.get(id).map(|it| it.verdict(judge, settings, now));
        let verdicts: Vec<Verdict> = group.members.keys().filter_map(verdict).collect();
        let Some(link) = group.links.get_mut(balancer) else { continue };
        link.was_in_service |= verdicts.contains(&Verdict::Healthy);
        if heeds && verdicts.contains(&Verdict::Unhealthy) {
            disturbed.push(name.clone());
        }
    }
    for name in disturbed {
        check_later(moment, spot, &name);
    }
}

/// A group looks at the health of its instances, and replaces what is unhealthy.
pub(crate) fn check(moment: &mut Moment<'_>, spot: &Spot, name: &str) {
    let now = moment.now;
    let region = moment.state.at(spot);
    let Some(of) = region.scaling_groups.get(name) else { return };
    let mut unhealthy = BTreeMap::new();
    let mut grace_ends = Vec::new();
    for (id, member) in of.live().filter(|_| !of.is_suspended("HealthCheck")) {
        let state = region.instances.get(id).map(|instance| instance.state);
        let grace = after(member.since, Duration::from_secs(of.grace.into()));
        let is_out = || of.heeds_balancers() && is_out_of_service(region, of, id, moment);
        if !matches!(state, Some(InstanceState::Pending | InstanceState::Running)) {
            unhealthy.insert(id.clone(), "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.");
        } else if member.life == Life::InService && is_out() {
            if now < grace {
                grace_ends.push(grace);
            } else {
                unhealthy.insert(id.clone(), "an instance was taken out of service in response to an ELB system health check failure.");
            }
        }
    }
    let replaces = !of.is_suspended("ReplaceUnhealthy") && !of.is_suspended("Terminate");
    for at in grace_ends {
        moment.state.schedule(at, Event::GroupChecks(spot.clone(), name.to_owned()));
    }
    for (id, cause) in unhealthy {
        if let Some(member) = group(moment, spot, name).and_then(|it| it.members.get_mut(&id)) {
            member.is_healthy = false;
        }
        if replaces {
            end(moment, spot, name, &id, cause);
        }
    }
    tend(moment, spot, name);
}

/// Whether a balancer that has had any instance of the group in service says that this one is not.
fn is_out_of_service(
    region: &RegionState,
    group: &ScalingGroup,
    id: &InstanceId,
    moment: &Moment<'_>,
) -> bool {
    let links = group.links.iter();
    let mut links = links.filter(|(_, link)| link.was_in_service && link.removing_until.is_none());
    links.any(|(name, _)| {
        let balancer = region.balancers.get(name);
        let verdict = balancer.and_then(|balancer| {
            let member = balancer.members.get(id)?;
            Some(member.verdict(balancer, moment.settings, moment.now))
        });
        verdict == Some(Verdict::Unhealthy)
    })
}

/// A group brings its number to what it shall be.
pub(crate) fn tend(moment: &mut Moment<'_>, spot: &Spot, name: &str) {
    let Some(of) = group(moment, spot, name) else { return };
    if of.is_deleting {
        let all: Vec<InstanceId> = of.live().map(|(id, _)| id.clone()).collect();
        for id in all {
            end(moment, spot, name, &id, "a user request deleted the AutoScalingGroup.");
        }
        if group(moment, spot, name).is_some_and(|of| of.members.is_empty()) {
            moment.state.at_mut(spot).scaling_groups.remove(name);
        }
        return;
    }
    let live = u32::try_from(of.live().count()).unwrap_or(u32::MAX);
    let desired = of.desired;
    if live < desired && !of.is_suspended("Launch") {
        launch_missing(moment, spot, name, desired - live);
    } else if live > desired && !of.is_suspended("Terminate") {
        for _ in desired..live {
            let Some(id) = surplus(moment, spot, name) else { break };
            let cause = "an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity.";
            end(moment, spot, name, &id, cause);
        }
    }
}

fn launch_missing(moment: &mut Moment<'_>, spot: &Spot, name: &str, missing: u32) {
    for _ in 0..missing {
        let now = moment.now;
        match launch(moment, spot, name) {
            Ok(id) => {
                let told = format!("Launching a new EC2 instance: {id}");
                let cause = "an instance was started in response to a difference between desired and actual capacity, increasing the capacity.";
                activities::note(moment, spot, name, told, cause, None);
                if let Some(of) = group(moment, spot, name) {
                    let is_protected = of.protects_new;
                    let life = Life::Pending;
                    let member = Member { life, since: now, is_healthy: true, is_protected };
                    of.members.insert(id, member);
                    of.failing_since = None;
                }
            }
            Err(error) => return fails(moment, spot, name, &error),
        }
    }
}

/// A launch has failed: it is tried again, until AWS gives up.
fn fails(moment: &mut Moment<'_>, spot: &Spot, name: &str, error: &ApiError) {
    let now = moment.now;
    let message = format!("{} Launching EC2 instance failed.", error.message());
    let told = "Launching a new EC2 instance".to_owned();
    let cause = "an instance was started in response to a difference between desired and actual capacity, increasing the capacity.";
    activities::note(moment, spot, name, told, cause, Some(message));
    let Some(of) = group(moment, spot, name) else { return };
    let failing_since = *of.failing_since.get_or_insert(now);
    if since(now, failing_since) < GIVES_UP {
        check_later(moment, spot, name);
    } else {
        let reason = format!("Administrator suspended at {now}: instances could not be launched");
        of.suspended.insert("Launch".to_owned(), reason);
    }
}

/// The subnet where the next instance goes: in the zone that has the fewest.
fn next_subnet(region: &RegionState, group: &ScalingGroup) -> Option<SubnetId> {
    let stands: Vec<&SubnetId> = group
        .live()
        .filter_map(|(id, _)| region.instances.get(id))
        .map(|instance| &instance.subnet)
        .collect();
    let zone = |id: &SubnetId| region.subnets.get(id).map(|subnet| subnet.zone.clone());
    let candidates = group.subnets.iter().filter(|id| region.subnets.contains_key(*id));
    let crowd = |id: &&SubnetId| {
        let in_zone = stands.iter().filter(|other| zone(other) == zone(id)).count();
        let in_subnet = stands.iter().filter(|other| *other == id).count();
        (in_zone, in_subnet)
    };
    candidates.min_by_key(crowd).cloned()
}

/// Who launches the instances of groups, as AWS's logs name it.
fn service(account: &AccountId) -> Principal {
    let role =
        format!("arn:aws:sts::{account}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling");
    Principal { arn: role.into(), ..Principal::root(account) }
}

fn launch(moment: &mut Moment<'_>, spot: &Spot, name: &str) -> Result<InstanceId, ApiError> {
    let region = moment.state.at(spot);
    let of = region.scaling_groups.get(name).ok_or_else(|| super::not_found(name))?;
    for (balancer, link) in &of.links {
        if link.removing_until.is_none() && !region.balancers.contains_key(balancer) {
            let message = elb::not_found(balancer);
            return Err(ApiError::validation(format!(
                "{}. Validating load balancer configuration failed.",
                message.message()
            )));
        }
    }
    let subnet = next_subnet(region, of)
        .ok_or_else(|| ApiError::validation("The subnets of the group do not exist."))?;
    let source = of.source.clone();
    let propagated = of.tags.iter().filter(|(_, tag)| tag.propagates);
    let mut tags: Tags = propagated.map(|(key, tag)| (key.clone(), tag.value.clone())).collect();
    tags.insert(super::GROUP_TAG.to_owned(), name.to_owned());
    let caller = service(&spot.account);
    let Moment { state, ids, settings, now } = moment;
    let sight = Sight::default();
    let mut scope = Scope { state, ids, settings, caller: &caller, spot, now: *now, sight: &sight };
    let mut launch = source.launch(&mut scope, &subnet)?;
    Arc::make_mut(&mut launch.tags).extend(tags);
    instances::launch(moment, spot, launch)
}

/// The instance that goes first: from the zone that has the most, the one that has been there longest.
fn surplus(moment: &mut Moment<'_>, spot: &Spot, name: &str) -> Option<InstanceId> {
    let region = moment.state.at(spot);
    let of = region.scaling_groups.get(name)?;
    let zone = |id: &InstanceId| {
        let subnet = &region.instances.get(id)?.subnet;
        region.subnets.get(subnet).map(|subnet| subnet.zone.clone())
    };
    let mut crowd = BTreeMap::new();
    for (id, _) in of.live() {
        *crowd.entry(zone(id)).or_insert(0_usize) += 1;
    }
    let free = of.live().filter(|(_, member)| !member.is_protected);
    let first = free.min_by_key(|(id, member)| {
        let crowd = crowd.get(&zone(id)).copied().unwrap_or_default();
        (std::cmp::Reverse(crowd), member.since)
    });
    first.map(|(id, _)| id.clone())
}

/// Ends an instance of a group: balancers let it go first, and what is drained takes its time.
pub(super) fn end(moment: &mut Moment<'_>, spot: &Spot, name: &str, id: &InstanceId, cause: &str) {
    let now = moment.now;
    let Some(of) = group(moment, spot, name) else { return };
    let Some(member) = of.members.get_mut(id).filter(|it| it.life != Life::Terminating) else {
        return;
    };
    (member.life, member.since) = (Life::Terminating, now);
    let balancers: Vec<String> = of.links.keys().cloned().collect();
    let mut until = now;
    for balancer in balancers {
        until = until.max(elb::let_go(moment, spot, &balancer, std::slice::from_ref(id)));
    }
    let told = format!("Terminating EC2 instance: {id}");
    activities::note(moment, spot, name, told, cause, None);
    if until > now {
        moment.state.schedule(until, Event::GroupEnds(spot.clone(), id.clone()));
    } else {
        ends(moment, spot, id);
    }
}

/// An instance that its group has given up ends.
pub(crate) fn ends(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    instances::terminate_now(moment, spot, id);
    // What has ended before does not change any more.
    instance_changed(moment, spot, id);
}
