//! `RunInstances`: what a request asks for, as launches.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{SecurityGroupId, SubnetId, VpcId};

use super::wire::{IamProfile, NetworkInterfaceSpecification, RunInstances, RunInstancesReply};
use super::{
    Answers, Credits, Details, Device, Launch, Metadata, Plug, Processors, attributes, describe,
    launch, show, types,
};
use crate::ApiError;
use crate::ec2::network_interfaces::{groups_or_default, parse_address};
use crate::ec2::{
    TagSpecification, availability_zones, images, key_pairs, launch_templates, security_groups,
    tags, vpcs,
};
use crate::id::{AwsId, InstanceId, NetworkInterfaceId, ReservationId};
use crate::idempotency::once;
use crate::scope::{Scope, find};
use crate::state::SharedTags;

pub(crate) fn run(
    scope: &mut Scope<'_>,
    request: &RunInstances,
) -> Result<RunInstancesReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let (least, most) = read_counts(request)?;
        let asked = read_launch(scope, request)?;
        if most > 1 && asked.devices.iter().any(is_unique) {
            return Err(ApiError::invalid_combination(
                "A network interface or a private IP address can be given to one instance only",
            ));
        }
        let spot = scope.spot;
        let mut made: Vec<InstanceId> = Vec::new();
        for index in 0..most {
            let next = Launch { index, ..asked.clone() };
            match launch::launch(&mut scope.moment(), spot, next) {
                Ok(id) => made.push(id),
                // As many as there is room for, if that is enough.
                Err(_) if made.len() >= usize::try_from(least).unwrap_or(usize::MAX) => break,
                Err(error) => {
                    let here = scope.here_mut();
                    for id in &made {
                        launch::undo(here, id);
                    }
                    return Err(error);
                }
            }
        }
        let instances = &scope.here().instances;
        let items =
            made.iter().filter_map(|id| Some(show::instance(scope, id, instances.get(id)?)));
        let items = items.collect();
        let mut reservations = describe::by_reservation(scope, items);
        Ok(reservations.remove(0))
    })
}

/// Whether a device is something that only one instance can have.
fn is_unique(device: &Device) -> bool {
    match &device.plug {
        Plug::Existing(_) => true,
        Plug::New { address, .. } => address.is_some(),
    }
}

fn read_counts(request: &RunInstances) -> Result<(u32, u32), ApiError> {
    let read = |parameter: &str, count: i32| {
        let positive = u32::try_from(count).ok().filter(|count| *count > 0);
        positive.ok_or_else(|| {
            ApiError::invalid_value(format!(
                "Value ({count}) for parameter {parameter} is invalid. Must be greater than zero."
            ))
        })
    };
    let (least, most) =
        (read("minCount", request.min_count)?, read("maxCount", request.max_count)?);
    if least > most {
        return Err(ApiError::invalid_value(format!(
            "Value ({most}) for parameter maxCount is invalid. Must be greater than or equal to minCount ({least})."
        )));
    }
    Ok((least, most))
}

/// The instances that a request asks for, its launch template included: all alike, except for their addresses.
pub(crate) fn read_launch(
    scope: &mut Scope<'_>,
    request: &RunInstances,
) -> Result<Launch, ApiError> {
    let (request, template_tags) = &launch_templates::apply(scope.here(), request)?;
    let image = request.image_id.as_deref().ok_or_else(|| ApiError::missing("ImageId"))?;
    let region = &scope.spot.region;
    let image = images::read(region, image)?;
    let kind = types::read_type(request.instance_type.as_deref().unwrap_or(types::USUAL))?;
    attributes::check_architecture(region, &image, kind)?;
    let (subnet, devices, wants_public) = if request.network_interfaces.is_empty() {
        read_plain(scope, request)?
    } else {
        read_devices(scope, request)?
    };
    check_placement(scope, request, &subnet)?;
    if let Some(name) = &request.key_name {
        key_pairs::check_name(scope.here(), name)?;
    }
    let details = read_details(scope, request, kind, wants_public)?;
    let (mut tags, interface_tags) = read_tags(scope, &request.tag_specifications)?;
    if !template_tags.is_empty() {
        Arc::make_mut(&mut tags).extend(template_tags.clone());
    }
    Ok(Launch {
        image,
        kind: kind.into(),
        subnet,
        devices,
        reservation: scope.ids.fresh::<ReservationId>(),
        index: 0,
        details,
        answers: Answers::default(),
        tags,
        interface_tags,
        maker: scope.maker(),
    })
}

/// Instances with the one usual interface, in the subnet and with the groups said for the whole instance.
fn read_plain(
    scope: &Scope<'_>,
    request: &RunInstances,
) -> Result<(SubnetId, Vec<Device>, bool), ApiError> {
    let subnet = match &request.subnet_id {
        Some(id) => SubnetId::read(id)?,
        None => default_subnet(scope, request)?,
    };
    let found = find(&scope.here().subnets, &subnet)?;
    let groups = read_groups(scope, request, &found.vpc)?;
    let address = read_address(request.private_ip_address.as_deref())?;
    let device = Device::primary(subnet.clone(), groups, address);
    Ok((subnet, vec![device], found.maps_public_ip))
}

fn read_address(text: Option<&str>) -> Result<Option<Ipv4Addr>, ApiError> {
    text.map(|text| parse_address("privateIpAddress", text)).transpose()
}

/// The groups of a request, by id or by name.
fn read_groups(
    scope: &Scope<'_>,
    request: &RunInstances,
    vpc: &VpcId,
) -> Result<BTreeSet<SecurityGroupId>, ApiError> {
    if !request.security_groups.is_empty() && request.subnet_id.is_some() {
        return Err(ApiError::invalid_combination(
            "The parameter groupName cannot be used with the parameter subnet",
        ));
    }
    let mut ids = request.security_group_ids.clone();
    for name in &request.security_groups {
        ids.push(security_groups::by_name(scope, name)?.to_string());
    }
    groups_or_default(scope, vpc, &ids)
}

/// Who says no subnet gets one of the default VPC, in the zone asked for.
fn default_subnet(scope: &Scope<'_>, request: &RunInstances) -> Result<SubnetId, ApiError> {
    let here = scope.here();
    let default = vpcs::default_of(here);
    let vpc = default.ok_or_else(|| {
        ApiError::new(
            "VPCIdNotSpecified",
            "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.",
        )
    })?;
    let zone =
        request.placement.as_ref().and_then(|placement| placement.availability_zone.as_deref());
    let zones = availability_zones::of(scope.state, scope.spot);
    let asked = zone.map(|zone| {
        zones
            .get(zone)
            .ok_or_else(|| ApiError::invalid_value(format!("Invalid availability zone: [{zone}]")))
    });
    let asked = asked.transpose()?;
    let mut subnets = here.subnets.iter().filter(|(_, subnet)| {
        subnet.is_default && subnet.vpc == *vpc && asked.is_none_or(|zone| subnet.zone == *zone)
    });
    let found = subnets.next().map(|(id, _)| id.clone());
    found.ok_or_else(|| {
        ApiError::new(
            "MissingInput",
            format!("No subnets found for the default VPC '{vpc}'. Please specify a subnet."),
        )
    })
}

/// Instances whose interfaces are said one by one.
fn read_devices(
    scope: &Scope<'_>,
    request: &RunInstances,
) -> Result<(SubnetId, Vec<Device>, bool), ApiError> {
    let has_groups = !(request.security_group_ids.is_empty() && request.security_groups.is_empty());
    for (given, what) in [
        (request.subnet_id.is_some(), "subnet ID"),
        (has_groups, "security groups"),
        (request.private_ip_address.is_some(), "private address"),
    ] {
        if given {
            return Err(ApiError::invalid_combination(format!(
                "Network interfaces and an instance-level {what} may not be specified on the same request"
            )));
        }
    }
    let mut devices: Vec<Device> = Vec::new();
    let mut first: Option<(SubnetId, VpcId)> = None;
    let mut wants_public = None;
    for specification in &request.network_interfaces {
        let (device, subnet, vpc) = read_device(scope, specification)?;
        if devices.iter().any(|other| other.index == device.index) {
            return Err(ApiError::invalid_value(format!(
                "Each network interface requires a unique device index: {} is given twice",
                device.index
            )));
        }
        if device.index == 0 {
            wants_public = specification.associate_public_ip_address;
            first = Some((subnet, vpc));
        }
        devices.push(device);
    }
    devices.sort_by_key(|device| device.index);
    let (subnet, vpc) = first.ok_or_else(|| {
        ApiError::invalid_value(
            "When specifying network interfaces, one must have the device index 0",
        )
    })?;
    let here = scope.here();
    let found = find(&here.subnets, &subnet)?;
    for device in &devices {
        let other = match &device.plug {
            Plug::New { subnet, .. } => find(&here.subnets, subnet)?,
            Plug::Existing(id) => find(&here.subnets, &find(&here.network_interfaces, id)?.subnet)?,
        };
        if other.vpc != vpc || other.zone != found.zone {
            return Err(ApiError::invalid_combination(
                "You may not attach a network interface to an instance if they are not in the same VPC and \
                 availability zone",
            ));
        }
    }
    if wants_public == Some(true) && devices.len() > 1 {
        return Err(ApiError::invalid_combination(
            "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.",
        ));
    }
    // A subnet's own wish counts only for an instance with one interface.
    let maps = found.maps_public_ip && devices.len() == 1;
    Ok((subnet, devices, wants_public.unwrap_or(maps)))
}

fn read_device(
    scope: &Scope<'_>,
    specification: &NetworkInterfaceSpecification,
) -> Result<(Device, SubnetId, VpcId), ApiError> {
    let index = specification.device_index;
    let index = index.ok_or_else(|| ApiError::missing("NetworkInterface.DeviceIndex"))?;
    let goes_with_it = specification.delete_on_termination;
    if let Some(kind) = specification.interface_type.as_deref().filter(|kind| *kind != "interface")
    {
        return Err(ApiError::invalid_value(format!(
            "Value ({kind}) for parameter interfaceType is invalid. Only 'interface' is supported."
        )));
    }
    let here = scope.here();
    if let Some(id) = &specification.network_interface_id {
        if specification.subnet_id.is_some() || !specification.groups.is_empty() {
            return Err(ApiError::invalid_combination(
                "A network interface ID may not be specified along with a subnet or security groups",
            ));
        }
        let id = NetworkInterfaceId::read(id)?;
        let interface = find(&here.network_interfaces, &id)?;
        let place = (interface.subnet.clone(), interface.vpc.clone());
        // What was there before stays afterwards, unless it is said otherwise.
        let goes_with_it = goes_with_it.unwrap_or(false);
        let device = Device { index, goes_with_it, plug: Plug::Existing(id) };
        return Ok((device, place.0, place.1));
    }
    let subnet = specification.subnet_id.as_deref();
    let subnet =
        SubnetId::read(subnet.ok_or_else(|| ApiError::missing("NetworkInterface.SubnetId"))?)?;
    let vpc = find(&here.subnets, &subnet)?.vpc.clone();
    let plug = Plug::New {
        subnet: subnet.clone(),
        address: read_address(specification.private_ip_address.as_deref())?,
        groups: groups_or_default(scope, &vpc, &specification.groups)?,
        description: specification.description.clone().unwrap_or_default(),
    };
    Ok((Device { index, goes_with_it: goes_with_it.unwrap_or(true), plug }, subnet, vpc))
}

fn check_placement(
    scope: &Scope<'_>,
    request: &RunInstances,
    subnet: &SubnetId,
) -> Result<(), ApiError> {
    let Some(placement) = &request.placement else { return Ok(()) };
    // There are no placement groups.
    if let Some(group) = &placement.group_name {
        return Err(ApiError::new(
            "InvalidPlacementGroup.Unknown",
            format!("The Placement Group '{group}' is unknown."),
        ));
    }
    if let Some(tenancy) = placement.tenancy.as_deref().filter(|tenancy| *tenancy != "default") {
        return Err(ApiError::new(
            "UnsupportedTenancy",
            format!("The tenancy '{tenancy}' is not supported"),
        ));
    }
    let zone = &find(&scope.here().subnets, subnet)?.zone;
    let name = availability_zones::name_of(scope.state, scope.spot, zone).unwrap_or_default();
    match placement.availability_zone.as_deref() {
        Some(asked) if asked != name => Err(ApiError::invalid_value(format!(
            "The availability zone '{asked}' is not the one of the subnet {subnet}, which is '{name}'"
        ))),
        _ => Ok(()),
    }
}

fn read_details(
    scope: &Scope<'_>,
    request: &RunInstances,
    kind: &str,
    wants_public: bool,
) -> Result<Details, ApiError> {
    let behaviour = request.instance_initiated_shutdown_behavior.as_deref();
    let profile = request.iam_instance_profile.as_ref();
    // One that is named by nothing is none.
    let profile = profile.filter(|profile| **profile != IamProfile::default());
    Ok(Details {
        key_name: request.key_name.clone(),
        user_data: request.user_data.clone(),
        profile: profile.map(|profile| read_profile(scope, profile)).transpose()?,
        client_token: request.client_token.clone(),
        is_protected: request.disable_api_termination == Some(true),
        is_stop_protected: request.disable_api_stop == Some(true),
        terminates_on_shutdown: behaviour.map_or(Ok(false), attributes::read_shutdown)?,
        is_monitored: request.monitoring.as_ref().is_some_and(|monitoring| monitoring.enabled),
        is_ebs_optimized: request.ebs_optimized == Some(true),
        wants_public,
        credits: Credits::of_new(kind, request.credit_specification.as_ref())?,
        metadata: Metadata::default().changed(request.metadata_options.as_ref())?,
        processors: request.cpu_options.as_ref().map(Processors::read).transpose()?,
    })
}

/// The ARN of a profile. Profiles are not simulated: any name is taken for one.
pub(super) fn read_profile(scope: &Scope<'_>, profile: &IamProfile) -> Result<String, ApiError> {
    match (&profile.arn, &profile.name) {
        (Some(arn), None) if arn.contains(":instance-profile/") => Ok(arn.clone()),
        (Some(arn), None) => Err(ApiError::invalid_value(format!(
            "Value ({arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"
        ))),
        (None, Some(name)) => {
            Ok(format!("arn:aws:iam::{}:instance-profile/{name}", scope.spot.account))
        }
        (None, None) => Err(ApiError::missing("IamInstanceProfile.Name")),
        (Some(_), Some(_)) => Err(ApiError::invalid_combination(
            "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
        )),
    }
}

/// The tags for the instances and for the interfaces made with them. Those for volumes are checked and forgotten, as
/// volumes are not simulated.
fn read_tags(
    scope: &Scope<'_>,
    specifications: &[TagSpecification],
) -> Result<(SharedTags, SharedTags), ApiError> {
    let of = |kind: &str| {
        let ours: Vec<_> =
            specifications.iter().filter(|it| it.resource_type == kind).cloned().collect();
        tags::specified(scope, &ours, kind)
    };
    let known = ["instance", "network-interface", "volume"];
    if let Some(other) =
        specifications.iter().find(|it| !known.contains(&it.resource_type.as_str()))
    {
        return Err(ApiError::invalid_value(format!(
            "'{}' is not a valid taggable resource type for this operation.",
            other.resource_type
        )));
    }
    of("volume")?;
    Ok((of("instance")?, of("network-interface")?))
}
