//! Auto-scaling groups: which, and whether they may.

use peerway_api::v1alpha1::proxy_load_balancer::Readiness;
use peerway_api::v1alpha1::proxy_load_balancer::targets::{AutoScalingTargets, Targets};
use peerway_model::{AttachState, Attachment, AutoScalingInstance};

use super::run::{Run, edit, run_in, settled, settled_in, subnet_group};
use super::scenario::{by_name, groups, query, world};
use crate::testing::Estate;

const QUERY: &str = "imply-e04-Query-ASG";
const MASTER: &str = "imply-e04-Master-1-ASG";
const OURS: &str = "imply-query-my-peering";

/// The attachments of a group, as AWS tells them.
fn attachment(run: &mut Run, group: &str, state: Option<AttachState>) {
    let told = state.map(|state| Attachment { load_balancer: OURS.parse().unwrap(), state });
    run.view().attachments.insert(group.parse().unwrap(), Ok(told.into_iter().collect()));
}

fn edit_group(
    world: &mut Estate,
    name: &str,
    change: impl FnOnce(&mut peerway_model::AutoScalingGroup),
) {
    change(world.auto_scaling_groups.iter_mut().find(|it| it.name.as_str() == name).unwrap());
}

#[test]
fn groups_are_chosen_by_names() {
    let mut run = settled({
        let mut spec = query();
        spec.targets = by_name(&[QUERY, MASTER]);
        spec
    });
    assert_eq!(run.own().instances.len(), 6);
    run.object.spec.targets = by_name(&[MASTER]);
    assert_eq!(run.steps(), ["- detach imply-query-my-peering from 'imply-e04-Query-ASG'"]);
    run.object.spec.targets = by_name(&[MASTER, "nobody"]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "AutoScalingGroupNotFound");
    assert!(run.message().contains("'nobody'"), "{}", run.message());
}

#[test]
fn groups_that_come_and_go_are_followed_and_others_attachments_stay() {
    let mut spec = query();
    spec.targets = groups(&[("Name", "imply-e04-*")]);
    let mut run = settled(spec);
    assert_eq!(run.own().instances.len(), 9);
    let mut more = world().auto_scaling_groups[0].clone();
    more.name = "imply-e04-Query-B-ASG".parse().unwrap();
    more.instances.clear();
    run.groups(|all| all.push(more));
    assert_eq!(run.steps(), ["+ attach imply-query-my-peering to 'imply-e04-Query-B-ASG'"]);
    run.groups(|all| all.retain(|it| it.name.as_str() != "imply-e04-Query-B-ASG"));
    run.view().attachments.remove(&"imply-e04-Query-B-ASG".parse().unwrap());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(run.object.status.as_ref().unwrap().auto_scaling_groups.len(), 3);
    // Its tag is taken off: detached, and the reference stays attached.
    run.groups(|all| {
        let query = all.iter_mut().find(|it| it.name.as_str() == QUERY).unwrap();
        query.tags.clear();
    });
    assert_eq!(run.steps(), ["- detach imply-query-my-peering from 'imply-e04-Query-ASG'"]);
    run.groups(|all| {
        let query = all.iter().find(|it| it.name.as_str() == QUERY).unwrap();
        assert_eq!(query.load_balancers.len(), 1);
    });
}

#[test]
fn a_selector_that_matches_nothing_changes_nothing() {
    let mut run = settled(query());
    run.object.spec.targets = groups(&[("Name", "imply-e05-*")]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "SelectorMatchesNothing".to_owned()));
    assert_eq!(run.own().instances.len(), 3);
    assert_eq!(run.object.status.as_ref().unwrap().auto_scaling_groups[0].name.as_str(), QUERY);
    let mut run = run_in(&world(), query());
    run.object.spec.targets = groups(&[("Name", "imply-e05-*")]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "SelectorMatchesNothing");
}

fn by_balancers() -> Estate {
    let mut world = world();
    edit_group(&mut world, QUERY, |group| {
        group.health_check_types = vec!["EC2".to_owned(), "ELB".to_owned()];
    });
    world
}

#[test]
fn a_group_that_kills_what_a_balancer_thinks_ill_of_is_refused_before_any_write() {
    let mut run = run_in(&by_balancers(), query());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "ELBHealthChecks".to_owned()));
    let message = run.message();
    assert!(message.contains("EC2,ELB") && message.contains("allowELBHealthChecks"), "{message}");
    let allow = |run: &mut Run| {
        let targets = run.object.spec.targets.auto_scaling_groups.as_mut().unwrap();
        targets.allow_elb_health_checks = Some(true);
    };
    allow(&mut run);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_group_that_begins_to_heed_balancers_stays_attached_and_is_told() {
    let mut run = settled(query());
    run.groups(|all| all[2].health_check_types = vec!["ELB".to_owned()]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "ELBHealthChecks");
    assert_eq!(run.own().instances.len(), 3);
    // Detached by somebody, it is not attached again.
    run.edit_own(|there| there.instances.clear());
    run.groups(|all| all[2].load_balancers.retain(|it| it.as_str() != OURS));
    attachment(&mut run, QUERY, None);
    assert!(run.visit().is_empty());
}

/// Whoever fails a check that has changed would be ended by the group.
#[test]
fn what_a_group_heeds_and_must_not_is_not_changed_under_it() {
    let mut run = settled(query());
    run.groups(|all| all[2].health_check_types = vec!["ELB".to_owned()]);
    run.edit_reference(|there| there.health_check.target = "TCP:1".to_owned());
    let subnets = run.own().subnets;
    run.group = Some(subnet_group(&["1", "2"]));
    assert!(run.visit().is_empty(), "{}", run.plan());
    let message = run.condition(peerway_api::ConditionType::Programmed).2;
    assert!(message.contains(QUERY) && message.contains("stay as they are"), "{message}");
    assert_eq!(run.own().subnets, subnets);
    run.object.spec.targets.auto_scaling_groups.as_mut().unwrap().allow_elb_health_checks =
        Some(true);
    let steps = run.steps();
    assert!(steps[0].starts_with("~ health check"), "{steps:?}");
    assert_eq!(steps[1], "- subnet-0f000003 from imply-query-my-peering");
}

/// Nor are the rules taken away by which it reaches whom it judges.
#[test]
fn what_a_held_health_check_goes_by_is_not_taken_away() {
    let mut spec = query();
    spec.targets.instances = Some(super::scenario::allowed(super::scenario::workers()));
    let world = super::scenario::with_workers(world());
    let mut run = settled_in(&world, spec);
    run.edit_reference(|there| there.health_check.target = "TCP:1".to_owned());
    assert!(run.steps().iter().any(|step| step.starts_with("+ rule 'tcp 1 from")));
    run.groups(|all| all[2].health_check_types = vec!["ELB".to_owned()]);
    run.edit_reference(|there| there.health_check.target = "TCP:2".to_owned());
    let steps = run.steps();
    assert!(!steps.is_empty() && steps.iter().all(|step| step.starts_with("+ rule 'tcp 2 from")));
}

#[test]
fn a_group_that_heeds_it_and_is_not_wanted_goes_before_anything_changes() {
    let mut spec = query();
    spec.targets = by_name(&[QUERY, MASTER]);
    let mut run = settled(spec);
    edit(run.view().auto_scaling_groups.as_mut().unwrap(), |all| {
        let master = all.iter_mut().find(|it| it.name.as_str() == MASTER).unwrap();
        master.health_check_types = vec!["ELB".to_owned()];
    });
    run.edit_reference(|there| there.health_check.target = "TCP:1".to_owned());
    run.object.spec.targets = by_name(&[QUERY, "imply-e04-Other-ASG"]);
    let steps = run.steps();
    assert_eq!(
        steps[..2],
        [
            "+ attach imply-query-my-peering to 'imply-e04-Other-ASG'",
            "- detach imply-query-my-peering from 'imply-e04-Master-1-ASG'",
        ]
    );
    assert!(steps.len() == 3 && steps[2].starts_with("~ health check"), "{steps:?}");
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn what_is_found_is_served_and_what_is_attached_stays_while_a_name_is_wrong() {
    let mut spec = query();
    spec.targets = by_name(&[QUERY]);
    let mut run = settled(spec);
    run.object.spec.targets = by_name(&[MASTER, "nobody"]);
    assert_eq!(run.steps(), ["+ attach imply-query-my-peering to 'imply-e04-Master-1-ASG'"]);
    assert_eq!(run.ready().1, "AutoScalingGroupNotFound");
    assert_eq!(run.own().instances.len(), 6);
}

#[test]
fn to_a_group_that_is_being_deleted_nothing_is_attached() {
    let mut world = world();
    edit_group(&mut world, MASTER, |group| group.is_going = true);
    let mut spec = query();
    spec.targets = by_name(&[QUERY, MASTER]);
    let mut run = settled_in(&world, spec);
    assert_eq!(run.own().instances.len(), 3);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    // What is attached is not taken out for that: it goes by itself.
    run.groups(|all| all[2].is_going = true);
    assert!(run.visit().is_empty(), "{}", run.plan());
}

#[test]
fn a_group_of_another_vpc_is_refused() {
    let mut world = world();
    edit_group(&mut world, QUERY, |group| {
        group.subnets = vec!["subnet-567e171d".parse().unwrap()];
    });
    let mut run = run_in(&world, query());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "TargetElsewhere");
    assert!(run.message().contains("subnet-567e171d"), "{}", run.message());
}

#[test]
fn a_group_with_fifty_balancers_is_refused_unless_ours_is_among_them() {
    let mut world = world();
    edit_group(&mut world, QUERY, |group| {
        group.load_balancers =
            (0..50).map(|number| format!("lb-{number}").parse().unwrap()).collect();
    });
    let mut run = run_in(&world, query());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "TooManyLoadBalancers");
    run.groups(|all| {
        let query = all.iter_mut().find(|it| it.name.as_str() == QUERY).unwrap();
        query.load_balancers.pop();
    });
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_group_that_tells_nobody_of_new_instances_is_warned_of() {
    let mut world = world();
    edit_group(&mut world, QUERY, |group| {
        group.suspended = vec!["AZRebalance".to_owned(), "AddToLoadBalancer".to_owned()];
    });
    let run = settled_in(&world, query());
    let [(reason, message)] = &run.warnings()[..] else { panic!("{:?}", run.warnings()) };
    assert_eq!(reason, "AddToLoadBalancerSuspended");
    assert!(message.contains(QUERY), "{message}");
}

#[test]
fn a_zone_with_instances_and_without_a_subnet_is_warned_of_by_name_and_number() {
    let mut world = world();
    edit_group(&mut world, QUERY, |group| {
        group.instances.push(AutoScalingInstance {
            id: "i-0e000099".parse().unwrap(),
            zone: "us-west-2c".parse().unwrap(),
            is_in_service: true,
        });
    });
    // One that may not be attached does not count.
    edit_group(&mut world, MASTER, |group| group.health_check_types = vec!["ELB".to_owned()]);
    let mut run = run_in(&world, query());
    run.group = Some(subnet_group(&["1", "2"]));
    run.visit();
    run.object.spec.targets = by_name(&[QUERY, MASTER]);
    run.visit();
    let [(reason, message)] = &run.warnings()[..] else { panic!("{:?}", run.warnings()) };
    assert_eq!(reason, "ZoneWithoutSubnet");
    assert!(message.starts_with("2 instances in us-west-2c stay out"), "{message}");
}

#[test]
fn what_aws_is_at_work_on_is_waited_for() {
    let mut run = settled(query());
    attachment(&mut run, QUERY, Some(AttachState::Adding));
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("register its instances"), "{}", run.waiting());
    assert_eq!(run.ready().0, "False");
    // Somebody has it taken out: only once it is gone can it come back.
    run.groups(|all| all[2].load_balancers.retain(|it| it.as_str() != OURS));
    run.edit_own(|there| there.instances.clear());
    attachment(&mut run, QUERY, Some(AttachState::Removing));
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("let it go"), "{}", run.waiting());
    attachment(&mut run, QUERY, Some(AttachState::Removed));
    assert_eq!(run.steps(), ["+ attach imply-query-my-peering to 'imply-e04-Query-ASG'"]);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn attachments_whose_state_cannot_be_read_lead_to_nothing() {
    let mut run = settled(query());
    let before = run.object.status.clone();
    let failure = super::changes::throttled();
    run.view().attachments.insert(QUERY.parse().unwrap(), Err(failure));
    run.edit_own(|there| there.listeners.clear());
    assert!(run.visit().is_empty());
    assert_eq!(run.object.status.unwrap().auto_scaling_groups, before.unwrap().auto_scaling_groups);
}

#[test]
fn a_detachment_needs_a_second_look() {
    let mut run = settled(query());
    run.object.spec.targets = by_name(&[MASTER]);
    super::run::unconfirm(run.view().auto_scaling_groups.as_mut().unwrap());
    assert_eq!(run.steps(), ["+ attach imply-query-my-peering to 'imply-e04-Master-1-ASG'"]);
    assert!(run.waiting().contains("second look at 'imply-e04-Query-ASG'"), "{}", run.waiting());
}

#[test]
fn groups_that_nobody_asks_for_any_more_stay_until_somebody_else_serves() {
    let mut run = settled(query());
    run.object.spec.targets = Targets {
        auto_scaling_groups: None::<AutoScalingTargets>,
        instances: Some(super::scenario::workers()),
    };
    // Nobody has that tag: nothing is registered, and nobody would be left.
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "SelectorMatchesNothing");
    assert_eq!(run.own().instances.len(), 3);
    // Whoever wants nobody in service gets nobody.
    run.object.spec.readiness = Some(Readiness { min_in_service: Some(0) });
    run.visit();
    assert!(run.own().instances.is_empty());
}
