//! Reads: everything from the shared snapshots.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use peerway_model::clock::before;
use peerway_model::{AwsFailure, PartKind, Place, Timestamp, VpcDns, VpcId};
use peerway_plan::observed::{Detail, Details};
use peerway_plan::{Needs, Observed, View};

use super::demands::Demands;
use super::kind::{Kind, ObservedOf};
use crate::context::Context;

/// Reads what the object needs, no older than demanded.
pub(super) async fn observe<K: Kind>(
    ctx: &Context,
    desired: &K::Desired,
    recorded: &K::Recorded,
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
    let mut needs = K::needs(desired, &observed, recorded);
    // What the parts show may name more that must be read.
    let mut were_read = BTreeSet::new();
    while !needs.parts.is_subset(&were_read) {
        for (place, part) in needs.parts.difference(&were_read) {
            let at = demands.of(place, *part);
            if let Some(view) = observed.views.get_mut(place) {
                read(ctx, place, *part, at, view).await;
            }
        }
        were_read.extend(needs.parts);
        needs = K::needs(desired, &observed, recorded);
    }
    one_by_one(ctx, &needs, demands, &mut observed.views).await;
    for (place, vpc) in needs.vpc_dns {
        let dns = vpc_dns(ctx, &place, &vpc, demands).await;
        if let Some(view) = observed.views.get_mut(&place) {
            view.vpc_dns.insert(vpc, dns);
        }
    }
    observed.now = ctx.clock.now();
    observed
}

/// What AWS tells only of one thing at a time: as old as it may be, unless somebody wants to know it now.
async fn one_by_one(
    ctx: &Context,
    needs: &Needs,
    demands: &Demands,
    views: &mut BTreeMap<Place, View>,
) {
    let (snapshots, now) = (&ctx.snapshots, ctx.clock.now());
    // All at once: they wait for their turns together.
    let balancers = needs.balancers.iter().map(|((place, name, detail), age)| async move {
        let at = demands.freshly(place, PartKind::LoadBalancers, before(now, *age), now);
        let mut told = Details::default();
        match detail {
            Detail::Tags => {
                told.tags = Some(snapshots.load_balancer_tags(place, name, at).await);
            }
            Detail::Attributes => {
                told.attributes = Some(snapshots.load_balancer_attributes(place, name, at).await);
            }
            Detail::Policies => {
                told.policies = Some(snapshots.load_balancer_policies(place, name, at).await);
            }
            Detail::Health => {
                told.health = Some(snapshots.instance_health(place, name, at).await);
            }
        }
        (place, name, told)
    });
    let attachments = needs.attachments.iter().map(|((place, group), age)| async move {
        let at = demands.in_this_visit(place, PartKind::AutoScalingGroups, before(now, *age));
        (place, group, snapshots.attachments(place, group, at).await)
    });
    let (balancers, attachments) = futures::join!(join_all(balancers), join_all(attachments));
    for (place, name, told) in balancers {
        if let Some(view) = views.get_mut(place) {
            view.balancers.entry(name.clone()).or_default().take(told);
        }
    }
    for (place, group, told) in attachments {
        if let Some(view) = views.get_mut(place) {
            view.attachments.insert(group.clone(), told);
        }
    }
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
        balancers: BTreeMap::new(),
        attachments: BTreeMap::new(),
    }
}
