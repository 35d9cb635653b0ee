//! When two ends are the same: ids that were generated on the way are replaced by what they join.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use peerway_memory_api::MemoryApi;
use peerway_model::Tags;
use peerway_model::ownership::{OWNER, OWNER_UID};
use peerway_sim::World;
use peerway_sim::estate::{self, Block, Estate, Vpc};
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
            estate: comparable(&world.estate(), known),
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

/// The estate as it is compared with another in which the same was made: `known` is what both began with, whose ids are
/// given. Connections that were made are named by what they join, and rules of ours and UIDs of objects not at all.
#[must_use]
pub fn comparable(estate: &Estate, known: &Estate) -> Estate {
    let mut estate = estate.clone();
    let names = names(&estate, known);
    let associations: BTreeSet<String> = crate::judge::vpcs(known)
        .flat_map(|vpc| &vpc.subnets)
        .filter_map(|subnet| Some(subnet.association.as_ref()?.to_string()))
        .collect();
    for peering in &mut estate.peerings {
        if let Some(name) = peering.id.as_ref().and_then(|id| names.get(id.as_str())) {
            peering.id = Some(name.parse().expect("it is an id"));
        }
        without_uid(&mut peering.tags.requester);
        without_uid(&mut peering.tags.accepter);
    }
    let regions = estate.accounts.values_mut().flat_map(|account| account.regions.values_mut());
    for region in regions {
        for balancer in &mut region.load_balancers {
            rename_all(&mut balancer.subnets, &names);
            balancer.security_groups.iter_mut().for_each(|groups| rename_all(groups, &names));
            // One that was made anew has another DNS name.
            balancer.number = None;
            without_uid(&mut balancer.tags);
        }
        region.vpcs.iter_mut().for_each(|vpc| normalise(vpc, &names, &associations));
    }
    estate
}

/// A VPC as it is compared.
fn normalise(vpc: &mut Vpc, names: &BTreeMap<String, String>, associations: &BTreeSet<String>) {
    for block in &mut vpc.secondary_cidrs {
        if let Block::Named(named) = block {
            *block = Block::Plain(named.cidr);
        }
    }
    for table in &mut vpc.route_tables {
        rename(&mut table.id, names);
        without_uid(&mut table.tags);
        for route in &mut table.routes {
            if let Some(name) = names.get(&route.target) {
                route.target.clone_from(name);
            }
        }
        table.routes.sort_by(|one, other| one.destination.cmp(&other.destination));
    }
    for subnet in &mut vpc.subnets {
        if rename(&mut subnet.id, names) {
            (subnet.association, subnet.network_acl_association) = (None, None);
        }
        // That of a subnet that was there before may have been made on the way.
        subnet.association.take_if(|id| !associations.contains(&id.to_string()));
        rename(&mut subnet.route_table, names);
        without_uid(&mut subnet.tags);
    }
    for instance in &mut vpc.instances {
        instance.security_groups.iter_mut().for_each(|groups| rename_all(groups, names));
    }
    for group in &mut vpc.security_groups {
        rename(&mut group.id, names);
        without_uid(&mut group.tags);
        for rule in &mut group.ingress {
            if let Some(name) = rule.source.as_ref().and_then(|source| names.get(source)) {
                rule.source = Some(name.clone());
            }
        }
        group.ingress.sort_by_key(|rule| (rule.source.clone(), format!("{:?}", rule.ports)));
    }
    vpc.route_tables.sort_by(|one, other| one.id.cmp(&other.id));
    vpc.subnets.sort_by(|one, other| one.id.cmp(&other.id));
    vpc.security_groups.sort_by(|one, other| one.id.cmp(&other.id));
    for rule in vpc.security_groups.iter_mut().flat_map(|group| &mut group.ingress) {
        if !rule.tags.is_empty() {
            rule.id = None;
            // A reference to a peer's group revives with a new connection; over which it was made does not matter.
            (rule.over, rule.peer_vpc) = (None, None);
            without_uid(&mut rule.tags);
        }
    }
}

/// Another name, if there is one; whether there was.
fn rename<T: fmt::Display + FromStr<Err: fmt::Debug>>(
    id: &mut Option<T>,
    names: &BTreeMap<String, String>,
) -> bool {
    let name = id.as_ref().and_then(|id| names.get(&id.to_string()));
    let Some(name) = name.map(|name| name.parse().expect("it is an id")) else { return false };
    *id = Some(name);
    true
}

/// The same for many.
fn rename_all<T: fmt::Display + FromStr<Err: fmt::Debug> + Ord>(
    ids: &mut BTreeSet<T>,
    names: &BTreeMap<String, String>,
) {
    let all = std::mem::take(ids).into_iter().map(|id| {
        let mut id = Some(id);
        rename(&mut id, names);
        id.expect("it was one")
    });
    *ids = all.collect();
}

/// What is called otherwise that `known` does not have: connections by what they join, tables by whose they are, subnets by
/// their block, security groups by their name. Ids are hexadecimal, so eight digits that follow from these.
fn names(estate: &Estate, known: &Estate) -> BTreeMap<String, String> {
    let digest = |prefix: &str, text: &str| {
        let digest = |sum: u32, byte| sum.wrapping_mul(31) ^ u32::from(byte);
        format!("{prefix}-{:08x}", text.bytes().fold(0, digest))
    };
    let mut names = BTreeMap::new();
    let is_known = |id| known.peerings.iter().any(|before| before.id.as_ref() == Some(id));
    for peering in &estate.peerings {
        let Some(id) = peering.id.as_ref().filter(|id| !is_known(*id)) else { continue };
        let ends = format!("{}{}", vpc(&peering.requester), vpc(&peering.accepter));
        names.insert(id.to_string(), digest("pcx", &ends));
    }
    let tables = |estate: &Estate| -> BTreeSet<String> {
        let tables = crate::judge::vpcs(estate).flat_map(|vpc| &vpc.route_tables);
        tables.filter_map(|table| Some(table.id.as_ref()?.to_string())).collect()
    };
    let subnets = |estate: &Estate| -> BTreeSet<String> {
        let subnets = crate::judge::vpcs(estate).flat_map(|vpc| &vpc.subnets);
        subnets.filter_map(|subnet| Some(subnet.id.as_ref()?.to_string())).collect()
    };
    let groups = |estate: &Estate| -> BTreeSet<String> {
        let groups = crate::judge::vpcs(estate).flat_map(|vpc| &vpc.security_groups);
        groups.filter_map(|group| Some(group.id.as_ref()?.to_string())).collect()
    };
    let (known_tables, known_subnets) = (tables(known), subnets(known));
    let known_groups = groups(known);
    for vpc in crate::judge::vpcs(estate) {
        let vpc_id = vpc.id.as_ref().map(ToString::to_string).unwrap_or_default();
        for table in &vpc.route_tables {
            let Some(id) = table.id.as_ref().map(ToString::to_string) else { continue };
            if !known_tables.contains(&id) {
                let owner = table.tags.get(OWNER).cloned().unwrap_or_default();
                names.insert(id, digest("rtb", &format!("{vpc_id}{owner}")));
            }
        }
        for subnet in &vpc.subnets {
            let Some(id) = subnet.id.as_ref().map(ToString::to_string) else { continue };
            if !known_subnets.contains(&id) {
                names.insert(id, digest("subnet", &format!("{vpc_id}{:?}", subnet.cidr)));
            }
        }
        for group in &vpc.security_groups {
            let Some(id) = group.id.as_ref().map(ToString::to_string) else { continue };
            if !known_groups.contains(&id) {
                names.insert(id, digest("sg", &format!("{vpc_id}{}", group.name)));
            }
        }
    }
    names
}

/// An object made anew has another UID; whether ours carry the right one is not compared.
fn without_uid(tags: &mut Tags) {
    if let Some(uid) = tags.get_mut(OWNER_UID) {
        "some".clone_into(uid);
    }
}

/// What matters of the objects: spec, finalizers, conditions, and the record of routes.
fn objects(api: &MemoryApi) -> BTreeMap<String, Value> {
    let kinds = crate::stage::KINDS;
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
