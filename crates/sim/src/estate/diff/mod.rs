//! What differs between two estates, as an engineer would say it.
//!
//! Each thing is a name with facts about it. A thing that only one side has is one line with all its facts; of a thing
//! that both have, each fact that differs is one line.

mod balancing;
mod hosts;

use std::collections::BTreeMap;
use std::fmt::Display;

use peerway_model::{CidrBlock, Tags};
use serde_json::Value;

use crate::iam::OneOrMany;

use super::{Account, Block, End, Estate, Peering, PrefixListEntry, Regional, Rule, Vpc};

/// Facts by name, things by name.
type Facts = BTreeMap<String, String>;
type Things = BTreeMap<String, Facts>;

pub(super) fn diff(before: &Estate, after: &Estate) -> Vec<String> {
    let (before, after) = (things(before), things(after));
    let mut lines = Vec::new();
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        match (before.get(name), after.get(name)) {
            (Some(facts), None) => lines.push(format!("{name} is gone{}", tell(facts))),
            (None, Some(facts)) => lines.push(format!("{name} is new{}", tell(facts))),
            (Some(before), Some(after)) => {
                lines.extend(changes(before, after).map(|change| format!("{name}: {change}")));
            }
            (None, None) => {}
        }
    }
    lines
}

fn tell(facts: &Facts) -> String {
    let facts: Vec<String> = facts
        .iter()
        .map(
            |(fact, value)| if value.is_empty() { fact.clone() } else { format!("{fact} {value}") },
        )
        .collect();
    if facts.is_empty() { String::new() } else { format!(": {}", facts.join(", ")) }
}

fn changes<'a>(before: &'a Facts, after: &'a Facts) -> impl Iterator<Item = String> + 'a {
    let gone = before.iter().filter(|(fact, _)| !after.contains_key(*fact));
    let gone = gone.map(|(fact, value)| format!("{fact} is gone{}", was("was", value)));
    let new = after.iter().filter(|(fact, _)| !before.contains_key(*fact));
    let new = new.map(|(fact, value)| format!("{fact} is new{}", was("is", value)));
    let changed = before.iter().filter_map(|(fact, value)| {
        let now = after.get(fact).filter(|now| *now != value)?;
        Some(format!("{fact} was {value}, is {now}"))
    });
    gone.chain(new).chain(changed)
}

fn was(verb: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" ({verb} {value})") }
}

fn things(estate: &Estate) -> Things {
    let mut things = Things::new();
    for (number, account) in &estate.accounts {
        identities(&mut things, &format!("account {number}"), account);
        for (region, regional) in &account.regions {
            regional_things(&mut things, &format!("{number} {region}"), regional);
        }
    }
    if let Some(Ok(Value::Object(quotas))) = estate.quotas.as_ref().map(serde_json::to_value) {
        let facts = quotas.into_iter().map(|(quota, most)| (quota, most.to_string()));
        things.insert("quotas".to_owned(), facts.collect());
    }
    for peering in &estate.peerings {
        let (name, facts) = peering_facts(peering);
        things.insert(name, facts);
    }
    things
}

/// Adds a fact unless there is nothing to tell.
fn note(facts: &mut Facts, fact: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        facts.insert(fact.to_owned(), value.to_string());
    }
}

fn flag(facts: &mut Facts, fact: &str, is_so: bool) {
    note(facts, fact, is_so.then_some(""));
}

fn tags(facts: &mut Facts, tags: &Tags) {
    for (key, value) in tags {
        facts.insert(format!("tag {key}"), format!("{value:?}"));
    }
}

fn id(id: Option<&impl Display>) -> String {
    id.map_or_else(|| "without id".to_owned(), ToString::to_string)
}

fn identities(things: &mut Things, name: &str, account: &Account) {
    let mut facts = Facts::new();
    note(&mut facts, "name", account.name.as_ref());
    for (user, content) in &account.users {
        let keys: Vec<&str> = content.access_keys.keys().map(String::as_str).collect();
        facts.insert(format!("user {user}"), keys.join(" "));
        for (key, secret) in &content.access_keys {
            // Never the secret itself: what this prints is read by others.
            let token = content.session_tokens.get(key).map_or("", String::as_str);
            let digest = crate::id::digest(0, &[secret, token]);
            facts.insert(format!("secret of {key}"), format!("(digest {digest:016x})"));
        }
    }
    for (role, content) in &account.roles {
        let external_id = content.external_id.as_deref().map(|id| format!(", external id {id}"));
        let trusts = content.trusts.join(" ");
        facts.insert(
            format!("role {role}"),
            format!("trusts {trusts}{}", external_id.unwrap_or_default()),
        );
        flag(&mut facts, &format!("role {role} can be tagged"), content.tag_session);
        let policies = content.policy.iter().flat_map(OneOrMany::as_slice);
        for (number, policy) in policies.enumerate() {
            let which = match number {
                0 => format!("role {role}'s policy"),
                _ => format!("role {role}'s policy {}", number + 1),
            };
            for (at, statement) in policy.statement.as_slice().iter().enumerate() {
                let name = statement.sid.clone().unwrap_or_else(|| (at + 1).to_string());
                let text = serde_json::to_string(statement).unwrap_or_default();
                facts.insert(format!("{which}, statement {name}"), text);
            }
            let about = [&policy.version, &policy.id].map(|part| part.as_deref().unwrap_or("-"));
            facts.insert(which, about.join(" "));
        }
    }
    things.insert(name.to_owned(), facts);
}

fn regional_things(things: &mut Things, place: &str, regional: &Regional) {
    if !regional.zones.is_empty() {
        let zones =
            regional.zones.iter().map(|(name, id)| (format!("zone {name}"), id.to_string()));
        things.insert(format!("zones of {place}"), zones.collect());
    }
    for gateway in &regional.gateways {
        let facts = things.entry(format!("gateway {}", gateway.id)).or_default();
        tags(facts, &gateway.tags);
        note(facts, "made by", gateway.made_by.as_ref());
    }
    for key in &regional.key_pairs {
        hosts::key_pair(things, key);
    }
    for template in &regional.launch_templates {
        hosts::launch_template(things, template);
    }
    for address in &regional.addresses {
        hosts::address(things, address);
    }
    for list in &regional.prefix_lists {
        let mut facts = Facts::from([("name".to_owned(), list.name.clone())]);
        flag(&mut facts, "owned by AWS", list.owned_by_aws);
        flag(&mut facts, "IPv6", list.ipv6);
        note(&mut facts, "version", list.version);
        note(&mut facts, "room for entries", list.max_entries);
        for entry in &list.entries {
            let (cidr, description) = told(entry);
            facts.insert(format!("entry {cidr}"), description.to_owned());
        }
        for (version, entries) in &list.earlier {
            let entries = entries.iter().map(|entry| match told(entry) {
                (cidr, "") => cidr.to_string(),
                (cidr, description) => format!("{cidr} ({description})"),
            });
            let entries: Vec<String> = entries.collect();
            facts.insert(format!("entries of version {version}"), entries.join(" "));
        }
        tags(&mut facts, &list.tags);
        note(&mut facts, "made by", list.made_by.as_ref());
        // AWS's own have one id for everybody.
        things.insert(format!("prefix list {} in {place}", id(list.id.as_ref())), facts);
    }
    balancing::things(things, place, regional);
    for vpc in &regional.vpcs {
        vpc_things(things, place, vpc);
    }
}

/// An entry's block and description.
fn told(entry: &PrefixListEntry) -> (CidrBlock, &str) {
    match entry {
        PrefixListEntry::Plain(cidr) => (*cidr, ""),
        PrefixListEntry::Described(entry) => (entry.cidr, &entry.description),
    }
}

fn vpc_things(things: &mut Things, place: &str, vpc: &Vpc) {
    let vpc_id = id(vpc.id.as_ref());
    let mut facts = Facts::from([
        ("in".to_owned(), place.to_owned()),
        ("CIDR".to_owned(), vpc.cidr.to_string()),
        ("DNS support".to_owned(), vpc.dns_support.to_string()),
        ("DNS hostnames".to_owned(), vpc.dns_hostnames.to_string()),
    ]);
    flag(&mut facts, "network address usage metrics", vpc.network_address_usage_metrics);
    for block in vpc.secondary_cidrs.iter().chain(&vpc.ipv6_cidrs) {
        let (cidr, association) = match block {
            Block::Plain(cidr) => (cidr, String::new()),
            Block::Named(named) => (&named.cidr, named.association.to_string()),
        };
        facts.insert(format!("secondary CIDR {cidr}"), association);
    }
    flag(&mut facts, "default VPC", vpc.default);
    for gateway in &vpc.gateways {
        facts.insert(format!("gateway {gateway}"), String::new());
    }
    tags(&mut facts, &vpc.tags);
    note(&mut facts, "made by", vpc.made_by.as_ref());
    things.insert(format!("VPC {vpc_id}"), facts);

    for table in &vpc.route_tables {
        let mut facts = Facts::from([("of".to_owned(), vpc_id.clone())]);
        flag(&mut facts, "main table", table.main);
        note(&mut facts, "main association", table.association.as_ref());
        for route in &table.routes {
            let how = if route.propagated { " (propagated)" } else { "" };
            let gone = if route.gone { " (gone)" } else { "" };
            let by =
                route.made_by.as_ref().map_or_else(String::new, |maker| format!(" by {maker}"));
            let fact = format!("route {}", route.destination);
            facts.insert(fact, format!("to {}{how}{gone}{by}", route.target));
        }
        for edge in &table.edges {
            let association = edge.association.as_ref().map(ToString::to_string);
            facts.insert(format!("edge {}", edge.gateway), association.unwrap_or_default());
        }
        tags(&mut facts, &table.tags);
        note(&mut facts, "made by", table.made_by.as_ref());
        things.insert(format!("route table {}", id(table.id.as_ref())), facts);
    }
    for subnet in &vpc.subnets {
        let mut facts = Facts::from([
            ("of".to_owned(), vpc_id.clone()),
            ("zone".to_owned(), subnet.zone.clone()),
        ]);
        note(&mut facts, "CIDR", subnet.cidr.as_ref());
        note(&mut facts, "IPv6 CIDR", subnet.ipv6_cidr.as_ref());
        note(&mut facts, "route table", subnet.route_table.as_ref());
        note(&mut facts, "association", subnet.association.as_ref());
        flag(&mut facts, "default", subnet.default);
        flag(&mut facts, "public addresses", subnet.map_public_ip);
        hosts::subnet(things, &mut facts, subnet);
        tags(&mut facts, &subnet.tags);
        note(&mut facts, "made by", subnet.made_by.as_ref());
        things.insert(format!("subnet {}", id(subnet.id.as_ref())), facts);
    }
    for nat in &vpc.nat_gateways {
        let mut facts = Facts::from([("subnet".to_owned(), nat.subnet.to_string())]);
        note(&mut facts, "address", nat.ip);
        note(&mut facts, "interface", nat.interface.as_ref());
        flag(&mut facts, "private", nat.private);
        tags(&mut facts, &nat.tags);
        note(&mut facts, "made by", nat.made_by.as_ref());
        things.insert(format!("NAT gateway {}", id(nat.id.as_ref())), facts);
    }
    hosts::hosts(things, vpc);
    for group in &vpc.security_groups {
        let mut facts = Facts::from([
            ("of".to_owned(), vpc_id.clone()),
            ("name".to_owned(), group.name.clone()),
        ]);
        note(&mut facts, "description", group.description.as_ref());
        for rule in &group.ingress {
            rule_fact(&mut facts, "ingress", rule);
        }
        match &group.egress {
            None => flag(&mut facts, "egress to anywhere", true),
            Some(rules) => rules.iter().for_each(|rule| rule_fact(&mut facts, "egress", rule)),
        }
        tags(&mut facts, &group.tags);
        note(&mut facts, "made by", group.made_by.as_ref());
        things.insert(format!("security group {}", id(group.id.as_ref())), facts);
    }
}

fn rule_fact(facts: &mut Facts, direction: &str, rule: &Rule) {
    let ports = rule.ports.map(|ports| format!(" {ports}")).unwrap_or_default();
    let who = match (&rule.source, &rule.destination) {
        (Some(source), _) => format!("from {source}"),
        (None, Some(destination)) => format!("to {destination}"),
        (None, None) => String::new(),
    };
    let mut about = Vec::new();
    let mut tell = |what: &str, value: Option<String>| {
        about.extend(value.map(|value| format!("{what} {value}")));
    };
    tell("id", rule.id.as_ref().map(ToString::to_string));
    tell("stale over", rule.over.as_ref().map(ToString::to_string));
    tell("to a group of", rule.peer_vpc.as_ref().map(ToString::to_string));
    tell("description", rule.description.as_ref().map(|text| format!("{text:?}")));
    for (key, value) in &rule.tags {
        tell(&format!("tag {key}"), Some(format!("{value:?}")));
    }
    tell("made by", rule.made_by.clone());
    facts.insert(format!("{direction} {}{ports} {who}", rule.protocol), about.join(" "));
}

fn peering_facts(peering: &Peering) -> (String, Facts) {
    let end = |end: &End| match end {
        End::Here(vpc) => vpc.to_string(),
        End::Elsewhere(end) => format!("{} of {} in {}", end.vpc, end.account, end.region),
    };
    let mut facts = Facts::from([
        ("from".to_owned(), end(&peering.requester)),
        ("to".to_owned(), end(&peering.accepter)),
        ("status".to_owned(), peering.status.clone().unwrap_or_else(|| "active".to_owned())),
    ]);
    flag(&mut facts, "requester's DNS resolution", peering.dns_resolution.requester);
    flag(&mut facts, "accepter's DNS resolution", peering.dns_resolution.accepter);
    for (side, tags) in
        [("requester", &peering.tags.requester), ("accepter", &peering.tags.accepter)]
    {
        for (key, value) in tags {
            facts.insert(format!("{side}'s tag {key}"), format!("{value:?}"));
        }
    }
    note(&mut facts, "expires", peering.expires);
    note(&mut facts, "ended by", peering.ended_by.as_ref());
    note(&mut facts, "made by", peering.made_by.as_ref());
    (format!("peering {}", id(peering.id.as_ref())), facts)
}
