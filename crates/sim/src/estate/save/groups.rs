//! Security groups and their rules.

use std::sync::Arc;

use peerway_model::{Direction, Protocol, SecurityGroupId, SecurityGroupRuleId, VpcId};

use super::Saving;
use crate::ec2::security_groups::{
    self, DEFAULT_DESCRIPTION, RuleKey, Source, default_group_id, default_rules, original_rule,
    peering_between, usual_egress,
};
use crate::ec2::vpcs;
use crate::estate::{Ports, Rule, SecurityGroup};
use crate::state::Spot;

impl Saving<'_> {
    /// A group; nothing for the default one, as long as nobody has touched it and nobody asks for it.
    pub(super) fn group(
        &self,
        vpc: &vpcs::Vpc,
        id: &SecurityGroupId,
        group: &security_groups::SecurityGroup,
    ) -> Option<SecurityGroup> {
        let rules = |direction| -> Vec<Rule> {
            let ids = group.rules.iter();
            let mut rules: Vec<_> =
                ids.filter_map(|id| self.region.rules.get_key_value(id)).collect();
            rules.retain(|(_, rule)| rule.key.direction == direction);
            rules.sort_unstable_by(|(_, one), (_, other)| one.key.cmp(&other.key));
            rules.into_iter().map(|(rule_id, rule)| self.rule(&group.vpc, rule_id, rule)).collect()
        };
        // What a group starts with, written as its rules are: a rule that was taken away and written anew has another id.
        let start = |keys: Vec<RuleKey>, direction| -> Vec<Rule> {
            let mut keys: Vec<_> = keys.into_iter().filter(|k| k.direction == direction).collect();
            keys.sort_unstable();
            let made = |key| security_groups::Rule {
                group: id.clone(),
                key,
                description: None,
                tags: Arc::default(),
                maker: Arc::clone(&group.maker),
            };
            let rules = keys.into_iter().map(|key| (original_rule(id, &key), made(key)));
            rules.map(|(rule_id, rule)| self.rule(&group.vpc, &rule_id, &rule)).collect()
        };
        let egress = rules(Direction::Egress);
        let is_usual = egress == start(usual_egress(vpc), Direction::Egress);
        let usual_description = if group.is_default() { DEFAULT_DESCRIPTION } else { &*group.name };
        let saved = SecurityGroup {
            id: Some(id.clone()),
            name: group.name.to_string(),
            description: (*group.description != *usual_description)
                .then(|| group.description.to_string()),
            tags: (*group.tags).clone(),
            made_by: self.made_by(&group.maker),
            ingress: rules(Direction::Ingress),
            egress: (self.include.untouched || !is_usual).then_some(egress),
        };
        let untouched = SecurityGroup {
            id: Some(default_group_id(&group.vpc)),
            name: security_groups::DEFAULT.to_owned(),
            made_by: self.made_by(&vpc.maker),
            ingress: start(default_rules(&self.spot.account, id, vpc), Direction::Ingress),
            ..SecurityGroup::default()
        };
        (self.include.untouched || saved != untouched).then_some(saved)
    }

    fn rule(&self, vpc: &VpcId, id: &SecurityGroupRuleId, rule: &security_groups::Rule) -> Rule {
        let (who, peer) = match &rule.key.source {
            Source::Cidr(block) => (block.to_string(), None),
            Source::PrefixList(list) => (list.to_string(), None),
            Source::Group { account, id, peer } if *account == self.spot.account => {
                (id.to_string(), peer.as_ref())
            }
            Source::Group { account, id, peer } => (format!("{account}/{id}"), peer.as_ref()),
        };
        // Over which connection a living reference goes follows from the connections there are.
        let stale = peer.filter(|(peer_vpc, over)| {
            peering_between(self.state, self.spot, vpc, peer_vpc) != Some(over)
                || !self.is_group_there(&rule.key.source)
        });
        let (source, destination) = match rule.key.direction {
            Direction::Ingress => (Some(who), None),
            Direction::Egress => (None, Some(who)),
        };
        Rule {
            id: (*id != original_rule(&rule.group, &rule.key)).then(|| id.clone()),
            protocol: match rule.key.protocol {
                Protocol::All => "all".to_owned(),
                other => other.to_wire(),
            },
            ports: ports(rule.key.protocol, rule.key.ports),
            source,
            destination,
            over: stale.map(|(_, over)| over.clone()),
            peer_vpc: stale.map(|(peer_vpc, _)| peer_vpc.clone()),
            description: rule.description.clone(),
            tags: (*rule.tags).clone(),
            made_by: self.made_by(&rule.maker),
        }
    }

    fn is_group_there(&self, source: &Source) -> bool {
        let Source::Group { account, id, .. } = source else { return true };
        let there = Spot { account: account.clone(), region: self.spot.region.clone() };
        self.state.at(&there).security_groups.contains_key(id)
    }
}

/// The ports of a rule as a file says them; nothing for all that the protocol has.
pub(super) fn ports(protocol: Protocol, (from, to): (i32, i32)) -> Option<Ports> {
    let number = |port: i32| u16::try_from(port).ok();
    match protocol {
        Protocol::Tcp | Protocol::Udp if (from, to) == (0, 65535) => None,
        Protocol::Tcp | Protocol::Udp => {
            Some(Ports { first: number(from)?, second: number(to).filter(|_| from != to) })
        }
        _ => Some(Ports { first: number(from)?, second: number(to) }),
    }
}
