//! `OverlapSubnetGroup`: subnets with a route table of their own, for peers whose CIDRs are routed elsewhere already.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use peerway_model::{
    AccountId, AssociationId, CidrBlock, ConnectionId, NetworkAclId, Region, RouteTableId,
    SubnetId, VpcId, ZoneId,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::policies::{DeletionPolicy, ManagementPolicy};
use super::selectors::{MatchTags, RouteTableSelector, SubnetSelector};
use super::vpc_peering::{
    AccountRef, OnConflict, ReportedBlock, RouteStanding, RoutesStatus, SideName, WaitingStatus,
    WarningStatus,
};

/// Subnets to make in a VPC, one per Availability Zone, with a route table of their own that sends the peers' CIDRs over given peerings.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[kube(
    group = "peerway.dev",
    version = "v1alpha1",
    kind = "OverlapSubnetGroup",
    root = "OverlapSubnetGroup",
    plural = "overlapsubnetgroups",
    namespaced,
    status = "OverlapSubnetGroupStatus",
    derive = "PartialEq",
    doc = "OverlapSubnetGroup makes one subnet per Availability Zone in a VPC, with a route table of their own that sends the CIDRs of its peers over given peerings, and the routes to these subnets on the peers' sides. A peer whose CIDRs are routed elsewhere in that VPC is so answered from these subnets, and from nowhere else.",
    shortname = "osg",
    category = "peerway",
    validation = Rule::new("self.metadata.name.size() <= 63").message("`metadata.name` must have no more than 63 characters"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Zones", type_ = "string", json_path = ".status.ready"),
    printcolumn(name = "Table", type_ = "string", json_path = ".status.routeTable.id"),
    printcolumn(name = "Message", type_ = "string", priority = 1, json_path = r#".status.conditions[?(@.type=="Ready")].message"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
)]
#[x_kube(
    validation = Rule::new("!has(self.adopt) || has(self.deletionPolicy)")
        .message("`deletionPolicy` must be written beside `adopt`: say whether what is adopted goes with this object (Delete) or stays (Retain)"),
    validation = Rule::new("!(has(self.routeTable) && has(self.adopt) && has(self.adopt.routeTableID))")
        .message("`routeTable` and `adopt.routeTableID` exclude each other: a given table stays its owner's, an adopted one becomes this object's"),
    validation = Rule::new("has(self.routeTable) == has(oldSelf.routeTable) && (!has(self.routeTable) || self.routeTable == oldSelf.routeTable)")
        .message("`routeTable` is immutable: make another OverlapSubnetGroup").reason(Reason::FieldValueForbidden),
    validation = Rule::new("!has(self.cidrs) || !has(self.availabilityZones) || !has(self.availabilityZones.list) || !self.availabilityZones.list.exists(zone, has(zone.cidr)) || !has(self.cidrs.within)")
        .message("`cidrs.within` and `availabilityZones.list[].cidr` exclude each other: blocks are either chosen or given"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OverlapSubnetGroupSpec {
    /// Whose CIDRs these subnets answer, and over which peering. All of them must lie, on their `side`, in one VPC: the subnets are made there.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub peers: Vec<GroupPeer>,
    /// The Availability Zones to make a subnet in. Absent: every zone in which the VPC has a subnet of somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zones: Option<ZoneSelection>,
    /// Which blocks the subnets get. Absent: a `/26` each, anywhere free in the VPC. What was made is kept, whatever would be chosen today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidrs: Option<GroupCidrs>,
    /// A route table that exists, to use instead of one of our own. It must not be the main one, nor used by anybody else's subnet. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table: Option<TableRef>,
    /// A network ACL that exists, for the subnets. Absent: whatever AWS gives, the VPC's default one; the status says so if it blocks.
    #[serde(rename = "networkACL", default, skip_serializing_if = "Option::is_none")]
    pub network_acl: Option<AclRef>,
    /// Tags beside our own, for the subnets and the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<ExtraTags>,
    /// What becomes of subnets, table and routes when this object is deleted. `Delete` (the default) takes them apart; `Retain` leaves them
    /// and takes our tags off, also where there are no credentials any more. Set on an object that is being deleted, `Retain` releases it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DeletionPolicy")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// `Full` (the default) makes and repairs; `Observe` never writes to AWS, also not on deletion, and reports every difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ManagementPolicy")]
    pub management_policy: Option<ManagementPolicy>,
    /// Things that exist already and shall be this object's from now on, by id. `deletionPolicy` must be written beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<GroupAdoption>,
}

/// One peer: somebody whose packets these subnets answer.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupPeer {
    /// A name for it within this object.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// The `VPCPeering`, of this namespace, over whose connection the peer is reached.
    pub peering_ref: PeeringRef,
    /// Which side of that peering gets the subnets: `Requester` or `Accepter`. It must not be `external`.
    pub side: SideName,
    /// The routes to these subnets on the peer's own side: one per subnet, nothing wider. Must be absent where that side is `external`; absent elsewhere: none is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_routes: Option<PeerRoutes>,
}

/// A reference to a `VPCPeering`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
#[serde(deny_unknown_fields)]
pub struct PeeringRef {
    /// The name of the `VPCPeering`, in this namespace.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
}

/// Routes to the subnets, in tables of a peer's VPC.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerRoutes {
    /// The peer's route tables.
    pub tables: RouteTableSelector,
    /// What to do when one of these routes would mislead packets: see `routes.onConflict` of a `VPCPeering`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OnConflict")]
    pub on_conflict: Option<OnConflict>,
}

/// Which Availability Zones. Exactly one of `ofSubnets`, `ofAutoScalingGroups` and `list`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = (
    "[has(self.ofSubnets), has(self.ofAutoScalingGroups), has(self.list)].exists_one(x, x)",
    "exactly one of `ofSubnets`, `ofAutoScalingGroups` and `list` must be set"
))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ZoneSelection {
    /// The zones of these subnets of the VPC, followed as they change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_subnets: Option<SubnetSelector>,
    /// The zones that these auto-scaling groups launch into, followed as they change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_auto_scaling_groups: Option<AutoScalingGroupSelector>,
    /// The zones, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<GroupZone>", length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".into()]))]
    pub list: Option<Vec<GroupZone>>,
}

/// Which auto-scaling groups. Exactly one of `names` and `matchTags`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = ("[has(self.names), has(self.matchTags)].exists_one(x, x)", "exactly one of `names` and `matchTags` must be set"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoScalingGroupSelector {
    /// Names of auto-scaling groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>", length(min = 1, max = 64), inner(length(min = 1, max = 255)), extend("x-kubernetes-list-type" = "set"))]
    pub names: Option<Vec<String>>,
    /// Tags of the groups: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
}

/// One zone.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupZone {
    /// The zone's id, like `usw2-az1`: names like `us-west-2a` mean different zones in different accounts.
    pub id: ZoneId,
    /// The block of its subnet. Absent: chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CidrBlock")]
    pub cidr: Option<CidrBlock>,
}

/// Which blocks.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupCidrs {
    /// The length of each subnet's prefix, 16 to 27; absent: 26. A Classic Load Balancer needs a `/27` and 8 free addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u8", range(min = 16, max = 27))]
    pub prefix_length: Option<u8>,
    /// Where to choose them, inside the VPC's CIDRs. Absent: anywhere free in the VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<CidrBlock>", length(min = 1, max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub within: Option<Vec<CidrBlock>>,
}

/// A route table that exists.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableRef {
    /// Its id, like `rtb-0123456789abcdef0`.
    pub id: RouteTableId,
}

/// A network ACL that exists.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AclRef {
    /// Its id, like `acl-0123456789abcdef0`.
    pub id: NetworkAclId,
}

/// What exists already and shall be the object's. At least one of `routeTableID` and `subnetIDs`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[x_kube(validation = (
    "has(self.routeTableID) || has(self.subnetIDs)",
    "at least one of `routeTableID` and `subnetIDs` must be set"
))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupAdoption {
    /// The route table, like `rtb-0123456789abcdef0`: not the main one, and used by no subnet but those of this object.
    #[serde(rename = "routeTableID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RouteTableId")]
    pub route_table_id: Option<RouteTableId>,
    /// Subnets, at most one per zone, like `subnet-0123456789abcdef0`.
    #[serde(rename = "subnetIDs", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<SubnetId>", length(min = 1, max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub subnet_ids: Option<Vec<SubnetId>>,
}

/// Tags to put on what is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExtraTags(pub BTreeMap<String, String>);

impl JsonSchema for ExtraTags {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ExtraTags".into()
    }

    /// AWS's limits (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>), less our own
    /// four tags.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "minProperties": 1,
            "maxProperties": 40,
            "additionalProperties": { "type": "string", "maxLength": 256 },
            "x-kubernetes-validations": [{
                "rule": "self.all(key, key.size() >= 1 && key.size() <= 128)",
                "message": "tag keys must have 1 to 128 characters",
            }, {
                "rule": "self.all(key, !key.startsWith('peerway.dev/') && !key.startsWith('aws:'))",
                "message": "tag keys must not start with `peerway.dev/` or `aws:`",
            }],
        })
    }
}

/// What was resolved, what stands in AWS, and what is missing.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct OverlapSubnetGroupStatus {
    /// The `metadata.generation` that the status is about; -1 until the controller has seen the object.
    #[serde(default)]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// The value of the annotation `peerway.dev/reconcile-at` that was answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
    /// How many wanted zones have their subnet in place, with its association, network ACL and IPv6 block, of how many, like `3/3`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 32))]
    pub ready: String,
    /// The VPC that the subnets are in, and how we get there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<GroupPlace>,
    /// The peers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub peers: Vec<PeerStatus>,
    /// The subnets, by zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub subnets: Vec<GroupSubnetStatus>,
    /// The route table of the subnets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table: Option<GroupTableStatus>,
    /// The routes on the peers' sides, and which routes are ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routes: Option<RoutesStatus>,
    /// What is in place but deserves a look: each names a reason of the reference and says why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub warnings: Vec<WarningStatus>,
    /// What the controller is waiting for, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingStatus>,
    /// `Ready`, what it is made of, and `Reconciling` or `Stalled` while they hold.
    #[serde(default)]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// A VPC, and the way to it: enough to take things apart there when the peering is gone.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct GroupPlace {
    /// The AWSAccount.
    pub account_ref: AccountRef,
    /// The account's id.
    #[serde(rename = "accountID")]
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// The VPC.
    #[serde(rename = "vpcID")]
    pub vpc_id: VpcId,
}

/// What one peer resolved to.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PeerStatus {
    /// Its name in the spec.
    #[schemars(length(max = 63))]
    pub name: String,
    /// Its VPC, and how we get there; absent where it is somebody else's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub far: Option<GroupPlace>,
    /// The connection it is reached over.
    #[serde(rename = "connectionID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConnectionId")]
    pub connection_id: Option<ConnectionId>,
    /// Its CIDRs: the destinations in the subnets' table.
    #[schemars(with = "Vec<ReportedBlock>", length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub cidrs: Vec<CidrBlock>,
}

/// One subnet.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct GroupSubnetStatus {
    /// The zone.
    pub zone: ZoneId,
    /// The block: the subnet's, or the one it will get.
    #[schemars(with = "ReportedBlock")]
    pub cidr: CidrBlock,
    /// Its IPv6 block, where it has one.
    #[serde(rename = "ipv6CIDR", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ReportedBlock")]
    pub ipv6_cidr: Option<CidrBlock>,
    /// Its id, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SubnetId")]
    pub id: Option<SubnetId>,
    /// Its explicit association with the group's table, once it is there.
    #[serde(rename = "associationID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AssociationId")]
    pub association_id: Option<AssociationId>,
    /// Whether the zone is wanted; one that is no longer wanted keeps its subnet until nothing is left in it.
    pub wanted: bool,
}

/// The table.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct GroupTableStatus {
    /// Its id.
    pub id: RouteTableId,
    /// Its routes to the peers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub routes: Vec<GroupRouteStatus>,
}

/// A route to a peer.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct GroupRouteStatus {
    /// To which block.
    #[schemars(with = "ReportedBlock")]
    pub destination: CidrBlock,
    /// Over which connection.
    #[serde(rename = "connectionID")]
    pub connection_id: ConnectionId,
    /// Whether it is there.
    pub state: RouteStanding,
}
