//! Among this cluster's objects the older is the incumbent: the routes that it is about to write count as written for the
//! younger, whichever of them AWS would see first.

use std::time::Duration;

use peerway_model::clock::after;
use peerway_model::{RouteTarget, Tags, Vpc};

use super::desired::Desired;
use super::pair::Sibling;
use super::plan::Plan;
use super::resolve;
use crate::network::Network;
use crate::observed::{Observed, Readable};
use crate::routes::{Claimed, Judgement, Standing, Verdict, Wish};

/// How soon to look again at a route that waits for an older object's: that may come to be withheld, or wanted no more.
const PAUSE: Duration = Duration::from_secs(30);

/// The routes that older objects want in tables of this VPC over connections of theirs that stand or are on their way, and
/// that are not there yet.
pub(super) fn claims(
    desired: &Desired,
    siblings: &[Sibling],
    network: &Network<'_>,
    view: Readable<'_>,
) -> Vec<Claimed> {
    let older = siblings.iter().filter(|sibling| sibling.is_older_than(desired));
    older.flat_map(|sibling| claims_of(sibling, desired, network, view)).collect()
}

fn claims_of(
    sibling: &Sibling,
    desired: &Desired,
    network: &Network<'_>,
    view: Readable<'_>,
) -> Vec<Claimed> {
    let vpc = network.vpc;
    let is_theirs = |tags: &Tags| sibling.owns(tags, &desired.owner.cluster);
    let mut connections = view.connections.of(vpc.id.as_str());
    let connection =
        connections.find(|connection| connection.state.is_live() && is_theirs(&connection.tags));
    let Some(connection) = connection else { return Vec::new() };
    // Who asks whom may differ from the spec where the connection was adopted.
    let recorded = sibling.pair.as_ref().and_then(|pair| pair.iter().position(|id| *id == vpc.id));
    let side = recorded.unwrap_or(usize::from(connection.requester.vpc != vpc.id));
    let (Some(routes), Some(far)) = (&sibling.routes[side], connection.far_from(&vpc.id)) else {
        return Vec::new();
    };
    // Before the connection is active AWS does not tell what lies behind it.
    let other = view.vpcs.get(&far.vpc).cloned().unwrap_or_else(|| Vpc {
        id: far.vpc.clone(),
        owner: far.account.clone(),
        cidrs: far.cidrs.clone(),
        tags: Tags::new(),
    });
    let tables = resolve::tables("", &routes.tables, network).unwrap_or_default();
    let destinations = match &routes.destinations {
        Some(listed) => listed.iter().copied().collect(),
        None => resolve::destinations("", routes, vpc, &other).unwrap_or_default(),
    };
    let mut claims = Vec::new();
    for table in tables {
        for destination in &destinations {
            let wish = Wish { table: table.id.clone(), destination: *destination };
            // Whoever has the destination now keeps it.
            if table.route_to(destination).is_none() && !sibling.withheld.contains(&wish) {
                let target = RouteTarget::Connection(connection.id.clone());
                claims.push(Claimed { wish, target });
            }
        }
    }
    claims
}

/// Withholds the missing routes that `contested`, the judgement with the claims, speaks against. What is in place stays as
/// it was `judged` without them.
pub(super) fn give_way(
    plan: &mut Plan,
    observed: &Observed,
    judged: Judgement,
    mut contested: Judgement,
) -> Judgement {
    for (route, alone) in contested.routes.iter_mut().zip(judged.routes) {
        if alone.against.is_some() || alone.standing == Standing::InPlace {
            *route = alone;
        } else if let Some(verdict) = route.against.take() {
            route.against = Some(Verdict::OlderFirst(Box::new(verdict)));
            let at = after(observed.now, PAUSE);
            plan.report.again_at = Some(plan.report.again_at.map_or(at, |again| again.min(at)));
        }
    }
    contested
}
