//! What may be changed about an interface: one attribute per call.

use std::collections::BTreeSet;

use peerway_model::{SecurityGroupId, VpcId};

use super::wire::{
    DescribeNetworkInterfaceAttribute, DescribeNetworkInterfaceAttributeReply,
    ModifyNetworkInterfaceAttribute,
};
use super::{Holder, attachments, describe, own, text};
use crate::ApiError;
use crate::ec2::{Done, FlagValue, security_groups};
use crate::id::{AwsId, NetworkInterfaceId};
use crate::scope::{Scope, find, find_mut};
use crate::state::RegionState;

/// Reads groups that an interface in `vpc` shall carry.
pub(crate) fn read_groups(
    scope: &Scope<'_>,
    vpc: &VpcId,
    groups: &[String],
) -> Result<BTreeSet<SecurityGroupId>, ApiError> {
    let read = groups.iter().map(|group| SecurityGroupId::read(group));
    let groups = read.collect::<Result<BTreeSet<_>, _>>()?;
    check_groups(scope.here(), scope.settings.quotas.groups_per_interface, vpc, &groups)?;
    Ok(groups)
}

/// The same; the VPC's default group where none is said.
pub(crate) fn groups_or_default(
    scope: &Scope<'_>,
    vpc: &VpcId,
    groups: &[String],
) -> Result<BTreeSet<SecurityGroupId>, ApiError> {
    if groups.is_empty() {
        return Ok(security_groups::default_of(scope.here(), vpc).cloned().into_iter().collect());
    }
    read_groups(scope, vpc, groups)
}

/// Whether an interface in `vpc` may carry these groups.
pub(crate) fn check_groups(
    region: &RegionState,
    most: usize,
    vpc: &VpcId,
    groups: &BTreeSet<SecurityGroupId>,
) -> Result<(), ApiError> {
    for id in groups {
        let group = find(&region.security_groups, id)?;
        if group.vpc != *vpc {
            return Err(ApiError::new(
                "InvalidParameter",
                format!("Security group {id} and network {vpc} belong to different networks."),
            ));
        }
    }
    if groups.len() > most {
        return Err(ApiError::new(
            "SecurityGroupsPerInterfaceLimitExceeded",
            format!("The maximum number of {most} security groups per interface has been reached."),
        ));
    }
    Ok(())
}

pub(crate) fn modify_attribute(
    scope: &mut Scope<'_>,
    request: &ModifyNetworkInterfaceAttribute,
) -> Result<Done, ApiError> {
    let id = NetworkInterfaceId::read(&request.network_interface_id)?;
    let interface = own(scope.here(), &id)?;
    let given = [
        request.description.is_some(),
        request.source_dest_check.is_some(),
        !request.groups.is_empty(),
        request.attachment.is_some(),
    ];
    match given.into_iter().filter(|given| *given).count() {
        1 => {}
        0 => {
            return Err(ApiError::new("MissingParameter", "The request must contain an attribute"));
        }
        _ => {
            return Err(ApiError::invalid_combination(
                "Only one attribute can be modified at a time",
            ));
        }
    }
    let groups = read_groups(scope, &interface.vpc.clone(), &request.groups)?;
    let interface = find_mut(&mut scope.here_mut().network_interfaces, &id)?;
    if let Some(description) = &request.description {
        interface.description.clone_from(&description.value);
    }
    if let Some(check) = request.source_dest_check {
        interface.source_dest_check = check.value;
    }
    if !groups.is_empty() {
        interface.groups = groups;
    }
    if let Some(change) = &request.attachment {
        let is_it =
            attachments::id_of(&id, &interface.holder).as_deref() == Some(&*change.attachment_id);
        match &mut interface.holder {
            Holder::Instance { goes_with_it, .. } if is_it => {
                *goes_with_it = change.delete_on_termination.unwrap_or(*goes_with_it);
            }
            _ => {
                return Err(ApiError::new(
                    "InvalidAttachmentID.NotFound",
                    format!("The attachment ID '{}' does not exist", change.attachment_id),
                ));
            }
        }
    }
    Ok(Done::YES)
}

pub(crate) fn describe_attribute(
    scope: &Scope<'_>,
    request: &DescribeNetworkInterfaceAttribute,
) -> Result<DescribeNetworkInterfaceAttributeReply, ApiError> {
    let id = NetworkInterfaceId::read(&request.network_interface_id)?;
    let interface = find(&scope.here().network_interfaces, &id)?;
    let mut reply = DescribeNetworkInterfaceAttributeReply {
        network_interface_id: id.clone(),
        description: None,
        group_set: None,
        source_dest_check: None,
        attachment: None,
    };
    match request.attribute.as_deref() {
        Some("description") => reply.description = Some(text(&interface.description)),
        Some("groupSet") => {
            reply.group_set = Some(describe::group_items(scope.here(), &interface.groups));
        }
        Some("sourceDestCheck") => {
            reply.source_dest_check = Some(FlagValue { value: interface.source_dest_check });
        }
        Some("attachment") => reply.attachment = describe::show_attachment(scope, &id, interface),
        None => return Err(ApiError::missing("attribute")),
        Some(other) => {
            return Err(ApiError::invalid_value(format!(
                "Value ({other}) for parameter attribute is invalid. Unknown attribute."
            )));
        }
    }
    Ok(reply)
}
