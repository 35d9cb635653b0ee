//! Processes of a group that may be suspended.

use super::wire::{NoResult, ResumeProcesses, SuspendProcesses};
use super::{find_mut, tend};
use crate::ApiError;
use crate::scope::Scope;

/// AWS's processes (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>).
pub(crate) const PROCESSES: [&str; 9] = [
    "AZRebalance",
    "AddToLoadBalancer",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

/// The processes of a request; all of them when it names none.
fn read(names: &[String]) -> Result<Vec<&str>, ApiError> {
    if names.is_empty() {
        return Ok(PROCESSES.to_vec());
    }
    let known =
        names.iter().map(|name| {
            PROCESSES.iter().find(|process| *process == name).copied().ok_or_else(|| {
                ApiError::validation(format!("Invalid scaling process name: {name}"))
            })
        });
    known.collect()
}

pub(crate) fn suspend(
    scope: &mut Scope<'_>,
    request: &SuspendProcesses,
) -> Result<NoResult, ApiError> {
    let now = scope.now;
    let group = find_mut(scope, &request.auto_scaling_group_name)?;
    for process in read(&request.scaling_processes)? {
        let reason = || format!("User suspended at {now}");
        group.suspended.entry(process.to_owned()).or_insert_with(reason);
    }
    Ok(NoResult)
}

/// What was launched while nothing was added to balancers is not added afterwards either.
pub(crate) fn resume(
    scope: &mut Scope<'_>,
    request: &ResumeProcesses,
) -> Result<NoResult, ApiError> {
    let name = &request.auto_scaling_group_name;
    let group = find_mut(scope, name)?;
    for process in read(&request.scaling_processes)? {
        group.suspended.remove(process);
    }
    group.failing_since = None;
    let spot = scope.spot;
    tend::check(&mut scope.moment(), spot, name);
    Ok(NoResult)
}
