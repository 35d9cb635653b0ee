//! Which routes over a connection are safe to write. AWS does no reverse-path check: a wrong route silently delivers
//! packets, or the replies to them, to somebody else.
//!
//! Three questions are asked of every route. Of its own table: does it clash with, or take packets from, a route of
//! somebody else? Of the other side's tables: do the replies come back? **No way there without a way back**: for
//! every subnet that the route makes reachable, the lookup of the senders' addresses in the table that this subnet
//! really uses must end at our connection, or nowhere. And of the far sides of other connections: would it take the
//! replies to packets that come from there?

mod own_table;
mod removal;
mod replies;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::vpc_peering::{OnConflict, SideName};
use peerway_model::ownership::{CLUSTER, OWNER};
use peerway_model::{CidrBlock, ConnectionId, RouteTable, RouteTableId, RouteTarget, Subnet};

pub use removal::{Removal, removal};
pub use verdict::Verdict;

use crate::network::{End, Followed, Network, Row, Target, UnreadableList, assumed_row, followed};

/// A side whose tables we read, and the routes wanted there.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// Which one.
    pub name: SideName,
    /// Its routing.
    pub network: Network<'a>,
    /// The routes wanted in its tables.
    pub wishes: BTreeSet<Wish>,
    /// What to do when one of them is not safe.
    pub on_conflict: OnConflict,
    /// Routes of others that are not there yet, and count as if they were.
    pub claimed: &'a [Claimed],
}

/// A route that somebody else is about to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Which.
    pub wish: Wish,
    /// Where it will lead.
    pub target: RouteTarget,
}

impl<'a> Side<'a> {
    /// The rows of a table, those included that are about to be.
    fn rows(
        &self,
        table: &'a RouteTable,
        ours: Option<&ConnectionId>,
    ) -> Result<Vec<Row<'a>>, UnreadableList> {
        let mut rows = self.network.rows(table, ours)?;
        let claimed = self.claimed.iter().filter(|claimed| claimed.wish.table == table.id);
        rows.extend(claimed.map(|claimed| {
            let mut row = assumed_row(claimed.wish.destination);
            row.target = Target::Foreign(&claimed.target);
            row
        }));
        Ok(rows)
    }

    /// The addresses whose packets may follow a route of this side.
    fn sources(&self, wish: &Wish) -> Vec<CidrBlock> {
        let table = self.network.table(&wish.table);
        table
            .map(|table| self.network.sources(table))
            .into_iter()
            .flatten()
            .filter(|source| source.family() == wish.destination.family())
            .collect()
    }

    /// The subnets that a route of the other side makes reachable, each with the table it really uses, unless that was not
    /// read. Those of overlap subnet groups for other connections do not count: only load balancers for somebody else
    /// stand there.
    fn reached_by(
        &self,
        wish: &Wish,
        ours: Option<&ConnectionId>,
    ) -> impl Iterator<Item = (&'a Subnet, Option<&'a RouteTable>)> {
        let leads_here = move |table: &RouteTable| {
            table.routes.iter().any(
                |route| matches!(&route.target, RouteTarget::Connection(id) if Some(id) == ours),
            )
        };
        self.network
            .subnets()
            .filter(|subnet| subnet.cidrs.iter().any(|cidr| cidr.meets(&wish.destination)))
            .map(|subnet| (subnet, self.network.table_of(&subnet.id)))
            .filter(move |(subnet, table)| {
                table.is_none_or(|table| !is_of_one_group(subnet, table) || leads_here(table))
            })
    }
}

/// A wanted route: its key. The target is always our connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wish {
    /// The table.
    pub table: RouteTableId,
    /// The destination.
    pub destination: CidrBlock,
}

/// A wanted route, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// On which side.
    pub side: SideName,
    /// Which route.
    pub wish: Wish,
    /// Whether it is there.
    pub standing: Standing,
    /// What speaks against it. It is not written; one that is in place stays, since only writing is gated.
    pub against: Option<Verdict>,
    /// What deserves a look.
    pub warnings: Vec<Verdict>,
}

/// Whether a wanted route is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Over our connection.
    InPlace,
    /// Over an earlier connection of ours that is gone: to be pointed at the present one.
    Stale,
    /// Not there.
    Missing,
}

/// Both sides' routes, judged together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The wanted routes, requester's first, by table and destination.
    pub routes: Vec<Judged>,
    /// The side to write first; removal runs backwards.
    pub first: SideName,
}

/// Which subnets a route is taken to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// All in its destination: somebody else's longer route may go tomorrow.
    AsItMayBe,
    /// Those that packets really come to, which is what counts for the moment between two writes.
    AsItIs,
}

/// What to change in a table before looking something up in it.
#[derive(Debug, Default, Clone)]
struct Assumed {
    /// Routes of ours to add, by table.
    added: BTreeMap<RouteTableId, BTreeSet<CidrBlock>>,
    /// Routes of ours to leave out.
    removed: BTreeSet<Wish>,
}

impl Assumed {
    fn of<'w>(wishes: impl IntoIterator<Item = &'w Wish>) -> Self {
        let mut assumed = Self::default();
        for wish in wishes {
            assumed.added.entry(wish.table.clone()).or_default().insert(wish.destination);
        }
        assumed
    }
}

/// Judges both sides' wishes. `former` are earlier connections of ours, whose routes are ours too. Only the sides whose
/// tables we read are given: the routes towards any other are taken on trust.
#[must_use]
pub fn judge(
    sides: &[Side<'_>],
    ours: Option<&ConnectionId>,
    former: &BTreeSet<ConnectionId>,
) -> Judgement {
    let judge = Judge { sides, ours };
    let mut routes: Vec<Judged> = sides
        .iter()
        .flat_map(|side| side.wishes.iter().map(|wish| judge.in_own_table(side, wish, former)))
        .collect();
    judge.strike_without_way_back(&mut routes);
    let first = judge.first_side(&routes);
    Judgement { routes, first }
}

struct Judge<'s, 'a> {
    sides: &'s [Side<'a>],
    ours: Option<&'s ConnectionId>,
}

/// What the replies to a route's packets meet.
#[derive(Debug, Default)]
struct WayBack {
    /// The worst for the senders that count.
    verdict: Option<Verdict>,
    /// The worst for senders that `LongestPrefix` leaves out of account.
    about_others: Option<Verdict>,
}

impl<'s, 'a> Judge<'s, 'a> {
    fn other(&self, side: &Side<'_>) -> Option<&'s Side<'a>> {
        self.sides.iter().find(|other| other.name != side.name)
    }

    fn standing(&self, side: &Side<'_>, wish: &Wish, former: &BTreeSet<ConnectionId>) -> Standing {
        let route =
            side.network.table(&wish.table).and_then(|table| table.route_to(&wish.destination));
        match route.map(|route| &route.target) {
            Some(RouteTarget::Connection(id)) if Some(id) == self.ours => Standing::InPlace,
            Some(RouteTarget::Connection(id)) if former.contains(id) => Standing::Stale,
            _ => Standing::Missing,
        }
    }

    /// What the route's own table says.
    fn in_own_table(
        &self,
        side: &Side<'a>,
        wish: &Wish,
        former: &BTreeSet<ConnectionId>,
    ) -> Judged {
        let standing = self.standing(side, wish, former);
        let mut judged = Judged {
            side: side.name,
            wish: wish.clone(),
            standing,
            against: None,
            warnings: Vec::new(),
        };
        let Some(table) = side.network.table(&wish.table) else { return judged };
        let rows = match side.rows(table, self.ours) {
            Ok(rows) => rows,
            Err(list) => {
                judged.against = Some(Verdict::unreadable(&list));
                return judged;
            }
        };
        own_table::judge(self.sides, side, wish, &rows, (self.ours, former), &mut judged);
        judged
    }

    /// Assumes every route that its own table permits, strikes those whose way back fails, and repeats: what is left is
    /// the largest set that holds together.
    fn strike_without_way_back(&self, routes: &mut [Judged]) {
        loop {
            let assumed = Assumed::of(
                routes
                    .iter()
                    .filter(|route| route.against.is_none() || route.standing == Standing::InPlace)
                    .map(|route| &route.wish),
            );
            let mut struck = false;
            for route in routes.iter_mut().filter(|route| route.against.is_none()) {
                let side = self.sides.iter().find(|side| side.name == route.side);
                let side = side.expect("every route belongs to a side");
                let way_back = self.way_back(side, &route.wish, &assumed, Reach::AsItMayBe);
                let Some(verdict) = way_back.verdict else { continue };
                if verdict.withholds(side.on_conflict) {
                    route.against = Some(verdict);
                    struck |= route.standing != Standing::InPlace;
                }
            }
            if !struck {
                break;
            }
        }
        let assumed = Assumed::of(
            routes
                .iter()
                .filter(|route| route.against.is_none() || route.standing == Standing::InPlace)
                .map(|route| &route.wish),
        );
        for route in routes.iter_mut().filter(|route| route.against.is_none()) {
            let side = self.sides.iter().find(|side| side.name == route.side);
            let side = side.expect("every route belongs to a side");
            let way_back = self.way_back(side, &route.wish, &assumed, Reach::AsItMayBe);
            route.warnings.extend(way_back.verdict);
            route.warnings.extend(way_back.about_others);
        }
    }

    /// The side whose ways back are whole without the other's routes; else the requester's.
    fn first_side(&self, routes: &[Judged]) -> SideName {
        let is_whole_alone = |name: SideName| {
            let own = |route: &&Judged| route.side == name && route.against.is_none();
            let alone = Assumed {
                removed: routes
                    .iter()
                    .filter(|route| route.side != name)
                    .map(|route| route.wish.clone())
                    .collect(),
                ..Assumed::of(routes.iter().filter(own).map(|route| &route.wish))
            };
            self.sides.iter().find(|side| side.name == name).is_some_and(|side| {
                routes.iter().filter(own).all(|route| {
                    let way_back = self.way_back(side, &route.wish, &alone, Reach::AsItIs);
                    !matches!(way_back.verdict, Some(Verdict::ReturnGoesElsewhere { .. }))
                })
            })
        };
        if is_whole_alone(SideName::Accepter) && !is_whole_alone(SideName::Requester) {
            SideName::Accepter
        } else {
            SideName::Requester
        }
    }

    /// What becomes of the replies to packets that follow this route.
    fn way_back(&self, side: &Side<'a>, wish: &Wish, assumed: &Assumed, reach: Reach) -> WayBack {
        let mut result = WayBack::default();
        let Some(other) = self.other(side) else { return result };
        let sources = side.sources(wish);
        for (subnet, table) in other.reached_by(wish, self.ours) {
            if reach == Reach::AsItIs && !self.is_led_to(side, wish, subnet, assumed) {
                continue;
            }
            let Some(table) = table else {
                let unknown = Verdict::TableUnknown { subnet: subnet.id.clone() };
                worsen(&mut result.verdict, Some(unknown));
                continue;
            };
            let rows = match self.rows_assuming(other, table, assumed) {
                Ok(rows) => rows,
                Err(list) => {
                    worsen(&mut result.verdict, Some(Verdict::unreadable(&list)));
                    continue;
                }
            };
            for source in &sources {
                let (named, is_all) = named(side, other, source);
                let verdict = |followed: &Followed<'_, '_>| {
                    reply_verdict(side, other, subnet, table, followed)
                };
                for followed in named.iter().flat_map(|block| followed(&rows, block)) {
                    worsen(&mut result.verdict, verdict(&followed));
                }
                if is_all {
                    continue;
                }
                for followed in followed(&rows, source) {
                    if let Some(unnamed) = followed.leaving_out(&named) {
                        worsen(&mut result.about_others, verdict(&unnamed));
                    }
                }
            }
        }
        result
    }

    /// Whether some packet to a subnet would follow the route, or another of ours, and not somebody else's longer one.
    fn is_led_to(&self, side: &Side<'a>, wish: &Wish, subnet: &Subnet, assumed: &Assumed) -> bool {
        let table = side.network.table(&wish.table);
        let Some(Ok(rows)) = table.map(|table| self.rows_assuming(side, table, assumed)) else {
            return true;
        };
        let mut parts = subnet.cidrs.iter().filter_map(|cidr| cidr.intersection(&wish.destination));
        parts.any(|part| followed(&rows, &part).iter().any(|it| it.row.target == Target::Ours))
    }

    fn rows_assuming(
        &self,
        side: &Side<'a>,
        table: &'a RouteTable,
        assumed: &Assumed,
    ) -> Result<Vec<Row<'a>>, UnreadableList> {
        let mut rows = side.rows(table, self.ours)?;
        rows.retain(|row| {
            row.target != Target::Ours
                || !assumed
                    .removed
                    .contains(&Wish { table: table.id.clone(), destination: row.destination })
        });
        let added = assumed.added.get(&table.id).into_iter().flatten();
        rows.extend(added.map(|destination| assumed_row(*destination)));
        Ok(rows)
    }
}

/// The senders in `source` that must get their replies, and whether they are all there are: under `LongestPrefix` those
/// that the other side's destinations name.
fn named(side: &Side<'_>, other: &Side<'_>, source: &CidrBlock) -> (Vec<CidrBlock>, bool) {
    if side.on_conflict != OnConflict::LongestPrefix {
        return (vec![*source], true);
    }
    let parts = other.wishes.iter().filter_map(|wish| wish.destination.intersection(source));
    let named: BTreeSet<CidrBlock> = parts.collect();
    (named.into_iter().collect(), false)
}

/// Where replies that follow a row end, if that is not our connection and not nowhere.
fn reply_verdict(
    side: &Side<'_>,
    other: &Side<'_>,
    subnet: &Subnet,
    table: &RouteTable,
    followed: &Followed<'_, '_>,
) -> Option<Verdict> {
    let row = followed.row;
    let verdict = |target: String, is_certain: bool| {
        let (subnet, table, route) = (subnet.id.clone(), table.id.clone(), row.destination);
        Some(if is_certain {
            Verdict::ReturnGoesElsewhere { subnet, table, route, target }
        } else {
            Verdict::ReturnUnknown { subnet, table, route, target }
        })
    };
    match other.network.end(followed) {
        End::Ours | End::Nowhere => None,
        End::OtherPeering(connection) => verdict(connection.to_string(), true),
        End::Opaque(target) => {
            // A row made for this very VPC's addresses leads somewhere that has them; a broad one may lead anywhere.
            let is_made_for_them =
                side.network.vpc.cidrs.iter().any(|cidr| cidr.contains(&row.destination));
            verdict(target.to_string(), is_made_for_them)
        }
    }
}

/// Whether both carry the tags of one overlap subnet group: tags on a subnet alone, which anybody may copy, prove nothing
/// about where its packets go.
fn is_of_one_group(subnet: &Subnet, table: &RouteTable) -> bool {
    let owner = subnet.tags.get(OWNER);
    owner.is_some_and(|owner| owner.starts_with("OverlapSubnetGroup/"))
        && table.tags.get(OWNER) == owner
        && table.tags.get(CLUSTER) == subnet.tags.get(CLUSTER)
}

/// Keeps the worse of two: certain before unknown; the first of each.
fn worsen(worst: &mut Option<Verdict>, verdict: Option<Verdict>) {
    let Some(verdict) = verdict else { return };
    let rank = |verdict: &Verdict| u8::from(!matches!(verdict, Verdict::ReturnUnknown { .. }));
    if worst.as_ref().is_none_or(|known| rank(&verdict) > rank(known)) {
        *worst = Some(verdict);
    }
}

#[cfg(test)]
mod tests;
