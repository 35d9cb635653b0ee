//! When two ends are the same: ids that were generated on the way are replaced by what they join.

use std::collections::{BTreeMap, BTreeSet};

use peerway_memory_api::MemoryApi;
use peerway_sim::World;
use peerway_sim::estate::{self, Estate};
use serde_json::{Value, json};

/// The VPC at an end of a connection.
pub(crate) fn vpc(end: &estate::End) -> String {
    match end {
        estate::End::Here(vpc) => vpc.to_string(),
        estate::End::Elsewhere(end) => end.vpc.to_string(),
    }
}

/// What is left when all is quiet.
#[derive(Debug, Clone)]
pub struct End {
    estate: Estate,
    objects: BTreeMap<String, Value>,
    /// The record of routes: by object, table and destination.
    written: BTreeSet<String>,
}

impl End {
    /// The end of a world and its objects; `known` is the estate that everything began with, whose ids are given.
    #[must_use]
    pub fn of(world: &World, api: &MemoryApi, known: &Estate) -> Self {
        Self {
            estate: without_generated_ids(&world.estate(), known),
            objects: objects(api),
            written: written(api),
        }
    }

    /// The end at which nothing of ours is left.
    #[must_use]
    pub fn untouched(known: &Estate) -> Self {
        Self { estate: known.clone(), objects: BTreeMap::new(), written: BTreeSet::new() }
    }

    /// How another end differs.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut lines = Estate::diff(&self.estate, &other.estate);
        // A key more does no harm: it goes once it is sure that its route has gone.
        lines.extend(
            self.written.difference(&other.written).map(|key| format!("{key} is not recorded")),
        );
        let names: BTreeSet<_> = self.objects.keys().chain(other.objects.keys()).collect();
        for name in names {
            let (ours, theirs) = (self.objects.get(name), other.objects.get(name));
            if ours != theirs {
                let text = |object: Option<&Value>| {
                    object.map_or_else(|| "absent".to_owned(), Value::to_string)
                };
                lines.push(format!("{name} was {}, is {}", text(ours), text(theirs)));
            }
        }
        lines
    }

    /// How its estate differs from another's.
    #[must_use]
    pub fn estate_differences(&self, other: &Self) -> Vec<String> {
        Estate::diff(&self.estate, &other.estate)
    }
}

/// The estate with the names of connections that it did not begin with replaced by what they join.
fn without_generated_ids(estate: &Estate, known: &Estate) -> Estate {
    let mut text = estate.to_yaml().expect("every estate can be written");
    for peering in &estate.peerings {
        let Some(id) = &peering.id else { continue };
        if known.peerings.iter().any(|before| before.id.as_ref() == Some(id)) {
            continue;
        }
        // Ids are hexadecimal: what follows from the two ends, in eight digits.
        let ends = format!("{}{}", vpc(&peering.requester), vpc(&peering.accepter));
        let digest = ends.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte));
        text = text.replace(id.as_str(), &format!("pcx-{digest:08x}"));
    }
    let mut estate = Estate::from_yaml(&text).expect("what was written can be read");
    let regions = estate.accounts.values_mut().flat_map(|account| account.regions.values_mut());
    for group in regions.flat_map(|r| &mut r.vpcs).flat_map(|vpc| &mut vpc.security_groups) {
        for rule in &mut group.ingress {
            if !rule.tags.is_empty() {
                rule.id = None;
                // A reference to a peer's group revives with a new connection; over which it was made does not matter.
                (rule.over, rule.peer_vpc) = (None, None);
            }
        }
    }
    without_uids(&mut estate);
    estate
}

/// An object made anew has another UID; whether ours carry the right one is not compared.
fn without_uids(estate: &mut Estate) {
    const UID: &str = peerway_model::ownership::OWNER_UID;
    for peering in &mut estate.peerings {
        for tags in [&mut peering.tags.requester, &mut peering.tags.accepter] {
            if let Some(uid) = tags.get_mut(UID) {
                "some".clone_into(uid);
            }
        }
    }
    let regions = estate.accounts.values_mut().flat_map(|account| account.regions.values_mut());
    for group in regions.flat_map(|r| &mut r.vpcs).flat_map(|vpc| &mut vpc.security_groups) {
        for rule in &mut group.ingress {
            if let Some(uid) = rule.tags.get_mut(UID) {
                "some".clone_into(uid);
            }
        }
    }
}

/// What matters of the objects: spec, finalizers, conditions, and the record of routes.
fn objects(api: &MemoryApi) -> BTreeMap<String, Value> {
    let kinds = ["awsaccounts.peerway.dev", "vpcpeerings.peerway.dev"];
    let all =
        kinds.into_iter().flat_map(|kind| api.objects(kind).into_iter().map(move |o| (kind, o)));
    all.map(|(kind, object)| {
        let name = format!("{kind} {}", object["metadata"]["name"].as_str().unwrap_or_default());
        let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
        let conditions: BTreeMap<String, String> = conditions
            .map(|condition| {
                let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
                (text("type"), format!("{} {}", text("status"), text("reason")))
            })
            .collect();
        let matters = json!({
            "spec": object["spec"],
            "finalizers": object["metadata"]["finalizers"],
            "isGoing": object["metadata"]["deletionTimestamp"].is_string(),
            "conditions": conditions,
        });
        (name, matters)
    })
    .collect()
}

fn written(api: &MemoryApi) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for object in api.objects("vpcpeerings.peerway.dev") {
        for table in object["status"]["routes"]["written"].as_array().into_iter().flatten() {
            for destination in table["destinations"].as_array().into_iter().flatten() {
                let name = &object["metadata"]["name"];
                keys.insert(format!("{name} {} {destination}", table["table"]));
            }
        }
    }
    keys
}
