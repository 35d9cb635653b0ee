//! The IPv4 addresses of a subnet: which are taken, which are set aside, which is the next one.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use peerway_model::{CidrBlock, Family, SubnetId};

use super::New;
use super::wire::AddressSpecification;
use crate::ApiError;
use crate::scope::find;
use crate::state::RegionState;

/// The first four addresses of a subnet and the last are AWS's own
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>).
const RESERVED_BELOW: u32 = 4;
const RESERVED: u64 = 5;

/// How many addresses a block has for interfaces.
pub(crate) fn capacity(block: CidrBlock) -> u64 {
    (1_u64 << (32 - block.prefix_len())).saturating_sub(RESERVED)
}

/// How many addresses of a subnet are left: neither taken nor set aside by a reservation.
pub(crate) fn free_count(region: &RegionState, id: &SubnetId, block: CidrBlock) -> u64 {
    let used = region.used_addresses.get(id).map_or(0, std::collections::BTreeMap::len);
    let reserved: u64 = reserved_in(region, id)
        .map(|reservation| {
            let (first, last) = range(reservation);
            let (low, high) = usable(block);
            let all = u64::from(last.min(high)).saturating_sub(first.max(low).into()) + 1;
            let taken = region
                .used_addresses
                .get(id)
                .map_or(0, |used| used.range(Ipv4Addr::from(first)..=Ipv4Addr::from(last)).count());
            all.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX))
        })
        .sum();
    let used = u64::try_from(used).unwrap_or(u64::MAX);
    capacity(block).saturating_sub(used).saturating_sub(reserved)
}

/// The ranges of a subnet that nothing gets an address from by itself.
pub(crate) fn reserved_in(region: &RegionState, id: &SubnetId) -> impl Iterator<Item = CidrBlock> {
    let reservations = region.reservations.values().filter(move |r| r.subnet == *id);
    reservations.map(|r| r.block).filter(|block| block.family() == Family::V4)
}

fn range(block: CidrBlock) -> (u32, u32) {
    let (first, last) = block.range();
    (u32::try_from(first).unwrap_or_default(), u32::try_from(last).unwrap_or(u32::MAX))
}

/// The lowest and the highest address that interfaces may have.
fn usable(block: CidrBlock) -> (u32, u32) {
    let (first, last) = range(block);
    (first + RESERVED_BELOW, last - 1)
}

/// The addresses that a new interface gets, primary and secondary ones.
pub(super) fn take(
    region: &RegionState,
    new: &New,
) -> Result<(Ipv4Addr, BTreeSet<Ipv4Addr>), ApiError> {
    let subnet = find(&region.subnets, &new.subnet)?;
    let Some(block) = subnet.cidr else {
        return Err(ApiError::invalid_value(format!(
            "The subnet {} has no IPv4 CIDR block",
            new.subnet
        )));
    };
    let mut taken = BTreeSet::new();
    let (asked, more) = &new.secondary;
    for address in new.address.iter().chain(asked) {
        check(region, &new.subnet, block, *address)?;
        if !taken.insert(*address) {
            return Err(in_use(*address));
        }
    }
    let mut next = || {
        let address = lowest(region, &new.subnet, block, &taken).ok_or_else(no_space)?;
        taken.insert(address);
        Ok::<_, ApiError>(address)
    };
    let primary = match new.address {
        Some(address) => address,
        None => next()?,
    };
    let mut secondary: BTreeSet<Ipv4Addr> = asked.iter().copied().collect();
    for _ in 0..*more {
        secondary.insert(next()?);
    }
    Ok((primary, secondary))
}

/// The primary address of an interface that an estate lists: the one it says, or the lowest that is free beside the
/// secondary ones, which must be free as well.
pub(crate) fn choose(
    region: &RegionState,
    id: &SubnetId,
    asked: Option<Ipv4Addr>,
    secondary: &BTreeSet<Ipv4Addr>,
) -> Result<Ipv4Addr, ApiError> {
    let Some(block) = find(&region.subnets, id)?.cidr else {
        return Err(ApiError::invalid_value(format!("The subnet {id} has no IPv4 CIDR block")));
    };
    for address in asked.iter().chain(secondary) {
        check(region, id, block, *address)?;
    }
    match asked {
        Some(asked) if secondary.contains(&asked) => Err(in_use(asked)),
        Some(asked) => Ok(asked),
        None => lowest(region, id, block, secondary).ok_or_else(no_space),
    }
}

/// AWS's words when a subnet is full.
pub(super) fn no_space() -> ApiError {
    ApiError::new(
        "InsufficientFreeAddressesInSubnet",
        "The specified subnet does not have enough free addresses to satisfy the request.",
    )
}

fn in_use(address: Ipv4Addr) -> ApiError {
    ApiError::new("InvalidIPAddress.InUse", format!("Address {address} is in use."))
}

fn check(
    region: &RegionState,
    subnet: &SubnetId,
    block: CidrBlock,
    address: Ipv4Addr,
) -> Result<(), ApiError> {
    if !block.contains_address(IpAddr::V4(address)) {
        return Err(ApiError::invalid_value(format!(
            "Address {address} does not fall within the subnet's address range"
        )));
    }
    let (low, high) = usable(block);
    if !(low..=high).contains(&address.into()) {
        return Err(ApiError::invalid_value(format!(
            "Address {address} is in subnet's reserved address range"
        )));
    }
    let used = region.used_addresses.get(subnet);
    if used.is_some_and(|used| used.contains_key(&address)) {
        return Err(in_use(address));
    }
    Ok(())
}

/// The lowest address that is free. (AWS takes any; this one is the same in every run.)
fn lowest(
    region: &RegionState,
    subnet: &SubnetId,
    block: CidrBlock,
    also_taken: &BTreeSet<Ipv4Addr>,
) -> Option<Ipv4Addr> {
    let (low, high) = usable(block);
    let reserved: Vec<CidrBlock> = reserved_in(region, subnet).collect();
    let used = region.used_addresses.get(subnet);
    (low..=high).map(Ipv4Addr::from).find(|address| {
        used.is_none_or(|used| !used.contains_key(address))
            && !also_taken.contains(address)
            && !reserved.iter().any(|range| range.contains_address(IpAddr::V4(*address)))
    })
}

/// Reads an address of a request.
pub(crate) fn parse_address(parameter: &str, text: &str) -> Result<Ipv4Addr, ApiError> {
    text.parse().map_err(|_| {
        ApiError::invalid_value(format!(
            "Value ({text}) for parameter {parameter} is invalid. Invalid IPv4 address."
        ))
    })
}

/// The primary address among these, if one is marked so, and the others.
pub(super) fn read_specifications(
    specifications: &[AddressSpecification],
) -> Result<(Option<Ipv4Addr>, Vec<Ipv4Addr>), ApiError> {
    let (mut primary, mut others) = (None, Vec::new());
    for specification in specifications {
        let address = parse_address("privateIpAddresses", &specification.private_ip_address)?;
        if specification.primary != Some(true) {
            others.push(address);
        } else if primary.replace(address).is_some() {
            return Err(ApiError::invalid_combination(
                "Only one primary private IP address can be specified.",
            ));
        }
    }
    Ok((primary, others))
}
