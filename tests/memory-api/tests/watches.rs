//! What watches go through, as kube's own watcher sees it, in paused time.

#![expect(clippy::unwrap_used, reason = "everything here is a test")]

use futures::{Stream, StreamExt, TryStreamExt};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Api, Client, ResourceExt};
use peerway_memory_api::MemoryApi;
use peerway_model::Clock;
use serde_json::json;

fn api() -> MemoryApi {
    MemoryApi::new(Clock::new(|| "2026-01-02T03:04:05Z".parse().unwrap()))
}

fn leases(api: &MemoryApi) -> Api<Lease> {
    Api::default_namespaced(Client::new(api.clone(), "default"))
}

async fn create(api: &MemoryApi, name: &str) {
    let lease = serde_json::from_value(json!({ "metadata": { "name": name } })).unwrap();
    leases(api).create(&PostParams::default(), &lease).await.unwrap();
}

/// What the watcher says next, errors left out: it tries again by itself.
async fn next(events: &mut (impl Stream<Item = watcher::Result<Event<Lease>>> + Unpin)) -> String {
    loop {
        match events.next().await.unwrap() {
            Ok(Event::Init) => return "init".to_owned(),
            Ok(Event::InitApply(lease)) => return format!("initial {}", lease.name_any()),
            Ok(Event::InitDone) => return "done".to_owned(),
            Ok(Event::Apply(lease)) => return format!("applied {}", lease.name_any()),
            Ok(Event::Delete(lease)) => return format!("deleted {}", lease.name_any()),
            Err(_) => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_is_followed_by_changes() {
    let api = api();
    create(&api, "a").await;
    let mut events =
        watch(leases(&api), watcher::Config::default().streaming_lists()).default_backoff().boxed();
    for wanted in ["init", "initial a", "done"] {
        assert_eq!(next(&mut events).await, wanted);
    }
    create(&api, "b").await;
    assert_eq!(next(&mut events).await, "applied b");
    leases(&api).delete("a", &kube::api::DeleteParams::default()).await.unwrap();
    assert_eq!(next(&mut events).await, "deleted a");
}

#[tokio::test(start_paused = true)]
async fn a_list_in_pages_shows_every_object_once() {
    let api = api();
    for name in ["a", "b", "c"] {
        create(&api, name).await;
    }
    let mut events =
        watch(leases(&api), watcher::Config::default().page_size(1)).default_backoff().boxed();
    for wanted in ["init", "initial a", "initial b", "initial c", "done"] {
        assert_eq!(next(&mut events).await, wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_watch_resumes_where_it_was() {
    let api = api();
    let mut events =
        watch(leases(&api), watcher::Config::default().streaming_lists()).default_backoff().boxed();
    assert_eq!(next(&mut events).await, "init");
    assert_eq!(next(&mut events).await, "done");
    api.disconnect_watches();
    create(&api, "a").await;
    assert_eq!(next(&mut events).await, "applied a");
}

#[tokio::test(start_paused = true)]
async fn an_expired_watch_begins_anew() {
    let api = api();
    create(&api, "a").await;
    let mut events =
        watch(leases(&api), watcher::Config::default().streaming_lists()).default_backoff().boxed();
    for wanted in ["init", "initial a", "done"] {
        assert_eq!(next(&mut events).await, wanted);
    }
    api.expire();
    create(&api, "b").await;
    for wanted in ["init", "initial a", "initial b", "done"] {
        assert_eq!(next(&mut events).await, wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn bookmarks_come_on_command_to_watches_that_allow_them() {
    let api = api();
    let mut lines =
        std::pin::pin!(leases(&api).watch(&kube::api::WatchParams::default(), "0").await.unwrap());
    api.send_bookmarks();
    let event = lines.try_next().await.unwrap().unwrap();
    assert!(matches!(event, kube::api::WatchEvent::Bookmark(_)), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_when_its_time_is_over() {
    let api = api();
    let params = kube::api::WatchParams::default().timeout(60);
    let begun = tokio::time::Instant::now();
    let lines = leases(&api).watch(&params, "0").await.unwrap();
    assert_eq!(lines.count().await, 0);
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn metadata_alone_can_be_read_and_watched() {
    let api = api();
    let client = Client::new(api.clone(), "default");
    let namespaces: Api<PartialObjectMeta<Namespace>> = Api::all(client);
    assert!(namespaces.get("kube-system").await.unwrap().uid().is_some());
    let mut names: Vec<String> = Vec::new();
    let mut events =
        watch(namespaces, watcher::Config::default().streaming_lists()).default_backoff().boxed();
    while let Some(event) = events.next().await {
        match event.unwrap() {
            Event::InitApply(namespace) => names.push(namespace.name_any()),
            Event::InitDone => break,
            _ => {}
        }
    }
    assert_eq!(names, ["default", "kube-node-lease", "kube-public", "kube-system"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_requests_have_the_same_answers() {
    let mut answers = Vec::new();
    for _ in 0..2 {
        let api = api();
        create(&api, "a").await;
        let patch = json!({ "spec": { "holderIdentity": "me" } });
        leases(&api).patch("a", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
        answers.push(api.objects("leases.coordination.k8s.io"));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][0]["metadata"]["creationTimestamp"], "2026-01-02T03:04:05Z");
}
