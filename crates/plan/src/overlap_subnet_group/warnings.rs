//! What is in place but deserves a look: who else stands in the subnets, what their ACL blocks, who else comes in.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::Reason;
use peerway_model::{
    CidrBlock, ConnectionId, Family, NetworkInterface, Part, PrefixListId, RouteTable,
    RouteTableId, RouteTarget, Subnet, SubnetId,
};

use super::acl::{lets_answer, lets_hear};
use super::plan::Plan;
use super::present::Scene;
use super::table::leads_to;
use crate::Finding;
use crate::network::Network;
use crate::routes::Wish;

pub(super) fn warnings(plan: &mut Plan, scene: &Scene<'_>) {
    // First what may mislead packets: not all that deserves a look fits into a status.
    ambiguous(plan, scene);
    for subnet in scene.owned.subnets.values() {
        blocked(plan, scene, subnet);
        foreign_interfaces(plan, scene, subnet);
    }
    undeclared(plan, scene);
}

/// An interface that is no load balancer's: its packets to other peers find no way, and those to these peers do.
fn foreign_interfaces(plan: &mut Plan, scene: &Scene<'_>, subnet: &Subnet) {
    let is_foreign = |interface: &&NetworkInterface| {
        interface.subnet == subnet.id
            && !(interface.is_requester_managed && interface.description.starts_with("ELB "))
    };
    let interfaces = scene.interfaces.into_iter().flat_map(Part::iter);
    for interface in interfaces.filter(is_foreign) {
        let what = interface.instance.as_deref().unwrap_or(&interface.description);
        plan.findings.push(Finding::warning(
            Reason::ForeignInterface,
            format!(
                "{} ({what}) lies in {}, where only load balancers should: what it sends to the peers' CIDRs goes to the peers of this group. Move it to another subnet.",
                interface.id, subnet.id
            ),
        ));
    }
}

fn blocked(plan: &mut Plan, scene: &Scene<'_>, subnet: &Subnet) {
    let mut acls = scene.acls.into_iter().flat_map(Part::iter);
    let Some(acl) = acls.find(|acl| acl.association_of(&subnet.id).is_some()) else {
        return;
    };
    for peer in &scene.peers {
        if let Some(block) = peer.cidrs.iter().find(|block| !lets_answer(acl, block)) {
            plan.findings.push(Finding::warning(
                Reason::NetworkAclBlocks,
                format!(
                    "{}, the network ACL of {}, does not let all TCP packets from {block} of peer '{}', and the replies to them, pass. Allow TCP both ways, ephemeral ports 1024-65535 for the replies, or name another ACL in `networkACL`.",
                    acl.id, subnet.id, peer.peer.name
                ),
            ));
        }
    }
    let own = &scene.home.network.vpc.cidrs;
    let unheard = |block: &&CidrBlock| block.family() == Family::V4 && !lets_hear(acl, block);
    if let Some(block) = own.iter().find(unheard) {
        plan.findings.push(Finding::warning(
            Reason::NetworkAclBlocks,
            format!(
                "{}, the network ACL of {}, does not let the replies of all instances in {block} into the subnet: a load balancer there would find none healthy. Allow TCP to ports 1024-65535 from there, or name another ACL in `networkACL`.",
                acl.id, subnet.id
            ),
        ));
    }
}

/// Other connections whose far side has a way to our subnets, and whose addresses our table sends to our peers.
fn ambiguous(plan: &mut Plan, scene: &Scene<'_>) {
    let ours: Vec<_> = scene.peers.iter().filter_map(|peer| peer.connection).collect();
    for (other, cidrs) in scene.home.network.other_connections(None) {
        if ours.iter().any(|own| own.id == other.id) {
            continue;
        }
        let taken = scene.peers.iter().find_map(|peer| {
            let block = cidrs.iter().find(|cidr| peer.cidrs.iter().any(|own| own.meets(cidr)))?;
            Some((peer, block))
        });
        let Some((peer, block)) = taken else { continue };
        let far = other.far_from(&scene.home.network.vpc.id).map(|end| &end.vpc);
        let views = scene.observed.views.iter().filter_map(|(at, view)| view.readable(at).ok());
        let far: Vec<Network<'_>> =
            views.filter_map(|view| Some(Network::of(view.vpcs.get(far?)?, view))).collect();
        if far.is_empty() {
            plan.findings.push(Finding::warning(
                Reason::PeerOverlap,
                format!(
                    "{}, another connection of the same VPC, has {block} behind it, and its far side cannot be read. If that leads to subnets of this group, the replies go to peer '{}': clients behind {} must keep using the addresses they used before.",
                    other.id, peer.peer.name, other.id
                ),
            ));
            continue;
        }
        let (clients, name) = (&other.id, &peer.peer.name);
        for (way, (tables, subnets)) in ways(scene, &far, clients) {
            let (tables, subnets) = (listed(&tables), listed(&subnets));
            let message = match way {
                Way::Leads => format!(
                    "{tables} leads to {subnets} over {clients}, and replies from there to {block} go to peer '{name}': clients behind {clients} must keep using the addresses they used before."
                ),
                Way::MayLead(list) => format!(
                    "{tables} leads over {clients} to what prefix list {list} holds, and its entries cannot be read: if {subnets} is among them, replies from there to {block} go to peer '{name}'. Clients behind {clients} must keep using the addresses they used before."
                ),
            };
            plan.findings.push(Finding::warning(Reason::AmbiguousSource, message));
        }
    }
}

/// The tables of a far side that lead to our subnets over its connection, and to which; the surest way to each subnet.
fn ways<'a>(
    scene: &Scene<'a>,
    far: &[Network<'a>],
    connection: &ConnectionId,
) -> BTreeMap<Way<'a>, (BTreeSet<&'a RouteTableId>, BTreeSet<&'a SubnetId>)> {
    let mut ways: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
    for subnet in scene.owned.subnets.values() {
        let tables = far.iter().flat_map(|far| far.tables().map(move |table| (far, table)));
        let found = tables
            .filter_map(|(far, table)| Some((way(far, table, connection, subnet)?, &table.id)))
            .min();
        if let Some((way, table)) = found {
            let (tables, subnets) = ways.entry(way).or_default();
            tables.insert(table);
            subnets.insert(&subnet.id);
        }
    }
    ways
}

fn listed<T: ToString>(things: &BTreeSet<T>) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Whether a table leads somewhere: for certain, or by a list that cannot be read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way<'a> {
    Leads,
    MayLead(&'a PrefixListId),
}

/// How a table leads to a subnet over a connection, if it does.
fn way<'a>(
    network: &Network<'a>,
    table: &'a RouteTable,
    connection: &ConnectionId,
    subnet: &Subnet,
) -> Option<Way<'a>> {
    let over = table.routes.iter().filter(|route| leads_to(route, connection));
    over.filter_map(|route| match network.blocks(&route.destination) {
        Ok(blocks) => {
            let mut own = subnet.cidrs.iter();
            own.any(|own| blocks.iter().any(|to| own.meets(to))).then_some(Way::Leads)
        }
        Err(list) => Some(Way::MayLead(list)),
    })
    .min()
}

/// A route in our table that we did not write.
fn undeclared(plan: &mut Plan, scene: &Scene<'_>) {
    let Some(table) = scene.owned.table.filter(|_| !scene.owned.is_given) else { return };
    for route in &table.routes {
        let is_ours = match (&route.destination, &route.target) {
            (_, RouteTarget::Local) => true,
            (peerway_model::Destination::Cidr(to), _) => {
                let wish = Wish { table: table.id.clone(), destination: *to };
                plan.report.table_routes.iter().any(|wanted| wanted.destination == *to)
                    || scene.recorded.routes.contains(&wish)
            }
            (peerway_model::Destination::PrefixList(_), _) => false,
        };
        if !is_ours {
            plan.findings.push(Finding::warning(
                Reason::UndeclaredRoute,
                format!(
                    "{}, the table of this group, has a route to {} over {} that the group did not write. It is left alone, and goes with the table.",
                    table.id, route.destination, route.target
                ),
            ));
        }
    }
}
