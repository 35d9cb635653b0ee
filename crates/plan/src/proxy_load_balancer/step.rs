//! The steps: each is exactly one AWS call, with everything needed to make it and no choices left in it.

use std::fmt;

use peerway_model::{
    Action, AttachmentApi, AutoScalingGroupName, HealthCheck, IngressRule, InstanceId, Listener,
    LoadBalancerAttributes, LoadBalancerName, LoadBalancerPolicy, NetworkInterfaceId,
    NewLoadBalancer, PartKind, Place, SecurityGroupId, SecurityGroupRuleId, SubnetId, Tags, VpcId,
};

use crate::PlanStep;

/// One AWS call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the call is made.
    pub place: Place,
    /// The load balancer it is for.
    pub balancer: LoadBalancerName,
    /// The call.
    pub call: Call,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Make a security group, with our tags and without ingress rules.
    CreateGroup {
        /// In which VPC.
        vpc: VpcId,
        /// Its name.
        name: String,
        /// Its description.
        description: String,
        /// Our tags.
        tags: Tags,
    },
    /// Put tags on a security group or a rule.
    Tag {
        /// The id.
        id: String,
        /// In which part it is seen.
        part: PartKind,
        /// The tags.
        tags: Tags,
    },
    /// Take our tags off a security group or a rule.
    Untag {
        /// The id.
        id: String,
        /// In which part it is seen.
        part: PartKind,
        /// Our tags, as they are on it.
        tags: Tags,
    },
    /// Delete a security group of ours.
    DeleteGroup {
        /// The group.
        group: SecurityGroupId,
        /// Its name.
        name: String,
    },
    /// Write a rule.
    AuthorizeIngress {
        /// The rule.
        rule: IngressRule,
        /// Our tags.
        tags: Tags,
    },
    /// Take a rule away.
    RevokeIngress {
        /// The group.
        group: SecurityGroupId,
        /// The rule.
        rule: SecurityGroupRuleId,
        /// What it says.
        text: String,
    },
    /// Let an instance's interface carry exactly these groups: those it had, and ours, or no longer ours.
    SetInterfaceGroups {
        /// The interface.
        interface: NetworkInterfaceId,
        /// Whose it is.
        instance: InstanceId,
        /// The groups.
        groups: Vec<SecurityGroupId>,
        /// Whether ours is among them.
        adds: bool,
    },
    /// Make the balancer, with our tags.
    CreateBalancer(NewLoadBalancer),
    /// Put tags on the balancer.
    TagBalancer {
        /// The tags.
        tags: Tags,
    },
    /// Take our tags off the balancer.
    UntagBalancer {
        /// Our tags, as they are on it.
        tags: Tags,
    },
    /// Delete the balancer.
    DeleteBalancer,
    /// Add listeners.
    CreateListeners {
        /// The listeners.
        listeners: Vec<Listener>,
    },
    /// Take listeners away.
    DeleteListeners {
        /// Their ports.
        ports: Vec<u16>,
    },
    /// Give a listener another certificate.
    SetCertificate {
        /// Its port.
        port: u16,
        /// The certificate.
        certificate: String,
    },
    /// Make a policy.
    CreatePolicy {
        /// The policy.
        policy: LoadBalancerPolicy,
    },
    /// Delete a policy that nothing uses any more.
    DeletePolicy {
        /// Its name.
        policy: String,
    },
    /// Give a listener exactly these policies.
    SetListenerPolicies {
        /// Its port.
        port: u16,
        /// Their names.
        policies: Vec<String>,
    },
    /// Give an instance port exactly these policies.
    SetBackendPolicies {
        /// The port.
        instance_port: u16,
        /// Their names.
        policies: Vec<String>,
    },
    /// Set how instances are judged.
    ConfigureHealthCheck {
        /// How.
        check: HealthCheck,
    },
    /// Change settings.
    ModifyAttributes {
        /// Those that change.
        attributes: LoadBalancerAttributes,
    },
    /// Add subnets.
    AttachSubnets {
        /// The subnets.
        subnets: Vec<SubnetId>,
    },
    /// Take subnets away.
    DetachSubnets {
        /// The subnets.
        subnets: Vec<SubnetId>,
    },
    /// Let it carry exactly these security groups.
    ApplyGroups {
        /// The groups.
        groups: Vec<SecurityGroupId>,
    },
    /// Attach it to an auto-scaling group, beside what that has.
    AttachTo {
        /// The group.
        group: AutoScalingGroupName,
        /// By which family of calls.
        api: AttachmentApi,
    },
    /// Detach it from an auto-scaling group.
    DetachFrom {
        /// The group.
        group: AutoScalingGroupName,
        /// By which family of calls.
        api: AttachmentApi,
    },
    /// Register instances.
    Register {
        /// The instances.
        instances: Vec<InstanceId>,
    },
    /// Deregister instances.
    Deregister {
        /// The instances.
        instances: Vec<InstanceId>,
    },
}

/// Steps of one group follow each other; once one fails, the rest of its group is left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Security groups, and who carries them.
    Firewall,
    /// The balancer and its settings.
    Balancer,
    /// What it listens on, and by which policies: one that AWS refuses holds up nothing else.
    Listeners,
    /// Where it logs.
    Log,
    /// Its tie to an auto-scaling group.
    Scaling(AutoScalingGroupName),
    /// Instances of its own.
    Members(Vec<InstanceId>),
}

impl PlanStep for Step {
    type Group = Group;

    fn place(&self) -> &Place {
        &self.place
    }

    fn action(&self) -> Action {
        match &self.call {
            Call::CreateGroup { .. } => Action::CreateSecurityGroup,
            Call::Tag { .. } => Action::CreateTags,
            Call::Untag { .. } => Action::DeleteTags,
            Call::DeleteGroup { .. } => Action::DeleteSecurityGroup,
            Call::AuthorizeIngress { .. } => Action::AuthorizeSecurityGroupIngress,
            Call::RevokeIngress { .. } => Action::RevokeSecurityGroupIngress,
            Call::SetInterfaceGroups { .. } => Action::ModifyNetworkInterfaceAttribute,
            Call::CreateBalancer(_) => Action::CreateLoadBalancer,
            Call::TagBalancer { .. } => Action::AddTags,
            Call::UntagBalancer { .. } => Action::RemoveTags,
            Call::DeleteBalancer => Action::DeleteLoadBalancer,
            Call::CreateListeners { .. } => Action::CreateLoadBalancerListeners,
            Call::DeleteListeners { .. } => Action::DeleteLoadBalancerListeners,
            Call::SetCertificate { .. } => Action::SetLoadBalancerListenerSSLCertificate,
            Call::CreatePolicy { .. } => Action::CreateLoadBalancerPolicy,
            Call::DeletePolicy { .. } => Action::DeleteLoadBalancerPolicy,
            Call::SetListenerPolicies { .. } => Action::SetLoadBalancerPoliciesOfListener,
            Call::SetBackendPolicies { .. } => Action::SetLoadBalancerPoliciesForBackendServer,
            Call::ConfigureHealthCheck { .. } => Action::ConfigureHealthCheck,
            Call::ModifyAttributes { .. } => Action::ModifyLoadBalancerAttributes,
            Call::AttachSubnets { .. } => Action::AttachLoadBalancerToSubnets,
            Call::DetachSubnets { .. } => Action::DetachLoadBalancerFromSubnets,
            Call::ApplyGroups { .. } => Action::ApplySecurityGroupsToLoadBalancer,
            Call::AttachTo { api: AttachmentApi::LoadBalancers, .. } => Action::AttachLoadBalancers,
            Call::AttachTo { api: AttachmentApi::TrafficSources, .. } => {
                Action::AttachTrafficSources
            }
            Call::DetachFrom { api: AttachmentApi::LoadBalancers, .. } => {
                Action::DetachLoadBalancers
            }
            Call::DetachFrom { api: AttachmentApi::TrafficSources, .. } => {
                Action::DetachTrafficSources
            }
            Call::Register { .. } => Action::RegisterInstancesWithLoadBalancer,
            Call::Deregister { .. } => Action::DeregisterInstancesFromLoadBalancer,
        }
    }

    fn group(&self) -> Group {
        match &self.call {
            Call::ModifyAttributes { attributes } if attributes.access_log.is_some() => Group::Log,
            Call::CreateGroup { .. }
            | Call::Tag { .. }
            | Call::Untag { .. }
            | Call::DeleteGroup { .. }
            | Call::AuthorizeIngress { .. }
            | Call::RevokeIngress { .. }
            | Call::SetInterfaceGroups { .. } => Group::Firewall,
            Call::AttachTo { group, .. } | Call::DetachFrom { group, .. } => {
                Group::Scaling(group.clone())
            }
            Call::Register { instances } | Call::Deregister { instances } => {
                Group::Members(instances.clone())
            }
            Call::CreateBalancer(_)
            | Call::TagBalancer { .. }
            | Call::UntagBalancer { .. }
            | Call::DeleteBalancer
            | Call::ConfigureHealthCheck { .. }
            | Call::ModifyAttributes { .. }
            | Call::AttachSubnets { .. }
            | Call::DetachSubnets { .. }
            | Call::ApplyGroups { .. } => Group::Balancer,
            Call::CreateListeners { .. }
            | Call::DeleteListeners { .. }
            | Call::SetCertificate { .. }
            | Call::CreatePolicy { .. }
            | Call::DeletePolicy { .. }
            | Call::SetListenerPolicies { .. }
            | Call::SetBackendPolicies { .. } => Group::Listeners,
        }
    }

    fn makes_room(&self) -> bool {
        matches!(self.call, Call::RevokeIngress { .. })
    }

    fn is_made_good_by(&self, next: &Self) -> bool {
        matches!(
            (&self.call, &next.call),
            (Call::DeleteListeners { .. }, Call::CreateListeners { .. })
                | (Call::DetachSubnets { .. }, Call::AttachSubnets { .. })
        )
    }

    fn is_destructive(&self) -> bool {
        match &self.call {
            // Our tags are what lets us at the thing at all: once they are off, they are off.
            Call::Untag { .. }
            | Call::UntagBalancer { .. }
            | Call::DeleteGroup { .. }
            | Call::RevokeIngress { .. }
            | Call::SetInterfaceGroups { .. }
            | Call::DeleteBalancer
            | Call::DeleteListeners { .. }
            | Call::DeletePolicy { .. }
            | Call::DetachSubnets { .. }
            | Call::DetachFrom { .. }
            | Call::Deregister { .. } => true,
            Call::CreateGroup { .. }
            | Call::Tag { .. }
            | Call::AuthorizeIngress { .. }
            | Call::CreateBalancer(_)
            | Call::TagBalancer { .. }
            | Call::CreateListeners { .. }
            | Call::SetCertificate { .. }
            | Call::CreatePolicy { .. }
            | Call::SetListenerPolicies { .. }
            | Call::SetBackendPolicies { .. }
            | Call::ConfigureHealthCheck { .. }
            | Call::ModifyAttributes { .. }
            | Call::AttachSubnets { .. }
            | Call::ApplyGroups { .. }
            | Call::AttachTo { .. }
            | Call::Register { .. } => false,
        }
    }

    fn part(&self) -> PartKind {
        match &self.call {
            Call::CreateGroup { .. } | Call::DeleteGroup { .. } => PartKind::SecurityGroups,
            Call::Tag { part, .. } | Call::Untag { part, .. } => *part,
            Call::AuthorizeIngress { .. } | Call::RevokeIngress { .. } => {
                PartKind::SecurityGroupRules
            }
            Call::SetInterfaceGroups { .. } => PartKind::NetworkInterfaces,
            Call::AttachTo { .. } | Call::DetachFrom { .. } => PartKind::AutoScalingGroups,
            Call::CreateBalancer(_)
            | Call::TagBalancer { .. }
            | Call::UntagBalancer { .. }
            | Call::DeleteBalancer
            | Call::CreateListeners { .. }
            | Call::DeleteListeners { .. }
            | Call::SetCertificate { .. }
            | Call::CreatePolicy { .. }
            | Call::DeletePolicy { .. }
            | Call::SetListenerPolicies { .. }
            | Call::SetBackendPolicies { .. }
            | Call::ConfigureHealthCheck { .. }
            | Call::ModifyAttributes { .. }
            | Call::AttachSubnets { .. }
            | Call::DetachSubnets { .. }
            | Call::ApplyGroups { .. }
            | Call::Register { .. }
            | Call::Deregister { .. } => PartKind::LoadBalancers,
        }
    }

    fn balancer(&self) -> Option<&LoadBalancerName> {
        (self.part() == PartKind::LoadBalancers).then_some(&self.balancer)
    }

    fn judged_by(&self) -> &'static [PartKind] {
        match &self.call {
            // The name, and room in the subnets.
            Call::CreateBalancer(_) => &[PartKind::LoadBalancers, PartKind::Subnets],
            // Nobody's instances may be replaced because of us, no group may name what is gone, and a group's own
            // instances are not ours to take out.
            Call::AttachTo { .. } | Call::DeleteBalancer | Call::Deregister { .. } => {
                &[PartKind::AutoScalingGroups]
            }
            Call::DeleteGroup { .. } => &[PartKind::NetworkInterfaces],
            // Whose instances it ends, if they fail by it.
            Call::ConfigureHealthCheck { .. }
            | Call::ApplyGroups { .. }
            | Call::DetachSubnets { .. } => &[PartKind::AutoScalingGroups],
            // Who serves while others go is told with the balancer.
            Call::DetachFrom { .. } => &[PartKind::LoadBalancers],
            Call::SetInterfaceGroups { .. } => &[PartKind::Instances],
            Call::CreateGroup { .. }
            | Call::Tag { .. }
            | Call::Untag { .. }
            | Call::AuthorizeIngress { .. }
            | Call::RevokeIngress { .. }
            | Call::TagBalancer { .. }
            | Call::UntagBalancer { .. }
            | Call::CreateListeners { .. }
            | Call::DeleteListeners { .. }
            | Call::SetCertificate { .. }
            | Call::CreatePolicy { .. }
            | Call::DeletePolicy { .. }
            | Call::SetListenerPolicies { .. }
            | Call::SetBackendPolicies { .. }
            | Call::ModifyAttributes { .. }
            | Call::AttachSubnets { .. }
            | Call::Register { .. } => &[],
        }
    }
}

impl Step {
    /// The mark in front of it in a plan: `+` makes, `~` changes, `-` takes away.
    fn mark(&self) -> char {
        match &self.call {
            Call::CreateGroup { .. }
            | Call::AuthorizeIngress { .. }
            | Call::CreateBalancer(_)
            | Call::CreateListeners { .. }
            | Call::CreatePolicy { .. }
            | Call::AttachSubnets { .. }
            | Call::AttachTo { .. }
            | Call::Register { .. } => '+',
            Call::Tag { .. }
            | Call::Untag { .. }
            | Call::SetInterfaceGroups { .. }
            | Call::TagBalancer { .. }
            | Call::UntagBalancer { .. }
            | Call::SetCertificate { .. }
            | Call::SetListenerPolicies { .. }
            | Call::SetBackendPolicies { .. }
            | Call::ConfigureHealthCheck { .. }
            | Call::ModifyAttributes { .. }
            | Call::ApplyGroups { .. } => '~',
            Call::DeleteGroup { .. }
            | Call::RevokeIngress { .. }
            | Call::DeleteBalancer
            | Call::DeleteListeners { .. }
            | Call::DeletePolicy { .. }
            | Call::DetachSubnets { .. }
            | Call::DetachFrom { .. }
            | Call::Deregister { .. } => '-',
        }
    }
}

pub(super) fn list<T: ToString>(things: &[T]) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.balancer;
        write!(f, "{} ", self.mark())?;
        match &self.call {
            Call::CreateGroup { vpc, name, .. } => write!(f, "security group '{name}' in {vpc}"),
            Call::Tag { id, .. } => write!(f, "tag {id}"),
            Call::Untag { id, .. } => write!(f, "take our tags off {id}"),
            Call::DeleteGroup { group, name } => write!(f, "security group {group} ('{name}')"),
            Call::AuthorizeIngress { rule, .. } => write!(f, "rule '{rule}' in {}", rule.group),
            Call::RevokeIngress { group, text, .. } => write!(f, "rule '{text}' in {group}"),
            Call::SetInterfaceGroups { interface, instance, groups, .. } => {
                write!(f, "let {interface} of {instance} carry {}", list(groups))
            }
            Call::CreateBalancer(new) => {
                write!(f, "load balancer {name} in {}", list(&new.subnets))
            }
            Call::TagBalancer { .. } => write!(f, "tag {name}"),
            Call::UntagBalancer { .. } => write!(f, "take our tags off {name}"),
            Call::DeleteBalancer => write!(f, "load balancer {name}"),
            Call::CreateListeners { listeners } => {
                write!(f, "listeners {} of {name}", list(listeners))
            }
            Call::DeleteListeners { ports } => write!(f, "listeners {} of {name}", list(ports)),
            Call::SetCertificate { port, certificate } => {
                write!(f, "certificate {certificate} of listener {port} of {name}")
            }
            Call::CreatePolicy { policy } => {
                write!(f, "policy {} ({}) of {name}", policy.name, policy.kind)
            }
            Call::DeletePolicy { policy } => write!(f, "policy {policy} of {name}"),
            Call::SetListenerPolicies { port, policies } => {
                write!(f, "policies of listener {port} of {name}: {}", list(policies))
            }
            Call::SetBackendPolicies { instance_port, policies } => {
                write!(f, "policies of instance port {instance_port} of {name}: {}", list(policies))
            }
            Call::ConfigureHealthCheck { check } => write!(
                f,
                "health check of {name}: {} every {} s, {} s to answer, out after {}, in after {}",
                check.target,
                check.interval,
                check.timeout,
                check.unhealthy_threshold,
                check.healthy_threshold
            ),
            Call::ModifyAttributes { attributes } => {
                write!(f, "attributes of {name}: {}", super::attributes::describe(attributes))
            }
            Call::AttachSubnets { subnets } => write!(f, "{} to {name}", list(subnets)),
            Call::DetachSubnets { subnets } => write!(f, "{} from {name}", list(subnets)),
            Call::ApplyGroups { groups } => write!(f, "let {name} carry {}", list(groups)),
            Call::AttachTo { group, .. } => write!(f, "attach {name} to '{group}'"),
            Call::DetachFrom { group, .. } => write!(f, "detach {name} from '{group}'"),
            Call::Register { instances } => write!(f, "{} with {name}", list(instances)),
            Call::Deregister { instances } => write!(f, "{} from {name}", list(instances)),
        }?;
        write!(f, "  ({})", self.place)
    }
}
