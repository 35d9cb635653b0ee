//! VPCs, NAT gateways, prefix lists: read only.

use aws_sdk_ec2::types::{
    AttributeBooleanValue, ManagedPrefixList, PrefixListEntry, VpcAttributeName,
};
use peerway_aws::PrefixListHead;
use peerway_model::{Action, AwsFailure, CidrBlock, NatGateway, PrefixListId, Vpc, VpcDns, VpcId};

use super::{SdkEc2, all_pages};
use crate::convert;
use crate::failure::{failure, malformed};

impl SdkEc2 {
    pub(super) async fn vpcs(&self) -> Result<Vec<Vpc>, AwsFailure> {
        all_pages!(Action::DescribeVpcs, self.client().await.describe_vpcs(), vpcs, convert::vpc)
    }

    pub(super) async fn nat_gateways(&self) -> Result<Vec<NatGateway>, AwsFailure> {
        all_pages!(
            Action::DescribeNatGateways,
            self.client().await.describe_nat_gateways(),
            nat_gateways,
            convert::nat_gateway
        )
    }

    pub(super) async fn prefix_lists(&self) -> Result<Vec<PrefixListHead>, AwsFailure> {
        let convert = |list: &ManagedPrefixList| {
            let id = list.prefix_list_id().unwrap_or_default().parse();
            id.map(|id| PrefixListHead {
                id,
                is_owned_by_aws: list.owner_id() == Some("AWS"),
                version: list.version().unwrap_or_default(),
            })
        };
        all_pages!(
            Action::DescribeManagedPrefixLists,
            self.client().await.describe_managed_prefix_lists(),
            prefix_lists,
            convert
        )
    }

    pub(super) async fn entries(&self, list: &PrefixListId) -> Result<Vec<CidrBlock>, AwsFailure> {
        let request =
            self.client().await.get_managed_prefix_list_entries().prefix_list_id(list.as_str());
        let convert =
            |entry: &PrefixListEntry| CidrBlock::parse_truncating(entry.cidr().unwrap_or_default());
        all_pages!(Action::GetManagedPrefixListEntries, request, entries, convert)
    }

    /// AWS answers one attribute per call.
    pub(super) async fn dns(&self, vpc: &VpcId) -> Result<VpcDns, AwsFailure> {
        let missing = || malformed(Action::DescribeVpcAttribute, &"the attribute is missing");
        let support = self.attribute(vpc, VpcAttributeName::EnableDnsSupport).await?;
        let hostnames = self.attribute(vpc, VpcAttributeName::EnableDnsHostnames).await?;
        Ok(VpcDns {
            support: support
                .enable_dns_support()
                .and_then(AttributeBooleanValue::value)
                .ok_or_else(missing)?,
            hostnames: hostnames
                .enable_dns_hostnames()
                .and_then(AttributeBooleanValue::value)
                .ok_or_else(missing)?,
        })
    }

    async fn attribute(
        &self,
        vpc: &VpcId,
        name: VpcAttributeName,
    ) -> Result<
        aws_sdk_ec2::operation::describe_vpc_attribute::DescribeVpcAttributeOutput,
        AwsFailure,
    > {
        self.client()
            .await
            .describe_vpc_attribute()
            .vpc_id(vpc.as_str())
            .attribute(name)
            .send()
            .await
            .map_err(|error| failure(Action::DescribeVpcAttribute, &error))
    }
}
