//! What the roles of a world may do: what `peerway iam-policy` prints for their account, and nothing more.

use peerway_aws::iam::{self, Scope};
use peerway_model::{AccountId, Action, VpcId};
use peerway_sim::estate::{Account, Estate};
use peerway_sim::{Entry, Outcome};
use serde_json::Value;

/// What AWS answers to who may not.
const REFUSALS: [&str; 2] = ["UnauthorizedOperation", "AccessDenied"];

/// Gives every role of `estate` the policies for acting in the Regions and VPCs of its account; `without` one action, if
/// something is to fail.
pub(crate) fn enforce(estate: &mut Estate, without: Option<Action>) {
    let peers: Vec<_> = estate.accounts.keys().map(|number| (number.clone(), None)).collect();
    for (number, account) in &mut estate.accounts {
        let mut policies = documents(&scope(number, account, peers.clone()));
        assert!(policies.len() <= 10, "AWS does not attach {} policies to a role", policies.len());
        if let Some(action) = without {
            for policy in &mut policies {
                take_out(policy, action);
            }
        }
        for role in account.roles.values_mut() {
            let policies = Value::Array(policies.clone());
            let policies = serde_json::from_value(policies);
            role.policy = Some(policies.expect("what was generated are policies"));
        }
    }
}

/// What AWS takes: of more VPCs than there is room for, each half has documents of its own.
fn documents(scope: &Scope) -> Vec<Value> {
    let policies = iam::documents(scope);
    if policies.iter().all(|policy| iam::length(policy) <= iam::LONGEST) {
        return policies;
    }
    let (some, others) = scope.vpcs.split_at(scope.vpcs.len() / 2);
    let mut all: Vec<Value> = Vec::new();
    for vpcs in [some, others] {
        let part = documents(&Scope { vpcs: vpcs.to_vec(), ..scope.clone() });
        // What reads names no VPC.
        all.extend(part.into_iter().filter(|policy| !all.contains(policy)).collect::<Vec<_>>());
    }
    all
}

fn scope(number: &AccountId, account: &Account, peers: Vec<(AccountId, Option<VpcId>)>) -> Scope {
    let vpcs = account.regions.values().flat_map(|region| &region.vpcs);
    Scope {
        regions: account.regions.keys().cloned().collect(),
        vpcs: vpcs.filter_map(|vpc| Some((number.clone(), vpc.id.clone()?))).collect(),
        peers,
        balancers: Vec::new(),
    }
}

fn take_out(policy: &mut Value, action: Action) {
    let name = format!("{}:{action}", action.service().prefix());
    let statements = policy["Statement"].as_array_mut().expect("it was generated");
    for statement in statements.iter_mut() {
        if let Some(actions) = statement["Action"].as_array_mut() {
            actions.retain(|allowed| *allowed != *name);
        }
    }
    let is_empty = |actions: &Value| actions.as_array().is_some_and(Vec::is_empty);
    statements.retain(|statement| statement["Action"] != *name && !is_empty(&statement["Action"]));
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
