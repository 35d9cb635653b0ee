//! Chance that repeats: every roll follows from a seed, the number of the call and what is rolled for.
//!
//! Without a running stream, so that one more kind of fault, or one that is looked at more often, leaves the rolls of all
//! others as they were.

use crate::id::{digest, mix};

/// A row of numbers of its own for one matter in one call.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64, call: u64, matter: &str) -> Self {
        Self(digest(seed, &[matter]) ^ mix(call))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below one, never negative.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this chance happens.
    pub(crate) fn happens(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// A number below `bound`; 0 where there is none.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    /// A number between two others, both included.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        let spread = usize::try_from(most.saturating_sub(least)).unwrap_or_default();
        least.saturating_add(u32::try_from(self.below(spread + 1)).unwrap_or_default())
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// A number out of the normal distribution (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        // Never zero, whose logarithm is none.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_repeat_and_differ_by_seed_call_and_matter() {
        let row = |seed, call, matter| {
            let mut dice = Dice::new(seed, call, matter);
            [dice.next(), dice.next()]
        };
        assert_eq!(row(1, 2, "x"), row(1, 2, "x"));
        let mut all: Vec<u64> =
            [row(1, 2, "x"), row(2, 2, "x"), row(1, 3, "x"), row(1, 2, "y")].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 8);
    }

    #[test]
    fn rolls_are_spread_as_they_should_be() {
        let rolls = 0..10_000;
        let hits = rolls.clone().filter(|n| Dice::new(7, *n, "rain").happens(0.1)).count();
        assert!((900..1100).contains(&hits), "{hits}");
        let mean: f64 = rolls.clone().map(|n| Dice::new(7, n, "wind").normal()).sum();
        assert!((mean / 10_000.0).abs() < 0.05, "{mean}");
        for n in rolls {
            let mut dice = Dice::new(7, n, "hail");
            assert!(dice.below(3) < 3 && (2..=4).contains(&dice.between(2, 4)));
        }
        assert_eq!(Dice::new(0, 0, "").pick::<u8>(&[]), None);
    }
}
