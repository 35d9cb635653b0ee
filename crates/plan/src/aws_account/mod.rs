//! `AWSAccount`: whether its credentials lead where it says, and who still uses it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use peerway_api::v1alpha1::{AwsAccount, AwsAccountStatus};
use peerway_api::{ConditionType, Reason};
use peerway_model::{AccountId, AwsFailure, Timestamp};

use crate::conditions::{Conditions, Value};
use crate::{Effect, Finding};

/// What the status of an account says. `caller` is what its credentials lead to; `users` names objects that still refer
/// to an account that is being deleted.
#[must_use]
pub fn status(
    account: &AwsAccount,
    caller: &Result<AccountId, AwsFailure>,
    users: &[String],
    now: Timestamp,
) -> AwsAccountStatus {
    let generation = account.metadata.generation.unwrap_or_default();
    let previous = account.status.as_ref().map_or(&[][..], |status| &status.conditions);
    AwsAccountStatus {
        observed_generation: generation,
        conditions: conditions(account, caller, users, Conditions::new(previous, generation, now)),
    }
}

fn conditions(
    account: &AwsAccount,
    caller: &Result<AccountId, AwsFailure>,
    users: &[String],
    mut conditions: Conditions<'_>,
) -> Vec<Condition> {
    let wanted = &account.spec.account_id;
    let finding = match caller {
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
    match &finding {
        None => conditions.set(ConditionType::Valid, Value::True, Reason::Fulfilled, ""),
        Some(finding) => {
            conditions.set(
                ConditionType::Valid,
                Value::False,
                finding.reason,
                finding.message.clone(),
            );
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
    if let Some(finding) = finding {
        let kind = if finding.effect == Effect::Stalled {
            ConditionType::Stalled
        } else {
            ConditionType::Reconciling
        };
        conditions.set(kind, Value::True, finding.reason, finding.message);
    }
    conditions.into_list()
}
