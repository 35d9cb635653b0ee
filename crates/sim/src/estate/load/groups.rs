//! Security groups and their rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use peerway_model::{AccountId, CidrBlock, Direction, Protocol, SecurityGroupId, VpcId};

use super::network::vpc_id;
use super::{Loading, at, maker, problem, refused_for};
use crate::ec2::security_groups::{
    self, DEFAULT, DEFAULT_DESCRIPTION, RuleKey, SecurityGroup, Source, default_group_id,
    original_rule, usual_egress,
};
use crate::estate::{EstateError, Ports, Regional, Rule, format};
use crate::id::derived;
use crate::state::Spot;

pub(super) fn group_id(vpc: &VpcId, group: &format::SecurityGroup) -> SecurityGroupId {
    let derived = || match group.name.as_str() {
        DEFAULT => default_group_id(vpc),
        name => derived(&[vpc.as_str(), "group", name]),
    };
    group.id.clone().unwrap_or_else(derived)
}

impl Loading<'_> {
    /// The groups, without the rules that the estate lists.
    pub(super) fn groups(&mut self, spot: &Spot, regional: &Regional) -> Result<(), EstateError> {
        for (position, vpc) in regional.vpcs.iter().enumerate() {
            let vpc_id = vpc_id(spot, position, vpc);
            for group in &vpc.security_groups {
                self.group(spot, &vpc_id, group)?;
            }
            let Some(loaded) = self.state.vpc(spot, &vpc_id).cloned() else { continue };
            security_groups::install_default(self.state.at_mut(spot), spot, &vpc_id, &loaded);
        }
        Ok(())
    }

    fn group(
        &mut self,
        spot: &Spot,
        vpc_id: &VpcId,
        group: &format::SecurityGroup,
    ) -> Result<(), EstateError> {
        let id = group_id(vpc_id, group);
        let place = at(spot, &id);
        let name = group.name.as_str();
        if name != DEFAULT {
            security_groups::check_name(name).map_err(refused_for(place, "name"))?;
        }
        let usual = if name == DEFAULT { DEFAULT_DESCRIPTION } else { name };
        let description = group.description.as_deref().unwrap_or(usual);
        security_groups::check_description("security group", description)
            .map_err(refused_for(place, "description"))?;
        let keys = match (&group.egress, self.state.vpc(spot, vpc_id)) {
            (None, Some(vpc)) => usual_egress(vpc),
            _ => Vec::new(),
        };
        let region = self.state.at_mut(spot);
        let mut others = region.security_groups.iter();
        let is_twin =
            |other: &SecurityGroup| other.vpc == *vpc_id && other.name.eq_ignore_ascii_case(name);
        if others.any(|(other_id, other)| *other_id == id || is_twin(other)) {
            return Err(problem(place, format!("the group {name:?} is there twice")).of("name"));
        }
        let loaded = SecurityGroup {
            vpc: vpc_id.clone(),
            name: name.into(),
            description: description.into(),
            rules: BTreeSet::new(),
            tags: Arc::new(group.tags.clone()),
            maker: maker(group.made_by.as_ref()),
        };
        security_groups::install(region, id, loaded, keys);
        Ok(())
    }

    /// The rules that the estate lists; by now every group that they may mean is there.
    pub(super) fn rules(&mut self, spot: &Spot, regional: &Regional) -> Result<(), EstateError> {
        for (position, vpc) in regional.vpcs.iter().enumerate() {
            let vpc_id = vpc_id(spot, position, vpc);
            for group in &vpc.security_groups {
                let id = group_id(&vpc_id, group);
                let ingress = group.ingress.iter().map(|rule| (Direction::Ingress, rule));
                let egress = group.egress.iter().flatten().map(|rule| (Direction::Egress, rule));
                for (direction, rule) in ingress.chain(egress) {
                    self.rule(spot, &vpc_id, &id, direction, rule)
                        .map_err(|error| problem(at(spot, &id), error))?;
                }
            }
        }
        Ok(())
    }

    fn rule(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        group: &SecurityGroupId,
        direction: Direction,
        rule: &Rule,
    ) -> Result<(), String> {
        let peer = match (direction, &rule.source, &rule.destination) {
            (Direction::Ingress, Some(peer), None) | (Direction::Egress, None, Some(peer)) => peer,
            (Direction::Ingress, ..) => return Err("an ingress rule has one `source`".to_owned()),
            (Direction::Egress, ..) => {
                return Err("an egress rule has one `destination`".to_owned());
            }
        };
        let protocol = Protocol::from_wire(&rule.protocol)
            .ok_or_else(|| format!("{:?} is no protocol", rule.protocol))?;
        let ports = read_ports(protocol, rule.ports);
        security_groups::check_ports(protocol, ports).map_err(|e| e.message().to_owned())?;
        let source = self.source(spot, vpc, peer, rule)?;
        let key = RuleKey { direction, protocol, ports, source };
        let id = rule.id.clone().unwrap_or_else(|| original_rule(group, &key));
        let region = self.state.at_mut(spot);
        let Some(loaded_group) = region.security_groups.get_mut(group) else { return Ok(()) };
        let mut others = loaded_group.rules.iter().filter_map(|id| region.rules.get(id));
        if region.rules.contains_key(&id) || others.any(|other| other.key == key) {
            return Err(format!("the rule \"{key}\" is there twice"));
        }
        loaded_group.rules.insert(id.clone());
        let loaded = security_groups::Rule {
            group: group.clone(),
            key,
            description: rule.description.clone(),
            tags: Arc::new(rule.tags.clone()),
            maker: maker(rule.made_by.as_ref()),
        };
        region.rules.insert(id, loaded);
        Ok(())
    }

    fn source(&self, spot: &Spot, vpc: &VpcId, text: &str, rule: &Rule) -> Result<Source, String> {
        let is_stale = rule.over.is_some() || rule.peer_vpc.is_some();
        if is_stale && !text.contains("sg-") {
            return Err("`over` and `peerVpc` are said only of groups".to_owned());
        }
        if text.starts_with("pl-") {
            let id = text.parse().map_err(|error| format!("{error}"))?;
            return if self.state.at(spot).prefix_lists.contains_key(&id) {
                Ok(Source::PrefixList(id))
            } else {
                Err(format!("{id} is no prefix list of this Region"))
            };
        }
        let (account, group) = text
            .split_once("/sg-")
            .map_or((None, text), |(account, _)| (Some(account), &text[account.len() + 1..]));
        if !group.starts_with("sg-") {
            return text.parse::<CidrBlock>().map(Source::Cidr).map_err(|error| error.to_string());
        }
        let account: AccountId = match account {
            Some(account) => account.parse().map_err(|error| format!("{error}"))?,
            None => spot.account.clone(),
        };
        let id: SecurityGroupId = group.parse().map_err(|error| format!("{error}"))?;
        let there = Spot { account: account.clone(), region: spot.region.clone() };
        let other = self.state.at(&there).security_groups.get(&id).map(|group| &group.vpc);
        let peer = match (&rule.over, &rule.peer_vpc, other) {
            (Some(over), Some(peer_vpc), _) => Some((peer_vpc.clone(), over.clone())),
            (None, None, Some(other)) if other == vpc && there == *spot => None,
            (None, None, Some(other)) => {
                let peering = security_groups::peering_between(&self.state, spot, vpc, other);
                let peering = peering.ok_or_else(|| {
                    format!("{id} is in {other}, which is not peered with {vpc}; a stale rule says `over` and `peerVpc`")
                })?;
                Some((other.clone(), peering.clone()))
            }
            (None, None, None) => {
                return Err(format!(
                    "{id} is no group of {account} here; a stale rule says `over` and `peerVpc`"
                ));
            }
            _ => return Err("`over` and `peerVpc` come together".to_owned()),
        };
        Ok(Source::Group { account, id, peer })
    }
}

/// The ports that a rule of this protocol means.
fn read_ports(protocol: Protocol, ports: Option<Ports>) -> (i32, i32) {
    match (protocol, ports) {
        (Protocol::Tcp | Protocol::Udp, None) => (0, 65535),
        (_, None) => (-1, -1),
        (Protocol::Icmp | Protocol::Icmpv6, Some(Ports { first, second })) => {
            (first.into(), second.map_or(-1, i32::from))
        }
        (_, Some(Ports { first, second })) => (first.into(), second.unwrap_or(first).into()),
    }
}
