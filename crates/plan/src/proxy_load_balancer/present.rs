//! The plan for a balancer that should be there: groups and rules, the balancer with all its settings, and only then its
//! instances: what is not set up yet must not judge anybody. Removal comes last.

use std::collections::BTreeSet;

use peerway_api::{ConditionType, Reason};
use peerway_model::clock::after;
use peerway_model::ownership::{self, Claim};
use peerway_model::{
    AutoScalingGroup, Instance, InstanceId, InstanceState, LoadBalancer, LoadBalancerName,
    LoadBalancerPolicy, NetworkInterface, NewLoadBalancer, Origin, Part, PartKind, Place, Scheme,
    Tags, Untold,
};

use peerway_api::v1alpha1::proxy_load_balancer::BalancerScheme;

use super::desired::Desired;
use super::firewall::{self, Firewall};
use super::health::Health;
use super::placement::{Placement, not_granted, placement};
use super::plan::{BalancerReport, Plan, Report};
use super::policies::untold;
use super::recorded::Recorded;
use super::settings::{Followed, Settings, settings};
use super::step::{Call, Group, Step};
use super::targets::{Targets, targets, uncovered, without_subnet};
use super::{Observed, balancer, members, scaling};
use crate::observed::needed;
use crate::observed::{Details, Readable, Unreadable};
use crate::overlap_subnet_group::resolve::place;
use crate::policies::can_tell;
use crate::{Finding, PlanStep, View, Waiting, extra_tags};

/// What is planned from.
pub(super) struct Scene<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) recorded: &'a Recorded,
    pub(super) view: Readable<'a>,
    pub(super) balancers: &'a Part<LoadBalancer>,
    pub(super) groups: &'a Part<AutoScalingGroup>,
    pub(super) instances: Option<&'a Part<Instance>>,
    pub(super) interfaces: Option<&'a Part<NetworkInterface>>,
    pub(super) details: &'a View,
}

/// Whose the balancer of the wanted name is.
pub(super) enum Whose<'a> {
    /// There is none.
    Nobodys,
    /// Ours; with the tags to write, where they are not as they should be.
    Ours(&'a LoadBalancer, Option<Tags>),
    /// It cannot be told, or it is somebody else's.
    Foreign(Finding),
}

const NONE: &Details = &Details { tags: None, attributes: None, policies: None, health: None };

impl<'a> Scene<'a> {
    /// What was read of the place; what could not be read.
    pub(super) fn of(
        desired: &'a Desired,
        observed: &'a Observed,
        recorded: &'a Recorded,
    ) -> Result<Option<Self>, Vec<Unreadable>> {
        let place = desired.entry.as_ref().map(|entry| &entry.place);
        let Some((place, details)) = place.and_then(|it| Some((it, observed.views.get(it)?)))
        else {
            return Ok(None);
        };
        let view = details.readable(place)?;
        let parts = (
            needed(place, details.load_balancers.as_ref()),
            needed(place, details.auto_scaling_groups.as_ref()),
            needed(place, details.instances.as_ref()),
            needed(place, details.network_interfaces.as_ref()),
        );
        match parts {
            (Ok(Some(balancers)), Ok(Some(groups)), Ok(instances), Ok(interfaces)) => {
                Ok(Some(Self {
                    desired,
                    observed,
                    recorded,
                    view,
                    balancers,
                    groups,
                    instances,
                    interfaces,
                    details,
                }))
            }
            (balancers, groups, instances, interfaces) => {
                let failed = [balancers.err(), groups.err(), instances.err(), interfaces.err()];
                Err(failed.into_iter().flatten().collect())
            }
        }
    }

    pub(super) fn at(&self, call: Call) -> Step {
        let (place, balancer) = (self.view.place.clone(), self.desired.name.clone());
        Step { place, balancer, call }
    }

    /// Where and how it was looked, for what must be confirmed.
    pub(super) fn look(&self) -> (&'a Place, &'a Observed) {
        (self.view.place, self.observed)
    }

    /// What was told one by one of a balancer.
    pub(super) fn details_of(&self, name: &LoadBalancerName) -> &'a Details {
        self.details.balancers.get(name).unwrap_or(NONE)
    }

    /// The tags of what is made.
    pub(super) fn tags(&self, origin: Origin) -> Tags {
        let mut tags = self.desired.owner.tags(origin);
        let extra = self.desired.spec.tags.iter().flat_map(|tags| &tags.0);
        tags.extend(extra.map(|(key, value)| (key.clone(), value.clone())));
        tags
    }

    /// Whose the balancer of our name is.
    #[expect(clippy::result_large_err, reason = "a failure is data here, and rare")]
    pub(super) fn whose(&self) -> Result<Whose<'a>, Unreadable> {
        let name = &self.desired.name;
        let Some(there) = self.balancers.get(name) else { return Ok(Whose::Nobodys) };
        let tags = match &self.details_of(name).tags {
            Some(Ok(tags)) => tags,
            Some(Err(untold)) => return Err(self.unreadable(untold)),
            None => unreachable!("the tags of a balancer that is listed are asked for"),
        };
        let is_named = self.desired.spec.adopt.is_some();
        let origin = if is_named { Origin::Adopted } else { Origin::Created };
        let ours = |tags: Option<Tags>| Ok(Whose::Ours(there, tags));
        // First ours alone: whoever acts for us may put others only on what carries them.
        let marked = |origin| ours(Some(self.desired.owner.tags(origin)));
        match self.desired.owner.claim(tags) {
            Claim::Ours => ours(extra_tags::lacking(self.desired.spec.tags.as_ref(), tags)),
            Claim::EarlierIncarnation => marked(ownership::origin(tags).unwrap_or(origin)),
            // The name could be another's by now; the number in the DNS name is of this one alone.
            Claim::Untagged
                if is_named || self.recorded.dns_name.as_ref() == Some(&there.dns_name) =>
            {
                marked(origin)
            }
            Claim::Others if is_named => Ok(Whose::Foreign(Finding::stalled(
                ConditionType::ResolvedRefs,
                Reason::AdoptionConflict,
                format!(
                    "`adopt.loadBalancerName`: {name} carries the tags of another object or cluster, whose it is. Delete that object with `deletionPolicy: Retain` first, or remove the tags."
                ),
            ))),
            Claim::Untagged | Claim::Others => Ok(Whose::Foreign(Finding::stalled(
                ConditionType::Programmed,
                Reason::NameTaken,
                format!(
                    "A load balancer named {name} exists in {} and is not ours. It is left alone; give this one another `name`, or take that one over with `adopt`.",
                    self.view.place
                ),
            ))),
        }
    }

    pub(super) fn unreadable(&self, untold: &Untold) -> Unreadable {
        let Untold { failure, last_good } = untold.clone();
        Unreadable { place: self.view.place.clone(), failure, last_good }
    }
}

/// The balancer's own policies, as far as they were read.
pub(super) fn policies<'a>(scene: &Scene<'a>) -> &'a [LoadBalancerPolicy] {
    match &scene.details_of(&scene.desired.name).policies {
        Some(Ok(policies)) => policies,
        Some(Err(_)) | None => &[],
    }
}

pub(super) fn plan(desired: &Desired, observed: &Observed, recorded: &Recorded) -> Plan {
    let mut plan = Plan { report: Report::of(recorded), ..Plan::default() };
    let scene = match Scene::of(desired, observed, recorded) {
        Ok(Some(scene)) => scene,
        Ok(None) => return plan,
        Err(unreadable) => return Plan { unreadable, ..plan },
    };
    let whose = match scene.whose() {
        Ok(whose) => whose,
        Err(unreadable) => return Plan { unreadable: vec![unreadable], ..plan },
    };
    let there = match whose {
        Whose::Foreign(finding) => {
            plan.findings.push(finding);
            return plan;
        }
        Whose::Nobodys => None,
        Whose::Ours(there, tags) => Some((there, tags)),
    };
    let standing = there.as_ref().map(|(there, _)| *there);
    let placement = placement(desired, scene.view, standing);
    // Whoever may no longer act in the VPC does not, whatever that costs.
    let is_granted = !matches!(&placement, Err(finding) if finding.reason == Reason::NotGranted);
    // Before anything else that may be wrong: until then nobody who names what is gone can launch instances.
    let is_let_go = there.is_some() || is_granted && is_let_go(&mut plan, &scene);
    let invalid = follows_itself(&scene).or_else(|| too_many_tags(&scene));
    let placement = invalid.map_or(placement, Err).and_then(|placement| {
        let misplaced = misplaced(&scene, &placement, standing);
        misplaced.map_or(Ok(placement), Err)
    });
    let placement = match placement {
        Ok(placement) => placement,
        Err(finding) => {
            plan.findings.push(finding);
            // It serves on meanwhile, well or not.
            if standing.is_some() {
                report(&mut plan, &scene, standing);
            }
            return plan;
        }
    };
    plan.report.home = Some(place(scene.view.place, placement.vpc));
    plan.report.has_judged = true;
    report(&mut plan, &scene, standing);
    plan.findings.extend(placement.unsuitable.clone());
    let targets = targets(desired, placement.vpc, scene.view, scene.groups, scene.instances);
    plan.findings.extend(targets.findings.iter().cloned());
    scaling::report(&mut plan, &scene, Some(&targets));
    let settings = follow(&mut plan, &scene, standing);
    let firewall = settings.as_ref().and_then(|settings| {
        let firewall = firewall::resolve(&scene, placement.vpc, settings);
        firewall.map_err(|findings| plan.findings.extend(findings)).ok()
    });
    if !plan.unreadable.is_empty() {
        return plan;
    }
    plan.report.is_resolved = can_tell(&plan.findings);
    if let Some(finding) = going(&scene, standing) {
        plan.findings.push(finding);
        return plan;
    }
    if !is_let_go {
        return plan;
    }
    match (there, settings, firewall) {
        (Some((there, tags)), settings, firewall) => {
            if let Some(tags) = tags {
                plan.report.differs.push("tags".to_owned());
                plan.steps.push(scene.at(Call::TagBalancer { tags }));
                return plan;
            }
            keep(
                &mut plan,
                &scene,
                there,
                &placement,
                settings.as_ref(),
                firewall.as_ref(),
                &targets,
            );
            if let Some(settings) = settings.filter(|_| plan.unreadable.is_empty()) {
                balancer::log(&mut plan, &scene, &settings);
            }
        }
        (None, Some(settings), Some(firewall)) if plan.report.is_resolved => {
            make(&mut plan, &scene, &placement, settings, &firewall);
        }
        (None, ..) => {}
    }
    plan
}

/// A reference that is this balancer: what follows itself never comes to rest.
fn follows_itself(scene: &Scene<'_>) -> Option<Finding> {
    let name = &scene.desired.name;
    let reference = scene.desired.spec.reference.as_ref();
    reference.filter(|reference| reference.load_balancer_name == *name).map(|_| {
        Finding::stalled(
            ConditionType::Valid,
            Reason::InvalidSpec,
            format!(
                "`reference.loadBalancerName`: {name} is this object's own load balancer, which cannot follow itself. Name another one, or remove `reference` and write down what it is to be."
            ),
        )
    })
}

/// How many tags a balancer may have
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/add-remove-tags.html>).
const MOST_TAGS: usize = 10;

/// Tags that AWS would refuse: ours, the spec's, and those that others put on it.
fn too_many_tags(scene: &Scene<'_>) -> Option<Finding> {
    let wanted = scene.tags(Origin::Created);
    let there = match &scene.details_of(&scene.desired.name).tags {
        Some(Ok(tags)) => tags.clone(),
        Some(Err(_)) | None => Tags::new(),
    };
    let is_needed = wanted.keys().any(|key| !there.contains_key(key));
    let all: BTreeSet<&String> =
        wanted.keys().chain(there.keys()).filter(|key| !key.starts_with("aws:")).collect();
    (is_needed && all.len() > MOST_TAGS).then(|| {
        Finding::stalled(
            ConditionType::Valid,
            Reason::InvalidSpec,
            format!(
                "`tags`: {} would have {} tags, of which 4 are our own, and AWS allows {MOST_TAGS}. Name fewer, or take some off.",
                scene.desired.name,
                all.len()
            ),
        )
    })
}

/// What is bound to another VPC than the spec names now, or adopted and unlike what it is to be.
fn misplaced(
    scene: &Scene<'_>,
    placement: &Placement<'_>,
    there: Option<&LoadBalancer>,
) -> Option<Finding> {
    let elsewhere = there.and_then(|it| it.vpc.as_ref()).filter(|vpc| **vpc != placement.vpc.id);
    let recorded = scene.recorded.home.as_ref().map(|home| &home.vpc_id);
    let bound = recorded.filter(|vpc| scene.recorded.exists && **vpc != placement.vpc.id);
    if let Some(vpc) = elsewhere.or(bound) {
        return Some(Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::BoundElsewhere,
            format!(
                "{} stands in {vpc}, and the subnets are in {} now. Nothing is made, moved or deleted; auto-scaling groups are let go of should the load balancer be gone. Name subnets there again, or make another ProxyLoadBalancer.",
                scene.desired.name, placement.vpc.id
            ),
        ));
    }
    let wanted = scheme(scene.desired);
    let there = there.filter(|there| there.scheme != wanted)?;
    Some(Finding::stalled(
        ConditionType::ResolvedRefs,
        Reason::AdoptionConflict,
        format!(
            "{} is {} and `scheme` says {wanted}, which AWS cannot change. It is left alone; name another one, or correct `scheme`.",
            there.name, there.scheme
        ),
    ))
}

fn scheme(desired: &Desired) -> Scheme {
    match desired.spec.scheme.unwrap_or_default() {
        BalancerScheme::Internal => Scheme::Internal,
        BalancerScheme::InternetFacing => Scheme::InternetFacing,
    }
}

/// What hangs on something that is being deleted: what owns nothing yet makes nothing; what stands is kept.
fn going(scene: &Scene<'_>, there: Option<&LoadBalancer>) -> Option<Finding> {
    let group = scene.desired.group.as_ref().filter(|group| group.is_going);
    let entry = scene.desired.entry.as_ref().filter(|entry| entry.is_terminating);
    let what = match (group, entry) {
        _ if there.is_some() => return None,
        (Some(group), _) => format!("OverlapSubnetGroup '{}'", group.name),
        (None, Some(entry)) => format!("AWSAccount '{}'", entry.place.access.name),
        (None, None) => return None,
    };
    Some(Finding::passing(
        ConditionType::ResolvedRefs,
        Reason::DependencyDeleting,
        format!("{what} is being deleted: nothing is made in it any more."),
    ))
}

fn report(plan: &mut Plan, scene: &Scene<'_>, there: Option<&LoadBalancer>) {
    plan.report.min_in_service =
        scene.desired.spec.readiness.as_ref().and_then(|it| it.min_in_service).unwrap_or(1);
    plan.report.balancer = Some(BalancerReport::of(&scene.desired.name, there));
    match &scene.details_of(&scene.desired.name).health {
        Some(Ok(health)) => {
            plan.report.health = Some(Health::of(health, scene.groups, scene.instances));
        }
        Some(Err(untold)) => plan.report.health_untold = Some(untold.clone()),
        None => {}
    }
    if there.is_some() {
        let pace = scene.observed.siblings;
        let every = match plan.report.is_in_service() {
            Some(true) => pace.at_rest,
            Some(false) | None => pace.in_progress,
        };
        plan.report.again_at = Some(after(scene.observed.now, every));
    }
}

/// How it is to be set up. Where a reference is gone or cannot be read, that cannot be told, and everything stays.
fn follow(plan: &mut Plan, scene: &Scene<'_>, there: Option<&LoadBalancer>) -> Option<Settings> {
    let desired = scene.desired;
    let followed = match &desired.spec.reference {
        None => there.and_then(|there| itself(scene, there)),
        Some(reference) => match followed(scene, &reference.load_balancer_name) {
            Ok(followed) => Some(followed),
            Err(finding) => {
                plan.findings.push(finding);
                return None;
            }
        },
    };
    match settings(&desired.spec, followed, &desired.name) {
        Ok(settings) => {
            plan.report.settings = Some(settings.table.clone());
            plan.findings.extend(settings.not_followed.iter().map(|what| {
                Finding::warning(
                    Reason::NotFollowed,
                    format!("The reference has {what}, which cannot be followed. Set what you need of it in the spec."),
                )
            }));
            Some(settings)
        }
        Err(findings) => {
            plan.findings.extend(findings);
            None
        }
    }
}

/// An adopted balancer, of which the spec need not say everything, also once `adopt` is gone from it.
fn itself<'a>(scene: &Scene<'a>, there: &'a LoadBalancer) -> Option<Followed<'a>> {
    let details = scene.details_of(&there.name);
    let tags = details.tags.as_ref()?.as_ref().ok()?;
    let origin = ownership::origin(tags);
    let is_to_be = origin.is_none() && scene.desired.spec.adopt.is_some();
    let attributes = details.attributes.as_ref()?.as_ref().ok()?;
    (is_to_be || origin == Some(Origin::Adopted)).then_some(Followed {
        balancer: there,
        attributes,
        policies: &[],
        is_itself: true,
    })
}

fn followed<'a>(scene: &Scene<'a>, name: &LoadBalancerName) -> Result<Followed<'a>, Finding> {
    let missing = |why: String| {
        Finding::passing(
            ConditionType::ResolvedRefs,
            Reason::ReferenceNotFound,
            format!(
                "`reference.loadBalancerName`: {why}. Everything that follows it stays as it is."
            ),
        )
    };
    let place = scene.view.place;
    let balancer = scene
        .balancers
        .get(name)
        .ok_or_else(|| missing(format!("there is no load balancer {name} in {place}")))?;
    let vpc = balancer.vpc.as_ref().and_then(|vpc| scene.view.vpcs.get(vpc));
    if let Some(finding) = vpc.and_then(|vpc| not_granted(scene.desired, scene.view, vpc)) {
        return Err(finding);
    }
    let details = scene.details_of(name);
    match (&details.attributes, &details.policies) {
        (Some(Ok(attributes)), Some(Ok(policies))) => {
            let follows = scene.desired.spec.listeners.is_none();
            match untold(balancer, policies).filter(|_| follows) {
                Some(policy) => Err(missing(format!(
                    "{name} names the policy '{policy}', and AWS has not told yet what it says"
                ))),
                None => Ok(Followed { balancer, attributes, policies, is_itself: false }),
            }
        }
        (Some(Err(failure)), _) | (_, Some(Err(failure))) => {
            Err(missing(format!("{name} cannot be read: {failure}")))
        }
        (None, _) | (_, None) => Err(missing(format!("{name} was not read"))),
    }
}

/// What is gone and still named is let go of; whether it is certain that nobody names it.
///
/// Whoever names what is gone cannot launch instances any more
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-loadbalancer.html>).
fn is_let_go(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    let name = &scene.desired.name;
    let mut is_named = false;
    for group in scaling::attached(scene) {
        is_named = true;
        let what = || format!("'{}' naming {name}, which is gone", group.name);
        let is_certain = plan.is_confirmed(scene.balancers, name, scene.look(), what)
            && plan.is_confirmed(scene.groups, &group.name, scene.look(), what);
        if is_certain {
            let (group, api) = (group.name.clone(), group.attachment_api);
            plan.steps.push(scene.at(Call::DetachFrom { group, api }));
        }
    }
    let what = || format!("load balancer {name}, which is gone");
    let is_known = scene.recorded.exists;
    !is_named && (!is_known || plan.is_confirmed(scene.balancers, name, scene.look(), what))
}

/// Makes the balancer, once everything it stands on does.
fn make(
    plan: &mut Plan,
    scene: &Scene<'_>,
    placement: &Placement<'_>,
    settings: Settings,
    firewall: &Firewall,
) {
    let name = &scene.desired.name;
    if scene.desired.spec.adopt.is_some() {
        // Nobody names it, and it is certain that it is gone: another one may be named instead.
        if let Some(balancer) = &mut plan.report.balancer {
            balancer.is_given_up = true;
        }
        plan.findings.push(Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::AdoptedGone,
            format!(
                "`adopt.loadBalancerName`: {name} is not there. It is not made anew as long as it is named."
            ),
        ));
        return;
    }
    if let Some(waiting) = &placement.waiting {
        plan.waiting.push(waiting.clone());
        return;
    }
    if !firewall::write(plan, scene, placement.vpc, firewall) {
        return;
    }
    let Some(security_groups) = firewall.carried.clone() else { return };
    plan.steps.push(scene.at(Call::CreateBalancer(NewLoadBalancer {
        name: name.clone(),
        scheme: scheme(scene.desired),
        listeners: settings.listeners.into_values().map(|wanted| wanted.listener).collect(),
        subnets: placement.subnets.values().map(|subnet| subnet.id.clone()).collect(),
        security_groups,
        tags: scene.tags(Origin::Created),
    })));
}

/// Keeps a balancer that stands as it should be.
fn keep(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    placement: &Placement<'_>,
    settings: Option<&Settings>,
    firewall: Option<&Firewall>,
    targets: &Targets<'_>,
) {
    plan.report.uncovered = uncovered(there, targets);
    plan.findings.extend(plan.report.uncovered.iter().map(without_subnet));
    let own = scene.details_of(&scene.desired.name);
    let attributes = own.attributes.as_ref().and_then(|it| it.as_ref().err());
    let policies = own.policies.as_ref().and_then(|it| it.as_ref().err());
    if let Some(untold) = attributes.or(policies) {
        plan.unreadable.push(scene.unreadable(untold));
        return;
    }
    // Whoever cannot tell how it should judge instances gives it none, and takes none from it.
    let (Some(settings), Some(firewall)) = (settings, firewall) else { return };
    let is_open = firewall::write(plan, scene, placement.vpc, firewall);
    let heeding = scaling::heeding(scene);
    let is_set =
        balancer::change(plan, scene, there, settings, (firewall, is_open), placement, &heeding);
    // While some group heeds it, it stays as it is: others it can serve so, and what is not wanted can go.
    if !is_open || !is_set && heeding.is_empty() {
        return;
    }
    scaling::attach(plan, scene, targets);
    members::register(plan, scene, there, targets, firewall.backend.as_ref());
    // Listeners AWS may refuse for ever: whoever is not wanted goes all the same.
    let is_of_listeners = |step: &Step| step.group() == Group::Listeners;
    let is_listening = plan.steps.is_empty();
    if !plan.steps.iter().all(is_of_listeners) || !may_take_away(plan, scene, there, targets) {
        return;
    }
    let is_detached = scaling::detach(plan, scene);
    members::deregister(plan, scene, there, targets);
    // By rules and groups that are to go instances may still let it in, as long as anything is on its way.
    let is_over = is_detached && plan.steps.is_empty() && plan.waiting.is_empty();
    if is_detached && is_listening {
        balancer::clear_policies(plan, scene, there, settings);
    }
    // Nor may what is judged as before, because of whom it would end, be cut off from those it judges.
    if !is_set || !is_over || !plan.waiting.is_empty() {
        return;
    }
    let mut is_free = true;
    if targets.has_all_instances {
        for group in firewall::made(scene, &placement.vpc.id) {
            let is_backend = firewall.backend.as_ref() == Some(&group.id);
            let carriers = if is_backend { &targets.instances[..] } else { &[] };
            is_free &= members::release(plan, scene, &group.id, carriers);
        }
    }
    if is_free {
        firewall::clear(plan, scene, placement.vpc, firewall);
    }
}

/// What is no longer wanted goes once what is wanted stands, and never the last that is in service.
fn may_take_away(
    plan: &mut Plan,
    scene: &Scene<'_>,
    there: &LoadBalancer,
    targets: &Targets<'_>,
) -> bool {
    let leaving = members::leaving(plan, scene, there, targets);
    if leaving.is_empty() {
        return true;
    }
    let is_attached =
        plan.report.attachments.values().all(|tie| !tie.is_wanted || tie.is_in_place());
    let told = plan.report.health.as_ref().map(|health| health.instances.as_slice());
    let told = told.unwrap_or_default();
    // Whoever is let go serves what he has, and is told to be in service till the end.
    let is_served = told.iter().any(|one| {
        one.state == InstanceState::InService
            && there.instances.contains(&one.instance)
            && !leaving.contains(&one.instance)
    });
    let is_out = |id: &InstanceId| {
        told.iter().any(|one| one.instance == *id && one.state == InstanceState::OutOfService)
    };
    let is_needless = plan.report.min_in_service == 0;
    if is_needless || is_attached && (is_served || leaving.iter().all(is_out)) {
        return true;
    }
    plan.report.surplus += leaving.len();
    if !is_attached {
        return false;
    }
    plan.waiting.push(Waiting::Part {
        what: "an instance that stays to be in service, before others are taken out".to_owned(),
        place: scene.view.place.clone(),
        part: PartKind::LoadBalancers,
    });
    false
}
