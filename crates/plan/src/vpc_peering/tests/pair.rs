//! One object per pair of VPCs.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use peerway_api::v1alpha1::VpcPeering;
use peerway_model::clock::{after, before};

use super::drift::{edit, rename, view};
use super::*;
use crate::testing::{absent, desired, druid_to_reports, golden, in_tables, object};
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

/// Two objects whose consumers have the same addresses, each with its connection and no route yet; the younger first.
fn same_destination() -> (Run, Run) {
    let world = golden()
        .vpc("vpc-0000000d", &["172.20.0.0/20"], "another")
        .table("rtb-0000000d", "*vpc-0000000d", &[])
        .subnet("subnet-0000000d", "vpc-0000000d", "172.20.0.0/22", "");
    let mut spec = druid_to_reports();
    spec.requester.ingress = None;
    let mut other = spec.clone();
    other.accepter.vpc.as_mut().unwrap().id = Some("vpc-0000000d".parse().unwrap());
    other.accepter.routes = Some(in_tables(&["rtb-0000000d"], &[]));
    let mut older = Run::new(desired(other), world.observed());
    older.desired.owner.name = "older".to_owned();
    older.desired.owner.uid = "uid-0".to_owned();
    older.desired.created = Some(before(now(), Duration::from_mins(1)));
    older.visit_dying_after(2);
    rename(&mut older, &"pcx-0000000d".parse().unwrap());
    let mut younger = Run::new(desired(spec), older.observed.clone());
    younger.desired.created = Some(now());
    younger.visit_dying_after(2);
    edit(&mut view(&mut younger).route_tables, |tables| {
        for table in tables {
            let is_one = |id: &ConnectionId| id.is_pending() || id.as_str() == "pcx-0000000d";
            table.routes.retain(
                |route| !matches!(&route.target, RouteTarget::Connection(id) if is_one(id)),
            );
        }
    });
    older.observed.views = younger.observed.views.clone();
    (younger, older)
}

fn as_sibling(run: &Run, edit: impl Fn(&mut VpcPeering)) -> Sibling {
    let mut spec = druid_to_reports();
    spec.accepter.vpc.as_mut().unwrap().id = Some("vpc-0000000d".parse().unwrap());
    let mut object = object(spec);
    object.metadata.name = Some(run.desired.owner.name.clone());
    object.metadata.uid = Some(run.desired.owner.uid.clone());
    object.metadata.creation_timestamp = run.desired.created.map(Time);
    object.status = run.status.clone();
    edit(&mut object);
    Sibling::of(&object)
}

fn routes_written(run: &mut Run) -> Vec<String> {
    let steps = run.visit().into_iter().flatten();
    steps.filter(|step| matches!(step, Step::CreateRoute { .. })).map(|s| s.to_string()).collect()
}

#[test]
fn of_two_that_want_one_destination_at_one_moment_the_older_writes_it() {
    let (mut younger, mut older) = same_destination();
    younger.observed.siblings = vec![as_sibling(&older, |_| {})];
    assert_eq!(
        routes_written(&mut younger),
        [""; 0],
        "its own route clashes, and its way back is the older's"
    );
    let routes = younger.status.clone().unwrap().routes.unwrap();
    let reasons: Vec<_> = routes.items.iter().map(|item| item.reason.as_deref().unwrap()).collect();
    assert_eq!(reasons, ["RouteConflict", "ReturnGoesElsewhere"]);
    let plan = younger.plan();
    assert!(plan.to_string().contains("older VPCPeering"), "{plan}");
    assert_eq!(plan.report.again_at, Some(after(now(), Duration::from_secs(30))));

    assert_eq!(routes_written(&mut older).len(), 2);
    assert_eq!(older.ready().0, "True", "{}", older.plan());
}

#[test]
fn an_older_object_that_will_not_write_its_route_holds_up_nobody() {
    let (younger, older) = same_destination();
    let deleted = |object: &mut VpcPeering| {
        object.metadata.deletion_timestamp = Some(Time(now()));
    };
    let paused = |object: &mut VpcPeering| {
        let paused = (peerway_api::PAUSED.to_owned(), "true".to_owned());
        object.metadata.annotations = Some([paused].into());
    };
    let mut withheld = older.clone();
    edit(&mut view(&mut withheld).route_tables, |tables| {
        let table = tables.iter_mut().find(|table| table.id.as_str() == "rtb-7122e509").unwrap();
        table.routes.push(peerway_model::Route {
            destination: peerway_model::Destination::Cidr("172.20.0.0/22".parse().unwrap()),
            target: crate::testing::target("pcx-0000000e"),
            origin: peerway_model::RouteOrigin::Static,
            state: peerway_model::RouteState::Active,
        });
    });
    withheld.visit();
    for sibling in
        [as_sibling(&older, deleted), as_sibling(&older, paused), as_sibling(&withheld, |_| {})]
    {
        let mut run = younger.clone();
        run.observed.siblings = vec![sibling];
        assert_eq!(routes_written(&mut run).len(), 2, "{}", run.plan());
    }
    let mut incumbent = younger.clone();
    incumbent.visit();
    assert_eq!(incumbent.ready().0, "True");
    incumbent.observed.siblings = vec![as_sibling(&older, |_| {})];
    incumbent.visit();
    assert_eq!(incumbent.ready().0, "True", "what is in place stays so: {}", incumbent.plan());
}
