//! Sessions that end early: AWS may say that credentials have expired while by their own date, or by our clock, they have not.
//! Kept, they would fail every call until then.

use std::sync::Arc;

use aws_sdk_ec2::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::BoxError;
use peerway_aws::error::ends_session;

use crate::role::Role;

/// Lets go of a role's credentials when AWS no longer takes them: the next call assumes the role again.
#[derive(Debug)]
pub(crate) struct Expired(pub(crate) Option<Arc<Role>>);

impl Intercept for Expired {
    fn name(&self) -> &'static str {
        "Expired"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(role) = &self.0 else { return Ok(()) };
        let response = context.response();
        let body = response.body().bytes().unwrap_or_default();
        let is_refused = !response.status().is_success();
        if is_refused && code(&String::from_utf8_lossy(body)).is_some_and(ends_session) {
            role.let_go();
        }
        Ok(())
    }
}

/// The code in the document of an error, in each of the services the first element of that name.
fn code(document: &str) -> Option<&str> {
    let (_, rest) = document.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_the_errors_of_each_service() {
        for (document, expected) in [
            (
                "<Response><Errors><Error><Code>RequestExpired</Code><Message>x</Message></Error></Errors></Response>",
                Some("RequestExpired"),
            ),
            (
                "<ErrorResponse><Error><Type>Sender</Type><Code> ExpiredToken </Code></Error></ErrorResponse>",
                Some("ExpiredToken"),
            ),
            ("<Response><Code>cut", None),
            ("<Answer/>", None),
        ] {
            assert_eq!(code(document), expected);
        }
    }
}
