//! Objects at rest: what the last visit of each had looked at when it found nothing to do. A plan is a function of what it
//! is made from; as long as nothing of that differs, the next visit would find nothing either, and ends before it begins.
//!
//! Only a cache: whatever is not in it, or may differ, is visited in full, and everything is from time to time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_aws::{Interest, Snapshots};
use peerway_model::clock::{after, before, since};
use peerway_model::{PartKind, Place, Timestamp, VpcId};

use crate::context::Context;
use crate::object::{Guarded, ObjectKey};

/// What was looked at.
#[derive(Debug)]
struct Rest {
    /// Of the object.
    resource_version: String,
    accounts: Vec<(String, AccountVersion)>,
    labels: Labels,
    /// The VPCs it joins, which no other object joined.
    pair: [VpcId; 2],
    parts: Vec<(Place, Vec<(PartKind, u64)>)>,
    /// When it is visited in full again.
    until: Timestamp,
}

type Labels = std::collections::BTreeMap<String, String>;

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
}

/// The objects at rest.
#[derive(Debug, Default)]
pub(crate) struct Rested(Mutex<HashMap<ObjectKey, Arc<Rest>>>);

impl Rested {
    fn rests(&self) -> MutexGuard<'_, HashMap<ObjectKey, Arc<Rest>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a visit of `object`, as it is now, found nothing to do in what it `read`, and when the next is due.
    pub(crate) fn note(
        &self,
        ctx: &Context,
        key: &ObjectKey,
        object: &VpcPeering,
        pair: [&VpcId; 2],
        read: &[(Interest, u64)],
        due: Duration,
    ) {
        let version = |name: &str| {
            let account = ctx.accounts.get(&ObjectRef::new(name))?;
            Some((name.to_owned(), AccountVersion::of(&account)?))
        };
        let accounts: Option<Vec<_>> = object.spec.accounts().map(version).collect();
        let (Some(accounts), Some(resource_version)) =
            (accounts, object.metadata.resource_version.clone())
        else {
            return;
        };
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
            labels: ctx.namespace(&key.namespace).labels,
            pair: pair.map(Clone::clone),
            parts,
            until: after(ctx.clock.now(), due),
        };
        self.rests().insert(key.clone(), Arc::new(rest));
    }

    /// Forgets an object.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.rests().remove(key);
    }

    /// When the next visit of an object is due that has nothing to do now, for certain.
    pub(crate) fn due(&self, ctx: &Context, object: &VpcPeering) -> Option<Duration> {
        let key = ObjectKey::of(peerway_model::OwnerKind::VpcPeering, object);
        let rest = self.rests().get(&key)?.clone();
        let now = ctx.clock.now();
        let is_same = rest.until > now
            && object.metadata.resource_version.as_ref() == Some(&rest.resource_version)
            && rest.accounts.iter().all(|(name, version)| {
                let account = ctx.accounts.get(&ObjectRef::new(name));
                account
                    .is_some_and(|account| AccountVersion::of(&account).as_ref() == Some(version))
            })
            && ctx.has_labels(&key.namespace, &rest.labels)
            && !ctx.pairs.has_other(&key, rest.pair.each_ref())
            && are_as_seen(&ctx.snapshots, &rest.parts, before(now, ctx.settings.resync * 3 / 2));
        if is_same {
            return Some(since(rest.until, now));
        }
        self.forget(&key);
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
