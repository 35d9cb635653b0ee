//! What the status keeps, and what it says meanwhile.

use peerway_model::{AwsFailure, Destination, FailureKind, NatConnectivity, PartKind};

use super::drift::{edit, ours, settled, unconfirm, view};
use super::*;
use crate::testing::{SETTLE, managed};
use crate::testing::{
    absent, admit, desired, druid_to_reports, from_cidrs, golden, in_tables, target,
};
use crate::{Presence, Waiting};

#[test]
fn a_plan_that_ends_early_leaves_what_is_known_of_the_connection() {
    let mut run = settled();
    let mut status = run.status.take().unwrap();
    status.connection.as_mut().unwrap().former_ids = vec!["pcx-000000aa".parse().unwrap()];
    run.status = Some(status.clone());

    let mut twice = run.clone();
    edit(&mut view(&mut twice).vpcs, |vpcs| {
        let name = vpcs.iter().find(|vpc| vpc.id.as_str() == "vpc-ce78dbb7").unwrap().tags.clone();
        for vpc in vpcs {
            vpc.tags = name.clone();
        }
    });
    assert!(twice.visit().is_empty());
    let after = twice.status.as_ref().unwrap();
    assert_eq!(twice.ready().1, "SelectorMatchesSeveral");
    assert_eq!(after.connection, status.connection);
    assert_eq!((&after.routes, &after.ingress), (&status.routes, &status.ingress));
    assert_eq!(twice.condition(ConditionType::Connected).as_deref(), Some("True"));

    for presence in [Presence::Present, Presence::Absent] {
        let mut wrong = run.clone();
        wrong.desired.presence = presence;
        view(&mut wrong).caller.account = Ok("222222222222".parse().unwrap());
        assert!(wrong.visit().is_empty());
        let after = wrong.status.as_ref().unwrap();
        assert_eq!(wrong.ready().1, "WrongAccount");
        assert_eq!(after.connection, status.connection);
        assert_eq!((&after.routes, &after.ingress), (&status.routes, &status.ingress));
        assert_eq!(wrong.condition(ConditionType::Connected).as_deref(), Some("True"));
    }
}

#[test]
fn what_is_no_longer_wanted_and_still_there_keeps_it_from_being_ready() {
    let mut spec = druid_to_reports();
    spec.requester.routes = Some(in_tables(&["rtb-7122e509"], &["172.20.0.0/24"]));
    spec.requester.ingress = None;
    let mut run = settled();
    let mut narrower = run.clone();
    narrower.desired = desired(spec.clone());
    let status = narrower.status.clone();
    narrower.visit();
    assert_eq!(narrower.ready().0, "True");
    // The new route is there already; only the removal waits.
    run.observed = narrower.observed.clone();
    let old = peerway_model::Route {
        destination: Destination::Cidr("172.20.0.0/22".parse().unwrap()),
        target: ours(),
        origin: peerway_model::RouteOrigin::Static,
        state: peerway_model::RouteState::Active,
    };
    edit(&mut view(&mut run).route_tables, |tables| {
        let table = tables.iter_mut().find(|table| table.id.as_str() == "rtb-7122e509").unwrap();
        table.routes.push(old.clone());
    });
    unconfirm(&mut view(&mut run).route_tables);
    run.desired = desired(spec.clone());
    run.status = status.clone();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "Progressing".to_owned()), "{}", run.plan());
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));

    let mut rules = settled();
    managed(&mut rules.desired.requester).spec.ingress = None;
    unconfirm(&mut view(&mut rules).security_group_rules);
    assert!(rules.visit().is_empty());
    assert_eq!(rules.ready(), ("False".to_owned(), "Progressing".to_owned()), "{}", rules.plan());
}

/// Forgotten, it would be nobody's when the next list shows it again.
#[test]
fn a_rule_that_one_list_leaves_out_stays_in_the_record() {
    let mut run = settled();
    managed(&mut run.desired.requester).spec.ingress = None;
    let part = view(&mut run).security_group_rules.part.clone().unwrap();
    let at = peerway_model::clock::after(part.ended_at, Duration::from_secs(1));
    let (next, _) = part.next(Vec::new(), at, at, [], Timestamp::MIN);
    view(&mut run).security_group_rules = peerway_model::Reading::read(std::sync::Arc::new(next));
    assert!(run.visit().is_empty());
    let ingress = run.status.clone().unwrap().ingress.unwrap();
    assert_eq!(ingress.written.len(), 1, "{}", run.plan());
}

#[test]
fn what_was_withdrawn_leaves_the_record_as_soon_as_that_is_certain() {
    let mut run = settled();
    let mut spec = druid_to_reports();
    spec.requester.routes = None;
    spec.requester.ingress = None;
    run.desired = desired(spec);
    run.visit();
    let status = run.status.clone().unwrap();
    assert_eq!(status.routes.unwrap().written.len(), 1, "of the other side");
    assert_eq!(status.ingress, None);

    // As AWS is read in truth: what was written a moment ago counts from the next read on.
    let mut run = settled();
    run.desired =
        Desired { requester: run.desired.requester.clone(), ..desired(druid_to_reports()) };
    managed(&mut run.desired.requester).spec.routes = None;
    managed(&mut run.desired.requester).spec.ingress = None;
    edit(&mut view(&mut run).route_tables, |tables| {
        let table = tables.iter_mut().find(|table| table.id.as_str() == "rtb-7122e509").unwrap();
        table.routes.retain(|route| route.target != ours());
    });
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    unconfirm(&mut view(&mut run).route_tables);
    unconfirm(&mut view(&mut run).security_group_rules);
    run.visit();
    let status = run.status.clone().unwrap();
    assert_eq!(status.routes.unwrap().written.len(), 2);
    assert_eq!(status.ingress.unwrap().written.len(), 1);
    let plan = run.plan();
    let parts: Vec<PartKind> = plan
        .waiting
        .iter()
        .filter_map(|waiting| {
            if let Waiting::Confirmation { part, .. } = waiting { Some(*part) } else { None }
        })
        .collect();
    assert_eq!(parts, [PartKind::SecurityGroupRules, PartKind::RouteTables], "{plan}");
    assert_eq!(plan.confirmed_from(), Some(peerway_model::clock::after(now(), SETTLE)));

    edit(&mut view(&mut run).route_tables, |_| {});
    edit(&mut view(&mut run).security_group_rules, |_| {});
    run.visit();
    let status = run.status.clone().unwrap();
    assert_eq!(status.routes.unwrap().written.len(), 1);
    assert_eq!(status.ingress, None);
    assert!(run.plan().waiting.is_empty(), "{}", run.plan());
}

#[test]
fn a_read_that_no_removal_needs_does_not_keep_it_from_going() {
    let world = golden().nat("nat-0000000f", "vpc-ce78dbb7", NatConnectivity::Public);
    let mut run = Run::new(desired(druid_to_reports()), world.observed());
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables.iter_mut().filter(|table| table.id.as_str() == "rtb-a822e5d0") {
            table.routes.push(peerway_model::Route {
                destination: Destination::Cidr("0.0.0.0/0".parse().unwrap()),
                target: target("nat-0000000f"),
                origin: peerway_model::RouteOrigin::Static,
                state: peerway_model::RouteState::Active,
            });
        }
    });
    run.visit();
    assert_eq!(run.ready().0, "True");
    assert!(!needs(&run.desired, &run.observed).parts.is_empty());
    let denied = AwsFailure::new("DescribeNatGateways", FailureKind::Denied, None, "no", None);
    view(&mut run).nat_gateways.as_mut().unwrap().failure = Some(denied);
    assert!(!run.plan().unreadable.is_empty());
    run.desired = absent(druid_to_reports());
    assert!(needs(&run.desired, &run.observed).parts.is_empty());
    run.visit();
    assert!(run.of_ours().is_empty());
    assert!(run.plan().unreadable.is_empty() && run.plan().waiting.is_empty());
}

#[test]
fn more_rules_than_can_be_recorded_are_refused_before_any_write() {
    let mut spec = druid_to_reports();
    let sources: Vec<String> =
        (0..64).map(|number| format!("172.20.{}.{}/28", number / 16, number % 16 * 16)).collect();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let mut world = golden();
    let mut rules = Vec::new();
    for number in 0..16 {
        let name = format!("group {number}");
        world = world.group(&format!("sg-000000{number:02}"), "vpc-ce78dbb7", &name);
        rules.push(admit(&name, from_cidrs(&sources)));
    }
    spec.requester.ingress = Some(rules);
    let mut run = Run::new(desired(spec.clone()), world.observed());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "TooManyRules".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));

    spec.requester.ingress.as_mut().unwrap().truncate(15);
    run.desired = desired(spec);
    run.visit();
    assert_eq!(run.ready().0, "True");
}

#[test]
fn what_is_recorded_and_what_is_wanted_must_fit_together() {
    let destinations = |block: usize| -> Vec<String> {
        (0..45)
            .map(|number| format!("172.20.{}.{}/28", block + number / 16, number % 16 * 16))
            .collect()
    };
    let mut world = golden();
    let mut ids = Vec::new();
    for number in 0..20 {
        let id = format!("rtb-000000{number:02}");
        world = world.table(&id, "vpc-ce78dbb7", &[]);
        ids.push(id);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let wanting = |block| {
        let mut spec = druid_to_reports();
        let destinations = destinations(block);
        let destinations: Vec<&str> = destinations.iter().map(String::as_str).collect();
        spec.requester.routes = Some(in_tables(&ids, &destinations));
        desired(spec)
    };
    let mut run = Run::new(wanting(0), world.observed());
    run.visit();
    assert_eq!(run.ready().0, "True");
    run.desired = wanting(8);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "TooManyRoutes".to_owned()));
    assert!(run.plan().findings[0].message.contains("1801"), "{}", run.plan().findings[0].message);
}
