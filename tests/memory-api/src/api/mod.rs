//! The server: requests in, answers out.

mod json_patch;
mod read;
mod request;
mod selector;
mod store;
mod strategy;
mod watch;
mod write;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::Body;
use peerway_model::Clock;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::kinds::Kind;
use crate::path::{Target, Verb};
use request::Request;
use store::{Name, Store};
use write::Moment;

/// The body of an answer: a document, or the events of a watch.
pub type ResponseBody = UnsyncBoxBody<Bytes, Infallible>;

/// Kinds by group, version and plural name.
type Kinds = BTreeMap<(String, String, String), Arc<Kind>>;

/// An API server in memory. Clones are the same server.
#[derive(Debug, Clone)]
pub struct MemoryApi {
    kinds: Arc<Mutex<Kinds>>,
    store: Arc<Mutex<Store>>,
    numbers: Arc<Mutex<u64>>,
    clock: Clock,
}

impl MemoryApi {
    /// A server with the namespaces that every cluster has, which asks `clock` for the time.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let kinds = Kind::built_in().into_iter().map(|kind| (key(&kind), Arc::new(kind)));
        let api = Self {
            kinds: Arc::new(Mutex::new(kinds.collect())),
            store: Arc::new(Mutex::new(Store::new())),
            numbers: Arc::default(),
            clock,
        };
        for namespace in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            api.add_namespace(namespace);
        }
        api
    }

    /// A second server that is what this one is now, and goes its own way from here: same objects, same past, same
    /// numbers to come. Nobody watches it yet.
    #[must_use]
    pub fn fork(&self) -> Self {
        let (kinds, store) = (self.kinds().clone(), self.store().fork());
        let number = *self.numbers.lock().expect("nobody panics while holding it");
        Self {
            kinds: Arc::new(Mutex::new(kinds)),
            store: Arc::new(Mutex::new(store)),
            numbers: Arc::new(Mutex::new(number)),
            clock: self.clock.clone(),
        }
    }

    /// Serves a kind, as a `CustomResourceDefinition` describes it in its first served version.
    ///
    /// # Errors
    /// When it is not one that can be served.
    pub fn register(&self, definition: &Value) -> Result<(), String> {
        let kind = Kind::from_crd(definition)?;
        self.kinds().insert(key(&kind), Arc::new(kind));
        Ok(())
    }

    /// Makes a namespace, if it is not there.
    pub fn add_namespace(&self, name: &str) {
        let kind = self.kinds()[&(String::new(), "v1".to_owned(), "namespaces".to_owned())].clone();
        let key = Name { namespace: String::new(), name: name.to_owned() };
        let moment = self.moment();
        let mut object =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        let mut store = self.store();
        if store.get(&kind.qualified(), &key).is_none() {
            strategy::decode(&kind, &mut object);
            strategy::prepare_create(&kind, &mut object, &moment.uid(), &moment.now);
            store.put(&kind.qualified(), &key, object, false);
        }
    }

    /// Takes away a namespace that is going, as the namespace controller does once nothing is left in it.
    pub fn finish_namespace(&self, name: &str) {
        let key = Name { namespace: String::new(), name: name.to_owned() };
        let mut store = self.store();
        if let Some(namespace) = store.get("namespaces", &key).cloned()
            && namespace["metadata"]["deletionTimestamp"].is_string()
        {
            store.put("namespaces", &key, namespace.as_ref().clone(), true);
        }
    }

    /// Ends every open watch, as a connection that breaks does.
    pub fn disconnect_watches(&self) {
        self.store().signal(|signals| signals.disconnections += 1);
    }

    /// Forgets the past: open watches end with 410 Gone, and so do those that resume from before, and lists that go on.
    pub fn expire(&self) {
        self.store().compact();
    }

    /// Tells every open watch the last so many changes once more: what it has seen comes again, older after newer, until it
    /// is at the present again.
    pub fn rewind_watches(&self, changes: u64) {
        let store = self.store();
        let rewound_to = store.revision().saturating_sub(changes);
        store.signal(|signals| {
            signals.rewinds += 1;
            signals.rewound_to = rewound_to;
        });
    }

    /// Sends a bookmark to every open watch that allows them.
    pub fn send_bookmarks(&self) {
        self.store().signal(|signals| signals.bookmarks += 1);
    }

    /// Every object of a kind, by its plural name and group (`vpcpeerings.peerway.dev`, `namespaces`), as it is now.
    #[must_use]
    pub fn objects(&self, resource: &str) -> Vec<Value> {
        self.store().list(resource, "").values().map(|object| object.as_ref().clone()).collect()
    }

    /// How many objects of a kind are so, as they are now; without copying any.
    #[must_use]
    pub fn count(&self, resource: &str, test: impl Fn(&Value) -> bool) -> usize {
        self.store().list(resource, "").values().filter(|object| test(object)).count()
    }

    /// Carries out one request.
    pub async fn answer(&self, request: http::Request<Body>) -> Response<ResponseBody> {
        let (parts, body) = request.into_parts();
        let body = match body.collect_bytes().await {
            Ok(body) => body,
            Err(error) => return refusal(&Failure::bad_request(error.to_string())),
        };
        match self.dispatch(&parts, &body) {
            Ok(response) => response,
            Err(failure) => refusal(&failure),
        }
    }

    fn dispatch(
        &self,
        parts: &http::request::Parts,
        body: &Bytes,
    ) -> Result<Response<ResponseBody>, Failure> {
        let target = Target::parse(parts.uri.path()).ok_or_else(Failure::no_such_path)?;
        let key = (target.group.clone(), target.version.clone(), target.plural.clone());
        let kind = self.kinds().get(&key).cloned().ok_or_else(Failure::no_such_path)?;
        let request = Request::read(parts, body, kind, target)?;
        if request.verb.writes() && !request.parameter("dryRun").is_empty() {
            return Err(Failure::bad_request("dry runs are not served in memory"));
        }
        if request.verb == Verb::Watch {
            let lines = watch::start(&self.store, &request)?;
            let body = StreamBody::new(lines.map(|line| Ok(Frame::data(line))));
            return Ok(response(StatusCode::OK, body.boxed_unsync()));
        }
        let moment = self.moment();
        let mut store = self.store();
        let (status, mut object) = match request.verb {
            Verb::Get => (StatusCode::OK, read::get(&store, &request)?),
            Verb::List => (StatusCode::OK, read::list(&store, &request)?),
            Verb::Create => write::create(&mut store, &request, &moment)?,
            Verb::Update => write::replace(&mut store, &request, &moment)?,
            Verb::Patch => write::patch(&mut store, &request, &moment)?,
            Verb::Delete => write::delete(&mut store, &request, &moment)?,
            Verb::Watch => unreachable!("it was answered above"),
        };
        if request.only_metadata && request.verb != Verb::List && object["kind"] != "Status" {
            object = read::metadata(&object);
        }
        Ok(document(status, &object))
    }

    fn moment(&self) -> Moment {
        let mut number = self.numbers.lock().expect("nobody panics while holding it");
        *number += 1;
        // Metadata tells whole seconds.
        let now = jiff::Timestamp::from_second(self.clock.now().as_second()).unwrap_or_default();
        Moment { now: now.to_string(), number: *number }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().expect("nobody panics while holding it")
    }

    fn kinds(&self) -> MutexGuard<'_, Kinds> {
        self.kinds.lock().expect("nobody panics while holding it")
    }
}

fn key(kind: &Kind) -> (String, String, String) {
    (kind.group.clone(), kind.version.clone(), kind.plural.clone())
}

fn refusal(failure: &Failure) -> Response<ResponseBody> {
    document(failure.code, &failure.to_json())
}

fn document(status: StatusCode, document: &Value) -> Response<ResponseBody> {
    response(status, Full::new(Bytes::from(document.to_string())).boxed_unsync())
}

fn response(status: StatusCode, body: ResponseBody) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

impl tower::Service<http::Request<Body>> for MemoryApi {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let api = self.clone();
        Box::pin(async move { Ok(api.answer(request).await) })
    }
}
