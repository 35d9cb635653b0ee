//! The AWS SDK behind the traits of `peerway-aws`: clients, credentials, pages, conversions.
//!
//! The SDK's types never leave this crate, and no other crate compiles it. It must not know the custom resources, the
//! planner or Kubernetes. It never repeats a call by itself: whoever calls looks again before trying again.

mod auto_scaling;
mod convert;
mod ec2;
mod expired;
mod failure;
mod load_balancing;
mod pages;
mod role;
mod whole;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_ec2::config::retry::RetryPartition;
use aws_smithy_http_client::{Builder as HttpClientBuilder, tls};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use peerway_aws::{AutoScaling, Cloud, Ec2, LoadBalancing};
use peerway_model::{Access, AccountId, Action, AwsFailure, Credentials, Place, Region};

use crate::auto_scaling::SdkAutoScaling;
use crate::ec2::SdkEc2;
use crate::expired::Expired;
use crate::failure::{failure, from_provider, malformed};
use crate::load_balancing::SdkLoadBalancing;
use crate::role::Role;
use crate::whole::Whole;

/// Time limits of a call. There is one attempt, so the operation's limit only adds the time for credentials.
const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(8);
const OPERATION: Duration = Duration::from_secs(10);

/// AWS, through its SDK. Endpoints, the own identity and its Region come from where every AWS tool takes them:
/// environment (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL_AUTO_SCALING`,
/// `AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING`, `AWS_ENDPOINT_URL_STS`, …), profile, web identity, container, instance.
pub struct SdkCloud {
    base: SdkConfig,
    places: Mutex<HashMap<Place, Clients>>,
}

/// The clients of one place.
#[derive(Clone)]
struct Clients {
    ec2: Arc<SdkEc2>,
    auto_scaling: Arc<SdkAutoScaling>,
    load_balancing: Arc<SdkLoadBalancing>,
}

impl Clients {
    fn new(base: &SdkConfig, place: Place) -> Self {
        let ec2 = Arc::new(SdkEc2::new(base, place));
        Self {
            auto_scaling: Arc::new(SdkAutoScaling::new(ec2.clone())),
            load_balancing: Arc::new(SdkLoadBalancing::new(ec2.clone())),
            ec2,
        }
    }
}

impl SdkCloud {
    /// Reads the environment. Sends nothing.
    pub async fn new() -> Self {
        Self::load(|loader| loader).await
    }

    /// AWS at one endpoint, with one access key: the simulated AWS, for tests in one process.
    pub async fn at_endpoint(url: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        let key = aws_credential_types::Credentials::new(
            access_key_id,
            secret_access_key,
            None,
            None,
            "given",
        );
        Self::load(|loader| loader.endpoint_url(url).credentials_provider(key)).await
    }

    async fn load(adapt: impl FnOnce(ConfigLoader) -> ConfigLoader) -> Self {
        let http_client = HttpClientBuilder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(ATTEMPT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        // Every client gets the Region of its place; this one only serves to find the own identity, and asking the
        // instance metadata for it would take seconds wherever there is none.
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(aws_config::Region::from_static("us-east-1"));
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region)
            .http_client(http_client)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        let base = adapt(loader).load().await;
        Self { base, places: Mutex::default() }
    }

    fn place(&self, place: &Place) -> Clients {
        self.places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(place.clone())
            .or_insert_with(|| Clients::new(&self.base, place.clone()))
            .clone()
    }
}

/// The way into a place.
struct Entry {
    config: SdkConfig,
    /// The role that is assumed for it, if one is.
    role: Option<Arc<Role>>,
}

impl Entry {
    /// The configuration of a place: its Region, and credentials that are fetched when they are needed first.
    fn of(base: &SdkConfig, place: &Place) -> Self {
        let region = aws_config::Region::new(place.region.to_string());
        let regional = base.to_builder().region(region).build();
        match &place.access.credentials {
            Credentials::Own => Self { config: regional, role: None },
            Credentials::AssumeRole { role_arn, external_id, session, .. } => {
                let (external_id, session) = (external_id.as_ref(), session.as_ref());
                let role = Role::new(&regional, partition(place), role_arn, external_id, session);
                let role = Arc::new(role);
                let provider: Arc<dyn ProvideCredentials> = role.clone();
                let provider = SharedCredentialsProvider::from(provider);
                // The role keeps what it was given itself, and lets go of it once AWS no longer takes it.
                let config = regional
                    .to_builder()
                    .credentials_provider(provider)
                    .identity_cache(IdentityCache::no_cache())
                    .build();
                Self { config, role: Some(role) }
            }
        }
    }

    /// What listens for the end of the session with which calls to this place are signed.
    fn expired(&self) -> Expired {
        Expired(self.role.clone())
    }
}

/// The SDK keeps its retry quota per partition and process; by default two accounts of one Region would share it.
fn partition(place: &Place) -> RetryPartition {
    RetryPartition::new(format!("{}-{}-{}", place.access.name, place.account(), place.region))
}

#[async_trait]
impl Cloud for SdkCloud {
    fn ec2(&self, place: &Place) -> Arc<dyn Ec2> {
        self.place(place).ec2
    }

    fn auto_scaling(&self, place: &Place) -> Arc<dyn AutoScaling> {
        self.place(place).auto_scaling
    }

    fn load_balancing(&self, place: &Place) -> Arc<dyn LoadBalancing> {
        self.place(place).load_balancing
    }

    async fn enter(&self, place: &Place) -> Result<(), AwsFailure> {
        // Who needs no role read with the same credentials a moment ago.
        let ec2 = self.place(place).ec2;
        let Some(role) = ec2.entry().role.as_ref() else { return Ok(()) };
        role.credentials().await.map(drop).map_err(|error| from_provider(&error))
    }

    fn forget(&self, place: &Place) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).remove(place);
    }

    async fn caller_account(
        &self,
        access: &Access,
        region: &Region,
    ) -> Result<AccountId, AwsFailure> {
        const ACTION: Action = Action::GetCallerIdentity;
        let place = Place { access: Arc::new(access.clone()), region: region.clone() };
        let ec2 = self.place(&place).ec2;
        let config = aws_sdk_sts::config::Builder::from(&ec2.entry().config)
            .retry_partition(partition(&place))
            .interceptor(Whole)
            .interceptor(ec2.entry().expired())
            .build();
        let identity = aws_sdk_sts::Client::from_conf(config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        identity.account().unwrap_or_default().parse().map_err(|error| malformed(ACTION, &error))
    }
}
