//! The calls that the steps of a `VPCPeering` are.

use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_aws::Ec2;
use peerway_model::{AwsFailure, Touched};
use peerway_plan::vpc_peering::Step;

pub(super) async fn call(ec2: &dyn Ec2, step: &Step) -> Result<Touched, AwsFailure> {
    match step {
        Step::RequestConnection {
            requester,
            accepter,
            accepter_account,
            accepter_region,
            tags,
            ..
        } => {
            let id = ec2
                .request_connection(requester, accepter, accepter_account, accepter_region, tags)
                .await?;
            Ok(Touched::Connection(id))
        }
        Step::AcceptConnection { connection, .. } => {
            ec2.accept_connection(connection).await?;
            Ok(Touched::Connection(connection.clone()))
        }
        Step::TagConnection { connection, tags, .. } => {
            ec2.create_tags(connection.as_str(), tags).await?;
            Ok(Touched::Connection(connection.clone()))
        }
        Step::UntagConnection { connection, tags, .. } => {
            ec2.delete_tags(connection.as_str(), tags).await?;
            Ok(Touched::Connection(connection.clone()))
        }
        Step::SetDnsResolution { end, connection, allow, .. } => {
            match end {
                SideName::Requester => ec2.set_requester_dns_resolution(connection, *allow).await?,
                SideName::Accepter => ec2.set_accepter_dns_resolution(connection, *allow).await?,
            }
            Ok(Touched::Connection(connection.clone()))
        }
        Step::CreateRoute { table, destination, connection, .. } => {
            ec2.create_route(table, destination, connection).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Step::ReplaceRoute { table, destination, connection, .. } => {
            ec2.replace_route(table, destination, connection).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Step::DeleteRoute { table, destination, .. } => {
            ec2.delete_route(table, destination).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Step::AuthorizeIngress { rule, tags, .. } => {
            Ok(Touched::SecurityGroupRule(ec2.authorize_ingress(rule, tags).await?))
        }
        Step::TagRule { id, tags, .. } => {
            ec2.create_tags(id.as_str(), tags).await?;
            Ok(Touched::SecurityGroupRule(id.clone()))
        }
        Step::UntagRule { id, tags, .. } => {
            ec2.delete_tags(id.as_str(), tags).await?;
            Ok(Touched::SecurityGroupRule(id.clone()))
        }
        Step::RevokeIngress { group, id, .. } => {
            ec2.revoke_ingress(group, id).await?;
            Ok(Touched::SecurityGroupRule(id.clone()))
        }
        Step::DeleteConnection { connection, .. } => {
            ec2.delete_connection(connection).await?;
            Ok(Touched::Connection(connection.clone()))
        }
    }
}
