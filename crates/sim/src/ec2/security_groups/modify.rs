//! Changing rules that stand: their ids stay. A call does all that it says, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::{CidrBlock, SecurityGroupId, SecurityGroupRuleId};

use super::permissions::{Given, Lookup};
use super::rules::{too_many, used};
use super::wire::{
    GroupPair, IpPermission, IpRange, Ipv6Range, ModifySecurityGroupRules, PrefixListReference,
    SecurityGroupRuleRequest,
};
use super::{Rule, RuleKey, Source, duplicate};
use crate::ApiError;
use crate::ec2::Done;
use crate::id::AwsId;
use crate::scope::{Scope, find, find_mut};

/// Changes protocol, ports, source and description of rules
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html>). What kind of source a rule
/// has stays; a description that is left out stays too.
pub(crate) fn modify(
    scope: &mut Scope<'_>,
    request: &ModifySecurityGroupRules,
) -> Result<Done, ApiError> {
    let group = SecurityGroupId::read(&request.group_id)?;
    find(&scope.here().security_groups, &group)?;
    if request.security_group_rules.is_empty() {
        return Err(ApiError::missing("SecurityGroupRule"));
    }
    let mut changed = BTreeMap::new();
    for update in &request.security_group_rules {
        let id = SecurityGroupRuleId::read(&update.security_group_rule_id)?;
        let rule = find(&scope.here().rules, &id)?;
        if rule.group != group {
            return Err(SecurityGroupRuleId::not_found(&id));
        }
        let wanted = update.security_group_rule.as_ref().ok_or_else(no_source)?;
        if changed.insert(id.clone(), read(scope, &id, rule, wanted)?).is_some() {
            return Err(ApiError::invalid_value(format!(
                "The security group rule '{id}' must not appear multiple times"
            )));
        }
    }
    check_together(scope, &group, &changed)?;
    for (id, rule) in changed {
        *find_mut(&mut scope.here_mut().rules, &id)? = rule;
    }
    Ok(Done::YES)
}

fn no_source() -> ApiError {
    ApiError::new(
        "MissingParameter",
        "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
    )
}

/// The rule as it is to be.
fn read(
    scope: &Scope<'_>,
    id: &SecurityGroupRuleId,
    rule: &Rule,
    wanted: &SecurityGroupRuleRequest,
) -> Result<Rule, ApiError> {
    let sources = [
        (&wanted.cidr_ipv4, "CidrIpv4"),
        (&wanted.cidr_ipv6, "CidrIpv6"),
        (&wanted.prefix_list_id, "PrefixListId"),
        (&wanted.referenced_group_id, "ReferencedGroupId"),
    ];
    let mut given = sources.iter().filter(|(value, _)| value.is_some()).map(|(_, name)| *name);
    let kind = given.next().ok_or_else(no_source)?;
    if given.next().is_some() {
        return Err(ApiError::invalid_combination(
            "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified",
        ));
    }
    let ip_protocol = wanted.ip_protocol.clone().ok_or_else(|| {
        ApiError::invalid_value(
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        )
    })?;
    let before = kind_of(&rule.key.source);
    if kind != before {
        return Err(ApiError::invalid_value(format!(
            "Invalid rule type for security group rule '{id}'. You may not specify {kind} for an existing {before} rule."
        )));
    }
    for text in wanted.cidr_ipv4.iter().chain(&wanted.cidr_ipv6) {
        check_canonical(text)?;
    }
    let description = wanted.description.clone();
    let permission = IpPermission {
        ip_protocol,
        from_port: wanted.from_port,
        to_port: wanted.to_port,
        groups: pair(rule, wanted).into_iter().collect(),
        ip_ranges: (wanted.cidr_ipv4.iter())
            .map(|cidr| IpRange { cidr_ip: cidr.clone(), description: description.clone() })
            .collect(),
        ipv6_ranges: (wanted.cidr_ipv6.iter())
            .map(|cidr| Ipv6Range { cidr_ipv6: cidr.clone(), description: description.clone() })
            .collect(),
        prefix_list_ids: (wanted.prefix_list_id.iter())
            .map(|list| PrefixListReference {
                prefix_list_id: list.clone(),
                description: description.clone(),
            })
            .collect(),
    };
    let given = Given {
        permissions: std::slice::from_ref(&permission),
        protocol: None,
        from_port: None,
        to_port: None,
        cidr: None,
    };
    let read = given.read(scope, &rule.group, rule.key.direction, Lookup::MustExist)?;
    let (key, description) = read.into_iter().next().ok_or_else(no_source)?;
    Ok(Rule { key, description: description.or_else(|| rule.description.clone()), ..rule.clone() })
}

/// A group that the rule names already stays the one it is, whoever owns it: the request has no place for an owner.
fn pair(rule: &Rule, wanted: &SecurityGroupRuleRequest) -> Option<GroupPair> {
    let group_id = wanted.referenced_group_id.clone()?;
    let user_id = match &rule.key.source {
        Source::Group { account, id, .. } if *id.as_str() == *group_id => Some(account.to_string()),
        _ => None,
    };
    let description = wanted.description.clone();
    Some(GroupPair { group_id: Some(group_id), user_id, description, ..GroupPair::default() })
}

/// What requests call a source of this kind.
fn kind_of(source: &Source) -> &'static str {
    match source {
        Source::Cidr(block) if block.family() == peerway_model::Family::V4 => "CidrIpv4",
        Source::Cidr(_) => "CidrIpv6",
        Source::PrefixList(_) => "PrefixListId",
        Source::Group { .. } => "ReferencedGroupId",
    }
}

/// Unlike the calls that write rules anew, this one does not clear host bits: it refuses them.
fn check_canonical(text: &str) -> Result<(), ApiError> {
    match CidrBlock::parse_truncating(text) {
        Ok(block) if block.to_string() == text.to_ascii_lowercase() => Ok(()),
        _ => Err(ApiError::invalid_value(format!("CIDR block {text} is malformed"))),
    }
}

/// Afterwards no two rules of the group may admit the same, and all of them must fit into its quota: another prefix list may
/// be a longer one.
fn check_together(
    scope: &Scope<'_>,
    group: &SecurityGroupId,
    changed: &BTreeMap<SecurityGroupRuleId, Rule>,
) -> Result<(), ApiError> {
    let here = scope.here();
    let group = find(&here.security_groups, group)?;
    let ids = &group.rules;
    let kept =
        ids.iter().filter(|id| !changed.contains_key(*id)).filter_map(|id| here.rules.get(id));
    let mut keys: BTreeSet<&RuleKey> = kept.map(|rule| &rule.key).collect();
    if let Some(twin) = changed.values().find(|rule| !keys.insert(&rule.key)) {
        return Err(duplicate(&twin.key));
    }
    let most = scope.settings.quotas.rules_per_group;
    // What was too much already may be changed, not grow.
    let before = used(group.rules_in(here).map(|rule| &rule.key), &here.prefix_lists);
    let after = used(keys, &here.prefix_lists);
    if after.iter().any(|(of, used)| *used > most && Some(used) > before.get(of)) {
        return Err(too_many());
    }
    Ok(())
}
