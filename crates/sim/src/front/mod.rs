//! The world behind the traits of `peerway-aws`: each method is the calls that a client would make.

mod auto_scaling;
mod convert;
mod ec2;
mod elb;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use peerway_aws::error::{classify, ends_session, leads_astray};
use peerway_model::clock::after;
use peerway_model::{
    Access, AccountId, Action, AwsFailure, Credentials, FailureKind, Place, Region, Session,
    Timestamp,
};

use crate::action::Request;
use crate::ec2::Tag;
use crate::passage::Attempt;
use crate::sts::{AssumeRole, GetCallerIdentity, Members};
use crate::{ApiError, Caller, World};

/// A client of a world, in process: keeps the sessions of the roles it has assumed.
#[derive(Clone)]
pub struct SimCloud {
    client: Arc<Client>,
}

impl fmt::Debug for SimCloud {
    /// Without the credentials that it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimCloud").finish_non_exhaustive()
    }
}

struct Client {
    world: Arc<World>,
    /// The access key of the client's own identity.
    own: String,
    sessions: Mutex<BTreeMap<Access, Held>>,
}

/// Temporary credentials.
#[derive(Clone)]
struct Held {
    key: String,
    token: String,
    expires: Timestamp,
}

/// Sessions are renewed so long before they end, as clients of the real AWS do.
const RENEWED: Duration = Duration::from_mins(1);

impl SimCloud {
    /// A client whose own identity is the holder of this access key; an account's number is the key of its root.
    #[must_use]
    pub fn new(world: Arc<World>, access_key_id: &str) -> Self {
        let client = Client { world, own: access_key_id.to_owned(), sessions: Mutex::default() };
        Self { client: Arc::new(client) }
    }

    /// The world behind it.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.client.world
    }
}

#[async_trait]
impl peerway_aws::Cloud for SimCloud {
    fn ec2(&self, place: &Place) -> Arc<dyn peerway_aws::Ec2> {
        Arc::new(ec2::SimEc2 { client: Arc::clone(&self.client), place: place.clone() })
    }

    fn auto_scaling(&self, place: &Place) -> Arc<dyn peerway_aws::AutoScaling> {
        let client = Arc::clone(&self.client);
        Arc::new(auto_scaling::SimAutoScaling { client, place: place.clone() })
    }

    fn load_balancing(&self, place: &Place) -> Arc<dyn peerway_aws::LoadBalancing> {
        let client = Arc::clone(&self.client);
        Arc::new(elb::SimLoadBalancing { client, place: place.clone() })
    }

    async fn enter(&self, place: &Place) -> Result<(), AwsFailure> {
        self.client.caller(&place.access, &place.region).await.map(drop)
    }

    async fn caller_account(
        &self,
        access: &Access,
        region: &Region,
    ) -> Result<AccountId, AwsFailure> {
        let identity = self.client.ask(access, region, GetCallerIdentity {}).await?;
        Ok(identity.account)
    }
}

impl Client {
    /// Makes a call as whoever `access` makes us.
    async fn ask<R: Request>(
        &self,
        access: &Access,
        region: &Region,
        request: R,
    ) -> Result<R::Reply, AwsFailure> {
        let caller = self.caller(access, region).await?;
        let answer = self.ask_as(&caller, request).await;
        let code = answer.as_ref().err().and_then(|failure| failure.code.as_deref());
        if code.is_some_and(ends_session) {
            self.sessions().remove(access);
        }
        answer
    }

    async fn ask_as<R: Request>(
        &self,
        caller: &Caller,
        request: R,
    ) -> Result<R::Reply, AwsFailure> {
        let journey = self.world.depart();
        wait(journey.there).await;
        let attempt = Attempt { journey, is_carried: true, ..request.into().into() };
        let answer = self.world.answer(caller, attempt);
        wait(answer.delay).await;
        if answer.garble.is_some() {
            // As clients of the real AWS say of what they cannot parse.
            let what = "the answer cannot be read";
            let (operation, kind) = (R::ACTION.name(), FailureKind::Transient);
            return Err(AwsFailure::new(operation, kind, None, what, Some(answer.request_id)));
        }
        let reply = answer.result.map_err(|error| failure::<R>(&error, answer.request_id))?;
        match R::unwrap(reply) {
            Some(reply) => Ok(reply),
            None => unreachable!("each action answers with its own reply"),
        }
    }

    async fn caller(&self, access: &Access, region: &Region) -> Result<Caller, AwsFailure> {
        let own = Caller::key(&self.own, region);
        let Credentials::AssumeRole { role_arn, external_id, session, .. } = &access.credentials
        else {
            return Ok(own);
        };
        let fresh_until = after(self.world.clock().wall(), RENEWED);
        let held = self.sessions().get(access).filter(|held| held.expires > fresh_until).cloned();
        let held = if let Some(held) = held {
            held
        } else {
            let session = session.as_ref();
            self.assume(access, &own, role_arn, external_id.as_deref(), session).await?
        };
        Ok(Caller::session(&held.key, &held.token, region))
    }

    async fn assume(
        &self,
        access: &Access,
        own: &Caller,
        role_arn: &str,
        external_id: Option<&str>,
        session: Option<&Session>,
    ) -> Result<Held, AwsFailure> {
        let request = AssumeRole {
            role_arn: role_arn.to_owned(),
            role_session_name: session.map_or("peerway", |session| &session.name).to_owned(),
            policy: session.and_then(|session| session.policy.clone()),
            tags: Members {
                member: session
                    .into_iter()
                    .flat_map(|session| &session.tags)
                    .map(|(key, value)| Tag { key: key.clone(), value: Some(value.clone()) })
                    .collect(),
            },
            external_id: external_id.map(str::to_owned),
            ..AssumeRole::default()
        };
        let answer = self.ask_as(own, request).await?;
        if let Some(failure) = leads_astray(&answer.assumed_role_user.arn, role_arn) {
            return Err(failure);
        }
        let credentials = answer.credentials;
        let held = Held {
            key: credentials.access_key_id,
            token: credentials.session_token,
            expires: credentials.expiration,
        };
        self.sessions().insert(access.clone(), held.clone());
        Ok(held)
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, BTreeMap<Access, Held>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Timers are coarse: no time is not waited for.
async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// An answer that AWS would never give, made of what an estate holds.
fn malformed(action: Action, problem: &dyn fmt::Display) -> AwsFailure {
    let message = format!("malformed answer: {problem}");
    AwsFailure::new(action.name(), FailureKind::Other, None, &message, None)
}

fn failure<R: Request>(error: &ApiError, request_id: String) -> AwsFailure {
    let operation = R::ACTION.name();
    match error.code() {
        Some(code) => {
            let kind = classify(operation, code, error.message());
            let code = Some(code.to_owned());
            AwsFailure::new(operation, kind, code, error.message(), Some(request_id))
        }
        None => {
            AwsFailure::new(operation, FailureKind::Unreachable, None, "the connection broke", None)
        }
    }
}
