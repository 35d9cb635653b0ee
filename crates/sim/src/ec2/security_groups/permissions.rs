//! Rules as requests write them: read, made canonical, and looked up as AWS does.

use peerway_model::{
    AccountId, CidrBlock, ConnectionId, Direction, Family, PrefixListId, Protocol, SecurityGroupId,
    VpcId,
};

use super::show::peering_between;
use super::wire::{GroupPair, IpPermission};
use super::{RuleKey, Source};
use crate::ApiError;
use crate::ec2::prefix_lists;
use crate::id::AwsId;
use crate::scope::{Scope, find};
use crate::state::Spot;

/// What a request says about rules: permissions, or the parameters of a single rule.
pub(super) struct Given<'a> {
    pub(super) permissions: &'a [IpPermission],
    pub(super) protocol: Option<&'a str>,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) cidr: Option<&'a str>,
}

/// Rules with the descriptions they were given.
pub(super) type Described = Vec<(RuleKey, Option<String>)>;

impl Given<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.permissions.is_empty() && self.protocol.is_none() && self.cidr.is_none()
    }

    /// The rules that are meant, one per source.
    pub(super) fn read(
        &self,
        scope: &Scope<'_>,
        group: &SecurityGroupId,
        direction: Direction,
        lookup: Lookup,
    ) -> Result<Described, ApiError> {
        let mut rules = Vec::new();
        if let Some(cidr) = self.cidr {
            let protocol = self.protocol.ok_or_else(|| ApiError::missing("IpProtocol"))?;
            let (protocol, ports) = read_protocol(protocol, self.from_port, self.to_port)?;
            let source = Source::Cidr(read_cidr(cidr, Family::V4)?);
            rules.push((RuleKey { direction, protocol, ports, source }, None));
        }
        for permission in self.permissions {
            let (protocol, ports) =
                read_protocol(&permission.ip_protocol, permission.from_port, permission.to_port)?;
            let before = rules.len();
            let mut add = |source, description: &Option<String>| {
                let key = RuleKey { direction, protocol, ports, source };
                rules.push((key, description.clone()));
            };
            for range in &permission.ip_ranges {
                add(Source::Cidr(read_cidr(&range.cidr_ip, Family::V4)?), &range.description);
            }
            for range in &permission.ipv6_ranges {
                add(Source::Cidr(read_cidr(&range.cidr_ipv6, Family::V6)?), &range.description);
            }
            for list in &permission.prefix_list_ids {
                let id = PrefixListId::read(&list.prefix_list_id)?;
                if lookup == Lookup::MustExist {
                    prefix_lists::check_usable(scope.here(), &id)?;
                }
                add(Source::PrefixList(id), &list.description);
            }
            for pair in &permission.groups {
                add(read_pair(scope, group, pair, lookup)?, &pair.description);
            }
            if rules.len() == before {
                return Err(no_source());
            }
        }
        if rules.is_empty() {
            return Err(no_source());
        }
        for (_, description) in &rules {
            check_description("rule", description.as_deref().unwrap_or_default())?;
        }
        Ok(rules)
    }
}

/// Whether what a rule refers to must be there: for a new rule it must, to take one away it need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    MustExist,
    NeedNotExist,
}

fn no_source() -> ApiError {
    ApiError::new(
        "MissingParameter",
        "Missing source specification: include source security group or CIDR information",
    )
}

fn read_protocol(
    text: &str,
    from: Option<i32>,
    to: Option<i32>,
) -> Result<(Protocol, (i32, i32)), ApiError> {
    let protocol = Protocol::from_wire(&text.to_ascii_lowercase()).ok_or_else(|| {
        ApiError::invalid_value(format!(
            "Invalid value '{text}' for IP protocol. Unknown protocol."
        ))
    })?;
    let ports = match protocol {
        Protocol::Tcp | Protocol::Udp => {
            let missing = |name: &str| {
                ApiError::new(
                    "MissingParameter",
                    format!(
                        "Invalid value 'Must specify both from and to ports with TCP/UDP.' for {name}."
                    ),
                )
            };
            (from.ok_or_else(|| missing("portRange"))?, to.ok_or_else(|| missing("portRange"))?)
        }
        Protocol::Icmp | Protocol::Icmpv6 => (from.unwrap_or(-1), to.unwrap_or(-1)),
        Protocol::All | Protocol::Number(_) => (-1, -1),
    };
    check_ports(protocol, ports)?;
    Ok((protocol, ports))
}

/// Whether a protocol may have these ports (or this type and code).
pub(crate) fn check_ports(protocol: Protocol, (from, to): (i32, i32)) -> Result<(), ApiError> {
    let is_valid = match protocol {
        Protocol::Tcp | Protocol::Udp => {
            (0..=65535).contains(&from) && (0..=65535).contains(&to) && from <= to
        }
        Protocol::Icmp | Protocol::Icmpv6 => {
            (-1..=255).contains(&from) && (-1..=255).contains(&to) && (from != -1 || to == -1)
        }
        Protocol::All | Protocol::Number(_) => (from, to) == (-1, -1),
    };
    if is_valid {
        return Ok(());
    }
    Err(ApiError::invalid_value(format!(
        "Invalid {} port range: {from} to {to}.",
        protocol.to_wire().to_uppercase()
    )))
}

fn read_cidr(text: &str, family: Family) -> Result<CidrBlock, ApiError> {
    let block = CidrBlock::parse_truncating(text).ok().filter(|block| block.family() == family);
    block.ok_or_else(|| ApiError::invalid_value(format!("CIDR block {text} is malformed")))
}

/// The characters that names and descriptions may have.
pub(crate) fn is_rule_text(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    text.chars().all(is_allowed)
}

/// A description: at most 255 characters, of those that AWS allows.
pub(crate) fn check_description(of: &str, text: &str) -> Result<(), ApiError> {
    if text.len() <= 255 && is_rule_text(text) {
        return Ok(());
    }
    Err(ApiError::invalid_value(format!(
        "Invalid {of} description. Valid descriptions are strings less than 256 characters from the \
         following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*"
    )))
}

/// A group as a source: of the same VPC, or of one that is peered in the same Region, and active. Everything else is
/// "not found" to AWS
/// (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html>).
fn read_pair(
    scope: &Scope<'_>,
    group: &SecurityGroupId,
    pair: &GroupPair,
    lookup: Lookup,
) -> Result<Source, ApiError> {
    let account = match &pair.user_id {
        None => scope.spot.account.clone(),
        Some(text) => text.parse::<AccountId>().map_err(|_| {
            ApiError::invalid_value(format!("Invalid user id '{text}' for parameter userId"))
        })?,
    };
    let our_vpc = &find(&scope.here().security_groups, group)?.vpc;
    let id = match (&pair.group_id, &pair.group_name) {
        (Some(id), _) => SecurityGroupId::read(id)?,
        (None, Some(name)) => {
            let mut groups = scope.here().security_groups.iter();
            let found = groups.find(|(_, other)| other.vpc == *our_vpc && *other.name == **name);
            found.map(|(id, _)| id.clone()).ok_or_else(|| SecurityGroupId::not_found(name))?
        }
        (None, None) => return Err(ApiError::missing("GroupId")),
    };
    if lookup == Lookup::NeedNotExist {
        return Ok(Source::Group { account, id, peer: None });
    }
    let spot = Spot { account: account.clone(), region: scope.spot.region.clone() };
    let other = scope.state.at(&spot).security_groups.get(&id);
    let vpc = other.map(|other| &other.vpc).ok_or_else(|| SecurityGroupId::not_found(&id))?;
    let is_same_vpc = vpc == our_vpc && spot == *scope.spot;
    let peer = if is_same_vpc { None } else { Some(peer_of(scope, our_vpc, vpc, pair)?) };
    Ok(Source::Group { account, id, peer })
}

fn peer_of(
    scope: &Scope<'_>,
    our_vpc: &VpcId,
    vpc: &VpcId,
    pair: &GroupPair,
) -> Result<(VpcId, ConnectionId), ApiError> {
    let connection = peering_between(scope.state, scope.spot, our_vpc, vpc);
    let asked = pair.vpc_peering_connection_id.as_deref();
    let is_as_asked = |id: &ConnectionId| asked.is_none_or(|asked| asked == id.as_str());
    let is_vpc_as_asked = pair.vpc_id.as_deref().is_none_or(|asked| asked == vpc.as_str());
    let connection =
        connection.filter(|id| is_as_asked(id) && is_vpc_as_asked).ok_or_else(|| {
            ApiError::new(
                "InvalidGroup.NotFound",
                "You have specified two resources that belong to different networks.",
            )
        })?;
    Ok((vpc.clone(), connection.clone()))
}
