//! The Kubernetes edge of a life, behind its run: counts what lands, and lets go wrong what is to go wrong there.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use peerway_memory_api::{MemoryApi, ResponseBody, Target};
use peerway_model::Timestamp;
use serde_json::{Value, json};
use tower::Service;

use crate::time;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It is answered with this code, and not carried out.
    Refused(u16),
    /// It is carried out, and answered with this code.
    AppliedAndRefused(u16),
    /// It is not carried out, and never answered.
    Lost,
    /// It is carried out, and never answered.
    ReplyLost,
    /// It is not carried out, and answered as if it was, with what was sent.
    Feigned,
}

/// Decides what becomes of a request; nothing, most of the time.
pub type Weather = dyn FnMut(&Target, bool) -> Option<Mishap> + Send;

/// What passes at the edge.
pub struct Traffic {
    state: Mutex<State>,
    /// Whether finalizers that are added are dropped, with an answer as if they were not.
    drops_finalizers: bool,
}

#[derive(Default)]
struct State {
    writes: u64,
    last_write: Option<Timestamp>,
    renewed: Option<Timestamp>,
    weather: Option<Box<Weather>>,
}

impl Traffic {
    /// No traffic yet, and fair weather.
    #[must_use]
    pub fn new(drops_finalizers: bool) -> Arc<Self> {
        Arc::new(Self { drops_finalizers, state: Mutex::default() })
    }

    /// When the last write landed, leases left out.
    #[must_use]
    pub fn last_write(&self) -> Option<Timestamp> {
        self.state().last_write
    }

    /// When the lease was last taken or renewed.
    #[must_use]
    pub fn renewed(&self) -> Option<Timestamp> {
        self.state().renewed
    }

    /// How many writes landed, leases left out.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    /// Lets things go wrong from now on, or no longer.
    pub fn set_weather(&self, weather: Option<Box<Weather>>) {
        self.state().weather = weather;
    }

    fn note(&self, target: &Target) {
        let mut state = self.state();
        if target.plural == "leases" {
            state.renewed = Some(time::now());
        } else {
            state.writes += 1;
            state.last_write = Some(time::now());
        }
    }

    fn mishap(&self, target: &Target, writes: bool) -> Option<Mishap> {
        self.state().weather.as_mut().and_then(|weather| weather(target, writes))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }
}

/// An API server behind its traffic.
#[derive(Clone)]
pub struct Gate {
    api: MemoryApi,
    traffic: Arc<Traffic>,
}

impl Gate {
    /// The way to `api`.
    #[must_use]
    pub fn new(api: MemoryApi, traffic: Arc<Traffic>) -> Self {
        Self { api, traffic }
    }

    async fn answer(self, request: Request<Body>) -> Response<ResponseBody> {
        let target = Target::parse(request.uri().path()).unwrap_or_default();
        let query = request.uri().query().unwrap_or_default();
        let verb = target.verb(request.method(), query);
        let writes = verb.is_some_and(peerway_memory_api::Verb::writes);
        let mishap = self.traffic.mishap(&target, writes);
        match mishap {
            Some(Mishap::Refused(code)) => return refusal(code),
            Some(Mishap::Feigned) => {
                let body = request.into_body().collect_bytes().await.unwrap_or_default();
                return Response::new(full(String::from_utf8_lossy(&body).into_owned()));
            }
            Some(Mishap::Lost) => return std::future::pending().await,
            Some(Mishap::AppliedAndRefused(_) | Mishap::ReplyLost) | None => {}
        }
        if writes {
            self.traffic.note(&target);
        }
        let response = if self.traffic.drops_finalizers
            && target.plural == "vpcpeerings"
            && target.subresource.is_empty()
            && verb == Some(peerway_memory_api::Verb::Patch)
        {
            self.without_finalizer(request).await
        } else {
            self.api.answer(request).await
        };
        match mishap {
            Some(Mishap::AppliedAndRefused(code)) => refusal(code),
            Some(Mishap::ReplyLost) => std::future::pending().await,
            _ => response,
        }
    }

    /// Carries out a patch, unless it adds a finalizer: then it only says so.
    async fn without_finalizer(&self, request: Request<Body>) -> Response<ResponseBody> {
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await.unwrap_or_default();
        let adds = serde_json::from_slice::<Value>(&body).ok().is_some_and(|patch| {
            patch.as_array().into_iter().flatten().any(|operation| {
                let path = operation["path"].as_str().unwrap_or_default();
                operation["op"] == "add" && path.starts_with("/metadata/finalizers")
            })
        });
        if !adds {
            return self.api.answer(Request::from_parts(parts, Body::from(body))).await;
        }
        let get = Request::get(parts.uri.path()).body(Body::empty()).expect("the path was one");
        let (parts, body) = self.api.answer(get).await.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes);
        let mut object: Value =
            serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
        if parts.status.is_success() {
            object["metadata"]["finalizers"] = json!([peerway_api::FINALIZER]);
        }
        Response::from_parts(parts, full(object.to_string()))
    }
}

fn full(text: String) -> ResponseBody {
    http_body_util::Full::new(Bytes::from(text)).boxed_unsync()
}

fn refusal(code: u16) -> Response<ResponseBody> {
    let reason = match code {
        409 => "Conflict",
        429 => "TooManyRequests",
        504 => "Timeout",
        _ => "InternalError",
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "it was to go wrong", "reason": reason, "code": code,
    });
    let mut response = Response::new(full(status.to_string()));
    *response.status_mut() = StatusCode::from_u16(code).expect("the code is one");
    response
}

impl Service<Request<Body>> for Gate {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move { Ok(gate.answer(request).await) })
    }
}
