//! What is in place but deserves a look: who else stands in the subnets, what their ACL blocks, who else comes in.

use peerway_api::Reason;
use peerway_model::{NetworkInterface, Part, RouteTarget, Subnet};

use super::acl::lets_answer;
use super::plan::Plan;
use super::present::Scene;
use crate::Finding;
use crate::routes::Wish;

pub(super) fn warnings(plan: &mut Plan, scene: &Scene<'_>) {
    for subnet in scene.owned.subnets.values() {
        foreign_interfaces(plan, scene, subnet);
        blocked(plan, scene, subnet);
        ambiguous(plan, scene, subnet);
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
    let acls = scene.acls.into_iter().flat_map(Part::iter);
    let Some(acl) = acls.into_iter().find(|acl| acl.association_of(&subnet.id).is_some()) else {
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
}

/// Another connection whose far side has a way to the subnet, and whose addresses the subnet's table sends to our peers.
fn ambiguous(plan: &mut Plan, scene: &Scene<'_>, subnet: &Subnet) {
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
        let vpcs = scene.observed.views.values().filter_map(|view| view.vpcs.part.as_ref());
        if !vpcs.into_iter().any(|vpcs| far.is_some_and(|far| vpcs.get(far).is_some())) {
            let warning = Finding::warning(
                Reason::PeerOverlap,
                format!(
                    "{}, another connection of the same VPC, has {block} behind it, and its far side cannot be read. If that leads to subnets of this group, the replies go to peer '{}': clients behind {} must keep using the addresses they used before.",
                    other.id, peer.peer.name, other.id
                ),
            );
            if !plan.findings.contains(&warning) {
                plan.findings.push(warning);
            }
            continue;
        }
        let parts =
            scene.observed.views.values().filter_map(|view| view.route_tables.part.as_ref());
        let way = parts.flat_map(|part| part.iter()).filter(|table| Some(&table.vpc) == far).find(
            |table| {
                table.routes.iter().any(|route| {
                    let to = match &route.destination {
                        peerway_model::Destination::Cidr(to) => to,
                        peerway_model::Destination::PrefixList(_) => return false,
                    };
                    matches!(&route.target, RouteTarget::Connection(id) if *id == other.id)
                        && subnet.cidrs.iter().any(|own| own.meets(to))
                })
            },
        );
        if let Some(table) = way {
            plan.findings.push(Finding::warning(
                Reason::AmbiguousSource,
                format!(
                    "{} leads to {} over {}, and replies from there to {block} go to peer '{}': clients behind {} must keep using the addresses they used before.",
                    table.id, subnet.id, other.id, peer.peer.name, other.id
                ),
            ));
        }
    }
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
