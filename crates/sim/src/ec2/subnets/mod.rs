//! Subnets. What may be changed about one is in `attributes.rs`, its IPv6 block in `cidrs.rs`, what is set aside in it in
//! `reservations.rs`.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

mod attributes;
mod cidrs;
mod defaults;
mod reservations;

use std::sync::Arc;

use peerway_model::{AccountId, CidrBlock, Family, SubnetId, VpcId, ZoneId};
use serde::{Deserialize, Serialize};

pub use attributes::ModifySubnetAttribute;
pub(crate) use attributes::modify_attribute;
pub use cidrs::{AssociateSubnetCidrBlock, DisassociateSubnetCidrBlock, SubnetCidrBlockReply};
pub(crate) use cidrs::{associate_cidr, disassociate_cidr, with_association};
pub use defaults::CreateDefaultSubnet;
pub(crate) use defaults::{create_default, create_defaults, default_in, own_zones};
pub use reservations::{
    CreateSubnetCidrReservation, CreateSubnetCidrReservationReply, DeleteSubnetCidrReservation,
    DeleteSubnetCidrReservationReply, GetSubnetCidrReservations, GetSubnetCidrReservationsReply,
    ReservationItem,
};
pub(crate) use reservations::{
    Reservation, create_reservation, delete_reservation, get_reservations, read_type,
};

use super::availability_zones::Kind;
use super::listing::{Question, describe as describe_all};
use super::vpcs::CidrBlockState;
use super::{
    Done, Filter, TagSet, TagSpecification, availability_zones, network_acls, network_interfaces,
    route_tables, tags,
};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, SubnetCidrAssociationId};
use crate::paging::Limits;
use crate::scope::{Scope, find};
use crate::state::{Maker, RegionState, SharedTags};
use crate::{Action, ApiError};

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) vpc: VpcId,
    pub(crate) zone: ZoneId,
    pub(crate) cidr: Option<CidrBlock>,
    pub(crate) ipv6_cidr: Option<CidrBlock>,
    /// Whether it is the default one of its zone, which only the default VPC has.
    pub(crate) is_default: bool,
    pub(crate) maps_public_ip: bool,
    pub(crate) assigns_ipv6: bool,
    pub(crate) dns: SubnetDns,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// How what stands in a subnet is named, and finds names.
#[expect(clippy::struct_excessive_bools, reason = "AWS has as many switches")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SubnetDns {
    /// `enableDns64`.
    pub(crate) dns64: bool,
    /// Whether instances are named after their ids, not their addresses.
    pub(crate) by_resource: bool,
    /// Whether names of that kind have A records.
    pub(crate) a_records: bool,
    /// Whether names of that kind have AAAA records.
    pub(crate) aaaa_records: bool,
}

impl Subnet {
    /// Whether instances are named after their ids: where there are no IPv4 addresses they always are.
    fn names_by_resource(&self) -> bool {
        self.dns.by_resource || self.cidr.is_none()
    }

    /// Its blocks of both families.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &CidrBlock> {
        self.cidr.iter().chain(&self.ipv6_cidr)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeSubnets {
    #[serde(default, rename = "SubnetId")]
    pub subnet_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeSubnetsReply {
    pub subnet_set: Vec<SubnetItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "AWS answers with so many")]
pub struct SubnetItem {
    pub subnet_id: SubnetId,
    pub subnet_arn: String,
    pub state: &'static str,
    pub owner_id: AccountId,
    pub vpc_id: VpcId,
    pub cidr_block: Option<CidrBlock>,
    pub ipv6_cidr_block_association_set: Vec<SubnetIpv6Block>,
    pub available_ip_address_count: u64,
    pub availability_zone: String,
    pub availability_zone_id: ZoneId,
    pub default_for_az: bool,
    pub map_public_ip_on_launch: bool,
    pub assign_ipv6_address_on_creation: bool,
    pub ipv6_native: bool,
    pub enable_dns64: bool,
    pub private_dns_name_options_on_launch: LaunchDnsNames,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchDnsNames {
    pub hostname_type: &'static str,
    pub enable_resource_name_dns_a_record: bool,
    #[serde(rename = "enableResourceNameDnsAAAARecord")]
    pub enable_resource_name_dns_aaaa_record: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubnetIpv6Block {
    pub association_id: SubnetCidrAssociationId,
    pub ipv6_cidr_block: CidrBlock,
    pub ipv6_cidr_block_state: CidrBlockState,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateSubnet {
    pub vpc_id: String,
    pub cidr_block: Option<String>,
    pub ipv6_cidr_block: Option<String>,
    pub ipv6_native: Option<bool>,
    pub availability_zone: Option<String>,
    pub availability_zone_id: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSubnetReply {
    pub subnet: SubnetItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteSubnet {
    pub subnet_id: String,
    pub dry_run: Option<bool>,
}

impl Filterable for SubnetItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("availability-zone", |subnet, probe| probe.text(&subnet.availability_zone)),
        ("availability-zone-id", |subnet, probe| probe.text(subnet.availability_zone_id.as_str())),
        ("availabilityZone", |subnet, probe| probe.text(&subnet.availability_zone)),
        ("availabilityZoneId", |subnet, probe| probe.text(subnet.availability_zone_id.as_str())),
        ("available-ip-address-count", |subnet, probe| {
            probe.display(subnet.available_ip_address_count);
        }),
        ("cidr", |subnet, probe| probe.displays(subnet.cidr_block)),
        ("cidr-block", |subnet, probe| probe.displays(subnet.cidr_block)),
        ("cidrBlock", |subnet, probe| probe.displays(subnet.cidr_block)),
        ("default-for-az", |subnet, probe| probe.flag(subnet.default_for_az)),
        ("defaultForAz", |subnet, probe| probe.flag(subnet.default_for_az)),
        ("ipv6-cidr-block-association.association-id", |subnet, probe| {
            let blocks = &subnet.ipv6_cidr_block_association_set;
            probe.texts(blocks.iter().map(|block| block.association_id.as_str()));
        }),
        ("ipv6-cidr-block-association.ipv6-cidr-block", |subnet, probe| {
            let blocks = &subnet.ipv6_cidr_block_association_set;
            probe.displays(blocks.iter().map(|block| block.ipv6_cidr_block));
        }),
        ("ipv6-cidr-block-association.state", |subnet, probe| {
            let blocks = &subnet.ipv6_cidr_block_association_set;
            probe.texts(blocks.iter().map(|block| block.ipv6_cidr_block_state.state));
        }),
        ("enable-dns64", |subnet, probe| probe.flag(subnet.enable_dns64)),
        ("ipv6-native", |subnet, probe| probe.flag(subnet.ipv6_native)),
        ("map-public-ip-on-launch", |subnet, probe| probe.flag(subnet.map_public_ip_on_launch)),
        ("owner-id", |subnet, probe| probe.text(subnet.owner_id.as_str())),
        (
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
            |subnet, probe| {
                let names = subnet.private_dns_name_options_on_launch;
                probe.flag(names.enable_resource_name_dns_a_record);
            },
        ),
        (
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
            |subnet, probe| {
                let names = subnet.private_dns_name_options_on_launch;
                probe.flag(names.enable_resource_name_dns_aaaa_record);
            },
        ),
        ("private-dns-name-options-on-launch.hostname-type", |subnet, probe| {
            probe.text(subnet.private_dns_name_options_on_launch.hostname_type);
        }),
        ("state", |subnet, probe| probe.text(subnet.state)),
        ("subnet-arn", |subnet, probe| probe.text(&subnet.subnet_arn)),
        ("subnet-id", |subnet, probe| probe.text(subnet.subnet_id.as_str())),
        ("vpc-id", |subnet, probe| probe.text(subnet.vpc_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

/// The words for what instances are named after.
const BY_ADDRESS: &str = "ip-name";
const BY_RESOURCE: &str = "resource-name";

fn show(scope: &Scope<'_>, id: &SubnetId, subnet: &Subnet) -> SubnetItem {
    let spot = scope.spot;
    let ipv6 = subnet.ipv6_cidr.map(|ipv6_cidr_block| SubnetIpv6Block {
        association_id: cidrs::association_of(id, &ipv6_cidr_block),
        ipv6_cidr_block,
        ipv6_cidr_block_state: CidrBlockState { state: "associated" },
    });
    SubnetItem {
        subnet_id: id.clone(),
        subnet_arn: format!("arn:aws:ec2:{}:{}:subnet/{id}", spot.region, spot.account),
        state: "available",
        owner_id: spot.account.clone(),
        vpc_id: subnet.vpc.clone(),
        cidr_block: subnet.cidr,
        ipv6_cidr_block_association_set: ipv6.into_iter().collect(),
        available_ip_address_count: subnet
            .cidr
            .map_or(0, |block| network_interfaces::free_count(scope.here(), id, block)),
        availability_zone: availability_zones::name_of(scope.state, spot, &subnet.zone)
            .unwrap_or_default(),
        availability_zone_id: subnet.zone.clone(),
        default_for_az: subnet.is_default,
        map_public_ip_on_launch: subnet.maps_public_ip,
        assign_ipv6_address_on_creation: subnet.assigns_ipv6,
        ipv6_native: subnet.cidr.is_none(),
        enable_dns64: subnet.dns.dns64,
        private_dns_name_options_on_launch: LaunchDnsNames {
            hostname_type: if subnet.names_by_resource() { BY_RESOURCE } else { BY_ADDRESS },
            enable_resource_name_dns_a_record: subnet.dns.a_records,
            enable_resource_name_dns_aaaa_record: subnet.dns.aaaa_records,
        },
        tag_set: TagSet(Arc::clone(&subnet.tags)),
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeSubnets,
) -> Result<DescribeSubnetsReply, ApiError> {
    let question = Question {
        action: Action::DescribeSubnets,
        ids: ("SubnetIds", &request.subnet_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let (subnet_set, next_token) =
        describe_all(scope, &question, &scope.here().subnets, |id, subnet| {
            show(scope, id, subnet)
        })?;
    Ok(DescribeSubnetsReply { subnet_set, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateSubnet,
) -> Result<CreateSubnetReply, ApiError> {
    let vpc = VpcId::read(&request.vpc_id)?;
    find(&scope.here().vpcs, &vpc)?;
    let tags = tags::specified(scope, &request.tag_specifications, "subnet")?;
    let (name, id) = (&request.availability_zone, &request.availability_zone_id);
    let zone = read_zone(scope, name.as_deref(), id.as_deref())?;
    let cidr = request
        .cidr_block
        .as_deref()
        .map(|text| route_tables::read_block("cidrBlock", text, Family::V4));
    let ipv6_cidr = request
        .ipv6_cidr_block
        .as_deref()
        .map(|text| route_tables::read_block("ipv6CidrBlock", text, Family::V6));
    let subnet = Subnet {
        vpc,
        zone,
        cidr: cidr.transpose()?,
        ipv6_cidr: ipv6_cidr.transpose()?,
        is_default: false,
        maps_public_ip: false,
        assigns_ipv6: false,
        dns: SubnetDns::default(),
        tags,
        maker: scope.maker(),
    };
    match (subnet.cidr, subnet.ipv6_cidr, request.ipv6_native == Some(true)) {
        (None, _, false) => return Err(ApiError::missing("cidrBlock")),
        (None, None, true) => return Err(ApiError::missing("ipv6CidrBlock")),
        (Some(_), _, true) => {
            return Err(ApiError::invalid_combination(
                "An IPv6-only subnet cannot have an IPv4 CIDR block",
            ));
        }
        _ => {}
    }
    Ok(CreateSubnetReply { subnet: add(scope, subnet)? })
}

pub(crate) fn too_many() -> ApiError {
    ApiError::new("SubnetLimitExceeded", "The maximum number of subnets has been reached.")
}

/// Lets a new subnet stand, if there is room for it.
fn add(scope: &mut Scope<'_>, subnet: Subnet) -> Result<SubnetItem, ApiError> {
    check_blocks(scope.here(), &subnet)?;
    let count = scope.here().subnets.values().filter(|other| other.vpc == subnet.vpc).count();
    if count >= scope.settings.quotas.subnets_per_vpc {
        return Err(too_many());
    }
    let id: SubnetId = scope.ids.fresh();
    let item = show(scope, &id, &subnet);
    network_acls::subnet_is_created(scope.here_mut(), &subnet.vpc, &id);
    scope.here_mut().subnets.insert(id, subnet);
    Ok(item)
}

/// The zone asked for; the Region's first one when none is. (AWS then chooses by its own lights.)
fn read_zone(scope: &Scope<'_>, name: Option<&str>, id: Option<&str>) -> Result<ZoneId, ApiError> {
    let zones = availability_zones::of(scope.state, scope.spot);
    let (parameter, value, found) = match (name, id) {
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid_combination(
                "Only one of availabilityZone and availabilityZoneId may be given",
            ));
        }
        (Some(name), None) => ("availabilityZone", name, zones.get(name)),
        (None, Some(id)) => {
            let found = zones.values().find(|known| known.as_str() == id);
            ("availabilityZoneId", id, found)
        }
        (None, None) => {
            let own = zones.values().find(|zone| Kind::of(zone) == Kind::Usual);
            ("availabilityZone", "", own)
        }
    };
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = zones.keys().map(String::as_str).collect();
        ApiError::invalid_value(format!(
            "Value ({value}) for parameter {parameter} is invalid. Subnets can currently only be created in the \
             following availability zones: {}.",
            names.join(", ")
        ))
    })
}

/// A new subnet's blocks must be fit for it.
pub(crate) fn check_blocks(region: &RegionState, subnet: &Subnet) -> Result<(), ApiError> {
    subnet.blocks().try_for_each(|block| check_block(region, &subnet.vpc, block))
}

/// A subnet's block must be of a size that AWS allows
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>), lie in a block of the VPC, and meet no other
/// subnet.
fn check_block(region: &RegionState, vpc_id: &VpcId, block: &CidrBlock) -> Result<(), ApiError> {
    let vpc = find(&region.vpcs, vpc_id)?;
    let length = block.prefix_len();
    let is_sized = match block.family() {
        Family::V4 => (16..=28).contains(&length),
        Family::V6 => (44..=64).contains(&length) && length.is_multiple_of(4),
    };
    if !is_sized || !vpc.blocks().any(|of_vpc| of_vpc.contains(block)) {
        return Err(ApiError::new(
            "InvalidSubnet.Range",
            format!("The CIDR '{block}' is invalid."),
        ));
    }
    let others = region.subnets.values().filter(|other| other.vpc == *vpc_id);
    if others.flat_map(Subnet::blocks).any(|other| other.meets(block)) {
        return Err(ApiError::new(
            "InvalidSubnet.Conflict",
            format!("The CIDR '{block}' conflicts with another subnet"),
        ));
    }
    Ok(())
}

pub(crate) fn delete(scope: &mut Scope<'_>, request: &DeleteSubnet) -> Result<Done, ApiError> {
    let id = SubnetId::read(&request.subnet_id)?;
    find(&scope.here().subnets, &id)?;
    if network_interfaces::stands_in(scope.here(), &id) {
        return Err(ApiError::dependency(format!(
            "The subnet '{id}' has dependencies and cannot be deleted."
        )));
    }
    let here = scope.here_mut();
    route_tables::subnet_is_deleted(&mut here.route_tables, &id);
    network_acls::subnet_is_deleted(here, &id);
    here.reservations.retain(|_, reservation| reservation.subnet != id);
    here.subnets.remove(&id);
    Ok(Done::YES)
}
