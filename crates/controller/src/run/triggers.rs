//! Who wakes whom: what makes an object be visited, beside its own changes and its own time.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{Controller, PredicateConfig, WatchStreamExt, predicates};
use kube::{Resource, ResourceExt};
use peerway_api::Reason;
use peerway_api::v1alpha1::{AwsAccount, OverlapSubnetGroup, ProxyLoadBalancer, VpcPeering};
use peerway_aws::Changed;
use peerway_model::OwnerKind;
use tokio::sync::mpsc;

use super::watches::{Changes, Events, unfold};
use crate::context::Context;
use crate::object::{Guarded, ObjectKey};
use crate::visit::Kind;

/// What wakes a `VPCPeering`: others of its pair, its accounts, its namespace, the groups that name it.
pub(super) fn of_peerings(
    ctx: &Context,
    changes: Changes,
    controller: Controller<Guarded<VpcPeering>>,
) -> Controller<Guarded<VpcPeering>> {
    let pairs = ctx.pairs.clone();
    let rivals = move |peering: Guarded<VpcPeering>| pairs.rivals(&peering);
    let peerings = ctx.peerings.clone();
    let users = move |account: Guarded<AwsAccount>| users_of(&peerings, &account.name_any());
    controller
        .watches_stream(changes.peerings, rivals)
        .watches_stream(changes.accounts, users)
        .watches_stream(relabelled(changes.namespaces), tenants(&ctx.peerings))
        .watches_stream(changes.groups, peerings_of)
}

/// What wakes an `OverlapSubnetGroup`: others that leave blocks, the peerings that it names, the load balancers in its
/// subnets, accounts, its namespace.
pub(super) fn of_groups(
    ctx: &Context,
    changes: Changes,
    controller: Controller<Guarded<OverlapSubnetGroup>>,
) -> Controller<Guarded<OverlapSubnetGroup>> {
    let groups = ctx.groups.clone();
    let rivals = move |group: Guarded<OverlapSubnetGroup>| waiting_groups(&groups, &group);
    let groups = ctx.groups.clone();
    let users = move |peering: Guarded<VpcPeering>| groups_of(&groups, &peering);
    let groups = ctx.groups.clone();
    // A group names no account itself: whichever changed, it may be behind one of its peerings.
    let all = move |_: Guarded<AwsAccount>| references(&groups, |_| true);
    let edited =
        changes.accounts.predicate_filter(predicates::generation, PredicateConfig::default());
    controller
        .watches_stream(changes.groups, rivals)
        .watches_stream(changes.peerings, users)
        .watches_stream(changes.balancers, group_of)
        .watches_stream(edited, all)
        .watches_stream(relabelled(changes.namespaces), tenants(&ctx.groups))
}

/// What wakes a `ProxyLoadBalancer`: the group that it names, accounts, its namespace.
pub(super) fn of_balancers(
    ctx: &Context,
    changes: Changes,
    controller: Controller<Guarded<ProxyLoadBalancer>>,
) -> Controller<Guarded<ProxyLoadBalancer>> {
    let balancers = ctx.balancers.clone();
    let users = move |group: Guarded<OverlapSubnetGroup>| balancers_in(&balancers, &group);
    let balancers = ctx.balancers.clone();
    // One in a group names no account itself.
    let all = move |_: Guarded<AwsAccount>| references(&balancers, |_| true);
    let edited =
        changes.accounts.predicate_filter(predicates::generation, PredicateConfig::default());
    controller
        .watches_stream(changes.groups, users)
        .watches_stream(edited, all)
        .watches_stream(relabelled(changes.namespaces), tenants(&ctx.balancers))
}

/// Where changes in AWS go: to the objects that registered for them.
#[derive(Default)]
pub(super) struct Router {
    kinds: BTreeMap<OwnerKind, mpsc::UnboundedSender<ObjectKey>>,
}

/// The objects of a kind that changes in AWS concern.
pub(super) type Woken<K> = stream::BoxStream<'static, ObjectRef<Guarded<<K as Kind>::Object>>>;

impl Router {
    /// The objects of one more kind that are to be woken.
    pub(super) fn woken<K: Kind>(&mut self) -> Woken<K> {
        let (sender, woken) = mpsc::unbounded_channel();
        self.kinds.insert(K::OWNER, sender);
        unfold(woken).map(|key: ObjectKey| key.to_ref()).boxed()
    }

    /// Routes until nothing can change any more.
    pub(super) async fn route(
        self,
        ctx: Arc<Context>,
        mut changes: mpsc::UnboundedReceiver<Changed>,
    ) {
        while let Some(change) = changes.recv().await {
            for key in ctx.interests.concerned(&change) {
                if let Some(kind) = self.kinds.get(&key.kind) {
                    let _ = kind.send(key);
                }
            }
        }
    }
}

/// The namespaces whose labels changed: grants go by them.
fn relabelled(
    namespaces: Events<PartialObjectMeta<Namespace>>,
) -> Events<PartialObjectMeta<Namespace>> {
    namespaces.predicate_filter(predicates::labels, PredicateConfig::default()).boxed()
}

/// The objects of a namespace.
fn tenants<K>(
    objects: &Store<Guarded<K>>,
) -> impl Fn(PartialObjectMeta<Namespace>) -> Vec<ObjectRef<Guarded<K>>> + Send + Sync + 'static
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
{
    let objects = objects.clone();
    move |namespace| {
        let name = namespace.name_any();
        references(&objects, |object| object.namespace().as_deref() == Some(&name))
    }
}

fn users_of(
    peerings: &Store<Guarded<VpcPeering>>,
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
    groups: &Store<Guarded<OverlapSubnetGroup>>,
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

/// The groups that could not have the blocks or the table they want: another one going may leave them.
fn waiting_groups(
    groups: &Store<Guarded<OverlapSubnetGroup>>,
    changed: &Guarded<OverlapSubnetGroup>,
) -> Vec<ObjectRef<Guarded<OverlapSubnetGroup>>> {
    references(groups, |group| {
        let is_short = |group: &OverlapSubnetGroup| {
            let conditions = group.status.iter().flat_map(|status| &status.conditions);
            let reasons = [Reason::NoFreeCidr, Reason::RouteTableShared].map(Reason::as_str);
            conditions.into_iter().any(|condition| reasons.contains(&condition.reason.as_str()))
        };
        group.meta().uid != changed.meta().uid && group.0.as_ref().is_ok_and(is_short)
    })
}

/// The group in which a load balancer stands: it waits for that to go.
#[expect(clippy::needless_pass_by_value, reason = "kube calls it so")]
fn group_of(
    balancer: Guarded<ProxyLoadBalancer>,
) -> Option<ObjectRef<Guarded<OverlapSubnetGroup>>> {
    let namespace = balancer.namespace().unwrap_or_default();
    let group = balancer.0.as_ref().ok()?.spec.subnet_group_ref.as_ref()?;
    Some(ObjectRef::new(&group.name).within(&namespace))
}

/// The load balancers that stand in a group.
fn balancers_in(
    balancers: &Store<Guarded<ProxyLoadBalancer>>,
    group: &Guarded<OverlapSubnetGroup>,
) -> Vec<ObjectRef<Guarded<ProxyLoadBalancer>>> {
    let (namespace, name) = (group.namespace(), group.name_any());
    references(balancers, |balancer| {
        let names = |balancer: &ProxyLoadBalancer| {
            balancer.spec.subnet_group_ref.as_ref().is_some_and(|group| group.name == name)
        };
        balancer.namespace() == namespace && balancer.0.as_ref().is_ok_and(names)
    })
}

fn references<K>(
    objects: &Store<Guarded<K>>,
    test: impl Fn(&Guarded<K>) -> bool,
) -> Vec<ObjectRef<Guarded<K>>>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let found = objects.state_filter(test);
    found.iter().map(|object| ObjectRef::from_obj(object.as_ref())).collect()
}
