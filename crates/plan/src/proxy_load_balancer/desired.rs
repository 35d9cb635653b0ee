//! From the object to what it wants: who owns it, where it stands, what it is called.

use peerway_api::v1alpha1::overlap_subnet_group::GroupPlace;
use peerway_api::v1alpha1::{
    AwsAccount, OverlapSubnetGroup, ProxyLoadBalancer, ProxyLoadBalancerSpec,
};
use peerway_api::{ConditionType, Reason, reconcile_at};
use peerway_model::{
    LoadBalancerName, Owner, OwnerKind, Place, Region, SubnetId, Timestamp, VpcId, ZoneId,
};

use super::settings::digest;
use crate::access::{Entry, Namespace, enter};
use crate::conditions::is_true;
use crate::{Finding, Policies, Presence};

/// The longest name of a load balancer.
const LONGEST: usize = 32;
/// How many characters of a derived name tell it from others that begin alike.
const SUFFIX: usize = 8;

/// What a load balancer wants.
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
    pub spec: ProxyLoadBalancerSpec,
    /// Its name in AWS.
    pub name: LoadBalancerName,
    /// The way in; nothing where there never was one.
    pub entry: Option<Entry>,
    /// The group whose subnets it stands in, where it names one.
    pub group: Option<SubnetGroup>,
}

/// An `OverlapSubnetGroup`, as far as a balancer in it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetGroup {
    /// Its name.
    pub name: String,
    /// Its VPC.
    pub vpc: VpcId,
    /// The zones it wants, each with its subnet once that is there.
    pub zones: Vec<(ZoneId, Option<SubnetId>)>,
    /// Whether table, routes, subnets and associations were seen in place: before, no balancer is made there.
    pub is_programmed: bool,
    /// Whether it is being deleted.
    pub is_going: bool,
}

impl Desired {
    /// What `object` wants, given the overlap subnet group it names, the accounts of the cluster, the namespace and the
    /// cluster's id.
    ///
    /// # Errors
    /// Findings: a group that is missing or has not found its VPC, accounts that are missing or not granted. Nothing is
    /// read or written then.
    pub fn from_object<'a>(
        object: &ProxyLoadBalancer,
        group: Option<&OverlapSubnetGroup>,
        account: impl Fn(&str) -> Option<&'a AwsAccount>,
        namespace: &Namespace,
        cluster: &str,
    ) -> Result<Self, Vec<Finding>> {
        let presence = Presence::of(&object.metadata);
        let owner = Owner {
            cluster: cluster.into(),
            kind: OwnerKind::ProxyLoadBalancer,
            namespace: object.metadata.namespace.clone().unwrap_or_default(),
            name: object.metadata.name.clone().unwrap_or_default(),
            uid: object.metadata.uid.clone().unwrap_or_default(),
        };
        let known = object.status.as_ref().and_then(|status| status.home.as_ref());
        let known = known.map(|home| (home.account_ref.name.as_str(), &home.region));
        let enter = |(name, region)| enter(account(name), name, namespace, region);
        let entry = match (presence, known) {
            (Presence::Present, _) => {
                Some(way(object, group, namespace).and_then(enter).map_err(|it| vec![it])?)
            }
            // What was made stands where it was made.
            (Presence::Absent, Some(known)) => Some(enter(known).map_err(|it| vec![it])?),
            // The record may be lost: what is ours is then found by its tags, where the spec leads anywhere at all.
            (Presence::Absent, None) => way(object, group, namespace).and_then(enter).ok(),
        };
        let standing = object.status.as_ref().and_then(|status| status.load_balancer.as_ref());
        // Whoever has a balancer keeps it: `adopt` is read only while there is none.
        let standing = standing.filter(|standing| standing.exists);
        let name =
            standing.map_or_else(|| name(&object.spec, &owner), |standing| standing.name.clone());
        Ok(Self {
            generation: object.metadata.generation.unwrap_or_default(),
            reconcile_at: reconcile_at(&object.metadata),
            presence,
            policies: Policies::of(
                &object.metadata,
                object.spec.deletion_policy,
                object.spec.management_policy,
            ),
            created: object.metadata.creation_timestamp.as_ref().map(|time| time.0),
            name,
            spec: object.spec.clone(),
            group: group.and_then(subnet_group),
            entry,
            owner,
        })
    }

    /// Where there is anything to read or to write.
    #[must_use]
    pub fn places(&self) -> Vec<&Place> {
        self.entry.iter().map(|entry| &entry.place).collect()
    }
}

/// Through which account, and into which Region.
fn way<'a>(
    object: &'a ProxyLoadBalancer,
    group: Option<&'a OverlapSubnetGroup>,
    namespace: &Namespace,
) -> Result<(&'a str, &'a Region), Finding> {
    if let Some(given) = &object.spec.subnets {
        return Ok((&given.account_ref.name, &given.region));
    }
    let wanted = object.spec.subnet_group_ref.as_ref().map_or("", |group| group.name.as_str());
    let Some(group) = group else {
        return Err(Finding::passing(
            ConditionType::ResolvedRefs,
            Reason::SubnetGroupNotFound,
            format!(
                "`subnetGroupRef`: there is no OverlapSubnetGroup '{wanted}' in namespace '{}'. Create it, or name given `subnets`.",
                namespace.name
            ),
        ));
    };
    home(group).map(|home| (home.account_ref.name.as_str(), &home.region)).ok_or_else(|| {
        Finding::passing(
            ConditionType::ResolvedRefs,
            Reason::DependencyNotReady,
            format!("`subnetGroupRef`: OverlapSubnetGroup '{wanted}' has not found its VPC yet."),
        )
    })
}

fn home(group: &OverlapSubnetGroup) -> Option<&GroupPlace> {
    group.status.as_ref()?.home.as_ref()
}

fn subnet_group(group: &OverlapSubnetGroup) -> Option<SubnetGroup> {
    let status = group.status.as_ref()?;
    let is_current = Some(status.observed_generation) == group.metadata.generation;
    Some(SubnetGroup {
        name: group.metadata.name.clone().unwrap_or_default(),
        vpc: status.home.as_ref()?.vpc_id.clone(),
        zones: status
            .subnets
            .iter()
            .filter(|subnet| subnet.wanted)
            .map(|subnet| (subnet.zone.clone(), subnet.id.clone()))
            .collect(),
        is_programmed: is_current && is_true(&status.conditions, ConditionType::Programmed),
        is_going: group.metadata.deletion_timestamp.is_some(),
    })
}

/// What it is called: as the spec says, else by the object's names. The cluster's id is in it, so that two clusters in one
/// account do not meet; the UID is not, so that an object that is made again takes back what was its own.
fn name(spec: &ProxyLoadBalancerSpec, owner: &Owner) -> LoadBalancerName {
    let given = spec.adopt.as_ref().map(|adopt| &adopt.load_balancer_name);
    if let Some(name) = spec.name.as_ref().or(given) {
        return name.clone();
    }
    let whole = format!("{}-{}", owner.namespace, owner.name);
    let readable: String = whole
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LONGEST - SUFFIX - 1)
        .collect();
    let suffix = digest(&[&owner.cluster, &owner.owner_tag()]);
    let name = format!("{}-{}", readable.trim_matches('-'), &suffix[..SUFFIX]);
    name.parse().expect("letters, digits and hyphens, with none at either end, at most 32")
}
