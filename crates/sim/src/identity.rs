//! Who calls: access keys, roles, and the temporary credentials that assuming a role gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{AccountId, Region, Timestamp};

use crate::ApiError;
use crate::action::Service;
use crate::state::State;

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
}

impl Principal {
    pub(crate) fn root(account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            arn: format!("arn:aws:iam::{account}:root").into(),
            user_id: account.as_str().into(),
            role_arn: None,
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

/// A user with access keys: key id → secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct User {
    pub(crate) access_keys: BTreeMap<String, String>,
}

/// A role and who may assume it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Role {
    pub(crate) trusts: Vec<String>,
    pub(crate) external_id: Option<String>,
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
    /// In wall time.
    pub(crate) expires: Timestamp,
}

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
        return Ok(Arc::clone(principal));
    }
    let session = state.sessions.get(key);
    let session = session.filter(|s| caller.session_token.as_deref() == Some(&*s.token));
    match session {
        Some(session) if wall < session.expires => Ok(Arc::clone(&session.principal)),
        Some(_) => Err(expired(service)),
        None => Err(unknown(service)),
    }
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

fn expired(service: Service) -> ApiError {
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
            let role = Role { trusts: vec![trusted.to_owned()], external_id: None };
            assert_eq!(role.admits(&user(), None), user_admitted, "{trusted}");
            assert_eq!(role.admits(&session, None), session_admitted, "{trusted}");
        }
    }

    #[test]
    fn an_external_id_that_is_asked_for_must_be_shown() {
        let role = Role { trusts: vec!["*".to_owned()], external_id: Some("x".to_owned()) };
        assert!(role.admits(&user(), Some("x")));
        assert!(!role.admits(&user(), Some("y")));
        assert!(!role.admits(&user(), None));
        let open = Role { external_id: None, ..role };
        assert!(open.admits(&user(), Some("anything")));
    }
}
