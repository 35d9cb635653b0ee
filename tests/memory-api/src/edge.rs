//! The Kubernetes edge of a run: every request of a `kube::Client` passes through its [`Run`].

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::Request;
use kube::client::Body;
use tower::{Layer, Service};

use crate::crash::{Call, Run};
use crate::path::Target;

/// What calls through it are filed under.
pub(crate) const EDGE: &str = "kubernetes";

/// Lets every request to an API server pass through a run, which may end at it.
#[derive(Debug, Clone)]
pub struct CrashLayer(Run);

impl CrashLayer {
    /// The edge of this run.
    #[must_use]
    pub fn new(run: Run) -> Self {
        Self(run)
    }
}

impl<S> Layer<S> for CrashLayer {
    type Service = CrashService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CrashService { run: self.0.clone(), inner }
    }
}

/// A service whose requests pass through a run.
#[derive(Debug, Clone)]
pub struct CrashService<S> {
    run: Run,
    inner: S,
}

impl<S> Service<Request<Body>> for CrashService<S>
where
    S: Service<Request<Body>> + Clone + Send + 'static,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The one that said it is ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (run, call) = (self.run.clone(), describe(&request));
        Box::pin(async move { run.pass(call, async move { inner.call(request).await }).await })
    }
}

/// The request in a run's words.
fn describe(request: &Request<Body>) -> Call {
    let path = request.uri().path();
    let target = Target::parse(path);
    let verb = target.as_ref().and_then(|target| {
        target.verb(request.method(), request.uri().query().unwrap_or_default())
    });
    match (target, verb) {
        (Some(target), Some(verb)) => Call {
            edge: EDGE,
            operation: format!("{} {}", verb.name(), target.resource()),
            target: target.object(),
            writes: verb.writes(),
        },
        _ => Call {
            edge: EDGE,
            operation: request.method().to_string(),
            target: path.to_owned(),
            writes: request.method() != http::Method::GET,
        },
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::coordination::v1::Lease;
    use kube::api::{Patch, PatchParams, PostParams};
    use kube::{Api, Client};
    use peerway_model::Clock;
    use serde_json::json;
    use tower::ServiceBuilder;

    use super::*;
    use crate::MemoryApi;
    use crate::crash::{CallNumber, CrashPoint, Fate};

    fn clock() -> Clock {
        Clock::new(|| jiff::Timestamp::UNIX_EPOCH)
    }

    fn client(api: &MemoryApi, run: &Run) -> Client {
        let service = ServiceBuilder::new().layer(CrashLayer::new(run.clone()));
        Client::new(service.service(api.clone()), "default")
    }

    /// Creates a lease and takes it over.
    async fn program(client: Client) {
        let leases: Api<Lease> = Api::default_namespaced(client);
        let lease = json!({ "metadata": { "name": "a" }, "spec": { "holderIdentity": "one" } });
        let lease = serde_json::from_value(lease).unwrap();
        leases.create(&PostParams::default(), &lease).await.unwrap();
        let patch = json!({ "spec": { "holderIdentity": "two" } });
        leases.patch("a", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
        leases.get("a").await.unwrap();
    }

    /// Who holds the lease in the server, after a run that ended at `point` and was dropped with its runtime.
    fn holder_after(point: CrashPoint) -> (MemoryApi, Run, Option<String>) {
        let api = MemoryApi::new(clock());
        let run = Run::crashing_at(point);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tokio::select! {
                () = program(client(&api, &run)) => panic!("it came to its end"),
                () = run.crashed() => {}
            }
        });
        drop(runtime);
        let holder = holder(&api);
        (api, run, holder)
    }

    fn holder(api: &MemoryApi) -> Option<String> {
        let leases = api.objects("leases.coordination.k8s.io");
        Some(leases.first()?["spec"]["holderIdentity"].as_str()?.to_owned())
    }

    #[tokio::test]
    async fn every_request_is_a_call_of_the_run() {
        let run = Run::recording();
        program(client(&MemoryApi::new(clock()), &run)).await;
        let calls: Vec<String> = run.calls().iter().map(ToString::to_string).collect();
        assert_eq!(
            calls,
            [
                "kubernetes: create leases default",
                "kubernetes: patch leases default/a",
                "kubernetes: get leases default/a",
            ]
        );
        assert_eq!(run.calls().iter().filter(|call| call.writes).count(), 2);
    }

    #[test]
    fn a_crash_leaves_in_the_server_what_its_fate_says() {
        let held = [
            (Fate::NotSent, "one"),
            (Fate::LandsLater, "one"),
            (Fate::ReplyLost, "two"),
            (Fate::Replied, "two"),
        ];
        for (fate, holder) in held {
            let (_, _, found) = holder_after(CrashPoint { call: CallNumber(2), fate });
            assert_eq!(found.as_deref(), Some(holder), "{fate}");
        }
    }

    #[test]
    fn a_late_request_lands_after_the_runtime_that_sent_it_is_gone() {
        let point = CrashPoint { call: CallNumber(2), fate: Fate::LandsLater };
        let (api, run, _) = holder_after(point);
        assert!(futures::executor::block_on(run.deliver()));
        assert_eq!(holder(&api).as_deref(), Some("two"));
    }
}
