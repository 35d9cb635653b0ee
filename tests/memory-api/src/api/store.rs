//! Objects, and everything that ever happened to them since the last compaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

/// Where revisions begin: as if the server had lived before.
const FIRST: u64 = 1000;

/// Which objects: a kind by `plural.group`.
pub(super) type Resource = String;

/// An object's name within its kind; the namespace is empty for what has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) namespace: String,
    pub(super) name: String,
}

/// A change.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) revision: u64,
    pub(super) resource: Resource,
    pub(super) name: Name,
    /// The object before, unless it is new.
    pub(super) before: Option<Arc<Value>>,
    /// The object after; of a deleted one, its last state at this revision.
    pub(super) after: Arc<Value>,
    pub(super) is_deletion: bool,
}

/// What open watches must know at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signals {
    pub(super) revision: u64,
    pub(super) disconnections: u64,
    pub(super) expirations: u64,
    pub(super) bookmarks: u64,
    pub(super) rewinds: u64,
    /// Where watches go back to that are wound back.
    pub(super) rewound_to: u64,
}

/// How the real server stores an object. It writes where the words differ, even if what they mean does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// As it reads it.
    AsRead,
    /// Without defaults that reading fills in, or with empty lists that reading drops.
    Other,
}

/// All objects.
#[derive(Debug)]
pub(super) struct Store {
    objects: BTreeMap<(Resource, Name), Arc<Value>>,
    reworded: BTreeSet<(Resource, Name)>,
    log: Vec<Change>,
    revision: u64,
    /// What happened up to here is forgotten.
    compacted: u64,
    signals: watch::Sender<Signals>,
}

impl Store {
    pub(super) fn new() -> Self {
        let (signals, _) = watch::channel(Signals { revision: FIRST, ..Signals::default() });
        Self {
            objects: BTreeMap::new(),
            reworded: BTreeSet::new(),
            log: Vec::new(),
            revision: FIRST,
            compacted: 0,
            signals,
        }
    }

    /// A store of its own with the same content.
    pub(super) fn fork(&self) -> Self {
        let (signals, _) = watch::channel(*self.signals.borrow());
        Self {
            objects: self.objects.clone(),
            reworded: self.reworded.clone(),
            log: self.log.clone(),
            revision: self.revision,
            compacted: self.compacted,
            signals,
        }
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn compacted(&self) -> u64 {
        self.compacted
    }

    pub(super) fn signals(&self) -> watch::Receiver<Signals> {
        self.signals.subscribe()
    }

    pub(super) fn signal(&self, change: impl FnOnce(&mut Signals)) {
        self.signals.send_modify(change);
    }

    pub(super) fn get(&self, resource: &str, name: &Name) -> Option<&Arc<Value>> {
        self.objects.get(&(resource.to_owned(), name.clone()))
    }

    /// Writes an object at a new revision, or removes it with this as its last state.
    pub(super) fn put(
        &mut self,
        resource: &str,
        name: &Name,
        mut object: Value,
        is_deletion: bool,
    ) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = self.revision.to_string().into();
        let object = Arc::new(object);
        let key = (resource.to_owned(), name.clone());
        self.reworded.remove(&key);
        let before = if is_deletion {
            self.objects.remove(&key)
        } else {
            self.objects.insert(key, object.clone())
        };
        let (revision, resource, name) = (self.revision, resource.to_owned(), name.clone());
        let after = object.clone();
        self.log.push(Change { revision, resource, name, before, after, is_deletion });
        self.signal(|signals| signals.revision = revision);
        object
    }

    /// Whether the real server stores the object in other words than it reads.
    pub(super) fn wording(&self, resource: &str, name: &Name) -> Wording {
        let is_other = self.reworded.contains(&(resource.to_owned(), name.clone()));
        if is_other { Wording::Other } else { Wording::AsRead }
    }

    pub(super) fn set_wording(&mut self, resource: &str, name: &Name, wording: Wording) {
        if wording == Wording::Other {
            self.reworded.insert((resource.to_owned(), name.clone()));
        }
    }

    /// The objects of a kind by namespace and name; in one namespace, unless that is empty.
    pub(super) fn list(&self, resource: &str, namespace: &str) -> BTreeMap<Name, Arc<Value>> {
        let all = self.objects.iter();
        let these = all.filter(|((of, name), _)| of == resource && is_in(name, namespace));
        these.map(|((_, name), object)| (name.clone(), object.clone())).collect()
    }

    /// The same as it was at a revision; nothing, if that is forgotten.
    pub(super) fn list_at(
        &self,
        resource: &str,
        namespace: &str,
        revision: u64,
    ) -> Option<BTreeMap<Name, Arc<Value>>> {
        if revision < self.compacted {
            return None;
        }
        let mut objects = self.list(resource, namespace);
        let later = self.log.iter().rev().take_while(|change| change.revision > revision);
        for change in
            later.filter(|change| change.resource == resource && is_in(&change.name, namespace))
        {
            match &change.before {
                Some(before) => objects.insert(change.name.clone(), before.clone()),
                None => objects.remove(&change.name),
            };
        }
        Some(objects)
    }

    /// What happened to a kind after a revision.
    pub(super) fn since(
        &self,
        resource: &str,
        namespace: &str,
        revision: u64,
    ) -> impl Iterator<Item = &Change> {
        let begin = self.log.partition_point(|change| change.revision <= revision);
        let later = self.log[begin..].iter();
        later.filter(move |change| change.resource == resource && is_in(&change.name, namespace))
    }

    /// Forgets everything but the present.
    pub(super) fn compact(&mut self) {
        self.compacted = self.revision;
        self.log.clear();
        self.signal(|signals| signals.expirations += 1);
    }
}

fn is_in(name: &Name, namespace: &str) -> bool {
    namespace.is_empty() || name.namespace == namespace
}
