//! What every step must keep to, whatever the world: it touches nothing that is not ours, makes no second of anything,
//! and asks AWS for nothing that AWS refuses.
#![expect(clippy::wildcard_enum_match_arm, reason = "what is not named is checked the same way")]

use std::collections::BTreeSet;

use peerway_model::ownership::Claim;
use peerway_model::{Item, LoadBalancer, Part, Reading, RuleSource, SecurityGroupId, Tags};

use super::super::step::Call;
use super::super::{Desired, Observed, Recorded, Step};
use crate::vpc_peering::plan::rule_key;

fn part<T: Item>(reading: Option<&Reading<T>>) -> &Part<T> {
    reading.unwrap().part.as_ref().unwrap()
}

pub(super) fn check(desired: &Desired, observed: &Observed, recorded: &Recorded, step: &Step) {
    let view = &observed.views[&step.place];
    let balancers = part(view.load_balancers.as_ref());
    let groups = part(view.auto_scaling_groups.as_ref());
    let there = balancers.get(&step.balancer);
    let owner = &desired.owner;
    let is_ours =
        |tags: &Tags| matches!(owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation);
    let tags = view.balancers.get(&step.balancer).and_then(|it| it.tags.as_ref()?.as_ref().ok());
    let naming = || groups.iter().filter(|group| group.load_balancers.contains(&step.balancer));
    assert_eq!(step.balancer, desired.name, "{step}");
    match &step.call {
        Call::CreateGroup { .. }
        | Call::Tag { .. }
        | Call::Untag { .. }
        | Call::DeleteGroup { .. }
        | Call::AuthorizeIngress { .. }
        | Call::RevokeIngress { .. }
        | Call::SetInterfaceGroups { .. } => firewall(desired, observed, recorded, step),
        Call::CreateBalancer(new) => {
            assert!(there.is_none(), "{step}: there is one");
            assert_eq!(naming().count(), 0, "{step}: somebody still names what is gone");
            assert!(recorded.name.as_ref() == Some(&new.name), "{step}: not recorded first");
            let zones = zones_of(observed, step, new.subnets.iter());
            assert_eq!(zones.len(), new.subnets.len(), "{step}: two in one zone");
            assert!(!new.subnets.is_empty() && new.tags.len() <= 10, "{step}");
        }
        Call::TagBalancer { tags: more } => {
            let seen = tags.unwrap();
            let is_named = desired.spec.adopt.is_some();
            assert!(is_ours(seen) || recorded.exists || is_named, "{step}: not ours");
            assert_ne!(owner.claim(seen), Claim::Others, "{step}: somebody else's");
            assert!(seen.keys().chain(more.keys()).collect::<BTreeSet<_>>().len() <= 10, "{step}");
        }
        Call::DetachFrom { group, .. } => {
            let is_known = there.is_none();
            assert!(is_known || is_ours(tags.unwrap()), "{step}: not ours");
            let group = groups.get(group).unwrap();
            assert!(group.load_balancers.contains(&step.balancer), "{step}: it is not there");
        }
        call => {
            assert!(is_ours(tags.unwrap()), "{step}: not ours");
            own(observed, step, there.unwrap(), call);
        }
    }
}

fn zones_of<'a>(
    observed: &Observed,
    step: &Step,
    subnets: impl Iterator<Item = &'a peerway_model::SubnetId>,
) -> BTreeSet<peerway_model::ZoneId> {
    let part = observed.views[&step.place].subnets.part.as_ref().unwrap();
    subnets.map(|id| part.get(id).unwrap().zone.clone()).collect()
}

/// Calls on a balancer of ours.
fn own(observed: &Observed, step: &Step, there: &LoadBalancer, call: &Call) {
    let view = &observed.views[&step.place];
    let groups = part(view.auto_scaling_groups.as_ref());
    let naming = || groups.iter().filter(|group| group.load_balancers.contains(&step.balancer));
    let told = view.balancers[&step.balancer].policies.as_ref().unwrap().as_ref().unwrap();
    let used = || there.listeners.values().flat_map(|it| &it.policies);
    let used = || used().chain(there.backends.values().flatten());
    match call {
        Call::DeleteBalancer => assert_eq!(naming().count(), 0, "{step}: still named"),
        Call::CreateListeners { listeners } => {
            for (index, new) in listeners.iter().enumerate() {
                assert!(!there.listeners.contains_key(&new.port), "{step}: the port is taken");
                let known = there.listeners.values().map(|known| &known.listener);
                for other in known.chain(&listeners[..index]) {
                    let is_same = other.instance_port == new.instance_port;
                    let clash =
                        other.instance_protocol.is_secure() != new.instance_protocol.is_secure();
                    assert!(!(is_same && clash), "{step}: AWS refuses it beside {other}");
                }
            }
        }
        Call::DeleteListeners { ports } => {
            assert!(ports.iter().all(|port| there.listeners.contains_key(port)), "{step}");
        }
        Call::SetListenerPolicies { port, policies } => {
            assert!(there.listeners.contains_key(port), "{step}");
            assert!(policies.iter().all(|it| told.iter().any(|known| known.name == *it)), "{step}");
        }
        Call::SetBackendPolicies { instance_port, policies } => {
            let mut listeners = there.listeners.values();
            let is_known = there.backends.contains_key(instance_port)
                || listeners.any(|it| it.listener.instance_port == *instance_port);
            assert!(is_known, "{step}: no listener uses that port");
            assert!(policies.iter().all(|it| told.iter().any(|known| known.name == *it)), "{step}");
        }
        Call::CreatePolicy { policy } => {
            assert!(told.iter().all(|known| known.name != policy.name), "{step}: there is one");
        }
        Call::DeletePolicy { policy } => {
            assert!(policy.starts_with("peerway-"), "{step}: not ours");
            assert!(used().all(|name| name != policy), "{step}: in use");
            let mut values = told.iter().flat_map(|it| &it.attributes);
            assert!(values.all(|(_, value)| value != policy), "{step}: another needs it");
        }
        Call::AttachSubnets { subnets } => {
            let all: Vec<_> = there.subnets.iter().chain(subnets).collect();
            let zones = zones_of(observed, step, all.iter().copied());
            assert_eq!(zones.len(), all.len(), "{step}: two in one zone");
        }
        Call::DetachSubnets { subnets } => {
            assert!(there.subnets.iter().any(|id| !subnets.contains(id)), "{step}: the last ones");
        }
        Call::ApplyGroups { groups } => assert!(!groups.is_empty(), "{step}"),
        Call::AttachTo { group, .. } => {
            let group = groups.get(group).unwrap();
            assert!(!group.load_balancers.contains(&step.balancer), "{step}: it is");
            assert!(group.load_balancers.len() < 50, "{step}: one too many");
        }
        Call::Register { instances } | Call::Deregister { instances } => {
            let mut theirs = naming().flat_map(|group| &group.instances);
            assert!(!theirs.any(|it| instances.contains(&it.id)), "{step}: its group's to do");
        }
        _ => {}
    }
}

fn firewall(desired: &Desired, observed: &Observed, recorded: &Recorded, step: &Step) {
    let view = &observed.views[&step.place];
    let groups = view.security_groups.part.as_ref().unwrap();
    let rules = view.security_group_rules.part.as_ref().unwrap();
    let interfaces = part(view.network_interfaces.as_ref());
    let is_ours =
        |tags: &Tags| matches!(desired.owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation);
    let is_made = |id: &SecurityGroupId| {
        groups.get(id).is_some_and(|group| {
            is_ours(&group.tags) || recorded.made.get(&group.name) == Some(&Some(id.clone()))
        })
    };
    match &step.call {
        Call::CreateGroup { vpc, name, .. } => {
            let twin = groups.iter().find(|group| group.vpc == *vpc && group.name == *name);
            assert!(twin.is_none(), "{step}: there is one");
            assert!(recorded.made.contains_key(name), "{step}: not recorded first");
        }
        Call::Tag { id, .. } | Call::Untag { id, .. } => {
            let rule = id.parse().ok().and_then(|id| rules.get(&id));
            let is_recorded = |rule: &peerway_model::SecurityGroupRule| {
                recorded.rules.values().flatten().any(|known| *known == rule.id)
            };
            let is_right = rule.is_some_and(|rule| is_ours(&rule.tags) || is_recorded(rule))
                || id.parse().ok().is_some_and(|id| is_made(&id));
            assert!(is_right, "{step}: not ours");
        }
        Call::DeleteGroup { group, .. } => {
            assert!(is_ours(&groups.get(group).unwrap().tags), "{step}: not ours");
            assert!(interfaces.iter().all(|it| !it.groups.contains(group)), "{step}: carried");
            let mut others = rules.iter().filter(|rule| rule.group != *group);
            let names = |rule: &peerway_model::SecurityGroupRule| matches!(&rule.source, RuleSource::SecurityGroup { id, .. } if id == group);
            assert!(!others.any(names), "{step}: a rule names it");
        }
        Call::AuthorizeIngress { rule, .. } => {
            assert!(!rules.iter().any(|there| rule.is_key_of(there)), "{step}: it is there");
            let is_recorded = recorded.rules.contains_key(&rule_key(rule));
            assert!(is_made(&rule.group) || is_recorded, "{step}: not recorded first");
        }
        Call::RevokeIngress { group, rule, .. } => {
            let seen = rules.get(rule).unwrap();
            let key = peerway_model::IngressRule::of(seen);
            let admits_ours =
                matches!(&seen.source, RuleSource::SecurityGroup { id, .. } if is_made(id));
            let is_written = recorded.rules.contains_key(&rule_key(&key)) || admits_ours;
            assert!(is_made(group) || is_written && is_ours(&seen.tags), "{step}: not ours");
        }
        Call::SetInterfaceGroups { interface, groups: next, adds, .. } => {
            let seen = interfaces.get(interface).unwrap();
            let before: BTreeSet<_> = seen.groups.iter().collect();
            let after: BTreeSet<_> = next.iter().collect();
            let mut changed = before.symmetric_difference(&after);
            assert!(changed.all(|id| is_made(id)), "{step}: more than ours");
            let added = after.difference(&before).count();
            assert_eq!(added, usize::from(*adds), "{step}");
            let instance = seen.instance.as_ref().unwrap().parse().unwrap();
            let instance = part(view.instances.as_ref()).get(&instance);
            let group = instance.and_then(|instance| instance.auto_scaling_group.as_ref());
            assert!(group.is_none(), "{step}: an auto-scaling group's");
        }
        other => unreachable!("{other:?}"),
    }
}
