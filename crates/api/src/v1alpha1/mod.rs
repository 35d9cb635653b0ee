//! Version `v1alpha1`.

#![expect(unreachable_pub, reason = "the KubeSchema derive repeats each struct inside a function")]

pub mod aws_account;
pub mod overlap_subnet_group;
pub mod policies;
pub mod proxy_load_balancer;
pub mod selectors;
pub mod vpc_peering;

pub use aws_account::{AwsAccount, AwsAccountSpec, AwsAccountStatus};
pub use overlap_subnet_group::{
    OverlapSubnetGroup, OverlapSubnetGroupSpec, OverlapSubnetGroupStatus,
};
pub use proxy_load_balancer::{ProxyLoadBalancer, ProxyLoadBalancerSpec, ProxyLoadBalancerStatus};
pub use vpc_peering::{VpcPeering, VpcPeeringSpec, VpcPeeringStatus};
