//! `peerway controller`.

use std::sync::Arc;

use anyhow::Context;
use futures::FutureExt;
use kube::{Client, Config};
use peerway_aws::SnapshotsConfig;
use peerway_aws::clock::tokio_clock;
use peerway_aws_sdk::SdkCloud;
use peerway_controller::{Health, LeaseConfig, RunConfig, Settings};
use std::hash::{BuildHasher, RandomState};

use crate::args::ControllerArgs;
use crate::{admin, signals};

pub(crate) async fn run(args: ControllerArgs) -> anyhow::Result<()> {
    let mut kube_config =
        Config::infer().await.context("cannot find a cluster: set KUBECONFIG, or run in one")?;
    // Kube would repeat every failed call, writes too, for minutes; a visit looks again before it repeats anything.
    kube_config.default_retry = false;
    let namespace = args
        .leader_election_namespace
        .or_else(|| std::env::var("POD_NAMESPACE").ok())
        .unwrap_or_else(|| kube_config.default_namespace.clone());
    let lease = args.leader_elect.then(|| LeaseConfig {
        namespace,
        name: args.leader_election_id,
        identity: identity(args.instance.as_deref()),
    });
    let client = Client::try_from(kube_config).context("cannot make a Kubernetes client")?;
    let config = RunConfig {
        settings: Settings {
            resync: args.resync,
            settle: args.settle,
            stale_after: args.stale_after.unwrap_or(5 * args.resync),
        },
        snapshots: SnapshotsConfig { takeover: args.takeover, ..SnapshotsConfig::default() },
        cluster_id: args.cluster_id,
        instance: args.instance,
        drain: args.drain,
        lease,
        rates: args.aws_rates.into_iter().collect(),
    };
    let health = Arc::new(Health::default());
    let cloud = Arc::new(SdkCloud::new().await);
    let run =
        peerway_controller::run(config, client, cloud, clock(), health.clone(), signals::stop());
    tokio::select! {
        result = run.fuse() => result.context("the controller ended"),
        result = admin::serve(args.health_probe_bind_address, health) => result,
    }
}

/// Who holds the lease: the pod, and which of the processes that ran in it.
fn identity(instance: Option<&str>) -> String {
    let process = RandomState::new().hash_one(std::process::id());
    format!("{}_{process:016x}", instance.unwrap_or("peerway"))
}

/// The one place that asks the machine for the time.
#[expect(clippy::disallowed_methods, reason = "everything else is given this clock")]
fn clock() -> peerway_model::Clock {
    tokio_clock(jiff::Timestamp::now())
}
