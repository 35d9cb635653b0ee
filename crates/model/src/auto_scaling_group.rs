//! Auto-scaling groups.

use crate::part::{Item, PartKind};
use crate::{AutoScalingGroupName, InstanceId, LoadBalancerName, SubnetId, Tags, ZoneName};

/// An auto-scaling group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoScalingGroup {
    /// Its name, which is its id.
    pub name: AutoScalingGroupName,
    /// The zones it launches instances in, by the account's names for them.
    pub zones: Vec<ZoneName>,
    /// The subnets it launches instances in; none outside of VPCs of one's own.
    pub subnets: Vec<SubnetId>,
    /// The Classic Load Balancers it is attached to, by whichever of the two families of calls.
    pub load_balancers: Vec<LoadBalancerName>,
    /// By which family its attachments are kept.
    pub attachment_api: AttachmentApi,
    /// Who judges its instances: `EC2`, `ELB`, … With `ELB` among them, an instance that any attached balancer thinks ill of
    /// is replaced (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html>).
    pub health_check_types: Vec<String>,
    /// The processes that are suspended, like `AddToLoadBalancer`.
    pub suspended: Vec<String>,
    /// Whether it is being deleted: nothing can be attached to it any more
    /// (`Status`, <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html>).
    pub is_going: bool,
    /// Its instances.
    pub instances: Vec<AutoScalingInstance>,
    /// Its tags.
    pub tags: Tags,
}

/// An instance of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AutoScalingInstance {
    /// Its id.
    pub id: InstanceId,
    /// Its zone, by the account's name for it.
    pub zone: ZoneName,
    /// Whether it is `InService` in the group; balancers are told of no others.
    pub is_in_service: bool,
}

/// The family of calls by which a group's balancers are attached. AWS keeps both as views of one list, and advises not to
/// mix them (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum AttachmentApi {
    /// `AttachLoadBalancers`.
    #[default]
    LoadBalancers,
    /// `AttachTrafficSources`.
    TrafficSources,
}

/// A group's tie to a balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The balancer.
    pub load_balancer: LoadBalancerName,
    /// How far it is.
    pub state: AttachState,
}

/// How far an attachment is
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LoadBalancerState.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachState {
    /// Instances are being registered.
    Adding,
    /// All are registered.
    Added,
    /// At least one passes the balancer's check; only where the group heeds balancers.
    InService,
    /// Instances are being deregistered.
    Removing,
    /// The balancer is no longer attached.
    Removed,
}

impl Item for AutoScalingGroup {
    type Id = AutoScalingGroupName;
    const KIND: PartKind = PartKind::AutoScalingGroups;

    fn id(&self) -> &AutoScalingGroupName {
        &self.name
    }

    fn keys(&self) -> Vec<&str> {
        let subnets = self.subnets.iter().map(SubnetId::as_str);
        let balancers = self.load_balancers.iter().map(LoadBalancerName::as_str);
        [self.name.as_str()].into_iter().chain(subnets).chain(balancers).collect()
    }
}
