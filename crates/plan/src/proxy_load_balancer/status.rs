//! What the status says: one pure function of what was, what is desired, what was observed, planned and done.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use peerway_api::v1alpha1::ProxyLoadBalancerStatus;
use peerway_api::v1alpha1::proxy_load_balancer::status::{
    AttachmentStatus, InstanceHealthStatus, LoadBalancerStatus, MadeGroupStatus, SettingStatus,
    WrittenRuleStatus, ZoneHealthStatus,
};
use peerway_api::{ConditionType, Reason};
use peerway_model::Timestamp;

use super::health::Health;
use super::plan::Report;
use super::scaling;
use super::step::Step;
use super::targets::stay_out;
use crate::conditions::{Conditions, Value};
use crate::status::{
    BLOCKED, LISTED, Standings, begin, deleting, failures, programmed, progress, spec, sync,
    unreadable,
};
use crate::{Finding, Presence};

/// Everything a status is made from.
pub type StatusInput<'a> = crate::StatusInput<'a, ProxyLoadBalancerStatus, Step, Report>;

/// How many characters of a value, and of AWS's words, are told.
const LONGEST: usize = 512;
/// How many settings are listed.
const SETTINGS: usize = 128;
/// How many instances are named in a message.
const NAMED: usize = 3;

/// What the status says.
#[must_use]
pub fn status(input: StatusInput<'_>) -> ProxyLoadBalancerStatus {
    if !input.plan.unreadable.is_empty() {
        return unreadable(input, &[ConditionType::Programmed, ConditionType::InService]);
    }
    let report = &input.plan.report;
    let mut status = begin(input, conditions(input), report.reconcile_at.as_ref());
    if report.home.is_some() {
        status.home.clone_from(&report.home);
    }
    if let Some(health) = &report.health {
        status.in_service = health.text();
        status.zones = zones(health);
        status.out_of_service = health
            .out()
            .take(LISTED)
            .map(|one| InstanceHealthStatus {
                id: one.instance.clone(),
                state: one.state.to_string(),
                reason_code: cut(&one.reason_code),
                description: cut(&one.description),
            })
            .collect();
    }
    if !report.has_judged {
        return status;
    }
    status.load_balancer = report.balancer.as_ref().map(|balancer| {
        // What vanished is known until it was made anew: else one look would be enough to make another.
        let known = status.load_balancer.as_ref().filter(|known| known.exists);
        LoadBalancerStatus {
            name: balancer.name.clone(),
            exists: balancer.exists || (known.is_some() && !balancer.is_given_up),
            adopted: balancer.is_adopted,
            dns_name: balancer
                .dns_name
                .clone()
                .or_else(|| known.and_then(|known| known.dns_name.clone())),
            hosted_zone_id: balancer.hosted_zone_id.clone(),
            subnets: balancer.subnets.clone(),
        }
    });
    if let Some(settings) = &report.settings {
        let setting = |setting: &super::settings::Setting| SettingStatus {
            field: setting.field.clone(),
            value: cut(&setting.value),
            origin: setting.origin,
        };
        status.settings = settings.iter().take(SETTINGS).map(setting).collect();
    }
    let attachments = report.attachments.iter().take(LISTED);
    status.auto_scaling_groups = attachments
        .map(|(name, attachment)| AttachmentStatus {
            name: name.clone(),
            state: attachment.state.map_or(scaling::NEVER, scaling::word).to_owned(),
            wanted: attachment.is_wanted,
        })
        .collect();
    let made = report.made.iter();
    status.security_groups =
        made.map(|(name, id)| MadeGroupStatus { name: name.clone(), id: id.clone() }).collect();
    let rules = report.written_rules.iter();
    status.rules =
        rules.map(|(rule, id)| WrittenRuleStatus { rule: rule.clone(), id: id.clone() }).collect();
    status.instances = report.instances.iter().take(256).cloned().collect();
    if report.health.is_none() && !report.balancer.as_ref().is_some_and(|balancer| balancer.exists)
    {
        status.in_service = String::new();
        status.zones = Vec::new();
        status.out_of_service = Vec::new();
    }
    status
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn zones(health: &Health) -> Vec<ZoneHealthStatus> {
    let zones = health.zones.iter().take(32);
    zones
        .map(|(zone, (in_service, total))| ZoneHealthStatus {
            zone: zone.clone(),
            in_service: *in_service,
            total: *total,
        })
        .collect()
}

/// A spec that cannot be acted upon: what stands in AWS is neither read nor changed.
#[must_use]
pub fn invalid(
    previous: Option<&ProxyLoadBalancerStatus>,
    generation: i64,
    findings: &[Finding],
    now: Timestamp,
) -> ProxyLoadBalancerStatus {
    crate::status::invalid(previous, generation, findings, now, conditions)
}

fn conditions(input: StatusInput<'_>) -> Vec<Condition> {
    let StatusInput { plan, outcome, .. } = input;
    let previous = input.previous.map_or(&[][..], |status| &status.conditions);
    let mut conditions = Conditions::new(previous, input.generation, input.now);
    let failures = failures(outcome);
    let report = &plan.report;
    let is_valid = spec(&mut conditions, &plan.findings);
    let blocked = if is_valid { waiting(input) } else { Some(BLOCKED.to_owned()) };
    let standings = Standings {
        is_in_place: report.is_in_place(),
        blocked,
        surplus: (report.surplus, "listeners, attachments, instances, groups and rules"),
    };
    programmed(&mut conditions, input, &failures, standings);
    in_service(&mut conditions, input);
    sync(&mut conditions, plan, plan.is_in_sync());
    if input.presence == Presence::Absent {
        deleting(&mut conditions, plan, &failures);
        return conditions.into_list();
    }
    let parts = [
        ConditionType::Valid,
        ConditionType::ResolvedRefs,
        ConditionType::Programmed,
        ConditionType::InService,
    ];
    let before = input.previous.map(|status| status.in_service.clone());
    let text = report.health.as_ref().map(Health::text).or(before).unwrap_or_default();
    let uncovered = uncovered(report);
    let message = format!("It stands as declared, with {text} instances in service.{uncovered}");
    conditions.derive_ready(&parts, &message);
    progress(&mut conditions, plan, &failures);
    conditions.into_list()
}

/// What another object has to do first.
fn waiting(input: StatusInput<'_>) -> Option<String> {
    let waits =
        input.plan.waiting.iter().find(|it| matches!(it, crate::Waiting::Dependency { .. }));
    waits.map(|waiting| format!("Waits for {waiting}."))
}

/// Who can never be in service, whatever the health check says.
fn uncovered(report: &Report) -> String {
    let sentence = |zone| format!(" {}.", stay_out(zone));
    report.uncovered.iter().map(sentence).collect()
}

/// `InService`.
fn in_service(conditions: &mut Conditions<'_>, input: StatusInput<'_>) {
    let (kind, report) = (ConditionType::InService, &input.plan.report);
    let Some(health) = &report.health else {
        let is_gone = report.balancer.as_ref().is_some_and(|balancer| !balancer.exists);
        // Before it stood, there was nothing to be told.
        let is_told = |it: &Condition| {
            it.type_ == kind.as_str() && it.reason != Reason::DependencyNotReady.as_str()
        };
        let was_told = input.previous.is_some_and(|status| status.conditions.iter().any(is_told));
        let untold = report.health_untold.as_ref();
        let is_old = untold.filter(|untold| !was_told || !input.is_recent(untold.last_good));
        // What could not be asked for a moment says nothing about the instances.
        if !is_gone && is_old.is_none() && conditions.keep(kind) {
            return;
        }
        if let Some(untold) = is_old {
            let finding = Finding::of_failure(kind, &untold.failure);
            conditions.set(kind, Value::Unknown, finding.reason, finding.message);
            return;
        }
        let message = "There is no load balancer yet.";
        conditions.set(kind, Value::False, Reason::DependencyNotReady, message);
        return;
    };
    let wanted = report.min_in_service;
    let out: Vec<String> = health
        .out()
        .take(NAMED)
        .map(|one| format!("{} ({}): {}", one.instance, one.reason_code, cut(&one.description)))
        .collect();
    let text =
        format!("{} of {} instances in service", health.in_service(), health.instances.len());
    let uncovered = uncovered(report);
    if health.in_service() >= wanted {
        conditions.set(kind, Value::True, Reason::Fulfilled, format!("{text}.{uncovered}"));
        return;
    }
    let why = if out.is_empty() { String::new() } else { format!(" {}", out.join("; ")) };
    let message = format!("{text}, and {wanted} are wanted.{uncovered}{why}");
    conditions.set(kind, Value::False, Reason::InstancesOutOfService, message);
}
