//! What every visit is given.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace as KubeNamespace;
use kube::core::PartialObjectMeta;
use kube::runtime::events::Recorder;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, ResourceExt};
use peerway_api::ConditionType;
use peerway_api::v1alpha1::{AwsAccount, OverlapSubnetGroup, ProxyLoadBalancer, VpcPeering};
use peerway_aws::{Cloud, Interests, Pacing, Snapshots};
use peerway_model::{Clock, Owner, OwnerKind, Place, Timestamp, VpcId};
use peerway_plan::access::Namespace;
use peerway_plan::conditions;
use peerway_plan::vpc_peering::groups::Group;
use peerway_plan::vpc_peering::{Sibling, pair};
use tokio::sync::{mpsc, watch};

use crate::backoff::Backoff;
use crate::finalizer;
use crate::first_look::FirstLooks;
use crate::lease::Leadership;
use crate::looked_at::LookedAt;
use crate::object::{Guarded, ObjectKey};
use crate::outstanding::Outstanding;
use crate::pairs::Pairs;
use crate::rested::{Rested, Versions};

/// How the controller keeps time.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often everything that any object uses is read again.
    pub resync: Duration,
    /// How far apart two agreeing reads must be before something is taken away or made anew.
    pub settle: Duration,
    /// How old the last good read may be before a status says that it no longer knows.
    pub stale_after: Duration,
}

/// What every visit is given.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    /// When it began to act.
    pub(crate) awake_since: Timestamp,
    /// The cluster's id, in the tags of what we make.
    pub(crate) cluster: Arc<str>,
    pub(crate) settings: Settings,
    /// AWS, for writing; reads go through the snapshots.
    pub(crate) cloud: Arc<dyn Cloud>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) pacing: Arc<Pacing>,
    pub(crate) leadership: Arc<Leadership>,
    pub(crate) interests: Arc<Interests<ObjectKey>>,
    pub(crate) accounts: Store<Guarded<AwsAccount>>,
    pub(crate) namespaces: Store<PartialObjectMeta<KubeNamespace>>,
    pub(crate) peerings: Store<Guarded<VpcPeering>>,
    pub(crate) groups: Store<Guarded<OverlapSubnetGroup>>,
    pub(crate) balancers: Store<Guarded<ProxyLoadBalancer>>,
    pub(crate) pairs: Arc<Pairs>,
    /// Whether accounts and namespaces have been listed: without them everything would look ungranted.
    pub(crate) synced: watch::Receiver<bool>,
    pub(crate) first_looks: FirstLooks,
    pub(crate) rested: Rested,
    pub(crate) looked_at: LookedAt,
    pub(crate) outstanding: Outstanding,
    pub(crate) backoff: Backoff,
    pub(crate) recorder: Recorder,
    /// When the last write for an object (by UID) was answered. Only sharpens the rule that reads lag: a restart, which
    /// forgets it, waits out the takeover instead.
    wrote_at: Mutex<HashMap<String, Timestamp>>,
    /// The places entered for an object (by UID), whose clients may go once it rests.
    entered: Mutex<HashMap<String, BTreeSet<Place>>>,
    /// Names of accounts to look at again.
    pub(crate) wake_account: mpsc::UnboundedSender<String>,
}

/// What a context is made of, beside what starts empty.
pub(crate) struct Parts {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) cluster: Arc<str>,
    pub(crate) settings: Settings,
    pub(crate) cloud: Arc<dyn Cloud>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) pacing: Arc<Pacing>,
    pub(crate) leadership: Arc<Leadership>,
    pub(crate) accounts: Store<Guarded<AwsAccount>>,
    pub(crate) namespaces: Store<PartialObjectMeta<KubeNamespace>>,
    pub(crate) peerings: Store<Guarded<VpcPeering>>,
    pub(crate) groups: Store<Guarded<OverlapSubnetGroup>>,
    pub(crate) balancers: Store<Guarded<ProxyLoadBalancer>>,
    pub(crate) pairs: Arc<Pairs>,
    pub(crate) synced: watch::Receiver<bool>,
    pub(crate) recorder: Recorder,
    pub(crate) wake_account: mpsc::UnboundedSender<String>,
}

impl Context {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            client,
            clock,
            cluster,
            settings,
            cloud,
            snapshots,
            pacing,
            leadership,
            accounts,
            namespaces,
            peerings,
            groups,
            balancers,
            pairs,
            synced,
            recorder,
            wake_account,
        } = parts;
        Self {
            client,
            awake_since: clock.now(),
            clock,
            cluster,
            settings,
            cloud,
            snapshots,
            pacing,
            leadership,
            interests: Arc::default(),
            accounts,
            namespaces,
            peerings,
            groups,
            balancers,
            pairs,
            synced,
            first_looks: FirstLooks::default(),
            rested: Rested::default(),
            looked_at: LookedAt::default(),
            outstanding: Outstanding::default(),
            backoff: Backoff::default(),
            recorder,
            wrote_at: Mutex::default(),
            entered: Mutex::default(),
            wake_account,
        }
    }

    /// Waits until accounts and namespaces are known.
    pub(crate) async fn synced(&self) {
        // The sender lives as long as the watches; when they end, so does everything.
        let _ = self.synced.clone().wait_for(|synced| *synced).await;
    }

    /// The account of this name, if there is one; it may not parse.
    pub(crate) fn account(&self, name: &str) -> Option<Arc<Guarded<AwsAccount>>> {
        self.accounts.get(&ObjectRef::new(name))
    }

    /// The peering of this name, if there is one that parses.
    pub(crate) fn peering(&self, namespace: &str, name: &str) -> Option<VpcPeering> {
        self.peerings.get(&ObjectRef::new(name).within(namespace))?.0.clone().ok()
    }

    /// The overlap subnet group of this name, if there is one that parses.
    pub(crate) fn group(&self, namespace: &str, name: &str) -> Option<OverlapSubnetGroup> {
        self.groups.get(&ObjectRef::new(name).within(namespace))?.0.clone().ok()
    }

    /// Whether there is such an object, as far as the watches tell.
    pub(crate) fn is_there(&self, key: &ObjectKey) -> bool {
        match key.kind {
            OwnerKind::VpcPeering => self.peerings.get(&key.to_ref()).is_some(),
            OwnerKind::OverlapSubnetGroup => self.groups.get(&key.to_ref()).is_some(),
            OwnerKind::ProxyLoadBalancer => self.balancers.get(&key.to_ref()).is_some(),
        }
    }

    /// The overlap subnet groups that name a peering, and the names of those in its namespace that do not. One that does
    /// not parse may name any, and says nothing of what it wants.
    pub(crate) fn groups_of(&self, peering: &VpcPeering) -> (Vec<Group>, BTreeSet<String>) {
        let (namespace, name) = (peering.namespace(), peering.name_any());
        let (mut using, mut beside) = (Vec::new(), BTreeSet::new());
        for group in self.groups.state_filter(|group| group.namespace() == namespace) {
            let before = using.len();
            if let Ok(known) = &group.0 {
                using.extend(Group::of(known, &name, finalizer::is_set(group.as_ref())));
            }
            if using.len() == before {
                beside.insert(group.name_any());
            }
        }
        (using, beside)
    }

    /// The load balancers that stand, or may stand, in a group's subnets. One that does not parse may stand in any.
    pub(crate) fn balancers_in(&self, group: &OverlapSubnetGroup) -> Vec<String> {
        let (namespace, name) = (group.namespace(), group.name_any());
        let stands = |balancer: &ProxyLoadBalancer| {
            balancer.spec.subnet_group_ref.as_ref().is_some_and(|group| group.name == name)
        };
        let users = self.balancers.state_filter(|balancer| {
            balancer.namespace() == namespace
                && finalizer::is_set(balancer)
                && balancer.0.as_ref().map_or(true, stands)
        });
        let mut names: Vec<String> =
            users.iter().map(|it| format!("ProxyLoadBalancer '{}'", it.name_any())).collect();
        names.sort_unstable();
        names
    }

    /// A namespace as grants see it.
    pub(crate) fn namespace(&self, name: &str) -> Namespace {
        let known = self.namespaces.get(&ObjectRef::new(name));
        let labels = known.map_or_else(BTreeMap::new, |namespace| namespace.labels().clone());
        Namespace { name: name.to_owned(), labels }
    }

    /// The other peerings of the cluster, as far as they matter to this one, which joins `pair`. Most visits look at those
    /// of the pair alone; one that has something to write yet, at all that it may meet in a table; and one that does not
    /// know its pair, or is to adopt, at all.
    pub(crate) fn siblings(&self, owner: &Owner, pair: Option<[&VpcId; 2]>) -> Vec<Sibling> {
        let Some(pair) = pair else { return self.pairs.all_others(&owner.uid) };
        let object = self.peerings.get(&ObjectRef::new(&owner.name).within(&owner.namespace));
        let own = object.as_ref().and_then(|object| object.0.as_ref().ok());
        let own = own.filter(|own| own.metadata.uid.as_deref() == Some(owner.uid.as_str()));
        if own.is_some_and(is_programmed) {
            self.pairs.of_pair(&owner.uid, pair)
        } else {
            self.pairs.around(&owner.uid, pair)
        }
    }

    /// The versions of what else a plan for this peering is made from, beside AWS: the groups that use it, or may. Nothing
    /// while it looks at other peerings too.
    pub(crate) fn versions_for(&self, peering: &VpcPeering) -> Option<Versions> {
        let pair = pair::pair(peering).filter(|_| is_programmed(peering))?;
        if self.pairs.has_other(peering, pair) {
            return None;
        }
        let (namespace, name) = (peering.namespace(), peering.name_any());
        let uses = |group: &OverlapSubnetGroup| {
            group.spec.peers.iter().any(|peer| peer.peering_ref.name == name)
        };
        let groups = self.groups.state();
        let groups = groups
            .iter()
            .filter(|group| group.namespace() == namespace && group.0.as_ref().map_or(true, uses));
        Some(groups.map(|group| (group.uid(), group.resource_version())).collect())
    }

    pub(crate) fn wrote(&self, uid: &str) {
        let now = self.clock.now();
        self.wrote_at.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned(), now);
    }

    pub(crate) fn wrote_at(&self, uid: &str) -> Option<Timestamp> {
        self.wrote_at.lock().unwrap_or_else(PoisonError::into_inner).get(uid).copied()
    }

    /// Notes a place that was entered for an object.
    pub(crate) fn entered(&self, uid: &str, place: &Place) {
        let mut entered = self.entered.lock().unwrap_or_else(PoisonError::into_inner);
        entered.entry(uid.to_owned()).or_default().insert(place.clone());
    }

    /// Leaves the places that were entered for an object: it rests, and credentials are not kept for later.
    pub(crate) fn leave(&self, uid: &str) {
        let entered = self.entered.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
        for place in entered.into_iter().flatten() {
            // The controller's own identity has no session; its clients are the ones that everybody reads with.
            if place.is_session() {
                self.cloud.forget(&place);
            }
        }
    }

    /// Forgets an object that is gone.
    pub(crate) fn forget(&self, key: &ObjectKey, uid: &str) {
        self.interests.register(key, Vec::new());
        self.rested.forget(uid);
        self.looked_at.forget(uid);
        self.outstanding.end(uid);
        self.backoff.succeeded(key);
        self.wrote_at.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
        self.leave(uid);
    }
}

/// Whether the status says so, of the spec as it is.
fn is_programmed(peering: &VpcPeering) -> bool {
    peering.status.as_ref().is_some_and(|status| {
        Some(status.observed_generation) == peering.metadata.generation
            && conditions::is_true(&status.conditions, ConditionType::Programmed)
    })
}
