//! What a request says of a group's habits
//! (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html>).

use super::Habits;
use crate::ApiError;

/// What creating and updating a group may say.
pub(super) struct Asked<'a> {
    pub(super) termination: &'a [String],
    pub(super) warmup: Option<i32>,
    pub(super) lifetime: Option<i32>,
    pub(super) rebalances: Option<bool>,
}

const TERMINATION_POLICIES: [&str; 7] = [
    "AllocationStrategy",
    "ClosestToNextInstanceHour",
    "Default",
    "NewestInstance",
    "OldestInstance",
    "OldestLaunchConfiguration",
    "OldestLaunchTemplate",
];

/// A day, and a year.
const LIFETIMES: std::ops::RangeInclusive<u32> = 86_400..=31_536_000;

/// Whether a policy is one of AWS's own, or a function that somebody wrote.
fn is_policy(text: &str) -> bool {
    TERMINATION_POLICIES.contains(&text) || text.starts_with("arn:aws:lambda:")
}

impl Habits {
    /// These habits with what a request says of them; what it leaves out stays.
    pub(super) fn changed(&self, asked: &Asked<'_>) -> Result<Self, ApiError> {
        let mut habits = self.clone();
        if !asked.termination.is_empty() {
            if let Some(other) = asked.termination.iter().find(|policy| !is_policy(policy)) {
                return Err(ApiError::validation(format!(
                    "Termination policy {other} is not supported"
                )));
            }
            habits.termination = asked.termination.to_vec();
            if habits.termination == ["Default"] {
                habits.termination.clear();
            }
        }
        match asked.warmup {
            None => {}
            Some(-1) => habits.warmup = None,
            Some(seconds) => {
                habits.warmup = Some(super::groups::read_count("defaultInstanceWarmup", seconds)?);
            }
        }
        if let Some(seconds) = asked.lifetime {
            let seconds = super::groups::read_count("maxInstanceLifetime", seconds)?;
            if seconds != 0 && !LIFETIMES.contains(&seconds) {
                return Err(ApiError::validation(format!(
                    "Maximum instance lifetime must be 0, or between 86400 and 31536000 seconds: {seconds}"
                )));
            }
            habits.lifetime = Some(seconds).filter(|seconds| *seconds != 0);
        }
        habits.rebalances = asked.rebalances.or(habits.rebalances);
        Ok(habits)
    }
}
