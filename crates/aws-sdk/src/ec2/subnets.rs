//! What subnets are made in and guarded by: subnets, zones, network ACLs, network interfaces.

use aws_sdk_ec2::types::ResourceType;
use peerway_model::{
    Action, AwsFailure, CidrBlock, NetworkAcl, NetworkAclAssociationId, NetworkAclId,
    NetworkInterface, Subnet, SubnetId, Tags, VpcId, Zone, ZoneId,
};

use super::{SdkEc2, all_pages, tagged};
use crate::convert;
use crate::failure::{failure, malformed};

impl SdkEc2 {
    pub(super) async fn subnets(&self) -> Result<Vec<Subnet>, AwsFailure> {
        all_pages!(
            Action::DescribeSubnets,
            self.client().await.describe_subnets(),
            subnets,
            convert::subnet
        )
    }

    pub(super) async fn network_acls(&self) -> Result<Vec<NetworkAcl>, AwsFailure> {
        all_pages!(
            Action::DescribeNetworkAcls,
            self.client().await.describe_network_acls(),
            network_acls,
            convert::network_acl
        )
    }

    pub(super) async fn network_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsFailure> {
        all_pages!(
            Action::DescribeNetworkInterfaces,
            self.client().await.describe_network_interfaces(),
            network_interfaces,
            convert::network_interface
        )
    }

    /// The only list without pages. Zones that the account has not opted in to are none of ours.
    pub(super) async fn zones(&self) -> Result<Vec<Zone>, AwsFailure> {
        const ACTION: Action = Action::DescribeAvailabilityZones;
        let answer = self
            .client()
            .await
            .describe_availability_zones()
            .all_availability_zones(false)
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let zones = answer
            .availability_zones
            .ok_or_else(|| malformed(ACTION, &"it holds no availability_zones"))?;
        zones
            .iter()
            .map(|zone| convert::zone(zone).map_err(|problem| malformed(ACTION, &problem)))
            .collect()
    }

    pub(super) async fn make_subnet(
        &self,
        vpc: &VpcId,
        zone: &ZoneId,
        cidr: &CidrBlock,
        ipv6: Option<&CidrBlock>,
        tags: &Tags,
    ) -> Result<SubnetId, AwsFailure> {
        const ACTION: Action = Action::CreateSubnet;
        let answer = self
            .client()
            .await
            .create_subnet()
            .vpc_id(vpc.as_str())
            .availability_zone_id(zone.as_str())
            .cidr_block(cidr.to_string())
            .set_ipv6_cidr_block(ipv6.map(ToString::to_string))
            .tag_specifications(tagged(ResourceType::Subnet, tags))
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id = answer.subnet().and_then(|made| made.subnet_id());
        id.unwrap_or_default().parse().map_err(|error| malformed(ACTION, &error))
    }

    pub(super) async fn remove_subnet(&self, subnet: &SubnetId) -> Result<(), AwsFailure> {
        self.client()
            .await
            .delete_subnet()
            .subnet_id(subnet.as_str())
            .send()
            .await
            .map_err(|error| failure(Action::DeleteSubnet, &error))?;
        Ok(())
    }

    pub(super) async fn add_ipv6_block(
        &self,
        subnet: &SubnetId,
        ipv6: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        self.client()
            .await
            .associate_subnet_cidr_block()
            .subnet_id(subnet.as_str())
            .ipv6_cidr_block(ipv6.to_string())
            .send()
            .await
            .map_err(|error| failure(Action::AssociateSubnetCidrBlock, &error))?;
        Ok(())
    }

    pub(super) async fn replace_acl(
        &self,
        association: &NetworkAclAssociationId,
        acl: &NetworkAclId,
    ) -> Result<NetworkAclAssociationId, AwsFailure> {
        const ACTION: Action = Action::ReplaceNetworkAclAssociation;
        let answer = self
            .client()
            .await
            .replace_network_acl_association()
            .association_id(association.as_str())
            .network_acl_id(acl.as_str())
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id = answer.new_association_id().unwrap_or_default();
        id.parse().map_err(|error| malformed(ACTION, &error))
    }
}
