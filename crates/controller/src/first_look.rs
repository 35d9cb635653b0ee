//! The first look at an account and Region. All visits begin at once, and one that waits for reads holds a lot; so one of
//! them looks, and the others wait at the door until there is something to see.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use peerway_model::{Place, Region};
use tokio::sync::watch;

/// An `AWSAccount` by name, and a Region.
pub(crate) type Spot = (String, Region);

/// Which spots were looked at, and which are being.
#[derive(Debug, Default)]
pub(crate) struct FirstLooks {
    /// Nothing once it was looked at.
    spots: Mutex<HashMap<Spot, Option<watch::Sender<()>>>>,
}

/// The first look at some spots. Whoever drops it has looked as far as it could: another one may.
#[derive(Debug)]
pub(crate) struct Look<'l> {
    looks: &'l FirstLooks,
    spots: Vec<Spot>,
}

impl FirstLooks {
    fn spots(&self) -> MutexGuard<'_, HashMap<Spot, Option<watch::Sender<()>>>> {
        self.spots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets in whoever is the first to look at a spot, or looks at none that is being looked at.
    pub(crate) async fn enter(&self, wanted: &BTreeSet<Spot>) -> Look<'_> {
        loop {
            let mut looked_at = {
                let mut spots = self.spots();
                let new: Vec<Spot> =
                    wanted.iter().filter(|spot| !spots.contains_key(*spot)).cloned().collect();
                let waited_for = wanted.iter().find_map(|spot| spots.get(spot)?.as_ref());
                let waited_for = waited_for.map(watch::Sender::subscribe);
                match waited_for {
                    Some(looked_at) if new.is_empty() => looked_at,
                    // Whoever looks at a spot for all waits for no other: that one may be broken.
                    _ => {
                        spots.extend(
                            new.iter().map(|spot| (spot.clone(), Some(watch::Sender::new(())))),
                        );
                        return Look { looks: self, spots: new };
                    }
                }
            };
            // It never sends: its end is the news.
            let _ = looked_at.changed().await;
        }
    }

    /// A spot was looked at, with or without success.
    pub(crate) fn looked_at(&self, place: &Place) {
        let spot = (place.access.name.to_string(), place.region.clone());
        if let Some(look) = self.spots().get_mut(&spot) {
            *look = None;
        }
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        let mut spots = self.looks.spots();
        for spot in &self.spots {
            if spots.get(spot).is_some_and(Option::is_some) {
                spots.remove(spot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;
    use peerway_model::{Access, Credentials};

    use super::*;

    fn spots(accounts: &[&str]) -> BTreeSet<Spot> {
        let region: Region = "us-west-2".parse().unwrap();
        accounts.iter().map(|account| ((*account).to_owned(), region.clone())).collect()
    }

    fn place(account: &str) -> Place {
        let access = Access {
            name: account.into(),
            account: "111111111111".parse().unwrap(),
            credentials: Credentials::Own,
        };
        Place { access: Arc::new(access), region: "us-west-2".parse().unwrap() }
    }

    #[tokio::test]
    async fn one_looks_and_the_others_wait_until_it_has() {
        let looks = FirstLooks::default();
        let object = spots(&["service"]);
        let first = looks.enter(&object).await;
        let mut second = Box::pin(looks.enter(&object));
        assert!(second.as_mut().now_or_never().is_none(), "somebody is looking");
        looks.looked_at(&place("service"));
        assert!(second.await.spots.is_empty());
        drop(first);
        assert!(looks.enter(&object).now_or_never().is_some(), "it stays looked at");
    }

    #[tokio::test]
    async fn whoever_ends_without_having_looked_leaves_it_to_the_next() {
        let looks = FirstLooks::default();
        let object = spots(&["service"]);
        let first = looks.enter(&object).await;
        let mut second = Box::pin(looks.enter(&object));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert_eq!(second.await.spots.len(), 1);
    }

    #[tokio::test]
    async fn an_account_that_hangs_holds_up_nobody_but_its_own() {
        let looks = FirstLooks::default();
        let broken = spots(&["broken"]);
        let _hangs = looks.enter(&broken).await;
        let both = spots(&["service", "broken"]);
        let looker = looks.enter(&both).now_or_never().expect("it is the first at one of them");
        looks.looked_at(&place("service"));
        let well = spots(&["service"]);
        assert!(looks.enter(&well).now_or_never().is_some());
        assert!(looks.enter(&both).now_or_never().is_none());
        drop(looker);
    }
}
