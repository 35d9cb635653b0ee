//! Interfaces on instances, beside the ones that these were made with.

use super::wire::{AttachNetworkInterface, AttachNetworkInterfaceReply, DetachNetworkInterface};
use super::{Holder, hold, own};
use crate::ApiError;
use crate::ec2::Done;
use crate::ec2::instances::{self, InstanceState};
use crate::id::{AttachmentId, AwsId, InstanceId, NetworkInterfaceId, derived};
use crate::scope::{Scope, find};

/// The id of an attachment follows from what it joins. AWS names those of its own services after a kind of their own.
pub(super) fn id_of(interface: &NetworkInterfaceId, holder: &Holder) -> Option<String> {
    let of = |about: &[&str]| derived::<AttachmentId>(about).to_string();
    Some(match holder {
        Holder::Nobody => return None,
        Holder::Instance { id, device, .. } => {
            of(&[interface.as_str(), id.as_str(), &device.to_string()])
        }
        Holder::Balancer(name) => of(&[interface.as_str(), name]),
        Holder::NatGateway(nat) => {
            let id = of(&[interface.as_str(), nat.as_str()]);
            id.replacen("eni-attach", "ela-attach", 1)
        }
    })
}

pub(crate) fn attach(
    scope: &mut Scope<'_>,
    request: &AttachNetworkInterface,
) -> Result<AttachNetworkInterfaceReply, ApiError> {
    let id = NetworkInterfaceId::read(&request.network_interface_id)?;
    let instance_id = InstanceId::read(&request.instance_id)?;
    let here = scope.here();
    let interface = own(here, &id)?;
    let instance = find(&here.instances, &instance_id)?;
    if interface.is_attached() {
        return Err(ApiError::new(
            "InvalidNetworkInterface.InUse",
            format!("Interface: [{id}] in use."),
        ));
    }
    if !matches!(instance.state, InstanceState::Running | InstanceState::Stopped) {
        return Err(ApiError::new(
            "IncorrectState",
            format!("Instance '{instance_id}' is not 'running' or 'stopped'"),
        ));
    }
    if interface.vpc != instance.vpc {
        return Err(ApiError::invalid_combination(
            "You may not attach a network interface to an instance if they are not in the same VPC",
        ));
    }
    let zone_of = |subnet| here.subnets.get(subnet).map(|subnet| &subnet.zone);
    if zone_of(&interface.subnet) != zone_of(&instance.subnet) {
        return Err(ApiError::invalid_combination(
            "You may not attach a network interface to an instance if they are not in the same availability zone",
        ));
    }
    let device = request.device_index;
    if instances::interfaces_of(here, &instance_id).any(|(taken, ..)| taken == device) {
        return Err(ApiError::invalid_value(format!(
            "Instance '{instance_id}' already has an interface attached at device index '{device}'."
        )));
    }
    let holder =
        Holder::Instance { id: instance_id, device, goes_with_it: false, since: scope.now };
    let attachment_id = id_of(&id, &holder).unwrap_or_default();
    hold(scope.here_mut(), &id, holder);
    Ok(AttachNetworkInterfaceReply { attachment_id, network_card_index: 0 })
}

pub(crate) fn detach(
    scope: &mut Scope<'_>,
    request: &DetachNetworkInterface,
) -> Result<Done, ApiError> {
    let asked = request.attachment_id.as_str();
    let mut interfaces = scope.here().network_interfaces.iter();
    let found = interfaces.find(|(id, it)| id_of(id, &it.holder).as_deref() == Some(asked));
    let (id, interface) = found.ok_or_else(|| match AttachmentId::read(asked) {
        Err(error) => error,
        Ok(id) => AttachmentId::not_found(id),
    })?;
    match &interface.holder {
        Holder::Instance { device: 0, .. } => {
            return Err(ApiError::new(
                "OperationNotPermitted",
                "The network interface at device index 0 cannot be detached.",
            ));
        }
        Holder::Instance { .. } => {}
        Holder::Nobody | Holder::Balancer(_) | Holder::NatGateway(_) => {
            let kind = asked.split_once("-attach").map_or(asked, |(kind, _)| kind);
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!("You are not allowed to manage '{kind}-attach' attachments."),
            ));
        }
    }
    let id = id.clone();
    hold(scope.here_mut(), &id, Holder::Nobody);
    Ok(Done::YES)
}
