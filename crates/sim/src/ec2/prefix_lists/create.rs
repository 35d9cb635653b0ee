//! Making prefix lists.

use std::collections::BTreeMap;

use peerway_model::{CidrBlock, Family, PrefixListId};

use super::{
    CreateManagedPrefixList, Entries, MOST_AT_ONCE, NewEntry, Phase, PrefixList, PrefixListReply,
    begin, show,
};
use crate::ApiError;
use crate::ec2::{route_tables, tags};
use crate::idempotency::once;
use crate::scope::{Scope, find};

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateManagedPrefixList,
) -> Result<PrefixListReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let list = read(scope, request)?;
        let id: PrefixListId = scope.ids.fresh();
        scope.here_mut().prefix_lists.insert(id.clone(), list);
        let spot = scope.spot;
        begin(&mut scope.moment(), spot, &id, Phase::Creating);
        let list = find(&scope.here().prefix_lists, &id)?;
        Ok(PrefixListReply { prefix_list: show(spot, &id, list) })
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
    check_name(&request.prefix_list_name)?;
    let max_entries = read_size(scope, request.max_entries)?;
    if request.entries.len() > max_entries.min(MOST_AT_ONCE) {
        return Err(too_many());
    }
    Ok(PrefixList {
        name: request.prefix_list_name.clone(),
        is_owned_by_aws: false,
        family,
        max_entries,
        version: 1,
        entries: read_entries(&request.entries, family)?,
        earlier: BTreeMap::new(),
        phase: Phase::Created,
        tags: tags::specified(scope, &request.tag_specifications, "prefix-list")?,
        maker: scope.maker(),
    })
}

/// Whether a list may be called so
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateManagedPrefixList.html>).
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    if name.starts_with("com.amazonaws") || name.len() > 255 {
        return Err(ApiError::invalid_value(format!(
            "Value ({name}) for parameter prefixListName is invalid. It may have 255 characters and not begin with \
             com.amazonaws."
        )));
    }
    Ok(())
}

/// How many entries a list is to have room for.
pub(super) fn read_size(scope: &Scope<'_>, asked: i32) -> Result<usize, ApiError> {
    let most = scope.settings.quotas.prefix_list_entries;
    let size = usize::try_from(asked).unwrap_or_default();
    if (1..=most).contains(&size) {
        return Ok(size);
    }
    Err(ApiError::invalid_value(format!(
        "Value ({asked}) for parameter maxEntries is invalid. It must be between 1 and {most}."
    )))
}

/// The entries of a request, none of them twice.
pub(super) fn read_entries(given: &[NewEntry], family: Family) -> Result<Entries, ApiError> {
    let mut entries = Entries::new();
    for entry in given {
        let block = route_tables::read_block("cidr", &entry.cidr, family)?;
        if entries.insert(block, entry.description.clone()).is_some() {
            return Err(given_twice(block));
        }
    }
    Ok(entries)
}

pub(super) fn given_twice(block: CidrBlock) -> ApiError {
    ApiError::invalid_value(format!("The CIDR {block} is given more than once"))
}

pub(super) fn too_many() -> ApiError {
    ApiError::new(
        "PrefixListMaxEntriesExceeded",
        "You've reached the maximum number of entries for the prefix list.",
    )
}
