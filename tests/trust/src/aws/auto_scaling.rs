//! EC2 Auto Scaling.

use std::sync::Arc;

use async_trait::async_trait;
use peerway_aws::AutoScaling;
use peerway_model::{
    Attachment, AttachmentApi, AutoScalingGroup, AutoScalingGroupName, AwsFailure, LoadBalancerName,
};

use super::Passage;
use crate::judge::Write;

pub(super) struct EdgeAutoScaling {
    pub(super) passage: Passage,
    pub(super) inner: Arc<dyn AutoScaling>,
}

#[async_trait]
impl AutoScaling for EdgeAutoScaling {
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure> {
        read!(self.list_groups())
    }
    async fn attachments(
        &self,
        group: &AutoScalingGroupName,
    ) -> Result<Vec<Attachment>, AwsFailure> {
        read!(self.attachments(group))
    }

    async fn attach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        let (group, balancer) = (group.clone(), load_balancer.clone());
        let write = Write::Attach { group: group.clone(), balancer: balancer.clone() };
        write!(self.attach(&group, &balancer, api), write)
    }

    async fn detach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        let (group, balancer) = (group.clone(), load_balancer.clone());
        let write = Write::Detach { group: group.clone(), balancer: balancer.clone() };
        write!(self.detach(&group, &balancer, api), write)
    }
}
