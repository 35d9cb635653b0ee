//! Which blocks the subnets of a group get: the lowest free one for every zone, in the order of zone ids. Pure and
//! deterministic: whoever computes it again from the same facts, after a crash or in another process, gets the same.
//!
//! In: the VPC's blocks, what is taken, what a group asks for and has. Out: one block per zone, for all zones or none.
//! Two controllers that see different facts may choose the same block; AWS refuses the second
//! (`InvalidSubnet.Conflict`), and whoever was refused observes and chooses again.

mod promises;
mod space;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use peerway_model::{CidrBlock, Family, ZoneId};

pub use promises::{Group, Holder, Promise, Refusal, promised, promises};

use space::{Space, largest_free};

/// How long a prefix a group's subnets have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrefixLength {
    family: Family,
    bits: u8,
}

impl PrefixLength {
    /// The longest IPv4 prefix: a load balancer needs a /27 with eight free addresses
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-manage-subnets.html>).
    pub const LONGEST: u8 = 27;
    /// The shortest IPv4 prefix of a subnet, and of a VPC's block.
    pub const SHORTEST: u8 = 16;
    /// IPv6: a subnet of a group has one /64.
    pub const IPV6: Self = Self { family: Family::V6, bits: 64 };

    /// An IPv4 prefix of 16 to 27 bits.
    #[must_use]
    pub const fn ipv4(bits: u8) -> Option<Self> {
        if bits >= Self::SHORTEST && bits <= Self::LONGEST {
            Some(Self { family: Family::V4, bits })
        } else {
            None
        }
    }

    /// The family of the blocks.
    #[must_use]
    pub const fn family(self) -> Family {
        self.family
    }

    /// The number of fixed bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.bits
    }

    /// The longest prefix that can be asked for in this family.
    const fn unit_length(self) -> u8 {
        match self.family {
            Family::V4 => Self::LONGEST,
            Family::V6 => 64,
        }
    }

    /// How many bits of an address tell the addresses of one unit apart.
    const fn unit_bits(self) -> u8 {
        match self.family {
            Family::V4 => 32 - Self::LONGEST,
            Family::V6 => 64,
        }
    }
}

impl Default for PrefixLength {
    /// A /26: 59 addresses, enough for several load balancers.
    fn default() -> Self {
        Self { family: Family::V4, bits: 26 }
    }
}

impl fmt::Display for PrefixLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.bits)
    }
}

/// What a group asks for in one family, and what it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Where its blocks may lie, the place to fill first at the front. Empty: anywhere in the VPC.
    pub within: Vec<CidrBlock>,
    /// How large they are.
    pub prefix_length: PrefixLength,
    /// Where it wants a subnet.
    pub zones: BTreeSet<ZoneId>,
    /// The blocks that the spec names itself, by zone.
    pub named: BTreeMap<ZoneId, CidrBlock>,
    /// The blocks of its subnets that exist; they are kept, whatever the order would say today.
    pub has: BTreeMap<ZoneId, CidrBlock>,
}

impl Request {
    /// The block that is settled for a zone before anything is chosen.
    fn settled(&self, zone: &ZoneId) -> Option<CidrBlock> {
        self.has.get(zone).or_else(|| self.named.get(zone)).copied()
    }

    /// Where to look, in order: the parts of the VPC in `within` as that is written, else the VPC's blocks by address.
    fn pools(&self, vpc: &[CidrBlock]) -> Vec<CidrBlock> {
        let mut blocks: Vec<CidrBlock> = vpc
            .iter()
            .filter(|block| block.family() == self.prefix_length.family())
            .copied()
            .collect();
        // AWS lists the primary block first and gives no order to the others.
        blocks.sort_unstable();
        if self.within.is_empty() {
            return blocks;
        }
        let mut pools = Vec::new();
        for part in &self.within {
            pools.extend(blocks.iter().filter_map(|block| block.intersection(part)));
        }
        pools
    }
}

/// There is no room for all of a group's subnets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoFreeCidr {
    /// The first zone that gets none.
    pub zone: ZoneId,
    /// How many zones were to get a block.
    pub wanted: usize,
    /// Of which size.
    pub prefix_length: PrefixLength,
    /// Where was looked.
    pub pools: Vec<CidrBlock>,
    /// The largest blocks that are free there, before this request takes any; at most eight.
    pub largest: Vec<CidrBlock>,
}

/// How many free blocks a message names.
const MOST_NAMED: usize = 8;

impl fmt::Display for NoFreeCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { zone, wanted, prefix_length, pools, largest } = self;
        let listed = |blocks: &[CidrBlock]| {
            let texts: Vec<String> = blocks.iter().map(ToString::to_string).collect();
            texts.join(", ")
        };
        let blocks = if *wanted == 1 { "block" } else { "blocks" };
        if pools.is_empty() {
            let family = prefix_length.family();
            return write!(
                f,
                "no {family} block of the VPC lies where {wanted} {prefix_length} {blocks} should"
            );
        }
        let pools = listed(pools);
        write!(
            f,
            "no room for {wanted} {prefix_length} {blocks} in {pools}: none is left for {zone}; "
        )?;
        if largest.is_empty() {
            f.write_str("nothing is free there")
        } else {
            write!(f, "the largest free there: {}", listed(largest))
        }
    }
}

/// Chooses a block for every zone of the request. `vpc` are the VPC's blocks; `avoid` is what is taken: subnets, the
/// group's own among them or not, what others were promised. Blocks that the request settles itself are answered as they
/// are: whether a named one is free, [`promises`] says.
///
/// # Errors
/// [`NoFreeCidr`] when a zone would get none: then no zone gets any.
pub fn choose(
    vpc: &[CidrBlock],
    avoid: &[CidrBlock],
    request: &Request,
) -> Result<BTreeMap<ZoneId, CidrBlock>, NoFreeCidr> {
    let prefix_length = request.prefix_length;
    let pools = request.pools(vpc);
    let settled = || request.has.values().chain(request.named.values()).copied();
    let taken = || avoid.iter().copied().chain(settled());
    let mut space = Space::new(pools.iter().copied(), prefix_length, taken());
    let mut chosen = BTreeMap::new();
    for zone in &request.zones {
        let Some(block) = request.settled(zone).or_else(|| space.lowest()) else {
            let taken: Vec<CidrBlock> = taken().collect();
            let largest = largest_free(pools.iter().copied(), &taken, MOST_NAMED);
            let unsettled = |zone: &&ZoneId| request.settled(zone).is_none();
            let wanted = request.zones.iter().filter(unsettled).count();
            return Err(NoFreeCidr { zone: zone.clone(), wanted, prefix_length, pools, largest });
        };
        space.take(&block);
        chosen.insert(zone.clone(), block);
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests;
