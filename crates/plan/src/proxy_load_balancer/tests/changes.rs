//! What changes in spec, reference and group, and the calls that it takes: as few as possible, and in the order that
//! harms nobody.

use peerway_api::v1alpha1::proxy_load_balancer::settings::{
    AccessLogs, Attributes, BalancerProtocol, ConnectionDraining, DesyncMode, HealthCheck,
};
use peerway_model::{AwsFailure, FailureKind, Untold};

use super::run::{Run, edit, run_in, settled, settled_in, subnet_group, unconfirm};
use super::scenario::{
    REFERENCE, allowed, backed, by_description, coordinator, groups, impala, made_group, query,
    with_workers, workers, world,
};
use crate::testing::now;

/// The group in these zones, with these subnets.
fn moved(run: &mut Run, subnets: &[(&str, Option<&str>)]) {
    let numbers: Vec<&str> = subnets.iter().map(|(zone, _)| *zone).collect();
    let mut group = subnet_group(&numbers);
    for (there, (_, id)) in group.status.as_mut().unwrap().subnets.iter_mut().zip(subnets) {
        there.id = id.map(|id| id.parse().unwrap());
    }
    run.group = Some(group);
}

#[test]
fn a_zone_of_the_group_is_followed_as_it_comes_and_goes() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1", "2"]));
    run.visit();
    assert_eq!(run.own().subnets.len(), 2);
    run.group = Some(subnet_group(&["1", "2", "3"]));
    assert_eq!(run.steps(), ["+ subnet-0f000003 to imply-query-my-peering"]);
    run.group = Some(subnet_group(&["3"]));
    assert_eq!(run.steps(), ["- subnet-0f000001, subnet-0f000002 from imply-query-my-peering"]);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// Until then its subnet may follow the main table, and no client is led there.
#[test]
fn a_zone_whose_group_is_not_done_is_waited_for() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1", "2"]));
    run.visit();
    let mut group = subnet_group(&["1", "2", "3"]);
    let status = group.status.as_mut().unwrap();
    status.conditions.iter_mut().for_each(|condition| condition.status = "False".to_owned());
    run.group = Some(group);
    assert!(run.visit().is_empty(), "{}", run.plan());
    let waiting = run.object.status.as_ref().unwrap().waiting_for.as_ref().unwrap();
    assert!(waiting.what.contains("'druid-to-billing' to be in place"), "{}", waiting.what);
    run.group = Some(subnet_group(&["1", "2", "3"]));
    assert_eq!(run.steps(), ["+ subnet-0f000003 to imply-query-my-peering"]);
}

/// What serves goes on following, and keeps what it has.
#[test]
fn a_zone_whose_subnet_is_full_is_named_and_the_rest_is_followed() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1", "2"]));
    run.visit();
    edit(&mut run.view().subnets, |all| {
        let full = ["subnet-0f000003", "subnet-0a000001"];
        all.iter_mut().filter(|it| full.contains(&it.id.as_str())).for_each(|subnet| {
            subnet.available_addresses = 7;
        });
    });
    run.object.spec.attributes =
        Some(Attributes { idle_timeout_seconds: Some(3600), ..Attributes::default() });
    let all = [("1", "subnet-0a000001"), ("2", "subnet-0f000002"), ("3", "subnet-0f000003")];
    moved(&mut run, &all.map(|(zone, id)| (zone, Some(id))));
    assert_eq!(run.steps(), ["~ attributes of imply-query-my-peering: idle timeout 3600 s"]);
    assert_eq!(run.ready(), ("False".to_owned(), "SubnetUnsuitable".to_owned()));
    assert!(run.message().contains("7 free addresses"), "{}", run.message());
    // Nor does it leave one zone for another that it cannot have.
    moved(&mut run, &[("1", Some("subnet-0f000001")), ("3", Some("subnet-0f000003"))]);
    assert!(run.visit().is_empty(), "{}", run.plan());
    let stands_in: Vec<_> = run.own().subnets.iter().map(ToString::to_string).collect();
    assert_eq!(stands_in, ["subnet-0f000001", "subnet-0f000002"]);
}

/// Nor is a zone left for one whose subnet does not stand yet.
#[test]
fn a_zone_that_is_left_for_another_serves_until_that_stands() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1", "2"]));
    run.visit();
    moved(&mut run, &[("1", Some("subnet-0f000001")), ("3", None)]);
    assert!(run.visit().is_empty(), "{}", run.plan());
    let says = "a subnet in usw2-az3, before subnet-0f000002 is left";
    assert!(run.waiting().contains(says), "{}", run.waiting());
    moved(&mut run, &[("1", Some("subnet-0f000001")), ("3", Some("subnet-0f000003"))]);
    assert_eq!(
        run.steps(),
        [
            "+ subnet-0f000003 to imply-query-my-peering",
            "- subnet-0f000002 from imply-query-my-peering",
        ]
    );
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_zone_is_added_before_another_goes() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1"]));
    run.visit();
    run.group = Some(subnet_group(&["2"]));
    assert_eq!(
        run.steps(),
        [
            "+ subnet-0f000002 to imply-query-my-peering",
            "- subnet-0f000001 from imply-query-my-peering",
        ]
    );
}

/// A group whose record was lost has yet to find its subnets again.
#[test]
fn a_zone_that_is_wanted_and_whose_subnet_is_not_known_stays() {
    let mut run = settled(query());
    let all = [("1", Some("subnet-0f000001")), ("2", None), ("3", None)];
    moved(&mut run, &all);
    assert!(run.visit().is_empty(), "{}", run.plan());
}

#[test]
fn a_subnet_is_exchanged_for_another_of_its_zone_while_the_others_serve() {
    let mut run = settled(query());
    moved(
        &mut run,
        &[
            ("1", Some("subnet-0a000001")),
            ("2", Some("subnet-0f000002")),
            ("3", Some("subnet-0f000003")),
        ],
    );
    assert_eq!(
        run.steps(),
        [
            "- subnet-0f000001 from imply-query-my-peering",
            "+ subnet-0a000001 to imply-query-my-peering",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn all_subnets_are_exchanged_one_zone_after_the_other() {
    let mut run = settled(query());
    let all = ["1", "2", "3"].map(|zone| (zone, format!("subnet-0a00000{zone}")));
    let all: Vec<_> = all.iter().map(|(zone, id)| (*zone, Some(id.as_str()))).collect();
    moved(&mut run, &all);
    // One after the other: AWS may refuse the new subnet for a while after the old one has gone.
    let zone_by_zone: Vec<String> = ["1", "2", "3"]
        .into_iter()
        .flat_map(|zone| {
            [
                format!("- subnet-0f00000{zone} from imply-query-my-peering"),
                format!("+ subnet-0a00000{zone} to imply-query-my-peering"),
            ]
        })
        .collect();
    assert_eq!(run.steps(), zone_by_zone);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_zone_that_goes_serves_until_the_subnet_of_another_is_exchanged() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1", "2"]));
    run.visit();
    moved(&mut run, &[("1", Some("subnet-0a000001"))]);
    assert_eq!(
        run.steps(),
        [
            "- subnet-0f000001 from imply-query-my-peering",
            "+ subnet-0a000001 to imply-query-my-peering",
            "- subnet-0f000002 from imply-query-my-peering",
        ]
    );
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn the_only_subnet_cannot_be_exchanged_in_its_zone() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1"]));
    run.visit();
    moved(&mut run, &[("1", Some("subnet-0a000001"))]);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "SubnetUnsuitable".to_owned()));
    assert!(run.message().contains("one zone only"), "{}", run.message());
    // Through another zone it can.
    moved(&mut run, &[("1", Some("subnet-0a000001")), ("2", Some("subnet-0f000002"))]);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn other_security_groups_are_set_as_a_whole() {
    let mut run = settled(coordinator());
    run.object.spec.security_groups = Some(vec![by_description("Imply Cloud Default")]);
    assert_eq!(run.steps(), ["~ let imply-coordinator-my-peering carry sg-0def0001"]);
    let mut run = settled(query());
    run.edit_reference(|there| there.security_groups.truncate(1));
    assert_eq!(run.steps(), ["~ let imply-query-my-peering carry sg-0e1b0001"]);
}

/// AWS may refuse the bucket again and again: nothing else is held up by it, and it by nothing.
#[test]
fn logs_are_set_by_a_call_that_nothing_waits_for() {
    let mut spec = query();
    spec.targets = groups(&[("Name", "imply-e04-*")]);
    let mut run = settled(spec);
    run.object.spec.targets = query().targets;
    let logs = AccessLogs {
        enabled: Some(true),
        bucket: Some("logs".to_owned()),
        prefix: None,
        interval_minutes: None,
    };
    run.object.spec.attributes =
        Some(Attributes { access_logs: Some(logs), ..Attributes::default() });
    assert_eq!(
        run.next(),
        [
            "- detach imply-query-my-peering from 'imply-e04-Master-1-ASG'",
            "- detach imply-query-my-peering from 'imply-e04-Other-ASG'",
            "~ attributes of imply-query-my-peering: access logs s3://logs/ every 60 min",
        ]
    );
}

#[test]
fn only_what_differs_of_the_attributes_is_changed() {
    let mut run = settled(query());
    run.object.spec.attributes = Some(Attributes {
        cross_zone: Some(true),
        idle_timeout_seconds: Some(3600),
        desync_mode: Some(DesyncMode::Strictest),
        ..Attributes::default()
    });
    assert_eq!(
        run.steps(),
        ["~ attributes of imply-query-my-peering: idle timeout 3600 s, desync mode strictest"]
    );
    assert_eq!(run.setting("attributes.idleTimeoutSeconds"), ("3600".into(), "Spec".into()));
    assert_eq!(
        run.setting("attributes.connectionDraining.timeoutSeconds"),
        ("120".into(), "Reference".into())
    );
    // Leaf by leaf: how long follows the reference where only that it is on is said.
    run.object.spec.attributes.as_mut().unwrap().connection_draining =
        Some(ConnectionDraining { enabled: true, timeout_seconds: None });
    assert!(run.visit().is_empty(), "{}", run.plan());
}

/// AWS does not tell the desync mode of every balancer; where it does not, it is the default.
#[test]
fn an_attribute_that_is_not_told_is_the_default() {
    let mut run = settled(query());
    let name = run.desired().name;
    let details = run.details(name.as_str()).attributes.as_mut().unwrap().as_mut().unwrap();
    details.desync_mode = None;
    assert!(run.visit().is_empty(), "{}", run.plan());
}

#[test]
fn each_field_of_the_health_check_wins_over_the_reference() {
    let mut run = settled(query());
    run.object.spec.health_check =
        Some(HealthCheck { interval_seconds: Some(20), ..HealthCheck::default() });
    assert_eq!(
        run.steps(),
        [
            "~ health check of imply-query-my-peering: HTTPS:9095/health every 20 s, 5 s to answer, out after 2, in after 2"
        ]
    );
    assert_eq!(run.setting("healthCheck.intervalSeconds"), ("20".into(), "Spec".into()));
    assert_eq!(run.setting("healthCheck.path"), ("/health".into(), "Reference".into()));
    run.edit_reference(|there| "HTTP:8888/up".clone_into(&mut there.health_check.target));
    run.visit();
    assert_eq!(run.own().health_check.target, "HTTP:8888/up");
    run.object.spec.health_check =
        Some(HealthCheck { protocol: Some(BalancerProtocol::Tcp), ..HealthCheck::default() });
    run.visit();
    assert_eq!(run.own().health_check.target, "TCP:8888");
    assert_eq!(run.ready().0, "True");
}

#[test]
fn where_the_reference_is_gone_everything_stays() {
    let mut run = settled(query());
    let (before, settings) = (run.own(), run.object.status.as_ref().unwrap().settings.clone());
    run.balancers(|all| all.retain(|it| it.name.as_str() != REFERENCE));
    run.edit_own(|there| there.security_groups.truncate(1));
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "ReferenceNotFound".to_owned()));
    assert_eq!(run.own().listeners, before.listeners);
    assert_eq!(run.object.status.as_ref().unwrap().settings, settings);
    assert_eq!(run.object.status.as_ref().unwrap().in_service, "3/3");
}

pub(super) fn throttled() -> Untold {
    let failure = AwsFailure {
        operation: "DescribeLoadBalancerAttributes",
        kind: FailureKind::Throttled,
        code: Some("Throttling".to_owned()),
        message: "Rate exceeded".to_owned(),
        request_id: None,
    };
    Untold { failure, last_good: Some(now()) }
}

#[test]
fn where_the_reference_cannot_be_read_everything_stays() {
    let mut run = settled(query());
    run.details(REFERENCE).attributes = Some(Err(throttled()));
    run.edit_reference(|there| there.listeners.clear());
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "ReferenceNotFound".to_owned()));
    // And one that is to be made waits.
    let mut run = run_in(&world(), query());
    run.details(REFERENCE).policies = Some(Err(throttled()));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "ReferenceNotFound");
}

/// What could not be asked for a moment says nothing about the instances.
#[test]
fn health_that_cannot_be_read_leaves_what_was_known() {
    let mut run = settled(query());
    let before = run.object.status.clone();
    let name = run.desired().name;
    run.details(name.as_str()).health = Some(Err(throttled()));
    assert!(run.visit().is_empty());
    assert_eq!(run.object.status, before);
}

/// Traffic passes by the old group and its rules until the balancer carries the new one.
#[test]
fn another_made_group_takes_over_before_the_old_one_goes() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    run.object.spec.security_groups = Some(vec![made_group("impala-v2", 21000, &["10.0.0.0/8"])]);
    let steps = run.steps();
    assert_eq!(
        steps,
        [
            "+ security group 'impala-v2' in vpc-ce78dbb7",
            "+ rule 'tcp 21000 from 10.0.0.0/8' in sg-0f000007",
            "+ rule 'tcp 21000 from sg-0f000007' in sg-0def0001",
            "~ let impala carry sg-0f000007",
            "- rule 'tcp 21000 from sg-0f000001' in sg-0def0001",
            "- security group sg-0f000001 ('impala-fe')",
        ]
    );
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn one_more_made_group_cuts_nobody_off() {
    for instances in [allowed(workers()), backed(workers())] {
        let mut run = settled_in(&with_workers(world()), impala(instances));
        let groups = run.object.spec.security_groups.as_mut().unwrap();
        groups.push(made_group("impala-more", 21000, &["192.168.0.0/16"]));
        let steps = run.steps();
        assert!(!steps.iter().any(|step| step.starts_with('-')), "{steps:#?}");
        assert_eq!(run.ready().0, "True", "{}", run.plan());
    }
}

#[test]
fn groups_that_admit_each_other_go_in_an_order_that_aws_takes() {
    let mut run = settled_in(&with_workers(world()), impala(backed(workers())));
    run.object.spec.security_groups = Some(vec![by_description("Imply Cloud Default")]);
    run.object.spec.targets.instances = Some(workers());
    run.settle();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(run.of_ours(), ["impala"]);
}

#[test]
fn a_made_group_that_one_list_leaves_out_is_not_forgotten() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    run.object.spec.security_groups = Some(vec![made_group("impala-v2", 21000, &["10.0.0.0/8"])]);
    let mut old = None;
    edit(&mut run.view().security_groups, |all| {
        let at = all.iter().position(|it| it.name == "impala-fe").unwrap();
        old = Some(all.remove(at));
    });
    unconfirm(&mut run.view().security_groups);
    run.visit();
    edit(&mut run.view().security_groups, |all| all.extend(old));
    assert_eq!(run.steps(), ["- security group sg-0f000001 ('impala-fe')"]);
    assert_eq!(run.recorded().made.keys().collect::<Vec<_>>(), ["impala-v2"]);
}

/// The record comes before the group: what was never made must not be waited for.
#[test]
fn a_group_that_was_never_made_and_is_no_longer_wanted_is_forgotten() {
    let mut run = run_in(&with_workers(world()), impala(workers()));
    run.visit_dying_after(0);
    run.object.spec.security_groups = Some(vec![made_group("impala-v2", 21000, &["10.0.0.0/8"])]);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(run.object.status.as_ref().unwrap().security_groups.len(), 1);
}
