//! Security groups: those the balancer carries, those made for it, and the rules by which its instances let it in.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::proxy_load_balancer::settings::{BalancerGroup, NewGroup};
use peerway_api::v1alpha1::selectors::SecurityGroupSelector;
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::{self, Claim};
use peerway_model::{
    Direction, IngressRule, Origin, PartKind, PortRange, Protocol, RuleSource, SecurityGroup,
    SecurityGroupId, SecurityGroupRule, Vpc, VpcId,
};

use super::plan::Plan;
use super::present::{Scene, is_confirmed};
use super::settings::{Groups, Settings};
use super::step::{Call, Step};
use crate::Finding;
use crate::vpc_peering::plan::rule_key;
use crate::vpc_peering::resolve as selectors;

/// What a security group is told to be for, where nobody says.
const DESCRIPTION: &str = "Made by Peerway for";

/// The security groups of a balancer, resolved.
#[derive(Debug, Default)]
pub(super) struct Firewall {
    /// Those it carries, in the order of the spec; nothing while one has yet to be made, or where they stay as they are.
    pub(super) carried: Option<Vec<SecurityGroupId>>,
    /// Whether one has yet to be made.
    pub(super) is_missing: bool,
    /// Those by which instances know the balancer: made ones, else all it carries.
    front: Vec<SecurityGroupId>,
    /// The group made for the instances, once it is there.
    pub(super) backend: Option<SecurityGroupId>,
    /// Groups to make, each with the rules it is to have exactly.
    wanted: BTreeMap<String, Wanted>,
    /// The group on which rules of ours let the balancer in.
    allowed_on: Option<SecurityGroupId>,
    /// The ports on which instances are spoken to.
    ports: BTreeSet<u16>,
}

/// A group to make.
#[derive(Debug)]
struct Wanted {
    description: String,
    rules: Rules,
}

/// Which rules a made group has.
#[derive(Debug)]
enum Rules {
    Of(NewGroup),
    Backend,
}

fn selector(group: &BalancerGroup) -> SecurityGroupSelector {
    let BalancerGroup { id, name, description, match_tags, create: _ } = group;
    SecurityGroupSelector {
        id: id.clone(),
        name: name.clone(),
        description: description.clone(),
        match_tags: match_tags.clone(),
    }
}

/// A group of the VPC that carries our tags, or carried them and is recorded; or why the name is not to be had.
fn own<'a>(
    scene: &Scene<'a>,
    vpc: &VpcId,
    name: &str,
) -> Result<Option<&'a SecurityGroup>, Finding> {
    let mut groups = scene.view.security_groups.of(vpc.as_str());
    let Some(group) = groups.find(|group| group.name == name) else { return Ok(None) };
    if is_own(scene, group) {
        return Ok(Some(group));
    }
    Err(Finding::stalled(
        ConditionType::Programmed,
        Reason::NameTaken,
        format!(
            "{} of {vpc} is called '{name}' already and is not ours. It is left alone; choose another name for the group to make, or name this one by `id`.",
            group.id
        ),
    ))
}

/// Our tags, or a record of them, together with a name that we gave: tags are copied with a group that somebody clones.
fn is_own(scene: &Scene<'_>, group: &SecurityGroup) -> bool {
    let is_named = scene.recorded.made.contains_key(&group.name)
        || wanted_names(scene).any(|name| *name == group.name);
    let is_recorded = scene.recorded.made.get(&group.name) == Some(&Some(group.id.clone()));
    match scene.desired.owner.claim(&group.tags) {
        Claim::Ours | Claim::EarlierIncarnation => is_named,
        Claim::Untagged => is_recorded,
        Claim::Others => false,
    }
}

/// The names of the groups that the spec has made.
fn wanted_names<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a String> {
    let spec = &scene.desired.spec;
    let front = spec.security_groups.iter().flatten().filter_map(|group| group.create.as_ref());
    let instances = spec.targets.instances.as_ref();
    let backend = instances.and_then(|it| it.backend_security_group.as_ref());
    front.map(|create| &create.name).chain(backend.map(|backend| &backend.create.name))
}

/// Every group of the VPC that was made for this balancer.
pub(super) fn made<'a>(scene: &Scene<'a>, vpc: &VpcId) -> Vec<&'a SecurityGroup> {
    scene.view.security_groups.of(vpc.as_str()).filter(|group| is_own(scene, group)).collect()
}

/// The VPC in which something was made for this balancer.
pub(super) fn home(scene: &Scene<'_>) -> Option<VpcId> {
    let mut groups = scene.view.security_groups.iter();
    groups.find(|group| is_own(scene, group)).map(|group| group.vpc.clone())
}

/// Resolves the groups; what does not resolve is told.
pub(super) fn resolve(
    scene: &Scene<'_>,
    vpc: &Vpc,
    settings: &Settings,
) -> Result<Firewall, Vec<Finding>> {
    let mut firewall = Firewall { ports: ports(settings), ..Firewall::default() };
    let mut findings = Vec::new();
    let mut carried = Vec::new();
    let mut own_front = Vec::new();
    match &settings.groups {
        Groups::Unchanged => {
            let there = scene.balancers.get(&scene.desired.name);
            carried.extend(there.into_iter().flat_map(|it| it.security_groups.clone()));
        }
        Groups::Reference(ids) => carried.clone_from(ids),
        Groups::Spec(groups) => {
            for (index, group) in groups.iter().enumerate() {
                let Some(create) = &group.create else {
                    let field = format!("securityGroups[{index}]");
                    match selectors::security_group(&field, &selector(group), vpc, scene.view) {
                        Ok(found) => carried.push(found.id.clone()),
                        Err(finding) => findings.push(finding),
                    }
                    continue;
                };
                let wanted = Wanted {
                    description: describe(scene, create.description.as_ref()),
                    rules: Rules::Of(create.clone()),
                };
                firewall.wanted.insert(create.name.clone(), wanted);
                match own(scene, &vpc.id, &create.name) {
                    Ok(Some(group)) => {
                        carried.push(group.id.clone());
                        own_front.push(group.id.clone());
                    }
                    Ok(None) => firewall.is_missing = true,
                    Err(finding) => findings.push(finding),
                }
            }
        }
    }
    let instances = scene.desired.spec.targets.instances.as_ref();
    if let Some(backend) = instances.and_then(|it| it.backend_security_group.as_ref()) {
        let create = &backend.create;
        let wanted = Wanted {
            description: describe(scene, create.description.as_ref()),
            rules: Rules::Backend,
        };
        firewall.wanted.insert(create.name.clone(), wanted);
        match own(scene, &vpc.id, &create.name) {
            Ok(group) => firewall.backend = group.map(|group| group.id.clone()),
            Err(finding) => findings.push(finding),
        }
    }
    if let Some(allow) = instances.and_then(|instances| instances.allow_from.as_ref()) {
        let field = "targets.instances.allowFrom";
        match selectors::security_group(field, &allow.security_group, vpc, scene.view) {
            Ok(group) => firewall.allowed_on = Some(group.id.clone()),
            Err(finding) => findings.push(finding),
        }
    }
    let mut seen = BTreeSet::new();
    carried.retain(|id| seen.insert(id.clone()));
    firewall.front = if own_front.is_empty() { carried.clone() } else { own_front };
    let is_known = !firewall.is_missing && settings.groups != Groups::Unchanged;
    firewall.carried = is_known.then_some(carried);
    if findings.is_empty() { Ok(firewall) } else { Err(findings) }
}

fn describe(scene: &Scene<'_>, given: Option<&String>) -> String {
    let owner = &scene.desired.owner;
    let default = || format!("{DESCRIPTION} ProxyLoadBalancer {}/{}", owner.namespace, owner.name);
    given.cloned().unwrap_or_else(default)
}

/// The ports on which instances are spoken to: those of the listeners, and that of the health check.
fn ports(settings: &Settings) -> BTreeSet<u16> {
    let listeners = settings.listeners.values().map(|wanted| wanted.listener.instance_port);
    let check = settings.health_check.target.split([':', '/']).nth(1);
    listeners.chain(check.and_then(|port| port.parse().ok())).collect()
}

impl Firewall {
    /// The rules that a made group is to have: these, and no others.
    fn rules_of(
        &self,
        vpc: &Vpc,
        group: &SecurityGroupId,
        wanted: &Wanted,
    ) -> BTreeSet<IngressRule> {
        match &wanted.rules {
            Rules::Of(create) => create
                .ingress
                .iter()
                .flat_map(|ingress| {
                    let protocol = selectors::protocol(ingress.protocol);
                    let ports = ingress.ports.map(|it| PortRange { from: it.from, to: it.to });
                    let ports = ports.or(protocol.has_ports().then_some(PortRange::ALL));
                    let cidrs = ingress.cidrs.iter().flatten().map(|it| RuleSource::Cidr(*it));
                    let groups = ingress.security_group_id.iter().map(|id| {
                        RuleSource::SecurityGroup { id: id.clone(), account: vpc.owner.clone() }
                    });
                    cidrs
                        .chain(groups)
                        .map(|source| IngressRule { group: group.clone(), protocol, ports, source })
                        .collect::<Vec<_>>()
                })
                .collect(),
            Rules::Backend => self.of_front(vpc, group).into_iter().collect(),
        }
    }

    /// Rules of ours on a group that is not.
    fn allowed(&self, vpc: &Vpc) -> Vec<IngressRule> {
        self.allowed_on.iter().flat_map(|group| self.of_front(vpc, group)).collect()
    }

    /// Rules that admit the balancer to the ports of the instances.
    fn of_front(&self, vpc: &Vpc, group: &SecurityGroupId) -> Vec<IngressRule> {
        let source = |id: &SecurityGroupId| RuleSource::SecurityGroup {
            id: id.clone(),
            account: vpc.owner.clone(),
        };
        let to_port = |port: u16| {
            self.front.iter().map(move |id| IngressRule {
                group: group.clone(),
                protocol: Protocol::Tcp,
                ports: Some(PortRange { from: port, to: port }),
                source: source(id),
            })
        };
        self.ports.iter().copied().flat_map(to_port).collect()
    }
}

/// Makes groups and rules, and takes nothing away by which the balancer may still be let in; whether all are in place.
pub(super) fn write(plan: &mut Plan, scene: &Scene<'_>, vpc: &Vpc, firewall: &Firewall) -> bool {
    let before = plan.steps.len();
    for (name, wanted) in &firewall.wanted {
        match own(scene, &vpc.id, name) {
            Ok(Some(group)) => {
                plan.report.made.insert(name.clone(), Some(group.id.clone()));
                if scene.desired.owner.claim(&group.tags) != Claim::Ours {
                    plan.steps.push(tag(scene, group));
                }
                let rules = firewall.rules_of(vpc, &group.id, wanted);
                match &wanted.rules {
                    Rules::Of(_) => exact(plan, scene, group, &rules),
                    // By what will let the balancer in is known once all it carries is there.
                    Rules::Backend if firewall.is_missing => {}
                    Rules::Backend => admit(plan, scene, group, &rules),
                }
            }
            Ok(None) => {
                let known = scene.recorded.made.get(name).cloned().flatten();
                plan.report.made.insert(name.clone(), known.clone());
                let what = || format!("security group '{name}'");
                let part = scene.view.security_groups;
                if known.is_none_or(|id| is_confirmed(plan, scene, part, &id, what)) {
                    plan.steps.push(scene.at(Call::CreateGroup {
                        vpc: vpc.id.clone(),
                        name: name.clone(),
                        description: wanted.description.clone(),
                        tags: scene.tags(Origin::Created),
                    }));
                }
            }
            Err(_) => {}
        }
    }
    if !firewall.is_missing {
        allow(plan, scene, &firewall.allowed(vpc));
    }
    let is_there = |name| plan.report.made.get(name).is_some_and(Option::is_some);
    let is_done = plan.steps.len() == before && firewall.wanted.keys().all(is_there);
    if !is_done {
        plan.report.differs.push("security groups and rules".to_owned());
    }
    is_done
}

fn ingress_of<'a>(scene: &Scene<'a>, group: &SecurityGroup) -> Vec<&'a SecurityGroupRule> {
    let rules = scene.view.security_group_rules.of(group.id.as_str());
    rules.filter(|rule| rule.group == group.id && rule.direction == Direction::Ingress).collect()
}

/// A group of ours has these rules and no others.
fn exact(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
) {
    admit(plan, scene, group, wanted);
    expel(plan, scene, group, wanted);
}

/// Writes the rules that are missing.
fn admit(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
) {
    let there = ingress_of(scene, group);
    for rule in wanted {
        if !there.iter().any(|there| rule.is_key_of(there)) {
            let tags = scene.desired.owner.tags(Origin::Created);
            plan.steps.push(scene.at(Call::AuthorizeIngress { rule: rule.clone(), tags }));
        }
    }
}

/// Takes out the rules that nobody wants.
fn expel(
    plan: &mut Plan,
    scene: &Scene<'_>,
    group: &SecurityGroup,
    wanted: &BTreeSet<IngressRule>,
) {
    for rule in ingress_of(scene, group) {
        if !wanted.iter().any(|wanted| wanted.is_key_of(rule)) {
            revoke(plan, scene, rule);
        }
    }
}

fn revoke(plan: &mut Plan, scene: &Scene<'_>, rule: &SecurityGroupRule) {
    plan.report.surplus += 1;
    let key = key(rule);
    let what = || format!("rule '{key}' of {}", rule.group);
    if is_confirmed(plan, scene, scene.view.security_group_rules, &rule.id, what) {
        plan.steps.push(scene.at(Call::RevokeIngress {
            group: rule.group.clone(),
            rule: rule.id.clone(),
            text: key.to_string(),
        }));
    }
}

fn key(rule: &SecurityGroupRule) -> IngressRule {
    IngressRule {
        group: rule.group.clone(),
        protocol: rule.protocol,
        ports: rule.ports,
        source: rule.source.clone(),
    }
}

/// Rules of ours on a group that is not: written beside whatever is there. An identical one of somebody else's counts as
/// in place. What is no longer wanted stays in the record until it is taken away.
fn allow(plan: &mut Plan, scene: &Scene<'_>, wanted: &[IngressRule]) {
    let rules = scene.view.security_group_rules;
    let mut record: BTreeSet<String> = BTreeSet::new();
    for rule in wanted {
        let there = rules.of(rule.group.as_str()).find(|there| rule.is_key_of(there));
        match there {
            Some(there) if is_claimed(scene, there) => {
                record.insert(rule_key(rule));
            }
            Some(_) => {}
            None => {
                record.insert(rule_key(rule));
                let tags = scene.desired.owner.tags(Origin::Created);
                plan.steps.push(scene.at(Call::AuthorizeIngress { rule: rule.clone(), tags }));
            }
        }
    }
    record.extend(recorded_rules(scene).map(|rule| rule_key(&key(rule))));
    // A key without a rule is kept until it is certain that none will appear.
    if !rules.is_quiet(scene.observed.settle, scene.observed.wrote_at) {
        record.extend(scene.recorded.rules.iter().cloned());
    }
    plan.report.written_rules = record;
}

fn is_claimed(scene: &Scene<'_>, rule: &SecurityGroupRule) -> bool {
    let claim = scene.desired.owner.claim(&rule.tags);
    matches!(claim, Claim::Ours | Claim::EarlierIncarnation)
}

/// Rules of ours: our tags together with a key that we wrote down, or that leads to a group of ours.
fn recorded_rules<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a SecurityGroupRule> {
    let groups = scene.view.security_groups.iter();
    let own: BTreeSet<_> = groups.filter(|it| is_own(scene, it)).map(|it| it.id.clone()).collect();
    scene.view.security_group_rules.iter().filter(move |rule| {
        let admits_ours =
            matches!(&rule.source, RuleSource::SecurityGroup { id, .. } if own.contains(id));
        rule.direction == Direction::Ingress
            && !own.contains(&rule.group)
            // The rules of a group that is gone went with it; their list may be the older one.
            && scene.view.security_groups.get(&rule.group).is_some()
            && is_claimed(scene, rule)
            && (admits_ours || scene.recorded.rules.contains(&rule_key(&key(rule))))
    })
}

/// What was made and is no longer wanted goes: rules, then groups, once nobody carries them.
pub(super) fn clear(plan: &mut Plan, scene: &Scene<'_>, vpc: &Vpc, firewall: &Firewall) {
    let made = made(scene, &vpc.id);
    let allowed = firewall.allowed(vpc);
    let surplus = |rule: &&SecurityGroupRule| !allowed.iter().any(|it| it.is_key_of(rule));
    for rule in recorded_rules(scene).filter(surplus) {
        revoke(plan, scene, rule);
    }
    for group in &made {
        let wanted = firewall.wanted.get(&group.name);
        if let Some(wanted @ Wanted { rules: Rules::Backend, .. }) = wanted {
            let rules = firewall.rules_of(vpc, &group.id, wanted);
            expel(plan, scene, group, &rules);
        }
    }
    let unwanted: Vec<_> =
        made.iter().filter(|it| !firewall.wanted.contains_key(&it.name)).copied().collect();
    plan.report.surplus += unwanted.len();
    // A rule that names a group keeps it from going.
    if is_idle(plan) {
        delete_groups(plan, scene, &made, &unwanted);
    }
    let names: Vec<String> = plan.report.made.keys().cloned().collect();
    for name in names.into_iter().filter(|name| !firewall.wanted.contains_key(name)) {
        if !made.iter().any(|group| group.name == name) {
            plan.report.made.remove(&name);
        }
    }
}

fn is_idle(plan: &Plan) -> bool {
    plan.steps.is_empty() && plan.waiting.is_empty()
}

/// Deletes groups of ours, those first that no other of them (`made`) admits: AWS keeps what a rule names.
fn delete_groups(
    plan: &mut Plan,
    scene: &Scene<'_>,
    made: &[&SecurityGroup],
    groups: &[&SecurityGroup],
) {
    let is_named = |group: &SecurityGroup| {
        let others = made.iter().filter(|other| other.id != group.id);
        let rules = others.flat_map(|other| scene.view.security_group_rules.of(other.id.as_str()));
        let mut sources = rules.map(|rule| &rule.source);
        sources.any(|it| matches!(it, RuleSource::SecurityGroup { id, .. } if *id == group.id))
    };
    let mut free: Vec<_> = groups.iter().copied().filter(|group| !is_named(group)).collect();
    if free.is_empty() {
        free = groups.to_vec();
    }
    for group in free {
        delete_group(plan, scene, group);
    }
}

/// What lost our tags gets them back before it is deleted; whether any did.
pub(super) fn tag_again(plan: &mut Plan, scene: &Scene<'_>, vpc: &VpcId) -> bool {
    let before = plan.steps.len();
    for group in made(scene, vpc) {
        if scene.desired.owner.claim(&group.tags) == Claim::Untagged {
            plan.steps.push(tag(scene, group));
        }
    }
    plan.steps.len() > before
}

fn tag(scene: &Scene<'_>, group: &SecurityGroup) -> Step {
    scene.at(Call::Tag {
        id: group.id.to_string(),
        part: PartKind::SecurityGroups,
        tags: scene.desired.owner.tags(Origin::Created),
    })
}

/// Deletes a group of ours, unless it is still carried.
fn delete_group(plan: &mut Plan, scene: &Scene<'_>, group: &SecurityGroup) {
    let carriers: Vec<String> = scene
        .interfaces
        .into_iter()
        .flat_map(peerway_model::Part::iter)
        .filter(|interface| interface.groups.contains(&group.id))
        .map(|interface| interface.id.to_string())
        .collect();
    if !carriers.is_empty() {
        plan.waiting.push(crate::Waiting::Part {
            what: format!(
                "{} to no longer carry {} ('{}')",
                carriers.join(", "),
                group.id,
                group.name
            ),
            place: scene.view.place.clone(),
            part: PartKind::NetworkInterfaces,
        });
        return;
    }
    let names = |rule: &&SecurityGroupRule| {
        let is_it = matches!(&rule.source, RuleSource::SecurityGroup { id, .. } if *id == group.id);
        is_it && rule.group != group.id && !is_claimed(scene, rule)
    };
    if let Some(rule) = scene.view.security_group_rules.iter().find(names) {
        plan.waiting.push(crate::Waiting::Part {
            what: format!(
                "{} of {} to no longer admit {} ('{}')",
                rule.id, rule.group, group.id, group.name
            ),
            place: scene.view.place.clone(),
            part: PartKind::SecurityGroupRules,
        });
        return;
    }
    let what = || format!("security group {} ('{}')", group.id, group.name);
    if is_confirmed(plan, scene, scene.view.security_groups, &group.id, what) {
        let (group, name) = (group.id.clone(), group.name.clone());
        plan.steps.push(scene.at(Call::DeleteGroup { group, name }));
    }
}

/// Takes rules and groups away for good; whether none is left.
pub(super) fn remove(plan: &mut Plan, scene: &Scene<'_>, vpc: &VpcId) -> bool {
    let made = made(scene, vpc);
    for rule in recorded_rules(scene) {
        revoke(plan, scene, rule);
    }
    if plan.steps.is_empty() && plan.waiting.is_empty() {
        plan.report.written_rules.clear();
        delete_groups(plan, scene, &made, &made);
    }
    made.is_empty() && plan.report.written_rules.is_empty()
}

/// Takes our tags off what stays.
pub(super) fn untag(plan: &mut Plan, scene: &Scene<'_>, vpc: &VpcId) {
    let made = made(scene, vpc);
    for group in &made {
        let tags = ownership::marks(&group.tags);
        let what = || format!("the tags of {}", group.id);
        if !tags.is_empty()
            && is_confirmed(plan, scene, scene.view.security_groups, &group.id, what)
        {
            let (id, part) = (group.id.to_string(), PartKind::SecurityGroups);
            plan.steps.push(scene.at(Call::Untag { id, part, tags }));
        }
    }
    let on_made = made
        .iter()
        .flat_map(|group| scene.view.security_group_rules.of(group.id.as_str()))
        .filter(|rule| is_claimed(scene, rule));
    for rule in recorded_rules(scene).chain(on_made) {
        let tags = ownership::marks(&rule.tags);
        let what = || format!("the tags of {}", rule.id);
        if !tags.is_empty()
            && is_confirmed(plan, scene, scene.view.security_group_rules, &rule.id, what)
        {
            let (id, part) = (rule.id.to_string(), PartKind::SecurityGroupRules);
            plan.steps.push(scene.at(Call::Untag { id, part, tags }));
        }
    }
}
