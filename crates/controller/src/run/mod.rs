//! Everything started, wired and stopped: watches, controllers, the poller, the router of changes.

mod controllers;
mod triggers;
mod watches;

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::runtime::events::{Recorder, Reporter};
use kube::{Api, Client, ResourceExt};
use peerway_aws::{Cloud, Pacing, Rate, Snapshots, SnapshotsConfig};
use peerway_model::{Action, Clock};
use tokio::sync::{mpsc, oneshot, watch};

pub use self::controllers::DEBOUNCE;
use self::triggers::Router;
use self::watches::Watches;
use crate::context::{Context, Parts, Settings};
use crate::error::Error;
use crate::lease::{Leadership, Lease, LeaseConfig};
use crate::limit::within;
use crate::overlap_subnet_group::SubnetGroup;
use crate::proxy_load_balancer::Balancer;
use crate::vpc_peering::Peering;

/// What a run needs beside its clients.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// How the controller keeps time.
    pub settings: Settings,
    /// How snapshots keep time.
    pub snapshots: SnapshotsConfig,
    /// The cluster's id; by default the UID of the kube-system namespace.
    pub cluster_id: Option<String>,
    /// Who reports events: the pod's name.
    pub instance: Option<String>,
    /// How long visits under way may take to end after the stop; none begins a write any more.
    pub drain: Duration,
    /// The lease to hold while acting; nothing for a process that is alone.
    pub lease: Option<LeaseConfig>,
    /// Token buckets other than AWS's published ones.
    pub rates: BTreeMap<Action, Rate>,
}

/// Whether the controller is up to its work.
#[derive(Debug, Default)]
pub struct Health {
    ready: AtomicBool,
}

impl Health {
    /// Whether it acts with every watched kind listed, or stands by and knows for whom.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    fn set(&self, is_ready: bool) {
        self.ready.store(is_ready, Ordering::Relaxed);
    }
}

/// Takes the lease, then acts until `stop` resolves; lets the calls under way end, as far as `drain` goes, and gives the
/// lease up.
///
/// # Errors
/// When the cluster cannot be identified, and when the lease is lost: whoever holds it then may be writing.
pub async fn run(
    config: RunConfig,
    client: Client,
    cloud: Arc<dyn Cloud>,
    clock: Clock,
    health: Arc<Health>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let stop = stop.shared();
    let Some(lease_config) = config.lease.clone() else {
        let leadership = Leadership::undisputed(clock.clone());
        return act(config, client, cloud, clock, health, leadership, stop).await;
    };
    let mut lease = Lease::new(client.clone(), lease_config, clock.clone());
    tokio::select! {
        () = lease.acquire(|| health.set(true)) => {}
        () = stop.clone() => return Ok(()),
    }
    let leadership = lease.leadership();
    // A task of its own: renewing must not wait for whatever the visits do.
    let (end, ended) = oneshot::channel::<()>();
    let mut holding =
        tokio::spawn(async move { lease.hold(ended.map(drop)).await.map_err(Error::LeaseLost) });
    let acting = act(config, client, cloud, clock, health, leadership, stop);
    let result = tokio::select! {
        lost = &mut holding => return lost.unwrap_or_else(|panic| Err(Error::LeaseLost(panic.to_string()))),
        result = acting => result,
    };
    let _ = end.send(());
    let _ = holding.await;
    result
}

/// Acts until `stop` resolves.
async fn act(
    config: RunConfig,
    client: Client,
    cloud: Arc<dyn Cloud>,
    clock: Clock,
    health: Arc<Health>,
    leadership: Arc<Leadership>,
    stop: impl Future<Output = ()> + Clone + Send + Sync + 'static,
) -> Result<(), Error> {
    let cluster = match &config.cluster_id {
        Some(id) => id.clone(),
        None => kube_system_uid(&client).await?,
    };
    tracing::info!(%cluster, "starting");
    let pacing = Arc::new(Pacing::new(clock.clone(), config.rates));
    let (snapshots, changes) =
        Snapshots::new(cloud.clone(), pacing.clone(), clock.clone(), config.snapshots);
    let mut watches = Watches::new(&client);
    let (peerings_hear, groups_hear, balancers_hear) =
        (watches.changes(), watches.changes(), watches.changes());
    let listed = watches.listed();
    let Watches { accounts, namespaces, peerings, groups, balancers, pairs } = watches;
    let (synced_sender, synced) = watch::channel(false);
    let (wake_account, woken_accounts) = mpsc::unbounded_channel();
    let reporter = Reporter { controller: "peerway".to_owned(), instance: config.instance.clone() };
    let leading = leadership.clone();
    let ctx = Arc::new(Context::new(Parts {
        client: client.clone(),
        clock,
        cluster: cluster.into(),
        settings: config.settings,
        cloud,
        snapshots: snapshots.clone(),
        pacing,
        leadership,
        accounts: accounts.store,
        namespaces: namespaces.store,
        peerings: peerings.store,
        groups: groups.store,
        balancers: balancers.store,
        pairs,
        synced,
        recorder: Recorder::new(client, reporter),
        wake_account,
    }));

    let mut router = Router::default();
    let peering_visits = controllers::of_kind::<Peering>(
        &ctx,
        peerings.events,
        router.woken::<Peering>(),
        |controller| triggers::of_peerings(&ctx, peerings_hear, controller),
        stop.clone(),
    );
    let group_visits = controllers::of_kind::<SubnetGroup>(
        &ctx,
        groups.events,
        router.woken::<SubnetGroup>(),
        |controller| triggers::of_groups(&ctx, groups_hear, controller),
        stop.clone(),
    );
    let balancer_visits = controllers::of_kind::<Balancer>(
        &ctx,
        balancers.events,
        router.woken::<Balancer>(),
        |controller| triggers::of_balancers(&ctx, balancers_hear, controller),
        stop.clone(),
    );
    let account_visits =
        controllers::of_accounts(&ctx, accounts.events, woken_accounts, stop.clone());
    // Nobody visits namespaces: those who hear of them do as this drives the watch.
    let relabelling = namespaces.events.for_each(|_| ready(()));
    let (interests, known) = (ctx.interests.clone(), ctx.clone());
    let poller = peerway_aws::poll(snapshots, interests, config.settings.resync, move |key| {
        known.is_there(key)
    });
    let background = async {
        let readiness = async {
            listed.await;
            health.set(true);
            let _ = synced_sender.send(true);
            tracing::info!("ready");
            std::future::pending::<()>().await;
        };
        futures::join!(poller, router.route(ctx.clone(), changes), relabelling, readiness);
    };
    let visits =
        async { futures::join!(peering_visits, group_visits, balancer_visits, account_visits) };
    // Kube's graceful stop never ends while the first list has not succeeded; no visit has begun then either.
    let has_listed = ctx.synced.clone();
    let deadline = async {
        stop.clone().await;
        // What waits for its turn, and the next step of a visit, is the successor's.
        leading.go();
        health.set(false);
        tracing::info!("stopping");
        if *has_listed.borrow() {
            tokio::time::sleep(config.drain).await;
        }
    };
    tokio::select! {
        _ = visits => tracing::info!("stopped"),
        () = background => {}
        () = deadline => tracing::warn!("stopped without waiting any longer for visits or first lists"),
    }
    Ok(())
}

async fn kube_system_uid(client: &Client) -> Result<String, Error> {
    let namespaces: Api<PartialObjectMeta<Namespace>> = Api::all(client.clone());
    let namespace = within(namespaces.get_metadata("kube-system"))
        .await
        .map_err(|error| Error::ClusterId(Box::new(error)))?;
    Ok(namespace.uid().unwrap_or_default())
}
