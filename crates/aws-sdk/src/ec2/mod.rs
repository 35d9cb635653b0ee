//! EC2 behind [`peerway_aws::Ec2`]: one file per AWS noun, each a few calls.

mod instances;
mod network;
mod peerings;
mod routes;
mod security_groups;
mod subnets;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use peerway_aws::{Ec2, PrefixListHead};
use peerway_model::{
    AccountId, Action, AssociationId, AwsFailure, CidrBlock, Connection, ConnectionId, IngressRule,
    Instance, NatGateway, NetworkAcl, NetworkAclAssociationId, NetworkAclId, NetworkInterface,
    NetworkInterfaceId, Place, PrefixListId, Region, RouteTable, RouteTableId, SecurityGroup,
    SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId, Tags, Vpc, VpcDns,
    VpcId, Zone, ZoneId,
};
use tokio::sync::OnceCell;

use crate::Entry;
use crate::failure::failure;

/// EC2 in one account and Region.
pub(crate) struct SdkEc2 {
    place: Place,
    entry: Entry,
    client: OnceCell<Client>,
}

impl SdkEc2 {
    pub(crate) fn new(base: &SdkConfig, place: Place) -> Self {
        Self { entry: Entry::of(base, &place), place, client: OnceCell::new() }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The way into the place: whatever is called there shares its credentials.
    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async {
                let config = aws_sdk_ec2::config::Builder::from(&self.entry.config)
                    .retry_partition(crate::partition(&self.place))
                    .interceptor(crate::whole::Whole)
                    .interceptor(self.entry.expired());
                Client::from_conf(config.build())
            })
            .await
    }
}

/// Every item of every page, converted; one that cannot be is an error, and so is a page that cannot be read, or that does
/// not hold the list it is for: an empty list is there, and empty.
macro_rules! all_pages {
    ($action:expr, $request:expr, $list:ident, $convert:expr) => {{
        let size = i32::try_from(peerway_aws::page_size($action)).expect("pages are small");
        let request = $request.into_paginator().page_size(size);
        let mut pages = request.stop_on_duplicate_token(false).send();
        let mut items = Vec::new();
        let mut turned = crate::pages::Pages::of($action);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| crate::failure::failure($action, &error))?;
            turned.turn(page.next_token())?;
            let list = page.$list.ok_or_else(|| {
                crate::failure::malformed($action, &concat!("it holds no ", stringify!($list)))
            })?;
            for item in list {
                let item = $convert(&item)
                    .map_err(|problem| crate::failure::malformed($action, &problem))?;
                items.extend(Option::from(item));
            }
        }
        Ok(items)
    }};
}
pub(crate) use all_pages;

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn tagged(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(sdk_tags(tags))).build()
}

/// Only passes on: what a call says to AWS stands in the file of its noun.
#[async_trait]
impl Ec2 for SdkEc2 {
    async fn list_vpcs(&self) -> Result<Vec<Vpc>, AwsFailure> {
        self.vpcs().await
    }

    async fn list_subnets(&self) -> Result<Vec<Subnet>, AwsFailure> {
        self.subnets().await
    }

    async fn list_route_tables(&self) -> Result<Vec<RouteTable>, AwsFailure> {
        self.route_tables().await
    }

    async fn list_connections(&self) -> Result<Vec<Connection>, AwsFailure> {
        self.connections().await
    }

    async fn list_security_groups(&self) -> Result<Vec<SecurityGroup>, AwsFailure> {
        self.security_groups().await
    }

    async fn list_security_group_rules(&self) -> Result<Vec<SecurityGroupRule>, AwsFailure> {
        self.security_group_rules().await
    }

    async fn list_nat_gateways(&self) -> Result<Vec<NatGateway>, AwsFailure> {
        self.nat_gateways().await
    }

    async fn list_prefix_lists(&self) -> Result<Vec<PrefixListHead>, AwsFailure> {
        self.prefix_lists().await
    }

    async fn prefix_list_entries(&self, list: &PrefixListId) -> Result<Vec<CidrBlock>, AwsFailure> {
        self.entries(list).await
    }

    async fn list_network_acls(&self) -> Result<Vec<NetworkAcl>, AwsFailure> {
        self.network_acls().await
    }

    async fn list_zones(&self) -> Result<Vec<Zone>, AwsFailure> {
        self.zones().await
    }

    async fn list_network_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsFailure> {
        self.network_interfaces().await
    }

    async fn list_instances(&self) -> Result<Vec<Instance>, AwsFailure> {
        self.instances().await
    }

    async fn vpc_dns(&self, vpc: &VpcId) -> Result<VpcDns, AwsFailure> {
        self.dns(vpc).await
    }

    async fn request_connection(
        &self,
        requester: &VpcId,
        accepter: &VpcId,
        accepter_account: &AccountId,
        accepter_region: &Region,
        tags: &Tags,
    ) -> Result<ConnectionId, AwsFailure> {
        self.request(requester, accepter, accepter_account, accepter_region, tags).await
    }

    async fn accept_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        self.accept(connection).await
    }

    async fn delete_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        self.delete(connection).await
    }

    async fn set_requester_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        self.set_requester_dns(connection, allow).await
    }

    async fn set_accepter_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        self.set_accepter_dns(connection, allow).await
    }

    async fn create_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        self.create(table, destination, connection).await
    }

    async fn replace_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        self.replace(table, destination, connection).await
    }

    async fn delete_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        self.remove(table, destination).await
    }

    async fn create_subnet(
        &self,
        vpc: &VpcId,
        zone: &ZoneId,
        cidr: &CidrBlock,
        ipv6: Option<&CidrBlock>,
        tags: &Tags,
    ) -> Result<SubnetId, AwsFailure> {
        self.make_subnet(vpc, zone, cidr, ipv6, tags).await
    }

    async fn delete_subnet(&self, subnet: &SubnetId) -> Result<(), AwsFailure> {
        self.remove_subnet(subnet).await
    }

    async fn associate_subnet_cidr_block(
        &self,
        subnet: &SubnetId,
        ipv6: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        self.add_ipv6_block(subnet, ipv6).await
    }

    async fn create_route_table(
        &self,
        vpc: &VpcId,
        client_token: &str,
        tags: &Tags,
    ) -> Result<RouteTableId, AwsFailure> {
        self.make_table(vpc, client_token, tags).await
    }

    async fn delete_route_table(&self, table: &RouteTableId) -> Result<(), AwsFailure> {
        self.remove_table(table).await
    }

    async fn associate_route_table(
        &self,
        table: &RouteTableId,
        subnet: &SubnetId,
    ) -> Result<AssociationId, AwsFailure> {
        self.associate(table, subnet).await
    }

    async fn replace_route_table_association(
        &self,
        association: &AssociationId,
        table: &RouteTableId,
    ) -> Result<AssociationId, AwsFailure> {
        self.replace_association(association, table).await
    }

    async fn replace_network_acl_association(
        &self,
        association: &NetworkAclAssociationId,
        acl: &NetworkAclId,
    ) -> Result<NetworkAclAssociationId, AwsFailure> {
        self.replace_acl(association, acl).await
    }

    async fn authorize_ingress(
        &self,
        rule: &IngressRule,
        tags: &Tags,
    ) -> Result<SecurityGroupRuleId, AwsFailure> {
        self.authorize(rule, tags).await
    }

    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &SecurityGroupRuleId,
    ) -> Result<(), AwsFailure> {
        self.revoke(group, rule).await
    }

    async fn create_security_group(
        &self,
        vpc: &VpcId,
        name: &str,
        description: &str,
        tags: &Tags,
    ) -> Result<SecurityGroupId, AwsFailure> {
        self.create_group(vpc, name, description, tags).await
    }

    async fn delete_security_group(&self, group: &SecurityGroupId) -> Result<(), AwsFailure> {
        self.delete_group(group).await
    }

    async fn set_interface_groups(
        &self,
        interface: &NetworkInterfaceId,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        self.set_groups(interface, groups).await
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure> {
        self.client()
            .await
            .create_tags()
            .resources(id)
            .set_tags(Some(sdk_tags(tags)))
            .send()
            .await
            .map_err(|error| failure(Action::CreateTags, &error))?;
        Ok(())
    }

    async fn delete_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure> {
        // Without any tag in it the call would take all tags off, the user's own too.
        if tags.is_empty() {
            return Ok(());
        }
        self.client()
            .await
            .delete_tags()
            .resources(id)
            .set_tags(Some(sdk_tags(tags)))
            .send()
            .await
            .map_err(|error| failure(Action::DeleteTags, &error))?;
        Ok(())
    }
}
