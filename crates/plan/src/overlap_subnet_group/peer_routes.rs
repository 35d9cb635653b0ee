//! The routes to the subnets on the peers' sides: one per subnet, nothing wider, and none before the replies come back.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::overlap_subnet_group::GroupPlace;
use peerway_api::{ConditionType, Reason};
use peerway_model::{
    CidrBlock, ConnectionId, Destination, RouteTable, RouteTableId, RouteTarget, Subnet,
};

use super::Observed;
use super::desired::PeerRoutes;
use super::owned::is_of_cluster;
use super::plan::Plan;
use super::present::Scene;
use super::recorded::Recorded;
use super::resolve::ResolvedPeer;
use super::step::{Call, Step};
use super::subnets::association;
use super::table::is_row;
use crate::Finding;
use crate::network::Network;
use crate::routes::{self, Judged, Side, Standing, Wish};
use crate::vpc_peering::desired::opposite;
use crate::vpc_peering::resolve as selectors;

/// The most routes that an object may record.
const MOST_RECORDED: usize = 1000;

/// The peers' routes, as they are wanted and judged now.
struct Wanted {
    /// Each with the index of its peer.
    routes: Vec<(usize, Judged)>,
    /// Those to subnets that do not answer yet.
    waiting: Vec<Judged>,
    /// Whether every selector resolved; if not, nothing of ours is removed.
    has_resolved: bool,
    findings: Vec<Finding>,
}

impl Wanted {
    fn all(&self) -> impl Iterator<Item = &Judged> {
        self.routes.iter().map(|(_, judged)| judged).chain(&self.waiting)
    }
}

/// Whether every selector of tables leads to some.
pub(super) fn has_resolved(scene: &Scene<'_>) -> bool {
    scene.peers.iter().all(|peer| {
        let (Some(spec), Some((vpc, view))) = (&peer.peer.routes, peer.far) else { return true };
        tables(peer, spec, &Network::of(vpc, view)).is_ok()
    })
}

fn tables<'a>(
    peer: &ResolvedPeer<'_>,
    spec: &PeerRoutes,
    network: &Network<'a>,
) -> Result<Vec<&'a RouteTable>, Finding> {
    let field = format!("peers[{}].peerRoutes.tables", peer.peer.name);
    selectors::tables(&field, &spec.tables, network)
}

/// Reports the wanted routes without writing any; whom those that stand mislead is said all the same.
pub(super) fn report(plan: &mut Plan, scene: &Scene<'_>) {
    let wanted = wanted(scene, plan);
    let routes = wanted.routes.iter().map(|(_, judged)| judged);
    for judged in routes.filter(|judged| judged.standing == Standing::InPlace) {
        warn(plan, judged);
    }
    plan.report.is_resolved &= wanted.has_resolved;
    plan.report.routes = wanted.all().cloned().collect();
    let wishes: BTreeSet<Wish> = wanted.all().map(|judged| judged.wish.clone()).collect();
    plan.findings.extend(wanted.findings);
    remove_misleading(plan, scene);
    plan.report.is_clearing = is_clearing(plan, scene, &wishes);
}

/// Whether routes of peers are recorded that are no longer wanted.
fn is_clearing(plan: &Plan, scene: &Scene<'_>, wishes: &BTreeSet<Wish>) -> bool {
    let own = scene.owned.table.map(|table| &table.id);
    let mut written = plan.report.written_routes.iter();
    written.any(|wish| Some(&wish.table) != own && !wishes.contains(wish))
}

/// Writes what is missing and safe, then takes away what is no longer wanted.
pub(super) fn plan(plan: &mut Plan, scene: &Scene<'_>) {
    let wanted = wanted(scene, plan);
    plan.report.is_resolved &= wanted.has_resolved;
    plan.report.routes = wanted.all().cloned().collect();
    plan.findings.extend(wanted.findings.iter().cloned());
    let wishes: BTreeSet<Wish> = wanted.all().map(|judged| judged.wish.clone()).collect();
    if scene.recorded.routes.union(&wishes).count() > MOST_RECORDED {
        plan.findings.push(Finding::stalled(
            ConditionType::Programmed,
            Reason::TooManyRoutes,
            format!("The spec asks for more routes than the {MOST_RECORDED} that can be kept a record of. Select fewer tables."),
        ));
        return;
    }
    for (index, judged) in &wanted.routes {
        if judged.against.is_some() && judged.standing != Standing::InPlace {
            continue;
        }
        let peer = &scene.peers[*index];
        let (Some((_, view)), Some(connection)) = (peer.far, peer.active()) else { continue };
        plan.report.written_routes.insert(judged.wish.clone());
        if judged.standing == Standing::InPlace {
            continue;
        }
        let Wish { table, destination } = judged.wish.clone();
        let connection = connection.id.clone();
        let there = view.route_tables.get(&table).and_then(|table| table.route_to(&destination));
        let call = match there.filter(|_| judged.standing == Standing::Stale) {
            None => Call::CreateRoute { table, destination, connection, is_far: true },
            Some(there) => {
                let at = (view.place, scene.observed);
                let what = || format!("the route to {destination} in {table}");
                if !plan.is_confirmed(view.route_tables, &table, at, what) {
                    continue;
                }
                let was = there.target.to_string();
                Call::ReplaceRoute { table, destination, connection, was, is_far: true }
            }
        };
        plan.steps.push(Step { place: view.place.clone(), call });
    }
    for (_, judged) in &wanted.routes {
        say(plan, judged);
    }
    if plan.report.is_resolved {
        remove(plan, scene, &wishes);
    } else {
        remove_misleading(plan, scene);
    }
    plan.report.is_clearing = is_clearing(plan, scene, &wishes);
}

/// Whom a route misleads, and what a `LongestPrefix` one changes.
fn warn(plan: &mut Plan, judged: &Judged) {
    for warning in &judged.warnings {
        let finding = Finding::warning(warning.reason(), warning.as_warning());
        if !plan.findings.contains(&finding) {
            plan.findings.push(finding);
        }
    }
}

/// Why a route is withheld, or would be today.
fn say(plan: &mut Plan, judged: &Judged) {
    warn(plan, judged);
    let Some(verdict) = &judged.against else { return };
    let message = if judged.standing == Standing::InPlace {
        format!(
            "The route to {} in {} stays as it is, but would not be written today. {}",
            judged.wish.destination,
            judged.wish.table,
            verdict.message()
        )
    } else {
        verdict.message()
    };
    plan.findings.push(Finding {
        condition: ConditionType::Programmed,
        reason: verdict.reason(),
        message,
        effect: verdict.effect(),
    });
}

/// The blocks that a peer's tables should lead to: those of subnets that answer it.
fn blocks(scene: &Scene<'_>, plan: &Plan, peer: &ResolvedPeer<'_>) -> Vec<CidrBlock> {
    let Some((far, _)) = peer.far else { return Vec::new() };
    let is_routed = |cidr: &CidrBlock| far.cidrs.iter().any(|own| own.family() == cidr.family());
    let mut blocks = Vec::new();
    for (zone, report) in &plan.report.subnets {
        let stays = scene.owned.subnets.get(zone).is_some_and(|subnet| !scene.is_empty(subnet));
        if report.is_wanted || stays {
            let ipv6 = report.ipv6.or(report.ipv6_to_come);
            blocks.extend([Some(report.cidr), ipv6].into_iter().flatten().filter(is_routed));
        }
    }
    blocks
}

/// Whether a subnet with this block answers the peer: it is there, explicitly associated with our table, and that leads
/// back. Until then a new subnet follows the main table, which may lead anywhere.
fn answers(scene: &Scene<'_>, peer: &ResolvedPeer<'_>, block: &CidrBlock) -> bool {
    let Some(table) = scene.owned.table else { return false };
    let Some(connection) = peer.active() else { return false };
    let is_of = |subnet: &&&Subnet| subnet.cidrs.contains(block);
    scene.owned.subnets.values().find(is_of).is_some_and(|subnet| {
        association(table, subnet).is_some()
            && peer
                .cidrs
                .iter()
                .all(|cidr| table.routes.iter().any(|route| is_row(route, cidr, &connection.id)))
    })
}

fn wanted(scene: &Scene<'_>, plan: &Plan) -> Wanted {
    let mut wanted = Wanted {
        routes: Vec::new(),
        waiting: Vec::new(),
        has_resolved: true,
        findings: Vec::new(),
    };
    for (index, peer) in scene.peers.iter().enumerate() {
        let (Some(spec), Some((vpc, view))) = (&peer.peer.routes, peer.far) else { continue };
        let network = Network::of(vpc, view);
        let tables = match tables(peer, spec, &network) {
            Ok(tables) => tables,
            Err(finding) => {
                wanted.has_resolved = false;
                wanted.findings.push(finding);
                continue;
            }
        };
        let blocks = blocks(scene, plan, peer);
        let wish = |table: &RouteTableId, block: &CidrBlock| Wish {
            table: table.clone(),
            destination: *block,
        };
        let (ready, waiting): (Vec<CidrBlock>, Vec<CidrBlock>) =
            blocks.into_iter().partition(|block| answers(scene, peer, block));
        let wishes: BTreeSet<Wish> = tables
            .iter()
            .flat_map(|table| ready.iter().map(|block| wish(&table.id, block)))
            .collect();
        let far_side = Side {
            name: opposite(peer.peer.home.name),
            network: network.clone(),
            wishes,
            on_conflict: spec.on_conflict.unwrap_or_default(),
            claimed: &[],
        };
        // Whom replies must reach: by `LongestPrefix` those that our own table leads to, and nobody else.
        let own = scene.owned.table.into_iter();
        let own_side = Side {
            name: peer.peer.home.name,
            network: scene.home.network.clone(),
            wishes: own.flat_map(|own| peer.cidrs.iter().map(|to| wish(&own.id, to))).collect(),
            on_conflict: far_side.on_conflict,
            claimed: &[],
        };
        let connection = peer.connection.map(|connection| &connection.id);
        let judgement = routes::judge(&[far_side, own_side], connection, &peer.former);
        let judged = judgement.routes.into_iter();
        let of_peer = judged.filter(|judged| judged.side != peer.peer.home.name);
        wanted.routes.extend(of_peer.map(|judged| (index, judged)));
        for table in tables {
            for block in &waiting {
                let there = table.route_to(block);
                let is_there = there.is_some_and(|route| {
                    connection.is_some_and(|connection| is_row(route, block, connection))
                });
                wanted.waiting.push(Judged {
                    side: opposite(peer.peer.home.name),
                    wish: wish(&table.id, block),
                    standing: if is_there { Standing::InPlace } else { Standing::Missing },
                    against: None,
                    warnings: Vec::new(),
                });
            }
        }
    }
    wanted
}

/// Whether a connection is one that our routes lead over, now or before.
pub(super) fn is_ours(scene: &Scene<'_>, id: &ConnectionId) -> bool {
    let listed = scene.home.view.connections.get(id);
    scene.recorded.connections.contains(id)
        || scene.peers.iter().any(|peer| peer.former.contains(id))
        || listed.is_some_and(|connection| is_of_cluster(scene.desired, connection))
}

/// Recorded routes on the peers' sides to blocks that a subnet of somebody else has by now: replies to it would come here.
fn remove_misleading(plan: &mut Plan, scene: &Scene<'_>) {
    let own = scene.owned.table.map(|table| &table.id);
    let is_foreign =
        |subnet: &&Subnet| !scene.owned.subnets.values().any(|ours| ours.id == subnet.id);
    let taken: Vec<CidrBlock> = scene
        .home
        .network
        .subnets()
        .filter(is_foreign)
        .flat_map(|subnet| subnet.cidrs.iter().copied())
        .collect();
    let misleads = |wish: &&Wish| {
        Some(&wish.table) != own && taken.iter().any(|cidr| cidr.meets(&wish.destination))
    };
    for wish in scene.recorded.routes.iter().filter(misleads) {
        remove_recorded(plan, (scene.observed, scene.recorded), |id| is_ours(scene, id), wish);
    }
}

/// Recorded routes on the peers' sides that are no longer wanted.
fn remove(plan: &mut Plan, scene: &Scene<'_>, wishes: &BTreeSet<Wish>) {
    let own = scene.owned.table.map(|table| &table.id);
    let surplus: Vec<&Wish> = scene
        .recorded
        .routes
        .iter()
        .filter(|wish| Some(&wish.table) != own && !wishes.contains(wish))
        .collect();
    for wish in surplus {
        remove_recorded(plan, (scene.observed, scene.recorded), |id| is_ours(scene, id), wish);
    }
}

/// Whether a place of the record is among those that were looked at.
fn is_seen(observed: &Observed, recorded: &GroupPlace) -> bool {
    let mut places = observed.views.keys();
    places.any(|place| *place.account() == recorded.account_id && place.region == recorded.region)
}

/// Takes a recorded route away, wherever its table is; what is gone, or somebody else's by now, leaves the record.
pub(super) fn remove_recorded(
    plan: &mut Plan,
    (observed, recorded): (&Observed, &Recorded),
    is_ours: impl Fn(&ConnectionId) -> bool,
    wish: &Wish,
) {
    let found = observed.views.iter().find_map(|(place, view)| {
        let part = view.route_tables.part.as_ref()?;
        Some((place, part.as_ref(), part.get(&wish.table)?))
    });
    let Some((place, part, table)) = found else {
        // Nor is it gone as long as there is a place where nobody may look.
        if let Some(place) = recorded.places().find(|place| !is_seen(observed, place)) {
            plan.findings.push(Finding::passing(
                ConditionType::ResolvedRefs,
                Reason::NotGranted,
                format!(
                    "The route to {} in {}, which is no longer wanted, may lie in {} by AWSAccount '{}', which cannot be entered now. It is taken away once that is granted again.",
                    wish.destination, wish.table, place.region, place.account_ref.name
                ),
            ));
            return;
        }
        // The whole table is gone: that is believed after a second look at every place.
        let is_gone = observed.views.iter().all(|(place, view)| {
            view.route_tables.part.as_ref().is_some_and(|part| {
                plan.is_confirmed(part, &wish.table, (place, observed), || wish.table.to_string())
            })
        });
        if is_gone {
            plan.report.written_routes.remove(wish);
        }
        return;
    };
    let what = || format!("the route to {} in {}", wish.destination, wish.table);
    let key = Destination::Cidr(wish.destination);
    let there = table.routes.iter().find(|route| route.destination == key);
    match there.map(|route| &route.target) {
        Some(RouteTarget::Connection(target)) if is_ours(target) => {
            plan.report.surplus += 1;
            if plan.is_confirmed(part, &wish.table, (place, observed), what) {
                plan.steps.push(Step {
                    place: place.clone(),
                    call: Call::DeleteRoute {
                        table: wish.table.clone(),
                        destination: wish.destination,
                        target: target.to_string(),
                        is_far: true,
                    },
                });
            }
        }
        // Somebody else's by now, or gone.
        Some(_) | None => {
            if plan.is_confirmed(part, &wish.table, (place, observed), what) {
                plan.report.written_routes.remove(wish);
            }
        }
    }
}
