//! Instances: registered one by one, let in by rules or by a group of ours.

use peerway_api::v1alpha1::overlap_subnet_group::ExtraTags;
use peerway_api::v1alpha1::proxy_load_balancer::settings::{BalancerProtocol, Listener};
use peerway_api::v1alpha1::proxy_load_balancer::targets::InstanceTargets;
use peerway_api::v1alpha1::vpc_peering::IngressProtocol;
use peerway_model::{Direction, Origin, PortRange, Protocol, RuleSource, SecurityGroupRule, Tags};

use super::run::{Run, edit, items, run_in, settled_in};
use super::scenario::{
    allowed, backed, impala, made_group, query, spec_listener, with_instance, with_workers,
    workers, world,
};
use crate::testing::service;

const QUERY: &str = "imply-e04-Query-ASG";

pub(super) fn ids(ids: &[&str]) -> InstanceTargets {
    let ids = ids.iter().map(|id| id.parse().unwrap()).collect();
    InstanceTargets { ids: Some(ids), match_tags: None, ..workers() }
}

fn registered(run: &Run) -> Vec<String> {
    let mut all: Vec<String> = run.own().instances.iter().map(ToString::to_string).collect();
    all.sort();
    all
}

fn groups_of(run: &Run, interface: &str) -> Vec<String> {
    let view = &run.observed.views[&service()];
    let interface = interface.parse().unwrap();
    let part = view.network_interfaces.as_ref().unwrap().part.as_ref().unwrap();
    part.get(&interface).unwrap().groups.iter().map(ToString::to_string).collect()
}

#[test]
fn instances_are_registered_one_by_one_and_taken_out_again() {
    let mut run = run_in(&with_workers(world()), impala(workers()));
    let steps = run.steps();
    assert_eq!(
        steps[steps.len() - 3..],
        ["+ i-0f000000 with impala", "+ i-0f000001 with impala", "+ i-0f000002 with impala"]
    );
    assert_eq!(run.ready().0, "True");
    run.object.spec.targets.instances = Some(ids(&["i-0f000000"]));
    assert_eq!(run.steps(), ["- i-0f000001 from impala", "- i-0f000002 from impala"]);
    assert_eq!(run.ready().0, "True");
}

/// An interface has room for five.
#[test]
fn a_group_that_takes_anothers_place_takes_it_by_one_call() {
    let mut run = settled_in(&with_workers(world()), impala(backed(workers())));
    assert_eq!(groups_of(&run, "eni-0b000000").len(), 2);
    let targets = run.object.spec.targets.instances.as_mut().unwrap();
    targets.backend_security_group.as_mut().unwrap().create.name = "impala-be-2".to_owned();
    let steps = super::scenario::texts(&run.settle());
    let carried: Vec<_> = steps.iter().filter(|step| step.starts_with("~ let eni-")).collect();
    assert_eq!(carried.len(), 3, "{steps:#?}");
    assert_eq!(groups_of(&run, "eni-0b000000").len(), 2);
    assert!(steps.last().unwrap().contains("('impala-be')"), "{steps:#?}");
}

#[test]
fn what_does_not_run_is_not_registered_and_what_is_gone_not_waited_for() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    edit(run.view().instances.as_mut().unwrap(), |all| {
        all[0].state = "stopped".to_owned();
        all[1].state = "terminated".to_owned();
    });
    run.edit_own(|there| there.instances.truncate(0));
    run.view().balancers.get_mut(&"impala".parse().unwrap()).unwrap().health = Some(Ok(vec![]));
    assert_eq!(run.steps(), ["+ i-0f000002 with impala"]);
    assert_eq!(run.object.status.as_ref().unwrap().instances.len(), 2);
    // Only the stopped one will come back.
    edit(run.view().instances.as_mut().unwrap(), |all| all[0].state = "running".to_owned());
    assert_eq!(run.steps(), ["+ i-0f000000 with impala"]);
}

#[test]
fn a_terminated_instance_is_taken_out() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    edit(run.view().instances.as_mut().unwrap(), |all| all[1].state = "terminated".to_owned());
    assert_eq!(run.steps(), ["- i-0f000001 from impala"]);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn an_instance_of_another_vpc_or_of_none_is_refused() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    edit(run.view().instances.as_mut().unwrap(), |all| {
        all[0].vpc = Some("vpc-3607f64e".parse().unwrap());
    });
    run.object.spec.targets.instances = Some(ids(&["i-0f000000", "i-0f000001"]));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "TargetElsewhere");
    run.object.spec.targets.instances = Some(ids(&["i-0badc0de"]));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "InstanceNotFound");
    assert_eq!(registered(&run).len(), 3);
}

#[test]
fn instances_of_attached_groups_are_theirs() {
    let mut world = with_workers(world());
    for number in 0..3 {
        let id = format!("i-0e00001{number}");
        world = with_instance(world, &id, "us-west-2a", Some(QUERY), &[("type", "worker")]);
    }
    let mut spec = query();
    spec.targets.instances = Some(workers());
    let mut run = settled_in(&world, spec);
    assert_eq!(registered(&run).len(), 6);
    assert_eq!(run.object.status.as_ref().unwrap().instances.len(), 3);
    // Also while the groups cannot be told, and when AWS has not registered one yet.
    run.object.spec.targets.auto_scaling_groups =
        super::scenario::groups(&[("Name", "nobody")]).auto_scaling_groups;
    run.edit_own(|there| there.instances.retain(|id| id.as_str() != "i-0e000010"));
    assert!(run.visit().is_empty(), "{}", run.plan());
    // One that its group starts stays, though nobody chose it.
    run.object.spec.targets = query().targets;
    run.edit_own(|there| there.instances.push("i-0e000010".parse().unwrap()));
    assert_eq!(run.visit().len(), 3);
    assert_eq!(registered(&run), ["i-0e000010", "i-0e000011", "i-0e000012"]);
}

#[test]
fn what_somebody_registers_by_hand_is_taken_out() {
    let world = with_instance(with_workers(world()), "i-0f0000aa", "us-west-2a", None, &[]);
    for spec in [impala(workers()), query()] {
        let mut run = settled_in(&world, spec);
        run.edit_own(|there| there.instances.push("i-0f0000aa".parse().unwrap()));
        let name = run.desired().name;
        assert_eq!(run.steps(), [format!("- i-0f0000aa from {name}")]);
        assert_eq!(run.ready().0, "True");
    }
}

#[test]
fn rules_let_the_balancer_in_and_are_recorded_first() {
    let mut run = run_in(&with_workers(world()), impala(allowed(workers())));
    let steps = run.steps();
    let rule = "+ rule 'tcp 21000 from sg-0f000001' in sg-0def0001";
    let at = steps.iter().position(|step| step == rule).expect("the rule");
    assert!(at < steps.iter().position(|step| step.starts_with("+ load balancer")).unwrap());
    let recorded = &run.object.status.as_ref().unwrap().rules[0];
    assert_eq!(recorded.rule, "sg-0def0001 tcp 21000 from sg-0f000001");
    assert!(recorded.id.is_some());
    run.object.spec.targets.instances = Some(workers());
    assert_eq!(run.steps(), ["- rule 'tcp 21000 from sg-0f000001' in sg-0def0001"]);
    assert!(run.object.status.as_ref().unwrap().rules.is_empty());
    assert_eq!(run.ready().0, "True");
}

fn rule(id: &str, group: &str, source: &str, tags: Tags) -> SecurityGroupRule {
    SecurityGroupRule {
        id: id.parse().unwrap(),
        group: group.parse().unwrap(),
        direction: Direction::Ingress,
        protocol: Protocol::Tcp,
        ports: Some(PortRange { from: 21000, to: 21000 }),
        source: RuleSource::SecurityGroup {
            id: source.parse().unwrap(),
            account: "111111111111".parse().unwrap(),
        },
        tags,
    }
}

#[test]
fn a_rule_that_lost_its_tags_gets_them_back_also_before_it_is_taken_away() {
    let strip = |run: &mut Run| {
        edit(&mut run.view().security_group_rules, |all| {
            let rule = all.iter_mut().find(|it| it.group.as_str() == "sg-0def0001").unwrap();
            rule.tags.clear();
        });
    };
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    strip(&mut run);
    let steps = run.steps();
    assert!(steps.len() == 1 && steps[0].starts_with("~ tag sgr-"), "{steps:?}");
    strip(&mut run);
    run.delete();
    run.settle();
    assert!(run.release().is_some(), "{}", run.plan());
    assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
}

#[test]
fn more_rules_than_can_be_recorded_are_refused_before_the_first() {
    let mut spec = impala(allowed(workers()));
    let listener = spec.listeners.as_ref().unwrap()[0].clone();
    let ports = 1000..1300;
    spec.listeners = Some(
        ports.map(|port| Listener { port, instance_port: port, ..listener.clone() }).collect(),
    );
    let mut run = run_in(&with_workers(world()), spec);
    run.visit();
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "TooManyRules".to_owned()));
    assert!(run.message().contains("256 can be kept a record of"), "{}", run.message());
}

#[test]
fn an_identical_rule_of_somebody_else_counts_as_in_place_until_it_goes() {
    let mut run = run_in(&with_workers(world()), impala(allowed(workers())));
    let theirs = rule("sgr-0badc0de", "sg-0def0001", "sg-0f000001", Tags::new());
    edit(&mut run.view().security_group_rules, |all| all.push(theirs));
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert!(run.object.status.as_ref().unwrap().rules.is_empty());
    edit(&mut run.view().security_group_rules, |all| {
        all.retain(|it| it.id.as_str() != "sgr-0badc0de");
    });
    assert_eq!(run.steps(), ["+ rule 'tcp 21000 from sg-0f000001' in sg-0def0001"]);
}

#[test]
fn tags_alone_do_not_make_a_rule_ours() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    let copied = run.desired().owner.tags(Origin::Created);
    let theirs = rule("sgr-0badc0de", "sg-0def0001", "sg-0e1b0001", copied);
    edit(&mut run.view().security_group_rules, |all| all.push(theirs));
    assert!(run.visit().is_empty());
}

#[test]
fn a_group_of_ours_is_carried_beside_the_others_one_interface_at_a_time() {
    let mut run = run_in(&with_workers(world()), impala(backed(workers())));
    let plans = run.steps();
    let set: Vec<_> = plans.iter().filter(|step| step.contains("carry")).collect();
    assert_eq!(set.len(), 3, "{plans:#?}");
    assert!(set[0].starts_with("~ let eni-0b000000 of i-0f000000 carry sg-0def0001, sg-0f0000"));
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    let rules: Vec<_> = plans.iter().filter(|step| step.starts_with("+ rule")).collect();
    assert_eq!(rules.len(), 2, "who may come in, and what the instances let in: {rules:?}");
    // Taken out of service and off again, and the group goes last.
    run.object.spec.targets.instances = Some(InstanceTargets {
        ids: Some(vec!["i-0f000000".parse().unwrap()]),
        match_tags: None,
        ..backed(workers())
    });
    run.visit();
    assert_eq!(groups_of(&run, "eni-0b000000").len(), 2);
    assert_eq!(groups_of(&run, "eni-0b000001"), ["sg-0def0001"]);
    run.object.spec.targets.instances = Some(workers());
    let steps = run.steps();
    assert_eq!(steps.last().unwrap().split(' ').next_back(), Some("('impala-be')"));
    assert_eq!(groups_of(&run, "eni-0b000000"), ["sg-0def0001"]);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// What a group launches next would not carry it, and what it has is not ours to change.
#[test]
fn no_instance_of_any_auto_scaling_group_carries_our_group() {
    let world = with_workers(world());
    let other = Some("imply-e04-Other-ASG");
    let world = with_instance(world, "i-0f0000bb", "us-west-2a", other, &[("type", "worker")]);
    let run = settled_in(&world, impala(backed(workers())));
    assert_eq!(registered(&run).len(), 4);
    assert_eq!(groups_of(&run, "eni-0b0000bb"), ["sg-0def0001"]);
    let [(_, message)] = &run.warnings()[..] else { panic!("{:?}", run.warnings()) };
    assert!(message.contains("i-0f0000bb") && message.contains("imply-e04-Other-ASG"), "{message}");
}

#[test]
fn our_group_is_put_back_when_somebody_takes_it_off() {
    let mut run = settled_in(&with_workers(world()), impala(backed(workers())));
    edit(run.view().network_interfaces.as_mut().unwrap(), |all| {
        let worker = all.iter_mut().find(|it| it.id.as_str() == "eni-0b000001").unwrap();
        worker.groups.truncate(1);
    });
    assert_eq!(run.visit().len(), 1);
    assert_eq!(groups_of(&run, "eni-0b000001").len(), 2);
}

#[test]
fn tags_that_come_later_are_put_on_the_groups_that_were_made_too() {
    let mut run = settled_in(&with_workers(world()), impala(backed(workers())));
    run.object.spec.tags = Some(ExtraTags([("team".to_owned(), "data".to_owned())].into()));
    let steps = run.steps();
    assert_eq!(steps[0], "~ tag impala");
    assert_eq!(steps.iter().filter(|step| step.starts_with("~ tag sg-")).count(), 2, "{steps:?}");
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// AWS refuses one group too many on an interface each time; the others get theirs before.
#[test]
fn an_interface_that_has_many_groups_comes_last() {
    let mut run = run_in(&with_workers(world()), impala(backed(workers())));
    edit(run.view().network_interfaces.as_mut().unwrap(), |all| {
        let worker = all.iter_mut().find(|it| it.id.as_str() == "eni-0b000000").unwrap();
        let more = ["sg-0e1b0001", "sg-0e1b0002", "sg-0e1b0003", "sg-0e1b0004"];
        worker.groups.extend(more.map(|id| id.parse().unwrap()));
    });
    let steps = run.steps();
    let order = steps.iter().filter_map(|step| step.strip_prefix("~ let ")?.split(' ').next());
    assert_eq!(order.collect::<Vec<_>>(), ["eni-0b000001", "eni-0b000002", "eni-0b000000"]);
}

#[test]
fn our_group_comes_off_once_the_instance_is_out() {
    let mut run = settled_in(&with_workers(world()), impala(backed(workers())));
    run.object.spec.targets.instances = Some(InstanceTargets {
        ids: Some(vec!["i-0f000000".parse().unwrap(), "i-0f000001".parse().unwrap()]),
        match_tags: None,
        ..backed(workers())
    });
    assert_eq!(run.next(), ["- i-0f000002 from impala"]);
    assert_eq!(run.visit().len(), 2);
    assert_eq!(groups_of(&run, "eni-0b000002"), ["sg-0def0001"]);
}

#[test]
fn clients_reach_a_listener_until_what_takes_its_place_stands() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    let mut moved = impala(workers());
    moved.listeners = Some(vec![spec_listener(22000, BalancerProtocol::Tcp)]);
    moved.health_check.clone_from(&run.object.spec.health_check);
    moved.security_groups = Some(vec![made_group("impala-fe", 22000, &["10.0.0.0/8"])]);
    run.object.spec = moved;
    assert_eq!(
        run.steps(),
        [
            "+ rule 'tcp 22000 from 10.0.0.0/8' in sg-0f000001",
            "+ listeners TCP:22000 -> TCP:22000 of impala",
            "- listeners 21000 of impala",
            "- rule 'tcp 21000 from 10.0.0.0/8' in sg-0f000001",
        ]
    );
    // Whom nobody else comes in by goes at once.
    run.object.spec.security_groups = Some(vec![made_group("impala-fe", 22000, &["10.9.0.0/16"])]);
    assert_eq!(
        run.steps(),
        [
            "+ rule 'tcp 22000 from 10.9.0.0/16' in sg-0f000001",
            "- rule 'tcp 22000 from 10.0.0.0/8' in sg-0f000001",
        ]
    );
}

#[test]
fn clients_that_come_in_by_a_rule_for_everything_reach_it_meanwhile_too() {
    let mut spec = impala(workers());
    let mut everything = made_group("impala-fe", 21000, &["10.0.0.0/8"]);
    let ingress = &mut everything.create.as_mut().unwrap().ingress[0];
    (ingress.protocol, ingress.ports) = (IngressProtocol::All, None);
    spec.security_groups = Some(vec![everything]);
    let mut run = settled_in(&with_workers(world()), spec);
    run.object.spec.listeners = Some(vec![spec_listener(22000, BalancerProtocol::Tcp)]);
    run.object.spec.security_groups = Some(vec![made_group("impala-fe", 22000, &["10.0.0.0/8"])]);
    assert_eq!(
        run.steps(),
        [
            "+ rule 'tcp 22000 from 10.0.0.0/8' in sg-0f000001",
            "+ listeners TCP:22000 -> TCP:22000 of impala",
            "- listeners 21000 of impala",
            "- rule 'all protocols from 10.0.0.0/8' in sg-0f000001",
        ]
    );
}

#[test]
fn a_stranger_in_a_zone_without_a_subnet_is_counted() {
    let mut run = run_in(&with_workers(world()), impala(workers()));
    run.group = Some(super::run::subnet_group(&["1", "2"]));
    run.visit();
    let [(reason, message)] = &run.warnings()[..] else { panic!("{:?}", run.warnings()) };
    assert_eq!(reason, "ZoneWithoutSubnet");
    assert!(message.contains("us-west-2c"), "{message}");
    assert_eq!(items(run.view().instances.as_ref()).count(), 3);
}
