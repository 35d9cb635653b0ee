//! What is watched: a store of every object of a kind, and the streams of those that change.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use peerway_api::v1alpha1::{AwsAccount, OverlapSubnetGroup, ProxyLoadBalancer, VpcPeering};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};

use crate::error::Chain;
use crate::object::Guarded;
use crate::pairs::Pairs;

/// The annotation in which `kubectl apply` repeats the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Objects that changed.
pub(super) type Events<K> = stream::BoxStream<'static, Result<K, watcher::Error>>;

/// Everything that is watched.
pub(super) struct Watches {
    pub(super) accounts: Watched<Guarded<AwsAccount>>,
    pub(super) namespaces: Watched<PartialObjectMeta<Namespace>>,
    pub(super) peerings: Watched<Guarded<VpcPeering>>,
    pub(super) groups: Watched<Guarded<OverlapSubnetGroup>>,
    pub(super) balancers: Watched<Guarded<ProxyLoadBalancer>>,
    /// What the store of peerings is looked up by.
    pub(super) pairs: Arc<Pairs>,
}

/// What changed of all that is watched, for one controller to hear.
pub(super) struct Changes {
    pub(super) accounts: Events<Guarded<AwsAccount>>,
    pub(super) namespaces: Events<PartialObjectMeta<Namespace>>,
    pub(super) peerings: Events<Guarded<VpcPeering>>,
    pub(super) groups: Events<Guarded<OverlapSubnetGroup>>,
    pub(super) balancers: Events<Guarded<ProxyLoadBalancer>>,
}

impl Watches {
    /// Nothing is listed before the streams are driven.
    pub(super) fn new(client: &Client) -> Self {
        let (store, writer) = reflector::store();
        let pairs = Pairs::of(store.clone());
        let (before, after) = (pairs.clone(), pairs.clone());
        let peerings = Watched::noted(
            client,
            (store, writer),
            move |event| before.before(event),
            move |event| after.after(event),
        );
        Self {
            accounts: Watched::new(client),
            namespaces: Watched::new(client),
            peerings,
            groups: Watched::new(client),
            balancers: Watched::new(client),
            pairs,
        }
    }

    /// All changes, once more.
    pub(super) fn changes(&mut self) -> Changes {
        Changes {
            accounts: self.accounts.tap(),
            namespaces: self.namespaces.tap(),
            peerings: self.peerings.tap(),
            groups: self.groups.tap(),
            balancers: self.balancers.tap(),
        }
    }

    /// Until the first list of every kind is in.
    pub(super) fn listed(&self) -> impl Future<Output = ()> + use<> {
        let parts = [
            self.accounts.synced.clone(),
            self.namespaces.synced.clone(),
            self.peerings.synced.clone(),
            self.groups.synced.clone(),
            self.balancers.synced.clone(),
        ];
        async move {
            for mut part in parts {
                let _ = part.wait_for(|synced| *synced).await;
            }
        }
    }
}

/// A store of every object of a kind, the stream of those that change, and whether the first list is in.
pub(super) struct Watched<K: Resource<DynamicType = ()> + 'static> {
    pub(super) store: reflector::Store<K>,
    /// Drives the watch, and with it the store and the taps.
    pub(super) events: Events<K>,
    synced: watch::Receiver<bool>,
}

impl<K> Watched<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + fmt::Debug + Send + Sync + 'static,
{
    fn new(client: &Client) -> Self {
        Self::noted(client, reflector::store(), |_| (), |_| ())
    }

    /// The same for a store that is there, with what to do before it takes an event in, and after that.
    fn noted(
        client: &Client,
        (store, writer): (reflector::Store<K>, reflector::store::Writer<K>),
        before: impl Fn(&watcher::Event<K>) + Send + 'static,
        after: impl Fn(&watcher::Event<K>) + Send + 'static,
    ) -> Self {
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
        Self { store, events: touched(events), synced }
    }

    /// The changes once more: they come as `events` is driven.
    fn tap(&mut self) -> Events<K> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let events = std::mem::replace(&mut self.events, stream::empty().boxed());
        let events = events.inspect(move |event| {
            if let Ok(object) = event {
                let _ = sender.send(object.clone());
            }
        });
        self.events = events.boxed();
        unfold(receiver).map(Ok).boxed()
    }
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

/// What a channel brings.
pub(super) fn unfold<T: Send + 'static>(
    receiver: mpsc::UnboundedReceiver<T>,
) -> impl Stream<Item = T> + Send + 'static {
    stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|item| (item, receiver))
    })
}
