//! Security groups: those the balancer carries, those made for it, and the rules by which its instances let it in.

mod removal;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::proxy_load_balancer::settings::{BalancerGroup, NewGroup};
use peerway_api::v1alpha1::selectors::SecurityGroupSelector;
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::Claim;
use peerway_model::{
    IngressRule, Origin, PartKind, PortRange, Protocol, RuleSource, SecurityGroup, SecurityGroupId,
    Vpc, VpcId,
};

pub(super) use removal::{clear, remove, tag_again, untag};

use self::rules::{admit, allow, exact};
use super::plan::Plan;
use super::scene::Scene;
use super::settings::{Groups, Settings};
use super::step::{Call, Step};
use crate::Finding;
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
    /// The ports of listeners that stand and are not wanted any more.
    leaving: BTreeSet<u16>,
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
    let (ports, leaving) = (ports(scene, settings), leaving(scene, settings));
    let mut firewall = Firewall { ports, leaving, ..Firewall::default() };
    let mut findings = Vec::from_iter(named_twice(scene));
    let mut carried = Vec::new();
    let mut own_front = Vec::new();
    match &settings.groups {
        Groups::Unchanged => {
            let there = scene.balancers.get(&scene.desired.name);
            carried.extend(there.into_iter().flat_map(|it| it.security_groups.clone()));
        }
        Groups::Reference(ids) => match elsewhere(scene, vpc) {
            Some(finding) => findings.push(finding),
            None => carried.clone_from(ids),
        },
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

/// A reference in another VPC, whose groups nothing in this one can carry.
fn elsewhere(scene: &Scene<'_>, vpc: &Vpc) -> Option<Finding> {
    let name = &scene.desired.spec.reference.as_ref()?.load_balancer_name;
    let there = scene.balancers.get(name)?.vpc.as_ref().filter(|there| **there != vpc.id)?;
    Some(Finding::stalled(
        ConditionType::ResolvedRefs,
        Reason::SecurityGroupNotFound,
        format!(
            "`securityGroups`: those of the reference {name} are of {there}, and this load balancer stands in {}, where they do not exist. Set `securityGroups`; everything else can be followed.",
            vpc.id
        ),
    ))
}

fn describe(scene: &Scene<'_>, given: Option<&String>) -> String {
    let owner = &scene.desired.owner;
    let default = || format!("{DESCRIPTION} ProxyLoadBalancer {}/{}", owner.namespace, owner.name);
    given.cloned().unwrap_or_else(default)
}

/// The ports on which instances are spoken to: those of the listeners, also where they stay as they are, and that of the
/// health check.
fn ports(scene: &Scene<'_>, settings: &Settings) -> BTreeSet<u16> {
    let there = scene.balancers.get(&scene.desired.name).filter(|_| settings.listeners.is_empty());
    let kept = there.into_iter().flat_map(|there| there.listeners.values());
    let kept = kept.map(|known| known.listener.instance_port);
    let listeners = settings.listeners.values().map(|wanted| wanted.listener.instance_port);
    let check = settings.health_check.target.split([':', '/']).nth(1);
    listeners.chain(kept).chain(check.and_then(|port| port.parse().ok())).collect()
}

/// The ports of listeners that stand and are not wanted any more.
fn leaving(scene: &Scene<'_>, settings: &Settings) -> BTreeSet<u16> {
    let there = scene.balancers.get(&scene.desired.name).filter(|_| !settings.listeners.is_empty());
    let ports = there.into_iter().flat_map(|there| there.listeners.keys());
    ports.filter(|port| !settings.listeners.contains_key(port)).copied().collect()
}

/// Two groups to make under one name, which AWS compares without case: each would take the other's rules away.
fn named_twice(scene: &Scene<'_>) -> Option<Finding> {
    let mut seen = BTreeSet::new();
    let twice = wanted_names(scene).find(|name| !seen.insert(name.to_lowercase()))?;
    Some(Finding::stalled(
        ConditionType::Valid,
        Reason::InvalidSpec,
        format!(
            "`create.name`: two security groups are to be made under the name '{twice}', and a VPC has one of a name. Give each its own."
        ),
    ))
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

/// Gives a group or a rule its tags.
fn tag(scene: &Scene<'_>, id: &impl std::fmt::Display, part: PartKind) -> Step {
    let tags = scene.desired.owner.tags(Origin::Created);
    scene.at(Call::Tag { id: id.to_string(), part, tags })
}

/// Makes groups and rules, and takes nothing away by which the balancer may still be let in; whether all are in place.
pub(super) fn write(plan: &mut Plan, scene: &Scene<'_>, vpc: &Vpc, firewall: &Firewall) -> bool {
    let before = plan.steps.len();
    for (name, wanted) in &firewall.wanted {
        match own(scene, &vpc.id, name) {
            Ok(Some(group)) => {
                plan.report.made.insert(name.clone(), Some(group.id.clone()));
                if scene.desired.owner.claim(&group.tags) != Claim::Ours {
                    plan.steps.push(tag(scene, &group.id, PartKind::SecurityGroups));
                }
                let rules = firewall.rules_of(vpc, &group.id, wanted);
                match &wanted.rules {
                    // By what clients come to a listener goes after that: until what takes its place stands, it serves.
                    Rules::Of(_) => exact(plan, scene, group, &rules, &firewall.leaving),
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
                if known.is_none_or(|id| plan.is_confirmed(part, &id, scene.look(), what)) {
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
    let has_room = firewall.is_missing || allow(plan, scene, &firewall.allowed(vpc));
    let is_there = |name| plan.report.made.get(name).is_some_and(Option::is_some);
    let is_done = has_room && plan.steps.len() == before && firewall.wanted.keys().all(is_there);
    if !is_done {
        plan.report.differs.push("security groups and rules".to_owned());
    }
    is_done
}
