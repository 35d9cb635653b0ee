//! An instance's life: pending, running, stopping, stopped, shutting-down, terminated, forgotten.

use std::collections::BTreeSet;

use super::wire::{
    StartInstances, StateChangeItem, StopInstances, TerminateInstances, TransitionReply,
};
use super::{InstanceState, launch, show};
use crate::ApiError;
use crate::autoscaling;
use crate::ec2::addresses;
use crate::elb;
use crate::events::Event;
use crate::id::{AwsId, InstanceId};
use crate::scope::{Moment, Scope};
use crate::state::Spot;

/// Reads the instances of a request; all must be there.
pub(super) fn read_all(
    scope: &Scope<'_>,
    ids: &[String],
) -> Result<BTreeSet<InstanceId>, ApiError> {
    if ids.is_empty() {
        return Err(ApiError::missing("InstanceId"));
    }
    let read = ids.iter().map(|id| InstanceId::read(id)).collect::<Result<BTreeSet<_>, _>>()?;
    let instances = &scope.here().instances;
    let missing: Vec<&str> =
        read.iter().filter(|id| !instances.contains_key(*id)).map(InstanceId::as_str).collect();
    match missing.as_slice() {
        [] => Ok(read),
        [one] => Err(InstanceId::not_found(one)),
        several => Err(ApiError::new(
            InstanceId::NOT_FOUND,
            format!("The instance IDs '{}' do not exist", several.join(", ")),
        )),
    }
}

/// Moves every instance, once it is clear that all of them may; answers with what changed.
fn change(
    scope: &mut Scope<'_>,
    ids: &[String],
    check: impl Fn(&Scope<'_>, &InstanceId) -> Result<(), ApiError>,
    act: impl Fn(&mut Moment<'_>, &Spot, &InstanceId),
) -> Result<TransitionReply, ApiError> {
    let ids = read_all(scope, ids)?;
    for id in &ids {
        check(scope, id)?;
    }
    let spot = scope.spot;
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        let state = |scope: &Scope<'_>| scope.here().instances[&id].state;
        let before = state(scope);
        act(&mut scope.moment(), spot, &id);
        items.push(StateChangeItem {
            current_state: show::state(state(scope)),
            previous_state: show::state(before),
            instance_id: id,
        });
    }
    Ok(TransitionReply { instances_set: items })
}

pub(crate) fn start(
    scope: &mut Scope<'_>,
    request: &StartInstances,
) -> Result<TransitionReply, ApiError> {
    let check = |scope: &Scope<'_>, id: &InstanceId| match scope.here().instances[id].state {
        InstanceState::Pending | InstanceState::Running | InstanceState::Stopped => Ok(()),
        _ => Err(ApiError::new(
            "IncorrectInstanceState",
            format!("The instance '{id}' is not in a state from which it can be started."),
        )),
    };
    change(scope, &request.instance_ids, check, |moment, spot, id| {
        let Some(instance) = moment.state.at_mut(spot).instances.get_mut(id) else { return };
        if instance.state != InstanceState::Stopped {
            return;
        }
        instance.state = InstanceState::Pending;
        instance.launched = moment.now;
        lend_public(moment, spot, id);
        let takes = moment.settings.timings.instance_start;
        let event = Event::InstanceMoves(spot.clone(), id.clone(), InstanceState::Pending);
        moment.schedule(takes, event);
    })
}

pub(crate) fn stop(
    scope: &mut Scope<'_>,
    request: &StopInstances,
) -> Result<TransitionReply, ApiError> {
    if request.hibernate == Some(true) {
        return Err(ApiError::new(
            "UnsupportedHibernationConfiguration",
            "The instance is not enabled for hibernation.",
        ));
    }
    let check = |scope: &Scope<'_>, id: &InstanceId| {
        let instance = &scope.here().instances[id];
        if instance.details.is_stop_protected {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!(
                    "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try \
                     again."
                ),
            ));
        }
        match instance.state {
            InstanceState::Running | InstanceState::Stopping | InstanceState::Stopped => Ok(()),
            _ => Err(ApiError::new(
                "IncorrectInstanceState",
                format!("The instance '{id}' is not in a state from which it can be stopped."),
            )),
        }
    };
    change(scope, &request.instance_ids, check, |moment, spot, id| {
        let region = moment.state.at_mut(spot);
        let Some(instance) = region.instances.get_mut(id) else { return };
        if instance.state != InstanceState::Running {
            return;
        }
        instance.state = InstanceState::Stopping;
        let primary = super::primary_interface(region, id).map(|(id, _)| id.clone());
        // An address that was only lent goes back.
        if let Some(primary) = primary.and_then(|id| region.network_interfaces.get_mut(&id)) {
            primary.public = None;
        }
        let takes = moment.settings.timings.instance_stop;
        let event = Event::InstanceMoves(spot.clone(), id.clone(), InstanceState::Stopping);
        moment.schedule(takes, event);
        tell(moment, spot, id);
    })
}

pub(crate) fn terminate(
    scope: &mut Scope<'_>,
    request: &TerminateInstances,
) -> Result<TransitionReply, ApiError> {
    change(scope, &request.instance_ids, check_terminable, terminate_now)
}

/// Whether a caller may end an instance.
pub(crate) fn check_terminable(scope: &Scope<'_>, id: &InstanceId) -> Result<(), ApiError> {
    let instance = crate::scope::find(&scope.here().instances, id)?;
    if instance.details.is_protected && instance.state.is_live() {
        return Err(ApiError::new(
            "OperationNotPermitted",
            format!(
                "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and \
                 try again."
            ),
        ));
    }
    Ok(())
}

/// Ends an instance, protected or not; once more changes nothing.
pub(crate) fn terminate_now(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    let Some(instance) = moment.state.at_mut(spot).instances.get_mut(id) else { return };
    if !instance.state.is_live() {
        return;
    }
    instance.state = InstanceState::ShuttingDown;
    let takes = moment.settings.timings.instance_stop;
    moment.schedule(
        takes,
        Event::InstanceMoves(spot.clone(), id.clone(), InstanceState::ShuttingDown),
    );
    tell(moment, spot, id);
}

/// Tells whoever cares about an instance that its state, or what it answers, has changed.
pub(crate) fn tell(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    elb::instance_changed(moment, spot, id);
    autoscaling::instance_changed(moment, spot, id);
}

/// What an instance has begun is done. `from` is where it then was: if it is elsewhere by now, something else has begun.
pub(crate) fn moves(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId, from: InstanceState) {
    let region = moment.state.at_mut(spot);
    let Some(instance) = region.instances.get_mut(id).filter(|it| it.state == from) else { return };
    match from {
        InstanceState::Pending => instance.state = InstanceState::Running,
        InstanceState::Stopping => instance.state = InstanceState::Stopped,
        InstanceState::ShuttingDown => {
            instance.state = InstanceState::Terminated;
            launch::release(region, id);
            let visible = moment.settings.timings.terminated_visible;
            moment.schedule(visible, Event::InstanceForgotten(spot.clone(), id.clone()));
        }
        InstanceState::Running | InstanceState::Stopped | InstanceState::Terminated => {}
    }
    tell(moment, spot, id);
}

/// A terminated instance is no longer listed.
pub(crate) fn forgotten(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    moment.state.at_mut(spot).instances.remove(id);
    elb::instance_forgotten(moment, spot, id);
    autoscaling::instance_changed(moment, spot, id);
}

/// Lends the primary interface of an instance a public address, if it shall have one and has none of its own.
pub(super) fn lend_public(moment: &mut Moment<'_>, spot: &Spot, id: &InstanceId) {
    let region = moment.state.at_mut(spot);
    if region.instances.get(id).is_none_or(|instance| !instance.details.wants_public) {
        return;
    }
    let primary = super::primary_interface(region, id).map(|(id, _)| id.clone());
    if let Some(primary) = primary.filter(|id| addresses::of_interface(region, id).is_none()) {
        let number = moment.ids.number();
        addresses::lend(region, number, &primary);
    }
}
