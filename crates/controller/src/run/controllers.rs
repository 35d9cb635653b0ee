//! The controllers: each visits the objects of one kind as they are due, and goes on when a visit fails.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt};
use kube::Resource;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{
    Controller, Predicate, PredicateConfig, WatchStreamExt, controller, predicates, watcher,
};
use peerway_api::v1alpha1::AwsAccount;
use tokio::sync::mpsc;

use super::triggers::Woken;
use super::watches::{Events, unfold};
use crate::context::Context;
use crate::error::{Chain, Error};
use crate::object::Guarded;
use crate::visit::Kind;
use crate::{aws_account, visit};

/// Changes within this time lead to one visit. Short: whoever applies an object waits for it, and a visit that finds
/// nothing new costs next to nothing.
pub const DEBOUNCE: Duration = Duration::from_millis(2);

/// Concurrency is unbounded on purpose: visits wait for shared reads, and one that waits for a broken account must not
/// hold up the others.
fn settings() -> controller::Config {
    controller::Config::default().debounce(DEBOUNCE)
}

/// Visits the objects of a kind: when they change, when AWS does, and when `triggers` says.
pub(super) fn of_kind<K: Kind>(
    ctx: &Arc<Context>,
    events: Events<Guarded<K::Object>>,
    woken: Woken<K>,
    triggers: impl FnOnce(Controller<Guarded<K::Object>>) -> Controller<Guarded<K::Object>>,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> impl Future<Output = ()> {
    // What a visit itself writes, the status, makes none; what somebody else writes there does.
    let own =
        predicates::generation.combine(predicates::annotations).combine(predicates::finalizers);
    let (events, changed) = changed_by_others(ctx, events);
    let events = events.predicate_filter(own, PredicateConfig::default());
    let controller = Controller::for_stream(events, K::store(ctx).clone()).with_config(settings());
    triggers(controller)
        .reconcile_on(woken)
        .reconcile_on(changed)
        .graceful_shutdown_on(stop)
        .run(visit::reconcile::<K>, visit::error_policy::<K>, ctx.clone())
        .for_each(|result| async move { log(&result) })
}

/// Visits the accounts: when they change, and when somebody who used one is gone.
pub(super) fn of_accounts(
    ctx: &Arc<Context>,
    events: Events<Guarded<AwsAccount>>,
    woken: mpsc::UnboundedReceiver<String>,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) -> impl Future<Output = ()> {
    let own = predicates::generation.combine(predicates::finalizers);
    let (events, changed) = changed_by_others(ctx, events);
    let events = events.predicate_filter(own, PredicateConfig::default());
    Controller::for_stream(events, ctx.accounts.clone())
        .with_config(settings())
        .reconcile_on(changed)
        .reconcile_on(unfold(woken).map(|name| ObjectRef::new(&name)))
        .graceful_shutdown_on(stop)
        .run(aws_account::reconcile, aws_account::error_policy, ctx.clone())
        .for_each(|result| async move { log(&result) })
}

/// The same events, and of those the objects that somebody else changed, if only in their status.
fn changed_by_others<K>(
    ctx: &Arc<Context>,
    events: Events<Guarded<K>>,
) -> (Events<Guarded<K>>, impl Stream<Item = ObjectRef<Guarded<K>>> + Send + 'static)
where
    K: Resource<DynamicType = ()> + Send + Sync + 'static,
{
    let (sender, changed) = mpsc::unbounded_channel();
    let ctx = ctx.clone();
    let events = events.inspect_ok(move |object| {
        if ctx.looked_at.was_changed(object) {
            let _ = sender.send(ObjectRef::from_obj(object));
        }
    });
    (events.boxed(), unfold(changed))
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
