//! From the object to what it wants: who owns it, which places it may act in, what its spec says.

use peerway_api::reconcile_at;
use peerway_api::v1alpha1::vpc_peering::{PeeringAdoption, PeeringSide, SideName};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_model::{Owner, OwnerKind, Place, Timestamp};

use super::pair;
use super::policy::Policies;
use crate::Finding;
use crate::access::{Entry, Namespace, enter};

/// What an object wants.
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
    /// What exists already and shall be the object's.
    pub adopt: Option<PeeringAdoption>,
    /// When the object was created.
    pub created: Option<Timestamp>,
    /// The side that asks.
    pub requester: Side,
    /// The side that is asked.
    pub accepter: Side,
}

/// Whether what an object describes should be there. Deletion is a desired state, not a second program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Yes.
    Present,
    /// No: the object is being deleted.
    Absent,
}

/// One side: how we get there, and what is wanted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Which one.
    pub name: SideName,
    /// The way in.
    pub entry: Entry,
    /// What the spec says.
    pub spec: PeeringSide,
}

impl Side {
    /// The account and Region.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.entry.place
    }

    /// The name of the field in the spec.
    #[must_use]
    pub fn field(&self) -> &'static str {
        field(self.name)
    }
}

/// The name of a side's field in the spec.
#[must_use]
pub fn field(side: SideName) -> &'static str {
    match side {
        SideName::Requester => "requester",
        SideName::Accepter => "accepter",
    }
}

impl Desired {
    /// What `object` wants, given the accounts of the cluster, the object's namespace and the cluster's id.
    ///
    /// # Errors
    /// Findings about `Valid`: accounts that are missing or not granted. Nothing is read or written then, not even to
    /// delete: revoking freezes, it does not tear down.
    pub fn from_object<'a>(
        object: &VpcPeering,
        account: impl Fn(&str) -> Option<&'a AwsAccount>,
        namespace: &Namespace,
        cluster: &str,
    ) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut side = |name: SideName, spec: &PeeringSide| {
            let account_name = &spec.account_ref.name;
            match enter(account(account_name), account_name, namespace, &spec.region) {
                Ok(entry) => Some(Side { name, entry, spec: spec.clone() }),
                Err(mut finding) => {
                    finding.message = format!("`{}.accountRef`: {}", field(name), finding.message);
                    findings.push(finding);
                    None
                }
            }
        };
        let requester = side(SideName::Requester, &object.spec.requester);
        let accepter = side(SideName::Accepter, &object.spec.accepter);
        let (Some(requester), Some(accepter)) = (requester, accepter) else { return Err(findings) };
        let presence = if object.metadata.deletion_timestamp.is_some() {
            Presence::Absent
        } else {
            Presence::Present
        };
        Ok(Self {
            owner: owner(object, cluster),
            generation: object.metadata.generation.unwrap_or_default(),
            reconcile_at: reconcile_at(&object.metadata),
            presence,
            policies: Policies::of(object),
            adopt: object.spec.adopt.clone(),
            created: pair::created(object),
            requester,
            accepter,
        })
    }

    /// Both sides, the requester first.
    #[must_use]
    pub fn sides(&self) -> [&Side; 2] {
        [&self.requester, &self.accepter]
    }

    /// The side of this name.
    #[must_use]
    pub fn side(&self, name: SideName) -> &Side {
        match name {
            SideName::Requester => &self.requester,
            SideName::Accepter => &self.accepter,
        }
    }
}

fn owner(object: &VpcPeering, cluster: &str) -> Owner {
    Owner {
        cluster: cluster.into(),
        kind: OwnerKind::VpcPeering,
        namespace: object.metadata.namespace.clone().unwrap_or_default(),
        name: object.metadata.name.clone().unwrap_or_default(),
        uid: object.metadata.uid.clone().unwrap_or_default(),
    }
}
