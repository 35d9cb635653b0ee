//! The controller in this process, on a real API server and an in-process world: as fast as tests need it, and with the
//! world's weather at hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use peerway_aws::clock::tokio_clock;
use peerway_aws::iam::{self, Scope};
use peerway_aws::{Rate, SnapshotsConfig};
use peerway_controller::{Health, RunConfig, Settings};
use peerway_model::{Action, Clock};
use peerway_sim::{Estate, Quotas, Settings as WorldSettings, SimClock, SimCloud, Timings, World};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Environment;
use crate::api_server::CONTROLLER;

/// The controller's identity in the example estates.
const ACCESS_KEY: &str = "AKIAPEERWAYCONTROLLR";

/// A running controller. Dropping it stops it at once; [`InProcess::stop`] lets its visits end.
#[derive(Debug)]
pub struct InProcess {
    /// The world it acts in.
    pub world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// The machine's time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "everything here is given this clock")]
pub fn clock() -> Clock {
    tokio_clock(jiff::Timestamp::now())
}

/// A world in which everything that passes by itself passes at once, and whose roles may do what Peerway's policies for
/// acting allow.
///
/// # Panics
/// When the estate does not hold together.
#[must_use]
pub fn world(estate: &str) -> Arc<World> {
    world_with(estate, Quotas::default())
}

/// The same with other quotas.
///
/// # Panics
/// When the estate does not hold together.
#[must_use]
pub fn world_with(estate: &str, quotas: Quotas) -> Arc<World> {
    let mut estate = Estate::from_yaml(estate).expect("the estate can be read");
    for account in estate.accounts.values_mut() {
        let scope =
            Scope { regions: account.regions.keys().cloned().collect(), ..Scope::default() };
        for role in account.roles.values_mut().filter(|role| role.policy.is_none()) {
            let policies =
                serde_json::to_value(iam::documents(&scope)).and_then(serde_json::from_value);
            role.policy = Some(policies.expect("what was generated are policies"));
        }
    }
    let settings = WorldSettings {
        clock: SimClock::real(clock()),
        timings: Timings::immediate(),
        quotas,
        ..WorldSettings::default()
    };
    Arc::new(World::new(&estate, settings).expect("the estate holds together"))
}

impl Environment {
    /// Starts a controller in this process, as the controller's user, on `world` with this resync.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn start_in_process(
        &self,
        world: Arc<World>,
        resync: Duration,
    ) -> anyhow::Result<InProcess> {
        Ok(InProcess::start(self.api_server.client(CONTROLLER).await?, world, resync))
    }
}

impl InProcess {
    /// Starts a controller on `world` with this resync; views are confirmed after 100 ms.
    #[must_use]
    pub fn start(client: Client, world: Arc<World>, resync: Duration) -> Self {
        Self::start_at(client, world, resync, BTreeMap::new())
    }

    /// The same, at most at these rates.
    #[must_use]
    pub fn start_at(
        client: Client,
        world: Arc<World>,
        resync: Duration,
        rates: BTreeMap<Action, Rate>,
    ) -> Self {
        let cloud = Arc::new(SimCloud::new(world.clone(), ACCESS_KEY));
        let instant = Duration::from_millis(100);
        let config = RunConfig {
            settings: Settings { resync, settle: instant, stale_after: 5 * resync },
            snapshots: SnapshotsConfig { takeover: instant, ..SnapshotsConfig::default() },
            cluster_id: None,
            instance: None,
            drain: Duration::from_secs(5),
            lease: None,
            rates,
        };
        let (stop, stopped) = oneshot::channel();
        let run = peerway_controller::run(
            config,
            client,
            cloud,
            clock(),
            Arc::new(Health::default()),
            async {
                let _ = stopped.await;
            },
        );
        let task = tokio::spawn(async move {
            if let Err(error) = run.await {
                panic!("the controller ended: {error}");
            }
        });
        Self { world, stop: Some(stop), task }
    }

    /// Asks it to stop and waits for it.
    ///
    /// # Panics
    /// When it ended by itself before.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.task).await.expect("it ends as it was asked to");
    }

    /// The writes so far, beside assuming roles.
    #[must_use]
    pub fn writes(&self) -> Vec<peerway_sim::Entry> {
        let calls = self.world.ledger().into_iter();
        calls.filter(|call| call.is_write && call.action != "AssumeRole").collect()
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.task.abort();
    }
}
