//! The simulated AWS's own pages: is it there, what has been called, what stands, what time is it, what goes wrong.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::json;

use crate::estate::Include;
use crate::weather::Fault;
use crate::{Action, World};

type Page = Result<Response, (StatusCode, String)>;

fn page(content_type: &'static str, text: String) -> Response {
    ([(CONTENT_TYPE, content_type)], text).into_response()
}

/// A parameter of the query.
fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let mut pairs = form_urlencoded::parse(query);
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn bad(problem: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, format!("{problem}\n"))
}

fn broken(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n"))
}

pub(super) async fn health(State(world): State<Arc<World>>) -> Response {
    time(&world)
}

fn time(world: &World) -> Response {
    let clock = world.clock();
    let body = json!({ "worldTime": clock.now(), "wallTime": clock.wall() });
    page("application/json", format!("{body}\n"))
}

/// Every action there is: whoever tests the simulated AWS from outside learns here what must not be forgotten.
pub(super) async fn actions() -> Page {
    let actions: Vec<_> = Action::ALL
        .iter()
        .map(|action| {
            let (name, service) = (action.name(), action.service().name());
            json!({ "action": name, "service": service, "isWrite": action.is_write() })
        })
        .collect();
    let text = serde_json::to_string(&actions).map_err(broken)?;
    Ok(page("application/json", text))
}

/// `?since=N` leaves out what the caller has seen; `?format=lines` gives one object per line instead of an array. Read and
/// sent piece by piece, so that a long ledger keeps nobody else waiting and never lies in memory whole.
pub(super) async fn ledger(State(world): State<Arc<World>>, uri: Uri) -> Page {
    let since = match parameter(&uri, "since") {
        None => 0,
        Some(text) => text.parse().map_err(|_| bad("`since` is the number of a call"))?,
    };
    let (content_type, form) = match parameter(&uri, "format").as_deref() {
        None | Some("array") => ("application/json", ["[", ",", "", "]"]),
        Some("lines") => ("application/x-ndjson", ["", "", "\n", ""]),
        Some(_) => return Err(bad("`format` is array or lines")),
    };
    // What is called from now on is left to the next who asks.
    let until = world.calls();
    let pieces = stream::try_unfold(Some(since), move |behind| {
        let world = world.clone();
        async move {
            let Some(behind) = behind else { return Ok(None) };
            let (piece, next) = ledger_piece(&world, (behind, until), behind == since, form)?;
            Ok::<_, serde_json::Error>(Some((piece, next)))
        }
    });
    Ok(([(CONTENT_TYPE, content_type)], Body::from_stream(pieces)).into_response())
}

/// So many calls go into one piece of the ledger.
const CALLS_IN_A_PIECE: usize = 500;

/// The calls behind a number, up to and with another, as many as go into one piece; and behind which the next begins.
fn ledger_piece(
    world: &World,
    (behind, until): (u64, u64),
    is_first: bool,
    [opening, between, after_each, closing]: [&str; 4],
) -> Result<(String, Option<u64>), serde_json::Error> {
    let mut entries = world.ledger_behind(behind, CALLS_IN_A_PIECE);
    entries.retain(|entry| entry.seq <= until);
    let next = entries.last().map(|entry| entry.seq).filter(|last| *last < until);
    let mut piece = String::from(if is_first { opening } else { "" });
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 || !is_first {
            piece.push_str(between);
        }
        piece.push_str(&serde_json::to_string(entry)?);
        piece.push_str(after_each);
    }
    if next.is_none() {
        piece.push_str(closing);
    }
    Ok((piece, next))
}

/// `?makers=true` adds who made what, `?ended=true` the connections that have ended but are still listed,
/// `?untouched=true` what everybody gets and nobody has touched.
pub(super) async fn estate(State(world): State<Arc<World>>, uri: Uri) -> Page {
    let asked = |name: &str| parameter(&uri, name).as_deref() == Some("true");
    let include = Include {
        makers: asked("makers"),
        ended_connections: asked("ended"),
        untouched: asked("untouched"),
    };
    let text = world.estate_with(include).to_yaml().map_err(broken)?;
    Ok(page("application/yaml", text))
}

/// `?seconds=N` moves world time forward.
pub(super) async fn advance(State(world): State<Arc<World>>, uri: Uri) -> Page {
    let seconds = parameter(&uri, "seconds").and_then(|text| text.parse::<f64>().ok());
    let by = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let by = by.ok_or_else(|| bad("`seconds` is a number that is not negative"))?;
    world.advance(by);
    Ok(time(&world))
}

/// What an instance answers to health checks, as an estate writes it: `{"leader": true}`, `{"answers": […]}`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    #[serde(default)]
    leader: bool,
    answers: Option<Vec<crate::estate::Answer>>,
}

/// Lets an instance answer otherwise from now on.
pub(super) async fn set_answers(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Page {
    let id = id.parse().map_err(bad)?;
    let Answers { leader, answers } = serde_json::from_slice(&body).map_err(bad)?;
    world.set_answers(&id, leader, answers.as_deref()).map_err(bad)?;
    Ok(page("text/plain", String::new()))
}

fn json<T: serde::Serialize>(content: &T) -> Page {
    let text = serde_json::to_string(content).map_err(broken)?;
    Ok(page("application/json", text + "\n"))
}

/// The weather, as a document that can be written back.
pub(super) async fn weather(State(world): State<Arc<World>>) -> Page {
    json(&world.conditions())
}

/// Another weather altogether: what the document leaves out is fair.
pub(super) async fn set_weather(State(world): State<Arc<World>>, body: Bytes) -> Page {
    world.set_conditions(serde_json::from_slice(&body).map_err(bad)?);
    json(&world.conditions())
}

/// One fault more, or a list of them.
pub(super) async fn add_faults(State(world): State<Arc<World>>, body: Bytes) -> Page {
    let is_list = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let faults: Vec<Fault> = if is_list {
        serde_json::from_slice(&body).map_err(bad)?
    } else {
        vec![serde_json::from_slice(&body).map_err(bad)?]
    };
    for fault in faults {
        world.inject(fault);
    }
    json(&world.pending_faults())
}

/// Takes back every fault that has not struck yet.
pub(super) async fn clear_faults(State(world): State<Arc<World>>) -> Page {
    world.clear_faults();
    json(&world.pending_faults())
}

/// How often each kind of trouble has struck.
pub(super) async fn struck(State(world): State<Arc<World>>) -> Page {
    json(&world.struck())
}

/// What the ledger says by action.
pub(super) async fn tally(State(world): State<Arc<World>>) -> Page {
    json(&world.tally())
}
