//! The peerings of the cluster by the VPCs they join: whoever asks who else joins the same two finds those, and does not
//! look at every object. Kept with the watch of the kind; the objects themselves are those of its store.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher;
use peerway_api::v1alpha1::VpcPeering;
use peerway_model::VpcId;
use peerway_plan::vpc_peering::{Sibling, pair};

use crate::object::Guarded;

/// Two VPCs, whoever asks whom.
type Pair = [VpcId; 2];

/// The index.
pub(crate) struct Pairs {
    store: Store<Guarded<VpcPeering>>,
    by_pair: RwLock<HashMap<Pair, Vec<Name>>>,
}

/// What names an object: its namespace and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name(Box<str>, Box<str>);

impl Name {
    fn of(object: &VpcPeering) -> Self {
        Self(object.namespace().unwrap_or_default().into(), object.name_any().into())
    }

    fn to_ref(&self) -> ObjectRef<Guarded<VpcPeering>> {
        ObjectRef::new(&self.1).within(&self.0)
    }
}

fn sorted([one, other]: [&VpcId; 2]) -> Pair {
    if one <= other { [one.clone(), other.clone()] } else { [other.clone(), one.clone()] }
}

impl Pairs {
    /// The index of what is in a store.
    pub(crate) fn of(store: Store<Guarded<VpcPeering>>) -> Arc<Self> {
        Arc::new(Self { store, by_pair: RwLock::default() })
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Pair, Vec<Name>>> {
        self.by_pair.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Pair, Vec<Name>>> {
        self.by_pair.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before the store takes an event in: the pair that an object had is its pair no longer.
    pub(crate) fn before(&self, event: &watcher::Event<Guarded<VpcPeering>>) {
        let (watcher::Event::Apply(object) | watcher::Event::Delete(object)) = event else {
            return;
        };
        let Some(known) = self.store.get(&ObjectRef::from_obj(object)) else { return };
        let Some((pair, name)) = entry(&known) else { return };
        let mut by_pair = self.write();
        if let Some(names) = by_pair.get_mut(&pair) {
            names.retain(|known| *known != name);
            if names.is_empty() {
                by_pair.remove(&pair);
            }
        }
    }

    /// After the store took an event in. A new list is taken in at its end.
    pub(crate) fn after(&self, event: &watcher::Event<Guarded<VpcPeering>>) {
        match event {
            watcher::Event::Apply(object) => {
                if let Some((pair, name)) = entry(object) {
                    push(&mut self.write(), pair, name);
                }
            }
            watcher::Event::InitDone => {
                let mut by_pair = HashMap::new();
                for (pair, name) in self.store.state().iter().filter_map(|object| entry(object)) {
                    push(&mut by_pair, pair, name);
                }
                *self.write() = by_pair;
            }
            watcher::Event::Delete(_) | watcher::Event::Init | watcher::Event::InitApply(_) => {}
        }
    }

    /// The other objects that join these VPCs.
    pub(crate) fn siblings(&self, uid: &str, own: [&VpcId; 2]) -> Vec<Sibling> {
        let names = self.read().get(&sorted(own)).cloned().unwrap_or_default();
        names
            .iter()
            .filter_map(|name| self.store.get(&name.to_ref()))
            .filter_map(|object| object.0.as_ref().ok().map(Sibling::of))
            .filter(|sibling| sibling.uid != uid)
            .collect()
    }

    /// Whether any other object joins these VPCs.
    pub(crate) fn has_other(&self, object: &VpcPeering, own: [&VpcId; 2]) -> bool {
        let (namespace, name) = (&object.metadata.namespace, &object.metadata.name);
        let is_other = |other: &Name| {
            Some(&*other.0) != namespace.as_deref() || Some(&*other.1) != name.as_deref()
        };
        self.read().get(&sorted(own)).is_some_and(|names| names.iter().any(is_other))
    }

    /// Every other object.
    pub(crate) fn all_others(&self, uid: &str) -> Vec<Sibling> {
        let state = self.store.state();
        let parsed = state.iter().filter_map(|object| object.0.as_ref().ok());
        parsed
            .filter(|object| object.metadata.uid.as_deref() != Some(uid))
            .map(Sibling::of)
            .collect()
    }

    /// The other objects that join the VPCs of `changed`: one of them holds the pair, and the others wait for it to go.
    pub(crate) fn rivals(
        &self,
        changed: &Guarded<VpcPeering>,
    ) -> Vec<ObjectRef<Guarded<VpcPeering>>> {
        let Some((pair, own)) = entry(changed) else { return Vec::new() };
        let by_pair = self.read();
        let names = by_pair.get(&pair).into_iter().flatten();
        names.filter(|name| **name != own).map(Name::to_ref).collect()
    }
}

/// Under which pair an object is found, if it has one that is known.
fn entry(object: &Guarded<VpcPeering>) -> Option<(Pair, Name)> {
    let object = object.0.as_ref().ok()?;
    Some((sorted(pair::pair(object)?), Name::of(object)))
}

fn push(by_pair: &mut HashMap<Pair, Vec<Name>>, pair: Pair, name: Name) {
    let names = by_pair.entry(pair).or_insert_with(|| Vec::with_capacity(1));
    if !names.contains(&name) {
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::reflector;
    use serde_json::json;

    use super::*;

    fn peering(name: &str, requester: &str, accepter: &str) -> Guarded<VpcPeering> {
        let side = |vpc: &str| json!({ "accountRef": { "name": "service" }, "region": "us-west-2", "vpc": { "id": vpc } });
        serde_json::from_value(json!({
            "apiVersion": "peerway.dev/v1alpha1",
            "kind": "VPCPeering",
            "metadata": { "name": name, "namespace": "analytics", "uid": name },
            "spec": { "requester": side(requester), "accepter": side(accepter) },
        }))
        .unwrap()
    }

    /// A store and its index, kept as the watch keeps them.
    struct Watched {
        pairs: Arc<Pairs>,
        writer: reflector::store::Writer<Guarded<VpcPeering>>,
    }

    impl Watched {
        fn new() -> Self {
            let (store, writer) = reflector::store();
            Self { pairs: Pairs::of(store), writer }
        }

        fn take(&mut self, event: watcher::Event<Guarded<VpcPeering>>) {
            self.pairs.before(&event);
            self.writer.apply_watcher_event(&event);
            self.pairs.after(&event);
        }

        fn list(&mut self, objects: &[Guarded<VpcPeering>]) {
            self.take(watcher::Event::Init);
            for object in objects {
                self.take(watcher::Event::InitApply(object.clone()));
            }
            self.take(watcher::Event::InitDone);
        }

        fn rivals(&self, of: &Guarded<VpcPeering>) -> Vec<String> {
            self.pairs.rivals(of).into_iter().map(|object| object.name).collect()
        }
    }

    const A: &str = "vpc-0000000a";
    const B: &str = "vpc-0000000b";
    const C: &str = "vpc-0000000c";

    #[test]
    fn those_who_join_the_same_vpcs_find_each_other_whoever_asks_whom() {
        let mut watched = Watched::new();
        let (one, two, other) =
            (peering("one", A, B), peering("two", B, A), peering("other", A, C));
        watched.list(&[one.clone(), two, other.clone()]);
        assert_eq!(watched.rivals(&one), ["two"]);
        assert!(watched.rivals(&other).is_empty());
        let [a, b] = [A, B].map(|id| id.parse().unwrap());
        let siblings = watched.pairs.siblings("one", [&a, &b]);
        assert_eq!(siblings.len(), 1);
        assert_eq!(siblings[0].name, "two");
        assert_eq!(watched.pairs.all_others("one").len(), 2);
    }

    #[test]
    fn an_edit_a_deletion_and_a_new_list_change_who_is_found() {
        let mut watched = Watched::new();
        let (one, two) = (peering("one", A, B), peering("two", A, C));
        watched.list(&[one.clone(), two.clone()]);
        assert!(watched.rivals(&one).is_empty());
        let moved = peering("two", A, B);
        watched.take(watcher::Event::Apply(moved.clone()));
        assert_eq!(watched.rivals(&one), ["two"]);
        assert!(watched.rivals(&two).is_empty(), "nobody is left where it was");
        watched.take(watcher::Event::Delete(moved.clone()));
        assert!(watched.rivals(&one).is_empty());
        watched.take(watcher::Event::Apply(moved));
        watched.list(&[one.clone(), two]);
        assert!(watched.rivals(&one).is_empty(), "the list says otherwise");
    }
}
