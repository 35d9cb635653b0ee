//! Reads of one place, at the pace that its account allows.

use std::future::Future;
use std::sync::Arc;

use peerway_model::{Action, AwsFailure, Place, Timestamp};

use crate::{AutoScaling, Ec2, LoadBalancing, Pacing, Urgency, page_size};

/// AWS in one place, for reading.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) ec2: Arc<dyn Ec2>,
    pub(super) auto_scaling: Arc<dyn AutoScaling>,
    pub(super) load_balancing: Arc<dyn LoadBalancing>,
    pub(super) pacing: Arc<Pacing>,
    pub(super) place: Place,
}

impl Reader {
    /// A list: the first page waits for a token, the others are charged once their number is known.
    pub(super) async fn list<T>(
        &self,
        action: Action,
        list: impl Future<Output = Result<Vec<T>, AwsFailure>> + Send,
    ) -> Result<Vec<T>, AwsFailure> {
        let items = self.call(action, list).await?;
        let pages = items.len().div_ceil(page_size(action)).max(1);
        self.pacing.charge(&self.place, action, pages - 1);
        Ok(items)
    }

    /// One call that everybody may be waiting for.
    pub(super) async fn call<T>(
        &self,
        action: Action,
        call: impl Future<Output = Result<T, AwsFailure>> + Send,
    ) -> Result<T, AwsFailure> {
        self.pacing.token(&self.place, action, "snapshots", Urgency::Urgent).await;
        self.paced(action, call).await
    }

    /// One call about one thing, for those who want to know of that: there may be hundreds of them, which leave to lists and
    /// repairs what is kept for these, and wait their turn among the others. Told with when their turn came.
    pub(super) async fn detail<T>(
        &self,
        action: Action,
        about: &str,
        call: impl Future<Output = Result<T, AwsFailure>> + Send,
    ) -> (Timestamp, Result<T, AwsFailure>) {
        let who = format!("{action} {about}");
        self.pacing.token(&self.place, action, &who, Urgency::Ordinary).await;
        (self.pacing.now(), self.paced(action, call).await)
    }

    async fn paced<T>(
        &self,
        action: Action,
        call: impl Future<Output = Result<T, AwsFailure>> + Send,
    ) -> Result<T, AwsFailure> {
        let _permit = self.pacing.permit(&self.place, action).await;
        let result = call.await;
        if let Err(failure) = &result {
            self.pacing.heed(&self.place, action, failure);
        }
        result
    }
}
