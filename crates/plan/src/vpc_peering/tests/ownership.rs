//! Whose it is when the record, the tags or the spec say different things.

use peerway_api::v1alpha1::selectors::VpcSelector;
use peerway_api::v1alpha1::vpc_peering::{RuleStanding, VpcPeeringSpec};
use peerway_model::{ConnectionState, Origin, Owner, Place, Tags};

use super::drift::{edit, ours, settled, unconfirm, view};
use super::*;
use crate::testing::{
    Estate, absent, by_tags, desired, druid_to_reports, estate_in, golden, place,
};

/// Somebody else's controller takes over whatever carries our tags.
fn taken_over(run: &mut Run) {
    let theirs = Owner { name: "another".to_owned(), ..run.desired.owner.clone() };
    edit(&mut view(run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.tags = theirs.tags(Origin::Created);
        }
    });
}

#[test]
fn a_connection_that_carries_somebody_elses_tags_now_is_left_with_all_its_routes() {
    let mut run = settled();
    taken_over(&mut run);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));

    let mut run = settled();
    taken_over(&mut run);
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    run.desired = absent(druid_to_reports());
    assert!(run.visit().is_empty(), "the routes are the new owner's");
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}

#[test]
fn a_wanted_rule_with_our_tags_is_ours_also_without_a_record() {
    let mut run = settled();
    run.status = None;
    run.desired.owner.uid = "uid-2".to_owned();
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(steps.iter().any(|step| matches!(step, Step::TagRule { .. })), "{steps:?}");
    let ingress = run.status.as_ref().unwrap().ingress.as_ref().unwrap();
    assert_eq!(ingress.items[0].state, RuleStanding::InPlace);
    assert_eq!(ingress.written.len(), 1);

    let mut spec = druid_to_reports();
    spec.requester.ingress = None;
    run.desired = Desired { owner: run.desired.owner.clone(), ..desired(spec) };
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps.as_slice(), [Step::RevokeIngress { .. }]), "{steps:?}");
}

#[test]
fn without_a_record_what_an_edited_spec_no_longer_names_is_not_forgotten() {
    let mut run = settled();
    run.status = None;
    let mut spec = druid_to_reports();
    spec.accepter.vpc =
        Some(VpcSelector { id: Some("vpc-3607f64e".parse().unwrap()), match_tags: None });
    run.desired = absent(spec);
    assert!(run.visit().is_empty());
    assert!(run.plan().is_stalled(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}

/// The same VPCs, by name, in another account.
fn staging() -> (VpcPeeringSpec, Place, Estate) {
    let twins = estate_in("333333333333", "us-west-2")
        .vpc("vpc-0000000a", &["10.50.0.0/21"], "imply-e04-network-vpc")
        .vpc("vpc-0000000b", &["172.20.0.0/20"], "non-overlapping-vpc")
        .table("rtb-0000000a", "*vpc-0000000a", &[])
        .table("rtb-0000000b", "*vpc-0000000b", &[]);
    let mut spec = druid_to_reports();
    for side in [&mut spec.requester, &mut spec.accepter] {
        side.account_ref.as_mut().unwrap().name = "consumer".to_owned();
        side.routes = None;
        side.ingress = None;
    }
    let named = by_tags(&[("Name", "non-overlapping-vpc")]);
    spec.accepter.vpc = Some(VpcSelector { id: None, match_tags: Some(named) });
    (spec, place("consumer", "333333333333", "us-west-2"), twins)
}

#[test]
fn moved_to_another_account_it_remembers_what_it_owns_in_the_old_one() {
    let mut run = settled();
    let (spec, place, twins) = staging();
    run.desired = desired(spec);
    run.observed.views.insert(place, twins.view());
    let before = run.status.clone().unwrap();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "BoundElsewhere".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
    let message = run.plan().findings[0].message.clone();
    assert!(message.contains("vpc-ce78dbb7") && message.contains("111111111111"), "{message}");
    let after = run.status.as_ref().unwrap();
    assert_eq!((&after.requester, &after.accepter), (&before.requester, &before.accepter));
}

#[test]
fn what_owns_nothing_may_name_other_vpcs() {
    let mut run = settled();
    run.observed = golden().observed();
    let mut status = run.status.take().unwrap();
    status.connection = None;
    status.routes = None;
    status.ingress = None;
    run.status = Some(status);
    let (spec, place, twins) = staging();
    run.desired = desired(spec);
    run.observed.views.insert(place, twins.view());
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_deletion_that_no_longer_leads_to_the_account_is_held() {
    let mut run = settled();
    let (spec, place, twins) = staging();
    run.desired = absent(spec);
    run.observed.views.insert(place, twins.view());
    let before = run.status.clone().unwrap();
    assert!(run.visit().is_empty());
    assert!(run.plan().is_stalled());
    assert_eq!(run.ready(), ("False".to_owned(), "BoundElsewhere".to_owned()));
    let after = run.status.as_ref().unwrap();
    assert_eq!(after.routes.as_ref().unwrap().written, before.routes.unwrap().written);
    run.desired = absent(druid_to_reports());
    run.visit();
    assert!(run.of_ours().is_empty());
}

#[test]
fn after_a_rejection_another_vpc_may_be_named() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.visit_dying_after(1);
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.id = "pcx-000000aa".parse().unwrap();
            connection.state = ConnectionState::Rejected;
        }
    });
    run.visit();
    assert_eq!(run.ready().1, "PeerRefused");
    let mut spec = druid_to_reports();
    spec.accepter.vpc =
        Some(VpcSelector { id: Some("vpc-3607f64e".parse().unwrap()), match_tags: None });
    spec.accepter.routes = None;
    spec.requester.routes = None;
    spec.requester.ingress = None;
    run.desired = desired(spec);
    run.desired.generation = 2;
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_rule_that_lost_our_tags_is_still_known_when_its_removal_takes_several_visits() {
    let mut run = settled();
    edit(&mut view(&mut run).security_group_rules, |rules| rules[0].tags = Tags::new());
    unconfirm(&mut view(&mut run).security_group_rules);
    run.desired = absent(druid_to_reports());
    assert!(run.visit().is_empty());
    edit(&mut view(&mut run).security_group_rules, |_| {});
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps[0], Step::RevokeIngress { .. }), "{steps:?}");
}

#[test]
fn lost_tags_are_put_back_before_anything_else() {
    let mut run = settled();
    edit(&mut view(&mut run).connections, |connections| {
        for connection in connections {
            connection.tags = Tags::new();
        }
    });
    edit(&mut view(&mut run).route_tables, |tables| {
        for table in tables {
            table.routes.retain(|route| route.target != ours());
        }
    });
    let rounds = run.visit();
    assert!(matches!(rounds[0].as_slice(), [Step::TagConnection { .. }]), "{}", text(&rounds));
    assert_eq!(run.ready().0, "True");
}

#[test]
fn lost_tags_are_put_back_before_the_connection_is_deleted() {
    let mut run = settled();
    run.desired = absent(druid_to_reports());
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..4 {
        edit(&mut view(&mut run).connections, |connections| {
            for connection in connections.iter_mut().filter(|one| one.id.is_pending()) {
                connection.tags = Tags::new();
            }
        });
        steps.extend(run.visit().into_iter().flatten());
    }
    let at = |wanted: fn(&Step) -> bool| steps.iter().position(wanted);
    let tagged = at(|step| matches!(step, Step::TagConnection { .. }));
    let deleted = at(|step| matches!(step, Step::DeleteConnection { .. }));
    assert!(tagged.is_some() && tagged < deleted, "{steps:?}");
}

#[test]
fn copied_tags_on_another_connection_do_not_hold_what_is_known_to_be_ours() {
    let mut run = settled();
    let tags = run.desired.owner.tags(Origin::Created);
    edit(&mut view(&mut run).connections, |connections| {
        let other = connections.iter_mut().find(|c| c.id.as_str() == "pcx-d3c1e8ba").unwrap();
        other.tags = tags.clone();
    });
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps.as_slice(), [Step::AuthorizeIngress { .. }]), "{steps:?}");
    assert_eq!(run.ready().0, "True");
    let warning = &run.status.as_ref().unwrap().warnings[0];
    assert_eq!(warning.reason, "OwnershipUnclear");
    assert!(warning.message.contains("pcx-d3c1e8ba"), "{}", warning.message);
}
