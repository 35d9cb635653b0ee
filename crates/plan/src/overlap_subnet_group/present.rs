//! The plan for a group that should be there. The table exists with its routes before a subnet uses it; subnets are made,
//! associated explicitly, and seen so; only then the other sides get their routes. Removal runs backwards.

use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::{Claim, origin};
use peerway_model::{
    ConnectionId, NetworkAcl, NetworkInterface, Origin, Part, RouteTableId, Subnet, SubnetId, Tags,
};

use super::blocks::{self, Blocks, Zones};
use super::desired::{Desired, Neighbour};
use super::owned::{Owned, ToTag, block, ipv6, owned};
use super::plan::{PeerReport, Plan, Report, SubnetReport, TableRoute};
use super::recorded::Recorded;
use super::resolve::{self, Home, ResolvedPeer};
use super::step::{Call, Step};
use super::subnets::{
    association, given_acl, keep_missed, lead_back, own_subnets, remove_subnets, wrong_acl,
};
use super::table::{in_the_way, leads_to, own_table, remove_table_routes};
use super::{Observed, peer_routes, warnings};
use crate::observed::needed;
use crate::routes::Standing;
use crate::{Finding, Waiting, extra_tags};

/// Everything that a plan for a group is made from.
pub(super) struct Scene<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) recorded: &'a Recorded,
    pub(super) home: Home<'a>,
    pub(super) peers: Vec<ResolvedPeer<'a>>,
    pub(super) owned: Owned<'a>,
    pub(super) acls: Option<&'a Part<NetworkAcl>>,
    pub(super) interfaces: Option<&'a Part<NetworkInterface>>,
}

impl Scene<'_> {
    /// A call in the subnets' own place.
    pub(super) fn at_home(&self, call: Call) -> Step {
        Step { place: self.home.place().clone(), call }
    }

    /// Whether nobody is left in a subnet.
    pub(super) fn is_empty(&self, subnet: &Subnet) -> bool {
        self.interfaces
            .is_some_and(|part| part.iter().all(|interface| interface.subnet != subnet.id))
    }

    /// Whether something is to be adopted, and carries none of our tags yet. By its id in the status it would be ours from
    /// then on, also if it never gets them; whoever only observes never tags.
    fn is_only_named(&self, id: &str, tags: &Tags) -> bool {
        let recorded = self.recorded.subnets.values().flatten().map(SubnetId::as_str);
        let mut recorded = recorded.chain(self.recorded.table.iter().map(RouteTableId::as_str));
        self.desired.policies.management == ManagementPolicy::Full
            && self.desired.owner.claim(tags) == Claim::Untagged
            && recorded.all(|known| known != id)
    }

    /// The tags of what is made.
    pub(super) fn tags(&self, origin: Origin) -> Tags {
        let mut tags = self.desired.owner.tags(origin);
        let extra = self.desired.spec.tags.iter().flat_map(|tags| &tags.0);
        tags.extend(extra.map(|(key, value)| (key.clone(), value.clone())));
        tags
    }
}

pub(super) fn plan(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let views = match resolve::views(desired.places(), observed) {
        Ok(views) => views,
        Err(unreadable) => return Plan { unreadable, ..plan },
    };
    let home = match resolve::home(desired, &views) {
        Ok(home) => home,
        Err(findings) => return Plan { findings, ..plan },
    };
    let at_home = &observed.views[home.place()];
    let parts = (
        needed(home.place(), at_home.zones.as_ref()),
        needed(home.place(), at_home.auto_scaling_groups.as_ref()),
        needed(home.place(), at_home.network_acls.as_ref()),
        needed(home.place(), at_home.network_interfaces.as_ref()),
    );
    let (zones, groups, acls, interfaces) = match parts {
        (Ok(Some(zones)), Ok(groups), Ok(acls), Ok(interfaces)) => {
            (zones, groups, acls, interfaces)
        }
        (zones, groups, acls, interfaces) => {
            let failed = [zones.err(), groups.err(), acls.err(), interfaces.err()];
            return Plan { unreadable: failed.into_iter().flatten().collect(), ..plan };
        }
    };
    plan.report.home = Some(resolve::place(home.place(), home.network.vpc));
    if let Some(finding) = resolve::moved(recorded, &home) {
        plan.report.home.clone_from(&recorded.home);
        plan.findings.push(finding);
        return plan;
    }
    let peers = match resolve::peers(desired, &home, &views) {
        Ok(peers) => peers,
        Err(findings) => return Plan { findings, ..plan },
    };
    let connections: Vec<&ConnectionId> =
        peers.iter().filter_map(|peer| Some(&peer.connection?.id)).collect();
    let owned = owned(desired, recorded, &home.network, &connections, &rivals(observed, &home));
    let scene = Scene { desired, observed, recorded, home, peers, owned, acls, interfaces };
    if !scene.owned.unclear.is_empty() {
        plan.findings.extend(scene.owned.unclear.iter().cloned());
        return plan;
    }
    if let Some(finding) = going(&scene) {
        plan.findings.push(finding);
        return plan;
    }
    let wanted = resolve::zones(desired, &scene.home.network, zones, groups);
    report(&mut plan, &scene);
    let zones = Zones { zones, groups };
    let chosen = wanted.and_then(|wanted| {
        given_acl(&scene)?;
        blocks::choose(&scene, &wanted, &zones)
    });
    match chosen {
        Ok(blocks) => {
            plan.report.is_resolved = true;
            want(&mut plan, blocks);
        }
        Err(finding) => {
            plan.findings.push(finding);
            keep(&mut plan);
        }
    }
    keep_missed(&mut plan, observed, recorded, scene.home.view.subnets);
    // What was made is kept and repaired, also while nobody can tell what more is wanted; nothing is begun.
    if !has_begun(&scene) && !is_clear(&plan, &scene) {
        peer_routes::report(&mut plan, &scene);
        return plan;
    }
    let has_table = !adopt(&mut plan, &scene) && own_table(&mut plan, &scene);
    if has_table && own_subnets(&mut plan, &scene) {
        peer_routes::plan(&mut plan, &scene);
        remove_subnets(&mut plan, &scene);
        remove_table_routes(&mut plan, &scene);
    } else {
        if !has_table {
            lead_back(&mut plan, &scene);
        }
        peer_routes::report(&mut plan, &scene);
    }
    tag_anew(&mut plan, &scene);
    warnings::warnings(&mut plan, &scene);
    plan
}

/// A reference that is going: what owns nothing yet makes nothing; what owns something is kept as before.
fn going(scene: &Scene<'_>) -> Option<Finding> {
    let owns =
        scene.owned.table.is_some() && !scene.owned.is_given || !scene.owned.subnets.is_empty();
    let going = scene.peers.iter().find(|peer| peer.peer.is_going).filter(|_| !owns)?;
    Some(Finding::passing(
        ConditionType::ResolvedRefs,
        Reason::DependencyDeleting,
        format!(
            "VPCPeering '{}' is being deleted. Nothing is made on it; name another one, or delete this group.",
            going.peer.peering.name
        ),
    ))
}

/// The other groups of this VPC.
fn rivals<'a>(observed: &'a Observed, home: &Home<'_>) -> Vec<&'a Neighbour> {
    observed.siblings.iter().filter(|other| blocks::is_here(other, home)).collect()
}

/// Whether everything that the spec selects is found.
fn is_clear(plan: &Plan, scene: &Scene<'_>) -> bool {
    plan.report.is_resolved && peer_routes::has_resolved(scene)
}

/// Whether anything was written for the group.
fn has_begun(scene: &Scene<'_>) -> bool {
    let has_table = scene.recorded.table.is_some() && !scene.owned.is_given;
    let is_ours = |subnet: &Subnet| !scene.is_only_named(subnet.id.as_str(), &subnet.tags);
    has_table
        || scene.owned.subnets.values().any(|subnet| is_ours(subnet))
        || !scene.recorded.routes.is_empty()
}

/// What is there, before anything is chosen.
fn report(plan: &mut Plan, scene: &Scene<'_>) {
    let report = &mut plan.report;
    report.has_judged = true;
    let table = scene.owned.table.map(|table| (&table.id, &table.tags));
    let is_given = scene.owned.is_given;
    let table = table.filter(|(id, tags)| is_given || !scene.is_only_named(id.as_str(), tags));
    report.table = table.map(|(id, _)| id.clone());
    report.peers = scene
        .peers
        .iter()
        .map(|peer| PeerReport {
            name: peer.peer.name.clone(),
            far: peer.far.map(|(vpc, view)| resolve::place(view.place, vpc)),
            connection: peer.connection.map(|connection| connection.id.clone()),
            is_active: peer.active().is_some(),
            cidrs: peer.cidrs.clone(),
        })
        .collect();
    for (zone, subnet) in &scene.owned.subnets {
        let Some(cidr) = block(subnet) else { continue };
        let association = scene.owned.table.and_then(|table| association(table, subnet));
        report.subnets.insert(
            zone.clone(),
            SubnetReport {
                cidr: *cidr,
                ipv6: ipv6(subnet).copied(),
                ipv6_to_come: None,
                id: (!scene.is_only_named(subnet.id.as_str(), &subnet.tags))
                    .then(|| subnet.id.clone()),
                association: association.map(|association| association.id.clone()),
                is_wanted: false,
                has_acl: wrong_acl(scene, subnet).is_none(),
            },
        );
    }
    report.table_routes = scene
        .peers
        .iter()
        .filter_map(|peer| Some((peer.active()?, peer)))
        .flat_map(|(connection, peer)| {
            peer.cidrs.iter().map(|cidr| {
                let there = scene.owned.table.and_then(|table| table.route_to(cidr));
                let standing = match there {
                    Some(route) if leads_to(route, &connection.id) => Standing::InPlace,
                    Some(_) | None => Standing::Missing,
                };
                TableRoute {
                    destination: *cidr,
                    connection: connection.id.clone(),
                    is_withheld: false,
                    standing,
                }
            })
        })
        .collect();
    if let Some(table) = scene.owned.table {
        for route in &mut report.table_routes {
            route.is_withheld = in_the_way(scene, table, route).is_some();
        }
    }
}

/// Where the subnets are to stand, beside those that are there; and what IPv6 blocks those get that have none.
fn want(plan: &mut Plan, blocks: Blocks) {
    for (zone, (cidr, ipv6)) in blocks {
        let subnet = plan.report.subnets.entry(zone).or_insert(SubnetReport {
            cidr,
            ipv6,
            ipv6_to_come: None,
            id: None,
            association: None,
            is_wanted: true,
            has_acl: false,
        });
        subnet.is_wanted = true;
        if subnet.ipv6.is_none() {
            subnet.ipv6_to_come = ipv6;
        }
    }
}

/// What was made counts as wanted while it cannot be told what is.
fn keep(plan: &mut Plan) {
    for subnet in plan.report.subnets.values_mut() {
        subnet.is_wanted = true;
    }
}

/// The spec's tags, where they are missing on what is ours. Those that are no longer declared stay, as anybody's do. Nothing
/// waits for them: a role may be allowed to write our own tags and no others.
fn tag_anew(plan: &mut Plan, scene: &Scene<'_>) {
    let missing = |tags: &Tags| -> Option<Tags> {
        if scene.desired.owner.claim(tags) != Claim::Ours {
            return None;
        }
        extra_tags::lacking(scene.desired.spec.tags.as_ref(), tags)
    };
    if let Some(table) = scene.owned.table.filter(|_| !scene.owned.is_given)
        && let Some(tags) = missing(&table.tags)
    {
        plan.steps.push(scene.at_home(Call::TagTable { table: table.id.clone(), tags }));
    }
    for subnet in scene.owned.subnets.values() {
        if let Some(tags) = missing(&subnet.tags) {
            plan.steps.push(scene.at_home(Call::TagSubnet { subnet: subnet.id.clone(), tags }));
        }
    }
}

/// Tags first: what exists and shall be ours, and what was ours and lost them. Whether that is all there is to do now.
fn adopt(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    for (thing, origin) in &scene.owned.to_tag {
        // Our own and no others, which may be refused: whose it is must not depend on them.
        let tags = scene.desired.owner.tags(*origin);
        plan.steps.push(scene.at_home(match thing {
            ToTag::Table(table) => Call::TagTable { table: table.id.clone(), tags },
            ToTag::Subnet(subnet) => Call::TagSubnet { subnet: subnet.id.clone(), tags },
        }));
    }
    if scene.desired.policies.management == ManagementPolicy::Observe {
        return false;
    }
    if !plan.steps.is_empty() {
        return true;
    }
    // Nothing is built on what was just adopted before it is written down.
    let is_adopted = |tags: &Tags| origin(tags) == Some(Origin::Adopted);
    let subnets = scene.owned.subnets.iter().filter(|(zone, subnet)| {
        is_adopted(&subnet.tags)
            && block(subnet).is_some_and(|block| !scene.recorded.knows(&subnet.id, zone, block))
    });
    let table = scene.owned.table.filter(|table| {
        is_adopted(&table.tags) && scene.recorded.table.as_ref() != Some(&table.id)
    });
    let ids = subnets.map(|(_, subnet)| subnet.id.to_string());
    let ids: Vec<String> = ids.chain(table.map(|table| table.id.to_string())).collect();
    let is_new = !ids.is_empty();
    plan.waiting.extend(ids.into_iter().map(|id| Waiting::Adoption { id }));
    is_new
}
