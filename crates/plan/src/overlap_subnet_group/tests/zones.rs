//! Zones come and go.

use peerway_api::v1alpha1::overlap_subnet_group::{
    AutoScalingGroupSelector, OverlapSubnetGroupSpec, ZoneSelection,
};

use super::scenario::*;
use super::*;
use crate::testing::{block, by_tags};

pub(super) fn in_zones(zones: Option<ZoneSelection>) -> OverlapSubnetGroupSpec {
    OverlapSubnetGroupSpec { availability_zones: zones, ..billing() }
}

fn zones_of(run: &Run) -> Vec<String> {
    let status = run.object.status.as_ref().unwrap();
    status.subnets.iter().map(|subnet| format!("{} {}", subnet.zone, subnet.cidr)).collect()
}

#[test]
fn a_zone_added_later_gets_a_subnet_and_the_others_keep_theirs() {
    let mut run = settled_as(in_zones(Some(listed(&[("usw2-az2", None)]))));
    assert_eq!(zones_of(&run), ["usw2-az2 10.50.6.0/26"]);
    run.object.spec = in_zones(Some(listed(&[("usw2-az1", None), ("usw2-az2", None)])));
    assert_eq!(
        run.steps(),
        [
            "+ subnet 10.50.6.64/26 in usw2-az1",
            "+ associate subnet-0f000002 with rtb-0f000001",
            "+ route 10.50.6.64/26 in rtb-48598f33 over pcx-0000000b",
        ]
    );
    assert_eq!(zones_of(&run), ["usw2-az1 10.50.6.64/26", "usw2-az2 10.50.6.0/26"]);
    assert_eq!(run.ready().0, "True");
}

fn without_third_zone() -> Run {
    let mut run = settled();
    run.object.spec = in_zones(Some(listed(&[("usw2-az1", None), ("usw2-az2", None)])));
    run
}

#[test]
fn a_zone_no_longer_wanted_goes_route_first_after_a_second_look() {
    let mut run = without_third_zone();
    unconfirm(&mut run.view().route_tables);
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("10.50.6.128/26 in rtb-48598f33"), "{}", run.waiting());
    confirm(&mut run.view().route_tables);
    unconfirm(&mut run.view().subnets);
    assert_eq!(run.steps(), ["- route 10.50.6.128/26 in rtb-48598f33 over pcx-0000000b"]);
    assert!(run.waiting().contains("subnet-0f000003"), "{}", run.waiting());
    confirm(&mut run.view().subnets);
    assert_eq!(run.steps(), ["- delete subnet-0f000003 (10.50.6.128/26)"]);
    assert_eq!(run.ready().0, "True");
    assert_eq!(run.object.status.as_ref().unwrap().ready, "2/2");
    assert_eq!(zones_of(&run), ["usw2-az1 10.50.6.0/26", "usw2-az2 10.50.6.64/26"]);
}

#[test]
fn a_subnet_that_one_list_leaves_out_is_known_until_a_second_one_does() {
    let mut run = without_third_zone();
    let scope = AssociationScope::Subnet("subnet-0f000003".parse().unwrap());
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.associations.retain(|association| association.scope != scope);
    });
    let part = run.view().subnets.part.clone().unwrap();
    let is_left_out = |subnet: &&peerway_model::Subnet| subnet.id.as_str() == "subnet-0f000003";
    let fewer: Vec<_> = part.iter().filter(|it| !is_left_out(it)).cloned().collect();
    run.view().subnets = crate::testing::fresh(&fewer);
    run.visit();
    assert_eq!(zones_of(&run).last().unwrap(), "usw2-az3 10.50.6.128/26");
    let id = run.object.status.as_ref().unwrap().subnets.last().unwrap().id.clone();
    assert_eq!(id.unwrap().as_str(), "subnet-0f000003");
    run.view().subnets = crate::testing::confirmed(&fewer);
    run.visit();
    assert_eq!(zones_of(&run), ["usw2-az1 10.50.6.0/26", "usw2-az2 10.50.6.64/26"]);
}

#[test]
fn a_zone_no_longer_wanted_is_kept_with_its_route_while_somebody_is_in_it() {
    let mut run = without_third_zone();
    put(&mut run, interface("eni-0000000a", "subnet-0f000003", true));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().0, "True", "it does not count: {}", run.plan());
    assert_eq!(run.warnings(), ["ZoneStillInUse"]);
    assert_eq!(run.object.status.as_ref().unwrap().ready, "2/2");
    clear_interfaces(&mut run);
    assert_eq!(
        run.steps(),
        [
            "- route 10.50.6.128/26 in rtb-48598f33 over pcx-0000000b",
            "- delete subnet-0f000003 (10.50.6.128/26)",
        ]
    );
    assert!(run.warnings().is_empty());
}

/// Its packets would follow the main table back.
#[test]
fn a_kept_subnet_whose_association_is_gone_gets_that_before_the_peer_gets_its_route() {
    let mut run = without_third_zone();
    put(&mut run, interface("eni-0000000a", "subnet-0f000003", true));
    let scope = AssociationScope::Subnet("subnet-0f000003".parse().unwrap());
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.associations.retain(|association| association.scope != scope);
    });
    edit_table(&mut run, "rtb-48598f33", |table| {
        let key = Destination::Cidr(block("10.50.6.128/26"));
        table.routes.retain(|route| route.destination != key);
    });
    let rounds = run.visit();
    assert_eq!(
        lines(&rounds[..1]),
        ["+ associate subnet-0f000003 with rtb-0f000001"],
        "{}",
        text(&rounds)
    );
    assert_eq!(lines(&rounds[1..]), ["+ route 10.50.6.128/26 in rtb-48598f33 over pcx-0000000b"]);
}

#[test]
fn a_kept_subnet_whose_association_is_gone_keeps_the_route_that_is_there() {
    let mut run = without_third_zone();
    put(&mut run, interface("eni-0000000a", "subnet-0f000003", true));
    let scope = AssociationScope::Subnet("subnet-0f000003".parse().unwrap());
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.associations.retain(|association| association.scope != scope);
    });
    assert_eq!(run.steps(), ["+ associate subnet-0f000003 with rtb-0f000001"]);
}

#[test]
fn a_zone_that_is_wanted_again_keeps_its_subnet() {
    let mut run = without_third_zone();
    put(&mut run, interface("eni-0000000a", "subnet-0f000003", true));
    run.visit();
    run.object.spec = billing();
    assert!(run.visit().is_empty());
    assert!(run.warnings().is_empty());
    assert_eq!(run.object.status.as_ref().unwrap().ready, "3/3");
}

#[test]
fn whoever_names_no_zones_gets_all_that_the_vpc_uses() {
    let run = settled_as(in_zones(None));
    assert_eq!(zones_of(&run).len(), 3);
    let mut world = billing_world();
    world.subnets.retain(|subnet| subnet.zone.as_str() != "usw2-az2");
    let mut run = run_in(&world, in_zones(None));
    run.visit();
    assert_eq!(
        zones_of(&run),
        ["usw2-az1 10.50.6.0/26", "usw2-az3 10.50.6.64/26"],
        "its own subnets are no reason for a zone"
    );
}

#[test]
fn subnets_in_a_local_zone_are_no_reason_for_one() {
    let world = billing_world()
        .subnet("subnet-0a00000f", "vpc-ce78dbb7", "10.50.7.192/26", "")
        .in_zone("usw2-lax1-az1")
        .auto_scaling_group("edge", &["us-west-2-lax-1a"], &["subnet-0a00000f"], "edge")
        .auto_scaling_group("query", &["us-west-2a"], &["subnet-0a000001"], "query");
    for spec in [
        in_zones(None),
        in_zones(Some(of_auto_scaling_groups(AutoScalingGroupSelector {
            names: Some(vec!["edge".to_owned(), "query".to_owned()]),
            match_tags: None,
        }))),
    ] {
        let mut run = run_in(&world, spec);
        run.visit();
        assert_eq!(run.ready().0, "True", "{}", run.plan());
        assert!(zones_of(&run).iter().all(|zone| !zone.contains("lax")), "{:?}", zones_of(&run));
    }
}

#[test]
fn the_zones_of_auto_scaling_groups_are_followed() {
    let tagged =
        AutoScalingGroupSelector { names: None, match_tags: Some(by_tags(&[("Name", "imply-*")])) };
    let world = billing_world()
        .auto_scaling_group("query-a", &["us-west-2a"], &["subnet-0a000001"], "imply-query")
        .auto_scaling_group("query-c", &["us-west-2c"], &[], "imply-query")
        .auto_scaling_group("web", &["us-west-2b"], &[], "web");
    let spec = in_zones(Some(of_auto_scaling_groups(tagged)));
    let mut run = run_in(&world, spec);
    run.visit();
    assert_eq!(zones_of(&run), ["usw2-az1 10.50.6.0/26", "usw2-az3 10.50.6.64/26"]);
    edit(run.view().auto_scaling_groups.as_mut().unwrap(), |groups| {
        groups[0].subnets.push("subnet-0a000005".parse().unwrap());
    });
    assert_eq!(run.steps()[0], "+ subnet 10.50.6.128/26 in usw2-az2");
    // One that goes is no reason to take anything down while nobody is left to say where.
    edit(run.view().auto_scaling_groups.as_mut().unwrap(), Vec::clear);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "SelectorMatchesNothing".to_owned()));
    assert_eq!(zones_of(&run).len(), 3);
    let named =
        AutoScalingGroupSelector { names: Some(vec!["query-x".to_owned()]), match_tags: None };
    run.object.spec = in_zones(Some(of_auto_scaling_groups(named)));
    assert!(run.visit().is_empty());
    assert!(run.message().contains("no auto-scaling group 'query-x'"), "{}", run.message());
}

#[test]
fn blocks_can_be_given_by_zone() {
    let zones = listed(&[("usw2-az1", Some("10.50.7.0/25")), ("usw2-az2", None)]);
    let run = settled_as(OverlapSubnetGroupSpec { cidrs: None, ..in_zones(Some(zones)) });
    assert_eq!(zones_of(&run), ["usw2-az1 10.50.7.0/25", "usw2-az2 10.50.6.0/26"]);
    let table = run.observed.views[&service()].route_tables.part.as_ref().unwrap();
    let table = table.get(&"rtb-48598f33".parse().unwrap()).unwrap();
    assert!(table.route_to(&block("10.50.7.0/25")).is_some());
}

#[test]
fn what_was_made_keeps_its_size_when_another_is_asked_for() {
    let mut run = settled();
    run.object.spec.cidrs.as_mut().unwrap().prefix_length = Some(27);
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready().0, "True");
}

#[test]
fn both_families_where_both_vpcs_have_them() {
    let mut world = billing_world();
    for vpc in &mut world.vpcs {
        match vpc.id.as_str() {
            "vpc-ce78dbb7" => vpc.cidrs.push(block("2600:1f14:1:100::/56")),
            "vpc-3607f64e" => vpc.cidrs.push(block("2600:1f14:2:200::/56")),
            _ => {}
        }
    }
    let mut run = run_in(&world, in_zones(Some(listed(&[("usw2-az1", None)]))));
    assert_eq!(
        run.steps(),
        [
            "+ route table in vpc-ce78dbb7",
            "+ route 172.19.0.0/20 in rtb-0f000001 over pcx-0000000b",
            "+ route 2600:1f14:2:200::/56 in rtb-0f000001 over pcx-0000000b",
            "+ subnet 10.50.6.0/26 in usw2-az1, 2600:1f14:1:100::/64",
            "+ associate subnet-0f000001 with rtb-0f000001",
            "+ route 10.50.6.0/26 in rtb-48598f33 over pcx-0000000b",
            "+ route 2600:1f14:1:100::/64 in rtb-48598f33 over pcx-0000000b",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_subnet_whose_zone_is_no_longer_wanted_gets_no_ipv6_block() {
    let mut run = settled();
    put(&mut run, interface("eni-0f000003", "subnet-0f000003", true));
    run.object.spec.availability_zones = Some(listed(&[("usw2-az1", None), ("usw2-az2", None)]));
    ipv6_comes(&mut run);
    let steps = run.steps();
    let given: Vec<&str> =
        steps.iter().filter_map(|step| step.strip_prefix("+ associate ")).collect();
    assert_eq!(
        given,
        ["subnet-0f000001 with 2600:1f14:1:100::/64", "subnet-0f000002 with 2600:1f14:1:101::/64"]
    );
}

/// A subnet that has a block keeps it, and one that was made before its association leads here gets none yet.
#[test]
fn what_has_a_block_keeps_it_and_what_follows_another_table_gets_none_yet() {
    let mut run = settled();
    ipv6_comes(&mut run);
    edit(&mut run.view().subnets, |subnets| {
        let first = subnets.iter_mut().find(|it| it.id.as_str() == "subnet-0f000001").unwrap();
        first.cidrs.push(block("2600:1f14:1:1ff::/64"));
    });
    edit_table(&mut run, "rtb-0f000001", |table| {
        table.associations.retain(|it| it.id.as_str() != "rtbassoc-0f000002");
    });
    let steps = run.steps();
    let given: Vec<&str> =
        steps.iter().filter_map(|step| step.strip_prefix("+ associate ")).collect();
    assert_eq!(
        given,
        [
            "subnet-0f000002 with rtb-0f000001",
            "subnet-0f000002 with 2600:1f14:1:100::/64",
            "subnet-0f000003 with 2600:1f14:1:101::/64",
        ]
    );
}
