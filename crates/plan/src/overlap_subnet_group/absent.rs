//! The plan for a group that should be gone: the other sides' routes, then the subnets, then the table. Whatever may stay
//! loses our tags.

use std::collections::BTreeSet;

use peerway_model::ownership::{self, Claim};
use peerway_model::{
    CidrBlock, ConnectionId, Destination, NetworkInterface, Part, PartKind, RouteTarget, VpcId,
};

use super::Observed;
use super::desired::{Desired, Neighbour};
use super::owned::{Owned, ToTag, block, ipv6, is_of_cluster, owned};
use super::peer_routes::remove_recorded;
use super::plan::{Plan, Report, SubnetReport};
use super::recorded::Recorded;
use super::resolve;
use super::step::{Call, Step};
use super::subnets::{association, keep_missed};
use crate::confirmation::Look;
use crate::network::Network;
use crate::observed::{Readable, needed};
use crate::routes::Wish;
use crate::{Presence, Waiting};

/// What is left of a group, in one place.
struct Remains<'a> {
    view: Readable<'a>,
    owned: Owned<'a>,
    interfaces: Option<&'a Part<NetworkInterface>>,
}

pub(super) fn plan(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let views = match resolve::views(desired.places(), observed) {
        Ok(views) => views,
        Err(unreadable) => return Plan { unreadable, ..plan },
    };
    let connections = connections(desired, recorded, views.values().copied());
    let connections: Vec<&ConnectionId> = connections.iter().collect();
    let mut remains = Vec::new();
    for (place, view) in &views {
        let Some(id) = vpc(desired, recorded, *view) else { continue };
        if view.leaves_out(id) {
            plan.waiting.push(view.until_listed(id));
            return plan;
        }
        let Some(vpc) = view.vpcs.get(id) else { continue };
        let reading = observed.views[*place].network_interfaces.as_ref();
        let interfaces = match needed(place, reading) {
            Ok(interfaces) => interfaces,
            Err(unreadable) => return Plan { unreadable: vec![unreadable], ..plan },
        };
        let network = Network::of(vpc, *view);
        let owned = owned(desired, recorded, &network, &connections, &[]);
        remains.push(Remains { view: *view, owned, interfaces });
        break;
    }
    plan.report.has_judged = true;
    plan.report.is_resolved = true;
    plan.report.home.clone_from(&recorded.home);
    for one in &remains {
        report(&mut plan, one);
        keep_missed(&mut plan, observed, recorded, one.view.subnets);
        // A given table that is gone or shared by now keeps nothing here.
        let is_unclear = !one.owned.unclear.is_empty() && !one.owned.is_given;
        if is_unclear {
            plan.findings.extend(one.owned.unclear.iter().cloned());
            // One list in which our subnets are missing makes our own table look as if others used it.
            confirm(&mut plan, observed, recorded, views.values().copied());
            return plan;
        }
    }
    if desired.policies.leaves_everything() {
        for one in &remains {
            untag(&mut plan, desired, observed, one);
        }
    } else {
        for one in &remains {
            led_here(&mut plan, observed, &connections, one);
        }
        take_apart(&mut plan, desired, (observed, recorded), &connections, &remains);
    }
    if plan.steps.is_empty() && plan.waiting.is_empty() {
        confirm(&mut plan, observed, recorded, views.values().copied());
    }
    plan
}

/// The connections that our routes lead over: those of the record, and those of this cluster's peerings.
fn connections<'a>(
    desired: &Desired,
    recorded: &Recorded,
    views: impl Iterator<Item = Readable<'a>>,
) -> BTreeSet<ConnectionId> {
    let listed = views.flat_map(|view| view.connections.iter());
    let of_cluster = listed.filter(|connection| is_of_cluster(desired, connection));
    of_cluster.map(|connection| connection.id.clone()).chain(recorded.connections.clone()).collect()
}

/// Routes that lead over our connections to exactly our subnets, in the VPCs of the peers: nobody else has a reason for
/// one, and without a record they are known by nothing else.
fn led_here(
    plan: &mut Plan,
    observed: &Observed,
    connections: &[&ConnectionId],
    one: &Remains<'_>,
) {
    let blocks: BTreeSet<CidrBlock> =
        one.owned.subnets.values().flat_map(|subnet| subnet.cidrs.iter().copied()).collect();
    let parts = observed.views.values().filter_map(|view| view.route_tables.part.as_ref());
    for table in parts.flat_map(|part| part.iter()) {
        if one.owned.table.is_some_and(|own| own.id == table.id) {
            continue;
        }
        for route in &table.routes {
            if let (Destination::Cidr(to), RouteTarget::Connection(id)) =
                (&route.destination, &route.target)
                && blocks.contains(to)
                && connections.contains(&id)
            {
                let wish = Wish { table: table.id.clone(), destination: *to };
                plan.report.written_routes.insert(wish);
            }
        }
    }
}

/// The VPC of this place that holds what is ours: the record's, else the one in which something carries our tags.
fn vpc<'a>(desired: &Desired, recorded: &'a Recorded, view: Readable<'a>) -> Option<&'a VpcId> {
    let is_ours =
        |tags| matches!(desired.owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation);
    let is_here = |id: &&VpcId| view.vpcs.get(id).is_some() || view.leaves_out(id);
    let recorded = recorded.vpc.as_ref().filter(is_here);
    let subnet = || view.subnets.iter().find(|subnet| is_ours(&subnet.tags)).map(|it| &it.vpc);
    let table = || view.route_tables.iter().find(|table| is_ours(&table.tags)).map(|it| &it.vpc);
    recorded.or_else(subnet).or_else(table)
}

fn report(plan: &mut Plan, one: &Remains<'_>) {
    plan.report.table = one.owned.table.map(|table| table.id.clone());
    for (zone, subnet) in &one.owned.subnets {
        let Some(cidr) = block(subnet) else { continue };
        let association = one.owned.table.and_then(|table| association(table, subnet));
        plan.report.subnets.insert(
            zone.clone(),
            SubnetReport {
                cidr: *cidr,
                ipv6: ipv6(subnet).copied(),
                ipv6_to_come: None,
                id: Some(subnet.id.clone()),
                association: association.map(|association| association.id.clone()),
                is_wanted: false,
                has_acl: true,
            },
        );
    }
}

/// Our tags come off by a confirmed view: whoever asks for what has happened already is refused, since only what carries
/// them may lose them, and a refusal is taken for the last word.
fn untag(plan: &mut Plan, desired: &Desired, observed: &Observed, one: &Remains<'_>) {
    let place = one.view.place;
    let is_claimed =
        |tags| matches!(desired.owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation);
    for subnet in one.owned.subnets.values().filter(|subnet| is_claimed(&subnet.tags)) {
        let what = || format!("the tags of {}", subnet.id);
        if plan.is_confirmed(one.view.subnets, &subnet.id, (place, observed), what) {
            let tags = ownership::marks(&subnet.tags);
            let call = Call::UntagSubnet { subnet: subnet.id.clone(), tags };
            plan.steps.push(Step { place: place.clone(), call });
        }
    }
    if let Some(table) = one.owned.table.filter(|table| is_claimed(&table.tags)) {
        let what = || format!("the tags of {}", table.id);
        if plan.is_confirmed(one.view.route_tables, &table.id, (place, observed), what) {
            let tags = ownership::marks(&table.tags);
            let call = Call::UntagTable { table: table.id.clone(), tags };
            plan.steps.push(Step { place: place.clone(), call });
        }
    }
}

fn take_apart(
    plan: &mut Plan,
    desired: &Desired,
    (observed, recorded): (&Observed, &Recorded),
    connections: &[&ConnectionId],
    remains: &[Remains<'_>],
) {
    // What lost our tags is tagged again first: the status alone would not be enough after a crash, nor for IAM.
    for one in remains {
        for (thing, origin) in &one.owned.to_tag {
            let tags = desired.owner.tags(*origin);
            let call = match thing {
                ToTag::Table(table) => Call::TagTable { table: table.id.clone(), tags },
                ToTag::Subnet(subnet) => Call::TagSubnet { subnet: subnet.id.clone(), tags },
            };
            plan.steps.push(Step { place: one.view.place.clone(), call });
        }
    }
    if !plan.steps.is_empty() {
        return;
    }
    let table = remains.iter().find_map(|one| one.owned.table);
    let given = desired.spec.route_table.as_ref().map(|given| &given.id);
    let own = table.map(|table| &table.id).or(given);
    let is_own = |wish: &&Wish| own == Some(&wish.table);
    let is_ours = |id: &ConnectionId| connections.contains(&id);
    forget_others(plan, observed);
    let routes = plan.report.written_routes.clone();
    let is_idle = |plan: &Plan| plan.steps.is_empty() && plan.waiting.is_empty();
    for wish in routes.iter().filter(|wish| !is_own(wish)) {
        remove_recorded(plan, (observed, recorded), is_ours, wish);
    }
    if !is_idle(plan) {
        return;
    }
    for one in remains {
        remove_subnets(plan, observed, one);
    }
    if !is_idle(plan) {
        return;
    }
    // It stays its owner's, also where it does not serve us any more.
    if given.is_some() {
        for wish in routes.iter().filter(is_own) {
            remove_recorded(plan, (observed, recorded), is_ours, wish);
        }
    }
    for one in remains.iter().filter(|one| !one.owned.is_given) {
        let Some(table) = one.owned.table else { continue };
        if plan.is_confirmed(one.view.route_tables, &table.id, (one.view.place, observed), || {
            table.id.to_string()
        }) {
            let call = Call::DeleteTable { table: table.id.clone() };
            plan.steps.push(Step { place: one.view.place.clone(), call });
        }
    }
    if own.is_none() {
        plan.report.written_routes.clear();
    }
}

/// What a group that stays has written down as well is its, whoever was first.
fn forget_others(plan: &mut Plan, observed: &Observed) {
    let stays = |other: &&Neighbour| {
        other.desired.as_ref().is_none_or(|desired| desired.presence == Presence::Present)
    };
    for other in observed.siblings.iter().filter(stays) {
        plan.report.written_routes.retain(|wish| !other.recorded.routes.contains(wish));
    }
}

fn remove_subnets(plan: &mut Plan, observed: &Observed, one: &Remains<'_>) {
    let place = one.view.place;
    for subnet in one.owned.subnets.values() {
        let Some(cidr) = block(subnet) else { continue };
        let interfaces = one.interfaces.into_iter().flat_map(Part::iter);
        let left: Vec<String> = interfaces
            .filter(|interface| interface.subnet == subnet.id)
            .map(|interface| interface.id.to_string())
            .collect();
        if !left.is_empty() {
            plan.waiting.push(Waiting::Part {
                what: format!("{} to leave {}", left.join(", "), subnet.id),
                place: place.clone(),
                part: PartKind::NetworkInterfaces,
            });
        } else if plan
            .is_confirmed(one.view.subnets, &subnet.id, (place, observed), || subnet.id.to_string())
        {
            let call = Call::DeleteSubnet { subnet: subnet.id.clone(), cidr: *cidr };
            plan.steps.push(Step { place: place.clone(), call });
        }
    }
}

/// Nothing of ours is to be seen. That is believed after a second look at everything it could be seen in.
fn confirm<'a>(
    plan: &mut Plan,
    observed: &Observed,
    recorded: &Recorded,
    views: impl Iterator<Item = Readable<'a>>,
) {
    let settle = observed.settle;
    for view in views {
        let (tables, subnets) = (view.route_tables, view.subnets);
        let mut looks = vec![Look::at_all(tables, observed), Look::at_all(subnets, observed)];
        let known = recorded.table.iter().chain(recorded.routes.iter().map(|wish| &wish.table));
        looks.extend(known.map(|id| Look::at_one(tables, id, settle)));
        let known = recorded.subnets.values().flatten();
        looks.extend(known.map(|id| Look::at_one(subnets, id, settle)));
        plan.confirm_gone(view.place, looks);
    }
}
