//! Instances, network interfaces, Elastic IP addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use peerway_model::{SecurityGroupId, SubnetId, Tags};
use serde::{Deserialize, Serialize};

use super::{is_false, is_true, yes};
use crate::id::{AllocationId, ImageId, InstanceId, KeyPairId, NetworkInterfaceId, ReservationId};

/// An instance. Its primary interface comes with it, unless `interfaces` lists one with `device: 0` of this instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instance {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InstanceId>,
    /// Where it stands.
    pub subnet: SubnetId,
    /// Its private address; absent: the lowest one that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<Ipv4Addr>,
    /// The id of its primary interface, where it is not the one that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<NetworkInterfaceId>,
    /// Its groups; absent: the VPC's default group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<BTreeSet<SecurityGroupId>>,
    /// Whether it is stopped instead of running.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stopped: bool,
    /// Whether it answers 200 to paths ending in `isLeader`; the others answer 404.
    #[serde(default, skip_serializing_if = "is_false")]
    pub leader: bool,
    /// What it answers to health checks. Absent: every port accepts connections, and every path gets 200, except
    /// `isLeader`, which only a leader answers so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Vec<Answer>>,
    /// Its image; absent: the first of those that `DescribeImages` lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
    /// Its type; absent: `m5.large`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A public address that AWS has lent it.
    #[serde(default, rename = "publicIP", skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<Ipv4Addr>,
    /// Whether AWS lends it a public address each time it starts.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lends_public_address: bool,
    /// What is only shown about it, or only refuses things.
    #[serde(default, skip_serializing_if = "InstanceDetails::is_usual")]
    pub details: InstanceDetails,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// What is only shown about an instance, or only refuses things.
#[expect(clippy::struct_excessive_bools, reason = "AWS has as many switches")]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstanceDetails {
    /// The reservation that it belongs to, where it is not its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<ReservationId>,
    /// Its number in that.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub launch_index: u32,
    /// The name of its key pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// Its user data, in base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<String>,
    /// The ARN of its instance profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The client token that it was launched with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// `disableApiTermination`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub termination_protection: bool,
    /// `disableApiStop`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stop_protection: bool,
    /// Shutting it down from within ends it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub terminates_on_shutdown: bool,
    /// Detailed monitoring.
    #[serde(default, skip_serializing_if = "is_false")]
    pub monitoring: bool,
    /// `ebsOptimized`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ebs_optimized: bool,
    /// `standard` or `unlimited`; absent: as usual for its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_credits: Option<String>,
    /// The processors that it was given instead of those of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Processors>,
    /// How its metadata service answers.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub metadata: MetadataService,
}

/// Processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Processors {
    /// How many cores.
    pub cores: u32,
    /// How many threads each of them runs.
    pub threads: u32,
}

/// Where a metadata service is not as usual.
#[expect(clippy::struct_excessive_bools, reason = "AWS has as many switches")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetadataService {
    /// It answers nobody.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// It answers also those who show no token.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tokens_optional: bool,
    /// How far its answers go; absent: 2 hops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop_limit: Option<u8>,
    /// It answers over IPv6, too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ipv6: bool,
    /// It tells the instance's tags.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tags: bool,
}

impl InstanceDetails {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What a port of an instance answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// The port, which accepts connections.
    pub port: u16,
    /// Whether it speaks TLS; absent: it understands both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// HTTP statuses by path; other paths get 404. Absent: the usual answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<BTreeMap<String, u16>>,
}

/// A network interface that is not simply the primary one of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interface {
    /// Its id.
    pub id: NetworkInterfaceId,
    /// Where it stands.
    pub subnet: SubnetId,
    /// Its private address; absent: the lowest one that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<Ipv4Addr>,
    /// Further private addresses.
    #[serde(default, rename = "secondaryIPs", skip_serializing_if = "BTreeSet::is_empty")]
    pub secondary_ips: BTreeSet<Ipv4Addr>,
    /// A public address that AWS has lent it.
    #[serde(default, rename = "publicIP", skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<Ipv4Addr>,
    /// Its groups; absent: the VPC's default group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<BTreeSet<SecurityGroupId>>,
    /// Its description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it drops packets that are neither from nor for it; absent: true.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub source_dest_check: bool,
    /// The instance that it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// Its number there.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub device: u32,
    /// Whether it goes when its instance ends.
    #[serde(default, skip_serializing_if = "is_false")]
    pub delete_on_termination: bool,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// A key pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyPair {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<KeyPairId>,
    /// Its name.
    pub name: String,
    /// Whether it is of the kind `ed25519` instead of `rsa`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ed25519: bool,
    /// Its fingerprint; absent: one that follows from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The public key, as OpenSSH writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// An Elastic IP address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Its id.
    pub id: AllocationId,
    /// The address; absent: one that follows from the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<Ipv4Addr>,
    /// The interface that it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<NetworkInterfaceId>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}
