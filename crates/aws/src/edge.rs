//! The AWS calls that Peerway makes, in its own words. The SDK and the simulated AWS stand behind these traits.
//!
//! Lists answer for the whole Region and are complete: pages are followed behind the trait, and half a list is an error.
//! Every write is exactly one AWS call, never repeated by what stands behind the trait: after a failure the caller looks
//! again before it tries again.

use std::sync::Arc;

use async_trait::async_trait;
use peerway_model::{
    Access, AccountId, Action, AssociationId, AutoScalingGroup, AwsFailure, CidrBlock, Connection,
    ConnectionId, IngressRule, NatGateway, NetworkAcl, NetworkAclAssociationId, NetworkAclId,
    NetworkInterface, Place, PrefixListId, Region, RouteTable, RouteTableId, SecurityGroup,
    SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId, Tags, Vpc, VpcDns,
    VpcId, Zone, ZoneId,
};

/// How many items a page of `action` holds at most, as its calls ask: the largest that AWS allows. A call without
/// `MaxResults` draws from a smaller token bucket (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
#[must_use]
pub fn page_size(action: Action) -> usize {
    match action {
        Action::DescribeRouteTables
        | Action::DescribeManagedPrefixLists
        | Action::GetManagedPrefixListEntries
        | Action::DescribeAutoScalingGroups => 100,
        _ => 1000,
    }
}

/// The way into AWS.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// EC2 in this account and Region. Cheap: clients are kept, and nothing is sent before the first call.
    fn ec2(&self, place: &Place) -> Arc<dyn Ec2>;

    /// EC2 Auto Scaling in this account and Region. Cheap as [`Cloud::ec2`] is.
    fn auto_scaling(&self, place: &Place) -> Arc<dyn AutoScaling>;

    /// Nobody reads or writes there any more: what is kept for the place may go.
    fn forget(&self, _place: &Place) {}

    /// Which account these credentials lead to (`sts:GetCallerIdentity`, which needs no permission). Asked in `region`,
    /// so that it works where only that Region's endpoints are reachable.
    ///
    /// # Errors
    /// When the role cannot be assumed, or AWS does not answer.
    async fn caller_account(
        &self,
        access: &Access,
        region: &Region,
    ) -> Result<AccountId, AwsFailure>;
}

/// A managed prefix list without its entries: what the list call answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixListHead {
    /// Its id.
    pub id: PrefixListId,
    /// Whether AWS owns it.
    pub is_owned_by_aws: bool,
    /// Grows with each change of its entries.
    pub version: i64,
}

/// EC2 in one account and Region.
#[async_trait]
pub trait Ec2: Send + Sync {
    /// Every VPC (`DescribeVpcs`).
    async fn list_vpcs(&self) -> Result<Vec<Vpc>, AwsFailure>;
    /// Every subnet (`DescribeSubnets`).
    async fn list_subnets(&self) -> Result<Vec<Subnet>, AwsFailure>;
    /// Every route table (`DescribeRouteTables`).
    async fn list_route_tables(&self) -> Result<Vec<RouteTable>, AwsFailure>;
    /// Every peering connection of the Region's VPCs, in every state (`DescribeVpcPeeringConnections`).
    async fn list_connections(&self) -> Result<Vec<Connection>, AwsFailure>;
    /// Every security group (`DescribeSecurityGroups`).
    async fn list_security_groups(&self) -> Result<Vec<SecurityGroup>, AwsFailure>;
    /// Every security group rule (`DescribeSecurityGroupRules`).
    async fn list_security_group_rules(&self) -> Result<Vec<SecurityGroupRule>, AwsFailure>;
    /// Every NAT gateway (`DescribeNatGateways`).
    async fn list_nat_gateways(&self) -> Result<Vec<NatGateway>, AwsFailure>;
    /// Every managed prefix list, without entries (`DescribeManagedPrefixLists`).
    async fn list_prefix_lists(&self) -> Result<Vec<PrefixListHead>, AwsFailure>;
    /// The blocks of one prefix list (`GetManagedPrefixListEntries`).
    async fn prefix_list_entries(&self, list: &PrefixListId) -> Result<Vec<CidrBlock>, AwsFailure>;
    /// Every network ACL (`DescribeNetworkAcls`).
    async fn list_network_acls(&self) -> Result<Vec<NetworkAcl>, AwsFailure>;
    /// Every zone that the account may use (`DescribeAvailabilityZones`).
    async fn list_zones(&self) -> Result<Vec<Zone>, AwsFailure>;
    /// Every network interface (`DescribeNetworkInterfaces`).
    async fn list_network_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsFailure>;
    /// The DNS attributes of one VPC (two calls of `DescribeVpcAttribute`).
    async fn vpc_dns(&self, vpc: &VpcId) -> Result<VpcDns, AwsFailure>;

    /// Asks for a connection from `requester`, a VPC of this place (`CreateVpcPeeringConnection`). AWS answers the
    /// existing connection when there is one of the same direction.
    async fn request_connection(
        &self,
        requester: &VpcId,
        accepter: &VpcId,
        accepter_account: &AccountId,
        accepter_region: &Region,
        tags: &Tags,
    ) -> Result<ConnectionId, AwsFailure>;
    /// Accepts a connection, in the account and Region of the VPC that was asked (`AcceptVpcPeeringConnection`).
    async fn accept_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure>;
    /// Takes a connection down (`DeleteVpcPeeringConnection`).
    async fn delete_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure>;
    /// Sets `AllowDnsResolutionFromRemoteVpc` of the requester's end (`ModifyVpcPeeringConnectionOptions`).
    async fn set_requester_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure>;
    /// Sets `AllowDnsResolutionFromRemoteVpc` of the accepter's end (`ModifyVpcPeeringConnectionOptions`).
    async fn set_accepter_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure>;

    /// Writes a route over a connection (`CreateRoute`).
    async fn create_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure>;
    /// Points an existing route at a connection (`ReplaceRoute`).
    async fn replace_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure>;
    /// Deletes a route (`DeleteRoute`).
    async fn delete_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
    ) -> Result<(), AwsFailure>;

    /// Makes a subnet (`CreateSubnet`). It follows the VPC's main table until it is associated with another. AWS has no
    /// client token here: the block is the key, and a second subnet of the same block is refused.
    async fn create_subnet(
        &self,
        vpc: &VpcId,
        zone: &ZoneId,
        cidr: &CidrBlock,
        ipv6: Option<&CidrBlock>,
        tags: &Tags,
    ) -> Result<SubnetId, AwsFailure>;
    /// Deletes a subnet, and its associations with it (`DeleteSubnet`).
    async fn delete_subnet(&self, subnet: &SubnetId) -> Result<(), AwsFailure>;
    /// Makes a route table (`CreateRouteTable`). The same token makes the same table, also when it is sent again.
    async fn create_route_table(
        &self,
        vpc: &VpcId,
        client_token: &str,
        tags: &Tags,
    ) -> Result<RouteTableId, AwsFailure>;
    /// Deletes a route table that no subnet is associated with (`DeleteRouteTable`).
    async fn delete_route_table(&self, table: &RouteTableId) -> Result<(), AwsFailure>;
    /// Associates a subnet that follows the main table with a table (`AssociateRouteTable`).
    async fn associate_route_table(
        &self,
        table: &RouteTableId,
        subnet: &SubnetId,
    ) -> Result<AssociationId, AwsFailure>;
    /// Moves an association to another table (`ReplaceRouteTableAssociation`); the answer is its new id.
    async fn replace_route_table_association(
        &self,
        association: &AssociationId,
        table: &RouteTableId,
    ) -> Result<AssociationId, AwsFailure>;
    /// Gives the subnet of an association another network ACL (`ReplaceNetworkAclAssociation`); the answer is the
    /// association's new id.
    async fn replace_network_acl_association(
        &self,
        association: &NetworkAclAssociationId,
        acl: &NetworkAclId,
    ) -> Result<NetworkAclAssociationId, AwsFailure>;

    /// Writes one ingress rule (`AuthorizeSecurityGroupIngress`).
    async fn authorize_ingress(
        &self,
        rule: &IngressRule,
        tags: &Tags,
    ) -> Result<SecurityGroupRuleId, AwsFailure>;
    /// Deletes one ingress rule (`RevokeSecurityGroupIngress`).
    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &SecurityGroupRuleId,
    ) -> Result<(), AwsFailure>;

    /// Puts tags on a thing of this place (`CreateTags`).
    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure>;

    /// Takes exactly these tags off a thing of this place (`DeleteTags`): one that has another value by now stays.
    async fn delete_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure>;
}

/// EC2 Auto Scaling in one account and Region.
#[async_trait]
pub trait AutoScaling: Send + Sync {
    /// Every auto-scaling group (`DescribeAutoScalingGroups`).
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure>;
}
