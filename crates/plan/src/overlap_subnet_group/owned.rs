//! Which table and which subnets are ours: those that carry our tags, and are what we would have made.

use std::collections::BTreeMap;

use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::{CLUSTER, Claim};
use peerway_model::{
    CidrBlock, Connection, ConnectionId, Family, Origin, RouteTable, RouteTarget, Subnet, SubnetId,
    ZoneId,
};

use super::desired::{Desired, Neighbour};
use super::recorded::Recorded;
use crate::allocation::PrefixLength;
use crate::network::Network;
use crate::{Finding, Presence};

/// What we own.
#[derive(Debug, Default)]
pub struct Owned<'a> {
    /// The table of the subnets, ours or given.
    pub table: Option<&'a RouteTable>,
    /// Whether it is given by the spec, and stays its owner's.
    pub is_given: bool,
    /// The subnets, by zone.
    pub subnets: BTreeMap<ZoneId, &'a Subnet>,
    /// Those that lack our tags, or carry those of an earlier incarnation, with the origin to write.
    pub to_tag: Vec<(ToTag<'a>, Origin)>,
    /// What keeps us from deciding.
    pub unclear: Vec<Finding>,
}

/// Something to tag.
#[derive(Debug, Clone, Copy)]
pub enum ToTag<'a> {
    /// The table.
    Table(&'a RouteTable),
    /// A subnet.
    Subnet(&'a Subnet),
}

/// A subnet's IPv4 block.
#[must_use]
pub fn block(subnet: &Subnet) -> Option<&CidrBlock> {
    subnet.cidrs.iter().find(|cidr| cidr.family() == Family::V4)
}

/// A subnet's IPv6 block.
#[must_use]
pub fn ipv6(subnet: &Subnet) -> Option<&CidrBlock> {
    subnet.cidrs.iter().find(|cidr| cidr.family() == Family::V6)
}

/// Whether a connection is one of this cluster's peerings: what is recorded as ours and leads over it is ours.
#[must_use]
pub fn is_of_cluster(desired: &Desired, connection: &Connection) -> bool {
    connection.tags.get(CLUSTER).is_some_and(|cluster| **cluster == *desired.owner.cluster)
}

/// Finds what is ours in the VPC, beside what other groups (`rivals`, those of the same VPC) have or want.
#[must_use]
pub fn owned<'a>(
    desired: &Desired,
    recorded: &Recorded,
    network: &Network<'a>,
    connections: &[&ConnectionId],
    rivals: &[&Neighbour],
) -> Owned<'a> {
    let mut owned = Owned::default();
    subnets(&mut owned, desired, recorded, network);
    if !owned.unclear.is_empty() {
        // Whose a table is cannot be told from subnets that may not be ours.
        return owned;
    }
    match &desired.spec.route_table {
        Some(given) => {
            owned.is_given = true;
            match network.table(&given.id) {
                None => owned.unclear.push(Finding::stalled(
                    ConditionType::ResolvedRefs,
                    Reason::RouteTableNotFound,
                    format!("`routeTable.id`: {} does not exist in {}. Correct the id.", given.id, network.vpc.id),
                )),
                Some(table) => match others(desired, table)
                    .or_else(|| shared(&owned, table))
                    .or_else(|| promised(desired, recorded, &owned, rivals, table))
                {
                    Some(by) => owned.unclear.push(Finding::stalled(
                        ConditionType::ResolvedRefs,
                        Reason::RouteTableShared,
                        format!("`routeTable.id`: {} is {by}: its routes would mislead other packets. Name a table that nobody else uses, or none.", table.id),
                    )),
                    None => owned.table = Some(table),
                },
            }
        }
        None => table(&mut owned, desired, recorded, network, connections, rivals),
    }
    owned
}

/// Whose else a table is, though nobody may use it yet.
fn others(desired: &Desired, table: &RouteTable) -> Option<String> {
    let is_others = desired.owner.claim(&table.tags) == Claim::Others;
    is_others.then(|| "the table of another object, by its tags".to_owned())
}

/// Which other group gets a table that several are given: who has written to it, then the oldest. Nobody's subnets use it
/// yet, or only ours, which settles it.
fn promised(
    desired: &Desired,
    recorded: &Recorded,
    owned: &Owned<'_>,
    rivals: &[&Neighbour],
    table: &RouteTable,
) -> Option<String> {
    // What is only named in the spec may be named by others, too.
    let is_ours = |subnet: &&Subnet| {
        desired.owner.claim(&subnet.tags) != Claim::Untagged
            || recorded.subnets.values().flatten().any(|id| *id == subnet.id)
    };
    let mut ours = owned.subnets.values().copied().filter(is_ours);
    if ours.any(|subnet| table.explicit_subnets().any(|id| *id == subnet.id)) {
        return None;
    }
    let rank = |recorded: &Recorded, created, uid: &str| {
        (!recorded.routes.iter().any(|wish| wish.table == table.id), created, uid.to_owned())
    };
    let ours = rank(recorded, desired.created, &desired.owner.uid);
    let wants_it = |other: &Neighbour| {
        let Some(wants) = &other.desired else { return false };
        let given = wants.spec.route_table.as_ref().map(|given| &given.id);
        let adopted = wants.spec.adopt.as_ref().and_then(|adopt| adopt.route_table_id.as_ref());
        // Who has a table adopts no other.
        let adopted =
            adopted.filter(|id| other.recorded.table.as_ref().is_none_or(|has| has == *id));
        wants.presence == Presence::Present
            && wants.policies.may_write()
            && given.or(adopted) == Some(&table.id)
    };
    let first = rivals.iter().find(|other| {
        let theirs = rank(&other.recorded, other.created, &other.uid);
        let has_written = !theirs.0;
        (has_written || wants_it(other)) && theirs < ours
    })?;
    Some(match &first.desired {
        Some(Desired { owner, .. }) => format!(
            "given to OverlapSubnetGroup '{}/{}', too, which comes first",
            owner.namespace, owner.name
        ),
        None => "given to another OverlapSubnetGroup, too, which comes first".to_owned(),
    })
}

/// Who else uses a table.
fn shared(owned: &Owned<'_>, table: &RouteTable) -> Option<String> {
    if table.is_main() {
        return Some("the VPC's main route table".to_owned());
    }
    if table.is_edge_associated() {
        return Some("the table of a gateway".to_owned());
    }
    let is_ours = |id: &SubnetId| owned.subnets.values().any(|subnet| subnet.id == *id);
    let foreign = table.explicit_subnets().find(|id| !is_ours(id))?;
    Some(format!("used by {foreign}, which is not of this group"))
}

fn subnets<'a>(
    owned: &mut Owned<'a>,
    desired: &Desired,
    recorded: &Recorded,
    network: &Network<'a>,
) {
    let adopted = desired.spec.adopt.as_ref().and_then(|adopt| adopt.subnet_ids.as_ref());
    let adopts = adopts(desired);
    let owns_none = recorded.subnets.values().all(Option::is_none);
    // An adoption that was begun is finished.
    let owns_no_other = recorded
        .subnets
        .values()
        .flatten()
        .all(|id| adopted.is_some_and(|adopted| adopted.contains(id)));
    for subnet in network.subnets() {
        let Some(block) = block(subnet) else { continue };
        let is_known = recorded.knows(&subnet.id, &subnet.zone, block);
        let is_named = adopted.is_some_and(|ids| ids.contains(&subnet.id));
        let claim = desired.owner.claim(&subnet.tags);
        match claim {
            Claim::Ours | Claim::EarlierIncarnation => {
                let origin = peerway_model::ownership::origin(&subnet.tags);
                let fits = is_known
                    || is_named
                    || origin == Some(Origin::Adopted)
                    || recorded.subnets.contains_key(&(subnet.zone.clone(), *block))
                    || would_be_made(desired, block);
                if !fits {
                    owned.unclear.push(unclear(format!(
                        "{} ({block} in {}) carries our tags, and is not what this group would have made. It is left alone; remove the tags, if it is somebody else's.",
                        subnet.id, subnet.zone
                    )));
                    continue;
                }
                if claim == Claim::EarlierIncarnation {
                    let origin = origin.unwrap_or(Origin::Created);
                    owned.to_tag.push((ToTag::Subnet(subnet), origin));
                }
            }
            Claim::Untagged if is_known => {
                let origin = if is_named { Origin::Adopted } else { Origin::Created };
                owned.to_tag.push((ToTag::Subnet(subnet), origin));
            }
            Claim::Untagged
                if is_named
                    && adopts
                    && owns_no_other
                    && PrefixLength::ipv4(block.prefix_len()).is_none() =>
            {
                owned.unclear.push(Finding::stalled(
                    ConditionType::ResolvedRefs,
                    Reason::AdoptionConflict,
                    format!("`adopt.subnetIDs`: {} ({block}) is smaller than the /27 with 8 free addresses that a Classic Load Balancer needs. It is left alone; name a larger one.", subnet.id),
                ));
                continue;
            }
            Claim::Untagged if is_named && adopts && owns_no_other => {
                owned.to_tag.push((ToTag::Subnet(subnet), Origin::Adopted));
            }
            Claim::Others if is_known => {
                owned.unclear.push(unclear(format!(
                    "{} is this group's by its status, and carries somebody else's tags. It is left alone; put the right tags back, or delete it by hand.",
                    subnet.id
                )));
                continue;
            }
            Claim::Others if is_named && adopts && owns_no_other => {
                owned.unclear.push(Finding::stalled(
                    ConditionType::ResolvedRefs,
                    Reason::AdoptionConflict,
                    format!("`adopt.subnetIDs`: {} carries the tags of another object. It is left alone.", subnet.id),
                ));
                continue;
            }
            Claim::Untagged | Claim::Others => continue,
        }
        if let Some(other) = owned.subnets.insert(subnet.zone.clone(), subnet) {
            owned.unclear.push(unclear(format!(
                "{} and {}, both in {}, carry our tags, and one subnet per zone is wanted. They are left alone; remove our tags from the one that is not ours.",
                other.id, subnet.id, subnet.zone
            )));
        }
    }
    for id in adopted.into_iter().flatten().filter(|_| adopts && owns_none) {
        if network.subnet(id).is_none() {
            owned.unclear.push(Finding::stalled(
                ConditionType::ResolvedRefs,
                Reason::AdoptedGone,
                format!("`adopt.subnetIDs`: {id} does not exist in {}. It is not made anew as long as it is named.", network.vpc.id),
            ));
        }
    }
}

/// Whether what the spec names becomes this group's. What is being deleted takes nothing more: what is named and was not
/// adopted before outlives it, and what was and has gone is not missed.
fn adopts(desired: &Desired) -> bool {
    desired.presence == Presence::Present
}

/// Whether a block is one that the spec asks for today.
fn would_be_made(desired: &Desired, block: &CidrBlock) -> bool {
    let cidrs = desired.spec.cidrs.clone().unwrap_or_default();
    let named = desired
        .spec
        .availability_zones
        .iter()
        .filter_map(|zones| zones.list.as_ref())
        .flatten()
        .any(|zone| zone.cidr.as_ref() == Some(block));
    named
        || block.prefix_len() == cidrs.prefix_length.unwrap_or(super::blocks::DEFAULT_LENGTH)
            && cidrs.within.is_none_or(|within| within.iter().any(|pool| pool.contains(block)))
}

fn table<'a>(
    owned: &mut Owned<'a>,
    desired: &Desired,
    recorded: &Recorded,
    network: &Network<'a>,
    connections: &[&ConnectionId],
    rivals: &[&Neighbour],
) {
    let named = desired.spec.adopt.as_ref().and_then(|adopt| adopt.route_table_id.as_ref());
    let adopts = adopts(desired);
    let mut found: Vec<(&RouteTable, Claim)> = Vec::new();
    for table in network.tables() {
        let is_known = recorded.table.as_ref() == Some(&table.id);
        let is_named = named == Some(&table.id) && recorded.table.is_none();
        match desired.owner.claim(&table.tags) {
            claim @ (Claim::Ours | Claim::EarlierIncarnation) => {
                let used = table
                    .explicit_subnets()
                    .any(|id| owned.subnets.values().any(|subnet| subnet.id == *id));
                let is_bare = table.associations.is_empty()
                    && table.routes.iter().all(|route| match &route.target {
                        RouteTarget::Local => true,
                        RouteTarget::Connection(id) => {
                            connections.contains(&id) || recorded.connections.contains(id)
                        }
                        RouteTarget::InternetGateway(_)
                        | RouteTarget::EgressOnlyInternetGateway(_)
                        | RouteTarget::NatGateway(_)
                        | RouteTarget::VpnGateway(_)
                        | RouteTarget::TransitGateway(_)
                        | RouteTarget::NetworkInterface(_)
                        | RouteTarget::VpcEndpoint(_)
                        | RouteTarget::Other(_) => false,
                    });
                if is_known || is_named || used || is_bare {
                    found.push((table, claim));
                } else {
                    owned.unclear.push(unclear(format!(
                        "{} carries our tags, and is not what this group would have made. It is left alone; remove the tags, if it is somebody else's.",
                        table.id
                    )));
                }
            }
            Claim::Untagged if is_known || is_named && adopts => {
                match promised(desired, recorded, owned, rivals, table).filter(|_| !is_known) {
                    None => found.push((table, Claim::Untagged)),
                    Some(by) => owned.unclear.push(Finding::stalled(
                        ConditionType::ResolvedRefs,
                        Reason::AdoptionConflict,
                        format!(
                            "`adopt.routeTableID`: {} is {by}. It is left alone; name another one.",
                            table.id
                        ),
                    )),
                }
            }
            Claim::Others if is_known || is_named && adopts => {
                owned.unclear.push(unclear(format!(
                    "{} carries somebody else's tags. It is left alone; put the right tags back, or name another table.",
                    table.id
                )));
            }
            Claim::Untagged | Claim::Others => {}
        }
    }
    if let Some(named) = named.filter(|_| adopts && recorded.table.is_none())
        && network.table(named).is_none()
    {
        owned.unclear.push(Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::AdoptedGone,
            format!("`adopt.routeTableID`: {named} does not exist in {}. It is not made anew as long as it is named.", network.vpc.id),
        ));
    }
    let known = found.iter().find(|(table, _)| recorded.table.as_ref() == Some(&table.id));
    let Some((table, claim)) = known.or(found.first()).copied() else { return };
    if known.is_none() && found.len() > 1 {
        let ids: Vec<String> = found.iter().map(|(table, _)| table.id.to_string()).collect();
        owned.unclear.push(unclear(format!(
            "{} all carry our tags, and one route table is wanted. They are left alone; remove our tags from those that are not ours.",
            ids.join(", ")
        )));
        return;
    }
    if let Some(by) = shared(owned, table) {
        owned.unclear.push(Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::RouteTableShared,
            format!("{}, the table of this group, is {by}. Nothing is written to it; take that association away.", table.id),
        ));
        return;
    }
    let is_adopted = named == Some(&table.id);
    match claim {
        Claim::Ours => {}
        Claim::EarlierIncarnation | Claim::Untagged | Claim::Others => {
            let origin = if is_adopted { Origin::Adopted } else { Origin::Created };
            owned.to_tag.push((ToTag::Table(table), origin));
        }
    }
    owned.table = Some(table);
}

fn unclear(message: String) -> Finding {
    Finding::stalled(ConditionType::Programmed, Reason::OwnershipUnclear, message)
}
