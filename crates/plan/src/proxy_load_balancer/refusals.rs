//! What is refused before anything is written: what AWS would refuse, or could never be undone.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::proxy_load_balancer::BalancerScheme;
use peerway_api::{ConditionType, Reason};
use peerway_model::{LoadBalancer, Origin, Scheme, Tags};

use super::desired::Desired;
use super::placement::Placement;
use super::scene::Scene;
use crate::Finding;

/// A reference that is this balancer: what follows itself never comes to rest.
pub(super) fn follows_itself(scene: &Scene<'_>) -> Option<Finding> {
    let name = &scene.desired.name;
    let reference = scene.desired.spec.reference.as_ref();
    reference.filter(|reference| reference.load_balancer_name == *name).map(|_| {
        Finding::stalled(
            ConditionType::Valid,
            Reason::InvalidSpec,
            format!(
                "`reference.loadBalancerName`: {name} is this object's own load balancer, which cannot follow itself. Name another one, or remove `reference` and write down what it is to be."
            ),
        )
    })
}

/// How many tags a balancer may have
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/add-remove-tags.html>).
const MOST_TAGS: usize = 10;

/// Tags that AWS would refuse: ours, the spec's, and those that others put on it.
pub(super) fn too_many_tags(scene: &Scene<'_>) -> Option<Finding> {
    let wanted = scene.tags(Origin::Created);
    let there = match &scene.details_of(&scene.desired.name).tags {
        Some(Ok(tags)) => tags.clone(),
        Some(Err(_)) | None => Tags::new(),
    };
    let is_needed = wanted.keys().any(|key| !there.contains_key(key));
    let all: BTreeSet<&String> =
        wanted.keys().chain(there.keys()).filter(|key| !key.starts_with("aws:")).collect();
    (is_needed && all.len() > MOST_TAGS).then(|| {
        Finding::stalled(
            ConditionType::Valid,
            Reason::InvalidSpec,
            format!(
                "`tags`: {} would have {} tags, of which 4 are our own, and AWS allows {MOST_TAGS}. Name fewer, or take some off.",
                scene.desired.name,
                all.len()
            ),
        )
    })
}

/// What is bound to another VPC than the spec names now, or adopted and unlike what it is to be.
pub(super) fn misplaced(
    scene: &Scene<'_>,
    placement: &Placement<'_>,
    there: Option<&LoadBalancer>,
) -> Option<Finding> {
    let elsewhere = there.and_then(|it| it.vpc.as_ref()).filter(|vpc| **vpc != placement.vpc.id);
    let recorded = scene.recorded.home.as_ref().map(|home| &home.vpc_id);
    let bound = recorded.filter(|vpc| scene.recorded.exists && **vpc != placement.vpc.id);
    if let Some(vpc) = elsewhere.or(bound) {
        return Some(Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::BoundElsewhere,
            format!(
                "{} stands in {vpc}, and the subnets are in {} now. Nothing is made, moved or deleted; auto-scaling groups are let go of should the load balancer be gone. Name subnets there again, or make another ProxyLoadBalancer.",
                scene.desired.name, placement.vpc.id
            ),
        ));
    }
    let wanted = scheme(scene.desired);
    let there = there.filter(|there| there.scheme != wanted)?;
    Some(Finding::stalled(
        ConditionType::ResolvedRefs,
        Reason::AdoptionConflict,
        format!(
            "{} is {} and `scheme` says {wanted}, which AWS cannot change. It is left alone; name another one, or correct `scheme`.",
            there.name, there.scheme
        ),
    ))
}

pub(super) fn scheme(desired: &Desired) -> Scheme {
    match desired.spec.scheme.unwrap_or_default() {
        BalancerScheme::Internal => Scheme::Internal,
        BalancerScheme::InternetFacing => Scheme::InternetFacing,
    }
}

/// What hangs on something that is being deleted: what owns nothing yet makes nothing; what stands is kept.
pub(super) fn going(scene: &Scene<'_>, there: Option<&LoadBalancer>) -> Option<Finding> {
    let group = scene.desired.group.as_ref().filter(|group| group.is_going);
    let entry = scene.desired.entry.as_ref().filter(|entry| entry.is_terminating);
    let what = match (group, entry) {
        _ if there.is_some() => return None,
        (Some(group), _) => format!("OverlapSubnetGroup '{}'", group.name),
        (None, Some(entry)) => format!("AWSAccount '{}'", entry.place.access.name),
        (None, None) => return None,
    };
    Some(Finding::passing(
        ConditionType::ResolvedRefs,
        Reason::DependencyDeleting,
        format!("{what} is being deleted: nothing is made in it any more."),
    ))
}
