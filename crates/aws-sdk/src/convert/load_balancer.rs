//! Classic Load Balancers.

use aws_sdk_elasticloadbalancing::types;
use peerway_model::{
    AccessLog, HealthCheck, InstanceHealth, InstanceState, Listener, ListenerDescription,
    ListenerProtocol, LoadBalancer, LoadBalancerAttributes, LoadBalancerPolicy, Scheme, Tags,
};

use super::{Problem, parsed};

/// The additional attribute that is known here.
const DESYNC: &str = "elb.http.desyncmitigationmode";

fn number<T: TryFrom<i32>>(field: &str, value: i32) -> Result<T, Problem> {
    T::try_from(value).map_err(|_| Problem(format!("{field}: {value}")))
}

fn all<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &str,
    texts: &[String],
) -> Result<Vec<T>, Problem> {
    texts.iter().map(|text| parsed(field, Some(text))).collect()
}

pub(crate) fn load_balancer(
    balancer: &types::LoadBalancerDescription,
) -> Result<LoadBalancer, Problem> {
    let check = balancer.health_check().ok_or_else(|| Problem("no HealthCheck".to_owned()))?;
    let listeners = balancer.listener_descriptions().iter().map(listener);
    let backends = balancer.backend_server_descriptions().iter().map(|backend| {
        let port = backend.instance_port().unwrap_or_default();
        Ok((number("InstancePort", port)?, backend.policy_names().to_vec()))
    });
    let instances = balancer.instances().iter();
    Ok(LoadBalancer {
        name: parsed("LoadBalancerName", balancer.load_balancer_name())?,
        vpc: balancer.vpc_id().map(|id| parsed("VPCId", Some(id))).transpose()?,
        scheme: match balancer.scheme() {
            Some("internal") => Scheme::Internal,
            _ => Scheme::InternetFacing,
        },
        dns_name: balancer.dns_name().unwrap_or_default().to_owned(),
        hosted_zone_id: balancer.canonical_hosted_zone_name_id().map(str::to_owned),
        subnets: all("Subnets", balancer.subnets())?,
        zones: all("AvailabilityZones", balancer.availability_zones())?,
        security_groups: all("SecurityGroups", balancer.security_groups())?,
        listeners: listeners.collect::<Result<_, Problem>>()?,
        backends: backends.collect::<Result<_, Problem>>()?,
        health_check: HealthCheck {
            target: check.target().to_owned(),
            interval: number("Interval", check.interval())?,
            timeout: number("Timeout", check.timeout())?,
            unhealthy_threshold: number("UnhealthyThreshold", check.unhealthy_threshold())?,
            healthy_threshold: number("HealthyThreshold", check.healthy_threshold())?,
        },
        instances: instances
            .map(|instance| parsed("InstanceId", instance.instance_id()))
            .collect::<Result<_, Problem>>()?,
    })
}

fn listener(told: &types::ListenerDescription) -> Result<(u16, ListenerDescription), Problem> {
    let listener = told.listener().ok_or_else(|| Problem("no Listener".to_owned()))?;
    let protocol = |field: &str, text: &str| {
        ListenerProtocol::of(text).ok_or_else(|| Problem(format!("{field} {text:?}")))
    };
    let front = protocol("Protocol", listener.protocol())?;
    let back = listener.instance_protocol().map(|text| protocol("InstanceProtocol", text));
    let port = number("LoadBalancerPort", listener.load_balancer_port())?;
    let listener = Listener {
        port,
        protocol: front,
        instance_port: number("InstancePort", listener.instance_port())?,
        instance_protocol: back.transpose()?.unwrap_or(front),
        certificate: listener.ssl_certificate_id().filter(|arn| !arn.is_empty()).map(str::to_owned),
    };
    Ok((port, ListenerDescription { listener, policies: told.policy_names().to_vec() }))
}

/// Every attribute; AWS leaves none out.
pub(crate) fn load_balancer_attributes(
    attributes: Option<&types::LoadBalancerAttributes>,
) -> Result<LoadBalancerAttributes, Problem> {
    let missing = |field: &str| Problem(format!("no {field}"));
    let attributes = attributes.ok_or_else(|| missing("LoadBalancerAttributes"))?;
    let cross_zone = attributes.cross_zone_load_balancing();
    let idle = attributes.connection_settings().ok_or_else(|| missing("ConnectionSettings"))?;
    let draining = attributes.connection_draining().filter(|draining| draining.enabled());
    let log = attributes.access_log().filter(|log| log.enabled());
    let log = log.map(|log| {
        Ok::<_, Problem>(AccessLog {
            bucket: log.s3_bucket_name().unwrap_or_default().to_owned(),
            prefix: log.s3_bucket_prefix().unwrap_or_default().to_owned(),
            interval: number("EmitInterval", log.emit_interval().unwrap_or(60))?,
        })
    });
    let mut others = attributes.additional_attributes().iter();
    let mode = others.find(|it| it.key() == Some(DESYNC)).and_then(|it| it.value());
    Ok(LoadBalancerAttributes {
        cross_zone: Some(cross_zone.is_some_and(types::CrossZoneLoadBalancing::enabled)),
        idle_timeout: Some(number("IdleTimeout", idle.idle_timeout())?),
        draining: Some(
            draining
                .map(|it| number("ConnectionDraining.Timeout", it.timeout().unwrap_or(300)))
                .transpose()?,
        ),
        access_log: Some(log.transpose()?),
        desync_mode: Some(mode.unwrap_or("defensive").to_owned()),
    })
}

pub(crate) fn load_balancer_policy(
    policy: &types::PolicyDescription,
) -> Result<LoadBalancerPolicy, Problem> {
    let attribute = |told: &types::PolicyAttributeDescription| {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        (text(told.attribute_name()), text(told.attribute_value()))
    };
    let mut attributes: Vec<(String, String)> =
        policy.policy_attribute_descriptions().iter().map(attribute).collect();
    attributes.sort();
    Ok(LoadBalancerPolicy {
        name: parsed("PolicyName", policy.policy_name())?,
        kind: parsed("PolicyTypeName", policy.policy_type_name())?,
        attributes,
    })
}

pub(crate) fn instance_health(state: &types::InstanceState) -> Result<InstanceHealth, Problem> {
    Ok(InstanceHealth {
        instance: parsed("InstanceId", state.instance_id())?,
        state: match state.state() {
            Some("InService") => InstanceState::InService,
            Some("OutOfService") => InstanceState::OutOfService,
            _ => InstanceState::Unknown,
        },
        reason_code: state.reason_code().unwrap_or_default().to_owned(),
        description: state.description().unwrap_or_default().to_owned(),
    })
}

pub(crate) fn sdk_listener(listener: &Listener) -> types::Listener {
    types::Listener::builder()
        .protocol(listener.protocol.as_str())
        .load_balancer_port(listener.port.into())
        .instance_protocol(listener.instance_protocol.as_str())
        .instance_port(listener.instance_port.into())
        .set_ssl_certificate_id(listener.certificate.clone())
        .build()
        .expect("everything that AWS asks for is set")
}

pub(crate) fn sdk_balancer_tags(tags: &Tags) -> Vec<types::Tag> {
    let tag = |(key, value): (&String, &String)| {
        types::Tag::builder().key(key).value(value).build().expect("the key is set")
    };
    tags.iter().map(tag).collect()
}

/// Those that are set; AWS leaves the others as they are.
pub(crate) fn sdk_attributes(attributes: &LoadBalancerAttributes) -> types::LoadBalancerAttributes {
    let LoadBalancerAttributes { cross_zone, idle_timeout, draining, access_log, desync_mode } =
        attributes;
    let cross_zone =
        cross_zone.map(|on| types::CrossZoneLoadBalancing::builder().enabled(on).build());
    let idle = idle_timeout.map(|seconds| {
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        types::ConnectionSettings::builder()
            .idle_timeout(seconds)
            .build()
            .expect("the timeout is set")
    });
    // A timeout beside "off" is refused.
    let draining = draining.map(|seconds| {
        let seconds = seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX));
        let builder = types::ConnectionDraining::builder().enabled(seconds.is_some());
        builder.set_timeout(seconds).build()
    });
    let log = access_log.as_ref().map(|log| {
        let builder = types::AccessLog::builder().enabled(log.is_some());
        match log {
            None => builder,
            Some(log) => builder
                .s3_bucket_name(&log.bucket)
                .emit_interval(log.interval.into())
                .set_s3_bucket_prefix((!log.prefix.is_empty()).then(|| log.prefix.clone())),
        }
        .build()
    });
    let mode = desync_mode
        .as_ref()
        .map(|mode| vec![types::AdditionalAttribute::builder().key(DESYNC).value(mode).build()]);
    types::LoadBalancerAttributes::builder()
        .set_cross_zone_load_balancing(cross_zone)
        .set_connection_settings(idle)
        .set_connection_draining(draining)
        .set_access_log(log)
        .set_additional_attributes(mode)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> types::builders::LoadBalancerDescriptionBuilder {
        let check = types::HealthCheck::builder()
            .target("TCP:80")
            .interval(30)
            .timeout(5)
            .unhealthy_threshold(2)
            .healthy_threshold(10)
            .build()
            .unwrap();
        types::LoadBalancerDescription::builder().load_balancer_name("query").health_check(check)
    }

    #[test]
    fn protocols_are_read_in_any_case_and_an_instance_is_spoken_to_as_the_client_speaks() {
        let told = types::Listener::builder()
            .protocol("tcp")
            .load_balancer_port(8888)
            .instance_port(8889)
            .build()
            .unwrap();
        let told = types::ListenerDescription::builder().listener(told).policy_names("one").build();
        let read = load_balancer(&described().listener_descriptions(told).build()).unwrap();
        let there = &read.listeners[&8888];
        assert_eq!(there.listener.to_string(), "TCP:8888 -> TCP:8889");
        assert_eq!(there.policies, ["one"]);
        let strange = types::Listener::builder()
            .protocol("QUIC")
            .load_balancer_port(1)
            .instance_port(1)
            .build()
            .unwrap();
        let strange = types::ListenerDescription::builder().listener(strange).build();
        assert!(load_balancer(&described().listener_descriptions(strange).build()).is_err());
    }

    #[test]
    fn what_is_switched_off_is_off_whatever_stands_beside_it() {
        let draining = types::ConnectionDraining::builder().enabled(false).timeout(300).build();
        let settings = types::ConnectionSettings::builder().idle_timeout(60).build().unwrap();
        let told = types::LoadBalancerAttributes::builder()
            .connection_draining(draining)
            .connection_settings(settings)
            .build();
        let read = load_balancer_attributes(Some(&told)).unwrap();
        assert_eq!(read.draining, Some(None));
        assert_eq!(read.access_log, Some(None));
        assert_eq!(read.cross_zone, Some(false));
        assert!(load_balancer_attributes(None).is_err());
    }

    #[test]
    fn only_what_is_set_is_sent_and_no_timeout_beside_off() {
        let change = LoadBalancerAttributes { draining: Some(None), ..Default::default() };
        let sent = sdk_attributes(&change);
        assert_eq!(sent.connection_draining().unwrap().timeout(), None);
        assert!(sent.connection_settings().is_none() && sent.access_log().is_none());
    }
}
