//! Which blocks the subnets get, given what every group of the cluster wants and has.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::{ConditionType, Reason};
use peerway_model::{AutoScalingGroup, CidrBlock, Family, Part, Subnet, Vpc, Zone, ZoneId};

use super::desired::{Desired, Neighbour, invalid};
use super::owned::{Owned, block, ipv6};
use super::present::Scene;
use super::recorded::Recorded;
use super::resolve::{self, Home};
use crate::allocation::{Group, Holder, PrefixLength, Refusal, Request, promised};
use crate::vpc_peering::resolve as selectors;
use crate::{Finding, Presence};

/// The length of a subnet's prefix where the spec says nothing.
pub(super) const DEFAULT_LENGTH: u8 = 26;

/// The blocks of every wanted zone: IPv4, and IPv6 where both VPCs have it.
pub(super) type Blocks = BTreeMap<ZoneId, (CidrBlock, Option<CidrBlock>)>;

/// What zones are found by.
pub(super) struct Zones<'a> {
    pub(super) zones: &'a Part<Zone>,
    pub(super) groups: Option<&'a Part<AutoScalingGroup>>,
}

/// Chooses the blocks, those that exist kept.
pub(super) fn choose(
    scene: &Scene<'_>,
    wanted: &BTreeSet<ZoneId>,
    zones: &Zones<'_>,
) -> Result<Blocks, Finding> {
    let Scene { desired, home, owned, .. } = scene;
    let vpc = home.network.vpc;
    check(desired, vpc)?;
    let taken: Vec<CidrBlock> =
        home.network.subnets().flat_map(|subnet| subnet.cidrs.clone()).collect();
    let mut has = blocks_of(owned, block);
    has.extend(vanished(owned, scene.recorded, wanted, &taken));
    let own = Group {
        created: desired.created,
        uid: desired.owner.uid.clone(),
        request: Request {
            within: within(desired),
            prefix_length: length(desired)?,
            zones: wanted.clone(),
            named: named(desired),
            has,
        },
    };
    let siblings = &scene.observed.siblings;
    let others: Vec<Group> =
        siblings.iter().filter_map(|other| neighbour(other, home, zones)).collect();
    let v4 = of_family(&vpc.cidrs, Family::V4);
    let refused = |refusal: Refusal| refused(&refusal, home);
    let v4 = promise(&v4, &of_family(&taken, Family::V4), own.clone(), others.clone())
        .map_err(refused)?;
    let v6 = of_family(&vpc.cidrs, Family::V6);
    let is_dual = !v6.is_empty()
        && scene.peers.iter().any(|peer| peer.cidrs.iter().any(|it| it.family() == Family::V6));
    let v6 = if is_dual {
        let own = in_ipv6(&own, blocks_of(owned, ipv6));
        let others = others.iter().map(|other| {
            let recorded = siblings.iter().find(|it| it.uid == other.uid).map(|it| &it.recorded);
            in_ipv6(other, recorded.map(|it| ipv6_of(it, home)).unwrap_or_default())
        });
        promise(&v6, &of_family(&taken, Family::V6), own.clone(), others.collect())
            // Who has no IPv6 yet may never want any: that yields where there is no room for all.
            .or_else(|_| promise(&v6, &of_family(&taken, Family::V6), own, Vec::new()))
            .map_err(refused)?
    } else {
        BTreeMap::new()
    };
    let with_ipv6 = |(zone, cidr)| {
        let ipv6 = v6.get(&zone).copied();
        (zone, (cidr, ipv6))
    };
    Ok(v4.into_iter().map(with_ipv6).collect())
}

/// Whether the blocks that the spec names can be used in the VPC.
fn check(desired: &Desired, vpc: &Vpc) -> Result<(), Finding> {
    let is_outside = |block: &CidrBlock| !vpc.cidrs.iter().any(|own| own.contains(block));
    if let Some(outside) = within(desired).iter().find(|pool| is_outside(pool)) {
        return Err(invalid(format!(
            "`cidrs.within`: {outside} does not lie in {} ({}).",
            vpc.id,
            list(&vpc.cidrs)
        )));
    }
    let named = named(desired);
    if let Some((zone, cidr)) = named.iter().find(|(_, cidr)| is_outside(cidr)) {
        return Err(invalid(format!(
            "`availabilityZones.list[{zone}].cidr`: {cidr} does not lie in {} ({}).",
            vpc.id,
            list(&vpc.cidrs)
        )));
    }
    let is_unfit = |cidr: &CidrBlock| {
        PrefixLength::ipv4(cidr.prefix_len()).is_none() || cidr.family() != Family::V4
    };
    if let Some((zone, cidr)) = named.iter().find(|(_, cidr)| is_unfit(cidr)) {
        return Err(invalid(format!(
            "`availabilityZones.list[{zone}].cidr`: {cidr} is no IPv4 block of /16 to /27; a Classic Load Balancer needs a /27 with 8 free addresses."
        )));
    }
    Ok(())
}

/// What `own` gets where every group keeps to its turn.
fn promise(
    pools: &[CidrBlock],
    taken: &[CidrBlock],
    own: Group,
    others: Vec<Group>,
) -> Result<BTreeMap<ZoneId, CidrBlock>, Refusal> {
    let uid = own.uid.clone();
    let mut groups = others;
    groups.push(own);
    promised(pools, taken, &groups, &uid).expect("the group is among them")
}

/// The same group asking for IPv6: anywhere, as AWS cuts it.
fn in_ipv6(group: &Group, has: BTreeMap<ZoneId, CidrBlock>) -> Group {
    let request = Request {
        within: Vec::new(),
        prefix_length: PrefixLength::IPV6,
        zones: group.request.zones.clone(),
        named: BTreeMap::new(),
        has,
    };
    Group { created: group.created, uid: group.uid.clone(), request }
}

fn blocks_of(
    owned: &Owned<'_>,
    family: fn(&Subnet) -> Option<&CidrBlock>,
) -> BTreeMap<ZoneId, CidrBlock> {
    let subnets = owned.subnets.iter();
    subnets.filter_map(|(zone, subnet)| Some((zone.clone(), *family(subnet)?))).collect()
}

/// The IPv6 blocks of another group's subnets.
fn ipv6_of(recorded: &Recorded, home: &Home<'_>) -> BTreeMap<ZoneId, CidrBlock> {
    let made = recorded.subnets.iter();
    made.filter_map(|((zone, _), id)| {
        let id = id.as_ref()?;
        let subnet = home.network.subnets().find(|subnet| subnet.id == *id)?;
        Some((zone.clone(), *ipv6(subnet)?))
    })
    .collect()
}

/// The blocks of our subnets that vanished, as long as nobody took them: they are made anew there, where routes of peers
/// lead already.
fn vanished<'a>(
    owned: &'a Owned<'_>,
    recorded: &'a Recorded,
    wanted: &'a BTreeSet<ZoneId>,
    taken: &'a [CidrBlock],
) -> impl Iterator<Item = (ZoneId, CidrBlock)> {
    let had = recorded.subnets.iter().filter(|(_, id)| id.is_some());
    had.map(|(key, _)| key.clone()).filter(|(zone, block)| {
        wanted.contains(zone)
            && !owned.subnets.contains_key(zone)
            && taken.iter().all(|other| !other.meets(block))
    })
}

fn refused(refusal: &Refusal, home: &Home<'_>) -> Finding {
    let message = match refusal {
        Refusal::NoFreeCidr(_) => format!(
            "`cidrs`: {refusal} Free some, widen `within`, choose a longer `prefixLength`, or add a secondary CIDR to the VPC."
        ),
        Refusal::Taken { by, .. } => {
            let subnet = match by {
                Holder::Existing(block) => {
                    home.network.subnets().find(|subnet| subnet.cidrs.contains(block))
                }
                Holder::Group { .. } | Holder::SameGroup { .. } => None,
            };
            let by = subnet.map(|subnet| format!(" by {}", subnet.id)).unwrap_or_default();
            format!("`availabilityZones.list`: {refusal}{by}. Name another block.")
        }
    };
    Finding::stalled(ConditionType::Programmed, Reason::NoFreeCidr, message)
}

/// Whether another group is, or is to be, in the same VPC, as far as that can be told from here.
pub(super) fn is_here(other: &Neighbour, home: &Home<'_>) -> bool {
    was_here(other, home)
        || other.desired.as_ref().is_some_and(|desired| wants_to_be_here(desired, home))
}

fn was_here(other: &Neighbour, home: &Home<'_>) -> bool {
    other.recorded.vpc.as_ref() == Some(&home.network.vpc.id)
}

fn wants_to_be_here(desired: &Desired, home: &Home<'_>) -> bool {
    desired.peers.first().is_some_and(|peer| {
        peer.home.place().is_same_spot(home.place())
            && selectors::vpc("", &peer.home.spec.vpc, home.view)
                // Whoever may do nothing there wants it in vain.
                .is_ok_and(|vpc| vpc.id == home.network.vpc.id && peer.home.entry.covers(vpc))
    })
}

/// Another group of the same VPC, as far as that can be told from here.
fn neighbour(other: &Neighbour, home: &Home<'_>, zones: &Zones<'_>) -> Option<Group> {
    let has: BTreeMap<ZoneId, CidrBlock> = other
        .recorded
        .subnets
        .iter()
        .filter(|(_, id)| id.is_some())
        .map(|((zone, cidr), _)| (zone.clone(), *cidr))
        .collect();
    let desired = other.desired.as_ref().filter(|desired| wants_to_be_here(desired, home));
    if desired.is_none() && !was_here(other, home) {
        return None;
    }
    let wants = desired.filter(|desired| desired.presence == Presence::Present);
    let request = match wants {
        Some(desired) => Request {
            within: within(desired),
            prefix_length: length(desired).ok()?,
            zones: resolve::zones(desired, &home.network, zones.zones, zones.groups)
                .unwrap_or_else(|_| other.recorded.zones.clone()),
            named: named(desired),
            has,
        },
        None => Request {
            within: Vec::new(),
            prefix_length: PrefixLength::ipv4(DEFAULT_LENGTH).expect("a length in its range"),
            zones: BTreeSet::new(),
            named: BTreeMap::new(),
            has,
        },
    };
    Some(Group { created: other.created, uid: other.uid.clone(), request })
}

fn length(desired: &Desired) -> Result<PrefixLength, Finding> {
    let bits = desired.spec.cidrs.as_ref().and_then(|cidrs| cidrs.prefix_length);
    let bits = bits.unwrap_or(DEFAULT_LENGTH);
    PrefixLength::ipv4(bits)
        .ok_or_else(|| invalid(format!("`cidrs.prefixLength` must be 16 to 27, and is {bits}.")))
}

fn within(desired: &Desired) -> Vec<CidrBlock> {
    desired.spec.cidrs.as_ref().and_then(|cidrs| cidrs.within.clone()).unwrap_or_default()
}

fn named(desired: &Desired) -> BTreeMap<ZoneId, CidrBlock> {
    let list = desired.spec.availability_zones.iter().filter_map(|zones| zones.list.as_ref());
    list.flatten().filter_map(|zone| Some((zone.id.clone(), zone.cidr?))).collect()
}

fn of_family(blocks: &[CidrBlock], family: Family) -> Vec<CidrBlock> {
    blocks.iter().filter(|block| block.family() == family).copied().collect()
}

fn list(blocks: &[CidrBlock]) -> String {
    let blocks: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    blocks.join(", ")
}
