//! Taking apart: the peers' routes, then the subnets, then the table; each wait is named.

use peerway_api::v1alpha1::overlap_subnet_group::{OverlapSubnetGroupSpec, TableRef};

use super::scenario::*;
use super::*;

const TAKEN_APART: [&str; 7] = [
    "- route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000b",
    "- route 10.50.6.64/26 in rtb-48598f33 over pcx-0000000b",
    "- route 10.50.6.128/26 in rtb-48598f33 over pcx-0000000b",
    "- delete subnet-0f000001 (10.50.6.0/26)",
    "- delete subnet-0f000002 (10.50.6.64/26)",
    "- delete subnet-0f000003 (10.50.6.128/26)",
    "- delete rtb-0f000001",
];

/// Whether AWS is again exactly what it was.
fn is_as_before(run: &mut Run, world: &Estate) {
    let before = of_group(world.observed());
    let before = &before.views[&service()];
    let now = run.view();
    let subnets =
        |view: &View| view.subnets.part.as_ref().unwrap().iter().cloned().collect::<Vec<_>>();
    let tables =
        |view: &View| view.route_tables.part.as_ref().unwrap().iter().cloned().collect::<Vec<_>>();
    assert_eq!(subnets(now), subnets(before));
    assert_eq!(tables(now), tables(before));
}

#[test]
fn the_peers_routes_go_first_and_the_table_last() {
    let mut run = settled();
    run.delete();
    let rounds = run.visit();
    assert_eq!(lines(&rounds), TAKEN_APART);
    let sizes: Vec<usize> = rounds.iter().map(Vec::len).collect();
    assert_eq!(sizes, [3, 3, 1], "each only once the former was seen gone");
    is_as_before(&mut run, &billing_world());
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn nothing_goes_on_one_look() {
    let mut run = settled();
    run.delete();
    unconfirm(&mut run.view().route_tables);
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("10.50.6.0/26 in rtb-48598f33"), "{}", run.waiting());
    assert_eq!(run.release(), None);
    confirm(&mut run.view().route_tables);
    unconfirm(&mut run.view().subnets);
    assert_eq!(run.steps(), TAKEN_APART[..3]);
    confirm(&mut run.view().subnets);
    assert_eq!(run.steps(), TAKEN_APART[3..]);
}

/// A list of VPCs that leaves one out is no sign that what is in it is gone.
#[test]
fn a_vpc_that_one_list_leaves_out_lets_nothing_of_it_go() {
    let mut run = settled();
    run.delete();
    let vpcs = run.view().vpcs.clone();
    edit(&mut run.view().vpcs, Vec::clear);
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("AWS to list vpc-ce78dbb7 again"), "{}", run.waiting());
    assert_eq!(run.release(), None);
    run.view().vpcs = vpcs;
    assert_eq!(run.steps(), TAKEN_APART);
}

/// What lies where nobody may look is neither gone nor to be forgotten.
#[test]
fn a_place_that_may_no_longer_be_entered_holds_the_deletion() {
    for home in [true, false] {
        let mut run = settled();
        run.delete();
        let status = run.object.status.as_mut().unwrap();
        let place = if home { status.home.as_mut() } else { status.peers[0].far.as_mut() };
        place.unwrap().account_ref.name = "closed".to_owned();
        let findings = run.try_desired().unwrap_err();
        assert!(findings.iter().any(|it| it.message.contains("'closed'")), "{findings:?}");
    }
}

/// By another row of a table that somebody else uses as well, replies would go elsewhere.
#[test]
fn the_routes_of_a_given_table_go_last_also_where_others_use_it_by_now() {
    let world = billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[]);
    let mut run = run_in(&world, with_table("rtb-0e000001"));
    run.visit();
    edit_table(&mut run, "rtb-0e000001", |table| {
        let id = "rtbassoc-0000000d".parse().unwrap();
        let scope = AssociationScope::Subnet("subnet-0a000004".parse().unwrap());
        table.associations.push(peerway_model::Association { id, scope });
    });
    run.delete();
    let steps = run.steps();
    assert_eq!(steps.len(), 7, "{steps:#?}");
    assert!(steps[3..6].iter().all(|step| step.starts_with("- delete subnet")), "{steps:#?}");
    assert_eq!(steps[6], "- route 172.19.0.0/20 in rtb-0e000001 over pcx-0000000b");
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn it_waits_for_whoever_is_left_in_the_subnets_and_names_them() {
    let mut run = settled();
    put(&mut run, interface("eni-0000000a", "subnet-0f000002", true));
    run.delete();
    assert_eq!(run.steps(), [&TAKEN_APART[..4], &TAKEN_APART[5..6]].concat());
    assert!(run.waiting().contains("eni-0000000a to leave subnet-0f000002"), "{}", run.waiting());
    assert_eq!(run.ready(), ("False".to_owned(), "Deleting".to_owned()));
    assert_eq!(run.release(), None);
    clear_interfaces(&mut run);
    assert_eq!(run.steps(), [TAKEN_APART[4], TAKEN_APART[6]]);
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn a_lost_record_costs_nothing() {
    let mut run = settled();
    run.object.status = None;
    run.delete();
    assert_eq!(run.steps(), TAKEN_APART, "{}", run.plan());
    is_as_before(&mut run, &billing_world());
    assert_eq!(run.release(), Some(Release::default()), "{}", run.plan());
}

#[test]
fn stripped_things_are_tagged_again_before_they_go() {
    let mut run = settled();
    edit(&mut run.view().subnets, |subnets| {
        for subnet in subnets.iter_mut().filter(|it| it.id.as_str() == "subnet-0f000001") {
            subnet.tags = Tags::new();
        }
    });
    edit_table(&mut run, "rtb-0f000001", |table| table.tags = Tags::new());
    run.delete();
    let rounds = run.visit();
    assert_eq!(lines(&rounds[..1]), ["~ tag subnet-0f000001", "~ tag rtb-0f000001"]);
    assert_eq!(lines(&rounds[1..]), TAKEN_APART);
}

#[test]
fn a_given_table_stays_without_our_routes() {
    let world =
        billing_world().table("rtb-0e000001", "vpc-ce78dbb7", &[("0.0.0.0/0", "igw-acd20cca")]);
    let spec = OverlapSubnetGroupSpec {
        route_table: Some(TableRef { id: "rtb-0e000001".parse().unwrap() }),
        ..billing()
    };
    let mut run = run_in(&world, spec);
    run.visit();
    assert_eq!(run.ready().0, "True");
    run.delete();
    assert_eq!(
        run.steps(),
        [&TAKEN_APART[..6], &["- route 172.19.0.0/20 in rtb-0e000001 over pcx-0000000b"]].concat()
    );
    is_as_before(&mut run, &world);
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn what_somebody_deleted_by_hand_holds_nothing_up() {
    let mut run = settled();
    edit(&mut run.view().subnets, |subnets| {
        subnets.retain(|subnet| !subnet.id.as_str().starts_with("subnet-0f"));
    });
    edit(&mut run.view().route_tables, |tables| {
        tables.retain(|table| table.id.as_str() != "rtb-0f000001");
    });
    run.delete();
    assert_eq!(run.steps(), TAKEN_APART[..3]);
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn a_peering_that_is_gone_holds_nothing_up() {
    let mut run = settled();
    run.peerings.clear();
    run.delete();
    assert_eq!(run.steps(), TAKEN_APART);
    is_as_before(&mut run, &billing_world());
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn what_replaced_our_route_stays() {
    let mut run = settled();
    edit_table(&mut run, "rtb-48598f33", |table| {
        let key = Destination::Cidr(crate::testing::block("10.50.6.64/26"));
        let route = table.routes.iter_mut().find(|route| route.destination == key).unwrap();
        route.target = crate::testing::target("tgw-00000001");
    });
    run.delete();
    assert_eq!(run.steps(), [&TAKEN_APART[..1], &TAKEN_APART[2..]].concat());
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn a_foreign_subnet_on_our_table_is_said_and_kept() {
    let mut run = settled();
    edit_table(&mut run, "rtb-0f000001", |table| {
        let mut moved = table.associations[0].clone();
        moved.id = "rtbassoc-0000000d".parse().unwrap();
        moved.scope = AssociationScope::Subnet("subnet-0a000001".parse().unwrap());
        table.associations.push(moved);
    });
    run.delete();
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "RouteTableShared".to_owned()));
    assert_eq!(run.release(), None);
}

#[test]
fn one_that_made_nothing_goes_at_once() {
    let mut run = start();
    run.delete();
    assert!(run.visit().is_empty());
    assert_eq!(run.release(), Some(Release::default()));
}

#[test]
fn what_goes_is_told() {
    let mut run = settled();
    let before = run.object.status.clone();
    run.delete();
    let done: Vec<Step> = run.visit().into_iter().flatten().collect();
    let status = run.object.status.as_ref().unwrap();
    let told = events(&run.desired(), before.as_ref(), status, 1, &done);
    assert_eq!(told.iter().filter(|event| event.reason == "Deleting").count(), 4, "{told:?}");
}
