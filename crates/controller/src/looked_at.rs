//! With which version of each object its last visit ended. A later one that no visit made is somebody else's doing, and
//! worth a visit even where nothing but the status differs: somebody wrote it by hand, or a write landed late that a life
//! before this one had sent. Whatever changes while a visit is under way, that visit meets by itself.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kube::Resource;

/// The versions, by UID.
#[derive(Debug, Default)]
pub(crate) struct LookedAt(Mutex<HashMap<String, String>>);

impl LookedAt {
    fn versions(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A visit of this object begins, or the object is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.versions().remove(uid);
    }

    /// A visit ended with this object.
    pub(crate) fn note(&self, object: &impl Resource) {
        let metadata = object.meta();
        if let (Some(uid), Some(version)) = (&metadata.uid, &metadata.resource_version) {
            self.versions().insert(uid.clone(), version.clone());
        }
    }

    /// Whether somebody else changed this object since its last visit.
    pub(crate) fn was_changed(&self, object: &impl Resource) -> bool {
        let metadata = object.meta();
        let versions = self.versions();
        let last = metadata.uid.as_ref().and_then(|uid| versions.get(uid));
        last.is_some_and(|last| metadata.resource_version.as_ref() != Some(last))
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Namespace;

    use super::*;

    fn object(version: &str) -> Namespace {
        let mut object = Namespace::default();
        object.metadata.uid = Some("one".to_owned());
        object.metadata.resource_version = Some(version.to_owned());
        object
    }

    #[test]
    fn what_a_visit_wrote_itself_is_nobody_elses_doing() {
        let looked_at = LookedAt::default();
        looked_at.note(&object("7"));
        assert!(!looked_at.was_changed(&object("7")));
        assert!(looked_at.was_changed(&object("8")));
    }

    #[test]
    fn while_a_visit_is_under_way_nothing_is_told_apart() {
        let looked_at = LookedAt::default();
        assert!(!looked_at.was_changed(&object("7")));
        looked_at.note(&object("7"));
        looked_at.forget("one");
        assert!(!looked_at.was_changed(&object("8")));
    }
}
