//! Certificates and Classic balancers.

use std::collections::BTreeSet;

use super::Saving;
use crate::ec2::security_groups;
use crate::elb::{self, Attributes, Balancer, PREDEFINED, Policy as ElbPolicy};
use crate::estate::{
    AccessLog, BalancerAttributes, Certificate, HealthCheck, Listener, LoadBalancer, Policy,
    PolicyAttribute,
};
use crate::id::InstanceId;

impl Saving<'_> {
    pub(super) fn certificates(&self) -> Vec<Certificate> {
        let certificates = self.region.certificates.iter();
        certificates
            .map(|(arn, certificate)| Certificate {
                arn: arn.clone(),
                domain: certificate.domain.clone(),
                tags: certificate.tags.clone(),
                made_by: self.made_by(&certificate.maker),
            })
            .collect()
    }

    pub(super) fn balancers(&self) -> Vec<LoadBalancer> {
        let balancers = self.region.balancers.iter();
        balancers.map(|(name, balancer)| self.balancer(name, balancer)).collect()
    }

    fn balancer(&self, name: &str, balancer: &Balancer) -> LoadBalancer {
        let default: BTreeSet<_> =
            security_groups::default_of(self.region, &balancer.vpc).cloned().into_iter().collect();
        let check = &balancer.health_check;
        LoadBalancer {
            name: name.to_owned(),
            number: Some(balancer.number)
                .filter(|number| *number != elb::derived_number(self.spot, name)),
            internet_facing: !balancer.is_internal,
            subnets: balancer.subnets.clone(),
            security_groups: Some(balancer.groups.clone()).filter(|groups| *groups != default),
            listeners: listeners(balancer),
            health_check: Some(HealthCheck {
                target: check.target(),
                interval: check.interval,
                timeout: check.timeout,
                unhealthy_threshold: check.unhealthy_threshold,
                healthy_threshold: check.healthy_threshold,
            }),
            attributes: attributes(&balancer.attributes),
            policies: policies(balancer),
            backend_policies: balancer.backends.clone(),
            instances: self.registered(name, balancer),
            tags: (*balancer.tags).clone(),
            made_by: self.made_by(&balancer.maker),
        }
    }

    /// The instances registered with a balancer, without those that groups register.
    fn registered(&self, name: &str, balancer: &Balancer) -> BTreeSet<InstanceId> {
        let groups: Vec<_> = self
            .region
            .scaling_groups
            .values()
            .filter(|group| !group.is_suspended("AddToLoadBalancer"))
            .filter(|group| group.links.get(name).is_some_and(|link| link.removing_until.is_none()))
            .collect();
        let is_live = |id: &InstanceId| {
            self.region.instances.get(id).is_some_and(|instance| instance.state.is_live())
        };
        let members = balancer.members.keys();
        members
            .filter(|id| is_live(id))
            .filter(|id| !groups.iter().any(|group| group.members.contains_key(*id)))
            .cloned()
            .collect()
    }
}

fn listeners(balancer: &Balancer) -> Vec<Listener> {
    let listeners = balancer.listeners.iter();
    listeners
        .map(|(port, listener)| {
            let usual: BTreeSet<String> = listener
                .protocol
                .is_secure()
                .then(|| PREDEFINED[0].to_owned())
                .into_iter()
                .collect();
            Listener {
                protocol: listener.protocol.as_str().to_owned(),
                port: *port,
                instance_protocol: Some(listener.instance_protocol)
                    .filter(|protocol| *protocol != listener.protocol)
                    .map(|protocol| protocol.as_str().to_owned()),
                instance_port: Some(listener.instance_port).filter(|instance| instance != port),
                certificate: listener.certificate.clone(),
                policies: Some(listener.policies.clone()).filter(|policies| *policies != usual),
            }
        })
        .collect()
}

fn attributes(attributes: &Attributes) -> BalancerAttributes {
    let log = attributes.access_log.as_ref().map(|log| AccessLog {
        bucket: log.bucket.clone(),
        prefix: log.prefix.clone(),
        interval: log.interval,
    });
    BalancerAttributes {
        cross_zone: attributes.cross_zone,
        idle_timeout: attributes.idle_timeout,
        draining_timeout: attributes.draining(),
        former_draining_timeout: Some(attributes.draining_timeout)
            .filter(|timeout| !attributes.drains && *timeout != elb::USUAL_DRAINING),
        access_log: log.clone().filter(|_| attributes.logs),
        former_access_log: log.filter(|_| !attributes.logs),
        desync_mode: Some(attributes.desync_mode.clone())
            .filter(|mode| *mode != Attributes::default().desync_mode),
    }
}

/// A balancer's policies, without those that come back with its listeners.
fn policies(balancer: &Balancer) -> Vec<Policy> {
    let along = elb::default_policies(balancer.listeners.values());
    let own = balancer.policies.iter().filter(|(name, policy)| along.get(*name) != Some(policy));
    own.map(|(name, policy): (&String, &ElbPolicy)| Policy {
        name: name.clone(),
        kind: policy.type_name.clone(),
        attributes: policy
            .attributes
            .iter()
            .map(|(name, value)| PolicyAttribute { name: name.clone(), value: value.clone() })
            .collect(),
    })
    .collect()
}
