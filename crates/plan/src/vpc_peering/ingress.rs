//! Security group rules that admit the other VPC: one tagged rule each, beside whatever others wrote.

use std::collections::BTreeSet;

use peerway_api::Reason;
use peerway_api::v1alpha1::vpc_peering::RuleStanding;
use peerway_model::ownership::Claim;
use peerway_model::{Direction, IngressRule, Origin, PartKind, RuleSource, SecurityGroupRule};

use super::adoption;
use super::desired::Desired;
use super::owned::Owned;
use super::plan::{Plan, RuleReport, rule_key};
use super::recorded::Recorded;
use super::sides::ResolvedSide;
use super::step::Step;
use crate::Finding;
use crate::Waiting;
use crate::observed::{Observed, Readable};

/// Reports how each wanted rule stands, and warns of rules that admit more than they seem to.
pub(super) fn report(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
    owned: &Owned<'_>,
) {
    for side in sides {
        for rule in &side.rules {
            let there = find(side.view, rule);
            let is_ours = there.is_some_and(|there| is_ours_as_wanted(desired, recorded, there));
            let standing = match there {
                Some(_) if is_ours => RuleStanding::InPlace,
                Some(_) => RuleStanding::InPlaceByOthers,
                None => RuleStanding::Missing,
            };
            let id = there.filter(|_| is_ours).map(|there| there.id.clone());
            plan.report.rules.push(RuleReport {
                side: side.name(),
                rule: rule.clone(),
                standing,
                id,
            });
            plan.findings.extend(ambiguous(side, rule, owned));
        }
    }
    plan.findings.extend(adoption::rules(desired, observed, recorded, sides).0);
}

/// Plans the rules of both sides; the connection is active, as AWS asks for rules that name a peer's group.
pub(super) fn steps(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    sides: &[ResolvedSide<'_>],
) {
    let mut record: BTreeSet<String> = BTreeSet::new();
    let (_, is_any_gone) = adoption::rules(desired, observed, recorded, sides);
    for side in sides {
        for rule in &side.rules {
            match find(side.view, rule) {
                Some(there) if is_ours_as_wanted(desired, recorded, there) => {
                    record.insert(rule_key(rule));
                    if desired.owner.claim(&there.tags) != Claim::Ours {
                        plan.steps.push(Step::TagRule {
                            place: side.view.place.clone(),
                            side: side.name(),
                            id: there.id.clone(),
                            tags: desired.owner.tags(adoption::origin_of_rule(desired, there)),
                        });
                    }
                }
                Some(there) if adoption::takes(desired, observed, there) => {
                    plan.steps.push(Step::TagRule {
                        place: side.view.place.clone(),
                        side: side.name(),
                        id: there.id.clone(),
                        tags: desired.owner.tags(Origin::Adopted),
                    });
                }
                Some(_) => {}
                None if is_any_gone => {}
                None => {
                    record.insert(rule_key(rule));
                    plan.steps.push(Step::AuthorizeIngress {
                        place: side.view.place.clone(),
                        side: side.name(),
                        rule: rule.clone(),
                        tags: desired.owner.tags(Origin::Created),
                    });
                }
            }
        }
    }
    for side in sides {
        surplus(plan, desired, observed, recorded, side);
    }
    let views: Vec<Readable<'_>> = sides.iter().map(|side| side.view).collect();
    let kept = kept(desired, observed, recorded, &views);
    for key in kept.difference(&record) {
        await_certainty(plan, desired, observed, recorded, &views, key);
    }
    record.extend(kept);
    plan.report.written_rules = record;
}

/// Recorded keys that must stay in the record: a rule of ours has them, or one may still appear.
pub(super) fn kept(
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    views: &[Readable<'_>],
) -> BTreeSet<String> {
    let is_gone = |key: &String| {
        views.iter().all(|view| {
            view.security_group_rules.is_quiet(observed.settle, observed.wrote_at)
                && !view.security_group_rules.iter().any(|rule| {
                    is_ours(desired, recorded, rule) && key_of(rule).as_ref() == Some(key)
                })
        })
    };
    recorded.rules.iter().filter(|key| !is_gone(key)).cloned().collect()
}

/// A recorded key without a rule leaves the record as soon as it is certain that none will appear.
fn await_certainty(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    views: &[Readable<'_>],
    key: &str,
) {
    let has_key = |rule: &SecurityGroupRule| {
        is_ours(desired, recorded, rule) && key_of(rule).as_deref() == Some(key)
    };
    if views.iter().any(|view| view.security_group_rules.iter().any(has_key)) {
        return;
    }
    for view in views {
        let from = view.security_group_rules.quiet_from(observed.settle, observed.wrote_at);
        let waiting = Waiting::Confirmation {
            what: format!("the rules in {}, without '{key}' of ours", view.place),
            place: view.place.clone(),
            part: PartKind::SecurityGroupRules,
            from,
        };
        if view.security_group_rules.begun_at < from && !plan.waiting.contains(&waiting) {
            plan.waiting.push(waiting);
        }
    }
}

/// Takes away rules of ours that are no longer wanted.
fn surplus(
    plan: &mut Plan,
    desired: &Desired,
    observed: &Observed,
    recorded: &Recorded,
    side: &ResolvedSide<'_>,
) {
    if !side.has_rules_resolved {
        return;
    }
    let groups = side.view.security_groups.of(side.network.vpc.id.as_str());
    for rule in groups.flat_map(|group| side.view.security_group_rules.of(group.id.as_str())) {
        let is_wanted = side.rules.iter().any(|wanted| wanted.is_key_of(rule));
        if is_wanted {
            continue;
        }
        if is_ours(desired, recorded, rule) {
            plan.report.surplus += 1;
            revoke(plan, observed, side.name(), side.view, rule);
        } else if is_claimed(desired, rule) {
            plan.findings.push(unclear(rule));
        }
    }
}

/// Plans to take a rule away, once its view is confirmed.
pub(super) fn revoke(
    plan: &mut Plan,
    observed: &Observed,
    side: peerway_api::v1alpha1::vpc_peering::SideName,
    view: Readable<'_>,
    rule: &SecurityGroupRule,
) {
    let text = describe(rule);
    let what = || format!("rule {} of {}", rule.id, rule.group);
    if plan.is_confirmed(view.security_group_rules, &rule.id, (view.place, observed), what) {
        plan.steps.push(Step::RevokeIngress {
            place: view.place.clone(),
            side,
            group: rule.group.clone(),
            id: rule.id.clone(),
            rule: text,
        });
    }
}

/// A rule that carries our tags, but not as we would have written it: copied by hand, or the record of it was lost.
pub(super) fn unclear(rule: &SecurityGroupRule) -> Finding {
    Finding::warning(
        Reason::OwnershipUnclear,
        format!(
            "{} of {} ({}) carries this object's tags, but is no rule that it wrote. It is left alone; remove the tags or the rule.",
            rule.id,
            rule.group,
            describe(rule)
        ),
    )
}

/// Whether a rule is ours: our tags together with a key that we wrote down, or an id that we wrote down with its key.
pub(super) fn is_ours(desired: &Desired, recorded: &Recorded, rule: &SecurityGroupRule) -> bool {
    let is_known = recorded.rule_ids.contains(&rule.id);
    let has_known_key = key_of(rule).is_some_and(|key| recorded.rules.contains(&key));
    match desired.owner.claim(&rule.tags) {
        Claim::Ours | Claim::EarlierIncarnation => is_known || has_known_key,
        Claim::Untagged => is_known && has_known_key,
        Claim::Others => false,
    }
}

/// Whether a rule that has a wanted key is ours. What the spec asks for counts as written: our tags are proof enough
/// then, also where the record was lost.
fn is_ours_as_wanted(desired: &Desired, recorded: &Recorded, rule: &SecurityGroupRule) -> bool {
    is_claimed(desired, rule) || is_ours(desired, recorded, rule)
}

/// Whether a rule carries our tags, whatever else.
pub(super) fn is_claimed(desired: &Desired, rule: &SecurityGroupRule) -> bool {
    matches!(desired.owner.claim(&rule.tags), Claim::Ours | Claim::EarlierIncarnation)
}

fn find<'a>(view: Readable<'a>, rule: &IngressRule) -> Option<&'a SecurityGroupRule> {
    view.security_group_rules.of(rule.group.as_str()).find(|there| rule.is_key_of(there))
}

fn key_of(rule: &SecurityGroupRule) -> Option<String> {
    (rule.direction == Direction::Ingress).then(|| rule_key(&IngressRule::of(rule)))
}

fn describe(rule: &SecurityGroupRule) -> String {
    IngressRule::of(rule).to_string()
}

/// A rule by CIDR cannot tell two peerings with the same addresses apart: every other one is named.
fn ambiguous(side: &ResolvedSide<'_>, rule: &IngressRule, owned: &Owned<'_>) -> Option<Finding> {
    let RuleSource::Cidr(source) = &rule.source else { return None };
    let ours = owned.live.map(|live| &live.id);
    let others: Vec<String> = side
        .network
        .other_connections(ours)
        .filter(|(_, far)| far.iter().any(|cidr| cidr.meets(source)))
        .map(|(connection, _)| connection.id.to_string())
        .collect();
    if others.is_empty() {
        return None;
    }
    Some(Finding::warning(
        Reason::AmbiguousSource,
        format!(
            "Rule '{rule}' of {} also admits what comes over {}, behind which the same addresses lie. Name a security group as the source (within one Region).",
            rule.group,
            others.join(", ")
        ),
    ))
}
