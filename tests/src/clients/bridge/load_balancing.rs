//! Requests to Classic Elastic Load Balancing as methods of the edge, under the same rule as those to EC2.

use peerway_aws::LoadBalancing;
use peerway_model::{
    AccessLog, HealthCheck, InstanceId, Listener, ListenerProtocol, LoadBalancerAttributes,
    LoadBalancerPolicy, NewLoadBalancer, Scheme, Tags,
};
use peerway_sim::Call;
use peerway_sim::elb;

use super::words::{Inexpressible, Said, number, one, some, told, word, words};

/// What AWS calls the mode in which a balancer handles requests that could be understood in two ways.
const DESYNC: &str = "elb.http.desyncmitigationmode";

/// Makes the call through the method that ends in its action.
pub(super) async fn make(elb: &dyn LoadBalancing, call: &Call) -> Said {
    Ok(match call {
        Call::DescribeLoadBalancers(_) => told(elb.list_load_balancers().await),
        Call::ElbDescribeTags(it) => told(elb.tags(&word(one(&it.load_balancer_names)?)?).await),
        Call::DescribeLoadBalancerAttributes(it) => {
            told(elb.attributes(&word(&it.load_balancer_name)?).await)
        }
        Call::DescribeLoadBalancerPolicies(it) => {
            told(elb.policies(&word(some(it.load_balancer_name.as_ref())?)?).await)
        }
        Call::DescribeInstanceHealth(it) => {
            told(elb.instance_health(&word(&it.load_balancer_name)?).await)
        }

        Call::CreateLoadBalancer(it) => told(elb.create_load_balancer(&new(it)?).await),
        Call::DeleteLoadBalancer(it) => {
            told(elb.delete_load_balancer(&word(&it.load_balancer_name)?).await)
        }
        Call::CreateLoadBalancerListeners(it) => {
            let (name, listeners) = (word(&it.load_balancer_name)?, listeners(&it.listeners)?);
            told(elb.create_listeners(&name, &listeners).await)
        }
        Call::DeleteLoadBalancerListeners(it) => {
            let name = word(&it.load_balancer_name)?;
            let ports = it.load_balancer_ports.iter().map(|port| number(*port));
            told(elb.delete_listeners(&name, &ports.collect::<Result<Vec<_>, _>>()?).await)
        }
        Call::SetLoadBalancerListenerSSLCertificate(it) => {
            let (name, port) = (word(&it.load_balancer_name)?, number(it.load_balancer_port)?);
            told(elb.set_listener_certificate(&name, port, &it.ssl_certificate_id).await)
        }
        Call::ConfigureHealthCheck(it) => {
            let (name, check) = (word(&it.load_balancer_name)?, check(&it.health_check)?);
            told(elb.configure_health_check(&name, &check).await)
        }
        Call::AttachLoadBalancerToSubnets(it) => {
            let (name, subnets) = (word(&it.load_balancer_name)?, words(&it.subnets)?);
            told(elb.attach_subnets(&name, &subnets).await)
        }
        Call::DetachLoadBalancerFromSubnets(it) => {
            let (name, subnets) = (word(&it.load_balancer_name)?, words(&it.subnets)?);
            told(elb.detach_subnets(&name, &subnets).await)
        }
        Call::ApplySecurityGroupsToLoadBalancer(it) => {
            let (name, groups) = (word(&it.load_balancer_name)?, words(&it.security_groups)?);
            told(elb.apply_security_groups(&name, &groups).await)
        }
        Call::ModifyLoadBalancerAttributes(it) => {
            let name = word(&it.load_balancer_name)?;
            let attributes = attributes(&it.load_balancer_attributes)?;
            told(elb.modify_attributes(&name, &attributes).await)
        }
        Call::CreateLoadBalancerPolicy(it) => {
            let name = word(&it.load_balancer_name)?;
            told(elb.create_policy(&name, &policy(it)).await)
        }
        Call::DeleteLoadBalancerPolicy(it) => {
            told(elb.delete_policy(&word(&it.load_balancer_name)?, &it.policy_name).await)
        }
        Call::SetLoadBalancerPoliciesOfListener(it) => {
            let (name, port) = (word(&it.load_balancer_name)?, number(it.load_balancer_port)?);
            told(elb.set_listener_policies(&name, port, &it.policy_names).await)
        }
        Call::SetLoadBalancerPoliciesForBackendServer(it) => {
            let (name, port) = (word(&it.load_balancer_name)?, number(it.instance_port)?);
            told(elb.set_backend_policies(&name, port, &it.policy_names).await)
        }
        Call::RegisterInstancesWithLoadBalancer(it) => {
            let (name, instances) = (word(&it.load_balancer_name)?, instances(&it.instances)?);
            told(elb.register_instances(&name, &instances).await)
        }
        Call::DeregisterInstancesFromLoadBalancer(it) => {
            let (name, instances) = (word(&it.load_balancer_name)?, instances(&it.instances)?);
            told(elb.deregister_instances(&name, &instances).await)
        }
        Call::AddTags(it) => {
            let name = word(one(&it.load_balancer_names)?)?;
            told(elb.add_tags(&name, &tags(&it.tags)).await)
        }
        Call::RemoveTags(it) => {
            let name = word(one(&it.load_balancer_names)?)?;
            let tags = it.tags.iter().map(|tag| (tag.key.clone(), String::new())).collect();
            told(elb.remove_tags(&name, &tags).await)
        }
        _ => return Err(Inexpressible("the edge has no method for it".to_owned())),
    })
}

fn new(request: &elb::CreateLoadBalancer) -> Result<NewLoadBalancer, Inexpressible> {
    let is_internal = request.scheme.as_deref() == Some(Scheme::Internal.as_str());
    Ok(NewLoadBalancer {
        name: word(&request.load_balancer_name)?,
        scheme: if is_internal { Scheme::Internal } else { Scheme::InternetFacing },
        listeners: listeners(&request.listeners)?,
        subnets: words(&request.subnets)?,
        security_groups: words(&request.security_groups)?,
        tags: tags(&request.tags),
    })
}

fn listeners(items: &[elb::Listener]) -> Result<Vec<Listener>, Inexpressible> {
    items.iter().map(listener).collect()
}

fn listener(item: &elb::Listener) -> Result<Listener, Inexpressible> {
    Ok(Listener {
        port: number(item.load_balancer_port)?,
        protocol: some(ListenerProtocol::of(&item.protocol))?,
        instance_port: number(item.instance_port)?,
        instance_protocol: some(item.instance_protocol.as_deref().and_then(ListenerProtocol::of))?,
        certificate: item.ssl_certificate_id.clone(),
    })
}

fn check(item: &elb::HealthCheckItem) -> Result<HealthCheck, Inexpressible> {
    Ok(HealthCheck {
        target: item.target.clone(),
        interval: number(item.interval)?,
        timeout: number(item.timeout)?,
        unhealthy_threshold: number(item.unhealthy_threshold)?,
        healthy_threshold: number(item.healthy_threshold)?,
    })
}

fn attributes(item: &elb::AttributesItem) -> Result<LoadBalancerAttributes, Inexpressible> {
    let draining = item.connection_draining.as_ref().map(|draining| {
        let timeout = draining.enabled.then(|| number(some(draining.timeout)?));
        timeout.transpose()
    });
    let log = item.access_log.as_ref().map(|log| log.enabled.then(|| access_log(log)).transpose());
    let idle = item.connection_settings.as_ref().map(|settings| number(settings.idle_timeout));
    let additional = item.additional_attributes.first();
    let desync = additional.filter(|attribute| attribute.key == DESYNC);
    Ok(LoadBalancerAttributes {
        cross_zone: item.cross_zone_load_balancing.as_ref().map(|item| item.enabled),
        idle_timeout: idle.transpose()?,
        draining: draining.transpose()?,
        access_log: log.transpose()?,
        desync_mode: desync.and_then(|attribute| attribute.value.clone()),
    })
}

fn access_log(log: &elb::AccessLogItem) -> Result<AccessLog, Inexpressible> {
    Ok(AccessLog {
        bucket: some(log.s3_bucket_name.clone())?,
        prefix: log.s3_bucket_prefix.clone().unwrap_or_default(),
        interval: number(some(log.emit_interval)?)?,
    })
}

fn policy(request: &elb::CreateLoadBalancerPolicy) -> LoadBalancerPolicy {
    let attributes = request.policy_attributes.iter();
    LoadBalancerPolicy {
        name: request.policy_name.clone(),
        kind: request.policy_type_name.clone(),
        attributes: attributes
            .map(|one| (one.attribute_name.clone(), one.attribute_value.clone()))
            .collect(),
    }
}

fn instances(items: &[elb::Instance]) -> Result<Vec<InstanceId>, Inexpressible> {
    items.iter().map(|item| word(&item.instance_id)).collect()
}

fn tags(tags: &[elb::Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone().unwrap_or_default())).collect()
}
