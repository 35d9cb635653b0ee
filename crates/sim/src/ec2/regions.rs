//! Regions.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use peerway_model::{Region, Tags};
use serde::{Deserialize, Serialize};

use super::Filter;
use crate::ApiError;
use crate::filters::{Field, Filterable, Filters};
use crate::scope::Scope;

/// The Regions that every account may use without asking. Whatever an estate has beside them is there too.
const USUAL: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeRegions {
    #[serde(default, rename = "RegionName")]
    pub region_names: Vec<String>,
    pub all_regions: Option<bool>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeRegionsReply {
    pub region_info: Vec<RegionItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionItem {
    pub region_name: Region,
    pub region_endpoint: String,
    pub opt_in_status: &'static str,
}

impl Filterable for RegionItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("endpoint", |region, probe| probe.text(&region.region_endpoint)),
        ("opt-in-status", |region, probe| probe.text(region.opt_in_status)),
        ("region-name", |region, probe| probe.text(region.region_name.as_str())),
    ];

    fn tags(&self) -> &Tags {
        static NONE: LazyLock<Tags> = LazyLock::new(Tags::new);
        &NONE
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeRegions,
) -> Result<DescribeRegionsReply, ApiError> {
    let filters = Filters::new(&request.filters)?;
    let usual = USUAL.iter().filter_map(|name| name.parse::<Region>().ok());
    let used = scope.state.regions.keys().map(|spot| spot.region.clone());
    let all: BTreeSet<Region> = usual.chain(used).collect();
    let is_known = |name: &&String| all.iter().any(|region| region.as_str() == **name);
    if let Some(unknown) = request.region_names.iter().find(|name| !is_known(name)) {
        return Err(ApiError::invalid_value(format!("Invalid region provided: [{unknown}]")));
    }
    let is_asked = |region: &Region| {
        request.region_names.is_empty()
            || request.region_names.iter().any(|name| name == region.as_str())
    };
    let items = all.into_iter().filter(is_asked).map(|region| RegionItem {
        region_endpoint: format!("ec2.{region}.amazonaws.com"),
        region_name: region,
        opt_in_status: "opt-in-not-required",
    });
    Ok(DescribeRegionsReply { region_info: items.filter(|item| filters.pass(item)).collect() })
}
