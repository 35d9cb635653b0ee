//! Classic Elastic Load Balancing behind [`peerway_aws::LoadBalancing`].

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancing::Client;
use aws_sdk_elasticloadbalancing::types;
use peerway_aws::LoadBalancing;
use peerway_model::{
    Action, AwsFailure, HealthCheck, InstanceHealth, InstanceId, Listener, LoadBalancer,
    LoadBalancerAttributes, LoadBalancerName, LoadBalancerPolicy, NewLoadBalancer, Scheme,
    SecurityGroupId, SubnetId, Tags,
};
use tokio::sync::OnceCell;

use crate::convert;
use crate::ec2::SdkEc2;
use crate::failure::{failure, malformed};
use crate::pages::Pages;

/// Classic Elastic Load Balancing in one account and Region.
pub(crate) struct SdkLoadBalancing {
    /// Whose configuration and credentials it shares.
    ec2: Arc<SdkEc2>,
    client: OnceCell<Client>,
}

impl SdkLoadBalancing {
    pub(crate) fn new(ec2: Arc<SdkEc2>) -> Self {
        Self { ec2, client: OnceCell::new() }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async {
                let config =
                    aws_sdk_elasticloadbalancing::config::Builder::from(&self.ec2.entry().config)
                        .retry_partition(crate::partition(self.ec2.place()))
                        .interceptor(crate::whole::Whole)
                        .interceptor(self.ec2.entry().expired());
                Client::from_conf(config.build())
            })
            .await
    }
}

/// One call about one balancer.
macro_rules! call {
    ($this:ident, $action:ident, $method:ident, $name:expr $(, $field:ident: $value:expr)*) => {
        $this
            .client()
            .await
            .$method()
            .load_balancer_name($name.as_str())
            $(.$field($value))*
            .send()
            .await
            .map_err(|error| failure(Action::$action, &error))
    };
}

fn ids<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn instances(ids: &[InstanceId]) -> Vec<types::Instance> {
    let instance = |id: &InstanceId| types::Instance::builder().instance_id(id.as_str()).build();
    ids.iter().map(instance).collect()
}

#[async_trait]
impl LoadBalancing for SdkLoadBalancing {
    async fn list_load_balancers(&self) -> Result<Vec<LoadBalancer>, AwsFailure> {
        const ACTION: Action = Action::DescribeLoadBalancers;
        let size = i32::try_from(peerway_aws::page_size(ACTION)).expect("pages are small");
        let request = self.client().await.describe_load_balancers().page_size(size);
        let mut pages = request.into_paginator().stop_on_duplicate_token(false).send();
        let mut balancers = Vec::new();
        let mut turned = Pages::of(ACTION);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(ACTION, &error))?;
            turned.turn(page.next_marker())?;
            let list = page.load_balancer_descriptions;
            for balancer in list.ok_or_else(|| malformed(ACTION, &"it holds no list"))? {
                let balancer = convert::load_balancer(&balancer);
                balancers.push(balancer.map_err(|problem| malformed(ACTION, &problem))?);
            }
        }
        Ok(balancers)
    }

    async fn tags(&self, name: &LoadBalancerName) -> Result<Tags, AwsFailure> {
        const ACTION: Action = Action::DescribeTags;
        let request = self.client().await.describe_tags().load_balancer_names(name.as_str());
        let answer = request.send().await.map_err(|error| failure(ACTION, &error))?;
        let mut all = answer.tag_descriptions().iter();
        let told = all.find(|told| told.load_balancer_name() == Some(name.as_str()));
        let told = told.ok_or_else(|| malformed(ACTION, &format!("it holds no {name}")))?;
        let tag = |tag: &types::Tag| (tag.key.clone(), tag.value.clone().unwrap_or_default());
        Ok(told.tags().iter().map(tag).collect())
    }

    async fn attributes(
        &self,
        name: &LoadBalancerName,
    ) -> Result<LoadBalancerAttributes, AwsFailure> {
        const ACTION: Action = Action::DescribeLoadBalancerAttributes;
        let answer =
            call!(self, DescribeLoadBalancerAttributes, describe_load_balancer_attributes, name)?;
        convert::load_balancer_attributes(answer.load_balancer_attributes())
            .map_err(|problem| malformed(ACTION, &problem))
    }

    async fn policies(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<LoadBalancerPolicy>, AwsFailure> {
        const ACTION: Action = Action::DescribeLoadBalancerPolicies;
        let answer =
            call!(self, DescribeLoadBalancerPolicies, describe_load_balancer_policies, name)?;
        let policies = answer.policy_descriptions().iter().map(convert::load_balancer_policy);
        let mut policies = policies
            .collect::<Result<Vec<_>, _>>()
            .map_err(|problem| malformed(ACTION, &problem))?;
        policies.sort();
        Ok(policies)
    }

    async fn instance_health(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<InstanceHealth>, AwsFailure> {
        const ACTION: Action = Action::DescribeInstanceHealth;
        let answer = call!(self, DescribeInstanceHealth, describe_instance_health, name)?;
        let states = answer.instance_states().iter().map(convert::instance_health);
        let mut health =
            states.collect::<Result<Vec<_>, _>>().map_err(|problem| malformed(ACTION, &problem))?;
        health.sort();
        Ok(health)
    }

    async fn create_load_balancer(&self, new: &NewLoadBalancer) -> Result<(), AwsFailure> {
        const ACTION: Action = Action::CreateLoadBalancer;
        let listeners = new.listeners.iter().map(convert::sdk_listener).collect();
        // Facing the internet is what AWS does without a scheme, and has no word for here.
        let scheme = (new.scheme == Scheme::Internal).then(|| new.scheme.as_str().to_owned());
        self.client()
            .await
            .create_load_balancer()
            .load_balancer_name(new.name.as_str())
            .set_listeners(Some(listeners))
            .set_subnets(Some(ids(&new.subnets)))
            .set_security_groups(Some(ids(&new.security_groups)))
            .set_scheme(scheme)
            .set_tags(Some(convert::sdk_balancer_tags(&new.tags)))
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        Ok(())
    }

    async fn delete_load_balancer(&self, name: &LoadBalancerName) -> Result<(), AwsFailure> {
        call!(self, DeleteLoadBalancer, delete_load_balancer, name)?;
        Ok(())
    }

    async fn create_listeners(
        &self,
        name: &LoadBalancerName,
        listeners: &[Listener],
    ) -> Result<(), AwsFailure> {
        let listeners = listeners.iter().map(convert::sdk_listener).collect();
        call!(
            self,
            CreateLoadBalancerListeners,
            create_load_balancer_listeners,
            name,
            set_listeners: Some(listeners)
        )?;
        Ok(())
    }

    async fn delete_listeners(
        &self,
        name: &LoadBalancerName,
        ports: &[u16],
    ) -> Result<(), AwsFailure> {
        let ports = ports.iter().copied().map(i32::from).collect();
        call!(
            self,
            DeleteLoadBalancerListeners,
            delete_load_balancer_listeners,
            name,
            set_load_balancer_ports: Some(ports)
        )?;
        Ok(())
    }

    async fn set_listener_certificate(
        &self,
        name: &LoadBalancerName,
        port: u16,
        certificate: &str,
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            SetLoadBalancerListenerSSLCertificate,
            set_load_balancer_listener_ssl_certificate,
            name,
            load_balancer_port: port.into(),
            ssl_certificate_id: certificate
        )?;
        Ok(())
    }

    async fn configure_health_check(
        &self,
        name: &LoadBalancerName,
        check: &HealthCheck,
    ) -> Result<(), AwsFailure> {
        const ACTION: Action = Action::ConfigureHealthCheck;
        let check = types::HealthCheck::builder()
            .target(&check.target)
            .interval(check.interval.into())
            .timeout(check.timeout.into())
            .unhealthy_threshold(check.unhealthy_threshold.into())
            .healthy_threshold(check.healthy_threshold.into())
            .build()
            .map_err(|problem| malformed(ACTION, &problem))?;
        call!(self, ConfigureHealthCheck, configure_health_check, name, health_check: check)?;
        Ok(())
    }

    async fn attach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            AttachLoadBalancerToSubnets,
            attach_load_balancer_to_subnets,
            name,
            set_subnets: Some(ids(subnets))
        )?;
        Ok(())
    }

    async fn detach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            DetachLoadBalancerFromSubnets,
            detach_load_balancer_from_subnets,
            name,
            set_subnets: Some(ids(subnets))
        )?;
        Ok(())
    }

    async fn apply_security_groups(
        &self,
        name: &LoadBalancerName,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            ApplySecurityGroupsToLoadBalancer,
            apply_security_groups_to_load_balancer,
            name,
            set_security_groups: Some(ids(groups))
        )?;
        Ok(())
    }

    async fn modify_attributes(
        &self,
        name: &LoadBalancerName,
        attributes: &LoadBalancerAttributes,
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            ModifyLoadBalancerAttributes,
            modify_load_balancer_attributes,
            name,
            load_balancer_attributes: convert::sdk_attributes(attributes)
        )?;
        Ok(())
    }

    async fn create_policy(
        &self,
        name: &LoadBalancerName,
        policy: &LoadBalancerPolicy,
    ) -> Result<(), AwsFailure> {
        let attribute = |(key, value): &(String, String)| {
            types::PolicyAttribute::builder().attribute_name(key).attribute_value(value).build()
        };
        let attributes = policy.attributes.iter().map(attribute).collect();
        call!(
            self,
            CreateLoadBalancerPolicy,
            create_load_balancer_policy,
            name,
            policy_name: &policy.name,
            policy_type_name: &policy.kind,
            set_policy_attributes: Some(attributes)
        )?;
        Ok(())
    }

    async fn delete_policy(&self, name: &LoadBalancerName, policy: &str) -> Result<(), AwsFailure> {
        call!(
            self,
            DeleteLoadBalancerPolicy,
            delete_load_balancer_policy,
            name,
            policy_name: policy
        )?;
        Ok(())
    }

    async fn set_listener_policies(
        &self,
        name: &LoadBalancerName,
        port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            SetLoadBalancerPoliciesOfListener,
            set_load_balancer_policies_of_listener,
            name,
            load_balancer_port: port.into(),
            set_policy_names: Some(policies.to_vec())
        )?;
        Ok(())
    }

    async fn set_backend_policies(
        &self,
        name: &LoadBalancerName,
        instance_port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            SetLoadBalancerPoliciesForBackendServer,
            set_load_balancer_policies_for_backend_server,
            name,
            instance_port: instance_port.into(),
            set_policy_names: Some(policies.to_vec())
        )?;
        Ok(())
    }

    async fn register_instances(
        &self,
        name: &LoadBalancerName,
        ids: &[InstanceId],
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            RegisterInstancesWithLoadBalancer,
            register_instances_with_load_balancer,
            name,
            set_instances: Some(instances(ids))
        )?;
        Ok(())
    }

    async fn deregister_instances(
        &self,
        name: &LoadBalancerName,
        ids: &[InstanceId],
    ) -> Result<(), AwsFailure> {
        call!(
            self,
            DeregisterInstancesFromLoadBalancer,
            deregister_instances_from_load_balancer,
            name,
            set_instances: Some(instances(ids))
        )?;
        Ok(())
    }

    async fn add_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure> {
        let request = self.client().await.add_tags().load_balancer_names(name.as_str());
        request
            .set_tags(Some(convert::sdk_balancer_tags(tags)))
            .send()
            .await
            .map_err(|error| failure(Action::AddTags, &error))?;
        Ok(())
    }

    async fn remove_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure> {
        let key = |key: &String| types::TagKeyOnly::builder().key(key).build();
        let request = self.client().await.remove_tags().load_balancer_names(name.as_str());
        request
            .set_tags(Some(tags.keys().map(key).collect()))
            .send()
            .await
            .map_err(|error| failure(Action::RemoveTags, &error))?;
        Ok(())
    }
}
