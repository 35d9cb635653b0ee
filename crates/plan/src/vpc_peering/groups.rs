//! The overlap subnet groups that use a peering: they hold it, their routes over its connection are declared, and what it
//! withholds they may supply.

use std::collections::BTreeSet;
use std::fmt::Write;

use peerway_api::v1alpha1::OverlapSubnetGroup;
use peerway_api::v1alpha1::vpc_peering::{RouteStanding, SideName};
use peerway_api::{ConditionType, Reason};
use peerway_model::{CidrBlock, RouteTableId};

use super::desired::{Desired, field, opposite};
use super::plan::Report;
use super::recorded::wishes;
use crate::Finding;
use crate::conditions::is_true;
use crate::routes::{Judged, Standing, Verdict, Wish};

/// How many tables a selector may list.
const MOST_LISTED: usize = 64;

/// A group that names this peering, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, in the same namespace.
    pub name: String,
    /// Whether everything it wants was seen in place.
    pub is_programmed: bool,
    /// Whether anything in AWS is, or may be, its own: then it holds the peering.
    pub holds: bool,
    /// On which side its subnets are.
    pub side: SideName,
    /// Where its table leads over this connection.
    pub destinations: BTreeSet<CidrBlock>,
    /// The other side's tables in which it has routes.
    pub tables: BTreeSet<RouteTableId>,
    /// Every route that is its own.
    pub routes: BTreeSet<Wish>,
}

impl Group {
    /// What a group is to the peering of this name, once for each of its peers that name it. `holds` is whether it carries
    /// our finalizer.
    pub fn of(
        object: &OverlapSubnetGroup,
        peering: &str,
        holds: bool,
    ) -> impl Iterator<Item = Self> {
        let status = object.status.as_ref();
        let peers = object.spec.peers.iter().filter(move |peer| peer.peering_ref.name == peering);
        peers.map(move |peer| {
            let known =
                status.and_then(|status| status.peers.iter().find(|it| it.name == peer.name));
            let connection = known.and_then(|known| known.connection_id.as_ref());
            let table = status.and_then(|status| status.route_table.as_ref());
            let leads = table.into_iter().flat_map(|table| &table.routes).filter(|route| {
                Some(&route.connection_id) == connection && route.state == RouteStanding::InPlace
            });
            let routes = status.and_then(|status| status.routes.as_ref());
            let mut own = routes.map(|routes| wishes(&routes.written)).unwrap_or_default();
            // The record is complete, and the list of routes is not. What it lacks or has too much of is not programmed.
            let tables = own.iter().map(|wish| wish.table.clone());
            let tables = tables.filter(|id| table.is_none_or(|table| table.id != *id)).collect();
            own.extend(table.into_iter().flat_map(|table| {
                let wish = |to: &CidrBlock| Wish { table: table.id.clone(), destination: *to };
                table.routes.iter().map(move |route| wish(&route.destination))
            }));
            Self {
                name: object.metadata.name.clone().unwrap_or_default(),
                is_programmed: status
                    .is_some_and(|status| is_true(&status.conditions, ConditionType::Programmed)),
                holds,
                side: peer.side,
                destinations: leads.map(|route| route.destination).collect(),
                tables,
                routes: own,
            }
        })
    }
}

/// What keeps an object that is being deleted: whoever is used waits, also with `Retain` or paused.
pub(super) fn in_use(desired: &Desired) -> Option<Finding> {
    let users: BTreeSet<String> = desired
        .groups
        .iter()
        .filter(|group| group.holds)
        .map(|group| format!("OverlapSubnetGroup '{}'", group.name))
        .collect();
    let users: Vec<String> = users.into_iter().collect();
    (!users.is_empty()).then(|| {
        Finding::passing(
            ConditionType::Valid,
            Reason::DependentsExist,
            format!("Used by {}: it goes once they are gone.", users.join(", ")),
        )
    })
}

/// The sides whose withheld routes groups make up for.
pub(super) fn supplied(desired: &Desired, routes: &[Judged]) -> BTreeSet<SideName> {
    let is_supplied = |side: &SideName| {
        let mut withheld = routes.iter().filter(|route| route.side == *side && is_withheld(route));
        withheld.all(|route| is_made_up_for(desired, route))
    };
    [SideName::Requester, SideName::Accepter].into_iter().filter(is_supplied).collect()
}

/// Whether a group makes up for a withheld route: one on the other side, when it has routes in the table in which this one
/// was withheld; one on its own side, when its table leads to the destination over this connection. The latter does not
/// help where it is the other side's tables that send the answers elsewhere.
fn is_made_up_for(desired: &Desired, route: &Judged) -> bool {
    desired.groups.iter().filter(|group| group.is_programmed).any(|group| {
        if group.side == route.side {
            clashes_on(route) == route.side
                && route.wish.destination.is_covered_by(&group.destinations)
        } else {
            group.tables.contains(&route.wish.table)
        }
    })
}

/// The side in whose tables lies what keeps a route from being written.
fn clashes_on(route: &Judged) -> SideName {
    let is_way_back = |verdict: &Verdict| match verdict {
        Verdict::ReturnGoesElsewhere { .. }
        | Verdict::ReturnUnknown { .. }
        | Verdict::TableUnknown { .. } => true,
        Verdict::ListUnreadable { table, .. } => *table != route.wish.table,
        Verdict::RouteConflict { .. }
        | Verdict::RouteWouldShadow { .. }
        | Verdict::TakesReplies { .. }
        | Verdict::ShadowsBroaderRoute { .. }
        | Verdict::RouteShadowed { .. }
        | Verdict::PeerOverlap { .. }
        | Verdict::OlderFirst(_) => false,
    };
    let mut verdict = route.against.as_ref();
    if let Some(Verdict::OlderFirst(later)) = verdict {
        verdict = Some(&**later);
    }
    if verdict.is_some_and(is_way_back) { opposite(route.side) } else { route.side }
}

/// Whether a wanted route is not there because it would mislead packets.
pub(super) fn is_withheld(route: &Judged) -> bool {
    route.against.is_some() && route.standing != Standing::InPlace
}

/// A group that would supply what is withheld, ready to apply: on the side whose own tables keep the first withheld route
/// from being written. It leads there from the other side's tables in which routes are withheld.
pub(super) fn manifest(desired: &Desired, report: &Report) -> Option<String> {
    let first =
        report.routes.iter().find(|route| is_withheld(route) && !is_made_up_for(desired, route))?;
    let side = clashes_on(first);
    let other = opposite(side);
    let owner = &desired.owner;
    let mut text = String::new();
    let side_text = if side == SideName::Requester { "Requester" } else { "Accepter" };
    let _ = write!(
        text,
        "apiVersion: peerway.dev/v1alpha1\nkind: OverlapSubnetGroup\nmetadata: {{name: {0}, namespace: {1}}}\nspec:\n  peers:\n    - name: {2}\n      peeringRef: {{name: {3}}}\n      side: {side_text}\n",
        free_name(desired, side),
        owner.namespace,
        field(other),
        owner.name,
    );
    let tables = |is_meant: fn(&Judged) -> bool| -> BTreeSet<&RouteTableId> {
        let routes = report.routes.iter().filter(|route| route.side == other && is_meant(route));
        routes.map(|route| &route.wish.table).collect()
    };
    let mut tables_there = tables(is_withheld);
    if tables_there.is_empty() {
        tables_there = tables(|_| true);
    }
    if let Some(managed) = desired.side(other).managed() {
        let tables: Vec<String> = tables_there.into_iter().map(ToString::to_string).collect();
        // More than can be listed are those that the peering itself selects otherwise.
        let selector = managed.spec.routes.as_ref().filter(|_| tables.len() > MOST_LISTED);
        let tables = match selector.map(|routes| serde_json::to_string(&routes.tables)) {
            Some(Ok(selector)) => selector,
            None | Some(Err(_)) if tables.is_empty() => "{scope: Main}".to_owned(),
            None | Some(Err(_)) => format!("{{ids: [{}]}}", tables.join(", ")),
        };
        let _ = writeln!(text, "      peerRoutes: {{tables: {tables}}}");
    }
    Some(text)
}

/// The peering's own name, unless a group on the other side or of another peering has it: to apply the manifest must not
/// change that one. A group on this side is the suggested one, not yet in place.
fn free_name(desired: &Desired, side: SideName) -> String {
    let is_taken = |name: &str| {
        desired.other_groups.contains(name)
            || desired.groups.iter().any(|group| group.name == name && group.side != side)
    };
    let own = &desired.owner.name;
    let mut name = own.clone();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{own}-{number}");
        number += 1;
    }
    name
}
