//! A time limit for every request to the API server: a connection that was taken and went silent must not hold an object.

use std::future::Future;
use std::time::Duration;

/// Longer than any answer takes; a watch has a limit of its own.
const LIMIT: Duration = Duration::from_secs(10);

/// A request that did not end in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer from the API server within {LIMIT:?}")]
struct NoAnswer;

/// The answer to `request`, or an error once it has taken too long.
pub(crate) async fn within<T>(request: impl Future<Output = kube::Result<T>>) -> kube::Result<T> {
    tokio::time::timeout(LIMIT, request)
        .await
        .unwrap_or_else(|_| Err(kube::Error::Service(Box::new(NoAnswer))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_hangs_is_an_error_and_one_that_does_not_passes() {
        let error = within(std::future::pending::<kube::Result<()>>()).await.unwrap_err();
        assert!(error.to_string().contains("no answer from the API server"), "{error}");
        assert_eq!(within(async { Ok(1) }).await.unwrap(), 1);
    }
}
