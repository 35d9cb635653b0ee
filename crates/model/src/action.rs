//! The AWS actions that Peerway calls: the one list from which pacing, failures and the IAM policy take their names.

use std::fmt;

/// An AWS service, by the prefix of its IAM actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// EC2, which VPCs belong to.
    Ec2,
    /// EC2 Auto Scaling.
    AutoScaling,
    /// Elastic Load Balancing, for Classic Load Balancers.
    ElasticLoadBalancing,
    /// The security token service.
    Sts,
}

impl Service {
    /// The prefix of its IAM actions, like `ec2`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::AutoScaling => "autoscaling",
            Self::ElasticLoadBalancing => "elasticloadbalancing",
            Self::Sts => "sts",
        }
    }
}

/// Whether an action changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only answers.
    Read,
    /// It changes something.
    Write,
}

macro_rules! actions {
    ($($service:ident { $($effect:ident { $($name:ident,)* })* })*) => {
        /// An action, spelled as AWS spells it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "AWS's own names, which its API references explain")]
        pub enum Action {
            $($($($name,)*)*)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$($($(Self::$name,)*)*)*];

            /// Its name, like `CreateRoute`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($($(Self::$name => stringify!($name),)*)*)*
                }
            }

            /// The service it belongs to.
            #[must_use]
            pub const fn service(self) -> Service {
                match self {
                    $($($(Self::$name)|* => Service::$service,)*)*
                }
            }

            /// Whether it changes anything.
            #[must_use]
            pub const fn effect(self) -> Effect {
                match self {
                    $($($(Self::$name)|* => Effect::$effect,)*)*
                }
            }
        }
    };
}

actions! {
    Ec2 {
        Read {
            DescribeVpcs,
            DescribeVpcAttribute,
            DescribeSubnets,
            DescribeRouteTables,
            DescribeVpcPeeringConnections,
            DescribeSecurityGroups,
            DescribeSecurityGroupRules,
            DescribeNatGateways,
            DescribeManagedPrefixLists,
            GetManagedPrefixListEntries,
            DescribeNetworkAcls,
            DescribeAvailabilityZones,
            DescribeNetworkInterfaces,
            DescribeInstances,
        }
        Write {
            CreateVpcPeeringConnection,
            AcceptVpcPeeringConnection,
            DeleteVpcPeeringConnection,
            ModifyVpcPeeringConnectionOptions,
            CreateRoute,
            ReplaceRoute,
            DeleteRoute,
            CreateSubnet,
            DeleteSubnet,
            AssociateSubnetCidrBlock,
            CreateRouteTable,
            DeleteRouteTable,
            AssociateRouteTable,
            ReplaceRouteTableAssociation,
            ReplaceNetworkAclAssociation,
            AuthorizeSecurityGroupIngress,
            RevokeSecurityGroupIngress,
            CreateSecurityGroup,
            DeleteSecurityGroup,
            ModifyNetworkInterfaceAttribute,
            CreateTags,
            DeleteTags,
        }
    }
    AutoScaling {
        Read {
            DescribeAutoScalingGroups,
            DescribeTrafficSources,
        }
        Write {
            AttachLoadBalancers,
            DetachLoadBalancers,
            AttachTrafficSources,
            DetachTrafficSources,
        }
    }
    ElasticLoadBalancing {
        Read {
            DescribeLoadBalancers,
            DescribeLoadBalancerAttributes,
            DescribeLoadBalancerPolicies,
            DescribeInstanceHealth,
            DescribeTags,
        }
        Write {
            CreateLoadBalancer,
            DeleteLoadBalancer,
            CreateLoadBalancerListeners,
            DeleteLoadBalancerListeners,
            SetLoadBalancerListenerSSLCertificate,
            ConfigureHealthCheck,
            AttachLoadBalancerToSubnets,
            DetachLoadBalancerFromSubnets,
            ApplySecurityGroupsToLoadBalancer,
            ModifyLoadBalancerAttributes,
            CreateLoadBalancerPolicy,
            DeleteLoadBalancerPolicy,
            SetLoadBalancerPoliciesOfListener,
            SetLoadBalancerPoliciesForBackendServer,
            RegisterInstancesWithLoadBalancer,
            DeregisterInstancesFromLoadBalancer,
            AddTags,
            RemoveTags,
        }
    }
    Sts {
        Read {
            GetCallerIdentity,
            AssumeRole,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_knows_its_name_service_and_effect() {
        assert_eq!(Action::CreateRoute.to_string(), "CreateRoute");
        assert_eq!(Action::CreateRoute.service().prefix(), "ec2");
        assert_eq!(Action::CreateRoute.effect(), Effect::Write);
        assert_eq!(Action::AssumeRole.service(), Service::Sts);
        assert_eq!(Action::DescribeVpcs.effect(), Effect::Read);
    }
}
