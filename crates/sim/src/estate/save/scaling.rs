//! Auto-scaling groups.

use std::collections::BTreeSet;

use super::Saving;
use crate::autoscaling::{Family, Life, ScalingGroup, Source, USUAL_COOLDOWN, USUAL_VERSION};
use crate::ec2::images;
use crate::estate::load::USUAL_TYPE;
use crate::estate::{AutoScalingGroup, GroupTag, LaunchRecipe, ToldTag};
use crate::id::InstanceId;

impl Saving<'_> {
    /// The groups, without those that are being deleted.
    pub(super) fn scaling_groups(&self) -> Vec<AutoScalingGroup> {
        let groups = self.region.scaling_groups.iter().filter(|(_, group)| !group.is_deleting);
        groups.map(|(name, group)| self.scaling_group(name, group)).collect()
    }

    fn scaling_group(&self, name: &str, group: &ScalingGroup) -> AutoScalingGroup {
        let is_live = |id: &InstanceId| {
            self.region.instances.get(id).is_some_and(|instance| instance.state.is_live())
        };
        let live = group.live().filter(|(id, _)| is_live(id));
        let instances: BTreeSet<InstanceId> = live.map(|(id, _)| id.clone()).collect();
        let members = || group.members.iter().filter(|(id, _)| instances.contains(*id));
        let protected = members().filter(|(_, member)| member.is_protected);
        let unhealthy = members().filter(|(_, member)| !member.is_healthy);
        let count = u32::try_from(instances.len()).unwrap_or(u32::MAX);
        let desired = group.desired;
        let says_all = self.include.untouched;
        let attached_by = |family: Family| {
            let links = group.links.iter().filter(|(_, link)| link.removing_until.is_none());
            let links = links.filter(|(_, link)| link.family == family);
            links.map(|(balancer, _)| balancer.clone()).collect::<BTreeSet<String>>()
        };
        let tags = group.tags.iter().map(|(key, tag)| {
            let value = tag.value.clone();
            let saved = if tag.propagates {
                GroupTag::Plain(value)
            } else {
                GroupTag::Told(ToldTag { value, at_launch: false })
            };
            (key.clone(), saved)
        });
        let adds = !group.is_suspended("AddToLoadBalancer");
        let linked = group.links.iter().filter(|(_, link)| adds && link.removing_until.is_none());
        let unregistered = linked.filter_map(|(balancer, _)| {
            let members = &self.region.balancers.get(balancer)?.members;
            // Who is still coming up is registered once he is there.
            let is_up = |id: &InstanceId| {
                group.members.get(id).is_some_and(|member| member.life != Life::Pending)
            };
            let lacking = instances.iter().filter(|id| is_up(id) && !members.contains_key(*id));
            let lacking: BTreeSet<InstanceId> = lacking.cloned().collect();
            (!lacking.is_empty()).then(|| (balancer.clone(), lacking))
        });
        let unregistered = unregistered.collect();
        AutoScalingGroup {
            name: name.to_owned(),
            subnets: group.subnets.clone(),
            protected_instances: protected.map(|(id, _)| id.clone()).collect(),
            unhealthy_instances: unhealthy.map(|(id, _)| id.clone()).collect(),
            instances,
            desired: Some(desired).filter(|desired| says_all || *desired != count),
            min: Some(group.min).filter(|min| says_all || *min != desired),
            max: Some(group.max).filter(|max| says_all || *max != desired),
            launch: self.launch(&group.source),
            load_balancers: attached_by(Family::LoadBalancers),
            traffic_sources: attached_by(Family::TrafficSources),
            unregistered,
            stale: group.check_names(self.region).is_err(),
            health_check_type: Some(group.health_check_type.clone()).filter(|kind| kind != "EC2"),
            grace_period: group.grace,
            cooldown: Some(group.cooldown).filter(|seconds| *seconds != USUAL_COOLDOWN),
            protects_new_instances: group.protects_new,
            termination_policies: group.habits.termination.clone(),
            instance_warmup: group.habits.warmup,
            instance_lifetime: group.habits.lifetime,
            capacity_rebalance: group.habits.rebalances,
            suspended: group.suspended.keys().cloned().collect(),
            tags: tags.collect(),
            made_by: self.made_by(&group.maker),
        }
    }

    fn launch(&self, source: &Source) -> LaunchRecipe {
        match source {
            Source::Template(template) => LaunchRecipe {
                template: Some(template.id.clone()),
                template_name: Some(template.name.to_string())
                    .filter(|_| !self.region.launch_templates.contains_key(&template.id)),
                version: Some(template.version.clone()).filter(|it| it != USUAL_VERSION),
                ..LaunchRecipe::default()
            },
            Source::Plain(recipe) => LaunchRecipe {
                template: None,
                template_name: None,
                version: None,
                image: Some(recipe.image.clone())
                    .filter(|image| *image != images::usual(&self.spot.region)),
                kind: Some(recipe.kind.to_string()).filter(|kind| kind != USUAL_TYPE),
                security_groups: recipe.groups.clone(),
                tags: recipe.tags.clone(),
            },
        }
    }
}
