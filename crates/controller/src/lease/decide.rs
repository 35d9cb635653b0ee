//! Who may hold the lease: client-go's rules, as a function of what was seen and when.
//!
//! A holder's time counts from the moment *we* saw its record change, by our own clock: clocks of two machines are never
//! compared (<https://pkg.go.dev/k8s.io/client-go/tools/leaderelection>).

use std::time::Duration;

use k8s_openapi::api::coordination::v1::LeaseSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use peerway_model::Timestamp;
use peerway_model::clock::after;

/// A record, and when it was first seen as it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) record: LeaseSpec,
    pub(super) since: Timestamp,
}

impl Seen {
    /// What is known after `record` was read.
    pub(super) fn next(before: Option<Self>, record: LeaseSpec, now: Timestamp) -> Self {
        match before {
            Some(before) if before.record == record => before,
            _ => Self { record, since: now },
        }
    }

    pub(super) fn holder(&self) -> Option<&str> {
        self.record.holder_identity.as_deref().filter(|holder| !holder.is_empty())
    }

    /// When whoever holds it has let it lapse.
    fn lapses_at(&self) -> Timestamp {
        let seconds = self.record.lease_duration_seconds.unwrap_or_default();
        after(self.since, Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
    }
}

/// What to do about the lease.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Move {
    /// Write this record, if nobody else wrote meanwhile.
    Write(Box<LeaseSpec>),
    /// Somebody else holds it.
    Wait,
}

/// What `me` does about a lease that was `seen` (nothing: there is none), to hold it for `duration`.
pub(super) fn decide(me: &str, duration: Duration, seen: Option<&Seen>, now: Timestamp) -> Move {
    let holder = seen.and_then(Seen::holder);
    let is_mine = holder == Some(me);
    if holder.is_some() && !is_mine && seen.is_some_and(|seen| seen.lapses_at() > now) {
        return Move::Wait;
    }
    let before = seen.map(|seen| &seen.record);
    let transitions = before.and_then(|record| record.lease_transitions).unwrap_or_default();
    let acquired_at = before.filter(|_| is_mine).and_then(|record| record.acquire_time.clone());
    Move::Write(Box::new(LeaseSpec {
        holder_identity: Some(me.to_owned()),
        lease_duration_seconds: Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: Some(acquired_at.unwrap_or(MicroTime(now))),
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(match seen {
            Some(_) if !is_mine => transitions.saturating_add(1),
            _ => transitions,
        }),
        ..LeaseSpec::default()
    }))
}

/// The record of a holder who goes: the next one need not wait.
pub(super) fn released(record: &LeaseSpec, now: Timestamp) -> LeaseSpec {
    LeaseSpec {
        holder_identity: Some(String::new()),
        lease_duration_seconds: Some(1),
        acquire_time: Some(MicroTime(now)),
        renew_time: Some(MicroTime(now)),
        lease_transitions: record.lease_transitions,
        ..LeaseSpec::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIRTY: Duration = Duration::from_secs(30);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn write(me: &str, seen: Option<&Seen>, now: i64) -> LeaseSpec {
        match decide(me, THIRTY, seen, at(now)) {
            Move::Write(record) => *record,
            Move::Wait => panic!("{me} should not have to wait"),
        }
    }

    fn seen(record: LeaseSpec, second: i64) -> Seen {
        Seen::next(None, record, at(second))
    }

    #[test]
    fn a_lease_that_is_not_there_is_taken() {
        let record = write("a", None, 0);
        assert_eq!(record.holder_identity.as_deref(), Some("a"));
        assert_eq!(record.lease_duration_seconds, Some(30));
        assert_eq!(record.lease_transitions, Some(0));
    }

    #[test]
    fn renewing_keeps_when_it_was_acquired() {
        let first = write("a", None, 0);
        let second = write("a", Some(&seen(first.clone(), 0)), 2);
        assert_eq!(second.acquire_time, first.acquire_time);
        assert_ne!(second.renew_time, first.renew_time);
        assert_eq!(second.lease_transitions, Some(0));
    }

    #[test]
    fn anothers_lease_is_waited_for_until_it_was_not_renewed_for_its_duration_by_our_own_clock() {
        // The holder's clock is years ahead; only our own counts.
        let held = write("a", None, 1_000_000_000);
        let first = seen(held.clone(), 100);
        assert_eq!(decide("b", THIRTY, Some(&first), at(129)), Move::Wait);
        let same = Seen::next(Some(first), held.clone(), at(129));
        assert_eq!(same.since, at(100), "what did not change was not renewed");
        let taken = write("b", Some(&same), 130);
        assert_eq!(taken.lease_transitions, Some(1));
        let renewed = write("a", Some(&seen(held, 100)), 1_000_000_002);
        let same = Seen::next(Some(same), renewed, at(129));
        assert_eq!(decide("b", THIRTY, Some(&same), at(158)), Move::Wait);
    }

    #[test]
    fn a_released_lease_is_taken_at_once() {
        let given_up = released(&write("a", None, 0), at(5));
        let taken = write("b", Some(&seen(given_up, 5)), 5);
        assert_eq!(taken.holder_identity.as_deref(), Some("b"));
        assert_eq!(taken.lease_transitions, Some(1));
    }
}
