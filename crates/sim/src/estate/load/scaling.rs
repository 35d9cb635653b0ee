//! Auto-scaling groups. What they lack they launch once the world's time goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use peerway_model::Timestamp;
use peerway_model::clock::after;

use super::hosts::USUAL_TYPE;
use super::{Loading, at, maker, problem, refused, refused_for};
use crate::ApiError;
use crate::autoscaling::{
    self, Family, Life, Link, Member, PROCESSES, Recipe, ScalingGroup, Source, TagValue, Template,
    USUAL_VERSION,
};
use crate::ec2::{images, instances};
use crate::elb;
use crate::estate::{EstateError, GroupTag, Regional, format};
use crate::events::Event;
use crate::state::{RegionState, Spot};

impl Loading<'_> {
    pub(super) fn scaling_groups(
        &mut self,
        spot: &Spot,
        regional: &Regional,
    ) -> Result<(), EstateError> {
        for group in &regional.auto_scaling_groups {
            self.scaling_group(spot, group)?;
        }
        Ok(())
    }

    fn scaling_group(
        &mut self,
        spot: &Spot,
        group: &format::AutoScalingGroup,
    ) -> Result<(), EstateError> {
        let name = &group.name;
        let place = at(spot, &name);
        let wrong = |what: String| problem(place, what);
        let now = self.now;
        let region = self.state.at_mut(spot);
        for id in &group.instances {
            if !region.instances.contains_key(id) {
                return Err(wrong(format!("{id} is no instance of this Region")).of("instances"));
            }
            if region.scaling_groups.values().any(|other| other.members.contains_key(id)) {
                return Err(wrong(format!("{id} belongs to another group too")).of("instances"));
            }
        }
        let count = u32::try_from(group.instances.len()).unwrap_or(u32::MAX);
        let desired = group.desired.unwrap_or(count);
        let (min, max) = (group.min.unwrap_or(desired), group.max.unwrap_or(desired));
        for (one, other, field) in [
            (("min", min), ("max", max), "min"),
            (("min", min), ("desired", desired), "min"),
            (("desired", desired), ("max", max), "max"),
        ] {
            if one.1 > other.1 {
                let what =
                    format!("its {} {} is more than its {} {}", one.0, one.1, other.0, other.1);
                return Err(wrong(what).of(field));
            }
        }
        let health_check_type = group.health_check_type.clone().unwrap_or_else(|| "EC2".to_owned());
        if !autoscaling::is_health_check_type(&health_check_type) {
            let what = format!("{health_check_type} is no health check type");
            return Err(wrong(what).of("healthCheckType"));
        }
        if let Some(other) = group.suspended.iter().find(|it| !PROCESSES.contains(&it.as_str())) {
            return Err(wrong(format!("{other} is no process of a group")).of("suspended"));
        }
        let source =
            read_source(spot, region, &group.launch).map_err(refused_for(place, "launch"))?;
        let links = links(region, now, group);
        for id in &group.instances {
            if let Some(instance) = region.instances.get_mut(id) {
                let tags = Arc::make_mut(&mut instance.tags);
                tags.insert(autoscaling::GROUP_TAG.to_owned(), name.clone());
            }
        }
        let members = group.instances.iter().map(|id| {
            let is_protected = group.protected_instances.contains(id);
            let is_healthy = !group.unhealthy_instances.contains(id);
            let life = Life::InService;
            (id.clone(), Member { life, since: now, is_healthy, is_protected })
        });
        let suspended = group.suspended.iter();
        let loaded = ScalingGroup {
            source,
            min,
            max,
            desired,
            subnets: group.subnets.clone(),
            links,
            health_check_type,
            grace: group.grace_period,
            cooldown: group.cooldown.unwrap_or(autoscaling::USUAL_COOLDOWN),
            protects_new: group.protects_new_instances,
            habits: autoscaling::Habits {
                termination: group.termination_policies.clone(),
                warmup: group.instance_warmup,
                lifetime: group.instance_lifetime,
                rebalances: group.capacity_rebalance,
            },
            members: members.collect(),
            suspended: suspended
                .map(|process| (process.clone(), "User suspended".to_owned()))
                .collect(),
            tags: tags(group),
            activities: Vec::new(),
            is_deleting: false,
            failing_since: None,
            created: now,
            maker: maker(group.made_by.as_ref()),
        };
        match (loaded.check_names(region), group.stale) {
            (Err(error), false) => return Err(refused(place)(error)),
            (Ok(()), true) => {
                return Err(problem(place, "all that it names is there: it is not stale"));
            }
            (Ok(()), false) | (Err(_), true) => {}
        }
        if region.scaling_groups.insert(name.clone(), loaded).is_some() {
            return Err(problem(place, "the group is there twice"));
        }
        if desired != count {
            // Not at once: what has been loaded is what was saved.
            let soon = after(now, Duration::from_millis(1));
            self.state.schedule(soon, Event::GroupChecks(spot.clone(), name.clone()));
        }
        Ok(())
    }
}

/// What a group launches.
fn read_source(
    spot: &Spot,
    region: &RegionState,
    launch: &format::LaunchRecipe,
) -> Result<Source, ApiError> {
    if let Some(id) = &launch.template {
        let name = match &launch.template_name {
            None => Arc::clone(&crate::scope::find(&region.launch_templates, id)?.name),
            Some(name) => name.as_str().into(),
        };
        let version = launch.version.clone().unwrap_or_else(|| USUAL_VERSION.to_owned());
        return Ok(Source::Template(Template { id: id.clone(), name, version }));
    }
    let kind = launch.kind.as_deref().unwrap_or(USUAL_TYPE);
    instances::read_type(kind)?;
    let image = match &launch.image {
        None => images::usual(&spot.region),
        Some(image) => images::read(&spot.region, image.as_str())?,
    };
    Ok(Source::Plain(Recipe {
        image,
        kind: kind.into(),
        groups: launch.security_groups.clone(),
        tags: launch.tags.clone(),
    }))
}

fn tags(group: &format::AutoScalingGroup) -> BTreeMap<String, TagValue> {
    let tags = group.tags.iter().map(|(key, tag)| {
        let (value, propagates) = match tag {
            GroupTag::Plain(value) => (value.clone(), true),
            GroupTag::Told(told) => (told.value.clone(), told.at_launch),
        };
        (key.clone(), TagValue { value, propagates })
    });
    tags.collect()
}

/// A group's ties to balancers; they have had its instances for long.
fn links(
    region: &mut RegionState,
    now: Timestamp,
    group: &format::AutoScalingGroup,
) -> BTreeMap<String, Link> {
    let adds = !group.suspended.contains("AddToLoadBalancer");
    let mut links = BTreeMap::new();
    let named = group.load_balancers.iter().map(|name| (name, Family::LoadBalancers));
    let sources = group.traffic_sources.iter().map(|name| (name, Family::TrafficSources));
    for (balancer, family) in sources.chain(named) {
        let mut was_in_service = false;
        if let Some(of) = region.balancers.get(balancer).filter(|_| adds) {
            let kept_out = group.unregistered.get(balancer);
            let registered =
                group.instances.iter().filter(|id| !kept_out.is_some_and(|it| it.contains(*id)));
            let members = registered.map(|id| {
                let passes = elb::passes(region, of, id);
                (id.clone(), passes)
            });
            let members: Vec<_> = members.collect();
            was_in_service = members.iter().any(|(_, passes)| *passes);
            if let Some(of) = region.balancers.get_mut(balancer) {
                let members = members.into_iter();
                of.members
                    .extend(members.map(|(id, passes)| (id, elb::Member::settled(now, passes))));
            }
        }
        let link = Link { adding_until: now, removing_until: None, was_in_service, family };
        links.insert(balancer.clone(), link);
    }
    links
}
