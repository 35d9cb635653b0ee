//! What one call sees otherwise than it is. Lists ask here; they know nothing of why.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::kind::Behind;

/// What is wrong with a page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blemish {
    /// One item is missing.
    MissingItem(usize),
    /// The next page is never shown.
    NextPageLost,
    /// The next page is this one once more.
    PageRepeated,
}

/// How a call sees the world.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    /// How far back it looks.
    pub(crate) behind: Behind,
    /// Things that it does not see yet.
    pub(super) hidden: BTreeSet<String>,
    pub(super) blemish: Option<Blemish>,
    /// What it would have seen.
    pub(super) missed: RefCell<BTreeSet<String>>,
    /// Whether the blemish has shown.
    pub(super) has_shown: Cell<bool>,
}

impl Sight {
    /// Whether a thing is not to be seen.
    pub(crate) fn hides(&self, id: &str) -> bool {
        let hides = !self.hidden.is_empty() && self.hidden.contains(id);
        if hides {
            self.missed.borrow_mut().insert(id.to_owned());
        }
        hides
    }

    /// What is wrong with a page, if something is.
    pub(crate) fn blemish(&self) -> Option<Blemish> {
        self.blemish
    }

    /// The page was such that the blemish shows.
    pub(crate) fn shows_blemish(&self) {
        self.has_shown.set(true);
    }
}
