//! Classic Elastic Load Balancing.

use std::sync::Arc;

use async_trait::async_trait;
use peerway_aws::LoadBalancing;
use peerway_model::{
    AwsFailure, HealthCheck, InstanceHealth, InstanceId, Listener, LoadBalancer,
    LoadBalancerAttributes, LoadBalancerName, LoadBalancerPolicy, NewLoadBalancer, SecurityGroupId,
    SubnetId, Tags,
};

use super::Passage;
use crate::judge::Write;

pub(super) struct EdgeLoadBalancing {
    pub(super) passage: Passage,
    pub(super) inner: Arc<dyn LoadBalancing>,
}

/// A write that changes the balancer of this name, and nothing else.
macro_rules! change {
    ($self:ident . $method:ident ( $name:ident $(, $argument:expr)* )) => {{
        let name = $name.clone();
        let what = stringify!($method);
        write!(
            $self.$method(&name $(, $argument)*),
            Write::ChangeBalancer { name: name.clone(), what }
        )
    }};
}

#[async_trait]
impl LoadBalancing for EdgeLoadBalancing {
    async fn list_load_balancers(&self) -> Result<Vec<LoadBalancer>, AwsFailure> {
        read!(self.list_load_balancers())
    }
    async fn tags(&self, name: &LoadBalancerName) -> Result<Tags, AwsFailure> {
        read!(self.tags(name))
    }
    async fn attributes(
        &self,
        name: &LoadBalancerName,
    ) -> Result<LoadBalancerAttributes, AwsFailure> {
        read!(self.attributes(name))
    }
    async fn policies(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<LoadBalancerPolicy>, AwsFailure> {
        read!(self.policies(name))
    }
    async fn instance_health(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<InstanceHealth>, AwsFailure> {
        read!(self.instance_health(name))
    }

    async fn create_load_balancer(&self, new: &NewLoadBalancer) -> Result<(), AwsFailure> {
        let new = NewLoadBalancer { tags: self.passage.tags(&new.tags), ..new.clone() };
        let write = Write::CreateBalancer { name: new.name.clone() };
        write!(self.create_load_balancer(&new), write)
    }

    async fn delete_load_balancer(&self, name: &LoadBalancerName) -> Result<(), AwsFailure> {
        let name = name.clone();
        write!(self.delete_load_balancer(&name), Write::DeleteBalancer { name: name.clone() })
    }

    async fn create_listeners(
        &self,
        name: &LoadBalancerName,
        listeners: &[Listener],
    ) -> Result<(), AwsFailure> {
        let listeners = listeners.to_vec();
        change!(self.create_listeners(name, &listeners))
    }

    async fn delete_listeners(
        &self,
        name: &LoadBalancerName,
        ports: &[u16],
    ) -> Result<(), AwsFailure> {
        let ports = ports.to_vec();
        change!(self.delete_listeners(name, &ports))
    }

    async fn set_listener_certificate(
        &self,
        name: &LoadBalancerName,
        port: u16,
        certificate: &str,
    ) -> Result<(), AwsFailure> {
        let certificate = certificate.to_owned();
        change!(self.set_listener_certificate(name, port, &certificate))
    }

    async fn configure_health_check(
        &self,
        name: &LoadBalancerName,
        check: &HealthCheck,
    ) -> Result<(), AwsFailure> {
        let check = check.clone();
        change!(self.configure_health_check(name, &check))
    }

    async fn attach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure> {
        let subnets = subnets.to_vec();
        change!(self.attach_subnets(name, &subnets))
    }

    async fn detach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure> {
        let subnets = subnets.to_vec();
        change!(self.detach_subnets(name, &subnets))
    }

    async fn apply_security_groups(
        &self,
        name: &LoadBalancerName,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        let groups = groups.to_vec();
        change!(self.apply_security_groups(name, &groups))
    }

    async fn modify_attributes(
        &self,
        name: &LoadBalancerName,
        attributes: &LoadBalancerAttributes,
    ) -> Result<(), AwsFailure> {
        let attributes = attributes.clone();
        change!(self.modify_attributes(name, &attributes))
    }

    async fn create_policy(
        &self,
        name: &LoadBalancerName,
        policy: &LoadBalancerPolicy,
    ) -> Result<(), AwsFailure> {
        let policy = policy.clone();
        change!(self.create_policy(name, &policy))
    }

    async fn delete_policy(&self, name: &LoadBalancerName, policy: &str) -> Result<(), AwsFailure> {
        let policy = policy.to_owned();
        change!(self.delete_policy(name, &policy))
    }

    async fn set_listener_policies(
        &self,
        name: &LoadBalancerName,
        port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure> {
        let policies = policies.to_vec();
        change!(self.set_listener_policies(name, port, &policies))
    }

    async fn set_backend_policies(
        &self,
        name: &LoadBalancerName,
        instance_port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure> {
        let policies = policies.to_vec();
        change!(self.set_backend_policies(name, instance_port, &policies))
    }

    async fn register_instances(
        &self,
        name: &LoadBalancerName,
        instances: &[InstanceId],
    ) -> Result<(), AwsFailure> {
        let instances = instances.to_vec();
        change!(self.register_instances(name, &instances))
    }

    async fn deregister_instances(
        &self,
        name: &LoadBalancerName,
        instances: &[InstanceId],
    ) -> Result<(), AwsFailure> {
        let (name, instances) = (name.clone(), instances.to_vec());
        let write = Write::Deregister { name: name.clone(), instances: instances.clone() };
        write!(self.deregister_instances(&name, &instances), write)
    }

    async fn add_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure> {
        let tags = tags.clone();
        change!(self.add_tags(name, &tags))
    }

    async fn remove_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure> {
        let tags = tags.clone();
        change!(self.remove_tags(name, &tags))
    }
}
