//! Reads: everything from the shared snapshots.

use std::collections::BTreeMap;

use futures::future::join_all;
use peerway_model::clock::before;
use peerway_model::{AwsFailure, PartKind, Place, Timestamp, VpcDns, VpcId};
use peerway_plan::{Observed, View};

use super::demands::Demands;
use super::kind::{Kind, ObservedOf};
use crate::context::Context;

/// Reads what the object needs, no older than demanded.
pub(super) async fn observe<K: Kind>(
    ctx: &Context,
    desired: &K::Desired,
    demands: &Demands,
) -> ObservedOf<K> {
    let frame = K::frame(desired);
    let places = frame.places;
    let views = join_all(places.iter().map(|place| view(ctx, place, demands))).await;
    let mut observed = Observed {
        now: ctx.clock.now(),
        settle: ctx.settings.settle,
        wrote_at: ctx.wrote_at(&frame.owner.uid),
        views: places.into_iter().cloned().zip(views).collect(),
        siblings: K::Siblings::default(),
    };
    observed.siblings = K::siblings(ctx, desired, &observed);
    let needs = K::needs(desired, &observed);
    for (place, part) in needs.parts {
        let at = demands.of(&place, part);
        if let Some(view) = observed.views.get_mut(&place) {
            read(ctx, &place, part, at, view).await;
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

/// Reads a part that not everybody needs.
async fn read(ctx: &Context, place: &Place, part: PartKind, at: Timestamp, view: &mut View) {
    match part {
        PartKind::NatGateways => {
            view.nat_gateways = Some(ctx.snapshots.nat_gateways(place, at).await);
        }
        PartKind::PrefixLists => {
            view.prefix_lists = Some(ctx.snapshots.prefix_lists(place, at).await);
        }
        PartKind::NetworkAcls => {
            view.network_acls = Some(ctx.snapshots.network_acls(place, at).await);
        }
        PartKind::Zones => {
            view.zones = Some(ctx.snapshots.zones(place, at).await);
        }
        PartKind::NetworkInterfaces => {
            view.network_interfaces = Some(ctx.snapshots.network_interfaces(place, at).await);
        }
        PartKind::AutoScalingGroups => {
            view.auto_scaling_groups = Some(ctx.snapshots.auto_scaling_groups(place, at).await);
        }
        PartKind::LoadBalancers => {
            view.load_balancers = Some(ctx.snapshots.load_balancers(place, at).await);
        }
        PartKind::Instances => {
            view.instances = Some(ctx.snapshots.instances(place, at).await);
        }
        // Everybody reads these.
        PartKind::Vpcs
        | PartKind::Subnets
        | PartKind::RouteTables
        | PartKind::Connections
        | PartKind::SecurityGroups
        | PartKind::SecurityGroupRules => {}
    }
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
        network_acls: None,
        zones: None,
        network_interfaces: None,
        auto_scaling_groups: None,
        load_balancers: None,
        instances: None,
        vpc_dns: BTreeMap::new(),
    }
}
