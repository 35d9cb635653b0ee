//! What AWS tells of one thing at a time only: asked once for all who want to know it, and kept with its age.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use peerway_model::clock::before;
use peerway_model::{
    AccountId, Action, Attachment, AutoScalingGroupName, AwsFailure, Caller, InstanceHealth,
    LoadBalancerAttributes, LoadBalancerName, LoadBalancerPolicy, PartKind, Place, Tags, Timestamp,
    Untold, VpcDns, VpcId,
};
use tokio::sync::Mutex as AsyncMutex;

use super::{Snapshots, lock};
use crate::error::ends_session;

/// How long a failure answers everybody: whoever asks again after that tries again.
const FAILED: Duration = Duration::from_secs(15);

/// An answer that one asks for on behalf of all, and when it was asked for.
pub(super) struct Answer<T> {
    result: Result<T, AwsFailure>,
    /// When it was its turn: it may have waited for that, and tells of nothing before.
    asked_at: Timestamp,
    /// When the last answer came that was no failure.
    last_good: Option<Timestamp>,
}

/// Whoever comes second waits at the lock, and takes the answer of the first.
pub(super) type Asked<T> = Arc<AsyncMutex<Option<Answer<T>>>>;

/// What was answered about each of many things, by their names.
struct Answers<K, T>(Mutex<BTreeMap<K, Kept<T>>>);

struct Kept<T> {
    /// When somebody last asked.
    used_at: Timestamp,
    asked: Asked<T>,
}

impl<K, T> Default for Answers<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord + Clone, T> Answers<K, T> {
    fn about(&self, key: &K, now: Timestamp) -> Asked<T> {
        let mut all = lock(&self.0);
        if let Some(kept) = all.get_mut(key) {
            kept.used_at = now;
            return kept.asked.clone();
        }
        let kept =
            all.entry(key.clone()).insert_entry(Kept { used_at: now, asked: Asked::default() });
        kept.get().asked.clone()
    }

    /// What was answered about one thing no longer counts, nor what is being answered right now.
    fn forget(&self, key: &K) {
        lock(&self.0).remove(key);
    }

    fn forget_all(&self) {
        lock(&self.0).clear();
    }

    fn forget_unused(&self, oldest: Timestamp) {
        lock(&self.0).retain(|_, kept| kept.used_at >= oldest);
    }
}

/// What was told one by one in a place.
#[derive(Default)]
pub(super) struct Details {
    vpc_dns: Answers<VpcId, VpcDns>,
    load_balancer_tags: Answers<LoadBalancerName, Tags>,
    load_balancer_attributes: Answers<LoadBalancerName, LoadBalancerAttributes>,
    load_balancer_policies: Answers<LoadBalancerName, Vec<LoadBalancerPolicy>>,
    instance_health: Answers<LoadBalancerName, Vec<InstanceHealth>>,
    attachments: Answers<AutoScalingGroupName, Vec<Attachment>>,
}

impl Details {
    pub(super) fn forget_load_balancer(&self, name: &LoadBalancerName) {
        self.load_balancer_tags.forget(name);
        self.load_balancer_attributes.forget(name);
        self.load_balancer_policies.forget(name);
        self.instance_health.forget(name);
    }

    pub(super) fn forget_group(&self, name: &AutoScalingGroupName) {
        self.attachments.forget(name);
    }

    /// Something of this kind was changed, and nobody knows which.
    pub(super) fn forget_kind(&self, kind: PartKind) {
        match kind {
            PartKind::LoadBalancers => {
                self.load_balancer_tags.forget_all();
                self.load_balancer_attributes.forget_all();
                self.load_balancer_policies.forget_all();
                self.instance_health.forget_all();
            }
            PartKind::AutoScalingGroups => self.attachments.forget_all(),
            // The attributes of a VPC are not ours to change.
            _ => {}
        }
    }

    /// Forgets what nobody has asked for since: what it is about may be long gone.
    pub(super) fn forget_unused(&self, oldest: Timestamp) {
        self.vpc_dns.forget_unused(oldest);
        self.load_balancer_tags.forget_unused(oldest);
        self.load_balancer_attributes.forget_unused(oldest);
        self.load_balancer_policies.forget_unused(oldest);
        self.instance_health.forget_unused(oldest);
        self.attachments.forget_unused(oldest);
    }
}

/// One method per thing that is told so.
macro_rules! details {
    ($($(#[$doc:meta])* $method:ident($key:ty) -> $answer:ty, $action:ident, $api:ident.$call:ident;)*) => {
        impl Snapshots {
            $(
                $(#[$doc])*
                ///
                /// Read no earlier than `not_older_than`, nor than our own last write to it; once for all who ask.
                ///
                /// # Errors
                /// When AWS does not tell.
                pub async fn $method(
                    &self,
                    place: &Place,
                    key: &$key,
                    not_older_than: Timestamp,
                ) -> Result<$answer, Untold> {
                    let shelf = self.place(place);
                    let asked = shelf.details.$method.about(key, self.clock.now());
                    let call = shelf.reader.$api.$call(key);
                    let ask = shelf.reader.detail(Action::$action, key.as_str(), call);
                    let failed_since = self.failed_since(not_older_than);
                    let (answer, last_good) =
                        self.ask(&asked, not_older_than, failed_since, ask).await;
                    answer.map_err(|failure| Untold { failure, last_good })
                }
            )*
        }
    };
}

details! {
    /// The tags of a Classic Load Balancer.
    load_balancer_tags(LoadBalancerName) -> Tags, DescribeTags, load_balancing.tags;
    /// The attributes of a Classic Load Balancer.
    load_balancer_attributes(LoadBalancerName) -> LoadBalancerAttributes,
        DescribeLoadBalancerAttributes, load_balancing.attributes;
    /// The policies of a Classic Load Balancer.
    load_balancer_policies(LoadBalancerName) -> Vec<LoadBalancerPolicy>,
        DescribeLoadBalancerPolicies, load_balancing.policies;
    /// What a Classic Load Balancer thinks of its instances.
    instance_health(LoadBalancerName) -> Vec<InstanceHealth>,
        DescribeInstanceHealth, load_balancing.instance_health;
    /// The Classic Load Balancers of an auto-scaling group, and how far each is.
    attachments(AutoScalingGroupName) -> Vec<Attachment>,
        DescribeTrafficSources, auto_scaling.attachments;
}

impl Snapshots {
    /// Which account the credentials of a place lead to, asked no earlier than `not_older_than`; a failure answers only
    /// those who accept one that old (`failed_since`). Once for all who ask.
    pub async fn caller(
        &self,
        place: &Place,
        not_older_than: Timestamp,
        failed_since: Timestamp,
    ) -> Caller {
        let slot = lock(&self.callers).entry(place.access.as_ref().clone()).or_default().clone();
        let call = || self.cloud.caller_account(&place.access, &place.region);
        let ask = async {
            let asked_at = self.clock.now();
            let answer = call().await;
            // That a session has ended says nothing of the credentials: the next call begins another.
            let code = answer.as_ref().err().and_then(|failure| failure.code.as_deref());
            let has_ended = code.is_some_and(ends_session);
            (asked_at, if has_ended { call().await } else { answer })
        };
        let (account, last_good): (Result<AccountId, _>, _) =
            self.ask(&slot, not_older_than, failed_since, ask).await;
        Caller { account, last_good }
    }

    /// The DNS attributes of a VPC, read no earlier than `not_older_than`. Once for all who ask.
    ///
    /// # Errors
    /// When AWS does not tell.
    pub async fn vpc_dns(
        &self,
        place: &Place,
        vpc: &VpcId,
        not_older_than: Timestamp,
    ) -> Result<VpcDns, AwsFailure> {
        let shelf = self.place(place);
        let asked = shelf.details.vpc_dns.about(vpc, self.clock.now());
        let ask = async {
            let asked_at = self.clock.now();
            let dns = shelf.reader.ec2.vpc_dns(vpc);
            let dns = shelf.reader.call(Action::DescribeVpcAttribute, dns).await;
            if dns.is_ok() {
                // Two attributes, two calls.
                self.pacing.charge(place, Action::DescribeVpcAttribute, 1);
            }
            (asked_at, dns)
        };
        self.ask(&asked, not_older_than, self.failed_since(not_older_than), ask).await.0
    }

    /// A failure answers nobody for as long as an answer would.
    fn failed_since(&self, not_older_than: Timestamp) -> Timestamp {
        not_older_than.max(before(self.clock.now(), FAILED))
    }

    async fn ask<T: Clone>(
        &self,
        slot: &Asked<T>,
        not_older_than: Timestamp,
        failed_since: Timestamp,
        ask: impl Future<Output = (Timestamp, Result<T, AwsFailure>)>,
    ) -> (Result<T, AwsFailure>, Option<Timestamp>) {
        let mut known = slot.lock().await;
        let is_young = |known: &&Answer<T>| {
            let oldest = if known.result.is_ok() { not_older_than } else { failed_since };
            known.asked_at >= oldest
        };
        if let Some(known) = known.as_ref().filter(is_young) {
            return (known.result.clone(), known.last_good);
        }
        let (asked_at, answer) = ask.await;
        let before = known.as_ref().and_then(|known| known.last_good);
        let last_good = if answer.is_ok() { Some(asked_at) } else { before };
        *known = Some(Answer { result: answer.clone(), asked_at, last_good });
        (answer, last_good)
    }
}

#[cfg(test)]
mod tests {
    use peerway_model::clock::after;

    use super::*;

    const LONG: Duration = Duration::from_mins(10);

    fn told(asked: &Asked<u8>) -> Option<u8> {
        asked.try_lock().unwrap().as_ref().map(|answer| *answer.result.as_ref().unwrap())
    }

    fn tell(asked: &Asked<u8>, value: u8) {
        let answer = Answer { result: Ok(value), asked_at: Timestamp::MIN, last_good: None };
        *asked.try_lock().unwrap() = Some(answer);
    }

    #[test]
    fn what_is_being_answered_while_it_is_forgotten_answers_nobody_later() {
        let answers = Answers::default();
        let start = Timestamp::UNIX_EPOCH;
        tell(&answers.about(&"a", start), 1);
        tell(&answers.about(&"b", start), 2);
        assert_eq!(told(&answers.about(&"a", start)), Some(1));
        let under_way = answers.about(&"a", start);
        answers.forget(&"a");
        tell(&under_way, 3);
        assert_eq!(told(&answers.about(&"a", start)), None);
        assert_eq!(told(&answers.about(&"b", start)), Some(2));
        answers.forget_all();
        assert_eq!(told(&answers.about(&"b", start)), None);
    }

    #[test]
    fn what_nobody_asks_for_goes_and_what_somebody_asks_for_stays() {
        let answers = Answers::default();
        let start = Timestamp::UNIX_EPOCH;
        for key in ["asked", "gone"] {
            tell(&answers.about(&key, start), 1);
        }
        answers.about(&"asked", after(start, LONG));
        answers.forget_unused(after(start, LONG / 2));
        assert_eq!(told(&answers.about(&"asked", start)), Some(1));
        assert_eq!(lock(&answers.0).len(), 1);
    }
}
