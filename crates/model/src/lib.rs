//! The nouns of Peerway: AWS ids, CIDR blocks, what stands in a VPC, what a read of a region returns, who owns what.
//!
//! Plain data and arithmetic. This crate must not know Kubernetes, the AWS SDK or an async runtime: everything above it
//! speaks in its words, so that a value keeps one name and one type from the spec to AWS and back into the status.

pub mod access;
pub mod action;
pub mod auto_scaling_group;
pub mod cidr;
pub mod clock;
pub mod connection;
pub mod failure;
pub mod id;
pub mod instance;
pub mod load_balancer;
pub mod nat_gateway;
pub mod network_acl;
pub mod network_interface;
pub mod overlaps;
pub mod ownership;
pub mod part;
pub mod prefix_list;
pub mod route_table;
pub mod security_group;
pub mod subnet;
pub mod tags;
pub mod vpc;
pub mod zone;

pub use access::{Access, AccountName, Caller, Credentials, Place, Session};
pub use action::Action;
pub use auto_scaling_group::{
    AttachState, Attachment, AttachmentApi, AutoScalingGroup, AutoScalingInstance,
};
pub use cidr::{CidrBlock, Family};
pub use clock::{Clock, Timestamp};
pub use connection::{Connection, ConnectionEnd, ConnectionState};
pub use failure::{AwsFailure, FailureKind, Untold};
pub use id::{
    AccountId, AssociationId, AutoScalingGroupName, ConnectionId, InstanceId, LoadBalancerName,
    NatGatewayId, NetworkAclAssociationId, NetworkAclId, NetworkInterfaceId, PrefixListId, Region,
    RouteTableId, SecurityGroupId, SecurityGroupRuleId, SubnetId, VpcId, ZoneId, ZoneName,
};
pub use instance::Instance;
pub use load_balancer::{
    AccessLog, HealthCheck, InstanceHealth, InstanceState, Listener, ListenerDescription,
    ListenerProtocol, LoadBalancer, LoadBalancerAttributes, LoadBalancerPolicy, NewLoadBalancer,
    Scheme,
};
pub use nat_gateway::{NatConnectivity, NatGateway};
pub use network_acl::{NetworkAcl, NetworkAclEntry};
pub use network_interface::NetworkInterface;
pub use ownership::{Origin, Owner, OwnerKind};
pub use part::{Change, Item, Part, PartKind, Reading, Touched};
pub use prefix_list::PrefixList;
pub use route_table::{
    Association, AssociationScope, Destination, Route, RouteOrigin, RouteState, RouteTable,
    RouteTarget,
};
pub use security_group::{
    Direction, IngressRule, PortRange, Protocol, RuleSource, SecurityGroup, SecurityGroupRule,
};
pub use subnet::Subnet;
pub use tags::{TagSelector, Tags};
pub use vpc::{Vpc, VpcDns};
pub use zone::Zone;
