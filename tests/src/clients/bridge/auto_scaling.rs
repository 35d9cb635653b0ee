//! Requests to EC2 Auto Scaling as methods of the edge, under the same rule as those to EC2.

use peerway_aws::AutoScaling;
use peerway_model::{AttachmentApi, AutoScalingGroupName, LoadBalancerName};
use peerway_sim::Call;
use peerway_sim::autoscaling::TrafficSource;

use super::words::{Inexpressible, Said, one, told, word};

/// Makes the call through the method that ends in its action.
pub(super) async fn make(groups: &dyn AutoScaling, call: &Call) -> Said {
    Ok(match call {
        Call::DescribeAutoScalingGroups(_) => told(groups.list_groups().await),
        Call::DescribeTrafficSources(it) => {
            told(groups.attachments(&word(&it.auto_scaling_group_name)?).await)
        }
        Call::AttachLoadBalancers(it) => {
            let (group, balancer) = named(&it.auto_scaling_group_name, &it.load_balancer_names)?;
            told(groups.attach(&group, &balancer, AttachmentApi::LoadBalancers).await)
        }
        Call::DetachLoadBalancers(it) => {
            let (group, balancer) = named(&it.auto_scaling_group_name, &it.load_balancer_names)?;
            told(groups.detach(&group, &balancer, AttachmentApi::LoadBalancers).await)
        }
        Call::AttachTrafficSources(it) => {
            let balancer = named(&it.auto_scaling_group_name, &sources(&it.traffic_sources))?;
            told(groups.attach(&balancer.0, &balancer.1, AttachmentApi::TrafficSources).await)
        }
        Call::DetachTrafficSources(it) => {
            let balancer = named(&it.auto_scaling_group_name, &sources(&it.traffic_sources))?;
            told(groups.detach(&balancer.0, &balancer.1, AttachmentApi::TrafficSources).await)
        }
        _ => return Err(Inexpressible("the edge has no method for it".to_owned())),
    })
}

fn named(
    group: &str,
    balancers: &[String],
) -> Result<(AutoScalingGroupName, LoadBalancerName), Inexpressible> {
    Ok((word(group)?, word(one(balancers)?)?))
}

fn sources(sources: &[TrafficSource]) -> Vec<String> {
    sources.iter().map(|source| source.identifier.clone()).collect()
}
