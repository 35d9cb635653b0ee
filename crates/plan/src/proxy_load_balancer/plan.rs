//! The plan of a `ProxyLoadBalancer`, and how its things stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use peerway_api::v1alpha1::overlap_subnet_group::GroupPlace;
use peerway_model::{
    AttachState, AutoScalingGroupName, InstanceId, LoadBalancer, LoadBalancerName, SecurityGroupId,
    SecurityGroupRuleId, SubnetId, Timestamp, Untold, ZoneName,
};

use super::desired::Desired;
use super::health::Health;
use super::recorded::Recorded;
use super::settings::Setting;
use super::step::{Call, Step};
use super::{Observed, absent, policy, present};
use crate::Presence;
use crate::access::wrong_account;
use crate::vpc_peering::plan::rule_key;

/// What today's observation permits.
pub type Plan = crate::Plan<Step, Report>;

/// How things stand, for the status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Where it stands.
    pub home: Option<GroupPlace>,
    /// The fresh look that was asked for and is answered by this.
    pub reconcile_at: Option<String>,
    /// Whether what is ours was looked at; if not, what was known of it stays.
    pub has_judged: bool,
    /// Whether every reference and selector resolved.
    pub is_resolved: bool,
    /// The balancer.
    pub balancer: Option<BalancerReport>,
    /// Each setting; nothing where they cannot be told now.
    pub settings: Option<Vec<Setting>>,
    /// What of the balancer is not as it should be, in words.
    pub differs: Vec<String>,
    /// Its ties to auto-scaling groups.
    pub attachments: BTreeMap<AutoScalingGroupName, AttachmentReport>,
    /// The security groups that are made for it, by name.
    pub made: BTreeMap<String, Option<SecurityGroupId>>,
    /// The record of rules on groups that are not ours, as it should be now.
    pub written_rules: BTreeMap<String, Option<SecurityGroupRuleId>>,
    /// The instances that are registered one by one.
    pub instances: BTreeSet<InstanceId>,
    /// How the instances are.
    pub health: Option<Health>,
    /// Why that cannot be told, where it was asked.
    pub health_untold: Option<Untold>,
    /// Zones with instances to serve in which it has no subnet, with how many there are.
    pub uncovered: BTreeMap<ZoneName, usize>,
    /// How many instances must be in service.
    pub min_in_service: u32,
    /// How much of ours is there and no longer wanted.
    pub surplus: usize,
    /// When to look again, though nothing is waited for.
    pub again_at: Option<Timestamp>,
}

/// The balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancerReport {
    /// Its name.
    pub name: LoadBalancerName,
    /// Whether it is there, and ours.
    pub exists: bool,
    /// Whether it was there before, and adopted.
    pub is_adopted: bool,
    /// The name under which clients reach it.
    pub dns_name: Option<String>,
    /// The hosted zone of that name.
    pub hosted_zone_id: Option<String>,
    /// Its subnets.
    pub subnets: Vec<SubnetId>,
    /// Whether it is certainly gone and will not be made anew.
    pub is_given_up: bool,
}

impl BalancerReport {
    /// What there is of it.
    pub(super) fn of(
        name: &LoadBalancerName,
        there: Option<&LoadBalancer>,
        is_adopted: bool,
    ) -> Self {
        Self {
            name: name.clone(),
            exists: there.is_some(),
            is_adopted,
            dns_name: there.map(|there| there.dns_name.clone()),
            hosted_zone_id: there.and_then(|there| there.hosted_zone_id.clone()),
            subnets: there.map(|there| there.subnets.clone()).unwrap_or_default(),
            is_given_up: false,
        }
    }
}

/// A tie to an auto-scaling group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentReport {
    /// How far it is; nothing before it is begun.
    pub state: Option<AttachState>,
    /// Whether it is wanted.
    pub is_wanted: bool,
}

impl AttachmentReport {
    /// Whether every instance of the group is registered.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        matches!(self.state, Some(AttachState::Added | AttachState::InService))
    }
}

/// What to do about `desired`, given what was `observed` and what an earlier visit `recorded`.
#[must_use]
pub fn plan(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let mut plan = match wrong_account(desired.places(), &observed.views) {
        Some(finding) => {
            Plan { findings: vec![finding], report: Report::of(recorded), ..Plan::default() }
        }
        None => match desired.presence {
            Presence::Present => {
                let mut plan = present::plan(desired, observed, recorded);
                plan.hold_until_lists_are_whole(observed);
                plan
            }
            Presence::Absent => absent::plan(desired, observed, recorded),
        },
    };
    plan.report.reconcile_at.clone_from(&desired.reconcile_at);
    policy::hold(desired, recorded, &mut plan);
    plan
}

impl Plan {
    /// Whether nothing differs between what is desired and what is there, also where nothing may be written.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.steps.is_empty() && self.held.is_empty() && self.report.is_in_place()
    }

    /// Whether something needs to be in the record before the steps are taken: rules on groups of others are known by
    /// their keys, and what is to be taken apart one day is found where the record says.
    #[must_use]
    pub fn must_record_first(&self, recorded: &Recorded) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::AuthorizeIngress { rule, .. } => {
                let key = rule_key(rule);
                self.report.written_rules.contains_key(&key) && !recorded.rules.contains_key(&key)
            }
            Call::CreateGroup { name, .. } => {
                recorded.home.is_none() || !recorded.made.contains_key(name)
            }
            Call::CreateBalancer(new) => {
                recorded.home.is_none() || recorded.name.as_ref() != Some(&new.name)
            }
            Call::Tag { .. }
            | Call::Untag { .. }
            | Call::DeleteGroup { .. }
            | Call::RevokeIngress { .. }
            | Call::SetInterfaceGroups { .. }
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
            | Call::AttachTo { .. }
            | Call::DetachFrom { .. }
            | Call::Register { .. }
            | Call::Deregister { .. } => false,
        })
    }
}

impl Report {
    /// What is known before anything is judged: a plan may end early, and the record outlives that.
    #[must_use]
    pub(super) fn of(recorded: &Recorded) -> Self {
        Self {
            home: recorded.home.clone(),
            written_rules: recorded.rules.clone(),
            made: recorded.made.clone(),
            instances: recorded.instances.clone(),
            ..Self::default()
        }
    }

    /// Whether everything wanted was seen in place, and nothing of ours beside it.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.is_resolved
            && self.surplus == 0
            && self.differs.is_empty()
            && self.balancer.as_ref().is_some_and(|balancer| balancer.exists)
            && self.attachments.values().all(|one| one.is_wanted && one.is_in_place())
    }

    /// Whether as many instances are in service as must be; nothing as long as that is not known.
    #[must_use]
    pub fn is_in_service(&self) -> Option<bool> {
        Some(self.health.as_ref()?.in_service() >= self.min_in_service)
    }
}

/// The wanted things one by one, as people read them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(balancer) = &self.balancer {
            let standing = if balancer.exists { "in place" } else { "missing" };
            writeln!(f, "= load balancer {}: {standing}", balancer.name)?;
        }
        for differs in &self.differs {
            writeln!(f, "= differs: {differs}")?;
        }
        for (name, attachment) in &self.attachments {
            let wanted = if attachment.is_wanted { "" } else { ", no longer wanted" };
            match attachment.state {
                Some(state) => writeln!(f, "= attachment to '{name}': {state:?}{wanted}")?,
                None => writeln!(f, "= attachment to '{name}': missing{wanted}")?,
            }
        }
        if let Some(health) = &self.health {
            writeln!(f, "= {} in service", health.text())?;
        }
        Ok(())
    }
}
