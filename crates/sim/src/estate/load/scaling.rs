//! Auto-scaling groups. What they lack they launch as soon as the world's time begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{Timestamp, VpcId};

use super::hosts::USUAL_TYPE;
use super::{Loading, at, maker, problem, refused};
use crate::ApiError;
use crate::autoscaling::{
    self, Family, Life, Link, Member, PROCESSES, Recipe, ScalingGroup, Source, TagValue, Template,
    USUAL_VERSION,
};
use crate::ec2::{images, instances, network_interfaces};
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
        let place = at(spot, name);
        let wrong = |what: String| problem(&*place, what);
        let now = self.now;
        let region = self.state.at_mut(spot);
        let vpc = autoscaling::check_subnets(region, &group.subnets).map_err(refused(&*place))?;
        for id in &group.instances {
            match region.instances.get(id) {
                Some(instance) if instance.vpc == vpc => {}
                _ => return Err(wrong(format!("{id} is no instance of {vpc}"))),
            }
            if region.scaling_groups.values().any(|other| other.members.contains_key(id)) {
                return Err(wrong(format!("{id} belongs to another group too")));
            }
        }
        for balancer in group.load_balancers.iter().chain(&group.traffic_sources) {
            // AWS keeps names: a group may name a balancer that has been deleted.
            if region.balancers.get(balancer).is_some_and(|balancer| balancer.vpc != vpc) {
                return Err(wrong(format!("{balancer} is not in {vpc}")));
            }
        }
        let count = u32::try_from(group.instances.len()).unwrap_or(u32::MAX);
        let desired = group.desired.unwrap_or(count);
        let (min, max) = (group.min.unwrap_or(desired), group.max.unwrap_or(desired));
        if !(min..=max).contains(&desired) {
            return Err(wrong(format!("{desired} is not between {min} and {max}")));
        }
        let health_check_type = group.health_check_type.clone().unwrap_or_else(|| "EC2".to_owned());
        if !autoscaling::is_health_check_type(&health_check_type) {
            return Err(wrong(format!("{health_check_type} is no health check type")));
        }
        if let Some(other) = group.suspended.iter().find(|it| !PROCESSES.contains(&it.as_str())) {
            return Err(wrong(format!("{other} is no process of a group")));
        }
        let source = read_source(spot, region, &vpc, &group.launch).map_err(refused(&*place))?;
        let links = links(region, now, group);
        for id in &group.instances {
            if let Some(instance) = region.instances.get_mut(id) {
                let tags = Arc::make_mut(&mut instance.tags);
                tags.insert(autoscaling::GROUP_TAG.to_owned(), name.clone());
            }
        }
        let members = group.instances.iter().map(|id| {
            let is_protected = group.protected_instances.contains(id);
            let life = Life::InService;
            (id.clone(), Member { life, since: now, is_healthy: true, is_protected })
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
        if region.scaling_groups.insert(name.clone(), loaded).is_some() {
            return Err(problem(place, "the group is there twice"));
        }
        if desired != count {
            self.state.schedule(now, Event::GroupChecks(spot.clone(), name.clone()));
        }
        Ok(())
    }
}

/// What a group launches.
fn read_source(
    spot: &Spot,
    region: &RegionState,
    vpc: &VpcId,
    launch: &format::LaunchRecipe,
) -> Result<Source, ApiError> {
    if let Some(id) = &launch.template {
        let name = Arc::clone(&crate::scope::find(&region.launch_templates, id)?.name);
        let version = launch.version.clone().unwrap_or_else(|| USUAL_VERSION.to_owned());
        let template = Template { id: id.clone(), name, version };
        template.check(region)?;
        return Ok(Source::Template(template));
    }
    let kind = launch.kind.as_deref().unwrap_or(USUAL_TYPE);
    instances::read_type(kind)?;
    let image = match &launch.image {
        None => images::usual(&spot.region),
        Some(image) => images::read(&spot.region, image.as_str())?,
    };
    if let Some(groups) = &launch.security_groups {
        network_interfaces::check_groups(region, usize::MAX, vpc, groups)?;
    }
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
            let members = group.instances.iter().map(|id| {
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
