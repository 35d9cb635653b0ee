//! Finding interfaces, and how they look.

use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{Region, SecurityGroupId};

use super::wire::{
    AssociationItem, AttachmentItem, DescribeNetworkInterfaces, DescribeNetworkInterfacesReply,
    GroupIdentifier, NetworkInterfaceItem, PrivateAddressItem,
};
use super::{Holder, NetworkInterface, attachments, shared};
use crate::ec2::listing::{Question, describe as describe_all};
use crate::ec2::{addresses, availability_zones};
use crate::filters::{Field, Filterable};
use crate::id::{NetworkInterfaceId, digest};
use crate::paging::Limits;
use crate::scope::Scope;
use crate::state::RegionState;
use crate::{Action, ApiError};

impl Filterable for NetworkInterfaceItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("addresses.association.owner-id", |interface, probe| {
            probe.texts(interface.association.iter().map(|a| a.ip_owner_id.as_str()));
        }),
        ("addresses.association.public-ip", |interface, probe| {
            probe.displays(interface.association.iter().map(|a| a.public_ip));
        }),
        ("addresses.primary", |interface, probe| {
            interface.private_ip_addresses_set.iter().for_each(|a| probe.flag(a.primary));
        }),
        ("addresses.private-ip-address", |interface, probe| {
            probe.displays(interface.private_ip_addresses_set.iter().map(|a| a.private_ip_address));
        }),
        ("association.allocation-id", |interface, probe| {
            probe.displays(interface.association.iter().flat_map(|a| &a.allocation_id));
        }),
        ("association.association-id", |interface, probe| {
            probe.displays(interface.association.iter().flat_map(|a| &a.association_id));
        }),
        ("association.ip-owner-id", |interface, probe| {
            probe.texts(interface.association.iter().map(|a| a.ip_owner_id.as_str()));
        }),
        ("association.public-dns-name", |interface, probe| {
            probe.texts(interface.association.iter().map(|a| a.public_dns_name.as_str()));
        }),
        ("association.public-ip", |interface, probe| {
            probe.displays(interface.association.iter().map(|a| a.public_ip));
        }),
        ("attachment.attachment-id", |interface, probe| {
            probe.texts(interface.attachment.iter().map(|a| a.attachment_id.as_str()));
        }),
        ("attachment.attach-time", |interface, probe| {
            probe.displays(interface.attachment.iter().filter_map(|a| a.attach_time));
        }),
        ("attachment.delete-on-termination", |interface, probe| {
            interface.attachment.iter().for_each(|a| probe.flag(a.delete_on_termination));
        }),
        ("attachment.device-index", |interface, probe| {
            probe.displays(interface.attachment.iter().map(|a| a.device_index));
        }),
        ("attachment.instance-id", |interface, probe| {
            probe.displays(interface.attachment.iter().flat_map(|a| &a.instance_id));
        }),
        ("attachment.instance-owner-id", |interface, probe| {
            probe.texts(interface.attachment.iter().map(|a| a.instance_owner_id.as_str()));
        }),
        ("attachment.status", |interface, probe| {
            probe.texts(interface.attachment.iter().map(|a| a.status));
        }),
        ("availability-zone", |interface, probe| probe.text(&interface.availability_zone)),
        ("availability-zone-id", |interface, probe| {
            probe.displays(&interface.availability_zone_id);
        }),
        ("description", |interface, probe| probe.text(&interface.description)),
        ("group-id", |interface, probe| {
            probe.texts(interface.group_set.iter().map(|group| group.group_id.as_str()));
        }),
        ("group-name", |interface, probe| {
            probe.texts(interface.group_set.iter().map(|group| &*group.group_name));
        }),
        ("interface-type", |interface, probe| probe.text(interface.interface_type)),
        ("mac-address", |interface, probe| probe.text(&interface.mac_address)),
        ("network-interface-id", |interface, probe| {
            probe.text(interface.network_interface_id.as_str());
        }),
        ("owner-id", |interface, probe| probe.text(interface.owner_id.as_str())),
        ("private-dns-name", |interface, probe| probe.text(&interface.private_dns_name)),
        ("private-ip-address", |interface, probe| probe.display(interface.private_ip_address)),
        ("requester-id", |interface, probe| probe.texts(interface.requester_id)),
        ("requester-managed", |interface, probe| probe.flag(interface.requester_managed)),
        ("source-dest-check", |interface, probe| probe.flag(interface.source_dest_check)),
        ("status", |interface, probe| probe.text(interface.status)),
        ("subnet-id", |interface, probe| probe.text(interface.subnet_id.as_str())),
        ("vpc-id", |interface, probe| probe.text(interface.vpc_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeNetworkInterfaces,
) -> Result<DescribeNetworkInterfacesReply, ApiError> {
    let question = Question {
        action: Action::DescribeNetworkInterfaces,
        ids: ("NetworkInterfaceIds", &request.network_interface_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let interfaces = &scope.here().network_interfaces;
    let (network_interface_set, next_token) =
        describe_all(scope, &question, interfaces, |id, interface| show(scope, id, interface))?;
    Ok(DescribeNetworkInterfacesReply { network_interface_set, next_token })
}

/// An interface as AWS shows it.
pub(crate) fn show(
    scope: &Scope<'_>,
    id: &NetworkInterfaceId,
    interface: &NetworkInterface,
) -> NetworkInterfaceItem {
    let (spot, region) = (scope.spot, scope.here());
    let zone = region.subnets.get(&interface.subnet).map(|subnet| &subnet.zone);
    let association = association(scope, id, interface);
    let addresses = interface.addresses().map(|address| PrivateAddressItem {
        private_ip_address: address,
        private_dns_name: private_name(&spot.region, address),
        primary: address == interface.address,
        association: association.clone().filter(|_| address == interface.address),
    });
    NetworkInterfaceItem {
        network_interface_id: id.clone(),
        subnet_id: interface.subnet.clone(),
        vpc_id: interface.vpc.clone(),
        availability_zone: zone
            .and_then(|zone| availability_zones::name_of(scope.state, spot, zone))
            .unwrap_or_default(),
        availability_zone_id: zone.cloned(),
        description: interface.description.clone(),
        owner_id: spot.account.clone(),
        requester_id: match interface.holder {
            Holder::Balancer(_) => Some("amazon-elb"),
            Holder::NatGateway(_) => Some("amazon-nat"),
            Holder::Nobody | Holder::Instance { .. } => None,
        },
        requester_managed: interface.holder.is_aws(),
        status: if interface.is_attached() { "in-use" } else { "available" },
        mac_address: mac_address(id),
        private_ip_address: interface.address,
        private_dns_name: private_name(&spot.region, interface.address),
        source_dest_check: interface.source_dest_check,
        group_set: group_items(region, &interface.groups),
        attachment: show_attachment(scope, id, interface),
        private_ip_addresses_set: addresses.collect(),
        association,
        tag_set: shared(&interface.tags),
        ipv6_addresses_set: Vec::new(),
        interface_type: match interface.holder {
            Holder::NatGateway(_) => "nat_gateway",
            _ => "interface",
        },
    }
}

pub(super) fn show_attachment(
    scope: &Scope<'_>,
    id: &NetworkInterfaceId,
    interface: &NetworkInterface,
) -> Option<AttachmentItem> {
    let attachment_id = attachments::id_of(id, &interface.holder)?;
    let of_service = |service: &str| AttachmentItem {
        attachment_id: attachment_id.clone(),
        instance_id: None,
        instance_owner_id: service.to_owned(),
        device_index: 1,
        network_card_index: 0,
        status: "attached",
        attach_time: None,
        delete_on_termination: false,
    };
    Some(match &interface.holder {
        Holder::Nobody => return None,
        Holder::Balancer(_) => of_service("amazon-elb"),
        Holder::NatGateway(_) => of_service("amazon-aws"),
        Holder::Instance { id: instance, device, goes_with_it, since } => AttachmentItem {
            instance_id: Some(instance.clone()),
            device_index: *device,
            attach_time: Some(since.round(jiff::Unit::Second).unwrap_or(*since)),
            delete_on_termination: *goes_with_it,
            ..of_service(scope.spot.account.as_str())
        },
    })
}

/// The public address of an interface: its Elastic IP address, or one that AWS lent it.
fn association(
    scope: &Scope<'_>,
    id: &NetworkInterfaceId,
    interface: &NetworkInterface,
) -> Option<AssociationItem> {
    let region = &scope.spot.region;
    if let Some((allocation, address)) = addresses::of_interface(scope.here(), id) {
        return Some(AssociationItem {
            public_ip: address.public,
            public_dns_name: public_name(region, address.public),
            ip_owner_id: scope.spot.account.to_string(),
            association_id: Some(addresses::association_id(allocation, id)),
            allocation_id: Some(allocation.clone()),
        });
    }
    interface.public.map(|public| AssociationItem {
        public_ip: public,
        public_dns_name: public_name(region, public),
        ip_owner_id: "amazon".to_owned(),
        association_id: None,
        allocation_id: None,
    })
}

/// Groups with their names.
pub(crate) fn group_items<'a>(
    region: &RegionState,
    groups: impl IntoIterator<Item = &'a SecurityGroupId>,
) -> Vec<GroupIdentifier> {
    let named = groups.into_iter().map(|id| GroupIdentifier {
        group_id: id.clone(),
        group_name: region
            .security_groups
            .get(id)
            .map_or_else(|| "".into(), |group| Arc::clone(&group.name)),
    });
    named.collect()
}

/// A hardware address that follows from the interface's id.
pub(crate) fn mac_address(id: &NetworkInterfaceId) -> String {
    let bytes = digest(0, &[id.as_str()]).to_be_bytes();
    let hex: Vec<String> = bytes[..5].iter().map(|byte| format!("{byte:02x}")).collect();
    // The second bit of the first byte says that nobody has sold this address.
    format!("02:{}", hex.join(":"))
}

/// The name that AWS's resolver gives to a private address.
pub(crate) fn private_name(region: &Region, address: Ipv4Addr) -> String {
    let dashed = address.to_string().replace('.', "-");
    match region.as_str() {
        "us-east-1" => format!("ip-{dashed}.ec2.internal"),
        region => format!("ip-{dashed}.{region}.compute.internal"),
    }
}

fn public_name(region: &Region, address: Ipv4Addr) -> String {
    let dashed = address.to_string().replace('.', "-");
    match region.as_str() {
        "us-east-1" => format!("ec2-{dashed}.compute-1.amazonaws.com"),
        region => format!("ec2-{dashed}.{region}.compute.amazonaws.com"),
    }
}
