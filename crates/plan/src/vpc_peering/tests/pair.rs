//! One object per pair of VPCs.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use peerway_api::v1alpha1::VpcPeering;
use peerway_model::clock::{after, before};

use super::*;
use crate::testing::{absent, desired, druid_to_reports, golden, object};
use crate::vpc_peering::Sibling;

/// Another object for the same pair, the other way round, so many seconds older.
fn rival(namespace: &str, older: i64) -> VpcPeering {
    let mut spec = druid_to_reports();
    std::mem::swap(&mut spec.requester, &mut spec.accepter);
    let vpc = spec.accepter.vpc.as_mut().unwrap();
    vpc.match_tags = None;
    vpc.id = Some("vpc-ce78dbb7".parse().unwrap());
    let mut rival = object(spec);
    rival.metadata.name = Some("rival".to_owned());
    rival.metadata.namespace = Some(namespace.to_owned());
    rival.metadata.uid = Some("uid-0".to_owned());
    let by = Duration::from_secs(older.unsigned_abs());
    let at = if older < 0 { after(now(), by) } else { before(now(), by) };
    rival.metadata.creation_timestamp = Some(Time(at));
    rival
}

fn beside(rival: &VpcPeering) -> Run {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    run.desired.created = Some(now());
    run.observed.siblings = vec![Sibling::of(rival)];
    run
}

#[test]
fn the_older_holds_the_pair_and_the_younger_writes_nothing() {
    let mut run = beside(&rival("analytics", 60));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "PairTaken".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
    assert!(run.plan().to_string().contains("'rival'"), "{}", run.plan());
    assert!(run.status.as_ref().unwrap().requester.is_some(), "others know which pair it is about");
    run.observed.siblings.clear();
    run.visit();
    assert_eq!(run.ready().0, "True", "once the holder is gone");

    let mut run = beside(&rival("analytics", -60));
    run.visit();
    assert_eq!(run.ready().0, "True");
}

#[test]
fn of_the_same_age_the_lower_uid_holds_it() {
    let mut run = beside(&rival("analytics", 0));
    run.visit();
    assert_eq!(run.ready().1, "PairTaken");
    let mut higher = rival("analytics", 0);
    higher.metadata.uid = Some("uid-2".to_owned());
    let mut run = beside(&higher);
    run.visit();
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_holder_in_another_namespace_is_not_named() {
    let run = beside(&rival("secret-project", 60));
    let plan = run.plan().to_string();
    assert!(plan.contains("PairTaken"), "{plan}");
    assert!(!plan.contains("secret-project") && !plan.contains("rival"), "{plan}");
}

#[test]
fn whoever_may_not_use_the_account_holds_no_pair_by_naming_it() {
    let mut ungranted = rival("elsewhere", 60);
    let finding =
        crate::Finding::passing(ConditionType::Valid, Reason::NotGranted, "not granted".to_owned());
    ungranted.status = Some(invalid(None, 1, &[finding], now()));
    let mut run = beside(&ungranted);
    run.visit();
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_holder_whose_grant_was_revoked_still_holds_what_it_has() {
    let mut holder = beside(&rival("analytics", -60));
    holder.visit();
    let finding =
        crate::Finding::passing(ConditionType::Valid, Reason::NotGranted, "not granted".to_owned());
    let mut frozen = rival("analytics", 60);
    frozen.status = Some(invalid(holder.status.as_ref(), 1, &[finding], now()));
    let mut run = beside(&frozen);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "PairTaken");
}

#[test]
fn the_deletion_of_the_younger_takes_apart_what_it_has() {
    let mut run = beside(&rival("analytics", -60));
    run.visit();
    assert_eq!(run.ready().0, "True");
    run.observed.siblings = vec![Sibling::of(&rival("analytics", 60))];
    let kept = run.of_ours();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "PairTaken");
    assert_eq!(run.of_ours(), kept, "nothing is torn down");
    run.desired = absent(druid_to_reports());
    run.visit();
    assert!(run.of_ours().is_empty());
}

/// The younger owns the connection when an older object comes to want the pair.
fn contested() -> (Run, Run) {
    let mut younger = beside(&rival("analytics", -60));
    younger.visit();
    assert_eq!(younger.ready().0, "True");
    let older = rival("analytics", 60);
    let mut wants = object(druid_to_reports());
    wants.metadata.creation_timestamp = younger.desired.created.map(Time);
    wants.status = younger.status.clone();
    let mut other = Run::new(desired(older.spec.clone()), younger.observed.clone());
    other.desired.owner.name = "rival".to_owned();
    other.desired.owner.uid = "uid-0".to_owned();
    other.desired.created = crate::vpc_peering::pair::created(&older);
    other.observed.siblings = vec![Sibling::of(&wants)];
    younger.observed.siblings = vec![Sibling::of(&older)];
    (younger, other)
}

#[test]
fn where_the_younger_owns_the_connection_both_say_how_it_is_handed_over() {
    let (mut younger, mut older) = contested();
    for (run, reason, words) in [
        (&mut younger, "PairTaken", ["'rival'", "adopt", "Retain", "not repaired"]),
        (&mut older, "ConnectionExists", ["'druid'", "adopt", "Retain", "younger"]),
    ] {
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), reason.to_owned()));
        let message = run.plan().findings.last().unwrap().message.clone();
        for word in words {
            assert!(message.contains(word), "{word}: {message}");
        }
        assert!(message.contains("(known after apply)"), "names the connection: {message}");
    }
}

#[test]
fn what_the_messages_say_works() {
    use peerway_api::v1alpha1::policies::DeletionPolicy;
    use peerway_api::v1alpha1::vpc_peering::PeeringAdoption;

    // Handed over as it is.
    let (mut younger, mut older) = contested();
    younger.desired = absent(druid_to_reports());
    younger.desired.policies.deletion = DeletionPolicy::Retain;
    younger.visit();
    older.observed.views = younger.observed.views;
    older.observed.siblings.clear();
    let id = ConnectionId::pending("connection");
    older.desired.adopt =
        Some(PeeringAdoption { connection_id: Some(id.clone()), security_group_rule_ids: None });
    older.visit();
    older.visit();
    assert_eq!(older.ready().0, "True", "{}", older.plan());
    assert_eq!(older.status.unwrap().connection.unwrap().id, id);

    // Taken apart and made anew.
    let (mut younger, mut older) = contested();
    younger.desired = absent(druid_to_reports());
    younger.visit();
    older.observed.views = younger.observed.views;
    older.observed.siblings.clear();
    older.visit();
    assert_eq!(older.ready().0, "True", "{}", older.plan());
}
