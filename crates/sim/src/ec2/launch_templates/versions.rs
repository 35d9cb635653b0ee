//! The versions of a launch template: numbered in the order in which they are made, and never changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::Tags;

use super::wire::{
    CreateLaunchTemplateVersion, CreateLaunchTemplateVersionReply, DeleteLaunchTemplateVersions,
    DeleteLaunchTemplateVersionsReply, DeletedVersion, DescribeLaunchTemplateVersions,
    DescribeLaunchTemplateVersionsReply, ResponseError, UndeletedVersion, VersionItem,
};
use super::{DataItem, LaunchTemplate, Version, named, read_version, to_seconds};
use crate::ec2::listing::Question;
use crate::filters::{Field, Filterable, Filters};
use crate::id::LaunchTemplateId;
use crate::idempotency::once;
use crate::paging::Limits;
use crate::scope::{Scope, find, find_mut};
use crate::{Action, ApiError};

impl Filterable for VersionItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("create-time", |version, probe| probe.display(version.create_time)),
        ("ebs-optimized", |version, probe| {
            version.launch_template_data.ebs_optimized.into_iter().for_each(|it| probe.flag(it));
        }),
        ("image-id", |version, probe| {
            probe.texts(version.launch_template_data.image_id.as_deref());
        }),
        ("instance-type", |version, probe| {
            probe.texts(version.launch_template_data.instance_type.as_deref());
        }),
        ("is-default-version", |version, probe| probe.flag(version.default_version)),
    ];

    fn tags(&self) -> &Tags {
        // Versions have none.
        static NONE: std::sync::LazyLock<Tags> = std::sync::LazyLock::new(Tags::new);
        &NONE
    }
}

fn show(
    id: &LaunchTemplateId,
    template: &LaunchTemplate,
    number: u64,
    version: &Version,
) -> VersionItem {
    VersionItem {
        launch_template_id: id.clone(),
        launch_template_name: Arc::clone(&template.name),
        version_number: number,
        version_description: version.description.clone(),
        create_time: to_seconds(version.created),
        created_by: Arc::clone(&version.maker),
        default_version: template.default == number,
        launch_template_data: DataItem::from(&version.data),
    }
}

pub(crate) fn create_version(
    scope: &mut Scope<'_>,
    request: &CreateLaunchTemplateVersion,
) -> Result<CreateLaunchTemplateVersionReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let (id, name) = (&request.launch_template_id, &request.launch_template_name);
        let id = named(scope.here(), id.as_deref(), name.as_deref())?;
        let (created, maker) = (scope.now, scope.maker());
        let template = find_mut(&mut scope.here_mut().launch_templates, &id)?;
        let data = request.launch_template_data.clone();
        let data = match &request.source_version {
            None => data,
            Some(source) => {
                let source = read_version(&id, template, source)?;
                data.over(&template.versions[&source].data)
            }
        };
        data.check()?;
        let description = request.version_description.clone();
        template.latest += 1;
        let number = template.latest;
        let version = Version { data, description, created, maker };
        let launch_template_version = show(&id, template, number, &version);
        template.versions.insert(number, version);
        Ok(CreateLaunchTemplateVersionReply { launch_template_version })
    })
}

pub(crate) fn describe_versions(
    scope: &Scope<'_>,
    request: &DescribeLaunchTemplateVersions,
) -> Result<DescribeLaunchTemplateVersionsReply, ApiError> {
    let filters = Filters::new(&request.filters)?;
    let here = scope.here();
    let (id, name) = (&request.launch_template_id, &request.launch_template_name);
    let wanted: BTreeMap<(LaunchTemplateId, u64), VersionItem> = if id.is_none() && name.is_none() {
        // Across templates, only the two that have names of their own can be asked for.
        if request.versions.is_empty() || !request.versions.iter().all(|it| it.starts_with('$')) {
            return Err(ApiError::missing("LaunchTemplateId or LaunchTemplateName"));
        }
        let mut wanted = BTreeMap::new();
        for (id, template) in &here.launch_templates {
            for version in &request.versions {
                let number = read_version(id, template, version)?;
                let item = show(id, template, number, &template.versions[&number]);
                wanted.insert((id.clone(), number), item);
            }
        }
        wanted
    } else {
        let id = named(here, id.as_deref(), name.as_deref())?;
        let template = find(&here.launch_templates, &id)?;
        let numbers = wanted_numbers(&id, template, request)?;
        let items = numbers.into_iter().map(|number| {
            ((id.clone(), number), show(&id, template, number, &template.versions[&number]))
        });
        items.collect()
    };
    let question = Question {
        action: Action::DescribeLaunchTemplateVersions,
        ids: ("", &[]),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits { min: 1, max: 200 },
    };
    let page = question.page(scope)?;
    let keyed = wanted.into_iter().map(|((id, number), item)| (format!("{id} {number:020}"), item));
    let items = keyed.filter(|(key, item)| !page.is_past(key) && filters.pass(item));
    let (launch_template_version_set, next_token) = page.fill(items);
    Ok(DescribeLaunchTemplateVersionsReply { launch_template_version_set, next_token })
}

/// The versions asked for, or all of them within the bounds.
fn wanted_numbers(
    id: &LaunchTemplateId,
    template: &LaunchTemplate,
    request: &DescribeLaunchTemplateVersions,
) -> Result<Vec<u64>, ApiError> {
    if !request.versions.is_empty() {
        let all = request.versions.iter().map(|text| read_version(id, template, text));
        return all.collect();
    }
    let bound = |text: Option<&str>| {
        let number = text.map(|text| {
            text.parse::<u64>().map_err(|_| {
                ApiError::invalid_value(format!("Invalid launch template version: '{text}'."))
            })
        });
        number.transpose()
    };
    let low = bound(request.min_version.as_deref())?.unwrap_or(0);
    let high = bound(request.max_version.as_deref())?.unwrap_or(u64::MAX);
    Ok(template.versions.keys().copied().filter(|number| (low..=high).contains(number)).collect())
}

/// Deletes what can be deleted: the reply tells the rest.
pub(crate) fn delete_versions(
    scope: &mut Scope<'_>,
    request: &DeleteLaunchTemplateVersions,
) -> Result<DeleteLaunchTemplateVersionsReply, ApiError> {
    let (id, name) = (&request.launch_template_id, &request.launch_template_name);
    let id = named(scope.here(), id.as_deref(), name.as_deref())?;
    if request.versions.is_empty() {
        return Err(ApiError::missing("LaunchTemplateVersion"));
    }
    let template = find_mut(&mut scope.here_mut().launch_templates, &id)?;
    let (mut deleted, mut undeleted) = (Vec::new(), Vec::new());
    for text in &request.versions {
        let number: u64 = text.parse().map_err(|_| {
            ApiError::invalid_value(format!("Invalid launch template version: '{text}'."))
        })?;
        let launch_template_name = Arc::clone(&template.name);
        let problem = if number == template.default {
            let message = "Cannot delete the default version of a launch template.".to_owned();
            Some(ResponseError { code: "unexpectedError", message })
        } else if template.versions.remove(&number).is_none() {
            let message = format!("Could not find the specified version {number}.");
            Some(ResponseError { code: "launchTemplateVersionDoesNotExist", message })
        } else {
            None
        };
        let launch_template_id = id.clone();
        match problem {
            None => deleted.push(DeletedVersion {
                launch_template_id,
                launch_template_name,
                version_number: number,
            }),
            Some(response_error) => undeleted.push(UndeletedVersion {
                launch_template_id,
                launch_template_name,
                version_number: number,
                response_error,
            }),
        }
    }
    Ok(DeleteLaunchTemplateVersionsReply {
        successfully_deleted_launch_template_version_set: deleted,
        unsuccessfully_deleted_launch_template_version_set: undeleted,
    })
}
