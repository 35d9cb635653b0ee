//! Objects at rest: what the last visit of each had looked at when it found nothing to do. A plan is a function of what it
//! is made from; as long as nothing of that differs, the next visit would find nothing either, and ends before it begins.
//!
//! Only a cache: whatever is not in it, or may differ, is visited in full, and everything is from time to time.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt};
use peerway_api::v1alpha1::AwsAccount;
use peerway_aws::{Interest, Snapshots};
use peerway_model::clock::{after, before, since};
use peerway_model::{PartKind, Place, Timestamp};

use crate::context::Context;
use crate::object::Guarded;
use crate::visit::Kind;

/// The UIDs and versions of objects.
pub(crate) type Versions = BTreeSet<(Option<String>, Option<String>)>;

/// A digest of what a plan is made from beside the object itself and what was read from AWS. Whoever visits takes it down
/// before anything of it is looked at: what changes meanwhile differs from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inputs(u64);

impl Inputs {
    /// Those of an object now; nothing for one that does not rest.
    pub(crate) fn of<K: Kind>(ctx: &Context, object: &K::Object) -> Option<Self> {
        let mut digest = DefaultHasher::new();
        K::others(ctx, object)?.hash(&mut digest);
        for name in K::accounts(object) {
            name.hash(&mut digest);
            account(ctx.account(name)?.as_ref(), &mut digest)?;
        }
        let namespace = object.meta().namespace.as_deref().unwrap_or_default();
        let namespace = ctx.namespaces.get(&ObjectRef::new(namespace));
        namespace.as_ref().map(|namespace| namespace.labels()).hash(&mut digest);
        Some(Self(digest.finish()))
    }
}

/// Of an account all that a visit looks at: its spec, and whether it is going; nothing of one that does not parse.
fn account(account: &Guarded<AwsAccount>, digest: &mut DefaultHasher) -> Option<()> {
    let metadata = &account.0.as_ref().ok()?.metadata;
    metadata.uid.hash(digest);
    metadata.generation.hash(digest);
    metadata.deletion_timestamp.is_some().hash(digest);
    Some(())
}

/// What was looked at.
#[derive(Debug)]
struct Rest {
    /// Of the object.
    resource_version: String,
    inputs: Inputs,
    parts: Vec<(Place, Vec<(PartKind, u64)>)>,
    /// When it is visited in full again.
    until: Timestamp,
}

/// The objects at rest, by UID.
#[derive(Debug, Default)]
pub(crate) struct Rested(Mutex<HashMap<String, Arc<Rest>>>);

impl Rested {
    fn rests(&self) -> MutexGuard<'_, HashMap<String, Arc<Rest>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a visit of `object`, as it is now, found nothing to do with these inputs and in what it `read`, and when
    /// the next is due.
    pub(crate) fn note<O: Resource>(
        &self,
        ctx: &Context,
        object: &O,
        inputs: Inputs,
        read: Vec<(Interest, u64)>,
        due: Duration,
    ) {
        let metadata = object.meta();
        let (Some(resource_version), Some(uid)) =
            (metadata.resource_version.clone(), metadata.uid.clone())
        else {
            return;
        };
        let mut parts: Vec<(Place, Vec<(PartKind, u64)>)> = Vec::new();
        for (interest, revision) in read {
            let part = (interest.kind, revision);
            match parts.iter_mut().find(|(place, _)| *place == interest.place) {
                Some((_, of_place)) => of_place.push(part),
                None => parts.push((interest.place, vec![part])),
            }
        }
        let until = after(ctx.clock.now(), due);
        self.rests().insert(uid, Arc::new(Rest { resource_version, inputs, parts, until }));
    }

    /// Forgets an object.
    pub(crate) fn forget(&self, uid: &str) {
        self.rests().remove(uid);
    }

    /// When the next visit of an object is due that has nothing to do now, for certain.
    pub(crate) fn due<K: Kind>(&self, ctx: &Context, object: &K::Object) -> Option<Duration> {
        let metadata = object.meta();
        let uid = metadata.uid.as_deref()?;
        let rest = self.rests().get(uid)?.clone();
        let now = ctx.clock.now();
        let is_same = rest.until > now
            && metadata.resource_version.as_ref() == Some(&rest.resource_version)
            && Inputs::of::<K>(ctx, object).as_ref() == Some(&rest.inputs)
            && are_as_seen(&ctx.snapshots, &rest.parts, before(now, ctx.settings.resync * 3 / 2));
        if is_same {
            return Some(since(rest.until, now));
        }
        self.forget(uid);
        None
    }
}

fn are_as_seen(
    snapshots: &Snapshots,
    parts: &[(Place, Vec<(PartKind, u64)>)],
    not_older_than: Timestamp,
) -> bool {
    parts.iter().all(|(place, parts)| snapshots.are_still(place, parts, not_older_than))
}
