//! The world over HTTP: AWS's Query protocol on every path, and the simulated AWS's own pages under `/_peerway/`.
//!
//! Only parses and renders: what a request means, and whether it may, is said in [`World::call`].

mod aws;
mod own;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::World;

/// Larger than any request that AWS accepts.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Serves a world until `shutdown` is done.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    world: Arc<World>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/_peerway/health", get(own::health))
        .route("/_peerway/actions", get(own::actions))
        .route("/_peerway/ledger", get(own::ledger))
        .route("/_peerway/estate", get(own::estate))
        .route("/_peerway/clock/advance", post(own::advance))
        .fallback(aws::answer)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(world);
    // Answers are written in one piece; waiting for more to send would only delay them.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}
