//! Security groups and their rules.

use peerway_model::{ConnectionId, SecurityGroupId, SecurityGroupRuleId, Tags, VpcId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroup {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SecurityGroupId>,
    /// Its name.
    pub name: String,
    /// Its description; absent: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// What may come in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<Rule>,
    /// What may go out; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress: Option<Vec<Rule>>,
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Its id, where it is not the one that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SecurityGroupRuleId>,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `all`, or a number.
    pub protocol: String,
    /// A port, or a range like `8000-8999`; for ICMP a type, or a type and a code like `8-0`. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// Whom an ingress rule admits: a block, a prefix list, a group, or a group of another account like
    /// `333333333333/sg-0c0ffee1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where an egress rule leads, in the same words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// For a reference to a peer's group that is stale: the connection over which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<ConnectionId>,
    /// For such a reference: the VPC of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_vpc: Option<VpcId>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// One number, or two with a hyphen between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The port, or the lowest; the type.
    pub first: u16,
    /// The highest port; the code.
    pub second: Option<u16>,
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.second {
            Some(second) => write!(f, "{}-{second}", self.first),
            None => self.first.fmt(f),
        }
    }
}

impl Serialize for Ports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.second {
            Some(_) => serializer.collect_str(self),
            None => serializer.serialize_u16(self.first),
        }
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (first, second) = match text.split_once('-') {
            None => (text.as_str(), None),
            Some((first, second)) => (first, Some(second)),
        };
        let number = |text: &str| text.trim().parse::<u16>();
        let second = second.map(number).transpose();
        number(first).and_then(|first| Ok(Self { first, second: second? })).map_err(|_| {
            D::Error::custom(format!("{text:?} is neither a port nor a range like 8000-8999"))
        })
    }
}
