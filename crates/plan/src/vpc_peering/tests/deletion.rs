//! Taking apart.

use peerway_api::v1alpha1::selectors::VpcSelector;

use peerway_model::{Destination, Tags};

use super::drift::{edit, view};
use super::golden::across;
use super::*;
use crate::Waiting;
use crate::testing::{
    absent, by_tags, confirmed, desired, druid_to_reports, estate, fresh, golden, service,
};
use crate::vpc_peering::events;

fn settled() -> Run {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit();
    run
}

#[test]
fn rules_go_first_then_one_sides_routes_then_the_others_then_the_connection() {
    let mut run = settled();
    run.desired = absent(druid_to_reports());
    insta::assert_snapshot!(text(&run.visit()));
    assert!(run.of_ours().is_empty());
    let plan = run.plan();
    assert!(plan.steps.is_empty() && plan.waiting.is_empty(), "{plan}");
}

#[test]
fn the_world_is_what_it_was() {
    let before = golden().observed();
    let mut run = settled();
    run.desired = absent(druid_to_reports());
    run.visit();
    let (view, before) = (&run.observed.views[&service()], &before.views[&service()]);
    let tables = |view: &crate::View| {
        view.route_tables.part.as_ref().unwrap().iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(tables(view), tables(before));
    assert_eq!(view.security_group_rules.part.as_ref().unwrap().len(), 0);
}

#[test]
fn across_accounts_everything_goes_too() {
    let (spec, world) = across();
    let mut run = Run::new(desired(spec.clone()), world);
    run.visit();
    run.desired = absent(spec);
    insta::assert_snapshot!(text(&run.visit()));
    assert!(run.of_ours().is_empty());
}

#[test]
fn a_connection_that_lost_our_tags_is_tagged_again_before_anything_is_taken_apart() {
    let mut run = settled();
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.tags = Tags::new();
        }
    });
    run.desired = absent(druid_to_reports());
    let rounds = run.visit();
    assert!(matches!(rounds[0].as_slice(), [Step::TagConnection { .. }]), "{}", text(&rounds));
    let last = rounds.last().unwrap();
    assert!(matches!(last.as_slice(), [Step::DeleteConnection { .. }]), "{}", text(&rounds));
    assert!(run.of_ours().is_empty());
}

/// Policies let only what carries our tags be deleted, and each account has tags of its own on a connection.
#[test]
fn only_the_view_that_a_connection_is_deleted_through_is_tagged_again() {
    let (spec, world) = across();
    for (stripped, expected) in [("333333333333", 1), ("111111111111", 0)] {
        let mut run = Run::new(desired(spec.clone()), world.clone());
        run.visit();
        for (place, view) in &mut run.observed.views {
            if place.account().as_str() == stripped {
                edit(&mut view.connections, |connections| {
                    for connection in connections {
                        connection.tags = Tags::new();
                    }
                });
            }
        }
        run.desired = absent(spec.clone());
        let rounds = run.visit();
        let tags: Vec<&Step> = rounds
            .iter()
            .flatten()
            .filter(|step| matches!(step, Step::TagConnection { .. }))
            .collect();
        assert_eq!(tags.len(), expected, "{}", text(&rounds));
        assert!(tags.iter().all(|step| step.place().account().as_str() == stripped));
        assert!(run.of_ours().is_empty(), "{}", text(&rounds));
    }
}

#[test]
fn a_spec_that_no_longer_resolves_does_not_keep_it_from_going() {
    let mut run = settled();
    let mut spec = druid_to_reports();
    spec.requester.vpc =
        Some(VpcSelector { id: None, match_tags: Some(by_tags(&[("Name", "nobody")])) });
    spec.accepter.vpc =
        Some(VpcSelector { id: Some("vpc-00000000".parse().unwrap()), match_tags: None });
    run.desired = absent(spec);
    run.visit();
    assert!(run.of_ours().is_empty());
}

#[test]
fn without_the_status_the_tags_are_enough() {
    let mut run = settled();
    run.status = None;
    run.desired = absent(druid_to_reports());
    run.visit();
    assert!(run.of_ours().is_empty());
}

#[test]
fn without_status_and_spec_it_is_held_and_says_why() {
    let mut run = settled();
    run.status = None;
    let mut spec = druid_to_reports();
    spec.accepter.vpc =
        Some(VpcSelector { id: Some("vpc-00000000".parse().unwrap()), match_tags: None });
    run.desired = absent(spec);
    run.visit();
    assert!(run.plan().is_stalled());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}

#[test]
fn the_object_is_held_until_its_absence_was_seen_twice() {
    let mut run = settled();
    run.desired = absent(druid_to_reports());
    run.visit();
    let view = run.observed.views.get_mut(&service()).unwrap();
    let tables: Vec<_> = view.route_tables.part.as_ref().unwrap().iter().cloned().collect();
    view.route_tables = fresh(&tables);
    let plan = run.plan();
    assert!(plan.steps.is_empty());
    assert!(matches!(plan.waiting.as_slice(), [Waiting::Confirmation { .. }]), "{plan}");
    run.observed.views.get_mut(&service()).unwrap().route_tables = confirmed(&tables);
    assert!(run.plan().waiting.is_empty());
    // A write that was answered a moment ago may not show everywhere yet.
    run.observed.wrote_at = Some(now());
    assert!(!run.plan().waiting.is_empty());
}

#[test]
fn a_rule_with_our_tags_that_we_did_not_write_is_left() {
    let mut run = settled();
    let view = run.observed.views.get_mut(&service()).unwrap();
    let mut rules: Vec<_> =
        view.security_group_rules.part.as_ref().unwrap().iter().cloned().collect();
    let mut copied = rules[0].clone();
    copied.id = "sgr-0000000f".parse().unwrap();
    copied.group = "sg-0def0001".parse().unwrap();
    rules.push(copied);
    view.security_group_rules = confirmed(&rules);
    run.visit();
    assert_eq!(run.status.as_ref().unwrap().warnings[0].reason, "OwnershipUnclear");
    run.desired = absent(druid_to_reports());
    run.visit();
    assert_eq!(run.of_ours(), ["sgr-0000000f"]);
    assert!(reasons(&run.plan()).contains(&Reason::OwnershipUnclear));
}

/// Whether a grant still covers a VPC cannot be told while it is not listed, nor who asked for what was not accepted.
#[test]
fn a_vpc_that_one_list_leaves_out_lets_nothing_go() {
    let pending = |run: &mut Run| {
        edit(&mut view(run).connections, |connections| {
            for connection in connections.iter_mut().filter(|it| it.id.is_pending()) {
                connection.state = ConnectionState::PendingAcceptance;
            }
        });
    };
    for turn in [|_: &mut Run| (), pending] {
        let mut run = settled();
        turn(&mut run);
        run.desired = absent(druid_to_reports());
        let vpcs = view(&mut run).vpcs.clone();
        edit(&mut view(&mut run).vpcs, |vpcs| vpcs.retain(|vpc| vpc.id.as_str() == "vpc-ce78dbb7"));
        let plan = run.plan();
        assert!(plan.steps.is_empty(), "{plan}");
        assert!(plan.to_string().contains("AWS to list vpc-641fee1c again"), "{plan}");
        view(&mut run).vpcs = vpcs;
        run.visit();
        assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
    }
}

/// One list may have left out the route, which would lead nowhere without the connection.
#[test]
fn the_connection_stays_until_its_routes_were_seen_gone_twice() {
    let mut run = settled();
    run.desired = absent(druid_to_reports());
    run.visit_dying_after(1);
    let tables = view(&mut run).route_tables.clone();
    let mut without: Vec<_> = tables.part.as_ref().unwrap().iter().cloned().collect();
    for table in &mut without {
        table.routes.retain(|route| !matches!(route.target, RouteTarget::Connection(_)));
    }
    view(&mut run).route_tables = fresh(&without);
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert!(run.plan().to_string().contains("is gone"), "{}", run.plan());
    view(&mut run).route_tables = tables;
    let last = run.visit().pop().unwrap();
    assert!(matches!(last.as_slice(), [Step::DeleteConnection { .. }]), "{last:?}");
}

#[test]
fn a_route_by_prefix_list_over_our_connection_is_reported_and_told_of_when_the_connection_goes() {
    let mut run = settled();
    let view = run.observed.views.get_mut(&service()).unwrap();
    let mut tables: Vec<_> = view.route_tables.part.as_ref().unwrap().iter().cloned().collect();
    for table in tables.iter_mut().filter(|table| table.id.as_str() == "rtb-a822e5d0") {
        table.routes.push(peerway_model::Route {
            destination: Destination::PrefixList("pl-00000001".parse().unwrap()),
            target: RouteTarget::Connection(ConnectionId::pending("connection")),
            origin: peerway_model::RouteOrigin::Static,
            state: peerway_model::RouteState::Active,
        });
    }
    view.route_tables = confirmed(&tables);
    let list = estate().prefix_list("pl-00000001", Some(&["172.20.8.0/24"]));
    view.prefix_lists = Some(confirmed(&list.prefix_lists));
    run.visit();
    assert_eq!(run.ready().0, "True");
    let warnings = &run.status.as_ref().unwrap().warnings;
    assert_eq!(warnings[0].reason, "UndeclaredRoute");
    assert!(warnings[0].message.contains("pl-00000001"), "{}", warnings[0].message);

    run.desired = absent(druid_to_reports());
    let mut visit = || {
        let before = run.status.clone();
        let done: Vec<Step> = run.visit().into_iter().flatten().collect();
        let told = events(&run.desired, before.as_ref(), run.status.as_ref().unwrap(), 1, &done);
        let told = told.into_iter().filter(|event| event.reason == "UndeclaredRoute").count();
        (done.len(), told)
    };
    assert_eq!(visit(), (4, 1), "a rule, two routes, the connection; and an event");
    assert_eq!(visit(), (0, 0), "told once");
    let plan = run.plan();
    assert!(plan.waiting.is_empty() && !plan.is_stalled(), "{plan}");
}

#[test]
fn however_many_routes_are_left_as_black_holes_each_is_told_of() {
    let mut world = golden();
    for number in 10..50 {
        world = world.table(&format!("rtb-000000{number}"), "vpc-ce78dbb7", &[]);
    }
    let mut run = Run::new(desired(druid_to_reports()), world.observed());
    run.visit();
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables.iter_mut().filter(|table| table.id.as_str().starts_with("rtb-0000")) {
            table.routes.push(peerway_model::Route {
                destination: Destination::PrefixList("pl-00000001".parse().unwrap()),
                target: RouteTarget::Connection(ConnectionId::pending("connection")),
                origin: peerway_model::RouteOrigin::Static,
                state: peerway_model::RouteState::Active,
            });
        }
    });
    run.desired = absent(druid_to_reports());
    let before = run.status.clone();
    run.visit();
    let told: String = events(&run.desired, before.as_ref(), run.status.as_ref().unwrap(), 1, &[])
        .into_iter()
        .filter(|event| event.is_warning && event.reason == "UndeclaredRoute")
        .map(|event| event.note)
        .collect();
    for number in 10..50 {
        assert!(told.contains(&format!("pl-00000001 in rtb-000000{number}")), "{number}: {told}");
    }
}

#[test]
fn everything_desired_is_known_to_the_owner() {
    assert_eq!(settled().of_ours().len(), 4, "a connection, two routes, a rule");
}
