//! Writes, and what they name.

use std::fmt;

use peerway_model::{
    AutoScalingGroupName, CidrBlock, ConnectionId, InstanceId, LoadBalancerName, NetworkAclId,
    RouteTableId, SecurityGroupId, SecurityGroupRuleId, SubnetId, VpcId,
};

/// A write, and what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the parameters of the edge's methods")]
pub enum Write {
    RequestConnection { requester: VpcId, accepter: VpcId },
    AcceptConnection { connection: ConnectionId },
    DeleteConnection { connection: ConnectionId },
    SetDnsResolution { connection: ConnectionId },
    CreateRoute { table: RouteTableId, destination: CidrBlock, connection: ConnectionId },
    ReplaceRoute { table: RouteTableId, destination: CidrBlock, connection: ConnectionId },
    DeleteRoute { table: RouteTableId, destination: CidrBlock },
    CreateSubnet { vpc: VpcId, cidr: CidrBlock },
    DeleteSubnet { subnet: SubnetId },
    AssociateBlock { subnet: SubnetId, ipv6: CidrBlock },
    CreateRouteTable { vpc: VpcId },
    DeleteRouteTable { table: RouteTableId },
    AssociateTable { table: RouteTableId, subnet: SubnetId },
    ReplaceTable { subnet: Option<SubnetId>, table: RouteTableId },
    ReplaceAcl { subnet: Option<SubnetId>, acl: NetworkAclId },
    AuthorizeIngress { group: SecurityGroupId, rule: String },
    RevokeIngress { group: SecurityGroupId, rule: SecurityGroupRuleId },
    CreateTags { id: String },
    DeleteTags { id: String },
    CreateSecurityGroup { vpc: VpcId, name: String },
    DeleteSecurityGroup { group: SecurityGroupId },
    SetInterfaceGroups { instance: Option<String>, groups: Vec<SecurityGroupId> },
    CreateBalancer { name: LoadBalancerName },
    ChangeBalancer { name: LoadBalancerName, what: &'static str },
    DeleteBalancer { name: LoadBalancerName },
    Deregister { name: LoadBalancerName, instances: Vec<InstanceId> },
    Attach { group: AutoScalingGroupName, balancer: LoadBalancerName },
    Detach { group: AutoScalingGroupName, balancer: LoadBalancerName },
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestConnection { requester, accepter } => {
                write!(f, "{requester} to {accepter}")
            }
            Self::AcceptConnection { connection }
            | Self::DeleteConnection { connection }
            | Self::SetDnsResolution { connection } => write!(f, "{connection}"),
            Self::CreateRoute { table, destination, connection }
            | Self::ReplaceRoute { table, destination, connection } => {
                write!(f, "{destination} in {table} over {connection}")
            }
            Self::DeleteRoute { table, destination } => write!(f, "{destination} in {table}"),
            Self::CreateSubnet { vpc, cidr } => write!(f, "{cidr} in {vpc}"),
            Self::DeleteSubnet { subnet } => write!(f, "{subnet}"),
            Self::AssociateBlock { subnet, ipv6 } => write!(f, "{ipv6} for {subnet}"),
            Self::CreateRouteTable { vpc } => write!(f, "in {vpc}"),
            Self::DeleteRouteTable { table } => write!(f, "{table}"),
            Self::AssociateTable { table, subnet } => write!(f, "{table} for {subnet}"),
            Self::ReplaceTable { subnet, table } => write!(f, "{table} for {subnet:?}"),
            Self::ReplaceAcl { subnet, acl } => write!(f, "{acl} for {subnet:?}"),
            Self::AuthorizeIngress { group, rule } => write!(f, "{rule} to {group}"),
            Self::RevokeIngress { group, rule } => write!(f, "{rule} of {group}"),
            Self::CreateTags { id } | Self::DeleteTags { id } => f.write_str(id),
            Self::CreateSecurityGroup { vpc, name } => write!(f, "'{name}' in {vpc}"),
            Self::DeleteSecurityGroup { group } => write!(f, "{group}"),
            Self::SetInterfaceGroups { instance, groups } => {
                write!(f, "{groups:?} for the interface of {instance:?}")
            }
            Self::CreateBalancer { name }
            | Self::ChangeBalancer { name, what: _ }
            | Self::DeleteBalancer { name } => write!(f, "{name}"),
            Self::Deregister { name, instances } => write!(f, "{instances:?} of {name}"),
            Self::Attach { group, balancer } => write!(f, "{balancer} to '{group}'"),
            Self::Detach { group, balancer } => write!(f, "{balancer} from '{group}'"),
        }
    }
}
