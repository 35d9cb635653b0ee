//! Whose thing is it? The one rule, in one place: what is ours carries our tags, or points at something that does.
//!
//! Identity is cluster + owner; the UID tells incarnations of one object apart. A name alone is never proof, and neither
//! are tags on a thing whose key (the VPC pair of a connection, the source of a rule) is not the one we would have made:
//! tags can be copied by hand. Whoever asks [`Owner::claim`] must therefore check the key as well.

use std::fmt;
use std::sync::Arc;

use crate::Tags;

/// Tag: which cluster's controller made the thing (`--cluster-id`, by default the UID of the kube-system namespace).
pub const CLUSTER: &str = "peerway.dev/cluster";
/// Tag: the object it belongs to, `<kind>/<namespace>/<name>`.
pub const OWNER: &str = "peerway.dev/owner";
/// Tag: the UID of that object.
pub const OWNER_UID: &str = "peerway.dev/owner-uid";
/// Tag: how the thing came to be ours, an [`Origin`].
pub const ORIGIN: &str = "peerway.dev/origin";

/// The kinds of objects that own things in AWS, spelled as Kubernetes spells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerKind {
    /// `VPCPeering`.
    VpcPeering,
    /// `OverlapSubnetGroup`.
    OverlapSubnetGroup,
    /// `ProxyLoadBalancer`.
    ProxyLoadBalancer,
}

impl fmt::Display for OwnerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VpcPeering => "VPCPeering",
            Self::OverlapSubnetGroup => "OverlapSubnetGroup",
            Self::ProxyLoadBalancer => "ProxyLoadBalancer",
        })
    }
}

/// How a thing came to be ours; decides what a deletion takes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// We made it.
    Created,
    /// Somebody else asked for it, we accepted.
    Accepted,
    /// It was there; the user told us its id.
    Adopted,
}

impl Origin {
    /// The tag's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Accepted => "accepted",
            Self::Adopted => "adopted",
        }
    }
}

/// An object of a cluster, as the owner of things in AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The cluster's id.
    pub cluster: Arc<str>,
    /// The object's kind.
    pub kind: OwnerKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

/// What a thing's tags say about an [`Owner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It belongs to this very object.
    Ours,
    /// It belongs to an object of this cluster and name with another UID: an earlier incarnation of ours, as long as no
    /// live object has that UID.
    EarlierIncarnation,
    /// It belongs to something else that uses these tags: another object, or another cluster.
    Others,
    /// It carries none of our tags, or not all that identify.
    Untagged,
}

impl Owner {
    /// The value of the owner tag.
    #[must_use]
    pub fn owner_tag(&self) -> String {
        format!("{}/{}/{}", self.kind, self.namespace, self.name)
    }

    /// The tags that make a thing ours.
    #[must_use]
    pub fn tags(&self, origin: Origin) -> Tags {
        [
            (CLUSTER, self.cluster.to_string()),
            (OWNER, self.owner_tag()),
            (OWNER_UID, self.uid.clone()),
            (ORIGIN, origin.as_str().to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// What `tags` say about this owner.
    #[must_use]
    pub fn claim(&self, tags: &Tags) -> Claim {
        let (Some(cluster), Some(owner)) = (tags.get(CLUSTER), tags.get(OWNER)) else {
            return Claim::Untagged;
        };
        if **cluster != *self.cluster || *owner != self.owner_tag() {
            Claim::Others
        } else if tags.get(OWNER_UID) == Some(&self.uid) {
            Claim::Ours
        } else {
            Claim::EarlierIncarnation
        }
    }
}

/// Those of a thing's tags that make it somebody's, as they are on it: what is taken off when it is let go.
#[must_use]
pub fn marks(tags: &Tags) -> Tags {
    let marks = [CLUSTER, OWNER, OWNER_UID, ORIGIN];
    tags.iter()
        .filter(|(key, _)| marks.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Whether any controller of this kind has marked the thing: selectors never match such things.
#[must_use]
pub fn is_marked(tags: &Tags) -> bool {
    tags.contains_key(CLUSTER) || tags.contains_key(OWNER)
}

/// How a marked thing came to be owned; `None` when its tag is missing or unknown.
#[must_use]
pub fn origin(tags: &Tags) -> Option<Origin> {
    let value = tags.get(ORIGIN)?;
    [Origin::Created, Origin::Accepted, Origin::Adopted]
        .into_iter()
        .find(|origin| origin.as_str() == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        Owner {
            cluster: "cluster-1".into(),
            kind: OwnerKind::VpcPeering,
            namespace: "analytics".to_owned(),
            name: "druid".to_owned(),
            uid: "uid-1".to_owned(),
        }
    }

    #[test]
    fn what_it_tags_is_its_own() {
        let tags = owner().tags(Origin::Created);
        assert_eq!(owner().claim(&tags), Claim::Ours);
        assert_eq!(origin(&tags), Some(Origin::Created));
        assert_eq!(tags[OWNER], "VPCPeering/analytics/druid");
    }

    #[test]
    fn another_uid_is_an_earlier_incarnation_and_another_name_or_cluster_somebody_else() {
        let tags = owner().tags(Origin::Created);
        let reborn = Owner { uid: "uid-2".to_owned(), ..owner() };
        assert_eq!(reborn.claim(&tags), Claim::EarlierIncarnation);
        let other = Owner { name: "druid-2".to_owned(), ..owner() };
        assert_eq!(other.claim(&tags), Claim::Others);
        let elsewhere = Owner { cluster: "cluster-2".into(), ..owner() };
        assert_eq!(elsewhere.claim(&tags), Claim::Others);
    }

    #[test]
    fn the_marks_of_a_thing_are_what_we_put_on_it() {
        let marked = owner().tags(Origin::Adopted);
        let mut tags = marked.clone();
        tags.insert("Name".to_owned(), "druid".to_owned());
        tags.insert("peerway.dev/note".to_owned(), "somebody's own".to_owned());
        assert_eq!(marks(&tags), marked);
        assert!(marks(&Tags::new()).is_empty());
    }

    #[test]
    fn half_of_the_tags_prove_nothing() {
        let mut tags = owner().tags(Origin::Created);
        tags.remove(CLUSTER);
        assert_eq!(owner().claim(&tags), Claim::Untagged);
        assert!(is_marked(&tags));
    }
}
