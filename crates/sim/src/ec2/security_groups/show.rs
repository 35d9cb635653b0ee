//! Groups and rules as AWS shows them, and whether a reference to a peer's group is alive.

use std::sync::Arc;

use peerway_model::{
    ConnectionId, ConnectionState, Direction, Family, Protocol, SecurityGroupId,
    SecurityGroupRuleId, VpcId,
};

use super::wire::{
    GroupItem, GroupPairItem, Ipv6RangeItem, PermissionItem, PrefixListIdItem, RangeItem,
    ReferencedGroup, RuleItem,
};
use super::{Rule, RuleKey, SecurityGroup, Source, arn};
use crate::ec2::TagSet;
use crate::scope::Scope;
use crate::state::{Spot, State};

/// The active connection within a Region between a VPC of `spot` and another one.
pub(crate) fn peering_between<'a>(
    state: &'a State,
    spot: &Spot,
    ours: &VpcId,
    other: &VpcId,
) -> Option<&'a ConnectionId> {
    let visible = state.at(spot).views.keys();
    let mut connections = visible.filter_map(|id| state.connections.get_key_value(id));
    let found = connections.find(|(_, connection)| {
        connection.state == ConnectionState::Active
            && connection.joins(ours, other)
            && connection.ends().all(|end| end.spot.region == spot.region)
    });
    found.map(|(id, _)| id)
}

/// A reference to a peer's group revives when the VPCs are peered anew, whatever the connection's id.
fn peering_of<'a>(
    state: &'a State,
    spot: &Spot,
    ours: &VpcId,
    vpc: &VpcId,
    made_over: &'a ConnectionId,
) -> (&'a ConnectionId, &'static str) {
    let is_active = |id: &ConnectionId| {
        state.connections.get(id).is_some_and(|c| c.state == ConnectionState::Active)
    };
    if is_active(made_over) {
        return (made_over, ConnectionState::Active.as_str());
    }
    match peering_between(state, spot, ours, vpc) {
        Some(active) => (active, ConnectionState::Active.as_str()),
        None => (made_over, ConnectionState::Deleted.as_str()),
    }
}

pub(super) fn rule(state: &State, spot: &Spot, id: &SecurityGroupRuleId, rule: &Rule) -> RuleItem {
    let mut item = RuleItem {
        security_group_rule_id: id.clone(),
        security_group_rule_arn: format!(
            "arn:aws:ec2:{}:{}:security-group-rule/{id}",
            spot.region, spot.account
        ),
        group_id: rule.group.clone(),
        group_owner_id: spot.account.clone(),
        is_egress: rule.key.direction == Direction::Egress,
        ip_protocol: rule.key.protocol.to_wire(),
        from_port: rule.key.ports.0,
        to_port: rule.key.ports.1,
        cidr_ipv4: None,
        cidr_ipv6: None,
        prefix_list_id: None,
        referenced_group_info: None,
        description: rule.description.clone(),
        tag_set: TagSet(Arc::clone(&rule.tags)),
    };
    match &rule.key.source {
        Source::Cidr(block) if block.family() == Family::V4 => item.cidr_ipv4 = Some(*block),
        Source::Cidr(block) => item.cidr_ipv6 = Some(*block),
        Source::PrefixList(list) => item.prefix_list_id = Some(list.clone()),
        Source::Group { account, id, peer } => {
            let group = state.at(spot).security_groups.get(&rule.group);
            let peering = peer.as_ref().zip(group).map(|((vpc, made_over), group)| {
                (vpc, peering_of(state, spot, &group.vpc, vpc, made_over))
            });
            item.referenced_group_info = Some(ReferencedGroup {
                group_id: id.clone(),
                user_id: account.clone(),
                vpc_id: peering.map(|(vpc, _)| vpc.clone()),
                vpc_peering_connection_id: peering.map(|(_, (id, _))| id.clone()),
                peering_status: peering.map(|(_, (_, status))| status),
            });
        }
    }
    item
}

/// A rule in the older form, as a permission of its own.
pub(super) fn permission(
    state: &State,
    spot: &Spot,
    ours: &VpcId,
    key: &RuleKey,
    description: Option<String>,
) -> PermissionItem {
    let mut item = empty_permission(key);
    add_source(state, spot, ours, &mut item, key, description);
    item
}

fn empty_permission(key: &RuleKey) -> PermissionItem {
    // The older form leaves the ports of "everything" out.
    let (from_port, to_port) = match key.protocol {
        Protocol::All | Protocol::Number(_) => (None, None),
        _ => (Some(key.ports.0), Some(key.ports.1)),
    };
    PermissionItem {
        ip_protocol: key.protocol.to_wire(),
        from_port,
        to_port,
        ..PermissionItem::default()
    }
}

fn add_source(
    state: &State,
    spot: &Spot,
    ours: &VpcId,
    item: &mut PermissionItem,
    key: &RuleKey,
    description: Option<String>,
) {
    match &key.source {
        Source::Cidr(block) if block.family() == Family::V4 => {
            item.ip_ranges.push(RangeItem { cidr_ip: *block, description });
        }
        Source::Cidr(block) => {
            item.ipv6_ranges.push(Ipv6RangeItem { cidr_ipv6: *block, description });
        }
        Source::PrefixList(list) => {
            item.prefix_list_ids
                .push(PrefixListIdItem { prefix_list_id: list.clone(), description });
        }
        Source::Group { account, id, peer } => {
            let peering = peer
                .as_ref()
                .map(|(vpc, made_over)| (vpc, peering_of(state, spot, ours, vpc, made_over)));
            let there = Spot { account: account.clone(), region: spot.region.clone() };
            let group = state.at(&there).security_groups.get(id);
            item.groups.push(GroupPairItem {
                user_id: account.clone(),
                group_id: id.clone(),
                group_name: group.map(|group| Arc::clone(&group.name)),
                vpc_id: peering.map(|(vpc, _)| vpc.clone()),
                vpc_peering_connection_id: peering.map(|(_, (id, _))| id.clone()),
                peering_status: peering.map(|(_, (_, status))| status),
                description,
            });
        }
    }
}

/// A group's rules of one direction in the older form: one permission for each protocol and port range.
fn permissions(
    state: &State,
    spot: &Spot,
    group: &SecurityGroup,
    direction: Direction,
) -> Vec<PermissionItem> {
    let rules = group.rules_in(state.at(spot));
    let mut rules: Vec<&Rule> = rules.filter(|rule| rule.key.direction == direction).collect();
    rules.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let mut items: Vec<(&RuleKey, PermissionItem)> = Vec::new();
    for rule in rules {
        let is_other = |(key, _): &(&RuleKey, _)| {
            (key.protocol, key.ports) != (rule.key.protocol, rule.key.ports)
        };
        if items.last().is_none_or(is_other) {
            items.push((&rule.key, empty_permission(&rule.key)));
        }
        if let Some((_, item)) = items.last_mut() {
            add_source(state, spot, &group.vpc, item, &rule.key, rule.description.clone());
        }
    }
    items.into_iter().map(|(_, item)| item).collect()
}

pub(super) fn group(scope: &Scope<'_>, id: &SecurityGroupId, group: &SecurityGroup) -> GroupItem {
    let (state, spot) = (&*scope.state, scope.spot);
    GroupItem {
        group_id: id.clone(),
        group_name: Arc::clone(&group.name),
        group_description: Arc::clone(&group.description),
        owner_id: spot.account.clone(),
        vpc_id: group.vpc.clone(),
        security_group_arn: arn(spot, id),
        ip_permissions: permissions(state, spot, group, Direction::Ingress),
        ip_permissions_egress: permissions(state, spot, group, Direction::Egress),
        tag_set: TagSet(Arc::clone(&group.tags)),
    }
}
