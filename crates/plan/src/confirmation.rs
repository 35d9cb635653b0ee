//! The second look, that every kind waits for before it takes away or redirects what is there, and before it believes that
//! nothing is.

use std::time::Duration;

use peerway_model::{Item, Part, PartKind, Place, Timestamp};

use crate::{Observed, Plan, Waiting};

impl<S, R> Plan<S, R> {
    /// Whether the view of an item may be acted upon; if not, a second look is waited for.
    pub(crate) fn is_confirmed<T: Item, O>(
        &mut self,
        part: &Part<T>,
        id: &T::Id,
        (place, observed): (&Place, &Observed<O>),
        what: impl FnOnce() -> String,
    ) -> bool {
        let from = part.confirmed_from(id, observed.settle);
        if part.begun_at >= from {
            return true;
        }
        self.waiting.push(Waiting::Confirmation {
            what: what(),
            place: place.clone(),
            part: T::KIND,
            from,
        });
        false
    }

    /// Waits until all looks by which nothing of an object is left in a place are late enough to be believed.
    pub(crate) fn confirm_gone(&mut self, place: &Place, looks: Vec<Look>) {
        let late = looks.into_iter().filter(|look| look.begun_at < look.from);
        if let Some(Look { part, from, .. }) = late.max_by_key(|look| look.from) {
            self.waiting.push(Waiting::Confirmation {
                what: format!("the {part} of {place}: nothing of this object is left there"),
                place: place.clone(),
                part,
                from,
            });
        }
    }
}

/// A look at a part in which something is missing.
pub(crate) struct Look {
    part: PartKind,
    begun_at: Timestamp,
    from: Timestamp,
}

impl Look {
    /// For what is there under no id that we know.
    pub(crate) fn at_all<T: Item, O>(part: &Part<T>, observed: &Observed<O>) -> Self {
        let from = part.quiet_from(observed.settle, observed.wrote_at);
        Self { part: T::KIND, begun_at: part.begun_at, from }
    }

    /// For one that we know by its id.
    pub(crate) fn at_one<T: Item>(part: &Part<T>, id: &T::Id, settle: Duration) -> Self {
        Self { part: T::KIND, begun_at: part.begun_at, from: part.confirmed_from(id, settle) }
    }
}
