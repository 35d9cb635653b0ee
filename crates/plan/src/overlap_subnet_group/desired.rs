//! From the object to what it wants: who owns it, over which peerings it answers whom, what its spec says.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::overlap_subnet_group::{GroupPeer, GroupPlace, OverlapSubnetGroupSpec};
use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_api::v1alpha1::{AwsAccount, OverlapSubnetGroup, VpcPeering};
use peerway_api::{ConditionType, Reason, reconcile_at};
use peerway_model::{ConnectionId, Owner, OwnerKind, Place, Timestamp};

pub use peerway_api::v1alpha1::overlap_subnet_group::PeerRoutes;

use super::recorded::Recorded;
use crate::access::{Entry, Namespace, enter};
use crate::vpc_peering::{self, Managed, Side};
use crate::{Finding, Policies, Presence};

/// What a group wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Who owns what is made for it.
    pub owner: Owner,
    /// The generation of its spec.
    pub generation: i64,
    /// Which fresh look was asked for.
    pub reconcile_at: Option<String>,
    /// Whether it should be there at all.
    pub presence: Presence,
    /// How much of it is ours to do.
    pub policies: Policies,
    /// When the object was created.
    pub created: Option<Timestamp>,
    /// What the spec says.
    pub spec: OverlapSubnetGroupSpec,
    /// The peers whose peering is known; all of them, unless the object is being deleted.
    pub peers: Vec<Peer>,
    /// The ways in that were used before: what is to be taken apart lies there, also when the peering is gone.
    pub known: Vec<Entry>,
    /// The load balancers that stand in the subnets: the group stays as long as they do.
    pub users: Vec<String>,
}

/// A peer, with its peering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its name in the spec.
    pub name: String,
    /// The `VPCPeering`: its connection carries these tags.
    pub peering: Owner,
    /// Its connections before the present one, by its status: routes over them are to be pointed at that.
    pub former: BTreeSet<ConnectionId>,
    /// Whether that is being deleted.
    pub is_going: bool,
    /// The side that gets the subnets.
    pub home: Managed,
    /// The other side.
    pub far: Side,
    /// What is wanted there.
    pub routes: Option<PeerRoutes>,
}

/// Another group of this cluster, as far as it matters to this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// What it wants, as far as that can be told.
    pub desired: Option<Desired>,
    /// What it has.
    pub recorded: Recorded,
    /// Its UID.
    pub uid: String,
    /// When it was created.
    pub created: Option<Timestamp>,
}

impl Desired {
    /// What `object` wants, given the peerings of its namespace, the accounts of the cluster, the namespace and the
    /// cluster's id.
    ///
    /// # Errors
    /// Findings: peerings that are missing, sides that are somebody else's, accounts that are missing or not granted.
    /// Nothing is read or written then. An object that is being deleted needs only the ways in that it used.
    pub fn from_object<'a>(
        object: &OverlapSubnetGroup,
        peering: impl Fn(&str) -> Option<&'a VpcPeering>,
        account: impl Fn(&str) -> Option<&'a AwsAccount>,
        namespace: &Namespace,
        cluster: &str,
    ) -> Result<Self, Vec<Finding>> {
        let presence = Presence::of(&object.metadata);
        let mut findings = Vec::new();
        let mut peers = Vec::new();
        for spec in &object.spec.peers {
            match peer(spec, peering(&spec.peering_ref.name), &account, namespace, cluster) {
                Ok(peer) => peers.push(peer),
                Err(more) => findings.extend(more),
            }
        }
        let mut known = Vec::new();
        let mut closed = Vec::new();
        for place in places(object) {
            match enter(
                account(&place.account_ref.name),
                &place.account_ref.name,
                namespace,
                &place.region,
            ) {
                Ok(entry) if known.iter().all(|known: &Entry| known.place != entry.place) => {
                    known.push(entry);
                }
                Err(finding) if !closed.contains(&finding) => closed.push(finding),
                Ok(_) | Err(_) => {}
            }
        }
        let missing = match presence {
            Presence::Present => findings,
            // What was written lies where it was written: while one place is closed, what lies there is neither gone nor
            // to be forgotten. Who never got that far has nothing to take apart.
            Presence::Absent => closed,
        };
        if !missing.is_empty() {
            return Err(missing);
        }
        Ok(Self {
            owner: Owner {
                cluster: cluster.into(),
                kind: OwnerKind::OverlapSubnetGroup,
                namespace: object.metadata.namespace.clone().unwrap_or_default(),
                name: object.metadata.name.clone().unwrap_or_default(),
                uid: object.metadata.uid.clone().unwrap_or_default(),
            },
            generation: object.metadata.generation.unwrap_or_default(),
            reconcile_at: reconcile_at(&object.metadata),
            presence,
            policies: Policies::of(
                &object.metadata,
                object.spec.deletion_policy,
                object.spec.management_policy,
            ),
            created: object.metadata.creation_timestamp.as_ref().map(|time| time.0),
            spec: object.spec.clone(),
            peers,
            known,
            users: Vec::new(),
        })
    }

    /// Where there is anything to read or to write, each place once; the subnets' own first.
    #[must_use]
    pub fn places(&self) -> Vec<&Place> {
        let home = self.peers.iter().map(|peer| peer.home.place());
        let far = self.peers.iter().filter_map(|peer| Some(peer.far.managed()?.place()));
        let known = self.known.iter().map(|entry| &entry.place);
        let mut places: Vec<&Place> = Vec::new();
        for place in home.chain(far).chain(known) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
}

/// The places of an object's record.
fn places(object: &OverlapSubnetGroup) -> impl Iterator<Item = &GroupPlace> {
    let status = object.status.iter();
    status.flat_map(|status| {
        status.home.iter().chain(status.peers.iter().filter_map(|peer| peer.far.as_ref()))
    })
}

fn peer<'a>(
    spec: &GroupPeer,
    peering: Option<&'a VpcPeering>,
    account: &impl Fn(&str) -> Option<&'a AwsAccount>,
    namespace: &Namespace,
    cluster: &str,
) -> Result<Peer, Vec<Finding>> {
    let field = format!("peers[{}]", spec.name);
    let Some(peering) = peering else {
        return Err(vec![Finding::passing(
            ConditionType::ResolvedRefs,
            Reason::PeeringNotFound,
            format!(
                "`{field}.peeringRef`: there is no VPCPeering '{}' in namespace '{}'. Create it, or name another one.",
                spec.peering_ref.name, namespace.name
            ),
        )]);
    };
    let desired = vpc_peering::Desired::from_object(peering, account, namespace, cluster).map_err(
        |findings| {
            let about = |finding: Finding| Finding {
                message: format!("`{field}.peeringRef`: {}", finding.message),
                ..finding
            };
            findings.into_iter().map(about).collect::<Vec<_>>()
        },
    )?;
    let (home, far) = match spec.side {
        SideName::Requester => (desired.requester, desired.accepter),
        SideName::Accepter => (desired.accepter, desired.requester),
    };
    let home = match home {
        Side::Managed(home) => home,
        Side::External(side) => {
            return Err(vec![invalid(format!(
                "`{field}.side`: the {} of VPCPeering '{}' is `external`, and nothing is made in somebody else's account. Name the other side.",
                side.field(),
                spec.peering_ref.name
            ))]);
        }
    };
    if spec.peer_routes.is_some() && far.external().is_some() {
        return Err(vec![invalid(format!(
            "`{field}.peerRoutes` must be absent: the other side of VPCPeering '{}' is `external`. Its owner writes the routes to these subnets.",
            spec.peering_ref.name
        ))]);
    }
    Ok(Peer {
        name: spec.name.clone(),
        peering: desired.owner,
        former: vpc_peering::Recorded::of(peering.status.as_ref()).former,
        is_going: desired.presence == Presence::Absent,
        home,
        far,
        routes: spec.peer_routes.clone(),
    })
}

pub(super) fn invalid(message: String) -> Finding {
    Finding::stalled(ConditionType::Valid, Reason::InvalidSpec, message)
}
