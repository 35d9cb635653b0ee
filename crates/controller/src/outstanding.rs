//! Requests for connections that are not accepted yet. AWS allows 25 of them per Region by default
//! (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-connection-quotas.html>), and refuses the next; where many
//! objects come up at once, they take turns before it has to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use peerway_model::clock::after;
use peerway_model::{AccountId, Place, Region, Timestamp};

/// Fewer than AWS allows: others may be asking too.
const MOST: usize = 20;
/// How long a request counts that nobody accepts: longer than it takes us, and an external owner may take a week.
const COUNTED: Duration = Duration::from_secs(15);
/// How soon to ask again when there are too many.
const AGAIN: Duration = Duration::from_millis(500);

/// Who has asked for a connection, by UID, and when, in each account and Region.
#[derive(Debug, Default)]
pub(crate) struct Outstanding(Mutex<HashMap<(AccountId, Region), HashMap<String, Timestamp>>>);

impl Outstanding {
    /// Takes a turn for `uid`.
    ///
    /// # Errors
    /// When to ask again.
    pub(crate) fn begin(&self, place: &Place, uid: &str, now: Timestamp) -> Result<(), Timestamp> {
        let mut spots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spot = spots.entry((place.account().clone(), place.region.clone())).or_default();
        spot.retain(|_, at| after(*at, COUNTED) > now);
        if spot.len() >= MOST && !spot.contains_key(uid) {
            return Err(after(now, AGAIN));
        }
        spot.insert(uid.to_owned(), now);
        Ok(())
    }

    /// The request of `uid` is accepted, or was never made.
    pub(crate) fn end(&self, uid: &str) {
        let mut spots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for spot in spots.values_mut() {
            spot.remove(uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use peerway_model::{Access, Credentials};

    use super::*;

    fn place(account: &str) -> Place {
        let access = Access {
            name: "service".into(),
            account: account.parse().unwrap(),
            credentials: Credentials::Own,
        };
        Place { access: Arc::new(access), region: "us-west-2".parse().unwrap() }
    }

    #[test]
    fn as_many_as_aws_takes_ask_at_once_and_the_next_when_one_is_accepted_or_takes_long() {
        let (outstanding, place, now) =
            (Outstanding::default(), place("111111111111"), Timestamp::UNIX_EPOCH);
        let begin = |uid: &str, at| outstanding.begin(&place, uid, at);
        for number in 0..MOST {
            begin(&number.to_string(), now).unwrap();
        }
        assert_eq!(begin("next", now), Err(after(now, AGAIN)));
        begin("3", now).expect("it has its turn already");
        outstanding.end("3");
        begin("next", now).unwrap();
        assert!(begin("another", now).is_err());
        begin("another", after(now, COUNTED)).expect("nobody accepts these");
    }

    #[test]
    fn other_accounts_are_counted_by_themselves() {
        let outstanding = Outstanding::default();
        for number in 0..MOST {
            let uid = number.to_string();
            outstanding.begin(&place("111111111111"), &uid, Timestamp::UNIX_EPOCH).unwrap();
        }
        outstanding.begin(&place("222222222222"), "other", Timestamp::UNIX_EPOCH).unwrap();
    }
}
