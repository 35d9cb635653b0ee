//! Bodies of requests: read whole before anybody looks at them, within a size, a time and a budget.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Response};
use axum::middleware::Next;
use futures::StreamExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::aws::no_service;
use crate::error::Refusal;

/// Bodies up to this size need no room of their own: almost all.
const SMALL: usize = 16 * 1024;

/// How many larger ones there may be at a time.
const LARGE_AT_A_TIME: usize = 32;

/// What all bodies of a server share.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    longest: usize,
    time: Duration,
    room: Arc<Semaphore>,
}

impl Bodies {
    pub(super) fn new(longest: usize, time: Duration) -> Self {
        Self { longest, time, room: Arc::new(Semaphore::new(LARGE_AT_A_TIME)) }
    }

    /// The whole body, and its room if it needs one.
    async fn collect(&self, body: Body) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Refusal> {
        let mut stream = body.into_data_stream();
        let mut whole = Vec::new();
        let mut permit = None;
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| {
                Refusal::new("IncompleteBody", format!("the body ends early: {error}"))
            })?;
            if whole.len() + piece.len() > self.longest {
                return Err(self.too_large());
            }
            if permit.is_none() && whole.len() + piece.len() > SMALL {
                permit = self.room.acquire().await.ok();
            }
            whole.extend_from_slice(&piece);
        }
        Ok((whole.into(), permit))
    }

    fn too_large(&self) -> Refusal {
        let message = format!("A request may have at most {} bytes.", self.longest);
        Refusal { status: 413, ..Refusal::new("RequestEntityTooLarge", message) }
    }
}

pub(super) async fn read(
    State(bodies): State<Bodies>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length = length.and_then(|text| text.parse::<usize>().ok());
    if length.is_some_and(|length| length > bodies.longest) {
        return refused(&bodies.too_large());
    }
    let late = || {
        let message = "Your socket connection to the server was not read from or written to within the timeout period.";
        Refusal::new("RequestTimeout", message)
    };
    let read = tokio::time::timeout(bodies.time, bodies.collect(body)).await;
    match read.unwrap_or_else(|_| Err(late())) {
        Ok((whole, room)) => {
            let answer = next.run(Request::from_parts(parts, Body::from(whole))).await;
            drop(room);
            answer
        }
        Err(refusal) => refused(&refusal),
    }
}

/// What is left of the body is not waited for: the connection ends.
fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = no_service(refusal);
    response.headers_mut().insert("connection", HeaderValue::from_static("close"));
    response
}
