//! What was read of AWS, as the data that plans are made from.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use peerway_model::{
    Attachment, AutoScalingGroup, AutoScalingGroupName, AwsFailure, Caller, Connection,
    Destination, Instance, InstanceHealth, Item, LoadBalancer, LoadBalancerAttributes,
    LoadBalancerName, LoadBalancerPolicy, NatGateway, NetworkAcl, NetworkInterface, Part, PartKind,
    Place, PrefixList, Reading, RouteTable, RouteTarget, SecurityGroup, SecurityGroupRule, Subnet,
    Tags, Timestamp, Untold, Vpc, VpcDns, VpcId, Zone,
};

use crate::Waiting;
use crate::vpc_peering::Sibling;

/// What was read, and when it is now.
#[derive(Debug, Clone)]
pub struct Observed<S = Vec<Sibling>> {
    /// Now.
    pub now: Timestamp,
    /// How far apart two agreeing reads must be to confirm a view.
    pub settle: Duration,
    /// When the last write for this object was answered, as far as this process knows.
    pub wrote_at: Option<Timestamp>,
    /// What was read of each place.
    pub views: BTreeMap<Place, View>,
    /// The other objects of this cluster that matter to the object.
    pub siblings: S,
}

/// What was read of one place.
#[derive(Debug, Clone)]
pub struct View {
    /// Which account the credentials lead to.
    pub caller: Caller,
    /// VPCs.
    pub vpcs: Reading<Vpc>,
    /// Subnets.
    pub subnets: Reading<Subnet>,
    /// Route tables.
    pub route_tables: Reading<RouteTable>,
    /// Peering connections.
    pub connections: Reading<Connection>,
    /// Security groups.
    pub security_groups: Reading<SecurityGroup>,
    /// Security group rules.
    pub security_group_rules: Reading<SecurityGroupRule>,
    /// NAT gateways; read only where a route table names one.
    pub nat_gateways: Option<Reading<NatGateway>>,
    /// Prefix lists; read only where a route table names one.
    pub prefix_lists: Option<Reading<PrefixList>>,
    /// Network ACLs; read only where subnets of ours are made.
    pub network_acls: Option<Reading<NetworkAcl>>,
    /// Availability Zones; read only where subnets of ours are made.
    pub zones: Option<Reading<Zone>>,
    /// Network interfaces; read only where subnets of ours are.
    pub network_interfaces: Option<Reading<NetworkInterface>>,
    /// Auto-scaling groups; read only where a spec selects some.
    pub auto_scaling_groups: Option<Reading<AutoScalingGroup>>,
    /// Classic Load Balancers; read only where one is kept.
    pub load_balancers: Option<Reading<LoadBalancer>>,
    /// Instances; read only where a spec selects some.
    pub instances: Option<Reading<Instance>>,
    /// DNS attributes of the VPCs for which somebody needs them.
    pub vpc_dns: BTreeMap<VpcId, Result<VpcDns, AwsFailure>>,
    /// What AWS tells only of one balancer at a time, of those for which somebody needs it.
    pub balancers: BTreeMap<LoadBalancerName, Details>,
    /// How far the attachments of auto-scaling groups are, of those for which somebody needs it.
    pub attachments: BTreeMap<AutoScalingGroupName, Result<Vec<Attachment>, Untold>>,
}

/// What AWS tells only of one balancer at a time, as far as it was asked.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Its tags.
    pub tags: Option<Result<Tags, Untold>>,
    /// Its attributes.
    pub attributes: Option<Result<LoadBalancerAttributes, Untold>>,
    /// Its policies.
    pub policies: Option<Result<Vec<LoadBalancerPolicy>, Untold>>,
    /// What it thinks of its instances.
    pub health: Option<Result<Vec<InstanceHealth>, Untold>>,
}

impl Details {
    /// Takes what `told` tells.
    pub fn take(&mut self, told: Self) {
        let Self { tags, attributes, policies, health } = told;
        self.tags = tags.or(self.tags.take());
        self.attributes = attributes.or(self.attributes.take());
        self.policies = policies.or(self.policies.take());
        self.health = health.or(self.health.take());
    }
}

/// One of [`Details`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Its tags.
    Tags,
    /// Its attributes.
    Attributes,
    /// Its policies.
    Policies,
    /// What it thinks of its instances.
    Health,
}

/// What is read only when somebody needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Parts beside those that everybody reads.
    pub parts: BTreeSet<(Place, PartKind)>,
    /// DNS attributes of these VPCs: to allow DNS resolution where it is not allowed yet. At rest nobody needs them.
    pub vpc_dns: BTreeSet<(Place, VpcId)>,
    /// What AWS tells only of one balancer at a time, and how old it may be while the spec stays as it is.
    pub balancers: BTreeMap<(Place, LoadBalancerName, Detail), Duration>,
    /// The attachments of these auto-scaling groups, and how old they may be.
    pub attachments: BTreeMap<(Place, AutoScalingGroupName), Duration>,
}

impl Needs {
    /// What the rows of a VPC's tables name, and only by it can be judged. What those of other VPCs name concerns nobody
    /// here: reading it could only fail.
    pub(crate) fn of_rows(&mut self, place: &Place, view: &View, vpc: &VpcId) {
        let rows = || {
            let tables = view.route_tables.part.iter().flat_map(|part| part.of(vpc.as_str()));
            tables.flat_map(|table| &table.routes)
        };
        if rows().any(|route| matches!(route.target, RouteTarget::NatGateway(_))) {
            self.parts.insert((place.clone(), PartKind::NatGateways));
        }
        if rows().any(|route| matches!(route.destination, Destination::PrefixList(_))) {
            self.parts.insert((place.clone(), PartKind::PrefixLists));
        }
    }
}

/// A part that an object read, and what of it concerns the object: the keys of items, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Where.
    pub place: Place,
    /// Which part.
    pub part: PartKind,
    /// Which items; `None` is any.
    pub keys: Option<BTreeSet<String>>,
}

/// A view of which every part could be read.
#[derive(Debug, Clone, Copy)]
pub struct Readable<'a> {
    /// Where.
    pub place: &'a Place,
    /// VPCs.
    pub vpcs: &'a Part<Vpc>,
    /// Subnets.
    pub subnets: &'a Part<Subnet>,
    /// Route tables.
    pub route_tables: &'a Part<RouteTable>,
    /// Peering connections.
    pub connections: &'a Part<Connection>,
    /// Security groups.
    pub security_groups: &'a Part<SecurityGroup>,
    /// Security group rules.
    pub security_group_rules: &'a Part<SecurityGroupRule>,
    /// NAT gateways, where a route table names one.
    pub nat_gateways: Option<&'a Part<NatGateway>>,
    /// Prefix lists, where a route table names one.
    pub prefix_lists: Option<&'a Part<PrefixList>>,
    /// DNS attributes, where somebody needs them.
    pub vpc_dns: &'a BTreeMap<VpcId, Result<VpcDns, AwsFailure>>,
}

impl Readable<'_> {
    /// Whether the list of VPCs left this one out: none is without a main route table
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>).
    pub(crate) fn leaves_out(&self, vpc: &VpcId) -> bool {
        let has_table = || self.route_tables.of(vpc.as_str()).next().is_some();
        self.vpcs.get(vpc).is_none() && has_table()
    }

    /// What is waited for then: nothing can be told of what is in it.
    pub(crate) fn until_listed(&self, vpc: &VpcId) -> Waiting {
        Waiting::Part {
            what: format!("AWS to list {vpc} again, whose route tables it lists"),
            place: self.place.clone(),
            part: PartKind::Vpcs,
        }
    }
}

/// A part that could not be read: what failed, and when it last could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where.
    pub place: Place,
    /// Why.
    pub failure: AwsFailure,
    /// When it was last read completely.
    pub last_good: Option<Timestamp>,
}

impl View {
    /// The view with every part, or everything that could not be read.
    ///
    /// # Errors
    /// One entry per unreadable part: nothing is decided from half a view.
    pub fn readable<'a>(&'a self, place: &'a Place) -> Result<Readable<'a>, Vec<Unreadable>> {
        let mut unreadable = Vec::new();
        let nat_gateways =
            self.nat_gateways.as_ref().and_then(|reading| part(place, reading, &mut unreadable));
        let prefix_lists =
            self.prefix_lists.as_ref().and_then(|reading| part(place, reading, &mut unreadable));
        match self.readable_to_remove(place) {
            Ok(readable) if unreadable.is_empty() => {
                Ok(Readable { nat_gateways, prefix_lists, ..readable })
            }
            Ok(_) => Err(unreadable),
            Err(mut failed) => {
                failed.extend(unreadable);
                Err(failed)
            }
        }
    }

    /// The view as far as a removal needs it. What a foreign row leads to only orders its steps, and may be unknown.
    ///
    /// # Errors
    /// One entry per unreadable part.
    pub fn readable_to_remove<'a>(
        &'a self,
        place: &'a Place,
    ) -> Result<Readable<'a>, Vec<Unreadable>> {
        let mut unreadable = Vec::new();
        if let Err(failure) = &self.caller.account {
            unreadable.push(Unreadable {
                place: place.clone(),
                failure: failure.clone(),
                last_good: self.caller.last_good,
            });
        }
        let vpcs = part(place, &self.vpcs, &mut unreadable);
        let subnets = part(place, &self.subnets, &mut unreadable);
        let route_tables = part(place, &self.route_tables, &mut unreadable);
        let connections = part(place, &self.connections, &mut unreadable);
        let security_groups = part(place, &self.security_groups, &mut unreadable);
        let rules = part(place, &self.security_group_rules, &mut unreadable);
        match (vpcs, subnets, route_tables, connections, security_groups, rules) {
            (
                Some(vpcs),
                Some(subnets),
                Some(route_tables),
                Some(connections),
                Some(security_groups),
                Some(security_group_rules),
            ) if unreadable.is_empty() => Ok(Readable {
                place,
                vpcs,
                subnets,
                route_tables,
                connections,
                security_groups,
                security_group_rules,
                nat_gateways: self.nat_gateways.as_ref().and_then(|reading| reading.current().ok()),
                prefix_lists: self.prefix_lists.as_ref().and_then(|reading| reading.current().ok()),
                vpc_dns: &self.vpc_dns,
            }),
            _ => Err(unreadable),
        }
    }
}

/// A part, or that it could not be read.
#[expect(clippy::result_large_err, reason = "a failure is data here, and rare")]
fn read<'a, T: Item>(place: &Place, reading: &'a Reading<T>) -> Result<&'a Part<T>, Unreadable> {
    reading.current().map_err(|failure| Unreadable {
        place: place.clone(),
        failure: failure.clone(),
        last_good: reading.part.as_ref().map(|part| part.ended_at),
    })
}

fn part<'a, T: Item>(
    place: &Place,
    reading: &'a Reading<T>,
    unreadable: &mut Vec<Unreadable>,
) -> Option<&'a Part<T>> {
    read(place, reading).map_err(|failed| unreadable.push(failed)).ok()
}

/// A part that only some read, if it was asked for.
#[expect(clippy::result_large_err, reason = "a failure is data here, and rare")]
pub(crate) fn needed<'a, T: Item>(
    place: &Place,
    reading: Option<&'a Reading<T>>,
) -> Result<Option<&'a Part<T>>, Unreadable> {
    reading.map(|reading| read(place, reading)).transpose()
}
