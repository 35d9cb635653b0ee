//! Ways into an account that lead nowhere, or elsewhere.

use peerway_sim::{Action, Fault, FaultKind};
use serde_json::json;

use super::{Case, FINE, NAMESPACE, always, exchanged};
use crate::objects::with;

const TRUST: &str = "trusts: [arn:aws:iam::999999999999:user/peerway-controller]";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "no-such-account",
            peering: |object| with(object, "/spec/accepter/accountRef/name", json!("nobody")),
            reason: "AccountNotFound",
            words: &["accepter.accountRef", "'nobody'", "Create it"],
            ..FINE
        },
        Case {
            name: "region-not-listed",
            account: |object| with(object, "/spec/regions", json!(["eu-central-1"])),
            reason: "RegionNotListed",
            words: &["us-west-2", "spec.regions"],
            ..FINE
        },
        Case {
            name: "not-granted",
            account: |object| {
                with(object, "/spec/grants/0/namespaces/names", json!(["somebody-else"]))
            },
            reason: "NotGranted",
            words: &[NAMESPACE, "Ask whoever administers"],
            ..FINE
        },
        Case {
            name: "vpc-not-granted",
            account: |object| {
                with(object, "/spec/grants/0/vpcs", json!({ "ids": ["vpc-641fee1c"] }))
            },
            reason: "NotGranted",
            words: &[
                "requester.vpc",
                "'vpc-not-granted'",
                "vpc-ce78dbb7",
                "Ask whoever administers",
            ],
            ..FINE
        },
        Case {
            name: "wrong-account-id",
            account: |object| with(object, "/spec/accountID", json!("222222222222")),
            reason: "WrongAccount",
            words: &["lead to account 111111111111", "not to 222222222222", "Nothing is written"],
            ..FINE
        },
        Case {
            name: "credentials-of-somebody-else",
            weather: |world| {
                let account = "222222222222".parse().expect("an id");
                let elsewhere = FaultKind::WrongAccount { account };
                world.inject(always(Action::AssumeRole, elsewhere));
            },
            reason: "WrongAccount",
            words: &["lead to account 222222222222", "not to 111111111111", "credentials"],
            ..FINE
        },
        Case {
            name: "assume-role-denied",
            account: |object| {
                let role = json!("arn:aws:iam::111111111111:role/nobody");
                with(object, "/spec/credentials/assumeRole/roleARN", role)
            },
            reason: "CredentialsUnavailable",
            words: &["AssumeRole", "AccessDenied", "role/nobody", "trust policy"],
            ..FINE
        },
        Case {
            name: "external-id-not-shown",
            estate: |golden| {
                exchanged(&golden, TRUST, &format!("{TRUST}\n        externalID: agreed"))
            },
            reason: "CredentialsUnavailable",
            words: &["AssumeRole", "AccessDenied", "external id"],
            ..FINE
        },
        Case {
            name: "sessions-may-not-be-tagged",
            account: |object| with(object, "/spec/credentials/assumeRole/sessionTags", json!(true)),
            reason: "CredentialsUnavailable",
            words: &["AssumeRole", "sts:TagSession", "trust policy"],
            ..FINE
        },
        Case {
            name: "sessions-that-end-at-once",
            weather: |world| world.inject(Fault::any(FaultKind::CredentialsExpired).always()),
            reason: "CredentialsUnavailable",
            words: &["expired", "credentials"],
            ..FINE
        },
    ]
}
