//! What the roles of a world may do: what `peerway iam-policy` prints for their account, and nothing more.

use peerway_aws::iam::{self, Scope};
use peerway_model::{AccountId, Action};
use peerway_sim::estate::{Account, Estate};
use peerway_sim::{Entry, Outcome};
use serde_json::Value;

/// What AWS answers to who may not.
const REFUSALS: [&str; 2] = ["UnauthorizedOperation", "AccessDenied"];

/// Gives every role of `estate` the policy for acting in the Regions and VPCs of its account; `without` one action, if
/// something is to fail.
pub(crate) fn enforce(estate: &mut Estate, without: Option<Action>) {
    for (number, account) in &mut estate.accounts {
        let mut policy = iam::acting(&scope(number, account));
        if let Some(action) = without {
            take_out(&mut policy, action);
        }
        for role in account.roles.values_mut() {
            let policy = serde_json::from_value(policy.clone());
            role.policy = Some(policy.expect("what was generated is a policy"));
        }
    }
}

fn scope(number: &AccountId, account: &Account) -> Scope {
    let vpcs = account.regions.values().flat_map(|region| &region.vpcs);
    Scope {
        regions: account.regions.keys().cloned().collect(),
        vpcs: vpcs.filter_map(|vpc| Some((number.clone(), vpc.id.clone()?))).collect(),
    }
}

fn take_out(policy: &mut Value, action: Action) {
    let name = format!("{}:{action}", action.service().prefix());
    let statements = policy["Statement"].as_array_mut().expect("it was generated");
    for statement in statements.iter_mut() {
        let actions = statement["Action"].as_array_mut().expect("it was generated");
        actions.retain(|allowed| *allowed != *name);
    }
    statements
        .retain(|statement| statement["Action"].as_array().is_some_and(|all| !all.is_empty()));
}

/// The calls behind number `seq` that were not allowed, one line for each sort.
pub(crate) fn refused(ledger: &[Entry], seq: u64) -> Vec<String> {
    let is_refusal = |entry: &&Entry| match &entry.outcome {
        Outcome::Refused(code) => REFUSALS.contains(&&**code),
        Outcome::Ok | Outcome::NoAnswer | Outcome::Garbled => false,
    };
    // Only what carries our tags may lose them or go, and what has gone carries none: who comes second, as a late call or
    // a second leader does, is refused. Tags may have been taken off by anybody, with others.
    let of_one = |entry: &Entry| entry.summary.split(' ').next().map(str::to_owned);
    let is_done = |entry: &&Entry| {
        let is_same = |other: &Entry| {
            let is_same = match &*entry.action {
                "DeleteTags" | "RemoveTags" => of_one(other) == of_one(entry),
                _ => other.summary == entry.summary,
            };
            other.action == entry.action && other.seq < entry.seq && is_same
        };
        let takes_away = [
            "DeleteTags",
            "DeleteSubnet",
            "DeleteRouteTable",
            "DeleteSecurityGroup",
            "RemoveTags",
            "DeleteLoadBalancer",
        ];
        takes_away.iter().any(|action| *entry.action == **action)
            && ledger.iter().any(|e| e.was_applied && is_same(e))
    };
    let mut lines: Vec<String> = ledger
        .iter()
        .filter(is_refusal)
        .filter(|entry| entry.seq > seq)
        .filter(|entry| !is_done(entry))
        .map(|entry| format!("{} is not allowed: {}", entry.action, entry.summary))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}
