//! Requests and replies about security groups and their rules.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::Arc;

use peerway_model::{
    AccountId, CidrBlock, ConnectionId, PrefixListId, SecurityGroupId, SecurityGroupRuleId, VpcId,
};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, TagSet, TagSpecification};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeSecurityGroups {
    #[serde(default, rename = "GroupId")]
    pub group_ids: Vec<String>,
    /// Of groups in the default VPC.
    #[serde(default, rename = "GroupName")]
    pub group_names: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeSecurityGroupsReply {
    pub security_group_info: Vec<GroupItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupItem {
    pub group_id: SecurityGroupId,
    pub group_name: Arc<str>,
    pub group_description: Arc<str>,
    pub owner_id: AccountId,
    pub vpc_id: VpcId,
    pub security_group_arn: String,
    pub ip_permissions: Vec<PermissionItem>,
    pub ip_permissions_egress: Vec<PermissionItem>,
    pub tag_set: TagSet,
}

/// The rules of one protocol and port range.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionItem {
    pub ip_protocol: String,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub groups: Vec<GroupPairItem>,
    pub ip_ranges: Vec<RangeItem>,
    pub ipv6_ranges: Vec<Ipv6RangeItem>,
    pub prefix_list_ids: Vec<PrefixListIdItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupPairItem {
    pub user_id: AccountId,
    pub group_id: SecurityGroupId,
    /// Not told: AWS names only groups outside of VPCs, which there are no more. Filters know it all the same.
    #[serde(skip)]
    pub group_name: Option<Arc<str>>,
    pub vpc_id: Option<VpcId>,
    pub vpc_peering_connection_id: Option<ConnectionId>,
    pub peering_status: Option<&'static str>,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RangeItem {
    pub cidr_ip: CidrBlock,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipv6RangeItem {
    pub cidr_ipv6: CidrBlock,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixListIdItem {
    pub prefix_list_id: PrefixListId,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateSecurityGroup {
    pub group_name: String,
    pub group_description: String,
    /// Absent: the default VPC.
    pub vpc_id: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSecurityGroupReply {
    pub group_id: SecurityGroupId,
    pub security_group_arn: String,
    pub tag_set: TagSet,
    #[serde(rename = "return")]
    pub done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteSecurityGroup {
    pub group_id: Option<String>,
    /// Of a group in the default VPC.
    pub group_name: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteSecurityGroupReply {
    pub group_id: SecurityGroupId,
    #[serde(rename = "return")]
    pub done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeSecurityGroupRules {
    #[serde(default, rename = "SecurityGroupRuleId")]
    pub security_group_rule_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeSecurityGroupRulesReply {
    pub security_group_rule_set: Vec<RuleItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleItem {
    pub security_group_rule_id: SecurityGroupRuleId,
    pub security_group_rule_arn: String,
    pub group_id: SecurityGroupId,
    pub group_owner_id: AccountId,
    pub is_egress: bool,
    pub ip_protocol: String,
    pub from_port: i32,
    pub to_port: i32,
    pub cidr_ipv4: Option<CidrBlock>,
    pub cidr_ipv6: Option<CidrBlock>,
    pub prefix_list_id: Option<PrefixListId>,
    pub referenced_group_info: Option<ReferencedGroup>,
    pub description: Option<String>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferencedGroup {
    pub group_id: SecurityGroupId,
    pub user_id: AccountId,
    pub vpc_id: Option<VpcId>,
    pub vpc_peering_connection_id: Option<ConnectionId>,
    pub peering_status: Option<&'static str>,
}

/// One permission of a request: as many rules as it has sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IpPermission {
    pub ip_protocol: String,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    #[serde(default)]
    pub groups: Vec<GroupPair>,
    #[serde(default)]
    pub ip_ranges: Vec<IpRange>,
    #[serde(default)]
    pub ipv6_ranges: Vec<Ipv6Range>,
    #[serde(default)]
    pub prefix_list_ids: Vec<PrefixListReference>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupPair {
    pub group_id: Option<String>,
    /// Of a group in the same VPC.
    pub group_name: Option<String>,
    /// The owner; needed for a group of another account.
    pub user_id: Option<String>,
    pub vpc_id: Option<String>,
    pub vpc_peering_connection_id: Option<String>,
    /// Told by AWS; ignored when a client sends back what it has read.
    pub peering_status: Option<String>,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IpRange {
    pub cidr_ip: String,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ipv6Range {
    pub cidr_ipv6: String,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PrefixListReference {
    pub prefix_list_id: String,
    pub description: Option<String>,
}

macro_rules! rule_requests {
    ($($(#[$doc:meta])* authorize $authorize:ident revoke $revoke:ident;)*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "PascalCase")]
        pub struct $authorize {
            pub group_id: Option<String>,
            /// Of a group in the default VPC.
            pub group_name: Option<String>,
            #[serde(default)]
            pub ip_permissions: Vec<IpPermission>,
            /// A single rule without `ip_permissions`, together with the next three.
            pub ip_protocol: Option<String>,
            pub from_port: Option<i32>,
            pub to_port: Option<i32>,
            pub cidr_ip: Option<String>,
            #[serde(default, rename = "TagSpecification")]
            pub tag_specifications: Vec<TagSpecification>,
            pub dry_run: Option<bool>,
        }

        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(rename_all = "PascalCase")]
        pub struct $revoke {
            pub group_id: Option<String>,
            /// Of a group in the default VPC.
            pub group_name: Option<String>,
            #[serde(default)]
            pub ip_permissions: Vec<IpPermission>,
            /// A single rule without `ip_permissions`, together with the next three.
            pub ip_protocol: Option<String>,
            pub from_port: Option<i32>,
            pub to_port: Option<i32>,
            pub cidr_ip: Option<String>,
            #[serde(default, rename = "SecurityGroupRuleId")]
            pub security_group_rule_ids: Vec<String>,
            pub dry_run: Option<bool>,
        })*
    };
}

rule_requests! {
    /// Rules for what comes in.
    authorize AuthorizeSecurityGroupIngress revoke RevokeSecurityGroupIngress;
    /// Rules for what goes out.
    authorize AuthorizeSecurityGroupEgress revoke RevokeSecurityGroupEgress;
}

/// The reply to authorizing in either direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizeReply {
    #[serde(rename = "return")]
    pub done: bool,
    pub security_group_rule_set: Vec<RuleItem>,
}

/// The reply to revoking in either direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeReply {
    #[serde(rename = "return")]
    pub done: bool,
    /// What was not there; only in default VPCs, elsewhere it is an error.
    pub unknown_ip_permission_set: Vec<PermissionItem>,
    pub revoked_security_group_rule_set: Vec<RevokedRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokedRule {
    pub security_group_rule_id: SecurityGroupRuleId,
    pub group_id: SecurityGroupId,
    pub is_egress: bool,
    pub ip_protocol: String,
    pub from_port: i32,
    pub to_port: i32,
    pub cidr_ipv4: Option<CidrBlock>,
    pub cidr_ipv6: Option<CidrBlock>,
    pub prefix_list_id: Option<PrefixListId>,
    pub referenced_group_id: Option<SecurityGroupId>,
    pub description: Option<String>,
}

/// Changes to rules that stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifySecurityGroupRules {
    pub group_id: String,
    #[serde(default, rename = "SecurityGroupRule")]
    pub security_group_rules: Vec<SecurityGroupRuleUpdate>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroupRuleUpdate {
    pub security_group_rule_id: String,
    pub security_group_rule: Option<SecurityGroupRuleRequest>,
}

/// A rule as it is to be, with exactly one source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroupRuleRequest {
    pub ip_protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub cidr_ipv4: Option<String>,
    pub cidr_ipv6: Option<String>,
    pub prefix_list_id: Option<String>,
    pub referenced_group_id: Option<String>,
    pub description: Option<String>,
}

/// The description of a rule; absent: none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecurityGroupRuleDescription {
    pub security_group_rule_id: Option<String>,
    pub description: Option<String>,
}

/// Descriptions of rules for what comes in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateSecurityGroupRuleDescriptionsIngress {
    pub group_id: Option<String>,
    /// Of a group in the default VPC.
    pub group_name: Option<String>,
    #[serde(default)]
    pub ip_permissions: Vec<IpPermission>,
    #[serde(default, rename = "SecurityGroupRuleDescription")]
    pub security_group_rule_descriptions: Vec<SecurityGroupRuleDescription>,
    pub dry_run: Option<bool>,
}

/// Descriptions of rules for what goes out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateSecurityGroupRuleDescriptionsEgress {
    pub group_id: Option<String>,
    /// Of a group in the default VPC.
    pub group_name: Option<String>,
    #[serde(default)]
    pub ip_permissions: Vec<IpPermission>,
    #[serde(default, rename = "SecurityGroupRuleDescription")]
    pub security_group_rule_descriptions: Vec<SecurityGroupRuleDescription>,
    pub dry_run: Option<bool>,
}
