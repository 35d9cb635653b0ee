//! Writing and taking away rules. A call does all that it says, or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use peerway_model::{Direction, Family, PrefixListId, SecurityGroupId, SecurityGroupRuleId};

use super::permissions::{Given, Lookup, check_description};
use super::wire::{
    AuthorizeReply, AuthorizeSecurityGroupEgress, AuthorizeSecurityGroupIngress, IpPermission,
    RevokeReply, RevokeSecurityGroupEgress, RevokeSecurityGroupIngress, RevokedRule, RuleItem,
    SecurityGroupRuleDescription, UpdateSecurityGroupRuleDescriptionsEgress,
    UpdateSecurityGroupRuleDescriptionsIngress,
};
use super::{Rule, RuleKey, Source, duplicate, named, show};
use crate::ApiError;
use crate::ec2::prefix_lists::PrefixList;
use crate::ec2::{Done, TagSpecification, tags};
use crate::id::AwsId;
use crate::scope::{Scope, find, find_mut};

macro_rules! given {
    ($request:ident) => {
        Given {
            permissions: &$request.ip_permissions,
            protocol: $request.ip_protocol.as_deref(),
            from_port: $request.from_port,
            to_port: $request.to_port,
            cidr: $request.cidr_ip.as_deref(),
        }
    };
}

pub(crate) fn authorize_ingress(
    scope: &mut Scope<'_>,
    request: &AuthorizeSecurityGroupIngress,
) -> Result<AuthorizeReply, ApiError> {
    let group = named(scope, request.group_id.as_deref(), request.group_name.as_deref())?;
    let specifications = &request.tag_specifications;
    authorize(scope, &group, Direction::Ingress, &given!(request), specifications)
}

pub(crate) fn authorize_egress(
    scope: &mut Scope<'_>,
    request: &AuthorizeSecurityGroupEgress,
) -> Result<AuthorizeReply, ApiError> {
    let group = named(scope, request.group_id.as_deref(), request.group_name.as_deref())?;
    let specifications = &request.tag_specifications;
    authorize(scope, &group, Direction::Egress, &given!(request), specifications)
}

fn authorize(
    scope: &mut Scope<'_>,
    group: &SecurityGroupId,
    direction: Direction,
    given: &Given<'_>,
    specifications: &[TagSpecification],
) -> Result<AuthorizeReply, ApiError> {
    let tags = tags::specified(scope, specifications, "security-group-rule")?;
    let rules = given.read(scope, group, direction, Lookup::MustExist)?;
    let unique: BTreeSet<&RuleKey> = rules.iter().map(|(key, _)| key).collect();
    if unique.len() < rules.len() {
        return Err(ApiError::invalid_value("The same permission must not appear multiple times"));
    }
    let present: BTreeSet<&RuleKey> = rules_of(scope, group).map(|(_, rule)| &rule.key).collect();
    if let Some(twin) = unique.iter().find(|key| present.contains(**key)) {
        return Err(duplicate(twin));
    }
    for family in [Family::V4, Family::V6] {
        let weight = |keys: &BTreeSet<&RuleKey>| -> usize {
            let same = keys.iter().filter(|key| key.direction == direction);
            same.map(|key| weight(&scope.here().prefix_lists, key, family)).sum()
        };
        if weight(&unique) > 0
            && weight(&unique) + weight(&present) > scope.settings.quotas.rules_per_group
        {
            return Err(too_many());
        }
    }
    let maker = scope.maker();
    let mut items: Vec<RuleItem> = Vec::with_capacity(rules.len());
    for (key, description) in rules {
        let id: SecurityGroupRuleId = scope.ids.fresh();
        let rule = Rule {
            group: group.clone(),
            key,
            description,
            tags: Arc::clone(&tags),
            maker: Arc::clone(&maker),
        };
        items.push(show::rule(scope.state, scope.spot, &id, &rule));
        let here = scope.here_mut();
        find_mut(&mut here.security_groups, group)?.rules.insert(id.clone());
        here.rules.insert(id, rule);
    }
    Ok(AuthorizeReply { done: true, security_group_rule_set: items })
}

pub(super) fn too_many() -> ApiError {
    ApiError::new(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    )
}

/// How much of a group's quota for one family a rule uses: references to groups count for both, prefix lists with the
/// entries that they have room for.
fn weight(lists: &BTreeMap<PrefixListId, PrefixList>, key: &RuleKey, family: Family) -> usize {
    match &key.source {
        Source::Cidr(block) => usize::from(block.family() == family),
        Source::Group { .. } => 1,
        Source::PrefixList(id) => {
            let list = lists.get(id).filter(|list| list.family == family);
            list.map_or(0, |list| list.max_entries)
        }
    }
}

/// Whether a group would be beyond its quota with these rules, if the prefix lists were these.
pub(crate) fn is_over_quota<'a>(
    rules: impl IntoIterator<Item = &'a RuleKey>,
    lists: &BTreeMap<PrefixListId, PrefixList>,
    most: usize,
) -> bool {
    used(rules, lists).values().any(|used| *used > most)
}

/// How much of its quotas a group uses with these rules.
pub(super) fn used<'a>(
    rules: impl IntoIterator<Item = &'a RuleKey>,
    lists: &BTreeMap<PrefixListId, PrefixList>,
) -> BTreeMap<(Direction, Family), usize> {
    let mut used: BTreeMap<(Direction, Family), usize> = BTreeMap::new();
    for key in rules {
        for family in [Family::V4, Family::V6] {
            let of = used.entry((key.direction, family)).or_default();
            *of += weight(lists, key, family);
        }
    }
    used
}

fn rules_of<'a>(
    scope: &'a Scope<'_>,
    group: &SecurityGroupId,
) -> impl Iterator<Item = (&'a SecurityGroupRuleId, &'a Rule)> {
    let here = scope.here();
    let ids = here.security_groups.get(group).into_iter().flat_map(|group| &group.rules);
    ids.filter_map(|id| here.rules.get_key_value(id))
}

pub(crate) fn revoke_ingress(
    scope: &mut Scope<'_>,
    request: &RevokeSecurityGroupIngress,
) -> Result<RevokeReply, ApiError> {
    let group = named(scope, request.group_id.as_deref(), request.group_name.as_deref())?;
    let ids = &request.security_group_rule_ids;
    revoke(scope, &group, Direction::Ingress, &given!(request), ids)
}

pub(crate) fn revoke_egress(
    scope: &mut Scope<'_>,
    request: &RevokeSecurityGroupEgress,
) -> Result<RevokeReply, ApiError> {
    let group = named(scope, request.group_id.as_deref(), request.group_name.as_deref())?;
    let ids = &request.security_group_rule_ids;
    revoke(scope, &group, Direction::Egress, &given!(request), ids)
}

fn revoke(
    scope: &mut Scope<'_>,
    group: &SecurityGroupId,
    direction: Direction,
    given: &Given<'_>,
    ids: &[String],
) -> Result<RevokeReply, ApiError> {
    let mut unknown_ip_permission_set = Vec::new();
    let ids: BTreeSet<SecurityGroupRuleId> = if ids.is_empty() {
        let (ids, unknown) = matching(scope, group, direction, given)?;
        unknown_ip_permission_set = unknown;
        ids
    } else if given.is_empty() {
        let ids = ids.iter().map(|id| SecurityGroupRuleId::read(id));
        ids.collect::<Result<_, _>>()?
    } else {
        return Err(ApiError::invalid_combination(
            "The parameter securityGroupRuleIds cannot be used together with permissions",
        ));
    };
    let mut revoked = Vec::with_capacity(ids.len());
    for id in &ids {
        let rule = find(&scope.here().rules, id)?;
        // A rule of another group or direction is none that this call could mean.
        if rule.group != *group || rule.key.direction != direction {
            return Err(SecurityGroupRuleId::not_found(id));
        }
        revoked.push(show_revoked(show::rule(scope.state, scope.spot, id, rule)));
    }
    let here = scope.here_mut();
    for id in &ids {
        here.rules.remove(id);
    }
    find_mut(&mut here.security_groups, group)?.rules.retain(|id| !ids.contains(id));
    Ok(RevokeReply {
        done: true,
        unknown_ip_permission_set,
        revoked_security_group_rule_set: revoked,
    })
}

/// The rules that permissions mean; what is not there is an error, except in a default VPC, where AWS only tells it.
fn matching(
    scope: &Scope<'_>,
    group: &SecurityGroupId,
    direction: Direction,
    given: &Given<'_>,
) -> Result<(BTreeSet<SecurityGroupRuleId>, Vec<super::PermissionItem>), ApiError> {
    let wanted = given.read(scope, group, direction, Lookup::NeedNotExist)?;
    let vpc = &find(&scope.here().security_groups, group)?.vpc;
    let is_lenient = scope.here().vpcs.get(vpc).is_some_and(|vpc| vpc.is_default);
    let (mut ids, mut unknown) = (BTreeSet::new(), Vec::new());
    for (key, description) in wanted {
        match rules_of(scope, group).find(|(_, rule)| rule.key == key) {
            Some((id, _)) => {
                ids.insert(id.clone());
            }
            None if is_lenient => {
                unknown.push(show::permission(scope.state, scope.spot, vpc, &key, description));
            }
            None => return Err(no_rule()),
        }
    }
    Ok((ids, unknown))
}

macro_rules! update_descriptions {
    ($($name:ident $request:ident $direction:ident;)*) => {
        $(pub(crate) fn $name(scope: &mut Scope<'_>, request: &$request) -> Result<Done, ApiError> {
            let group = named(scope, request.group_id.as_deref(), request.group_name.as_deref())?;
            let permissions = &request.ip_permissions;
            let by_id = &request.security_group_rule_descriptions;
            describe_anew(scope, &group, Direction::$direction, permissions, by_id)
        })*
    };
}

update_descriptions! {
    update_ingress_descriptions UpdateSecurityGroupRuleDescriptionsIngress Ingress;
    update_egress_descriptions UpdateSecurityGroupRuleDescriptionsEgress Egress;
}

/// Gives rules that stand other descriptions, or none, by what they admit or by their ids
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UpdateSecurityGroupRuleDescriptionsIngress.html>).
fn describe_anew(
    scope: &mut Scope<'_>,
    group: &SecurityGroupId,
    direction: Direction,
    permissions: &[IpPermission],
    by_id: &[SecurityGroupRuleDescription],
) -> Result<Done, ApiError> {
    let mut wanted: Vec<(SecurityGroupRuleId, Option<String>)> = Vec::new();
    match (permissions.is_empty(), by_id.is_empty()) {
        (true, true) => return Err(ApiError::missing("IpPermissions")),
        (false, false) => {
            return Err(ApiError::invalid_combination(
                "The parameter securityGroupRuleDescriptions cannot be used together with permissions",
            ));
        }
        (false, true) => {
            let given =
                Given { permissions, protocol: None, from_port: None, to_port: None, cidr: None };
            for (key, description) in given.read(scope, group, direction, Lookup::NeedNotExist)? {
                let found = rules_of(scope, group).find(|(_, rule)| rule.key == key);
                let (id, _) = found.ok_or_else(no_rule)?;
                wanted.push((id.clone(), description));
            }
        }
        (true, false) => {
            for one in by_id {
                let id = one.security_group_rule_id.as_deref();
                let id = id.ok_or_else(|| ApiError::missing("SecurityGroupRuleId"))?;
                let id = SecurityGroupRuleId::read(id)?;
                let rule = find(&scope.here().rules, &id)?;
                if rule.group != *group || rule.key.direction != direction {
                    return Err(SecurityGroupRuleId::not_found(&id));
                }
                check_description("rule", one.description.as_deref().unwrap_or_default())?;
                wanted.push((id, one.description.clone()));
            }
        }
    }
    let rules = &mut scope.here_mut().rules;
    for (id, description) in wanted {
        find_mut(rules, &id)?.description = description;
    }
    Ok(Done::YES)
}

fn no_rule() -> ApiError {
    ApiError::new(
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
    )
}

fn show_revoked(rule: RuleItem) -> RevokedRule {
    RevokedRule {
        security_group_rule_id: rule.security_group_rule_id,
        group_id: rule.group_id,
        is_egress: rule.is_egress,
        ip_protocol: rule.ip_protocol,
        from_port: rule.from_port,
        to_port: rule.to_port,
        cidr_ipv4: rule.cidr_ipv4,
        cidr_ipv6: rule.cidr_ipv6,
        prefix_list_id: rule.prefix_list_id,
        referenced_group_id: rule.referenced_group_info.map(|group| group.group_id),
        description: rule.description,
    }
}
