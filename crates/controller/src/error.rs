//! What can go wrong on the Kubernetes side. AWS's failures are data: they end in the status, not here.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;

/// A failed action towards the API server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing to go by: the cluster's id.
    #[error(
        "failed to read the kube-system namespace, whose UID identifies the cluster (or set --cluster-id)"
    )]
    ClusterId(#[source] Box<kube::Error>),
    /// Somebody else may be writing from now on.
    #[error("lost the lease: {0}")]
    LeaseLost(String),
    /// A fault of ours: a visit panicked.
    #[error("a visit panicked, which is a bug: {0}")]
    Panicked(String),
    /// Reading an object before acting for it.
    #[error("failed to read {object}")]
    Read {
        /// Which.
        object: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
    /// Listing the users of an object.
    #[error("failed to list who uses {object}")]
    Users {
        /// Which.
        object: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
    /// Writing a status.
    #[error("failed to publish the status of {object}")]
    Publish {
        /// Of which.
        object: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
    /// Adding or removing the finalizer.
    #[error("failed to change the finalizer of {object}")]
    Finalizer {
        /// Of which.
        object: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
}

impl Error {
    /// A short word for logs and metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ClusterId(_) => "cluster-id",
            Self::LeaseLost(_) => "lease-lost",
            Self::Panicked(_) => "panicked",
            Self::Read { .. } => "read",
            Self::Users { .. } => "users",
            Self::Publish { .. } => "publish",
            Self::Finalizer { .. } => "finalizer",
        }
    }
}

/// An error with its causes, in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            // Its own words hold the answer twice, and so do its causes'.
            let boxed = cause.downcast_ref::<Box<kube::Error>>();
            if let Some(kube::Error::Api(answer)) = boxed.map(Box::as_ref) {
                return write!(f, ": {} {}: {}", answer.code, answer.reason, answer.message);
            }
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

/// One visit: an object that makes us panic must not end the visits of all others, and is visited again like any that
/// failed.
pub(crate) async fn caught<T>(visit: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let visited = AssertUnwindSafe(Box::pin(visit)).catch_unwind().await;
    visited.unwrap_or_else(|panic| Err(Error::Panicked(message(panic.as_ref()))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn an_answer_of_the_api_server_is_told_once() {
        let answer = Status::failure("no such kind", "NotFound").with_code(404);
        let source = Box::new(kube::Error::Api(Box::new(answer)));
        let error = Error::Read { object: "billing".to_owned(), source };
        let told = Chain(&error).to_string();
        assert!(told.ends_with(": 404 NotFound: no such kind"), "{told}");
        assert_eq!(told.matches("no such kind").count(), 1, "{told}");
    }

    #[tokio::test]
    async fn a_panic_ends_one_visit_and_says_why() {
        let none: Option<u8> = std::hint::black_box(None);
        let visit = async {
            tokio::task::yield_now().await;
            Ok(none.expect("the schema asks for one"))
        };
        let error = caught(visit).await.expect_err("it panicked");
        assert!(error.to_string().ends_with("the schema asks for one"), "{error}");
        assert_eq!(caught(async { Ok(1) }).await.expect("it did not"), 1);
    }
}
