//! From the object to what it wants: who owns it, which places it may act in, what its spec says.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::selectors::VpcSelector;
use peerway_api::v1alpha1::vpc_peering::{
    PeeringAdoption, PeeringIngress, PeeringRoutes, PeeringSide, SideName,
};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_api::{ConditionType, Reason, reconcile_at};
use peerway_model::{Owner, OwnerKind, Place, Region, Tags, Timestamp, Vpc};

use super::groups::Group;
use super::pair;
use crate::access::{Entry, Namespace, enter};
use crate::{Finding, Policies, Presence};

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
    /// The overlap subnet groups that use it.
    pub groups: Vec<Group>,
    /// The names of the namespace's groups that use other peerings.
    pub other_groups: BTreeSet<String>,
}

/// One side. Whoever uses it must decide what to do about somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A VPC that we may write to.
    Managed(Managed),
    /// Somebody else's VPC: nothing is read or written there.
    External(External),
}

/// A side that we manage: how we get there, and what is wanted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// Which one.
    pub name: SideName,
    /// The way in.
    pub entry: Entry,
    /// What the spec says.
    pub spec: ManagedSpec,
}

/// What the spec says of a side that we manage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedSpec {
    /// The VPC.
    pub vpc: VpcSelector,
    /// Whether the other side is answered with private addresses.
    pub dns_resolution: Option<bool>,
    /// The routes to the other VPC.
    pub routes: Option<PeeringRoutes>,
    /// What is admitted from the other VPC.
    pub ingress: Option<Vec<PeeringIngress>>,
}

/// A side of somebody else, as the spec declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// Which one.
    pub name: SideName,
    /// Its Region.
    pub region: Region,
    /// The VPC, with its owner and blocks; its tags are not known.
    pub vpc: Vpc,
}

impl Managed {
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

impl External {
    /// The name of the field in the spec.
    #[must_use]
    pub fn field(&self) -> &'static str {
        field(self.name)
    }
}

impl Side {
    /// Which one.
    #[must_use]
    pub fn name(&self) -> SideName {
        match self {
            Self::Managed(side) => side.name,
            Self::External(side) => side.name,
        }
    }

    /// The side, if we manage it.
    #[must_use]
    pub fn managed(&self) -> Option<&Managed> {
        match self {
            Self::Managed(side) => Some(side),
            Self::External(_) => None,
        }
    }

    /// The side, if it is somebody else's.
    #[must_use]
    pub fn external(&self) -> Option<&External> {
        match self {
            Self::Managed(_) => None,
            Self::External(side) => Some(side),
        }
    }

    /// What the spec says of a side, given the account that it names.
    fn of<'a>(
        name: SideName,
        spec: &PeeringSide,
        account: impl Fn(&str) -> Option<&'a AwsAccount>,
        namespace: &Namespace,
    ) -> Result<Self, Finding> {
        match (&spec.account_ref, &spec.external, &spec.region, &spec.vpc) {
            (None, Some(external), _, _) => Ok(Self::External(External {
                name,
                region: external.region.clone(),
                vpc: Vpc {
                    id: external.vpc_id.clone(),
                    owner: external.account_id.clone(),
                    cidrs: external.cidrs.clone(),
                    tags: Tags::new(),
                },
            })),
            (Some(account_ref), None, Some(region), Some(vpc)) => {
                let entry = enter(account(&account_ref.name), &account_ref.name, namespace, region)
                    .map_err(|finding| Finding {
                        message: format!("`{}.accountRef`: {}", field(name), finding.message),
                        ..finding
                    })?;
                let spec = ManagedSpec {
                    vpc: vpc.clone(),
                    dns_resolution: spec.dns_resolution,
                    routes: spec.routes.clone(),
                    ingress: spec.ingress.clone(),
                };
                Ok(Self::Managed(Managed { name, entry, spec }))
            }
            // What the schema refuses, and an object stored under another schema may still hold.
            (Some(_), None, _, _) => Err(invalid(format!(
                "`{0}.region` and `{0}.vpc` must be set where `{0}.accountRef` is.",
                field(name)
            ))),
            (Some(_), Some(_), _, _) | (None, None, _, _) => Err(invalid(format!(
                "`{}` must have exactly one of `accountRef` and `external`.",
                field(name)
            ))),
        }
    }
}

fn invalid(message: String) -> Finding {
    Finding::stalled(ConditionType::Valid, Reason::InvalidSpec, message)
}

/// The name of a side's field in the spec.
#[must_use]
pub fn field(side: SideName) -> &'static str {
    match side {
        SideName::Requester => "requester",
        SideName::Accepter => "accepter",
    }
}

/// The other side.
#[must_use]
pub fn opposite(side: SideName) -> SideName {
    match side {
        SideName::Requester => SideName::Accepter,
        SideName::Accepter => SideName::Requester,
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
            Side::of(name, spec, &account, namespace).map_err(|finding| findings.push(finding)).ok()
        };
        let requester = side(SideName::Requester, &object.spec.requester);
        let accepter = side(SideName::Accepter, &object.spec.accepter);
        let (Some(requester), Some(accepter)) = (requester, accepter) else { return Err(findings) };
        if let (Side::External(_), Side::External(_)) = (&requester, &accepter) {
            return Err(vec![invalid(
                "`requester` and `accepter` are both `external`: between two VPCs of others there is nothing to do here. Give `accountRef` on the side that Peerway may write to.".to_owned(),
            )]);
        }
        Ok(Self {
            owner: owner(object, cluster),
            generation: object.metadata.generation.unwrap_or_default(),
            reconcile_at: reconcile_at(&object.metadata),
            presence: Presence::of(&object.metadata),
            policies: policies(object),
            adopt: object.spec.adopt.clone(),
            created: pair::created(object),
            requester,
            accepter,
            groups: Vec::new(),
            other_groups: BTreeSet::new(),
        })
    }

    /// The same, used by these groups, in a namespace with these others.
    #[must_use]
    pub fn used_by(self, groups: Vec<Group>, other_groups: BTreeSet<String>) -> Self {
        Self { groups, other_groups, ..self }
    }

    /// Both sides, the requester first.
    #[must_use]
    pub fn sides(&self) -> [&Side; 2] {
        [&self.requester, &self.accepter]
    }

    /// The sides that we manage, the requester first: one or both.
    pub fn managed(&self) -> impl Iterator<Item = &Managed> {
        self.sides().into_iter().filter_map(Side::managed)
    }

    /// The side of somebody else, if one is.
    #[must_use]
    pub fn external(&self) -> Option<&External> {
        self.sides().into_iter().find_map(Side::external)
    }

    /// Where there is anything to read or to write, each place once.
    #[must_use]
    pub fn places(&self) -> Vec<&Place> {
        let mut places: Vec<&Place> = self.managed().map(Managed::place).collect();
        places.dedup();
        places
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

pub(super) fn policies(object: &VpcPeering) -> Policies {
    Policies::of(&object.metadata, object.spec.deletion_policy, object.spec.management_policy)
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
