//! Everything started, wired and stopped: watches, controllers, the poller, the router of changes.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{
    Controller, Predicate, PredicateConfig, WatchStreamExt, controller, predicates, reflector,
    watcher,
};
use kube::{Api, Client, Resource, ResourceExt};
use peerway_api::Reason;
use peerway_api::v1alpha1::{AwsAccount, OverlapSubnetGroup, VpcPeering};
use peerway_aws::{Changed, Cloud, Pacing, Rate, Snapshots, SnapshotsConfig};
use peerway_model::{Action, Clock, OwnerKind};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot, watch};

use crate::context::{Context, Parts, Settings};
use crate::error::{Chain, Error};
use crate::lease::{Leadership, Lease, LeaseConfig};
use crate::limit::within;
use crate::object::{Guarded, ObjectKey};
use crate::overlap_subnet_group::SubnetGroup;
use crate::pairs::Pairs;
use crate::vpc_peering::Peering;
use crate::{aws_account, visit};

/// The annotation in which `kubectl apply` repeats the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Changes within this time lead to one visit.
const DEBOUNCE: Duration = Duration::from_millis(20);

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
    /// How long visits under way may take to end after the stop.
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

/// Takes the lease, then acts until `stop` resolves; lets the visits under way end, and gives the lease up.
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
    let mut holding = tokio::spawn(async move {
        tokio::select! {
            lost = lease.hold() => Err(Error::LeaseLost(lost)),
            _ = ended => {
                lease.release().await;
                Ok(())
            }
        }
    });
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
#[expect(clippy::too_many_lines, reason = "it wires everything together once, in order")]
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
    let (accounts, account_events, accounts_synced) = watched::<Guarded<AwsAccount>>(&client);
    let (namespaces, namespace_events, namespaces_synced) =
        watched::<PartialObjectMeta<Namespace>>(&client);
    let (groups, group_events, groups_synced) = watched::<Guarded<OverlapSubnetGroup>>(&client);
    let (peerings, writer) = reflector::store();
    let pairs = Pairs::of(peerings.clone());
    let (peering_events, peerings_synced) = {
        let (before, after) = (pairs.clone(), pairs.clone());
        stored(&client, writer, move |event| before.before(event), move |event| after.after(event))
    };
    let (synced_sender, synced) = watch::channel(false);
    let (wake_account, woken_accounts) = mpsc::unbounded_channel();
    let reporter = Reporter { controller: "peerway".to_owned(), instance: config.instance.clone() };
    let ctx = Arc::new(Context::new(Parts {
        client: client.clone(),
        clock,
        cluster: cluster.into(),
        settings: config.settings,
        cloud,
        snapshots: snapshots.clone(),
        pacing,
        leadership,
        accounts,
        namespaces,
        peerings,
        groups,
        pairs,
        synced,
        recorder: Recorder::new(client, reporter),
        wake_account,
    }));

    let wakes = Wakes::new(&ctx, changes);
    let (account_events, account_changes) = fork(account_events);
    let (peering_events, peering_changes) = fork(peering_events);
    let (peering_changes, changes_for_groups) = fork(peering_changes);
    let (account_changes, accounts_for_groups) = fork(account_changes);
    let (namespace_events, namespaces_for_groups) = fork(namespace_events);
    let (group_events, group_changes) = fork(group_events);
    let (group_changes, rival_groups) = fork(group_changes);
    let group_triggers = GroupTriggers {
        group_events,
        rival_groups,
        peering_changes: changes_for_groups,
        account_changes: accounts_for_groups,
        namespace_events: namespaces_for_groups,
        woken: wakes.groups,
    };
    let triggers = PeeringTriggers {
        peering_events,
        peering_changes,
        account_changes,
        namespace_events,
        group_changes,
        woken: wakes.peerings,
    };
    let peering_visits = visit_peerings(&ctx, triggers, stop.clone());
    let group_visits = visit_groups(&ctx, group_triggers, stop.clone());
    let account_visits = visit_accounts(&ctx, account_events, woken_accounts, stop.clone());
    let poller = {
        let ctx = ctx.clone();
        peerway_aws::poll(snapshots, ctx.interests.clone(), config.settings.resync, move |key| {
            match key.kind {
                OwnerKind::VpcPeering => ctx.peerings.get(&key.to_ref()).is_some(),
                OwnerKind::OverlapSubnetGroup => ctx.groups.get(&key.to_ref()).is_some(),
                // No object of this kind is visited yet: nothing to keep.
                OwnerKind::ProxyLoadBalancer => false,
            }
        })
    };
    let background = async {
        let ready = async {
            for mut part in [accounts_synced, namespaces_synced, peerings_synced, groups_synced] {
                let _ = part.wait_for(|synced| *synced).await;
            }
            health.set(true);
            let _ = synced_sender.send(true);
            tracing::info!("ready");
            std::future::pending::<()>().await;
        };
        futures::join!(poller, wakes.router, ready);
    };
    let visits = async { futures::join!(peering_visits, group_visits, account_visits) };
    // Kube's graceful stop never ends while the first list has not succeeded; no visit has begun then either.
    let has_listed = ctx.synced.clone();
    let deadline = async {
        stop.clone().await;
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

/// What makes a `VPCPeering` be visited, beside its own time.
struct PeeringTriggers {
    peering_events: Events<Guarded<VpcPeering>>,
    peering_changes: Events<Guarded<VpcPeering>>,
    account_changes: Events<Guarded<AwsAccount>>,
    namespace_events: Events<PartialObjectMeta<Namespace>>,
    group_changes: Events<Guarded<OverlapSubnetGroup>>,
    woken: stream::BoxStream<'static, ObjectRef<Guarded<VpcPeering>>>,
}

/// What makes an `OverlapSubnetGroup` be visited, beside its own time.
struct GroupTriggers {
    group_events: Events<Guarded<OverlapSubnetGroup>>,
    rival_groups: Events<Guarded<OverlapSubnetGroup>>,
    peering_changes: Events<Guarded<VpcPeering>>,
    account_changes: Events<Guarded<AwsAccount>>,
    namespace_events: Events<PartialObjectMeta<Namespace>>,
    woken: stream::BoxStream<'static, ObjectRef<Guarded<OverlapSubnetGroup>>>,
}

/// Concurrency is unbounded on purpose: visits wait for shared reads, and one that waits for a broken account must not
/// hold up the others.
fn settings() -> controller::Config {
    controller::Config::default().debounce(DEBOUNCE)
}

fn visit_peerings(
    ctx: &Arc<Context>,
    triggers: PeeringTriggers,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> impl Future<Output = ()> {
    let peerings = ctx.peerings.clone();
    let users = move |account: Guarded<AwsAccount>| users_of(&peerings, &account.name_any());
    let peerings = ctx.peerings.clone();
    let tenants = move |namespace: PartialObjectMeta<Namespace>| {
        in_namespace(&peerings, &namespace.name_any())
    };
    let pairs = ctx.pairs.clone();
    let rivals = move |peering: Guarded<VpcPeering>| pairs.rivals(&peering);
    let own =
        predicates::generation.combine(predicates::annotations).combine(predicates::finalizers);
    Controller::for_stream(
        triggers.peering_events.predicate_filter(own, PredicateConfig::default()),
        ctx.peerings.clone(),
    )
    .with_config(settings())
    .watches_stream(triggers.peering_changes, rivals)
    .watches_stream(triggers.account_changes, users)
    .watches_stream(
        triggers.namespace_events.predicate_filter(predicates::labels, PredicateConfig::default()),
        tenants,
    )
    .watches_stream(triggers.group_changes, peerings_of)
    .reconcile_on(triggers.woken)
    .graceful_shutdown_on(stop)
    .run(visit::reconcile::<Peering>, visit::error_policy::<Peering>, ctx.clone())
    .for_each(|result| async move { log(&result) })
}

fn visit_groups(
    ctx: &Arc<Context>,
    triggers: GroupTriggers,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> impl Future<Output = ()> {
    let groups = ctx.groups.clone();
    let users = move |peering: Guarded<VpcPeering>| groups_of(&groups, &peering);
    let groups = ctx.groups.clone();
    // A group names no account itself: whichever changed, it may be behind one of its peerings.
    let all = move |_: Guarded<AwsAccount>| in_namespaces(&groups, None);
    let groups = ctx.groups.clone();
    let tenants = move |namespace: PartialObjectMeta<Namespace>| {
        in_namespaces(&groups, Some(&namespace.name_any()))
    };
    let groups = ctx.groups.clone();
    let rivals = move |group: Guarded<OverlapSubnetGroup>| waiting_groups(&groups, &group);
    let own =
        predicates::generation.combine(predicates::annotations).combine(predicates::finalizers);
    Controller::for_stream(
        triggers.group_events.predicate_filter(own, PredicateConfig::default()),
        ctx.groups.clone(),
    )
    .with_config(settings())
    .watches_stream(triggers.rival_groups, rivals)
    .watches_stream(triggers.peering_changes, users)
    .watches_stream(
        triggers
            .account_changes
            .predicate_filter(predicates::generation, PredicateConfig::default()),
        all,
    )
    .watches_stream(
        triggers.namespace_events.predicate_filter(predicates::labels, PredicateConfig::default()),
        tenants,
    )
    .reconcile_on(triggers.woken)
    .graceful_shutdown_on(stop)
    .run(visit::reconcile::<SubnetGroup>, visit::error_policy::<SubnetGroup>, ctx.clone())
    .for_each(|result| async move { log(&result) })
}

fn visit_accounts(
    ctx: &Arc<Context>,
    events: Events<Guarded<AwsAccount>>,
    woken: mpsc::UnboundedReceiver<String>,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> impl Future<Output = ()> {
    let own = predicates::generation.combine(predicates::finalizers);
    Controller::for_stream(
        events.predicate_filter(own, PredicateConfig::default()),
        ctx.accounts.clone(),
    )
    .with_config(settings())
    .reconcile_on(unfold(woken).map(|name| ObjectRef::new(&name)))
    .graceful_shutdown_on(stop)
    .run(aws_account::reconcile, aws_account::error_policy, ctx.clone())
    .for_each(|result| async move { log(&result) })
}

async fn kube_system_uid(client: &Client) -> Result<String, Error> {
    let namespaces: Api<PartialObjectMeta<Namespace>> = Api::all(client.clone());
    let namespace = within(namespaces.get_metadata("kube-system"))
        .await
        .map_err(|error| Error::ClusterId(Box::new(error)))?;
    Ok(namespace.uid().unwrap_or_default())
}

type Events<K> = stream::BoxStream<'static, Result<K, watcher::Error>>;

/// A store of every object of a kind, the stream of those that change, and whether the first list is in.
fn watched<K>(client: &Client) -> (reflector::Store<K>, Events<K>, watch::Receiver<bool>)
where
    K: Resource<DynamicType = ()>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug
        + Send
        + Sync
        + 'static,
{
    let (store, writer) = reflector::store();
    let (events, synced) = stored(client, writer, |_| (), |_| ());
    (store, events, synced)
}

/// The same for a store that is there, with what to do before it takes an event in, and after that.
fn stored<K>(
    client: &Client,
    writer: reflector::store::Writer<K>,
    before: impl Fn(&watcher::Event<K>) + Send + 'static,
    after: impl Fn(&watcher::Event<K>) + Send + 'static,
) -> (Events<K>, watch::Receiver<bool>)
where
    K: Resource<DynamicType = ()>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug
        + Send
        + Sync
        + 'static,
{
    let (sender, synced) = watch::channel(false);
    let config = watcher::Config::default().streaming_lists();
    let events = watcher(Api::<K>::all(client.clone()), config)
        .default_backoff()
        .modify(|object| {
            object.managed_fields_mut().clear();
            object.annotations_mut().remove(LAST_APPLIED);
        })
        .inspect(move |event| event.iter().for_each(&before))
        .reflect(writer)
        .inspect(move |event| event.iter().for_each(&after))
        .inspect(move |event| match event {
            Ok(watcher::Event::InitDone) => {
                sender.send_replace(true);
            }
            Err(error) => {
                tracing::warn!(kind = %K::kind(&()), error = %Chain(error), "watch failed; it is tried again");
            }
            Ok(_) => {}
        })
        .boxed();
    (touched(events), synced)
}

/// The objects that change, each once the store has it: what a list brings shows there only when the whole list is in, and
/// a visit that is due before finds nothing to visit.
fn touched<K: Send + 'static>(
    events: stream::BoxStream<'static, watcher::Result<watcher::Event<K>>>,
) -> Events<K> {
    let mut listed = Vec::new();
    let touched = events.map(move |event| match event {
        Ok(watcher::Event::Init) => {
            listed.clear();
            Vec::new()
        }
        Ok(watcher::Event::InitApply(object)) => {
            listed.push(Ok(object));
            Vec::new()
        }
        Ok(watcher::Event::InitDone) => std::mem::take(&mut listed),
        Ok(watcher::Event::Apply(object) | watcher::Event::Delete(object)) => vec![Ok(object)],
        Err(error) => vec![Err(error)],
    });
    touched.flat_map(stream::iter).boxed()
}

/// Where changes in AWS go: to the objects that registered for them.
struct Wakes {
    peerings: stream::BoxStream<'static, ObjectRef<Guarded<VpcPeering>>>,
    groups: stream::BoxStream<'static, ObjectRef<Guarded<OverlapSubnetGroup>>>,
    router: futures::future::BoxFuture<'static, ()>,
}

impl Wakes {
    fn new(ctx: &Arc<Context>, mut changes: mpsc::UnboundedReceiver<Changed>) -> Self {
        let (sender, woken) = mpsc::unbounded_channel::<ObjectKey>();
        let (to_groups, woken_groups) = mpsc::unbounded_channel::<ObjectKey>();
        let ctx = ctx.clone();
        let router = async move {
            while let Some(change) = changes.recv().await {
                for key in ctx.interests.concerned(&change) {
                    match key.kind {
                        OwnerKind::VpcPeering => drop(sender.send(key)),
                        OwnerKind::OverlapSubnetGroup => drop(to_groups.send(key)),
                        // No object of this kind registers for anything yet.
                        OwnerKind::ProxyLoadBalancer => {}
                    }
                }
            }
        };
        let peerings = unfold(woken).map(|key| key.to_ref()).boxed();
        let groups = unfold(woken_groups).map(|key| key.to_ref()).boxed();
        Self { peerings, groups, router: router.boxed() }
    }
}

fn unfold<T: Send + 'static>(
    receiver: mpsc::UnboundedReceiver<T>,
) -> impl Stream<Item = T> + Send + 'static {
    stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|item| (item, receiver))
    })
}

/// Two streams of what one brings.
fn fork<K: Clone + Send + 'static>(events: Events<K>) -> (Events<K>, Events<K>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let original = events.inspect(move |event| {
        if let Ok(object) = event {
            let _ = sender.send(object.clone());
        }
    });
    (original.boxed(), unfold(receiver).map(Ok).boxed())
}

fn users_of(
    peerings: &reflector::Store<Guarded<VpcPeering>>,
    account: &str,
) -> Vec<ObjectRef<Guarded<VpcPeering>>> {
    references(peerings, |peering| {
        peering.0.as_ref().is_ok_and(|peering| peering.spec.accounts().any(|name| name == account))
    })
}

/// The peerings that a group names: they may be supplied by it, or held.
#[expect(clippy::needless_pass_by_value, reason = "kube calls it so")]
fn peerings_of(group: Guarded<OverlapSubnetGroup>) -> Vec<ObjectRef<Guarded<VpcPeering>>> {
    let namespace = group.namespace().unwrap_or_default();
    let peers = group.0.iter().flat_map(|group| &group.spec.peers);
    peers.map(|peer| ObjectRef::new(&peer.peering_ref.name).within(&namespace)).collect()
}

/// The groups that name a peering: they wait for its connection.
fn groups_of(
    groups: &reflector::Store<Guarded<OverlapSubnetGroup>>,
    peering: &Guarded<VpcPeering>,
) -> Vec<ObjectRef<Guarded<OverlapSubnetGroup>>> {
    let (namespace, name) = (peering.namespace(), peering.name_any());
    references(groups, |group| {
        let names = |group: &OverlapSubnetGroup| {
            group.spec.peers.iter().any(|peer| peer.peering_ref.name == name)
        };
        group.namespace() == namespace && group.0.as_ref().is_ok_and(names)
    })
}

/// The groups that could not have the blocks they want: another one going may leave some.
fn waiting_groups(
    groups: &reflector::Store<Guarded<OverlapSubnetGroup>>,
    changed: &Guarded<OverlapSubnetGroup>,
) -> Vec<ObjectRef<Guarded<OverlapSubnetGroup>>> {
    references(groups, |group| {
        let is_short = |group: &OverlapSubnetGroup| {
            let conditions = group.status.iter().flat_map(|status| &status.conditions);
            let reason = Reason::NoFreeCidr.as_str();
            conditions.into_iter().any(|condition| condition.reason == reason)
        };
        group.meta().uid != changed.meta().uid && group.0.as_ref().is_ok_and(is_short)
    })
}

fn in_namespaces(
    groups: &reflector::Store<Guarded<OverlapSubnetGroup>>,
    namespace: Option<&str>,
) -> Vec<ObjectRef<Guarded<OverlapSubnetGroup>>> {
    references(groups, |group| {
        namespace.is_none_or(|namespace| group.namespace().as_deref() == Some(namespace))
    })
}

fn in_namespace(
    peerings: &reflector::Store<Guarded<VpcPeering>>,
    namespace: &str,
) -> Vec<ObjectRef<Guarded<VpcPeering>>> {
    references(peerings, |peering| peering.namespace().as_deref() == Some(namespace))
}

fn references<K>(
    objects: &reflector::Store<Guarded<K>>,
    test: impl Fn(&Guarded<K>) -> bool,
) -> Vec<ObjectRef<Guarded<K>>>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let found = objects.state_filter(test);
    found.iter().map(|object| ObjectRef::from_obj(object.as_ref())).collect()
}

fn log<K: Resource<DynamicType = ()>>(
    result: &Result<(ObjectRef<K>, controller::Action), controller::Error<Error, watcher::Error>>,
) {
    match result {
        Ok((object, action)) => tracing::debug!(%object, ?action, "visited"),
        // The visit said so itself, where it failed.
        Err(controller::Error::ReconcilerFailed(..)) => {}
        Err(controller::Error::ObjectNotFound(object)) => {
            tracing::debug!(%object, "gone before its visit");
        }
        Err(error) => tracing::warn!(error = %Chain(error), "controller"),
    }
}
