//! A balancer that is made.

use peerway_api::ConditionType;

use super::scenario::{
    balancer, coordinator, desired, observed, planned, played, query, texts, world,
};
use crate::conditions::is_true;

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
