//! Token buckets in front of AWS's own, so that we slow down before AWS makes us.
//!
//! AWS keeps a bucket per account, Region and action, which everything in the account shares; so do we, whichever
//! `AWSAccount` leads there. Nobody sleeps for a token in here: [`Pacing::reserve`] answers at once, and whoever must wait
//! keeps the place in the queue. Part of each bucket is kept for what is urgent. When AWS throttles us all the same,
//! somebody else draws from the same bucket: the rate is cut, and grows back.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peerway_model::action::{Effect, Service};
use peerway_model::clock::{after, since};
use peerway_model::{AccountId, Action, Clock, Place, Region, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls under way at the same time, of each sort, per account and Region.
const IN_FLIGHT: usize = 8;
/// How long after its time a place in the queue is kept.
const KEPT: Duration = Duration::from_secs(5);
/// What is left of a rate after AWS throttled us, and the least that is ever left.
const CUT: f64 = 0.5;
const LEAST: f64 = 1.0 / 16.0;
/// One throttled answer is followed by others that were under way with it; they count once.
const ONE_CUT_PER: Duration = Duration::from_secs(1);
/// The share of the full rate that grows back per second.
const REGROWTH: f64 = 0.02;
/// The share of a bucket that only urgent calls may use.
const KEPT_FOR_URGENT: f64 = 0.2;

/// The size of a bucket and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Tokens in the full bucket.
    pub capacity: f64,
    /// Tokens that come back per second.
    pub per_second: f64,
}

impl Rate {
    /// A bucket of `capacity` tokens, of which `per_second` come back each second.
    #[must_use]
    pub const fn new(capacity: f64, per_second: f64) -> Self {
        Self { capacity, per_second }
    }

    /// The rate that AWS publishes for an action (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
    /// STS publishes none; a role is assumed once an hour, so it needs none. Nor does Auto Scaling, where one bucket serves
    /// every action of everybody in the account and Region: so little is drawn that the others will not notice.
    #[must_use]
    pub fn published(action: Action) -> Self {
        match (action.service(), action.effect(), action) {
            (_, _, Action::CreateTags | Action::DeleteTags) => Self::new(100.0, 10.0),
            (Service::Ec2, Effect::Read, _) | (Service::Sts, ..) => Self::new(100.0, 20.0),
            (Service::AutoScaling, ..) => Self::new(10.0, 2.0),
            (Service::Ec2, Effect::Write, _) => Self::new(50.0, 5.0),
        }
    }
}

/// How much a call matters to somebody who is cut off right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A repair of what worked before.
    Urgent,
    /// Everything else.
    Ordinary,
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// Now; the token is taken.
    Go,
    /// At this time at the earliest, if it is asked for again then.
    NotBefore(Timestamp),
}

/// The buckets of every account and Region.
pub struct Pacing {
    clock: Clock,
    overrides: BTreeMap<Action, Rate>,
    spots: Mutex<HashMap<(AccountId, Region), Arc<Spot>>>,
}

/// The buckets of one account and Region.
struct Spot {
    buckets: Mutex<HashMap<Action, Bucket>>,
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

impl Pacing {
    /// Full buckets of the published sizes, other than the `overrides`.
    #[must_use]
    pub fn new(clock: Clock, overrides: BTreeMap<Action, Rate>) -> Self {
        Self { clock, overrides, spots: Mutex::default() }
    }

    /// Asks for a token for `who`. Whoever is told to come later keeps the place in the queue for a while.
    pub fn reserve(
        &self,
        place: &Place,
        action: Action,
        who: &str,
        urgency: Urgency,
    ) -> Reservation {
        self.bucket(place, action, |bucket, now| bucket.reserve(now, who, urgency))
    }

    /// Waits for a token: for reads, which everybody shares and which hold up no visit of their own.
    pub async fn token(&self, place: &Place, action: Action) {
        while let Reservation::NotBefore(at) =
            self.reserve(place, action, "snapshots", Urgency::Urgent)
        {
            tokio::time::sleep(since(at, self.clock.now()).max(Duration::from_millis(1))).await;
        }
    }

    /// Takes the tokens of pages that were read behind one call. The bucket may go below nothing.
    pub fn charge(&self, place: &Place, action: Action, pages: usize) {
        let pages = u32::try_from(pages).unwrap_or(u32::MAX);
        self.bucket(place, action, |bucket, now| bucket.charge(now, pages));
    }

    /// AWS found us too fast.
    pub fn throttled(&self, place: &Place, action: Action) {
        self.bucket(place, action, Bucket::throttled);
    }

    /// A permit for one call; it ends when dropped. Waits while as many calls of its sort are under way as may be.
    pub async fn permit(&self, place: &Place, action: Action) -> OwnedSemaphorePermit {
        let spot = self.spot(place);
        let permits = match action.effect() {
            Effect::Read => spot.reads.clone(),
            Effect::Write => spot.writes.clone(),
        };
        permits.acquire_owned().await.expect("the semaphore is never closed")
    }

    fn spot(&self, place: &Place) -> Arc<Spot> {
        let key = (place.account().clone(), place.region.clone());
        let spot = || Spot {
            buckets: Mutex::default(),
            reads: Arc::new(Semaphore::new(IN_FLIGHT)),
            writes: Arc::new(Semaphore::new(IN_FLIGHT)),
        };
        lock(&self.spots).entry(key).or_insert_with(|| Arc::new(spot())).clone()
    }

    fn bucket<R>(
        &self,
        place: &Place,
        action: Action,
        act: impl FnOnce(&mut Bucket, Timestamp) -> R,
    ) -> R {
        let now = self.clock.now();
        let spot = self.spot(place);
        let mut buckets = lock(&spot.buckets);
        let rate = || self.overrides.get(&action).copied().unwrap_or(Rate::published(action));
        act(buckets.entry(action).or_insert_with(|| Bucket::full(rate(), now)), now)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One bucket and its queue.
struct Bucket {
    rate: Rate,
    /// The share of the rate that we dare to use.
    share: f64,
    level: f64,
    filled_at: Timestamp,
    cut_at: Option<Timestamp>,
    /// Who waits, and when each was told to come.
    queue: VecDeque<(String, Timestamp)>,
}

impl Bucket {
    fn full(rate: Rate, now: Timestamp) -> Self {
        Self {
            rate,
            share: 1.0,
            level: rate.capacity,
            filled_at: now,
            cut_at: None,
            queue: VecDeque::new(),
        }
    }

    fn speed(&self) -> f64 {
        self.rate.per_second * self.share
    }

    fn fill(&mut self, now: Timestamp) {
        let seconds = since(now, self.filled_at).as_secs_f64();
        self.level = (self.level + seconds * self.speed()).min(self.rate.capacity);
        self.share = (self.share + seconds * REGROWTH).min(1.0);
        self.filled_at = now;
    }

    fn reserve(&mut self, now: Timestamp, who: &str, urgency: Urgency) -> Reservation {
        self.fill(now);
        self.queue.retain(|(waiting, at)| waiting == who || after(*at, KEPT) > now);
        let place = self.queue.iter().position(|(waiting, _)| waiting == who);
        let (kept, ahead) = match urgency {
            Urgency::Urgent => (0.0, 0),
            Urgency::Ordinary => (self.kept_for_urgent(), place.unwrap_or(self.queue.len())),
        };
        let ahead = f64::from(u32::try_from(ahead).unwrap_or(u32::MAX));
        let missing = ahead + 1.0 + kept - self.level;
        // A hair's breadth: times are whole nanoseconds, tokens are not.
        if missing <= 1e-6 {
            if let Some(place) = place {
                self.queue.remove(place);
            }
            self.level -= 1.0;
            return Reservation::Go;
        }
        let at = after(now, Duration::from_secs_f64(missing / self.speed()));
        match place {
            Some(place) => self.queue[place].1 = at,
            None if urgency == Urgency::Ordinary => self.queue.push_back((who.to_owned(), at)),
            None => {}
        }
        Reservation::NotBefore(at)
    }

    /// A small bucket keeps nothing back: it would never be emptied at all.
    fn kept_for_urgent(&self) -> f64 {
        (self.rate.capacity * KEPT_FOR_URGENT).floor().min(self.rate.capacity - 1.0).max(0.0)
    }

    fn charge(&mut self, now: Timestamp, tokens: u32) {
        self.fill(now);
        self.level -= f64::from(tokens);
    }

    fn throttled(&mut self, now: Timestamp) {
        self.fill(now);
        self.level = self.level.min(0.0);
        if self.cut_at.is_none_or(|at| after(at, ONE_CUT_PER) <= now) {
            self.share = (self.share * CUT).max(LEAST);
            self.cut_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use peerway_model::{Access, Credentials};

    use super::*;
    use crate::clock::tokio_clock;

    fn place(name: &str, account: &str) -> Place {
        let access = Access {
            name: name.into(),
            account: account.parse().unwrap(),
            credentials: Credentials::Own,
        };
        Place { access: Arc::new(access), region: "us-west-2".parse().unwrap() }
    }

    fn service() -> Place {
        place("service", "111111111111")
    }

    fn pacing() -> Pacing {
        Pacing::new(tokio_clock(Timestamp::UNIX_EPOCH), BTreeMap::new())
    }

    fn go(pacing: &Pacing, who: &str, urgency: Urgency) -> bool {
        pacing.reserve(&service(), Action::CreateRoute, who, urgency) == Reservation::Go
    }

    /// How many different objects get through at once.
    fn burst(pacing: &Pacing, urgency: Urgency) -> usize {
        (0..1000).take_while(|number| go(pacing, &number.to_string(), urgency)).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_ends_where_the_share_of_the_urgent_begins() {
        let pacing = pacing();
        assert_eq!(burst(&pacing, Urgency::Ordinary), 40);
        assert_eq!(burst(&pacing, Urgency::Urgent), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_who_wait_come_in_their_order_at_the_buckets_pace() {
        let pacing = pacing();
        let start = tokio::time::Instant::now();
        let mut waiting: BTreeSet<(Timestamp, u32)> =
            (0..1000).map(|number| (pacing.clock.now(), number)).collect();
        let mut served = Vec::new();
        let mut asked = 0;
        while let Some((at, number)) = waiting.pop_first() {
            tokio::time::sleep(since(at, pacing.clock.now())).await;
            asked += 1;
            let answer = pacing.reserve(
                &service(),
                Action::CreateRoute,
                &number.to_string(),
                Urgency::Ordinary,
            );
            match answer {
                Reservation::Go => served.push(number),
                Reservation::NotBefore(at) => {
                    waiting.insert((at, number));
                }
            }
        }
        assert!(served.is_sorted(), "first come, first served");
        let floor = f64::from(1000 - 40) / 5.0;
        let took = start.elapsed().as_secs_f64();
        assert!(took <= floor * 1.001, "{took} s for {floor} s worth of tokens");
        assert!(asked <= 2000, "everybody asks twice at most: {asked}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_urgent_do_not_wait_behind_a_queue() {
        let pacing = pacing();
        for number in 0..200 {
            let _ = go(&pacing, &number.to_string(), Urgency::Ordinary);
        }
        assert!(go(&pacing, "repair", Urgency::Urgent));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_come_is_waited_for_no_longer_than_a_while() {
        let pacing = pacing();
        burst(&pacing, Urgency::Ordinary);
        for gone in ["one", "two", "three"] {
            assert!(!go(&pacing, gone, Urgency::Ordinary));
        }
        tokio::time::sleep(KEPT + Duration::from_secs(2)).await;
        assert!(go(&pacing, "four", Urgency::Ordinary));
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_halves_the_rate_once_and_it_grows_back() {
        let pacing = pacing();
        for _ in 0..8 {
            pacing.throttled(&service(), Action::CreateRoute);
        }
        let Reservation::NotBefore(at) =
            pacing.reserve(&service(), Action::CreateRoute, "a", Urgency::Urgent)
        else {
            panic!("the bucket is empty")
        };
        let wait = since(at, pacing.clock.now()).as_secs_f64();
        assert!((wait - 1.0 / 2.5).abs() < 0.01, "{wait}");
        tokio::time::sleep(Duration::from_mins(5)).await;
        assert_eq!(burst(&pacing, Urgency::Ordinary), 40);
        let Reservation::NotBefore(at) =
            pacing.reserve(&service(), Action::CreateRoute, "b", Urgency::Ordinary)
        else {
            panic!("the burst is over")
        };
        assert!(since(at, pacing.clock.now()) <= Duration::from_millis(401));
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_regions_and_actions_do_not_hold_each_other_up_but_two_names_of_one_account_share()
     {
        let pacing = pacing();
        burst(&pacing, Urgency::Ordinary);
        let ask = |place: &Place, action| pacing.reserve(place, action, "x", Urgency::Ordinary);
        assert_ne!(ask(&place("alias", "111111111111"), Action::CreateRoute), Reservation::Go);
        assert_eq!(ask(&place("other", "222222222222"), Action::CreateRoute), Reservation::Go);
        assert_eq!(ask(&service(), Action::DeleteRoute), Reservation::Go);
        let elsewhere = Place { region: "eu-west-1".parse().unwrap(), ..service() };
        assert_eq!(ask(&elsewhere, Action::CreateRoute), Reservation::Go);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_can_be_overridden_and_pages_are_charged_afterwards() {
        let rate = Rate::new(4.0, 1.0);
        let pacing = Pacing::new(
            tokio_clock(Timestamp::UNIX_EPOCH),
            BTreeMap::from([(Action::DescribeVpcs, rate)]),
        );
        pacing.token(&service(), Action::DescribeVpcs).await;
        pacing.charge(&service(), Action::DescribeVpcs, 5);
        let start = tokio::time::Instant::now();
        pacing.token(&service(), Action::DescribeVpcs).await;
        let waited = start.elapsed().as_secs_f64();
        assert!((waited - 3.0).abs() < 0.1, "{waited}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_eight_writes_are_under_way_and_reads_do_not_count() {
        let pacing = pacing();
        let mut permits = Vec::new();
        for _ in 0..IN_FLIGHT {
            permits.push(pacing.permit(&service(), Action::CreateRoute).await);
        }
        let place = service();
        let ninth = pacing.permit(&place, Action::DeleteRoute);
        assert!(tokio::time::timeout(Duration::from_secs(1), ninth).await.is_err());
        let _read = pacing.permit(&service(), Action::DescribeVpcs).await;
        permits.pop();
        let _ninth = pacing.permit(&service(), Action::DeleteRoute).await;
    }
}
