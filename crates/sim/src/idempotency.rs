//! Client tokens: the same call with the same token is answered as the first time, and done once.

use std::collections::BTreeMap;

use peerway_model::Timestamp;
use peerway_model::clock::after;

use crate::action::{Reply, Request};
use crate::id::digest;
use crate::scope::Scope;
use crate::state::Spot;
use crate::wire::query::to_params;
use crate::{Action, ApiError};

/// The answers that client tokens stand for.
pub(crate) type ClientTokens = BTreeMap<(Spot, Action, String), Remembered>;

#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    /// What was asked.
    question: u64,
    answer: Reply,
    expires: Timestamp,
}

/// AWS's limit on the length of a token.
const LONGEST: usize = 64;

/// Does `make` unless this token has been used for the same request before.
pub(crate) fn once<R: Request>(
    scope: &mut Scope<'_>,
    token: Option<&str>,
    request: &R,
    make: impl FnOnce(&mut Scope<'_>) -> Result<R::Reply, ApiError>,
) -> Result<R::Reply, ApiError> {
    let Some(token) = token else { return make(scope) };
    if token.len() > LONGEST || !token.is_ascii() {
        return Err(ApiError::invalid_value(format!(
            "Value ({token}) for parameter clientToken is invalid. It may have at most {LONGEST} ASCII characters."
        )));
    }
    let wall = scope.settings.clock.wall();
    let key = (scope.spot.clone(), R::ACTION, token.to_owned());
    let question =
        to_params(request)?.iter().fold(0, |sum, (name, value)| digest(sum, &[name, value]));
    if let Some(remembered) = scope.state.client_tokens.get(&key).filter(|r| wall <= r.expires) {
        if remembered.question != question {
            return Err(ApiError::new(
                "IdempotentParameterMismatch",
                format!(
                    "The client token you have provided is associated with a request with different parameters: {token}"
                ),
            ));
        }
        // Also when the thing made then is gone by now: a token stands for an answer, not for a thing.
        if let Some(reply) = R::unwrap(remembered.answer.clone()) {
            return Ok(reply);
        }
    }
    let reply = make(scope)?;
    let expires = after(wall, scope.settings.timings.client_token);
    let remembered = Remembered { question, answer: R::wrap(reply.clone()), expires };
    scope.state.client_tokens.retain(|_, remembered| wall <= remembered.expires);
    scope.state.client_tokens.insert(key, remembered);
    Ok(reply)
}
