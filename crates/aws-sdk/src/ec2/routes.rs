//! Route tables and routes.

use peerway_model::{
    Action, AwsFailure, CidrBlock, ConnectionId, Family, RouteTable, RouteTableId,
};

use super::{SdkEc2, all_pages};
use crate::convert;
use crate::failure::failure;

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
}
