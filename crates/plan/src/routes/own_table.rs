//! What a route's own table says: does it clash with, or take packets from, a route of somebody else?

use std::collections::BTreeSet;

use peerway_model::{ConnectionId, RouteTarget};

use super::{Judged, Side, Verdict, Wish, replies};
use crate::network::{End, Row, Target, followed};

/// Judges a wish by the `rows` of its table. `ours` are the present connection and those before it.
pub(super) fn judge<'a>(
    sides: &[Side<'a>],
    side: &Side<'a>,
    wish: &Wish,
    rows: &[Row<'a>],
    (ours, former): (Option<&ConnectionId>, &BTreeSet<ConnectionId>),
    judged: &mut Judged,
) {
    let is_foreign = |row: &&Row<'a>| match row.target {
        Target::Ours => false,
        Target::Foreign(RouteTarget::Connection(id)) => !former.contains(id),
        Target::Foreign(_) => true,
    };
    let foreign: Vec<Row<'a>> = rows.iter().filter(is_foreign).copied().collect();
    judged.against =
        clash(wish, &foreign).or_else(|| shadowing(side, wish, &foreign, &mut judged.warnings));
    if judged.against.is_none()
        && let Some(verdict) = replies::taken(sides, side, wish, &foreign, ours)
    {
        if verdict.withholds(side.on_conflict) {
            judged.against = Some(verdict);
        } else {
            judged.warnings.push(verdict);
        }
    }
    judged.warnings.extend(shadowed(wish, &foreign));
    judged.warnings.extend(peer_overlap(side, wish, ours));
}

/// The same destination with another target.
fn clash(wish: &Wish, foreign: &[Row<'_>]) -> Option<Verdict> {
    let row = foreign
        .iter()
        .filter(|row| row.destination == wish.destination)
        .min_by_key(|row| row.preference())?;
    Some(Verdict::RouteConflict {
        table: wish.table.clone(),
        destination: wish.destination,
        target: target_text(row),
        prefix_list: row.list.cloned(),
    })
}

/// A broader foreign row from which ours would take packets.
fn shadowing(
    side: &Side<'_>,
    wish: &Wish,
    foreign: &[Row<'_>],
    warnings: &mut Vec<Verdict>,
) -> Option<Verdict> {
    let broader = followed(foreign, &wish.destination).into_iter().find(|followed| {
        let row = followed.row;
        row.destination != wish.destination && row.destination.contains(&wish.destination)
    })?;
    let (table, destination, by) = (wish.table.clone(), wish.destination, broader.row.destination);
    match side.network.end(&broader) {
        End::Ours | End::Nowhere => None,
        End::OtherPeering(connection) => {
            let verdict =
                Verdict::RouteWouldShadow { table, destination, by, target: connection.clone() };
            if verdict.withholds(side.on_conflict) {
                Some(verdict)
            } else {
                warnings.push(verdict);
                None
            }
        }
        End::Opaque(target) => {
            warnings.push(Verdict::ShadowsBroaderRoute {
                table,
                destination,
                by,
                target: target.to_string(),
            });
            None
        }
    }
}

/// Longer foreign rows inside the wanted destination.
fn shadowed(wish: &Wish, foreign: &[Row<'_>]) -> Vec<Verdict> {
    foreign
        .iter()
        .filter(|row| {
            row.destination != wish.destination && wish.destination.contains(&row.destination)
        })
        .map(|row| Verdict::RouteShadowed {
            table: wish.table.clone(),
            destination: wish.destination,
            by: row.destination,
            target: target_text(row),
        })
        .collect()
}

/// Other live connections of the VPC with the same addresses behind them.
fn peer_overlap(side: &Side<'_>, wish: &Wish, ours: Option<&ConnectionId>) -> Vec<Verdict> {
    side.network
        .other_connections(ours)
        .filter_map(|(connection, far)| {
            let cidr = far.iter().find(|cidr| cidr.meets(&wish.destination))?;
            Some(Verdict::PeerOverlap {
                destination: wish.destination,
                connection: connection.id.clone(),
                cidr: *cidr,
            })
        })
        .collect()
}

fn target_text(row: &Row<'_>) -> String {
    match row.target {
        Target::Ours => "our connection".to_owned(),
        Target::Foreign(target) => target.to_string(),
    }
}
