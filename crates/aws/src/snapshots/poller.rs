//! Reads every part that any object uses, over and over: what nobody asks for must be noticed too.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use peerway_model::clock::{after, since};
use peerway_model::{PartKind, Place, Timestamp};

use super::{Interests, Snapshots};

/// Polls until the future is dropped. Each part is read every `resync` ± 10 %, by a factor of its own, so that the parts
/// of many places do not fall due together. Objects that no longer live are forgotten on the way.
pub async fn poll<K: Clone + Eq + Hash>(
    snapshots: Arc<Snapshots>,
    interests: Arc<Interests<K>>,
    resync: Duration,
    lives: impl Fn(&K) -> bool,
) {
    let mut due: BTreeMap<(Place, PartKind), Timestamp> = BTreeMap::new();
    let mut forgotten_at = Timestamp::MIN;
    loop {
        let now = snapshots.clock.now();
        // Parts fall due one by one; to look at every object for each of them would be most of the work at rest.
        if after(forgotten_at, resync) <= now {
            interests.retain(&lives);
            forgotten_at = now;
        }
        let parts = interests.parts();
        let places: HashSet<&Place> = parts.iter().map(|(place, _)| place).collect();
        snapshots.forget_unused(|place| places.contains(place));
        due.retain(|part, _| parts.contains(part));
        for part in parts {
            // A part that is new here was read by the visit that registered for it.
            let at = due.entry(part.clone()).or_insert_with(|| after(now, jittered(resync, &part)));
            if *at > now {
                continue;
            }
            *at = after(now, jittered(resync, &part));
            let snapshots = snapshots.clone();
            tokio::spawn(async move { snapshots.refresh(&part.0, part.1, now).await });
        }
        let next = due.values().min().map_or(resync, |at| since(*at, now));
        tokio::select! {
            () = tokio::time::sleep(next) => {}
            () = interests.grown.notified() => {}
        }
    }
}

fn jittered(resync: Duration, part: &(Place, PartKind)) -> Duration {
    let mut hasher = DefaultHasher::new();
    part.hash(&mut hasher);
    let permille = u32::try_from(hasher.finish() % 201).expect("a remainder below 201 fits");
    resync * (900 + permille) / 1000
}
