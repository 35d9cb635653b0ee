//! What may be changed about an instance: one attribute per call.

use peerway_model::Region;

use super::wire::{
    DescribeInstanceAttribute, DescribeInstanceAttributeReply, ModifyInstanceAttribute,
};
use super::{Credits, Instance, InstanceState, only_interface, primary_interface, show, types};
use crate::ApiError;
use crate::ec2::network_interfaces::{group_items, read_groups};
use crate::ec2::{Done, Flag, FlagValue, Text, TextValue, images};
use crate::id::{AwsId, ImageId, InstanceId, NetworkInterfaceId};
use crate::scope::{Scope, find, find_mut};

pub(crate) fn modify_attribute(
    scope: &mut Scope<'_>,
    request: &ModifyInstanceAttribute,
) -> Result<Done, ApiError> {
    let id = InstanceId::read(&request.instance_id)?;
    let instance = find(&scope.here().instances, &id)?;
    let request = &spelled_out(request)?;
    check_one(request)?;
    if !instance.state.is_live() {
        return Err(ApiError::new(
            "IncorrectInstanceState",
            format!("The instance '{id}' is not in a valid state for this operation."),
        ));
    }
    if !request.groups.is_empty() {
        return modify_groups(scope, &id, &request.groups);
    }
    if let Some(check) = request.source_dest_check {
        let interface = only_interface(scope.here(), &id)?;
        let interfaces = &mut scope.here_mut().network_interfaces;
        find_mut(interfaces, &interface)?.source_dest_check = check.value;
        return Ok(Done::YES);
    }
    let kind = match &request.instance_type {
        Some(kind) => Some(read_kind(&scope.spot.region, &id, instance, &kind.value)?),
        None => None,
    };
    let behaviour = &request.instance_initiated_shutdown_behavior;
    let terminates = behaviour.as_ref().map(|given| read_shutdown(&given.value)).transpose()?;
    if request.user_data.is_some() && instance.state != InstanceState::Stopped {
        return Err(not_stopped(&id));
    }
    let instance = find_mut(&mut scope.here_mut().instances, &id)?;
    let details = &mut instance.details;
    if let Some(flag) = request.disable_api_termination {
        details.is_protected = flag.value;
    }
    if let Some(flag) = request.disable_api_stop {
        details.is_stop_protected = flag.value;
    }
    if let Some(flag) = request.ebs_optimized {
        details.is_ebs_optimized = flag.value;
    }
    if let Some(data) = &request.user_data {
        details.user_data = Some(data.value.clone()).filter(|data| !data.is_empty());
    }
    if let Some(terminates) = terminates {
        details.terminates_on_shutdown = terminates;
    }
    if let Some(kind) = kind {
        // What it has been told it keeps, also as a type that has no use for it.
        details.credits = details.credits.or_else(|| Credits::usual(&kind));
        instance.kind = kind.into();
    }
    Ok(Done::YES)
}

/// A request in the older form, `Attribute` and `Value`, as the newer one would say it.
fn spelled_out(request: &ModifyInstanceAttribute) -> Result<ModifyInstanceAttribute, ApiError> {
    let mut spelled = request.clone();
    let (Some(attribute), value) = (spelled.attribute.take(), spelled.value.take()) else {
        return if request.value.is_none() {
            Ok(spelled)
        } else {
            Err(ApiError::missing("Attribute"))
        };
    };
    // With the name alone a request may still say the value in the newer form.
    let Some(value) = value else { return Ok(spelled) };
    let flag = || match value.to_ascii_lowercase().as_str() {
        "true" => Ok(Some(Flag { value: true })),
        "false" => Ok(Some(Flag { value: false })),
        _ => Err(ApiError::invalid_value(format!(
            "Value ({value}) for parameter value is invalid. Expected true or false."
        ))),
    };
    let text = || Some(TextValue { value: value.clone() });
    let is_said = check_one(&spelled).is_ok();
    match attribute.as_str() {
        "sourceDestCheck" => spelled.source_dest_check = flag()?,
        "disableApiTermination" => spelled.disable_api_termination = flag()?,
        "disableApiStop" => spelled.disable_api_stop = flag()?,
        "ebsOptimized" => spelled.ebs_optimized = flag()?,
        "instanceType" => spelled.instance_type = text(),
        "instanceInitiatedShutdownBehavior" => {
            spelled.instance_initiated_shutdown_behavior = text();
        }
        "userData" => spelled.user_data = text(),
        "groupSet" => spelled.groups = vec![value.clone()],
        other => {
            return Err(ApiError::invalid_value(format!(
                "Value ({other}) for parameter attribute is invalid. Unknown attribute."
            )));
        }
    }
    if is_said { Err(several()) } else { Ok(spelled) }
}

fn several() -> ApiError {
    ApiError::invalid_combination(
        "Fields for multiple attribute types specified: only one attribute can be modified at a time",
    )
}

fn check_one(request: &ModifyInstanceAttribute) -> Result<(), ApiError> {
    let given = [
        !request.groups.is_empty(),
        request.source_dest_check.is_some(),
        request.disable_api_termination.is_some(),
        request.disable_api_stop.is_some(),
        request.ebs_optimized.is_some(),
        request.instance_type.is_some(),
        request.instance_initiated_shutdown_behavior.is_some(),
        request.user_data.is_some(),
    ];
    match given.into_iter().filter(|given| *given).count() {
        1 => Ok(()),
        0 => Err(ApiError::invalid_combination("No attributes specified.")),
        _ => Err(several()),
    }
}

/// The groups of an instance are those of its only interface; one with several must say which interface it means.
fn modify_groups(
    scope: &mut Scope<'_>,
    id: &InstanceId,
    groups: &[String],
) -> Result<Done, ApiError> {
    let interface: NetworkInterfaceId = only_interface(scope.here(), id)?;
    let vpc = find(&scope.here().network_interfaces, &interface)?.vpc.clone();
    let groups = read_groups(scope, &vpc, groups)?;
    find_mut(&mut scope.here_mut().network_interfaces, &interface)?.groups = groups;
    Ok(Done::YES)
}

/// Reads a new type: only a stopped instance takes one, and only one whose processors fit its image.
fn read_kind(
    region: &Region,
    id: &InstanceId,
    instance: &Instance,
    text: &str,
) -> Result<String, ApiError> {
    let kind = types::read_type(text)?;
    if instance.state != InstanceState::Stopped {
        return Err(not_stopped(id));
    }
    check_architecture(region, &instance.image, kind)?;
    Ok(kind.to_owned())
}

fn not_stopped(id: &InstanceId) -> ApiError {
    ApiError::new(
        "IncorrectInstanceState",
        format!("The instance '{id}' is not in the 'stopped' state."),
    )
}

/// A type runs only images that are made for its processors.
pub(super) fn check_architecture(
    region: &Region,
    image: &ImageId,
    kind: &str,
) -> Result<(), ApiError> {
    let of_type = types::architecture(kind);
    match images::architecture(region, image) {
        Some(of_image) if of_image != of_type => Err(ApiError::invalid_value(format!(
            "The architecture '{of_type}' of the specified instance type does not match the architecture \
             '{of_image}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, \
             and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture \
             of the instance type or AMI."
        ))),
        _ => Ok(()),
    }
}

/// Whether shutting it down from within ends an instance.
pub(super) fn read_shutdown(text: &str) -> Result<bool, ApiError> {
    match text {
        "stop" => Ok(false),
        "terminate" => Ok(true),
        other => Err(ApiError::invalid_value(format!(
            "Value ({other}) for parameter instanceInitiatedShutdownBehavior is invalid. Unknown behavior."
        ))),
    }
}

pub(crate) fn describe_attribute(
    scope: &Scope<'_>,
    request: &DescribeInstanceAttribute,
) -> Result<DescribeInstanceAttributeReply, ApiError> {
    let id = InstanceId::read(&request.instance_id)?;
    let here = scope.here();
    let instance = find(&here.instances, &id)?;
    let primary = primary_interface(here, &id).map(|(_, interface)| interface);
    let mut reply = DescribeInstanceAttributeReply {
        instance_id: id.clone(),
        group_set: None,
        source_dest_check: None,
        disable_api_termination: None,
        disable_api_stop: None,
        ebs_optimized: None,
        ena_support: None,
        instance_type: None,
        instance_initiated_shutdown_behavior: None,
        root_device_name: None,
        user_data: None,
    };
    let details = &instance.details;
    let flag = |value| Some(FlagValue { value });
    let text = |value: &str| Some(Text { value: value.to_owned() });
    match request.attribute.as_str() {
        "groupSet" => {
            let groups = primary.map(|primary| group_items(here, &primary.groups));
            reply.group_set = Some(groups.unwrap_or_default());
        }
        "sourceDestCheck" => {
            reply.source_dest_check = primary.and_then(|primary| flag(primary.source_dest_check));
        }
        "disableApiTermination" => reply.disable_api_termination = flag(details.is_protected),
        "disableApiStop" => reply.disable_api_stop = flag(details.is_stop_protected),
        "ebsOptimized" => reply.ebs_optimized = flag(details.is_ebs_optimized),
        "enaSupport" => reply.ena_support = flag(true),
        "instanceType" => reply.instance_type = text(&instance.kind),
        "instanceInitiatedShutdownBehavior" => {
            let behaviour = if details.terminates_on_shutdown { "terminate" } else { "stop" };
            reply.instance_initiated_shutdown_behavior = text(behaviour);
        }
        "rootDeviceName" => reply.root_device_name = text(show::ROOT_DEVICE),
        "userData" => reply.user_data = details.user_data.as_deref().and_then(text),
        other => {
            return Err(ApiError::invalid_value(format!(
                "Value ({other}) for parameter attribute is invalid. Unknown attribute."
            )));
        }
    }
    Ok(reply)
}
