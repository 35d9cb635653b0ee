//! Changes that nobody who is served may feel: what replaces something stands, and serves, before that goes.

use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::aws_account::GrantedVpcs;
use peerway_api::v1alpha1::proxy_load_balancer::settings as spec;
use peerway_api::{ConditionType, Reason};
use peerway_model::{AttachState, Attachment, InstanceHealth, InstanceState, Tags, VpcId};

use super::super::plan;
use super::changes::throttled;
use super::create::{adopting, given, with_manual};
use super::run::{Run, run_in, settled, settled_in};
use super::scenario::{
    REFERENCE, allowed, backed, by_name, impala, listener, made_group, query, with_workers,
    workers, world,
};
use crate::access::enter;
use crate::testing::namespace;

const MASTER: &str = "imply-e04-Master-1-ASG";
const QUERY: &str = "imply-e04-Query-ASG";
const OURS: &str = "imply-query-my-peering";

/// Of the balancer's instances only those are in service whose id begins so.
fn serving(run: &mut Run, prefix: &str) {
    let verdict = |instance: peerway_model::InstanceId| {
        let is_in = instance.as_str().starts_with(prefix);
        let state = if is_in { InstanceState::InService } else { InstanceState::OutOfService };
        let text = || "N/A".to_owned();
        InstanceHealth { instance, state, reason_code: text(), description: text() }
    };
    let told = run.own().instances.into_iter().map(verdict).collect();
    run.details(OURS).health = Some(Ok(told));
}

/// A settled proxy of one group whose spec names another one now.
fn moved() -> Run {
    let mut run = settled(query());
    run.object.spec.targets = by_name(&[MASTER]);
    run
}

#[test]
fn the_last_that_serve_stay_until_others_do() {
    let mut run = moved();
    assert_eq!(run.next(), ["+ attach imply-query-my-peering to 'imply-e04-Master-1-ASG'"]);
    // Attached, and AWS is still registering: the old ones stay.
    run.groups(|all| {
        let master = all.iter_mut().find(|it| it.name.as_str() == MASTER).unwrap();
        master.load_balancers.push(OURS.parse().unwrap());
    });
    let adding = Attachment { load_balancer: OURS.parse().unwrap(), state: AttachState::Adding };
    run.view().attachments.insert(MASTER.parse().unwrap(), Ok(vec![adding.clone()]));
    assert!(run.visit().is_empty());
    // Registered, and none of them answers yet.
    run.edit_own(|own| {
        own.instances.extend((0x20..0x23).map(|id| format!("i-0e0000{id:02x}").parse().unwrap()));
    });
    let added = Attachment { state: AttachState::Added, ..adding };
    run.view().attachments.insert(MASTER.parse().unwrap(), Ok(vec![added]));
    serving(&mut run, "i-0e00001");
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("an instance that stays"), "{}", run.waiting());
    assert_eq!(run.ready().0, "False");
    serving(&mut run, "i-0e00002");
    assert_eq!(run.steps(), ["- detach imply-query-my-peering from 'imply-e04-Query-ASG'"]);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// AWS may refuse a listener for ever.
#[test]
fn a_listener_that_is_yet_to_come_keeps_nobody_attached() {
    let mut spec = query();
    spec.targets = by_name(&[QUERY, MASTER]);
    let mut run = settled(spec);
    run.edit_reference(|there| there.listeners.extend([listener(9999)]));
    run.object.spec.targets = by_name(&[MASTER]);
    assert_eq!(
        run.next(),
        [
            "+ listeners TCP:9999 -> TCP:9999 of imply-query-my-peering",
            "- detach imply-query-my-peering from 'imply-e04-Query-ASG'",
        ]
    );
}

#[test]
fn those_who_do_not_serve_go_whoever_else_does() {
    let mut run = moved();
    serving(&mut run, "nobody");
    let steps = run.steps();
    assert!(steps.iter().any(|step| step.contains("detach")), "{steps:?}");
}

#[test]
fn without_its_reference_nobody_is_taken_out() {
    let mut run = moved();
    run.balancers(|all| all.retain(|it| it.name.as_str() != REFERENCE));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "ReferenceNotFound");
    assert_eq!(run.own().instances.len(), 3);
}

/// Whoever carries new groups, listens on new ports or judges by another check needs the rules for it first: AWS may refuse
/// them.
#[test]
fn what_needs_rules_comes_behind_them() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    let check = run.object.spec.health_check.as_mut().unwrap();
    check.port = Some(25000);
    let first = run.next();
    assert!(first.iter().all(|step| step.starts_with("+ rule")), "{first:#?}");
    let all = run.steps();
    assert!(all.iter().any(|step| step.contains("health check")), "{all:#?}");
    // A rule that is one too many is no reason to do without a listener that needs none of them, and to judge anew.
    let groups = run.object.spec.security_groups.as_mut().unwrap();
    groups.push(made_group("impala-more", 21000, &["192.168.0.0/16"]));
    let first = run.next();
    assert!(first.iter().all(|step| step.starts_with('+')), "{first:#?}");
}

#[test]
fn rules_stay_until_every_instance_carries_the_group_that_replaces_them() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    run.object.spec.targets.instances = Some(backed(workers()));
    // The group and its rule are made, and the interfaces were looked at once.
    run.visit_dying_after(2);
    super::run::unconfirm(run.view().network_interfaces.as_mut().unwrap());
    assert_eq!(run.next(), [""; 0]);
    let waits = run.plan().waiting.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(waits[0].contains("the security groups of eni-"), "{waits:?}");
}

#[test]
fn who_waits_for_somebody_that_cannot_come_is_told_what_helps() {
    let mut run = settled(query());
    let ids = run.own().instances.clone();
    run.object.spec.targets = peerway_api::v1alpha1::proxy_load_balancer::targets::Targets {
        auto_scaling_groups: None,
        instances: Some(super::members::ids(
            &ids.iter().map(peerway_model::InstanceId::as_str).collect::<Vec<_>>(),
        )),
    };
    assert!(run.visit().is_empty(), "{}", run.plan());
    let waiting = run.object.status.as_ref().unwrap().waiting_for.as_ref().unwrap();
    assert!(waiting.what.contains("`readiness.minInService: 0`"), "{}", waiting.what);
}

#[test]
fn of_what_is_adopted_everything_stays_that_nobody_speaks_of() {
    let mut world = world();
    with_manual(&mut world, Tags::new());
    let mut run = run_in(&world, ProxyLoadBalancerSpec { reference: None, ..adopting() });
    let before = run.there("by-hand").unwrap();
    let steps = run.steps();
    let changed: Vec<_> = steps.iter().filter(|it| !it.contains("subnet")).collect();
    assert_eq!(changed, ["~ tag by-hand", "+ attach by-hand to 'imply-e04-Query-ASG'"]);
    let own = run.own();
    assert_eq!((own.health_check, own.listeners), (before.health_check, before.listeners));
    assert_eq!(run.setting("healthCheck.port").1, "Default");
    // And what is spoken of changes alone.
    let check = spec::HealthCheck { interval_seconds: Some(7), ..spec::HealthCheck::default() };
    run.object.spec.health_check = Some(check);
    let target = run.own().health_check.target;
    run.visit();
    assert_eq!((run.own().health_check.target, run.own().health_check.interval), (target, 7));
}

/// Tags are what others can take off; by the status it is known all the same.
#[test]
fn what_was_adopted_stays_so_when_somebody_takes_its_tags_off() {
    let mut world = world();
    with_manual(&mut world, Tags::new());
    let mut run = run_in(&world, ProxyLoadBalancerSpec { reference: None, ..adopting() });
    run.visit();
    run.object.spec.adopt = None;
    run.object.spec.name = Some("by-hand".parse().unwrap());
    let before = run.own();
    let strip: [fn(&mut Tags); 2] = [Tags::clear, |tags| {
        tags.retain(|key, _| key != peerway_model::ownership::ORIGIN);
    }];
    for strip in strip {
        strip(run.own_tags());
        assert_eq!(run.steps(), ["~ tag by-hand"]);
        let origin = peerway_model::ownership::origin(run.own_tags());
        assert_eq!(origin, Some(peerway_model::Origin::Adopted));
        assert_eq!(run.own().health_check, before.health_check);
    }
}

/// The proxy as one sees it whose grants no longer name a VPC.
pub(super) fn ungranted(run: &Run) -> super::super::Plan {
    granted(run, &[])
}

/// The same where they name these.
fn granted(run: &Run, vpcs: &[VpcId]) -> super::super::Plan {
    let mut accounts = crate::testing::accounts();
    for grant in accounts.iter_mut().flat_map(|it| &mut it.spec.grants) {
        grant.vpcs = Some(GrantedVpcs { ids: Some(vpcs.to_vec()), match_tags: None });
    }
    let entered = accounts.iter().find(|it| it.metadata.name.as_deref() == Some("service"));
    let region = "us-west-2".parse().unwrap();
    let mut desired = run.desired();
    desired.entry = Some(enter(entered, "service", &namespace(), &region).unwrap());
    plan(&desired, &run.observed, &run.recorded())
}

/// What stands in a VPC that is not granted is not looked at either.
#[test]
fn a_reference_in_a_vpc_that_is_not_granted_is_not_followed() {
    let world = world().vpc("vpc-0000000f", &["10.99.0.0/16"], "granted");
    let world = world.subnet("subnet-0e000001", "vpc-0000000f", "10.99.0.0/24", "");
    let mut world = world.in_zone("usw2-az1");
    world.subnets.last_mut().unwrap().available_addresses = 50;
    let spec = ProxyLoadBalancerSpec {
        subnet_group_ref: None,
        subnets: Some(given(&["subnet-0e000001"])),
        security_groups: Some(Vec::new()),
        ..query()
    };
    let run = run_in(&world, spec);
    let granted = granted(&run, &["vpc-0000000f".parse().unwrap()]);
    assert!(granted.steps.is_empty(), "{granted}");
    let finding = granted.findings.iter().find(|it| it.reason == Reason::NotGranted).unwrap();
    assert!(finding.message.contains("vpc-ce78dbb7"), "{}", finding.message);
}

#[test]
fn a_grant_that_is_revoked_freezes_also_what_is_deleted() {
    let mut run = settled(query());
    run.delete();
    let plan = ungranted(&run);
    assert!(plan.steps.is_empty(), "{plan}");
    assert_eq!(plan.findings[0].reason, Reason::NotGranted);
    assert!(!run.next().is_empty());
}

/// A status says what it was told, or why it was told nothing; that there is no balancer it says of none that stands.
#[test]
fn health_that_was_not_told_even_once_is_not_repeated() {
    let mut run = settled(query());
    let conditions = &mut run.object.status.as_mut().unwrap().conditions;
    let told = conditions.iter_mut().find(|it| it.type_ == ConditionType::InService.as_str());
    told.unwrap().reason = Reason::DependencyNotReady.as_str().to_owned();
    run.details(OURS).health = Some(Err(throttled()));
    run.visit();
    let (value, reason, _) = run.condition(ConditionType::InService);
    assert_eq!((&*value, &*reason), ("Unknown", "Throttled"));
}

#[test]
fn health_that_is_never_told_is_not_known_and_says_why() {
    let mut run = settled(query());
    let mut untold = throttled();
    untold.last_good = None;
    run.details(OURS).health = Some(Err(untold));
    run.visit();
    let (value, reason, message) = run.condition(ConditionType::InService);
    assert_eq!((&*value, &*reason), ("Unknown", "Throttled"));
    assert!(message.contains("Rate exceeded"), "{message}");
    assert_ne!(run.ready().0, "True");
}
