//! `peerway_aws::LoadBalancing`: lists follow their pages, writes are one call each.

use std::fmt::Display;
use std::sync::Arc;

use async_trait::async_trait;
use peerway_model::{
    AwsFailure, FailureKind, HealthCheck, InstanceHealth, InstanceId, Listener, LoadBalancer,
    LoadBalancerAttributes, LoadBalancerName, LoadBalancerPolicy, NewLoadBalancer, Place,
    SecurityGroupId, SubnetId, Tags,
};

use super::{Client, convert};
use crate::action::Request;
use crate::elb::{
    AddTags, ApplySecurityGroupsToLoadBalancer, AttachLoadBalancerToSubnets, ConfigureHealthCheck,
    CreateLoadBalancerListeners, DeleteLoadBalancer, DeleteLoadBalancerListeners,
    DeleteLoadBalancerPolicy, DeregisterInstancesFromLoadBalancer, DescribeInstanceHealth,
    DescribeLoadBalancerAttributes, DescribeLoadBalancerPolicies, DescribeLoadBalancers,
    DetachLoadBalancerFromSubnets, ElbDescribeTags, HealthCheckItem, ModifyLoadBalancerAttributes,
    RegisterInstancesWithLoadBalancer, RemoveTags, SetLoadBalancerListenerSSLCertificate,
    SetLoadBalancerPoliciesForBackendServer, SetLoadBalancerPoliciesOfListener, TagKey,
};

/// Classic Elastic Load Balancing at one place.
pub(super) struct SimLoadBalancing {
    pub(super) client: Arc<Client>,
    pub(super) place: Place,
}

/// The longest page that AWS allows.
const PAGE: Option<i32> = Some(400);

impl SimLoadBalancing {
    async fn ask<R: Request>(&self, request: R) -> Result<R::Reply, AwsFailure> {
        self.client.ask(&self.place.access, &self.place.region, request).await
    }
}

fn malformed<R: Request>(problem: &dyn Display) -> AwsFailure {
    let message = format!("malformed answer: {problem}");
    AwsFailure::new(R::ACTION.name(), FailureKind::Other, None, &message, None)
}

/// One call about a balancer whose answer says nothing more.
macro_rules! tell {
    ($self:ident, $request:ident about $name:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let request = $request { load_balancer_name: $name.to_string(), $($field: $value),* };
        $self.ask(request).await?;
        Ok(())
    }};
}

#[async_trait]
impl peerway_aws::LoadBalancing for SimLoadBalancing {
    async fn list_load_balancers(&self) -> Result<Vec<LoadBalancer>, AwsFailure> {
        let mut request =
            DescribeLoadBalancers { page_size: PAGE, ..DescribeLoadBalancers::default() };
        let mut all = Vec::new();
        loop {
            let reply = self.ask(request.clone()).await?;
            for item in reply.load_balancer_descriptions {
                let balancer = convert::load_balancer(item);
                all.push(balancer.map_err(|it| malformed::<DescribeLoadBalancers>(&it))?);
            }
            match reply.next_marker {
                Some(marker) => request.marker = Some(marker),
                None => break Ok(all),
            }
        }
    }

    async fn tags(&self, name: &LoadBalancerName) -> Result<Tags, AwsFailure> {
        let request = ElbDescribeTags { load_balancer_names: vec![name.to_string()] };
        let tags = self.ask(request).await?.tag_descriptions.into_iter().flat_map(|it| it.tags);
        Ok(tags.map(|tag| (tag.key, tag.value.unwrap_or_default())).collect())
    }

    async fn attributes(
        &self,
        name: &LoadBalancerName,
    ) -> Result<LoadBalancerAttributes, AwsFailure> {
        let request = DescribeLoadBalancerAttributes { load_balancer_name: name.to_string() };
        convert::attributes(self.ask(request).await?.load_balancer_attributes)
            .map_err(|problem| malformed::<DescribeLoadBalancerAttributes>(&problem))
    }

    async fn policies(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<LoadBalancerPolicy>, AwsFailure> {
        let request = DescribeLoadBalancerPolicies {
            load_balancer_name: Some(name.to_string()),
            policy_names: Vec::new(),
        };
        let found = self.ask(request).await?.policy_descriptions.into_iter();
        let mut policies: Vec<_> = found.map(convert::policy).collect();
        policies.sort();
        Ok(policies)
    }

    async fn instance_health(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<InstanceHealth>, AwsFailure> {
        let request = DescribeInstanceHealth {
            load_balancer_name: name.to_string(),
            ..DescribeInstanceHealth::default()
        };
        let states = self.ask(request).await?.instance_states.into_iter();
        let mut states: Vec<_> = states.map(convert::health).collect();
        states.sort();
        Ok(states)
    }

    async fn create_load_balancer(&self, new: &NewLoadBalancer) -> Result<(), AwsFailure> {
        self.ask(convert::to_new_balancer(new)).await?;
        Ok(())
    }

    async fn delete_load_balancer(&self, name: &LoadBalancerName) -> Result<(), AwsFailure> {
        tell!(self, DeleteLoadBalancer about name {})
    }

    async fn create_listeners(
        &self,
        name: &LoadBalancerName,
        listeners: &[Listener],
    ) -> Result<(), AwsFailure> {
        let listeners = listeners.iter().map(convert::to_listener).collect();
        tell!(self, CreateLoadBalancerListeners about name { listeners: listeners })
    }

    async fn delete_listeners(
        &self,
        name: &LoadBalancerName,
        ports: &[u16],
    ) -> Result<(), AwsFailure> {
        let ports = ports.iter().map(|port| i32::from(*port)).collect();
        tell!(self, DeleteLoadBalancerListeners about name { load_balancer_ports: ports })
    }

    async fn set_listener_certificate(
        &self,
        name: &LoadBalancerName,
        port: u16,
        certificate: &str,
    ) -> Result<(), AwsFailure> {
        tell!(self, SetLoadBalancerListenerSSLCertificate about name {
            load_balancer_port: port.into(),
            ssl_certificate_id: certificate.to_owned(),
        })
    }

    async fn configure_health_check(
        &self,
        name: &LoadBalancerName,
        check: &HealthCheck,
    ) -> Result<(), AwsFailure> {
        let health_check = HealthCheckItem {
            target: check.target.clone(),
            interval: check.interval.into(),
            timeout: check.timeout.into(),
            unhealthy_threshold: check.unhealthy_threshold.into(),
            healthy_threshold: check.healthy_threshold.into(),
        };
        tell!(self, ConfigureHealthCheck about name { health_check: health_check })
    }

    async fn attach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure> {
        let subnets = subnets.iter().map(SubnetId::to_string).collect();
        tell!(self, AttachLoadBalancerToSubnets about name { subnets: subnets })
    }

    async fn detach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure> {
        let subnets = subnets.iter().map(SubnetId::to_string).collect();
        tell!(self, DetachLoadBalancerFromSubnets about name { subnets: subnets })
    }

    async fn apply_security_groups(
        &self,
        name: &LoadBalancerName,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        let groups = groups.iter().map(SecurityGroupId::to_string).collect();
        tell!(self, ApplySecurityGroupsToLoadBalancer about name { security_groups: groups })
    }

    async fn modify_attributes(
        &self,
        name: &LoadBalancerName,
        attributes: &LoadBalancerAttributes,
    ) -> Result<(), AwsFailure> {
        let attributes = convert::to_attributes(attributes).map_err(|problem| {
            let action = ModifyLoadBalancerAttributes::ACTION.name();
            AwsFailure::new(action, FailureKind::Invalid, None, &problem, None)
        })?;
        tell!(self, ModifyLoadBalancerAttributes about name {
            load_balancer_attributes: attributes,
        })
    }

    async fn create_policy(
        &self,
        name: &LoadBalancerName,
        policy: &LoadBalancerPolicy,
    ) -> Result<(), AwsFailure> {
        let mut request = convert::to_policy(policy);
        request.load_balancer_name = name.to_string();
        self.ask(request).await?;
        Ok(())
    }

    async fn delete_policy(&self, name: &LoadBalancerName, policy: &str) -> Result<(), AwsFailure> {
        tell!(self, DeleteLoadBalancerPolicy about name { policy_name: policy.to_owned() })
    }

    async fn set_listener_policies(
        &self,
        name: &LoadBalancerName,
        port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure> {
        tell!(self, SetLoadBalancerPoliciesOfListener about name {
            load_balancer_port: port.into(),
            policy_names: policies.to_vec(),
        })
    }

    async fn set_backend_policies(
        &self,
        name: &LoadBalancerName,
        instance_port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure> {
        tell!(self, SetLoadBalancerPoliciesForBackendServer about name {
            instance_port: instance_port.into(),
            policy_names: policies.to_vec(),
        })
    }

    async fn register_instances(
        &self,
        name: &LoadBalancerName,
        instances: &[InstanceId],
    ) -> Result<(), AwsFailure> {
        let instances = convert::to_instances(instances);
        tell!(self, RegisterInstancesWithLoadBalancer about name { instances: instances })
    }

    async fn deregister_instances(
        &self,
        name: &LoadBalancerName,
        instances: &[InstanceId],
    ) -> Result<(), AwsFailure> {
        let instances = convert::to_instances(instances);
        tell!(self, DeregisterInstancesFromLoadBalancer about name { instances: instances })
    }

    async fn add_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure> {
        let load_balancer_names = vec![name.to_string()];
        self.ask(AddTags { load_balancer_names, tags: convert::to_tags(tags) }).await?;
        Ok(())
    }

    async fn remove_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure> {
        let load_balancer_names = vec![name.to_string()];
        let tags = tags.keys().map(|key| TagKey { key: key.clone() }).collect();
        self.ask(RemoveTags { load_balancer_names, tags }).await?;
        Ok(())
    }
}
