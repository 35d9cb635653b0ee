//! Who calls: access keys, roles, and the temporary credentials that assuming a role gives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use peerway_model::clock::after;
use peerway_model::{AccountId, Region, Timestamp};
use sha2::Sha256;

use crate::ApiError;
use crate::action::Service;
use crate::iam::{OneOrMany, Policy};
use crate::state::{SharedTags, State};

/// Who calls, as a request shows it: credentials, and the Region that its endpoint or signature names.
///
/// For newcomers an access key id may be the twelve digits of an account of the estate: it acts as that account's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The access key id; absent for an unsigned request.
    pub access_key_id: Option<String>,
    /// The session token that belongs to temporary credentials.
    pub session_token: Option<String>,
    /// The Region.
    pub region: Region,
}

impl Caller {
    /// The root of an account.
    #[must_use]
    pub fn root(account: &AccountId, region: &Region) -> Self {
        Self::key(account.as_str(), region)
    }

    /// The holder of a long-term access key.
    #[must_use]
    pub fn key(access_key_id: &str, region: &Region) -> Self {
        let access_key_id = Some(access_key_id.to_owned());
        Self { access_key_id, session_token: None, region: region.clone() }
    }

    /// The holder of temporary credentials.
    #[must_use]
    pub fn session(access_key_id: &str, session_token: &str, region: &Region) -> Self {
        let session_token = Some(session_token.to_owned());
        Self { session_token, ..Self::key(access_key_id, region) }
    }
}

/// Who calls, as AWS knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) account: AccountId,
    pub(crate) arn: Arc<str>,
    /// The `UserId` of `GetCallerIdentity`.
    pub(crate) user_id: Arc<str>,
    /// The role behind an assumed role, as trust policies name it.
    pub(crate) role_arn: Option<Arc<str>>,
    /// What narrows the rights of the session.
    pub(crate) session_policy: Option<Arc<OneOrMany<Policy>>>,
    /// What the session was tagged with.
    pub(crate) session_tags: SharedTags,
}

impl Principal {
    pub(crate) fn root(account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            arn: format!("arn:aws:iam::{account}:root").into(),
            user_id: account.as_str().into(),
            role_arn: None,
            session_policy: None,
            session_tags: SharedTags::default(),
        }
    }

    /// Whether an entry of a trust policy means this principal: `*`, an account (by its number or its root's ARN), a
    /// user, a role, or one session of a role.
    fn is_meant_by(&self, trusted: &str) -> bool {
        let root =
            trusted.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root"));
        trusted == "*"
            || root.unwrap_or(trusted) == self.account.as_str()
            || trusted == &*self.arn
            || self.role_arn.as_deref() == Some(trusted)
    }
}

/// An account's identities.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Account {
    /// What people call it.
    pub(crate) name: Option<String>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) roles: BTreeMap<String, Role>,
}

/// A user with access keys: key id → secret, and the token of those that are temporary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct User {
    pub(crate) access_keys: BTreeMap<String, String>,
    pub(crate) session_tokens: BTreeMap<String, String>,
}

/// A role and who may assume it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Role {
    pub(crate) trusts: Vec<String>,
    pub(crate) external_id: Option<String>,
    /// Whether the trust policy allows `sts:TagSession` too.
    pub(crate) admits_tags: bool,
    /// What it may do; absent: everything in its account.
    pub(crate) policy: Option<Arc<OneOrMany<Policy>>>,
}

impl Role {
    /// Whether `caller` may assume this role, showing `external_id`.
    pub(crate) fn admits(&self, caller: &Principal, external_id: Option<&str>) -> bool {
        let asked = self.external_id.as_deref();
        self.trusts.iter().any(|trusted| caller.is_meant_by(trusted))
            && (asked.is_none() || asked == external_id)
    }
}

/// Temporary credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) principal: Arc<Principal>,
    pub(crate) token: String,
    pub(crate) secret: String,
    /// In wall time.
    pub(crate) expires: Timestamp,
}

/// What the ids of temporary credentials begin with
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>).
pub(crate) const TEMPORARY: &str = "ASIA";

/// Finds out who calls.
pub(crate) fn identify(
    state: &State,
    caller: &Caller,
    service: Service,
    wall: Timestamp,
) -> Result<Arc<Principal>, ApiError> {
    let Some(key) = caller.access_key_id.as_deref() else {
        return Err(ApiError::new(
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ));
    };
    if let Some(principal) = state.keys.get(key) {
        // Keys that last have no token: whoever shows one has mixed up two sets of credentials.
        let shown = caller.session_token.as_deref();
        let is_plain = shown.is_none() && !key.starts_with(TEMPORARY);
        return if is_plain
            || holder(state, key).and_then(|user| user.session_tokens.get(key)).map(String::as_str)
                == shown
        {
            Ok(Arc::clone(principal))
        } else {
            Err(unknown(service))
        };
    }
    let session = state.sessions.get(key);
    let session = session.filter(|s| caller.session_token.as_deref() == Some(&*s.token));
    match session {
        Some(session) if wall < session.expires => Ok(Arc::clone(&session.principal)),
        Some(_) => Err(expired(service)),
        None => Err(unknown(service)),
    }
}

/// What a signature says, for whoever knows the secret.
#[derive(Debug)]
pub(crate) struct Proof {
    /// Whether the host is signed too.
    pub(crate) has_host: bool,
    /// The digest of the request in its canonical form.
    pub(crate) canonical: String,
    /// The scope: day, Region, service.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    /// When it was made, like `20260101T000000Z`.
    pub(crate) timestamp: String,
    /// For how many seconds it is good, where it says so.
    pub(crate) expires: Option<u64>,
    pub(crate) signature: String,
}

/// How far the date of a signature may be from ours: EC2's documentation says 15 minutes, STS's errors say 5.
const SKEW: Duration = Duration::from_mins(15);
const SKEW_OF_STS: Duration = Duration::from_mins(5);

/// Verifies a signature.
pub(crate) fn verify(
    state: &State,
    caller: &Caller,
    service: Service,
    proof: &Proof,
    wall: Timestamp,
) -> Result<(), ApiError> {
    let wrong = |message: &str| match service {
        Service::Ec2 => unknown(service),
        Service::Sts | Service::Elb | Service::AutoScaling => {
            ApiError::new("SignatureDoesNotMatch", message)
        }
    };
    let key = caller.access_key_id.as_deref().unwrap_or_default();
    let Some(secret) = secret(state, key) else { return Err(unknown(service)) };
    if !proof.has_host {
        return Err(wrong(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    let made = strptime("%Y%m%dT%H%M%SZ", &proof.timestamp).ok_or_else(|| {
        ApiError::new(
            "IncompleteSignature",
            format!("Date must be in ISO-8601 'basic format'. Got '{}'.", proof.timestamp),
        )
    })?;
    if !proof.timestamp.starts_with(&proof.date) {
        return Err(wrong(&format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{}' != '{}', from '{}'.",
            proof.date,
            proof.timestamp.get(..8).unwrap_or_default(),
            proof.timestamp
        )));
    }
    if proof.signature != signature(secret, proof) {
        return Err(wrong(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ));
    }
    let skew = match service {
        Service::Ec2 => SKEW,
        Service::Sts | Service::Elb | Service::AutoScaling => SKEW_OF_STS,
    };
    let good_for = proof.expires.map_or(skew, Duration::from_secs);
    let now = wall.strftime("%Y%m%dT%H%M%SZ");
    let minutes = skew.as_secs() / 60;
    let stamp = &proof.timestamp;
    let problem = if wall > after(made, good_for) {
        format!("Signature expired: {stamp} is now earlier than {now} - {minutes} min.")
    } else if made > after(wall, skew) {
        format!("Signature not yet current: {stamp} is still later than {now} + {minutes} min.")
    } else {
        return Ok(());
    };
    Err(match service {
        Service::Ec2 => ApiError::new("RequestExpired", "Request has expired."),
        Service::Sts | Service::Elb | Service::AutoScaling => {
            ApiError::new("SignatureDoesNotMatch", problem)
        }
    })
}

fn strptime(format: &str, text: &str) -> Option<Timestamp> {
    let read = jiff::civil::DateTime::strptime(format, text).ok()?;
    Some(read.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// The secret that belongs to an access key.
fn secret<'a>(state: &'a State, key: &'a str) -> Option<&'a str> {
    if let Some(session) = state.sessions.get(key) {
        return Some(&session.secret);
    }
    let of_user = holder(state, key).and_then(|user| user.access_keys.get(key));
    of_user.map(String::as_str).or_else(|| state.keys.contains_key(key).then_some(key))
}

/// The user who holds an access key.
fn holder<'a>(state: &'a State, key: &str) -> Option<&'a User> {
    let mut users = state.accounts.values().flat_map(|account| account.users.values());
    users.find(|user| user.access_keys.contains_key(key))
}

pub(crate) fn signature(secret: &str, proof: &Proof) -> String {
    let Proof { canonical, date, region, service, timestamp, .. } = proof;
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [date, region, service, "aws4_request"] {
        key = hmac(&key, part);
    }
    let scope = format!("{date}/{region}/{service}/aws4_request");
    hex(&hmac(&key, &format!("AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{canonical}")))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Bytes as text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
    }
    text
}

fn unknown(service: Service) -> ApiError {
    match service {
        Service::Ec2 => ApiError::new(
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        ),
        Service::Sts | Service::Elb | Service::AutoScaling => ApiError::new(
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        ),
    }
}

pub(crate) fn expired(service: Service) -> ApiError {
    match service {
        Service::Ec2 => ApiError::new("RequestExpired", "Request has expired."),
        Service::Sts | Service::Elb | Service::AutoScaling => {
            ApiError::new("ExpiredToken", "The security token included in the request is expired")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(digits: &str) -> AccountId {
        digits.parse().unwrap()
    }

    fn user() -> Principal {
        let account = account("999999999999");
        Principal {
            arn: "arn:aws:iam::999999999999:user/controller".into(),
            ..Principal::root(&account)
        }
    }

    #[test]
    fn trust_names_accounts_users_roles_and_sessions() {
        let session = Principal {
            arn: "arn:aws:sts::999999999999:assumed-role/controller/a".into(),
            role_arn: Some("arn:aws:iam::999999999999:role/controller".into()),
            ..user()
        };
        for (trusted, user_admitted, session_admitted) in [
            ("999999999999", true, true),
            ("arn:aws:iam::999999999999:root", true, true),
            ("arn:aws:iam::999999999999:user/controller", true, false),
            ("arn:aws:iam::999999999999:role/controller", false, true),
            ("arn:aws:sts::999999999999:assumed-role/controller/a", false, true),
            ("arn:aws:sts::999999999999:assumed-role/controller/b", false, false),
            ("111111111111", false, false),
            ("*", true, true),
        ] {
            let role = Role { trusts: vec![trusted.to_owned()], ..Role::default() };
            assert_eq!(role.admits(&user(), None), user_admitted, "{trusted}");
            assert_eq!(role.admits(&session, None), session_admitted, "{trusted}");
        }
    }

    #[test]
    fn an_external_id_that_is_asked_for_must_be_shown() {
        let role = Role {
            trusts: vec!["*".to_owned()],
            external_id: Some("x".to_owned()),
            ..Role::default()
        };
        assert!(role.admits(&user(), Some("x")));
        assert!(!role.admits(&user(), Some("y")));
        assert!(!role.admits(&user(), None));
        let open = Role { external_id: None, ..role };
        assert!(open.admits(&user(), Some("anything")));
    }
}
