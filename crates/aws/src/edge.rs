//! The AWS calls that Peerway makes, in its own words. The SDK and the simulated AWS stand behind these traits.
//!
//! Lists answer for the whole Region and are complete: pages are followed behind the trait, and half a list is an error.
//! Every write is exactly one AWS call, never repeated by what stands behind the trait: after a failure the caller looks
//! again before it tries again.

use std::sync::Arc;

use async_trait::async_trait;
use peerway_model::{
    Access, AccountId, Action, AssociationId, Attachment, AttachmentApi, AutoScalingGroup,
    AutoScalingGroupName, AwsFailure, CidrBlock, Connection, ConnectionId, HealthCheck,
    IngressRule, Instance, InstanceHealth, InstanceId, Listener, LoadBalancer,
    LoadBalancerAttributes, LoadBalancerName, LoadBalancerPolicy, NatGateway, NetworkAcl,
    NetworkAclAssociationId, NetworkAclId, NetworkInterface, NetworkInterfaceId, NewLoadBalancer,
    Place, PrefixListId, Region, RouteTable, RouteTableId, SecurityGroup, SecurityGroupId,
    SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId, Tags, Vpc, VpcDns, VpcId, Zone,
    ZoneId,
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
        Action::DescribeLoadBalancers => 400,
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

    /// Classic Elastic Load Balancing in this account and Region. Cheap as [`Cloud::ec2`] is.
    fn load_balancing(&self, place: &Place) -> Arc<dyn LoadBalancing>;

    /// Fetches whatever credentials calls there need and that are not held, so that the next call is nothing but that call:
    /// what was looked at before it must not grow old on the way in.
    ///
    /// # Errors
    /// When the role cannot be assumed, or AWS does not answer.
    async fn enter(&self, place: &Place) -> Result<(), AwsFailure>;

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
    /// Every instance (`DescribeInstances`); also those that are gone, for as long as AWS shows them.
    async fn list_instances(&self) -> Result<Vec<Instance>, AwsFailure>;
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
    /// Gives a subnet that has no IPv6 block this one (`AssociateSubnetCidrBlock`). AWS has no client token here: a subnet
    /// has one such block, and a second is refused.
    async fn associate_subnet_cidr_block(
        &self,
        subnet: &SubnetId,
        ipv6: &CidrBlock,
    ) -> Result<(), AwsFailure>;
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

    /// Makes a security group without ingress rules (`CreateSecurityGroup`). AWS has no client token here: the name, unique
    /// in the VPC, is the key. Name and description cannot be changed.
    async fn create_security_group(
        &self,
        vpc: &VpcId,
        name: &str,
        description: &str,
        tags: &Tags,
    ) -> Result<SecurityGroupId, AwsFailure>;
    /// Deletes a security group that nothing carries and no rule names (`DeleteSecurityGroup`).
    async fn delete_security_group(&self, group: &SecurityGroupId) -> Result<(), AwsFailure>;
    /// Lets an interface carry exactly these security groups (`ModifyNetworkInterfaceAttribute`).
    async fn set_interface_groups(
        &self,
        interface: &NetworkInterfaceId,
        groups: &[SecurityGroupId],
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
    /// The Classic Load Balancers of one group, with how far each is (`DescribeTrafficSources`, which shows the attachments
    /// of both families of calls). One that is gone is missing.
    async fn attachments(
        &self,
        group: &AutoScalingGroupName,
    ) -> Result<Vec<Attachment>, AwsFailure>;
    /// Attaches a balancer to a group, beside those it has (`AttachLoadBalancers`, `AttachTrafficSources`).
    async fn attach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure>;
    /// Detaches a balancer from a group; the others stay (`DetachLoadBalancers`, `DetachTrafficSources`). Done when AWS no
    /// longer shows it, which takes as long as its connections are drained.
    async fn detach(
        &self,
        group: &AutoScalingGroupName,
        load_balancer: &LoadBalancerName,
        api: AttachmentApi,
    ) -> Result<(), AwsFailure>;
}

/// Classic Elastic Load Balancing in one account and Region.
#[async_trait]
pub trait LoadBalancing: Send + Sync {
    /// Every Classic Load Balancer (`DescribeLoadBalancers`).
    async fn list_load_balancers(&self) -> Result<Vec<LoadBalancer>, AwsFailure>;
    /// The tags of one (`DescribeTags`).
    async fn tags(&self, name: &LoadBalancerName) -> Result<Tags, AwsFailure>;
    /// The attributes of one, every one of them set (`DescribeLoadBalancerAttributes`).
    async fn attributes(
        &self,
        name: &LoadBalancerName,
    ) -> Result<LoadBalancerAttributes, AwsFailure>;
    /// The policies of one, in the order of names (`DescribeLoadBalancerPolicies`).
    async fn policies(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<LoadBalancerPolicy>, AwsFailure>;
    /// What one thinks of its instances, in the order of their ids (`DescribeInstanceHealth`).
    async fn instance_health(
        &self,
        name: &LoadBalancerName,
    ) -> Result<Vec<InstanceHealth>, AwsFailure>;

    /// Makes a balancer (`CreateLoadBalancer`). Its name is the key: the same request again is answered as the first was, a
    /// different one of the same name is refused.
    async fn create_load_balancer(&self, new: &NewLoadBalancer) -> Result<(), AwsFailure>;
    /// Deletes a balancer, which need not be there (`DeleteLoadBalancer`). Its interfaces linger for minutes.
    async fn delete_load_balancer(&self, name: &LoadBalancerName) -> Result<(), AwsFailure>;
    /// Adds listeners (`CreateLoadBalancerListeners`).
    async fn create_listeners(
        &self,
        name: &LoadBalancerName,
        listeners: &[Listener],
    ) -> Result<(), AwsFailure>;
    /// Takes listeners away, by their ports (`DeleteLoadBalancerListeners`).
    async fn delete_listeners(
        &self,
        name: &LoadBalancerName,
        ports: &[u16],
    ) -> Result<(), AwsFailure>;
    /// Gives a listener another certificate (`SetLoadBalancerListenerSSLCertificate`).
    async fn set_listener_certificate(
        &self,
        name: &LoadBalancerName,
        port: u16,
        certificate: &str,
    ) -> Result<(), AwsFailure>;
    /// Sets how instances are judged (`ConfigureHealthCheck`).
    async fn configure_health_check(
        &self,
        name: &LoadBalancerName,
        check: &HealthCheck,
    ) -> Result<(), AwsFailure>;
    /// Adds subnets (`AttachLoadBalancerToSubnets`).
    async fn attach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure>;
    /// Takes subnets away (`DetachLoadBalancerFromSubnets`); the last one stays.
    async fn detach_subnets(
        &self,
        name: &LoadBalancerName,
        subnets: &[SubnetId],
    ) -> Result<(), AwsFailure>;
    /// Lets it carry exactly these security groups (`ApplySecurityGroupsToLoadBalancer`).
    async fn apply_security_groups(
        &self,
        name: &LoadBalancerName,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure>;
    /// Changes the attributes that are set (`ModifyLoadBalancerAttributes`).
    async fn modify_attributes(
        &self,
        name: &LoadBalancerName,
        attributes: &LoadBalancerAttributes,
    ) -> Result<(), AwsFailure>;
    /// Makes a policy, which nothing uses yet (`CreateLoadBalancerPolicy`).
    async fn create_policy(
        &self,
        name: &LoadBalancerName,
        policy: &LoadBalancerPolicy,
    ) -> Result<(), AwsFailure>;
    /// Deletes a policy that nothing uses (`DeleteLoadBalancerPolicy`).
    async fn delete_policy(&self, name: &LoadBalancerName, policy: &str) -> Result<(), AwsFailure>;
    /// Gives a listener exactly these policies (`SetLoadBalancerPoliciesOfListener`).
    async fn set_listener_policies(
        &self,
        name: &LoadBalancerName,
        port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure>;
    /// Gives an instance port exactly these policies (`SetLoadBalancerPoliciesForBackendServer`).
    async fn set_backend_policies(
        &self,
        name: &LoadBalancerName,
        instance_port: u16,
        policies: &[String],
    ) -> Result<(), AwsFailure>;
    /// Registers instances by hand (`RegisterInstancesWithLoadBalancer`).
    async fn register_instances(
        &self,
        name: &LoadBalancerName,
        instances: &[InstanceId],
    ) -> Result<(), AwsFailure>;
    /// Deregisters instances (`DeregisterInstancesFromLoadBalancer`).
    async fn deregister_instances(
        &self,
        name: &LoadBalancerName,
        instances: &[InstanceId],
    ) -> Result<(), AwsFailure>;
    /// Puts tags on a balancer (`AddTags`).
    async fn add_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure>;
    /// Takes tags off a balancer, whatever their values (`RemoveTags`).
    async fn remove_tags(&self, name: &LoadBalancerName, tags: &Tags) -> Result<(), AwsFailure>;
}
