//! What an account says of itself while AWS does, and while it does not.

use peerway_model::clock::after;
use peerway_model::{AccountId, AwsFailure, FailureKind};

use super::*;
use crate::testing::{account as object, now};

const STALE_AFTER: Duration = Duration::from_secs(150);

fn told(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn unreachable() -> AwsFailure {
    AwsFailure::new("GetCallerIdentity", FailureKind::Unreachable, None, "no answer", None)
}

fn account() -> AwsAccount {
    let mut account = object("service", "111111111111");
    account.metadata.generation = Some(1);
    account
}

/// Visits the account so many seconds after it was told last, at second 0.
fn visit(account: &mut AwsAccount, caller: Result<AccountId, AwsFailure>, second: u64) {
    visit_as(account, &Caller { account: caller, last_good: Some(now()) }, second);
}

/// The same by a process that awoke at second 0.
fn visit_as(account: &mut AwsAccount, caller: &Caller, second: u64) {
    let at = after(now(), Duration::from_secs(second));
    account.status = Some(status(account, caller, &[], (now(), at), STALE_AFTER));
}

fn condition(account: &AwsAccount, kind: ConditionType) -> Option<(String, String)> {
    let conditions = &account.status.as_ref().unwrap().conditions;
    let found = conditions.iter().find(|condition| condition.type_ == kind.as_str())?;
    Some((found.status.clone(), found.reason.clone()))
}

fn is(value: &str, reason: &str) -> (String, String) {
    (value.to_owned(), reason.to_owned())
}

#[test]
fn what_another_process_was_told_counts_from_when_this_one_awoke() {
    let mut account = account();
    visit(&mut account, Ok(told("111111111111")), 0);
    let before = account.status.clone();
    let untold = Caller { account: Err(unreachable()), last_good: None };
    visit_as(&mut account, &untold, 150);
    assert_eq!(account.status, before);
    visit_as(&mut account, &untold, 151);
    assert_eq!(condition(&account, ConditionType::Ready), Some(is("Unknown", "AWSUnreachable")));
}

#[test]
fn what_was_told_holds_until_it_is_too_old_and_is_unknown_then() {
    let mut account = account();
    visit(&mut account, Ok(told("111111111111")), 0);
    assert_eq!(condition(&account, ConditionType::Ready), Some(is("True", "Ready")));
    let before = account.status.clone();
    visit(&mut account, Err(unreachable()), 150);
    assert_eq!(account.status, before, "nothing is written while it still counts");
    visit(&mut account, Err(unreachable()), 151);
    assert_eq!(condition(&account, ConditionType::Valid), Some(is("Unknown", "AWSUnreachable")));
    assert_eq!(condition(&account, ConditionType::Ready), Some(is("Unknown", "AWSUnreachable")));
    let unknown = account.status.clone();
    visit(&mut account, Err(unreachable()), 1000);
    assert_eq!(account.status, unknown, "and that is written once");
    visit(&mut account, Ok(told("111111111111")), 1001);
    assert_eq!(condition(&account, ConditionType::Ready), Some(is("True", "Ready")));
}

#[test]
fn what_was_never_told_at_this_generation_is_false_at_once() {
    let mut account = account();
    visit(&mut account, Err(unreachable()), 0);
    assert_eq!(condition(&account, ConditionType::Valid), Some(is("False", "AWSUnreachable")));
    visit(&mut account, Err(unreachable()), 1000);
    assert_eq!(condition(&account, ConditionType::Valid), Some(is("False", "AWSUnreachable")));
    visit(&mut account, Ok(told("111111111111")), 1000);
    account.metadata.generation = Some(2);
    visit(&mut account, Err(unreachable()), 1001);
    assert_eq!(condition(&account, ConditionType::Valid), Some(is("False", "AWSUnreachable")));
}

#[test]
fn credentials_that_lead_elsewhere_stay_so_while_nobody_answers() {
    let mut account = account();
    visit(&mut account, Ok(told("222222222222")), 0);
    assert_eq!(condition(&account, ConditionType::Stalled), Some(is("True", "WrongAccount")));
    visit(&mut account, Err(unreachable()), 100);
    assert_eq!(condition(&account, ConditionType::Valid), Some(is("False", "WrongAccount")));
    visit(&mut account, Ok(told("222222222222")), 200);
    assert_eq!(condition(&account, ConditionType::Stalled), Some(is("True", "WrongAccount")));
}
