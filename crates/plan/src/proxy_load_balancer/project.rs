//! What a step would make of the world: for the properties of plans.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`apply` deals out every call by name; what it hands on is of one sort"
)]

use std::collections::BTreeMap;

use peerway_model::{
    AttachState, Attachment, Direction, InstanceHealth, InstanceState, Listener,
    ListenerDescription, LoadBalancer, LoadBalancerAttributes, LoadBalancerName, SecurityGroup,
    SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, ZoneName,
};

use super::Observed;
use super::step::{Call, Step};
use crate::View;
use crate::observed::Details;
use crate::world::{edit, put, take, untag, views_of};

/// The world after `step`, as AWS would show it once everything has come to rest: instances pass their checks. Ids that
/// AWS has yet to give stand as pending, one per slot.
#[must_use]
pub fn project(observed: &Observed, step: &Step) -> Observed {
    let mut next = observed.clone();
    for view in views_of(&mut next, &step.place) {
        apply(view, &step.balancer, &step.call);
    }
    next
}

fn apply(view: &mut View, name: &LoadBalancerName, call: &Call) {
    match call {
        Call::CreateGroup { .. }
        | Call::Tag { .. }
        | Call::Untag { .. }
        | Call::DeleteGroup { .. }
        | Call::AuthorizeIngress { .. }
        | Call::RevokeIngress { .. }
        | Call::SetInterfaceGroups { .. } => firewall(view, call),
        Call::CreateBalancer(_) | Call::DeleteBalancer => exists(view, name, call),
        Call::TagBalancer { tags } => told(view, name, |details| {
            if let Some(Ok(there)) = &mut details.tags {
                there.extend(tags.clone());
            }
        }),
        Call::UntagBalancer { tags } => told(view, name, |details| {
            if let Some(Ok(there)) = &mut details.tags {
                untag(there, tags);
            }
        }),
        Call::CreatePolicy { policy } => told(view, name, |details| {
            if let Some(Ok(policies)) = &mut details.policies {
                policies.push(policy.clone());
            }
        }),
        Call::DeletePolicy { policy } => told(view, name, |details| {
            if let Some(Ok(policies)) = &mut details.policies {
                policies.retain(|there| there.name != *policy);
            }
        }),
        Call::ModifyAttributes { attributes } => told(view, name, |details| {
            if let Some(Ok(there)) = &mut details.attributes {
                modify(there, attributes);
            }
        }),
        Call::AttachTo { .. }
        | Call::DetachFrom { .. }
        | Call::Register { .. }
        | Call::Deregister { .. } => members(view, name, call),
        Call::CreateListeners { .. }
        | Call::DeleteListeners { .. }
        | Call::SetCertificate { .. }
        | Call::SetListenerPolicies { .. }
        | Call::SetBackendPolicies { .. }
        | Call::ConfigureHealthCheck { .. }
        | Call::AttachSubnets { .. }
        | Call::DetachSubnets { .. }
        | Call::ApplyGroups { .. } => {
            let zones = zones(view, call);
            let Some(balancers) = &mut view.load_balancers else { return };
            edit(balancers, name, |there| change(there, call, zones));
        }
    }
}

fn firewall(view: &mut View, call: &Call) {
    match call {
        Call::CreateGroup { vpc, name, description, tags } => {
            let owner = view.vpcs.part.as_ref().and_then(|part| part.get(vpc));
            let Some(owner) = owner.map(|vpc| vpc.owner.clone()) else { return };
            put(
                &mut view.security_groups,
                SecurityGroup {
                    id: SecurityGroupId::pending(name),
                    vpc: vpc.clone(),
                    owner,
                    name: name.clone(),
                    description: description.clone(),
                    tags: tags.clone(),
                },
            );
        }
        Call::Tag { id, tags, .. } => {
            if let Ok(id) = id.parse() {
                edit(&mut view.security_groups, &id, |it| it.tags.extend(tags.clone()));
            }
            if let Ok(id) = id.parse() {
                edit(&mut view.security_group_rules, &id, |it| it.tags.extend(tags.clone()));
            }
        }
        Call::Untag { id, tags, .. } => {
            if let Ok(id) = id.parse() {
                edit(&mut view.security_groups, &id, |it| untag(&mut it.tags, tags));
            }
            if let Ok(id) = id.parse() {
                edit(&mut view.security_group_rules, &id, |it| untag(&mut it.tags, tags));
            }
        }
        Call::DeleteGroup { group, .. } => {
            take(&mut view.security_groups, group);
            // Its rules go with it.
            let rules = view.security_group_rules.part.iter().flat_map(|part| part.iter());
            let gone: Vec<_> =
                rules.filter(|rule| rule.group == *group).map(|rule| rule.id.clone()).collect();
            for rule in gone {
                take(&mut view.security_group_rules, &rule);
            }
        }
        Call::AuthorizeIngress { rule, tags } => put(
            &mut view.security_group_rules,
            SecurityGroupRule {
                id: SecurityGroupRuleId::pending(&format!("{} {rule}", rule.group)),
                group: rule.group.clone(),
                direction: Direction::Ingress,
                protocol: rule.protocol,
                ports: rule.ports,
                source: rule.source.clone(),
                tags: tags.clone(),
            },
        ),
        Call::RevokeIngress { rule, .. } => take(&mut view.security_group_rules, rule),
        Call::SetInterfaceGroups { interface, groups, .. } => {
            if let Some(interfaces) = &mut view.network_interfaces {
                edit(interfaces, interface, |it| it.groups.clone_from(groups));
            }
        }
        other => unreachable!("not about security groups: {other:?}"),
    }
}

/// What AWS gives a balancer that is made.
fn exists(view: &mut View, name: &LoadBalancerName, call: &Call) {
    let zones = zones(view, call);
    let Some(balancers) = &mut view.load_balancers else { return };
    let Call::CreateBalancer(new) = call else {
        take(balancers, name);
        view.balancers.remove(name);
        return;
    };
    let vpc = view.subnets.part.iter().find_map(|part| part.get(new.subnets.first()?));
    let first = new.listeners.first().map_or(80, |listener| listener.instance_port);
    put(
        balancers,
        LoadBalancer {
            name: name.clone(),
            vpc: vpc.map(|subnet| subnet.vpc.clone()),
            scheme: new.scheme,
            dns_name: format!("internal-{name}-1.elb.amazonaws.com"),
            hosted_zone_id: None,
            subnets: new.subnets.clone(),
            zones,
            security_groups: new.security_groups.clone(),
            listeners: new.listeners.iter().map(described).collect(),
            backends: BTreeMap::new(),
            health_check: peerway_model::HealthCheck {
                target: format!("TCP:{first}"),
                interval: 30,
                timeout: 5,
                unhealthy_threshold: 2,
                healthy_threshold: 10,
            },
            instances: Vec::new(),
        },
    );
    let details = Details {
        tags: Some(Ok(new.tags.clone())),
        attributes: Some(Ok(LoadBalancerAttributes {
            cross_zone: Some(false),
            idle_timeout: Some(60),
            draining: Some(None),
            access_log: Some(None),
            desync_mode: Some("defensive".to_owned()),
        })),
        policies: Some(Ok(Vec::new())),
        health: Some(Ok(Vec::new())),
    };
    view.balancers.insert(name.clone(), details);
}

fn described(listener: &Listener) -> (u16, ListenerDescription) {
    (listener.port, ListenerDescription { listener: listener.clone(), policies: Vec::new() })
}

/// The names of the zones of the subnets that a call adds.
fn zones(view: &View, call: &Call) -> Vec<ZoneName> {
    let subnets = match call {
        Call::CreateBalancer(new) => &new.subnets,
        Call::AttachSubnets { subnets } | Call::DetachSubnets { subnets } => subnets,
        _ => return Vec::new(),
    };
    let part = view.subnets.part.iter();
    let ids = part.flat_map(|part| subnets.iter().filter_map(|id| part.get(id)));
    ids.filter_map(|subnet| zone_name(subnet.zone.as_str())).collect()
}

/// A name as the simulated accounts give them: `usw2-az1` is the `a` of its Region.
fn zone_name(id: &str) -> Option<ZoneName> {
    let number: u8 = id.rsplit_once("az")?.1.parse().ok()?;
    let letter = char::from(b'a' + number.checked_sub(1)?);
    format!("us-west-2{letter}").parse().ok()
}

fn change(there: &mut LoadBalancer, call: &Call, zones: Vec<ZoneName>) {
    match call {
        Call::CreateListeners { listeners } => {
            there.listeners.extend(listeners.iter().map(described));
        }
        Call::DeleteListeners { ports } => {
            there.listeners.retain(|port, _| !ports.contains(port));
        }
        Call::SetCertificate { port, certificate } => {
            if let Some(known) = there.listeners.get_mut(port) {
                known.listener.certificate = Some(certificate.clone());
            }
        }
        Call::SetListenerPolicies { port, policies } => {
            if let Some(known) = there.listeners.get_mut(port) {
                known.policies.clone_from(policies);
            }
        }
        Call::SetBackendPolicies { instance_port, policies } => {
            there.backends.insert(*instance_port, policies.clone());
        }
        Call::ConfigureHealthCheck { check } => there.health_check = check.clone(),
        Call::AttachSubnets { subnets } => {
            there.subnets.extend(subnets.iter().cloned());
            there.zones.extend(zones);
        }
        Call::DetachSubnets { subnets } => {
            there.subnets.retain(|id| !subnets.contains(id));
            there.zones.retain(|zone| !zones.contains(zone));
        }
        Call::ApplyGroups { groups } => there.security_groups.clone_from(groups),
        other => unreachable!("not about the balancer itself: {other:?}"),
    }
}

fn told(view: &mut View, name: &LoadBalancerName, change: impl FnOnce(&mut Details)) {
    if let Some(details) = view.balancers.get_mut(name) {
        change(details);
    }
}

fn modify(there: &mut LoadBalancerAttributes, attributes: &LoadBalancerAttributes) {
    let LoadBalancerAttributes { cross_zone, idle_timeout, draining, access_log, desync_mode } =
        attributes.clone();
    there.cross_zone = cross_zone.or(there.cross_zone);
    there.idle_timeout = idle_timeout.or(there.idle_timeout);
    there.draining = draining.or(there.draining);
    there.access_log = access_log.or(there.access_log.take());
    there.desync_mode = desync_mode.or(there.desync_mode.take());
}

/// Instances come and go, by themselves or with their groups.
fn members(view: &mut View, name: &LoadBalancerName, call: &Call) {
    let mut joining = Vec::new();
    let mut leaving = Vec::new();
    match call {
        Call::AttachTo { group, .. } => {
            let Some(groups) = &mut view.auto_scaling_groups else { return };
            edit(groups, group, |group| {
                group.load_balancers.push(name.clone());
                joining.extend(group.instances.iter().map(|instance| instance.id.clone()));
            });
            let attachment = Attachment { load_balancer: name.clone(), state: AttachState::Added };
            view.attachments.insert(group.clone(), Ok(vec![attachment]));
        }
        Call::DetachFrom { group, .. } => {
            let Some(groups) = &mut view.auto_scaling_groups else { return };
            edit(groups, group, |group| {
                group.load_balancers.retain(|there| there != name);
                leaving.extend(group.instances.iter().map(|instance| instance.id.clone()));
            });
            view.attachments.insert(group.clone(), Ok(Vec::new()));
        }
        Call::Register { instances } => joining.clone_from(instances),
        Call::Deregister { instances } => leaving.clone_from(instances),
        other => unreachable!("not about instances: {other:?}"),
    }
    let Some(balancers) = &mut view.load_balancers else { return };
    edit(balancers, name, |there| {
        there.instances.retain(|id| !leaving.contains(id));
        there.instances.extend(joining.iter().cloned());
    });
    told(view, name, |details| {
        let Some(Ok(health)) = &mut details.health else { return };
        health.retain(|one| !leaving.contains(&one.instance));
        health.extend(joining.into_iter().map(|instance| InstanceHealth {
            instance,
            state: InstanceState::InService,
            reason_code: "N/A".to_owned(),
            description: "N/A".to_owned(),
        }));
    });
}
