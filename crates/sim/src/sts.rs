//! STS: who am I, and becoming somebody else.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::Arc;
use std::time::Duration;

use jiff::Unit;
use peerway_model::clock::after;
use peerway_model::{AccountId, Tags, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ApiError;
use crate::ec2::Tag;
use crate::iam::{OneOrMany, Policy};
use crate::id::digest;
use crate::identity::{Principal, Session};
use crate::scope::Scope;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetCallerIdentity {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCallerIdentityReply {
    pub user_id: Arc<str>,
    pub account: AccountId,
    pub arn: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRole {
    pub role_arn: String,
    pub role_session_name: String,
    pub external_id: Option<String>,
    pub duration_seconds: Option<u64>,
    pub source_identity: Option<String>,
    pub policy: Option<String>,
    #[serde(default)]
    pub tags: Members<Tag>,
    #[serde(default)]
    pub transitive_tag_keys: Members<String>,
}

/// A list as the Query protocol of STS writes it: `Tags.member.1.Key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members<T> {
    #[serde(default = "Vec::new")]
    pub member: Vec<T>,
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { member: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRoleReply {
    pub credentials: TemporaryCredentials,
    pub assumed_role_user: AssumedRoleUser,
    pub source_identity: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TemporaryCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expiration: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRoleUser {
    pub assumed_role_id: Arc<str>,
    pub arn: Arc<str>,
}

#[expect(clippy::unnecessary_wraps, reason = "every action may fail, as far as its caller knows")]
pub(crate) fn get_caller_identity(
    scope: &Scope<'_>,
    _: &GetCallerIdentity,
) -> Result<GetCallerIdentityReply, ApiError> {
    let Principal { account, arn, user_id, .. } = scope.caller;
    Ok(GetCallerIdentityReply {
        user_id: Arc::clone(user_id),
        account: account.clone(),
        arn: Arc::clone(arn),
    })
}

/// How long sessions may last, in seconds; one hour at most when a role's session assumes a role.
const SHORTEST: u64 = 900;
const LONGEST: u64 = 43_200;
const USUAL: u64 = 3600;
const LONGEST_CHAINED: u64 = 3600;

/// Ended sessions are remembered for a while, to be answered "expired" instead of "unknown".
const REMEMBERED: Duration = Duration::from_hours(24);

pub(crate) fn assume_role(
    scope: &mut Scope<'_>,
    request: &AssumeRole,
) -> Result<AssumeRoleReply, ApiError> {
    check_session_name(&request.role_session_name)?;
    let seconds = request.duration_seconds.unwrap_or(USUAL);
    let longest = if scope.caller.role_arn.is_some() { LONGEST_CHAINED } else { LONGEST };
    if !(SHORTEST..=longest).contains(&seconds) {
        return Err(ApiError::new(
            "ValidationError",
            format!(
                "The requested DurationSeconds {seconds} is not between {SHORTEST} and {longest}"
            ),
        ));
    }
    let (account, role_name) = read_role_arn(&request.role_arn)?;
    let role = scope.state.accounts.get(&account).and_then(|a| a.roles.get(role_name));
    let external_id = request.external_id.as_deref();
    // A role that is not there and one that says no are the same to the caller, as in AWS.
    if !role.is_some_and(|role| role.admits(scope.caller, external_id)) {
        return Err(ApiError::new(
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                scope.caller.arn, request.role_arn
            ),
        ));
    }
    let tags = session_tags(&request.tags.member)?;
    if !tags.is_empty() && !role.is_some_and(|role| role.admits_tags) {
        return Err(ApiError::new(
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: sts:TagSession on resource: {}",
                scope.caller.arn, request.role_arn
            ),
        ));
    }
    let session_policy = request.policy.as_deref().map(session_policy).transpose()?;
    let session_name = &request.role_session_name;
    let role_id = key_of("AROA", &[account.as_str(), role_name]);
    let principal = Principal {
        arn: format!("arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}").into(),
        user_id: format!("{role_id}:{session_name}").into(),
        role_arn: Some(request.role_arn.as_str().into()),
        account,
        session_policy: session_policy.map(|policy| Arc::new(OneOrMany::One(policy))),
        session_tags: Arc::new(tags),
    };
    let wall = scope.settings.clock.wall();
    let expires = after(wall, Duration::from_secs(seconds));
    let expiration = expires.round(Unit::Second).unwrap_or(expires);
    let reply = AssumeRoleReply {
        assumed_role_user: AssumedRoleUser {
            assumed_role_id: Arc::clone(&principal.user_id),
            arn: Arc::clone(&principal.arn),
        },
        credentials: TemporaryCredentials {
            access_key_id: format!("ASIA{}", scope.ids.key(16)),
            secret_access_key: scope.ids.key(40),
            session_token: scope.ids.key(120),
            expiration,
        },
        source_identity: request.source_identity.clone(),
    };
    scope.state.sessions.retain(|_, session| wall < after(session.expires, REMEMBERED));
    let token = reply.credentials.session_token.clone();
    let secret = reply.credentials.secret_access_key.clone();
    let session = Session { principal: Arc::new(principal), token, secret, expires: expiration };
    scope.state.sessions.insert(reply.credentials.access_key_id.clone(), session);
    Ok(reply)
}

/// The longest session policy, in characters.
const LONGEST_POLICY: usize = 2048;

fn session_policy(text: &str) -> Result<Policy, ApiError> {
    if text.chars().count() > LONGEST_POLICY {
        return Err(ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value at 'policy' failed to satisfy constraint: \
                 Member must have length less than or equal to {LONGEST_POLICY}"
            ),
        ));
    }
    Policy::from_json(text).map_err(|problem| {
        ApiError::new("MalformedPolicyDocument", format!("Syntax errors in policy: {problem}"))
    })
}

/// The most tags that a session may have, and how long their keys and values may be.
const MOST_TAGS: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

fn session_tags(tags: &[Tag]) -> Result<Tags, ApiError> {
    let mut read = Tags::new();
    for tag in tags {
        let value = tag.value.clone().unwrap_or_default();
        let is_short = (1..=LONGEST_KEY).contains(&tag.key.chars().count())
            && value.chars().count() <= LONGEST_VALUE;
        if !is_short || tag.key.to_lowercase().starts_with("aws:") {
            return Err(ApiError::new(
                "ValidationError",
                format!("the session tag {} is no valid tag", tag.key),
            ));
        }
        if read.insert(tag.key.clone(), value).is_some() {
            return Err(ApiError::new(
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
    }
    if read.len() > MOST_TAGS {
        return Err(ApiError::new("ValidationError", "A session has at most 50 tags"));
    }
    Ok(read)
}

fn check_session_name(name: &str) -> Result<(), ApiError> {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if (2..=64).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(ApiError::new(
        "ValidationError",
        format!(
            "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]{{2,64}}"
        ),
    ))
}

/// The account and the name in a role's ARN; a path before the name is left out, as in the ARNs of sessions.
fn read_role_arn(arn: &str) -> Result<(AccountId, &str), ApiError> {
    let parts = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    let read = parts.and_then(|(account, path)| {
        let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
        Some((account.parse().ok()?, name))
    });
    read.ok_or_else(|| ApiError::new("ValidationError", format!("{arn} is invalid")))
}

/// An id like `AROA…`, the same for the same thing in every world.
pub(crate) fn key_of(prefix: &str, about: &[&str]) -> String {
    format!("{prefix}{}", crate::id::Ids::new(digest(0, about), prefix).key(17))
}
