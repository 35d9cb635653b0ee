//! What a type of instance is like, as far as it follows from its name: AWS has hundreds, and more each year.
//!
//! Every name that an instance can be launched with is answered for. A list without names shows some usual families, so
//! that there is a list to go through. What does not follow from a name (storage, network bandwidth) is left out.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::sync::LazyLock;

use peerway_model::Tags;
use serde::{Deserialize, Serialize};

use super::Filter;
use super::instances::{architecture, is_burstable, read_type};
use super::listing::Question;
use crate::filters::{Field, Filterable, Filters};
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstanceTypes {
    #[serde(default, rename = "InstanceType")]
    pub instance_types: Vec<String>,
    pub include_unsupported_in_region: Option<bool>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeInstanceTypesReply {
    pub instance_type_set: Vec<InstanceTypeItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "AWS answers with so many")]
pub struct InstanceTypeItem {
    pub instance_type: String,
    pub current_generation: bool,
    pub supported_in_region: bool,
    pub supported_root_device_types: Vec<&'static str>,
    pub supported_virtualization_types: Vec<&'static str>,
    pub bare_metal: bool,
    pub burstable_performance_supported: bool,
    pub processor_info: ProcessorInfo,
    /// Only of families for which it follows from the size.
    pub v_cpu_info: Option<VcpuInfo>,
    /// As the processors.
    pub memory_info: Option<MemoryInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessorInfo {
    pub supported_architectures: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VcpuInfo {
    #[serde(rename = "defaultVCpus")]
    pub default_vcpus: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MemoryInfo {
    #[serde(rename = "sizeInMiB")]
    pub size_in_mib: u32,
}

impl Filterable for InstanceTypeItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("bare-metal", |kind, probe| probe.flag(kind.bare_metal)),
        ("burstable-performance-supported", |kind, probe| {
            probe.flag(kind.burstable_performance_supported);
        }),
        ("current-generation", |kind, probe| probe.flag(kind.current_generation)),
        ("instance-type", |kind, probe| probe.text(&kind.instance_type)),
        ("memory-info.size-in-mib", |kind, probe| {
            probe.displays(kind.memory_info.map(|memory| memory.size_in_mib));
        }),
        ("processor-info.supported-architecture", |kind, probe| {
            probe.texts(kind.processor_info.supported_architectures.iter().copied());
        }),
        ("supported-root-device-type", |kind, probe| {
            probe.texts(kind.supported_root_device_types.iter().copied());
        }),
        ("supported-virtualization-type", |kind, probe| {
            probe.texts(kind.supported_virtualization_types.iter().copied());
        }),
        ("vcpu-info.default-vcpus", |kind, probe| {
            probe.displays(kind.v_cpu_info.map(|processors| processors.default_vcpus));
        }),
    ];

    fn tags(&self) -> &Tags {
        static NONE: LazyLock<Tags> = LazyLock::new(Tags::new);
        &NONE
    }
}

/// The burstable sizes: processors and MiB (<https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html>).
const BURSTABLE: [(&str, u32, u32); 7] = [
    ("nano", 2, 512),
    ("micro", 2, 1024),
    ("small", 2, 2048),
    ("medium", 2, 4096),
    ("large", 2, 8192),
    ("xlarge", 4, 16384),
    ("2xlarge", 8, 32768),
];

/// Families whose sizes are all alike, with the MiB for each processor: compute, general purpose, memory
/// (<https://docs.aws.amazon.com/ec2/latest/instancetypes/co.html> and the pages beside it).
const EVEN: [(&str, u32); 8] = [
    ("c5", 2048),
    ("c6g", 2048),
    ("c6i", 2048),
    ("m5", 4096),
    ("m6g", 4096),
    ("m6i", 4096),
    ("r5", 8192),
    ("r6i", 8192),
];
const SHOWN_SIZES: [&str; 4] = ["large", "xlarge", "2xlarge", "4xlarge"];
const BURSTABLE_FAMILIES: [&str; 3] = ["t3", "t3a", "t4g"];
/// Families that AWS has set aside (<https://aws.amazon.com/ec2/previous-generation/>).
const PREVIOUS: [&str; 11] = ["a1", "c1", "c3", "g2", "i2", "m1", "m2", "m3", "r3", "t1", "cc2"];

/// Processors and MiB, where they follow from the name.
fn measure(family: &str, size: &str) -> Option<(u32, u32)> {
    if BURSTABLE_FAMILIES.contains(&family) {
        let known = BURSTABLE.iter().find(|(known, ..)| *known == size);
        return known.map(|(_, processors, memory)| (*processors, *memory));
    }
    let (_, memory) = EVEN.iter().find(|(known, _)| *known == family)?;
    let processors = match size.strip_suffix("xlarge") {
        Some("") => 4,
        Some(times) => times.parse::<u32>().ok()?.checked_mul(4)?,
        None if size == "large" => 2,
        None => return None,
    };
    Some((processors, processors.checked_mul(*memory)?))
}

fn show(name: &str) -> InstanceTypeItem {
    let (family, size) = name.split_once('.').unwrap_or((name, ""));
    let measures = measure(family, size);
    InstanceTypeItem {
        instance_type: name.to_owned(),
        current_generation: !PREVIOUS.contains(&family),
        supported_in_region: true,
        supported_root_device_types: vec!["ebs"],
        supported_virtualization_types: vec!["hvm"],
        bare_metal: size.starts_with("metal"),
        burstable_performance_supported: is_burstable(name),
        processor_info: ProcessorInfo { supported_architectures: vec![architecture(name)] },
        v_cpu_info: measures.map(|(default_vcpus, _)| VcpuInfo { default_vcpus }),
        memory_info: measures.map(|(_, size_in_mib)| MemoryInfo { size_in_mib }),
    }
}

/// Some usual types, in the order of their names.
fn usual() -> Vec<String> {
    let even =
        EVEN.iter().flat_map(|(family, _)| SHOWN_SIZES.map(|size| format!("{family}.{size}")));
    let burstable = BURSTABLE_FAMILIES.iter();
    let burstable =
        burstable.flat_map(|family| BURSTABLE.map(|(size, ..)| format!("{family}.{size}")));
    let mut all: Vec<String> = even.chain(burstable).collect();
    all.sort_unstable();
    all
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeInstanceTypes,
) -> Result<DescribeInstanceTypesReply, ApiError> {
    let filters = Filters::new(&request.filters)?;
    let mut names = request.instance_types.clone();
    let unknown: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| read_type(name).is_err()).collect();
    if !unknown.is_empty() {
        return Err(ApiError::new(
            "InvalidInstanceType",
            format!("The following supplied instance types do not exist: [{}]", unknown.join(", ")),
        ));
    }
    if names.is_empty() {
        names = usual();
    }
    names.sort_unstable();
    names.dedup();
    let question = Question {
        action: Action::DescribeInstanceTypes,
        ids: ("InstanceTypes", &[]),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits { min: 5, max: 100 },
    };
    let page = question.page(scope)?;
    let items = names.into_iter().filter(|name| !page.is_past(name)).map(|name| {
        let item = show(&name);
        (name, item)
    });
    let (instance_type_set, next_token) = page.fill(items.filter(|(_, item)| filters.pass(item)));
    Ok(DescribeInstanceTypesReply { instance_type_set, next_token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_type_is_what_aws_documents() {
        for (name, processors, memory) in [
            ("t3.nano", 2, 512),
            ("t3.2xlarge", 8, 32768),
            ("m5.large", 2, 8192),
            ("m6g.4xlarge", 16, 65536),
            ("c5.18xlarge", 72, 147_456),
            ("r5.24xlarge", 96, 786_432),
        ] {
            let shown = show(name);
            assert_eq!(shown.v_cpu_info, Some(VcpuInfo { default_vcpus: processors }), "{name}");
            assert_eq!(shown.memory_info, Some(MemoryInfo { size_in_mib: memory }), "{name}");
        }
        for name in ["i3.large", "m5.metal", "m5.bogus"] {
            assert_eq!(show(name).memory_info, None, "{name}");
        }
        assert!(show("t4g.small").burstable_performance_supported);
        assert!(!show("trn1.2xlarge").burstable_performance_supported);
        assert!(show("i3.metal").bare_metal && !show("m1.small").current_generation);
        assert!(usual().iter().all(|name| read_type(name).is_ok() && measure_of(name).is_some()));
    }

    fn measure_of(name: &str) -> Option<(u32, u32)> {
        name.split_once('.').and_then(|(family, size)| measure(family, size))
    }
}
