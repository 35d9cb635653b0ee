//! Version `v1alpha1`.

#![expect(unreachable_pub, reason = "the KubeSchema derive repeats each struct inside a function")]

pub mod aws_account;
pub mod overlap_subnet_group;
pub mod policies;
pub mod selectors;
pub mod vpc_peering;

pub use aws_account::{AwsAccount, AwsAccountSpec, AwsAccountStatus};
pub use overlap_subnet_group::{
    OverlapSubnetGroup, OverlapSubnetGroupSpec, OverlapSubnetGroupStatus,
};
pub use vpc_peering::{VpcPeering, VpcPeeringSpec, VpcPeeringStatus};
