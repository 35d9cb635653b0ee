//! What exists already is taken over by its id, and by nothing else.

use peerway_api::v1alpha1::policies::{DeletionPolicy, ManagementPolicy};
use peerway_api::v1alpha1::vpc_peering::{PeeringAdoption, VpcPeeringSpec};
use peerway_model::{ConnectionState, Destination, Origin, Owner};

use super::drift::{edit, view};
use super::*;
use crate::testing::{absent, desired, druid_to_reports, golden, object, tags, target};
use crate::vpc_peering::Sibling;

const THEIRS: &str = "pcx-00000aaa";

fn adopting(connection: Option<&str>, rules: &[&str]) -> VpcPeeringSpec {
    let mut spec = druid_to_reports();
    spec.deletion_policy = Some(DeletionPolicy::Delete);
    spec.adopt = Some(PeeringAdoption {
        connection_id: connection.map(|id| id.parse().unwrap()),
        security_group_rule_ids: (!rules.is_empty())
            .then(|| rules.iter().map(|id| id.parse().unwrap()).collect()),
    });
    spec
}

/// The golden estate with a connection that somebody made, in the other direction.
fn joined() -> crate::testing::Estate {
    golden().connection(
        THEIRS,
        ("vpc-641fee1c", &["172.20.0.0/20"]),
        ("vpc-ce78dbb7", &["10.50.0.0/21"]),
        ConnectionState::Active,
    )
}

fn adopted() -> Run {
    let mut run = Run::new(desired(adopting(Some(THEIRS), &[])), joined().observed());
    run.visit();
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run
}

fn sibling(name: &str) -> Sibling {
    let mut other = object(druid_to_reports());
    other.metadata.name = Some(name.to_owned());
    other.metadata.uid = Some(format!("uid-{name}"));
    Sibling { pair: None, ..Sibling::of(&other) }
}

fn owner(cluster: &str, name: &str) -> Owner {
    Owner {
        cluster: cluster.into(),
        name: name.to_owned(),
        uid: format!("uid-{name}"),
        ..desired(druid_to_reports()).owner
    }
}

#[test]
fn the_first_visit_writes_tags_only_and_the_next_all_the_rest() {
    let mut run = Run::new(desired(adopting(Some(THEIRS), &[])), joined().observed());
    let first: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(first.iter().all(|step| matches!(step, Step::TagConnection { .. })), "{first:?}");
    assert_eq!(first.len(), 1);
    insta::assert_snapshot!("the_rest_of_an_adopted_connection", text(&run.visit()));
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());
}

#[test]
fn an_adoption_that_was_not_written_down_is_written_down_first() {
    let mut run = Run::new(desired(adopting(Some(THEIRS), &[])), joined().observed());
    run.visit();
    run.status = None;
    assert!(run.visit().is_empty(), "this visit records");
    assert!(!run.visit().is_empty(), "and the next goes on");
    assert_eq!(run.ready().0, "True");
}

#[test]
fn what_is_gone_is_never_made_anew_while_it_is_named() {
    for estate in [
        golden(),
        golden().connection(
            THEIRS,
            ("vpc-641fee1c", &[]),
            ("vpc-ce78dbb7", &[]),
            ConnectionState::Deleted,
        ),
    ] {
        let mut run = Run::new(desired(adopting(Some(THEIRS), &[])), estate.observed());
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), "AdoptedGone".to_owned()));
        assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
    }
    let mut run = adopted();
    edit(&mut view(&mut run).connections, |all| {
        for seen in all.iter_mut() {
            seen.state = ConnectionState::Deleted;
        }
    });
    run.visit();
    assert_eq!(run.ready(), ("False".to_owned(), "AdoptedGone".to_owned()));
    run.desired.adopt = None;
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    assert!(steps.iter().any(|step| matches!(step, Step::RequestConnection { .. })), "{steps:?}");
}

#[test]
fn a_connection_between_other_vpcs_is_not_adopted() {
    let mut run = Run::new(desired(adopting(Some("pcx-d3c1e8ba"), &[])), golden().observed());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "AdoptionConflict".to_owned()));
}

#[test]
fn what_another_object_or_cluster_has_is_not_adopted_and_what_nobody_has_any_more_is() {
    let run = |owner: &Owner, siblings: Vec<Sibling>| {
        let mut estate = joined();
        estate.connections.last_mut().unwrap().tags = owner.tags(Origin::Created);
        let mut run = Run::new(desired(adopting(Some(THEIRS), &[])), estate.observed());
        run.observed.siblings = siblings;
        run
    };
    for (owner, siblings) in [
        (owner("cluster-2", "other"), vec![]),
        (owner("cluster-2", "druid"), vec![]),
        (owner("cluster-1", "other"), vec![sibling("other")]),
    ] {
        let mut run = run(&owner, siblings);
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), "AdoptionConflict".to_owned()));
    }
    let mut run = run(&owner("cluster-1", "gone"), vec![sibling("other")]);
    run.visit();
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn without_adopt_the_connection_is_left_alone_and_the_way_to_have_it_is_told() {
    let mut run = Run::new(desired(druid_to_reports()), joined().observed());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "ConnectionExists".to_owned()));
    let plan = run.plan().to_string();
    assert!(plan.contains("`adopt: {connectionID: pcx-00000aaa}`"), "{plan}");
}

/// Somebody's connection with somebody's route over it, adopted.
fn adopted_with_a_route() -> Run {
    let mut estate = joined();
    let table = estate.route_tables.iter_mut().find(|t| t.id.as_str() == "rtb-a822e5d0").unwrap();
    let mut route = table.routes[0].clone();
    route.destination = Destination::Cidr("172.20.8.0/22".parse().unwrap());
    route.target = target(THEIRS);
    table.routes.push(route);
    let mut run = Run::new(desired(adopting(Some(THEIRS), &[])), estate.observed());
    run.visit();
    run.visit();
    run
}

/// Whether any route leads over that connection.
fn is_led_over(run: &Run) -> bool {
    let tables = run.observed.views.values().flat_map(|view| view.route_tables.part.iter());
    let mut routes = tables.flat_map(|tables| tables.iter()).flat_map(|table| &table.routes);
    routes.any(|route| route.target == target(THEIRS))
}

/// Once AWS lists it no longer, nothing tells that it was not made by us.
#[test]
fn the_route_of_somebody_else_stays_also_when_the_adopted_connection_is_long_gone() {
    let mut run = adopted_with_a_route();
    edit(&mut view(&mut run).connections, Vec::clear);
    run.visit();
    run.desired = desired(adopting(None, &[]));
    run.visit();
    run.desired = absent(adopting(None, &[]));
    run.visit();
    assert!(is_led_over(&run), "the route of somebody else stays");
}

#[test]
fn of_an_adopted_connection_only_what_was_written_goes_and_the_rest_is_told() {
    let mut run = adopted_with_a_route();
    run.desired = absent(adopting(Some(THEIRS), &[]));
    insta::assert_snapshot!("an_adopted_connection_goes", text(&run.visit()));
    assert!(is_led_over(&run), "the route of somebody else stays");
    let plan = run.plan();
    assert!(plan.steps.is_empty() && plan.waiting.is_empty() && !plan.is_stalled(), "{plan}");
}

#[test]
fn a_wanted_route_found_in_place_is_ours_from_then_on() {
    let mut estate = joined();
    let table = estate.route_tables.iter_mut().find(|t| t.id.as_str() == "rtb-7122e509").unwrap();
    let mut route = table.routes[0].clone();
    route.destination = Destination::Cidr("172.20.0.0/22".parse().unwrap());
    route.target = target(THEIRS);
    table.routes.push(route);
    let mut run = Run::new(desired(adopting(Some(THEIRS), &[])), estate.observed());
    run.visit();
    run.visit();
    let written = Recorded::of(run.status.as_ref()).routes;
    assert!(written.iter().any(|wish| wish.table.as_str() == "rtb-7122e509"), "{written:?}");
}

#[test]
fn lost_tags_of_an_adopted_connection_come_back_as_they_were() {
    let mut run = adopted();
    edit(&mut view(&mut run).connections, |all| {
        for seen in all.iter_mut() {
            seen.tags = tags(&[("Name", "theirs")]);
        }
    });
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    let [Step::TagConnection { tags, .. }] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!(peerway_model::ownership::origin(tags), Some(Origin::Adopted));
}

#[test]
fn whoever_only_observes_judges_the_named_connection_and_tags_nothing() {
    let mut spec = adopting(Some(THEIRS), &[]);
    spec.management_policy = Some(ManagementPolicy::Observe);
    let mut run = adopted();
    edit(&mut view(&mut run).connections, |all| {
        for seen in all.iter_mut() {
            seen.tags.clear();
        }
    });
    run.desired = desired(spec);
    run.status = None;
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_rule_is_adopted_where_it_is_exactly_a_wanted_one() {
    // A run of our own shows what the rule looks like.
    let mut run = super::drift::settled();
    edit(&mut view(&mut run).security_group_rules, |rules| {
        for rule in rules {
            rule.id = "sgr-00000aaa".parse().unwrap();
            rule.tags.clear();
        }
    });
    run.status.as_mut().unwrap().ingress = None;
    run.desired = desired(adopting(None, &["sgr-00000aaa"]));
    let steps: Vec<Step> = run.visit().into_iter().flatten().collect();
    let [Step::TagRule { id, tags, .. }] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!(id.as_str(), "sgr-00000aaa");
    assert_eq!(peerway_model::ownership::origin(tags), Some(Origin::Adopted));
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());

    let mut other = run.clone();
    other.status.as_mut().unwrap().ingress = None;
    edit(&mut view(&mut other).security_group_rules, |rules| {
        for rule in rules {
            rule.tags.clear();
            rule.ports = None;
        }
    });
    other.visit();
    assert!(reasons(&other.plan()).contains(&Reason::AdoptionConflict), "{}", other.plan());

    run.status.as_mut().unwrap().ingress = None;
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    assert!(run.visit().is_empty(), "no rule is written while the named one is gone");
    assert_eq!(run.ready(), ("False".to_owned(), "AdoptedGone".to_owned()));
}

#[test]
fn a_rule_of_somebody_else_is_not_adopted() {
    let mut run = super::drift::settled();
    edit(&mut view(&mut run).security_group_rules, |rules| {
        for rule in rules {
            rule.id = "sgr-00000aaa".parse().unwrap();
            rule.tags = owner("cluster-2", "other").tags(Origin::Created);
        }
    });
    run.status.as_mut().unwrap().ingress = None;
    run.desired = desired(adopting(None, &["sgr-00000aaa"]));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "AdoptionConflict".to_owned()));
}
