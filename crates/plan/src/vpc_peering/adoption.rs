//! What `adopt` names: taken over by its id alone, where it fits and is nobody else's, and never made anew once it is gone.

use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::{self, CLUSTER, Claim, OWNER, origin};
use peerway_model::{
    Connection, ConnectionId, Origin, SecurityGroupRule, SecurityGroupRuleId, Tags, Vpc,
};

use super::desired::Desired;
use super::ingress;
use super::owned::Owned;
use super::pair::Sibling;
use super::recorded::Recorded;
use super::sides::ResolvedSide;
use crate::Finding;
use crate::observed::{Observed, Readable};

/// The connection that `adopt` names, where the object has none: to be taken over, or why it is not.
pub(super) fn connection<'a>(
    desired: &Desired,
    observed: &Observed,
    owned: &Owned<'_>,
    vpcs: [&Vpc; 2],
    views: &[Readable<'a>],
) -> Option<Result<&'a Connection, Finding>> {
    let id = connection_id(desired).filter(|_| owned.live.is_none())?;
    let seen: Vec<&'a Connection> =
        views.iter().filter_map(|view| view.connections.get(id)).collect();
    let Some(live) = seen.iter().copied().find(|connection| connection.state.is_live()) else {
        let is = seen.first().map_or_else(|| "not there".to_owned(), |seen| seen.state.to_string());
        return Some(Err(Finding::stalled(
            ConditionType::Connected,
            Reason::AdoptedGone,
            format!(
                "`adopt.connectionID`: {id} is {is}. It is not made anew: name another one, or remove `adopt` to have one requested."
            ),
        )));
    };
    if !live.joins(&vpcs[0].id, &vpcs[1].id) {
        return Some(Err(conflict(
            ConditionType::Connected,
            format!(
                "`adopt.connectionID`: {id} joins {} and {}, not {} and {}. Name the connection between these two.",
                live.requester.vpc, live.accepter.vpc, vpcs[0].id, vpcs[1].id
            ),
        )));
    }
    if seen.iter().any(|seen| is_held(desired, &observed.siblings, &seen.tags)) {
        return Some(Err(conflict(
            ConditionType::Connected,
            format!(
                "`adopt.connectionID`: {id} carries the tags of another object or cluster, whose it is. Delete that object with `deletionPolicy: Retain` first, or remove the tags."
            ),
        )));
    }
    Some(Ok(live))
}

/// The connection that is to be adopted.
pub(super) fn connection_id(desired: &Desired) -> Option<&ConnectionId> {
    desired.adopt.as_ref()?.connection_id.as_ref()
}

/// What `adopt` names of rules that is not to be had, and whether that keeps new rules from being written.
pub(super) fn rules(
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
) -> (Vec<Finding>, bool) {
    let mut findings = Vec::new();
    let mut is_any_gone = false;
    for id in rule_ids(desired) {
        let seen =
            sides.iter().find_map(|side| Some((side, side.view.security_group_rules.get(id)?)));
        let Some((_, rule)) = seen else {
            // What the object owns already is repaired like everything else.
            if recorded.rules.is_empty() {
                is_any_gone = true;
                findings.push(Finding::stalled(
                    ConditionType::Programmed,
                    Reason::AdoptedGone,
                    format!(
                        "`adopt.securityGroupRuleIDs`: {id} is not there. No rule is written while it is named; remove it to have the rules written."
                    ),
                ));
            }
            continue;
        };
        let is_wanted =
            sides.iter().any(|side| side.rules.iter().any(|wanted| wanted.is_key_of(rule)));
        let is_judged = sides.iter().all(|side| side.has_rules_resolved);
        if is_held(desired, &observed.siblings, &rule.tags) {
            findings.push(conflict(
                ConditionType::Programmed,
                format!(
                    "`adopt.securityGroupRuleIDs`: {id} carries the tags of another object or cluster, whose it is."
                ),
            ));
        } else if !is_wanted && is_judged && !ingress::is_ours(desired, recorded, rule) {
            findings.push(conflict(
                ConditionType::Programmed,
                format!(
                    "`adopt.securityGroupRuleIDs`: {id} of {} is not exactly one of the rules that `ingress` asks for. Correct `ingress`, or do not name it.",
                    rule.group
                ),
            ));
        }
    }
    (findings, is_any_gone)
}

/// Whether a wanted rule that is in place, and not ours yet, is to become ours.
pub(super) fn takes(desired: &Desired, observed: &Observed, rule: &SecurityGroupRule) -> bool {
    is_named(desired, &rule.id) && !is_held(desired, &observed.siblings, &rule.tags)
}

/// Whether `adopt` names this rule.
pub(super) fn is_named(desired: &Desired, id: &SecurityGroupRuleId) -> bool {
    rule_ids(desired).any(|named| named == id)
}

fn rule_ids(desired: &Desired) -> impl Iterator<Item = &SecurityGroupRuleId> {
    desired.adopt.iter().flat_map(|adopt| adopt.security_group_rule_ids.iter().flatten())
}

/// How a rule of ours came to be so.
pub(super) fn origin_of_rule(desired: &Desired, rule: &SecurityGroupRule) -> Origin {
    let named = if is_named(desired, &rule.id) { Origin::Adopted } else { Origin::Created };
    origin(&rule.tags).unwrap_or(named)
}

/// How a connection of ours came to be so: by our tags in any view and, where they were lost, by `adopt`.
pub(super) fn origin_of(desired: &Desired, views: &[Readable<'_>], id: &ConnectionId) -> Origin {
    let tagged = views
        .iter()
        .filter_map(|view| view.connections.get(id))
        .filter(|seen| {
            matches!(desired.owner.claim(&seen.tags), Claim::Ours | Claim::EarlierIncarnation)
        })
        .filter_map(|seen| origin(&seen.tags))
        .max();
    let named = if connection_id(desired) == Some(id) {
        Origin::Adopted
    } else if desired.requester.external().is_some() {
        Origin::Accepted
    } else {
        Origin::Created
    };
    tagged.unwrap_or(named)
}

/// Whether tags say that a thing is another cluster's, or that of another object that still is.
fn is_held(desired: &Desired, siblings: &[Sibling], tags: &Tags) -> bool {
    if !ownership::is_marked(tags) || desired.owner.claim(tags) != Claim::Others {
        return false;
    }
    let is_other_cluster =
        tags.get(CLUSTER).is_none_or(|cluster| **cluster != *desired.owner.cluster);
    // Kinds that are not known here may have live objects.
    let owner = tags.get(OWNER).and_then(|owner| owner.strip_prefix("VPCPeering/"));
    is_other_cluster || owner.is_none_or(|owner| siblings.iter().any(|s| s.is_named(owner)))
}

fn conflict(condition: ConditionType, message: String) -> Finding {
    Finding::stalled(condition, Reason::AdoptionConflict, message)
}
