//! Instances, as far as balancers send requests to them.

use crate::part::{Item, PartKind};
use crate::{InstanceId, NetworkInterfaceId, SecurityGroupId, SubnetId, Tags, VpcId, ZoneName};

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The VPC it stands in; none for one that is gone.
    pub vpc: Option<VpcId>,
    /// The subnet of its first network interface; none for one that is gone.
    pub subnet: Option<SubnetId>,
    /// Its zone, by the account's name for it.
    pub zone: ZoneName,
    /// Where it is in its life, as AWS writes it: `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`.
    pub state: String,
    /// The auto-scaling group it belongs to, by the tag that only AWS can write (`aws:autoscaling:groupName`).
    pub auto_scaling_group: Option<String>,
    /// Its network interfaces, in the order of their device index, with the security groups of each.
    pub interfaces: Vec<(NetworkInterfaceId, Vec<SecurityGroupId>)>,
    /// Its tags.
    pub tags: Tags,
}

impl Instance {
    /// Whether it is there to stay for now: AWS registers no other with a balancer.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }
}

impl Item for Instance {
    type Id = InstanceId;
    const KIND: PartKind = PartKind::Instances;

    fn id(&self) -> &InstanceId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        let vpc = self.vpc.iter().map(VpcId::as_str);
        [self.id.as_str()].into_iter().chain(vpc).collect()
    }
}
