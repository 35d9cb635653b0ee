//! Making an instance, whoever asks for it: a caller, an auto-scaling group.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{SecurityGroupId, SubnetId};

use super::{Answers, Details, Instance, InstanceState};
use crate::ApiError;
use crate::ec2::network_interfaces::{self, Holder, New};
use crate::events::Event;
use crate::id::{ImageId, InstanceId, NetworkInterfaceId, ReservationId};
use crate::scope::{Moment, find};
use crate::state::{Maker, RegionState, SharedTags, Spot};

/// What an instance shall be. Image, type and groups have been looked up.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) image: ImageId,
    pub(crate) kind: Arc<str>,
    pub(crate) subnet: SubnetId,
    /// Its interfaces; the one with number 0 is the primary one.
    pub(crate) devices: Vec<Device>,
    /// What one call makes belongs together.
    pub(crate) reservation: ReservationId,
    /// Its number among what the call makes.
    pub(crate) index: u32,
    pub(crate) details: Details,
    pub(crate) answers: Answers,
    pub(crate) tags: SharedTags,
    /// Tags of the interfaces made with it.
    pub(crate) interface_tags: SharedTags,
    pub(crate) maker: Maker,
}

/// An interface of an instance to be.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) index: u32,
    pub(crate) goes_with_it: bool,
    pub(crate) plug: Plug,
}

/// Where an interface of an instance to be comes from.
#[derive(Debug, Clone)]
pub(crate) enum Plug {
    /// It is there already.
    Existing(NetworkInterfaceId),
    /// It is made along.
    New {
        subnet: SubnetId,
        address: Option<Ipv4Addr>,
        groups: BTreeSet<SecurityGroupId>,
        description: String,
    },
}

impl Device {
    /// The usual primary interface, gone with its instance. Without an address it gets any that is free.
    pub(crate) fn primary(
        subnet: SubnetId,
        groups: BTreeSet<SecurityGroupId>,
        address: Option<Ipv4Addr>,
    ) -> Self {
        let plug = Plug::New { subnet, address, groups, description: String::new() };
        Self { index: 0, goes_with_it: true, plug }
    }
}

/// Makes an instance; it is pending, and runs by itself after a while. Where it fails nothing has changed.
pub(crate) fn launch(
    moment: &mut Moment<'_>,
    spot: &Spot,
    launch: Launch,
) -> Result<InstanceId, ApiError> {
    check_quota(moment, spot)?;
    let vpc = find(&moment.state.at(spot).subnets, &launch.subnet)?.vpc.clone();
    let id: InstanceId = moment.ids.fresh();
    for device in &launch.devices {
        if let Err(error) = plug(moment, spot, &id, &launch, device) {
            release(moment.state.at_mut(spot), &id);
            return Err(error);
        }
    }
    let instance = Instance {
        image: launch.image,
        kind: launch.kind,
        vpc,
        subnet: launch.subnet,
        state: InstanceState::Pending,
        reservation: launch.reservation,
        launch_index: launch.index,
        launched: moment.now,
        details: launch.details,
        answers: launch.answers,
        tags: launch.tags,
        maker: launch.maker,
    };
    moment.state.at_mut(spot).instances.insert(id.clone(), instance);
    super::lifecycle::lend_public(moment, spot, &id);
    let takes = moment.settings.timings.instance_start;
    moment.schedule(takes, Event::InstanceMoves(spot.clone(), id.clone(), InstanceState::Pending));
    Ok(id)
}

fn check_quota(moment: &Moment<'_>, spot: &Spot) -> Result<(), ApiError> {
    let most = moment.settings.quotas.instances;
    let instances = moment.state.at(spot).instances.values();
    if instances.filter(|instance| instance.state.is_live()).count() < most {
        return Ok(());
    }
    Err(ApiError::new(
        "InstanceLimitExceeded",
        format!(
            "You have requested more instances than your current instance limit of {most} allows for the specified \
             instance type."
        ),
    ))
}

fn plug(
    moment: &mut Moment<'_>,
    spot: &Spot,
    instance: &InstanceId,
    launch: &Launch,
    device: &Device,
) -> Result<(), ApiError> {
    let holder = Holder::Instance {
        id: instance.clone(),
        device: device.index,
        goes_with_it: device.goes_with_it,
        since: moment.now,
    };
    match &device.plug {
        Plug::Existing(id) => {
            let region = moment.state.at_mut(spot);
            if find(&region.network_interfaces, id)?.is_attached() {
                return Err(ApiError::new(
                    "InvalidNetworkInterface.InUse",
                    format!("Interface: [{id}] in use."),
                ));
            }
            network_interfaces::hold(region, id, holder);
        }
        Plug::New { subnet, address, groups, description } => {
            let new = New {
                subnet: subnet.clone(),
                address: *address,
                secondary: (Vec::new(), 0),
                groups: groups.clone(),
                description: description.clone(),
                holder,
                tags: Arc::clone(&launch.interface_tags),
                maker: Arc::clone(&launch.maker),
            };
            network_interfaces::make(moment, spot, new)?;
        }
    }
    Ok(())
}

/// Takes an instance's interfaces from it: those that go with it are gone, the others are free.
pub(super) fn release(region: &mut RegionState, instance: &InstanceId) {
    let ids: Vec<NetworkInterfaceId> =
        super::interfaces_of(region, instance).map(|(_, id, _)| id.clone()).collect();
    for id in ids {
        let holder = region.network_interfaces.get(&id).map(|interface| &interface.holder);
        if matches!(holder, Some(Holder::Instance { goes_with_it: true, .. })) {
            network_interfaces::remove(region, &id);
        } else {
            network_interfaces::hold(region, &id, Holder::Nobody);
        }
    }
}

/// Undoes a launch that belongs to a call which fails as a whole.
pub(super) fn undo(region: &mut RegionState, instance: &InstanceId) {
    release(region, instance);
    region.instances.remove(instance);
}
