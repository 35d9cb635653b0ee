//! What is promised to whom, when several groups of a cluster want blocks of one VPC: recomputed from all of them, the
//! older before the younger, so that nothing need be remembered and no two are promised the same.

use std::collections::BTreeMap;
use std::fmt;

use peerway_model::{CidrBlock, Timestamp, ZoneId};

use super::{NoFreeCidr, Request, choose};

/// A group that wants blocks of the VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// When the object was created; `None`, which the API server never shows, is the youngest.
    pub created: Option<Timestamp>,
    /// Its UID: tells apart what was created in the same second.
    pub uid: String,
    /// What it wants and has. One that is being deleted wants nothing.
    pub request: Request,
}

impl Group {
    fn age(&self) -> impl Ord + '_ {
        (self.created.is_none(), self.created, &self.uid)
    }

    /// Whether nothing is left to choose: every wanted zone has its subnet.
    fn is_complete(&self) -> bool {
        self.request.zones.iter().all(|zone| self.request.has.contains_key(zone))
    }
}

/// Why a group is promised nothing beside what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no room for all of its zones.
    NoFreeCidr(NoFreeCidr),
    /// A block that its spec names is taken.
    Taken {
        /// For which zone.
        zone: ZoneId,
        /// The block named.
        block: CidrBlock,
        /// What it meets.
        by: Holder,
    },
}

/// Who holds a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A subnet with this block. CIDR reservations lie inside subnets.
    Existing(CidrBlock),
    /// The group with this UID, to which this block is promised.
    Group {
        /// Its UID.
        uid: String,
        /// Its block.
        block: CidrBlock,
    },
    /// Another zone of the same group, for which this block is named.
    SameGroup {
        /// The zone.
        zone: ZoneId,
        /// Its block.
        block: CidrBlock,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFreeCidr(none) => none.fmt(f),
            Self::Taken { zone, block, by } => {
                write!(f, "{block}, named for {zone}, is taken: ")?;
                match by {
                    Holder::Existing(existing) => write!(f, "{existing} is in use"),
                    Holder::Group { block, .. } => {
                        write!(f, "{block} is promised to an older group")
                    }
                    Holder::SameGroup { zone, block } => write!(f, "{block} is named for {zone}"),
                }
            }
        }
    }
}

/// Blocks per zone, or why there are none.
pub type Promise = Result<BTreeMap<ZoneId, CidrBlock>, Refusal>;

/// What every group is promised, by UID. `vpc` are the VPC's blocks, `taken` all subnets of it, those of groups among
/// them. CIDR reservations need no reading: each lies inside a subnet
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html>).
///
/// What exists is taken from everybody, whoever is older: only what is yet to be made is given by age.
#[must_use]
pub fn promises(
    vpc: &[CidrBlock],
    taken: &[CidrBlock],
    groups: &[Group],
) -> BTreeMap<String, Promise> {
    in_order_of_age(vpc, taken, groups)
        .map(|(group, promise)| (group.uid.clone(), promise))
        .collect()
}

/// What one group is promised: computes no more than the older groups that still lack something, and nothing when the
/// group lacks nothing itself. `None` when no group has this UID.
#[must_use]
pub fn promised(
    vpc: &[CidrBlock],
    taken: &[CidrBlock],
    groups: &[Group],
    uid: &str,
) -> Option<Promise> {
    let group = groups.iter().find(|group| group.uid == uid)?;
    if group.is_complete() {
        return Some(Ok(kept(&group.request)));
    }
    in_order_of_age(vpc, taken, groups)
        .find(|(group, _)| group.uid == uid)
        .map(|(_, promise)| promise)
}

fn in_order_of_age<'a>(
    vpc: &'a [CidrBlock],
    taken: &'a [CidrBlock],
    groups: &'a [Group],
) -> impl Iterator<Item = (&'a Group, Promise)> {
    let mut groups: Vec<&Group> = groups.iter().collect();
    groups.sort_unstable_by(|left, right| left.age().cmp(&right.age()));
    // A subnet that was just made may be known to its group before it is listed.
    let existing: Vec<CidrBlock> = taken
        .iter()
        .chain(groups.iter().flat_map(|group| group.request.has.values()))
        .copied()
        .collect();
    let mut promised: Vec<(CidrBlock, &str)> = Vec::new();
    groups.into_iter().map(move |group| {
        let promise = promise(vpc, &existing, &promised, &group.request);
        if let Ok(blocks) = &promise {
            promised.extend(blocks.values().map(|block| (*block, group.uid.as_str())));
        }
        (group, promise)
    })
}

fn promise(
    vpc: &[CidrBlock],
    existing: &[CidrBlock],
    promised: &[(CidrBlock, &str)],
    request: &Request,
) -> Promise {
    let lacking = || request.zones.iter().filter(|zone| !request.has.contains_key(*zone));
    if lacking().next().is_none() {
        return Ok(kept(request));
    }
    let named: Vec<(&ZoneId, CidrBlock)> =
        lacking().filter_map(|zone| Some((zone, *request.named.get(zone)?))).collect();
    for (index, (zone, block)) in named.iter().enumerate() {
        let same = named[..index].iter().find(|(_, other)| other.meets(block));
        let by = holder(existing, promised, block).or_else(|| {
            same.map(|(zone, block)| Holder::SameGroup { zone: (*zone).clone(), block: *block })
        });
        if let Some(by) = by {
            return Err(Refusal::Taken { zone: (*zone).clone(), block: *block, by });
        }
    }
    let promised = promised.iter().map(|(block, _)| *block);
    let avoid: Vec<CidrBlock> = existing.iter().copied().chain(promised).collect();
    choose(vpc, &avoid, request).map_err(Refusal::NoFreeCidr)
}

fn holder(
    existing: &[CidrBlock],
    promised: &[(CidrBlock, &str)],
    block: &CidrBlock,
) -> Option<Holder> {
    let subnet = existing.iter().find(|taken| taken.meets(block));
    subnet.map(|taken| Holder::Existing(*taken)).or_else(|| {
        let (taken, uid) = promised.iter().find(|(taken, _)| taken.meets(block))?;
        Some(Holder::Group { uid: (*uid).to_owned(), block: *taken })
    })
}

/// The blocks of the wanted zones that exist.
fn kept(request: &Request) -> BTreeMap<ZoneId, CidrBlock> {
    let has = |zone: &ZoneId| Some((zone.clone(), *request.has.get(zone)?));
    request.zones.iter().filter_map(has).collect()
}
