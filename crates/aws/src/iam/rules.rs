//! Which call may touch what, for which kind of object, and under which conditions.

use peerway_model::{Action, OwnerKind};

/// What a rule is about: a type of things, what must be so, and whose calls it is for.
pub(super) struct Rule {
    pub(super) kinds: &'static [OwnerKind],
    pub(super) resource: Resource,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Resource {
    Any,
    Vpc,
    Connection,
    RouteTable,
    Subnet,
    NetworkAcl,
    SecurityGroup,
    Rule,
    NetworkInterface,
    LoadBalancer,
    AutoScalingGroup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Condition {
    /// The request brings our tags.
    OurRequestTag,
    /// The thing carries our tags.
    OurResourceTag,
    /// Only tags of ours are put on, or taken off.
    OurTagKeys,
    /// Tagged while it is made, by EC2, for an object of this kind.
    OnCreation(OwnerKind),
    /// Tagged while it is made, by Elastic Load Balancing.
    OnBalancerCreation,
    /// In one of the VPCs.
    InVpc,
    /// One of the VPCs asks, one of the peers is asked.
    Requests,
    /// One of the VPCs is asked, by one of the peers.
    Accepts,
    /// Both ends are among the VPCs and the peers. Which of them may ask, or answer, the rule on the VPC says.
    JoinsPeers,
    /// The balancers that are tied or untied have these names.
    NamedBalancers,
}

/// Every kind.
pub(super) const KINDS: &[OwnerKind] = &[PEERING[0], GROUP[0], BALANCER[0]];
const PEERING: &[OwnerKind] = &[OwnerKind::VpcPeering];
const GROUP: &[OwnerKind] = &[OwnerKind::OverlapSubnetGroup];
const BALANCER: &[OwnerKind] = &[OwnerKind::ProxyLoadBalancer];
const ROUTING: &[OwnerKind] = &[PEERING[0], GROUP[0]];
const ADMITTING: &[OwnerKind] = &[PEERING[0], BALANCER[0]];

/// What of EC2 carries our tags, and who makes it.
const TAGGED: [(Resource, &[OwnerKind]); 5] = [
    (Resource::Connection, PEERING),
    (Resource::Rule, ADMITTING),
    (Resource::Subnet, GROUP),
    (Resource::RouteTable, GROUP),
    (Resource::SecurityGroup, BALANCER),
];

/// What of these carries tags of the spec's, too; and so do the security groups of balancers.
const SPEC_TAGGED: [Resource; 2] = [Resource::Subnet, Resource::RouteTable];

/// The calls of EC2 that make what carries our tags.
pub(super) fn creations(kind: OwnerKind) -> &'static [&'static str] {
    match kind {
        OwnerKind::VpcPeering => &["CreateVpcPeeringConnection", "AuthorizeSecurityGroupIngress"],
        OwnerKind::OverlapSubnetGroup => &["CreateSubnet", "CreateRouteTable"],
        OwnerKind::ProxyLoadBalancer => &["CreateSecurityGroup", "AuthorizeSecurityGroupIngress"],
    }
}

/// What a call needs: one rule per kind of thing that AWS asks about.
#[expect(clippy::too_many_lines, reason = "one arm per call, so that none is forgotten")]
pub(super) fn rules(action: Action) -> Vec<Rule> {
    use Condition::{
        Accepts, InVpc, NamedBalancers, OnBalancerCreation, OnCreation, OurRequestTag,
        OurResourceTag, OurTagKeys, Requests,
    };
    let rule = |kinds, resource, conditions: &[Condition]| Rule {
        kinds,
        resource,
        conditions: conditions.to_vec(),
    };
    match action {
        Action::DescribeVpcs
        | Action::DescribeVpcAttribute
        | Action::DescribeSubnets
        | Action::DescribeRouteTables
        | Action::DescribeVpcPeeringConnections
        | Action::DescribeSecurityGroups
        | Action::DescribeSecurityGroupRules
        | Action::DescribeNatGateways
        | Action::DescribeManagedPrefixLists
        | Action::GetManagedPrefixListEntries
        | Action::DescribeNetworkAcls
        | Action::DescribeAvailabilityZones
        | Action::DescribeNetworkInterfaces
        | Action::DescribeInstances
        | Action::DescribeAutoScalingGroups
        | Action::DescribeTrafficSources
        | Action::DescribeLoadBalancers
        | Action::DescribeLoadBalancerAttributes
        | Action::DescribeLoadBalancerPolicies
        | Action::DescribeInstanceHealth
        | Action::DescribeTags => vec![rule(KINDS, Resource::Any, &[])],
        Action::CreateVpcPeeringConnection => vec![
            rule(PEERING, Resource::Vpc, &[]),
            rule(PEERING, Resource::Connection, &[OurRequestTag, Requests]),
        ],
        // The connection was made by the other side, and carries no tag of ours here yet.
        Action::AcceptVpcPeeringConnection => {
            vec![rule(PEERING, Resource::Vpc, &[]), rule(PEERING, Resource::Connection, &[Accepts])]
        }
        Action::DeleteVpcPeeringConnection | Action::ModifyVpcPeeringConnectionOptions => {
            vec![rule(PEERING, Resource::Connection, &[OurResourceTag])]
        }
        Action::CreateRoute | Action::ReplaceRoute | Action::DeleteRoute => {
            vec![rule(ROUTING, Resource::RouteTable, &[InVpc])]
        }
        // Where it is made, the VPC's own rule says.
        Action::CreateSubnet => {
            vec![rule(GROUP, Resource::Vpc, &[]), rule(GROUP, Resource::Subnet, &[OurRequestTag])]
        }
        Action::CreateRouteTable => vec![
            rule(GROUP, Resource::Vpc, &[]),
            rule(GROUP, Resource::RouteTable, &[OurRequestTag]),
        ],
        Action::DeleteSubnet | Action::AssociateSubnetCidrBlock => {
            vec![rule(GROUP, Resource::Subnet, &[OurResourceTag, InVpc])]
        }
        Action::DeleteRouteTable => {
            vec![rule(GROUP, Resource::RouteTable, &[OurResourceTag, InVpc])]
        }
        // The subnet is what changes, and must be ours; a table or ACL given by name carries no tag of ours.
        Action::AssociateRouteTable | Action::ReplaceRouteTableAssociation => vec![
            rule(GROUP, Resource::RouteTable, &[InVpc]),
            rule(GROUP, Resource::Subnet, &[OurResourceTag, InVpc]),
        ],
        Action::ReplaceNetworkAclAssociation => vec![
            rule(GROUP, Resource::NetworkAcl, &[InVpc]),
            rule(GROUP, Resource::Subnet, &[OurResourceTag, InVpc]),
        ],
        Action::AuthorizeSecurityGroupIngress => vec![
            rule(ADMITTING, Resource::SecurityGroup, &[InVpc]),
            rule(ADMITTING, Resource::Rule, &[OurRequestTag]),
        ],
        Action::RevokeSecurityGroupIngress => {
            vec![rule(ADMITTING, Resource::SecurityGroup, &[InVpc])]
        }
        Action::CreateSecurityGroup => vec![
            rule(BALANCER, Resource::Vpc, &[]),
            rule(BALANCER, Resource::SecurityGroup, &[OurRequestTag]),
        ],
        Action::DeleteSecurityGroup => {
            vec![rule(BALANCER, Resource::SecurityGroup, &[OurResourceTag, InVpc])]
        }
        // The interface is an instance's, and keeps the groups of others that it carries: neither has tags of ours.
        Action::ModifyNetworkInterfaceAttribute => vec![
            rule(BALANCER, Resource::NetworkInterface, &[InVpc]),
            rule(BALANCER, Resource::SecurityGroup, &[InVpc]),
        ],
        Action::AttachLoadBalancers
        | Action::DetachLoadBalancers
        | Action::AttachTrafficSources
        | Action::DetachTrafficSources => {
            vec![rule(BALANCER, Resource::AutoScalingGroup, &[NamedBalancers])]
        }
        Action::CreateLoadBalancer => {
            vec![rule(BALANCER, Resource::LoadBalancer, &[OurRequestTag])]
        }
        Action::DeleteLoadBalancer
        | Action::CreateLoadBalancerListeners
        | Action::DeleteLoadBalancerListeners
        | Action::SetLoadBalancerListenerSSLCertificate
        | Action::ConfigureHealthCheck
        | Action::AttachLoadBalancerToSubnets
        | Action::DetachLoadBalancerFromSubnets
        | Action::ApplySecurityGroupsToLoadBalancer
        | Action::ModifyLoadBalancerAttributes
        | Action::CreateLoadBalancerPolicy
        | Action::DeleteLoadBalancerPolicy
        | Action::SetLoadBalancerPoliciesOfListener
        | Action::SetLoadBalancerPoliciesForBackendServer
        | Action::RegisterInstancesWithLoadBalancer
        | Action::DeregisterInstancesFromLoadBalancer => {
            vec![rule(BALANCER, Resource::LoadBalancer, &[OurResourceTag])]
        }
        // As with the tags of EC2 below.
        Action::AddTags => vec![
            rule(BALANCER, Resource::LoadBalancer, &[OurRequestTag, OnBalancerCreation]),
            rule(BALANCER, Resource::LoadBalancer, &[OurRequestTag, OurTagKeys]),
            rule(BALANCER, Resource::LoadBalancer, &[OurResourceTag]),
        ],
        Action::RemoveTags => {
            vec![rule(BALANCER, Resource::LoadBalancer, &[OurResourceTag, OurTagKeys])]
        }
        // While they are made, where somebody took our tags off, and what the spec wants beside them.
        Action::CreateTags => {
            let one = |thing, kind: &'static OwnerKind| {
                let kinds = std::slice::from_ref(kind);
                [
                    rule(kinds, thing, &[OurRequestTag, OnCreation(*kind)]),
                    rule(kinds, thing, &[OurRequestTag, OurTagKeys]),
                ]
            };
            let all = TAGGED.into_iter();
            all.flat_map(|(thing, kinds)| kinds.iter().flat_map(move |kind| one(thing, kind)))
                .chain(SPEC_TAGGED.map(|thing| rule(GROUP, thing, &[OurResourceTag])))
                // In the words of what deletes it: a policy of many VPCs is as long as it may be.
                .chain([rule(BALANCER, Resource::SecurityGroup, &[OurResourceTag, InVpc])])
                .collect()
        }
        Action::DeleteTags => TAGGED
            .into_iter()
            .map(|(thing, kinds)| rule(kinds, thing, &[OurResourceTag, OurTagKeys]))
            .collect(),
        // Asking who one is needs no permission; roles are assumed with the controller's own identity.
        Action::GetCallerIdentity | Action::AssumeRole => Vec::new(),
    }
}
