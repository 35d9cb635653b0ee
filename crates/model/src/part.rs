//! What one complete read of a kind of thing in one place returned, and since when it has looked so.
//!
//! Every decision is made from parts, never from single describes: all objects of an account and Region share them, so
//! the number of reads does not grow with the number of objects.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::{Timestamp, after};
use crate::{
    AutoScalingGroupName, AwsFailure, ConnectionId, LoadBalancerName, NetworkAclId,
    NetworkInterfaceId, RouteTableId, SecurityGroupId, SecurityGroupRuleId, SubnetId,
};

/// The kinds of things that are read as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// VPCs.
    Vpcs,
    /// Subnets.
    Subnets,
    /// Route tables.
    RouteTables,
    /// VPC peering connections.
    Connections,
    /// Security groups.
    SecurityGroups,
    /// Security group rules.
    SecurityGroupRules,
    /// NAT gateways.
    NatGateways,
    /// Managed prefix lists.
    PrefixLists,
    /// Network ACLs.
    NetworkAcls,
    /// The zones of the Region.
    Zones,
    /// Network interfaces.
    NetworkInterfaces,
    /// Auto-scaling groups.
    AutoScalingGroups,
    /// Classic Load Balancers.
    LoadBalancers,
    /// EC2 instances.
    Instances,
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vpcs => "VPCs",
            Self::Subnets => "subnets",
            Self::RouteTables => "route tables",
            Self::Connections => "VPC peering connections",
            Self::SecurityGroups => "security groups",
            Self::SecurityGroupRules => "security group rules",
            Self::NatGateways => "NAT gateways",
            Self::PrefixLists => "managed prefix lists",
            Self::NetworkAcls => "network ACLs",
            Self::Zones => "zones",
            Self::NetworkInterfaces => "network interfaces",
            Self::AutoScalingGroups => "auto-scaling groups",
            Self::LoadBalancers => "load balancers",
            Self::Instances => "instances",
        })
    }
}

/// An item that a write of ours changed, so that what was read of it before no longer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// A connection; seen from both of its ends.
    Connection(ConnectionId),
    /// A route table.
    RouteTable(RouteTableId),
    /// A security group rule.
    SecurityGroupRule(SecurityGroupRuleId),
    /// A subnet.
    Subnet(SubnetId),
    /// A network ACL: its rules, or which subnets use it.
    NetworkAcl(NetworkAclId),
    /// A security group: that it is there, not its rules.
    SecurityGroup(SecurityGroupId),
    /// An auto-scaling group: the balancers it is attached to.
    AutoScalingGroup(AutoScalingGroupName),
    /// A balancer, with all that is told of it one by one.
    LoadBalancer(LoadBalancerName),
    /// A network interface: the security groups it carries.
    NetworkInterface(NetworkInterfaceId),
    /// Something of this kind, whose id we do not know: a create that was not answered.
    Unknown(PartKind),
}

impl Touched {
    /// Which part shows it.
    #[must_use]
    pub fn kind(&self) -> PartKind {
        match self {
            Self::Connection(_) => PartKind::Connections,
            Self::RouteTable(_) => PartKind::RouteTables,
            Self::SecurityGroupRule(_) => PartKind::SecurityGroupRules,
            Self::Subnet(_) => PartKind::Subnets,
            Self::NetworkAcl(_) => PartKind::NetworkAcls,
            Self::SecurityGroup(_) => PartKind::SecurityGroups,
            Self::AutoScalingGroup(_) => PartKind::AutoScalingGroups,
            Self::LoadBalancer(_) => PartKind::LoadBalancers,
            Self::NetworkInterface(_) => PartKind::NetworkInterfaces,
            Self::Unknown(kind) => *kind,
        }
    }
}

/// A thing that is read in a part.
pub trait Item: Clone + PartialEq + Send + Sync + fmt::Debug + 'static {
    /// What identifies it within its account and Region.
    type Id: Clone + Ord + Send + Sync + fmt::Debug + fmt::Display;

    /// Which part it belongs to.
    const KIND: PartKind;

    /// Its id.
    fn id(&self) -> &Self::Id;

    /// What an object may have registered for to be woken when this item changes: its own id and those of what it hangs on.
    fn keys(&self) -> Vec<&str>;

    /// Whether it has changed from `before` in nothing that anybody waits for, or that a decision rests on for good. What
    /// was read last is kept either way.
    fn is_like(&self, before: &Self) -> bool {
        self == before
    }

    /// What it is looked up by in its part ([`Part::of`]), beside its id.
    fn belongs_to(&self) -> Vec<&str> {
        self.keys().split_off(1)
    }
}

/// One complete read: all pages or nothing.
#[derive(Debug, Clone)]
pub struct Part<T: Item> {
    items: Arc<Items<T>>,
    /// When the read began. What was written after this moment may be missing.
    pub begun_at: Timestamp,
    /// When its last page was there.
    pub ended_at: Timestamp,
    /// Grows by one whenever the items differ from those of the read before.
    pub revision: u64,
    /// When the first read of this unbroken row of reads began.
    since: Timestamp,
    /// The reads with which single items came to look (or to be missing) as they do; younger than `since`.
    changed: BTreeMap<T::Id, Timestamp>,
    /// The last read that lacked what the one before it had.
    lacks_since: Option<Timestamp>,
    /// No view is confirmed before this moment: somebody may still be acting on an order we do not know the outcome of.
    unsettled_until: Timestamp,
}

/// The items of a read; reads that show the same share them.
#[derive(Debug)]
struct Items<T: Item> {
    by_id: BTreeMap<T::Id, Arc<T>>,
    /// The hashes of what items belong to, each with the item, in the order of hashes and ids. Made when first asked for:
    /// the thousands of visits that follow a read look up a few of the thousands of items each.
    index: OnceLock<Vec<(u64, Arc<T>)>>,
}

impl<T: Item> Items<T> {
    fn new(by_id: BTreeMap<T::Id, Arc<T>>) -> Arc<Self> {
        Arc::new(Self { by_id, index: OnceLock::new() })
    }

    fn index(&self) -> &[(u64, Arc<T>)] {
        self.index.get_or_init(|| {
            let mut index: Vec<(u64, Arc<T>)> = Vec::with_capacity(self.by_id.len());
            for item in self.by_id.values() {
                index.extend(item.belongs_to().into_iter().map(|key| (hash(key), item.clone())));
            }
            index.sort_by_key(|(hash, _)| *hash);
            index
        })
    }
}

fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// An item that differs between two reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The keys of the item before and after.
    pub keys: Vec<String>,
}

/// How long changes are remembered: longer than any settling time.
const MEMORY: Duration = Duration::from_mins(10);

impl<T: Item> Part<T> {
    /// The first read of a place.
    #[must_use]
    pub fn first(
        items: Vec<T>,
        begun_at: Timestamp,
        ended_at: Timestamp,
        unsettled_until: Timestamp,
    ) -> Self {
        let items = items.into_iter().map(|item| (item.id().clone(), Arc::new(item))).collect();
        Self {
            items: Items::new(items),
            begun_at,
            ended_at,
            revision: 1,
            since: begun_at,
            changed: BTreeMap::new(),
            lacks_since: None,
            unsettled_until,
        }
    }

    /// The read after `self`. `touched` are the items that we wrote after `self` began and before this read began: what
    /// was seen of them before no longer counts, even if it looks the same.
    #[must_use]
    pub fn next(
        &self,
        items: Vec<T>,
        begun_at: Timestamp,
        ended_at: Timestamp,
        touched: impl IntoIterator<Item = T::Id>,
        unsettled_until: Timestamp,
    ) -> (Self, Vec<Change>) {
        let mut changes = Vec::new();
        let mut changed: BTreeMap<T::Id, Timestamp> = self
            .changed
            .iter()
            .filter(|(_, at)| after(**at, MEMORY) > begun_at)
            .map(|(id, at)| (id.clone(), *at))
            .collect();
        changed.extend(touched.into_iter().map(|id| (id, begun_at)));

        let mut next = BTreeMap::new();
        let mut is_same = true;
        for item in items {
            let id = item.id().clone();
            let kept = match self.items.by_id.get(&id) {
                Some(before) if **before == item => before.clone(),
                Some(before) if item.is_like(before) => {
                    is_same = false;
                    Arc::new(item)
                }
                before => {
                    changes.push(Change { keys: keys_of(before.map(Arc::as_ref), Some(&item)) });
                    changed.insert(id.clone(), begun_at);
                    Arc::new(item)
                }
            };
            next.insert(id, kept);
        }
        for (id, gone) in self.items.by_id.iter().filter(|(id, _)| !next.contains_key(*id)) {
            changes.push(Change { keys: keys_of(Some(gone.as_ref()), None) });
            changed.insert(id.clone(), begun_at);
        }
        let lacks_one = self.items.by_id.keys().any(|id| !next.contains_key(id));
        let revision = self.revision + u64::from(!changes.is_empty());
        let is_same = is_same && changes.is_empty();
        let items = if is_same { self.items.clone() } else { Items::new(next) };
        let part = Self {
            items,
            begun_at,
            ended_at,
            revision,
            since: self.since,
            changed,
            lacks_since: if lacks_one { Some(begun_at) } else { self.lacks_since },
            unsettled_until,
        };
        (part, changes)
    }

    /// The item of this id.
    #[must_use]
    pub fn get(&self, id: &T::Id) -> Option<&T> {
        self.items.by_id.get(id).map(Arc::as_ref)
    }

    /// Every item, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.by_id.values().map(Arc::as_ref)
    }

    /// The items that belong to this ([`Item::belongs_to`]), in the order of ids: those of a VPC, the rules of a group.
    pub fn of<'p>(&'p self, key: &str) -> impl Iterator<Item = &'p T> + use<'p, T> {
        let (index, wanted, key) = (self.items.index(), hash(key), key.to_owned());
        let from = index.partition_point(|(hash, _)| *hash < wanted);
        let found = index[from..].iter().take_while(move |(hash, _)| *hash == wanted);
        // Two keys may have one hash.
        found
            .map(|(_, item)| item.as_ref())
            .filter(move |item| item.belongs_to().contains(&key.as_str()))
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.by_id.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.by_id.is_empty()
    }

    /// Since when this item has been as it is (or missing), in every read.
    #[must_use]
    pub fn same_since(&self, id: &T::Id) -> Timestamp {
        self.changed.get(id).copied().unwrap_or(self.since).max(self.since)
    }

    /// When the view of this item is confirmed at the earliest: two agreeing complete reads, `settle` apart, begun after
    /// our last write and after every unsettled moment. Reads lag and flap; only a confirmed view may lead to something
    /// that cannot be taken back (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
    #[must_use]
    pub fn confirmed_from(&self, id: &T::Id, settle: Duration) -> Timestamp {
        after(self.same_since(id), settle).max(self.unsettled_until)
    }

    /// When it is certain at the earliest that a read leaves nothing out: one that lacks what the one before had is
    /// believed after a second look, like anything else that is gone.
    #[must_use]
    pub fn whole_from(&self, settle: Duration) -> Timestamp {
        self.lacks_since.map_or(Timestamp::MIN, |at| after(at, settle))
    }

    /// The same, where an item that only looks otherwise is not to be believed at once, either.
    #[must_use]
    pub fn still_from(&self, settle: Duration) -> Timestamp {
        let changed = self.changed.values().max().map(|at| after(*at, settle));
        changed.map_or(Timestamp::MIN, |at| at.max(self.whole_from(settle)))
    }

    /// Whether the view of this item is confirmed.
    #[must_use]
    pub fn is_confirmed(&self, id: &T::Id, settle: Duration) -> bool {
        self.begun_at >= self.confirmed_from(id, settle)
    }

    /// Whether the view as a whole is confirmed, for what is not there under any id we know: every read for `settle`, the
    /// last begun after `written_at` by as much, and after any that lacked what the one before it had.
    #[must_use]
    pub fn is_quiet(&self, settle: Duration, written_at: Option<Timestamp>) -> bool {
        self.begun_at >= self.quiet_from(settle, written_at)
    }

    /// When [`Part::is_quiet`] becomes possible at the earliest.
    #[must_use]
    pub fn quiet_from(&self, settle: Duration, written_at: Option<Timestamp>) -> Timestamp {
        let start =
            [written_at, self.lacks_since].into_iter().flatten().fold(self.since, Timestamp::max);
        after(start, settle).max(self.unsettled_until)
    }

    /// The same read with one item put in or replaced: for projecting a plan, never for what AWS answered.
    #[must_use]
    pub fn with(self, item: T) -> Self {
        let mut items = self.items.by_id.clone();
        items.insert(item.id().clone(), Arc::new(item));
        Self { items: Items::new(items), ..self }
    }

    /// The same read without one item: for projecting a plan, never for what AWS answered.
    #[must_use]
    pub fn without(self, id: &T::Id) -> Self {
        let mut items = self.items.by_id.clone();
        items.remove(id);
        Self { items: Items::new(items), ..self }
    }
}

fn keys_of<T: Item>(before: Option<&T>, now: Option<&T>) -> Vec<String> {
    let mut keys: Vec<String> =
        before.into_iter().chain(now).flat_map(T::keys).map(str::to_owned).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What is known of a part: the last complete read, and the failure of a later attempt, if there was one.
#[derive(Debug, Clone)]
pub struct Reading<T: Item> {
    /// The last complete read.
    pub part: Option<Arc<Part<T>>>,
    /// The failure of the last attempt, when it came after that read.
    pub failure: Option<AwsFailure>,
}

impl<T: Item> Reading<T> {
    /// A read that succeeded.
    #[must_use]
    pub fn read(part: Arc<Part<T>>) -> Self {
        Self { part: Some(part), failure: None }
    }

    /// The part, unless it could not be read now: an old part beside a failure is good for a status, not for a decision.
    ///
    /// # Errors
    /// The failure of the last attempt.
    pub fn current(&self) -> Result<&Part<T>, &AwsFailure> {
        match (&self.failure, &self.part) {
            (Some(failure), _) => Err(failure),
            (None, Some(part)) => Ok(part),
            (None, None) => unreachable!("a reading holds a part or a failure"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NatConnectivity, NatGateway, NatGatewayId, Subnet, Tags};

    const SETTLE: Duration = Duration::from_secs(5);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn nat(id: &str, connectivity: NatConnectivity) -> NatGateway {
        NatGateway { id: id.parse().unwrap(), vpc: "vpc-00000001".parse().unwrap(), connectivity }
    }

    fn id(text: &str) -> NatGatewayId {
        text.parse().unwrap()
    }

    const A: &str = "nat-0000000a";
    const B: &str = "nat-0000000b";

    fn first() -> Part<NatGateway> {
        Part::first(vec![nat(A, NatConnectivity::Public)], at(0), at(1), Timestamp::MIN)
    }

    #[test]
    fn one_read_confirms_nothing_and_two_that_agree_do() {
        let part = first();
        assert!(!part.is_confirmed(&id(A), SETTLE));
        let (soon, changes) =
            part.next(vec![nat(A, NatConnectivity::Public)], at(4), at(4), [], Timestamp::MIN);
        assert!(changes.is_empty());
        assert!(!soon.is_confirmed(&id(A), SETTLE));
        let (later, _) =
            soon.next(vec![nat(A, NatConnectivity::Public)], at(5), at(5), [], Timestamp::MIN);
        assert!(later.is_confirmed(&id(A), SETTLE));
        assert!(later.is_confirmed(&id(B), SETTLE), "absence is confirmed the same way");
        assert_eq!(later.revision, 1);
    }

    #[test]
    fn items_are_found_by_what_they_belong_to_in_every_read() {
        let of = |part: &Part<NatGateway>, vpc| -> Vec<String> {
            part.of(vpc).map(|item| item.id.to_string()).collect()
        };
        let elsewhere =
            NatGateway { vpc: "vpc-00000002".parse().unwrap(), ..nat(B, NatConnectivity::Public) };
        let both = vec![elsewhere, nat(A, NatConnectivity::Public)];
        let (part, _) = first().next(both, at(10), at(10), [], Timestamp::MIN);
        assert_eq!(of(&part, "vpc-00000001"), [A]);
        assert_eq!(of(&part, "vpc-00000002"), [B]);
        assert!(of(&part, A).is_empty(), "its own id is not what it belongs to");
        let part = part.with(nat(B, NatConnectivity::Public));
        assert_eq!(of(&part, "vpc-00000001"), [A, B]);
        let part = part.without(&id(A));
        assert_eq!(of(&part, "vpc-00000001"), [B]);
        assert!(of(&part, "vpc-00000002").is_empty());
    }

    #[test]
    fn a_change_a_disappearance_and_a_return_start_anew() {
        let (changed, changes) = first().next(
            vec![nat(A, NatConnectivity::Private)],
            at(10),
            at(10),
            [],
            Timestamp::MIN,
        );
        assert_eq!(changes, vec![Change { keys: vec![A.to_owned(), "vpc-00000001".to_owned()] }]);
        assert_eq!(changed.same_since(&id(A)), at(10));
        let (gone, changes) = changed.next(vec![], at(20), at(20), [], Timestamp::MIN);
        assert_eq!(changes.len(), 1);
        assert!(!gone.is_confirmed(&id(A), SETTLE));
        let (back, _) =
            gone.next(vec![nat(A, NatConnectivity::Private)], at(30), at(30), [], Timestamp::MIN);
        assert_eq!(back.same_since(&id(A)), at(30));
        assert_eq!(back.revision, 4);
    }

    #[test]
    fn what_we_wrote_is_looked_at_anew_even_if_it_looks_the_same() {
        let (part, changes) = first().next(
            vec![nat(A, NatConnectivity::Public)],
            at(10),
            at(10),
            [id(A)],
            Timestamp::MIN,
        );
        assert!(changes.is_empty());
        assert_eq!(part.same_since(&id(A)), at(10));
        assert!(!part.is_confirmed(&id(A), SETTLE));
    }

    #[test]
    fn what_changes_all_the_time_is_kept_up_with_and_no_news() {
        let subnet = |available_addresses, zone: &str| Subnet {
            id: "subnet-0000000a".parse().unwrap(),
            vpc: "vpc-00000001".parse().unwrap(),
            zone: zone.parse().unwrap(),
            cidrs: vec!["10.0.0.0/26".parse().unwrap()],
            available_addresses,
            tags: Tags::new(),
        };
        let part = Part::first(vec![subnet(59, "usw2-az1")], at(0), at(0), Timestamp::MIN);
        let (part, changes) =
            part.next(vec![subnet(58, "usw2-az1")], at(5), at(5), [], Timestamp::MIN);
        let id = "subnet-0000000a".parse().unwrap();
        assert_eq!((changes, part.revision), (vec![], 1));
        assert_eq!(part.get(&id).unwrap().available_addresses, 58);
        assert!(part.is_confirmed(&id, SETTLE));
        let (part, changes) =
            part.next(vec![subnet(57, "usw2-az2")], at(10), at(10), [], Timestamp::MIN);
        assert_eq!((changes.len(), part.revision), (1, 2));
        assert!(!part.is_confirmed(&id, SETTLE));
    }

    #[test]
    fn nothing_is_confirmed_while_an_order_of_unknown_outcome_may_still_land() {
        let (part, _) =
            first().next(vec![nat(A, NatConnectivity::Public)], at(20), at(20), [], at(30));
        assert!(!part.is_confirmed(&id(A), SETTLE));
        let (part, _) =
            part.next(vec![nat(A, NatConnectivity::Public)], at(31), at(31), [], at(30));
        assert!(part.is_confirmed(&id(A), SETTLE));
    }
}
