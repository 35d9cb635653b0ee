//! What a group launches.

use std::collections::BTreeSet;
use std::sync::Arc;

use peerway_model::{SecurityGroupId, SubnetId, Tags, VpcId};

use super::wire::LaunchTemplateSpecification;
use crate::ApiError;
use crate::ec2::instances::{
    self, Answers, Credits, Details, Device, Launch, RunInstances, TemplateReference,
};
use crate::ec2::{launch_templates, network_interfaces, security_groups};
use crate::id::{ImageId, InstanceId, LaunchTemplateId};
use crate::scope::{Scope, find};
use crate::state::RegionState;

/// Where the description of a group's instances comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The group itself says it, as AWS lets an instance be an example to a group.
    Plain(Recipe),
    /// A launch template, which may be gone by the time it is needed.
    Template(Template),
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

/// A version of a launch template; `$Latest` may mean another one tomorrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) id: LaunchTemplateId,
    pub(crate) name: Arc<str>,
    pub(crate) version: String,
}

/// The version that a group uses that names none.
pub(crate) const USUAL_VERSION: &str = "$Default";

impl Template {
    fn reference(&self) -> TemplateReference {
        TemplateReference {
            launch_template_id: Some(self.id.to_string()),
            launch_template_name: None,
            version: Some(self.version.clone()),
        }
    }

    /// Whether instances can be launched from it.
    fn check(&self, region: &RegionState) -> Result<(), ApiError> {
        let (_, _, data) = launch_templates::resolve(region, &self.reference()).map_err(invalid)?;
        match data.image_id {
            Some(_) => Ok(()),
            None => Err(invalid(ApiError::missing("ImageId"))),
        }
    }
}

/// What EC2 says about a template, in Auto Scaling's words.
#[expect(clippy::needless_pass_by_value, reason = "goes where errors are mapped")]
fn invalid(error: ApiError) -> ApiError {
    ApiError::validation(format!(
        "You must use a valid fully-formed launch template. {}",
        error.message()
    ))
}

impl Source {
    /// Whether instances can be launched from it into a VPC.
    pub(super) fn check(&self, region: &RegionState, vpc: &VpcId) -> Result<(), ApiError> {
        match self {
            Self::Template(template) => template.check(region),
            Self::Plain(recipe) => recipe.groups.as_ref().map_or(Ok(()), |groups| {
                network_interfaces::check_groups(region, usize::MAX, vpc, groups)
            }),
        }
    }

    /// The template as replies show it.
    pub(super) fn template(&self) -> Option<LaunchTemplateSpecification> {
        match self {
            Self::Plain(_) => None,
            Self::Template(Template { id, name, version }) => Some(LaunchTemplateSpecification {
                launch_template_id: Some(id.to_string()),
                launch_template_name: Some(name.to_string()),
                version: Some(version.clone()),
            }),
        }
    }

    /// The same with the number of the version that it means today; none where that cannot be told.
    pub(super) fn resolved(&self, region: &RegionState) -> Option<LaunchTemplateSpecification> {
        let Self::Template(template) = self else { return None };
        let (_, number, _) = launch_templates::resolve(region, &template.reference()).ok()?;
        let version = Some(number.to_string());
        Some(LaunchTemplateSpecification { version, ..self.template()? })
    }

    /// The launch configuration that AWS makes where an instance is the example.
    pub(super) fn configuration(&self, group: &str) -> Option<String> {
        match self {
            Self::Plain(_) => Some(group.to_owned()),
            Self::Template(_) => None,
        }
    }

    /// The instance to launch now into a subnet.
    pub(super) fn launch(
        &self,
        scope: &mut Scope<'_>,
        subnet: &SubnetId,
    ) -> Result<Launch, ApiError> {
        match self {
            Self::Plain(recipe) => plain(scope, recipe, subnet),
            Self::Template(template) => {
                let request = RunInstances {
                    launch_template: Some(template.reference()),
                    subnet_id: Some(subnet.to_string()),
                    ..RunInstances::default()
                };
                instances::read_launch(scope, &request)
            }
        }
    }
}

fn plain(scope: &mut Scope<'_>, recipe: &Recipe, subnet: &SubnetId) -> Result<Launch, ApiError> {
    let region = scope.here();
    let vpc = &find(&region.subnets, subnet)?.vpc;
    let usual = || security_groups::default_of(region, vpc).cloned().into_iter().collect();
    let groups = recipe.groups.clone().unwrap_or_else(usual);
    // The example that the groups are from may be of another VPC.
    network_interfaces::check_groups(region, usize::MAX, vpc, &groups)?;
    Ok(Launch {
        image: recipe.image.clone(),
        kind: Arc::clone(&recipe.kind),
        devices: vec![Device::primary(subnet.clone(), groups, None)],
        subnet: subnet.clone(),
        reservation: scope.ids.fresh(),
        index: 0,
        details: Details { credits: Credits::usual(&recipe.kind), ..Details::default() },
        answers: Answers::default(),
        tags: Arc::new(recipe.tags.clone()),
        interface_tags: Arc::default(),
        maker: scope.maker(),
    })
}

/// The template that a request names.
fn read_template(
    scope: &Scope<'_>,
    asked: &LaunchTemplateSpecification,
) -> Result<Source, ApiError> {
    let version = asked.version.clone().filter(|version| !version.is_empty());
    let version = version.unwrap_or_else(|| USUAL_VERSION.to_owned());
    let reference = TemplateReference {
        launch_template_id: asked.launch_template_id.clone(),
        launch_template_name: asked.launch_template_name.clone(),
        version: Some(version.clone()),
    };
    let region = scope.here();
    let (id, _, _) = launch_templates::resolve(region, &reference).map_err(invalid)?;
    let name = Arc::clone(&find(&region.launch_templates, &id)?.name);
    let template = Template { id, name, version };
    template.check(region)?;
    Ok(Source::Template(template))
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
