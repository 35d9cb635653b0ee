//! The plan for an object that should not be there: rules, then the routes of one side, then of the other, then the
//! connection; each seen gone before the next. An empty plan, confirmed, lets the object go.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::Reason;
use peerway_api::v1alpha1::vpc_peering::{OnConflict, SideName};
use peerway_model::{
    CidrBlock, ConnectionId, Destination, Origin, RouteTableId, RouteTarget, VpcId,
};

use super::adoption;
use super::binding;
use super::desired::Desired;
use super::disconnect;
use super::ingress;
use super::owned::{Owned, owned};
use super::plan::{Plan, Report, rule_key};
use super::recorded::Recorded;
use super::resolve;
use super::seen::{Seen, distinct};
use super::step::Step;
use crate::confirmation::Look;
use crate::network::Network;
use crate::observed::{Observed, Readable};
use crate::routes::{self, Wish};
use crate::{Finding, Waiting};

pub(super) fn plan(
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    sides: [Seen<'_>; 2],
) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let views = &distinct(&sides);
    let pair = pair(recorded, &sides);
    let pair = pair.as_ref().map(|(requester, accepter)| (requester, accepter));
    plan.waiting = left_out(pair, views);
    if !plan.waiting.is_empty() {
        return plan;
    }
    let revoked = revoked(desired, pair, &sides);
    if !revoked.is_empty() {
        plan.findings = revoked;
        return plan;
    }
    let owned = owned(desired, recorded, pair, views);
    let held = binding::out_of_reach(recorded, &sides)
        .or_else(|| owned.unclear.clone())
        .or_else(|| binding::unknown_to_remove(&owned, recorded));
    if let Some(finding) = held {
        plan.findings.push(finding);
        return plan;
    }
    plan.report.judge_connections(desired, &owned, observed, recorded, views);
    plan.report.written_rules = ingress::kept(desired, observed, recorded, views);
    disconnect::tag_again(&mut plan, desired, &owned, views);
    if !plan.steps.is_empty() {
        return plan;
    }

    let claimed = &with_wanted(recorded, &sides);
    let goes = Goes { desired, views, owned: &owned, claimed };
    left_behind(&mut plan, &goes, views);
    rules(&mut plan, desired, observed, claimed, &sides);
    let has_rules = !plan.steps.is_empty() || !plan.waiting.is_empty();
    let routes = our_routes(&goes, &plan, views);
    plan.report.written_routes = claimed
        .routes
        .iter()
        .filter(|wish| {
            let is_seen = routes.iter().any(|route| route.wish == **wish);
            // One list may have left it out.
            is_seen || recorded.routes.contains(*wish) && !is_settled(views, observed, &wish.table)
        })
        .cloned()
        .collect();
    if has_rules {
        return plan;
    }
    if !routes.is_empty() {
        remove_routes(&mut plan, observed, &owned, routes, views);
        return plan;
    }
    unsettled_routes(&mut plan, observed, views);
    if plan.waiting.is_empty() {
        disconnect::remove(&mut plan, desired, observed, &owned, views);
    }
    if plan.steps.is_empty() && plan.waiting.is_empty() {
        confirm(&mut plan, observed, recorded, views);
    }
    plan
}

/// VPCs of the pair that a list has left out: whether a grant still covers them cannot be told.
pub(super) fn left_out(pair: Option<(&VpcId, &VpcId)>, views: &[Readable<'_>]) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    for vpc in pair.into_iter().flat_map(|(requester, accepter)| [requester, accepter]) {
        let left_out = views.iter().filter(|view| view.leaves_out(vpc));
        waiting.extend(left_out.map(|view| view.until_listed(vpc)));
    }
    waiting
}

/// Routes of the record that are not to be seen, in tables that were looked at once: they would lead nowhere without the
/// connection.
fn unsettled_routes(plan: &mut Plan, observed: &Observed, views: &[Readable<'_>]) {
    for wish in &plan.report.written_routes.clone() {
        for view in views {
            let what = || format!("{}: the route to {} is gone", wish.table, wish.destination);
            plan.is_confirmed(view.route_tables, &wish.table, (view.place, observed), what);
        }
    }
}

/// Whether a table was seen twice as it is now, or to be gone.
fn is_settled(views: &[Readable<'_>], observed: &Observed, table: &RouteTableId) -> bool {
    views.iter().all(|view| view.route_tables.is_confirmed(table, observed.settle))
}

/// What the spec still asks for counts as written: with a lost status, our tags on such a rule are proof enough, and so is
/// our connection as the target of such a route.
pub(super) fn with_wanted(recorded: &Recorded, sides: &[Seen<'_>; 2]) -> Recorded {
    let mut recorded = recorded.clone();
    let [Ok(requester), Ok(accepter)] = sides.each_ref().map(Seen::vpc) else { return recorded };
    let vpcs = [(requester, accepter), (accepter, requester)];
    for ((seen, other), (own, far)) in sides.iter().zip([&sides[1], &sides[0]]).zip(vpcs) {
        let Seen::Managed(side, view) = seen else { continue };
        for ingress in side.spec.ingress.iter().flatten() {
            let rules = resolve::rules("", ingress, (own, *view), (far, other.view()));
            recorded.rules.extend(rules.iter().flatten().map(rule_key));
        }
        if let Some(routes) = &side.spec.routes {
            let tables = resolve::tables("", &routes.tables, &Network::of(own, *view));
            let destinations = resolve::destinations("", routes, own, far).unwrap_or_default();
            for table in tables.iter().flatten() {
                let wish = |to: &CidrBlock| Wish { table: table.id.clone(), destination: *to };
                recorded.routes.extend(destinations.iter().map(wish));
            }
        }
    }
    recorded
}

/// The VPCs that what we own is bound to: the record knows better than a spec that was edited since.
pub(super) fn pair(recorded: &Recorded, sides: &[Seen<'_>; 2]) -> Option<(VpcId, VpcId)> {
    let mut ids =
        [SideName::Requester, SideName::Accepter].into_iter().zip(sides).map(|(name, side)| {
            match recorded.bound(name) {
                Some(bound) => Some(bound.vpc.clone()),
                None => side.vpc().ok().map(|vpc| vpc.id.clone()),
            }
        });
    Some((ids.next()??, ids.next()??))
}

/// Revoking a grant freezes what stands, and does not take it down.
pub(super) fn revoked(
    desired: &Desired,
    pair: Option<(&VpcId, &VpcId)>,
    sides: &[Seen<'_>; 2],
) -> Vec<Finding> {
    let Some((requester, accepter)) = pair else { return Vec::new() };
    let sides = sides.iter().zip([requester, accepter]);
    sides
        .filter_map(|(side, id)| match side {
            Seen::Managed(side, view) => {
                let vpc = view.vpcs.get(id)?;
                (!side.entry.covers(vpc)).then(|| resolve::not_granted(desired, side, id))
            }
            Seen::External(_) => None,
        })
        .collect()
}

fn rules(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    sides: &[Seen<'_>; 2],
) {
    let mut looked_at: Vec<Readable<'_>> = Vec::new();
    for seen in sides {
        let Seen::Managed(side, view) = seen else { continue };
        // Both sides in one place: its rules are met once.
        if looked_at.iter().any(|known| known.place == view.place) {
            continue;
        }
        looked_at.push(*view);
        for rule in view.security_group_rules.iter() {
            if ingress::is_ours(desired, recorded, rule) {
                ingress::revoke(plan, observed, side.name, *view, rule);
            } else if ingress::is_claimed(desired, rule) {
                plan.findings.push(ingress::unclear(rule));
            }
        }
    }
}

/// Which routes over our connections go with the object.
struct Goes<'g> {
    desired: &'g Desired,
    views: &'g [Readable<'g>],
    owned: &'g Owned<'g>,
    /// What was written, or the spec asks for.
    claimed: &'g Recorded,
}

impl Goes<'_> {
    /// Whether a route over this connection goes: of one that we created every route; of one that somebody else asked for
    /// only what we wrote, since the connection is as much theirs as ours. Of one that AWS no longer lists nobody can tell
    /// whose it was.
    fn with_object(&self, connection: &ConnectionId, wish: &Wish) -> bool {
        let is_listed = self.views.iter().any(|view| view.connections.get(connection).is_some());
        let origin = || adoption::origin_of(self.desired, self.views, connection);
        self.claimed.routes.contains(wish) || is_listed && origin() == Origin::Created
    }
}

/// A route over a connection of ours.
struct OurRoute {
    side: SideName,
    wish: Wish,
    target: ConnectionId,
}

/// The routes over our connections, the live one and those before it, that go with the object.
fn our_routes(goes: &Goes<'_>, plan: &Plan, views: &[Readable<'_>]) -> Vec<OurRoute> {
    let Goes { owned, claimed, .. } = goes;
    let live = owned.live.map(|live| &live.id);
    let bound = claimed.requester.as_ref().map(|bound| &bound.vpc);
    let requester_vpc = bound.or_else(|| owned.live.map(|live| &live.requester.vpc));
    let mut routes = Vec::new();
    for view in views {
        for table in view.route_tables.iter() {
            let side = if Some(&table.vpc) == requester_vpc {
                SideName::Requester
            } else {
                SideName::Accepter
            };
            for route in &table.routes {
                let (Destination::Cidr(destination), RouteTarget::Connection(target)) =
                    (&route.destination, &route.target)
                else {
                    continue;
                };
                let wish = Wish { table: table.id.clone(), destination: *destination };
                let is_ours = Some(target) == live || plan.report.former.contains(target);
                if is_ours && goes.with_object(target, &wish) {
                    routes.push(OurRoute { side, wish, target: target.clone() });
                }
            }
        }
    }
    routes
}

/// How many routes are named in a sentence: what a status and an event hold of it.
const NAMED: usize = 16;

/// Routes over our connections that do not go with the object: to a prefix list, which are never ours, and others' over a
/// connection that we only accepted. Each is told of, before anything else that deserves a look.
fn left_behind(plan: &mut Plan, goes: &Goes<'_>, views: &[Readable<'_>]) {
    let live = goes.owned.live.map(|live| &live.id);
    let mut left: BTreeMap<&ConnectionId, Vec<String>> = BTreeMap::new();
    for table in views.iter().flat_map(|view| view.route_tables.iter()) {
        for route in &table.routes {
            let RouteTarget::Connection(target) = &route.target else { continue };
            let stays = match &route.destination {
                Destination::PrefixList(_) => true,
                Destination::Cidr(to) => {
                    !goes.with_object(target, &Wish { table: table.id.clone(), destination: *to })
                }
            };
            if stays && (Some(target) == live || plan.report.former.contains(target)) {
                let named = format!("{} in {}", route.destination, table.id);
                left.entry(target).or_default().push(named);
            }
        }
    }
    for (target, routes) in left {
        for routes in routes.chunks(NAMED) {
            plan.findings.push(Finding::warning(
                Reason::UndeclaredRoute,
                format!("Routes over {target} that this object did not write stay, and lead nowhere once the connection is gone: {}. Remove them by hand.", routes.join(", ")),
            ));
        }
    }
}

/// Removal runs backwards: first the side that would be written second, unless the other's replies need it.
fn remove_routes(
    plan: &mut Plan,
    observed: &Observed,
    owned: &Owned<'_>,
    routes: Vec<OurRoute>,
    views: &[Readable<'_>],
) {
    let now = removed_first(owned, &routes, views);
    for route in routes {
        if now.is_some_and(|now| route.side != now) {
            continue;
        }
        let Some(view) =
            views.iter().find(|view| view.route_tables.get(&route.wish.table).is_some())
        else {
            continue;
        };
        let what = || format!("the route to {} in {}", route.wish.destination, route.wish.table);
        if plan.is_confirmed(view.route_tables, &route.wish.table, (view.place, observed), what) {
            plan.steps.push(Step::DeleteRoute {
                place: view.place.clone(),
                side: route.side,
                table: route.wish.table,
                destination: route.wish.destination,
                connection: route.target,
            });
        }
    }
}

/// The side whose routes go now; without a live connection they lead nowhere, and any may go.
fn removed_first(
    owned: &Owned<'_>,
    our_routes: &[OurRoute],
    views: &[Readable<'_>],
) -> Option<SideName> {
    let live = owned.live?;
    let mut surplus: BTreeMap<SideName, BTreeSet<Wish>> = BTreeMap::new();
    let mut sides = Vec::new();
    for name in [SideName::Requester, SideName::Accepter] {
        let table =
            our_routes.iter().find(|route| route.side == name).map(|route| &route.wish.table);
        let found = views.iter().find_map(|view| {
            let vpc = view.route_tables.get(table?)?.vpc.clone();
            view.vpcs.get(&vpc).map(|vpc| (*view, vpc))
        });
        let Some((view, vpc)) = found else { continue };
        let wishes: BTreeSet<Wish> = our_routes
            .iter()
            .filter(|route| route.side == name)
            .map(|route| route.wish.clone())
            .collect();
        surplus.insert(name, wishes.clone());
        let network = Network::of(vpc, view);
        let on_conflict = OnConflict::default();
        sides.push(routes::Side { name, network, wishes, on_conflict, claimed: &[] });
    }
    // Judged as if they were wanted, they tell which side was written first.
    let first = routes::judge(&sides, Some(&live.id), &BTreeSet::new()).first;
    let all = surplus.values().flatten().cloned().collect();
    routes::removal(&sides, Some(&live.id), first, &all, &surplus).now
}

/// Nothing of ours is to be seen. That is believed after a second look at everything it could be seen in.
pub(super) fn confirm(
    plan: &mut Plan,
    observed: &Observed,
    recorded: &Recorded,
    views: &[Readable<'_>],
) {
    let settle = observed.settle;
    for view in views {
        let (connections, tables) = (view.connections, view.route_tables);
        let rules = view.security_group_rules;
        let mut looks = vec![
            Look::at_all(connections, observed),
            Look::at_all(tables, observed),
            Look::at_all(rules, observed),
        ];
        let known = recorded.connection.iter().chain(&recorded.former);
        looks.extend(known.map(|id| Look::at_one(connections, id, settle)));
        let known = recorded.routes.iter().map(|wish| &wish.table);
        looks.extend(known.map(|id| Look::at_one(tables, id, settle)));
        looks.extend(recorded.rule_ids.iter().map(|id| Look::at_one(rules, id, settle)));
        plan.confirm_gone(view.place, looks);
    }
}
