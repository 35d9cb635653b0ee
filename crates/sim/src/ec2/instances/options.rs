//! What is switched on and off about an instance beside its attributes: detailed monitoring, its processors, and the service
//! that tells it about itself.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use serde::{Deserialize, Serialize};

use super::lifecycle::read_all;
use super::wire::{CpuOptions, MetadataOptions, MetadataOptionsItem, MonitoringItem};
use crate::ApiError;
use crate::id::{AwsId, InstanceId};
use crate::scope::{Scope, find_mut};

/// How the metadata service of an instance answers
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html>).
#[expect(clippy::struct_excessive_bools, reason = "AWS has as many switches")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) is_enabled: bool,
    pub(crate) needs_tokens: bool,
    pub(crate) hop_limit: u8,
    pub(crate) over_ipv6: bool,
    pub(crate) tells_tags: bool,
}

/// As the images there are ask for.
impl Default for Metadata {
    fn default() -> Self {
        Self {
            is_enabled: true,
            needs_tokens: true,
            hop_limit: 2,
            over_ipv6: false,
            tells_tags: false,
        }
    }
}

impl Metadata {
    /// These options with what a request says of them.
    pub(super) fn changed(mut self, asked: Option<&MetadataOptions>) -> Result<Self, ApiError> {
        let Some(asked) = asked else { return Ok(self) };
        let switches = [
            ("HttpEndpoint", &asked.http_endpoint, ABLE, &mut self.is_enabled),
            ("HttpTokens", &asked.http_tokens, ("required", "optional"), &mut self.needs_tokens),
            ("HttpProtocolIpv6", &asked.http_protocol_ipv6, ABLE, &mut self.over_ipv6),
            ("InstanceMetadataTags", &asked.instance_metadata_tags, ABLE, &mut self.tells_tags),
        ];
        for (parameter, asked, (on, off), switch) in switches {
            match asked.as_deref() {
                None => {}
                Some(text) if text == on => *switch = true,
                Some(text) if text == off => *switch = false,
                Some(other) => {
                    return Err(ApiError::invalid_value(format!(
                        "Value ({other}) for parameter {parameter} is invalid. It is {on} or {off}."
                    )));
                }
            }
        }
        if let Some(limit) = asked.http_put_response_hop_limit {
            let known = u8::try_from(limit).ok().filter(|limit| (1..=64).contains(limit));
            self.hop_limit = known.ok_or_else(|| {
                ApiError::invalid_value(format!(
                    "Value ({limit}) for parameter HttpPutResponseHopLimit is invalid. It lies between 1 and 64."
                ))
            })?;
        }
        Ok(self)
    }

    pub(super) fn item(self, state: &'static str) -> MetadataOptionsItem {
        let text = |(on, off), is_on| if is_on { on } else { off };
        MetadataOptionsItem {
            state,
            http_tokens: text(("required", "optional"), self.needs_tokens),
            http_put_response_hop_limit: self.hop_limit.into(),
            http_endpoint: text(ABLE, self.is_enabled),
            http_protocol_ipv6: text(ABLE, self.over_ipv6),
            instance_metadata_tags: text(ABLE, self.tells_tags),
        }
    }
}

/// The words for on and off.
const ABLE: (&str, &str) = ("enabled", "disabled");

/// Other processors than a type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Processors {
    pub(crate) cores: u32,
    pub(crate) threads: u32,
}

impl Processors {
    /// Both numbers must be said (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CpuOptionsRequest.html>).
    pub(super) fn read(asked: &CpuOptions) -> Result<Self, ApiError> {
        match (asked.core_count, asked.threads_per_core) {
            (Some(cores @ 1..), Some(threads @ 1..=2)) => Ok(Self { cores, threads }),
            (Some(_), Some(_)) => Err(ApiError::invalid_value(
                "The specified CpuOptions are invalid: there is at least one core, with one thread or two.",
            )),
            _ => Err(ApiError::invalid_combination(
                "Both CoreCount and ThreadsPerCore must be specified in CpuOptions.",
            )),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitorInstances {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnmonitorInstances {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    pub dry_run: Option<bool>,
}

/// The reply to both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitoringReply {
    pub instances_set: Vec<MonitoredItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitoredItem {
    pub instance_id: InstanceId,
    pub monitoring: MonitoringItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyInstanceMetadataOptions {
    pub instance_id: String,
    pub http_endpoint: Option<String>,
    pub http_protocol_ipv6: Option<String>,
    pub http_put_response_hop_limit: Option<u32>,
    pub http_tokens: Option<String>,
    pub instance_metadata_tags: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifyInstanceMetadataOptionsReply {
    pub instance_id: InstanceId,
    pub instance_metadata_options: MetadataOptionsItem,
}

pub(crate) fn monitor(
    scope: &mut Scope<'_>,
    request: &MonitorInstances,
) -> Result<MonitoringReply, ApiError> {
    switch_monitoring(scope, &request.instance_ids, Monitoring::On)
}

pub(crate) fn unmonitor(
    scope: &mut Scope<'_>,
    request: &UnmonitorInstances,
) -> Result<MonitoringReply, ApiError> {
    switch_monitoring(scope, &request.instance_ids, Monitoring::Off)
}

#[derive(Clone, Copy)]
enum Monitoring {
    On,
    Off,
}

/// Answered is what begins; it is done by the next look.
fn switch_monitoring(
    scope: &mut Scope<'_>,
    ids: &[String],
    monitoring: Monitoring,
) -> Result<MonitoringReply, ApiError> {
    let (is_monitored, state) = match monitoring {
        Monitoring::On => (true, "pending"),
        Monitoring::Off => (false, "disabling"),
    };
    let mut instances_set = Vec::new();
    for instance_id in read_all(scope, ids)? {
        let instance = find_mut(&mut scope.here_mut().instances, &instance_id)?;
        instance.details.is_monitored = is_monitored;
        instances_set.push(MonitoredItem { instance_id, monitoring: MonitoringItem { state } });
    }
    Ok(MonitoringReply { instances_set })
}

/// What is left out stays
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html>).
pub(crate) fn modify_metadata(
    scope: &mut Scope<'_>,
    request: &ModifyInstanceMetadataOptions,
) -> Result<ModifyInstanceMetadataOptionsReply, ApiError> {
    let id = InstanceId::read(&request.instance_id)?;
    let instance = find_mut(&mut scope.here_mut().instances, &id)?;
    if !instance.state.is_live() {
        return Err(ApiError::new(
            "IncorrectInstanceState",
            format!("The instance '{id}' is not in a valid state for this operation."),
        ));
    }
    let asked = MetadataOptions {
        http_endpoint: request.http_endpoint.clone(),
        http_protocol_ipv6: request.http_protocol_ipv6.clone(),
        http_put_response_hop_limit: request.http_put_response_hop_limit,
        http_tokens: request.http_tokens.clone(),
        instance_metadata_tags: request.instance_metadata_tags.clone(),
    };
    let metadata = instance.details.metadata.changed(Some(&asked))?;
    instance.details.metadata = metadata;
    Ok(ModifyInstanceMetadataOptionsReply {
        instance_id: id,
        instance_metadata_options: metadata.item("pending"),
    })
}
