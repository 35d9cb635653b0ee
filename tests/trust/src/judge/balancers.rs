//! Load balancers, the groups that carry them, and the security groups of both.

use std::collections::BTreeSet;

use peerway_model::{InstanceId, LoadBalancerName, Place, SecurityGroupId};
use peerway_sim::Estate;
use peerway_sim::estate::{LoadBalancer, Regional};

use super::{Judge, MAKER, carries_our_tags, is_made_by_us, vpcs};

impl Judge {
    /// What we made, what carries our tags under a name that is wanted, and what is named for adoption. A name that nothing
    /// has is ours if we ever made something of it.
    pub(super) fn balancer_is_ours(
        &self,
        estate: &Estate,
        place: &Place,
        name: &LoadBalancerName,
    ) -> Result<(), String> {
        let objects = self.api.objects("proxyloadbalancers.peerway.dev");
        let wanted = |object: &&serde_json::Value| {
            let names = [
                &object["spec"]["name"],
                &object["spec"]["adopt"]["loadBalancerName"],
                &object["status"]["loadBalancer"]["name"],
            ];
            names.into_iter().any(|known| *known == name.as_str())
        };
        let is_wanted = objects.iter().any(|object| wanted(&object));
        let is_given = objects
            .iter()
            .any(|object| object["spec"]["adopt"]["loadBalancerName"] == name.as_str());
        let is_ours = match find(estate, place, name) {
            Some(there) => {
                is_made_by_us(there.made_by.as_ref())
                    || is_given
                    || is_wanted && carries_our_tags(&there.tags)
            }
            None => is_wanted || self.made_once(name),
        };
        if is_ours { Ok(()) } else { Err(format!("{name} is foreign")) }
    }

    fn made_once(&self, name: &LoadBalancerName) -> bool {
        let parameter = format!("LoadBalancerName={name}");
        self.world.ledger().iter().any(|call| {
            call.action == "CreateLoadBalancer"
                && call.was_applied
                && call.principal.as_deref().is_some_and(|who| who.contains(MAKER))
                && call.summary.split(' ').any(|word| word == parameter)
        })
    }
}

fn regional<'a>(estate: &'a Estate, place: &Place) -> Option<&'a Regional> {
    estate.accounts.get(place.account())?.regions.get(&place.region)
}

fn find<'a>(
    estate: &'a Estate,
    place: &Place,
    name: &LoadBalancerName,
) -> Option<&'a LoadBalancer> {
    let mut all = regional(estate, place)?.load_balancers.iter();
    all.find(|balancer| balancer.name == name.as_str())
}

/// What is not listed belongs to nobody.
pub(super) fn group_is_ours(estate: &Estate, id: &str) -> Result<(), String> {
    let mut groups = vpcs(estate).flat_map(|vpc| &vpc.security_groups);
    let found = groups.find(|group| group.id.as_ref().is_some_and(|known| known.as_str() == id));
    match found {
        Some(group) if !is_made_by_us(group.made_by.as_ref()) => Err(format!("{id} is foreign")),
        Some(_) | None => Ok(()),
    }
}

/// Between the groups that the instance's interface carries and those it is to carry, only groups of ours differ; and no
/// auto-scaling group has it.
pub(super) fn only_ours_change(
    estate: &Estate,
    instance: Option<&str>,
    groups: &[SecurityGroupId],
) -> Result<(), String> {
    let id = instance.ok_or("it is the interface of no instance that was read")?;
    let is_it = |known: Option<&InstanceId>| known.is_some_and(|known| known.as_str() == id);
    let mut regions = estate.accounts.values().flat_map(|account| account.regions.values());
    if regions.any(|region| {
        region.auto_scaling_groups.iter().any(|g| g.instances.iter().any(|i| is_it(Some(i))))
    }) {
        return Err(format!("{id} is an auto-scaling group's"));
    }
    let mut instances = vpcs(estate).flat_map(|vpc| &vpc.instances);
    let Some(there) = instances.find(|instance| is_it(instance.id.as_ref())) else { return Ok(()) };
    let has: BTreeSet<&SecurityGroupId> = there.security_groups.iter().flatten().collect();
    let wanted: BTreeSet<&SecurityGroupId> = groups.iter().collect();
    let mut differing = has.symmetric_difference(&wanted);
    differing.try_for_each(|group| group_is_ours(estate, group.as_str()))
}

/// None of the instances is of an auto-scaling group that the balancer is attached to.
pub(super) fn are_nobodys(
    estate: &Estate,
    place: &Place,
    name: &LoadBalancerName,
    instances: &[InstanceId],
) -> Result<(), String> {
    let groups = regional(estate, place).into_iter().flat_map(|it| &it.auto_scaling_groups);
    let mut attached = groups.filter(|group| {
        [&group.load_balancers, &group.traffic_sources]
            .iter()
            .any(|all| all.contains(name.as_str()))
    });
    let held = attached.find_map(|group| {
        let mut all = group.instances.iter();
        all.find(|known| instances.iter().any(|wanted| wanted.as_str() == known.as_str()))
    });
    held.map_or(Ok(()), |held| Err(format!("{held} is of a group that is attached")))
}
