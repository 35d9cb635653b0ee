//! Who wants to hear of what: an index from the keys of items to the objects that read them. Only a cache: it is filled
//! anew with every visit, and an object missing in it is merely visited later.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
///
/// There is an entry for every object and every key it reads, so they are small: names are kept once and pointed at.
pub struct Interests<K> {
    inner: Mutex<Inner<K>>,
    pub(super) grown: Notify,
}

struct Inner<K> {
    by_object: HashMap<Arc<K>, Box<[Kept]>>,
    by_part: BTreeMap<(Place, PartKind), Readers<K>>,
    /// Every key that somebody reads.
    names: HashSet<Arc<str>>,
}

/// An interest as it is kept.
#[derive(Clone, PartialEq, Eq)]
struct Kept {
    place: Place,
    kind: PartKind,
    /// In their order, each once; nothing for any item.
    keys: Option<Arc<[Arc<str>]>>,
}

struct Readers<K> {
    of: HashMap<Arc<str>, Vec<Arc<K>>>,
    any: HashSet<Arc<K>>,
    /// How many objects read the part.
    count: usize,
}

impl<K> Default for Interests<K> {
    fn default() -> Self {
        let (by_object, by_part, names) = (HashMap::new(), BTreeMap::new(), HashSet::new());
        Self { inner: Mutex::new(Inner { by_object, by_part, names }), grown: Notify::new() }
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
        if inner
            .by_object
            .get(object)
            .map_or(interests.is_empty(), |before| same(before, &interests))
        {
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
        let dead: Vec<Arc<K>> =
            inner.by_object.keys().filter(|object| !lives(object)).cloned().collect();
        for object in dead {
            inner.remove(&object);
        }
        // What nobody else points at.
        inner.names.retain(|name| Arc::strong_count(name) > 1);
    }

    /// The objects that a change concerns.
    pub fn concerned(&self, changed: &Changed) -> Vec<K> {
        let inner = self.inner();
        let Some(readers) = inner.by_part.get(&(changed.place.clone(), changed.kind)) else {
            return Vec::new();
        };
        let mut concerned: HashSet<&K> = readers.any.iter().map(Arc::as_ref).collect();
        match &changed.keys {
            None => concerned.extend(readers.of.values().flatten().map(Arc::as_ref)),
            Some(keys) => {
                let of_keys = keys.iter().filter_map(|key| readers.of.get(key.as_str()));
                concerned.extend(of_keys.flatten().map(Arc::as_ref));
            }
        }
        concerned.into_iter().cloned().collect()
    }

    /// The parts that any object reads.
    pub fn parts(&self) -> Vec<(Place, PartKind)> {
        self.inner().by_part.keys().cloned().collect()
    }
}

/// Whether what is kept is what an object reads.
fn same(kept: &[Kept], interests: &[Interest]) -> bool {
    let is_same = |(kept, interest): (&Kept, &Interest)| {
        let has_same_keys = match (&kept.keys, &interest.keys) {
            (None, Keys::Any) => true,
            (Some(kept), Keys::Of(keys)) => {
                kept.len() == keys.len() && kept.iter().zip(keys).all(|(kept, key)| **kept == **key)
            }
            (None, Keys::Of(_)) | (Some(_), Keys::Any) => false,
        };
        kept.kind == interest.kind && has_same_keys && kept.place == interest.place
    };
    kept.len() == interests.len() && kept.iter().zip(interests).all(is_same)
}

impl<K: Clone + Eq + Hash> Inner<K> {
    fn remove(&mut self, object: &K) {
        for interest in self.by_object.remove(object).unwrap_or_default() {
            let part = (interest.place, interest.kind);
            let Some(readers) = self.by_part.get_mut(&part) else { continue };
            readers.any.remove(object);
            for key in interest.keys.iter().flat_map(|keys| keys.iter()) {
                if let Some(objects) = readers.of.get_mut(key) {
                    objects.retain(|reader| **reader != *object);
                    if objects.is_empty() {
                        readers.of.remove(key);
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
        if interests.is_empty() {
            return;
        }
        let object = Arc::new(object.clone());
        let mut kept: Vec<Kept> = Vec::with_capacity(interests.len());
        for Interest { place, kind, keys } in interests {
            let keys = match keys {
                Keys::Any => None,
                Keys::Of(keys) => Some(self.kept_keys(&keys, &kept)),
            };
            let readers = self.by_part.entry((place.clone(), kind)).or_insert_with(|| Readers {
                of: HashMap::new(),
                any: HashSet::new(),
                count: 0,
            });
            readers.count += 1;
            match &keys {
                None => {
                    readers.any.insert(object.clone());
                }
                Some(keys) => {
                    for key in keys.iter() {
                        readers.of.entry(key.clone()).or_default().push(object.clone());
                    }
                }
            }
            kept.push(Kept { place, kind, keys });
        }
        self.by_object.insert(object, kept.into());
    }

    /// The keys as they are kept: most parts are read by the same ones.
    fn kept_keys(&mut self, keys: &BTreeSet<String>, before: &[Kept]) -> Arc<[Arc<str>]> {
        let known = before.iter().filter_map(|kept| kept.keys.as_ref()).find(|known| {
            known.len() == keys.len() && known.iter().zip(keys).all(|(known, key)| **known == **key)
        });
        if let Some(known) = known {
            return known.clone();
        }
        keys.iter()
            .map(|key| {
                if let Some(name) = self.names.get(key.as_str()) {
                    name.clone()
                } else {
                    let name: Arc<str> = key.as_str().into();
                    self.names.insert(name.clone());
                    name
                }
            })
            .collect()
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

    #[test]
    fn what_is_registered_again_is_no_news_and_what_nobody_reads_is_forgotten() {
        let interests = Interests::default();
        assert!(interests.register(&"one", vec![interest(of(&["vpc-1", "vpc-2"]))]));
        assert!(!interests.register(&"one", vec![interest(of(&["vpc-1", "vpc-2"]))]));
        assert!(interests.register(&"one", vec![interest(Keys::Any)]));
        assert_eq!(concerned(&interests, Some(&["vpc-3"])), ["one"]);
        assert!(interests.register(&"one", vec![interest(of(&["vpc-1"]))]));
        assert!(interests.register(&"two", vec![interest(of(&["vpc-1"]))]));
        interests.retain(|object| *object == "two");
        assert_eq!(concerned(&interests, Some(&["vpc-1"])), ["two"]);
        assert!(concerned(&interests, Some(&["vpc-2"])).is_empty());
        let kept = interests.inner().names.len();
        assert_eq!(kept, 1, "vpc-2 has no reader");
    }
}
