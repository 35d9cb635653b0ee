//! What may differ between worlds: seed, clock, times, quotas, and the few points on which AWS is not known for certain.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::SimClock;
use crate::weather::Conditions;

/// A world's settings. The default is what AWS does, on a stepped clock.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Everything generated (ids, keys, request ids) follows from this and from the estate.
    pub seed: u64,
    /// The world's clock.
    pub clock: SimClock,
    /// How long things take.
    pub timings: Timings,
    /// How many things there may be.
    pub quotas: Quotas,
    /// Cuts every page at so many items at the latest, also below what AWS allows to ask for: makes paging visible in
    /// small worlds. Absent: pages are as long as AWS makes them.
    pub page_limit: Option<usize>,
    /// What `CreateRoute` answers when the route is there already, with the same target.
    pub repeated_route: RepeatedRoute,
    /// What `CreateLoadBalancer` answers when a balancer of that name is there already and looks as asked for.
    pub repeated_balancer: RepeatedBalancer,
    /// How many calls the ledger keeps; the oldest go first.
    pub ledger_capacity: usize,
    /// Where the ledger cuts what a call was made with, in characters.
    pub ledger_summary: usize,
    /// Whether signatures are verified. Session tokens and their expiry always are.
    pub signatures: Signatures,
    /// The weather that the world begins with, unless its estate says another.
    pub weather: Conditions,
}

impl Settings {
    /// How many calls a world keeps that is served for hours: some hundred megabytes at the most.
    pub const SERVED_CALLS: usize = 100_000;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            clock: SimClock::default(),
            timings: Timings::default(),
            quotas: Quotas::default(),
            page_limit: None,
            repeated_route: RepeatedRoute::default(),
            repeated_balancer: RepeatedBalancer::default(),
            ledger_capacity: 1_000_000,
            ledger_summary: 300,
            signatures: Signatures::default(),
            weather: Conditions::default(),
        }
    }
}

/// What is asked of the signatures of requests over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signatures {
    /// Nothing: the access key id says who calls, so that any secret will do.
    #[default]
    Trusted,
    /// They are verified as AWS does, with the dates that they were made at, in wall time. The secret of an account's
    /// number, used as the key of its root, is the number.
    Verified,
}

/// What `CreateRoute` answers to a repetition with the same target. AWS's documentation says `RouteAlreadyExists`; public
/// clients have reported success. Callers must live with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RepeatedRoute {
    /// `RouteAlreadyExists`.
    #[default]
    Refused,
    /// Success.
    Accepted,
}

/// What `CreateLoadBalancer` answers to a repetition of a balancer that is there. AWS's documentation speaks only of a
/// balancer "configured with different parameters"; callers must live with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RepeatedBalancer {
    /// Success, with the name under which the balancer is reached.
    #[default]
    Accepted,
    /// `DuplicateLoadBalancerName`.
    Refused,
}

/// Whether balancers take their time to judge an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HealthChecks {
    /// A verdict takes threshold × interval.
    #[default]
    AsConfigured,
    /// The first check decides.
    AtOnce,
}

/// How long things take, in world time unless a field says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timings {
    /// From `initiating-request` to `pending-acceptance` or `failed`.
    pub request_check: Duration,
    /// From `pending-acceptance` to `expired`.
    pub request_expiry: Duration,
    /// From `provisioning` to `active`, within a Region.
    pub provisioning: Duration,
    /// From `provisioning` to `active`, between Regions.
    pub provisioning_between_regions: Duration,
    /// From `deleting` to `deleted`, between Regions; within one it takes no time.
    pub deleting_between_regions: Duration,
    /// How long an ended connection stays visible to the one who ended it, and to everybody when it failed.
    pub visible_short: Duration,
    /// How long an ended connection stays visible to the other side, and to both when it expired.
    pub visible_long: Duration,
    /// From `associating` to `associated`, and from `disassociating` to gone, of a VPC's block.
    pub cidr_association: Duration,
    /// From `pending` to `running` of an instance, also when it is started again.
    pub instance_start: Duration,
    /// From `stopping` to `stopped`, and from `shutting-down` to `terminated`, of an instance.
    pub instance_stop: Duration,
    /// How long a terminated instance stays visible.
    pub terminated_visible: Duration,
    /// From `pending` to `available` or `failed` of a NAT gateway.
    pub nat_gateway_start: Duration,
    /// From `deleting` to `deleted` of a NAT gateway.
    pub nat_gateway_stop: Duration,
    /// How long a NAT gateway that was deleted or failed stays visible.
    pub nat_gateway_visible: Duration,
    /// How long a prefix list takes to be made, to change or to go.
    pub prefix_list: Duration,
    /// How long a balancer's network interfaces stay after it was deleted or has left their subnet.
    pub balancer_interfaces: Duration,
    /// How long a balancer takes to take an instance in before it checks it, or to let one go.
    pub registration: Duration,
    /// Whether verdicts on instances take threshold × interval.
    pub health_checks: HealthChecks,
    /// How long connections through a balancer last that are open when an instance leaves it; where connections are
    /// drained, that keeps the instance, at most for the draining timeout.
    pub connections: Duration,
    /// How often an auto-scaling group looks after itself: how soon it tries again what failed, and replaces what is
    /// unhealthy.
    pub group_check: Duration,
    /// How long a page token is good, in wall time.
    pub page_token: Duration,
    /// How long a client token is remembered, in wall time.
    pub client_token: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        Self {
            request_check: second,
            request_expiry: 168 * hour,
            provisioning: 3 * second,
            provisioning_between_regions: 15 * second,
            deleting_between_regions: 15 * second,
            visible_short: 2 * hour,
            visible_long: 48 * hour,
            cidr_association: 2 * second,
            instance_start: 20 * second,
            instance_stop: 20 * second,
            terminated_visible: hour,
            nat_gateway_start: 60 * second,
            nat_gateway_stop: 45 * second,
            nat_gateway_visible: hour,
            prefix_list: 20 * second,
            balancer_interfaces: 120 * second,
            registration: 10 * second,
            health_checks: HealthChecks::AsConfigured,
            connections: 30 * second,
            group_check: 60 * second,
            page_token: hour,
            client_token: 24 * hour,
        }
    }
}

impl Timings {
    /// Every state that passes by itself passes before the next call. What lasts hours still does, and so does what comes
    /// again and again: a group whose instances never become healthy replaces them at its own pace.
    #[must_use]
    pub fn immediate() -> Self {
        Self {
            request_check: Duration::ZERO,
            provisioning: Duration::ZERO,
            provisioning_between_regions: Duration::ZERO,
            deleting_between_regions: Duration::ZERO,
            cidr_association: Duration::ZERO,
            instance_start: Duration::ZERO,
            instance_stop: Duration::ZERO,
            nat_gateway_start: Duration::ZERO,
            nat_gateway_stop: Duration::ZERO,
            prefix_list: Duration::ZERO,
            balancer_interfaces: Duration::ZERO,
            registration: Duration::ZERO,
            health_checks: HealthChecks::AtOnce,
            connections: Duration::ZERO,
            ..Self::default()
        }
    }
}

/// AWS's default quotas (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html>,
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Quotas {
    /// VPCs in a Region. AWS's default is 5; every account that peers has asked for more.
    pub vpcs: usize,
    /// IPv4 blocks of a VPC; as many IPv6 ones.
    pub cidrs_per_vpc: usize,
    /// Subnets of a VPC.
    pub subnets_per_vpc: usize,
    /// Route tables of a VPC.
    pub route_tables_per_vpc: usize,
    /// Static routes of a table, for each address family.
    pub routes_per_table: usize,
    /// Active connections of a VPC.
    pub active_connections_per_vpc: usize,
    /// Requests of an account in a Region that nobody has answered yet.
    pub outstanding_requests: usize,
    /// Security groups in a Region.
    pub security_groups: usize,
    /// Rules of a security group, for each direction and address family.
    pub rules_per_group: usize,
    /// Network interfaces in a Region.
    pub interfaces: usize,
    /// Security groups of a network interface.
    pub groups_per_interface: usize,
    /// Elastic IP addresses in a Region.
    pub addresses: usize,
    /// Internet gateways in a Region, and as many egress-only ones. AWS keeps this quota equal to that of VPCs.
    pub internet_gateways: usize,
    /// NAT gateways in an Availability Zone.
    pub nat_gateways_per_zone: usize,
    /// Network ACLs of a VPC.
    pub network_acls_per_vpc: usize,
    /// Rules of a network ACL, for each direction; the one that denies everything else is not counted.
    pub rules_per_network_acl: usize,
    /// Instances in a Region, terminated ones not counted. AWS counts virtual processors.
    pub instances: usize,
    /// Launch templates in a Region.
    pub launch_templates: usize,
    /// Classic balancers in a Region.
    pub balancers: usize,
    /// Listeners of a balancer.
    pub listeners_per_balancer: usize,
    /// Instances registered with a balancer.
    pub instances_per_balancer: usize,
    /// Security groups of a balancer.
    pub groups_per_balancer: usize,
    /// Policies of a balancer.
    pub policies_per_balancer: usize,
    /// Tags of a balancer: the API says 10, the guide 50.
    pub tags_per_balancer: usize,
    /// Auto-scaling groups in a Region.
    pub scaling_groups: usize,
    /// Balancers attached to an auto-scaling group.
    pub balancers_per_scaling_group: usize,
    /// Tags of a thing, those of AWS itself not counted.
    pub tags: usize,
    /// Entries a managed prefix list may have room for.
    pub prefix_list_entries: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            vpcs: 100,
            cidrs_per_vpc: 5,
            subnets_per_vpc: 200,
            route_tables_per_vpc: 200,
            routes_per_table: 500,
            active_connections_per_vpc: 50,
            outstanding_requests: 25,
            security_groups: 2500,
            rules_per_group: 60,
            interfaces: 5000,
            groups_per_interface: 5,
            addresses: 5,
            internet_gateways: 100,
            nat_gateways_per_zone: 5,
            network_acls_per_vpc: 200,
            rules_per_network_acl: 20,
            instances: 5000,
            launch_templates: 5000,
            balancers: 20,
            listeners_per_balancer: 100,
            instances_per_balancer: 1000,
            groups_per_balancer: 5,
            policies_per_balancer: 100,
            tags_per_balancer: 10,
            scaling_groups: 500,
            balancers_per_scaling_group: 50,
            tags: 50,
            prefix_list_entries: 1000,
        }
    }
}
