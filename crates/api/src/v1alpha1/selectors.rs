//! How a spec names things in AWS.

use std::collections::BTreeMap;

use kube::KubeSchema;
use peerway_model::{RouteTableId, SecurityGroupId, SubnetId, VpcId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Tags to match: all pairs. Case-sensitive; in values `*` stands for any text and `?` for one character (`\` escapes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchTags(pub BTreeMap<String, String>);

impl JsonSchema for MatchTags {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MatchTags".into()
    }

    /// Rules over the keys of a map use `size()` and `startsWith()` only: a `matches()` there breaks the CRD's cost budget.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "minProperties": 1,
            "maxProperties": 10,
            "additionalProperties": { "type": "string", "maxLength": 256 },
            "x-kubernetes-validations": [{
                "rule": "self.all(key, key.size() >= 1 && key.size() <= 128)",
                "message": "tag keys must have 1 to 128 characters",
            }, {
                "rule": "self.all(key, !key.startsWith('peerway.dev/'))",
                "message": "must not select by Peerway's own tags: what Peerway made is never selected",
            }],
        })
    }
}

/// Which VPC. Exactly one of `id` and `matchTags`; it must match exactly one VPC of the account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = ("[has(self.id), has(self.matchTags)].exists_one(x, x)", "exactly one of `id` and `matchTags` must be set"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpcSelector {
    /// The VPC's id, like `vpc-0123456789abcdef0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<VpcId>,
    /// The VPC's tags, like `{Name: production}`: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
}

/// Which route tables of the side's VPC. Exactly one of `ids`, `matchTags`, `ofSubnets` and `scope`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = (
    "[has(self.ids), has(self.matchTags), has(self.ofSubnets), has(self.scope)].exists_one(x, x)",
    "exactly one of `ids`, `matchTags`, `ofSubnets` and `scope` must be set"
))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteTableSelector {
    /// Route table ids, like `[rtb-0123456789abcdef0]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub ids: Option<Vec<RouteTableId>>,
    /// Tags of the route tables: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
    /// The tables that these subnets really use: the one each is associated with, else the VPC's main table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_subnets: Option<SubnetSelector>,
    /// `Main`: the VPC's main table. `All`: every table that a subnet uses; tables of gateways and of overlap subnets are not among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<TableScope>,
}

/// Which subnets of the side's VPC. Exactly one of `ids` and `matchTags`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = ("[has(self.ids), has(self.matchTags)].exists_one(x, x)", "exactly one of `ids` and `matchTags` must be set"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubnetSelector {
    /// Subnet ids, like `[subnet-0123456789abcdef0]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub ids: Option<Vec<SubnetId>>,
    /// Tags of the subnets: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
}

/// `Main`: the VPC's main table. `All`: every table that a subnet uses; tables of gateways and of overlap subnets are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TableScope {
    /// The main table.
    Main,
    /// Every table that a subnet uses, the main one included if a subnet uses it. Tables of gateways (edge associations) and of overlap subnets are not among them.
    All,
}

/// Which security group of the side's VPC. Exactly one of `id`, `name`, `description` and `matchTags`; it must match exactly one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = (
    "[has(self.id), has(self.name), has(self.description), has(self.matchTags)].exists_one(x, x)",
    "exactly one of `id`, `name`, `description` and `matchTags` must be set"
))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroupSelector {
    /// The group's id, like `sg-0123456789abcdef0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SecurityGroupId>,
    /// The group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 255))]
    pub name: Option<String>,
    /// The group's description, as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 255))]
    pub description: Option<String>,
    /// The group's tags: all pairs must match; `*` and `?` are wildcards in values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
}
