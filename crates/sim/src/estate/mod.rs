//! Estates: worlds as files.
//!
//! An estate lists accounts, what they have in which Region, and the peering connections between their VPCs. Written by
//! hand it may leave out whatever AWS would supply; saved from a world it names what matters and leaves out what follows.
//!
//! ```yaml
//! accounts:
//!   "999999999999":
//!     name: platform
//!     users:
//!       controller: {accessKeys: {AKIAEXAMPLECONTROLLR: any-secret}}
//!   "111111111111":
//!     name: service
//!     roles:
//!       peerway: {trusts: [arn:aws:iam::999999999999:user/controller], externalID: example}
//!     regions:
//!       us-west-2:
//!         vpcs:
//!           - id: vpc-ce78dbb7
//!             cidr: 10.50.0.0/21
//!             tags: {Name: service}
//!             gateways: [igw-acd20cca]
//!             routeTables:
//!               - id: rtb-7122e509
//!                 routes: [{destination: 0.0.0.0/0, target: igw-acd20cca}]
//!             subnets:
//!               - {id: subnet-0a000001, zone: usw2-az1, cidr: 10.50.0.0/24, routeTable: rtb-7122e509}
//!             securityGroups:
//!               - id: sg-0e1b0001
//!                 name: balancer
//!                 ingress: [{protocol: tcp, ports: 8888, source: 10.0.0.0/8}]
//!             instances:
//!               - {id: i-0b200001, subnet: subnet-0a000001, ip: 10.50.0.20, securityGroups: [sg-0e1b0001], leader: true}
//!               - id: i-0b200002
//!                 subnet: subnet-0a000001
//!                 answers: [{port: 9095, tls: true, paths: {/health: 503}}, {port: 8888}]
//!           - {id: vpc-641fee1c, cidr: 172.20.0.0/20}
//!         certificates: [{arn: "arn:aws:acm:us-west-2:111111111111:certificate/one"}]
//!         logBuckets: [balancer-logs]
//!         loadBalancers:
//!           - name: query
//!             subnets: [subnet-0a000001]
//!             securityGroups: [sg-0e1b0001]
//!             listeners: [{protocol: TCP, port: 8888}, {protocol: SSL, port: 443, instanceProtocol: TCP, instancePort: 8888,
//!               certificate: "arn:aws:acm:us-west-2:111111111111:certificate/one"}]
//!             healthCheck: {target: "HTTPS:9095/health", interval: 10}
//!             attributes: {crossZone: true, drainingTimeout: 300, accessLog: {bucket: balancer-logs}}
//!             instances: [i-0b200002]
//!         autoScalingGroups:
//!           - name: masters
//!             subnets: [subnet-0a000001]
//!             instances: [i-0b200001]
//!             max: 3
//!             loadBalancers: [query]
//!             launch: {securityGroups: [sg-0e1b0001]}
//!             tags: {Name: master, owner: {value: data, atLaunch: false}}
//! peerings:
//!   - {id: pcx-6ca76b04, requester: vpc-641fee1c, accepter: vpc-ce78dbb7}
//! quotas: {routesPerTable: 50, balancers: 40}
//! ```
//!
//! What a file leaves out: ids are derived from what a thing is about, so they are the same at each load; a VPC gets a
//! main route table, a default security group and local routes; a subnet without `routeTable` uses the main one; a group
//! without `egress` lets everything out; a peering is active; quotas are AWS's defaults.
//!
//! | noun | where | left out |
//! |---|---|---|
//! | `gateways` | VPC: what is attached; Region: what has tags or is attached to nothing | |
//! | `natGateways` | VPC | `ip`: the lowest that is free |
//! | `networkACLs` | VPC | the default ACL, as long as nobody has touched it; a subnet without `networkACL` uses it |
//! | `instances` | VPC | runs unless `stopped`; `ip`: the lowest that is free; `securityGroups`: the default group; `type`: `m5.large` |
//! | `interfaces` | VPC | primary interfaces with nothing special about them: they come with their instances |
//! | `launchTemplates` | Region | their `data` is what `LaunchTemplateData` is called with: `{NetworkInterface.1.DeviceIndex: "0"}` |
//! | `addresses` | Region | `ip`: one that follows from the id |
//! | `certificates` | Region | |
//! | `logBuckets` | Region: the buckets that let its balancers write | |
//! | `loadBalancers` | Region: Classic ones | internal; `instancePort`, `instanceProtocol`: those of the listener; `healthCheck`: a connection to the first instance port; interfaces: one in each subnet; what the groups that name it register |
//! | `autoScalingGroups` | Region | `desired`, `min`, `max`: as many as `instances`; what is missing is launched as time begins; `trafficSources`: balancers attached so instead of by name |
//!
//! An instance answers health checks as its `answers` say: listed ports accept connections, with `paths` other paths get
//! 404. Without `answers` everything is answered with 200, except that of the paths ending in `isLeader` only those of an
//! instance with `leader: true` are; the others get 404.

mod broken;
mod diff;
mod format;
mod load;
mod save;

use std::collections::BTreeMap;

use peerway_model::AccountId;
use serde::{Deserialize, Serialize};

pub use broken::{BrokenEstate, Complaint};
pub use format::{
    AccessLog, Account, AclEntry, Address, Answer, AutoScalingGroup, BalancerAttributes, Block,
    Certificate, DescribedBlock, Edge, ElsewhereEnd, End, Gateway, GroupTag, HealthCheck, Instance,
    InstanceDetails, Interface, KeyPair, LaunchRecipe, LaunchTemplate, LaunchTemplateVersion,
    Listener, LoadBalancer, MetadataService, NamedBlock, NatGateway, NetworkAcl, Peering, Policy,
    PolicyAttribute, Ports, PrefixList, PrefixListEntry, Processors, Regional, Reservation, Role,
    Route, RouteTable, Rule, SecurityGroup, Sides, Subnet, SubnetDns, ToldTag, User, Vpc,
};
pub(crate) use load::{load, read_answers};
pub use save::Include;
pub(crate) use save::save;

use crate::settings::{Quotas, Settings};
use crate::weather::Conditions;

/// A world as a file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Estate {
    /// The accounts by number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<AccountId, Account>,
    /// The peering connections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peerings: Vec<Peering>,
    /// The quotas that are not AWS's defaults. Saved with what stands, which could not be loaded without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotas: Option<Quotas>,
    /// The weather to begin with. Not saved: it is how the world behaves, not what stands in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weather: Option<Conditions>,
}

/// Why an estate cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EstateError {
    /// It is no YAML, or not of this form.
    #[error("the estate cannot be read: {0}")]
    Form(String),
    /// It contradicts itself, or what AWS allows.
    #[error("{place}: {problem}")]
    Content {
        /// Where: the account and Region, and the thing by its id or name; without either by the lists that lead to it,
        /// `vpcs[1] subnets[0]`, counted from 0.
        place: String,
        /// The field to blame, where it is one, by the keys that lead to it from the thing: `listeners[0].port`.
        field: Option<String>,
        /// What is wrong.
        problem: String,
    },
}

impl EstateError {
    /// The same complaint, of a field.
    pub(crate) fn of(mut self, named: &str) -> Self {
        if let Self::Content { field, .. } = &mut self {
            *field = Some(named.to_owned());
        }
        self
    }
}

impl Estate {
    /// Reads an estate.
    ///
    /// # Errors
    /// When the text is no YAML of this form. What it says is checked when a world is made of it.
    pub fn from_yaml(text: &str) -> Result<Self, EstateError> {
        serde_saphyr::from_str(text).map_err(|error| EstateError::Form(error.to_string()))
    }

    /// Writes the estate.
    ///
    /// # Errors
    /// Never for what an estate can hold.
    pub fn to_yaml(&self) -> Result<String, EstateError> {
        serde_saphyr::to_string(self).map_err(|error| EstateError::Form(error.to_string()))
    }

    /// The same estate as a world that has just loaded it would save it: two estates that mean the same are equal in
    /// this form.
    ///
    /// # Errors
    /// When no world can be made of it.
    pub fn canonical(&self) -> Result<Self, EstateError> {
        Ok(crate::World::new(self, Settings::default())?.estate())
    }

    /// What differs, one line for each thing, in an engineer's words; empty when the two are equal. Compares what is
    /// written: bring files written by hand into [canonical](Self::canonical) form first.
    #[must_use]
    pub fn diff(before: &Self, after: &Self) -> Vec<String> {
        diff::diff(before, after)
    }
}
