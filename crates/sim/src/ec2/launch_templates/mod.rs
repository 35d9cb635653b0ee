//! Launch templates: named, in numbered versions that never change. What they say is in `data.rs`, what can be done with
//! versions in `versions.rs`.

mod data;
mod show;
mod versions;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{Tags, Timestamp};

pub use data::LaunchTemplateData;
pub use show::{
    BlockDeviceItem, CpuItem, CreditsItem, DataItem, DnsNameItem, EnclaveItem, HibernationItem,
    InterfaceItem, MetadataItem, MonitoringItem, PlacementItem, ProfileItem, TagItem, TagsItem,
    VolumeItem,
};
pub(crate) use versions::{create_version, delete_versions, describe_versions};
pub use wire::{
    CreateLaunchTemplate, CreateLaunchTemplateVersion, CreateLaunchTemplateVersionReply,
    DeleteLaunchTemplate, DeleteLaunchTemplateVersions, DeleteLaunchTemplateVersionsReply,
    DeletedVersion, DescribeLaunchTemplateVersions, DescribeLaunchTemplateVersionsReply,
    DescribeLaunchTemplates, DescribeLaunchTemplatesReply, LaunchTemplateItem, LaunchTemplateReply,
    ModifyLaunchTemplate, ResponseError, UndeletedVersion, VersionItem,
};

use super::instances::{RunInstances, TemplateReference};
use super::listing::{Question, describe as describe_all};
use super::{TagSet, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, LaunchTemplateId};
use crate::idempotency::once;
use crate::paging::Limits;
use crate::scope::{Scope, find, find_mut};
use crate::state::{Maker, RegionState, SharedTags};
use crate::{Action, ApiError};

/// The tags by which EC2 tells what an instance was launched with.
pub(crate) const ID_TAG: &str = "aws:ec2launchtemplate:id";
pub(crate) const VERSION_TAG: &str = "aws:ec2launchtemplate:version";

/// A launch template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaunchTemplate {
    pub(crate) name: Arc<str>,
    /// Never empty: the default version cannot be deleted.
    pub(crate) versions: BTreeMap<u64, Version>,
    pub(crate) default: u64,
    /// The highest number that was ever given; none is given twice.
    pub(crate) latest: u64,
    pub(crate) created: Timestamp,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// A version of a launch template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) data: LaunchTemplateData,
    pub(crate) description: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) maker: Maker,
}

impl LaunchTemplate {
    /// The newest version that there is.
    fn newest(&self) -> u64 {
        self.versions.last_key_value().map_or(self.latest, |(number, _)| *number)
    }
}

impl Filterable for LaunchTemplateItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("create-time", |template, probe| probe.display(template.create_time)),
        ("launch-template-name", |template, probe| probe.text(&template.launch_template_name)),
    ];

    fn tags(&self) -> &Tags {
        &self.tag_set.0
    }
}

fn show(id: &LaunchTemplateId, template: &LaunchTemplate) -> LaunchTemplateItem {
    LaunchTemplateItem {
        launch_template_id: id.clone(),
        launch_template_name: Arc::clone(&template.name),
        create_time: to_seconds(template.created),
        created_by: Arc::clone(&template.maker),
        default_version_number: template.default,
        latest_version_number: template.newest(),
        tag_set: TagSet(Arc::clone(&template.tags)),
    }
}

fn to_seconds(at: Timestamp) -> Timestamp {
    at.round(jiff::Unit::Second).unwrap_or(at)
}

/// The template that a request names, by id or by name.
fn named(
    region: &RegionState,
    id: Option<&str>,
    name: Option<&str>,
) -> Result<LaunchTemplateId, ApiError> {
    match (id, name) {
        (Some(id), None) => {
            let id = LaunchTemplateId::read(id)?;
            if region.launch_templates.contains_key(&id) {
                return Ok(id);
            }
            Err(ApiError::new(
                LaunchTemplateId::NOT_FOUND,
                format!("The specified launch template, with template ID {id}, does not exist."),
            ))
        }
        (None, Some(name)) => by_name(region, name).cloned().ok_or_else(|| {
            ApiError::new(
                "InvalidLaunchTemplateName.NotFoundException",
                format!(
                    "The specified launch template, with template name {name}, does not exist."
                ),
            )
        }),
        (None, None) => Err(ApiError::missing("LaunchTemplateId or LaunchTemplateName")),
        (Some(_), Some(_)) => Err(ApiError::invalid_combination(
            "Either the launch template ID or the launch template name may be specified, but not both",
        )),
    }
}

fn by_name<'a>(region: &'a RegionState, name: &str) -> Option<&'a LaunchTemplateId> {
    let mut templates = region.launch_templates.iter();
    templates.find(|(_, template)| &*template.name == name).map(|(id, _)| id)
}

/// A version by its number, or as `$Latest` or `$Default`.
fn read_version(
    id: &LaunchTemplateId,
    template: &LaunchTemplate,
    text: &str,
) -> Result<u64, ApiError> {
    let number = match text {
        "$Latest" => template.newest(),
        "$Default" => template.default,
        number => number.parse().map_err(|_| {
            ApiError::invalid_value(format!("Invalid launch template version: '{number}'."))
        })?,
    };
    if template.versions.contains_key(&number) {
        return Ok(number);
    }
    Err(ApiError::new(
        "InvalidLaunchTemplateId.VersionNotFound",
        format!(
            "Could not find the specified version {text} for the launch template with ID {id}."
        ),
    ))
}

/// A launch with what its template says, and the tags with which AWS tells which one it was. Without a template it stays
/// as it is.
pub(crate) fn apply(
    region: &RegionState,
    request: &RunInstances,
) -> Result<(RunInstances, Tags), ApiError> {
    let mut request = request.clone();
    let Some(reference) = request.launch_template.take() else { return Ok((request, Tags::new())) };
    let (id, number, data) = resolve(region, &reference)?;
    data.fill(&mut request);
    let tags = [(ID_TAG.to_owned(), id.to_string()), (VERSION_TAG.to_owned(), number.to_string())];
    Ok((request, tags.into()))
}

/// What a reference to a template means now: `$Latest` may mean another version tomorrow.
pub(crate) fn resolve<'a>(
    region: &'a RegionState,
    reference: &TemplateReference,
) -> Result<(LaunchTemplateId, u64, &'a LaunchTemplateData), ApiError> {
    let id = reference.launch_template_id.as_deref();
    let id = named(region, id, reference.launch_template_name.as_deref())?;
    let template = find(&region.launch_templates, &id)?;
    let number = read_version(&id, template, reference.version.as_deref().unwrap_or("$Default"))?;
    Ok((id, number, &template.versions[&number].data))
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeLaunchTemplates,
) -> Result<DescribeLaunchTemplatesReply, ApiError> {
    let here = scope.here();
    let mut ids = request.launch_template_ids.clone();
    for name in &request.launch_template_names {
        ids.push(named(here, None, Some(name))?.to_string());
    }
    let question = Question {
        action: Action::DescribeLaunchTemplates,
        ids: ("LaunchTemplateIds", &ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits { min: 1, max: 200 },
    };
    let (launch_templates, next_token) =
        describe_all(scope, &question, &here.launch_templates, show)?;
    Ok(DescribeLaunchTemplatesReply { launch_templates, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateLaunchTemplate,
) -> Result<LaunchTemplateReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let name = request.launch_template_name.as_str();
        check_name(name)?;
        request.launch_template_data.check()?;
        if by_name(scope.here(), name).is_some() {
            return Err(ApiError::new(
                "InvalidLaunchTemplateName.AlreadyExistsException",
                "Launch template name already in use.",
            ));
        }
        if scope.here().launch_templates.len() >= scope.settings.quotas.launch_templates {
            return Err(ApiError::new(
                "LaunchTemplateLimitExceeded",
                "The maximum number of launch templates has been reached.",
            ));
        }
        let version = Version {
            data: request.launch_template_data.clone(),
            description: request.version_description.clone(),
            created: scope.now,
            maker: scope.maker(),
        };
        let template = LaunchTemplate {
            name: name.into(),
            versions: [(1, version)].into(),
            default: 1,
            latest: 1,
            created: scope.now,
            tags: tags::specified(scope, &request.tag_specifications, "launch-template")?,
            maker: scope.maker(),
        };
        let id: LaunchTemplateId = scope.ids.fresh();
        let launch_template = show(&id, &template);
        scope.here_mut().launch_templates.insert(id, template);
        Ok(LaunchTemplateReply { launch_template })
    })
}

/// AWS's rule for names
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html>).
fn check_name(name: &str) -> Result<(), ApiError> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "().-/_".contains(c);
    if (3..=128).contains(&name.len()) && name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(ApiError::new(
        "InvalidLaunchTemplateName.MalformedException",
        "The launch template name must be between 3 and 128 characters in length, and may contain letters, numbers, and \
         the following characters: ( ) . - / _",
    ))
}

pub(crate) fn modify(
    scope: &mut Scope<'_>,
    request: &ModifyLaunchTemplate,
) -> Result<LaunchTemplateReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let (id, name) = (&request.launch_template_id, &request.launch_template_name);
        let id = named(scope.here(), id.as_deref(), name.as_deref())?;
        let default = request.default_version.as_deref();
        let default = default.ok_or_else(|| ApiError::missing("SetDefaultVersion"))?;
        let template = find_mut(&mut scope.here_mut().launch_templates, &id)?;
        template.default = read_version(&id, template, default)?;
        Ok(LaunchTemplateReply { launch_template: show(&id, template) })
    })
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteLaunchTemplate,
) -> Result<LaunchTemplateReply, ApiError> {
    let (id, name) = (&request.launch_template_id, &request.launch_template_name);
    let id = named(scope.here(), id.as_deref(), name.as_deref())?;
    let launch_template = show(&id, find(&scope.here().launch_templates, &id)?);
    scope.here_mut().launch_templates.remove(&id);
    Ok(LaunchTemplateReply { launch_template })
}
