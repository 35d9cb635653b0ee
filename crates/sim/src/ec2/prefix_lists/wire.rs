//! Requests and replies about managed prefix lists.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use peerway_model::{CidrBlock, PrefixListId};
use serde::{Deserialize, Serialize};

use crate::ec2::{Filter, TagSet, TagSpecification};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeManagedPrefixLists {
    #[serde(default, rename = "PrefixListId")]
    pub prefix_list_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeManagedPrefixListsReply {
    pub prefix_list_set: Vec<PrefixListItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixListItem {
    pub prefix_list_id: PrefixListId,
    pub address_family: &'static str,
    pub state: &'static str,
    /// Why a change failed.
    pub state_message: Option<String>,
    pub prefix_list_arn: String,
    pub prefix_list_name: String,
    pub max_entries: Option<usize>,
    pub version: Option<i64>,
    /// An account's number, or `AWS`.
    pub owner_id: String,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetManagedPrefixListEntries {
    pub prefix_list_id: String,
    pub target_version: Option<i64>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetManagedPrefixListEntriesReply {
    pub entry_set: Vec<EntryItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryItem {
    pub cidr: CidrBlock,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateManagedPrefixList {
    pub prefix_list_name: String,
    pub address_family: String,
    pub max_entries: i32,
    #[serde(default, rename = "Entry")]
    pub entries: Vec<NewEntry>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewEntry {
    pub cidr: String,
    pub description: Option<String>,
}

/// The reply to creating, changing and deleting one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixListReply {
    pub prefix_list: PrefixListItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyManagedPrefixList {
    pub prefix_list_id: String,
    /// The version that the change is made to.
    pub current_version: Option<i64>,
    pub prefix_list_name: Option<String>,
    #[serde(default, rename = "AddEntry")]
    pub add_entries: Vec<NewEntry>,
    #[serde(default, rename = "RemoveEntry")]
    pub remove_entries: Vec<RemovedEntry>,
    pub max_entries: Option<i32>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemovedEntry {
    pub cidr: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteManagedPrefixList {
    pub prefix_list_id: String,
    pub dry_run: Option<bool>,
}
