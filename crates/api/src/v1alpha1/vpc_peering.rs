//! `VPCPeering`: two VPCs joined.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use peerway_model::{
    AccountId, CidrBlock, ConnectionId, Region, RouteTableId, SecurityGroupId, SecurityGroupRuleId,
    VpcId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::policies::{DeletionPolicy, ManagementPolicy};
use super::selectors::{RouteTableSelector, SecurityGroupSelector, VpcSelector};

/// Two VPCs to join, and on each side what to write there: DNS resolution, routes, security group ingress.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[kube(
    group = "peerway.dev",
    version = "v1alpha1",
    kind = "VPCPeering",
    root = "VpcPeering",
    plural = "vpcpeerings",
    namespaced,
    status = "VpcPeeringStatus",
    derive = "PartialEq",
    doc = "VPCPeering joins two VPCs: a peering connection, accepted; DNS resolution, routes and security group ingress on both sides; kept so, and taken apart in a safe order when the object is deleted.",
    shortname = "peering",
    category = "peerway",
    validation = Rule::new("self.metadata.name.size() <= 63").message("`metadata.name` must have no more than 63 characters"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Connection", type_ = "string", json_path = ".status.connection.id"),
    printcolumn(name = "Routes", type_ = "string", json_path = ".status.routes.ready"),
    printcolumn(name = "Message", type_ = "string", priority = 1, json_path = r#".status.conditions[?(@.type=="Ready")].message"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
)]
#[x_kube(
    validation = Rule::new("!(has(self.requester.external) && has(self.accepter.external))")
        .message("at most one side may be `external`: between two VPCs of others there is nothing to do here; give `accountRef` on the side that Peerway may write to"),
    validation = Rule::new("!(has(self.requester.vpc) && has(self.requester.vpc.id) && has(self.accepter.vpc) && has(self.accepter.vpc.id) && self.requester.vpc.id == self.accepter.vpc.id)")
        .message("the two sides must differ: `requester.vpc.id` and `accepter.vpc.id` name the same VPC"),
    validation = Rule::new("!has(self.adopt) || has(self.deletionPolicy)")
        .message("`deletionPolicy` must be written beside `adopt`: say whether what is adopted goes with this object (Delete) or stays (Retain)"),
    validation = Rule::new("!(has(self.requester.vpc) && has(self.requester.vpc.id) && has(self.accepter.external) && self.requester.vpc.id == self.accepter.external.vpcID)")
        .message("the two sides must differ: `requester.vpc.id` and `accepter.external.vpcID` name the same VPC"),
    validation = Rule::new("!(has(self.requester.external) && has(self.accepter.vpc) && has(self.accepter.vpc.id) && self.requester.external.vpcID == self.accepter.vpc.id)")
        .message("the two sides must differ: `requester.external.vpcID` and `accepter.vpc.id` name the same VPC"),
    validation = Rule::new("(has(self.requester.external) ? self.requester.external.region : has(self.requester.region) ? self.requester.region : '') == (has(self.accepter.external) ? self.accepter.external.region : has(self.accepter.region) ? self.accepter.region : '') || !has(self.requester.ingress) || self.requester.ingress.all(rule, !has(rule.source.securityGroupID))")
        .message("between Regions `requester.ingress[].source` must be `cidrs` or `peerVPC`: AWS knows a peer's security group only within one Region"),
    validation = Rule::new("(has(self.requester.external) ? self.requester.external.region : has(self.requester.region) ? self.requester.region : '') == (has(self.accepter.external) ? self.accepter.external.region : has(self.accepter.region) ? self.accepter.region : '') || !has(self.accepter.ingress) || self.accepter.ingress.all(rule, !has(rule.source.securityGroupID))")
        .message("between Regions `accepter.ingress[].source` must be `cidrs` or `peerVPC`: AWS knows a peer's security group only within one Region"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpcPeeringSpec {
    /// The VPC that asks for the connection. Who asks makes no difference afterwards: packets pass both ways.
    pub requester: PeeringSide,
    /// The VPC that is asked. The controller accepts in its account and Region, unless it is `external`: then its owner does.
    pub accepter: PeeringSide,
    /// What becomes of connection, routes and rules when this object is deleted. `Delete` (the default) takes them apart; `Retain` leaves them
    /// and takes our tags off, also where there are no credentials any more. Set on an object that is being deleted, `Retain` releases it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DeletionPolicy")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// `Full` (the default) makes and repairs; `Observe` never writes to AWS, also not on deletion, and reports every difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ManagementPolicy")]
    pub management_policy: Option<ManagementPolicy>,
    /// Things that exist already and shall be this object's from now on, by id. `deletionPolicy` must be written beside it. Read only while the
    /// object owns nothing of the sort; what is named here and gone is never made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<PeeringAdoption>,
}

impl VpcPeeringSpec {
    /// Two sides, without any policy or adoption written.
    #[must_use]
    pub fn joining(requester: PeeringSide, accepter: PeeringSide) -> Self {
        Self { requester, accepter, deletion_policy: None, management_policy: None, adopt: None }
    }
}

/// What exists already and shall be the object's. At least one of `connectionID` and `securityGroupRuleIDs`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[x_kube(validation = (
    "has(self.connectionID) || has(self.securityGroupRuleIDs)",
    "at least one of `connectionID` and `securityGroupRuleIDs` must be set"
))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeeringAdoption {
    /// A live connection between exactly these two VPCs, in either direction, like `pcx-0123456789abcdef0`.
    #[serde(rename = "connectionID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConnectionId")]
    pub connection_id: Option<ConnectionId>,
    /// Security group rules, like `sgr-0123456789abcdef0`; each must be exactly one that `ingress` asks for.
    #[serde(rename = "securityGroupRuleIDs", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<SecurityGroupRuleId>", length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub security_group_rule_ids: Option<Vec<SecurityGroupRuleId>>,
}

impl VpcPeeringSpec {
    /// The names of the accounts (`AWSAccount`) that the sides refer to.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        let sides = [&self.requester, &self.accepter].into_iter();
        sides.filter_map(|side| Some(side.account_ref.as_ref()?.name.as_str()))
    }
}

/// One VPC of the two, and what to write there. Exactly one of `accountRef` and `external`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = Rule::new("has(self.accountRef) != has(self.external)")
        .message("exactly one of `accountRef` and `external` must be set: `accountRef` where Peerway may write, `external` for somebody else's VPC"),
    validation = Rule::new("!has(self.accountRef) || (has(self.region) && has(self.vpc))")
        .message("with `accountRef`, `region` and `vpc` must be set: they say which VPC of the account is meant"),
    validation = Rule::new("!has(self.external) || !(has(self.region) || has(self.vpc) || has(self.dnsResolution) || has(self.routes) || has(self.ingress))")
        .message("with `external`, `region`, `vpc`, `dnsResolution`, `routes` and `ingress` must be absent: nothing is read or written in somebody else's account; remove them, `status.peerActions` says what its owner must do"),
    validation = Rule::new("has(self.external) == has(oldSelf.external)")
        .message("a side never changes between `accountRef` and `external`: make another VPCPeering").reason(Reason::FieldValueForbidden),
    validation = Rule::new("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)")
        .message("`region` is immutable: make another VPCPeering").reason(Reason::FieldValueForbidden),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeeringSide {
    /// The AWSAccount that the VPC is in. A grant of it must cover this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ref: Option<AccountRef>,
    /// A VPC of somebody else, in whose account nothing is read or written: this side's half is its owner's, and `status.peerActions` says what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalVpc>,
    /// The VPC's AWS Region, like `us-west-2`. Immutable. With `accountRef` only, and then required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The VPC. It may be named differently later, but must stay the same VPC. With `accountRef` only, and then required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<VpcSelector>,
    /// Whether queries from the other VPC for public host names of this one are answered with private addresses
    /// (`AllowDnsResolutionFromRemoteVpc` on this side). Both VPCs need `enableDnsSupport` and `enableDnsHostnames`. Absent: left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub dns_resolution: Option<bool>,
    /// The routes to the other VPC, in route tables of this one. Absent: no route is written on this side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routes: Option<PeeringRoutes>,
    /// Security group rules of this VPC that admit the other one, each written as a rule of its own with our tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<PeeringIngress>", length(min = 1, max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub ingress: Option<Vec<PeeringIngress>>,
}

/// A VPC of somebody else: everything that is known of it is what is declared here.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalVpc {
    /// The AWS account that owns the VPC, like `"222222222222"`: in quotes, since it is no number.
    #[serde(rename = "accountID")]
    pub account_id: AccountId,
    /// The VPC's AWS Region, like `us-west-2`. Immutable.
    #[x_kube(validation = Rule::new("self == oldSelf").message("`external.region` is immutable: make another VPCPeering").reason(Reason::FieldValueForbidden))]
    pub region: Region,
    /// The VPC's id, like `vpc-0123456789abcdef0`. What was made for one VPC stays bound to it.
    #[serde(rename = "vpcID")]
    pub vpc_id: VpcId,
    /// Every CIDR of the VPC, like `[172.19.0.0/20]`. Routes and overlaps are judged by them; if AWS shows others, nothing is written until they agree.
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub cidrs: Vec<CidrBlock>,
}

/// A reference to an AWSAccount.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
#[serde(deny_unknown_fields)]
pub struct AccountRef {
    /// The name of the AWSAccount (a cluster-scoped object).
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
}

/// Routes over the connection.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeeringRoutes {
    /// The route tables to write to. A route of somebody else is never replaced: where one of the same destination stands, ours is withheld and the status says so.
    pub tables: RouteTableSelector,
    /// Destinations: CIDR blocks inside the other VPC, like `[172.20.0.0/22]`. Absent: every CIDR of the other VPC, of the address families both have, followed as they change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<CidrBlock>", length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub destinations: Option<Vec<CidrBlock>>,
    /// What to do when a route would mislead packets, for instance because another peering has the same CIDRs behind it. `Isolate` (the default) writes what is safe and withholds the rest; an OverlapSubnetGroup can then supply this side.
    /// `LongestPrefix` also writes routes that take packets from a broader route to another peering; choose it only for addresses that you know nobody else uses. `Refuse` writes nothing at all if any route is not safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OnConflict")]
    pub on_conflict: Option<OnConflict>,
}

/// What to do about a route that is not safe.
#[derive(
    Serialize,
    Deserialize,
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    JsonSchema,
    Default,
)]
pub enum OnConflict {
    /// Write what is safe, withhold the rest.
    #[default]
    Isolate,
    /// Also write what takes packets from a broader route to another peering.
    LongestPrefix,
    /// Write nothing at all if any route is not safe.
    Refuse,
}

/// One kind of traffic from the other VPC to admit.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = ("self.protocol in ['TCP', 'UDP'] || !has(self.ports)", "`ports` must be absent unless `protocol` is TCP or UDP"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeeringIngress {
    /// The security group that admits.
    pub security_group: SecurityGroupSelector,
    /// The protocol: TCP, UDP, ICMP, ICMPv6 or All.
    pub protocol: IngressProtocol,
    /// The ports, with TCP and UDP. Absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// Who is admitted.
    pub source: IngressSource,
}

/// A protocol, as a spec names it.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum IngressProtocol {
    /// TCP.
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP.
    #[serde(rename = "UDP")]
    Udp,
    /// ICMP: every type and code.
    #[serde(rename = "ICMP")]
    Icmp,
    /// ICMP for IPv6: every type and code.
    #[serde(rename = "ICMPv6")]
    Icmpv6,
    /// Every protocol and port.
    All,
}

/// A range of ports, both ends included.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[x_kube(validation = ("self.from <= self.to", "`from` must not be greater than `to`"))]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// The lowest port.
    #[schemars(range(min = 0, max = 65535))]
    pub from: u16,
    /// The highest port.
    #[schemars(range(min = 0, max = 65535))]
    pub to: u16,
}

/// Who is admitted. Exactly one of `securityGroupID`, `cidrs` and `peerVPC`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = (
    "[has(self.securityGroupID), has(self.cidrs), has(self.peerVPC)].exists_one(x, x)",
    "exactly one of `securityGroupID`, `cidrs` and `peerVPC` must be set"
))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IngressSource {
    /// A security group of the other VPC, like `sg-0123456789abcdef0`; only within one Region.
    #[serde(rename = "securityGroupID", default, skip_serializing_if = "Option::is_none")]
    pub security_group_id: Option<SecurityGroupId>,
    /// CIDR blocks inside the other VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<CidrBlock>", length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub cidrs: Option<Vec<CidrBlock>>,
    /// Every CIDR of the other VPC, followed as they change. Written as `peerVPC: {}`.
    #[serde(rename = "peerVPC", default, skip_serializing_if = "Option::is_none")]
    pub peer_vpc: Option<PeerVpc>,
}

/// The other VPC as a whole.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PeerVpc {}

/// What was resolved, what stands in AWS, and what is missing.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct VpcPeeringStatus {
    /// The `metadata.generation` that the status is about; -1 until the controller has seen the object.
    #[serde(default)]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// The value of the annotation `peerway.dev/reconcile-at` that was answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
    /// The connection in AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionStatus>,
    /// What was resolved on the requester's side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<SideStatus>,
    /// What was resolved on the accepter's side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepter: Option<SideStatus>,
    /// Routes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routes: Option<RoutesStatus>,
    /// Where routes are withheld and no group supplies the side yet: an OverlapSubnetGroup that would, as a manifest to apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 8192))]
    pub suggested_group: Option<String>,
    /// Security group rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress: Option<IngressStatus>,
    /// What is written but deserves a look: each names a reason of the reference and says why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub warnings: Vec<WarningStatus>,
    /// What the owner of the `external` side must do, where there is one. What can be seen goes from the list once it is seen;
    /// their routes and security groups cannot be seen from here, and stay in it for as long as the object is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    pub peer_actions: Vec<PeerAction>,
    /// What the controller is waiting for, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingStatus>,
    /// `Ready`, what it is made of, and `Reconciling` or `Stalled` while they hold.
    #[serde(default)]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// The connection.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionStatus {
    /// Its id, like `pcx-0123456789abcdef0`.
    pub id: ConnectionId,
    /// AWS's word for where it is in its life, like `active`.
    #[schemars(length(max = 32))]
    pub state: String,
    /// AWS's words on how the request came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 1024))]
    pub message: Option<String>,
    /// When this connection was requested, as far as it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    pub last_requested_at: Option<Time>,
    /// How many requests in a row did not lead to an active connection: the more, the longer until the next.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    #[schemars(range(max = 1_000_000))]
    pub attempts: u32,
    /// What it was requested for: one that failed or was rejected is requested again only for something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RequestedFor")]
    pub requested_for: Option<RequestedFor>,
    /// Ids of earlier connections of this object: routes that still point there are repaired.
    #[serde(rename = "formerIDs", default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub former_ids: Vec<ConnectionId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none_yet(attempts: &u32) -> bool {
    *attempts == 0
}

/// What a connection was requested for.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RequestedFor {
    /// The `metadata.generation` of then.
    #[schemars(range(min = 0))]
    pub generation: i64,
    /// The annotation `peerway.dev/reconcile-at` of then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 256))]
    pub reconcile_at: Option<String>,
    /// The CIDRs of both VPCs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<ReportedBlock>", length(max = 128), extend("x-kubernetes-list-type" = "atomic"))]
    pub cidrs: Vec<CidrBlock>,
}

/// What one side resolved to.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SideStatus {
    /// The account.
    #[serde(rename = "accountID")]
    pub account_id: AccountId,
    /// The Region.
    pub region: Region,
    /// The VPC.
    #[serde(rename = "vpcID")]
    pub vpc_id: VpcId,
    /// Its associated CIDRs.
    #[schemars(with = "Vec<ReportedBlock>", length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub cidrs: Vec<CidrBlock>,
    /// The route tables that the spec selects, as far as fit here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub tables: Vec<RouteTableId>,
    /// Whether this side answers the other with private addresses, as AWS has it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub dns_resolution: Option<bool>,
}

/// Routes.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "camelCase")]
pub struct RoutesStatus {
    /// How many are in place, of how many, like `2/2`.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub ready: String,
    /// The routes, those with trouble first, as far as fit here.
    #[serde(default)]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub items: Vec<RouteStatus>,
    /// The routes that are ours, by table. Complete: routes carry no tags in AWS, so this is how they are known again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["table".into()]))]
    pub written: Vec<WrittenRoutes>,
}

/// One desired route.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RouteStatus {
    /// On which side.
    pub side: SideName,
    /// In which route table.
    pub table: RouteTableId,
    /// To which block.
    #[schemars(with = "ReportedBlock")]
    pub destination: CidrBlock,
    /// Whether it is there.
    pub state: RouteStanding,
    /// Why it is not there, as a reason of the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 64))]
    pub reason: Option<String>,
    /// The same in a sentence, with ids and a remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 1024))]
    pub message: Option<String>,
}

/// A side of a peering.
#[derive(
    Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema,
)]
pub enum SideName {
    /// The side that asked.
    Requester,
    /// The side that was asked.
    Accepter,
}

/// Whether a desired thing is there.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum RouteStanding {
    /// It is there.
    InPlace,
    /// It is not there yet.
    Missing,
    /// It is not written because packets would be misled.
    Withheld,
}

/// The schema of a block in a status: we write it, so no rule needs to check it, and none could afford to check thousands.
pub(super) struct ReportedBlock;

impl JsonSchema for ReportedBlock {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ReportedBlock".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "maxLength": 43 })
    }
}

/// Our routes in one table.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct WrittenRoutes {
    /// The table.
    pub table: RouteTableId,
    /// Destinations.
    #[schemars(with = "Vec<ReportedBlock>", length(max = 1000), extend("x-kubernetes-list-type" = "set"))]
    pub destinations: Vec<CidrBlock>,
}

/// Security group rules.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "camelCase")]
pub struct IngressStatus {
    /// How many are in place, of how many, like `1/1`.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub ready: String,
    /// The rules, those with trouble first, as far as fit here.
    #[serde(default)]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub items: Vec<RuleStatus>,
    /// The rules that are ours, by their key, like `sg-0e1b0001 tcp 0-65535 from sg-dee0b1ae`. Complete: a rule with our tags and another key was changed or copied by somebody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(max = 128)), extend("x-kubernetes-list-type" = "set"))]
    pub written: Vec<String>,
}

/// One desired security group rule.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RuleStatus {
    /// On which side.
    pub side: SideName,
    /// In which group.
    #[serde(rename = "securityGroupID")]
    pub security_group_id: SecurityGroupId,
    /// What it admits, like `tcp 0-65535 from sg-dee0b1ae`.
    #[schemars(length(max = 128))]
    pub rule: String,
    /// Whether it is there.
    pub state: RuleStanding,
    /// Its id; absent where an identical rule of somebody else serves.
    #[serde(rename = "ruleID", default, skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<SecurityGroupRuleId>,
}

/// Whether a desired rule is there.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum RuleStanding {
    /// Ours is there.
    InPlace,
    /// An identical rule of somebody else is there; ours is written when that one disappears.
    InPlaceByOthers,
    /// It is not there yet.
    Missing,
}

/// Something to look at that does not stand in the way.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct WarningStatus {
    /// A reason of the reference.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// A sentence with ids.
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// Something that the owner of the external side must do.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PeerAction {
    /// What, in a sentence with ids and CIDRs.
    #[schemars(length(max = 1024))]
    pub action: String,
    /// What comes after it: what waits for it here, or does not work without it.
    #[schemars(length(max = 512))]
    pub before: String,
    /// Commands to paste, one a line; what only the owner knows stands in `<…>`.
    #[schemars(length(max = 4096))]
    pub command: String,
}

/// What is waited for.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct WaitingStatus {
    /// What, in a sentence.
    #[schemars(length(max = 1024))]
    pub what: String,
    /// Since when.
    pub since: Time,
}
