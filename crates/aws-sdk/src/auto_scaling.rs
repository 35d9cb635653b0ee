//! EC2 Auto Scaling behind [`peerway_aws::AutoScaling`].

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_autoscaling::Client;
use peerway_aws::AutoScaling;
use peerway_model::{Action, AutoScalingGroup, AwsFailure};
use tokio::sync::OnceCell;

use crate::convert;
use crate::ec2::{SdkEc2, all_pages};

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
                let config = aws_sdk_autoscaling::config::Builder::from(self.ec2.config().await)
                    .retry_partition(crate::partition(self.ec2.place()))
                    .interceptor(crate::whole::Whole);
                Client::from_conf(config.build())
            })
            .await
    }
}

#[async_trait]
impl AutoScaling for SdkAutoScaling {
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure> {
        all_pages!(
            Action::DescribeAutoScalingGroups,
            // The instances are most of the answer, and nobody here asks for them.
            self.client().await.describe_auto_scaling_groups().include_instances(false),
            auto_scaling_groups,
            convert::auto_scaling_group
        )
    }
}
