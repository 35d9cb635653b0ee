//! Following changes: one line of JSON per event.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::read::metadata;
use super::request::Request;
use super::selector::Selector;
use super::store::{Change, Signals, Store};
use crate::failure::Failure;
use crate::kinds::Kind;

/// Where the end of the first events is marked.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

struct Watch {
    kind: Arc<Kind>,
    namespace: String,
    selector: Selector,
    only_metadata: bool,
    wants_bookmarks: bool,
    /// Everything up to here has been told.
    revision: u64,
    waiting: VecDeque<Bytes>,
    signals: watch::Receiver<Signals>,
    seen: Signals,
    timeout: Option<Duration>,
}

/// The lines of a watch. It ends when it is cut, expires or times out.
pub(super) fn start(
    store: &Arc<Mutex<Store>>,
    request: &Request,
) -> Result<impl Stream<Item = Bytes> + Send + 'static, Failure> {
    let watch = Watch::new(&store.lock().expect("nobody panics while holding it"), request)?;
    let timeout = watch.timeout;
    let store = store.clone();
    let lines = stream::unfold((watch, None), move |(mut watch, mut deadline)| {
        let store = store.clone();
        async move {
            // Made here, and not with the request: the timer belongs to the runtime of whoever follows.
            let deadline_at = *deadline.get_or_insert_with(|| {
                timeout.map(|timeout| tokio::time::Instant::now() + timeout)
            });
            let end = async {
                match deadline_at {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let line = tokio::select! {
                biased;
                line = watch.next(&store) => line,
                () = end => None,
            };
            line.map(|line| (line, (watch, deadline)))
        }
    });
    Ok(lines)
}

impl Watch {
    fn new(store: &Store, request: &Request) -> Result<Self, Failure> {
        let selector = Selector::parse(
            &request.kind,
            request.parameter("labelSelector"),
            request.parameter("fieldSelector"),
        )?;
        let asked = request.parameter("resourceVersion");
        let asked: u64 = if asked.is_empty() {
            0
        } else {
            let invalid = || Failure::bad_request(format!("invalid resource version {asked:?}"));
            asked.parse().map_err(|_| invalid())?
        };
        if asked > store.revision() {
            return Err(Failure::too_large(asked, store.revision()));
        }
        let signals = store.signals();
        let seen = *signals.borrow();
        let seconds = request.parameter("timeoutSeconds").parse().ok();
        let mut watch = Self {
            kind: request.kind.clone(),
            namespace: request.name.namespace.clone(),
            selector,
            only_metadata: request.only_metadata,
            wants_bookmarks: request.flag("allowWatchBookmarks"),
            revision: asked,
            waiting: VecDeque::new(),
            signals,
            seen,
            timeout: seconds.map(Duration::from_secs),
        };
        let sends_initial = request.flag("sendInitialEvents");
        if sends_initial || asked == 0 {
            watch.revision = store.revision();
            for object in store.list(&watch.kind.qualified(), &watch.namespace).values() {
                if watch.selector.matches(object) {
                    watch.tell("ADDED", object);
                }
            }
            if sends_initial {
                watch.bookmark(true);
            }
        } else if asked < store.compacted() {
            watch.expire(store);
            watch.seen.disconnections = u64::MAX;
        }
        Ok(watch)
    }

    async fn next(&mut self, store: &Mutex<Store>) -> Option<Bytes> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Some(line);
            }
            let now = *self.signals.borrow_and_update();
            if now.disconnections != self.seen.disconnections {
                return None;
            }
            {
                let store = store.lock().expect("nobody panics while holding it");
                if now.expirations != self.seen.expirations {
                    self.seen.expirations = now.expirations;
                    self.expire(&store);
                    self.seen.disconnections = u64::MAX;
                    continue;
                }
                if now.rewinds != self.seen.rewinds {
                    self.seen.rewinds = now.rewinds;
                    self.revision = self.revision.min(now.rewound_to).max(store.compacted());
                }
                self.catch_up(&store);
            }
            if now.bookmarks != self.seen.bookmarks {
                self.seen.bookmarks = now.bookmarks;
                if self.wants_bookmarks {
                    self.bookmark(false);
                }
            }
            if self.waiting.is_empty() {
                self.signals.changed().await.ok()?;
            }
        }
    }

    fn catch_up(&mut self, store: &Store) {
        let resource = self.kind.qualified();
        let changes: Vec<Change> =
            store.since(&resource, &self.namespace, self.revision).cloned().collect();
        for change in changes {
            // An object that begins or ceases to match comes and goes for this watch.
            let before = change.before.as_ref().is_some_and(|before| self.selector.matches(before));
            let after = !change.is_deletion && self.selector.matches(&change.after);
            match (before, after) {
                (false, true) => self.tell("ADDED", &change.after),
                (true, true) => self.tell("MODIFIED", &change.after),
                (true, false) => self.tell("DELETED", &left(&change)),
                (false, false) => {}
            }
        }
        self.revision = store.revision();
    }

    fn tell(&mut self, type_: &str, object: &Value) {
        let object = if self.only_metadata { metadata(object) } else { object.clone() };
        self.push(&json!({ "type": type_, "object": object }));
    }

    fn bookmark(&mut self, ends_initial: bool) {
        let mut metadata = json!({ "resourceVersion": self.revision.to_string() });
        if ends_initial {
            metadata["annotations"] = json!({ INITIAL_EVENTS_END: "true" });
        }
        let (api_version, kind) = if self.only_metadata {
            ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadata")
        } else {
            (self.kind.api_version(), self.kind.kind.as_str())
        };
        let object = json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata });
        self.push(&json!({ "type": "BOOKMARK", "object": object }));
    }

    fn expire(&mut self, store: &Store) {
        let message =
            format!("too old resource version: {} ({})", self.revision, store.compacted());
        let status = Failure::expired(message).to_json();
        self.push(&json!({ "type": "ERROR", "object": status }));
    }

    fn push(&mut self, event: &Value) {
        self.waiting.push_back(Bytes::from(format!("{event}\n")));
    }
}

/// What a watch is told of an object that left it: its last state that matched, at the revision at which it left.
fn left(change: &Change) -> Value {
    let before = change.before.as_ref().unwrap_or(&change.after);
    let mut object = before.as_ref().clone();
    object["metadata"]["resourceVersion"] = change.revision.to_string().into();
    object
}
