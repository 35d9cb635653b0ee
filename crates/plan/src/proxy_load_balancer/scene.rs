//! What a plan for a balancer is made from, and whose the balancer of its name is.

use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::{self, Claim};
use peerway_model::{
    AutoScalingGroup, Instance, LoadBalancer, LoadBalancerName, LoadBalancerPolicy,
    NetworkInterface, Origin, Part, Place, Tags, Untold,
};

use super::Observed;
use super::desired::Desired;
use super::recorded::Recorded;
use super::step::{Call, Step};
use crate::observed::{Details, Readable, Unreadable, needed};
use crate::{Finding, View, extra_tags};

/// What is planned from.
pub(super) struct Scene<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) recorded: &'a Recorded,
    pub(super) view: Readable<'a>,
    pub(super) balancers: &'a Part<LoadBalancer>,
    pub(super) groups: &'a Part<AutoScalingGroup>,
    pub(super) instances: Option<&'a Part<Instance>>,
    pub(super) interfaces: Option<&'a Part<NetworkInterface>>,
    pub(super) details: &'a View,
}

const NONE: &Details = &Details { tags: None, attributes: None, policies: None, health: None };

impl<'a> Scene<'a> {
    /// What was read of the place; what could not be read.
    pub(super) fn of(
        desired: &'a Desired,
        observed: &'a Observed,
        recorded: &'a Recorded,
    ) -> Result<Option<Self>, Vec<Unreadable>> {
        let place = desired.entry.as_ref().map(|entry| &entry.place);
        let Some((place, details)) = place.and_then(|it| Some((it, observed.views.get(it)?)))
        else {
            return Ok(None);
        };
        let view = details.readable(place)?;
        let parts = (
            needed(place, details.load_balancers.as_ref()),
            needed(place, details.auto_scaling_groups.as_ref()),
            needed(place, details.instances.as_ref()),
            needed(place, details.network_interfaces.as_ref()),
        );
        match parts {
            (Ok(Some(balancers)), Ok(Some(groups)), Ok(instances), Ok(interfaces)) => {
                Ok(Some(Self {
                    desired,
                    observed,
                    recorded,
                    view,
                    balancers,
                    groups,
                    instances,
                    interfaces,
                    details,
                }))
            }
            (balancers, groups, instances, interfaces) => {
                let failed = [balancers.err(), groups.err(), instances.err(), interfaces.err()];
                Err(failed.into_iter().flatten().collect())
            }
        }
    }

    pub(super) fn at(&self, call: Call) -> Step {
        let (place, balancer) = (self.view.place.clone(), self.desired.name.clone());
        Step { place, balancer, call }
    }

    /// Where and how it was looked, for what must be confirmed.
    pub(super) fn look(&self) -> (&'a Place, &'a Observed) {
        (self.view.place, self.observed)
    }

    /// What was told one by one of a balancer.
    pub(super) fn details_of(&self, name: &LoadBalancerName) -> &'a Details {
        self.details.balancers.get(name).unwrap_or(NONE)
    }

    /// The tags of what is made.
    pub(super) fn tags(&self, origin: Origin) -> Tags {
        let mut tags = self.desired.owner.tags(origin);
        let extra = self.desired.spec.tags.iter().flat_map(|tags| &tags.0);
        tags.extend(extra.map(|(key, value)| (key.clone(), value.clone())));
        tags
    }

    /// Whether it was adopted, by its tags, and by the record where somebody took those off.
    pub(super) fn is_adopted(&self) -> bool {
        let tags = match &self.details_of(&self.desired.name).tags {
            Some(Ok(tags)) => ownership::origin(tags),
            Some(Err(_)) | None => None,
        };
        tags.map_or(self.recorded.is_adopted, |origin| origin == Origin::Adopted)
    }

    /// Whose the balancer of our name is.
    #[expect(clippy::result_large_err, reason = "a failure is data here, and rare")]
    pub(super) fn whose(&self) -> Result<Whose<'a>, Unreadable> {
        let name = &self.desired.name;
        let Some(there) = self.balancers.get(name) else { return Ok(Whose::Nobodys) };
        let tags = match &self.details_of(name).tags {
            Some(Ok(tags)) => tags,
            Some(Err(untold)) => return Err(self.unreadable(untold)),
            None => unreachable!("the tags of a balancer that is listed are asked for"),
        };
        let is_named = self.desired.spec.adopt.is_some();
        let is_adopted = is_named || self.is_adopted();
        let origin = if is_adopted { Origin::Adopted } else { Origin::Created };
        let ours = |tags: Option<Tags>| Ok(Whose::Ours(there, tags));
        // First ours alone: whoever acts for us may put others only on what carries them.
        let marked = |origin| ours(Some(self.desired.owner.tags(origin)));
        match self.desired.owner.claim(tags) {
            Claim::Ours if ownership::origin(tags).is_none() => marked(origin),
            Claim::Ours => ours(extra_tags::lacking(self.desired.spec.tags.as_ref(), tags)),
            Claim::EarlierIncarnation => marked(ownership::origin(tags).unwrap_or(origin)),
            // The name could be another's by now; the number in the DNS name is of this one alone.
            Claim::Untagged
                if is_named || self.recorded.dns_name.as_ref() == Some(&there.dns_name) =>
            {
                marked(origin)
            }
            Claim::Others if is_named => Ok(Whose::Foreign(Finding::stalled(
                ConditionType::ResolvedRefs,
                Reason::AdoptionConflict,
                format!(
                    "`adopt.loadBalancerName`: {name} carries the tags of another object or cluster, whose it is. Delete that object with `deletionPolicy: Retain` first, or remove the tags."
                ),
            ))),
            Claim::Untagged | Claim::Others => Ok(Whose::Foreign(Finding::stalled(
                ConditionType::Programmed,
                Reason::NameTaken,
                format!(
                    "A load balancer named {name} exists in {} and is not ours. It is left alone; give this one another `name`, or take that one over with `adopt`.",
                    self.view.place
                ),
            ))),
        }
    }

    pub(super) fn unreadable(&self, untold: &Untold) -> Unreadable {
        let Untold { failure, last_good } = untold.clone();
        Unreadable { place: self.view.place.clone(), failure, last_good }
    }
}

/// Whose the balancer of the wanted name is.
pub(super) enum Whose<'a> {
    /// There is none.
    Nobodys,
    /// Ours; with the tags to write, where they are not as they should be.
    Ours(&'a LoadBalancer, Option<Tags>),
    /// It cannot be told, or it is somebody else's.
    Foreign(Finding),
}

/// The balancer's own policies, as far as they were read.
pub(super) fn policies<'a>(scene: &Scene<'a>) -> &'a [LoadBalancerPolicy] {
    match &scene.details_of(&scene.desired.name).policies {
        Some(Ok(policies)) => policies,
        Some(Err(_)) | None => &[],
    }
}
