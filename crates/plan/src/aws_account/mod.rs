//! `AWSAccount`: whether its credentials lead where it says, and who still uses it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use peerway_api::v1alpha1::{AwsAccount, AwsAccountStatus};
use peerway_api::{ConditionType, Reason};
use peerway_model::clock::since;
use peerway_model::{Caller, Timestamp};
use std::time::Duration;

use crate::conditions::{Conditions, Value};
use crate::{Effect, Finding};

/// What the status of an account says. `caller` is what its credentials lead to; `users` names objects that still refer
/// to an account that is being deleted. While the caller cannot be read, what was last known holds for `stale_after`; what was
/// known when this process awoke counts as told then.
#[must_use]
pub fn status(
    account: &AwsAccount,
    caller: &Caller,
    users: &[String],
    (awake_since, now): (Timestamp, Timestamp),
    stale_after: Duration,
) -> AwsAccountStatus {
    let generation = account.metadata.generation.unwrap_or_default();
    let previous = account.status.as_ref().map_or(&[][..], |status| &status.conditions);
    AwsAccountStatus {
        observed_generation: generation,
        conditions: conditions(
            account,
            caller,
            users,
            age(account, caller.last_good.unwrap_or(awake_since), now, stale_after),
            Conditions::new(previous, generation, now),
        ),
    }
}

/// What is still known of credentials that cannot be asked about now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// Nothing, at this generation.
    Never,
    /// What was told a moment ago.
    Recent,
    /// It was told too long ago.
    Stale,
}

fn age(account: &AwsAccount, told: Timestamp, now: Timestamp, stale_after: Duration) -> Age {
    let known = account.status.as_ref().filter(|status| {
        Some(status.observed_generation) == account.metadata.generation
            && status.conditions.iter().any(was_told)
    });
    match known {
        None => Age::Never,
        Some(_) if since(now, told) <= stale_after => Age::Recent,
        Some(_) => Age::Stale,
    }
}

/// Whether a condition says what AWS told, and not that it told nothing.
fn was_told(condition: &Condition) -> bool {
    condition.type_ == ConditionType::Valid.as_str()
        && (condition.status != "False" || condition.reason == Reason::WrongAccount.as_str())
        && condition.reason != Reason::Pending.as_str()
}

fn conditions(
    account: &AwsAccount,
    caller: &Caller,
    users: &[String],
    age: Age,
    mut conditions: Conditions<'_>,
) -> Vec<Condition> {
    let wanted = &account.spec.account_id;
    let finding = match &caller.account {
        Err(failure) => Some(Finding::of_failure(ConditionType::Valid, failure)),
        Ok(account) if account != wanted => Some(Finding::stalled(
            ConditionType::Valid,
            Reason::WrongAccount,
            format!(
                "The credentials lead to account {account}, not to {wanted}. Nothing is written with them; correct `spec.credentials`, or make an AWSAccount for {account}."
            ),
        )),
        Ok(_) => None,
    };
    let kind = ConditionType::Valid;
    let is_kept = caller.account.is_err() && age == Age::Recent && conditions.keep(kind);
    match &finding {
        None => conditions.set(kind, Value::True, Reason::Fulfilled, ""),
        // AWS did not say otherwise.
        Some(_) if is_kept => {}
        Some(finding) => {
            let is_unknown = caller.account.is_err() && age == Age::Stale;
            let value = if is_unknown { Value::Unknown } else { Value::False };
            conditions.set(kind, value, finding.reason, finding.message.clone());
        }
    }
    if account.metadata.deletion_timestamp.is_some() {
        let named: Vec<&str> = users.iter().take(5).map(String::as_str).collect();
        let message = format!(
            "{} objects still use this account and are served until they are gone: {}{}.",
            users.len(),
            named.join(", "),
            if users.len() > named.len() { ", …" } else { "" }
        );
        conditions.set(
            ConditionType::Ready,
            Value::False,
            Reason::DependentsExist,
            message.clone(),
        );
        conditions.set(ConditionType::Reconciling, Value::True, Reason::DependentsExist, message);
        return conditions.into_list();
    }
    conditions.derive_ready(&[ConditionType::Valid], "The credentials lead to this account.");
    if is_kept {
        conditions.keep(ConditionType::Stalled);
        conditions.keep(ConditionType::Reconciling);
    } else if let Some(finding) = finding {
        let kind = if finding.effect == Effect::Stalled {
            ConditionType::Stalled
        } else {
            ConditionType::Reconciling
        };
        conditions.set(kind, Value::True, finding.reason, finding.message);
    }
    conditions.into_list()
}

#[cfg(test)]
mod tests;
