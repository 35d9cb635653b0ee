//! Network interfaces: whatever has an address in a subnet has one. Where addresses come from is in `addresses.rs`, what
//! is shown in `describe.rs`, what may be changed in `attributes.rs` and `attachments.rs`.

mod addresses;
mod attachments;
mod attributes;
mod describe;
mod wire;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{NatGatewayId, SecurityGroupId, SubnetId, Timestamp, VpcId};

pub(crate) use addresses::{choose, free_count, parse_address};
pub(crate) use attachments::{attach, detach};
pub(crate) use attributes::{
    check_groups, describe_attribute, groups_or_default, modify_attribute, read_groups,
};
pub(crate) use describe::{describe, group_items, show};
pub use wire::{
    AddressSpecification, AssociationItem, AttachNetworkInterface, AttachNetworkInterfaceReply,
    AttachmentChange, AttachmentItem, CreateNetworkInterface, CreateNetworkInterfaceReply,
    DeleteNetworkInterface, DescribeNetworkInterfaceAttribute,
    DescribeNetworkInterfaceAttributeReply, DescribeNetworkInterfaces,
    DescribeNetworkInterfacesReply, DetachNetworkInterface, GroupIdentifier,
    ModifyNetworkInterfaceAttribute, NetworkInterfaceItem, PrivateAddressItem,
};

use super::{Done, Text, tags};
use crate::ApiError;
use crate::id::{AwsId, InstanceId, NetworkInterfaceId};
use crate::idempotency::once;
use crate::scope::{Moment, Scope, find};
use crate::settings::Settings;
use crate::state::{Maker, RegionState, SharedTags, Spot};

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkInterface {
    pub(crate) vpc: VpcId,
    pub(crate) subnet: SubnetId,
    /// Its primary private address.
    pub(crate) address: Ipv4Addr,
    pub(crate) secondary: BTreeSet<Ipv4Addr>,
    /// A public address that AWS lent it; Elastic IP addresses are things of their own.
    pub(crate) public: Option<Ipv4Addr>,
    pub(crate) groups: BTreeSet<SecurityGroupId>,
    pub(crate) description: String,
    pub(crate) source_dest_check: bool,
    pub(crate) holder: Holder,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// What an interface belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    Instance {
        id: InstanceId,
        device: u32,
        goes_with_it: bool,
        since: Timestamp,
    },
    /// A Classic balancer, by name; its interfaces outlive it for a while.
    Balancer(String),
    NatGateway(NatGatewayId),
}

impl Holder {
    /// Whether AWS manages the interface for one of its own services.
    pub(crate) fn is_aws(&self) -> bool {
        matches!(self, Self::Balancer(_) | Self::NatGateway(_))
    }

    pub(crate) fn instance(&self) -> Option<&InstanceId> {
        match self {
            Self::Instance { id, .. } => Some(id),
            Self::Nobody | Self::Balancer(_) | Self::NatGateway(_) => None,
        }
    }
}

impl NetworkInterface {
    /// Its private addresses, the primary one first.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        std::iter::once(self.address).chain(self.secondary.iter().copied())
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.holder != Holder::Nobody
    }
}

/// What a new interface shall be. Its subnet and groups have been looked up.
pub(crate) struct New {
    pub(crate) subnet: SubnetId,
    /// Absent: the lowest one that is free.
    pub(crate) address: Option<Ipv4Addr>,
    /// Addresses beside the primary one, and how many more of them that may be any.
    pub(crate) secondary: (Vec<Ipv4Addr>, usize),
    pub(crate) groups: BTreeSet<SecurityGroupId>,
    pub(crate) description: String,
    pub(crate) holder: Holder,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

impl New {
    /// An interface with any free address, for a service of AWS.
    pub(crate) fn of_aws(subnet: SubnetId, description: String, holder: Holder) -> Self {
        Self {
            subnet,
            address: None,
            secondary: (Vec::new(), 0),
            groups: BTreeSet::new(),
            description,
            holder,
            tags: SharedTags::default(),
            maker: AWS.into(),
        }
    }
}

/// The maker of what AWS makes for its own services.
pub(crate) const AWS: &str = "aws";

/// Makes an interface.
pub(crate) fn make(
    moment: &mut Moment<'_>,
    spot: &Spot,
    new: New,
) -> Result<NetworkInterfaceId, ApiError> {
    let region = moment.state.at(spot);
    check_quota(region, moment.settings, 1)?;
    let subnet = find(&region.subnets, &new.subnet)?;
    let vpc = subnet.vpc.clone();
    let (address, secondary) = addresses::take(region, &new)?;
    let id: NetworkInterfaceId = moment.ids.fresh();
    let interface = NetworkInterface {
        vpc,
        subnet: new.subnet,
        address,
        secondary,
        public: None,
        groups: new.groups,
        description: new.description,
        // Whoever forwards packets for others does not check whose they are.
        source_dest_check: !matches!(new.holder, Holder::NatGateway(_)),
        holder: new.holder,
        tags: new.tags,
        maker: new.maker,
    };
    install(moment.state.at_mut(spot), &id, interface);
    Ok(id)
}

/// Whether there may be so many more.
pub(crate) fn check_quota(
    region: &RegionState,
    settings: &Settings,
    more: usize,
) -> Result<(), ApiError> {
    let most = settings.quotas.interfaces;
    if more == 0 || region.network_interfaces.len() + more <= most {
        return Ok(());
    }
    Err(ApiError::new(
        "NetworkInterfaceLimitExceeded",
        format!("The maximum number of {most} network interfaces has been reached."),
    ))
}

/// Lets an interface stand. With [`remove`] the only way in and out: the indices go along.
pub(crate) fn install(
    region: &mut RegionState,
    id: &NetworkInterfaceId,
    interface: NetworkInterface,
) {
    let used = region.used_addresses.entry(interface.subnet.clone()).or_default();
    for address in interface.addresses() {
        used.insert(address, id.clone());
    }
    let holder = interface.holder.clone();
    region.network_interfaces.insert(id.clone(), interface);
    hold(region, id, holder);
}

/// Gives an interface to whom it shall belong: the index of instances' interfaces goes along.
pub(crate) fn hold(region: &mut RegionState, id: &NetworkInterfaceId, holder: Holder) {
    let Some(interface) = region.network_interfaces.get_mut(id) else { return };
    if let Holder::Instance { id: instance, device, .. } = &interface.holder
        && let Some(devices) = region.devices.get_mut(instance)
    {
        devices.remove(device);
        if devices.is_empty() {
            region.devices.remove(instance);
        }
    }
    if let Holder::Instance { id: instance, device, .. } = &holder {
        region.devices.entry(instance.clone()).or_default().insert(*device, id.clone());
    }
    interface.holder = holder;
}

/// Takes an interface away, and the Elastic IP address from it.
pub(crate) fn remove(region: &mut RegionState, id: &NetworkInterfaceId) {
    hold(region, id, Holder::Nobody);
    let Some(interface) = region.network_interfaces.remove(id) else { return };
    super::addresses::interface_is_gone(region, id);
    if let Some(used) = region.used_addresses.get_mut(&interface.subnet) {
        for address in interface.addresses() {
            used.remove(&address);
        }
        if used.is_empty() {
            region.used_addresses.remove(&interface.subnet);
        }
    }
}

/// Whether any interface carries a group.
pub(crate) fn carries(region: &RegionState, group: &SecurityGroupId) -> bool {
    region.network_interfaces.values().any(|interface| interface.groups.contains(group))
}

/// Whether any interface stands in a subnet.
pub(crate) fn stands_in(region: &RegionState, subnet: &SubnetId) -> bool {
    region.used_addresses.contains_key(subnet)
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateNetworkInterface,
) -> Result<CreateNetworkInterfaceReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let subnet = SubnetId::read(&request.subnet_id)?;
        let vpc = find(&scope.here().subnets, &subnet)?.vpc.clone();
        if let Some(kind) = request.interface_type.as_deref().filter(|kind| *kind != "interface") {
            return Err(ApiError::invalid_value(format!(
                "Value ({kind}) for parameter interfaceType is invalid. Only 'interface' is supported."
            )));
        }
        let groups = groups_or_default(scope, &vpc, &request.groups)?;
        let (primary, mut others) = addresses::read_specifications(&request.private_ip_addresses)?;
        let address = match (request.private_ip_address.as_deref(), primary) {
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid_combination(
                    "Only one primary private IP address can be specified.",
                ));
            }
            (Some(text), None) => Some(parse_address("privateIpAddress", text)?),
            (None, primary) => primary,
        };
        let more = match request.secondary_private_ip_address_count {
            None => 0,
            Some(_) if !others.is_empty() => {
                return Err(ApiError::invalid_combination(
                    "secondaryPrivateIpAddressCount cannot be used with secondary addresses",
                ));
            }
            Some(count) => usize::try_from(count).map_err(|_| {
                ApiError::invalid_value(format!(
                    "Value ({count}) for parameter secondaryPrivateIpAddressCount is invalid."
                ))
            })?,
        };
        others.dedup();
        let new = New {
            subnet,
            address,
            secondary: (others, more),
            groups,
            description: request.description.clone().unwrap_or_default(),
            holder: Holder::Nobody,
            tags: tags::specified(scope, &request.tag_specifications, "network-interface")?,
            maker: scope.maker(),
        };
        let spot = scope.spot;
        let id = make(&mut scope.moment(), spot, new)?;
        let interface = &scope.here().network_interfaces[&id];
        let item = show(scope, &id, interface);
        let client_token = request.client_token.clone();
        // AWS answers the creation with "pending"; the interface is there at once.
        let network_interface = NetworkInterfaceItem { status: "pending", ..item };
        Ok(CreateNetworkInterfaceReply { network_interface, client_token })
    })
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteNetworkInterface,
) -> Result<Done, ApiError> {
    let id = NetworkInterfaceId::read(&request.network_interface_id)?;
    if find(&scope.here().network_interfaces, &id)?.is_attached() {
        // Not `InvalidNetworkInterface.InUse`: that is what attaching says.
        return Err(ApiError::invalid_value(format!(
            "Network interface '{id}' is currently in use."
        )));
    }
    remove(scope.here_mut(), &id);
    Ok(Done::YES)
}

/// An interface that its owner may change: those of AWS's services are not.
fn own<'a>(
    region: &'a RegionState,
    id: &NetworkInterfaceId,
) -> Result<&'a NetworkInterface, ApiError> {
    let interface = find(&region.network_interfaces, id)?;
    if interface.holder.is_aws() {
        return Err(not_yours());
    }
    Ok(interface)
}

fn not_yours() -> ApiError {
    ApiError::new(
        "OperationNotPermitted",
        "You do not have permission to access the specified resource: it is managed by AWS.",
    )
}

/// A text wrapped as replies have it.
fn text(value: &str) -> Text {
    Text { value: value.to_owned() }
}

/// The tags of an interface, shared.
fn shared(tags: &SharedTags) -> super::TagSet {
    super::TagSet(Arc::clone(tags))
}
