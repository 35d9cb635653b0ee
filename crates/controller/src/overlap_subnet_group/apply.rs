//! The calls that the steps of an `OverlapSubnetGroup` are.

use peerway_aws::Ec2;
use peerway_model::{AwsFailure, Touched};
use peerway_plan::overlap_subnet_group::step::Call;

pub(super) async fn call(ec2: &dyn Ec2, call: &Call) -> Result<Touched, AwsFailure> {
    match call {
        Call::CreateTable { vpc, token, tags } => {
            Ok(Touched::RouteTable(ec2.create_route_table(vpc, token, tags).await?))
        }
        Call::TagTable { table, tags } => {
            ec2.create_tags(table.as_str(), tags).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::UntagTable { table, tags } => {
            ec2.delete_tags(table.as_str(), tags).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::DeleteTable { table } => {
            ec2.delete_route_table(table).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::CreateRoute { table, destination, connection, .. } => {
            ec2.create_route(table, destination, connection).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::ReplaceRoute { table, destination, connection, .. } => {
            ec2.replace_route(table, destination, connection).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::DeleteRoute { table, destination, .. } => {
            ec2.delete_route(table, destination).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::CreateSubnet { vpc, zone, cidr, ipv6, tags } => {
            Ok(Touched::Subnet(ec2.create_subnet(vpc, zone, cidr, ipv6.as_ref(), tags).await?))
        }
        Call::TagSubnet { subnet, tags } => {
            ec2.create_tags(subnet.as_str(), tags).await?;
            Ok(Touched::Subnet(subnet.clone()))
        }
        Call::UntagSubnet { subnet, tags } => {
            ec2.delete_tags(subnet.as_str(), tags).await?;
            Ok(Touched::Subnet(subnet.clone()))
        }
        Call::DeleteSubnet { subnet, .. } => {
            ec2.delete_subnet(subnet).await?;
            Ok(Touched::Subnet(subnet.clone()))
        }
        Call::AssociateBlock { subnet, ipv6 } => {
            ec2.associate_subnet_cidr_block(subnet, ipv6).await?;
            Ok(Touched::Subnet(subnet.clone()))
        }
        Call::Associate { table, subnet } => {
            ec2.associate_route_table(table, subnet).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::ReplaceAssociation { association, table, .. } => {
            ec2.replace_route_table_association(association, table).await?;
            Ok(Touched::RouteTable(table.clone()))
        }
        Call::ReplaceAclAssociation { association, acl, .. } => {
            ec2.replace_network_acl_association(association, acl).await?;
            Ok(Touched::NetworkAcl(acl.clone()))
        }
    }
}
