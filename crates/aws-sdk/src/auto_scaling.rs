//! EC2 Auto Scaling behind [`peerway_aws::AutoScaling`].

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::types::TrafficSourceIdentifier;
use peerway_aws::AutoScaling;
use peerway_model::{
    Action, Attachment, AttachmentApi, AutoScalingGroup, AutoScalingGroupName, AwsFailure,
    LoadBalancerName,
};
use tokio::sync::OnceCell;

use crate::convert;
use crate::ec2::{SdkEc2, all_pages};
use crate::failure::{failure, malformed};
use crate::pages::Pages;

/// What AWS calls a Classic Load Balancer among traffic sources.
const CLASSIC: &str = "elb";

/// EC2 Auto Scaling in one account and Region.
pub(crate) struct SdkAutoScaling {
    /// Whose configuration and credentials it shares.
    ec2: Arc<SdkEc2>,
    client: OnceCell<Client>,
}

impl SdkAutoScaling {
    pub(crate) fn new(ec2: Arc<SdkEc2>) -> Self {
        Self { ec2, client: OnceCell::new() }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async {
                let config = aws_sdk_autoscaling::config::Builder::from(&self.ec2.entry().config)
                    .retry_partition(crate::partition(self.ec2.place()))
                    .interceptor(crate::whole::Whole)
                    .interceptor(self.ec2.entry().expired());
                Client::from_conf(config.build())
            })
            .await
    }
}

fn source(load_balancer: &LoadBalancerName) -> TrafficSourceIdentifier {
    let source = TrafficSourceIdentifier::builder().identifier(load_balancer.as_str());
    source.r#type(CLASSIC).build()
}

#[async_trait]
impl AutoScaling for SdkAutoScaling {
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure> {
        all_pages!(
            Action::DescribeAutoScalingGroups,
            self.client().await.describe_auto_scaling_groups(),
            auto_scaling_groups,
            convert::auto_scaling_group
        )
    }

    async fn attachments(
        &self,
        group: &AutoScalingGroupName,
    ) -> Result<Vec<Attachment>, AwsFailure> {
        const ACTION: Action = Action::DescribeTrafficSources;
        let request = self.client().await.describe_traffic_sources();
        let request = request.auto_scaling_group_name(group.as_str()).traffic_source_type(CLASSIC);
        let mut pages = request.into_paginator().stop_on_duplicate_token(false).send();
        let mut attachments = Vec::new();
        let mut turned = Pages::of(ACTION);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(ACTION, &error))?;
            turned.turn(page.next_token())?;
            for source in page.traffic_sources() {
                let attachment = convert::attachment(source);
                attachments.push(attachment.map_err(|problem| malformed(ACTION, &problem))?);
            }
        }
        Ok(attachments)
    }

    async fn attach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        let client = self.client().await;
        match api {
            AttachmentApi::LoadBalancers => client
                .attach_load_balancers()
                .auto_scaling_group_name(group.as_str())
                .load_balancer_names(load_balancer.as_str())
                .send()
                .await
                .map(drop)
                .map_err(|error| failure(Action::AttachLoadBalancers, &error)),
            AttachmentApi::TrafficSources => client
                .attach_traffic_sources()
                .auto_scaling_group_name(group.as_str())
                .traffic_sources(source(load_balancer))
                .send()
                .await
                .map(drop)
                .map_err(|error| failure(Action::AttachTrafficSources, &error)),
        }
    }

    async fn detach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        let client = self.client().await;
        match api {
            AttachmentApi::LoadBalancers => client
                .detach_load_balancers()
                .auto_scaling_group_name(group.as_str())
                .load_balancer_names(load_balancer.as_str())
                .send()
                .await
                .map(drop)
                .map_err(|error| failure(Action::DetachLoadBalancers, &error)),
            AttachmentApi::TrafficSources => client
                .detach_traffic_sources()
                .auto_scaling_group_name(group.as_str())
                .traffic_sources(source(load_balancer))
                .send()
                .await
                .map(drop)
                .map_err(|error| failure(Action::DetachTrafficSources, &error)),
        }
    }
}
