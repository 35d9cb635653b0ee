//! What a group launches.

use std::collections::BTreeSet;
use std::sync::Arc;

use peerway_model::{SecurityGroupId, Tags};

use super::wire::LaunchTemplateSpecification;
use crate::ApiError;
use crate::ec2::instances;
use crate::id::{ImageId, InstanceId};
use crate::scope::Scope;

/// Where the description of a group's instances comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The group itself says it, as AWS lets an instance be an example to a group.
    Plain(Recipe),
}

/// An instance to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(crate) image: ImageId,
    pub(crate) kind: Arc<str>,
    /// Absent: the VPC's default group.
    pub(crate) groups: Option<BTreeSet<SecurityGroupId>>,
    pub(crate) tags: Tags,
}

impl Source {
    /// The template as replies show it.
    pub(super) fn template(&self) -> Option<LaunchTemplateSpecification> {
        match self {
            Self::Plain(_) => None,
        }
    }

    /// What to launch now.
    pub(super) fn recipe(&self) -> Result<Recipe, ApiError> {
        match self {
            Self::Plain(recipe) => Ok(recipe.clone()),
        }
    }

    /// The launch configuration that AWS makes where an instance is the example.
    pub(super) fn configuration(&self, group: &str) -> Option<String> {
        match self {
            Self::Plain(_) => Some(group.to_owned()),
        }
    }
}

/// The template that a request names.
pub(super) fn read_template(
    _: &Scope<'_>,
    asked: &LaunchTemplateSpecification,
) -> Result<Source, ApiError> {
    let which = match (&asked.launch_template_id, &asked.launch_template_name) {
        (Some(id), None) => format!("template ID {id}"),
        (None, Some(name)) => format!("template name {name}"),
        _ => {
            return Err(ApiError::validation(
                "Valid requests must contain either launchTemplateId or launchTemplateName",
            ));
        }
    };
    Err(ApiError::validation(format!(
        "You must use a valid fully-formed launch template. The specified launch template, with {which}, does not exist."
    )))
}

/// The source that a request names, out of the three there are.
pub(super) fn read(
    scope: &Scope<'_>,
    template: Option<&LaunchTemplateSpecification>,
    configuration: Option<&str>,
    example: Option<&str>,
) -> Result<Option<Source>, ApiError> {
    match (template, configuration, example) {
        (None, None, None) => Ok(None),
        (Some(template), None, None) => read_template(scope, template).map(Some),
        (None, Some(name), None) => Err(ApiError::validation(format!(
            "Launch configuration name not found - Launch configuration {name} not found"
        ))),
        (None, None, Some(id)) => read_example(scope, id).map(Some),
        _ => Err(ApiError::validation(
            "Valid requests must contain either launchTemplate, LaunchConfigurationName, InstanceId or \
             MixedInstancesPolicy parameter.",
        )),
    }
}

fn read_example(scope: &Scope<'_>, text: &str) -> Result<Source, ApiError> {
    let region = scope.here();
    let id = text.parse::<InstanceId>().ok();
    let found = id.and_then(|id| region.instances.get_key_value(&id));
    let (id, instance) = found.ok_or_else(|| {
        ApiError::validation(format!("Instance Id not found - Instance ID {text} not found"))
    })?;
    let groups = instances::primary_interface(region, id);
    Ok(Source::Plain(Recipe {
        image: instance.image.clone(),
        kind: Arc::clone(&instance.kind),
        groups: groups.map(|(_, interface)| interface.groups.clone()),
        tags: Tags::new(),
    }))
}
