//! `peerway_aws::Ec2`: lists follow their pages, writes are one call each.

use std::sync::Arc;

use async_trait::async_trait;
use peerway_aws::PrefixListHead;
use peerway_model::{
    AccountId, Action, AssociationId, AwsFailure, CidrBlock, Connection, ConnectionId, FailureKind,
    IngressRule, Instance, NatGateway, NetworkAcl, NetworkAclAssociationId, NetworkAclId,
    NetworkInterface, NetworkInterfaceId, Place, PrefixListId, Region, RouteTable, RouteTableId,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId, Tags,
    Vpc, VpcDns, VpcId, Zone, ZoneId,
};

use super::{Client, convert};
use crate::action::Request;
use crate::ec2::availability_zones::DescribeAvailabilityZones;
use crate::ec2::instances::DescribeInstances;
use crate::ec2::nat_gateways::DescribeNatGateways;
use crate::ec2::network_acls::{DescribeNetworkAcls, ReplaceNetworkAclAssociation};
use crate::ec2::network_interfaces::{DescribeNetworkInterfaces, ModifyNetworkInterfaceAttribute};
use crate::ec2::peerings::{
    AcceptVpcPeeringConnection, CreateVpcPeeringConnection, DeleteVpcPeeringConnection,
    DescribeVpcPeeringConnections, ModifyVpcPeeringConnectionOptions, NewPeeringOptions,
};
use crate::ec2::prefix_lists::{DescribeManagedPrefixLists, GetManagedPrefixListEntries};
use crate::ec2::route_tables::{
    AssociateRouteTable, CreateRoute, CreateRouteTable, DeleteRoute, DeleteRouteTable,
    DescribeRouteTables, ReplaceRoute, ReplaceRouteTableAssociation,
};
use crate::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, CreateSecurityGroup, DeleteSecurityGroup,
    DescribeSecurityGroupRules, DescribeSecurityGroups, RevokeSecurityGroupIngress,
};
use crate::ec2::subnets::{AssociateSubnetCidrBlock, CreateSubnet, DeleteSubnet, DescribeSubnets};
use crate::ec2::tags::{CreateTags, DeleteTags};
use crate::ec2::vpcs::{DescribeVpcAttribute, DescribeVpcs};
use crate::ec2::{Tag, TagSpecification};

/// EC2 at one place.
pub(super) struct SimEc2 {
    pub(super) client: Arc<Client>,
    pub(super) place: Place,
}

impl SimEc2 {
    async fn ask<R: Request>(&self, request: R) -> Result<R::Reply, AwsFailure> {
        self.client.ask(&self.place.access, &self.place.region, request).await
    }
}

/// The pages that AWS allows to ask for.
const PAGE: Option<i32> = Some(1000);
const PAGE_OF_ROUTE_TABLES: Option<i32> = Some(100);
const PAGE_OF_PREFIX_LISTS: Option<i32> = Some(100);

/// Follows the pages of a list; each item becomes what `$convert` makes of it.
macro_rules! every {
    ($self:ident, $request:ident { $($field:ident: $value:expr),* }, $set:ident, $convert:expr) => {{
        let mut request = $request { $($field: $value,)* ..$request::default() };
        let mut all = Vec::new();
        loop {
            let reply = $self.ask(request.clone()).await?;
            all.extend(reply.$set.into_iter().map($convert));
            match reply.next_token {
                Some(token) => request.next_token = Some(token),
                None => break Ok(all),
            }
        }
    }};
}

#[async_trait]
impl peerway_aws::Ec2 for SimEc2 {
    async fn list_vpcs(&self) -> Result<Vec<Vpc>, AwsFailure> {
        every!(self, DescribeVpcs { max_results: PAGE }, vpc_set, convert::vpc)
    }

    async fn list_subnets(&self) -> Result<Vec<Subnet>, AwsFailure> {
        every!(self, DescribeSubnets { max_results: PAGE }, subnet_set, convert::subnet)
    }

    async fn list_route_tables(&self) -> Result<Vec<RouteTable>, AwsFailure> {
        every!(
            self,
            DescribeRouteTables { max_results: PAGE_OF_ROUTE_TABLES },
            route_table_set,
            convert::route_table
        )
    }

    async fn list_connections(&self) -> Result<Vec<Connection>, AwsFailure> {
        every!(
            self,
            DescribeVpcPeeringConnections { max_results: PAGE },
            vpc_peering_connection_set,
            convert::connection
        )
    }

    async fn list_security_groups(&self) -> Result<Vec<SecurityGroup>, AwsFailure> {
        every!(
            self,
            DescribeSecurityGroups { max_results: PAGE },
            security_group_info,
            convert::security_group
        )
    }

    async fn list_security_group_rules(&self) -> Result<Vec<SecurityGroupRule>, AwsFailure> {
        let rules: Result<Vec<Option<SecurityGroupRule>>, AwsFailure> = every!(
            self,
            DescribeSecurityGroupRules { max_results: PAGE },
            security_group_rule_set,
            convert::security_group_rule
        );
        Ok(rules?.into_iter().flatten().collect())
    }

    async fn list_nat_gateways(&self) -> Result<Vec<NatGateway>, AwsFailure> {
        every!(
            self,
            DescribeNatGateways { max_results: PAGE },
            nat_gateway_set,
            convert::nat_gateway
        )
    }

    async fn list_prefix_lists(&self) -> Result<Vec<PrefixListHead>, AwsFailure> {
        every!(
            self,
            DescribeManagedPrefixLists { max_results: PAGE_OF_PREFIX_LISTS },
            prefix_list_set,
            convert::prefix_list
        )
    }

    async fn prefix_list_entries(&self, list: &PrefixListId) -> Result<Vec<CidrBlock>, AwsFailure> {
        every!(
            self,
            GetManagedPrefixListEntries {
                prefix_list_id: list.to_string(),
                max_results: PAGE_OF_PREFIX_LISTS
            },
            entry_set,
            |entry| entry.cidr
        )
    }

    async fn list_network_acls(&self) -> Result<Vec<NetworkAcl>, AwsFailure> {
        every!(
            self,
            DescribeNetworkAcls { max_results: PAGE },
            network_acl_set,
            convert::network_acl
        )
    }

    async fn list_zones(&self) -> Result<Vec<Zone>, AwsFailure> {
        let request = DescribeAvailabilityZones {
            all_availability_zones: Some(false),
            ..DescribeAvailabilityZones::default()
        };
        let zones = self.ask(request).await?.availability_zone_info.into_iter().map(convert::zone);
        zones
            .collect::<Result<_, _>>()
            .map_err(|problem| super::malformed(Action::DescribeAvailabilityZones, &problem))
    }

    async fn list_network_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsFailure> {
        every!(
            self,
            DescribeNetworkInterfaces { max_results: PAGE },
            network_interface_set,
            convert::network_interface
        )
    }

    async fn list_instances(&self) -> Result<Vec<Instance>, AwsFailure> {
        let reservations: Result<Vec<_>, AwsFailure> =
            every!(self, DescribeInstances { max_results: PAGE }, reservation_set, |it| it);
        let instances = reservations?.into_iter().flat_map(|it| it.instances_set);
        instances
            .map(convert::instance)
            .collect::<Result<_, _>>()
            .map_err(|problem| super::malformed(Action::DescribeInstances, &problem))
    }

    async fn vpc_dns(&self, vpc: &VpcId) -> Result<VpcDns, AwsFailure> {
        let ask = |attribute: &str| {
            self.ask(DescribeVpcAttribute {
                vpc_id: vpc.to_string(),
                attribute: attribute.to_owned(),
                dry_run: None,
            })
        };
        let support = ask("enableDnsSupport").await?.enable_dns_support;
        let hostnames = ask("enableDnsHostnames").await?.enable_dns_hostnames;
        Ok(VpcDns {
            support: support.is_some_and(|flag| flag.value),
            hostnames: hostnames.is_some_and(|flag| flag.value),
        })
    }

    async fn request_connection(
        &self,
        requester: &VpcId,
        accepter: &VpcId,
        accepter_account: &AccountId,
        accepter_region: &Region,
        tags: &Tags,
    ) -> Result<ConnectionId, AwsFailure> {
        let request = CreateVpcPeeringConnection {
            vpc_id: requester.to_string(),
            peer_vpc_id: accepter.to_string(),
            peer_owner_id: Some(accepter_account.to_string()),
            peer_region: Some(accepter_region.to_string()),
            tag_specifications: TagSpecification::of("vpc-peering-connection", tags),
            dry_run: None,
        };
        Ok(self.ask(request).await?.vpc_peering_connection.vpc_peering_connection_id)
    }

    async fn accept_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        let vpc_peering_connection_id = connection.to_string();
        self.ask(AcceptVpcPeeringConnection { vpc_peering_connection_id, dry_run: None }).await?;
        Ok(())
    }

    async fn delete_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        let vpc_peering_connection_id = connection.to_string();
        self.ask(DeleteVpcPeeringConnection { vpc_peering_connection_id, dry_run: None }).await?;
        Ok(())
    }

    async fn set_requester_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        let request = ModifyVpcPeeringConnectionOptions {
            vpc_peering_connection_id: connection.to_string(),
            requester_peering_connection_options: Some(dns_resolution(allow)),
            ..ModifyVpcPeeringConnectionOptions::default()
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn set_accepter_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        let request = ModifyVpcPeeringConnectionOptions {
            vpc_peering_connection_id: connection.to_string(),
            accepter_peering_connection_options: Some(dns_resolution(allow)),
            ..ModifyVpcPeeringConnectionOptions::default()
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn create_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        let (destination_cidr_block, destination_ipv6_cidr_block) =
            convert::to_destination(destination);
        let request = CreateRoute {
            route_table_id: table.to_string(),
            destination_cidr_block,
            destination_ipv6_cidr_block,
            vpc_peering_connection_id: Some(connection.to_string()),
            ..CreateRoute::default()
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn replace_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        let (destination_cidr_block, destination_ipv6_cidr_block) =
            convert::to_destination(destination);
        let request = ReplaceRoute {
            route_table_id: table.to_string(),
            destination_cidr_block,
            destination_ipv6_cidr_block,
            vpc_peering_connection_id: Some(connection.to_string()),
            ..ReplaceRoute::default()
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn delete_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        let (destination_cidr_block, destination_ipv6_cidr_block) =
            convert::to_destination(destination);
        let request = DeleteRoute {
            route_table_id: table.to_string(),
            destination_cidr_block,
            destination_ipv6_cidr_block,
            ..DeleteRoute::default()
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn create_subnet(
        &self,
        vpc: &VpcId,
        zone: &ZoneId,
        cidr: &CidrBlock,
        ipv6: Option<&CidrBlock>,
        tags: &Tags,
    ) -> Result<SubnetId, AwsFailure> {
        let request = CreateSubnet {
            vpc_id: vpc.to_string(),
            cidr_block: Some(cidr.to_string()),
            ipv6_cidr_block: ipv6.map(ToString::to_string),
            availability_zone_id: Some(zone.to_string()),
            tag_specifications: TagSpecification::of("subnet", tags),
            ..CreateSubnet::default()
        };
        Ok(self.ask(request).await?.subnet.subnet_id)
    }

    async fn delete_subnet(&self, subnet: &SubnetId) -> Result<(), AwsFailure> {
        self.ask(DeleteSubnet { subnet_id: subnet.to_string(), dry_run: None }).await?;
        Ok(())
    }

    async fn associate_subnet_cidr_block(
        &self,
        subnet: &SubnetId,
        ipv6: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        let request = AssociateSubnetCidrBlock {
            subnet_id: subnet.to_string(),
            ipv6_cidr_block: Some(ipv6.to_string()),
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn create_route_table(
        &self,
        vpc: &VpcId,
        client_token: &str,
        tags: &Tags,
    ) -> Result<RouteTableId, AwsFailure> {
        let request = CreateRouteTable {
            vpc_id: vpc.to_string(),
            tag_specifications: TagSpecification::of("route-table", tags),
            client_token: Some(client_token.to_owned()),
            dry_run: None,
        };
        Ok(self.ask(request).await?.route_table.route_table_id)
    }

    async fn delete_route_table(&self, table: &RouteTableId) -> Result<(), AwsFailure> {
        self.ask(DeleteRouteTable { route_table_id: table.to_string(), dry_run: None }).await?;
        Ok(())
    }

    async fn associate_route_table(
        &self,
        table: &RouteTableId,
        subnet: &SubnetId,
    ) -> Result<AssociationId, AwsFailure> {
        let request = AssociateRouteTable {
            route_table_id: table.to_string(),
            subnet_id: Some(subnet.to_string()),
            ..AssociateRouteTable::default()
        };
        Ok(self.ask(request).await?.association_id)
    }

    async fn replace_route_table_association(
        &self,
        association: &AssociationId,
        table: &RouteTableId,
    ) -> Result<AssociationId, AwsFailure> {
        let request = ReplaceRouteTableAssociation {
            association_id: association.to_string(),
            route_table_id: table.to_string(),
            dry_run: None,
        };
        Ok(self.ask(request).await?.new_association_id)
    }

    async fn replace_network_acl_association(
        &self,
        association: &NetworkAclAssociationId,
        acl: &NetworkAclId,
    ) -> Result<NetworkAclAssociationId, AwsFailure> {
        let request = ReplaceNetworkAclAssociation {
            association_id: association.to_string(),
            network_acl_id: acl.to_string(),
            dry_run: None,
        };
        Ok(self.ask(request).await?.new_association_id)
    }

    async fn authorize_ingress(
        &self,
        rule: &IngressRule,
        tags: &Tags,
    ) -> Result<SecurityGroupRuleId, AwsFailure> {
        let request = AuthorizeSecurityGroupIngress {
            group_id: Some(rule.group.to_string()),
            ip_permissions: vec![convert::to_permission(rule)],
            tag_specifications: TagSpecification::of("security-group-rule", tags),
            ..AuthorizeSecurityGroupIngress::default()
        };
        let written = self.ask(request).await?.security_group_rule_set.into_iter().next();
        written.map(|rule| rule.security_group_rule_id).ok_or_else(|| {
            let operation = AuthorizeSecurityGroupIngress::ACTION.name();
            AwsFailure::new(operation, FailureKind::Other, None, "no rule was answered", None)
        })
    }

    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &SecurityGroupRuleId,
    ) -> Result<(), AwsFailure> {
        let request = RevokeSecurityGroupIngress {
            group_id: Some(group.to_string()),
            security_group_rule_ids: vec![rule.to_string()],
            ..RevokeSecurityGroupIngress::default()
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn create_security_group(
        &self,
        vpc: &VpcId,
        name: &str,
        description: &str,
        tags: &Tags,
    ) -> Result<SecurityGroupId, AwsFailure> {
        let request = CreateSecurityGroup {
            group_name: name.to_owned(),
            group_description: description.to_owned(),
            vpc_id: Some(vpc.to_string()),
            tag_specifications: TagSpecification::of("security-group", tags),
            dry_run: None,
        };
        Ok(self.ask(request).await?.group_id)
    }

    async fn delete_security_group(&self, group: &SecurityGroupId) -> Result<(), AwsFailure> {
        let group_id = Some(group.to_string());
        self.ask(DeleteSecurityGroup { group_id, ..DeleteSecurityGroup::default() }).await?;
        Ok(())
    }

    async fn set_interface_groups(
        &self,
        interface: &NetworkInterfaceId,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        let request = ModifyNetworkInterfaceAttribute {
            network_interface_id: interface.to_string(),
            groups: groups.iter().map(SecurityGroupId::to_string).collect(),
            ..ModifyNetworkInterfaceAttribute::default()
        };
        self.ask(request).await?;
        Ok(())
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure> {
        let request =
            CreateTags { resource_ids: vec![id.to_owned()], tags: Tag::list(tags), dry_run: None };
        self.ask(request).await?;
        Ok(())
    }

    async fn delete_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure> {
        // Without any tag in it the call would take all tags off, the user's own too.
        if tags.is_empty() {
            return Ok(());
        }
        let request =
            DeleteTags { resource_ids: vec![id.to_owned()], tags: Tag::list(tags), dry_run: None };
        self.ask(request).await?;
        Ok(())
    }
}

fn dns_resolution(allow: bool) -> NewPeeringOptions {
    NewPeeringOptions { allow_dns_resolution_from_remote_vpc: Some(allow) }
}
