//! Changing prefix lists. Entries change from version to version: who changes them says which version he knows.

use std::collections::BTreeSet;

use peerway_model::{CidrBlock, Family, PrefixListId};

use super::create::{check_name, given_twice, read_entries, read_size, too_many};
use super::delete::users;
use super::{
    Entries, MOST_AT_ONCE, ModifyManagedPrefixList, Phase, PrefixList, PrefixListReply, begin, show,
};
use crate::ApiError;
use crate::ec2::{route_tables, security_groups};
use crate::id::AwsId;
use crate::scope::{Scope, find, find_mut};

/// How many of the things that a list is too large for a message names.
const NAMED: usize = 10;

pub(crate) fn modify(
    scope: &mut Scope<'_>,
    request: &ModifyManagedPrefixList,
) -> Result<PrefixListReply, ApiError> {
    let id = PrefixListId::read(&request.prefix_list_id)?;
    let list = find(&scope.here().prefix_lists, &id)?;
    check_request(request)?;
    list.check_changeable(&id)?;
    if request.current_version.is_some_and(|version| version != list.version) {
        return Err(ApiError::new(
            "PrefixListVersionMismatch",
            "The prefix list has the incorrect version number.",
        ));
    }
    let shown = list.version;
    let mut changed = list.clone();
    if let Some(name) = &request.prefix_list_name {
        check_name(name)?;
        changed.name.clone_from(name);
    }
    if changes_entries(request) {
        let entries = change(list, request)?;
        let before = std::mem::replace(&mut changed.entries, entries);
        changed.earlier.insert(shown, before);
        changed.version += 1;
    }
    let mut failure = None;
    if let Some(asked) = request.max_entries {
        let size = read_size(scope, asked)?;
        if size < list.entries.len() {
            return Err(ApiError::invalid_value(format!(
                "Value ({asked}) for parameter maxEntries is invalid. The prefix list has {} entries.",
                list.entries.len()
            )));
        }
        failure = too_large(scope, &id, size);
        if failure.is_none() {
            changed.max_entries = size;
        }
    }
    *find_mut(&mut scope.here_mut().prefix_lists, &id)? = changed;
    let spot = scope.spot;
    begin(&mut scope.moment(), spot, &id, Phase::Modifying { shown, failure });
    let list = find(&scope.here().prefix_lists, &id)?;
    Ok(PrefixListReply { prefix_list: show(spot, &id, list) })
}

fn changes_entries(request: &ModifyManagedPrefixList) -> bool {
    !request.add_entries.is_empty() || !request.remove_entries.is_empty()
}

/// What is wrong with a request whatever the list
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html>).
fn check_request(request: &ModifyManagedPrefixList) -> Result<(), ApiError> {
    let changes = changes_entries(request);
    if changes && request.max_entries.is_some() {
        return Err(ApiError::invalid_combination(
            "You cannot modify the entries and the maximum entries for the prefix list in the same request.",
        ));
    }
    if request.add_entries.len() + request.remove_entries.len() > MOST_AT_ONCE {
        return Err(ApiError::invalid_value(format!(
            "The request cannot contain more than {MOST_AT_ONCE} entry additions or removals."
        )));
    }
    if changes && request.current_version.is_none() {
        return Err(ApiError::missing("CurrentVersion"));
    }
    if !changes && request.max_entries.is_none() && request.prefix_list_name.is_none() {
        return Err(ApiError::new("InvalidRequest", "The request received was invalid."));
    }
    Ok(())
}

/// The entries that a request makes of a list's.
fn change(list: &PrefixList, request: &ModifyManagedPrefixList) -> Result<Entries, ApiError> {
    let added = read_entries(&request.add_entries, list.family)?;
    let removed = read_removed(request, list.family)?;
    if let Some(both) = removed.iter().find(|block| added.contains_key(*block)) {
        return Err(ApiError::invalid_value(format!(
            "Request cannot contain Cidr {both} in both AddPrefixListEntries and RemovePrefixListEntries"
        )));
    }
    let mut entries = list.entries.clone();
    for block in &removed {
        if entries.remove(block).is_none() {
            return Err(invalid(format!("An entry with the CIDR ({block}) does not exist.")));
        }
    }
    for (block, description) in added {
        match entries.get(&block) {
            None => drop(entries.insert(block, description)),
            // A description changes in two calls: the entry goes, and comes again.
            Some(present) if *present != description => {
                return Err(ApiError::new("InvalidRequest", "The request received was invalid."));
            }
            Some(_) => {
                return Err(invalid(format!(
                    "An entry with the CIDR ({block}) and description ({}) already exists.",
                    description.unwrap_or_default()
                )));
            }
        }
    }
    if entries.len() > list.max_entries { Err(too_many()) } else { Ok(entries) }
}

fn read_removed(
    request: &ModifyManagedPrefixList,
    family: Family,
) -> Result<BTreeSet<CidrBlock>, ApiError> {
    let mut removed = BTreeSet::new();
    for entry in &request.remove_entries {
        let block = route_tables::read_block("cidr", &entry.cidr, family)?;
        if !removed.insert(block) {
            return Err(given_twice(block));
        }
    }
    Ok(removed)
}

fn invalid(message: String) -> ApiError {
    ApiError::new("InvalidPrefixListModification", message)
}

/// Why a list cannot be made so large: what refers to it counts the entries that it has room for against a quota.
fn too_large(scope: &mut Scope<'_>, id: &PrefixListId, size: usize) -> Option<String> {
    let quotas = &scope.settings.quotas;
    let region = scope.here();
    let mut resized = region.prefix_lists.clone();
    resized.get_mut(id)?.max_entries = size;
    let is_over = |user: &String| {
        let table = user.parse().ok().and_then(|table| region.route_tables.get(&table));
        let group = user.parse().ok().and_then(|group| region.security_groups.get(&group));
        table.is_some_and(|table| {
            route_tables::is_over_quota(table, &resized, quotas.routes_per_table)
        }) || group.is_some_and(|group| {
            let keys = group.rules_in(region).map(|rule| &rule.key);
            security_groups::is_over_quota(keys, &resized, quotas.rules_per_group)
        })
    };
    let over: Vec<String> = users(region, id).filter(is_over).take(NAMED).collect();
    (!over.is_empty()).then(|| {
        format!("The following resources do not support the new maximum size: {}", over.join(", "))
    })
}
