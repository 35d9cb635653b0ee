//! Mischief to the load balancers that callers made, and to what ties groups and instances to them.

use peerway_model::Tags;

use super::{Ground, deed, is_made};
use crate::Action;
use crate::elb::Balancer;
use crate::weather::dice::Dice;
use crate::weather::hands::Deed;

const NAME: &str = "LoadBalancerName";
const NAMES: &str = "LoadBalancerNames.member.1";

impl<'a> Ground<'a> {
    /// The balancers that callers made, by name.
    pub(super) fn balancers(&self) -> impl Iterator<Item = (&'a str, &'a Balancer)> {
        let all = self.here().balancers.iter().filter(|(_, balancer)| is_made(&balancer.maker));
        all.map(|(name, balancer)| (name.as_str(), balancer))
    }

    pub(super) fn strip_balancer(&self, name: &str, tags: &Tags) -> Option<Deed> {
        let keys = tags.keys().enumerate();
        let keys: Vec<_> =
            keys.map(|(at, key)| (format!("Tags.member.{}.Key", at + 1), key.as_str())).collect();
        let keys = keys.iter().map(|(name, key)| (name.as_str(), *key));
        let params: Vec<_> = [(NAMES, name)].into_iter().chain(keys).collect();
        deed(self.spot, Action::RemoveTags, &params)
    }

    /// Onto any other balancer.
    pub(super) fn copy_to_balancer(
        &self,
        from: &str,
        copied: &Tags,
        dice: &mut Dice,
    ) -> Option<Deed> {
        let others: Vec<&String> =
            self.here().balancers.keys().filter(|name| *name != from).collect();
        let onto = dice.pick(&others)?;
        self.tag(Action::AddTags, (NAMES, onto), "Tags.member", copied)
    }

    pub(super) fn delete_balancer(&self, name: &str) -> Option<Deed> {
        deed(self.spot, Action::DeleteLoadBalancer, &[(NAME, name)])
    }

    pub(super) fn detach_group(&self, dice: &mut Dice) -> Option<Deed> {
        let groups = || self.here().scaling_groups.iter();
        let links: Vec<_> = self
            .balancers()
            .flat_map(|(balancer, _)| groups().map(move |(name, group)| (name, group, balancer)))
            .filter(|(_, group, balancer)| {
                group.links.get(*balancer).is_some_and(|link| link.removing_until.is_none())
            })
            .map(|(name, _, balancer)| (name.as_str(), balancer))
            .collect();
        let (group, balancer) = dice.pick(&links)?;
        let params = [("AutoScalingGroupName", *group), (NAMES, *balancer)];
        deed(self.spot, Action::DetachLoadBalancers, &params)
    }

    pub(super) fn deregister_instance(&self, dice: &mut Dice) -> Option<Deed> {
        let members: Vec<_> = self
            .balancers()
            .flat_map(|(name, balancer)| balancer.members.keys().map(move |id| (name, id)))
            .collect();
        let (name, id) = dice.pick(&members)?;
        let params = [(NAME, *name), ("Instances.member.1.InstanceId", id.as_str())];
        deed(self.spot, Action::DeregisterInstancesFromLoadBalancer, &params)
    }

    pub(super) fn delete_listener(&self, dice: &mut Dice) -> Option<Deed> {
        let listeners: Vec<_> = self
            .balancers()
            .flat_map(|(name, balancer)| balancer.listeners.keys().map(move |port| (name, *port)))
            .collect();
        let (name, port) = dice.pick(&listeners)?;
        let params = [(NAME, *name), ("LoadBalancerPorts.member.1", &port.to_string())];
        deed(self.spot, Action::DeleteLoadBalancerListeners, &params)
    }
}
