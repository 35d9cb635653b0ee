//! Tags of balancers: fewer than elsewhere, and one balancer per call.

use std::collections::BTreeSet;
use std::sync::Arc;

use peerway_model::Tags;

use super::wire::{
    AddTags, ElbDescribeTags, ElbDescribeTagsReply, Nothing, RemoveTags, Tag, TagsItem,
};
use super::{find, find_mut};
use crate::ApiError;
use crate::scope::Scope;

/// The most balancers that one `DescribeTags` may name.
const MOST_DESCRIBED: usize = 20;

/// Reads the tags of a request.
pub(super) fn read(tags: &[Tag]) -> Result<Tags, ApiError> {
    let mut read = Tags::new();
    for Tag { key, value } in tags {
        let value = value.clone().unwrap_or_default();
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(ApiError::validation(format!(
                "A tag's key has 1 to 128 characters and its value at most 256: '{key}'"
            )));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(ApiError::validation(format!(
                "System tags cannot be added or modified by requester: '{key}'"
            )));
        }
        let is_allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        if !key.chars().chain(value.chars()).all(is_allowed) {
            return Err(ApiError::validation(format!(
                "The tag '{key}' holds characters other than letters, digits, spaces and _ . : / = + - @"
            )));
        }
        if read.insert(key.clone(), value).is_some() {
            return Err(ApiError::new(
                "DuplicateTagKeys",
                format!("A tag key was specified more than once: '{key}'"),
            ));
        }
    }
    Ok(read)
}

/// Whether a balancer may have these tags.
pub(super) fn check_count(scope: &Scope<'_>, tags: &Tags) -> Result<(), ApiError> {
    let most = scope.settings.quotas.tags_per_balancer;
    if tags.keys().filter(|key| !key.starts_with("aws:")).count() <= most {
        return Ok(());
    }
    Err(ApiError::new(
        "TooManyTags",
        format!(
            "The quota for the number of tags that can be assigned to a load balancer has been reached: {most}"
        ),
    ))
}

/// The one balancer that a call may name.
fn only(names: &[String]) -> Result<&str, ApiError> {
    match names {
        [name] => Ok(name),
        _ => Err(ApiError::validation("Exactly one load balancer name must be specified")),
    }
}

pub(crate) fn add(scope: &mut Scope<'_>, request: &AddTags) -> Result<Nothing, ApiError> {
    let name = only(&request.load_balancer_names)?;
    let mut all = (*find(scope, name)?.tags).clone();
    if request.tags.is_empty() {
        return Err(ApiError::validation("At least one tag must be specified"));
    }
    all.extend(read(&request.tags)?);
    check_count(scope, &all)?;
    find_mut(scope, name)?.tags = Arc::new(all);
    Ok(Nothing {})
}

pub(crate) fn remove(scope: &mut Scope<'_>, request: &RemoveTags) -> Result<Nothing, ApiError> {
    let name = only(&request.load_balancer_names)?;
    let balancer = find_mut(scope, name)?;
    let gone: BTreeSet<&str> = request.tags.iter().map(|tag| tag.key.as_str()).collect();
    Arc::make_mut(&mut balancer.tags).retain(|key, _| !gone.contains(key.as_str()));
    Ok(Nothing {})
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &ElbDescribeTags,
) -> Result<ElbDescribeTagsReply, ApiError> {
    let names = &request.load_balancer_names;
    if names.is_empty() || names.len() > MOST_DESCRIBED {
        return Err(ApiError::validation(format!(
            "Between 1 and {MOST_DESCRIBED} load balancer names must be specified"
        )));
    }
    let items = names.iter().map(|name| {
        let tags = find(scope, name)?.tags.iter();
        let tags = tags.map(|(key, value)| Tag { key: key.clone(), value: Some(value.clone()) });
        Ok(TagsItem { load_balancer_name: name.clone(), tags: tags.collect() })
    });
    let mut items = items.collect::<Result<Vec<_>, ApiError>>()?;
    scope.sight.lose_an_item(&mut items);
    Ok(ElbDescribeTagsReply { tag_descriptions: items })
}
