//! What stands in the way, or deserves a look: the common shape of everything that ends in a condition.

use peerway_api::{ConditionType, Reason};
use peerway_model::{AwsFailure, FailureKind};

use crate::FailedStep;

/// Something that keeps an object from being ready, or that its owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The condition it belongs to.
    pub condition: ConditionType,
    /// Its reason.
    pub reason: Reason,
    /// What, where, why, and what to do: a sentence or two with ids.
    pub message: String,
    /// Who can help.
    pub effect: Effect,
}

/// Who can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nobody needs to: it is only worth knowing.
    Warning,
    /// Time, or another object.
    Passing,
    /// Somebody must act.
    Stalled,
}

impl Finding {
    /// Nothing but a human helps.
    #[must_use]
    pub fn stalled(condition: ConditionType, reason: Reason, message: String) -> Self {
        Self { condition, reason, message, effect: Effect::Stalled }
    }

    /// Time or another object helps.
    #[must_use]
    pub fn passing(condition: ConditionType, reason: Reason, message: String) -> Self {
        Self { condition, reason, message, effect: Effect::Passing }
    }

    /// Worth knowing.
    #[must_use]
    pub fn warning(reason: Reason, message: String) -> Self {
        Self { condition: ConditionType::Programmed, reason, message, effect: Effect::Warning }
    }

    /// What a failed AWS call means for an object.
    #[must_use]
    pub fn of_failure(condition: ConditionType, failure: &AwsFailure) -> Self {
        let (reason, effect, remedy) = meaning(failure);
        Self { condition, reason, message: format!("{failure}. {remedy}"), effect }
    }

    /// What a step that failed means for an object. AWS's answer rarely names what the call was about.
    #[must_use]
    pub fn of_step(condition: ConditionType, failed: &FailedStep) -> Self {
        let FailedStep { step, failure } = failed;
        let (reason, effect, remedy) = meaning(failure);
        let message = format!("{failure}. Not done: {step}. {remedy}");
        Self { condition, reason, message, effect }
    }
}

/// Why something is not as it should be, who can help, and how.
fn meaning(failure: &AwsFailure) -> (Reason, Effect, &'static str) {
    let (reason, remedy) = match failure.kind {
        FailureKind::Denied => (
            Reason::AccessDenied,
            "Allow the call in the IAM policy of the role (or in a service control policy); it is tried again by itself.",
        ),
        FailureKind::Credentials => (
            Reason::CredentialsUnavailable,
            "Check the AWSAccount's `credentials`, the role's trust policy and its external id.",
        ),
        FailureKind::WrongAccount => {
            (Reason::WrongAccount, "Nothing is written; check the AWSAccount's `credentials`.")
        }
        FailureKind::Unreachable => (
            Reason::AwsUnreachable,
            "Nothing is changed while AWS cannot be read; it is tried again by itself.",
        ),
        FailureKind::Throttled => (Reason::Throttled, "It is tried again, more slowly."),
        FailureKind::Quota => {
            (Reason::QuotaExceeded, "Ask AWS for a higher quota, or remove what is no longer used.")
        }
        FailureKind::Invalid => (Reason::AwsRefused, remedy_of_refusal(failure)),
        FailureKind::Transient
        | FailureKind::NotYet
        | FailureKind::AlreadyExists
        | FailureKind::NotFound
        | FailureKind::Other => (Reason::Progressing, "It is looked at and tried again by itself."),
    };
    // A denial passes: permissions are repaired in IAM, where this object's owner may have no hand in it.
    let effect = if failure.kind.is_passing()
        || matches!(failure.kind, FailureKind::Denied | FailureKind::Credentials)
    {
        Effect::Passing
    } else {
        Effect::Stalled
    };
    (reason, effect, remedy)
}

/// What to do about what AWS will not accept, where its words do not say it.
fn remedy_of_refusal(failure: &AwsFailure) -> &'static str {
    match failure.code.as_deref() {
        Some("CertificateNotFound") => {
            "`listeners[].certificateARN` must name a certificate of ACM in the same Region, or of IAM in the same account."
        }
        Some("InvalidConfigurationRequest") if failure.message.contains("bucket") => {
            "The bucket of `attributes.accessLogs` must be in the same Region, and its policy must let Elastic Load Balancing write into it."
        }
        _ => "AWS will not accept this as it is; the spec or the network must change.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_refuses_names_the_field_where_it_can() {
        let refused = |operation, code: &str, message| {
            let code = Some(code.to_owned());
            let failure = AwsFailure::new(operation, FailureKind::Invalid, code, message, None);
            Finding::of_failure(ConditionType::Programmed, &failure).message
        };
        let message =
            refused("CreateLoadBalancer", "CertificateNotFound", "Server Certificate not found");
        assert!(message.contains("`listeners[].certificateARN`"), "{message}");
        let (operation, code) = ("ModifyLoadBalancerAttributes", "InvalidConfigurationRequest");
        let message = refused(
            operation,
            code,
            "Access Denied for bucket: logs. Please check S3bucket permission",
        );
        assert!(message.contains("`attributes.accessLogs`"), "{message}");
        let message = refused(operation, code, "another");
        assert!(message.ends_with("the spec or the network must change."), "{message}");
    }

    #[test]
    fn a_step_that_failed_says_what_was_to_be_done_and_where() {
        let code = Some("RouteLimitExceeded".to_owned());
        let failure = AwsFailure::new("CreateRoute", FailureKind::Quota, code, "no more", None);
        let step = "+ route 10.0.0.0/8 in rtb-1 over pcx-1".to_owned();
        let finding = Finding::of_step(ConditionType::Programmed, &FailedStep { step, failure });
        assert_eq!((finding.reason, finding.effect), (Reason::QuotaExceeded, Effect::Stalled));
        assert_eq!(
            finding.message,
            "CreateRoute failed: RouteLimitExceeded: no more. Not done: + route 10.0.0.0/8 in rtb-1 over pcx-1. Ask AWS for a higher quota, or remove what is no longer used."
        );
    }
}
