//! Managed prefix lists.
//!
//! | file | what |
//! |---|---|
//! | `create.rs` | making them |
//! | `modify.rs` | changing their name, their size and, version by version, their entries |
//! | `delete.rs` | deleting them, where nothing refers to them |

mod create;
mod delete;
mod modify;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{AccountId, CidrBlock, Family, PrefixListId};

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use modify::modify;
pub use wire::{
    CreateManagedPrefixList, DeleteManagedPrefixList, DescribeManagedPrefixLists,
    DescribeManagedPrefixListsReply, EntryItem, GetManagedPrefixListEntries,
    GetManagedPrefixListEntriesReply, ModifyManagedPrefixList, NewEntry, PrefixListItem,
    PrefixListReply, RemovedEntry,
};

use super::listing::{Question, describe as describe_all};
use super::{Filter, TagSet};
use crate::events::Event;
use crate::filters::{Field, Filterable};
use crate::id::AwsId;
use crate::paging::Limits;
use crate::scope::{Moment, Scope, find};
use crate::state::{Maker, RegionState, SharedTags, Spot};
use crate::{Action, ApiError};

/// Blocks, each with its description.
pub(crate) type Entries = BTreeMap<CidrBlock, Option<String>>;

/// A managed prefix list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrefixList {
    pub(crate) name: String,
    /// AWS's own lists, such as those of gateway endpoints, are in every account.
    pub(crate) is_owned_by_aws: bool,
    pub(crate) family: Family,
    pub(crate) max_entries: usize,
    /// Its latest version.
    pub(crate) version: i64,
    /// The entries of that version.
    pub(crate) entries: Entries,
    /// The entries of the versions before.
    pub(crate) earlier: BTreeMap<i64, Entries>,
    pub(crate) phase: Phase,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// How far a list is with what was last asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    Creating,
    Created,
    /// With the version that it still shows and, where the change will come to nothing, the reason.
    Modifying {
        shown: i64,
        failure: Option<String>,
    },
    Modified,
    ModifyFailed(String),
    Deleting,
}

impl Phase {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Creating => "create-in-progress",
            Self::Created => "create-complete",
            Self::Modifying { .. } => "modify-in-progress",
            Self::Modified => "modify-complete",
            Self::ModifyFailed(_) => "modify-failed",
            Self::Deleting => "delete-in-progress",
        }
    }
}

impl PrefixList {
    /// The version that AWS speaks of: a new one only when the change is through.
    fn shown_version(&self) -> i64 {
        match self.phase {
            Phase::Modifying { shown, .. } => shown,
            _ => self.version,
        }
    }

    /// The entries of a version; none where there is no such version, or not yet.
    fn entries_of(&self, version: i64) -> Option<&Entries> {
        if version == self.version && version == self.shown_version() {
            return Some(&self.entries);
        }
        self.earlier.get(&version)
    }

    /// Whether it may be changed now, and by its owner.
    fn check_changeable(&self, id: &PrefixListId) -> Result<(), ApiError> {
        if self.is_owned_by_aws {
            return Err(ApiError::new(
                "UnsupportedOperation",
                format!("The prefix list {id} is owned by AWS and cannot be changed or deleted."),
            ));
        }
        match &self.phase {
            Phase::Creating | Phase::Modifying { .. } | Phase::Deleting => Err(self.busy(id)),
            Phase::Created | Phase::Modified | Phase::ModifyFailed(_) => Ok(()),
        }
    }

    fn busy(&self, id: &PrefixListId) -> ApiError {
        ApiError::new(
            "IncorrectState",
            format!(
                "The request is not supported for the prefix list {id} in the current state ({})",
                self.phase.as_str()
            ),
        )
    }
}

/// AWS lists prefix lists and their entries in pages of at most a hundred.
const LIMITS: Limits = Limits { min: 1, max: 100 };

/// How many entries one call may add or remove.
const MOST_AT_ONCE: usize = 100;

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
        state: list.phase.as_str(),
        state_message: match &list.phase {
            Phase::ModifyFailed(reason) => Some(reason.clone()),
            _ => None,
        },
        prefix_list_arn: format!("arn:aws:ec2:{region}:{}:prefix-list/{id}", owner.to_lowercase()),
        prefix_list_name: list.name.clone(),
        // AWS says neither of its own lists.
        max_entries: (!list.is_owned_by_aws).then_some(list.max_entries),
        version: (!list.is_owned_by_aws).then(|| list.shown_version()),
        owner_id: owner,
        tag_set: TagSet(Arc::clone(&list.tags)),
    }
}

fn owner(list: &PrefixList, account: &AccountId) -> String {
    if list.is_owned_by_aws { "AWS".to_owned() } else { account.to_string() }
}

/// Checks that routes and rules may newly refer to a list.
pub(crate) fn check_usable(region: &RegionState, id: &PrefixListId) -> Result<(), ApiError> {
    let list = find(&region.prefix_lists, id)?;
    if list.phase == Phase::Deleting { Err(list.busy(id)) } else { Ok(()) }
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
    let version = request.target_version.unwrap_or_else(|| list.shown_version());
    let entries = list.entries_of(version).ok_or_else(|| {
        ApiError::invalid_value(format!("The prefix list {id} has no version {version}"))
    })?;
    let filter = |name: &str, value| Filter { name: name.to_owned(), values: vec![value] };
    let question = Question {
        action: Action::GetManagedPrefixListEntries,
        ids: ("", &[]),
        // What is asked, so that a page of one version is not continued with those of another.
        filters: &[
            filter("prefix-list-id", id.to_string()),
            filter("version", version.to_string()),
        ],
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: LIMITS,
    };
    let page = question.page(scope)?;
    // Tokens go by the texts of the blocks, so the pages must follow their order.
    let entries: BTreeMap<String, EntryItem> = entries
        .iter()
        .map(|(cidr, description)| {
            (cidr.to_string(), EntryItem { cidr: *cidr, description: description.clone() })
        })
        .collect();
    let rest = entries.into_iter().skip_while(|(key, _)| page.is_past(key));
    let (entry_set, next_token) = page.fill(rest);
    Ok(GetManagedPrefixListEntriesReply { entry_set, next_token })
}

/// Starts something that takes its time.
fn begin(moment: &mut Moment<'_>, spot: &Spot, id: &PrefixListId, phase: Phase) {
    let takes = moment.settings.timings.prefix_list;
    if let Some(list) = moment.state.at_mut(spot).prefix_lists.get_mut(id) {
        list.phase = phase;
        moment.schedule(takes, Event::PrefixListSettled(spot.clone(), id.clone()));
    }
}

/// A list is through with what was asked of it.
pub(crate) fn settled(moment: &mut Moment<'_>, spot: &Spot, id: &PrefixListId) {
    let lists = &mut moment.state.at_mut(spot).prefix_lists;
    let Some(list) = lists.get_mut(id) else { return };
    list.phase = match std::mem::replace(&mut list.phase, Phase::Created) {
        Phase::Creating => Phase::Created,
        Phase::Modifying { failure: None, .. } => Phase::Modified,
        Phase::Modifying { failure: Some(reason), .. } => Phase::ModifyFailed(reason),
        Phase::Deleting => {
            lists.remove(id);
            return;
        }
        settled @ (Phase::Created | Phase::Modified | Phase::ModifyFailed(_)) => settled,
    };
}
