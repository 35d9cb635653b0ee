//! Images: a fixed list, the same in every account. Their ids follow from Region and name, as AWS's own differ by Region.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use peerway_model::{Region, Tags};
use serde::{Deserialize, Serialize};

use super::Filter;
use super::listing::{Question, describe as describe_all};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, ImageId, derived};
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

/// What tells the images apart.
struct Image {
    name: &'static str,
    description: &'static str,
    architecture: &'static str,
}

const IMAGES: [Image; 4] = [
    Image {
        name: "al2023-ami-2023.9.20260101.0-kernel-6.1-x86_64",
        description: "Amazon Linux 2023 AMI 2023.9.20260101.0 x86_64 HVM kernel-6.1",
        architecture: "x86_64",
    },
    Image {
        name: "al2023-ami-2023.9.20260101.0-kernel-6.1-arm64",
        description: "Amazon Linux 2023 AMI 2023.9.20260101.0 arm64 HVM kernel-6.1",
        architecture: "arm64",
    },
    Image {
        name: "amzn2-ami-hvm-2.0.20260101.0-x86_64-gp2",
        description: "Amazon Linux 2 AMI 2.0.20260101.0 x86_64 HVM gp2",
        architecture: "x86_64",
    },
    Image {
        name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101",
        description: "Canonical, Ubuntu, 24.04, amd64 noble image",
        architecture: "x86_64",
    },
];

const OWNER: &str = "amazon";
const OWNER_ID: &str = "137112412989";

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeImages {
    #[serde(default, rename = "ImageId")]
    pub image_ids: Vec<String>,
    #[serde(default, rename = "Owner")]
    pub owners: Vec<String>,
    #[serde(default, rename = "ExecutableBy")]
    pub executable_users: Vec<String>,
    pub include_deprecated: Option<bool>,
    pub include_disabled: Option<bool>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeImagesReply {
    pub images_set: Vec<ImageItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageItem {
    pub image_id: ImageId,
    pub image_location: String,
    pub image_state: &'static str,
    pub image_owner_id: &'static str,
    pub image_owner_alias: &'static str,
    pub is_public: bool,
    pub architecture: &'static str,
    pub image_type: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub root_device_type: &'static str,
    pub root_device_name: &'static str,
    pub virtualization_type: &'static str,
    pub hypervisor: &'static str,
    pub ena_support: bool,
    pub creation_date: &'static str,
    pub platform_details: &'static str,
    pub block_device_mapping: Vec<ImageDevice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageDevice {
    pub device_name: &'static str,
    pub ebs: ImageVolume,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageVolume {
    pub volume_size: u32,
    pub volume_type: &'static str,
    pub delete_on_termination: bool,
    pub encrypted: bool,
}

impl Filterable for ImageItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("architecture", |image, probe| probe.text(image.architecture)),
        ("creation-date", |image, probe| probe.text(image.creation_date)),
        ("description", |image, probe| probe.text(image.description)),
        ("ena-support", |image, probe| probe.flag(image.ena_support)),
        ("hypervisor", |image, probe| probe.text(image.hypervisor)),
        ("image-id", |image, probe| probe.text(image.image_id.as_str())),
        ("image-type", |image, probe| probe.text(image.image_type)),
        ("is-public", |image, probe| probe.flag(image.is_public)),
        ("name", |image, probe| probe.text(image.name)),
        ("owner-alias", |image, probe| probe.text(image.image_owner_alias)),
        ("owner-id", |image, probe| probe.text(image.image_owner_id)),
        ("root-device-name", |image, probe| probe.text(image.root_device_name)),
        ("root-device-type", |image, probe| probe.text(image.root_device_type)),
        ("state", |image, probe| probe.text(image.image_state)),
        ("virtualization-type", |image, probe| probe.text(image.virtualization_type)),
    ];

    fn tags(&self) -> &Tags {
        static NONE: LazyLock<Tags> = LazyLock::new(Tags::new);
        &NONE
    }
}

fn id_of(region: &Region, image: &Image) -> ImageId {
    derived(&["image", region.as_str(), image.name])
}

/// The image that an estate's instances have when it does not say.
pub(crate) fn usual(region: &Region) -> ImageId {
    id_of(region, &IMAGES[0])
}

/// Whether there is such an image, and for which processors.
pub(crate) fn architecture(region: &Region, id: &ImageId) -> Option<&'static str> {
    IMAGES.iter().find(|image| id_of(region, image) == *id).map(|image| image.architecture)
}

/// The image that a request names.
pub(crate) fn read(region: &Region, text: &str) -> Result<ImageId, ApiError> {
    let id = ImageId::read(text).map_err(|error| match error.code() {
        Some(ImageId::NOT_FOUND) => not_found(text),
        _ => error,
    })?;
    match architecture(region, &id) {
        Some(_) => Ok(id),
        None => Err(not_found(text)),
    }
}

fn not_found(text: &str) -> ApiError {
    ApiError::new(ImageId::NOT_FOUND, format!("The image id '[{text}]' does not exist"))
}

fn show(region: &Region, image: &Image) -> ImageItem {
    ImageItem {
        image_id: id_of(region, image),
        image_location: format!("{OWNER}/{}", image.name),
        image_state: "available",
        image_owner_id: OWNER_ID,
        image_owner_alias: OWNER,
        is_public: true,
        architecture: image.architecture,
        image_type: "machine",
        name: image.name,
        description: image.description,
        root_device_type: "ebs",
        root_device_name: "/dev/xvda",
        virtualization_type: "hvm",
        hypervisor: "xen",
        ena_support: true,
        creation_date: "2026-01-01T00:00:00.000Z",
        platform_details: "Linux/UNIX",
        block_device_mapping: vec![ImageDevice {
            device_name: "/dev/xvda",
            ebs: ImageVolume {
                volume_size: 8,
                volume_type: "gp3",
                delete_on_termination: true,
                encrypted: false,
            },
        }],
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeImages,
) -> Result<DescribeImagesReply, ApiError> {
    let region = &scope.spot.region;
    for id in &request.image_ids {
        read(region, id)?;
    }
    let question = Question {
        action: Action::DescribeImages,
        ids: ("ImageIds", &request.image_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let is_owned = |owner: &String| [OWNER, OWNER_ID].contains(&owner.as_str());
    let is_executable = |user: &String| user == "all";
    let is_asked = (request.owners.is_empty() || request.owners.iter().any(is_owned))
        && (request.executable_users.is_empty()
            || request.executable_users.iter().any(is_executable));
    let all: BTreeMap<ImageId, &Image> =
        IMAGES.iter().filter(|_| is_asked).map(|image| (id_of(region, image), image)).collect();
    let (images_set, next_token) =
        describe_all(scope, &question, &all, |_, image| show(region, image))?;
    Ok(DescribeImagesReply { images_set, next_token })
}
