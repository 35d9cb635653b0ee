//! The world over HTTP: AWS's Query protocol on every path, and the simulated AWS's own pages under `/_peerway/`.
//!
//! Only parses and renders: what a request means, and whether it may, is said in [`World::call`].

mod aws;
mod body;
mod connection;
mod garble;
mod own;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post, put};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::World;
use body::Bodies;
use connection::Patient;

/// What one server takes from its clients. Together they bound its memory, whatever clients do: so many connections, each
/// with a small buffer, and few large bodies at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpLimits {
    /// Open connections; more are closed at once.
    pub connections: usize,
    /// The longest body, in bytes.
    pub body: usize,
    /// How long a client may take for the head of a request, and stay away between two.
    pub head_time: Duration,
    /// How long a client may take for the body of a request.
    pub body_time: Duration,
    /// How long a client may leave an answer unread before the connection is closed.
    pub stall_time: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            body: 1024 * 1024,
            head_time: Duration::from_secs(20),
            body_time: Duration::from_secs(20),
            stall_time: Duration::from_secs(20),
        }
    }
}

/// The longest head of a request. Also what hyper holds of a body at a time.
const HEAD_BYTES: usize = 32 * 1024;

/// How long what is being answered may still take when the server is to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves a world until `shutdown` is done.
///
/// # Errors
/// Never: what goes wrong with one client is that client's, and when no connection can be accepted the server waits.
pub async fn serve(
    world: Arc<World>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_with(world, listener, HttpLimits::default(), shutdown).await
}

/// The same, within other limits.
///
/// # Errors
/// As [`serve`].
pub async fn serve_with(
    world: Arc<World>,
    listener: TcpListener,
    limits: HttpLimits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = TowerToHyperService::new(router(world, &limits));
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut http = hyper::server::conn::http1::Builder::new();
    // A client that has said all it wants to say still wants to hear the answer.
    http.half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(HEAD_BYTES);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener) => accepted,
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::debug!("too many connections: one is closed unheard");
            continue;
        };
        let io = TokioIo::new(Patient::new(stream, limits.stall_time));
        let connection = graceful.watch(http.serve_connection(io, service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::debug!("some connections were still busy");
    }
    Ok(())
}

fn router(world: Arc<World>, limits: &HttpLimits) -> Router {
    let bodies = Bodies::new(limits.body, limits.body_time);
    Router::new()
        .route("/_peerway/health", get(own::health))
        .route("/_peerway/actions", get(own::actions))
        .route("/_peerway/ledger", get(own::ledger))
        .route("/_peerway/ledger/tally", get(own::tally))
        .route("/_peerway/estate", get(own::estate))
        .route("/_peerway/clock/advance", post(own::advance))
        .route("/_peerway/instances/{id}/answers", put(own::set_answers))
        .route("/_peerway/weather", get(own::weather).put(own::set_weather))
        .route("/_peerway/weather/faults", post(own::add_faults).delete(own::clear_faults))
        .route("/_peerway/weather/struck", get(own::struck))
        .fallback(aws::answer)
        // Bodies are read, within limits, before anybody looks at them.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(bodies, body::read))
        .with_state(world)
}

/// The next connection. When there are no more file descriptors, some will be free after a moment.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are written in one piece; waiting for more to send would only delay them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                return stream;
            }
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
