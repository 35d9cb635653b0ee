//! Kube's queue by itself: what it costs to have an object visited when a visit does nothing at all.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use kube::runtime::controller::{Action, Config};
use kube::runtime::reflector::{self, ObjectRef};
use kube::runtime::{Controller, watcher};
use peerway_api::v1alpha1::VpcPeering;
use tokio::sync::mpsc;

use crate::fleet::{Fleet, NAMESPACE};
use crate::machine::thread_time;

/// The processor time per object and time, where each of `objects` is woken `times` times.
pub(crate) async fn alone(objects: u32, times: u32) -> anyhow::Result<Duration> {
    let fleet = Fleet { peerings: objects };
    let (store, mut writer) = reflector::store::<VpcPeering>();
    writer.apply_watcher_event(&watcher::Event::Init);
    let mut references = Vec::new();
    for number in 0..objects {
        let object: VpcPeering = serde_json::from_value(fleet.peering(number))?;
        references.push(ObjectRef::new(&Fleet::name(number)).within(NAMESPACE));
        writer.apply_watcher_event(&watcher::Event::InitApply(object));
    }
    writer.apply_watcher_event(&watcher::Event::InitDone);
    let (wake, woken) = mpsc::unbounded_channel();
    let woken = stream::unfold(woken, |mut woken| async move {
        woken.recv().await.map(|object| (object, woken))
    });
    let visits = Controller::for_stream(stream::pending::<watcher::Result<VpcPeering>>(), store)
        .with_config(Config::default().debounce(peerway_controller::DEBOUNCE))
        .reconcile_on(woken)
        .run(
            |_, _| async { Ok::<_, Infallible>(Action::requeue(Duration::from_hours(1))) },
            |_, _, _| Action::await_change(),
            Arc::new(()),
        )
        .for_each(|_| async {});
    let task = tokio::spawn(visits);
    let mut used = Duration::ZERO;
    // The first time is not counted: nothing is scheduled before it.
    for time in 0..=times {
        let begun = thread_time();
        for reference in &references {
            wake.send(reference.clone())?;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        if time > 0 {
            used += thread_time().saturating_sub(begun);
        }
    }
    task.abort();
    Ok(used / (objects * times))
}
