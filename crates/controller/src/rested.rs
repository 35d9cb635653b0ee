//! Objects at rest: what the last visit of each had looked at when it found nothing to do. A plan is a function of what it
//! is made from; as long as nothing of that differs, the next visit would find nothing either, and ends before it begins.
//!
//! Only a cache: whatever is not in it, or may differ, is visited in full, and everything is from time to time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::ObjectRef;
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_aws::{Interest, Snapshots};
use peerway_model::clock::{after, before, since};
use peerway_model::{PartKind, Place, Timestamp, VpcId};

use crate::context::Context;
use crate::object::Guarded;

/// What was looked at.
#[derive(Debug)]
struct Rest {
    /// Of the object.
    resource_version: String,
    accounts: Vec<(ObjectRef<Guarded<AwsAccount>>, AccountVersion)>,
    namespace: ObjectRef<PartialObjectMeta<Namespace>>,
    labels: BTreeMap<String, String>,
    /// The VPCs it joins, which no other object joined.
    pair: [VpcId; 2],
    parts: Vec<(Place, Vec<(PartKind, u64)>)>,
    /// When it is visited in full again.
    until: Timestamp,
}

/// Of an account all that a visit looks at: its spec, and whether it is going.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AccountVersion {
    uid: Option<String>,
    generation: Option<i64>,
    is_going: bool,
}

impl AccountVersion {
    fn of(account: &Guarded<AwsAccount>) -> Option<Self> {
        let metadata = &account.0.as_ref().ok()?.metadata;
        Some(Self {
            uid: metadata.uid.clone(),
            generation: metadata.generation,
            is_going: metadata.deletion_timestamp.is_some(),
        })
    }

    fn is_of(&self, account: &Guarded<AwsAccount>) -> bool {
        account.0.as_ref().is_ok_and(|account| {
            let metadata = &account.metadata;
            self.uid == metadata.uid
                && self.generation == metadata.generation
                && self.is_going == metadata.deletion_timestamp.is_some()
        })
    }
}

/// The objects at rest, by UID.
#[derive(Debug, Default)]
pub(crate) struct Rested(Mutex<HashMap<String, Arc<Rest>>>);

impl Rested {
    fn rests(&self) -> MutexGuard<'_, HashMap<String, Arc<Rest>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a visit of `object`, as it is now, found nothing to do in what it `read`, and when the next is due.
    pub(crate) fn note(
        &self,
        ctx: &Context,
        object: &VpcPeering,
        pair: [&VpcId; 2],
        read: &[(Interest, u64)],
        due: Duration,
    ) {
        let version = |name: &str| {
            let name = ObjectRef::new(name);
            let version = AccountVersion::of(ctx.accounts.get(&name)?.as_ref())?;
            Some((name, version))
        };
        let names: BTreeSet<&str> = object.spec.accounts().collect();
        let accounts: Option<Vec<_>> = names.into_iter().map(version).collect();
        let (Some(accounts), Some(resource_version), Some(uid)) =
            (accounts, object.metadata.resource_version.clone(), object.metadata.uid.clone())
        else {
            return;
        };
        let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
        let mut parts: Vec<(Place, Vec<(PartKind, u64)>)> = Vec::new();
        for (interest, revision) in read {
            let part = (interest.kind, *revision);
            match parts.iter_mut().find(|(place, _)| *place == interest.place) {
                Some((_, of_place)) => of_place.push(part),
                None => parts.push((interest.place.clone(), vec![part])),
            }
        }
        let rest = Rest {
            resource_version,
            accounts,
            namespace: ObjectRef::new(namespace),
            labels: ctx.namespace(namespace).labels,
            pair: pair.map(Clone::clone),
            parts,
            until: after(ctx.clock.now(), due),
        };
        self.rests().insert(uid, Arc::new(rest));
    }

    /// Forgets an object.
    pub(crate) fn forget(&self, uid: &str) {
        self.rests().remove(uid);
    }

    /// When the next visit of an object is due that has nothing to do now, for certain.
    pub(crate) fn due(&self, ctx: &Context, object: &VpcPeering) -> Option<Duration> {
        let metadata = &object.metadata;
        let uid = metadata.uid.as_deref()?;
        let rest = self.rests().get(uid)?.clone();
        let now = ctx.clock.now();
        let is_same = rest.until > now
            && metadata.resource_version.as_ref() == Some(&rest.resource_version)
            && rest.accounts.iter().all(|(name, version)| {
                ctx.accounts.get(name).is_some_and(|account| version.is_of(&account))
            })
            && has_labels(ctx, &rest)
            && !ctx.pairs.has_other(object, rest.pair.each_ref())
            && are_as_seen(&ctx.snapshots, &rest.parts, before(now, ctx.settings.resync * 3 / 2));
        if is_same {
            return Some(since(rest.until, now));
        }
        self.forget(uid);
        None
    }
}

fn has_labels(ctx: &Context, rest: &Rest) -> bool {
    let namespace = ctx.namespaces.get(&rest.namespace);
    namespace.map_or(rest.labels.is_empty(), |namespace| *namespace.labels() == rest.labels)
}

fn are_as_seen(
    snapshots: &Snapshots,
    parts: &[(Place, Vec<(PartKind, u64)>)],
    not_older_than: Timestamp,
) -> bool {
    parts.iter().all(|(place, parts)| snapshots.are_still(place, parts, not_older_than))
}
