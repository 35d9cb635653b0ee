//! One object per pair of VPCs: the older holds it.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use peerway_api::v1alpha1::VpcPeering;
use peerway_api::v1alpha1::vpc_peering::{PeeringRoutes, PeeringSide, RouteStanding};
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::{CLUSTER, OWNER};
use peerway_model::{Connection, ConnectionId, Tags, Timestamp, VpcId};

use super::desired::{Desired, policies};
use crate::Finding;
use crate::observed::Readable;
use crate::routes::Wish;

/// Another `VPCPeering` of this cluster, as far as it matters to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// The VPCs it joins, as far as is known.
    pub pair: Option<[VpcId; 2]>,
    /// The routes that it asks for, the requester's side first; none while it writes nothing at all.
    pub routes: [Option<PeeringRoutes>; 2],
    /// Those of them that it knows it may not write.
    pub withheld: BTreeSet<Wish>,
}

impl Sibling {
    /// What an object is to its siblings.
    #[must_use]
    pub fn of(object: &VpcPeering) -> Self {
        Self {
            created: created(object),
            pair: pair(object).map(|pair| pair.map(Clone::clone)),
            routes: routes(object),
            withheld: withheld(object),
            ..Self::unread(&object.metadata)
        }
    }

    /// What is known of one that does not parse: that it is there.
    #[must_use]
    pub fn unread(metadata: &ObjectMeta) -> Self {
        Self {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone().unwrap_or_default(),
            created: None,
            pair: None,
            routes: [None, None],
            withheld: BTreeSet::new(),
        }
    }

    /// Whether it is older than the object itself.
    #[must_use]
    pub fn is_older_than(&self, desired: &Desired) -> bool {
        self.age() < age(desired.created, &desired.owner.uid)
    }

    /// Whether these tags say that a thing of this cluster is the sibling's.
    #[must_use]
    pub fn owns(&self, tags: &Tags, cluster: &str) -> bool {
        let owner = tags.get(OWNER).and_then(|owner| owner.strip_prefix("VPCPeering/"));
        tags.get(CLUSTER).is_some_and(|id| id == cluster)
            && owner.is_some_and(|owner| self.is_named(owner))
    }

    /// Whether this is its name, `<namespace>/<name>`.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        name.split_once('/') == Some((&self.namespace, &self.name))
    }

    fn age(&self) -> Age<'_> {
        age(self.created, &self.uid)
    }

    /// What an object's author is told of it: what others have is none of a namespace's business.
    fn as_known_to(&self, desired: &Desired) -> String {
        if self.namespace == desired.owner.namespace {
            format!("VPCPeering '{}'", self.name)
        } else {
            "a VPCPeering of another namespace".to_owned()
        }
    }
}

/// The order of age: an object without a time of creation, which the API server never shows, is the youngest.
type Age<'a> = (bool, Option<Timestamp>, &'a str);

fn age(created: Option<Timestamp>, uid: &str) -> Age<'_> {
    (created.is_none(), created, uid)
}

/// When an object was created.
#[must_use]
pub fn created(object: &VpcPeering) -> Option<Timestamp> {
    object.metadata.creation_timestamp.as_ref().map(|time| time.0)
}

/// The VPCs an object joins: those of its status or, until it has one, those that its spec names by id. Whoever may not use
/// an account holds no pair in it by naming it.
#[must_use]
pub fn pair(object: &VpcPeering) -> Option<[&VpcId; 2]> {
    let status = object.status.as_ref();
    if let Some(status) = status
        && let (Some(requester), Some(accepter)) = (&status.requester, &status.accepter)
    {
        return Some([&requester.vpc_id, &accepter.vpc_id]);
    }
    let is_invalid = status.is_some_and(|status| {
        status.conditions.iter().any(|condition| {
            condition.type_ == ConditionType::Valid.as_str() && condition.status == "False"
        })
    });
    if is_invalid {
        return None;
    }
    Some([named(&object.spec.requester)?, named(&object.spec.accepter)?])
}

fn routes(object: &VpcPeering) -> [Option<PeeringRoutes>; 2] {
    let writes = policies(object).may_write() && object.metadata.deletion_timestamp.is_none();
    let of = |side: &PeeringSide| side.routes.clone().filter(|_| writes);
    [of(&object.spec.requester), of(&object.spec.accepter)]
}

fn withheld(object: &VpcPeering) -> BTreeSet<Wish> {
    let routes = object.status.as_ref().and_then(|status| status.routes.as_ref());
    routes
        .into_iter()
        .flat_map(|routes| &routes.items)
        .filter(|item| item.state == RouteStanding::Withheld)
        .map(|item| Wish { table: item.table.clone(), destination: item.destination })
        .collect()
}

/// The VPC that a side names by id.
fn named(side: &PeeringSide) -> Option<&VpcId> {
    let own = side.vpc.as_ref().and_then(|vpc| vpc.id.as_ref());
    own.or_else(|| side.external.as_ref().map(|external| &external.vpc_id))
}

/// Whether two pairs are the same, whoever asks whom.
#[must_use]
pub fn is_same(one: [&VpcId; 2], other: [&VpcId; 2]) -> bool {
    one == other || one == [other[1], other[0]]
}

/// What keeps an object from a pair that an older one holds. What it owns there is frozen, neither taken down nor handed
/// over: nothing is ever taken from an object that lives. That is for people to decide, who are told how.
pub(super) fn taken(
    desired: &Desired,
    siblings: &[Sibling],
    own: [&VpcId; 2],
    live: Option<&ConnectionId>,
) -> Option<Finding> {
    let holder = siblings
        .iter()
        .filter(|sibling| sibling.uid != desired.owner.uid)
        .filter(|sibling| {
            sibling.pair.as_ref().is_some_and(|[one, other]| is_same([one, other], own))
        })
        .filter(|sibling| sibling.is_older_than(desired))
        .min_by(|one, other| one.age().cmp(&other.age()))?;
    let holder = holder.as_known_to(desired);
    let what_now = match live {
        None => {
            "Nothing is written for this one until that one is gone; delete one of them.".to_owned()
        }
        Some(id) => format!(
            "What this one owns stays as it is, {id} with all that leads over it, and is not repaired. To hand it over, set `deletionPolicy: Retain` here, delete this object, and write `adopt: {{connectionID: {id}}}` and a `deletionPolicy` there; or delete that one, and this one goes on."
        ),
    };
    Some(Finding::stalled(
        ConditionType::Valid,
        Reason::PairTaken,
        format!(
            "{} and {} are joined by {holder}, which is older; there is one VPCPeering per pair of VPCs. {what_now}",
            own[0], own[1]
        ),
    ))
}

/// What keeps an object from the pair that it holds by its age: a younger one, from before this one named the pair, owns
/// the connection.
pub(super) fn owned_by_younger(
    desired: &Desired,
    siblings: &[Sibling],
    connection: &Connection,
    views: &[Readable<'_>],
) -> Option<Finding> {
    let seen = || views.iter().filter_map(|view| view.connections.get(&connection.id));
    let owner = siblings.iter().find(|sibling| {
        sibling.uid != desired.owner.uid
            && !sibling.is_older_than(desired)
            && seen().any(|seen| sibling.owns(&seen.tags, &desired.owner.cluster))
    })?;
    let (owner, id) = (owner.as_known_to(desired), &connection.id);
    Some(Finding::stalled(
        ConditionType::Connected,
        Reason::ConnectionExists,
        format!(
            "{id} already joins {} and {} ({}), and belongs to {owner}, which is younger and stands still for this one. To go on with {id}, set `deletionPolicy: Retain` there, delete that object, and write `adopt: {{connectionID: {id}}}` and a `deletionPolicy` here. To have another one made, delete that object as it is. Or delete this one, and that one goes on.",
            connection.requester.vpc, connection.accepter.vpc, connection.state
        ),
    ))
}
