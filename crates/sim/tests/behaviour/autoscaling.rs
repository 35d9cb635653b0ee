//! Auto-scaling groups, and their balancers.

use std::time::Duration;

use peerway_sim::autoscaling::*;
use peerway_sim::ec2::instances::{DescribeInstances, TerminateInstances};
use peerway_sim::ec2::launch_templates::{
    CreateLaunchTemplate, CreateLaunchTemplateVersion, DeleteLaunchTemplate, LaunchTemplateData,
};
use peerway_sim::ec2::network_interfaces::DescribeNetworkInterfaces;
use peerway_sim::elb::{
    ApplySecurityGroupsToLoadBalancer, ConfigureHealthCheck, CreateLoadBalancer,
    DescribeInstanceHealth, DescribeLoadBalancers, DrainingItem, ElbDescribeTags, HealthCheckItem,
    ModifyLoadBalancerAttributes,
};
use peerway_sim::weather::{Lag, NewIds};
use peerway_sim::{Fault, FaultKind, Settings, World};

use super::elb::{balanced, make, proxy, remove, shown, texts};
use super::support::*;

const GROUP: &str = "nodes";

/// A group of two, unmade.
fn of_two() -> CreateAutoScalingGroup {
    CreateAutoScalingGroup {
        auto_scaling_group_name: GROUP.to_owned(),
        instance_id: Some("i-0000000a".to_owned()),
        min_size: 0,
        max_size: 4,
        desired_capacity: Some(2),
        vpc_zone_identifier: Some("subnet-0000000a,subnet-0000000b".to_owned()),
        tags: vec![GroupTag {
            key: "Name".to_owned(),
            value: Some("node".to_owned()),
            propagate_at_launch: Some(true),
            ..GroupTag::default()
        }],
        ..CreateAutoScalingGroup::default()
    }
}

/// A world in which a group of two runs, and a balancer stands beside.
pub(crate) fn grouped() -> World {
    let world = balanced();
    make(&world, "proxy");
    done(&world, &ours(), of_two());
    world.advance(seconds(20));
    world
}

fn group(world: &World) -> Option<GroupItem> {
    let request = DescribeAutoScalingGroups {
        auto_scaling_group_names: texts(&[GROUP]),
        ..DescribeAutoScalingGroups::default()
    };
    done(world, &ours(), request).auto_scaling_groups.pop()
}

fn members(world: &World) -> Vec<(String, &'static str)> {
    let items = group(world).unwrap().instances.into_iter();
    items.map(|item| (item.instance_id.to_string(), item.lifecycle_state)).collect()
}

pub(crate) fn attach(names: &[&str]) -> AttachLoadBalancers {
    AttachLoadBalancers {
        auto_scaling_group_name: GROUP.to_owned(),
        load_balancer_names: texts(names),
    }
}

fn detach(names: &[&str]) -> DetachLoadBalancers {
    DetachLoadBalancers {
        auto_scaling_group_name: GROUP.to_owned(),
        load_balancer_names: texts(names),
    }
}

fn source(name: &str, kind: Option<&str>) -> TrafficSource {
    TrafficSource { identifier: name.to_owned(), kind: kind.map(str::to_owned) }
}

/// The state of each balancer, seen by both families of calls.
fn links(world: &World) -> Vec<(String, &'static str)> {
    let request = AutoScalingDescribeLoadBalancers {
        auto_scaling_group_name: GROUP.to_owned(),
        ..AutoScalingDescribeLoadBalancers::default()
    };
    let items = done(world, &ours(), request).load_balancers.into_iter();
    let links: Vec<_> = items.map(|item| (item.load_balancer_name, item.state)).collect();
    let request = DescribeTrafficSources {
        auto_scaling_group_name: GROUP.to_owned(),
        ..DescribeTrafficSources::default()
    };
    let items = done(world, &ours(), request).traffic_sources.into_iter();
    let sources: Vec<_> = items.map(|item| (item.identifier, item.state)).collect();
    assert_eq!(links, sources);
    links
}

fn link(name: &str, state: &'static str) -> Vec<(String, &'static str)> {
    vec![(name.to_owned(), state)]
}

pub(crate) fn check(name: &str, target: &str) -> ConfigureHealthCheck {
    ConfigureHealthCheck {
        load_balancer_name: name.to_owned(),
        health_check: HealthCheckItem {
            target: target.to_owned(),
            interval: 5,
            timeout: 2,
            unhealthy_threshold: 2,
            healthy_threshold: 2,
        },
    }
}

fn desired(desired_capacity: i32) -> SetDesiredCapacity {
    let auto_scaling_group_name = GROUP.to_owned();
    SetDesiredCapacity { auto_scaling_group_name, desired_capacity, honor_cooldown: None }
}

fn activities(world: &World) -> Vec<ActivityItem> {
    let request = DescribeScalingActivities {
        auto_scaling_group_name: Some(GROUP.to_owned()),
        ..DescribeScalingActivities::default()
    };
    done(world, &ours(), request).activities
}

#[test]
fn a_group_launches_its_instances_over_its_zones_and_tags_them() {
    let world = balanced();
    done(&world, &ours(), of_two());
    assert!(members(&world).iter().all(|(_, state)| *state == "Pending"));
    world.advance(seconds(20));
    let of = group(&world).unwrap();
    assert!(of.instances.iter().all(|item| item.lifecycle_state == "InService"));
    let zones: Vec<&str> = of.instances.iter().map(|it| it.availability_zone.as_str()).collect();
    assert!(zones.contains(&"us-west-2a") && zones.contains(&"us-west-2b"), "{zones:?}");
    let request = DescribeInstances {
        filters: filter("tag:aws:autoscaling:groupName", &[GROUP]),
        ..DescribeInstances::default()
    };
    let reservations = done(&world, &ours(), request).reservation_set;
    assert_eq!(reservations.len(), 2);
    assert_eq!(reservations[0].instances_set[0].tag_set.0["Name"], "node");
}

#[test]
fn a_new_group_must_be_one_that_aws_would_make() {
    type Change = fn(&mut CreateAutoScalingGroup);
    let world = grouped();
    let cases: &[(&str, &str, Change)] = &[
        ("AlreadyExists", "already exists", |_| {}),
        ("ValidationError", "Min bound", |it| it.min_size = 5),
        ("ValidationError", "Desired capacity:9", |it| it.desired_capacity = Some(9)),
        ("ValidationError", "greater than or equal to 0", |it| it.min_size = -1),
        ("ValidationError", "At least one", |it| it.vpc_zone_identifier = None),
        ("ValidationError", "does not exist", |it| {
            it.vpc_zone_identifier = Some("subnet-00000bad".to_owned());
        }),
        ("ValidationError", "same VPC", |it| {
            it.vpc_zone_identifier = Some("subnet-0000000a,subnet-0000000d".to_owned());
        }),
        ("ValidationError", "do not match", |it| it.availability_zones = texts(&["us-west-2c"])),
        ("ValidationError", "do not match", |it| it.availability_zones = texts(&["us-west-2a"])),
        ("ValidationError", "launchTemplate", |it| it.instance_id = None),
        ("ValidationError", "HealthCheckType", |it| it.health_check_type = Some("X".to_owned())),
        ("ValidationError", "may not be valid", |it| it.load_balancer_names = texts(&["none"])),
    ];
    for (expected, part, change) in cases {
        let mut request = of_two();
        if *expected != "AlreadyExists" {
            request.auto_scaling_group_name = "other".to_owned();
        }
        change(&mut request);
        let error = refusal(&world, &ours(), request);
        assert_eq!(error.code(), Some(*expected), "{error}");
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_balancer_is_adding_then_added_then_in_service_then_removing_then_gone() {
    let world = grouped();
    done(&world, &ours(), check("proxy", "TCP:8888"));
    done(&world, &ours(), attach(&["proxy"]));
    done(&world, &ours(), attach(&["proxy"]));
    assert_eq!(links(&world), link("proxy", "Adding"));
    assert_eq!(shown(&world, "proxy").instances.len(), 2);
    world.advance(seconds(10));
    assert_eq!(links(&world), link("proxy", "Added"));
    world.advance(hours(1));
    assert_eq!(links(&world), link("proxy", "Added"), "without ELB among the health checks");
    let update = UpdateAutoScalingGroup {
        auto_scaling_group_name: GROUP.to_owned(),
        health_check_type: Some("EC2,ELB".to_owned()),
        ..UpdateAutoScalingGroup::default()
    };
    done(&world, &ours(), update);
    assert_eq!(links(&world), link("proxy", "InService"));
    let draining = ModifyLoadBalancerAttributes {
        load_balancer_name: "proxy".to_owned(),
        load_balancer_attributes: peerway_sim::elb::AttributesItem {
            connection_draining: Some(DrainingItem { enabled: true, timeout: None }),
            ..Default::default()
        },
    };
    done(&world, &ours(), draining);
    done(&world, &ours(), detach(&["proxy"]));
    assert_eq!(links(&world), link("proxy", "Removing"));
    assert!(group(&world).unwrap().load_balancer_names.is_empty());
    assert!(shown(&world, "proxy").instances.is_empty());
    world.advance(seconds(30));
    assert_eq!(links(&world), []);
}

#[test]
fn detaching_one_balancer_leaves_the_others_alone() {
    let world = grouped();
    make(&world, "other");
    done(&world, &ours(), attach(&["proxy", "other"]));
    world.advance(seconds(60));
    let sources = DetachTrafficSources {
        auto_scaling_group_name: GROUP.to_owned(),
        traffic_sources: vec![source("proxy", Some("elb"))],
    };
    done(&world, &ours(), sources);
    world.advance(seconds(60));
    assert_eq!(links(&world), link("other", "Added"));
    assert_eq!(shown(&world, "other").instances.len(), 2);
    assert!(shown(&world, "proxy").instances.is_empty());
    let again = AttachTrafficSources {
        auto_scaling_group_name: GROUP.to_owned(),
        traffic_sources: vec![source("proxy", Some("elb"))],
        skip_zonal_shift_validation: None,
    };
    done(&world, &ours(), again);
    let found = group(&world).unwrap();
    assert_eq!(found.load_balancer_names, ["other"], "what was attached by the other calls");
    assert_eq!(found.traffic_sources, [source("other", Some("elb")), source("proxy", Some("elb"))]);
    done(&world, &ours(), attach(&["proxy"]));
    assert_eq!(group(&world).unwrap().load_balancer_names, ["other"], "it is attached already");
    done(&world, &ours(), detach(&["proxy"]));
    world.advance(seconds(60));
    done(&world, &ours(), attach(&["proxy"]));
    assert_eq!(group(&world).unwrap().load_balancer_names, ["other", "proxy"]);
}

#[test]
fn a_new_balancer_is_not_found_by_any_service_for_a_while() {
    let world = grouped();
    let new_ids = NewIds { seconds: seconds(4), calls: 0 };
    world.set_lag(vec![Lag { new_ids, ..Lag::default() }]);
    make(&world, "late");
    let all = || done(&world, &ours(), DescribeLoadBalancers::default());
    let names = || all().load_balancer_descriptions.into_iter().map(|it| it.load_balancer_name);
    assert_eq!(names().collect::<Vec<_>>(), ["proxy"]);
    let tags = ElbDescribeTags { load_balancer_names: texts(&["late"]) };
    assert_eq!(code(&world, &ours(), tags), "LoadBalancerNotFound");
    let attached = refusal(&world, &ours(), attach(&["late"]));
    assert!(attached.message().contains("may not be valid"), "{}", attached.message());
    // The name is taken at once, and a name elsewhere is another's.
    assert_eq!(
        code(&world, &ours(), CreateLoadBalancer { scheme: None, ..proxy("late") }),
        "DuplicateLoadBalancerName"
    );
    done(&world, &ours(), attach(&["proxy"]));
    world.advance(seconds(4));
    assert_eq!(names().collect::<Vec<_>>(), ["late", "proxy"]);
    done(&world, &ours(), attach(&["late"]));
    done(&world, &ours(), detach(&["late"]));
}

#[test]
fn a_new_balancer_is_not_found_once() {
    let world = grouped();
    world.inject(Fault::any(FaultKind::FreshNotFound));
    make(&world, "late");
    let attached = refusal(&world, &ours(), attach(&["late"]));
    assert!(attached.message().contains("may not be valid"), "{}", attached.message());
    done(&world, &ours(), attach(&["late"]));
}

#[test]
fn wrong_attachments_are_refused() {
    let world = grouped();
    let names: Vec<String> = (0..11).map(|n| format!("b{n}")).collect();
    for name in &names {
        make(&world, name);
    }
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    for (request, part) in [
        (attach(&all), "The limit is 10"),
        (attach(&["proxy", "none"]), "Provided Load Balancers may not be valid."),
        (attach(&[]), "At least one"),
        (
            AttachLoadBalancers {
                auto_scaling_group_name: "none".to_owned(),
                ..attach(&["proxy"])
            },
            "AutoScalingGroup name not found - ",
        ),
    ] {
        let error = refusal(&world, &ours(), request);
        assert_eq!(error.code(), Some("ValidationError"));
        assert!(error.message().contains(part), "{error}");
    }
    let error = refusal(&world, &ours(), detach(&["proxy"]));
    assert_eq!(
        error.message(),
        "Trying to remove Load Balancers that are not part of the group: [proxy]"
    );
    let untyped = AttachTrafficSources {
        auto_scaling_group_name: GROUP.to_owned(),
        traffic_sources: vec![source("proxy", None)],
        skip_zonal_shift_validation: None,
    };
    assert_eq!(code(&world, &ours(), untyped), "ValidationError");
    // Too many on their way at once; when they have arrived there is room again.
    done(&world, &ours(), attach(&all[..10]));
    assert!(refusal(&world, &ours(), attach(&["proxy"])).message().contains("The limit is 10"));
    world.advance(seconds(10));
    done(&world, &ours(), attach(&["proxy"]));
    assert_eq!(links(&world).len(), 11);
}

#[test]
fn a_terminated_instance_is_replaced_and_registered() {
    let world = grouped();
    done(&world, &ours(), attach(&["proxy"]));
    let (gone, _) = members(&world).remove(0);
    let terminate = TerminateInstances { instance_ids: vec![gone.clone()], ..Default::default() };
    done(&world, &ours(), terminate);
    // The group notices at its next check.
    world.advance(seconds(59));
    assert_eq!(members(&world).len(), 2);
    assert!(members(&world).iter().any(|(id, _)| *id == gone));
    world.advance(seconds(60));
    let now = members(&world);
    assert_eq!(now.len(), 2);
    assert!(now.iter().all(|(id, state)| *id != gone && *state == "InService"), "{now:?}");
    let registered = shown(&world, "proxy").instances;
    assert!(now.iter().all(|(id, _)| registered.iter().any(|it| it.instance_id == *id)));
}

#[test]
fn an_instance_that_was_coming_up_when_the_world_was_saved_is_registered() {
    let world = grouped();
    done(&world, &ours(), attach(&["proxy"]));
    world.advance(seconds(60));
    done(&world, &ours(), desired(3));
    assert!(members(&world).iter().any(|(_, life)| *life == "Pending"));
    let again = World::new(&world.estate(), Settings::default()).unwrap();
    again.advance(seconds(60));
    assert_eq!(shown(&again, "proxy").instances.len(), 3);
}

#[test]
fn what_is_launched_while_nothing_is_added_is_not_added_later() {
    let world = grouped();
    done(&world, &ours(), attach(&["proxy"]));
    let processes = || texts(&["AddToLoadBalancer"]);
    let suspend = SuspendProcesses {
        auto_scaling_group_name: GROUP.to_owned(),
        scaling_processes: processes(),
    };
    done(&world, &ours(), suspend);
    assert_eq!(group(&world).unwrap().suspended_processes[0].process_name, "AddToLoadBalancer");
    done(&world, &ours(), desired(3));
    world.advance(seconds(60));
    assert_eq!(members(&world).len(), 3);
    assert_eq!(shown(&world, "proxy").instances.len(), 2);
    let resume = ResumeProcesses {
        auto_scaling_group_name: GROUP.to_owned(),
        scaling_processes: processes(),
    };
    done(&world, &ours(), resume);
    world.advance(seconds(60));
    assert_eq!(shown(&world, "proxy").instances.len(), 2);
    done(&world, &ours(), desired(4));
    world.advance(seconds(60));
    assert_eq!(shown(&world, "proxy").instances.len(), 3);
    let unknown = SuspendProcesses {
        auto_scaling_group_name: GROUP.to_owned(),
        scaling_processes: texts(&["Sleep"]),
    };
    assert_eq!(code(&world, &ours(), unknown), "ValidationError");
}

#[test]
fn a_balancer_that_is_deleted_but_named_stops_launches() {
    let world = grouped();
    done(&world, &ours(), attach(&["proxy"]));
    world.advance(seconds(60));
    done(&world, &ours(), remove("proxy"));
    done(&world, &ours(), desired(3));
    world.advance(seconds(600));
    assert_eq!(members(&world).len(), 2);
    let failed = activities(&world).remove(0);
    assert_eq!(failed.status_code, "Failed");
    let message = failed.status_message.unwrap();
    assert!(message.contains("There is no ACTIVE Load Balancer named 'proxy'"), "{message}");
    assert!(message.contains("Validating load balancer configuration failed."), "{message}");
    assert_eq!(links(&world), link("proxy", "Added"));
    done(&world, &ours(), detach(&["proxy"]));
    world.advance(seconds(120));
    assert_eq!(members(&world).len(), 3);
    assert_eq!(activities(&world)[0].status_code, "Successful");
}

#[test]
fn a_group_that_can_launch_nothing_gives_up_after_a_day() {
    let world = grouped();
    done(&world, &ours(), attach(&["proxy"]));
    done(&world, &ours(), remove("proxy"));
    done(&world, &ours(), desired(3));
    // However far the time goes, it gets there.
    world.advance(Duration::from_hours(24 * 365 * 100));
    let suspended = group(&world).unwrap().suspended_processes;
    assert_eq!(suspended[0].process_name, "Launch");
    assert!(suspended[0].suspension_reason.starts_with("Administrator suspended"));
}

#[test]
fn a_health_check_for_leaders_kills_the_followers_of_a_group_that_heeds_balancers() {
    let world = balanced();
    make(&world, "proxy");
    done(&world, &ours(), check("proxy", "HTTPS:8281/isLeader"));
    let request = CreateAutoScalingGroup {
        health_check_type: Some("ELB".to_owned()),
        health_check_grace_period: Some(60),
        load_balancer_names: texts(&["proxy"]),
        ..of_two()
    };
    done(&world, &ours(), request);
    world.advance(seconds(20));
    let before = members(&world);
    world.advance(seconds(600));
    assert_eq!(members(&world), before, "as long as nobody was ever in service nobody is judged");
    let leader = before[0].0.parse().unwrap();
    world.set_answers(&leader, true, None).unwrap();
    world.advance(seconds(200));
    let after = members(&world);
    assert_ne!(after, before);
    assert!(after.contains(&before[0]), "the leader stays: {after:?}");
    assert!(!after.contains(&before[1]), "the follower is replaced: {after:?}");
    assert!(
        activities(&world).iter().any(|it| it.cause.contains("ELB system health check failure"))
    );
}

#[test]
fn followers_live_in_a_group_that_heeds_only_ec2() {
    let world = grouped();
    done(&world, &ours(), check("proxy", "HTTPS:8281/isLeader"));
    done(&world, &ours(), attach(&["proxy"]));
    let before = members(&world);
    world.set_answers(&before[0].0.parse().unwrap(), true, None).unwrap();
    world.advance(hours(2));
    assert_eq!(members(&world), before);
    let request =
        DescribeInstanceHealth { load_balancer_name: "proxy".to_owned(), instances: Vec::new() };
    let states = done(&world, &ours(), request).instance_states;
    assert_eq!(states.iter().filter(|it| it.state == "InService").count(), 1);
}

#[test]
fn capacity_stays_within_its_bounds() {
    let world = grouped();
    for (asked, part) in [(5, "above max value 4"), (-1, "greater than or equal to 0")] {
        let error = refusal(&world, &ours(), desired(asked));
        assert_eq!(error.code(), Some("ValidationError"));
        assert!(error.message().contains(part), "{error}");
    }
    let hasty = SetDesiredCapacity { honor_cooldown: Some(true), ..desired(3) };
    assert_eq!(code(&world, &ours(), hasty.clone()), "ScalingActivityInProgress");
    world.advance(seconds(300));
    done(&world, &ours(), hasty);
    world.advance(seconds(60));
    let all = members(&world);
    assert_eq!(all.len(), 3);
    let end = |id: &str, decrement| TerminateInstanceInAutoScalingGroup {
        instance_id: id.to_owned(),
        should_decrement_desired_capacity: decrement,
    };
    assert_eq!(code(&world, &ours(), end("i-00000bad", true)), "ValidationError");
    assert_eq!(code(&world, &ours(), end("i-0000000b", true)), "ValidationError");
    let ended = done(&world, &ours(), end(&all[0].0, true));
    assert!(ended.activity.description.contains(&all[0].0));
    world.advance(seconds(60));
    assert_eq!(members(&world).len(), 2);
    done(&world, &ours(), end(&all[1].0, false));
    world.advance(seconds(60));
    assert_eq!(members(&world).len(), 2);
    let raise = UpdateAutoScalingGroup {
        auto_scaling_group_name: GROUP.to_owned(),
        min_size: Some(2),
        ..UpdateAutoScalingGroup::default()
    };
    done(&world, &ours(), raise);
    let last = members(&world).remove(0).0;
    let error = refusal(&world, &ours(), end(&last, true));
    assert!(error.message().contains("violate group's min size constraint"), "{error}");
}

#[test]
fn a_group_is_deleted_when_it_is_empty_or_by_force() {
    let world = grouped();
    let delete = |force| DeleteAutoScalingGroup {
        auto_scaling_group_name: GROUP.to_owned(),
        force_delete: Some(force),
    };
    assert_eq!(code(&world, &ours(), delete(false)), "ResourceInUse");
    done(&world, &ours(), desired(0));
    assert_eq!(code(&world, &ours(), delete(false)), "ScalingActivityInProgress");
    world.advance(seconds(20));
    done(&world, &ours(), delete(false));
    assert!(group(&world).is_none());
    assert_eq!(code(&world, &ours(), delete(true)), "ValidationError");
    done(&world, &ours(), of_two());
    world.advance(seconds(20));
    done(&world, &ours(), delete(true));
    assert_eq!(group(&world).unwrap().status, Some("Delete in progress"));
    assert_eq!(code(&world, &ours(), attach(&["proxy"])), "ValidationError");
    world.advance(seconds(20));
    assert!(group(&world).is_none());
}

#[test]
fn groups_are_found_by_tags_without_wildcards_and_in_pages() {
    let world = grouped();
    let named = |value: &str| {
        let filters = vec![GroupFilter { name: "tag:Name".to_owned(), values: texts(&[value]) }];
        DescribeAutoScalingGroups { filters, ..DescribeAutoScalingGroups::default() }
    };
    assert_eq!(done(&world, &ours(), named("node")).auto_scaling_groups.len(), 1);
    assert_eq!(done(&world, &ours(), named("nod*")).auto_scaling_groups.len(), 0);
    let filters = vec![GroupFilter { name: "bogus".to_owned(), values: texts(&["x"]) }];
    let bogus = DescribeAutoScalingGroups { filters, ..DescribeAutoScalingGroups::default() };
    assert_eq!(code(&world, &ours(), bogus), "ValidationError");
    let second = CreateAutoScalingGroup {
        auto_scaling_group_name: "second".to_owned(),
        desired_capacity: Some(0),
        ..of_two()
    };
    done(&world, &ours(), second);
    let page = |next_token, max| DescribeAutoScalingGroups {
        next_token,
        max_records: Some(max),
        ..DescribeAutoScalingGroups::default()
    };
    let first = done(&world, &ours(), page(None, 1));
    assert_eq!(first.auto_scaling_groups[0].auto_scaling_group_name, GROUP);
    let rest = done(&world, &ours(), page(first.next_token, 1));
    assert_eq!(rest.auto_scaling_groups[0].auto_scaling_group_name, "second");
    assert_eq!(rest.next_token, None);
    assert_eq!(code(&world, &ours(), page(Some("forged".to_owned()), 1)), "InvalidNextToken");
    assert_eq!(code(&world, &ours(), page(None, 101)), "ValidationError");
    let slim = DescribeAutoScalingGroups { include_instances: Some(false), ..Default::default() };
    assert!(done(&world, &ours(), slim).auto_scaling_groups[0].instances.is_empty());
}

#[test]
fn tags_of_groups_are_written_read_and_deleted() {
    let world = grouped();
    let tag = |key: &str, group: &str| GroupTag {
        resource_id: Some(group.to_owned()),
        resource_type: Some("auto-scaling-group".to_owned()),
        key: key.to_owned(),
        value: Some("v".to_owned()),
        propagate_at_launch: Some(false),
    };
    let write = |tags| CreateOrUpdateTags { tags };
    done(&world, &ours(), write(vec![tag("a", GROUP), tag("b", GROUP)]));
    assert_eq!(code(&world, &ours(), write(vec![tag("a", "none")])), "ValidationError");
    assert_eq!(code(&world, &ours(), write(vec![tag("aws:x", GROUP)])), "ValidationError");
    let many = (0..50).map(|n| tag(&format!("k{n}"), GROUP)).collect();
    assert_eq!(code(&world, &ours(), write(many)), "LimitExceeded");
    done(&world, &ours(), AutoScalingDeleteTags { tags: vec![tag("b", GROUP)] });
    let filters =
        vec![GroupFilter { name: "auto-scaling-group".to_owned(), values: texts(&[GROUP]) }];
    let request = AutoScalingDescribeTags { filters, ..AutoScalingDescribeTags::default() };
    let keys: Vec<String> =
        done(&world, &ours(), request).tags.into_iter().map(|tag| tag.key).collect();
    assert_eq!(keys, ["Name", "a"]);
}

#[test]
fn a_group_has_fifty_balancers_at_most() {
    let quotas = peerway_sim::Quotas { balancers: 100, ..peerway_sim::Quotas::default() };
    let world = world_of(super::elb::BALANCED, Settings { quotas, ..Settings::default() });
    done(&world, &ours(), of_two());
    for ten in 0..5 {
        let names: Vec<String> = (0..10).map(|n| format!("b{ten}{n}")).collect();
        for name in &names {
            make(&world, name);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        done(&world, &ours(), attach(&names));
        world.advance(seconds(60));
    }
    make(&world, "one-more");
    assert_eq!(code(&world, &ours(), attach(&["one-more"])), "LimitExceeded");
}

/// A launch template with an image and a group; its id.
fn template(world: &World) -> String {
    let request = CreateLaunchTemplate {
        launch_template_name: "node".to_owned(),
        launch_template_data: LaunchTemplateData {
            image_id: Some(image(world)),
            instance_type: Some("t3.micro".to_owned()),
            security_group_ids: texts(&["sg-0000000b"]),
            ..LaunchTemplateData::default()
        },
        ..CreateLaunchTemplate::default()
    };
    done(world, &ours(), request).launch_template.launch_template_id.to_string()
}

fn image(world: &World) -> String {
    let request =
        DescribeInstances { instance_ids: texts(&["i-0000000a"]), ..DescribeInstances::default() };
    let found = done(world, &ours(), request).reservation_set.remove(0);
    found.instances_set[0].image_id.to_string()
}

#[test]
fn a_group_launches_from_a_template_as_long_as_there_is_one() {
    let world = balanced();
    let id = template(&world);
    let from = |id: &str, version: Option<&str>| CreateAutoScalingGroup {
        instance_id: None,
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_id: Some(id.to_owned()),
            launch_template_name: None,
            version: version.map(str::to_owned),
        }),
        ..of_two()
    };
    for (request, part) in [
        (from("lt-00000bad", None), "lt-00000bad, does not exist."),
        (from(&id, Some("7")), "version 7"),
    ] {
        let error = refusal(&world, &ours(), request);
        assert_eq!(error.code(), Some("ValidationError"));
        assert!(error.message().starts_with("You must use a valid fully-formed launch template."));
        assert!(error.message().contains(part), "{error}");
    }
    done(&world, &ours(), from(&id, Some("$Latest")));
    world.advance(seconds(20));
    let of = group(&world).unwrap();
    assert_eq!(of.launch_template.unwrap().launch_template_name.as_deref(), Some("node"));
    assert_eq!(of.launch_configuration_name, None);
    let request = DescribeInstances {
        filters: filter("tag:aws:ec2launchtemplate:id", &[&id]),
        ..DescribeInstances::default()
    };
    let launched = done(&world, &ours(), request).reservation_set;
    assert_eq!(launched.len(), 2);
    let instance = &launched[0].instances_set[0];
    assert_eq!(&*instance.instance_type, "t3.micro");
    assert_eq!(instance.tag_set.0["aws:autoscaling:groupName"], GROUP);
    let saved = world.estate();
    assert_eq!(saved.canonical().unwrap(), saved);

    let gone = DeleteLaunchTemplate {
        launch_template_id: Some(id.clone()),
        ..DeleteLaunchTemplate::default()
    };
    done(&world, &ours(), gone);
    done(&world, &ours(), desired(3));
    world.advance(seconds(60));
    assert_eq!(members(&world).len(), 2);
    let message = activities(&world).remove(0).status_message.unwrap();
    assert!(message.contains(&format!("{id}, does not exist.")), "{message}");
}

#[test]
fn an_instance_tells_the_version_that_it_was_launched_with() {
    let world = balanced();
    let id = template(&world);
    let request = CreateAutoScalingGroup {
        instance_id: None,
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_id: Some(id.clone()),
            version: Some("$Latest".to_owned()),
            launch_template_name: None,
        }),
        desired_capacity: Some(1),
        ..of_two()
    };
    done(&world, &ours(), request);
    world.advance(seconds(20));
    let version = CreateLaunchTemplateVersion {
        launch_template_id: Some(id.clone()),
        source_version: Some("1".to_owned()),
        ..CreateLaunchTemplateVersion::default()
    };
    done(&world, &ours(), version);
    done(&world, &ours(), desired(2));
    world.advance(seconds(20));
    let versions = |templates: Vec<Option<LaunchTemplateSpecification>>| {
        let versions = templates.into_iter().map(|it| it.unwrap().version.unwrap());
        versions.collect::<std::collections::BTreeSet<String>>()
    };
    let both: std::collections::BTreeSet<String> = texts(&["1", "2"]).into_iter().collect();
    let of = group(&world).unwrap();
    assert_eq!(of.launch_template.unwrap().version.as_deref(), Some("$Latest"));
    let shown = of.instances.into_iter().map(|it| it.launch_template);
    assert_eq!(versions(shown.collect()), both);
    let all = done(&world, &ours(), DescribeAutoScalingInstances::default());
    let shown = all.auto_scaling_instances.into_iter().map(|it| it.launch_template);
    assert_eq!(versions(shown.collect()), both);
}

#[test]
fn a_group_moves_to_the_zones_that_it_is_told() {
    let world = grouped();
    let request = |zones: &[&str], subnets: Option<&str>| UpdateAutoScalingGroup {
        auto_scaling_group_name: GROUP.to_owned(),
        availability_zones: texts(zones),
        vpc_zone_identifier: subnets.map(str::to_owned),
        ..UpdateAutoScalingGroup::default()
    };
    done(&world, &ours(), request(&["us-west-2a"], Some("subnet-0000000a")));
    assert_eq!(group(&world).unwrap().availability_zones, ["us-west-2a"]);
    for (request, part) in [
        (request(&["us-west-2b"], Some("subnet-0000000a")), "do not match"),
        (request(&["us-west-2b"], None), "No default subnet"),
    ] {
        let error = refusal(&world, &ours(), request);
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_balancer_that_came_back_in_another_vpc_gets_no_instances_of_this_one() {
    let world = grouped();
    done(&world, &ours(), attach(&["proxy"]));
    done(&world, &ours(), remove("proxy"));
    let elsewhere = CreateLoadBalancer {
        subnets: texts(&["subnet-0000000d"]),
        security_groups: texts(&["sg-0000000d"]),
        ..proxy("proxy")
    };
    done(&world, &ours(), elsewhere);
    done(&world, &ours(), desired(3));
    world.advance(seconds(60));
    assert_eq!(members(&world).len(), 3);
    assert!(shown(&world, "proxy").instances.is_empty());
    // Nor do the interfaces that it has left here get groups from there.
    let change = ApplySecurityGroupsToLoadBalancer {
        load_balancer_name: "proxy".to_owned(),
        security_groups: texts(&["sg-0000000d"]),
    };
    done(&world, &ours(), change);
    let request = DescribeNetworkInterfaces {
        filters: filter("description", &["ELB proxy"]),
        ..Default::default()
    };
    let left = done(&world, &ours(), request).network_interface_set;
    let left: Vec<_> = left.iter().filter(|it| it.vpc_id.as_str() == OURS).collect();
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|it| it.group_set[0].group_id.as_str() == "sg-0000000a"));
}

#[test]
fn an_instance_that_is_no_longer_listed_leaves_a_group_that_may_end_nothing() {
    let world = grouped();
    let request = SuspendProcesses {
        auto_scaling_group_name: GROUP.to_owned(),
        scaling_processes: texts(&["Terminate"]),
    };
    done(&world, &ours(), request);
    let (gone, _) = members(&world).remove(0);
    let instance_ids = vec![gone.clone()];
    done(&world, &ours(), TerminateInstances { instance_ids, dry_run: None });
    world.advance(seconds(600));
    assert!(members(&world).iter().any(|(id, _)| *id == gone), "it may not be replaced");
    world.advance(hours(1));
    let left = members(&world);
    assert!(left.len() == 2 && left.iter().all(|(id, _)| *id != gone), "{left:?}");
}

#[test]
fn a_groups_habits_are_kept_and_told() {
    let world = grouped();
    let update = |habits: UpdateAutoScalingGroup| UpdateAutoScalingGroup {
        auto_scaling_group_name: GROUP.to_owned(),
        ..habits
    };
    let usual = group(&world).unwrap();
    assert_eq!(usual.termination_policies, ["Default"]);
    assert_eq!(usual.default_instance_warmup, None);
    let habits = UpdateAutoScalingGroup {
        termination_policies: vec!["OldestInstance".to_owned()],
        default_instance_warmup: Some(60),
        max_instance_lifetime: Some(604_800),
        capacity_rebalance: Some(true),
        ..UpdateAutoScalingGroup::default()
    };
    done(&world, &ours(), update(habits));
    let told = group(&world).unwrap();
    assert_eq!(told.termination_policies, ["OldestInstance"]);
    assert_eq!(told.default_instance_warmup, Some(60));
    assert_eq!(told.max_instance_lifetime, Some(604_800));
    assert_eq!(told.capacity_rebalance, Some(true));
    check_saving(&world);
    for refused in [
        UpdateAutoScalingGroup { max_instance_lifetime: Some(60), ..Default::default() },
        UpdateAutoScalingGroup { default_instance_warmup: Some(-2), ..Default::default() },
        UpdateAutoScalingGroup {
            termination_policies: vec!["Youngest".to_owned()],
            ..Default::default()
        },
    ] {
        assert_eq!(code(&world, &ours(), update(refused)), "ValidationError");
    }
    let none = UpdateAutoScalingGroup {
        default_instance_warmup: Some(-1),
        max_instance_lifetime: Some(0),
        ..UpdateAutoScalingGroup::default()
    };
    done(&world, &ours(), update(none));
    let told = group(&world).unwrap();
    assert_eq!((told.default_instance_warmup, told.max_instance_lifetime), (None, None));
    assert_eq!(told.termination_policies, ["OldestInstance"], "what is left out stays");
}
