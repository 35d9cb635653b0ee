//! From the SDK's errors to ours.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use peerway_aws::error::classify;
use peerway_model::{Action, AwsFailure, FailureKind};

use crate::role::BadAnswer;

/// What `error`, the answer to `action`, means.
pub(crate) fn failure<E>(action: Action, error: &SdkError<E, HttpResponse>) -> AwsFailure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    SdkError<E, HttpResponse>: RequestId,
{
    if let Some(failure) = credentials(error) {
        return failure;
    }
    let request_id = error.request_id().map(str::to_owned);
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let (code, message) =
                (service.err().code(), service.err().message().unwrap_or_default());
            let kind = match code {
                Some(code) => classify(action.name(), code, message),
                None if status >= 500 => FailureKind::Transient,
                None => FailureKind::Other,
            };
            let message = if code.is_none() {
                format!("HTTP status {status} {message}")
            } else {
                message.to_owned()
            };
            AwsFailure::new(action.name(), kind, code.map(str::to_owned), &message, request_id)
        }
        SdkError::ConstructionFailure(_) => {
            AwsFailure::new(action.name(), FailureKind::Invalid, None, &context(error), request_id)
        }
        SdkError::ResponseError(_) => AwsFailure::new(
            action.name(),
            FailureKind::Transient,
            None,
            &context(error),
            request_id,
        ),
        // Timeouts and what the network did; the enum is open, and so would be whatever comes next.
        _ => AwsFailure::new(
            action.name(),
            FailureKind::Unreachable,
            None,
            &context(error),
            request_id,
        ),
    }
}

/// An error with its causes, in one line; a cause that only repeats what stands before it is left out.
fn context(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// A call that failed because there were no credentials for it: that is about them, not about the call.
fn credentials(error: &(dyn Error + 'static)) -> Option<AwsFailure> {
    let mut source = Some(error);
    while let Some(current) = source {
        if let Some(error) = current.downcast_ref::<CredentialsError>() {
            return Some(from_provider(error));
        }
        source = current.source();
    }
    None
}

/// What it means that there are no credentials.
pub(crate) fn from_provider(error: &CredentialsError) -> AwsFailure {
    let mut source = error.source();
    while let Some(current) = source {
        if let Some(sts) = current.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return failure(Action::AssumeRole, sts);
        }
        if let Some(bad) = current.downcast_ref::<BadAnswer>() {
            return (*bad.0).clone();
        }
        if let Some(sts) = current.downcast_ref::<AssumeRoleError>() {
            let (code, message) =
                (sts.code().unwrap_or_default(), sts.message().unwrap_or_default());
            let kind = classify(Action::AssumeRole.name(), code, message);
            return AwsFailure::new(
                Action::AssumeRole.name(),
                kind,
                Some(code.to_owned()),
                message,
                None,
            );
        }
        source = current.source();
    }
    AwsFailure::new("Credentials", FailureKind::Credentials, None, &context(error), None)
}

/// An answer that AWS would never give.
pub(crate) fn malformed(action: Action, problem: &dyn std::fmt::Display) -> AwsFailure {
    AwsFailure::new(
        action.name(),
        FailureKind::Other,
        None,
        &format!("malformed answer: {problem}"),
        None,
    )
}
