//! Security groups and their rules.

use std::fmt;

use crate::part::{Item, PartKind};
use crate::{
    AccountId, CidrBlock, PrefixListId, SecurityGroupId, SecurityGroupRuleId, Tags, VpcId,
};

/// A security group, without its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// The VPC it belongs to.
    pub vpc: VpcId,
    /// The account that owns it.
    pub owner: AccountId,
    /// Its name, unique in the VPC.
    pub name: String,
    /// Its description, fixed at creation.
    pub description: String,
    /// Its tags.
    pub tags: Tags,
}

impl Item for SecurityGroup {
    type Id = SecurityGroupId;
    const KIND: PartKind = PartKind::SecurityGroups;

    fn id(&self) -> &SecurityGroupId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.vpc.as_str()]
    }
}

/// One rule of a security group. Its key is everything but id and tags: AWS refuses a second rule of the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// Its id.
    pub id: SecurityGroupRuleId,
    /// The group it belongs to.
    pub group: SecurityGroupId,
    /// Which way it admits.
    pub direction: Direction,
    /// Which protocol.
    pub protocol: Protocol,
    /// Which ports (for ICMP: types and codes); `None` is all of them.
    pub ports: Option<PortRange>,
    /// From where, or to where.
    pub source: RuleSource,
    /// Its tags.
    pub tags: Tags,
}

impl Item for SecurityGroupRule {
    type Id = SecurityGroupRuleId;
    const KIND: PartKind = PartKind::SecurityGroupRules;

    fn id(&self) -> &SecurityGroupRuleId {
        &self.id
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.id.as_str(), self.group.as_str()]
    }
}

/// An ingress rule by its key: what we want to write, and what AWS refuses to hold twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IngressRule {
    /// The group that admits.
    pub group: SecurityGroupId,
    /// Which protocol.
    pub protocol: Protocol,
    /// Which ports; `None` is all of them.
    pub ports: Option<PortRange>,
    /// Whom.
    pub source: RuleSource,
}

impl IngressRule {
    /// The key of `rule`, as if it were one of ingress.
    #[must_use]
    pub fn of(rule: &SecurityGroupRule) -> Self {
        Self {
            group: rule.group.clone(),
            protocol: rule.protocol,
            ports: rule.ports,
            source: rule.source.clone(),
        }
    }

    /// Whether this is the key of `rule`.
    #[must_use]
    pub fn is_key_of(&self, rule: &SecurityGroupRule) -> bool {
        rule.direction == Direction::Ingress && *self == Self::of(rule)
    }
}

impl fmt::Display for IngressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.protocol)?;
        if let Some(ports) = self.ports {
            write!(f, " {ports}")?;
        }
        write!(f, " from {}", self.source)
    }
}

/// Which way a rule admits traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Into what carries the group.
    Ingress,
    /// Out of it.
    Egress,
}

/// An IP protocol as security groups name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `tcp`.
    Tcp,
    /// `udp`.
    Udp,
    /// `icmp`.
    Icmp,
    /// `icmpv6`.
    Icmpv6,
    /// `-1`: every protocol, every port.
    All,
    /// Any other, by its number.
    Number(u8),
}

impl Protocol {
    /// Reads AWS's spelling: a name, a number or `-1`. AWS answers the numbers of tcp, udp, icmp and icmpv6 as names.
    #[must_use]
    pub fn from_wire(text: &str) -> Option<Self> {
        Some(match text {
            "tcp" | "6" => Self::Tcp,
            "udp" | "17" => Self::Udp,
            "icmp" | "1" => Self::Icmp,
            "icmpv6" | "58" => Self::Icmpv6,
            "-1" | "all" => Self::All,
            number => Self::Number(number.parse().ok()?),
        })
    }

    /// AWS's spelling.
    #[must_use]
    pub fn to_wire(self) -> String {
        match self {
            Self::Tcp => "tcp".to_owned(),
            Self::Udp => "udp".to_owned(),
            Self::Icmp => "icmp".to_owned(),
            Self::Icmpv6 => "icmpv6".to_owned(),
            Self::All => "-1".to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// Whether rules of this protocol name ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.pad("all protocols"),
            other => f.pad(&other.to_wire()),
        }
    }
}

/// A range of ports, both ends included; for ICMP a type and a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The lowest port.
    pub from: u16,
    /// The highest port.
    pub to: u16,
}

impl PortRange {
    /// All ports, as AWS writes "all" for TCP and UDP.
    pub const ALL: Self = Self { from: 0, to: u16::MAX };

    /// Whether a port is among them.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.from..=self.to).contains(&port)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            f.pad(&self.from.to_string())
        } else {
            f.pad(&format!("{}-{}", self.from, self.to))
        }
    }
}

/// Whom a rule admits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleSource {
    /// Addresses.
    Cidr(CidrBlock),
    /// What carries this group. In a peered VPC only while the connection is active, and only in one Region
    /// (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html>).
    SecurityGroup {
        /// The group.
        id: SecurityGroupId,
        /// Its owner; AWS needs it for groups of other accounts.
        account: AccountId,
    },
    /// The addresses of a managed prefix list.
    PrefixList(PrefixListId),
}

impl fmt::Display for RuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(block) => block.fmt(f),
            Self::SecurityGroup { id, .. } => id.fmt(f),
            Self::PrefixList(list) => list.fmt(f),
        }
    }
}
