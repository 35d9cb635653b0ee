//! Taking it apart: out of every group first, then itself, its interfaces, then what was made for it.

use peerway_api::PAUSED;
use peerway_api::v1alpha1::policies::{DeletionPolicy, ManagementPolicy};
use peerway_model::{AttachState, Attachment, AttachmentApi};

use super::run::{Run, edit, items, run_in, settled, settled_in, unconfirm};
use super::scenario::{
    allowed, backed, groups, impala, query, texts, with_workers, workers, world,
};
use crate::testing::service;

const QUERY: &str = "imply-e04-Query-ASG";
const OURS: &str = "imply-query-my-peering";

fn left(run: &Run) -> Vec<String> {
    let view = &run.observed.views[&service()];
    let mut all: Vec<String> =
        items(view.load_balancers.as_ref()).map(|it| it.name.to_string()).collect();
    all.extend(items(Some(&view.security_groups)).map(|it| it.id.to_string()));
    all.extend(items(Some(&view.security_group_rules)).map(|it| it.id.to_string()));
    all.extend(items(view.network_interfaces.as_ref()).map(|it| format!("{it:?}")));
    all.extend(items(view.auto_scaling_groups.as_ref()).map(|it| format!("{it:?}")));
    all
}

#[test]
fn it_is_detached_everywhere_then_deleted_and_its_interfaces_waited_for() {
    let mut spec = query();
    spec.targets = groups(&[("Name", "imply-e04-*")]);
    let mut run = settled(spec);
    // One is no longer selected; nobody looked since.
    run.object.spec.targets = query().targets;
    run.delete();
    assert_eq!(
        run.steps(),
        [
            "- detach imply-query-my-peering from 'imply-e04-Master-1-ASG'",
            "- detach imply-query-my-peering from 'imply-e04-Other-ASG'",
            "- detach imply-query-my-peering from 'imply-e04-Query-ASG'",
            "- load balancer imply-query-my-peering",
        ]
    );
    assert!(
        run.waiting().contains("the interfaces of imply-query-my-peering"),
        "{}",
        run.waiting()
    );
    assert!(run.release().is_none());
    run.let_go();
    assert!(run.visit().is_empty());
    assert!(run.release().is_some(), "{}", run.plan());
    assert_eq!(left(&run), left(&run_in(&world(), query())));
}

/// Whether a grant still covers a VPC cannot be told while it is not listed.
#[test]
fn a_vpc_that_one_list_leaves_out_lets_nothing_of_it_go() {
    let mut run = settled(query());
    run.delete();
    let vpcs = run.view().vpcs.clone();
    edit(&mut run.view().vpcs, Vec::clear);
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("AWS to list vpc-ce78dbb7 again"), "{}", run.waiting());
    assert!(run.release().is_none());
    run.view().vpcs = vpcs;
    assert!(!run.visit().is_empty());
}

#[test]
fn it_stands_until_aws_says_that_it_was_let_go() {
    let mut run = settled(query());
    run.delete();
    let told = |state| Ok(vec![Attachment { load_balancer: OURS.parse().unwrap(), state }]);
    run.groups(|all| all[2].load_balancers.retain(|it| it.as_str() != OURS));
    run.view().attachments.insert(QUERY.parse().unwrap(), told(AttachState::Removing));
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("to let it go"), "{}", run.waiting());
    assert!(run.release().is_none());
    run.view().attachments.insert(QUERY.parse().unwrap(), told(AttachState::Removed));
    assert_eq!(run.steps(), ["- load balancer imply-query-my-peering"]);
}

/// What somebody else registered goes with the balancer; it is not ours to take out.
#[test]
fn instances_that_were_registered_one_by_one_are_deregistered_first() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    run.edit_own(|there| there.instances.push("i-0badc0de".parse().unwrap()));
    run.delete();
    let certain = run.observed.clone();
    unconfirm(run.view().load_balancers.as_mut().unwrap());
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("registered with impala"), "{}", run.waiting());
    run.observed = certain;
    assert_eq!(
        run.steps()[..4],
        [
            "- i-0f000000 from impala",
            "- i-0f000001 from impala",
            "- i-0f000002 from impala",
            "- load balancer impala",
        ]
    );
}

#[test]
fn it_is_detached_by_the_calls_that_the_group_uses() {
    let mut world = world();
    world.auto_scaling_groups[0].attachment_api = AttachmentApi::TrafficSources;
    let mut run = run_in(&world, query());
    let is_by_sources = |step: &super::super::Step| {
        let text = format!("{:?}", step.call);
        !(text.contains("AttachTo") || text.contains("DetachFrom"))
            || text.contains("TrafficSources")
    };
    let made = run.visit();
    assert!(made.iter().all(is_by_sources) && texts(&made).iter().any(|it| it.contains("attach")));
    run.delete();
    let gone = run.visit();
    assert!(gone.iter().all(is_by_sources) && texts(&gone).iter().any(|it| it.contains("detach")));
}

#[test]
fn nothing_goes_without_a_second_look() {
    let mut run = settled(query());
    run.delete();
    unconfirm(run.view().auto_scaling_groups.as_mut().unwrap());
    assert!(run.visit().is_empty());
    assert!(run.waiting().starts_with("a second look"), "{}", run.waiting());
    assert!(run.release().is_none());
}

#[test]
fn what_was_made_for_the_instances_goes_last_and_nothing_foreign_with_it() {
    for instances in [allowed(workers()), backed(workers())] {
        let world = with_workers(world());
        let mut run = settled_in(&world, impala(instances.clone()));
        run.delete();
        let steps = texts(&run.settle());
        let at = |text: &str| steps.iter().position(|step| step.contains(text));
        assert_eq!(at("- load balancer impala"), Some(3), "{steps:#?}");
        assert!(
            at("- security group").unwrap() > at("carry").or(at("- rule")).unwrap(),
            "{steps:#?}"
        );
        assert!(run.release().is_some(), "{}", run.plan());
        assert_eq!(run.of_ours(), [""; 0]);
        assert_eq!(left(&run), left(&run_in(&world, impala(instances))));
    }
}

#[test]
fn a_group_that_somebody_uses_is_waited_for() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    edit(run.view().network_interfaces.as_mut().unwrap(), |all| {
        let worker = all.iter_mut().find(|it| it.id.as_str() == "eni-0b000000").unwrap();
        worker.groups = vec!["sg-0f000001".parse().unwrap()];
    });
    run.delete();
    run.settle();
    assert!(run.release().is_none());
    let (_, reason, message) = run.condition(peerway_api::ConditionType::Programmed);
    assert!(message.contains("eni-0b000000"), "{reason}: {message}");
}

#[test]
fn a_group_that_a_foreign_rule_admits_is_waited_for() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    // Somebody took our rule away and wrote the like: it is not ours to take away.
    edit(&mut run.view().security_group_rules, |all| {
        let rule = all.iter_mut().find(|it| it.group.as_str() == "sg-0def0001").unwrap();
        rule.id = "sgr-0badc0de".parse().unwrap();
        rule.tags.clear();
    });
    run.delete();
    run.settle();
    assert!(run.release().is_none());
    assert!(run.waiting().contains("of sg-0def0001 to no longer admit"), "{}", run.waiting());
}

#[test]
fn what_is_retained_loses_our_tags_and_stays() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    let before = left(&run);
    run.object.spec.deletion_policy = Some(DeletionPolicy::Retain);
    run.delete();
    let steps = run.steps();
    assert!(steps.iter().all(|step| step.starts_with("~ take our tags off")), "{steps:#?}");
    assert!(steps.contains(&"~ take our tags off impala".to_owned()), "{steps:#?}");
    assert!(run.release().unwrap().left.contains(&"impala".to_owned()));
    assert_eq!(left(&run).len(), before.len());
    assert!(run.of_ours().iter().all(|it| it.ends_with("carries ours")), "{:?}", run.of_ours());
}

#[test]
fn who_only_observes_takes_nothing_apart() {
    let mut run = settled(query());
    run.object.spec.management_policy = Some(ManagementPolicy::Observe);
    run.edit_own(|there| there.listeners.clear());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "DriftObserved".to_owned()));
    run.delete();
    assert!(run.visit().is_empty());
    assert!(run.release().unwrap().left.contains(&OURS.to_owned()));
}

#[test]
fn who_is_paused_waits() {
    let mut run = settled(query());
    run.object.metadata.annotations = Some([(PAUSED.to_owned(), "true".to_owned())].into());
    run.edit_own(|there| there.listeners.clear());
    assert!(run.visit().is_empty());
    run.delete();
    assert!(run.visit().is_empty());
    assert!(run.release().is_none());
    run.object.metadata.annotations = None;
    run.settle();
    assert!(run.release().is_some(), "{}", run.plan());
}

#[test]
fn the_group_the_reference_and_the_selected_may_be_gone() {
    let mut run = settled(query());
    run.group = None;
    run.balancers(|all| all.retain(|it| it.name.as_str() == OURS));
    run.object.spec.targets = groups(&[("Name", "nobody")]);
    run.delete();
    run.settle();
    assert!(run.release().is_some(), "{}", run.plan());
    assert_eq!(run.of_ours(), [""; 0]);
}

/// Objects that were restored without their status find what is theirs by its tags.
#[test]
fn it_is_found_by_its_tags_when_the_record_is_lost() {
    let mut run = settled_in(&with_workers(world()), impala(backed(workers())));
    run.object.status = None;
    run.delete();
    run.settle();
    assert!(run.release().is_some(), "{}", run.plan());
    assert_eq!(run.of_ours(), [""; 0]);
    // Also what was left when the balancer was gone already.
    let mut run = settled_in(&with_workers(world()), impala(backed(workers())));
    run.balancers(|all| all.retain(|it| it.name.as_str() != "impala"));
    run.view().balancers.remove(&"impala".parse().unwrap());
    run.let_go();
    run.object.status = None;
    run.delete();
    run.settle();
    assert!(run.release().is_some(), "{}", run.plan());
    assert_eq!(run.of_ours(), ["impala"; 0]);
}

#[test]
fn one_that_never_got_anywhere_goes_at_once() {
    let mut run = run_in(&world(), query());
    run.group = None;
    run.delete();
    assert!(run.visit().is_empty());
    assert!(run.release().is_some());
}

/// What lost its tags gets them back before it is deleted: a policy of IAM may ask for them.
#[test]
fn a_made_group_that_lost_its_tags_is_tagged_before_it_goes() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    edit(&mut run.view().security_groups, |all| {
        all.iter_mut().find(|it| it.name == "impala-fe").unwrap().tags.clear();
    });
    run.own_tags().clear();
    run.delete();
    let steps = texts(&run.settle());
    assert_eq!(steps.first().unwrap(), "~ tag impala");
    assert_eq!(steps.last().unwrap(), "- security group sg-0f000001 ('impala-fe')");
    assert!(run.release().is_some());
}
