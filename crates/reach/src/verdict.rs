//! What is answered: reachable, or the first thing that stops a request or its reply.

use std::fmt;
use std::net::IpAddr;

use peerway_model::{
    Direction, LoadBalancerName, NetworkAclId, PrefixListId, SecurityGroupId, SubnetId, VpcId,
};

use crate::Service;
use crate::lookup::{Lookup, Row};

/// Whether a request and its reply pass. Routes of the way there come first, then who is let out and in, then the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Both pass.
    Reachable,
    /// The sender is not there.
    UnknownSource {
        /// Who, and what is amiss.
        what: String,
    },
    /// The sender's table leads nowhere.
    NoRoute(Lookup),
    /// The sender's table leads to something that is gone or not active.
    BlackHole(Lookup),
    /// The sender's table leads to another VPC than the one that is meant.
    GoesElsewhere(Lookup),
    /// Nothing runs at the address.
    UnknownDestination {
        /// The address; none of a balancer without nodes.
        address: Option<IpAddr>,
        /// In this VPC.
        vpc: VpcId,
    },
    /// No security group of an interface lets the request pass. Replies need no rule: groups are stateful.
    SecurityGroup {
        /// The groups that it carries. The first are those that let others from outside the VPC pass, for that is where a
        /// rule is missing.
        groups: Vec<SecurityGroupId>,
        /// Out of the sender, or into the destination.
        direction: Direction,
        /// The address on the other side.
        peer: IpAddr,
        /// What was to pass.
        service: Service,
    },
    /// The network ACL of a subnet does not let it pass; of replies, not to every port that they may be for.
    NetworkAcl {
        /// The network ACL.
        acl: NetworkAclId,
        /// Whose: the sender's subnet or the destination's.
        subnet: SubnetId,
        /// Out of this subnet, or into it.
        direction: Direction,
        /// The request or the reply.
        leg: Leg,
        /// The address on the other side.
        peer: IpAddr,
        /// What was to pass, or to be replied to.
        service: Service,
    },
    /// The balancer does not listen on the port.
    NoListener {
        /// The balancer.
        balancer: LoadBalancerName,
        /// What was asked for.
        service: Service,
    },
    /// The destination's table leads nowhere for the sender's address.
    NoReturnRoute(Lookup),
    /// The destination's table sends the reply over something else than the request came by. AWS checks no reverse path: it
    /// is delivered to whoever has the sender's address there.
    ReturnGoesElsewhere(Lookup),
    /// It cannot be told from these rows.
    Unknown {
        /// On the way there, or back.
        leg: Leg,
        /// What is missing.
        unseen: Unseen,
    },
}

/// The request or the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// The request.
    There,
    /// The reply.
    Back,
}

/// What would have to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// The route table of a subnet.
    RouteTable(SubnetId),
    /// The entries of a prefix list.
    PrefixList {
        /// The list.
        list: PrefixListId,
        /// The table or group that names it.
        named_by: String,
    },
    /// What lies behind a row: a transit gateway, a VPN, an interface, an endpoint, a private NAT gateway, or a connection
    /// that was not read; the internet, for an address there.
    Behind(Lookup),
    /// The VPC behind a connection.
    Vpc(VpcId),
    /// A subnet that somebody stands in.
    Subnet(SubnetId),
    /// The network ACL of a subnet.
    NetworkAcl(SubnetId),
    /// A security group that somebody carries.
    SecurityGroup(SecurityGroupId),
}

impl Verdict {
    /// Its name, as reports and expectations spell it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::UnknownSource { .. } => "unknown-source",
            Self::NoRoute(_) => "no-route",
            Self::BlackHole(_) => "black-hole",
            Self::GoesElsewhere(_) => "goes-elsewhere",
            Self::UnknownDestination { .. } => "unknown-destination",
            Self::SecurityGroup { .. } => "security-group",
            Self::NetworkAcl { .. } => "network-acl",
            Self::NoListener { .. } => "no-listener",
            Self::NoReturnRoute(_) => "no-return-route",
            Self::ReturnGoesElsewhere(_) => "return-goes-elsewhere",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The hop that it is about: a table, what a table says, a security group, a network ACL, a balancer.
    #[must_use]
    pub fn at(&self) -> Option<String> {
        match self {
            Self::Reachable | Self::UnknownSource { .. } | Self::UnknownDestination { .. } => None,
            Self::NoRoute(lookup) | Self::NoReturnRoute(lookup) => Some(lookup.table.to_string()),
            Self::BlackHole(lookup)
            | Self::GoesElsewhere(lookup)
            | Self::ReturnGoesElsewhere(lookup) => Some(row_text(lookup)),
            Self::SecurityGroup { groups, .. } => groups.first().map(ToString::to_string),
            Self::NetworkAcl { acl, .. } => Some(acl.to_string()),
            Self::NoListener { balancer, .. } => Some(balancer.to_string()),
            Self::Unknown { unseen, .. } => Some(match unseen {
                Unseen::RouteTable(subnet)
                | Unseen::Subnet(subnet)
                | Unseen::NetworkAcl(subnet) => subnet.to_string(),
                Unseen::PrefixList { list, .. } => list.to_string(),
                Unseen::Behind(lookup) => row_text(lookup),
                Unseen::Vpc(vpc) => vpc.to_string(),
                Unseen::SecurityGroup(group) => group.to_string(),
            }),
        }
    }
}

/// What a table says on an address.
fn row_text(lookup: &Lookup) -> String {
    let table = &lookup.table;
    match &lookup.row {
        Some(Row { destination, target }) => format!("{table} sends {destination} to {target}"),
        None => table.to_string(),
    }
}

/// A sentence, with every id in it.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reachable => f.write_str("the request arrives, and the reply comes back"),
            Self::UnknownSource { what } => write!(f, "nobody sends: {what}"),
            Self::NoRoute(lookup) => write!(f, "no way there: {lookup}"),
            Self::BlackHole(lookup) => write!(f, "the request is dropped: {lookup}"),
            Self::GoesElsewhere(lookup) => write!(f, "the request goes elsewhere: {lookup}"),
            Self::UnknownDestination { address: Some(address), vpc } => {
                write!(f, "nothing runs at {address} in {vpc}")
            }
            Self::UnknownDestination { address: None, vpc } => {
                write!(f, "no such load balancer has a node in {vpc}")
            }
            Self::SecurityGroup { groups, direction, peer, service } => {
                let groups: Vec<&str> = groups.iter().map(SecurityGroupId::as_str).collect();
                write!(f, "none of {} lets {service} ", groups.join(", "))?;
                match direction {
                    Direction::Ingress => write!(f, "in from {peer}"),
                    Direction::Egress => write!(f, "out to {peer}"),
                }
            }
            Self::NetworkAcl { acl, subnet, direction, leg, peer, service } => {
                let what = match leg {
                    Leg::There => "",
                    Leg::Back => "the reply to ",
                };
                write!(f, "{acl}, the network ACL of {subnet}, does not let {what}{service} ")?;
                match direction {
                    Direction::Ingress => write!(f, "in from {peer}")?,
                    Direction::Egress => write!(f, "out to {peer}")?,
                }
                match (leg, service) {
                    (Leg::Back, Service::Tcp(_) | Service::Udp(_)) => {
                        f.write_str(" on every port of 1024-65535")
                    }
                    _ => Ok(()),
                }
            }
            Self::NoListener { balancer, service } => {
                write!(f, "{balancer} does not listen on {service}")
            }
            Self::NoReturnRoute(lookup) => write!(f, "no way back: {lookup}"),
            Self::ReturnGoesElsewhere(lookup) => write!(f, "the reply goes elsewhere: {lookup}"),
            Self::Unknown { leg: Leg::There, unseen } => {
                write!(f, "whether the request arrives cannot be told: {unseen}")
            }
            Self::Unknown { leg: Leg::Back, unseen } => {
                write!(f, "whether the reply comes back cannot be told: {unseen}")
            }
        }
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RouteTable(subnet) => write!(f, "the route table of {subnet} was not read"),
            Self::PrefixList { list, named_by } => {
                write!(f, "{named_by} names {list}, whose entries were not read")
            }
            Self::Behind(lookup) => lookup.fmt(f),
            Self::Vpc(vpc) => write!(f, "{vpc} was not read"),
            Self::Subnet(subnet) => write!(f, "{subnet} was not read"),
            Self::NetworkAcl(subnet) => write!(f, "the network ACL of {subnet} was not read"),
            Self::SecurityGroup(group) => write!(f, "{group} was not read"),
        }
    }
}
