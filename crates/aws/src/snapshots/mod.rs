//! What was last read of every place, shared by all objects.
//!
//! A part is the whole Region's things of one kind. It is read when somebody asks for a younger read than there is, once
//! for all who ask, and by the poller. What differs between two reads wakes the objects that registered for it.

mod interests;
mod one_by_one;
mod poller;
mod reader;
mod slot;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use peerway_model::clock::{after, before};
use peerway_model::{
    Access, AccountId, Action, AutoScalingGroup, AwsFailure, Clock, Connection, FailureKind,
    Instance, Item, LoadBalancer, LoadBalancerName, NatGateway, NetworkAcl, NetworkInterface, Part,
    PartKind, Place, PrefixList, Reading, RouteTable, SecurityGroup, SecurityGroupRule, Subnet,
    Timestamp, Touched, Vpc, Zone,
};
use tokio::sync::mpsc;

pub use interests::{Interest, Interests, Keys};
use one_by_one::{Asked, Details};
pub use poller::poll;
use reader::Reader;
use slot::{AnySlot, List, Outcome, Slot};

use crate::{Cloud, Pacing};

/// How long a place, or an answer about one thing, is kept that nobody reads: longer than anything written there can matter.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(10);

/// How long snapshots trust what they do not know.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotsConfig {
    /// How long a read of one part may take, with all its pages.
    pub read_limit: Duration,
    /// How long a write whose answer was lost may still land: no view of its part is confirmed before.
    pub landing: Duration,
    /// How long after the start the writes of a predecessor may still land.
    pub takeover: Duration,
}

impl Default for SnapshotsConfig {
    fn default() -> Self {
        Self {
            read_limit: Duration::from_mins(2),
            landing: Duration::from_secs(30),
            takeover: Duration::from_secs(30),
        }
    }
}

/// Something differs from the read before, or can no longer be read, or can be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Where.
    pub place: Place,
    /// In which part.
    pub kind: PartKind,
    /// The keys of the items that differ; `None` concerns whoever uses the part.
    pub keys: Option<Vec<String>>,
}

/// The snapshots of every place.
pub struct Snapshots {
    cloud: Arc<dyn Cloud>,
    pacing: Arc<Pacing>,
    clock: Clock,
    config: SnapshotsConfig,
    started_at: Timestamp,
    changes: mpsc::UnboundedSender<Changed>,
    places: Mutex<HashMap<Place, Arc<PlaceSnapshots>>>,
    callers: Mutex<HashMap<Access, Asked<AccountId>>>,
}

/// The parts of one place.
struct PlaceSnapshots {
    /// When somebody last asked for any of them.
    used_at: Mutex<Timestamp>,
    reader: Reader,
    vpcs: Arc<Slot<Vpc>>,
    subnets: Arc<Slot<Subnet>>,
    route_tables: Arc<Slot<RouteTable>>,
    connections: Arc<Slot<Connection>>,
    security_groups: Arc<Slot<SecurityGroup>>,
    security_group_rules: Arc<Slot<SecurityGroupRule>>,
    nat_gateways: Arc<Slot<NatGateway>>,
    prefix_lists: Arc<Slot<PrefixList>>,
    network_acls: Arc<Slot<NetworkAcl>>,
    zones: Arc<Slot<Zone>>,
    network_interfaces: Arc<Slot<NetworkInterface>>,
    auto_scaling_groups: Arc<Slot<AutoScalingGroup>>,
    load_balancers: Arc<Slot<LoadBalancer>>,
    instances: Arc<Slot<Instance>>,
    details: Details,
}

/// One method per part, and every match over the kinds of parts: a new part is one line here, beside its field.
macro_rules! part_reads {
    ($($(#[$doc:meta])* $method:ident: $item:ty, $kind:ident, $list:expr;)*) => {
        impl Snapshots {
            $(
                $(#[$doc])*
                pub async fn $method(&self, place: &Place, not_older_than: Timestamp) -> Reading<$item> {
                    let shelf = self.place(place);
                    let reader = shelf.reader.clone();
                    let list: fn(Reader, Option<Arc<Part<$item>>>) -> List<$item> = $list;
                    let list = move |before| list(reader.clone(), before);
                    shelf.$method.get(not_older_than, list, self.teller(place, PartKind::$kind)).await
                }
            )*

            /// Reads a part again, if it is older than `not_older_than`, for those who only want to hear of changes.
            pub async fn refresh(&self, place: &Place, kind: PartKind, not_older_than: Timestamp) {
                match kind {
                    $(PartKind::$kind => drop(self.$method(place, not_older_than).await),)*
                }
            }
        }

        impl PlaceSnapshots {
            /// A part, whatever is in it.
            fn slot(&self, kind: PartKind) -> &dyn AnySlot {
                match kind {
                    $(PartKind::$kind => &*self.$method,)*
                }
            }
        }
    };
}

/// A list that is one action and nothing else.
macro_rules! list {
    ($action:ident, $method:ident) => {
        |reader, _| async move { reader.list(Action::$action, reader.ec2.$method()).await }.boxed()
    };
}

part_reads! {
    /// The VPCs of a place.
    vpcs: Vpc, Vpcs, list!(DescribeVpcs, list_vpcs);
    /// The subnets of a place.
    subnets: Subnet, Subnets, list!(DescribeSubnets, list_subnets);
    /// The route tables of a place.
    route_tables: RouteTable, RouteTables, list!(DescribeRouteTables, list_route_tables);
    /// The peering connections that a place sees.
    connections: Connection, Connections, list!(DescribeVpcPeeringConnections, list_connections);
    /// The security groups of a place.
    security_groups: SecurityGroup, SecurityGroups, list!(DescribeSecurityGroups, list_security_groups);
    /// The security group rules of a place.
    security_group_rules: SecurityGroupRule, SecurityGroupRules,
        list!(DescribeSecurityGroupRules, list_security_group_rules);
    /// The NAT gateways of a place.
    nat_gateways: NatGateway, NatGateways, list!(DescribeNatGateways, list_nat_gateways);
    /// The managed prefix lists of a place, with their entries.
    prefix_lists: PrefixList, PrefixLists, |reader, before| list_prefix_lists(reader, before).boxed();
    /// The network ACLs of a place.
    network_acls: NetworkAcl, NetworkAcls, list!(DescribeNetworkAcls, list_network_acls);
    /// The zones of a place.
    zones: Zone, Zones, list!(DescribeAvailabilityZones, list_zones);
    /// The network interfaces of a place.
    network_interfaces: NetworkInterface, NetworkInterfaces,
        list!(DescribeNetworkInterfaces, list_network_interfaces);
    /// The auto-scaling groups of a place.
    auto_scaling_groups: AutoScalingGroup, AutoScalingGroups, |reader, _| async move {
        reader.list(Action::DescribeAutoScalingGroups, reader.auto_scaling.list_groups()).await
    }
    .boxed();
    /// The Classic Load Balancers of a place.
    load_balancers: LoadBalancer, LoadBalancers, |reader, _| async move {
        let list = reader.load_balancing.list_load_balancers();
        reader.list(Action::DescribeLoadBalancers, list).await
    }
    .boxed();
    /// The instances of a place.
    instances: Instance, Instances, list!(DescribeInstances, list_instances);
}

/// The list call does not answer entries; they are read once per version of a list.
async fn list_prefix_lists(
    reader: Reader,
    before: Option<Arc<Part<PrefixList>>>,
) -> Result<Vec<PrefixList>, AwsFailure> {
    let mut lists = Vec::new();
    let heads =
        reader.list(Action::DescribeManagedPrefixLists, reader.ec2.list_prefix_lists()).await?;
    for head in heads {
        let known = before
            .as_ref()
            .and_then(|part| part.get(&head.id))
            .filter(|known| known.version == head.version)
            .and_then(|known| known.entries.clone());
        let entries = match known {
            Some(entries) => Some(entries),
            None if head.is_owned_by_aws => Some(Vec::new()),
            None => {
                let entries = reader.ec2.prefix_list_entries(&head.id);
                match reader.list(Action::GetManagedPrefixListEntries, entries).await {
                    Ok(entries) => Some(entries),
                    // A list shared with us may refuse to be looked into, and one may be gone by now. That blocks whoever
                    // needs it, not the other lists.
                    Err(AwsFailure {
                        kind: FailureKind::Denied | FailureKind::NotFound | FailureKind::Invalid,
                        ..
                    }) => None,
                    // What passes is no answer about the list.
                    Err(failure) => return Err(failure),
                }
            }
        };
        lists.push(PrefixList {
            id: head.id,
            is_owned_by_aws: head.is_owned_by_aws,
            version: head.version,
            entries,
        });
    }
    Ok(lists)
}

impl Snapshots {
    /// Empty snapshots of what `cloud` leads to, read at this pace, and the stream of what changes in them.
    #[must_use]
    pub fn new(
        cloud: Arc<dyn Cloud>,
        pacing: Arc<Pacing>,
        clock: Clock,
        config: SnapshotsConfig,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Changed>) {
        let (changes, receiver) = mpsc::unbounded_channel();
        let started_at = clock.now();
        let (places, callers) = (Mutex::default(), Mutex::default());
        (
            Arc::new(Self { cloud, pacing, clock, config, started_at, changes, places, callers }),
            receiver,
        )
    }

    /// Forgets the places that nobody has read for a while, other than those `in_use`: an edited role or external id is
    /// another place. Not at once: what was written there lately must still count.
    fn forget_unused(&self, in_use: impl Fn(&Place) -> bool) {
        let oldest = before(self.clock.now(), FORGOTTEN_AFTER);
        for shelf in lock(&self.places).values() {
            shelf.details.forget_unused(oldest);
        }
        let is_unused = |place: &Place, shelf: &mut Arc<PlaceSnapshots>| {
            !in_use(place) && *lock(&shelf.used_at) < oldest
        };
        let gone: Vec<Place> = lock(&self.places)
            .extract_if(|place, shelf| is_unused(place, shelf))
            .map(|(place, _)| place)
            .collect();
        if gone.is_empty() {
            return;
        }
        let kept: HashSet<Access> =
            lock(&self.places).keys().map(|place| place.access.as_ref().clone()).collect();
        lock(&self.callers).retain(|access, _| kept.contains(access));
        for place in gone {
            self.cloud.forget(&place);
        }
    }

    /// Whether a part differs from what was read with `revision`: a change between an object's read and its registering
    /// for changes would wake nobody.
    #[must_use]
    pub fn has_moved(&self, place: &Place, kind: PartKind, revision: u64) -> bool {
        let now = self.place(place).slot(kind).revision();
        now.is_some_and(|now| now != revision)
    }

    /// Whether parts show what was read with these revisions, to whoever wants them no older than that: a read would
    /// answer at once, and the same.
    #[must_use]
    pub fn are_still(
        &self,
        place: &Place,
        parts: &[(PartKind, u64)],
        not_older_than: Timestamp,
    ) -> bool {
        let shelf = self.place(place);
        parts.iter().all(|(kind, revision)| shelf.slot(*kind).is_still(*revision, not_older_than))
    }

    /// Notes a write of ours, at the moment it was answered (or given up): what was read before no longer counts.
    pub fn wrote(&self, place: &Place, touched: &Touched) {
        let shelf = self.place(place);
        match touched {
            Touched::Connection(id) => shelf.connections.touch(id.clone()),
            Touched::RouteTable(id) => shelf.route_tables.touch(id.clone()),
            Touched::SecurityGroupRule(id) => shelf.security_group_rules.touch(id.clone()),
            Touched::Subnet(id) => shelf.subnets.touch(id.clone()),
            Touched::NetworkAcl(id) => shelf.network_acls.touch(id.clone()),
            Touched::SecurityGroup(id) => shelf.security_groups.touch(id.clone()),
            Touched::NetworkInterface(id) => shelf.network_interfaces.touch(id.clone()),
            Touched::AutoScalingGroup(name) => {
                shelf.auto_scaling_groups.touch(name.clone());
                shelf.details.forget_group(name);
            }
            Touched::LoadBalancer(name) => {
                shelf.load_balancers.touch(name.clone());
                shelf.details.forget_load_balancer(name);
            }
            Touched::Unknown(kind) => {
                shelf.slot(*kind).touch_unknown(self.config.landing);
                shelf.details.forget_kind(*kind);
            }
        }
    }

    /// Notes that AWS contradicted what was read: nobody is answered from a read that began before now.
    pub fn outdated(&self, place: &Place, kind: PartKind) {
        let shelf = self.place(place);
        shelf.slot(kind).touch_unknown(Duration::ZERO);
        shelf.details.forget_kind(kind);
    }

    /// Notes that what was told of a balancer by itself may no longer hold: it is asked for anew.
    pub fn forget_details(&self, place: &Place, name: &LoadBalancerName) {
        self.place(place).details.forget_load_balancer(name);
    }

    fn place(&self, place: &Place) -> Arc<PlaceSnapshots> {
        let now = self.clock.now();
        let mut places = lock(&self.places);
        let known = places.get(place).cloned();
        let shelf = known.unwrap_or_else(|| {
            places.entry(place.clone()).or_insert_with(|| Arc::new(self.empty(place))).clone()
        });
        drop(places);
        *lock(&shelf.used_at) = now;
        shelf
    }

    fn empty(&self, place: &Place) -> PlaceSnapshots {
        let unsettled_until = after(self.started_at, self.config.takeover);
        PlaceSnapshots {
            used_at: Mutex::new(self.clock.now()),
            reader: Reader {
                ec2: self.cloud.ec2(place),
                auto_scaling: self.cloud.auto_scaling(place),
                load_balancing: self.cloud.load_balancing(place),
                pacing: self.pacing.clone(),
                place: place.clone(),
            },
            vpcs: self.slot(unsettled_until),
            subnets: self.slot(unsettled_until),
            route_tables: self.slot(unsettled_until),
            connections: self.slot(unsettled_until),
            security_groups: self.slot(unsettled_until),
            security_group_rules: self.slot(unsettled_until),
            nat_gateways: self.slot(unsettled_until),
            prefix_lists: self.slot(unsettled_until),
            network_acls: self.slot(unsettled_until),
            zones: self.slot(unsettled_until),
            network_interfaces: self.slot(unsettled_until),
            auto_scaling_groups: self.slot(unsettled_until),
            load_balancers: self.slot(unsettled_until),
            instances: self.slot(unsettled_until),
            details: Details::default(),
        }
    }

    fn slot<T: Item>(&self, unsettled_until: Timestamp) -> Arc<Slot<T>> {
        Slot::new(self.clock.clone(), self.config.read_limit, unsettled_until)
    }

    fn teller(
        &self,
        place: &Place,
        kind: PartKind,
    ) -> impl Fn(Outcome) + Send + Sync + Clone + 'static {
        let changes = self.changes.clone();
        let place = place.clone();
        move |outcome| {
            let keys = match outcome {
                Outcome::Same => return,
                Outcome::Readability => None,
                Outcome::Differs(items) => {
                    Some(items.into_iter().flat_map(|change| change.keys).collect())
                }
            };
            // Nobody listens any more once the program ends.
            let _ = changes.send(Changed { place: place.clone(), kind, keys });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
