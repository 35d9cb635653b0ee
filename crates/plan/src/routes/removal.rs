//! In which order routes that are no longer wanted go, and which must stay because the other side's replies need them.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_model::{CidrBlock, ConnectionId};

use super::{Assumed, Judge, Side, Standing, Verdict, Wish, named, reply_verdict};
use crate::network::{Target, followed};

/// Routes that are no longer wanted: those of one side that go now, and those that stay for the other side's sake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    /// The side whose routes go now. The other one's are looked at again when these are gone.
    pub now: Option<SideName>,
    /// Sides whose routes cannot go while a wanted route of the other side is there, and what would become of its replies.
    pub kept: Vec<(SideName, Verdict)>,
}

/// Decides about the `surplus` of every side. Removal runs backwards, so the side that is written `first` goes last,
/// unless that would strand the other one's. `recorded` are all routes that we wrote: while they stand they need their
/// replies, wanted or not.
#[must_use]
pub fn removal(
    sides: &[Side<'_>],
    ours: Option<&ConnectionId>,
    first: SideName,
    recorded: &BTreeSet<Wish>,
    surplus: &BTreeMap<SideName, BTreeSet<Wish>>,
) -> Removal {
    let judge = Judge { sides, ours };
    let mut removal = Removal::default();
    let mut after_the_other = Vec::new();
    let mut backwards: Vec<&Side<'_>> = sides.iter().collect();
    backwards.sort_by_key(|side| side.name == first);
    for side in backwards {
        let Some(removed) = surplus.get(&side.name).filter(|removed| !removed.is_empty()) else {
            continue;
        };
        let stranded = judge.stranded(side, removed, recorded);
        let goes_too = |wish: &Wish| surplus.values().any(|surplus| surplus.contains(wish));
        if let Some((_, verdict)) = stranded.iter().find(|(wish, _)| !goes_too(wish)) {
            removal.kept.push((side.name, verdict.clone()));
        } else if let Some((_, verdict)) = stranded.into_iter().next() {
            after_the_other.push((side.name, verdict));
        } else if removal.now.is_none() {
            removal.now = Some(side.name);
        }
    }
    if removal.now.is_none() {
        if removal.kept.is_empty() {
            // Each needs the other: no order keeps both.
            removal.now = after_the_other.first().map(|(name, _)| *name);
        } else {
            // The other one's stay, and so must these.
            removal.kept.append(&mut after_the_other);
        }
    }
    removal
}

impl<'a> Judge<'_, 'a> {
    /// The standing routes of the other side some of whose replies come back by a route in `removed`, and would go
    /// elsewhere without it.
    fn stranded(
        &self,
        side: &Side<'a>,
        removed: &BTreeSet<Wish>,
        recorded: &BTreeSet<Wish>,
    ) -> BTreeMap<Wish, Verdict> {
        let Some(other) = self.other(side) else { return BTreeMap::new() };
        other
            .wishes
            .union(recorded)
            .filter(|wish| self.standing(other, wish, &BTreeSet::new()) == Standing::InPlace)
            .filter_map(|wish| {
                Some((wish.clone(), self.way_back_lost(other, wish, side, removed)?))
            })
            .collect()
    }

    fn way_back_lost(
        &self,
        side: &Side<'a>,
        wish: &Wish,
        other: &Side<'a>,
        removed: &BTreeSet<Wish>,
    ) -> Option<Verdict> {
        let without = Assumed { removed: removed.clone(), ..Assumed::default() };
        for (subnet, table) in other.reached_by(wish, self.ours) {
            let Some(table) = table else { continue };
            let Ok(before) = other.network.rows(table, self.ours) else { continue };
            let Ok(after) = self.rows_assuming(other, table, &without) else { continue };
            let is_removed = |destination: CidrBlock| {
                removed.contains(&Wish { table: table.id.clone(), destination })
            };
            for sender in senders(side, wish, other) {
                for was in followed(&before, &sender) {
                    if was.row.target != Target::Ours || !is_removed(was.row.destination) {
                        continue;
                    }
                    for is in followed(&after, &sender) {
                        let Some(is) = is.only(&was) else { continue };
                        if let Some(verdict @ Verdict::ReturnGoesElsewhere { .. }) =
                            reply_verdict(side, other, subnet, table, &is)
                        {
                            return Some(verdict);
                        }
                    }
                }
            }
        }
        None
    }
}

/// The senders by a standing route that must get their replies: of a route that goes too, all.
fn senders(side: &Side<'_>, wish: &Wish, other: &Side<'_>) -> Vec<CidrBlock> {
    let sources = side.sources(wish);
    if side.wishes.contains(wish) {
        sources.iter().flat_map(|source| named(side, other, source).0).collect()
    } else {
        sources
    }
}
