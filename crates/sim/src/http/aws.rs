//! AWS's Query protocol: who calls and which service is meant stands in the signature, what is wanted in form parameters.
//!
//! Signatures themselves are verified only where the settings ask for it: else the access key id says who calls.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};

use super::garble::spoilt;
use super::signature::{self, Claim};
use crate::action::{Action, Service};
use crate::error::Refusal;
use crate::form;
use crate::identity::Caller;
use crate::passage::Attempt;
use crate::settings::Signatures;
use crate::weather::Journey;
use crate::wire::query::Params;
use crate::wire::xml;
use crate::{ApiError, World};

/// Where unsigned requests are taken to come from.
const UNSIGNED_REGION: &str = "us-east-1";

const SESSION_TOKEN: &str = "x-amz-security-token";
const REQUEST_ID: &str = "x-amzn-requestid";

pub(super) async fn answer(
    State(world): State<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let query = uri.query().unwrap_or_default();
    let bytes = u64::try_from(query.len() + body.len()).unwrap_or(u64::MAX);
    let (caller, mut attempt, claim) = match read(query, &headers, &body, bytes) {
        Ok(read) => read,
        Err(refusal) => return no_service(&refusal),
    };
    if world.settings().signatures == Signatures::Verified {
        attempt.proof = claim.map(|claim| claim.proof(&method, &uri, &headers, &body));
    }
    let journey = world.depart();
    wait(journey.there).await;
    let service = attempt.service;
    let answer = world.answer(&caller, Attempt { journey, ..attempt });
    wait(answer.delay).await;
    let (status, text) = match answer.result {
        Ok(reply) => match reply.to_xml(&answer.request_id) {
            Ok(text) => (StatusCode::OK, text),
            Err(error) => {
                let refusal = Refusal::new("InternalError", error.to_string());
                failure(service, &answer.request_id, &refusal)
            }
        },
        Err(ApiError::Refused(refusal)) => failure(service, &answer.request_id, &refusal),
        Err(ApiError::NoAnswer) => return break_off(),
    };
    let text = match answer.garble {
        Some(garble) => spoilt(garble, text),
        None => text,
    };
    world.note_answer(answer.seq, u64::try_from(text.len()).unwrap_or(u64::MAX));
    respond(status, &answer.request_id, text)
}

/// Who calls, and what they want.
fn read(
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    bytes: u64,
) -> Result<(Caller, Attempt, Option<Claim>), Refusal> {
    let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
    let mut params = Params::collect(pairs);
    let mut take = |name: &str| params.as_mut().ok().and_then(|params| params.take(name));
    let session_token = take("X-Amz-Security-Token");
    for name in signature::IN_QUERY {
        take(name);
    }
    let action = take("Action");
    let version = take("Version");
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let claim = match header(AUTHORIZATION.as_str()) {
        Some(authorization) => Some(Claim::from_header(authorization, headers)),
        None => Claim::from_query(query),
    };
    let claim = claim.transpose()?;
    let region = claim.as_ref().map_or(UNSIGNED_REGION, |claim| &claim.region);
    let region = region.parse().map_err(|error| {
        Refusal::new("IncompleteSignature", format!("the credential names no Region: {error}"))
    })?;
    let service = match &claim {
        Some(claim) => Service::from_name(&claim.service).ok_or_else(|| {
            let name = &claim.service;
            tracing::warn!(service = name, "the simulated AWS does not have this service");
            Refusal::new("InvalidAction", format!("The simulated AWS has no service {name}"))
        })?,
        None => guess_service(action.as_deref()),
    };
    let caller = Caller {
        access_key_id: claim.as_ref().map(|claim| claim.key.clone()),
        session_token: header(SESSION_TOKEN).or(session_token.as_deref()).map(str::to_owned),
        region,
    };
    let call = params
        .map_err(ApiError::from)
        .and_then(|params| form::read(service, action.as_deref(), version.as_deref(), &params));
    let action = match &call {
        Ok(call) => Cow::Borrowed(call.action().name()),
        Err(_) => Cow::Owned(in_brief(&action.unwrap_or_default())),
    };
    let (journey, proof) = (Journey::default(), None);
    let attempt = Attempt { service, action, call, bytes, is_carried: true, journey, proof };
    Ok((caller, attempt, claim))
}

/// What a caller takes for an action, as long as the ledger keeps it: no action's name is longer.
fn in_brief(action: &str) -> String {
    action.chars().take(100).collect()
}

/// An unsigned request says nothing but the action. Where services share one, EC2 is meant; the answer is the same in
/// all of them: who calls is missing.
fn guess_service(action: Option<&str>) -> Service {
    let action = action.unwrap_or_default();
    let all = [Service::Sts, Service::Ec2, Service::Elb, Service::AutoScaling];
    let known = all.into_iter().find(|service| Action::from_name(*service, action).is_some());
    known.unwrap_or(Service::Ec2)
}

fn failure(service: Service, request_id: &str, refusal: &Refusal) -> (StatusCode, String) {
    let Refusal { code, message, status } = refusal;
    let (style, namespace) = (service.style(), service.namespace());
    let text = xml::failure(style, namespace, request_id, code, message, *status);
    (StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST), text)
}

pub(super) fn no_service(refusal: &Refusal) -> Response<Body> {
    let Refusal { code, message, status } = refusal;
    let text = xml::failure(xml::Style::Query, "", "", code, message, *status);
    respond(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST), "", text)
}

fn respond(status: StatusCode, request_id: &str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
    match HeaderValue::from_str(request_id) {
        Ok(value) if !value.is_empty() => drop(headers.insert(REQUEST_ID, value)),
        _ => {}
    }
    response
}

/// Timers are coarse: no time is not waited for.
async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// Breaks the connection off in the middle of an answer: a body that fails makes the server hang up.
fn break_off() -> Response<Body> {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = futures::stream::once(std::future::ready(Err::<Bytes, _>(broken)));
    Response::new(Body::from_stream(body))
}
