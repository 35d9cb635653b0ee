//! Retain, Observe and the pause: what is not written, what stays, and what is said of it.

use peerway_api::v1alpha1::policies::{DeletionPolicy, ManagementPolicy};
use peerway_api::v1alpha1::vpc_peering::VpcPeeringSpec;
use peerway_model::ownership::marks;
use peerway_model::{AwsFailure, FailureKind, Item, Reading};

use super::drift::{edit, settled, unconfirm, view};
use super::*;
use crate::event::retained;
use crate::testing::{absent, desired, druid_to_reports, golden, object, service};
use crate::vpc_peering::{release, release_unentered};
use crate::{Presence, Release};

fn with(change: impl FnOnce(&mut VpcPeeringSpec)) -> VpcPeeringSpec {
    let mut spec = druid_to_reports();
    change(&mut spec);
    spec
}

pub(super) fn observing() -> VpcPeeringSpec {
    with(|spec| spec.management_policy = Some(ManagementPolicy::Observe))
}

pub(super) fn retaining() -> VpcPeeringSpec {
    with(|spec| spec.deletion_policy = Some(DeletionPolicy::Retain))
}

fn let_go(run: &Run) -> Option<Release> {
    release(&run.desired, &Recorded::of(run.status.as_ref()), &run.plan(), &Outcome::default())
}

fn items<T: Item>(reading: &Reading<T>) -> Vec<T> {
    reading.part.as_ref().unwrap().iter().cloned().collect()
}

#[test]
fn observe_says_what_differs_and_writes_nothing() {
    let mut run = Run::new(desired(observing()), golden().observed());
    assert!(run.visit().is_empty());
    insta::assert_snapshot!(run.plan().to_string());
    assert_eq!(run.ready(), ("False".to_owned(), "DriftObserved".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));
}

#[test]
fn observe_is_ready_only_while_nothing_differs() {
    let mut run = settled();
    run.desired = desired(observing());
    run.visit();
    assert_eq!(run.ready(), ("True".to_owned(), "Ready".to_owned()));
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    let record = run.status.as_ref().unwrap().ingress.as_ref().unwrap().written.clone();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "DriftObserved".to_owned()));
    let ingress = run.status.as_ref().unwrap().ingress.as_ref().unwrap();
    assert!(ingress.written.iter().all(|key| record.contains(key)), "nothing new is recorded");
}

#[test]
fn what_nobody_declared_is_drift_too_for_whoever_only_observes() {
    let mut run = settled();
    edit(&mut view(&mut run).route_tables, |tables| {
        let table = tables.iter_mut().find(|table| table.id.as_str() == "rtb-a822e5d0").unwrap();
        let mut route = table.routes[0].clone();
        route.destination = peerway_model::Destination::Cidr("172.20.8.0/22".parse().unwrap());
        route.target = super::drift::ours();
        table.routes.push(route);
    });
    run.visit();
    assert_eq!(run.ready().0, "True", "who repairs is ready: it is nobody's drift but theirs");
    run.desired = desired(observing());
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "DriftObserved".to_owned()));
}

#[test]
fn a_deleted_object_that_only_observed_goes_at_once_and_leaves_everything() {
    let mut run = settled();
    let before = run.observed.clone();
    run.desired = absent(observing());
    assert!(run.visit().is_empty());
    let left = let_go(&run).unwrap();
    assert!(left.is_tagged);
    assert_eq!(left.left.len(), 4, "{left:?}");
    assert_eq!(items(&before.views[&service()].connections), items(&view(&mut run).connections));
}

#[test]
fn a_pause_stops_writes_and_nothing_else() {
    let mut paused = desired(druid_to_reports());
    paused.policies.is_paused = true;
    let mut run = Run::new(paused, golden().observed());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "ConnectionPending".to_owned()));
    assert_eq!(run.condition(ConditionType::Paused).as_deref(), Some("True"));
    assert_eq!(run.condition(ConditionType::Stalled), None);
    run.desired.policies.is_paused = false;
    run.visit();
    assert_eq!(run.ready().0, "True");
    assert_eq!(run.condition(ConditionType::Paused), None);

    run.desired.policies.is_paused = true;
    run.visit();
    assert_eq!(run.ready().0, "True", "what is in place is in place");
    assert_eq!(run.condition(ConditionType::Paused).as_deref(), Some("True"));
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "Progressing".to_owned()));
    insta::assert_snapshot!(run.plan().to_string());
}

#[test]
fn a_pause_shows_also_while_aws_cannot_be_read() {
    let mut run = settled();
    run.desired.policies.is_paused = true;
    refuse(&mut run, FailureKind::Unreachable);
    run.visit();
    assert_eq!(run.condition(ConditionType::Paused).as_deref(), Some("True"));
    assert_eq!(run.ready().0, "True");
    run.desired.policies.is_paused = false;
    run.visit();
    assert_eq!(run.condition(ConditionType::Paused), None);
}

#[test]
fn a_paused_deletion_waits_and_says_so_and_with_retain_ends() {
    let mut run = settled();
    run.desired = absent(druid_to_reports());
    run.desired.policies.is_paused = true;
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "Paused".to_owned()));
    assert_eq!(let_go(&run), None);
    run.desired.policies.deletion = DeletionPolicy::Retain;
    assert!(run.visit().is_empty());
    assert!(let_go(&run).unwrap().is_tagged, "no write means no write");
}

#[test]
fn a_paused_deletion_waits_also_where_nothing_was_made() {
    let mut run = Run::new(absent(druid_to_reports()), golden().observed());
    run.desired.policies.is_paused = true;
    run.visit();
    assert_eq!(let_go(&run), None);
    run.desired.policies.is_paused = false;
    run.visit();
    assert_eq!(let_go(&run), Some(Release::default()));
}

#[test]
fn retain_takes_our_tags_off_and_leaves_the_rest() {
    let mut run = settled();
    run.desired = absent(retaining());
    let before = run.observed.clone();
    assert_eq!(let_go(&run), None, "the tags are still on it");
    insta::assert_snapshot!(text(&run.visit()));
    assert!(run.of_ours().is_empty());
    is_the_same_but_for_our_tags(&before, &run.observed);
    let left = let_go(&run).unwrap();
    assert!(!left.is_tagged);
    let event = retained(&left).unwrap();
    assert!(!event.is_warning && event.note.contains("172.20.0.0/22"), "{event:?}");
}

#[test]
fn retain_releases_an_object_that_is_being_taken_apart() {
    let mut run = settled();
    run.desired = absent(druid_to_reports());
    run.visit_dying_after(1);
    let before = run.observed.clone();
    run.desired = absent(retaining());
    run.visit();
    is_the_same_but_for_our_tags(&before, &run.observed);
    assert!(let_go(&run).is_some());
}

#[test]
fn retain_ends_without_credentials_and_waits_for_what_comes_back() {
    for (kind, ends) in [
        (FailureKind::Credentials, true),
        (FailureKind::Denied, true),
        (FailureKind::Throttled, false),
        (FailureKind::Unreachable, false),
    ] {
        let mut run = settled();
        run.desired = absent(retaining());
        refuse(&mut run, kind);
        assert!(run.visit().is_empty());
        assert_eq!(let_go(&run).is_some(), ends, "{kind:?}");
        run.desired.policies.deletion = DeletionPolicy::Delete;
        assert_eq!(let_go(&run), None, "{kind:?}: what is to be taken apart is held");
    }
    // A session that has ended is followed by another.
    let mut run = settled();
    run.desired = absent(retaining());
    refuse_as(&mut run, FailureKind::Credentials, Some("ExpiredToken"));
    assert_eq!(let_go(&run), None);
    // The reads are allowed, and taking tags off is not.
    let mut run = settled();
    run.desired = absent(retaining());
    let denied = AwsFailure::new("DeleteTags", FailureKind::Denied, None, "no", None);
    let failed = FailedStep { step: "take our tags off pcx-1".to_owned(), failure: denied };
    let outcome = Outcome { failures: vec![failed], unseen: Vec::new() };
    let recorded = Recorded::of(run.status.as_ref());
    let left = release(&run.desired, &recorded, &run.plan(), &outcome).unwrap();
    assert!(left.is_tagged && !left.left.is_empty());
}

#[test]
fn without_its_account_only_what_is_to_stay_is_let_go() {
    let run = settled();
    let going = |spec| {
        let mut object = object(spec);
        object.status.clone_from(&run.status);
        object.metadata.deletion_timestamp =
            Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now()));
        object
    };
    let nobody = Desired::from_object(
        &going(retaining()),
        |_| None,
        &crate::testing::namespace(),
        "cluster-1",
    );
    assert!(nobody.is_err());
    let left = release_unentered(&going(retaining())).unwrap();
    assert_eq!(left.left.len(), 4, "connection, rule and two routes: {left:?}");
    assert!(release_unentered(&going(observing())).is_some());
    assert_eq!(release_unentered(&going(druid_to_reports())), None);
    let mut living = going(retaining());
    living.metadata.deletion_timestamp = None;
    assert_eq!(release_unentered(&living), None);
}

#[test]
fn an_object_that_should_be_there_is_never_let_go() {
    let mut run = settled();
    run.desired = desired(retaining());
    assert_eq!(run.desired.presence, Presence::Present);
    assert_eq!(let_go(&run), None);
}

fn refuse(run: &mut Run, kind: FailureKind) {
    refuse_as(run, kind, None);
}

fn refuse_as(run: &mut Run, kind: FailureKind, code: Option<&str>) {
    let failure = AwsFailure::new("DescribeVpcs", kind, code.map(str::to_owned), "no", None);
    let vpcs = &mut view(run).vpcs;
    *vpcs = Reading { part: vpcs.part.clone(), failure: Some(failure) };
}

/// Everything that stands, with our tags taken off.
pub(super) fn is_the_same_but_for_our_tags(before: &Observed, after: &Observed) {
    let bare = |tags: &mut peerway_model::Tags| {
        for key in marks(tags).into_keys() {
            tags.remove(&key);
        }
    };
    for (place, before) in &before.views {
        let after = &after.views[place];
        assert_eq!(items(&before.route_tables), items(&after.route_tables));
        let connections = |view: &crate::View| {
            let mut all = items(&view.connections);
            for connection in &mut all {
                bare(&mut connection.tags);
            }
            all
        };
        assert_eq!(connections(before), connections(after));
        let rules = |view: &crate::View| {
            let mut all = items(&view.security_group_rules);
            for rule in &mut all {
                bare(&mut rule.tags);
            }
            all
        };
        assert_eq!(rules(before), rules(after));
    }
}

#[test]
fn retain_takes_no_tags_off_by_a_view_that_may_be_of_before() {
    let mut run = settled();
    run.desired = absent(retaining());
    unconfirm(&mut view(&mut run).connections);
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(matches!(steps[..], [Step::UntagRule { .. }]), "{steps:?}");
    assert_eq!(let_go(&run), None, "the connection carries our tags");
}
