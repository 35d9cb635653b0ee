//! The peerings of the cluster by the VPCs they join: whoever asks who else joins the same finds those, and does not look
//! at every object. Kept with the watch of the kind; the objects themselves are those of its store.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher;
use kube::{Resource, ResourceExt};
use peerway_api::v1alpha1::VpcPeering;
use peerway_model::VpcId;
use peerway_plan::vpc_peering::{Sibling, pair};

use crate::object::Guarded;

/// The index.
pub(crate) struct Pairs {
    store: Store<Guarded<VpcPeering>>,
    index: RwLock<Index>,
}

#[derive(Default)]
struct Index {
    /// By each VPC: the VPC at the other end, and who joins the two.
    by_vpc: HashMap<VpcId, Vec<(VpcId, Arc<Name>)>>,
    /// Those of which nobody knows yet what they join.
    unknown: HashSet<Arc<Name>>,
}

/// What names an object: its namespace and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name(Box<str>, Box<str>);

impl Name {
    fn of(object: &VpcPeering) -> Self {
        Self(object.namespace().unwrap_or_default().into(), object.name_any().into())
    }

    fn is_of(&self, object: &VpcPeering) -> bool {
        let metadata = &object.metadata;
        metadata.namespace.as_deref().unwrap_or_default() == &*self.0
            && metadata.name.as_deref().unwrap_or_default() == &*self.1
    }

    fn to_ref(&self) -> ObjectRef<Guarded<VpcPeering>> {
        ObjectRef::new(&self.1).within(&self.0)
    }
}

impl Index {
    fn insert(&mut self, object: &Guarded<VpcPeering>) {
        let Ok(object) = &object.0 else { return };
        let name = Arc::new(Name::of(object));
        let Some(pair) = pair::pair(object) else {
            self.unknown.insert(name);
            return;
        };
        for (vpc, other) in both_ways(pair) {
            let joined = self.by_vpc.entry(vpc.clone()).or_insert_with(|| Vec::with_capacity(1));
            if !joined.iter().any(|(far, known)| far == other && *known == name) {
                joined.push((other.clone(), name.clone()));
            }
        }
    }

    fn remove(&mut self, object: &Guarded<VpcPeering>) {
        let Ok(object) = &object.0 else { return };
        let name = Name::of(object);
        let Some(pair) = pair::pair(object) else {
            self.unknown.remove(&name);
            return;
        };
        for (vpc, _) in both_ways(pair) {
            if let Some(joined) = self.by_vpc.get_mut(vpc) {
                joined.retain(|(_, known)| **known != name);
                if joined.is_empty() {
                    self.by_vpc.remove(vpc);
                }
            }
        }
    }

    fn at(&self, vpc: &VpcId) -> &[(VpcId, Arc<Name>)] {
        self.by_vpc.get(vpc).map_or(&[], Vec::as_slice)
    }

    /// Who joins these two.
    fn of_pair<'i>(&'i self, [one, other]: [&'i VpcId; 2]) -> impl Iterator<Item = &'i Arc<Name>> {
        // One of the two may be what everybody joins.
        let (from_one, from_other) = (self.at(one), self.at(other));
        let is_other_shorter = from_other.len() < from_one.len();
        let (list, far) = if is_other_shorter { (from_other, one) } else { (from_one, other) };
        list.iter().filter(move |(vpc, _)| vpc == far).map(|(_, name)| name)
    }
}

fn both_ways([one, other]: [&VpcId; 2]) -> [(&VpcId, &VpcId); 2] {
    [(one, other), (other, one)]
}

impl Pairs {
    /// The index of what is in a store.
    pub(crate) fn of(store: Store<Guarded<VpcPeering>>) -> Arc<Self> {
        Arc::new(Self { store, index: RwLock::default() })
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before the store takes an event in: what an object joined it joins no longer.
    pub(crate) fn before(&self, event: &watcher::Event<Guarded<VpcPeering>>) {
        let (watcher::Event::Apply(object) | watcher::Event::Delete(object)) = event else {
            return;
        };
        if let Some(known) = self.store.get(&ObjectRef::from_obj(object)) {
            self.write().remove(&known);
        }
    }

    /// After the store took an event in. A new list is taken in at its end.
    pub(crate) fn after(&self, event: &watcher::Event<Guarded<VpcPeering>>) {
        match event {
            watcher::Event::Apply(object) => self.write().insert(object),
            watcher::Event::InitDone => {
                let mut index = Index::default();
                self.store.state().iter().for_each(|object| index.insert(object));
                *self.write() = index;
            }
            watcher::Event::Delete(_) | watcher::Event::Init | watcher::Event::InitApply(_) => {}
        }
    }

    fn siblings<'n>(
        &self,
        uid: &str,
        names: impl IntoIterator<Item = &'n Arc<Name>>,
    ) -> Vec<Sibling> {
        let objects = names.into_iter().filter_map(|name| self.store.get(&name.to_ref()));
        objects
            .filter(|object| object.meta().uid.as_deref() != Some(uid))
            .filter_map(|object| object.0.as_ref().ok().map(Sibling::of))
            .collect()
    }

    /// The other objects that join these two VPCs.
    pub(crate) fn of_pair(&self, uid: &str, pair: [&VpcId; 2]) -> Vec<Sibling> {
        let names: Vec<_> = self.read().of_pair(pair).cloned().collect();
        self.siblings(uid, &names)
    }

    /// The other objects that join one of these VPCs to any, or that may.
    pub(crate) fn around(&self, uid: &str, pair: [&VpcId; 2]) -> Vec<Sibling> {
        let names: HashSet<Arc<Name>> = {
            let index = self.read();
            let known = pair.into_iter().flat_map(|vpc| index.at(vpc)).map(|(_, name)| name);
            known.chain(&index.unknown).cloned().collect()
        };
        self.siblings(uid, &names)
    }

    /// Whether any other object joins these two VPCs.
    pub(crate) fn has_other(&self, object: &VpcPeering, pair: [&VpcId; 2]) -> bool {
        self.read().of_pair(pair).any(|name| !name.is_of(object))
    }

    /// Every other object.
    pub(crate) fn all_others(&self, uid: &str) -> Vec<Sibling> {
        let state = self.store.state();
        let others = state.iter().filter(|object| object.meta().uid.as_deref() != Some(uid));
        // What does not parse has what it made all the same.
        let sibling = |object: &Arc<Guarded<VpcPeering>>| match &object.0 {
            Ok(parsed) => Sibling::of(parsed),
            Err(_) => Sibling::unread(object.meta()),
        };
        others.map(sibling).collect()
    }

    /// The other objects that join the VPCs of `changed`: one of them holds the pair, and the others wait for it to go.
    pub(crate) fn rivals(
        &self,
        changed: &Guarded<VpcPeering>,
    ) -> Vec<ObjectRef<Guarded<VpcPeering>>> {
        let Ok(object) = &changed.0 else { return Vec::new() };
        let (Some(pair), own) = (pair::pair(object), Name::of(object)) else { return Vec::new() };
        let index = self.read();
        index.of_pair(pair).filter(|name| ***name != own).map(|name| name.to_ref()).collect()
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

        #[expect(clippy::needless_pass_by_value, reason = "an event is taken in once")]
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
    const D: &str = "vpc-0000000d";

    #[test]
    fn those_who_join_the_same_vpcs_find_each_other_whoever_asks_whom() {
        let mut watched = Watched::new();
        let (one, two, other) =
            (peering("one", A, B), peering("two", B, A), peering("other", A, C));
        watched.list(&[one.clone(), two, other.clone()]);
        assert_eq!(watched.rivals(&one), ["two"]);
        assert!(watched.rivals(&other).is_empty());
        let [a, b] = [A, B].map(|id| id.parse().unwrap());
        let siblings = watched.pairs.of_pair("one", [&a, &b]);
        assert_eq!(siblings.len(), 1);
        assert_eq!(siblings[0].name, "two");
        assert_eq!(watched.pairs.all_others("one").len(), 2);
    }

    #[test]
    fn whoever_joins_one_of_the_vpcs_or_may_is_around() {
        let mut watched = Watched::new();
        let mut unknown = peering("unknown", A, C);
        let spec = &mut unknown.0.as_mut().unwrap().spec;
        spec.accepter.vpc.as_mut().unwrap().id = None;
        let (one, two, three, far) = (
            peering("one", A, B),
            peering("two", A, B),
            peering("three", C, B),
            peering("far", C, D),
        );
        watched.list(&[one, two, three, far, unknown]);
        let [a, b] = [A, B].map(|id| id.parse().unwrap());
        let mut around: Vec<String> =
            watched.pairs.around("one", [&a, &b]).into_iter().map(|it| it.name).collect();
        around.sort();
        assert_eq!(around, ["three", "two", "unknown"]);
        watched.take(watcher::Event::Apply(peering("unknown", C, D)));
        assert_eq!(watched.pairs.around("one", [&a, &b]).len(), 2, "it is known by now");
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
