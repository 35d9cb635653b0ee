//! The plan for a group that should be there. The table exists with its routes before a subnet uses it; subnets are made,
//! associated explicitly, and seen so; only then the other sides get their routes. Removal runs backwards.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::policies::ManagementPolicy;
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::{Claim, origin};
use peerway_model::{
    Association, AssociationScope, CidrBlock, ConnectionId, Destination, NetworkAcl,
    NetworkInterface, Origin, Part, Route, RouteTable, RouteTableId, RouteTarget, Subnet, SubnetId,
    Tags,
};

use super::blocks::{self, Zones};
use super::desired::Desired;
use super::owned::{Owned, ToTag, block, ipv6, owned};
use super::plan::{PeerReport, Plan, Report, SubnetReport, TableRoute};
use super::recorded::Recorded;
use super::resolve::{self, Home, ResolvedPeer};
use super::step::{Call, Step};
use super::{Observed, peer_routes, warnings};
use crate::routes::{Standing, Wish};
use crate::{Finding, Waiting};

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
    fn tags(&self, origin: Origin) -> Tags {
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
    let needed = (
        resolve::needed(home.place(), at_home.zones.as_ref()),
        resolve::needed(home.place(), at_home.auto_scaling_groups.as_ref()),
        resolve::needed(home.place(), at_home.network_acls.as_ref()),
        resolve::needed(home.place(), at_home.network_interfaces.as_ref()),
    );
    let (zones, groups, acls, interfaces) = match needed {
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
    let owned = owned(desired, recorded, &home.network, &connections);
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
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(finding) => {
            // What was made is kept, also while nobody says where.
            plan.findings.push(finding);
            keep(&mut plan, &scene);
            return plan;
        }
    };
    let zones = Zones { zones, groups };
    let chosen = blocks::choose(
        desired,
        (observed, recorded),
        &scene.home,
        &scene.peers,
        &scene.owned,
        &wanted,
        &zones,
    );
    match chosen {
        Ok(blocks) => {
            for (zone, (cidr, ipv6)) in blocks {
                let subnet = plan.report.subnets.entry(zone).or_insert(SubnetReport {
                    cidr,
                    ipv6,
                    id: None,
                    association: None,
                    is_wanted: true,
                    has_acl: false,
                });
                subnet.is_wanted = true;
            }
        }
        Err(finding) => {
            plan.findings.push(finding);
            keep(&mut plan, &scene);
            return plan;
        }
    }
    plan.report.is_resolved = true;
    if !adopt(&mut plan, &scene) && own_table(&mut plan, &scene) && own_subnets(&mut plan, &scene) {
        peer_routes::plan(&mut plan, &scene);
        remove_subnets(&mut plan, &scene);
        remove_table_routes(&mut plan, &scene);
    } else {
        peer_routes::report(&mut plan, &scene);
    }
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
            route.is_withheld = is_foreign(scene, table, route);
        }
    }
}

/// What was made counts as wanted while it cannot be told what is.
fn keep(plan: &mut Plan, scene: &Scene<'_>) {
    for subnet in plan.report.subnets.values_mut() {
        subnet.is_wanted = true;
    }
    peer_routes::report(plan, scene);
}

fn leads_to(route: &Route, connection: &ConnectionId) -> bool {
    matches!(&route.target, RouteTarget::Connection(id) if id == connection)
}

/// A subnet's explicit association with a table.
pub(super) fn association<'a>(table: &'a RouteTable, subnet: &Subnet) -> Option<&'a Association> {
    let scope = AssociationScope::Subnet(subnet.id.clone());
    table.associations.iter().find(|association| association.scope == scope)
}

/// Tags first: what exists and shall be ours, and what was ours and lost them. Whether that is all there is to do now.
fn adopt(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    for (thing, origin) in &scene.owned.to_tag {
        let tags = scene.tags(*origin);
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

/// The table and its routes; whether they are in place as far as they can be.
fn own_table(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    let view = scene.home.view;
    let at = (scene.home.place(), scene.observed);
    let Some(table) = scene.owned.table else {
        if scene.peers.iter().all(|peer| peer.active().is_none()) {
            await_connections(plan, scene);
            return false;
        }
        let replaced = scene.recorded.table.as_ref();
        let is_sure = replaced.is_none_or(|gone| {
            plan.is_confirmed(view.route_tables, gone, at, || format!("{gone}, which is gone"))
        });
        if is_sure {
            plan.steps.push(scene.at_home(Call::CreateTable {
                vpc: scene.home.network.vpc.id.clone(),
                token: token(&scene.desired.owner.uid, replaced),
                tags: scene.tags(Origin::Created),
            }));
        }
        return false;
    };
    await_connections(plan, scene);
    let routes = plan.report.table_routes.clone();
    for route in routes.iter().filter(|route| !is_foreign(scene, table, route)) {
        plan.report
            .written_routes
            .insert(Wish { table: table.id.clone(), destination: route.destination });
    }
    for route in routes.iter().filter(|route| route.standing != Standing::InPlace) {
        write(plan, scene, table, route);
    }
    !routes.is_empty() && routes.iter().all(|route| route.standing == Standing::InPlace)
}

fn await_connections(plan: &mut Plan, scene: &Scene<'_>) {
    for peer in scene.peers.iter().filter(|peer| peer.active().is_none()) {
        plan.waiting.push(Waiting::Dependency {
            what: format!("the connection of VPCPeering '{}' to be active", peer.peer.peering.name),
        });
    }
}

/// Whether somebody else's route stands where one is wanted: in a given table whatever does not lead over the peer's
/// connection, or one before that, also where our route once was. In a table that we made, what we want is ours.
fn is_foreign(scene: &Scene<'_>, table: &RouteTable, route: &TableRoute) -> bool {
    let there = table.route_to(&route.destination).filter(|_| scene.owned.is_given);
    there.is_some_and(|there| match &there.target {
        RouteTarget::Connection(id) => {
            let peer = scene.peers.iter().find(|peer| peer.cidrs.contains(&route.destination));
            *id != route.connection && peer.is_none_or(|peer| !peer.former.contains(id))
        }
        RouteTarget::Local
        | RouteTarget::InternetGateway(_)
        | RouteTarget::EgressOnlyInternetGateway(_)
        | RouteTarget::NatGateway(_)
        | RouteTarget::VpnGateway(_)
        | RouteTarget::TransitGateway(_)
        | RouteTarget::NetworkInterface(_)
        | RouteTarget::VpcEndpoint(_)
        | RouteTarget::Other(_) => true,
    })
}

fn write(plan: &mut Plan, scene: &Scene<'_>, table: &RouteTable, route: &TableRoute) {
    let (destination, connection) = (route.destination, route.connection.clone());
    let Some(there) = table.route_to(&destination) else {
        let call =
            Call::CreateRoute { table: table.id.clone(), destination, connection, is_far: false };
        plan.steps.push(scene.at_home(call));
        return;
    };
    if is_foreign(scene, table, route) {
        plan.findings.push(Finding::stalled(
            ConditionType::Programmed,
            Reason::RouteConflict,
            format!(
                "{} has a route to {destination} over {} that is not ours, and one to {connection} is wanted. It is left alone; remove it, or name another table.",
                table.id, there.target
            ),
        ));
        return;
    }
    let at = (scene.home.place(), scene.observed);
    let part = scene.home.view.route_tables;
    if plan
        .is_confirmed(part, &table.id, at, || format!("the route to {destination} in {}", table.id))
    {
        plan.steps.push(scene.at_home(Call::ReplaceRoute {
            table: table.id.clone(),
            destination,
            connection,
            was: there.target.to_string(),
            is_far: false,
        }));
    }
}

/// Recorded routes of the own table that are no longer wanted: they go once nobody is led here any more whom they answer.
fn remove_table_routes(plan: &mut Plan, scene: &Scene<'_>) {
    let Some(table) = scene.owned.table else { return };
    if plan.report.is_clearing {
        return;
    }
    let wanted: BTreeSet<CidrBlock> =
        plan.report.table_routes.iter().map(|route| route.destination).collect();
    // A peer that is not connected now may be again: what was written for it stays.
    let waits = scene.peers.iter().filter(|peer| peer.active().is_none());
    let awaited: BTreeSet<CidrBlock> = waits.flat_map(|peer| peer.cidrs.clone()).collect();
    let at = (scene.home.place(), scene.observed);
    let part = scene.home.view.route_tables;
    let own = scene.recorded.routes.iter().filter(|wish| wish.table == table.id);
    for wish in own {
        if wanted.contains(&wish.destination) || awaited.contains(&wish.destination) {
            continue;
        }
        let destination = wish.destination;
        let what = || format!("the route to {destination} in {}", table.id);
        match table.route_to(&destination) {
            None => {
                if plan.is_confirmed(part, &table.id, at, what) {
                    plan.report.written_routes.remove(wish);
                }
            }
            Some(route) if matches!(route.target, RouteTarget::Connection(_)) => {
                plan.report.surplus += 1;
                if plan.is_confirmed(part, &table.id, at, what) {
                    plan.steps.push(scene.at_home(Call::DeleteRoute {
                        table: table.id.clone(),
                        destination,
                        target: route.target.to_string(),
                        is_far: false,
                    }));
                }
            }
            // Somebody pointed it elsewhere: theirs now.
            Some(_) => drop(plan.report.written_routes.remove(wish)),
        }
    }
}

/// The subnets, their association and ACL; whether all that are wanted are in place.
fn own_subnets(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    let Some(table) = scene.owned.table else { return false };
    let subnets = plan.report.subnets.clone();
    for (zone, wanted) in &subnets {
        match scene.owned.subnets.get(zone) {
            Some(subnet) => in_place(plan, scene, table, subnet),
            None => create(plan, scene, zone, wanted),
        }
    }
    subnets
        .values()
        .all(|subnet| !subnet.is_wanted || subnet.id.is_some() && subnet.association.is_some())
}

fn create(plan: &mut Plan, scene: &Scene<'_>, zone: &peerway_model::ZoneId, wanted: &SubnetReport) {
    let at = (scene.home.place(), scene.observed);
    let gone = scene.recorded.subnets.iter().filter(|((known, _), _)| known == zone);
    let is_sure = gone.filter_map(|(_, id)| id.as_ref()).all(|id| {
        plan.is_confirmed(scene.home.view.subnets, id, at, || format!("{id}, which is gone"))
    });
    if is_sure {
        plan.steps.push(scene.at_home(Call::CreateSubnet {
            vpc: scene.home.network.vpc.id.clone(),
            zone: zone.clone(),
            cidr: wanted.cidr,
            ipv6: wanted.ipv6,
            tags: scene.tags(Origin::Created),
        }));
    }
}

fn in_place(plan: &mut Plan, scene: &Scene<'_>, table: &RouteTable, subnet: &Subnet) {
    let at = (scene.home.place(), scene.observed);
    let tables = scene.home.view.route_tables;
    if association(table, subnet).is_none() {
        let elsewhere = scene
            .home
            .network
            .tables()
            .find_map(|other| Some((other, association(other, subnet)?)));
        match elsewhere {
            None => {
                plan.steps.push(scene.at_home(Call::Associate {
                    table: table.id.clone(),
                    subnet: subnet.id.clone(),
                }));
            }
            Some((other, association)) => {
                let what = || format!("the association of {}", subnet.id);
                if plan.is_confirmed(tables, &other.id, at, what) {
                    plan.steps.push(scene.at_home(Call::ReplaceAssociation {
                        association: association.id.clone(),
                        table: table.id.clone(),
                        subnet: subnet.id.clone(),
                        was: other.id.clone(),
                    }));
                }
            }
        }
    }
    let Some(wanted) = wrong_acl(scene, subnet) else { return };
    let Some(acls) = scene.acls else { return };
    let Some(given) = acls.get(wanted).filter(|acl| acl.vpc == subnet.vpc) else {
        plan.findings.push(Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::NetworkAclNotFound,
            format!("`networkACL.id`: {wanted} does not exist in {}. Correct the id.", subnet.vpc),
        ));
        return;
    };
    let now = acls.iter().find_map(|acl| Some((acl, acl.association_of(&subnet.id)?)));
    let Some((acl, association)) = now else { return };
    if plan.is_confirmed(acls, &acl.id, at, || format!("the network ACL of {}", subnet.id)) {
        plan.steps.push(scene.at_home(Call::ReplaceAclAssociation {
            association: association.clone(),
            acl: given.id.clone(),
            subnet: subnet.id.clone(),
            was: acl.id.clone(),
        }));
    }
}

/// The ACL that a subnet should use, and does not.
fn wrong_acl<'s>(scene: &'s Scene<'_>, subnet: &Subnet) -> Option<&'s peerway_model::NetworkAclId> {
    let wanted = &scene.desired.spec.network_acl.as_ref()?.id;
    let acl = scene.acls?.get(wanted);
    let uses = acl.is_some_and(|acl| acl.association_of(&subnet.id).is_some());
    (!uses).then_some(wanted)
}

/// Subnets of zones that are no longer wanted go once nothing is left in them and nothing leads there.
fn remove_subnets(plan: &mut Plan, scene: &Scene<'_>) {
    let at = (scene.home.place(), scene.observed);
    for (zone, subnet) in &scene.owned.subnets {
        let Some(report) = plan.report.subnets.get(zone).filter(|report| !report.is_wanted) else {
            continue;
        };
        let cidr = report.cidr;
        if !scene.is_empty(subnet) {
            plan.findings.push(Finding::warning(
                Reason::ZoneStillInUse,
                format!("{zone} is no longer wanted, and network interfaces are left in {}. It stays until they are gone.", subnet.id),
            ));
            continue;
        }
        plan.report.surplus += 1;
        let is_led_to = |wish: &Wish| {
            Some(wish.destination) == Some(cidr) || subnet.cidrs.contains(&wish.destination)
        };
        if plan.report.written_routes.iter().any(is_led_to) {
            continue;
        }
        if plan.is_confirmed(scene.home.view.subnets, &subnet.id, at, || subnet.id.to_string()) {
            let call = Call::DeleteSubnet { subnet: subnet.id.clone(), cidr };
            plan.steps.push(scene.at_home(call));
        }
    }
}

/// By which AWS knows a repeated request for the same table
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html>): another one where that is gone.
fn token(uid: &str, replaced: Option<&RouteTableId>) -> String {
    let replaced = replaced.map_or("first", |id| id.as_str());
    format!("peerway-{uid}-{replaced}")
}

/// Whether a row leads to a block over a connection.
#[must_use]
pub(super) fn is_row(route: &Route, destination: &CidrBlock, connection: &ConnectionId) -> bool {
    route.destination == Destination::Cidr(*destination) && leads_to(route, connection)
}
