//! Route tables, routes and associations.

use aws_sdk_ec2::types::ResourceType;
use peerway_model::{
    Action, AssociationId, AwsFailure, CidrBlock, ConnectionId, Family, RouteTable, RouteTableId,
    SubnetId, Tags, VpcId,
};

use super::{SdkEc2, all_pages, tagged};
use crate::convert;
use crate::failure::{failure, malformed};

impl SdkEc2 {
    pub(super) async fn route_tables(&self) -> Result<Vec<RouteTable>, AwsFailure> {
        all_pages!(
            Action::DescribeRouteTables,
            self.client().await.describe_route_tables(),
            route_tables,
            convert::route_table
        )
    }

    pub(super) async fn create(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        let request = self
            .client()
            .await
            .create_route()
            .route_table_id(table.as_str())
            .vpc_peering_connection_id(connection.as_str());
        let request = match destination.family() {
            Family::V4 => request.destination_cidr_block(destination.to_string()),
            Family::V6 => request.destination_ipv6_cidr_block(destination.to_string()),
        };
        request.send().await.map_err(|error| failure(Action::CreateRoute, &error))?;
        Ok(())
    }

    pub(super) async fn replace(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        let request = self
            .client()
            .await
            .replace_route()
            .route_table_id(table.as_str())
            .vpc_peering_connection_id(connection.as_str());
        let request = match destination.family() {
            Family::V4 => request.destination_cidr_block(destination.to_string()),
            Family::V6 => request.destination_ipv6_cidr_block(destination.to_string()),
        };
        request.send().await.map_err(|error| failure(Action::ReplaceRoute, &error))?;
        Ok(())
    }

    pub(super) async fn remove(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        let request = self.client().await.delete_route().route_table_id(table.as_str());
        let request = match destination.family() {
            Family::V4 => request.destination_cidr_block(destination.to_string()),
            Family::V6 => request.destination_ipv6_cidr_block(destination.to_string()),
        };
        request.send().await.map_err(|error| failure(Action::DeleteRoute, &error))?;
        Ok(())
    }

    pub(super) async fn make_table(
        &self,
        vpc: &VpcId,
        client_token: &str,
        tags: &Tags,
    ) -> Result<RouteTableId, AwsFailure> {
        const ACTION: Action = Action::CreateRouteTable;
        let answer = self
            .client()
            .await
            .create_route_table()
            .vpc_id(vpc.as_str())
            .client_token(client_token)
            .tag_specifications(tagged(ResourceType::RouteTable, tags))
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id = answer.route_table().and_then(|made| made.route_table_id());
        id.unwrap_or_default().parse().map_err(|error| malformed(ACTION, &error))
    }

    pub(super) async fn remove_table(&self, table: &RouteTableId) -> Result<(), AwsFailure> {
        self.client()
            .await
            .delete_route_table()
            .route_table_id(table.as_str())
            .send()
            .await
            .map_err(|error| failure(Action::DeleteRouteTable, &error))?;
        Ok(())
    }

    pub(super) async fn associate(
        &self,
        table: &RouteTableId,
        subnet: &SubnetId,
    ) -> Result<AssociationId, AwsFailure> {
        const ACTION: Action = Action::AssociateRouteTable;
        let answer = self
            .client()
            .await
            .associate_route_table()
            .route_table_id(table.as_str())
            .subnet_id(subnet.as_str())
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id = answer.association_id().unwrap_or_default();
        id.parse().map_err(|error| malformed(ACTION, &error))
    }

    pub(super) async fn replace_association(
        &self,
        association: &AssociationId,
        table: &RouteTableId,
    ) -> Result<AssociationId, AwsFailure> {
        const ACTION: Action = Action::ReplaceRouteTableAssociation;
        let answer = self
            .client()
            .await
            .replace_route_table_association()
            .association_id(association.as_str())
            .route_table_id(table.as_str())
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id = answer.new_association_id().unwrap_or_default();
        id.parse().map_err(|error| malformed(ACTION, &error))
    }
}
