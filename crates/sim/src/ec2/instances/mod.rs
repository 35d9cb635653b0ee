//! Instances: each with a primary network interface in its subnet, each going through its states over time.
//!
//! | file | what |
//! |---|---|
//! | `run.rs` | `RunInstances`: what a request asks for |
//! | `launch.rs` | making an instance, whoever asks: a caller, an auto-scaling group |
//! | `lifecycle.rs` | start, stop, terminate, and what then happens by itself |
//! | `attributes.rs` | what may be changed about one |
//! | `credits.rs` | how burstable ones pay for processor time |
//! | `options.rs` | monitoring, processors, and what tells an instance about itself |
//! | `describe.rs`, `show.rs`, `status.rs` | finding them, and how they look |
//! | `answers.rs` | what an instance answers to health checks |
//! | `types.rs` | names of instance types |

mod answers;
mod attributes;
mod credits;
mod describe;
mod launch;
mod lifecycle;
mod options;
mod run;
mod show;
mod status;
mod types;
mod wire;

use std::sync::Arc;

use peerway_model::{SubnetId, Timestamp, VpcId};

pub(crate) use answers::{Answers, Port};
pub use answers::{HealthCheck, Heard};
pub(crate) use attributes::{describe_attribute, modify_attribute};
pub use credits::{
    CreditRefusal, DescribeInstanceCreditSpecifications, DescribeInstanceCreditSpecificationsReply,
    InstanceCredits, InstanceCreditsItem, ModifiedCredits, ModifyInstanceCreditSpecification,
    ModifyInstanceCreditSpecificationReply, UnmodifiedCredits,
};
pub(crate) use credits::{Credits, describe_credits, modify_credits};
pub(crate) use describe::describe;
pub(crate) use launch::{Device, Launch, Plug, launch};
pub(crate) use lifecycle::{forgotten, moves, start, stop, tell, terminate, terminate_now};
pub(crate) use options::{Metadata, Processors, modify_metadata, monitor, unmonitor};
pub use options::{
    ModifyInstanceMetadataOptions, ModifyInstanceMetadataOptionsReply, MonitorInstances,
    MonitoredItem, MonitoringReply, UnmonitorInstances,
};
pub(crate) use run::{read_launch, run};
pub(crate) use status::describe_status;
pub(crate) use types::{architecture, is_burstable, read_type};
pub use wire::{
    BlockDevice, BlockDeviceVolume, CpuOptions, CpuOptionsItem, CreditSpecification,
    DescribeInstanceAttribute, DescribeInstanceAttributeReply, DescribeInstanceStatus,
    DescribeInstanceStatusReply, DescribeInstances, DescribeInstancesReply, EnclaveOptions,
    HibernationOptions, IamProfile, IamProfileItem, InstanceInterfaceAttachment,
    InstanceInterfaceItem, InstanceItem, InstanceStatusItem, MetadataOptions, MetadataOptionsItem,
    ModifyInstanceAttribute, Monitoring, MonitoringItem, NetworkInterfaceSpecification, Placement,
    PlacementItem, PrivateDnsNameOptions, ReservationItem, RunInstances, RunInstancesReply,
    StartInstances, StateChangeItem, StateItem, StateReason, StatusDetail, StatusSummary,
    StopInstances, TemplateReference, TerminateInstances, TransitionReply,
};

use crate::ApiError;
use crate::ec2::network_interfaces::NetworkInterface;
use crate::id::{ImageId, InstanceId, NetworkInterfaceId, ReservationId};
use crate::state::{Maker, RegionState, SharedTags};

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) image: ImageId,
    /// Like `m5.large`.
    pub(crate) kind: Arc<str>,
    pub(crate) vpc: VpcId,
    pub(crate) subnet: SubnetId,
    pub(crate) state: InstanceState,
    /// What was made by one call belongs to one reservation.
    pub(crate) reservation: ReservationId,
    pub(crate) launch_index: u32,
    pub(crate) launched: Timestamp,
    pub(crate) details: Details,
    /// What it answers to health checks while it runs.
    pub(crate) answers: Answers,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// What is only shown, or only refuses things.
#[expect(clippy::struct_excessive_bools, reason = "AWS has as many switches")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Details {
    pub(crate) key_name: Option<String>,
    /// As it came: in base 64.
    pub(crate) user_data: Option<String>,
    /// The ARN of its instance profile.
    pub(crate) profile: Option<String>,
    pub(crate) client_token: Option<String>,
    /// `disableApiTermination`.
    pub(crate) is_protected: bool,
    /// `disableApiStop`.
    pub(crate) is_stop_protected: bool,
    /// Shutting it down from within ends it.
    pub(crate) terminates_on_shutdown: bool,
    pub(crate) is_monitored: bool,
    pub(crate) is_ebs_optimized: bool,
    /// Whether AWS lends its primary interface a public address while it runs.
    pub(crate) wants_public: bool,
    /// How it pays for processor time; only burstable ones do, or once did.
    pub(crate) credits: Option<Credits>,
    pub(crate) metadata: Metadata,
    /// Where somebody asked for other processors than its type has.
    pub(crate) processors: Option<Processors>,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstanceState {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

impl InstanceState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// AWS's number for it.
    fn code(self) -> u16 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    /// Whether it has not been ended.
    pub(crate) fn is_live(self) -> bool {
        !matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

impl Instance {
    /// What a health check hears: only a running instance says anything.
    pub(crate) fn hears(&self, check: HealthCheck<'_>) -> Heard {
        match self.state {
            InstanceState::Running => self.answers.to(check),
            _ => Heard::Nothing,
        }
    }
}

/// The interfaces of an instance, by device number.
pub(crate) fn interfaces_of<'a>(
    region: &'a RegionState,
    instance: &InstanceId,
) -> impl Iterator<Item = (u32, &'a NetworkInterfaceId, &'a NetworkInterface)> + use<'a> {
    let devices = region.devices.get(instance).into_iter().flatten();
    devices.filter_map(|(device, id)| {
        let (id, interface) = region.network_interfaces.get_key_value(id)?;
        Some((*device, id, interface))
    })
}

/// The primary interface of an instance; none when it is gone.
pub(crate) fn primary_interface<'a>(
    region: &'a RegionState,
    instance: &InstanceId,
) -> Option<(&'a NetworkInterfaceId, &'a NetworkInterface)> {
    let first = interfaces_of(region, instance).next();
    first.filter(|(device, ..)| *device == 0).map(|(_, id, interface)| (id, interface))
}

/// The interface that is meant by naming an instance: what has several must say which.
pub(crate) fn only_interface(
    region: &RegionState,
    instance: &InstanceId,
) -> Result<NetworkInterfaceId, ApiError> {
    let mut interfaces = interfaces_of(region, instance);
    match (interfaces.next(), interfaces.next()) {
        (Some((_, id, _)), None) => Ok(id.clone()),
        (None, _) => Err(ApiError::new(
            "IncorrectInstanceState",
            format!("The instance '{instance}' has no network interface"),
        )),
        (Some(_), Some(_)) => Err(ApiError::new(
            "InvalidInstanceID",
            format!(
                "There are multiple interfaces attached to instance '{instance}'. Please specify an interface ID for \
                 the operation instead."
            ),
        )),
    }
}
