//! What stands in a world: accounts → Regions → objects, the connections between VPCs, and what is due to happen.
//!
//! Plain data. Who may change it, and how, is said in one file per AWS noun.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{
    AccountId, ConnectionId, NatGatewayId, PrefixListId, Region, RouteTableId, SecurityGroupId,
    SecurityGroupRuleId, SubnetId, Tags, Timestamp, VpcId, ZoneId,
};

use crate::autoscaling::ScalingGroup;
use crate::ec2::addresses::Address;
use crate::ec2::availability_zones;
use crate::ec2::egress_only_gateways::EgressOnlyGateway;
use crate::ec2::gateways::InternetGateway;
use crate::ec2::instances::Instance;
use crate::ec2::key_pairs::KeyPair;
use crate::ec2::launch_templates::LaunchTemplate;
use crate::ec2::nat_gateways::NatGateway;
use crate::ec2::network_acls::NetworkAcl;
use crate::ec2::network_interfaces::NetworkInterface;
use crate::ec2::peerings::{Connection, View};
use crate::ec2::prefix_lists::PrefixList;
use crate::ec2::route_tables::RouteTable;
use crate::ec2::security_groups::{Rule, SecurityGroup};
use crate::ec2::subnets::{Reservation, Subnet};
use crate::ec2::vpcs::Vpc;
use crate::elb::{Balancer, Certificate};
use crate::events::Events;
use crate::id::{
    AllocationId, EgressOnlyGatewayId, InstanceId, InternetGatewayId, KeyPairId, LaunchTemplateId,
    NetworkAclId, NetworkInterfaceId, SubnetCidrReservationId,
};
use crate::idempotency::ClientTokens;
use crate::identity::{Account, Principal, Session};

/// One account in one Region: where a call acts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account, self.region)
    }
}

/// Who made a thing: a principal's ARN, or [`ESTATE`].
pub(crate) type Maker = Arc<str>;

/// The maker of what an estate holds.
pub(crate) const ESTATE: &str = "estate";

/// Tags, shared between what stands in the world and the answers that show it.
pub(crate) type SharedTags = Arc<Tags>;

/// Everything that a world remembers between calls, ledger and weather apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    /// Who holds which long-term access key; each account's own number is its root's.
    pub(crate) keys: BTreeMap<String, Arc<Principal>>,
    pub(crate) regions: BTreeMap<Spot, RegionState>,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    /// Temporary credentials by access key id.
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) client_tokens: ClientTokens,
    pub(crate) events: Events,
}

/// What one account has in one Region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RegionState {
    /// The account's names for the zones.
    pub(crate) zones: BTreeMap<String, ZoneId>,
    pub(crate) vpcs: BTreeMap<VpcId, Vpc>,
    pub(crate) subnets: BTreeMap<SubnetId, Subnet>,
    pub(crate) route_tables: BTreeMap<RouteTableId, RouteTable>,
    pub(crate) security_groups: BTreeMap<SecurityGroupId, SecurityGroup>,
    pub(crate) rules: BTreeMap<SecurityGroupRuleId, Rule>,
    /// The connections that are visible here, with the tags they have here.
    pub(crate) views: BTreeMap<ConnectionId, View>,
    pub(crate) internet_gateways: BTreeMap<InternetGatewayId, InternetGateway>,
    /// Other things that routes point at, by id, each with the VPCs it is attached to.
    pub(crate) other_gateways: BTreeMap<String, BTreeSet<VpcId>>,
    pub(crate) nat_gateways: BTreeMap<NatGatewayId, NatGateway>,
    pub(crate) egress_only_gateways: BTreeMap<EgressOnlyGatewayId, EgressOnlyGateway>,
    pub(crate) prefix_lists: BTreeMap<PrefixListId, PrefixList>,
    pub(crate) network_acls: BTreeMap<NetworkAclId, NetworkAcl>,
    /// Ranges of subnets that are set aside.
    pub(crate) reservations: BTreeMap<SubnetCidrReservationId, Reservation>,
    pub(crate) addresses: BTreeMap<AllocationId, Address>,
    pub(crate) instances: BTreeMap<InstanceId, Instance>,
    pub(crate) key_pairs: BTreeMap<KeyPairId, KeyPair>,
    pub(crate) launch_templates: BTreeMap<LaunchTemplateId, LaunchTemplate>,
    pub(crate) network_interfaces: BTreeMap<NetworkInterfaceId, NetworkInterface>,
    /// Which interface has which address of a subnet. Follows from the interfaces.
    pub(crate) used_addresses: BTreeMap<SubnetId, BTreeMap<Ipv4Addr, NetworkInterfaceId>>,
    /// The interfaces of an instance by device number. Follows from the interfaces.
    pub(crate) devices: BTreeMap<InstanceId, BTreeMap<u32, NetworkInterfaceId>>,
    /// Classic balancers by name.
    pub(crate) balancers: BTreeMap<String, Balancer>,
    /// Certificates by ARN.
    pub(crate) certificates: BTreeMap<String, Certificate>,
    /// Buckets that let the Region's balancers write their logs.
    pub(crate) log_buckets: BTreeSet<String>,
    /// Auto-scaling groups by name.
    pub(crate) scaling_groups: BTreeMap<String, ScalingGroup>,
}

static EMPTY: RegionState = RegionState {
    zones: BTreeMap::new(),
    vpcs: BTreeMap::new(),
    subnets: BTreeMap::new(),
    route_tables: BTreeMap::new(),
    security_groups: BTreeMap::new(),
    rules: BTreeMap::new(),
    views: BTreeMap::new(),
    internet_gateways: BTreeMap::new(),
    other_gateways: BTreeMap::new(),
    nat_gateways: BTreeMap::new(),
    egress_only_gateways: BTreeMap::new(),
    prefix_lists: BTreeMap::new(),
    network_acls: BTreeMap::new(),
    reservations: BTreeMap::new(),
    addresses: BTreeMap::new(),
    instances: BTreeMap::new(),
    key_pairs: BTreeMap::new(),
    launch_templates: BTreeMap::new(),
    network_interfaces: BTreeMap::new(),
    used_addresses: BTreeMap::new(),
    devices: BTreeMap::new(),
    balancers: BTreeMap::new(),
    certificates: BTreeMap::new(),
    log_buckets: BTreeSet::new(),
    scaling_groups: BTreeMap::new(),
};

impl State {
    /// What stands at `spot`; nothing, where nobody has made anything yet.
    pub(crate) fn at(&self, spot: &Spot) -> &RegionState {
        self.regions.get(spot).unwrap_or(&EMPTY)
    }

    /// The same, to change it.
    pub(crate) fn at_mut(&mut self, spot: &Spot) -> &mut RegionState {
        if !self.regions.contains_key(spot) {
            let zones = availability_zones::usual(&spot.region);
            self.regions.insert(spot.clone(), RegionState { zones, ..RegionState::default() });
        }
        match self.regions.get_mut(spot) {
            Some(region) => region,
            None => unreachable!("it was put there"),
        }
    }

    /// A VPC anywhere in the world.
    pub(crate) fn vpc(&self, spot: &Spot, vpc: &VpcId) -> Option<&Vpc> {
        self.at(spot).vpcs.get(vpc)
    }

    /// Lets `event` happen at `at`.
    pub(crate) fn schedule(&mut self, at: Timestamp, event: crate::events::Event) {
        self.events.push(at, event);
    }
}
