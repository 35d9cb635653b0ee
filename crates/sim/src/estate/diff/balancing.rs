//! Facts about certificates, balancers and auto-scaling groups.

use std::collections::BTreeSet;

use super::{Facts, Things, flag, note, tags};
use crate::estate::{AccessLog, AutoScalingGroup, GroupTag, LoadBalancer, Regional};
use crate::id::InstanceId;

fn joined<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

pub(super) fn things(things: &mut Things, place: &str, regional: &Regional) {
    for certificate in &regional.certificates {
        let mut facts = Facts::new();
        note(&mut facts, "domain", certificate.domain.as_ref());
        tags(&mut facts, &certificate.tags);
        note(&mut facts, "made by", certificate.made_by.as_ref());
        things.insert(format!("certificate {}", certificate.arn), facts);
    }
    for bucket in &regional.log_buckets {
        things.insert(format!("log bucket {bucket} in {place}"), Facts::new());
    }
    for balancer in &regional.load_balancers {
        // Names are an account's own in each Region.
        let name = format!("load balancer {} in {place}", balancer.name);
        things.insert(name, balancer_facts(balancer));
    }
    for group in &regional.auto_scaling_groups {
        let name = format!("auto-scaling group {} in {place}", group.name);
        things.insert(name, group_facts(group));
    }
}

fn balancer_facts(balancer: &LoadBalancer) -> Facts {
    let mut facts = Facts::new();
    note(&mut facts, "number", balancer.number);
    flag(&mut facts, "faces the internet", balancer.internet_facing);
    for subnet in &balancer.subnets {
        facts.insert(format!("subnet {subnet}"), String::new());
    }
    for group in balancer.security_groups.iter().flatten() {
        facts.insert(format!("security group {group}"), String::new());
    }
    for listener in &balancer.listeners {
        let protocol = listener.instance_protocol.as_ref().unwrap_or(&listener.protocol);
        let port = listener.instance_port.unwrap_or(listener.port);
        let mut to = format!("to {protocol} {port}");
        let certificate = listener.certificate.as_ref().map(|arn| format!(", certificate {arn}"));
        let policies = listener.policies.as_ref().and_then(joined);
        let policies = policies.map(|policies| format!(", policies {policies}"));
        to.extend(certificate.into_iter().chain(policies));
        facts.insert(format!("listener {} {}", listener.protocol, listener.port), to);
    }
    note(
        &mut facts,
        "health check",
        balancer.health_check.as_ref().map(|check| {
            format!(
                "{} every {} s, timeout {} s, thresholds {} and {}",
                check.target,
                check.interval,
                check.timeout,
                check.unhealthy_threshold,
                check.healthy_threshold
            )
        }),
    );
    let attributes = &balancer.attributes;
    flag(&mut facts, "cross-zone", attributes.cross_zone);
    note(&mut facts, "idle timeout", Some(attributes.idle_timeout));
    note(&mut facts, "draining timeout", attributes.draining_timeout);
    note(&mut facts, "former draining timeout", attributes.former_draining_timeout);
    let log = |log: &AccessLog| {
        let prefix = log.prefix.as_deref().unwrap_or_default();
        format!("{}/{prefix} every {} min", log.bucket, log.interval)
    };
    note(&mut facts, "access log", attributes.access_log.as_ref().map(log));
    note(&mut facts, "former access log", attributes.former_access_log.as_ref().map(log));
    note(&mut facts, "desync mode", attributes.desync_mode.as_ref());
    for policy in &balancer.policies {
        let attributes = policy.attributes.iter().map(|it| format!("{}={}", it.name, it.value));
        let says = joined(attributes).unwrap_or_default();
        facts.insert(format!("policy {}", policy.name), format!("{} {says}", policy.kind));
    }
    for (port, policies) in &balancer.backend_policies {
        note(&mut facts, &format!("policies of instance port {port}"), joined(policies));
    }
    for instance in &balancer.instances {
        facts.insert(format!("instance {instance}"), String::new());
    }
    tags(&mut facts, &balancer.tags);
    note(&mut facts, "made by", balancer.made_by.as_ref());
    facts
}

fn group_facts(group: &AutoScalingGroup) -> Facts {
    let mut facts = Facts::new();
    note(&mut facts, "subnets", joined(&group.subnets));
    for instance in &group.instances {
        let is_in = |some: &BTreeSet<InstanceId>| some.contains(instance);
        let how = [
            ("protected", is_in(&group.protected_instances)),
            ("unhealthy", is_in(&group.unhealthy_instances)),
        ];
        let how = how.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word);
        facts.insert(format!("instance {instance}"), joined(how).unwrap_or_default());
    }
    note(&mut facts, "desired", group.desired);
    note(&mut facts, "min", group.min);
    note(&mut facts, "max", group.max);
    let launch = &group.launch;
    note(&mut facts, "launch template", launch.template.as_ref());
    note(&mut facts, "its version", launch.version.as_ref());
    note(&mut facts, "image", launch.image.as_ref());
    note(&mut facts, "type", launch.kind.as_ref());
    note(&mut facts, "launches with groups", launch.security_groups.as_ref().and_then(joined));
    for (key, value) in &launch.tags {
        facts.insert(format!("launches with tag {key}"), format!("{value:?}"));
    }
    for balancer in &group.load_balancers {
        facts.insert(format!("load balancer {balancer}"), String::new());
    }
    for balancer in &group.traffic_sources {
        facts.insert(format!("load balancer {balancer}"), "as a traffic source".to_owned());
    }
    for (balancer, instances) in &group.unregistered {
        facts.insert(format!("kept from {balancer}"), joined(instances).unwrap_or_default());
    }
    flag(&mut facts, "stale", group.stale);
    note(&mut facts, "health check type", group.health_check_type.as_ref());
    note(&mut facts, "grace period", Some(group.grace_period).filter(|seconds| *seconds > 0));
    note(&mut facts, "cooldown", group.cooldown);
    flag(&mut facts, "protects new instances", group.protects_new_instances);
    note(&mut facts, "termination policies", joined(&group.termination_policies));
    note(&mut facts, "instance warmup", group.instance_warmup);
    note(&mut facts, "instance lifetime", group.instance_lifetime);
    note(&mut facts, "capacity rebalance", group.capacity_rebalance);
    for process in &group.suspended {
        facts.insert(format!("suspended {process}"), String::new());
    }
    for (key, tag) in &group.tags {
        let told = match tag {
            GroupTag::Plain(value) => format!("{value:?}"),
            GroupTag::Told(told) if told.at_launch => format!("{:?}", told.value),
            GroupTag::Told(told) => format!("{:?} (not for instances)", told.value),
        };
        facts.insert(format!("tag {key}"), told);
    }
    note(&mut facts, "made by", group.made_by.as_ref());
    facts
}
