//! Reads: everything from the shared snapshots.

use std::collections::BTreeMap;

use futures::future::join_all;
use peerway_api::reconcile_at;
use peerway_api::v1alpha1::VpcPeering;
use peerway_model::clock::before;
use peerway_model::{AwsFailure, Item, PartKind, Place, Reading, Timestamp, VpcDns, VpcId};
use peerway_plan::vpc_peering::{Desired, Sibling, needs, vpcs};
use peerway_plan::{Observed, View};
use std::time::Duration;

use crate::context::Context;

/// How old the views of an object may be whose spec was just changed: its author looks at AWS as it is now.
const EDITED_AGE: Duration = Duration::from_secs(2);

/// How old views may be.
pub(super) struct Demands {
    /// Anything.
    not_older_than: Timestamp,
    /// Some parts.
    parts: BTreeMap<(Place, PartKind), Timestamp>,
}

impl Demands {
    /// At rest what the poller read last is young enough; after an edit it is not.
    pub(super) fn at_the_start(ctx: &Context, object: &VpcPeering) -> Self {
        let observed = object.status.as_ref().map(|status| status.observed_generation);
        let answered =
            object.status.as_ref().and_then(|status| status.last_handled_reconcile_at.clone());
        let is_asked = reconcile_at(&object.metadata).is_some_and(|at| Some(at) != answered);
        let is_edited = observed != object.metadata.generation || is_asked;
        let age = if is_edited { EDITED_AGE } else { ctx.settings.resync * 3 / 2 };
        Self { not_older_than: before(ctx.clock.now(), age), parts: BTreeMap::new() }
    }

    fn of(&self, place: &Place, part: PartKind) -> Timestamp {
        let demanded = self.parts.get(&(place.clone(), part)).copied();
        demanded.map_or(self.not_older_than, |at| at.max(self.not_older_than))
    }

    /// Raises the demands to these; whether that asks for anything younger than what was observed.
    pub(super) fn freshen(
        &mut self,
        wanted: &[(Place, PartKind, Timestamp)],
        observed: &Observed,
    ) -> bool {
        let mut is_stale = false;
        for (place, part, at) in wanted {
            let demand = self.parts.entry((place.clone(), *part)).or_insert(*at);
            *demand = (*demand).max(*at);
            is_stale |= begun_at(observed, place, *part).is_some_and(|begun| begun < *at);
        }
        is_stale
    }
}

/// When the read of a part began, unless it failed: a failed read is not tried again within a visit.
pub(super) fn begun_at(observed: &Observed, place: &Place, part: PartKind) -> Option<Timestamp> {
    read_of(observed, place, part).map(|read| read.begun_at)
}

/// When the read of a part was complete, unless it failed.
pub(super) fn ended_at(observed: &Observed, place: &Place, part: PartKind) -> Option<Timestamp> {
    read_of(observed, place, part).map(|read| read.ended_at)
}

/// The revision of a part that was observed, unless it could not be read.
pub(super) fn revision(observed: &Observed, place: &Place, part: PartKind) -> Option<u64> {
    read_of(observed, place, part).map(|read| read.revision)
}

/// What a read tells about itself.
struct Read {
    begun_at: Timestamp,
    ended_at: Timestamp,
    revision: u64,
}

fn read_of(observed: &Observed, place: &Place, part: PartKind) -> Option<Read> {
    fn of<T: Item>(reading: &Reading<T>) -> Option<Read> {
        let part = reading.current().ok()?;
        Some(Read { begun_at: part.begun_at, ended_at: part.ended_at, revision: part.revision })
    }
    let view = observed.views.get(place)?;
    match part {
        PartKind::Vpcs => of(&view.vpcs),
        PartKind::Subnets => of(&view.subnets),
        PartKind::RouteTables => of(&view.route_tables),
        PartKind::Connections => of(&view.connections),
        PartKind::SecurityGroups => of(&view.security_groups),
        PartKind::SecurityGroupRules => of(&view.security_group_rules),
        PartKind::NatGateways => view.nat_gateways.as_ref().and_then(of),
        PartKind::PrefixLists => view.prefix_lists.as_ref().and_then(of),
    }
}

/// Reads what the object needs, no older than demanded.
pub(super) async fn observe(ctx: &Context, desired: &Desired, demands: &Demands) -> Observed {
    let places = desired.places();
    let views = join_all(places.iter().map(|place| view(ctx, place, demands))).await;
    let mut observed = Observed {
        now: ctx.clock.now(),
        settle: ctx.settings.settle,
        wrote_at: ctx.wrote_at(&desired.owner.uid),
        views: places.into_iter().cloned().zip(views).collect(),
        siblings: Vec::new(),
    };
    observed.siblings = siblings(ctx, desired, &observed);
    let needs = needs(desired, &observed);
    for place in needs.nat_gateways {
        let at = demands.of(&place, PartKind::NatGateways);
        let reading = ctx.snapshots.nat_gateways(&place, at).await;
        if let Some(view) = observed.views.get_mut(&place) {
            view.nat_gateways = Some(reading);
        }
    }
    for place in needs.prefix_lists {
        let at = demands.of(&place, PartKind::PrefixLists);
        let reading = ctx.snapshots.prefix_lists(&place, at).await;
        if let Some(view) = observed.views.get_mut(&place) {
            view.prefix_lists = Some(reading);
        }
    }
    for (place, vpc) in needs.vpc_dns {
        let dns = vpc_dns(ctx, &place, &vpc, demands).await;
        if let Some(view) = observed.views.get_mut(&place) {
            view.vpc_dns.insert(vpc, dns);
        }
    }
    observed.now = ctx.clock.now();
    observed
}

/// Two calls per VPC. That both attributes are on may be old news: should it have changed since, AWS refuses what needs
/// them. That one is off is looked at again as often as the object itself.
async fn vpc_dns(
    ctx: &Context,
    place: &Place,
    vpc: &VpcId,
    demands: &Demands,
) -> Result<VpcDns, AwsFailure> {
    let long_ago = before(ctx.clock.now(), 10 * ctx.settings.resync);
    match ctx.snapshots.vpc_dns(place, vpc, long_ago).await {
        Ok(dns) if dns.support && dns.hostnames => Ok(dns),
        _ => ctx.snapshots.vpc_dns(place, vpc, demands.of(place, PartKind::Vpcs)).await,
    }
}

/// Those who join the same VPCs; whoever adopts must know of all, lest it takes what is another's.
fn siblings(ctx: &Context, desired: &Desired, observed: &Observed) -> Vec<Sibling> {
    let uid = &desired.owner.uid;
    if desired.adopt.is_some() {
        return ctx.pairs.all_others(uid);
    }
    let [Some(requester), Some(accepter)] = &vpcs(desired, observed) else { return Vec::new() };
    ctx.pairs.siblings(uid, [requester, accepter])
}

async fn view(ctx: &Context, place: &Place, demands: &Demands) -> View {
    let snapshots = &ctx.snapshots;
    let at = |part| demands.of(place, part);
    // Credentials are asked about rarely: they lead where they led, until somebody changes the object that names them.
    // A failure is asked about again with every resync.
    let ago = |age| before(ctx.clock.now(), age);
    let caller =
        snapshots.caller(place, ago(ctx.settings.resync * 10), ago(ctx.settings.resync)).await;
    let (vpcs, subnets, route_tables, connections, security_groups, security_group_rules) = futures::join!(
        snapshots.vpcs(place, at(PartKind::Vpcs)),
        snapshots.subnets(place, at(PartKind::Subnets)),
        snapshots.route_tables(place, at(PartKind::RouteTables)),
        snapshots.connections(place, at(PartKind::Connections)),
        snapshots.security_groups(place, at(PartKind::SecurityGroups)),
        snapshots.security_group_rules(place, at(PartKind::SecurityGroupRules)),
    );
    ctx.first_looks.looked_at(place);
    View {
        caller,
        vpcs,
        subnets,
        route_tables,
        connections,
        security_groups,
        security_group_rules,
        nat_gateways: None,
        prefix_lists: None,
        vpc_dns: BTreeMap::new(),
    }
}
