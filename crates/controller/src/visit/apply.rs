//! Writes: each step is exactly one AWS call.

use peerway_model::{AwsFailure, FailureKind, Place, Touched};
use peerway_plan::PlanStep;

use super::kind::Kind;
use crate::context::Context;

/// Makes the call in the step's place, `entered` for this object, and tells the snapshots what it touched.
pub(super) async fn apply<K: Kind>(
    ctx: &Context,
    desired: &K::Desired,
    entered: &Place,
    step: &K::Step,
) -> Result<(), AwsFailure> {
    let result = K::call(ctx, entered, step).await;
    for place in K::seen_from(desired, step) {
        match &result {
            Ok(touched) => ctx.snapshots.wrote(place, touched),
            Err(failure) if failure.is_ambiguous() => {
                ctx.snapshots.wrote(place, &Touched::Unknown(step.part()));
            }
            Err(AwsFailure {
                kind: FailureKind::AlreadyExists | FailureKind::NotFound | FailureKind::NotYet,
                ..
            }) => ctx.snapshots.outdated(place, step.part()),
            // What we may not change may carry our tags no longer.
            Err(AwsFailure { kind: FailureKind::Denied, .. }) => {
                if let Some(name) = step.balancer() {
                    ctx.snapshots.forget_details(place, name);
                }
            }
            Err(_) => {}
        }
    }
    result.map(drop)
}
