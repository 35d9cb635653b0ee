//! What the status tells of the instances' health, and when that is enough.

use peerway_api::ConditionType;
use peerway_api::v1alpha1::proxy_load_balancer::Readiness;
use peerway_model::{InstanceHealth, InstanceState};

use super::run::{Run, run_in, settled, subnet_group};
use super::scenario::{coordinator, query, world};

const WHY: &str =
    "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.";

/// Only this many of the balancer's instances answer the health check.
fn answering(run: &mut Run, count: usize) {
    let instances = run.own().instances;
    let told = instances.into_iter().enumerate().map(|(number, instance)| {
        if number < count {
            InstanceHealth {
                instance,
                state: InstanceState::InService,
                reason_code: "N/A".to_owned(),
                description: "N/A".to_owned(),
            }
        } else {
            InstanceHealth {
                instance,
                state: InstanceState::OutOfService,
                reason_code: "Instance".to_owned(),
                description: WHY.to_owned(),
            }
        }
    });
    let told = told.collect();
    let name = run.desired().name;
    run.details(name.as_str()).health = Some(Ok(told));
}

/// Druid's coordinator: only the leader answers the check, and that is how it is meant.
#[test]
fn with_exactly_one_of_three_in_service_it_is_ready() {
    let mut run = settled(coordinator());
    answering(&mut run, 1);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True", "{}", run.message());
    assert!(run.message().contains("1/3 instances in service"), "{}", run.message());
    let status = run.object.status.as_ref().unwrap();
    assert_eq!(status.in_service, "1/3");
    let (value, reason, message) = run.condition(ConditionType::InService);
    assert_eq!((&*value, &*reason), ("True", "Fulfilled"));
    assert_eq!(message, "1 of 3 instances in service.");
}

#[test]
fn zones_and_reasons_are_told_as_aws_tells_them() {
    let mut run = settled(coordinator());
    answering(&mut run, 1);
    run.visit();
    let status = run.object.status.as_ref().unwrap();
    let zones = status.zones.iter().map(|it| (it.zone.to_string(), it.in_service, it.total));
    let zones: Vec<_> = zones.collect();
    let zone = |letter, in_service| (format!("us-west-2{letter}"), in_service, 1);
    assert_eq!(zones, [zone('a', 1), zone('b', 0), zone('c', 0)]);
    let out = &status.out_of_service;
    let ids: Vec<&str> = out.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["i-0e000021", "i-0e000022"]);
    for one in out {
        assert_eq!((&*one.state, &*one.reason_code), ("OutOfService", "Instance"));
        assert_eq!(one.description, WHY);
    }
}

#[test]
fn too_few_in_service_are_not_ready_and_the_reason_is_aws_s() {
    for (min, count) in [(None, 0), (Some(2), 1), (Some(4), 3)] {
        let mut run = settled(query());
        run.object.spec.readiness = Some(Readiness { min_in_service: min });
        answering(&mut run, count);
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), "InstancesOutOfService".to_owned()));
        let wanted =
            format!("{count} of 3 instances in service, and {} are wanted.", min.unwrap_or(1));
        assert!(run.message().starts_with(&wanted), "{}", run.message());
        assert_eq!(run.message().contains(WHY), count < 3, "{}", run.message());
        let programmed = run.condition(ConditionType::Programmed);
        assert_eq!(programmed.0, "True", "it stands as declared: {}", programmed.2);
    }
}

#[test]
fn none_need_be_in_service_where_none_are_asked_for() {
    let mut run = settled(query());
    run.object.spec.readiness = Some(Readiness { min_in_service: Some(0) });
    answering(&mut run, 0);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.message());
    assert_eq!(run.object.status.as_ref().unwrap().in_service, "0/3");
}

#[test]
fn the_names_that_clients_use_are_told() {
    let mut run = settled(query());
    run.edit_own(|there| {
        there.dns_name = "internal-imply-query-1.us-west-2.elb.amazonaws.com".to_owned();
        there.hosted_zone_id = Some("Z1H1FL5HABSF5".to_owned());
    });
    assert!(run.visit().is_empty());
    let told = run.object.status.as_ref().unwrap().load_balancer.as_ref().unwrap();
    assert!(told.exists);
    assert_eq!(
        told.dns_name.as_deref(),
        Some("internal-imply-query-1.us-west-2.elb.amazonaws.com")
    );
    assert_eq!(told.hosted_zone_id.as_deref(), Some("Z1H1FL5HABSF5"));
}

/// Nobody who reads `READY=True` should have to find out why a third of the instances never serves.
#[test]
fn a_zone_without_a_subnet_is_named_with_its_count_where_health_is_told() {
    let mut run = run_in(&world(), query());
    run.group = Some(subnet_group(&["1", "2"]));
    run.visit();
    answering(&mut run, 2);
    run.visit();
    let sentence = "1 instance in us-west-2c stays out of service";
    assert_eq!(run.ready().0, "True", "{}", run.message());
    assert!(run.message().contains(sentence), "{}", run.message());
    let (value, _, message) = run.condition(ConditionType::InService);
    assert_eq!(value, "True");
    assert!(message.contains(sentence), "{message}");
    run.object.spec.readiness = Some(Readiness { min_in_service: Some(3) });
    run.visit();
    assert_eq!(run.ready().1, "InstancesOutOfService");
    assert!(run.message().contains(sentence), "{}", run.message());
}
