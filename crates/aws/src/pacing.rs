//! Token buckets in front of AWS's own, so that we slow down before AWS makes us.
//!
//! AWS keeps buckets per account and Region, which everything in the account shares: EC2 one per action, Elastic Load
//! Balancing one for all its actions and one for each group of them, Auto Scaling one for all. So do we, whichever
//! `AWSAccount` leads there. Nobody sleeps for a token in here: [`Pacing::reserve`] answers at once, and whoever must wait
//! keeps the place in the queue. Part of each bucket is kept for what is urgent. When AWS throttles us all the same,
//! somebody else draws from the same bucket: the rate is cut, and grows back.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peerway_model::action::{Effect, Service};
use peerway_model::clock::{after, since};
use peerway_model::{AccountId, Action, AwsFailure, Clock, FailureKind, Place, Region, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls under way at the same time, of each sort, per account and Region.
const IN_FLIGHT: usize = 8;
/// How long after its time a place in the queue is kept: whoever comes back looks again first, and may have to wait for that.
const KEPT: Duration = Duration::from_secs(30);
/// What is left of a rate after AWS throttled us, and the least that is ever left.
const CUT: f64 = 0.5;
const LEAST: f64 = 1.0 / 16.0;
/// One throttled answer is followed by others that were under way with it; they count once.
const ONE_CUT_PER: Duration = Duration::from_secs(1);
/// The share of the full rate that grows back per second.
const REGROWTH: f64 = 0.02;
/// The share of a bucket that only urgent calls may use.
const KEPT_FOR_URGENT: f64 = 0.2;
/// Tokens per second below which every one counts.
const SLOW: f64 = 1.0;

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

    /// The rate of the narrowest bucket that an action draws from
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>,
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html>).
    #[must_use]
    pub fn published(action: Action) -> Self {
        Pool::narrow(action).rate()
    }
}

/// A bucket: what draws from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pool {
    /// This action alone.
    Action(Action),
    /// Every action of Elastic Load Balancing. Those that read have a bucket of the same size to themselves, which can
    /// therefore never be the emptier one.
    Elb,
    /// Making balancers, and changing where they stand.
    ElbSlow,
    /// Registering and deregistering instances.
    ElbRegister,
    /// What else changes balancers.
    ElbWrite,
    /// Every action of Auto Scaling.
    AutoScaling,
}

impl Pool {
    /// The buckets that an action draws from, the narrower one first.
    fn of(action: Action) -> impl Iterator<Item = Self> {
        let narrow = Self::narrow(action);
        let wide = match narrow {
            Self::ElbSlow | Self::ElbRegister | Self::ElbWrite => Some(Self::Elb),
            Self::Action(_) | Self::Elb | Self::AutoScaling => None,
        };
        [Some(narrow), wide].into_iter().flatten()
    }

    fn narrow(action: Action) -> Self {
        match (action.service(), action.effect(), action) {
            (Service::Ec2 | Service::Sts, ..) => Self::Action(action),
            (Service::AutoScaling, ..) => Self::AutoScaling,
            (Service::ElasticLoadBalancing, Effect::Read, _) => Self::Elb,
            (
                ..,
                Action::CreateLoadBalancer
                | Action::AttachLoadBalancerToSubnets
                | Action::DetachLoadBalancerFromSubnets,
            ) => Self::ElbSlow,
            (
                ..,
                Action::RegisterInstancesWithLoadBalancer
                | Action::DeregisterInstancesFromLoadBalancer,
            ) => Self::ElbRegister,
            (Service::ElasticLoadBalancing, Effect::Write, _) => Self::ElbWrite,
        }
    }

    fn rate(self) -> Rate {
        match self {
            Self::Action(Action::CreateTags | Action::DeleteTags) => Rate::new(100.0, 10.0),
            Self::Action(Action::ModifyNetworkInterfaceAttribute) => Rate::new(100.0, 5.0),
            // STS takes 600 calls a second, and a role is assumed once an hour.
            Self::Action(action) => match (action.service(), action.effect()) {
                (Service::Sts, _) | (_, Effect::Read) => Rate::new(100.0, 20.0),
                (_, Effect::Write) => Rate::new(50.0, 5.0),
            },
            Self::Elb => Rate::new(40.0, 10.0),
            Self::ElbSlow => Rate::new(10.0, 0.2),
            Self::ElbRegister => Rate::new(20.0, 4.0),
            Self::ElbWrite => Rate::new(20.0, 3.0),
            // AWS does not tell; so little is drawn that nobody else in the account and Region should notice.
            Self::AutoScaling => Rate::new(20.0, 5.0),
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
    overrides: HashMap<Pool, Rate>,
    spots: Mutex<HashMap<(AccountId, Region), Arc<Spot>>>,
}

/// The buckets of one account and Region.
struct Spot {
    buckets: Mutex<HashMap<Pool, Bucket>>,
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

impl Pacing {
    /// Full buckets of the published sizes, other than the `overrides`: the rate of an action is that of the narrowest
    /// bucket it draws from, for all that draw from it.
    #[must_use]
    pub fn new(clock: Clock, overrides: BTreeMap<Action, Rate>) -> Self {
        let overrides = overrides.into_iter();
        let overrides = overrides.map(|(action, rate)| (Pool::narrow(action), rate)).collect();
        Self { clock, overrides, spots: Mutex::default() }
    }

    /// The time by which the buckets fill.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks for a token for `who`. Whoever is told to come later keeps the place in the queue for a while.
    pub fn reserve(
        &self,
        place: &Place,
        action: Action,
        who: &str,
        urgency: Urgency,
    ) -> Reservation {
        self.with_buckets(place, |buckets, now| {
            let mut pools = Pool::of(action).enumerate();
            let first_to_wait_for = pools.find_map(|(nth, pool)| {
                buckets.of(pool, now).wait(now, who, urgency).map(|at| (nth, at))
            });
            // All or nothing: no token of one bucket lies idle while another's is waited for, nor a place in its queue.
            let Some((nth, at)) = first_to_wait_for else {
                Pool::of(action).for_each(|pool| buckets.of(pool, now).take(who));
                return Reservation::Go;
            };
            for pool in Pool::of(action).take(nth + 1) {
                buckets.of(pool, now).queue(who, at, urgency);
            }
            Reservation::NotBefore(at)
        })
    }

    /// Waits for a token: for reads, which everybody shares and which hold up no visit of their own.
    pub async fn token(&self, place: &Place, action: Action, who: &str, urgency: Urgency) {
        while let Reservation::NotBefore(at) = self.reserve(place, action, who, urgency) {
            tokio::time::sleep(since(at, self.clock.now()).max(Duration::from_millis(1))).await;
        }
    }

    /// Takes the tokens of pages that were read behind one call. The bucket may go below nothing.
    pub fn charge(&self, place: &Place, action: Action, pages: usize) {
        let pages = u32::try_from(pages).unwrap_or(u32::MAX);
        self.with_buckets(place, |buckets, now| {
            Pool::of(action).for_each(|pool| buckets.of(pool, now).charge(now, pages));
        });
    }

    /// A call failed: slows down where AWS found it too fast. Who assumes a role too often on the way is told so by another
    /// service, and about its calls.
    pub fn heed(&self, place: &Place, action: Action, failure: &AwsFailure) {
        if failure.kind == FailureKind::Throttled && failure.operation == action.name() {
            self.throttled(place, action);
        }
    }

    /// AWS found us too fast. It does not say which bucket was empty; the narrowest is, most likely.
    fn throttled(&self, place: &Place, action: Action) {
        self.with_buckets(place, |buckets, now| {
            buckets.of(Pool::narrow(action), now).throttled(now);
        });
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

    fn with_buckets<R>(
        &self,
        place: &Place,
        act: impl FnOnce(&mut Buckets<'_>, Timestamp) -> R,
    ) -> R {
        let now = self.clock.now();
        let spot = self.spot(place);
        let mut all = lock(&spot.buckets);
        act(&mut Buckets { all: &mut all, overrides: &self.overrides }, now)
    }
}

/// The buckets of one place, to act on.
struct Buckets<'a> {
    all: &'a mut HashMap<Pool, Bucket>,
    overrides: &'a HashMap<Pool, Rate>,
}

impl Buckets<'_> {
    fn of(&mut self, pool: Pool, now: Timestamp) -> &mut Bucket {
        let rate = || self.overrides.get(&pool).copied().unwrap_or(pool.rate());
        self.all.entry(pool).or_insert_with(|| Bucket::full(rate(), now))
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

    /// Until when there is no token for `who`; nothing where there is one now.
    fn wait(&mut self, now: Timestamp, who: &str, urgency: Urgency) -> Option<Timestamp> {
        self.fill(now);
        self.queue.retain(|(waiting, at)| waiting == who || after(*at, KEPT) > now);
        let (kept, ahead) = match urgency {
            Urgency::Urgent => (0.0, 0),
            Urgency::Ordinary => {
                (self.kept_for_urgent(), self.place_of(who).unwrap_or(self.queue.len()))
            }
        };
        let ahead = f64::from(u32::try_from(ahead).unwrap_or(u32::MAX));
        let missing = ahead + 1.0 + kept - self.level;
        // A hair's breadth: times are whole nanoseconds, tokens are not.
        (missing > 1e-6).then(|| after(now, Duration::from_secs_f64(missing / self.speed())))
    }

    fn place_of(&self, who: &str) -> Option<usize> {
        self.queue.iter().position(|(waiting, _)| waiting == who)
    }

    fn take(&mut self, who: &str) {
        if let Some(place) = self.place_of(who) {
            self.queue.remove(place);
        }
        self.level -= 1.0;
    }

    /// Keeps a place for whoever was told to come later. The urgent need none: they are first whenever they come.
    fn queue(&mut self, who: &str, at: Timestamp, urgency: Urgency) {
        match self.place_of(who) {
            Some(place) => self.queue[place].1 = at,
            None if urgency == Urgency::Ordinary => self.queue.push_back((who.to_owned(), at)),
            None => {}
        }
    }

    /// A small bucket keeps nothing back: it would never be emptied at all. Nor does a slow one: whoever comes last would
    /// wait for what is kept.
    fn kept_for_urgent(&self) -> f64 {
        if self.rate.per_second < SLOW {
            return 0.0;
        }
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
    async fn only_what_was_throttled_itself_slows_down() {
        let pacing = pacing();
        let failed = |operation, kind| AwsFailure::new(operation, kind, None, "", None);
        for (operation, kind, goes) in [
            ("AssumeRole", FailureKind::Throttled, true),
            ("CreateRoute", FailureKind::Transient, true),
            ("CreateRoute", FailureKind::Throttled, false),
        ] {
            pacing.heed(&service(), Action::CreateRoute, &failed(operation, kind));
            assert_eq!(go(&pacing, operation, Urgency::Urgent), goes, "{operation} {kind:?}");
        }
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
        let token = async || {
            let (place, action) = (service(), Action::DescribeVpcs);
            pacing.token(&place, action, "snapshots", Urgency::Urgent).await;
        };
        token().await;
        pacing.charge(&service(), Action::DescribeVpcs, 5);
        let start = tokio::time::Instant::now();
        token().await;
        let waited = start.elapsed().as_secs_f64();
        assert!((waited - 3.0).abs() < 0.1, "{waited}");
    }

    /// How many calls of an action get through at once.
    fn calls(pacing: &Pacing, action: Action, urgency: Urgency) -> usize {
        let go = |number: &usize| {
            pacing.reserve(&service(), action, &format!("{action} {number}"), urgency)
                == Reservation::Go
        };
        (0..1000).take_while(go).count()
    }

    #[tokio::test(start_paused = true)]
    async fn all_calls_about_balancers_draw_from_one_bucket_and_writes_from_that_of_their_group_too()
     {
        let (urgent, pacing) = (Urgency::Urgent, pacing());
        assert_eq!(calls(&pacing, Action::AttachLoadBalancerToSubnets, urgent), 10);
        assert_eq!(calls(&pacing, Action::CreateLoadBalancer, urgent), 0, "the same slow bucket");
        assert_eq!(calls(&pacing, Action::AddTags, urgent), 20);
        assert_eq!(calls(&pacing, Action::ConfigureHealthCheck, urgent), 0);
        assert_eq!(
            calls(&pacing, Action::DescribeInstanceHealth, urgent),
            10,
            "what is left of 40"
        );
        assert_eq!(calls(&pacing, Action::RegisterInstancesWithLoadBalancer, urgent), 0);
        assert_eq!(calls(&pacing, Action::CreateRoute, urgent), 50, "EC2's are its own");
        assert_eq!(calls(&pacing, Action::AttachLoadBalancers, urgent), 20);
        assert_eq!(calls(&pacing, Action::DescribeAutoScalingGroups, urgent), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_the_slow_bucket_holds_up_nobody_in_the_wide_one() {
        let pacing = pacing();
        assert_eq!(calls(&pacing, Action::CreateLoadBalancer, Urgency::Ordinary), 10);
        for number in 0..100 {
            let who = format!("waiting {number}");
            let (place, action) = (service(), Action::CreateLoadBalancer);
            let answer = pacing.reserve(&place, action, &who, Urgency::Ordinary);
            assert_ne!(answer, Reservation::Go);
        }
        // 40, without the ten that were made, and eight for the urgent.
        assert_eq!(calls(&pacing, Action::DescribeTags, Urgency::Ordinary), 22);
    }

    #[tokio::test(start_paused = true)]
    async fn twenty_balancers_are_made_as_fast_as_aws_lets_them() {
        let pacing = pacing();
        let start = tokio::time::Instant::now();
        let mut waiting: BTreeSet<(Timestamp, u32)> =
            (0..20).map(|number| (pacing.clock.now(), number)).collect();
        while let Some((at, number)) = waiting.pop_first() {
            tokio::time::sleep(since(at, pacing.clock.now())).await;
            let (place, action) = (service(), Action::CreateLoadBalancer);
            let answer = pacing.reserve(&place, action, &number.to_string(), Urgency::Ordinary);
            if let Reservation::NotBefore(at) = answer {
                waiting.insert((at, number));
            }
        }
        let (took, floor) = (start.elapsed().as_secs_f64(), f64::from(20 - 10) / 0.2);
        assert!(took <= floor * 1.01, "{took} s for {floor} s worth of tokens");
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_kept_from_the_wide_bucket_keeps_the_place_in_the_narrow_one() {
        let pacing = pacing();
        let reserve =
            |action, who: &str| pacing.reserve(&service(), action, who, Urgency::Ordinary);
        assert_eq!(calls(&pacing, Action::DescribeTags, Urgency::Ordinary), 32);
        assert_eq!(calls(&pacing, Action::CreateLoadBalancer, Urgency::Urgent), 8);
        let Reservation::NotBefore(at) = reserve(Action::CreateLoadBalancer, "first") else {
            panic!("the wide bucket is empty")
        };
        for number in 0..2 {
            let who = format!("later {number}");
            assert_ne!(reserve(Action::CreateLoadBalancer, &who), Reservation::Go);
        }
        tokio::time::sleep(since(at, pacing.clock.now())).await;
        assert_ne!(reserve(Action::CreateLoadBalancer, "later 1"), Reservation::Go);
        assert_eq!(reserve(Action::CreateLoadBalancer, "first"), Reservation::Go);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_cuts_the_narrow_bucket_and_leaves_the_others_alone() {
        let pacing = pacing();
        pacing.throttled(&service(), Action::CreateLoadBalancer);
        assert_eq!(calls(&pacing, Action::CreateLoadBalancer, Urgency::Urgent), 0);
        assert_eq!(calls(&pacing, Action::DescribeTags, Urgency::Urgent), 40);
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
