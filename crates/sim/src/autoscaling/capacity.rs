//! How many instances a group shall have, and ending one of them.

use peerway_model::clock::since;

use super::wire::{
    NoResult, SetDesiredCapacity, TerminateInstanceInAutoScalingGroup,
    TerminateInstanceInAutoScalingGroupReply,
};
use super::{activities, find, find_mut, groups, tend};
use crate::ApiError;
use crate::id::InstanceId;
use crate::scope::Scope;

pub(crate) fn set_desired(
    scope: &mut Scope<'_>,
    request: &SetDesiredCapacity,
) -> Result<NoResult, ApiError> {
    let (name, now) = (&request.auto_scaling_group_name, scope.now);
    let desired = groups::read_count("desiredCapacity", request.desired_capacity)?;
    let group = find_mut(scope, name)?;
    for (is_out, side, which, bound) in [
        (desired > group.max, "above", "max", group.max),
        (desired < group.min, "below", "min", group.min),
    ] {
        if is_out {
            return Err(ApiError::validation(format!(
                "New SetDesiredCapacity value {desired} is {side} {which} value {bound} for the AutoScalingGroup."
            )));
        }
    }
    let latest = group.activities.last().map(|activity| since(now, activity.start));
    let is_cooling = latest.is_some_and(|ago| ago.as_secs() < u64::from(group.cooldown));
    if request.honor_cooldown == Some(true) && is_cooling {
        return Err(ApiError::new(
            "ScalingActivityInProgress",
            format!("Scaling activity is in progress or the cooldown of {name} has not passed"),
        ));
    }
    group.desired = desired;
    group.failing_since = None;
    let spot = scope.spot;
    tend::tend(&mut scope.moment(), spot, name);
    Ok(NoResult)
}

pub(crate) fn terminate_instance(
    scope: &mut Scope<'_>,
    request: &TerminateInstanceInAutoScalingGroup,
) -> Result<TerminateInstanceInAutoScalingGroupReply, ApiError> {
    let unknown = || {
        ApiError::validation(format!(
            "Instance Id not found - No managed instance found for instance ID: {}",
            request.instance_id
        ))
    };
    let id: InstanceId = request.instance_id.parse().map_err(|_| unknown())?;
    let groups = scope.here().scaling_groups.iter();
    let found = groups.filter(|(_, group)| group.live().any(|(member, _)| *member == id));
    let name = found.map(|(name, _)| name.clone()).next().ok_or_else(unknown)?;
    let group = find_mut(scope, &name)?;
    if request.should_decrement_desired_capacity {
        if group.desired <= group.min {
            return Err(ApiError::validation(format!(
                "Currently, desiredSize equals minSize ({}). Terminating instance without replacement will violate \
                 group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower \
                 group's min size.",
                group.min
            )));
        }
        group.desired -= 1;
    }
    let spot = scope.spot;
    let cause = "an instance was taken out of service in response to a user request.";
    tend::end(&mut scope.moment(), spot, &name, &id, cause);
    let latest = find(scope, &name)?.activities.last();
    let activity = latest.map(|activity| activities::item(&name, activity)).ok_or_else(unknown)?;
    tend::tend(&mut scope.moment(), spot, &name);
    Ok(TerminateInstanceInAutoScalingGroupReply { activity })
}
