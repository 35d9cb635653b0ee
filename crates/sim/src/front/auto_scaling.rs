//! `peerway_aws::AutoScaling`.

use std::sync::Arc;

use async_trait::async_trait;
use peerway_model::{
    Action, Attachment, AttachmentApi, AutoScalingGroup, AutoScalingGroupName, AwsFailure,
    LoadBalancerName, Place,
};

use super::{Client, convert, malformed};
use crate::action::Request;
use crate::autoscaling::{
    AttachLoadBalancers, AttachTrafficSources, DescribeAutoScalingGroups, DescribeTrafficSources,
    DetachLoadBalancers, DetachTrafficSources, TrafficSource,
};

/// What AWS calls a Classic balancer among traffic sources.
const CLASSIC: &str = "elb";

/// EC2 Auto Scaling at one place.
pub(super) struct SimAutoScaling {
    pub(super) client: Arc<Client>,
    pub(super) place: Place,
}

impl SimAutoScaling {
    async fn ask<R: Request>(&self, request: R) -> Result<R::Reply, AwsFailure> {
        self.client.ask(&self.place.access, &self.place.region, request).await
    }
}

fn source(balancer: &LoadBalancerName) -> Vec<TrafficSource> {
    vec![TrafficSource { identifier: balancer.to_string(), kind: Some(CLASSIC.to_owned()) }]
}

#[async_trait]
impl peerway_aws::AutoScaling for SimAutoScaling {
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure> {
        let mut request = DescribeAutoScalingGroups {
            max_records: Some(100),
            ..DescribeAutoScalingGroups::default()
        };
        let mut all = Vec::new();
        loop {
            let reply = self.ask(request.clone()).await?;
            for item in reply.auto_scaling_groups {
                all.push(
                    convert::auto_scaling_group(item).map_err(|problem| {
                        malformed(Action::DescribeAutoScalingGroups, &problem)
                    })?,
                );
            }
            match reply.next_token {
                Some(token) => request.next_token = Some(token),
                None => break Ok(all),
            }
        }
    }

    async fn attachments(
        &self,
        group: &AutoScalingGroupName,
    ) -> Result<Vec<Attachment>, AwsFailure> {
        let mut request = DescribeTrafficSources {
            auto_scaling_group_name: group.to_string(),
            traffic_source_type: Some(CLASSIC.to_owned()),
            max_records: Some(50),
            next_token: None,
        };
        let mut all = Vec::new();
        loop {
            let reply = self.ask(request.clone()).await?;
            for item in reply.traffic_sources {
                all.push(
                    convert::attachment(&item)
                        .map_err(|problem| malformed(Action::DescribeTrafficSources, &problem))?,
                );
            }
            match reply.next_token {
                Some(token) => request.next_token = Some(token),
                None => break Ok(all),
            }
        }
    }

    async fn attach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        let auto_scaling_group_name = group.to_string();
        match api {
            AttachmentApi::LoadBalancers => {
                let load_balancer_names = vec![load_balancer.to_string()];
                self.ask(AttachLoadBalancers { auto_scaling_group_name, load_balancer_names })
                    .await?;
            }
            AttachmentApi::TrafficSources => {
                self.ask(AttachTrafficSources {
                    auto_scaling_group_name,
                    traffic_sources: source(load_balancer),
                    skip_zonal_shift_validation: None,
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn detach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        let auto_scaling_group_name = group.to_string();
        match api {
            AttachmentApi::LoadBalancers => {
                let load_balancer_names = vec![load_balancer.to_string()];
                self.ask(DetachLoadBalancers { auto_scaling_group_name, load_balancer_names })
                    .await?;
            }
            AttachmentApi::TrafficSources => {
                let traffic_sources = source(load_balancer);
                self.ask(DetachTrafficSources { auto_scaling_group_name, traffic_sources }).await?;
            }
        }
        Ok(())
    }
}
