//! Network ACLs, and ranges of subnets that are set aside.

use peerway_model::{CidrBlock, Tags};
use serde::{Deserialize, Serialize};

use super::{Ports, is_false};
use crate::id::{NetworkAclId, SubnetCidrReservationId};

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkAcl {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<NetworkAclId>,
    /// Whether it is the VPC's default one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub default: bool,
    /// Its rules beside the last one, which denies everything. Absent: for the default one that everything passes, for
    /// others none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<AclEntry>>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// A rule of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AclEntry {
    /// Its number: rules are looked at in their order, the first that fits decides.
    pub number: u16,
    /// Whether it is about what leaves instead of what comes in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `all`, or a number.
    pub protocol: String,
    /// A port, or a range like `1024-65535`; for ICMP a type, or a type and a code like `8-0`. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// Where from, or where to.
    pub cidr: CidrBlock,
    /// Whether it denies instead of allowing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deny: bool,
}

/// A range of a subnet that is set aside: nothing gets an address from it by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reservation {
    /// Its id.
    pub id: SubnetCidrReservationId,
    /// The range.
    pub cidr: CidrBlock,
    /// `prefix` or `explicit`.
    #[serde(rename = "type")]
    pub kind: String,
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
