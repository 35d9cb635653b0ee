//! What exists already becomes the object's where it is named, and only there.

use peerway_api::v1alpha1::overlap_subnet_group::{AclRef, GroupAdoption, OverlapSubnetGroupSpec};
use peerway_api::v1alpha1::policies::DeletionPolicy;

use super::scenario::*;
use super::*;

/// Two overlap subnets and their table, made by hand.
fn by_hand() -> Estate {
    billing_world()
        .table("rtb-0e000001", "vpc-ce78dbb7", &[("172.19.0.0/20", "pcx-0000000b")])
        .subnet("subnet-0e000001", "vpc-ce78dbb7", "10.50.7.0/27", "rtb-0e000001")
        .subnet("subnet-0e000002", "vpc-ce78dbb7", "10.50.7.32/27", "")
        .in_zone("usw2-az2")
}

fn adopting(table: Option<&str>, subnets: &[&str]) -> OverlapSubnetGroupSpec {
    let adopt = GroupAdoption {
        route_table_id: table.map(|id| id.parse().unwrap()),
        subnet_ids: (!subnets.is_empty())
            .then(|| subnets.iter().map(|id| id.parse().unwrap()).collect()),
    };
    OverlapSubnetGroupSpec {
        adopt: Some(adopt),
        deletion_policy: Some(DeletionPolicy::Delete),
        ..billing()
    }
}

fn all() -> OverlapSubnetGroupSpec {
    adopting(Some("rtb-0e000001"), &["subnet-0e000001", "subnet-0e000002"])
}

/// What only the spec names is nobody's yet.
#[test]
fn nothing_is_adopted_for_a_group_that_cannot_be_made() {
    let wrong_acl = AclRef { id: "acl-0000000f".parse().unwrap() };
    let mut spec = OverlapSubnetGroupSpec { network_acl: Some(wrong_acl), ..all() };
    let mut run = run_in(&by_hand(), spec.clone());
    for _ in 0..2 {
        assert!(run.visit().is_empty(), "{}", run.plan());
        assert_eq!(run.ready().1, "NetworkACLNotFound");
    }
    spec.network_acl = None;
    spec.peers[0].peer_routes = Some(routes_in(&["rtb-0000000f"]));
    let mut run = run_in(&by_hand(), spec);
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready().1, "RouteTableNotFound");
}

/// What we want is ours only in a table that we made.
#[test]
fn a_clashing_route_in_an_adopted_table_is_left_alone() {
    let mut world = by_hand();
    let table = world.route_tables.iter_mut().find(|it| it.id.as_str() == "rtb-0e000001").unwrap();
    table.routes.last_mut().unwrap().target = crate::testing::target("pcx-d3c1e8ba");
    let mut run = run_in(&world, all());
    assert_eq!(run.steps().len(), 3, "tags");
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready().1, "RouteConflict");
    assert!(run.message().contains("pcx-d3c1e8ba"), "{}", run.message());
}

#[test]
fn the_first_visit_writes_tags_only_and_what_is_missing_is_made_in_the_next() {
    let mut run = run_in(&by_hand(), all());
    assert_eq!(
        run.steps(),
        ["~ tag subnet-0e000001", "~ tag subnet-0e000002", "~ tag rtb-0e000001"]
    );
    assert!(run.waiting().contains("which was adopted"), "{}", run.waiting());
    assert_eq!(
        run.steps(),
        [
            "+ associate subnet-0e000002 with rtb-0e000001",
            "+ subnet 10.50.6.0/26 in usw2-az3",
            "+ associate subnet-0f000001 with rtb-0e000001",
            "+ route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000b",
            "+ route 10.50.7.0/27 in rtb-48598f33 over pcx-0000000b",
            "+ route 10.50.7.32/27 in rtb-48598f33 over pcx-0000000b",
        ]
    );
    assert_eq!(run.ready().0, "True");
    // From now on it is known by its tags.
    run.object.spec.adopt = None;
    assert!(run.visit().is_empty());
    run.object.status = None;
    assert!(run.visit().is_empty(), "{}", run.plan());
    run.delete();
    let steps = run.steps();
    assert!(steps.contains(&"- delete rtb-0e000001".to_owned()), "{steps:?}");
    assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
}

#[test]
fn half_of_an_adoption_is_finished_by_the_next_visit() {
    let mut run = run_in(&by_hand(), all());
    run.visit_dying_after(1);
    let plan = run.plan();
    run.publish(&plan);
    assert_eq!(run.steps()[..2], ["~ tag subnet-0e000002", "~ tag rtb-0e000001"]);
    let subnets = run.view().subnets.part.clone().unwrap();
    let second = subnets.get(&"subnet-0e000002".parse().unwrap()).unwrap();
    assert_eq!(ownership::origin(&second.tags), Some(Origin::Adopted));
}

#[test]
fn what_belongs_to_another_object_is_not_taken() {
    let mut run = run_in(&by_hand(), adopting(None, &["subnet-0e000001"]));
    edit(&mut run.view().subnets, |subnets| {
        subnets.iter_mut().find(|it| it.id.as_str() == "subnet-0e000001").unwrap().tags =
            peering_owner("x", "y").tags(Origin::Created);
    });
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "AdoptionConflict".to_owned()));
}

#[test]
fn a_subnet_too_small_for_a_load_balancer_is_not_taken() {
    let world = by_hand().subnet("subnet-0e000003", "vpc-ce78dbb7", "10.50.7.64/28", "");
    let mut run = run_in(&world.in_zone("usw2-az3"), adopting(None, &["subnet-0e000003"]));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "AdoptionConflict".to_owned()));
    for says in ["`adopt.subnetIDs`", "subnet-0e000003", "10.50.7.64/28", "/27"] {
        assert!(run.message().contains(says), "{}", run.message());
    }
}

#[test]
fn a_table_in_use_is_not_taken() {
    for (table, by) in [("rtb-a822e5d0", "main"), ("rtb-7122e509", "subnet-0a00000")] {
        let mut run = run_in(&billing_world(), adopting(Some(table), &[]));
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), "RouteTableShared".to_owned()));
        assert!(run.message().contains(by), "{}", run.message());
    }
}

#[test]
fn what_is_named_and_not_there_is_never_made() {
    for spec in [adopting(Some("rtb-0000000f"), &[]), adopting(None, &["subnet-0000000f"])] {
        let mut run = run_in(&by_hand(), spec);
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), "AdoptedGone".to_owned()));
        assert!(run.message().contains("0000000f"), "{}", run.message());
    }
}

#[test]
fn what_was_adopted_goes_with_its_object_though_it_is_still_named() {
    let mut run = run_in(&by_hand(), all());
    run.visit();
    run.visit();
    assert_eq!(run.ready().0, "True");
    run.delete();
    let steps = run.steps();
    assert_eq!(steps.last().unwrap(), "- delete rtb-0e000001");
    assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
    assert_eq!(run.release(), Some(Release::default()), "{}", run.plan());
}

#[test]
fn what_is_named_and_was_never_adopted_outlives_the_object() {
    for tags in [Tags::new(), peering_owner("x", "y").tags(Origin::Created)] {
        let mut run = run_in(&by_hand(), all());
        edit(&mut run.view().subnets, |subnets| {
            subnets.iter_mut().find(|it| it.id.as_str() == "subnet-0e000001").unwrap().tags =
                tags.clone();
        });
        edit_table(&mut run, "rtb-0e000001", |table| table.tags = tags.clone());
        let plan = run.plan();
        // Where it was looked, and no more, was written down.
        run.publish(&Plan { steps: Vec::new(), ..plan });
        run.delete();
        assert_eq!(run.steps(), [""; 0]);
        assert_eq!(run.release(), Some(Release::default()), "{}", run.plan());
    }
}

#[test]
fn what_was_tagged_and_not_yet_written_down_goes() {
    for tagged in 1..=3 {
        let mut run = run_in(&by_hand(), all());
        run.visit_dying_after(tagged);
        run.delete();
        // Without a record of where it was: the tags tell.
        run.visit();
        let mut marked = run.of_ours();
        marked.retain(|it| !it.contains(' '));
        assert!(marked.is_empty(), "{marked:?}");
        assert_eq!(run.release(), Some(Release::default()), "{}", run.plan());
    }
}
