//! `peerway_aws::AutoScaling`.

use std::sync::Arc;

use async_trait::async_trait;
use peerway_model::{Action, AutoScalingGroup, AwsFailure, Place};

use super::{Client, convert};
use crate::autoscaling::DescribeAutoScalingGroups;

/// EC2 Auto Scaling at one place.
pub(super) struct SimAutoScaling {
    pub(super) client: Arc<Client>,
    pub(super) place: Place,
}

#[async_trait]
impl peerway_aws::AutoScaling for SimAutoScaling {
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure> {
        let mut request = DescribeAutoScalingGroups {
            max_records: Some(100),
            include_instances: Some(false),
            ..DescribeAutoScalingGroups::default()
        };
        let mut all = Vec::new();
        loop {
            let reply =
                self.client.ask(&self.place.access, &self.place.region, request.clone()).await?;
            for item in reply.auto_scaling_groups {
                all.push(convert::auto_scaling_group(item).map_err(|problem| {
                    super::malformed(Action::DescribeAutoScalingGroups, &problem)
                })?);
            }
            match reply.next_token {
                Some(token) => request.next_token = Some(token),
                None => break Ok(all),
            }
        }
    }
}
