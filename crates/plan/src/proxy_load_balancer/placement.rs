//! Where a balancer stands: the subnets of its group, or given ones, that will do.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::selectors::SubnetSelector;
use peerway_api::{ConditionType, Reason};
use peerway_model::{CidrBlock, Family, LoadBalancer, Subnet, SubnetId, Vpc, ZoneId};

use super::desired::Desired;
use crate::network::Network;
use crate::observed::Readable;
use crate::vpc_peering::resolve as selectors;
use crate::{Finding, Waiting};

/// The longest prefix of a subnet that a Classic Load Balancer accepts, and how many free addresses it asks for
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-manage-subnets.html>).
const LONGEST_PREFIX: u8 = 27;
const FREE_ADDRESSES: u32 = 8;

/// Where it stands.
#[derive(Debug, Clone)]
pub struct Placement<'a> {
    /// The VPC.
    pub vpc: &'a Vpc,
    /// One subnet per zone.
    pub subnets: BTreeMap<ZoneId, &'a Subnet>,
    /// Zones that are wanted too, and whose subnets are not known yet: what stands there stays.
    pub open_zones: BTreeSet<ZoneId>,
    /// What must come first, as long as it does not stand yet.
    pub waiting: Option<Waiting>,
    /// Why it does not stand in each zone that is wanted.
    pub unsuitable: Option<Finding>,
}

impl Placement<'_> {
    /// Leaves out what will not do. A balancer that stands does without it, and keeps what it has in that zone; one that is to
    /// be made stands as it should or not at all.
    fn sort_out(
        &mut self,
        there: Option<&LoadBalancer>,
        say: impl Fn(&str) -> Finding,
    ) -> Result<(), Finding> {
        let stands_in = |id| there.is_some_and(|there| there.subnets.contains(id));
        let news = self.subnets.iter().filter(|(_, subnet)| !stands_in(&subnet.id));
        let small = news.filter_map(|(zone, subnet)| Some((zone.clone(), too_small(subnet)?)));
        for (zone, why) in small.collect::<Vec<_>>() {
            if there.is_none() {
                return Err(say(&why));
            }
            self.unsuitable.get_or_insert_with(|| say(&why));
            self.subnets.remove(&zone);
            self.open_zones.insert(zone);
        }
        Ok(())
    }
}

fn unresolved(reason: Reason, message: String) -> Finding {
    Finding::stalled(ConditionType::ResolvedRefs, reason, message)
}

/// The VPC and the subnets; `there` is the balancer as it stands.
///
/// # Errors
/// A finding: subnets that are not there, or will not do.
pub fn placement<'a>(
    desired: &Desired,
    view: Readable<'a>,
    there: Option<&LoadBalancer>,
) -> Result<Placement<'a>, Finding> {
    let found = match &desired.group {
        Some(_) if desired.spec.subnets.is_none() => of_group(desired, view, there)?,
        _ => given(desired, view, there)?,
    };
    not_granted(desired, view, found.vpc).map_or(Ok(found), Err)
}

/// A VPC that no grant covers (any more).
pub(super) fn not_granted(desired: &Desired, view: Readable<'_>, vpc: &Vpc) -> Option<Finding> {
    desired.entry.as_ref().filter(|entry| !entry.covers(vpc)).map(|_| {
        Finding::passing(
            ConditionType::Valid,
            Reason::NotGranted,
            format!(
                "The grants of AWSAccount '{}' to namespace '{}' do not cover {}. Ask whoever administers that object to add it; until then nothing is changed.",
                view.place.access.name, desired.owner.namespace, vpc.id
            ),
        )
    })
}

/// The subnets of the zones that the group *wants*; one whose subnet is not there yet comes later.
fn of_group<'a>(
    desired: &Desired,
    view: Readable<'a>,
    balancer: Option<&LoadBalancer>,
) -> Result<Placement<'a>, Finding> {
    let group = desired.group.as_ref().expect("it was looked at before");
    let vpc = view.vpcs.get(&group.vpc).ok_or_else(|| {
        unresolved(
            Reason::VpcNotFound,
            format!(
                "{} of OverlapSubnetGroup '{}' is not in {}.",
                group.vpc, group.name, view.place
            ),
        )
    })?;
    // Until the group is done a subnet may follow the main table, and nobody's packets find it.
    let stands = |id: &SubnetId| balancer.is_some_and(|balancer| balancer.subnets.contains(id));
    let there = |(zone, id): &(ZoneId, Option<SubnetId>)| {
        let id = id.as_ref().filter(|id| group.is_programmed || stands(id))?;
        Some((zone.clone(), view.subnets.get(id).filter(|it| it.vpc == vpc.id)?))
    };
    let subnets: BTreeMap<_, &Subnet> = group.zones.iter().filter_map(there).collect();
    let zones = group.zones.iter().map(|(zone, _)| zone);
    let open_zones = zones.filter(|zone| !subnets.contains_key(*zone)).cloned().collect();
    let is_complete = group.is_programmed && subnets.len() == group.zones.len();
    let waiting = (!is_complete || subnets.is_empty()).then(|| Waiting::Dependency {
        what: format!("the subnets of OverlapSubnetGroup '{}' to be in place", group.name),
    });
    let mut placement = Placement { vpc, subnets, open_zones, waiting, unsuitable: None };
    placement.sort_out(balancer, |why| {
        unresolved(
            Reason::SubnetUnsuitable,
            format!(
                "`subnetGroupRef`: {why}. Nothing is made there; let OverlapSubnetGroup '{}' have larger blocks, or remove what fills that subnet.",
                group.name
            ),
        )
    })?;
    Ok(placement)
}

fn given<'a>(
    desired: &Desired,
    view: Readable<'a>,
    there: Option<&LoadBalancer>,
) -> Result<Placement<'a>, Finding> {
    let Some(given) = &desired.spec.subnets else {
        return Err(unresolved(
            Reason::SubnetGroupNotFound,
            "`subnetGroupRef`: the group has no subnets yet.".to_owned(),
        ));
    };
    let found: Vec<&Subnet> = if let Some(ids) = &given.ids {
        let missing = ids.iter().find(|id| view.subnets.get(id).is_none());
        if let Some(missing) = missing {
            return Err(unresolved(
                Reason::SubnetNotFound,
                format!(
                    "`subnets.ids`: {missing} does not exist in {}. Correct the id, the account or the Region.",
                    view.place
                ),
            ));
        }
        ids.iter().filter_map(|id| view.subnets.get(id)).collect()
    } else {
        let selector = SubnetSelector { ids: None, match_tags: given.match_tags.clone() };
        let networks = view.vpcs.iter().map(|vpc| Network::of(vpc, view));
        networks
            .filter_map(|network| selectors::subnets_of("subnets", &selector, &network).ok())
            .flatten()
            .collect()
    };
    let Some(first) = found.first() else {
        return Err(unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`subnets.matchTags`: no subnet in {} has these tags. What was made stays as it is; correct the tags.",
                view.place
            ),
        ));
    };
    let mut subnets: BTreeMap<ZoneId, &Subnet> = BTreeMap::new();
    for subnet in &found {
        if subnet.vpc != first.vpc {
            return Err(unsuitable(&format!(
                "{} is in {} and {} in {}: a load balancer stands in one VPC",
                first.id, first.vpc, subnet.id, subnet.vpc
            )));
        }
        if let Some(other) = subnets.insert(subnet.zone.clone(), subnet) {
            return Err(unsuitable(&format!(
                "{} and {} are both in {}: a load balancer takes at most one subnet per Availability Zone",
                other.id, subnet.id, subnet.zone
            )));
        }
    }
    let vpc = view.vpcs.get(&first.vpc).ok_or_else(|| {
        unresolved(Reason::VpcNotFound, format!("{} is not in {}.", first.vpc, view.place))
    })?;
    let open_zones = BTreeSet::new();
    let mut placement = Placement { vpc, subnets, open_zones, waiting: None, unsuitable: None };
    placement.sort_out(there, unsuitable)?;
    Ok(placement)
}

/// Why AWS would not put a balancer into a subnet.
fn too_small(subnet: &Subnet) -> Option<String> {
    let is_v4 = |cidr: &&CidrBlock| cidr.family() == Family::V4;
    let Some(block) = subnet.cidrs.iter().find(is_v4) else {
        return Some(format!("{} has no IPv4 addresses", subnet.id));
    };
    if block.prefix_len() > LONGEST_PREFIX {
        return Some(format!(
            "{} is {block}, and a load balancer needs at least a /{LONGEST_PREFIX}",
            subnet.id
        ));
    }
    (subnet.available_addresses < FREE_ADDRESSES).then(|| {
        format!(
            "{} has {} free addresses, and a load balancer needs at least {FREE_ADDRESSES}",
            subnet.id, subnet.available_addresses
        )
    })
}

fn unsuitable(why: &str) -> Finding {
    unresolved(
        Reason::SubnetUnsuitable,
        format!("`subnets`: {why}. Nothing is made there; name other subnets."),
    )
}
