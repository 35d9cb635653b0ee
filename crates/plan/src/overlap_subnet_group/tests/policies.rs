//! `Observe`, `Retain` and the pause.

use peerway_api::PAUSED;
use peerway_api::v1alpha1::policies::{DeletionPolicy, ManagementPolicy};

use super::scenario::*;
use super::*;

pub(super) fn pause(run: &mut Run) {
    let annotations = [(PAUSED.to_owned(), "true".to_owned())];
    run.object.metadata.annotations = Some(annotations.into());
}

#[test]
fn whoever_observes_writes_nothing_and_tells_every_difference() {
    let mut run = start();
    run.object.spec.management_policy = Some(ManagementPolicy::Observe);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "DriftObserved".to_owned()));
    assert!(run.message().contains("route table in vpc-ce78dbb7"), "{}", run.message());
    assert!(run.recorded().routes.is_empty(), "what is not written is not recorded");
    let mut run = settled();
    run.object.spec.management_policy = Some(ManagementPolicy::Observe);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True", "while nothing differs");
    edit_table(&mut run, "rtb-0f000001", |table| table.associations.truncate(2));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "DriftObserved".to_owned()));
    assert!(run.message().contains("associate subnet-0f000003"), "{}", run.message());
    run.delete();
    assert!(run.visit().is_empty());
    let release = run.release().unwrap();
    assert!(release.is_tagged);
    assert!(release.left.contains(&"rtb-0f000001".to_owned()), "{:?}", release.left);
}

#[test]
fn a_pause_holds_everything_also_a_deletion() {
    let mut run = settled();
    pause(&mut run);
    edit_table(&mut run, "rtb-0f000001", |table| table.associations.truncate(2));
    assert!(run.visit().is_empty());
    assert_eq!(run.condition(ConditionType::Paused).as_deref(), Some("True"));
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("False"));
    run.delete();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "Paused".to_owned()));
    assert_eq!(run.release(), None);
    run.object.metadata.annotations = None;
    assert_eq!(run.steps().len(), 7);
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn a_pause_before_the_first_write_records_no_route() {
    let mut run = start();
    pause(&mut run);
    assert!(run.visit().is_empty());
    assert!(run.recorded().routes.is_empty());
    run.object.metadata.annotations = None;
    run.visit();
    assert_eq!(run.ready().0, "True");
}

#[test]
fn retain_takes_our_tags_off_and_leaves_the_rest() {
    let mut run = settled();
    run.object.spec.deletion_policy = Some(DeletionPolicy::Retain);
    run.delete();
    let before = run.observed.clone();
    assert_eq!(
        run.steps(),
        [
            "~ take our tags off subnet-0f000001",
            "~ take our tags off subnet-0f000002",
            "~ take our tags off subnet-0f000003",
            "~ take our tags off rtb-0f000001",
        ]
    );
    let tables = |observed: &Observed| -> Vec<_> {
        let part = observed.views[&service()].route_tables.part.as_ref().unwrap();
        part.iter().map(|it| (it.routes.clone(), it.associations.clone())).collect()
    };
    assert_eq!(tables(&before), tables(&run.observed));
    let release = run.release().unwrap();
    assert!(!release.is_tagged);
    for left in ["subnet-0f000001", "rtb-0f000001", "route 10.50.6.0/26 in rtb-48598f33"] {
        assert!(release.left.iter().any(|it| it == left), "{left}: {:?}", release.left);
    }
}

#[test]
fn retain_releases_what_is_paused_or_waits() {
    let mut run = settled();
    put(&mut run, interface("eni-0000000a", "subnet-0f000002", true));
    run.delete();
    run.visit();
    assert_eq!(run.release(), None);
    run.object.spec.deletion_policy = Some(DeletionPolicy::Retain);
    pause(&mut run);
    assert!(run.visit().is_empty());
    assert!(run.release().unwrap().is_tagged);
}

#[test]
fn an_object_that_no_account_lets_in_is_released_by_retain_alone() {
    let mut run = settled();
    run.delete();
    assert_eq!(super::super::release_unentered(&run.object), None);
    run.object.spec.deletion_policy = Some(DeletionPolicy::Retain);
    let release = super::super::release_unentered(&run.object).unwrap();
    assert!(release.is_tagged && release.left.contains(&"rtb-0f000001".to_owned()));
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let mut run = settled();
    let before = run.object.status.clone();
    run.view().subnets.failure = Some(peerway_model::AwsFailure::new(
        "DescribeSubnets",
        peerway_model::FailureKind::Unreachable,
        None,
        "dispatch failure",
        None,
    ));
    assert!(run.visit().is_empty());
    assert_eq!(run.object.status, before);
    run.delete();
    assert!(run.visit().is_empty());
    assert_eq!(run.release(), None);
}

/// The first list of a process has none to be compared with.
#[test]
fn retain_does_not_release_by_one_list_in_which_our_subnets_are_missing() {
    let mut run = settled();
    run.object.spec.deletion_policy = Some(DeletionPolicy::Retain);
    run.delete();
    let whole = run.view().subnets.clone();
    let part = whole.part.as_ref().unwrap();
    let is_listed = |subnet: &&peerway_model::Subnet| !subnet.id.as_str().starts_with("subnet-0f");
    let fewer: Vec<_> = part.iter().filter(is_listed).cloned().collect();
    run.view().subnets = crate::testing::fresh(&fewer);
    run.visit();
    assert_eq!(run.ready().1, "RouteTableShared", "it seems to be used by others");
    assert_eq!(run.release(), None);
    run.view().subnets = whole;
    assert_eq!(run.steps().len(), 4);
    assert_eq!(run.plan().findings, []);
    assert!(!run.release().unwrap().is_tagged);
}

#[test]
fn retain_takes_no_tags_off_by_a_view_that_may_be_of_before() {
    let mut run = settled();
    run.object.spec.deletion_policy = Some(DeletionPolicy::Retain);
    run.delete();
    unconfirm(&mut run.view().subnets);
    assert_eq!(run.steps(), ["~ take our tags off rtb-0f000001"]);
    assert_eq!(run.release(), None, "the subnets carry our tags");
    confirm(&mut run.view().subnets);
    assert_eq!(run.steps().len(), 3);
    assert!(!run.release().unwrap().is_tagged);
}
