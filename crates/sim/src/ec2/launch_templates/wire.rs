//! Requests and replies about launch templates.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::Arc;

use peerway_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::data::LaunchTemplateData;
use super::show::DataItem;
use crate::ec2::{Filter, TagSet, TagSpecification};
use crate::id::LaunchTemplateId;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateLaunchTemplate {
    pub launch_template_name: String,
    pub version_description: Option<String>,
    pub launch_template_data: LaunchTemplateData,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

/// The reply to creating, changing and deleting one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchTemplateReply {
    pub launch_template: LaunchTemplateItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchTemplateItem {
    pub launch_template_id: LaunchTemplateId,
    pub launch_template_name: Arc<str>,
    pub create_time: Timestamp,
    pub created_by: Arc<str>,
    pub default_version_number: u64,
    pub latest_version_number: u64,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLaunchTemplates {
    #[serde(default, rename = "LaunchTemplateId")]
    pub launch_template_ids: Vec<String>,
    #[serde(default, rename = "LaunchTemplateName")]
    pub launch_template_names: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLaunchTemplatesReply {
    pub launch_templates: Vec<LaunchTemplateItem>,
    pub next_token: Option<String>,
}

/// By id or name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteLaunchTemplate {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    pub dry_run: Option<bool>,
}

/// By id or name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyLaunchTemplate {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    #[serde(rename = "SetDefaultVersion")]
    pub default_version: Option<String>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

/// By id or name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateLaunchTemplateVersion {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    /// What the new version does not say is taken from this one.
    pub source_version: Option<String>,
    pub version_description: Option<String>,
    pub launch_template_data: LaunchTemplateData,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateLaunchTemplateVersionReply {
    pub launch_template_version: VersionItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionItem {
    pub launch_template_id: LaunchTemplateId,
    pub launch_template_name: Arc<str>,
    pub version_number: u64,
    pub version_description: Option<String>,
    pub create_time: Timestamp,
    pub created_by: Arc<str>,
    pub default_version: bool,
    pub launch_template_data: DataItem,
}

/// By id or name. Without versions all of them, within the bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeLaunchTemplateVersions {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    #[serde(default, rename = "LaunchTemplateVersion")]
    pub versions: Vec<String>,
    pub min_version: Option<String>,
    pub max_version: Option<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLaunchTemplateVersionsReply {
    pub launch_template_version_set: Vec<VersionItem>,
    pub next_token: Option<String>,
}

/// By id or name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteLaunchTemplateVersions {
    pub launch_template_id: Option<String>,
    pub launch_template_name: Option<String>,
    #[serde(default, rename = "LaunchTemplateVersion")]
    pub versions: Vec<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteLaunchTemplateVersionsReply {
    pub successfully_deleted_launch_template_version_set: Vec<DeletedVersion>,
    pub unsuccessfully_deleted_launch_template_version_set: Vec<UndeletedVersion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletedVersion {
    pub launch_template_id: LaunchTemplateId,
    pub launch_template_name: Arc<str>,
    pub version_number: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UndeletedVersion {
    pub launch_template_id: LaunchTemplateId,
    pub launch_template_name: Arc<str>,
    pub version_number: u64,
    pub response_error: ResponseError,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResponseError {
    pub code: &'static str,
    pub message: String,
}
