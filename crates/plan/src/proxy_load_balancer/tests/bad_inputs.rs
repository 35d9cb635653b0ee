//! What cannot be: each with a message that says what, where and what to do, and without a step.

use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::overlap_subnet_group::ExtraTags;
use peerway_api::v1alpha1::policies::DeletionPolicy;
use peerway_api::v1alpha1::proxy_load_balancer::settings::{
    AccessLogs, Attributes, BalancerGroup, BalancerProtocol, HealthCheck, Listener,
};
use peerway_api::v1alpha1::proxy_load_balancer::{BalancerAdoption, Reference};

use super::run::{Run, run_in, settled};
use super::scenario::{REFERENCE, by_description, coordinator, query, spec_listener, world};
use crate::testing::{Estate, by_tags};

fn refused(world: &Estate, spec: ProxyLoadBalancerSpec, reason: &str, words: &[&str]) {
    let mut run = run_in(world, spec);
    refused_run(&mut run, reason, words);
}

fn refused_run(run: &mut Run, reason: &str, words: &[&str]) {
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), reason.to_owned()), "{}", run.message());
    for word in words {
        assert!(run.message().contains(word), "no '{word}' in: {}", run.message());
    }
}

fn given(ids: &[&str]) -> ProxyLoadBalancerSpec {
    let subnets = super::create::given(ids);
    ProxyLoadBalancerSpec { subnet_group_ref: None, subnets: Some(subnets), ..query() }
}

#[test]
fn two_subnets_of_one_zone() {
    let spec = given(&["subnet-0a000001", "subnet-0a000004"]);
    refused(
        &world(),
        spec,
        "SubnetUnsuitable",
        &["subnet-0a000001", "subnet-0a000004", "usw2-az1"],
    );
}

#[test]
fn subnets_of_two_vpcs() {
    let spec = given(&["subnet-0a000001", "subnet-567e171d"]);
    refused(&world(), spec, "SubnetUnsuitable", &["vpc-ce78dbb7", "vpc-3607f64e"]);
}

#[test]
fn a_subnet_that_is_too_small() {
    let mut world = world().subnet("subnet-0d000001", "vpc-ce78dbb7", "10.50.7.0/28", "");
    world.subnets.last_mut().unwrap().available_addresses = 11;
    refused(&world, given(&["subnet-0d000001"]), "SubnetUnsuitable", &["10.50.7.0/28", "/27"]);
}

#[test]
fn a_subnet_that_is_full() {
    let mut world = world();
    for subnet in &mut world.subnets {
        subnet.available_addresses = 7;
    }
    let words = ["subnet-0a000001 has 7 free addresses", "at least 8"];
    refused(&world, given(&["subnet-0a000001"]), "SubnetUnsuitable", &words);
    refused(&world, query(), "SubnetUnsuitable", &["subnet-0f000001 has 7 free addresses"]);
}

/// Only what is to be added needs room: a balancer that stands in a subnet has its addresses.
#[test]
fn a_subnet_that_became_full_under_a_balancer_is_kept() {
    let mut run = settled(query());
    super::run::edit(&mut run.view().subnets, |all| {
        for subnet in all.iter_mut() {
            subnet.available_addresses = 0;
        }
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_subnet_that_is_not_there() {
    let spec = given(&["subnet-0badc0de"]);
    refused(&world(), spec, "SubnetNotFound", &["subnet-0badc0de", "Correct"]);
    let mut spec = given(&[]);
    let subnets = spec.subnets.as_mut().unwrap();
    (subnets.ids, subnets.match_tags) = (None, Some(by_tags(&[("Name", "nobody")])));
    refused(&world(), spec, "SelectorMatchesNothing", &["subnets.matchTags"]);
}

#[test]
fn a_group_that_is_not_there_or_not_yet() {
    let mut run = run_in(&world(), query());
    run.group = None;
    let findings = run.try_desired().unwrap_err();
    assert_eq!(findings[0].reason.as_str(), "SubnetGroupNotFound");
    let mut run = run_in(&world(), query());
    run.group.as_mut().unwrap().status = None;
    assert_eq!(run.try_desired().unwrap_err()[0].reason.as_str(), "DependencyNotReady");
    let mut run = run_in(&world(), query());
    run.group.as_mut().unwrap().metadata.generation = Some(2);
    assert!(run.visit().is_empty(), "what it said of another generation does not count");
    assert!(run.waiting().contains("druid-to-billing"), "{}", run.waiting());
    // What stands does not wait.
    let mut run = settled(query());
    run.group.as_mut().unwrap().metadata.generation = Some(2);
    run.edit_own(|there| there.security_groups.truncate(1));
    assert_eq!(run.visit().len(), 1);
}

#[test]
fn a_group_that_is_going() {
    let going = |run: &mut Run| {
        let time = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(crate::testing::now());
        run.group.as_mut().unwrap().metadata.deletion_timestamp = Some(time);
    };
    let mut run = run_in(&world(), query());
    going(&mut run);
    refused_run(&mut run, "DependencyDeleting", &["druid-to-billing"]);
    let mut run = settled(query());
    going(&mut run);
    run.edit_own(|there| there.security_groups.truncate(1));
    assert_eq!(run.visit().len(), 1, "what owns something is kept");
}

#[test]
fn a_security_group_that_is_not_there() {
    let spec = ProxyLoadBalancerSpec {
        security_groups: Some(vec![by_description("nobody")]),
        ..coordinator()
    };
    let words = ["securityGroups[0]", "'nobody'"];
    refused(&world(), spec.clone(), "SecurityGroupNotFound", &words);
    // And of one that stands nothing is changed by it.
    let mut run = settled(coordinator());
    run.object.spec.security_groups = spec.security_groups;
    refused_run(&mut run, "SecurityGroupNotFound", &words);
    // A group of another VPC is none.
    let elsewhere =
        BalancerGroup { id: Some("sg-0c0ffee1".parse().unwrap()), ..by_description("") };
    let spec = ProxyLoadBalancerSpec {
        security_groups: Some(vec![BalancerGroup { description: None, ..elsewhere }]),
        ..coordinator()
    };
    refused(&world(), spec, "SecurityGroupNotFound", &["sg-0c0ffee1", "vpc-ce78dbb7"]);
}

#[test]
fn more_than_ten_tags() {
    let extra = |count: u8| {
        let tags = (0..count).map(|number| (format!("tag-{number}"), String::new()));
        Some(ExtraTags(tags.collect()))
    };
    let spec = ProxyLoadBalancerSpec { tags: extra(7), ..query() };
    refused(&world(), spec, "InvalidSpec", &["`tags`", "10"]);
    let mut run = run_in(&world(), ProxyLoadBalancerSpec { tags: extra(6), ..query() });
    run.visit();
    assert_eq!(run.ready().0, "True");
    // Others' tags on it count too.
    run.own_tags().insert("theirs".to_owned(), String::new());
    run.own_tags().remove("tag-0");
    run.own_tags().insert("theirs-2".to_owned(), String::new());
    refused_run(&mut run, "InvalidSpec", &["`tags`"]);
}

/// Each would take away what the other lets in, at every visit.
#[test]
fn two_groups_of_one_name() {
    let world = super::scenario::with_workers(world());
    let mut spec = super::scenario::impala(super::scenario::backed(super::scenario::workers()));
    let backend = spec.targets.instances.as_mut().unwrap().backend_security_group.as_mut().unwrap();
    backend.create.name =
        spec.security_groups.as_ref().unwrap()[0].create.as_ref().unwrap().name.to_uppercase();
    refused(&world, spec, "InvalidSpec", &["`create.name`", "IMPALA-FE"]);
}

/// Its logs would get a longer name at every visit.
#[test]
fn a_balancer_that_would_follow_itself() {
    let adopt = BalancerAdoption { load_balancer_name: REFERENCE.parse().unwrap() };
    let spec = ProxyLoadBalancerSpec {
        name: None,
        adopt: Some(adopt),
        deletion_policy: Some(DeletionPolicy::Retain),
        ..query()
    };
    refused(&world(), spec, "InvalidSpec", &["`reference.loadBalancerName`", REFERENCE, "itself"]);
    // Also where the name is one that nobody wrote down.
    let derived = run_in(&world(), ProxyLoadBalancerSpec { name: None, ..query() }).desired().name;
    let reference = Reference { load_balancer_name: derived };
    let spec = ProxyLoadBalancerSpec { name: None, reference: Some(reference), ..query() };
    refused(&world(), spec, "InvalidSpec", &["itself"]);
}

#[test]
fn security_groups_of_a_reference_in_another_vpc() {
    let elsewhere = || {
        let mut world = world();
        let reference = &mut world.balancers.as_mut().unwrap()[0];
        reference.vpc = Some("vpc-3607f64e".parse().unwrap());
        world
    };
    let words = ["`securityGroups`", REFERENCE, "vpc-3607f64e", "vpc-ce78dbb7"];
    refused(&elsewhere(), query(), "SecurityGroupNotFound", &words);
    // Everything else of it can be followed.
    let groups = Some(vec![by_description("Imply Cloud Default")]);
    let mut run =
        run_in(&elsewhere(), ProxyLoadBalancerSpec { security_groups: groups, ..query() });
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(run.own().listeners.len(), 3);
}

#[test]
fn logs_without_a_bucket_anywhere() {
    let logs = AccessLogs {
        enabled: Some(true),
        bucket: None,
        prefix: Some("druid".to_owned()),
        interval_minutes: None,
    };
    let attributes = Attributes { access_logs: Some(logs), ..Attributes::default() };
    let spec = ProxyLoadBalancerSpec { attributes: Some(attributes), ..query() };
    let words = ["`attributes.accessLogs.bucket`", "reference"];
    refused(&world(), spec, "InvalidSpec", &words);
}

#[test]
fn listeners_to_one_instance_port_of_two_minds() {
    let secure = Listener {
        instance_port: 8281,
        instance_protocol: Some(BalancerProtocol::Ssl),
        ..spec_listener(8282, BalancerProtocol::Tcp)
    };
    let mut spec = coordinator();
    spec.listeners.as_mut().unwrap().push(secure);
    refused(&world(), spec, "InvalidSpec", &["TCP:8281", "TCP:8282", "same instance port"]);
}

#[test]
fn health_checks_that_cannot_be_with_what_the_reference_has() {
    let with = |check: HealthCheck| ProxyLoadBalancerSpec { health_check: Some(check), ..query() };
    let check = HealthCheck { timeout_seconds: Some(10), ..HealthCheck::default() };
    refused(&world(), with(check), "InvalidSpec", &["timeout of 10 s", "interval of 10 s"]);
    let plain = |target: &str| {
        let mut world = world();
        let reference = &mut world.balancers.as_mut().unwrap()[0];
        target.clone_into(&mut reference.health_check.target);
        world
    };
    let check = HealthCheck { path: Some("/png".to_owned()), ..HealthCheck::default() };
    let words = ["`healthCheck.path`", "TCP", "reference"];
    refused(&plain("TCP:21000"), with(check.clone()), "InvalidSpec", &words);
    let check = HealthCheck { path: Some("/png".to_owned()), ..HealthCheck::default() };
    let spec = ProxyLoadBalancerSpec { health_check: Some(check), ..coordinator() };
    let mut run = run_in(&world(), spec);
    refused_run(&mut run, "InvalidSpec", &["`healthCheck.path`", "TCP"]);
    assert!(!run.message().contains("reference"), "there is none: {}", run.message());
}

#[test]
fn an_invalid_spec_changes_nothing_of_what_stands() {
    let mut run = settled(query());
    run.object.spec.health_check =
        Some(HealthCheck { timeout_seconds: Some(10), ..HealthCheck::default() });
    run.edit_reference(|there| there.listeners.clear());
    refused_run(&mut run, "InvalidSpec", &[]);
    assert_eq!(run.own().listeners.len(), 3);
}

#[test]
fn subnets_of_another_vpc_than_it_stands_in() {
    let mut run = settled_given();
    run.object.spec.subnets.as_mut().unwrap().ids = Some(vec!["subnet-567e171d".parse().unwrap()]);
    super::run::edit(&mut run.view().subnets, |all| {
        for subnet in all.iter_mut() {
            subnet.available_addresses = 50;
        }
    });
    refused_run(&mut run, "BoundElsewhere", &["vpc-ce78dbb7", "vpc-3607f64e"]);
}

fn settled_given() -> Run {
    let mut run = run_in(&world(), given(&["subnet-0a000001"]));
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run
}
