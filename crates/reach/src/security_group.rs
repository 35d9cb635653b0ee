//! Security groups: stateful, and only ever in favour.

use peerway_model::{
    Direction, NetworkInterface, PrefixList, RuleSource, SecurityGroupId, SecurityGroupRule, VpcId,
};

use crate::traffic::Traffic;
use crate::walk::Party;
use crate::{Network, Unseen};

/// Why an interface's groups let nothing pass.
pub(crate) enum Refusal {
    /// None of these, which are all it carries.
    NoneOf(Vec<SecurityGroupId>),
    /// Perhaps one does.
    Unseen(Unseen),
}

/// Who is on the other side of an interface.
#[derive(Clone, Copy)]
pub(crate) struct Peer<'n, 'a> {
    pub(crate) party: &'n Party<'a>,
    /// Whether rules may name it by the groups it carries: within a VPC, and over an active connection within one Region
    /// (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html>).
    pub(crate) is_known_by_groups: bool,
}

impl<'a> Network<'a> {
    /// Whether an interface's groups let a request pass. An interface that carries none is filtered by none.
    pub(crate) fn groups_let(
        &self,
        interface: &'a NetworkInterface,
        direction: Direction,
        peer: Peer<'_, 'a>,
        traffic: Traffic,
    ) -> Result<(), Refusal> {
        let rules = |group: &SecurityGroupId| {
            let rules = self.rules.get(group).into_iter().flatten().copied();
            rules.filter(move |rule| {
                rule.direction == direction && traffic.within(rule.protocol, rule.ports).is_some()
            })
        };
        let mut unseen = None;
        for group in &interface.groups {
            if !self.security_groups.contains_key(group) {
                unseen = Some(Unseen::SecurityGroup(group.clone()));
            }
            for rule in rules(group) {
                match self.names(rule, peer) {
                    Ok(true) => return Ok(()),
                    Ok(false) => {}
                    Err(missing) => unseen = Some(missing),
                }
            }
        }
        if let Some(unseen) = unseen {
            return Err(Refusal::Unseen(unseen));
        }
        let mut groups = interface.groups.clone();
        groups.sort_by_key(|group| {
            !rules(group).any(|rule| self.is_for_others(&rule.source, &interface.vpc))
        });
        if groups.is_empty() { Ok(()) } else { Err(Refusal::NoneOf(groups)) }
    }

    /// Whether a rule means somebody.
    fn names(&self, rule: &SecurityGroupRule, peer: Peer<'_, 'a>) -> Result<bool, Unseen> {
        match &rule.source {
            RuleSource::Cidr(block) => Ok(block.contains_address(peer.party.address)),
            RuleSource::SecurityGroup { id, .. } => {
                let carried = peer.party.interface.is_some_and(|it| it.groups.contains(id));
                Ok(carried && peer.is_known_by_groups)
            }
            RuleSource::PrefixList(list) => match self.prefix_lists.get(list) {
                Some(PrefixList { entries: Some(blocks), .. }) => {
                    Ok(blocks.iter().any(|block| block.contains_address(peer.party.address)))
                }
                Some(PrefixList { entries: None, .. }) | None => {
                    Err(Unseen::PrefixList { list: list.clone(), named_by: rule.group.to_string() })
                }
            },
        }
    }

    /// Whether a rule is for somebody outside a VPC.
    fn is_for_others(&self, source: &RuleSource, vpc: &VpcId) -> bool {
        match source {
            RuleSource::Cidr(block) => {
                let own = self.vpcs.get(vpc).into_iter().flat_map(|vpc| &vpc.cidrs);
                !block.is_covered_by(own)
            }
            RuleSource::SecurityGroup { id, .. } => {
                self.security_groups.get(id).is_none_or(|group| group.vpc != *vpc)
            }
            RuleSource::PrefixList(_) => true,
        }
    }
}
