//! Tags: on creation, afterwards, and found across all kinds of things.
//!
//! A connection's tags belong to the account and Region that wrote them: the other end has its own.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::Tags;
use serde::{Deserialize, Serialize};

use super::listing::Question;
use super::{Done, Filter, Tag, TagSpecification};
use crate::filters::{Field, Filterable, Filters};
use crate::id::AwsId;
use crate::paging::Limits;
use crate::scope::Scope;
use crate::state::{RegionState, SharedTags};
use crate::{Action, ApiError};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateTags {
    #[serde(rename = "ResourceId")]
    pub resource_ids: Vec<String>,
    #[serde(rename = "Tag")]
    pub tags: Vec<Tag>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteTags {
    #[serde(rename = "ResourceId")]
    pub resource_ids: Vec<String>,
    /// None: all of them.
    #[serde(default, rename = "Tag")]
    pub tags: Vec<Tag>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeTags {
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeTagsReply {
    pub tag_set: Vec<TagItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagItem {
    pub resource_id: String,
    pub resource_type: &'static str,
    pub key: String,
    pub value: String,
    /// The same once more, for the filter `tag:<key>`.
    #[serde(skip)]
    tags: Tags,
}

/// The longest key and value, in characters.
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// The most things that one call may tag.
const MOST_RESOURCES: usize = 1000;

/// AWS's own tags: nobody else may write or delete them, and no quota counts them.
const RESERVED: &str = "aws:";

/// The tags that a call creates its thing with.
pub(crate) fn specified(
    scope: &Scope<'_>,
    specifications: &[TagSpecification],
    resource_type: &str,
) -> Result<SharedTags, ApiError> {
    let mut tags = Tags::new();
    for specification in specifications {
        if specification.resource_type != resource_type {
            return Err(ApiError::invalid_value(format!(
                "'{}' is not a valid taggable resource type for this operation.",
                specification.resource_type
            )));
        }
        for (key, value) in read(&specification.tags)? {
            if tags.insert(key.clone(), value).is_some() {
                return Err(duplicate(&key));
            }
        }
    }
    if tags.len() > scope.settings.quotas.tags {
        return Err(too_many());
    }
    Ok(Arc::new(tags))
}

/// The tags of a request, checked one by one.
fn read(tags: &[Tag]) -> Result<Tags, ApiError> {
    let mut read = Tags::new();
    for tag in tags {
        let value = tag.value.clone().unwrap_or_default();
        if tag.key.is_empty() || tag.key.chars().count() > LONGEST_KEY {
            return Err(ApiError::invalid_value(format!(
                "Tag key must be between 1 and {LONGEST_KEY} characters: '{}'",
                tag.key
            )));
        }
        if value.chars().count() > LONGEST_VALUE {
            return Err(ApiError::invalid_value(format!(
                "Tag value exceeds the maximum length of {LONGEST_VALUE} characters"
            )));
        }
        check_reserved(&tag.key)?;
        if read.insert(tag.key.clone(), value).is_some() {
            return Err(duplicate(&tag.key));
        }
    }
    Ok(read)
}

fn check_reserved(key: &str) -> Result<(), ApiError> {
    if key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED)) {
        return Err(ApiError::invalid_value(
            "Tag keys starting with 'aws:' are reserved for internal use",
        ));
    }
    Ok(())
}

fn duplicate(key: &str) -> ApiError {
    ApiError::invalid_value(format!("Duplicate tag key '{key}' specified."))
}

fn too_many() -> ApiError {
    ApiError::new("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
}

pub(crate) fn create(scope: &mut Scope<'_>, request: &CreateTags) -> Result<Done, ApiError> {
    if request.tags.is_empty() {
        return Err(ApiError::missing("Tag"));
    }
    let tags = read(&request.tags)?;
    let most = scope.settings.quotas.tags;
    // All of the things, then any of the tags: a call that fails changes nothing.
    for id in resources(&request.resource_ids)? {
        let of_thing = find(scope.here_mut(), id)?;
        let kept =
            of_thing.keys().filter(|key| !key.starts_with(RESERVED) && !tags.contains_key(*key));
        if kept.count() + tags.len() > most {
            return Err(too_many());
        }
    }
    for id in &request.resource_ids {
        let of_thing = Arc::make_mut(find(scope.here_mut(), id)?);
        of_thing.extend(tags.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(Done::YES)
}

pub(crate) fn delete(scope: &mut Scope<'_>, request: &DeleteTags) -> Result<Done, ApiError> {
    for tag in &request.tags {
        check_reserved(&tag.key)?;
    }
    for id in resources(&request.resource_ids)? {
        find(scope.here_mut(), id)?;
    }
    let is_deleted = |key: &String, value: &String| {
        if request.tags.is_empty() {
            return !key.starts_with(RESERVED);
        }
        // A value, if given, must be the tag's own.
        request
            .tags
            .iter()
            .any(|tag| tag.key == *key && tag.value.as_ref().is_none_or(|given| given == value))
    };
    for id in &request.resource_ids {
        let of_thing = Arc::make_mut(find(scope.here_mut(), id)?);
        of_thing.retain(|key, value| !is_deleted(key, value));
    }
    Ok(Done::YES)
}

fn resources(ids: &[String]) -> Result<&[String], ApiError> {
    if ids.is_empty() {
        Err(ApiError::missing("ResourceId"))
    } else if ids.len() > MOST_RESOURCES {
        Err(ApiError::invalid_value(format!(
            "At most {MOST_RESOURCES} resources may be tagged at once"
        )))
    } else {
        Ok(ids)
    }
}

/// The tags of a thing of whatever kind, by its id.
fn find<'a>(region: &'a mut RegionState, id: &str) -> Result<&'a mut SharedTags, ApiError> {
    macro_rules! of {
        ($things:expr) => {
            look_up($things, id, |thing| &mut thing.tags)
        };
    }
    let (prefix, _) = id.rsplit_once('-').unwrap_or_default();
    match prefix {
        "vpc" => of!(&mut region.vpcs),
        "subnet" => of!(&mut region.subnets),
        "rtb" => of!(&mut region.route_tables),
        "pcx" => of!(&mut region.views),
        "sg" => of!(&mut region.security_groups),
        "sgr" => of!(&mut region.rules),
        "igw" => of!(&mut region.internet_gateways),
        "nat" => of!(&mut region.nat_gateways),
        "eigw" => of!(&mut region.egress_only_gateways),
        "acl" => of!(&mut region.network_acls),
        "scr" => of!(&mut region.reservations),
        "eipalloc" => of!(&mut region.addresses),
        "eni" => of!(&mut region.network_interfaces),
        "i" => of!(&mut region.instances),
        "lt" => of!(&mut region.launch_templates),
        "pl" => of!(&mut region.prefix_lists),
        _ => Err(ApiError::new("InvalidID", format!("The ID '{id}' is not valid"))),
    }
}

fn look_up<'a, Id: AwsId, Thing>(
    things: &'a mut BTreeMap<Id, Thing>,
    id: &str,
    tags: impl FnOnce(&'a mut Thing) -> &'a mut SharedTags,
) -> Result<&'a mut SharedTags, ApiError> {
    things.get_mut(&Id::read(id)?).map(tags).ok_or_else(|| Id::not_found(id))
}

impl Filterable for TagItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("key", |tag, probe| probe.text(&tag.key)),
        ("resource-id", |tag, probe| probe.text(&tag.resource_id)),
        ("resource-type", |tag, probe| probe.text(tag.resource_type)),
        ("value", |tag, probe| probe.text(&tag.value)),
    ];

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeTags,
) -> Result<DescribeTagsReply, ApiError> {
    let filters = Filters::new(&request.filters)?;
    let question = Question {
        action: Action::DescribeTags,
        ids: ("", &[]),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let page = question.page(scope)?;
    let mut all = BTreeMap::new();
    for_each_tagged(scope.here(), &mut |id, resource_type, tags| {
        for (key, value) in tags {
            // No id and no key holds the separator, so this keeps things together and pages in order.
            let place = format!("{id}\u{1}{key}");
            if page.is_past(&place) {
                continue;
            }
            let item = TagItem {
                resource_id: id.to_owned(),
                resource_type,
                key: key.clone(),
                value: value.clone(),
                tags: [(key.clone(), value.clone())].into(),
            };
            if filters.pass(&item) {
                all.insert(place, item);
            }
        }
    });
    let (tag_set, next_token) = page.fill(all.into_iter());
    Ok(DescribeTagsReply { tag_set, next_token })
}

/// Shows every thing that can carry tags, with AWS's name for its kind.
fn for_each_tagged(region: &RegionState, see: &mut dyn FnMut(&str, &'static str, &Tags)) {
    macro_rules! all {
        ($($things:ident: $name:literal),* $(,)?) => {
            $(for (id, thing) in &region.$things {
                see(id.text(), $name, &thing.tags);
            })*
        };
    }
    all! {
        vpcs: "vpc",
        subnets: "subnet",
        route_tables: "route-table",
        views: "vpc-peering-connection",
        security_groups: "security-group",
        rules: "security-group-rule",
        internet_gateways: "internet-gateway",
        nat_gateways: "natgateway",
        egress_only_gateways: "egress-only-internet-gateway",
        network_acls: "network-acl",
        reservations: "subnet-cidr-reservation",
        addresses: "elastic-ip",
        network_interfaces: "network-interface",
        instances: "instance",
        launch_templates: "launch-template",
        prefix_lists: "prefix-list",
    }
}
