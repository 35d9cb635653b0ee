//! Managed prefix lists.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{AccountId, CidrBlock, Family, PrefixListId};
use serde::{Deserialize, Serialize};

use super::listing::{Question, describe as describe_all};
use super::{Filter, TagSet, TagSpecification, route_tables, tags};
use crate::filters::{Field, Filterable};
use crate::id::AwsId;
use crate::idempotency::once;
use crate::paging::Limits;
use crate::scope::{Scope, find};
use crate::state::{Maker, SharedTags, Spot};
use crate::{Action, ApiError};

/// A managed prefix list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixList {
    pub(crate) name: String,
    /// AWS's own lists, such as those of gateway endpoints, are in every account.
    pub(crate) is_owned_by_aws: bool,
    pub(crate) family: Family,
    pub(crate) max_entries: usize,
    pub(crate) version: i64,
    /// The blocks, each with its description.
    pub(crate) entries: BTreeMap<CidrBlock, Option<String>>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// AWS lists prefix lists and their entries in pages of at most a hundred.
const LIMITS: Limits = Limits { min: 1, max: 100 };

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

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateManagedPrefixListReply {
    pub prefix_list: PrefixListItem,
}

impl Filterable for PrefixListItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("owner-id", |list, probe| probe.text(&list.owner_id)),
        ("prefix-list-id", |list, probe| probe.text(list.prefix_list_id.as_str())),
        ("prefix-list-name", |list, probe| probe.text(&list.prefix_list_name)),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn show(spot: &Spot, id: &PrefixListId, list: &PrefixList) -> PrefixListItem {
    let Spot { account, region } = spot;
    let owner = owner(list, account);
    PrefixListItem {
        prefix_list_id: id.clone(),
        address_family: match list.family {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        },
        state: "create-complete",
        prefix_list_arn: format!("arn:aws:ec2:{region}:{}:prefix-list/{id}", owner.to_lowercase()),
        prefix_list_name: list.name.clone(),
        // AWS says neither of its own lists.
        max_entries: (!list.is_owned_by_aws).then_some(list.max_entries),
        version: (!list.is_owned_by_aws).then_some(list.version),
        owner_id: owner,
        tag_set: TagSet(Arc::clone(&list.tags)),
    }
}

fn owner(list: &PrefixList, account: &AccountId) -> String {
    if list.is_owned_by_aws { "AWS".to_owned() } else { account.to_string() }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeManagedPrefixLists,
) -> Result<DescribeManagedPrefixListsReply, ApiError> {
    let question = Question {
        action: Action::DescribeManagedPrefixLists,
        ids: ("PrefixListIds", &request.prefix_list_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: LIMITS,
    };
    let lists = &scope.here().prefix_lists;
    let (prefix_list_set, next_token) =
        describe_all(scope, &question, lists, |id, list| show(scope.spot, id, list))?;
    Ok(DescribeManagedPrefixListsReply { prefix_list_set, next_token })
}

pub(crate) fn get_entries(
    scope: &Scope<'_>,
    request: &GetManagedPrefixListEntries,
) -> Result<GetManagedPrefixListEntriesReply, ApiError> {
    let id = PrefixListId::read(&request.prefix_list_id)?;
    let list = find(&scope.here().prefix_lists, &id)?;
    if request.target_version.is_some_and(|asked| asked != list.version) {
        // Earlier versions are not kept: nothing that the simulated AWS knows changes a list.
        return Err(ApiError::invalid_value(format!(
            "The prefix list {id} has no version {}",
            request.target_version.unwrap_or_default()
        )));
    }
    let filter = Filter { name: "prefix-list-id".to_owned(), values: vec![id.to_string()] };
    let question = Question {
        action: Action::GetManagedPrefixListEntries,
        ids: ("", &[]),
        filters: &[filter],
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: LIMITS,
    };
    let page = question.page(scope)?;
    // Tokens go by the texts of the blocks, so the pages must follow their order.
    let entries: BTreeMap<String, EntryItem> = list
        .entries
        .iter()
        .map(|(cidr, description)| {
            (cidr.to_string(), EntryItem { cidr: *cidr, description: description.clone() })
        })
        .collect();
    let rest = entries.into_iter().skip_while(|(key, _)| page.is_past(key));
    let (entry_set, next_token) = page.fill(rest);
    Ok(GetManagedPrefixListEntriesReply { entry_set, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateManagedPrefixList,
) -> Result<CreateManagedPrefixListReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let list = read(scope, request)?;
        let id: PrefixListId = scope.ids.fresh();
        let shown = PrefixListItem { state: "create-in-progress", ..show(scope.spot, &id, &list) };
        scope.here_mut().prefix_lists.insert(id, list);
        Ok(CreateManagedPrefixListReply { prefix_list: shown })
    })
}

fn read(scope: &Scope<'_>, request: &CreateManagedPrefixList) -> Result<PrefixList, ApiError> {
    let family = match request.address_family.as_str() {
        "IPv4" => Family::V4,
        "IPv6" => Family::V6,
        other => {
            return Err(ApiError::invalid_value(format!(
                "Value ({other}) for parameter addressFamily is invalid."
            )));
        }
    };
    // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateManagedPrefixList.html>
    if request.prefix_list_name.starts_with("com.amazonaws") || request.prefix_list_name.len() > 255
    {
        return Err(ApiError::invalid_value(format!(
            "Value ({}) for parameter prefixListName is invalid. It may have 255 characters and not begin with com.amazonaws.",
            request.prefix_list_name
        )));
    }
    let most = scope.settings.quotas.prefix_list_entries;
    let max_entries = usize::try_from(request.max_entries).unwrap_or_default();
    if !(1..=most).contains(&max_entries) {
        return Err(ApiError::invalid_value(format!(
            "Value ({}) for parameter maxEntries is invalid. It must be between 1 and {most}.",
            request.max_entries
        )));
    }
    if request.entries.len() > max_entries.min(100) {
        return Err(ApiError::new(
            "PrefixListMaxEntriesExceeded",
            "You've reached the maximum number of entries for the prefix list.",
        ));
    }
    let mut entries = BTreeMap::new();
    for entry in &request.entries {
        let block = route_tables::read_block("cidr", &entry.cidr, family)?;
        if entries.insert(block, entry.description.clone()).is_some() {
            return Err(ApiError::invalid_value(format!(
                "The CIDR {block} is given more than once"
            )));
        }
    }
    Ok(PrefixList {
        name: request.prefix_list_name.clone(),
        is_owned_by_aws: false,
        family,
        max_entries,
        version: 1,
        entries,
        tags: tags::specified(scope, &request.tag_specifications, "prefix-list")?,
        maker: scope.maker(),
    })
}
