//! Both sides with what is seen of them: a whole view of one that we manage, nothing of somebody else's.

use peerway_model::{AccountId, Region, Vpc};

use super::desired::{Desired, External, Managed, Side};
use super::resolve;
use crate::Finding;
use crate::Presence;
use crate::observed::{Observed, Readable, Unreadable};

/// A side, and what is seen of it.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// One that we manage, and its view.
    Managed(&'a Managed, Readable<'a>),
    /// Somebody else's: what is known of it is what the spec declares.
    External(&'a External),
}

impl<'a> Seen<'a> {
    /// The view of a side that we manage.
    #[must_use]
    pub fn view(&self) -> Option<Readable<'a>> {
        match self {
            Self::Managed(_, view) => Some(*view),
            Self::External(_) => None,
        }
    }

    /// The account that the spec leads to.
    #[must_use]
    pub fn account(&self) -> &'a AccountId {
        match self {
            Self::Managed(_, view) => view.place.account(),
            Self::External(side) => &side.vpc.owner,
        }
    }

    /// The Region.
    #[must_use]
    pub fn region(&self) -> &'a Region {
        match self {
            Self::Managed(_, view) => &view.place.region,
            Self::External(side) => &side.region,
        }
    }

    /// The VPC that the spec names.
    ///
    /// # Errors
    /// As [`resolve::vpc`]; a declared VPC is taken as declared.
    pub fn vpc(&self) -> Result<&'a Vpc, Finding> {
        match self {
            Self::Managed(side, view) => resolve::vpc(side.field(), &side.spec.vpc, *view),
            Self::External(side) => Ok(&side.vpc),
        }
    }
}

/// The views there are, each once: both sides may lie in one place.
pub(super) fn distinct<'a>(sides: &[Seen<'a>; 2]) -> Vec<Readable<'a>> {
    let mut views: Vec<Readable<'a>> = Vec::new();
    for view in sides.iter().filter_map(Seen::view) {
        if !views.iter().any(|known| known.place == view.place) {
            views.push(view);
        }
    }
    views
}

/// Both sides with what was observed, or everything that could not be read.
pub(super) fn seen<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> Result<[Seen<'a>; 2], Vec<Unreadable>> {
    let of = |side: &'a Side| -> Result<Seen<'a>, Vec<Unreadable>> {
        match side {
            Side::External(side) => Ok(Seen::External(side)),
            Side::Managed(side) => {
                let place = side.place();
                let view = observed
                    .views
                    .get(place)
                    .expect("every managed side's place is observed before anything is planned");
                let view = match desired.presence {
                    Presence::Present => view.readable(place)?,
                    Presence::Absent => view.readable_to_remove(place)?,
                };
                Ok(Seen::Managed(side, view))
            }
        }
    };
    match (of(&desired.requester), of(&desired.accepter)) {
        (Ok(requester), Ok(accepter)) => Ok([requester, accepter]),
        (requester, accepter) => {
            let mut unreadable: Vec<Unreadable> = requester.err().unwrap_or_default();
            for entry in accepter.err().unwrap_or_default() {
                if !unreadable.contains(&entry) {
                    unreadable.push(entry);
                }
            }
            Err(unreadable)
        }
    }
}
