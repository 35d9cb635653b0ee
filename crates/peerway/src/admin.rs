//! Health endpoints, as kubelets and people ask for them.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use peerway_controller::Health;

/// Serves `/livez` (the process answers), `/readyz` (every watched kind is listed) and `/healthz` until it is dropped.
pub(crate) async fn serve(address: SocketAddr, health: Arc<Health>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await.with_context(|| {
        format!("cannot serve health endpoints on {address} (--health-probe-bind-address)")
    })?;
    let ready = move || {
        let is_ready = health.is_ready();
        async move {
            if is_ready {
                (StatusCode::OK, "ok")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not ready")
            }
        }
    };
    let router = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready));
    axum::serve(listener, router).await.context("the health endpoints ended")
}
