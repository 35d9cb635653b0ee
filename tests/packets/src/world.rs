//! The world between steps: one account in one Region, as a confirmed read would show it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use peerway_model::{
    AccountId, Caller, Connection, ConnectionId, Item, Part, Place, Reading, RouteTable,
    RouteTableId, SecurityGroup, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId,
    Timestamp, Vpc, VpcDns, Zone,
};
use peerway_plan::{Observed, View};

/// How far apart two agreeing reads are here.
pub const SETTLE: Duration = Duration::from_secs(5);

/// When it is.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("it is a time")
}

/// What stands in it at the beginning.
#[derive(Debug, Default)]
pub struct Things {
    /// VPCs.
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Route tables.
    pub tables: Vec<RouteTable>,
    /// Peering connections.
    pub connections: Vec<Connection>,
    /// Security groups.
    pub groups: Vec<SecurityGroup>,
    /// Their rules.
    pub rules: Vec<SecurityGroupRule>,
}

/// The world.
#[derive(Debug, Clone)]
pub struct World {
    /// What the planner is shown.
    pub observed: Observed,
    place: Place,
    given: u32,
}

impl World {
    /// A world with these things in it.
    #[must_use]
    pub fn of(place: &Place, account: &AccountId, things: Things) -> Self {
        let dns = VpcDns { support: true, hostnames: true };
        let vpc_dns: BTreeMap<_, _> =
            things.vpcs.iter().map(|vpc| (vpc.id.clone(), Ok(dns))).collect();
        let view = View {
            caller: Caller { account: Ok(account.clone()), last_good: Some(now()) },
            vpcs: confirmed(things.vpcs),
            subnets: confirmed(things.subnets),
            route_tables: confirmed(things.tables),
            connections: confirmed(things.connections),
            security_groups: confirmed(things.groups),
            security_group_rules: confirmed(things.rules),
            nat_gateways: Some(confirmed(Vec::new())),
            prefix_lists: Some(confirmed(Vec::new())),
            // No ACL blocks, and no balancer has come yet.
            network_acls: Some(confirmed(Vec::new())),
            zones: Some(confirmed(zones())),
            network_interfaces: Some(confirmed(Vec::new())),
            auto_scaling_groups: None,
            load_balancers: None,
            instances: None,
            vpc_dns,
            balancers: BTreeMap::new(),
            attachments: BTreeMap::new(),
        };
        let observed = Observed {
            now: now(),
            settle: SETTLE,
            wrote_at: None,
            views: [(place.clone(), view)].into(),
            siblings: Vec::new(),
        };
        Self { observed, place: place.clone(), given: 0 }
    }

    /// The one view.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.observed.views[&self.place]
    }

    /// What the planner is shown when it is to overlook all subnets.
    #[must_use]
    pub fn without_subnets(&self) -> Observed {
        let mut observed = self.observed.clone();
        for view in observed.views.values_mut() {
            view.subnets = confirmed(Vec::new());
        }
        observed
    }

    /// The world after a step, as `project` leaves it: what was made gets an id, as AWS would give it.
    pub fn becomes(&mut self, observed: Observed) {
        self.observed = observed;
        let Some(view) = self.observed.views.get_mut(&self.place) else { return };
        for pending in items(&view.connections).filter(|it| it.id.is_pending()).collect::<Vec<_>>()
        {
            self.given += 1;
            let id: ConnectionId = parsed(&format!("pcx-{:08x}", 0x0ff0_0000 + self.given));
            replace(&mut view.connections, &pending.id.clone(), Connection { id, ..pending });
        }
        for pending in items(&view.subnets).filter(|it| it.id.is_pending()).collect::<Vec<_>>() {
            self.given += 1;
            let id: SubnetId = parsed(&format!("subnet-{:08x}", 0x0ff0_0000 + self.given));
            replace(&mut view.subnets, &pending.id.clone(), Subnet { id, ..pending });
        }
        for pending in items(&view.route_tables).filter(|it| it.id.is_pending()).collect::<Vec<_>>()
        {
            self.given += 1;
            let id: RouteTableId = parsed(&format!("rtb-{:08x}", 0x0ff0_0000 + self.given));
            replace(&mut view.route_tables, &pending.id.clone(), RouteTable { id, ..pending });
        }
        for pending in
            items(&view.security_group_rules).filter(|it| it.id.is_pending()).collect::<Vec<_>>()
        {
            self.given += 1;
            let id: SecurityGroupRuleId = parsed(&format!("sgr-{:08x}", 0x0ff0_0000 + self.given));
            replace(
                &mut view.security_group_rules,
                &pending.id.clone(),
                SecurityGroupRule { id, ..pending },
            );
        }
    }
}

/// The zones that subnets lie in.
pub const ZONES: [&str; 3] = ["usw2-az1", "usw2-az2", "usw2-az3"];

fn zones() -> Vec<Zone> {
    let zone = |(id, letter): (&&str, char)| Zone {
        id: parsed(id),
        name: parsed(&format!("us-west-2{letter}")),
        is_availability_zone: true,
        is_available: true,
    };
    ZONES.iter().zip('a'..).map(zone).collect()
}

/// What a read shows.
pub fn items<T: Item + Clone>(reading: &Reading<T>) -> impl Iterator<Item = T> + '_ {
    reading.part.iter().flat_map(|part| part.iter()).cloned()
}

fn replace<T: Item>(reading: &mut Reading<T>, id: &T::Id, item: T) {
    let part = reading.part.take().expect("everything could be read");
    let part = Arc::unwrap_or_clone(part).without(id).with(item);
    reading.part = Some(Arc::new(part));
}

/// A read that agrees with an earlier one, long enough ago.
fn confirmed<T: Item + Clone>(things: Vec<T>) -> Reading<T> {
    let before = peerway_model::clock::before(now(), SETTLE * 2);
    let first = Part::first(things.clone(), before, before, Timestamp::MIN);
    let (second, _) = first.next(things, now(), now(), [], Timestamp::MIN);
    Reading::read(Arc::new(second))
}

/// What is spelled well.
///
/// # Panics
/// When it is not.
#[must_use]
pub fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("it is spelled well")
}
