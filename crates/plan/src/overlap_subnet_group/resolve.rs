//! From references and selectors to things: the VPC, the peers' connections and blocks, the zones.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::overlap_subnet_group::{AutoScalingGroupSelector, GroupPlace};
use peerway_api::v1alpha1::vpc_peering::AccountRef;
use peerway_api::{ConditionType, Reason};
use peerway_model::cidr::first_meeting;
use peerway_model::ownership::{Claim, is_marked};
use peerway_model::{
    AutoScalingGroup, CidrBlock, Connection, ConnectionId, ConnectionState, Part, Place, Subnet,
    Vpc, Zone, ZoneId,
};

use super::Observed;
use super::desired::{Desired, Peer, invalid};
use super::recorded::Recorded;
use crate::Finding;
use crate::network::Network;
use crate::observed::{Readable, Unreadable};
use crate::vpc_peering::resolve as selectors;
use crate::vpc_peering::{Managed, Side};

/// The VPC that gets the subnets.
#[derive(Debug, Clone)]
pub struct Home<'a> {
    /// The way in.
    pub side: &'a Managed,
    /// What was read there.
    pub view: Readable<'a>,
    /// Its routing.
    pub network: Network<'a>,
}

impl Home<'_> {
    /// The place.
    #[must_use]
    pub fn place(&self) -> &Place {
        self.view.place
    }
}

/// A peer, resolved.
#[derive(Debug, Clone)]
pub struct ResolvedPeer<'a> {
    /// What the spec says.
    pub peer: &'a Peer,
    /// Its VPC and what was read there, where it is ours to read.
    pub far: Option<(&'a Vpc, Readable<'a>)>,
    /// Its live connection.
    pub connection: Option<&'a Connection>,
    /// Connections before that one which are gone: routes over them were ours.
    pub former: BTreeSet<ConnectionId>,
    /// Its blocks, of the families that the subnets' VPC has.
    pub cidrs: Vec<CidrBlock>,
}

impl ResolvedPeer<'_> {
    /// Its connection, if packets pass.
    #[must_use]
    pub fn active(&self) -> Option<&Connection> {
        self.connection.filter(|connection| connection.state == ConnectionState::Active)
    }
}

fn unresolved(reason: Reason, message: String) -> Finding {
    Finding::stalled(ConditionType::ResolvedRefs, reason, message)
}

/// The parts that everybody reads, of every place.
///
/// # Errors
/// What could not be read: nothing is decided from half a view.
pub fn views<'a>(
    places: Vec<&'a Place>,
    observed: &'a Observed,
) -> Result<BTreeMap<&'a Place, Readable<'a>>, Vec<Unreadable>> {
    let mut unreadable = Vec::new();
    let mut views = BTreeMap::new();
    for place in places {
        let Some(view) = observed.views.get(place) else { continue };
        match view.readable(place) {
            Ok(readable) => drop(views.insert(place, readable)),
            Err(more) => unreadable.extend(more),
        }
    }
    if unreadable.is_empty() { Ok(views) } else { Err(unreadable) }
}

/// The one VPC that all peers' home sides are.
///
/// # Errors
/// Findings about sides that do not resolve, are not granted, or differ.
pub fn home<'a>(
    desired: &'a Desired,
    views: &BTreeMap<&'a Place, Readable<'a>>,
) -> Result<Home<'a>, Vec<Finding>> {
    let mut found: Vec<(&Peer, &'a Vpc, Readable<'a>)> = Vec::new();
    let mut findings = Vec::new();
    for peer in &desired.peers {
        let Some(view) = views.get(peer.home.place()) else { continue };
        match selectors::vpc(&field(peer), &peer.home.spec.vpc, *view) {
            Ok(vpc) if !peer.home.entry.covers(vpc) => {
                findings.push(not_granted(desired, &peer.home, vpc));
            }
            Ok(vpc) => found.push((peer, vpc, *view)),
            Err(finding) => findings.push(finding),
        }
    }
    if let Some((first, vpc, _)) = found.first()
        && let Some((other, differs, _)) = found.iter().find(|(_, other, _)| other.id != vpc.id)
    {
        findings.push(invalid(format!(
            "`peers`: the subnets would be made in {} for peer '{}' and in {} for peer '{}'. All peers must lie, on their `side`, in one VPC; make a group for each VPC.",
            vpc.id, first.name, differs.id, other.name
        )));
    }
    match found.first() {
        Some((peer, vpc, view)) if findings.is_empty() => {
            let side = desired.peers.iter().find(|known| known.name == peer.name);
            let side = &side.expect("it was found among them").home;
            Ok(Home { side, view: *view, network: Network::of(vpc, *view) })
        }
        _ => Err(findings),
    }
}

fn field(peer: &Peer) -> String {
    format!("peers[{}].peeringRef: {}", peer.name, peer.home.field())
}

fn not_granted(desired: &Desired, side: &Managed, vpc: &Vpc) -> Finding {
    Finding::passing(
        ConditionType::Valid,
        Reason::NotGranted,
        format!(
            "The grants of AWSAccount '{}' to namespace '{}' do not cover {}. Ask whoever administers that object to add it; until then nothing is changed.",
            side.place().access.name,
            desired.owner.namespace,
            vpc.id
        ),
    )
}

/// Every peer with its connection and blocks.
///
/// # Errors
/// Findings about far sides that do not resolve, and CIDRs that overlap where they must not.
pub fn peers<'a>(
    desired: &'a Desired,
    home: &Home<'a>,
    views: &BTreeMap<&'a Place, Readable<'a>>,
) -> Result<Vec<ResolvedPeer<'a>>, Vec<Finding>> {
    let mut peers: Vec<ResolvedPeer<'a>> = Vec::new();
    let mut findings = Vec::new();
    for peer in &desired.peers {
        match resolve_peer(desired, peer, home, views) {
            Ok(peer) => peers.push(peer),
            Err(finding) => findings.push(finding),
        }
    }
    for (index, one) in peers.iter().enumerate() {
        for other in &peers[..index] {
            if let Some((theirs, ours)) = first_meeting(&other.cidrs, &one.cidrs) {
                findings.push(Finding::stalled(
                    ConditionType::Valid,
                    Reason::PeersOverlap,
                    format!(
                        "`peers`: {theirs} of peer '{}' overlaps {ours} of peer '{}', and a route table has one target per destination. Make a group for each of them.",
                        other.peer.name, one.peer.name
                    ),
                ));
            }
        }
    }
    if findings.is_empty() { Ok(peers) } else { Err(findings) }
}

fn resolve_peer<'a>(
    desired: &Desired,
    peer: &'a Peer,
    home: &Home<'a>,
    views: &BTreeMap<&'a Place, Readable<'a>>,
) -> Result<ResolvedPeer<'a>, Finding> {
    let vpc = home.network.vpc;
    let (far, declared): (_, &'a Vpc) = match &peer.far {
        Side::Managed(side) => {
            let view = views.get(side.place()).copied();
            let view = view.expect("every place of the object was read");
            let far = selectors::vpc(
                &format!("peers[{}].peeringRef: {}", peer.name, side.field()),
                &side.spec.vpc,
                view,
            )?;
            if peer.routes.is_some() && !side.entry.covers(far) {
                return Err(not_granted(desired, side, far));
            }
            (Some((far, view)), far)
        }
        Side::External(side) => (None, &side.vpc),
    };
    if let Some((ours, theirs)) = first_meeting(&vpc.cidrs, &declared.cidrs) {
        return Err(Finding::stalled(
            ConditionType::Valid,
            Reason::CidrOverlap,
            format!(
                "{ours} of {} overlaps {theirs} of {}: AWS cannot peer these two VPCs, and no subnet can help.",
                vpc.id, declared.id
            ),
        ));
    }
    let has = |cidr: &&CidrBlock| vpc.cidrs.iter().any(|own| own.family() == cidr.family());
    let own = || {
        home.view.connections.iter().filter(|connection| {
            let claim = peer.peering.claim(&connection.tags);
            connection.joins(&vpc.id, &declared.id)
                && matches!(claim, Claim::Ours | Claim::EarlierIncarnation)
        })
    };
    let connection = own().find(|connection| connection.state.is_live());
    let dead = own().filter(|connection| !connection.state.is_live());
    let is_live = |id: &ConnectionId| {
        let listed = home.view.connections.get(id);
        listed.is_some_and(|connection| connection.state.is_live())
    };
    let former = dead.map(|connection| &connection.id).chain(&peer.former);
    let former = former.filter(|id| !is_live(id)).cloned().collect();
    Ok(ResolvedPeer {
        peer,
        far,
        connection,
        former,
        cidrs: declared.cidrs.iter().filter(has).copied().collect(),
    })
}

/// Where a VPC is, for the record.
#[must_use]
pub fn place(place: &Place, vpc: &Vpc) -> GroupPlace {
    GroupPlace {
        account_ref: AccountRef { name: place.access.name.to_string() },
        account_id: place.account().clone(),
        region: place.region.clone(),
        vpc_id: vpc.id.clone(),
    }
}

/// The zones to make a subnet in.
///
/// # Errors
/// `ZoneNotFound`, `SelectorMatchesNothing`, `SubnetNotFound`: what was made stays as it is.
pub fn zones(
    desired: &Desired,
    network: &Network<'_>,
    zones: &Part<Zone>,
    groups: Option<&Part<AutoScalingGroup>>,
) -> Result<BTreeSet<ZoneId>, Finding> {
    let is_usable = |id: &&ZoneId| {
        zones.get(id).is_none_or(|zone| zone.is_availability_zone && zone.is_available)
    };
    let foreign = |subnets: Vec<&Subnet>| -> BTreeSet<ZoneId> {
        let zones = subnets.into_iter().map(|subnet| &subnet.zone);
        zones.filter(is_usable).cloned().collect()
    };
    let selection = desired.spec.availability_zones.as_ref();
    let found = if let Some(list) = selection.and_then(|selection| selection.list.as_ref()) {
        for zone in list {
            match zones.get(&zone.id) {
                Some(known) if known.is_availability_zone => {}
                Some(_) => {
                    return Err(unresolved(
                        Reason::ZoneNotFound,
                        format!(
                            "`availabilityZones.list`: {} is a Local or Wavelength Zone, where no Classic Load Balancer can be. Name Availability Zones.",
                            zone.id
                        ),
                    ));
                }
                None => {
                    let names: Vec<String> = zones
                        .iter()
                        .filter(|zone| zone.is_availability_zone)
                        .map(|zone| zone.id.to_string())
                        .collect();
                    return Err(unresolved(
                        Reason::ZoneNotFound,
                        format!(
                            "`availabilityZones.list`: there is no zone {} in this Region. Its zones are {}.",
                            zone.id,
                            names.join(", ")
                        ),
                    ));
                }
            }
        }
        list.iter().map(|zone| zone.id.clone()).collect()
    } else if let Some(selector) = selection.and_then(|selection| selection.of_subnets.as_ref()) {
        foreign(selectors::subnets_of("availabilityZones.ofSubnets", selector, network)?)
    } else if let Some(selector) =
        selection.and_then(|selection| selection.of_auto_scaling_groups.as_ref())
    {
        let found = of_groups(selector, network, zones, groups)?;
        found.into_iter().filter(|id| is_usable(&id)).collect()
    } else {
        foreign(network.subnets().filter(|subnet| !is_marked(&subnet.tags)).collect())
    };
    if found.is_empty() {
        return Err(unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`availabilityZones` names no zone of {}. What was made stays as it is; list the zones, or correct the selector.",
                network.vpc.id
            ),
        ));
    }
    Ok(found)
}

fn of_groups(
    selector: &AutoScalingGroupSelector,
    network: &Network<'_>,
    zones: &Part<Zone>,
    groups: Option<&Part<AutoScalingGroup>>,
) -> Result<BTreeSet<ZoneId>, Finding> {
    let is_selected = |group: &&AutoScalingGroup| match (&selector.names, &selector.match_tags) {
        (Some(names), _) => names.iter().any(|name| name == group.name.as_str()),
        (None, Some(tags)) => selectors::matches(tags, &group.tags),
        (None, None) => false,
    };
    let selected: Vec<&AutoScalingGroup> =
        groups.into_iter().flat_map(Part::iter).filter(is_selected).collect();
    if let Some(names) = &selector.names
        && let Some(missing) = names
            .iter()
            .find(|name| !selected.iter().any(|group| group.name.as_str() == name.as_str()))
    {
        return Err(unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`availabilityZones.ofAutoScalingGroups.names`: there is no auto-scaling group '{missing}' in this Region. What was made stays as it is; correct the name."
            ),
        ));
    }
    let by_subnet = selected.iter().flat_map(|group| {
        group.subnets.iter().filter_map(|id| Some(network.subnet(id)?.zone.clone()))
    });
    // A group without subnets launches into the default ones of its zones.
    let by_name = selected.iter().filter(|group| group.subnets.is_empty()).flat_map(|group| {
        let named = |zone: &&Zone| group.zones.contains(&zone.name);
        zones.iter().filter(named).map(|zone| zone.id.clone()).collect::<Vec<_>>()
    });
    Ok(by_subnet.chain(by_name).collect())
}

/// What is bound to another VPC than the spec names now.
#[must_use]
pub fn moved(recorded: &Recorded, home: &Home<'_>) -> Option<Finding> {
    let vpc = recorded.vpc.as_ref()?;
    let owns = recorded.table.is_some() || recorded.subnets.values().any(Option::is_some);
    (owns && *vpc != home.network.vpc.id).then(|| {
        Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::BoundElsewhere,
            format!(
                "The subnets of this group are in {vpc}, and `peers` lead to {} now. Nothing is written or deleted; name the former peerings again, or make another group.",
                home.network.vpc.id
            ),
        )
    })
}
