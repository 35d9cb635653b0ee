//! Instances.

use aws_sdk_ec2::types::{self, InstanceNetworkInterfaceAttachment as Attachment};
use peerway_model::Instance;

use super::{Problem, parsed, tags};

/// By which AWS itself says which auto-scaling group launched an instance; nobody else can write it.
const GROUP: &str = "aws:autoscaling:groupName";

pub(crate) fn instance(instance: &types::Instance) -> Result<Instance, Problem> {
    let state = instance.state().and_then(types::InstanceState::name);
    let zone = instance.placement().and_then(types::Placement::availability_zone);
    let mut interfaces: Vec<&types::InstanceNetworkInterface> =
        instance.network_interfaces().iter().collect();
    interfaces.sort_by_key(|it| it.attachment().and_then(Attachment::device_index));
    let interfaces = interfaces.into_iter().map(|interface| {
        let groups = interface.groups().iter().map(|group| parsed("groupId", group.group_id()));
        Ok::<_, Problem>((
            parsed("networkInterfaceId", interface.network_interface_id())?,
            groups.collect::<Result<_, Problem>>()?,
        ))
    });
    let tags = tags(instance.tags());
    Ok(Instance {
        id: parsed("instanceId", instance.instance_id())?,
        vpc: instance.vpc_id().map(|id| parsed("vpcId", Some(id))).transpose()?,
        subnet: instance.subnet_id().map(|id| parsed("subnetId", Some(id))).transpose()?,
        zone: parsed("availabilityZone", zone)?,
        state: state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        auto_scaling_group: tags.get(GROUP).cloned(),
        interfaces: interfaces.collect::<Result<_, Problem>>()?,
        tags,
    })
}
