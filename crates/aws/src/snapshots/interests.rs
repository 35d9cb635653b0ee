//! Who wants to hear of what: an index from the keys of items to the objects that read them. Only a cache: it is filled
//! anew with every visit, and an object missing in it is merely visited later.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use peerway_model::{PartKind, Place};
use tokio::sync::Notify;

use super::Changed;

/// What of a part an object reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// Items that carry one of these keys.
    Of(BTreeSet<String>),
    /// Any item: it selects by tags.
    Any,
}

/// A part that an object reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// Where.
    pub place: Place,
    /// Which part.
    pub kind: PartKind,
    /// What of it.
    pub keys: Keys,
}

/// The index. `K` names an object.
pub struct Interests<K> {
    inner: Mutex<Inner<K>>,
    pub(super) grown: Notify,
}

struct Inner<K> {
    by_object: HashMap<K, Vec<Interest>>,
    by_part: BTreeMap<(Place, PartKind), Readers<K>>,
}

struct Readers<K> {
    of: HashMap<String, HashSet<K>>,
    any: HashSet<K>,
    /// How many objects read the part.
    count: usize,
}

impl<K> Default for Interests<K> {
    fn default() -> Self {
        let inner = Inner { by_object: HashMap::new(), by_part: BTreeMap::new() };
        Self { inner: Mutex::new(inner), grown: Notify::new() }
    }
}

impl<K: Clone + Eq + Hash> Interests<K> {
    fn inner(&self) -> MutexGuard<'_, Inner<K>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces what `object` reads; nothing at all when it is gone. At most one interest per part. Whether that differs
    /// from before.
    pub fn register(&self, object: &K, interests: Vec<Interest>) -> bool {
        let mut inner = self.inner();
        if inner.by_object.get(object).map_or(interests.is_empty(), |before| *before == interests) {
            return false;
        }
        inner.remove(object);
        let parts_before = inner.by_part.len();
        inner.insert(object, interests);
        let grown = inner.by_part.len() > parts_before;
        drop(inner);
        if grown {
            self.grown.notify_one();
        }
        true
    }

    /// Forgets the objects that no longer live.
    pub fn retain(&self, lives: impl Fn(&K) -> bool) {
        let mut inner = self.inner();
        let dead: Vec<K> =
            inner.by_object.keys().filter(|object| !lives(object)).cloned().collect();
        for object in dead {
            inner.remove(&object);
        }
    }

    /// The objects that a change concerns.
    pub fn concerned(&self, changed: &Changed) -> Vec<K> {
        let inner = self.inner();
        let Some(readers) = inner.by_part.get(&(changed.place.clone(), changed.kind)) else {
            return Vec::new();
        };
        let mut concerned = readers.any.clone();
        match &changed.keys {
            None => concerned.extend(readers.of.values().flatten().cloned()),
            Some(keys) => {
                concerned
                    .extend(keys.iter().filter_map(|key| readers.of.get(key)).flatten().cloned());
            }
        }
        concerned.into_iter().collect()
    }

    /// The parts that any object reads.
    pub fn parts(&self) -> Vec<(Place, PartKind)> {
        self.inner().by_part.keys().cloned().collect()
    }
}

impl<K: Clone + Eq + Hash> Inner<K> {
    fn remove(&mut self, object: &K) {
        for interest in self.by_object.remove(object).unwrap_or_default() {
            let part = (interest.place, interest.kind);
            let Some(readers) = self.by_part.get_mut(&part) else { continue };
            readers.any.remove(object);
            if let Keys::Of(keys) = interest.keys {
                for key in keys {
                    if let Some(objects) = readers.of.get_mut(&key) {
                        objects.remove(object);
                        if objects.is_empty() {
                            readers.of.remove(&key);
                        }
                    }
                }
            }
            readers.count -= 1;
            if readers.count == 0 {
                self.by_part.remove(&part);
            }
        }
    }

    fn insert(&mut self, object: &K, interests: Vec<Interest>) {
        for interest in &interests {
            let readers = self
                .by_part
                .entry((interest.place.clone(), interest.kind))
                .or_insert_with(|| Readers { of: HashMap::new(), any: HashSet::new(), count: 0 });
            readers.count += 1;
            match &interest.keys {
                Keys::Any => {
                    readers.any.insert(object.clone());
                }
                Keys::Of(keys) => {
                    for key in keys {
                        readers.of.entry(key.clone()).or_default().insert(object.clone());
                    }
                }
            }
        }
        if !interests.is_empty() {
            self.by_object.insert(object.clone(), interests);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use peerway_model::{Access, Credentials};

    use super::*;

    fn place() -> Place {
        let access = Access {
            name: "service".into(),
            account: "111111111111".parse().unwrap(),
            credentials: Credentials::Own,
        };
        Place { access: Arc::new(access), region: "us-west-2".parse().unwrap() }
    }

    fn interest(keys: Keys) -> Interest {
        Interest { place: place(), kind: PartKind::Vpcs, keys }
    }

    fn of(keys: &[&str]) -> Keys {
        Keys::Of(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    fn changed(keys: Option<&[&str]>) -> Changed {
        let keys = keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
        Changed { place: place(), kind: PartKind::Vpcs, keys }
    }

    fn concerned(interests: &Interests<&'static str>, keys: Option<&[&str]>) -> Vec<&'static str> {
        let mut concerned = interests.concerned(&changed(keys));
        concerned.sort_unstable();
        concerned
    }

    #[test]
    fn a_change_concerns_those_who_read_its_keys_and_those_who_read_all() {
        let interests = Interests::default();
        interests.register(&"one", vec![interest(of(&["vpc-1", "vpc-2"]))]);
        interests.register(&"two", vec![interest(of(&["vpc-2"]))]);
        interests.register(&"all", vec![interest(Keys::Any)]);
        assert_eq!(concerned(&interests, Some(&["vpc-1"])), ["all", "one"]);
        assert_eq!(concerned(&interests, Some(&["vpc-2"])), ["all", "one", "two"]);
        assert_eq!(concerned(&interests, Some(&["vpc-3"])), ["all"]);
        assert_eq!(concerned(&interests, None), ["all", "one", "two"]);
    }

    #[test]
    fn what_is_registered_anew_replaces_what_was_and_the_last_reader_takes_the_part_away() {
        let interests = Interests::default();
        interests.register(&"one", vec![interest(of(&["vpc-1"]))]);
        interests.register(&"one", vec![interest(of(&["vpc-2"]))]);
        assert!(concerned(&interests, Some(&["vpc-1"])).is_empty());
        assert_eq!(concerned(&interests, Some(&["vpc-2"])), ["one"]);
        interests.register(&"one", vec![]);
        assert!(interests.parts().is_empty());
    }
}
