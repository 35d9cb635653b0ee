//! How long an answer takes, in real time. Half of it passes before the call is done, half after.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use crate::json::seconds;

/// How long answers take.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Latency {
    /// No time.
    #[default]
    None,
    /// All the same time.
    Fixed {
        /// How long.
        #[serde(with = "seconds")]
        seconds: Duration,
    },
    /// Mostly about as long, some much longer, as over a real network.
    LogNormal {
        /// Half of the answers take less.
        #[serde(with = "seconds")]
        median: Duration,
        /// How far they spread; 0 not at all, 0.5 as EC2 on a quiet day.
        sigma: f64,
        /// What follows from the same seed is the same.
        #[serde(default)]
        seed: u64,
    },
}

impl From<Duration> for Latency {
    fn from(seconds: Duration) -> Self {
        Self::Fixed { seconds }
    }
}

impl Latency {
    /// The latency of the n-th call.
    pub(super) fn of_call(self, call: u64) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Fixed { seconds } => seconds,
            Self::LogNormal { median, sigma, seed } => {
                let spread = (sigma * Dice::new(seed, call, "latency").normal()).exp();
                // What is too long for a duration is as good as no answer.
                Duration::try_from_secs_f64(median.as_secs_f64() * spread).unwrap_or(Duration::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_answers_take_less_than_the_median_and_the_same_seed_repeats() {
        let median = Duration::from_millis(80);
        let row = |seed| -> Vec<Duration> {
            let latency = Latency::LogNormal { median, sigma: 0.5, seed };
            (0..2000).map(|call| latency.of_call(call)).collect()
        };
        let faster = row(1).iter().filter(|latency| **latency < median).count();
        assert!((900..1100).contains(&faster), "{faster}");
        assert_eq!(row(1), row(1));
        assert_ne!(row(1), row(2));
        assert!(row(1).iter().max().unwrap() > &(3 * median));
        let still = Latency::LogNormal { median, sigma: 0.0, seed: 0 };
        assert_eq!(still.of_call(9), median);
        assert_eq!(Latency::None.of_call(1), Duration::ZERO);
        assert_eq!(Latency::Fixed { seconds: median }.of_call(1), median);
    }
}
