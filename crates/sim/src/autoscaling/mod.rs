//! EC2 Auto Scaling: groups of instances that keep their number, and the balancers they are registered with.
//!
//! | file | what |
//! |---|---|
//! | `groups.rs`, `source.rs` | making, changing and deleting groups; what they launch |
//! | `describe.rs` | finding them, and how they look |
//! | `links.rs` | balancers of a group, by whichever of two families of calls |
//! | `capacity.rs`, `processes.rs`, `tags.rs` | what else may be changed |
//! | `tend.rs`, `activities.rs` | what a group does by itself |
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

mod activities;
mod capacity;
mod describe;
mod groups;
mod habits;
mod links;
mod processes;
mod source;
mod tags;
mod tend;
mod wire;

use std::collections::BTreeMap;

use peerway_model::{SubnetId, Timestamp, VpcId};

pub(crate) use activities::{Activity, describe_activities};
pub(crate) use capacity::{set_desired, terminate_instance};
pub(crate) use describe::{account_limits, describe, describe_instances};
pub(crate) use groups::{check_subnets, create, delete, is_health_check_type, update};
pub(crate) use links::{
    attach_balancers, attach_sources, describe_balancers, describe_sources, detach_balancers,
    detach_sources, gone as link_gone, invalid_balancers,
};
pub(crate) use processes::{PROCESSES, resume, suspend};
pub(crate) use source::{Recipe, Source, Template, USUAL_VERSION};
pub(crate) use tags::{
    create_or_update as create_tags, delete as delete_tags, describe as describe_tags,
};
pub(crate) use tend::{balancer_judges, check, ends, instance_changed};
pub use wire::*;

use crate::ApiError;
use crate::id::InstanceId;
use crate::scope::Scope;
use crate::state::{Maker, RegionState};

/// Seconds between scaling activities, where nobody says otherwise.
pub(crate) const USUAL_COOLDOWN: u32 = 300;

/// The tag of a group's instances, which nobody else can write.
pub(crate) const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// An auto-scaling group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalingGroup {
    pub(crate) source: Source,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) desired: u32,
    pub(crate) subnets: Vec<SubnetId>,
    /// The balancers it is attached to, by name: AWS keeps names, not things.
    pub(crate) links: BTreeMap<String, Link>,
    /// Like `EC2` or `EC2,ELB`.
    pub(crate) health_check_type: String,
    /// How long after its start an instance is not judged by balancers, in seconds.
    pub(crate) grace: u32,
    pub(crate) cooldown: u32,
    pub(crate) protects_new: bool,
    pub(crate) habits: Habits,
    pub(crate) members: BTreeMap<InstanceId, Member>,
    /// Processes that are suspended, and why.
    pub(crate) suspended: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, TagValue>,
    /// The latest ones, oldest first.
    pub(crate) activities: Vec<Activity>,
    pub(crate) is_deleting: bool,
    /// Since when it has tried in vain to launch instances.
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) created: Timestamp,
    pub(crate) maker: Maker,
}

/// What is only told of a group: no instance is ended any earlier or later for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Habits {
    /// By what it chooses whom to end; none: as is usual.
    pub(crate) termination: Vec<String>,
    /// Seconds until a new instance counts in metrics.
    pub(crate) warmup: Option<u32>,
    /// Seconds after which an instance is replaced.
    pub(crate) lifetime: Option<u32>,
    pub(crate) rebalances: Option<bool>,
}

/// A group's tie to a balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Until when the balancer is being told, whatever instances there are.
    pub(crate) adding_until: Timestamp,
    /// When its instances will have left the balancer, if they are leaving.
    pub(crate) removing_until: Option<Timestamp>,
    /// Whether an instance of the group has ever been in service there: before, the balancer's verdicts mean nothing.
    pub(crate) was_in_service: bool,
    /// By which calls it was made.
    pub(crate) family: Family,
}

/// The families of calls by which balancers are tied to groups. Both see, and may undo, what either did; only among a
/// group's `LoadBalancerNames` those of `…TrafficSources` are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `…LoadBalancers`.
    LoadBalancers,
    /// `…TrafficSources`.
    TrafficSources,
}

/// An instance of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) life: Life,
    /// Since when.
    pub(crate) since: Timestamp,
    pub(crate) is_healthy: bool,
    pub(crate) is_protected: bool,
}

/// Where an instance is in its life within a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Pending,
    InService,
    Terminating,
}

impl Life {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InService => "InService",
            Self::Terminating => "Terminating",
        }
    }
}

/// A group's tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TagValue {
    pub(crate) value: String,
    /// Whether instances launched from now on get it too.
    pub(crate) propagates: bool,
}

impl ScalingGroup {
    /// Whether what balancers think of an instance decides about its life.
    pub(crate) fn heeds_balancers(&self) -> bool {
        self.health_check_type.split(',').any(|kind| kind == "ELB")
    }

    pub(crate) fn is_suspended(&self, process: &str) -> bool {
        self.suspended.contains_key(process)
    }

    /// The VPC its instances are in.
    pub(crate) fn vpc<'a>(&self, region: &'a RegionState) -> Option<&'a VpcId> {
        let first = self.subnets.iter().find_map(|subnet| region.subnets.get(subnet));
        first.map(|subnet| &subnet.vpc)
    }

    /// Whether all that it names is there, and in one VPC. AWS keeps a group that names what is gone; it launches nothing.
    pub(crate) fn check_names(&self, region: &RegionState) -> Result<(), ApiError> {
        let vpc = check_subnets(region, &self.subnets)?;
        self.source.check(region, &vpc)?;
        for (name, _) in self.links.iter().filter(|(_, link)| link.removing_until.is_none()) {
            // A balancer that is gone is named all the same.
            if region.balancers.get(name).is_some_and(|balancer| balancer.vpc != vpc) {
                return Err(ApiError::validation(format!("{name} is not in {vpc}")));
            }
        }
        for (id, _) in self.live() {
            let instance = region.instances.get(id).filter(|instance| instance.state.is_live());
            if instance.is_some_and(|instance| instance.vpc != vpc) {
                return Err(ApiError::validation(format!("{id} is no instance of {vpc}")));
            }
        }
        Ok(())
    }

    /// Those of its instances that count.
    pub(crate) fn live(&self) -> impl Iterator<Item = (&InstanceId, &Member)> {
        self.members.iter().filter(|(_, member)| member.life != Life::Terminating)
    }

    /// Its instances that balancers should know.
    pub(crate) fn in_service(&self) -> Vec<InstanceId> {
        let members = self.members.iter().filter(|(_, member)| member.life == Life::InService);
        members.map(|(id, _)| id.clone()).collect()
    }
}

fn not_found(name: &str) -> ApiError {
    ApiError::validation(format!(
        "AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
    ))
}

fn find<'a>(scope: &'a Scope<'_>, name: &str) -> Result<&'a ScalingGroup, ApiError> {
    scope.here().scaling_groups.get(name).ok_or_else(|| not_found(name))
}

/// The same, to change it; not while it is being deleted.
fn find_mut<'a>(scope: &'a mut Scope<'_>, name: &str) -> Result<&'a mut ScalingGroup, ApiError> {
    let group = scope.here_mut().scaling_groups.get_mut(name).ok_or_else(|| not_found(name))?;
    if group.is_deleting {
        return Err(ApiError::validation(format!(
            "AutoScalingGroup '{name}' is pending delete and cannot be changed"
        )));
    }
    Ok(group)
}
