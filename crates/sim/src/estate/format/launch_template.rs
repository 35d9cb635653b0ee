//! Launch templates.

use std::collections::BTreeMap;

use peerway_model::Tags;
use serde::{Deserialize, Serialize};

use crate::id::LaunchTemplateId;

/// A launch template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaunchTemplate {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<LaunchTemplateId>,
    /// Its name.
    pub name: String,
    /// Its versions by number.
    pub versions: BTreeMap<u64, LaunchTemplateVersion>,
    /// The default version; absent: the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<u64>,
    /// The highest number that was ever given, where that version is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<u64>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// A version of a launch template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaunchTemplateVersion {
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it says, by the names that `CreateLaunchTemplate` has behind `LaunchTemplateData.`.
    pub data: BTreeMap<String, String>,
    /// Who made it; only kept when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}
