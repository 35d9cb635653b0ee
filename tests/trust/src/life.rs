//! One life of the controller: the real one, from its start to its end, however that comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::Client;
use peerway_aws::SnapshotsConfig;
use peerway_controller::{Health, LeaseConfig, RunConfig, Settings};
use peerway_memory_api::CrashLayer;
use peerway_memory_api::crash::Run;
use peerway_model::clock::{after, since};
use peerway_model::{Action, Clock};
use peerway_sim::SimCloud;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::{Layer, ServiceBuilder};

use crate::aws::{Edge, Tampering};
use crate::judge::Judge;
use crate::kubernetes::{Gate, Traffic};
use crate::stage::Stage;
use crate::time;

/// The controller's identity in the example estates.
const ACCESS_KEY: &str = "AKIAPEERWAYCONTROLLR";

/// How soon a controller is started again.
const RESTART: Duration = Duration::from_secs(10);

/// How a life is lived.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a sabotage of its own")]
pub struct Tuning {
    /// How the controller keeps time.
    pub settings: Settings,
    /// How snapshots keep time.
    pub snapshots: SnapshotsConfig,
    /// Whether it takes a lease before it acts.
    pub is_leased: bool,
    /// Whether no write may set out without a lease.
    pub needs_lease: bool,
    /// Whether it is started again when it ends by itself, as the kubelet does.
    pub restarts: bool,
    /// How far its clock is ahead.
    pub ahead: Duration,
    /// What is tampered with towards AWS.
    pub tampering: Tampering,
    /// Whether finalizers that are added are dropped.
    pub drops_finalizers: bool,
    /// What the policy of the roles leaves out.
    pub denied: Option<Action>,
}

impl Default for Tuning {
    /// As the binary does by default.
    fn default() -> Self {
        let resync = Duration::from_secs(30);
        Self {
            settings: Settings { resync, settle: Duration::from_secs(5), stale_after: 5 * resync },
            snapshots: SnapshotsConfig::default(),
            is_leased: true,
            needs_lease: true,
            restarts: false,
            ahead: Duration::ZERO,
            tampering: Tampering::default(),
            drops_finalizers: false,
            denied: None,
        }
    }
}

/// A controller that is running. Dropping the runtime that it runs in ends it at once.
pub struct Life {
    /// Its calls.
    pub run: Run,
    /// What passes to the API server.
    pub traffic: Arc<Traffic>,
    judge: Arc<Judge>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    writes_before: usize,
}

impl Life {
    /// Starts a controller on `stage`, under this identity.
    #[must_use]
    pub fn start(
        stage: &Stage,
        tuning: Tuning,
        run: Run,
        judge: Arc<Judge>,
        identity: &str,
    ) -> Self {
        let traffic = Traffic::new(tuning.drops_finalizers);
        let gate = Gate::new(stage.api.clone(), traffic.clone());
        let service = ServiceBuilder::new().service(CrashLayer::new(run.clone()).layer(gate));
        let client = Client::new(service, "default");
        let cloud = Arc::new(SimCloud::new(stage.world.clone(), ACCESS_KEY));
        let leash = tuning.needs_lease.then(|| traffic.clone());
        let cloud = Edge::new(run.clone(), judge.clone(), tuning.tampering, leash, cloud);
        let config = RunConfig {
            settings: tuning.settings,
            snapshots: tuning.snapshots,
            cluster_id: None,
            instance: Some(identity.to_owned()),
            drain: Duration::from_secs(5),
            lease: tuning.is_leased.then(|| LeaseConfig {
                namespace: "kube-system".to_owned(),
                name: "peerway".to_owned(),
                identity: identity.to_owned(),
            }),
            rates: BTreeMap::new(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        }
        .shared();
        let clock = Clock::new(move || after(time::now(), tuning.ahead));
        let task = tokio::spawn(async move {
            loop {
                let health = Arc::new(Health::default());
                let (config, client, cloud) = (config.clone(), client.clone(), cloud.clone());
                let running = peerway_controller::run(
                    config,
                    client,
                    cloud,
                    clock.clone(),
                    health,
                    stopped.clone(),
                );
                if running.await.is_ok() || !tuning.restarts {
                    break;
                }
                tokio::time::sleep(RESTART).await;
            }
        });
        let writes_before = judge.writes().len();
        Self { run, traffic, judge, stop: Some(stop), task, writes_before }
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = (&mut self.task).await;
    }

    /// Whether it has ended by itself.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// How many writes it has made, of both kinds, leases left out.
    #[must_use]
    pub fn writes(&self) -> u64 {
        (self.judge.writes().len() - self.writes_before) as u64 + self.traffic.writes()
    }

    /// How long nothing has been written, at either edge, leases left out.
    #[must_use]
    pub fn quiet_for(&self, since_when: peerway_model::Timestamp) -> Duration {
        let aws = self.judge.last_write();
        let last = aws.max(self.traffic.last_write()).unwrap_or(since_when).max(since_when);
        since(time::now(), last)
    }

    /// Waits until `is_there` holds and nothing has been written for `quiet`; whether that came within `limit`.
    pub async fn rests(
        &self,
        quiet: Duration,
        limit: Duration,
        is_there: impl Fn() -> bool,
    ) -> bool {
        let begun = time::now();
        while since(time::now(), begun) < limit {
            let quiet_for = self.quiet_for(begun);
            if quiet_for >= quiet {
                if is_there() {
                    return true;
                }
                tokio::time::sleep(Duration::from_secs(5)).await;
            } else {
                tokio::time::sleep(quiet.saturating_sub(quiet_for)).await;
            }
        }
        false
    }
}
