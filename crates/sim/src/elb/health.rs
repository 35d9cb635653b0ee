//! What a balancer thinks of its instances.
//!
//! Nothing is counted: a member knows since when it answers as it does now and what was thought of it before, and the
//! verdict follows from the time that has passed. So only what may change an answer (an instance's state, the check, the
//! subnets) has to [look again](look_again); time passes by itself.

use std::time::Duration;

use peerway_model::Timestamp;
use peerway_model::clock::after;

use super::Balancer;
use super::wire::InstanceStateItem;
use crate::ec2::instances::{Heard, InstanceState};
use crate::events::Event;
use crate::id::InstanceId;
use crate::scope::{Moment, Scope};
use crate::settings::{HealthChecks, Settings};
use crate::state::{RegionState, Spot};

/// An instance registered with a balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// From when on it is checked.
    checked_from: Timestamp,
    /// Whether it answers as it should.
    passes: bool,
    /// Since when it does or does not.
    since: Timestamp,
    /// What was thought of it before; none: nothing yet.
    was_healthy: Option<bool>,
}

/// What a balancer thinks of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is being taken in.
    Registering,
    /// It has not answered often enough to be judged.
    Unjudged,
    Healthy,
    Unhealthy,
}

impl Member {
    /// One that is taken in now.
    pub(super) fn fresh(settings: &Settings, now: Timestamp, passes: bool) -> Self {
        let checked_from = after(now, settings.timings.registration);
        Self { checked_from, passes, since: checked_from, was_healthy: None }
    }

    /// One that has been there for long.
    pub(crate) fn settled(now: Timestamp, passes: bool) -> Self {
        Self { checked_from: now, passes, since: now, was_healthy: Some(passes) }
    }

    /// From when on it is checked, to be changed.
    pub(crate) fn checked_from(&mut self) -> &mut Timestamp {
        &mut self.checked_from
    }

    pub(crate) fn verdict(
        &self,
        balancer: &Balancer,
        settings: &Settings,
        now: Timestamp,
    ) -> Verdict {
        let judged = after(self.since, takes(balancer, settings, self.passes));
        let healthy = if now >= judged { Some(self.passes) } else { self.was_healthy };
        match healthy {
            _ if now < self.checked_from => Verdict::Registering,
            None => Verdict::Unjudged,
            Some(true) => Verdict::Healthy,
            Some(false) => Verdict::Unhealthy,
        }
    }
}

fn takes(balancer: &Balancer, settings: &Settings, healthy: bool) -> Duration {
    match settings.timings.health_checks {
        HealthChecks::AsConfigured => balancer.health_check.verdict_takes(healthy),
        HealthChecks::AtOnce => Duration::ZERO,
    }
}

/// Whether an instance answers a balancer's check as it should, from a zone that the balancer stands in.
pub(crate) fn passes(region: &RegionState, balancer: &Balancer, id: &InstanceId) -> bool {
    let Some(instance) = region.instances.get(id) else { return false };
    let heard = instance.hears(balancer.health_check.question());
    let is_right = match heard {
        Heard::Nothing => false,
        Heard::Connected => true,
        // Only 200 will do.
        Heard::Status(status) => status == 200,
    };
    is_right && is_in_zone(region, balancer, id)
}

/// Whether a balancer stands in an instance's zone: without, cross-zone or not, nothing is sent there.
fn is_in_zone(region: &RegionState, balancer: &Balancer, id: &InstanceId) -> bool {
    let zone = region.instances.get(id).and_then(|instance| region.subnets.get(&instance.subnet));
    zone.is_some_and(|subnet| balancer.zones(region).contains(&subnet.zone))
}

/// Finds out how a balancer's members answer now.
pub(crate) fn look_again(scope: &mut Scope<'_>, name: &str) {
    let spot = scope.spot;
    look(&mut scope.moment(), spot, name);
}

fn look(moment: &mut Moment<'_>, spot: &Spot, name: &str) {
    let (settings, now) = (moment.settings, moment.now);
    let region = moment.state.at(spot);
    let Some(balancer) = region.balancers.get(name) else { return };
    let mut changed = Vec::new();
    for (id, member) in &balancer.members {
        let passes = passes(region, balancer, id);
        if passes == member.passes {
            continue;
        }
        let was_healthy = match member.verdict(balancer, settings, now) {
            Verdict::Registering | Verdict::Unjudged => None,
            Verdict::Healthy => Some(true),
            Verdict::Unhealthy => Some(false),
        };
        let since = now.max(member.checked_from);
        let member = Member { checked_from: member.checked_from, passes, since, was_healthy };
        changed.push((id.clone(), member));
    }
    let Some(balancer) = moment.state.at_mut(spot).balancers.get_mut(name) else { return };
    balancer.members.extend(changed.iter().cloned());
    judge_later(moment, spot, name, changed.iter().map(|(_, member)| member));
}

/// Has the groups look at these members when they are judged.
pub(super) fn judge_later<'a>(
    moment: &mut Moment<'_>,
    spot: &Spot,
    name: &str,
    members: impl Iterator<Item = &'a Member>,
) {
    let settings = moment.settings;
    let Some(balancer) = moment.state.at(spot).balancers.get(name) else { return };
    let mut times: Vec<Timestamp> =
        members.map(|it| after(it.since, takes(balancer, settings, it.passes))).collect();
    times.sort_unstable();
    times.dedup();
    for at in times {
        moment.state.schedule(at, Event::BalancerJudges(spot.clone(), name.to_owned()));
    }
}

/// Keeps what is thought of each member now, before what is asked of them changes.
pub(super) fn settle(scope: &mut Scope<'_>, name: &str) {
    let (settings, now) = (scope.settings, scope.now);
    let Some(balancer) = scope.here_mut().balancers.get_mut(name) else { return };
    let mut members = std::mem::take(&mut balancer.members);
    for member in members.values_mut() {
        member.was_healthy = match member.verdict(balancer, settings, now) {
            Verdict::Registering | Verdict::Unjudged => None,
            Verdict::Healthy => Some(true),
            Verdict::Unhealthy => Some(false),
        };
        member.since = now.max(member.checked_from);
    }
    balancer.members = members;
}

/// An instance has changed its state, or what it answers.
pub(crate) fn instance_changed(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    let balancers = moment.state.at(spot).balancers.iter();
    let names: Vec<String> = balancers
        .filter(|(_, balancer)| balancer.members.contains_key(id))
        .map(|(name, _)| name.clone())
        .collect();
    for name in names {
        look(moment, spot, &name);
    }
}

/// An instance is no longer listed: nobody has it registered any more.
pub(crate) fn instance_forgotten(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    for balancer in moment.state.at_mut(spot).balancers.values_mut() {
        balancer.members.remove(id);
        balancer.leaving.remove(id);
    }
}

pub(super) const REGISTERING: &str = "Instance registration is still in progress.";
pub(super) const LEAVING: &str = "Instance deregistration currently in progress.";
pub(super) const STRANGER: &str = "Instance is not currently registered with the LoadBalancer.";
const FAILED: &str =
    "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.";
const NOT_YET: &str = "Instance has not passed the configured HealthyThreshold number of health checks consecutively.";
const OUTSIDE: &str = "Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to.";

/// A member as `DescribeInstanceHealth` shows it.
pub(super) fn item(
    scope: &Scope<'_>,
    balancer: &Balancer,
    id: &InstanceId,
    member: &Member,
) -> InstanceStateItem {
    let region = scope.here();
    let state = region.instances.get(id).map(|instance| instance.state);
    let verdict = member.verdict(balancer, scope.settings, scope.now);
    let out = |reason, description: &str| (false, reason, description.to_owned());
    let (is_in, reason, description) = match (verdict, state) {
        (_, None) => out("Instance", "Instance is in terminated state."),
        (Verdict::Registering, Some(InstanceState::Running)) => out("ELB", REGISTERING),
        (_, Some(state)) if state != InstanceState::Running => {
            out("Instance", &format!("Instance is in {} state.", state.as_str()))
        }
        _ if !is_in_zone(region, balancer, id) => out("Instance", OUTSIDE),
        (Verdict::Healthy, _) => (true, "N/A", "N/A".to_owned()),
        (Verdict::Unhealthy, _) if !member.passes => out("Instance", FAILED),
        _ => out("Instance", NOT_YET),
    };
    InstanceStateItem {
        instance_id: id.clone(),
        state: if is_in { "InService" } else { "OutOfService" },
        reason_code: reason,
        description,
    }
}
