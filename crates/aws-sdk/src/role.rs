//! Assumed roles: credentials that can be had before the call that needs them, and that are read as carefully as any answer.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_ec2::config::retry::RetryPartition;
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use peerway_aws::error::leads_astray;
use peerway_model::{Action, AwsFailure, Session};
use tokio::sync::Mutex;

use crate::failure::malformed;
use crate::whole::Whole;

/// How we sign up for a role where we only read: what `CloudTrail` shows.
const SESSION_NAME: &str = "peerway";

/// Credentials that live no longer than this are renewed. The SDK itself renews ten seconds before the end, within a call.
const RENEWED: Duration = Duration::from_mins(1);

/// A role, and the credentials that it gave last.
pub(crate) struct Role {
    request: AssumeRoleFluentBuilder,
    arn: String,
    held: Mutex<Option<Credentials>>,
    /// Whether AWS said that those are over.
    is_over: AtomicBool,
}

impl fmt::Debug for Role {
    /// Without the credentials that it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role").finish_non_exhaustive()
    }
}

impl Role {
    /// The role that `config`'s identity assumes. Sends nothing.
    pub(crate) fn new(
        config: &SdkConfig,
        partition: RetryPartition,
        role_arn: &str,
        external_id: Option<&String>,
        session: Option<&Session>,
    ) -> Self {
        let config = aws_sdk_sts::config::Builder::from(config)
            .retry_partition(partition)
            .interceptor(Whole)
            .build();
        let tag = |(key, value): &(String, String)| {
            let tag = aws_sdk_sts::types::Tag::builder().key(key).value(value).build();
            tag.expect("key and value are set")
        };
        let tags = session.map(|session| session.tags.iter().map(tag).collect::<Vec<_>>());
        let request = aws_sdk_sts::Client::from_conf(config)
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(session.map_or(SESSION_NAME, |session| &session.name))
            .set_external_id(external_id.cloned())
            .set_policy(session.and_then(|session| session.policy.clone()))
            .set_tags(tags.filter(|tags| !tags.is_empty()));
        let arn = role_arn.to_owned();
        Self { request, arn, held: Mutex::default(), is_over: AtomicBool::default() }
    }

    /// Those that are held are over, whatever their date says.
    pub(crate) fn let_go(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Credentials that last for a while yet: those that are held, else new ones.
    ///
    /// # Errors
    /// When the role cannot be assumed, or AWS does not answer.
    #[expect(clippy::disallowed_methods, reason = "the SDK compares with this clock as well")]
    pub(crate) async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut held = self.held.lock().await;
        let until = SystemTime::now() + RENEWED;
        let lasts = |it: &&Credentials| it.expiry().is_some_and(|expiry| expiry > until);
        if self.is_over.swap(false, Ordering::Relaxed) {
            *held = None;
        }
        if let Some(lasting) = held.as_ref().filter(lasts) {
            return Ok(lasting.clone());
        }
        let answer = self.request.clone().send().await.map_err(CredentialsError::provider_error)?;
        let given = read(answer, &self.arn).map_err(CredentialsError::provider_error)?;
        Ok(held.insert(given).clone())
    }
}

/// An answer to `AssumeRole` that AWS would never give: says nothing of whether we may.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadAnswer(pub(crate) Box<AwsFailure>);

fn read(answer: AssumeRoleOutput, role_arn: &str) -> Result<Credentials, BadAnswer> {
    let lacks = |what: &str| {
        let problem = format!("it has no {what}");
        BadAnswer(Box::new(malformed(Action::AssumeRole, &problem)))
    };
    let user = answer.assumed_role_user.ok_or_else(|| lacks("AssumedRoleUser"))?;
    if let Some(failure) = leads_astray(&user.arn, role_arn) {
        return Err(BadAnswer(Box::new(failure)));
    }
    let given = answer.credentials.ok_or_else(|| lacks("Credentials"))?;
    let expiry =
        SystemTime::try_from(given.expiration).map_err(|_| lacks("Expiration that can be read"))?;
    let (id, secret) = (given.access_key_id, given.secret_access_key);
    Ok(Credentials::new(id, secret, Some(given.session_token), Some(expiry), "AssumeRole"))
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
