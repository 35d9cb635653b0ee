//! Volumes: instances have no disks of their own here. Whoever asks for the volumes of one learns that there are none.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Filter;
use super::listing::{Question, describe as describe_all};
use crate::filters::{Field, Filterable};
use crate::id::VolumeId;
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeVolumes {
    #[serde(default, rename = "VolumeId")]
    pub volume_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeVolumesReply {
    pub volume_set: Vec<VolumeItem>,
    pub next_token: Option<String>,
}

/// There is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum VolumeItem {}

impl Filterable for VolumeItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("attachment.attach-time", |_, _| {}),
        ("attachment.delete-on-termination", |_, _| {}),
        ("attachment.device", |_, _| {}),
        ("attachment.instance-id", |_, _| {}),
        ("attachment.status", |_, _| {}),
        ("availability-zone", |_, _| {}),
        ("availability-zone-id", |_, _| {}),
        ("create-time", |_, _| {}),
        ("encrypted", |_, _| {}),
        ("fast-restored", |_, _| {}),
        ("multi-attach-enabled", |_, _| {}),
        ("operator.managed", |_, _| {}),
        ("operator.principal", |_, _| {}),
        ("size", |_, _| {}),
        ("snapshot-id", |_, _| {}),
        ("status", |_, _| {}),
        ("volume-id", |_, _| {}),
        ("volume-type", |_, _| {}),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        match *self {}
    }
}

/// Lists none (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html>).
pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeVolumes,
) -> Result<DescribeVolumesReply, ApiError> {
    let question = Question {
        action: Action::DescribeVolumes,
        ids: ("VolumeIds", &request.volume_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    #[expect(
        clippy::zero_sized_map_values,
        reason = "it is what lists are made of, and there are none"
    )]
    let none = BTreeMap::new();
    let (volume_set, next_token) =
        describe_all(scope, &question, &none, |_: &VolumeId, volume: &VolumeItem| volume.clone())?;
    Ok(DescribeVolumesReply { volume_set, next_token })
}
