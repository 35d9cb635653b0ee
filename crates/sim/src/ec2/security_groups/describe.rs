//! Finding groups and rules.

use super::wire::{
    DescribeSecurityGroupRules, DescribeSecurityGroupRulesReply, DescribeSecurityGroups,
    DescribeSecurityGroupsReply, GroupItem, PermissionItem, RuleItem,
};
use super::{by_name, show};
use crate::ec2::listing::{Question, describe as describe_all};
use crate::filters::{Field, Filterable, Probe};
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

/// The filters on groups; those on their rules come once for each direction.
macro_rules! group_fields {
    ($($name:literal $see:ident),* $(,)?) => {
        &[
            ("description", |group, probe| probe.text(&group.group_description)),
            ("group-id", |group, probe| probe.text(group.group_id.as_str())),
            ("group-name", |group, probe| probe.text(&group.group_name)),
            ("owner-id", |group, probe| probe.text(group.owner_id.as_str())),
            ("vpc-id", |group, probe| probe.text(group.vpc_id.as_str())),
            $((concat!("ip-permission.", $name), |group, probe| {
                group.ip_permissions.iter().for_each(|permission| $see(permission, probe));
            }),
            (concat!("egress.ip-permission.", $name), |group, probe| {
                group.ip_permissions_egress.iter().for_each(|permission| $see(permission, probe));
            }),)*
        ]
    };
}

impl Filterable for GroupItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = group_fields! {
        "cidr" see_cidr,
        "from-port" see_from_port,
        "group-id" see_group_id,
        "group-name" see_group_name,
        "ipv6-cidr" see_ipv6_cidr,
        "prefix-list-id" see_prefix_list,
        "protocol" see_protocol,
        "to-port" see_to_port,
        "user-id" see_user_id,
    };

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn see_cidr(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.displays(permission.ip_ranges.iter().map(|range| range.cidr_ip));
}

fn see_ipv6_cidr(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.displays(permission.ipv6_ranges.iter().map(|range| range.cidr_ipv6));
}

fn see_from_port(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.displays(permission.from_port);
}

fn see_to_port(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.displays(permission.to_port);
}

fn see_protocol(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.text(&permission.ip_protocol);
}

fn see_group_id(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.texts(permission.groups.iter().map(|pair| pair.group_id.as_str()));
}

fn see_group_name(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.texts(permission.groups.iter().filter_map(|pair| pair.group_name.as_deref()));
}

fn see_user_id(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.texts(permission.groups.iter().map(|pair| pair.user_id.as_str()));
}

fn see_prefix_list(permission: &PermissionItem, probe: &mut Probe<'_>) {
    probe.texts(permission.prefix_list_ids.iter().map(|list| list.prefix_list_id.as_str()));
}

impl Filterable for RuleItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("group-id", |rule, probe| probe.text(rule.group_id.as_str())),
        ("security-group-rule-id", |rule, probe| probe.text(rule.security_group_rule_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeSecurityGroups,
) -> Result<DescribeSecurityGroupsReply, ApiError> {
    let mut ids = request.group_ids.clone();
    for name in &request.group_names {
        ids.push(by_name(scope, name)?.to_string());
    }
    let question = Question {
        action: Action::DescribeSecurityGroups,
        ids: ("GroupIds", &ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let groups = &scope.here().security_groups;
    let (security_group_info, next_token) =
        describe_all(scope, &question, groups, |id, group| show::group(scope, id, group))?;
    Ok(DescribeSecurityGroupsReply { security_group_info, next_token })
}

pub(crate) fn describe_rules(
    scope: &Scope<'_>,
    request: &DescribeSecurityGroupRules,
) -> Result<DescribeSecurityGroupRulesReply, ApiError> {
    let question = Question {
        action: Action::DescribeSecurityGroupRules,
        ids: ("SecurityGroupRuleIds", &request.security_group_rule_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let rules = &scope.here().rules;
    let (security_group_rule_set, next_token) =
        describe_all(scope, &question, rules, |id, rule| {
            show::rule(scope.state, scope.spot, id, rule)
        })?;
    Ok(DescribeSecurityGroupRulesReply { security_group_rule_set, next_token })
}
