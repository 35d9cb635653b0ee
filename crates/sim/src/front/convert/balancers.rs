//! Classic Load Balancers.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use peerway_model::{
    AccessLog, HealthCheck, InstanceHealth, InstanceId, InstanceState, Listener,
    ListenerDescription, ListenerProtocol, LoadBalancer, LoadBalancerAttributes,
    LoadBalancerPolicy, NewLoadBalancer, Scheme, SecurityGroupId, SubnetId, Tags,
};

use crate::elb;

/// What AWS calls the mode in which a balancer handles requests that could be understood in two ways.
const DESYNC: &str = "elb.http.desyncmitigationmode";
/// How long connections are drained, and how often logs are written, where nobody says.
const USUAL_DRAINING: u32 = 300;
const USUAL_LOG_INTERVAL: u16 = 60;

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|problem: T::Err| problem.to_string())
}

fn number<T: TryFrom<i32>>(value: i32) -> Result<T, String> {
    value.try_into().map_err(|_| format!("{value} is out of bounds"))
}

/// A balancer, if what it names is what it should be.
pub(in super::super) fn load_balancer(item: elb::BalancerItem) -> Result<LoadBalancer, String> {
    let listeners = item.listener_descriptions.into_iter().map(|item| {
        let listener = listener(item.listener)?;
        Ok((listener.port, ListenerDescription { listener, policies: item.policy_names }))
    });
    let backends = item.backend_server_descriptions.into_iter();
    let check = item.health_check;
    Ok(LoadBalancer {
        name: parsed(&item.load_balancer_name)?,
        vpc: Some(item.vpc_id),
        scheme: if item.scheme == "internal" { Scheme::Internal } else { Scheme::InternetFacing },
        dns_name: item.dns_name,
        hosted_zone_id: item.canonical_hosted_zone_name_id.map(str::to_owned),
        subnets: item.subnets,
        zones: item.availability_zones.iter().map(|zone| parsed(zone)).collect::<Result<_, _>>()?,
        security_groups: item.security_groups,
        listeners: listeners.collect::<Result<BTreeMap<_, _>, String>>()?,
        backends: backends.map(|item| (item.instance_port, item.policy_names)).collect(),
        health_check: HealthCheck {
            target: check.target,
            interval: number(check.interval)?,
            timeout: number(check.timeout)?,
            unhealthy_threshold: number(check.unhealthy_threshold)?,
            healthy_threshold: number(check.healthy_threshold)?,
        },
        instances: item
            .instances
            .iter()
            .map(|instance| parsed(&instance.instance_id))
            .collect::<Result<_, _>>()?,
    })
}

fn protocol(text: &str) -> Result<ListenerProtocol, String> {
    ListenerProtocol::of(text).ok_or_else(|| format!("{text} is no protocol of a listener"))
}

fn listener(item: elb::Listener) -> Result<Listener, String> {
    let front = protocol(&item.protocol)?;
    Ok(Listener {
        port: number(item.load_balancer_port)?,
        protocol: front,
        instance_port: number(item.instance_port)?,
        instance_protocol: item.instance_protocol.as_deref().map_or(Ok(front), protocol)?,
        certificate: item.ssl_certificate_id,
    })
}

pub(in super::super) fn to_listener(listener: &Listener) -> elb::Listener {
    elb::Listener {
        protocol: listener.protocol.to_string(),
        load_balancer_port: listener.port.into(),
        instance_protocol: Some(listener.instance_protocol.to_string()),
        instance_port: listener.instance_port.into(),
        ssl_certificate_id: listener.certificate.clone(),
    }
}

pub(in super::super) fn to_new_balancer(new: &NewLoadBalancer) -> elb::CreateLoadBalancer {
    elb::CreateLoadBalancer {
        load_balancer_name: new.name.to_string(),
        listeners: new.listeners.iter().map(to_listener).collect(),
        availability_zones: Vec::new(),
        subnets: new.subnets.iter().map(SubnetId::to_string).collect(),
        security_groups: new.security_groups.iter().map(SecurityGroupId::to_string).collect(),
        // There is no other word to say.
        scheme: (new.scheme == Scheme::Internal).then(|| new.scheme.to_string()),
        tags: to_tags(&new.tags),
    }
}

pub(in super::super) fn to_tags(tags: &Tags) -> Vec<elb::Tag> {
    let tags = tags.iter();
    tags.map(|(key, value)| elb::Tag { key: key.clone(), value: Some(value.clone()) }).collect()
}

pub(in super::super) fn to_instances(ids: &[InstanceId]) -> Vec<elb::Instance> {
    ids.iter().map(|id| elb::Instance { instance_id: id.to_string() }).collect()
}

pub(in super::super) fn attributes(
    item: elb::AttributesItem,
) -> Result<LoadBalancerAttributes, String> {
    let draining = item.connection_draining.filter(|draining| draining.enabled);
    let draining = draining.map(|draining| draining.timeout.map_or(Ok(USUAL_DRAINING), number));
    let log = item.access_log.filter(|log| log.enabled).map(|log| {
        Ok::<_, String>(AccessLog {
            bucket: log.s3_bucket_name.unwrap_or_default(),
            prefix: log.s3_bucket_prefix.unwrap_or_default(),
            interval: log.emit_interval.map_or(Ok(USUAL_LOG_INTERVAL), number)?,
        })
    });
    let mut additional = item.additional_attributes.into_iter();
    let idle = item.connection_settings.map(|settings| number(settings.idle_timeout));
    Ok(LoadBalancerAttributes {
        cross_zone: item.cross_zone_load_balancing.map(|cross_zone| cross_zone.enabled),
        idle_timeout: idle.transpose()?,
        draining: Some(draining.transpose()?),
        access_log: Some(log.transpose()?),
        desync_mode: additional
            .find(|attribute| attribute.key == DESYNC)
            .and_then(|attribute| attribute.value),
    })
}

/// What shall be changed; what is left out stays.
pub(in super::super) fn to_attributes(
    attributes: &LoadBalancerAttributes,
) -> Result<elb::AttributesItem, String> {
    let seconds = |value: u32| i32::try_from(value).map_err(|_| format!("{value} is too long"));
    let draining = attributes.draining.map(|draining| {
        Ok::<_, String>(elb::DrainingItem {
            enabled: draining.is_some(),
            timeout: draining.map(seconds).transpose()?,
        })
    });
    let log = attributes.access_log.as_ref().map(|log| {
        let log = log.as_ref();
        let prefix = log.map(|log| log.prefix.clone());
        elb::AccessLogItem {
            enabled: log.is_some(),
            s3_bucket_name: log.map(|log| log.bucket.clone()),
            emit_interval: log.map(|log| log.interval.into()),
            s3_bucket_prefix: prefix.filter(|prefix| !prefix.is_empty()),
        }
    });
    let idle = attributes.idle_timeout.map(seconds).transpose()?;
    let desync = attributes.desync_mode.iter();
    Ok(elb::AttributesItem {
        cross_zone_load_balancing: attributes
            .cross_zone
            .map(|enabled| elb::EnabledItem { enabled }),
        access_log: log,
        connection_draining: draining.transpose()?,
        connection_settings: idle.map(|idle_timeout| elb::IdleItem { idle_timeout }),
        additional_attributes: desync
            .map(|mode| elb::AdditionalAttribute {
                key: DESYNC.to_owned(),
                value: Some(mode.clone()),
            })
            .collect(),
    })
}

pub(in super::super) fn policy(item: elb::PolicyItem) -> LoadBalancerPolicy {
    let attributes = item.policy_attribute_descriptions.into_iter();
    let mut attributes: Vec<_> =
        attributes.map(|one| (one.attribute_name, one.attribute_value)).collect();
    attributes.sort();
    LoadBalancerPolicy { name: item.policy_name, kind: item.policy_type_name, attributes }
}

pub(in super::super) fn to_policy(policy: &LoadBalancerPolicy) -> elb::CreateLoadBalancerPolicy {
    let attributes = policy.attributes.iter().map(|(name, value)| elb::PolicyAttribute {
        attribute_name: name.clone(),
        attribute_value: value.clone(),
    });
    elb::CreateLoadBalancerPolicy {
        policy_name: policy.name.clone(),
        policy_type_name: policy.kind.clone(),
        policy_attributes: attributes.collect(),
        ..elb::CreateLoadBalancerPolicy::default()
    }
}

pub(in super::super) fn health(item: elb::InstanceStateItem) -> InstanceHealth {
    InstanceHealth {
        instance: item.instance_id,
        state: match item.state {
            "InService" => InstanceState::InService,
            "OutOfService" => InstanceState::OutOfService,
            _ => InstanceState::Unknown,
        },
        reason_code: item.reason_code.to_owned(),
        description: item.description,
    }
}
