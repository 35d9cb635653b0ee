//! Names of objects, and objects that may not parse.

use std::fmt;

use kube::core::DeserializeGuard;
use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt};
use peerway_model::OwnerKind;

/// An object, or what could be read of one that does not parse: one bad object must not blind the watch of its kind.
pub(crate) type Guarded<K> = DeserializeGuard<K>;

/// Names an object that reads AWS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ObjectKey {
    /// Its kind.
    pub(crate) kind: OwnerKind,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
}

impl ObjectKey {
    /// The key of a namespaced object.
    pub(crate) fn of<K: Resource>(kind: OwnerKind, object: &K) -> Self {
        Self { kind, namespace: object.namespace().unwrap_or_default(), name: object.name_any() }
    }

    /// The reference that kube's stores and queues use.
    pub(crate) fn to_ref<K>(&self) -> ObjectRef<K>
    where
        K: Resource<DynamicType = ()>,
    {
        ObjectRef::new(&self.name).within(&self.namespace)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}
