//! Who may do what: identity-based policies of roles, and the session policies that narrow them.
//!
//! A role without a policy may do everything in its account, as may users and roots: a world is first of all for trying
//! things out, and a policy is what somebody brings who wants to see whether it is enough.
//!
//! | to understand | read |
//! |---|---|
//! | what a policy says | `policy.rs`, `condition.rs` |
//! | which things an action is about, and what is known of them | `asks.rs` |

mod asks;
mod condition;
mod policy;

use std::sync::Arc;

pub use policy::{Decision, OneOrMany, Policy, Scalar, Statement};

use crate::action::{Action, Service};
use crate::error::Refusal;
use crate::id::digest;
use crate::identity::Principal;
use crate::state::{Spot, State};
use policy::{Ask, Verdict};

/// The policies that a call of this principal must pass: its role's, any of which may allow it, then its session's.
pub(crate) fn policies(
    state: &State,
    principal: &Principal,
) -> [Option<Arc<OneOrMany<Policy>>>; 2] {
    let role = principal.role_arn.as_deref().and_then(|arn| {
        let account = state.accounts.get(&principal.account)?;
        account.roles.get(arn.rsplit('/').next()?)
    });
    [role.and_then(|role| role.policy.clone()), principal.session_policy.clone()]
}

/// A call to be judged.
pub(crate) struct Matter<'a> {
    pub(crate) state: &'a State,
    pub(crate) principal: &'a Principal,
    pub(crate) spot: &'a Spot,
    pub(crate) action: Action,
    /// The parameters, as a client sends them.
    pub(crate) params: &'a [(String, String)],
}

impl Matter<'_> {
    /// Refuses what the policies do not allow: each thing that the call is about must be allowed by both.
    pub(crate) fn judge(
        &self,
        policies: &[Option<Arc<OneOrMany<Policy>>>; 2],
    ) -> Result<(), Refusal> {
        for ask in self.asks() {
            for (policy, kind) in policies.iter().zip(["identity-based", "session"]) {
                let verdict = policy.as_ref().map_or(Verdict::Allowed, |all| all.verdict(&ask));
                let why = match verdict {
                    Verdict::Allowed => continue,
                    Verdict::Silent => {
                        format!("because no {kind} policy allows the {} action", ask.action)
                    }
                    Verdict::Denied if kind == "session" => {
                        "with an explicit deny in a session policy".to_owned()
                    }
                    Verdict::Denied => {
                        "with an explicit deny in an identity-based policy".to_owned()
                    }
                };
                return Err(self.refusal(&ask, &why));
            }
        }
        Ok(())
    }

    /// AWS's words (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>).
    fn refusal(&self, ask: &Ask, why: &str) -> Refusal {
        let Ask { action, resource, .. } = ask;
        let arn = &self.principal.arn;
        let on = if resource == "*" { String::new() } else { format!(" on resource: {resource}") };
        let text = format!("User: {arn} is not authorized to perform: {action}{on} {why}");
        if self.action.service() != Service::Ec2 {
            return Refusal::new("AccessDenied", text);
        }
        let blob = encoded(arn, action, resource);
        let text = format!(
            "You are not authorized to perform this operation. {text}. \
             Encoded authorization failure message: {blob}"
        );
        Refusal::new("UnauthorizedOperation", text)
    }
}

/// As long and as unreadable as AWS's own, and the same for the same reason.
fn encoded(arn: &str, action: &str, resource: &str) -> String {
    let words = (0..32).map(|at| format!("{:016x}", digest(at, &[arn, action, resource])));
    words.collect()
}
