//! What balancers think of instances, as time passes.

use peerway_sim::ec2::instances::{StartInstances, StopInstances, TerminateInstances};
use peerway_sim::elb::*;
use peerway_sim::{Action, FaultKind, HealthChecks, Settings, Timings, World};

use super::elb::{BALANCED, balanced, make, proxy, texts};
use super::support::*;

const LEADER: &str = "i-0000000a";
const FOLLOWER: &str = "i-0000000b";

fn instances(ids: &[&str]) -> Vec<Instance> {
    ids.iter().map(|id| Instance { instance_id: (*id).to_owned() }).collect()
}

fn register(name: &str, ids: &[&str]) -> RegisterInstancesWithLoadBalancer {
    let load_balancer_name = name.to_owned();
    RegisterInstancesWithLoadBalancer { load_balancer_name, instances: instances(ids) }
}

fn deregister(name: &str, ids: &[&str]) -> DeregisterInstancesFromLoadBalancer {
    let load_balancer_name = name.to_owned();
    DeregisterInstancesFromLoadBalancer { load_balancer_name, instances: instances(ids) }
}

fn check(
    name: &str,
    target: &str,
    interval: i32,
    unhealthy: i32,
    healthy: i32,
) -> ConfigureHealthCheck {
    ConfigureHealthCheck {
        load_balancer_name: name.to_owned(),
        health_check: HealthCheckItem {
            target: target.to_owned(),
            interval,
            timeout: 2,
            unhealthy_threshold: unhealthy,
            healthy_threshold: healthy,
        },
    }
}

/// State, reason and the beginning of the description of one instance.
fn health(world: &World, name: &str, id: &str) -> (&'static str, &'static str, String) {
    let request =
        DescribeInstanceHealth { load_balancer_name: name.to_owned(), instances: instances(&[id]) };
    let item = done(world, &ours(), request).instance_states.remove(0);
    (item.state, item.reason_code, item.description)
}

fn is_in(world: &World, name: &str, id: &str) -> bool {
    health(world, name, id).0 == "InService"
}

#[test]
fn the_leader_is_in_service_after_threshold_times_interval_and_nobody_else() {
    let world = balanced();
    make(&world, "coordinator");
    let target = "HTTPS:8281/druid/coordinator/v1/isLeader";
    done(&world, &ours(), check("coordinator", target, 10, 2, 3));
    done(&world, &ours(), register("coordinator", &[LEADER, FOLLOWER]));
    let registering =
        ("OutOfService", "ELB", "Instance registration is still in progress.".to_owned());
    assert_eq!(health(&world, "coordinator", LEADER), registering);
    world.advance(seconds(10 + 29));
    let (state, reason, description) = health(&world, "coordinator", LEADER);
    assert_eq!((state, reason), ("OutOfService", "Instance"));
    assert!(description.starts_with("Instance has not passed the configured"), "{description}");
    world.advance(seconds(1));
    assert_eq!(health(&world, "coordinator", LEADER), ("InService", "N/A", "N/A".to_owned()));
    let (state, _, description) = health(&world, "coordinator", FOLLOWER);
    assert_eq!(state, "OutOfService");
    assert!(description.starts_with("Instance has failed at least the Unhealthy"), "{description}");

    // The lead passes on: both are judged anew, each by its own threshold.
    world.set_answers(&LEADER.parse().unwrap(), false, None).unwrap();
    world.set_answers(&FOLLOWER.parse().unwrap(), true, None).unwrap();
    world.advance(seconds(19));
    assert!(is_in(&world, "coordinator", LEADER));
    world.advance(seconds(1));
    assert!(!is_in(&world, "coordinator", LEADER));
    assert!(!is_in(&world, "coordinator", FOLLOWER));
    world.advance(seconds(10));
    assert!(is_in(&world, "coordinator", FOLLOWER));
}

#[test]
fn health_checks_are_checked() {
    let world = balanced();
    make(&world, "proxy");
    for bad in [
        check("proxy", "TCP:21000/png", 30, 2, 10),
        check("proxy", "HTTP:80", 30, 2, 10),
        check("proxy", "FOO:80", 30, 2, 10),
        check("proxy", "TCP:80", 4, 2, 10),
        check("proxy", "TCP:80", 301, 2, 10),
        check("proxy", "TCP:80", 30, 1, 10),
        check("proxy", "TCP:80", 30, 2, 11),
    ] {
        assert_eq!(code(&world, &ours(), bad), "ValidationError");
    }
    let mut slow = check("proxy", "TCP:80", 10, 2, 10);
    slow.health_check.timeout = 10;
    let error = refusal(&world, &ours(), slow);
    assert_eq!(error.message(), "HealthCheck timeout must be less than interval.");
}

#[test]
fn an_instance_in_a_zone_without_a_subnet_stays_out_until_there_is_one() {
    let world = balanced();
    let request = CreateLoadBalancer { subnets: texts(&["subnet-0000000a"]), ..proxy("proxy") };
    done(&world, &ours(), request);
    done(&world, &ours(), check("proxy", "TCP:8888", 5, 2, 2));
    done(&world, &ours(), register("proxy", &[LEADER, FOLLOWER]));
    world.advance(hours(1));
    assert!(is_in(&world, "proxy", LEADER));
    let (state, _, description) = health(&world, "proxy", FOLLOWER);
    assert_eq!(state, "OutOfService");
    assert!(
        description.contains("Availability Zone for which LoadBalancer is not configured"),
        "{description}"
    );
    let attach = AttachLoadBalancerToSubnets {
        load_balancer_name: "proxy".to_owned(),
        subnets: texts(&["subnet-0000000b"]),
    };
    done(&world, &ours(), attach);
    assert!(!is_in(&world, "proxy", FOLLOWER));
    world.advance(seconds(10));
    assert!(is_in(&world, "proxy", FOLLOWER));
}

#[test]
fn only_running_instances_of_the_vpc_are_registered() {
    let world = balanced();
    make(&world, "proxy");
    for (id, part) in [
        ("i-00000bad", "Could not find EC2 instance i-00000bad."),
        ("i-0000000c", "not running"),
        ("i-0000000d", "not in the same VPC as ELB."),
    ] {
        let error = refusal(&world, &ours(), register("proxy", &[LEADER, id]));
        assert_eq!(error.code(), Some("InvalidInstance"));
        assert!(error.message().contains(part), "{error}");
    }
    let all = done(&world, &ours(), register("proxy", &[LEADER, LEADER]));
    assert_eq!(all.instances, instances(&[LEADER]));
    let unregistered = health(&world, "proxy", FOLLOWER);
    assert_eq!(unregistered.2, "Instance is not currently registered with the LoadBalancer.");
    assert_eq!(code(&world, &ours(), deregister("proxy", &["i-00000bad"])), "InvalidInstance");
    done(&world, &ours(), deregister("proxy", &[FOLLOWER]));
}

#[test]
fn a_stopped_instance_is_out_at_once_and_comes_back_by_checks() {
    let world = balanced();
    make(&world, "proxy");
    done(&world, &ours(), check("proxy", "TCP:8888", 5, 2, 4));
    done(&world, &ours(), register("proxy", &[LEADER]));
    world.advance(seconds(30));
    assert!(is_in(&world, "proxy", LEADER));
    let instance_ids = texts(&[LEADER]);
    done(
        &world,
        &ours(),
        StopInstances { instance_ids: instance_ids.clone(), ..Default::default() },
    );
    world.advance(seconds(60));
    assert_eq!(health(&world, "proxy", LEADER).2, "Instance is in stopped state.");
    done(
        &world,
        &ours(),
        StartInstances { instance_ids: instance_ids.clone(), ..Default::default() },
    );
    world.advance(seconds(20 + 19));
    assert!(!is_in(&world, "proxy", LEADER));
    world.advance(seconds(1));
    assert!(is_in(&world, "proxy", LEADER));
    done(&world, &ours(), TerminateInstances { instance_ids, ..Default::default() });
    world.advance(hours(2));
    let request =
        DescribeInstanceHealth { load_balancer_name: "proxy".to_owned(), instances: vec![] };
    assert!(done(&world, &ours(), request).instance_states.is_empty());
}

#[test]
fn a_drained_instance_stays_in_service_while_it_leaves() {
    let world = balanced();
    make(&world, "proxy");
    let draining = ModifyLoadBalancerAttributes {
        load_balancer_name: "proxy".to_owned(),
        load_balancer_attributes: AttributesItem {
            connection_draining: Some(DrainingItem { enabled: true, timeout: Some(20) }),
            ..AttributesItem::default()
        },
    };
    done(&world, &ours(), draining);
    done(&world, &ours(), register("proxy", &[LEADER]));
    world.advance(hours(1));
    assert!(done(&world, &ours(), deregister("proxy", &[LEADER])).instances.is_empty());
    let (state, _, description) = health(&world, "proxy", LEADER);
    assert_eq!(
        (state, &*description),
        ("InService", "Instance deregistration currently in progress.")
    );
    world.advance(seconds(20));
    assert_eq!(health(&world, "proxy", LEADER).0, "OutOfService");
}

#[test]
fn a_world_may_judge_at_once() {
    let timings = Timings {
        health_checks: HealthChecks::AtOnce,
        registration: std::time::Duration::ZERO,
        ..Timings::default()
    };
    let world = world_of(BALANCED, Settings { timings, ..Settings::default() });
    make(&world, "proxy");
    done(&world, &ours(), register("proxy", &[LEADER]));
    assert!(is_in(&world, "proxy", LEADER));
}

#[test]
fn a_balancer_that_is_stuck_takes_in_and_lets_go_for_ever() {
    let world = balanced();
    make(&world, "coordinator");
    done(&world, &ours(), check("coordinator", "TCP:8281", 10, 2, 3));
    world.fail_next(Action::RegisterInstancesWithLoadBalancer, FaultKind::Stuck);
    done(&world, &ours(), register("coordinator", &[LEADER]));
    done(&world, &ours(), register("coordinator", &[FOLLOWER]));
    world.advance(hours(1000));
    assert_eq!(health(&world, "coordinator", LEADER).1, "ELB");
    assert!(is_in(&world, "coordinator", FOLLOWER), "what came before or after is not stuck");
    world.fail_next(Action::DeregisterInstancesFromLoadBalancer, FaultKind::Stuck);
    done(&world, &ours(), deregister("coordinator", &[FOLLOWER]));
    world.advance(hours(1000));
    let (_, _, description) = health(&world, "coordinator", FOLLOWER);
    assert!(description.contains("deregistration currently"), "{description}");
    assert_eq!(world.struck().values().sum::<u64>(), 2);
    world.resume_stuck();
    assert!(!is_in(&world, "coordinator", FOLLOWER));
    world.advance(seconds(60));
    assert!(is_in(&world, "coordinator", LEADER));
}
