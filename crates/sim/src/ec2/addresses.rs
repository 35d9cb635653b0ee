//! Elastic IP addresses, as far as NAT gateways and interfaces need them.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{AccountId, Region};
use serde::{Deserialize, Serialize};

use super::{Done, Filter, TagSet, TagSpecification, instances, tags};
use crate::ApiError;
use crate::filters::{Field, Filterable, Filters};
use crate::id::{
    AddressAssociationId, AllocationId, AwsId, InstanceId, NetworkInterfaceId, derived,
};
use crate::scope::{Scope, find, find_mut};
use crate::state::{Maker, RegionState, SharedTags};

/// An Elastic IP address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) public: Ipv4Addr,
    /// The interface whose primary address it stands for.
    pub(crate) interface: Option<NetworkInterfaceId>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AllocateAddress {
    pub domain: Option<String>,
    pub network_border_group: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllocateAddressReply {
    pub public_ip: Ipv4Addr,
    pub allocation_id: AllocationId,
    pub domain: &'static str,
    pub public_ipv4_pool: &'static str,
    pub network_border_group: Region,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAddresses {
    #[serde(default, rename = "PublicIp")]
    pub public_ips: Vec<String>,
    #[serde(default, rename = "AllocationId")]
    pub allocation_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAddressesReply {
    pub addresses_set: Vec<AddressItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressItem {
    pub public_ip: Ipv4Addr,
    pub allocation_id: AllocationId,
    pub association_id: Option<AddressAssociationId>,
    pub domain: &'static str,
    pub instance_id: Option<InstanceId>,
    pub network_interface_id: Option<NetworkInterfaceId>,
    pub network_interface_owner_id: Option<AccountId>,
    pub private_ip_address: Option<Ipv4Addr>,
    pub public_ipv4_pool: &'static str,
    pub network_border_group: Region,
    pub tag_set: TagSet,
}

/// By allocation; an instance or an interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociateAddress {
    pub allocation_id: Option<String>,
    pub instance_id: Option<String>,
    pub network_interface_id: Option<String>,
    pub private_ip_address: Option<String>,
    pub allow_reassociation: Option<bool>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociateAddressReply {
    #[serde(rename = "return")]
    pub done: bool,
    pub association_id: AddressAssociationId,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DisassociateAddress {
    pub association_id: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReleaseAddress {
    pub allocation_id: Option<String>,
    pub network_border_group: Option<String>,
    pub dry_run: Option<bool>,
}

const POOL: &str = "amazon";

impl Filterable for AddressItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("allocation-id", |address, probe| probe.text(address.allocation_id.as_str())),
        ("association-id", |address, probe| probe.displays(&address.association_id)),
        ("domain", |address, probe| probe.text(address.domain)),
        ("instance-id", |address, probe| probe.displays(&address.instance_id)),
        ("network-border-group", |address, probe| {
            probe.text(address.network_border_group.as_str());
        }),
        ("network-interface-id", |address, probe| probe.displays(&address.network_interface_id)),
        ("network-interface-owner-id", |address, probe| {
            probe.displays(&address.network_interface_owner_id);
        }),
        ("private-ip-address", |address, probe| probe.displays(address.private_ip_address)),
        ("public-ip", |address, probe| probe.display(address.public_ip)),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

/// The id of an address's use by an interface follows from the two.
pub(crate) fn association_id(
    allocation: &AllocationId,
    interface: &NetworkInterfaceId,
) -> AddressAssociationId {
    derived(&[allocation.as_str(), interface.as_str()])
}

/// The address of an interface.
pub(crate) fn of_interface<'a>(
    region: &'a RegionState,
    interface: &NetworkInterfaceId,
) -> Option<(&'a AllocationId, &'a Address)> {
    region.addresses.iter().find(|(_, address)| address.interface.as_ref() == Some(interface))
}

/// An interface is gone: its address is free again.
pub(crate) fn interface_is_gone(region: &mut RegionState, interface: &NetworkInterfaceId) {
    for address in region.addresses.values_mut() {
        if address.interface.as_ref() == Some(interface) {
            address.interface = None;
        }
    }
}

/// A public address for a number: out of the range that is set aside for tests of networks, 198.18.0.0/15, and like none
/// that the Region has.
pub(crate) fn public_address(region: &RegionState, mut number: u64) -> Ipv4Addr {
    let taken = |address: Ipv4Addr| {
        region.addresses.values().any(|other| other.public == address)
            || region.network_interfaces.values().any(|it| it.public == Some(address))
    };
    loop {
        let low = u32::try_from(number & 0x1_ffff).unwrap_or_default();
        let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) | low);
        if !taken(address) {
            return address;
        }
        number = number.wrapping_add(1);
    }
}

/// Whether anything in a VPC is reached by a public address: then its way to the internet must stay.
pub(crate) fn is_mapped(region: &RegionState, vpc: &peerway_model::VpcId) -> bool {
    let mut interfaces = region.network_interfaces.iter().filter(|(_, it)| it.vpc == *vpc);
    interfaces.any(|(id, it)| it.public.is_some() || of_interface(region, id).is_some())
}

fn show(scope: &Scope<'_>, id: &AllocationId, address: &Address) -> AddressItem {
    let used = address.interface.as_ref();
    let interface = used.and_then(|id| scope.here().network_interfaces.get(id));
    AddressItem {
        public_ip: address.public,
        allocation_id: id.clone(),
        association_id: used.map(|interface| association_id(id, interface)),
        domain: "vpc",
        instance_id: interface.and_then(|it| it.holder.instance().cloned()),
        network_interface_id: used.cloned(),
        network_interface_owner_id: used.map(|_| scope.spot.account.clone()),
        private_ip_address: interface.map(|it| it.address),
        public_ipv4_pool: POOL,
        network_border_group: scope.spot.region.clone(),
        tag_set: TagSet(Arc::clone(&address.tags)),
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeAddresses,
) -> Result<DescribeAddressesReply, ApiError> {
    let filters = Filters::new(&request.filters)?;
    let all = &scope.here().addresses;
    for id in &request.allocation_ids {
        find(all, &AllocationId::read(id)?)?;
    }
    for asked in &request.public_ips {
        if !all.values().any(|address| address.public.to_string() == *asked) {
            return Err(ApiError::new(
                "InvalidAddress.NotFound",
                format!("Address '{asked}' not found."),
            ));
        }
    }
    let is_asked = |item: &AddressItem| {
        (request.allocation_ids.is_empty() && request.public_ips.is_empty())
            || request.allocation_ids.iter().any(|id| id == item.allocation_id.as_str())
            || request.public_ips.iter().any(|ip| *ip == item.public_ip.to_string())
    };
    let items = all.iter().map(|(id, address)| show(scope, id, address));
    let addresses_set = items.filter(|item| is_asked(item) && filters.pass(item)).collect();
    Ok(DescribeAddressesReply { addresses_set })
}

pub(crate) fn allocate(
    scope: &mut Scope<'_>,
    request: &AllocateAddress,
) -> Result<AllocateAddressReply, ApiError> {
    if let Some(domain) = request.domain.as_deref().filter(|domain| *domain != "vpc") {
        return Err(ApiError::invalid_value(format!(
            "Value ({domain}) for parameter domain is invalid."
        )));
    }
    let tags = tags::specified(scope, &request.tag_specifications, "elastic-ip")?;
    if scope.here().addresses.len() >= scope.settings.quotas.addresses {
        return Err(ApiError::new(
            "AddressLimitExceeded",
            "The maximum number of addresses has been reached.",
        ));
    }
    let number = scope.ids.number();
    let public = public_address(scope.here(), number);
    let id: AllocationId = scope.ids.fresh();
    let address = Address { public, interface: None, tags, maker: scope.maker() };
    scope.here_mut().addresses.insert(id.clone(), address);
    Ok(AllocateAddressReply {
        public_ip: public,
        allocation_id: id,
        domain: "vpc",
        public_ipv4_pool: POOL,
        network_border_group: scope.spot.region.clone(),
    })
}

pub(crate) fn associate(
    scope: &mut Scope<'_>,
    request: &AssociateAddress,
) -> Result<AssociateAddressReply, ApiError> {
    let allocation =
        request.allocation_id.as_deref().ok_or_else(|| ApiError::missing("AllocationId"))?;
    let id = AllocationId::read(allocation)?;
    let here = scope.here();
    let address = find(&here.addresses, &id)?;
    let to = match (&request.network_interface_id, &request.instance_id) {
        (Some(interface), None) => NetworkInterfaceId::read(interface)?,
        (None, Some(instance)) => {
            let instance = InstanceId::read(instance)?;
            find(&here.instances, &instance)?;
            instances::only_interface(here, &instance)?
        }
        (None, None) => return Err(ApiError::missing("InstanceId or NetworkInterfaceId")),
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid_combination(
                "You may specify an instance or a network interface, but not both",
            ));
        }
    };
    let interface = find(&here.network_interfaces, &to)?;
    let asked = request.private_ip_address.as_deref();
    if asked.is_some_and(|asked| asked != interface.address.to_string()) {
        return Err(ApiError::invalid_value(
            "Only the primary private IP address of an interface can have an Elastic IP address here.",
        ));
    }
    check_gateway(here, &interface.vpc)?;
    let is_forced = request.allow_reassociation == Some(true);
    let other = of_interface(here, &to).map(|(other, _)| other.clone());
    let is_elsewhere = address.interface.as_ref().filter(|used| **used != to);
    if let Some(used) = is_elsewhere.filter(|_| !is_forced) {
        let association = association_id(&id, used);
        return Err(ApiError::new(
            "Resource.AlreadyAssociated",
            format!("resource {id} is already associated with associate-id {association}"),
        ));
    }
    if let Some(other) = other.as_ref().filter(|other| **other != id && !is_forced) {
        return Err(ApiError::new(
            "Resource.AlreadyAssociated",
            format!("resource {to} is already associated with address {other}"),
        ));
    }
    let here = scope.here_mut();
    if let Some(other) = other {
        find_mut(&mut here.addresses, &other)?.interface = None;
    }
    // An address that was only lent goes back.
    find_mut(&mut here.network_interfaces, &to)?.public = None;
    find_mut(&mut here.addresses, &id)?.interface = Some(to.clone());
    Ok(AssociateAddressReply { done: true, association_id: association_id(&id, &to) })
}

/// A public address needs a way to the internet.
pub(crate) fn check_gateway(
    region: &RegionState,
    vpc: &peerway_model::VpcId,
) -> Result<(), ApiError> {
    if region.internet_gateways.values().any(|gateway| gateway.vpc.as_ref() == Some(vpc)) {
        return Ok(());
    }
    Err(ApiError::new(
        "Gateway.NotAttached",
        format!("Network {vpc} is not attached to any internet gateway"),
    ))
}

pub(crate) fn disassociate(
    scope: &mut Scope<'_>,
    request: &DisassociateAddress,
) -> Result<Done, ApiError> {
    let asked =
        request.association_id.as_deref().ok_or_else(|| ApiError::missing("AssociationId"))?;
    let association = AddressAssociationId::read(asked)?;
    let here = scope.here();
    let mut used = here.addresses.iter().filter_map(|(id, it)| Some((id, it.interface.as_ref()?)));
    let found = used.find(|(id, interface)| association_id(id, interface) == association);
    let (id, interface) = found.ok_or_else(|| AddressAssociationId::not_found(&association))?;
    if here.network_interfaces.get(interface).is_some_and(|it| it.holder.is_aws()) {
        return Err(ApiError::new(
            "AuthFailure",
            "You do not have permission to access the specified resource.",
        ));
    }
    let id = id.clone();
    find_mut(&mut scope.here_mut().addresses, &id)?.interface = None;
    Ok(Done::YES)
}

pub(crate) fn release(scope: &mut Scope<'_>, request: &ReleaseAddress) -> Result<Done, ApiError> {
    let asked =
        request.allocation_id.as_deref().ok_or_else(|| ApiError::missing("AllocationId"))?;
    let id = AllocationId::read(asked)?;
    let address = find(&scope.here().addresses, &id)?;
    if address.interface.is_some() {
        return Err(ApiError::new(
            "InvalidIPAddress.InUse",
            format!("Address {} is in use.", address.public),
        ));
    }
    scope.here_mut().addresses.remove(&id);
    Ok(Done::YES)
}

/// Gives an interface an address that AWS lends it as long as it is there.
pub(crate) fn lend(region: &mut RegionState, number: u64, interface: &NetworkInterfaceId) {
    let public = public_address(region, number);
    if let Some(interface) = region.network_interfaces.get_mut(interface) {
        interface.public = Some(public);
    }
}
