//! As whom writes are made: a session of its own for each object, that may do no more than the object needs.

use std::hash::{DefaultHasher, Hash, Hasher};

use peerway_aws::iam::{self, Scope};
use peerway_model::ownership::{CLUSTER, OWNER};
use peerway_model::{Owner, Place, Session};

/// The longest name of a session (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const NAME: usize = 64;

/// `place`, entered for this object alone, to touch no more than this. What the grants of an `AWSAccount` allow was checked
/// before the plan was made; the session is what remains if that check should ever be wrong.
pub(super) fn entered(owner: &Owner, place: &Place, scope: Scope) -> Place {
    let scope = Scope { regions: vec![place.region.clone()], ..scope };
    let tags = [(CLUSTER, owner.cluster.to_string()), (OWNER, owner.owner_tag())];
    place.entered_as(Session {
        name: name(owner),
        policy: Some(iam::session(owner, &scope)),
        tags: tags.map(|(key, value)| (key.to_owned(), value)).to_vec(),
    })
}

/// What `CloudTrail` shows: the object, as far as it fits.
fn name(owner: &Owner) -> String {
    let full = format!("peerway-{}-{}", owner.namespace, owner.name);
    if full.len() <= NAME {
        return full;
    }
    let mut hasher = DefaultHasher::new();
    full.hash(&mut hasher);
    let tail = format!("-{:08x}", hasher.finish() >> 32);
    // Names of objects and namespaces are ASCII.
    format!("{}{tail}", &full[..NAME - tail.len()])
}

#[cfg(test)]
mod tests {
    use peerway_model::OwnerKind;

    use super::*;

    fn owner(namespace: &str, name: &str) -> Owner {
        Owner {
            cluster: "8c2f7c1e-5d3f-4d0b-9a51-0f3f7d2b6a11".into(),
            kind: OwnerKind::VpcPeering,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: "u".to_owned(),
        }
    }

    #[test]
    fn names_tell_the_object_and_fit() {
        assert_eq!(name(&owner("analytics", "druid")), "peerway-analytics-druid");
        let long =
            [owner(&"n".repeat(63), &"a".repeat(63)), owner(&"n".repeat(63), &"b".repeat(63))]
                .map(|owner| name(&owner));
        assert!(long.iter().all(|name| name.len() == NAME));
        assert_ne!(long[0], long[1]);
    }
}
