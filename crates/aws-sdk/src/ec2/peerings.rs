//! VPC peering connections.

use aws_sdk_ec2::types::{PeeringConnectionOptionsRequest, ResourceType};
use peerway_model::{AccountId, Action, AwsFailure, Connection, ConnectionId, Region, Tags, VpcId};

use super::{SdkEc2, all_pages, tagged};
use crate::convert;
use crate::failure::{failure, malformed};

impl SdkEc2 {
    pub(super) async fn connections(&self) -> Result<Vec<Connection>, AwsFailure> {
        all_pages!(
            Action::DescribeVpcPeeringConnections,
            self.client().await.describe_vpc_peering_connections(),
            vpc_peering_connections,
            convert::connection
        )
    }

    pub(super) async fn request(
        &self,
        requester: &VpcId,
        accepter: &VpcId,
        accepter_account: &AccountId,
        accepter_region: &Region,
        tags: &Tags,
    ) -> Result<ConnectionId, AwsFailure> {
        const ACTION: Action = Action::CreateVpcPeeringConnection;
        let answer = self
            .client()
            .await
            .create_vpc_peering_connection()
            .vpc_id(requester.as_str())
            .peer_vpc_id(accepter.as_str())
            .peer_owner_id(accepter_account.as_str())
            .peer_region(accepter_region.as_str())
            .tag_specifications(tagged(ResourceType::VpcPeeringConnection, tags))
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id = answer.vpc_peering_connection().and_then(|made| made.vpc_peering_connection_id());
        id.unwrap_or_default().parse().map_err(|error| malformed(ACTION, &error))
    }

    pub(super) async fn accept(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        self.client()
            .await
            .accept_vpc_peering_connection()
            .vpc_peering_connection_id(connection.as_str())
            .send()
            .await
            .map_err(|error| failure(Action::AcceptVpcPeeringConnection, &error))?;
        Ok(())
    }

    pub(super) async fn delete(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        self.client()
            .await
            .delete_vpc_peering_connection()
            .vpc_peering_connection_id(connection.as_str())
            .send()
            .await
            .map_err(|error| failure(Action::DeleteVpcPeeringConnection, &error))?;
        Ok(())
    }

    pub(super) async fn set_requester_dns(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        self.client()
            .await
            .modify_vpc_peering_connection_options()
            .vpc_peering_connection_id(connection.as_str())
            .requester_peering_connection_options(options(allow))
            .send()
            .await
            .map_err(|error| failure(Action::ModifyVpcPeeringConnectionOptions, &error))?;
        Ok(())
    }

    pub(super) async fn set_accepter_dns(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        self.client()
            .await
            .modify_vpc_peering_connection_options()
            .vpc_peering_connection_id(connection.as_str())
            .accepter_peering_connection_options(options(allow))
            .send()
            .await
            .map_err(|error| failure(Action::ModifyVpcPeeringConnectionOptions, &error))?;
        Ok(())
    }
}

fn options(allow: bool) -> PeeringConnectionOptionsRequest {
    PeeringConnectionOptionsRequest::builder().allow_dns_resolution_from_remote_vpc(allow).build()
}
