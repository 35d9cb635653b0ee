//! Facts about instances, interfaces, Elastic IP addresses, network ACLs and reservations.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::{Facts, Things, flag, id, note, tags};
use crate::estate::{
    Address, Answer, Instance, Interface, KeyPair, LaunchTemplate, NetworkAcl, Subnet, Vpc,
};

/// Several values in one fact; none when there are none.
fn list(values: impl IntoIterator<Item = impl Display>) -> Option<String> {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    (!values.is_empty()).then(|| values.join(" "))
}

fn groups<T: Display>(facts: &mut Facts, groups: Option<&BTreeSet<T>>) {
    let listed = groups.map(|groups| list(groups).unwrap_or_else(|| "none".to_owned()));
    note(facts, "security groups", listed);
}

pub(super) fn hosts(things: &mut Things, vpc: &Vpc) {
    for instance in &vpc.instances {
        things.insert(format!("instance {}", id(instance.id.as_ref())), instance_facts(instance));
    }
    for interface in &vpc.interfaces {
        things.insert(format!("network interface {}", interface.id), interface_facts(interface));
    }
    for acl in &vpc.network_acls {
        things.insert(format!("network ACL {}", id(acl.id.as_ref())), acl_facts(acl));
    }
}

fn instance_facts(instance: &Instance) -> Facts {
    let mut facts = Facts::from([("subnet".to_owned(), instance.subnet.to_string())]);
    let details = &instance.details;
    note(&mut facts, "address", instance.ip);
    note(&mut facts, "interface", instance.interface.as_ref());
    groups(&mut facts, instance.security_groups.as_ref());
    note(&mut facts, "public address", instance.public_ip);
    note(&mut facts, "image", instance.image.as_ref());
    note(&mut facts, "type", instance.kind.as_ref());
    flag(&mut facts, "stopped", instance.stopped);
    flag(&mut facts, "leader", instance.leader);
    if let Some(answers) = &instance.answers {
        flag(&mut facts, "answers nothing", answers.is_empty());
        for answer in answers {
            facts.insert(format!("answers on port {}", answer.port), answer_fact(answer));
        }
    }
    flag(&mut facts, "public addresses", instance.lends_public_address);
    note(&mut facts, "reservation", details.reservation.as_ref());
    note(&mut facts, "launch index", (details.launch_index != 0).then_some(details.launch_index));
    note(&mut facts, "key pair", details.key_name.as_ref());
    note(&mut facts, "user data", details.user_data.as_ref());
    note(&mut facts, "instance profile", details.profile.as_ref());
    note(&mut facts, "client token", details.client_token.as_ref());
    flag(&mut facts, "termination protection", details.termination_protection);
    flag(&mut facts, "stop protection", details.stop_protection);
    flag(&mut facts, "terminates on shutdown", details.terminates_on_shutdown);
    flag(&mut facts, "detailed monitoring", details.monitoring);
    flag(&mut facts, "EBS-optimized", details.ebs_optimized);
    note(&mut facts, "CPU credits", details.cpu_credits.as_ref());
    let cpu = details.cpu.map(|cpu| format!("{} cores of {} threads", cpu.cores, cpu.threads));
    note(&mut facts, "processors", cpu);
    let metadata = &details.metadata;
    flag(&mut facts, "no metadata service", metadata.disabled);
    flag(&mut facts, "metadata without tokens", metadata.tokens_optional);
    note(&mut facts, "metadata hop limit", metadata.hop_limit);
    flag(&mut facts, "metadata over IPv6", metadata.ipv6);
    flag(&mut facts, "metadata with tags", metadata.tags);
    tags(&mut facts, &instance.tags);
    note(&mut facts, "made by", instance.made_by.as_ref());
    facts
}

fn answer_fact(answer: &Answer) -> String {
    let tls = match answer.tls {
        Some(true) => "TLS",
        Some(false) => "no TLS",
        None => "with or without TLS",
    };
    let paths = answer.paths.iter().flatten();
    let paths = paths.map(|(path, status)| format!("{path} {status}"));
    let parts: Vec<String> = std::iter::once(tls.to_owned()).chain(paths).collect();
    parts.join(", ")
}

fn interface_facts(interface: &Interface) -> Facts {
    let mut facts = Facts::from([("subnet".to_owned(), interface.subnet.to_string())]);
    note(&mut facts, "address", interface.ip);
    note(&mut facts, "further addresses", list(&interface.secondary_ips));
    note(&mut facts, "public address", interface.public_ip);
    groups(&mut facts, interface.security_groups.as_ref());
    let description = Some(&interface.description).filter(|text| !text.is_empty());
    note(&mut facts, "description", description.map(|text| format!("{text:?}")));
    flag(&mut facts, "forwards for others", !interface.source_dest_check);
    let attached = interface.instance.as_ref();
    note(&mut facts, "instance", attached.map(|id| format!("{id} (device {})", interface.device)));
    flag(&mut facts, "goes with its instance", interface.delete_on_termination);
    tags(&mut facts, &interface.tags);
    note(&mut facts, "made by", interface.made_by.as_ref());
    facts
}

fn acl_facts(acl: &NetworkAcl) -> Facts {
    let mut facts = Facts::new();
    flag(&mut facts, "default ACL", acl.default);
    for entry in acl.entries.iter().flatten() {
        let direction = if entry.egress { "egress" } else { "ingress" };
        let verdict = if entry.deny { "denies" } else { "allows" };
        let ports = entry.ports.map(|ports| format!(" {ports}")).unwrap_or_default();
        let rule = format!("{verdict} {}{ports} {}", entry.protocol, entry.cidr);
        facts.insert(format!("{direction} rule {}", entry.number), rule);
    }
    tags(&mut facts, &acl.tags);
    note(&mut facts, "made by", acl.made_by.as_ref());
    facts
}

pub(super) fn address(things: &mut Things, address: &Address) {
    let mut facts = Facts::new();
    note(&mut facts, "address", address.ip);
    note(&mut facts, "interface", address.interface.as_ref());
    tags(&mut facts, &address.tags);
    note(&mut facts, "made by", address.made_by.as_ref());
    things.insert(format!("Elastic IP address {}", address.id), facts);
}

pub(super) fn key_pair(things: &mut Things, key: &KeyPair) {
    let mut facts = Facts::from([("name".to_owned(), key.name.clone())]);
    flag(&mut facts, "ed25519", key.ed25519);
    note(&mut facts, "fingerprint", key.fingerprint.as_ref());
    note(&mut facts, "public key", key.public_key.as_ref());
    tags(&mut facts, &key.tags);
    note(&mut facts, "made by", key.made_by.as_ref());
    things.insert(format!("key pair {}", id(key.id.as_ref())), facts);
}

pub(super) fn launch_template(things: &mut Things, template: &LaunchTemplate) {
    let mut facts = Facts::from([("name".to_owned(), template.name.clone())]);
    note(&mut facts, "default version", template.default);
    note(&mut facts, "latest version", template.latest);
    for (number, version) in &template.versions {
        let description = version.description.as_ref().map(|text| format!("{text:?}"));
        let data = version.data.iter().map(|(name, value)| format!("{name}={value}"));
        let about = list(description.into_iter().chain(data));
        facts.insert(format!("version {number}"), about.unwrap_or_default());
    }
    tags(&mut facts, &template.tags);
    note(&mut facts, "made by", template.made_by.as_ref());
    things.insert(format!("launch template {}", id(template.id.as_ref())), facts);
}

/// What is new about a subnet beside its place: its ACL, and the ranges that are set aside.
pub(super) fn subnet(things: &mut Things, facts: &mut Facts, subnet: &Subnet) {
    note(facts, "network ACL", subnet.network_acl.as_ref());
    note(facts, "network ACL association", subnet.network_acl_association.as_ref());
    flag(facts, "IPv6 addresses", subnet.assign_ipv6);
    flag(facts, "DNS64", subnet.dns.dns64);
    flag(facts, "names by resource", subnet.dns.resource_names);
    flag(facts, "A records by resource", subnet.dns.a_records);
    flag(facts, "AAAA records by resource", subnet.dns.aaaa_records);
    for reservation in &subnet.reservations {
        let mut facts = Facts::from([
            ("of".to_owned(), id(subnet.id.as_ref())),
            ("CIDR".to_owned(), reservation.cidr.to_string()),
            ("type".to_owned(), reservation.kind.clone()),
        ]);
        note(&mut facts, "description", reservation.description.as_ref());
        tags(&mut facts, &reservation.tags);
        note(&mut facts, "made by", reservation.made_by.as_ref());
        things.insert(format!("reservation {}", reservation.id), facts);
    }
}
