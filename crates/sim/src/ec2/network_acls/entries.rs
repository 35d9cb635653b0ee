//! The rules of a network ACL: numbered, looked at in order, the first that fits decides.

use peerway_model::{CidrBlock, Family, Protocol};

use super::wire::{
    AclPortRange, CreateNetworkAclEntry, DeleteNetworkAclEntry, EntryItem, IcmpTypeCode,
    PortRangeItem, ReplaceNetworkAclEntry, TypeCodeItem,
};
use super::{Entry, EntryKey};
use crate::ApiError;
use crate::ec2::Done;
use crate::ec2::route_tables::read_block;
use crate::id::{AwsId, NetworkAclId};
use crate::scope::{Scope, find, find_mut};

/// The number of the rule that denies what no other rule decides; IPv6 has one of its own behind it.
const LAST: u16 = 32767;

/// The numbers that rules of one's own may have.
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=32766;

/// What an entry says, however it was asked for.
struct Asked<'a> {
    acl: &'a str,
    number: i32,
    protocol: &'a str,
    action: &'a str,
    egress: bool,
    cidr: Option<&'a str>,
    ipv6_cidr: Option<&'a str>,
    icmp: Option<IcmpTypeCode>,
    ports: Option<AclPortRange>,
}

macro_rules! asked {
    ($request:ident) => {
        Asked {
            acl: &$request.network_acl_id,
            number: $request.rule_number,
            protocol: &$request.protocol,
            action: &$request.rule_action,
            egress: $request.egress,
            cidr: $request.cidr_block.as_deref(),
            ipv6_cidr: $request.ipv6_cidr_block.as_deref(),
            icmp: $request.icmp,
            ports: $request.port_range,
        }
    };
}

impl Asked<'_> {
    fn read(&self) -> Result<(NetworkAclId, EntryKey, Entry), ApiError> {
        let id = NetworkAclId::read(self.acl)?;
        let key = read_key(self.egress, self.number)?;
        let protocol = read_protocol(self.protocol)?;
        let is_allowed = match self.action {
            "allow" => true,
            "deny" => false,
            other => {
                return Err(ApiError::invalid_value(format!(
                    "Value ({other}) for parameter ruleAction is invalid."
                )));
            }
        };
        let block = match (self.cidr, self.ipv6_cidr) {
            (Some(text), None) => read_block("cidrBlock", text, Family::V4)?,
            (None, Some(text)) => read_block("ipv6CidrBlock", text, Family::V6)?,
            (None, None) => return Err(ApiError::missing("cidrBlock or ipv6CidrBlock")),
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid_combination(
                    "Only one of cidrBlock and ipv6CidrBlock may be given",
                ));
            }
        };
        let ports = read_ports(protocol, self.ports, self.icmp)?;
        Ok((id, key, Entry { protocol, is_allowed, block, ports }))
    }
}

fn read_key(egress: bool, number: i32) -> Result<EntryKey, ApiError> {
    let read = u16::try_from(number).ok().filter(|_| NUMBERS.contains(&number));
    let number = read.ok_or_else(|| {
        ApiError::invalid_value(format!(
            "Value ({number}) for parameter ruleNumber is invalid. Rule numbers are from {} to {}.",
            NUMBERS.start(),
            NUMBERS.end()
        ))
    })?;
    Ok(EntryKey { egress, number })
}

/// ACLs answer with numbers, and read names as well.
pub(crate) fn read_protocol(text: &str) -> Result<Protocol, ApiError> {
    Protocol::from_wire(&text.to_ascii_lowercase()).ok_or_else(|| {
        ApiError::invalid_value(format!(
            "Invalid value '{text}' for IP protocol. Unknown protocol."
        ))
    })
}

fn number_of(protocol: Protocol) -> String {
    match protocol {
        Protocol::Tcp => "6".to_owned(),
        Protocol::Udp => "17".to_owned(),
        Protocol::Icmp => "1".to_owned(),
        Protocol::Icmpv6 => "58".to_owned(),
        Protocol::All | Protocol::Number(_) => protocol.to_wire(),
    }
}

/// Ports for TCP and UDP, type and code for ICMP, nothing for the rest.
fn read_ports(
    protocol: Protocol,
    ports: Option<AclPortRange>,
    icmp: Option<IcmpTypeCode>,
) -> Result<Option<(i32, i32)>, ApiError> {
    let read = match protocol {
        Protocol::Tcp | Protocol::Udp => {
            let range = ports.and_then(|ports| Some((ports.from?, ports.to?)));
            Some(range.ok_or_else(|| ApiError::missing("portRange"))?)
        }
        Protocol::Icmp | Protocol::Icmpv6 => {
            let code = icmp.and_then(|icmp| Some((icmp.kind?, icmp.code?)));
            Some(code.ok_or_else(|| ApiError::missing("icmpTypeCode"))?)
        }
        Protocol::All | Protocol::Number(_) => None,
    };
    if let Some(ports) = read {
        crate::ec2::security_groups::check_ports(protocol, ports)?;
    }
    Ok(read)
}

pub(crate) fn create_entry(
    scope: &mut Scope<'_>,
    request: &CreateNetworkAclEntry,
) -> Result<Done, ApiError> {
    let (id, key, entry) = asked!(request).read()?;
    let acl = find(&scope.here().network_acls, &id)?;
    if acl.entries.contains_key(&key) {
        return Err(ApiError::new(
            "NetworkAclEntryAlreadyExists",
            format!("The network acl entry identified by {} already exists.", key.number),
        ));
    }
    let same = acl.entries.keys().filter(|other| other.egress == key.egress);
    if same.count() >= scope.settings.quotas.rules_per_network_acl {
        return Err(ApiError::new(
            "NetworkAclEntryLimitExceeded",
            "The maximum number of network acl entries has been reached.",
        ));
    }
    find_mut(&mut scope.here_mut().network_acls, &id)?.entries.insert(key, entry);
    Ok(Done::YES)
}

pub(crate) fn replace_entry(
    scope: &mut Scope<'_>,
    request: &ReplaceNetworkAclEntry,
) -> Result<Done, ApiError> {
    let (id, key, entry) = asked!(request).read()?;
    let acl = find_mut(&mut scope.here_mut().network_acls, &id)?;
    match acl.entries.get_mut(&key) {
        Some(before) => *before = entry,
        None => return Err(no_entry(key)),
    }
    Ok(Done::YES)
}

pub(crate) fn delete_entry(
    scope: &mut Scope<'_>,
    request: &DeleteNetworkAclEntry,
) -> Result<Done, ApiError> {
    let id = NetworkAclId::read(&request.network_acl_id)?;
    let key = read_key(request.egress, request.rule_number)?;
    let acl = find_mut(&mut scope.here_mut().network_acls, &id)?;
    match acl.entries.remove(&key) {
        Some(_) => Ok(Done::YES),
        None => Err(no_entry(key)),
    }
}

fn no_entry(key: EntryKey) -> ApiError {
    ApiError::new(
        "InvalidNetworkAclEntry.NotFound",
        format!("The network acl entry identified by {} does not exist", key.number),
    )
}

pub(super) fn show_entry(key: EntryKey, entry: &Entry) -> EntryItem {
    let is_icmp = matches!(entry.protocol, Protocol::Icmp | Protocol::Icmpv6);
    let is_ipv4 = entry.block.family() == Family::V4;
    let (ports, icmp) = if is_icmp { (None, entry.ports) } else { (entry.ports, None) };
    EntryItem {
        rule_number: key.number,
        protocol: number_of(entry.protocol),
        rule_action: if entry.is_allowed { "allow" } else { "deny" },
        egress: key.egress,
        cidr_block: is_ipv4.then_some(entry.block),
        ipv6_cidr_block: (!is_ipv4).then_some(entry.block),
        icmp_type_code: icmp.map(|(kind, code)| TypeCodeItem { code, kind }),
        port_range: ports.map(|(from, to)| PortRangeItem { from, to }),
    }
}

/// The rules that every ACL ends with, and that nobody can change.
pub(super) fn last_entries(has_ipv6: bool) -> impl Iterator<Item = EntryItem> {
    let families = ["0.0.0.0/0", "::/0"].into_iter().zip(LAST..);
    let families = families.take(if has_ipv6 { 2 } else { 1 });
    families.flat_map(|(text, number)| {
        let block = text.parse::<CidrBlock>().ok();
        [false, true].into_iter().filter_map(move |egress| {
            let entry =
                Entry { protocol: Protocol::All, is_allowed: false, block: block?, ports: None };
            Some(show_entry(EntryKey { egress, number }, &entry))
        })
    })
}
