//! A balancer that is made.

use peerway_api::ConditionType;
use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::policies::DeletionPolicy;
use peerway_api::v1alpha1::proxy_load_balancer::settings::{AccessLogs, Attributes};
use peerway_api::v1alpha1::proxy_load_balancer::{BalancerAdoption, GivenSubnets};
use peerway_api::v1alpha1::vpc_peering::AccountRef;
use peerway_model::{AccessLog, Origin, Scheme, Tags};

use super::run::{run_in, settled, settled_in};
use super::scenario::{
    REFERENCE, balancer, coordinator, desired, impala, observed, planned, played, query, texts,
    with_workers, workers, world,
};
use crate::conditions::is_true;
use crate::testing::{Estate, tags};

#[test]
fn a_balancer_is_made_like_its_reference_and_attached_last() {
    let (after, status, steps) = played(&desired(query()), observed(&world()), None);
    assert_eq!(
        texts(&steps),
        [
            "+ load balancer imply-query-my-peering in subnet-0f000001, subnet-0f000002, subnet-0f000003",
            "~ health check of imply-query-my-peering: HTTPS:9095/health every 10 s, 5 s to answer, out after 2, in after 2",
            "~ attributes of imply-query-my-peering: cross-zone true, idle timeout 300 s, draining 120 s",
            "+ attach imply-query-my-peering to 'imply-e04-Query-ASG'",
        ]
    );
    let there = balancer(&after, "imply-query-my-peering").unwrap();
    assert_eq!(there.listeners.keys().copied().collect::<Vec<_>>(), [8888, 9088, 9095]);
    assert_eq!(status.in_service, "3/3");
    assert!(is_true(&status.conditions, ConditionType::Ready), "{:#?}", status.conditions);
}

#[test]
fn a_balancer_without_a_reference_is_made_of_its_spec_and_of_defaults() {
    let (after, status, steps) = played(&desired(coordinator()), observed(&world()), None);
    assert_eq!(
        texts(&steps),
        [
            "+ load balancer imply-coordinator-my-peering in subnet-0f000001, subnet-0f000002, subnet-0f000003",
            "~ health check of imply-coordinator-my-peering: HTTPS:8281/druid/coordinator/v1/isLeader every 10 s, 5 s to answer, out after 2, in after 2",
            "~ attributes of imply-coordinator-my-peering: cross-zone true",
            "+ attach imply-coordinator-my-peering to 'imply-e04-Master-1-ASG'",
        ]
    );
    let there = balancer(&after, "imply-coordinator-my-peering").unwrap();
    let carried: Vec<String> = there.security_groups.iter().map(ToString::to_string).collect();
    assert_eq!(carried, ["sg-0e1b0001", "sg-0def0001"]);
    let origin = |field: &str| {
        let found = status.settings.iter().find(|setting| setting.field == field);
        format!("{:?}", found.unwrap().origin)
    };
    assert_eq!(origin("listeners"), "Spec");
    assert_eq!(origin("attributes.crossZone"), "Default");
}

#[test]
fn nothing_is_made_before_the_subnets_of_the_group_are_in_place() {
    let mut desired = desired(query());
    desired.group.as_mut().unwrap().is_programmed = false;
    let (plan, status) = planned(&desired, &observed(&world()), None);
    assert!(plan.steps.is_empty(), "{plan}");
    let waiting = status.waiting_for.unwrap().what;
    assert!(waiting.contains("OverlapSubnetGroup 'druid-to-billing'"), "{waiting}");
}

fn with_logs(estate: &mut Estate, prefix: &str) {
    let details = estate.details.get_mut(&REFERENCE.parse().unwrap()).unwrap();
    details.attributes.as_mut().unwrap().as_mut().unwrap().access_log =
        Some(Some(AccessLog { bucket: "logs".to_owned(), prefix: prefix.to_owned(), interval: 5 }));
}

#[test]
fn the_logs_of_a_reference_are_followed_in_a_folder_of_their_own() {
    for (prefix, wanted) in
        [("", "imply-query-my-peering"), ("druid", "druid/imply-query-my-peering")]
    {
        let mut world = world();
        with_logs(&mut world, prefix);
        let mut run = settled_in(&world, query());
        let name = run.desired().name;
        let own = run.details(name.as_str()).attributes.clone().unwrap().unwrap();
        let log = own.access_log.unwrap().unwrap();
        assert_eq!((&*log.prefix, &*log.bucket, log.interval), (wanted, "logs", 5));
        assert_eq!(run.setting("attributes.accessLogs.prefix").1, "Reference");
    }
}

#[test]
fn logs_of_a_reference_can_be_switched_off() {
    let mut world = world();
    with_logs(&mut world, "");
    let mut spec = query();
    spec.attributes = Some(Attributes {
        access_logs: Some(AccessLogs {
            enabled: Some(false),
            bucket: None,
            prefix: None,
            interval_minutes: None,
        }),
        ..Attributes::default()
    });
    let run = settled_in(&world, spec);
    assert_eq!(
        run.setting("attributes.accessLogs.enabled"),
        ("false".to_owned(), "Spec".to_owned())
    );
}

#[test]
fn a_group_is_made_with_its_rules_before_the_balancer_that_carries_it() {
    let mut run = run_in(&with_workers(world()), impala(workers()));
    assert_eq!(
        run.steps()[..3],
        [
            "+ security group 'impala-fe' in vpc-ce78dbb7",
            "+ rule 'tcp 21000 from 10.0.0.0/8' in sg-0f000001",
            "+ load balancer impala in subnet-0f000001, subnet-0f000002, subnet-0f000003",
        ]
    );
    assert_eq!(run.own().security_groups, ["sg-0f000001".parse().unwrap()]);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    let made = &run.object.status.as_ref().unwrap().security_groups;
    assert_eq!(made[0].id, Some("sg-0f000001".parse().unwrap()));
    assert!(run.visit().is_empty());
}

#[test]
fn a_rule_that_is_written_down_twice_is_written_once() {
    let mut spec = impala(workers());
    let group = &mut spec.security_groups.as_mut().unwrap()[0];
    let ingress = &mut group.create.as_mut().unwrap().ingress;
    ingress.push(ingress[0].clone());
    let run = settled_in(&with_workers(world()), spec);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_derived_name_is_short_stable_and_each_objects_own() {
    let named = |namespace: &str, name: &str| {
        let mut run = run_in(&world(), ProxyLoadBalancerSpec { name: None, ..query() });
        run.object.metadata.namespace = Some(namespace.to_owned());
        run.object.metadata.name = Some(name.to_owned());
        run.desired().name.to_string()
    };
    let long = "a-name-as-long-as-kubernetes-lets-a-name-of-an-object-be-63-lon";
    let mut all = vec![
        named("analytics", "query"),
        named("analytics", "query-2"),
        named("analytics-query", "2"),
        named("analytics", long),
        named("analytics", &format!("{long}g")),
        named("a.b", "-"),
    ];
    assert_eq!(named("analytics", "query"), all[0]);
    assert!(all[0].starts_with("analytics-query-"), "{}", all[0]);
    for name in &all {
        assert!(name.len() <= 32 && !name.starts_with('-') && !name.ends_with('-'), "{name}");
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[test]
fn an_object_that_is_made_again_has_the_same_name() {
    let mut run = run_in(&world(), ProxyLoadBalancerSpec { name: None, ..query() });
    let name = run.desired().name;
    run.object.metadata.uid = Some("uid-2".to_owned());
    assert_eq!(run.desired().name, name);
}

/// A balancer that somebody made by hand, in the service's own subnets.
pub(super) fn with_manual(estate: &mut Estate, tags: Tags) {
    let mut balancer = estate.balancers.as_ref().unwrap()[0].clone();
    balancer.name = "by-hand".parse().unwrap();
    estate.balancers.as_mut().unwrap().push(balancer);
    let mut details = estate.details[&REFERENCE.parse().unwrap()].clone();
    details.tags = Some(Ok(tags));
    estate.details.insert("by-hand".parse().unwrap(), details);
}

pub(super) fn adopting() -> ProxyLoadBalancerSpec {
    ProxyLoadBalancerSpec {
        name: None,
        adopt: Some(BalancerAdoption { load_balancer_name: "by-hand".parse().unwrap() }),
        deletion_policy: Some(DeletionPolicy::Retain),
        ..query()
    }
}

#[test]
fn what_is_adopted_is_tagged_first_and_by_itself() {
    let mut world = world();
    with_manual(&mut world, tags(&[("team", "druid")]));
    let mut run = run_in(&world, adopting());
    assert_eq!(run.next(), ["~ tag by-hand"]);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    let tags = run.own_tags().clone();
    assert_eq!(peerway_model::ownership::origin(&tags), Some(Origin::Adopted));
    assert_eq!(tags["team"], "druid");
    assert!(run.there("imply-query-my-peering").is_none());
    // What was adopted stays its own when the spec no longer says so.
    run.object.spec.adopt = None;
    assert_eq!(run.next(), [""; 0]);
    assert_eq!(run.desired().name.as_str(), "by-hand");
}

#[test]
fn an_object_with_a_balancer_of_its_own_adopts_no_other() {
    let mut world = world();
    with_manual(&mut world, Tags::new());
    let mut run = settled_in(&world, ProxyLoadBalancerSpec { name: None, ..query() });
    let name = run.desired().name;
    run.object.spec.adopt = adopting().adopt;
    assert_eq!(run.desired().name, name);
    assert!(run.visit().is_empty());
}

#[test]
fn what_is_another_objects_is_not_adopted() {
    let mut world = world();
    let mut other = run_in(&world, query()).desired().owner;
    other.name = "other".to_owned();
    with_manual(&mut world, other.tags(Origin::Created));
    let mut run = run_in(&world, adopting());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "AdoptionConflict".to_owned()));
    assert!(run.message().contains("by-hand"), "{}", run.message());
}

#[test]
fn what_is_to_be_adopted_and_is_gone_is_never_made() {
    let mut run = run_in(&world(), adopting());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "AdoptedGone");
    // Gone after it was adopted: whoever names it lets it go, and that is all.
    let mut world = world();
    with_manual(&mut world, Tags::new());
    let mut run = settled_in(&world, adopting());
    run.balancers(|all| all.retain(|it| it.name.as_str() != "by-hand"));
    assert_eq!(run.steps(), ["- detach by-hand from 'imply-e04-Query-ASG'"]);
    assert_eq!(run.ready().1, "AdoptedGone");
}

#[test]
fn one_of_another_scheme_is_not_adopted() {
    let mut world = world();
    with_manual(&mut world, Tags::new());
    world.balancers.as_mut().unwrap()[1].scheme = Scheme::InternetFacing;
    let mut run = run_in(&world, adopting());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "AdoptionConflict");
}

/// These subnets, by their ids.
pub(super) fn given(ids: &[&str]) -> GivenSubnets {
    GivenSubnets {
        account_ref: AccountRef { name: "service".to_owned() },
        region: "us-west-2".parse().unwrap(),
        ids: Some(ids.iter().map(|id| id.parse().unwrap()).collect()),
        match_tags: None,
    }
}

#[test]
fn it_stands_in_given_subnets() {
    let subnets = given(&["subnet-0a000001", "subnet-0a000002"]);
    let spec =
        ProxyLoadBalancerSpec { subnet_group_ref: None, subnets: Some(subnets.clone()), ..query() };
    let mut run = settled_in(&world(), spec.clone());
    assert_eq!(run.own().subnets, subnets.ids.unwrap());
    assert_eq!(run.warnings()[0].0, "ZoneWithoutSubnet");
    // By their tags, those of one VPC.
    let by_tags = GivenSubnets {
        ids: None,
        match_tags: Some(crate::testing::by_tags(&[("Name", "subnet-0f*")])),
        ..given(&[])
    };
    run.object.spec.subnets = Some(by_tags);
    run.visit();
    let subnets: Vec<_> = run.own().subnets.iter().map(ToString::to_string).collect();
    assert_eq!(subnets.len(), 3, "{subnets:?}");
    assert!(subnets.iter().all(|id| id.starts_with("subnet-0f")), "{subnets:?}");
}

#[test]
fn it_is_made_again_in_its_place_when_the_record_is_lost() {
    let mut run = settled(query());
    run.object.status = None;
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True");
}
