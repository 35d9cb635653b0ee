//! Which instances a balancer has: registered by hand or by an auto-scaling group, which is the same to it.

use std::time::Duration;

use peerway_model::Timestamp;
use peerway_model::clock::after;

use super::health::{self, LEAVING, Member, STRANGER};
use super::wire::{
    DeregisterInstancesFromLoadBalancer, DescribeInstanceHealth, DescribeInstanceHealthReply,
    Instance, InstanceStateItem, InstancesReply, RegisterInstancesWithLoadBalancer,
};
use super::{Balancer, find};
use crate::ApiError;
use crate::ec2::instances::InstanceState;
use crate::id::InstanceId;
use crate::scope::{Moment, Scope};
use crate::settings::Settings;
use crate::state::Spot;

fn unknown(id: &str) -> ApiError {
    ApiError::new("InvalidInstance", format!("Could not find EC2 instance {id}."))
}

/// The instances of a request; all must be there.
fn read(scope: &Scope<'_>, instances: &[Instance]) -> Result<Vec<InstanceId>, ApiError> {
    let ids = instances.iter().map(|Instance { instance_id }| {
        let id = instance_id.parse::<InstanceId>().map_err(|_| unknown(instance_id))?;
        if scope.here().instances.contains_key(&id) { Ok(id) } else { Err(unknown(instance_id)) }
    });
    ids.collect()
}

fn items(balancer: &Balancer) -> InstancesReply {
    let ids = balancer.members.keys();
    InstancesReply { instances: ids.map(|id| Instance { instance_id: id.to_string() }).collect() }
}

pub(crate) fn register(
    scope: &mut Scope<'_>,
    request: &RegisterInstancesWithLoadBalancer,
) -> Result<InstancesReply, ApiError> {
    let name = &request.load_balancer_name;
    let balancer = find(scope, name)?;
    let ids = read(scope, &request.instances)?;
    for id in &ids {
        let instance = &scope.here().instances[id];
        if instance.vpc != balancer.vpc {
            let message = format!("EC2 instance {id} is not in the same VPC as ELB.");
            return Err(ApiError::new("InvalidInstance", message));
        }
        if instance.state != InstanceState::Running {
            let message = format!("EC2 instance {id} is not running.");
            return Err(ApiError::new("InvalidInstance", message));
        }
    }
    let most = scope.settings.quotas.instances_per_balancer;
    let new = ids.iter().filter(|id| !balancer.members.contains_key(*id)).count();
    if balancer.members.len() + new > most {
        return Err(ApiError::validation(format!(
            "The quota of {most} registered instances for this load balancer has been reached"
        )));
    }
    let spot = scope.spot;
    take_in(&mut scope.moment(), spot, name, &ids);
    Ok(items(find(scope, name)?))
}

/// Registers instances; those that are registered stay as they are.
pub(crate) fn take_in(moment: &mut Moment<'_>, spot: &Spot, name: &str, ids: &[InstanceId]) {
    let (settings, now) = (moment.settings, moment.now);
    let region = moment.state.at(spot);
    let Some(balancer) = region.balancers.get(name) else { return };
    let new: Vec<(InstanceId, Member)> = ids
        .iter()
        .filter(|id| !balancer.members.contains_key(*id))
        // A group goes by names, and the balancer of this name may have come to stand in another VPC.
        .filter(|id| region.instances.get(*id).is_some_and(|it| it.vpc == balancer.vpc))
        .map(|id| {
            let passes = health::passes(region, balancer, id);
            (id.clone(), Member::fresh(settings, now, passes))
        })
        .collect();
    let Some(balancer) = moment.state.at_mut(spot).balancers.get_mut(name) else { return };
    balancer.leaving.retain(|_, until| *until > now);
    for (id, member) in &new {
        balancer.leaving.remove(id);
        balancer.members.insert(id.clone(), member.clone());
    }
    health::judge_later(moment, spot, name, new.iter().map(|(_, member)| member));
}

pub(crate) fn deregister(
    scope: &mut Scope<'_>,
    request: &DeregisterInstancesFromLoadBalancer,
) -> Result<InstancesReply, ApiError> {
    let name = &request.load_balancer_name;
    find(scope, name)?;
    let ids = read(scope, &request.instances)?;
    let spot = scope.spot;
    let_go(&mut scope.moment(), spot, name, &ids);
    Ok(items(find(scope, name)?))
}

/// How long an instance takes to leave: as long as its connections last, where they may.
fn leaving_takes(balancer: &Balancer, settings: &Settings) -> Duration {
    match balancer.attributes.draining() {
        Some(most) => settings.timings.connections.min(Duration::from_secs(most.into())),
        None => settings.timings.registration,
    }
}

/// Deregisters instances; says when they will be gone. Those that are not registered are none of its business.
pub(crate) fn let_go(
    moment: &mut Moment<'_>,
    spot: &Spot,
    name: &str,
    ids: &[InstanceId],
) -> Timestamp {
    let (settings, now) = (moment.settings, moment.now);
    let Some(balancer) = moment.state.at_mut(spot).balancers.get_mut(name) else { return now };
    let until = after(now, leaving_takes(balancer, settings));
    balancer.leaving.retain(|_, until| *until > now);
    let mut last = now;
    for id in ids {
        if balancer.members.remove(id).is_some() {
            balancer.leaving.insert(id.clone(), until);
            last = until;
        }
    }
    last
}

pub(crate) fn describe_health(
    scope: &Scope<'_>,
    request: &DescribeInstanceHealth,
) -> Result<DescribeInstanceHealthReply, ApiError> {
    let balancer = find(scope, &request.load_balancer_name)?;
    let leaving = balancer.leaving.iter().filter(|(_, until)| **until > scope.now);
    let leaving: Vec<&InstanceId> = leaving.map(|(id, _)| id).collect();
    let ids: Vec<InstanceId> = if request.instances.is_empty() {
        balancer.members.keys().chain(leaving.iter().copied()).cloned().collect()
    } else {
        read(scope, &request.instances)?
    };
    let drains = balancer.attributes.drains;
    let items = ids.into_iter().map(|id| {
        if let Some(member) = balancer.members.get(&id) {
            return health::item(scope, balancer, &id, member);
        }
        let (state, reason_code, description) = match leaving.contains(&&id) {
            // What is drained still serves the connections it has.
            true if drains => ("InService", "N/A", LEAVING),
            true => ("OutOfService", "ELB", LEAVING),
            false => ("OutOfService", "Instance", STRANGER),
        };
        let description = description.to_owned();
        InstanceStateItem { instance_id: id, state, reason_code, description }
    });
    let mut items: Vec<InstanceStateItem> = items.collect();
    if request.instances.is_empty() {
        scope.sight.lose_an_item(&mut items);
    }
    Ok(DescribeInstanceHealthReply { instance_states: items })
}
