//! `AWSAccount`: an AWS account this controller may act in, and who in the cluster may use what of it.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use peerway_model::{AccountId, Region, VpcId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selectors::MatchTags;

/// An AWS account, the Regions of it that may be touched, how to get in, and which namespaces may use what of it.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[kube(
    group = "peerway.dev",
    version = "v1alpha1",
    kind = "AWSAccount",
    root = "AwsAccount",
    plural = "awsaccounts",
    status = "AwsAccountStatus",
    derive = "PartialEq",
    doc = "AWSAccount is an AWS account that Peerway may act in, and says who in the cluster may use what of it.",
    shortname = "awsacct",
    category = "peerway",
    validation = Rule::new("self.metadata.name.size() <= 63").message("`metadata.name` must have no more than 63 characters"),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountID"),
    printcolumn(name = "Message", type_ = "string", priority = 1, json_path = r#".status.conditions[?(@.type=="Ready")].message"#),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsAccountSpec {
    /// The account's id, twelve digits in quotes. Immutable. The credentials must lead to exactly this account, else nothing is written.
    #[serde(rename = "accountID")]
    #[x_kube(validation = Rule::new("self == oldSelf").message("`accountID` is immutable: make another AWSAccount").reason(Reason::FieldValueForbidden))]
    pub account_id: AccountId,
    /// The AWS Regions in which this account may be touched, like `[us-west-2, eu-central-1]`.
    #[schemars(length(min = 1, max = 40), extend("x-kubernetes-list-type" = "set"))]
    pub regions: Vec<Region>,
    /// How to get into the account. Absent: with the controller's own identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<AccountCredentials>,
    /// Which namespaces may use what of the account. Without a grant nobody may use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub grants: Vec<Grant>,
}

/// How to get into an account.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountCredentials {
    /// Assume a role with the controller's own identity.
    pub assume_role: AssumeRole,
}

/// A role to assume.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssumeRole {
    /// The role's ARN, like `arn:aws:iam::111111111111:role/peerway`. Its trust policy must name the controller's identity.
    #[serde(rename = "roleARN")]
    #[schemars(
        length(max = 2048),
        regex(pattern = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[!-~]+$")
    )]
    pub role_arn: String,
    /// The external id that the role's trust policy asks for, if it asks for one.
    #[serde(rename = "externalID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 2, max = 1224), regex(pattern = r"^[\w+=,.@:/-]*$"))]
    pub external_id: Option<String>,
    /// Whether sessions that write carry the tags `peerway.dev/cluster` and `peerway.dev/owner`, for policies that ask for them
    /// (`aws:PrincipalTag`). The role's trust policy must then allow `sts:TagSession` too. Absent: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session_tags: bool,
}

/// Who may use what of an account.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grant {
    /// A name for the grant, unique in the list.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// Which namespaces.
    pub namespaces: NamespaceSelector,
    /// Which of `spec.regions`. Absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 40), extend("x-kubernetes-list-type" = "set"))]
    pub regions: Option<Vec<Region>>,
    /// Which VPCs. Absent: every VPC of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpcs: Option<GrantedVpcs>,
}

/// Namespaces, by name or by label.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = ("(self.from == 'Names') == has(self.names)", "`names` must be set with `from: Names`, and only then"),
    validation = ("(self.from == 'Selector') == has(self.matchLabels)", "`matchLabels` must be set with `from: Selector`, and only then"),
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceSelector {
    /// `All` namespaces, those in `names`, or those whose labels match.
    pub from: NamespacesFrom,
    /// Names of namespaces, at least one; with `from: Names`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), inner(length(min = 1, max = 63)), extend("x-kubernetes-list-type" = "set"))]
    pub names: Option<Vec<String>>,
    /// Labels that a namespace must carry, all of them, at least one; with `from: Selector`. Whoever may label namespaces decides who is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LabelMap")]
    pub match_labels: Option<BTreeMap<String, String>>,
}

/// The schema of `matchLabels`: bounded, never empty.
struct LabelMap;

impl JsonSchema for LabelMap {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LabelMap".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "minProperties": 1,
            "maxProperties": 16,
            "additionalProperties": { "type": "string", "maxLength": 63 },
            "x-kubernetes-validations": [{
                "rule": "self.all(key, key.size() >= 1 && key.size() <= 317)",
                "message": "label keys must have 1 to 317 characters",
            }],
        })
    }
}

/// How namespaces are told.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum NamespacesFrom {
    /// Every namespace of the cluster.
    All,
    /// The listed ones.
    Names,
    /// Those with the given labels.
    Selector,
}

/// VPCs that a grant is limited to. Exactly one of `ids` and `matchTags`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(validation = ("[has(self.ids), has(self.matchTags)].exists_one(x, x)", "exactly one of `ids` and `matchTags` must be set"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantedVpcs {
    /// VPC ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), extend("x-kubernetes-list-type" = "set"))]
    pub ids: Option<Vec<VpcId>>,
    /// Tags that a VPC must carry, with exactly these values: wildcards have no meaning here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_tags: Option<MatchTags>,
}

/// What is known of the account.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct AwsAccountStatus {
    /// The `metadata.generation` that the status is about; -1 until the controller has seen the object.
    #[serde(default)]
    #[schemars(range(min = -1))]
    pub observed_generation: i64,
    /// `Ready`: the credentials work and lead to this account.
    #[serde(default)]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}
