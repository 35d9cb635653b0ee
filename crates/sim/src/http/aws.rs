//! AWS's Query protocol: who calls and which service is meant stands in the signature, what is wanted in form parameters.
//!
//! Signatures themselves are not verified: the access key id says who calls.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};

use crate::action::{Action, Service};
use crate::error::Refusal;
use crate::identity::Caller;
use crate::wire::query::Params;
use crate::wire::xml;
use crate::world::Attempt;
use crate::{ApiError, World};

/// What the credential scope of a signature says: `<key>/<date>/<region>/<service>/aws4_request`.
struct Signature<'a> {
    key: &'a str,
    region: &'a str,
    service: &'a str,
}

/// Where unsigned requests are taken to come from.
const UNSIGNED_REGION: &str = "us-east-1";

const SESSION_TOKEN: &str = "x-amz-security-token";
const REQUEST_ID: &str = "x-amzn-requestid";

/// Parameters of signatures in the query, which are no parameters of the action.
const OF_SIGNATURES: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
];

pub(super) async fn answer(
    State(world): State<Arc<World>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let query = uri.query().unwrap_or_default();
    let bytes = u64::try_from(query.len() + body.len()).unwrap_or(u64::MAX);
    let (caller, attempt) = match read(query, &headers, &body, bytes) {
        Ok(read) => read,
        Err(refusal) => return no_service(&refusal),
    };
    let latency = world.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let service = attempt.service;
    let answer = world.answer(&caller, attempt);
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
    world.note_answer(answer.seq, u64::try_from(text.len()).unwrap_or(u64::MAX));
    respond(status, &answer.request_id, text)
}

/// Who calls, and what they want.
fn read(
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    bytes: u64,
) -> Result<(Caller, Attempt), Refusal> {
    let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
    let mut params = Params::collect(pairs);
    let mut take = |name: &str| params.as_mut().ok().and_then(|params| params.take(name));
    let presigned = take("X-Amz-Credential");
    let session_token = take("X-Amz-Security-Token");
    for name in OF_SIGNATURES {
        take(name);
    }
    let action = take("Action");
    let version = take("Version");
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header(AUTHORIZATION.as_str());
    let scope = authorization.and_then(credential).or(presigned.as_deref());
    let signature = scope.map(|scope| {
        parse_scope(scope).ok_or_else(|| {
            Refusal::new("IncompleteSignature", format!("the credential {scope:?} is malformed"))
        })
    });
    let signature = signature.transpose()?;
    let region = signature.as_ref().map_or(UNSIGNED_REGION, |signature| signature.region);
    let region = region.parse().map_err(|error| {
        Refusal::new("IncompleteSignature", format!("the credential names no Region: {error}"))
    })?;
    let service = match &signature {
        Some(signature) => Service::from_name(signature.service).ok_or_else(|| {
            let name = signature.service;
            tracing::warn!(service = name, "the simulated AWS does not have this service");
            Refusal::new("InvalidAction", format!("The simulated AWS has no service {name}"))
        })?,
        None => guess_service(action.as_deref()),
    };
    let caller = Caller {
        access_key_id: signature.as_ref().map(|signature| signature.key.to_owned()),
        session_token: header(SESSION_TOKEN).or(session_token.as_deref()).map(str::to_owned),
        region,
    };
    let call = params
        .map_err(ApiError::from)
        .and_then(|params| read_call(service, action.as_deref(), version.as_deref(), &params));
    let action = match &call {
        Ok(call) => Cow::Borrowed(call.action().name()),
        Err(_) => Cow::Owned(action.unwrap_or_default().into_owned()),
    };
    Ok((caller, Attempt { service, action, call, bytes }))
}

fn read_call(
    service: Service,
    action: Option<&str>,
    version: Option<&str>,
    params: &Params<'_>,
) -> Result<crate::Call, ApiError> {
    let name = action.ok_or_else(|| {
        ApiError::new("MissingAction", "The request must contain the parameter Action")
    })?;
    if let Some(other) = version.filter(|version| *version != service.version()) {
        let service = service.name();
        return Err(ApiError::new(
            "NoSuchVersion",
            format!("The requested version ({other}) of service {service} does not exist"),
        ));
    }
    let action = Action::from_name(service, name).ok_or_else(|| {
        ApiError::new(
            "InvalidAction",
            format!("The action {name} is not valid for this web service."),
        )
    })?;
    action.read(params).map_err(|error| error.of(service))
}

/// The credential in an `Authorization` header.
fn credential(authorization: &str) -> Option<&str> {
    let rest = authorization.split_once("Credential=")?.1;
    rest.split([',', ' ']).next()
}

fn parse_scope(scope: &str) -> Option<Signature<'_>> {
    let mut parts = scope.split('/');
    let (key, _date, region, service) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Signature { key, region, service })
}

/// An unsigned request says nothing but the action; no two services share one.
fn guess_service(action: Option<&str>) -> Service {
    let action = action.unwrap_or_default();
    let is_sts = Action::from_name(Service::Sts, action).is_some();
    if is_sts { Service::Sts } else { Service::Ec2 }
}

fn failure(service: Service, request_id: &str, refusal: &Refusal) -> (StatusCode, String) {
    let Refusal { code, message, status } = refusal;
    let (style, namespace) = (service.style(), service.namespace());
    let text = xml::failure(style, namespace, request_id, code, message, *status);
    (StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST), text)
}

fn no_service(refusal: &Refusal) -> Response<Body> {
    let Refusal { code, message, status } = refusal;
    let text = xml::failure(xml::Style::Query, "", "", code, message, *status);
    respond(StatusCode::BAD_REQUEST, "", text)
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

/// Breaks the connection off in the middle of an answer: a body that fails makes the server hang up.
fn break_off() -> Response<Body> {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = futures::stream::once(std::future::ready(Err::<Bytes, _>(broken)));
    Response::new(Body::from_stream(body))
}
