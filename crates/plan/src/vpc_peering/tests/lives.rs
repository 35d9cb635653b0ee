//! What becomes of an object's things when the object, its record, or somebody else's hand changes them.

use peerway_api::v1alpha1::selectors::VpcSelector;
use peerway_api::v1alpha1::vpc_peering::RuleStanding;
use peerway_model::{Origin, Owner};

use super::drift::{edit, settled, view};
use super::*;
use crate::testing::{absent, desired, druid_to_reports};

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
    spec.accepter.vpc = VpcSelector { id: Some("vpc-3607f64e".parse().unwrap()), match_tags: None };
    run.desired = absent(spec);
    assert!(run.visit().is_empty());
    assert!(run.plan().is_stalled(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}
