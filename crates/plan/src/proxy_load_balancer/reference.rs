//! How a balancer is to be set up: by what it follows, and by its spec.

use peerway_api::{ConditionType, Reason};
use peerway_model::{LoadBalancer, LoadBalancerName, ownership};

use super::placement::not_granted;
use super::plan::Plan;
use super::policies::untold;
use super::scene::Scene;
use super::settings::{Followed, Settings, settings};
use crate::Finding;

/// How it is to be set up. Where a reference is gone or cannot be read, that cannot be told, and everything stays.
pub(super) fn follow(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: Option<&LoadBalancer>,
) -> Option<Settings> {
    let desired = scene.desired;
    let followed = match &desired.spec.reference {
        None => there.and_then(|there| itself(scene, there)),
        Some(reference) => match followed(scene, &reference.load_balancer_name) {
            Ok(followed) => Some(followed),
            Err(finding) => {
                plan.findings.push(finding);
                return None;
            }
        },
    };
    match settings(&desired.spec, followed, &desired.name) {
        Ok(settings) => {
            plan.report.settings = Some(settings.table.clone());
            plan.findings.extend(settings.not_followed.iter().map(|what| {
                Finding::warning(
                    Reason::NotFollowed,
                    format!("The reference has {what}, which cannot be followed. Set what you need of it in the spec."),
                )
            }));
            Some(settings)
        }
        Err(findings) => {
            plan.findings.extend(findings);
            None
        }
    }
}

/// An adopted balancer, of which the spec need not say everything, also once `adopt` is gone from it.
fn itself<'a>(scene: &Scene<'a>, there: &'a LoadBalancer) -> Option<Followed<'a>> {
    let details = scene.details_of(&there.name);
    let tags = details.tags.as_ref()?.as_ref().ok()?;
    let is_to_be = ownership::origin(tags).is_none() && scene.desired.spec.adopt.is_some();
    let attributes = details.attributes.as_ref()?.as_ref().ok()?;
    (is_to_be || scene.is_adopted()).then_some(Followed {
        balancer: there,
        attributes,
        policies: &[],
        is_itself: true,
    })
}

fn followed<'a>(scene: &Scene<'a>, name: &LoadBalancerName) -> Result<Followed<'a>, Finding> {
    let missing = |why: String| {
        Finding::passing(
            ConditionType::ResolvedRefs,
            Reason::ReferenceNotFound,
            format!(
                "`reference.loadBalancerName`: {why}. Everything that follows it stays as it is."
            ),
        )
    };
    let place = scene.view.place;
    let balancer = scene
        .balancers
        .get(name)
        .ok_or_else(|| missing(format!("there is no load balancer {name} in {place}")))?;
    let vpc = balancer.vpc.as_ref().and_then(|vpc| scene.view.vpcs.get(vpc));
    if let Some(finding) = vpc.and_then(|vpc| not_granted(scene.desired, scene.view, vpc)) {
        return Err(finding);
    }
    let details = scene.details_of(name);
    match (&details.attributes, &details.policies) {
        (Some(Ok(attributes)), Some(Ok(policies))) => {
            let follows = scene.desired.spec.listeners.is_none();
            match untold(balancer, policies).filter(|_| follows) {
                Some(policy) => Err(missing(format!(
                    "{name} names the policy '{policy}', and AWS has not told yet what it says"
                ))),
                None => Ok(Followed { balancer, attributes, policies, is_itself: false }),
            }
        }
        (Some(Err(failure)), _) | (_, Some(Err(failure))) => {
            Err(missing(format!("{name} cannot be read: {failure}")))
        }
        (None, _) | (_, None) => Err(missing(format!("{name} was not read"))),
    }
}
