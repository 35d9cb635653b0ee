//! What an object is bound to: what it owns lies between two VPCs, and no edit of the spec moves it elsewhere.

use peerway_api::{ConditionType, Reason};
use peerway_model::{Connection, Vpc};

use super::owned::{Owned, is_listed_dead};
use super::recorded::{Bound, Recorded};
use super::seen::{Seen, distinct};
use crate::Finding;

/// What we own is recorded with other VPCs than the spec resolves to; who asks whom may change.
pub(super) fn moved(
    recorded: &Recorded,
    vpcs: [&Vpc; 2],
    sides: &[Seen<'_>; 2],
) -> Option<Finding> {
    let was = recorded.pair()?;
    let [requester, accepter] = [0, 1].map(|side: usize| Bound {
        account: sides[side].account().clone(),
        vpc: vpcs[side].id.clone(),
    });
    let is_same = was == [&requester, &accepter] || was == [&accepter, &requester];
    let owns = recorded.owns(|id| is_listed_dead(&distinct(sides), id));
    (owns && !is_same).then(|| {
        let [one, other] = was;
        Finding::stalled(
            ConditionType::Valid,
            Reason::BoundElsewhere,
            format!(
                "What this object owns is bound to {one} and {other}, but the spec names {requester} and {accepter} now. Nothing is written or deleted; name the former again, or delete this object and make another."
            ),
        )
    })
}

/// Our tags are on a connection between other VPCs, and no record tells that ours is not that one.
pub(super) fn unknown(owned: &Owned<'_>, recorded: &Recorded) -> Option<Finding> {
    let knows_ours = owned.live.is_some() || recorded.owns(|_| false);
    let connection = owned.elsewhere.first().filter(|_| !knows_ours)?;
    Some(Finding::stalled(
        ConditionType::Connected,
        Reason::OwnershipUnclear,
        format!(
            "{} carries this object's tags and joins {} and {}, which the spec does not name: whether it is ours cannot be told. Nothing is written or deleted; name these VPCs again, or remove the tags from it.",
            connection.id, connection.requester.vpc, connection.accepter.vpc
        ),
    ))
}

/// Our tags are on a connection that is not ours.
pub(super) fn copied(connection: &Connection) -> Finding {
    Finding::warning(
        Reason::OwnershipUnclear,
        format!(
            "{} carries this object's tags, but joins {} and {}, and this object never did. It is left alone; remove the tags from it.",
            connection.id, connection.requester.vpc, connection.accepter.vpc
        ),
    )
}

/// What is ours lies in an account that the spec does not lead to any more: it cannot be seen from here, nor removed.
pub(super) fn out_of_reach(recorded: &Recorded, sides: &[Seen<'_>; 2]) -> Option<Finding> {
    let views = distinct(sides);
    let is_seen = |bound: &Bound| views.iter().any(|view| *view.place.account() == bound.account);
    let (_, out) = sides
        .iter()
        .zip(recorded.pair()?)
        // Of what is somebody else's nothing is removed, wherever it is.
        .find(|(side, bound)| side.view().is_some() && !is_seen(bound))?;
    recorded.owns(|id| is_listed_dead(&views, id)).then(|| {
        Finding::stalled(
            ConditionType::Valid,
            Reason::BoundElsewhere,
            format!(
                "What this object owns is bound to {out}, and no `accountRef` leads to that account any more. Nothing is deleted; name it again to have everything removed.",
            ),
        )
    })
}

/// Something carries our tags between other VPCs than the spec names, and no record says that ours never were there.
pub(super) fn unknown_to_remove(owned: &Owned<'_>, recorded: &Recorded) -> Option<Finding> {
    let connection = owned.elsewhere.first().filter(|_| recorded.pair().is_none())?;
    Some(Finding::stalled(
        ConditionType::Connected,
        Reason::OwnershipUnclear,
        format!(
            "{} carries this object's tags and joins {} and {}, but the spec does not name these VPCs and the status names none: whether it is ours cannot be told. Correct `requester.vpc` and `accepter.vpc`, or delete the connection by hand.",
            connection.id, connection.requester.vpc, connection.accepter.vpc
        ),
    ))
}
