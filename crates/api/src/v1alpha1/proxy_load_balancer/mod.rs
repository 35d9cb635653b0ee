//! `ProxyLoadBalancer`: a load balancer beside another one, to the same instances.

pub mod settings;
pub mod status;
pub mod targets;

use kube::{CustomResource, KubeSchema};
use peerway_model::{LoadBalancerName, Region, SubnetId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::overlap_subnet_group::ExtraTags;
use super::policies::{DeletionPolicy, ManagementPolicy};
use super::selectors::MatchTags;
use super::vpc_peering::AccountRef;
use settings::{Attributes, BalancerGroup, HealthCheck, Listener};
pub use status::ProxyLoadBalancerStatus;
use targets::Targets;

/// A load balancer to keep: where it stands, what it follows, and which instances it serves.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[kube(
    group = "peerway.dev",
    version = "v1alpha1",
    kind = "ProxyLoadBalancer",
    root = "ProxyLoadBalancer",
    plural = "proxyloadbalancers",
    namespaced,
    status = "ProxyLoadBalancerStatus",
    derive = "PartialEq",
    doc = "ProxyLoadBalancer keeps a load balancer in the subnets of an OverlapSubnetGroup, or in given ones: set up as its spec says, and where that says nothing as another load balancer is; attached to auto-scaling groups beside whatever they are attached to, or to chosen instances.",
    shortname = "proxylb",
    category = "peerway",
    validation = Rule::new("self.metadata.name.size() <= 63").message("`metadata.name` must have no more than 63 characters"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "In-Service", type_ = "string", json_path = ".status.inService"),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "DNS", type_ = "string", priority = 1, json_path = ".status.loadBalancer.dnsName"),
    printcolumn(name = "Message", type_ = "string", priority = 1, json_path = r#".status.conditions[?(@.type=="Ready")].message"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
)]
#[x_kube(
    validation = Rule::new("has(self.subnetGroupRef) != has(self.subnets)")
        .message("exactly one of `subnetGroupRef` and `subnets` must be set: the subnets of an OverlapSubnetGroup, or given ones"),
    validation = Rule::new("has(self.subnetGroupRef) == has(oldSelf.subnetGroupRef) && (!has(self.subnetGroupRef) || self.subnetGroupRef == oldSelf.subnetGroupRef)")
        .message("`subnetGroupRef` is immutable: make another ProxyLoadBalancer").reason(Reason::FieldValueForbidden),
    validation = Rule::new("(has(self.type) ? self.type : 'Classic') == (has(oldSelf.type) ? oldSelf.type : 'Classic')")
        .message("`type` is immutable: make another ProxyLoadBalancer").reason(Reason::FieldValueForbidden),
    validation = Rule::new("(has(self.scheme) ? self.scheme : 'Internal') == (has(oldSelf.scheme) ? oldSelf.scheme : 'Internal')")
        .message("`scheme` is immutable, AWS fixes it at creation: make another ProxyLoadBalancer").reason(Reason::FieldValueForbidden),
    validation = Rule::new("has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)")
        .message("`name` is immutable, AWS fixes it at creation: make another ProxyLoadBalancer").reason(Reason::FieldValueForbidden),
    validation = Rule::new("!has(self.scheme) || self.scheme == 'Internal' || has(self.subnets)")
        .message("`scheme: InternetFacing` needs `subnets`: overlap subnets have no way to the internet"),
    validation = Rule::new("has(self.reference) || has(self.adopt) || (has(self.listeners) && has(self.securityGroups))")
        .message("without `reference`, `listeners` and `securityGroups` must be set: there is nothing to take them from"),
    validation = Rule::new("has(self.reference) || has(self.adopt) || !has(self.healthCheck) || !has(self.healthCheck.protocol) || !(self.healthCheck.protocol in ['HTTP', 'HTTPS']) || has(self.healthCheck.path)")
        .message("`healthCheck.path` must be set with protocol HTTP or HTTPS, unless it is taken from `reference`: an instance is healthy that answers it with 200"),
    validation = Rule::new("has(self.reference) || !has(self.attributes) || !has(self.attributes.accessLogs) || has(self.attributes.accessLogs.bucket) || (has(self.attributes.accessLogs.enabled) && !self.attributes.accessLogs.enabled)")
        .message("`bucket` must be set in `attributes.accessLogs`, unless `enabled` is false: there is no `reference` to take it from"),
    validation = Rule::new("!has(self.adopt) || has(self.deletionPolicy)")
        .message("`deletionPolicy` must be written beside `adopt`: say whether what is adopted goes with this object (Delete) or stays (Retain)"),
    validation = Rule::new("!(has(self.adopt) && has(self.name) && self.adopt.loadBalancerName != self.name)")
        .message("`adopt.loadBalancerName` and `name` must agree: a load balancer cannot be renamed"),
    validation = Rule::new("!(has(self.reference) && has(self.name) && self.reference.loadBalancerName == self.name)")
        .message("`reference.loadBalancerName` and `name` must differ: a load balancer cannot follow itself"),
    validation = Rule::new("!(has(self.reference) && has(self.adopt) && self.reference.loadBalancerName == self.adopt.loadBalancerName)")
        .message("`reference.loadBalancerName` and `adopt.loadBalancerName` must differ: a load balancer cannot follow itself"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxyLoadBalancerSpec {
    /// The `OverlapSubnetGroup`, of this namespace, whose subnets it stands in; it follows the zones that the group wants. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_group_ref: Option<SubnetGroupRef>,
    /// Given subnets of one VPC: at most one per Availability Zone, each at least a `/27` with 8 free addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnets: Option<GivenSubnets>,
    /// What sort of load balancer. Absent: `Classic`, the only one so far. Immutable.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BalancerType")]
    pub kind: Option<BalancerType>,
    /// Whether it can be reached from the internet. Absent: `Internal`. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BalancerScheme")]
    pub scheme: Option<BalancerScheme>,
    /// Its name in AWS, unique in the account and Region. Absent: made of this object's namespace and name, and of the cluster's id. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LoadBalancerName")]
    pub name: Option<LoadBalancerName>,
    /// A load balancer of the same account and Region: what this spec leaves out is kept as it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// What it listens on. Absent: every listener of the reference, with their policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Listener>", length(min = 1, max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["port".into()]))]
    pub listeners: Option<Vec<Listener>>,
    /// How it judges its instances. Each field that is absent is the reference's, else AWS's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// Its settings. Each that is absent is the reference's, else Peerway's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The security groups it carries, 1 to 5. Absent: those of the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<BalancerGroup>", length(min = 1, max = 5), extend("x-kubernetes-list-type" = "atomic"))]
    pub security_groups: Option<Vec<BalancerGroup>>,
    /// Which instances it serves: those of auto-scaling groups, chosen ones, or both.
    pub targets: Targets,
    /// When it counts as ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
    /// Tags beside our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<ExtraTags>,
    /// What becomes of it when this object is deleted. `Delete` (the default) detaches and deletes it; `Retain` leaves it
    /// and takes our tags off, also where there are no credentials any more. Set on an object that is being deleted, `Retain` releases it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DeletionPolicy")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// `Full` (the default) makes and repairs; `Observe` never writes to AWS, also not on deletion, and reports every difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ManagementPolicy")]
    pub management_policy: Option<ManagementPolicy>,
    /// A load balancer that exists already and shall be this object's from now on. `deletionPolicy` must be written beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<BalancerAdoption>,
}

/// A reference to an `OverlapSubnetGroup`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
#[serde(deny_unknown_fields)]
pub struct SubnetGroupRef {
    /// The name of the `OverlapSubnetGroup`, in this namespace.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
}

/// Subnets that exist. Exactly one of `ids` and `matchTags`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = ("[has(self.ids), has(self.matchTags)].exists_one(x, x)", "exactly one of `ids` and `matchTags` must be set"),
    validation = Rule::new("self.region == oldSelf.region")
        .message("`region` is immutable: make another ProxyLoadBalancer").reason(Reason::FieldValueForbidden),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenSubnets {
    /// The AWSAccount that they are in. A grant of it must cover this namespace.
    pub account_ref: AccountRef,
    /// Their AWS Region, like `us-west-2`. Immutable.
    pub region: Region,
    /// Subnet ids, like `[subnet-0123456789abcdef0]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<SubnetId>", length(min = 1, max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub ids: Option<Vec<SubnetId>>,
    /// Tags of the subnets: all pairs must match; `*` and `?` are wildcards in values. They must all be of one VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
}

/// A sort of load balancer.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Default)]
pub enum BalancerType {
    /// A Classic Load Balancer.
    #[default]
    Classic,
}

/// Whether a load balancer can be reached from the internet.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Default)]
pub enum BalancerScheme {
    /// Only over private addresses.
    #[default]
    Internal,
    /// From the internet too.
    InternetFacing,
}

/// The load balancer to follow.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reference {
    /// Its name.
    pub load_balancer_name: LoadBalancerName,
}

/// When a load balancer counts as ready.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Readiness {
    /// How many instances must be in service. Absent: 1. Where only a leader answers the health check, it is healthy with exactly one; 0 asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 0, max = 1000))]
    pub min_in_service: Option<u32>,
}

/// What exists already and shall be the object's.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BalancerAdoption {
    /// The load balancer's name.
    pub load_balancer_name: LoadBalancerName,
}
