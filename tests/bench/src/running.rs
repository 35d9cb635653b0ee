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

use crate::fleet::{CLUSTER, Fleet, NAMESPACE};
use crate::machine::thread_time;
use crate::simulated::{clock, unlimited};

/// As the binary's defaults are.
pub(crate) const RESYNC: Duration = Duration::from_secs(30);
/// How long a fleet may take to come up, on the wall.
const PATIENCE: Duration = Duration::from_mins(10);
/// The controller's identity in the fleet's estate.
pub(crate) const ACCESS_KEY: &str = "AKIAPEERWAYCONTROLLR";

/// What the fleet's AWS is like.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    pub(crate) timings: Timings,
    pub(crate) throttling: Throttling,
    /// How long an answer takes.
    pub(crate) latency: Duration,
    pub(crate) quotas: Quotas,
}

impl Aws {
    /// One that nobody has to wait for.
    pub(crate) fn at_once() -> Self {
        Self {
            timings: Timings::immediate(),
            throttling: Throttling::Unlimited,
            latency: Duration::ZERO,
            quotas: unlimited(),
        }
    }

    /// The real one's times, buckets and quotas, but for the number of VPCs, which such an account has asked for.
    pub(crate) fn like_the_real_one() -> Self {
        Self {
            timings: Timings::default(),
            throttling: Throttling::Default,
            latency: Duration::from_millis(50),
            quotas: Quotas { vpcs: 100_000, ..Quotas::default() },
        }
    }
}

/// What a controller runs on.
struct Stage {
    fleet: Fleet,
    world: Arc<World>,
    api: MemoryApi,
    clock: Clock,
}

/// A running controller; it ends when dropped.
pub(crate) struct Running {
    fleet: Fleet,
    pub(crate) world: Arc<World>,
    pub(crate) api: MemoryApi,
    /// The controller's calls to the API server.
    pub(crate) calls: Run,
    /// Somebody else's client.
    pub(crate) client: Client,
    /// Processor time from the start until everything had been looked at, where everything was in place.
    pub(crate) start: Duration,
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
        cluster_id: Some(CLUSTER.to_owned()),
        instance: None,
        drain: Duration::from_secs(5),
        lease: None,
        rates: BTreeMap::new(),
    }
}

/// A world of this estate.
pub(crate) fn world(aws: Aws, estate: &str, clock: &Clock) -> anyhow::Result<Arc<World>> {
    let settings = WorldSettings {
        clock: SimClock::real(clock.clone()),
        timings: aws.timings,
        quotas: aws.quotas,
        ..WorldSettings::default()
    };
    // More than anybody would write by hand, and ours: without the limits against hostile files.
    let no_limits = serde_saphyr::options! { budget: None };
    let estate: Estate = serde_saphyr::from_str_with_options(estate, no_limits)?;
    let world = Arc::new(World::new(&estate, settings)?);
    world.set_throttling(aws.throttling);
    if aws.latency > Duration::ZERO {
        world.set_latency(aws.latency);
    }
    Ok(world)
}

/// A controller at work, and its calls to the API server.
pub(crate) fn controller(
    world: &Arc<World>,
    api: &MemoryApi,
    clock: &Clock,
) -> (Run, JoinHandle<()>) {
    let calls = Run::recording();
    let recorded = ServiceBuilder::new().layer(CrashLayer::new(calls.clone()));
    let recorded = Client::new(recorded.service(api.clone()), "default");
    let run = peerway_controller::run(
        config(Duration::from_secs(10)),
        recorded,
        Arc::new(SimCloud::new(world.clone(), ACCESS_KEY)),
        clock.clone(),
        Arc::new(Health::default()),
        std::future::pending(),
    );
    let task = tokio::spawn(async move {
        let ended = run.await;
        eprintln!("bench: the controller ended: {ended:?}");
    });
    (calls, task)
}

impl Stage {
    fn new(
        fleet: Fleet,
        aws: Aws,
        estate: &str,
        api: MemoryApi,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let world = world(aws, estate, &clock)?;
        Ok(Self { fleet, world, api, clock })
    }

    fn run(&self) -> Running {
        let (calls, task) = controller(&self.world, &self.api, &self.clock);
        let (world, api) = (self.world.clone(), self.api.clone());
        let client = Client::new(api.clone(), "default");
        Running { fleet: self.fleet, world, api, calls, client, start: Duration::ZERO, task }
    }
}

impl Running {
    /// Starts a controller where nothing is declared yet.
    pub(crate) fn start(fleet: Fleet, aws: Aws) -> anyhow::Result<Self> {
        let clock = clock();
        let api = api(clock.clone())?;
        Ok(Stage::new(fleet, aws, &fleet.estate(), api, clock)?.run())
    }

    /// Starts a controller where everything is in place: in AWS what the peerings ask for, in Kubernetes their status.
    pub(crate) async fn start_in_place(fleet: Fleet, aws: Aws) -> anyhow::Result<Self> {
        let clock = clock();
        let api = api(clock.clone())?;
        declare(&Client::new(api.clone(), "default"), fleet).await?;
        let estate = fleet.estate_in_place(first_uid(&api));
        let stage = Stage::new(fleet, aws, &estate, api, clock)?;
        // One that writes the status, and has nothing else to do; then another one.
        let first = stage.run();
        first.all_ready(Duration::from_secs(1), Duration::from_hours(1)).await?;
        let written = first.world.ledger().iter().filter(|call| call.is_applied_write()).count();
        let roles = first.world.ledger().iter().filter(|call| call.action == "AssumeRole").count();
        ensure!(written <= roles, "{} writes to AWS where everything is in place", written - roles);
        drop(first);
        stage.api.expire();
        let used = thread_time();
        let mut running = stage.run();
        // Time passes only when nobody has anything to do.
        tokio::time::sleep(Duration::from_secs(2)).await;
        running.start = thread_time().saturating_sub(used);
        Ok(running)
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
        let (begun, on_the_wall) = (tokio::time::Instant::now(), std::time::Instant::now());
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
                begun.elapsed() < most && on_the_wall.elapsed() < PATIENCE,
                "{ready} of {} peerings are ready after {:?} of simulated time and {:?} on the wall; one that is not: {}",
                self.fleet.peerings,
                begun.elapsed(),
                on_the_wall.elapsed(),
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

/// The number in the first peering's UID.
pub(crate) fn first_uid(api: &MemoryApi) -> u64 {
    let objects = api.objects("vpcpeerings.peerway.dev");
    let uid = objects.first().and_then(|object| object["metadata"]["uid"].as_str());
    let number = uid.and_then(|uid| uid.rsplit('-').next());
    number.and_then(|number| u64::from_str_radix(number, 16).ok()).unwrap_or_default()
}
