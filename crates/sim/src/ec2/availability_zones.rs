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
    pub network_border_group: String,
    pub opt_in_status: &'static str,
    /// Of a zone outside of the Region's own: the one that answers its calls.
    pub parent_zone_name: Option<String>,
    pub parent_zone_id: Option<ZoneId>,
    /// Always empty: no zone is in trouble.
    pub message_set: Vec<String>,
}

impl Filterable for ZoneItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("group-name", |zone, probe| probe.text(&zone.group_name)),
        ("network-border-group", |zone, probe| probe.text(&zone.network_border_group)),
        ("opt-in-status", |zone, probe| probe.text(zone.opt_in_status)),
        ("parent-zone-id", |zone, probe| probe.displays(&zone.parent_zone_id)),
        ("parent-zone-name", |zone, probe| probe.texts(zone.parent_zone_name.as_deref())),
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

/// What kind of place a zone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of the Region's own.
    Usual,
    /// In another city.
    Local,
    /// In the network of a mobile operator.
    Wavelength,
}

impl Kind {
    /// Told by the form of the id: `usw2-az1`, `usw2-lax1-az1`, `use1-wl1-bos-wlz1`.
    pub(crate) fn of(id: &ZoneId) -> Self {
        let parts: Vec<&str> = id.as_str().split('-').collect();
        match parts.last() {
            Some(last) if last.starts_with("wlz") => Self::Wavelength,
            _ if parts.len() > 2 => Self::Local,
            _ => Self::Usual,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Usual => "availability-zone",
            Self::Local => "local-zone",
            Self::Wavelength => "wavelength-zone",
        }
    }
}

/// Zones of other cities that every account may ask for, by name and id; an account that has asked for one has it among
/// its zones (<https://docs.aws.amazon.com/local-zones/latest/ug/available-local-zones.html>).
const OFFERED: [(&str, &str, &str); 6] = [
    ("eu-central-1", "eu-central-1-ham-1a", "euc1-ham1-az1"),
    ("us-east-1", "us-east-1-bos-1a", "use1-bos1-az1"),
    ("us-east-1", "us-east-1-mia-1a", "use1-mia1-az1"),
    ("us-west-2", "us-west-2-den-1a", "usw2-den1-az1"),
    ("us-west-2", "us-west-2-lax-1a", "usw2-lax1-az1"),
    ("us-west-2", "us-west-2-lax-1b", "usw2-lax1-az2"),
];

/// The zones of this Region that the account has not asked for.
fn not_opted_in(scope: &Scope<'_>) -> Vec<(String, ZoneId)> {
    let zones = of(scope.state, scope.spot);
    let here = OFFERED.iter().filter(|(region, ..)| *region == scope.spot.region.as_str());
    here.filter_map(|(_, name, id)| Some(((*name).to_owned(), id.parse().ok()?)))
        .filter(|(name, id)| !zones.contains_key(name) && !zones.values().any(|known| known == id))
        .collect()
}

fn show(scope: &Scope<'_>, name: &str, id: &ZoneId, is_opted_in: bool) -> ZoneItem {
    let region = &scope.spot.region;
    let kind = Kind::of(id);
    // A zone of another city is of the group that has its name without the last letter.
    let city = name.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let (group_name, network_border_group) = match kind {
        Kind::Usual => (format!("{region}-zg-1"), region.to_string()),
        Kind::Local => (city.to_owned(), city.to_owned()),
        Kind::Wavelength => {
            let group: Vec<&str> = name.splitn(5, '-').take(4).collect();
            (group.join("-"), name.to_owned())
        }
    };
    let zones = of(scope.state, scope.spot);
    let parent = (kind != Kind::Usual)
        .then(|| zones.iter().find(|(_, id)| Kind::of(id) == Kind::Usual))
        .flatten();
    ZoneItem {
        zone_name: name.to_owned(),
        zone_id: id.clone(),
        zone_state: "available",
        zone_type: kind.as_str(),
        region_name: region.clone(),
        group_name,
        network_border_group,
        opt_in_status: match (kind, is_opted_in) {
            (Kind::Usual, _) => "opt-in-not-required",
            (_, true) => "opted-in",
            (_, false) => "not-opted-in",
        },
        parent_zone_name: parent.map(|(name, _)| name.clone()),
        parent_zone_id: parent.map(|(_, id)| id.clone()),
        message_set: Vec::new(),
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeAvailabilityZones,
) -> Result<DescribeAvailabilityZonesReply, ApiError> {
    let filters = Filters::new(&request.filters)?;
    let own = of(scope.state, scope.spot);
    let mut items: Vec<ZoneItem> =
        own.iter().map(|(name, id)| show(scope, name, id, true)).collect();
    if request.all_availability_zones == Some(true) {
        let others = not_opted_in(scope);
        items.extend(others.iter().map(|(name, id)| show(scope, name, id, false)));
    }
    let unknown =
        |zone: &String| ApiError::invalid_value(format!("Invalid availability zone: [{zone}]"));
    let is_named = |name: &String| items.iter().any(|item| item.zone_name == *name);
    if let Some(name) = request.zone_names.iter().find(|name| !is_named(name)) {
        return Err(unknown(name));
    }
    let is_known = |id: &String| items.iter().any(|item| item.zone_id.as_str() == *id);
    if let Some(id) = request.zone_ids.iter().find(|id| !is_known(id)) {
        return Err(unknown(id));
    }
    let is_asked = |item: &ZoneItem| {
        (request.zone_names.is_empty() && request.zone_ids.is_empty())
            || request.zone_names.contains(&item.zone_name)
            || request.zone_ids.iter().any(|id| id == item.zone_id.as_str())
    };
    items.retain(|item| is_asked(item) && filters.pass(item));
    if request.zone_names.is_empty() && request.zone_ids.is_empty() {
        scope.sight.lose_an_item(&mut items);
    }
    Ok(DescribeAvailabilityZonesReply { availability_zone_info: items })
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
    fn the_form_of_an_id_tells_what_kind_of_place_a_zone_is() {
        for (id, kind) in [
            ("usw2-az1", Kind::Usual),
            ("usw2-lax1-az1", Kind::Local),
            ("use1-wl1-bos-wlz1", Kind::Wavelength),
        ] {
            assert_eq!(Kind::of(&id.parse().unwrap()), kind, "{id}");
        }
    }

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
