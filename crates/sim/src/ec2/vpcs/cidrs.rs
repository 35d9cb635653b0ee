//! The blocks of a VPC: what AWS allows to associate, and the local routes that follow.

use peerway_model::cidr::{address, first_meeting};
use peerway_model::clock::after;
use peerway_model::{CidrBlock, Family, VpcId};

use super::wire::{
    AssociateVpcCidrBlock, CidrBlockState, DisassociateVpcCidrBlock, VpcBlock, VpcCidrBlockReply,
    VpcIpv6Block,
};
use super::{CidrAssociation, CidrState, Vpc, subnets_within};
use crate::ApiError;
use crate::ec2::{network_acls, peerings, route_tables};
use crate::events::Event;
use crate::id::{AwsId, CidrAssociationId, digest};
use crate::scope::{Scope, find, find_mut};
use crate::state::{Spot, State};

impl From<&CidrAssociation> for VpcBlock {
    fn from(association: &CidrAssociation) -> Self {
        Self {
            association_id: association.id.clone(),
            cidr_block: association.block,
            cidr_block_state: CidrBlockState { state: association.state.as_str() },
        }
    }
}

pub(super) fn show_ipv6(scope: &Scope<'_>, association: &CidrAssociation) -> VpcIpv6Block {
    VpcIpv6Block {
        association_id: association.id.clone(),
        ipv6_cidr_block: association.block,
        ipv6_cidr_block_state: CidrBlockState { state: association.state.as_str() },
        network_border_group: scope.spot.region.clone(),
        ipv6_pool: "Amazon",
    }
}

/// Reads an IPv4 block that VPCs may have; host bits are cleared, as AWS does.
pub(super) fn read_vpc_block(text: &str) -> Result<CidrBlock, ApiError> {
    let block = crate::ec2::route_tables::read_block("cidrBlock", text, Family::V4)?;
    check_vpc_block(block)?;
    Ok(block)
}

/// Ranges that no network has as its own: this network, loopback, link-local, multicast (RFC 6890, RFC 5771).
const RESERVED: [&str; 4] = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"];

/// Whether a VPC may have an IPv4 block at all, by its size and by what it is for.
pub(crate) fn check_vpc_block(block: CidrBlock) -> Result<(), ApiError> {
    let is_sized = block.family() == Family::V4 && (16..=28).contains(&block.prefix_len());
    if is_sized && within(&RESERVED, block).is_none() {
        return Ok(());
    }
    Err(ApiError::new("InvalidVpc.Range", format!("The CIDR '{block}' is invalid.")))
}

/// The first of these ranges that a block lies in.
fn within(ranges: &[&'static str], block: CidrBlock) -> Option<&'static str> {
    let mut ranges = ranges.iter().copied();
    ranges.find(|range| range.parse().is_ok_and(|range: CidrBlock| range.contains(&block)))
}

/// A /56 out of the range that the simulated AWS gives away: a VPC's next one, whatever else was made before.
pub(super) fn amazon_provided(scope: &Scope<'_>, vpc: &VpcId) -> CidrBlock {
    let has = scope.here().vpcs.get(vpc).map_or(0, |vpc| vpc.ipv6_cidrs.len());
    let drawn = digest(scope.settings.seed, &[vpc.as_str(), &has.to_string()]);
    let number = 0x2600_1f00_u128 << 96 | u128::from(drawn >> 24) << 72;
    match address(Family::V6, number).map(|address| CidrBlock::truncating(address, 56)) {
        Some(Ok(block)) => block,
        _ => unreachable!("every 128-bit number is an address, and 56 a length"),
    }
}

pub(crate) fn associate_cidr(
    scope: &mut Scope<'_>,
    request: &AssociateVpcCidrBlock,
) -> Result<VpcCidrBlockReply, ApiError> {
    let vpc_id = VpcId::read(&request.vpc_id)?;
    find(&scope.here().vpcs, &vpc_id)?;
    let wants_ipv6 = request.amazon_provided_ipv6_cidr_block == Some(true);
    let block = match (&request.cidr_block, wants_ipv6) {
        (Some(text), false) => read_vpc_block(text)?,
        (None, true) => amazon_provided(scope, &vpc_id),
        (None, false) => return Err(ApiError::missing("CidrBlock")),
        (Some(_), true) => {
            return Err(ApiError::invalid_combination(
                "Only one of CidrBlock and AmazonProvidedIpv6CidrBlock may be given",
            ));
        }
    };
    check_association(scope, &vpc_id, block)?;
    let association =
        CidrAssociation { id: scope.ids.fresh(), block, state: CidrState::Associating };
    let (ipv4, ipv6) = if wants_ipv6 {
        (None, Some(show_ipv6(scope, &association)))
    } else {
        (Some(VpcBlock::from(&association)), None)
    };
    let event = Event::CidrSettled(scope.spot.clone(), vpc_id.clone(), association.id.clone());
    let at = after(scope.now, scope.settings.timings.cidr_association);
    scope.state.schedule(at, event);
    peerings::block_is_added(scope, &vpc_id, block);
    let vpc = find_mut(&mut scope.here_mut().vpcs, &vpc_id)?;
    if wants_ipv6 { &mut vpc.ipv6_cidrs } else { &mut vpc.cidrs }.push(association);
    Ok(VpcCidrBlockReply {
        vpc_id,
        cidr_block_association: ipv4,
        ipv6_cidr_block_association: ipv6,
    })
}

fn check_association(scope: &Scope<'_>, id: &VpcId, block: CidrBlock) -> Result<(), ApiError> {
    let vpc = find(&scope.here().vpcs, id)?;
    let same_family = match block.family() {
        Family::V4 => &vpc.cidrs,
        Family::V6 => &vpc.ipv6_cidrs,
    };
    if same_family.len() >= scope.settings.quotas.cidrs_per_vpc {
        return Err(ApiError::new(
            "VpcCidrLimitExceeded",
            format!("The maximum number of CIDR blocks of {id} has been reached"),
        ));
    }
    if same_family.iter().any(|other| other.block.meets(&block)) {
        return Err(ApiError::new(
            "InvalidVpc.Range",
            format!("The CIDR '{block}' conflicts with another CIDR block of the VPC"),
        ));
    }
    let present: Vec<CidrBlock> = same_family.iter().map(|it| it.block).collect();
    check_beside(&present, block)?;
    // Were it allowed, traffic to the route's destination would stay in the VPC.
    let covered = route_tables::static_destinations(scope.here(), id)
        .find(|destination| block.contains(destination));
    if let Some(destination) = covered {
        return Err(ApiError::invalid_value(format!(
            "The CIDR '{block}' is equal to or larger than the destination {destination} of a route of the VPC"
        )));
    }
    peerings::check_new_block(scope, id, block)
}

/// Whether a block may be added to a VPC that has these already, its primary one first. AWS keeps ranges apart, which its
/// own services use beside them
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions>).
pub(crate) fn check_beside(present: &[CidrBlock], block: CidrBlock) -> Result<(), ApiError> {
    match restriction(present, block) {
        None => Ok(()),
        Some(restricted) => Err(ApiError::new(
            "InvalidVpc.Range",
            format!(
                "The CIDR '{block}' is restricted: blocks of {restricted} cannot be added to this VPC"
            ),
        )),
    }
}

fn restriction(present: &[CidrBlock], block: CidrBlock) -> Option<&'static str> {
    const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
    const DEFAULT: &str = "172.31.0.0/16";
    const FIRST: &str = "10.0.0.0/16";
    const BENCHMARK: &str = "198.19.0.0/16";
    let is_in = |range: &'static str, block| within(&[range], block).is_some();
    let primary = *present.first()?;
    let of_primary = within(&PRIVATE, primary);
    // Of other private ranges than its own; a VPC out of none of them may have none.
    if let Some(private) = within(&PRIVATE, block).filter(|_| within(&PRIVATE, block) != of_primary)
    {
        return Some(private);
    }
    if is_in(BENCHMARK, block) && !is_in(BENCHMARK, primary) {
        return Some(BENCHMARK);
    }
    if is_in(DEFAULT, block) {
        return Some(DEFAULT);
    }
    let has_first = present.iter().any(|it| is_in("10.0.0.0/15", *it));
    (has_first && is_in(FIRST, block)).then_some(FIRST)
}

pub(crate) fn disassociate_cidr(
    scope: &mut Scope<'_>,
    request: &DisassociateVpcCidrBlock,
) -> Result<VpcCidrBlockReply, ApiError> {
    let id = CidrAssociationId::read(&request.association_id)?;
    let here = scope.here();
    let found = here.vpcs.iter().find_map(|(vpc_id, vpc)| {
        let all = vpc.cidrs.iter().chain(&vpc.ipv6_cidrs);
        all.into_iter().find(|a| a.id == id).map(|a| (vpc_id.clone(), vpc, a.block))
    });
    let (vpc_id, vpc, block) = found.ok_or_else(|| CidrAssociationId::not_found(&id))?;
    if vpc.cidrs.first().is_some_and(|primary| primary.id == id) {
        return Err(ApiError::new(
            "OperationNotPermitted",
            format!(
                "The vpc CIDR block with association ID {id} may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
            ),
        ));
    }
    if subnets_within(here, &vpc_id, &block).next().is_some() {
        return Err(ApiError::new(
            "InvalidCidrBlock.InUse",
            format!("The vpc {vpc_id} currently has a subnet within CIDR block {block}"),
        ));
    }
    let at = after(scope.now, scope.settings.timings.cidr_association);
    let event = Event::CidrSettled(scope.spot.clone(), vpc_id.clone(), id.clone());
    scope.state.schedule(at, event);
    let vpc = find_mut(&mut scope.here_mut().vpcs, &vpc_id)?;
    let mut shown = None;
    for association in vpc.cidrs.iter_mut().chain(&mut vpc.ipv6_cidrs).filter(|a| a.id == id) {
        association.state = CidrState::Disassociating;
        shown = Some(association.clone());
    }
    let is_ipv6 = block.family() == Family::V6;
    Ok(VpcCidrBlockReply {
        vpc_id,
        cidr_block_association: shown.as_ref().filter(|_| !is_ipv6).map(VpcBlock::from),
        ipv6_cidr_block_association: shown
            .as_ref()
            .filter(|_| is_ipv6)
            .map(|association| show_ipv6(scope, association)),
    })
}

/// A block has come or is to go: with it come and go the local routes of all tables.
pub(crate) fn cidr_settled(
    state: &mut State,
    spot: &Spot,
    id: &VpcId,
    association: &CidrAssociationId,
) {
    let region = state.at_mut(spot);
    let Some(vpc) = region.vpcs.get_mut(id) else { return };
    let mut has_new_ipv6 = false;
    for list in [&mut vpc.cidrs, &mut vpc.ipv6_cidrs] {
        let Some(at) = list.iter().position(|a| a.id == *association) else { continue };
        let block = list[at].block;
        match list[at].state {
            CidrState::Associating => {
                list[at].state = CidrState::Associated;
                route_tables::add_local(&mut region.route_tables, id, block);
                has_new_ipv6 = block.family() == Family::V6;
            }
            CidrState::Disassociating => {
                list.remove(at);
                route_tables::remove_local(&mut region.route_tables, id, block);
            }
            CidrState::Associated => {}
        }
        break;
    }
    if has_new_ipv6 {
        network_acls::vpc_has_ipv6(region, id);
    }
}

/// The first pair of blocks of two VPCs that meet, of either family.
pub(crate) fn overlap(one: &Vpc, other: &Vpc) -> Option<(CidrBlock, CidrBlock)> {
    let others: Vec<CidrBlock> = other.claimed().copied().collect();
    first_meeting(one.claimed(), &others)
}
