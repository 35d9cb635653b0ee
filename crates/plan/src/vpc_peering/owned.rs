//! Which connections are ours: those that carry our tags, in either side's view, between the VPCs that we would join.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::Claim;
use peerway_model::{Connection, ConnectionId, ConnectionState, Place, VpcId};

use super::desired::Desired;
use super::recorded::Recorded;
use crate::Finding;
use crate::observed::Readable;

/// What we own of connections.
#[derive(Debug, Default)]
pub struct Owned<'a> {
    /// The one that holds the pair, or is on its way out.
    pub live: Option<&'a Connection>,
    /// Those that are gone, with AWS's last word on each, as far as AWS still lists them.
    pub dead: BTreeMap<ConnectionId, &'a Connection>,
    /// Live ones between other VPCs than the spec names now.
    pub elsewhere: Vec<&'a Connection>,
    /// Places in whose view the live one lacks our tags, or carries those of an earlier incarnation.
    pub to_tag: Vec<Place>,
    /// Whether the live one lost our tags in every view, and is known by the record alone.
    pub is_stripped: bool,
    /// What keeps us from deciding.
    pub unclear: Option<Finding>,
}

impl Owned<'_> {
    /// The last request, where there is no connection: the recorded one, or one that ended before it could be recorded.
    #[must_use]
    pub fn ended(&self, recorded: &Recorded) -> Option<Ended> {
        if self.live.is_some() {
            return None;
        }
        let is_new = |id: &ConnectionId| {
            recorded.connection.as_ref() != Some(id) && !recorded.former.contains(id)
        };
        let unrecorded = self
            .dead
            .values()
            .find(|connection| is_new(&connection.id) && came_to_nothing(connection.state));
        let listed =
            unrecorded.or_else(|| self.dead.get(recorded.connection.as_ref()?)).map(|connection| {
                Ended {
                    id: connection.id.clone(),
                    state: connection.state,
                    message: connection.message.clone(),
                }
            });
        listed.or_else(|| recorded.ended.clone())
    }

    /// Every connection of the past whose routes are ours: gone for good, and nobody else's by now.
    #[must_use]
    pub fn former(
        &self,
        desired: &Desired,
        recorded: &Recorded,
        views: &[Readable<'_>],
    ) -> BTreeSet<ConnectionId> {
        self.dead
            .keys()
            .chain(&recorded.former)
            .chain(&recorded.connection)
            .filter(|id| !is_untouchable(views, desired, id))
            .cloned()
            .collect()
    }
}

/// A connection that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The connection.
    pub id: ConnectionId,
    /// AWS's last word on it.
    pub state: ConnectionState,
    /// The same in a sentence.
    pub message: String,
}

/// Whether a connection in this state never was one: what was asked for did not come about.
#[must_use]
pub fn came_to_nothing(state: ConnectionState) -> bool {
    matches!(state, ConnectionState::Failed | ConnectionState::Rejected | ConnectionState::Expired)
}

/// Finds what is ours in the views there are, each given once. `pair` are the VPCs that the spec resolves to or, where it no longer does, those of the record.
#[must_use]
pub fn owned<'a>(
    desired: &Desired,
    recorded: &Recorded,
    pair: Option<(&VpcId, &VpcId)>,
    views: &[Readable<'a>],
) -> Owned<'a> {
    let mut owned = Owned::default();
    let mut live: BTreeMap<&ConnectionId, &'a Connection> = BTreeMap::new();
    let mut tagged: BTreeSet<&ConnectionId> = BTreeSet::new();
    let mut contested: BTreeSet<&ConnectionId> = BTreeSet::new();
    let candidates = candidates(desired, recorded, views);
    for view in views {
        for connection in candidates.iter().filter_map(|id| view.connections.get(id)) {
            let is_recorded = recorded.connection.as_ref() == Some(&connection.id);
            let is_present = is_present(connection);
            let is_ours = match desired.owner.claim(&connection.tags) {
                Claim::Ours | Claim::EarlierIncarnation => {
                    tagged.insert(&connection.id);
                    true
                }
                // A thing that lost our tags is still ours if we wrote its id down and it is what we would have made.
                Claim::Untagged => is_recorded,
                Claim::Others => {
                    contested.insert(&connection.id);
                    if is_recorded && is_present {
                        owned.unclear = Some(taken_over(connection));
                    }
                    false
                }
            };
            if !is_ours {
                continue;
            }
            let fits = pair.is_some_and(|(one, other)| connection.joins(one, other));
            match (is_present, fits) {
                (true, true) => {
                    live.entry(&connection.id).or_insert(connection);
                }
                (true, false) => owned.elsewhere.push(connection),
                (false, true) => {
                    owned.dead.insert(connection.id.clone(), connection);
                }
                (false, false) => {}
            }
        }
    }
    owned.elsewhere.dedup_by(|one, other| one.id == other.id);
    match live.values().copied().collect::<Vec<_>>().as_slice() {
        [] => {}
        [one] if contested.contains(&one.id) => {
            owned.unclear = Some(unclear(format!(
                "{} carries our tags on one side and somebody else's on the other. It is left alone; remove the wrong tags.",
                one.id
            )));
        }
        [one] => {
            owned.live = Some(one);
            owned.is_stripped = !tagged.contains(&one.id);
            owned.to_tag = to_tag(desired, &one.id, views);
        }
        several => {
            let ids: Vec<String> =
                several.iter().map(|connection| connection.id.to_string()).collect();
            owned.unclear = Some(unclear(format!(
                "{} all carry our tags, and one connection is wanted. They are left alone; remove our tags from those that are not ours.",
                ids.join(", ")
            )));
        }
    }
    owned
}

/// What can be ours: what carries our tags in any view, and what the record names.
fn candidates<'a>(
    desired: &Desired,
    recorded: &'a Recorded,
    views: &[Readable<'a>],
) -> BTreeSet<&'a ConnectionId> {
    let tag = desired.owner.owner_tag();
    let tagged = views.iter().flat_map(|view| view.connections.of(&tag));
    tagged.map(|connection| &connection.id).chain(&recorded.connection).collect()
}

/// Whether it stands, or carries somebody else's tags: whatever the record says, its routes are not ours to take.
fn is_untouchable(views: &[Readable<'_>], desired: &Desired, id: &ConnectionId) -> bool {
    views.iter().filter_map(|view| view.connections.get(id)).any(|connection| {
        is_present(connection) || desired.owner.claim(&connection.tags) == Claim::Others
    })
}

/// Whether it holds its pair, or is on its way out.
pub(super) fn is_present(connection: &Connection) -> bool {
    connection.state.is_live() || connection.state == ConnectionState::Deleting
}

/// Whether AWS says of this connection, between whichever VPCs, that it is gone.
pub(super) fn is_listed_dead(views: &[Readable<'_>], id: &ConnectionId) -> bool {
    views.iter().filter_map(|view| view.connections.get(id)).any(|seen| !is_present(seen))
}

fn taken_over(connection: &Connection) -> Finding {
    unclear(format!(
        "{} is this object's by its status, and carries somebody else's tags. It is left alone with its routes; put the right tags back, or delete it by hand.",
        connection.id
    ))
}

fn unclear(message: String) -> Finding {
    Finding::stalled(ConditionType::Connected, Reason::OwnershipUnclear, message)
}

fn to_tag(desired: &Desired, id: &ConnectionId, views: &[Readable<'_>]) -> Vec<Place> {
    let mut places: Vec<&Place> = Vec::new();
    for view in views {
        let lacks_tags = view
            .connections
            .get(id)
            .is_some_and(|connection| desired.owner.claim(&connection.tags) != Claim::Ours);
        // Two AWSAccounts may lead to one account: its view is tagged once.
        if lacks_tags && !places.iter().any(|place| place.is_same_spot(view.place)) {
            places.push(view.place);
        }
    }
    places.into_iter().cloned().collect()
}
