//! A controller at work on a fleet, in one thread and in paused time: an hour passes as soon as nobody has anything to do.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use kube::api::PostParams;
use kube::{Api, Client};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_aws::SnapshotsConfig;
use peerway_controller::{Health, RunConfig, Settings};
use peerway_memory_api::crash::Run;
use peerway_memory_api::{CrashLayer, MemoryApi};
use peerway_model::Clock;
use peerway_sim::weather::Throttling;
use peerway_sim::{Estate, Quotas, Settings as WorldSettings, SimClock, SimCloud, Timings, World};
use serde_json::Value;
use tokio::task::JoinHandle;
use tower::ServiceBuilder;

use crate::fleet::{Fleet, NAMESPACE};
use crate::simulated::{clock, unlimited};

/// As the binary's defaults are.
pub(crate) const RESYNC: Duration = Duration::from_secs(30);
/// The controller's identity in the fleet's estate.
const ACCESS_KEY: &str = "AKIAPEERWAYCONTROLLR";

/// What the fleet's AWS is like.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    pub(crate) timings: Timings,
    pub(crate) throttling: Throttling,
    pub(crate) quotas: Quotas,
}

impl Aws {
    /// One that nobody has to wait for.
    pub(crate) fn at_once() -> Self {
        Self {
            timings: Timings::immediate(),
            throttling: Throttling::Unlimited,
            quotas: unlimited(),
        }
    }

    /// The real one's times, buckets and quotas, but for the number of VPCs, which such an account has asked for.
    pub(crate) fn like_the_real_one() -> Self {
        Self {
            timings: Timings::default(),
            throttling: Throttling::Default,
            quotas: Quotas { vpcs: 100_000, ..Quotas::default() },
        }
    }
}

/// A running controller; it ends when dropped.
pub(crate) struct Running {
    pub(crate) fleet: Fleet,
    pub(crate) world: Arc<World>,
    pub(crate) api: MemoryApi,
    /// Its calls to Kubernetes.
    pub(crate) calls: Run,
    /// A client of somebody else's: what it does is not among the calls.
    pub(crate) client: Client,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Lets time stand still but where everybody waits.
pub(crate) fn in_paused_time<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build()?.block_on(work)
}

/// An API server with the definitions and the namespace.
pub(crate) fn api(clock: Clock) -> anyhow::Result<MemoryApi> {
    let api = MemoryApi::new(clock);
    for definition in peerway_api::crd::all() {
        api.register(&serde_json::to_value(definition)?).map_err(anyhow::Error::msg)?;
    }
    api.add_namespace(NAMESPACE);
    Ok(api)
}

/// How the controller is run.
pub(crate) fn config(settle: Duration) -> RunConfig {
    RunConfig {
        settings: Settings { resync: RESYNC, settle, stale_after: 5 * RESYNC },
        snapshots: SnapshotsConfig { takeover: settle, ..SnapshotsConfig::default() },
        cluster_id: Some("bench".to_owned()),
        instance: None,
        drain: Duration::from_secs(5),
        lease: None,
        rates: BTreeMap::new(),
    }
}

impl Running {
    /// Starts a controller where nothing is declared yet.
    pub(crate) fn start(fleet: Fleet, aws: Aws) -> anyhow::Result<Self> {
        let clock = clock();
        let settings = WorldSettings {
            clock: SimClock::real(clock.clone()),
            timings: aws.timings,
            quotas: aws.quotas,
            ..WorldSettings::default()
        };
        let world = Arc::new(World::new(&Estate::from_yaml(&fleet.estate())?, settings)?);
        world.set_throttling(aws.throttling);
        let api = api(clock.clone())?;
        let client = Client::new(api.clone(), "default");
        let calls = Run::recording();
        let recorded = ServiceBuilder::new().layer(CrashLayer::new(calls.clone()));
        let recorded = Client::new(recorded.service(api.clone()), "default");
        let cloud = Arc::new(SimCloud::new(world.clone(), ACCESS_KEY));
        let run = peerway_controller::run(
            config(Duration::from_secs(10)),
            recorded,
            cloud,
            clock,
            Arc::new(Health::default()),
            std::future::pending(),
        );
        let task = tokio::spawn(async move {
            let ended = run.await;
            eprintln!("bench: the controller ended: {ended:?}");
        });
        Ok(Self { fleet, world, api, calls, client, task })
    }

    /// Declares everything at once, as `kubectl apply` of a folder does.
    pub(crate) async fn declare(&self) -> anyhow::Result<()> {
        declare(&self.client, self.fleet).await
    }

    /// Lets time pass until every peering is ready, looking every `step`; when the first was, and the last.
    pub(crate) async fn all_ready(
        &self,
        step: Duration,
        most: Duration,
    ) -> anyhow::Result<(Duration, Duration)> {
        let begun = tokio::time::Instant::now();
        let mut first = None;
        loop {
            tokio::time::sleep(step).await;
            let ready = self.ready();
            if ready > 0 && first.is_none() {
                first = Some(begun.elapsed());
            }
            if ready == self.fleet.peerings as usize {
                return Ok((first.unwrap_or_default(), begun.elapsed()));
            }
            ensure!(
                begun.elapsed() < most,
                "{ready} of {} peerings are ready after {most:?}; one that is not: {}",
                self.fleet.peerings,
                self.unready().unwrap_or_default()
            );
        }
    }

    fn ready(&self) -> usize {
        self.api.count("vpcpeerings.peerway.dev", is_ready)
    }

    fn unready(&self) -> Option<Value> {
        let objects = self.api.objects("vpcpeerings.peerway.dev");
        objects
            .into_iter()
            .find(|object| !is_ready(object))
            .map(|mut object| object["status"].take())
    }

    /// Calls that wrote to Kubernetes, events apart.
    pub(crate) fn kubernetes_writes(&self) -> usize {
        let calls = self.calls.calls();
        calls.iter().filter(|call| call.writes && !call.operation.ends_with(" events")).count()
    }
}

/// Creates the account and the peerings.
pub(crate) async fn declare(client: &Client, fleet: Fleet) -> anyhow::Result<()> {
    let post = PostParams::default();
    let accounts: Api<AwsAccount> = Api::all(client.clone());
    accounts.create(&post, &serde_json::from_value(Fleet::account())?).await?;
    let peerings: Api<VpcPeering> = Api::namespaced(client.clone(), NAMESPACE);
    for number in 0..fleet.peerings {
        peerings.create(&post, &serde_json::from_value(fleet.peering(number))?).await?;
    }
    Ok(())
}

pub(crate) fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}
