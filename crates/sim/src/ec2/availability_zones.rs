//! Availability Zones. Names belong to an account, ids to the Region: one account's `us-west-2a` may be another's
//! `us-west-2c`.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use peerway_model::{Region, Tags, ZoneId};
use serde::{Deserialize, Serialize};

use super::Filter;
use crate::ApiError;
use crate::filters::{Field, Filterable, Filters};
use crate::scope::Scope;
use crate::state::{Spot, State};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAvailabilityZones {
    #[serde(default, rename = "ZoneName")]
    pub zone_names: Vec<String>,
    #[serde(default, rename = "ZoneId")]
    pub zone_ids: Vec<String>,
    pub all_availability_zones: Option<bool>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAvailabilityZonesReply {
    pub availability_zone_info: Vec<ZoneItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoneItem {
    pub zone_name: String,
    pub zone_id: ZoneId,
    pub zone_state: &'static str,
    pub zone_type: &'static str,
    pub region_name: Region,
    pub group_name: String,
    pub network_border_group: Region,
    pub opt_in_status: &'static str,
    /// Always empty: no zone is in trouble.
    pub message_set: Vec<String>,
}

impl Filterable for ZoneItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("group-name", |zone, probe| probe.text(&zone.group_name)),
        ("opt-in-status", |zone, probe| probe.text(zone.opt_in_status)),
        ("region-name", |zone, probe| probe.text(zone.region_name.as_str())),
        ("state", |zone, probe| probe.text(zone.zone_state)),
        ("zone-id", |zone, probe| probe.text(zone.zone_id.as_str())),
        ("zone-name", |zone, probe| probe.text(&zone.zone_name)),
        ("zone-type", |zone, probe| probe.text(zone.zone_type)),
    ];

    fn tags(&self) -> &Tags {
        static NONE: LazyLock<Tags> = LazyLock::new(Tags::new);
        &NONE
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeAvailabilityZones,
) -> Result<DescribeAvailabilityZonesReply, ApiError> {
    let filters = Filters::new(&request.filters)?;
    let zones = of(scope.state, scope.spot);
    let unknown =
        |zone: &String| ApiError::invalid_value(format!("Invalid availability zone: [{zone}]"));
    if let Some(name) = request.zone_names.iter().find(|name| !zones.contains_key(*name)) {
        return Err(unknown(name));
    }
    let is_known = |id: &&String| zones.values().any(|known| known.as_str() == **id);
    if let Some(id) = request.zone_ids.iter().find(|id| !is_known(id)) {
        return Err(unknown(id));
    }
    let is_asked = |item: &ZoneItem| {
        (request.zone_names.is_empty() && request.zone_ids.is_empty())
            || request.zone_names.contains(&item.zone_name)
            || request.zone_ids.iter().any(|id| id == item.zone_id.as_str())
    };
    let region = &scope.spot.region;
    let items = zones.iter().map(|(name, id)| ZoneItem {
        zone_name: name.clone(),
        zone_id: id.clone(),
        zone_state: "available",
        zone_type: "availability-zone",
        region_name: region.clone(),
        group_name: format!("{region}-zg-1"),
        network_border_group: region.clone(),
        opt_in_status: "opt-in-not-required",
        message_set: Vec::new(),
    });
    let availability_zone_info =
        items.filter(|item| is_asked(item) && filters.pass(item)).collect();
    Ok(DescribeAvailabilityZonesReply { availability_zone_info })
}

/// The zones of a Region as an account names them.
pub(crate) fn of<'a>(state: &'a State, spot: &Spot) -> Cow<'a, BTreeMap<String, ZoneId>> {
    let given = &state.at(spot).zones;
    if given.is_empty() { Cow::Owned(usual(&spot.region)) } else { Cow::Borrowed(given) }
}

/// Three zones, named in the order of their ids: what an account has for which the estate says nothing.
pub(crate) fn usual(region: &Region) -> BTreeMap<String, ZoneId> {
    let short = short_name(region);
    ["a", "b", "c"]
        .into_iter()
        .zip(1..)
        .filter_map(|(letter, number)| {
            let id = format!("{short}-az{number}").parse().ok()?;
            Some((format!("{region}{letter}"), id))
        })
        .collect()
}

/// `usw2` for `us-west-2`: the first part, the first letter of each compass word, the number.
fn short_name(region: &Region) -> String {
    let mut words = region.as_str().split('-');
    let mut short = words.next().unwrap_or_default().to_owned();
    for word in words {
        let letters = match word {
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            number if number.bytes().all(|b| b.is_ascii_digit()) => number,
            other => &other[..1],
        };
        short.push_str(letters);
    }
    short
}

/// The account's name for a zone.
pub(crate) fn name_of(state: &State, spot: &Spot, id: &ZoneId) -> Option<String> {
    let zones = of(state, spot);
    zones.iter().find(|(_, known)| *known == id).map(|(name, _)| name.clone())
}

/// The zone that a text names, by the account's name or by id.
pub(crate) fn find(state: &State, spot: &Spot, text: &str) -> Option<ZoneId> {
    let zones = of(state, spot);
    zones.get(text).or_else(|| zones.values().find(|id| id.as_str() == text)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_ids_are_those_of_aws() {
        for (region, id) in [
            ("us-west-2", "usw2-az1"),
            ("eu-central-1", "euc1-az1"),
            ("ap-southeast-2", "apse2-az1"),
            ("us-gov-west-1", "usgw1-az1"),
        ] {
            let zones = usual(&region.parse().unwrap());
            assert_eq!(zones[&format!("{region}a")].as_str(), id);
            assert_eq!(zones.len(), 3);
        }
    }
}
