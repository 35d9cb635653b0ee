//! Every action that the simulated AWS knows, in one table: its request, its reply, the function that does it.
//!
//! A new action is a request struct, a reply struct, a function, and one line here.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ApiError;
use crate::autoscaling::{
    self, AttachLoadBalancers, AttachTrafficSources, AutoScalingDeleteTags,
    AutoScalingDescribeAccountLimits, AutoScalingDescribeAccountLimitsReply,
    AutoScalingDescribeLoadBalancers, AutoScalingDescribeLoadBalancersReply,
    AutoScalingDescribeTags, AutoScalingDescribeTagsReply, CreateAutoScalingGroup,
    CreateOrUpdateTags, DeleteAutoScalingGroup, DescribeAutoScalingGroups,
    DescribeAutoScalingGroupsReply, DescribeAutoScalingInstances,
    DescribeAutoScalingInstancesReply, DescribeScalingActivities, DescribeScalingActivitiesReply,
    DescribeTrafficSources, DescribeTrafficSourcesReply, DetachLoadBalancers, DetachTrafficSources,
    NoResult, Nothing as Nil, ResumeProcesses, SetDesiredCapacity, SuspendProcesses,
    TerminateInstanceInAutoScalingGroup, TerminateInstanceInAutoScalingGroupReply,
    UpdateAutoScalingGroup,
};
use crate::ec2::Done;
use crate::ec2::account_attributes::{
    self, DescribeAccountAttributes, DescribeAccountAttributesReply,
};
use crate::ec2::address_attributes::{
    self, DescribeAddressesAttribute, DescribeAddressesAttributeReply,
};
use crate::ec2::addresses::{
    self, AllocateAddress, AllocateAddressReply, AssociateAddress, AssociateAddressReply,
    DescribeAddresses, DescribeAddressesReply, DisassociateAddress, ReleaseAddress,
};
use crate::ec2::availability_zones::{
    self, DescribeAvailabilityZones, DescribeAvailabilityZonesReply,
};
use crate::ec2::egress_only_gateways::{
    self, CreateEgressOnlyInternetGateway, CreateEgressOnlyInternetGatewayReply,
    DeleteEgressOnlyInternetGateway, DeleteEgressOnlyInternetGatewayReply,
    DescribeEgressOnlyInternetGateways, DescribeEgressOnlyInternetGatewaysReply,
};
use crate::ec2::gateways::{
    self, AttachInternetGateway, CreateInternetGateway, CreateInternetGatewayReply,
    DeleteInternetGateway, DescribeInternetGateways, DescribeInternetGatewaysReply,
    DetachInternetGateway,
};
use crate::ec2::images::{self, DescribeImages, DescribeImagesReply};
use crate::ec2::instance_types::{self, DescribeInstanceTypes, DescribeInstanceTypesReply};
use crate::ec2::instances::{
    self, DescribeInstanceAttribute, DescribeInstanceAttributeReply,
    DescribeInstanceCreditSpecifications, DescribeInstanceCreditSpecificationsReply,
    DescribeInstanceStatus, DescribeInstanceStatusReply, DescribeInstances, DescribeInstancesReply,
    ModifyInstanceAttribute, ModifyInstanceCreditSpecification,
    ModifyInstanceCreditSpecificationReply, ModifyInstanceMetadataOptions,
    ModifyInstanceMetadataOptionsReply, MonitorInstances, MonitoringReply, RunInstances,
    RunInstancesReply, StartInstances, StopInstances, TerminateInstances, TransitionReply,
    UnmonitorInstances,
};
use crate::ec2::key_pairs::{
    self, CreateKeyPair, CreateKeyPairReply, DeleteKeyPair, DeleteKeyPairReply, DescribeKeyPairs,
    DescribeKeyPairsReply, ImportKeyPair, KeyPairItem,
};
use crate::ec2::launch_templates::{
    self, CreateLaunchTemplate, CreateLaunchTemplateVersion, CreateLaunchTemplateVersionReply,
    DeleteLaunchTemplate, DeleteLaunchTemplateVersions, DeleteLaunchTemplateVersionsReply,
    DescribeLaunchTemplateVersions, DescribeLaunchTemplateVersionsReply, DescribeLaunchTemplates,
    DescribeLaunchTemplatesReply, LaunchTemplateReply, ModifyLaunchTemplate,
};
use crate::ec2::nat_gateways::{
    self, CreateNatGateway, CreateNatGatewayReply, DeleteNatGateway, DeleteNatGatewayReply,
    DescribeNatGateways, DescribeNatGatewaysReply,
};
use crate::ec2::network_acls::{
    self, CreateNetworkAcl, CreateNetworkAclEntry, CreateNetworkAclReply, DeleteNetworkAcl,
    DeleteNetworkAclEntry, DescribeNetworkAcls, DescribeNetworkAclsReply,
    ReplaceNetworkAclAssociation, ReplaceNetworkAclAssociationReply, ReplaceNetworkAclEntry,
};
use crate::ec2::network_interfaces::{
    self, AttachNetworkInterface, AttachNetworkInterfaceReply, CreateNetworkInterface,
    CreateNetworkInterfaceReply, DeleteNetworkInterface, DescribeNetworkInterfaceAttribute,
    DescribeNetworkInterfaceAttributeReply, DescribeNetworkInterfaces,
    DescribeNetworkInterfacesReply, DetachNetworkInterface, ModifyNetworkInterfaceAttribute,
};
use crate::ec2::peerings::{
    self, AcceptVpcPeeringConnection, CreateVpcPeeringConnection, DeleteVpcPeeringConnection,
    DescribeVpcPeeringConnections, DescribeVpcPeeringConnectionsReply,
    ModifyVpcPeeringConnectionOptions, ModifyVpcPeeringConnectionOptionsReply,
    RejectVpcPeeringConnection, VpcPeeringConnectionReply,
};
use crate::ec2::prefix_lists::{
    self, CreateManagedPrefixList, DeleteManagedPrefixList, DescribeManagedPrefixLists,
    DescribeManagedPrefixListsReply, GetManagedPrefixListEntries, GetManagedPrefixListEntriesReply,
    ModifyManagedPrefixList, PrefixListReply,
};
use crate::ec2::regions::{self, DescribeRegions, DescribeRegionsReply};
use crate::ec2::route_tables::{
    self, AssociateRouteTable, AssociateRouteTableReply, CreateRoute, CreateRouteTable,
    CreateRouteTableReply, DeleteRoute, DeleteRouteTable, DescribeRouteTables,
    DescribeRouteTablesReply, DisassociateRouteTable, ReplaceRoute, ReplaceRouteTableAssociation,
    ReplaceRouteTableAssociationReply,
};
use crate::ec2::security_groups::{
    self, AuthorizeReply, AuthorizeSecurityGroupEgress, AuthorizeSecurityGroupIngress,
    CreateSecurityGroup, CreateSecurityGroupReply, DeleteSecurityGroup, DeleteSecurityGroupReply,
    DescribeSecurityGroupRules, DescribeSecurityGroupRulesReply, DescribeSecurityGroups,
    DescribeSecurityGroupsReply, ModifySecurityGroupRules, RevokeReply, RevokeSecurityGroupEgress,
    RevokeSecurityGroupIngress, UpdateSecurityGroupRuleDescriptionsEgress,
    UpdateSecurityGroupRuleDescriptionsIngress,
};
use crate::ec2::subnets::{
    self, AssociateSubnetCidrBlock, CreateDefaultSubnet, CreateSubnet, CreateSubnetCidrReservation,
    CreateSubnetCidrReservationReply, CreateSubnetReply, DeleteSubnet, DeleteSubnetCidrReservation,
    DeleteSubnetCidrReservationReply, DescribeSubnets, DescribeSubnetsReply,
    DisassociateSubnetCidrBlock, GetSubnetCidrReservations, GetSubnetCidrReservationsReply,
    ModifySubnetAttribute, SubnetCidrBlockReply,
};
use crate::ec2::tags::{self, CreateTags, DeleteTags, DescribeTags, DescribeTagsReply};
use crate::ec2::volumes::{self, DescribeVolumes, DescribeVolumesReply};
use crate::ec2::vpc_endpoints::{self, DescribeVpcEndpoints, DescribeVpcEndpointsReply};
use crate::ec2::vpcs::{
    self, AssociateVpcCidrBlock, CreateDefaultVpc, CreateVpc, CreateVpcReply, DeleteVpc,
    DescribeVpcAttribute, DescribeVpcAttributeReply, DescribeVpcs, DescribeVpcsReply,
    DisassociateVpcCidrBlock, ModifyVpcAttribute, VpcCidrBlockReply,
};
use crate::elb::{
    self, AddTags, ApplySecurityGroupsToLoadBalancer, AttachLoadBalancerToSubnets,
    AvailabilityZonesReply, ConfigureHealthCheck, ConfigureHealthCheckReply,
    CreateAppCookieStickinessPolicy, CreateLBCookieStickinessPolicy, CreateLoadBalancer,
    CreateLoadBalancerListeners, CreateLoadBalancerPolicy, CreateLoadBalancerReply,
    DeleteLoadBalancer, DeleteLoadBalancerListeners, DeleteLoadBalancerPolicy,
    DeregisterInstancesFromLoadBalancer, DescribeInstanceHealth, DescribeInstanceHealthReply,
    DescribeLoadBalancerAttributes, DescribeLoadBalancerAttributesReply,
    DescribeLoadBalancerPolicies, DescribeLoadBalancerPoliciesReply,
    DescribeLoadBalancerPolicyTypes, DescribeLoadBalancerPolicyTypesReply, DescribeLoadBalancers,
    DescribeLoadBalancersReply, DetachLoadBalancerFromSubnets,
    DisableAvailabilityZonesForLoadBalancer, ElbDescribeAccountLimits,
    ElbDescribeAccountLimitsReply, ElbDescribeTags, ElbDescribeTagsReply,
    EnableAvailabilityZonesForLoadBalancer, InstancesReply, ModifyLoadBalancerAttributes,
    ModifyLoadBalancerAttributesReply, Nothing as Unit, RegisterInstancesWithLoadBalancer,
    RemoveTags, SecurityGroupsReply, SetLoadBalancerListenerSSLCertificate,
    SetLoadBalancerPoliciesForBackendServer, SetLoadBalancerPoliciesOfListener, SubnetsReply,
};
use crate::scope::Scope;
use crate::sts::{self, AssumeRole, AssumeRoleReply, GetCallerIdentity, GetCallerIdentityReply};
use crate::wire::query::{Blank, Params, QueryError, from_params, to_params};
use crate::wire::xml;

/// An AWS service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Security Token Service.
    Sts,
    /// Elastic Compute Cloud.
    Ec2,
    /// Elastic Load Balancing, as far as Classic balancers go.
    Elb,
    /// EC2 Auto Scaling.
    AutoScaling,
}

impl Service {
    /// The service that signatures name so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sts" => Some(Self::Sts),
            "ec2" => Some(Self::Ec2),
            "elasticloadbalancing" => Some(Self::Elb),
            "autoscaling" => Some(Self::AutoScaling),
            _ => None,
        }
    }

    /// The name in signatures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Ec2 => "ec2",
            Self::Elb => "elasticloadbalancing",
            Self::AutoScaling => "autoscaling",
        }
    }

    /// The version of its API.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Sts => "2011-06-15",
            Self::Ec2 => "2016-11-15",
            Self::Elb => "2012-06-01",
            Self::AutoScaling => "2011-01-01",
        }
    }

    pub(crate) fn style(self) -> xml::Style {
        match self {
            Self::Sts | Self::Elb | Self::AutoScaling => xml::Style::Query,
            Self::Ec2 => xml::Style::Ec2,
        }
    }

    /// EC2 takes a parameter that names a thing, and names none, for one that was left out: Terraform's provider sends
    /// `Placement.AvailabilityZone=` with every launch, and the owner of a group's own rules as empty as that.
    fn blank(self) -> Blank {
        match self {
            Self::Ec2 => Blank::NoName,
            Self::Sts | Self::Elb | Self::AutoScaling => Blank::Value,
        }
    }

    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Elb => "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/",
            Self::AutoScaling => "http://autoscaling.amazonaws.com/doc/2011-01-01/",
        }
    }
}

/// A request of some action.
pub trait Request: Into<Call> + Serialize + DeserializeOwned {
    /// What is answered to it.
    type Reply: Clone + Serialize;

    /// Its action.
    const ACTION: Action;

    /// A reply to such a request, as one among all.
    fn wrap(reply: Self::Reply) -> Reply;

    /// The reply to such a request; nothing for a reply to another.
    fn unwrap(reply: Reply) -> Option<Self::Reply>;
}

macro_rules! actions {
    ($($service:ident { $($kind:ident $action:ident $(($name:literal))? -> $reply:ident = $handler:path $(, $dry_run:ident)?;)* })*) => {
        /// An action of an AWS service. Where two services have one of the same name, the later one's has the service
        /// before it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = concat!("`", stringify!($action), "`.")] $action,)*)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$($(Self::$action,)*)*];

            /// Its name, as AWS spells it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$action => actions!(@name $action $($name)?),)*)*
                }
            }

            /// The service it belongs to.
            #[must_use]
            pub fn service(self) -> Service {
                match self {
                    $($(Self::$action => Service::$service,)*)*
                }
            }

            /// Whether it may change anything.
            #[must_use]
            pub fn is_write(self) -> bool {
                match self {
                    $($(Self::$action => actions!(@is_write $kind),)*)*
                }
            }

            /// The action of this name.
            #[must_use]
            pub fn from_name(service: Service, name: &str) -> Option<Self> {
                match (service, name) {
                    $($((Service::$service, actions!(@name $action $($name)?)) => Some(Self::$action),)*)*
                    _ => None,
                }
            }

            /// Reads the parameters of a call.
            pub(crate) fn read(self, params: &Params<'_>) -> Result<Call, QueryError> {
                match self {
                    $($(Self::$action => {
                        from_params::<$action>(params, Service::$service.blank()).map(Call::$action)
                    })*)*
                }
            }
        }

        /// A call: an action with its parameters.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Call {
            $($(#[doc = concat!("`", stringify!($action), "`.")] $action($action),)*)*
        }

        impl Call {
            /// Its action.
            #[must_use]
            pub fn action(&self) -> Action {
                match self {
                    $($(Self::$action(_) => Action::$action,)*)*
                }
            }

            /// Its parameters by name, as a client would send them.
            ///
            /// # Errors
            /// Never for the requests there are: they hold nothing that has no such form.
            pub fn params(&self) -> Result<Vec<(String, String)>, ApiError> {
                Ok(match self {
                    $($(Self::$action(request) => to_params(request),)*)*
                }?)
            }

            /// Whether it only asks if it would be allowed.
            pub(crate) fn is_dry_run(&self) -> bool {
                match self {
                    $($(Self::$action(request) => actions!(@is_dry_run request $($dry_run)?),)*)*
                }
            }

            /// Does it.
            pub(crate) fn act(&self, scope: &mut Scope<'_>) -> Result<Reply, ApiError> {
                match self {
                    $($(Self::$action(request) => actions!(@act $kind $handler, scope, request).map(Reply::$action),)*)*
                }
            }
        }

        /// The reply to a call.
        #[derive(Debug, Clone)]
        pub enum Reply {
            $($(#[doc = concat!("To `", stringify!($action), "`.")] $action($reply),)*)*
        }

        impl Reply {
            /// The reply as its service writes it.
            pub(crate) fn to_xml(&self, request_id: &str) -> Result<String, xml::Error> {
                match self {
                    $($(Self::$action(reply) => xml::reply(
                        Service::$service.style(),
                        actions!(@name $action $($name)?),
                        Service::$service.namespace(),
                        request_id,
                        reply,
                    ),)*)*
                }
            }
        }

        $($(
            impl From<$action> for Call {
                fn from(request: $action) -> Self {
                    Self::$action(request)
                }
            }

            impl Request for $action {
                type Reply = $reply;
                const ACTION: Action = Action::$action;

                fn wrap(reply: $reply) -> Reply {
                    Reply::$action(reply)
                }

                fn unwrap(reply: Reply) -> Option<$reply> {
                    match reply {
                        Reply::$action(reply) => Some(reply),
                        _ => None,
                    }
                }
            }
        )*)*
    };
    (@name $action:ident) => { stringify!($action) };
    (@name $action:ident $name:literal) => { $name };
    (@is_dry_run $request:ident) => {{
        let _ = $request;
        false
    }};
    (@is_dry_run $request:ident $dry_run:ident) => { $request.$dry_run == Some(true) };
    // `grant` gives out credentials: it remembers something, but changes nothing that anybody has.
    (@is_write read) => { false };
    (@is_write grant) => { false };
    (@is_write write) => { true };
    (@act read $handler:path, $scope:ident, $request:ident) => { $handler(&*$scope, $request) };
    (@act grant $handler:path, $scope:ident, $request:ident) => { $handler($scope, $request) };
    (@act write $handler:path, $scope:ident, $request:ident) => { $handler($scope, $request) };
}

actions! {
    Sts {
        read GetCallerIdentity -> GetCallerIdentityReply = sts::get_caller_identity;
        grant AssumeRole -> AssumeRoleReply = sts::assume_role;
    }
    Ec2 {
        read DescribeVpcs -> DescribeVpcsReply = vpcs::describe, dry_run;
        write CreateVpc -> CreateVpcReply = vpcs::create, dry_run;
        write CreateDefaultVpc -> CreateVpcReply = vpcs::create_default, dry_run;
        write DeleteVpc -> Done = vpcs::delete, dry_run;
        write AssociateVpcCidrBlock -> VpcCidrBlockReply = vpcs::associate_cidr;
        write DisassociateVpcCidrBlock -> VpcCidrBlockReply = vpcs::disassociate_cidr;
        read DescribeVpcAttribute -> DescribeVpcAttributeReply = vpcs::describe_attribute, dry_run;
        write ModifyVpcAttribute -> Done = vpcs::modify_attribute;

        read DescribeSubnets -> DescribeSubnetsReply = subnets::describe, dry_run;
        write CreateSubnet -> CreateSubnetReply = subnets::create, dry_run;
        write CreateDefaultSubnet -> CreateSubnetReply = subnets::create_default, dry_run;
        write DeleteSubnet -> Done = subnets::delete, dry_run;
        write ModifySubnetAttribute -> Done = subnets::modify_attribute;
        write AssociateSubnetCidrBlock -> SubnetCidrBlockReply = subnets::associate_cidr;
        write DisassociateSubnetCidrBlock -> SubnetCidrBlockReply = subnets::disassociate_cidr;
        write CreateSubnetCidrReservation -> CreateSubnetCidrReservationReply
            = subnets::create_reservation, dry_run;
        write DeleteSubnetCidrReservation -> DeleteSubnetCidrReservationReply
            = subnets::delete_reservation, dry_run;
        read GetSubnetCidrReservations -> GetSubnetCidrReservationsReply = subnets::get_reservations, dry_run;

        read DescribeRouteTables -> DescribeRouteTablesReply = route_tables::describe, dry_run;
        write CreateRouteTable -> CreateRouteTableReply = route_tables::create, dry_run;
        write DeleteRouteTable -> Done = route_tables::delete, dry_run;
        write CreateRoute -> Done = route_tables::create_route, dry_run;
        write ReplaceRoute -> Done = route_tables::replace_route, dry_run;
        write DeleteRoute -> Done = route_tables::delete_route, dry_run;
        write AssociateRouteTable -> AssociateRouteTableReply = route_tables::associate, dry_run;
        write DisassociateRouteTable -> Done = route_tables::disassociate, dry_run;
        write ReplaceRouteTableAssociation -> ReplaceRouteTableAssociationReply
            = route_tables::replace_association, dry_run;

        read DescribeVpcPeeringConnections -> DescribeVpcPeeringConnectionsReply = peerings::describe, dry_run;
        write CreateVpcPeeringConnection -> VpcPeeringConnectionReply = peerings::create, dry_run;
        write AcceptVpcPeeringConnection -> VpcPeeringConnectionReply = peerings::accept, dry_run;
        write RejectVpcPeeringConnection -> Done = peerings::reject, dry_run;
        write DeleteVpcPeeringConnection -> Done = peerings::delete, dry_run;
        write ModifyVpcPeeringConnectionOptions -> ModifyVpcPeeringConnectionOptionsReply
            = peerings::modify_options, dry_run;

        read DescribeSecurityGroups -> DescribeSecurityGroupsReply = security_groups::describe, dry_run;
        write CreateSecurityGroup -> CreateSecurityGroupReply = security_groups::create, dry_run;
        write DeleteSecurityGroup -> DeleteSecurityGroupReply = security_groups::delete, dry_run;
        read DescribeSecurityGroupRules -> DescribeSecurityGroupRulesReply = security_groups::describe_rules, dry_run;
        write AuthorizeSecurityGroupIngress -> AuthorizeReply = security_groups::authorize_ingress, dry_run;
        write AuthorizeSecurityGroupEgress -> AuthorizeReply = security_groups::authorize_egress, dry_run;
        write RevokeSecurityGroupIngress -> RevokeReply = security_groups::revoke_ingress, dry_run;
        write RevokeSecurityGroupEgress -> RevokeReply = security_groups::revoke_egress, dry_run;
        write ModifySecurityGroupRules -> Done = security_groups::modify, dry_run;
        write UpdateSecurityGroupRuleDescriptionsIngress -> Done
            = security_groups::update_ingress_descriptions, dry_run;
        write UpdateSecurityGroupRuleDescriptionsEgress -> Done
            = security_groups::update_egress_descriptions, dry_run;

        read DescribeTags -> DescribeTagsReply = tags::describe, dry_run;
        write CreateTags -> Done = tags::create, dry_run;
        write DeleteTags -> Done = tags::delete, dry_run;

        read DescribeAvailabilityZones -> DescribeAvailabilityZonesReply = availability_zones::describe, dry_run;
        read DescribeRegions -> DescribeRegionsReply = regions::describe, dry_run;
        read DescribeAccountAttributes -> DescribeAccountAttributesReply = account_attributes::describe, dry_run;

        read DescribeInternetGateways -> DescribeInternetGatewaysReply = gateways::describe, dry_run;
        write CreateInternetGateway -> CreateInternetGatewayReply = gateways::create, dry_run;
        write AttachInternetGateway -> Done = gateways::attach, dry_run;
        write DetachInternetGateway -> Done = gateways::detach, dry_run;
        write DeleteInternetGateway -> Done = gateways::delete, dry_run;
        read DescribeEgressOnlyInternetGateways -> DescribeEgressOnlyInternetGatewaysReply
            = egress_only_gateways::describe, dry_run;
        write CreateEgressOnlyInternetGateway -> CreateEgressOnlyInternetGatewayReply
            = egress_only_gateways::create, dry_run;
        write DeleteEgressOnlyInternetGateway -> DeleteEgressOnlyInternetGatewayReply
            = egress_only_gateways::delete, dry_run;
        read DescribeNatGateways -> DescribeNatGatewaysReply = nat_gateways::describe, dry_run;
        write CreateNatGateway -> CreateNatGatewayReply = nat_gateways::create, dry_run;
        write DeleteNatGateway -> DeleteNatGatewayReply = nat_gateways::delete, dry_run;

        read DescribeAddresses -> DescribeAddressesReply = addresses::describe, dry_run;
        read DescribeAddressesAttribute -> DescribeAddressesAttributeReply
            = address_attributes::describe, dry_run;
        write AllocateAddress -> AllocateAddressReply = addresses::allocate, dry_run;
        write AssociateAddress -> AssociateAddressReply = addresses::associate, dry_run;
        write DisassociateAddress -> Done = addresses::disassociate, dry_run;
        write ReleaseAddress -> Done = addresses::release, dry_run;

        read DescribeNetworkAcls -> DescribeNetworkAclsReply = network_acls::describe, dry_run;
        write CreateNetworkAcl -> CreateNetworkAclReply = network_acls::create, dry_run;
        write DeleteNetworkAcl -> Done = network_acls::delete, dry_run;
        write ReplaceNetworkAclAssociation -> ReplaceNetworkAclAssociationReply
            = network_acls::replace_association, dry_run;
        write CreateNetworkAclEntry -> Done = network_acls::create_entry, dry_run;
        write ReplaceNetworkAclEntry -> Done = network_acls::replace_entry, dry_run;
        write DeleteNetworkAclEntry -> Done = network_acls::delete_entry, dry_run;

        read DescribeNetworkInterfaces -> DescribeNetworkInterfacesReply = network_interfaces::describe, dry_run;
        read DescribeNetworkInterfaceAttribute -> DescribeNetworkInterfaceAttributeReply
            = network_interfaces::describe_attribute, dry_run;
        write CreateNetworkInterface -> CreateNetworkInterfaceReply = network_interfaces::create, dry_run;
        write DeleteNetworkInterface -> Done = network_interfaces::delete, dry_run;
        write ModifyNetworkInterfaceAttribute -> Done = network_interfaces::modify_attribute, dry_run;
        write AttachNetworkInterface -> AttachNetworkInterfaceReply = network_interfaces::attach, dry_run;
        write DetachNetworkInterface -> Done = network_interfaces::detach, dry_run;

        read DescribeVpcEndpoints -> DescribeVpcEndpointsReply = vpc_endpoints::describe, dry_run;
        read DescribeVolumes -> DescribeVolumesReply = volumes::describe, dry_run;
        read DescribeImages -> DescribeImagesReply = images::describe, dry_run;
        read DescribeInstances -> DescribeInstancesReply = instances::describe, dry_run;
        read DescribeInstanceStatus -> DescribeInstanceStatusReply = instances::describe_status, dry_run;
        read DescribeInstanceAttribute -> DescribeInstanceAttributeReply = instances::describe_attribute, dry_run;
        read DescribeInstanceTypes -> DescribeInstanceTypesReply = instance_types::describe, dry_run;
        read DescribeKeyPairs -> DescribeKeyPairsReply = key_pairs::describe, dry_run;
        write CreateKeyPair -> CreateKeyPairReply = key_pairs::create, dry_run;
        write ImportKeyPair -> KeyPairItem = key_pairs::import, dry_run;
        write DeleteKeyPair -> DeleteKeyPairReply = key_pairs::delete, dry_run;
        read DescribeLaunchTemplates -> DescribeLaunchTemplatesReply = launch_templates::describe, dry_run;
        read DescribeLaunchTemplateVersions -> DescribeLaunchTemplateVersionsReply
            = launch_templates::describe_versions, dry_run;
        write CreateLaunchTemplate -> LaunchTemplateReply = launch_templates::create, dry_run;
        write CreateLaunchTemplateVersion -> CreateLaunchTemplateVersionReply
            = launch_templates::create_version, dry_run;
        write ModifyLaunchTemplate -> LaunchTemplateReply = launch_templates::modify, dry_run;
        write DeleteLaunchTemplate -> LaunchTemplateReply = launch_templates::delete, dry_run;
        write DeleteLaunchTemplateVersions -> DeleteLaunchTemplateVersionsReply
            = launch_templates::delete_versions, dry_run;
        write RunInstances -> RunInstancesReply = instances::run, dry_run;
        write StartInstances -> TransitionReply = instances::start, dry_run;
        write StopInstances -> TransitionReply = instances::stop, dry_run;
        write TerminateInstances -> TransitionReply = instances::terminate, dry_run;
        write ModifyInstanceAttribute -> Done = instances::modify_attribute, dry_run;
        write MonitorInstances -> MonitoringReply = instances::monitor, dry_run;
        write UnmonitorInstances -> MonitoringReply = instances::unmonitor, dry_run;
        write ModifyInstanceMetadataOptions -> ModifyInstanceMetadataOptionsReply
            = instances::modify_metadata, dry_run;
        read DescribeInstanceCreditSpecifications -> DescribeInstanceCreditSpecificationsReply
            = instances::describe_credits, dry_run;
        write ModifyInstanceCreditSpecification -> ModifyInstanceCreditSpecificationReply
            = instances::modify_credits, dry_run;

        read DescribeManagedPrefixLists -> DescribeManagedPrefixListsReply = prefix_lists::describe, dry_run;
        read GetManagedPrefixListEntries -> GetManagedPrefixListEntriesReply = prefix_lists::get_entries, dry_run;
        write CreateManagedPrefixList -> PrefixListReply = prefix_lists::create, dry_run;
        write ModifyManagedPrefixList -> PrefixListReply = prefix_lists::modify, dry_run;
        write DeleteManagedPrefixList -> PrefixListReply = prefix_lists::delete, dry_run;
    }
    Elb {
        read DescribeLoadBalancers -> DescribeLoadBalancersReply = elb::describe;
        write CreateLoadBalancer -> CreateLoadBalancerReply = elb::create;
        write DeleteLoadBalancer -> Unit = elb::delete;
        write CreateLoadBalancerListeners -> Unit = elb::create_listeners;
        write DeleteLoadBalancerListeners -> Unit = elb::delete_listeners;
        write SetLoadBalancerListenerSSLCertificate -> Unit = elb::set_certificate;
        write ConfigureHealthCheck -> ConfigureHealthCheckReply = elb::configure_health_check;
        write AttachLoadBalancerToSubnets -> SubnetsReply = elb::attach;
        write DetachLoadBalancerFromSubnets -> SubnetsReply = elb::detach;
        write EnableAvailabilityZonesForLoadBalancer -> AvailabilityZonesReply = elb::enable_zones;
        write DisableAvailabilityZonesForLoadBalancer -> AvailabilityZonesReply = elb::disable_zones;
        write ApplySecurityGroupsToLoadBalancer -> SecurityGroupsReply = elb::apply_groups;
        read DescribeLoadBalancerAttributes -> DescribeLoadBalancerAttributesReply = elb::describe_attributes;
        write ModifyLoadBalancerAttributes -> ModifyLoadBalancerAttributesReply = elb::modify_attributes;
        write RegisterInstancesWithLoadBalancer -> InstancesReply = elb::register;
        write DeregisterInstancesFromLoadBalancer -> InstancesReply = elb::deregister;
        read DescribeInstanceHealth -> DescribeInstanceHealthReply = elb::describe_health;
        read DescribeLoadBalancerPolicies -> DescribeLoadBalancerPoliciesReply = elb::describe_policies;
        read DescribeLoadBalancerPolicyTypes -> DescribeLoadBalancerPolicyTypesReply = elb::describe_types;
        write CreateLoadBalancerPolicy -> Unit = elb::create_policy;
        write CreateAppCookieStickinessPolicy -> Unit = elb::create_app_cookie;
        write CreateLBCookieStickinessPolicy -> Unit = elb::create_balancer_cookie;
        write DeleteLoadBalancerPolicy -> Unit = elb::delete_policy;
        write SetLoadBalancerPoliciesOfListener -> Unit = elb::set_of_listener;
        write SetLoadBalancerPoliciesForBackendServer -> Unit = elb::set_of_backend;
        read ElbDescribeTags ("DescribeTags") -> ElbDescribeTagsReply = elb::describe_tags;
        write AddTags -> Unit = elb::add_tags;
        write RemoveTags -> Unit = elb::remove_tags;
        read ElbDescribeAccountLimits ("DescribeAccountLimits") -> ElbDescribeAccountLimitsReply
            = elb::account_limits;
    }
    AutoScaling {
        read DescribeAutoScalingGroups -> DescribeAutoScalingGroupsReply = autoscaling::describe;
        read DescribeAutoScalingInstances -> DescribeAutoScalingInstancesReply = autoscaling::describe_instances;
        write CreateAutoScalingGroup -> NoResult = autoscaling::create;
        write UpdateAutoScalingGroup -> NoResult = autoscaling::update;
        write DeleteAutoScalingGroup -> NoResult = autoscaling::delete;
        write SetDesiredCapacity -> NoResult = autoscaling::set_desired;
        write TerminateInstanceInAutoScalingGroup -> TerminateInstanceInAutoScalingGroupReply
            = autoscaling::terminate_instance;
        read DescribeScalingActivities -> DescribeScalingActivitiesReply = autoscaling::describe_activities;
        write SuspendProcesses -> NoResult = autoscaling::suspend;
        write ResumeProcesses -> NoResult = autoscaling::resume;
        write AttachLoadBalancers -> Nil = autoscaling::attach_balancers;
        write DetachLoadBalancers -> Nil = autoscaling::detach_balancers;
        read AutoScalingDescribeLoadBalancers ("DescribeLoadBalancers") -> AutoScalingDescribeLoadBalancersReply
            = autoscaling::describe_balancers;
        write AttachTrafficSources -> Nil = autoscaling::attach_sources;
        write DetachTrafficSources -> Nil = autoscaling::detach_sources;
        read DescribeTrafficSources -> DescribeTrafficSourcesReply = autoscaling::describe_sources;
        read AutoScalingDescribeTags ("DescribeTags") -> AutoScalingDescribeTagsReply = autoscaling::describe_tags;
        write CreateOrUpdateTags -> NoResult = autoscaling::create_tags;
        write AutoScalingDeleteTags ("DeleteTags") -> NoResult = autoscaling::delete_tags;
        read AutoScalingDescribeAccountLimits ("DescribeAccountLimits") -> AutoScalingDescribeAccountLimitsReply
            = autoscaling::account_limits;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_is_found_by_its_name_in_its_own_service_only() {
        let names: BTreeSet<(Service, &str)> =
            Action::ALL.iter().map(|action| (action.service(), action.name())).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            for service in [Service::Sts, Service::Ec2, Service::Elb, Service::AutoScaling] {
                let found = Action::from_name(service, action.name());
                let is_its_own = service == action.service();
                assert_eq!(found == Some(*action), is_its_own);
                assert_eq!(found.is_some(), names.contains(&(service, action.name())));
            }
        }
    }

    #[test]
    fn an_action_without_parameters_is_read_or_says_what_it_misses() {
        for action in Action::ALL {
            match action.read(&Params::default()) {
                Ok(call) => {
                    assert_eq!(call.action(), *action);
                    assert_eq!(call.params().unwrap(), []);
                    assert!(!call.is_dry_run());
                }
                Err(error) => {
                    assert!(matches!(error, QueryError::Missing(_)), "{action:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn what_describes_changes_nothing_and_what_creates_or_deletes_does() {
        for action in Action::ALL {
            let name = action.name();
            let reads = ["Describe", "Get", "AssumeRole"].iter().any(|verb| name.starts_with(verb));
            assert_eq!(action.is_write(), !reads, "{name}");
        }
    }
}
