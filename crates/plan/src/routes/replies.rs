//! Whose replies a route would take. What comes in over another connection is answered by the table of the subnet that it
//! reaches: a route of ours there to the senders' addresses delivers the replies to somebody else.
//!
//! Only a far side that was read can be looked into. Of any other connection with the same addresses behind it nobody can
//! tell whether it leads here: that is warned of ([`Verdict::PeerOverlap`]).

use peerway_model::ownership::is_marked;
use peerway_model::{ConnectionId, RouteTarget, Subnet};

use super::{Side, Verdict, Wish};
use crate::network::{Network, Row, Target, assumed_row, followed};

/// Nothing leans on a longer row over a connection that some object made: that row goes with the object, and what it hid
/// comes to light. So it does not matter which of two such routes was written first: the broader is withheld beside the
/// longer one, as the longer is beside the broader (`RouteWouldShadow`).
fn lasting<'a>(network: &Network<'a>, rows: &[Row<'a>]) -> Vec<Row<'a>> {
    let goes = |row: &&Row<'a>| match row.target {
        Target::Foreign(RouteTarget::Connection(id)) => {
            network.connection(id).is_some_and(|connection| is_marked(&connection.tags))
        }
        Target::Foreign(_) | Target::Ours => false,
    };
    rows.iter().filter(|row| !goes(row)).copied().collect()
}

/// The first packets, sent over another connection to a subnet that uses the wish's table, whose replies would follow it.
/// `foreign` are the rows of that table, without ours.
pub(super) fn taken<'a>(
    sides: &[Side<'a>],
    side: &Side<'a>,
    wish: &Wish,
    foreign: &[Row<'a>],
    ours: Option<&ConnectionId>,
) -> Option<Verdict> {
    let network = &side.network;
    let mut with_ours = lasting(network, foreign);
    with_ours.push(assumed_row(wish.destination));
    let answers =
        |subnet: &&Subnet| network.table_of(&subnet.id).is_some_and(|table| table.id == wish.table);
    network.other_connections(ours).find_map(|(connection, far)| {
        if !far.iter().any(|cidr| cidr.meets(&wish.destination)) {
            return None;
        }
        let end = connection.far_from(&network.vpc.id)?;
        // Over whichever of two connections: the same VPC gets them.
        if sides.iter().any(|known| known.network.vpc.id == end.vpc) {
            return None;
        }
        let theirs = sides.iter().find_map(|known| known.network.elsewhere(&end.vpc))?;
        theirs.tables().find_map(|table| {
            let rows = match theirs.rows(table, Some(&connection.id)) {
                Ok(rows) => lasting(&theirs, &rows),
                Err(unreadable) => {
                    // What is in the list may take senders away, or bring more: of those who come by any row it is not known.
                    let over = RouteTarget::Connection(connection.id.clone());
                    let leads_here = table.routes.iter().any(|route| route.target == over);
                    return leads_here.then(|| Verdict::unreadable(&unreadable));
                }
            };
            let is_taken = theirs
                .sources(table)
                .iter()
                .flat_map(|sender| followed(&with_ours, sender))
                .any(|followed| followed.row.target == Target::Ours);
            if !is_taken {
                return None;
            }
            network.subnets().filter(answers).find_map(|subnet| {
                let route = subnet
                    .cidrs
                    .iter()
                    .flat_map(|cidr| followed(&rows, cidr))
                    .find(|followed| followed.row.target == Target::Ours)?;
                Some(Verdict::TakesReplies {
                    table: wish.table.clone(),
                    destination: wish.destination,
                    subnet: subnet.id.clone(),
                    connection: connection.id.clone(),
                    far_table: table.id.clone(),
                    route: route.row.destination,
                })
            })
        })
    })
}
