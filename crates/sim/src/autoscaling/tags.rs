//! Tags of groups, which may also be given to the instances they launch.

use std::collections::BTreeMap;

use super::describe::page;
use super::wire::{
    AutoScalingDeleteTags, AutoScalingDescribeTags, AutoScalingDescribeTagsReply,
    CreateOrUpdateTags, GroupFilter, GroupTag, NoResult,
};
use super::{ScalingGroup, TagValue, find, find_mut};
use crate::ApiError;
use crate::scope::Scope;

const RESOURCE_TYPE: &str = "auto-scaling-group";

fn read_value(tag: &GroupTag) -> Result<TagValue, ApiError> {
    let value = tag.value.clone().unwrap_or_default();
    let length = tag.key.chars().count();
    if !(1..=128).contains(&length) || value.chars().count() > 256 {
        return Err(ApiError::validation(format!(
            "A tag's key has 1 to 128 characters and its value at most 256: '{}'",
            tag.key
        )));
    }
    if tag.key.to_ascii_lowercase().starts_with("aws:") {
        return Err(ApiError::validation(format!(
            "Tag keys that start with aws: are reserved for internal use: '{}'",
            tag.key
        )));
    }
    Ok(TagValue { value, propagates: tag.propagate_at_launch == Some(true) })
}

fn check_count(scope: &Scope<'_>, tags: &BTreeMap<String, TagValue>) -> Result<(), ApiError> {
    let most = scope.settings.quotas.tags;
    if tags.len() <= most {
        return Ok(());
    }
    Err(ApiError::new(
        "LimitExceeded",
        format!("An AutoScalingGroup cannot have more than {most} tags"),
    ))
}

/// The tags that a group is made with; they need not say whose they are.
pub(super) fn read_own(
    scope: &Scope<'_>,
    name: &str,
    tags: &[GroupTag],
) -> Result<BTreeMap<String, TagValue>, ApiError> {
    let mut read = BTreeMap::new();
    for tag in tags {
        check_resource(tag, Some(name))?;
        if read.insert(tag.key.clone(), read_value(tag)?).is_some() {
            return Err(ApiError::validation(format!("Duplicate tag key '{}'", tag.key)));
        }
    }
    check_count(scope, &read)?;
    Ok(read)
}

/// Whose tag it is.
fn check_resource<'a>(tag: &'a GroupTag, own: Option<&'a str>) -> Result<&'a str, ApiError> {
    if tag.resource_type.as_deref().is_some_and(|kind| kind != RESOURCE_TYPE) {
        return Err(ApiError::validation(format!(
            "Resource type of a tag must be {RESOURCE_TYPE}"
        )));
    }
    match (tag.resource_id.as_deref(), own) {
        (Some(id), Some(own)) if id != own => Err(ApiError::validation(format!(
            "The tag '{}' is for another group than the one to be created: {id}",
            tag.key
        ))),
        (Some(id), _) => Ok(id),
        (None, Some(own)) => Ok(own),
        (None, None) => Err(ApiError::validation("A tag must say the name of its group")),
    }
}

pub(crate) fn create_or_update(
    scope: &mut Scope<'_>,
    request: &CreateOrUpdateTags,
) -> Result<NoResult, ApiError> {
    let mut all: BTreeMap<&str, BTreeMap<String, TagValue>> = BTreeMap::new();
    for tag in &request.tags {
        let name = check_resource(tag, None)?;
        let present = &find(scope, name)?.tags;
        let tags = all.entry(name).or_insert_with(|| present.clone());
        tags.insert(tag.key.clone(), read_value(tag)?);
    }
    for tags in all.values() {
        check_count(scope, tags)?;
    }
    for (name, tags) in all {
        find_mut(scope, name)?.tags = tags;
    }
    Ok(NoResult)
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &AutoScalingDeleteTags,
) -> Result<NoResult, ApiError> {
    for tag in &request.tags {
        find(scope, check_resource(tag, None)?)?;
    }
    for tag in &request.tags {
        let group = find_mut(scope, check_resource(tag, None)?)?;
        let is_it = |present: &TagValue| tag.value.as_ref().is_none_or(|it| *it == present.value);
        if group.tags.get(&tag.key).is_some_and(is_it) {
            group.tags.remove(&tag.key);
        }
    }
    Ok(NoResult)
}

pub(super) fn items(name: &str, group: &ScalingGroup) -> Vec<GroupTag> {
    let tags = group.tags.iter();
    tags.map(|(key, tag)| GroupTag {
        resource_id: Some(name.to_owned()),
        resource_type: Some(RESOURCE_TYPE.to_owned()),
        key: key.clone(),
        value: Some(tag.value.clone()),
        propagate_at_launch: Some(tag.propagates),
    })
    .collect()
}

fn passes(tag: &GroupTag, filter: &GroupFilter) -> Result<bool, ApiError> {
    let text = match filter.name.as_str() {
        RESOURCE_TYPE => tag.resource_id.as_deref().unwrap_or_default(),
        "key" => &tag.key,
        "value" => tag.value.as_deref().unwrap_or_default(),
        "propagate-at-launch" if tag.propagate_at_launch == Some(true) => "true",
        "propagate-at-launch" => "false",
        other => {
            return Err(ApiError::validation(format!(
                "Filter type {other} is not correct. Allowed Filter types are: [{RESOURCE_TYPE}, key, value, \
                 propagate-at-launch]"
            )));
        }
    };
    Ok(filter.values.iter().any(|value| value == text))
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &AutoScalingDescribeTags,
) -> Result<AutoScalingDescribeTagsReply, ApiError> {
    // A wrong filter is one also where there is nothing to filter.
    for filter in &request.filters {
        passes(&GroupTag::default(), filter)?;
    }
    let page = page(
        scope,
        ("DescribeTags", ""),
        request.max_records,
        request.next_token.as_deref(),
        (50, 100),
    )?;
    let groups = scope.here().scaling_groups.iter();
    let all = groups
        .flat_map(|(name, group)| items(name, group))
        .filter(|tag| request.filters.iter().all(|filter| passes(tag, filter).unwrap_or_default()));
    // The separator cannot stand in the name of a group.
    let keyed = all.map(|tag| {
        (format!("{}:{}", tag.resource_id.as_deref().unwrap_or_default(), tag.key), tag)
    });
    let keyed: BTreeMap<String, GroupTag> = keyed.collect();
    let (tags, next_token) = page.fill(keyed.into_iter().filter(|(key, _)| !page.is_past(key)));
    Ok(AutoScalingDescribeTagsReply { tags, next_token })
}
