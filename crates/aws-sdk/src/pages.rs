//! That a list goes on: a page that sends its reader back never comes to the end, and whoever stops there takes the rest
//! for absent.

use std::collections::BTreeSet;

use peerway_model::{Action, AwsFailure};

use crate::failure::malformed;

/// The pages of a list so far.
pub(crate) struct Pages {
    action: Action,
    /// The tokens that were used.
    seen: BTreeSet<String>,
}

impl Pages {
    pub(crate) fn of(action: Action) -> Self {
        Self { action, seen: BTreeSet::new() }
    }

    /// Turns to the next page, if there is one.
    ///
    /// # Errors
    /// When it was read before.
    pub(crate) fn turn(&mut self, token: Option<&str>) -> Result<(), AwsFailure> {
        match token.filter(|token| !token.is_empty()) {
            Some(token) if !self.seen.insert(token.to_owned()) => {
                Err(malformed(self.action, &"one of its pages leads back to an earlier one"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_leads_back_is_an_error() {
        let mut pages = Pages::of(Action::DescribeVpcs);
        for token in [Some("a"), Some("b"), None, Some("")] {
            pages.turn(token).unwrap();
        }
        for token in ["b", "a"] {
            let failure = pages.turn(Some(token)).unwrap_err();
            assert_eq!(failure.operation, "DescribeVpcs");
            assert!(failure.message.contains("leads back"), "{failure}");
        }
    }
}
